"""Ids that mean nobody in whatever type they come, and closing days of which a row has two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, sales, table
from crm_metrics._company.first_settings.draft import write
from crm_metrics._company.folder import load

ZEROS = "00000000-0000-0000-0000-000000000000"


def deals(ids: list[Any]) -> dict[str, list[Any]]:
    return {"id": [1, 2, 3], "created_at": ["2024-01-01"] * 3, "status": ["open"] * 3, "COMPANY_ID": ids}


@pytest.mark.parametrize(
    "ids", [[0, 0, 55], [0.0, float("nan"), 55.0], ["0.0", "0", "55.0"], [ZEROS, ZEROS, "a-1"], ["0", None, "55"]]
)
def test_the_id_0_is_nobody_in_whatever_type_it_comes(ids: list[Any]) -> None:
    counts = sales.deals_created(table(deals(ids), Deal, columns={"customer": "COMPANY_ID"}), by="customer")
    assert sorted(counts.values()) == [1, 2] and counts[None] == 2


@pytest.mark.parametrize("zero", [0, 0.0, "0"])
def test_who_says_what_0_is_is_believed(zero: Any) -> None:
    t = table(deals([zero, zero, 55]), Deal, columns={"customer": "COMPANY_ID"}, values={"customer": {"0": "house"}})
    assert sales.deals_created(t, by="customer")["house"] == 2


def test_a_frame_of_floats_has_nobody_too() -> None:
    pd = pytest.importorskip("pandas")
    t = table(pd.DataFrame(deals([0, None, 55])), Deal, columns={"customer": "COMPANY_ID"})
    assert dict(sales.deals_created(t, by="customer")) == {"55": 1, None: 2}


def test_a_row_whose_own_id_is_0_keeps_it(tmp_path: Path) -> None:
    rows = "id,created_at,status,closed_at\n0,2024-01-05,won,2024-02-01\n1,2024-01-06,lost,2024-02-02\n"
    (tmp_path / "deals.csv").write_text(rows, "utf-8")
    write(tmp_path)
    assert "values.id" not in (tmp_path / "crm.toml").read_text("utf-8")
    found = load(tmp_path).deals
    assert found is not None and found["id"].item(0) == "0"


def test_rows_with_two_closing_days_are_told() -> None:
    rows = {"id": [1, 2, 3], "created_at": ["2024-01-01"] * 3, "status": ["won", "lost", "lost"]}
    days = {"Won": ["2024-01-20", "2024-01-20", None], "Lost": [None, "2024-02-25", "2024-02-05"]}
    t = table({**rows, **days}, Deal, columns={"closed_at": ["Won", "Lost"]})
    assert t.report is not None
    assert t.report.decided == (
        "closed_at is the one of the status, else the first of Won, Lost, of which 1 row has several",
    )


def test_rows_with_one_day_in_two_columns_are_not() -> None:
    rows = {"id": [1, 2], "created_at": ["2024-01-01"] * 2, "status": ["won", "lost"]}
    days = {"Won": ["2024-01-20", None], "Lost": ["2024-01-20", "2024-02-05"]}
    t = table({**rows, **days}, Deal, columns={"closed_at": ["Won", "Lost"]})
    assert t.report is not None and t.report.decided == ()


@pytest.mark.parametrize("day", ["0000-00-00", "0000-00-00 00:00:00", "0000-00-00T00:00:00Z"])
def test_the_day_of_zeros_of_an_interface_is_none(day: str) -> None:
    lost = {"id": 1, "created_at": "2024-01-01", "status": "lost", "closed_at": day}
    assert table([lost], Deal)["closed_at"].item(0) is None
    assert Deal(**lost).closed_at is None
