"""For how much deals are won, and what is left of it."""

from __future__ import annotations

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import amount, costed_amount, created, lost, margin, opened, won
from crm_metrics.columns.parametric import one_of
from crm_metrics.records import Deal


@metric(Deal, unit="money", better="higher", question="How much did we sell?")
def won_revenue(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Sum of the amounts of won deals.

    $$ \text{won revenue} = \sum_{\text{won}} \text{amount} $$

    In major units of the deals' currency; two currencies are refused. Won deals without an amount are left out
    (`explain` counts them). A bare time key reads `closed_at`. 0 when nothing was won.

    >>> won_revenue({"status": ["won", "won", "lost"], "amount": ["100.10", "50.25", "999"]})
    150.35
    """
    return totals(deals, Deal, by, at="closed_at").sum(amount, where=won)


@metric(Deal, unit="money", better="lower", question="How much did we lose?")
def lost_amount(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Sum of the amounts of lost deals; ``by="reason"`` says why.

    $$ \text{lost amount} = \sum_{\text{lost}} \text{amount} $$

    In major units. Lost deals without an amount are left out (`explain` counts them). A bare time key reads
    `closed_at`.

    >>> lost_amount({"status": ["lost", "lost", "won"], "amount": [300, 200, 999]})
    500.0
    """
    return totals(deals, Deal, by, at="closed_at").sum(amount, where=lost)


STATES = {"won": won, "open": opened, "not_lost": won | opened}


@metric(Deal, unit="money", better="higher", question="How large is a deal?")
def average_deal_size(deals: Rows[Deal], *, of: str = "won", by: By = None) -> Number:
    r"""Mean amount of a deal, of won ones unless `of=` says otherwise.

    $$ \text{average deal size} = \frac{\sum_{\text{won}} \text{amount}}{\text{won deals with an amount}} $$

    A won deal without an amount is in neither sum nor count; one of amount 0 is in both. In major units; NaN when no
    won deal has an amount. A bare time key reads `closed_at`.

    Others show the mean of open deals (``of="open"``) or of all that are not lost (``of="not_lost"``, won or open).
    Open deals have no `closed_at`: name a time that they have, ``by=month("created_at")``.

    >>> deals = {"status": ["won", "won", "won", "lost", "open"], "amount": [1000, 500, None, 9000, 300]}
    >>> average_deal_size(deals)
    750.0
    >>> average_deal_size(deals, of="open"), average_deal_size(deals, of="not_lost")
    (300.0, 600.0)
    """
    which = STATES[one_of(of, STATES, "of")]
    return totals(deals, Deal, by, at="closed_at").mean(amount, where=which)


@metric(Deal, unit="money", better="higher", question="How large is a typical deal?")
def median_deal_size(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Median amount of a won deal: half of them are larger, half smaller.

    $$ \text{median deal size} = \operatorname*{median}_{\text{won}} \, \text{amount} $$

    The middle of two where their number is even. In major units; NaN when no won deal has an amount. A bare time
    key reads `closed_at`.

    >>> median_deal_size({"status": ["won"] * 4, "amount": [100, 200, 400, 10000]})
    300.0
    """
    return totals(deals, Deal, by, at="closed_at").quantile(amount, 0.5, where=won)


@metric(Deal, unit="money", better="higher", question="What is left of our sales after the cost of what we sold?")
def gross_profit(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Amount less cost, over won deals that state both.

    $$ \text{gross profit} = \sum_{\text{won}} (\text{amount} - \text{cost}) $$

    In major units. A bare time key reads `closed_at`.

    >>> gross_profit({"status": ["won", "won"], "amount": [1000, 500], "cost": [600, None]})
    400.0
    """
    return totals(deals, Deal, by, at="closed_at").sum(margin, where=won)


@metric(Deal, unit="money", better="higher", question="What does a deal that comes in bring us?")
def profit_per_created_deal(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Gross profit of won deals, per deal that came in.

    $$ \text{profit per created deal} = \frac{\sum_{\text{won}} (\text{amount} - \text{cost})}{\text{created}} $$

    Conversion, deal size and margin in one number, whatever the number of deals that come in. Won deals that lack
    amount or cost count no profit. In major units; NaN without deals. A bare time key reads `created_at`, so recent
    deals have had less time to close.

    >>> profit_per_created_deal({"status": ["won", "lost"], "amount": [1000, None], "cost": [600, None]})
    200.0
    """
    t = totals(deals, Deal, by, at="created_at")
    return ratio(t.sum(margin, where=won), t.count(created))


@metric(Deal, unit="share", better="higher", most=1, question="What share of our sales is left after cost?")
def gross_margin(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Share of revenue left after the cost of what was sold, over won deals that state both.

    $$ \text{gross margin} = \frac{\sum (\text{amount} - \text{cost})}{\sum \text{amount}} $$

    A group's margin is the ratio of its sums, never the mean of margins. A fraction, negative when sold below cost;
    NaN when nothing with a cost was sold. A bare time key reads `closed_at`.

    >>> gross_margin({"status": ["won", "won"], "amount": [1000, 500], "cost": [600, 300]})
    0.4
    """
    t = totals(deals, Deal, by, at="closed_at")
    return ratio(t.sum(margin, where=won), t.sum(costed_amount, where=won))
