"""Rows of any kind as a table: records, dicts, columns, frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from crm_metrics._tables.arranging import Same, arranged
from crm_metrics._tables.encoding.cells import FieldCells
from crm_metrics._tables.encoding.frames import frame_columns, mapping_columns
from crm_metrics._tables.encoding.raws import How
from crm_metrics._tables.table import Table
from crm_metrics._values.columns import Labels
from crm_metrics.errors import WrongCall, shown
from crm_metrics.records.schemas import Record, schema


def open_rows(rows: Any, record: type[Record] | None = None, how: How | None = None) -> Table[Any]:
    """Rows of any kind as a table whose columns are read when asked for."""
    if isinstance(rows, Table):
        return rows if record is None else rows.typed(record)
    how = how or How()
    found = mapping_columns(rows) if isinstance(rows, Mapping) else frame_columns(rows)
    if found is None:
        rows = _listed(rows, record)
        found = mapping_columns(_columns_of_dicts(rows)) if rows and isinstance(rows[0], Mapping) else None
    if found is not None:
        raws, n = found
        raws, how = arranged(raws, n, record or Record, how)
        return _in_one_currency(Table(record or Record, raws, n, how))
    return _of_records(rows, record, how)


def held(rows: Any, record: type[Record] | None = None) -> Table[Any]:
    """The same as a table that is kept: it stays as it is, whatever happens to what it was made from."""
    if isinstance(rows, Table):
        return open_rows(rows, record)
    t = open_rows(rows.copy() if isinstance(rows, list) else rows, record)
    t.own()
    return t


def _in_one_currency(t: Table[Any]) -> Table[Any]:
    """The table, where it is all in one currency that no cell names: a sign ($) that several have is one here."""
    if "currency" in t.columns and isinstance(same := t.cells("currency"), Same):
        t.hold("currency", Labels(np.zeros(len(t), np.uint8), [same.value], (), "currency"))
    return t


def _listed(rows: Any, record: type[Record] | None) -> list[Any]:
    """Rows that come one by one, as a list."""
    if isinstance(rows, Record):
        raise WrongCall(f"one {type(rows).__name__} is not rows: pass a list, [deal]")
    if isinstance(rows, (str, bytes)) or not isinstance(rows, Iterable) or getattr(rows, "ndim", 1) != 1:
        hint = " (to read a file: read_csv(path, ...))" if isinstance(rows, str) else ""
        if hasattr(type(rows), "known_on"):  # a company
            hint = " (a company is not rows: give its tables, such as crm.deals)"
        raise WrongCall(f"expected {_wanted(record)}, a mapping of columns or a frame, got {shown(rows)}{hint}")
    return rows if isinstance(rows, list) else list(rows)


def _wanted(record: type[Record] | None) -> str:
    return "records" if record is None else f"{record.__name__} records"


def _columns_of_dicts(rows: list[Any]) -> dict[str, list[Any]]:
    """Rows as an API answers them, as columns; a key that a row lacks is missing there."""
    for i, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise WrongCall(
                f"row 1 is a dict and row {i + 1} is {shown(row)}: give all rows as dicts, or all as records"
            )
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _of_records(rows: list[Any], record: type[Record] | None, how: How) -> Table[Any]:
    wanted = _wanted(record)
    kinds = list(dict.fromkeys(map(type, rows)))
    base = record or _common(kinds)
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Record) and issubclass(kind, base)):
            raise WrongCall(_not_records(rows, kind, base, wanted))
    if how.columns or how.values or how.currency:
        raise WrongCall(
            "columns=, values= and currency= are for frames, mappings and files: these rows are records already"
        )
    shared = [n for n in schema(kinds[0] if kinds else base) if all(n in schema(kind) for kind in kinds)]
    cells = {name: FieldCells(rows, name) for name in shared}
    return Table(base, cells, len(rows), how, checked=True)  # each record was, when it was made


def _common(kinds: Sequence[type]) -> type:
    """The record class that all rows are of: in a list of deals and a subclass of deals, Deal."""
    if not kinds:
        return Record
    shared = (c for c in kinds[0].__mro__ if issubclass(c, Record) and all(issubclass(k, c) for k in kinds))
    return next((c for c in shared if c is not Record), kinds[0])


def _not_records(rows: Sequence[Any], kind: type, base: type, wanted: str) -> str:
    i = next(i for i, row in enumerate(rows) if type(row) is kind)
    if issubclass(kind, Mapping):
        return f"row {i + 1} is a dict and others are not: give all rows as dicts, or all as {base.__name__} records"
    return f"expected {wanted}, but row {i + 1} is {shown(rows[i])}"
