"""A word for a total that most rows have tells nothing of one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, Spend, read_csv, sales, table

DAYS = [f"2024-01-0{day}" for day in range(1, 7)]


def kinds(tmp_path: Path, columns: dict[str, Any], record: type) -> list[Any]:
    path = tmp_path / "rows.csv"
    rows: list[Any] = [columns, *zip(*columns.values(), strict=True)]
    path.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    records = [dict(zip(columns, row, strict=True)) for row in rows[1:]]
    return [read_csv(path, record), table(columns, record), table(records, record)]


@pytest.mark.parametrize("name", ["Total", "Nova Total", "Итого"])
@pytest.mark.parametrize("amounts", [[1, 1, 1, 3], [3, 2, 5, 1], [5, 5, 10, 20], [1, 2, 3, 6]])
def test_days_of_a_campaign_that_is_called_total_are_no_totals(tmp_path: Path, name: str, amounts: list[int]) -> None:
    columns = {"at": DAYS[:4], "campaign": [name] * 4, "amount": amounts}
    for spend in kinds(tmp_path, columns, Spend):
        assert (len(spend), spend.report.around) == (4, {})


def test_days_of_such_a_campaign_among_others_are_none_either(tmp_path: Path) -> None:
    columns = {"at": DAYS[:5], "campaign": [*["Nova Total"] * 3, "Ads", "Ads"], "amount": [3, 2, 5, 1, 9]}
    for spend in kinds(tmp_path, columns, Spend):
        assert len(spend) == 5


def test_deals_whose_ids_are_such_a_word_and_a_number_are_no_totals(tmp_path: Path) -> None:
    columns = {"id": ["Sum 1", "Sum 2", "Sum 3"], "created_at": DAYS[:3], "closed_at": DAYS[3:], "status": ["won"] * 3}
    for deals in kinds(tmp_path, {**columns, "amount": [1, 1, 2]}, Deal):
        assert sales.won_revenue(deals) == 4


def test_totals_of_rows_that_do_not_say_so_are_still_left_out(tmp_path: Path) -> None:
    names = ["a", "b", "Total", "c", "d", "Total"]
    for amounts in ([1, 2, 3, 4, 5, 9], [1, 2, 3, 4, 5, 12]):
        for spend in kinds(tmp_path, {"at": DAYS, "campaign": names, "amount": amounts}, Spend):
            assert (len(spend), spend.report.around) == (4, {"totals": 2})
