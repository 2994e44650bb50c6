"""Columns of Arrow."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._tables.encoding.cells import DAY_MS, Raws, named_once
from crm_metrics._tables.encoding.raws import Raw
from crm_metrics._tables.text import ERRORS
from crm_metrics._values.columns import Mask
from crm_metrics._values.exact import Array


def arrow_columns(pa: Any, rows: Any) -> tuple[Raws, int] | None:
    if isinstance(rows, pa.RecordBatch):
        rows = pa.Table.from_batches([rows])
    if not isinstance(rows, pa.Table):
        return None
    named_once(rows.column_names)
    return {name: ArrowCells(rows.column(name)) for name in rows.column_names}, rows.num_rows


@frozen(eq=False)
class ArrowCells:
    """An Arrow array, in chunks or in one piece."""

    column: Any

    def read(self) -> Raw:
        return arrow_raw(self.column)

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


def arrow_raw(column: Any) -> Raw:
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
