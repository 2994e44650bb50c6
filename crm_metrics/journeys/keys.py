"""Keys of rows as small integers in the order of what they stand for: ids, times, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._tables.encoding.ids import DENSE, Numbered
from crm_metrics._values.clocks import DAY, offsets
from crm_metrics._values.columns import Instants, Labels, Mask, Quantity, zero
from crm_metrics._values.exact import BIG, Array

BLOCK = 1 << 17
BITS = 63
UNITS = (DAY, 3_600_000_000, 60_000_000, 1_000_000, 1000)


@frozen(eq=False)
class Key:
    """One key of each row as a small integer whose order is that of the values; what is missing comes last.

    A value is ``low + unit * code``, or the code's place in ``distinct``. The code ``known`` is what is missing.
    """

    data: Array
    low: int
    unit: int
    known: int
    mask: Mask = None
    distinct: Array | None = None

    @property
    def size(self) -> int:
        """How many codes there may be."""
        return self.known + (self.mask is not None)

    @property
    def bits(self) -> int:
        """How many bits a code takes."""
        return max(0, self.size - 1).bit_length()

    def codes(self, rows: Any = slice(None)) -> Array:
        """The codes of some rows (a slice, or row numbers)."""
        out = self.data[rows].astype(np.int64)
        out -= self.low
        if self.unit != 1:
            out //= self.unit
        if self.mask is not None:
            out = np.where(self.mask[rows], self.known, out)
        return np.asarray(out)

    def sortable(self, rows: Any) -> Array:
        """Integers of some rows in the order of the codes, not counted from 0; the largest of all where missing."""
        out = self.data[rows]
        return out if self.mask is None else np.where(self.mask[rows], BIG, out)

    def values(self, codes: Array) -> tuple[Array, Mask]:
        """The values of codes, 0 where missing, and where they are."""
        none = codes == self.known if self.mask is not None else None
        if none is not None and not none.any():
            none = None
        if self.distinct is not None:
            out = found_by(self.distinct, codes) if len(self.distinct) else codes.astype(np.int64)
        else:
            out = codes.astype(np.int64)  # codes may be of one byte, which numpy 1 would multiply as such
            out *= self.unit
            out += self.low
        if none is not None:
            zero(out, none)
        return out, none

    def ranked(self) -> Key:
        """The same key with as few codes as there are values."""
        n = len(self.data)
        if self.data.dtype != object and self.bits + n.bit_length() <= BITS:
            return self._ranked_by_rows()
        known = self.data if self.mask is None else self.data[~self.mask]
        distinct = np.unique(known)
        return Key(np.searchsorted(distinct, self.data), 0, 1, len(distinct), self.mask, distinct)

    def _ranked_by_rows(self) -> Key:
        """Code and row number in one integer: a sort of these is faster than one of rows by code."""
        n, bits = len(self.data), len(self.data).bit_length()
        packed = np.empty(n, np.int64)
        for start in range(0, n, BLOCK):
            at = slice(start, min(start + BLOCK, n))
            packed[at] = (self.codes(at) << bits) | np.arange(at.start, at.stop)
        packed.sort()
        rows = packed & ((1 << bits) - 1)
        packed >>= bits
        new = np.ones(n, bool)
        np.not_equal(packed[1:], packed[:-1], out=new[1:])
        rank = np.empty(n, np.int32 if n < 2**31 else np.int64)
        rank[rows] = np.cumsum(new) - 1
        distinct = packed[new]
        if self.mask is not None:
            distinct = distinct[distinct != self.known]
        return Key(rank, 0, 1, len(distinct), self.mask, self.low + self.unit * distinct)


def of_integers(data: Array, mask: Mask = None, units: Sequence[int] = ()) -> Key:
    """A key of whole numbers, in the largest unit that divides the steps between them."""
    if data.dtype == object:
        return Key(data, 0, 1, BIG, mask).ranked()
    low, high = _span(data, mask)
    unit = next((u for u in units if _divides(u, data, mask, low)), 1)
    span = (high - low) // unit + 1
    key = Key(data, low, unit, span, mask)
    return key if span <= BIG // 2 and max(abs(low), abs(high)) < BIG // 2 else key.ranked()


def _span(data: Array, mask: Mask) -> tuple[int, int]:
    if mask is None or not mask.any():
        return (int(data.min()), int(data.max())) if len(data) else (0, -1)
    known = data[~mask]
    return (int(known.min()), int(known.max())) if len(known) else (0, -1)


def _divides(unit: int, data: Array, mask: Mask, low: int) -> bool:
    for start in range(0, len(data), BLOCK):
        rest = (data[start : start + BLOCK] - low) % unit
        if mask is not None:
            rest = rest[~mask[start : start + BLOCK]]
        if rest.any():
            return False
    return True


def of_times(times: Instants) -> Key:
    """A key of times. A bare date is the beginning of its day."""
    data = times.data
    if times.zone is not None and times.bare is not False:
        data = np.where(times.bare, data - offsets(data, times.zone), data)
    return of_integers(data, times.mask, UNITS)


def of_numbers(numbers: Quantity) -> Key:
    """A key of plain numbers."""
    return of_integers(numbers.data, numbers.mask)


def of_ids(ids: Labels) -> Key:
    """A key of ids: of the numbers, where they came as such, else of their text. None comes last."""
    if isinstance(ids, Numbered):
        key = of_integers(ids.data, ids.mask)
        return key if key.known <= DENSE * len(ids) + 1000 else key.ranked()
    return Key(ids.codes, 0, 1, max(1, len(ids.labels)))


def no_id(ids: Labels, key: Key) -> int:
    """The code of rows without an id; -1 where all have one."""
    if isinstance(ids, Numbered):
        return key.known if key.mask is not None else -1
    return ids.known if ids.known < len(ids.labels) else -1


def apart(ids: Labels, key: Key) -> Key:
    """The same ids, every row without one an id of its own, after all others."""
    if (none := no_id(ids, key)) < 0:
        return key
    codes = key.codes()
    rows = np.flatnonzero(codes == none)
    codes[rows] = none + np.arange(len(rows))
    return Key(codes, 0, 1, none + max(1, len(rows)))


def ids_of(ids: Labels, key: Key, codes: Array) -> Labels:
    """The ids of codes."""
    if isinstance(ids, Numbered):
        data, mask = key.values(codes)
        return Numbered(data, mask, ids.name)
    return Labels(codes.astype(ids.codes.dtype), ids.labels, ids.choices, ids.name)


def of_labels(labels: Labels) -> Key:
    """A key of labels: by their text, None last."""
    return Key(labels.codes, 0, 1, max(1, len(labels.labels)))


def constant(n: int) -> Key:
    """A key that tells nothing apart."""
    return Key(np.broadcast_to(np.uint8(0), n), 0, 1, 1)


def found_by(table: Array, codes: Array) -> Array:
    """``table[codes]``, block by block: numpy makes wide copies of narrow codes."""
    out = np.empty(len(codes), table.dtype)
    for start in range(0, len(codes), BLOCK):
        rows = slice(start, start + BLOCK)
        np.take(table, codes[rows], out=out[rows], mode="clip")
    return out


def counted(codes: Array, size: int, where: Array | None = None) -> Array:
    """How often each code occurs, among the marked rows."""
    out = np.zeros(size, np.int64)
    for start in range(0, len(codes), BLOCK):
        block = codes[start : start + BLOCK]
        block = block if where is None else block[where[start : start + BLOCK]]
        out += np.bincount(block, minlength=size)
    return out
