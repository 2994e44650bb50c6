"""`evaluate`: did the CRM pay off, by how much, and how sure are we.

What a deal that comes in brings is compared between two fair parts (`fair`); the difference, times the deals that came
in, is the gain a month. Set against what the CRM costs over a horizon it gives ROI, payback and present value, each
with the uncertainty of the measured difference, and none without its hard limits.
"""

from __future__ import annotations

import datetime as dt
import html
import itertools
import math
from statistics import NormalDist
from typing import Any

import numpy as np
from attrs import fields, frozen

from crm_metrics import sales
from crm_metrics.cashflows import finite, npv, payback
from crm_metrics.changes import Change, change
from crm_metrics.columns import costed, won
from crm_metrics.crm import CRM
from crm_metrics.errors import WrongValue, shown
from crm_metrics.fairness import Fair, fair
from crm_metrics.kernel import totals
from crm_metrics.records import Deal
from crm_metrics.roi import roi

RATE = 0.1
HORIZON = 12
ASSUMED = (
    "The gain is what a deal that came in brings, after less before, times the deals that came in after: "
    "more (or fewer) deals coming in are not credited to the CRM."
)


@frozen(kw_only=True)
class Estimate:
    """A number with its limits; NaN where it is undefined."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:,.4g} [{self.low:,.4g}, {self.high:,.4g}]"

    def to_dict(self) -> dict[str, float | None]:
        """The same as plain data, null where undefined."""
        return {f.name: _null(getattr(self, f.name)) for f in fields(Estimate)}


@frozen(kw_only=True, eq=False)
class Evaluation:
    """Whether a CRM paid off over a horizon, with the uncertainty of the measured gain.

    ``monthly_gain`` is gross profit a month that the comparison credits to the CRM; ``roi`` is net (0 is break-even),
    ``probability`` that it is positive; ``payback`` in months from go-live; ``npv`` at a yearly ``rate``. ``limits``
    are what the numbers cannot show.
    """

    verdict: str
    monthly_gain: Estimate
    roi: Estimate
    probability: float
    payback: Estimate
    npv: Estimate
    cost: float
    horizon: int
    rate: float
    confidence: float
    change: Change
    parts: Fair
    limits: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, null where undefined."""
        estimates = {n: getattr(self, n).to_dict() for n in ("monthly_gain", "roi", "payback", "npv")}
        numbers = {n: _null(getattr(self, n)) for n in ("probability", "cost", "rate", "confidence")}
        return {
            "verdict": self.verdict,
            **estimates,
            **numbers,
            "horizon": self.horizon,
            "change": self.change.to_dict(),
            "periods": [[str(p.start), str(p.end)] for p in self.parts.periods],
            "done": list(self.parts.done),
            "limits": list(self.limits),
        }

    def __str__(self) -> str:
        lines = [
            self.verdict,
            f"  gain a month   {self.monthly_gain}",
            f"  cost           {self.cost:,.0f} over {self.horizon} months",
            f"  ROI            {_percent(self.roi)}, positive with probability {_sure(self.probability)}",
            f"  payback        {self.payback} months",
            f"  present value  {self.npv} at {self.rate:.0%} a year",
        ]
        return "\n".join([*lines, *(f"  {text}" for text in (*self.parts.done, *self.limits))])

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def evaluate(
    crm: CRM,
    *,
    go_live: dt.date | None = None,
    costs: Any = None,
    horizon: int = HORIZON,
    ramp: int | None = None,
    rate: float = RATE,
    unit: str = "id",
    confidence: float = 0.95,
    seed: int = 0,
) -> Evaluation:
    """Whether the CRM paid off over `horizon` months from go-live.

    `costs` is what it costs over the horizon, where the company's own dated costs are not to be used; `unit` is what
    is independent (deals, or ``"customer"``). During the ramp the gain counts as 0: what the ramp itself cost is not
    measured. Raises `WrongValue` where nothing can be compared, and says why.

    >>> from crm_metrics.samples import dealership
    >>> s = dealership()
    >>> crm = CRM(
    ...     deals=s.deals, costs=s.costs, go_live=s.go_live, ramp_weeks=s.ramp_weeks, as_of=s.as_of, currency="RUB"
    ... )
    >>> found = evaluate(crm)
    >>> found.monthly_gain.low < float(s.truth.monthly_gain) < found.monthly_gain.high
    True
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1:
        raise WrongValue(f"horizon={shown(horizon)}: give a number of months, 1 or more")
    start = go_live or crm.go_live
    parts = fair(crm, go_live=start, ramp=ramp)
    assert start is not None
    found = change(
        sales.profit_per_created_deal, parts.before, parts.after, unit=unit, confidence=confidence, seed=seed
    )
    flows = _costs(crm, start, horizon, costs)
    a_month = len(parts.after) / parts.months
    gain = Estimate(value=found.difference * a_month, low=found.low * a_month, high=found.high * a_month)
    idle = math.ceil(parts.ramp_weeks * 7 * 12 / 365.25)
    return _evaluated(crm, parts, found, gain, flows, idle, finite("rate", rate), confidence)


def _costs(crm: CRM, start: dt.date, horizon: int, costs: Any) -> list[float]:
    """What is paid before go-live (first), and in each month of the horizon."""
    if costs is not None:
        paid = float(finite("costs", costs))
        if paid <= 0:
            raise WrongValue(f"costs={shown(costs)}: give what the CRM costs over the horizon, a positive amount")
        return [paid] + [0.0] * horizon
    if not crm.costs:
        raise WrongValue("what the CRM cost is not known: CRM(costs=[(date, amount), ...]) or evaluate(crm, costs=...)")
    marks = [_later(start, n) for n in range(horizon + 1)]
    until = [float(crm.cost(before=day)) for day in marks]  # type: ignore[arg-type]  # one group: a number
    return [until[0]] + [b - a for a, b in itertools.pairwise(until)]


def _later(day: dt.date, months: int) -> dt.date:
    n = day.year * 12 + day.month - 1 + months
    return dt.date(n // 12, n % 12 + 1, min(day.day, 28))


def _evaluated(
    crm: CRM, parts: Fair, found: Change, gain: Estimate, costs: list[float], idle: int, rate: float, confidence: float
) -> Evaluation:
    monthly = (1 + rate) ** (1 / 12) - 1
    cost, months = sum(costs), max(len(costs) - 1 - idle, 0)

    def flows(a_month: float) -> list[float]:
        return [(a_month if t > idle else 0.0) - c for t, c in enumerate(costs)]

    def over(f: Any) -> Estimate:
        ends = (gain.value, gain.low, gain.high)
        value, low, high = (f(x) if x == x else math.nan for x in ends)
        return Estimate(value=value, low=low, high=high)

    back = over(lambda x: payback(flows(x)))
    probability = _probability(gain, cost, months, confidence)
    net = over(lambda x: roi(gain=x * months, cost=cost))
    return Evaluation(
        verdict=_verdict(net, len(costs) - 1),
        monthly_gain=gain,
        roi=net,
        probability=probability,
        payback=Estimate(value=back.value, low=back.high, high=back.low),
        npv=over(lambda x: npv(flows(x), rate=monthly)),
        cost=cost,
        horizon=len(costs) - 1,
        rate=rate,
        confidence=confidence,
        change=found,
        parts=parts,
        limits=(ASSUMED, *(text[:1].upper() + text[1:] for text in parts.not_done), *_without_cost(parts)),
    )


def _probability(gain: Estimate, cost: float, months: int, confidence: float) -> float:
    """That the gain is more than the cost, if what is measured is off by normal errors."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    se = (gain.high - gain.low) / (2 * z)
    if not se > 0 or not months:
        return math.nan
    return NormalDist(gain.value, se).cdf(math.inf) - NormalDist(gain.value, se).cdf(cost / months)


def _verdict(net: Estimate, months: int) -> str:
    if math.isnan(net.value):
        return "No verdict: too little data on one of the sides."
    if math.isnan(net.low):
        return "No verdict: too little data to say how sure the number is."
    if net.low > 0:
        return f"It paid off: over {months} months the gain is above the cost."
    if net.high < 0:
        return f"It did not pay off: over {months} months the gain is below the cost."
    return f"Not known yet: over {months} months the gain may be above or below the cost."


def _without_cost(parts: Fair) -> tuple[str, ...]:
    """Won deals that say nothing about profit."""
    sides = [totals(side, Deal) for side in (parts.before, parts.after)]
    all_won, known = (int(sum(np.asarray(t.count(f)) for t in sides)) for f in (won, costed))
    if all_won == known:
        return ()
    return (f"{all_won - known} of {all_won} won deals lack amount or cost and count no profit.",)


def _null(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None


def _sure(p: float) -> str:
    return "more than 99%" if p > 0.99 else "less than 1%" if p < 0.01 else f"{p:.0%}"


def _percent(x: Estimate) -> str:
    return f"{x.value:.0%} [{x.low:.0%}, {x.high:.0%}]"
