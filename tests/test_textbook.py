"""Every metric beside the sentence that defines it, in plain Python: fractions, lists, `statistics`, one line each.

Compared digit by digit: an exact fraction rounded once is the only right answer.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Company, companies
from test_laws import METRICS, VARIANTS

from crm_metrics import Deal, month, sales, summarize, totals
from crm_metrics.columns import cycle, won
from crm_metrics.exact import Exact
from crm_metrics.registry import about

Answer: TypeAlias = "Fraction | int | None"

DAY = dt.timedelta(days=1)
MICROSECOND = dt.timedelta(microseconds=1)


# ---------------------------------------------------------------- words of the definitions


def the(status: str, deals: Iterable[Deal]) -> list[Deal]:
    return [d for d in deals if d.status == status]


def closed(deals: Iterable[Deal]) -> list[Deal]:
    return [d for d in deals if d.status in ("won", "lost")]


def known(values: Iterable[Any]) -> list[Fraction]:
    return [Fraction(v) for v in values if v is not None]


def profits(deals: Iterable[Deal]) -> list[Fraction]:
    both = [d for d in the("won", deals) if d.amount is not None and d.cost is not None]
    return [Fraction(d.amount) - Fraction(d.cost) for d in both]


def days(d: Deal) -> Fraction | None:
    """Days from creation to close; whole ones where either is a bare date."""
    a, b = d.created_at, d.closed_at
    if a is None or b is None:
        return None
    if not (isinstance(a, dt.datetime) and isinstance(b, dt.datetime)):
        a, b = (x.date() if isinstance(x, dt.datetime) else x for x in (a, b))
    return Fraction((b - a) // MICROSECOND, DAY // MICROSECOND)


def share(part: Any, whole: Any) -> Fraction | None:
    return Fraction(part) / whole if whole else None


def mean(values: list[Fraction]) -> Fraction | None:
    return share(sum(values), len(values))


def middle(values: Sequence[Fraction | int], q: Fraction) -> Fraction | None:
    """The value at rank q of the sorted ones; between two, their mean."""
    ordered, rank = sorted(values), q * len(values)
    if not ordered:
        return None
    low = math.ceil(rank) - 1
    both = (max(low, 0), min(math.floor(rank), len(ordered) - 1))
    return Fraction(sum(ordered[i] for i in both), 2)


# ---------------------------------------------------------------- one line for each metric

ORACLES: dict[str, Callable[..., Answer]] = {
    "conversion_rate": lambda ds: share(len(the("won", ds)), len(ds)),
    "win_rate": lambda ds: share(len(the("won", ds)), len(closed(ds))),
    "loss_rate": lambda ds: share(len(the("lost", ds)), len(closed(ds))),
    "deals_created": len,
    "deals_won": lambda ds: len(the("won", ds)),
    "won_revenue": lambda ds: Fraction(sum(known(d.amount for d in the("won", ds)))),
    "average_deal_size": lambda ds: mean(known(d.amount for d in the("won", ds))),
    "median_deal_size": lambda ds: statistics.median(x) if (x := known(d.amount for d in the("won", ds))) else None,
    "gross_profit": lambda ds: Fraction(sum(profits(ds))),
    "profit_per_created_deal": lambda ds: share(sum(profits(ds)), len(ds)),
    "gross_margin": lambda ds: share(
        sum(profits(ds)), sum(Fraction(d.amount) for d in the("won", ds) if None not in (d.amount, d.cost))
    ),
    "average_sales_cycle": lambda ds: mean(known(map(days, the("won", ds)))),
    "median_sales_cycle": lambda ds: statistics.median(x) if (x := known(map(days, the("won", ds)))) else None,
    "sales_cycle_quantile": lambda ds, q=0.5: middle(known(map(days, the("won", ds))), Fraction(str(q))),
    "open_pipeline": lambda ds: Fraction(sum(known(d.amount for d in the("open", ds)))),
    "weighted_pipeline": lambda ds: Fraction(
        sum(
            Fraction(d.amount) * Fraction(d.probability)
            for d in the("open", ds)
            if None not in (d.amount, d.probability)
        )
    ),
    "spend_total": lambda ss: Fraction(sum(known(s.amount for s in ss))),
    "cac": lambda ss, ds, basis="blended": share(
        sum(known(s.amount for s in ss if (s.kind == "acquisition" if basis == "paid" else s.kind != "nurture"))),
        len({d.customer for d in the("won", ds) if d.kind in ("new", None)} - {None}),
    ),
}
VARIED = [(name, options) for name in METRICS for options in [{}, *VARIANTS.get(name, [])]]
each_metric = pytest.mark.parametrize(("name", "options"), VARIED, ids=[f"{n}{o or ''}" for n, o in VARIED])


def test_every_metric_has_an_oracle() -> None:
    assert set(ORACLES) == set(METRICS), "write the definition of the new metric in one line"


def same(ours: Any, oracle: Answer) -> bool:
    """Whether a number is the fraction, rounded once."""
    if oracle is None:
        return math.isnan(ours)
    exactly = Fraction(*ours.as_integer_ratio()) == oracle if isinstance(ours, (int, Exact)) else True
    return exactly and float(ours) == oracle.numerator / oracle.denominator


@each_metric
@given(data=st.data())
def test_a_metric_is_what_its_definition_says(name: str, options: dict[str, Any], data: st.DataObject) -> None:
    records = about(METRICS[name]).records
    rows = data.draw(companies(records)).of(records)
    assert same(METRICS[name](*rows, **options), ORACLES[name](*rows, **options))


def grouped(rows: list[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    out: dict[Any, list[Any]] = {}
    for row in rows:
        out.setdefault(key(row), []).append(row)
    return out


@each_metric
@given(data=st.data())
def test_a_group_is_what_the_definition_says_of_its_rows(
    name: str, options: dict[str, Any], data: st.DataObject
) -> None:
    """A group that only one of two records has: no spend is 0, and a ratio to nothing is undefined."""
    records = about(METRICS[name]).records
    rows = data.draw(companies(records)).of(records)
    ours = METRICS[name](*rows, by=("channel", "campaign"), **options)
    groups = [grouped(x, lambda row: (row.channel, row.campaign)) for x in rows]
    assert set(ours) == {key for group in groups for key in group}
    for key, x in ours.items():
        assert same(x, ORACLES[name](*(group.get(key, []) for group in groups), **options)), key


@given(data=st.data())
def test_a_month_is_a_month(data: st.DataObject) -> None:
    """By month of a naive or UTC time, which is the first seven letters of it."""
    company: Company = data.draw(companies((Deal,)))
    for field_name in ("created_at", "closed_at", "expected_close"):
        groups = grouped(company.rows[Deal], lambda d, n=field_name: str(x)[:7] if (x := getattr(d, n)) else None)
        ours = sales.deals_created(company.rows[Deal], by=month(field_name))
        assert dict(ours) == {key: len(rows) for key, rows in groups.items()}
        assert list(ours) == sorted((k for k in groups if k), key=str) + [None] * (None in groups)


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
    starts = np.full(n, "2000-01-01", "M8[us]")
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
    starts = np.full(n, "2020-01-01", "M8[s]")
    team = rng.integers(0, groups, n)
    data = {"created_at": starts, "closed_at": starts + spans, "status": ["won"] * n, "team": team}
    by = "team" if groups > 1 else None
    ours = sales.sales_cycle_quantile(data, q=0.3, by=by)
    for g in range(0, groups, 97):
        wanted = middle(spans[team == g].tolist(), Fraction(3, 10))
        if wanted is not None:
            assert (ours[g] if by else ours) == float(wanted / 86_400)
