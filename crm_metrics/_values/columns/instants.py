"""Times: microseconds since 1970, some of them bare dates."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from crm_metrics._values.clocks import DAY, EPOCH, EPOCH_UTC, microseconds, offsets, on_the_calendar, zoneinfo
from crm_metrics._values.columns.column import Column, Compare, Flags, Mask, Sortable, either, zero
from crm_metrics._values.columns.quantities import Quantity
from crm_metrics._values.exact import Array
from crm_metrics.errors import WrongCall, WrongValue, shown


class Instants(Sortable):
    """Times as microseconds since 1970: local business time, or UTC where ``zone`` names the zone of its days.

    ``bare`` says which are bare dates, without a time of day: all, none, or a mask. ``seen`` is what they showed of
    what they are, see `crm_metrics._values.evidence`.
    """

    __slots__ = ("bare", "data", "mask", "seen", "zone")

    def __init__(
        self, data: Array, mask: Mask = None, bare: bool | Array = False, zone: str | None = None, seen: Any = None
    ) -> None:
        self.data, self.mask, self.bare, self.zone, self.seen = data, mask, bare, zone, seen

    def __len__(self) -> int:
        return len(self.data)

    @property
    def missing(self) -> Flags:
        return Flags(np.zeros(len(self), bool) if self.mask is None else self.mask)

    @property
    def timed(self) -> bool:
        """Whether any of them has a time of day."""
        return self.bare is not True and len(self) > 0 and (self.mask is None or not bool(self.mask.all()))

    def local(self) -> Array:
        """Microseconds of local time: what a calendar on the wall of the business shows.

        It begins with the year 1 and ends with 9999: a time that is beyond either end in its zone is at that end.
        """
        if self.zone is None or self.bare is True:
            return self.data
        shift = offsets(self.data, self.zone)
        return on_the_calendar(self.data + (shift if self.bare is False else np.where(self.bare, 0, shift)))

    def in_zone(self, zone: str | None) -> Instants:
        """The same instants with the days of another zone."""
        if self.zone is None and self.timed:
            msg = f"these times have no zone, so they are local already: leave tz={zone!r} out"
            raise WrongValue(msg)
        if zone is not None:
            zoneinfo(zone)
        return Instants(self.data, self.mask, self.bare, zone, self.seen)

    def without(self, rows: Array) -> Instants:
        """The same times, missing in these rows too."""
        return Instants(self.data, either(self.mask, rows), self.bare, self.zone, self.seen)

    def _pair(self, other: Any) -> tuple[Array, Array, Mask]:
        if isinstance(other, Column) and other.kindless:
            other = Instants(np.zeros_like(self.data), np.ones(len(self), bool), self.bare, self.zone)
        if not isinstance(other, Instants):
            other = one_instant(other, self.zone)
        _same_zone(self, other)
        a, b = self.data, other.data
        if self.bare is not False or other.bare is not False:
            by_day = np.logical_or(self.bare, other.bare)
            if not (self.bare is True and other.bare is True):
                a, b = (np.where(by_day, x.local() // DAY * DAY, x.data) for x in (self, other))
        return a, b, either(self.mask, other.mask)

    def _compared(self, compare: Compare, other: Any) -> Flags:
        a, b, mask = self._pair(other)
        out = compare(a, b)
        return Flags(out if mask is None else out & ~mask, mask)

    def __sub__(self, other: Any) -> Quantity:
        """Days from the other to this; whole days where either is a bare date."""
        a, b, mask = self._pair(other)
        out = a - b
        if mask is not None:
            zero(out, mask)
        return Quantity(out, mask, DAY, "days")

    def __rsub__(self, other: Any) -> Quantity:
        return one_instant(other, self.zone) - self

    def cut(self, rows: slice) -> Instants:
        mask = None if self.mask is None else self.mask[rows]
        bare = self.bare if isinstance(self.bare, bool) else self.bare[rows]
        return Instants(self.data[rows], mask, bare, self.zone, self.seen)

    def take(self, rows: Array) -> Instants:
        mask = None if self.mask is None else self.mask.take(rows)
        bare = self.bare if isinstance(self.bare, bool) else self.bare.take(rows)
        return Instants(self.data.take(rows), mask, bare, self.zone, self.seen)

    def item(self, i: int) -> Any:
        if self.mask is not None and self.mask[i]:
            return None
        bare = self.bare if isinstance(self.bare, bool) else self.bare[i]
        epoch = EPOCH if self.zone is None or bare else EPOCH_UTC
        try:
            t = epoch + dt.timedelta(microseconds=int(self.data[i]))
        except OverflowError:
            odd = np.datetime64(int(self.data[i]) // DAY, "D")
            raise WrongValue(f"row {i + 1} has a time of {odd}, which no calendar has: correct it") from None
        return t.date() if bare else t


def _same_zone(a: Instants, b: Instants) -> None:
    if len({x.zone is None for x in (a, b) if x.timed}) > 1:
        msg = "times with a zone and times without do not meet: give both a zone, or strip it from both"
        raise WrongValue(msg)


def one_instant(x: Any, zone: str | None = None) -> Instants:
    """A date or datetime as a column of one row, to compare with."""
    if not isinstance(x, dt.date) or x != x:  # NaT of pandas says that it is a datetime
        raise WrongCall(f"cannot compare a time with {shown(x)}: give a date or a datetime")
    own = (zone or "UTC") if isinstance(x, dt.datetime) and x.tzinfo is not None else None
    return Instants(np.array([microseconds(x)], np.int64), None, not isinstance(x, dt.datetime), own)
