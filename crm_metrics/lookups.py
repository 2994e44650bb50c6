"""`via`: a field of a lookup (a manager's team, a product's series) as a key of other rows."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from crm_metrics import cells as R
from crm_metrics.encode import relabel
from crm_metrics.errors import UnknownName, WrongCall, WrongValue, shown
from crm_metrics.schemas import Record
from crm_metrics.tables import Table, open_rows
from crm_metrics.values import Flags, Labels


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
        ours = rows[on]
        if not isinstance(ours, Labels):
            raise WrongCall(f"{on} holds no labels to match with")
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
