"""Return on investment. Net and gross return have different names, and break-even is decided from money."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias, overload

import numpy as np

from crm_metrics._values.breakdown import Breakdown, Number, joint, spread
from crm_metrics._values.exact import Exact, one_unit
from crm_metrics._values.ratios import ratio
from crm_metrics.errors import WrongCall, WrongValue
from crm_metrics.roi.flows import exactly

Amount: TypeAlias = float | Decimal | Fraction

__all__ = ["return_ratio", "roi"]


@overload
def roi(*, gain: Amount, cost: Amount) -> float: ...
@overload
def roi(*, gain: Breakdown, cost: Amount | Breakdown) -> Breakdown: ...
@overload
def roi(*, gain: Amount, cost: Breakdown) -> Breakdown: ...
def roi(*given: Any, gain: Any = None, cost: Any = None) -> Number:
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
    _by_name("roi", given)
    brought, spent = _compared(gain, cost)
    return ratio(brought - spent, spent)


@overload
def return_ratio(*, gain: Amount, cost: Amount) -> float: ...
@overload
def return_ratio(*, gain: Breakdown, cost: Amount | Breakdown) -> Breakdown: ...
@overload
def return_ratio(*, gain: Amount, cost: Breakdown) -> Breakdown: ...
def return_ratio(*given: Any, gain: Any = None, cost: Any = None) -> Number:
    r"""Gross return on an investment: what it brought per unit of cost.

    $$ \text{return ratio} = \frac{\text{gain}}{\text{cost}} = \text{ROI} + 1 $$

    Break-even is 1. Others call it the benefit-cost ratio. NaN when cost is 0.

    >>> return_ratio(gain=75_000, cost=12_000)
    6.25
    """
    _by_name("return_ratio", given)
    brought, spent = _compared(gain, cost)
    return ratio(brought, spent)


def _by_name(function: str, given: tuple[Any, ...]) -> None:
    """Refuse numbers that do not say which is which."""
    if given:
        raise WrongCall(f"{function} takes its numbers by name: {function}(gain=..., cost=...)")


def _compared(gain: Any, cost: Any) -> tuple[Number, Number]:
    """Gain and cost, both as single numbers or both as breakdowns of the same groups."""
    gain, cost = _number("gain", gain), _number("cost", cost)
    one_unit(getattr(gain, "unit", None), getattr(cost, "unit", None))
    keys = joint(gain, cost) if isinstance(gain, Breakdown) or isinstance(cost, Breakdown) else None
    lowest = np.nanmin(cost.array, initial=0) if isinstance(cost, Breakdown) else cost
    if lowest < 0:
        raise WrongValue(f"cost is {float(lowest)!r}: give it as a positive amount")
    return (gain, cost) if keys is None else (spread(gain, keys), spread(cost, keys))


def _number(name: str, x: Any) -> Any:
    """A breakdown, NaN, or a finite amount, exact as it was written."""
    if isinstance(x, Breakdown) or (isinstance(x, float) and math.isnan(x)):
        return x
    amount = exactly(name, x)
    return Exact(amount.numerator, amount.denominator, getattr(x, "unit", None))
