"""CSV files and Excel workbooks: `read_csv`, `read_excel`.

A file says nothing about itself, so its encoding, delimiter, decimal mark and order of dates are found out, and
where they cannot be found out the load stops and names the argument that says it. Reports have more in them than rows:
titles, totals and footers are left out, and counted.
"""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, TypeVar

import attrs

from crm_metrics import cells as R
from crm_metrics._reading import surroundings
from crm_metrics._reading.conventions import conventions, currency_said
from crm_metrics._reading.ordering import numbered, of_ties
from crm_metrics._reading.report_words import TOTALS
from crm_metrics._reading.rows import code_of, loaded, told_columns
from crm_metrics._reading.sheets import Progress, Sheet, read_sheet, uncollected
from crm_metrics._reading.workbooks import is_workbook, read_workbook
from crm_metrics._tables import text
from crm_metrics._tables.arranging import headings
from crm_metrics._tables.encoding.raws import Headings, How
from crm_metrics._tables.table import LoadReport, Table
from crm_metrics.errors import DataError, Fault, WrongCall, WrongValue, in_words, shown
from crm_metrics.records.schemas import Field, Has, Record, schema

RecordT = TypeVar("RecordT")


@in_words
def read_csv(
    path: str | os.PathLike[str],
    record: type[RecordT],
    *,
    columns: Mapping[str, Headings] | Literal["guess"] | None = None,
    values: Mapping[str, Mapping[Any, Any]] | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    dates: str | None = None,
    rounding: str | None = None,
    tz: str | None = None,
    currency: str | None = None,
    on_error: str = "raise",
    ordered: bool = False,
    progress: Progress | None = None,
) -> Table[RecordT]:
    """A table of `record` from a CSV file.

    ``columns``, ``values``, ``rounding``, ``tz``, ``currency`` and ``on_error`` are those of `table`.
    ``encoding`` is found out for UTF-8, UTF-16 with its mark, and Russian cp1251. ``delimiter`` is found out among
    comma, semicolon and tab. ``decimal="," | "."`` and ``dates="dmy" | "mdy"`` say how to read 1,234 and 04/05/2024;
    without them the cells that can be read in one way only decide for the whole file, and ``.report.decided`` says how.
    Where none of them does, or where they disagree, such a cell is bad: a wrong guess is a thousandfold error or a
    wrong month, and the delimiter proves neither.

    Cells are stripped. An empty cell is missing; so are "null", "n/a", "-" and the like, in money, shares, times and
    currencies only, for a manager may be called None. A second column under one heading is kept as "heading.2", and
    refused where a field would read it. Faults give the row as a spreadsheet shows it: the headings are row 1. The
    duration of a `Call` may be h:mm:ss or mm:ss.

    What stands around the rows is left out and counted in ``.report.around``: title lines, headings that come again,
    totals, footers, and amounts without anything that the record requires. Rows with nothing in them are passed over.

    ``ordered=True`` says that the file is written in the order of events, the first or the last of them on top: rows
    are numbered into ``seq``, which puts changes of one instant in order.

    ``progress(done, total)`` is called now and then with bytes read.
    """
    _check_options(decimal, dates, ordered, progress)
    sheet = read_sheet(path, encoding, delimiter, progress, _wanted(record, columns))
    how = _how(sheet, record, columns, values, rounding=rounding, tz=tz, currency=code_of(currency))
    return _table(sheet, record, how, on_error, ordered, decimal, dates)


@in_words
def read_excel(
    path: str | os.PathLike[str],
    record: type[RecordT],
    *,
    sheet: str | None = None,
    columns: Mapping[str, Headings] | Literal["guess"] | None = None,
    values: Mapping[str, Mapping[Any, Any]] | None = None,
    decimal: str | None = None,
    dates: str | None = None,
    rounding: str | None = None,
    tz: str | None = None,
    currency: str | None = None,
    on_error: str = "raise",
    ordered: bool = False,
    progress: Progress | None = None,
) -> Table[RecordT]:
    """A table of `record` from a sheet of an Excel workbook: .xlsx, .xlsm, .xlsb, .xls or .ods.

    ``sheet`` is its name; without it the first sheet is read that has the headings which the record needs, else the
    first with a table in it. Cells are read as those of a CSV file are, and everything else is as in `read_csv`:
    numbers, dates and times are what the workbook says they are, ``decimal`` and ``dates`` are about cells of text. A
    number in per cent is a fraction. Of cells that are merged the first has the value, as in a CSV file. A web page
    that is named .xls, which many programs export, is a workbook of its tables, "table 1" and so on.

    But for those it needs python-calamine, which the extra ``excel`` brings: ``pip install 'crm-metrics[excel]'``.
    """
    _check_options(decimal, dates, ordered, progress)
    found = read_workbook(path, sheet, _wanted(record, columns), partial(_fits, record, columns), progress)
    how = _how(found, record, columns, values, rounding=rounding, tz=tz, currency=code_of(currency))
    return _table(found, record, how, on_error, ordered, decimal, dates)


def read_columns(
    path: str | os.PathLike[str],
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    progress: Progress | None = None,
) -> dict[str, list[str]]:
    """The columns of a CSV file, or of a sheet of a workbook, as stripped text by heading. See `read_csv`."""
    found = _sheet(path, sheet, encoding, delimiter, progress)
    if found.faults:
        raise DataError(found.merged(()), found.source)
    _leave_out(found, Record, {}, {})
    return found.columns


def _sheet(
    path: str | os.PathLike[str],
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    progress: Progress | None,
) -> Sheet:
    """A file of either kind, by the ending of its name."""
    if not is_workbook(path):
        if sheet is not None:
            raise WrongValue(f"sheet={sheet!r} is for a workbook, and {os.fspath(path)} is none: leave it out")
        return read_sheet(path, encoding, delimiter, progress)
    if encoding is not None or delimiter is not None:
        raise WrongValue(f"encoding= and delimiter= are for CSV files: leave them out for {os.fspath(path)}")
    return read_workbook(path, sheet, progress=progress)


def _check_options(decimal: Any, dates: Any, ordered: Any, progress: Any) -> None:
    if not isinstance(ordered, bool):
        raise WrongCall(f"ordered={shown(ordered)}: use True or False")
    if progress is not None and not callable(progress):
        raise WrongCall(f"progress={shown(progress)}: give a function of the bytes done and all bytes")
    if decimal is not None and not (isinstance(decimal, str) and decimal in (",", ".")):
        raise WrongValue(f'decimal={shown(decimal)}: use "," or "."')
    if dates is not None and not (isinstance(dates, str) and dates in ("dmy", "mdy")):
        raise WrongValue(f'dates={shown(dates)}: use "dmy" for 31/12/2024 or "mdy" for 12/31/2024')


# ---------------------------------------------------------------- from a sheet to a table


def _how(sheet: Sheet, record: type, columns: Any, values: Any, **more: Any) -> How:
    """The conventions of a call, with what is guessed from the headings of the file where that is asked for."""
    _, names, words = told_columns(sheet.columns, record, columns, values)
    return How(columns=names or {}, values=words or {}, **more)


def _table(
    sheet: Sheet, record: type, how: How, on_error: str, ordered: bool, decimal: str | None, dates: str | None
) -> Table[Any]:
    """The rows of a sheet as a table, without what stands around them."""
    where = {name: headings(how.columns.get(name, name)) for name in _fields(record)}
    if ordered:
        _check_ordered(sheet, record, where)
    _check_headings(sheet, itertools.chain(*where.values()))
    _leave_out(sheet, record, where, how.values)
    _check_labels(sheet, record, where, how.values)
    several = {name: [sheet.columns[h] for h in heads if h in sheet.columns] for name, heads in where.items()}
    found = {name: list(itertools.chain(*columns)) for name, columns in several.items() if columns}
    how = attrs.evolve(
        how,
        **currency_said(sheet.source, record, how.columns, found, how.currency),
        parse=conventions(sheet, record, found, how.values, decimal, dates) if where else {},
        source=sheet.source,
        first_row=sheet.first_row,
    )
    return _loaded(sheet, record, how, on_error, ordered)


def _fields(record: Any) -> Mapping[str, Field]:
    return schema(record) if isinstance(record, type) and issubclass(record, Record) else {}


def _wanted(record: Any, columns: Any) -> list[str]:
    """The headings of what a record requires, where the caller knows them."""
    _, known, _ = told_columns([], record, columns, None)
    return [headings((known or {}).get(name, name))[0] for name in _required(record)]


def _fits(record: Any, columns: Any, names: set[str]) -> bool:
    """Whether headings are there for what a record requires."""
    _, where, _ = told_columns(sorted(names), record, columns, None)
    return all(headings((where or {}).get(name, name))[0] in names for name in _required(record))


def _required(record: Any) -> list[str]:
    return [field.name for field in _fields(record).values() if field.required]


def _cells(sheet: Sheet, heads: Iterable[str]) -> list[str] | None:
    """The cells of a field, None where the file has none of its headings."""
    several = [sheet.columns[heading] for heading in heads if heading in sheet.columns]
    if len(several) < 2:
        return several[0] if several else None
    return [next(filter(None, row), "") for row in zip(*several, strict=True)]


def _check_headings(sheet: Sheet, used: Iterable[str]) -> None:
    """A field cannot be read where two different columns have its heading."""
    for name in used:
        first = sheet.columns.get(name)
        if any(sheet.columns[other] != first for other in sheet.repeated.get(name, [])):
            fault = Fault(sheet.first_row - 1, name, name, "heads two columns that differ", "rename one in the file")
            raise DataError([fault], sheet.source)


def _leave_out(
    sheet: Sheet, record: type[Record], where: Mapping[str, Sequence[str]], values: Mapping[str, Any]
) -> None:
    """Leave out of a sheet the totals among its rows, and amounts without anything that the record requires."""
    fields = _fields(record)
    names = surroundings.needed(fields)
    required = {name: cells for name in names if (cells := _cells(sheet, where[name])) is not None}
    if len(required) < len(names):
        return  # which the load says
    if not names:
        found = dict.fromkeys(surroundings.totals_without_record(sheet.columns), TOTALS)
    else:
        required = {name: _translated(cells, values.get(name)) for name, cells in required.items()}
        kinds = (R.money, R.number)
        amounts = [_cells(sheet, where[name]) for name, field in fields.items() if field.kind in kinds]
        found = surroundings.among(sheet.columns, required, [cells for cells in amounts if cells is not None])
        stays = any(isinstance(rule, Has) for rule in record.rules)  # what such a row lacks is a fault
        found = {row: what for row, what in found.items() if what == TOTALS or not stays}
    sheet.drop(found)
    sheet.around.update(found.values())


def _translated(cells: list[str], words: Any) -> list[str]:
    """The cells of a field, empty where they are said to mean nothing."""
    if not isinstance(words, Mapping) or not (nothing := {word for word, x in words.items() if x in ("", None)}):
        return cells
    return ["" if cell in nothing else cell for cell in cells]


_ROUNDED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E\+[0-9]{2,}").fullmatch


def _check_labels(
    sheet: Sheet, record: type, where: Mapping[str, Sequence[str]], values: Mapping[str, Mapping[Any, Any]]
) -> None:
    """Ids and names that a spreadsheet has lost: each would be the same as all others that it lost so, a fault."""
    bad: set[int] = set()
    for name, field in _fields(record).items():
        if field.kind is not R.text or field.choices:
            continue
        known = values.get(name, {})
        for heading in where[name]:
            _empty_lookups(sheet, heading, known)
        for row, cell, problem, remedy in _lost(_cells(sheet, where[name]) or [], known):
            sheet.faults.append(Fault(sheet.row(row), name, cell, problem, remedy))
            bad.add(row)
    sheet.drop(bad)


def _empty_lookups(sheet: Sheet, heading: str, known: Mapping[Any, Any]) -> None:
    """A lookup of the spreadsheet that found nothing, #N/A, is nobody's name."""
    cells = sheet.columns.get(heading, [])
    if any(cell in text.NOT_FOUND and cell not in known for cell in set(cells)):
        sheet.columns[heading] = ["" if cell in text.NOT_FOUND and cell not in known else cell for cell in cells]


def _lost(cells: list[str], known: Mapping[Any, Any]) -> Iterator[tuple[int, str, str, str]]:
    """The rows whose label is a number rounded by a spreadsheet, 1.23457E+15, or one of its errors, #REF!."""
    found = {cell: said for cell in set(cells) if ("#" in cell or "E+" in cell) and (said := _loss(cell, known))}
    yield from ((row, cell, *found[cell]) for row, cell in enumerate(cells if found else ()) if cell in found)


def _loss(cell: str, known: Mapping[Any, Any]) -> tuple[str, str] | None:
    if _ROUNDED(cell):
        return "has lost its last digits", "show the column as text or plain numbers and save the file again"
    return text.ERROR if text.is_error(cell.strip()) and cell not in known else None


def _check_ordered(sheet: Sheet, record: type, where: Mapping[str, Sequence[str]]) -> None:
    if "seq" not in where:
        raise WrongCall(f"ordered=True is for records that have seq, such as StageChange; {record.__name__} has none")
    if _cells(sheet, where["seq"]) is not None:
        msg = f"{sheet.source} has a column for seq ({where['seq'][0]!r}), which numbers its rows: leave ordered= out"
        raise WrongValue(msg)


def _loaded(sheet: Sheet, record: type, how: How, on_error: str, ordered: bool) -> Table[Any]:
    """The table, with the faults of whole rows among those of cells, and rows counted as in the file."""
    try:
        with uncollected():
            table = loaded(sheet.columns, record, how, on_error)
    except DataError as error:
        raise DataError(sheet.merged(error.faults), sheet.source) from None
    if sheet.faults and on_error == "raise":
        raise DataError(sheet.merged(()), sheet.source)
    report = table.report
    assert isinstance(report, LoadReport)
    decided = list(sheet.decided)
    if ordered:
        table, order = numbered(table, sheet.source)
        decided.append(order)
    elif ties := of_ties(table):
        decided.append(ties)
    table.report = attrs.evolve(
        report,
        rows=report.rows + len({fault.row for fault in sheet.faults}),
        faults=sheet.merged(report.faults),
        decided=(*decided, *report.decided),
        around=dict(sheet.around + Counter(report.around)),
    )
    return table
