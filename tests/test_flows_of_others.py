"""Flows on which other programs went wrong, from their trackers; and numbers that are simple, to the last digit."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crm_metrics import roi

# ---------------------------------------------------------------- payback


@pytest.mark.parametrize(
    ("flows", "periods"),
    [
        ([0, -100, 50, 50], 3.0),
        ([0, 0, -100, 100], 3.0),
        ([0, 0, -100, 200], 2.5),
        ([0, -54040.55222, -15288.72407, 11947.6118, 13954.22077, 24836.44528, 42522.40517, 32902.24734],
         5.437204771594532),  # Anexen/pyxirr 56
        ([10, -100, 50, 50], 2.8),  # 40 are owed after two periods, and 50 come in the third
        ([100, -150, 25, 50], 2.5),
        ([50, -50], 0.0),  # nothing was ever owed
        ([0, 0], 0.0),
        ([3, 4], 0.0),
        ([0, -1], math.nan),
        ([0, -5, 10, -20, 1], 1.5),  # the first time
    ],
)  # fmt: skip
def test_payback_counts_from_the_first_flow_to_when_what_was_owed_is_back(flows: list[float], periods: float) -> None:
    assert roi.payback(flows) == pytest.approx(periods, abs=0, rel=0, nan_ok=True)


@given(st.lists(st.integers(-100, 100), min_size=1, max_size=8), st.integers(1, 4), st.sampled_from([0, 0.1]))
def test_waiting_before_the_first_flow_is_waiting_for_the_money(flows: list[int], idle: int, rate: float) -> None:
    now, later = roi.payback(flows, rate), roi.payback([0] * idle + flows, rate)
    assert later == (0 if now == 0 else pytest.approx(now + idle, rel=1e-14, nan_ok=True))


@given(st.lists(st.integers(-100, 100), max_size=9))
def test_payback_is_where_the_sum_comes_up_through_nothing(flows: list[int]) -> None:
    sums = [sum(flows[: k + 1]) for k in range(len(flows))]
    turns = [k for k in range(1, len(flows)) if sums[k - 1] < 0 <= sums[k]]
    found = roi.payback(flows)
    if turns:
        assert turns[0] - 1 < found <= turns[0]
    else:
        assert found == 0 if sums and sums[-1] >= 0 else math.isnan(found)


# ---------------------------------------------------------------- rates


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-100, 200], 1.0),
        ([-100, 110], 0.1),
        ([-100, 0, 121], 0.1),
        ([-3, 1, 1, 1], 0.0),
        ([-100, 50], -0.5),
        ([-10, *[1] * 9, 11], 0.1),
        ([-8, 1], -0.875),
    ],
)
def test_a_rate_of_return_is_right_to_the_last_digit(flows: list[float], rate: float) -> None:
    assert roi.irr(flows) == roi.irr([-c for c in flows]) == rate


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-10000, *[327.24625] * 16], -0.06765411344968685),  # numpy-financial 98
        ([-50, -100, 600, 300, -100], 1.8544178284461061),  # numpy-financial 28: the sum changes its sign once
    ],
)
def test_flows_and_their_negatives_have_the_rate_that_others_find_too(flows: list[float], rate: float) -> None:
    assert roi.irr(flows) == roi.irr([-c for c in flows]) == pytest.approx(rate, rel=1e-11)


def test_flows_with_two_rates_give_both() -> None:
    found = roi.irr_all([-50, -100, 600, 300, -100])
    assert len(found) == 2 and found[0] < 0 < found[1]
    assert roi.irr_all([-100, 230, -132]) == (0.1, 0.2) and math.isnan(roi.irr([-100, 230, -132]))


@pytest.mark.parametrize(
    ("flows", "dates", "rate"),
    [
        ([-134.09, 40.86], ["2021-06-09", "2021-08-11"], -0.9989769231734277),  # pyxirr 14
        ([-18480, 13120], ["2020-03-05", "2020-03-16"], -0.9999884228170088),  # pyxirr 23
        ([-4000, 2050.2], ["2014-02-27", "2015-03-06"], -0.4809631525466728),  # XIRR-and-XNPV 4
        ([187.5, -30, *[187.5] * 3, *[-188] * 5], ["2020-05-27"] * 3 + ["2020-05-28"] * 7, 1.56211769652855e78),
    ],
)  # the last: pyxirr 65, (565 / 345) ** 365 - 1
def test_rates_of_a_few_days_that_others_give_up_on(flows: list[float], dates: list[str], rate: float) -> None:
    assert roi.xirr(flows, dates) == pytest.approx(rate, rel=4e-16 if rate < 1 else 1e-13)


days = st.integers(1, 4000)
cents = st.integers(1, 10**8).map(lambda n: Fraction(n, 100))


@given(cents, cents, days)
def test_two_flows_have_the_rate_of_their_quotient(paid: Fraction, back: Fraction, after: int) -> None:
    """(1 + r) ** (days / 365) is the quotient: exactly that, for it is monotone, between the floats beside it."""
    first = dt.date(2020, 1, 1)
    found = roi.xirr([-paid, back], [first, first + dt.timedelta(days=after)])
    if not math.isfinite(found):
        return
    low, high = ((Fraction(math.nextafter(found, side)) + 1) ** after for side in (-2, math.inf))
    assert low <= (back / paid) ** 365 <= high or found == math.nextafter(-1, 0)


@given(st.fractions(-1, 20, max_denominator=500).filter(lambda r: r > -1), st.integers(1, 9))
def test_a_rate_that_is_a_fraction_is_the_float_nearest_to_it(rate: Fraction, periods: int) -> None:
    flows: list[Any] = [-100, *[0] * (periods - 1), 100 * (1 + rate) ** periods]
    years = [dt.date(2001, 1, 1) + dt.timedelta(days=365 * k) for k in range(periods + 1)]
    nearest = max(float(rate), math.nextafter(-1, 0))
    assert roi.irr(flows) == roi.xirr(flows, years) == nearest
    assert roi.mirr(flows, finance_rate=0.1, reinvest_rate=0.2) == pytest.approx(nearest, rel=1e-15)


@pytest.mark.parametrize("dates", [["2023-01-01", "2024-01-01"], ["2022-06-30", "2023-06-30"]])
def test_flows_a_year_apart_are_worth_nothing_at_their_rate(dates: list[str]) -> None:
    assert roi.npv([-100, 110], rate=0.1) == roi.xnpv([-100, 110], dates, rate=0.1) == 0
    assert roi.xirr([-100, 110], dates) == roi.irr([-100, 110]) == 0.1
    assert roi.mirr([-100, 0, 121], finance_rate=0.1, reinvest_rate=0.1) == 0.1


@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), days), min_size=1, max_size=6), st.sampled_from([-0.5, 0.1]))
def test_a_present_value_on_dates_is_right_to_the_last_digit(rows: list[tuple[int, int]], rate: float) -> None:
    first = dt.date(2020, 1, 1)
    found = roi.xnpv([c for c, _ in rows], [first + dt.timedelta(days=d) for _, d in rows], rate=rate)
    step, start = 1 + Fraction(str(rate)), min(d for _, d in rows)
    plain = math.fsum(c / float(step) ** ((d - start) / 365) for c, d in rows)
    size = math.fsum(abs(c) / float(step) ** ((d - start) / 365) for c, d in rows)
    assert found == pytest.approx(plain, abs=1e-14 * size)


@pytest.mark.parametrize("rate", [0, 0.001, Decimal("-0.0005")])
def test_a_payback_after_thousands_of_periods_is_the_exact_one(rate: Any) -> None:
    step, have = 1 + Fraction(str(rate)), Fraction(0)
    flows = [0, -1000, *[2] * 3000]
    for k, c in enumerate(flows):
        before, have = have, have * step + c
        if k > 1 and have >= 0:
            break
    assert before < 0 <= have
    assert roi.payback(flows, rate) == float(k - 1 - before * step / flows[k])
