"""Did it pay off: the fair verdict for no, the given and twice the ramp, and after it the simple count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from attrs import evolve, frozen

from crm_metrics._company.crm import CRM
from crm_metrics._company.paper import Paper
from crm_metrics._company.windows import AFTER, BEFORE, NoWindows, Windows
from crm_metrics._report.certainty import Sure
from crm_metrics._scorecards.measures import PROFIT, REVENUE, Asked, Row, Section, has_any
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.exact import Exact
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import margin, won
from crm_metrics.errors import CrmError, MixedCurrencies, UnknownName, WrongValue
from crm_metrics.records import Deal
from crm_metrics.roi import payback, roi
from crm_metrics.roi.evaluation import HALF, Estimate, Evaluation, NoProfit, evaluate

TITLE = "The simple count, unadjusted: whatever changed since go-live is credited to the CRM"
PAPER = "of the time before go-live there are only figures on paper, which a fair comparison cannot be made of"
WAY_OUT = (
    "If you know your gross margin, state it, and the verdict rests on it: [company] margin = 0.3 in crm.toml, "
    "CRM(margin=0.3) in Python."
)
SEASON = "The windows are not of the same months of the year, so seasons may differ."


# ---------------------------------------------------------------- the fair verdict


@frozen
class Verdict(Section):
    """The evaluations for no ramp, the company's own, and twice that; the one by the company's own is `main`."""

    evaluations: tuple[Evaluation, ...] = ()
    main: Evaluation | None = None

    def to_dict(self) -> dict[str, Any]:
        """The section as plain data."""
        return {**Section.to_dict(self), "evaluations": [e.to_dict() for e in self.evaluations]}


def verdict(crm: CRM, windows: Windows | NoWindows, paper: Paper | None = None) -> Verdict:
    """Did the CRM pay off? What can be said of that, for each ramp, and why not where nothing can."""
    title = "Did the CRM pay off?"
    found: dict[int, Evaluation] = {}
    why: dict[int, CrmError] = {}
    for weeks in dict.fromkeys((crm.ramp_weeks, 0, 2 * crm.ramp_weeks)):
        try:
            found[weeks] = evaluate(crm, ramp=weeks)
        except (WrongValue, UnknownName, MixedCurrencies) as error:
            why[weeks] = error
    if not found:
        return Verdict("verdict", title, notes=tuple(_no_verdict(why[crm.ramp_weeks], windows, paper, crm)))
    main = found.get(crm.ramp_weeks) or next(iter(found.values()))
    shown = tuple(found[weeks] for weeks in sorted(found))
    notes = tuple(f"With {_weeks(weeks)} left out: {_reason(error)}." for weeks, error in why.items())
    rows = tuple(row for e in shown for row in _rows(e))
    return Verdict("verdict", title, rows, ("ramp_weeks",), notes, shown, main)


def _no_verdict(error: CrmError, windows: Windows | NoWindows, paper: Paper | None, crm: CRM) -> Iterator[str]:
    """Why there is no verdict, and the way out where a stated margin is one."""
    reason = windows.reason if isinstance(windows, NoWindows) else PAPER if paper else _reason(error)
    yield f"No verdict: {reason}."
    if not isinstance(windows, NoWindows) and not paper and isinstance(error, NoProfit) and crm.margin is None:
        yield from [WAY_OUT] if crm.deals is not None and has_any(crm.deals, "amount") else []
    if isinstance(error, MixedCurrencies) and reason == _reason(error):
        yield from _to_name(error)


def _to_name(error: MixedCurrencies) -> list[str]:
    """How amounts come to be in one currency, where nothing lacks but its name."""
    if (code := error.currency) is None:
        return []
    return [f'If all amounts are in {code}, say so: [company] currency = "{code}" in crm.toml, CRM(currency="{code}").']


def _reason(error: CrmError) -> str:
    """What an error says before its remedy, which is for programs."""
    head = str(error).partition("\n")[0]
    return head.rpartition(":")[0] or head


def _weeks(n: int) -> str:
    return f"{n or 'no'} week{'s' * (n != 1)}"


def _rows(e: Evaluation) -> Iterator[Sure]:
    """The numbers of an evaluation as rows, grouped by the weeks left out."""
    blank = Sure(metric="", label="", unit="share", better="higher", group=(e.parts.ramp_weeks,))
    money = evolve(blank, unit="money", currency=e.currency)
    paid, back = evolve(money, better="lower"), evolve(blank, unit="months", better="lower")
    rows: tuple[tuple[Sure, str, str, float | Estimate], ...] = (
        (money, "monthly_gain", "Gain a month", e.monthly_gain),
        (paid, "cost", f"Cost of the CRM in {e.horizon} months", e.cost),
        (blank, "roi", "ROI", e.roi),
        (blank, "probability", "Probability of an ROI above 0", e.probability),
        (back, "payback", "Paid back after", e.payback),
        (money, "npv", f"Present value at {e.rate:.0%} a year", e.npv),
    )
    for row, name, label, x in rows:
        found = x if isinstance(x, Estimate) else None
        yield evolve(row, metric=name, label=label, value=x.value if isinstance(x, Estimate) else x, found=found)


# ---------------------------------------------------------------- the simple count


def unadjusted(
    asked: Asked, windows: Windows, paper: Paper | None = None, *, beside: Evaluation | None = None
) -> Section:
    """The simple ROI, or as much of it as the data allow; `paper` stands in for the deals of before.

    `beside` is the verdict that it stands beside, of which it has other numbers: it says why.
    """
    profit = asked.rows([PROFIT], windows=windows)
    if not profit:
        return _revenue(asked, windows, paper, _why(asked))
    if paper and "gross_profit" not in paper.figures:
        return _revenue(asked, windows, paper, "the figures kept on paper have no gross_profit")
    costed = _costed(asked.crm, windows, paper)
    part = " and ".join(f"{100 * share:.0f} % {side}" for side, share in costed.items())
    if min(costed.values()) < HALF:
        return _revenue(asked, windows, paper, f"too few of the won deals state amount and cost, {part}")
    rows, notes = _monthly(profit, windows, paper), [SEASON] * (windows.months % 12 > 0)
    if min(costed.values()) < 0.995:
        notes.append(f"Gross profit counts the won deals that state amount and cost: {part}.")
    if not asked.crm.costs:
        return Section("simple", TITLE, rows, notes=(*notes, "No ROI: what the CRM itself cost is not given."))
    try:
        made = tuple(_return(asked.crm, profit[0], windows, paper))
        notes += [_apart(beside)] if beside is not None and beside.cost == beside.cost else []
        return Section("simple", TITLE, (*rows, *made), notes=tuple(notes))
    except MixedCurrencies as error:
        reason = str(error).partition(":")[0].partition(" (")[0]
        why = f"No ROI: the costs of the CRM are in another currency than the deals, or in none ({reason})."
        return Section("simple", TITLE, rows, notes=(*notes, why, *_to_name(error)))


def _apart(verdict: Evaluation) -> str:
    """Why gain, cost and ROI are others than those of the verdict."""
    n = f"{verdict.horizon} months" if verdict.horizon > 1 else "one month"
    return f"The verdict has other numbers: only what a deal brings more, and what {n} cost."


def _why(asked: Asked) -> str:
    return next(gap for gap, labels in asked.gaps.items() if PROFIT.label in labels)


def _revenue(asked: Asked, windows: Windows, paper: Paper | None, why: str) -> Section:
    """Revenue where there is no gross profit, and why."""
    known = paper is None or "won_amount" in paper.figures
    rows = _monthly(asked.rows([REVENUE], windows=windows), windows, paper) if known else ()
    more = ("Revenue is shown instead; what it cost to earn is still in it.",) if rows else ()
    return Section("simple", TITLE, rows, notes=(f"No gross profit and no ROI: {why}.", *more))


def _costed(crm: CRM, windows: Windows, paper: Paper | None) -> dict[str, float]:
    """The share of won deals that state amount and cost, before and after."""
    t = totals(crm.table(Deal), Deal, windows, at="closed_at")
    wins = t.count(won)
    shares = ratio(wins - t.missing(margin, where=won), wins).on((BEFORE, AFTER))  # type: ignore[union-attr]  # by windows
    known = {side: 1.0 if share != share else share for side, share in shares.items()}
    return {AFTER: known[AFTER]} if paper else known


def _monthly(rows: tuple[Row, ...], windows: Windows, paper: Paper | None) -> tuple[Row, ...]:
    """Sums of the windows as sums a month."""
    return tuple(
        evolve(
            row,
            metric=f"{row.metric}_a_month",
            label=f"{row.label} a month",
            before=_before(row, paper) / (paper or windows).months,
            after=row.after / windows.months,
        )
        for row in rows
        if row.before is not None and row.after is not None
    )


def _before(row: Row, paper: Paper | None) -> Any:
    """The sum before go-live, from the rows or from paper."""
    if paper is None:
        return row.before
    return float(paper.figures["gross_profit" if row.metric == PROFIT.name else "won_amount"])


def _return(crm: CRM, profit: Row, windows: Windows, paper: Paper | None) -> Iterator[Row]:
    after: Any = profit.after
    gain: Any = profit.difference
    if paper:
        before = Fraction(paper.figures["gross_profit"]) * windows.months / paper.months
        gain = after - Exact(before.numerator, before.denominator, getattr(after, "unit", None))
    cost = crm.cost(before=windows.after.end)
    assert gain is not None and not hasattr(cost, "array")
    net = roi(gain=gain, cost=cost)
    months = payback([-float(cost), *[float(gain) / windows.months] * windows.months]) if cost else 0.0
    money = evolve(profit, before=None, after=None)
    until = windows.after.end - dt.timedelta(days=1)
    yield evolve(money, metric="gain", label=f"Gain in {windows.months} months", value=float(gain))
    yield evolve(money, metric="cost", label=f"Cost of the CRM to {until}", value=float(cost), better="lower")
    yield Row(metric="roi", label="Simple ROI, (gain - cost) / cost", unit="share", better="higher", value=net)
    yield Row(metric="payback", label="Paid back after", unit="months", better="lower", value=months)
