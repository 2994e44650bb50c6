"""Return on investment. Net and gross return have different names, and break-even is decided from money."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias, overload

import numpy as np

from crm_metrics.breakdown import Breakdown, Number, ratio
from crm_metrics.cashflows import exactly, irr, irr_all, mirr, npv, payback, xirr, xnpv
from crm_metrics.errors import WrongValue
from crm_metrics.exact import one_unit

Amount: TypeAlias = float | Decimal | Fraction

__all__ = ["irr", "irr_all", "mirr", "npv", "payback", "return_ratio", "roi", "xirr", "xnpv"]


@overload
def roi(*, gain: Amount, cost: Amount) -> float: ...
@overload
def roi(*, gain: Breakdown, cost: Amount | Breakdown) -> Breakdown: ...
@overload
def roi(*, gain: Amount, cost: Breakdown) -> Breakdown: ...
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
    spent = exactly("cost", cost)
    _not_negative(spent)
    return float((exactly("gain", gain) - spent) / spent) if spent else math.nan


@overload
def return_ratio(*, gain: Amount, cost: Amount) -> float: ...
@overload
def return_ratio(*, gain: Breakdown, cost: Amount | Breakdown) -> Breakdown: ...
@overload
def return_ratio(*, gain: Amount, cost: Breakdown) -> Breakdown: ...
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
    spent = exactly("cost", cost)
    _not_negative(spent)
    return float(exactly("gain", gain) / spent) if spent else math.nan


def _unknown(x: Any) -> bool:
    return isinstance(x, float) and math.isnan(x)


def _not_negative(cost: Any) -> None:
    lowest = np.nanmin(cost.array, initial=0) if isinstance(cost, Breakdown) else cost
    if lowest < 0:
        raise WrongValue(f"cost is {float(lowest)!r}: give it as a positive amount")


def _breakdown_like(x: Any, other: Any) -> Any:
    """A single number beside a breakdown, as exact as it came."""
    if isinstance(x, Breakdown) or not isinstance(other, Breakdown):
        return x
    return Breakdown(tuple(other), np.full(len(other), float(x)))
