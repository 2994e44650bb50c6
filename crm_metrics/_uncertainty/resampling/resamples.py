"""The metric on any weighted resample of the units: a resample is a weighted sum of bucket totals.

So any metric that is a function of totals can be replicated, on summarized parts of the data too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from crm_metrics._totals.asks import Ask
from crm_metrics._totals.of_rows import Shared
from crm_metrics._totals.quantiles import of_tally
from crm_metrics._totals.tallies import Tally
from crm_metrics._totals.totals import Totals
from crm_metrics._uncertainty.resampling.asked import NO_INTERVAL
from crm_metrics._uncertainty.resampling.buckets import BUCKETS
from crm_metrics._uncertainty.resampling.ranks import Ranked, at_rank, ends, half_steps
from crm_metrics._uncertainty.resampling.spreads import CellTotals
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics._values.exact import Array, multiplied
from crm_metrics.errors import WrongCall

RESAMPLES = 400
Draw: TypeAlias = Callable[[Array], Array]
"""What makes totals of replicates from those of buckets: (group, bucket) -> (group, replicate)."""

BESIDE = (
    4  # after the resamples of a quantile come the middles between it and the values next to it, and all values' ends
)


class Resampled(Totals):
    """Weighted sums of bucket totals: one group for each (group, replicate)."""

    def __init__(self, cells: CellTotals, whole: Totals, draw: Draw, replicates: int = BUCKETS) -> None:
        super().__init__(cells.base.record, range(cells.groups * replicates), {})
        self.cells, self.whole, self.draw, self.replicates = cells, whole, draw, replicates

    def _weighted(self, x: Array) -> Array:
        """(group, bucket) -> (group, replicate)."""
        if self.cells.buckets == 1:
            return np.repeat(x, self.replicates, axis=1)
        return self.draw(x)

    def _out_of(self, ask: Ask) -> Breakdown:
        return Breakdown(self.keys or (), self._weighted(self.cells.array(ask)).ravel())

    def count(self, where: Any = None) -> Number:
        return self._out_of(Ask("count", None, where))

    def sum(self, column: Any, *, where: Any = None) -> Number:
        return self._out_of(Ask("sum", column, where))

    def missing(self, column: Any, *, where: Any = None) -> Number:
        return self._out_of(Ask("missing", column, where))

    def counts(self, column: Any, *, where: Any = None) -> Breakdown:
        raise WrongCall("a metric whose groups come from the data's values has no interval: use by= for them")

    def tally(self, column: Any, *, where: Any = None) -> Tally:
        raise WrongCall(NO_INTERVAL)

    def sums(self, column: Any, *, per: Any, where: Any = None) -> Breakdown:
        raise WrongCall(NO_INTERVAL)

    def labels(self, column: Any, *, where: Any = None) -> frozenset[Any]:
        return self.whole.labels(column, where=where)

    def among(self, column: Any, others: Totals, theirs: Any, *, where: Any = None, their: Any = None) -> Number:
        known = others.labels(theirs, where=their)
        return self._different(Ask("tally", column, where), lambda t: np.array([v in known for v in t.values()], bool))

    def rows_among(self, column: Any, others: Totals, theirs: Any, *, where: Any = None, their: Any = None) -> Number:
        known, t = others.labels(theirs, where=their), self.cells.base.entries[Ask("tally", column, where)]
        assert isinstance(t, Tally)
        hit = t.count * np.array([v in known for v in t.values()], bool)
        rows = np.bincount(t.group, hit, self.cells.groups * self.cells.buckets)
        return Breakdown(self.keys or (), self._weighted(rows.reshape(self.cells.groups, self.cells.buckets)).ravel())

    def distinct(self, column: Any, *, where: Any = None, at_least: int = 1) -> Number:
        if at_least == 1:
            return self._different(Ask("tally", column, where), lambda tally: np.ones(len(tally.count), bool))
        return self._different(Ask("tally", column, where), lambda tally: tally.count >= at_least)

    def _different(self, ask: Ask, hit: Callable[[Tally], Array]) -> Number:
        """Values that a bucket alone holds count with its weight; those of several buckets count once."""
        t, whole = self.cells.base.entries[ask], self.whole.entries[ask]
        assert isinstance(t, Tally) and isinstance(whole, Tally)
        group, value = t.group // self.cells.buckets, t.value
        by = np.lexsort((value, group))
        g, v, cell = group[by], value[by], t.group[by]
        new = np.append(True, (g[1:] != g[:-1]) | (v[1:] != v[:-1])) if len(g) else np.empty(0, bool)
        alone = new & np.append(new[1:], True) if len(g) else new
        counts = hit(whole)[np.cumsum(new) - 1] if len(g) else new  # both are sorted by group and value
        own = np.bincount(cell[alone & counts], minlength=self.cells.groups * self.cells.buckets)
        shared = np.bincount(g[new & ~alone & counts], minlength=self.cells.groups)
        x = self._weighted(own.reshape(self.cells.groups, self.cells.buckets).astype(float)) + shared[:, None]
        return Breakdown(self.keys or (), x.ravel())

    def quantile(self, column: Any, q: float, *, where: Any = None) -> Number:
        """The sample's quantile at each replicate's shift of rank (Bahadur): nothing is sorted again."""
        ask, share = Ask("tally", column, where), Fraction(str(q))
        if (found := self.cells.ranked.get((ask, float(q)))) is not None:
            return self._of_rows(found, float(q))
        whole, cells = self.whole.entries[ask], self.cells.base.entries[ask]
        assert isinstance(whole, Tally) and isinstance(cells, Tally)
        size, buckets = self.cells.groups, self.cells.buckets
        at, n = of_tally(whole, size, share), whole.sizes(size)
        group = cells.group // buckets
        hit = cells.count * (multiplied(cells.value, 2) <= at[group])
        below = np.bincount(cells.group, hit, size * buckets).reshape(size, buckets)
        count = np.bincount(cells.group, cells.count, size * buckets).reshape(size, buckets)
        values = at_rank(whole, n, float(q) - self._shift(below, count))
        values[:, -BESIDE:] = np.concatenate([half_steps(whole, at, whole.scale), ends(whole, size)], axis=1)
        return Breakdown(self.keys or (), values.ravel())

    def _of_rows(self, found: Ranked, q: float) -> Breakdown:
        values = found.at_ranks(q - self._shift(found.below, found.count))
        values[:, -BESIDE:] = np.concatenate([found.steps(), found.ends()], axis=1)
        return Breakdown(self.keys or (), values.ravel())

    def _shift(self, below: Array, count: Array) -> Array:
        """By how much of the rows each resample has more of them up to the quantile."""
        with np.errstate(all="ignore"):
            out: Array = self._weighted(below) / self._weighted(count) - (below.sum(1) / count.sum(1))[:, None]
        return out


class Fixed(Shared):
    """Totals that were made already, by the time they were read at."""

    def __init__(self, record: type, made: dict[str | None, Totals], looked: Totals | None) -> None:
        self.record, self.by, self.given, self.fixed, self.looked = record, None, None, made, looked

    def totals(self, at: str | None) -> Totals:
        return self.fixed[at]

    def whole(self) -> Totals:
        assert self.looked is not None
        return self.looked


def all_but_one(x: Array) -> Array:
    """Each replicate leaves one bucket out: the jackknife's."""
    return np.asarray((x.sum(axis=1, keepdims=True) - x) * (BUCKETS / (BUCKETS - 1)))


def each_alone(x: Array) -> Array:
    """Each replicate is one bucket, from which is seen what the number may be."""
    return x


def resampled(seed: int) -> Draw:
    """Buckets drawn with replacement, many times: the bootstrap's."""
    drawn = weights(seed)
    return lambda x: np.asarray(np.asarray(x, float) @ drawn.T)


@functools.lru_cache(maxsize=8)
def weights(seed: int) -> Array:
    """How often each bucket is drawn, in each of many resamples; then as often as it is, for what comes after them."""
    drawn = np.random.default_rng(seed % 2**64).multinomial(BUCKETS, np.full(BUCKETS, 1 / BUCKETS), RESAMPLES)
    out = np.concatenate([drawn.astype(float), np.ones((BESIDE, BUCKETS))])
    out.flags.writeable = False  # it is given to all who ask
    return out
