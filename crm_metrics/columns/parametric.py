"""Column functions with parameters (a period, a number of days, a kind), and the arguments that metrics take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
from attrs import field, frozen

from crm_metrics import cells as R
from crm_metrics._tables.table import Table
from crm_metrics._tables.where import OfRows
from crm_metrics._values.columns import Flags, Instants, Labels, Quantity
from crm_metrics.cells import Instant
from crm_metrics.errors import WrongCall, WrongValue, shown
from crm_metrics.periods import Period


class Parametric(OfRows):
    """A column function with parameters: a frozen class.

    Two with the same parameters are the same column, so that totals merge across processes and files. A class gives
    its columns a `__name__`, which messages and explanations say.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        if not any("__name__" in vars(base) for base in cls.__mro__):
            raise WrongCall(f"{cls.__qualname__} is a Parametric without a name: give it a property __name__")


def moment(x: Any) -> Instant:
    """A time that somebody gave as an argument."""
    out = R.given(x)
    if out is None or isinstance(out, R.Bad):
        raise WrongValue(f"{shown(x)} is not a time: give a date or a datetime, such as datetime.date(2024, 3, 31)")
    return out


def days_given(x: Any) -> float:
    """A number of days that somebody gave as an argument."""
    if isinstance(x, bool) or not isinstance(x, (int, float)) or not 0 <= x < 10**6:
        raise WrongValue(f"{shown(x)} is not a number of days: give one from 0 to 999,999")
    return x


def period_given(x: Any) -> Period:
    """A period that somebody gave as an argument."""
    if not isinstance(x, Period):
        raise WrongCall(f"period={shown(x)}: give a period such as month('2024-03')")
    return x


def days_of(period: Period) -> tuple[int, int]:
    """The days of a period since 1970, the last not included; one that begins or ends within a day is refused."""
    first, last = (_day_of(x) for x in (period.start, period.end))
    return first, last


def _day_of(x: dt.date) -> int:
    if isinstance(x, dt.datetime) and x.time() != dt.time():
        raise WrongValue(f"the period begins or ends at {x}: only whole days are counted here, give dates")
    return x.toordinal() - dt.date(1970, 1, 1).toordinal()


def whole_days(x: Any) -> Period:
    """A period of whole days that somebody gave as an argument."""
    days_of(period_given(x))
    return x


@frozen
class Within(Parametric):
    """Rows of which a condition holds, and a time of which falls into a period."""

    period: Period = field(converter=period_given)
    at: str
    condition: Any = None

    @property
    def __name__(self) -> str:
        return f"{_word(self.condition)}in_period"

    def of(self, rows: Table[Any]) -> Flags:
        return _also(self.condition, rows, self.period.covers(times(rows, self.at)))


@frozen
class Until(Parametric):
    """Rows whose time comes before another; with a condition, of which it holds too."""

    end: Instant = field(converter=moment)
    at: str
    condition: Any = None

    @property
    def __name__(self) -> str:
        return f"{_word(self.condition)}until"

    def of(self, rows: Table[Any]) -> Flags:
        return _also(self.condition, rows, times(rows, self.at) < self.end)


def one_or_several(x: str | Iterable[str]) -> tuple[str, ...]:
    """One label, or several."""
    return (x,) if isinstance(x, str) else tuple(x)


@frozen
class OfKind(Parametric):
    """Rows of one of these kinds; with a condition, of which it holds too. Data without a column `kind` are refused."""

    kinds: tuple[str, ...] = field(converter=one_or_several)
    condition: Any = None

    @property
    def __name__(self) -> str:
        return _word(self.condition) + "_or_".join(self.kinds)

    def of(self, rows: Table[Any]) -> Flags:
        kind: Labels = rows.kind
        return _also(self.condition, rows, kind.isin(*self.kinds))


def column_given(x: Any) -> str:
    """The name of a column that somebody gave as an argument."""
    if not isinstance(x, str):
        raise WrongValue(f"{shown(x)} is not the name of a column: give one such as 'created_at'")
    return x


@frozen
class Between(Parametric):
    """Days from one time of a row to another."""

    start: str = field(default="created_at", converter=column_given)
    end: str = field(default="closed_at", converter=column_given)

    @property
    def __name__(self) -> str:
        return "cycle" if self == Between() else f"{self.start}_to_{self.end}"

    def of(self, rows: Table[Any]) -> Quantity:
        days: Quantity = times(rows, self.end) - times(rows, self.start)
        return days


def times(rows: Table[Any], name: str) -> Instants:
    """A column of times; a column with nothing in it has none."""
    found = rows[name].instants()
    if not isinstance(found, Instants):
        what = type(found).__name__.lower()
        raise WrongCall(
            f"{name} holds {what}, not times: read the rows that it comes from first, as in table(rows, Deal)"
        )
    return found


def _also(condition: Any, rows: Table[Any], flags: Flags) -> Flags:
    """Flags, where a condition holds too."""
    return flags if condition is None else condition(rows) & flags


def _word(condition: Any) -> str:
    return f"{getattr(condition, '__name__', 'condition')}_" if condition is not None else ""


def label_given(x: Any, name: str) -> str | None:
    """A label that somebody gave as an argument: 5 is "5", and None is none."""
    out = R.Bad(x, "", "") if isinstance(x, np.ndarray) else R.text(x)
    if isinstance(out, R.Bad) or (out is None and x is not None):
        raise WrongValue(f"{name}={shown(x)} is not a label: give one text such as {name}='car'")
    return out


def yes_or_no(x: Any, name: str) -> bool:
    """True or False that somebody gave as an argument."""
    if not isinstance(x, (bool, np.bool_)):
        raise WrongValue(f"{name}={shown(x)}: give True or False")
    return bool(x)


def one_of(x: Any, choices: Iterable[str], name: str) -> Any:
    """A choice that somebody gave as an argument."""
    known = tuple(choices)
    if not isinstance(x, str) or x not in known:
        raise WrongValue(f"{name}={shown(x)}: use one of {', '.join(map(repr, known))}")
    return x
