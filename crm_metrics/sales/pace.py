"""How fast deals are won."""

from __future__ import annotations

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics.columns import won
from crm_metrics.columns.parametric import Between
from crm_metrics.records import Deal


@metric(Deal, unit="days", better="lower", question="How long does a sale take?")
def average_sales_cycle(
    deals: Rows[Deal], *, start: str = "created_at", end: str = "closed_at", by: By = None
) -> Number:
    r"""Mean days from creation to close of a won deal.

    $$ \text{average sales cycle} = \operatorname{mean}_{\text{won}} (\text{closed at} - \text{created at}) $$

    Days of 24 hours, with their fraction; whole days where either time is a bare date. Deals still open are not in it,
    so it is short of the truth while sales are growing. NaN when no won deal has both times. A bare time key reads
    `closed_at`.

    `start` and `end` name other times of the rows, such as that of the lead, of the first touch or of the payment, that
    `attach` brings in: ``average_sales_cycle(attach(deals, leads, on="lead", lead_at="created_at"), start="lead_at")``.
    A span that runs backwards counts with its sign: where a lead was noted after its deal had closed, the days are
    below 0 and shorten the mean.

    >>> won = {"status": ["won", "won"], "created_at": ["2024-01-01", "2024-01-01"]}
    >>> average_sales_cycle({**won, "closed_at": ["2024-01-11", "2024-01-31"]})
    20.0
    """
    return totals(deals, Deal, by, at="closed_at").mean(Between(start, end), where=won)


@metric(Deal, unit="days", better="lower", question="How long does a typical sale take?")
def median_sales_cycle(
    deals: Rows[Deal], *, start: str = "created_at", end: str = "closed_at", by: By = None
) -> Number:
    r"""Median days from creation to close of a won deal.

    $$ \text{median sales cycle} = \operatorname{median}_{\text{won}} (\text{closed at} - \text{created at}) $$

    As `average_sales_cycle`, and not moved by a few very long deals.

    >>> won = {"status": ["won"] * 3, "created_at": ["2024-01-01"] * 3}
    >>> median_sales_cycle({**won, "closed_at": ["2024-01-11", "2024-01-21", "2024-12-31"]})
    20.0
    """
    return sales_cycle_quantile(deals, q=0.5, start=start, end=end, by=by)


@metric(Deal, unit="days", better="lower", question="In how many days are nine in ten of our sales made?")
def sales_cycle_quantile(
    deals: Rows[Deal], *, q: float = 0.5, start: str = "created_at", end: str = "closed_at", by: By = None
) -> Number:
    r"""Days within which a share `q` of won deals were closed.

    $$ \text{quantile} = \frac{x_{\lceil nq \rceil} + x_{\lfloor nq \rfloor + 1}}{2}, \quad
       x_1 \le \dots \le x_n \text{ the cycles of won deals} $$

    The value at rank `q` of the sorted cycles, the middle of two where the rank falls between them (R's type 2). NaN
    when no won deal has both times. A bare time key reads `closed_at`.

    >>> won = {"status": ["won"] * 10, "created_at": ["2024-01-01"] * 10}
    >>> closed = [f"2024-01-{day:02}" for day in range(2, 12)]
    >>> sales_cycle_quantile({**won, "closed_at": closed}, q=0.9)
    9.5
    """
    return totals(deals, Deal, by, at="closed_at").quantile(Between(start, end), q, where=won)
