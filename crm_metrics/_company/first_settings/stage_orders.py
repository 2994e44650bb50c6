"""The pipelines of a first crm.toml: the stages of the changes, in the order in which they first appear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TypeAlias

from crm_metrics._company.first_settings.candidates import Holding
from crm_metrics._company.first_settings.sections import comment, quoted
from crm_metrics._reading.headings import guess_status
from crm_metrics._tables import text

When: TypeAlias = tuple[int, str, int]

MOST = 60
"""A column of more values holds no stages."""


def stage_orders(changes: Holding) -> dict[str | None, list[str]]:
    """The stages of each pipeline that the changes name, or of all changes, the first to appear first."""
    stages, times = changes.cells("stage"), changes.cells("at")
    pipelines = changes.cells("pipeline") if len(changes.headings("pipeline")) == 1 else [""] * len(stages)
    first: dict[tuple[str, str], When] = {}
    for place, when in zip(zip(pipelines, stages, strict=True), _in_time(times), strict=True):
        if place not in first or when < first[place]:
            first[place] = when
    found: dict[str | None, list[str]] = {}
    for pipeline, stage in sorted(first, key=lambda place: first[place]):
        if stage:
            found.setdefault(pipeline or None, []).append(stage)
    return {name: own for name, own in found.items() if len(own) <= MOST}


def drafted(changes: Holding) -> Iterator[str]:
    """The sections, as lines that do nothing until their owner has put the stages in order."""
    for name, stages in stage_orders(changes).items():
        said = guess_status(stages)
        lost = [stage for stage in stages if said.get(stage) == "lost"]
        ahead = [stage for stage in stages if said.get(stage) not in ("lost", "won")]
        won = [stage for stage in stages if said.get(stage) == "won"]
        yield from (
            "",
            "# [[pipelines]]               # FILL IN: as they first appear; put them in order, success last",
        )
        yield f"# stages = {_list(ahead + won)}"
        yield from [f"# lost = {_list(lost)}"] if lost else []
        yield "# side = []                   # stages that have no place in the order, such as one on hold"
        yield from [f"# name = {quoted(name)}"] if name else []


def _list(stages: list[str]) -> str:
    return comment(f"[{', '.join(map(quoted, stages))}]")


def _in_time(cells: list[str]) -> Iterator[When]:
    """When each row was: its day, its time of day, its place; its place alone, where a day cannot be read."""
    parted = [cell.replace("T", " ", 1).partition(" ") for cell in cells]
    days = {day: text.time(day, dates="dmy") for day in {day for day, _, _ in parted}}
    known = {day: at.toordinal() for day, at in days.items() if isinstance(at, dt.date)}
    readable = len(known) == len(days)
    return ((known[day] if readable else 0, clock if readable else "", i) for i, (day, _, clock) in enumerate(parted))
