"""The same rows as every kind of input: what a user may have in hand. Each kind keeps every digit.

What becomes of midnights is said in one place, `as_said`: it gives the columns to compare an input with. In a frame's
column of datetimes a bare date becomes a midnight (by the frame, not by us); a column of bare dates alone stays one
wherever the library has such a type (numpy, polars, Arrow; pandas has not). And what is not of typed records holds days
where each of its times is midnight, or the same time on several days.
"""

from __future__ import annotations

import copy
import datetime as dt
import pickle
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest

from crm_metrics import cells as R, table, where
from crm_metrics._values.currencies import exponent
from crm_metrics.errors import DataError
from crm_metrics.records.schemas import Record, schema

Columns: TypeAlias = dict[str, list[Any]]
MIDNIGHT = dt.time()


def columns_of(rows: Iterable[Any], record: type[Record]) -> Columns:
    """The rows as a mapping of columns."""
    rows = list(rows)
    return {name: [getattr(row, name) for row in rows] for name in schema(record)}


def kind_of(record: type[Record], name: str) -> str:
    """The kind of a field by the name of its converter: text, money, instant, share, currency."""
    return str(getattr(schema(record)[name].kind, "__name__", ""))


# ---------------------------------------------------------------- midnights


def types_of(values: list[Any]) -> set[type]:
    return {type(v) for v in values if v is not None}


def as_said(columns: Columns, record: type[Record], midnights: str, clocks: list[str]) -> Columns:
    """The columns as an input says them. Its bare dates are midnights nowhere, beside datetimes ("mixed"), or "all"."""
    out = as_datetimes(columns, record, midnights)
    times = [name for name in schema(record) if kind_of(record, name) == "instant"]
    return out | {name: as_days(out[name], clocks) for name in times}


def as_datetimes(columns: Columns, record: type[Record], midnights: str) -> Columns:
    """The columns as a frame holds them: a bare date beside datetimes, or any, as a midnight."""
    out = dict(columns)
    times = [name for name in schema(record) if kind_of(record, name) == "instant"]
    zone = next((v.tzinfo for name in times for v in columns[name] if isinstance(v, dt.datetime)), None)
    for name in times:
        if midnights == "all" or midnights and len(types_of(columns[name])) > 1:
            out[name] = [_midnight(v, zone) for v in columns[name]]
    return out


def as_days(values: list[Any], clocks: list[str]) -> list[Any]:
    """The times of a column as days, where on one of the clocks all are midnights, or on the first they are alike."""
    timed = [v for v in values if isinstance(v, dt.datetime)]
    for clock in clocks:
        if {_wall(v, clock).time() for v in timed} == {MIDNIGHT}:
            return [_wall(v, clock).date() if v in timed else v for v in values]
    walls = [_wall(v, clocks[0]) for v in timed]
    alike = len({w.time() for w in walls}) == 1 and len({w.date() for w in walls}) >= 3
    return [_wall(v, clocks[0]).date() if alike and v in timed else v for v in values]


def _wall(x: dt.datetime, clock: str) -> dt.datetime:
    return x.astimezone(ZoneInfo(clock)).replace(tzinfo=None) if x.tzinfo else x


def _midnight(x: Any, zone: Any) -> Any:
    bare = type(x) is dt.date
    return dt.datetime.combine(x, MIDNIGHT, zone) if bare else x


# ---------------------------------------------------------------- mappings


def mapping(rows: list[Any], record: type[Record]) -> Columns:
    return columns_of(rows, record)


def dicts(rows: list[Any], record: type[Record]) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in schema(record)} for row in rows]


def texts(rows: list[Any], record: type[Record]) -> Columns:
    """Every cell as text, and nothing as an empty one."""
    return {k: ["" if v is None else _text(v) for v in column] for k, column in columns_of(rows, record).items()}


def _text(x: Any) -> str:
    return x.isoformat() if isinstance(x, dt.date) else str(x)


def nans(rows: list[Any], record: type[Record]) -> Columns:
    """Every missing cell as NaN."""
    return {k: [np.nan if v is None else v for v in column] for k, column in columns_of(rows, record).items()}


def numpy_arrays(rows: list[Any], record: type[Record]) -> dict[str, Any]:
    """Arrays: floats where they keep every digit, datetime64 where there is no zone, objects elsewhere."""
    return {name: _array(values, kind_of(record, name), rows) for name, values in columns_of(rows, record).items()}


def _array(values: list[Any], kind: str, rows: list[Any]) -> Any:
    if kind == "flag" and values and None not in values:
        return np.array(values, bool)
    if kind in ("money", "share") and _as_floats(values, rows, kind):
        return np.array([np.nan if v is None else float(v) for v in values], float)
    if kind == "instant" and types_of(values) == {dt.date}:
        return np.array(values, "M8[D]")
    if kind == "instant" and types_of(values) == {dt.datetime} and not any(v.tzinfo for v in values if v):
        return np.array(values, "M8[us]")
    if values and all(isinstance(v, str) for v in values):
        return np.array(values)
    out = np.empty(len(values), object)
    out[:] = values
    return out


def _as_floats(values: list[Any], rows: list[Any], kind: str) -> bool:
    """Whether floats name the same amounts to the minor unit."""
    digits = [6 if kind == "share" else exponent(getattr(row, "currency", None)) for row in rows]
    return all(v is None or R.to_minor(Decimal(repr(float(v))), d) == v for v, d in zip(values, digits, strict=True))


def masked_arrays(rows: list[Any], record: type[Record]) -> dict[str, Any]:
    """Masked arrays of whole numbers and times; junk under the mask."""
    return {k: _masked(v, kind_of(record, k)) for k, v in numpy_arrays(rows, record).items()}


def _masked(values: Any, kind: str) -> Any:
    if values.dtype.kind == "M":
        none = np.isnat(values)
        return np.ma.MaskedArray(np.where(none, np.datetime64("1900-01-01", "D"), values).astype(values.dtype), none)
    if values.dtype.kind == "f":
        return np.ma.MaskedArray(np.where(np.isnan(values), 1e9, values), np.isnan(values))
    return values


# ---------------------------------------------------------------- pandas


def pandas_objects(rows: list[Any], record: type[Record]) -> Any:
    pd = pytest.importorskip("pandas")
    columns = columns_of(rows, record)
    out = pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in columns.items()})
    return out.set_index(pd.RangeIndex(5, 5 + len(rows)))


def pandas_typed(rows: list[Any], record: type[Record]) -> Any:
    """Strings, categories, nullable numbers and datetimes."""
    pd = pytest.importorskip("pandas")
    columns = as_datetimes(columns_of(rows, record), record, "all")
    return pd.DataFrame({k: _pandas(pd, v, kind_of(record, k), i, rows) for i, (k, v) in enumerate(columns.items())})


def _pandas(pd: Any, values: list[Any], kind: str, i: int, rows: list[Any]) -> Any:
    if kind == "flag":
        return pd.Series(values, dtype="boolean")
    if kind == "text":
        return pd.Series(values, dtype=["string", "category", object][i % 3])
    if kind == "currency":
        return pd.Series(values, dtype="category")
    if kind == "instant":
        aware = any(v.tzinfo for v in values if v)
        out = pd.to_datetime(pd.Series(values, dtype=object), utc=aware).astype("M8[us, UTC]" if aware else "M8[us]")
        return out.dt.tz_convert("Europe/Moscow") if aware else out
    if all(v is None or v == int(v) for v in values):
        return pd.Series([None if v is None else int(v) for v in values], dtype="Int64")
    if _as_floats(values, rows, kind):
        return pd.Series([None if v is None else float(v) for v in values], dtype="Float64")
    return pd.Series(values, dtype=object)


def pandas_arrow(rows: list[Any], record: type[Record]) -> Any:
    """Columns that Arrow holds."""
    pytest.importorskip("pandas")
    return arrow(rows, record).to_pandas(types_mapper=_arrow_type)


def _arrow_type(kind: Any) -> Any:
    import pandas as pd

    return pd.ArrowDtype(kind)


# ---------------------------------------------------------------- polars


def polars(rows: list[Any], record: type[Record]) -> Any:
    return _polars_frame(rows, record, "String")


def polars_categorical(rows: list[Any], record: type[Record]) -> Any:
    return _polars_frame(rows, record, "Categorical")


def polars_enum(rows: list[Any], record: type[Record]) -> Any:
    return _polars_frame(rows, record, "Enum")


def _polars_frame(rows: list[Any], record: type[Record], text: str) -> Any:
    pl = pytest.importorskip("polars")
    columns = as_datetimes(columns_of(rows, record), record, "mixed")
    return pl.DataFrame([_polars(pl, k, v, kind_of(record, k), text, rows) for k, v in columns.items()])


def _polars(pl: Any, name: str, values: list[Any], kind: str, text: str, rows: list[Any]) -> Any:
    if kind in ("text", "currency"):
        labels = sorted({v for v in values if v is not None} | {"", "of no row"})
        return pl.Series(name, values, {"Enum": pl.Enum(labels)}.get(text) or getattr(pl, text))
    if kind == "instant":
        aware = any(v.tzinfo for v in values if isinstance(v, dt.datetime))
        bare = types_of(values) == {dt.date}
        return pl.Series(name, values, pl.Date if bare else pl.Datetime("us", "UTC" if aware else None))
    if kind == "flag":
        return pl.Series(name, values, pl.Boolean)
    if text == "Categorical" and _as_floats(values, rows, kind):
        return pl.Series(name, [None if v is None else float(v) for v in values], pl.Float64)
    return pl.Series(name, values, pl.Decimal(30, 6 if kind == "share" else 4))


# ---------------------------------------------------------------- Arrow


def arrow(rows: list[Any], record: type[Record]) -> Any:
    pa = pytest.importorskip("pyarrow")
    columns = as_datetimes(columns_of(rows, record), record, "mixed")
    return pa.table({k: _arrow(pa, v, kind_of(record, k)) for k, v in columns.items()})


def _arrow(pa: Any, values: list[Any], kind: str) -> Any:
    if kind == "instant":
        aware = any(v.tzinfo for v in values if isinstance(v, dt.datetime))
        bare = types_of(values) == {dt.date}
        return pa.array(values, pa.date32() if bare else pa.timestamp("us", "UTC" if aware else None))
    if kind == "flag":
        return pa.array(values, pa.bool_())
    if kind in ("money", "share", "number"):
        return pa.array(values, pa.decimal128(30, 6))
    return pa.array(values, pa.string())


def arrow_dictionary(rows: list[Any], record: type[Record]) -> Any:
    """Two chunks, each with a dictionary of its own."""
    pa = pytest.importorskip("pyarrow")
    whole = arrow(rows, record)
    half = len(rows) // 2
    parts = [whole.slice(0, half), whole.slice(half)]
    return pa.concat_tables(
        [pa.table({n: _dictionary(pa, part.column(n)) for n in whole.column_names}) for part in parts]
    )


def _dictionary(pa: Any, column: Any) -> Any:
    return column.dictionary_encode() if pa.types.is_string(column.type) else column


def record_batch(rows: list[Any], record: type[Record]) -> Any:
    pytest.importorskip("pyarrow")
    batches = arrow(rows, record).combine_chunks().to_batches()
    return batches[0] if batches else arrow(rows, record)


class Stream:
    """Nothing but the Arrow stream protocol."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.frame.__arrow_c_stream__(requested_schema)


def arrow_stream(rows: list[Any], record: type[Record]) -> Stream:
    return Stream(arrow(rows, record))


# ---------------------------------------------------------------- rows, tables, and more than was asked for


def records(rows: list[Any], record: type[Record]) -> list[Any]:
    return rows


def generator(rows: list[Any], record: type[Record]) -> Any:
    return (row for row in rows)


def subclass(rows: list[Any], record: type[Record]) -> list[Any]:
    """Rows of a user's own class, with a field more."""
    return [_odd(record)(**attrs.asdict(row), colour="red") for row in rows]


def some_of_a_subclass(rows: list[Any], record: type[Record]) -> list[Any]:
    odd = subclass(rows, record)
    return [b if i % 2 else a for i, (a, b) in enumerate(zip(rows, odd, strict=True))]


_ODD: dict[type, Any] = {}


def _odd(record: type[Record]) -> Any:
    if record not in _ODD:
        colour = attrs.field(default=None, converter=R.text)
        _ODD[record] = attrs.make_class(
            f"Odd{record.__name__}", {"colour": colour}, bases=(record,), frozen=True, slots=True, kw_only=True
        )
    return _ODD[record]


def a_table(rows: list[Any], record: type[Record]) -> Any:
    return table(rows, record)


def pickled_table(rows: list[Any], record: type[Record]) -> Any:
    return pickle.loads(pickle.dumps(table(rows, record)))


def pickled_mapping(rows: list[Any], record: type[Record]) -> Any:
    """A table that knew no record when it was pickled."""
    return pickle.loads(pickle.dumps(where(mapping(rows, record))))


def renamed(rows: list[Any], record: type[Record]) -> Any:
    """A table of columns and labels with other names."""
    columns = columns_of(rows, record)
    words = {n: {f"the {c} one": c for c in f.choices} for n, f in schema(record).items() if f.choices}
    told = {n: [v and f"the {v} one" for v in columns[n]] for n in words}
    theirs = {f"their {n}": told.get(n, v) for n, v in columns.items()}
    return table(theirs, record, columns={n: f"their {n}" for n in columns}, values=words)


def chosen(rows: list[Any], record: type[Record]) -> Any:
    """Rows picked out of twice as many."""
    twice = mapping([row for row in rows for _ in "ab"], record)
    return where({**twice, "keep": [True, False] * len(rows)}, keep=True)


def with_more(rows: list[Any], record: type[Record]) -> dict[str, Any]:
    """Columns that are no field, of kinds that no field has."""
    n = len(rows)
    more: Columns = {
        "odd name": ["x", None, 7][:n] + ["y"] * (n - 3),
        "flag": [i % 2 == 0 for i in range(n)],
        "size": list(range(n)),
        "tags": [["a", "b"] for _ in range(n)],
        "seen": [dt.datetime(2017, 1, 1)] * n,
    }
    return {**more, **mapping(rows, record)}


def frame_with_more(rows: list[Any], record: type[Record]) -> Any:
    pl = pytest.importorskip("polars")
    more = [pl.Series(k, v, strict=False) for k, v in with_more(rows, record).items() if k in ("flag", "size", "tags")]
    return polars(rows, record).with_columns(more)


# ---------------------------------------------------------------- all of them


@attrs.frozen
class Kind:
    """A kind of input: how to make one, where its bare dates are midnights, on which clock its times are written,
    and whether it is of typed records, which say themselves what they are."""

    make: Callable[[list[Any], type[Record]], Any]
    midnights: str = ""  # "mixed": beside datetimes; "all": also where there is nothing else
    typed: bool = False
    clock: str = "UTC"

    def expected(self, rows: list[Any], record: type[Record], tz: str | None = None) -> Any:
        """Records, or columns of cells, that say the same."""
        columns = columns_of(rows, record)
        clocks = [self.clock, "UTC", *([tz] if tz else [])]
        said = columns if self.typed else as_said(columns, record, self.midnights, clocks)
        return rows if said == columns else said

    def sound(self, rows: list[Any], record: type[Record]) -> list[Any]:
        """The rows that keep the rules of their record here too: a midnight may come before what its date did not."""
        said = self.expected(rows, record)
        return rows if said is rows else [row for i, row in enumerate(rows) if _keeps_rules(said, record, i)]


def _keeps_rules(columns: Columns, record: type[Record], i: int) -> bool:
    try:
        record(**{name: values[i] for name, values in columns.items()})
    except DataError:
        return False
    return True


KINDS = {
    k.make.__name__: k
    for k in (
        *(
            Kind(make, typed=True)
            for make in (records, generator, subclass, some_of_a_subclass, a_table, pickled_table)
        ),
        *map(Kind, (renamed, chosen, mapping, dicts, pickled_mapping, texts, nans, numpy_arrays, masked_arrays)),
        *map(Kind, (with_more, pandas_objects)),
        Kind(pandas_typed, "all", clock="Europe/Moscow"),
        *(Kind(make, "mixed") for make in (pandas_arrow, polars, polars_categorical, polars_enum, frame_with_more)),
        *(Kind(make, "mixed") for make in (arrow, arrow_dictionary, record_batch, arrow_stream)),
    )
}


def frozen_copy(x: Any) -> Any:
    """A copy to compare with later, where that can be told."""
    return copy.deepcopy(x.frame if isinstance(x, Stream) else x)


def unchanged(x: Any, before: Any) -> bool:
    """Whether an input is what it was, to the type of every cell."""
    if isinstance(x, Stream):
        return unchanged(x.frame, before)
    if isinstance(x, (list, tuple)):
        return len(x) == len(before) and all(unchanged(a, b) for a, b in zip(x, before, strict=True))
    if isinstance(x, dict):
        return list(x) == list(before) and all(unchanged(v, before[k]) for k, v in x.items())
    if isinstance(x, np.ndarray):
        return x.dtype == before.dtype and unchanged(np.ma.getdata(x).tolist(), np.ma.getdata(before).tolist())
    if hasattr(x, "equals"):  # pandas, polars, Arrow
        return bool(x.equals(before)) and str(getattr(x, "dtypes", "")) == str(getattr(before, "dtypes", ""))
    return type(x) is type(before) and (x == before or x != x)
