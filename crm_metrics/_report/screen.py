"""How a report looks on a screen, at most 100 columns wide."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from crm_metrics._company.windows import Windows
from crm_metrics._report.payoff import Verdict
from crm_metrics._report.report import Report
from crm_metrics._report.selling import FEW, NEW
from crm_metrics._report.sentences import answer_told, changed, months, notes, so_many
from crm_metrics._scorecards.measures import Row, Section
from crm_metrics._uncertainty.differences import Change
from crm_metrics._uncertainty.interval import Interval
from crm_metrics._values.writing import (
    LABEL,
    NOTHING,
    WIDTH,
    aligned,
    blocks,
    cut,
    number,
    paragraph,
    printable,
    rounded,
    scale,
    span,
    width,
)
from crm_metrics.errors import listed
from crm_metrics.roi.fairness import spanned

Group: TypeAlias = tuple[Any, ...]

MOST_GROUPS, MOST_REASONS = 40, 8
MANY_MANAGERS, ENDS = 8, 3
NARROWEST = 13  # columns of an amount on the compared scorecard

SHORT = {
    "deals_created": "came in",
    "deals_closed": "closed",
    "deals_won": "won",
    "won_revenue": "revenue",
    "average_deal_size": "avg deal",
    "median_sales_cycle": "med. cycle",
    "gross_margin": "margin",
    "cac": "CAC",
    "overall_conversion": "of first",
    "step_conversion": "of previous",
    "median_days": "median stay",
    "deals_lost": "lost",
    "lost_amount": "amount",
    "won_within": "won",
}
"""What metrics are called at the head of a narrow column."""


CARDS = ("scorecard", "addons")
"""Sections with a line for each metric, before, after and the change."""


# ---------------------------------------------------------------- the report


def text_of_report(report: Report) -> str:
    """The whole report as text."""
    blocks = [_head(report), *(_section(section, report) for section in report.sections)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(report: Report) -> list[str]:
    lines = [cut(printable(report.company), WIDTH)] if report.company else []
    lines.append(
        f"Data from {report.first_day} to the end of {report.as_of}" if report.first_day else "No data with a date"
    )
    if report.go_live:
        lines[-1] += f"; the CRM went live on {report.go_live}"
    return lines


def _section(section: Section, report: Report) -> list[str]:
    if isinstance(section, Verdict):
        return answer_told(section)
    if not section.rows and section.name not in _DRAWN:
        return [section.title, *notes(section.notes)]
    if section.name in CARDS and isinstance(report.windows, Windows):
        said = (_when(report, report.windows),) if section.name == "scorecard" else ()
        return [*_card(section), *notes((*said, *section.notes))]
    draw = _DRAWN.get(section.name, _groups if section.by else _lines)
    return [*draw(section), *notes(section.notes)]


def _when(report: Report, two: Windows) -> str:
    """Which months are compared on the scorecard."""
    ramp = ", without the ramp" if report.ramp_weeks else ""
    before = "" if report.paper else f"Before: {spanned(two.before)}. "
    return f"{before}After{ramp}: {spanned(two.after)} ({months(two.months)})."


# ---------------------------------------------------------------- the scorecard


def _card(section: Section) -> list[str]:
    """One line per metric: before, after, the change with its limits, and what to think of it."""
    size, title = _amounts(section.rows)
    sure = "95 % sure" if any(map(_sure, section.rows)) else ""
    rows = [[f"{section.title}{title}", "before", "after", "change", sure, ""]]
    several = len({row.currency for row in section.rows if row.unit == "money"}) > 1
    for row in section.rows:
        sides = (_amount(x, row, size) for x in (row.before, row.after))
        label = f"{_label(row)}, {row.currency}" if several and row.currency else _label(row)
        rows.append([f"  {label}", *sides, changed(row), _sure(row), _found(row)])
    return aligned(rows, indent=0, gap=2)


def _amounts(rows: Sequence[Row]) -> tuple[float, str]:
    """What amounts are divided by so that the card is narrow enough, and the words for the title."""
    money = [row for row in rows if row.unit == "money"]
    amounts = [x for row in money for x in (row.before, row.after) if x is not None]
    longest = max((len(number(x, "money")) for x in amounts), default=0)
    size, name = scale(amounts) if longest > NARROWEST else (1.0, "")
    codes = {row.currency for row in money}
    code = codes.pop() if len(codes) == 1 else ""
    return size, f" (money in {f'{name} {code}'.strip()})" if name or code else ""


def _amount(x: float | None, row: Row, size: float) -> str:
    if row.unit != "money" or x is None or size == 1:
        return number(x, row.unit)
    return rounded(x / size)


def _label(row: Row) -> str:
    """The label without its explanation, and with what the total is of."""
    head, _, tail = row.label.partition(" (")[0].partition(", ")
    return f"{head} {tail}" if tail == "a month" else head


def _sure(row: Row) -> str:
    """The limits of the change, in the unit of the change."""
    found = getattr(row, "found", None)
    if not isinstance(found, Change):
        return ""
    if row.unit in ("share", "points"):
        return span(found.low, found.high, "pts")
    return span(found.relative_low, found.relative_high, "%")


def _found(row: Row) -> str:
    """The verdict, marked where a note says what decides; or why there is none, in a word or two."""
    found = getattr(row, "found", None)
    if not isinstance(found, Change):
        return row.note.partition(":")[0]
    return f"{found.verdict} *" if row.note else found.verdict


def _lines(section: Section) -> list[str]:
    """One line per metric: its value, and its limits where there are any."""
    rows = []
    for row in section.rows:
        rows.append([f"  {row.label}", number(row.value, row.unit, row.currency), _interval(row) or row.note])
    sure = any(_interval(row) for row in section.rows)
    return aligned([[section.title, "", "95 % sure" if sure else ""], *rows], indent=0)


def _interval(row: Row) -> str:
    """The limits of a value, as it is written itself."""
    found = getattr(row, "found", None)
    if not isinstance(found, Interval):
        return ""
    if math.isnan(found.low):
        return found.method
    low, high = (number(x, row.unit) for x in (found.low, found.high))
    return f"{low.removesuffix(' %').removesuffix(' d')} to {high}"


def _open(section: Section) -> list[str]:
    """What is still open, in a sentence."""
    said = [
        f"{row.label[:1].lower()}{row.label[1:]} {number(row.value, row.unit, row.currency)}" for row in section.rows
    ]
    return paragraph(f"{section.title}: {', '.join(said)}.", 0)


# ---------------------------------------------------------------- groups


def _groups(section: Section) -> list[str]:
    """One line per group."""
    groups = list(dict.fromkeys(row.group for row in section.rows))
    most = MOST_REASONS if section.name == "reasons" else MOST_GROUPS
    named = [group for group in groups if None not in group] if len(groups) > most else groups
    few = [*named[:most], *(group for group in groups if group not in named)]  # what has no name is shown always
    lines = [_title(section), *_table(section, few)]
    if len(groups) > len(few):
        what = section.name if section.name == "reasons" else "groups"
        lines.append(f"  ... and {len(groups) - len(few):,} more {what}: --format csv or json has all of them")
    if any(row.note for row in section.rows):
        lines.append(f"  * fewer than {FEW} closed deals: chance decides such a rate")
    return lines


def _managers(section: Section) -> list[str]:
    """The best and the worst; managers with few closed deals are named below them."""
    notes = {row.group: row.note for row in section.rows}
    groups = [group for group, note in notes.items() if note != NEW]
    ranked = sum(notes[group].startswith("rank") for group in groups)
    between = ranked - 2 * ENDS if ranked > MANY_MANAGERS else 0
    shown = [*groups[:ENDS], *groups[ENDS + between :]]
    table = _table(section, shown) if shown else []
    if between:
        table.insert(len(table) - len(shown) + ENDS, f"  ... {between} more between them, see --by manager")
    few = [f"{printable(str(row.group[0]))} ({row.value:,.0f})" for row in section.rows if _counts_new(row)]
    lines = paragraph(f"Not ranked, with fewer than {FEW} closed deals: {listed(few)}.") if few else []
    return [_title(section), *table, *lines]


def _counts_new(row: Row) -> bool:
    return row.note == NEW and row.metric == "deals_closed" and row.value is not None


def _title(section: Section) -> str:
    codes = {row.currency for row in section.rows if row.unit == "money"}
    return f"{section.title} (money in {codes.pop()})" if len(codes) == 1 and codes != {""} else section.title


def _table(section: Section, groups: Sequence[Group]) -> list[str]:
    """The groups as lines, a column for each metric (two where there is a before and an after)."""
    rows = {(row.group, row.metric): row for row in section.rows}
    names = [_name(group, rows) for group in groups]
    one_currency = len({row.currency for row in section.rows if row.unit == "money"}) < 2
    columns = []
    compared = any(row.before is not None for row in section.rows)
    for metric in dict.fromkeys(row.metric for row in section.rows if not (compared and row.metric in _NARROW)):
        cells = [rows.get((group, metric)) for group in groups]
        columns.append(_column(metric, cells, one_currency))
        if limits := [_interval(row) if row else "" for row in cells]:
            columns += [["95 % sure", *limits]] if any(limits) else []
    lines: list[str] = []
    for block in blocks(columns, max(map(width, names), default=0)):
        heads = len(block[0]) - len(groups)
        lines += aligned(list(zip([*[""] * heads, *names], *block, strict=True)))
    return lines


def _column(metric: str, rows: Sequence[Row | None], one_currency: bool) -> list[str]:
    """The head of a metric and its cells; before and after stand beside each other in one cell."""
    head = SHORT.get(metric, metric.replace("_", " "))
    written = [["" if row is None else _written(x, row, one_currency) for x in _sides(row)] for row in rows]
    two = max(map(len, written), default=1) == 2
    if not two:
        return [head, *(cells[0] if cells else NOTHING for cells in written)]
    pairs = [["before", "after"], *(cells or [NOTHING, NOTHING] for cells in written)]
    return [head, *(line[2:] for line in _paired(pairs))]


def _paired(pairs: Sequence[Sequence[str]]) -> list[str]:
    return aligned([["", *pair] for pair in pairs], indent=0)


def _sides(row: Row | None) -> list[float]:
    return [] if row is None else [x for x in (row.before, row.after, row.value) if x is not None]


def _written(x: float, row: Row, one_currency: bool) -> str:
    return number(x, row.unit, row.currency, code=not one_currency)


def _name(group: Group, rows: Mapping[tuple[Group, str], Row]) -> str:
    most = LABEL if len(group) == 1 else LABEL // 2
    name = " / ".join("(none)" if part is None else cut(printable(str(part)), most) for part in group)
    few = any(row.note == NEW for (other, _), row in rows.items() if other == group)
    return name + (" *" if few else "")


_NARROW = ("deals_won",)  # said by closed deals and win rate, where each column is two
_DRAWN: Mapping[str, Callable[[Section], list[str]]] = {"simple": so_many, "open": _open, "managers": _managers}
