"""What a customer's deals say together: which purchase came first, and who was won back."""

from __future__ import annotations

from typing import Any

import numpy as np

from crm_metrics.breakdown import Number, ratio
from crm_metrics.columns import customer, won
from crm_metrics.conditions import column
from crm_metrics.groups import By
from crm_metrics.journeys import CustomerDeals, won_back
from crm_metrics.kernel import totals
from crm_metrics.parametric import times
from crm_metrics.records import Deal
from crm_metrics.registry import Rows, metric
from crm_metrics.tables import Part, Table, open_rows
from crm_metrics.values import Flags, Labels


@column
def refused(c: Table[CustomerDeals]) -> Flags:
    """Customers with a lost deal."""
    return ~c.first_lost_at.missing  # type: ignore[no-any-return]  # flags


@metric(CustomerDeals, unit="share", better="higher", question="Of the customers who refused, how many do we win back?")
def won_back_rate(customers: Rows[CustomerDeals], *, by: By = None) -> Number:
    r"""Share of the customers with a lost deal who bought later.

    $$ \text{won back} = \frac{\text{customers whose first loss came before their last win}}
       {\text{customers with a lost deal}} $$

    Of rows that ``journeys.by_customer(deals)`` makes. Losses and wins are dated by `closed_at`; a customer who is not
    named cannot come back and is left out. A fraction; NaN where nobody refused. A bare time key reads `first_lost_at`,
    and the rate of recent refusals rises as they come back.

    >>> from crm_metrics.journeys import by_customer
    >>> deals = {
    ...     "customer": ["a", "a", "b"],
    ...     "status": ["lost", "won", "lost"],
    ...     "closed_at": ["2024-01-31", "2024-09-30", "2024-03-31"],
    ... }
    >>> won_back_rate(by_customer(deals))
    0.5
    """
    t = totals(customers, CustomerDeals, by, at="first_lost_at")
    return ratio(t.distinct("customer", where=won_back), t.distinct("customer", where=refused))


def with_kinds(deals: Part[Deal]) -> Table[Any]:
    """The same deals, with the kind of won ones where none is stated: new for a customer's first, repeat for the rest.

    The first is the one that was closed first; of several closed at one instant the one with the first id, so that the
    order of rows does not matter. A stated kind stays, and a deal that is not won, or has no customer or no time of
    closing, gets none. It needs all deals of a customer: do it before the rows are cut in parts.

    >>> from crm_metrics import sales
    >>> deals = {
    ...     "id": [1, 2],
    ...     "status": ["won", "won"],
    ...     "closed_at": ["2024-02-01", "2024-01-01"],
    ...     "customer": ["a", "a"],
    ...     "amount": [100, 300],
    ... }
    >>> sales.repeat_revenue_share(with_kinds(deals))
    0.25
    """
    t = open_rows(deals, Deal)
    kind: Labels = t.optional("kind")
    who, at, flags = customer(t), times(t, "closed_at"), won(t)
    rows = np.flatnonzero(flags.true & ~who.missing.true & ~at.missing.true)
    ids = t.optional("id")
    order = rows[np.lexsort((ids.codes[rows], at.data[rows], who.codes[rows]))]
    codes = who.codes[order]
    first = np.ones(len(order), bool)
    first[1:] = codes[1:] != codes[:-1]
    found = [*kind.labels] if None in kind.labels else [*kind.labels, None]
    labels = sorted({*found, "new", "repeat"} - {None})
    place = np.array([labels.index(k) if k is not None else len(labels) for k in kind.labels] or [0], np.intp)
    out = place[kind.codes] if len(kind.labels) else np.zeros(len(t), np.intp)
    blank = order[out[order] == len(labels)]
    new = np.zeros(len(t), bool)
    new[order[first]] = True
    out[blank] = np.where(new[blank], labels.index("new"), labels.index("repeat"))
    return t.replaced({"kind": Labels(out.astype(np.int32), [*labels, None], kind.choices, "kind")})
