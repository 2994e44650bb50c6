"""The verdict and the simple count in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from crm_metrics._report.payoff import Verdict
from crm_metrics._scorecards.measures import Row, Section
from crm_metrics._values.writing import (
    NOTHING,
    WIDTH,
    aligned,
    number,
    paragraph,
    percent,
    points,
    rounded,
    scale,
    width,
)
from crm_metrics.roi.evaluation import UNITS, Estimate, Evaluation, above_0, chance
from crm_metrics.roi.fairness import spanned


def notes(sentences: Sequence[str]) -> list[str]:
    """Sentences, each in lines of its own."""
    return [line for sentence in sentences for line in paragraph(sentence)]


def months(n: int) -> str:
    """A number of months in words."""
    return "1 month" if n == 1 else f"{n} months"


def changed(row: Row) -> str:
    """How much a row changed: points for shares, else a percentage of what was before."""
    if row.unit in ("share", "points"):
        x = row.difference
        if x is None or math.isnan(x):
            return NOTHING
        return points(x) if row.unit == "share" else f"{x:+.1f} points"
    return NOTHING if row.change is None else percent(row.change)


# ---------------------------------------------------------------- the verdict


def answer_told(section: Verdict) -> list[str]:
    """The answer, how it depends on the ramp, what was done for it to be fair, and what it cannot show."""
    main = section.main
    if main is None:
        return [section.title, *notes(section.notes)]
    answer = [*paragraph(_answer(main, section.evaluations)), *_ramps(section.evaluations, main)]
    limits = [line for limit in main.limits for line in _bullet(limit)]
    fair = [*notes(section.notes), *paragraph(_parts(main)), "  What this cannot show:", *limits]
    return [section.title, *answer, *fair]


def _parts(main: Evaluation) -> str:
    """What was compared."""
    one, two = main.parts.periods
    before, after = len(main.parts.before), len(main.parts.after)
    season = ", the same calendar months" if any(text.startswith("season") for text in main.parts.done) else ""
    ripe = f"; each had {main.parts.maturity} days or more to close" if main.parts.maturity else ""
    return f"Compared are {before:,} deals that came in {spanned(one)} and {after:,} {spanned(two)}{season}{ripe}."


def _bullet(sentence: str) -> list[str]:
    first, *others = paragraph(sentence, 4)
    return [f"  - {first.strip()}", *others]


def _answer(main: Evaluation, evaluations: Sequence[Evaluation]) -> str:
    """The verdict in words; with another ramp it may be another."""
    gain = main.monthly_gain.value
    more = "more" if gain >= 0 else "less"
    fair = f"A fair comparison credits the CRM with {_amount(abs(gain), main)} {more} gross profit a month"
    if not math.isnan(main.cost):
        fair += f"; it cost {_amount(main.cost, main)} in {months(main.horizon)}"
        fair += f": an ROI of {100 * main.roi.value:,.0f} %{above_0(main.probability)}"
    others = [e for e in evaluations if e.paid_off is not main.paid_off]
    but = [f" But with {_left_out(e)} left out {_SHORT[e.paid_off]}." for e in others]
    verdict = main.verdict.partition(". CRM(")[0].rstrip(".") + "."
    rests = f" {main.margin}" if main.margin else ""
    return " ".join([verdict, *fair.split()]) + "." + rests + "".join(but)


_SHORT = {True: "it paid off", False: "it did not", None: "it is not known yet"}


def _left_out(e: Evaluation) -> str:
    weeks = e.parts.ramp_weeks
    return f"{weeks or 'no'} week{'s' * (weeks != 1)}"


def _amount(x: float, main: Evaluation) -> str:
    size, name = scale([x])
    return " ".join(filter(None, (rounded(x / size), name, main.currency)))


def _ramps(evaluations: Sequence[Evaluation], main: Evaluation) -> list[str]:
    """One column for each ramp; limits too long to stand beside their numbers stand below them."""
    table = _table(evaluations, main, _limits)
    sure = (
        f"In brackets: limits for the truth, {100 * main.confidence:.0f} % sure as far as chance alone goes. "
        f"Unit: {UNITS.get(main.unit, main.unit)}."
    )
    for lines in (aligned(table, gap=2), aligned(_below(table), gap=2)):
        if max(map(width, lines)) <= WIDTH:
            return [*lines, *paragraph(sure)]
    bare = _table(evaluations, main, lambda x, size, write=rounded: write(x.value / size))
    return [*aligned(bare, gap=2), *paragraph("Their limits are too long to be shown here: --format json has them.")]


def _below(table: list[list[str]]) -> list[list[str]]:
    """A row for the numbers, and one for what stands in brackets behind them."""
    lines = []
    for label, *cells in table:
        parts = [cell.partition(" (") for cell in cells]
        lines.append([label, *(value for value, _, _ in parts)])
        if any(limits for _, _, limits in parts):
            lines.append(["", *(limits and f"({limits}" for _, _, limits in parts)])
    return lines


def _table(evaluations: Sequence[Evaluation], main: Evaluation, cell: Callable[..., str]) -> list[list[str]]:
    rows = [["Ramp left out; compared", *(f"{_left_out(e)}; {months(e.parts.months)}" for e in evaluations)]]
    rows.append(_money("Gain a month", [e.monthly_gain for e in evaluations], main, cell))
    if math.isnan(main.cost):
        return rows
    rows.append([f"ROI of {months(main.horizon)}, %", *(cell(e.roi, 0.01, _whole) for e in evaluations)])
    rows.append(["Chance that it is above 0", *(chance(e.probability) for e in evaluations)])
    rows.append(["Paid back after, months", *(cell(e.payback, 1.0, _payback(e)) for e in evaluations)])
    return [*rows, _money("Present value", [e.npv for e in evaluations], main, cell)]


def _money(label: str, found: Sequence[Estimate], main: Evaluation, cell: Callable[..., str]) -> list[str]:
    """A row of amounts, in a unit that makes all of them short."""
    size, name = scale([x for one in found for x in (one.value, one.low, one.high)])
    unit = " ".join(filter(None, (name, main.currency)))
    return [f"{label}, {unit}" if unit else label, *(cell(one, size) for one in found)]


def _limits(x: Estimate, size: float, write: Callable[[float], str] = rounded) -> str:
    value, low, high = (write(y / size) for y in (x.value, x.low, x.high))
    return value if math.isnan(x.low) and math.isnan(x.high) else f"{value} ({low} to {high})"


def _whole(x: float) -> str:
    return NOTHING if math.isnan(x) else f"{x:z,.0f}"


def _payback(e: Evaluation) -> Callable[[float], str]:
    """Months; beyond the horizon, that it is."""
    return lambda x: f"{x:.1f}" if x == x else NOTHING if math.isnan(e.monthly_gain.low) else f">{e.horizon}"


# ---------------------------------------------------------------- the simple count


def so_many(section: Section) -> list[str]:
    """The simple count in a few lines: it stands behind the verdict."""
    said = [sentence for row in section.rows if (sentence := _monthly(row))]
    if "roi" in section:
        said.append(_return(section))
    return [section.title, *paragraph(" ".join(said))]


def _monthly(row: Row) -> str:
    if row.before is None:
        return ""
    before, after = (number(x, row.unit, row.currency) for x in (row.before, row.after))
    return f"{row.label} went from {before} to {after} ({changed(row)})."


def _return(simple: Section) -> str:
    """The return in a sentence."""
    net, gain, cost, back = (simple[name] for name in ("roi", "gain", "cost", "payback"))
    if net.value is None or math.isnan(net.value):
        return "An ROI cannot be said: the CRM cost nothing in this time."
    more, spent = (number(abs(row.value or 0.0), "money", row.currency) for row in (gain, cost))
    gained = f"{more} {'more' if (gain.value or 0.0) >= 0 else 'less'} {gain.label[5:]}"
    paid = "" if back.value is None or math.isnan(back.value) else f", paid back after {number(back.value, 'months')}"
    return f"That is {gained}, {spent} spent, a simple ROI of {number(net.value, 'share')}{paid}."
