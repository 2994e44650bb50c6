"""What a spreadsheet shows in place of a value is nobody's name: two customers that it lost are not one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crm_metrics import Deal, read_csv
from crm_metrics._tables import text
from crm_metrics.errors import DataError
from crm_metrics.sales import deals_won, repeat_rate

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def out(rows: str) -> Path:
        path = tmp_path / "deals.csv"
        path.write_text(f"id,created_at,closed_at,status,amount,customer,manager\n{rows}", "utf-8")
        return path

    return out


@pytest.mark.parametrize("cell", ["#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#ССЫЛКА!", "#####"])
def test_an_error_is_a_bad_cell_of_a_label_too(write: Write, cell: str) -> None:
    path = write(f"1,2024-01-05,2024-02-05,won,5,{cell},Ann\n2,2024-01-06,2024-02-06,won,6,{cell},Ann\n")
    with pytest.raises(DataError, match=r"row 2, customer: .* is an error of the spreadsheet; correct the formula"):
        read_csv(path, Deal)
    assert len(read_csv(path, Deal, on_error="skip")) == 0


@pytest.mark.parametrize("cell", ["#N/A", "#Н/Д", "#NV"])
def test_a_lookup_that_found_nothing_is_nobody(write: Write, cell: str) -> None:
    rows = f"1,2024-01-05,2024-02-05,won,5,{cell},{cell}\n2,2024-01-06,2024-02-06,won,6,{cell},Ann\n"
    t = read_csv(write(rows + "3,2024-01-06,2024-02-06,won,6,c,Ann\n"), Deal)
    assert repeat_rate(t) == 0
    assert deals_won(t, by="manager") == {None: 1, "Ann": 2}


def test_an_error_of_a_time_is_called_one(write: Write) -> None:
    with pytest.raises(DataError, match=r"created_at: '########' is an error of the spreadsheet"):
        read_csv(write("1,########,2024-02-05,won,5,a,Ann\n"), Deal)


@pytest.mark.parametrize("name", ["#1", "#A", "#VIP", "# 7", "##", "C#", "#1!", "Who?"])
def test_names_with_the_sign_are_names(write: Write, name: str) -> None:
    assert not text.is_error(name)
    assert deals_won(read_csv(write(f"1,2024-01-05,2024-02-05,won,5,a,{name}\n"), Deal), by="manager") == {name: 1}


def test_who_says_what_an_error_means_is_heard(write: Write) -> None:
    rows = "1,2024-01-05,2024-02-05,won,5,a,#REF!\n2,2024-01-05,2024-02-05,won,5,a,#N/A\n"
    t = read_csv(write(rows), Deal, values={"manager": {"#REF!": "left", "#N/A": "none"}})
    assert deals_won(t, by="manager") == {"left": 1, "none": 1}
