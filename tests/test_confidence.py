"""How sure limits are is a share between 0 and 1; one too close to either is refused in words, wherever it is given."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from crm_metrics import change, interval, sales
from crm_metrics.errors import WrongValue

START = dt.date(2024, 1, 1)
DEALS: dict[str, Any] = {
    "id": list(range(60)),
    "status": ["won", "lost", "won"] * 20,
    "created_at": [START] * 60,
    "closed_at": [START + dt.timedelta(days=i % 13) for i in range(60)],
    "amount": [100 + i * i % 37 for i in range(60)],
    "cost": [90 + i % 41 for i in range(60)],
    "customer": [i % 25 for i in range(60)],
    "manager": ["Anna", "Boris"] * 30,
}
METRICS = [sales.win_rate, sales.deals_won, sales.median_deal_size, sales.gross_profit, sales.gross_margin]
METRICS += [sales.average_deal_size, sales.repeat_rate]


@pytest.mark.parametrize("confidence", [1e-6, 0.01, 0.5, 0.95, 1 - 1e-6])
def test_limits_may_be_nearly_sure(confidence: float) -> None:
    for metric in METRICS:
        found, half = interval(metric, DEALS, confidence=confidence), interval(metric, DEALS, confidence=0.5)
        assert found.low <= found.value <= found.high
        wider, narrower = (found, half) if confidence >= 0.5 else (half, found)
        assert wider.low <= narrower.low <= narrower.high <= wider.high or narrower.method == "bootstrap, ties"
        assert change(metric, DEALS, DEALS, confidence=confidence).verdict == "no evidence"


@pytest.mark.parametrize("confidence", [1 - 2**-53, 1 - 1e-9, 1e-9, 5e-324])
def test_what_is_too_close_to_certain_or_to_nothing_is_refused(confidence: float) -> None:
    for metric in METRICS:
        with pytest.raises(WrongValue, match=r"confidence=.* is too close to [01] for limits"):
            interval(metric, DEALS, confidence=confidence)
        with pytest.raises(WrongValue, match=r"confidence=.* is too close to [01] for limits"):
            change(metric, DEALS, DEALS, confidence=confidence)


@pytest.mark.parametrize("confidence", [0, 1, 1.5, -0.1, 95, True, "0.95", None, [0.95], float("nan"), Decimal("0.95")])
def test_what_is_no_share_is_refused(confidence: Any) -> None:
    with pytest.raises(WrongValue, match=r"confidence=.*: give a share between 0 and 1"):
        interval(sales.win_rate, DEALS, confidence=confidence)


@pytest.mark.parametrize("given", [Decimal("0.95"), Fraction(19, 20), np.float32(0.95)])
def test_a_confidence_of_another_kind_is_told_which(given: Any) -> None:
    with pytest.raises(
        WrongValue, match=f"is a {type(given).__name__}: give a share between 0 and 1 as a float, 0.95 for 95 %"
    ):
        interval(sales.win_rate, {"status": ["won", "lost"]}, confidence=given)
