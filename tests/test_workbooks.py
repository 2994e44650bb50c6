"""Workbooks: their cells are those of a CSV file, without losing digits, and are read as those are."""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Call, Deal, Record, Spend, marketing, read_csv, read_excel, sales
from crm_metrics._reading.files import read_columns
from crm_metrics._reading.sheets import UnreadableFile
from crm_metrics.errors import DataError, MissingExtra, UnknownName, WrongCall, WrongValue

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("python_calamine")

Book = Callable[..., Path]
HEAD = ["id", "created_at", "status", "closed_at", "manager", "amount"]
DAY = dt.date(2024, 1, 5)
ROWS = [
    [101, DAY, "won", dt.date(2024, 2, 1), "Anna", 1234.5],
    [102.0, DAY, "lost", dt.date(2024, 1, 20), "Boris", None],
    ["00103", DAY, "open", None, None, 0.1 + 0.2],
]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """A workbook of sheets by name; a cell may be a pair of a value and its number format."""

    def written(name: str = "deals.xlsx", **sheets: list[list[Any]]) -> Path:
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, rows in sheets.items():
            sheet = made.create_sheet(title)
            for i, row in enumerate(rows, 1):
                for j, x in enumerate(row, 1):
                    value, shown = x if isinstance(x, tuple) else (x, None)
                    cell = sheet.cell(i, j, value)
                    cell.number_format = shown or cell.number_format
        made.save(tmp_path / name)
        return tmp_path / name

    return written


def cells(path: Path, **options: Any) -> list[str]:
    return read_columns(path, **options)["x"]


# ---------------------------------------------------------------- cells


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (123, "123"),
        (123.0, "123"),
        (-5, "-5"),
        (0, "0"),
        (1.5, "1.5"),
        (1.234, "1.234"),
        (1234567.89, "1234567.89"),
        (1e-7, "0.0000001"),
        (123456789012345, "123456789012345"),
        (9007199254740991, "9007199254740991"),
        ((0.25, "0%"), "0.25"),
        ((0.6, "0.0 %"), "0.6"),
        ((1234.5, '#,##0.00 "руб."'), "1234.5"),
        (True, "true"),
        (False, "false"),
        (DAY, "2024-01-05"),
        (dt.datetime(2024, 1, 5), "2024-01-05"),
        (dt.datetime(2024, 1, 5, 10, 30), "2024-01-05 10:30:00"),
        ((45296, "dd.mm.yyyy"), "2024-01-05"),
        ((45296.5, "dd.mm.yyyy hh:mm"), "2024-01-05 12:00:00"),
        (45296, "45296"),
        (dt.time(10, 30), "10:30:00"),
        (dt.timedelta(seconds=95), "00:01:35"),
        (dt.timedelta(hours=30, minutes=5), "30:05:00"),
        ("00123", "00123"),
        ("  Anna\u00a0", "Anna"),
        ("1 234,50 ₽", "1 234,50 ₽"),
        ("#N/A", "#N/A"),
        ("#DIV/0!", "#DIV/0!"),
        ("=1+1", "#CALC!"),
    ],
)
def test_a_cell_is_what_a_csv_file_would_hold(book: Book, cell: Any, text: str) -> None:
    assert cells(book(s=[["id", "x"], [1, cell], [2, "end"]])) == [text, "end"]


def test_a_number_beyond_what_a_float_holds_is_no_id_and_no_amount(book: Book) -> None:
    path = book(s=[HEAD, [12345678901234567890, *ROWS[0][1:]], [1, *ROWS[0][1:-1], 1e17]])
    with pytest.raises(DataError) as caught:
        read_excel(path, Deal)
    assert [(f.row, f.field, f.value) for f in caught.value.faults] == [
        (2, "id", "1.234567890123457E+19"),
        (3, "amount", "1E+17"),
    ]


def test_an_id_that_lost_its_digits_in_a_csv_file_is_bad_too(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("started_at,phone,deal\n2024-01-05 10:00,7.9161E+10,5\n2024-01-05 10:00,+79161234567,6\n")
    with pytest.raises(
        DataError, match=r"row 2, phone: '7.9161E\+10' has lost its last digits; show the column as text"
    ):
        read_csv(path, Call)
    assert len(read_csv(path, Call, on_error="skip")) == 1


def test_errors_of_the_sheet_are_bad_cells_where_a_number_is_due(book: Book) -> None:
    path = book(s=[[None] * 7, [None, *HEAD], [None, *ROWS[0][:-1], "#DIV/0!"], [None, *ROWS[0][:-1], "=A1*2"]])
    with pytest.raises(DataError) as caught:
        read_excel(path, Deal)
    assert [(f.row, f.field, f.value) for f in caught.value.faults] == [
        (3, "amount", "#DIV/0!"),
        (4, "amount", "#CALC!"),
    ]


# ---------------------------------------------------------------- tables


def test_a_workbook_gives_what_the_same_rows_in_a_csv_file_give(book: Book, tmp_path: Path) -> None:
    deals = read_excel(book(s=[HEAD, *ROWS]), Deal)
    assert [deals.id.item(i) for i in range(3)] == ["101", "102", "00103"]
    assert [deals.amount.item(i) for i in range(3)] == [Decimal("1234.50"), None, Decimal("0.30")]
    assert deals.created_at.item(0) == DAY
    assert (sales.win_rate(deals), sales.won_revenue(deals)) == (0.5, 1234.5)


def test_a_number_is_never_read_in_two_ways_and_text_beside_it_is(book: Book) -> None:
    rows = [["at", "amount"], [DAY, 1.234], [DAY, 2000.5]]
    exact = read_excel(book(s=rows), Spend, rounding="half_even")
    assert [exact.amount.item(i) for i in range(2)] == [Decimal("1.23"), Decimal("2000.50")]
    with pytest.raises(DataError, match=r"row 4, amount: '3,456' may be 3456 or 3.456"):
        read_excel(book(s=[*rows, [DAY, "3,456"]]), Spend, rounding="half_even")
    mixed = read_excel(book(s=[*rows, [DAY, "3,456"], [DAY, "7,5 ₽"]]), Spend, rounding="half_even", currency="RUB")
    assert [mixed.amount.item(i) for i in range(4)] == [Decimal(x) for x in ("1.23", "2000.50", "3.46", "7.50")]
    assert "the decimal mark is a comma: 7,5 ₽" in mixed.report.decided


def test_lengths_of_calls_are_read_from_clocks_and_numbers(book: Book) -> None:
    rows = [["started_at", "duration"], [dt.datetime(2024, 1, 5, 9), dt.timedelta(seconds=90)]]
    rows += [[dt.datetime(2024, 1, 5, 9), 45], [dt.datetime(2024, 1, 5, 9), dt.timedelta(hours=30)]]
    calls = read_excel(book(s=rows), Call)
    assert [calls.duration.item(i) for i in range(3)] == [90, 45, 108000]


def test_titles_totals_footers_and_headings_again_are_left_out(book: Book) -> None:
    rows = [["Deals of May"], [], HEAD, ROWS[0], HEAD, ROWS[1], [], ["Total", None, None, None, None, "=SUM(F4:F6)"]]
    rows += [[], ["Confidential Information - Do Not Distribute"], ["Made by hand"]]
    deals = read_excel(book(s=rows), Deal)
    assert (len(deals), deals.report.rows) == (2, 2)
    assert deals.report.around == {"title": 1, "headings again": 1, "totals": 1, "footer": 2}
    with pytest.raises(DataError, match="row 4, status: 'won!'"):
        read_excel(book(s=[*rows[:3], [*ROWS[0][:2], "won!", *ROWS[0][3:]], *rows[4:]]), Deal)


def test_a_table_may_begin_anywhere_in_the_sheet(book: Book) -> None:
    rows: list[list[Any]] = [[], [None, None, "at", "amount"], [None, None, DAY, 5], [None, None, "soon", 6]]
    with pytest.raises(DataError, match="row 4, at: 'soon'"):
        read_excel(book(s=rows), Spend)
    assert list(read_columns(book(s=rows))) == ["at", "amount"]


def test_a_heading_that_stands_twice_is_numbered_and_refused_where_a_field_reads_it(book: Book) -> None:
    path = book(s=[["at", "amount", "amount"], [DAY, 5, 6]])
    assert list(read_columns(path)) == ["at", "amount", "amount.2"]
    with pytest.raises(DataError, match="'amount' heads two columns that differ"):
        read_excel(path, Spend)


# ---------------------------------------------------------------- sheets


def test_the_sheet_is_the_named_one_or_the_first_that_has_what_the_record_needs(book: Book) -> None:
    notes: list[list[Any]] = [["What", "Who"], ["export", "Anna"]]
    path = book(Cover=[["Our report"]], Notes=notes, Deals=[HEAD, *ROWS], May=[HEAD, ROWS[0]])
    deals = read_excel(path, Deal)
    assert (len(deals), deals.report.decided[0]) == (3, "the sheet is 'Deals', of 'Cover', 'Notes', 'Deals', 'May'")
    assert len(read_excel(path, Deal, sheet="May")) == 1
    assert list(read_columns(path)) == ["What", "Who"]
    assert list(read_columns(path, sheet="Deals")) == HEAD
    with pytest.raises(UnknownName, match="has no sheet 'deals': it has 'Cover', 'Notes', 'Deals', 'May'"):
        read_excel(path, Deal, sheet="deals")
    with pytest.raises(UnknownName, match=r"deals.xlsx, sheet Notes: this Spend table has no 'at'"):
        read_excel(path, Spend)
    with pytest.raises(WrongValue, match="sheet=1: give the name of a sheet"):
        read_excel(path, Deal, sheet=1)  # type: ignore[arg-type]


def test_hidden_sheets_come_last(book: Book) -> None:
    path = book(Old=[HEAD, ROWS[0]], Deals=[HEAD, *ROWS])
    made = openpyxl.load_workbook(path)
    made["Old"].sheet_state = "hidden"
    made.active = 1
    made.save(path)
    assert len(read_excel(path, Deal)) == 3


def test_a_workbook_without_a_table_is_said_to_be_empty(book: Book) -> None:
    with pytest.raises(UnreadableFile, match=r"deals.xlsx is empty; a sheet has a row of headings"):
        read_excel(book(One=[], Two=[[None]]), Deal)
    with pytest.raises(UnreadableFile, match=r"the sheet 'One' of deals.xlsx is empty"):
        read_excel(book(One=[], Two=[HEAD]), Deal, sheet="One")
    assert len(read_excel(book(One=[HEAD]), Deal)) == 0


# ---------------------------------------------------------------- what is no workbook


def test_a_csv_file_and_a_workbook_each_name_the_reader_of_the_other(book: Book, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="read it with read_excel"):
        read_csv(book(s=[HEAD]), Deal)
    text = tmp_path / "deals.xls"
    text.write_text("id\tname\n1\tx\n")
    with pytest.raises(UnreadableFile, match=r"deals.xls is text and no workbook; .* read it with read_csv"):
        read_excel(text, Deal)
    text.write_text("<html><table></table></html>")
    with pytest.raises(UnreadableFile, match="is a web page or XML"):
        read_excel(text, Deal)


@pytest.mark.parametrize("data", [b"PK\x03\x04junk", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600])
def test_a_broken_workbook_is_said_to_be_one(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match=r"deals.xlsx is no workbook that can be read"):
        read_excel(path, Deal)


def test_a_damaged_workbook_never_gives_another_error(book: Book) -> None:
    path = book(s=[HEAD, *ROWS])
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with contextlib.suppress(DataError):
            read_columns(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile):
        read_columns(path)


def test_an_archive_without_a_workbook_is_none(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(UnreadableFile, match=r"x.xlsx is no workbook that can be read"):
        read_excel(tmp_path / "x.xlsx", Deal)


def test_a_password_is_asked_to_be_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 99
    )
    with pytest.raises(UnreadableFile, match=r"deals.xlsx is protected by a password; save it without one"):
        read_excel(path, Deal)


def test_what_is_no_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="expected the path of an Excel file, got None"):
        read_excel(None, Deal)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        read_excel(tmp_path / "none.xlsx", Deal)
    with pytest.raises(UnreadableFile, match="is a folder; give the path of an Excel file in it"):
        read_excel(tmp_path, Deal)


def test_without_the_extra_a_sentence_says_what_is_needed(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(s=[HEAD])
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(
        MissingExtra, match=r"reading deals.xlsx needs python-calamine: pip install 'crm-metrics\[excel\]'"
    ):
        read_excel(path, Deal)


def test_options_of_one_kind_of_file_are_refused_for_the_other(book: Book, tmp_path: Path) -> None:
    with pytest.raises(WrongValue, match="encoding= and delimiter= are for CSV files"):
        read_columns(book(s=[HEAD]), encoding="utf-8")
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(WrongValue, match="sheet='S' is for a workbook"):
        read_columns(tmp_path / "a.csv", sheet="S")


def test_progress_is_told_and_a_plain_table_is_kept_as_text(book: Book) -> None:
    told: list[tuple[int, int]] = []
    path = book("team.xlsx", s=[["manager", "seats"], ["Anna", 3]])
    team = read_excel(path, Record, progress=lambda done, total: told.append((done, total)))
    assert (team.columns, team.seats.item(0)) == (("manager", "seats"), "3")
    assert told == [(path.stat().st_size, path.stat().st_size)]


# ---------------------------------------------------------------- .ods

CONTENT = """<?xml version="1.0"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="One">
<table:table-row><table:table-cell office:value-type="string"><text:p>at</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>amount</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="date" office:date-value="2024-01-05"><text:p>x</text:p>
</table:table-cell><table:table-cell office:value-type="float" office:value="12.5"><text:p>12,5</text:p>
</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""
MANIFEST = """<?xml version="1.0"?><manifest:manifest
 xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
</manifest:manifest>"""


def test_an_open_document_is_read_as_well(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "spend.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", CONTENT.replace(">\n<", "><"))
    assert marketing.spend_total(read_excel(tmp_path / "spend.ods", Spend)) == 12.5
