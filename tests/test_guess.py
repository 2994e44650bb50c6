"""``columns="guess"`` and `guess`: what CRMs call things, for whoever loads rows without a crm.toml."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import crm_metrics
from crm_metrics import Call, Deal, Record, StageChange, guess, month, read_csv, read_excel, sales, table
from crm_metrics.errors import DataError, UnknownName, WrongCall

AMO = {
    "ID": [1, 2, 3, 4],
    "Название сделки": ["a", "b", "c", "d"],
    "Этап сделки": ["Успешно реализовано", "Закрыто и не реализовано", "Переговоры", "Успешно реализовано"],
    "Ответственный": ["Анна", "Борис", "Анна", "Борис"],
    "Дата создания": ["2024-01-05", "2024-01-06", "2024-01-07", "2024-01-08"],
    "Дата закрытия": ["2024-02-01", "2024-02-02", "не закрыта", "2024-02-04"],
    "Бюджет": ["1000", "500", "700", "300"],
}
CSV = "\n".join(";".join(map(str, row)) for row in [list(AMO), *zip(*AMO.values(), strict=True)])


def rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def of_pandas(columns: dict[str, list[Any]]) -> Any:
    return pytest.importorskip("pandas").DataFrame(columns)


def of_polars(columns: dict[str, list[Any]]) -> Any:
    return pytest.importorskip("polars").DataFrame(columns)


def of_arrow(columns: dict[str, list[Any]]) -> Any:
    return pytest.importorskip("pyarrow").table(columns)


def as_a_stream(columns: dict[str, list[Any]]) -> Any:
    return of_arrow(columns).to_reader()


KINDS: list[Callable[[dict[str, list[Any]]], Any]] = [dict, rows, of_pandas, of_polars, of_arrow, as_a_stream]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_any_kind_are_loaded_by_what_is_known(kind: Callable[[dict[str, list[Any]]], Any]) -> None:
    deals = table(kind(AMO), Deal, columns="guess")
    assert deals.columns[:7] == ("id", "created_at", "status", "closed_at", "manager", "stage", "amount")
    assert sales.win_rate(deals, by="manager") == {"Анна": 1.0, "Борис": 0.5}
    assert sales.won_revenue(deals) == 1300
    assert sales.open_pipeline(deals, by="stage")["Переговоры"] == 700
    assert deals["Название сделки"].item(0) == "a"


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_may_be_read_and_passed_on(kind: Callable[[dict[str, list[Any]]], Any]) -> None:
    found = guess(kind(AMO), Deal)
    assert found.system == "amoCRM" and not found.unknown and not found.missing
    assert found.values == {
        "status": {
            "Успешно реализовано": "won",
            "Закрыто и не реализовано": "lost",
            "Переговоры": "open",
        },
        "closed_at": {"не закрыта": ""},
    }
    deals = table(kind(AMO), Deal, columns=found.columns, values=found.values)
    assert sales.win_rate(deals) == 2 / 3


def test_a_file_is_loaded_by_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(CSV, encoding="cp1251")
    assert sales.won_revenue(read_csv(path, Deal, columns="guess")) == 1300
    found = guess(read_csv(path, Record), Deal)
    assert found == guess(AMO, Deal)


def test_headings_alone_say_nothing_of_words() -> None:
    for headings in (list(AMO), tuple(AMO), AMO.keys(), iter(AMO)):
        found = guess(headings, Deal)
        assert found.columns == guess(AMO, Deal).columns and not found.values
    assert guess([], Deal).missing == ["id", "created_at", "status"]


def test_the_answer_is_printed_as_it_is_passed() -> None:
    found = guess({"Deal ID": [1], "Stage": ["Pilot"], "IsWon": ["true"], "IsClosed": ["FALSE"]}, Deal)
    assert str(found) == (
        "columns={'id': 'Deal ID', 'status': ['IsWon', 'IsClosed'], 'stage': 'Stage'},\n"
        "values={'status': {'IsWon': {'true': 'won'}, 'IsClosed': {'FALSE': 'open'}}},\n"
        "# created_at: say which column holds it"
    )
    written = ast.parse(f"f({found}\n)")
    assert isinstance(written, ast.Module)


def test_words_that_nobody_knows_are_told_and_refused_at_load() -> None:
    mine = {**AMO, "Этап сделки": ["Успешно реализовано", "Тест-драйв", "Переговоры", "Тест-драйв"]}
    found = guess(mine, Deal)
    assert found.unknown == {"status": ["Тест-драйв"]}
    assert "# status: say what 'Тест-драйв' means" in str(found)
    with pytest.raises(DataError, match="'Тест-драйв' is unknown here"):
        table(mine, Deal, columns="guess")
    deals = table(mine, Deal, columns="guess", values={"status": {"Тест-драйв": "open"}})
    assert sales.win_rate(deals) == 1.0


def test_what_a_user_says_goes_before_what_is_known() -> None:
    deals = table(AMO, Deal, columns="guess", values={"status": {"Переговоры": "lost"}, "manager": {"Анна": "Anna"}})
    assert sales.win_rate(deals, by="manager") == {"Anna": 0.5, "Борис": 0.5}


def test_a_required_field_that_no_heading_holds_is_refused_as_ever() -> None:
    with pytest.raises(UnknownName, match="has no 'created_at'"):
        table({"ID": [1], "Этап": ["Won"]}, Deal, columns="guess")


def test_our_own_names_and_words_need_nothing() -> None:
    own = {"id": [1], "created_at": ["2024-01-05"], "status": ["open"]}
    found = guess(own, Deal)
    assert found.columns == {name: name for name in own} and not found.values
    assert len(table(own, Deal, columns="guess")) == 1


def test_other_records_are_guessed_as_well() -> None:
    calls = {"CALL_START_DATE": ["2024-01-05"] * 3, "CALL_TYPE": ["1", "2", "1"], "CALL_FAILED_CODE": [200, 304, 200]}
    assert sales.calls_made(table(calls, Call, columns="guess"), by="direction", counting="answered") == {
        "in": 0,
        "out": 2,
    }
    history = {"ID": [1], "OWNER_ID": ["7"], "TYPE_ID": [2], "STAGE_ID": ["NEW"], "CREATED_TIME": ["2024-01-05"]}
    assert table(history, StageChange, columns="guess").deal.item(0) == "7"


TWO_TIMES = {
    "Deal - ID": [11, 12, 13, 14],
    "Deal - Status": ["Won", "Lost", "Open", "Lost"],
    "Deal - Deal created": ["2024-01-05", "2024-01-06", "2024-01-10", "2024-01-10"],
    "Deal - Won time": ["2024-01-20", None, None, None],
    "Deal - Lost time": [None, "2024-01-25", None, "2024-02-05"],
}
BOOLEANS = {
    "Id": ["1", "2", "3"],
    "CreatedDate": ["2024-01-05", "2024-01-06", "2024-01-07"],
    "CloseDate": ["2024-02-01", "2024-12-31", "2024-02-03"],
    "StageName": ["Signed at last", "Pilot", "No"],
    "IsWon": [True, False, False],
    "IsClosed": [True, False, True],
}
ODOO = {
    "External ID": ["a", "b", "c", "d"],
    "Opportunity": ["One", "Two", "Three", "Four"],
    "Salesperson": ["Ann", "Bob", "Ann", "Bob"],
    "Expected Revenue": [100.0, 200.0, 300.0, 400.0],
    "Created on": ["2024-01-05", "2024-01-06", "2024-01-07", "2024-01-08"],
    "Closed Date": ["2024-02-05", None, "2024-02-07", None],
    "Stage": ["Won", "Proposition", "Qualified", "New"],
    "Active": [True, True, False, True],
}


@pytest.mark.parametrize("kind", KINDS)
def test_two_columns_that_make_one_field_are_read_together(kind: Callable[[dict[str, list[Any]]], Any]) -> None:
    times = table(kind(TWO_TIMES), Deal, columns="guess")
    assert sales.deals_lost(times, by=month("closed_at")) == {"2024-01": 1, "2024-02": 1, None: 0}
    flags = table(kind(BOOLEANS), Deal, columns="guess")
    assert [flags.status.item(i) for i in range(3)] == ["won", "open", "lost"]
    assert sales.deals_lost(flags, by="stage") == {"No": 1, "Pilot": 0, "Signed at last": 0}
    odoo = table(kind(ODOO), Deal, columns="guess")
    assert [odoo.status.item(i) for i in range(4)] == ["won", "open", "lost", "open"]
    assert sales.won_revenue(odoo, by="manager") == {"Ann": 100, "Bob": 0}


def test_booleans_of_a_file_are_read_however_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    for yes, no in (("TRUE", "FALSE"), ("1", "0"), ("Yes", "No"), ("Да", "Нет"), ("Y", "N")):
        cells = {name: [{True: yes, False: no}.get(x, x) for x in column] for name, column in BOOLEANS.items()}
        path.write_text("\n".join(map(",".join, [list(cells), *zip(*cells.values(), strict=True)])), encoding="utf-8")
        deals = read_csv(path, Deal, columns="guess")
        assert [deals.status.item(i) for i in range(3)] == ["won", "open", "lost"]


def test_nobody_is_no_customer(tmp_path: Path) -> None:
    data = {"ID": [1, 2], "STAGE_SEMANTIC_ID": ["S", "S"], "DATE_CREATE": ["2024-01-05"] * 2, "COMPANY_ID": ["0", "55"]}
    deals = table({**data, "CLOSEDATE": ["2024-02-05"] * 2}, Deal, columns="guess")
    assert [deals.customer.item(i) for i in range(2)] == [None, "55"]


def test_a_currency_by_its_name_is_translated_and_an_unknown_one_told() -> None:
    money = {"ID": [1, 2, 3], "Amount": [1, 2, 3], "Currency": ["US Dollar", "€", "-99"]}
    found = guess(money, Deal)
    assert found.values["currency"] == {"US Dollar": "USD"} and found.unknown["currency"] == ["-99"]


def test_a_wrong_call_is_told() -> None:
    with pytest.raises(WrongCall, match=r"guess\(read_csv\(path, Record\), Deal\)"):
        guess("deals.csv", Deal)
    with pytest.raises(WrongCall, match="expected a record class such as Deal"):
        guess(AMO, dict)
    with pytest.raises(WrongCall, match="these rows are records already"):
        table([Deal(id=1, created_at="2024-01-05", status="open")], Deal, columns="guess")
    with pytest.raises(WrongCall, match='or "guess"'):
        table(AMO, Deal, columns="gues")  # type: ignore[arg-type]


def test_a_file_has_the_same_doors(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(CSV, encoding="utf-8")
    for columns in ("gues", ["id"], {"id": 1}, 5):
        with pytest.raises(WrongCall, match='or "guess"'):
            read_csv(path, Deal, columns=columns)  # type: ignore[arg-type]


def test_the_sheet_of_a_workbook_is_the_one_whose_headings_are_known(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("python_calamine")
    book = openpyxl.Workbook()
    book.active.append(["Note", "Value"])
    book.active.append(["made by", "us"])
    for row in [list(AMO), *zip(*AMO.values(), strict=True)]:
        (book["Deals"] if "Deals" in book.sheetnames else book.create_sheet("Deals")).append(row)
    book.save(tmp_path / "book.xlsx")
    assert sales.won_revenue(read_excel(tmp_path / "book.xlsx", Deal, columns="guess")) == 1300


def test_nothing_that_is_given_is_changed() -> None:
    before = {name: list(cells) for name, cells in AMO.items()}
    guess(AMO, Deal)
    table(AMO, Deal, columns="guess")
    assert before == AMO


def test_it_is_offered_at_the_top() -> None:
    assert "guess" in crm_metrics.__all__ and crm_metrics.guess is guess


@pytest.mark.parametrize("cells", [(1.0, 0.0, None), ("1.0", "0.0", ""), ("TRUE", "FALSE", ""), (1, 0, None)])
def test_flags_with_gaps_make_a_status_too(cells: tuple[Any, Any, Any]) -> None:
    yes, no, gap = cells
    won, closed = [yes, no, gap, no], [yes, yes, no, no]
    days = ["2024-02-01", "2024-02-01", None, None]
    rows = {"id": [1, 2, 3, 4], "created_at": ["2024-01-05"] * 4, "closed_at": days, "IsWon": won, "IsClosed": closed}
    assert sales.deals_created(table(rows, Deal, columns="guess"), by="status") == {"won": 1, "lost": 1, "open": 2}
