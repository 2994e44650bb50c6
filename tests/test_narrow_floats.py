"""Floats of four bytes, in arrays and frames: the amount that was meant, or a refusal where digits are lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import Deal, Table, cells, table
from crm_metrics.cells import Bad
from crm_metrics.errors import DataError

MEANT = ["19.99", "0.1", "-1234.56", "131071.98", "99999", "16777216", "0.07", "0"]


def columns(x: Any, **more: Any) -> dict[str, Any]:
    n = len(x)
    return {"id": np.arange(n), "created_at": ["2024-01-05"] * n, "status": ["open"] * n, "amount": x, **more}


def frames() -> dict[str, Callable[[Any], Any]]:
    pd, pl, pa = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    return {"arrays": dict, "pandas": pd.DataFrame, "polars": pl.DataFrame, "Arrow": pa.table}


def amounts(t: Table[Any]) -> list[Any]:
    return [t.amount.item(i) for i in range(len(t))]


@pytest.mark.parametrize("kind", ["arrays", "pandas", "polars", "Arrow"])
def test_an_amount_is_the_one_that_was_meant(kind: str) -> None:
    x = np.array([*map(float, MEANT), np.nan], np.float32)
    assert amounts(table(frames()[kind](columns(x)), Deal)) == [*map(Decimal, MEANT), None]


@pytest.mark.parametrize("kind", ["arrays", "pandas", "polars", "Arrow"])
def test_one_that_has_lost_digits_is_refused_and_the_others_are_read(kind: str) -> None:
    x = np.array([300000.24, 19.99, 16777218, 0.005], np.float32)
    rows = frames()[kind](columns(x))
    with pytest.raises(DataError) as caught:
        table(rows, Deal)
    assert [(f.row, f.problem) for f in caught.value.faults] == [
        (1, "is a float32, which has lost its last digits"), (3, "is a float32, which has lost its last digits"),
        (4, "is finer than the minor unit (0.01)"),
    ]  # fmt: skip
    assert amounts(table(rows, Deal, on_error="skip")) == [Decimal("19.99")]


@given(st.lists(st.integers(-13_107_199, 13_107_199), min_size=1))
def test_every_amount_below_the_limit_comes_back(kopecks: list[int]) -> None:
    x = np.array(kopecks, float) / 100
    meant = [Decimal(k) / 100 for k in kopecks]
    assert amounts(table(columns(x.astype(np.float32)), Deal)) == meant
    assert [cells.money(one) for one in x.astype(np.float32)] == meant


def test_each_currency_has_its_own_minor_unit() -> None:
    x = np.array([19.99, 500, 1.234], np.float32)
    assert amounts(table(columns(x, currency=["USD", "JPY", "KWD"]), Deal)) == [Decimal("19.99"), 500, Decimal("1.234")]


def test_a_probability_and_an_id_too() -> None:
    t = table(columns([1, 2], probability=np.array([0.6, 0.333333], np.float32)), Deal)
    assert [t.probability.item(i) for i in range(2)] == [Decimal("0.6"), Decimal("0.333333")]
    assert [cells.text(np.float32(7)), cells.text(np.float32(2**24))] == ["7", "16777216"]
    out: Any = cells.text(np.float32(2**24 + 2))
    assert type(out) is Bad and out.problem == "is a float beyond 2^24, its last digits are lost"
