"""Flows of money against published numbers: numpy-financial, pyxirr, Excel, Google Sheets, MathWorks, textbooks."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from crm_metrics import roi
from crm_metrics.errors import WrongCall, WrongValue

GH39 = [
    -217500.0, -217500.0, 108466.80462450592, 101129.96439328062, 93793.12416205535, 86456.28393083003,
    79119.44369960476, 71782.60346837944, 64445.76323715414, 57108.92300592884, 49772.08277470355, 42435.24254347826,
    35098.40231225296, 27761.56208102766, 20424.721849802358, 13087.88161857707, 5751.041387351768,
    -1585.7988438735192, -8922.639075098821, -16259.479306324123, -23596.31953754941, -30933.159768774713, -38270.0,
    -45606.8402312253, -52943.680462450604, -60280.520693675906, -67617.36092490121,
]  # fmt: skip
GH44 = [-1678.87, 771.96, 1814.05, 3520.3, 3552.95, 3584.99, 4789.91, -1]
DATES = ["2007-01-12", "2008-02-14", "2008-03-03", "2008-06-14", "2008-12-01"]
AMOUNTS = [-10000, 2500, 2000, 3000, 4000]


@pytest.mark.parametrize(
    ("flows", "rate", "expected", "within"),
    [
        ([-15000, 1500, 2500, 3500, 4500, 6000], 0.05, 122.89, 0.05),  # numpy-financial
        ([-40000, 5000, 8000, 12000, 30000], 0.0, 15000, 1e-9),  # pyxirr
        ([-40000, 8000, 9200, 10000, 12000, 14500, -9000], 0.08, -3749.47, 0.005),  # Excel's help
        ([-100000, 40000, 40000, 40000, 40000], 0.1, 26794.618, 0.001),  # printed as 26,760 with rounded factors
        ([-200, 50, 60, 70, 200], 0.1, 84.23, 0.01),  # Ross, chapter 9
    ],
)
def test_npv_is_the_published_one(flows: list[float], rate: float, expected: float, within: float) -> None:
    assert roi.npv(flows, rate=rate) == pytest.approx(expected, abs=within)


@pytest.mark.parametrize(
    ("flows", "rate", "cumulative", "within"),
    [
        ([-200000, 60000, 80000, 70000, 60000, 50000], 0.12,
         [-200000, -146428.57, -82653.06, -32828.44, 5302.64, 33673.98], 0.006),
        ([-1650000, 1213750, 1832500, 2178750], 0.0, [-1650000, -436250, 1396250, 3575000], 0.5),
        ([0, 125000], 0.15, [0, 108696], 0.5),
    ],
)  # fmt: skip
def test_npv_of_the_first_flows_is_the_published_cumulative_one(
    flows: list[float], rate: float, cumulative: list[float], within: float
) -> None:
    found = [roi.npv(flows[: k + 1], rate=rate) for k in range(len(flows))]
    assert found == pytest.approx(cumulative, abs=within)


def test_one_flow_is_discounted_as_published() -> None:
    found = [roi.npv([0] * k + [c], rate=0.1) for k, c in enumerate((50, 60, 70, 200), 1)]
    assert found == pytest.approx([45.45, 49.59, 52.59, 136.6], abs=0.006)


def test_a_spreadsheets_npv_discounts_the_first_flow_too() -> None:
    assert roi.npv([-40000, 5000, 8000, 12000, 30000], rate=0.08) / 1.08 == pytest.approx(2838.169137203, abs=1e-6)
    assert roi.npv([-10000, 3000, 4200, 6800], rate=0.1) / 1.1 == pytest.approx(1188.44, abs=0.005)


@pytest.mark.parametrize(
    ("flows", "expected", "within"),
    [
        ([-100, 39, 59, 55, 20], 0.28095, 6e-6),  # numpy-financial
        (GH39, 0.12, 1e-7),
        (GH44, 1.0042698487, 1e-9),
        ([-40000, 5000, 8000, 12000, 30000], 0.1058225984, 1e-9),  # pyxirr
        ([-10, 2, 2, 2, 2], -0.08364541746615073, 1e-9),
        ([-50, -100, 600, 300, -100], 1.8544178284461061, 1e-9),
        ([-172545.848122807, *[787.735232517999] * 480], 0.0038401048, 1e-9),
        ([0, 0, -100, 110, 0], 0.1, 1e-12),
    ],
)
def test_irr_is_the_published_one(flows: list[float], expected: float, within: float) -> None:
    assert roi.irr(flows) == pytest.approx(expected, abs=within)


@pytest.mark.parametrize(
    ("flows", "expected"),
    [([-100, 100, 0, -7], -0.0833), ([-5, 10.5, 1, -8, 1], 0.0886), ([-5, 10.5, 1, -8, 1, 0, 0, 0], 0.0886)],
)
def test_where_there_are_several_rates_irr_is_undefined_and_irr_all_has_the_published_one(
    flows: list[float], expected: float
) -> None:
    assert math.isnan(roi.irr(flows))
    assert len(roi.irr_all(flows)) > 1
    assert any(rate == pytest.approx(expected, abs=6e-5) for rate in roi.irr_all(flows))


def test_two_rates_that_are_one_are_found() -> None:
    assert roi.irr_all([-100, 200, -100]) == pytest.approx((0.0,), abs=1e-6)


def test_two_rates_close_together_are_both_found() -> None:
    # (1.10 - x)(1.11 - x) in x = 1 + rate
    assert roi.irr_all([1, -2.21, 1.221]) == pytest.approx((0.10, 0.11), abs=1e-6)


@pytest.mark.parametrize("flows", [[], [0, 0, 0], [1, 0, 2], [0, 1, 2], [0, -1, -2], [-5]])
def test_flows_of_one_sign_have_no_rate(flows: list[float]) -> None:
    assert math.isnan(roi.irr(flows)) and roi.irr_all(flows) == ()


@pytest.mark.parametrize(
    ("flows", "finance", "reinvest", "expected", "within"),
    [
        ([-120000, 39000, 30000, 21000, 37000, 46000], 0.1, 0.12, 0.126094, 1e-6),  # numpy-financial, Excel
        ([100, 200, -50, 300, -200], 0.05, 0.06, 0.3428, 1e-4),
        ([-4500, -800, 800, 800, 600], 0.1, 0.12, -0.1684366, 2e-7),  # Google Sheets
        ([-120000, 39000, 30000, 21000, 37000], 0.05, 0.08, 0.04627293, 2e-7),
        ([-120000, 39000, 30000, 21000, 37000], 0.08, 0.1, 0.05437856, 2e-7),
        ([100, 200, -50, 300, -200], 0.08, 0.1, 0.40628857, 2e-7),
        ([-1000, 100, 250, 500, 500], 0.1, 0.1, 0.10401626745, 1e-10),  # pyxirr
        ([-120000, 39000, 30000, 21000, 37000, 46000], 0.1, 0.14, 0.134759, 1e-6),  # Excel's help
    ],
)
def test_mirr_is_the_published_one(
    flows: list[float], finance: float, reinvest: float, expected: float, within: float
) -> None:
    assert roi.mirr(flows, finance_rate=finance, reinvest_rate=reinvest) == pytest.approx(expected, abs=within)


def test_mirr_needs_money_in_and_out() -> None:
    assert math.isnan(roi.mirr([39000, 30000], finance_rate=0.1, reinvest_rate=0.12))
    assert math.isnan(roi.mirr([-39000, -30000], finance_rate=0.1, reinvest_rate=0.12))


def test_flows_on_dates_in_any_order_give_the_published_numbers() -> None:
    dates, amounts = ["2015-06-11", "2015-07-21", "2018-06-10", "2015-10-17"], [-1000, -9000, 20000, -3000]
    assert roi.xirr(amounts, dates) == pytest.approx(0.16353715844, abs=1e-9)
    assert roi.xnpv(amounts, dates, rate=0.1) == pytest.approx(2218.42566365675, abs=1e-6)


def test_flows_of_nothing_before_and_after_do_not_matter() -> None:
    dates = [f"{year}-12-31" for year in range(2021, 2034)]
    assert roi.xirr([0, 0, -100, 10, 0, 10, 10, 10, 200, 0, 0, 0, 0], dates) == pytest.approx(
        0.175680730580782, abs=1e-9
    )


def test_how_days_are_counted_changes_the_fourth_digit() -> None:
    assert roi.xirr(AMOUNTS, DATES) == pytest.approx(0.10064378342638, abs=1e-9)
    assert roi.xirr(AMOUNTS, DATES, day_count="act/act") == pytest.approx(0.100739648987346, abs=1e-9)


@pytest.mark.parametrize(
    ("flows", "rate", "expected", "within"),
    [
        ([-200, 50, 60, 70, 200], 0.1, 3.3834, 1e-3),  # Ross, chapter 9
        ([-5200, 2800, 3700, 5100, 4300], 0.14, 1.96, 6e-3),
        ([-10400, 2800, 3700, 5100, 4300], 0.14, 3.65, 6e-3),
        ([-200000, 60000, 80000, 70000, 60000, 50000], 0.12, 3.8609365378583558, 1e-4),
        ([-53150, 939796, 2424560, 3581976], 0.0, 0.679 / 12, 1e-4),  # Forrester on SalesLoft: 0.68 months
        ([100, -200, 300], 0.0, 4 / 3, 0.0),  # 100 owed after a period, back in a third of the next
        ([-100, 60, 40], 0.0, 2.0, 0.0),
    ],
)
def test_payback_is_the_published_one(flows: list[float], rate: float, expected: float, within: float) -> None:
    assert roi.payback(flows, rate) == pytest.approx(expected, abs=within)


@pytest.mark.parametrize("flows", [[], [-100, 10], [-100]])
def test_what_is_never_back_has_no_payback(flows: list[float]) -> None:
    assert math.isnan(roi.payback(flows))


@pytest.mark.parametrize(
    ("flows", "periods"), [([0], 0.0), ([5], 0.0), ([-5, 0, 5], 2.0), ([-5, 10], 0.5), ([-5, 10, -20, 1], 0.5)]
)
def test_a_payback_at_the_edges(flows: list[float], periods: float) -> None:
    assert roi.payback(flows) == roi.payback(iter(flows)) == periods


amounts = st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=8)


@given(amounts, amounts, st.floats(-0.5, 2))
def test_npv_is_linear_in_flows(a: list[int], b: list[int], rate: float) -> None:
    n = min(len(a), len(b))
    both = roi.npv([x + y for x, y in zip(a[:n], b[:n], strict=True)], rate=rate)
    parts = roi.npv(a[:n], rate=rate), roi.npv(b[:n], rate=rate)
    assert both == pytest.approx(sum(parts), abs=1e-6 * sum(map(abs, [*a, *b])) * 2**n + 1e-9)


@given(amounts)
def test_npv_at_every_irr_is_nothing(flows: list[int]) -> None:
    for rate in roi.irr_all(flows):
        assume(-0.99 < rate < 1e6)
        size = sum(abs(c) / (1 + rate) ** t for t, c in enumerate(flows))
        assert abs(roi.npv(flows, rate=rate)) <= 1e-9 * size


@given(st.integers(1, 10**6), st.lists(st.integers(0, 10**6), max_size=8), st.floats(0, 1))
def test_discounting_never_brings_the_money_back_sooner(outlay: int, returns: list[int], rate: float) -> None:
    simple, discounted = roi.payback([-outlay, *returns]), roi.payback([-outlay, *returns], rate)
    assert math.isnan(discounted) or discounted >= simple
    assert math.isnan(simple) == (sum(returns) < outlay)


cents = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 100)
rates = st.sampled_from([0.0, 0.01, 0.1, 0.5, 2.0])


@given(st.lists(cents, min_size=1, max_size=10), rates, st.sampled_from([Decimal("0.01"), 3, 10**6]))
def test_a_payback_does_not_depend_on_the_currency(flows: list[Decimal], rate: float, scale: Decimal) -> None:
    assert repr(roi.payback([f * scale for f in flows], rate)) == repr(roi.payback(flows, rate))


@given(st.integers(1, 10**9), st.lists(cents, min_size=1, max_size=10), rates)
def test_up_to_the_payback_flows_are_owed_and_at_it_they_add_up_to_nothing(
    outlay: int, later: list[Decimal], rate: float
) -> None:
    flows = [-outlay, *later]
    periods = roi.payback(flows, rate)
    discounted = [Fraction(f) / Fraction(str(1 + rate)) ** k for k, f in enumerate(flows)]
    whole = len(flows) if math.isnan(periods) else math.ceil(periods)
    assert all(sum(discounted[: k + 1]) < 0 for k in range(whole))
    if whole < len(flows):
        rest = sum(discounted[:whole]) + (Fraction(periods) - (whole - 1)) * discounted[whole]
        assert float(rest) == pytest.approx(0, abs=1e-9 * float(max(map(abs, discounted))))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: roi.npv([1, math.nan], rate=0.1), WrongValue, "flow 1 is nan.*finite number"),
        (lambda: roi.npv([1, "2"], rate=0.1), WrongValue, "flow 1 is '2'"),
        (lambda: roi.npv("12", rate=0.1), WrongCall, "flows takes a list of amounts"),
        (lambda: roi.npv([1], rate=-1), WrongValue, "rate=-1: a rate is above -1"),
        (lambda: roi.payback([-1, 2], rate=math.inf), WrongValue, "rate is inf"),
        (lambda: roi.mirr([-1, 2], finance_rate=-2, reinvest_rate=0), WrongValue, "finance_rate=-2"),
        (lambda: roi.xnpv([1, 2], ["2024-01-01"], rate=0.1), WrongCall, "2 flows and 1 dates"),
        (lambda: roi.xirr([1, 2], ["2024-01-01", "soon"]), WrongValue, "date 1 is 'soon'"),
        (lambda: roi.xirr([1, 2], ["2024-01-01", 7]), WrongValue, "date 1 is 7"),
        (lambda: roi.xirr([1, 2], ["2024-01-01", "2025-01-01 garbage"]), WrongValue, "date 1 is '2025-01-01 garbage'"),
        (lambda: roi.xirr([1, 2], ["2024-01-01", None]), WrongValue, "date 1 is None"),
        (lambda: roi.xirr([1, 2], ["2024-01-01", np.datetime64("NaT", "D")]), WrongValue, "date 1 is .*datetime64"),
        (lambda: roi.xirr([1], ["2024-01-01"], day_count="30/360"), WrongValue, "day_count='30/360'"),
    ],
)
def test_a_flow_a_rate_or_a_date_that_cannot_be_is_refused(call: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()  # type: ignore[operator]
