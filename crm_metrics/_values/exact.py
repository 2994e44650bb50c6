"""Numbers that remember the integers they were rounded from, and arithmetic that rounds once.

A sum is an integer over a scale (kopecks over 100, microseconds over a day). Rounding it to a float first and
dividing afterwards changes the last digit of a quarter of all averages; so the float carries its integers along.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Context, Decimal
from fractions import Fraction
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crm_metrics._values.currencies import EXPONENTS, SHARED_SIGNS, agrees
from crm_metrics.errors import MixedCurrencies, WrongCall, WrongValue, shown

Array: TypeAlias = NDArray[Any]
Unit: TypeAlias = Any  # None: no money; text: one currency ("" is the nameless one); an object array: one per group
BIG = 2**63 - 1
EXACT = 2**53
ENDLESS = 10_000  # digits beyond which a number is none
WIDE = Context(prec=100)  # decimal arithmetic that does not depend on what a program sets for itself


class Exact(float):
    """A float that remembers the integers it was rounded from, and its currency where it is money."""

    __slots__ = ("num", "scale", "unit")
    num: int
    scale: int
    unit: Unit

    def __new__(cls, num: int, scale: int = 1, unit: Unit = None) -> Exact:
        self = super().__new__(cls, quotient(num, scale))
        self.num, self.scale, self.unit = num, scale, unit
        return self

    def as_integer_ratio(self) -> tuple[int, int]:
        return self.num, self.scale

    def __add__(self, other: Any) -> Any:
        return _added(self, other, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return _added(self, other, -1)

    def __rsub__(self, other: Any) -> Any:
        out = _added(self, other, -1)
        return out if out is NotImplemented else -out

    def __neg__(self) -> Exact:
        return Exact(-self.num, self.scale, self.unit)

    def __abs__(self) -> Exact:
        return Exact(abs(self.num), self.scale, self.unit)

    def __reduce__(self) -> tuple[Any, ...]:
        return Exact, (self.num, self.scale, self.unit)


def _added(a: Exact, b: Any, sign: int) -> Any:
    if isinstance(b, (Exact, int)):
        (p, q), (r, s) = a.as_integer_ratio(), b.as_integer_ratio()
        scale = math.lcm(q, s)
        unit = shared_unit(a.unit, getattr(b, "unit", None), a, b)
        return Exact(p * (scale // q) + sign * r * (scale // s), scale, unit)
    if isinstance(b, float):
        return float(a) + sign * b
    return NotImplemented


def one_unit(a: Unit, b: Unit) -> Unit:
    """The currency of two amounts that add (or are divided by each other); two currencies are refused."""
    if a is None or b is None or a is b:
        return b if a is None else a
    if isinstance(a, str) and isinstance(b, str):
        if a != b:
            raise mixed({a, b})
        return a
    pairs = np.broadcast_arrays(np.asarray(a, object), np.asarray(b, object))
    out = np.empty(pairs[0].shape, object)
    out[:] = [one_unit(x, y) for x, y in zip(*(p.tolist() for p in pairs), strict=True)]
    return out


def shared_unit(a: Unit, b: Unit, x: Any, y: Any) -> Unit:
    """The currency of two numbers that meet, `x` in `a` and `y` in `b`: as `one_unit`, but a 0 meets any currency.

    So it does not matter whether a group in which nothing was added knows the currency of the others.
    """
    if a is None or b is None or a is b:
        return b if a is None else a
    if isinstance(a, str) and isinstance(b, str) and a == b:
        return a
    parts = np.broadcast_arrays(*(np.atleast_1d(np.asarray(part, object)) for part in (a, b, x, y)))
    out = np.empty(parts[0].shape, object)
    out[:] = [_shared(*row) for row in zip(*(part.tolist() for part in parts), strict=True)]
    return out if any(isinstance(part, np.ndarray) for part in (a, b, x, y)) else out[0]


def _shared(a: Unit, b: Unit, x: Any, y: Any) -> Unit:
    if a is None or b is None or (x and y):
        return one_unit(a, b)
    return a if x else b


CONVERTED = "group with by='currency', keep one with where(rows, currency=...), or convert them to one currency first"


def mixed(units: Iterable[str], where: str = "") -> MixedCurrencies:
    """The refusal to add two currencies, with both names and the way out."""
    names = " and ".join(sorted(u or "amounts without a currency" for u in set(units)))
    return refusal(units, f"{names} do not add{where}")


def refusal(units: Iterable[str], problem: str, remedy: str = CONVERTED) -> MixedCurrencies:
    """The refusal to let amounts in several currencies meet: where nothing lacks but a name, it is to be given."""
    several = set(units)
    code = _nameable(several)
    error = MixedCurrencies(f"{problem}: {remedy if code is None else _naming(several, code)}")
    error.currency = code
    return error


def _nameable(units: set[str]) -> str | None:
    """The currency that all amounts may be in, where some have none, or a sign ($) that may mean it."""
    named = sorted(units - {""})
    if not units & {"", *SHARED_SIGNS} or not all(agrees(a, b) for a in named for b in named):
        return None
    return next((x for x in named if x in EXPONENTS), SHARED_SIGNS.get(named[0], "USD").split()[0])


def _naming(units: set[str], code: str) -> str:
    whose = "those that have none" if {"", code} == units else "all of them"
    return (
        f"name the currency of {whose}, currency={code!r} in table, read_csv, read_excel, CRM or Cost, "
        "or [company] currency in crm.toml"
    )


def big(num: Array) -> int:
    """The largest magnitude in an array of integers, as a Python int (int64's own abs wraps at its minimum)."""
    return max(int(num.max()), -int(num.min())) if len(num) else 0


def quotient(a: int, b: int) -> float:
    """a / b, rounded once; infinite where no float is as large."""
    try:
        return a / b
    except OverflowError:
        return math.inf if (a > 0) == (b > 0) else -math.inf


def unit_where(some: Array, unit: Unit) -> Unit:
    """The currency of each group in which anything was added; sums of nothing have none."""
    if unit is None or isinstance(unit, np.ndarray):
        return unit
    out = np.full(len(some), None, object)
    out[some] = unit
    return out


def lay_unit(unit: Unit, at: Array, n: int) -> Unit:
    """The currencies of groups at other places among `n`."""
    if not isinstance(unit, np.ndarray):
        return unit
    out = np.full(n, None, object)
    out[at] = unit
    return out


def multiplied(num: Array, k: int) -> Array:
    """Integers times a Python int, never wrapping."""
    if k == 1:
        return num
    if num.dtype != object and max(big(num), 1) * abs(k) > BIG:
        num = num.astype(object)
    return num * k


def plus(a: Array, b: Array) -> Array:
    """The sum of two arrays of integers, never wrapping."""
    if a.dtype != object and b.dtype != object and big(a) + big(b) > BIG:
        a = a.astype(object)
    return a + b


def divide(num: Array, den: Array) -> Array:
    """num / den of integers of any size, correctly rounded; NaN where den is 0."""
    if num.dtype != object and den.dtype != object and max(big(num), big(den)) <= EXACT:
        with np.errstate(all="ignore"):
            return np.where(den == 0, np.nan, np.true_divide(num, den))
    pairs = zip(num.tolist(), den.tolist(), strict=True)
    return np.array([quotient(a, b) if b else math.nan for a, b in pairs], float)


def over(num: Array, scale: int) -> Array:
    """Integers over a scale of any size, each rounded once."""
    return divide(num, np.full(len(num), scale, np.int64 if scale <= BIG else object))


def is_number(x: Any) -> bool:
    """Whether it is one number: no flag, and no stretch of time, which to numpy is a whole number."""
    return isinstance(x, (Real, Decimal)) and not isinstance(x, (bool, np.timedelta64))


def is_nan(x: Any) -> bool:
    """Whether a number is none; a signalling NaN does not compare."""
    return x.is_nan() if isinstance(x, Decimal) else bool(x != x)


def is_endless(x: Any) -> bool:
    """Whether a Decimal would take for ever as integers, found before anything is computed with it."""
    return isinstance(x, Decimal) and x.is_finite() and bool(x) and abs(x.adjusted()) > ENDLESS


def integers(x: Any) -> tuple[int, int]:
    """A number as an integer over an integer."""
    if is_endless(x):
        raise WrongValue(f"expected a number, got {shown(x)}, of more than {ENDLESS:,} digits: correct it")
    try:
        num, den = x.as_integer_ratio()
    except AttributeError:
        msg = f"expected a number or a Breakdown, got {type(x).__name__}: pass what t.sum() and t.count() give"
        raise WrongCall(msg) from None
    return int(num), int(den)


def fraction(x: Any) -> Fraction:
    """A number as it was written: 0.1 is a tenth, not the nearest binary fraction.

    OverflowError where it `is_endless`.
    """
    if is_endless(x):
        raise OverflowError
    if isinstance(x, (float, np.floating)):
        return Fraction(repr(float(x)))
    return Fraction(x.__index__() if hasattr(x, "__index__") else x)  # numpy's integers would wrap in a Fraction


def laid(x: Array, at: Array, absent: Any) -> Array:
    """Numbers at these places, another where there is no place (-1)."""
    if not len(x):
        return np.full(len(at), absent)
    return np.where(at >= 0, x[at], absent)


def units_added(unit: Unit, num: Array, at: Array, n: int) -> Unit:
    """The currency of each of `n` groups into which numbers are added."""
    if not isinstance(unit, np.ndarray):
        return unit
    out = np.full(n, None, object)
    some = np.flatnonzero(unit != None)  # noqa: E711  # item by item
    if len(set(unit[some].tolist())) <= 1:
        out[at[some]] = unit[some]
        return out
    sums: list[Any] = [0] * n
    for i, x, own in zip(at.tolist(), num.tolist(), unit.tolist(), strict=True):
        out[i] = shared_unit(out[i], own, sums[i], x)
        sums[i] += x
    return out
