"""Rows of every kind are read once and whole, also below a heading that names a currency."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crm_metrics import Deal, DealLine, Spend, sales, table
from crm_metrics.errors import DataError

pd, pl, pa = map(pytest.importorskip, ("pandas", "polars", "pyarrow"))

ROWS = {
    "id": [1, 2],
    "created_at": ["2024-01-01", "2024-01-02"],
    "status": ["won", "won"],
    "closed_at": ["2024-02-01", "2024-02-02"],
    "Amount, USD": ["10", "20"],
}


def dicts(rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]


KINDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "mapping": dict,
    "dicts": dicts,
    "dicts in a tuple": lambda rows: tuple(dicts(rows)),
    "dicts one by one": lambda rows: iter(dicts(rows)),
    "generator": lambda rows: (row for row in dicts(rows)),
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "arrow": pa.table,
    "stream": lambda rows: pa.table(rows).to_reader(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_heading_that_names_a_currency_is_read_in_rows_of_every_kind(kind: str) -> None:
    deals = table(KINDS[kind](ROWS), Deal, columns={"amount": "Amount, USD"})
    assert (len(deals), deals["currency"].item(0), sales.won_revenue(deals)) == (2, "USD", 30.0)


@pytest.mark.parametrize("kind", KINDS)
def test_so_it_is_where_the_headings_are_guessed(kind: str) -> None:
    deals = table(KINDS[kind](ROWS), Deal, columns="guess")
    assert (len(deals), deals["currency"].item(0), sales.won_revenue(deals)) == (2, "USD", 30.0)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_name_another_currency_than_the_heading_are_bad_in_rows_of_every_kind(kind: str) -> None:
    with pytest.raises(DataError, match="stands below 'Amount, USD', and its row is in EUR"):
        table(KINDS[kind]({**ROWS, "currency": ["EUR", "USD"]}), Deal, columns={"amount": "Amount, USD"})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("record", "rows", "field"),
    [
        (Spend, {"at": ["2024-01-01"], "Расход, руб.": [5]}, "amount"),
        (DealLine, {"deal": [1], "Price (EUR)": [5]}, "price"),
    ],
)
def test_other_records_are_read_in_the_currency_of_their_heading(
    kind: str, record: type, rows: dict[str, Any], field: str
) -> None:
    heading = list(rows)[-1]
    found = table(KINDS[kind](rows), record, columns={field: heading})
    assert (len(found), found["currency"].item(0)) == (1, "RUB" if "руб" in heading else "EUR")
