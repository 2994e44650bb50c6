"""Calls: which of them count, and the hours in which somebody made any."""

from __future__ import annotations

import numpy as np

from crm_metrics._tables.table import Table
from crm_metrics._tables.where import column
from crm_metrics._values.columns import Flags, Labels
from crm_metrics.columns.parametric import times
from crm_metrics.periods import HOUR
from crm_metrics.records import Call


@column
def answered(c: Table[Call]) -> Flags:
    """Calls in which somebody spoke."""
    return c.answered


@column
def linked(c: Table[Call]) -> Flags:
    """Calls that belong to a deal."""
    return ~c.deal.missing


COUNTING = {"all": None, "answered": answered, "linked": linked}


@column
def hour_of_work(c: Table[Call]) -> Labels:
    """A manager and an hour of a day; missing where the time of day is."""
    at, manager = times(c, "started_at"), c.optional("manager")
    packed = at.local() // HOUR * manager.size + manager.codes
    pairs, codes = np.unique(packed, return_inverse=True)
    hours = (divmod(pair, manager.size) for pair in pairs.tolist())
    labels = [(hour, manager.labels[who] or "") for hour, who in hours]
    none = at.missing.true | at.bare
    return Labels(np.where(none, len(labels), codes), [*labels, None]) if none.any() else Labels(codes, labels)
