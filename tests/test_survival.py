"""Curves against published numbers (R's survival, SAS, lifelines), and against the definitions in plain Python."""

from __future__ import annotations

import math
from fractions import Fraction
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

from crm_metrics._uncertainty.survival import (
    NONE,
    Curve,
    band,
    curve,
    curve_of_rows,
    ended_error,
    open_error,
    restricted_mean,
)
from crm_metrics.errors import WrongValue

Z = NormalDist().inv_cdf(0.975)

# Times in days; + is censored. ovarian and lung (by ECOG score) are data sets of R's survival package.
OVARIAN = """
59 115 156 421+ 431 448+ 464 475 477+ 563 638 744+ 769+ 770+ 803+ 855+ 1040+ 1106+ 1129+ 1206+ 1227+ 268 329 353 365
377+
"""

ECOG0 = """
455 1010+ 883 81 371 394 574 433 303 643 189 53 246 65 5 821+ 428 840+ 705 11 176 791 147 655 588+ 166 559+ 15 201
442 558 543+ 353 267 337 353 31 340 444+ 315+ 384+ 266+ 320 285 348 382+ 269+ 300+ 284+ 350 292+ 332+ 259+ 286 225+
276+ 240+ 202+ 235+ 224+ 252+ 175+ 191+
"""

ECOG1 = """
306 210 1022+ 218 170 728 567 144 613 88 301 624 520 390 473 965+ 731 460 583 519 765 735 689 687 345 223 175 60 163
230 305 132 226 426 363 95 196+ 167 806+ 284 641 740+ 239 88 245 179 310 477 450 364 107 156 529+ 11 429 181 283 524
363 550 207 92 60 293 202 511+ 371 457 404+ 62 458+ 356+ 163 229 182 364+ 179 376+ 268 142 413+ 194 181 301+ 197
303+ 296+ 186 145 272+ 110 270 131 225+ 269 243+ 279+ 135 79 59 237+ 173+ 221+ 185+ 13 222+ 192+ 197+ 203+ 116 188+
174+ 177+
"""

ECOG2 = """
310 361 166 654 707 61 12 26 533 107 53 122 814 93 153 145 95 132 444 65 208 11 163 30 177 351 13 212 524 288 199 54
551+ 511+ 387 201 222 156 329 291 292+ 180 285 81 105 239 92+ 183 211+ 105+
"""


def of_text(text: str) -> Curve:
    """The curve of times written as R prints them: 59 115 421+."""
    words = text.split()
    return curve_of_rows([int(w.rstrip("+")) for w in words], [int(not w.endswith("+")) for w in words])


# ---------------------------------------------------------------- published numbers


def test_kaplan_meier_greenwood_and_the_log_band_are_those_of_r() -> None:
    """summary(survfit(Surv(futime, fustat) ~ 1, ovarian)) of R's survival, tests/Examples/survival-Ex.Rout.save."""
    c = of_text(OVARIAN)
    low, high = band(c.open, open_error(c), Z, "log")
    assert c.time.tolist() == [59, 115, 156, 268, 329, 353, 365, 431, 464, 475, 563, 638]
    assert c.at_risk.tolist() == [26, 25, 24, 23, 22, 21, 20, 17, 15, 14, 12, 11]
    shares = [0.962, 0.923, 0.885, 0.846, 0.808, 0.769, 0.731, 0.688, 0.642, 0.596, 0.546, 0.497]
    errors = [0.0377, 0.0523, 0.0627, 0.0708, 0.0773, 0.0826, 0.0870, 0.0919, 0.0965, 0.0999, 0.1032, 0.1051]
    lows = [0.890, 0.826, 0.770, 0.718, 0.670, 0.623, 0.579, 0.529, 0.478, 0.429, 0.377, 0.328]
    highs = [1, 1, 1, 0.997, 0.974, 0.949, 0.923, 0.894, 0.862, 0.828, 0.791, 0.752]
    for ours, theirs in ((c.open, shares), (open_error(c), errors), (low, lows), (high, highs)):
        assert ours == pytest.approx(theirs, abs=0.0006)


def test_quantiles_are_the_first_time_that_reaches_them() -> None:
    """lifelines' percentile() on its small data set."""
    c = curve_of_rows([9, 1, 1, 6, 6, 8, 10], [1, 1, 0, 1, 1, 0, 0])
    assert c.first(c.ended[0], 1 - 0.8571428571428571) == 1
    assert c.first(c.ended[0], 0.5) == 9
    assert math.isnan(c.first(c.ended[0], 0.9)), "never reached"


def test_who_comes_late_is_at_risk_after_that() -> None:
    """lifelines, test_late_entry_with_against_R."""
    c = curve_of_rows([2, 10, 5, 4, 3], [1] * 5, [1, 2, 4, 0, 0])
    assert c.open == pytest.approx([0.667, 0.444, 0.222, 0.111, 0], abs=0.0006)
    assert c.at_risk.tolist() == [3, 3, 2, 2, 1]


def test_the_restricted_mean_is_the_area() -> None:
    """lifelines, test_utils.py."""
    assert restricted_mean(curve_of_rows([1, 2, 3, 4, 10], [1] * 5), 4.1)[0] == pytest.approx(2.82, abs=1e-9)


@pytest.mark.parametrize(
    ("data", "n", "events", "mean", "error", "median"),
    [(ECOG0, 63, 37, 429, 32.2, 394), (ECOG1, 113, 82, 366, 22.4, 306), (ECOG2, 50, 44, 256, 30.0, 199)],
    ids=["ecog0", "ecog1", "ecog2"],
)
def test_restricted_mean_and_its_error_are_those_of_r(
    data: str, n: int, events: int, mean: float, error: float, median: float
) -> None:
    """print(survfit(Surv(time, status) ~ ph.ecog, lung), rmean=730) of R's survival."""
    c = of_text(data)
    assert (c.watched.total, c.counts) == (n, (events, n - events))
    assert restricted_mean(c, 730) == pytest.approx((mean, error), abs=0.5)
    assert restricted_mean(c, 730)[1] == pytest.approx(error, abs=0.05)
    assert c.first(c.ended[0], 0.5) == median


def test_aalen_johansen_its_variance_and_its_band_are_those_of_sas() -> None:
    """lifelines, test_variance_calculation_against_sas and test_ci_calculation_against_sas."""
    c = curve_of_rows([1, 2, 3, 4, 5, 6], [0, 1, 1, 2, 2, 0], causes=2)
    error = ended_error(c, 1)
    low, high = band(c.ended[1], error, Z)
    times = range(6)
    assert [c.share(1, t) for t in times] == pytest.approx([0, 0, 0, 0, 0.2, 0.4], abs=1e-9)
    assert [c.step(error**2, 0, t) for t in times] == pytest.approx([0, 0, 0, 0, 0.032, 0.048], abs=1e-9)
    assert [c.step(low, math.nan, t) for t in (1, 2, 3)] == pytest.approx([math.nan] * 3, nan_ok=True)
    assert [c.step(low, 0, t) for t in (4, 5, 6)] == pytest.approx([0.00836904, 0.05197575, 0.05197575], abs=1e-6)
    assert [c.step(high, 0, t) for t in (4, 5, 6)] == pytest.approx([0.58185303, 0.75281579, 0.75281579], abs=1e-6)


# ---------------------------------------------------------------- the definitions, row by row


def by_definition(time: list[int], cause: list[int], entry: list[int]) -> list[tuple[Any, ...]]:
    """Times, at risk, S-, S, F1 and F2 by their formulas, in fractions."""
    out: list[tuple[Any, ...]] = []
    s, f = Fraction(1), [Fraction(0), Fraction(0)]
    for t in sorted({t for t, k in zip(time, cause, strict=True) if k}):
        n = sum(a < t <= b for a, b in zip(entry, time, strict=True))
        d = [sum(b == t and k == i for b, k in zip(time, cause, strict=True)) for i in (1, 2)]
        before = s
        f = [x + before * Fraction(k, n) for x, k in zip(f, d, strict=True)]
        s = before * (1 - Fraction(sum(d), n))
        out.append((t, n, d, before, s, *f))
    return out


def known_until(time: list[int], entry: list[int]) -> float:
    """Up to which time somebody is watched at every moment; half steps stand for the moments between."""
    t = 0.0
    while any(a < t <= b for a, b in zip(entry, time, strict=True)):
        t += 0.5
    return t - 0.5 if t else -math.inf


rows = st.tuples(st.integers(0, 12), st.integers(0, 2), st.integers(-1, 8)).filter(lambda r: r[2] < r[0])


@example([(1, 1, -1), (2, 0, 1), (2, 1, 1)])
@example([(1, 1, -1), (1, 2, -1), (3, 1, 1), (4, 0, 2)])
@given(st.lists(rows, min_size=1, max_size=30))
def test_the_curve_is_its_definition(data: list[tuple[int, int, int]]) -> None:
    time, cause, entry = (list(x) for x in zip(*data, strict=True))
    late = np.unique([a for a in entry if a >= 0], return_counts=True)
    counted = [np.unique([t for t, k in zip(time, cause, strict=True) if k == i], return_counts=True) for i in range(3)]
    c = curve(counted[1:], counted[0], late)
    until = known_until(time, entry)
    expected = [row for row in by_definition(time, cause, entry) if row[0] <= until]
    assert c.time.tolist() == [row[0] for row in expected]
    assert c.at_risk.tolist() == [row[1] for row in expected]
    assert [list(d) for d in zip(*c.events, strict=True)] == [row[2] for row in expected]
    for ours, i in ((c.before, 3), (c.open, 4), (c.ended[0], 5), (c.ended[1], 6)):
        assert ours == pytest.approx([float(row[i]) for row in expected], abs=1e-14)
    assert c.reach == (math.inf if expected and expected[-1][4] == 0 else until)
    for cause_number in (0, 1):
        variance = [by_sum(expected, cause_number, i) for i in range(len(expected))]
        assert ended_error(c, cause_number) ** 2 == pytest.approx(variance, abs=1e-12)


def by_sum(expected: list[tuple[Any, ...]], cause: int, i: int) -> float:
    """Marubini and Valsecchi's variance at the i-th event, term by term."""
    f, total = expected[i][5 + cause], Fraction(0)
    for _, n, d, before, _, *ended in expected[: i + 1]:
        u, all_of_them, own = f - ended[cause], sum(d), d[cause]
        total += u * u * Fraction(all_of_them, n * (n - all_of_them)) if n > all_of_them else 0
        total += before**2 * Fraction((n - own) * own, n**3) - 2 * u * before * Fraction(own, n**2)
    return float(total)


@given(st.lists(rows, min_size=1, max_size=30), st.integers(0, 15))
def test_the_restricted_mean_is_a_sum_of_rectangles(data: list[tuple[int, int, int]], until: int) -> None:
    time, cause = [t for t, _, _ in data], [k for _, k, _ in data]
    c = curve_of_rows(time, cause, causes=2)
    found, error = restricted_mean(c, until)
    if until > c.reach:
        assert math.isnan(found) and math.isnan(error)
        return
    expected = by_definition(time, cause, [-1] * len(time))

    def area(start: int) -> Fraction:
        steps = [next((row[4] for row in reversed(expected) if row[0] <= t), Fraction(1)) for t in range(start, until)]
        return sum(steps, Fraction(0))

    assert found == pytest.approx(float(area(0)), abs=1e-12)
    terms = [area(t) ** 2 * Fraction(sum(d), n * (n - sum(d))) for t, n, d, *_ in expected if t <= until and n > sum(d)]
    assert error**2 == pytest.approx(float(sum(terms)), abs=1e-12)


# ---------------------------------------------------------------- what must hold


def of_data(data: list[tuple[int, int, int]]) -> Curve:
    """The curve of rows (time, cause, entry)."""
    return curve_of_rows([t for t, _, _ in data], [k for _, k, _ in data], [a for _, _, a in data], causes=2)


@given(st.lists(rows, max_size=40))
def test_shares_add_up_to_one_and_move_one_way(data: list[tuple[int, int, int]]) -> None:
    c = of_data(data)
    assert c.ended[0] + c.ended[1] + c.open == pytest.approx(np.ones(len(c.time)), abs=1e-13)
    assert (np.diff(c.ended[0]) >= 0).all() and (np.diff(c.ended[1]) >= 0).all() and (np.diff(c.open) <= 0).all()
    low, high = band(c.ended[0], ended_error(c, 0), Z)
    known = ~np.isnan(low)
    assert (low[known] <= c.ended[0][known]).all() and (c.ended[0][known] <= high[known]).all()
    assert ((low[known] >= 0) & (high[known] <= 1)).all()


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 2)), min_size=1, max_size=60), st.integers(-1, 13))
def test_with_nobody_left_open_the_curve_is_the_share_of_those_that_ended_exactly(
    data: list[tuple[int, int]], until: int
) -> None:
    c = curve_of_rows([t for t, _ in data], [k for _, k in data], causes=2)
    for cause in (1, 2):
        assert c.share(cause - 1, until) == sum(t <= until and k == cause for t, k in data) / len(data)
    ended = np.array([t for t, _ in data])
    assert restricted_mean(c, 20)[0] == pytest.approx(ended.mean())
    assert restricted_mean(c, 20)[1] == pytest.approx(ended.std() / math.sqrt(len(data)), abs=1e-9)


@given(st.lists(rows, max_size=30), st.sampled_from([2, 3, 7]))
def test_every_row_k_times_is_the_same_curve_to_the_digit(data: list[tuple[int, int, int]], k: int) -> None:
    one, many = of_data(data), of_data(data * k)
    for a, b in ((one.open, many.open), *zip(one.ended, many.ended, strict=True), (one.before, many.before)):
        assert a.tobytes() == b.tobytes()
    assert one.reach == many.reach and (many.at_risk == k * one.at_risk).all()


def test_nothing_is_known_of_nobody() -> None:
    c = curve([NONE, NONE])
    assert math.isnan(c.share(0, 0)) and math.isnan(restricted_mean(c, 1)[0]) and c.reach == -math.inf
    assert math.isnan(c.first(c.ended[0], 0.5)) and not len(open_error(c)) and not len(ended_error(c, 1))


def test_one_row_is_won_for_certain_and_has_no_band() -> None:
    c = curve_of_rows([5], [1], causes=2)
    assert (c.share(0, 4), c.share(0, 5), c.share(0, 10**9)) == (0, 1, 1)
    low, high = band(c.ended[0], ended_error(c, 0), Z)
    assert np.isnan(low).all() and np.isnan(high).all()


def test_events_come_before_censorings_of_the_same_time() -> None:
    assert curve_of_rows([5, 5], [1, 0]).at_risk.tolist() == [2]
    assert curve_of_rows([5, 4], [1, 0]).at_risk.tolist() == [1]


def test_a_curve_ends_where_nobody_was_watched_for_a_while() -> None:
    c = curve_of_rows([2, 3, 9], [1, 0, 1], [0, 0, 5])
    assert c.time.tolist() == [2] and c.reach == 3 and math.isnan(c.share(0, 9))
    assert c.counts == (2, 1), "all are counted, beyond the gap too"
    assert c.watched.at(np.array([1, 3, 4, 6, 9, 10])).tolist() == [2, 1, 0, 1, 1, 0]


def test_nothing_is_known_where_everybody_came_late() -> None:
    c = curve_of_rows([4, 6], [1, 1], [1, 2])
    assert c.reach == -math.inf and not len(c.time) and math.isnan(c.share(0, 5))


def test_a_curve_that_has_come_to_its_end_is_known_for_ever() -> None:
    c = curve_of_rows([1, 2, 8], [1, 1, 1], [0, 0, 4])
    assert c.open.tolist() == [0.5, 0] and c.share(0, 100) == 1, "whoever comes after everything ended changes nothing"
    assert restricted_mean(c, 100)[0] == 1.5


def test_a_curve_that_has_come_to_its_end_stays_there_when_others_come_at_once() -> None:
    """Nobody is left at 1; two come at 1, before anybody is missed, and are seen to 2: no gap, and nothing new."""
    c = curve_of_rows([1, 2, 2], [1, 0, 1], [0, 1, 1])
    assert c.time.tolist() == [1, 2] and c.open.tolist() == [0, 0] and c.ended[0].tolist() == [1, 1]
    assert c.reach == math.inf and c.share(0, 100) == 1 and restricted_mean(c, 100) == (1, 0)
    assert ended_error(c, 0).tolist() == open_error(c).tolist() == [0, 0]


def test_the_band_on_the_log_scale_is_clipped_at_one() -> None:
    low, high = band([0.9], [0.2], Z, "log")
    assert 0 < low[0] < 0.9 and high[0] == 1
    low, high = band([0.9], [0.2], Z)
    assert 0 < low[0] < 0.9 < high[0] < 1


def test_wrong_calls_are_refused() -> None:
    with pytest.raises(WrongValue, match=r"scale='loglog': use \"log-log\" or \"log\""):
        band([0.5], [0.1], Z, "loglog")
    with pytest.raises(WrongValue, match="row 2 comes at 5 and leaves at 5"):
        curve_of_rows([3, 5], [1, 1], [0, 5])
