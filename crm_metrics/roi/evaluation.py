"""`evaluate`: did the CRM pay off, by how much, and how sure are we.

What a deal that comes in brings is compared between two fair parts (`fair`); the difference, times the deals that came
in, is the gain a month. Set against what the CRM costs over a horizon it gives ROI, payback and present value, each
with the uncertainty of the measured difference, and none without its hard limits. Costs that are not given do not
count as none: what came more than once goes on, and otherwise there is no good verdict.
"""

from __future__ import annotations

import datetime as dt
import html
import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from attrs import evolve, fields, frozen

from crm_metrics import sales
from crm_metrics._company.costs import Outlays, months_from, months_later, outlays
from crm_metrics._company.crm import CRM
from crm_metrics._company.margins import Stated, stated
from crm_metrics._totals.of_rows import totals
from crm_metrics._uncertainty.change import change
from crm_metrics._uncertainty.differences import Change
from crm_metrics._values.exact import mixed, one_unit
from crm_metrics._values.plain import null
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import costed, won
from crm_metrics.errors import MixedCurrencies, WrongCall, WrongValue, in_words, shown
from crm_metrics.records import Deal
from crm_metrics.roi.cashflows import npv
from crm_metrics.roi.caveats import of_comparison, of_costs, of_future, seen, short_number
from crm_metrics.roi.fairness import Fair, company, fair, whole_number
from crm_metrics.roi.flows import finite
from crm_metrics.roi.returns import roi

RATE = 0.1
HORIZON, MOST_MONTHS = 12, 1200
HALF = 0.5  # gross profit is not compared where fewer of the won deals state amount and cost
UNEVEN = 0.1  # nor where the shares that do differ by more
MARGIN = "; a margin that you know, CRM(margin=0.3), stands in for costs that are not given"
UNITS = {"customer": "customers", "id": "deals"}
"""What is independent, in words."""

NO_COST = "No ROI: what the CRM cost in these months is not given. CRM(costs=...) or evaluate(costs=...) says it."


class NoProfit(WrongValue):
    """Won deals state too little of what they bring to compare it."""


@frozen(kw_only=True)
class Estimate:
    """A number with its limits; NaN where it is undefined."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{short_number(self.value)} [{short_number(self.low)}, {short_number(self.high)}]"

    def to_dict(self) -> dict[str, float | None]:
        """The same as plain data, null where undefined."""
        return {f.name: null(getattr(self, f.name)) for f in fields(Estimate)}


@frozen(kw_only=True, eq=False)
class Evaluation:
    """Whether a CRM paid off over a horizon, with the uncertainty of the measured gain.

    ``paid_off`` is None where that cannot be told, and ``verdict`` says it in words. ``monthly_gain`` is gross profit a
    month that the comparison credits to the CRM; ``roi`` is net (0 is break-even), ``probability`` that it is positive;
    ``payback`` in months from go-live, when what was paid is back and stays so, NaN where that is beyond the horizon;
    ``npv`` at a yearly ``rate``. ``cost`` is what the CRM costs to the end of the horizon, NaN where none of it is
    known; after the last payment that is given, what was paid more than once goes on. ``parts`` are what was compared,
    ``change`` what a deal that came in brings on each side, ``limits`` what the numbers cannot show. ``unit`` is what
    was taken as independent, ``margin`` what rests on a stated margin, None where nothing does.
    """

    paid_off: bool | None
    verdict: str
    monthly_gain: Estimate
    roi: Estimate
    probability: float
    payback: Estimate
    npv: Estimate
    cost: float
    currency: str
    horizon: int
    rate: float
    confidence: float
    change: Change
    parts: Fair
    limits: tuple[str, ...]
    unit: str
    margin: Stated | None = None

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, null where undefined."""
        estimates = {n: getattr(self, n).to_dict() for n in ("monthly_gain", "roi", "payback", "npv")}
        numbers = {n: null(getattr(self, n)) for n in ("probability", "cost", "rate", "confidence")}
        return {
            "paid_off": self.paid_off,
            "verdict": self.verdict,
            **estimates,
            **numbers,
            "currency": self.currency,
            "horizon": self.horizon,
            "change": self.change.to_dict(),
            "parts": self.parts.to_dict(),
            "limits": list(self.limits),
            "unit": self.unit,
            "margin": self.margin and self.margin.to_dict(),
        }

    def __str__(self) -> str:
        money = f" {self.currency}".rstrip()
        lines = [
            self.verdict,
            *([f"  {self.margin}"] if self.margin else []),
            f"  gain a month   {self.monthly_gain}{money}",
            f"  cost           {short_number(self.cost)}{money} over {self.horizon} months",
            f"  ROI            {_percent(self.roi)}{above_0(self.probability)}",
            f"  payback        {self.payback} months",
            f"  present value  {self.npv}{money} at {self.rate:.0%} a year",
        ]
        return "\n".join([*lines, *(f"  {text}" for text in (*self.parts.done, *self.limits))])

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


@in_words
def evaluate(
    crm: CRM,
    *,
    go_live: dt.date | None = None,
    costs: Any = None,
    horizon: int = HORIZON,
    ramp: int | None = None,
    rate: float = RATE,
    unit: str | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Evaluation:
    """Whether the CRM paid off over `horizon` months from go-live.

    `costs` is what it costs over the horizon, where the company's own costs are not to be used: one amount, all paid at
    the start, or a list of dated costs as `CRM` takes them; `ramp` the weeks after go-live that are left out and count,
    to the day, as no gain; `rate` the yearly rate of the present value; `unit` what is independent: customers where the
    deals name them, else deals. Raises `WrongValue` where nothing can be compared, and says why.

    >>> from crm_metrics.samples import dealership
    >>> s = dealership()
    >>> crm = CRM(
    ...     deals=s.deals, costs=s.costs, go_live=s.go_live, ramp_weeks=s.ramp_weeks, as_of=s.as_of, currency="RUB"
    ... )
    >>> found = evaluate(crm)
    >>> found.monthly_gain.low < float(s.truth.monthly_gain) < found.monthly_gain.high
    True
    >>> found.verdict
    'It paid off: over 12 months the gain is above the cost.'
    """
    crm = company("evaluate", crm)
    whole_number("horizon", horizon, least=1, most=MOST_MONTHS)
    if not isinstance(unit, (str, type(None))):
        raise WrongCall(f"unit={shown(unit)}: name what is independent, unit='customer' or unit='id'")
    if finite("rate", rate) <= -1:
        raise WrongValue(f"rate={shown(rate)}: a rate is above -1, 0.1 for 10 % a year")
    crm = crm if go_live is None else evolve(crm, go_live=go_live)
    if isinstance(costs, (list, tuple)):
        crm, costs = evolve(crm, costs=costs), None
    parts = fair(crm, ramp=ramp)
    assert crm.go_live is not None
    idle = months_from(crm.go_live, crm.go_live + dt.timedelta(weeks=parts.ramp_weeks))
    if idle >= horizon:
        raise WrongValue(f"{horizon} months are within the ramp of {parts.ramp_weeks} weeks: give a longer horizon=")
    uncosted = _uncosted(parts, MARGIN if crm.margin is None else "")
    paid, currency = _costs(crm, parts, horizon, costs)
    sides, unit = (parts.before, parts.after), unit or crm.unit
    found = change(sales.profit_per_created_deal, *sides, unit=unit, confidence=confidence, seed=seed)
    limits = (*of_comparison(crm, parts, horizon), *of_costs(paid, currency), *of_future(crm, horizon), *uncosted)
    made = _evaluated(parts, found, paid, currency, idle, float(rate), limits, unit)
    return evolve(made, margin=stated(crm.margin, *sides))


# ---------------------------------------------------------------- what is measured, and what is paid


def _uncosted(parts: Fair, hint: str) -> tuple[str, ...]:
    """What is to be said of won deals that state no profit; where they are too many, nothing can be compared."""
    sides = (parts.before, parts.after)
    if lacking := [n for n in ("amount", "cost") if any(n not in rows for rows in sides)]:
        raise NoProfit(
            f"the deals have no {' and no '.join(lacking)}: without it there is no gross profit to compare"
            f"{hint if lacking == ['cost'] else ''}"
        )
    counts: list[Any] = [totals(rows, Deal) for rows in sides]
    shares: list[Any] = [ratio(t.count(costed), t.count(won)) if t.count(won) else 1.0 for t in counts]
    one, two = shares
    before, after = (f"{100 * share:.0f} %" for share in (one, two))
    if min(one, two) < HALF or abs(one - two) > UNEVEN:
        many = "too few" if min(one, two) < HALF else "too different shares"
        raise NoProfit(
            f"{many} of the won deals state amount and cost, {before} before go-live and {after} after it: "
            f"add them, or that alone makes a difference{hint}"
        )
    if one == two == 1:
        return ()
    return (f"Cost: {before} of won deals before and {after} after state amount and cost; the rest counts no profit.",)


def _costs(crm: CRM, parts: Fair, horizon: int, costs: Any) -> tuple[Outlays, str]:
    """What is paid, NaN where that is not known, and its currency."""
    assert crm.go_live is not None
    unit = getattr(sales.gross_profit(parts.after), "unit", None)
    if costs is not None:
        paid = float(finite("costs", costs))
        if paid <= 0:
            raise WrongValue(f"costs={shown(costs)}: give what the CRM costs over the horizon, a positive amount")
        return _all_known((paid, *[0.0] * horizon)), str(unit or "")
    paid_so_far = crm.cost(before=months_later(crm.go_live, horizon))
    if not paid_so_far:
        return _all_known((math.nan,) * (horizon + 1)), str(unit or "")
    known = outlays(crm.costs, crm.go_live, horizon, seen(crm, horizon))
    return known, str(_one_currency(unit, getattr(paid_so_far, "unit", None)) or "")


def _one_currency(profit: Any, costs: Any) -> Any:
    """The currency of what the deals bring and of what the CRM costs."""
    try:
        return one_unit(profit, costs)
    except MixedCurrencies:
        raise mixed({profit, costs}, " (the gross profit of the deals and the costs of the CRM)") from None


def _all_known(paid: tuple[float, ...]) -> Outlays:
    n = len(paid) - 1
    return Outlays(paid, known=n, last=None, ended=n, monthly=0.0, returning=False, endless=False)


# ---------------------------------------------------------------- what follows from it


def _evaluated(
    parts: Fair,
    found: Change,
    outlay: Outlays,
    currency: str,
    idle: float,
    rate: float,
    limits: tuple[str, ...],
    unit: str,
) -> Evaluation:
    a_month, cost, horizon = len(parts.after) / parts.months, sum(outlay.paid), outlay.horizon
    gain = Estimate(value=found.difference * a_month, low=found.low * a_month, high=found.high * a_month)
    net = _over(gain, lambda x: x * (horizon - idle) - cost)

    def flows(x: float) -> list[float]:
        return [x * min(1.0, max(0.0, t - idle)) - c for t, c in enumerate(outlay.paid)]

    back = _over(gain, lambda x: _payback(flows(x), idle) if cost == cost else math.nan)
    paid_off = _paid_off(net)
    withheld = bool(paid_off and outlay.lacking)
    return Evaluation(
        paid_off=None if withheld else paid_off,
        verdict=_withheld(outlay) if withheld else _verdict(paid_off, net, horizon, cost),
        monthly_gain=gain,
        roi=_over(gain, lambda x: roi(gain=x * (horizon - idle), cost=cost)),
        probability=_probability(net, found.confidence),
        payback=Estimate(value=back.value, low=back.high, high=back.low),
        npv=_over(gain, lambda x: npv(flows(x), rate=(1 + rate) ** (1 / 12) - 1) if cost == cost else math.nan),
        cost=cost,
        currency=currency,
        horizon=horizon,
        rate=rate,
        confidence=found.confidence,
        change=found,
        parts=parts,
        limits=limits,
        unit=unit,
    )


def _over(gain: Estimate, f: Callable[[float], float]) -> Estimate:
    """What follows from a gain, and from its limits."""
    value, low, high = (f(x) if x == x else math.nan for x in (gain.value, gain.low, gain.high))
    return Estimate(value=value, low=low, high=high)


def _payback(flows: Sequence[float], idle: float) -> float:
    """Months until all that was paid is back, and stays back to the end; 0 where nothing was ever owed."""
    so_far = list(itertools.accumulate(map(Fraction, flows)))
    owed = max((t for t, x in enumerate(so_far) if x < 0), default=None)
    if owed is None:
        return 0.0
    if owed + 1 == len(flows):
        return math.nan
    start = min(max(owed, idle), owed + 1)  # in the month in which learning ends, money comes in only then
    return float(start + (owed + 1 - start) * float(-so_far[owed] / Fraction(flows[owed + 1])))


def _probability(net: Estimate, confidence: float) -> float:
    """That the gain is more than the cost, if what is measured is off by normal errors; as large as those towards 0."""
    far = net.value - net.low if net.value > 0 else net.high - net.value
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    return NormalDist().cdf(net.value / far * z) if far > 0 else math.nan


def _paid_off(net: Estimate) -> bool | None:
    """Decided from money: ROI is undefined where nothing was paid."""
    return True if net.low > 0 else False if net.high < 0 else None


def _verdict(paid_off: bool | None, net: Estimate, months: int, cost: float) -> str:
    if math.isnan(cost):
        return NO_COST
    if math.isnan(net.low):
        return "No verdict: too little data to say how sure the number is."
    over = f"over {months} months the gain" if months > 1 else "over a month the gain"
    if paid_off is None:
        return f"Not known yet: {over} may be above or below the cost."
    return f"It paid off: {over} is above the cost." if paid_off else f"It did not pay off: {over} is below the cost."


def _withheld(outlay: Outlays) -> str:
    n, months = outlay.lacking, outlay.horizon
    return f"Not known yet: the gain is above the costs that are given, but none are for {n} of the {months} months."


# ---------------------------------------------------------------- numbers


def above_0(p: float) -> str:
    """How likely it is that a return is above 0; nothing where that is not known."""
    return "" if math.isnan(p) else f", above 0 with a probability of {chance(p)}"


def chance(p: float) -> str:
    """A probability in words that do not promise too much.

    >>> chance(0.998), chance(0.42), chance(0.001)
    ('more than 99 %', '42 %', 'less than 1 %')
    """
    if math.isnan(p):
        return "-"
    return "more than 99 %" if p > 0.99 else "less than 1 %" if p < 0.01 else f"{100 * p:.0f} %"


def _percent(x: Estimate) -> str:
    value, low, high = ("-" if math.isnan(y) else f"{y:.0%}" for y in (x.value, x.low, x.high))
    return f"{value} [{low}, {high}]"
