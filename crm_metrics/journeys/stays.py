"""Stays: each entry of a deal into a stage, and when it left."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from crm_metrics.errors import WrongCall, shown
from crm_metrics.exact import Array
from crm_metrics.journeys.keys import ids_of, looked_up, no_id, of_ids, of_integers, of_times
from crm_metrics.journeys.order import Ordered
from crm_metrics.journeys.pipelines import Pipeline
from crm_metrics.journeys.ties import stay_in_pipeline, tie_keys
from crm_metrics.journeys.visits import Entries, Stay
from crm_metrics.records import StageChange
from crm_metrics.stacking import Made
from crm_metrics.tables import Part
from crm_metrics.values import Instants, Labels, Mask, Quantity, zero


def stays(changes: Part[StageChange] | Part[Stay], pipeline: Pipeline | Iterable[Pipeline] | None = None) -> Made:
    """Each entry into a stage and the exit from it, one `Stay` per change, sorted by deal and time.

    A stay ends at the next change of the deal, of whatever pipeline; the last has no end. Changes without a deal or a
    time remain stays without an end. A change that is there again, of the same deal, stage, pipeline, instant and
    `seq` (exports overlap), is one entry: ``len(changes) - len(stays(changes))`` were there again. Those that lack the
    deal, the stage or the time all remain, since nobody knows.

    Changes of one instant are in order of `seq`. Those without one, or of the same: first those in the pipeline that
    the deal was in before that instant, then those in `pipeline`, then others by name; in each pipeline in order of
    its stages, where `pipeline` describes them (one, or several), else by name.

    It takes stays as well, whose ends it finds anew: ``stays(stays(a) + stays(b))`` are the stays of all changes,
    whatever deals were cut in two.

    Raises `WrongCall` for rows of folds that do not keep all changes.

    >>> from crm_metrics.records import StageChange
    >>> days = {"offer": "2024-01-05", "new lead": "2024-01-01", "success": "2024-01-15"}
    >>> found = stays([StageChange(deal=1, stage=stage, at=at) for stage, at in days.items()])
    >>> [found.stage.item(i) for i in range(3)]
    ['new lead', 'offer', 'success']
    >>> found.left_at - found.entered_at
    <Quantity of 3: 4 days, 0:00:00, 10 days, 0:00:00, None>
    """
    made = InOrder(Entries.of(changes), _several(pipeline))
    return Made(Stay, {name: getattr(made, name) for name in STAY_COLUMNS}, len(made), made.entries.table.how)


STAY_COLUMNS = (
    "deal", "pipeline", "stage", "entered_at", "left_at", "next_pipeline", "next_stage", "seq", "manager"
)  # fmt: skip


def _several(x: Any) -> tuple[Pipeline, ...]:
    given = () if x is None else (x,) if isinstance(x, Pipeline) or not isinstance(x, Iterable) else tuple(x)
    for pipeline in given:
        if not isinstance(pipeline, Pipeline):
            raise WrongCall(f'{shown(pipeline)} is no pipeline: give Pipeline(["new", "offer", "won"])')
    return given


DEAL, TIME, SEQ, PLACE, MANAGER, BARE, RAW = range(7)
"""The keys that entries are in order of."""


class InOrder:
    """Entries in order of deal and time, and the columns of stays out of them.

    ``again`` is how many were there already; ``tied`` are the places in the order whose deal, instant and number are
    those of the place before.
    """

    def __init__(self, entries: Entries, pipelines: Sequence[Pipeline] = ()) -> None:
        self.entries = entries
        self.deals, self.at = of_ids(entries.deal), entries.at
        self.lines, self.stages = entries.optional("pipeline"), entries.stage
        keys = [self.deals, of_times(self.at), *tie_keys(entries, pipelines)]
        if self.at.zone is not None and not isinstance(self.at.bare, bool):
            keys.append(of_integers(self.at.data, self.at.mask))  # the key of a bare date is not its own integer
        self.ordered = Ordered(keys, len(entries))
        self.tied = self._tied()
        again = self._there_already()
        self.again = len(again)
        if self.again:
            self.ordered.drop(again)
            self.tied = self._tied()
        if len(self.lines.labels) > 1:
            stay_in_pipeline(self.ordered, self.tied, PLACE, self._steps)

    def __len__(self) -> int:
        return self.ordered.n

    @property
    def _steps(self) -> int:
        return max(1, len(self.stages.labels))

    def _tied(self) -> Array:
        """What is tied of known deals and times."""
        rows = self.ordered.tied(PLACE)
        if (none := no_id(self.entries.deal, self.deals)) >= 0:
            rows = rows[self.ordered.codes(DEAL, rows) != none]
        time = self.ordered.keys[TIME]
        return rows if time.mask is None else rows[self.ordered.codes(TIME, rows) != time.known]

    def _there_already(self) -> Array:
        """What is tied and leads where the row before does; without a stage nobody knows whether it does."""
        place, before = (self.ordered.codes(PLACE, rows) for rows in (self.tied, self.tied - 1))
        same = place == before
        if self.stages.known < len(self.stages.labels):
            same &= self._codes(self.stages, place) != self.stages.known
        return np.asarray(self.tied[same])

    @functools.cached_property
    def ended(self) -> Array:
        """Which entries are followed by another of the same deal."""
        deal = self.ordered.codes(DEAL)
        out = np.zeros(len(self), bool)
        out[:-1] = deal[1:] == deal[:-1]
        if (none := no_id(self.entries.deal, self.deals)) >= 0:
            out &= deal != none
        time = self.ordered.keys[TIME]
        if time.mask is not None:
            out[:-1] &= self.ordered.codes(TIME)[1:] != time.known
        return out

    def deal(self) -> Labels:
        """Which deal."""
        return ids_of(self.entries.deal, self.deals, self.ordered.codes(DEAL))

    def _value(self, i: int) -> tuple[Array, Mask]:
        return self.ordered.keys[i].values(self.ordered.codes(i))

    def _codes(self, labels: Labels, places: Array) -> Array:
        """The codes of pipelines, or of stages, that a key of places stands for."""
        key = self.ordered.keys[PLACE]
        pairs = np.arange(key.size) if key.distinct is None else key.distinct
        codes = pairs // self._steps if labels is self.lines else pairs % self._steps
        return looked_up(codes.astype(labels.codes.dtype), places)

    def _placed(self, labels: Labels, following: bool) -> Labels:
        """The pipeline, or the stage, of each entry or of the one after it."""
        return self._named(self._codes(labels, self.ordered.codes(PLACE)), labels, following)

    def _named(self, codes: Array, labels: Labels, following: bool) -> Labels:
        if not following:
            return Labels(codes, labels.labels, name=labels.name)
        names = list(labels.labels)
        if None not in names[-1:]:
            names.append(None)
        codes = np.append(codes[1:], np.zeros(min(1, len(codes)), codes.dtype))
        wide = codes.astype(np.uint8 if len(names) <= 256 else np.uint16 if len(names) <= 65536 else np.int32)
        return Labels(np.where(self.ended, wide, wide.dtype.type(len(names) - 1)), names, name=f"next_{labels.name}")

    def stage(self) -> Labels:
        """The stage."""
        return self._placed(self.stages, following=False)

    def pipeline(self) -> Labels:
        """The pipeline."""
        return self._placed(self.lines, following=False)

    def next_stage(self) -> Labels:
        """Where it went."""
        return self._placed(self.stages, following=True)

    def next_pipeline(self) -> Labels:
        """In which pipeline that is."""
        return self._placed(self.lines, following=True)

    def manager(self) -> Labels:
        """Whose change it was."""
        labels = self.entries.optional("manager")
        return self._named(self._value(MANAGER)[0].astype(labels.codes.dtype), labels, following=False)

    def seq(self) -> Quantity:
        """The number of the change."""
        seq: Quantity = self.entries.table.optional("seq")
        if "seq" not in self.entries.table:  # missing in all rows, whatever their order
            return seq.cut(slice(0, len(self)))
        data, mask = self._value(SEQ)
        return Quantity(data, mask, seq.scale, seq.kind)

    def entered_at(self) -> Instants:
        """When it came."""
        data, mask = self._value(RAW if len(self.ordered.keys) > RAW else TIME)
        bare: Any = self.at.bare if isinstance(self.at.bare, bool) else self._value(BARE)[0] == 0
        return Instants(data, mask, bare, self.at.zone)

    def left_at(self) -> Instants:
        """When it left."""
        entered = self.entered_at()
        data = np.empty_like(entered.data)
        data[:-1], data[-1:] = entered.data[1:], 0
        mask = ~self.ended
        zero(data, mask)
        bare = entered.bare
        if not isinstance(bare, bool):
            bare = np.append(bare[1:], bare[:1])
        return Instants(data, mask, bare, self.at.zone)

    def spent(self) -> Array:
        """Microseconds from entry to exit, 0 where the deal is still there; whole days where either is a bare date."""
        if not isinstance(self.at.bare, bool):
            return (self.left_at() - self.entered_at()).data
        key, out = self.ordered.keys[TIME], np.zeros(len(self), np.int64)
        time = self.ordered.codes(TIME) if key.distinct is None else self._value(TIME)[0]
        np.subtract(time[1:], time[:-1], out=out[:-1])
        if key.distinct is None:
            out *= key.unit
        zero(out, ~self.ended)
        return out
