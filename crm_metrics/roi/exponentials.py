"""Flows at any times as a sum of c exp(-x t), in logarithms, so that neither their sizes nor their ages overflow.

Roots are found in floats, and sharpened to the last digit of one in decimals of many.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction

import numpy as np
from attrs import frozen

from crm_metrics._values.exact import Array

GRID = 4000
WIDE = Context(prec=100, Emax=MAX_EMAX, Emin=MIN_EMIN)
FINE = Context(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN)
NEAR = 1e-6  # so far may a root of floats be off; what Newton's steps move farther is several roots in one


@frozen(eq=False)
class Terms:
    """Flows that are not nothing, in order of time: when, their signs, and the logarithms of their sizes."""

    when: Array
    sign: Array
    size: Array

    @classmethod
    def of(cls, amounts: Sequence[Fraction], times: Sequence[Fraction]) -> Terms:
        by_time: dict[Fraction, Fraction] = {}
        for c, t in zip(amounts, times, strict=True):
            by_time[t] = by_time.get(t, Fraction(0)) + c
        terms = sorted((float(t), c) for t, c in by_time.items() if c)
        when, sign = [t for t, _ in terms], [1.0 if c > 0 else -1.0 for _, c in terms]
        return cls(np.array(when), np.array(sign), np.array([log(abs(c)) for _, c in terms]))

    def slope(self) -> Terms:
        """The derivative: -t c exp(-x t)."""
        later = self.when > 0
        return Terms(self.when[later], -self.sign[later], self.size[later] + np.log(self.when[later]))

    def range(self) -> tuple[float, float]:
        """All roots lie here: beyond, the last or the first flow outweighs all others."""
        t, size = self.when, self.size
        low = -max(0.0, log_of_sum(size[:-1]) - size[-1]) / (t[-1] - t[-2]) - 1e-9
        high = max(0.0, log_of_sum(size[1:]) - size[0]) / (t[1] - t[0]) + 1e-9
        return low, high

    def top(self, x: float) -> float:
        """The logarithm of the largest term at `x`."""
        return float((self.size - x * self.when).max(initial=-math.inf))

    def value(self, x: float) -> float:
        """The sum at `x`, over its largest term: of the same sign, and never overflowing."""
        power = self.size - x * self.when
        return math.fsum((self.sign * np.exp(power - power.max(initial=-math.inf))).tolist())


def _roots_within(terms: Terms, slope: Terms, a: float, b: float) -> list[float]:
    """The roots between two points close enough to hold two at the most."""
    fa, fb = terms.value(a), terms.value(b)
    if (fa > 0) != (fb > 0):
        return [_bisected(terms.value, a, b)]
    if (slope.value(a) > 0) == (slope.value(b) > 0):
        return []
    turn = _bisected(slope.value, a, b)
    ft = terms.value(turn)
    if abs(ft) < 1e-12:
        return [turn]
    if (ft > 0) == (fa > 0):
        return []
    return [_bisected(terms.value, *ends) for ends in ((a, turn), (turn, b))]


def _bisected(f: Callable[[float], float], a: float, b: float) -> float:
    up = f(b) > 0
    for _ in range(100):
        middle = (a + b) / 2
        if middle in (a, b):
            break
        if (f(middle) > 0) == up:
            b = middle
        else:
            a = middle
    return (a + b) / 2


def roots(terms: Terms) -> list[float]:
    """Where the sum is 0, in order, each once; two that nearly agree may be missed."""
    signs = int(np.count_nonzero(np.diff(terms.sign)))
    if not signs:
        return []  # Descartes: no more roots than changes of sign
    grid = np.linspace(*terms.range(), 2 if signs == 1 else GRID).tolist()
    slope = terms.slope()
    found = sorted(x for a, b in itertools.pairwise(grid) for x in _roots_within(terms, slope, a, b))
    return [x for i, x in enumerate(found) if not i or x - found[i - 1] > 1e-12]


# ---------------------------------------------------------------- to the last digit


def sharpened(amounts: Sequence[Fraction], times: Sequence[Fraction], x: float) -> float:
    """The rate of a root, as the nearest float: a few of Newton's steps in fifty digits."""
    if abs(x) < NEAR and not sum(amounts):
        return 0.0
    at, ages = Decimal(x), [decimal(t) for t in times]
    for _ in range(4):
        values = worth(amounts, times, at)
        slope = total([FINE.multiply(v, t) for v, t in zip(values, ages, strict=True)])
        at = FINE.add(at, FINE.divide(total(values), slope)) if slope else at
    near = abs(float(at) - x) <= NEAR * max(1.0, abs(x))
    return _rate(at if near else Decimal(x))


def worth(amounts: Sequence[Fraction], times: Sequence[Fraction], x: Decimal) -> list[Decimal]:
    """Each c exp(-x t)."""
    powers = [FINE.exp(FINE.multiply(x, decimal(-t))) for t in times]
    return [FINE.multiply(decimal(c), power) for c, power in zip(amounts, powers, strict=True)]


def total(values: Sequence[Decimal]) -> Decimal:
    """Their sum, to fifty digits whatever a program sets for itself."""
    out = Decimal(0)
    for value in values:
        out = FINE.add(out, value)
    return out


def _rate(x: Decimal) -> float:
    """exp(x) - 1; of the smallest, x itself."""
    return float(FINE.subtract(FINE.exp(x), Decimal(1))) if x.copy_abs() > Decimal("1e-20") else float(x)


def decimal(x: Fraction) -> Decimal:
    """A number to a hundred digits."""
    return WIDE.divide(Decimal(x.numerator), Decimal(x.denominator))


# ---------------------------------------------------------------- floats that do not overflow


def log(x: Fraction) -> float:
    """The logarithm of a positive number, however large or small."""
    return math.log(x.numerator) - math.log(x.denominator)


def log_of_sum(logs: Array) -> float:
    """The logarithm of the sum of numbers whose logarithms these are."""
    top = float(logs.max())
    return top + math.log(math.fsum(np.exp(logs - top).tolist()))


def exp(x: float) -> float:
    """e to the power x, infinite where it is beyond all floats."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def expm1(x: float) -> float:
    """e to the power x, less 1, infinite where it is beyond all floats."""
    try:
        return math.expm1(x)
    except OverflowError:
        return math.inf
