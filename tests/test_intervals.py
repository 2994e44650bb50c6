"""Intervals and changes: what they are, what they promise, and what they refuse."""

from __future__ import annotations

import functools
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from dealerships import dealership
from hypothesis import given, strategies as st

from crm_metrics import Deal, Spend, Totals, marketing, sales, summarize, table, totals
from crm_metrics._tables.opening import open_rows
from crm_metrics._totals.metric import about, registered
from crm_metrics._uncertainty.distributions import normal_quantile, t_quantile, wilson
from crm_metrics._uncertainty.interval import NO_SPREAD, TOO_FEW, Interval, interval
from crm_metrics._uncertainty.resampling.replicates import bucket
from crm_metrics.columns import won
from crm_metrics.errors import MixedCurrencies, UnknownName, WrongCall, WrongValue

SAMPLE = dealership(scale=0.2)
DEALS = table(SAMPLE.deals, Deal)
SPEND = table(SAMPLE.spend, Spend)
ROWS: dict[type, Any] = {Deal: DEALS, Spend: SPEND}
LACKING = {"renewal_rate"}  # the sample has no renewals
WITH_DEALS = [
    m
    for m in registered()
    if Deal in about(m).records and {*about(m).records} <= ROWS.keys()
    if m.__module__.startswith("crm_metrics") and not about(m).required and about(m).name not in LACKING
]


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
        want = interval(metric, DEALS, by="manager" if isinstance(by, tuple) else None, unit="id")
        assert interval(metric, sum(parts)).to_dict() == want.to_dict()


def test_the_order_of_rows_and_the_kind_of_input_do_not_matter() -> None:
    want = interval(sales.average_deal_size, DEALS, by="manager", unit="customer").to_dict()
    backwards = list(reversed(SAMPLE.deals))
    assert interval(sales.average_deal_size, backwards, by="manager", unit="customer").to_dict() == want
    assert interval(sales.average_deal_size, DEALS, by="manager", unit="customer", seed=1).to_dict() != want


# ---------------------------------------------------------------- what an interval is


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_share_of_independent_rows_has_wilsons_interval_to_the_digit(won: int, lost: int) -> None:
    found = interval(sales.win_rate, closed(won, lost))
    if not won + lost:
        assert found.method == TOO_FEW
        return
    low, high = wilson(won / (won + lost), won + lost, normal_quantile(0.975))
    assert (found.n, found.method) == (won + lost, "Wilson")
    assert (found.low, found.high) == (float(low), float(high))
    assert found == interval(sales.win_rate, Totals.of(Deal, won=won, closed=won + lost))


def test_statsmodels_wilson_of_five_of_ten() -> None:
    found = interval(sales.win_rate, closed(5, 5))
    assert (found.low, found.high) == (pytest.approx(0.23659, abs=1e-5), pytest.approx(0.76341, abs=1e-5))


def test_a_share_of_parts_that_are_counted_apart_is_one_of_their_sum() -> None:
    rows = [evolve(d, kind="renewal") for d in closed(30, 20)]
    found = interval(sales.renewal_rate, rows)
    want = interval(sales.win_rate, rows)
    assert (found.low, found.high, found.n, found.method) == (want.low, want.high, 50, "Wilson")


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


def of_customers(customers: int, each: int, status: str = "won", start: int = 0) -> list[Deal]:
    days = {"created_at": "2024-01-05", "closed_at": "2024-02-01", "status": status}
    return [Deal(id=start + i, customer=f"c{i // each}", amount=100 + i % 7, **days) for i in range(customers * each)]


@pytest.mark.parametrize("customers", [1, 5, 9])
def test_a_share_of_the_rows_of_a_few_customers_is_too_little_data(customers: int) -> None:
    found = interval(sales.win_rate, of_customers(customers, 100), unit="customer")
    assert found.value == 1 and found.method == TOO_FEW and math.isnan(found.low) and math.isnan(found.high)


def test_a_share_of_1_of_clustered_rows_has_as_many_rows_as_there_are_customers() -> None:
    for customers in (10, 12, 30):
        found = interval(sales.win_rate, of_customers(customers, 10), unit="customer")
        low, _ = wilson(1.0, customers, t_quantile(0.975, customers - 1))
        assert found.method == "Wilson, clustered" and found.high == 1
        assert float(low) - 0.02 < found.low <= float(low) + 1e-9  # t of the buckets they fill, which are a floor


def test_clustered_rows_are_never_worth_more_than_they_are() -> None:
    one_each = of_customers(40, 1)[:25] + of_customers(40, 1, "lost")[25:]
    assert interval(sales.win_rate, one_each, unit="customer") == interval(sales.win_rate, one_each)
    spread = of_customers(50, 2)  # in each pair one is won and one lost: less variance than of independent rows
    mixed = [d if i % 2 else closed(0, 1, customer=d.customer, start=10_000 + i)[0] for i, d in enumerate(spread)]
    found = interval(sales.win_rate, mixed, unit="customer")
    low, _ = wilson(0.5, 100, normal_quantile(0.975))
    assert found.value == 0.5 and found.low <= float(low)


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
    assert str(found) == "15.3 % [10.4 %, 22.0 %] (n=150, Wilson)"


def test_intervals_by_group_are_tables() -> None:
    found = interval(sales.win_rate, DEALS, by=("channel", "region"))
    columns = found.to_columns()
    assert list(columns) == ["channel", "region", "value", "low", "high", "n", "method"]
    assert len(columns["value"]) == len(found)
    head, first = str(found).splitlines()[:2]
    assert head.split() == [
        "channel",
        "/",
        "region",
        "win",
        "rate",
        "95",
        "%",
        "sure",
        "n",
        "method",
    ] and first.endswith("Wilson")
    assert found._repr_html_().startswith("<table><tr><th>channel / region</th>")
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    assert isinstance(found.to_pandas(), pandas.DataFrame) and isinstance(found.to_polars(), polars.DataFrame)


def test_a_partial_of_a_metric_has_an_interval() -> None:
    found = interval(functools.partial(sales.sales_cycle_quantile, q=0.9), DEALS)
    assert found.value == sales.sales_cycle_quantile(DEALS, q=0.9) and found.low < found.value < found.high


def test_spend_is_taken_as_known() -> None:
    found = interval(marketing.cac, SPEND, DEALS, unit="customer", by="channel")
    assert all(one.low < one.value < one.high for one in found.values() if not math.isnan(one.low))


def test_a_metric_that_counts_customers_takes_them_as_its_units() -> None:
    spend = [Spend(at="2024-01-01", amount=10_000, kind="acquisition")]
    deals = of_customers(50, 3)
    found = interval(marketing.cac, spend, deals)
    assert found == interval(marketing.cac, spend, deals, unit="customer")
    assert found.low < 200 < found.high and "jackknife" in found.method


# ---------------------------------------------------------------- how little is too little


def test_the_smallest_total_behind_a_number_decides_whether_there_is_enough() -> None:
    three = closed(3, 497, amount=100, cost=50)
    assert interval(sales.profit_per_created_deal, three).method == TOO_FEW
    thirty = [evolve(d, cost=40 + i % 20) for i, d in enumerate(closed(30, 470, amount=100))]
    assert interval(sales.profit_per_created_deal, thirty).method == "jackknife, log scale"


def test_a_quantile_needs_five_rows_beyond_it() -> None:
    rows = [evolve(d, closed_at=f"2024-02-{1 + i % 20:02}") for i, d in enumerate(closed(200, 0))]
    cycle = functools.partial(functools.partial, sales.sales_cycle_quantile)
    assert interval(cycle(q=0.99), rows).method == TOO_FEW
    assert interval(cycle(q=0.96), rows).low > 0


def test_where_one_deal_outweighs_all_others_nobody_can_tell() -> None:
    rows = [*closed(50, 0, amount=100), *closed(1, 0, start=900, amount=10**8)]
    found = interval(sales.won_revenue, rows)
    assert found.method == TOO_FEW and math.isnan(found.low), "no revenue is below 0"


@given(st.lists(st.integers(-300, 300), min_size=30, max_size=60))
def test_what_may_be_a_loss_is_not_on_the_log_scale(margins: list[int]) -> None:
    rows = [evolve(d, amount=1000, cost=1000 - m) for d, m in zip(closed(len(margins), 0), margins, strict=True)]
    found = interval(sales.gross_profit, rows)
    assert found.method in ("jackknife", NO_SPREAD, TOO_FEW) or min(margins) >= 0


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**6)), min_size=12, max_size=60))
def test_a_share_of_money_or_customers_is_never_outside_0_and_1(deals: list[tuple[bool, int]]) -> None:
    rows = [
        evolve(d, status="won" if won else "lost", amount=x, customer=f"c{x % 20}")
        for d, (won, x) in zip(closed(len(deals), 0), deals, strict=True)
    ]
    for metric in (functools.partial(sales.win_rate, weight="amount"), sales.repeat_rate):
        found = interval(metric, rows)
        assert math.isnan(found.low) or 0 <= found.low <= found.value <= found.high <= 1


def test_customers_who_all_agree_have_limits() -> None:
    once = [evolve(d, customer=f"c{i}") for i, d in enumerate(closed(40, 0))]
    twice = [evolve(d, customer=f"c{i // 2}") for i, d in enumerate(closed(40, 0))]
    nobody, everybody = interval(sales.repeat_rate, once), interval(sales.repeat_rate, twice)
    assert (nobody.value, nobody.low) == (0, 0) and 0.05 < nobody.high < 0.1
    assert (everybody.value, everybody.high) == (1, 1) and 0.8 < everybody.low < 0.9, "of twenty customers"


# ---------------------------------------------------------------- ties


def of_days(n: int, *days: int) -> list[Deal]:
    rows = closed(n, 0, created_at="2024-01-01")
    return [evolve(d, closed_at=f"2024-01-{1 + days[i % len(days)]:02}") for i, d in enumerate(rows)]


def test_a_median_of_whole_days_has_limits_between_the_days() -> None:
    found = interval(sales.median_sales_cycle, of_days(3000, 9, 10, 11))
    assert (found.value, found.low, found.high, found.method) == (10, 9.5, 10.5, "bootstrap, ties")
    found = interval(sales.median_sales_cycle, of_days(3000, 10, 10, 10, 12))
    assert (found.low, found.high) == (10, 11)  # no day is below
    assert interval(sales.median_sales_cycle, of_days(300, 10)).method == NO_SPREAD


# ---------------------------------------------------------------- units and buckets


def test_an_id_is_in_the_same_bucket_as_a_number_and_as_text() -> None:
    numbers = [0, 7, 123, 10**12, -5]
    of_numbers = bucket()(open_rows({"id": np.array(numbers)}, Deal))
    of_text = bucket()(open_rows({"id": list(map(str, numbers))}, Deal))
    assert of_numbers.codes.tolist() == of_text.codes.tolist()
    padded = bucket()(open_rows({"id": ["007", "7"]}, Deal))
    assert len({padded.item(0), padded.item(1)}) == 2


def test_rows_without_ids_are_units_of_their_own() -> None:
    rows = {"status": ["won"] * 30 + ["lost"] * 20, "amount": list(range(1, 51))}
    want = interval(sales.win_rate, closed(30, 20))
    assert interval(sales.win_rate, rows) == want
    found = interval(sales.average_deal_size, rows)
    assert found.low < 15.5 < found.high and found.method == "jackknife, log scale"
    with pytest.raises(UnknownName, match="no 'id'"):
        summarize(sales.average_deal_size, rows, by=bucket())
    some = {**rows, "id": [None] * 50, "customer": ["a"] * 25 + [None] * 25}
    with pytest.raises(WrongCall, match="25 rows have no customer and no id: their places would collide"):
        summarize(sales.average_deal_size, some, by=bucket("customer"))
    assert interval(sales.win_rate, some) == want


SUMMED = summarize(sales.won_revenue, of_customers(60, 3), by=("status", bucket("customer")))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: interval(sales.won_revenue, SUMMED, unit="id"), WrongCall, r"by bucket\(customer\), and unit='id'"),
        (lambda: interval(sales.won_revenue, SUMMED, seed=4), WrongCall, "seed=0, and seed=4 is asked: give the same"),
        (lambda: interval(sales.won_revenue, SUMMED, by="manager"), WrongCall, "grouped already: give by= where"),
        (
            lambda: interval(sales.won_revenue, summarize(sales.won_revenue, DEALS, by=bucket(of=50))),
            WrongCall,
            r'in 50 buckets; intervals are made of 200: bucket\("id"\)',
        ),
        (
            lambda: SUMMED + summarize(sales.won_revenue, DEALS, by=("status", bucket("customer", seed=3))),
            WrongCall,
            "grouped differently",
        ),
        (lambda: bucket(of=1), WrongValue, "of=1: give a number of buckets, 200"),
        (lambda: bucket(seed="x"), WrongValue, "seed='x': give a whole number"),
    ],
)
def test_buckets_that_do_not_match_are_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


def test_totals_by_customer_have_the_interval_of_their_rows() -> None:
    rows = of_customers(60, 3)
    want = interval(sales.won_revenue, rows, by="status", unit="customer")
    assert interval(sales.won_revenue, SUMMED)["won"] == want["won"]
    assert interval(sales.won_revenue, SUMMED, unit="customer")["won"] == want["won"]


def test_two_currencies_in_one_group_are_refused_whatever_buckets_they_are_in() -> None:
    rows = [*closed(30, 0, amount=5, currency="EUR"), *closed(30, 0, start=90, amount=5, currency="USD")]
    for metric in (sales.won_revenue, sales.median_deal_size):
        with pytest.raises(MixedCurrencies, match=r"EUR and USD do not add"):
            interval(metric, rows)
        assert len(interval(metric, rows, by="currency")) == 2


def test_a_quantile_of_rows_has_the_limits_of_its_totals_also_where_values_are_tied() -> None:
    rows = [evolve(d, amount=a) for a, d in zip((1, 2, 2, 2, 3, 9) * 40, closed(240, 0), strict=True)]
    found = interval(sales.median_deal_size, rows)
    assert found == interval(sales.median_deal_size, summarize(sales.median_deal_size, rows, by=bucket()))
    assert found.low <= 1.5 and found.high >= 2.5


def test_ids_that_crowd_in_few_buckets_are_not_taken_as_rows_of_their_own() -> None:
    one = summarize(sales.win_rate, [*closed(50, 0)] * 4, by=bucket())  # each id four times
    assert interval(sales.win_rate, one).method == "Wilson, clustered"
    assert interval(sales.win_rate, [*closed(50, 0)] * 4).method == "Wilson, clustered"


# ---------------------------------------------------------------- as people and programs read it


def test_numbers_are_written_as_their_unit_is() -> None:
    assert (
        str(Interval(876_100_433.0, 8.5e8, 9.1e8, 12, "m", unit="money"))
        == "876,100,433 [850,000,000, 910,000,000] (n=12, m)"
    )
    assert str(Interval(20.0, 18.1, 21.7, 1298, "m", unit="days")) == "20.0 d [18.1 d, 21.7 d] (n=1,298, m)"
    nothing = Interval(2.5, math.nan, math.nan, 3, TOO_FEW, unit="money")
    assert str(nothing) == "2.50 (n=3, too little data)"


def test_intervals_are_json_csv_and_html() -> None:
    found = interval(sales.win_rate, DEALS, by=("channel", "region"))
    told = json.loads(found.to_json())
    assert told["metric"] == "win_rate" and told["unit"] == "share" and told["confidence"] == 0.95
    assert len(told["rows"]) == len(found) and {*told["rows"][0]} >= {"channel", "region", "low", "method"}
    assert found.to_csv().splitlines()[0] == "channel,region,value,low,high,n,method"
    assert json.loads(interval(sales.win_rate, []).to_json())["value"] is None
    odd = interval(sales.win_rate, {"id": [1, 2], "status": ["won", "lost"], "method": ["<a>", "b"]}, by="method")
    assert list(odd.to_columns()) == ["method", "value", "low", "high", "n", "method.2"]
    assert "&lt;a&gt;" in odd._repr_html_()


# ---------------------------------------------------------------- figures on paper


def test_counts_on_paper_have_poissons_interval() -> None:
    found = interval(sales.deals_won, Totals.of(Deal, won=23))
    assert found.method == "Poisson" and found.low == pytest.approx(14.58, abs=0.01)
    none = interval(sales.deals_won, Totals.of(Deal, won=0))
    assert none.low == 0 and none.high == pytest.approx(3.689, abs=1e-3)
    rows = interval(sales.deals_won, closed(23, 40))
    assert (rows.low, rows.high) == (pytest.approx(found.low), pytest.approx(found.high)) and rows.method == "Poisson"


def a_month(deals: Any, *, by: Any = None) -> Any:
    return totals(deals, Deal, by).count(won) / 12


a_month.about = evolve(about(sales.deals_won), name="a_month", unit="number")  # type: ignore[attr-defined]


def test_what_is_made_of_one_count_has_the_limits_of_the_count_made_so() -> None:
    found, count = interval(a_month, Totals.of(Deal, won=24)), interval(sales.deals_won, Totals.of(Deal, won=24))
    assert (
        found.value == 2 and found.low == pytest.approx(count.low / 12) and found.high == pytest.approx(count.high / 12)
    )


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"won": 50, "closed": 40}, "won = 50 is more than closed = 40: check them"),
        ({"won": -5, "closed": 40}, "won=-5 is no count of rows"),
        ({"won": 2.5, "closed": 40}, "won=2.5 is no count of rows: give a whole number, 0 or more"),
    ],
)
def test_figures_that_cannot_be_counts_are_refused(figures: Any, says: str) -> None:
    with pytest.raises(WrongValue, match=says):
        interval(sales.win_rate, Totals.of(Deal, **figures))


def test_sums_on_paper_are_refused_with_the_remedy() -> None:
    with pytest.raises(WrongCall, match=r"average_deal_size needs how amounts spread.*give the rows"):
        interval(sales.average_deal_size, Totals.of(Deal, won=23, won_amount=100, missing_won_amount=0))
    with pytest.raises(WrongCall, match="have no groups"):
        interval(sales.win_rate, Totals.of(Deal, won=23, closed=40), by="manager")


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
