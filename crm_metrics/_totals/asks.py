"""What is asked of totals, and the sums that answer it."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from attrs import field, frozen

from crm_metrics._tables.where import named_column
from crm_metrics._values.exact import BIG, Array, Unit, lay_unit, multiplied, one_unit, plus
from crm_metrics.errors import WrongValue, shown
from crm_metrics.records.schemas import NotBefore, Record

ColumnFunction: TypeAlias = Callable[[Any], Any] | str  # a field's name is the column of that name


@frozen
class Ask:
    """One total: how (sum, count, missing, tally, split), of which column, over which rows, by which finer key.

    Of figures on paper also how many different values there are (distinct), or occur so often.
    """

    kind: str
    column: ColumnFunction | None = field(default=None, converter=named_column)
    where: ColumnFunction | None = None
    per: ColumnFunction | None = field(default=None, converter=named_column)
    at_least: int = 1

    def __str__(self) -> str:
        where, column = (getattr(f, "__name__", "") for f in (self.where, self.column))
        if self.kind == "count":
            return where or "rows"
        name = f"{where}_{column}" if where else column
        if self.per is not None:
            return f"{name}_per_{getattr(self.per, '__name__', 'label')}"
        if self.at_least > 1:
            return f"{name}_at_least_{self.at_least}"
        return name if self.kind in ("sum", "distinct") else f"{self.kind}_{name}"


@frozen(eq=False)
class Sums:
    """One number per group, as integers over a scale, with the currency where they are money."""

    num: Array
    scale: int = 1
    unit: Unit = None

    def lay(self, at: Array, n: int) -> Sums:
        """The same numbers at other places among `n` groups."""
        num = np.zeros(n, self.num.dtype)
        num[at] = self.num
        return Sums(num, self.scale, lay_unit(self.unit, at, n))

    def add(self, other: Sums) -> Sums:
        scale = math.lcm(self.scale, other.scale)
        num = plus(multiplied(self.num, scale // self.scale), multiplied(other.num, scale // other.scale))
        return Sums(num, scale, one_unit(self.unit, other.unit))


def as_sums(x: Fraction) -> Sums:
    """A figure as the sum of one group."""
    return Sums(np.array([x.numerator], object if abs(x.numerator) > BIG else np.int64), x.denominator)


def never_negative(record: type[Record], column: Any) -> bool:
    """Whether a column is the time from one moment to another that never comes before it."""
    ends = getattr(column, "end", None), getattr(column, "start", None)
    rules = getattr(record, "rules", ())
    return any(isinstance(rule, NotBefore) and (rule.later, rule.earlier) == ends for rule in rules)


def share_given(q: float) -> Fraction:
    """A share of the rows that somebody gave as an argument."""
    if isinstance(q, bool) or not isinstance(q, (int, float)) or not 0 <= q <= 1:
        raise WrongValue(f"q={shown(q)} is not a share of the rows: give a number from 0 to 1, 0.9 for nine in ten")
    return Fraction(str(q))
