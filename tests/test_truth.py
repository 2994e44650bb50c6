"""Do intervals hold the truth as often as they promise, and how often do changes raise false alarms?"""

from __future__ import annotations

import math
from typing import Any

import pytest

from benchmarks.kinds import KINDS, held
from benchmarks.truth import CELLS, METRICS_OF_CHANGE, NO_PROFIT, P, coverage, false_alarms
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
    metric, truth, costs = CELLS[name]
    n = 1000
    held, flagged = coverage(metric, truth(n), n, P, clustered, RUNS, seed=6, costs=costs)
    assert held > 0.95 - BAND - SHORT.get(name, 0) and flagged == 0


@pytest.mark.parametrize("clustered", [False, True], ids=["independent", "clustered"])
@pytest.mark.parametrize("metric", METRICS_OF_CHANGE)
def test_few_verdicts_are_false_alarms(metric: Any, clustered: bool) -> None:
    assert false_alarms(metric, 200, P, clustered, RUNS, seed=7) < 0.05 + BAND


@pytest.mark.parametrize("n", [50, 200])
def test_a_profit_that_may_be_a_loss_is_held_and_seldom_called_a_change(n: int) -> None:
    held, _ = coverage(sales.gross_profit, 0.0, n, P, False, RUNS, seed=8, costs=NO_PROFIT)
    assert held > 0.95 - BAND - 0.02
    assert false_alarms(sales.profit_per_created_deal, n, P, False, RUNS, seed=9, costs=NO_PROFIT) < 0.05 + BAND


def test_the_share_of_few_who_agree_is_held_as_often_as_promised() -> None:
    held, flagged = coverage(sales.repeat_rate, 0.0, 40, 0.9, False, RUNS, seed=10)  # nobody buys twice
    assert held == 1 and flagged == 0


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_number_is_held_as_often_as_promised(name: str) -> None:
    share, without = held(KINDS[name], 200, RUNS, seed=11)
    assert share > 0.95 - BAND and without < 0.01
