"""Times in the wrong order are refused of rows of any kind, as soon as both are read."""

from __future__ import annotations

import contextlib
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import Deal, month, quarter, sales, table
from crm_metrics._tables.opening import open_rows
from crm_metrics.errors import DataError
from crm_metrics.records.schemas import NotBefore

TWO = {"id": [1, 2], "created_at": ["2024-01-05"] * 2, "status": ["won", "open"], "closed_at": ["2024-02-01", None]}
BACKWARDS = {**TWO, "status": ["won", "lost"], "closed_at": ["2024-02-01", "2024-01-04"]}


def rows_of(data: dict[str, list[Any]], kind: str) -> Any:
    """Columns as a mapping, as dicts, as a frame."""
    if kind == "dicts":
        return [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]
    return data if kind == "mapping" else __import__(kind).DataFrame(data)


@pytest.mark.parametrize("kind", ["mapping", "dicts", "pandas", "polars"])
def test_a_time_before_its_beginning_is_refused_of_rows_of_any_kind_as_table_refuses_it(kind: str) -> None:
    rows = open_rows(rows_of(BACKWARDS, kind), Deal)
    with pytest.raises(DataError) as of_table:
        table(rows_of(BACKWARDS, kind), Deal)
    for _ in range(2):  # a refusal is no permission for the second time
        with pytest.raises(DataError, match="row 2, closed_at: '2024-01-04' is before created_at; correct") as lazy:
            sales.median_sales_cycle(rows)
        assert str(lazy.value) == str(of_table.value)
    assert sales.win_rate(rows) == 0.5  # it reads no times


def test_times_of_managers_and_of_quotas_are_in_order_too() -> None:
    staff = {"name": ["Anna", "Boris"], "hired_at": ["2024-03-01", None], "left_at": ["2024-02-01", "2024-02-01"]}
    with pytest.raises(DataError, match=r"1 bad cell.*\n  row 1, left_at: '2024-02-01' is before hired_at"):
        sales.manager_months(staff, period=quarter("2024Q1"))
    quotas = {"manager": ["Anna"], "start": ["2024-03-01"], "end": ["2024-02-01"], "amount": [100]}
    with pytest.raises(DataError, match="row 1, end: '2024-02-01' is before start"):
        sales.quota_attainment({**TWO, "amount": [1, 2], "manager": ["Anna"] * 2}, quotas, period=quarter("2024Q1"))


def test_times_of_one_day_are_in_order_where_one_is_a_bare_date_and_gaps_break_nothing() -> None:
    rows = {**TWO, "created_at": [dt.datetime(2024, 2, 1, 18), None], "closed_at": [dt.date(2024, 2, 1), "2024-02-01"]}
    assert sales.average_sales_cycle(rows) == 0
    later = {**rows, "closed_at": [dt.datetime(2024, 2, 1, 17), None]}
    with pytest.raises(DataError, match="row 1, closed_at: 2024-02-01 17:00:00 is before created_at"):
        sales.average_sales_cycle(later)
    undated = {"status": ["won", "lost"], "created_at": ["2024-01-05"] * 2, "closed_at": [None] * 2}
    assert np.isnan(sales.average_sales_cycle(undated))  # a gap is counted, not refused


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5) | st.none()), max_size=6))
def test_the_order_of_times_is_read_once_a_table_and_never_of_its_parts(days: list[tuple[int, int | None]]) -> None:
    rows = {
        "created_at": [f"2024-01-0{a}" for a, _ in days],
        "closed_at": [b and f"2024-01-0{b}" for _, b in days],
        "status": ["lost"] * len(days),
    }
    wrong = [i + 1 for i, (a, b) in enumerate(days) if b is not None and b < a]
    t = open_rows(rows, Deal)
    part = t.take(np.arange(len(days))).cut(slice(0, len(days)))
    reads: list[str] = []
    with (
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(DataError) if wrong else contextlib.nullcontext() as refused,
    ):
        patch.setattr(NotBefore, "broken", lambda self, rows, of=NotBefore.broken: reads.append("") or of(self, rows))
        for _ in range(2):
            assert len(part.closed_at - part.created_at) == len(days)
    assert len(reads) == 1
    if wrong:
        assert [fault.row for fault in refused.value.faults] == wrong


def test_what_is_refused_does_not_depend_on_what_was_asked_before() -> None:
    for first in (sales.deals_created, sales.deals_won):
        rows = open_rows({**BACKWARDS, "status": ["won", "won"]}, Deal)
        for metric in (first, sales.deals_created, sales.deals_won, sales.deals_created):
            if metric is sales.deals_created:
                assert metric(rows, by=month).total() == 2, "it does not read when deals were closed"
                continue
            with pytest.raises(DataError, match="row 2, closed_at: '2024-01-04' is before created_at"):
                metric(rows, by=month)


def test_threads_are_refused_alike() -> None:
    for _ in range(20):
        rows = open_rows(BACKWARDS, Deal)
        with ThreadPoolExecutor(4) as pool:
            found = [f.exception() for f in [pool.submit(lambda rows=rows: rows.closed_at) for _ in range(8)]]
        assert {type(x) for x in found} == {DataError}
