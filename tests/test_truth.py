"""Do intervals hold the truth as often as they promise, and how often do changes raise false alarms?"""

from __future__ import annotations

import math
from typing import Any

import pytest

from benchmarks.truth import CELLS, P, coverage, false_alarms
from crm_metrics import sales

RUNS = 400
BAND = 3 * math.sqrt(0.95 * 0.05 / RUNS)  # three Monte Carlo errors
SHORT = {"mean amount (log-normal)": 0.02, "median amount": 0.01}  # docs/sure.md says where the method misses


@pytest.mark.parametrize("clustered", [False, True], ids=["independent", "clustered"])
@pytest.mark.parametrize("p", [0.1, 0.3])
def test_a_share_is_held_as_often_as_promised(p: float, clustered: bool) -> None:
    held, flagged = coverage(sales.win_rate, p, 400, p, clustered, RUNS, seed=5)
    assert held > 0.95 - BAND and flagged == 0


@pytest.mark.parametrize("clustered", [False, True], ids=["independent", "clustered"])
@pytest.mark.parametrize("name", CELLS)
def test_a_number_is_held_as_often_as_promised(name: str, clustered: bool) -> None:
    metric, truth = CELLS[name]
    n = 1000
    held, flagged = coverage(metric, truth(n), n, P, clustered, RUNS, seed=6)
    assert held > 0.95 - BAND - SHORT.get(name, 0) and flagged == 0


@pytest.mark.parametrize("clustered", [False, True], ids=["independent", "clustered"])
@pytest.mark.parametrize("metric", [sales.win_rate, sales.average_deal_size, sales.median_deal_size, sales.won_revenue])
def test_few_verdicts_are_false_alarms(metric: Any, clustered: bool) -> None:
    assert false_alarms(metric, 200, P, clustered, RUNS, seed=7) < 0.05 + BAND
