"""What a CRM cost: payments made once, those that return every month or year, and what that makes over a horizon."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Literal

from attrs import evolve, field, frozen

from crm_metrics import cells as R
from crm_metrics.cells import Instant
from crm_metrics.errors import WrongCall, each, shown
from crm_metrics.records.schemas import Has, NotBefore, Record


@frozen(kw_only=True)
class Cost(Record):
    """A payment for the CRM itself: once, or every month or year until a day (or to the end of the data).

    It has a day and an amount: one that lacks either is refused, for a cost that is not known is not none.
    """

    rules = (NotBefore("until", "at"), Has("at"), Has("amount"))

    at: Instant = field(converter=R.instant)
    amount: Decimal = field(converter=R.money)
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
        first, last = _day(self.at), None if self.until is None else _day(self.until)
        day, n = first, 0
        while day < end and (last is None or day <= last):
            yield evolve(self, at=day, every=None, until=None)
            if self.every is None:
                return
            n += 1 if self.every == "month" else 12
            day = months_later(first, n)


def _day(x: Instant) -> dt.date:
    return x.date() if isinstance(x, dt.datetime) else x


def months_later(day: dt.date, n: int) -> dt.date:
    """The same day of a later month, or its last day where it is shorter."""
    months = day.year * 12 + day.month - 1 + n
    start, end = (dt.date(m // 12, m % 12 + 1, 1) for m in (months, months + 1))
    return min(start.replace(day=1) + dt.timedelta(days=day.day - 1), end - dt.timedelta(days=1))


def months_from(start: dt.date, day: dt.date) -> float:
    """Months from one day to a later one; of the last of them the part that its days are.

    >>> round(months_from(dt.date(2024, 4, 1), dt.date(2024, 5, 27)), 3)
    1.839
    """
    n = (day.year - start.year) * 12 + day.month - start.month
    n -= months_later(start, n) > day
    whole, after = (months_later(start, k) for k in (n, n + 1))
    return n + (day - whole) / (after - whole)


def costs_of(rows: Iterable[Any]) -> tuple[Cost, ...]:
    """Costs as records; a tuple is a date, an amount and perhaps a name."""
    out = []
    for row in each(rows, "costs"):
        if not isinstance(row, (Cost, tuple)) or (isinstance(row, tuple) and not 2 <= len(row) <= 3):
            raise WrongCall(f"a cost is Cost(at=..., amount=...) or (date, amount, name), not {shown(row)}")
        parts = row if isinstance(row, Cost) else dict(zip(("at", "amount", "name"), row, strict=False))
        out.append(parts if isinstance(parts, Cost) else Cost(**parts))
    return tuple(out)


# ---------------------------------------------------------------- over a horizon


@frozen
class Outlays:
    """What is paid up to go-live (first) and in each month of a horizon.

    Costs are given for the first ``known`` months; those that end did so on the ``last`` day, in month ``ended``. In
    each month that is not known ``monthly`` is paid: the average of what was paid more than once. ``endless`` costs
    say themselves how they go on, and then nothing is added; ``returning`` is whether others came more than once.
    """

    paid: tuple[float, ...]
    known: int
    last: dt.date | None
    ended: int
    monthly: float
    returning: bool
    endless: bool

    @property
    def horizon(self) -> int:
        """Its months."""
        return len(self.paid) - 1

    @property
    def lacking(self) -> int:
        """Months of which no cost is known, and none can be told from earlier ones."""
        return 0 if self.monthly or self.endless else self.horizon - self.known


def outlays(costs: Sequence[Cost], go_live: dt.date, horizon: int, seen: int) -> Outlays:
    """What is paid over `horizon` months from go-live, of which `seen` lie within the data.

    A payment on the day of go-live is paid at its start. Payments of one name (without one, of one amount) that came
    in two months or more return.

    >>> paid = [Cost(at=f"2024-0{month}-15", amount=100, name="licences") for month in (4, 5, 6)]
    >>> outlays(paid, dt.date(2024, 4, 1), 6, seen=3).paid
    (0.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0)
    """
    starts = [months_later(go_live, n) for n in range(horizon + 1)]
    sums = [Decimal(0)] * (horizon + 1)
    endless, dated = ([c for c in costs if (c.every is not None and c.until is None) is kind] for kind in (True, False))
    for cost in costs:
        for day, amount in _paid(cost, starts[-1]):
            sums[_month(day, starts)] += amount
    last = max((day for c in dated for day, _ in _paid(c, starts[-1])), default=None)
    ended = horizon if last is None else _month(last, starts)
    known = min(horizon, max(seen, 0 if last is None else ended))
    again = [x for c in _returning(dated, starts[-1]) for x in _paid(c, starts[-1])]
    since = sum((amount for day, amount in again if day >= go_live), Decimal(0))
    monthly = 0.0 if endless or not known else float(since / known)
    paid = tuple(float(x) + (monthly if n > known else 0.0) for n, x in enumerate(sums))
    return Outlays(paid, known, last, ended, monthly, bool(again), bool(endless))


def _paid(cost: Cost, end: dt.date) -> list[tuple[dt.date, Decimal]]:
    """The days and amounts of the payments before a day."""
    return [(_day(p.at), p.amount) for p in cost.payments(end)]


def _month(day: dt.date, starts: Sequence[dt.date]) -> int:
    """The month of the horizon in which a day lies, 0 up to go-live."""
    return bisect.bisect_right(starts, day) if day > starts[0] else 0


def _returning(costs: Sequence[Cost], end: dt.date) -> list[Cost]:
    """The payments whose like was made in two months or more; not those that say themselves when they end."""
    months: dict[object, set[tuple[int, int]]] = {}
    for c in costs:
        months.setdefault(c.name or c.amount, set()).update((day.year, day.month) for day, _ in _paid(c, end))
    return [c for c in costs if c.every is None and len(months[c.name or c.amount]) > 1]
