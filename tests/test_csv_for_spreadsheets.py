"""A label that a spreadsheet would run as a formula: as it is for programs, kept from running where that is asked."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from crm_metrics import CRM, change, interval, sales, scorecard
from crm_metrics._report.report import Report
from crm_metrics._values.presented import csv_of
from crm_metrics.journeys import Pipeline

RUN = ['=HYPERLINK("http://x")', "+7 900", "-Anna", "@SUM(A1)", "\tcmd"]
DEALS: dict[str, Any] = {
    "id": list(range(24)),
    "status": ["won", "lost", "won", "lost"] * 6,
    "created_at": ["2024-01-05"] * 24,
    "closed_at": ["2024-01-31"] * 24,
    "manager": ["=1+1", "Anna", "-Boris", "Anna"] * 6,
    "reason": ["+dear"] * 24,
    "amount": [100] * 24,
}


def cells(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text)) for cell in row]


@pytest.mark.parametrize("label", RUN)
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(label: str) -> None:
    assert cells(csv_of([[label]], guarded=True)) == [f"'{label}"]
    assert cells(csv_of([[label]])) == [label]


def test_numbers_and_words_stay_what_they_are() -> None:
    row = [-5, -2.5, None, "Anna", "a=b", "", True]
    assert csv_of([row], guarded=True) == csv_of([row]) == "-5,-2.5,,Anna,a=b,,True\n"


RESULTS = {
    "a scorecard": lambda: scorecard(["win_rate"], deals=DEALS, by="manager"),
    "changes": lambda: change(sales.win_rate, DEALS, DEALS, by="manager"),
    "intervals": lambda: interval(sales.win_rate, DEALS, by="manager"),
    "reasons": lambda: sales.reasons(DEALS, by="manager"),
    "a funnel": lambda: sales.funnel({"deal": [1], "stage": ["=1+1"], "at": ["2024-01-01"]}, Pipeline(["=1+1"])),
    "a report": lambda: Report.of(CRM(deals=DEALS), by=["manager"]),
}


@pytest.mark.parametrize("make", RESULTS.values(), ids=RESULTS)
def test_every_table_keeps_its_labels_from_running_where_asked(make: Any) -> None:
    raw, guarded = make().to_csv(), make().to_csv(guarded=True)
    risky = [cell for cell in cells(raw) if cell.startswith(("=", "+", "@", "-B"))]
    assert risky and not [cell for cell in cells(guarded) if cell.startswith(("=", "+", "@", "-B"))]
    assert [cell.removeprefix("'") for cell in cells(guarded)] == cells(raw)
