"""What a day is like, for demand, prices, staff and the CRM, and the hours of the showroom."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from crm_metrics.samples.company import (
    AS_OF,
    DEMAND,
    DEMAND_GROWTH,
    GO_LIVE,
    LEADS,
    LIVE,
    MANAGERS,
    OLD,
    OPENS,
    RAMP,
    RAMP_END,
    SHUTS,
    START,
    WEEKDAYS,
    Era,
    Seller,
)


def days(start: dt.date, end: dt.date) -> list[dt.date]:
    """Every day from start to end, both included."""
    return [start + dt.timedelta(days=i) for i in range((end - start).days + 1)]


def growth(day: dt.date, rate: float) -> float:
    """What a yearly growth has come to by a day."""
    return 1 + rate * (day - START).days / 365.25


def expected_leads(day: dt.date) -> float:
    """Leads that a day should bring."""
    return LEADS * DEMAND[day.month - 1] * WEEKDAYS[day.weekday()] * growth(day, DEMAND_GROWTH)


def era_of(day: dt.date, effect: bool) -> Era:
    """The way of working on a day."""
    if not effect or day < GO_LIVE:
        return OLD
    return RAMP if day < RAMP_END else LIVE


def staff(day: dt.date) -> dict[Seller, int]:
    """Who sells on a day, and their share of the leads."""
    return {m: m.weight for m in MANAGERS if m.hired <= day <= m.left}


def who(seller: Seller, day: dt.date) -> Seller:
    """The seller, or a colleague of the showroom once the seller has left."""
    return seller if day <= seller.left else next(m for m in staff(day) if m.showroom == seller.showroom)


def month_ends(start: dt.date) -> list[dt.date]:
    """The last day of each month."""
    return [day for day in days(start, AS_OF) if (day + dt.timedelta(days=1)).day == 1]


def moment_of(day: dt.date, second: float) -> dt.datetime:
    """So many seconds into a day."""
    return dt.datetime(day.year, day.month, day.day) + dt.timedelta(seconds=int(second))


# Waits run on a clock of days that only goes while the showroom is open: so they add up, and nobody sells at night.


def clock_of(at: dt.datetime) -> float:
    """The clock at a moment: while the showroom is shut, that of its closing."""
    hour = at.hour + at.minute / 60 + at.second / 3600
    return at.toordinal() + min(max((hour - OPENS) / (SHUTS - OPENS), 0.0), 1.0)


def time_of(clock: float) -> dt.datetime:
    """The moment at which the clock shows this."""
    day = int(clock)
    return moment_of(dt.date.fromordinal(day), (OPENS + (clock - day) * (SHUTS - OPENS)) * 3600)


def roubles(x: float) -> Decimal:
    """An amount, to the kopeck."""
    return Decimal(round(x * 100)).scaleb(-2)


def later(at: dt.datetime, wait: float) -> dt.datetime:
    """So many days of the clock after a moment, and never before it."""
    return max(at, time_of(clock_of(at) + wait))


def between(start: dt.datetime, end: dt.datetime, part: float) -> dt.datetime:
    """A moment between two, on the clock."""
    return min(later(start, part * (clock_of(end) - clock_of(start))), end)
