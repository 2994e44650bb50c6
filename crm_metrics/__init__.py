"""Did the CRM pay off, by how much, and how sure are we: CRM metrics and ROI as small pure functions.

>>> from crm_metrics import Deal, sales
>>> deals = [
...     Deal(id=1, created_at="2024-01-10", status="won", closed_at="2024-02-01", manager="Anna", amount=1500),
...     Deal(id=2, created_at="2024-01-15", status="lost", closed_at="2024-01-20", manager="Anna"),
...     Deal(id=3, created_at="2024-01-20", status="won", closed_at="2024-03-01", manager="Boris", amount=900),
... ]
>>> sales.win_rate(deals, by="manager")
Breakdown({'Anna': 0.5, 'Boris': 1.0})
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from crm_metrics.breakdown import Breakdown, ratio
from crm_metrics.conditions import column, duplicates, where
from crm_metrics.errors import CrmError, DataError
from crm_metrics.kernel import Totals, merge, totals
from crm_metrics.loading import table
from crm_metrics.lookups import attach, via
from crm_metrics.periods import Period, day, hour, month, quarter, week, weekday, year
from crm_metrics.records import Call, Deal, DealLine, Interaction, Lead, Manager, Quota, Spend, StageChange
from crm_metrics.registry import metric, summarize
from crm_metrics.schemas import Record
from crm_metrics.tables import Table

if TYPE_CHECKING:
    from crm_metrics import journeys, marketing, presets, roi, sales
    from crm_metrics.calendars import fiscal_year, last_days, months_445, previous, this, today, yesterday
    from crm_metrics.cards import scorecard
    from crm_metrics.catalogue import call, catalog
    from crm_metrics.changes import change
    from crm_metrics.crm import CRM, Cost, Lookup
    from crm_metrics.evaluation import evaluate
    from crm_metrics.explanations import explain
    from crm_metrics.fairness import fair
    from crm_metrics.files import read_csv, read_excel
    from crm_metrics.folder import load
    from crm_metrics.headings import guess
    from crm_metrics.intervals import interval
    from crm_metrics.journeys import Pipeline
    from crm_metrics.rates import convert
    from crm_metrics.replicates import bucket
    from crm_metrics.trends import trend

__all__ = [
    "CRM",
    "Breakdown",
    "Call",
    "Cost",
    "CrmError",
    "DataError",
    "Deal",
    "DealLine",
    "Interaction",
    "Lead",
    "Lookup",
    "Manager",
    "Period",
    "Pipeline",
    "Quota",
    "Record",
    "Spend",
    "StageChange",
    "Table",
    "Totals",
    "attach",
    "bucket",
    "call",
    "catalog",
    "change",
    "column",
    "convert",
    "day",
    "duplicates",
    "evaluate",
    "explain",
    "fair",
    "fiscal_year",
    "guess",
    "hour",
    "interval",
    "journeys",
    "last_days",
    "load",
    "marketing",
    "merge",
    "metric",
    "month",
    "months_445",
    "presets",
    "previous",
    "quarter",
    "ratio",
    "read_csv",
    "read_excel",
    "roi",
    "sales",
    "scorecard",
    "summarize",
    "table",
    "this",
    "today",
    "totals",
    "trend",
    "via",
    "week",
    "weekday",
    "where",
    "year",
    "yesterday",
]

_LATER = {
    "CRM": "crm",
    "Cost": "crm",
    "Lookup": "crm",
    "Pipeline": "journeys",
    "bucket": "replicates",
    "call": "catalogue",
    "catalog": "catalogue",
    "change": "changes",
    "convert": "rates",
    "evaluate": "evaluation",
    "explain": "explanations",
    "fair": "fairness",
    "fiscal_year": "calendars",
    "guess": "headings",
    "interval": "intervals",
    "journeys": "journeys",
    "last_days": "calendars",
    "load": "folder",
    "marketing": "marketing",
    "months_445": "calendars",
    "presets": "presets",
    "previous": "calendars",
    "read_csv": "files",
    "read_excel": "files",
    "roi": "roi",
    "sales": "sales",
    "scorecard": "cards",
    "this": "calendars",
    "today": "calendars",
    "trend": "trends",
    "yesterday": "calendars",
}
"""Names whose modules are imported when they are asked for: most programs need few of them."""


def __getattr__(name: str) -> Any:
    if name in _LATER:
        module = importlib.import_module(f"crm_metrics.{_LATER[name]}")
        return module if _LATER[name] == name else getattr(module, name)
    raise AttributeError(f"module 'crm_metrics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
