"""One number over another: exact integers divided and rounded once, group by group."""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np

from crm_metrics._values.breakdown import Breakdown, Number, ratios
from crm_metrics._values.exact import (
    integers,
    is_nan,
    is_number,
    quotient,
    shared_unit,
)
from crm_metrics.errors import WrongCall, WrongValue


def only(x: Number, holds: Number) -> Number:
    """A number where something holds, NaN elsewhere."""
    if isinstance(x, Breakdown) and isinstance(holds, Breakdown):
        return Breakdown(tuple(x), np.where(holds.on(tuple(x)).array == 1, x.array, np.nan), names=x.names)
    return x if holds else math.nan


@overload
def ratio(part: Breakdown, whole: Number) -> Breakdown: ...


@overload
def ratio(part: Number, whole: Breakdown) -> Breakdown: ...


@overload
def ratio(part: float, whole: float) -> float: ...


@overload
def ratio(part: Number, whole: Number) -> Number: ...


def ratio(part: Number, whole: Number) -> Number:
    """part / whole of the exact integers behind them, rounded once.

    NaN where `whole` is 0. Between breakdowns the groups meet by key, and no group disappears: one that only
    `part` has is NaN. Amounts of two currencies are refused.

    >>> ratio(23, 150)
    0.15333333333333332
    >>> ratio(1, 0)
    nan
    """
    if isinstance(part, Breakdown) or isinstance(whole, Breakdown):
        return ratios(*(x if isinstance(x, Breakdown) else _number(x) for x in (part, whole)))
    part, whole = _number(part), _number(whole)
    if part != part or whole != whole or whole == 0:
        return math.nan
    shared_unit(getattr(part, "unit", None), getattr(whole, "unit", None), part, whole)
    (a, p), (b, q) = integers(part), integers(whole)
    return quotient(a * q, b * p)


def _number(x: Any) -> Any:
    """A finite number that somebody gave, or NaN."""
    if not is_number(x):
        msg = f"expected a number or a Breakdown, got {type(x).__name__}: pass what t.sum() and t.count() give"
        raise WrongCall(msg)
    if is_nan(x):
        return math.nan
    if x in (math.inf, -math.inf):
        raise WrongValue(f"expected a finite number or a Breakdown, got {x}")
    return x
