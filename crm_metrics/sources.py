"""The rows behind totals: computes each total that is asked for, once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from attrs import evolve

from crm_metrics.errors import WrongCall, shown
from crm_metrics.exact import BIG, Array, Unit, mixed
from crm_metrics.groups import CELLS, Grouping, Groups
from crm_metrics.tables import Table
from crm_metrics.tallies import Tally, quantiles, ranks, tally
from crm_metrics.values import Column, Flags, Instants, Labels, Quantity


class Source:
    """A table and its groups. Conditions and columns are evaluated once for all the totals that use them."""

    def __init__(self, t: Table[Any], by: Grouping) -> None:
        self.t, self.by, self.groups = t, by, by.groups
        self._rows: dict[Any, Array | None] = {None: None}
        self._flags: dict[Any, Flags] = {}
        self._columns: dict[Any, Any] = {}
        self._cells: dict[tuple[str, ...], Array] = {}

    def _present(self, per_group: Array) -> Array:
        return per_group if self.by.present is None else per_group[self.by.present]

    # ---- which rows
    def flags(self, where: Any) -> Flags:
        """Where a condition holds."""
        if where not in self._flags:
            out = where(self.t)
            if not isinstance(out, Flags):
                raise WrongCall(
                    f"{_name(where)} gives {type(out).__name__.lower()}, not flags: compare it with a value"
                )
            self._flags[where] = out
        return self._flags[where]

    def rows(self, where: Any) -> Array | None:
        """The row numbers for which a condition holds; None is all of them."""
        if where not in self._rows:
            self._rows[where] = np.flatnonzero(self.flags(where).true)
        return self._rows[where]

    def column(self, function: Any) -> Any:
        """A column, evaluated once."""
        if function not in self._columns:
            if not callable(function):
                raise WrongCall(f"expected a column function such as amount, got {shown(function)}")
            self._columns[function] = function(self.t)
        return self._columns[function]

    # ---- totals
    def count(self, where: Any) -> Array:
        """Rows per group."""
        if where is None:
            return self._present(self.groups.count())
        cells = self._by_labels(where)
        if cells is not None:
            return self._present(cells)
        if not self.groups.factors:
            return np.array([np.count_nonzero(self.flags(where).true)], np.int64)
        return self._present(self.groups.count(self.rows(where)))

    def missing(self, column: Any, where: Any) -> Array:
        """Rows per group in which the column is missing."""
        mask = _missing(self.column(column))
        if mask is None:
            return np.zeros(1 if self.by.present is None else len(self.by.present), np.int64)
        rows = self.rows(where)
        return self._present(self.groups.count(np.flatnonzero(mask) if rows is None else rows[mask.take(rows)]))

    def sum(self, column: Any, where: Any) -> tuple[Array, int, Unit]:
        """Integers per group, their scale, and the currency."""
        x = self.column(column)
        if isinstance(x, Flags):
            x = Quantity(x.true.astype(np.int64), x.unknown)
        if not isinstance(x, Quantity):
            raise WrongCall(
                f"{_name(column)} is {type(x).__name__.lower()}, not numbers: count it, or count its values"
            )
        rows = self.rows(where)
        if not x.scale:
            num, scale = self.groups.sum_floats(x.data, rows)
            return self._present(num), scale, None
        unit = self._unit(x, rows, _name(column))
        return self._present(self.groups.sum(x.data, rows, x.magnitude())), x.scale, unit

    def _unit(self, x: Quantity, rows: Array | None, name: str) -> Unit:
        if x.kind != "money" or not len(x):
            return None
        if isinstance(x.currency, str):
            return x.currency
        return self._units(x, x.currency, rows, name)

    def _units(self, x: Quantity, currency: Labels, rows: Array | None, name: str) -> Unit:
        """The currency of each group; a group with two is refused."""
        if x.mask is not None:
            rows = np.flatnonzero(~x.mask) if rows is None else rows[~x.mask.take(rows)]
        counts = self.groups.also((currency.codes, currency.size)).count(rows).reshape(-1, currency.size)
        counts = self._present(counts) > 0
        several = np.flatnonzero(counts.sum(axis=1) > 1)
        names = [k or "" for k in currency.labels]
        if len(several):
            group = int(several[0])
            keys = self.by.keys()
            where = f" ({name}{'' if keys is None else f' of {keys[group]!r}'})"
            raise mixed({names[i] for i in np.flatnonzero(counts[group]).tolist()}, where)
        unit = np.full(len(counts), None, object)
        some = counts.any(axis=1)
        unit[some] = np.array(names, object)[counts[some].argmax(axis=1)]
        return unit

    # ---- conditions on labels alone: counted once per cell, whatever the condition
    def _by_labels(self, where: Any) -> Array | None:
        """Rows per group, from a count by the labels that the condition reads, if it reads nothing else."""
        if not self.groups.factors:
            return None
        columns = self._read_labels(where)
        if columns is None:
            return None
        names = tuple(columns)
        if names not in self._cells:
            self._cells[names] = self.groups.also(*((c.codes, c.size) for c in columns.values())).count()
        hit = where(_one_row_per_cell(self.t, columns)).true
        per_group: Array = self._cells[names].reshape(self.groups.size, -1)[:, hit].sum(axis=1)
        return per_group

    def _read_labels(self, where: Any) -> Mapping[str, Labels] | None:
        watched = _Watched(self.t)
        where(watched)
        columns = {name: self.t[name] for name in sorted(watched.seen)}
        if not columns or not all(isinstance(c, Labels) for c in columns.values()):
            return None
        cells = self.groups.size * math.prod(c.size for c in columns.values())
        return columns if cells <= CELLS else None

    # ---- distributions
    def tally(self, column: Any, where: Any) -> Tally:
        """How often each value occurs in each group."""
        group, value, x, unit = self._valued(column, where)
        out = tally(group, value)
        if isinstance(x, Labels):
            return evolve(out, labels=x.labels)
        return evolve(out, scale=x.scale, unit=unit)

    def quantiles(self, column: Any, where: Any, q: Fraction) -> tuple[Array, Array, int, Unit]:
        """Twice the quantile per group, the rows it is of, the scale, and the currency."""
        group, value, x, unit = self._valued(column, where)
        if isinstance(x, Labels):
            raise WrongCall(f"{_name(column)} holds labels: a quantile needs numbers")
        size = 1 if self.by.present is None else len(self.by.present)
        num, n = _quantiles(group, value, size, q)
        return num, n, x.scale, unit

    def _valued(self, column: Any, where: Any) -> tuple[Array, Array, Any, Unit]:
        """The group numbers and values of the rows that have the column."""
        x = self.column(column)
        if isinstance(x, Quantity) and not x.scale:
            raise WrongCall(
                f"{_name(column)} holds floats: round it to whole numbers, or read it as money, to tally it"
            )
        if not isinstance(x, (Labels, Quantity)):
            raise WrongCall(f"{_name(column)} is {type(x).__name__.lower()}: tally labels, numbers or durations")
        rows, none = self.rows(where), _missing(x)
        if none is not None:
            rows = np.flatnonzero(~none) if rows is None else rows[~none.take(rows)]
        unit = None if isinstance(x, Labels) else self._unit(x, rows, _name(column))
        data = x.codes if isinstance(x, Labels) else x.data
        value = data if rows is None else data.take(rows)
        if value.dtype != object:
            value = value.astype(np.int64, copy=False)
        if not self.groups.factors:
            return np.zeros(1, np.intp) if not len(value) else _zeros(len(value)), value, x, unit
        return self._ranked(self.groups.numbers(rows)), value, x, unit

    def _ranked(self, group: Array) -> Array:
        """Group numbers among the groups that occur."""
        assert self.by.present is not None
        rank = np.zeros(self.groups.size, np.intp)
        rank[self.by.present] = np.arange(len(self.by.present))
        return rank[group]


def _zeros(n: int) -> Array:
    return np.broadcast_to(np.zeros(1, np.intp), n)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", function))


def _missing(x: Column) -> Array | None:
    if isinstance(x, Labels):
        return x.missing.true if x.known < len(x.labels) else None
    if isinstance(x, Flags):
        return x.unknown
    return x.mask if isinstance(x, (Quantity, Instants)) else None


def _quantiles(group: Array, value: Array, size: int, q: Fraction) -> tuple[Array, Array]:
    if not len(value):
        return np.zeros(size, np.int64), np.zeros(size, np.int64)
    if value.dtype == object:
        t = tally(group, value)
        return quantiles(t, size, q), t.sizes(size)
    if size == 1:
        return _quantile(value, q)
    low = int(value.min())
    span = int(value.max()) - low + 1
    if size * span > BIG:
        t = tally(group, value)
        return quantiles(t, size, q), t.sizes(size)
    packed = group * np.int64(span) + (value - low)
    packed.sort()
    offset = np.arange(size + 1) * np.int64(span) if (size + 1) * span <= BIG else None
    if offset is None:
        t = tally(group, value)
        return quantiles(t, size, q), t.sizes(size)
    edge = np.searchsorted(packed, offset)
    n = np.diff(edge)
    last = len(packed) - 1
    i, j = (np.minimum(edge[:-1] + r, last) for r in ranks(n, q))
    return (packed[i] - offset[:-1] + low) + (packed[j] - offset[:-1] + low), n


def _quantile(value: Array, q: Fraction) -> tuple[Array, Array]:
    n = np.array([len(value)])
    low, high = (int(r[0]) for r in ranks(n, q))
    part = np.partition(value, high)  # one pivot: a second costs as much again
    below = int(part[:high].max()) if low < high else int(part[high])
    twice = below + int(part[high])
    return np.array([twice], np.int64 if abs(twice) <= BIG else object), n


class _Watched(Table[Any]):
    """A table of no rows that remembers which columns were read."""

    def __init__(self, t: Table[Any]) -> None:
        super().__init__(t.record, dict(t._raws), 0, t.how)
        self.whole, self.seen = t, set[str]()

    def __getitem__(self, name: str) -> Any:
        self.seen.add(name)
        return self.whole[name].take(np.empty(0, np.intp))


def _one_row_per_cell(t: Table[Any], columns: Mapping[str, Labels]) -> Table[Any]:
    sizes = [c.size for c in columns.values()]
    grid = np.indices(sizes).reshape(len(sizes), -1)
    out: Table[Any] = Table(t.record, dict.fromkeys(columns, _no_raw), grid.shape[1], t.how)
    for (name, c), codes in zip(columns.items(), grid, strict=True):
        out._made[name] = Labels(codes, c.labels or [None], c.choices, c.name)
    return out


def _no_raw() -> Any:
    raise AssertionError("every column of a table of cells is made")


__all__ = ["Groups", "Source"]
