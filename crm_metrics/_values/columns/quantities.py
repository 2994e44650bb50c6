"""Numbers that measure: money, days, counts. They add exactly."""

from __future__ import annotations

import datetime as dt
import math
import operator
from decimal import Decimal
from typing import Any, NoReturn

import numpy as np

from crm_metrics._values.clocks import DAY, MICROSECOND
from crm_metrics._values.columns.column import Column, Compare, Flags, Mask, Sortable, either, zero
from crm_metrics._values.columns.labels import Labels
from crm_metrics._values.exact import BIG, WIDE, Array, big, fraction, is_nan, is_number, mixed, multiplied
from crm_metrics.errors import WrongCall, shown


class Quantity(Sortable):
    """Integers over a scale (kopecks over 100, microseconds over a day, counts over 1), or floats where scale is 0.

    ``kind`` says what they measure: "money", "days" or "" for plain numbers. ``currency`` of money is one code
    ("" is the nameless currency), or a column of codes where the table has several.
    """

    __slots__ = ("currency", "data", "kind", "mask", "scale", "seen", "top")

    def __init__(
        self, data: Array, mask: Mask = None, scale: int = 1, kind: str = "", currency: str | Labels = ""
    ) -> None:
        self.data, self.mask, self.scale, self.kind, self.currency = data, mask, scale, kind, currency
        self.top: int | None = None
        self.seen = None

    def __len__(self) -> int:
        return len(self.data)

    def like(self, data: Array, mask: Mask, scale: int | None = None) -> Quantity:
        """The same kind of quantity with other numbers; what is missing is held as 0."""
        if mask is not None:
            zero(data, mask)
        out = Quantity(data, mask, self.scale if scale is None else scale, self.kind, self.currency)
        out.seen = self.seen
        return out

    def magnitude(self) -> int:
        """A bound on the absolute integers, looked up once."""
        if self.top is None:
            self.top = big(self.data)
        return self.top

    @property
    def missing(self) -> Flags:
        return Flags(np.zeros(len(self), bool) if self.mask is None else self.mask)

    # ---- comparison
    def _compared(self, compare: Compare, other: Any) -> Flags:
        if isinstance(other, Column) and other.kindless:
            unknown: Flags = other.flags()
            return unknown
        if isinstance(other, Quantity):
            a, b = _common(self, other, "compare")
            out, mask = compare(a.data, b.data), either(self.mask, other.mask)
        else:
            out, mask = self._against(compare, _scalar(other, self.kind)), self.mask
        return Flags(out if mask is None else out & ~mask, mask)

    def _against(self, compare: Compare, other: Any) -> Array:
        if not self.scale:
            return np.asarray(compare(self.data, float(other)))
        x = other * self.scale
        low, high = math.floor(x), math.ceil(x)
        if low != high and compare in (operator.eq, operator.ne):
            return np.full(len(self), compare is operator.ne)
        bound = low if compare in (operator.gt, operator.le) else high
        if abs(bound) > BIG:
            return np.asarray(compare(self.data.astype(object), bound), bool)
        return np.asarray(compare(self.data, bound), bool)

    # ---- arithmetic
    def __add__(self, other: Quantity) -> Quantity:
        return _sum(self, other, 1)

    def __sub__(self, other: Quantity) -> Quantity:
        return _sum(self, other, -1)

    def __neg__(self) -> Quantity:
        return self.like(-self.data, self.mask)

    def __mul__(self, other: Any) -> Quantity:
        if isinstance(other, Column) and other.kindless:
            other = other.quantity()
        if isinstance(other, Quantity):
            return _product(self, other)
        k = _scalar(other, "")
        if not self.scale:
            return self.like(self.data * float(k), self.mask)
        return self.like(multiplied(self.data, k.numerator), self.mask, self.scale * k.denominator)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> NoReturn:
        raise WrongCall("columns do not divide: divide totals, ratio(t.sum(a), t.sum(b)), and the whole stays exact")

    __rtruediv__ = __truediv__

    def take(self, rows: Array) -> Quantity:
        mask = None if self.mask is None else self.mask.take(rows)
        unit = self.currency.take(rows) if isinstance(self.currency, Labels) else self.currency
        out = Quantity(self.data.take(rows), mask, self.scale, self.kind, unit)
        out.top, out.seen = self.top, self.seen  # a bound for some of the rows too
        return out

    def cut(self, rows: slice) -> Quantity:
        unit = self.currency.cut(rows) if isinstance(self.currency, Labels) else self.currency
        mask = None if self.mask is None else self.mask[rows]
        out = Quantity(self.data[rows], mask, self.scale, self.kind, unit)
        out.top, out.seen = self.magnitude() if self.scale else None, self.seen
        return out

    def only(self, where: Flags) -> Quantity:
        """The same numbers, missing where a condition does not hold."""
        if where.unknown is None and where.true.all():
            return self
        return self.like(self.data.copy(), either(self.mask, ~where.true))

    def item(self, i: int) -> Any:
        if self.mask is not None and self.mask[i]:
            return None
        if not self.scale:
            return float(self.data[i])
        x = int(self.data[i])
        if self.kind == "days":
            return dt.timedelta(microseconds=x * DAY // self.scale)
        return x if self.scale == 1 and self.kind != "money" else WIDE.divide(Decimal(x), self.scale)


def _scalar(x: Any, kind: str) -> Any:
    if isinstance(x, np.timedelta64):
        x = x.astype("m8[us]").item()
    if isinstance(x, dt.timedelta) and kind == "days":
        return fraction(x // MICROSECOND) / DAY
    if not is_number(x) or is_nan(x):
        what = {"money": "an amount such as 1000", "days": "a number of days"}.get(kind, "a number")
        raise WrongCall(f"cannot compute with {shown(x)}: give {what}, or .missing to ask what is missing")
    try:
        return fraction(x)
    except (ValueError, OverflowError):
        raise WrongCall(f"cannot compute with {shown(x)}: give a finite number") from None


def _common(a: Quantity, b: Quantity, doing: str) -> tuple[Quantity, Quantity]:
    """Two quantities on one scale."""
    if a.kind != b.kind:
        names = " and ".join(k or "plain numbers" for k in (a.kind, b.kind))
        raise WrongCall(f"{names} do not {doing}: bring both to one unit first")
    if isinstance(a.currency, str) and isinstance(b.currency, str) and a.currency != b.currency:
        raise mixed({a.currency, b.currency})
    if a.scale == b.scale:
        return a, b
    if not a.scale or not b.scale:
        return a.like(a.data / (a.scale or 1), None, 0), b.like(b.data / (b.scale or 1), None, 0)
    s = math.lcm(a.scale, b.scale)
    return a.like(multiplied(a.data, s // a.scale), None, s), b.like(multiplied(b.data, s // b.scale), None, s)


def _sum(a: Quantity, b: Any, sign: int) -> Quantity:
    if isinstance(b, Column) and b.kindless:
        b = a.like(np.zeros_like(a.data), np.ones(len(a), bool))
    if not isinstance(b, Quantity):
        raise WrongCall(f"a column adds to a column, not to {shown(b)}")
    mask = either(a.mask, b.mask)
    a, b = _common(a, b, "add")
    x, y = a.data, b.data
    if a.scale and x.dtype != object and a.magnitude() + b.magnitude() > BIG:
        x = x.astype(object)
    return a.like(x + y if sign > 0 else x - y, mask)


def _product(a: Quantity, b: Quantity) -> Quantity:
    if a.kind and b.kind:
        raise WrongCall(f"{a.kind} times {b.kind} has no meaning: multiply by plain numbers or shares")
    if b.kind:
        a, b = b, a
    x, y = a.data, b.data
    if not (a.scale and b.scale):
        return a.like((x / (a.scale or 1)) * (y / (b.scale or 1)), either(a.mask, b.mask), 0)
    if x.dtype != object and a.magnitude() * b.magnitude() > BIG:
        x = x.astype(object)
    return a.like(x * y, either(a.mask, b.mask), a.scale * b.scale)
