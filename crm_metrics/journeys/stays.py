"""Stays: each entry of a deal into a stage, and when it left."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from attrs import field, frozen

from crm_metrics.cells import Instant, instant, number, text
from crm_metrics.errors import WrongCall
from crm_metrics.exact import Array
from crm_metrics.journeys.keys import Key, constant, ids_of, looked_up, no_id, of_ids, of_integers, of_numbers, of_times
from crm_metrics.journeys.order import Ordered
from crm_metrics.journeys.pipelines import Pipeline
from crm_metrics.records import StageChange
from crm_metrics.schemas import NotBefore, Record
from crm_metrics.stacking import Made
from crm_metrics.tables import Part, Table, open_rows
from crm_metrics.values import Instants, Labels, Mask, Quantity, zero


@frozen(kw_only=True)
class Stay(Record):
    """A deal in a stage, from one change to the next.

    ``left_at`` is missing while the deal is still there; ``next_stage`` and ``next_pipeline`` are where it went. A
    change of pipeline ends the stay in the old one.
    """

    rules = (NotBefore("left_at", "entered_at"),)

    deal: str | None = field(converter=text)
    stage: str | None = field(converter=text)
    entered_at: Instant | None = field(converter=instant)
    left_at: Instant | None = field(default=None, converter=instant)
    pipeline: str | None = field(default=None, converter=text)
    next_stage: str | None = field(default=None, converter=text)
    next_pipeline: str | None = field(default=None, converter=text)
    seq: Decimal | None = field(default=None, converter=number)
    manager: str | None = field(default=None, converter=text)


@frozen(eq=False)
class Entries:
    """Stage changes or stays, read as entries into stages."""

    table: Table[Any]

    @classmethod
    def of(cls, rows: Any) -> Entries:
        """Entries from rows of any kind: stays where they have `entered_at`, else stage changes."""
        t = open_rows(rows)
        if t.record is Record:
            t = t.typed(Stay if "entered_at" in t and "at" not in t else StageChange)
        if not issubclass(t.record, (StageChange, Stay)):
            raise WrongCall(f"expected StageChange or Stay rows, got a table of {t.record.__name__}")
        return cls(t)

    @property
    def at_name(self) -> str:
        """The field that says when."""
        return "entered_at" if issubclass(self.table.record, Stay) else "at"

    @property
    def at(self) -> Instants:
        """When."""
        times: Instants = self.table[self.at_name]
        return times

    @property
    def deal(self) -> Labels:
        """Which deal."""
        labels: Labels = self.table.deal
        return labels

    @property
    def stage(self) -> Labels:
        """Into which stage."""
        labels: Labels = self.table.stage
        return labels

    def optional(self, name: str) -> Any:
        """The labels of a column that the rows may lack."""
        if name in self.table:
            return self.table[name]
        return Labels(np.broadcast_to(np.uint8(0), len(self)), [None], name=name)

    def __len__(self) -> int:
        return len(self.table)

    def ties(self, pipeline: Pipeline | None = None) -> list[Key]:
        """What puts changes of one instant in order: their number, else the stages' place in the pipeline."""
        return [
            of_numbers(self.table.seq) if "seq" in self.table else constant(len(self)),
            by_place(self.optional("pipeline"), () if pipeline is None or pipeline.name is None else (pipeline.name,)),
            by_place(self.stage, () if pipeline is None else pipeline.places),
            by_place(self.optional("manager")),
            of_bare(self.at),
        ]


def by_place(labels: Labels, first: Sequence[str] = ()) -> Key:
    """A key of labels: these first, in their order, then the others by text, None last. Its values are codes."""
    if not first:
        return Key(labels.codes, 0, 1, max(1, len(labels.labels)))
    place = {name: i for i, name in enumerate(first)}
    order = sorted(range(len(labels.labels)), key=lambda i: (place.get(labels.labels[i], len(first)), i))
    distinct = np.array(order or [0], np.int64)
    rank = np.empty(len(distinct), np.int64)
    rank[distinct] = np.arange(len(distinct))
    return Key(looked_up(rank.astype(np.int32), labels.codes), 0, 1, len(distinct), None, distinct)


def of_bare(times: Instants) -> Key:
    """A key that puts bare dates before times of one instant."""
    if isinstance(times.bare, bool):
        return Key(np.broadcast_to(np.uint8(0), len(times)), 0, 1, 1)
    return Key(np.logical_not(times.bare).astype(np.uint8), 0, 1, 2)


def stays(changes: Part[StageChange] | Part[Stay], pipeline: Pipeline | None = None) -> Made:
    """Each entry into a stage and the exit from it, one `Stay` per change, sorted by deal and time.

    A stay ends at the next change of the deal, of whatever pipeline; the last has no end. Entries are never put
    together: one that is repeated is two stays. Changes of one instant are in order of `seq`; without it, of the
    stages' place in `pipeline` (its own before others), else of their labels. Changes without a deal or a time remain
    stays without an end.

    It takes stays as well, whose ends it finds anew: ``stays(stays(a) + stays(b))`` are the stays of all changes,
    whatever deals were cut in two.

    >>> from crm_metrics.records import StageChange
    >>> days = {"offer": "2024-01-05", "new lead": "2024-01-01", "success": "2024-01-15"}
    >>> found = stays([StageChange(deal=1, stage=stage, at=at) for stage, at in days.items()])
    >>> [found.stage.item(i) for i in range(3)]
    ['new lead', 'offer', 'success']
    >>> found.left_at - found.entered_at
    <Quantity of 3: 4 days, 0:00:00, 10 days, 0:00:00, None>
    """
    made = InOrder(Entries.of(changes), pipeline)
    return Made(Stay, {name: getattr(made, name) for name in STAY_COLUMNS}, len(made.entries), made.entries.table.how)


STAY_COLUMNS = (
    "deal", "pipeline", "stage", "entered_at", "left_at", "next_pipeline", "next_stage", "seq", "manager"
)  # fmt: skip


class InOrder:
    """Entries in order of deal and time, and the columns of stays out of them."""

    def __init__(self, entries: Entries, pipeline: Pipeline | None = None) -> None:
        self.entries = entries
        self.deals, self.at = of_ids(entries.deal), entries.at
        keys = [self.deals, of_times(self.at), *entries.ties(pipeline)]
        if self.at.zone is not None and not isinstance(self.at.bare, bool):
            keys.append(of_integers(self.at.data, self.at.mask))  # the key of a bare date is not its own integer
        self.ordered = Ordered(keys, len(entries))

    @functools.cached_property
    def ended(self) -> Array:
        """Which entries are followed by another of the same deal."""
        deal, n = self.ordered.codes(0), len(self.entries)
        out = np.zeros(n, bool)
        out[:-1] = deal[1:] == deal[:-1]
        if (none := no_id(self.entries.deal, self.deals)) >= 0:
            out &= deal != none
        time = self.ordered.keys[1]
        if time.mask is not None:
            out[:-1] &= self.ordered.codes(1)[1:] != time.known
        return out

    def deal(self) -> Labels:
        """Which deal."""
        return ids_of(self.entries.deal, self.deals, self.ordered.codes(0))

    def _value(self, i: int) -> tuple[Array, Mask]:
        return self.ordered.keys[i].values(self.ordered.codes(i))

    def _named(self, i: int, labels: Labels, following: bool) -> Labels:
        codes = self._value(i)[0].astype(labels.codes.dtype)
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
        return self._named(4, self.entries.stage, following=False)

    def pipeline(self) -> Labels:
        """The pipeline."""
        return self._named(3, self.entries.optional("pipeline"), following=False)

    def manager(self) -> Labels:
        """Whose change it was."""
        return self._named(5, self.entries.optional("manager"), following=False)

    def next_stage(self) -> Labels:
        """Where it went."""
        return self._named(4, self.entries.stage, following=True)

    def next_pipeline(self) -> Labels:
        """In which pipeline that is."""
        return self._named(3, self.entries.optional("pipeline"), following=True)

    def seq(self) -> Quantity:
        """The number of the change."""
        seq: Quantity = self.entries.table.optional("seq")
        if "seq" not in self.entries.table:  # missing in all rows, whatever their order
            return seq
        data, mask = self._value(2)
        return Quantity(data, mask, seq.scale, seq.kind)

    def entered_at(self) -> Instants:
        """When it came."""
        data, mask = self._value(7 if len(self.ordered.keys) > 7 else 1)
        bare: Any = self.at.bare if isinstance(self.at.bare, bool) else self._value(6)[0] == 0
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
        key, out = self.ordered.keys[1], np.zeros(len(self.entries), np.int64)
        time = self.ordered.codes(1) if key.distinct is None else self._value(1)[0]
        np.subtract(time[1:], time[:-1], out=out[:-1])
        if key.distinct is None:
            out *= key.unit
        zero(out, ~self.ended)
        return out
