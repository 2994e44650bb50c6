"""Sales: how many deals are won, for how much, how fast, and what is still open.

Every metric takes deals of any kind (records, a table, a frame, a mapping of columns, totals) and ``by=``.
"""

from __future__ import annotations

from crm_metrics.breakdown import Number, ratio
from crm_metrics.columns import (
    amount,
    closed,
    costed_amount,
    created,
    cycle,
    expected_amount,
    lost,
    margin,
    opened,
    won,
)
from crm_metrics.groups import By
from crm_metrics.kernel import totals
from crm_metrics.records import Deal
from crm_metrics.registry import Rows, metric

# ---------------------------------------------------------------- how many


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
def win_rate(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Share of closed deals that were won.

    $$ \text{win rate} = \frac{\text{won}}{\text{won} + \text{lost}} $$

    Open deals do not count. A bare time key reads `closed_at`. A fraction from 0 to 1; NaN when nothing has
    closed. Salesforce computes it so by default; amoCRM's conversion is `conversion_rate`.

    >>> win_rate({"status": ["won", "lost", "lost", "won", "won", "open"]})
    0.6
    >>> win_rate({"status": ["won", "lost", "open"], "manager": ["Anna", "Anna", "Boris"]}, by="manager")
    Breakdown({'Anna': 0.5, 'Boris': nan})
    """
    t = totals(deals, Deal, by, at="closed_at")
    return ratio(t.count(won), t.count(closed))


@metric(Deal, unit="share", better="lower", question="Of the deals that ended, how many did we lose?")
def loss_rate(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Share of closed deals that were lost.

    $$ \text{loss rate} = \frac{\text{lost}}{\text{won} + \text{lost}} $$

    It is 1 less the win rate, not 1 less the conversion rate. A bare time key reads `closed_at`. A fraction from
    0 to 1; NaN when nothing has closed.

    >>> loss_rate({"status": ["won", "lost", "lost", "open"]})
    0.6666666666666666
    """
    t = totals(deals, Deal, by, at="closed_at")
    return ratio(t.count(lost), t.count(closed))


@metric(Deal, unit="count", better="higher", question="How many deals came in?")
def deals_created(deals: Rows[Deal], *, by: By = None) -> Number:
    """Number of deals, whatever became of them.

    A bare time key reads `created_at`; deals without one are in the group None.

    >>> deals_created({"status": ["won", "lost", "open"]})
    3
    """
    return totals(deals, Deal, by, at="created_at").count(created)


@metric(Deal, unit="count", better="higher", question="How many deals did we win?")
def deals_won(deals: Rows[Deal], *, by: By = None) -> Number:
    """Number of deals won. A bare time key reads `closed_at`.

    >>> deals_won({"status": ["won", "lost", "won", "open"]})
    2
    """
    return totals(deals, Deal, by, at="closed_at").count(won)


# ---------------------------------------------------------------- how much


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


@metric(Deal, unit="money", better="higher", question="How large is a deal?")
def average_deal_size(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Mean amount of a won deal.

    $$ \text{average deal size} = \frac{\sum_{\text{won}} \text{amount}}{\text{won deals with an amount}} $$

    A won deal without an amount is in neither sum nor count; one of amount 0 is in both. In major units; NaN when no
    won deal has an amount. A bare time key reads `closed_at`.

    >>> average_deal_size({"status": ["won", "won", "won", "lost"], "amount": [1000, 500, None, 9000]})
    750.0
    """
    return totals(deals, Deal, by, at="closed_at").mean(amount, where=won)


@metric(Deal, unit="money", better="higher", question="How large is a typical deal?")
def median_deal_size(deals: Rows[Deal], *, by: By = None) -> Number:
    """Median amount of a won deal: half of them are larger, half smaller.

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


@metric(Deal, unit="share", better="higher", question="What share of our sales is left after cost?")
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


# ---------------------------------------------------------------- how fast


@metric(Deal, unit="days", better="lower", question="How long does a sale take?")
def average_sales_cycle(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Mean days from creation to close of a won deal.

    $$ \text{average sales cycle} = \operatorname{mean}_{\text{won}} (\text{closed at} - \text{created at}) $$

    Days of 24 hours, with their fraction; whole days where either time is a bare date. Deals still open are not in it,
    so it is short of the truth while sales are growing. NaN when no won deal has both times. A bare time key reads
    `closed_at`.

    >>> won = {"status": ["won", "won"], "created_at": ["2024-01-01", "2024-01-01"]}
    >>> average_sales_cycle({**won, "closed_at": ["2024-01-11", "2024-01-31"]})
    20.0
    """
    return totals(deals, Deal, by, at="closed_at").mean(cycle, where=won)


@metric(Deal, unit="days", better="lower", question="How long does a typical sale take?")
def median_sales_cycle(deals: Rows[Deal], *, by: By = None) -> Number:
    """Median days from creation to close of a won deal.

    As `average_sales_cycle`, and not moved by a few very long deals.

    >>> won = {"status": ["won"] * 3, "created_at": ["2024-01-01"] * 3}
    >>> median_sales_cycle({**won, "closed_at": ["2024-01-11", "2024-01-21", "2024-12-31"]})
    20.0
    """
    return sales_cycle_quantile(deals, q=0.5, by=by)


@metric(Deal, unit="days", better="lower", question="In how many days are nine in ten of our sales made?")
def sales_cycle_quantile(deals: Rows[Deal], *, q: float = 0.5, by: By = None) -> Number:
    """Days within which a share `q` of won deals were closed.

    The value at rank `q` of the sorted cycles, the middle of two where the rank falls between them (R's type 2). NaN
    when no won deal has both times. A bare time key reads `closed_at`.

    >>> won = {"status": ["won"] * 10, "created_at": ["2024-01-01"] * 10}
    >>> closed = [f"2024-01-{day:02}" for day in range(2, 12)]
    >>> sales_cycle_quantile({**won, "closed_at": closed}, q=0.9)
    9.5
    """
    return totals(deals, Deal, by, at="closed_at").quantile(cycle, q, where=won)


# ---------------------------------------------------------------- what is still open


@metric(Deal, unit="money", better="higher", question="How much may we still sell?")
def open_pipeline(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Sum of the amounts of open deals.

    $$ \text{open pipeline} = \sum_{\text{open}} \text{amount} $$

    In major units. A bare time key reads `expected_close`.

    >>> open_pipeline({"status": ["open", "open", "won"], "amount": [1000, 500, 700]})
    1500.0
    """
    return totals(deals, Deal, by, at="expected_close").sum(amount, where=opened)


@metric(Deal, unit="money", better="higher", question="How much are we likely to sell of what is open?")
def weighted_pipeline(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Sum of amount times probability over open deals.

    $$ \text{weighted pipeline} = \sum_{\text{open}} \text{amount} \times \text{probability} $$

    A probability is a fraction (0.6, not 60). A deal without amount or probability is left out. In major units. A bare
    time key reads `expected_close`.

    >>> weighted_pipeline({"status": ["open", "open"], "amount": [1000, 500], "probability": [0.6, 0.2]})
    700.0
    """
    return totals(deals, Deal, by, at="expected_close").sum(expected_amount, where=opened)
