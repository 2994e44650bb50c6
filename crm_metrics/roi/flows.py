"""Flows of money as they are given: amounts in their order, and the dates on which they come."""

from __future__ import annotations

import calendar
import contextlib
import datetime as dt
import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set, ValuesView
from decimal import Decimal
from fractions import Fraction
from numbers import Number
from typing import Any

import numpy as np

from crm_metrics._values.exact import Exact, fraction, one_unit
from crm_metrics.cells import given, missing
from crm_metrics.columns.parametric import one_of
from crm_metrics.errors import WrongCall, WrongValue, shown

YEAR = 365
TINY = -400  # exponents of ten below which a number is 0 to a float, and a fraction of millions of digits

# ---------------------------------------------------------------- numbers


def finite(name: str, x: Any) -> Any:
    """A finite number, or the refusal that names it."""
    if not _is_finite(x):
        raise WrongValue(f"{name} is {shown(x)}: give a finite number{', its .value' if hasattr(x, 'value') else ''}")
    return x


def _is_finite(x: Any) -> bool:
    if not isinstance(x, Number) or isinstance(x, bool):
        return False
    try:
        held = math.isfinite(x)  # type: ignore[arg-type]  # a real number, or it is none for us
    except (TypeError, ValueError, OverflowError):
        return False
    return held and not (isinstance(x, Decimal) and x and x.adjusted() < TINY)


def exactly(name: str, x: Any) -> Fraction:
    """A finite amount as it was written, or as the integers behind it."""
    x = finite(name, x)
    return Fraction(*x.as_integer_ratio()) if isinstance(x, Exact) else fraction(x)


def step_of(rate: Any, name: str = "rate") -> Fraction:
    """What 1 grows to in a period."""
    step = 1 + exactly(name, rate)
    if step <= 0:
        raise WrongValue(f"{name}={rate!r}: a rate is above -1, 0.1 for 10 % a period")
    return step


# ---------------------------------------------------------------- lists of them


def amounts_of(flows: Iterable[Any]) -> list[Fraction]:
    """The amounts of flows, in one currency."""
    given = in_order(flows, "flows", "amounts, the first one now")
    functools.reduce(one_unit, (getattr(c, "unit", None) for c in given), None)
    return [exactly(f"flow {k}", c) for k, c in enumerate(given)]


def in_order(x: Any, name: str, what: str) -> list[Any]:
    """The items of a list, an array, a Series or an iterator; what has no order, or columns, is refused."""
    if isinstance(x, (str, bytes, bytearray, Mapping, Set)) or not isinstance(x, Iterable) or not _is_one_line(x):
        raise WrongCall(f"{name} takes a list of {what}, got {_kind(x)}{_remedy(x)}")
    items: Any = x
    return list(items.to_pylist() if hasattr(type(x), "to_pylist") else items)


def _is_one_line(x: Any) -> bool:
    """Whether it has items, one after the other: arrays and frames say how many dimensions they have."""
    if isinstance(x, (Sequence, Iterator, ValuesView)):
        return True
    return _dimensions(x) == 1 or (_dimensions(x) is None and hasattr(type(x), "to_pylist"))


def _dimensions(x: Any) -> int | None:
    """How many dimensions an array or a frame has; None where it does not say."""
    shape = getattr(x, "shape", None) if hasattr(type(x), "shape") else None
    return len(shape) if isinstance(shape, tuple) else None


def _kind(x: Any) -> str:
    """What was given, in a few words; a whole frame would fill the screen."""
    return f"a {type(x).__name__}" if hasattr(type(x), "columns") else shown(x)


def _remedy(x: Any) -> str:
    if isinstance(x, Mapping):
        return ": pass its .values()"
    if isinstance(x, Set):
        return ": a set has no order"
    return ": pass one column of it" if _dimensions(x) == 2 else ""


# ---------------------------------------------------------------- on dates


def dated(flows: Iterable[Any], dates: Iterable[Any], day_count: str) -> tuple[list[Fraction], list[Fraction]]:
    """Amounts, and the years from the earliest date to each."""
    years = _YEARS[one_of(day_count, _YEARS, "day_count")]
    amounts = amounts_of(flows)
    days = [_date(k, d) for k, d in enumerate(in_order(dates, "dates", "dates, one for each flow"))]
    if len(days) != len(amounts):
        raise WrongCall(f"{len(amounts)} flows and {len(days)} dates: give each flow its date")
    first = min(days, default=0)
    return amounts, [years(first, day) for day in days]


def _fixed_years(start: int, end: int) -> Fraction:
    return Fraction(end - start, YEAR)


def _actual_years(start: int, end: int) -> Fraction:
    """Days of leap years over 366, of others over 365."""
    return _year_and_part(end) - _year_and_part(start)


def _year_and_part(day: int) -> Fraction:
    date = dt.date.fromordinal(day)
    first = dt.date(date.year, 1, 1).toordinal()
    return date.year + Fraction(day - first, 366 if calendar.isleap(date.year) else 365)


_YEARS: dict[str, Callable[[int, int], Fraction]] = {"act/365F": _fixed_years, "act/act": _actual_years}


def _date(k: int, x: Any) -> int:
    day = x
    if isinstance(x, str):
        with contextlib.suppress(ValueError):
            day = dt.datetime.fromisoformat(x)
    elif isinstance(x, np.datetime64):
        day = given(x)  # type: ignore[arg-type]  # it takes what numpy gives as well
    if isinstance(day, dt.date) and not missing(day):
        return day.toordinal()
    raise WrongValue(f"date {k} is {shown(x)}: give a date, or text like 2024-03-31")
