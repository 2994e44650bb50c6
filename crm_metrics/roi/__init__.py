"""Return on investment: returns, payback and cash flows; a fair before and after; and whether a CRM paid off."""

from crm_metrics.roi.cashflows import irr, irr_all, mirr, npv, payback, xirr, xnpv
from crm_metrics.roi.returns import return_ratio, roi

__all__ = ["irr", "irr_all", "mirr", "npv", "payback", "return_ratio", "roi", "xirr", "xnpv"]
