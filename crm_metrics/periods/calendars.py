"""Periods that end where the data end: today, the last seven days, this and the previous month, fiscal years, 4-4-5.

Nothing here reads the clock: each takes `as_of`, the day whose end is now. All are half-open `Period` values, for
``where(deals, closed_at=previous(month, as_of=day))``.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

from crm_metrics.errors import WrongCall, WrongValue, each, shown
from crm_metrics.periods import Period, TimeKey

ONE_DAY = dt.timedelta(days=1)
WEEKS_445 = (4, 4, 5)
NOTHING_BEFORE = "there is nothing before year 1: give a later day"


def today(as_of: dt.date) -> Period:
    """The day `as_of`.

    >>> today(dt.date(2024, 3, 31))
    Period(start=datetime.date(2024, 3, 31), end=datetime.date(2024, 4, 1), tz=None)
    """
    day = _day(as_of)
    return Period(day, day + ONE_DAY)


def yesterday(as_of: dt.date) -> Period:
    """The day before `as_of`."""
    return today(_earlier(_day(as_of), ONE_DAY))


def last_days(n: int, as_of: dt.date) -> Period:
    """The `n` days that end with `as_of`, itself included.

    >>> last_days(7, dt.date(2024, 3, 31)).start
    datetime.date(2024, 3, 25)
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise WrongValue(f"last_days({shown(n)}): give a number of days, 1 or more")
    end = _day(as_of) + ONE_DAY
    try:
        return Period(end - dt.timedelta(days=n), end, rolling=True)
    except OverflowError:
        raise WrongValue(f"last_days({shown(n)}) begin before the calendar: give fewer") from None


def this(unit: TimeKey | Sequence[Period], as_of: dt.date) -> Period:
    """The whole week, month, quarter or year that `as_of` is in; of periods such as `months_445`, the one it is in.

    >>> from crm_metrics.periods import quarter
    >>> this(quarter, dt.date(2024, 5, 5))
    Period(start=datetime.date(2024, 4, 1), end=datetime.date(2024, 7, 1), tz=None)
    """
    if isinstance(unit, (tuple, list)) and unit and all(isinstance(p, Period) for p in unit):
        return _among(unit, _day(as_of))
    if not isinstance(unit, TimeKey):
        raise WrongCall(f"expected a unit of time such as month, got {shown(unit)}")
    if unit.unit in ("hour", "weekday"):
        raise WrongCall(f"{unit.unit}s are keys, not periods: use day, week, month, quarter or year")
    return unit.period(unit.label(_day(as_of)))


def _among(periods: Sequence[Period], day: dt.date) -> Period:
    for p in periods:
        if _day(p.start) <= day < _day(p.end):
            return p
    first, last = min(_day(p.start) for p in periods), max(_day(p.end) for p in periods)
    raise WrongValue(
        f"{day} is in none of these {len(periods)} periods, {first} to {last - ONE_DAY}: add those of its year, "
        "months_445(...) + months_445(...)"
    )


def previous(what: TimeKey | Period | Sequence[Period], as_of: dt.date | None = None) -> Period:
    """The whole week, month, quarter or year before the one that `as_of` is in: as long as the calendar makes it.

    Of a period, the one that ends where it starts: of as many months where it is of whole calendar months, else (and
    always of `last_days`) of the same number of days. Of periods such as `months_445`, the one before that of `as_of`.

    >>> from crm_metrics.periods import month
    >>> previous(month, dt.date(2024, 3, 31))
    Period(start=datetime.date(2024, 2, 1), end=datetime.date(2024, 3, 1), tz=None)
    >>> previous(last_days(30, dt.date(2024, 6, 30)))
    Period(start=datetime.date(2024, 5, 2), end=datetime.date(2024, 6, 1), tz=None)
    >>> previous(fiscal_year(4, dt.date(2024, 3, 31)))
    Period(start=datetime.date(2022, 4, 1), end=datetime.date(2023, 4, 1), tz=None)
    >>> retail = months_445(dt.date(2024, 1, 29))
    >>> previous(retail, dt.date(2024, 5, 5)).days / 7
    5.0
    """
    if isinstance(what, Period):
        if as_of is not None:
            raise WrongCall("previous(period) takes no as_of: the period says itself where it starts")
        months = 0 if what.rolling else _whole_months(what)
        start = _months_before(what.start, months) if months else _earlier(what.start, what.end - what.start)
        return Period(start, what.start, what.tz, rolling=what.rolling)
    if as_of is None:
        raise WrongCall(f"previous({shown(what)}): say before which day, as_of=")
    return this(what, _earlier(this(what, as_of).start, ONE_DAY))


def _whole_months(p: Period) -> int:
    """How many calendar months a period is, from the first of one to the first of another; 0 of any other."""
    if any(x.day != 1 or (isinstance(x, dt.datetime) and x.time() != dt.time()) for x in (p.start, p.end)):
        return 0
    return (p.end.year - p.start.year) * 12 + p.end.month - p.start.month


def _months_before(day: dt.date, n: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - n, 12)
    if year < 1:
        raise WrongValue(NOTHING_BEFORE)
    return day.replace(year=year, month=month + 1)


def _earlier(day: dt.date, by: dt.timedelta) -> dt.date:
    try:
        return day - by
    except OverflowError:
        raise WrongValue(NOTHING_BEFORE) from None


def fiscal_year(start_month: int, as_of: dt.date) -> Period:
    """The fiscal year that `as_of` is in, when years begin with `start_month`.

    >>> fiscal_year(4, dt.date(2024, 3, 31))
    Period(start=datetime.date(2023, 4, 1), end=datetime.date(2024, 4, 1), tz=None)
    """
    if isinstance(start_month, bool) or not isinstance(start_month, int) or not 1 <= start_month <= 12:
        raise WrongValue(f"start_month={shown(start_month)}: give a month from 1 to 12")
    day = _day(as_of)
    first = dt.date(day.year - (day.month < start_month), start_month, 1)
    return Period(first, first.replace(year=first.year + 1))


def months_445(first: dt.date, weeks: Sequence[int] = WEEKS_445, *, year_weeks: int = 52) -> tuple[Period, ...]:
    """The twelve retail months of a year that begins on `first`: of 4, 4 and 5 weeks in each quarter.

    ``weeks=(4, 5, 4)`` or ``(5, 4, 4)`` are the other customs. In a long year, every five or six years, the last
    month has a week more: ``year_weeks=53``.

    >>> [p.days / 7 for p in months_445(dt.date(2024, 1, 29))][:3]
    [4.0, 4.0, 5.0]
    >>> months_445(dt.date(2023, 1, 30), year_weeks=53)[-1].days / 7
    6.0
    """
    weeks = each(weeks, "weeks")
    if not all(isinstance(n, int) for n in weeks) or sorted(weeks) != [4, 4, 5]:
        raise WrongValue(f"weeks={shown(weeks)}: give 4, 4 and 5 in some order")
    if not isinstance(year_weeks, int) or year_weeks not in (52, 53):
        raise WrongValue(f"year_weeks={shown(year_weeks)}: a retail year has 52 weeks, a long one 53")
    lengths = [*weeks, *weeks, *weeks, *weeks]
    lengths[-1] += year_weeks - 52
    starts = [_day(first)]
    for n in lengths:
        starts.append(starts[-1] + dt.timedelta(weeks=n))
    return tuple(Period(a, b) for a, b in itertools.pairwise(starts))


def _day(x: dt.date) -> dt.date:
    if isinstance(x, dt.datetime):
        return x.date()
    if not isinstance(x, dt.date):
        raise WrongCall(f"as_of is {shown(x)}: give a date")
    return x
