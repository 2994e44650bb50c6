"""What the functions of returns are given: amounts and dates in their order, and numbers; all else is refused."""

from __future__ import annotations

import array
import collections
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from crm_metrics import Deal, interval, roi, sales, table
from crm_metrics.errors import WrongCall, WrongValue

FLOWS = [-100, 60, 60]
DATES = ["2023-01-01", "2024-01-01", "2025-01-01"]
OF_FLOWS: dict[str, Callable[[Any], Any]] = {
    "npv": lambda x: roi.npv(x, rate=0.1),
    "irr": roi.irr,
    "irr_all": roi.irr_all,
    "mirr": lambda x: roi.mirr(x, finance_rate=0.1, reinvest_rate=0.1),
    "payback": roi.payback,
    "xnpv": lambda x: roi.xnpv(x, DATES, rate=0.1),
    "xirr": lambda x: roi.xirr(x, DATES),
}
of_flows = pytest.mark.parametrize("call", OF_FLOWS.values(), ids=OF_FLOWS)


def series(kind: str) -> Any:
    """The flows as a Series or an array of a library."""
    if kind == "pandas":
        return pytest.importorskip("pandas").Series(FLOWS, index=[7, 8, 9])
    if kind == "polars":
        return pytest.importorskip("polars").Series("flow", FLOWS)
    pa = pytest.importorskip("pyarrow")
    return pa.array(FLOWS) if kind == "arrow" else pa.chunked_array([FLOWS[:1], FLOWS[1:]])


ORDERED: dict[str, Callable[[], Any]] = {
    "tuple": lambda: tuple(FLOWS),
    "numpy": lambda: np.array(FLOWS),
    "floats": lambda: np.array(FLOWS, float),
    "objects": lambda: np.array([Decimal(c) for c in FLOWS], object),
    "array": lambda: array.array("d", FLOWS),
    "deque": lambda: collections.deque(FLOWS),
    "generator": lambda: (c for c in FLOWS),
    "map": lambda: map(Fraction, FLOWS),
    "values": lambda: dict(enumerate(FLOWS)).values(),
    **{kind: lambda kind=kind: series(kind) for kind in ("pandas", "polars", "arrow", "chunks")},  # type: ignore[misc]
}


@of_flows
@pytest.mark.parametrize("make", ORDERED.values(), ids=ORDERED)
def test_whatever_has_an_order_is_flows(call: Callable[[Any], Any], make: Callable[[], Any]) -> None:
    assert call(make()) == call(FLOWS)


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "numpy"])
def test_dates_may_be_a_series_too(kind: str) -> None:
    days: Any = [dt.date.fromisoformat(d) for d in DATES]
    if kind == "pandas":
        days = pytest.importorskip("pandas").to_datetime(pytest.importorskip("pandas").Series(DATES))
    elif kind == "polars":
        days = pytest.importorskip("polars").Series(days)
    elif kind == "arrow":
        days = pytest.importorskip("pyarrow").array(days)
    else:
        days = np.array(DATES, "M8[D]")
    assert roi.xirr(FLOWS, days) == roi.xirr(FLOWS, DATES)
    assert roi.xnpv(FLOWS, days, rate=0.1) == roi.xnpv(FLOWS, DATES, rate=0.1)


def frame(kind: str) -> Any:
    """Flows in a frame, of which only the column names can be walked through."""
    columns = {1: [1, 2]} if kind == "pandas" else {"flow": FLOWS}
    if kind == "pandas":
        return pytest.importorskip("pandas").DataFrame(columns)
    if kind == "polars":
        return pytest.importorskip("polars").DataFrame(columns)
    return pytest.importorskip("pyarrow").table(columns)


UNORDERED: dict[str, tuple[Callable[[], Any], str]] = {
    "a pandas frame": (lambda: frame("pandas"), "got a DataFrame: pass one column of it"),
    "a polars frame": (lambda: frame("polars"), "got a DataFrame: pass one column of it"),
    "an Arrow table": (lambda: frame("arrow"), "got a Table: pass one column of it"),
    "a table": (lambda: table([], Deal), "got a Table"),
    "a set": (lambda: {-100, 60}, "a set has no order"),
    "a frozen set": (lambda: frozenset({-100, 60}), "a set has no order"),
    "keys": (lambda: {-100: 1, 60: 2}.keys(), "a set has no order"),
    "a mapping": (lambda: {2023: -100}, r"pass its \.values\(\)"),
    "none": (lambda: None, "got None"),
    "a number": (lambda: 5, "got 5"),
    "text": (lambda: "12", "got '12'"),
    "bytes": (lambda: b"12", "got b'12'"),
    "an array of no dimension": (lambda: np.array(5.0), r"got array\(5.\)$"),
    "a matrix": (lambda: np.ones((2, 2)), "pass one column of it"),
}


@of_flows
@pytest.mark.parametrize(("make", "says"), UNORDERED.values(), ids=UNORDERED)
def test_what_has_no_order_is_no_flows(call: Callable[[Any], Any], make: Callable[[], Any], says: str) -> None:
    with pytest.raises(WrongCall, match=says):
        call(make())


@pytest.mark.parametrize(("make", "says"), UNORDERED.values(), ids=UNORDERED)
def test_what_has_no_order_is_no_dates(make: Callable[[], Any], says: str) -> None:
    for call in (lambda x: roi.xirr(FLOWS, x), lambda x: roi.xnpv(FLOWS, x, rate=0.1)):
        with pytest.raises(WrongCall, match="dates takes a list of dates, one for each flow, got"):
            call(make())


NO_NUMBERS: list[Any] = [
    None, True, np.True_, "5", float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN"), 5j, [1], np.array(5.0),
    np.datetime64("2024-01-01"), np.timedelta64(5, "D"), dt.timedelta(5), dt.date(2024, 1, 1), 10**400,
    Decimal("1e-999999999"), Decimal("1e999999999"),
]  # fmt: skip


@of_flows
@pytest.mark.parametrize("x", NO_NUMBERS, ids=repr)
def test_a_flow_that_is_no_number_is_refused_by_its_place(call: Callable[[Any], Any], x: Any) -> None:
    with pytest.raises(WrongValue, match=r"^flow 1 is .*: give a finite number"):
        call([-100, x, 60])


@pytest.mark.parametrize("x", NO_NUMBERS, ids=repr)
def test_a_rate_that_is_no_number_is_refused_by_its_name(x: Any) -> None:
    for name, call in {
        "rate": lambda: roi.npv(FLOWS, rate=x),
        "finance_rate": lambda: roi.mirr(FLOWS, finance_rate=x, reinvest_rate=0),
        "reinvest_rate": lambda: roi.mirr(FLOWS, finance_rate=0, reinvest_rate=x),
    }.items():
        with pytest.raises(WrongValue, match=rf"^{name} is .*: give a finite number"):
            call()
    with pytest.raises(WrongValue, match=r"^rate is "):
        roi.payback(FLOWS, x)


@pytest.mark.parametrize("x", [*NO_NUMBERS[:3], *NO_NUMBERS[5:]], ids=repr)
def test_a_gain_or_a_cost_that_is_no_number_is_refused_by_its_name(x: Any) -> None:
    for function in (roi.roi, roi.return_ratio):
        with pytest.raises(WrongValue, match=r"^gain is .*: give a finite number"):
            function(gain=x, cost=1)
        with pytest.raises(WrongValue, match=r"^cost is .*: give a finite number"):
            function(gain=1, cost=x)


def test_a_number_with_limits_is_not_the_number() -> None:
    deals = [
        Deal(id=i, created_at="2024-01-01", closed_at="2024-01-02", status="won", amount=100 + i) for i in range(20)
    ]
    found = interval(sales.won_revenue, deals)
    with pytest.raises(WrongValue, match=r"^gain is .*: give a finite number, its \.value"):
        roi.roi(gain=found, cost=100)
    assert roi.roi(gain=found.value, cost=100) == roi.roi(gain=sales.won_revenue(deals), cost=100)


@pytest.mark.parametrize("function", [roi.roi, roi.return_ratio])
def test_which_is_the_gain_and_which_the_cost_is_said(function: Any) -> None:
    for args in ((100, 625), (100,)):
        with pytest.raises(WrongCall, match=rf"{function.__name__} takes its numbers by name: .*\(gain=\.\.\., cost="):
            function(*args)
    with pytest.raises(WrongValue, match="cost is None"):
        function(gain=100)


@pytest.mark.parametrize(
    "x", [None, 7, True, np.True_, "soon", "", float("nan"), [1], np.datetime64("NaT", "s")], ids=repr
)
def test_a_date_that_is_none_is_refused_by_its_place(x: Any) -> None:
    with pytest.raises(WrongValue, match=r"^date 2 is .*: give a date, or text like 2024-03-31"):
        roi.xirr(FLOWS, [*DATES[:2], x])


@pytest.mark.parametrize("x", [[], {}, ["act/365F"], np.array(["act/365F"]), None, 5, "30/360"], ids=repr)
def test_days_are_counted_in_one_of_two_ways(x: Any) -> None:
    with pytest.raises(WrongValue, match=r"^day_count=.*: use one of 'act/365F', 'act/act'"):
        roi.xirr(FLOWS, DATES, day_count=x)
