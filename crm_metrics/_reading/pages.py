"""The rows of a file as they come: columns of text, where each row was, and what ends a page.

Only what is as wide as the headings is a row. A row of another width in the middle is malformed; after all others, or
before headings that come again, it may be a footer.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress

import attrs
from attrs import Factory, define, frozen

from crm_metrics._reading import report_words
from crm_metrics._reading.report_words import AGAIN, FOOTER, TOTALS
from crm_metrics.errors import Fault, shown

WHOLE_ROW = "the whole row"
FOOT = 50  # the last rows of a page, among which a footer is looked for, or to which it is compared


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
        wanted = bare(self.heading)
        return [at for at in likely if bare(rows[at]) == wanted]

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
        known, below = self._shapes(self.kept), False
        for narrow in self.narrow:
            first, *more = report_words.filled(narrow.cells)
            told = any(map(report_words.says_footer, narrow.cells)) or report_words.says_total(first)
            told |= (narrow.apart or again or report_words.is_prose(first)) and _unlike(first, known)
            told |= not more and (below or self._is_line(first))
            if len(narrow.cells) < len(self.columns) and told:
                self._count(first)
                below = True
            else:
                self.faults.append(narrow.fault)
        self.narrow.clear()
        self._drop_wide_footer()
        self.page = self.kept

    def _drop_wide_footer(self) -> None:
        """Leave out the last rows of a page if they hold a footer: a cell or two of text, in whole rows."""
        start, few = self._sparse()
        known, below = self._shapes(start), False
        gone = []
        for row, (first, *more) in enumerate(few, start):
            below |= self._apart(row)
            told = report_words.says_total(first) or report_words.says_footer(first)
            alone = not more and first == self._firsts(row + 1)[-1].strip()
            told |= alone and self._is_line(first, start)
            if told or (below or alone) and _unlike(first, known):
                self._count(first)
                gone.append(row)
                below = True
        self.drop(gone)

    def _is_line(self, cell: str, end: int | None = None) -> bool:
        """Whether a cell that stands alone is a sentence, where the rows before it begin with none."""
        return report_words.is_prose(cell) and not any(map(report_words.is_prose, self._firsts(end)))

    def _sparse(self) -> tuple[int, list[list[str]]]:
        """Where the last rows begin that have a cell or two, and these cells."""
        start, few = self.kept, list[list[str]]()
        least = max(self.page, self.kept - FOOT) if len(self.columns) > 2 else self.kept
        while start > least:
            cells = report_words.filled(column[start - 1] for column in self.columns.values())
            if len(cells) > 2:
                break
            start -= 1
            few.append(cells)
        return start, few[::-1]

    def _shapes(self, end: int) -> set[str]:
        """How the first cells of the rows before one look."""
        return set(map(report_words.shape, self._firsts(end)))

    def _firsts(self, end: int | None = None) -> list[str]:
        """The first cells of the rows before one."""
        end = self.kept if end is None else end
        return next(iter(self.columns.values()))[max(self.page, end - FOOT) : end]

    def _count(self, first: str) -> None:
        self.around[TOTALS if report_words.says_total(first) else FOOTER] += 1


def _unlike(cell: str, known: set[str]) -> bool:
    """Whether a cell is words, in a column that has none."""
    shape = report_words.shape(cell)
    return bool(known) and shape not in known and shape in ("a", "a 0")


def bare(cells: Iterable[str]) -> list[str]:
    """Cells without white space around them, and without empty ones at their end."""
    out = [cell.strip("\ufeff \t\r\n\u00a0") for cell in cells]
    while out and not out[-1]:
        out.pop()
    return out


def _uneven(number: int, row: list[str], width: int, delimiter: str) -> Fault:
    problem = f"has {len(row)} cell{'s' if len(row) > 1 else ''} where the headings have {width}"
    remedy = f"put a cell that holds {shown(delimiter)} in quotes"
    if len(row) < width:
        remedy = "complete it, or put a cell that holds a line break in quotes"
    return Fault(number, WHOLE_ROW, delimiter.join(row), problem, remedy)
