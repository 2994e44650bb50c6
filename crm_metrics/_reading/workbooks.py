"""An Excel workbook as a sheet of text, cell by cell what a CSV file of it would hold."""

from __future__ import annotations

import codecs
import datetime as dt
import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from crm_metrics._reading import report_words, surroundings
from crm_metrics._reading.encodings import (
    FIRST_BYTES,
    OLD_EXCEL,
    ZIP,
    UnreadableFile,
    check_head,
    file_at,
    opened_file,
    unchanged,
    unreadable,
)
from crm_metrics._reading.sheets import HEAD, Progress, Sheet, sheet_of
from crm_metrics._reading.webpages import PAGE, Page, is_page, page_of
from crm_metrics.cells import SAFE
from crm_metrics.errors import MissingExtra, UnknownName, WrongValue, listed, shown

ENDINGS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
"""How the names of workbooks end."""

Rows = list[list[Any]]


def is_workbook(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a workbook, by the ending of its name."""
    return isinstance(path, (str, os.PathLike)) and os.fspath(path)[-5:].lower().endswith(ENDINGS)


def read_workbook(
    path: str | os.PathLike[str],
    sheet: str | None = None,
    wanted: Sequence[str] = (),
    fits: Callable[[set[str]], bool] = bool,
    progress: Progress | None = None,
) -> Sheet:
    """A sheet of a workbook as columns of text.

    It is the one of that name, else the first whose headings fit, else the first with a table in it.
    """
    path = file_at(path, "an Excel file")
    if sheet is not None and not isinstance(sheet, str):
        raise WrongValue(f"sheet={shown(sheet)}: give the name of a sheet")
    with unchanged(path):
        data = _bytes(path)
        book = _book(path, data)
        name, cells = _chosen(path, book, sheet, wanted, fits)
        errors = _errors(data, name)
    source = path.name if len(book.sheet_names) == 1 else f"{path.name}, sheet {name}"
    numbers: set[str] = set()
    out = sheet_of(source, _text_rows(cells, errors, numbers), wanted=wanted)
    out.numbers = numbers
    if sheet is None and len(book.sheet_names) > 1:
        out.decided.append(f"the sheet is {name!r}, of {listed(map(repr, book.sheet_names))}")
    if progress is not None:
        progress(len(data), len(data))
    return out


def sheet_names(path: str | os.PathLike[str]) -> list[str]:
    """The sheets of a workbook that hold cells, those that are hidden last."""
    path = file_at(path, "an Excel file")
    return _in_sight(_book(path, _bytes(path)))


# ---------------------------------------------------------------- the workbook


def _bytes(path: Path) -> bytes:
    """The whole file, where it is that of a workbook."""
    head = check_head(path, ZIP, OLD_EXCEL, PAGE)
    if not head.startswith((ZIP, OLD_EXCEL)) and not is_page(head):
        raise unreadable(path.name, *_no_workbook(head))
    with opened_file(path) as file:
        data = file.read()
    if head.startswith(OLD_EXCEL) and "EncryptedPackage".encode("utf-16-le") in data:
        raise _locked(path)
    return data


def _no_workbook(head: bytes) -> tuple[str, str]:
    """What a file is that is no workbook, and what helps."""
    if not head:
        return "is empty", "a sheet has a row of headings, then a row for each record"
    if b"\0" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "is no workbook that can be read", "open it in a spreadsheet and save it as .xlsx"
    return "is text and no workbook", "save it as a workbook, or name it .csv and read it with read_csv"


def _locked(path: Path) -> UnreadableFile:
    return unreadable(path.name, "is protected by a password", "save it without one")


def _book(path: Path, data: bytes) -> Any:
    if is_page(data[:FIRST_BYTES]):
        return _calamine(path, partial(page_of, path, data))
    try:
        import python_calamine
    except ImportError:
        msg = f"reading {path.name} needs python-calamine: pip install 'crm-metrics[excel]', or save it as CSV"
        raise MissingExtra(msg) from None
    return _calamine(path, lambda: python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)))


def _calamine(path: Path, ask: Callable[[], Any]) -> Any:
    """What a workbook answers; whatever it cannot is an error about the file."""
    try:
        return ask()
    except (KeyboardInterrupt, SystemExit, MemoryError, UnreadableFile):
        raise
    except BaseException as error:  # a panic of its Rust code is no Exception
        if type(error).__name__ == "PasswordError":
            raise _locked(path) from None
        why = str(error).partition("\n")[0] or type(error).__name__
        raise unreadable(path.name, f"is no workbook that can be read ({why})", "open it and save it again") from None


def _chosen(
    path: Path, book: Any, sheet: str | None, wanted: Sequence[str], fits: Callable[[set[str]], bool]
) -> tuple[str, Rows]:
    """The name of a sheet, and its cells."""
    if sheet is not None and sheet not in book.sheet_names:
        msg = f"{path.name} has no sheet {sheet!r}: it has {listed(map(repr, book.sheet_names), 24)}"
        raise UnknownName(msg)
    names = [sheet] if sheet is not None else _in_sight(book)
    best: tuple[int, str, Rows] | None = None
    for name in names:
        cells: Rows = _calamine(path, partial(_cells, book, name))
        how_good = _suits(cells, wanted, fits)
        if best is None or how_good > best[0]:
            best = how_good, name, cells
        if how_good == 3:
            break
    if best is None or not best[0]:
        where = f"the sheet {sheet!r} of {path.name}" if sheet is not None else path.name
        raise unreadable(where, "is empty", "a sheet has a row of headings, then a row for each record")
    return best[1:]


def _cells(book: Any, name: str) -> Any:
    if isinstance(book, Page):
        return book.tables[name]
    return book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _in_sight(book: Any) -> list[str]:
    """The sheets that hold cells, those that are hidden last."""
    if isinstance(book, Page):
        return book.sheet_names
    sheets = [about for about in book.sheets_metadata if str(about.typ).endswith("WorkSheet")]
    return [about.name for about in sorted(sheets, key=lambda about: not str(about.visible).endswith(".Visible"))]


def _suits(cells: Rows, wanted: Sequence[str], fits: Callable[[set[str]], bool]) -> int:
    """How well a sheet suits: 3 has headings that fit, 2 is a table, 1 has anything in it."""
    head = [list(map(_text, row)) for row in cells[: HEAD * 4]]
    while head and not any(head[0]):
        del head[0]
    if not head:
        return 0
    at = surroundings.headings_at(head[:HEAD], wanted)
    names = set(report_words.filled(head[at]))
    if len(names) < 2 or not any(map(any, head[at + 1 :])):
        return 1
    return 3 if fits(names) else 2


# ---------------------------------------------------------------- cells


def _text_rows(cells: Rows, errors: Mapping[tuple[int, int], str], numbers: set[str]) -> Iterator[list[str]]:
    """The rows of a sheet as text; those cells that are numbers are gathered."""
    for i, row in enumerate(cells):
        out = list(map(_text, row))
        numbers.update(cell for cell, x in zip(out, row, strict=True) if type(x) is float and _POINT(cell))
        for j in range(len(out)) if errors else ():
            out[j] = out[j] or errors.get((i, j), "")
        yield out


_POINT = re.compile(r"-?[0-9]+\.[0-9]+").fullmatch


def _text(x: Any) -> str:
    """A cell as a CSV file would hold it, without losing digits."""
    return x if type(x) is str else _TEXTS[type(x)](x) if type(x) in _TEXTS else str(x)


def _of_number(x: float) -> str:
    """123 for 123.0; what a float does not hold to the last digit stays a power of ten, which says so.

    >>> _of_number(123.0), _of_number(0.1), _of_number(1e-7), _of_number(1.5e19)
    ('123', '0.1', '0.0000001', '1.5E+19')
    """
    if abs(x) > SAFE:
        return repr(x).upper() if "e" in repr(x) else f"{Decimal(repr(x)):E}"
    return str(int(x)) if x.is_integer() else f"{Decimal(repr(x)):f}"


def _of_instant(x: dt.datetime) -> str:
    return x.isoformat(" ") if x.time() != dt.time() else x.date().isoformat()


def _of_length(x: dt.timedelta) -> str:
    """A length of time as a spreadsheet shows it, in hours, minutes and seconds."""
    seconds = round(abs(x).total_seconds())
    return f"{'-' if x < dt.timedelta() else ''}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


_TEXTS: dict[type, Callable[[Any], str]] = {
    float: _of_number,
    int: str,
    bool: lambda x: "true" if x else "false",
    dt.date: dt.date.isoformat,
    dt.datetime: _of_instant,
    dt.time: lambda x: f"{x:%H:%M:%S}",
    dt.timedelta: _of_length,
}


# ---------------------------------------------------------------- errors, which the reader gives as empty cells

_CELL = re.compile(rb"<c ([^>]*)>(.*?)</c>", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]+)([0-9]+)"')
_VALUE = re.compile(rb"<v>(.+?)</v>", re.DOTALL)
NOT_COUNTED = "#CALC!"
"""A formula whose value nobody has counted yet."""


def _errors(data: bytes, name: str) -> dict[tuple[int, int], str]:
    """The cells of a sheet of an .xlsx file that hold an error, or a formula without its value: by row and column."""
    found: dict[tuple[int, int], str] = {}
    part = _part(data, name)
    if b't="e"' not in part and b"<f" not in part:
        return found
    for cell in _CELL.finditer(part):
        about, inside = cell.groups()
        place, value = _PLACE.search(about), _VALUE.search(inside)
        if place and b't="e"' in about:
            found[_place(place)] = value[1].decode() if value else NOT_COUNTED
        elif place and b"<f" in inside and not value and b't="str"' not in about:
            found[_place(place)] = NOT_COUNTED
    return found


def _place(found: re.Match[bytes]) -> tuple[int, int]:
    column = 0
    for letter in found[1]:
        column = column * 26 + letter - 64
    return int(found[2]) - 1, column - 1


def _part(data: bytes, name: str) -> bytes:
    """The cells of a sheet as they are written in an .xlsx file, nothing for another kind of file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            book = parts.read("xl/workbook.xml").decode()
            links = parts.read("xl/_rels/workbook.xml.rels").decode()
            return parts.read(_target(book, links, name))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, NotImplementedError, StopIteration, SyntaxError):
        return b""


def _target(book: str, links: str, name: str) -> str:
    """Where in the archive a sheet is."""
    from xml.etree import ElementTree

    own = next(sheet for sheet in ElementTree.fromstring(book).iter() if sheet.attrib.get("name") == name)
    link = next(value for key, value in own.attrib.items() if key.endswith("}id"))
    place = next(x.attrib["Target"] for x in ElementTree.fromstring(links) if x.attrib["Id"] == link)
    return place.lstrip("/") if place.startswith("/") else f"xl/{place}"
