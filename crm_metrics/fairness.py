"""`fair`: two parts of a company's deals that may be compared, before and after go-live.

Deals are placed by the day they came in, so that each is on the side of the CRM that worked on it. The ramp is left
out; the same calendar months are compared where the data reach back a year; deals that came in too late to have closed
are left out; and what was done, and what could not be, is part of the result.
"""

from __future__ import annotations

import datetime as dt
import math

from attrs import frozen

from crm_metrics import sales
from crm_metrics.conditions import where
from crm_metrics.crm import CRM
from crm_metrics.errors import UnknownName, WrongValue, shown
from crm_metrics.periods import Period
from crm_metrics.records import Deal
from crm_metrics.tables import Table

ENOUGH = 6  # as many same months are better than more of different ones
RIPE = 0.95  # the share of won deals that close within the time a deal is given


@frozen(kw_only=True, eq=False)
class Fair:
    """Two comparable parts of the deals, and how they came about.

    ``months`` is the length of each side, ``maturity`` the days that every deal has had to close. ``done`` and
    ``not_done`` are sentences: what was done to make the sides comparable, and what could not be.
    """

    before: Table[Deal]
    after: Table[Deal]
    periods: tuple[Period, Period]
    months: int
    maturity: int
    ramp_weeks: int
    done: tuple[str, ...]
    not_done: tuple[str, ...]

    def __str__(self) -> str:
        one, two = self.periods
        lines = [f"before: {one.start} to {one.end}, {len(self.before)} deals"]
        lines += [f"after: {two.start} to {two.end}, {len(self.after)} deals"]
        lines += [f"  done: {text}" for text in self.done]
        lines += [f"  not done: {text}" for text in self.not_done]
        return "\n".join(lines)


def fair(
    crm: CRM,
    *,
    go_live: dt.date | None = None,
    ramp: int | None = None,
    months: int | None = None,
    maturity: int | None = None,
) -> Fair:
    """Two comparable parts of the deals of a company, by the day they came in.

    `ramp` is the weeks after go-live that are left out (the company's own if not given), `months` the most that each
    side may have, `maturity` the days a deal is given to close: without it, those within which 95 % of the won
    deals were closed. Raises `WrongValue` where there is nothing to compare, and says why.

    >>> from crm_metrics.samples import dealership
    >>> sample = dealership()
    >>> crm = CRM(deals=sample.deals, go_live=sample.go_live, ramp_weeks=sample.ramp_weeks, as_of=sample.as_of)
    >>> parts = fair(crm)
    >>> [str(day) for period in parts.periods for day in (period.start, period.end)]
    ['2023-06-01', '2024-04-01', '2024-06-01', '2025-04-01']
    """
    deals = crm.deals
    if deals is None or not len(deals):
        raise UnknownName("there are no deals to compare: CRM(deals=...)")
    start, last = go_live or crm.go_live, crm.last_day
    if start is None or last is None:
        raise WrongValue("the day the CRM went live is not known: fair(crm, go_live=date)")
    weeks = crm.ramp_weeks if ramp is None else _whole("ramp", ramp)
    days = _ripe(deals) if maturity is None else _whole("maturity", maturity)
    first, turn = _month(_first(deals), up=True), _month(start)
    a, b = _month(start + dt.timedelta(weeks=weeks), up=True), _month(last + dt.timedelta(days=1 - days))
    sides = _sides(first, turn, a, b, months if months is None else _whole("months", months))
    if sides is None:
        raise WrongValue(
            f"no whole month before {start} and after its ramp of {weeks} weeks is left in data from "
            f"{_day(first)} to {last}, with {days} days for each deal to close: give a shorter ramp= or maturity="
        )
    one, two, same = sides
    parts = [where(deals, created_at=period) for period in (one, two)]
    done, not_done = _account(same, weeks, days, one, two)
    n = _month(two.end) - _month(two.start)
    return Fair(
        before=parts[0],
        after=parts[1],
        periods=(one, two),
        months=n,
        maturity=days,
        ramp_weeks=weeks,
        done=done,
        not_done=not_done,
    )


def _whole(name: str, n: int) -> int:
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise WrongValue(f"{name}={shown(n)}: give a whole number, 0 or more")
    return n


def _ripe(deals: Table[Deal]) -> int:
    """The days within which nearly all won deals were closed."""
    days = float(sales.sales_cycle_quantile(deals, q=RIPE))
    return 0 if math.isnan(days) else math.ceil(days)


def _first(deals: Table[Deal]) -> dt.date:
    times = deals["created_at"]
    known = times.local()[~times.missing.true]
    if not len(known):
        raise WrongValue("no deal says when it came in (created_at), so none can be placed before or after")
    return dt.date.fromordinal(int(known.min()) // 86_400_000_000 + 719163)


def _month(day: dt.date, *, up: bool = False) -> int:
    """The number of a month; with `up`, of the first month that begins on the day or in the week before it."""
    begun = up and day.day > 7
    return day.year * 12 + day.month - 1 + begun


def _day(month: int) -> dt.date:
    return dt.date(month // 12, month % 12 + 1, 1)


def _sides(first: int, turn: int, a: int, b: int, most: int | None) -> tuple[Period, Period, bool] | None:
    """The same calendar months before as after, where the data reach back; else the nearest ones, equally many.

    Months are numbers: the data begin with `first`, go-live is in `turn`, after the ramp come `a` up to `b`.
    """
    if most is not None:
        b = min(b, a + most)
    shifts = range(12, max(b - first, 12) + 1, 12)
    low, high, shift = max(
        ((max(a, first + s), min(b, turn + s), s) for s in shifts), key=lambda x: (x[1] - x[0], -x[2])
    )
    if high - low >= max(1, min(b - a, ENOUGH)):
        return _period(low - shift, high - shift), _period(low, high), True
    n = min(turn - first, b - a)
    return (_period(turn - n, turn), _period(a, a + n), False) if n > 0 else None


def _period(start: int, end: int) -> Period:
    return Period(_day(start), _day(end))


def _account(same: bool, weeks: int, days: int, one: Period, two: Period) -> tuple[tuple[str, ...], tuple[str, ...]]:
    n = _month(two.end) - _month(two.start)
    done = [f"equal lengths: {n} whole months on each side"]
    not_done = ["no control group: what else changed with the CRM (prices, staff, the market) is in the difference"]
    if weeks:
        done.append(f"ramp: the {weeks} weeks after go-live are left out")
    else:
        not_done.append("no ramp was left out: the weeks of learning count against the CRM")
    if same:
        done.append("season: the same calendar months are compared")
    else:
        not_done.append("season: the data do not reach back a year, so different months are compared")
    done.append(f"maturity: every deal had {days} days or more to close; {RIPE:.0%} of the won ones needed no more")
    not_done.append("trend: what was growing or shrinking before go-live goes on in the difference")
    return tuple(done), tuple(not_done)
