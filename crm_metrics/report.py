"""The report of a company as data: did its CRM pay off on a simple count, what changed, who sells, what is missing.

Nothing is invented: what cannot be said is said to be missing, and why. How it looks is the work of
`crm_metrics.screen`.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import evolve, frozen

from crm_metrics.breakdown import order, ratio
from crm_metrics.columns import created, margin, opened, won
from crm_metrics.crm import CRM
from crm_metrics.errors import MixedCurrencies, WrongValue, listed
from crm_metrics.groups import By
from crm_metrics.kernel import totals
from crm_metrics.periods import Period, TimeKey
from crm_metrics.records import Deal
from crm_metrics.roi import payback, roi
from crm_metrics.scorecard import (
    CLOSED,
    GROUPED,
    NUMBERS,
    PROFIT,
    REVENUE,
    SCORECARD,
    STILL_OPEN,
    WIN_RATE,
    WON,
    Asked,
    Row,
    Section,
    filled,
)
from crm_metrics.windows import AFTER, BEFORE, NoWindows, Windows

FEW = 10
"""Managers with fewer closed deals are not ranked."""

NEW = f"fewer than {FEW} closed deals"
"""The note on a rate that stands on so few deals."""

HALF = 0.5
"""Gross profit is not compared where fewer of the won deals state their cost."""

PLACED = (
    "Deals that came in, and their conversion, are counted on the day they came in; all else about deals on the day "
    "they closed; spending on the day it was spent."
)
SIMPLE = (
    "Simple and unadjusted: all that changed since go-live is credited to the CRM, be it the market, the season, "
    "prices or staff."
)
SEASON = "The windows are not of the same months of the year, so seasons may differ."


@frozen
class Report:
    """What the main job says about a company, as data."""

    company: str | None
    first_day: dt.date | None
    as_of: dt.date | None
    go_live: dt.date | None
    ramp_weeks: int
    windows: Windows | NoWindows
    sections: tuple[Section, ...]

    @classmethod
    def of(cls, crm: CRM, *, by: Iterable[str] = ()) -> Report:
        """The report of a company; `by` names fields, lookup columns or units of time to group by as well.

        >>> deals = {"status": ["won", "lost"], "created_at": ["2024-01-01"] * 2, "closed_at": ["2024-01-31"] * 2}
        >>> report = Report.of(CRM(deals=deals))
        >>> report["scorecard"]["win_rate"].value
        0.5
        >>> report["payoff"].notes
        ('No comparison and no ROI: the day the CRM went live (go_live) is not given.',)
        """
        windows, asked = crm.windows(), Asked(crm)
        two = windows if isinstance(windows, Windows) else None
        sections = [
            _payoff(asked, windows),
            _scorecard(asked, two),
            Section("open", f"Open at the end of {crm.last_day}", asked.rows(STILL_OPEN) if crm.last_day else ()),
            _managers(asked, two),
            *(_grouped(asked, name, two) for name in by),
        ]
        missing = Section("missing", "What is missing or left out", notes=tuple(_missing(asked)))
        kept = [s for s in (*sections, missing) if s.rows or s.notes]
        about = (crm.name, crm.first_day, crm.last_day, crm.go_live, crm.ramp_weeks)
        return cls(*about, windows, tuple(kept))

    def __getitem__(self, name: str) -> Section:
        """The section of a name."""
        for section in self.sections:
            if section.name == name:
                return section
        raise WrongValue(f"there is no section {name!r}: use one of {listed(s.name for s in self.sections)}")

    def with_section(self, section: Section, *, after: str) -> Report:
        """The same report with one more section."""
        place = self.sections.index(self[after]) + 1
        return evolve(self, sections=(*self.sections[:place], section, *self.sections[place:]))

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, null where a number is undefined."""
        two = self.windows if isinstance(self.windows, Windows) else None
        return {
            "company": self.company,
            "first_day": _iso(self.first_day),
            "as_of": _iso(self.as_of),
            "go_live": _iso(self.go_live),
            "ramp_weeks": self.ramp_weeks,
            "before": two and _span(two.before),
            "after": two and _span(two.after),
            "months": two and two.months,
            "no_comparison": self.windows.reason if isinstance(self.windows, NoWindows) else None,
            "sections": [section.to_dict() for section in self.sections],
        }

    def to_json(self, *, ascii_only: bool = False) -> str:
        """The report as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=ascii_only, indent=2, allow_nan=False, default=str)

    def to_csv(self) -> str:
        """The rows of all sections as CSV, one number per row (or one before and one after), empty where undefined."""
        out = io.StringIO()
        names = ("section", "by", "group", "metric", "label", "unit", "currency", *NUMBERS, "note")
        writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
        writer.writeheader()
        for section in self.sections:
            for row in section.rows:
                data = {k: "" if v is None else v for k, v in row.to_dict().items() if k in names}
                group = ", ".join("" if k is None else str(k) for k in row.group)
                writer.writerow({**data, "section": section.name, "by": ", ".join(section.by), "group": group})
        return out.getvalue()


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _span(period: Period) -> dict[str, str]:
    """A period as data: up to, not including, its end."""
    return {"start": period.start.isoformat(), "end": period.end.isoformat()}


# ---------------------------------------------------------------- did it pay off?


def _payoff(asked: Asked, windows: Windows | NoWindows) -> Section:
    """The simple ROI, or as much of it as the data allow."""
    title = "Did the CRM pay off?"
    if isinstance(windows, NoWindows):
        return Section("payoff", title, notes=(f"No comparison and no ROI: {windows.reason}.",))
    profit = asked.rows([PROFIT], windows=windows)
    if not profit:
        return _revenue(asked, windows, next(gap for gap, labels in asked.gaps.items() if PROFIT.label in labels))
    costed = _costed(asked.crm, windows)
    part = " and ".join(f"{100 * share:.0f} % {side}" for side, share in costed.items())
    if min(costed.values()) < HALF:
        return _revenue(asked, windows, f"too few of the won deals state their cost, {part}")
    rows, notes = _monthly(profit, windows), [SIMPLE] + [SEASON] * (windows.months % 12 > 0)
    if min(costed.values()) < 0.995:
        notes.append(f"Gross profit counts the won deals that state their cost: {part}.")
    if not asked.crm.costs:
        return Section("payoff", title, rows, notes=(*notes, "No ROI: what the CRM itself cost is not given."))
    try:
        return Section("payoff", title, (*rows, *_return(asked.crm, profit[0], windows)), notes=tuple(notes))
    except MixedCurrencies as error:
        reason = str(error).partition(":")[0].partition(" (")[0]
        why = f"No ROI: the costs of the CRM are in another currency than the deals, or in none ({reason})."
        return Section("payoff", title, rows, notes=(*notes, why))


def _revenue(asked: Asked, windows: Windows, why: str) -> Section:
    """Revenue where there is no gross profit, and why."""
    rows = _monthly(asked.rows([REVENUE], windows=windows), windows)
    more = ("Revenue is shown instead; what it cost to earn is still in it.",) if rows else ()
    return Section("payoff", "Did the CRM pay off?", rows, notes=(f"No gross profit and no ROI: {why}.", *more))


def _costed(crm: CRM, windows: Windows) -> dict[str, float]:
    """The share of won deals that state amount and cost, before and after."""
    t = totals(crm.deals, Deal, windows, at="closed_at")
    wins = t.count(won)
    shares = ratio(wins - t.missing(margin, where=won), wins).on((BEFORE, AFTER))  # type: ignore[union-attr]
    return {side: 1.0 if share != share else share for side, share in shares.items()}


def _monthly(rows: tuple[Row, ...], windows: Windows) -> tuple[Row, ...]:
    """Sums of the windows as sums a month."""
    return tuple(
        evolve(
            row,
            metric=f"{row.metric}_a_month",
            label=f"{row.label} a month",
            before=row.before / windows.months,
            after=row.after / windows.months,
        )
        for row in rows
        if row.before is not None and row.after is not None
    )


def _return(crm: CRM, profit: Row, windows: Windows) -> Iterator[Row]:
    gain, cost = profit.difference, crm.cost(before=windows.after.end)
    assert gain is not None and not hasattr(cost, "array")
    net = roi(gain=gain, cost=cost)
    months = payback([-float(cost), *[float(gain) / windows.months] * windows.months]) if cost else 0.0
    money = evolve(profit, before=None, after=None)
    until = windows.after.end - dt.timedelta(days=1)
    yield evolve(money, metric="gain", label=f"Gain in {windows.months} months", value=float(gain))
    yield evolve(money, metric="cost", label=f"Cost of the CRM to {until}", value=float(cost), better="lower")
    yield Row(metric="roi", label="Simple ROI, (gain - cost) / cost", unit="share", better="higher", value=net)
    yield Row(metric="payback", label="Paid back after", unit="months", better="lower", value=months)


def _scorecard(asked: Asked, windows: Windows | None) -> Section:
    rows = asked.rows(SCORECARD, windows=windows)
    notes = (PLACED, *_immature(asked.crm, windows)) if rows else ()
    return Section("scorecard", "Scorecard", rows, notes=notes)


def _immature(crm: CRM, windows: Windows | None) -> Iterator[str]:
    """Deals that came in late in the window have not had their time."""
    if windows is None or crm.deals is None or not filled(crm.deals, "created_at"):
        return
    t = totals(crm.deals, Deal, windows, at="created_at")
    share = ratio(t.count(opened), t.count(created)).on((AFTER,))[AFTER]  # type: ignore[union-attr]
    if share > 0.01:
        part = f"{100 * share:.0f} %"
        yield f"Of the deals that came in after go-live {part} are still open: that conversion will yet rise."


# ---------------------------------------------------------------- who sells, and other groups


def _managers(asked: Asked, windows: Windows | None) -> Section:
    """Managers by win rate, the best first; those with few closed deals, and deals of nobody, after them."""
    title = "Managers, by win rate" + (" after go-live" if windows else "")
    if asked.crm.deals is None or not filled(asked.crm.deals, "manager"):
        if asked.crm.deals is not None:
            asked.lacks("the deals have no manager", "best and worst managers")
        return Section("managers", title)
    rows = asked.rows((CLOSED, WON, WIN_RATE, REVENUE), by="manager", windows=windows)
    rows = tuple(evolve(row, value=row.after, before=None, after=None) for row in rows) if windows else rows
    closings = {row.group: row.value or 0 for row in rows if row.metric == CLOSED.name}
    rates = {row.group: row.value or 0.0 for row in rows if row.metric == WIN_RATE.name}
    ranked = [g for g in rates if closings[g] >= FEW and g[0] is not None]
    ranked.sort(key=lambda g: (-rates[g], -closings[g], order(g)))
    places = {g: (0, i) for i, g in enumerate(ranked)}
    rest = sorted((g for g in rates if g not in places and closings[g]), key=lambda g: (g[0] is None, -closings[g]))
    places |= {g: (1, i) for i, g in enumerate(rest)}
    noted = [evolve(row, note=_standing(row.group, places)) for row in rows if row.group in places]
    noted.sort(key=lambda row: places[row.group])
    return Section("managers", title, tuple(noted), ("manager",))


def _standing(group: tuple[Any, ...], places: dict[Any, tuple[int, int]]) -> str:
    unranked, place = places[group]
    if unranked:
        return "no manager named" if group[0] is None else NEW
    return f"rank {place + 1}"


def _grouped(asked: Asked, name: str, windows: Windows | None) -> Section:
    """Metrics by what the user asked for: before and after, or over the whole time where the groups are times."""
    by = asked.crm.key(name)
    keys = by if isinstance(by, tuple) else (by,)
    timed = any(isinstance(key, TimeKey) for key in keys)
    rows = asked.rows(GROUPED, by=by, windows=None if timed else windows)
    names = tuple(key if isinstance(key, str) else str(getattr(key, "__name__", "")) for key in keys)
    closings = {row.group: _fewest(row) for row in rows if row.metric == CLOSED.name}
    empty = {row.group for row in rows if None in row.group} - {row.group for row in rows if _says(row)}
    noted = [evolve(row, note=_few(row, closings)) for row in rows if row.group not in empty]
    return Section(f"by {name}", f"By {', '.join(names)}", tuple(_in_order(noted, by, timed)), names)


def _says(row: Row) -> bool:
    """Whether a row has a number other than nothing."""
    return any(x and x == x for x in (row.value, row.before, row.after))


def _fewest(row: Row) -> float:
    return min(x for x in (row.value, row.before, row.after) if x is not None)


def _few(row: Row, closings: dict[tuple[Any, ...], float]) -> str:
    return NEW if 0 < closings.get(row.group, 0) < FEW and row.group[0] is not None else ""


def _in_order(rows: list[Row], by: By, timed: bool) -> list[Row]:
    """Times in their order; other groups by revenue, the largest first, or by deals where there is none."""
    if timed:
        return sorted(rows, key=lambda row: order(row.group))
    first = next((m for m in (REVENUE.name, "deals_created") if any(row.metric == m for row in rows)), "")
    size = {row.group: row.value if row.after is None else row.after for row in rows if row.metric == first}
    return sorted(rows, key=lambda row: (row.group[0] is None, -(size.get(row.group) or 0), order(row.group)))


# ---------------------------------------------------------------- what is missing or left out


def _missing(asked: Asked) -> Iterator[str]:
    """What the data do not hold, and what that leaves unsaid."""
    for gap, labels in asked.gaps.items():
        what = listed(dict.fromkeys(f"{label[:1].lower()}{label[1:]}".partition(",")[0] for label in labels))
        yield f"Not shown, because {gap}: {what}."
    crm = asked.crm
    for record in ("deals", "spend"):
        t = getattr(crm, record)
        if t is not None and t.report is not None and t.report.rows > t.report.kept:
            lost = t.report.rows - t.report.kept
            yield f"{lost:,} of {t.report.rows:,} rows of {record} were left out for bad cells."
    if crm.deals is not None and "created_at" in crm.deals and (n := int(crm.deals["created_at"].missing.true.sum())):
        yield f"{n:,} of {len(crm.deals):,} deals have no day on which they came in: they are in no period."
    for lookup in crm.lookups:
        if crm.deals is not None and (unknown := lookup.unmatched(crm.deals)):
            names = listed((f"{k} ({n:,} deals)" for k, n in sorted(unknown.items(), key=lambda pair: -pair[1])), 5)
            yield f"{lookup.source} does not know every {lookup.on}: {names}."
