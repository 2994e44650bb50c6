"""Columns of times. Whether one has a time zone, and whether it holds days, is decided from all of its cells.

A program that keeps a day in a field of times writes midnight, or one and the same time of day, in every row. Such a
column holds days: to read three o'clock out of it, since the server is ahead of Greenwich, would invent an hour that
nobody knows. Times of typed records say themselves what they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from attrs import evolve

from crm_metrics._tables import text
from crm_metrics._tables.encoding.raws import How, Raw, Read, by_value, rows_of
from crm_metrics._values.clocks import DAY, EPOCH, EPOCH_UTC, MICROSECOND, microseconds, offsets, zoneinfo
from crm_metrics._values.columns import Instants, either
from crm_metrics._values.days import no_days, outside
from crm_metrics._values.evidence import SAME, Clocks
from crm_metrics._values.exact import Array
from crm_metrics.cells import Bad, whole_microseconds
from crm_metrics.records.schemas import Field

TIMES = {dt.datetime, dt.date, type(None)}
HEAD = 64  # rows that tell of most columns that they hold no days
FIRST = (dt.datetime.min - EPOCH) // MICROSECOND
LAST = (dt.datetime.max - EPOCH) // MICROSECOND
Clock: TypeAlias = Callable[[slice], Array]  # what a clock on some wall shows in some rows, in microseconds


def instants(raw: Raw, field: Field, how: How) -> Read:
    """A column of times."""
    zone = None if raw.stated else text.zone_of(how.heading(field.name))
    if raw.is_array and raw.values.dtype.kind == "M":
        return of_array(raw, how.tz) if zone is None or raw.aware or raw.bare else _array_in(zone, raw, how.tz)
    if raw.labels is None and isinstance(raw.values, list) and set(map(type, raw.values)) <= TIMES:
        return _in(zone, raw.values, how.tz, stated=raw.stated)
    few = by_value(raw)
    assert few.labels is not None
    cells = list(map(how.cell(field), few.labels))
    bad = {i: c for i, c in enumerate(cells) if isinstance(c, Bad)}
    walls = [None if i in bad else c for i, c in enumerate(cells)]
    codes = few.values if few.mask is None else few.values[~few.mask]
    found = _in(zone, walls, how.tz, np.bincount(codes, minlength=len(walls)), stated=raw.stated)
    bad |= {i: Bad(few.labels[i], cell.problem, cell.remedy) for i, cell in found.faults}
    out: Instants = found.column.take(few.values)
    out.mask = either(out.mask, few.mask)
    return Read(out, rows_of(few.values, bad, few.mask), found.said)


# ---------------------------------------------------------------- the zone that a heading states


def _in(
    zone: dt.timezone | None, walls: Sequence[Any], tz: str | None, counts: Array | None = None, *, stated: bool = False
) -> Read:
    """Dates and datetimes, those without a zone in that of the heading."""
    if zone is None or not any(map(_is_naive, walls)):
        return of_walls(walls, tz, counts, stated=stated)
    return _told(of_walls([w.replace(tzinfo=zone) if _is_naive(w) else w for w in walls], tz, counts), zone)


def _is_naive(x: Any) -> bool:
    return type(x) is dt.datetime and x.tzinfo is None


def _array_in(zone: dt.timezone, raw: Raw, tz: str | None) -> Read:
    """An array of times without a zone, in that of the heading."""
    seconds = int(zone.utcoffset(None).total_seconds())
    values = raw.values - np.timedelta64(seconds, "s") if seconds else raw.values
    wall = None if seconds % 3600 else f"Etc/GMT{-seconds // 3600:+}"
    return _told(of_array(evolve(raw, values=values, aware=True, wall=wall), tz), zone)


def _told(read: Read, zone: dt.timezone) -> Read:
    return evolve(read, said="; ".join(filter(None, (f"is in {zone}, as its heading says", read.said))))


# ---------------------------------------------------------------- times as they were written


def of_walls(walls: Sequence[Any], tz: str | None, counts: Array | None = None, *, stated: bool = False) -> Read:
    """Dates and datetimes as they were written, `counts` how often each; those unlike the others are bad."""
    bad, said = _unlike(walls, counts)
    if bad:
        walls = [None if i in bad else w for i, w in enumerate(walls)]
    out = _column(walls, tz)
    beyond = {} if stated else _beyond(out, walls)
    if not stated and out.bare is not True:
        timed = _timed(out, walls)
        said = _settle(out, timed, _clocks(out, timed, walls, tz)) or said
    return Read(out, sorted({**bad, **beyond}.items()), said)


def _timed(out: Instants, walls: Sequence[Any]) -> Array:
    """The rows that have a time of day."""
    known = [i for i, w in enumerate(walls) if type(w) is dt.datetime]
    return np.array(known if out.mask is None else [i for i in known if not out.mask[i]], np.intp)


def _unlike(walls: Sequence[Any], counts: Array | None) -> tuple[dict[int, Bad], str]:
    """Times without a zone where most have one, or with one where most have none."""
    if len({w.tzinfo is None for w in walls if type(w) is dt.datetime}) < 2:
        return {}, ""
    aware, naive = (
        [i for i, w in enumerate(walls) if type(w) is dt.datetime and (w.tzinfo is None) is none]
        for none in (False, True)
    )
    many = np.ones(len(walls), np.int64) if counts is None else counts
    if many[naive].sum() <= many[aware].sum():
        return _each(walls, naive, "has no time zone and most others have one", "give it a zone such as +03:00")
    return _each(walls, aware, "has a time zone and most others have none", "strip the zone, or give all rows one")


def _each(walls: Sequence[Any], rows: list[int], problem: str, remedy: str) -> tuple[dict[int, Bad], str]:
    has = "with" if "has no" in problem else "without"
    return {i: Bad(walls[i], problem, remedy) for i in rows}, f"has times {has} a zone"


def _column(walls: Sequence[Any], tz: str | None) -> Instants:
    n = len(walls)
    mask = np.fromiter((w is None for w in walls), bool, n)
    kinds = set(map(type, walls)) - {type(None)}
    bare: bool | Array = kinds == {dt.date}
    if len(kinds) == 2:
        bare = np.fromiter((type(w) is dt.date for w in walls), bool, n)
    aware = {w.tzinfo is not None for w in walls if type(w) is dt.datetime} if dt.datetime in kinds else set()
    data = np.fromiter(_ticks(walls, kinds, aware), np.int64, n)
    return Instants(data, mask if mask.any() else None, bare, (tz or "UTC") if aware == {True} else None)


def _ticks(walls: Sequence[Any], kinds: set[type], aware: set[bool]) -> Iterator[int]:
    if kinds == {dt.date}:
        return (0 if w is None else (w.toordinal() - 719163) * DAY for w in walls)
    if kinds == {dt.datetime}:
        epoch = EPOCH_UTC if True in aware else EPOCH
        return (0 if w is None else (w - epoch) // MICROSECOND for w in walls)
    return (0 if w is None else microseconds(w) for w in walls)


def _beyond(out: Instants, walls: Sequence[Any]) -> dict[int, Bad]:
    """Times that leave the calendar in UTC; they, and days that mean none, are missing from now on."""
    none = no_days(out.data)
    far = np.flatnonzero(((out.data < FIRST) | (out.data > LAST)) & ~none).tolist()
    none[far] = True
    if none.any():
        out.data, out.mask = np.where(none, 0, out.data), either(out.mask, none)
    return {i: Bad(walls[i], "is outside the calendar in UTC", _NO_YEAR[1]) for i in far}


# ---------------------------------------------------------------- arrays


def of_array(raw: Raw, tz: str | None) -> Read:
    """An array of times; those in no calendar are bad."""
    values = raw.values
    far = _unheard_of(values)
    data = (np.where(far, np.zeros(1, values.dtype), values) if far.any() else values).astype("M8[us]", copy=False)
    us = data.view(np.int64)
    far |= outside(us)
    if raw.mask is not None:
        far &= ~raw.mask
    none = far if raw.stated else far | no_days(us)
    mask = either(raw.mask, none) if none.any() else raw.mask
    bare = raw.bare or values.dtype == np.dtype("M8[D]")
    out = Instants(np.where(none, 0, us) if none.any() else us, mask, bare, (tz or "UTC") if raw.aware else None)
    faults = [(row, Bad(str(values[row]), *_NO_YEAR)) for row in np.flatnonzero(far).tolist()]
    if raw.stated or bare:
        return Read(out, faults)
    timed = np.arange(len(us)) if mask is None else np.flatnonzero(~mask)
    return Read(out, faults, _settle(out, timed, _clocks(out, timed, None, tz, raw.wall)))


_NO_YEAR = "is in no calendar", "give a time from year 1 to 9999"


def _unheard_of(values: Array) -> Array:
    """Times in years so far away that microseconds do not reach them."""
    ends = np.array([values.min(), values.max()], values.dtype) if len(values) else values
    if not _distant(ends).any():
        return np.zeros(len(values), bool)
    return _distant(values)


def _distant(values: Array) -> Array:
    years = whole_microseconds(values).astype("M8[Y]").astype(np.int64) + 1970
    return np.asarray((years < 0) | (years > dt.MAXYEAR + 1))


# ---------------------------------------------------------------- does it hold days?


def _clocks(
    out: Instants, timed: Array, walls: Sequence[Any] | None, tz: str | None, wall: str | None = None
) -> Iterator[tuple[str, Clock]]:
    """The clocks on which midnights may show: as it was written, that of UTC, that of the company."""
    data = out.data
    if out.zone is None:
        yield "midnight", lambda at: data[timed[at]]
        return
    if walls is not None:
        yield "midnight", lambda at: np.array([microseconds(_bare(walls[i])) for i in timed[at].tolist()], np.int64)
    for zone in dict.fromkeys(name for name in (wall, "UTC", tz) if name is not None and _is_zone(name)):
        yield f"midnight in {zone}", lambda at, zone=zone: _local(data[timed[at]], zone)  # type: ignore[misc]


def _bare(x: dt.datetime) -> dt.datetime:
    return x.replace(tzinfo=None)


def _local(data: Array, zone: str) -> Array:
    return np.asarray(data + offsets(data, zone))


def _is_zone(name: str) -> bool:
    try:
        return bool(zoneinfo(name))
    except ValueError:
        return False


def _settle(out: Instants, timed: Array, clocks: Iterable[tuple[str, Clock]]) -> str:
    """Make the column one of days where all its times are; gives how that shows."""
    if not len(timed):
        return ""
    known = dict(clocks)
    out.seen = seen = _seen(len(timed), known)
    if seen.days_at is None:
        return ""
    name, time = seen.days_at
    data = out.data.copy()
    data[timed] = known[name](slice(0, len(timed))) // DAY * DAY
    out.data, out.bare, out.zone = data, True, None
    return f"holds days: each of its times is {(EPOCH + time * MICROSECOND).time() if time else name}"


def _seen(n: int, clocks: Mapping[str, Clock]) -> Clocks:
    """On which clocks all rows show midnight, or on the first of them one other time of day, and on how many days."""
    shown, first = [], next(iter(clocks))
    for name, clock in clocks.items():
        time = int(clock(slice(0, 1))[0]) % DAY
        if (name == first or not time) and _same(clock, n, time):
            shown.append((name, time))
    days = np.unique(clocks[first](slice(0, n)) // DAY)[:SAME].tolist() if shown else ()
    return Clocks(tuple(shown), frozenset(days))


def _same(clock: Clock, n: int, time: int) -> bool:
    """Whether a clock shows this time of day in all rows; most columns tell by their first ones that it does not."""
    return all(bool((clock(slice(0, part)) % DAY == time).all()) for part in (min(n, HEAD), n))
