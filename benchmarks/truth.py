"""How often do 95 % intervals hold the truth, and how often does `change` raise a false alarm?

    python -m benchmarks.truth [--runs 4000]

Every run is a company drawn anew, and one group of a single call: ``interval(metric, rows, by="run")`` is the very
code that users call. A cell is the share of runs whose interval holds the truth that the generator knows; its Monte
Carlo error at 4,000 runs is 0.34 points, and a cell that misses 95 % by more than three of them is marked.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from crm_metrics import Deal, sales, table, where
from crm_metrics._uncertainty.change import change
from crm_metrics._uncertainty.differences import Change
from crm_metrics._uncertainty.interval import TOO_FEW, interval

SIZES = (50, 200, 1000, 5000)
SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
PER_CUSTOMER = 5
SIGMA = 1.0
MEAN_LOG = 7.0
BATCH_ROWS = 400_000
ALONE = 20  # runs of each cell that are asked alone as well


COSTS = (0.4, 0.8)  # of the amount; a margin of 40 %
NO_PROFIT = (0.6, 1.4)  # a profit of 0 on average: many deals lose money
METRICS_OF_CHANGE = (sales.win_rate, sales.average_deal_size, sales.median_deal_size, sales.won_revenue)


class Draw:
    """Deals of many companies at once. Clustered ones have customers of `PER_CUSTOMER` deals that are alike."""

    def __init__(
        self,
        rng: np.random.Generator,
        runs: int,
        n: int,
        p: float,
        clustered: bool,
        first: int = 0,
        costs: tuple[float, float] = COSTS,
    ) -> None:
        sizes = rng.poisson(n, runs)
        rows = int(sizes.sum())
        self.run = np.repeat(np.arange(runs), sizes)
        place = np.arange(rows) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        self.customer = self.run * (10**7) + (place // PER_CUSTOMER if clustered else place)
        self.id = np.arange(first, first + rows)
        _, own = np.unique(self.customer, return_inverse=True)
        customers = int(own.max(initial=0)) + 1
        self.won = rng.random(rows) < (_alike(rng, p, customers)[own] if clustered else p)
        noise = rng.normal(0, SIGMA, rows)
        if clustered:  # half of the variance is the customer's
            noise = (rng.normal(0, SIGMA, customers)[own] + noise) / math.sqrt(2)
        self.amount = np.round(np.exp(MEAN_LOG + noise), 2)
        self.cost = np.round(self.amount * rng.uniform(*costs, rows), 2)

    def table(self) -> Any:
        """The deals as a table."""
        return table(
            {
                "id": self.id,
                "created_at": np.full(len(self.id), np.datetime64("2024-01-01")),
                "closed_at": np.full(len(self.id), np.datetime64("2024-02-01")),
                "status": np.where(self.won, "won", "lost").tolist(),
                "customer": self.customer,
                "amount": self.amount,
                "cost": self.cost,
                "run": self.run,
            },
            Deal,
        )


def _alike(rng: np.random.Generator, p: float, customers: int) -> Any:
    """A win probability of each customer's own, `p` on average (a beta distribution of size 4)."""
    return rng.beta(4 * p, 4 * (1 - p), customers)


MEAN_AMOUNT = math.exp(MEAN_LOG + SIGMA**2 / 2)
P = 0.4
Costs: TypeAlias = tuple[float, float]
CELLS: dict[str, tuple[Any, Callable[[int], float], Costs]] = {
    "ratio of sums (gross margin)": (sales.gross_margin, lambda n: 0.4, COSTS),
    "share of money (won by amount)": (partial(sales.win_rate, weight="amount"), lambda n: P, COSTS),
    "mean amount (log-normal)": (sales.average_deal_size, lambda n: MEAN_AMOUNT, COSTS),
    "median amount": (sales.median_deal_size, lambda n: math.exp(MEAN_LOG), COSTS),
    "total amount": (sales.won_revenue, lambda n: n * P * MEAN_AMOUNT, COSTS),
    "total profit around 0": (sales.gross_profit, lambda n: 0.0, NO_PROFIT),
}


def coverage(
    metric: Any, truth: float, n: int, p: float, clustered: bool, runs: int, seed: int, costs: Costs = COSTS
) -> tuple[float, float]:
    """The share of intervals that hold the truth, and of runs that were flagged as too little data."""
    hits = flagged = 0
    for batch, size in batches(runs, n):
        rng = np.random.default_rng([seed, batch])
        deals = Draw(rng, size, n, p, clustered, costs=costs).table()
        found = interval(metric, deals, by="run", unit="customer" if clustered else "id")
        few = np.isnan(found.low)
        hits += int(((found.low <= truth) & (truth <= found.high)).sum())
        flagged += int(few.sum()) + size - len(found)
    return hits / max(runs - flagged, 1), flagged / runs


def false_alarms(metric: Any, n: int, p: float, clustered: bool, runs: int, seed: int, costs: Costs = COSTS) -> float:
    """The share of runs in which `change` calls two draws of the same company better or worse."""
    alarms = 0
    for batch, size in batches(runs, n):
        rng = np.random.default_rng([seed, batch])
        before = Draw(rng, size, n, p, clustered, costs=costs).table()
        after = Draw(rng, size, n, p, clustered, first=10**9, costs=costs).table()
        unit = "customer" if clustered else "id"
        found = change(metric, before, after, by="run", unit=unit)
        alarms += sum(map(alarm, found.values()))
        for run in list(found)[: ALONE if batch == 0 else 0]:
            alone = change(metric, where(before, run_is(run)), where(after, run_is(run)), unit=unit)
            assert alarm(found[run]) == (alone.verdict in ("better", "worse", "higher", "lower"))
    return alarms / runs


def alarm(found: Change) -> bool:
    """The verdict of one run for itself: better or worse where the limits exclude 0.

    (The verdicts of many groups allow for their number, which one company never sees. That a company which asks alone
    hears just this is checked on some of them.)
    """
    return found.verdict != TOO_FEW and (found.low > 0 or found.high < 0)


def run_is(run: int) -> Any:
    """The rows of one run."""
    return lambda t: t.run == run


def batches(runs: int, n: int) -> Iterator[tuple[int, int]]:
    """Some of the runs at a time: which batch it is, and how many."""
    step = max(1, min(runs, BATCH_ROWS // n, 500))
    for i, start in enumerate(range(0, runs, step)):
        yield i, min(step, runs - start)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000, help="companies drawn for each cell")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print(f"Coverage of 95 % intervals, {args.runs} runs a cell; * misses by more than three Monte Carlo errors\n")
    for clustered in (False, True):
        print(f"{'rows alike within customers' if clustered else 'independent rows':36}" + head())
        line("share, averaged over p", [_shares(n, clustered, args) for n in SIZES], args.runs * len(SHARES))
        for name, (metric, truth, costs) in CELLS.items():
            found = [coverage(metric, truth(n), n, P, clustered, args.runs, args.seed, costs)[0] for n in SIZES]
            line(name, found, args.runs)
        print()
    print(f"{'false alarms of change (5 % promised)':36}" + head())
    for clustered in (False, True):
        for metric in (*METRICS_OF_CHANGE, sales.profit_per_created_deal):
            costs = NO_PROFIT if metric is sales.profit_per_created_deal else COSTS
            found = [false_alarms(metric, n, P, clustered, args.runs, args.seed, costs) for n in SIZES]
            line(
                f"{metric.__name__}{', clustered' if clustered else ''}", [1 - x for x in found], args.runs, alarms=True
            )


def _shares(n: int, clustered: bool, args: Any) -> float:
    found = [coverage(sales.win_rate, p, n, p, clustered, args.runs, args.seed)[0] for p in SHARES]
    return sum(found) / len(found)


def head(sizes: tuple[int, ...] = SIZES) -> str:
    """The sizes above the cells of a table."""
    return "".join(f"{f'n = {n}':>12}" for n in sizes)


def line(name: str, found: list[float], runs: int, *, alarms: bool = False) -> None:
    """A line of a table: what was held at each size, marked where it is not what was promised."""
    band = 3 * math.sqrt(0.95 * 0.05 / runs)
    cells = (f"{(1 - x if alarms else x):.3f}{'*' if abs(x - 0.95) > band else ' '}" for x in found)
    print(f"{name:36}" + "".join(f"{c:>12}" for c in cells))


if __name__ == "__main__":
    main()
