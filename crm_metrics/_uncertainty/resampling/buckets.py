"""Independent units of rows, and buckets of them: a bucket is a key like any other, so totals by bucket take one pass.

The same unit is in the same bucket in every file and process, whether its id came as text or as a number.
"""

from __future__ import annotations

import math
import re
import zlib
from typing import Any, TypeAlias

import numpy as np
from attrs import frozen

from crm_metrics._tables.encoding.ids import Numbered
from crm_metrics._tables.table import Table
from crm_metrics._values.columns import Labels
from crm_metrics._values.exact import Array
from crm_metrics.errors import WrongCall, WrongValue, shown

BUCKETS = 200
MOST = 1 << 16  # a bucket's number takes two bytes
DENSE = 8  # a table over the span of whole numbers may be this many times their number
TEXT = 1 << 40  # hashes of text are apart from numbers
Unit: TypeAlias = Any  # a field's name, or a column function that gives labels


def unit_name(unit: Unit) -> str:
    """What a unit is called."""
    return unit if isinstance(unit, str) else str(getattr(unit, "__name__", "unit"))


@frozen
class bucket:  # noqa: N801  # a key, like month
    """A key: the independent unit of a row, hashed into one of `of` buckets.

    ``summarize(metric, rows, by=("manager", bucket("customer")))`` makes totals that add over chunks and still give
    intervals. A row without the unit is a unit of its own, known by its id. Intervals are made of 200 buckets; totals
    by other units, numbers of buckets or seeds do not add.
    """

    unit: Unit = "id"
    of: int = BUCKETS
    seed: int = 0

    def __attrs_post_init__(self) -> None:
        if isinstance(self.of, bool) or not isinstance(self.of, int) or not 2 <= self.of <= MOST:
            raise WrongValue(f"of={shown(self.of)}: give a number of buckets, {BUCKETS} for intervals")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise WrongValue(f"seed={shown(self.seed)}: give a whole number")

    @property
    def __name__(self) -> str:
        more = "" if (self.of, self.seed) == (BUCKETS, 0) else f", of={self.of}, seed={self.seed}"
        return f"bucket({unit_name(self.unit)}{more})"

    def __call__(self, t: Table[Any]) -> Labels:
        if self not in t.memo:
            t.memo[self] = Labels(bucketed(t, self), range(self.of))
        made: Labels = t.memo[self]
        return made


_NAME = re.compile(r"bucket\((.*?)(?:, of=(\d+), seed=(-?\d+))?\)")


def named_bucket(name: str) -> tuple[str, int, int] | None:
    """The unit, the number of buckets and the seed of a key of totals; None where it is no bucket."""
    found = _NAME.fullmatch(name)
    return found and (found[1], int(found[2] or BUCKETS), int(found[3] or 0))


def bucketed(t: Table[Any], key: bucket, *, by_place: bool = False) -> Array:
    """The bucket of each row. Rows without unit and id have one by their place, if that will do."""
    column = units(t, key.unit)
    if isinstance(column, Numbered):
        codes = _placed(_mixed(column.data.astype(np.uint64), 0), key)
    else:
        codes = _placed(_hashes(t, key.unit, column), key).take(column.codes)
    alone = without_unit(column)
    if len(alone):
        codes[alone] = _alone(t, alone, key, by_place)
    return codes


def by_place(n: int, key: bucket) -> Array:
    """Buckets of rows that nothing tells apart."""
    return _placed(_mixed(np.arange(n, dtype=np.uint64), 1), key)


def _alone(t: Table[Any], rows: Array, key: bucket, place: bool) -> Array:
    """Buckets of rows without the unit: by their own id where they have one, else by their place."""
    if key.unit != "id" and "id" in t:
        own = units(t, "id")
        nobody = without_unit(own)
        if place or not np.isin(rows, nobody).any():
            return bucketed(t, bucket("id", key.of, key.seed), by_place=True).take(rows)
    if not place:
        raise WrongCall(
            f"{len(rows):,} rows have no {unit_name(key.unit)} and no id: their places would collide in other parts. "
            "Give each an id, or leave them out"
        )
    return by_place(len(t), key).take(rows)


def _placed(h: Array, key: bucket) -> Array:
    return (_mixed(h, key.seed) % np.uint64(key.of)).astype(np.uint16)


def unit_given(unit: Any) -> Unit | None:
    """A unit that somebody gave: the name of a field, or a column function."""
    if unit is None or isinstance(unit, str) or (callable(unit) and not isinstance(unit, type)):
        return unit
    raise WrongCall(f"unit={shown(unit)}: give the field that tells apart what is independent, unit='customer'")


def units(t: Table[Any], unit: Unit) -> Labels:
    """The units of the rows."""
    column = t[unit] if isinstance(unit, str) else unit(t)
    if not isinstance(column, Labels):
        raise WrongCall(f"unit={unit_name(unit)!r} holds no ids or labels: name the field that tells units apart")
    return column


def without_unit(column: Labels) -> Array:
    """The numbers of the rows that have no unit."""
    if isinstance(column, Numbered):
        return np.flatnonzero(column.mask) if column.mask is not None else np.empty(0, np.intp)
    return np.flatnonzero(column.missing.true) if column.known < len(column.labels) else np.empty(0, np.intp)


# ---------------------------------------------------------------- hashes


def _hashes(t: Table[Any], unit: Unit, column: Labels) -> Array:
    """A hash of each label, the same in every process; kept by the table of all rows, for its parts too."""
    root = t
    while hasattr(root, "_parent") and getattr(root._parent, "_made", {}).get(unit) is not None:
        root = root._parent
    found = root.memo.get(("hashes", unit))
    if found is None or found[0] is not column.labels:
        raw = (_hash(k) for k in column.labels)
        found = column.labels, _mixed(np.fromiter(raw, np.uint64, len(column.labels)), 0)
        root.memo["hashes", unit] = found
    return np.asarray(found[1])


def _hash(label: Any) -> int:
    """Of a whole number written as one, the number itself, as `Numbered` ids have it; else of the text."""
    text = str(label)
    digits = text[1:] if text[:1] == "-" else text
    if len(digits) < 19 and digits.isascii() and digits.isdigit() and (digits[0] != "0" or text == "0"):
        return int(text) % 2**64
    return zlib.crc32(text.encode()) + TEXT


def _mixed(h: Array, seed: int) -> Array:
    """Splitmix64: every bit of the hash and of the seed moves every bit of the result."""
    out: Array
    with np.errstate(over="ignore"):
        h = h + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & (2**64 - 1))
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        out = h ^ (h >> np.uint64(31))
    return out


# ---------------------------------------------------------------- what is known of units


def one_row_each(t: Table[Any], unit: Unit) -> bool:
    """Whether no unit has two rows."""
    key = ("one row each", unit)
    if key not in t.memo:
        t.memo[key] = _distinct(units(t, unit))
    return bool(t.memo[key])


def _distinct(column: Labels) -> bool:
    if not isinstance(column, Numbered):
        return bool(np.bincount(column.codes, minlength=1)[: column.known].max(initial=0) <= 1)
    data = column.data if column.mask is None else column.data[~column.mask]
    if not len(data):
        return True
    low, span = int(data.min()), int(data.max()) - int(data.min()) + 1
    if span > DENSE * len(data) + 1000:
        return len(np.unique(data)) == len(data)
    seen = np.zeros(span, bool)
    seen[data - low] = True
    return int(np.count_nonzero(seen)) == len(data)


def overlap(a: Table[Any], b: Table[Any], unit: Unit) -> float:
    """The share of units that have rows in both tables: 0 where none has, 1 where all have."""
    common, n, m = in_both(a, b, unit)
    return common / math.sqrt(n * m) if common else 0.0


def in_both(a: Table[Any], b: Table[Any], unit: Unit) -> tuple[int, int, int]:
    """How many units have rows in both tables, in the first and in the second; nothing more where none is in both."""
    one, two = units(a, unit), units(b, unit)
    if isinstance(one, Numbered) and isinstance(two, Numbered):
        x, y = (c.data if c.mask is None else c.data[~c.mask] for c in (one, two))
        if not len(x) or not len(y) or x.max() < y.min() or y.max() < x.min():
            return 0, 0, 0
        return _common(x, y)
    if one.labels is two.labels:
        first, second = _used(one), _used(two)
        common, n, m = (int(np.count_nonzero(used)) for used in (first & second, first, second))
        return common, n, m
    here, there = ({c.labels[i] for i in np.flatnonzero(_used(c)).tolist()} for c in (one, two))
    return len(here & there), len(here), len(there)


def _common(x: Array, y: Array) -> tuple[int, int, int]:
    """How many numbers are in both, in the first and in the second."""
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    if int(high) - int(low) > DENSE * (len(x) + len(y)) + 1000:
        x, y = np.unique(x), np.unique(y)
        return len(np.intersect1d(x, y, assume_unique=True)), len(x), len(y)
    first, second = (np.zeros(int(high) - int(low) + 1, bool) for _ in range(2))
    first[x - low], second[y - low] = True, True
    both, one, other = (int(np.count_nonzero(seen)) for seen in (first & second, first, second))
    return both, one, other


def _used(column: Labels) -> Array:
    used = np.zeros(len(column.labels), bool)
    used[column.codes] = True
    used[column.known :] = False
    return used


def how_many(t: Table[Any], unit: Unit, rows: Array, group: Array, size: int) -> Array:
    """How many units the rows of each group are of; a row without a unit is one of its own."""
    column = units(t, unit)
    code = column.data.take(rows) if isinstance(column, Numbered) else column.codes.take(rows).astype(np.int64)
    alone = np.isin(rows, without_unit(column))
    pairs = np.stack([group[~alone], code[~alone]])
    return np.bincount(np.unique(pairs, axis=1)[0], minlength=size) + np.bincount(group[alone], minlength=size)


__all__ = [
    "BUCKETS",
    "bucket",
    "bucketed",
    "by_place",
    "how_many",
    "in_both",
    "named_bucket",
    "one_row_each",
    "overlap",
    "unit_given",
    "units",
]
