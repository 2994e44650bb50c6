"""Every label of every record is a key, alone and as the second of two, and a condition, as a plain loop counts it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from strategies import RECORDS, World, made

from crm_metrics import table, totals, where
from crm_metrics.cells import currency, text
from crm_metrics.records.schemas import Record, schema

LABELS = [(record, name) for record in RECORDS for name, f in schema(record).items() if f.kind in (text, currency)]
each_label = pytest.mark.parametrize(("record", "name"), LABELS, ids=lambda x: getattr(x, "__name__", x))


def rows_of(record: type[Record]) -> tuple[Any, list[Any]]:
    rows = made(record, World("naive", "several"), 60, 5)
    return table(rows, record), rows


@each_label
def test_groups_of_a_label_are_those_of_a_plain_loop(record: type[Record], name: str) -> None:
    t, rows = rows_of(record)
    known = Counter(getattr(row, name) for row in rows)
    assert dict(totals(t, record, name).count()) == known and len(known) > 2
    for label, n in known.items():
        assert len(where(t, **{name: label})) == n


@each_label
def test_so_are_those_of_two(record: type[Record], name: str) -> None:
    t, rows = rows_of(record)
    others = [other for r, other in LABELS if r is record and other != name]
    for first in others[:1] or ["currency"]:
        pairs = Counter((getattr(row, first), getattr(row, name)) for row in rows)
        assert dict(totals(t, record, (first, name)).count()) == pairs
        assert len({b for _, b in pairs}) > 2
