"""Microseconds since 1970, and what the clock of a time zone shows at them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np

from crm_metrics._values.exact import Array
from crm_metrics.errors import WrongValue, listed, shown

DAY = 86_400_000_000
EPOCH = dt.datetime(1970, 1, 1)
EPOCH_UTC = EPOCH.replace(tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


def microseconds(x: dt.date) -> int:
    """A date or datetime as microseconds since 1970, in its own zone's UTC or in local time."""
    if isinstance(x, dt.datetime):
        return (x - (EPOCH if x.tzinfo is None else EPOCH_UTC)) // MICROSECOND
    return (x.toordinal() - 719163) * DAY


def offsets(data: Array, zone: str) -> Array:
    """Microseconds that local time in `zone` is ahead of UTC, per instant."""
    if zone == "UTC" or not len(data):
        return np.zeros(1, np.int64)
    low, high = int(data.min()), int(data.max())
    if (high - low) // STEP > len(data):  # a few times far apart: each is asked, not every clock change between them
        ahead = _ahead(zone)
        return np.array([ahead(us) for us in data.tolist()], np.int64)
    edges, shift = transitions(zone, low, high)
    return shift.take(np.searchsorted(edges, data, side="right"))


STEP = 10 * DAY  # shorter than any stay on a clock


def _ahead(zone: str) -> Callable[[int], int]:
    """How many microseconds the clock of a zone is ahead of UTC at an instant."""
    clock = zoneinfo(zone)

    def offset(us: int) -> int:
        us = min(max(us, _FIRST), _LAST)
        ahead = (EPOCH_UTC + dt.timedelta(microseconds=us)).astimezone(clock).utcoffset()
        return 0 if ahead is None else ahead // MICROSECOND

    return offset


def on_the_calendar(local: Array) -> Array:
    first, last = FIRST_DAY * DAY, (LAST_DAY + 1) * DAY - 1
    if len(local) and not first <= int(local.min()) <= int(local.max()) <= last:
        return np.clip(local, first, last)
    return local


def transitions(zone: str, low: int, high: int) -> tuple[Array, Array]:
    """The instants at which the clock of a zone changes, and its offset before, between and after them."""
    offset = _ahead(zone)
    edges, shifts = [], [offset(low)]
    for start in range(low, high + 1, STEP):
        a, b = start, min(start + STEP, high + 1)
        while offset(b) != shifts[-1]:
            lo, hi = a, b
            while hi - lo > 1:  # the clock changes in (lo, hi]
                mid = (lo + hi) // 2
                lo, hi = (mid, hi) if offset(mid) == shifts[-1] else (lo, mid)
            edges.append(hi)
            shifts.append(offset(hi))
            a = hi
    return np.array(edges, np.int64), np.array(shifts, np.int64)


FIRST_DAY, LAST_DAY = (day.toordinal() - 719163 for day in (dt.date.min, dt.date.max))
"""The days since 1970 with which the calendar begins and ends."""

_FIRST = (dt.datetime(1, 1, 3) - EPOCH) // MICROSECOND
_LAST = (dt.datetime(9999, 12, 29) - EPOCH) // MICROSECOND


def zoneinfo(zone: str) -> dt.tzinfo:
    """The zone of a name."""
    import zoneinfo as z

    try:
        return z.ZoneInfo(zone if isinstance(zone, str) else "")  # what is no name is compared with those it knows
    except (z.ZoneInfoNotFoundError, ValueError, TypeError, IsADirectoryError):
        some = listed(["Europe/Moscow", "America/New_York", "UTC"])
        msg = f"there is no time zone {shown(zone)}: use a name such as {some} (on Windows: pip install tzdata)"
        raise WrongValue(msg) from None
