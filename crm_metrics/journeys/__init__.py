"""What needs sequence: folds over stage changes and deals, whose rows are rows again, for ordinary metrics to run on.

Each is its own merge: ``fold(fold(a) + fold(b))`` is ``fold(a + b)``, and the order of rows never matters. For
`first_entries`, `stays`, `furthest`, `first_touches` and `by_customer` that holds whatever was cut where. For
`cumulative` and `latest` it holds where no deal was cut, since the exit may be in the other part: there merge the
stays first, ``stays(stays(a) + stays(b))``. What needs all changes refuses rows of a fold that does not keep them.
"""

from __future__ import annotations

from crm_metrics.journeys.customers import CustomerDeals, by_customer, won_back
from crm_metrics.journeys.entries import first_entries, furthest
from crm_metrics.journeys.moved import Moved
from crm_metrics.journeys.paths import NOWHERE, Paths, Walk
from crm_metrics.journeys.pipelines import OUTSIDE, Pipeline, several
from crm_metrics.journeys.spans import cumulative, latest, time_in_stage
from crm_metrics.journeys.stays import stays
from crm_metrics.journeys.touches import first_touches
from crm_metrics.journeys.visits import Entries, FirstEntry, LatestStay, Stay, TimeInStage

__all__ = [
    "NOWHERE",
    "OUTSIDE",
    "CustomerDeals",
    "Entries",
    "FirstEntry",
    "LatestStay",
    "Moved",
    "Paths",
    "Pipeline",
    "Stay",
    "TimeInStage",
    "Walk",
    "by_customer",
    "cumulative",
    "first_entries",
    "first_touches",
    "furthest",
    "latest",
    "several",
    "stays",
    "time_in_stage",
    "won_back",
]
