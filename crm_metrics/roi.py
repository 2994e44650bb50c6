"""Return on investment. Net and gross return have different names, and break-even is decided from money."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from crm_metrics.breakdown import Breakdown, Number, ratio
from crm_metrics.errors import WrongCall, WrongValue, shown
from crm_metrics.exact import Exact, fraction, one_unit


def roi(*, gain: Any, cost: Any) -> Number:
    r"""Net return on an investment: what it brought beyond its cost, per unit of cost.

    $$ \text{ROI} = \frac{\text{gain} - \text{cost}}{\text{cost}} $$

    `gain` is the rise in gross profit (net sales less the cost of goods) that the investment caused, not revenue.
    Both are numbers, or breakdowns by the same key, in one currency. A fraction: 5.25 is 525 %. Break-even is 0;
    where break-even is said to be at 100 %, the gross `return_ratio` is meant. NaN when cost is 0.

    75,000 gained on 12,000 spent is 525 %:

    >>> roi(gain=75_000, cost=12_000)
    5.25
    >>> roi(gain=12_000, cost=12_000)
    0.0
    """
    if isinstance(gain, Breakdown) or isinstance(cost, Breakdown):
        _not_negative(cost)
        return ratio(_breakdown_like(gain, cost) - cost, cost)
    if _unknown(gain) or _unknown(cost):
        return math.nan
    one_unit(getattr(gain, "unit", None), getattr(cost, "unit", None))
    spent = _amount("cost", cost)
    _not_negative(spent)
    return float((_amount("gain", gain) - spent) / spent) if spent else math.nan


def return_ratio(*, gain: Any, cost: Any) -> Number:
    r"""Gross return on an investment: what it brought per unit of cost.

    $$ \text{return ratio} = \frac{\text{gain}}{\text{cost}} = \text{ROI} + 1 $$

    Break-even is 1. Others call it the benefit-cost ratio. NaN when cost is 0.

    >>> return_ratio(gain=75_000, cost=12_000)
    6.25
    """
    if isinstance(gain, Breakdown) or isinstance(cost, Breakdown):
        _not_negative(cost)
        return ratio(gain, cost)
    if _unknown(gain) or _unknown(cost):
        return math.nan
    one_unit(getattr(gain, "unit", None), getattr(cost, "unit", None))
    spent = _amount("cost", cost)
    _not_negative(spent)
    return float(_amount("gain", gain) / spent) if spent else math.nan


def payback(flows: Iterable[Any], rate: float = 0.0) -> float:
    r"""Periods until the money is back.

    The first $k$ at which the cumulative flow is not negative, with its fraction of the last period:

    $$ k - 1 + \frac{-\text{cumulative}_{k-1}}{\text{flow}_k} $$

    The first flow is now (the outlay, negative), the others come one period apart. `rate` discounts each flow by
    $(1 + \text{rate})^t$. NaN when it is never back. If the sum turns negative again later, this is the first time.

    >>> payback([-200_000, 40_000, 60_000, 80_000, 100_000])
    3.2
    >>> payback([-1000, 600, 600], rate=0.1)
    1.9166666666666667
    >>> payback([-1000, 100])
    nan
    """
    step = 1 + fraction(_finite("rate", rate))
    if step <= 0:
        raise WrongValue(f"rate={rate!r}: a rate is above -1, 0.1 for 10 % a period")
    if isinstance(flows, (str, bytes)) or not isinstance(flows, Iterable):
        raise WrongCall(f"flows takes a list of amounts, the first one now, got {shown(flows)}")
    cumulative = Fraction(0)
    for k, flow in enumerate(flows):
        discounted = _amount(f"flow {k}", flow) / step**k
        if cumulative + discounted >= 0:
            return float(k - 1 - cumulative / discounted) if cumulative < 0 else float(k)
        cumulative += discounted
    return math.nan


def _unknown(x: Any) -> bool:
    return isinstance(x, float) and math.isnan(x)


def _finite(name: str, x: Any) -> Any:
    try:
        if not isinstance(x, (bool, str)) and math.isfinite(x):
            return x
    except (TypeError, ValueError, OverflowError):
        pass
    raise WrongValue(f"{name} is {shown(x)}: give a finite number")


def _amount(name: str, x: Any) -> Fraction:
    x = _finite(name, x)
    return Fraction(*x.as_integer_ratio()) if isinstance(x, Exact) else fraction(x)


def _not_negative(cost: Any) -> None:
    lowest = np.nanmin(cost.array, initial=0) if isinstance(cost, Breakdown) else cost
    if lowest < 0:
        raise WrongValue(f"cost is {float(lowest)!r}: give it as a positive amount")


def _breakdown_like(x: Any, other: Any) -> Any:
    """A single number beside a breakdown, as exact as it came."""
    if isinstance(x, Breakdown) or not isinstance(other, Breakdown):
        return x
    return Breakdown(tuple(other), np.full(len(other), float(x)))
