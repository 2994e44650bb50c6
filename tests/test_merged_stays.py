"""Stays put together merge, and what needs all changes refuses rows that have lost some."""

from __future__ import annotations

import datetime as dt
import pickle
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import month, sales, where
from crm_metrics.errors import WrongCall
from crm_metrics.journeys import (
    Pipeline,
    cumulative,
    first_entries,
    first_touches,
    furthest,
    latest,
    stays,
    time_in_stage,
)
from crm_metrics.records import StageChange
from tests.paths import rows_of, same_rows, stage_changes
from tests.test_journeys import CUT, changes


@pytest.mark.parametrize("fold", [cumulative, latest])
@given(rows=stage_changes(), data=st.data())
def test_stays_put_together_merge(fold: Any, rows: list[StageChange], data: Any) -> None:
    want = fold(rows)
    assert rows_of(fold(want)) == rows_of(want)
    own = data.draw(st.sets(st.sampled_from(["1", "2", "10"])))
    parts = [[c for c in rows if (c.deal in own) is side] for side in (True, False)]
    assert same_rows(fold(fold(parts[0]) + fold(parts[1])), want)
    found, cut = stays(rows), data.draw(CUT)
    places = [np.arange(len(found))[part] for part in (slice(0, cut), slice(cut, None))]
    assert same_rows(fold(fold(found.take(places[0])) + fold(found.take(places[1]))), want)


def test_a_deal_cut_in_two_is_merged_as_stays_first() -> None:
    rows = changes(
        (1, "lead", "2024-01-01"), (1, "offer", "2024-01-03"), (1, "lead", "2024-01-10"), (1, "won", "2024-01-12")
    )
    merged = stays(stays(rows[:2]) + stays(rows[2:]))
    assert rows_of(cumulative(merged)) == rows_of(cumulative(rows))
    assert rows_of(latest(merged)) == rows_of(latest(rows))


def test_seconds_and_entries_add_whatever_numbers_they_are() -> None:
    base = {
        "deal": [1, 1],
        "stage": ["a", "a"],
        "entered_at": ["2024-01-01", "2024-01-05"],
        "left_at": ["2024-01-02", None],
    }
    for seconds in ([86_400, None], [86_400.0, None], [Decimal("86400.5"), None], [86_400.5, 0.25]):
        found = cumulative({**base, "seconds": seconds, "entries": [1, 2.0]})
        assert found.entries.item(0) == 3
        assert found.seconds.item(0) == sum(Decimal(str(x)) for x in seconds if x is not None)
        assert time_in_stage(found).item(0) == dt.timedelta(seconds=float(found.seconds.item(0)))


LOST = {"first_entries": first_entries, "furthest": lambda rows: furthest(rows, PLAIN), "latest": latest}
LOST |= {"cumulative": cumulative, "first_touches": first_touches}
PLAIN = Pipeline(["lead", "offer", "won"])
NEED_ALL: dict[str, Any] = {
    "stays": stays,
    "funnel": lambda rows: sales.funnel(rows, PLAIN),
    "snapshot": lambda rows: sales.snapshot(rows, PLAIN, "2024-01-31"),
    "entered": lambda rows: sales.entered(rows, PLAIN, month.period("2024-01")),
    "cumulative": cumulative,
    "latest": latest,
    "first_entries": first_entries,
}


@pytest.mark.parametrize("lossy", LOST)
@pytest.mark.parametrize("asked", NEED_ALL)
def test_what_needs_all_changes_refuses_rows_that_have_lost_some(lossy: str, asked: str) -> None:
    rows = changes(
        (1, "lead", "2024-01-01"), (1, "offer", "2024-01-03"), (1, "lead", "2024-01-10"), (1, "won", "2024-01-12")
    )
    kept = LOST[lossy](rows)
    if lossy == asked or (asked == "first_entries" and lossy in ("furthest", "first_touches")):
        assert rows_of(NEED_ALL[asked](kept)) == rows_of(kept)
        return
    for table in (kept, kept + kept, pickle.loads(pickle.dumps(kept)), where(kept, stage="lead")):
        with pytest.raises(WrongCall, match=r"give the changes themselves, or stays\(changes\)"):
            NEED_ALL[asked](table)


def test_columns_that_look_like_time_in_stages_are_no_stays() -> None:
    found = cumulative(changes((1, "lead", "2024-01-01"), (1, "offer", "2024-01-03")))
    columns = {name: items(found[name]) for name in found.columns}
    assert rows_of(cumulative(columns)) == rows_of(found)
    with pytest.raises(WrongCall, match="TimeInStage rows hold the stays of a deal in a stage put together"):
        stays(columns)


def items(column: Any) -> list[Any]:
    return [column.item(i) for i in range(len(column))]
