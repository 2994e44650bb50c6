"""Fields of other rows: `via`, a field of a lookup as a key (a manager's team), `attach`, as one more column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from crm_metrics import cells as R
from crm_metrics.encode import relabel
from crm_metrics.errors import UnknownName, WrongCall, WrongValue, shown
from crm_metrics.exact import Array
from crm_metrics.numbered import ids
from crm_metrics.schemas import Record
from crm_metrics.tables import Table, open_rows
from crm_metrics.values import Column, Flags, Instants, Labels, Nothing, Quantity, either


@frozen
class via:  # noqa: N801  # reads as a verb: by=via(managers, "team")
    """A field of a lookup, reached through a column that rows and lookup share.

    The lookup is rows of any kind: a table, a frame, a mapping of columns, records. Rows are matched by the column
    ``on``; without it, by the lookup's first column. A row that the lookup does not know has the key None.

    >>> from crm_metrics import sales
    >>> teams = {"manager": ["Anna", "Boris"], "team": ["North", "South"]}
    >>> deals = {"manager": ["Anna", "Boris", "Boris", "Vera"]}
    >>> sales.deals_created(deals, by=via(teams, "team"))
    Breakdown({'North': 1, 'South': 2, None: 1})
    """

    lookup: Any = field(eq=id, repr=False)
    field: str
    on: str | None = None

    @property
    def __name__(self) -> str:
        return self.field

    def __call__(self, rows: Any) -> Any:
        if isinstance(rows, Record):
            return self(open_rows([rows], type(rows))).item(0)
        if not isinstance(rows, Table):
            raise WrongCall(f"via(...) reads a record or a table, not {shown(rows)}")
        if self not in rows.memo:
            rows.memo[self] = self._joined(rows)
        return rows.memo[self]

    def isin(self, *labels: Any) -> Condition:
        """A condition for `where`: rows that reach one of these labels."""
        return Condition(self, labels)

    def _joined(self, rows: Table[Any]) -> Labels:
        lookup = open_rows(self.lookup)
        if not lookup.columns:
            raise WrongCall("via(...) was given a lookup without columns")
        on = self.on or lookup.columns[0]
        found = self._found(lookup, on if on in lookup else lookup.columns[0])
        ours = ids(rows[on], on)
        to = [found.get(R.text(k)) for k in ours.labels]
        return Labels(*relabel(ours.codes, to or [None]))

    def _found(self, lookup: Table[Any], key: str) -> dict[Any, Any]:
        names, values = lookup[key], lookup[self.field]
        out: dict[Any, Any] = {}
        for i in range(len(lookup)):
            name, value = R.text(names.item(i)), values.item(i)
            if name is not None and out.setdefault(name, value) != value:
                two = f"{shown(out[name])} and {shown(value)}"
                raise WrongValue(f"the lookup has two values of {self.field} for {name!r}, {two}: keep one")
        return out


@frozen
class Condition:
    """Whether a key is one of some labels."""

    key: via
    labels: tuple[Any, ...]

    def __call__(self, rows: Any) -> Flags:
        flags = self.key(rows).isin(*self.labels)
        if not isinstance(flags, Flags):
            raise UnknownName(f"{self.key.field} holds no labels")
        return flags


def attach(rows: Any, lookup: Any, /, *, on: str, **columns: str) -> Table[Any]:
    """The same rows with more columns, looked up in other rows.

    ``attach(deals, leads, on="lead", lead_at="created_at")`` gives each deal the time its lead came in, as the column
    `lead_at`. Rows are matched by the column ``on``; where the lookup has none of that name, by its first column. A row
    that the lookup does not know has nothing there; in an empty list nothing is found. A lookup with rows for one key
    that differ is refused. Give records or tables where times or amounts are looked up, ``table(leads, Lead)``: plain
    columns of text stay text.

    >>> deals = {"lead": [1, 2], "status": ["won", "open"]}
    >>> found = attach(deals, {"id": [1], "channel": ["search"]}, on="lead", came_from="channel")
    >>> [found.came_from.item(row) for row in range(2)]
    ['search', None]
    """
    if not columns:
        raise WrongCall('attach(...) names no columns: lead_at="created_at" takes created_at of the lookup as lead_at')
    t, other = open_rows(rows), open_rows(lookup)
    if not other.columns and (len(other) or isinstance(lookup, Mapping)):
        raise WrongCall("attach(...) was given a lookup without columns")
    name = on if on in other or not other.columns else other.columns[0]
    ours, theirs = ids(t[on], on), ids(other[name], name)
    at = _places(theirs)
    rows_of = np.array([at.get(R.text(k), -1) for k in ours.labels] or [-1], np.intp)[ours.codes]
    made = {new: _named(_laid(other, theirs, name, rows_of), new) for new, name in columns.items()}
    return t.replaced(made)


def _places(keys: Labels) -> dict[Any, int]:
    """The first row of each key."""
    labels, first = np.unique(keys.codes, return_index=True)
    found = {R.text(keys.labels[code]): row for code, row in zip(labels.tolist(), first.tolist(), strict=True)}
    found.pop(None, None)
    return found


def _laid(lookup: Table[Any], keys: Labels, name: str, rows: Array) -> Column:
    """A column of the lookup at these of its rows; nothing where the row is -1."""
    column: Column = lookup[name]
    if not len(lookup) or isinstance(column, Nothing):
        return Nothing(len(rows))
    _one_value(keys, column, name)
    unknown, out = rows < 0, column.take(np.maximum(rows, 0))
    if isinstance(out, Labels):
        return Labels(*relabel(out.codes, out.labels, unknown), out.choices, out.name)
    if isinstance(out, Instants):
        return Instants(out.data, either(out.mask, unknown), out.bare, out.zone)
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
    by = np.argsort(keys.codes, kind="stable")
    again = by[1:][keys.codes[by[1:]] == keys.codes[by[:-1]]]
    if not len(again):
        return
    first = {code: int(row) for code, row in zip(*np.unique(keys.codes, return_index=True), strict=True)}
    for row in again.tolist():
        one, other = column.item(first[keys.codes[row]]), column.item(row)
        if keys.item(row) is not None and one != other:
            two = f"{shown(one)} and {shown(other)}"
            raise WrongValue(f"the lookup has two values of {name} for {keys.item(row)!r}, {two}: keep one")
