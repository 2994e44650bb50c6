"""What is computed, the right answers by plain numpy, and the check that an engine gives them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from attrs import frozen

from benchmarks.data import CHANNELS, RECORDS, START, Array, Columns, Company, Labels

Key: TypeAlias = tuple[str, ...]
Answer: TypeAlias = Mapping[Key, tuple[float, ...]]
TOLERANCE = 1e-9
NAN = math.nan


@frozen
class Workload:
    """One question: how many parts a key has, what an absent group means, and the numpy that knows the answer."""

    name: str
    keys: int
    absent: tuple[float, ...]  # undefined is NaN, never 0; an absent sum is 0
    truth: Callable[[Company], Answer]


def answer(workload: Workload, rows: Iterable[tuple[Any, ...]]) -> Answer:
    """Rows of an engine (keys, then numbers) as numbers by key. A month is text, or year * 12 + month."""
    width = workload.keys
    return {tuple(map(_label, row[:width])): tuple(map(_number, row[width:])) for row in rows}


def _label(x: Any) -> str:
    if hasattr(x, "__index__"):
        year, month = divmod(int(x) - 1, 12)
        return f"{year}-{month + 1:02}"
    return str(x)


def _number(x: Any) -> float:
    return NAN if x is None else float(x)


def check(workload: Workload, engine: str, got: Answer, want: Answer) -> None:
    """Raise where an engine's numbers are not the right ones."""
    for key in {**want, **got}:
        a, b = got.get(key, workload.absent), want.get(key, workload.absent)
        if len(a) != len(b) or not all(_close(x, y) for x, y in zip(a, b, strict=True)):
            raise AssertionError(f"{workload.name}: {engine} gives {a} for {key or 'all'}, not {b}")


def _close(a: float, b: float) -> bool:
    return a == b or (a != a and b != b) or abs(a - b) <= TOLERANCE * abs(b)


# ---------------------------------------------------------------- the answers by numpy, simply


def _codes(columns: Columns, name: str) -> Array:
    x = columns[name]
    return np.asarray(x.codes if isinstance(x, Labels) else x, np.int64)


def _names(columns: Columns, name: str) -> tuple[str, ...]:
    x = columns[name]
    assert isinstance(x, Labels)
    return x.names


def _floats(columns: Columns, name: str) -> Array:
    x = columns[name]
    assert not isinstance(x, Labels)
    return x


def _month(columns: Columns, name: str) -> Array:
    """Months since the start; those of open deals are wild, and nobody asks for them."""
    return np.asarray(_floats(columns, name).astype("M8[M]") - START.astype("M8[M]"), np.int64)


def _over(a: Any, b: Any) -> Any:
    with np.errstate(all="ignore"):
        return a / b


def _overall(c: Company) -> Answer:
    won, lost = (int((_codes(c.deals, "status") == code).sum()) for code in (1, 2))
    return {(): (won / (won + lost) if won + lost else NAN,)}


def _by_manager(c: Company) -> Answer:
    status, manager = _codes(c.deals, "status"), _codes(c.deals, "manager")
    won, closed = (np.bincount(manager[rows]) for rows in (status == 1, status > 0))
    won = np.pad(won, (0, len(closed) - len(won)))
    names = _names(c.deals, "manager")
    return {(names[i],): (float(x),) for i, x in enumerate(_over(won, closed))}


def _by_manager_and_month(c: Company) -> Answer:
    closed = _codes(c.deals, "status") > 0
    cell = _codes(c.deals, "manager")[closed] * 100 + _month(c.deals, "closed_at")[closed]
    won = _codes(c.deals, "status")[closed] == 1
    rate = _over(np.bincount(cell, won), np.bincount(cell))
    return {_manager_month(c, i): (float(rate[i]),) for i in np.flatnonzero(rate == rate).tolist()}


def _manager_month(c: Company, cell: int) -> Key:
    return _names(c.deals, "manager")[cell // 100], _month_text(cell % 100)


def _month_text(month: int) -> str:
    return str(START.astype("M8[M]") + month)


def _cycle(c: Company) -> Answer:
    won = _codes(c.deals, "status") == 1
    days = (_floats(c.deals, "closed_at")[won] - _floats(c.deals, "created_at")[won]).astype(float) / 86.4e9
    manager = _codes(c.deals, "manager")[won]
    order = np.argsort(manager, kind="stable")
    groups = np.split(days[order], np.flatnonzero(np.diff(manager[order])) + 1) if len(days) else []
    found = manager[order][np.cumsum([0, *map(len, groups)])[:-1]] if groups else manager
    names = _names(c.deals, "manager")
    return {(names[i],): (float(g.mean()), float(np.median(g))) for i, g in zip(found.tolist(), groups, strict=True)}


def _revenue_and_margin(c: Company) -> Answer:
    amount, cost = _floats(c.deals, "amount"), _floats(c.deals, "cost")
    rows = (_codes(c.deals, "status") == 1) & (amount == amount)
    product = _codes(c.deals, "product")[rows]
    revenue, costs = (np.bincount(product, x[rows]) for x in (amount, cost))
    names = _names(c.deals, "product")
    margin = _over(revenue - costs, revenue)
    return {(names[i],): (float(revenue[i]), float(margin[i])) for i in range(len(revenue))}


def _cac(c: Company) -> Answer:
    """Spend over the different customers who bought: a customer with two won deals in a cell is one."""
    won = _codes(c.deals, "status") == 1
    cell = _codes(c.deals, "channel")[won] * 100 + _month(c.deals, "closed_at")[won]
    customers = _codes(c.deals, "customer")[won]
    top = int(customers.max(initial=0)) + 1
    size = len(CHANNELS) * 100
    new = np.bincount(np.unique(cell * top + customers) // top, minlength=size)
    spent = _codes(c.spend, "channel") * 100 + _month(c.spend, "at")
    cost = _over(np.bincount(spent, _floats(c.spend, "amount"), minlength=size), new)
    return {(CHANNELS[i // 100], _month_text(i % 100)): (float(cost[i]),) for i in np.flatnonzero(new).tolist()}


def _records(c: Company) -> Answer:
    """What can be told of any table without a second tool: rows, won, and the mean amount."""
    won = int((_codes(c.deals, "status") == 1).sum())
    return {(): (float(len(_codes(c.deals, "id"))), float(won), float(np.nanmean(_floats(c.deals, "amount"))))}


WORKLOADS = {
    w.name: w
    for w in (
        Workload("win rate", 0, (NAN,), _overall),
        Workload("win rate by manager", 1, (NAN,), _by_manager),
        Workload("win rate by manager and month", 2, (NAN,), _by_manager_and_month),
        Workload("mean and median cycle by manager", 1, (NAN, NAN), _cycle),
        Workload("revenue and margin by product", 1, (0.0, NAN), _revenue_and_margin),
        Workload("cac by channel and month", 2, (NAN,), _cac),
        Workload(RECORDS, 0, (0.0, 0.0, NAN), _records),
    )
}
