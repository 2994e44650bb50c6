"""What is still open, and what may come of it."""

from __future__ import annotations

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import looked_up, totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.ratios import ratio
from crm_metrics.cells import Instant
from crm_metrics.columns import amount, closed, cycle, expected_amount, opened, won
from crm_metrics.columns.ages import DaysSince, LongAgo
from crm_metrics.columns.parametric import Until
from crm_metrics.journeys import Moved
from crm_metrics.records import Deal, StageChange


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


@metric(Deal, unit="money", better="higher", question="How much do we sell a day, as things go?")
def pipeline_velocity(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Money that the open pipeline brings a day, if it is won as often, as large and as fast as the closed deals.

    $$ \text{velocity} = \frac{\text{open deals} \times \text{average deal size} \times \text{win rate}}
       {\text{average sales cycle}} $$

    In major units a day. All four come from the same rows: size, rate and cycle from those that have closed. NaN where
    nothing was won, and where deals close in no time. A bare time key reads `created_at`.

    >>> deals = {
    ...     "status": ["won", "lost", "open", "open"],
    ...     "created_at": ["2024-01-01"] * 4,
    ...     "closed_at": ["2024-01-11", "2024-01-20", None, None],
    ...     "amount": [1000, None, None, None],
    ... }
    >>> pipeline_velocity(deals)
    100.0
    """
    t = totals(deals, Deal, by, at="created_at")
    rate, size = ratio(t.count(won), t.count(closed)), t.mean(amount, where=won)
    return ratio(t.count(opened) * rate * size, t.mean(cycle, where=won)) + 0.0  # nothing is 0, not -0


# ---------------------------------------------------------------- age: what has been open for long


@metric(Deal, unit="days", better="lower", question="How old are our open deals?")
def average_deal_age(deals: Rows[Deal], *, as_of: Instant, by: By = None) -> Number:
    r"""Mean days since an open deal came in.

    $$ \text{deal age} = \operatorname{mean}_{\text{open}} (\text{as of} - \text{created at}) $$

    Whole days where either is a bare date. Deals that came in later than `as_of` are left out. NaN without open
    deals. A bare time key reads `created_at`.

    Open are the deals that are open in the rows: a day in the past gives the age that they had then, and not the age of
    the deals that were open then. `CRM.known_on` tells these.

    >>> import datetime as dt
    >>> rows = {"status": ["open", "open"], "created_at": ["2024-03-01", "2024-03-21"]}
    >>> average_deal_age(rows, as_of=dt.date(2024, 3, 31))
    20.0
    """
    here = opened & LongAgo("created_at", as_of, 0)
    return totals(deals, Deal, by, at="created_at").mean(DaysSince("created_at", as_of), where=here)


@metric(Deal, unit="count", better="lower", question="How many open deals should have been closed by now?")
def overdue_deals(deals: Rows[Deal], *, as_of: Instant, by: By = None) -> Number:
    r"""Number of open deals whose expected close is past.

    $$ \text{overdue} = \#\{\text{open deals} : \text{expected close} < \text{as of}\} $$

    A deal that is hoped for on the day `as_of` is not yet overdue. Deals without an expected close are never overdue. A
    bare time key reads `expected_close`.

    Open are the deals that are open in the rows, not those that were open on a day in the past: `CRM.known_on` tells
    these.

    >>> import datetime as dt
    >>> rows = {"status": ["open", "open", "won"], "expected_close": ["2024-03-01", "2024-04-01", "2024-03-01"]}
    >>> overdue_deals(rows, as_of=dt.date(2024, 3, 31))
    1
    """
    return totals(deals, Deal, by, at="expected_close").count(Until(as_of, "expected_close", opened))


@metric(Deal, StageChange, unit="count", better="lower", question="How many open deals have not moved for long?")
def stalled_deals(
    deals: Rows[Deal], changes: Rows[StageChange], *, as_of: Instant, days: float = 30, by: By = None
) -> Number:
    r"""Number of open deals that have been there, and in their stage, for `days` days or more.

    $$ \text{stalled} = \#\{\text{open deals} : \text{as of} - \max(\text{created at}, \text{last change of stage})
       \ge \text{days}\} $$

    They came in `days` before `as_of` or earlier, and no change of stage lies between that and `as_of`; a later change
    does not count, for nobody knew of it then, and a row that leads where the deal was already is no change. A deal
    without any change of stage counts from the day it came in; one without an id cannot be looked up and does too.
    Whole days where either time is a bare date. `by=` groups the deals, and a bare time key reads their `created_at`.
    Open are the deals that are open in the rows, as in `overdue_deals`: a deal that was closed after `as_of` counts
    only in the rows of `CRM.known_on`.

    >>> import datetime as dt
    >>> deals = {"id": [1, 2], "status": ["open", "open"], "created_at": ["2024-01-01", "2024-01-01"]}
    >>> changes = {"deal": [1], "stage": ["offer"], "at": ["2024-03-20"]}
    >>> stalled_deals(deals, changes, as_of=dt.date(2024, 3, 31))
    1
    """
    d, c = totals(deals, Deal, by, at="created_at"), looked_up(changes, StageChange)
    old = opened & LongAgo("created_at", as_of, days)
    known = LongAgo("at", as_of, 0)
    return d.count(old) - d.rows_among("id", c, Moved(as_of, days), where=old, their=known)
