"""Real purchases of 23,570 customers: every number is that of pandas and of a database (reference.json, by DuckDB)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, Table, duplicates, month, quarter, sales, summarize, table, totals, where, year
from crm_metrics.columns import customer, won
from crm_metrics.errors import UnknownName

pd = pytest.importorskip("pandas")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "cdnow"
NAMES = ["customer", "date", "cds", "amount"]

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the data are not here")


@pytest.fixture(scope="module")
def frame() -> Any:
    """One row of the file a row: who, when, for how much."""
    kinds = {"customer": str, "date": str, "cds": int, "amount": float}
    found = pd.read_csv(DATA / "CDNOW_master.txt", sep=r"\s+", skiprows=1, names=NAMES, dtype=kinds)
    found["date"] = pd.to_datetime(found["date"], format="%Y%m%d")
    return found


def read(frame: Any) -> Table[Deal]:
    """As deals won on the day that they came in."""
    day = frame["date"].astype("datetime64[s]")
    return table(frame.assign(created_at=day, closed_at=day, status="won", id=range(len(frame))), Deal)


@pytest.fixture(scope="module")
def deals(frame: Any) -> Table[Deal]:
    return read(frame)


@pytest.fixture(scope="module")
def reference() -> dict[str, list[dict[str, Any]]]:
    queries = json.loads((DATA / "reference.json").read_text(encoding="utf-8"))["queries"]
    return {name: query["rows"] for name, query in queries.items()}


def cents(amounts: Any) -> int:
    """The sum of amounts in whole cents: exact."""
    return int((amounts * 100).round().astype("int64").sum())


# ---------------------------------------------------------------- the whole


def test_rows_customers_and_revenue_are_those_of_the_database(
    deals: Any, frame: Any, reference: dict[str, Any]
) -> None:
    [overall] = reference["overall"]
    assert len(deals) == sales.deals_won(deals) == overall["rows"] == 69_659
    assert totals(deals, Deal).distinct(customer, where=won) == overall["customers"] == 23_570
    assert sales.won_revenue(deals) == cents(frame["amount"]) / 100 == 2_500_315.63
    assert sales.won_revenue(deals) == pytest.approx(overall["revenue"], rel=1e-12)
    assert sales.average_deal_size(deals) == pytest.approx(overall["avg_row_value"], rel=1e-12)
    assert sales.median_deal_size(deals) == overall["median_row_value"] == frame["amount"].median()


def test_who_buys_again_and_for_how_much_are_those_of_the_database(deals: Any, reference: dict[str, Any]) -> None:
    [repeat] = reference["repeat"]
    assert sales.repeat_rate(deals) == repeat["repeat_by_rows"] / repeat["customers"] == 11_662 / 23_570
    assert sales.repeat_rate(deals) == repeat["repeat_rate_by_rows"]
    assert sales.revenue_per_customer(deals) == 250_031_563 / 2_357_000 == pytest.approx(repeat["avg_ltv"], rel=1e-12)
    per_customer = sales.won_revenue(deals, by="customer")
    assert len(per_customer) == repeat["customers"]
    assert max(per_customer.values()) == pytest.approx(repeat["max_ltv"], rel=1e-12)


def test_orders_of_one_day_made_one_purchase_are_fewer_who_buy_again(frame: Any, reference: dict[str, Any]) -> None:
    """The file has several lines of one purchase: who counts lines finds 49.5 %, who counts days 48.9 %."""
    [repeat], [overall] = reference["repeat"], reference["overall"]
    days = read(frame.groupby(["customer", "date"], as_index=False)["amount"].sum())
    assert len(days) == overall["orders_customer_day"] == 67_591
    assert sales.repeat_rate(days) == repeat["repeat_rate_by_days"] == 11_516 / 23_570
    assert sales.average_deal_size(days) == pytest.approx(overall["aov_customer_day"], rel=1e-12)
    assert sales.median_deal_size(days) == overall["median_order_value"]
    paid = where(days, lambda d: d.amount > 0)
    [without] = reference["repeat_excluding_zero_value_rows"]
    assert (len(paid), sales.repeat_rate(paid)) == (without["orders"], without["repeat_rate"])


def test_purchases_of_nothing_are_purchases_until_somebody_leaves_them_out(deals: Any, frame: Any) -> None:
    free = frame[frame["amount"] == 0]
    assert sales.deals_won(deals) - sales.large_deals(deals, over=0) == len(free) == 80
    paid = where(deals, lambda d: d.amount > 0)
    assert totals(paid, Deal).distinct(customer) == 23_502
    assert sales.average_deal_size(paid) > sales.average_deal_size(deals)
    assert sales.won_revenue(paid) == sales.won_revenue(deals)


@pytest.mark.parametrize("over", [0, 14.96, 25.98, 100, 500, 10_000])
def test_large_purchases_are_those_of_pandas(deals: Any, frame: Any, over: float) -> None:
    large = frame[frame["amount"] > over]
    assert sales.large_deals(deals, over=over) == len(large)
    assert sales.large_deal_share(deals, over=over) == len(large) / len(frame)
    assert sales.large_deal_revenue_share(deals, over=over) == cents(large["amount"]) / cents(frame["amount"])


# ---------------------------------------------------------------- groups and times


def test_months_are_those_of_the_database(deals: Any, reference: dict[str, Any]) -> None:
    ours = {f: f(deals, by=month) for f in (sales.deals_won, sales.won_revenue, sales.revenue_per_customer)}
    rows = reference["by_month"]
    assert list(ours[sales.deals_won]) == [row["month"] for row in rows] and len(rows) == 18
    for row in rows:
        m = row["month"]
        assert ours[sales.deals_won][m] == row["rows"]
        assert ours[sales.won_revenue][m] == pytest.approx(row["revenue"], rel=1e-12)
        assert ours[sales.revenue_per_customer][m] == pytest.approx(row["revenue"] / row["active_customers"], rel=1e-12)


@pytest.mark.parametrize(("key", "freq"), [(month, "M"), (quarter, "Q"), (year, "Y")], ids=["month", "quarter", "year"])
def test_who_buys_again_within_a_period_is_what_pandas_says(deals: Any, frame: Any, key: Any, freq: str) -> None:
    counts = frame.groupby([frame["date"].dt.to_period(freq), "customer"]).size()
    ours = sales.repeat_rate(deals, by=key)
    wanted = counts.ge(2).groupby(level=0).agg(["sum", "size"])
    assert list(ours.values()) == [row["sum"] / row["size"] for _, row in wanted.iterrows()]


def test_first_and_later_purchases_told_apart_share_the_revenue(deals: Any, frame: Any) -> None:
    """The kinds are made by pandas here: the first line of a customer is new, the others are repeat."""
    later = frame.sort_values("date", kind="stable").groupby("customer").cumcount().sort_index() > 0
    told = read(frame.assign(kind=later.map({True: "repeat", False: "new"})))
    share = sales.repeat_revenue_share(told)
    assert share == cents(frame["amount"][later]) / cents(frame["amount"])
    assert 0.6 < share < 0.7
    with pytest.raises(UnknownName, match="no 'kind'"):
        sales.repeat_revenue_share(deals)


def test_those_who_buy_again_are_the_customers_that_occur_twice(deals: Any) -> None:
    assert len(duplicates(deals, "customer")) == 11_662


@pytest.mark.parametrize("metric", [sales.repeat_rate, sales.revenue_per_customer, sales.median_deal_size])
def test_pieces_of_the_file_add_up_to_the_same_digits(deals: Any, frame: Any, metric: Any) -> None:
    """Customers are cut across the pieces."""
    pieces = [read(frame.iloc[i::7]) for i in range(7)]
    assert metric(sum(summarize(metric, piece) for piece in pieces)) == metric(deals)
    by_year = sum(summarize(metric, piece, by=year) for piece in pieces)
    assert metric(by_year) == metric(deals, by=year)
