"""A time of day without its seconds has no parts of a second: 10.30 is half past ten, or no time at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from crm_metrics import Call, DataError, Deal, Spend, StageChange, read_csv, table


def created(tmp_path: Path, cell: str) -> object:
    path = tmp_path / "deals.csv"
    path.write_text(f'id,created_at,status\n1,"{cell}",open\n', encoding="utf-8")
    return read_csv(path, Deal).created_at.item(0)


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("05.03.2024 10.30", (10, 30)),
        ("05.03.2024 10.30.15", (10, 30, 15)),
        ("5.3.2024 9.05", (9, 5)),
        ("2024-03-05 10.30", (10, 30)),
        ("5 марта 2024, 10.30", (10, 30)),
        ("05.03.2024 10:30:15.5", (10, 30, 15, 500_000)),
        ("2024-03-05T10:30:15,5", (10, 30, 15, 500_000)),
    ],
)
def test_a_file_may_write_the_time_of_day_with_dots(tmp_path: Path, cell: str, time: tuple[int, ...]) -> None:
    assert created(tmp_path, cell) == dt.datetime(2024, 3, 5, *time)


@pytest.mark.parametrize("cell", ["2024-03-05T10.5", "2024-03-05 10:30.5", "05.03.2024 10,30", "05.03.2024 10.3"])
def test_parts_of_an_hour_or_a_minute_are_no_time(tmp_path: Path, cell: str) -> None:
    with pytest.raises(DataError, match="is not a time"):
        created(tmp_path, cell)


@pytest.mark.parametrize("cell", ["2024-03-05 10.30", "2024-03-05T10.5", "2024-03-05T1030.5+03:00"])
@pytest.mark.parametrize(
    ("record", "field", "rest"),
    [
        (Deal, "created_at", {"id": [1], "status": ["open"]}),
        (Spend, "at", {"amount": [5]}),
        (StageChange, "at", {"deal": [1], "stage": ["new"]}),
        (Call, "started_at", {}),
    ],
)
def test_no_kind_of_rows_reads_them_as_parts_of_a_second(record: type, field: str, rest: dict, cell: str) -> None:
    with pytest.raises(DataError, match=f"{field}: '.*' is not a time; write it like"):
        table({**rest, field: [cell]}, record)
