"""Tables: the columnar twin of a list of records, whatever the rows came as.

A table is lazy: a column is read and checked when something asks for it.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from attrs import Factory, frozen

from crm_metrics import cells as R
from crm_metrics._tables.encoding.cells import Cells, FieldCells, ListCells, Raws
from crm_metrics._tables.encoding.column import encode
from crm_metrics._tables.encoding.raws import Faults, How, Raw
from crm_metrics._values.columns import Column
from crm_metrics._values.exact import Array
from crm_metrics.errors import DataError, Fault, UnknownName, WrongCall, WrongValue, listed, shown
from crm_metrics.records.schemas import NotBefore, Record, Rule, rule_fault, schema

RecordT = TypeVar("RecordT")
RecordT_co = TypeVar("RecordT_co", covariant=True)


TIME_UNITS = ("day", "week", "month", "quarter", "year", "weekday", "hour")


FRAMES_HAVE = {
    "head",
    "tail",
    "iloc",
    "loc",
    "to_pandas",
    "to_polars",
    "to_arrow",
    "shape",
    "values",
    "describe",
    "sample",
}


class Frame(Protocol):
    """Anything with named columns: a pandas, polars or Arrow table."""

    @property
    def columns(self) -> Any:
        """The columns."""


Part: TypeAlias = "Iterable[RecordT] | Table[RecordT] | Mapping[str, Any] | Frame"


@frozen
class LoadReport:
    """What one load read: rows seen and kept, empty cells in required columns, and the faults of rows left out.

    ``no_rate`` is how many of the rows that are not kept were left out by `convert`, for want of a rate. ``decided``
    says what was decided about columns from all of their cells (that one holds days, or percentages), ``around`` what
    stood around the rows (totals, a footer), and in how many rows of the file.
    """

    rows: int
    kept: int
    missing: dict[str, int]
    faults: tuple[Fault, ...] = ()
    no_rate: int = 0
    decided: tuple[str, ...] = ()
    around: Mapping[str, int] = Factory(dict)

    @property
    def refused(self) -> int:
        """Rows left out for bad cells."""
        return self.rows - self.kept - self.no_rate

    def __str__(self) -> str:
        lines = [f"{self.kept} of {self.rows} rows kept"]
        lines += [f"{self.no_rate} without a rate"] if self.no_rate else []
        lines += [f"{n} without {name}" for name, n in self.missing.items()]
        lines += [f"{n} around the rows: {what}" for what, n in self.around.items()]
        lines += self.decided
        lines += [str(fault) for fault in self.faults[:20]]
        return "\n".join(lines)


class Table(Generic[RecordT_co]):
    """Rows of one record class as columns: ``deals.amount``, ``deals["odd name"]``, ``len(deals)``."""

    def __init__(
        self,
        record: type[Record],
        raws: Raws,
        n: int,
        how: How | None = None,
        report: LoadReport | None = None,
        *,
        made: Mapping[str, Column] = MappingProxyType({}),
        checked: bool = False,
    ) -> None:
        self.record, self.how, self.report = record, how or How(), report
        self.memo: dict[Any, Any] = {}
        self._raws, self._n = raws, n
        self._made: dict[str, Column] = dict(made)
        self.said: dict[str, str] = {}  # what was decided about columns
        rules = () if checked else getattr(record, "rules", ())
        self._unchecked = tuple(rule for rule in rules if isinstance(rule, NotBefore))  # what is missing is counted

    def __len__(self) -> int:
        return self._n

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._raws)

    def __contains__(self, name: object) -> bool:
        return _is_name(name) and (name in self._raws or self._also(name) in self._raws)

    def _also(self, name: object) -> Any:
        """The field that another name stands for."""
        return getattr(self.record, "also", {}).get(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("memo", "said"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        if not _is_name(name):
            raise WrongCall(f"{shown(name)} is not the name of a column: give text")
        made = self._made.get(name)
        if made is None:
            made, faults = self._read(name)
            if faults:
                raise DataError(self.numbered(name, faults), self.how.source)
            if early := list(self._too_early(name, made)):
                raise DataError(early, self.how.source)
            self._made[name] = made
        return made

    def _too_early(self, name: str, later: Column) -> Iterator[Fault]:
        """Cells of a time that may not be before another and is: bad cells of the later one, whoever reads it."""
        for rule in self._unchecked:
            if rule.later != name or rule.earlier not in self:
                continue
            with contextlib.suppress(DataError):  # bad cells of the earlier one are told where that is read
                yield from (fault for _, fault in self._broken(rule, _With(self, name, later)))

    def _broken(self, rule: Rule, rows: Any) -> Iterator[tuple[int, Fault]]:
        """The rows that break a rule; none where zones do not meet, which is refused where the two are compared."""
        try:
            broken = np.flatnonzero(rule.broken(rows).true).tolist()
        except WrongValue:
            return
        if broken:
            cells = self.written(rule.fields[0])
            yield from ((row, rule_fault(row + self.how.first_row, rule, cells[row])) for row in broken)

    def cells(self, name: str) -> Cells:
        """The cells of a column where they are: not read yet."""
        return self._raws[name]

    def has_read(self, name: str) -> bool:
        """Whether a column was read already."""
        return name in self._made

    def column(self, name: str) -> Column:
        """A column as far as it was read; what was not is read now, and checked."""
        return self._made[name] if name in self._made else self[name]

    def hold(self, name: str, column: Column) -> None:
        """Have a column from now on instead of reading it."""
        self._made[name] = column

    def own(self) -> None:
        """Keep the cells as they are now, whatever happens to what they came from."""
        self._raws = {name: cells.owned() for name, cells in self._raws.items()}

    def written(self, name: str) -> list[Any]:
        """The cells of a column as they stand in the data."""
        return self._raws[name].read().items()

    def _read(self, name: str) -> tuple[Column, Faults]:
        if name not in self._raws:
            if name in self:
                return self[self._also(name)], []
            if self.record is Record and not self._n and not self._raws:
                return encode(Raw([]), None, self.how, None).column, []  # no rows do not say what columns they lack
            raise UnknownName(self._lacks(name))
        field = schema(self.record).get(name)
        money = field is not None and field.kind is R.money
        currency = self["currency"] if money and "currency" in self else None
        raw = self._raws[name].read()
        read = encode(raw, field, self.how, currency)
        if said := "; ".join(filter(None, (raw.said, read.said))):
            self.said[name] = said
        return read.column, read.faults

    def numbered(self, name: str, faults: Faults) -> list[Fault]:
        """Bad cells of a column as faults, with the row numbers of the load."""
        return [cell.at(row + self.how.first_row, name) for row, cell in faults]

    def _lacks(self, name: str) -> str:
        have = listed(self.columns, 24) or "no columns"
        no, own = (repr(name), name) if isinstance(name, str) else (shown(name), shown(name))
        lacks = f"this {self.record.__name__} table has no {no}; it has {have}: "
        if name in TIME_UNITS:
            return f"{lacks}to group by time pass the key itself, by={name}, without quotes"
        if name in FRAMES_HAVE:
            return f"{lacks}it is no frame, pandas.DataFrame({self.record.__name__.lower()}s.to_columns()) makes one"
        near = difflib.get_close_matches(own, list(self.columns), 1)
        hint = f"did you mean {near[0]!r}? Else " if near else ""
        kind = self.record.__name__
        return f'{lacks}{hint}add it, or say where it is: table(rows, {kind}, columns={{"{own}": ...}})'

    def optional(self, name: str) -> Any:
        """The column, or one with nothing in it where the data has none."""
        if name in self:
            return self[name]
        if ("nothing", name) not in self.memo:
            one = encode(Raw([None]), schema(self.record).get(name), How(), None).column
            self.memo["nothing", name] = one.take(np.zeros(len(self), np.intp))
        return self.memo["nothing", name]

    def typed(self, record: type[Record]) -> Table[Any]:
        """The same rows, read as rows of `record`."""
        if issubclass(self.record, record):
            return self
        if self.record is not Record:
            raise WrongCall(f"expected {record.__name__} rows, got a table of {self.record.__name__}")
        if not self._n and not self._raws:
            return Table(record, {name: FieldCells([], name) for name in schema(record)}, 0, self.how)
        return Table(record, self._raws, self._n, self.how, self.report)

    def replaced(self, columns: Mapping[str, Column]) -> Table[RecordT_co]:
        """The same rows with these columns in place of (or beside) their own."""
        return _Replaced(self, columns)

    def take(self, rows: Array) -> Table[RecordT_co]:
        """The table of these row numbers."""
        return _Taken(self, rows)

    def cut(self, rows: slice) -> Table[RecordT_co]:
        """The table of a stretch of rows, whose columns are not copied."""
        return _Cut(self, rows)

    def to_columns(self) -> dict[str, list[Any]]:
        """The columns as lists of what a record would hold: pandas.DataFrame(deals.to_columns())."""
        return {name: [column.item(i) for i in range(len(self))] for name in self.columns for column in [self[name]]}

    def __repr__(self) -> str:
        return f"<Table of {len(self)} {self.record.__name__} rows: {listed(self.columns, 24)}>"

    def __iter__(self) -> Iterator[Any]:
        raise self._no_rows()

    def __array__(self, *args: Any, **kwargs: Any) -> Array:
        raise self._no_rows()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        raise self._no_rows()

    def _no_rows(self) -> WrongCall:
        """The refusal of what would read a table by rows: a loop, an array, a frame."""
        return WrongCall(
            "a table is read by columns: deals.amount; pandas.DataFrame(deals.to_columns()) makes a frame of it; "
            "keep the list of records to go row by row"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        made = {name: self[name] for name in self.columns}
        return _restored, (self.record, made, len(self), self.how, self.report)


def _is_name(x: Any) -> bool:
    """Whether something may be the name of a column: frames name them by text, numbers and times."""
    try:
        hash(x)
        bool(x == x)
    except Exception:
        return False
    return True


class _Taken(Table[Any]):
    """Some rows of a table; a column is taken when it is asked for."""

    def __init__(self, parent: Table[Any], rows: Array) -> None:
        super().__init__(parent.record, parent._raws, len(rows), parent.how, parent.report, checked=True)
        self._parent, self._rows = parent, rows

    def _read(self, name: str) -> tuple[Column, Faults]:
        column: Column = self._parent[name].take(self._rows)
        return column, []

    def typed(self, record: type[Record]) -> Table[Any]:
        parent = self._parent.typed(record)
        return self if parent is self._parent else _Taken(parent, self._rows)


class _Cut(Table[Any]):
    """A stretch of a table."""

    def __init__(self, parent: Table[Any], rows: slice) -> None:
        super().__init__(parent.record, parent._raws, rows.stop - rows.start, parent.how, parent.report, checked=True)
        self._parent, self._rows = parent, rows

    def _read(self, name: str) -> tuple[Column, Faults]:
        column: Column = self._parent[name].cut(self._rows)
        return column, []


class _Replaced(Table[Any]):
    """A table with some columns replaced."""

    def __init__(self, parent: Table[Any], columns: Mapping[str, Column]) -> None:
        raws = {**parent._raws, **dict.fromkeys(columns, ListCells(()))}
        super().__init__(parent.record, raws, len(parent), parent.how, parent.report, made=columns, checked=True)
        self._parent = parent

    def _read(self, name: str) -> tuple[Column, Faults]:
        column: Column = self._parent[name]
        return column, []

    def typed(self, record: type[Record]) -> Table[Any]:
        parent = self._parent.typed(record)
        return self if parent is self._parent else _Replaced(parent, self._made)


def _restored(record: type[Record], made: dict[str, Column], n: int, how: How, report: LoadReport | None) -> Table[Any]:
    cells = {name: _MadeCells(column) for name, column in made.items()}
    return Table(record, cells, n, how, report, made=made, checked=True)


@frozen(eq=False)
class _MadeCells:
    """A column that was made already, value by value: what a saved table has to be read from as another record."""

    column: Column

    def read(self) -> Raw:
        return Raw([self.column.item(i) for i in range(len(self.column))])

    def textual(self) -> bool:
        return False

    def empty(self) -> int:
        return int(np.count_nonzero(self.column.missing.true))

    def owned(self) -> _MadeCells:
        return self


@frozen
class _With:
    """A table as it will be with a column that is being read."""

    table: Table[Any]
    name: str
    column: Column

    def __getattr__(self, name: str) -> Any:
        return self.column if name == self.name else self.table[name]


# ---------------------------------------------------------------- rows of any kind
