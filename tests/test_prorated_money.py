"""Money that is split is rounded to the minor unit of its own currency, whatever other currencies are in the table."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st
from inputs import KINDS, texts

from crm_metrics import day, month, quarter, sales, table, where
from crm_metrics._values.currencies import exponent
from crm_metrics.records import Deal, Quota
from crm_metrics.sales import prorated

CURRENCIES = ("JPY", "USD", "KWD", "CLF", None)
FEBRUARY = month("2024-02")


def quota(amount: Any, currency: str | None, manager: str = "Anna") -> Quota:
    """A quota of the first quarter of 2024, 91 days, of which February has 29."""
    start, end = dt.date(2024, 1, 1), dt.date(2024, 4, 1)
    return Quota(manager=manager, amount=amount, currency=currency, start=start, end=end)


WON: Any = {"created_at": "2024-02-05", "closed_at": "2024-02-05", "status": "won", "currency": "JPY"}


def sale(amount: Any, currency: str | None) -> Deal:
    return Deal(**{**WON, "id": 1, "amount": amount, "currency": currency})


YEN = quota(400, "JPY")
BESIDE = [quota(50, "USD"), quota("1.234", "KWD"), quota("0.0001", "CLF")]


@pytest.mark.parametrize("others", [[], BESIDE[:1], BESIDE[1:2], BESIDE[2:], BESIDE])
def test_a_quota_in_yen_has_whole_yen_in_february_whatever_stands_beside_it(others: list[Quota]) -> None:
    """400 x 60 / 91 is 263.7, 400 x 31 / 91 is 136.3: 264 less 136 is 128, and 100 of 128 is 0.78125."""
    quotas = [YEN, *others]
    found = sales.quota_attainment([sale(100, "JPY")], quotas, period=FEBRUARY, by="currency")
    assert found["JPY"] == 100 / 128 == 0.78125
    parts = prorated(quotas, month)
    assert [parts.amount.item(i) for i in range(3)] == [136, 128, 136]
    monthly = sales.quota_attainment([sale(100, "JPY")], parts, by=("currency", month))
    assert monthly["JPY", "2024-02"] == 0.78125


def test_coverage_and_managers_at_quota_read_the_same_part() -> None:
    due = Deal(id=2, created_at="2024-01-05", status="open", amount=64, currency="JPY", expected_close="2024-02-20")
    quotas = [YEN, quota(50, "KWD", "Boris")]
    assert sales.pipeline_coverage([due], quotas, period=FEBRUARY, by="currency")["JPY"] == 0.5
    enough = Deal(id=1, manager="Anna", **WON, amount=128)
    assert sales.managers_at_quota([enough], quotas, period=FEBRUARY, by="currency") == {"JPY": 1.0, "KWD": 0.0}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.make.__name__)
def test_every_kind_of_input_rounds_alike(kind: Any) -> None:
    rows = [YEN, quota("12.34", "USD"), quota("7.891", "KWD"), quota(5, None), quota("1.2345", "CLF")]
    parts = prorated(kind.make(rows, Quota), month)
    found = [parts.amount.item(i) for i in range(len(parts))]
    assert found[:6] == [136, 128, 136, Decimal("4.20"), Decimal("3.94"), Decimal("4.20")]
    assert all(sum(found[3 * i : 3 * i + 3]) == row.amount for i, row in enumerate(rows))


amounts = st.integers(-(10**18), 10**18) | st.sampled_from([0, 1, -1, 2, 3, 10**14 + 1])
periods = st.sampled_from([FEBRUARY, month("2024-01"), quarter("2024Q1"), day("2024-03-31"), month("2024-05")])
pairs = st.lists(st.tuples(amounts, st.sampled_from(CURRENCIES)), min_size=1, max_size=6)


@given(pairs, periods, st.sampled_from([month, day]))
def test_a_quota_is_cut_as_if_it_stood_alone(given_: list[tuple[int, str | None]], period: Any, unit: Any) -> None:
    quotas = [quota(Decimal(n).scaleb(-exponent(c)), c, str(i)) for i, (n, c) in enumerate(given_)]
    together = table(texts(quotas, Quota), Quota)
    parts = prorated(together, unit)
    won = [sale(1, c) for c in {c for _, c in given_}]
    for i, q in enumerate(quotas):
        alone, cut = prorated([q], unit), where(parts, manager=str(i))
        found = [cut.amount.item(k) for k in range(len(cut))]
        assert found == [alone.amount.item(k) for k in range(len(alone))]
        assert sum(found) == q.amount, "parts add up to their quota"
        assert all(x == round(x, exponent(q.currency)) for x in found), "to the minor unit of its currency"
        here = [d for d in won if d.currency == q.currency]
        one = sales.quota_attainment(here, [q], period=period)
        assert repr(one) == repr(sales.quota_attainment(here, where(together, manager=str(i)), period=period))
