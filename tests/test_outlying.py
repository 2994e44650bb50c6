"""A day far outside all others is told, taken for none, and does not move the beginning or the end of the data."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import CRM, Deal, evaluate, fair, table
from crm_metrics._company.outlying import YEAR, outlying, usual, within
from crm_metrics._report import screen
from crm_metrics._report.report import Report

pd, pl = (pytest.importorskip("pandas"), pytest.importorskip("polars"))

DEALS: dict[str, list[Any]] = {
    "id": [1, 2, 3, 4, 5],
    "created_at": ["2024-01-05", "2024-01-08", "2024-02-01", "2024-02-10", "2024-02-12"],
    "status": ["won", "lost", "won", "won", "open"],
    "closed_at": ["2024-01-25", "2024-01-30", "2024-03-01", "2204-02-25", None],
}


def changed(name: str, row: int, day: str) -> dict[str, list[Any]]:
    """Deals without a typed day, but for one cell."""
    rows = {**DEALS, "closed_at": [*DEALS["closed_at"][:3], "2024-02-25", None]}
    return {**rows, name: [day if i == row else x for i, x in enumerate(rows[name])]}


# ---------------------------------------------------------------- the rule


@given(st.lists(st.integers(19_000, 19_000 + YEAR), min_size=5, max_size=40), st.integers(1, 10**6), st.booleans())
def test_a_day_further_beyond_all_others_than_their_span_and_a_year_is_far_outside(
    days: list[int], beyond: int, early: bool
) -> None:
    low, high = min(days), max(days)
    far = low - beyond if early else high + beyond
    found = usual(np.array([*days, far]))
    if beyond > max(high - low, YEAR):
        assert found == usual(np.array(days))
    elif beyond <= YEAR and high - low <= YEAR:
        assert found == (min(low, far), max(high, far))


def test_several_and_on_both_sides_are_found_and_many_are_no_slips() -> None:
    days = list(range(19_700, 19_720))
    assert usual(np.array([*days, -25_569, 85_000, 85_001])) == (19_700, 19_719)
    assert usual(np.array([*days, -25_569, 19_719 + 2 * YEAR + 60])) == (19_700, 19_719), "one hides the other"
    assert usual(np.array([*days, *[85_000] * 20])) == (19_700, 85_000)
    assert usual(np.array([], np.int64)) == (0, 0) and usual(np.array([5])) == (5, 5)
    assert usual(np.array([19_000] * 5 + [19_000 + YEAR + 1])) == (19_000, 19_000)
    assert usual(np.array([0, 5000])) == (0, 5000), "of two days nobody knows which is meant"


# ---------------------------------------------------------------- the report


def far_outside(crm: CRM) -> list[str]:
    """What a report says of days far outside all others."""
    return [note for note in Report.of(crm)["missing"].notes if "far outside" in note]


def test_one_typed_day_moves_no_end_and_makes_no_cycle() -> None:
    report = Report.of(CRM(deals=DEALS))
    text = screen.text_of_report(report)
    assert "Data from 2024-01-05 to the end of 2024-03-01" in text
    assert report["scorecard"]["average_sales_cycle"].value == 24.5, "20 and 29 days"
    assert report["scorecard"]["deals_won"].value == 3
    said = "1 row of deals had a day of closed_at far outside all others, taken for none: 2204-02-25 (id 4)."
    assert said in report["missing"].notes


@pytest.mark.parametrize("day", ["1970-02-03", "1899-11-30", "0001-03-01", "1904-06-01"])
def test_a_day_of_long_ago_moves_no_beginning(day: str) -> None:
    crm = CRM(deals=changed("created_at", 1, day))
    report = Report.of(crm)
    assert crm.first_day == dt.date(2024, 1, 5) and "Data from 2024-01-05" in screen.text_of_report(report)
    assert f"a day of created_at far outside all others, taken for none: {day} (id 2)." in report["missing"].notes[-1]


@pytest.mark.parametrize("kind", [dict, pd.DataFrame, pl.DataFrame, lambda rows: table(rows, Deal)])
def test_every_kind_of_input_is_told_the_same(kind: Any) -> None:
    assert far_outside(CRM(deals=kind(DEALS))) == far_outside(CRM(deals=DEALS)) != []


def test_rows_without_an_id_are_named_by_their_number() -> None:
    bare = {name: cells for name, cells in DEALS.items() if name != "id"}
    assert "2204-02-25 (row 4)." in Report.of(CRM(deals=bare))["missing"].notes[-1]


def test_the_plan_of_an_open_deal_may_lie_far_ahead() -> None:
    deals = changed("closed_at", 4, "2034-12-31")
    crm = CRM(deals=deals)
    assert not outlying(crm.deals) and crm.last_day == dt.date(2024, 3, 1)  # type: ignore[arg-type]  # there are deals


def test_other_tables_are_told_of_too() -> None:
    calls = {"started_at": [*(f"2024-01-{d:02}" for d in range(1, 20)), "2042-01-05"], "deal": [1] * 20}
    spend = {"at": [*(f"2024-0{m}-28" for m in range(1, 7)), "1970-03-01"], "amount": [5] * 7}
    report = Report.of(CRM(deals=changed("id", 0, "1"), calls=calls, spend=spend))
    notes = " ".join(report["missing"].notes)
    assert (
        "1 row of calls had a day of started_at far outside all others, taken for none: 2042-01-05 (deal 1)." in notes
    )
    assert (
        "1 row of spend had a day of at far outside all others" in notes
        and "20 calls from 2024-01-01 to 2024-01-19" in report["read"].notes[0]
    )


def test_as_of_changes_nothing_in_that() -> None:
    one, two = (far_outside(CRM(deals=DEALS, as_of=day)) for day in (None, "2024-03-01"))
    assert one == two != []


def test_a_typed_day_does_not_hide_the_comparison() -> None:
    came = [dt.date(2023, 6, 1) + dt.timedelta(days=i) for i in range(500)]
    rows: dict[str, list[Any]] = {
        "id": list(range(500)), "created_at": came, "closed_at": [d + dt.timedelta(days=3) for d in came],
        "status": ["won", "lost"] * 250, "amount": [100 + i % 7 for i in range(500)], "cost": [50] * 500,
    }  # fmt: skip
    known: dict[str, Any] = {"go_live": "2024-03-01", "costs": [("2024-03-01", 10)]}
    rows["closed_at"][100] = dt.date(2204, 2, 25)
    found = fair(CRM(deals=rows, **known))
    assert found.periods[1].end <= dt.date(2024, 10, 31) and found.maturity <= 3
    assert evaluate(CRM(deals=rows, **known)).monthly_gain.value < 1e4


def test_data_without_such_days_are_the_same_table() -> None:
    rows = table(changed("id", 0, "1"), Deal)
    assert within(rows) is rows
