"""What was sold against what was to be sold: quotas, and the pipeline that must cover them."""

from __future__ import annotations

from typing import Any

import numpy as np

from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.table import Table
from crm_metrics._totals.groups import By, is_timed
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import Shared, totals
from crm_metrics._totals.totals import Totals
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics._values.exact import Array
from crm_metrics._values.ratios import only, ratio
from crm_metrics.columns import amount, opened, won
from crm_metrics.columns.parametric import Within
from crm_metrics.columns.spans import Prorated, Span, cut_by
from crm_metrics.errors import UnknownName, WrongCall
from crm_metrics.periods import Period, TimeKey
from crm_metrics.records import Deal, Quota

# ---------------------------------------------------------------- bare time keys


def _placed(quotas: Rows[Quota], by: By) -> Any:
    """Quotas, or what stands for them, of which each lies in one unit of a bare time key.

    Those that are summarized were looked at when they were.
    """
    by = quotas.by if isinstance(quotas, Shared) else by
    parts = by if isinstance(by, (tuple, list)) else (by,)
    units = [part.unit for part in parts if isinstance(part, TimeKey) and part.field is None]
    if not units or isinstance(quotas, Totals):
        return quotas
    rows: Table[Quota] = quotas.rows if isinstance(quotas, Shared) else open_rows(quotas, Quota)
    for unit in units:
        _lie_in_one(rows, unit)
    return quotas if isinstance(quotas, Shared) else rows


def _lie_in_one(quotas: Table[Quota], unit: str) -> None:
    """Refuse quotas that lie in several units of time: their amount is of none of them.

    Where none says when it ends, each is of the unit in which it starts.
    """
    if "end" not in quotas:
        return
    span, cut = Span(quotas), cut_by(unit)
    several = span.length > 0 if unit == "hour" else span.cuts(span.edges(cut))[1] > 0
    if n := int(np.count_nonzero(several)):
        reach = f"{n:,} quota{'s reach' if n > 1 else ' reaches'} over several {unit}s"
        if unit == "hour":
            raise UnknownName(f"{reach}: a quota is of whole days, leave hour out of by=")
        raise UnknownName(f"{reach}, give prorated(quotas, {cut}), whose parts each lie in one of them")


def periods_alone(by: By) -> None:
    """Refuse a bare time key for a metric of one period."""
    for part in by if isinstance(by, (tuple, list)) else (by,):
        if is_timed(part):
            key = getattr(part, "__name__", "time")
            raise WrongCall(
                f"by={key}: this metric names no time, so say which period: period=month('2024-03'), once for each"
            )


# ---------------------------------------------------------------- metrics


def _won(period: Period | None) -> Any:
    """Deals won in a period; without one, all that were won."""
    return won if period is None else Within(period, "closed_at", won)


def _quota(period: Period | None) -> Any:
    """The part of each quota that a period has; without one, the whole quota."""
    return "amount" if period is None else Prorated(period)


@metric(Deal, Quota, unit="share", better="higher", question="How much of the quota did we sell?")
def quota_attainment(deals: Rows[Deal], quotas: Rows[Quota], *, period: Period | None = None, by: By = None) -> Number:
    r"""Won revenue over quota.

    $$ \text{attainment} = \frac{\sum_{\text{won}} \text{amount}}{\sum \text{quota}} $$

    A sum over a sum: the attainment of a team is not the mean of its managers'. With `period`, of whole days, only
    deals closed in it count, and of each quota the share of its days that the period has: `prorated` says how it is
    rounded, so that three months add up to their quarter. A quota that ends where it starts has no days and adds
    nothing. Without `period`, all deals and all quotas that are given. A fraction; NaN without a quota. Sales of
    managers who have no quota count in the whole.

    A bare time key reads `closed_at` of deals and `start` of quotas. A quota that lies in several of its units, a
    quarter's where months are asked for, is refused: ``quota_attainment(deals, prorated(quotas, month), by=month)``.

    >>> deals = {"status": ["won", "won"], "amount": [600, 300], "manager": ["Anna", "Boris"]}
    >>> quotas = {"manager": ["Anna", "Boris"], "amount": [1000, 500]}
    >>> quota_attainment(deals, quotas), quota_attainment(deals, quotas, by="manager")
    (0.6, Breakdown({'Anna': 0.6, 'Boris': 0.6}))
    """
    d, q = totals(deals, Deal, by, at="closed_at"), totals(_placed(quotas, by), Quota, by, at="start")
    return ratio(d.sum(amount, where=_won(period)), q.sum(_quota(period)))


@metric(Deal, Quota, unit="share", better="higher", question="What share of our managers reaches the quota?")
def managers_at_quota(deals: Rows[Deal], quotas: Rows[Quota], *, period: Period | None = None, by: By = None) -> Number:
    r"""Share of the managers with a quota who sold at least as much.

    $$ \text{managers at quota} = \frac{\text{managers with won revenue} \ge \text{quota} > 0}
       {\text{managers with quota} > 0} $$

    `period` and bare time keys as in `quota_attainment`. Quotas and deals of no named manager are left out. A fraction;
    NaN where nobody has a quota.

    >>> deals = {"status": ["won", "won"], "amount": [1200, 300], "manager": ["Anna", "Boris"]}
    >>> managers_at_quota(deals, {"manager": ["Anna", "Boris"], "amount": [1000, 500]})
    0.5
    """
    d, q = totals(deals, Deal, by, at="closed_at"), totals(_placed(quotas, by), Quota, by, at="start")
    sold, quota = d.sums(amount, per="manager", where=_won(period)), _named(q.sums(_quota(period), per="manager"))
    expected = quota > 0
    met = _flags((sold - quota).on(tuple(quota)) >= 0) & _flags(expected)
    return ratio(q.over(Breakdown(tuple(quota), met, names=quota.names), d), q.over(expected, d))


def _named(x: Breakdown) -> Breakdown:
    """The groups whose last label is a manager."""
    return x.on(tuple(k for k in x if (k[-1] if isinstance(k, tuple) else k) is not None))


def _flags(x: Breakdown) -> Array:
    flags: Array = np.asarray(x.array, bool)
    return flags


@metric(
    Deal, Quota, unit="times", better="higher", question="Is there enough in the pipeline for the rest of the quota?"
)
def pipeline_coverage(deals: Rows[Deal], quotas: Rows[Quota], *, period: Period, by: By = None) -> Number:
    r"""Open amounts expected to close in a period, over what is left of its quota.

    $$ \text{coverage} = \frac{\sum_{\text{open, expected in the period}} \text{amount}}
       {\text{quota of the period} - \sum_{\text{won in the period}} \text{amount}} $$

    Three is a common rule of thumb. Quotas that reach over the edge of the period count by their days. NaN where the
    quota is met already. The period is given, whole days, so a bare time key is refused: ask period by period.

    >>> from crm_metrics import month
    >>> deals = {
    ...     "status": ["won", "open"],
    ...     "amount": [400, 1200],
    ...     "closed_at": ["2024-03-05", None],
    ...     "expected_close": [None, "2024-03-28"],
    ... }
    >>> quotas = {"manager": ["Anna"], "start": ["2024-03-01"], "end": ["2024-04-01"], "amount": [1000]}
    >>> pipeline_coverage(deals, quotas, period=month("2024-03"))
    2.0
    """
    periods_alone(by)
    d, q = totals(deals, Deal, by), totals(quotas, Quota, by)
    left = q.sum(Prorated(period)) - d.sum(amount, where=Within(period, "closed_at", won))
    due = d.sum(amount, where=Within(period, "expected_close", opened))
    return only(ratio(due, left), left > 0)
