"""How a report looks on a screen: numbers by their unit, aligned columns, at most 100 columns wide."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import evolve

from crm_metrics.currencies import exponent
from crm_metrics.errors import listed
from crm_metrics.report import FEW, NEW, Report
from crm_metrics.scorecard import Row, Section
from crm_metrics.windows import Windows

Group: TypeAlias = tuple[Any, ...]

WIDTH = 100
LABEL = 30
MOST_GROUPS = 40
MANY_MANAGERS, ENDS = 8, 3
NOTHING = "-"

SHORT = {
    "deals_created": "came in",
    "deals_closed": "closed",
    "deals_won": "won",
    "won_revenue": "revenue",
    "average_deal_size": "avg deal",
    "median_sales_cycle": "med. cycle",
    "gross_margin": "margin",
    "cac": "CAC",
}
"""What metrics are called at the head of a narrow column."""


# ---------------------------------------------------------------- numbers


def number(x: float | None, unit: str, currency: str = "", *, code: bool = True) -> str:
    """A number as its unit is written; a dash where it is undefined. Money carries its currency's code.

    >>> number(0.63151, "share"), number(10005534.0, "money", "USD"), number(57.0, "days"), number(math.nan, "share")
    ('63.2 %', '10,005,534 USD', '57.0 d', '-')
    >>> number(12.5, "money", "USD"), number(1.27, "times"), number(1.38, "months")
    ('12.50 USD', '1.27 x', '1.4 months')
    """
    if x is None or math.isnan(x):
        return NOTHING
    if unit == "money":
        digits = 0 if abs(x) >= 1000 or x == round(x) else min(2, exponent(currency or None))
        return f"{x:z,.{digits}f} {currency if code else ''}".rstrip()
    write = _UNITS.get(unit, "{:z,.2f}")
    return write.format(x * 100 if unit == "share" else x)


_UNITS = {
    "share": "{:z,.1f} %",
    "count": "{:z,.0f}",
    "days": "{:z,.1f} d",
    "hours": "{:z,.1f} h",
    "months": "{:z,.1f} months",
    "points": "{:+.1f}",
    "times": "{:z,.2f} x",
}


def change(row: Row) -> str:
    """How much a row changed: points for shares, else a percentage of what was before."""
    if row.unit in ("share", "points"):
        x = row.difference
        return NOTHING if x is None or math.isnan(x) else f"{x * (100 if row.unit == 'share' else 1):+.1f} points"
    x = row.change
    return NOTHING if x is None or math.isnan(x) else f"{x * 100:+,.1f} %"


# ---------------------------------------------------------------- text


def plain(text: str) -> str:
    """A label of the data without line breaks, control characters and marks that turn the line around."""
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return "".join(c for c in kept if unicodedata.category(c) not in ("Cf", "Cs", "Co"))


def width(text: str) -> int:
    """How many columns a text takes: wide letters take two, combining marks none."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


def cut(text: str, most: int = LABEL) -> str:
    """A text of at most so many columns."""
    if width(text) <= most:
        return text
    while width(text) > most - 3:
        text = text[:-1]
    return f"{text.rstrip()}..."


def aligned(rows: Sequence[Sequence[str]], indent: int = 2) -> list[str]:
    """Rows as lines: the first column to the left, the others to the right."""
    sizes = [max(map(width, column)) for column in zip(*rows, strict=True)]
    out = []
    for row in rows:
        pads = [" " * (size - width(cell)) for size, cell in zip(sizes, row, strict=True)]
        cells = [row[0] + pads[0], *(pad + cell for pad, cell in zip(pads[1:], row[1:], strict=True))]
        out.append((" " * indent + "   ".join(cells)).rstrip())
    return out


def paragraph(text: str, indent: int = 2) -> list[str]:
    """A sentence in lines; a word that is longer than a line is cut."""
    lines: list[str] = []
    room = 0
    for word in (cut(word, WIDTH - indent) for word in plain(text).split()):
        if width(word) + 1 > room:
            lines.append(" " * indent + word)
            room = WIDTH - indent - width(word)
        else:
            lines[-1] += f" {word}"
            room -= width(word) + 1
    return lines


# ---------------------------------------------------------------- the report


def text(report: Report) -> str:
    """The whole report as text."""
    blocks = [_head(report), *map(_section, report.sections)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(report: Report) -> list[str]:
    lines = [cut(plain(report.company), WIDTH)] if report.company else []
    two = report.windows
    lines.append(
        f"Data from {report.first_day} to the end of {report.as_of}" if report.first_day else "No data with a date"
    )
    if report.go_live:
        lines[-1] += f"; the CRM went live on {report.go_live}"
    if isinstance(two, Windows):
        ramp = f"; the {report.ramp_weeks} weeks of getting used to it are left out" if report.ramp_weeks else ""
        for side, period in (("Before", two.before), ("After", two.after)):
            last = period.end - dt.timedelta(days=1)
            lines.append(f"{side:8}{_months(two.months)}, {period.start} to {last}{ramp if side == 'After' else ''}")
    return lines


def _months(n: int) -> str:
    return "1 month" if n == 1 else f"{n} months"


def _section(section: Section) -> list[str]:
    draw = _DRAWN.get(section.name, _groups if section.by else _lines)
    return [*draw(section), *(line for note in section.notes for line in paragraph(note))]


def _payoff(section: Section) -> list[str]:
    """The answer in a sentence, then how it comes about."""
    answer = paragraph(_answer(section)) if "roi" in section else []
    return [section.title, *answer, *_lines(evolve(section, title=""))] if section.rows else [section.title]


def _answer(payoff: Section) -> str:
    """The answer in a sentence."""
    net, gain, cost = payoff["roi"].value, payoff["gain"], payoff["cost"]
    if net is None or math.isnan(net):
        return "That cannot be said: the CRM cost nothing in this time."
    verdict = "yes" if net > 0 else "no, or not yet"
    more, spent = (number(abs(row.value or 0.0), "money", row.currency) for row in (gain, cost))
    gained = f"{more} {'more' if (gain.value or 0.0) >= 0 else 'less'} gross profit"
    return f"On a simple count, {verdict}: {gained}, {spent} spent, an ROI of {number(net, 'share')}."


def _lines(section: Section) -> list[str]:
    """One line per metric: its value, or before, after and change."""
    compared = any(row.before is not None for row in section.rows)
    rows = [[section.title, *(("before", "after", "change") if compared else [""])]]
    for row in section.rows:
        cells = [number(x, row.unit, row.currency) for x in (row.before, row.after, row.value) if x is not None]
        if compared:
            cells = [*cells, change(row)] if row.value is None else ["", *cells, ""]
        rows.append([f"  {row.label}", *cells])
    return aligned(rows, indent=0)


# ---------------------------------------------------------------- groups


def _groups(section: Section) -> list[str]:
    """One line per group."""
    groups = list(dict.fromkeys(row.group for row in section.rows))
    lines = [_title(section), *_table(section, groups[:MOST_GROUPS])]
    if len(groups) > MOST_GROUPS:
        lines.append(f"  ... and {len(groups) - MOST_GROUPS:,} more groups: --format csv or json has all of them")
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
    few = [f"{plain(str(row.group[0]))} ({row.value:,.0f})" for row in section.rows if _counts_new(row)]
    lines = paragraph(f"Not ranked, with fewer than {FEW} closed deals: {listed(few)}.") if few else []
    if ranked:
        lines += paragraph("The fewer deals were closed, the more of a difference may be chance.")
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
    lines: list[str] = []
    for block in _blocks(columns, max(map(width, names), default=0)):
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


def _blocks(columns: Sequence[list[str]], label: int) -> Iterator[list[list[str]]]:
    """As many columns at a time as the width holds."""
    block: list[list[str]] = []
    room = WIDTH - label - 2
    for column in columns:
        size = max(map(width, column)) + 3
        if block and size > room:
            yield block
            block, room = [], WIDTH - label - 2
        block.append(column)
        room -= size
    if block:
        yield block


def _name(group: Group, rows: Mapping[tuple[Group, str], Row]) -> str:
    most = LABEL if len(group) == 1 else LABEL // 2
    name = " / ".join("(none)" if part is None else cut(plain(str(part)), most) for part in group)
    few = any(row.note == NEW for (other, _), row in rows.items() if other == group)
    return name + (" *" if few else "")


_NARROW = ("deals_won",)  # said by closed deals and win rate, where each column is two
_DRAWN: Mapping[str, Callable[[Section], list[str]]] = {"payoff": _payoff, "managers": _managers}
