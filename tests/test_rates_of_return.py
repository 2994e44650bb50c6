"""Rates of return, all of them, and flows beyond what floats hold."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import roi
from crm_metrics.roi.roots import changes, positive_roots, sign_at, whole_polynomial, without_repeats


def times(a: list[Fraction], b: list[Fraction]) -> list[Fraction]:
    """The product of two polynomials."""
    out = [Fraction(0)] * (len(a) + len(b) - 1)
    for (i, x), (k, y) in itertools.product(enumerate(a), enumerate(b)):
        out[i + k] += x * y
    return out


def flows_of(rates: list[Fraction], more: list[Fraction] | None = None) -> list[Fraction]:
    """Flows whose net present value is 0 at these rates, by the factors of a polynomial in 1 + rate."""
    return functools.reduce(times, ([Fraction(1), -(1 + r)] for r in rates), more or [Fraction(1)])


def test_rates_that_nearly_agree_are_all_found() -> None:
    close = [Fraction(x) for x in ("0.1", "0.102", "0.104", "1000000")]
    assert roi.irr_all(flows_of(close)) == (0.1, 0.102, 0.104, 1_000_000)
    closer = [Fraction(1, 10) + Fraction(k, 10**12) for k in range(5)]
    assert roi.irr_all(flows_of(closer)) == tuple(map(float, closer))


rates = st.lists(st.fractions(-1, 10, max_denominator=1000).filter(lambda r: r > -1), min_size=2, max_size=6)


@given(rates, st.integers(1, 3))
def test_every_rate_is_found_once_and_nothing_else(given_: list[Fraction], often: int) -> None:
    without = [Fraction(1), Fraction(1), Fraction(1)]  # x**2 + x + 1 is nowhere 0
    found = roi.irr_all(flows_of(given_ * often, without))
    assert found == tuple(map(float, sorted({*given_})))


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=12))
def test_each_interval_holds_one_root_and_as_many_as_a_matrix_finds(coefficients: list[int]) -> None:
    p = without_repeats(whole_polynomial([Fraction(c) for c in coefficients]))
    found = positive_roots(p)
    assert all(a == b and not sign_at(p, a) or sign_at(p, a) * sign_at(p, b) <= 0 for a, b in found)
    assert all(b <= c for (_, b), (c, _) in itertools.pairwise(found))
    assert len(found) <= changes(p) and len(found) % 2 == changes(p) % 2
    eigen = np.roots(np.array(p[::-1], float)) if len(p) > 1 else np.empty(0)
    plain = [z for z in eigen if abs(z.imag) > 1e-6 or abs(z.real) < 1e-6]  # well away from the axis
    sure = [z.real for z in eigen if abs(z.imag) < 1e-12 and z.real > 1e-6]
    assert len(found) <= len(eigen) - sum(abs(z.imag) > 1e-6 for z in plain)
    assert all(any(a - 1e-6 * abs(x) <= x <= b + 1e-6 * abs(x) for a, b in found) for x in sure)


@given(st.lists(st.integers(-(10**6), 10**6).map(lambda n: Fraction(n, 100)), min_size=3, max_size=40))
def test_between_two_rates_the_value_does_not_change_its_sign(flows: list[Fraction]) -> None:
    found = [Fraction(r) + 1 for r in roi.irr_all(flows)]
    p = whole_polynomial(flows[::-1])
    for a, b in itertools.pairwise(found):
        signs = {sign_at(p, a + (b - a) * k / 8) for k in range(1, 8)}
        assert len(signs) == 1


def test_a_rate_is_above_a_whole_loss_even_where_it_is_nearly_one() -> None:
    assert roi.irr([-1e20, 100]) == math.nextafter(-1, 0)
    assert math.isfinite(roi.npv([-1e20, 100], rate=roi.irr([-1e20, 100])))


def test_flows_of_any_size_have_their_rate() -> None:
    golden = (1 + math.sqrt(5)) / 2
    assert roi.irr([-1e308, 1e308, 1e308]) == pytest.approx(golden - 1, abs=1e-12)
    assert roi.irr([-1e-308, 1e-308, 1e-308]) == pytest.approx(golden - 1, abs=1e-12)
    assert roi.irr([-1e-300, 1e300]) == math.inf
    assert roi.irr_all([-1e308, 2e307, 1.2e308, -1e307]) == pytest.approx(roi.irr_all([-10, 2, 12, -1]), rel=1e-12)


def test_present_values_beyond_floats_are_infinite_as_sums_are_and_what_vanishes_adds_nothing() -> None:
    assert roi.npv([1] * 2000, rate=-0.9) == math.inf and roi.npv([-1] * 2000, rate=-0.9) == -math.inf
    assert roi.npv([1] * 400, rate=1e3) == 1.001
    assert roi.npv([0, *[0] * 400, 1e300], rate=9) == float(Fraction(10**300, 10**401))
    years = [dt.date(2000, 1, 1), dt.date(4000, 1, 1)]
    assert roi.xnpv([1, 1], years, rate=-0.9) == math.inf and roi.xnpv([1, 1], years, rate=1e3) == 1
    assert roi.xnpv([-1, 2], years, rate=-0.9) == math.inf and roi.xnpv([1, -2], years, rate=-0.9) == -math.inf
    assert roi.xnpv([], [], rate=0.1) == roi.npv([], rate=0.1) == 0
    assert roi.mirr([-1, *[1] * 3000], finance_rate=0.1, reinvest_rate=5) == pytest.approx(5, abs=0.01)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30), st.sampled_from([-0.99, -0.5, 0.1, 3]))
def test_far_away_flows_are_discounted_exactly(flows: list[int], rate: float) -> None:
    step = 1 + Fraction(str(rate))
    exact = sum((Fraction(c) / step**t for t, c in enumerate([0] * 400 + flows)), Fraction(0))
    try:
        expected = float(exact)
    except OverflowError:
        expected = math.inf if exact > 0 else -math.inf
    assert roi.npv([0] * 400 + flows, rate=rate) == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_dates_may_be_numpys_and_text_with_a_time() -> None:
    dates = [np.datetime64("2025-01-01"), "2026-01-01T12:30", dt.datetime(2027, 1, 1, 5)]
    assert roi.xirr([-100, 10, 110], dates) == roi.xirr([-100, 10, 110], ["2025-01-01", "2026-01-01", "2027-01-01"])


@pytest.mark.parametrize("rate", [0.01, 0.0123456789012345, -0.001])
def test_long_flows_are_discounted_to_the_last_digit(rate: float) -> None:
    step, n = 1 + Fraction(str(rate)), 3000
    exact = (1 - step**-n) / (1 - 1 / step)
    flows = [0] * 60_000 + [1] * n
    assert roi.npv([1e300] * n, rate=rate) == pytest.approx(1e300 * float(exact), rel=1e-15)
    if rate == 0.01:
        assert roi.npv(flows, rate=rate) == pytest.approx(float(exact) * 1.01**-60_000, rel=1e-10)


def test_what_long_flows_cancel_is_not_lost() -> None:
    assert roi.npv([1e60, -1e60, *[0] * 2000, 3, 4], rate=0) == 7
    assert roi.npv([1] * 100_000, rate=0.01) == pytest.approx(101, rel=1e-15)
