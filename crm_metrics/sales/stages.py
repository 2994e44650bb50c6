"""Deals by stage at one instant and in a period, what moved between two instants, and the time in a stage."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._tables.table import Part
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import NEEDED, Rows, metric, tabular
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics._values.clocks import DAY, microseconds
from crm_metrics._values.columns import Instants
from crm_metrics._values.exact import Array
from crm_metrics._values.presented import Presented, Shown, group_name
from crm_metrics._values.writing import number
from crm_metrics.cells import Instant
from crm_metrics.columns.parametric import moment
from crm_metrics.errors import WrongCall, WrongValue, shown
from crm_metrics.journeys import Paths, Pipeline, Stay, Walk, time_in_stage
from crm_metrics.periods import Period
from crm_metrics.records import StageChange

NOT_YET, MOVED = "(not yet)", "(moved on)"

# ---------------------------------------------------------------- time in stage


@metric(Stay, unit="days", better="lower", question="How long do deals stay in a stage?")
def average_time_in_stage(stays: Rows[Stay], *, by: By = None) -> Number:
    r"""Mean days from entry to exit of a finished stay.

    $$ \text{average time in stage} = \operatorname{mean} (\text{left at} - \text{entered at}) $$

    Each stay counts, a second one of the same deal too: ``journeys.cumulative(changes)`` puts all stays of a deal in
    a stage together, ``journeys.latest(changes)`` keeps the latest, and this metric reads either. Stays that go on are
    left out, so it is short of the truth for stages in which deals are stuck. Days of 24 hours, whole days where either
    time is a bare date. NaN when no stay is finished. A bare time key reads `left_at`.

    >>> entered, left = ["2024-01-01", "2024-01-01", "2024-01-05"], ["2024-01-03", "2024-01-07", None]
    >>> average_time_in_stage({"stage": ["offer"] * 3, "entered_at": entered, "left_at": left})
    4.0
    """
    return totals(stays, Stay, by, at="left_at").mean(time_in_stage)


@metric(Stay, unit="days", better="lower", question="How long does a deal typically stay in a stage?")
def median_time_in_stage(stays: Rows[Stay], *, by: By = None) -> Number:
    """Median days from entry to exit of a finished stay.

    As `average_time_in_stage`, and not moved by a few deals that were forgotten in the stage, nor by changes that were
    made in one second.

    >>> entered, left = ["2024-01-01"] * 3, ["2024-01-03", "2024-01-07", "2024-12-31"]
    >>> median_time_in_stage({"stage": ["offer"] * 3, "entered_at": entered, "left_at": left}, by="stage")
    Breakdown({'offer': 6.0})
    """
    return totals(stays, Stay, by, at="left_at").quantile(time_in_stage, 0.5)


# ---------------------------------------------------------------- three populations


@tabular(StageChange, question="Which stage is every deal in at a moment?")
def snapshot(
    changes: Part[StageChange] | Part[Stay], pipeline: Pipeline = NEEDED, at: Instant | str = NEEDED
) -> Breakdown:
    """Deals in each stage at one instant; a date means its end. Text is read as ISO: ``"2024-01-31"``.

    Every deal that came in by then is in one stage: that of its latest change. Those that have moved on to another
    pipeline, neither won nor lost here, are under ``"(moved on)"``. It is not the number that entered a stage
    (`entered`) nor the number that was in it at some time (`active`): never divide one by another.

    >>> from crm_metrics.journeys import Pipeline
    >>> at = ["2024-01-05", "2024-02-05", "2024-01-20"]
    >>> moves = {"deal": [1, 1, 2], "stage": ["lead", "offer", "lead"], "at": at}
    >>> sales = Pipeline(["lead", "offer", "success"])
    >>> snapshot(moves, sales, dt.date(2024, 1, 31))
    Breakdown({'lead': 2, 'offer': 0, 'success': 0})
    >>> entered(moves, sales, Period(dt.date(2024, 2, 1), dt.date(2024, 3, 1)))
    Breakdown({'lead': 0, 'offer': 1, 'success': 0})
    >>> active(moves, sales, Period(dt.date(2024, 2, 1), dt.date(2024, 3, 1)))
    Breakdown({'lead': 2, 'offer': 1, 'success': 0})
    """
    walk = _walk(changes, pipeline)
    _, state = _states(walk, moment(at))
    counts = np.bincount(state, minlength=len(pipeline.places) + 1)
    if counts[-1]:
        return _by_stage((*pipeline.places, MOVED), counts)
    return _by_stage(pipeline.places, counts[:-1])


@tabular(StageChange, question="How many deals came into each stage in a period?")
def entered(changes: Part[StageChange] | Part[Stay], pipeline: Pipeline = NEEDED, period: Period = NEEDED) -> Breakdown:
    """Deals that entered each stage in a period, each once per stage however often it came.

    See `snapshot` for an example beside the other two populations.
    """
    walk = _walk(changes, pipeline)
    start, end = _bounds(period)
    at = _clock(walk.in_order.entered_at(), period)
    return _distinct(walk, (at >= start) & (at < end))


@tabular(StageChange, question="How many deals were in each stage in a period?")
def active(changes: Part[StageChange] | Part[Stay], pipeline: Pipeline = NEEDED, period: Period = NEEDED) -> Breakdown:
    """Deals that were in each stage at some time of a period, each once per stage.

    A deal that left a stage at the first instant of the period was not in it. See `snapshot` for an example beside the
    other two populations.
    """
    walk = _walk(changes, pipeline)
    start, end = _bounds(period)
    at, left = (_clock(x, period) for x in (walk.in_order.entered_at(), walk.in_order.left_at()))
    return _distinct(walk, (at < end) & ((at >= start) | (left > start) | ~walk.in_order.ended))


def _walk(changes: Part[StageChange] | Part[Stay], pipeline: Pipeline) -> Walk:
    return Walk(changes, pipeline)


def _bounds(period: Period) -> tuple[int, int]:
    if not isinstance(period, Period):
        raise WrongCall(f'{shown(period)} is no period: give month("2024-03"), or Period(start, end)')
    return microseconds(period.start), microseconds(period.end)


def _clock(times: Instants, period: Period) -> Array:
    """Times on the clock that the ends of the period are read on."""
    times = times if period.tz is None else times.in_zone(period.tz)
    if not isinstance(period.start, dt.datetime):
        return times.local()
    if times.timed and (times.zone is None) != (period.start.tzinfo is None):
        raise WrongValue(f"the period starts at {period.start} and the times are otherwise: give both a zone or none")
    return times.data


def _distinct(walk: Walk, some: Array) -> Breakdown:
    places = len(walk.pipeline.places)
    paths = Paths(walk)
    rows = np.flatnonzero(paths.own(some))
    seen = np.zeros((len(paths), places), bool)
    seen[paths.deal.take(rows), paths.place.take(rows)] = True
    return _by_stage(walk.pipeline.places, np.count_nonzero(seen, axis=0))


def _by_stage(stages: tuple[str, ...], counts: Array) -> Breakdown:
    return Breakdown(stages, num=counts.astype(np.int64), whole=True, names=("stage",))


def _states(walk: Walk, at: Instant) -> tuple[Array, Array]:
    """The deals that had come in by an instant, and the place of each then; after the last place, moved on."""
    paths = Paths(walk, (walk.in_order.entered_at() <= at).true)
    place, moved = paths.now()
    return paths.codes, np.where(moved, len(walk.pipeline.places), place)


# ---------------------------------------------------------------- between two instants


@frozen(eq=False, repr=False)
class Transitions(Presented):
    """Deals by their stage at one instant (rows) and at a later one (columns).

    The row ``"(not yet)"`` holds deals that came in between; ``"(moved on)"`` are deals in another pipeline, neither
    won nor lost in this one. Lost and side stages have rows and columns like others.
    """

    pipeline: Pipeline
    start: Instant
    end: Instant
    counts: Breakdown

    def __getitem__(self, stages: tuple[str, str]) -> int:
        return int(self.counts[stages])

    def _sum(self, keep: Any) -> int:
        order = {name: i for i, name in enumerate(self.pipeline.stages)}
        pairs = ((order.get(a), order.get(b), int(n)) for (a, b), n in self.counts.items())
        return sum(n for a, b, n in pairs if a is not None and b is not None and keep(a, b))

    @property
    def forward(self) -> int:
        """Deals that are in a later stage of the order than they were."""
        return self._sum(lambda a, b: a < b)

    @property
    def back(self) -> int:
        """Deals that are in an earlier stage of the order than they were."""
        return self._sum(lambda a, b: a > b)

    @property
    def unchanged(self) -> int:
        """Deals in the stage of the order that they were in; on the way they may have been elsewhere."""
        return self._sum(lambda a, b: a == b)

    def about(self) -> dict[str, Any]:
        """The two instants, and how many deals of the order moved forward, back, or not at all."""
        moves = {"forward": self.forward, "back": self.back, "unchanged": self.unchanged}
        return {"pipeline": self.pipeline.name, "start": str(self.start), "end": str(self.end), **moves}

    def to_columns(self) -> dict[str, list[Any]]:
        """The stage at the start, the stage at the end, and the deals: one row for each pair."""
        return self.counts.to_columns("deals")

    def shown(self) -> Shown:
        """A line for each stage at the start, a column for each at the end; those without deals are left out."""
        rows = [a for a in dict.fromkeys(a for a, _ in self.counts) if any(self._line(a))]
        columns = [b for b in dict.fromkeys(b for _, b in self.counts) if any(self[a, b] for a in rows)]
        cells = tuple((group_name((a,)), *(number(self[a, b], "count") for b in columns)) for a in rows)
        note = f"{self.forward:,} forward, {self.back:,} back, {self.unchanged:,} unchanged"
        heads = ("from / to", *(group_name((b,)) for b in columns))
        return Shown(f"Stages at {self.start} and at {self.end}", heads, cells, (note,))

    def _line(self, start: str) -> list[int]:
        return [int(n) for (a, _), n in self.counts.items() if a == start]


@tabular(StageChange, question="What moved from which stage to which, between two moments?")
def transition_matrix(
    changes: Part[StageChange] | Part[Stay],
    pipeline: Pipeline = NEEDED,
    start: Instant | str = NEEDED,
    end: Instant | str = NEEDED,
) -> Transitions:
    """Deals by their stage at `start` and at `end`; a date means its end, text is read as ISO.

    Each deal that came in by the end counts once. Deals that came in after the start are in the row ``"(not yet)"``.
    Changes without a deal, a stage or a time are left out.

    Raises `WrongValue` where the end comes before the start, or either is no time.

    >>> from crm_metrics.journeys import Pipeline
    >>> moves = {"deal": [1, 1, 2, 3], "stage": ["lead", "offer", "lead", "lead"]}
    >>> at = ["2024-01-05", "2024-02-05", "2024-01-20", "2024-02-10"]
    >>> found = transition_matrix(
    ...     {**moves, "at": at}, Pipeline(["lead", "offer", "success"]), "2024-01-31", "2024-02-29"
    ... )
    >>> found
    Stages at 2024-01-31 and at 2024-02-29
    from / to   lead   offer
    (not yet)      1       0
    lead           1       1
      1 forward, 0 back, 1 unchanged
    >>> found["lead", "offer"]
    1
    """
    walk, start, end = _walk(changes, pipeline), moment(start), moment(end)
    before, was = _states(walk, start)
    deals, now = _states(walk, end)
    if _last_instant(end) < _last_instant(start):
        raise WrongValue(f"end={end} comes before start={start}: swap them")
    size = len(pipeline.places) + 1
    at = np.full(len(deals), size)
    at[np.searchsorted(deals, before)] = was
    counts = np.bincount(at * size + now, minlength=(size + 1) * size).astype(np.int64)
    states = (*pipeline.places, MOVED)
    keys = tuple((a, b) for a in (*states, NOT_YET) for b in states)
    return Transitions(pipeline, start, end, _moves(keys, counts))


def _last_instant(at: dt.date) -> int:
    return microseconds(at) + (0 if isinstance(at, dt.datetime) else DAY - 1)


def _moves(keys: tuple[tuple[str, str], ...], counts: Array) -> Breakdown:
    """The counts by pair of stages, deals that were not there yet first."""
    size = sum(a == NOT_YET for a, _ in keys)
    keys, counts = keys[-size:] + keys[:-size], np.append(counts[-size:], counts[:-size])
    return Breakdown(keys, num=counts, whole=True, names=("start", "end"))
