"""A table made from a frame does not change with the arrays beneath the frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from crm_metrics import CRM, Deal, Lookup, attach, journeys, month, sales, table, where

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


# ---------------------------------------------------------------- other functions that give tables


def changes() -> dict[str, Any]:
    days = np.arange(4) * np.timedelta64(1, "D") + np.datetime64("2024-01-01T10:30", "us")
    names = np.array(["a", "b", "c", "d"])
    return {"deal": np.arange(4) % 2, "stage": names, "at": days, "kind": np.array(["visit"] * 4), "x": np.arange(4.0)}


def quotas() -> dict[str, Any]:
    start, end = (np.array([day] * 4, "M8[us]") for day in ("2024-01-01", "2024-03-01"))
    return {"manager": np.array(["a", "b", "c", "d"]), "start": start, "end": end, "amount": np.arange(4.0)}


GIVERS: dict[str, tuple[Callable[[], dict[str, Any]], Callable[[Any], Any]]] = {
    "where": (arrays, lambda x: where(table(x, Deal), customer=[1, 2])),
    "attach": (arrays, lambda x: attach(x, {"id": [1], "name": ["z"]}, on="customer", named="name")),
    "CRM": (arrays, lambda x: CRM(deals=x).deals),
    "Lookup": (arrays, lambda x: Lookup(x, "customer").rows),
    "by_customer": (arrays, journeys.by_customer),
    "stays": (changes, journeys.stays),
    "first_entries": (changes, journeys.first_entries),
    "first_touches": (lambda: {k: v for k, v in changes().items() if k != "stage"}, journeys.first_touches),
    "prorated": (quotas, lambda x: sales.prorated(x, month)),
}


@pytest.mark.parametrize("name", GIVERS)
def test_a_table_that_a_function_gives_does_not_change_either(name: str) -> None:
    make, give = GIVERS[name]
    given = make()
    rows, right = give(given), give(make()).to_columns()
    for values in given.values():
        values[:] = values[::-1].copy() if values.dtype.kind in "iufb" else OTHER[values.dtype.kind]
    given.clear()
    assert rows.to_columns() == right


def test_nor_does_a_company_change_with_a_list_of_records() -> None:
    deals = [Deal(id=1, created_at="2024-01-05", status="open")]
    company, few = CRM(deals=deals), where(table(deals, Deal), status="open")
    deals.append(Deal(id=2, created_at="2024-01-06", status="open"))
    deals[0] = deals[1]
    assert company.deals is not None and [company.deals.id.item(0), few.id.item(0)] == ["1", "1"]
