"""Did the CRM pay off, by how much, and how sure are we: CRM metrics and ROI as small pure functions.

>>> from crm_metrics import Deal, sales
>>> deals = [
...     Deal(id=1, created_at="2024-01-10", status="won", closed_at="2024-02-01", manager="Anna", amount=1500),
...     Deal(id=2, created_at="2024-01-15", status="lost", closed_at="2024-01-20", manager="Anna"),
...     Deal(id=3, created_at="2024-01-20", status="won", closed_at="2024-03-01", manager="Boris", amount=900),
... ]
>>> sales.win_rate(deals, by="manager")
Breakdown({'Anna': 0.5, 'Boris': 1.0})

Each name is imported when it is asked for: a program pays for what it uses.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_metrics import journeys as journeys, marketing as marketing, presets as presets, roi as roi, sales as sales
    from crm_metrics._company.crm import CRM as CRM, Cost as Cost, Lookup as Lookup
    from crm_metrics._company.folder import load as load
    from crm_metrics._company.paper import Paper as Paper
    from crm_metrics._reading.files import read_csv as read_csv, read_excel as read_excel
    from crm_metrics._reading.headings import Guess as Guess, guess as guess
    from crm_metrics._reading.rows import table as table
    from crm_metrics._scorecards.catalogue import call as call, catalog as catalog
    from crm_metrics._scorecards.explain import Explanation as Explanation, explain as explain
    from crm_metrics._scorecards.scorecard import Scorecard as Scorecard, scorecard as scorecard
    from crm_metrics._scorecards.trend import Trend as Trend, trend as trend
    from crm_metrics._tables.convert import convert as convert
    from crm_metrics._tables.lookups import attach as attach, via as via
    from crm_metrics._tables.table import LoadReport as LoadReport, Table as Table
    from crm_metrics._tables.where import column as column, duplicates as duplicates, where as where
    from crm_metrics._totals.metric import (
        About as About,
        metric as metric,
        registered as registered,
        summarize as summarize,
    )
    from crm_metrics._totals.of_rows import totals as totals
    from crm_metrics._totals.totals import Totals as Totals, merge as merge
    from crm_metrics._uncertainty.change import change as change
    from crm_metrics._uncertainty.differences import Change as Change, Changes as Changes
    from crm_metrics._uncertainty.interval import Interval as Interval, Intervals as Intervals, interval as interval
    from crm_metrics._uncertainty.resampling.buckets import bucket as bucket
    from crm_metrics._values.breakdown import Breakdown as Breakdown
    from crm_metrics._values.ratios import ratio as ratio
    from crm_metrics.errors import CrmError as CrmError, DataError as DataError
    from crm_metrics.journeys import Pipeline as Pipeline
    from crm_metrics.periods import (
        Period as Period,
        TimeKey as TimeKey,
        day as day,
        hour as hour,
        month as month,
        quarter as quarter,
        week as week,
        weekday as weekday,
        year as year,
    )
    from crm_metrics.periods.calendars import (
        fiscal_year as fiscal_year,
        last_days as last_days,
        months_445 as months_445,
        previous as previous,
        this as this,
        today as today,
        yesterday as yesterday,
    )
    from crm_metrics.records import (
        Call as Call,
        Deal as Deal,
        DealLine as DealLine,
        Interaction as Interaction,
        Lead as Lead,
        Manager as Manager,
        Quota as Quota,
        Spend as Spend,
        StageChange as StageChange,
    )
    from crm_metrics.records.schemas import Record as Record
    from crm_metrics.roi.evaluation import Evaluation as Evaluation, evaluate as evaluate
    from crm_metrics.roi.fairness import Fair as Fair, fair as fair

_HOMES = {
    "_company.crm": "CRM Cost Lookup",
    "_company.folder": "load",
    "_company.paper": "Paper",
    "_reading.files": "read_csv read_excel",
    "_reading.headings": "Guess guess",
    "_reading.rows": "table",
    "_scorecards.catalogue": "call catalog",
    "_scorecards.explain": "Explanation explain",
    "_scorecards.scorecard": "Scorecard scorecard",
    "_scorecards.trend": "Trend trend",
    "_tables.convert": "convert",
    "_tables.lookups": "attach via",
    "_tables.table": "LoadReport Table",
    "_tables.where": "column duplicates where",
    "_totals.metric": "About metric registered summarize",
    "_totals.of_rows": "totals",
    "_totals.totals": "Totals merge",
    "_uncertainty.change": "change",
    "_uncertainty.differences": "Change Changes",
    "_uncertainty.interval": "Interval Intervals interval",
    "_uncertainty.resampling.buckets": "bucket",
    "_values.breakdown": "Breakdown",
    "_values.ratios": "ratio",
    "errors": "CrmError DataError",
    "journeys": "Pipeline journeys",
    "marketing": "marketing",
    "presets": "presets",
    "periods": "Period TimeKey day hour month quarter week weekday year",
    "periods.calendars": "fiscal_year last_days months_445 previous this today yesterday",
    "records": "Call Deal DealLine Interaction Lead Manager Quota Spend StageChange",
    "records.schemas": "Record",
    "roi": "roi",
    "roi.evaluation": "Evaluation evaluate",
    "roi.fairness": "Fair fair",
    "sales": "sales",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME)  # type checkers see the block above, in which each name is imported as itself


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'crm_metrics' has no attribute {name!r}")
    module = importlib.import_module(f"crm_metrics.{_HOME[name]}")
    found = module if _HOME[name] == name else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
