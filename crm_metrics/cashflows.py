"""Flows of money over time: present value, internal rate of return, payback.

Flows are amounts, what is paid out negative. The first flow is now and is not discounted (spreadsheets' NPV()
discounts it by one period); the others come one period apart, or on their dates.
"""

from __future__ import annotations

import calendar
import contextlib
import datetime as dt
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from crm_metrics.errors import WrongCall, WrongValue, shown
from crm_metrics.exact import Array, Exact, fraction, one_unit

GRID = 4000
YEAR = 365


def npv(flows: Iterable[Any], *, rate: float) -> float:
    r"""Net present value: all flows in today's money.

    $$ \text{NPV} = \sum_t \frac{\text{flow}_t}{(1 + \text{rate})^t} $$

    `rate` is per period (a monthly rate from a yearly one is $(1 + r)^{1/12} - 1$). 0 without flows. An Excel NPV() of
    the same flows is this over $1 + \text{rate}$.

    >>> round(npv([-100_000, 40_000, 40_000, 40_000, 40_000], rate=0.1), 2)
    26794.62
    """
    step = _step(rate)
    return math.fsum(float(c) / step**t for t, c in enumerate(_amounts(flows)))


def xnpv(flows: Iterable[Any], dates: Iterable[Any], *, rate: float, day_count: str = "act/365F") -> float:
    r"""Net present value of flows on dates, at a yearly rate.

    $$ \text{XNPV} = \sum_i \frac{\text{flow}_i}{(1 + \text{rate})^{\text{days}_i / 365}} $$

    Days count from the earliest date; the order of rows does not matter. A year has 365 days, as in Excel; with
    ``day_count="act/act"`` a day of a leap year is 1/366 of it (ISDA).

    >>> dates = ["2015-06-11", "2015-07-21", "2018-06-10", "2015-10-17"]
    >>> round(xnpv([-1000, -9000, 20000, -3000], dates, rate=0.1), 4)
    2218.4257
    """
    step = _step(rate)
    amounts, times = _dated(flows, dates, day_count)
    return math.fsum(float(c) / step**t for c, t in zip(amounts, times, strict=True))


def irr(flows: Iterable[Any]) -> float:
    """Internal rate of return: the rate per period at which the net present value is 0.

    NaN unless there is one answer: a single rate above -1, or a single positive one because the cumulative flow
    changes sign once (Norstrom). `irr_all` gives every rate.

    >>> round(irr([-100, 39, 59, 55, 20]), 5)
    0.28095
    >>> irr([100, 200])
    nan
    """
    amounts = _amounts(flows)
    return _single(irr_all(amounts), amounts)


def irr_all(flows: Iterable[Any]) -> tuple[float, ...]:
    """Every rate above -1 at which the net present value is 0, in order, each once.

    >>> [round(r, 4) for r in irr_all([-100, 100, 0, -7])]
    [-0.6789, -0.0833]
    """
    amounts = _amounts(flows)
    return _rates(amounts, [float(t) for t in range(len(amounts))])


def xirr(flows: Iterable[Any], dates: Iterable[Any], *, day_count: str = "act/365F") -> float:
    """Yearly internal rate of return of flows on dates; years are counted as in `xnpv`.

    NaN unless there is one answer, as for `irr`.

    >>> dates = ["2015-06-11", "2015-07-21", "2018-06-10", "2015-10-17"]
    >>> round(xirr([-1000, -9000, 20000, -3000], dates), 6)
    0.163537
    """
    amounts, times = _dated(flows, dates, day_count)
    ordered = [amounts[i] for i in sorted(range(len(times)), key=times.__getitem__)]
    return _single(_rates(amounts, times), ordered)


def mirr(flows: Iterable[Any], *, finance_rate: float, reinvest_rate: float) -> float:
    r"""Modified internal rate of return: outlays financed at one rate, returns reinvested at another.

    $$ \left( \frac{\text{future value of inflows at the reinvestment rate}}
    {-\text{present value of outflows at the finance rate}} \right)^{1/(n-1)} - 1 $$

    NaN unless there are both inflows and outflows.

    >>> flows = [-120_000, 39_000, 30_000, 21_000, 37_000, 46_000]
    >>> round(mirr(flows, finance_rate=0.1, reinvest_rate=0.12), 6)
    0.126094
    """
    amounts = [float(c) for c in _amounts(flows)]
    borrowed, reinvested = _step(finance_rate, "finance_rate"), _step(reinvest_rate, "reinvest_rate")
    n = len(amounts)
    future = math.fsum(c * reinvested ** (n - 1 - t) for t, c in enumerate(amounts) if c > 0)
    present = -math.fsum(c / borrowed**t for t, c in enumerate(amounts) if c < 0)
    return (future / present) ** (1 / (n - 1)) - 1 if future > 0 and present > 0 and n > 1 else math.nan


def payback(flows: Iterable[Any], rate: float = 0.0) -> float:
    r"""Periods until the money is back.

    The first $k$ at which the cumulative flow is not negative, with its fraction of the last period:

    $$ k - 1 + \frac{-\text{cumulative}_{k-1}}{\text{flow}_k} $$

    `rate` discounts each flow by $(1 + \text{rate})^t$. NaN when it is never back. If the sum turns negative again
    later, this is the first time. 0 where nothing was ever owed.

    >>> payback([-200_000, 40_000, 60_000, 80_000, 100_000])
    3.2
    >>> payback([-1000, 600, 600], rate=0.1)
    1.9166666666666667
    >>> payback([-1000, 100])
    nan
    """
    step, cumulative = fraction(_step(rate)), Fraction(0)
    for k, flow in enumerate(_amounts(flows)):
        discounted = flow / step**k
        if cumulative + discounted >= 0:
            return float(k - 1 - cumulative / discounted) if cumulative < 0 else float(k)
        cumulative += discounted
    return math.nan


# ---------------------------------------------------------------- what is given


def finite(name: str, x: Any) -> Any:
    """A finite number, or the refusal that names it."""
    try:
        if not isinstance(x, (bool, str)) and math.isfinite(x):
            return x
    except (TypeError, ValueError, OverflowError):
        pass
    raise WrongValue(f"{name} is {shown(x)}: give a finite number")


def exactly(name: str, x: Any) -> Fraction:
    """A finite amount as it was written, or as the integers behind it."""
    x = finite(name, x)
    return Fraction(*x.as_integer_ratio()) if isinstance(x, Exact) else fraction(x)


def _step(rate: Any, name: str = "rate") -> float:
    step = float(1 + fraction(finite(name, rate)))
    if step <= 0:
        raise WrongValue(f"{name}={rate!r}: a rate is above -1, 0.1 for 10 % a period")
    return step


def _amounts(flows: Iterable[Any]) -> list[Fraction]:
    if isinstance(flows, (str, bytes, Mapping)) or not isinstance(flows, Iterable):
        hint = ": pass its .values()" if isinstance(flows, Mapping) else ""
        raise WrongCall(f"flows takes a list of amounts, the first one now, got {shown(flows)}{hint}")
    flows = list(flows)
    functools.reduce(one_unit, (getattr(c, "unit", None) for c in flows), None)
    return [exactly(f"flow {k}", c) for k, c in enumerate(flows)]


def _dated(flows: Iterable[Any], dates: Iterable[Any], day_count: str) -> tuple[list[Fraction], list[float]]:
    """Amounts, and the years from the earliest date to each."""
    if day_count not in _YEARS:
        raise WrongValue(f"day_count={day_count!r}: use one of {', '.join(_YEARS)}")
    amounts = _amounts(flows)
    days = [_date(k, d) for k, d in enumerate(dates)]
    if len(days) != len(amounts):
        raise WrongCall(f"{len(amounts)} flows and {len(days)} dates: give each flow its date")
    years = _YEARS[day_count]
    return amounts, [years(min(days), day) for day in days]


def _fixed_years(start: int, end: int) -> float:
    return (end - start) / YEAR


def _actual_years(start: int, end: int) -> float:
    """Days of leap years over 366, of others over 365."""
    return _year_and_part(end) - _year_and_part(start)


def _year_and_part(day: int) -> float:
    date = dt.date.fromordinal(day)
    first = dt.date(date.year, 1, 1).toordinal()
    return date.year + (day - first) / (366 if calendar.isleap(date.year) else 365)


_YEARS: dict[str, Callable[[int, int], float]] = {"act/365F": _fixed_years, "act/act": _actual_years}


def _date(k: int, x: Any) -> int:
    if isinstance(x, str):
        with contextlib.suppress(ValueError):
            x = dt.date.fromisoformat(x[:10])
    if isinstance(x, dt.date):
        return x.toordinal()
    raise WrongValue(f"date {k} is {shown(x)}: give a date, or text like 2024-03-31")


# ---------------------------------------------------------------- rates


def _single(rates: tuple[float, ...], amounts: Sequence[Fraction]) -> float:
    if len(rates) == 1:
        return rates[0]
    cumulative = [c for c in np.cumsum(np.array([*amounts], object)).tolist() if c]
    changes = sum((a > 0) != (b > 0) for a, b in itertools.pairwise(cumulative))
    positive = [r for r in rates if r > 0]
    return positive[0] if changes == 1 and len(positive) == 1 else math.nan


def _rates(amounts: Sequence[Fraction], times: Sequence[float]) -> tuple[float, ...]:
    """Roots of the sum of c exp(-x t), where x is the logarithm of 1 + rate."""
    by_time: dict[float, Fraction] = {}
    for c, t in zip(amounts, times, strict=True):
        by_time[t] = by_time.get(t, Fraction(0)) + c
    terms = sorted((t, float(c)) for t, c in by_time.items() if c)
    signs = [c > 0 for _, c in terms]
    changes = sum(a != b for a, b in itertools.pairwise(signs))
    if not changes:
        return ()  # Descartes: no more roots than changes of sign
    when, much = np.array([t for t, _ in terms]), np.array([c for _, c in terms])
    grid = np.linspace(*_range(when, much), 2 if changes == 1 else GRID).tolist()
    roots = sorted(x for a, b in itertools.pairwise(grid) for x in _roots_within(when, much, a, b))
    distinct = [x for i, x in enumerate(roots) if not i or x - roots[i - 1] > 1e-12]
    return tuple(math.expm1(x) for x in distinct)


def _range(t: Array, c: Array) -> tuple[float, float]:
    """All roots lie here: beyond, the last or the first flow outweighs all others."""
    size = np.abs(c)
    low = -math.log(max(1.0, (size.sum() - size[-1]) / size[-1])) / (t[-1] - t[-2]) - 1e-9
    high = math.log(max(1.0, (size.sum() - size[0]) / size[0])) / (t[1] - t[0]) + 1e-9
    return low, high


def _value(t: Array, c: Array, x: float) -> float:
    """The sum at `x`, over its largest term: of the same sign, and never overflowing."""
    power = -x * t + np.log(np.abs(c))
    return math.fsum((np.sign(c) * np.exp(power - power.max())).tolist())


def _roots_within(t: Array, c: Array, a: float, b: float) -> list[float]:
    """The roots between two points close enough to hold two at the most."""
    fa, fb = _value(t, c, a), _value(t, c, b)
    if (fa > 0) != (fb > 0):
        return [_bisected(lambda x: _value(t, c, x), a, b)]
    later = t > 0  # the derivative: -t c exp(-x t)
    slope_t, slope_c = t[later], -(t * c)[later]
    sa, sb = (_value(slope_t, slope_c, x) for x in (a, b))
    if (sa > 0) == (sb > 0):
        return []
    turn = _bisected(lambda x: _value(slope_t, slope_c, x), a, b)
    ft = _value(t, c, turn)
    if abs(ft) < 1e-12:
        return [turn]
    if (ft > 0) == (fa > 0):
        return []
    return [_bisected(lambda x: _value(t, c, x), *ends) for ends in ((a, turn), (turn, b))]


def _bisected(f: Callable[[float], float], a: float, b: float) -> float:
    up = f(b) > 0
    for _ in range(100):
        middle = (a + b) / 2
        if middle in (a, b):
            break
        if (f(middle) > 0) == up:
            b = middle
        else:
            a = middle
    return (a + b) / 2
