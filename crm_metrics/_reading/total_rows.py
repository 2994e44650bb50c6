"""Totals among the rows of a table, whatever it was made of.

A row that says so is a total where it has nothing else that a record needs, or where its amounts are sums of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import accumulate
from typing import Any

import numpy as np

from crm_metrics import cells as R
from crm_metrics._reading.report_words import is_word, nothing, says_total, says_total_of
from crm_metrics._reading.surroundings import needed
from crm_metrics._tables.encoding.ids import Numbered
from crm_metrics._values.columns import Labels
from crm_metrics._values.exact import Array
from crm_metrics.errors import Fault
from crm_metrics.records.schemas import Field, schema


def totals_of(t: Any, faults: Mapping[tuple[int, str], Fault]) -> set[int]:
    """The rows of a table just read that are totals: one required cell says so and the others are empty, or all are
    empty and another cell says so, or an amount is the sum of the amounts of all other rows. A row with a day is one
    where both are so: it says that it is a total, and adds up, or is the sum of the rows since another such row. A
    word that most of those have too says nothing: a campaign may be called Total.
    """
    totals = _bare_totals(t, faults)
    totals |= _subtotals(t, totals)
    dated = np.array(sorted(_adding_up(t, totals)), np.intp)
    said = _saying(t, dated, alone=True)
    says = _named_total(t) - totals if said else set()
    return totals | {row for row in said if _tells(says - {row}, len(t) - len(totals) - 1)}


def _tells(say_too: Set[int], rows: int) -> bool:
    """Whether a word for a total tells a row from those that it sums up: most of them do not say so too."""
    return 2 * len(say_too) <= rows


def _bare_totals(t: Any, faults: Mapping[tuple[int, str], Fault]) -> set[int]:
    """The totals among the rows that have no more than one of the required cells."""
    names = sorted(needed(schema(t.record)), key=lambda name: not t.has_read(name))
    said, empty = np.zeros(len(t), np.int8), np.zeros(len(t), np.int8)
    for place, name in enumerate(names):
        if place and not t.has_read(name) and not (said + empty == place).any():
            return set()  # ids and labels are read late, and only if nothing else fills a row
        says, lacks = _words(t, name, faults, len(names) > 1)
        said += says
        empty += lacks
    if not names:
        return set()
    totals = set(np.flatnonzero((said == 1) & (empty == len(names) - 1)).tolist())
    if len(names) > 2:
        totals |= _counting(t, np.flatnonzero((said == 0) & (empty == len(names) - 1)), names)
    alone = np.flatnonzero(empty == len(names))
    return totals | _saying(t, alone) | (_adding_up(t, totals).intersection(alone.tolist()) if len(alone) else set())


def _counting(t: Any, rows: Array, required: Sequence[str]) -> set[int]:
    """Which of the rows have a word for a total or a measure, and of what is required the number of other rows."""
    known = [t[name] for name in required] if len(rows) else []
    words = [column for column in _name_columns(t) if all(column is not one for one in known)] if known else []
    says = [row for row in rows.tolist() if any(is_word(column.item(row), True) for column in words)]
    others = {None, str(len(t) - len(says))}
    return {row for row in says if {column.item(row) for column in known} <= others}


def _words(t: Any, name: str, faults: Mapping[tuple[int, str], Fault], several: bool) -> tuple[Array, Array]:
    """Which rows of a required column say that they are totals, and which say nothing."""
    column = t.column(name)
    empty = column.missing.true.copy()
    says = np.zeros(len(t), bool)
    if isinstance(column, Labels) and not isinstance(column, Numbered):
        says = np.array([is_word(label, several) for label in column.labels] or [False], bool).take(column.codes)
    for (row, field), fault in faults.items():
        if field == name:
            says[row], empty[row] = is_word(fault.value, several), nothing(fault.value)
    return says, empty & ~says


def _saying(t: Any, rows: Array, *, alone: bool = False) -> set[int]:
    """Which of the rows have a word for a total among their names; ``alone`` is without another name beside it."""
    names = _name_columns(t) if len(rows) else []
    found: set[int] = set()
    for row in rows.tolist():
        said = [cell for column in names if isinstance(cell := column.item(row), str)]
        if any(map(says_total, said)) and not (alone and len(said) > 1):
            found.add(row)
    return found


def _name_columns(t: Any) -> list[Any]:
    return [t[name] for name in t.columns if _names(schema(t.record).get(name))]


def _names(field: Field | None) -> bool:
    """Whether a column may hold names: a field of text in any words, or a column that is no field."""
    return field is None or field.kind is R.text and not field.choices


LONG = 1 << 14  # rows; reports with subtotals are made to be read by people


def _subtotals(t: Any, totals: set[int]) -> set[int]:
    """The rows that say that they are totals and are sums of the rows since another such row, once of two at least."""
    says = sorted(_named_total(t) - totals) if len(t) <= LONG else []
    if not says:
        return set()
    sums, several = _SumsAbove([t[name] for name in _amounts(t)], len(t), totals), False
    for row in says:
        told = ((first, n) for first, n in sums.equal_to(row) if _tells(sums.of(says, first, row), n))
        many = next((n for first, n in told if _has_names_of(t, row, sums.since(first, row))), 0)
        if many:
            several |= many > 1
            sums.pass_over(row)
    return sums.passed - totals if several else set()


class _SumsAbove:
    """Sums of the amounts above each row of a table, as columns of integers, but for rows that are passed over."""

    def __init__(self, amounts: Sequence[Any], n: int, passed: set[int]) -> None:
        self.amounts, self.passed = amounts, set(passed)
        rows = [np.ones(n, np.int64), *(column.data for column in amounts)]
        self.own = [[0 if i in passed else x for i, x in enumerate(column.tolist())] for column in rows]
        self.above = [list(accumulate(column, initial=0)) for column in self.own]
        self.less = [0] * len(rows)
        self.starts = [(0, self.less)]

    def equal_to(self, row: int) -> Iterator[tuple[int, int]]:
        """From which rows on those above a row sum up to it, and how many they are: below what was passed over."""
        known = [k for k, column in enumerate(self.amounts, 1) if column.item(row) is not None]
        if not any(self.own[k][row] for k in known):
            return
        here = self._at(row)
        for first, start in reversed(self.starts):
            if here[0] > start[0] and all(here[k] - start[k] == self.own[k][row] for k in known):
                yield first, here[0] - start[0]

    def since(self, first: int, row: int) -> Iterator[int]:
        """The rows from one to above another."""
        return (i for i in range(first, row) if i not in self.passed)

    def of(self, rows: Iterable[int], first: int, row: int) -> set[int]:
        """Which of some rows are among those from one to above another."""
        return {one for one in rows if first <= one < row} - self.passed

    def pass_over(self, row: int) -> None:
        """Leave a row out of all sums from now on, and begin others below it."""
        self.less = [less + own[row] for less, own in zip(self.less, self.own, strict=True)]
        self.passed.add(row)
        if (here := self._at(row + 1)) != self.starts[-1][1]:
            self.starts.append((row + 1, here))

    def _at(self, row: int) -> list[int]:
        return [above[row] - less for above, less in zip(self.above, self.less, strict=True)]


def _named_total(t: Any) -> set[int]:
    """The rows with a label that says so."""
    says = np.zeros(len(t), bool)
    for column in _name_columns(t):
        if isinstance(column, Labels) and not isinstance(column, Numbered):
            says |= np.array([_says(label) for label in column.labels] or [False], bool).take(column.codes)
    return set(np.flatnonzero(says).tolist())


def _says(name: Any) -> bool:
    return says_total(name) or says_total_of(name)


def _has_names_of(t: Any, row: int, rows: Iterator[int]) -> bool:
    """Whether a row has no name but such as all of some rows have, and its word."""
    named = [(column, cell) for column in _name_columns(t) if isinstance(cell := column.item(row), str)]
    others = [(column, cell) for column, cell in named if not _says(cell)]
    return not others or all(column.item(i) == cell for i in rows for column, cell in others)


def _amounts(t: Any) -> list[str]:
    """The columns of a table that hold amounts, exact ones."""
    fields = schema(t.record)
    return [n for n, f in fields.items() if f.kind in (R.money, R.number) and n in t and t[n].scale]


def _adding_up(t: Any, totals: set[int]) -> set[int]:
    """The rows all of whose amounts are the sums of those of all others in their currency, of two at least."""
    sums: dict[str, set[int]] = {}
    currencies = _currencies(t)
    for name in _amounts(t):
        column = t[name]
        known = ~column.missing.true
        known[sorted(totals)] = False
        sums[name] = set()
        for own in currencies:
            rows = np.flatnonzero(known & own)
            sums[name].update(rows[_halves(column.data[rows])].tolist())
    some = set().union(*sums.values())
    return {row for row in some if all(row in hits or t[name].item(row) is None for name, hits in sums.items())}


def _currencies(t: Any) -> list[Any]:
    """Which rows are in each currency, where there are two, which do not add; else a total may well name none."""
    column = t.optional("currency") if "currency" in schema(t.record) else None
    if not isinstance(column, Labels) or len({*column.labels} - {None}) < 2:
        return [np.ones(len(t), bool)]
    return [column.codes == code for code in range(len(column.labels))]


def _halves(amounts: Array) -> Array:
    """Which of the amounts are half of them all. Most columns have none, which sums that may wrap tell quickly."""
    hits = np.flatnonzero(amounts + amounts == amounts.sum()) if len(amounts) > 2 else np.zeros(0, np.intp)
    if not len(hits):
        return hits
    total = sum(amounts.tolist())
    return hits[[total != 0 and 2 * amount == total for amount in amounts[hits].tolist()]]
