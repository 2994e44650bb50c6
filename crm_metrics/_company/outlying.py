"""Days that lie far outside all others: 2204 typed for 2024, the 1899 of a spreadsheet, the 1970 of an empty field.

Nothing here reads a clock: a day is compared with the others of its table. It is far outside where it lies further
beyond all others than the whole span of them, and by more than a year, and if such days are few.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np

from crm_metrics._tables.table import Table
from crm_metrics._values.clocks import DAY
from crm_metrics._values.columns import Instants
from crm_metrics._values.exact import Array
from crm_metrics.errors import DataError

YEAR = 366
OTHERS = 4  # so many days for each that lies far outside


def within(t: Table[Any]) -> Table[Any]:
    """The same rows, days far outside all others being missing."""
    found = outlying(t)
    return t.replaced({name: _masked(t[name], far) for name, far in found.items()}) if found else t


def outlying(t: Table[Any]) -> dict[str, Array]:
    """Of each time that has some: the rows whose day lies far outside all others of the table."""
    if "outlying" not in t.memo:
        t.memo["outlying"] = dict(_outlying(t))
    found: dict[str, Array] = t.memo["outlying"]
    return found


def _outlying(t: Table[Any]) -> Iterator[tuple[str, Array]]:
    try:
        days = {name: _days(t, name) for name in t.record.known.happened if name in t}
    except DataError:  # told where that column is read
        return
    seen = [x[there] for x, there in days.values()]
    first, last = usual(np.concatenate(seen)) if seen else (0, 0)
    for name, (x, there) in days.items():
        far = there & ((x < first) | (x > last))
        if far.any():
            yield name, far


def _days(t: Table[Any], name: str) -> tuple[Array, Array]:
    """The day of each row, and where it has one; of what has not happened yet (an open deal's closing) it is a plan."""
    times: Instants = t[name]
    there = ~times.missing.true
    later = next((x for x in t.record.known.later if x.at == name and x.until is not None), None)
    if later is not None and "status" in t:
        there &= t["status"].isin(*later.makes).true
    return times.local() // DAY, there


def usual(days: Array) -> tuple[int, int]:
    """The first and the last of the days that are not far outside all others.

    >>> usual(np.array([19_000, 19_003, 19_010, 19_020, 85_000]))
    (19000, 19020)
    """
    if not len(days) or int(days.max()) - int(days.min()) <= YEAR:  # no gap is that long
        return (int(days.min()), int(days.max())) if len(days) else (0, 0)
    least = int(days.min())
    count = np.bincount(days - least)
    found = np.flatnonzero(count)
    so_far, i, j = np.cumsum(count[found]), 0, len(found)
    most, moved = len(days) // (OTHERS + 1), True
    while moved:
        a = _from_below(found[i:j], so_far[i:j] - (so_far[i - 1] if i else 0), most)
        i += a
        b = _from_below(-found[i:j][::-1], len(days) - so_far[i:j][::-1] + count[found[i:j][::-1]], most)
        j -= b
        moved = a + b > 0
    return int(found[i]) + least, int(found[j - 1]) + least


def _from_below(days: Array, so_far: Array, most: int) -> int:
    """How many of the first days, in their order, lie far before all others; up to each there are `so_far` rows."""
    few = int(np.searchsorted(so_far, most, side="right"))
    span = days[-1] - days[1:]
    far = np.diff(days)[:few] > np.maximum(span[:few], YEAR)
    return int(np.flatnonzero(far)[-1]) + 1 if far.any() else 0


def _masked(times: Instants, far: Array) -> Instants:
    return times.without(far)


def day_of(times: Instants, row: int) -> dt.date:
    """The day of a row, as the calendar on the wall of the business shows it."""
    return dt.date.fromordinal(int(times.local()[row]) // DAY + 719163)
