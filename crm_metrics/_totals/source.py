"""The rows behind totals: computes each total that is asked for, once."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from attrs import evolve

from crm_metrics._tables.encoding.cells import ListCells
from crm_metrics._tables.encoding.ids import Numbered, ids, places
from crm_metrics._tables.table import Table
from crm_metrics._totals.groups import CELLS, Grouping, Groups
from crm_metrics._totals.quantiles import quantile_of_rows
from crm_metrics._totals.stretches import added, alike, callable_column, distinct, missing_rows, name_of
from crm_metrics._totals.tallies import Split, Tally, split, tally
from crm_metrics._totals.watched import read_by
from crm_metrics._values.columns import Column, Flags, Labels, Quantity
from crm_metrics._values.evidence import seen_in
from crm_metrics._values.exact import Array, Unit, mixed, one_unit, plus
from crm_metrics.errors import WrongCall, WrongValue

STRETCH = 1 << 18
KEPT = 8  # stretches that are not forgotten
CONDITIONS = 2  # conditions whose rows a stretch keeps
SHORT = 1 << 16


class Source:
    """A table and its groups. Each condition selects its rows once, for all the totals that use it."""

    def __init__(self, t: Table[Any], by: Grouping, groups: Groups | None = None, most: int | None = None) -> None:
        self.t, self.by, self.groups = t, by, groups or by.groups
        self._parts: dict[Any, Source] = {}
        self._most = most  # conditions whose rows are kept; all of them where it is None
        self._stretches: dict[int, Source] = {}
        self._columns: dict[Any, Any] = {}
        self._cells: dict[tuple[str, ...], Array] = {}
        self._lacking: dict[tuple[Any, Any], Array] = {}

    def _present(self, per_group: Array) -> Array:
        return per_group if self.by.present is None else per_group[self.by.present]

    def stretches(self) -> Iterator[Source]:
        """The rows in stretches short enough that what is made of them stays in the cache.

        The first ones are kept, with the rows of the latest conditions: several sums of one condition select rows once.
        """
        for start in range(0, len(self.t), STRETCH):
            made = self._stretches.get(start)
            if made is None:
                rows = slice(start, min(start + STRETCH, len(self.t)))
                made = Source(self.t.cut(rows), self.by, self.groups.cut(rows), CONDITIONS)
                if start < KEPT * STRETCH:
                    made = self._stretches.setdefault(start, made)
            yield made

    @property
    def is_long(self) -> bool:
        """Whether the rows are better read in stretches."""
        return len(self.t) > 2 * STRETCH

    def flags(self, where: Any) -> Flags:
        """Where a condition holds."""
        out = self.column(where)
        out = out.flags() if isinstance(out, Column) else out
        if not isinstance(out, Flags):
            raise WrongCall(f"{name_of(where)} gives {type(out).__name__.lower()}, not flags: compare it with a value")
        return out

    def part(self, where: Any) -> Source:
        """The rows for which a condition holds."""
        if where is None:
            return self
        found = self._parts.get(where)
        if found is None:
            rows = np.flatnonzero(self.flags(where).true)
            found = Source(self.t.take(rows), self.by, self.groups.take(rows))
            if self._most is not None:
                self._columns.pop(where, None)
                for old in list(self._parts)[: len(self._parts) + 1 - self._most]:
                    self._parts.pop(old, None)
            self._parts[where] = found
        return found

    def column(self, function: Any) -> Any:
        """A column, evaluated once."""
        made = self._columns.get(function)
        if made is None:
            made = callable_column(function)(self.t)
            if isinstance(made, Column) and len(made) != len(self.t):
                raise WrongCall(
                    f"{name_of(function)} gives {len(made)} values for {len(self.t)} rows: give one per row"
                )
            self._columns[function] = made
        return made

    def seen(self, functions: Iterable[Any]) -> dict[str, Any]:
        """What the columns that these functions read showed of what they are: see `crm_metrics._values.evidence`."""
        return seen_in(self.t, sorted(set[str]().union(*(read_by(self.t, f) or () for f in functions))))

    # ---- totals
    def count(self, where: Any = None) -> Array:
        """Rows per group."""
        if where is None:
            return self._present(self.groups.count())
        cells = self._by_labels(where)
        if cells is not None:
            return self._present(cells)
        if not self.groups.factors and not self.is_long:
            return np.array([np.count_nonzero(self.flags(where).true)], np.int64)
        if self.is_long:
            return functools.reduce(plus, (s.part(where).count() for s in self.stretches()))
        return self.part(where).count()

    def missing(self, column: Any, where: Any = None) -> Array:
        """Rows per group in which a condition holds and the column is missing."""
        if (column, where) in self._lacking:
            return self._lacking[column, where]
        if self.is_long:
            return functools.reduce(plus, (s.missing(column, where) for s in self.stretches()))
        return self.part(where)._missing(column)

    def _missing(self, column: Any) -> Array:
        mask = missing_rows(self.column(column))
        if mask is None:
            return np.zeros(1 if self.by.present is None else len(self.by.present), np.int64)
        return self._present(self.groups.take(np.flatnonzero(mask)).count())

    def sum(self, column: Any, where: Any = None) -> tuple[Array, int, Unit]:
        """Integers per group over the rows for which a condition holds, their scale, and the currency."""
        if not self.is_long:
            return self.part(where)._sum(column)
        sums: list[tuple[Array, int, Unit]] = self._each(column, where, lambda part: part._sum(column))
        return functools.reduce(added, sums)

    def _each(self, column: Any, where: Any, what: Callable[[Source], Any]) -> list[Any]:
        """What the rows of a condition give in each stretch; how many lack the column is cheap to know meanwhile."""
        found, lacking = [], []
        for s in self.stretches():
            found.append(what(s.part(where)))
            lacking.append(s.missing(column, where))
        self._lacking[column, where] = functools.reduce(plus, lacking)
        return found

    def _sum(self, column: Any) -> tuple[Array, int, Unit]:
        x = self._quantity(column)
        if not x.scale:
            if not np.isfinite(x.data).all():
                raise WrongValue(f"{name_of(column)} holds an infinite number: correct it, or leave its row out")
            num, scale = self.groups.sum_floats(x.data)
            return self._present(num), scale, None
        unit = self._unit(x, name_of(column))
        return self._present(self.groups.sum(x.data, x.magnitude())), x.scale, unit

    def _quantity(self, column: Any) -> Quantity:
        """A column as numbers; flags are 1 and 0."""
        x = self.column(column).quantity()
        if isinstance(x, Flags):
            x = Quantity(x.true.astype(np.int64), x.unknown)
        if not isinstance(x, Quantity):
            raise WrongCall(
                f"{name_of(column)} is {type(x).__name__.lower()}, not numbers: count it, or count its values"
            )
        return x

    def _unit(self, x: Quantity, name: str) -> Unit:
        if x.kind != "money" or not len(x) or (x.mask is not None and x.mask.all()):
            return None
        if isinstance(x.currency, str):
            return x.currency
        return self._units(x, x.currency, name)

    def _units(self, x: Quantity, currency: Labels, name: str) -> Unit:
        """The currency of each group; a group with two is refused."""
        cells = self.groups.also((currency.codes, currency.size))
        if x.mask is not None:
            cells = cells.take(np.flatnonzero(~x.mask))
        found = self._present(cells.count().reshape(-1, currency.size)) > 0
        several = np.flatnonzero(found.sum(axis=1) > 1)
        names = [k or "" for k in currency.labels]
        if len(several):
            group = int(several[0])
            keys = self.by.keys()
            where = f" ({name}{'' if keys is None else f' of {keys[group]!r}'})"
            raise mixed({names[i] for i in np.flatnonzero(found[group]).tolist()}, where)
        unit = np.full(len(found), None, object)
        some = found.any(axis=1)
        unit[some] = np.array(names, object)[found[some].argmax(axis=1)]
        return unit

    def sums(self, column: Any, per: Any, where: Any = None) -> Split:
        """Sums by a finer key: of each label that a group has; the label None is one too."""
        some = self.part(where)
        x, labels = some._quantity(column), some.column(per)
        if not isinstance(labels, Labels):
            raise WrongCall(
                f"{name_of(per)} is {type(labels).__name__.lower()}, not labels: sum per manager, per product"
            )
        if not x.scale:
            raise WrongCall(f"{name_of(column)} holds floats: read it as money or numbers to sum it by labels")
        unit = some._unit(x, name_of(column))
        group, code, data = some._ranked(some.groups.numbers()), labels.codes.astype(np.int64), x.data
        if x.mask is not None:
            rows = np.flatnonzero(~x.mask)
            group, code, data = group[rows], code[rows], data[rows]
        return split(group, code, data, x.scale, list(labels.labels), unit if len(data) else None)

    # ---- conditions on labels alone: counted once per cell, whatever the condition
    def _by_labels(self, where: Any) -> Array | None:
        """Rows per group, from a count by the labels that the condition reads, if it reads nothing else."""
        if not self.groups.factors and len(self.t) < SHORT:
            return None  # comparing so few rows costs less than finding out what is compared
        columns = self._read_labels(where)
        if columns is None:
            return None
        names = tuple(columns)
        if names not in self._cells:
            self._cells[names] = self._counted(names, columns)
        hit = where(_one_row_per_cell(self.t, columns)).true
        per_group: Array = self._cells[names].reshape(self.groups.size, -1)[:, hit].sum(axis=1)
        return per_group

    def _counted(self, names: tuple[str, ...], columns: Mapping[str, Labels]) -> Array:
        """Rows per group and label; of the whole table, counted once for all."""
        key = ("rows by", names)
        if not self.groups.factors and key in self.t.memo:
            known: Array = self.t.memo[key]
            return known
        counts = self.groups.also(*((c.codes, c.size) for c in columns.values())).count()
        if not self.groups.factors:
            self.t.memo[key] = counts
        return counts

    def _read_labels(self, where: Any) -> Mapping[str, Labels] | None:
        columns = {name: self.t[name] for name in sorted(read_by(self.t, where) or ())}
        if not columns or not all(isinstance(c, Labels) for c in columns.values()):
            return None
        cells = self.groups.size * math.prod(c.size for c in columns.values())
        return columns if cells <= CELLS else None

    # ---- distributions
    def among(self, column: Any, where: Any, others: Source, theirs: Any, their: Any, rows: bool) -> Array:
        """How many different values of a column (or how many rows of them) occur in a column of other rows too."""
        some, known = self.part(where), others.part(their)
        mine = ids(some.column(column), name_of(column))
        found = np.flatnonzero(places(mine, ids(known.column(theirs), name_of(theirs))) >= 0)
        if rows:
            return self._present(some.groups.take(found).count())
        value = mine.data if isinstance(mine, Numbered) else mine.codes
        group = self._ranked(some.groups.take(found).numbers())
        return distinct(group, value.take(found).astype(np.int64), self._size, 1)

    def distinct(self, column: Any, where: Any = None, at_least: int = 1) -> Array:
        """How many different values each group has, or has at least so often."""
        group, value, _, _ = self._values(column, where)
        return distinct(group, value, self._size, at_least)

    @property
    def _size(self) -> int:
        return 1 if self.by.present is None else len(self.by.present)

    def tally(self, column: Any, where: Any = None) -> Tally:
        """How often each value occurs in each group."""
        group, value, x, unit = self._values(column, where)
        out = tally(group, value)
        if isinstance(x, Numbered):
            numbers = Numbered(out.value, None, x.name)
            return tally(out.group, numbers.codes.astype(np.int64), out.count).named(numbers.labels)
        if isinstance(x, Labels):
            return out.named(x.labels)
        return evolve(out, scale=x.scale, unit=unit)

    def quantiles(self, column: Any, where: Any, q: Fraction) -> tuple[Array, Array, int, Unit]:
        """Twice the quantile per group, the rows it is of, the scale, and the currency."""
        group, value, x, unit = self._values(column, where)
        if isinstance(x, Labels):
            raise WrongCall(f"{name_of(column)} holds labels: a quantile needs numbers")
        num, n = quantile_of_rows(group, value, self._size, q)
        return num, n, x.scale, unit

    def _values(self, column: Any, where: Any) -> tuple[Array, Array, Any, Unit]:
        if not self.is_long:
            return self.part(where)._valued(column)
        parts = self._each(column, where, lambda part: part._valued(column))
        group, value = (np.concatenate([p[i] for p in parts]) for i in (0, 1))
        x = parts[0][2]
        if not all(alike(p[2], x) for p in parts):
            return self.part(where)._valued(column)
        return group, value, x, functools.reduce(one_unit, (p[3] for p in parts))

    def _valued(self, column: Any) -> tuple[Array, Array, Any, Unit]:
        """The group numbers and values of the rows that have the column."""
        x = self.column(column).quantity()
        if isinstance(x, Quantity) and not x.scale:
            raise WrongCall(
                f"{name_of(column)} holds floats: round it to whole numbers, or read it as money, to tally it"
            )
        if not isinstance(x, (Labels, Quantity)):
            raise WrongCall(f"{name_of(column)} is {type(x).__name__.lower()}: tally labels, numbers or durations")
        unit = None if isinstance(x, Labels) else self._unit(x, name_of(column))
        groups, none = self.groups, missing_rows(x)
        value = x.codes if isinstance(x, Labels) and not isinstance(x, Numbered) else x.data
        if none is not None:
            rows = np.flatnonzero(~none)
            groups, value = groups.take(rows), value.take(rows)
        if value.dtype != object:
            value = value.astype(np.int64, copy=False)
        return self._ranked(groups.numbers()), value, x, unit

    def _ranked(self, group: Array) -> Array:
        """Group numbers among the groups that occur."""
        if self.by.present is None or len(self.by.present) == self.groups.size:
            return group
        rank = np.zeros(self.groups.size, np.intp)
        rank[self.by.present] = np.arange(len(self.by.present))
        return rank[group]


def _one_row_per_cell(t: Table[Any], columns: Mapping[str, Labels]) -> Table[Any]:
    sizes = [c.size for c in columns.values()]
    grid = np.indices(sizes).reshape(len(sizes), -1)
    out: Table[Any] = Table(t.record, dict.fromkeys(columns, ListCells(())), grid.shape[1], t.how)
    for (name, c), codes in zip(columns.items(), grid, strict=True):
        out.hold(name, Labels(codes, c.labels or [None], c.choices, c.name))
    return out


__all__ = ["Groups", "Source"]
