"""The funnel: how many deals reach each stage, where they are lost, and how long they stay."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from crm_metrics._tables.table import Part
from crm_metrics._totals.groups import By, Grouping, grouping
from crm_metrics._totals.metric import NEEDED, tabular
from crm_metrics._totals.quantiles import quantile_of_rows
from crm_metrics._values.breakdown import Breakdown
from crm_metrics._values.clocks import DAY
from crm_metrics._values.exact import Array, divide
from crm_metrics.columns.parametric import one_of
from crm_metrics.journeys import NOWHERE, Paths, Pipeline, Stay, Walk
from crm_metrics.journeys.entries import first_of_deals
from crm_metrics.records import StageChange
from crm_metrics.sales.funnel_table import COUNTING, Funnel

HALF = Fraction(1, 2)


@tabular(StageChange, question="At which stage do we lose deals?")
def funnel(
    changes: Part[StageChange] | Part[Stay], pipeline: Pipeline = NEEDED, *, counting: str = "linear", by: By = None
) -> Funnel:
    r"""How many deals reached each stage of a pipeline, how many went on, where they were lost, how long they stayed.

    $$ \text{step conversion}_k = \frac{\text{reached}_k}{\text{reached}_{k-1}} \qquad
    \text{overall conversion}_k = \frac{\text{reached}_k}{\text{reached}_1} $$

    `counting` says which deals have reached a stage:

    - ``"linear"``: those whose furthest stage is this one or a later one. A deal that skipped stages, was created in
      the middle or moved back has passed all stages before its furthest. It never widens.
    - ``"strict"``: those that entered all stages up to this one, each after the one before (other stages between
      them do not matter); a deal that skips a stage is in none of the later ones. It never widens.
    - ``"any"``: those that ever entered this stage. It may widen, so a conversion may exceed 1.
    - ``"transitions"``: entries, not deals: A > B > A counts twice for A and once for B, A > A > B once for each.

    Whether a deal was lost, and where, is the same in all four: its latest change in the pipeline decides, so a
    reopened deal is lost only once more. A deal that was won and goes on in another pipeline remains won. Changes of
    other pipelines end a stay and count for nothing else; changes without a deal, a stage or a time are left out and
    told in a note. A row that leads where the deal is already is no entry, whether it is there again or tells of
    another field. `stays` says in which order changes of one instant are; how many deals have such is told in a note.

    Deals that are still open count in the stages that they reached, so the last steps of young deals look low; the
    drop-off and the leak are among deals that are decided.

    With `by` (a field, a key, or a tuple of them) a deal belongs to the group of its first change in the pipeline;
    the groups add up to the whole. A bare time key reads the time of that change.

    Raises `UnknownName` where a change has a stage that the pipeline does not know.

    The dealership below loses more than half of its deals between the test drive that is booked and the one that
    takes place:

    >>> from crm_metrics.journeys import Pipeline
    >>> stages = ["new lead", "first contact", "test drive booked", "test drive", "offer and invoice", "success"]
    >>> dealership = Pipeline(stages, lost="refusal")
    >>> came_to = [1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 4, 5, 5]  # the stages that sixteen deals went through
    >>> moves = [(deal, stages[i], 4 * i + 1) for deal, last in enumerate(came_to) for i in range(last + 1)]
    >>> moves += [(deal, "refusal", 4 * last + 8) for deal, last in enumerate(came_to) if last < 5]
    >>> found = funnel([{"deal": d, "stage": s, "at": f"2024-01-{day:02}"} for d, s, day in moves], dealership)
    >>> found
    Funnel, a deal has passed all stages before its furthest
    stage               reached   of previous   of first   drop-off   lost here   still here   median
    new lead                 16             -    100.0 %          0           0            0    4.0 d
    first contact            16       100.0 %    100.0 %          3           3            0    4.0 d
    test drive booked        13        81.2 %     81.2 %          8           8            0    7.0 d
    test drive                5        38.5 %     31.2 %          2           2            0    4.0 d
    offer and invoice         3        60.0 %     18.8 %          1           1            0    4.0 d
    success                   2        66.7 %     12.5 %          0           0            2        -
    >>> found.leak
    'test drive booked'
    """
    one_of(counting, COUNTING, "counting")
    walk = Walk(changes, pipeline)
    paths = Paths(walk)
    return _Counts(paths, _groups(walk, by)).funnel(counting)


def _groups(walk: Walk, by: By) -> tuple[Grouping, Array] | None:
    """The groups, and which of them each deal is in; None where nothing is grouped."""
    if by is None:
        return None
    within = walk.pipeline.within(walk.entries.optional("pipeline"))
    rows = None if within is None else np.flatnonzero(within)
    g = grouping(walk.entries.table.take(first_of_deals(walk.entries, walk.pipeline, rows)), by, walk.entries.at_name)
    assert g.present is not None
    return g, np.searchsorted(g.present, g.groups.numbers())


class _Counts:
    """Counts by group and stage."""

    def __init__(self, paths: Paths, groups: tuple[Grouping, Array] | None) -> None:
        self.paths, self.steps = paths, paths.steps
        self.keys = None if groups is None else groups[0].keys()
        self.names = () if groups is None else groups[0].names
        self.group = np.zeros(len(paths), np.intp) if groups is None else groups[1]
        self.size = 1 if self.keys is None else len(self.keys)
        self.place, self.moved = paths.now()
        self.gone = self.moved | paths.is_lost(self.place)

    def funnel(self, counting: str) -> Funnel:
        """The funnel of these counts."""
        paths, stages = self.paths, self.paths.walk.pipeline.stages
        reached, drop = _REACHED[counting](self)
        place, moved = self.place, self.moved
        lost, lost_from = paths.lost_from()
        here = np.flatnonzero((place < self.steps) & ~moved)
        somewhere = lost_from != NOWHERE
        aside = np.flatnonzero((place >= self.steps) & ~paths.is_lost(place) & ~moved)
        return Funnel(
            pipeline=paths.walk.pipeline,
            counting=counting,
            names=self.names,
            reached=self._by_stage(reached, stages),
            drop_off=self._by_stage(drop, stages),
            lost_here=self._by_stage(self.cells(lost[somewhere], lost_from[somewhere]), stages),
            still_here=self._by_stage(self.cells(here, place[here]), stages),
            median_days=self._medians(stages),
            deals=self._by_group(np.arange(len(paths))),
            lost_from_nowhere=self._by_group(lost[~somewhere]),
            aside=self._by_group(aside),
            moved=self._by_group(np.flatnonzero(moved)),
            ties=self._by_group(paths.tied()),
            elsewhere=paths.walk.elsewhere,
            again=paths.walk.again,
            repeated=paths.walk.repeated,
            left_out=paths.walk.left_out,
        )

    def cells(self, deals: Array, stages: Array) -> Array:
        """How many of these deals there are by group and stage."""
        cell = self.group.take(deals) * self.steps + stages
        return np.bincount(cell, minlength=self.size * self.steps).reshape(self.size, self.steps)

    def until(self, last: Array) -> tuple[Array, Array]:
        """Deals that reached each stage up to their last one, and those that are gone from that."""
        some = np.flatnonzero(last >= 0)
        lost = some[self.gone.take(some)]
        ended, gone = self.cells(some, last[some]), self.cells(lost, last[lost])
        gone[:, -1] = 0
        return ended[:, ::-1].cumsum(axis=1)[:, ::-1], gone

    def entered(self) -> tuple[Array, Array]:
        """Deals that entered each stage, and those of them that never entered the next and are gone."""
        seen = self.paths.seen()
        gone = seen & self.gone[:, None]
        gone[:, :-1] &= ~seen[:, 1:]
        gone[:, -1] = False
        return self._columns(seen), self._columns(gone)

    def _columns(self, flags: Array) -> Array:
        each = [np.bincount(self.group[column], minlength=self.size) for column in flags.T]
        return np.stack(each, axis=1)

    def entries(self) -> tuple[Array, Array]:
        """Entries into each stage, and the deals that never entered the next and are gone."""
        rows = np.flatnonzero(self.paths.place < self.steps)
        return self.cells(self.paths.deal.take(rows), self.paths.place.take(rows)), self.entered()[1]

    def _medians(self, stages: tuple[str, ...]) -> Breakdown:
        deal, stage, spent = self.paths.spent()
        cells = self.size * self.steps
        twice, n = quantile_of_rows(self.group.take(deal) * self.steps + stage, spent, cells, HALF)
        days = divide(twice, np.where(n > 0, 2 * DAY, 0))
        return Breakdown(self._stage_keys(stages), days, names=(*self.names, "stage"))

    def _stage_keys(self, stages: tuple[str, ...]) -> tuple[Any, ...]:
        if self.keys is None:
            return stages
        return tuple((*(k if isinstance(k, tuple) else (k,)), stage) for k in self.keys for stage in stages)

    def _by_stage(self, counts: Array, stages: tuple[str, ...]) -> Breakdown:
        num = counts.ravel().astype(np.int64)
        return Breakdown(self._stage_keys(stages), num=num, whole=True, names=(*self.names, "stage"))

    def _by_group(self, deals: Array) -> int | Breakdown:
        counts = np.bincount(self.group.take(deals), minlength=self.size).astype(np.int64)
        if self.keys is None:
            return int(counts[0])
        return Breakdown(self.keys, num=counts, whole=True, names=self.names)


_REACHED: dict[str, Callable[[_Counts], tuple[Array, Array]]] = {
    "linear": lambda c: c.until(c.paths.furthest()),
    "strict": lambda c: c.until(c.paths.chained() - 1),
    "any": _Counts.entered,
    "transitions": _Counts.entries,
}
