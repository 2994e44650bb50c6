"""Large deals: how many there are, and how much hangs on them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from attrs import field, frozen

from crm_metrics._tables.table import Table
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.columns import Flags
from crm_metrics._values.exact import WIDE, fraction, is_number
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import amount, won
from crm_metrics.columns.parametric import Parametric
from crm_metrics.errors import WrongValue, shown
from crm_metrics.records import Deal


def _limit(x: Any) -> Fraction:
    """An amount as it was written, whatever kind of finite number it is."""
    try:
        if is_number(x):
            return fraction(x)
    except (ValueError, OverflowError):  # NaN and the infinite
        pass
    raise WrongValue(f"over={shown(x)} is not an amount: give one such as 100_000, in major units")


@frozen
class LargeWon(Parametric):
    """Won deals of more than an amount, each in its own currency."""

    over: Fraction = field(converter=_limit)

    @property
    def __name__(self) -> str:
        return f"won_over_{_written(self.over)}"

    def of(self, rows: Table[Deal]) -> Flags:
        flags: Flags = won(rows) & (rows.amount > self.over)
        return flags


def _written(x: Fraction) -> str:
    """An amount in all its digits; as a fraction where they do not end."""
    decimal = WIDE.divide(Decimal(x.numerator), Decimal(x.denominator))
    return f"{decimal:f}" if Fraction(decimal) == x else str(x)


@metric(Deal, unit="count", better="higher", question="How many large deals do we win?")
def large_deals(deals: Rows[Deal], *, over: float, by: By = None) -> Number:
    r"""Number of won deals of more than `over`, in major units. A bare time key reads `closed_at`.

    $$ \text{large deals} = \left|\{ \text{won} : \text{amount} > \text{over} \}\right| $$

    Each deal is compared in its own currency: where there are several, over 1,000 is over 1,000 of each. Convert the
    deals first (`convert`), or ask of one currency (``where(deals, currency="USD")``), where one limit has to be one.
    A deal without an amount is not large.

    >>> large_deals({"status": ["won", "won", "lost"], "amount": [500, 2000, 9000]}, over=1000)
    1
    """
    return totals(deals, Deal, by, at="closed_at").count(LargeWon(over))


@metric(Deal, unit="share", better=None, question="What share of the deals that we win is large?")
def large_deal_share(deals: Rows[Deal], *, over: float, by: By = None) -> Number:
    r"""Share of won deals that are of more than `over`.

    $$ \text{large deal share} = \frac{\text{won deals with amount} > \text{over}}{\text{won deals with an amount}} $$

    In major units, each deal in its own currency as in `large_deals`. A won deal without an amount is in neither. NaN
    where nothing was won. A bare time key reads `closed_at`.

    >>> large_deal_share({"status": ["won", "won", "won"], "amount": [500, 2000, None]}, over=1000)
    0.5
    """
    t = totals(deals, Deal, by, at="closed_at")
    return ratio(t.count(LargeWon(over)), t.count(won) - t.missing(amount, where=won))


@metric(Deal, unit="share", better=None, question="What share of our sales hangs on large deals?")
def large_deal_revenue_share(deals: Rows[Deal], *, over: float, by: By = None) -> Number:
    r"""Share of won revenue that comes from deals of more than `over`.

    $$ \text{large deal revenue share} = \frac{\sum_{\text{won, amount} > \text{over}} \text{amount}}
       {\sum_{\text{won}} \text{amount}} $$

    NaN where nothing was won; amounts of several currencies are refused. A bare time key reads `closed_at`.

    >>> large_deal_revenue_share({"status": ["won", "won"], "amount": [500, 2000]}, over=1000)
    0.8
    """
    t = totals(deals, Deal, by, at="closed_at")
    return ratio(t.sum(amount, where=LargeWon(over)), t.sum(amount, where=won))
