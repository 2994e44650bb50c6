"""Quantiles of resamples from the rows themselves, which are sorted once.

A resample shifts the rank at which the sample's own quantile lies (Bahadur), so that nothing is drawn and sorted again.
"""

from __future__ import annotations

import functools
from fractions import Fraction

import numpy as np
from attrs import evolve, frozen

from crm_metrics._totals.quantiles import middles
from crm_metrics._totals.tallies import Tally
from crm_metrics._uncertainty.resampling.buckets import BUCKETS
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics._values.exact import BIG, Array, Exact, Unit, big, multiplied, over, plus
from crm_metrics._values.keys import Keys


@frozen(eq=False, slots=False)
class Ranked:
    """Values of rows, each in a cell of its group and bucket."""

    cell: Array
    value: Array
    groups: int
    scale: int
    unit: Unit  # of each group, or of all
    q: Fraction

    def on(self, at: Array, n: int) -> Ranked:
        """The same rows among more groups."""
        return evolve(self, cell=at[self.group] * BUCKETS + self.cell % BUCKETS, groups=n)

    @functools.cached_property
    def group(self) -> Array:
        """The group of each row."""
        return np.asarray(self.cell // BUCKETS)

    @property
    def fits(self) -> bool:
        """Whether a group and a value fit into one integer, and twice a value too."""
        fits = self.value.dtype != object and big(self.value) <= BIG // 4
        return fits and (self.groups + 1) * self._span() <= BIG // 2

    def _span(self) -> int:
        return int(self.value.max()) - int(self.value.min()) + 1 if len(self.value) else 1

    @functools.cached_property
    def _own(self) -> Array:
        """What is added to the values of each group, and after the last of them."""
        return np.arange(self.groups + 1) * np.int64(self._span()) - (int(self.value.min()) if len(self.value) else 0)

    @functools.cached_property
    def _sorted(self) -> tuple[Array, Array]:
        """Group and value in one integer, sorted, and where each group begins."""
        packed = self._own.take(self.group) + self.value
        packed.sort()
        return packed, np.searchsorted(packed, np.arange(self.groups + 1) * np.int64(self._span()))

    @functools.cached_property
    def middle(self) -> tuple[Array, Array]:
        """Twice the quantile of each group, and the rows that it is of."""
        packed, edge = self._sorted
        n = np.diff(edge)
        if not len(packed):
            return np.zeros(self.groups, np.int64), n
        low, high = (
            packed.take(np.minimum(edge[:-1] + r, len(packed) - 1)) - self._own[:-1] for r in middles(n, self.q)
        )
        return np.where(n > 0, plus(low, high), 0), n

    def number(self, keys: Keys | None, names: tuple[str, ...]) -> Number:
        """The quantile as metrics see it."""
        num, n = self.middle
        if keys is None:
            unit = self.unit[0] if isinstance(self.unit, np.ndarray) else self.unit
            return Exact(int(num[0]), 2 * self.scale, unit) if n[0] else float("nan")
        array = np.where(n > 0, over(num, 2 * self.scale), np.nan)
        return Breakdown(keys, array, names=names)

    @functools.cached_property
    def count(self) -> Array:
        """Rows by group and bucket."""
        return self._counted(self.cell)

    @property
    def below(self) -> Array:
        """Rows up to the quantile, by group and bucket."""
        most = self.middle[0] // 2
        return self._counted(self.cell[self.value <= (most[0] if self.groups == 1 else most.take(self.group))])

    def _counted(self, cell: Array) -> Array:
        return np.bincount(cell, minlength=self.groups * BUCKETS).reshape(self.groups, BUCKETS)

    def at_ranks(self, p: Array) -> Array:
        """The values at many ranks of each group."""
        packed, edge = self._sorted
        n = self.middle[1][:, None]
        if not len(packed):
            return np.full(p.shape, np.nan)
        rank = np.clip(np.ceil(np.nan_to_num(p) * n).astype(np.int64), 1, np.maximum(n, 1)) - 1 + edge[:-1, None]
        value = packed.take(np.minimum(rank, len(packed) - 1)) - self._own[:-1, None]
        return np.where(np.isnan(p) | (n == 0), np.nan, value.astype(float) / float(self.scale))

    def steps(self) -> Array:
        """The middles between each group's quantile and the values next to it."""
        packed, edge = self._sorted
        twice, n = self.middle
        own, last = self._own[:-1], max(len(packed) - 1, 0)
        if not len(packed):
            return np.full((self.groups, 2), np.nan)
        below = np.searchsorted(packed, -(-twice // 2) + own) - 1  # the last value less than the quantile
        above = np.searchsorted(packed, twice // 2 + own, side="right")
        low = np.where(below >= edge[:-1], twice / 2 - (packed[np.clip(below, 0, last)] - own), 0.0)
        high = np.where(above < edge[1:], packed[np.clip(above, 0, last)] - own - twice / 2, 0.0)
        return np.where((n > 0)[:, None], beside_middle(twice / 2, low, high, self.scale), np.nan)

    def ends(self) -> Array:
        """The least and the greatest value of each group."""
        packed, edge = self._sorted
        if not len(packed):
            return np.full((self.groups, 2), np.nan)
        at = np.clip(np.stack([edge[:-1], edge[1:] - 1], axis=1), 0, len(packed) - 1)
        value = packed.take(at) - self._own[:-1, None]
        return np.where(self.middle[1][:, None] > 0, value / float(self.scale), np.nan)


def beside_middle(value: Array, low: Array, high: Array, scale: int) -> Array:
    """Half of the step down and half of the step up from a value; the other step where there is none on one side."""
    low, high = np.where(low > 0, low, high), np.where(high > 0, high, low)
    return np.stack([value - low / 2, value + high / 2], axis=1).astype(float) / float(scale)


def at_rank(whole: Tally, n: Array, p: Array) -> Array:
    """The value at rank `p` of each group of `n`, for many `p`."""
    if not len(whole.count):
        return np.full(p.shape, np.nan)
    reached = np.cumsum(whole.count)
    before = np.append(0, reached)[np.searchsorted(whole.group, np.arange(len(n)))][:, None]
    rank = np.ceil(np.nan_to_num(p) * n[:, None]).astype(np.int64)
    rank = np.clip(rank, 1, np.maximum(n, 1)[:, None]) + before
    value = whole.value[np.minimum(np.searchsorted(reached, rank), len(reached) - 1)]
    return np.where(np.isnan(p) | (n[:, None] == 0), np.nan, value.astype(float) / float(whole.scale))


def half_steps(values: Tally, twice: Array, scale: int) -> Array:
    """Of each group's quantile, half of the step down and half of the step up to the values that are next to it.

    Where there is none on one side the step is that of the other; where there is no other value, there is no step.
    """
    groups = np.arange(len(twice))
    start, end = (np.searchsorted(values.group, groups, side=side) for side in ("left", "right"))
    doubled = multiplied(values.value, 2)
    if not len(doubled):
        return np.full((len(twice), 2), np.nan)
    before = np.bincount(values.group, doubled < twice[values.group], len(twice)).astype(np.intp)
    until = np.bincount(values.group, doubled <= twice[values.group], len(twice)).astype(np.intp)
    down, up = start + before - 1, start + until
    value, last = twice / 2, len(doubled) - 1
    low = np.where(down >= start, value - values.value[np.clip(down, 0, last)], 0).astype(float)
    high = np.where(up < end, values.value[np.clip(up, 0, last)] - value, 0).astype(float)
    return np.where((end > start)[:, None], beside_middle(value, low, high, scale), np.nan)


def ends(values: Tally, size: int) -> Array:
    """The least and the greatest value of each group."""
    if not len(values.count):
        return np.full((size, 2), np.nan)
    first, last = (np.searchsorted(values.group, np.arange(size), side=side) for side in ("left", "right"))
    at = np.clip(np.stack([first, last - 1], axis=1), 0, len(values.count) - 1)
    return np.where((last > first)[:, None], values.value[at].astype(float) / float(values.scale), np.nan)
