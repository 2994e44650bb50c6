"""Each metric beside one line of plain Python: the textbook, on rows nobody chose."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_metrics import Deal, Spend, marketing, sales
from crm_metrics.records import Instant
from crm_metrics.registry import about, registered

Rows = list[Any]
MICRO = Fraction(1, 86_400_000_000)


def won(d: Rows) -> Rows:
    return [x for x in d if x.status == "won"]


def opened(d: Rows) -> Rows:
    return [x for x in d if x.status == "open"]


def known(d: Rows, *names: str) -> Rows:
    return [x for x in d if all(getattr(x, n) is not None for n in names)]


def share(a: int | Fraction, b: int | Fraction) -> float:
    return float(Fraction(a) / Fraction(b)) if b else math.nan


def money(xs: Any) -> Fraction:
    return sum((Fraction(x) for x in xs), Fraction(0))


def days(d: Any) -> Fraction:
    return (Fraction((d.closed_at - d.created_at).days) * 86_400_000_000) * MICRO


def cycles(d: Rows) -> list[Fraction]:
    return [days(x) for x in known(won(d), "created_at", "closed_at")]


def mean(xs: list[Fraction]) -> float:
    return share(sum(xs, Fraction(0)), len(xs))


def median(xs: list[Fraction]) -> float:
    return float(statistics.median(xs)) if xs else math.nan


def margins(d: Rows) -> Fraction:
    return money(x.amount - x.cost for x in known(won(d), "amount", "cost"))


def new_customers(d: Rows) -> int:
    return len({x.customer for x in known(won(d), "customer") if x.kind in (None, "new")})


ORACLES: dict[str, Callable[..., float]] = {
    "conversion_rate": lambda d: share(len(won(d)), len(d)),
    "win_rate": lambda d: share(len(won(d)), len([x for x in d if x.status in ("won", "lost")])),
    "loss_rate": lambda d: share(
        len([x for x in d if x.status == "lost"]), len([x for x in d if x.status in ("won", "lost")])
    ),
    "deals_created": len,
    "deals_won": lambda d: len(won(d)),
    "won_revenue": lambda d: float(money(x.amount for x in known(won(d), "amount"))),
    "average_deal_size": lambda d: mean([Fraction(x.amount) for x in known(won(d), "amount")]),
    "median_deal_size": lambda d: median([Fraction(x.amount) for x in known(won(d), "amount")]),
    "gross_profit": lambda d: float(margins(d)),
    "profit_per_created_deal": lambda d: share(margins(d), len(d)),
    "gross_margin": lambda d: share(margins(d), money(x.amount for x in known(won(d), "amount", "cost"))),
    "average_sales_cycle": lambda d: mean(cycles(d)),
    "median_sales_cycle": lambda d: median(cycles(d)),
    "sales_cycle_quantile": lambda d: median(cycles(d)),
    "open_pipeline": lambda d: float(money(x.amount for x in known(opened(d), "amount"))),
    "weighted_pipeline": lambda d: float(
        money(x.amount * x.probability for x in known(opened(d), "amount", "probability"))
    ),
    "spend_total": lambda s: float(money(x.amount for x in known(s, "amount"))),
    "cac": lambda s, d: share(money(x.amount for x in known(s, "amount") if x.kind != "nurture"), new_customers(d)),
}
OURS = [m for m in registered() if m.__module__ in (sales.__name__, marketing.__name__)]

names = st.sampled_from(["Anna", "Boris", "Ёж", "", "None", None])
amounts = st.none() | st.sampled_from(["0.01", 10**12, -5, 0]) | st.decimals(-(10**9), 10**9, places=2)
dates = st.dates(min_value=dt.date(2016, 1, 1), max_value=dt.date(2018, 12, 31))
kinds = st.sampled_from([None, "new", "repeat", "renewal"])


@st.composite
def deal(draw: Any) -> Deal:
    start, end = draw(st.none() | dates), draw(st.none() | dates)
    if start and end and end < start:
        start, end = end, start
    when: Instant | None = end
    status = draw(st.sampled_from(["open", "won", "lost"] if end else ["open", "lost"]))
    return Deal(
        id=draw(st.integers(0, 50)),
        created_at=start,
        closed_at=when,
        status=status,
        customer=draw(names),
        manager=draw(names),
        channel=draw(names),
        kind=draw(kinds),
        amount=draw(amounts),
        cost=draw(amounts),
        probability=draw(st.none() | st.decimals(0, 1, places=6)),
    )


spend = st.builds(
    Spend, at=dates, amount=amounts, channel=names, kind=st.sampled_from([None, "acquisition", "nurture", "payroll"])
)
ROWS = {Deal: st.lists(deal(), max_size=20), Spend: st.lists(spend, max_size=8)}


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def test_every_metric_has_a_line() -> None:
    assert {m.__name__ for m in OURS} == set(ORACLES)


@pytest.mark.parametrize("metric", OURS, ids=lambda m: m.__name__)
@given(data=st.data())
def test_the_metric_is_the_textbook_to_the_last_digit(metric: Any, data: st.DataObject) -> None:
    rows = [data.draw(ROWS[r]) for r in about(metric).records]
    oracle = ORACLES[metric.__name__]
    assert same(float(metric(*rows)), float(oracle(*rows)))
    for key, value in metric(*rows, by="channel").items():
        part = [[x for x in side if x.channel == key] for side in rows]
        assert same(float(value), float(oracle(*part))), key


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), st.sampled_from([0, 0.1, 0.25, 0.5, 0.9, 1]))
def test_a_quantile_is_numpys_averaged_inverted_distribution(values: list[int], q: float) -> None:
    low = min(values)
    closed = [str(np.datetime64("2020-01-01") + (v - low)) for v in values]
    deals = {"status": ["won"] * len(values), "created_at": ["2020-01-01"] * len(values), "closed_at": closed}
    want = np.quantile(np.array(values) - low, q, method="averaged_inverted_cdf")
    assert sales.sales_cycle_quantile(deals, q=q) == want
    two = {**deals, "manager": ["Anna", *["Boris"] * (len(values) - 1)]}
    assert sales.sales_cycle_quantile(two, q=q, by="manager")["Anna"] == values[0] - low


def test_sums_beyond_64_bits_are_exact() -> None:
    n = 40
    amount = "92233720368547758.07"  # the largest an int64 of cents holds
    rows = {"status": ["won"] * n, "amount": [amount] * n, "manager": [f"m{i % 3}" for i in range(n)]}
    total = sales.won_revenue(rows)
    assert Fraction(*total.as_integer_ratio()) == n * Fraction(amount)
    by = sales.won_revenue(rows, by="manager")
    assert sum(Fraction(*x.as_integer_ratio()) for x in by.values()) == n * Fraction(amount)


def test_the_durations_of_millions_of_deals_do_not_overflow() -> None:
    n = 3_000_000
    start = np.full(n, np.datetime64("2000-01-01T00:00:00.000001", "us"))
    end = start + np.timedelta64(50 * 365, "D") + np.timedelta64(7, "us")
    deals = {"status": np.array(["won"] * n), "created_at": start, "closed_at": end}
    want = float((50 * 365 * 86_400_000_000 + 7) * MICRO)
    assert sales.average_sales_cycle(deals) == sales.median_sales_cycle(deals) == want
