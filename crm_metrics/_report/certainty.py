"""Rows of a scorecard with how sure they are: a value with its interval, or a change with limits and a verdict."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from attrs import Factory, evolve, fields, frozen

from crm_metrics import marketing, sales
from crm_metrics._company.costs import months_later
from crm_metrics._company.crm import CRM
from crm_metrics._company.paper import Paper
from crm_metrics._company.windows import NoWindows, Windows, windows
from crm_metrics._scorecards.catalogue import reads
from crm_metrics._scorecards.comparable import Windowed
from crm_metrics._scorecards.measures import (
    ADDON_REVENUE,
    ADDONS_WON,
    CREATED,
    PROFIT,
    REVENUE,
    SPEND,
    WON,
    Asked,
    Entry,
    Row,
)
from crm_metrics._tables.where import where
from crm_metrics._totals.totals import Totals
from crm_metrics._uncertainty.change import change, change_per
from crm_metrics._uncertainty.differences import NO_EVIDENCE, Change
from crm_metrics._uncertainty.distributions import adjusted_p
from crm_metrics._uncertainty.interval import Interval, interval
from crm_metrics.errors import UnknownName, WrongCall, WrongValue
from crm_metrics.roi.evaluation import UNITS, Estimate

Found: TypeAlias = Interval | Change | Estimate

CONFIDENCE = 0.95
LIMITS = ("low", "high", "relative_low", "relative_high", "p", "verdict", "method")
TOTALS = {entry.name for entry in (CREATED, WON, REVENUE, PROFIT, SPEND, ADDONS_WON, ADDON_REVENUE)}
"""What grows with the length of the time: facts, where nothing is compared, and not guesses with limits."""


@frozen(kw_only=True)
class Sure(Row):
    """A number and how sure it is, `found`; None where nothing can be said of that."""

    found: Found | None = None

    def to_dict(self) -> dict[str, Any]:
        """The row as plain data, with its limits: of the value, or of the difference and of the relative change."""
        known = self.found.to_dict() if self.found else {}
        return {**Row.to_dict(self), **{name: known[name] for name in LIMITS if name in known}}


def sure(row: Row, found: Found | None, **changed: Any) -> Sure:
    """A row with how sure it is."""
    return Sure(**{f.name: getattr(row, f.name) for f in fields(Row)} | changed, found=found)


# ---------------------------------------------------------------- one value


def with_intervals(crm: CRM, entries: Iterable[Entry], rows: Iterable[Row]) -> tuple[Sure, ...]:
    """Rows of one value with its interval; totals are facts and have none."""
    known = {entry.name: entry for entry in entries}
    return tuple(sure(row, _interval(crm, known[row.metric])) for row in rows)


def _interval(crm: CRM, entry: Entry) -> Interval | None:
    if entry.name in TOTALS:
        return None
    try:
        found: Interval = interval(entry.metric, *map(crm.table, entry.records), unit=crm.unit)
    except UnknownName:
        return None
    return found


# ---------------------------------------------------------------- before and after


def with_changes(crm: CRM, entries: Iterable[Entry], rows: Iterable[Row], windows: Windows) -> tuple[Sure, ...]:
    """Rows of a before and an after with their change; the verdicts allow for the number of rows.

    A row whose sides had not the same time, or are not whole, has no limits and no verdict: its note says why.
    """
    known, parts, sides = {entry.name: entry for entry in entries}, _Parts(crm, windows), Windowed(crm, windows)
    found = _allowing([sure(row, parts.change(known[row.metric])) for row in rows])
    return tuple(_comparable(row, known[row.metric], sides) for row in found)


def _comparable(row: Sure, entry: Entry, sides: Windowed) -> Sure:
    """The row, or without limits and verdict where its sides do not compare.

    What is still open can only raise the share that was won, so that is better even so.
    """
    if not isinstance(row.found, Change) or math.isnan(row.found.p):
        return row
    counts = {"counts_lost": entry.metric is sales.win_rate, "counts_new": entry.metric is marketing.cac}
    why = sides.unequal(reads(entry.metric, entry.records), **counts)
    rises = why == sides.young and row.found.verdict == "better" and row.better == "higher"
    return row if not why or rises else evolve(row, found=None, note=why)


@frozen(eq=False)
class _Parts:
    """The rows before and after, by the time that each metric reads; each cut is made once."""

    crm: CRM
    windows: Windows
    made: dict[Any, Any] = Factory(dict)

    def change(self, entry: Entry) -> Change | None:
        """How a metric changed; None where its rows have nothing that is independent (spending)."""
        parts = [[self._rows(r.record, r.at[0], side) for r in reads(entry.metric, entry.records)] for side in (0, 1)]
        before, after = (rows[0] if len(rows) == 1 else tuple(rows) for rows in parts)
        try:
            found: Change = change(entry.metric, before, after, unit=self.crm.unit, confidence=CONFIDENCE)
        except UnknownName:
            return None
        return found

    def _rows(self, record: type, at: str, side: int) -> Any:
        if (record, at, side) not in self.made:
            period = self.windows.after if side else self.windows.before
            self.made[record, at, side] = where(self.crm.table(record), **{at: period})
        return self.made[record, at, side]


def _allowing(rows: Sequence[Sure]) -> tuple[Sure, ...]:
    """Of the changes that a card calls better or worse at most 5 % are to be false, however many rows it has."""
    changes = [row.found if isinstance(row.found, Change) else None for row in rows]
    adjusted = adjusted_p(np.array([found.p if found else math.nan for found in changes]))
    judged = sum(found is not None and found.p == found.p for found in changes)
    return tuple(
        _judged(row, found, p, judged) if found and p == p else row
        for row, found, p in zip(rows, changes, adjusted.tolist(), strict=True)
    )


def _judged(row: Sure, found: Change, p: float, rows: int) -> Sure:
    """The verdict among so many rows; where that of this row alone would be another, its note says so."""
    if p <= 1 - found.confidence:
        return evolve(row, found=evolve(found, p=p))
    alone = found.verdict != NO_EVIDENCE
    note = f"{NO_EVIDENCE} among {rows} rows, of which some move by chance: the limits are for one" if alone else ""
    return evolve(row, found=evolve(found, p=p, verdict=NO_EVIDENCE), note=note or row.note)


def judged(crm: CRM, rows: Iterable[Row]) -> Iterator[str]:
    """What the limits take as independent, and what is to be said of single rows."""
    rows = tuple(rows)
    if any(getattr(row, "found", None) for row in rows):
        yield f"The limits take {UNITS[crm.unit]} as independent of one another (in a notebook, unit={crm.unit!r})."
    yield from marked(rows)


def marked(rows: Iterable[Row]) -> Iterator[str]:
    """Where the limits of a row do not decide, and why a row has none; each once."""
    for note, found in {row.note: getattr(row, "found", None) for row in rows if row.note}.items():
        yield f"* {note[:1].upper()}{note[1:]}." if found else f"{note[:1].upper()}{note[1:]}"


# ---------------------------------------------------------------- figures on paper against rows


def compared(crm: CRM) -> tuple[Windows | NoWindows, Paper | None]:
    """What is compared: rows before and after; else figures on paper with rows after; else why nothing is."""
    found = crm.windows()
    if isinstance(found, Windows) or crm.before is None or crm.go_live is None or crm.last_day is None:
        return found, None
    first = months_later(crm.go_live.replace(day=1), -crm.before.months)
    after = windows(min(first, crm.go_live - dt.timedelta(days=1)), crm.go_live, crm.ramp_weeks, crm.last_day)
    return (after, crm.before) if isinstance(after, Windows) else (found, None)


def against_paper(asked: Asked, entries: Iterable[Entry], paper: Paper, after: Windows) -> tuple[Sure, ...]:
    """Rows of figures on paper and of the months after go-live; totals are a month's."""
    found = {entry: row for entry in entries if (row := _on_paper(asked, entry, paper, after)) is not None}
    sides = Windowed(asked.crm, after, paper=True)
    return tuple(_comparable(row, entry, sides) for entry, row in zip(found, _allowing([*found.values()]), strict=True))


def _on_paper(asked: Asked, entry: Entry, paper: Paper, after: Windows) -> Sure | None:
    found = asked.rows([entry], windows=after)
    try:
        before = float(entry.metric(*_figures(entry, paper)))
    except (UnknownName, WrongCall):
        asked.lacks("the figures kept on paper do not tell it", entry.label)
        return None
    row, a_month = next(iter(found), None), entry.name in TOTALS
    if row is None or row.after is None:
        return None
    label, name = (f"{row.label}, a month", f"{row.metric}_a_month") if a_month else (row.label, row.metric)
    sides = {"before": before / paper.months, "after": row.after / after.months} if a_month else {"before": before}
    return sure(row, _paper_change(asked.crm, entry, paper, after), label=label, metric=name, **sides)


def _figures(entry: Entry, paper: Paper) -> list[Totals]:
    """The figures on paper that a metric reads, of each of its records."""
    return [
        paper.totals_of(record, None if entry.where.is_all else dict(entry.where.equals)) for record in entry.records
    ]


def _paper_change(crm: CRM, entry: Entry, paper: Paper, after: Windows) -> Change | None:
    """The change of a share or a count; how amounts spread no sum on paper tells."""
    wanted, months = reads(entry.metric, entry.records), (paper.months, after.months)
    rows = [where(crm.table(r.record), **{r.at[0]: after.after}, **dict(entry.where.equals)) for r in wanted]
    sides = [x[0] if len(x) == 1 else tuple(x) for x in (_figures(entry, paper), rows)]
    try:
        per = months if entry.name in TOTALS else (1, 1)
        found: Change = change_per(entry.metric, *sides, months=per, unit=crm.unit)
    except (WrongCall, WrongValue):
        return None
    return found
