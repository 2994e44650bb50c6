"""How long managers were there: months of a period, by their days."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np
from attrs import field, frozen

from crm_metrics._tables.table import Table
from crm_metrics._values.clocks import DAY
from crm_metrics._values.columns import Instants, Quantity
from crm_metrics._values.exact import Array
from crm_metrics.columns.parametric import Parametric, days_of, whole_days
from crm_metrics.periods import Period
from crm_metrics.records import Manager

PARTS = math.lcm(28, 29, 30, 31)  # of a month: a day of any month is a whole number of them


@frozen
class ManagerMonths(Parametric):
    """Months of a period that a manager was there; part of a month by its days."""

    period: Period = field(converter=whole_days)

    @property
    def __name__(self) -> str:
        return "manager_months"

    def of(self, rows: Table[Manager]) -> Quantity:
        came, left = (rows.optional(name) for name in ("hired_at", "left_at"))
        start, end = (_day(x, other) for x, other in zip((came, left), days_of(self.period), strict=True))
        parts = np.zeros(len(rows), np.int64)
        for first, last, days in _months(self.period):
            parts += np.maximum(np.minimum(end, last) - np.maximum(start, first), 0) * (PARTS // days)
        return Quantity(parts, None, PARTS)


def _day(x: Instants, other: int) -> Array:
    """The days of some times since 1970; another where there is none."""
    return np.where(x.missing.true, other, x.local() // DAY)


def _months(period: Period) -> Iterator[tuple[int, int, int]]:
    """The days of each month in a period: first, last (not included), and how many the whole month has."""
    first, end = days_of(period)
    while first < end:
        day = dt.date(1970, 1, 1) + dt.timedelta(days=first)
        following = (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        length = (following - dt.timedelta(days=1)).day
        last = min(end, first + (following - day).days)
        yield first, last, length
        first = last
