"""Lists of measures, each for `scorecard` in one call: ``scorecard(presets.amo_six, crm)``.

Four presets are the lists of articles, in their order; `sales` is our own, the whole family of metrics. A measure is
one metric or several; one whose metric the library does not have yet is there too, and its row says what it needs. As
soon as a metric of that name is registered, by the library or by you, the preset shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from attrs import frozen

from crm_metrics import sales as family  # the name `sales` is of a preset here
from crm_metrics._scorecards.company_numbers import MAIN_REFUSAL, MAIN_SUCCESS, PAYBACK, ROI, WEAKEST_STEP
from crm_metrics._scorecards.measures import (
    ADDON_REVENUE,
    ADDONS_WON,
    AVERAGE_CYCLE,
    AVERAGE_DEAL,
    CAC,
    CONVERSION,
    CREATED,
    MARGIN,
    MEDIAN_CYCLE,
    MEDIAN_DEAL,
    PIPELINE,
    PROFIT,
    REVENUE,
    SPEND,
    WEIGHTED,
    WIN_RATE,
    WON,
    Coming,
    Entry,
)
from crm_metrics.errors import UnknownName, listed

REPEATED = {"kind": ("repeat", "upsell", "cross_sell", "renewal")}


@frozen(repr=False, eq=False)
class Preset:
    """A named, ordered list of entries of a scorecard; ``measures`` are the points of the list that they stand for."""

    name: str
    title: str
    measures: Mapping[str, tuple[Any, ...]]

    def __iter__(self) -> Iterator[Any]:
        return iter(dict.fromkeys(entry for entries in self.measures.values() for entry in entries))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, measure: str) -> tuple[Any, ...]:
        """The entries of a measure."""
        if measure not in self.measures:
            raise UnknownName(f"{self.name} has no measure {measure!r}; it has {listed(self.measures, 24)}")
        return self.measures[measure]

    @property
    def missing(self) -> dict[str, str]:
        """What is not here yet, by label, and what it needs."""
        return {e.label: e.needs for e in self if isinstance(e, Coming) and e.now() is None}

    def __repr__(self) -> str:
        return f"<presets.{self.name}: {self.title}, {len(self)} entries, {len(self.missing)} not here yet>"


# ---------------------------------------------------------------- what several lists have

LOSS_RATE = Entry(family.loss_rate, "Loss rate, lost of those that closed")
LOST = Entry(family.deals_lost, "Deals lost")
DUE_FOR_RETURN = Entry(family.deals_due_for_return, "Lost 6 to 12 months ago: worth another try")
LEADS = Entry(family.lead_conversion_rate, "Leads that became deals")
TIME_IN_STAGE = Entry(family.median_time_in_stage, "Typical time in a stage")
LIFT = Entry(family.addon_lift, "Lift of the basket by add-ons")
REPEAT = Entry(family.repeat_rate, "Customers who bought again")
REPEAT_REVENUE = Entry(family.repeat_revenue_share, "Share of revenue from repeat sales")
INCOME = Entry(family.revenue_per_customer, "Income per customer")
CALLS_MADE = Entry(family.calls_made, "Calls made")
CALLS_PER_SALE = Entry(family.calls_per_sale, "Calls for a sale")
DOCUMENT_TIME = Entry(family.average_document_time, "Time to prepare a document")

TASKS = Coming("tasks_created", "Tasks by type", "tasks", "count")
OVERDUE = Coming("overdue_tasks", "Tasks overdue", "tasks", "count", "lower")
CSAT = Coming("csat", "Customer satisfaction", "answers to a survey", "points", "higher")
RETENTION = Coming("retention_rate", "Customers kept", "customers with the days they came and went", "share", "higher")


def done(kind: str, label: str) -> Entry:
    """How often managers did one kind of thing."""
    return Entry(partial(family.activities, kind=kind), label)


# ---------------------------------------------------------------- the lists

amo_six = Preset(
    "amo_six",
    "six measures of what a CRM brings, before and after",
    {
        "successful deals": (CREATED, WON, CONVERSION),
        "additional sales": (
            ADDONS_WON,
            ADDON_REVENUE,
            LIFT,
            AVERAGE_DEAL,
        ),
        "length of a deal": (AVERAGE_CYCLE, MEDIAN_CYCLE),
        "cost of a customer": (SPEND, CAC),
        "loyalty (NPS)": (Coming("nps", "Net promoter score (NPS)", "answers to a survey", "points", "higher"),),
        "churn": (Coming("churn_rate", "Churn", "customers with the days they came and went", "share", "lower"),),
    },
)
"""Six measures of benefit, to collect before the CRM goes live and after."""

synergy_eight = Preset(
    "synergy_eight",
    "eight indicators to keep under control",
    {
        "cost and efficiency of channels": (CREATED, SPEND, WON, CAC),
        "conversion": (
            CONVERSION,
            LEADS,
            WEAKEST_STEP,
            TIME_IN_STAGE,
        ),
        "cost of improving conversion": (
            Coming("cost_per_extra_win", "Cost of a deal won by nudges", "touches and their cost", "money", "lower"),
        ),
        "margin": (PROFIT, MARGIN),
        "managers: deals": (WON, REVENUE),
        "managers: calls": (
            CALLS_MADE,
            Coming("call_minutes", "Minutes of calls", "calls with their length", "number", "higher"),
            Coming("call_goal_rate", "Days that reach the goal of calls", "calls with their length", "share", "higher"),
        ),
        "managers: communication": (
            CALLS_MADE,
            done("proposal", "Commercial offers"),
            done("presentation", "Presentations"),
            done("email", "E-mails"),
            done("social", "Messages in social networks"),
            done("messenger", "Messages in messengers"),
            DOCUMENT_TIME,
        ),
        "managers: conversion": (WIN_RATE,),
        "managers: tasks": (TASKS, OVERDUE),
        "managers: experiments": (
            Coming("experiment_lift", "Effect of an experiment", "the arm of each deal", "share", "higher"),
        ),
        "success and refusal": (
            WON,
            MAIN_SUCCESS,
            LOSS_RATE,
            LOST,
            MAIN_REFUSAL,
            DUE_FOR_RETURN,
        ),
        "finance": (
            Coming("net_cash_flow", "Net cash flow: in less out", "payments", "money", "higher"),
            Coming("net_profit", "Net profit, after all costs", "payments with their article", "money", "higher"),
            Coming("payments_received", "Payments received", "payments", "money", "higher"),
            Coming("paying_customers", "Segments of the clients who pay", "payments and customers", "count", "higher"),
        ),
        "tasks": (
            TASKS,
            Coming("task_completion_rate", "Tasks done", "tasks with their status", "share", "higher"),
            Coming("failed_tasks", "Tasks not done at all", "tasks with their status", "count", "lower"),
        ),
    },
)  # fmt: skip
"""Eight indicators of a sales department; channels by="channel", managers by="manager", refusals by="reason"."""

mywork_roi = Preset(
    "mywork_roi",
    "the return on investment, and the measures beside it",
    {
        "return on investment": (ROI, PAYBACK),
        "business": (
            Coming("cost_savings", "Costs saved", "costs of processes before and after", "money", "higher"),
            Coming("productivity", "Productivity of a team", "hours worked", "number", "higher"),
            Coming("time_saved", "Time saved", "hours worked", "hours", "higher"),
            Coming("processes_improved", "Processes improved", "a list of processes", "count", "higher"),
        ),
        "revenue": (REVENUE, AVERAGE_CYCLE, AVERAGE_DEAL),
        "revenue: productivity": (
            CALLS_MADE,
            done("meeting", "Meetings held"),
            done("quote", "Quotes sent"),
            done("email", "E-mails sent"),
        ),
        "sales": (
            MARGIN,
            Coming("net_margin", "Net margin", "all expenses, not of deals alone", "share", "higher"),
            WON,
            CALLS_PER_SALE,
            MEDIAN_CYCLE,
            WIN_RATE,
        ),
        "marketing": (
            CREATED,
            Coming("cost_per_lead", "Cost of a lead", "a metric of its own", "money", "lower"),
            SPEND,
        ),
        "service": (
            Coming("cases_per_manager", "Cases of an agent", "service cases", "count"),
            Coming("same_day_close_rate", "Cases closed the same day", "service cases", "share", "higher"),
            Coming("average_resolution_time", "Average time to a solution", "service cases", "hours", "lower"),
            CSAT,
            RETENTION,
        ),
    },
)
"""ROI, and what to look at beside it; per employee by="manager", leads by="channel", revenue by="campaign"."""

five_effects = Preset(
    "five_effects",
    "five components of the economic effect",
    {
        "more customers per manager": (
            Coming("customers_per_manager", "Customers of a manager", "customers", "number", "higher"),
            Coming("payroll_saved", "Payroll saved", "managers with their pay", "money", "higher"),
        ),
        "fewer customers lost to forgetting": (
            Coming("lost_to_no_contact", "Profit lost where nobody got in touch in time", "tasks", "money", "lower"),
        ),
        "fewer sales lost to missed calls": (
            Coming("lost_to_missed_calls", "Sales lost to missed calls", "all calls, also missed", "money", "lower"),
        ),
        "more repeat sales and income per customer": (
            Entry(family.deals_won, "Repeat sales won", REPEATED),
            Entry(family.won_revenue, "Revenue of repeat sales", REPEATED),
            REPEAT_REVENUE,
            INCOME,
            REPEAT,
            Coming("repeat_breach_losses", "Lost to those who broke terms before", "invoices", "money", "lower"),
        ),
        "lower demands on skill": (
            Coming("payroll_per_deal", "Pay for a deal won", "managers with their pay", "money", "lower"),
        ),
    },
)  # fmt: skip
"""Five components of the economic effect of a CRM; weigh each exactly enough not to overstate it."""

sales = Preset(
    "sales",
    "the family of sales, from what is open now to what was to be sold",
    {
        "pipeline now": (
            PIPELINE,
            WEIGHTED,
            Entry(family.pipeline_velocity, "Pipeline velocity, money a day"),
            Entry(family.average_deal_age, "Age of open deals"),
            Entry(family.overdue_deals, "Open and overdue"),
            Entry(family.stalled_deals, "Open and not moved for 30 days"),
        ),
        "won and lost": (
            CREATED,
            LEADS,
            CONVERSION,
            WEAKEST_STEP,
            WON,
            WIN_RATE,
            Entry(partial(family.win_rate_by, days=90), "Won within 90 days, open deals allowed for"),
            MAIN_SUCCESS,
            LOST,
            LOSS_RATE,
            MAIN_REFUSAL,
            DUE_FOR_RETURN,
            Entry(family.won_back_rate, "Won back after a refusal"),
        ),
        "speed": (
            AVERAGE_CYCLE,
            MEDIAN_CYCLE,
            Entry(partial(family.sales_cycle_quantile, q=0.9), "Nine in ten sales take at most"),
            Entry(family.median_time_to_win, "Half of what comes in is won within"),
            Entry(partial(family.mean_days_open, days=90), "Days open, of the first 90"),
            Entry(family.average_time_in_stage, "Average time in a stage"),
            TIME_IN_STAGE,
        ),
        "revenue and size": (
            REVENUE,
            Entry(family.lost_amount, "Amount of lost deals"),
            AVERAGE_DEAL,
            MEDIAN_DEAL,
            PROFIT,
            MARGIN,
            Entry(family.profit_per_created_deal, "Profit for a deal that came in"),
        ),
        "add-ons": (
            Entry(family.addon_deals, "Upsells and cross-sells won"),
            Entry(family.addon_revenue_share, "Share of revenue from add-ons"),
            Entry(family.addon_customer_share, "Customers who bought add-ons"),
            Entry(family.addon_lines, "Add-ons among the lines of deals"),
            Entry(family.addon_line_share, "Share of the sum of lines from add-ons"),
            LIFT,
            Entry(family.attach_rate, "Deals with an add-on"),
        ),
        "repeat business": (
            REPEAT,
            REPEAT_REVENUE,
            INCOME,
            Entry(family.renewal_rate, "Renewals won, of those that ended"),
        ),
        "effort": (
            CALLS_MADE,
            Entry(family.calls_per_hour, "Calls in an hour of calling"),
            CALLS_PER_SALE,
            Entry(family.wins_per_call, "Sales for a call"),
            Entry(family.activities, "Activities"),
            Entry(family.activities_per_sale, "Activities for a sale"),
            Entry(family.wins_per_activity, "Sales for an activity"),
            Entry(family.quote_acceptance_rate, "Quotes accepted"),
            DOCUMENT_TIME,
            Entry(family.median_document_time, "Typical time to prepare a document"),
        ),
        "quotas": (
            Entry(family.quota_attainment, "Quota sold"),
            Entry(family.managers_at_quota, "Managers at quota"),
        ),
    },
)  # fmt: skip
"""All of sales that needs no choice of yours: no period, no limit of a large deal, no snapshot. Part of it is a slice:
``scorecard(presets.sales["speed"], crm)``."""

__all__ = ["Preset", "amo_six", "five_effects", "mywork_roi", "sales", "synergy_eight"]
