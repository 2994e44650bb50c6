"""Group numbers of rows, and exact counts and sums by group. This is where the time goes, so it is in blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from attrs import frozen

from crm_metrics._tables.table import Table
from crm_metrics._values.columns import Column, Flags, Instants, Labels, Quantity
from crm_metrics._values.evidence import seen_in
from crm_metrics._values.exact import BIG, EXACT, Array, big
from crm_metrics.errors import WrongCall, shown

BLOCK = 1 << 17
CELLS = 1 << 16
Key: TypeAlias = str | Callable[..., Any]
By: TypeAlias = Key | tuple[Key, ...] | None


@frozen(eq=False)
class Groups:
    """Group numbers of `n` rows as factors that are never multiplied out: ((codes, size), ...)."""

    factors: tuple[tuple[Array, int], ...]
    n: int

    @property
    def size(self) -> int:
        return math.prod(size for _, size in self.factors)

    def also(self, *factors: tuple[Array, int]) -> Groups:
        """The same rows by a finer key."""
        return Groups(self.factors + factors, self.n)

    def cut(self, rows: slice) -> Groups:
        """The groups of a stretch of rows, without copying them."""
        return Groups(tuple((codes[rows], size) for codes, size in self.factors), rows.stop - rows.start)

    def take(self, rows: Array) -> Groups:
        """The groups of these rows."""
        return Groups(tuple((codes.take(rows), size) for codes, size in self.factors), len(rows))

    def blocks(self) -> Iterator[tuple[slice, Array]]:
        """Slices of rows, and their group numbers (in a scratch array that the next block overwrites)."""
        step = max(BLOCK, 2 * self.size)
        scratch = np.empty(min(step, self.n), np.intp)
        for start in range(0, self.n, step):
            at = slice(start, min(start + step, self.n))
            code = scratch[: at.stop - start]
            first, *others = self.factors
            code[:] = first[0][at]
            for codes, size in others:
                code *= size
                code += codes[at]
            yield at, code

    def numbers(self) -> Array:
        """The group number of every row."""
        if not self.factors:
            return np.broadcast_to(np.zeros(1, np.intp), self.n)
        return np.concatenate([code.copy() for _, code in self.blocks()] or [np.empty(0, np.intp)])

    def count(self) -> Array:
        """Rows per group."""
        if not self.factors:
            return np.array([self.n], np.int64)
        out = np.zeros(self.size, np.int64)
        for _, code in self.blocks():
            out += np.bincount(code, minlength=self.size)
        return out

    def sum(self, x: Array, top: int | None = None) -> Array:
        """Exact sums of integers per group: int64 while they fit, limbs and Python integers beyond.

        ``top`` is a bound on their magnitude, where one is known.
        """
        if x.dtype == object:
            return self._sum_of_objects(x)
        top = big(x) if top is None else top
        if top * self.n <= BIG:
            return self._added(x)
        if top * max(BLOCK, 2 * self.size) > BIG:
            return (self.sum(x >> 32).astype(object) << 32) + self.sum(x & 0xFFFFFFFF)
        return self._added_by_limbs(x)

    def _added(self, x: Array) -> Array:
        if not self.factors:
            return np.add.reduce(x, keepdims=True)
        out = np.zeros(self.size, np.int64)
        for at, code in self.blocks():
            np.add.at(out, code, x[at])
        return out

    def _added_by_limbs(self, x: Array) -> Array:
        high, low = np.zeros(self.size, np.int64), np.zeros(self.size, np.int64)
        step = max(BLOCK, 2 * self.size)
        for start in range(0, self.n, step):  # a block cannot overflow; its sums go to two limbs
            at = slice(start, start + step)
            block = Groups(tuple((codes[at], size) for codes, size in self.factors), len(x[at]))
            out = block._added(x[at])
            high += out >> 32
            low += out & 0xFFFFFFFF
        return (high.astype(object) << 32) + low

    def _sum_of_objects(self, x: Array) -> Array:
        limbs = max(1, -(-(big(x) + 1).bit_length() // 31))
        out = np.zeros(self.size, object)
        for k in range(limbs):
            limb = (x >> (31 * k)) & (2**31 - 1) if k < limbs - 1 else x >> (31 * k)
            out = out + (self.sum(limb.astype(np.int64)).astype(object) << (31 * k))
        return out

    def sum_floats(self, x: Array) -> tuple[Array, int]:
        """Sums of floats per group, exact: integers over a power of two."""
        mantissa, exponent = np.frexp(x)
        m = (mantissa * 2.0**53).astype(np.int64)
        e = np.where(m == 0, 0, exponent.astype(np.int64) - 53)
        low = int(e.min(initial=0)) & ~7
        e -= low
        m <<= e & 7
        e >>= 3
        steps = int(e.max(initial=0)) + 1
        cells = self.also((e, steps)).sum(m).reshape(self.size, steps).astype(object)
        out = cells[:, 0]
        for j in range(1, steps):
            out = out + (cells[:, j] << (8 * j))
        return (out, 1 << -low) if low <= 0 else (out << low, 1)


# ---------------------------------------------------------------- by


@frozen(eq=False)
class Grouping:
    """What `by=` means on one table: the groups, which of them occur (in the order of keys), and their keys."""

    groups: Groups
    present: Array | None
    columns: tuple[Labels, ...]
    names: tuple[str, ...]
    single: bool

    def keys(self) -> tuple[Any, ...] | None:
        """The labels of the groups that occur; None where there is one group of everything."""
        if self.present is None:
            return None
        at = np.unravel_index(self.present, [c.size for c in self.columns])
        lists = [[c.labels[i] for i in ix.tolist()] for c, ix in zip(self.columns, at, strict=True)]
        return tuple(lists[0]) if self.single else tuple(zip(*lists, strict=True))


def grouping(t: Table[Any], by: By, at: str | None = None) -> Grouping:
    """The groups of a table by a field, a column function, a time key, or a tuple of these."""
    if by is None:
        return Grouping(Groups((), len(t)), None, (), (), True)
    parts = tuple(_timed(part, at) for part in _parts(by))
    single = not isinstance(by, (tuple, list))
    if not parts:
        raise WrongCall("by=() names no key: give a field, month('closed_at'), or leave by= out")
    kept = all(isinstance(p, str) or hasattr(p, "__attrs_attrs__") for p in parts)
    if kept and (parts, single) in t.memo:
        found: Grouping = t.memo[parts, single]
        return found
    made = _grouped(t, parts, single)
    if kept:
        t.memo[parts, single] = made
    return made


def is_timed(by: By) -> bool:
    """Whether a part of `by=` is a bare time key, which reads the time that the metric names."""
    return any(_is_bare(part) for part in _parts(by))


def zones(t: Table[Any], by: By, at: str | None = None) -> frozenset[str]:
    """The zones in which the time keys of `by=` read days; "" where times have none."""
    read = ((key, t[key.field]) for key in _time_keys(by, at))
    return frozenset(getattr(key, "tz", None) or times.zone or "" for key, times in read if _is_timed(times))


def seen_of(t: Table[Any], by: By, at: str | None = None) -> dict[str, Any]:
    """What the times that the keys of `by=` read showed of what they are."""
    return seen_in(t, (key.field for key in _time_keys(by, at)))


def _time_keys(by: By, at: str | None) -> Iterator[Any]:
    return (key for part in _parts(by) if callable(getattr(key := _timed(part, at), "on", None)))


def _is_timed(times: Any) -> bool:
    return isinstance(times, Instants) and times.timed


def _parts(by: Any) -> tuple[Any, ...]:
    return tuple(by) if isinstance(by, (tuple, list)) else (by,)


def _is_bare(part: Any) -> bool:
    return getattr(part, "field", "") is None and hasattr(part, "on")


def _timed(part: Any, at: str | None) -> Any:
    return part.on(at) if _is_bare(part) else part


def _grouped(t: Table[Any], parts: tuple[Any, ...], single: bool) -> Grouping:
    columns = tuple(key_column(t, part) for part in parts)
    names = tuple(part if isinstance(part, str) else getattr(part, "__name__", "key") for part in parts)
    groups = Groups((), len(t))
    for c in columns:
        if groups.size * c.size > max(4 * len(t), CELLS):
            return _sparse(t, columns, names, single)
        groups = groups.also((c.codes, c.size))
    return Grouping(groups, np.flatnonzero(groups.count()), columns, names, single)


def _sparse(t: Table[Any], columns: tuple[Labels, ...], names: tuple[str, ...], single: bool) -> Grouping:
    """Many possible groups and few that occur: number those, one key after the other."""
    codes, used = np.zeros(len(t), np.int64), np.zeros(1, np.int64)
    places = [np.zeros(1, np.int64)]
    for c in columns:
        packed = codes * c.size + c.codes
        used, codes = np.unique(packed, return_inverse=True)
        before, own = np.divmod(used, c.size)
        places = [p[before] for p in places] + [own]
    few = tuple(
        Labels(np.empty(0, np.int64), [c.labels[i] for i in at.tolist()])
        for c, at in zip(columns, places[1:], strict=True)
    )
    return _Numbered(Groups(((codes, max(1, len(used))),), len(t)), np.arange(len(used)), few, names, single)


class _Numbered(Grouping):
    def keys(self) -> tuple[Any, ...] | None:
        lists = [c.labels for c in self.columns]
        return tuple(lists[0]) if self.single else tuple(zip(*lists, strict=True))


def key_column(t: Table[Any], part: Any) -> Labels:
    """The labels that a part of `by=` gives each row."""
    if not isinstance(part, str) and (isinstance(part, type) or not callable(part)):
        msg = f"by={shown(part)}: give a field name, month('closed_at'), a column function, or a tuple of these"
        raise WrongCall(msg)
    c = t[part] if isinstance(part, str) else part(t)
    if isinstance(c, Column) and len(c) != len(t):
        name = getattr(part, "__name__", "the key")
        raise WrongCall(f"by={name!r} gives {len(c)} labels for {len(t)} rows: give one per row")
    if isinstance(c, Labels):
        return c
    if isinstance(c, Flags):
        return _of_flags(c)
    if isinstance(c, Quantity) and c.kind != "money" and (whole := _whole(c)) is not None:
        return _of_integers(c, whole)
    name = part if isinstance(part, str) else getattr(part, "__name__", "the key")
    hint = f"month({name!r})" if isinstance(c, Instants) else "a function of the table that gives labels or flags"
    raise WrongCall(f"by={name!r} is {_what(c)}, not labels: group with {hint}")


def _what(c: Any) -> str:
    return {Instants: "a time", Quantity: "a quantity"}.get(type(c), type(c).__name__)


def _of_flags(c: Flags) -> Labels:
    codes = c.true.astype(np.uint8)
    if c.unknown is None:
        return Labels(codes, [False, True])
    codes[c.unknown] = 2
    return Labels(codes, [False, True, None])


def _whole(c: Quantity) -> Array | None:
    """The numbers as integers, if they are whole; pandas makes floats of integers with gaps."""
    if c.scale == 1:
        return c.data
    if c.scale or not len(c):
        return None
    whole = (np.abs(c.data) < EXACT) & (c.data == np.rint(c.data))
    return c.data.astype(np.int64) if whole.all() else None


def _of_integers(c: Quantity, whole: Array) -> Labels:
    labels, codes = np.unique(whole, return_inverse=True)
    names: list[Any] = labels.tolist()
    if c.mask is None:
        return Labels(codes, names)
    return Labels(np.where(c.mask, len(names), codes), [*names, None])
