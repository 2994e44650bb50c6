"""Time in stage of a deal: all its stays together, or the latest of them."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import Any

import numpy as np
from attrs import field, frozen

from crm_metrics.cells import number
from crm_metrics.conditions import column
from crm_metrics.exact import BIG, Array, big
from crm_metrics.groups import Groups
from crm_metrics.journeys.firsts import Cells, dates_first, earliest, makers
from crm_metrics.journeys.keys import Key, apart, of_ids, of_times
from crm_metrics.journeys.stays import Stay, by_place, stays
from crm_metrics.records import StageChange
from crm_metrics.schemas import Record
from crm_metrics.stacking import Made
from crm_metrics.tables import Part, Table, open_rows
from crm_metrics.values import DAY, Instants, Quantity

MICRO = 10**6


@frozen(kw_only=True)
class TimeInStage(Stay):
    """All stays of a deal in a stage together: ``seconds`` in the finished ones, missing where none is finished.

    ``entered_at`` is the first entry and ``left_at`` the last exit; ``entries`` counts the stays, finished or not.
    """

    seconds: Decimal | None = field(default=None, converter=number)
    entries: Decimal | None = field(default=Decimal(1), converter=number)


@column
def time_in_stage(s: Table[Stay]) -> Quantity:
    """Days in the stage; of stays that were put together, their sum. Missing while the deal is still there."""
    if issubclass(s.record, TimeInStage):
        seconds: Quantity = s.seconds
        return Quantity(seconds.data, seconds.mask, seconds.scale * (DAY // MICRO), "days")
    days: Quantity = s.left_at - s.entered_at
    return days


def cumulative(rows: Part[StageChange] | Part[Stay]) -> Made:
    """One `TimeInStage` row per deal, pipeline and stage: the sum of its finished stays, sorted by deal.

    Of stage changes the stays are found first; stays are taken as they are. Stays without a deal all remain rows.

    >>> moves = [("offer", "2024-01-01"), ("talks", "2024-01-05"), ("offer", "2024-01-10"), ("success", "2024-01-12")]
    >>> found = cumulative([StageChange(deal=1, stage=stage, at=at) for stage, at in moves])
    >>> time_in_stage(found)
    <Quantity of 3: 6 days, 0:00:00, None, 5 days, 0:00:00>
    """
    t = _stays(rows)
    cells = _cells(t)
    entered = earliest(cells, of_times(t.entered_at), functools.partial(_ties, t))
    cell, here = cells.of(slice(None)), cells.of(entered)
    spent: Quantity = t.left_at - t.entered_at
    some = np.bincount(cell[~spent.missing.true], minlength=cells.size)
    count = np.bincount(cell, minlength=cells.size)
    total = _sums(cell, cells.size, spent, int(some.max(initial=0))).take(here)
    left = _latest_exit(cells, t, here)
    made: dict[str, Any] = makers(t, entered, {name: name for name in KEPT if name in t})
    made |= {
        "left_at": lambda: left,
        "seconds": lambda: Quantity(total, none if (none := some.take(here) == 0).any() else None, MICRO),
        "entries": lambda: Quantity(count.take(here)),
    }
    return Made(TimeInStage, made, len(entered), t.how)


KEPT = ("deal", "pipeline", "stage", "entered_at", "manager")


def latest(rows: Part[StageChange] | Part[Stay]) -> Made:
    """The latest finished stay of each deal in each stage; the stay that goes on where none is finished.

    While a deal is in a stage for the second time this is its first stay there, as in HubSpot. Of stage changes the
    stays are found first; stays are taken as they are.

    >>> moves = [("offer", "2024-01-01"), ("talks", "2024-01-05"), ("offer", "2024-01-10"), ("success", "2024-01-12")]
    >>> time_in_stage(latest([StageChange(deal=1, stage=stage, at=at) for stage, at in moves]))
    <Quantity of 3: 2 days, 0:00:00, None, 5 days, 0:00:00>
    """
    t = _stays(rows)
    last = _backwards(of_times(t.left_at))
    found = earliest(_cells(t), last, functools.partial(_ties_backwards, t))
    return Made(t.record, makers(t, found, {name: name for name in t.columns}), len(found), t.how)


def _stays(rows: Any) -> Table[Any]:
    t = open_rows(rows)
    if t.record is Record and "entered_at" in t and "at" not in t:
        return t.typed(Stay)
    return t if issubclass(t.record, Stay) else stays(t)


def _cells(t: Table[Any]) -> Cells:
    ids = apart(t.deal, of_ids(t.deal))
    return Cells((ids, by_place(t.optional("pipeline")), by_place(t.stage)), len(t)).dense()


def _backwards(key: Key) -> Key:
    """The same key from the last to the first, what is missing last all the same."""
    known = max(1, key.known)
    return Key(known - 1 - np.minimum(key.codes(), known - 1), 0, 1, key.known, key.mask)


def _ties(t: Table[Any], rows: Array) -> list[Array]:
    few = t.take(rows)
    left, manager, seq = few.left_at, few.optional("manager"), few.optional("seq")
    return [np.where(seq.missing.true, BIG, seq.data), of_times(left).codes(), manager.codes]


def _ties_backwards(t: Table[Any], rows: Array) -> list[Array]:
    few = t.take(rows)
    seq = few.optional("seq")
    return [_backwards(of_times(few.entered_at)).codes(), np.where(seq.missing.true, BIG, -seq.data), *_ties(t, rows)]


def _sums(cell: Array, size: int, spent: Quantity, most: int) -> Array:
    if spent.data.dtype != object and big(spent.data) * max(1, most) <= BIG:
        out = np.zeros(size, np.int64)
        np.add.at(out, cell, spent.data)
        return out
    return Groups(((cell, size),), len(cell)).sum(spent.data)


def _latest_exit(cells: Cells, t: Table[Any], here: Array) -> Instants:
    """The last exit of each cell."""
    times: Instants = t.left_at
    rows = np.flatnonzero(~times.missing.true)
    if not len(rows):
        return times.take(np.zeros(len(here), np.intp)) if len(times) else times
    found = earliest(cells, _backwards(of_times(times)), lambda few: [dates_first(times, few)], rows)
    place = np.full(cells.size, -1)
    place[cells.of(found)] = found
    chosen = place.take(here)
    out = times.take(np.maximum(chosen, 0))
    mask = chosen < 0
    return Instants(np.where(mask, 0, out.data), mask if mask.any() else None, out.bare, out.zone)
