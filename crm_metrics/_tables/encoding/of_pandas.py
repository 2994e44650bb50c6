"""Columns of pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve, frozen

from crm_metrics._tables.encoding.cells import Raws, array_raw, codes_raw, named_once
from crm_metrics._tables.encoding.of_arrow import arrow_raw
from crm_metrics._tables.encoding.raws import Raw
from crm_metrics._tables.text import ERRORS


def pandas_columns(pd: Any, rows: Any) -> tuple[Raws, int] | None:
    if not isinstance(rows, pd.DataFrame):
        return None
    named_once(rows.columns)
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
        return codes_raw(s.cat.codes.to_numpy(), s.cat.categories.tolist())
    if isinstance(kind, pd.ArrowDtype):
        import pyarrow

        return arrow_raw(pyarrow.array(s.array))
    if isinstance(kind, pd.DatetimeTZDtype):
        utc = s.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return evolve(array_raw(utc, None), aware=True, wall=str(kind.tz))
    if isinstance(kind, np.dtype) and kind.kind in "iufbM":
        return array_raw(s.to_numpy(), None)
    if isinstance(kind, pd.StringDtype) or pd.api.types.infer_dtype(s, skipna=True) == "string":
        codes, labels = pd.factorize(s)
        return codes_raw(codes, list(labels))
    return _pandas_nullable(s)


def _pandas_nullable(s: Any) -> Raw:
    """Int64, Float64, boolean: read without passing through float64, which loses digits of large ids."""
    kind = getattr(s.dtype, "numpy_dtype", None)
    if kind is None or kind.kind not in "iufb" or s.dtype.kind not in "iufb":
        return Raw(s.tolist())
    mask = s.isna().to_numpy()
    return Raw(s.to_numpy(dtype=kind, na_value=kind.type(0)), mask if mask.any() else None)
