"""Limits on counts and amounts on which other programs went wrong, from their trackers, with the published numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest

from crm_metrics import Deal, change, interval, sales
from crm_metrics._uncertainty.estimates import NO_SPREAD, TOO_FEW


def closed(won: int, lost: int, first: int = 0, **more: Any) -> list[Deal]:
    """Deals, of which so many were won, with ids from `first` on."""
    day = {"created_at": "2024-01-05", "closed_at": "2024-02-01", **more}
    return [Deal(id=first + i, status="won" if i < won else "lost", **day) for i in range(won + lost)]


def test_one_deal_or_equal_amounts_have_no_limits_of_no_width() -> None:
    """svy, pull request 98."""
    found = interval(sales.average_deal_size, closed(1, 0, amount=23))
    assert found.value == 23 and math.isnan(found.low) and found.method == TOO_FEW
    for n in (2, 30):
        found = interval(sales.average_deal_size, closed(n, 0, amount=23))
        assert math.isnan(found.low) and found.method in (TOO_FEW, NO_SPREAD)
    one = interval(sales.win_rate, closed(1, 0))
    assert (one.low, one.high) == (pytest.approx(0.207, abs=5e-4), 1.0)


@pytest.mark.parametrize(
    ("before", "after", "low", "high"),
    [((10, 95), (20, 81), 0.0056, 0.2007), ((0, 105), (0, 101), -0.0353, 0.0366)],  # metalite.ae 210, by Newcombe
)
def test_a_difference_of_shares_has_newcombes_limits(
    before: tuple[int, int], after: tuple[int, int], low: float, high: float
) -> None:
    found = change(sales.win_rate, closed(*before), closed(*after, first=1000))
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_a_mean_of_nothing_beside_one_of_something_has_no_percent() -> None:
    """kayenta 527: a mean of 0 against 10.97, each without any spread."""
    found = change(sales.average_deal_size, closed(30, 0, amount=0), closed(30, 0, 1000, amount="10.97"))
    assert found.difference == pytest.approx(10.97) and found.verdict == NO_SPREAD
    assert math.isnan(found.relative) and math.isnan(found.low) and found.to_dict()["relative"] is None
