"""Rows that last from a start to an end: their days, and the part of an amount that falls into a period."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen

from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.table import Table
from crm_metrics._values.clocks import DAY
from crm_metrics._values.columns import Quantity, either
from crm_metrics._values.currencies import exponent
from crm_metrics._values.exact import BIG, Array, big
from crm_metrics.columns.parametric import Parametric, days_of, times, whole_days
from crm_metrics.periods import UNITS, Period
from crm_metrics.records import Quota


@frozen
class Prorated(Parametric):
    """The part of each quota that falls into a period, by its days, to the minor unit of its own currency.

    It is what the quota amounts to at the end of the period less what it does at its start, each rounded (half to
    even), so that the parts of periods side by side add up. A quota that ends where it starts has no days and no part
    in any period.
    """

    period: Period = field(converter=whole_days)

    @property
    def __name__(self) -> str:
        return "quota"

    def of(self, rows: Table[Any]) -> Quantity:
        span, quota = Span(rows), rows.amount
        first, last = (span.until(np.full(len(rows), day)) for day in days_of(self.period))
        return span.like(quota, part_between(quota, first, last, span.length))


class Span:
    """The days of quotas: the first one, the one after the last, and how many; 0 where a time is not known."""

    def __init__(self, rows: Table[Any]) -> None:
        self.start, self.end = (times(rows, name) for name in ("start", "end"))
        self.unknown: Array = self.start.missing.true | self.end.missing.true
        self.first, self.last = (x.local() // DAY for x in (self.start, self.end))
        self.length = np.where(self.unknown, 0, np.maximum(self.last - self.first, 0))

    def until(self, day: Array) -> Array:
        """The days of each that come before a day."""
        out: Array = np.clip(day - self.first, 0, self.length)
        return out

    def like(self, quota: Quantity, data: Array) -> Quantity:
        """Other amounts of these quotas, unknown where their days are."""
        mask = either(quota.mask, self.unknown)
        return quota.like(data, mask if mask is not None and mask.any() else None)

    def edges(self, unit: str) -> Array:
        """The days on which a unit of time begins, within the days of any of them."""
        some = self.length > 0
        if not some.any():
            return np.zeros(0, np.int64)
        days = np.arange(self.first[some].min(), self.last[some].max() + 1)
        codes = UNITS[unit]("start")(open_rows({"start": days.astype("M8[D]")}, Quota)).codes
        out: Array = days[1:][codes[1:] != codes[:-1]]
        return out

    def cuts(self, edges: Array) -> tuple[Array, Array]:
        """Of each, the place of the first edge within it, and how many there are."""
        first = np.searchsorted(edges, self.first, "right")
        return first, np.where(self.length > 0, np.searchsorted(edges, self.last, "left") - first, 0)


def part_between(quota: Quantity, first: Array, last: Array, length: Array) -> Array:
    """What falls between two days of each quota: what it comes to at one, less at the other."""
    step = _minor(quota)
    whole = np.maximum(length, 1) * step
    out: Array = (_divided(quota.data, last, whole) - _divided(quota.data, first, whole)) * step
    return out


def _minor(x: Quantity) -> Any:
    """How many of its integers make a minor unit of each amount's own currency: a hundred make a yen beside dollars."""
    if isinstance(x.currency, str):
        return x.scale // 10 ** exponent(x.currency)
    units = np.array([x.scale // 10 ** exponent(code) for code in x.currency.labels] or [1])
    return units.take(x.currency.codes)


def _divided(data: Array, days: Array, by: Array) -> Array:
    """data * days / by, rounded half to even; integers throughout."""
    wide = data.dtype == object or big(data) * max(big(days), 1) > BIG // 2
    top = (data.astype(object) if wide else data) * days
    whole, rest = top // by, top % by
    up = (2 * rest > by) | ((2 * rest == by) & (whole % 2 == 1))
    out: Array = whole + up
    return out


def cut_by(unit: str) -> str:
    """The unit of time that quotas are cut by: days of the week are days."""
    return "day" if unit in ("weekday", "hour") else unit
