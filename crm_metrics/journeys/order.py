"""Millions of rows in order of deal and time: several keys packed into one integer, and that sorted.

A sort of packed integers is several times faster than one of rows by several keys, and afterwards the keys are read
back out of the integers. Where 63 bits do not hold all keys, as many of the first as fit are sorted, and the rows that
are equal in them are put in order by the others.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from crm_metrics._values.exact import Array
from crm_metrics.journeys.keys import BITS, BLOCK, Key


class Ordered:
    """Rows in order of some keys: the codes of each key, row by row."""

    def __init__(self, keys: Sequence[Key], n: int) -> None:
        self.keys, self.n = tuple(keys), n
        self._packed: Array | None = None
        self._rows: Array | None = None
        if sum(key.bits for key in keys) <= BITS:
            self._packed = _packed(self.keys, n)
            self._packed.sort()
        else:
            self._rows = _in_order(self.keys, n)

    def codes(self, i: int, rows: Array | None = None) -> Array:
        """The codes of a key, in the smallest type that holds them; with `rows`, of these places in the order."""
        key = self.keys[i]
        kind = np.uint8 if key.bits <= 8 else np.uint16 if key.bits <= 16 else np.int32 if key.bits < 32 else np.int64
        if rows is not None:
            return self._codes(i, rows).astype(kind)
        out = np.zeros(self.n, kind)
        for start in range(0, self.n if key.bits else 0, BLOCK):  # blocks stay in the cache
            at = slice(start, start + BLOCK)
            out[at] = self._codes(i, at)
        return out

    def _codes(self, i: int, at: Any) -> Array:
        if self._packed is None:
            assert self._rows is not None
            return self.keys[i].codes(self._rows[at])
        return np.asarray((self._packed[at] >> self._below(i)) & ((1 << self.keys[i].bits) - 1))

    def _below(self, i: int) -> int:
        """The bits of the keys after one."""
        return sum(key.bits for key in self.keys[i + 1 :])

    # ---- rows that some keys do not tell apart
    def like_before(self, *keys: int) -> Array:
        """The places at which these keys are those of the place before."""
        found = [np.empty(0, np.intp)]
        for start in range(1, self.n, BLOCK):
            found.append(start + np.flatnonzero(self._same(keys, slice(start - 1, min(start + BLOCK, self.n)))))
        return np.concatenate(found)

    def _same(self, keys: Sequence[int], at: slice) -> Array:
        """Which rows of a stretch, but for its first, have the keys of the row before."""
        if self._packed is not None:
            some = self._packed[at] & sum(((1 << self.keys[i].bits) - 1) << self._below(i) for i in keys)
            return np.asarray(some[1:] == some[:-1])
        out = np.ones(at.stop - at.start - 1, bool)
        for i in keys:
            codes = self._codes(i, at)
            out &= codes[1:] == codes[:-1]
        return out

    def at(self, places: Array) -> Ordered:
        """The rows at these places."""
        out = copy.copy(self)
        out.n = len(places)
        out._packed, out._rows = (None if x is None else x[places] for x in (self._packed, self._rows))
        return out

    def drop(self, places: Array) -> None:
        """Leave out the rows at these places."""
        self.n -= len(places)
        self._packed, self._rows = (None if x is None else np.delete(x, places) for x in (self._packed, self._rows))

    def move(self, to: Array, places: Array) -> None:
        """Put the rows of some places at others."""
        for x in (self._packed, self._rows):
            if x is not None:
                x[to] = x[places]


def _packed(keys: Sequence[Key], n: int) -> Array:
    """Codes of several keys in one integer each, the first key in the highest bits."""
    out = np.zeros(n, np.int64)
    for start in range(0, n, BLOCK):
        rows = slice(start, start + BLOCK)
        block = out[rows]
        for key in keys:
            if key.bits:
                block <<= key.bits
                block |= key.codes(rows)
    return out


def _in_order(keys: Sequence[Key], n: int) -> Array:
    """Row numbers in order of keys that do not fit into one integer."""
    few = [key.ranked() if key.bits > 31 and key.distinct is None else key for key in keys]
    first, bits = 0, 0
    while first < len(few) and bits + few[first].bits <= BITS:
        bits += few[first].bits
        first += 1
    prefix = _packed(few[:first], n)
    rows = np.argsort(prefix)
    prefix = prefix.take(rows)
    equal = np.zeros(n + 1, bool)
    equal[1:-1] = prefix[1:] == prefix[:-1]
    places = np.flatnonzero(equal[1:] | equal[:-1])
    if len(places):
        tied = rows.take(places)
        rest = [key.codes(tied) for key in reversed(few[first:])]
        rows[places] = tied.take(np.lexsort((*rest, prefix.take(places))))
    return rows
