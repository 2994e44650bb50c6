"""An extract of public data, requests read as deals that are won when closed, beside plain Python on the same rows."""

from __future__ import annotations

import csv
import datetime as dt
import math
import statistics
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, month, read_csv, sales
from crm_metrics._tables.table import Table

PATH = Path(__file__).parent / "data" / "service_requests.csv"
COLUMNS = {
    "id": "case_enquiry_id", "created_at": "open_dt", "closed_at": "closed_dt", "status": "case_status",
    "expected_close": "target_dt", "manager": "department",
}  # fmt: skip
WORDS = {"status": {"Closed": "won", "Open": "open"}}
END = dt.datetime(2022, 2, 5, 10)


@pytest.fixture(scope="module")
def deals() -> Table[Deal]:
    return read_csv(PATH, Deal, columns=COLUMNS, values=WORDS)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    with PATH.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def span(row: dict[str, Any]) -> Fraction:
    """Days from opened to closed, exact."""
    closed, opened = (dt.datetime.fromisoformat(row[name]) for name in ("closed_dt", "open_dt"))
    return Fraction((closed - opened) // dt.timedelta(microseconds=1), 86_400_000_000)


def test_all_requests_are_read(deals: Table[Deal], rows: list[dict[str, Any]]) -> None:
    assert len(deals) == len(rows) == 100
    assert sales.deals_won(deals) == sum(row["case_status"] == "Closed" for row in rows) == 85
    assert sales.deals_created(deals, by=month) == Counter(row["open_dt"][:7] for row in rows)


def test_times_to_close_are_those_of_a_plain_loop(deals: Table[Deal], rows: list[dict[str, Any]]) -> None:
    spans = [span(row) for row in rows if row["case_status"] == "Closed"]
    assert sales.average_sales_cycle(deals) == float(sum(spans) / len(spans))
    assert sales.median_sales_cycle(deals) == float(statistics.median(spans))
    ours = sales.median_sales_cycle(deals, by="manager")
    for name in {row["department"] for row in rows}:
        own = [span(row) for row in rows if row["department"] == name and row["case_status"] == "Closed"]
        assert ours[name] == float(statistics.median(own)) if own else math.isnan(ours[name])


def test_overdue_are_those_that_the_city_marks_so(deals: Table[Deal], rows: list[dict[str, Any]]) -> None:
    late = [row for row in rows if row["case_status"] == "Open" and row["ontime"] == "OVERDUE"]
    past = [row for row in late if row["target_dt"] and row["target_dt"] < END.isoformat(" ")]
    assert sales.overdue_deals(deals, as_of=END) == len(past) > 0
