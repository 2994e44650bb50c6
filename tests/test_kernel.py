"""Totals: what metrics ask for, how it adds, and that neither size nor blocks nor stretches change a digit."""

from __future__ import annotations

import functools
import itertools
import math
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from complete import complete
from hypothesis import given, strategies as st
from strategies import MIXED_WORLDS, companies
from test_laws import METRICS, outcome

from crm_metrics import (
    Breakdown,
    Call,
    Deal,
    Record,
    Spend,
    Totals,
    marketing,
    merge,
    metric,
    month,
    ratio,
    sales,
    summarize,
    table,
    totals,
    via,
)
from crm_metrics._tables.encoding import amounts, column as encode
from crm_metrics._tables.encoding.ids import Numbered, places
from crm_metrics._tables.opening import open_rows
from crm_metrics._totals import groups, metric as registry, quantiles, source as sources, stretches
from crm_metrics._totals.groups import Groups
from crm_metrics._totals.metric import about, registered
from crm_metrics._totals.of_rows import Shared
from crm_metrics._values.columns import Labels
from crm_metrics._values.exact import BIG, divide, integers, multiplied, plus
from crm_metrics.columns import amount, customer, cycle, lost, margin, opened, won
from crm_metrics.errors import UnknownName, WrongCall

# ---------------------------------------------------------------- sizes do not matter

SMALL = {
    "short stretches": {(sources, "STRETCH"): 3, (sources, "SHORT"): 0},
    "small blocks": {(groups, "BLOCK"): 2, (amounts, "BLOCK"): 2, (encode, "FEW"): 0},
    "few cells": {(groups, "CELLS"): 0, (sources, "CELLS"): 0, (stretches, "FLAGS"): 0},
    "many cells": {(sources, "SHORT"): 0, (sources, "CELLS"): 10**9},
    "quantiles by cells": {(quantiles, "FEW"): 0},
    "quantiles by few cells": {(quantiles, "FEW"): 0, (quantiles, "CELLS"): 16},
}


@pytest.mark.parametrize("kind", SMALL)
@given(data=st.data())
def test_the_sizes_of_blocks_do_not_matter(kind: str, data: st.DataObject) -> None:
    """Thresholds between fast ways are set so low that every way is taken by a few rows."""
    worlds = data.draw(st.sampled_from(["one currency", "several"]))
    company = data.draw(companies((Spend, Deal), MIXED_WORLDS) if worlds == "several" else companies((Spend, Deal)))
    keys = (None, "channel", ("channel", "campaign"), month)
    by = data.draw(st.sampled_from(keys))

    def answers() -> list[Any]:
        tables = {r: table(rows, r) for r, rows in company.rows.items()}
        some = [complete(m) for m in METRICS.values() if {*about(m).records} <= {*tables}]
        return [outcome(lambda m=m: m(*(tables[r] for r in about(m).records), by=by)) for m in some]

    usual = answers()
    with pytest.MonkeyPatch.context() as patch:
        for (module, name), value in SMALL[kind].items():
            patch.setattr(module, name, value)
        assert answers() == usual


@pytest.mark.parametrize("ids", [list(range(40)), [f"c{i}" for i in range(40)]], ids=["numbers", "text"])
def test_labels_that_a_column_makes_are_the_same_in_every_stretch(
    ids: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Codes are of one list of labels each: those of two stretches do not meet by themselves."""
    lookup = {"customer": ids, "segment": [f"s{i % 7}" for i in range(40)]}
    rows = {"customer": ids[::-1] * 3, "started_at": [f"2024-01-{1 + i % 28:02} {i % 24:02}:05" for i in range(120)]}
    by = via(lookup, "segment")
    usual = [t.distinct(by) for t in (totals(rows, Call),)], totals(rows, Call).counts(by), sales.calls_per_hour(rows)
    monkeypatch.setattr(sources, "STRETCH", 10)
    small = [t.distinct(by) for t in (totals(rows, Call),)], totals(rows, Call).counts(by), sales.calls_per_hour(rows)
    assert small == usual and usual[0] == [7]


def test_what_one_metric_groups_another_may_look_up() -> None:
    done = {"kind": ["quote", "email"], "deal": [1, 2]}
    deals = {"id": [1, 2], "status": ["won", "lost"]}
    both = [sales.activities_per_sale, sales.quote_acceptance_rate]
    kept = summarize(both, done, deals)
    assert [m(*kept) for m in both] == [m(done, deals) for m in both] == [2.0, 1.0]
    with pytest.raises(WrongCall, match="another looks something up in all of them: summarize them one by one"):
        summarize(both, {**done, "manager": ["A", "B"]}, {**deals, "manager": ["A", "B"]}, by="manager")


@given(data=st.data())
def test_ids_meet_as_a_dictionary_has_them(data: st.DataObject) -> None:
    numbers = st.lists(st.integers(-3, 12) | st.sampled_from([10**12, 2**62]), max_size=12)
    ours, theirs = (np.array(data.draw(numbers), np.int64) for _ in range(2))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(theirs), max_size=len(theirs))), bool)
    first: dict[int, int] = {}
    for row, (x, gone) in enumerate(zip(theirs.tolist(), mask.tolist(), strict=True)):
        if not gone:
            first.setdefault(x, row)
    wanted = [first.get(x, -1) for x in ours.tolist()]
    assert places(Numbered(ours, None, ""), Numbered(theirs, mask, "")).tolist() == wanted
    labels = sorted({str(x) for x in theirs.tolist()})
    codes = np.where(mask, len(labels), [labels.index(str(x)) for x in theirs.tolist()]).astype(np.int64)
    assert places(Numbered(ours, None, ""), Labels(codes, [*labels, None])).tolist() == wanted


@given(
    values=st.lists(st.integers(-(2**63) + 1, 2**63 - 1) | st.sampled_from([BIG, -BIG, 2**62, 1]), max_size=12),
    size=st.integers(1, 4),
    block=st.sampled_from([1, 2, 1 << 17]),
    data=st.data(),
)
def test_integers_of_any_size_add_up_by_group(values: list[int], size: int, block: int, data: st.DataObject) -> None:
    codes = data.draw(st.lists(st.integers(0, size - 1), min_size=len(values), max_size=len(values)))
    wanted = [sum(v for v, c in zip(values, codes, strict=True) if c == g) for g in range(size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "BLOCK", block)
        by = Groups(((np.array(codes, np.uint8), size),), len(values))
        assert by.sum(np.array(values, np.int64)).tolist() == wanted
        assert by.sum(np.array([v << 70 for v in values], object)).tolist() == [w << 70 for w in wanted]
        assert Groups((), len(values)).sum(np.array(values, np.int64)).tolist() == [sum(values)]


@given(
    values=st.lists(
        st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([5e-324, -0.0, 1e308]),
        max_size=30,
    )
)
def test_floats_are_summed_exactly(values: list[float | None]) -> None:
    """An extra column of floats: the sum is the nearest float to the true one, whatever the order and the parts."""
    data = {"x": values, "g": [["a", "b", None][i % 3] for i in range(len(values))]}
    true = sum(Fraction(v) for v in values if v is not None)
    total = totals(data, Record).sum("x")
    assert Fraction(*total.as_integer_ratio()) == true
    by = totals(data, Record, "g").sum("x")
    assert sum(Fraction(*x.as_integer_ratio()) for x in by.values()) == true
    half = len(values) // 2
    parts = [{k: v[:half] for k, v in data.items()}, {k: v[half:] for k, v in data.items()}]
    merged = sum(kept(totals(p, Record)) for p in parts)
    assert Fraction(*merged.sum("x").as_integer_ratio()) == true


@given(values=st.lists(st.none() | st.integers(-(10**30), 10**30) | st.decimals(-100, 100, places=5), max_size=20))
def test_numbers_of_any_size_are_summed_exactly(values: list[Any]) -> None:
    total = totals({"x": values}, Record).sum("x")
    assert Fraction(*total.as_integer_ratio()) == sum(Fraction(v) for v in values if v is not None)


def test_arithmetic_on_integers_never_wraps() -> None:
    big = np.array([BIG, -BIG - 1, 0])
    assert multiplied(big, 3).tolist() == [3 * BIG, -3 * (BIG + 1), 0]
    assert multiplied(np.zeros(1, np.int64), 2**200).tolist() == [0]
    assert plus(big, big).tolist() == [2 * BIG, -2 * (BIG + 1), 0]
    assert plus(np.array([1]), np.array([2])).dtype == np.int64
    assert divide(np.array([2**53 + 1, 1, 0]), np.array([1, 3, 0]))[0] == 2.0**53
    assert math.isnan(divide(np.array([10**30, 0], object), np.array([1, 0]))[1])
    with pytest.raises(WrongCall, match="expected a number"):
        integers("1")


# ---------------------------------------------------------------- many groups


def test_three_keys_with_many_possible_groups_and_few_that_occur() -> None:
    """600,000 cells and more; only what occurs is a group."""
    rng = np.random.default_rng(7)
    n = 50_000
    keys = {"a": rng.integers(0, 300, n), "b": rng.integers(0, 200, n), "c": rng.integers(0, 100, n)}
    value = rng.integers(0, 10**6, n)
    by = totals({**keys, "x": value}, Record, ("a", "b", "c")).sum("x")
    wanted: Counter[tuple[int, int, int]] = Counter()
    for *key, x in zip(*(k.tolist() for k in keys.values()), value.tolist(), strict=True):
        wanted[tuple(key)] += x
    assert list(by) == sorted(wanted)
    assert {k: int(v) for k, v in by.items()} == wanted
    parts = [{k: v[i::3] for k, v in {**keys, "x": value}.items()} for i in range(3)]
    merged = merge(kept(totals(p, Record, ("a", "b", "c"))) for p in parts)
    assert merged.sum("x") == by


def kept(t: Totals) -> Totals:
    t.sum("x")
    return t.kept()


def test_a_hundred_thousand_customers() -> None:
    n = 100_000
    names = [f"c{i % 99_991:06}" for i in range(n)]
    deals = {"status": ["won"] * n, "customer": names, "amount": np.arange(n) % 1000}
    assert totals(deals, Deal).distinct(customer) == 99_991
    revenue = sales.won_revenue(deals, by="customer")
    assert (
        len(revenue) == 99_991
        and revenue["c000000"] == 0 + 991
        and sum(map(int, revenue.values())) == sum(range(1000)) * 100
    )
    assert marketing.cac({"amount": [99_991]}, deals) == 1.0
    halves = [{k: v[i::2] for k, v in deals.items()} for i in range(2)]
    parts = [summarize(marketing.cac, {"amount": []}, half) for half in halves]
    assert marketing.cac({"amount": [99_991]}, deals) == marketing.cac(
        summarize(marketing.cac, {"amount": [99_991]}, {"status": [], "customer": []})[0], sum(p[1] for p in parts)
    )


def test_a_key_of_every_kind_of_column() -> None:
    rows = {
        "n": [3, 1, None, 1], "flag": [True, None, False, True], "gap": np.array([2.0, np.nan, 1.0, 2.0]),
        "text": ["b", "", "a", None], "mixed": [2, "2", None, 1],
    }  # fmt: skip
    count = functools.partial(totals, rows, Record)
    assert dict(count("n").count()) == {1: 2, 3: 1, None: 1}
    assert dict(count("flag").count()) == {False: 1, True: 2, None: 1}
    assert dict(count("gap").count()) == {1: 1, 2: 2, None: 1}
    assert dict(count("text").count()) == {"a": 1, "b": 1, None: 2}
    assert dict(count("mixed").count()) == {1: 1, 2: 1, "2": 1, None: 1}
    assert list(count(("flag", "n")).count()) == [(False, None), (True, 1), (True, 3), (None, 1)]
    with pytest.raises(WrongCall, match="by='half' is a quantity"):
        totals({"half": [0.5]}, Record, "half")


# ---------------------------------------------------------------- asking


FOUR = [("won", "Anna", 100, 60), ("won", "Boris", 50, None), ("lost", "Anna", 70, None), ("won", None, None, 5)]


def deals(n: int = 6) -> list[Deal]:
    day = "2024-01-05"
    return [
        Deal(id=i, created_at=day, status=s, closed_at=day, manager=m, customer=f"c{i % 2}", amount=a, cost=c)
        for i, (s, m, a, c) in enumerate(itertools.islice(itertools.cycle(FOUR), n))
    ]


def test_totals_are_asked_by_column_and_condition() -> None:
    t = totals(deals(4), Deal)
    assert (t.count(), t.count(won), t.sum(amount), t.sum(amount, where=won)) == (4, 3, 220.0, 150.0)
    assert (t.missing(amount), t.missing(amount, where=won), t.mean(amount, where=won)) == (1, 1, 75.0)
    assert (t.distinct(customer), t.quantile(amount, 0.5), t.size) == (2, 70.0, 1)
    assert dict(t.counts(amount)) == {Decimal(50): 1, Decimal(70): 1, Decimal(100): 1}
    assert dict(t.counts(customer, where=won)) == {"c0": 1, "c1": 2}
    assert dict(t.counts(cycle)) == {Decimal(0): 4}
    assert (t.sum("amount"), t.count(lambda d: d.amount > 60), t.sum(won)) == (220.0, 2, 3)


def test_counts_by_group_have_the_value_last() -> None:
    t = totals(deals(4), Deal, "manager")
    assert dict(t.counts(customer)) == {("Anna", "c0"): 2, ("Boris", "c1"): 1, (None, "c1"): 1}
    assert t.counts("status").names == ("manager", "status")
    pair = totals(deals(4), Deal, ("manager", "status"))
    assert list(pair.counts(customer)) == [
        ("Anna", "lost", "c0"), ("Anna", "won", "c0"), ("Boris", "won", "c1"), (None, "won", "c1"),
    ]  # fmt: skip


def test_totals_say_what_they_hold() -> None:
    t = totals(deals(), Deal, "manager")
    assert repr(t) == "<Totals of Deal: nothing asked yet in 3 groups>"
    t.count(won), t.sum(amount, where=won), t.missing(amount), t.count()
    assert repr(t) == "<Totals of Deal: won, won_amount, missing_amount, rows in 3 groups>"
    assert repr(summarize(sales.win_rate, deals())) == "<Totals of Deal: won, closed>"


def test_totals_are_given_back_as_they_are() -> None:
    t = summarize(sales.win_rate, deals())
    assert totals(t, Deal) is t and sales.win_rate(t) == sales.win_rate(deals())
    assert sales.win_rate(totals(deals(), Deal)) == sales.win_rate(deals())
    assert sales.deals_won(totals(deals(), Deal, "manager")) == sales.deals_won(deals(), by="manager")


def test_figures_on_paper_are_totals() -> None:
    assert sales.win_rate(Totals.of(Deal, won=23, closed=40)) == 0.575
    assert sales.average_deal_size(Totals.of(Deal, won=3, won_amount="100.10")) == float(Fraction("100.10") / 3)
    assert sales.average_deal_size(Totals.of(Deal, won=3, won_amount=100, missing_won_amount=1)) == 50.0
    assert sales.won_revenue(Totals.of(Deal, won_amount=Decimal("0.30"))).as_integer_ratio() == (3, 10)
    assert sales.deals_won(Totals.of(Deal, won=10**30)) == 10**30
    both = Totals.of(Deal, won=23, closed=40) + Totals.of(Deal, won=7, closed=10)
    assert sales.win_rate(both) == 0.6


@given(data=st.data())
def test_a_distinct_count_is_the_size_of_a_set(data: st.DataObject) -> None:
    deals = data.draw(companies((Deal,))).rows[Deal]
    t = totals(deals, Deal)
    assert t.distinct(customer) == len({d.customer for d in deals} - {None})
    assert t.distinct(customer, where=won) == len({d.customer for d in deals if d.status == "won"} - {None})
    counts = {c: sum(d.customer == c for d in deals) for c in {d.customer for d in deals} - {None}}
    assert dict(t.counts(customer)) == counts


@given(data=st.data())
def test_missing_counts_the_rows_that_a_sum_leaves_out(data: st.DataObject) -> None:
    deals = data.draw(companies((Deal,))).rows[Deal]
    t = totals(deals, Deal)
    assert t.missing(amount, where=won) == sum(d.amount is None for d in deals if d.status == "won")
    assert t.missing(margin) == sum(d.amount is None or d.cost is None for d in deals)


# ---------------------------------------------------------------- adding


def test_totals_add_to_totals_and_to_no_number() -> None:
    part = summarize(sales.average_deal_size, deals(3), by="manager")
    assert sales.average_deal_size(part + part) == sales.average_deal_size(merge(iter([part, part])))
    with pytest.raises(TypeError):
        part + 1
    with pytest.raises(TypeError):
        1 + part


def test_totals_that_have_their_rows_add_too() -> None:
    a, b = totals(deals(3), Deal), totals(deals(5), Deal)
    a.count(won), b.count(won)
    assert (a + b).count(won) == a.count(won) + b.count(won)


def test_a_group_that_sold_nothing_has_no_currency_to_clash_with() -> None:
    day = "2024-01-05"
    a = [Deal(id=1, created_at=day, status="lost", closed_at=day, manager="Anna", amount=5, currency="USD")]
    b = [Deal(id=2, created_at=day, status="won", closed_at=day, manager="Anna", amount=7, currency="EUR")]
    for m in (sales.won_revenue, sales.median_deal_size):
        parts = [summarize(m, x, by="manager") for x in (a, b)]
        assert m(sum(parts))["Anna"] == m(a + b, by="manager")["Anna"] == 7.0


def test_a_part_of_empty_cells_adds_to_any() -> None:
    """A chunk in which an extra column is empty does not know what it holds."""
    parts = [{"x": [1, 2], "g": ["a", "b"]}, {"x": [None, None], "g": ["a", None]}]
    both = merge(kept(totals(p, Record, "g")) for p in parts)
    assert dict(both.sum("x")) == {"a": 1.0, "b": 2.0, None: 0.0}
    empty = totals(parts[1], Record)
    assert math.isnan(empty.quantile("x", 0.5)) and empty.distinct("x") == 0


# ---------------------------------------------------------------- several metrics, several records


def test_summarize_takes_partials_and_lists() -> None:
    ninth = functools.partial(sales.sales_cycle_quantile, q=0.9)
    t = summarize([sales.win_rate, ninth], deals())
    assert sales.win_rate(t) == sales.win_rate(deals()) and ninth(t) == ninth(deals())
    assert about(functools.partial(ninth)).name == "sales_cycle_quantile"


def test_a_pass_over_totals_keeps_them() -> None:
    t = summarize(sales.win_rate, deals(), by="manager")
    assert summarize(sales.win_rate, t) is t
    assert Shared(t, Deal, None).kept() is t


def test_a_bare_time_key_is_placed_by_each_record() -> None:
    spend = [Spend(at="2024-01-31", amount=100), Spend(at="2024-02-01", amount=50)]
    parts = summarize(marketing.cac, spend, deals(), by=month)
    assert marketing.cac(*parts) == marketing.cac(spend, deals(), by=month) == {"2024-01": 50.0, "2024-02": None}


def test_metrics_of_one_time_share_a_pass_by_bare_month() -> None:
    t = summarize([sales.win_rate, sales.won_revenue], deals(), by=month)
    assert sales.won_revenue(t) == sales.won_revenue(deals(), by=month)


# ---------------------------------------------------------------- the registry


def test_a_users_metric_is_a_metric() -> None:
    @metric(Deal, unit="money", better="higher", question="How much is a lost deal?")
    def average_lost(deals: Any, *, floor: int = 0, by: Any = None) -> Any:
        """Mean amount of a lost deal.

        More about it.
        """
        return totals(deals, Deal, by, at="closed_at").mean(amount, where=lost_deal)

    assert average_lost in registered()
    what = about(average_lost)
    assert (what.name, what.unit, what.better, what.records) == ("average_lost", "money", "higher", (Deal,))
    assert (what.summary, what.family, dict(what.keywords)) == (
        "Mean amount of a lost deal.",
        "test_kernel",
        {"floor": 0},
    )
    assert average_lost(deals(4), by="manager") == {"Anna": 70.0, "Boris": None, None: None}
    assert average_lost(sum(summarize(average_lost, [d]) for d in deals(4))) == 70.0


def lost_deal(d: Any) -> Any:
    return d.status == "lost"


def test_every_metric_says_what_it_is() -> None:
    for m in METRICS.values():
        what = about(m)
        assert what.question.endswith("?") and what.summary.endswith(".") and what.unit in registry.UNITS
        assert what.family in m.__module__.split(".") and what.records


# ---------------------------------------------------------------- conditions and lookups within totals


def test_a_condition_may_read_a_lookup() -> None:
    team = via({"manager": ["Anna", "Boris"], "team": ["North", "South"]}, "team")
    north = team.isin("North")
    t = totals(deals(4), Deal, "status")
    assert dict(t.count(north)) == {"lost": 1, "won": 1}
    assert dict(t.sum(amount, where=north)) == {"lost": 70.0, "won": 100.0}
    assert team(deals(1)[0]) == "North"
    by_id = via({"code": ["c0"], "region": ["West"]}, "region", on="customer")
    assert dict(totals(deals(4), Deal, by_id).count()) == {"West": 2, None: 2}


def test_a_lookup_of_any_rows_and_any_values() -> None:
    frame = {"manager": ["Anna", None, "Boris"], "head": [True, None, False], "age": [30, 20, None]}
    assert dict(totals(deals(4), Deal, via(frame, "head")).count()) == {False: 1, True: 2, None: 1}
    assert dict(totals(deals(4), Deal, via(frame, "age")).count()) == {30: 2, None: 2}
    assert dict(totals([], Deal, via(frame, "age")).count()) == {}
    ids = {"manager": [1, 2], "team": ["A", "B"]}
    rows = {"manager": [1.0, 2.0, 3.0]}
    assert dict(totals(rows, Deal, via(ids, "team")).count()) == {"A": 1, "B": 1, None: 1}


def test_what_totals_lack_is_named() -> None:
    with pytest.raises(UnknownName, match="a lambda is a new condition each time"):
        summarize(sales.win_rate, deals()).count(lambda d: d.amount > 5)
    assert ratio(Breakdown.of({}), Breakdown.of({})) == {}


def test_threads_that_share_the_totals_of_a_long_table_get_the_same_sums() -> None:
    n = 3 * sources.STRETCH
    rows = {"status": np.array(["won", "lost", "open"])[np.arange(n) % 3], "amount": np.arange(n) % 1000}
    alone = [totals(rows, Deal).sum("amount", where=w) for w in (won, lost, opened)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        t = open_rows(rows, Deal)
        for _ in range(4):
            shared = totals(t, Deal)
            with ThreadPoolExecutor(3) as pool:
                found = list(pool.map(lambda w, shared=shared: shared.sum("amount", where=w), (won, lost, opened)))
            assert found == alone
            assert [shared.sum("amount", where=w) for w in (won, lost, opened)] == alone
    finally:
        sys.setswitchinterval(before)
