"""Before and after go-live: two windows of whole months, equally long, as a key that any metric can be grouped by."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from attrs import evolve, frozen

from crm_metrics._values.columns import Instants, Labels
from crm_metrics.errors import WrongCall
from crm_metrics.periods import Period

BEFORE, AFTER = "before", "after"
MOST_WEEKS = 520  # of a ramp
FIRST_WEEK = 7


@frozen
class Windows:
    """Two periods as a key: ``by=windows`` groups rows into before, after and neither (None).

    Like a bare time key it reads the time that the metric names: wins fall into a window by their close, conversion
    by creation, spend by the day it was spent.

    >>> from crm_metrics import sales
    >>> from crm_metrics.periods import month
    >>> two = Windows(month("2024-01"), month("2024-03"), months=1)
    >>> sales.deals_created({"created_at": ["2024-01-31", "2024-03-05", None]}, by=two)
    Breakdown({'after': 1, 'before': 1, None: 1})
    """

    before: Period
    after: Period
    months: int
    field: str | None = None

    @property
    def __name__(self) -> str:
        return "window"

    def on(self, field: str | None) -> Windows:
        """The same windows of a field."""
        if field is None:
            raise WrongCall(
                "this metric names no time, so it has no before and after: totals(rows, Record, by, at=...)"
            )
        return evolve(self, field=field)

    def __call__(self, rows: Any) -> Labels:
        times = rows[self.field]
        if not isinstance(times, Instants):
            raise WrongCall(f"{self.field} holds no times, so it has no before and after")
        codes = np.full(len(times), 2, np.uint8)
        codes[self.before.covers(times).true] = 1
        codes[self.after.covers(times).true] = 0
        return Labels(codes, [AFTER, BEFORE, None])


@frozen
class NoWindows:
    """Why there are no two windows to compare."""

    reason: str


def windows(first: dt.date, go_live: dt.date | None, ramp_weeks: int, last: dt.date) -> Windows | NoWindows:
    """The longest equal windows of whole calendar months around go-live, the nearest to it.

    Months are whole, so that month ends weigh the same on both sides; from a year up the windows are whole years, so
    that every season does. The weeks of the ramp, and what else is between the windows, belong to neither. Data that
    begin within the first week of a month are taken to cover it; the month of the `last` day counts when it is over.

    >>> found = windows(dt.date(2023, 1, 2), dt.date(2023, 12, 1), 4, dt.date(2024, 3, 30))
    >>> print(found.before.start, found.before.end, found.after.start, found.after.end)
    2023-10-01 2023-12-01 2024-01-01 2024-03-01
    """
    if go_live is None:
        return NoWindows("the day the CRM went live (go_live) is not given")
    if go_live > last:
        return NoWindows(f"the CRM goes live on {go_live}, after the last day of the data, {last}")
    if go_live <= first:
        return NoWindows(f"the data begin on {first}, when the CRM was live already ({go_live})")
    ramp_end = go_live + dt.timedelta(weeks=ramp_weeks)
    start, turn = _ceiling(first - dt.timedelta(days=FIRST_WEEK - 1)), _month(go_live)
    again, end = _ceiling(ramp_end), _month(last + dt.timedelta(days=1))
    sides = {"before go-live": turn - start, "after go-live and its ramp": end - again}
    if short := [side for side, months in sides.items() if months < 1]:
        return NoWindows(f"the data cover no whole month {' and none '.join(short)}")
    n = min(sides.values())
    n -= n % 12 if n > 12 else 0
    return Windows(_period(turn - n, turn), _period(again, again + n), n)


def _month(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _ceiling(day: dt.date) -> int:
    """The first month that begins on the day or later."""
    return _month(day) + (day.day > 1)


def _period(start: int, end: int) -> Period:
    return Period(dt.date(start // 12, start % 12 + 1, 1), dt.date(end // 12, end % 12 + 1, 1))
