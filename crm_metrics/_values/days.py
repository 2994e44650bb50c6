"""Days that no business time has: how programs write that there is none, and what no calendar holds.

A time is a number of microseconds since 1970 here (in UTC, or on the wall where it has no zone), one or an array of
them, so that a cell of text, an object and a column of an array are judged by one rule.
"""

from __future__ import annotations

import datetime as dt
from functools import reduce
from operator import or_
from typing import Any

import numpy as np

from crm_metrics._values.exact import Array

DAY = 86_400_000_000
NO_DAYS = {
    "0001-01-01": "1C, .NET, Dynamics, Go",
    "1000-01-01": "the least of MySQL",
    "1601-01-01": "Windows",
    "1753-01-01": "the least of SQL Server",
    "1899-12-30": "day 0 of spreadsheets, Access, Delphi, OLE",
    "1899-12-31": "day 0 of Excel, which writes 1900-01-00",
    "1900-01-01": "day 1 of spreadsheets; an empty text in SQL Server",
    "1904-01-01": "day 0 of spreadsheets from a Mac",
    "2999-12-31": "no end",
    "9999-12-31": "no end",
}
"""Days that mean none, whatever the time of day, and who writes them; the start of Unix time is one more.

On a clock elsewhere such a day begins a day earlier or ends a day later, so the days beside them mean none too.
"""

YEARS = range(1900, 2200)
"""Years that a business time can have: a time in another year is kept, and worth telling."""


def since_1970(x: dt.date) -> int:
    """A date or a datetime as microseconds; of an aware one in UTC, which may be outside the calendar of Python."""
    if not isinstance(x, dt.datetime):
        return (x.toordinal() - _EPOCH.toordinal()) * DAY
    wall = x.replace(tzinfo=None) - _EPOCH
    return (wall - (x.utcoffset() or dt.timedelta(0))) // dt.timedelta(microseconds=1)


def no_days(us: Any) -> Any:
    """Which times are a program's way to write that there is none."""
    hits = [(us >= first) & (us < after) for first, after in _meeting(us, _SPANS)]
    hits += [_start_of_unix(us) for _ in _meeting(us, _UNIX)]
    return reduce(or_, hits) if hits else _nowhere(us)


def outside(us: Any) -> Any:
    """Which times no calendar holds: before year 1 or after 9999, and not beside a day that means none."""
    return (us < _CALENDAR[0]) | (us >= _CALENDAR[1])


def odd(us: Any) -> Any:
    """Which times are in no year of `YEARS`, or in January 1970, where Unix times read in a wrong unit are."""
    return (us < _YEARS[0]) | (us >= _YEARS[1]) | (us >= 0) & (us < 31 * DAY)


def _start_of_unix(us: Any) -> Any:
    """Midnight of 1 January 1970 in UTC, on any clock (they differ by quarters of an hour), or as the day before."""
    hit: Any = (us == -DAY) | (us >= -14 * _HOUR) & (us <= 14 * _HOUR)
    return hit & (us % (_HOUR // 4) == 0)


def _meeting(us: Any, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches of time in which some of the times may be."""
    if isinstance(us, np.ndarray) and not us.size:
        return []
    low, high = (int(us.min()), int(us.max())) if isinstance(us, np.ndarray) else (us, us)
    return [(first, after) for first, after in spans if low < after and high >= first]


def _nowhere(us: Any) -> Array | bool:
    return np.zeros(us.shape, bool) if isinstance(us, np.ndarray) else False


def _us(day: str) -> int:
    return int(np.datetime64(day, "D").astype(np.int64)) * DAY


_EPOCH = dt.datetime(1970, 1, 1)
_HOUR = DAY // 24
_SPANS = [(_us(day) - DAY, _us(day) + 2 * DAY) for day in NO_DAYS]
_UNIX = [(-DAY, DAY)]
_CALENDAR = _us("0000-12-31"), _us("10000-01-02")
_YEARS = _us(f"{YEARS[0]}-01-01"), _us(f"{YEARS[-1] + 1}-01-01")
