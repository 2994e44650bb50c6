"""Fields of other rows: `via`, a field of a lookup as a key (a manager's team), `attach`, as one more column."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from crm_metrics import cells as R
from crm_metrics._tables.encoding.column import relabel
from crm_metrics._tables.encoding.ids import Numbered, ids, places, repeats
from crm_metrics._tables.opening import held, open_rows
from crm_metrics._tables.table import Table
from crm_metrics._tables.where import OfRows
from crm_metrics._values.columns import Column, Flags, Instants, Labels, Nothing, Quantity, either
from crm_metrics._values.exact import Array
from crm_metrics.errors import UnknownName, WrongCall, WrongValue, shown_cell


@frozen(eq=False)
class via(OfRows):  # noqa: N801  # reads as a verb: by=via(managers, "team")
    """A field of a lookup, reached through a column that rows and lookup share.

    The lookup is rows of any kind: a table, a frame, a mapping of columns, records. Rows are matched by the column
    ``on``; without it, by the lookup's first column. A lookup that has no column of that name is matched by its `id`,
    or else by its first column: ``via(deals, "channel", "deal")``. A row that the lookup does not know has the key
    None.

    >>> from crm_metrics import sales
    >>> teams = {"manager": ["Anna", "Boris"], "team": ["North", "South"]}
    >>> deals = {"manager": ["Anna", "Boris", "Boris", "Vera"]}
    >>> sales.deals_created(deals, by=via(teams, "team"))
    Breakdown({'North': 1, 'South': 2, None: 1})
    """

    lookup: Any = field(converter=open_rows, repr=False)
    field: str
    on: str | None = None

    def _identity(self) -> tuple[Any, ...]:
        """Lookups of the same rows are one, so that totals merge across processes and files."""
        key = _key_of(self.lookup, self.on or self.lookup.columns[0])
        return self.field, self.on, *(_digest(self.lookup, name) for name in (key, self.field))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, via) and self._identity() == other._identity())

    def __hash__(self) -> int:
        return hash(self._identity()) if self.lookup.columns else hash(self.field)

    @property
    def __name__(self) -> str:
        return self.field

    def of(self, rows: Table[Any]) -> Any:
        if self not in rows.memo:
            rows.memo[self] = self._joined(rows)
        return rows.memo[self]

    def isin(self, *labels: Any) -> Condition:
        """A condition for `where`: rows that reach one of these labels."""
        return Condition(self, labels)

    def _joined(self, rows: Table[Any]) -> Labels:
        lookup: Table[Any] = self.lookup
        if not lookup.columns:
            raise WrongCall("via(...) was given a lookup without columns")
        on = self.on or lookup.columns[0]
        name = _key_of(lookup, on)
        found = _laid(lookup, name, self.field, places(ids(self._of_rows(rows, on), on), ids(lookup[name], name)))
        return found if isinstance(found, Labels) else Labels(*relabel(*_coded(found)))

    def _of_rows(self, rows: Table[Any], on: str) -> Column:
        """The column of the rows that they are matched by."""
        try:
            mine: Column = rows[on]
        except UnknownName as error:
            if self.on is not None:
                raise
            what = f"or name the column of these rows that is its {on!r}: via(lookup, {self.field!r}, ...)"
            raise UnknownName(f"{error}; {what}") from None
        return mine


def _key_of(lookup: Table[Any], on: str) -> str:
    """The column of a lookup that rows are matched by."""
    if on in lookup or not lookup.columns:
        return on
    return "id" if "id" in lookup else lookup.columns[0]


def _digest(lookup: Table[Any], name: str) -> bytes:
    """What a column holds, in short."""
    if ("digest", name) not in lookup.memo:
        column: Column = lookup[name]
        found = hashlib.blake2b(column.missing.true.tobytes(), digest_size=16)
        if isinstance(column, Labels) and not isinstance(column, Numbered):
            found.update(column.codes.astype(np.int64).tobytes())
            found.update(repr(list(column.labels)).encode())
        else:
            data = column.true if isinstance(column, Flags) else column.data  # type: ignore[attr-defined]  # as below
            found.update(repr(data.tolist()).encode() if data.dtype == object else data.tobytes())
        lookup.memo["digest", name] = found.digest()
    made: bytes = lookup.memo["digest", name]
    return made


def _coded(column: Column) -> tuple[Array, list[Any]]:
    """The values of any column as codes and labels."""
    values = [column.item(i) for i in range(len(column))]
    labels = list(dict.fromkeys(values))
    index = {k: i for i, k in enumerate(labels)}
    return np.array([index[v] for v in values], np.intp), labels or [None]


@frozen
class Condition(OfRows):
    """Whether a key is one of some labels."""

    key: via
    labels: tuple[Any, ...]

    def of(self, rows: Table[Any]) -> Flags:
        flags = self.key(rows).isin(*self.labels)
        if not isinstance(flags, Flags):
            raise UnknownName(f"{self.key.field} holds no labels")
        return flags


def attach(rows: Any, lookup: Any, /, *, on: str, **columns: str) -> Table[Any]:
    """The same rows with more columns, looked up in other rows.

    ``attach(deals, leads, on="lead", lead_at="created_at")`` gives each deal the time its lead came in, as the column
    `lead_at`. Rows are matched by the column ``on``; where the lookup has none of that name, by its `id`, or else by
    its first column. A row that the lookup does not know has nothing there; in an empty list nothing is found. A lookup
    with rows for one key that differ is refused. Give records or tables where times or amounts are looked up,
    ``table(leads, Lead)``: plain columns of text stay text.

    >>> deals = {"lead": [1, 2], "status": ["won", "open"]}
    >>> found = attach(deals, {"id": [1], "channel": ["search"]}, on="lead", came_from="channel")
    >>> [found.came_from.item(row) for row in range(2)]
    ['search', None]
    """
    if not columns:
        raise WrongCall('attach(...) names no columns: lead_at="created_at" takes created_at of the lookup as lead_at')
    t, other = held(rows), open_rows(lookup)
    if not other.columns and (len(other) or isinstance(lookup, Mapping)):
        raise WrongCall("attach(...) was given a lookup without columns")
    name = _key_of(other, on)
    ours, theirs = ids(t[on], on), ids(other[name], name)
    rows_of = places(ours, theirs)
    made = {new: _named(_laid(other, name, field_name, rows_of), new) for new, field_name in columns.items()}
    return t.replaced(made)


def _laid(lookup: Table[Any], key: str, name: str, rows: Array) -> Column:
    """A column of the lookup at these of its rows; nothing where the row is -1."""
    column: Column = lookup[name]
    if not len(lookup) or column.kindless:
        return Nothing(len(rows))
    _one_value(ids(lookup[key], key), column, name)
    unknown, out = rows < 0, column.take(np.maximum(rows, 0))
    if isinstance(out, Labels):
        return Labels(*relabel(out.codes, out.labels, unknown), out.choices, out.name)
    if isinstance(out, Instants):
        return out.without(unknown)
    if isinstance(out, Flags):
        return Flags(out.true & ~unknown, either(out.unknown, unknown))
    assert isinstance(out, Quantity)
    return out.only(Flags(~unknown))


def _named(column: Column, name: str) -> Column:
    """The column under its new name, which its messages say."""
    if type(column) is Labels and column.name:
        return Labels(column.codes, column.labels, column.choices, name)
    return column


def _one_value(keys: Labels, column: Column, name: str) -> None:
    """Refuse a key with rows that say different things."""
    again, first = repeats(keys)
    some = _differs(column, again, first)
    for row, before in zip(again[some].tolist(), first[some].tolist(), strict=True):
        one, other = column.item(before), column.item(row)
        if one != other:
            two = f"{shown_cell(one)} and {shown_cell(other)}"
            raise WrongValue(f"the lookup has two values of {name} for {R.text(keys.item(row))!r}, {two}: keep one")


def _differs(column: Column, a: Array, b: Array) -> Array:
    """Where the values of two rows may differ."""
    missing = column.missing.true
    if isinstance(column, Labels):
        same = column.codes[a] == column.codes[b]
    else:
        data = column.true if isinstance(column, Flags) else column.data  # type: ignore[attr-defined]  # times, numbers
        same = data[a] == data[b]
    out: Array = ~(same & (missing[a] == missing[b]))
    return out
