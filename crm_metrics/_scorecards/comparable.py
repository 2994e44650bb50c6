"""Which rows of a scorecard may be called better or worse: those whose sides had the same time, and are whole.

Windows are cut by the calendar, so the last deals that came in are young, and an export that begins with the deals of
some day has at first only closings that took little time. The numbers are what they are; a verdict on them is not.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._company.crm import CRM, first_and_last
from crm_metrics._company.windows import Windows
from crm_metrics._scorecards.catalogue import Reads
from crm_metrics._tables.where import where
from crm_metrics._totals.of_rows import totals
from crm_metrics.columns import closed, cycle, lost, opened, won, won_new
from crm_metrics.records import Call, Deal, Interaction, Lead, Spend, StageChange
from crm_metrics.records.schemas import Record
from crm_metrics.roi.fairness import RIPE, first_whole

MONTH = 31  # days: spending may be noted at the end of each month, and what is rare may come late in it
NOTED: dict[type[Record], tuple[str, str]] = {
    Spend: ("at", "the spending"),
    Lead: ("created_at", "the list of leads"),
    Call: ("started_at", "the list of calls"),
    Interaction: ("at", "the list of activities"),
    StageChange: ("at", "the list of changes of stage"),
}
"""Records of which a list may have been begun later than that of deals: when a row was, and what they are."""
FEW = 10  # so many won deals without a lost one are no accident
RETURNED = 0.05  # a larger share of those who count as new customers and had bought before moves their cost


@frozen(eq=False, slots=False)
class Windowed:
    """The two sides of a company's windows, and what makes them unequal; `paper`: before are figures on paper."""

    crm: CRM
    windows: Windows
    paper: bool = False

    def unequal(self, reads: tuple[Reads, ...], *, counts_lost: bool = False, counts_new: bool = False) -> str:
        """Why what a metric reads does not compare, in a sentence that begins with a word or two; "" where it does."""
        why = next(filter(None, (self._of(r, counts_lost=counts_lost) for r in reads)), "")
        return why or (self.returned if counts_new else "")

    def _of(self, reads: Reads, *, counts_lost: bool) -> str:
        if reads.record in NOTED:
            return "" if self.paper else self.partly(reads.record)
        if reads.record is not Deal or self.crm.table(Deal) is None:
            return ""
        if counts_lost and self.no_lost:
            return self.no_lost
        if reads.at == ("created_at",):
            return self.young if "status" in reads.needs else self.unopened
        return self._cut(counts_lost=counts_lost) if reads.at == ("closed_at",) else ""

    # ---- young deals
    @functools.cached_property
    def young(self) -> str:
        """Deals that came in after go-live and have not had the time that a sale takes."""
        days = self._ripe(won)
        if self.unopened or not days or "created_at" not in self._deals:
            return self.unopened
        late = where(self._deals, opened, created_at=self.windows.after)["created_at"] > self._last - _days(days)
        if not (n := int(late.true.sum())):
            return ""
        many = "one deal that came in after go-live is" if n == 1 else f"{n:,} deals that came in after go-live are"
        return f"too young: {many} still open and had less than the {days} days in which 95 % of sales are made."

    @functools.cached_property
    def unopened(self) -> str:
        """An export of closed deals has of the last that came in only those that closed soon."""
        deals = self._deals
        if not {"created_at", "status"} <= {*deals.columns} or opened(deals).true.any():
            return ""
        days = self._ripe(closed)
        if self.windows.after.end + _days(days) <= self._last + _days(1):
            return ""
        return f"too young: no deal is open, so of those that came in in the last {days} days only some are there."

    # ---- what closed
    def _cut(self, *, counts_lost: bool) -> str:
        """Closings of before the day from which all of them are there; with those of lost deals, which take longer."""
        deals, start = self._deals, (self.windows.after if self.paper else self.windows.before).start
        span = first_and_last(deals["created_at"]) if "created_at" in deals else None
        if span is None or first_whole(deals, self.crm.whole_from) > span[0]:
            return ""
        days = self._ripe(closed if counts_lost else won)
        if span[0] + _days(days) <= start:
            return ""
        return (
            f"cut off: the data begin with the deals that came in on {span[0]}, so for {days} days, in which 95 % are "
            "closed, those are lacking that take long."
        )

    @functools.cached_property
    def no_lost(self) -> str:
        """A side on which deals were won and none was lost, while some were lost on the other."""
        if self.paper:
            return ""
        sides = [where(self._deals, closed_at=period) for period in (self.windows.before, self.windows.after)]
        wins, losses = ([int(which(rows).true.sum()) for rows in sides] for which in (won, lost))
        for i, when in enumerate(("before go-live", "after it")):
            if wins[i] >= FEW and not losses[i] and losses[1 - i]:
                return f"no lost deals: {when} none was noted as lost."
        return ""

    # ---- customers who are not new
    @functools.cached_property
    def returned(self) -> str:
        """Customers who count as new, since no kind is stated, and had bought before."""
        if self.paper or not unstated(self._deals):
            return ""
        for period, when in ((self.windows.before, "before go-live"), (self.windows.after, "after go-live")):
            new = _buyers(where(self._deals, closed_at=period))
            again = new & _buyers(where(self._deals, _closed_before(period.start)))
            if len(again) > RETURNED * len(new):
                return (
                    f"not new: {len(again):,} of {len(new):,} customers who count as new {when} had bought earlier; "
                    "their deals state no kind."
                )
        return ""

    # ---- what was noted
    def partly(self, record: type[Record]) -> str:
        """Rows that were noted for a part of the months alone, as calls are where telephony came with the CRM."""
        at, what = NOTED[record]
        rows: Any = self.crm.table(record)
        span = None if rows is None or at not in rows else first_and_last(rows[at])
        if span is None:
            return ""
        if span[0] >= self.windows.before.start + _days(MONTH):
            return f"cut off: {what} begins on {span[0]}."
        return f"cut off: {what} ends on {span[1]}." if span[1] < self.windows.after.end - _days(MONTH) else ""

    # ---- the company
    @property
    def _deals(self) -> Any:
        return self.crm.table(Deal)

    @property
    def _last(self) -> dt.date:
        assert self.crm.last_day is not None
        return self.crm.last_day

    def _ripe(self, which: Any) -> int:
        """The days within which nearly all of these deals were closed."""
        if not {"created_at", "closed_at", "status"} <= {*self._deals.columns}:
            return 0
        days: Any = totals(self._deals, Deal).quantile(cycle, RIPE, where=which)
        return 0 if np.isnan(days) else int(np.ceil(days))


def unstated(deals: Any) -> bool:
    """Whether won deals of customers do not say of which kind they are, so that each may bring a new one."""
    if not {"status", "customer"} <= {*deals.columns}:
        return False
    return bool((won(deals).true & deals.optional("kind").missing.true).any())


def _buyers(deals: Any) -> set[Any]:
    """The customers whom won deals count as new."""
    found: Any = totals(deals, Deal, "customer").count(won_new)
    return {who for who, n in found.items() if n and who is not None}


def _closed_before(day: dt.date) -> Any:
    return lambda d: d.closed_at < day


def _days(n: int) -> dt.timedelta:
    return dt.timedelta(days=n)
