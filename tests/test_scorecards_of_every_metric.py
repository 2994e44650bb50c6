"""A scorecard of every metric there is, over rows of every record: the digits of each, or a note that says why not."""

from __future__ import annotations

import math
from typing import Any

import pytest
from compared import told
from complete import complete
from hypothesis import given, strategies as st
from laws import METRICS, labels_of, roles
from strategies import FEWER, RECORDS, companies

from crm_metrics import scorecard
from crm_metrics._scorecards.measures import Entry
from crm_metrics._totals.metric import about

ALL = [complete(m) for m in METRICS.values()]
TWICE = {about(m).name for m in ALL if len(set(about(m).records)) < len(about(m).records)}
"""They compare rows of one record with others of it: a company has one table of each."""


def is_served(m: Any, by: str | None) -> bool:
    """Whether a company has the rows of a metric, and those that it groups have the column."""
    records = about(m).records
    grouped = tuple(r for r, is_grouped in zip(records, roles(m, records), strict=True) if is_grouped)
    return about(m).name not in TWICE and (by is None or by in labels_of(grouped))


@pytest.mark.law
@pytest.mark.parametrize("by", [None, "manager", "channel"])
@given(data=st.data())
@FEWER
def test_a_scorecard_has_the_digits_of_every_metric(by: str | None, data: st.DataObject) -> None:
    company = data.draw(companies(RECORDS))
    card = scorecard(ALL, company.rows, by=by)
    for m in ALL:
        rows = [row for row in card if row.metric == Entry(m).name]
        assert rows, about(m).name
        if is_served(m, by):
            known = told(m(*company.of(about(m).records), by=by))
            wanted = {(): known} if by is None else {(key,): x for key, x in known.items()}
            shown = {row.group: row for row in rows}
            assert wanted.keys() <= shown.keys()
            for group, x in wanted.items():
                are_digits(shown[group], x)
        else:
            assert all(math.isnan(row.value or 0.0) == bool(row.note) for row in rows), about(m).name


def are_digits(row: Any, value: Any) -> None:
    """The row has the digits of the number, or none, and then it says what is missing."""
    if row.note.startswith("the "):
        assert math.isnan(row.value)
    else:
        assert repr(row.value) == repr(value) or (row.value != row.value and value != value), row
