"""Time as a key and as a period: `month`, `month("closed_at")`, `month("2024-03")`."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable
from typing import Any, overload

import numpy as np
from attrs import evolve, field, frozen

from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.table import Table
from crm_metrics._values.breakdown import Breakdown
from crm_metrics._values.clocks import DAY, FIRST_DAY, LAST_DAY, microseconds, zoneinfo
from crm_metrics._values.columns import Flags, Instants, Labels, one_instant
from crm_metrics._values.exact import BIG, Array
from crm_metrics._values.keys import order
from crm_metrics.errors import WrongCall, WrongValue, shown
from crm_metrics.records.schemas import Record

HOUR = DAY // 24


@frozen
class Period:
    """A stretch of time from `start` up to, not including, `end`.

    >>> month("2024-02")
    Period(start=datetime.date(2024, 2, 1), end=datetime.date(2024, 3, 1), tz=None)
    >>> month("2024-02").days
    29.0
    """

    start: dt.date
    end: dt.date
    tz: str | None = None
    rolling: bool = field(default=False, eq=False, repr=False, kw_only=True)  # so many days, of whatever months

    def __attrs_post_init__(self) -> None:
        one_instant(self.start)
        one_instant(self.end)
        if self.tz is not None:
            zoneinfo(self.tz)
        zones = [x.tzinfo is None if isinstance(x, dt.datetime) else "date" for x in (self.start, self.end)]
        if zones[0] != zones[1]:
            msg = "a period takes two dates, or two datetimes both with a zone or without: give both in one form"
            raise WrongValue(msg)
        if self.start > self.end:
            raise WrongValue(f"the period ends ({self.end}) before it starts ({self.start}): swap them")

    @property
    def days(self) -> float:
        """Its length in days."""
        return (self.end - self.start) / dt.timedelta(days=1)

    def covers(self, times: Instants) -> Flags:
        """Which times fall into it; unknown where there is none."""
        times = times if self.tz is None else times.in_zone(self.tz)
        if isinstance(self.start, dt.datetime):
            return (times >= self.start) & (times < self.end)
        local = times.local()
        true = (local >= microseconds(self.start)) & (local < microseconds(self.end))
        return Flags(true if times.mask is None else true & ~times.mask, times.mask)


@frozen
class TimeKey:
    """A unit of time as a key for `by=`.

    ``month("closed_at")`` reads that field; the bare ``month`` reads the time that the metric names: wins are
    counted when the deal was closed, conversion when it was created. ``month("2024-03")`` is that month as a
    `Period`, for ``where(deals, closed_at=month("2024-03"))``. ``tz=`` names the zone of day boundaries for aware
    times.
    """

    unit: str
    field: str | None = None
    tz: str | None = None

    @property
    def __name__(self) -> str:
        return self.unit

    def on(self, field: str | None) -> TimeKey:
        """The same key on a field."""
        if field is None:
            raise WrongCall(f"by={self.unit}: this metric names no time, so say which: {self.unit}('created_at')")
        return evolve(self, field=field)

    @overload
    def __call__(self, what: Table[Any] | Record, /) -> Any: ...
    @overload
    def __call__(self, what: str | None = None, /, *, tz: str | None = None) -> TimeKey: ...
    def __call__(self, what: Any = None, /, *, tz: str | None = None) -> Any:
        if isinstance(what, Table):
            return self._labels(what)
        if isinstance(what, Record):
            return self._labels(open_rows([what], type(what))).item(0)
        if what is None or (isinstance(what, str) and what and not what[0].isdigit()):
            if tz is not None:
                zoneinfo(tz)
            return evolve(self, field=what, tz=self.tz if tz is None else tz)
        return self.period(what, tz=tz)

    # ---- labels of rows
    def _labels(self, t: Table[Any]) -> Labels:
        if self.field is None:
            raise WrongCall(f"say which time: {self.unit}('created_at')")
        if self not in t.memo:
            times = t[self.field]
            times = times.instants()
            if not isinstance(times, Instants):
                raise WrongCall(f"{self.unit}({self.field!r}): {self.field} holds no times")
            t.memo[self] = self._coded(times if self.tz is None else times.in_zone(self.tz))
        made: Labels = t.memo[self]
        return made

    def _coded(self, times: Instants) -> Labels:
        local = times.local()
        if self.unit == "hour":
            codes, labels = _hours(local), list[Any](range(24))
        else:
            codes, labels = _by_day(local, times.mask, self.unit)
        none = times.mask
        if self.unit == "hour" and times.bare is not False:
            none = np.logical_or(times.bare, False if none is None else none)
            none = np.broadcast_to(none, len(times))
        if none is None:
            return Labels(codes, labels)
        dtype = np.uint8 if len(labels) < 255 else np.uint16 if len(labels) < 65535 else np.int32
        return Labels(np.where(none, dtype(len(labels)), codes.astype(dtype, copy=False)), [*labels, None])

    # ---- periods
    def period(self, what: Any, *, tz: str | None = None) -> Period:
        """One day, week, month, quarter or year: ``month.period("2024-03")`` is ``month("2024-03")``, typed."""
        start = self._start(what)
        try:
            end = _next(start, self.unit)
        except (ValueError, OverflowError):
            last = self.label(start - dt.timedelta(days=1))
            raise WrongValue(
                f"the {self.unit} {what!r} ends with the calendar, and a period needs the day after its end: give one "
                f"up to {last!r}, or Period(start, end)"
            ) from None
        return Period(start, end, tz)

    def _start(self, what: Any) -> dt.date:
        """The first day of a day, week, month, quarter or year that is written as its label."""
        pattern, start_of = _PATTERNS.get(self.unit, (None, None))
        written = shown(what) if isinstance(what, (int, dt.date)) else what if isinstance(what, str) else ""
        found = pattern and re.fullmatch(pattern, written)
        if not found or start_of is None:
            example = _EXAMPLES.get(self.unit)
            say = f", or a {self.unit} such as {example!r}" if example else f" ({self.unit}s are keys, not periods)"
            raise WrongValue(f"{self.unit}({shown(what)}): give a field name{say}")
        try:
            return start_of(*map(int, found.groups()))
        except (ValueError, OverflowError):
            raise WrongValue(
                f"there is no {self.unit} {shown(what)}: give one such as {_EXAMPLES[self.unit]!r}"
            ) from None

    def label(self, day: dt.date) -> Any:
        """The label of the unit that a day falls into."""
        if self.unit == "hour":
            raise WrongCall("a day has no hour: use day, week, month, quarter, year or weekday")
        return _names(np.array([_index(day.toordinal() - 719163, self.unit)]), self.unit)[0]

    def fill(self, numbers: Breakdown, start: str | None = None, end: str | None = None) -> Breakdown:
        """The same numbers with the empty periods between the first and the last (or `start` and `end`) put in.

        An empty period counts 0 in totals and NaN elsewhere. Other keys are crossed with every period.

        >>> month.fill(Breakdown.of({"2024-01": 3, "2024-03": 1}))
        Breakdown({'2024-01': 3, '2024-02': 0, '2024-03': 1})
        """
        if self.unit not in _PATTERNS:
            raise WrongCall(f"{self.unit} has no empty periods to fill: use day, week, month, quarter or year")
        single = not any(isinstance(k, tuple) for k in numbers)
        keys = [(k,) if single else k for k in numbers]
        place = self._place(keys, numbers.names)
        known = sorted(k[place] for k in keys if k[place] is not None)
        if any(not re.fullmatch(_PATTERNS[self.unit][0], str(k)) for k in known):
            raise WrongCall(
                f"these groups are not by {self.unit}, but by {', '.join(numbers.names) or shown(known[0])}"
            )
        first = start if start is not None else known[0] if known else None
        last = end if end is not None else known[-1] if known else None
        if first is None or last is None:
            return numbers
        labels = [*self.between(first, last), *([None] if any(k[place] is None for k in keys) else [])]
        axes = [sorted({k[i] for k in keys}, key=order) for i in range(len(keys[0]))] if keys else [[]]
        axes[place] = labels
        return numbers.on(tuple(axes[0]) if single else tuple(itertools.product(*axes)))

    def _place(self, keys: list[tuple[Any, ...]], names: tuple[str, ...]) -> int:
        if not keys or len(keys[0]) == 1:
            return 0
        if self.unit in names:
            return names.index(self.unit)
        raise WrongCall(f"these groups have no {self.unit} among their keys")

    def between(self, start: str, end: str) -> list[Any]:
        """The labels from one to another, both included."""
        a, b = (self._start(x).toordinal() - 719163 for x in (start, end))
        return _names(np.arange(_index(a, self.unit), _index(b, self.unit) + 1), self.unit)


# ---------------------------------------------------------------- days to labels


def _hours(local: Array) -> Array:
    return ((local // HOUR) % 24).astype(np.uint8)


def _by_day(local: Array, mask: Array | None, unit: str) -> tuple[Array, list[Any]]:
    """The code of each row's unit, through a table of days."""
    span = _span(local, mask)
    if span is None:
        return np.zeros(len(local), np.uint8), []
    low, high = (us // DAY for us in span)
    if not FIRST_DAY <= low <= high <= LAST_DAY:
        odd = np.datetime64(low if low < FIRST_DAY else high, "D")
        raise WrongValue(f"there is a time of {odd}, which no calendar has: correct it, or leave its cell empty")
    index = _index(np.arange(low, high + 1), unit)
    first = int(index[0]) if unit != "weekday" else 1
    labels = _names(np.arange(first, int(index.max()) + 1), unit)
    table = (index - first).astype(np.uint8 if len(labels) < 256 else np.uint16 if len(labels) < 65536 else np.int32)
    codes = np.empty(len(local), table.dtype)
    for i in range(0, len(local), 1 << 16):
        days = local[i : i + (1 << 16)] // DAY
        days -= low
        table.take(days, out=codes[i : i + (1 << 16)], mode="clip")
    return codes, labels


def _span(local: Array, mask: Array | None) -> tuple[int, int] | None:
    """The first and the last time that is not missing."""
    lows, highs = [], []
    for i in range(0, len(local), 1 << 16):
        x = local[i : i + (1 << 16)]
        if mask is None:
            lows.append(int(x.min()))
            highs.append(int(x.max()))
            continue
        none = mask[i : i + (1 << 16)]
        if not none.all():
            lows.append(int(np.where(none, BIG, x).min()))
            highs.append(int(np.where(none, -BIG, x).max()))
    return (min(lows), max(highs)) if lows else None


def _index(day: Any, unit: str) -> Any:
    """The number of the unit that a day (since 1970) falls into."""
    if unit == "day":
        return day
    if unit == "week":
        return (day + 3) // 7
    if unit == "weekday":
        return (day + 3) % 7 + 1
    months = np.asarray(day).astype("M8[D]").astype("M8[M]").astype(np.int64)
    return months // {"month": 1, "quarter": 3, "year": 12}[unit]


def _names(index: Array, unit: str) -> list[Any]:
    if unit == "weekday":
        return [int(i) for i in index.tolist()]
    if unit == "day":
        return [str(d) for d in index.astype("M8[D]")]
    if unit == "week":
        return [_iso_week(int(i)) for i in index.tolist()]
    if unit == "quarter":
        return [f"{1970 + i // 4:04}Q{i % 4 + 1}" for i in index.tolist()]
    return [str(m) for m in index.astype("M8[M]" if unit == "month" else "M8[Y]")]


def _iso_week(index: int) -> str:
    iso = dt.date.fromordinal(index * 7 + 719163).isocalendar()  # its Thursday
    return f"{iso.year:04}-W{iso.week:02}"


def _next(start: dt.date, unit: str) -> dt.date:
    if unit in ("day", "week"):
        return start + dt.timedelta(days=1 if unit == "day" else 7)
    months = start.year * 12 + start.month - 1 + {"month": 1, "quarter": 3, "year": 12}[unit]
    return dt.date(months // 12, months % 12 + 1, 1)


def _of_quarter(year: int, quarter: int) -> dt.date:
    return dt.date(year, quarter * 3 - 2, 1)


_PATTERNS: dict[str, tuple[str, Callable[..., dt.date]]] = {
    "day": (r"(\d{4})-(\d\d)-(\d\d)", dt.date),
    "week": (r"(\d{4})-W(\d\d)", lambda y, w: dt.date.fromisocalendar(y, w, 1)),
    "month": (r"(\d{4})-(\d\d)", lambda y, m: dt.date(y, m, 1)),
    "quarter": (r"(\d{4})Q([1-4])", _of_quarter),
    "year": (r"(\d{4})", lambda y: dt.date(y, 1, 1)),
}
_EXAMPLES = {"day": "2024-03-31", "week": "2024-W13", "month": "2024-03", "quarter": "2024Q1", "year": "2024"}

day = TimeKey("day")
week = TimeKey("week")
month = TimeKey("month")
quarter = TimeKey("quarter")
year = TimeKey("year")
weekday = TimeKey("weekday")
hour = TimeKey("hour")

UNITS = {key.unit: key for key in (day, week, month, quarter, year, weekday, hour)}
"""The units of time that rows may be grouped by."""


def time_key(text: str) -> TimeKey | None:
    """What text such as ``month`` or ``month(closed_at)`` names; None where it is no unit of time.

    A field whose name has brackets or a quote in it stands in quotes of the other kind.

    >>> time_key("month(closed_at)")
    TimeKey(unit='month', field='closed_at', tz=None)
    """
    found = re.fullmatch(r"""(\w+)(?:\((?:"([^"]+)"|'([^']+)'|([^"'()]+))\))?""", text)
    if not found or found[1] not in UNITS:
        return None
    field = found[2] or found[3] or found[4]
    return UNITS[found[1]].on(field) if field else UNITS[found[1]]
