"""Shares of reasons, for a few groups and for a hundred thousand."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import sales
from crm_metrics._values.breakdown import Breakdown
from crm_metrics.errors import MixedCurrencies

REASONS = st.sampled_from(["dear", "slow", None])
LOST = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), REASONS, st.integers(-3, 9) | st.none()),
    max_size=20,
)


def rows_of(lost: Any) -> dict[str, Any]:
    return {
        "status": ["lost"] * len(lost),
        "manager": [m for m, _, _ in lost],
        "reason": [r for _, r, _ in lost],
        "amount": [x for _, _, x in lost],
    }


@given(lost=LOST)
def test_shares_are_those_of_a_plain_loop_by_group_and_of_all(lost: Any) -> None:
    for by in (None, "manager"):
        found = sales.reasons(rows_of(lost), by=by)
        counts: Counter[Any] = Counter((m if by else "", r) for m, r, _ in lost)
        sums: Counter[Any] = Counter()
        for m, r, x in lost:
            sums[m if by else "", r] += x or 0
        for numbers, share in ((counts, found.share), (sums, found.amount_share)):
            whole: Counter[Any] = Counter()
            for (group, _), x in numbers.items():
                whole[group] += x
            for (group, reason), n in counts.items():
                got, key = share[(group, reason) if by else reason], (group, reason)
                assert n and (got == numbers[key] / whole[group] if whole[group] else math.isnan(got))
        assert isinstance(found.share, Breakdown) and len(found.share) == len(counts)


def test_amounts_in_two_currencies_have_no_share_but_each_group_in_one_has() -> None:
    rows = {**rows_of([("a", "dear", 3), ("a", "slow", 1), ("b", "slow", 2)]), "currency": ["EUR", "EUR", "USD"]}
    found = sales.reasons(rows, by="manager")
    assert found.amount_share == {("a", "dear"): 0.75, ("a", "slow"): 0.25, ("b", "slow"): 1.0}
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        _ = sales.reasons({**rows, "manager": ["a"] * 3, "reason": ["dear", "dear", "slow"]}, by="manager").amount_share


def test_a_zero_meets_any_currency() -> None:
    rows = {**rows_of([("a", "dear", 3), ("a", "slow", 0)]), "currency": ["EUR", "USD"]}
    assert sales.reasons(rows, by="manager").amount_share == {("a", "dear"): 1.0, ("a", "slow"): 0.0}


def test_huge_amounts_have_exact_shares() -> None:
    rows = rows_of([("a", "dear", 2**60), ("a", "slow", 2**60), ("a", None, 2**61)])
    assert sales.reasons(rows, by="manager").amount_share == {
        ("a", "dear"): 0.25,
        ("a", "slow"): 0.25,
        ("a", None): 0.5,
    }


def test_very_many_groups_have_shares() -> None:
    n = 20_000
    rows = {
        "status": ["lost"] * n,
        "customer": np.arange(n) // 2,
        "reason": ["dear", "slow"] * (n // 2),
        "amount": [1] * n,
    }
    found = sales.reasons(rows, by="customer")
    assert set(found.share.array.tolist()) == {0.5} and len(found.share) == n


def test_by_two_keys_no_reason_stands_last_in_each_group() -> None:
    rows = {
        "status": ["lost"] * 6,
        "manager": ["a"] * 6,
        "region": ["n", "n", "n", None, None, None],
        "reason": [None, None, "dear", None, None, "slow"],
    }
    found = sales.reasons(rows, by=("manager", "region"))
    columns = found.to_columns()
    assert list(zip(columns["region"], columns["reason"], strict=True)) == [
        ("n", "dear"),
        ("n", None),
        (None, "slow"),
        (None, None),
    ]
