"""A stated gross margin: where a deal names no cost, its cost is the amount less the margin.

It is an assumption, and marked as one: whoever reads the rows can count for how many deals it stands.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from attrs import asdict, frozen

from crm_metrics._tables.table import Table
from crm_metrics._values.columns import Flags, Labels, Quantity
from crm_metrics._values.currencies import exponent
from crm_metrics._values.exact import BIG, Array, big, fraction, multiplied
from crm_metrics.columns import won
from crm_metrics.errors import WrongValue, shown
from crm_metrics.records import Deal

ASSUMED = "cost_from_margin"
"""The column that tells which deals have their cost from the margin."""


def margin_of(x: Any) -> Any:
    """A stated margin, checked."""
    if x is None:
        return None
    if not _is_part(x):
        raise WrongValue(
            f"margin={shown(x)}: give the share of the amount that is left after the cost of what was sold, "
            "above 0 and at most 1: 0.3 for 30 %"
        )
    return x


def _is_part(x: Any) -> bool:
    try:
        if isinstance(x, (bool, np.bool_, str)) or not 0 < float(x) <= 1:  # a fraction of 1e-9999999 takes for ever
            return False
        return fraction(x) <= 1
    except (TypeError, ValueError, ArithmeticError):
        return False


def with_margin(deals: Table[Deal], margin: Any) -> Table[Deal]:
    """The same deals; those with an amount and no cost have one by the margin, in whole minor units."""
    if margin is None or "amount" not in deals:
        return deals
    if ("margin", margin) not in deals.memo:
        deals.memo["margin", margin] = _filled(deals, fraction(margin))
    found: Table[Deal] = deals.memo["margin", margin]
    return found


def _filled(deals: Table[Deal], margin: Fraction) -> Table[Deal]:
    amounts: Quantity = deals["amount"]
    left = amounts.like(amounts.data - _left(amounts, margin), amounts.mask)
    if "cost" not in deals:
        return deals.replaced({"cost": left, ASSUMED: Flags(~amounts.missing.true)})
    stated: Quantity = deals["cost"]
    assumed = stated.missing.true & ~amounts.missing.true
    return deals.replaced({"cost": _either(stated, left, assumed), ASSUMED: Flags(assumed)})


def _either(one: Quantity, other: Quantity, where: Array) -> Quantity:
    """One quantity, and another where that is to stand for it; of two currencies they are refused."""
    both = one + other  # in the scale and the currency of both
    data = np.where(where, *(multiplied(x.data, both.scale // x.scale) for x in (other, one)))
    lacking = one.missing.true & ~where
    return both.like(data, lacking if lacking.any() else None)


def _left(amounts: Quantity, margin: Fraction) -> Array:
    """What the margin leaves of the amounts, to the nearest minor unit of each; the even one of two."""
    p, q = margin.numerator, margin.denominator
    step = _minor(amounts)
    data = multiplied(amounts.data, p)
    if data.dtype == object or 2 * q * big(step) > BIG:
        data, step = data.astype(object), step.astype(object)
    whole, rest = data // (q * step), data % (q * step)
    up = (2 * rest > q * step) | ((2 * rest == q * step) & (whole % 2 == 1))
    found: Array = (whole + up) * step
    return found.astype(np.int64) if big(found) <= BIG else found


def _minor(amounts: Quantity) -> Array:
    """The minor unit of each amount in the integers of the column."""
    if not isinstance(amounts.currency, Labels):
        return np.full(1, amounts.scale // 10 ** exponent(amounts.currency))
    sizes = [amounts.scale // 10 ** exponent(code) for code in amounts.currency.labels]
    return np.array(sizes or [1], np.int64)[amounts.currency.codes]


# ---------------------------------------------------------------- how much rests on it


@frozen
class Stated:
    """A stated margin, and for the cost of how many of the won deals it stands."""

    margin: float
    deals: int
    won: int

    def __str__(self) -> str:
        return (
            f"A margin of {100 * float(self.margin):g} % is stated, not measured: "
            f"it gives the cost of {self.deals:,} of {self.won:,} won deals."
        )

    def to_dict(self) -> dict[str, float]:
        """The same as plain data."""
        return asdict(self) | {"margin": float(self.margin)}


def stated(margin: Any, *parts: Table[Deal]) -> Stated | None:
    """What rests on a stated margin in these rows; None where nothing does."""
    wins = [(won(rows).true, rows[ASSUMED].true) for rows in parts if ASSUMED in rows and "status" in rows]
    rest = sum(int(np.count_nonzero(w & assumed)) for w, assumed in wins)
    return Stated(margin, rest, sum(int(np.count_nonzero(w)) for w, _ in wins)) if rest else None
