"""Tables one below the other: `stack`, and tables whose columns are made when they are asked for."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np

from crm_metrics._tables.encoding.cells import ListCells
from crm_metrics._tables.encoding.column import encode, sorted_labels
from crm_metrics._tables.encoding.ids import Numbered
from crm_metrics._tables.encoding.raws import Faults, How, Raw, narrow
from crm_metrics._tables.table import Table
from crm_metrics._values.columns import Column, Flags, Instants, Labels, Mask, Nothing, Quantity
from crm_metrics._values.evidence import together
from crm_metrics._values.exact import Array, multiplied
from crm_metrics.errors import WrongCall, WrongValue, shown
from crm_metrics.records.schemas import Record

Make: TypeAlias = Callable[[], Column]


class Made(Table[Any]):
    """A table whose columns are made by functions, each at the first need of it. Such tables add with ``+``.

    ``besides`` are rows that a fold has read and does not give, but needs where its result is put together with others.
    """

    def __init__(
        self,
        record: type[Record],
        makers: Mapping[str, Make],
        n: int,
        how: How | None = None,
        besides: Table[Any] | None = None,
    ) -> None:
        super().__init__(record, dict.fromkeys(makers, ListCells(())), n, how)
        self._makers, self.besides = makers, besides

    def _read(self, name: str) -> tuple[Column, Faults]:
        return (self._makers[name](), []) if name in self._makers else super()._read(name)

    def __add__(self, other: Any) -> Made:
        return stack([self, other]) if isinstance(other, Table) else NotImplemented

    def __radd__(self, other: Any) -> Made:
        if other == 0 and not isinstance(other, Table):  # the start of sum()
            return self
        return stack([other, self]) if isinstance(other, Table) else NotImplemented

    def __reduce__(self) -> tuple[Any, ...]:
        made = {name: self[name] for name in self.columns}
        return _restored, (self.record, made, len(self), self.how, self.besides)


def _restored(record: type[Record], made: dict[str, Column], n: int, how: How, besides: Table[Any] | None) -> Made:
    out = made_of(record, made, n)
    out.how, out.besides = how, besides
    return out


def all_rows(t: Table[Any]) -> Table[Any]:
    """The rows of a table, and those that it has besides."""
    besides = t.besides if isinstance(t, Made) else None
    return t if besides is None else stack([t, besides])


def made_of(record: type[Record], columns: Mapping[str, Column], n: int) -> Made:
    """The table of columns that are there already."""
    out = Made(record, {name: functools.partial(_itself, column) for name, column in columns.items()}, n)
    for name, column in columns.items():
        out.hold(name, column)
    return out


def _itself(column: Column) -> Column:
    return column


def stack(tables: Iterable[Table[Any]]) -> Made:
    """Tables of one record, one below the other, without going through rows.

    A column that one of them lacks is missing in its rows. Labels meet by their text, ids that came as integers stay
    integers, amounts come to a common minor unit. A column of no field that is numbers in one table and text in another
    is text: the group '1', not 1 and '1'. A column is stacked when it is asked for.

    Raises `WrongCall` where these are not tables of one record (lists of records add with ``+``), `WrongValue` where
    times with a zone meet times without one, or days of two zones, or where a column was decided to be one thing in one
    table and another in the next: percentages and fractions, days and times.

    >>> from crm_metrics import Deal, sales, table
    >>> january = {"id": [1], "status": ["open"], "created_at": ["2024-01-09"], "manager": ["Anna"]}
    >>> february = {"id": [2], "status": ["open"], "created_at": ["2024-02-05"]}
    >>> sales.deals_created(stack([table(january, Deal), table(february, Deal)]), by="manager")
    Breakdown({'Anna': 1, None: 1})
    """
    parts = list(tables) if isinstance(tables, Iterable) and not isinstance(tables, Table) else [tables]
    for part in parts:
        if not isinstance(part, Table):
            raise WrongCall(f"stack takes a list of tables, not {shown(part)}: make one of it with table(rows, Deal)")
    if not parts:
        raise WrongCall("stack takes one or more tables")
    records = list(dict.fromkeys(part.record for part in parts))
    if len(records) > 1:
        both = " and ".join(record.__name__ for record in records)
        raise WrongCall(f"tables of {both} do not stack: stack the tables of each record apart")
    names = dict.fromkeys(name for part in parts for name in part.columns)
    makers = {name: functools.partial(_stacked, parts, name) for name in names}
    return _Stacked(records[0], makers, sum(map(len, parts)), parts)


class _Stacked(Made):
    """Tables one below the other."""

    def __init__(self, record: type[Record], makers: Mapping[str, Make], n: int, parts: Sequence[Table[Any]]) -> None:
        besides = [part.besides for part in parts if isinstance(part, Made) and part.besides is not None]
        super().__init__(record, makers, n, parts[0].how, stack(besides) if besides else None)
        self._parts = parts

    def typed(self, record: type[Record]) -> Table[Any]:
        if issubclass(self.record, record):
            return self
        return stack([part.typed(record) for part in self._parts])


def _stacked(parts: Sequence[Table[Any]], name: str) -> Column:
    columns = [part.optional(name) for part in parts]
    seen = together({name: column.seen} for column in columns if column.seen is not None)
    out = joined(columns)
    if isinstance(out, (Instants, Quantity)):
        out.seen = seen.get(name)
    return out


# ---------------------------------------------------------------- columns


def joined(columns: Sequence[Column]) -> Column:
    """Columns of one field, one below the other."""
    kinds = {_kind(c) for c in columns if not c.kindless and len(c)}
    if not kinds:
        n = sum(map(len, columns))
        kinds = {_kind(c) for c in columns if not c.kindless}
        if len(kinds) != 1:
            return Nothing(n)
    if len(kinds) > 1:  # a column that is no field: text in one file, numbers in another
        items = [c.item(i) for c in columns for i in range(len(c))]
        return encode(Raw(_written(items) if Labels in kinds else items), None, How(), None).column
    kind = kinds.pop()
    return _JOIN[kind]([_as(c, kind) for c in columns])


def _written(items: Sequence[Any]) -> list[Any]:
    """Values of a column that holds text, numbers among them as they are written."""
    return [str(x) if isinstance(x, (int, float, Decimal)) and not isinstance(x, bool) else x for x in items]


def _kind(c: Column) -> type:
    return next(kind for kind in _JOIN if isinstance(c, kind))


def _as(c: Column, kind: type) -> Any:
    """A column with nothing in it, as one of this kind."""
    if isinstance(c, kind) and not c.kindless:
        return c
    empty = Nothing(len(c))
    return {Flags: empty.flags, Quantity: empty.quantity, Instants: empty.instants}.get(kind, lambda: empty)()


def _masks(masks: Sequence[tuple[Mask, int]]) -> Mask:
    if all(mask is None for mask, _ in masks):
        return None
    return np.concatenate([np.zeros(n, bool) if mask is None else mask for mask, n in masks])


def _flags(columns: Sequence[Flags]) -> Flags:
    true = np.concatenate([c.true for c in columns])
    return Flags(true, _masks([(c.unknown, len(c)) for c in columns]))


def _labels(columns: Sequence[Labels]) -> Labels:
    named: Labels = next((c for c in columns if not c.kindless), columns[0])
    some = [c for c in columns if isinstance(c, Numbered)]
    if some and all(isinstance(c, Numbered) or not c.known for c in columns):
        return _numbered(columns, some[0].name)
    words = [list(c.labels) for c in columns]
    if any(isinstance(k, str) for own in words for k in own):
        words = [_written(own) for own in words]
    labels = sorted_labels({k for own in words for k in own})
    index = {k: i for i, k in enumerate(labels)}
    to = [narrow(np.array([index[k] for k in own] or [0], np.int64), len(labels)) for own in words]
    codes = [lut.take(c.codes) for lut, c in zip(to, columns, strict=True)]
    return Labels(np.concatenate(codes), labels, named.choices, named.name)


def _numbered(columns: Sequence[Labels], name: str) -> Numbered:
    data = [c.data if isinstance(c, Numbered) else np.zeros(len(c), np.int64) for c in columns]
    masks = [(c.mask if isinstance(c, Numbered) else np.ones(len(c), bool), len(c)) for c in columns]
    return Numbered(np.concatenate(data), _masks(masks), name)


def _quantities(columns: Sequence[Quantity]) -> Quantity:
    some = [c for c in columns if not _blank(c.mask, len(c))] or list(columns)
    kinds = {c.kind for c in some}
    if len(kinds) > 1:
        raise WrongCall(f"{' and '.join(k or 'plain numbers' for k in sorted(kinds))} do not stack: rename one of them")
    mask = _masks([(c.mask, len(c)) for c in columns])
    unit = _currency(columns, some)
    if not all(c.scale for c in some):
        data = [c.data / c.scale if c.scale else c.data for c in columns]
        return Quantity(np.concatenate(data), mask, 0, some[0].kind, unit)
    scale = math.lcm(*(c.scale for c in some))
    grown = [multiplied(c.data, scale // c.scale) if c.scale and not scale % c.scale else 0 * c.data for c in columns]
    return Quantity(np.concatenate(grown), mask, scale, some[0].kind, unit)


def _blank(mask: Mask, n: int) -> bool:
    return not n or (mask is not None and bool(mask.all()))


def _currency(columns: Sequence[Quantity], some: Sequence[Quantity]) -> str | Labels:
    """One code where all amounts are in one currency, else a code for each row."""
    units = {c.currency if isinstance(c.currency, str) else None for c in some}
    if len(units) == 1 and (unit := units.pop()) is not None:
        return unit
    each = []
    for c in columns:
        one = Labels(np.zeros(len(c), np.uint8), [c.currency or None]) if isinstance(c.currency, str) else c.currency
        each.append(one)
    return _labels(each)


def _instants(columns: Sequence[Instants]) -> Instants:
    timed = [c for c in columns if c.timed]
    zones = {c.zone for c in timed}
    if len(zones) > 1:
        names = " and ".join(sorted(zone or "no zone" for zone in zones))
        raise WrongValue(f"times of {names} do not stack: load every part with the same tz=")
    some = [c for c in columns if not _blank(c.mask, len(c))] or list(columns)
    bare: bool | Array = some[0].bare
    if not isinstance(bare, bool) or any(c.bare is not bare for c in some):
        bare = np.concatenate([np.broadcast_to(np.asarray(c.bare), len(c)) for c in columns])
    zone = zones.pop() if zones else None
    mask = _masks([(c.mask, len(c)) for c in columns])
    return Instants(np.concatenate([c.data for c in columns]), mask, bare, zone)


_JOIN: dict[type, Callable[[Any], Column]] = {
    Flags: _flags,
    Labels: _labels,
    Quantity: _quantities,
    Instants: _instants,
}
