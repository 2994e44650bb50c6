"""Rows of a file in the order in which they were written: the number ``seq`` of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from crm_metrics._tables.table import Table
from crm_metrics._values.clocks import DAY
from crm_metrics._values.columns import Instants, Quantity
from crm_metrics._values.exact import Array
from crm_metrics.errors import WrongValue, shown
from crm_metrics.records.schemas import schema


def numbered(table: Table[Any], source: str) -> tuple[Table[Any], str]:
    """The table with its rows numbered in order of events, and a sentence that says in which order they were.

    Newest first is what a file is whose times never rise within a deal. One whose times rise and fall is in no order.
    """
    rows, steps = _steps(table)
    up, down = np.flatnonzero(steps > 0), np.flatnonzero(steps < 0)
    if len(up) and len(down):
        raise WrongValue(_out_of_order(table, source, rows, (up if len(up) < len(down) else down)[0]))
    n = np.arange(1, len(table) + 1)
    seq = Quantity(n[::-1].copy() if len(down) else n)
    order = "last to the first, newest first" if len(down) else "first to the last, oldest first"
    return table.replaced({"seq": seq}), f"rows are numbered into seq from the {order}"


def _steps(table: Table[Any]) -> tuple[Array, Array]:
    """The rows by deal, and whether the deal goes on from each to a later time (1), an earlier one (-1) or neither."""
    deals, times = table["deal"], table["at"]
    known = np.flatnonzero(~(times.missing.true | deals.missing.true))
    rows = known.take(np.argsort(deals.codes.take(known), kind="stable"))
    codes = deals.codes.take(rows)
    same = codes[1:] == codes[:-1]
    return rows, np.where(same, _signs(times, rows), 0)


def _signs(times: Instants, rows: Array) -> Array:
    """The signs of the steps from each of the rows to the next; by day where either is a bare date."""
    data, days = times.data.take(rows), times.local().take(rows) // DAY
    bare = np.broadcast_to(times.bare, len(times)).take(rows)
    by_day = bare[1:] | bare[:-1]
    return np.where(by_day, np.sign(np.diff(days)), np.sign(np.diff(data)))


def _out_of_order(table: Table[Any], source: str, rows: Array, step: int) -> str:
    one, two = int(rows[step]), int(rows[step + 1])
    deal, times = table["deal"].item(one), table["at"]
    return (
        f"{source} is in no order of time: deal {shown(deal)} goes from {times.item(one)} to {times.item(two)}, "
        "most others the other way; sort the file by time, or leave ordered= out"
    )


def of_ties(table: Table[Any]) -> str | None:
    """A sentence about rows at one instant of their deal, which nothing puts in order, None where there are none."""
    fields = schema(table.record)
    if not {"deal", "at", "seq"} <= set(fields) or "seq" in table or not len(table):
        return None
    deals, times = table["deal"], table["at"]
    known = np.flatnonzero(~(times.missing.true | deals.missing.true))
    codes, data = deals.codes.take(known), times.data.take(known)
    rows = np.lexsort((data, codes))
    tied = (np.diff(codes.take(rows).astype(np.int64)) == 0) & (np.diff(data.take(rows)) == 0)
    if not (n := int(np.count_nonzero(tied))):
        return None
    said = f"{n:,} rows are" if n > 1 else "1 row is"
    return f"{said} at one instant with another of the deal: ordered=True would put them in the order of the file"
