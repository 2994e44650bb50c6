"""Return on investment: published examples, what must hold of any money, and the same by group."""

from __future__ import annotations

import datetime as dt
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import Breakdown, Deal, sales
from crm_metrics._values.exact import Exact
from crm_metrics.roi import return_ratio, roi

# ---------------------------------------------------------------- published numbers, with their sources

ROI = [  # gain, cost, ROI, how close, source
    (75_000, 12_000, 5.25, 0.0, 'NetSuite, "CRM ROI"; gain is the rise in gross profit'),
    (12_000, 12_000, 0.0, 0.0, "break-even: 0 of the net ratio, and 1 (100 %) of the gross one"),
    (3_000_000.0, 1_000_000.0, 2.0, 0.0, "Tom Pisello, searchcrm.techtarget.com, 9 May 2007: $3M on $1M is 200 %"),
    (500_000, 300_000, 0.6667, 5e-5, "bestcrmforyou.com, CRM ROI calculator guide"),
    (175_000, 50_000, 2.5, 0.0, "vantagepoint.io, how to calculate ROI: 2.50 earned per 1"),
    (516_000, 243_200, 1.12, 5e-3, "Schwalbe's business case, costs and benefits discounted at 8 %: 112 %"),
]


@pytest.mark.parametrize(("gain", "cost", "expected", "close", "source"), ROI, ids=[v[4][:24] for v in ROI])
def test_roi_is_what_is_published(gain: float, cost: float, expected: float, close: float, source: str) -> None:
    assert roi(gain=gain, cost=cost) == pytest.approx(expected, abs=close, rel=0)
    assert return_ratio(gain=gain, cost=cost) == pytest.approx(expected + 1, abs=close, rel=0)


# ---------------------------------------------------------------- what must hold of any money

money = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 100)
costs = st.integers(1, 10**9).map(lambda n: Decimal(n) / 100)


@given(gain=money, cost=costs, scale=st.sampled_from([Decimal("0.01"), 7, 1000, Decimal(10**12)]))
def test_roi_does_not_depend_on_the_currency(gain: Decimal, cost: Decimal, scale: Decimal) -> None:
    assert roi(gain=gain * scale, cost=cost * scale) == roi(gain=gain, cost=cost)
    assert return_ratio(gain=gain * scale, cost=cost * scale) == return_ratio(gain=gain, cost=cost)


@given(gain=money, cost=costs)
def test_net_and_gross_differ_by_one(gain: Decimal, cost: Decimal) -> None:
    """Each is the exact fraction, rounded once."""
    assert roi(gain=gain, cost=cost) == float(Fraction(gain - cost) / Fraction(cost))
    assert return_ratio(gain=gain, cost=cost) == float(Fraction(gain) / Fraction(cost))
    assert roi(gain=gain, cost=cost) + 1 == pytest.approx(return_ratio(gain=gain, cost=cost), rel=1e-15, abs=1e-15)


@given(gain=money, cost=costs)
def test_break_even_is_decided_from_money(gain: Decimal, cost: Decimal) -> None:
    value = roi(gain=gain, cost=cost)
    assert (value > 0, value == 0, value < 0) == (gain > cost, gain == cost, gain < cost)


@given(gain=money, cost=costs)
def test_a_float_is_read_as_it_was_written(gain: Decimal, cost: Decimal) -> None:
    assert roi(gain=float(gain), cost=float(cost)) == roi(gain=gain, cost=cost)


def test_a_return_on_nothing_is_undefined() -> None:
    for gain in (-5, 0, 5, math.nan):
        assert math.isnan(roi(gain=gain, cost=0)) and math.isnan(return_ratio(gain=gain, cost=0))
    assert math.isnan(roi(gain=5, cost=math.nan)) and math.isnan(return_ratio(gain=math.nan, cost=5))


# ---------------------------------------------------------------- by group, and in a currency

GAIN = Breakdown.of({"A": 75_000, "B": 12_000, "C": 5})
COST = Breakdown.of({"A": 12_000, "B": 12_000, "D": 7})


def test_roi_by_group_is_roi_of_each_group() -> None:
    assert roi(gain=GAIN, cost=COST) == {"A": 5.25, "B": 0.0, "C": math.nan, "D": -1.0}
    assert return_ratio(gain=GAIN, cost=COST) == {"A": 6.25, "B": 1.0, "C": math.nan, "D": 0.0}


def test_one_number_meets_every_group() -> None:
    assert roi(gain=24_000, cost=COST) == {"A": 1.0, "B": 1.0, "D": 24_000 / 7 - 1}
    assert roi(gain=GAIN, cost=Decimal("0.1"))["C"] == 49.0
    assert roi(gain=GAIN, cost=0.1)["C"] == 49.0
    assert return_ratio(gain=GAIN, cost=10)["C"] == 0.5
    assert math.isnan(roi(gain=math.nan, cost=COST)["A"])


@given(gain=money, cost=costs)
def test_a_group_has_the_digits_of_the_single_number(gain: Decimal, cost: Decimal) -> None:
    one = Breakdown(("x",), num=np.array([int(gain * 100)]), scale=100)
    other = Breakdown(("x",), num=np.array([int(cost * 100)]), scale=100)
    wanted = roi(gain=gain, cost=cost)
    assert roi(gain=one, cost=other)["x"] == roi(gain=gain, cost=other)["x"] == roi(gain=one, cost=cost)["x"] == wanted


def sale(i: int, amount: Any, currency: str | None = None) -> Deal:
    day = dt.date(2024, 1, 5)
    return Deal(id=i, created_at=day, status="won", closed_at=day, manager="Anna", amount=amount, currency=currency)


def test_a_metric_is_a_gain_and_keeps_its_integers() -> None:
    """Three tenths of sales over a tenth: exactly 2, where floats give 1.9999999999999996."""
    revenue = sales.won_revenue([sale(1, "0.10"), sale(2, "0.20")])
    assert isinstance(revenue, Exact)
    assert roi(gain=revenue, cost=0.1) == 2.0
    assert (0.1 + 0.1 + 0.1 - 0.1) / 0.1 != 2.0
    assert pickle.loads(pickle.dumps(revenue)).as_integer_ratio() == revenue.as_integer_ratio()


def test_a_gain_in_a_currency_meets_a_plain_cost() -> None:
    dollars = sales.won_revenue([sale(1, 300, "USD")])
    assert roi(gain=dollars, cost=100) == 2.0
    assert roi(gain=sales.won_revenue([sale(1, 300, "USD")], by="manager"), cost=100) == {"Anna": 2.0}
