"""Time in stage of a deal: all its stays together, or the latest of them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from crm_metrics._tables.stacking import Made
from crm_metrics._tables.table import Part, Table
from crm_metrics._tables.where import column
from crm_metrics._totals.groups import Groups
from crm_metrics._values.clocks import DAY
from crm_metrics._values.columns import Flags, Instants, Quantity
from crm_metrics._values.exact import BIG, Array, big
from crm_metrics.journeys.firsts import Grid, dates_first, earliest, makers, ranks_of
from crm_metrics.journeys.keys import Key, apart, of_ids, of_labels, of_times
from crm_metrics.journeys.stays import stays
from crm_metrics.journeys.visits import LatestStay, Stay, TimeInStage, opened_changes, whole_history
from crm_metrics.records import StageChange

MICRO = 10**6


@column
def time_in_stage(s: Table[Stay]) -> Quantity:
    """Days in the stage; of stays that were put together, their sum. Missing while the deal is still there."""
    if issubclass(s.record, TimeInStage):
        seconds = _integers(s.seconds)
        return Quantity(seconds.data, seconds.mask, seconds.scale * (DAY // MICRO), "days")
    days: Quantity = s.left_at - s.entered_at
    return days


def cumulative(rows: Part[StageChange] | Part[Stay] | Part[TimeInStage]) -> Made:
    """One `TimeInStage` row per deal, pipeline and stage: the sum of its finished stays, sorted by deal.

    Of stage changes the stays are found first; stays are taken as they are. Stays without a deal all remain rows.

    It takes such rows as well, and adds them: ``cumulative(cumulative(a) + cumulative(b))`` is that of all, where `a`
    and `b` are stays, or changes of which no deal is cut in two. Where one is, find the stays of the whole first:
    ``cumulative(stays(stays(a) + stays(b)))``.

    Raises `WrongCall` for rows that have lost stays (`first_entries`, `latest`).

    >>> moves = [("offer", "2024-01-01"), ("talks", "2024-01-05"), ("offer", "2024-01-10"), ("success", "2024-01-12")]
    >>> found = cumulative([StageChange(deal=1, stage=stage, at=at) for stage, at in moves])
    >>> time_in_stage(found)
    <Quantity of 3: 6 days, 0:00:00, None, 5 days, 0:00:00>
    """
    t = _stays(rows, TimeInStage)
    cells = _cells(t)
    entered = earliest(cells, of_times(t.entered_at), functools.partial(_ties, t))
    cell, here = cells.of(slice(None)), cells.of(entered)
    spent, count = _sums_of(t)
    finished = np.bincount(cell[~spent.missing.true], minlength=cells.size).take(here)
    total, visits = (_sums(cell, cells.size, x).take(here) for x in (spent, count))
    left = _latest_exit(cells, t, here)
    made: dict[str, Any] = makers(t, entered, {name: name for name in KEPT if name in t})
    made |= {
        "left_at": lambda: left,
        "seconds": lambda: Quantity(total, none if (none := finished == 0).any() else None, spent.scale),
        "entries": lambda: Quantity(visits, None, count.scale),
        "tied": lambda: _any_of(cell, cells.size, t.optional("tied"), here),
    }
    return Made(TimeInStage, made, len(entered), t.how)


KEPT = ("deal", "pipeline", "stage", "entered_at", "seq", "manager")


def latest(rows: Part[StageChange] | Part[Stay]) -> Made:
    """The latest finished stay of each deal in each stage; the stay that goes on where none is finished.

    While a deal is in a stage for the second time this is its first stay there, as in HubSpot. Of stage changes the
    stays are found first; stays are taken as they are.

    The rows are `LatestStay`, stays for any metric, and it takes them as well: ``latest(latest(a) + latest(b))`` is
    that of all, where `a` and `b` are stays, or changes of which no deal is cut in two. Where one is, find the stays
    of the whole first: ``latest(stays(stays(a) + stays(b)))``.

    Raises `WrongCall` for rows that have lost stays (`first_entries`, `cumulative`).

    >>> moves = [("offer", "2024-01-01"), ("talks", "2024-01-05"), ("offer", "2024-01-10"), ("success", "2024-01-12")]
    >>> time_in_stage(latest([StageChange(deal=1, stage=stage, at=at) for stage, at in moves]))
    <Quantity of 3: 2 days, 0:00:00, None, 5 days, 0:00:00>
    """
    t = _stays(rows, LatestStay)
    last = _backwards(of_times(t.left_at))
    found = earliest(_cells(t), last, functools.partial(_ties_backwards, t))
    record = LatestStay if t.record is Stay else t.record
    return Made(record, makers(t, found, {name: name for name in t.columns}), len(found), t.how)


def _stays(rows: Any, also: type[Stay]) -> Table[Any]:
    """Stays as they are, those of changes; rows that have lost some are refused, but for those of the record `also`."""
    t = opened_changes(rows)
    return whole_history(t, also) if issubclass(t.record, Stay) else stays(t)


def _cells(t: Table[Any]) -> Grid:
    ids = apart(t.deal, of_ids(t.deal))
    return Grid((ids, of_labels(t.optional("pipeline")), of_labels(t.stage)), len(t)).dense()


def _backwards(key: Key) -> Key:
    """The same key from the last to the first, what is missing last all the same."""
    known = max(1, key.known)
    return Key(known - 1 - np.minimum(key.codes(), known - 1), 0, 1, key.known, key.mask)


def _ties(t: Table[Any], rows: Array) -> list[Array]:
    few = t.take(rows)
    seq = few.optional("seq")
    dates = dates_first(few.entered_at, np.arange(len(rows)))
    return [np.where(seq.missing.true, BIG, seq.data), few.optional("manager").codes, dates]


def _ties_backwards(t: Table[Any], rows: Array) -> list[Array]:
    few = t.take(rows)
    seq = few.optional("seq")
    others = [name for name in t.columns if name not in ("deal", "pipeline", "stage", "seq", "manager")]
    first = [_backwards(of_times(few.entered_at)).codes(), np.where(seq.missing.true, BIG, -seq.data)]
    return [*first, *_ties(t, rows), *ranks_of(few, others)]


# ---------------------------------------------------------------- sums


def _sums_of(t: Table[Any]) -> tuple[Quantity, Quantity]:
    """What adds: seconds of finished stays, and entries."""
    if issubclass(t.record, TimeInStage):
        return _integers(t.seconds), _integers(t.optional("entries"))
    days: Quantity = t.left_at - t.entered_at
    return Quantity(days.data, days.mask, MICRO), Quantity(np.ones(len(t), np.int64))


def _integers(x: Quantity) -> Quantity:
    """The same numbers as integers; floats to a millionth."""
    if x.scale:
        return x
    known = np.where(x.missing.true, 0, x.data)
    return Quantity(np.rint(known * MICRO).astype(np.int64), x.mask, MICRO)


def _sums(cell: Array, size: int, x: Quantity) -> Array:
    most = int(np.bincount(cell, minlength=size).max(initial=0))
    if x.data.dtype != object and big(x.data) * max(1, most) <= BIG:
        out = np.zeros(size, np.int64)
        np.add.at(out, cell, x.data)
        return out
    return Groups(((cell, size),), len(cell)).sum(x.data)


def _any_of(cell: Array, size: int, flags: Flags, here: Array) -> Flags:
    """Whether a flag holds of any row of a cell; unknown where it is of one, and holds of none."""
    true, unknown = (np.bincount(cell[of], minlength=size).take(here) > 0 for of in (flags.true, flags.missing.true))
    return Flags(true, unknown & ~true)


def _latest_exit(cells: Grid, t: Table[Any], here: Array) -> Instants:
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
    return Instants(np.where(mask, 0, out.data), mask if mask.any() else None, out.bare, out.zone, out.seen)
