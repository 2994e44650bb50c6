"""Every metric beside the sentence that defines it, in plain Python: fractions, lists, `statistics`, one line each.

Compared digit by digit: an exact fraction rounded once is the only right answer.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import statistics
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import attrs
import numpy as np
import pytest
from cases import refused
from compared import wanted
from hypothesis import given, strategies as st
from laws import METRICS, REQUIRED, VARIANTS, labels_of
from strategies import WORLDS, Company, World, companies, instants, rows
from textbook import DAY, Answer, amounts, day_of, labels, middle, share, the
from textbook_sales import SALES

from crm_metrics import (
    Breakdown,
    Deal,
    Manager,
    Period,
    day,
    explain,
    hour,
    interval,
    month,
    quarter,
    sales,
    summarize,
    totals,
    week,
    weekday,
    where,
    year,
)
from crm_metrics._totals.metric import about
from crm_metrics._values.exact import Exact
from crm_metrics.columns import cycle, won
from crm_metrics.errors import UnknownName, WrongCall
from crm_metrics.records import Quota, StageChange
from crm_metrics.records.schemas import Record, schema

DAYS = dt.date(2017, 3, 31)

# ---------------------------------------------------------------- one line for each metric

ORACLES: dict[str, Callable[..., Answer]] = {
    **SALES,
    "spend_total": lambda ss: amounts(ss),
    "cac": lambda ss, ds, basis="blended": share(
        amounts(s for s in ss if (s.kind == "acquisition" if basis == "paid" else s.kind != "nurture")),
        len(labels(d.customer for d in the("won", ds) if d.kind in ("new", None))),
    ),
}
MORE: dict[str, list[dict[str, Any]]] = {
    "win_rate": [{"weight": "amount", "overdue_at": dt.date(2017, 6, 1)}],
    "large_deals": [
        {"over": 0},
        {"over": -5},
        {"over": 10**12},
        {"over": 249.99},
        {"over": Decimal("0.005")},
        {"over": Fraction(1, 3)},
    ],
    "large_deal_share": [{"over": 10**12}, {"over": Decimal("249.999")}],
    "large_deal_revenue_share": [{"over": -5}, {"over": 0.1}],
    "deals_due_for_return": [{"as_of": dt.date(2017, 8, 31)}, {"as_of": dt.date(2018, 12, 31), "months": (1, 25)}],
    "stalled_deals": [{"days": 400}, {"as_of": dt.date(2017, 4, 1), "days": 20}, {"days": 0.5}],
    "lead_conversion_rate": [{"outcome": "status"}, {"outcome": "status", "with_junk": True}],
    "overdue_deals": [{"as_of": dt.date(2017, 1, 1)}],
    "average_deal_age": [{"as_of": dt.date(2017, 1, 1)}],
    "quota_attainment": [{"period": month("2017-03")}, {"period": quarter("2016Q4")}],
    "managers_at_quota": [{"period": year("2017")}],
    "pipeline_coverage": [{"period": year("2017")}],
    "forecast_error": [{"period": year("2017"), "weight": "amount", "per": "channel"}],
    "forecast_bias": [{"period": year("2017")}],
    "manager_months": [{"period": month("2016-02")}, {"period": week("2017-W09")}],
    "wins_per_manager_month": [{"period": year("2017")}],
    "revenue_per_manager_month": [{"period": year("2017")}],
    "activities_per_manager_month": [{"period": year("2017"), "kind": "quote"}],
}
"""Keywords beyond those that the laws are tried with."""

LOOKED_UP: dict[str, tuple[type[Record], ...]] = {
    "lead_conversion_rate": (Deal,),
    "quote_acceptance_rate": (Deal,),
    "stalled_deals": (StageChange,),
}
"""Rows in which a metric only looks something up: no group of them is taken."""

CURVES = {"win_rate_by", "median_time_to_win", "mean_days_open"}
"""Sums over all who are still open, in floats: test_curves.py has their definition."""

ROUNDED_MORE_THAN_ONCE = {"pipeline_velocity"}


def needed(name: str) -> dict[str, Any]:
    return {k: REQUIRED[k] for k in about(METRICS[name]).required}


VARIED = [
    (name, {**needed(name), **options})
    for name in ORACLES
    if name in METRICS
    for options in [{}, *VARIANTS.get(name, []), *MORE.get(name, [])]
]
each_metric = pytest.mark.parametrize(("name", "options"), VARIED, ids=[f"{n}{o or ''}" for n, o in VARIED])


def test_every_metric_has_an_oracle() -> None:
    assert set(ORACLES) | CURVES == set(METRICS), "write the definition of the new metric in one line"


def same(ours: Any, oracle: Answer, name: str = "") -> bool:
    """Whether a number is the fraction, rounded once."""
    if oracle is None:
        return math.isnan(ours)
    if name in ROUNDED_MORE_THAN_ONCE:
        return math.isclose(ours, oracle, rel_tol=1e-14)
    exactly = Fraction(*ours.as_integer_ratio()) == oracle if isinstance(ours, (int, Exact)) else True
    return exactly and float(ours) == oracle.numerator / oracle.denominator


def drawn(name: str, data: st.DataObject) -> tuple[World, list[Any]]:
    """Rows of each record of a metric, in one world; of one record twice, other rows each time."""
    world = data.draw(WORLDS)
    return world, [data.draw(rows(r, world)) for r in about(METRICS[name]).records]


@pytest.mark.law
@each_metric
@given(data=st.data())
def test_a_metric_is_what_its_definition_says(name: str, options: dict[str, Any], data: st.DataObject) -> None:
    _, found = drawn(name, data)
    ours = METRICS[name](*found, **options)
    assert same(ours, ORACLES[name](*found, **options), name)
    wanted(ours)


@pytest.mark.parametrize(
    ("name", "options"), [("stalled_deals", {"days": 10**6 - 1}), ("manager_months", {"period": Period(DAYS, DAYS)})]
)
@given(data=st.data())
def test_by_nature_there_is_none(name: str, options: dict[str, Any], data: st.DataObject) -> None:
    """No deal is 2,700 years old, and nobody works in a period of no days."""
    _, found = drawn(name, data)
    whole = {**needed(name), **options}
    assert METRICS[name](*found, **whole) == 0 == ORACLES[name](*found, **whole)


def grouped(rows: list[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    out: dict[Any, list[Any]] = {}
    for row in rows:
        out.setdefault(key(row), []).append(row)
    return out


def label(row: Any, name: str) -> Any:
    return row.name if name == "manager" and isinstance(row, Manager) else getattr(row, name)


@pytest.mark.law
@each_metric
@given(data=st.data())
def test_a_group_is_what_the_definition_says_of_its_rows(
    name: str, options: dict[str, Any], data: st.DataObject
) -> None:
    """A group that only one of two records has: no spend is 0, and a ratio to nothing is undefined."""
    records, (_, found) = about(METRICS[name]).records, drawn(name, data)
    whole = [r in LOOKED_UP.get(name, ()) for r in records]
    by = data.draw(st.sampled_from(some_labels(tuple(r for r, w in zip(records, whole, strict=True) if not w))))
    ours = METRICS[name](*found, by=tuple(by) if len(by) > 1 else by[0], **options)
    groups = [
        {} if w else grouped(x, lambda row: tuple(label(row, n) for n in by) if len(by) > 1 else label(row, by[0]))
        for x, w in zip(found, whole, strict=True)
    ]
    keys = {key for group in groups for key in group}
    assert set(ours) == keys
    for key in keys:
        of_group = [rows if w else group.get(key, []) for rows, group, w in zip(found, groups, whole, strict=True)]
        assert same(ours[key], ORACLES[name](*of_group, **options), name), key
    wanted(ours)


def some_labels(records: tuple[type[Record], ...]) -> list[list[str]]:
    """A label that the records share, two of them, and what one record alone may be."""
    labels = labels_of(records)
    choices = [n for n, f in schema(records[0]).items() if f.choices] if len(records) == 1 else []
    return [labels[:1], labels[-2:], *([n] for n in choices)]


AT_A_MOMENT = ("average_deal_age", "overdue_deals", "deals_due_for_return", "stalled_deals", "win_rate")


@pytest.mark.law
@pytest.mark.parametrize("name", AT_A_MOMENT)
@given(data=st.data())
def test_a_moment_of_a_day_is_compared_as_such_and_with_bare_dates_by_day(name: str, data: st.DataObject) -> None:
    world = data.draw(WORLDS)
    moment = data.draw(instants(attrs.evolve(world, times="aware" if world.aware else "naive")))
    found = [data.draw(rows(r, world)) for r in about(METRICS[name]).records]
    options = {"overdue_at" if name == "win_rate" else "as_of": moment}
    utc = {k: x.astimezone(dt.UTC) if x.tzinfo else x for k, x in options.items()}
    ours = METRICS[name](*found, **options)
    assert same(ours, ORACLES[name](*found, **utc))
    wanted(ours)


@given(data=st.data())
def test_a_month_is_a_month(data: st.DataObject) -> None:
    """By month of a naive or UTC time, which is the first seven letters of it."""
    company: Company = data.draw(companies((Deal,)))
    for field_name in ("created_at", "closed_at", "expected_close"):
        groups = grouped(company.rows[Deal], lambda d, n=field_name: str(x)[:7] if (x := getattr(d, n)) else None)
        ours = sales.deals_created(company.rows[Deal], by=month(field_name))
        assert dict(ours) == {key: len(rows) for key, rows in groups.items()}
        assert list(ours) == sorted((k for k in groups if k), key=str) + [None] * (None in groups)


# ---------------------------------------------------------------- quotas, cut at the edges of months


def cut(quotas: list[Any], unit: Any) -> list[Quota]:
    """The parts of quotas as records."""
    t = sales.prorated(quotas, unit)
    return [Quota(**{name: t[name].item(i) for name in schema(Quota) if name in t}) for i in range(len(t))]


def over_none(q: Quota) -> bool:
    """Whether a part may begin or end at the start of Unix time: as a record of its own that is no day."""
    return None not in (q.start, q.end) and day_of(q.start) <= dt.date(1970, 1, 1) <= day_of(q.end)


@given(data=st.data(), unit=st.sampled_from([day, week, month, quarter, year]))
def test_parts_of_a_quota_add_up_and_each_is_what_its_period_counts(data: st.DataObject, unit: Any) -> None:
    _, (ds, qs) = drawn("quota_attainment", data)
    qs = [q for q in qs if not over_none(q)]
    parts = [cut([q], unit) for q in qs]
    for q, own in zip(qs, parts, strict=True):
        assert sum(Fraction(p.amount) for p in own if p.amount is not None) == Fraction(q.amount or 0)
        assert {p.manager for p in own} == {q.manager} and all((p.amount is None) == (q.amount is None) for p in own)
        if q.start is None or q.end is None or day_of(q.start) >= day_of(q.end):
            assert len(own) == 1
            continue
        assert all(a.end == b.start and unit.label(b.start) != unit.label(a.start) for a, b in itertools.pairwise(own))
        assert (own[0].start, own[-1].end) == (day_of(q.start), day_of(q.end))
        for p in own[:3]:
            assert unit.label(p.start) == unit.label(p.end - DAY)
            period = unit.period(unit.label(p.start))
            assert same(sales.quota_attainment(ds, [q], period=period), ORACLES["quota_attainment"](ds, [q], period))
            assert repr(sales.quota_attainment(ds, [q], period=period)) == repr(
                sales.quota_attainment(where(ds, closed_at=period), [p])
            )
    together = cut(qs, unit)
    assert sorted(map(repr, together)) == sorted(repr(p) for own in parts for p in own), "a part is of its quota alone"
    assert cut(together, unit) == together


@given(data=st.data())
def test_by_month_of_quotas_that_are_cut_is_period_by_period(data: st.DataObject) -> None:
    _, (ds, qs) = drawn("quota_attainment", data)
    parts = sales.prorated(qs, month)
    for metric in (sales.quota_attainment, sales.managers_at_quota):
        ours = metric(ds, parts, by=month)
        for key in [k for k in ours if k is not None][:4]:
            of_key = where(ds, closed_at=month(key)), where(parts, start=month(key))
            assert repr(ours[key]) == repr(metric(*of_key))
            whole = [q for q in qs if q.start and q.end and day_of(q.start) < day_of(q.end)]
            assert repr(metric(ds, sales.prorated(whole, month), by=month).on((key,))[key]) == repr(
                metric(ds, whole, period=month(key))
            )


def test_a_quarter_is_cut_at_its_months_by_days() -> None:
    plan = {"manager": ["Anna"], "start": ["2024-01-01"], "end": ["2024-04-01"], "amount": [900], "team": ["North"]}
    parts = sales.prorated(plan, month)
    assert [parts.amount.item(i) for i in range(3)] == [Decimal("306.59"), Decimal("286.82"), Decimal("306.59")]
    assert [parts.team.item(i) for i in range(3)] == ["North"] * 3
    won = {"status": ["won"] * 3, "amount": [300] * 3, "closed_at": ["2024-01-05", "2024-02-05", "2024-03-05"]}
    by_month = sales.quota_attainment(won, parts, by=month)
    assert by_month == {m: sales.quota_attainment(won, plan, period=month(m)) for m in by_month}
    assert (
        sales.quota_attainment(won, parts, by=quarter) == sales.quota_attainment(won, plan, by=quarter) == {"2024Q1": 1}
    )
    assert sales.managers_at_quota(won | {"manager": ["Anna"] * 3}, parts, by=("manager", month)) == {
        ("Anna", "2024-01"): 0,
        ("Anna", "2024-02"): 1,
        ("Anna", "2024-03"): 0,
    }
    crowns = {**plan, "amount": ["0.02"], "currency": ["EUR"]}
    assert [sales.prorated(crowns, month).amount.item(i) for i in range(3)] == [Decimal("0.01"), 0, Decimal("0.01")]
    found = interval(sales.quota_attainment, won, parts, by=month)
    assert {m: x.value for m, x in found.items()} == by_month
    for verb in (interval, explain):
        with pytest.raises(UnknownName, match=r"^1 quota reaches over several months, give prorated\(quotas, month\)"):
            verb(sales.quota_attainment, won, plan, by=month)
    starts = {"start": ["2024-01-01", "2024-02-01"], "amount": [100, 200]}
    assert sales.quota_attainment(won, starts, by=month) == {"2024-01": 3, "2024-02": 1.5, "2024-03": math.nan}
    for call in (
        partial(sales.quota_attainment, won, starts, period=year("2024")),
        partial(sales.prorated, starts, month),
    ):
        refused(call, UnknownName, "this Quota table has no 'end'; it has start, amount")
    named = won | {"month": ["of the plan"] * 3}, plan | {"month": ["of the plan"]}
    assert sales.quota_attainment(*named, by="month") == {"of the plan": 1}, "a column of that name is no time"
    assert len(sales.prorated([], month)) == 0 and len(sales.prorated({**plan, "start": [None]}, month)) == 1


@given(data=st.data(), by=st.sampled_from([month, quarter, weekday, ("manager", week), hour]))
def test_a_quota_of_several_months_is_never_counted_in_one(data: st.DataObject, by: Any) -> None:
    """Refused exactly where one of the quotas lies in several; in rows, and in what is summarized of them."""
    _, (ds, qs) = drawn("quota_attainment", data)
    key = by[-1] if isinstance(by, tuple) else by
    several = sum(
        day_of(q.start) < day_of(q.end) and (key is hour or len({*labels_between(q, key)}) > 1)
        for q in qs
        if q.start is not None and q.end is not None
    )
    for metric in (sales.quota_attainment, sales.managers_at_quota):
        for ask in (partial(metric, by=by), lambda *rows, m=metric: m(*summarize(m, *rows, by=by))):
            if several:
                says = "of whole days, leave hour out" if key is hour else r"give prorated\(quotas, "
                with pytest.raises(
                    UnknownName, match=f"^{several} quotas? reach(es)? over several {key.unit}s.*{says}"
                ):
                    ask(ds, qs)
            else:
                assert isinstance(ask(ds, qs), Breakdown)


def labels_between(q: Any, key: Any) -> list[Any]:
    """The unit of each day of a quota; days of the week are days."""
    days = [day_of(q.start) + i * DAY for i in range((day_of(q.end) - day_of(q.start)).days)]
    return days if key is weekday else [key.label(d) for d in days]


@pytest.mark.parametrize("unit", [weekday, hour, month("start"), "month", month("2024-03"), None])
def test_quotas_are_cut_at_units_of_the_calendar_alone(unit: Any) -> None:
    refused(
        lambda: sales.prorated([], unit), WrongCall, "give day, week, month, quarter or year, prorated(quotas, month)"
    )


# ---------------------------------------------------------------- at any size


def deal(i: int, **more: Any) -> Deal:
    fixed = {"created_at": dt.date(2020, 1, 1), "status": "won", "closed_at": dt.date(2020, 1, 1)}
    return Deal(id=i, **{**fixed, **more})


@pytest.mark.parametrize("currency", [None, "JPY", "KWD", "CLF"])
@pytest.mark.parametrize("by", [None, "manager"])
def test_amounts_beyond_every_float_add_to_the_last_unit(currency: str | None, by: str | None) -> None:
    """10^17 and one minor unit: sums and medians pass 2^63 minor units."""
    units = {None: "0.01", "JPY": "1", "KWD": "0.001", "CLF": "0.0001"}
    values = [Decimal(10**17) + k * Decimal(units[currency]) for k in range(7)]
    deals = [deal(i, amount=a, currency=currency, manager="Anna") for i, a in enumerate(values)]
    ours = sales.won_revenue(deals, by=by), sales.average_deal_size(deals, by=by), sales.median_deal_size(deals, by=by)
    total, mean_, median = (x["Anna"] if by else x for x in ours)
    assert Fraction(*total.as_integer_ratio()) == sum(map(Fraction, values))
    assert mean_ == float(Fraction(sum(map(Fraction, values)), 7))
    assert median == float(values[3])
    parts = [summarize(sales.median_deal_size, [d], by=by) for d in deals]
    assert repr(sales.median_deal_size(sum(parts))) == repr(ours[2])


@pytest.mark.parametrize("size", [9 * 10**16, -9 * 10**16])
@pytest.mark.parametrize("n", [1, 2, 4, 7])
def test_the_middle_of_two_large_amounts_does_not_wrap(size: int, n: int) -> None:
    """Each fits int64 in minor units; twice the median does not."""
    deals = [deal(i, amount=size + i, manager="Anna") for i in range(n)]
    wanted = float(statistics.median(Fraction(size + i) for i in range(n)))
    assert sales.median_deal_size(deals) == wanted
    assert sales.median_deal_size(deals, by="manager")["Anna"] == wanted
    assert sales.median_deal_size(sum(summarize(sales.median_deal_size, [d]) for d in deals)) == wanted
    assert (
        sales.median_deal_size(sum(summarize(sales.median_deal_size, [d], by="manager") for d in deals))["Anna"]
        == wanted
    )


def long_deals(n: int) -> tuple[dict[str, Any], list[int]]:
    """Columns of `n` deals of some 9,000 days each, and the microseconds of every duration."""
    extra = np.arange(n) % 7
    starts = np.full(n, "2000-01-01T09:00", "M8[us]")
    spans = 9_000 * 86_400_000_000 + extra
    names = list(itertools.islice(itertools.cycle("abc"), n))
    return {"created_at": starts, "closed_at": starts + spans, "status": ["won"] * n, "manager": names}, spans.tolist()


@pytest.mark.parametrize("by", [None, "manager", ("manager", month("created_at"))])
@pytest.mark.parametrize("n", [20_000, 600_011])  # in one go, and in stretches
def test_durations_add_exactly_beyond_int64(n: int, by: Any) -> None:
    """Real sums of microseconds pass int64 at two million deals of two months each; these are fewer and longer."""
    data, spans = long_deals(n)
    total = totals(data, Deal, by).sum(cycle, where=won)
    parts = [total] if by is None else list(total.values())
    assert sum(spans) > 2**63
    assert sum(Fraction(*x.as_integer_ratio()) for x in parts) == Fraction(sum(spans), 86_400_000_000)
    if by == "manager":
        assert total["b"] == sum(spans[1::3]) / 86_400_000_000
        assert sales.median_sales_cycle(data, by=by)["c"] == statistics.median(spans[2::3]) / 86_400_000_000
    assert sales.average_sales_cycle(data) == sum(spans) / (n * 86_400_000_000)


# ---------------------------------------------------------------- quantiles


@given(
    values=st.lists(st.integers(-20, 20), min_size=1, max_size=40),
    q=st.sampled_from([0, 0.01, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 1]),
)
def test_a_quantile_is_what_numpy_says(values: list[int], q: float) -> None:
    """Whole days, so that numpy's floats are exact too."""
    start = dt.date(2020, 1, 1)
    deals = [deal(i, created_at=start, closed_at=start + (v + 20) * DAY) for i, v in enumerate(values)]
    wanted = np.quantile(np.array(values) + 20, q, method="averaged_inverted_cdf")
    assert sales.sales_cycle_quantile(deals, q=q) == wanted
    both = [deal(-1, manager="Anna"), *(attrs.evolve(d, manager="Boris") for d in deals)]
    assert sales.sales_cycle_quantile(both, q=q, by="manager") == {"Anna": 0.0, "Boris": wanted}


@pytest.mark.parametrize("n", [1_000, 40_000, 1_200_000])
@pytest.mark.parametrize("groups", [1, 3, 500])
def test_a_quantile_of_many_rows_is_that_of_their_sorted_list(n: int, groups: int) -> None:
    """Every way to find it: partition, one sort, counting cells."""
    rng = np.random.default_rng(groups)
    spans = rng.integers(0, 10**7, n)
    starts = np.full(n, "2020-01-01T09:00", "M8[s]")
    team = rng.integers(0, groups, n)
    data = {"created_at": starts, "closed_at": starts + spans, "status": ["won"] * n, "team": team}
    by = "team" if groups > 1 else None
    ours = sales.sales_cycle_quantile(data, q=0.3, by=by)
    for g in range(0, groups, 97):
        wanted = middle(spans[team == g].tolist(), Fraction(3, 10))
        if wanted is not None:
            assert (ours[g] if by else ours) == float(wanted / 86_400)
