"""Limits stay within what a number can be: no amount or time below those there are, no share beyond 0 and 1."""

from __future__ import annotations

import datetime as dt
import functools
import math
from typing import Any

import pytest
from hypothesis import given, strategies as st
from inputs import KINDS

from crm_metrics import Deal, bucket, change, interval, metric, sales, summarize, totals
from crm_metrics._uncertainty.differences import Change
from crm_metrics._uncertainty.interval import Interval
from crm_metrics.columns import amount, won
from crm_metrics.journeys import Stay
from crm_metrics.records import Interaction

START = dt.datetime(2024, 1, 1)


def of_amounts(*amounts: float, days: int = 5) -> list[Deal]:
    end = START + dt.timedelta(days=days)
    rows = enumerate(amounts)
    return [Deal(id=i, created_at=START, closed_at=end, status="won", manager="Anna", amount=x) for i, x in rows]


def of_days(*days: int) -> list[Deal]:
    rows = enumerate(days)
    return [
        Deal(id=i, created_at=START, closed_at=START + dt.timedelta(days=n), status="won", manager="Anna", amount=5)
        for i, n in rows
    ]


def stays(*days: int) -> list[Stay]:
    rows = enumerate(days)
    return [Stay(deal=i, stage="a", entered_at=START, left_at=START + dt.timedelta(days=n)) for i, n in rows]


def papers(*days: int) -> list[Interaction]:
    rows = enumerate(days)
    return [Interaction(id=i, kind="quote", requested_at=START, at=START + dt.timedelta(days=n)) for i, n in rows]


QUANTILES: list[tuple[Any, Any]] = [
    (sales.median_deal_size, of_amounts),
    (sales.median_sales_cycle, of_days),
    (functools.partial(sales.sales_cycle_quantile, q=0.4), of_days),
    (sales.median_document_time, papers),
]
of_quantiles = pytest.mark.parametrize(("metric", "rows"), QUANTILES, ids=lambda x: getattr(x, "__name__", "quantile"))


def within(found: Interval, least: float, most: float) -> bool:
    return math.isnan(found.low) or least <= found.low <= found.value <= found.high <= most


@of_quantiles
def test_most_are_nothing_and_none_is_less(metric: Any, rows: Any) -> None:
    """Thirty of nothing and ten of ten: nothing, or up to the half of ten; not five below nothing."""
    found = interval(metric, rows(*[0] * 30, *[10] * 10))
    assert (found.value, found.low, found.high) == (0, 0, 5)
    turned = interval(metric, rows(*[10] * 30, *[0] * 10))
    assert (turned.value, turned.low, turned.high) == (10, 5, 10), "nor more than there is"


def test_stays_of_which_most_were_over_at_once() -> None:
    found = interval(sales.median_time_in_stage, stays(*[0] * 30, *[10] * 10), unit="deal")
    assert (found.low, found.high) == (0, 5)


def test_what_is_below_nothing_in_the_data_may_be_in_the_limits() -> None:
    found = interval(sales.median_deal_size, of_amounts(*[0] * 30, *[6] * 10, -9))
    assert -9 <= found.low < 0 and found.high == 3


def test_the_median_deal_of_which_most_are_empty_is_no_debt() -> None:
    found = interval(sales.median_deal_size, of_amounts(*[0] * 30, *[6] * 10))
    assert (found.value, found.low, found.high) == (0, 0, 3)


@pytest.mark.parametrize("kind", ["mapping", "pandas_typed", "polars", "arrow", "a_table"])
@of_quantiles
def test_whatever_holds_the_rows(kind: str, metric: Any, rows: Any) -> None:
    given_ = rows(*[0] * 30, *[10] * 10)
    found = interval(metric, KINDS[kind].make(given_, type(given_[0])))
    assert (found.low, found.high) == (0, 5)


def test_totals_by_a_bucket_and_groups_have_the_same_limits() -> None:
    rows = of_amounts(*[0] * 30, *[6] * 10)
    parts = summarize(sales.median_deal_size, rows[:7], by=bucket("id")) + summarize(
        sales.median_deal_size, rows[7:], by=bucket("id")
    )
    alone = interval(sales.median_deal_size, rows)
    assert interval(sales.median_deal_size, parts) == alone
    assert interval(sales.median_deal_size, rows, by="manager")["Anna"] == alone


def test_each_group_has_the_range_of_its_own() -> None:
    low, high = of_amounts(*[0] * 30, *[6] * 10), of_amounts(*[100] * 30, *[160] * 10)
    both = [*low, *(Deal(**{**deal_of(d), "id": i + 40, "manager": "Boris"}) for i, d in enumerate(high))]
    found = interval(sales.median_deal_size, both, by="manager")
    assert (found["Anna"].low, found["Anna"].high) == (0, 3)
    assert (found["Boris"].low, found["Boris"].high) == (100, 130)


def deal_of(d: Deal) -> dict[str, Any]:
    return {name: getattr(d, name) for name in ("id", "created_at", "closed_at", "status", "manager", "amount")}


# ---------------------------------------------------------------- changes


@of_quantiles
def test_a_change_is_no_more_than_can_have_changed(metric: Any, rows: Any) -> None:
    found: Change = change(metric, rows(*[0] * 30, *[10] * 10), rows(*[0] * 10, *[10] * 30))
    assert found.difference == 10 and 0 < found.low <= 10 == found.high
    back: Change = change(metric, rows(*[0] * 10, *[10] * 30), rows(*[0] * 30, *[10] * 10))
    assert back.difference == -10 == back.low and back.relative == -1 == back.relative_low and back.high < 0


numbers = st.lists(st.integers(0, 4).map(lambda n: n * n), min_size=10, max_size=40)


@given(numbers, numbers, st.sampled_from([0.5, 0.95, 0.999]))
def test_limits_lie_among_the_values(one: list[int], two: list[int], confidence: float) -> None:
    for median, rows in QUANTILES[:2]:
        a, b = rows(*one), rows(*two)
        assert within(interval(median, a, confidence=confidence), min(one), max(one))
        moved = change(median, a, b, confidence=confidence)
        if not math.isnan(moved.low):
            assert min(two) - max(one) <= moved.low <= moved.difference <= moved.high <= max(two) - min(one)
        assert math.isnan(moved.relative_low) or moved.relative_low >= -1


@given(numbers)
def test_means_and_sums_of_what_is_never_negative_have_no_limits_below_nothing(days: list[int]) -> None:
    deals = of_days(*days)
    for one in (sales.average_sales_cycle, sales.average_deal_size, sales.won_revenue, sales.revenue_per_customer):
        found = interval(one, deals)
        assert math.isnan(found.low) or 0 <= found.low <= found.high
    for one in (sales.win_rate, sales.conversion_rate, sales.repeat_rate):
        assert within(interval(one, deals), 0, 1)
    assert within(interval(sales.deals_won, deals), 0, math.inf)


# ---------------------------------------------------------------- a number made of a quantile


def spread(deals: Any, *, by: Any = None) -> Any:
    """Between the first and the last quarter: of two quantiles."""
    t = totals(deals, Deal, by)
    return t.quantile(amount, 0.75, where=won) - t.quantile(amount, 0.25, where=won)


def far(deals: Any, *, by: Any = None) -> Any:
    """How far the median lies from 3: least in the middle of the values."""
    return abs(totals(deals, Deal, by).quantile(amount, 0.5, where=won) - 3)


def test_what_is_not_monotone_is_not_cut_off() -> None:
    rows = of_amounts(*[0, 1, 2, 4, 5, 6, 8, 9, 10] * 5)
    for function in (spread, far):
        found = interval(metric(Deal, unit="money")(function), rows)
        assert found.low < found.value < found.high


# ---------------------------------------------------------------- a share that may be negative


def margins(*costs: float) -> list[Deal]:
    end = START + dt.timedelta(days=5)
    return [Deal(id=i, created_at=START, closed_at=end, status="won", amount=100, cost=c) for i, c in enumerate(costs)]


def test_no_margin_is_above_the_whole() -> None:
    """One sale far below cost among many that cost nothing: the plain limits would go beyond 100 %."""
    found = interval(sales.gross_margin, margins(*[0] * 39, 300))
    assert found.value == pytest.approx(0.925) and found.low < 0.9 and found.high == 1
    assert interval(sales.gross_margin, margins(*[0] * 39, 300, -900, -900)).high > 1, "refunds of costs"
    moved = change(sales.gross_margin, margins(*[0] * 39, 300), margins(*[10] * 39, 300))
    assert moved.high <= 1 and moved.low >= -2
