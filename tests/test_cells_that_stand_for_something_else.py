"""Cells that are no value of their column: one bad row of many, errors of spreadsheets, days that mean none, quotes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from makers import arrow, dicts, pandas, polars

from crm_metrics import Call, Deal, sales, table
from crm_metrics._reading.encodings import MissingFile, UnreadableFile
from crm_metrics._reading.files import read_csv, read_excel
from crm_metrics._reading.headings import guess_columns
from crm_metrics.errors import DataError, WrongCall

TWO = {"id": [1, 2], "created_at": ["2024-01-05", "2024-01-06"], "status": ["open", "open"]}


of_every_kind = pytest.mark.parametrize("make", [dict, dicts, pandas, polars, arrow], ids=lambda make: make.__name__)


# ---------------------------------------------------------------- one bad row


@of_every_kind
@pytest.mark.parametrize("first", ["amount", "currency"])
def test_a_currency_that_is_none_costs_its_row_only(make: Any, first: str) -> None:
    rest = {"amount": [10, 20], "currency": ["US Dollar", "USD"]}
    deals = table(make({**TWO, first: rest[first], **rest}), Deal, on_error="skip")
    assert [(f.row, f.field, f.value) for f in deals.report.faults] == [(1, "currency", "US Dollar")]
    assert sales.open_pipeline(deals) == 20


def test_so_it_does_in_a_file(write: Callable[[str], Path]) -> None:
    text = "id,created_at,status,amount,currency\n1,2024-01-05,open,10,US Dollar\n2,2024-01-06,open,20,USD\n"
    deals = read_csv(write(text), Deal, on_error="skip")
    assert (len(deals), sales.open_pipeline(deals), deals.report and deals.report.refused) == (1, 20, 1)
    with pytest.raises(DataError, match="row 2, currency: 'US Dollar' is not a currency"):
        read_csv(write(text), Deal)


# ---------------------------------------------------------------- percentages with a fraction among them


@of_every_kind
@pytest.mark.parametrize("shares", [[0.5, 50, 100], [50, 0.5, 20, 0.25, 100]])
def test_a_fraction_among_percentages_is_the_bad_cell(make: Any, shares: list[float]) -> None:
    n = len(shares)
    rows = {"id": list(range(n)), "created_at": ["2024-01-05"] * n, "status": ["open"] * n, "amount": [100] * n}
    deals = table(make({**rows, "probability": [float(x) for x in shares]}), Deal, on_error="skip")
    assert {f.value for f in deals.report.faults} == {x for x in shares if x < 1}
    assert "may be 0.5 % or 50 %, and most others are above 1" in str(deals.report)
    assert sales.weighted_pipeline(deals) == sum(x for x in shares if x > 1)


def test_a_fraction_with_its_sign_among_percentages_is_what_it_says() -> None:
    rows = {**TWO, "amount": [1000, 1000], "probability": ["0.5 %", "50"]}
    assert sales.weighted_pipeline(table(rows, Deal)) == 505


# ---------------------------------------------------------------- errors of a spreadsheet


@of_every_kind
@pytest.mark.parametrize("field", ["id", "manager", "region"])
@pytest.mark.parametrize("error", ["#REF!", "#DIV/0!", "#VALUE!", "#NAME?"])
def test_an_error_of_a_spreadsheet_is_a_bad_cell_in_a_frame_too(make: Any, field: str, error: str) -> None:
    with pytest.raises(DataError, match=f"row 2, {field}: '{error[:4]}.* is an error of the spreadsheet"):
        table(make({**TWO, field: ["a", error]}), Deal)
    assert len(table(make({**TWO, field: ["a", error]}), Deal, on_error="skip")) == 1


@of_every_kind
def test_a_lookup_that_found_nothing_is_nobody(make: Any) -> None:
    deals = table(make({**TWO, "manager": ["Anna", "#N/A"]}), Deal)
    assert sales.deals_created(deals, by="manager") == {"Anna": 1, None: 1}


@of_every_kind
def test_what_is_no_field_has_no_groups_of_errors(make: Any) -> None:
    deals = table(make({**TWO, "plan": ["#REF!", "#N/A"]}), Deal)
    assert sales.deals_created(deals, by="plan") == {None: 2}


def test_a_word_that_is_translated_and_one_that_only_begins_so_stay() -> None:
    deals = table({**TWO, "manager": ["#REF!", "#1 team"]}, Deal, values={"manager": {"#REF!": "lost"}})
    assert sales.deals_created(deals, by="manager") == {"lost": 1, "#1 team": 1}


@pytest.mark.parametrize("make", [dict, dicts, pandas])
def test_yes_and_a_number_are_two_groups(make: Any) -> None:
    deals = table(make({**TWO, "flag": np.array([1, True], object).tolist()}), Deal)
    found = sales.deals_created(deals, by="flag")
    assert list(found.items()) == [(1, 1), ("True", 1)]


# ---------------------------------------------------------------- what messages say


def test_a_quote_may_stand_after_a_blank(write: Callable[[str], Path]) -> None:
    deals = read_csv(write('id, created_at, status, manager\n1, 2024-01-05, open, "Smith, Anna"\n'), Deal)
    assert sales.deals_created(deals, by="manager") == {"Smith, Anna": 1}


def test_a_day_that_means_none_is_said_to_be_read_so() -> None:
    rows = {**TWO, "status": ["won", "won"], "closed_at": ["2024-02-01", "9999-12-31"]}
    with pytest.raises(DataError, match="'9999-12-31' is read as none, which is not enough where status is won"):
        table(rows, Deal)
    with pytest.raises(DataError, match="row 2, closed_at: an empty cell is not enough"):
        table({**rows, "closed_at": ["2024-02-01", None]}, Deal)


@of_every_kind
@pytest.mark.parametrize("day", ["05.01.2024", "1/16/2024", "5-1-24"])
def test_a_day_as_people_write_it_is_told_what_reads_it(make: Any, day: str) -> None:
    with pytest.raises(DataError, match=r"make times of the column, pandas.to_datetime.*; read_csv reads it as it is"):
        table(make({**TWO, "created_at": [day, day]}), Deal)


def test_a_column_that_stands_in_for_another_field_stays_its_own(write: Callable[[str], Path]) -> None:
    rows = {**TWO, "status": ["won", "won"], "closed": ["2024-02-05", None]}
    where = {"closed_at": ["closed", "created_at"]}
    text = "id,created_at,status,closed\n1,2024-01-05,won,2024-02-05\n2,2024-01-06,won,\n"
    for deals in (table(rows, Deal, columns=where), read_csv(write(text), Deal, columns=where)):
        assert sales.average_sales_cycle(deals) == 31 / 2
    other = table({**rows, "opened": ["2024-01-01"] * 2}, Deal, columns={**where, "created_at": "opened"})
    assert sales.average_sales_cycle(other) == (35 + 5) / 2


@pytest.mark.parametrize("read", [np.array, np.asarray, list, dict])
def test_a_table_read_by_rows_tells_what_to_do(read: Any) -> None:
    with pytest.raises(WrongCall, match=r"pandas.DataFrame\(deals.to_columns\(\)\) makes a frame of it"):
        read(table(TWO, Deal))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_of_a_table_is_made_of_its_columns(library: str) -> None:
    frame = pytest.importorskip(library).DataFrame
    with pytest.raises(WrongCall, match="to_columns"):
        frame(table(TWO, Deal))
    assert len(frame(table(TWO, Deal).to_columns())) == 2


@pytest.mark.parametrize("read", [read_csv, read_excel])
def test_a_file_that_is_not_there_is_an_error_of_ours_and_of_pythons_kind(read: Any, tmp_path: Path) -> None:
    for error in (MissingFile, UnreadableFile, FileNotFoundError):
        with pytest.raises(error, match=r"deals.* is not there; check its path"):
            read(tmp_path / "deals.xlsx", Deal)
    with pytest.raises(UnreadableFile, match="is a folder"):
        read(tmp_path, Deal)


def test_the_result_of_a_call_is_whether_it_was_answered() -> None:
    assert guess_columns(["Started at", "Result"], Call)["answered"] == "Result"


# ---------------------------------------------------------------- a few cells of another kind


@pytest.mark.parametrize("odd", ["3.25", 3.25, np.float64(3.25), np.float32(3.25)])
def test_a_few_cells_of_another_kind_are_read_as_by_themselves(odd: Any) -> None:
    n = 5
    rows = {"id": list(range(n)), "created_at": ["2024-01-05"] * n, "status": ["open"] * n}
    assert sales.open_pipeline(table({**rows, "amount": [1.5, 2, odd, None, float("nan")]}, Deal)) == 6.75


@pytest.mark.parametrize("bad", ["abc", True, float("inf"), [1]])
def test_one_bad_amount_among_numbers_is_the_only_one(bad: Any) -> None:
    deals = table({**TWO, "id": [1, 2], "amount": [1.5, bad]}, Deal, on_error="skip")
    assert [f.row for f in deals.report.faults] == [2] and sales.open_pipeline(deals) == 1.5


@pytest.mark.parametrize("bad", [101, -1, 0.5])
def test_one_bad_percentage_among_numbers_is_the_only_one(bad: Any) -> None:
    rows = {"id": [1, 2, 3, 4], "created_at": ["2024-01-05"] * 4, "status": ["open"] * 4, "amount": [100] * 4}
    for shares in ([1, 50, 20, bad], np.array([1, 50, 20, bad], float)):
        deals = table({**rows, "probability": shares}, Deal, on_error="skip")
        found = [f.row for f in deals.report.faults]
        assert (found, sales.weighted_pipeline(deals)) == ([4], 71)
