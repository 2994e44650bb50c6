"""Ours: metrics of a prepared table, and of the raw frames of pandas and polars, converted anew at each call.

A table remembers the groups and months that it was once asked for. "ours" is a table in use; "ours first" forgets
them before each call, as if nobody had asked for these groups before. "ours limits" gives each number with its
confidence interval, beside peers who give the number alone; ids are hashed once, and win rates need none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.data import RECORDS
from benchmarks.engines import Engine, Query, Spellings
from crm_metrics import Breakdown, Deal, interval, marketing, month, sales, table, totals


def _cycle(data: Any) -> Any:
    deals = totals(data[0], Deal, "manager")
    return sales.average_sales_cycle(deals), sales.median_sales_cycle(deals)


def _revenue_and_margin(data: Any) -> Any:
    deals = totals(data[0], Deal, "product")
    return sales.won_revenue(deals), sales.gross_margin(deals)


SPELLINGS: Spellings = {
    "win rate": (lambda data: sales.win_rate(data[0]),),
    "win rate by manager": (lambda data: sales.win_rate(data[0], by="manager"),),
    "win rate by manager and month": (lambda data: sales.win_rate(data[0], by=("manager", month("closed_at"))),),
    "mean and median cycle by manager": (_cycle,),
    "revenue and margin by product": (_revenue_and_margin,),
    "cac by channel and month": (lambda data: marketing.cac(data[1], data[0], by=("channel", month)),),
}


def rows(result: Any) -> Iterator[tuple[Any, ...]]:
    """Breakdowns side by side, or one number."""
    results = result if isinstance(result, tuple) else (result,)
    if not isinstance(results[0], Breakdown):
        yield tuple(results)
        return
    for key in results[0]:
        parts = key if isinstance(key, tuple) else (key,)
        yield (*parts, *(r[key] for r in results))


def rows_of_table(result: Any) -> Iterator[tuple[Any, ...]]:
    """A table of records, told by three numbers."""
    deals = totals(result, Deal)
    yield len(result), sales.deals_won(deals), deals.mean(lambda d: d.amount)


def _rows(result: Any) -> Iterator[tuple[Any, ...]]:
    return rows_of_table(result) if hasattr(result, "report") else rows(result)


OF_IDS = ("one row each", "hashes", "buckets")  # what is remembered of ids is no group


def _forgetting(query: Query) -> Query:
    def first(data: Any) -> Any:
        for t in data:
            t.memo = {key: x for key, x in t.memo.items() if isinstance(key, tuple) and key[0] in OF_IDS}
        return query(data)

    return first


def _limits(*metrics: Any, by: Any = None) -> tuple[Query, ...]:
    """Metrics with their intervals; what is checked is the numbers."""

    def query(data: Any) -> Any:
        found = [interval(metric, data[0], by=by) for metric in metrics]
        return tuple(float(one) if by is None else one.breakdown() for one in found)

    return (query,)


LIMITS: Spellings = {
    "win rate": _limits(sales.win_rate),
    "win rate by manager": _limits(sales.win_rate, by="manager"),
    "mean and median cycle by manager": _limits(sales.average_sales_cycle, sales.median_sales_cycle, by="manager"),
    "revenue and margin by product": _limits(sales.won_revenue, sales.gross_margin, by="product"),
}
FIRST = {name: tuple(map(_forgetting, queries)) for name, queries in SPELLINGS.items()}
ENGINES = (
    Engine("ours", "table", {**SPELLINGS, RECORDS: (lambda deals: table(deals, Deal),)}, _rows, ("codes",)),
    Engine("ours first", "table", FIRST, rows, ("codes",)),
    Engine("ours limits", "table", LIMITS, rows, ("codes",)),
    Engine("ours<polars", "polars", SPELLINGS, rows),
    Engine("ours<pandas", "pandas", SPELLINGS, rows),
)
