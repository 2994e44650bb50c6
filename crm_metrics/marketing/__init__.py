"""Marketing: what it costs to win a customer."""

from __future__ import annotations

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import acquisition, amount, customer, winning, won_new
from crm_metrics.columns.parametric import one_of
from crm_metrics.records import Deal, Spend

BASES = {"blended": winning, "paid": acquisition}


@metric(Spend, unit="money", better="lower", question="How much did we spend on winning and keeping customers?")
def spend_total(spend: Rows[Spend], *, by: By = None) -> Number:
    r"""Sum of what was spent, of every kind.

    $$ \text{spend} = \sum \text{amount} $$

    In major units; two currencies are refused. A bare time key reads `at`.

    >>> spend_total({"at": ["2024-01-31", "2024-02-29"], "amount": [12000, "500.50"]})
    12500.5
    """
    return totals(spend, Spend, by, at="at").sum(amount)


@metric(Spend, Deal, unit="money", better="lower", question="What does it cost us to win a customer?")
def cac(spend: Rows[Spend], deals: Rows[Deal], *, basis: str = "blended", by: By = None) -> Number:
    r"""Customer acquisition cost: money spent on winning customers, per new customer.

    $$ \text{CAC} = \frac{\text{spend on winning customers}}{\text{new customers}} $$

    A new customer is a distinct `customer` among won deals of kind new or of no stated kind; repeat, upsell,
    cross-sell and renewal deals bring none, and a deal without a customer cannot be told apart and is left out.
    Where no kind is stated, a customer who buys in two groups or months is new in each: `sales.with_kinds` reads the
    kind off the order of purchases, before the rows are cut.
    ``basis="blended"`` counts every kind of spend but nurture (advertising, payroll, software), ``basis="paid"``
    acquisition alone. In major units per customer; NaN without new customers. A bare time key reads `at` of spend
    and `closed_at` of deals; ``by="channel"`` is a field of both.

    >>> spend = {"amount": [9000, 6000], "kind": ["acquisition", "payroll"]}
    >>> deals = {"status": ["won", "won", "lost", "won"], "customer": ["a", "b", "c", "b"]}
    >>> cac(spend, deals)
    7500.0
    >>> cac(spend, deals, basis="paid")
    4500.0
    >>> from crm_metrics import month, sales
    >>> spend = {"at": ["2024-01-31", "2024-02-29"], "amount": [9000, 6000]}
    >>> days = ["2024-01-10", "2024-02-10", "2024-02-20"]
    >>> deals = {"id": [1, 2, 3], "status": ["won"] * 3, "customer": ["a", "a", "b"], "closed_at": days}
    >>> cac(spend, deals, by=month)
    Breakdown({'2024-01': 9000.0, '2024-02': 3000.0})
    >>> cac(spend, sales.with_kinds(deals), by=month)
    Breakdown({'2024-01': 9000.0, '2024-02': 6000.0})
    """
    condition = BASES[one_of(basis, BASES, "basis")]
    s, d = totals(spend, Spend, by, at="at"), totals(deals, Deal, by, at="closed_at")
    return ratio(s.sum(amount, where=condition), d.distinct(customer, where=won_new))


__all__ = ["cac", "spend_total"]
