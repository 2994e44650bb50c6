"""What stands around the rows of a table: titles, headings again, totals, footers.

Reports are made to be read by people. Nothing here says what a row *is*, only what cannot be one: a line of title has
half as many cells as the headings, a total has a word for it and nothing else that a record needs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from decimal import Decimal
from typing import Any

import numpy as np

from crm_metrics import cells as R
from crm_metrics import text
from crm_metrics.cells import Bad
from crm_metrics.errors import Fault
from crm_metrics.exact import Array
from crm_metrics.numbered import Numbered
from crm_metrics.schemas import Field, schema
from crm_metrics.values import Labels

TOTALS, FOOTER, TITLE, AGAIN = "totals", "footer", "title", "headings again"
"""What a row around the others is, as `Report.around` counts it."""

_WORDS = (
    r"(?:(?:grand|sub|overall|report|page|running)[ -]?)?totals?|sum|"
    r"(?:(?:общий|общая|промежуточный|под)[ -]?)?(?:итоги?|итого|сумма)|всего|"
    r"(?:gesamt|zwischen)?summe|gesamt(?:ergebnis)?|total g[ée]n[ée]ral|totale|suma|razem|toplam|yhteens[äa]"
)
_MEASURES = (
    r"(?:(?:record|row|total)[ -]?)?count|average|avg\.?|mean|median|totals? (?:and|&) averages?|"
    r"количество|кол-во|среднее(?: значение)?|медиана|anzahl|durchschnitt|moyenne|promedio|media"
)
_COUNT = r"(?:\s+[^\W\d_]+){0,2}\s*[:：(\[].*|[-–—,]?\s*[0-9][0-9 .,]*|\b(?:for|by|of|за|по|на)\s.*"
_UNDER = (
    r"confidential|copyright|©|\(c\)|all rights|(?:end|bottom) of (?:the )?(?:report|file|list|data)|page \d|"
    r"(?:(?:report|file|data|list)\s+)?(?:generated|exported|created|printed|run|taken|filter(?:s|ed)?)\s*"
    r"(?:by\b|on\b|at\b|in\b|from\b|for\b|:|\d)|as of\b|(?:sources?|notes?|filters?|records?|rows)\s*:|"
    r"\d+ (?:rows?|records?)\b|конфиденциальн|коммерческая тайна|авторские права|все права|"
    r"(?:отч[её]т|файл|данные|список|выгрузка)\s+(?:сформирован|создан|выгружен|за|от|на|из)|сформирован|выгружен|"
    r"распечатан|конец (?:отч|файл|спис)|страница \d|стр\. ?\d|(?:источник|фильтры?|примечани[ея]|записей|строк)\s*:|"
    r"по состоянию на|дата (?:отч|выгр|форм|печати)"
)


@functools.cache
def _pattern(written: str) -> re.Pattern[str]:
    """A pattern, compiled when it is needed."""
    return re.compile(written, re.IGNORECASE | re.DOTALL)


def says_total(cell: Any) -> bool:
    """Whether a cell is a word for a total, perhaps with a count: "Grand Totals (4 records)", "Итого:".

    >>> says_total("Итого:"), says_total("Total: Account"), says_total("Total Oil"), says_total("Итого плюс")
    (True, True, False, False)
    """
    return isinstance(cell, str) and _pattern(rf"\s*(?:{_WORDS})\s*(?:{_COUNT})?\s*").fullmatch(cell) is not None


def says_total_of(cell: Any) -> bool:
    """Whether a cell names what it is the total of before it says so: "Anna Total", "Север итого"."""
    return isinstance(cell, str) and _pattern(r".+\s(?:totals?|итоги?|итого)\s*:?\s*").fullmatch(cell) is not None


def says_measure(cell: Any) -> bool:
    """Whether a cell is a word for what a report writes below its rows besides totals: "Count: 3", "Average"."""
    return isinstance(cell, str) and _pattern(rf"\s*(?:{_MEASURES})\s*(?:{_COUNT})?\s*").fullmatch(cell) is not None


def says_footer(cell: str) -> bool:
    """Whether a cell begins as the lines under a report do: "Confidential ...", "Copyright ...", "Отчёт ..."."""
    return _pattern(rf"\W*(?:{_UNDER})").match(cell) is not None


def filled(cells: Iterable[str]) -> list[str]:
    """The cells with anything in them."""
    return [bare for cell in cells if (bare := cell.strip())]


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


# ---------------------------------------------------------------- below: footers


def shape(cell: str) -> str:
    """Whether a cell is a word or words, a number, or both: ids of one file are alike, a line of text is not."""
    letters, digits = re.search(r"[^\W\d_]", cell), re.search("[0-9]", cell)
    if letters and digits:
        return "a 0" if " " in cell.strip() else "a0"
    return "a" if letters else "0"


def is_prose(cell: str) -> bool:
    """Whether a cell is a sentence rather than a name."""
    return ":" in cell or len(cell.split()) > 3


# ---------------------------------------------------------------- among the rows: totals


def nothing(cell: Any) -> bool:
    """Whether a cell is empty, or a word for that."""
    return R.missing(cell) or (isinstance(cell, str) and cell.strip().casefold() in text.NOTHING)


def needed(fields: Mapping[str, Field]) -> list[str]:
    """What a record needs besides money: a row without any of it is none."""
    return [field.name for field in fields.values() if field.required and field.kind is not R.money]


def is_total(cells: Sequence[Any]) -> bool:
    """Whether of the cells that a record needs one says that it is a total, and the others are empty."""
    said = [cell for cell in cells if not nothing(cell)]
    return len(said) == 1 and _is_word(said[0], len(cells) > 1)


FEW = 10  # amounts alone of which each is tried whether it is the sum of all others


def among(
    columns: Mapping[str, Sequence[str]], required: Mapping[str, Sequence[str]], amounts: Sequence[Sequence[str]]
) -> dict[int, str]:
    """The rows of a file that are no rows, and what they are: totals, and amounts without all that is required.

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
            elif not all(nothing(column[row]) for column in amounts):
                alone.append(row)
    rows = max(map(len, required.values()), default=0) - len(found)
    if 2 * len(alone) <= rows:
        found |= dict.fromkeys(alone, f"without {', '.join(required)}")
    sums = (row for row in alone[:FEW] if any(_is_sum(column, row, found) for column in amounts))
    return found | dict.fromkeys(sums, TOTALS)


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


# ---------------------------------------------------------------- among the rows of a table


def totals_of(t: Any, faults: Mapping[tuple[int, str], Fault]) -> set[int]:
    """The rows of a table just read that are totals: one required cell says so and the others are empty, or all are
    empty and another cell says so, or an amount is the sum of the amounts of all other rows. A row with a day is one
    where both are so: its one name says that it is a total, and it adds up.
    """
    totals = _bare_totals(t, faults)
    dated = np.array(sorted(_adding_up(t, totals)), np.intp)
    return totals | _saying(t, dated, alone=True)


def _bare_totals(t: Any, faults: Mapping[tuple[int, str], Fault]) -> set[int]:
    """The totals among the rows that have no more than one of the required cells."""
    names = sorted(needed(schema(t.record)), key=lambda name: name not in t._made)
    said, empty = np.zeros(len(t), np.int8), np.zeros(len(t), np.int8)
    for place, name in enumerate(names):
        if place and name not in t._made and not (said + empty == place).any():
            return set()  # ids and labels are read late, and only if nothing else fills a row
        says, lacks = _words(t, name, faults, len(names) > 1)
        said += says
        empty += lacks
    if not names:
        return set()
    totals = set(np.flatnonzero((said == 1) & (empty == len(names) - 1)).tolist())
    alone = np.flatnonzero(empty == len(names))
    return totals | _saying(t, alone) | (_adding_up(t, totals).intersection(alone.tolist()) if len(alone) else set())


def _words(t: Any, name: str, faults: Mapping[tuple[int, str], Fault], several: bool) -> tuple[Array, Array]:
    """Which rows of a required column say that they are totals, and which say nothing."""
    column = t[name] if name not in t._made else t._made[name]
    empty = column.missing.true.copy()
    says = np.zeros(len(t), bool)
    if isinstance(column, Labels) and not isinstance(column, Numbered):
        says = np.array([_is_word(label, several) for label in column.labels] or [False], bool).take(column.codes)
    for (row, field), fault in faults.items():
        if field == name:
            says[row], empty[row] = _is_word(fault.value, several), nothing(fault.value)
    return says, empty & ~says


def _is_word(cell: Any, several: bool) -> bool:
    return says_total(cell) or several and (says_total_of(cell) or says_measure(cell))


def _saying(t: Any, rows: Array, *, alone: bool = False) -> set[int]:
    """Which of the rows have a word for a total among their names; ``alone`` is without another name beside it."""
    names = [t[name] for name in t.columns if _names(schema(t.record).get(name))] if len(rows) else []
    found: set[int] = set()
    for row in rows.tolist():
        said = [cell for column in names if isinstance(cell := column.item(row), str)]
        if any(map(says_total, said)) and not (alone and len(said) > 1):
            found.add(row)
    return found


def _names(field: Field | None) -> bool:
    """Whether a column may hold names: a field of text in any words, or a column that is no field."""
    return field is None or field.kind is R.text and not field.choices


def _adding_up(t: Any, totals: set[int]) -> set[int]:
    """The rows all of whose amounts are the sums of those of all others, of two at least."""
    sums: dict[str, set[int]] = {}
    for name, field in schema(t.record).items():
        if field.kind not in (R.money, R.number) or name not in t or not t[name].scale:
            continue
        column = t[name]
        known = ~column.missing.true
        known[sorted(totals)] = False
        sums[name] = set(np.flatnonzero(known)[_halves(column.data[known])].tolist())
    some = set().union(*sums.values())
    return {row for row in some if all(row in hits or t[name].item(row) is None for name, hits in sums.items())}


def _halves(amounts: Array) -> Array:
    """Which of the amounts are half of them all. Most columns have none, which sums that may wrap tell quickly."""
    hits = np.flatnonzero(amounts + amounts == amounts.sum()) if len(amounts) > 2 else np.zeros(0, np.intp)
    if not len(hits):
        return hits
    total = sum(amounts.tolist())
    return hits[[total != 0 and 2 * amount == total for amount in amounts[hits].tolist()]]
