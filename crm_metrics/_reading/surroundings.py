"""What stands around the rows of a file, or of a table that was made of one: titles, headings again, totals, footers.

Reports are made to be read by people. Nothing here says what a row *is*, only what cannot be one: a line of title has
half as many cells as the headings, a total has a word for it and nothing else that a record needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from decimal import Decimal
from typing import Any

from crm_metrics import cells as R
from crm_metrics._reading.report_words import AGAIN, FOOTER, TOTALS, filled, is_word, nothing, says_footer, says_total
from crm_metrics._tables import text
from crm_metrics._tables.arranging import Same
from crm_metrics._tables.encoding.ids import Numbered
from crm_metrics._values.columns import Labels
from crm_metrics.cells import Bad
from crm_metrics.errors import Fault
from crm_metrics.records.schemas import Field, schema

# ---------------------------------------------------------------- above: titles


def headings_at(rows: Sequence[Sequence[str]], wanted: Iterable[str] = ()) -> int:
    """Which of the first rows of a file has its headings: the first, unless it is a title of a table below.

    It is the row that holds the wanted headings, if one does. Else what stands above headings has at most half as many
    cells, or fewer and a blank line between; headings are words, and have numbers or dates below them.

    >>> headings_at([["Deals of May"], [], ["id", "amount"], ["1", "500"]]), headings_at([["id"], ["1", "2"]])
    (2, 0)
    """
    names = set(wanted)
    if names and (exact := [i for i, row in enumerate(rows) if names <= set(filled(row))]):
        return exact[0]
    sizes = [len(filled(row)) for row in rows]
    first = next((i for i, size in enumerate(sizes) if size), len(sizes))
    found = [i for i in range(first + 1, len(rows)) if _heads(rows, sizes, first, i)]
    return max(found, key=lambda i: (sizes[i], -i), default=first if any(sizes) else 0)


def _heads(rows: Sequence[Sequence[str]], sizes: Sequence[int], first: int, at: int) -> bool:
    """Whether one of the rows may be headings under the title lines above it."""
    above = [size for size in sizes[first:at] if size]
    half = 2 * max(above) <= sizes[at]
    apart = not sizes[at - 1] and max(above) < sizes[at]
    names = filled(rows[at])
    if sizes[at] < 2 or not (half or apart) or len(set(names)) < len(names) or any(map(_is_value, names)):
        return False
    return (half and apart) or any(_is_value(cell.strip()) for row in rows[at + 1 : at + 21] for cell in row)


def _is_value(cell: str) -> bool:
    """Whether a cell holds a number or a date, and is no name for anything."""
    return any(map(str.isdigit, cell)) and not set(cell) - _OF_VALUES


_OF_VALUES = frozenset("0123456789 \u00a0.,:/%+()TZ'$€₽-")


# ---------------------------------------------------------------- among the rows: totals


def needed(fields: Mapping[str, Field]) -> list[str]:
    """What a record needs besides money: a row without any of it is none."""
    return [field.name for field in fields.values() if field.required and field.kind is not R.money]


def is_total(cells: Sequence[Any]) -> bool:
    """Whether of the cells that a record needs one says that it is a total, and the others are empty."""
    said = [cell for cell in cells if not nothing(cell)]
    return len(said) == 1 and is_word(said[0], len(cells) > 1)


FEW = 10  # amounts alone of which each is tried whether it is the sum of all others


def among(
    columns: Mapping[str, Sequence[str]], required: Mapping[str, Sequence[str]], amounts: Sequence[Sequence[str]]
) -> dict[int, str]:
    """The rows of a file that are no rows, and what they are: totals, amounts or lone cells without what is required.

    Where as many rows have nothing of what is required as have it, something else is wrong with the file, and they
    stay.
    """
    found: dict[int, str] = {}
    alone: list[int] = []
    for row in _bare(list(required.values())):
        cells = [column[row] for column in required.values()]
        if is_total(cells):
            found[row] = TOTALS
        elif all(map(nothing, cells)):
            if any(says_total(column[row]) for column in columns.values()):
                found[row] = TOTALS
            elif not all(nothing(column[row]) for column in amounts) or (len(required) > 1 and _is_one(columns, row)):
                alone.append(row)
    rows = max(map(len, required.values()), default=0) - len(found)
    if 2 * len(alone) <= rows:
        found |= dict.fromkeys(alone, f"without {', '.join(required)}")
    sums = (row for row in alone[:FEW] if any(_is_sum(column, row, found) for column in amounts))
    return found | dict.fromkeys(sums, TOTALS)


def _is_one(columns: Mapping[str, Sequence[str]], row: int) -> bool:
    """Whether a row has one cell only: the name of a group above its rows, a note below them all."""
    return sum(not nothing(column[row]) for column in columns.values()) == 1


def _bare(required: Sequence[Sequence[str]]) -> Iterator[int]:
    """The rows that may have no more than one of the required cells."""
    if len(required) == 1:
        words = {cell for cell in set(required[0]) if not cell[:1].isdigit() and (nothing(cell) or says_total(cell))}
        yield from _holding(required[0], words)
    elif required:
        one, two = (_EMPTY.intersection(column) for column in required[:2])
        yield from sorted({*_holding(required[0], one), *_holding(required[1], two)})


_EMPTY = frozenset({"NaN", "NaT", *(change(x) for x in text.NOTHING for change in (str, str.upper, str.capitalize))})
"""How empty cells are written, in the cases in which programs write them."""


def _holding(column: Sequence[str], words: Set[str]) -> Iterator[int]:
    return (row for row, cell in enumerate(column) if cell in words) if words else iter(())


def _is_sum(column: Sequence[str], row: int, others: Mapping[int, str]) -> bool:
    """Whether an amount is the sum of those of all rows, with one decimal mark or the other."""
    marks: tuple[text.Mark, ...] = (".", ",")
    return any(_adds_up(column, row, others, mark) for mark in marks)


def _adds_up(column: Sequence[str], row: int, others: Mapping[int, str], mark: text.Mark) -> bool:
    total = text.amount(column[row], decimal=mark)
    rest = (text.amount(x, decimal=mark) for i, x in enumerate(column) if i != row and others.get(i) != TOTALS)
    amounts = [amount for amount in rest if amount is not None]
    known = [amount for amount in amounts if not isinstance(amount, Bad)]
    return isinstance(total, Decimal) and 2 <= len(known) == len(amounts) and sum(known) == total != 0


def totals_without_record(columns: Mapping[str, Sequence[str]]) -> list[int]:
    """The rows of a file of no known record that are totals: what stands first says so, and a cell is empty."""
    rows: list[int] = []
    first = next(iter(columns.values()), [])
    for row, cell in enumerate(first):
        if not cell[:1].isdigit() and (not cell or says_total(cell)):
            cells = [column[row] for column in columns.values()]
            said = [one for one in cells if not nothing(one)]
            if said and len(said) < len(cells) and says_total(said[0]):
                rows.append(row)
    return rows


# ---------------------------------------------------------------- tables that somebody else read from a report


def beside_rows(t: Any, faults: Mapping[tuple[int, str], Fault], totals: Iterable[int]) -> dict[int, str]:
    """The rows of a table just read that are its headings again, or the footer below its last row."""
    if len(t.columns) < 2:
        return {}
    again = dict.fromkeys(_headings_again(t, faults), AGAIN)
    return again | dict.fromkeys(_footer(t, {*again, *totals}), FOOTER)


def _headings_again(t: Any, faults: Mapping[tuple[int, str], Fault]) -> list[int]:
    """The rows of which each cell is what heads its column: bad cells wherever no name is due."""
    heads = {name: t.how.heading(name) for name in t.columns if not isinstance(t.cells(name), Same)}
    fields = schema(t.record)
    checked = [n for n in heads if n in fields and (fields[n].kind is not R.text or fields[n].choices)]
    rows = _bad(faults, checked) if checked else _labelled(t, heads)
    cells = {name: t.written(name) for name in heads} if rows else {}
    return [row for row in sorted(rows) if all(str(cells[name][row]).strip() == head for name, head in heads.items())]


def _bad(faults: Mapping[tuple[int, str], Fault], names: Iterable[str]) -> set[int]:
    """The rows in which all of some columns have bad cells."""
    return set.intersection(*({row for row, field in faults if field == name} for name in names))


def _labelled(t: Any, heads: Mapping[str, str]) -> set[int]:
    """The rows of which the first column has its heading for a label."""
    name, label = next(iter(heads.items()), ("", ""))
    column = t[name] if name else None
    if not isinstance(column, Labels) or isinstance(column, Numbered) or label not in column.labels:
        return set()
    return set((column.codes == column.labels.index(label)).nonzero()[0].tolist())


def _footer(t: Any, others: set[int]) -> list[int]:
    """The last rows that have one cell, which begins as a footer does, and empty ones above them or above totals."""
    own = {id(t.cells(name)): name for name in t.columns if not isinstance(t.cells(name), Same)}
    read = [t.column(name) for name in own.values() if t.has_read(name)]
    columns = _Written(t, list(own.values()))
    found: list[int] = []
    ended = False
    for row in range(len(t) - 1, -1, -1):
        if row in others:
            ended = True
            continue
        if sum(not column.missing.true[row] for column in read) > 1:
            break  # most tables end here: their last row is one
        filled = columns.filled(row)
        if len(own) > 1 and len(filled) == 1 and isinstance(filled[0], str) and says_footer(filled[0]):
            ended = True
        elif filled:
            break
        if ended:
            found.append(row)
    return found


class _Written:
    """The cells of a table as they stand in the data, a column at a time and no more of them than it takes."""

    def __init__(self, t: Any, names: Sequence[str]) -> None:
        self.t, self.names, self.cells = t, names, dict[str, list[Any]]()

    def filled(self, row: int) -> list[Any]:
        """The first two cells of a row with anything in them."""
        found: list[Any] = []
        for name in self.names:
            if name not in self.cells:
                self.cells[name] = self.t.written(name)
            if not nothing(cell := self.cells[name][row]):
                found.append(cell)
            if len(found) > 1:
                break
        return found
