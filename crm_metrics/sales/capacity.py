"""What a manager brings in a month, counted over the months that each of them was there."""

from __future__ import annotations

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import amount, won
from crm_metrics.columns.capacity import ManagerMonths
from crm_metrics.columns.parametric import OfKind, Within, one_of
from crm_metrics.periods import Period
from crm_metrics.records import Deal, Interaction, Manager
from crm_metrics.sales.effort import KINDS
from crm_metrics.sales.quotas import periods_alone


@metric(Manager, unit="number", better=None, question="How many months did our managers work, all together?")
def manager_months(managers: Rows[Manager], *, period: Period, by: By = None) -> Number:
    r"""Months that managers were there in a period, all together.

    $$ \text{manager-months} = \sum_{\text{managers}} \sum_{\text{months}}
       \frac{\text{days there}}{\text{days of the month}} $$

    From the day `hired_at` up to, not including, `left_at`; without one from the start, to the end of the period, which
    is of whole days. A manager who is listed twice counts twice. It is one sum over the period; for a number a month
    call it month by month: ``{m: manager_months(team, period=month(m)) for m in ("2024-01", "2024-02")}``.

    >>> from crm_metrics import quarter
    >>> team = {"name": ["Anna", "Boris"], "hired_at": [None, "2024-02-15"], "left_at": ["2024-02-01", None]}
    >>> round(manager_months(team, period=quarter("2024Q1")), 3)
    2.517
    """
    periods_alone(by)
    return totals(managers, Manager, by).sum(ManagerMonths(period))


@metric(Deal, Manager, unit="number", better="higher", question="How many deals does a manager win in a month?")
def wins_per_manager_month(deals: Rows[Deal], managers: Rows[Manager], *, period: Period, by: By = None) -> Number:
    r"""Deals won in a period per month of an active manager.

    $$ \text{wins per manager-month} = \frac{\text{deals won in the period}}{\text{manager-months}} $$

    Hirings and departures count by the day, see `manager_months`. Deals of people who are not among the managers count
    in the whole. It is one number for the period; for one a month call it with each month as the period, since
    ``by=month`` cannot divide the managers. NaN where nobody was there.

    >>> from crm_metrics import month
    >>> deals = {"status": ["won"] * 3, "closed_at": ["2024-04-10"] * 3}
    >>> team = {"name": ["Anna", "Boris"], "left_at": [None, "2024-04-16"]}
    >>> wins_per_manager_month(deals, team, period=month("2024-04"))
    2.0
    """
    periods_alone(by)
    d, m = totals(deals, Deal, by), totals(managers, Manager, by)
    return ratio(d.count(Within(period, "closed_at", won)), m.sum(ManagerMonths(period)))


@metric(Deal, Manager, unit="money", better="higher", question="How much does a manager sell in a month?")
def revenue_per_manager_month(deals: Rows[Deal], managers: Rows[Manager], *, period: Period, by: By = None) -> Number:
    r"""Revenue won in a period per month of an active manager; in major units.

    $$ \text{revenue per manager-month} = \frac{\sum_{\text{won in the period}} \text{amount}}{\text{manager-months}} $$

    It is one number for the period; for one a month call it with each month as the period.

    >>> from crm_metrics import month
    >>> deals = {"status": ["won"], "closed_at": ["2024-04-10"], "amount": [900]}
    >>> revenue_per_manager_month(deals, {"name": ["Anna", "Boris"]}, period=month("2024-04"))
    450.0
    """
    periods_alone(by)
    d, m = totals(deals, Deal, by), totals(managers, Manager, by)
    return ratio(d.sum(amount, where=Within(period, "closed_at", won)), m.sum(ManagerMonths(period)))


@metric(Interaction, Manager, unit="number", better="higher", question="How much does a manager do in a month?")
def activities_per_manager_month(
    interactions: Rows[Interaction],
    managers: Rows[Manager],
    *,
    period: Period,
    kind: str | None = None,
    by: By = None,
) -> Number:
    r"""Activities in a period per month of an active manager; ``kind="call"`` of one kind.

    $$ \text{activities per manager-month} = \frac{\text{activities in the period}}{\text{manager-months}} $$

    It is one number for the period; for one a month call it with each month as the period.

    >>> from crm_metrics import month
    >>> done = {"kind": ["email", "email", "call"], "at": ["2024-04-10"] * 3}
    >>> activities_per_manager_month(done, {"name": ["Anna"]}, period=month("2024-04"), kind="email")
    2.0
    """
    periods_alone(by)
    t, m = totals(interactions, Interaction, by), totals(managers, Manager, by)
    condition = None if kind is None else OfKind(one_of(kind, KINDS, "kind"))
    return ratio(t.count(Within(period, "at", condition)), m.sum(ManagerMonths(period)))
