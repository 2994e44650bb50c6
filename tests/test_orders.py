"""An extract of a shop's orders, beside numbers that DuckDB found: ``select ... from 'tests/data/orders.csv'``."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, sales, table, year
from crm_metrics.journeys import by_customer

PATH = Path(__file__).parent / "data" / "orders.csv"
COLUMNS = {"created_at": "order_date", "closed_at": "order_date", "customer": "customer_id", "amount": "revenue"}


@pytest.fixture(scope="module")
def orders() -> Any:
    """Each order is a deal that was won on its day."""
    with PATH.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    said = {ours: [row[theirs] for row in rows] for ours, theirs in COLUMNS.items()}
    return table({"id": range(len(rows)), "status": ["won"] * len(rows), **said}, Deal)


def test_orders_and_revenue(orders: Any) -> None:
    """select count(*), sum(revenue), avg(revenue), median(revenue)"""
    assert (sales.deals_won(orders), sales.won_revenue(orders)) == (116, 10086)
    assert sales.average_deal_size(orders) == 86.94827586206897 and sales.median_deal_size(orders) == 73


def test_by_year(orders: Any) -> None:
    """select year(order_date), count(*), sum(revenue), median(revenue) ... group by 1"""
    asked = (sales.deals_won, sales.won_revenue, sales.median_deal_size)
    found = [dict(m(orders, by=year)) for m in asked]
    assert found[0] == {"2004": 39, "2005": 57, "2006": 20}
    assert found[1] == {"2004": 3378, "2005": 4863, "2006": 1845}
    assert found[2] == {"2004": 69, "2005": 71, "2006": 80}


def test_customers(orders: Any) -> None:
    """select count(*), avg(n >= 2) from (select customer_id, count(*) as n ... group by 1)"""
    assert sales.repeat_rate(orders) == sales.repeat_rate(orders, counting="days") == 0.96
    assert sales.revenue_per_customer(orders) == 10086 / 25
    assert sales.deals_won(orders, by="customer")["Franco Kemmer"] == 12
    assert sales.won_revenue(orders, by="customer")["Fount Flatley"] == 937


def test_first_orders_bring_new_customers(orders: Any) -> None:
    """The first order of each: row_number() over (partition by customer_id order by order_date) = 1"""
    told = sales.with_kinds(orders)
    assert dict(sales.deals_won(told, by=("kind", year))) == {
        ("new", "2004"): 18, ("new", "2005"): 7, ("repeat", "2004"): 21, ("repeat", "2005"): 50, ("repeat", "2006"): 20,
    }  # fmt: skip
    assert sales.won_revenue(told, by="kind")["new"] == 2368
    assert sales.repeat_revenue_share(told) == (10086 - 2368) / 10086


def test_one_row_for_each_customer(orders: Any) -> None:
    """select customer_id, count(*), sum(revenue), min(order_date), max(order_date) ... group by 1"""
    rows = by_customer(orders)
    assert len(rows) == 25
    [i] = [i for i in range(25) if rows.customer.item(i) == "Fannie Watsica"]
    found = [rows[name].item(i) for name in ("won", "amount", "first_won_at", "last_won_at")]
    assert [*map(str, found)] == ["7", "648", "2004-08-27", "2006-07-03"]
