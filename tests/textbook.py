"""Words of the definitions, in plain Python: who, how long, how much. No code of the package beyond its records."""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

Answer: TypeAlias = "Fraction | int | None"

DAY = dt.timedelta(days=1)
MICROSECOND = dt.timedelta(microseconds=1)

# ---------------------------------------------------------------- numbers


def share(part: Any, whole: Any) -> Fraction | None:
    return Fraction(part) / whole if whole else None


def known(values: Iterable[Any]) -> list[Fraction]:
    return [Fraction(v) for v in values if v is not None]


def total(values: Iterable[Any]) -> Fraction:
    return Fraction(sum(known(values)))


def mean(values: list[Fraction]) -> Fraction | None:
    return share(sum(values), len(values))


def middle(values: Sequence[Fraction | int], q: Fraction) -> Fraction | None:
    """The value at rank q of the sorted ones; between two, their mean."""
    ordered, rank = sorted(values), q * len(values)
    if not ordered:
        return None
    low = math.ceil(rank) - 1
    both = (max(low, 0), min(math.floor(rank), len(ordered) - 1))
    return Fraction(sum(ordered[i] for i in both), 2)


def labels(values: Iterable[Any]) -> set[Any]:
    return set(values) - {None}


def often(values: Iterable[Any], times: int) -> int:
    """How many labels occur so often."""
    return sum(n >= times for label, n in Counter(values).items() if label is not None)


# ---------------------------------------------------------------- times


def alike(a: Any, b: Any) -> tuple[Any, Any]:
    """Two times to compare: days where either is a bare date."""
    if isinstance(a, dt.datetime) and isinstance(b, dt.datetime):
        return a, b
    return tuple(x.date() if isinstance(x, dt.datetime) else x for x in (a, b))  # type: ignore[return-value]  # two


def gap(a: Any, b: Any) -> Fraction | None:
    """Days from one time to another; whole ones where either is a bare date."""
    if a is None or b is None:
        return None
    a, b = alike(a, b)
    return Fraction((b - a) // MICROSECOND, DAY // MICROSECOND)


def earlier(a: Any, b: Any) -> bool:
    """Whether a time is known and comes before another."""
    return (found := gap(a, b)) is not None and found > 0


def older(a: Any, as_of: Any, days: Any) -> bool:
    """Whether a time is known and so many days before another, or more."""
    return (found := gap(a, as_of)) is not None and found >= days


def inside(at: Any, period: Any) -> bool:
    """Whether a time is known and of a period; None is all time."""
    return period is None or at is not None and not earlier(at, period.start) and earlier(at, period.end)


def months_back(day: Any, months: int) -> Any:
    """The same day some months earlier, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def each_day(period: Any) -> list[dt.date]:
    return [period.start + n * DAY for n in range((period.end - period.start).days)]


def day_of(x: Any) -> dt.date:
    return x.date() if isinstance(x, dt.datetime) else x


# ---------------------------------------------------------------- deals


def the(status: str, deals: Iterable[Any]) -> list[Any]:
    return [d for d in deals if d.status == status]


def closed(deals: Iterable[Any]) -> list[Any]:
    return [d for d in deals if d.status in ("won", "lost")]


def of_kind(rows: Iterable[Any], *kinds: str) -> list[Any]:
    return [r for r in rows if r.kind in kinds]


def amounts(rows: Iterable[Any]) -> Fraction:
    return total(r.amount for r in rows)


def products(rows: Iterable[Any], *fields: str) -> Fraction:
    """The sum of the products of some fields, over the rows that have all of them."""
    cells = ([getattr(r, f) for f in fields] for r in rows)
    return Fraction(sum(math.prod(map(Fraction, row)) for row in cells if None not in row))


def profits(deals: Iterable[Any]) -> list[Fraction]:
    both = [d for d in the("won", deals) if d.amount is not None and d.cost is not None]
    return [Fraction(d.amount) - Fraction(d.cost) for d in both]


def days(d: Any, start: str = "created_at", end: str = "closed_at") -> Fraction | None:
    return gap(getattr(d, start), getattr(d, end))


def sums_by(rows: Iterable[Any], label: Callable[[Any], Any], value: Callable[[Any], Any]) -> Counter[Any]:
    """The sum of something by label, None among them; labels without it are 0."""
    out: Counter[Any] = Counter()
    for row in rows:
        out[label(row)] += value(row) or 0
    return out
