"""Presets: every measure of each list is there, as a metric or named as missing."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import pytest
from dealerships import dealership

from crm_metrics import CRM, Deal, metric, month, presets, sales, samples, scorecard, totals
from crm_metrics._scorecards.catalogue import keywords_of
from crm_metrics._scorecards.measures import Coming, Entry, OfCompany
from crm_metrics._totals.metric import UNITS, about, registered
from crm_metrics.errors import UnknownName
from crm_metrics.journeys import Pipeline
from crm_metrics.presets import Preset
from crm_metrics.roi.evaluation import evaluate

ALL = [presets.amo_six, presets.synergy_eight, presets.mywork_roi, presets.five_effects, presets.sales]
each = pytest.mark.parametrize("preset", ALL, ids=lambda p: p.name)

# What each list asks for, point by point, and the entries that stand for it: a metric, or one that is named as missing.
ASKED: dict[str, dict[str, set[str]]] = {
    "amo_six": {
        "successful deals": {"conversion_rate", "deals_won", "deals_created"},
        "additional sales": {"deals_won", "won_revenue", "average_deal_size", "addon_lift"},
        "length of a deal": {"average_sales_cycle", "median_sales_cycle"},
        "cost of a customer": {"cac", "spend_total"},
        "loyalty (NPS)": {"nps"},
        "churn": {"churn_rate"},
    },
    "synergy_eight": {
        "cost and efficiency of channels": {"deals_created", "spend_total", "deals_won"},
        "conversion": {"conversion_rate", "lead_conversion_rate", "stage_conversion", "median_time_in_stage"},
        "cost of improving conversion": {"cost_per_extra_win"},
        "margin": {"gross_profit", "gross_margin"},
        "managers: deals": {"deals_won"},
        "managers: calls": {"calls_made", "call_minutes", "call_goal_rate"},
        "managers: communication": {
            "calls_made",
            "proposal",
            "presentation",
            "email",
            "social",
            "messenger",
            "average_document_time",
        },
        "managers: conversion": {"win_rate"},
        "managers: tasks": {"tasks_created", "overdue_tasks"},
        "managers: experiments": {"experiment_lift"},
        "success and refusal": {
            "deals_won",
            "main_success",
            "loss_rate",
            "deals_lost",
            "main_refusal",
            "deals_due_for_return",
        },
        "finance": {"net_cash_flow", "net_profit", "payments_received", "paying_customers"},
        "tasks": {"tasks_created", "task_completion_rate", "failed_tasks"},
    },
    "mywork_roi": {
        "return on investment": {"roi", "payback"},
        "business": {"cost_savings", "productivity", "time_saved", "processes_improved"},
        "revenue": {"won_revenue", "average_sales_cycle", "average_deal_size"},
        "revenue: productivity": {"email", "calls_made", "meeting", "quote"},
        "sales": {"gross_margin", "net_margin", "deals_won", "calls_per_sale", "median_sales_cycle", "win_rate"},
        "marketing": {"deals_created", "cost_per_lead", "spend_total"},
        "service": {"cases_per_manager", "same_day_close_rate", "average_resolution_time", "csat", "retention_rate"},
    },
    "five_effects": {
        "more customers per manager": {"customers_per_manager", "payroll_saved"},
        "fewer customers lost to forgetting": {"lost_to_no_contact"},
        "fewer sales lost to missed calls": {"lost_to_missed_calls"},
        "more repeat sales and income per customer": {
            "deals_won",
            "repeat_revenue_share",
            "revenue_per_customer",
            "repeat_breach_losses",
        },
        "lower demands on skill": {"payroll_per_deal"},
    },
    "sales": {
        "pipeline now": {"open_pipeline", "weighted_pipeline", "pipeline_velocity", "overdue_deals", "stalled_deals"},
        "won and lost": {"conversion_rate", "win_rate", "loss_rate", "stage_conversion", "main_refusal"},
        "speed": {"average_sales_cycle", "median_sales_cycle", "sales_cycle_quantile", "median_time_in_stage"},
        "revenue and size": {"won_revenue", "average_deal_size", "median_deal_size", "gross_margin"},
        "add-ons": {"addon_deals", "addon_lift", "attach_rate"},
        "repeat business": {"repeat_rate", "revenue_per_customer", "renewal_rate"},
        "effort": {"calls_per_sale", "activities_per_sale", "quote_acceptance_rate", "average_document_time"},
        "quotas": {"quota_attainment", "managers_at_quota"},
    },
}

A_PERIOD = "it is of one period, which is yours to choose"
A_LIMIT = "from which amount a deal is large depends on what is sold"
NOT_IN_PRESETS = {
    "pipeline_coverage": A_PERIOD,
    "manager_months": A_PERIOD,
    "wins_per_manager_month": A_PERIOD,
    "revenue_per_manager_month": A_PERIOD,
    "activities_per_manager_month": A_PERIOD,
    "forecast_error": "it reads deals twice, as they stood and as they stand",
    "forecast_bias": "it reads deals twice, as they stood and as they stand",
    "large_deals": A_LIMIT,
    "large_deal_share": A_LIMIT,
    "large_deal_revenue_share": A_LIMIT,
}
"""Metrics of sales that no preset shows, and why not."""

SELDOM = {"median_time_to_win", "renewal_rate"}
"""What is undefined in a sound dealership: half of what comes in is never won, and there are no contracts to renew."""


PIPELINE = Pipeline(samples.STAGES[:-1], lost=(samples.STAGES[-1], *samples.SIDE_STAGES), name="sales")


@pytest.fixture(scope="module")
def company() -> CRM:
    sample = dealership(scale=0.2)
    return CRM(
        deals=sample.deals,
        leads=sample.leads,
        changes=sample.changes,
        spend=sample.spend,
        lines=sample.lines,
        calls=sample.calls,
        interactions=sample.interactions,
        quotas=sample.quotas,
        pipelines=PIPELINE,
        costs=sample.costs,
        currency="RUB",
        go_live=sample.go_live,
        ramp_weeks=sample.ramp_weeks,
        as_of=sample.as_of,
    )


def name_of(entry: Any) -> str:
    """What stands for an entry: its name, or the one kind of activity that it counts."""
    if not isinstance(entry, Entry):
        return str(entry.name)
    return str(keywords_of(entry.metric).get("kind", about(entry.metric).name))


@each
def test_every_measure_of_the_list_is_there_in_its_order(preset: Preset) -> None:
    asked = ASKED[preset.name]
    assert list(preset.measures) == list(asked)
    for measure, names in asked.items():
        assert names <= {name_of(entry) for entry in preset[measure]}, measure


@each
def test_a_measure_is_a_metric_or_says_what_it_needs(preset: Preset) -> None:
    for entry in preset:
        assert isinstance(entry, (Entry, Coming, OfCompany)) and entry.title
        if isinstance(entry, Coming):
            assert entry.needs and entry.unit in UNITS and entry.better in (None, "higher", "lower")


def test_one_name_needs_one_thing_in_all_lists() -> None:
    later = {entry.name: entry for preset in ALL for entry in preset if isinstance(entry, Coming)}
    assert all(later[e.name] == e for preset in ALL for e in preset if isinstance(e, Coming))


@each
def test_a_preset_is_one_call(preset: Preset, company: CRM) -> None:
    card = scorecard(preset, company)
    assert [row.label for row in card] == [entry.title for entry in preset] and len(card) == len(preset)
    rows = {row.label: row for row in card}
    for entry in preset:
        row = rows[entry.title]
        if entry.title in preset.missing:
            assert math.isnan(row.value or 0.0) and row.note == f"not yet here, it needs {preset.missing[entry.title]}"
        else:
            assert row.metric in SELDOM or (row.value is not None and math.isfinite(row.value)), row
    data = json.loads(card.to_json())
    assert [row["label"] for row in data["rows"]] == [entry.title for entry in preset]


@each
def test_a_preset_works_by_group_in_a_period_and_on_nothing(preset: Preset, company: CRM) -> None:
    for kw in ({"by": "manager"}, {"by": "channel", "where": month("2024-05")}, {"by": company.windows()}):
        card = scorecard(preset, company, **kw)
        assert len(card) == len(preset) * len({row.group for row in card})
    nothing = scorecard(preset, CRM())
    assert all(math.isnan(row.value or 0.0) and row.note for row in nothing)


def test_every_metric_of_sales_is_in_a_preset_or_has_a_reason_why_not() -> None:
    shown = {about(entry.metric).name for preset in ALL for entry in preset if isinstance(entry, Entry)}
    of_sales = {about(m).name: m for m in registered() if m.__module__.startswith("crm_metrics.sales.")}
    assert shown & {*NOT_IN_PRESETS} == set() and {*NOT_IN_PRESETS} <= {*of_sales}
    assert {*of_sales} - shown == {*NOT_IN_PRESETS}, "put the new metric in presets.sales, or say why not"
    for name, why in NOT_IN_PRESETS.items():
        needs = {A_PERIOD: "period", A_LIMIT: "over"}.get(why, "period")
        assert about(of_sales[name]).required == (needs,)


def test_labels_of_the_sales_preset_are_short_and_each_is_its_own(company: CRM) -> None:
    labels = [entry.title for entry in presets.sales]
    assert len({*labels}) == len(labels) and all(len(label) <= 44 for label in labels)
    assert "Pipeline velocity, money a day" in labels
    (row,) = scorecard(["pipeline_velocity"], company)
    assert row.label == "Pipeline velocity, a day"


def test_conversion_by_stage_is_that_of_the_funnel(company: CRM) -> None:
    row = scorecard(presets.synergy_eight, company)["stage_conversion"]
    found = sales.funnel(company.changes, PIPELINE)
    steps = {stage: x for stage, x in found.step_conversion.items() if x == x}
    assert row.value == min(steps.values()) == steps["offer and invoice"] and found.leak == "test drive"
    assert row.note == "of those at the stage before: " + ", ".join(f"{s} {x:.1%}" for s, x in steps.items()).replace(
        "%", " %"
    )
    assert "stage_conversion" not in presets.synergy_eight.missing


@pytest.mark.parametrize(
    ("crm", "says"),
    [
        (CRM(deals={"status": ["won"]}, pipelines=PIPELINE), "there are no changes: CRM(changes=..., pipelines="),
        (CRM(changes={"deal": [1], "stage": ["new lead"], "at": ["2024-01-01"]}), "no pipeline gives the order of the"),
        (CRM(changes={"deal": [], "stage": [], "at": []}, pipelines=PIPELINE), "no deal could go from one stage to"),
        (CRM(changes={"deal": [1], "stage": ["a"], "at": ["2024-01-01"], "pipeline": ["sales"]}, pipelines=PIPELINE),
         "the pipeline 'sales' does not know the stage 'a'"),
        (CRM(changes={"deal": [1], "stage": ["a"], "at": ["2024-01-01"]}, pipelines=Pipeline(["a"])),
         "no deal could go from one stage to another"),
    ],
)  # fmt: skip
def test_conversion_by_stage_says_what_it_lacks(crm: CRM, says: str) -> None:
    row = scorecard(presets.synergy_eight, crm)["stage_conversion"]
    assert math.isnan(row.value or 0.0) and row.note.startswith(says)


def test_the_main_reasons_are_those_that_most_deals_give() -> None:
    lost = ["too dear", "no car", "no car", None, None, None]
    deals = {"status": ["lost"] * 6 + ["won"], "reason": [*lost, None], "amount": [1] * 7}
    card = scorecard(presets.synergy_eight, CRM(deals=deals))
    assert card["main_refusal"].value == 2 / 6
    assert card["main_refusal"].note == "no car 33.3 %, too dear 16.7 %, no reason 50.0 %"
    assert math.isnan(card["main_success"].value or 0.0) and card["main_success"].note == "no won deal has a reason"
    without = scorecard(presets.synergy_eight, CRM(deals={"status": ["lost"]}))
    assert without["main_refusal"].note == "the deals have no reason"
    assert scorecard(presets.synergy_eight, CRM())["main_refusal"].note == "there are no deals"


def test_the_numbers_are_those_of_the_metrics(company: CRM) -> None:
    card = scorecard(presets.amo_six, company)
    by_label = {row.label: row.value for row in card}
    upsold = scorecard(["deals_won"], company, where={"kind": ["upsell", "cross_sell"]})
    assert by_label["Additional sales won"] == upsold["deals_won"].value
    assert by_label["Conversion, won of those that came in"] == scorecard("conversion_rate", company).rows[0].value


def test_the_roi_is_that_of_the_evaluation_and_says_where_its_limits_are(company: CRM) -> None:
    card = scorecard(presets.mywork_roi, company)
    found = evaluate(company)
    assert card["roi"].value == found.roi.value and card["payback"].value == found.payback.value
    assert found.verdict in card["roi"].note and "evaluate(crm) has limits and assumptions" in card["roi"].note
    without = CRM(deals=company.deals, as_of=dt.date(2025, 6, 30))
    note = scorecard(presets.mywork_roi, without)["roi"].note
    assert note.startswith("the day the CRM went live")


def test_a_metric_that_lands_is_shown() -> None:
    assert "Churn" in presets.amo_six.missing

    @metric(Deal, unit="share", better="lower")
    def churn_rate(deals: Any, *, by: Any = None) -> Any:
        """Share of customers that went."""
        return totals(deals, Deal, by).count() / 10

    row = scorecard(presets.amo_six, deals={"id": [1, 2]})["churn_rate"]
    assert (row.value, row.label, row.note) == (0.2, "Churn", "") and "Churn" not in presets.amo_six.missing


def test_a_preset_says_what_it_is() -> None:
    assert repr(presets.amo_six) == (
        "<presets.amo_six: six measures of what a CRM brings, before and after, 13 entries, 2 not here yet>"
    )
    with pytest.raises(UnknownName, match="amo_six has no measure 'upsell'; it has successful deals, additional sales"):
        _ = presets.amo_six["upsell"]


def test_all_lists_are_exported() -> None:
    lists = {name: x for name, x in vars(presets).items() if isinstance(x, Preset)}
    assert set(lists) < set(presets.__all__) and all(x.name == name for name, x in lists.items())
    assert set(lists) == {p.name for p in ALL}
