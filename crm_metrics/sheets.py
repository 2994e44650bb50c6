"""A CSV file as columns of text: its encoding, its delimiter, its headings, its rows."""

from __future__ import annotations

import bisect
import codecs
import contextlib
import csv
import gc
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import TypeAlias

import attrs
from attrs import Factory, define, frozen

from crm_metrics.errors import DataError, Fault, WrongCall, WrongValue, shown

Progress: TypeAlias = Callable[[int, int], object]

BLOCK = 1 << 20  # bytes looked at in one go
CHUNK = 1 << 14  # rows between two calls of progress
WHOLE_ROW = "the whole row"


class UnreadableFile(DataError):
    """A file that is no table of text: one fault, about the file."""

    def __init__(self, faults: Iterable[Fault], source: str) -> None:
        super().__init__(faults, source)
        self.args = (f"{source} {self.faults[0].problem}; {self.faults[0].remedy}",)


def _unreadable(source: str, problem: str, remedy: str) -> UnreadableFile:
    return UnreadableFile([Fault(None, "the file", source, problem, remedy)], source)


# ---------------------------------------------------------------- the sheet


@define
class Sheet:
    """A file as columns of text, with what it takes to name a row as a spreadsheet does."""

    source: str
    columns: dict[str, list[str]]
    first_row: int = 2
    repeated: dict[str, list[str]] = Factory(dict)  # a heading, and the names of its later columns
    nameless: list[str] = Factory(list)
    faults: list[Fault] = Factory(list)
    kept: int = 0
    pools: dict[str, dict[str, str]] = Factory(dict)  # one text for each label: half the memory, no time
    left_out: list[int] = Factory(list)  # how many rows were kept when each of these was passed over

    def row(self, index: int) -> int:
        """The row of the file that a kept row was."""
        return index + self.first_row + bisect.bisect_right(self.left_out, index)

    def merged(self, faults: Sequence[Fault]) -> tuple[Fault, ...]:
        """All faults in the order of rows, these numbered so far as if no row had been passed over."""
        moved = [attrs.evolve(f, row=self.row(f.row - self.first_row)) for f in faults if f.row is not None]
        return tuple(sorted([*self.faults, *moved], key=lambda fault: fault.row or 0))

    def add(self, rows: list[list[str]], delimiter: str) -> None:
        """More rows of the file."""
        even = set(map(len, rows)) == {len(self.columns)}
        if even and all(map(str.strip, map("".join, rows))):
            self.kept += len(rows)
        else:
            rows = list(self._even(rows, delimiter))
        for (name, column), raw in zip(self.columns.items(), zip(*rows, strict=True), strict=False):
            cells = list(map(str.strip, raw))
            if not column and len(set(cells)) * 4 < len(cells):
                self.pools[name] = {}
            pool = self.pools.get(name)
            column.extend(cells if pool is None else map(pool.setdefault, cells, cells))

    def _even(self, rows: list[list[str]], delimiter: str) -> Iterator[list[str]]:
        """The rows as wide as the headings; empty ones are passed over, others are faults."""
        width = len(self.columns)
        for row in rows:
            cells, beyond = row[:width], row[width:]
            empty = not any(map(str.strip, row))
            if not empty and len(cells) == width and not any(map(str.strip, beyond)):
                self.kept += 1
                yield cells
                continue
            if not empty:
                self.faults.append(_uneven(self.row(self.kept), row, width, delimiter))
            self.left_out.append(self.kept)


def _uneven(number: int, row: list[str], width: int, delimiter: str) -> Fault:
    problem = f"has {len(row)} cell{'s' if len(row) > 1 else ''} where the headings have {width}"
    remedy = f"put a cell that holds {shown(delimiter)} in quotes"
    if len(row) < width:
        remedy = "complete it, or put a cell that holds a line break in quotes"
    return Fault(number, WHOLE_ROW, delimiter.join(row), problem, remedy)


def read_sheet(
    path: str | os.PathLike[str],
    encoding: str | None = None,
    delimiter: str | None = None,
    progress: Progress | None = None,
) -> Sheet:
    """The file as columns of text; ``progress(done, total)`` is called with bytes."""
    if not isinstance(path, (str, os.PathLike)):
        raise WrongCall(f"expected the path of a CSV file, got {shown(path)}")
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n'):
        raise WrongValue(f'delimiter={delimiter!r}: use one character such as ";"')
    path = Path(path)
    encoding = _encoding(path, encoding)
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding, newline="") as lines, uncollected():
        found = _delimiter(lines.read(1 << 16)) if delimiter is None else delimiter
        lines.seek(0)
        reader = csv.reader(lines, delimiter=found, strict=True)
        sheet = _headed(path.name, reader)
        total = path.stat().st_size
        while rows := _rows(sheet, reader):
            sheet.add(rows, found)
            if progress is not None:
                progress(raw.tell(), total)
    if progress is not None:
        progress(total, total)
    if len(sheet.faults) > 2 and not sheet.kept:
        problem = f"has no row as wide as its headings, which row {sheet.first_row - 1} should be"
        raise _unreadable(path.name, problem, "delete what stands above the headings, or pass delimiter=")
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


def _rows(sheet: Sheet, reader: Iterator[list[str]], most: int = CHUNK) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        rows.extend(islice(reader, most))
    except csv.Error as error:  # the rows before the bad one are in the list
        number = sheet.row(sheet.kept) + len(rows) if sheet.columns else 1
        raise _broken(sheet.source, number, str(error)) from None
    return rows


def _broken(source: str, number: int, error: str) -> UnreadableFile:
    remedy = 'close the quote, or double a quote that belongs to the text ("")'
    if "end of data" in error:
        return _unreadable(source, f"ends inside a quoted cell that begins in row {number}", remedy)
    if "expected after" in error:
        return _unreadable(source, f"has text after a closing quote in row {number}", remedy)
    return _unreadable(source, f"cannot be read in row {number} ({error})", remedy)  # a cell without end, mostly


# ---------------------------------------------------------------- headings


def _headed(source: str, reader: Iterator[list[str]]) -> Sheet:
    """An empty sheet with the headings of the file, which are its first row with anything in it."""
    sheet = Sheet(source, {})
    while rows := _rows(sheet, reader, 1):
        heading = [cell.strip("\ufeff \t\r\n\u00a0") for cell in rows[0]]
        if _separator(heading):
            continue
        if any(heading):
            return _named(sheet, heading)
        sheet.first_row += 1
    raise _unreadable(source, "is empty", "a CSV file has a row of headings, then a row for each record")


def _separator(heading: list[str]) -> bool:
    """Excel's own first line, sep=; (which it does not show as a row)."""
    return "".join(heading[:1]).lower().startswith("sep=") and not any(heading[1:])


def _named(sheet: Sheet, heading: list[str]) -> Sheet:
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
    if stated := re.match(r"sep=(.)\r?\n", head, re.IGNORECASE):
        return stated[1]
    likely = max(";\t,", key=lambda mark: _cuts(head, mark))
    return likely if any(_cuts(head, likely)[:2]) else ","


def _cuts(head: str, mark: str) -> tuple[bool, bool, float, int]:
    """How well a mark cuts: the headings, every row below, rows like the headings, and not the comma of "Sum, USD"."""
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):  # another delimiter's quotes, or the end of the head
        rows.extend(islice(filter(any, csv.reader(io.StringIO(head, newline=""), delimiter=mark, strict=True)), 21))
    if not rows:
        return False, False, 0, 0
    first, *rest = map(len, rows)
    alike = rest.count(first) / max(1, len(rest))
    return first > 1, min(rest, default=0) > 1, alike, sum(not cell.startswith(" ") for cell in rows[0])


# ---------------------------------------------------------------- encoding

_FOREIGN = (
    (b"PK\x03\x04", "is an Excel file or another archive", "save it as CSV, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "is an Excel file", "save it as CSV"),
    (b"%PDF", "is a PDF", "export the table as CSV"),
    (b"\x1f\x8b", "is packed with gzip", "unpack it"),
    (b"PAR1", "is a Parquet file", "read it with polars or pandas and pass the frame to table()"),
    (b"<", "is a web page or XML", "open it in a spreadsheet and save it as CSV"),
    (b'{"', "is JSON", "read it with json and pass its columns to table()"),
    (b"[{", "is JSON", "read it with json and pass its columns to table()"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-16", "utf-32", "utf_16", "utf_32")


def _encoding(path: Path, stated: str | None) -> str:
    """The encoding that reads the whole file, or an error that says why none does."""
    with path.open("rb") as file:
        head = file.read(64)
    for sign, problem, remedy in _FOREIGN:
        if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(sign):
            raise _unreadable(path.name, problem, remedy)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    encoding = marked or "utf-8-sig" if stated is None else _stated(stated)
    bad = _undecoded(path, encoding)
    if bad is None:
        return encoding
    if stated is None and marked is None and _russian(bad.sample) and _undecoded(path, "cp1251") is None:
        return "cp1251"
    problem = f"is not {encoding.removesuffix('-sig')} in line {bad.line} ({bad.text!r})"
    raise _unreadable(path.name, problem, 'pass its encoding=, such as "cp1251" or "cp1252", or save it as UTF-8')


def _stated(encoding: str) -> str:
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except LookupError:
        raise WrongValue(f'encoding={encoding!r} is not known: use "utf-8", "cp1251", "utf-16" or the like') from None
    return "utf-8-sig" if name == "utf-8" else name


@frozen
class _Undecoded:
    """Where a file does not decode."""

    line: int
    text: bytes
    sample: bytes


def _undecoded(path: Path, encoding: str) -> _Undecoded | None:
    """The first bytes that do not decode. Zero bytes are an error: no text in these encodings has them."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK)
            if b"\0" in block and not encoding.startswith(_WIDE):
                raise _unreadable(
                    path.name, "is binary", 'save it as CSV, or pass encoding="utf-16-le" if it is UTF-16'
                )
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                data = error.object
                near = data[max(0, error.start - 8) : error.end + 8]
                return _Undecoded(line + data.count(b"\n", 0, error.start), near, block)
            if not block:
                return None
            line += block.count(b"\n")


def _russian(sample: bytes) -> bool:
    """Whether bytes make Russian words in cp1251: not mixed with Latin letters, the common letters common."""
    words = [w for w in re.findall(r"[^\W\d_]+", sample.decode("cp1251", "replace")) if not w.isascii()]
    letters = "".join(words).lower()
    pure = [w for w in words if re.fullmatch("[А-Яа-яЁё]+", w)]
    common = sum(map(letters.count, "оеаинтсрвл"))
    return any(len(w) > 2 for w in pure) and len(pure) >= 0.9 * len(words) and common >= 0.45 * len(letters)
