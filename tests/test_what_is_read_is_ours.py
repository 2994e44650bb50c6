"""A table made from a frame does not change with the arrays beneath the frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from crm_metrics import Deal, table

pd, pl, pa = map(pytest.importorskip, ("pandas", "polars", "pyarrow"))

FRAMES: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "mapping": dict,
    "pandas": lambda x: pd.DataFrame(x, copy=False),
    "polars": pl.DataFrame,
    "polars over Arrow": lambda x: pl.from_arrow(pa.table({name: pa.array(v) for name, v in x.items()})),
    "Arrow": lambda x: pa.table({name: pa.array(v) for name, v in x.items()}),
    "batch of Arrow": lambda x: pa.RecordBatch.from_pydict({name: pa.array(v) for name, v in x.items()}),
    "Arrow in parts": lambda x: pa.concat_tables([pa.table({name: pa.array(v) for name, v in x.items()})] * 2),
    "Arrow arrays": lambda x: {name: pa.array(v) for name, v in x.items()},
    "polars series": lambda x: {name: pl.Series(v) for name, v in x.items()},
}

OTHER = {"M": np.datetime64("2020-01-01"), "U": "lost"}


def arrays() -> dict[str, Any]:
    return {
        "id": np.arange(4),
        "created_at": np.array(["2024-01-01T10:30"] * 4, "M8[us]"),
        "closed_at": np.array(["2024-01-05T11:30"] * 4, "M8[us]"),
        "status": np.array(["won"] * 4),
        "customer": np.arange(4),
        "amount": np.arange(4.0),
        "floor": np.arange(4),
        "rent": np.arange(4.0),
        "sunny": np.array([True, False, True, False]),
    }


@pytest.mark.parametrize("name", FRAMES)
def test_a_table_does_not_change_with_what_it_was_made_from(name: str) -> None:
    given = arrays()
    rows = table(FRAMES[name](given), Deal)
    right = table(FRAMES[name](arrays()), Deal).to_columns()
    for values in given.values():
        values[:] = values[::-1].copy() if values.dtype.kind in "iufb" else OTHER[values.dtype.kind]
    assert rows.to_columns() == right
