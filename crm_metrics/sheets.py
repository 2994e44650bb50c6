"""A file as columns of text: its delimiter, its headings, its rows, and what stands around them."""

from __future__ import annotations

import bisect
import contextlib
import csv
import gc
import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress, count, islice
from typing import TypeAlias

import attrs
from attrs import Factory, define, frozen

from crm_metrics import surroundings
from crm_metrics.encodings import UnreadableFile, encoding_of, file_at, opened, unchanged, unreadable
from crm_metrics.errors import Fault, WrongValue, shown
from crm_metrics.surroundings import AGAIN, FOOTER, TITLE, TOTALS

__all__ = ["Progress", "Sheet", "UnreadableFile", "read_sheet", "sheet_of", "uncollected"]

Progress: TypeAlias = Callable[[int, int], object]

CHUNK = 1 << 14  # rows between two calls of progress
HEAD = 64  # rows among which the headings are
WHOLE_ROW = "the whole row"


# ---------------------------------------------------------------- the sheet


@frozen
class Narrow:
    """A row of another width than the headings: malformed, or part of a footer if no whole row comes after it."""

    cells: list[str]
    apart: bool  # a blank line above
    fault: Fault


@define
class Sheet:
    """A file as columns of text, with what it takes to name a row as a spreadsheet does."""

    source: str
    columns: dict[str, list[str]]
    heading: list[str] = Factory(list)  # as it is written
    first_row: int = 2
    repeated: dict[str, list[str]] = Factory(dict)  # a heading, and the names of its later columns
    nameless: list[str] = Factory(list)
    faults: list[Fault] = Factory(list)
    kept: int = 0
    page: int = 0  # the first row kept since the headings came last
    pools: dict[str, dict[str, str]] = Factory(dict)  # one text for each label: half the memory, no time
    left_out: list[int] = Factory(list)  # how many rows were kept when each of these was passed over
    narrow: list[Narrow] = Factory(list)  # since the last whole row
    around: Counter[str] = Factory(Counter)  # rows that are none, by what they are
    numbers: set[str] = Factory(set)  # cells that are numbers whatever the decimal mark of the text cells is
    decided: list[str] = Factory(list)

    def row(self, index: int) -> int:
        """The row of the file that a kept row was."""
        return index + self.first_row + bisect.bisect_right(self.left_out, index)

    def merged(self, faults: Sequence[Fault]) -> tuple[Fault, ...]:
        """All faults in the order of rows, these numbered so far as if no row had been passed over."""
        moved = [attrs.evolve(f, row=self.row(f.row - self.first_row)) for f in faults if f.row is not None]
        return tuple(sorted([*self.faults, *moved], key=lambda fault: fault.row or 0))

    def add(self, rows: list[list[str]], delimiter: str = ",") -> None:
        """More rows of the file."""
        start = 0
        for at in self._headings_again(rows):
            self._add(rows[start:at], delimiter)
            self.close(again=True)
            self._pass_over()
            self.around[AGAIN] += 1
            start = at + 1
        self._add(rows[start:] if start else rows, delimiter)

    def _headings_again(self, rows: list[list[str]]) -> list[int]:
        first = {self.heading[0], f"\ufeff{self.heading[0]}"}
        likely = [at for at, row in enumerate(rows) if row and row[0] in first]
        if len(self.columns) < 2:
            return []
        wanted = _bare(self.heading)
        return [at for at in likely if _bare(rows[at]) == wanted]

    def _add(self, rows: list[list[str]], delimiter: str) -> None:
        even = set(map(len, rows)) == {len(self.columns)}
        if even and all(map(str.strip, map("".join, rows))):
            self._whole(len(rows))
        else:
            rows = list(self._even(rows, delimiter))
        for (name, column), raw in zip(self.columns.items(), zip(*rows, strict=True), strict=False):
            cells = list(map(str.strip, raw))
            if not column and len(set(cells)) * 4 < len(cells):
                self.pools[name] = {}
            pool = self.pools.get(name)
            column.extend(cells if pool is None else map(pool.setdefault, cells, cells))

    def _even(self, rows: list[list[str]], delimiter: str) -> Iterator[list[str]]:
        """The rows as wide as the headings; empty ones are passed over, others are faults or a footer."""
        width = len(self.columns)
        for row in rows:
            cells, beyond = row[:width], row[width:]
            empty = not any(map(str.strip, row))
            if not empty and len(cells) == width and not any(map(str.strip, beyond)):
                self._whole(1)
                yield cells
                continue
            if not empty:
                fault = _uneven(self.row(self.kept), row, width, delimiter)
                self.narrow.append(Narrow(row, self._apart(self.kept), fault))
            self._pass_over()

    def _whole(self, rows: int) -> None:
        """Whole rows: what was narrow before them is malformed."""
        self.kept += rows
        self.faults += [narrow.fault for narrow in self.narrow]
        self.narrow.clear()

    def _pass_over(self) -> None:
        self.left_out.append(self.kept)

    def _apart(self, index: int) -> bool:
        """Whether a blank line (or another row that is none) stands above a row."""
        place = bisect.bisect_left(self.left_out, index)
        return place < len(self.left_out) and self.left_out[place] == index

    def drop(self, rows: Iterable[int]) -> None:
        """Pass over rows that were kept so far."""
        gone = sorted(rows)
        if not gone:
            return
        lost = set(gone)
        keep = [index not in lost for index in range(self.kept)]
        for column in self.columns.values():
            column[:] = compress(column, keep)
        before = [at - bisect.bisect_left(gone, at) for at in self.left_out]
        self.left_out[:] = sorted([*before, *(index - i for i, index in enumerate(gone))])
        self.kept -= len(gone)

    # ---- the end of a page or of the file
    def close(self, *, again: bool = False) -> None:
        """What ends a page: rows that are a footer, or malformed ones."""
        known = {surroundings.shape(cell) for cell in self._first()[max(self.page, self.kept - 50) : self.kept]}
        for narrow in self.narrow:
            label = surroundings.filled(narrow.cells)[0]
            if len(narrow.cells) < len(self.columns) and _is_footer(label, known, narrow.apart or again, wide=False):
                self._count(label)
            else:
                self.faults.append(narrow.fault)
        self.narrow.clear()
        self._drop_wide_footer(known)
        self.page = self.kept

    def _drop_wide_footer(self, known: set[str]) -> None:
        """Leave out the last rows of a page if they hold a footer: a cell or two of text, in whole rows."""
        start = self.kept
        labels: list[str] = []
        while start > self.page and len(self.columns) > 2:
            cells = surroundings.filled(column[start - 1] for column in self.columns.values())
            if len(cells) > 2:
                break
            start -= 1
            labels.insert(0, cells[0])
        begins = (_is_footer(x, known, self._apart(start + i), wide=True) for i, x in enumerate(labels))
        first = next((i for i, does in enumerate(begins) if does), len(labels))
        gone = [i for i in range(first, len(labels)) if i == first or _is_footer(labels[i], known, True, wide=True)]
        for i in gone:
            self._count(labels[i])
        self.drop(start + i for i in gone)

    def _count(self, label: str) -> None:
        self.around[TOTALS if surroundings.says_total(label) else FOOTER] += 1

    def _first(self) -> list[str]:
        return next(iter(self.columns.values()))


def _is_footer(label: str, known: set[str], apart: bool, *, wide: bool) -> bool:
    """Whether a row that begins so, after all others, is no row: by its words, or unlike the cells above it."""
    if surroundings.says_total(label) or surroundings.says_footer(label):
        return True
    shape = surroundings.shape(label)
    unlike = bool(known) and shape not in known and shape in ("a", "a 0")
    return unlike and (apart or not wide and surroundings.is_prose(label))


def _bare(cells: Iterable[str]) -> list[str]:
    bare = [cell.strip("\ufeff \t\r\n\u00a0") for cell in cells]
    while bare and not bare[-1]:
        bare.pop()
    return bare


def _uneven(number: int, row: list[str], width: int, delimiter: str) -> Fault:
    problem = f"has {len(row)} cell{'s' if len(row) > 1 else ''} where the headings have {width}"
    remedy = f"put a cell that holds {shown(delimiter)} in quotes"
    if len(row) < width:
        remedy = "complete it, or put a cell that holds a line break in quotes"
    return Fault(number, WHOLE_ROW, delimiter.join(row), problem, remedy)


# ---------------------------------------------------------------- reading


def read_sheet(
    path: str | os.PathLike[str],
    encoding: str | None = None,
    delimiter: str | None = None,
    progress: Progress | None = None,
) -> Sheet:
    """A CSV file as columns of text; ``progress(done, total)`` is called with bytes."""
    path = file_at(path, "a CSV file")
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n'):
        raise WrongValue(f'delimiter={delimiter!r}: use one character such as ";"')
    with unchanged(path):
        encoding = encoding_of(path, encoding)
        with opened(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as lines:
            found = _delimiter(lines.read(1 << 16)) if delimiter is None else delimiter
            lines.seek(0)
            total = path.stat().st_size
            reader = csv.reader(lines, delimiter=found, strict=True)
            tick = None if progress is None else lambda: progress(raw.tell(), total)
            sheet = sheet_of(path.name, reader, found, tick)
    if progress is not None:
        progress(total, total)
    return sheet


def sheet_of(
    source: str, rows: Iterator[list[str]], delimiter: str = ",", tick: Callable[[], object] | None = None
) -> Sheet:
    """Rows of text, the headings among the first of them, as columns; ``tick()`` is called now and then."""
    with uncollected():
        sheet, rest = _headed(source, rows)
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


def _headed(source: str, reader: Iterator[list[str]]) -> tuple[Sheet, list[list[str]]]:
    """An empty sheet with the headings of the file, and the rows that were read beyond them."""
    sheet = Sheet(source, {})
    while rows := _rows(sheet, reader, 1):
        if _separator(rows[0]):
            continue
        if any(_bare(rows[0])):
            return _below_titles(sheet, [*rows, *_rows(sheet, reader, HEAD, 1)])
        sheet.first_row += 1
    raise unreadable(source, "is empty", "a CSV file has a row of headings, then a row for each record")


def _below_titles(sheet: Sheet, rows: list[list[str]]) -> tuple[Sheet, list[list[str]]]:
    at = surroundings.headings_at(rows)
    if at:
        sheet.around[TITLE] += sum(map(any, map(_bare, rows[:at])))
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
