"""A file as columns of text: its delimiter, its headings, its rows."""

from __future__ import annotations

import contextlib
import csv
import gc
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice
from typing import TypeAlias

from crm_metrics._reading import surroundings
from crm_metrics._reading.encodings import UnreadableFile, encoding_of, file_at, opened_file, unchanged, unreadable
from crm_metrics._reading.pages import Sheet, bare
from crm_metrics._reading.report_words import TITLE
from crm_metrics.errors import WrongValue, shown

__all__ = ["Progress", "Sheet", "UnreadableFile", "read_sheet", "sheet_of", "uncollected"]

Progress: TypeAlias = Callable[[int, int], object]

CHUNK = 1 << 14  # rows between two calls of progress
HEAD = 64  # rows among which the headings are


# ---------------------------------------------------------------- reading


def read_sheet(
    path: str | os.PathLike[str],
    encoding: str | None = None,
    delimiter: str | None = None,
    progress: Progress | None = None,
    wanted: Iterable[str] = (),
) -> Sheet:
    """A CSV file as columns of text; ``progress(done, total)`` is called with bytes.

    Where titles stand above the headings, those that are ``wanted`` tell them.
    """
    path = file_at(path, "a CSV file")
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n'):
        raise WrongValue(f'delimiter={shown(delimiter)}: use one character such as ";"')
    with unchanged(path) as check:
        encoding = encoding_of(path, encoding)
        with opened_file(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as lines:
            found = _delimiter(lines.read(1 << 16)) if delimiter is None else delimiter
            lines.seek(0)
            total = path.stat().st_size

            def tick() -> None:
                check()  # a file that grows as fast as it is read has no end
                if progress is not None:
                    progress(raw.tell(), total)

            sheet = sheet_of(path.name, _reader(lines, found), found, wanted, tick)
    if progress is not None:
        progress(total, total)
    return sheet


def _reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The rows of a file; a quote may stand after a blank."""
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ", strict=True)


def sheet_of(
    source: str,
    rows: Iterator[list[str]],
    delimiter: str = ",",
    wanted: Iterable[str] = (),
    tick: Callable[[], object] | None = None,
) -> Sheet:
    """Rows of text, the headings among the first of them, as columns; ``tick()`` is called now and then."""
    with uncollected():
        sheet, rest = _headed(source, rows, wanted)
        while more := rest or _rows(sheet, rows):
            sheet.add(more, delimiter)
            rest = []
            if tick is not None:
                tick()
        sheet.close()
    if len(sheet.faults) > 2 and not sheet.kept:
        problem = f"has no row as wide as its headings, which row {sheet.first_row - 1} should be"
        raise unreadable(source, problem, "delete what stands above the headings, or pass delimiter=")
    return _without_nameless(sheet)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """The garbage collector rests: millions of cells hold no cycles, and walking over them doubles the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _rows(sheet: Sheet, reader: Iterator[list[str]], most: int = CHUNK, before: int = 0) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        rows.extend(islice(reader, most))
    except csv.Error as error:  # the rows before the bad one are in the list
        number = sheet.row(sheet.kept) + len(rows) if sheet.columns else sheet.first_row - 1 + before + len(rows)
        raise _broken(sheet.source, number, str(error)) from None
    return rows


def _broken(source: str, number: int, error: str) -> UnreadableFile:
    remedy = 'close the quote, or double a quote that belongs to the text ("")'
    if "end of data" in error:
        return unreadable(source, f"ends inside a quoted cell that begins in row {number}", remedy)
    if "expected after" in error:
        return unreadable(source, f"has text after a closing quote in row {number}", remedy)
    return unreadable(source, f"cannot be read in row {number} ({error})", remedy)  # a cell without end, mostly


# ---------------------------------------------------------------- headings


def _headed(source: str, reader: Iterator[list[str]], wanted: Iterable[str]) -> tuple[Sheet, list[list[str]]]:
    """An empty sheet with the headings of the file, and the rows that were read beyond them."""
    sheet = Sheet(source, {})
    while rows := _rows(sheet, reader, 1):
        if _separator(rows[0]):
            continue
        if any(bare(rows[0])):
            return _below_titles(sheet, [*rows, *_rows(sheet, reader, HEAD, 1)], wanted)
        sheet.first_row += 1
    raise unreadable(source, "is empty", "a CSV file has a row of headings, then a row for each record")


def _below_titles(sheet: Sheet, rows: list[list[str]], wanted: Iterable[str]) -> tuple[Sheet, list[list[str]]]:
    at = surroundings.headings_at(rows, wanted)
    if at:
        sheet.around[TITLE] += sum(map(any, map(bare, rows[:at])))
    sheet.first_row += at
    return _named(sheet, rows[at]), rows[at + 1 :]


def _separator(heading: list[str]) -> bool:
    """Excel's own first line, sep=; (which it does not show as a row)."""
    first = "".join(heading[:1]).strip("\ufeff ").lower()
    return first.startswith("sep=") and not any(heading[1:])


def _named(sheet: Sheet, written: list[str]) -> Sheet:
    heading = [cell.strip("\ufeff \t\r\n\u00a0") for cell in written]
    sheet.heading = [cell.strip("\ufeff") for cell in written]
    for place, name in enumerate(heading, 1):
        own = name or f"column {place}"
        if not name or name in sheet.columns:
            taken = {*heading, *sheet.columns}
            own = next(free for n in count(1) if (free := own if n == 1 else f"{own}.{n}") not in taken)
            (sheet.repeated.setdefault(name, []) if name else sheet.nameless).append(own)
        sheet.columns[own] = []
    return sheet


def _without_nameless(sheet: Sheet) -> Sheet:
    """A delimiter at the end of every line makes a column with no heading and nothing in it."""
    for name in sheet.nameless:
        if not any(sheet.columns[name]):
            del sheet.columns[name]
    return sheet


# ---------------------------------------------------------------- delimiter


def _delimiter(head: str) -> str:
    """The delimiter that cuts the headings, and the rows like them; quoted text is not cut."""
    if stated := re.match(r"\ufeff?sep=(.)\r?\n", head, re.IGNORECASE):
        return stated[1]
    likely = max(";\t,", key=lambda mark: _cuts(head, mark))
    return likely if any(_cuts(head, likely)[:2]) else ","


def _cuts(head: str, mark: str) -> tuple[bool, bool, float, int]:
    """How well a mark cuts: the headings, every row below, rows like the headings, and not the comma of "Sum, USD"."""
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):  # another delimiter's quotes, or the end of the head
        rows.extend(islice(csv.reader(io.StringIO(head, newline=""), delimiter=mark, strict=True), HEAD))
    table = list(islice(filter(any, rows[surroundings.headings_at(rows) :]), 21))
    if not table:
        return False, False, 0, 0
    first, *rest = map(len, table)
    alike = rest.count(first) / max(1, len(rest))
    return first > 1, min(rest, default=0) > 1, alike, sum(not cell.startswith(" ") for cell in table[0])
