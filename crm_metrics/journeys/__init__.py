"""What needs sequence: folds over stage changes and deals, whose rows are rows again, for ordinary metrics to run on.

`first_entries`, `stays`, `furthest`, `first_touches` and `by_customer` are each their own merge:
``fold(fold(a) + fold(b))`` is ``fold(a + b)``, whatever was cut where, and the order of rows never matters.
"""

from __future__ import annotations

from crm_metrics.journeys.customers import CustomerDeals, by_customer, won_back
from crm_metrics.journeys.entries import first_entries, first_of_deals, furthest
from crm_metrics.journeys.paths import NOWHERE, Paths, Walk
from crm_metrics.journeys.pipelines import OUTSIDE, Pipeline
from crm_metrics.journeys.spans import TimeInStage, cumulative, latest, time_in_stage
from crm_metrics.journeys.stays import Entries, Stay, stays
from crm_metrics.journeys.touches import first_touches

__all__ = [
    "NOWHERE",
    "OUTSIDE",
    "CustomerDeals",
    "Entries",
    "Paths",
    "Pipeline",
    "Stay",
    "TimeInStage",
    "Walk",
    "by_customer",
    "cumulative",
    "first_entries",
    "first_of_deals",
    "first_touches",
    "furthest",
    "latest",
    "stays",
    "time_in_stage",
    "won_back",
]
