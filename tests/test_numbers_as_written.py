"""A number that is right in no way of writing is a bad cell and teaches nothing; one that is right is read exactly."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crm_metrics import Deal, read_csv
from crm_metrics._tables import text
from crm_metrics.cells import Bad
from crm_metrics.errors import DataError

# ---------------------------------------------------------------- right in no way of writing

MALFORMED = """
12,34,56.7.8|1,23,4|1.2.3|1,,5|1..5|1'23|1'23,5|12 34|12 34,5|1 234 56|1234,567.89|1.234,56,7|1,2345.6|1,23.45|1.234.56
0,123,456|0.123.456|123,45,678|1,23,456,78,901|1,234 567|1 234.567,8|1,234'567|,|.|1,,234|1.,5|1,.5|5 руб. 50 коп.
12,34,5|7,7,7
"""
SLIPS = [
    "1000,000",
    "1234,567",
    "12345,678",
    "1,000000",
    "1,234567",
    "00,125",
    "012,345",
    "1000,000 ₽",
    "-1000,000",
    "(1000,000)",
]


def listed(words: str) -> list[str]:
    return words.strip().replace("\n", "|").split("|")


@pytest.mark.parametrize("cell", listed(MALFORMED))
@pytest.mark.parametrize("decimal", [None, ",", "."])
def test_a_malformed_number_is_no_number_under_any_mark(cell: str, decimal: Any) -> None:
    for read in (text.amount, text.number):
        out: Any = read(cell, decimal=decimal)
        assert type(out) is Bad and out.problem.startswith(("is not a", "has the decimal mark")), out


@pytest.mark.parametrize(
    "cell", [*listed(MALFORMED), *SLIPS, "1000.000", "1234.567", "5,", "5.", "5,000", "5.000", "1e5"]
)
def test_and_teaches_nothing(cell: str) -> None:
    assert text.decimal_marks([cell]) == text.decimal_marks([cell, "abc", "", "1 000"]) == set()
    assert text.decimal_marks([cell, "12,5"]) == {","} and text.decimal_marks([cell, "12.5"]) == {"."}


@pytest.mark.parametrize("cell", SLIPS)
def test_a_number_that_may_have_lost_a_mark_is_read_only_where_others_prove_it(cell: str) -> None:
    out: Any = text.amount(cell)
    assert type(out) is Bad and out.value == cell
    assert out.problem.startswith("may be ") and out.problem.endswith(" with a mark lost")
    assert out.remedy == 'correct it, or pass decimal="," where it is right'
    digits = cell.strip("-() ₽").replace(",", ".")
    assert abs(Decimal(str(text.amount(cell, decimal=",")))) == Decimal(digits)
    assert isinstance(text.amount(cell, decimal="."), Bad) and text.two_ways([cell])


def test_what_a_program_writes_is_read_alone() -> None:
    for cell in ("1234.567", "1000.000", "0.125", "1.234567", "12.3456", "0,125", "12,3456", "1 234,567", "1'234.567"):
        assert text.number(cell) == Decimal(cell.replace(" ", "").replace("'", "").replace(",", "."))
    assert text.decimal_marks(["1 234,567"]) == text.decimal_marks(["0,125"]) == {","}
    assert text.decimal_marks(["1'234.567"]) == text.decimal_marks(["1.234567"]) == {"."}


DEAL = "id,created_at,status,amount\n"


def load(path: Path, *amounts: str, **options: Any) -> list[Any]:
    rows = [f'{i},2024-01-05,open,"{x}"\n' for i, x in enumerate(amounts)]
    (path / "deals.csv").write_text(DEAL + "".join(rows), encoding="utf-8")
    t = read_csv(path / "deals.csv", Deal, **options)
    return [t.amount.item(i) for i in range(len(t))]


def test_five_thousand_is_not_five_for_a_slip_in_another_row(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, "1000,000", "5,000")
    assert [(f.row, f.problem) for f in caught.value.faults] == [
        (2, "may be 1000.000, or 1000000 with a mark lost"), (3, "may be 5000 or 5.000"),
    ]  # fmt: skip
    assert load(tmp_path, "1000,000", "5,000", "1,50") == [1000, 5, Decimal("1.5")]
    assert load(tmp_path, "1000,000", "5,000", "1,234.50", on_error="skip") == [5000, Decimal("1234.50")]
    assert load(tmp_path, "1,234.5.6", "5,000", "7.50", on_error="skip") == [5000, Decimal("7.5")]


@given(st.lists(st.sampled_from([*listed(MALFORMED), *SLIPS]), max_size=5), st.sampled_from(["12,5", "12.5"]))
def test_no_number_of_malformed_cells_changes_what_the_right_ones_prove(bad: list[str], right: str) -> None:
    assert text.decimal_marks(bad) == set() and text.decimal_marks([*bad, right]) == text.decimal_marks([right])


@given(st.text("0123456789.,' ", min_size=1, max_size=12), st.sampled_from([",", "."]))
def test_a_number_read_alone_is_the_same_under_the_mark_that_it_shows(cell: str, mark: Any) -> None:
    alone, told = text.number(cell), text.number(cell, decimal=mark)
    if isinstance(alone, Decimal) and isinstance(told, Decimal):
        assert alone == told


# ---------------------------------------------------------------- amounts of exports

RIGHT = {
    "1,12": "1.12", "512,77": "512.77", "1.400,50": "1400.50", "₹1,00,000.00": "100000.00",
    "₹12,34,567.50": "1234567.50",
    "1'234.50": "1234.50", "1’234.50": "1234.50", "R$ 1.234,56": "1234.56", "12 345,67 zł": "12345.67",
    "(1,234.50)": "-1234.50", "−500": "-500", "500-": "-500", "CHF 1'000.00": "1000.00", '="1234.50"': "1234.50",
    "1\u00a0234\u00a0567,89 ₽": "1234567.89", "USD 10,000.00": "10000.00", "1,23,45,678.90": "12345678.90",
}  # fmt: skip


@pytest.mark.parametrize(("cell", "value"), RIGHT.items())
def test_amounts_of_exports_are_read(cell: str, value: str) -> None:
    assert str(text.amount(cell)) == value


def test_a_group_of_three_takes_the_mark_of_its_file(tmp_path: Path) -> None:
    assert load(tmp_path, "10.000", "1.400,50") == [10000, Decimal("1400.50")]
    assert load(tmp_path, "4,25", "5,25") == [Decimal("4.25"), Decimal("5.25")]


@pytest.mark.parametrize("cell", ["3,100", "10.000", "45k", "1.2M", "1,2 млн", "1E+05", "60 %", "5 USD EUR", "5 ₽ €"])
def test_what_may_be_two_amounts_or_is_none_is_refused(cell: str) -> None:
    assert isinstance(text.amount(cell), Bad)


def test_marks_in_conflict_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 4, amount: '1\.234' may be 1234 or 1\.234"):
        load(tmp_path, "1,234.50", "1.234,50", "1.234")


# ---------------------------------------------------------------- a statement is never dropped


@pytest.mark.parametrize("cell", ["5 €", "$5", "5 руб.", "USD 0,5", "$ 60 %"])
def test_a_quantity_or_a_share_with_a_currency_is_refused(cell: str) -> None:
    for read in (text.number, text.share, text.seconds):
        out: Any = read(cell)
        assert type(out) is Bad and out.problem == "is an amount, not a plain number"


def test_a_power_of_ten_has_the_mark_of_its_file_too() -> None:
    assert text.number("1,5E+03", decimal=",") == text.number("1.5E+03") == 1500
    assert isinstance(text.number("1,5E+03", decimal="."), Bad)
