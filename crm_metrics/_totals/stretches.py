"""What a source does with columns and stretches of them: add up, count what differs, look alike."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from crm_metrics._tables.encoding.ids import Numbered
from crm_metrics._totals.tallies import tally
from crm_metrics._values.columns import Column, Flags, Instants, Labels, Quantity
from crm_metrics._values.exact import Array, Unit, multiplied, one_unit, plus
from crm_metrics.errors import WrongCall, shown

FLAGS = 1 << 26


def alike(a: Column, b: Column) -> bool:
    """Whether numbers mean the same in both: over one scale, or as codes into the same labels."""
    if isinstance(a, Numbered) or isinstance(b, Numbered):
        return isinstance(a, Numbered) and isinstance(b, Numbered)
    if isinstance(a, Labels) and isinstance(b, Labels):
        return a.labels is b.labels
    return isinstance(a, Quantity) and isinstance(b, Quantity) and a.scale == b.scale


def added(a: tuple[Array, int, Unit], b: tuple[Array, int, Unit]) -> tuple[Array, int, Unit]:
    """Sums of two stretches together."""
    scale = math.lcm(a[1], b[1])
    num = plus(multiplied(a[0], scale // a[1]), multiplied(b[0], scale // b[1]))
    return num, scale, one_unit(a[2], b[2])


def distinct(group: Array, value: Array, size: int, at_least: int) -> Array:
    """How many different values each group has, or has at least so often."""
    low, span = (0, 0) if value.dtype == object or not len(value) else _span(value)
    if not span or size * span > FLAGS:
        t = tally(group, value)
        return np.bincount(t.group[t.count >= at_least], minlength=size).astype(np.int64)
    cell = value - low if size == 1 else group * np.int64(span) + (value - low)
    if at_least == 1:
        seen = np.zeros(size * span, bool)
        seen[cell] = True
    else:
        seen = np.bincount(cell, minlength=size * span) >= at_least
    return np.asarray(seen.reshape(size, span).sum(axis=1, dtype=np.int64))


def _span(value: Array) -> tuple[int, int]:
    """The least of some integers, and how many lie from it to the greatest."""
    low = int(value.min())
    return low, int(value.max()) - low + 1


def callable_column(function: Any) -> Any:
    if not callable(function):
        raise WrongCall(f"expected a column function such as amount, got {shown(function)}")
    return function


def name_of(function: Any) -> str:
    return str(getattr(function, "__name__", function))


def missing_rows(x: Column) -> Array | None:
    if isinstance(x, Numbered):
        return x.mask
    if isinstance(x, Labels):
        return x.missing.true if x.known < len(x.labels) else None
    if isinstance(x, Flags):
        return x.unknown
    return x.mask if isinstance(x, (Quantity, Instants)) else None
