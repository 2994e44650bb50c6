"""Closed forms against published numbers and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics._uncertainty.distributions import (
    adjusted_p,
    fieller,
    log_difference,
    newcombe,
    newcombe_ratio,
    normal_p,
    normal_quantile,
    poisson,
    t_p,
    t_quantile,
    tail,
    wilson,
)
from crm_metrics.errors import WrongValue

Z = normal_quantile(0.975)


@pytest.mark.parametrize(
    ("won", "n", "low", "high", "within"),
    [
        (4, 20, 0.0806576625797981, 0.4160174322518935, 2e-6),  # R, binom::binom.confint
        (15, 148, 0.0624, 0.1605, 6e-5),  # Newcombe 1998, two-sided intervals for the single proportion
        (0, 20, 0.0, 0.1611, 6e-5),
        (2, 2, 0.3423802275066531, 1.0, 1e-9),
        (5500, 10000, 0.5402319557715324, 0.5597, 5e-5),
        (0, 5, 0.0, 0.4345, 5e-5),
        (209, 259, 0.7545377699653334, 0.8504, 5e-5),
        (18, 20, 0.6989663547715128, 0.972133518786232, 2e-6),
    ],
)
def test_wilsons_interval_is_the_published_one(won: int, n: int, low: float, high: float, within: float) -> None:
    assert np.allclose(wilson(won / n, n, Z), (low, high), rtol=0, atol=within)


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilsons_interval_holds_the_share_and_stays_within_0_and_1(won: int, n: int) -> None:
    share = min(won, n) / n
    low, high = (float(x) for x in wilson(share, n, Z))
    assert 0 <= low <= share <= high <= 1 and low < high


@pytest.mark.parametrize(
    ("x", "n", "y", "m", "low", "high"),
    [  # Newcombe 1998, method 10: first share less second
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.809),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 10, -0.2775, 0.2775),
    ],
)
def test_newcombes_interval_is_the_published_one(x: int, n: int, y: int, m: int, low: float, high: float) -> None:
    first, second = x / n, y / m
    found = newcombe((second, *wilson(second, m, Z)), (first, *wilson(first, n, Z)))
    assert np.allclose(found, (low, high), rtol=0, atol=6e-5)


@pytest.mark.parametrize(
    ("se", "q", "low", "high", "within"),
    [
        ((3, 2), 1.812461, 1.051413, 4.414296, 2e-5),  # dc-stats
        ((3 / math.sqrt(6), 2 / math.sqrt(6)), t_quantile(0.95, 10), 1.54, 2.64, 0.0075),  # GraphPad, 90 %
        ((3 / math.sqrt(6), 2 / math.sqrt(6)), t_quantile(0.975, 10), 1.46, 2.83, 0.0075),
        ((3 / math.sqrt(6), 2 / math.sqrt(6)), t_quantile(0.995, 10), 1.27, 3.36, 0.0075),
    ],
)
def test_fiellers_interval_is_the_published_one(
    se: tuple[float, float], q: float, low: float, high: float, within: float
) -> None:
    assert np.allclose(fieller(14, se[0] ** 2, 7, se[1] ** 2, q), (low, high), rtol=0, atol=within)


def test_a_ratio_with_a_base_that_may_be_zero_is_unbounded() -> None:
    assert fieller(1, 0.75**2, 1, 0.75**2, Z) == (-math.inf, math.inf)


@pytest.mark.parametrize("df", [1, 2.5, 10, 30, 199])
def test_students_t_agrees_with_scipy(df: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    for p in (0.6, 0.9, 0.975, 0.9995):
        assert t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-9)
    x = np.array([0.0, 0.3, 2.0, 7.0])
    assert np.allclose(t_p(x, df), 2 * stats.t.sf(x, df), rtol=1e-9)


def test_the_normal_distribution_agrees_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    x = np.array([0.0, -1.5, 3.0, math.nan])
    assert np.allclose(normal_p(x), 2 * stats.norm.sf(abs(x)), rtol=1e-9, equal_nan=True)
    assert math.isnan(t_p(np.array([math.nan]), 5)[0])


def test_poissons_limits_are_the_exact_ones_and_byars_of_large_counts_are_close() -> None:
    stats = pytest.importorskip("scipy.stats")
    for confidence in (0.8, 0.95, 0.999):
        z, area = normal_quantile(0.5 + confidence / 2), (1 - confidence) / 2
        for counts, rtol in ((np.arange(51), 1e-9), (np.array([51, 80, 400, 10**6]), 2e-3)):
            low, high = poisson(counts, z)
            exact = stats.gamma.ppf(area, counts) if counts[0] else np.append(0, stats.gamma.ppf(area, counts[1:]))
            assert np.allclose(low, exact, rtol=rtol, atol=0)
            assert np.allclose(high, stats.gamma.ppf(1 - area, counts + 1), rtol=rtol, atol=0)


SHARES = st.integers(0, 30).flatmap(
    lambda x: st.integers(max(x, 1), 30).map(lambda n: (x / n, *map(float, wilson(x / n, n, Z))))
)


@given(SHARES, SHARES, st.sampled_from([0.0, 0.4, -0.3]))
def test_the_interval_of_a_ratio_holds_1_where_that_of_the_difference_holds_0(
    before: tuple[float, float, float], after: tuple[float, float, float], correlation: float
) -> None:
    if before[0] == 0:
        return
    low, high = (float(x) for x in newcombe(before, after, correlation))
    first, last = (float(x) for x in newcombe_ratio(before, after, correlation))
    assert 0 <= first <= last
    if min(abs(low), abs(high)) > 1e-9:
        assert (low > 0) == (first > 1) and (high < 0) == (last < 1)


@given(st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0.01, 1), st.floats(0.01, 1), st.floats(-0.9, 0.9))
def test_the_difference_on_the_log_scale_holds_0_where_the_log_ratio_does(
    a: float, b: float, x: float, y: float, r: float
) -> None:
    before, after, se = np.array([a]), np.array([b]), (np.array([x]), np.array([y]))
    low, high = (float(end[0]) for end in log_difference(before, after, se, r))
    far = abs(math.log(b / a)) / math.sqrt(x * x + y * y - 2 * r * x * y)
    assert low <= b - a <= high
    if abs(far - 1) > 1e-6:
        assert (low > 0 or high < 0) == (far > 1)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_agree_with_scipy(p: list[float]) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert np.allclose(adjusted_p(np.array(p)), stats.false_discovery_control(p), atol=1e-12)


def test_an_unknown_p_value_is_no_finding_among_the_others() -> None:
    found = adjusted_p(np.array([0.01, math.nan, 0.04]))
    assert found[0] == 0.02 and found[2] == 0.04 and math.isnan(found[1])


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, "0.95", True, math.nan])
def test_a_confidence_that_is_no_share_is_refused(confidence: float) -> None:
    with pytest.raises(WrongValue, match=r"confidence=.*0\.95 for 95 %"):
        tail(confidence)


@pytest.mark.parametrize("z", [0.01, 0.5, 1.96, 3, 5])
def test_poissons_limits_are_the_same_alone_and_among_others(z: float) -> None:
    counts = np.arange(0, 60)
    low, high = poisson(counts, z)
    for i, count in enumerate(counts):
        assert [*map(float, poisson(count, z))] == [low[i], high[i]]
    assert (low <= counts).all() and (counts < high).all() and (np.diff(low) > 0).all() and (np.diff(high) > 0).all()
