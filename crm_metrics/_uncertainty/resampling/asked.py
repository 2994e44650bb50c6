"""What a metric asks of each record, found by a run in which it is told nothing; and how much is behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._totals.asks import Ask, Sums
from crm_metrics._totals.source import Source
from crm_metrics._totals.tallies import Tally
from crm_metrics._totals.totals import Totals
from crm_metrics._uncertainty.resampling.buckets import BUCKETS, Unit, how_many, unit_name
from crm_metrics._values.breakdown import Number
from crm_metrics._values.exact import Array
from crm_metrics.errors import WrongCall

NO_INTERVAL = "this number has no interval by resampling: give its parts, or its curve, one"
FEW = BUCKETS // 2  # groups in fewer buckets have their units counted, where there are rows


# ---------------------------------------------------------------- what is asked


class Wanted:
    """What a metric asks of one record at one time."""

    def __init__(self) -> None:
        self.asks: dict[Ask, None] = {}
        self.counted: dict[Ask, None] = {}  # distributions of which it counts the values
        self.quantiles: list[tuple[Ask, float]] = []

    def all(self) -> list[Ask]:
        """The asks, and those that say how many rows are behind each."""
        more = [Ask("count", None, ask.where) for ask in self.asks if ask.kind in ("sum", "tally")]
        more += [Ask("missing", ask.column, ask.where) for ask in self.asks if ask.kind in ("sum", "tally")]
        return list(dict.fromkeys([*self.asks, *more]))


class Asking(Totals):
    """Totals for a first run of the metric: what it asks is noted, what it is told is 1."""

    def __init__(self, record: type, wanted: Wanted) -> None:
        super().__init__(record, None, {})
        self.wanted = wanted

    def _entry(self, ask: Ask) -> Any:
        if ask.kind == "split":
            raise WrongCall(NO_INTERVAL)
        self.wanted.asks[ask] = None
        if ask.kind == "tally":
            return Tally(np.zeros(1, np.intp), np.zeros(1, np.int64), np.ones(1, np.int64), labels=("",))
        return Sums(np.ones(1, np.int64))

    def tally(self, column: Any, *, where: Any = None) -> Tally:
        raise WrongCall(NO_INTERVAL)

    def _different(self, ask: Ask, hit: Callable[[Tally], Array]) -> Number:
        self.wanted.counted[ask] = None
        self._entry(ask)
        return 1

    def distinct(self, column: Any, *, where: Any = None, at_least: int = 1) -> Number:
        return self._different(Ask("tally", column, where), lambda tally: tally.count >= at_least)

    def among(self, column: Any, others: Totals, theirs: Any, *, where: Any = None, their: Any = None) -> Number:
        others.labels(theirs, where=their)
        return self._different(Ask("tally", column, where), lambda tally: tally.count > 0)

    def quantile(self, column: Any, q: float, *, where: Any = None) -> Number:
        ask = Ask("tally", column, where)
        self.wanted.quantiles.append((ask, float(q)))
        self._entry(ask)
        return 1.0


# ---------------------------------------------------------------- how much is behind it


@frozen(eq=False)
class Size:
    """How much is behind a number, in each group: rows, units, units as far as buckets tell, and whether each has one.

    Buckets are a floor for the number of units. It is what totals know, and the degrees of freedom; groups of few units
    are counted from the rows where there are any.
    """

    rows: Array
    units: Array
    varying: Array
    alone: Array

    def and_(self, other: Size) -> Size:
        """Of a number that is made of two totals."""
        low = np.minimum
        alone = self.alone & other.alone
        return Size(
            np.maximum(self.rows, other.rows), low(self.units, other.units), low(self.varying, other.varying), alone
        )


@frozen(eq=False)
class KnownUnits:
    """What is known of the units of rows: whether each has one row, and where that has to be asked.

    ``each`` is one answer for each group, None where totals do not tell; ``rows`` tell how many units a group has.
    """

    each: Array | None
    unit: Unit
    rows: Source | None = None
    at: Array | None = None  # where the groups of the rows are, among more groups

    def on(self, at: Array, n: int) -> KnownUnits:
        """The same for more groups."""
        each = None if self.each is None else np.ones(n, bool)
        if each is not None:
            each[at] = self.each
        return KnownUnits(each, self.unit, self.rows, at)

    def size(self, rows: Array, occupied: Array, where: Any) -> Size:
        """How much the rows of each group are, that are in so many buckets."""
        if self.each is not None and self.each.all():
            return Size(rows, rows, rows, np.ones(len(rows), bool))
        if self.each is None and unit_name(self.unit) == "id":  # of ids each row has its own, unless they crowd
            expected = BUCKETS * (1 - (1 - 1 / BUCKETS) ** rows)
            alone = occupied > expected - 4 * np.sqrt(expected * (1 - expected / BUCKETS)) - 1
            units = np.where(alone, rows, occupied)
            return Size(rows, units, units, alone)
        found = occupied.astype(float)
        small = (occupied < FEW) & (occupied < rows)
        if self.rows is not None and small.any():
            found[small] = self._counted(len(rows), where)[small]
        alone = found >= rows
        return Size(rows, found, np.where(alone, rows, occupied), alone)

    def _counted(self, n: int, where: Any) -> Array:
        assert self.rows is not None
        part = self.rows.part(where)
        place = np.zeros(part.groups.size, np.intp)
        present = self.rows.by.present
        place[np.arange(1) if present is None else present] = np.arange(1 if present is None else len(present))
        group = place[part.groups.numbers()]
        own = how_many(part.t, self.unit, np.arange(len(part.t)), group, 1 if present is None else len(present))
        if self.at is None:
            return own
        out = np.zeros(n, np.int64)
        out[self.at] = own
        return out
