"""Quantiles by group, exact: the averaged inverse of the distribution (R's type 2), the median everybody knows.

They are given as twice the value, an integer: the middle of two values may be a half.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from crm_metrics._totals.tallies import Tally, tally
from crm_metrics._values.exact import BIG, Array, plus

FEW = 1 << 20  # up to so many rows one sort is faster than counting cells
CELLS = 1 << 18
BLOCK = 1 << 19  # twice as many rows as cells, or counting these costs more than the rows


def middles(n: Array, q: Fraction) -> tuple[Array, Array]:
    """The two ranks (from 0) whose values' middle is the quantile of `n` rows: averaged inverse of the distribution."""
    whole, rest = np.divmod(n * q.numerator, q.denominator)
    low = np.where(rest == 0, np.maximum(whole - 1, 0), whole)
    return low, np.minimum(whole, np.maximum(n - 1, 0))


def of_tally(t: Tally, size: int, q: Fraction) -> Array:
    """Twice the quantile of each group, as an integer over the tally's scale (a group without rows is 0)."""
    if not len(t.count):
        return np.zeros(size, np.int64)
    n = t.sizes(size)
    cumulated = np.cumsum(t.count)
    before = np.append(0, cumulated)[np.searchsorted(t.group, np.arange(size))]
    last = len(cumulated) - 1
    i, j = (np.minimum(np.searchsorted(cumulated, before + r, side="right"), last) for r in middles(n, q))
    return plus(t.value[i], t.value[j])


def quantile_of_rows(group: Array, value: Array, size: int, q: Fraction) -> tuple[Array, Array]:
    """Twice the quantile of the values of each group, and how many they are (a group without rows is 0)."""
    if not len(value):
        return np.zeros(size, np.int64), np.zeros(size, np.int64)
    if size == 1 and value.dtype != object:
        return _of_one(value, q)
    low = 0 if value.dtype == object else int(value.min())
    span = 0 if value.dtype == object else int(value.max()) - low + 1
    if value.dtype == object or (size + 1) * span > BIG:
        t = tally(group, value)
        return of_tally(t, size, q), t.sizes(size)
    if len(value) < FEW or 4 * size > CELLS:
        return _by_sorting(group, value, low, span, size, q)
    return _by_cells(group, value, low, span, size, q)


def _of_one(value: Array, q: Fraction) -> tuple[Array, Array]:
    n = np.array([len(value)])
    low, high = (int(r[0]) for r in middles(n, q))
    part = np.partition(value, high)  # one pivot: a second costs as much again
    below = int(part[:high].max()) if low < high else int(part[high])
    twice = below + int(part[high])
    return np.array([twice], np.int64 if abs(twice) <= BIG else object), n


def _by_sorting(group: Array, value: Array, low: int, span: int, size: int, q: Fraction) -> tuple[Array, Array]:
    """One sort of (group, value) packed into one integer."""
    packed = _packed(group, value, low, span)
    offset = np.arange(size + 1) * np.int64(span)
    edge = np.searchsorted(packed, offset)
    n, last = np.diff(edge), len(packed) - 1
    i, j = (np.minimum(edge[:-1] + r, last) for r in middles(n, q))
    own = offset[:-1] - low
    return np.where(n > 0, plus(packed[i] - own, packed[j] - own), 0), n


def _by_cells(group: Array, value: Array, low: int, span: int, size: int, q: Fraction) -> tuple[Array, Array]:
    """Count coarse cells of value first; then sort only the rows of the cells in which the ranks fall."""
    shift = max(0, (span * size - 1).bit_length() - (CELLS - 1).bit_length())
    width = ((span - 1) >> shift) + 1
    cell, flat = np.empty(len(value), np.int32), np.zeros(size * width, np.int64)
    blocks = [slice(start, start + BLOCK) for start in range(0, len(value), BLOCK)]  # they stay in the cache
    for at in blocks:
        own = value[at] - low
        own >>= shift
        own += group[at] * np.int64(width)
        cell[at] = own
        flat += np.bincount(own, minlength=len(flat))
    counts = flat.reshape(size, width)
    reached = counts.cumsum(axis=1)
    n = reached[:, -1]
    wanted = np.zeros(size * width, bool)
    places = []
    for rank in middles(n, q):
        column = np.minimum((reached <= rank[:, None]).sum(axis=1), width - 1)
        wanted[np.arange(size) * width + column] = True
        places.append((rank, column))
    rows = np.concatenate([np.flatnonzero(wanted.take(cell[at])) + at.start for at in blocks])
    few = _packed(group.take(rows), value.take(rows), low, span)
    start = np.searchsorted(few, np.arange(size) * np.int64(span))
    (first, one), (second, two) = places
    each = np.arange(size)
    before = reached[each, one] - counts[each, one]
    i = start + first - before
    j = np.where(one == two, start + second - before, start + counts[each, one])
    own = each * np.int64(span) - low
    last = len(few) - 1
    twice = plus(few[np.clip(i, 0, last)] - own, few[np.clip(j, 0, last)] - own)
    return np.where(n > 0, twice, 0), n


def _packed(group: Array, value: Array, low: int, span: int) -> Array:
    out = group * np.int64(span) + (value - low)
    out.sort()
    return np.asarray(out)
