"""Rows that a company makes itself: of several sources, with what it knows; asked by name everywhere."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from attrs import field, frozen

from crm_metrics import CRM, Deal, Lead, call, metric, month, presets, scorecard, table, totals, where
from crm_metrics._report.report import Report
from crm_metrics.cells import instant, number, text
from crm_metrics.errors import UnknownName
from crm_metrics.journeys import Pipeline
from crm_metrics.journeys.folds import FOLDS, fold
from crm_metrics.records.schemas import Known, Record

LEADS = {"id": [1, 2, 3], "created_at": ["2024-01-01", "2024-01-02", "2024-02-03"], "channel": ["web", "web", "fair"]}
DEALS = {"id": [7, 8], "lead": [1, 3], "status": ["won", "lost"], "created_at": ["2024-01-05", "2024-02-06"]}


@frozen(kw_only=True)
class Wait(Record):
    """The days from a lead to its deal."""

    known = Known("at")

    lead: str | None = field(converter=text)
    at: dt.date | None = field(converter=instant)
    channel: str | None = field(default=None, converter=text)
    days: Decimal | None = field(default=None, converter=number)


@pytest.fixture
def _waits() -> None:
    @fold(Wait, Lead, Deal)
    def waits(leads: Any, deals: Any, pipeline: Any = (), limit: int = 30) -> Any:
        assert [p.name for p in pipeline] == ["sales"] and limit == 30
        came = {deals.lead.item(i): deals.created_at.item(i) for i in range(len(deals))}
        rows = [
            {"lead": lead, "at": at, "channel": leads.channel.item(i), "days": (came[lead] - at).days}
            for i in range(len(leads))
            if (lead := leads.id.item(i)) in came and (at := leads.created_at.item(i)) is not None
        ]
        return table([Wait(**row) for row in rows], Wait)

    @metric(Wait, unit="days", better="lower")
    def average_wait(rows: Any, *, by: Any = None) -> Any:
        return totals(rows, Wait, by, at="at").mean("days")


@pytest.mark.usefixtures("_waits")
def test_a_fold_of_two_tables_is_made_by_the_company_wherever_a_metric_is_named() -> None:
    crm = CRM(leads=LEADS, deals=DEALS, pipelines=Pipeline(["a", "b"], name="sales"))
    assert FOLDS[Wait].sources == (Lead, Deal) and FOLDS[Wait].keywords == ("pipeline", "limit")
    assert len(crm.table(Wait)) == 2
    assert call("test_folds.average_wait", crm) == 3.5
    assert call("test_folds.average_wait", crm, by="channel") == {"web": 4.0, "fair": 3.0}
    assert scorecard(["average_wait"], crm).rows[0].value == 3.5
    card = scorecard(["average_wait"], crm, by="channel", where=month("2024-02"))
    assert [(row.group, row.value) for row in card] == [(("fair",), 3.0)]


@pytest.mark.usefixtures("_waits")
def test_what_a_fold_lacks_is_said() -> None:
    crm = CRM(leads=LEADS)
    assert crm.table(Wait) is None
    assert scorecard(["average_wait"], crm).rows[0].note == "there are no deals"
    with pytest.raises(UnknownName, match="average_wait reads Wait, and the company has no rows of Wait"):
        call("test_folds.average_wait", crm)


# ---------------------------------------------------------------- a company without deals


def test_a_company_of_leads_alone_has_days_a_unit_groups_and_a_report() -> None:
    at = np.array(["2023-11-01", "2023-12-05", "2024-02-01", "2024-03-03"], "M8[D]")
    leads = {"id": [1, 2, 3, 4], "created_at": at, "customer": ["a", "b", None, "a"], "channel": ["web"] * 4}
    crm = CRM(leads=leads, go_live="2024-01-01")
    assert (crm.first_day, crm.last_day, crm.unit) == (dt.date(2023, 11, 1), dt.date(2024, 3, 3), "customer")
    assert crm.key("channel") == "channel" and str(crm.key("month")) == str(month)
    assert "before" in repr(crm.windows())
    report = Report.of(crm, by="channel")
    assert (report.first_day, report.as_of, report.unit) == (dt.date(2023, 11, 1), dt.date(2024, 3, 3), "customer")
    assert scorecard(presets.sales, crm)["lead_conversion_rate"].note == "there are no deals"


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("calls", {"started_at": ["2024-01-03", "2024-02-01"]}),
        ("changes", {"deal": [1, 2], "stage": ["a", "b"], "at": ["2024-01-03", "2024-02-01"]}),
        ("interactions", {"kind": ["email"] * 2, "at": ["2024-01-03", "2024-02-01"]}),
        ("spend", {"amount": [1, 2], "at": ["2024-01-03", "2024-02-01"]}),
    ],
)
def test_the_days_of_a_company_are_those_of_the_rows_that_it_has(name: str, rows: Any) -> None:
    crm = CRM(**{name: rows}, managers={"name": ["Anna"], "hired_at": ["1999-01-01"]})
    assert (crm.first_day, crm.last_day) == (dt.date(2024, 1, 3), dt.date(2024, 2, 1))
    assert crm.unit == "id" and Report.of(crm).as_of == dt.date(2024, 2, 1)
    assert CRM(managers={"name": ["Anna"], "hired_at": ["1999-01-01"]}).first_day is None


def test_deals_go_first_and_their_rows_without_times_have_no_days() -> None:
    crm = CRM(deals={"status": ["won"]}, calls={"started_at": ["2024-01-03"]})
    assert crm.first_day is None and where(crm.deals, status="won").record is Deal
