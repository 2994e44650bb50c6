"""What a CRM cost: payments made once, and those that return every month or year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Literal

from attrs import evolve, field, frozen

from crm_metrics import cells as R
from crm_metrics.cells import Instant
from crm_metrics.errors import WrongCall, shown
from crm_metrics.schemas import NotBefore, Record


@frozen(kw_only=True)
class Cost(Record):
    """A payment for the CRM itself: once, or every month or year until a day (or to the end of the data)."""

    rules = (NotBefore("until", "at"),)

    at: Instant | None = field(converter=R.instant)
    amount: Decimal | None = field(converter=R.money)
    currency: str | None = field(default=None, converter=R.currency)
    name: str | None = field(default=None, converter=R.text)
    every: Literal["month", "year"] | None = field(default=None, converter=R.text)
    until: Instant | None = field(default=None, converter=R.instant)

    def payments(self, end: dt.date) -> Iterator[Cost]:
        """Each payment before a day.

        >>> licences = Cost(at="2024-01-31", amount=500, every="month")
        >>> [str(p.at) for p in licences.payments(dt.date(2024, 4, 1))]
        ['2024-01-31', '2024-02-29', '2024-03-31']
        """
        first, last = _day(self.at), _day(self.until)
        day, n = first, 0
        while day is not None and first is not None and day < end and (last is None or day <= last):
            yield evolve(self, at=day, every=None, until=None)
            if self.every is None:
                return
            n += 1 if self.every == "month" else 12
            day = months_later(first, n)


def _day(x: Instant | None) -> dt.date | None:
    return x.date() if isinstance(x, dt.datetime) else x


def months_later(day: dt.date, n: int) -> dt.date:
    """The same day of a later month, or its last day where it is shorter."""
    months = day.year * 12 + day.month - 1 + n
    start, end = (dt.date(m // 12, m % 12 + 1, 1) for m in (months, months + 1))
    return min(start.replace(day=1) + dt.timedelta(days=day.day - 1), end - dt.timedelta(days=1))


def costs_of(rows: Iterable[Any]) -> tuple[Cost, ...]:
    """Costs as records; a tuple is a date, an amount and perhaps a name."""
    out = []
    for row in rows:
        if not isinstance(row, (Cost, tuple)) or (isinstance(row, tuple) and not 2 <= len(row) <= 3):
            raise WrongCall(f"a cost is Cost(at=..., amount=...) or (date, amount, name), not {shown(row)}")
        parts = row if isinstance(row, Cost) else dict(zip(("at", "amount", "name"), row, strict=False))
        out.append(parts if isinstance(parts, Cost) else Cost(**parts))
    return tuple(out)
