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
from crm_metrics.records.schemas import Later

Tables: TypeAlias = Mapping[str, Table[Any]]


def known_on(now: Tables, day: dt.date) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The tables as they were known at the end of a day, and what they do not tell of it."""
    then = {name: _came_by(rows, rows.record.known.at, day) for name, rows in now.items()}
    for name, rows in now.items():
        if rows.record.known.whose is not None:
            then[name] = _with_theirs(rows, *rows.record.known.whose, now, then)
        for later in rows.record.known.later:
            then[name] = _not_yet(then[name], later, day)
    return then, tuple(_unsure(then, day))


def _unsure(then: Tables, day: dt.date) -> Iterator[str]:
    """Rows that do not say when they came, and those that do not say when they became what they are."""
    for name, t in then.items():
        known = t.record.known
        if not known.lasts and known.at in t and (n := int(np.count_nonzero(t[known.at].missing.true))):
            yield f"{n:,} of {len(t):,} rows of {name} have no {known.at}: they are taken as known on {day}."
    for name, t in then.items():
        yield from undated(name, t, day)


def undated(name: str, t: Table[Any], day: dt.date | None) -> Iterator[str]:
    """Rows that are what they become later (won or lost, converted) and do not say since when; what they count as."""
    for later in t.record.known.later:
        if n := _undated(t, later):
            what, one = " or ".join(later.makes), n == 1
            whose = f"1 {name.removesuffix('s')} is {what} and has" if one else f"{n:,} {name} are {what} and have"
            then = "" if day is None else f"; {'it counts' if one else 'they count'} as such on {day}, whenever it was"
            yield f"{whose} no {later.at}: no period counts {'it' if one else 'them'} as {what}{then}."


def _undated(rows: Table[Any], later: Later) -> int:
    """How many rows have a status that something makes, and no time of it."""
    if not later.makes or "status" not in rows:
        return 0
    return int(np.count_nonzero(rows["status"].isin(*later.makes).true & rows.optional(later.at).missing.true))


# ---------------------------------------------------------------- one table


def _came_by(t: Table[Any], at: str, day: dt.date) -> Table[Any]:
    """The rows that had come by the end of a day; those without a time too."""
    return where(t, lambda rows: ~(rows[at] > day) | rows[at].missing) if at in t else t


def _with_theirs(parts: Table[Any], field: str, record: type, before: Tables, after: Tables) -> Table[Any]:
    """The parts of rows but those of rows that were left out: the lines of deals that came later."""
    name = next((name for name, t in before.items() if issubclass(t.record, record)), "")
    if not name or "id" not in before[name] or field not in parts or len(after[name]) == len(before[name]):
        return parts
    of = ids(parts[field], field)
    gone = (places(of, ids(before[name]["id"], "id")) >= 0) & (places(of, ids(after[name]["id"], "id")) < 0)
    return parts.take(np.flatnonzero(~gone))


def _not_yet(t: Table[Any], later: Later, day: dt.date) -> Table[Any]:
    """The same rows without times after the end of a day; where there was one, the status is the one before."""
    if later.at not in t or not (late := (t[later.at] > day).true).any():
        return t
    times: Instants = t[later.at]
    new: dict[str, Any] = {later.at: times.without(late)}
    if later.makes and "status" in t:
        own: Labels = t["status"]
        codes = np.where(late, len(own.labels), own.codes)
        new["status"] = Labels(*relabel(codes, [*own.labels, later.until]), own.choices, own.name)
    return t.replaced(new)
