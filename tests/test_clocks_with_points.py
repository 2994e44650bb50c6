"""A clock with points, as Italians, Danes and Finns write it, is a clock; half of one is none."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from crm_metrics import Deal, read_csv, table
from crm_metrics._tables import text
from crm_metrics.cells import Bad, instant
from crm_metrics.errors import DataError


@pytest.mark.parametrize("cell", ["15.01.2024 10.30", "2024-01-15 10.30", "15/01/2024 10.30", "2024-01-15 10.30.00"])
def test_half_past_ten_is_no_fraction_of_a_second_past_ten(cell: str) -> None:
    assert text.time(cell) == dt.datetime(2024, 1, 15, 10, 30)


def test_points_go_with_seconds_their_fractions_halves_of_the_day_and_offsets() -> None:
    assert text.time("15.01.2024 10.30.15,25") == dt.datetime(2024, 1, 15, 10, 30, 15, 250_000)
    assert text.time("15.01.2024 10.30 PM") == dt.datetime(2024, 1, 15, 22, 30)
    assert text.time("2024-01-15 10.30+03:00") == dt.datetime(2024, 1, 15, 7, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("rest", ["10.5", "10,5", "10:30.5", "10:30,25", "1030.5", "10.30:15"])
def test_fractions_of_hours_and_minutes_are_no_times(rest: str) -> None:
    assert isinstance(text.time(f"2024-01-15 {rest}"), Bad)
    assert isinstance(instant(f"2024-01-15T{rest}"), Bad)


def test_fractions_of_seconds_are_read_as_before() -> None:
    second = dt.datetime(2024, 1, 15, 10, 30, 15, 250_000)
    assert instant("2024-01-15T10:30:15.25") == instant("2024-01-15T103015.25") == second


def test_a_table_says_that_it_reads_no_clock_with_points() -> None:
    with pytest.raises(DataError, match=r"row 1, created_at: '2024-01-15 10\.30' is not a time"):
        table({"id": [1], "created_at": ["2024-01-15 10.30"], "status": ["won"]}, Deal)


def test_a_file_reads_one(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("id;created_at;status\n1;15.01.2024 10.30;won\n2;15.01.2024 9.05;won\n", "utf-8")
    times = read_csv(path, Deal).created_at
    assert [times.item(i).time() for i in range(2)] == [dt.time(10, 30), dt.time(9, 5)]
