"""How many deals are won and lost."""

from __future__ import annotations

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.ratios import ratio
from crm_metrics.cells import Instant
from crm_metrics.columns import amount, closed, created, lost, opened, won
from crm_metrics.columns.parametric import Until, one_of
from crm_metrics.records import Deal

WEIGHTS = ("count", "amount")
BASES = ("closed", "created")


@metric(Deal, unit="share", better="higher", question="Of all the deals that came in, how many did we win?")
def conversion_rate(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Share of all created deals that were won.

    $$ \text{conversion rate} = \frac{\text{won}}{\text{created}} $$

    Open deals are in the denominator, so the rate of recent deals rises as they close. A bare time key reads
    `created_at`: the deals that came in then, whenever they were won. A fraction from 0 to 1; NaN when there are
    no deals. Others call it close rate, or win rate on the created basis.

    >>> from crm_metrics import Totals
    >>> conversion_rate(Totals.of(Deal, won=23, created=150))
    0.15333333333333332
    >>> conversion_rate(Totals.of(Deal, won=5, created=100))
    0.05
    """
    t = totals(deals, Deal, by, at="created_at")
    return ratio(t.count(won), t.count(created))


@metric(Deal, unit="share", better="higher", question="Of the deals that ended, how many did we win?")
def win_rate(deals: Rows[Deal], *, weight: str = "count", overdue_at: Instant | None = None, by: By = None) -> Number:
    r"""Share of closed deals that were won.

    $$ \text{win rate} = \frac{\text{won}}{\text{won} + \text{lost}} $$

    Open deals do not count. A bare time key reads `closed_at`. A fraction from 0 to 1; NaN when nothing has
    closed. Salesforce computes it so by default; amoCRM's conversion is `conversion_rate`.

    Others weigh deals by their amounts (``weight="amount"``: amounts won over amounts closed), and one huge deal then
    decides. Deals without an amount are in neither sum: where lost deals have none, that rate is 1 and says nothing.

    Zoho counts open deals whose expected close is past as lost: ``overdue_at=`` a day does so. Such a deal has no
    `closed_at`, so a bare time key puts it in the group None and the rates of the months are those of closed deals
    alone: name a time that all of them have, ``by=month("created_at")`` or ``by=month("expected_close")``.

    >>> win_rate({"status": ["won", "lost", "lost", "won", "won", "open"]})
    0.6
    >>> win_rate({"status": ["won", "lost", "open"], "manager": ["Anna", "Anna", "Boris"]}, by="manager")
    Breakdown({'Anna': 0.5, 'Boris': nan})
    >>> win_rate({"status": ["won", "lost"], "amount": [100, 300]}, weight="amount")
    0.25
    >>> win_rate({"status": ["won", "open"], "expected_close": ["2024-02-09", "2024-03-01"]}, overdue_at="2024-03-31")
    0.5
    """
    t = totals(deals, Deal, by, at="closed_at")
    ended = closed if overdue_at is None else closed | Until(overdue_at, "expected_close", opened)
    if one_of(weight, WEIGHTS, "weight") == "count":
        return ratio(t.count(won), t.count(ended))
    return ratio(t.sum(amount, where=won), t.sum(amount, where=ended))


@metric(Deal, unit="share", better="lower", question="Of the deals that ended, how many did we lose?")
def loss_rate(deals: Rows[Deal], *, basis: str = "closed", by: By = None) -> Number:
    r"""Share of closed deals that were lost.

    $$ \text{loss rate} = \frac{\text{lost}}{\text{won} + \text{lost}} $$

    It is 1 less the win rate, not 1 less the conversion rate. A bare time key reads `closed_at`. A fraction from
    0 to 1; NaN when nothing has closed.

    ``basis="created"`` is of all deals that came in, open ones too, as `conversion_rate` is; a bare time key then reads
    `created_at`.

    >>> loss_rate({"status": ["won", "lost", "lost", "open"]})
    0.6666666666666666
    >>> loss_rate({"status": ["won", "lost", "lost", "open"]}, basis="created")
    0.5
    """
    if one_of(basis, BASES, "basis") == "created":
        t = totals(deals, Deal, by, at="created_at")
        return ratio(t.count(lost), t.count(created))
    t = totals(deals, Deal, by, at="closed_at")
    return ratio(t.count(lost), t.count(closed))


@metric(Deal, unit="count", better="higher", question="How many deals came in?")
def deals_created(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Number of deals, whatever became of them.

    $$ \text{deals created} = \left|\{ \text{deals} \}\right| $$

    A bare time key reads `created_at`; deals without one are in the group None.

    >>> deals_created({"status": ["won", "lost", "open"]})
    3
    """
    return totals(deals, Deal, by, at="created_at").count(created)


@metric(Deal, unit="count", better="higher", question="How many deals did we win?")
def deals_won(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Number of deals won. A bare time key reads `closed_at`.

    $$ \text{deals won} = \left|\{ \text{won} \}\right| $$

    >>> deals_won({"status": ["won", "lost", "won", "open"]})
    2
    """
    return totals(deals, Deal, by, at="closed_at").count(won)


@metric(Deal, unit="count", better="lower", question="How many deals did we lose?")
def deals_lost(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Number of deals lost; ``by="reason"`` says why, and those without a reason are the group None.

    $$ \text{deals lost} = \left|\{ \text{lost} \}\right| $$

    A bare time key reads `closed_at`.

    >>> deals_lost({"status": ["lost", "lost", "won"], "reason": ["too dear", None, None]}, by="reason")
    Breakdown({'too dear': 1, None: 1})
    """
    return totals(deals, Deal, by, at="closed_at").count(lost)
