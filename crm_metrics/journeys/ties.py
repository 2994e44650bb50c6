"""In which order changes of one instant are, where they have no number: by pipeline, then by stage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crm_metrics._values.columns import Instants, Labels
from crm_metrics._values.exact import Array
from crm_metrics.journeys.keys import BLOCK, Key, constant, found_by, of_labels, of_numbers
from crm_metrics.journeys.order import Ordered
from crm_metrics.journeys.pipelines import Pipeline
from crm_metrics.journeys.visits import Entries


def tie_keys(entries: Entries, pipelines: Sequence[Pipeline] = ()) -> list[Key]:
    """What puts changes of one instant in order: their number, else where they lead, the manager, bare dates first."""
    return [
        of_numbers(entries.table.seq) if "seq" in entries.table else constant(len(entries)),
        of_places(entries.optional("pipeline"), entries.stage, pipelines),
        of_labels(entries.optional("manager")),
        of_bare(entries.at),
    ]


def of_places(pipeline: Labels, stage: Labels, pipelines: Sequence[Pipeline]) -> Key:
    """A key of pipeline and stage together; its values are ``pipeline code * number of stages + stage code``.

    Pipelines are in the order given, the others by name. The stages of each are in its own order, of one that is not
    described in that of the first; what it does not know comes after, by name.
    """
    size, steps = max(1, len(pipeline.labels)), max(1, len(stage.labels))
    if size == 1 and not pipelines:
        return of_labels(stage)
    own = {p.name: p.places for p in reversed(pipelines)}
    others = own.get(None, pipelines[0].places if pipelines else ())
    stages = {places: _order(stage, places) for places in {others, *own.values()}}
    lines = _order(pipeline, [p.name for p in pipelines if p.name is not None])
    named = [*pipeline.labels] or [None]
    pairs = np.concatenate([i * steps + stages[own.get(named[i], others)] for i in lines])
    rank = np.empty(size * steps, np.min_scalar_type(size * steps))
    rank[pairs] = np.arange(len(pairs))
    return Key(_pairs(rank, pipeline, stage, steps), 0, 1, len(pairs), None, pairs)


def _order(labels: Labels, first: Sequence[str]) -> Array:
    """The codes of labels: these first, in their order, then the others by text, None last."""
    place = {name: i for i, name in enumerate(first)}
    codes = sorted(range(len(labels.labels)), key=lambda i: (place.get(labels.labels[i], len(first)), i))
    return np.array(codes or [0], np.int64)


def _pairs(rank: Array, pipeline: Labels, stage: Labels, steps: int) -> Array:
    """The rank of each row's pipeline and stage."""
    if len(rank) == steps:
        return found_by(rank, stage.codes)
    out = np.empty(len(stage), rank.dtype)
    for start in range(0, len(stage), BLOCK):
        at = slice(start, start + BLOCK)
        out[at] = rank.take(pipeline.codes[at].astype(np.int64) * steps + stage.codes[at])
    return out


def of_bare(times: Instants) -> Key:
    """A key that puts bare dates before times of one instant."""
    if isinstance(times.bare, bool):
        return constant(len(times))
    return Key(np.logical_not(times.bare).astype(np.uint8), 0, 1, 2)


# ---------------------------------------------------------------- deals that change the pipeline within an instant


def stay_in_pipeline(ordered: Ordered, tied: Array, place: int, steps: int) -> None:
    """Put first, of changes of one instant, those in the pipeline that the deal was in before it.

    `tied` are the rows whose instant is that of the row before; the key `place` is that of `of_places`. A group of
    such rows leaves the deal in its last pipeline by rank, or in the last but one where the deal had been in the last
    (which then came first). So all that a group passes on to the next one is a bit, and a chain of groups is the
    parity of its flips.
    """
    if not len(tied):
        return
    rows, new = groups(tied, ordered.n)
    pipeline = ordered.codes(place, rows).astype(np.int64) // steps
    starts = np.flatnonzero(new)
    mixed = np.maximum.reduceat(pipeline, starts) != np.minimum.reduceat(pipeline, starts)
    mixed = mixed.take(np.cumsum(new) - 1)
    if not mixed.any():
        return
    rows, pipeline, new = rows[mixed], pipeline[mixed], new[mixed]
    starts, group = np.flatnonzero(new), np.cumsum(new) - 1
    last = np.maximum.reduceat(pipeline, starts)
    second = np.maximum.reduceat(np.where(pipeline == last.take(group), -1, pipeline), starts)
    before = _before(ordered, rows.take(starts), place, steps)
    follows = np.append(False, rows[starts[1:] - 1] == rows[starts[1:]] - 1) & (before >= 0)
    came = np.where(follows, _left_in(follows, before, last, second), before)
    first = pipeline != came.take(group)
    ordered.move(rows, rows.take(np.lexsort((rows, first, group))))


def groups(tied: Array, n: int) -> tuple[Array, Array]:
    """The rows that are tied with the row before or after, and which of them begin a group."""
    within = np.zeros(n, bool)
    within[tied] = True
    some = within.copy()
    some[tied - 1] = True
    rows = np.flatnonzero(some)
    return rows, ~within.take(rows)


def _before(ordered: Ordered, rows: Array, place: int, steps: int) -> Array:
    """The rank of the pipeline of the row before, -1 where that is another deal's."""
    back = np.maximum(rows - 1, 0)
    same = (rows > 0) & (ordered.codes(0, back) == ordered.codes(0, rows))
    return np.where(same, ordered.codes(place, back).astype(np.int64) // steps, -1)


def _left_in(follows: Array, before: Array, last: Array, second: Array) -> Array:
    """The pipeline in which the group before left the deal, where a group follows directly on one."""
    flips = follows & (np.append(-1, last[:-1]) == last)
    keeps = follows & (np.append(-1, second[:-1]) == last)
    fresh = ~(flips | keeps)
    since = np.maximum.accumulate(np.where(fresh, np.arange(len(last)), 0))
    odd = np.cumsum(flips) & 1
    start = ~follows & (before == last)
    in_second = start.take(since) ^ ((odd ^ odd.take(since)) == 1)
    return np.append(-1, np.where(in_second, second, last)[:-1])
