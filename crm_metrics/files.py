"""CSV files: `read_csv`.

A file says nothing about itself, so its encoding, delimiter, decimal mark and order of dates are found out, and
where they cannot be found out the load stops and names the argument that says it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

import attrs

from crm_metrics import cells as R
from crm_metrics import text
from crm_metrics.arranging import headings
from crm_metrics.errors import DataError, Fault, WrongValue
from crm_metrics.loading import code_of, load
from crm_metrics.raws import Headings, How
from crm_metrics.records import Call
from crm_metrics.schemas import Record, schema
from crm_metrics.sheets import Progress, Sheet, read_sheet, uncollected
from crm_metrics.signs import Signs, of_headings, one_of
from crm_metrics.tables import Report, Table

RecordT = TypeVar("RecordT")


def read_csv(
    path: str | os.PathLike[str],
    record: type[RecordT],
    *,
    columns: Mapping[str, Headings] | None = None,
    values: Mapping[str, Mapping[Any, Any]] | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    dates: str | None = None,
    rounding: str | None = None,
    tz: str | None = None,
    currency: str | None = None,
    on_error: str = "raise",
    progress: Progress | None = None,
) -> Table[RecordT]:
    """A table of `record` from a CSV file.

    ``columns``, ``values``, ``rounding``, ``tz`` and ``on_error`` are those of `table`.
    ``encoding`` is found out for UTF-8, UTF-16 with its mark, and Russian cp1251. ``delimiter`` is found out among
    comma, semicolon and tab. ``decimal="," | "."`` and ``dates="dmy" | "mdy"`` say how to read 1,234 and 04/05/2024;
    without them the cells that can be read in one way only decide for the whole file. Where none of them
    does, or where they disagree, such a cell is bad: a wrong guess is a thousandfold error or a wrong month, and the
    delimiter proves neither.

    Cells are stripped. An empty cell is missing; so are "null", "n/a", "-" and the like, in money, shares, times and
    currencies only, for a manager may be called None. A second column under one heading is kept as "heading.2", and
    refused where a field would read it. Rows with nothing in them are passed over. Faults give the row as a
    spreadsheet shows it: the headings are row 1. The duration of a `Call` may be h:mm:ss or mm:ss.

    ``progress(done, total)`` is called now and then with bytes read.
    """
    _check_options(decimal, dates)
    sheet = read_sheet(path, encoding, delimiter, progress)
    where = {name: headings((columns or {}).get(name, name)) for name in schema(record)} if _is_record(record) else {}
    _check_headings(sheet, itertools.chain(*where.values()))
    found = {
        name: list(itertools.chain(*(sheet.columns[h] for h in several if h in sheet.columns)))
        for name, several in where.items()
        if any(h in sheet.columns for h in several)
    }
    how = How(
        columns=columns or {},
        values=values or {},
        rounding=rounding,
        tz=tz,
        **_money(sheet.source, record, columns or {}, found, code_of(currency)),
        parse=_conventions(sheet, record, found, values or {}, decimal, dates) if where else {},
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
    sheet = read_sheet(path, encoding, delimiter, progress)
    if sheet.faults:
        raise DataError(sheet.faults, sheet.source)
    return sheet.columns


def _check_options(decimal: str | None, dates: str | None) -> None:
    if decimal not in (None, ",", "."):
        raise WrongValue(f'decimal={decimal!r}: use "," or "."')
    if dates not in (None, "dmy", "mdy"):
        raise WrongValue(f'dates={dates!r}: use "dmy" for 31/12/2024 or "mdy" for 12/31/2024')


def _check_headings(sheet: Sheet, used: Iterable[str]) -> None:
    """A field cannot be read where two different columns have its heading."""
    for name in used:
        first = sheet.columns.get(name)
        if any(sheet.columns[other] != first for other in sheet.repeated.get(name, [])):
            fault = Fault(sheet.first_row - 1, name, name, "heads two columns that differ", "rename one in the file")
            raise DataError([fault], sheet.source)


def _is_record(record: Any) -> bool:
    return isinstance(record, type) and issubclass(record, Record)


def _loaded(sheet: Sheet, record: type, how: How, on_error: str) -> Table[Any]:
    """The table, with the faults of whole rows among those of cells, and rows counted as in the file."""
    try:
        with uncollected():
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
    sheet: Sheet,
    record: type,
    found: Mapping[str, list[str]],
    values: Mapping[str, Mapping[Any, Any]],
    decimal: str | None,
    dates: str | None,
) -> dict[Any, Callable[[Any], Any]]:
    """How to read the cells of each kind of field."""
    cells: dict[Any, set[str]] = {}
    for name, column in found.items():
        kind = schema(record)[name].kind
        cells.setdefault(kind, set()).update(set(column).difference(values.get(name, ())))
    amounts = cells.get(R.money, set())
    numbers = amounts | cells.get(R.number, set())
    mark: Any = decimal
    if decimal is None and text.two_ways(numbers):
        mark = _decided(text.decimal_marks, numbers, cells.get(R.share, set()))
    order: Any = dates or _decided(text.date_orders, cells.get(R.instant, set()))
    return {
        R.money: _Memo(partial(text.amount, decimal=mark)).__getitem__,
        R.number: _Memo(partial(text.seconds if issubclass(record, Call) else text.number, decimal=mark)).__getitem__,
        R.share: text.share,
        R.instant: partial(text.wall, dates=order),
        R.currency: text.currency,
    }


def _decided(evidence: Callable[[set[str]], set[str]], *groups: set[str]) -> str | None:
    """What the first group of cells with any evidence agrees on."""
    first = next((shown for cells in groups if (shown := evidence(cells))), set())
    return next(iter(first)) if len(first) == 1 else None


def _money(
    source: str, record: type, columns: Mapping[str, Headings], found: Mapping[str, list[str]], given: str | None
) -> dict[str, Any]:
    """The currency of a file whose cells name it, and what sets signs against it."""
    amounts = {name: column for name, column in found.items() if schema(record)[name].kind is R.money}
    signs = text.currency_signs(set(itertools.chain(*amounts.values())))
    if "currency" in found or not signs:
        return {"currency": given, "sign": Signs(frozenset()) if signs else None}
    code = given or one_of(source, signs | of_headings(How(columns=columns), record), None)
    return {"currency": code, "sign": Signs(frozenset()) if given else Signs.of(amounts)}
