"""Numbers that no company has, where they are no cells: refused or carried, neither a hang nor a bare error."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crm_metrics import CRM, Deal, Spend, Table, read_csv, read_excel, sales, scorecard, table
from crm_metrics._reading.encodings import UnreadableFile
from crm_metrics.errors import WrongCall, WrongValue

DEALS = {"id": [1, 2], "created_at": ["2024-01-01"] * 2, "status": ["open", "open"]}


@pytest.mark.parametrize(
    "margin", [Decimal("1e999999999"), Decimal("1e-9999999"), 10**400, 1e308, Decimal(1).next_plus()]
)
def test_a_margin_of_absurd_size_is_refused_at_once(margin: Any) -> None:
    with pytest.raises(WrongValue, match="give the share of the amount"):
        CRM(margin=margin)


@pytest.mark.parametrize(
    ("given", "read"),
    [(Decimal("1e999999999"), float("inf")), (Decimal("-1e999999999"), float("-inf")), (Decimal("1e-9999999"), 0.0)],
)
def test_an_extra_column_with_one_is_a_column_of_floats(given: Decimal, read: float) -> None:
    rows: Table[Deal] = table({**DEALS, "weight": [given, Decimal(2)]}, Deal)
    assert rows.to_columns()["weight"] == [read, 2.0]


def test_a_whole_number_beyond_floats_stands_beside_a_float() -> None:
    assert table({**DEALS, "weight": [10**400, 0.5]}, Deal).to_columns()["weight"] == [float("inf"), 0.5]


@pytest.mark.parametrize("won", [10**30, 1e22, Decimal("1e400")])
def test_large_figures_on_paper_are_figures(won: Any) -> None:
    before = CRM(before={"months": 12, "created": won, "closed": won, "won": won}).before
    assert before is not None and before.figures["won"] == won


@pytest.mark.parametrize("weeks", [521, 10**18, -1, True, 1.5])
def test_a_ramp_is_of_up_to_ten_years(weeks: Any) -> None:
    with pytest.raises(WrongValue, match="give a whole number of weeks from 0 to 520"):
        CRM(go_live="2024-01-05", ramp_weeks=weeks)


@pytest.mark.parametrize("unit", ["ns", "ps", "fs", "as"])
def test_times_finer_than_microseconds_are_times(unit: str) -> None:
    at = np.array([2**62, 2**61], f"M8[{unit}]")
    rows = table({**DEALS, "created_at": at}, Deal)
    first = Deal(id=1, created_at=at[0], status="open")  # type: ignore[arg-type]
    assert rows.created_at.item(0) == first.created_at == at[0].astype("M8[us]").item()
    assert len(table({"at": at, "amount": [1, 2]}, Spend)) == 2


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that opens and does not read")
@pytest.mark.parametrize("read", [read_csv, read_excel])
def test_a_file_that_opens_and_cannot_be_read_is_unreadable(read: Any) -> None:
    with pytest.raises(UnreadableFile, match=r"mem cannot be (opened|read) \(Input/output error\)"):
        read("/proc/self/mem", Deal)


def test_a_table_in_the_place_of_metrics_is_said() -> None:
    with pytest.raises(WrongCall, match="scorecard takes a list of metrics, of their names, or a preset, not <Table"):
        scorecard(table(DEALS, Deal))
    assert len(scorecard([sales.deals_created], deals=DEALS)) == 1
