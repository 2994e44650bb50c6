"""What users of other systems reported as wrong, with the right numbers: repeat purchases, funnels, today, overdue."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from crm_metrics import change, day, month, sales, table, this, week, where, year
from crm_metrics.errors import WrongValue
from crm_metrics.journeys import Pipeline
from crm_metrics.records import Deal

# ---------------------------------------------------------------- repeat purchases on one day (lifetimes #244, #91)


def bought(*at: str, customer: str | None = "a") -> dict[str, Any]:
    return {"status": ["won"] * len(at), "customer": [customer] * len(at), "closed_at": list(at)}


def test_purchases_of_one_day_are_two_deals_and_one_day() -> None:
    three = bought("2018-04-24 19:19", "2018-04-24 20:13", "2018-05-24 04:00")
    assert (sales.repeat_rate(three), sales.repeat_rate(three, counting="days")) == (1.0, 1.0)
    two = bought("2012-01-06", "2012-01-06")
    assert (sales.repeat_rate(two), sales.repeat_rate(two, counting="days")) == (1.0, 0.0)


@pytest.mark.parametrize(("zone", "rate"), [("Europe/Moscow", 1.0), ("UTC", 0.0)])
def test_which_day_it_was_the_zone_says(zone: str, rate: float) -> None:
    rows = {**bought("2024-01-31T20:00Z", "2024-01-31T22:00Z"), "id": [1, 2], "created_at": ["2024-01-01T00:00Z"] * 2}
    assert sales.repeat_rate(table(rows, Deal, tz=zone), counting="days") == rate


def test_deals_of_nobody_are_of_no_customer_who_came_back() -> None:
    nobody = bought("2024-01-31", "2024-02-29", customer=None)
    rows = {name: [*nobody[name], *bought("2024-01-31")[name]] for name in nobody}
    assert sales.repeat_rate(rows) == 0.0


# ---------------------------------------------------------------- funnels (ClickHouse #51079, jesstelford/funnels #1)

ABCD = Pipeline(list("ABCD"))


def path(*paths: str) -> dict[str, list[Any]]:
    rows = [(deal, stage, f"2024-01-{i + 1:02}") for deal, own in enumerate(paths) for i, stage in enumerate(own)]
    return {name: [row[i] for row in rows] for i, name in enumerate(("deal", "stage", "at"))}


@pytest.mark.parametrize("counting", ["linear", "strict", "any", "transitions"])
def test_rows_that_repeat_a_step_count_once_however_deals_are_counted(counting: str) -> None:
    assert list(sales.funnel(path("ABBCCCCD"), ABCD, counting=counting).reached.values()) == [1, 1, 1, 1]


@pytest.mark.parametrize(("counting", "reached"), [("linear", [3, 3, 3]), ("strict", [2, 2, 1]), ("any", [2, 3, 3])])
def test_deals_that_skip_and_turn_back(counting: str, reached: list[int]) -> None:
    found = sales.funnel(path("ABC", "BC", "ACB"), Pipeline(list("ABC")), counting=counting)
    assert list(found.reached.values()) == reached


def test_a_stage_that_is_named_twice_is_refused() -> None:  # TelemetryDeck #375
    with pytest.raises(WrongValue, match=r"'A' stands twice .*: name each once"):
        Pipeline(["A", "B", "A"])


def test_a_history_that_comes_newest_first_is_the_same() -> None:  # HubSpot
    rows = path("ABC", "BC", "ACB")
    back = {name: column[::-1] for name, column in rows.items()}
    assert sales.funnel(rows, ABCD).to_dict() == sales.funnel(back, ABCD).to_dict()


# ---------------------------------------------------------------- today, overdue (CordysCRM #286, odoo #74984)


@pytest.mark.parametrize("at", ["2025-11-12", "2025-11-16", "2025-11-30", "2025-12-31"])
def test_the_last_second_of_a_day_is_in_it_and_in_its_week_month_and_year(at: str) -> None:
    rows = {"status": ["won"], "closed_at": [f"{at} 23:59:59"], "id": [1], "created_at": ["2025-01-01 00:00:00"]}
    for unit in (day, week, month, year):
        assert sales.deals_won(where(table(rows, Deal), closed_at=this(unit, dt.date.fromisoformat(at)))) == 1


@pytest.mark.parametrize(("as_of", "overdue"), [("2024-03-04", 1), ("2024-03-05", 1), ("2024-03-06", 2)])
def test_closed_deals_are_not_overdue_and_a_deal_is_not_on_its_own_day(as_of: str, overdue: int) -> None:
    rows = {
        "status": ["open", "open", "won", "lost"],
        "expected_close": ["2024-03-01", "2024-03-05"] + ["2024-01-01"] * 2,
    }
    assert sales.overdue_deals(rows, as_of=as_of) == overdue


# ---------------------------------------------------------------- two branches that both number their deals from 1


def branch(won: int, n: int, first: int = 0) -> dict[str, Any]:
    closed = {"created_at": ["2024-01-01"] * n, "closed_at": ["2024-01-31"] * n}
    return {"id": list(range(first, first + n)), "status": ["won"] * won + ["lost"] * (n - won), **closed}


def test_shares_of_two_sides_have_newcombes_limits() -> None:
    found = change(sales.win_rate, branch(10, 105), branch(20, 101, 1000))
    assert (round(found.low, 4), round(found.high, 4), found.paired) == (0.0056, 0.2007, 0)
    none = change(sales.win_rate, branch(0, 105), branch(0, 101, 1000))
    assert (round(none.low, 4), round(none.high, 4)) == (-0.0353, 0.0366)


def test_a_change_says_how_many_ids_are_on_both_sides() -> None:
    found = change(sales.win_rate, branch(10, 105), branch(20, 101))
    assert (found.paired, found.paired_by) == (101, "id")
    assert str(found).endswith("; 101 ids are on both sides and taken for the same")
    assert found.to_dict()["paired"] == 101
    groups = change(sales.win_rate, branch(10, 105), branch(20, 101), by="status")
    assert "101 ids are on both sides and taken for the same" in str(groups)
    one = change(sales.win_rate, branch(10, 20), branch(20, 101, 19))
    assert str(one).endswith("; 1 id is on both sides and taken for the same")


def test_customers_on_both_sides_are_told_too() -> None:
    a, b = ({**branch(10, 40, 100 * i), "customer": [f"c{j}" for j in range(40)]} for i in (1, 2))
    found = change(sales.win_rate, a, b, unit="customer")
    assert (found.paired, found.paired_by) == (40, "customer")
    assert "40 customers are on both sides" in str(found)
    assert change(sales.win_rate, a, b).paired == 0
