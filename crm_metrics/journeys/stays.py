"""Stays: each entry of a deal into a stage, and when it left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crm_metrics._tables.stacking import Made
from crm_metrics._tables.table import Part
from crm_metrics.journeys.folds import fold
from crm_metrics.journeys.in_order import InOrder
from crm_metrics.journeys.pipelines import Pipeline, several
from crm_metrics.journeys.visits import Entries, Stay
from crm_metrics.records import StageChange


@fold(Stay, StageChange, of_all=True)
def stays(changes: Part[StageChange] | Part[Stay], pipeline: Pipeline | Iterable[Pipeline] | None = None) -> Made:
    """Each entry into a stage and the exit from it as a `Stay`, sorted by deal and time.

    A stay ends at the next change of the deal, of whatever pipeline; the last has no end. Changes without a deal or a
    time remain stays without an end.

    A row that leads where the deal is already, to the same stage of the same pipeline as its row before, is no entry:
    a history of all fields has one for each change of an amount or a day, and exports overlap. A deal that was
    elsewhere between the two did come again. Rows that lack the deal, the stage or the time all remain, since nobody
    knows. ``len(changes) - len(stays(changes))`` rows were no entries.

    Changes of one instant are in order of `seq`. Those without one, or of the same: first those in the pipeline that
    the deal was in before that instant, then those in `pipeline`, then others by name; in each pipeline in order of
    its stages, where `pipeline` describes them (one, or several), else by name. ``tied`` marks the stays that only this
    rule puts in order: see what a median is without them, ``where(stays(changes), tied=False)``, and with `seq`.

    It takes stays as well, whose ends it finds anew: ``stays(stays(a) + stays(b))`` are the stays of all changes,
    whatever deals were cut in two. What was no entry goes along unseen, for it may be one in the whole; rows picked out
    of stays, or written to a file, leave it behind.

    Raises `WrongCall` for rows of folds that do not keep all changes.

    >>> from crm_metrics.records import StageChange
    >>> days = {"offer": "2024-01-05", "new lead": "2024-01-01", "success": "2024-01-15"}
    >>> found = stays([StageChange(deal=1, stage=stage, at=at) for stage, at in days.items()])
    >>> [found.stage.item(i) for i in range(3)]
    ['new lead', 'offer', 'success']
    >>> found.left_at - found.entered_at
    <Quantity of 3: 4 days, 0:00:00, 10 days, 0:00:00, None>
    """
    made = InOrder(Entries.of(changes), several(pipeline))
    how = made.entries.table.how
    repeats = Made(Stay, _makers(made.repeats, OF_ENTRIES), len(made.repeats), how) if len(made.repeats) else None
    return Made(Stay, _makers(made, STAY_COLUMNS), len(made), how, repeats)


OF_ENTRIES = ("deal", "pipeline", "stage", "entered_at", "seq", "manager")
STAY_COLUMNS = (*OF_ENTRIES[:4], "left_at", "next_pipeline", "next_stage", *OF_ENTRIES[4:], "tied")


def _makers(rows: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(rows, name) for name in names}
