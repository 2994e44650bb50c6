"""The first entry of each deal into each stage, and the furthest stage that it reached."""

from __future__ import annotations

import functools

import numpy as np

from crm_metrics._tables.stacking import Made
from crm_metrics._tables.table import Part
from crm_metrics._values.exact import Array
from crm_metrics.journeys.firsts import Grid, earliest, makers, ranks_of
from crm_metrics.journeys.keys import Key, no_id, of_ids, of_labels, of_times
from crm_metrics.journeys.pipelines import OUTSIDE, Pipeline, one
from crm_metrics.journeys.ties import tie_keys
from crm_metrics.journeys.visits import Entries, FirstEntry, Stay
from crm_metrics.records import StageChange


def first_entries(changes: Part[StageChange]) -> Made:
    """The first entry of each deal into each stage of each pipeline, as `FirstEntry` rows sorted by deal.

    These are stage changes for any metric. What needs all changes (`stays`, a funnel) refuses them.

    Of two entries at one instant the one with the lower `seq` comes first; rows that are equal in all fields of a
    change are told apart by their other columns. An entry with a time comes before one without. Changes without a deal
    all remain, since nobody knows whose they are. ``first_entries(first_entries(a) + first_entries(b))`` are the first
    entries of all changes.

    >>> from crm_metrics.records import StageChange
    >>> moves = [("offer", "2024-01-20"), ("offer", "2024-01-05"), ("new lead", "2024-01-10")]
    >>> found = first_entries([StageChange(deal=1, stage=stage, at=at) for stage, at in moves])
    >>> [(found.stage.item(i), str(found.at.item(i))) for i in range(len(found))]
    [('new lead', '2024-01-10'), ('offer', '2024-01-05')]
    """
    entries = Entries.of(changes, FirstEntry)
    deals = of_ids(entries.deal)
    cells = Grid((deals, of_labels(entries.optional("pipeline")), of_labels(entries.stage)), len(entries))
    owned, loose = _owned(entries, deals)
    first = earliest(cells, of_times(entries.at), functools.partial(ties, entries, None), owned)
    return changes_at(entries, np.append(first, _in_full_order(entries, loose)))


def furthest(changes: Part[StageChange], pipeline: Pipeline) -> Made:
    """One row per deal: its first entry into the furthest stage of the pipeline that it reached, sorted by deal.

    A deal that has been in none of the stages in order has the row of its first entry into a lost or side stage.
    Changes of other pipelines and those without a stage are left out, changes without a deal all remain. Furthest
    stages merge as first entries do.

    >>> from crm_metrics.records import StageChange
    >>> sales = Pipeline(["new lead", "offer", "success"], lost="refusal")
    >>> moves = [("new lead", "2024-01-01"), ("offer", "2024-01-05"), ("refusal", "2024-01-09")]
    >>> furthest([StageChange(deal=1, stage=stage, at=at) for stage, at in moves], sales).stage.item(0)
    'offer'
    """
    one(pipeline)
    entries = Entries.of(changes, FirstEntry)
    deals = of_ids(entries.deal)
    place = pipeline.placed(entries.stage, pipeline.within(entries.optional("pipeline")))
    reached = np.where(place < len(pipeline.stages), place, OUTSIDE)
    owned, loose = _owned(entries, deals)
    rows = np.flatnonzero(place != OUTSIDE) if owned is None else owned[place[owned] != OUTSIDE]
    cells = Grid((deals,), len(entries)).dense()
    best = np.full(cells.size, OUTSIDE, np.int64)
    own = cells.of(rows)
    np.maximum.at(best, own, reached[rows].astype(np.int64))
    rows = rows[reached[rows] == best.take(own)]
    first = earliest(cells, of_times(entries.at), functools.partial(ties, entries, pipeline), rows)
    return changes_at(entries, np.append(first, _in_full_order(entries, loose[place[loose] != OUTSIDE])))


def first_of_deals(entries: Entries, pipeline: Pipeline, rows: Array | None = None) -> Array:
    """The first row of each deal (of `rows`, where only these count), sorted by deal."""
    cells = Grid((of_ids(entries.deal),), len(entries))
    return earliest(cells, of_times(entries.at), functools.partial(ties, entries, pipeline), rows)


def _owned(entries: Entries, deals: Key) -> tuple[Array | None, Array]:
    """The rows that have a deal (None where all do), and those that have none."""
    none = no_id(entries.deal, deals)
    if none < 0:
        return None, np.empty(0, np.intp)
    lacking = entries.deal.missing.true
    return np.flatnonzero(~lacking), np.flatnonzero(lacking)


def ties(entries: Entries, pipeline: Pipeline | None, rows: Array) -> list[Array]:
    """The keys that tell rows of one instant apart, the most important first: other columns last."""
    few = Entries(entries.table.take(rows))
    pipelines = () if pipeline is None else (pipeline,)
    known = {"deal", "pipeline", "stage", "seq", "manager", entries.at_name}
    others = ranks_of(few.table, (name for name in few.table.columns if name not in known))
    return [*(key.codes() for key in tie_keys(few, pipelines)), *others]


def _in_full_order(entries: Entries, rows: Array) -> Array:
    """Rows without a deal in an order that does not depend on how they came."""
    keys = [of_times(entries.at).codes(rows), *ties(entries, None, rows)]
    return rows.take(np.lexsort(keys[::-1])) if len(rows) else rows


def changes_at(entries: Entries, rows: Array) -> Made:
    """Some entries as stage changes, with all columns of the data; a subclass of these stays what it is."""
    t = entries.table
    names: dict[str, str] = {name: name for name in t.columns}
    if issubclass(t.record, Stay):
        lost = ("entered_at", "left_at", "next_stage", "next_pipeline", "tied")
        names = {"at": "entered_at"} | {name: name for name in t.columns if name not in lost}
    record = FirstEntry if t.record is StageChange or issubclass(t.record, Stay) else t.record
    return Made(record, makers(t, rows, names), len(rows), t.how)
