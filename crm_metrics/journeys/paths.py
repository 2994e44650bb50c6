"""What became of each deal in a pipeline: where it has been, how far it came, where it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from crm_metrics._values.exact import Array
from crm_metrics.journeys.in_order import InOrder
from crm_metrics.journeys.keys import BLOCK
from crm_metrics.journeys.pipelines import OUTSIDE, Pipeline, one
from crm_metrics.journeys.visits import Entries

NOWHERE = -1
"""The place of a deal that was lost from no stage of the order."""


class Walk:
    """The changes of a pipeline in order of deal and time. Those without a deal, a stage or a time are left out.

    ``again`` is how many of its changes were there already, ``repeated`` how many led where the deal was.
    """

    def __init__(self, rows: Any, pipeline: Pipeline) -> None:
        one(pipeline)
        entries = Entries.of(rows)
        self.pipeline = pipeline
        self.left_out, keep = _usable(entries, pipeline)
        within = pipeline.within(entries.optional("pipeline"))
        self.elsewhere = 0 if within is None else int(np.count_nonzero(~within))
        if keep is not None:
            entries = Entries(entries.table.take(keep))
            within = None if within is None else within.take(keep)
        self.entries = entries
        self.in_order = InOrder(entries, (pipeline,))
        self.deal = self.in_order.ordered.codes(0)
        own = self.in_order.pipeline() if pipeline.name is not None else None
        self.place = pipeline.placed(self.in_order.stage(), None if own is None else pipeline.within(own))
        repeats = self.in_order.repeats
        self.again, self.repeated = self.in_order.again, len(repeats)
        if within is not None and own is not None:
            inside = pipeline.within(repeats.pipeline())
            assert inside is not None
            self.repeated = int(np.count_nonzero(inside))
            self.again = int(np.count_nonzero(within) - np.count_nonzero(self.place != OUTSIDE)) - self.repeated
            self.elsewhere -= self.in_order.again - self.again + len(repeats) - self.repeated


def _usable(entries: Entries, pipeline: Pipeline) -> tuple[dict[str, int], Array | None]:
    """How many changes of the pipeline lack a deal, a stage or a time, and the rows that lack nothing."""
    within = pipeline.within(entries.optional("pipeline"))
    lacking: dict[str, int] = {}
    bad = np.zeros(len(entries), bool)
    for what, column in (("deal", entries.deal), ("stage", entries.stage), ("time", entries.at)):
        none = column.missing.true & ~bad
        if n := int(np.count_nonzero(none if within is None else none & within)):
            lacking[what] = n
        bad |= none
    return lacking, np.flatnonzero(~bad) if bad.any() else None


class Paths:
    """The deals of a pipeline, numbered from 0 in order of their ids, and what became of each.

    With `until` (which changes had happened, in order) it is how things stood then.
    """

    def __init__(self, walk: Walk, until: Array | None = None) -> None:
        self.walk, self.steps = walk, len(walk.pipeline.stages)
        inside = walk.place != OUTSIDE
        if until is not None:
            inside &= until
        self.until, self.whole = until, bool(inside.all())
        self.rows = np.empty(0, np.intp) if self.whole else np.flatnonzero(inside)
        self.place, deal = self.own(walk.place), self.own(walk.deal)
        new = np.ones(len(deal), bool)
        np.not_equal(deal[1:], deal[:-1], out=new[1:])
        self.starts = np.flatnonzero(new)
        self.deal = np.cumsum(new, dtype=np.int32)
        self.deal -= 1
        self.codes = deal.take(self.starts)

    def __len__(self) -> int:
        return len(self.starts)

    def own(self, x: Array) -> Array:
        """What an array of all changes says of those that count here."""
        return x if self.whole else x.take(self.rows)

    def _blocks(self) -> Iterator[slice]:
        """Stretches of rows that stay in the cache."""
        return (slice(start, start + BLOCK) for start in range(0, len(self.place), BLOCK))

    def furthest(self) -> Array:
        """The furthest stage in order that a deal entered, -1 where it entered none."""
        if not len(self):
            return np.empty(0, np.int16)
        return np.maximum.reduceat(np.where(self.place < self.steps, self.place, np.int16(-1)), self.starts)

    def seen(self) -> Array:
        """Whether a deal entered a stage in order: one row per deal, one column per stage."""
        out = np.zeros((len(self), self.steps), bool)
        for at in self._blocks():
            inside = np.flatnonzero(self.place[at] < self.steps)
            out[self.deal[at].take(inside), self.place[at].take(inside)] = True
        return out

    def chained(self) -> Array:
        """How many of the first stages a deal entered one after the other, other stages between them or not."""
        out = np.zeros(len(self), np.int16)
        at = np.full(len(self), -1)
        for step in range(self.steps):
            rows = np.flatnonzero(self.place == step)
            own = self.deal.take(rows)
            later = rows > at.take(own)
            rows, own = rows[later], own[later]
            first = np.ones(len(own), bool)
            np.not_equal(own[1:], own[:-1], out=first[1:])
            at = np.full(len(self), len(self.place))
            at[own[first]] = rows[first]
            out[own[first]] += 1
        return out

    def now(self) -> tuple[Array, Array]:
        """The last place of each deal, and whether it has moved on to another pipeline without having ended here."""
        last = np.append(self.starts[1:], len(self.place))[: len(self)] - 1
        place = self.place.take(last)
        rows = last if self.whole else self.rows.take(last)
        moved = self.walk.in_order.ended.take(rows)
        if self.until is not None:
            moved &= self.until.take(rows + 1, mode="clip")
        ended = (place == self.steps - 1) | self.is_lost(place)
        return place, moved & ~ended

    def tied(self) -> Array:
        """The deals with a change here whose place among others of one instant the data do not say."""
        rows = self.walk.in_order.ties
        found = self.walk.deal.take(rows[self.walk.place.take(rows) != OUTSIDE])
        return np.searchsorted(self.codes, np.unique(found))

    def is_lost(self, place: Array) -> Array:
        """Which places are losses."""
        return (place >= self.steps) & (place < self.steps + len(self.walk.pipeline.lost))

    def lost_from(self) -> tuple[Array, Array]:
        """The deals that are lost now, and the last open stage each was in before.

        It is success where that was the only stage of the order, `NOWHERE` where there was none.
        """
        lost = np.flatnonzero(self.is_lost(self.now()[0]))
        last = np.full(len(self), NOWHERE, np.int16)
        for at in self._blocks():
            opened = np.flatnonzero(self.place[at] < self.steps - 1)
            last[self.deal[at].take(opened)] = self.place[at].take(opened)  # the last of a deal's rows stays
        place = last.take(lost)
        won = self.furthest().take(lost) == self.steps - 1
        return lost, np.where((place == NOWHERE) & won, self.steps - 1, place)

    def spent(self) -> tuple[Array, Array, Array]:
        """Microseconds that a deal spent in a stage, all its finished stays together: deals, stages, times."""
        ended, spent = (self.own(x) for x in (self.walk.in_order.ended, self.walk.in_order.spent()))
        total = np.zeros(len(self) * self.steps, np.int64)  # stays of a deal do not overlap: their sum fits
        some = np.zeros(len(total), bool)
        for at in self._blocks():
            rows = np.flatnonzero(ended[at] & (self.place[at] < self.steps))
            cell = self.deal[at].take(rows).astype(np.intp)
            cell *= self.steps
            cell += self.place[at].take(rows)
            np.add.at(total, cell, spent[at].take(rows))
            some[cell] = True
        found = np.flatnonzero(some)
        deal, stage = np.divmod(found, max(1, self.steps))
        return deal, stage, total.take(found)
