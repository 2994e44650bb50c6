"""Counts and sums by a finer key: how often each value occurs in each group, what each label of a group sums up to.

Distinct counts and quantiles come from the counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from attrs import evolve, frozen

from crm_metrics._tables.encoding.column import sorted_labels
from crm_metrics._values.exact import BIG, WIDE, Array, Unit, big, lay_unit, multiplied, one_unit


@frozen(eq=False)
class Tally:
    """(group, value, count), sorted by group and value, each pair once.

    A value is an integer over `scale`, or a code into `labels`.
    """

    group: Array
    value: Array
    count: Array
    scale: int = 1
    labels: Sequence[Any] | None = None
    unit: Unit = None

    def values(self) -> list[Any]:
        """The values as a person reads them."""
        if self.labels is not None:
            return [self.labels[c] for c in self.value.tolist()]
        whole = self.value.tolist()
        return whole if self.scale == 1 else [WIDE.divide(Decimal(v), self.scale) for v in whole]

    def named(self, labels: Sequence[Any]) -> Tally:
        """The same counts, their values being codes into labels."""
        return evolve(self, labels=labels)

    def sizes(self, n: int) -> Array:
        """Rows per group."""
        out = np.zeros(n, np.int64)
        np.add.at(out, self.group, self.count)
        return out

    def lay(self, at: Array, n: int) -> Tally:
        """The same counts with other group numbers."""
        group = at[self.group]
        back = np.lexsort((self.value, group))
        unit = lay_unit(self.unit, at, n)
        return evolve(self, group=group[back], value=self.value[back], count=self.count[back], unit=unit)

    def add(self, other: Tally) -> Tally:
        a, b = _alike(self, other)
        group = np.concatenate([a.group, b.group])
        value = np.concatenate([a.value, b.value])
        count = np.concatenate([a.count, b.count])
        out = tally(group, value, count)
        return evolve(out, scale=a.scale, labels=a.labels, unit=one_unit(self.unit, other.unit))


@frozen(eq=False)
class Split:
    """(group, label, sum), sorted by group and label, each pair once: integers over `scale`, labels as codes."""

    group: Array
    code: Array
    num: Array
    scale: int
    labels: Sequence[Any]
    unit: Unit = None

    def lay(self, at: Array, n: int) -> Split:
        """The same sums with other group numbers."""
        group = at[self.group]
        back = np.lexsort((self.code, group))
        unit = lay_unit(self.unit, at, n)
        return evolve(self, group=group[back], code=self.code[back], num=self.num[back], unit=unit)

    def add(self, other: Split) -> Split:
        labels = sorted_labels({*self.labels, *other.labels})
        index = {k: i for i, k in enumerate(labels)}
        scale = math.lcm(self.scale, other.scale)
        codes = [np.array([index[k] for k in s.labels], np.int64)[s.code] for s in (self, other)]
        nums = [multiplied(s.num, scale // s.scale) for s in (self, other)]
        group, code = np.concatenate([self.group, other.group]), np.concatenate(codes)
        return split(group, code, np.concatenate(nums), scale, labels, one_unit(self.unit, other.unit))


def split(group: Array, code: Array, num: Array, scale: int, labels: Sequence[Any], unit: Unit) -> Split:
    """Sums of each (group, label) pair that occurs."""
    if not len(num):
        return Split(np.empty(0, np.intp), np.empty(0, np.int64), np.empty(0, np.int64), scale, labels, unit)
    by = np.lexsort((code, group))
    g, c, x = group[by], code[by], num[by]
    if x.dtype != object and big(x) * len(x) > BIG:
        x = x.astype(object)
    edge = np.flatnonzero(np.append(True, (g[1:] != g[:-1]) | (c[1:] != c[:-1])))
    return Split(g[edge], c[edge], np.add.reduceat(x, edge), scale, labels, unit)


def _alike(a: Tally, b: Tally) -> tuple[Tally, Tally]:
    """Two tallies whose values are on one scale, or codes into one list of labels."""
    if a.labels is None and b.labels is None:
        if a.scale == b.scale:
            return a, b
        scale = math.lcm(a.scale, b.scale)
        a, b = (evolve(t, value=multiplied(t.value, scale // t.scale), scale=scale) for t in (a, b))
        return a, b
    labels = sorted_labels({*(a.labels or ()), *(b.labels or ())})
    index = {k: i for i, k in enumerate(labels)}
    to = (np.array([index[k] for k in t.labels or ()], np.int64) for t in (a, b))
    a, b = (
        evolve(t, value=lut[t.value] if len(lut) else t.value, labels=labels) for t, lut in zip((a, b), to, strict=True)
    )
    return a, b


def tally(group: Array, value: Array, count: Array | None = None) -> Tally:
    """Counts of (group, value) pairs; each row counts once unless `count` says how often."""
    n = len(value)
    if not n:
        return Tally(np.empty(0, np.intp), np.empty(0, np.int64), np.empty(0, np.int64))
    if count is None and value.dtype != object:
        low, span = int(value.min()), int(value.max()) - int(value.min()) + 1
        if (int(group.max()) + 1) * span <= BIG:  # one sort of packed keys, seven times an argsort
            packed = group * np.int64(span) + (value - low)
            packed.sort()
            edge = np.flatnonzero(np.append(True, packed[1:] != packed[:-1]))
            where, what = np.divmod(packed[edge], span)
            return Tally(where, what + low, np.diff(np.append(edge, n)))
    by = np.lexsort((value, group))
    g, v = group[by], value[by]
    c = np.ones(n, np.int64) if count is None else count[by]
    edge = np.flatnonzero(np.append(True, (g[1:] != g[:-1]) | (v[1:] != v[:-1])))
    return Tally(g[edge], v[edge], np.add.reduceat(c, edge))
