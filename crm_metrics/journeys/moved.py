"""Which deals have moved within so many days: what changes say of it, however they are cut into parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from crm_metrics._tables.table import Table
from crm_metrics._values.columns import Labels
from crm_metrics._values.exact import BIG, Array
from crm_metrics.cells import Instant
from crm_metrics.columns.parametric import Parametric, days_given, moment, times
from crm_metrics.journeys.keys import of_ids, of_numbers, of_times
from crm_metrics.records import StageChange


@frozen
class Moved(Parametric):
    """The deals with a change of stage in the last `days` before a moment, of the changes until that.

    A row that leads where the deal was by then is no change, and whether it does the rows of other parts may decide. So
    a row says where the deal went, or, where it is older, where the deal was last, and when: the label is (deal,
    pipeline, stage, None, None), or the time and the number in their place. `meaning` puts such labels together.
    """

    as_of: Instant = field(converter=moment)
    days: float = field(converter=days_given)

    @property
    def __name__(self) -> str:
        return "moved_deal"

    def of(self, rows: Table[StageChange]) -> Labels:
        at = times(rows, "at")
        old = ((at - self.as_of) <= -self.days).true
        said = _last_of_deals(rows, np.flatnonzero(old & ~rows.deal.missing.true))
        some, codes = np.unique(said, return_inverse=True)
        time = of_times(at)
        micros = time.values(time.codes(some))[0]
        said_by = [rows.optional(name) for name in ("deal", "pipeline", "stage", "seq")]
        labels = [
            _label(said_by, i, us if old[i] else None) for i, us in zip(some.tolist(), micros.tolist(), strict=True)
        ]
        place = {label: i for i, label in enumerate(dict.fromkeys([*labels, None]))}
        return Labels(np.array([place[label] for label in labels], np.intp).take(codes), list(place))

    def meaning(self, labels: Iterable[Any]) -> frozenset[str]:
        """The deals that moved, out of all labels of all parts."""
        went, was = defaultdict[str, set[Any]](set), defaultdict[str, dict[Any, set[Any]]](dict)
        for deal, pipeline, stage, us, seq in (label for label in labels if label):
            own = went[deal] if us is None else was[deal].setdefault((us, seq is None, seq or 0), set())
            own.add((pipeline, stage))
        return frozenset(deal for deal, places in went.items() if not _stayed(places, was[deal]))


def _stayed(went: set[Any], was: dict[Any, set[Any]]) -> bool:
    """Whether all rows may lead where the deal was last; without a stage nobody knows whether one does."""
    last = was[max(was)] if was else set()
    return len(went) == 1 and went <= last and all(stage is not None for _, stage in went)


def _label(said_by: Sequence[Any], i: int, us: int | None) -> tuple[Any, ...] | None:
    """What a row says; nothing where it has no deal."""
    deal, pipeline, stage, seq = (column.item(i) for column in said_by)
    return None if deal is None else (deal, pipeline, stage, us, None if us is None else seq)


def _last_of_deals(rows: Table[StageChange], old: Array) -> Array:
    """For each row the row that speaks for it: of those that are old, one of the last of their deal."""
    deal = of_ids(rows.deal)
    last = old
    for key in (of_times(times(rows, "at")), of_numbers(rows.optional("seq"))):
        value, own = key.codes(last), deal.codes(last)
        best = np.full(deal.size, -BIG)
        np.maximum.at(best, own, value)
        last = last[value == best[own]]
    out, of_deal = np.arange(len(rows)), np.zeros(deal.size, np.intp)
    of_deal[deal.codes(last)] = last
    out[old] = of_deal[deal.codes(old)]
    out[last] = last
    return out
