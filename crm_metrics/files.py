"""CSV files: `read_csv`.

A file says nothing about itself, so its encoding, delimiter, decimal mark and order of dates are found out, and
where they cannot be found out the load stops and names the argument that says it.
"""

from __future__ import annotations

import bisect
import codecs
import csv
import io
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeAlias, TypeVar

import attrs
from attrs import Factory, define

from crm_metrics import records as R
from crm_metrics import text
from crm_metrics.encode import How
from crm_metrics.errors import DataError, Fault, MixedCurrencies, WrongCall, WrongValue, listed, shown
from crm_metrics.records import Record, schema
from crm_metrics.tables import Report, Table, load

RecordT = TypeVar("RecordT")
Progress: TypeAlias = Callable[[int, int], object]

BLOCK = 1 << 20  # bytes looked at in one go
CHUNK = 1 << 15  # rows between two calls of progress
WHOLE_ROW = "the whole row"


class UnreadableFile(DataError):
    """A file that is no table of text: one fault, about the file."""

    def __init__(self, faults: Sequence[Fault], source: str) -> None:
        super().__init__(faults, source)
        self.args = (f"{source} {self.faults[0].problem}; {self.faults[0].remedy}",)


def _unreadable(source: str, problem: str, remedy: str) -> UnreadableFile:
    return UnreadableFile([Fault(None, "file", source, problem, remedy)], source)


# ---------------------------------------------------------------- reading


def read_csv(
    path: str | os.PathLike[str],
    record: type[RecordT],
    *,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[Any, Any]] | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    dates: str | None = None,
    rounding: str | None = None,
    tz: str | None = None,
    on_error: str = "raise",
    progress: Progress | None = None,
) -> Table[RecordT]:
    """A table of `record` from a CSV file; ``columns``, ``values``, ``rounding``, ``tz`` and ``on_error`` as in `table`.

    ``encoding`` is found out for UTF-8, UTF-16 with its mark, and Russian cp1251. ``delimiter`` is found out among
    comma, semicolon and tab. ``decimal="," | "."`` and ``dates="dmy" | "mdy"`` say how to read 1,234 and 04/05/2024;
    without them the cells that can be read in one way only decide for the whole file. Where none of them
    does, or where they disagree, such a cell is bad: a wrong guess is a thousandfold error or a wrong month, and the
    delimiter proves neither.

    Cells are stripped. An empty cell is missing; so are "null", "n/a", "-" and the like, in money, shares, times and
    currencies only, for a manager may be called None. A second column under one heading is kept as "heading.2", and
    refused where a field would read it. Rows with nothing in them are passed over. Faults give the row as a
    spreadsheet shows it: the headings are row 1.

    ``progress(done, total)`` is called now and then with bytes read.
    """
    _check_options(decimal, dates)
    sheet = _read(path, encoding, delimiter, progress)
    where = {name: (columns or {}).get(name, name) for name in schema(record)} if _is_record(record) else {}
    _check_headings(sheet, where.values())
    found = {name: sheet.columns[heading] for name, heading in where.items() if heading in sheet.columns}
    how = How(
        columns=columns or {},
        values=values or {},
        rounding=rounding,
        tz=tz,
        parse=_conventions(sheet, record, found, where, values or {}, decimal, dates) if where else {},
        source=sheet.source,
        first_row=sheet.first_row,
    )
    return _loaded(sheet, record, how, on_error)


def read_columns(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    progress: Progress | None = None,
) -> dict[str, list[str]]:
    """The columns of a CSV file as stripped text, by heading. See `read_csv` for the options."""
    sheet = _read(path, encoding, delimiter, progress)
    if sheet.faults:
        raise DataError(sheet.faults, sheet.source)
    return sheet.columns


def _check_options(decimal: str | None, dates: str | None) -> None:
    if decimal not in (None, ",", "."):
        raise WrongValue(f'decimal={decimal!r}: use "," or "."')
    if dates not in (None, "dmy", "mdy"):
        raise WrongValue(f'dates={dates!r}: use "dmy" for 31/12/2024 or "mdy" for 12/31/2024')


def _is_record(record: Any) -> bool:
    return isinstance(record, type) and issubclass(record, Record)


def _loaded(sheet: _Sheet, record: type, how: How, on_error: str) -> Table[Any]:
    """The table, with the faults of whole rows among those of cells, and rows counted as in the file."""
    try:
        table = load(sheet.columns, record, how, on_error)
    except DataError as error:
        raise DataError(sheet.merged(error.faults), sheet.source) from None
    if sheet.faults and on_error == "raise":
        raise DataError(sheet.faults, sheet.source)
    assert isinstance(table.report, Report)
    rows = table.report.rows + len(sheet.faults)
    table.report = attrs.evolve(table.report, rows=rows, faults=sheet.merged(table.report.faults))
    return table


# ---------------------------------------------------------------- what the cells tell about each other


class _Memo(dict[str, Any]):
    """A cell function that reads each distinct cell once."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        self.read = read

    def __missing__(self, cell: str) -> Any:
        out = self[cell] = self.read(cell)
        return out


def _conventions(
    sheet: _Sheet,
    record: type,
    found: Mapping[str, list[str]],
    where: Mapping[str, str],
    values: Mapping[str, Mapping[Any, Any]],
    decimal: str | None,
    dates: str | None,
) -> dict[Any, Callable[[Any], Any]]:
    """How to read the cells of each kind of field."""
    cells: dict[Any, set[str]] = {}
    for name, column in found.items():
        kind = schema(record)[name].kind
        cells[kind] = cells.get(kind, set()).union(column).difference(values.get(name, ()))
    amounts = cells.get(R.money, set())
    if R.currency not in cells:
        _one_currency(sheet.source, amounts)
    mark: Any = decimal or _decided(text.decimal_marks, amounts | cells.get(R.number, set()), cells.get(R.share, set()))
    order: Any = dates or _decided(text.date_orders, cells.get(R.instant, set()))
    shares = [where[name] for name in found if schema(record)[name].kind is R.share]
    return {
        R.money: _Memo(partial(text.amount, decimal=mark)).__getitem__,
        R.number: partial(text.number, decimal=mark),
        R.share: partial(text.share, percent=bool(shares) and all("%" in heading for heading in shares)),
        R.instant: partial(text.time, dates=order),
        R.currency: text.currency,
    }


def _decided(evidence: Callable[[set[str]], set[str]], *groups: set[str]) -> str | None:
    """What the first group of cells with any evidence agrees on."""
    first = next((shown for cells in groups if (shown := evidence(cells))), set())
    return next(iter(first)) if len(first) == 1 else None


def _one_currency(source: str, amounts: set[str]) -> None:
    signs = sorted(text.currency_signs(amounts))
    if len(signs) > 1:
        msg = f"{source} has amounts in {listed(signs)}: give the currency a column of its own, or a file to each"
        raise MixedCurrencies(msg)


# ---------------------------------------------------------------- the sheet


@define
class _Sheet:
    """A file as columns of text, with what is needed to name a row as a spreadsheet does."""

    source: str
    columns: dict[str, list[str]]
    first_row: int
    repeated: dict[str, list[str]]
    faults: list[Fault] = Factory(list)
    kept: int = 0
    left_out: list[int] = Factory(list)  # how many rows were kept when each of these was left out

    def merged(self, faults: Sequence[Fault]) -> tuple[Fault, ...]:
        """All faults in the order of rows; those of a table are numbered as if no row had been left out."""
        moved = [attrs.evolve(f, row=self._row(f.row - self.first_row)) for f in faults if f.row is not None]
        return tuple(sorted([*self.faults, *moved], key=lambda f: f.row or 0))

    def add(self, rows: list[list[str]], delimiter: str) -> None:
        """More rows of the file."""
        width = len(self.columns)
        if set(map(len, rows)) != {width} or not all(map(str.strip, map("".join, rows))):
            rows = list(self._square(rows, width, delimiter))
        for column, cells in zip(self.columns.values(), zip(*rows, strict=True), strict=False):
            column.extend(map(str.strip, cells))
        self.kept += len(rows)

    def _square(self, rows: list[list[str]], width: int, delimiter: str) -> Iterator[list[str]]:
        for row in rows:
            if len(row) > width and not any(map(str.strip, row[width:])):
                del row[width:]
            ...

    def _row(self, index: int) -> int:
        return index + self.first_row + bisect.bisect_right(self.left_out, index)
