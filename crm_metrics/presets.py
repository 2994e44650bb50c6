"""Lists of measures that others put together, each for `scorecard` in one call: ``scorecard(presets.amo_six, crm)``.

A preset is an article's list in its order. A measure is one metric or several; one whose metric the library does not
have yet is there too, and its row says what it needs. As soon as a metric of that name is registered, by the library
or by you, the preset shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from attrs import frozen

from crm_metrics import sales
from crm_metrics.crm import CRM
from crm_metrics.entries import (
    AVERAGE_CYCLE,
    AVERAGE_DEAL,
    CAC,
    CONVERSION,
    CREATED,
    MARGIN,
    MEDIAN_CYCLE,
    PROFIT,
    REVENUE,
    SPEND,
    WIN_RATE,
    WON,
    Entry,
    Later,
    OfCompany,
)
from crm_metrics.errors import UnknownName, listed
from crm_metrics.evaluation import evaluate

ADDITIONAL = {"kind": ("upsell", "cross_sell")}
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
        return {e.label: e.needs for e in self if isinstance(e, Later) and e.now() is None}

    def __repr__(self) -> str:
        return f"<presets.{self.name}: {self.title}, {len(self)} entries, {len(self.missing)} not here yet>"


# ---------------------------------------------------------------- what several lists have

LOSS_RATE = Entry(sales.loss_rate, "Loss rate, lost of those that closed")

CALLS_MADE = Entry(sales.calls_made, "Calls made")


TASKS = Later("tasks_created", "Tasks by type", "tasks", "count")
OVERDUE = Later("overdue_tasks", "Tasks overdue", "tasks", "count", "lower")
CSAT = Later("csat", "Customer satisfaction", "answers to a survey", "points", "higher")
RETENTION = Later("retention_rate", "Customers kept", "customers with the days they came and went", "share", "higher")


def done(kind: str, label: str) -> Entry:
    """How often managers did one kind of thing."""
    return Entry(partial(sales.activities, kind=kind), label)


def _return(crm: CRM) -> tuple[float, str]:
    found = evaluate(crm)
    return found.roi.value, f"{found.verdict} evaluate(crm) has limits and assumptions"


def _payback(crm: CRM) -> tuple[float, str]:
    return evaluate(crm).payback.value, ""


ROI = OfCompany("roi", "ROI of the CRM, (gain - cost) / cost", "share", _return, "higher")
PAYBACK = OfCompany("payback", "Paid back after", "months", _payback, "lower")


# ---------------------------------------------------------------- the lists

amo_six = Preset(
    "amo_six",
    "six measures of what a CRM brings, before and after",
    {
        "successful deals": (CREATED, WON, CONVERSION),
        "additional sales": (
            Entry(sales.deals_won, "Additional sales won", ADDITIONAL),
            Entry(sales.won_revenue, "Revenue of additional sales", ADDITIONAL),
            Entry(sales.addon_lift, "Lift of the basket by add-ons"),
            AVERAGE_DEAL,
        ),
        "length of a deal": (AVERAGE_CYCLE, MEDIAN_CYCLE),
        "cost of a customer": (SPEND, CAC),
        "loyalty (NPS)": (Later("nps", "Net promoter score (NPS)", "answers to a survey", "points", "higher"),),
        "churn": (Later("churn_rate", "Churn", "customers with the days they came and went", "share", "lower"),),
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
            Entry(sales.lead_conversion_rate, "Leads that became deals"),
            Later("stage_conversion", "Conversion by stage", "an order of stages: sales.funnel", "share", "higher"),
            Entry(sales.median_time_in_stage, "Typical time in a stage"),
        ),
        "cost of improving conversion": (
            Later("cost_per_extra_win", "Cost of a deal won by nudges", "touches and their cost", "money", "lower"),
        ),
        "margin": (PROFIT, MARGIN),
        "managers: deals": (WON, REVENUE),
        "managers: calls": (
            CALLS_MADE,
            Later("call_minutes", "Minutes of calls", "calls with their length", "number", "higher"),
            Later("call_goal_rate", "Days that reach the goal of calls", "calls with their length", "share", "higher"),
        ),
        "managers: communication": (
            CALLS_MADE,
            done("proposal", "Commercial offers"),
            done("presentation", "Presentations"),
            done("email", "E-mails"),
            done("social", "Messages in social networks"),
            done("messenger", "Messages in messengers"),
            Entry(sales.average_document_time, "Time to prepare a document"),
        ),
        "managers: conversion": (WIN_RATE,),
        "managers: tasks": (TASKS, OVERDUE),
        "managers: experiments": (
            Later("experiment_lift", "Effect of an experiment", "the arm of each deal", "share", "higher"),
        ),
        "success and refusal": (
            WON,
            LOSS_RATE,
            Entry(sales.deals_lost, "Deals lost"),
            Entry(sales.deals_due_for_return, "Lost 6 to 12 months ago: worth another try"),
        ),
        "finance": (
            Later("cash_flow", "Cash flow: in, out, balance", "payments", "money", "higher"),
            Later("profit_and_loss", "Profit and loss by article", "payments with their article", "money", "higher"),
            Later("payments_received", "Payments received", "payments", "money", "higher"),
            Later("paying_customers", "Segments of the clients who pay", "payments and customers", "count", "higher"),
        ),
        "tasks": (
            TASKS,
            Later("task_completion_rate", "Tasks done", "tasks with their status", "share", "higher"),
            Later("failed_tasks", "Tasks not done at all", "tasks with their status", "count", "lower"),
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
            Later("cost_savings", "Costs saved", "costs of processes before and after", "money", "higher"),
            Later("productivity", "Productivity of a team", "hours worked", "number", "higher"),
            Later("time_saved", "Time saved", "hours worked", "hours", "higher"),
            Later("processes_improved", "Processes improved", "a list of processes", "count", "higher"),
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
            Later("net_margin", "Net margin", "all expenses, not of deals alone", "share", "higher"),
            WON,
            Entry(sales.calls_per_sale, "Calls for a sale"),
            MEDIAN_CYCLE,
            WIN_RATE,
        ),
        "marketing": (
            CREATED,
            Later("cost_per_lead", "Cost of a lead", "a metric of its own", "money", "lower"),
            SPEND,
        ),
        "service": (
            Later("cases_per_manager", "Cases of an agent", "service cases", "count"),
            Later("same_day_close_rate", "Cases closed the same day", "service cases", "share", "higher"),
            Later("average_resolution_time", "Average time to a solution", "service cases", "hours", "lower"),
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
            Later("customers_per_manager", "Customers of a manager", "customers", "number", "higher"),
            Later("payroll_saved", "Payroll saved", "managers with their pay", "money", "higher"),
        ),
        "fewer customers lost to forgetting": (
            Later("lost_to_no_contact", "Profit lost where nobody got in touch in time", "tasks", "money", "lower"),
        ),
        "fewer sales lost to missed calls": (
            Later("lost_to_missed_calls", "Sales lost to missed calls", "calls, answered and missed", "money", "lower"),
        ),
        "more repeat sales and income per customer": (
            Entry(sales.deals_won, "Repeat sales won", REPEATED),
            Entry(sales.won_revenue, "Revenue of repeat sales", REPEATED),
            Entry(sales.revenue_per_customer, "Income per customer"),
            Entry(sales.repeat_rate, "Customers who bought again"),
            Later("repeat_breach_losses", "Lost to those who broke terms before", "invoices", "money", "lower"),
        ),
        "lower demands on skill": (
            Later("payroll_per_deal", "Pay for a deal won", "managers with their pay", "money", "lower"),
        ),
    },
)  # fmt: skip
"""Five components of the economic effect of a CRM; weigh each exactly enough not to overstate it."""

__all__ = ["Preset", "amo_six", "five_effects", "mywork_roi", "synergy_eight"]
