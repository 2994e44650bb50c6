"""A web page that is named .xls, as Bitrix24 and others export tables, is read as a workbook of its tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import Deal, Spend, load, read_csv, read_excel, sales
from crm_metrics._company.first_settings.draft import draft
from crm_metrics._reading.sheets import UnreadableFile

BITRIX = """<html><head><meta http-equiv="Content-type" content="text/html;charset=UTF-8"/>
<style>td {mso-number-format: '\\@';}</style></head><body><table border="1"><thead><tr><th>ID</th><th>Сделка</th>
<th>Сумма, руб.</th><th>Стадия</th><th>Дата создания</th></tr></thead><tbody>
<tr><td>1</td><td>Окна &amp; двери</td><td>1&nbsp;234,50</td><td>Сделка успешна</td><td>05.02.2024 10:00:00</td></tr>
<tr><td>2</td><td>Дом<br>2</td><td>500,00</td><td>Сделка провалена</td><td>25.02.2024 11:30:00</td></tr>
</tbody></table></body></html>"""
HOW = {
    "columns": {"id": "ID", "amount": "Сумма, руб.", "status": "Стадия", "created_at": "Дата создания"},
    "values": {"status": {"Сделка успешна": "won", "Сделка провалена": "lost"}},
}


def page(tmp_path: Path, content: str, encoding: str = "utf-8", name: str = "deals.xls") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("UTF-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("windows-1251", "cp1251"),
        ("koi8-r", "koi8-r"),
        ("UTF-16", "utf-16"),
        ("UTF-8", "utf-16"),  # the mark is right, whatever is stated
        ("no-such", "cp1251"),
    ],
)
def test_a_page_named_xls_is_read_in_its_encoding(tmp_path: Path, charset: str, encoding: str) -> None:
    path = page(tmp_path, BITRIX.replace("UTF-8", charset), encoding)
    deals = read_excel(path, Deal, **HOW)  # type: ignore[arg-type]
    assert sales.won_revenue(deals) == 1234.5
    assert deals["amount"].currency == "RUB"
    assert [deals["Сделка"].item(i) for i in range(2)] == ["Окна & двери", "Дом 2"]
    assert str(deals["created_at"].item(1)) == "2024-02-25 11:30:00"


def test_a_company_is_drafted_and_loaded_from_a_page(tmp_path: Path) -> None:
    page(tmp_path, BITRIX)
    assert 'file = "deals.xls"' in str(draft(tmp_path))
    lines = ["[deals]", 'file = "deals.xls"', "[deals.columns]", 'id = "ID"', 'amount = "Сумма, руб."']
    lines += ['created_at = "Дата создания"', 'status = "Стадия"', "[deals.values.status]"]
    lines += ['"Сделка успешна" = "won"', '"Сделка провалена" = "lost"']
    (tmp_path / "crm.toml").write_text("\n".join(lines), encoding="utf-8")
    assert sales.won_revenue(load(tmp_path).deals) == 1234.5


def test_a_fault_names_the_row_as_the_spreadsheet_shows_it(tmp_path: Path) -> None:
    path = page(tmp_path, BITRIX.replace("500,00", "пятьсот"))
    with pytest.raises(Exception, match="row 3, amount: 'пятьсот' is not an amount"):
        read_excel(path, Deal, **HOW)  # type: ignore[arg-type]


def test_merged_cells_have_their_value_first_and_rows_need_no_end_tags(tmp_path: Path) -> None:
    rows = "<tr><td colspan=3>Report<tr><th>at<th>channel<th>amount"
    rows += "<tr><td>2024-01-05<td rowspan=2>ads<td>10<tr><td>2024-01-06<td>20<tr><td>2024-01-07<td>tv<td>30"
    spend = read_excel(page(tmp_path, f"<TABLE>{rows}</TABLE>"), Spend)
    assert [spend["channel"].item(i) for i in range(3)] == ["ads", None, "tv"]
    assert [spend["amount"].item(i) for i in range(3)] == [10, 20, 30]


def test_of_several_tables_that_is_read_which_has_the_headings(tmp_path: Path) -> None:
    menu = "<table><tr><td>Home<td>Help</tr></table>"
    inner = "<table><tr><th>at<th>amount</tr><tr><td>2024-01-05<td>10</tr></table>"
    spend = read_excel(page(tmp_path, f"{menu}<table><tr><td>{inner}</td></tr></table>"), Spend)
    assert len(spend) == 1
    with pytest.raises(Exception, match="no sheet 'x': it has 'table 1', 'table 2'"):
        read_excel(tmp_path / "deals.xls", Spend, sheet="x")


@pytest.mark.parametrize(
    "content",
    [
        "<html><body>Please sign in</body></html>",
        "<table></table>",
        '<?xml version="1.0"?><Workbook><Worksheet><Table><Row><Cell><Data>1</Data></Cell></Row></Table></Worksheet>',
        "<![odd[<table>",
        "<!--",
        "<",
    ],
)
def test_a_page_without_a_table_is_refused_in_a_sentence(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableFile, match=r"deals\.xls is (a web page or XML without|no workbook that can be read)"):
        read_excel(page(tmp_path, content), Deal)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty; a sheet has a row of headings"),
        (b"at\tamount\n2024-01-05\t10\n", "is text and no workbook; save it as a workbook, or name it .csv"),
        ("at;amount\n".encode("utf-16"), "is text and no workbook; save it as a workbook, or name it .csv"),
        (b"MIME-Version: 1.0\r\n\r\n<html>", "is a web archive; open it in a spreadsheet and save it as .xlsx"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00" + b"\0" * 500, "is no workbook that can be read; open it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 9, "is no workbook that can be read"),
    ],
)
def test_other_files_named_xls_are_refused_in_a_sentence_with_a_remedy(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "spend.xls"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=rf"^spend\.xls {said}"):
        read_excel(path, Spend)
    (tmp_path / "crm.toml").write_text('[spend]\nfile = "spend.xls"\n', encoding="utf-8")
    with pytest.raises(UnreadableFile, match=said):
        load(tmp_path)


def test_what_the_remedies_say_reads_the_file(tmp_path: Path) -> None:
    """Text named .xls under the name .csv, and a page named .html under the name .xls."""
    (tmp_path / "crm.toml").write_text('[spend]\nfile = "spend.csv"\n', encoding="utf-8")
    (tmp_path / "spend.csv").write_bytes(b"at\tamount\n2024-01-05\t10\n")
    assert load(tmp_path).spend is not None
    (tmp_path / "spend.csv").write_bytes(b"<table><tr><th>at<th>amount<tr><td>2024-01-05<td>10</table>")
    with pytest.raises(UnreadableFile, match=r"or name it \.xls"):
        load(tmp_path)
    (tmp_path / "spend.csv").rename(tmp_path / "spend.xls")
    (tmp_path / "crm.toml").write_text('[spend]\nfile = "spend.xls"\n', encoding="utf-8")
    assert load(tmp_path).spend is not None


def test_a_page_may_begin_with_many_empty_lines(tmp_path: Path) -> None:
    """As a server writes it whose template stands above."""
    assert len(read_excel(page(tmp_path, "\r\n" * 300 + BITRIX), Deal, **HOW)) == 2  # type: ignore[arg-type]


def test_read_csv_names_the_reader_of_a_page(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"deals\.csv is a web page or XML; read its table with read_excel"):
        read_csv(page(tmp_path, BITRIX, name="deals.csv"), Deal)
    assert len(read_excel(tmp_path / "deals.csv", Deal, **HOW)) == 2  # type: ignore[arg-type]
