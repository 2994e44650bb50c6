"""Totals among the rows of a table, whatever it was made of.

A row that says so is a total where it has nothing else that a record needs, or where its amounts are sums of others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crm_metrics import cells as R
from crm_metrics.errors import Fault
from crm_metrics.exact import Array
from crm_metrics.numbered import Numbered
from crm_metrics.report_words import is_word, nothing, says_total
from crm_metrics.schemas import Field, schema
from crm_metrics.surroundings import needed
from crm_metrics.values import Labels


def totals_of(t: Any, faults: Mapping[tuple[int, str], Fault]) -> set[int]:
    """The rows of a table just read that are totals: one required cell says so and the others are empty, or all are
    empty and another cell says so, or an amount is the sum of the amounts of all other rows. A row with a day is one
    where both are so: its one name says that it is a total, and it adds up, or is the sum of the rows since the last.
    """
    totals = _bare_totals(t, faults)
    totals |= _subtotals(t, totals)
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
        says = np.array([is_word(label, several) for label in column.labels] or [False], bool).take(column.codes)
    for (row, field), fault in faults.items():
        if field == name:
            says[row], empty[row] = is_word(fault.value, several), nothing(fault.value)
    return says, empty & ~says


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


LONG = 1 << 16  # rows; reports with subtotals are made to be read by people


def _subtotals(t: Any, totals: set[int]) -> set[int]:
    """The rows that say that they are totals and are sums of the rows since the one before, once of two at least."""
    if len(t) > LONG:
        return set()
    amounts = [t[name] for name in _amounts(t)]
    found, since, several = set[int](), 0, False
    for row in sorted(_saying(t, _named_total(t), alone=True) - totals) if amounts else ():
        rows = np.array([i for i in range(since, row) if i not in totals], np.intp)
        if len(rows) and _sums_up(amounts, row, rows):
            found.add(row)
            since, several = row + 1, several or len(rows) > 1
    return found if several else set()


def _named_total(t: Any) -> Array:
    """The rows with a label that says so."""
    columns = [t[name] for name in t.columns if _names(schema(t.record).get(name))]
    says = np.zeros(len(t), bool)
    for column in columns:
        if isinstance(column, Labels) and not isinstance(column, Numbered):
            says |= np.array([says_total(label) for label in column.labels] or [False], bool).take(column.codes)
    return np.flatnonzero(says)


def _sums_up(amounts: Sequence[Any], row: int, rows: Array) -> bool:
    """Whether a row has amounts and each is the sum of those of some rows."""
    known = [column for column in amounts if column.item(row) is not None]
    return any(column.data[row] for column in known) and all(
        int(column.data[row]) == sum(column.data[rows].tolist()) for column in known
    )


def _amounts(t: Any) -> list[str]:
    """The columns of a table that hold amounts, exact ones."""
    fields = schema(t.record)
    return [n for n, f in fields.items() if f.kind in (R.money, R.number) and n in t and t[n].scale]


def _adding_up(t: Any, totals: set[int]) -> set[int]:
    """The rows all of whose amounts are the sums of those of all others, of two at least."""
    sums: dict[str, set[int]] = {}
    for name in _amounts(t):
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
