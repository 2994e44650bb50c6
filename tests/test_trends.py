"""Trends: a metric by period, the empty ones too, and the share of the whole where there is one."""

from __future__ import annotations

import functools
import json
import math
from fractions import Fraction
from typing import Any

import pytest
from compared import told, wanted
from complete import complete
from hypothesis import given, strategies as st
from laws import timed, times_of
from strategies import FEWER, companies

from crm_metrics import CRM, Deal, Spend, Totals, day, hour, marketing, month, quarter, sales, trend, week, year
from crm_metrics._scorecards.trend import Trend
from crm_metrics._totals.metric import about, registered
from crm_metrics._values.breakdown import Breakdown
from crm_metrics.errors import CrmError, UnknownName, WrongCall

DEALS: dict[str, list[Any]] = {
    "status": ["won", "lost", "won", "open", "won"],
    "created_at": ["2024-01-05", "2024-01-20", "2024-02-03", "2024-02-20", "2024-02-25"],
    "closed_at": ["2024-02-01", "2024-02-10", "2024-05-01", None, "2024-05-31"],
    "manager": ["Anna", "Anna", "Boris", "Boris", "Boris"],
    "customer": ["a", "b", "a", "d", "a"],
    "amount": [1500, 400, 900, 700, 600],
}
SPENDING = {"at": ["2024-01-31", "2024-03-15"], "amount": [600, 300]}
OURS = [m for m in registered() if m.__module__.startswith("crm_metrics.")]


def test_periods_in_which_nothing_happened_are_there() -> None:
    found = trend(sales.won_revenue, DEALS)
    assert dict(found.numbers) == {"2024-02": 1500, "2024-03": 0, "2024-04": 0, "2024-05": 1500}
    assert found["2024-03"] == 0 and len(found) == 4
    rates = trend("win_rate", DEALS, by="month")
    assert [x if x == x else None for x in rates.numbers.values()] == [0.5, None, None, 1.0]


def test_totals_have_their_share_of_the_whole_and_nothing_else_has() -> None:
    assert trend(sales.deals_won, DEALS).shares == {"2024-02": 1 / 3, "2024-03": 0, "2024-04": 0, "2024-05": 2 / 3}
    assert trend(sales.win_rate, DEALS).shares is None and trend(sales.median_deal_size, DEALS).shares is None
    assert trend(sales.won_revenue, {name: [] for name in DEALS}).shares == {}
    lost = {"status": ["lost", "lost"], "closed_at": ["2024-01-05", "2024-02-05"]}
    assert all(math.isnan(x) for x in (trend(sales.deals_won, lost).shares or {}).values()), (
        "of nothing there is no share"
    )


@pytest.mark.law
@pytest.mark.parametrize("m", OURS, ids=lambda m: about(m).name)
@given(data=st.data())
@FEWER
def test_a_trend_has_the_digits_of_the_metric_and_its_shares_add_up(m: Any, data: st.DataObject) -> None:
    """By the time that the metric names, or by one that its records have; what the metric refuses is refused."""
    records, m = about(m).records, complete(m)
    rows = data.draw(companies(records)).tables(records)
    unit = data.draw(st.sampled_from([day, week, month, quarter, year]))
    times = times_of(records)
    if times and not (timed(m, records) and data.draw(st.booleans())):
        unit = unit(data.draw(st.sampled_from(times)))
    try:
        known = m(*rows, by=unit)
    except CrmError:  # a time that it does not name, quotas that span several months
        assert not timed(m, records)
        with pytest.raises(CrmError):
            trend(m, *rows, by=unit)
        told(1)
        return
    found = trend(m, *rows, by=unit)
    for period, x in found.numbers.items():
        same = known.on((period,))[period]
        assert repr(x) == repr(same) or (x != x and same != same)
    assert all(period in found.numbers or not x or x != x for period, x in known.items()), "only None may be left out"
    periods = [p for p in found.numbers if p is not None]
    assert periods == (unit.between(periods[0], periods[-1]) if periods else [])
    whole = m(*rows)
    if found.shares is not None and whole:
        exact = sum(Fraction(*x.as_integer_ratio()) for x in found.numbers.values())
        assert exact == Fraction(*whole.as_integer_ratio())
        assert sum(found.shares.values()) == pytest.approx(1, abs=1e-6 * (1 + max(map(abs, found.shares.values()))))
    wanted(whole)


def test_rows_without_a_date_are_a_period_of_their_own_only_where_they_count() -> None:
    assert None not in trend(sales.deals_won, DEALS).numbers, "the deal without a close is open"
    undated = DEALS | {"closed_at": ["2024-02-01", "2024-02-10", None, None, "2024-05-31"]}
    found = trend(sales.deals_won, undated)
    assert list(found.numbers.items()) == [("2024-02", 1), ("2024-03", 0), ("2024-04", 0), ("2024-05", 1), (None, 1)]
    assert "(none)" in str(found) and found.to_columns()["month"][-1] is None


def test_the_first_and_the_last_period_may_be_given() -> None:
    found = trend(sales.deals_created, DEALS, start="2023-12", end="2024-01")
    assert dict(found.numbers) == {"2023-12": 0, "2024-01": 2} and found.shares == {"2023-12": 0, "2024-01": 0.4}


def test_other_keys_are_crossed_with_every_period() -> None:
    found = trend(sales.deals_won, DEALS, by=("manager", month))
    assert found["Anna", "2024-05"] == 0 and found["Boris", "2024-05"] == 2 and len(found) == 8
    assert list(found.to_columns()) == ["manager", "month", "value", "share"]
    assert len(trend(sales.deals_won, DEALS, by=["manager", "quarter(closed_at)"])) == 4


def test_metrics_of_two_records_each_read_their_own_time() -> None:
    found = trend(marketing.cac, SPENDING, DEALS)
    assert found.numbers == marketing.cac(SPENDING, DEALS, by=month).on(tuple(found.numbers))
    assert list(found.numbers) == ["2024-01", "2024-02", "2024-03", "2024-04", "2024-05"]
    crm = CRM(deals=DEALS, spend=SPENDING)
    assert trend("cac", crm).numbers == found.numbers
    with pytest.raises(UnknownName, match="the company has no rows of Spend"):
        trend("cac", CRM(deals=DEALS))


@pytest.mark.parametrize("by", [month("closed_at"), quarter, ("manager", month)])
def test_the_unit_of_time_may_stand_last_among_the_rows(by: Any) -> None:
    assert trend(sales.win_rate, DEALS, by).numbers == trend(sales.win_rate, DEALS, by=by).numbers
    assert trend("cac", SPENDING, DEALS, month).numbers == trend("cac", SPENDING, DEALS).numbers
    with pytest.raises(WrongCall, match="give the unit of time once"):
        trend(sales.win_rate, DEALS, by, by=quarter("created_at"))


def test_a_partial_keeps_its_keywords() -> None:
    nine = functools.partial(sales.sales_cycle_quantile, q=0.9)
    found = trend(nine, DEALS)
    assert found.label == "Sales cycle quantile, q=0.9" and found.numbers["2024-05"] == nine(DEALS, by=month)["2024-05"]


def test_rows_that_can_be_read_once_are_read_once() -> None:
    deals = [Deal(id=i, created_at="2024-01-05", status="open") for i in range(3)]
    assert trend(sales.deals_created, (d for d in deals)).shares == {"2024-01": 1.0}


def test_several_currencies_have_no_share_of_the_whole() -> None:
    money = DEALS | {"currency": ["EUR", "EUR", "USD", "USD", "EUR"]}
    found = trend(sales.won_revenue, money, by=("currency", month))
    assert found.shares is None and found["USD", "2024-05"] == 900
    assert "900 USD" in str(found)


@pytest.mark.parametrize("by", ["manager", None, ("manager", "channel"), (month, quarter), hour, 5])
def test_a_trend_has_one_unit_of_time(by: Any) -> None:
    with pytest.raises(WrongCall, match=r"unit of time|has no empty periods"):
        trend(sales.deals_won, DEALS, by=by if by is not hour else hour("created_at"))


def test_totals_and_what_is_no_metric_are_refused() -> None:
    with pytest.raises(WrongCall, match="figures on paper have no groups"):
        trend(sales.win_rate, Totals.of(Deal, won=1, closed=2))
    with pytest.raises(UnknownName, match="is not a metric"):
        trend(len, DEALS)
    with pytest.raises(WrongCall, match="cac reads Spend, Deal"):
        trend("cac", DEALS)


# ---------------------------------------------------------------- as data, and as people see it


def test_a_trend_is_plain_data() -> None:
    data = json.loads(trend("win_rate", DEALS).to_json())
    assert data["metric"] == "win_rate" and data["unit"] == "share" and data["better"] == "higher"
    assert data["rows"][:2] == [{"month": "2024-02", "value": 0.5}, {"month": "2024-03", "value": None}]
    counts = trend("deals_won", DEALS)
    assert counts.to_csv().splitlines()[:2] == ["month,value,share", "2024-02,1,0.3333333333333333"]
    assert type(json.loads(counts.to_json())["rows"][0]["value"]) is int


def test_a_trend_is_a_table_of_text_and_html() -> None:
    found = trend("won_revenue", CRM(deals=DEALS, currency="EUR"))
    assert str(found).splitlines() == [
        "Won revenue",
        "month                 of all",
        "2024-02   1,500 EUR   50.0 %",
        "2024-03       0 EUR    0.0 %",
        "2024-04       0 EUR    0.0 %",
        "2024-05   1,500 EUR   50.0 %",
    ]
    assert "<caption>Won revenue</caption>" in found._repr_html_() and "<td>1,500 EUR</td>" in found._repr_html_()
    empty = trend("win_rate", {name: [] for name in DEALS})
    assert str(empty).splitlines() == ["Win rate", "month"] and isinstance(empty, Trend)


def test_frames_have_the_periods() -> None:
    pytest.importorskip("pandas")
    frame = trend("deals_won", DEALS).to_pandas()
    assert list(frame.columns) == ["month", "value", "share"] and len(frame) == 4
    pytest.importorskip("polars")
    assert trend("deals_won", DEALS).to_polars().shape == (4, 3)


def test_a_record_is_told_from_another() -> None:
    assert isinstance(trend(marketing.spend_total, [Spend(at="2024-01-31", amount=5)]).numbers, Breakdown)
