"""How many of the rows that are kept lack what is required, whatever they came in and whatever was left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from makers import arrow, dicts, pandas, polars

from crm_metrics import Deal, table
from crm_metrics._reading.files import read_csv

ROWS: dict[str, list[Any]] = {
    "id": ["a", None, None, "d", "e"],
    "created_at": ["2024-01-05", None, "2024-01-05", "2024-01-05", None],
    "status": ["open", "open", "open", None, None],
    "amount": ["10", "20", "abc", "30", "xyz"],
}


def pandas_text(columns: dict[str, list[Any]]) -> Any:
    return pandas(columns).astype("string")


KINDS = [dict, dicts, pandas, pandas_text, polars, arrow]


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("empty", [None, ""])
def test_gaps_of_rows_that_are_left_out_are_not_counted(make: Any, empty: Any) -> None:
    rows = {name: [empty if x is None else x for x in cells] for name, cells in ROWS.items()}
    deals = table(make(rows), Deal, on_error="skip")
    assert (len(deals), deals.report.missing) == (3, {"id": 1, "created_at": 1, "status": 1})
    assert [x is None for x in deals.to_columns()["id"]] == [False, True, False]


def test_nor_are_they_of_files(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    lines = [ROWS, *zip(*ROWS.values(), strict=True)]
    path.write_text("".join(",".join(x or "" for x in line) + "\n" for line in lines), "utf-8")
    deals = read_csv(path, Deal, on_error="skip")
    assert deals.report is not None and deals.report.missing == {"id": 1, "created_at": 1, "status": 1}


@pytest.mark.parametrize("ids", [[1, 2, 3], [1, None, 3], [1, 2, None]])
def test_whole_numbers_have_gaps_too(ids: list[Any]) -> None:
    rows = {"id": ids, "created_at": ["2024-01-05"] * 3, "status": ["open"] * 3, "amount": [1, 2, "abc"]}
    missing = {"id": ids[:2].count(None)} if None in ids[:2] else {}
    assert table(rows, Deal, on_error="skip").report.missing == missing


@pytest.mark.parametrize("bad", [2, 500])
def test_every_bad_cell_is_told_in_its_row_however_many_there_are(bad: int) -> None:
    n = 1000
    amounts = [f"x{i // 2}" if i < bad else str(i) for i in range(n)]
    rows = {"id": list(range(n)), "created_at": ["2024-01-05"] * n, "status": ["open"] * n, "amount": amounts}
    deals = table(rows, Deal, on_error="skip")
    assert [(f.row, f.value) for f in deals.report.faults] == [(i + 1, f"x{i // 2}") for i in range(bad)]
    assert len(deals) == n - bad
