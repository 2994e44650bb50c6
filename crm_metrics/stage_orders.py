"""The pipelines of a first crm.toml: the stages of the changes, in the order in which they first appear."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from crm_metrics import text
from crm_metrics.candidates import Holding
from crm_metrics.drafts import comment, quoted
from crm_metrics.headings import guess_status

MOST = 60
"""A column of more values holds no stages."""


def stage_orders(changes: Holding) -> dict[str | None, list[str]]:
    """The stages of each pipeline that the changes name, or of all changes, the first to appear first."""
    stages, times = changes.cells("stage"), changes.cells("at")
    pipelines = changes.cells("pipeline") if len(changes.headings("pipeline")) == 1 else [""] * len(stages)
    order = _in_time(times) if len(times) == len(stages) else range(len(stages))
    found: dict[str | None, dict[str, None]] = {}
    for i in order:
        if stages[i]:
            found.setdefault(pipelines[i] or None, {})[stages[i]] = None
    return {name: list(own) for name, own in found.items() if len(own) <= MOST}


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


def _in_time(cells: list[str]) -> list[int]:
    """The rows in order of their times; as they stand in the file, where a time cannot be read."""
    days = {day: text.time(day, dates="dmy") for day in {_parted(cell)[0] for cell in cells}}
    if not all(isinstance(day, dt.date) for day in days.values()):
        return list(range(len(cells)))

    def when(i: int) -> tuple[object, str, int]:
        day, clock = _parted(cells[i])
        return days[day], clock, i

    return sorted(range(len(cells)), key=when)


def _parted(cell: str) -> tuple[str, str]:
    day, _, clock = re.sub("[T ]", "|", cell, count=1).partition("|")
    return day, clock
