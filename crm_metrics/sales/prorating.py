"""Quotas cut at the edges of months, by their days."""

from __future__ import annotations

import numpy as np

from crm_metrics._tables.opening import held
from crm_metrics._tables.table import Table
from crm_metrics._totals.metric import Rows
from crm_metrics._values.clocks import DAY
from crm_metrics._values.columns import Instants, Quantity
from crm_metrics.columns.spans import Span, cut_by, part_between
from crm_metrics.errors import WrongCall, shown
from crm_metrics.periods import TimeKey
from crm_metrics.records import Quota


def prorated(quotas: Rows[Quota], unit: TimeKey) -> Table[Quota]:
    r"""Quotas cut at the edges of months (days, weeks, quarters, years), so that ``by=month`` can place them.

    $$ \text{part} = \operatorname{round}\left(\text{amount} \times \frac{\text{days until its end}}{\text{days}}\right)
       - \operatorname{round}\left(\text{amount} \times \frac{\text{days until its start}}{\text{days}}\right) $$

    Each part has its share of the amount by days, in the minor unit of its currency; parts add up to their quota, and
    the part of a month is what ``period=`` that month counts. They are whole days; other columns are those of the
    quota. A quota without a start or an end, or without days, stays as it is. To cut what is cut already changes
    nothing.

    >>> from crm_metrics import month
    >>> plan = {"manager": ["Anna"], "start": ["2024-01-01"], "end": ["2024-04-01"], "amount": [9100]}
    >>> won = {"status": ["won", "won"], "amount": [1550, 2900], "closed_at": ["2024-01-05", "2024-02-05"]}
    >>> from crm_metrics.sales.quotas import quota_attainment
    >>> quota_attainment(won, prorated(plan, month), by=month)
    Breakdown({'2024-01': 0.5, '2024-02': 1.0, '2024-03': 0.0})
    """
    if not isinstance(unit, TimeKey) or unit.field is not None or cut_by(unit.unit) != unit.unit:
        raise WrongCall(f"{shown(unit)}: give day, week, month, quarter or year, prorated(quotas, month)")
    t = held(quotas, Quota)
    span = Span(t)
    edges = span.edges(unit.unit)
    cut, cuts = span.cuts(edges)
    rows = np.repeat(np.arange(len(t)), cuts + 1)
    part = np.arange(len(rows)) - np.repeat(np.cumsum(cuts + 1) - cuts - 1, cuts + 1)
    at, padded = cut[rows] + part, np.concatenate([[0], edges, [0]])
    first = np.where(part == 0, span.first[rows], padded[at])
    last = np.where(part == cuts[rows], span.last[rows], padded[np.minimum(at + 1, len(edges) + 1)])
    taken = t.take(rows)
    found = Span(taken)
    ends = {
        name: Instants(day * DAY, own.mask, True, own.zone)
        for name, day, own in (("start", first, found.start), ("end", last, found.end))
    }
    quota: Quantity = taken.amount
    shares = part_between(quota, found.until(first), found.until(last), found.length)
    return taken.replaced({**ends, "amount": quota.like(np.where(found.length > 0, shares, quota.data), quota.mask)})
