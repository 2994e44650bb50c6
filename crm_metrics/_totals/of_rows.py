"""Totals of rows of any kind, made once for all metrics that are called on them."""

from __future__ import annotations

from typing import Any

from crm_metrics._tables.opening import open_rows
from crm_metrics._totals.groups import By, grouping, is_timed, seen_of, zones
from crm_metrics._totals.source import Source
from crm_metrics._totals.totals import Totals
from crm_metrics.errors import WrongCall, listed, shown
from crm_metrics.records.schemas import Record

WHOLE = "whole"  # no time key reads a field of this name: what is looked up has no groups


class Shared:
    """Rows whose totals are made once and shared by every metric that is called on them.

    A bare time key means another time for another metric (deals are won at one time and created at another), so there
    is one `Totals` for each time that is read.
    """

    def __init__(self, rows: Any, record: type[Record], by: By) -> None:
        self.record, self.by = record, by
        self.given = totals(rows, record, by) if isinstance(rows, Totals) else None
        self.rows = rows if self.given else open_rows(rows, record)
        self.made: dict[Any, Totals] = {}

    def __len__(self) -> int:
        raise WrongCall("a metric reads its rows through totals(rows, Record, by): t.count() is how many there are")

    def totals(self, at: str | None) -> Totals:
        """The totals at one time."""
        if self.given is not None:
            return self.given
        if not is_timed(self.by):
            at = None
        if at not in self.made:
            self.made[at] = totals(self.rows, self.record, self.by, at=at)
        return self.made[at]

    def whole(self) -> Totals:
        """The totals of all rows in one group, for a metric that only looks something up in them."""
        if self.given is not None:
            return self.given
        if WHOLE not in self.made:
            self.made[WHOLE] = totals(self.rows, self.record)
        return self.made[WHOLE]

    def kept(self) -> Totals:
        """The one `Totals` that was asked for, without its rows."""
        if self.given is not None:
            return self.given
        if len(self.made) > 1 and WHOLE in self.made:
            return self._with_whole()
        if len(self.made) > 1:
            times = listed(map(repr, self.made))
            raise WrongCall(f"these metrics place rows at different times ({times}): name one, by=month('closed_at')")
        if not self.made:
            raise WrongCall("the metric asked for no totals: its body starts with totals(rows, Record, by)")
        return next(iter(self.made.values())).kept()

    def _with_whole(self) -> Totals:
        """Totals that one metric groups and another looks something up in: the same where nothing is grouped."""
        if self.by is not None:
            raise WrongCall(
                f"one of these metrics groups the rows of {self.record.__name__}, another looks something up in all of "
                "them: summarize them one by one"
            )
        kept = [t.kept() for t in self.made.values()]
        entries = {ask: entry for t in kept for ask, entry in t.entries.items()}
        return Totals(self.record, None, entries, seen={name: seen for t in kept for name, seen in t.seen.items()})


def totals(rows: Any, record: type[Record], by: By = None, *, at: str | None = None) -> Totals:
    """The totals of rows of any kind, by key; totals themselves are given back as they are.

    ``at`` names the time at which what is counted happened; a bare time key (``by=month``) reads it.
    """
    if not (isinstance(record, type) and issubclass(record, Record)):
        raise WrongCall(f"expected a record class such as Deal, got {shown(record)}")
    if isinstance(rows, (Totals, Shared)):
        if by is not None:
            on_paper = isinstance(rows, Totals) and rows.on_paper
            made = "figures on paper have no groups: leave by= out"
            raise WrongCall(made if on_paper else "totals are grouped already: give by= where the rows are summarized")
        if not issubclass(rows.record, record):
            raise WrongCall(f"expected totals of {record.__name__}, got totals of {rows.record.__name__}")
        return rows if isinstance(rows, Totals) else rows.totals(at)
    t = open_rows(rows, record)
    g = grouping(t, by, at)
    return Totals(record, g.keys(), {}, g.names, Source(t, g), zones(t, by, at), seen_of(t, by, at))


def looked_up(rows: Any, record: type[Record]) -> Totals:
    """The totals of rows in which a metric only looks something up: `by=` does not group them.

    ``d = looked_up(deals, Deal)`` and then ``t.among("id", d, "lead")`` tells how many leads have a deal.
    """
    if isinstance(rows, Shared):
        return rows.whole()
    if isinstance(rows, Totals) and rows.keys is not None:
        raise WrongCall(f"totals of {record.__name__} are only looked up here: summarize them without by=")
    return totals(rows, record)
