"""Tables: the columnar twin of a list of records. `table`, `where`, `duplicates`.

A table is lazy: a column is read and checked when something asks for it. `table()` asks for all of them at once, so
that every bad cell of a load is in one error.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from attrs import frozen

from crm_metrics import records as R
from crm_metrics.breakdown import Breakdown
from crm_metrics.encode import Faults, How, Raw, encode
from crm_metrics.errors import DataError, Fault, UnknownName, WrongCall, WrongValue, listed, shown
from crm_metrics.exact import Array
from crm_metrics.frames import FieldCells, ListCells, Raws, frame_columns, mapping_columns
from crm_metrics.records import Record, schema
from crm_metrics.values import Column, Flags, Instants, Labels, Quantity

RecordT = TypeVar("RecordT")
RecordT_co = TypeVar("RecordT_co", covariant=True)


class Frame(Protocol):
    """Anything with named columns: a pandas, polars or Arrow table."""

    @property
    def columns(self) -> Any:
        """The columns."""


Part: TypeAlias = "Iterable[RecordT] | Table[RecordT] | Mapping[str, Any] | Frame"
Predicate: TypeAlias = Callable[[Any], Any]


@frozen
class Report:
    """What one load read: rows seen and kept, empty cells in required columns, and the faults of rows left out."""

    rows: int
    kept: int
    missing: dict[str, int]
    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.kept} of {self.rows} rows kept"]
        lines += [f"{n} without {name}" for name, n in self.missing.items()]
        lines += [str(fault) for fault in self.faults[:20]]
        return "\n".join(lines)


class Table(Generic[RecordT_co]):
    """Rows of one record class as columns: ``deals.amount``, ``deals["odd name"]``, ``len(deals)``."""

    def __init__(self, record: type, raws: Raws, n: int, how: How | None = None, report: Report | None = None) -> None:
        self.record, self.how, self.report = record, how or How(), report
        self.memo: dict[Any, Any] = {}
        self._raws, self._n = raws, n
        self._made: dict[str, Column] = {}

    def __len__(self) -> int:
        return self._n

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._raws)

    def __contains__(self, name: object) -> bool:
        return name in self._raws

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "memo":
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        made = self._made.get(name)
        if made is None:
            made, faults = self._read(name)
            if faults:
                raise DataError(_numbered(self, name, faults), self.how.source)
            self._made[name] = made
        return made

    def _read(self, name: str) -> tuple[Column, Faults]:
        if name not in self._raws:
            raise UnknownName(self._lacks(name))
        field = schema(self.record).get(name)
        money = field is not None and field.kind is R.money
        currency = self["currency"] if money and "currency" in self else None
        return encode(self._raws[name].read(), field, self.how, currency)

    def _lacks(self, name: str) -> str:
        near = difflib.get_close_matches(str(name), list(self.columns), 1)
        hint = f"did you mean {near[0]!r}? Else " if near else ""
        return (
            f"this {self.record.__name__} table has no {name!r}; it has {listed(self.columns, 24)}: "
            f'{hint}pass columns={{"{name}": ...}} or add the field'
        )

    def optional(self, name: str) -> Any:
        """The column, or one with nothing in it where the data has none."""
        if name in self:
            return self[name]
        field = schema(self.record).get(name)
        return encode(Raw([None] * len(self)), field, self.how, None)[0]

    def typed(self, record: type) -> Table[Any]:
        """The same rows, read as rows of `record`."""
        if issubclass(self.record, record):
            return self
        if self.record is not Record:
            raise WrongCall(f"expected {record.__name__} rows, got a table of {self.record.__name__}")
        return Table(record, self._raws, self._n, self.how, self.report)

    def replaced(self, columns: Mapping[str, Column]) -> Table[RecordT_co]:
        """The same rows with these columns in place of (or beside) their own."""
        return _Replaced(self, columns)

    def take(self, rows: Array) -> Table[RecordT_co]:
        """The table of these row numbers."""
        return _Taken(self, rows)

    def __repr__(self) -> str:
        return f"<Table of {len(self)} {self.record.__name__} rows: {listed(self.columns, 24)}>"

    def __iter__(self) -> Iterator[Any]:
        msg = "a table is read by columns: deals.amount; keep the list of records to go row by row"
        raise WrongCall(msg)

    def __reduce__(self) -> tuple[Any, ...]:
        made = {name: self[name] for name in self.columns}
        return _restored, (self.record, made, len(self), self.how, self.report)


class _Taken(Table[Any]):
    """Some rows of a table; a column is taken when it is asked for."""

    def __init__(self, parent: Table[Any], rows: Array) -> None:
        super().__init__(parent.record, parent._raws, len(rows), parent.how, parent.report)
        self._parent, self._rows = parent, rows

    def _read(self, name: str) -> tuple[Column, Faults]:
        column: Column = self._parent[name].take(self._rows)
        return column, []

    def typed(self, record: type) -> Table[Any]:
        parent = self._parent.typed(record)
        return self if parent is self._parent else _Taken(parent, self._rows)


class _Replaced(Table[Any]):
    """A table with some columns replaced."""

    def __init__(self, parent: Table[Any], columns: Mapping[str, Column]) -> None:
        raws = {**parent._raws, **dict.fromkeys(columns, ListCells(()))}
        super().__init__(parent.record, raws, len(parent), parent.how, parent.report)
        self._parent = parent
        self._made = dict(columns)

    def _read(self, name: str) -> tuple[Column, Faults]:
        column: Column = self._parent[name]
        return column, []

    def typed(self, record: type) -> Table[Any]:
        parent = self._parent.typed(record)
        return self if parent is self._parent else _Replaced(parent, self._made)


def _restored(record: type, made: dict[str, Column], n: int, how: How, report: Report | None) -> Table[Any]:
    out: Table[Any] = Table(record, dict.fromkeys(made, ListCells(())), n, how, report)
    out._made = made
    return out


# ---------------------------------------------------------------- rows of any kind


def open_rows(rows: Any, record: type | None = None, how: How | None = None) -> Table[Any]:
    """Rows of any kind as a table whose columns are read when asked for."""
    if isinstance(rows, Table):
        return rows if record is None else rows.typed(record)
    how = how or How()
    found = mapping_columns(rows) if isinstance(rows, Mapping) else frame_columns(rows)
    if found is not None:
        raws, n = found
        return Table(record or Record, _renamed(raws, how), n, how)
    return _of_records(rows, record, how)


def _of_records(rows: Any, record: type | None, how: How) -> Table[Any]:
    wanted = "records" if record is None else f"{record.__name__} records"
    if isinstance(rows, Record):
        raise WrongCall(f"one {type(rows).__name__} is not rows: pass a list, [deal]")
    if isinstance(rows, (str, bytes)) or not isinstance(rows, Iterable):
        hint = " (to read a file: read_csv(path, ...))" if isinstance(rows, str) else ""
        raise WrongCall(f"expected {wanted}, a mapping of columns or a frame, got {shown(rows)}{hint}")
    rows = rows if isinstance(rows, list) else list(rows)
    kinds = list(dict.fromkeys(map(type, rows)))
    base = record or (kinds[0] if kinds else Record)
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Record) and issubclass(kind, base)):
            raise WrongCall(_not_records(rows, kind, base, wanted))
    if how.columns or how.values:
        raise WrongCall("columns= and values= are for frames, mappings and files: these rows are records already")
    shared = [n for n in schema(kinds[0] if kinds else base) if all(n in schema(kind) for kind in kinds)]
    return Table(base, {name: FieldCells(rows, name) for name in shared}, len(rows), how)


def _not_records(rows: Sequence[Any], kind: type, base: type, wanted: str) -> str:
    i = next(i for i, row in enumerate(rows) if type(row) is kind)
    if issubclass(kind, Mapping):
        return f"row {i + 1} is a dict: make records, [{base.__name__}(**row) for row in rows], or a mapping of columns"
    return f"expected {wanted}, but row {i + 1} is {shown(rows[i])}"


def _renamed(raws: Raws, how: How) -> Raws:
    """The columns under the names of fields: ``columns={"manager": "sales_agent"}``."""
    if not how.columns:
        return raws
    if lost := [theirs for theirs in how.columns.values() if theirs not in raws]:
        raise UnknownName(f"columns= names {listed(map(repr, lost))}, but {how.source} has {listed(raws, 24)}")
    taken = set(how.columns.values())
    if hidden := [ours for ours in how.columns if ours in raws and ours not in taken]:
        raise WrongValue(
            f"{how.source} has a column {hidden[0]!r} of its own, which columns= would hide: "
            f'keep it under another name, columns={{"other_{hidden[0]}": {hidden[0]!r}, ...}}'
        )
    rest = {name: raw for name, raw in raws.items() if name not in taken}
    return {**{ours: raws[theirs] for ours, theirs in how.columns.items()}, **rest}


# ---------------------------------------------------------------- table: everything read and checked


def table(
    rows: Part[RecordT],
    record: type[RecordT],
    *,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[Any, Any]] | None = None,
    rounding: str | None = None,
    tz: str | None = None,
    on_error: str = "raise",
) -> Table[RecordT]:
    """The rows as a table of `record`, every cell read and checked.

    Rows are an iterable of records, a mapping of columns, or a pandas, polars or Arrow frame (or anything that speaks
    the Arrow stream protocol). Every required column must be there; an empty cell in one is kept as missing and
    counted in ``.report``. Columns that are no field are kept, for `by=` and `where`.

    ``columns`` says where a field is found, ``values`` translates labels, ``rounding="half_even"`` lets amounts
    finer than the minor unit in, ``tz`` names the zone in which aware times have their days.
    ``on_error="skip"`` leaves rows with bad cells out and lists them in ``.report``.

    Raises `DataError` with every bad cell; `UnknownName` where a required column is not there.

    >>> from crm_metrics import Deal
    >>> data = {"no": [1, 2], "came": ["2024-01-05", None], "state": ["WON", "new"], "closed_at": ["2024-02-01", None]}
    >>> deals = table(
    ...     data,
    ...     Deal,
    ...     columns={"id": "no", "created_at": "came", "status": "state"},
    ...     values={"status": {"WON": "won", "new": "open"}},
    ... )
    >>> deals
    <Table of 2 Deal rows: id, created_at, status, closed_at>
    >>> deals.report.missing
    {'created_at': 1}
    """
    how = How(columns=columns or {}, values=values or {}, rounding=rounding, tz=tz)
    return load(rows, record, how, on_error)


def load(rows: Any, record: type, how: How, on_error: str = "raise") -> Table[Any]:
    """`table` with the conventions in one value; files read through it too."""
    if not (isinstance(record, type) and issubclass(record, Record)):
        raise WrongCall(f"expected a record class such as Deal, got {shown(record)}")
    if on_error not in ("raise", "skip"):
        raise WrongValue(f"on_error={on_error!r}: use 'raise' or 'skip'")
    if how.rounding is not None and how.rounding not in R.ROUNDING:
        raise WrongValue(f"rounding={how.rounding!r}: use one of {listed(R.ROUNDING)}")
    if isinstance(rows, Table) and how != How():
        raise WrongCall("these rows are a table already: give columns=, values= and the rest where it is made")
    t = open_rows(rows, record, how)
    _known_fields(t, how)
    faults = _checked(t)
    if faults and on_error == "raise":
        raise DataError(faults.values(), how.source)
    bad = np.array(sorted({row for row, _ in faults}), np.intp)
    kept = t.take(np.setdiff1d(np.arange(len(t)), bad)) if len(bad) else t
    gaps = {f.name: _gaps(kept, f.name) for f in schema(record).values() if f.required}
    missing = {name: n for name, n in gaps.items() if n}
    kept.report = Report(len(t), len(kept), missing, tuple(faults.values()))
    return kept


def _known_fields(t: Table[Any], how: How) -> None:
    fields = schema(t.record)
    if lost := [f.name for f in fields.values() if f.required and f.name not in t]:
        raise UnknownName(f"{how.source}: {t._lacks(lost[0])}")
    for name in how.values:
        if name not in t:
            raise UnknownName(f"values= names {name!r}: {t._lacks(name)}")


def _checked(t: Table[Any]) -> dict[tuple[int, str], Fault]:
    """Every bad cell, by row and field, in the order of rows."""
    found: dict[tuple[int, str], Fault] = {}
    for name in t.columns:
        if _is_sound(t, name):
            continue
        column, faults = t._read(name)
        t._made[name] = column
        for (row, _), fault in zip(faults, _numbered(t, name, faults), strict=True):
            found.setdefault((row, name), fault)
    for row, fault in [*_zone_faults(t), *_rule_faults(t, {row for row, _ in found})]:
        found.setdefault((row, fault.field), fault)
    return dict(sorted(found.items(), key=lambda pair: pair[0][0]))


def _is_sound(t: Table[Any], name: str) -> bool:
    """Whether a column of ids or labels has no fault to find: it is read when something asks for it."""
    field, how = schema(t.record).get(name), t.how
    if name in t._made or type(t) is not Table:
        return name in t._made
    plain = field is None or (field.kind is R.text and not field.choices and name not in how.values)
    return plain and t._raws[name].textual()


def _gaps(t: Table[Any], name: str) -> int:
    """How many rows lack a value."""
    if type(t) is Table and name not in t._made:
        return t._raws[name].empty()
    return int(np.count_nonzero(t[name].missing.true))


def _numbered(t: Table[Any], name: str, faults: Faults) -> list[Fault]:
    return [cell.at(row + t.how.first_row, name) for row, cell in faults]


def _zone_faults(t: Table[Any]) -> Iterator[tuple[int, Fault]]:
    """The first row of each time column that has a zone where another has none."""
    times: dict[str, Instants] = {n: t[n] for n, f in schema(t.record).items() if f.kind is R.instant and n in t}
    timed = {n: c for n, c in times.items() if len(c) and c.bare is not True and not bool(c.missing.true.all())}
    aware = [n for n, c in timed.items() if c.zone is not None]
    naive = [n for n, c in timed.items() if c.zone is None]
    if aware and naive:
        for name in naive:
            row = int(np.flatnonzero(~timed[name].missing.true)[0])
            problem = f"has no time zone and {aware[0]} has one"
            remedy = "give both columns a zone, or strip it from both"
            yield row, Fault(row + t.how.first_row, name, timed[name].item(row), problem, remedy)


def _rule_faults(t: Table[Any], bad: set[int]) -> Iterator[tuple[int, Fault]]:
    for rule in getattr(t.record, "rules", ()):
        if not all(name in t for name in rule.fields):
            continue
        try:
            broken = rule.broken(t).true
        except WrongValue:  # zones that do not meet are listed by _zone_faults
            continue
        for row in np.flatnonzero(broken).tolist():
            if row not in bad:
                yield row, R.rule_fault(row + t.how.first_row, rule, t[rule.fields[0]].item(row))


# ---------------------------------------------------------------- where


def where(rows: Any, *conditions: Predicate, **equals: Any) -> Table[Any]:
    """The rows for which every condition holds.

    A condition is a function of a table that gives flags. ``field=value`` keeps the rows with that value; a list
    keeps any of several; None keeps those without; a period such as ``month("2024-03")`` keeps times within it.

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
    flags = [_condition(t, f) for f in conditions] + [_equal(t[name], name, value) for name, value in equals.items()]
    if not flags:
        return t
    keep = flags[0]
    for more in flags[1:]:
        keep = keep & more
    return t.take(np.flatnonzero(keep.true))


def _condition(t: Table[Any], condition: Predicate) -> Flags:
    if not callable(condition):
        raise WrongCall(f"expected a function of the table such as won, got {shown(condition)}")
    out = condition(t)
    if not isinstance(out, Flags):
        name = getattr(condition, "__name__", "the condition")
        raise WrongCall(f"{name} gives {type(out).__name__}, not flags: compare, as in lambda d: d.amount > 1000")
    return out


def _equal(column: Any, name: str, value: Any) -> Flags:
    if hasattr(value, "covers"):
        return _in_period(column, name, value)
    if value is None:
        return Flags(column.missing.true)
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = [_equal(column, name, v) for v in value]
        true = np.logical_or.reduce([p.true for p in parts]) if parts else np.zeros(len(column), bool)
        return Flags(true)
    if isinstance(column, Flags):
        return column if value else ~column
    if isinstance(column, Quantity) and isinstance(value, str):
        raise WrongCall(f"{name} holds numbers, not {shown(value)}: give a number")
    if isinstance(column, Labels) and column.name and not isinstance(value, str):
        value = R.text(value)
    return _as_flags(column == value)


def _as_flags(x: Any) -> Flags:
    assert isinstance(x, Flags)
    return x


def _in_period(column: Any, name: str, period: Any) -> Flags:
    if not isinstance(column, Instants):
        raise WrongCall(f"{name} holds no times, so {period} does not apply: give a value of {name}")
    return _as_flags(period.covers(column))


def duplicates(rows: Any, field: str = "id") -> Breakdown:
    """The ids that occur more than once, and how often. Counting does not need ids to be unique; joining does."""
    column = open_rows(rows)[field]
    if not isinstance(column, Labels):
        raise WrongCall(f"{field} holds {type(column).__name__.lower()}, not ids")
    counts = np.bincount(column.codes, minlength=column.size)[: column.known]
    twice = np.flatnonzero(counts > 1)
    return Breakdown([column.labels[i] for i in twice.tolist()], num=counts[twice].astype(np.int64), names=(field,))


class column:  # noqa: N801  # a decorator
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

    def __call__(self, rows: Any) -> Any:
        if isinstance(rows, Table):
            return self.function(rows)
        if not isinstance(rows, Record):
            raise WrongCall(f"{self!r} reads a record or a table, not {shown(rows)}")
        return self.function(open_rows([rows], type(rows))).item(0)

    def __repr__(self) -> str:
        return str(getattr(self, "__name__", "column"))

    def __reduce__(self) -> str:
        return str(self.__qualname__)  # type: ignore[attr-defined]  # copied from the function
