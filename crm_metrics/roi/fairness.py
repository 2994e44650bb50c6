"""`fair`: two parts of a company's deals that may be compared, before and after go-live.

Deals are placed by the day they came in. The ramp is left out; the same calendar months are compared where the data
reach back a year; deals that came in too late to have closed are left out, and both sides are seen equally long after
they end; and what was done, and what could not be, is part of the result.
"""

from __future__ import annotations

import datetime as dt
import html
import math
from typing import Any

import numpy as np
from attrs import evolve, frozen

from crm_metrics import sales
from crm_metrics._company.crm import CRM, first_and_last
from crm_metrics._company.windows import MOST_WEEKS, NoWindows, windows
from crm_metrics._tables.encoding.column import relabel
from crm_metrics._tables.table import Table
from crm_metrics._tables.where import where
from crm_metrics._values.columns import Instants, Labels
from crm_metrics.columns import cycle, won
from crm_metrics.errors import UnknownName, WrongCall, WrongValue, in_words, shown
from crm_metrics.periods import Period
from crm_metrics.records import Deal

ENOUGH = 6  # so many same months, or half as many, are better than more of different ones
RIPE = 0.95  # the share of won deals that close within the time a deal is given
FIRST_WEEK = 7  # data that begin in it cover the month


@frozen(kw_only=True, eq=False)
class Fair:
    """Two comparable parts of the deals, and how they came about.

    ``periods`` are the days on which the deals of each side came in, ``months`` the length of each, ``maturity`` the
    days that every deal has had to close. The rows are those of the day on which the data end, for before go-live of
    the day as long after its period: what closed later is open here. ``done`` and ``not_done`` are sentences: what was
    done to make the sides comparable, and what could not be.
    """

    before: Table[Deal]
    after: Table[Deal]
    periods: tuple[Period, Period]
    months: int
    maturity: int
    ramp_weeks: int
    done: tuple[str, ...]
    not_done: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, without the rows; a period goes up to, not including, its end."""
        sides = zip(("before", "after"), self.periods, (self.before, self.after), strict=True)
        return {
            **{n: {"start": str(p.start), "end": str(p.end), "deals": len(rows)} for n, p, rows in sides},
            "months": self.months,
            "maturity": self.maturity,
            "ramp_weeks": self.ramp_weeks,
            "done": list(self.done),
            "not_done": list(self.not_done),
        }

    def __str__(self) -> str:
        sides = zip(("before:", "after:"), self.periods, (self.before, self.after), strict=True)
        lines = [f"{name:8}{spanned(period)}, {len(rows):,} deals" for name, period, rows in sides]
        lines += [f"  done: {text}" for text in self.done]
        lines += [f"  not done: {text}" for text in self.not_done]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def spanned(period: Period) -> str:
    """A period with its last day, as people write it."""
    return f"{period.start} to {period.end - dt.timedelta(days=1)}"


@in_words
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
    deals were closed. Deals of before go-live are followed no longer than those after it. Raises `WrongValue` where
    there is nothing to compare, and says why.

    >>> from crm_metrics.samples import dealership
    >>> sample = dealership()
    >>> crm = CRM(deals=sample.deals, go_live=sample.go_live, ramp_weeks=sample.ramp_weeks, as_of=sample.as_of)
    >>> parts = fair(crm)
    >>> [spanned(period) for period in parts.periods]
    ['2023-06-01 to 2024-03-31', '2024-06-01 to 2025-03-31']
    """
    crm = company("fair", crm)
    weeks = crm.ramp_weeks if ramp is None else whole_number("ramp", ramp, most=MOST_WEEKS)
    crm = evolve(crm, ramp_weeks=weeks, go_live=crm.go_live if go_live is None else go_live)
    deals, start, first, last = _known(crm)
    days = _ripe(deals) if maturity is None else whole_number("maturity", maturity)
    begun, turn = _month(first) + (first.day > FIRST_WEEK), _month(start)
    a, b = _ceiling(start + dt.timedelta(weeks=weeks)), _month(last + dt.timedelta(days=1 - days))
    if b <= a:
        raise WrongValue(
            f"the data end on {last}: no whole month after go-live and its ramp of {weeks} weeks has had {days} days "
            "for its deals to close: give a smaller maturity= or ramp=, or wait"
        )
    one, two, same = _sides(begun, turn, a, b, months if months is None else whole_number("months", months, least=1))
    seen = last + dt.timedelta(days=1) - two.end
    parts = [_seen_until(where(deals, created_at=period), period.end + seen) for period in (one, two)]
    if not all(map(len, parts)):
        raise WrongValue(f"no deal came in from {spanned(one if not len(parts[0]) else two)}: nothing to compare")
    done, not_done = _account(deals, same, weeks, days, one, two)
    done += (f"follow-up: each side is seen for {seen.days} days after its end; what closed later counts as open",)
    not_done += (*_on_neither_side(deals, parts[0], start), _trend(one, two))
    return Fair(
        before=parts[0],
        after=parts[1],
        periods=(one, two),
        months=_month(two.end) - _month(two.start),
        maturity=days,
        ramp_weeks=weeks,
        done=done,
        not_done=not_done,
    )


def company(asking: str, x: Any) -> CRM:
    """A company, or an error that says what was given instead; a whole frame would fill the screen."""
    if isinstance(x, CRM):
        return x
    kind = "None" if x is None else shown(x) if isinstance(x, (str, int, float)) else f"rows of {type(x).__name__}"
    raise WrongCall(f"{asking} reads a company, not {kind}: {asking}(CRM(deals=deals, go_live=..., costs=...))")


def _known(crm: CRM) -> tuple[Table[Deal], dt.date, dt.date, dt.date]:
    """The deals, go-live, and the first and last day of whole data; or why there is nothing to compare."""
    deals = crm.plausible().table(Deal)
    if deals is None or not len(deals):
        raise UnknownName("there are no deals to compare: CRM(deals=...)")
    if "created_at" not in deals or deals["created_at"].missing.true.all():
        raise WrongValue("no deal says when it came in, so none is before or after: give created_at")
    first, last = first_whole(deals, crm.whole_from), crm.last_day
    assert last is not None
    found = windows(first, crm.go_live, crm.ramp_weeks, last)
    if isinstance(found, NoWindows):
        raise WrongValue(f"{found.reason}: there is nothing to compare; CRM(go_live=..., as_of=...) says when")
    assert crm.go_live is not None
    return deals, crm.go_live, first, last


def first_whole(deals: Table[Deal], whole: dt.date | None) -> dt.date:
    """The day from which all deals that came in are there.

    In an export of what closed since some day, deals that came in before are there only if they took long: where no
    deal closed for longer than a sale takes, the data begin with the first close.
    """
    came, _ = first_and_last(deals["created_at"]) or (dt.date.min, dt.date.min)
    if whole is None or "closed_at" not in deals:
        return came
    return whole if (whole - came).days > float(sales.median_sales_cycle(deals)) else came


def whole_number(name: str, n: Any, least: int = 0, most: int = 36_500) -> int:
    """A whole number of weeks, days or months, or the refusal that names it."""
    if isinstance(n, bool) or not isinstance(n, int) or not least <= n <= most:
        raise WrongValue(f"{name}={shown(n)}: give a whole number, {least} to {most:,}")
    return n


# ---------------------------------------------------------------- which months


def _month(day: dt.date) -> int:
    """The number of a month."""
    return day.year * 12 + day.month - 1


def _ceiling(day: dt.date) -> int:
    """The first month that begins on the day or later."""
    return _month(day) + (day.day > 1)


def _sides(first: int, turn: int, a: int, b: int, most: int | None) -> tuple[Period, Period, bool]:
    """The same calendar months before as after, where the data have enough of them; else the nearest ones.

    Months are numbers: the data begin with `first`, go-live is in `turn`, after the ramp come `a` up to `b`.
    """
    if most is not None:
        b = min(b, a + most)
    shifts = range(12, max(b - first, 12) + 1, 12)
    low, high, shift = max(
        ((max(a, first + s), min(b, turn + s), s) for s in shifts), key=lambda x: (x[1] - x[0], -x[2])
    )
    n = min(turn - first, b - a)
    if high > low and 2 * (high - low) >= min(n, 2 * ENOUGH):
        return _period(low - shift, high - shift), _period(low, high), True
    return _period(turn - n, turn), _period(a, a + n), False


def _period(start: int, end: int) -> Period:
    return Period(dt.date(start // 12, start % 12 + 1, 1), dt.date(end // 12, end % 12 + 1, 1))


# ---------------------------------------------------------------- how long a deal takes


def _ripe(deals: Table[Deal]) -> int:
    """The days within which nearly all won deals were closed."""
    days = float(sales.sales_cycle_quantile(deals, q=RIPE)) if "closed_at" in deals else math.nan
    return 0 if math.isnan(days) else math.ceil(days)


def _closed_within(deals: Table[Deal], days: int) -> float:
    """The share of won deals that were closed within so many days."""
    if "closed_at" not in deals:
        return math.nan
    taken = cycle(where(deals, won))
    known = int((~taken.missing.true).sum())
    return int((taken <= days).true.sum()) / known if known else math.nan


def _seen_until(rows: Table[Deal], end: dt.date) -> Table[Deal]:
    """The same deals, those that closed on a day or later being open still."""
    late = (rows["closed_at"] >= end).true if "closed_at" in rows else np.zeros(len(rows), bool)
    if not late.any():
        return rows
    status: Labels = rows["status"]
    codes = np.where(late, len(status.labels), status.codes)
    times: Instants = rows["closed_at"]
    return rows.replaced(
        {
            "status": Labels(*relabel(codes, [*status.labels, "open"]), status.choices, status.name),
            "closed_at": times.without(late),
        }
    )


# ---------------------------------------------------------------- what was done, and what could not be


def _account(
    deals: Table[Deal], same: bool, weeks: int, days: int, one: Period, two: Period
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    n = _month(two.end) - _month(two.start)
    done = [f"equal lengths: {n} whole month{'s' * (n != 1)} on each side"]
    not_done = ["control group: there is none; whatever else changed (prices, staff, the market) is in it too"]
    if weeks:
        done.append(f"ramp: the {weeks} week{'s' * (weeks != 1)} after go-live are left out")
    else:
        not_done.append("ramp: none is left out; the weeks of learning count against the CRM")
    if same:
        done.append("season: the same calendar months are compared")
    else:
        not_done.append("season: too few months of the same name are on both sides, so different ones are compared")
    within = _closed_within(deals, days)
    if days and within == within:
        done.append(
            f"maturity: every deal had {days} days or more to close, in which {100 * within:.0f} % of won deals close"
        )
    else:
        not_done.append("maturity: the last deals of each side had little time to close")
    return tuple(done), tuple(not_done)


def _trend(one: Period, two: Period) -> str:
    apart = _month(two.start) - _month(one.start)
    return f"trend: the sides are {apart} months apart; what grew or shrank before goes on in the difference"


def _on_neither_side(deals: Table[Deal], before: Table[Deal], go_live: dt.date) -> tuple[str, ...]:
    """What the day that a deal came in does not tell: deals without one, deals at the turn, and whose day it is."""
    found = []
    if "closed_at" in before and (turned := int((before["closed_at"] >= go_live).true.sum())):
        many, count = (f"{turned:,} deals", "count") if turned > 1 else ("one deal", "counts")
        found.append(f"turn: {many} that came in before go-live and closed with the CRM {count} as before")
    times: Instants = deals["created_at"]
    if undated := int(times.missing.true.sum()):
        found.append(f"dates: {undated:,} of {len(deals):,} deals do not say when they came in and are on neither side")
    if times.timed and times.zone == "UTC":
        found.append("zone: days begin at midnight UTC, for the deals name no other zone: table(deals, Deal, tz=...)")
    return tuple(found)
