"""Flows of money over time: present value, internal rate of return, payback.

Flows are amounts, what is paid out negative. The first flow is now and is not discounted (spreadsheets' NPV()
discounts it by one period); the others come one period apart, or on their dates.
"""

from __future__ import annotations

import calendar
import contextlib
import datetime as dt
import decimal
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from crm_metrics.cells import given, missing
from crm_metrics.errors import WrongCall, WrongValue, shown
from crm_metrics.exact import Exact, fraction, one_unit
from crm_metrics.roots import changes, nearest, positive_roots, rate_between, simple, whole
from crm_metrics.terms import Terms, exp, expm1, log, roots

YEAR = 365
LONGEST = 1000
FAR = 600.0  # logarithms up to here are those of floats
WIDE = decimal.Context(prec=100, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


def npv(flows: Iterable[Any], *, rate: float) -> float:
    r"""Net present value: all flows in today's money.

    $$ \text{NPV} = \sum_t \frac{\text{flow}_t}{(1 + \text{rate})^t} $$

    `rate` is per period (a monthly rate from a yearly one is $(1 + r)^{1/12} - 1$). 0 without flows. An Excel NPV() of
    the same flows is this over $1 + \text{rate}$.

    >>> round(npv([-100_000, 40_000, 40_000, 40_000, 40_000], rate=0.1), 2)
    26794.62
    """
    step, amounts = _step(rate), _amounts(flows)
    if _tame(amounts, step, len(amounts)):
        return math.fsum(float(c) / step**t for t, c in enumerate(amounts))
    return nearest(_present(amounts, 1 + fraction(rate)))


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
    if _tame(amounts, step, max(times, default=0)):
        return math.fsum(float(c) / step**t for c, t in zip(amounts, times, strict=True))
    terms = Terms.of(amounts, times)
    x = math.log(step)
    return terms.value(x) * exp(terms.top(x))


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

    None is missed, however close together they are, in up to 1,000 periods; in longer flows, and in flows on dates,
    rates that nearly agree may be.

    >>> [round(r, 4) for r in irr_all([-100, 100, 0, -7])]
    [-0.6789, -0.0833]
    """
    amounts = _amounts(flows)
    if len(amounts) > LONGEST or changes([c.numerator for c in amounts]) < 2:  # Descartes: then there is one at most
        return _rates(amounts, [float(t) for t in range(len(amounts))])
    p = simple(whole(amounts[::-1]))  # in 1 + rate
    return tuple(_above_loss(rate_between(p, a, b)) for a, b in positive_roots(p))


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
    amounts = _amounts(flows)
    steps = _step(finance_rate, "finance_rate"), _step(reinvest_rate, "reinvest_rate")
    outflows, inflows = ([max(sign * c, Fraction(0)) for c in amounts] for sign in (-1, 1))
    if not any(outflows) or not any(inflows):
        return math.nan
    owed, returned = (log(_present(side, fraction(s))) for side, s in zip((outflows, inflows), steps, strict=True))
    return _above_loss(expm1((returned - owed) / (len(amounts) - 1) + math.log(steps[1])))


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
    day = x
    if isinstance(x, str):
        with contextlib.suppress(ValueError):
            day = dt.datetime.fromisoformat(x)
    elif isinstance(x, np.datetime64):
        day = given(x)  # type: ignore[arg-type]  # it takes what numpy gives as well
    if isinstance(day, dt.date) and not missing(day):
        return day.toordinal()
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
    """The rates of flows at any times."""
    return tuple(_above_loss(expm1(x)) for x in roots(Terms.of(amounts, times)))


def _tame(amounts: Sequence[Fraction], step: float, periods: float) -> bool:
    """Whether neither the amounts nor what discounts them leave the range of floats."""
    sizes = [abs(log(abs(c))) for c in amounts if c]
    return abs(math.log(step)) * periods + max(sizes, default=0.0) < FAR


def _present(amounts: Sequence[Fraction], step: Fraction) -> Fraction:
    """The exact present value, each flow a period after the one before; to a hundred digits in longer flows."""
    if len(amounts) > LONGEST:  # exact ones take time that grows as the square of the length
        return _to_many_digits(amounts, step)
    scale = math.lcm(*(c.denominator for c in amounts))
    out, power = 0, 1
    for c in reversed(amounts):
        out = out * step.denominator + int(c * scale) * power
        power *= step.numerator
    return Fraction(out * step.numerator, scale * power) if amounts else Fraction(0)


def _to_many_digits(amounts: Sequence[Fraction], step: Fraction) -> Fraction:
    out, rise = decimal.Decimal(0), _decimal(step)
    for c in reversed(amounts):
        out = WIDE.add(WIDE.divide(out, rise), _decimal(c))
    return Fraction(out)


def _decimal(x: Fraction) -> decimal.Decimal:
    return WIDE.divide(decimal.Decimal(x.numerator), decimal.Decimal(x.denominator))


def _above_loss(rate: float) -> float:
    """A rate as a float above -1, which no rate is."""
    return max(rate, math.nextafter(-1.0, 0.0))
