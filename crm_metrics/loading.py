"""`table`: rows of any kind read whole and checked, so that every bad cell of a load is in one error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from crm_metrics import cells as R
from crm_metrics.encode import How
from crm_metrics.errors import DataError, Fault, UnknownName, WrongCall, WrongValue, listed, shown
from crm_metrics.schemas import Record, schema
from crm_metrics.tables import Part, RecordT, Report, Table, open_rows
from crm_metrics.values import Instants, zoneinfo


def table(
    rows: Part[RecordT],
    record: type[RecordT],
    *,
    columns: Mapping[str, str | list[str]] | Literal["guess"] | None = None,
    values: Mapping[str, Mapping[Any, Any]] | None = None,
    rounding: str | None = None,
    tz: str | None = None,
    on_error: str = "raise",
) -> Table[RecordT]:
    """The rows as a table of `record`, every cell read and checked.

    Rows are an iterable of records, a list of dicts, a mapping of columns, or a pandas, polars or Arrow frame (or
    anything that speaks the Arrow stream protocol). Every required column must be there; an empty cell in one is kept
    as missing and counted in ``.report``. Columns that are no field are kept, for `by=` and `where`.

    ``columns`` says where a field is found, ``values`` translates labels; ``columns="guess"`` goes by what CRMs call
    things, headings and words, as `guess` answers it. ``rounding="half_even"`` lets amounts finer than the minor unit
    in, ``tz`` names the zone in which aware times have their days.
    ``on_error="skip"`` leaves rows with bad cells out and lists them in ``.report``.

    Raises `DataError` with every bad cell; `UnknownName` where a required column is not there.

    >>> from crm_metrics import Deal
    >>> data = {"no": [1, 2], "came": ["2024-01-05", None], "state": ["LOST", "new"]}
    >>> names = {"id": "no", "created_at": "came", "status": "state"}
    >>> words = {"status": {"LOST": "lost", "new": "open"}}
    >>> deals = table(data, Deal, columns=names, values=words)
    >>> deals
    <Table of 2 Deal rows: id, created_at, status>
    >>> deals.report.missing
    {'created_at': 1}
    """
    rows, names, words = told(rows, record, columns, values)
    _check_mappings(names, words)
    how = How(columns=names or {}, values=words or {}, rounding=rounding, tz=tz)
    return load(rows, record, how, on_error)


def load(rows: Any, record: type, how: How, on_error: str = "raise") -> Table[Any]:
    """`table` with the conventions in one value; files read through it too."""
    if not (isinstance(record, type) and issubclass(record, Record)):
        raise WrongCall(f"expected a record class such as Deal, got {shown(record)}")
    if on_error not in ("raise", "skip"):
        raise WrongValue(f"on_error={on_error!r}: use 'raise' or 'skip'")
    if how.rounding is not None and how.rounding not in R.ROUNDING:
        raise WrongValue(f"rounding={how.rounding!r}: use one of {listed(R.ROUNDING)}")
    if how.tz is not None:
        zoneinfo(how.tz)
    if isinstance(rows, Table) and how != How():
        raise WrongCall("these rows are a table already: give columns=, values= and the rest where it is made")
    t = open_rows(rows, record, how)
    _known_fields(t, how)
    faults = _checked(t)
    if faults and on_error == "raise":
        raise DataError(faults.values(), how.source)
    bad = np.array(sorted({row for row, _ in faults}), np.intp)
    kept = t.take(np.setdiff1d(np.arange(len(t)), bad)) if len(bad) else t
    gaps = {f.name: _gaps(kept, f.name) for f in schema(record).values() if f.required}
    missing = {name: n for name, n in gaps.items() if n}
    kept.report = Report(len(t), len(kept), missing, tuple(faults.values()))
    return kept


def told(rows: Any, record: Any, columns: Any, values: Any) -> tuple[Any, Any, Any]:
    """The rows, ``columns=`` and ``values=`` of a load; what CRMs call things is imported where it is asked for."""
    if not (isinstance(columns, str) and columns == "guess"):
        return rows, columns, values
    from crm_metrics.headings import guessed

    return guessed(rows, record, values)


def _check_mappings(columns: Any, values: Any) -> None:
    if not isinstance(columns or {}, Mapping):
        raise WrongCall(
            f'columns={shown(columns)}: give fields and where they are, columns={{"id": "Deal No"}}, or "guess"'
        )
    words = values or {}
    if not isinstance(words, Mapping) or not all(isinstance(w, Mapping) for w in words.values()):
        raise WrongCall(f'values={shown(values)}: give fields and words, values={{"status": {{"WON": "won"}}}}')


def _known_fields(t: Table[Any], how: How) -> None:
    fields = schema(t.record)
    if lost := [f.name for f in fields.values() if f.required and f.name not in t]:
        more = f" ({listed(lost[1:])} is needed too)" if lost[1:] else ""
        raise UnknownName(f"{how.source}: {t._lacks(lost[0])}{more}")
    for name in how.values:
        if name not in t:
            raise UnknownName(f"values= names {name!r}: {t._lacks(name)}")


def _checked(t: Table[Any]) -> dict[tuple[int, str], Fault]:
    """Every bad cell, by row and field, in the order of rows."""
    found: dict[tuple[int, str], Fault] = {}
    for name in t.columns:
        if _is_sound(t, name):
            continue
        column, faults = t._read(name)
        t._made[name] = column
        for (row, _), fault in zip(faults, t.numbered(name, faults), strict=True):
            found.setdefault((row, name), fault)
    for row, fault in [*_zone_faults(t), *_rule_faults(t, {row for row, _ in found})]:
        found.setdefault((row, fault.field), fault)
    return dict(sorted(found.items(), key=lambda pair: pair[0][0]))


def _is_sound(t: Table[Any], name: str) -> bool:
    """Whether a column of ids or labels has no fault to find: it is read when something asks for it."""
    field, how = schema(t.record).get(name), t.how
    if name in t._made or type(t) is not Table:
        return name in t._made
    plain = field is None or (field.kind is R.text and not field.choices and name not in how.values)
    return plain and t._raws[name].textual()


def _gaps(t: Table[Any], name: str) -> int:
    """How many rows lack a value."""
    if type(t) is Table and name not in t._made:
        return t._raws[name].empty()
    return int(np.count_nonzero(t[name].missing.true))


def _zone_faults(t: Table[Any]) -> Iterator[tuple[int, Fault]]:
    """The first row of each time column that has a zone where another has none."""
    times: dict[str, Instants] = {n: t[n] for n, f in schema(t.record).items() if f.kind is R.instant and n in t}
    timed = {n: c for n, c in times.items() if c.timed}
    aware = [n for n, c in timed.items() if c.zone is not None]
    naive = [n for n, c in timed.items() if c.zone is None]
    if aware and naive:
        for name in naive:
            row = int(np.flatnonzero(~timed[name].missing.true)[0])
            problem = f"has no time zone and {aware[0]} has one"
            remedy = "give both columns a zone, or strip it from both"
            yield row, Fault(row + t.how.first_row, name, timed[name].item(row), problem, remedy)


def _rule_faults(t: Table[Any], bad: set[int]) -> Iterator[tuple[int, Fault]]:
    for rule in getattr(t.record, "rules", ()):
        if all(name in t for name in rule.fields):
            yield from ((row, fault) for row, fault in t._broken(rule, t) if row not in bad)
