"""Whoever states a margin is not told to state one, and what is not known is not said to be a dash."""

from __future__ import annotations

import datetime as dt

import pytest

from crm_metrics import CRM, Cost, Deal, evaluate
from crm_metrics.roi.evaluation import NoProfit, above_0


def deals() -> list[Deal]:
    """Won deals, of which hardly any states an amount."""
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=5 * i) for i in range(72)]
    return [
        Deal(id=i, created_at=day, status="won", closed_at=day + dt.timedelta(days=3), amount=None if i else 100)
        for i, day in enumerate(days)
    ]


@pytest.mark.parametrize("margin", [None, 0.3])
def test_a_margin_helps_only_where_none_is_stated(margin: float | None) -> None:
    costs = [Cost(at="2024-06-01", amount=5)]
    with pytest.raises(NoProfit) as error:
        evaluate(CRM(deals=[*deals()], go_live="2024-07-01", margin=margin, costs=costs), ramp=0)
    assert ("margin that you know" in str(error.value)) is (margin is None)


def test_a_chance_that_is_not_known_is_left_out() -> None:
    assert above_0(float("nan")) == ""
    assert above_0(0.42) == ", above 0 with a probability of 42 %"
