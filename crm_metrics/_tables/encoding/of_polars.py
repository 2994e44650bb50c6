"""Columns of polars."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._tables.encoding.cells import Raws
from crm_metrics._tables.encoding.raws import Raw
from crm_metrics._tables.text import ERRORS
from crm_metrics._values.columns import Mask
from crm_metrics._values.exact import Array
from crm_metrics.errors import WrongCall


def polars_columns(pl: Any, rows: Any) -> tuple[Raws, int] | None:
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
