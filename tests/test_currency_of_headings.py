"""The currency that a heading names is a statement too, in whatever place and whichever way it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, DealLine, Manager, Quota, Spend, marketing, read_csv, sales, table
from crm_metrics._tables.signs import of_heading
from crm_metrics.errors import DataError, MixedCurrencies, WrongValue


@pytest.mark.parametrize(
    ("heading", "currency"),
    [
        ("Amount (€)", "EUR"), ("Amount ($)", "$"), ("Cost [£]", "GBP"), ("Бюджет (₽)", "RUB"), ("Amount, €", "EUR"),
        ("Revenue €", "EUR"), ("$ Amount", "$"), ("Price R$", "BRL"), ("Amount USD", "USD"), ("USD amount", "USD"),
        ("Amount in EUR", "EUR"), ("Amount EUR (net)", "EUR"), ("Amount (USD, net)", "USD"), ("Сумма руб.", "RUB"),
        ("amount_usd", "USD"), ("AMOUNT_USD", "USD"), ("AMOUNT USD", "USD"), ("USD", "USD"), ("Spend - USD", "USD"),
        ("Amount (all)", None), ("cost_all", None), ("AMOUNT TOP", None), ("Try amount", None), ("list_price", None),
        ("OPPORTUNITY", None), ("AMOUNT", None), ("MRR", None), ("Amount in company currency", None), ("Сумма", None),
        ("Price per unit", None), ("unit_cost", None), ("Est. Revenue (Base)", None), ("Сумма сделки", None),
    ],
)  # fmt: skip
def test_the_currency_of_a_heading_is_found(heading: str, currency: str | None) -> None:
    assert of_heading(heading) == currency


RECORDS: list[tuple[type, str, dict[str, Any]]] = [
    (Deal, "amount", {"id": ["1"], "created_at": ["2024-01-05"], "status": ["open"]}),
    (Deal, "list_amount", {"id": ["1"], "created_at": ["2024-01-05"], "status": ["open"]}),
    (DealLine, "price", {"deal": ["1"]}),
    (Manager, "monthly_cost", {"name": ["Anna"]}),
    (Quota, "amount", {"manager": ["Anna"], "start": ["2024-01-01"], "end": ["2024-02-01"]}),
    (Spend, "amount", {"at": ["2024-01-05"]}),
]


@pytest.mark.parametrize(("record", "field", "others"), RECORDS)
@pytest.mark.parametrize("heading", ["Sum (€)", "Sum EUR", "sum_eur", "Сумма, €"])
def test_every_amount_is_in_the_currency_of_its_heading(
    tmp_path: Path, record: type, field: str, others: dict[str, Any], heading: str
) -> None:
    columns = {**others, heading: ["5"]}
    path = tmp_path / "rows.csv"
    lines = [";".join(columns), ";".join(cells[0] for cells in columns.values())]
    path.write_text("\n".join(lines), encoding="utf-8")
    for rows in (table(columns, record, columns={field: heading}), read_csv(path, record, columns={field: heading})):
        assert rows.currency.item(0) == "EUR"
    with pytest.raises(WrongValue, match="EUR, and currency='USD'"):
        table(columns, record, columns={field: heading}, currency="USD")


def test_dollars_below_a_sign_do_not_divide_by_euros_below_another() -> None:
    spend = table({"at": ["2024-01-05"], "Cost (€)": [50]}, Spend, columns={"amount": "Cost (€)"})
    won = {"id": ["1"], "created_at": ["2024-01-05"], "status": ["won"], "closed_at": ["2024-01-09"]}
    deals = table({**won, "Amount ($)": [100]}, Deal, columns={"amount": "Amount ($)"})
    assert marketing.spend_total(spend, by="currency") == {"EUR": 50}
    assert sales.won_revenue(deals, by="currency") == {"$": 100}


def test_each_of_several_headings_says_its_currency() -> None:
    rows = {"id": ["1"], "created_at": ["2024-01-05"], "status": ["open"], "Plan": [None], "Fact (USD)": [2]}
    assert table(rows, Deal, columns={"amount": ["Plan", "Fact (USD)"]}).currency.item(0) == "USD"
    two = {**rows, "Plan (€)": [None]}
    with pytest.raises(MixedCurrencies, match="EUR, USD"):
        table(two, Deal, columns={"amount": ["Fact (USD)", "Plan (€)"]})


def test_a_row_that_names_no_currency_is_in_that_of_the_heading() -> None:
    rows = {"at": ["2024-01-05", "2024-01-06"], "Cost EUR": ["5", "6"], "currency": [None, "EUR"]}
    assert marketing.spend_total(table(rows, Spend, columns={"amount": "Cost EUR"}), by="currency") == {"EUR": 11}
    with pytest.raises(DataError, match="row 1, amount: '5' stands below 'Cost EUR', and its row is in USD; correct"):
        table(rows, Spend, columns={"amount": "Cost EUR"}, currency="USD")
    dollars = {"at": ["2024-01-05", "2024-01-06"], "Cost ($)": ["5", "6"], "currency": ["", "USD"]}
    with pytest.raises(DataError, match=r"row 1, amount: '5' stands below .* and its row names no currency; name it"):
        table(dollars, Spend, columns={"amount": "Cost ($)"})
    said = table(dollars, Spend, columns={"amount": "Cost ($)"}, currency="USD")
    assert marketing.spend_total(said, by="currency") == {"USD": 11}


def test_an_amount_without_a_sign_below_a_heading_with_one_is_no_bad_cell(tmp_path: Path) -> None:
    path = tmp_path / "spend.csv"
    path.write_text("at,Cost EUR\n2024-01-05,5 €\n2024-01-06,6\n", encoding="utf-8")
    assert marketing.spend_total(read_csv(path, Spend, columns={"amount": "Cost EUR"}), by="currency") == {"EUR": 11}
    path.write_text("at,Cost EUR\n2024-01-05,$5\n2024-01-06,6\n", encoding="utf-8")
    with pytest.raises(MixedCurrencies):
        read_csv(path, Spend, columns={"amount": "Cost EUR"})
