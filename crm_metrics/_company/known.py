"""What a company knew at the end of a day, of the tables that it has now; and what these do not tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from crm_metrics._tables.encoding.column import relabel
from crm_metrics._tables.encoding.ids import ids, places
from crm_metrics._tables.table import Table
from crm_metrics._tables.where import where
from crm_metrics._values.columns import Instants, Labels

Tables: TypeAlias = Mapping[str, Table[Any]]

WHEN = {
    "deals": "created_at",
    "leads": "created_at",
    "changes": "at",
    "calls": "started_at",
    "interactions": "at",
    "spend": "at",
}
"""The tables whose rows came at a time, and the field that says when."""

FROM = {**WHEN, "managers": "hired_at"}
"""The same, and those whose rows hold from a time."""

KEPT = "kept"
LATER = (
    ("deals", "closed_at", "open"),
    ("leads", "converted_at", None),
    ("leads", "first_response_at", KEPT),
    ("managers", "left_at", KEPT),
)
"""What happens to a row later: its table, the field that says when, and the status that it has until then."""


def known_on(now: Tables, day: dt.date) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The tables as they were known at the end of a day, and what they do not tell of it."""
    then = {name: _came_by(rows, FROM[name], day) if name in FROM else rows for name, rows in now.items()}
    if "lines" in now and "deals" in now:
        then["lines"] = _without(now["lines"], now["deals"], then["deals"])
    for name, at, status in LATER:
        if name in then:
            then[name] = _not_yet(then[name], at, day, status)
    return then, tuple(_unsure(then, day))


def _unsure(then: Tables, day: dt.date) -> Iterator[str]:
    """Rows that do not say when they came, and deals and leads that do not say when they became what they are."""
    for name, at in WHEN.items():
        if name in then and at in then[name] and (n := int(np.count_nonzero(then[name][at].missing.true))):
            yield f"{n:,} of {len(then[name]):,} rows of {name} have no {at}: they are taken as known on {day}."
    if "deals" in then:
        yield from undated_closings(then["deals"], day)
    if "leads" in then and (n := _undated(then["leads"], ("converted",), "converted_at")):
        whose, they = (f"{n:,} leads are converted and do", "they count") if n > 1 else (ONE_LEAD, "it counts")
        yield f"{whose} not say when: {they} as converted on {day}."


ONE_LEAD = "1 lead is converted and does"


def undated_closings(deals: Table[Any], day: dt.date | None) -> Iterator[str]:
    """Deals that are won or lost and do not say since when, and what they count as."""
    if n := _undated(deals, ("won", "lost"), "closed_at"):
        whose = "1 deal is won or lost and has" if n == 1 else f"{n:,} deals are won or lost and have"
        then = "" if day is None else f"; {'it counts' if n == 1 else 'they count'} as closed on {day}, whenever it was"
        yield f"{whose} no day of closing: no period counts {'it' if n == 1 else 'them'} as closed{then}."


def _undated(rows: Table[Any], statuses: tuple[str, ...], at: str) -> int:
    """How many rows have such a status and no time of it."""
    if "status" not in rows:
        return 0
    return int(np.count_nonzero(rows["status"].isin(*statuses).true & rows.optional(at).missing.true))


# ---------------------------------------------------------------- one table


def _came_by(t: Table[Any], at: str, day: dt.date) -> Table[Any]:
    """The rows that had come by the end of a day; those without a time too."""
    return where(t, lambda rows: ~(rows[at] > day) | rows[at].missing) if at in t else t


def _without(lines: Table[Any], before: Table[Any], after: Table[Any]) -> Table[Any]:
    """The lines of deals but those of deals that were left out."""
    if "id" not in before or "deal" not in lines or len(after) == len(before):
        return lines
    of = ids(lines["deal"], "deal")
    gone = (places(of, ids(before["id"], "id")) >= 0) & (places(of, ids(after["id"], "id")) < 0)
    return lines.take(np.flatnonzero(~gone))


def _not_yet(t: Table[Any], at: str, day: dt.date, status: str | None) -> Table[Any]:
    """The same rows without times after the end of a day; where there was one, the status is another."""
    if at not in t or not (late := (t[at] > day).true).any():
        return t
    times: Instants = t[at]
    new: dict[str, Any] = {at: times.without(late)}
    if status != KEPT and "status" in t:
        own: Labels = t["status"]
        codes = np.where(late, len(own.labels), own.codes)
        new["status"] = Labels(*relabel(codes, [*own.labels, status]), own.choices, own.name)
    return t.replaced(new)
