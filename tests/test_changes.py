"""Changes: two sets of rows compared, what they promise, and what they refuse."""

from __future__ import annotations

import datetime as dt
import json
import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, strategies as st
from test_intervals import DEALS, SPEND, closed, of_customers, of_days

from crm_metrics import Deal, Period, Totals, marketing, sales, samples, table, where
from crm_metrics._tables.opening import open_rows
from crm_metrics._uncertainty.change import change, change_per
from crm_metrics._uncertainty.differences import NO_EVIDENCE, Change
from crm_metrics._uncertainty.distributions import newcombe, normal_quantile, wilson
from crm_metrics._uncertainty.estimates import estimates
from crm_metrics._uncertainty.interval import NO_SPREAD, TOO_FEW, interval
from crm_metrics._uncertainty.pairs import correlation
from crm_metrics._uncertainty.resampling.buckets import overlap
from crm_metrics._uncertainty.resampling.replicates import Sides
from crm_metrics.errors import MixedCurrencies, WrongCall, WrongValue

Z = normal_quantile(0.975)
VERDICTS = ("better", "worse", "higher", "lower")


def prices(n: int, *amounts: float, start: int = 0) -> list[Deal]:
    return [evolve(d, amount=amounts[i % len(amounts)]) for i, d in enumerate(closed(n, 0, start=start))]


# ---------------------------------------------------------------- what a change is


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
    head, first = str(found).splitlines()[1:3]
    assert head.split() == ["manager", "before", "after", "change", "95", "%", "sure"] and first.endswith("better")
    assert found._repr_html_().startswith("<table><caption>win rate</caption><tr><th>manager</th>")
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


# ---------------------------------------------------------------- limits, percent and verdict agree


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_the_limits_the_percent_and_the_verdict_of_shares_agree(a: int, b: int, c: int, d: int) -> None:
    found = change(sales.win_rate, closed(a, b), closed(c, d, start=1000))
    agree(found)
    assert (found.verdict == TOO_FEW) == (min(a + b, c + d) < 10)
    if min(a + b, c + d):
        sides = ((x / n, *wilson(x / n, n, Z)) for x, n in ((a, a + b), (c, c + d)))
        low, high = newcombe(*sides)
        assert (found.low, found.high) == (pytest.approx(float(low)), pytest.approx(float(high)))


@given(st.integers(1, 10**6), st.floats(0.01, 1.5), st.floats(0.3, 3))
def test_the_limits_the_percent_and_the_verdict_of_amounts_agree(seed: int, sigma: float, factor: float) -> None:
    rng = np.random.default_rng(seed)
    sides = [np.round(np.exp(rng.normal(5, sigma, 40)) * x, 2) + 0.01 for x in (1, factor)]
    a, b = (prices(40, *x.tolist(), start=i * 100) for i, x in enumerate(sides))
    for metric in (sales.average_deal_size, sales.median_deal_size, sales.won_revenue):
        agree(change(metric, a, b))


def agree(found: Change) -> None:
    clear = found.low > 0 or found.high < 0
    assert math.isnan(found.low) or found.low < found.difference < found.high or abs(found.difference) == 1
    assert found.relative_low < found.relative_high or math.isnan(found.relative_low) or found.before <= 0
    assert math.isnan(found.relative_low) or found.relative_low >= -1
    if found.verdict != TOO_FEW:
        assert clear == (found.p <= 0.05) == (found.verdict in VERDICTS)
        if not math.isnan(found.relative_low):
            assert clear == (found.relative_low > 0 or found.relative_high < 0)


def test_two_of_twenty_against_none_of_fifty_is_no_evidence_everywhere() -> None:
    found = change(sales.win_rate, closed(2, 18), closed(0, 50, start=100))
    assert found.low == pytest.approx(-0.301, abs=1e-3) and found.high == pytest.approx(0.0015, abs=1e-4)
    assert found.verdict == NO_EVIDENCE and found.p == pytest.approx(0.053, abs=1e-3)
    assert found.relative_low == -1 and found.relative_high > 0


def test_limits_never_meet() -> None:
    none, all_won = (
        change(sales.win_rate, closed(*a), closed(*b, start=100)) for a, b in (((10, 10), (0, 20)), ((20, 0), (20, 0)))
    )
    assert none.relative == -1 and none.relative_high > -0.9
    assert all_won.relative == 0 and all_won.relative_low < 0 < all_won.relative_high
    flat = change(sales.average_deal_size, prices(50, 100), prices(50, 120, start=100))
    assert math.isnan(flat.low) and math.isnan(flat.relative_low) and math.isnan(flat.p)
    assert flat.verdict == flat.note == NO_SPREAD and "nan" not in str(flat)
    days = change(sales.median_sales_cycle, of_days(3000, 9, 10, 11), of_days(3000, 9, 10, 11))
    assert days.low == pytest.approx(-math.sqrt(0.5), rel=0.01) and days.verdict == NO_EVIDENCE


def test_fewer_than_ten_units_on_a_side_are_no_verdict() -> None:
    for before, after in ((closed(150, 850), closed(1, 0, start=5000)), (closed(0, 3), closed(3, 0, start=100))):
        found = change(sales.win_rate, before, after)
        assert found.verdict == TOO_FEW and math.isnan(found.p) and found.low < found.high
    found = change(sales.win_rate, of_customers(9, 40), of_customers(9, 40, "lost", start=10**6), unit="customer")
    assert found.verdict == TOO_FEW
    one = change(sales.average_deal_size, prices(1000, 100, 110), prices(1, 50, start=5000))
    assert one.verdict == TOO_FEW and one.note == ""


def test_exactly_how_often_small_sides_raise_a_false_alarm() -> None:
    for n, m in ((10, 10), (12, 40), (10, 200)):
        for p in (0.1, 0.3, 0.5):
            assert false_alarms(n, m, p) < 0.09  # 5 % on average over p; Newcombe's interval is not exact


def false_alarms(n: int, m: int, p: float) -> float:
    """Of all the ways in which two sides of one company may turn out, how many exclude 0."""
    x, y = np.arange(n + 1), np.arange(m + 1)
    low, high = newcombe(
        *(
            tuple(side[..., None] if i == 0 else side for side in (k / t, *wilson(k / t, t, Z)))
            for i, (k, t) in enumerate(((x, n), (y, m)))
        )
    )
    likely = [np.array([math.comb(t, int(i)) * p**i * (1 - p) ** (t - i) for i in k]) for k, t in ((x, n), (y, m))]
    return float((np.outer(*likely) * ((low > 0) | (high < 0))).sum())


# ---------------------------------------------------------------- the same customers on both sides


def pairs(same: bool) -> tuple[list[Deal], list[Deal]]:
    """Customers who win or lose for good; as many on both sides, the same or others."""
    sides = []
    for side in (0, 1):
        kinds = [("won", 40 + 8 * side), ("lost", 40 - 8 * side)]
        status = [s for s, n in kinds for _ in range(n)]
        names = [f"{'' if same else side}c{i}" for i in range(80)]
        sides.append(
            [
                Deal(id=f"{side}-{i}-{j}", customer=c, status=s, created_at="2024-01-05", closed_at="2024-02-01")
                for i, (c, s) in enumerate(zip(names, status, strict=True))
                for j in range(3)
            ]
        )
    return sides[0], sides[1]


def test_shares_of_the_same_customers_are_compared_as_pairs() -> None:
    same, other = (change(sales.win_rate, *pairs(x), unit="customer") for x in (True, False))
    assert same.difference == other.difference == pytest.approx(0.1)
    assert other.verdict == NO_EVIDENCE and same.verdict == "better"
    assert same.high - same.low < 0.75 * (other.high - other.low)


def test_a_few_shared_customers_make_sides_only_so_far_a_pair() -> None:
    before, after = of_customers(100, 3), of_customers(100, 3, start=10**6)
    after = [evolve(d, customer=d.customer if i < 3 else f"new {d.customer}") for i, d in enumerate(after)]
    sides = [Sides(sales.won_revenue, [rows], None, "customer", 0) for rows in (before, after)]
    assert sides[0].overlap(sides[1]) == pytest.approx(0.01)
    found = [estimates(side.replicates(None), 0.975) for side in sides]
    assert abs(correlation(*found, 0.01)[0]) <= 0.01 and correlation(*found, 0)[0] == 0


@given(st.sets(st.integers(-10, 10)), st.sets(st.integers(-10, 10)), st.sampled_from([1, 10**12]))
def test_shared_units_are_counted_whatever_their_ids_are(a: set[int], b: set[int], far: int) -> None:
    numbers = [open_rows({"id": np.array([x * far for x in side] * 2, np.int64)}, Deal) for side in (a, b)]
    text = [open_rows({"id": [str(x * far) for x in side]}, Deal) for side in (a, b)]
    want = len(a & b) / math.sqrt(len(a) * len(b)) if a & b else 0
    for one, two in (numbers, text, (numbers[0], text[1])):
        assert overlap(one, two, "id") == pytest.approx(want)


def test_units_that_are_on_one_side_only_have_no_correlation() -> None:
    before, after = closed(56, 14), closed(48, 32, start=1000)
    of_ids = change(sales.win_rate, before, after)
    rows = [evolve(d, customer=str(d.id)) for d in before], [evolve(d, customer=str(d.id)) for d in after]
    assert change(sales.win_rate, *rows, unit="customer") == of_ids


# ---------------------------------------------------------------- figures on paper


def test_figures_on_paper_stand_for_a_side() -> None:
    before, after = Totals.of(Deal, won=56, closed=70), closed(48, 32)
    rows = change(sales.win_rate, closed(56, 14, start=1000), after)
    found = change(sales.win_rate, before, after)
    assert found == evolve(rows, note="before: figures on paper")
    both = change(sales.win_rate, before, Totals.of(Deal, won=48, closed=80))
    assert (both.low, both.high, both.p) == (found.low, found.high, found.p) and both.note.startswith(
        "before and after"
    )
    assert change(sales.win_rate, after, before).note == "after: figures on paper"


def test_counts_on_paper_are_compared_by_the_month() -> None:
    found = change_per(sales.deals_won, Totals.of(Deal, won=120), closed(90, 10), months=(12, 6))
    assert (found.before, found.after) == (10, 15) and found.verdict == "better"
    alone = interval(sales.deals_won, Totals.of(Deal, won=120))
    assert found.low == pytest.approx(
        5 - math.hypot((alone.high - 120) / 12, 15 - interval(sales.deals_won, closed(90, 0)).low / 6)
    )
    assert change(sales.deals_won, Totals.of(Deal, won=3), closed(4, 0)).verdict == TOO_FEW
    assert change(sales.deals_won, Totals.of(Deal, won=3), closed(40, 0)).verdict == "better"


def test_sums_on_paper_are_refused_in_a_change_with_the_remedy() -> None:
    paper = Totals.of(Deal, won=23, won_amount=1000)
    for sides in ((paper, DEALS), (DEALS, paper), (paper, paper)):
        with pytest.raises(WrongCall, match=r"won_revenue needs how amounts spread.*give the rows"):
            change(sales.won_revenue, *sides)
    with pytest.raises(WrongValue, match="won = 50 is more than closed = 40"):
        change(sales.win_rate, Totals.of(Deal, won=50, closed=40), DEALS)
    with pytest.raises(WrongCall, match="have no groups"):
        change(sales.win_rate, Totals.of(Deal, won=5, closed=40), DEALS, by="manager")


# ---------------------------------------------------------------- as people and programs read it


def test_a_change_is_written_as_its_unit_is() -> None:
    found = change(sales.win_rate, closed(56, 14), closed(48, 32, start=1000))
    assert str(found) == "80.0 % -> 60.0 %: -20.0 pts (-25.0 %) [-33.4 pts, -5.2 pts], worse"
    none = change(sales.average_deal_size, prices(5, 100), prices(5, 120, start=100))
    assert str(none) == "100 -> 120: +20 (+20.0 %), too little data"
    nothing = change(sales.win_rate, [], [])
    assert str(nothing) == "- -> -: -, too little data" and json.loads(nothing.to_json())["difference"] is None


def test_changes_of_no_rows_are_empty_and_not_an_error() -> None:
    for metric in (sales.win_rate, sales.deals_won, sales.median_deal_size, sales.won_revenue):
        assert len(change(metric, [], [], by="manager")) == 0
        assert change(metric, [], []).verdict == TOO_FEW


def test_a_loss_after_a_gain_is_named() -> None:
    gain, loss = (
        [evolve(d, cost=c + i % 9) for i, d in enumerate(prices(40, 100, start=s))] for c, s in ((50, 0), (120, 100))
    )
    found = change(sales.gross_profit, gain, loss)
    assert found.relative < -1 and "below 0 after" in found.note and found.verdict == "worse"


def test_changes_are_json_and_csv_with_null_for_what_is_unbounded() -> None:
    found = change(
        sales.win_rate,
        closed(1, 40, manager="Anna"),
        closed(9, 31, start=100, manager="Anna"),
        by=("manager", "status"),
    )
    told = json.loads(found.to_json())
    assert told["metric"] == "win_rate" and {*told["rows"][0]} >= {"manager", "status", "low", "verdict"}
    assert found.to_csv().startswith("manager,status,before,after,difference,low,high,relative,")


# ---------------------------------------------------------------- limits of a metric's own


def test_a_change_of_the_rate_with_open_deals_joins_the_limits_of_two_curves() -> None:
    company = samples.dealership(scale=0.3)
    rows = table(company.deals, Deal)
    rate = partial(sales.win_rate_by, days=45, as_of=company.as_of)
    sides = [where(rows, created_at=Period(dt.date(y, 6, 1), dt.date(y + 1, 3, 1))) for y in (2023, 2024)]
    found, alone = change(rate, *sides), [interval(rate, side) for side in sides]
    assert (found.before, found.after) == (alone[0].value, alone[1].value)
    below = math.hypot(alone[1].value - alone[1].low, alone[0].high - alone[0].value)
    assert found.low == pytest.approx(found.difference - below, rel=1e-9)
    each = change(rate, *sides, by="manager")
    assert {*each} == {*interval(rate, sides[0], by="manager")} | {*interval(rate, sides[1], by="manager")}
    assert each["Ilya"].verdict == "too little data" and math.isnan(each["Ilya"].before)  # hired in between
    kept = change(rate, *(where(side, manager="Anna") for side in sides))
    assert (each["Anna"].difference, each["Anna"].low) == pytest.approx((kept.difference, kept.low), rel=1e-12)


# ---------------------------------------------------------------- currencies, and many groups


@pytest.mark.parametrize("metric", [sales.won_revenue, sales.average_deal_size, sales.median_deal_size])
@pytest.mark.parametrize("currency", ["RUB", None])
def test_amounts_in_two_currencies_are_not_compared(metric: Any, currency: str | None) -> None:
    before = [evolve(d, currency="USD") for d in prices(30, 100)]
    after = [evolve(d, currency=currency) for d in prices(30, 9000, start=100)]
    with pytest.raises(MixedCurrencies, match=r"is in USD before and in (RUB after: convert|no currency after: name)"):
        change(metric, before, after)
    assert change(sales.deals_won, before, after).before == 30, "a count has no currency"


def test_groups_in_a_currency_each_are_compared_each_with_its_own() -> None:
    rows = [evolve(d, currency=c) for k, c in enumerate(("USD", "RUB")) for d in prices(30, 100, start=100 * k)]
    found = change(sales.won_revenue, rows, [evolve(d, id=f"x{d.id}") for d in rows], by="currency")
    assert [found[c].difference for c in ("RUB", "USD")] == [0, 0]


def test_a_zero_has_any_currency() -> None:
    before, after = [evolve(d, currency="USD", amount=0) for d in prices(30, 1)], prices(30, 1, start=100)
    assert change(sales.won_revenue, before, [evolve(d, currency="RUB") for d in after]).before == 0


def test_where_many_groups_make_the_difference_a_note_says_so() -> None:
    names = "abcdefghij"
    before = [evolve(d, manager=m) for k, m in enumerate(names) for d in closed(50, 50, start=1000 * k)]
    wins = {m: 65 if m == "a" else 50 for m in names}
    after = [
        evolve(d, manager=m)
        for k, m in enumerate(names)
        for d in closed(wins[m], 100 - wins[m], start=10**6 + 1000 * k)
    ]
    found = change(sales.win_rate, before, after, by="manager")
    assert found["a"].low > 0 and found["a"].verdict == "no evidence" and "among 10 groups" in found["a"].note
    assert found["b"].note == ""
