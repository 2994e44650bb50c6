"""The first row of each cell: of each deal, or of each deal and stage."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from attrs import evolve, frozen

from crm_metrics._tables.encoding.ids import DENSE
from crm_metrics._tables.table import Table
from crm_metrics._values.columns import Column, Flags, Instants, Labels, Quantity
from crm_metrics._values.exact import Array
from crm_metrics.journeys.keys import BLOCK, Key, of_integers


@frozen(eq=False)
class Grid:
    """The cell of each row as codes of several keys: (deal, pipeline, stage)."""

    keys: tuple[Key, ...]
    n: int
    numbers: Array | None = None
    count: int = 0

    @property
    def size(self) -> int:
        """How many cells there may be."""
        if self.numbers is not None:
            return self.count
        out = 1
        for key in self.keys:
            out *= max(1, key.size)
        return out

    def of(self, rows: Any) -> Array:
        """The cells of some rows."""
        if self.numbers is not None:
            return np.asarray(self.numbers[rows], np.intp)
        first, *others = self.keys
        out = first.codes(rows)
        for key in others:
            if key.size > 1:
                out *= key.size
                out += key.codes(rows)
        return out

    def dense(self) -> Grid:
        """The same cells, numbered by those that occur where most do not."""
        if self.size <= DENSE * self.n + (1 << 16):
            return self
        numbers, count = np.zeros(self.n, np.int64), 1
        for key in self.keys:  # numbered anew after each key, they fit into an integer
            distinct, numbers = np.unique(numbers * key.size + key.codes(), return_inverse=True)
            count = len(distinct)
        return evolve(self, numbers=numbers, count=count)


def earliest(cells: Grid, time: Key, ties: Callable[[Array], list[Array]], rows: Array | None = None) -> Array:
    """The row of each cell that comes first, sorted by cell. Rows of one time are told apart by `ties`.

    `ties` gives, for some rows, the keys after the time, the most important first. With `rows`, only these take part.
    """
    if not cells.n:
        return np.empty(0, np.intp)
    cells = cells.dense()
    n, kind = cells.n if rows is None else len(rows), np.int32 if time.bits < 32 else np.int64
    best = np.full(cells.size, np.iinfo(kind).max, kind)  # the smaller, the more of it stays in the cache
    value = functools.partial(_value, time, kind)
    own: Array = np.empty(n, np.int32 if cells.size < 2**31 else np.int64)
    parts = [(slice(start, start + BLOCK), _part(rows, start, n)) for start in range(0, n, BLOCK)]
    for at, part in parts:
        cell = own[at] = cells.of(part)
        np.minimum.at(best, cell, value(part))
    found = []
    for at, part in parts:
        hit = np.flatnonzero(value(part) == best.take(own[at]))
        found.append(hit + at.start)
    places = np.concatenate(found) if found else np.empty(0, np.intp)
    cell, first = own.take(places), places if rows is None else rows.take(places)
    del own
    place = np.full(cells.size, -1)
    place[cell] = first
    if len(first) > np.count_nonzero(place >= 0):
        twice = np.flatnonzero(_repeated(cell, cells.size))
        tied, among = first.take(twice), cell.take(twice)
        order = np.lexsort((*reversed(ties(tied)), among))[::-1]  # where a place is set twice, the last one stays
        place[among.take(order)] = tied.take(order)
    return place[place >= 0]


def _value(time: Key, kind: Any, rows: Any) -> Array:
    """Integers in the order of the times."""
    return time.codes(rows).astype(kind) if kind is np.int32 else time.sortable(rows)


def _part(rows: Array | None, start: int, n: int) -> Any:
    """A stretch of all rows, or of some."""
    at = slice(start, min(start + BLOCK, n))
    return at if rows is None else rows[at]


def _repeated(cell: Array, size: int) -> Array:
    return np.bincount(cell, minlength=size).take(cell) > 1


# ---------------------------------------------------------------- rows of one time, and the rows that were found


def ranks(column: Column) -> list[Array]:
    """Keys in order of a column's values."""
    if isinstance(column, Labels):
        return [column.codes]
    if isinstance(column, Flags):
        return [np.where(column.missing.true, 2, column.true)]
    assert isinstance(column, (Instants, Quantity))
    if isinstance(column, Quantity) and not column.scale:
        return [np.where(column.missing.true, np.nan, column.data)]
    unit = [column.currency.codes] if isinstance(column, Quantity) and isinstance(column.currency, Labels) else []
    return [*unit, of_integers(column.data, column.mask).codes()]


def ranks_of(t: Table[Any], names: Iterable[str]) -> list[Array]:
    """Keys of several columns, in the order of their names."""
    return [key for name in sorted(names) for key in ranks(t[name])]


def dates_first(times: Instants, rows: Array) -> Array:
    """A key that puts bare dates before times of one instant."""
    return np.zeros(len(rows)) if isinstance(times.bare, bool) else ~times.bare[rows]


def makers(t: Table[Any], rows: Array, names: Mapping[str, str]) -> dict[str, Callable[[], Column]]:
    """What makes the columns of a table at some rows: new names, and whose they are."""
    return {name: functools.partial(_taken, t, source, rows) for name, source in names.items()}


def _taken(t: Table[Any], name: str, rows: Array) -> Column:
    column: Column = t[name].take(rows)
    return column
