"""Sales: how many deals are won, for how much, how fast, and what is still open.

Every metric takes rows of any kind (records, a table, a frame, a mapping of columns, totals) and ``by=``.
"""

from __future__ import annotations

from crm_metrics.sales.outlook import open_pipeline, weighted_pipeline
from crm_metrics.sales.pace import average_sales_cycle, median_sales_cycle, sales_cycle_quantile
from crm_metrics.sales.revenue import (
    average_deal_size,
    gross_margin,
    gross_profit,
    median_deal_size,
    profit_per_created_deal,
    won_revenue,
)
from crm_metrics.sales.winning import conversion_rate, deals_created, deals_won, loss_rate, win_rate

__all__ = [
    "average_deal_size",
    "average_sales_cycle",
    "conversion_rate",
    "deals_created",
    "deals_won",
    "gross_margin",
    "gross_profit",
    "loss_rate",
    "median_deal_size",
    "median_sales_cycle",
    "open_pipeline",
    "profit_per_created_deal",
    "sales_cycle_quantile",
    "weighted_pipeline",
    "win_rate",
    "won_revenue",
]
