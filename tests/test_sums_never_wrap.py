"""A sum never wraps: amounts of any size, in currencies of any digits side by side, against plain integers."""

from __future__ import annotations

import functools
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from inputs import KINDS, texts

from crm_metrics import Deal, convert, interval, ratio, sales, summarize, table, totals
from crm_metrics._totals.quantiles import of_tally
from crm_metrics._totals.tallies import Tally
from crm_metrics._uncertainty.resampling.ranks import Ranked, half_steps
from crm_metrics._values.currencies import exponent
from crm_metrics.columns import amount, expected_amount, margin, won

PAIRS = [("JPY", "CLF"), ("JPY", "KWD"), ("KWD", "CLF"), ("USD", "JPY"), ("UYW", "VND"), (None, "CLF")]
EDGES = [2**63 - 1, 2**62, 2**61, 922_337_203_685_477_580, 922_337_203_685_478, 10**15, 1_125_899_906_842_623, 1, 0]
minor = st.sampled_from([sign * n for n in EDGES for sign in (1, -1)]) | st.integers(-(10**22), 10**22)


@st.composite
def deals(draw: Any) -> list[Deal]:
    """Won deals in two currencies of different digits, with amounts and costs at and beyond what int64 holds."""
    pair = draw(st.sampled_from(PAIRS))
    rows = draw(st.lists(st.tuples(st.sampled_from(pair), minor, minor, st.sampled_from("AB")), min_size=2, max_size=9))
    return [deal(i, *row) for i, row in enumerate(rows)]


def deal(i: int, currency: str | None, n: int, cost: int, manager: str) -> Deal:
    """A won deal of so many minor units."""
    unit = Decimal(1).scaleb(-exponent(currency))
    return Deal(
        id=i,
        created_at="2024-01-05",
        closed_at="2024-02-05",
        status="won",
        currency=currency,
        amount=n * unit,
        cost=cost * unit,
        probability="0.333333",
        manager=manager,
    )


def by_currency(rows: list[Deal], of: Any) -> dict[str | None, list[Fraction]]:
    """What a function says of each deal, by its currency."""
    out = defaultdict(list)
    for row in rows:
        out[row.currency].append(Fraction(of(row)))
    return dict(out)


def amounts(rows: list[Deal]) -> dict[str | None, list[Fraction]]:
    return by_currency(rows, lambda d: Fraction(d.amount))


@given(deals())
def test_sums_and_averages_and_medians_are_those_of_whole_numbers(rows: list[Deal]) -> None:
    given_ = table(texts(rows, Deal), Deal)
    for key, own in amounts(rows).items():
        assert sales.won_revenue(given_, by="currency")[key] == float(sum(own))
        assert sales.average_deal_size(given_, by="currency")[key] == float(sum(own) / len(own))
        assert sales.median_deal_size(given_, by="currency")[key] == float(Fraction(median(own)))
    for key, own in by_currency(rows, lambda d: Fraction(d.amount) - Fraction(d.cost)).items():
        assert sales.gross_profit(given_, by="currency")[key] == float(sum(own))
        assert float(totals(given_, Deal, "currency").sum(margin).on((key,))[key]) == float(sum(own))  # type: ignore[union-attr]
    for key, own in by_currency(rows, lambda d: Fraction(d.amount) * Fraction("0.333333")).items():
        assert totals(given_, Deal, "currency").sum(expected_amount)[key] == float(sum(own))  # type: ignore[index]


@given(deals())
def test_parts_of_any_digits_add_up_to_the_whole(rows: list[Deal]) -> None:
    """Yen alone are whole numbers, and beside unidades de fomento ten thousandths: the sum is the same."""
    metrics = [sales.won_revenue, sales.average_deal_size, sales.median_deal_size]
    parts = [summarize(metrics, [row], by="currency") for row in rows]
    together = functools.reduce(lambda a, b: a + b, parts)
    for metric in metrics:
        assert repr(metric(together)) == repr(metric(table(texts(rows, Deal), Deal), by="currency"))


@given(deals())
def test_sums_by_a_finer_key_add_up_too(rows: list[Deal]) -> None:
    found: Any = totals(table(texts(rows, Deal), Deal), Deal, "currency").sums(amount, per="manager", where=won)
    plain: dict[Any, Fraction] = defaultdict(Fraction)
    for row in rows:
        plain[row.currency, row.manager] += Fraction(row.amount or 0)
    assert {key: found[key].as_integer_ratio()[0] * plain[key].denominator for key in found} == {
        key: plain[key].numerator * found[key].as_integer_ratio()[1] for key in plain
    }


@given(deals(), st.sampled_from(["1.05", "0.0000001", "151.37"]))
def test_conversion_rounds_each_amount_once_whatever_its_size(rows: list[Deal], rate: str) -> None:
    rates = {c or "": rate for c in {row.currency for row in rows} - {"KWD"}}
    found = convert(table(texts(rows, Deal), Deal), rates, to="KWD")
    expected = [Fraction(row.amount or 0) * (Fraction(rate) if row.currency != "KWD" else 1) for row in rows]
    assert [found.amount.item(i) for i in range(len(rows))] == [Decimal(round(x * 1000)) / 1000 for x in expected]


@given(st.lists(st.sampled_from(EDGES[:4]) | st.integers(2**60, 2**63 - 1), min_size=1, max_size=40), st.booleans())
def test_limits_of_the_largest_amounts_hold_the_number(whole: list[int], several: bool) -> None:
    rows = [deal(i, "JPY", n, 0, "A") for i, n in enumerate(whole)] + [deal(-1, "CLF", 1, 0, "A")] * several
    for metric in (sales.median_deal_size, sales.won_revenue, sales.average_deal_size):
        found = interval(metric, table(texts(rows, Deal), Deal), by="currency")["JPY"]
        assert found.value == metric(rows, by="currency")["JPY"]
        assert np.isnan(found.low) or found.low <= found.value <= found.high


@pytest.mark.parametrize("sign", [1, -1])
def test_the_steps_beside_a_quantile_do_not_wrap(sign: int) -> None:
    top = sign * (2**63 - 3)
    value = np.sort(np.array([top - 2, top, top + 2], np.int64))
    tally = Tally(np.zeros(3, np.intp), value, np.ones(3, np.int64))
    twice = of_tally(tally, 1, Fraction(1, 2))
    assert twice.tolist() == [2 * top]
    low, high = half_steps(tally, twice, 1)[0].tolist()
    assert low <= float(top) <= high
    assert not Ranked(np.zeros(3, np.intp), value, 1, 1, None, Fraction(1, 2)).fits


def test_a_scale_that_no_integer_of_64_bits_holds_is_one() -> None:
    def tiny(d: Any) -> Any:
        return d.amount * Fraction(1, 10**19)

    rows = [deal(i, "USD", 100 * n, 0, "AB"[i % 2]) for i, n in enumerate((10**19, 3 * 10**19, 2 * 10**19))]
    t: Any = totals(rows, Deal, "manager")
    assert dict(t.sum(tiny)) == {"A": 3.0, "B": 3.0} and dict(t.quantile(tiny, 0.5)) == {"A": 1.5, "B": 3.0}
    assert totals(rows, Deal).quantile(tiny, 0.5) == 2.0
    assert ratio(t.sum(tiny), t.count()) == {"A": 1.5, "B": 3.0}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.make.__name__)
@pytest.mark.parametrize("yen", [922_337_203_685_478, 1_125_899_906_842_623, 10**17, -(10**16)])
def test_no_kind_of_input_wraps_yen_beside_ten_thousandths(yen: int, kind: Any) -> None:
    rows = [deal(0, "JPY", yen, 5, "A"), deal(1, "CLF", 1, 5, "A"), deal(2, "JPY", 7, 5, "A")]
    found = sales.won_revenue(kind.make(rows, Deal), by="currency")
    assert found["JPY"] == float(yen + 7) and found["CLF"] == 0.0001
