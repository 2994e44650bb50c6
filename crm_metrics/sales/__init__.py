"""Sales: how many deals are won, for how much, how fast, by what effort, and what is still open.

Every metric takes rows of any kind (records, a table, a frame, a mapping of columns, totals) and ``by=``.
"""

from __future__ import annotations

from crm_metrics.sales.addons import (
    addon_customer_share,
    addon_deals,
    addon_lift,
    addon_line_share,
    addon_lines,
    addon_revenue_share,
    attach_rate,
)
from crm_metrics.sales.capacity import (
    activities_per_manager_month,
    manager_months,
    revenue_per_manager_month,
    wins_per_manager_month,
)
from crm_metrics.sales.curves import mean_days_open, median_time_to_win, win_rate_by
from crm_metrics.sales.effort import (
    activities,
    activities_per_sale,
    average_document_time,
    calls_made,
    calls_per_hour,
    calls_per_sale,
    median_document_time,
    quote_acceptance_rate,
    wins_per_activity,
    wins_per_call,
)
from crm_metrics.sales.forecasts import forecast_bias, forecast_error
from crm_metrics.sales.funnel_table import Funnel
from crm_metrics.sales.funnels import funnel
from crm_metrics.sales.large import large_deal_revenue_share, large_deal_share, large_deals
from crm_metrics.sales.leads import lead_conversion_rate
from crm_metrics.sales.outlook import (
    average_deal_age,
    open_pipeline,
    overdue_deals,
    pipeline_velocity,
    stalled_deals,
    weighted_pipeline,
)
from crm_metrics.sales.pace import average_sales_cycle, median_sales_cycle, sales_cycle_quantile
from crm_metrics.sales.prorating import prorated
from crm_metrics.sales.purchases import with_kinds, won_back_rate
from crm_metrics.sales.quotas import managers_at_quota, pipeline_coverage, quota_attainment
from crm_metrics.sales.reasons import Reasons, reasons
from crm_metrics.sales.repeat import (
    deals_due_for_return,
    due_for_return,
    renewal_rate,
    repeat_rate,
    repeat_revenue_share,
    revenue_per_customer,
)
from crm_metrics.sales.revenue import (
    average_deal_size,
    gross_margin,
    gross_profit,
    lost_amount,
    median_deal_size,
    profit_per_created_deal,
    won_revenue,
)
from crm_metrics.sales.stages import (
    Transitions,
    active,
    average_time_in_stage,
    entered,
    median_time_in_stage,
    snapshot,
    transition_matrix,
)
from crm_metrics.sales.win_curves import WinCurve, WinCurves, win_curve
from crm_metrics.sales.winning import conversion_rate, deals_created, deals_lost, deals_won, loss_rate, win_rate

__all__ = [
    "Funnel",
    "Reasons",
    "Transitions",
    "WinCurve",
    "WinCurves",
    "active",
    "activities",
    "activities_per_manager_month",
    "activities_per_sale",
    "addon_customer_share",
    "addon_deals",
    "addon_lift",
    "addon_line_share",
    "addon_lines",
    "addon_revenue_share",
    "attach_rate",
    "average_deal_age",
    "average_deal_size",
    "average_document_time",
    "average_sales_cycle",
    "average_time_in_stage",
    "calls_made",
    "calls_per_hour",
    "calls_per_sale",
    "conversion_rate",
    "deals_created",
    "deals_due_for_return",
    "deals_lost",
    "deals_won",
    "due_for_return",
    "entered",
    "forecast_bias",
    "forecast_error",
    "funnel",
    "gross_margin",
    "gross_profit",
    "large_deal_revenue_share",
    "large_deal_share",
    "large_deals",
    "lead_conversion_rate",
    "loss_rate",
    "lost_amount",
    "manager_months",
    "managers_at_quota",
    "mean_days_open",
    "median_deal_size",
    "median_document_time",
    "median_sales_cycle",
    "median_time_in_stage",
    "median_time_to_win",
    "open_pipeline",
    "overdue_deals",
    "pipeline_coverage",
    "pipeline_velocity",
    "profit_per_created_deal",
    "prorated",
    "quota_attainment",
    "quote_acceptance_rate",
    "reasons",
    "renewal_rate",
    "repeat_rate",
    "repeat_revenue_share",
    "revenue_per_customer",
    "revenue_per_manager_month",
    "sales_cycle_quantile",
    "snapshot",
    "stalled_deals",
    "transition_matrix",
    "weighted_pipeline",
    "win_curve",
    "win_rate",
    "win_rate_by",
    "wins_per_activity",
    "wins_per_call",
    "wins_per_manager_month",
    "with_kinds",
    "won_back_rate",
    "won_revenue",
]
