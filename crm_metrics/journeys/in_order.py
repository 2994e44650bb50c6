"""Entries in order of deal and time: what each says, where the deal went next, and which of them are no entries."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from crm_metrics._values.columns import Flags, Instants, Labels, Mask, Quantity, zero
from crm_metrics._values.exact import Array
from crm_metrics.journeys.keys import Key, found_by, ids_of, no_id, of_ids, of_integers, of_times
from crm_metrics.journeys.order import Ordered
from crm_metrics.journeys.pipelines import Pipeline
from crm_metrics.journeys.ties import groups, stay_in_pipeline, tie_keys
from crm_metrics.journeys.visits import Entries

DEAL, TIME, SEQ, PLACE, MANAGER, BARE, RAW = range(7)
"""The keys that entries are in order of."""


class Placed:
    """Entries in some order, column by column."""

    def __init__(self, entries: Entries, deals: Key, ordered: Ordered) -> None:
        self.entries, self.deals, self.ordered = entries, deals, ordered
        self.at = entries.at
        self.lines, self.stages = entries.optional("pipeline"), entries.stage

    def __len__(self) -> int:
        return self.ordered.n

    @property
    def _steps(self) -> int:
        return max(1, len(self.stages.labels))

    def _value(self, i: int) -> tuple[Array, Mask]:
        return self.ordered.keys[i].values(self.ordered.codes(i))

    def _codes(self, labels: Labels, places: Array) -> Array:
        """The codes of pipelines, or of stages, that a key of places stands for."""
        key = self.ordered.keys[PLACE]
        pairs = np.arange(key.size) if key.distinct is None else key.distinct
        codes = pairs // self._steps if labels is self.lines else pairs % self._steps
        return found_by(codes.astype(labels.codes.dtype), places)

    def _placed(self, labels: Labels) -> Labels:
        """The pipeline, or the stage, of each entry."""
        return Labels(self._codes(labels, self.ordered.codes(PLACE)), labels.labels, name=labels.name)

    def deal(self) -> Labels:
        """Which deal."""
        return ids_of(self.entries.deal, self.deals, self.ordered.codes(DEAL))

    def stage(self) -> Labels:
        """The stage."""
        return self._placed(self.stages)

    def pipeline(self) -> Labels:
        """The pipeline."""
        return self._placed(self.lines)

    def manager(self) -> Labels:
        """Whose change it was."""
        labels = self.entries.optional("manager")
        return Labels(self._value(MANAGER)[0].astype(labels.codes.dtype), labels.labels, name=labels.name)

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
        return Instants(data, mask, bare, self.at.zone, self.at.seen)


class InOrder(Placed):
    """Entries in order of deal and time, each of which leads elsewhere than the one before.

    ``again`` is how many were there already; ``repeats`` are those that led where the deal was. ``ties`` are the
    places of entries whose order among others of one instant and number the data do not say.
    """

    def __init__(self, entries: Entries, pipelines: Sequence[Pipeline] = ()) -> None:
        deals, at = of_ids(entries.deal), entries.at
        keys = [deals, of_times(at), *tie_keys(entries, pipelines)]
        if at.zone is not None and not isinstance(at.bare, bool):
            keys.append(of_integers(at.data, at.mask))  # the key of a bare date is not its own integer
        super().__init__(entries, deals, Ordered(keys, len(entries)))
        tied = self._known(self.ordered.like_before(DEAL, TIME, SEQ))
        again = self._where_it_is(tied)
        self.again = len(again)
        if self.again:
            self.ordered.drop(again)
            tied = self._known(self.ordered.like_before(DEAL, TIME, SEQ))
        if len(self.lines.labels) > 1:
            stay_in_pipeline(self.ordered, tied, PLACE, self._steps)
        rows, _ = groups(tied, len(self))
        repeats = self._where_it_is(self._known(self.ordered.like_before(DEAL, PLACE)))
        self.repeats = Placed(entries, deals, self.ordered.at(repeats))
        if len(repeats):
            self.ordered.drop(repeats)
            rows = np.unique(rows - np.searchsorted(repeats, rows, side="right"))  # a repeat is of the entry before
        self.ties = rows

    def _known(self, rows: Array) -> Array:
        """Those of some places that have a deal and a time."""
        if (none := no_id(self.entries.deal, self.deals)) >= 0:
            rows = rows[self.ordered.codes(DEAL, rows) != none]
        time = self.ordered.keys[TIME]
        return rows if time.mask is None else rows[self.ordered.codes(TIME, rows) != time.known]

    def _where_it_is(self, rows: Array) -> Array:
        """Those of some places that lead where the row before does; without a stage nobody knows whether they do."""
        place, before = (self.ordered.codes(PLACE, at) for at in (rows, rows - 1))
        same = place == before
        if self.stages.known < len(self.stages.labels):
            same &= self._codes(self.stages, place) != self.stages.known
        return np.asarray(rows[same])

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

    def _following(self, labels: Labels) -> Labels:
        """The pipeline, or the stage, of the entry after each."""
        codes = self._codes(labels, self.ordered.codes(PLACE))
        names = list(labels.labels)
        if None not in names[-1:]:
            names.append(None)
        codes = np.append(codes[1:], np.zeros(min(1, len(codes)), codes.dtype))
        wide = codes.astype(np.uint8 if len(names) <= 256 else np.uint16 if len(names) <= 65536 else np.int32)
        return Labels(np.where(self.ended, wide, wide.dtype.type(len(names) - 1)), names, name=f"next_{labels.name}")

    def next_stage(self) -> Labels:
        """Where it went."""
        return self._following(self.stages)

    def next_pipeline(self) -> Labels:
        """In which pipeline that is."""
        return self._following(self.lines)

    def tied(self) -> Flags:
        """Whether nobody knows its place among entries of one instant."""
        out = np.zeros(len(self), bool)
        out[self.ties] = True
        return Flags(out)

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
        return Instants(data, mask, bare, self.at.zone, self.at.seen)

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
