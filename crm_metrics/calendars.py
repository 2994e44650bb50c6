"""Periods that end where the data end: today, the last seven days, this and the previous month, fiscal years, 4-4-5.

Nothing here reads the clock: each takes `as_of`, the day whose end is now. All are half-open `Period` values, for
``where(deals, closed_at=previous(month, as_of=day))``.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

from crm_metrics.errors import WrongCall, WrongValue, shown
from crm_metrics.periods import Period, TimeKey

ONE_DAY = dt.timedelta(days=1)
WEEKS_445 = (4, 4, 5)


def today(as_of: dt.date) -> Period:
    """The day `as_of`.

    >>> today(dt.date(2024, 3, 31))
    Period(start=datetime.date(2024, 3, 31), end=datetime.date(2024, 4, 1), tz=None)
    """
    day = _day(as_of)
    return Period(day, day + ONE_DAY)


def yesterday(as_of: dt.date) -> Period:
    """The day before `as_of`."""
    return today(_day(as_of) - ONE_DAY)


def last_days(n: int, as_of: dt.date) -> Period:
    """The `n` days that end with `as_of`, itself included.

    >>> last_days(7, dt.date(2024, 3, 31)).start
    datetime.date(2024, 3, 25)
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise WrongValue(f"last_days({shown(n)}): give a number of days, 1 or more")
    end = _day(as_of) + ONE_DAY
    return Period(end - dt.timedelta(days=n), end)


def this(unit: TimeKey, as_of: dt.date) -> Period:
    """The whole week, month, quarter or year that `as_of` is in.

    >>> from crm_metrics.periods import quarter
    >>> this(quarter, dt.date(2024, 5, 5))
    Period(start=datetime.date(2024, 4, 1), end=datetime.date(2024, 7, 1), tz=None)
    """
    if not isinstance(unit, TimeKey):
        raise WrongCall(f"expected a unit of time such as month, got {shown(unit)}")
    return unit.period(unit.label(_day(as_of)))


def previous(what: TimeKey | Period, as_of: dt.date | None = None) -> Period:
    """The whole week, month, quarter or year before the one that `as_of` is in: as long as the calendar makes it.

    Of a period, the one that ends where it starts, of the same number of days.

    >>> from crm_metrics.periods import month
    >>> previous(month, dt.date(2024, 3, 31))
    Period(start=datetime.date(2024, 2, 1), end=datetime.date(2024, 3, 1), tz=None)
    >>> previous(last_days(30, dt.date(2024, 6, 30)))
    Period(start=datetime.date(2024, 5, 2), end=datetime.date(2024, 6, 1), tz=None)
    """
    if isinstance(what, Period):
        if as_of is not None:
            raise WrongCall("previous(period) takes no as_of: the period says itself where it starts")
        return Period(what.start - (what.end - what.start), what.start, what.tz)
    if as_of is None:
        raise WrongCall(f"previous({shown(what)}): say before which day, as_of=")
    return this(what, this(what, as_of).start - ONE_DAY)


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
    if sorted(weeks) != [4, 4, 5]:
        raise WrongValue(f"weeks={shown(weeks)}: give 4, 4 and 5 in some order")
    if isinstance(year_weeks, bool) or year_weeks not in (52, 53):
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
