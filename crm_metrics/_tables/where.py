"""Conditions and columns as functions of a row: `where`, `column`, `duplicates`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from attrs import frozen

from crm_metrics import cells as R
from crm_metrics._tables.encoding.ids import ids
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.table import Table
from crm_metrics._values.breakdown import Breakdown
from crm_metrics._values.columns import Column, Flags, Instants, Labels, Quantity
from crm_metrics._values.exact import Array
from crm_metrics._values.spelling import spelled
from crm_metrics.errors import WrongCall, each, shown
from crm_metrics.records.schemas import Record

Predicate: TypeAlias = Callable[[Any], Any]


def where(rows: Any, /, *conditions: Predicate, **equals: Any) -> Table[Any]:
    """The rows for which every condition holds.

    A condition is a function of a table that gives flags. ``field=value`` keeps the rows with that value; a list
    keeps any of several; None keeps those without; a period such as ``month("2024-03")`` keeps times within it.
    Of columns or a frame it is a view, which reads no more than it is asked for: `table` makes rows that stay.

    >>> from crm_metrics import Deal
    >>> deals = [
    ...     Deal(id=i, created_at="2024-01-05", status="open", manager=m, amount=a)
    ...     for i, m, a in [(1, "Anna", 500), (2, "Boris", 1500), (3, None, 2500)]
    ... ]
    >>> len(where(deals, lambda d: d.amount > 1000))
    2
    >>> len(where(deals, manager=["Anna", "Boris"])), len(where(deals, manager=None))
    (2, 1)
    """
    t = open_rows(rows)
    if not len(t) and not t.columns:  # an empty list does not say what it is a list of
        return t
    flags = [_condition(t, f) for f in conditions] + [_equal(t[name], name, value) for name, value in equals.items()]
    if not flags:
        return t
    keep = flags[0]
    for more in flags[1:]:
        keep = keep & more
    return t.take(np.flatnonzero(keep.true))


def _condition(t: Table[Any], condition: Predicate) -> Flags:
    if isinstance(condition, type) or not callable(condition):
        raise WrongCall(f"expected a function of the table such as won, got {shown(condition)}")
    out = condition(t)
    out = out.flags() if isinstance(out, Column) else out
    if not isinstance(out, Flags):
        raise WrongCall(
            f"{_name(condition)} gives {type(out).__name__}, not flags: compare, as in lambda d: d.amount > 1000"
        )
    if len(out) != len(t):
        raise WrongCall(f"{_name(condition)} gives {len(out)} flags for {len(t)} rows: give one per row")
    return out


def _name(condition: Predicate) -> str:
    return str(getattr(condition, "__name__", "the condition"))


def _equal(column: Any, name: str, value: Any) -> Flags:
    if hasattr(value, "covers"):
        return _in_period(column, name, value)
    if hasattr(value, "period"):
        raise WrongCall(
            f"{name}={shown(value)} is a unit of time and no period: say which one, beginning with its year, as in "
            'month("2024-03")'
        )
    if callable(value):
        raise WrongCall(
            f"{name}={shown(value)} is a function: give conditions before the fields, where(rows, condition)"
        )
    value = spelled(value) if isinstance(value, str) else value[()] if _is_point(value) else value
    if R.missing(value):
        return Flags(column.missing.true)
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)):
        parts = [_equal(column, name, v) for v in value]
        true = np.logical_or.reduce([p.true for p in parts]) if parts else np.zeros(len(column), bool)
        return Flags(true)
    if isinstance(column, Flags):
        return column if value else ~column
    if isinstance(column, Quantity) and isinstance(value, str):
        raise WrongCall(f"{name} holds numbers, not {shown(value)}: give a number")
    if isinstance(column, Instants) and isinstance(value, str):
        raise WrongCall(f'{name} holds times, not {shown(value)}: give a date, or a period such as month("2024-03")')
    if isinstance(column, Labels) and column.name and not isinstance(value, str):
        value = R.text(value)
    if isinstance(value, (R.Bad, Mapping)):
        raise WrongCall(
            f"{name}={shown(getattr(value, 'value', value))} is not a label: give text, a list of them, or None"
        )
    return _as_flags(column == value)


def _is_point(x: Any) -> bool:
    """Whether it is an array of no dimension: one value."""
    return isinstance(x, np.ndarray) and not x.ndim


def _as_flags(x: Any) -> Flags:
    assert isinstance(x, Flags)
    return x


def _in_period(column: Any, name: str, period: Any) -> Flags:
    column = column.instants()
    if not isinstance(column, Instants):
        raise WrongCall(f"{name} is not read as times here: read the rows first, where(table(rows, Deal), {name}=...)")
    return _as_flags(period.covers(column))


def duplicates(rows: Any, field: str | tuple[str, ...] = "id") -> Breakdown:
    """The ids that occur more than once, and how often. Counting does not need ids to be unique; joining does.

    Rows without an id of their own are told by several fields. A row that lacks one of them all is no duplicate.

    >>> duplicates({"id": [7, "7", 8]})
    Breakdown({'7': 2})
    >>> lines = {"deal": [1, 1, 1], "product": ["car", "mats", "mats"]}
    >>> duplicates(lines, ("deal", "product"))
    Breakdown({('1', 'mats'): 2})
    """
    t = open_rows(rows)
    names = (field,) if isinstance(field, str) else each(field, "fields")
    if not names:
        raise WrongCall('field=() names no field: give one such as "id", or several such as ("deal", "product")')
    columns = [_ids_or_times(t[name], name) for name in names]
    cell: Array = columns[0].codes.astype(np.int64)
    for c in columns[1:]:
        cell = np.unique(cell * c.size + c.codes, return_inverse=True)[1]
    known = np.flatnonzero(~np.logical_or.reduce([c.missing.true for c in columns]))
    counts = np.bincount(cell[known], minlength=1)
    first = np.zeros(len(counts), np.intp)
    first[cell[known][::-1]] = known[::-1]
    twice = np.flatnonzero(counts > 1)
    keys = [tuple(c.item(row) for c in columns) for row in first[twice].tolist()]
    labels = [key for (key,) in keys] if isinstance(field, str) else keys
    return Breakdown(labels, num=counts[twice].astype(np.int64), whole=True, names=names)


def _ids_or_times(column: Any, name: str) -> Labels:
    """A column as ids; times as labels, for changes of one deal are told apart by when they were."""
    if not isinstance(column, Instants):
        return ids(column, name)
    _, first, codes = np.unique(column.data, return_index=True, return_inverse=True)
    times = [column.item(row) for row in first.tolist()]
    if column.mask is None:
        return Labels(codes, times)
    return Labels(np.where(column.mask, len(times), codes), [*times, None])


class OfRows:
    """A column function: `of` reads a table; of one record, a table of one row, it gives the one value.

    Flags join by `~`, `&` and `|`.
    """

    __slots__ = ()

    def of(self, rows: Table[Any]) -> Any:
        """The column."""
        raise NotImplementedError

    def __call__(self, rows: Any) -> Any:
        if isinstance(rows, Table):
            return self.of(rows)
        if not isinstance(rows, Record):
            raise WrongCall(f"{self!r} reads a record or a table, not {shown(rows)}")
        return self.of(open_rows([rows], type(rows))).item(0)

    def __invert__(self) -> Joined:
        return Joined("not", (self,))

    def __and__(self, other: Predicate) -> Joined:
        return Joined("and", (self, other))

    def __or__(self, other: Predicate) -> Joined:
        return Joined("or", (self, other))


class column(OfRows):  # noqa: N801  # a decorator
    """A column function that takes one record as well: a record is a table of one row.

    >>> @column
    ... def large(d):
    ...     return d.amount > 1000
    >>> from crm_metrics import Deal
    >>> large(Deal(id=1, created_at="2024-01-05", status="open", amount=1500))
    True
    """

    def __init__(self, function: Callable[[Any], Column]) -> None:
        self.function = function
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            setattr(self, name, getattr(function, name))

    def of(self, rows: Table[Any]) -> Any:
        return self.function(rows)

    def __repr__(self) -> str:
        return str(getattr(self, "__name__", "column"))

    def __reduce__(self) -> str:
        return str(self.__qualname__)  # type: ignore[attr-defined]  # copied from the function


@frozen
class Joined(OfRows):
    """Conditions joined by `~`, `&` or `|`: ``where(deals, large & ~lost)``."""

    how: str
    parts: tuple[Predicate, ...]

    @property
    def __name__(self) -> str:
        names = [str(getattr(part, "__name__", "condition")) for part in self.parts]
        return f"not_{names[0]}" if self.how == "not" else f"_{self.how}_".join(names)

    def of(self, rows: Table[Any]) -> Any:
        flags = [part(rows) for part in self.parts]
        if self.how == "not":
            return ~flags[0]
        return flags[0] & flags[1] if self.how == "and" else flags[0] | flags[1]


@frozen
class FieldColumn:
    """A field as a column function: ``t.sum("amount")`` is the sum of the field of that name."""

    field: str

    @property
    def __name__(self) -> str:
        return self.field

    def __call__(self, rows: Any) -> Any:
        return rows[self.field] if isinstance(rows, Table) else getattr(rows, self.field)


def named_column(function: Any) -> Any:
    """A column function; of a field, where its name is given."""
    return FieldColumn(function) if isinstance(function, str) else function
