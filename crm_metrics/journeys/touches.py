"""The first touch of each deal, or of each customer."""

from __future__ import annotations

from typing import Any

import numpy as np

from crm_metrics._tables.opening import held
from crm_metrics._tables.stacking import Made
from crm_metrics._tables.table import Part, Table
from crm_metrics._values.columns import Instants, Labels
from crm_metrics._values.exact import Array
from crm_metrics.errors import UnknownName, WrongCall, listed
from crm_metrics.journeys.firsts import Grid, dates_first, earliest, makers, ranks_of
from crm_metrics.journeys.keys import apart, of_ids, of_times
from crm_metrics.journeys.visits import FirstEntry
from crm_metrics.records import Call, Interaction, StageChange

TOUCHES = (Interaction, Call, StageChange)


def first_touches(rows: Part[Interaction] | Part[Call] | Part[StageChange], on: str = "deal") -> Made:
    """The earliest row of each deal, sorted by deal; ``on="customer"`` (or another field of labels) of each of these.

    Rows of plain columns are read as interactions; of calls and stage changes give tables or records. All their columns
    stay but their own `id`, so that `attach` meets them by the first column: ``attach(deals, first_touches(calls),
    on="id", touched_at="started_at")``. Of two at one instant bare dates come first, then the lower `seq`, then the
    other columns decide. A row without a time comes last. Rows without a deal all remain, since nobody knows whose they
    are. ``first_touches(first_touches(a) + first_touches(b))`` are the first touches of all rows.

    Raises `WrongCall` for rows of other records, `UnknownName` where there is no column `on`.

    >>> days = ["2024-01-09", "2024-01-05", "2024-01-07"]
    >>> found = first_touches({"deal": [1, 1, 2], "kind": ["email", "visit", "visit"], "at": days})
    >>> [(found.deal.item(i), found.kind.item(i), str(found.at.item(i))) for i in range(len(found))]
    [('1', 'visit', '2024-01-05'), ('2', 'visit', '2024-01-07')]
    """
    t: Table[Any] = held(rows)
    if not issubclass(t.record, TOUCHES):
        t = held(rows, Interaction)
    at = t.record.known.at
    labels = _labels(t, on)
    times: Instants = t[at]
    others = [name for name in t.columns if name not in ("id", on, at)]

    def ties(few: Array) -> list[Array]:
        seq = ranks_of(t.take(few), ["seq"]) if "seq" in others else []
        return [dates_first(times, few), *seq, *ranks_of(t.take(few), others)]

    found = earliest(Grid((apart(labels, of_ids(labels)),), len(t)), of_times(times), ties)
    lacking = labels.missing.true[found]
    found = np.append(found[~lacking], _sorted(found[lacking], of_times(times).codes(found[lacking]), ties))
    record = FirstEntry if t.record is StageChange else t.record  # the other changes of a deal are gone
    return Made(record, makers(t, found, {name: name for name in [on, at, *others]}), len(found), t.how)


def _sorted(rows: Array, time: Array, ties: Any) -> Array:
    """Rows in an order that does not depend on how they came."""
    return rows[np.lexsort([*ties(rows)[::-1], time])] if len(rows) else rows


def _labels(t: Table[Any], on: str) -> Labels:
    if on not in t:
        raise UnknownName(f"first_touches(on={on!r}): there is no such column; these rows have {listed(t.columns, 24)}")
    labels = t[on]
    if not isinstance(labels, Labels):
        raise WrongCall(f"first_touches(on={on!r}): {on} holds no ids or labels; give a field such as on='deal'")
    return labels
