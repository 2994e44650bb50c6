"""Flows of money over time: present value, internal rate of return, payback.

Flows are amounts, what is paid out negative. The first flow is now and is not discounted (spreadsheets' NPV()
discounts it by one period); the others come one period apart, or on their dates.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from crm_metrics.errors import in_words
from crm_metrics.roi.exponentials import WIDE, Terms, decimal, exp, expm1, log, roots, sharpened, total, worth
from crm_metrics.roi.flows import amounts_of, dated, step_of
from crm_metrics.roi.roots import (
    changes,
    nearest_float,
    positive_roots,
    rate_between,
    whole_polynomial,
    without_repeats,
)

LONGEST = 1000


@in_words
def npv(flows: Iterable[Any], *, rate: float) -> float:
    r"""Net present value: all flows in today's money.

    $$ \text{NPV} = \sum_t \frac{\text{flow}_t}{(1 + \text{rate})^t} $$

    `rate` is per period (a monthly rate from a yearly one is $(1 + r)^{1/12} - 1$). 0 without flows. An Excel NPV() of
    the same flows is this over $1 + \text{rate}$.

    >>> round(npv([-100_000, 40_000, 40_000, 40_000, 40_000], rate=0.1), 2)
    26794.62
    """
    step = step_of(rate)
    return nearest_float(_present(amounts_of(flows), step))


@in_words
def xnpv(flows: Iterable[Any], dates: Iterable[Any], *, rate: float, day_count: str = "act/365F") -> float:
    r"""Net present value of flows on dates, at a yearly rate.

    $$ \text{XNPV} = \sum_i \frac{\text{flow}_i}{(1 + \text{rate})^{\text{days}_i / 365}} $$

    Days count from the earliest date; the order of rows does not matter. A year has 365 days, as in Excel; with
    ``day_count="act/act"`` a day of a leap year is 1/366 of it (ISDA).

    >>> dates = ["2015-06-11", "2015-07-21", "2018-06-10", "2015-10-17"]
    >>> round(xnpv([-1000, -9000, 20000, -3000], dates, rate=0.1), 4)
    2218.4257
    """
    step = step_of(rate)
    amounts, times = dated(flows, dates, day_count)
    if _by_period(times):
        return nearest_float(_present(_periods(amounts, times), step))
    if len(amounts) <= LONGEST:
        return float(total(worth(amounts, times, decimal(step).ln(WIDE))))
    terms, x = Terms.of(amounts, times), log(step)
    return terms.value(x) * exp(terms.top(x))


@in_words
def irr(flows: Iterable[Any]) -> float:
    """Internal rate of return: the rate per period at which the net present value is 0.

    NaN unless there is one answer: a single rate above -1, or a single positive one because the cumulative flow
    changes sign once (Norstrom). `irr_all` gives every rate.

    >>> irr([-100, 110])
    0.1
    >>> round(irr([-100, 39, 59, 55, 20]), 5)
    0.28095
    >>> irr([100, 200])
    nan
    """
    amounts = amounts_of(flows)
    return _single(_all_rates(amounts), amounts)


@in_words
def irr_all(flows: Iterable[Any]) -> tuple[float, ...]:
    """Every rate above -1 at which the net present value is 0, in order, each once.

    None is missed, however close together they are, and each is the nearest float, in up to 1,000 periods; in longer
    flows, and in flows on dates, rates that nearly agree may be.

    >>> [round(r, 4) for r in irr_all([-100, 100, 0, -7])]
    [-0.6789, -0.0833]
    """
    return _all_rates(amounts_of(flows))


@in_words
def xirr(flows: Iterable[Any], dates: Iterable[Any], *, day_count: str = "act/365F") -> float:
    """Yearly internal rate of return of flows on dates; years are counted as in `xnpv`.

    NaN unless there is one answer, as for `irr`.

    >>> dates = ["2015-06-11", "2015-07-21", "2018-06-10", "2015-10-17"]
    >>> round(xirr([-1000, -9000, 20000, -3000], dates), 6)
    0.163537
    """
    amounts, times = dated(flows, dates, day_count)
    ordered = [amounts[i] for i in sorted(range(len(times)), key=times.__getitem__)]
    found = _exact_rates(_periods(amounts, times)) if _by_period(times) else _rates(amounts, times)
    return _single(found, ordered)


@in_words
def mirr(flows: Iterable[Any], *, finance_rate: float, reinvest_rate: float) -> float:
    r"""Modified internal rate of return: outlays financed at one rate, returns reinvested at another.

    $$ \left( \frac{\text{future value of inflows at the reinvestment rate}}
    {-\text{present value of outflows at the finance rate}} \right)^{1/(n-1)} - 1 $$

    NaN unless there are both inflows and outflows.

    >>> flows = [-120_000, 39_000, 30_000, 21_000, 37_000, 46_000]
    >>> round(mirr(flows, finance_rate=0.1, reinvest_rate=0.12), 6)
    0.126094
    """
    amounts = amounts_of(flows)
    steps = step_of(finance_rate, "finance_rate"), step_of(reinvest_rate, "reinvest_rate")
    outflows, inflows = ([max(sign * c, Fraction(0)) for c in amounts] for sign in (-1, 1))
    if not any(outflows) or not any(inflows):
        return math.nan
    owed, returned = (_present(side, step) for side, step in zip((outflows, inflows), steps, strict=True))
    mean = WIDE.divide(decimal(returned / owed).ln(WIDE), len(amounts) - 1).exp(WIDE)
    return _above_loss(float(WIDE.subtract(WIDE.multiply(mean, decimal(steps[1])), 1)))


@in_words
def payback(flows: Iterable[Any], rate: float = 0.0) -> float:
    r"""Periods until the money is back.

    The first $k$ at which the cumulative flow, after it was negative, is not, with its fraction of the last period:

    $$ k - 1 + \frac{-\text{cumulative}_{k-1}}{\text{flow}_k} $$

    Periods count from the first flow, also where money is owed only later. `rate` discounts each flow by
    $(1 + \text{rate})^t$. NaN when it is never back. If the sum turns negative again later, this is the first time.
    0 where nothing was ever owed.

    >>> payback([-200_000, 40_000, 60_000, 80_000, 100_000])
    3.2
    >>> payback([-1000, 600, 600], rate=0.1)
    1.9166666666666667
    >>> payback([0, -100, 50, 50])
    3.0
    >>> payback([-1000, 100])
    nan
    """
    step, amounts = step_of(rate), amounts_of(flows)
    so_far = _in_hand(amounts, step)
    for k in range(1, len(so_far)):
        if so_far[k - 1] < 0 <= so_far[k]:
            return float(k - 1 - Fraction(so_far[k - 1]) * step / amounts[k])
    return math.nan if not so_far or so_far[-1] < 0 else 0.0


# ---------------------------------------------------------------- rates


def _single(rates: tuple[float, ...], amounts: Sequence[Fraction]) -> float:
    if len(rates) == 1:
        return rates[0]
    turns = changes([c.numerator for c in itertools.accumulate(amounts)])
    positive = [r for r in rates if r > 0]
    return positive[0] if turns == 1 and len(positive) == 1 else math.nan


def _all_rates(amounts: Sequence[Fraction]) -> tuple[float, ...]:
    """The rates of flows one period apart, few or many."""
    return _exact_rates(amounts) if len(amounts) <= LONGEST else _rates(amounts, [*map(Fraction, range(len(amounts)))])


def _exact_rates(amounts: Sequence[Fraction]) -> tuple[float, ...]:
    """The rates of flows one period apart, each the nearest float."""
    p = whole_polynomial(amounts[::-1])  # in 1 + rate
    p = without_repeats(p) if changes(p) > 1 else p  # Descartes: then there is one root at most, and it is simple
    return tuple(_above_loss(rate_between(p, a, b)) for a, b in positive_roots(p))


def _rates(amounts: Sequence[Fraction], times: Sequence[Fraction]) -> tuple[float, ...]:
    """The rates of flows at any times."""
    found = roots(Terms.of(amounts, times))
    if len(amounts) > LONGEST:
        return tuple(_above_loss(expm1(x)) for x in found)
    return tuple(_above_loss(sharpened(amounts, times, x)) for x in found)


def _by_period(times: Sequence[Fraction]) -> bool:
    """Whether all times are whole, as those of flows a period apart are."""
    return all(t.denominator == 1 for t in times) and max(times, default=0) < LONGEST


def _periods(amounts: Sequence[Fraction], times: Sequence[Fraction]) -> list[Fraction]:
    """The flow of each period."""
    out = [Fraction(0)] * (int(max(times, default=-1)) + 1)
    for c, t in zip(amounts, times, strict=True):
        out[int(t)] += c
    return out


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


def _in_hand(amounts: Sequence[Fraction], step: Fraction) -> Sequence[Fraction | Decimal]:
    """What there is after each flow, in the money of its time; to a hundred digits in longer flows."""
    if step == 1 or len(amounts) <= LONGEST:
        return list(itertools.accumulate(amounts, lambda have, c: have * step + c if step != 1 else have + c))
    rise = decimal(step)
    return list(itertools.accumulate(map(decimal, amounts), lambda have, c: WIDE.add(WIDE.multiply(have, rise), c)))


def _to_many_digits(amounts: Sequence[Fraction], step: Fraction) -> Fraction:
    out, rise = Decimal(0), decimal(step)
    for c in reversed(amounts):
        out = WIDE.add(WIDE.divide(out, rise), decimal(c))
    return Fraction(out)


def _above_loss(rate: float) -> float:
    """A rate as a float above -1, which no rate is."""
    return max(rate, math.nextafter(-1.0, 0.0))
