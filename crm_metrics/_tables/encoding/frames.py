"""Columns of pandas, polars and Arrow tables, by each library's own fast path to codes and arrays.

Nothing here imports a dataframe library: a frame can only be given where its library is loaded already. Only an
object that speaks the Arrow stream protocol needs pyarrow or polars to read it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from crm_metrics._tables.encoding.cells import ArrayCells, Cells, ListCells, Raws, from_stream, named_once
from crm_metrics._tables.encoding.of_arrow import ArrowCells, arrow_columns
from crm_metrics._tables.encoding.of_pandas import PandasCells, pandas_columns
from crm_metrics._tables.encoding.of_polars import PolarsCells, polars_columns
from crm_metrics.errors import WrongCall, listed


def frame_columns(rows: Any) -> tuple[Raws, int] | None:
    """The columns of a frame, not read yet, and its length; None if it is no frame."""
    for library, columns in (("polars", polars_columns), ("pandas", pandas_columns), ("pyarrow", arrow_columns)):
        module = sys.modules.get(library)
        if module is not None and (found := columns(module, rows)) is not None:
            return found
    if hasattr(rows, "__arrow_c_stream__"):
        return frame_columns(from_stream(rows))
    return None


def mapping_columns(rows: Mapping[Any, Any]) -> tuple[Raws, int]:
    """The columns of a mapping, and their common length."""
    named_once(rows)
    lengths = {str(name): _length(name, values) for name, values in rows.items()}
    if len(set(lengths.values())) > 1:
        shown = listed(f"{name} has {n}" for name, n in lengths.items())
        raise WrongCall(f"the columns differ in length: {shown}; give every column one value per row")
    return {str(name): _cells(values) for name, values in rows.items()}, max(lengths.values(), default=0)


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


# ---------------------------------------------------------------- polars


# ---------------------------------------------------------------- pandas


# ---------------------------------------------------------------- Arrow
