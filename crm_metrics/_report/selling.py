"""How the company sells, for its report: the funnel, why deals are lost, add-ons, and deals that are still open."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

from attrs import evolve

from crm_metrics import sales
from crm_metrics._company.crm import CRM
from crm_metrics._company.windows import AFTER, BEFORE, Windows
from crm_metrics._report.certainty import marked, sure, with_changes, with_intervals
from crm_metrics._report.omissions import absent
from crm_metrics._scorecards.comparable import Windowed
from crm_metrics._scorecards.measures import CLOSED, REVENUE, WIN_RATE, WON, Asked, Entry, Row, Section, has_any
from crm_metrics._tables.lookups import via
from crm_metrics._tables.where import where
from crm_metrics._uncertainty.interval import interval
from crm_metrics._values.breakdown import Breakdown
from crm_metrics._values.keys import order
from crm_metrics._values.writing import number
from crm_metrics.errors import CrmError, UnknownName, WrongValue
from crm_metrics.records import StageChange
from crm_metrics.sales import Funnel

WITHIN = (14, 30, 60, 90)
"""Days after which deals are asked for, whether they are won."""

MOST_GO_ON = 0.95
"""Where a larger share goes on, nothing leaks."""

ADDONS = (
    Entry(sales.addon_deals, "Upsells and cross-sells won"),
    Entry(sales.addon_revenue_share, "Their share of revenue"),
    Entry(sales.addon_customer_share, "Customers who bought more"),
    Entry(sales.repeat_rate, "Customers who bought twice"),
)
WHY = (Entry(sales.deals_lost, "Deals lost"), Entry(sales.lost_amount, "Amount lost"))
LATE = "The last stage is of deals that came in during these months; Deals won closed in them."
"""Why the funnel has other wins than the scorecard."""

STEPS = (
    ("reached", "Reached", "count"),
    ("overall_conversion", "Of the first stage", "share"),
    ("step_conversion", "Of the stage before", "share"),
    ("median_days", "Median stay", "days"),
)


FEW = 10
"""Managers with fewer closed deals are not ranked."""

NEW = f"fewer than {FEW} closed deals"
"""The note on a rate that stands on so few deals."""


def funnels(asked: Asked, windows: Windows | None) -> Iterator[Section]:
    """The pipelines that the stage changes name, stage by stage: before go-live and after it, where there are both."""
    crm = asked.crm
    if crm.changes is None:
        return
    if not crm.pipelines:
        asked.lacks("the order of the stages is not given (pipelines)", "Funnel")
    there = [pipeline for pipeline in crm.pipelines if not absent(crm, pipeline)]
    begun = [f"{cut[:1].upper()}{cut[1:]}"] if windows and (cut := Windowed(crm, windows).partly(StageChange)) else []
    for pipeline in there:
        try:
            found = sales.funnel(crm.changes, pipeline, by=windows)
        except CrmError as error:
            asked.lacks(str(error).partition(":")[0], "Funnel")
            continue
        first = pipeline is there[0]
        name, title = ("funnel" if first else f"funnel {pipeline.name}"), "Funnel, by the day deals came in"
        if len(there) > 1:
            title = title.replace("Funnel", f"Funnel of {pipeline.name!r}")
        said = (LATE,) if windows and first and has_any(crm.deals, "closed_at") else ()
        leak = (*_leak(found), *found.cautions(), *said, *begun)
        yield Section(name, title, tuple(_stages(found, windows)), ("stage",), leak)


def _leak(found: Funnel) -> Iterator[str]:
    """Where deals are lost, if more than a few are."""
    if found.leak is None:
        return
    both = (found.drop_off, found.reached)
    dropped, reached = (x.by_group(lambda key: key[-1] if isinstance(key, tuple) else key) for x in both)
    gone, further = dropped[found.leak], reached[found.pipeline.stages[found.pipeline.stages.index(found.leak) + 1]]
    if further < MOST_GO_ON * (gone + further):
        share = number(gone / (gone + further), "share")
        yield f"The largest drop-off is at {found.leak!r}: {share} of the deals that went on from there or dropped off."


def _stages(found: Funnel, windows: Windows | None) -> Iterator[Row]:
    for stage in found.pipeline.stages:
        for name, label, unit in STEPS:
            numbers: Breakdown = getattr(found, name)
            value, before, after = (
                numbers.get(key, math.nan) if key else None
                for key in ((None, (BEFORE, stage), (AFTER, stage)) if windows else (stage, None, None))
            )
            if stage == found.pipeline.success and name == "median_days":
                value, before, after = (None if x is None else math.nan for x in (value, before, after))
            yield Row(metric=name, label=label, unit=unit, group=(stage,), value=value, before=before, after=after)


def lost_why(asked: Asked, windows: Windows | None) -> Iterator[Section]:
    """Why deals are lost, the most frequent reason first."""
    if asked.crm.deals is None:
        return
    if not has_any(asked.crm.deals, "reason"):
        asked.lacks("the deals have no reason", "why deals are lost")
        return
    rows = asked.rows(WHY, by="reason", windows=windows)
    lost = {row.group: sum(x or 0 for x in (row.value, row.before, row.after)) for row in rows if row.unit == "count"}
    some = (row for row in rows if lost[row.group])
    placed = sorted(some, key=lambda row: (row.group[0] is None, -lost[row.group], order(row.group)))
    yield Section("reasons", "Why deals are lost", tuple(placed), ("reason",))


def addons(asked: Asked, windows: Windows | None) -> Iterator[Section]:
    """What is sold on top, and to those who bought before."""
    crm = asked.crm
    rows: tuple[Row, ...] = ()
    if crm.deals is not None and has_any(crm.deals, "kind"):
        rows = asked.rows(ADDONS, windows=windows)
        rows = with_changes(crm, ADDONS, rows, windows) if windows else with_intervals(crm, ADDONS, rows)
    said = (*marked(rows), *_lines(asked))
    if rows or said:
        yield Section("addons", "Upsell and cross-sell", rows, notes=said)


def _lines(asked: Asked) -> Iterator[str]:
    """What the lines of won deals say, over all."""
    crm = asked.crm
    if crm.lines is None or crm.deals is None or "id" not in crm.deals:
        return
    try:
        sold = where(crm.lines, via(crm.deals, "status", "deal").isin("won"))
        lift, attached = sales.addon_lift(sold), sales.attach_rate(sold)
    except (WrongValue, UnknownName) as error:
        why = str(error).partition(";")[0]
        asked.lacks(why.rpartition(":")[0] or why, "What extras add to a deal")
        return
    if lift == lift and attached == attached:
        part, more = (number(x, "share") for x in (attached, lift))
        yield f"Over all the time, extras are on {part} of the deals won, and lift their sum by {more}."


def soon(asked: Asked, windows: Windows | None) -> Iterator[Section]:
    """The share of deals won within so many days; open deals count for as long as they were seen."""
    deals, day = asked.crm.deals, asked.crm.last_day
    if deals is None or day is None or not (has_any(deals, "created_at") and has_any(deals, "closed_at")):
        return
    rows: list[Row] = []
    for days in WITHIN:
        entry = Entry(partial(sales.win_rate_by, days=days, as_of=day), "Won")
        found = asked.rows((entry,), windows=windows)
        rows += [evolve(row, metric="won_within", group=(f"{days} days",)) for row in found]
    said = "Open deals count for as long as they were seen, so young deals do not make the rate look low."
    yield Section("won_within", "Deals won within", tuple(rows), ("days",), notes=(said,))


# ---------------------------------------------------------------- who sells


def managers(asked: Asked, windows: Windows | None) -> Iterator[Section]:
    """Managers, the best first; those with few closed deals, and deals of nobody, after them.

    By win rate; where no deal was lost it says nothing, and they are in the order of revenue, or of deals won.
    """
    after = " after go-live" if windows else ""
    if asked.crm.deals is None or not has_any(asked.crm.deals, "manager"):
        if asked.crm.deals is not None:
            asked.lacks("the deals have no manager", "best and worst managers")
        return
    rows = asked.rows((CLOSED, WON, WIN_RATE, REVENUE), by="manager", windows=windows)
    rows = tuple(evolve(row, value=row.after, before=None, after=None) for row in rows) if windows else rows
    found = {e.name: {row.group: row.value or 0.0 for row in rows if row.metric == e.name} for e in RANKED}
    if none_lost := any(found[WON.name].values()) and found[WON.name] == found[CLOSED.name]:
        rows = tuple(row for row in rows if row.metric != WIN_RATE.name)
    by = (REVENUE if found[REVENUE.name] else WON) if none_lost else WIN_RATE
    places = _places(found[by.name], found[CLOSED.name])
    limits = {} if none_lost else _limits(asked.crm, windows)
    noted = [
        sure(row, limits.get(row.group[0]) if row.metric == WIN_RATE.name else None, note=_standing(row.group, places))
        for row in rows
        if row.group in places
    ]
    noted.sort(key=lambda row: places[row.group])
    notes = (f"No deal{after} is marked as lost, so a win rate would say nothing.",) if none_lost else ()
    yield Section("managers", f"Managers, by {RANKED[by]}{after}", tuple(noted), ("manager",), notes)


RANKED = {WIN_RATE: "win rate", REVENUE: "revenue", WON: "deals won", CLOSED: "deals closed"}


def _places(by: dict[Any, float], closings: dict[Any, float]) -> dict[Any, tuple[int, int]]:
    """The place of each manager, and behind them of those with few closed deals, and of nobody."""
    ranked = [g for g in closings if closings[g] >= FEW and g[0] is not None]
    ranked.sort(key=lambda g: (-by.get(g, 0.0), -closings[g], order(g)))
    places = {g: (0, i) for i, g in enumerate(ranked)}
    rest = sorted((g for g in closings if g not in places and closings[g]), key=lambda g: (g[0] is None, -closings[g]))
    return places | {g: (1, i) for i, g in enumerate(rest)}


def _limits(crm: CRM, windows: Windows | None) -> Any:
    """The intervals of the managers' win rates; a ranking of bare rates is half chance."""
    try:
        deals = where(crm.deals, closed_at=windows.after) if windows else crm.deals
        return interval(sales.win_rate, deals, by="manager", unit=crm.unit)
    except UnknownName:
        return {}


def _standing(group: tuple[Any, ...], places: dict[Any, tuple[int, int]]) -> str:
    unranked, place = places[group]
    if unranked:
        return "no manager named" if group[0] is None else NEW
    return f"rank {place + 1}"
