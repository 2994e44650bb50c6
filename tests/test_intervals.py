"""Intervals and changes: what they are, what they promise, and what they refuse."""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_metrics import Deal, Spend, Totals, marketing, sales, summarize, table, where
from crm_metrics.changes import change
from crm_metrics.distributions import normal_quantile, wilson
from crm_metrics.errors import UnknownName, WrongCall, WrongValue
from crm_metrics.intervals import TOO_FEW, interval
from crm_metrics.registry import about, registered
from crm_metrics.replicates import bucket
from crm_metrics.samples import dealership

SAMPLE = dealership(scale=0.2)
DEALS = table(SAMPLE.deals, Deal)
SPEND = table(SAMPLE.spend, Spend)
ROWS: dict[type, Any] = {Deal: DEALS, Spend: SPEND}
WITH_DEALS = [m for m in registered() if Deal in about(m).records and m.__module__.startswith("crm_metrics")]


def rows_of(metric: Any) -> list[Any]:
    return [ROWS[r] for r in about(metric).records]


def closed(won: int, lost: int, start: int = 0, **more: Any) -> list[Deal]:
    times = {"created_at": "2024-01-05", "closed_at": "2024-02-01", **more}
    statuses = ["won"] * won + ["lost"] * lost
    return [Deal(id=start + i, status=status, **times) for i, status in enumerate(statuses)]


# ---------------------------------------------------------------- every metric


@pytest.mark.parametrize("metric", WITH_DEALS, ids=lambda m: m.__name__)
def test_the_number_of_an_interval_is_the_plain_number_and_lies_within_it(metric: Any) -> None:
    found = interval(metric, *rows_of(metric))
    assert found.value == metric(*rows_of(metric))
    assert found.low < found.value < found.high
    assert found.n > 0 and found.method


@pytest.mark.parametrize("metric", WITH_DEALS, ids=lambda m: m.__name__)
def test_by_group_each_number_is_the_plain_one_and_no_interval_has_zero_width(metric: Any) -> None:
    found = interval(metric, *rows_of(metric), by="channel")
    assert found.breakdown() == metric(*rows_of(metric), by="channel")
    for one in found.values():
        assert math.isnan(one.low) == math.isnan(one.high)
        assert math.isnan(one.low) or one.low < one.high
        assert not math.isnan(one.low) or one.method in (TOO_FEW, "no spread in the data")


@pytest.mark.parametrize("metric", [m for m in WITH_DEALS if about(m).records == (Deal,)], ids=lambda m: m.__name__)
def test_an_interval_of_summarized_parts_is_that_of_the_rows(metric: Any) -> None:
    halves = [DEALS.take(np.arange(0, 700)), DEALS.take(np.arange(700, len(DEALS)))]
    for by in (("manager", bucket()), bucket()):
        parts = [pickle.loads(pickle.dumps(summarize(metric, half, by=by))) for half in halves]
        want = interval(metric, DEALS, by="manager" if isinstance(by, tuple) else None)
        assert interval(metric, sum(parts)).to_dict() == want.to_dict()


def test_the_order_of_rows_and_the_kind_of_input_do_not_matter() -> None:
    want = interval(sales.average_deal_size, DEALS, by="manager", unit="customer").to_dict()
    backwards = list(reversed(SAMPLE.deals))
    assert interval(sales.average_deal_size, backwards, by="manager", unit="customer").to_dict() == want
    assert interval(sales.average_deal_size, DEALS, by="manager", unit="customer", seed=1).to_dict() != want


# ---------------------------------------------------------------- what an interval is


@given(st.integers(0, 60), st.integers(1, 60))
def test_a_share_of_independent_rows_has_wilsons_interval(won: int, lost: int) -> None:
    found = interval(sales.win_rate, closed(won, lost))
    low, high = wilson(won / (won + lost), won + lost, normal_quantile(0.975))
    assert found.n == won + lost
    assert found.low <= float(low) + 1e-12 and found.high >= float(high) - 1e-12  # the effective n is n, or fewer


def test_rows_of_one_customer_that_rise_and_fall_together_widen_the_interval() -> None:
    rows = [
        Deal(
            id=f"{c}-{i}",
            customer=c,
            created_at="2024-01-05",
            closed_at="2024-02-01",
            status="won" if c % 2 else "lost",
        )
        for c in range(60)
        for i in range(10)
    ]
    alone, together = interval(sales.win_rate, rows), interval(sales.win_rate, rows, unit="customer")
    assert together.high - together.low > 2 * (alone.high - alone.low)
    assert together.method == "Wilson, clustered" and alone.method == "Wilson"


def test_deals_without_the_unit_are_units_of_their_own() -> None:
    rows = closed(100, 100)  # no customer
    assert interval(sales.win_rate, rows, unit="customer").to_dict() == interval(sales.win_rate, rows).to_dict()


def test_too_little_data_is_flagged_and_not_a_zero_width() -> None:
    few = interval(sales.average_deal_size, closed(3, 0, amount=100))
    assert few.value == 100 and math.isnan(few.low) and few.method == TOO_FEW
    same = interval(sales.average_deal_size, closed(300, 0, amount=100))
    assert math.isnan(same.low) and same.method == "no spread in the data"
    none = interval(sales.win_rate, [])
    assert math.isnan(none.value) and math.isnan(none.low) and none.method == TOO_FEW
    assert json.loads(json.dumps(none.to_dict(), allow_nan=False))["low"] is None


def test_a_higher_confidence_is_a_wider_interval() -> None:
    for metric in (sales.win_rate, sales.won_revenue, sales.median_sales_cycle):
        a, b = (interval(metric, DEALS, confidence=c) for c in (0.8, 0.99))
        assert b.low < a.low < a.high < b.high


def test_an_interval_reads_and_prints_like_a_number_with_limits() -> None:
    found = interval(sales.conversion_rate, Totals.of(Deal, won=23, created=150))
    assert float(found) == 23 / 150 and 0.15 in found and 0.3 not in found
    assert str(found) == "0.1533 [0.1044, 0.2196] (n=150, Wilson)"


def test_intervals_by_group_are_tables() -> None:
    found = interval(sales.win_rate, DEALS, by=("channel", "region"))
    columns = found.to_columns()
    assert list(columns) == ["channel", "region", "value", "low", "high", "n", "method"]
    assert len(columns["value"]) == len(found)
    assert "<table>" in found._repr_html_() and repr(found).startswith("Intervals({")
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    assert isinstance(found.to_pandas(), pandas.DataFrame) and isinstance(found.to_polars(), polars.DataFrame)


def test_a_partial_of_a_metric_has_an_interval() -> None:
    found = interval(functools.partial(sales.sales_cycle_quantile, q=0.9), DEALS)
    assert found.value == sales.sales_cycle_quantile(DEALS, q=0.9) and found.low < found.value < found.high


def test_spend_is_taken_as_known() -> None:
    found = interval(marketing.cac, SPEND, DEALS, unit="customer", by="channel")
    assert all(one.low < one.value < one.high for one in found.values() if not math.isnan(one.low))


# ---------------------------------------------------------------- figures on paper


def test_counts_on_paper_have_poissons_interval() -> None:
    found = interval(sales.deals_won, Totals.of(Deal, won=23))
    assert found.method == "Poisson" and found.low == pytest.approx(14.6, abs=0.1)


def test_sums_on_paper_are_refused_with_the_remedy() -> None:
    with pytest.raises(WrongCall, match=r"average_deal_size needs how amounts spread.*give the rows"):
        interval(sales.average_deal_size, Totals.of(Deal, won=23, won_amount=100, missing_won_amount=0))
    with pytest.raises(WrongCall, match="have no groups"):
        interval(sales.win_rate, Totals.of(Deal, won=23, closed=40), by="manager")


# ---------------------------------------------------------------- change


def test_two_shares_are_compared_by_newcombes_interval() -> None:
    found = change(sales.win_rate, closed(56, 14), closed(48, 32, start=1000))
    assert (found.before, found.after) == (0.8, 0.6)
    assert found.low == pytest.approx(-0.3339, abs=6e-5) and found.high == pytest.approx(-0.0524, abs=6e-5)
    assert found.verdict == "worse" and found.relative == pytest.approx(-0.25)
    assert found.relative_low < -0.25 < found.relative_high


def test_what_is_better_depends_on_the_metric() -> None:
    before, after = closed(30, 70), closed(70, 30, start=1000)
    assert change(sales.win_rate, before, after).verdict == "better"
    assert change(sales.loss_rate, before, after).verdict == "better"
    assert change(sales.loss_rate, after, before).verdict == "worse"


def test_nothing_changed_is_no_evidence() -> None:
    found = change(sales.win_rate, closed(50, 50), closed(50, 50, start=1000))
    assert found.difference == 0 and found.p == 1 and found.verdict == "no evidence"
    for metric in (sales.average_deal_size, sales.median_deal_size, sales.won_revenue):
        same = change(metric, DEALS, DEALS)
        assert same.difference == 0 and same.verdict in ("no evidence", "too little data")


def test_a_change_takes_the_customers_of_both_sides_as_the_same_customers() -> None:
    def deals(year: int, factor: float) -> list[Deal]:
        day = {"created_at": f"{year}-01-05", "closed_at": f"{year}-02-01", "status": "won"}
        return [Deal(id=f"{year}-{c}", customer=c, amount=round(100 * 1.05**c * factor, 2), **day) for c in range(150)]

    before, after = deals(2023, 1.0), deals(2024, 1.02)
    same = change(sales.average_deal_size, before, after, unit="customer")
    other = change(sales.average_deal_size, before, after, unit="id")
    assert same.verdict == "better" and other.verdict == "no evidence"
    assert same.relative == pytest.approx(0.02, abs=1e-4)


def test_a_base_that_is_not_positive_has_no_percent() -> None:
    day = {"created_at": "2024-01-05", "closed_at": "2024-02-01", "status": "won"}
    loss = [Deal(id=i, amount=100, cost=150 + i, **day) for i in range(40)]
    gain = [Deal(id=100 + i, amount=100, cost=50 + i, **day) for i in range(40)]
    found = change(sales.gross_profit, loss, gain)
    assert math.isnan(found.relative) and "not positive" in found.note and found.difference > 0
    assert found.to_dict()["relative"] is None and found.verdict == "better"


def test_a_base_that_may_be_nothing_leaves_the_relative_change_unbounded() -> None:
    day = {"created_at": "2024-01-05", "closed_at": "2024-02-01", "status": "won"}
    noisy = [Deal(id=i, amount=100, cost=100 + (-1) ** i * 90 - (i == 0), **day) for i in range(40)]
    good = [Deal(id=100 + i, amount=100, cost=50 + i % 7, **day) for i in range(40)]
    found = change(sales.gross_profit, noisy, good)
    assert found.relative_high == math.inf and "unbounded" in found.note
    json.dumps(found.to_dict(), allow_nan=False)


def test_groups_that_only_one_side_has_are_there_and_say_too_little() -> None:
    before = closed(20, 20, manager="Anna") + closed(20, 20, start=100, manager="Boris")
    after = closed(30, 10, start=200, manager="Anna") + closed(5, 5, start=300, manager="Vera")
    found = change(sales.win_rate, before, after, by="manager")
    assert list(found) == ["Anna", "Boris", "Vera"]
    assert found["Boris"].verdict == found["Vera"].verdict == TOO_FEW
    assert list(found.to_columns())[:3] == ["manager", "before", "after"]
    assert "Anna" in repr(found) and "<table>" in found._repr_html_()
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    assert isinstance(found.to_pandas(), pandas.DataFrame) and isinstance(found.to_polars(), polars.DataFrame)


def test_many_groups_share_the_risk_of_a_false_finding() -> None:
    one = change(sales.win_rate, closed(40, 60), closed(56, 44, start=1000))
    before = [d for i in range(20) for d in closed(40, 60, start=i * 1000, manager=f"m{i}")]
    after = [d for i in range(19) for d in closed(40, 60, start=90_000 + i * 1000, manager=f"m{i}")]
    after += closed(56, 44, start=200_000, manager="m19")
    many = change(sales.win_rate, before, after, by="manager")["m19"]
    assert one.verdict == "better" and many.verdict == "no evidence" and many.p > one.p


def test_a_metric_of_two_records_takes_a_pair_on_each_side() -> None:
    middle = dt.date(2024, 4, 1)
    before, after = (where(DEALS, f) for f in (lambda d: d.closed_at < middle, lambda d: d.closed_at >= middle))
    found = change(marketing.cac, (SPEND, before), (SPEND, after), unit="customer", by="channel")
    assert set(found) >= {"ad click", "partner"}
    with pytest.raises(WrongCall, match=r"give each side as a tuple \(spend, deal\)"):
        change(marketing.cac, before, after)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: interval(sales.win_rate, DEALS, unit="client"), UnknownName, "no rows have the unit 'client'"),
        (lambda: interval(sales.win_rate, DEALS, unit="amount"), WrongCall, "unit='amount' holds no ids"),
        (lambda: interval(sales.win_rate, DEALS, confidence=95), WrongValue, "confidence=95"),
        (lambda: interval(sales.win_rate, DEALS, DEALS), WrongCall, "win_rate reads Deal: give rows of each, got 2"),
        (lambda: interval(marketing.spend_total, SPEND), UnknownName, "name the unit that is independent"),
        (lambda: interval(sales.win_rate, summarize(sales.win_rate, DEALS)), WrongCall, "summarize them with by="),
        (lambda: interval(len, DEALS), UnknownName, "is not a metric"),
    ],
)
def test_what_cannot_have_an_interval_is_refused_with_the_remedy(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


# ---------------------------------------------------------------- do they cover?


def covered(metric: Any, truth: float, draw: Any, runs: int, **options: Any) -> float:
    hits = [truth in interval(metric, draw(np.random.default_rng(i)), **options) for i in range(runs)]
    return sum(hits) / runs


def drawn(rng: np.random.Generator, n: int, p: float, sigma: float) -> Any:
    won = rng.random(n) < p
    amounts = np.round(np.exp(rng.normal(5, sigma, n)), 2)
    return {"id": np.arange(n), "status": np.where(won, "won", "lost").tolist(), "amount": amounts}


RUNS = 300
BAND = 3 * math.sqrt(0.95 * 0.05 / RUNS)  # three Monte Carlo errors


def test_a_share_is_covered_as_often_as_promised() -> None:
    for p in (0.1, 0.3):
        found = covered(sales.win_rate, p, lambda rng, p=p: drawn(rng, 200, p, 1.0), RUNS)
        assert found > 0.95 - BAND


def test_a_mean_of_skewed_amounts_is_covered_nearly_as_often_as_promised() -> None:
    truth = math.exp(5 + 0.5)
    found = covered(sales.average_deal_size, truth, lambda rng: drawn(rng, 700, 0.5, 1.0), RUNS)
    assert found > 0.95 - BAND - 0.02  # on such amounts 93 to 95 %: benchmarks/truth.py has the table


def test_a_median_is_covered_as_often_as_promised() -> None:
    found = covered(sales.median_deal_size, math.exp(5), lambda rng: drawn(rng, 400, 0.5, 1.0), RUNS)
    assert found > 0.95 - BAND - 0.01


def test_change_raises_few_false_alarms() -> None:
    alarms = 0
    for i in range(RUNS):
        rng = np.random.default_rng(i)
        a, b = drawn(rng, 200, 0.3, 1.0), drawn(rng, 200, 0.3, 1.0)
        b["id"] = b["id"] + 1000
        alarms += change(sales.win_rate, a, b).verdict in ("better", "worse")
    assert alarms / RUNS < 0.05 + 3 * math.sqrt(0.05 * 0.95 / RUNS)
