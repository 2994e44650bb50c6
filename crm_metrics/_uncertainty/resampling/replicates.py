"""A metric's number for each group, and its numbers on resamples of the independent units."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import evolve, frozen

from crm_metrics._tables.opening import open_rows
from crm_metrics._totals.asks import Ask, Sums
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import about
from crm_metrics._totals.totals import Totals
from crm_metrics._uncertainty.resampling.asked import Size, Wanted
from crm_metrics._uncertainty.resampling.buckets import BUCKETS, Unit, bucket, in_both, unit_name
from crm_metrics._uncertainty.resampling.resamples import (
    BESIDE,
    RESAMPLES,
    Draw,
    Fixed,
    Resampled,
    all_but_one,
    each_alone,
    resampled,
)
from crm_metrics._uncertainty.resampling.spreads import CellTotals, Spread, Whole
from crm_metrics._values.breakdown import Breakdown, joint
from crm_metrics._values.exact import Array, Unit as Currency
from crm_metrics.errors import UnknownName, WrongCall, listed

ROUNDING = 1e-9  # by so much may a share of totals be above 1
PRIMES = (1009, 15485863, 982451653, 32452843, 104729)  # no share of one by another is that of others


@frozen(eq=False)
class Replicates:
    """A metric's number for each group, and its numbers on resamples of the independent units."""

    keys: tuple[Any, ...] | None
    names: tuple[str, ...]
    value: Array
    resampled: Array | None  # None where a closed form needs none
    size: Size  # how much is behind the smallest of the totals that it is made of
    kind: str  # share, count, quantile or number
    presumed: bool = False  # that each has one is taken from the crowding of ids in buckets
    halves: Array | None = None  # of a quantile, the middles between it and the values next to it
    ends: Array | None = None  # of a quantile and nothing else, what it would be at the least and the greatest value
    nature: Nature | None = None
    currency: Currency = None  # of an amount of money, in each group


@frozen(eq=False)
class Nature:
    """What a number may be, from what it is in single buckets: whether it is never negative, and whether a share.

    A share of counts has limits even where all agree. ``most`` is the most that a number may be as it is declared,
    unless a bucket has more; infinite where nothing is declared.
    """

    positive: Array
    share: Array
    counted: bool
    most: Array


class Sides:
    """The rows of a metric, asked what it needs; several of them (before and after) share their resamples."""

    def __init__(self, metric: Any, rows: Sequence[Any], by: By, unit: Unit | None, seed: int) -> None:
        self.metric, self.records, self.seed = metric, about(metric).records, seed
        if len(rows) != len(self.records):
            names = listed(r.__name__ for r in self.records)
            raise WrongCall(f"{about(metric).name} reads {names}: give rows of each, got {len(rows)}")
        self.sides = [Spread(r, record, by) for r, record in zip(rows, self.records, strict=True)]
        metric(*self.sides)
        self.unit = self._counted() if unit is None else unit
        if not any(side.is_free(self.unit) for side in self.sides):
            self._refuse()
        self._cells: dict[bool, list[list[tuple[str | None, CellTotals]]]] = {}

    def _counted(self) -> Unit | None:
        """The one column whose different values the metric counts, where there is one."""
        counted = [ask for side in self.sides if side.given is None for w in side.wanted.values() for ask in w.counted]
        columns = {ask.column for ask in counted}
        if len(columns) != 1:
            return None
        (column,) = columns
        name = unit_name(column)
        return name if any(name in side.rows for side in self.sides if side.given is None) else column

    def _refuse(self) -> None:
        unit = "id" if self.unit is None else unit_name(self.unit)
        if any(side.given is not None for side in self.sides):
            raise WrongCall(f'for an interval of totals, summarize them with by=(..., bucket("{unit}"))')
        have = listed(n for side in self.sides for n in side.rows.columns)
        raise UnknownName(f"no rows have the unit {unit!r}; they have {have}: name the unit that is independent, unit=")

    # ---- what is asked
    @property
    def wanted(self) -> list[Wanted]:
        return [wanted for side in self.sides for wanted in side.wanted.values()]

    @property
    def asks(self) -> list[Ask]:
        return [ask for wanted in self.wanted for ask in wanted.asks]

    @functools.cached_property
    def kind(self) -> str:
        """A share of rows, a count of rows, a quantile, or another number."""
        if any(wanted.quantiles for wanted in self.wanted):
            return "quantile"
        if len(self.records) > 1 or len(self.wanted) > 1 or {ask.kind for ask in self.asks} != {"count"}:
            return "number"
        return "share" if self.whole_of else "count" if self._tried()[0] == PRIMES[0] else "number"

    @functools.cached_property
    def whole_of(self) -> tuple[Ask, ...]:
        """Of a share of rows, the counts that make up the whole; none where it is no such share."""
        if about(self.metric).unit != "share":
            return ()
        value, counts = self._tried()
        wholes = [(ask,) for ask in counts] + list(itertools.combinations(counts, 2))
        for whole in wholes:
            n = sum(counts[ask] for ask in whole)
            if any(math.isclose(x * n, c) for x in (value, 1 - value) for c in counts.values() if c < n):
                return whole
        return ()

    def _tried(self) -> tuple[float, dict[Ask, int]]:
        """The metric of made-up counts, which tell what it does with them; the larger it asks for later."""
        counts = dict(zip(self.asks, PRIMES, strict=False))
        if len(counts) < len(self.asks):
            return math.nan, counts
        entries = {ask: Sums(np.array([x])) for ask, x in counts.items()}
        return float(self.metric(Totals(self.records[0], None, entries))), counts

    @property
    def is_closed(self) -> bool:
        """Whether there is a closed form, for which every row has to be a unit of its own."""
        return self.kind in ("share", "count") and all(side.each_alone(self.unit) for side in self.sides)

    def overlap(self, other: Sides) -> float | None:
        """The share of units that have rows on both sides; None where totals do not tell."""
        found = self.in_both(other)
        return (
            None if found is None else max((common / math.sqrt(n * m) for common, n, m in found if common), default=0.0)
        )

    def in_both(self, other: Sides) -> list[tuple[int, int, int]] | None:
        """How many units have rows on both sides, here and there, in the rows of each record that names units."""
        if any(side.given is not None for side in (*self.sides, *other.sides)):
            return None
        pairs = [(a, b) for a, b in zip(self.sides, other.sides, strict=True) if a.is_free(self.unit)]
        unit = self.unit or "id"
        tables = [tuple(open_rows(side.rows, side.record) for side in pair) for pair in pairs]
        known = [(a, b) for a, b in tables if not isinstance(unit, str) or (unit in a and unit in b)]
        return [in_both(a, b, unit) for a, b in known]

    # ---- what is found
    def cells(self, *, spread: bool) -> list[list[tuple[str | None, CellTotals]]]:
        """The totals of each record by group and bucket; without buckets for a closed form."""
        if spread not in self._cells:
            self._cells[spread] = [
                [(at, side.cells(at, self.unit, self.seed, spread=spread)) for at in side.wanted] for side in self.sides
            ]
        return self._cells[spread]

    def keys(self, *, spread: bool) -> tuple[Any, ...] | None:
        """The groups of all records together."""
        found = [cells for side in self.cells(spread=spread) for _, cells in side]
        if any(cells.keys is None for cells in found):
            return None
        names = [Breakdown(c.keys or (), num=np.zeros(c.groups, int), names=c.names) for c in found]
        return tuple(joint(*names))

    def replicates(self, keys: tuple[Any, ...] | None, *, spread: bool = True) -> Replicates:
        """The metric on the whole and on resamples, for these groups."""
        laid = [[(at, cells.on(keys)) for at, cells in side] for side in self.cells(spread=spread)]
        whole = [{at: cells.whole() for at, cells in side} for side in laid]
        groups = 1 if keys is None else len(keys)
        size = self._size(laid, groups)
        names = next((cells.names for side in laid for _, cells in side if cells.names), ())
        value = self._numbers(whole, groups, 1)[:, 0]
        presumed = any(cells.known is not None and cells.known.each is None for side in laid for _, cells in side)
        money = about(self.metric).unit == "money"
        currency = _currency([totals for side in whole for totals in side.values()], groups) if money else None
        found = Replicates(keys, names, value, None, size, self.kind, presumed, currency=currency)
        if not spread:
            return found

        def drawn(draw: Draw, count: int = BUCKETS) -> Array:
            sides = zip(laid, whole, strict=True)
            made = [{at: Resampled(cells, totals[at], draw, count) for at, cells in side} for side, totals in sides]
            return self._numbers(made, groups, count)

        if self.kind == "quantile":
            numbers = drawn(resampled(self.seed), RESAMPLES + BESIDE)
            ends = numbers[:, -2:] if len(self.asks) == 1 and len(self.wanted[0].quantiles) == 1 else None
            return evolve(found, resampled=numbers[:, :-BESIDE], halves=numbers[:, -BESIDE:-2], ends=ends)
        nature = self._nature(drawn(each_alone), laid) if self.kind == "number" else None
        return evolve(found, resampled=drawn(all_but_one), nature=nature)

    def _nature(self, alone: Array, laid: Sequence[Sequence[tuple[str | None, CellTotals]]]) -> Nature:
        """What the number may be, from what it is in each bucket.

        Over a quota that is known, what one bucket sold is less than 1 however much was sold: that is no share.
        """
        all_drawn = all(cells.known is not None for side in laid for _, cells in side)
        known = np.where(np.isfinite(alone), alone, 0)
        positive = known.min(axis=1) >= 0
        is_share = about(self.metric).unit == "share"
        counted = all(ask.kind in ("count", "tally", "missing") for ask in self.asks)
        highest, declared = known.max(axis=1), about(self.metric).most
        most = np.inf if declared is None else np.where(highest <= declared + ROUNDING, declared, np.inf)
        share = positive & (highest <= 1 + ROUNDING) & (is_share and all_drawn)
        return Nature(positive, share, counted, np.broadcast_to(most, len(share)))

    def _numbers(self, made: Sequence[dict[Any, Any]], groups: int, count: int) -> Array:
        """The metric of totals by group and replicate."""
        fixed = [Fixed(s.record, dict(m), s.looked_up()) for s, m in zip(self.sides, made, strict=True)]
        numbers = np.asarray(self.metric(*fixed), float)
        return np.broadcast_to(numbers, groups * count).reshape(groups, count)

    def _size(self, laid: list[list[tuple[str | None, CellTotals]]], groups: int) -> Size:
        """How much is behind the number: all rows, and as few units as behind the smallest total it is made of."""
        most = np.full(groups, np.inf)
        size = Size(np.zeros(groups), most, most, np.ones(groups, bool))
        for side, found in zip(self.sides, laid, strict=True):
            for at, cells in found:
                if cells.known is None:
                    continue
                if self.kind == "share":
                    return _of_whole(self.whole_of, cells)
                for ask in side.wanted[at].asks:
                    if ask.kind != "missing":
                        size = size.and_(_behind(ask, cells, side.wanted[at]))
        return size


def _currency(made: Sequence[Whole], groups: int) -> Currency:
    """The currency of each group's amounts, None where it has none."""
    out: list[Any] = [None] * groups
    for totals in made:
        for entry in (*totals.entries.values(), *totals.ranked.values()):
            unit = getattr(entry, "unit", None)
            each = unit.tolist() if isinstance(unit, np.ndarray) else [unit] * groups
            out = [a if b is None else b for a, b in zip(each, out, strict=True)]
    return np.array([*out, None], object)[:-1]


def _of_whole(whole: tuple[Ask, ...], cells: CellTotals) -> Size:
    """The size of the whole that a share is of."""
    assert cells.known is not None
    rows = np.sum([cells.array(ask) for ask in whole], axis=0)
    known = cells.known if len(whole) == 1 else evolve(cells.known, rows=None)
    return known.size(rows.sum(axis=1), (rows > 0).sum(axis=1), whole[0].where)


def _behind(ask: Ask, cells: CellTotals, wanted: Wanted) -> Size:
    """The size of the rows that a total is of; of a quantile, twice that of the rows beyond it."""
    assert cells.known is not None
    rows = cells.array(Ask("count", None, ask.where))
    n = rows.sum(axis=1)
    if ask.kind != "count" and (lacking := Ask("missing", ask.column, ask.where)) in cells.base.entries:
        rows = rows - cells.array(lacking)
    found = cells.known.size(rows.sum(axis=1), (rows > 0).sum(axis=1), ask.where)
    beyond = min((2 * min(q, 1 - q) for of, q in wanted.quantiles if of == ask), default=1.0)
    return evolve(found, rows=n, units=found.units * beyond)


__all__ = ["BUCKETS", "Replicates", "Sides", "bucket"]
