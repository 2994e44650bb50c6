"""Tables one below the other say what their rows say."""

from __future__ import annotations

import datetime as dt
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import Deal, Spend, sales, totals
from crm_metrics._tables.encoding.ids import Numbered
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.stacking import stack
from crm_metrics.errors import WrongCall, WrongValue
from crm_metrics.journeys import stays
from tests.paths import rows_of
from tests.strategies import MIXED_WORLDS, WORLDS, companies


@given(company=companies((Deal,), WORLDS | MIXED_WORLDS), cut=st.lists(st.integers(0, 12), max_size=3))
def test_a_stack_reads_as_its_rows(company: Any, cut: list[int]) -> None:
    rows, edges = company.rows[Deal], sorted(cut)
    parts = [rows[a:b] for a, b in zip([0, *edges], [*edges, len(rows)], strict=True)]
    stacked = stack([open_rows(part, Deal) for part in parts])
    assert rows_of(stacked) == rows_of(open_rows(rows, Deal))
    assert sales.deals_won(stacked, by=("manager", "currency")) == sales.deals_won(rows, by=("manager", "currency"))
    assert sales.won_revenue(stacked, by="currency") == sales.won_revenue(rows, by="currency")


@given(company=companies((Deal,)))
def test_a_stack_of_stacks_is_a_stack(company: Any) -> None:
    part = open_rows(company.rows[Deal], Deal)
    assert rows_of(stack([stack([part, part]), part])) == rows_of(stack([part, part, part]))
    assert rows_of(pickle.loads(pickle.dumps(stack([part, part])))) == rows_of(stack([part, part]))


def test_a_column_that_a_part_lacks_is_missing_there() -> None:
    found = stack([open_rows({"id": [1], "amount": [5], "team": ["North"]}, Deal), open_rows({"id": [2]}, Deal)])
    assert [found.amount.item(i) for i in (0, 1)] == [5, None]
    assert [found.team.item(i) for i in (0, 1)] == ["North", None]
    assert totals(found, Deal).sum("amount") == 5


def test_ids_stay_numbers_where_all_are_and_become_text_where_some_are() -> None:
    numbers, text = open_rows({"id": np.array([7, 10])}, Deal), open_rows({"id": ["7", "x"]}, Deal)
    assert isinstance(stack([numbers, numbers]).id, Numbered)
    assert isinstance(stack([numbers, open_rows({"status": ["open"]}, Deal)]).id, Numbered)
    assert [stack([numbers, text]).id.item(i) for i in range(4)] == ["7", "10", "7", "x"]


def test_amounts_come_to_a_common_minor_unit() -> None:
    yen = open_rows({"amount": [500], "currency": ["JPY"]}, Deal)
    dinars = open_rows({"amount": ["1.125"], "currency": ["KWD"]}, Deal)
    found = stack([yen, dinars])
    assert totals(found, Deal, "currency").sum("amount") == {"JPY": 500.0, "KWD": 1.125}
    nameless = stack([open_rows({"amount": [1]}, Deal), open_rows({"amount": [None], "currency": ["USD"]}, Deal)])
    assert totals(nameless, Deal).sum("amount") == 1.0


def test_columns_that_are_no_field_meet_as_what_they_hold() -> None:
    parts = [{"n": [1, 2]}, {"n": [0.5]}, {"n": ["x"]}, {"n": [None]}]
    assert [stack([open_rows(p, Deal) for p in parts]).n.item(i) for i in range(5)] == ["1", "2", "0.5", "x", None]
    floats = stack([open_rows(p, Deal) for p in parts[:2]]).n
    assert [floats.item(i) for i in range(3)] == [1.0, 2.0, 0.5]
    flags = stack([open_rows({"b": [True]}, Deal), open_rows({"b": [None]}, Deal)]).b
    assert [flags.item(i) for i in (0, 1)] == [True, None]
    assert len(stack([open_rows({"b": [None]}, Deal)] * 2).b) == 2


def test_dates_stay_dates_and_times_times() -> None:
    date, time = dt.date(2024, 1, 1), dt.datetime(2024, 1, 2, 3)
    found = stack([open_rows({"created_at": [date]}, Deal), open_rows({"created_at": [time]}, Deal)])
    assert [found.created_at.item(i) for i in (0, 1)] == [date, time]


def test_what_does_not_fit_is_refused() -> None:
    deals, spend = open_rows([], Deal), open_rows([], Spend)
    with pytest.raises(WrongCall, match="tables of Deal and Spend do not stack"):
        stack([deals, spend])
    with pytest.raises(WrongCall, match="one or more tables"):
        stack([])
    with pytest.raises(WrongCall, match="list of tables"):
        stack([[1]])  # type: ignore[list-item]
    aware = open_rows({"created_at": [dt.datetime(2024, 1, 1, 9, tzinfo=dt.UTC)]}, Deal)
    naive = open_rows({"created_at": [dt.datetime(2024, 1, 1, 9)]}, Deal)
    with pytest.raises(WrongValue, match="no zone"):
        _ = stack([aware, naive]).created_at


def test_a_fold_adds_to_a_table_from_either_side_and_in_a_sum() -> None:
    one = stays({"deal": [1], "stage": ["a"], "at": ["2024-01-01"]})
    assert len(one + one) == len(stack([one]) + one) == len(sum([one, one])) == 2
    with pytest.raises(TypeError):
        _ = one + 3
