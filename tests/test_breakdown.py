"""A Breakdown: one number per group, a mapping that computes like an array. And `ratio`."""

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

from crm_metrics import Breakdown, Deal, month, ratio, sales
from crm_metrics._values.exact import Exact
from crm_metrics.errors import MixedCurrencies, WrongCall

COUNTS = Breakdown.of({"Anna": 3, "Boris": 1, None: 2}, names=("manager",))
RATES = Breakdown.of({"Anna": 0.5, "Boris": math.nan, None: 0.25}, names=("manager",))


def sale(i: int, manager: str | None, amount: Any, currency: str | None = None, **more: Any) -> Deal:
    day = dt.date(2024, 1, 5)
    fixed = {"created_at": day, "status": "won", "closed_at": day}
    return Deal(id=i, manager=manager, amount=amount, currency=currency, **{**fixed, **more})


# ---------------------------------------------------------------- a mapping


def test_it_is_a_mapping_from_group_to_number() -> None:
    assert COUNTS["Anna"] == 3 and COUNTS[None] == 2 and len(COUNTS) == 3
    assert list(COUNTS) == list(COUNTS.keys()) == ["Anna", "Boris", None]
    assert dict(COUNTS) == {"Anna": 3, "Boris": 1, None: 2}
    assert COUNTS.get("Vera") is None and "Vera" not in COUNTS
    assert bool(COUNTS) and not Breakdown.of({})
    with pytest.raises(KeyError):
        COUNTS["Vera"]


def test_nan_equals_nan_and_none_where_breakdowns_are_compared() -> None:
    assert {"Anna": 0.5, "Boris": math.nan, None: 0.25} == RATES
    assert RATES == {"Anna": 0.5, "Boris": None, None: 0.25}
    assert Breakdown.of({"Anna": 0.5, "Boris": None, None: 0.25}) == RATES
    assert RATES != {"Anna": 0.5, "Boris": 0.0, None: 0.25}
    assert {"Anna": 0.5, "Boris": math.nan} != RATES
    assert [0.5, math.nan, 0.25] != RATES


def test_order_does_not_matter_to_equality() -> None:
    assert COUNTS == Breakdown.of({None: 2, "Boris": 1, "Anna": 3}) == COUNTS.sort()


def test_it_is_not_hashed_because_it_compares_by_value() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(COUNTS)


def test_it_shows_every_group_or_how_many_more() -> None:
    assert repr(COUNTS) == "Breakdown({'Anna': 3, 'Boris': 1, None: 2})"
    assert repr(Breakdown.of({})) == "Breakdown({})"
    assert repr(Breakdown.of(dict.fromkeys(range(50), 1))).endswith(", 39: 1, ... and 10 more groups})")


def test_one_without_numbers_is_refused() -> None:
    with pytest.raises(WrongCall, match="needs an array or exact numbers"):
        _ = Breakdown(("a",)).array


# ---------------------------------------------------------------- an array


def test_it_computes_like_an_array() -> None:
    assert COUNTS * 2 == {"Anna": 6.0, "Boris": 2.0, None: 4.0}
    assert 1 / COUNTS == {"Anna": 1 / 3, "Boris": 1.0, None: 0.5}
    assert COUNTS + 1 == {"Anna": 4.0, "Boris": 2.0, None: 3.0}
    assert -COUNTS == {"Anna": -3.0, "Boris": -1.0, None: -2.0}
    assert np.sqrt(COUNTS)["Anna"] == math.sqrt(3)
    assert (COUNTS > 1).to_dict() == {"Anna": True, "Boris": False, None: True}
    assert round(COUNTS / 7, 2) == {"Anna": 0.43, "Boris": 0.14, None: 0.29}
    assert COUNTS + np.array([1, 2, 3]) == {"Anna": 4.0, "Boris": 3.0, None: 5.0}
    assert np.asarray(COUNTS).tolist() == [3.0, 1.0, 2.0]
    assert np.asarray(COUNTS, dtype=int).dtype == int


def test_what_has_no_meaning_by_group_is_left_to_numpy_to_refuse() -> None:
    for call in (lambda: np.add.reduce(COUNTS), lambda: np.modf(COUNTS), lambda: np.add(COUNTS, 1, where=[True])):
        with pytest.raises(TypeError):
            call()


def test_undefined_stays_undefined_without_a_warning() -> None:
    logs = np.log(Breakdown.of({"a": -1, "b": 0}))
    assert logs == {"a": math.nan, "b": -math.inf}
    assert 1 / Breakdown.of({"a": 0}) == {"a": math.inf}
    assert {"Anna": 1.5, "Boris": math.nan, None: 1.25} == RATES + 1


def test_totals_meet_by_key_and_an_absent_group_counts_nothing() -> None:
    other = Breakdown.of({"Vera": 5, "Anna": 1})
    assert COUNTS + other == {"Anna": 4, "Boris": 1, "Vera": 5, None: 2}
    assert COUNTS - other == {"Anna": 2, "Boris": 1, "Vera": -5, None: 2}
    assert list(COUNTS + other) == ["Anna", "Boris", "Vera", None]
    assert type((COUNTS + other)["Anna"]) is int


def test_other_numbers_meet_by_key_and_an_absent_group_is_undefined() -> None:
    assert RATES + Breakdown.of({"Vera": 0.5, "Anna": 0.5}) == {"Anna": 1.0, "Boris": None, "Vera": None, None: None}
    assert COUNTS * Breakdown.of({"Anna": 2}) == {"Anna": 6.0, "Boris": 0.0, None: 0.0}


def test_groups_of_any_labels_are_sorted_numbers_first_and_none_last() -> None:
    a = Breakdown.of({"b": 1, 2: 1, None: 1})
    b = Breakdown.of({1: 1, "a": 1})
    assert list(a + b) == [1, 2, "a", "b", None]
    pairs = Breakdown.of({("b", 1): 1, ("a", None): 1}) + Breakdown.of({("a", 2): 1, (None, 1): 1})
    assert list(pairs) == [("a", 2), ("a", None), ("b", 1), (None, 1)]


def test_a_breakdown_of_nothing_meets_any() -> None:
    assert COUNTS + Breakdown.of({}) == COUNTS
    assert ratio(Breakdown.of({}), COUNTS) == {"Anna": 0.0, "Boris": 0.0, None: 0.0}


# ---------------------------------------------------------------- exact


def test_sums_are_exact_and_remember_their_integers() -> None:
    tenths = Breakdown(("a",), num=np.array([1]), scale=10)
    fifths = Breakdown(("a",), num=np.array([2]), scale=10)
    assert (tenths + fifths)["a"] == 0.3 and 0.1 + 0.2 != 0.3
    assert (tenths + fifths)["a"].as_integer_ratio() == (3, 10)
    thirds = Breakdown(("a",), num=np.array([1]), scale=3)
    assert (tenths - thirds)["a"].as_integer_ratio() == (-7, 30)


@given(st.dictionaries(st.text(max_size=2), st.integers(-(10**30), 10**30), min_size=1, max_size=5))
def test_whole_numbers_of_any_size_stay_themselves(numbers: dict[str, int]) -> None:
    b = Breakdown.of(numbers)
    assert b.to_dict() == numbers and (b + b).to_dict() == {k: 2 * v for k, v in numbers.items()}
    assert ratio(b, 3) == {k: v / 3 for k, v in numbers.items()}
    assert dict(b - b) == dict.fromkeys(numbers, 0)


@given(
    a=st.integers(-(10**20), 10**20),
    b=st.integers(-(10**20), 10**20),
    p=st.sampled_from([1, 100, 10**6]),
    q=st.sampled_from([1, 1000]),
)
def test_a_ratio_rounds_once(a: int, b: int, p: int, q: int) -> None:
    wanted = float(Fraction(a, p) / Fraction(b, q)) if b else math.nan
    assert repr(float(ratio(Exact(a, p), Exact(b, q)))) == repr(wanted + 0.0)
    one = Breakdown(("x",), num=np.array([a], object), scale=p)
    other = Breakdown(("x",), num=np.array([b], object), scale=q)
    assert ratio(one, other)["x"] == wanted or math.isnan(wanted)


def test_a_ratio_takes_any_number() -> None:
    assert ratio(Decimal("0.3"), Decimal("0.1")) == 3.0
    assert ratio(Fraction(1, 3), 2) == 1 / 6
    assert ratio(COUNTS, Decimal("0.5")) == {"Anna": 6.0, "Boris": 2.0, None: 4.0}
    assert ratio(6, COUNTS) == {"Anna": 2.0, "Boris": 6.0, None: 3.0}
    assert math.isnan(ratio(math.nan, 1)) and math.isnan(ratio(1, math.nan)) and math.isnan(ratio(0, 0))
    assert all(map(math.isnan, ratio(COUNTS, math.nan).values()))
    assert ratio(RATES, COUNTS) == {"Anna": 0.5 / 3, "Boris": math.nan, None: 0.125}
    assert ratio(RATES, 0 * COUNTS) == dict.fromkeys(COUNTS)
    assert ratio(1e308, 1e-308) == math.inf and ratio(-(10**400), 1) == -math.inf


def test_exact_numbers_behave_as_the_floats_they_are() -> None:
    x = Exact(30, 100, "USD")
    assert (x, x * 2, x / 2, x > 0.2, hash(x)) == (0.3, 0.6, 0.15, True, hash(0.3))
    assert (x + 1).as_integer_ratio() == (130, 100) and (1 - x).as_integer_ratio() == (70, 100)
    assert (x - Exact(1, 3)).as_integer_ratio() == (-10, 300)
    assert (-x).as_integer_ratio() == (-30, 100) and abs(-x) == x and abs(-x).unit == "USD"
    assert x + 0.5 == 0.8 and 0.5 - x == 0.2 and type(x + 0.5) is float
    assert pickle.loads(pickle.dumps(x)).unit == "USD" and sum([x, x]).as_integer_ratio() == (60, 100)
    with pytest.raises(TypeError):
        x + "1"


# ---------------------------------------------------------------- currencies

DEALS = [sale(1, "Anna", 5, "USD"), sale(2, "Boris", 700, "JPY"), sale(3, "Boris", 300, "JPY")]


def test_groups_may_have_each_its_currency() -> None:
    revenue = sales.won_revenue(DEALS, by="currency")
    assert revenue == {"JPY": 1000.0, "USD": 5.0}
    assert [x.unit for x in revenue.values()] == ["JPY", "USD"]
    assert revenue + revenue == {"JPY": 2000.0, "USD": 10.0}
    assert sales.average_deal_size(DEALS, by="manager") == {"Anna": 5.0, "Boris": 500.0}
    assert sales.median_deal_size(DEALS, by="manager") == {"Anna": 5.0, "Boris": 500.0}


def test_groups_of_two_currencies_do_not_add() -> None:
    mixed = [sale(1, "Anna", 5, "JPY"), sale(2, "Boris", 5, "USD")]
    a, b = (sales.won_revenue(x, by="manager") for x in (DEALS, mixed))
    for call in (lambda: a + b, lambda: a - b, lambda: a > b, lambda: ratio(a, b), lambda: a / b):
        with pytest.raises(MixedCurrencies, match="JPY and USD do not add"):
            call()
    assert sales.won_revenue(DEALS[:1]) - 0.0 == 5.0


# ---------------------------------------------------------------- order


def test_sorting_is_by_value_with_undefined_groups_last() -> None:
    assert list(COUNTS.sort()) == ["Anna", None, "Boris"]
    assert list(COUNTS.sort(ascending=True)) == ["Boris", None, "Anna"]
    assert list(RATES.sort()) == ["Anna", None, "Boris"] and list(RATES.sort(ascending=True)) == [None, "Anna", "Boris"]
    ties = Breakdown.of({"c": 1, "a": 1, "b": 1})
    assert list(ties.sort()) == list(ties.sort(ascending=True)) == ["c", "a", "b"]


def test_the_rest_of_totals_is_their_sum() -> None:
    assert COUNTS.top(1) == {"Anna": 3, "other": 3}
    assert COUNTS.top(2, other="others") == {"Anna": 3, None: 2, "others": 1}
    assert COUNTS.top(0) == {"other": 6} and COUNTS.top(3) == COUNTS.top(9) == COUNTS
    assert list(COUNTS.top(9)) == ["Anna", None, "Boris"]
    assert COUNTS.top(1, other=None) == {"Anna": 3}


def test_the_rest_of_pairs_is_a_pair() -> None:
    pairs = Breakdown.of({("a", 1): 5, ("a", 2): 3, ("b", 1): 2})
    assert pairs.top(1) == {("a", 1): 5, ("other", "other"): 5}


def test_the_rest_of_rates_is_the_rate_of_the_rest() -> None:
    won, closed = Breakdown.of({"a": 9, "b": 1, "c": 2}), Breakdown.of({"a": 10, "b": 2, "c": 8})
    rate = ratio(won, closed)
    assert rate.top(1) == {"a": 0.9, "other": 0.3}
    assert rate.sort().top(1) == rate.top(1)
    assert ratio(won, 20).top(1) == {"a": 0.45, "other": 3 / 40}


def test_the_rest_of_what_does_not_add_must_be_left_out() -> None:
    assert RATES.top(1, other=None) == {"Anna": 0.5}
    with pytest.raises(WrongCall, match="not their sum"):
        RATES.top(1)


def test_the_rest_keeps_its_currency_or_is_refused() -> None:
    top = sales.won_revenue([*DEALS, sale(4, "Vera", 1, "USD")], by="manager").top(1)
    assert top == {"Boris": 1000.0, "other": 6.0} and top.names == ("manager",)
    assert [x.unit for x in top.values()] == ["JPY", "USD"]
    with pytest.raises(MixedCurrencies):
        sales.won_revenue([*DEALS, sale(4, "Vera", 1, "JPY")], by=("manager", "currency")).top(0)
    one = sales.won_revenue([sale(i, m, i, "USD") for i, m in enumerate("abc")], by="manager").top(1)
    assert [x.unit for x in one.values()] == ["USD", "USD"]


# ---------------------------------------------------------------- out


def test_plain_data_has_none_where_undefined() -> None:
    assert RATES.to_dict() == {"Anna": 0.5, "Boris": None, None: 0.25}
    assert {type(v) for v in COUNTS.to_dict().values()} == {int}
    assert {type(v) for v in sales.won_revenue(DEALS, by="currency").to_dict().values()} == {float}


def test_columns_are_named_after_the_key() -> None:
    assert RATES.to_columns("rate") == {"manager": ["Anna", "Boris", None], "rate": [0.5, None, 0.25]}
    assert Breakdown.of({"a": 1}).to_columns() == {"key": ["a"], "value": [1]}
    assert Breakdown.of({("a", 1): 1}).to_columns() == {"key_0": ["a"], "key_1": [1], "value": [1]}
    by = sales.deals_won(DEALS, by=("manager", month))
    assert list(by.to_columns()) == ["manager", "month", "value"]
    assert Breakdown.of({}).to_columns() == {"key": [], "value": []}


def test_no_column_hides_another_of_its_name() -> None:
    by = sales.deals_won(DEALS, by=(month("created_at"), month("closed_at")))
    assert by.to_columns("month") == {"month": ["2024-01"], "month.2": ["2024-01"], "month.3": [3]}


def test_frames_hold_the_same_columns() -> None:
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    frame = RATES.to_pandas("rate")
    assert list(frame.columns) == ["manager", "rate"] and pd.isna(frame.rate[1]) and frame.rate[0] == 0.5
    assert COUNTS.to_polars().equals(pl.DataFrame({"manager": ["Anna", "Boris", None], "value": [3, 1, 2]}))
    assert RATES.to_arrow("rate").to_pydict() == RATES.to_columns("rate")


def test_a_notebook_shows_a_table_in_which_labels_are_only_text() -> None:
    html = Breakdown.of({"<script>alert(1)</script>": 1_234_567.891, "b&c": 0.15333, None: math.nan}, names=("<b>",))
    shown = html._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<th>&lt;b&gt;</th><th>value</th>" in shown
    assert "<td>b&amp;c</td><td>0.15333</td>" in shown and "<td>1,234,568</td>" in shown
    assert "<tr><td></td><td></td></tr>" in shown
    assert "<td>Anna</td><td>3</td>" in COUNTS._repr_html_() and "caption" not in COUNTS._repr_html_()
    assert "<caption>10 more groups</caption>" in Breakdown.of(dict.fromkeys(range(50), 1))._repr_html_()


def test_a_breakdown_is_saved_whole() -> None:
    for b in (COUNTS, RATES, ratio(COUNTS, 7), sales.won_revenue(DEALS, by="currency"), Breakdown.of({"a": 10**40})):
        again = pickle.loads(pickle.dumps(b))
        assert again == b and again.names == b.names and list(again) == list(b)
        assert [getattr(x, "unit", None) for x in again.values()] == [getattr(x, "unit", None) for x in b.values()]
    assert pickle.loads(pickle.dumps(ratio(COUNTS, 7))).top(1) == ratio(COUNTS, 7).top(1)
