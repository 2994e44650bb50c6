"""A total that has a day, or is no sum: what a report writes below its rows is no row, in whatever it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Call, Deal, Interaction, Quota, Spend, Table, marketing, sales, table
from crm_metrics._reading.files import read_csv
from crm_metrics._reading.report_words import says_measure

DAYS = ["2024-01-01", "2024-01-02", "2024-01-31"]


def both(tmp_path: Path, columns: dict[str, list[Any]], record: type) -> list[Table[Any]]:
    """The table of a mapping, of dicts, and of a file with the same cells."""
    rows = list(zip(*columns.values(), strict=True))
    lines = [columns, *rows]
    path = tmp_path / "rows.csv"
    path.write_text("".join(",".join("" if x is None else str(x) for x in line) + "\n" for line in lines), "utf-8")
    dicts = [dict(zip(columns, row, strict=True)) for row in rows]
    return [table(columns, record), table(dicts, record), read_csv(path, record)]


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("word", ["Total", "Grand total (2 rows)", "Итого:"])
def test_a_row_that_says_total_and_is_the_sum_of_the_others_is_no_spending(tmp_path: Path, word: str, at: int) -> None:
    names, amounts = ["a", "b"], [10, 20]
    names.insert(at, word)
    amounts.insert(at, 30)
    for spend in both(tmp_path, {"at": DAYS, "campaign": names, "amount": amounts}, Spend):
        assert marketing.spend_total(spend) == 30
        assert spend.report is not None and spend.report.around == {"totals": 1}


@pytest.mark.parametrize(
    ("names", "amounts"),
    [(["a", "b", "Total"], [10, 20, 31]), (["a", "b", "Total Oil"], [10, 20, 30]), (["a", "b", "c"], [10, 20, 30])],
)
def test_a_row_with_a_day_that_is_not_surely_a_total_stays(tmp_path: Path, names: list[str], amounts: Any) -> None:
    for spend in both(tmp_path, {"at": DAYS, "campaign": names, "amount": amounts}, Spend):
        assert marketing.spend_total(spend) == sum(amounts)


def test_a_deal_of_a_customer_called_total_has_names_of_its_own_and_stays(tmp_path: Path) -> None:
    columns = {"id": ["d1", "d2", "d3"], "created_at": DAYS, "status": ["open"] * 3, "customer": ["a", "b", "Total"]}
    for deals in both(tmp_path, {**columns, "amount": [10, 20, 30]}, Deal):
        assert sales.deals_created(deals) == 3


def test_the_total_of_quotas_of_one_month_is_nobodys_quota(tmp_path: Path) -> None:
    columns = {"manager": ["A", "B", "Total"], "start": [DAYS[0]] * 3, "end": ["2024-02-01"] * 3}
    for quotas in both(tmp_path, {**columns, "amount": [10, 20, 30]}, Quota):
        assert len(quotas) == 2


def test_sums_that_would_wrap_make_no_total() -> None:
    big = [2**62, 2**62, 2**62]
    spend = table({"at": DAYS, "campaign": ["a", "b", "Total"], "amount": [x // 100 for x in big]}, Spend)
    assert len(spend) == 3


@pytest.mark.parametrize("record", [Interaction, Call])
def test_a_word_for_a_total_in_a_column_that_may_be_empty_is_one_too(tmp_path: Path, record: type) -> None:
    time = "at" if record is Interaction else "started_at"
    columns = {"id": ["i1", "Total"], time: ["2024-01-01", None], "kind": ["call", None]}
    for rows in both(tmp_path, columns, record):
        assert (len(rows), rows.report and rows.report.around) == (1, {"totals": 1})


@pytest.mark.parametrize("word", ["Count: 2", "Average", "Record Count 2", "Totals and averages", "Количество: 2"])
def test_a_count_or_an_average_below_the_rows_is_no_deal(tmp_path: Path, word: str) -> None:
    columns = {"id": ["1", "2", word], "created_at": [*DAYS[:2], None], "status": ["won", "open", None]}
    for deals in both(tmp_path, {**columns, "closed_at": [DAYS[2], None, None]}, Deal):
        assert (sales.deals_created(deals), sales.conversion_rate(deals)) == (2, 0.5)


@pytest.mark.parametrize("name", ["Countess", "Average Joe", "Count Basie", "Mean Machine 5 plc", 5])
def test_names_that_only_begin_so_are_no_measures(name: Any) -> None:
    assert not says_measure(name)
