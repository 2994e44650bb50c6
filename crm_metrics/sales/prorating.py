"""Parts of quotas: what a period has of each, and quotas cut at the edges of months, by their days."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen

from crm_metrics._tables.table import Table, open_rows
from crm_metrics._totals.metric import Rows
from crm_metrics._values.columns import DAY, Instants, Quantity, either
from crm_metrics._values.currencies import exponent
from crm_metrics._values.exact import BIG, Array, big
from crm_metrics.columns.parametric import Parametric, days_of, times, whole_days
from crm_metrics.errors import WrongCall, shown
from crm_metrics.periods import UNITS, Period, TimeKey
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

    def of(self, rows: Table[Quota]) -> Quantity:
        span, quota = Span(rows), rows.amount
        first, last = (span.until(np.full(len(rows), day)) for day in days_of(self.period))
        return span.like(quota, _part(quota, first, last, span.length))


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


def _part(quota: Quantity, first: Array, last: Array, length: Array) -> Array:
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


def prorated(quotas: Rows[Quota], unit: TimeKey) -> Table[Quota]:
    r"""Quotas cut at the edges of months (days, weeks, quarters, years), so that ``by=month`` can place them.

    $$ \text{part} = \operatorname{round}\left(\text{amount} \times \frac{\text{days until its end}}{\text{days}}\right)
       - \operatorname{round}\left(\text{amount} \times \frac{\text{days until its start}}{\text{days}}\right) $$

    Each part has its share of the amount by days, in the minor unit of its currency; parts add up to their quota, and
    the part of a month is what ``period=`` that month counts. They are whole days; other columns are those of the
    quota. A quota without a start or an end, or without days, stays as it is. To cut what is cut already changes
    nothing.

    >>> from crm_metrics import month
    >>> plan = {"manager": ["Anna"], "start": ["2024-01-01"], "end": ["2024-04-01"], "amount": [9100]}
    >>> won = {"status": ["won", "won"], "amount": [1550, 2900], "closed_at": ["2024-01-05", "2024-02-05"]}
    >>> from crm_metrics.sales.quotas import quota_attainment
    >>> quota_attainment(won, prorated(plan, month), by=month)
    Breakdown({'2024-01': 0.5, '2024-02': 1.0, '2024-03': 0.0})
    """
    if not isinstance(unit, TimeKey) or unit.field is not None or cut_by(unit.unit) != unit.unit:
        raise WrongCall(f"{shown(unit)}: give day, week, month, quarter or year, prorated(quotas, month)")
    t = open_rows(quotas, Quota)
    span = Span(t)
    edges = span.edges(unit.unit)
    cut, cuts = span.cuts(edges)
    rows = np.repeat(np.arange(len(t)), cuts + 1)
    part = np.arange(len(rows)) - np.repeat(np.cumsum(cuts + 1) - cuts - 1, cuts + 1)
    at, padded = cut[rows] + part, np.concatenate([[0], edges, [0]])
    first = np.where(part == 0, span.first[rows], padded[at])
    last = np.where(part == cuts[rows], span.last[rows], padded[np.minimum(at + 1, len(edges) + 1)])
    taken = t.take(rows)
    found = Span(taken)
    ends = {
        name: Instants(day * DAY, own.mask, True, own.zone)
        for name, day, own in (("start", first, found.start), ("end", last, found.end))
    }
    quota: Quantity = taken.amount
    shares = _part(quota, found.until(first), found.until(last), found.length)
    return taken.replaced({**ends, "amount": quota.like(np.where(found.length > 0, shares, quota.data), quota.mask)})


def cut_by(unit: str) -> str:
    """The unit of time that quotas are cut by: days of the week are days."""
    return "day" if unit in ("weekday", "hour") else unit
