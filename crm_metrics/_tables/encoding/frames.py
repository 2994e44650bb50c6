"""Columns of pandas, polars and Arrow tables, by each library's own fast path to codes and arrays.

Nothing here imports a dataframe library: a frame can only be given where its library is loaded already. Only an
object that speaks the Arrow stream protocol needs pyarrow or polars to read it.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from attrs import evolve, frozen

from crm_metrics._tables.encoding.raws import Raw
from crm_metrics._tables.text import ERRORS
from crm_metrics._values.columns import Mask
from crm_metrics._values.exact import Array
from crm_metrics.errors import MissingExtra, WrongCall, listed


class Cells(Protocol):
    """A column where it is: not read yet."""

    def read(self) -> Raw:
        """The column as lists, arrays or codes."""

    def textual(self) -> bool:
        """Whether every cell is text, a whole number or empty: an id or a label without fault, not worth reading."""

    def empty(self) -> int:
        """How many cells of a textual column are empty."""

    def owned(self) -> Cells:
        """The same column, which stays as it is whatever happens to what it was made from."""


DAY_MS = 24 * 60 * 60 * 1000
Raws: TypeAlias = Mapping[str, Cells]


def frame_columns(rows: Any) -> tuple[Raws, int] | None:
    """The columns of a frame, not read yet, and its length; None if it is no frame."""
    for library, columns in (("polars", _polars), ("pandas", _pandas), ("pyarrow", _pyarrow)):
        module = sys.modules.get(library)
        if module is not None and (found := columns(module, rows)) is not None:
            return found
    if hasattr(rows, "__arrow_c_stream__"):
        return frame_columns(_from_stream(rows))
    return None


def whole(rows: Any) -> Any:
    """The rows, as something that can be read more than once where they are a stream or come one after another."""
    if hasattr(rows, "__arrow_c_stream__"):
        return rows if hasattr(rows, "columns") else _from_stream(rows)
    return list(rows) if isinstance(rows, Iterator) else rows


def _from_stream(rows: Any) -> Any:
    """A frame of pyarrow, else of polars, from anything that speaks the protocol."""
    name = type(rows).__name__
    for library, frame in (("pyarrow", "table"), ("polars", "DataFrame")):
        try:
            module = importlib.import_module(library)
        except ImportError:
            continue
        try:
            return getattr(module, frame)(rows)
        except (TypeError, ValueError) as error:
            raise WrongCall(f"{name} is no table of rows ({error}): give a frame with named columns") from None
    raise MissingExtra(f"reading {name} by the Arrow protocol needs pyarrow or polars: pip install pyarrow")


def mapping_columns(rows: Mapping[Any, Any]) -> tuple[Raws, int]:
    """The columns of a mapping, and their common length."""
    _named_once(rows)
    lengths = {str(name): _length(name, values) for name, values in rows.items()}
    if len(set(lengths.values())) > 1:
        shown = listed(f"{name} has {n}" for name, n in lengths.items())
        raise WrongCall(f"the columns differ in length: {shown}; give every column one value per row")
    return {str(name): _cells(values) for name, values in rows.items()}, max(lengths.values(), default=0)


def _named_once(names: Iterable[Any]) -> None:
    """Names are text here: 1 and "1" are one."""
    counts = Counter(map(str, names))
    if twice := [name for name, n in counts.items() if n > 1]:
        raise WrongCall(f"two columns have the same name ({listed(twice)}): rename or drop one")


def _length(name: Any, values: Any) -> int:
    one_dimension = getattr(values, "ndim", 1) == 1 and not hasattr(values, "columns")
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__len__") or not one_dimension:
        kind = type(values).__name__
        raise WrongCall(f"column {name!r} is {kind}, not a list or an array of values: give one value per row")
    return len(values)


def _cells(values: Any) -> Cells:
    for library, kind, cells in (
        ("polars", "Series", PolarsCells),
        ("pandas", "Series", PandasCells),
        ("pyarrow", "ChunkedArray", ArrowCells),
        ("pyarrow", "Array", ArrowCells),
    ):
        module = sys.modules.get(library)
        if module is not None and isinstance(values, getattr(module, kind)):
            return cells(values)
    if isinstance(values, np.ndarray) and values.dtype.kind in "iufbmM":
        return ArrayCells(values)
    return ListCells(values.tolist() if isinstance(values, np.ndarray) else values)


# ---------------------------------------------------------------- lists and arrays


@frozen(eq=False)
class ListCells:
    """A column that is a list."""

    values: Sequence[Any]

    def read(self) -> Raw:
        return Raw(self.values if isinstance(self.values, list) else list(self.values))

    def textual(self) -> bool:
        return set(map(type, self.values)) <= {str, int, type(None)} and ERRORS.isdisjoint(self.values)

    def empty(self) -> int:
        values = self.read().values
        return int(values.count(None) + values.count(""))

    def owned(self) -> ListCells:
        return ListCells(list(self.values))


@frozen(eq=False)
class FieldCells:
    """A field of a list of records, gathered when it is read."""

    rows: list[Any]
    name: str

    def read(self) -> Raw:
        return Raw(_reader(self.name)(self.rows), stated=True)

    def textual(self) -> bool:
        return True  # the records were checked when they were made

    def empty(self) -> int:
        return int(self.read().values.count(None))

    def owned(self) -> FieldCells:
        return self  # `table` has a list of its own


@functools.cache
def _reader(name: str) -> Callable[[list[Any]], list[Any]]:
    """A comprehension over one field, which is twice as fast as `attrgetter`."""
    assert name.isidentifier()
    reader: Callable[[list[Any]], list[Any]] = eval(f"lambda rows: [row.{name} for row in rows]")
    return reader


@frozen(eq=False)
class ArrayCells:
    """A column that is a numpy array of numbers, flags or times."""

    values: Array

    def read(self) -> Raw:
        if isinstance(self.values, np.ma.MaskedArray):
            return _array(self.values.data, np.ma.getmaskarray(self.values))
        return _array(self.values, None)

    def textual(self) -> bool:
        return self.values.dtype.kind in "iu"

    def empty(self) -> int:
        return int(np.ma.getmaskarray(self.values).sum())

    def owned(self) -> ArrayCells:
        return ArrayCells(self.values.copy())


def _array(values: Array, mask: Mask) -> Raw:
    """An array whose times are 0 where they are missing."""
    if values.dtype.kind not in "mM":
        return Raw(values, mask)
    if values.dtype == np.dtype("M8"):
        values = values.astype("M8[us]")  # in no unit there are only gaps
    nat = np.isnat(values)
    mask = nat if mask is None else mask | nat
    if not mask.any():
        return Raw(values)
    return Raw(np.where(mask, np.zeros(1, values.dtype), values), mask)


# ---------------------------------------------------------------- polars


def _polars(pl: Any, rows: Any) -> tuple[Raws, int] | None:
    if isinstance(rows, pl.LazyFrame):
        raise WrongCall("a LazyFrame has no rows yet: pass frame.collect()")
    if not isinstance(rows, pl.DataFrame):
        return None
    return {s.name: PolarsCells(s) for s in rows.get_columns()}, rows.height


@frozen(eq=False)
class PolarsCells:
    """A polars Series."""

    series: Any

    def read(self) -> Raw:
        return _polars_series(self.series)

    def textual(self) -> bool:
        import polars as pl

        kind = self.series.dtype
        if kind not in (pl.String, pl.Categorical, pl.Enum):
            return bool(kind.is_integer())
        return not self.series.cast(pl.String).is_in(list(ERRORS)).any()

    def empty(self) -> int:
        import polars as pl

        text = self.series.dtype == pl.String
        return int(self.series.null_count() + ((self.series == "").sum() if text else 0))

    def owned(self) -> PolarsCells:
        kind = self.series.dtype
        shares = kind.is_numeric() or kind.is_temporal()  # perhaps with an array of numpy, which may be written to
        return PolarsCells(self.series.reverse().reverse() if shares else self.series.clone())


def _polars_series(s: Any) -> Raw:
    import polars as pl

    mask = s.is_null().to_numpy() if s.null_count() else None
    kind = s.dtype
    if kind == pl.String or kind in (pl.Categorical, pl.Enum):
        return _polars_codes(s, mask)
    if kind == pl.Date:
        days = _physical(s, mask).astype(np.int64)
        return Raw(days.astype("M8[D]"), mask, bare=True)
    if isinstance(kind, pl.Datetime):
        times = _physical(s, mask).view(f"M8[{kind.time_unit}]")
        return Raw(times, mask, aware=kind.time_zone is not None, wall=kind.time_zone)
    if isinstance(kind, pl.Decimal) and kind.scale <= 6 and not s.is_empty():
        return _polars_decimal(s, mask, kind.scale)
    if (kind.is_integer() and "128" not in str(kind)) or kind.is_float() or kind == pl.Boolean:  # numpy has no i128
        filled = s if mask is None else s.fill_null(False if kind == pl.Boolean else 0)
        return Raw(filled.to_numpy(), mask)
    return Raw(s.to_list())


def _polars_codes(s: Any, mask: Mask) -> Raw:
    import polars as pl

    if s.dtype == pl.Enum:
        labels = s.dtype.categories.to_list()
        return Raw(_physical(s, mask), mask, labels)
    if s.dtype == pl.String:
        s = s.cast(pl.Categorical)
    distinct = s.unique().drop_nulls()  # the pool of labels is the process's: keep those of this column
    labels, physical = distinct.cast(pl.String).to_list(), distinct.to_physical().to_numpy()
    codes = _physical(s, mask)
    to = np.zeros(int(max(codes.max(initial=0), physical.max(initial=0))) + 1, np.int32)
    to[physical] = np.arange(len(labels))
    return Raw(to[codes], mask, labels)


def _physical(s: Any, mask: Mask) -> Array:
    """The integers behind a column, 0 where it is missing."""
    whole = s.to_physical()
    return np.asarray((whole if mask is None else whole.fill_null(0)).to_numpy())


def _polars_decimal(s: Any, mask: Mask, places: int) -> Raw:
    import polars as pl

    whole = s.to_physical()
    if isinstance(whole.dtype, pl.Decimal):  # old versions of polars do not show the integers behind a decimal
        return Raw(s.to_list())
    physical = whole.cast(pl.Int64, strict=False)
    if physical.null_count() > s.null_count():
        return Raw(s.to_list())
    return Raw(physical.fill_null(0).to_numpy(), mask, scale=10**places)


# ---------------------------------------------------------------- pandas


def _pandas(pd: Any, rows: Any) -> tuple[Raws, int] | None:
    if not isinstance(rows, pd.DataFrame):
        return None
    _named_once(rows.columns)
    return {str(name): PandasCells(rows[name]) for name in rows.columns}, len(rows)


@frozen(eq=False)
class PandasCells:
    """A pandas Series."""

    series: Any

    def read(self) -> Raw:
        return _pandas_series(self.series)

    def textual(self) -> bool:
        import pandas as pd

        if isinstance(self.series.dtype, pd.StringDtype):
            return not self.series.isin(list(ERRORS)).any()
        return bool(pd.api.types.is_integer_dtype(self.series.dtype))

    def empty(self) -> int:
        text = self.series.dtype.kind not in "iu"
        return int(self.series.isna().sum() + ((self.series == "").sum() if text else 0))

    def owned(self) -> PandasCells:
        return PandasCells(self.series.copy())


def _pandas_series(s: Any) -> Raw:
    import pandas as pd

    kind = s.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return _codes(s.cat.codes.to_numpy(), s.cat.categories.tolist())
    if isinstance(kind, pd.ArrowDtype):
        import pyarrow

        return _pyarrow_array(pyarrow.array(s.array))
    if isinstance(kind, pd.DatetimeTZDtype):
        utc = s.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return evolve(_array(utc, None), aware=True, wall=str(kind.tz))
    if isinstance(kind, np.dtype) and kind.kind in "iufbM":
        return _array(s.to_numpy(), None)
    if isinstance(kind, pd.StringDtype) or pd.api.types.infer_dtype(s, skipna=True) == "string":
        codes, labels = pd.factorize(s)
        return _codes(codes, list(labels))
    return _pandas_nullable(s)


def _pandas_nullable(s: Any) -> Raw:
    """Int64, Float64, boolean: read without passing through float64, which loses digits of large ids."""
    kind = getattr(s.dtype, "numpy_dtype", None)
    if kind is None or kind.kind not in "iufb" or s.dtype.kind not in "iufb":
        return Raw(s.tolist())
    mask = s.isna().to_numpy()
    return Raw(s.to_numpy(dtype=kind, na_value=kind.type(0)), mask if mask.any() else None)


def _codes(codes: Array, labels: Sequence[Any]) -> Raw:
    """Codes with -1 for missing."""
    none = codes < 0
    if not none.any():
        return Raw(codes, None, labels)
    return Raw(np.where(none, 0, codes), none, labels or [None])


# ---------------------------------------------------------------- Arrow


def _pyarrow(pa: Any, rows: Any) -> tuple[Raws, int] | None:
    if isinstance(rows, pa.RecordBatch):
        rows = pa.Table.from_batches([rows])
    if not isinstance(rows, pa.Table):
        return None
    _named_once(rows.column_names)
    return {name: ArrowCells(rows.column(name)) for name in rows.column_names}, rows.num_rows


@frozen(eq=False)
class ArrowCells:
    """An Arrow array, in chunks or in one piece."""

    column: Any

    def read(self) -> Raw:
        return _pyarrow_array(self.column)

    def textual(self) -> bool:
        import pyarrow.types as t

        kind = self.column.type
        if t.is_string(kind) or t.is_large_string(kind):
            import pyarrow as pa
            import pyarrow.compute as pc

            return not pc.any(pc.is_in(self.column, value_set=pa.array(sorted(ERRORS), kind))).as_py()
        return bool(t.is_integer(kind))

    def empty(self) -> int:
        import pyarrow.compute as pc
        from pyarrow import types

        blank = 0 if types.is_integer(self.column.type) else pc.sum(pc.equal(self.column, "")).as_py()
        return int(self.column.null_count + (blank or 0))

    def owned(self) -> ArrowCells:
        import pyarrow as pa

        if not pa.types.is_primitive(self.column.type):
            return self
        parts = self.column.chunks if isinstance(self.column, pa.ChunkedArray) else [self.column]
        copied = [pa.concat_arrays([part]) for part in parts]  # it may share an array of numpy, which may be written to
        return ArrowCells(pa.chunked_array(copied, self.column.type))


def _pyarrow_array(column: Any) -> Raw:
    import pyarrow as pa

    t = pa.types
    kind = column.type
    mask = np.asarray(column.is_null()) if column.null_count else None
    if t.is_dictionary(kind) or t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind):
        return _pyarrow_codes(column, mask)
    if t.is_date(kind):
        return Raw(_pyarrow_days(column).astype("M8[D]"), mask, bare=True)
    if t.is_timestamp(kind):
        times = _filled(column.cast("int64")).view(f"M8[{kind.unit}]")
        return Raw(times, mask, aware=kind.tz is not None, wall=kind.tz)
    if t.is_boolean(kind) or t.is_integer(kind) or t.is_floating(kind):
        return Raw(_filled(column), mask)
    return Raw(column.to_pylist())


def _pyarrow_days(column: Any) -> Array:
    """Days since 1970; those of date64 are told in milliseconds, whole days or not."""
    if column.type == "date32":
        return _filled(column.cast("int32"))
    return np.asarray(_filled(column.cast("int64")) // DAY_MS)


def _filled(column: Any) -> Array:
    import pyarrow as pa

    if column.null_count:
        import pyarrow.compute as pc

        column = pc.fill_null(column, pa.scalar(False if pa.types.is_boolean(column.type) else 0, column.type))
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _pyarrow_codes(column: Any, mask: Mask) -> Raw:
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return Raw(_filled(column.indices), mask, column.dictionary.to_pylist() or [None])
