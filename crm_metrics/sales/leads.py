"""What becomes of leads."""

from __future__ import annotations

from crm_metrics._tables.table import Table
from crm_metrics._tables.where import column
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import looked_up, totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.columns import Flags, Labels
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import created, genuine, won
from crm_metrics.columns.parametric import one_of, yes_or_no
from crm_metrics.records import Deal, Lead

OUTCOMES = {"deal": created, "won": won, "status": None}


@column
def says_converted(x: Table[Lead]) -> Flags:
    """Leads whose status is converted, whether a deal names them or not."""
    status: Labels = x.status
    return status == "converted"


@metric(Lead, Deal, unit="share", better="higher", question="Of the leads that came in, how many became deals?")
def lead_conversion_rate(
    leads: Rows[Lead], deals: Rows[Deal], *, outcome: str = "deal", with_junk: bool = False, by: By = None
) -> Number:
    r"""Share of leads that a deal was made of.

    $$ \text{lead conversion} = \frac{\text{leads that have a deal}}{\text{leads}} $$

    A lead has a deal where a deal names its id as `lead`; one with several deals counts once, so the rate never
    exceeds 1. ``outcome="won"`` counts only leads of which a deal was won. Junk leads are left out, above and below;
    ``with_junk=True`` counts them as leads. `by=` groups the leads, and a bare time key reads their `created_at`: deals
    of any time and any group count. A fraction; NaN without leads.

    Other systems believe the status of a lead: ``outcome="status"`` counts those that are converted by their own
    status, and does not look at the deals. The two differ where a lead says converted and no deal names it, or a deal
    names a lead that is not marked.

    >>> leads = {"id": [1, 2, 3, 4, 5], "status": ["converted", "new", "converted", "junk", "converted"]}
    >>> deals = {"lead": [1, 1, 2], "status": ["won", "open", "lost"]}
    >>> lead_conversion_rate(leads, deals), lead_conversion_rate(leads, deals, outcome="won")
    (0.5, 0.25)
    >>> lead_conversion_rate(leads, deals, outcome="status")
    0.75
    """
    condition = OUTCOMES[one_of(outcome, OUTCOMES, "outcome")]
    t, d = totals(leads, Lead, by, at="created_at"), looked_up(deals, Deal)
    counted = None if yes_or_no(with_junk, "with_junk") else genuine
    if outcome == "status":
        return ratio(t.count(says_converted), t.count(counted))
    return ratio(t.rows_among("id", d, "lead", where=counted, their=condition), t.count(counted))
