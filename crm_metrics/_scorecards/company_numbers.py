"""Numbers of a company as a whole, which presets show beside its metrics: one number, and a note that says the rest."""

from __future__ import annotations

import math
from functools import partial

from crm_metrics import sales
from crm_metrics._company.crm import CRM
from crm_metrics._scorecards.measures import OfCompany
from crm_metrics._values.writing import number
from crm_metrics.errors import UnknownName
from crm_metrics.records import Deal, StageChange
from crm_metrics.roi.evaluation import evaluate

MOST = 5  # reasons that a note names

# ---------------------------------------------------------------- what the CRM brought


def _return(crm: CRM) -> tuple[float, str]:
    found = evaluate(crm)
    said = [found.verdict, str(found.margin or ""), "evaluate(crm) has limits and assumptions"]
    return found.roi.value, " ".join(filter(None, said))


def _payback(crm: CRM) -> tuple[float, str]:
    return evaluate(crm).payback.value, ""


# ---------------------------------------------------------------- stages and reasons


def _weakest_step(crm: CRM) -> tuple[float, str]:
    """The step that the smallest share of deals takes; all of them in the note."""
    changes = crm.table(StageChange)
    if changes is None or not crm.pipelines:
        lacks = "there are no changes" if changes is None else "no pipeline gives the order of the stages"
        raise UnknownName(f"{lacks}: CRM(changes=..., pipelines=Pipeline([...]))")
    order = crm.pipelines[0].stages
    steps = {stage: x for stage, x in sales.funnel(changes, crm.pipelines[0]).step_conversion.items() if x == x}
    if not steps:
        return math.nan, "no deal could go from one stage to another"
    said = ", ".join(f"{stage} {number(steps[stage], 'share')}" for stage in order if stage in steps)
    return min(steps.values()), f"of those at the stage before: {said}"


def _main_reason(outcome: str, crm: CRM) -> tuple[float, str]:
    """The share of lost (won) deals that give the reason which most of them give; others in the note."""
    deals = crm.table(Deal)
    if deals is None or "reason" not in deals:
        raise UnknownName("there are no deals" if deals is None else "the deals have no reason")
    found = sales.reasons(deals, outcome=outcome)
    share = found.share.on(tuple(reason for reason in found.deals.sort() if reason is not None))
    if not len(share):
        return math.nan, f"no {outcome} deal has a reason"
    said = [f"{reason} {number(x, 'share')}" for reason, x in [*share.items()][:MOST]]
    none = found.share.on((None,))[None]
    said += [f"no reason {number(none, 'share')}"] if none > 0 else []
    return next(iter(share.values())), ", ".join(said)


ROI = OfCompany("roi", "ROI of the CRM, (gain - cost) / cost", "share", _return, "higher")
PAYBACK = OfCompany("payback", "Paid back after", "months", _payback, "lower")
WEAKEST_STEP = OfCompany("stage_conversion", "Conversion by stage, the weakest step", "share", _weakest_step, "higher")
MAIN_REFUSAL = OfCompany(
    "main_refusal", "Refusals for the most frequent reason", "share", partial(_main_reason, "lost")
)
MAIN_SUCCESS = OfCompany("main_success", "Sales for the most frequent reason", "share", partial(_main_reason, "won"))

__all__ = ["MAIN_REFUSAL", "MAIN_SUCCESS", "PAYBACK", "ROI", "WEAKEST_STEP"]
