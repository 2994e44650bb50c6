"""What crm.toml says about columns, words, sheets and the company, and how a mistake in it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import sales
from crm_metrics._company.folder import load
from crm_metrics.errors import CrmError, DataError

TOP = '[deals]\nfile = "deals.csv"\n'
ROWS = "id,created_at,status,closed_at,amount\n1,2024-01-05,won,2024-02-01,10\n2,2024-01-06,lost,2024-02-02,5\n"


def settle(folder: Path, text: str, deals: str = ROWS) -> Path:
    (folder / "deals.csv").write_text(deals, encoding="utf-8")
    (folder / "crm.toml").write_text(text, encoding="utf-8")
    return folder


# ---------------------------------------------------------------- several columns for one field

PIPEDRIVE = """ID,Created,State,Won time,Lost time
1,2024-01-05,won,2024-01-20,
2,2024-01-06,lost,,2024-02-05
3,2024-01-07,open,,
"""
COLUMNS = """[deals.columns]
id = "ID"
created_at = "Created"
status = "State"
closed_at = ["Won time", "Lost time"]
"""


def test_the_first_of_several_columns_that_is_filled_counts(tmp_path: Path) -> None:
    deals = load(settle(tmp_path, TOP + COLUMNS, PIPEDRIVE)).deals
    assert deals is not None
    assert [str(deals["closed_at"].item(i)) for i in range(3)] == ["2024-01-20", "2024-02-05", "None"]


def test_one_heading_in_a_list_is_that_heading(tmp_path: Path) -> None:
    text = TOP + '[deals.columns]\nmanager = ["status"]\nstatus = "status"\n'
    assert sales.deals_created(load(settle(tmp_path, text)).deals, by="manager") == {"lost": 1, "won": 1}


def test_words_may_be_told_for_each_of_several_columns(tmp_path: Path) -> None:
    rows = "id,created_at,IsClosed,IsWon\n1,2024-01-05,true,true\n2,2024-01-05,true,false\n3,2024-01-05,false,false\n"
    text = f"""{TOP}
[deals.columns]
status = ["IsWon", "IsClosed"]
closed_at = "created_at"
created_at = "created_at"
[deals.values.status.IsWon]
true = "won"
false = ""
[deals.values.status.IsClosed]
true = "lost"
false = "open"
"""
    deals = load(settle(tmp_path, text, rows)).deals
    assert deals is not None and [deals["status"].item(i) for i in range(3)] == ["won", "lost", "open"]


# ---------------------------------------------------------------- the company


def test_the_currency_of_the_company_is_that_of_amounts_that_name_none(tmp_path: Path) -> None:
    crm = load(settle(tmp_path, f'[company]\ncurrency = "EUR"\n{TOP}'))
    assert getattr(sales.won_revenue(crm.deals), "unit", None) == "EUR"


def test_a_sign_in_the_cells_that_says_otherwise_is_refused(tmp_path: Path) -> None:
    text = f'[company]\ncurrency = "RUB"\n{TOP}'
    with pytest.raises(CrmError, match=r"\$"):
        load(settle(tmp_path, text, ROWS.replace(",10", ",$10").replace(",5", ",$5")))


def test_a_stated_margin_is_read(tmp_path: Path) -> None:
    assert load(settle(tmp_path, f"[company]\nmargin = 0.3\n{TOP}")).margin == 0.3
    assert load(settle(tmp_path, f"[company]\nmargin = 1\n{TOP}")).margin == 1
    assert load(settle(tmp_path, TOP)).margin is None


# ---------------------------------------------------------------- files


def test_rows_of_a_file_in_the_order_of_events_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "changes.csv").write_text("deal,stage,at\n1,B,2024-01-05\n1,A,2024-01-05\n", encoding="utf-8")
    text = f'{TOP}[changes]\nfile = "changes.csv"\nordered = true\n'
    changes = load(settle(tmp_path, text)).changes
    assert changes is not None and changes["seq"].item(0) < changes["seq"].item(1)


def workbook(path: Path, **sheets: str) -> None:
    """Comma separated texts as the sheets of a workbook."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in sheets.items():
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            sheet.append(line.split(","))
    book.save(path)


def test_a_workbook_is_a_file_like_any_other(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    workbook(tmp_path / "crm.xlsx", Notes="a,b\n1,2\n", Deals=ROWS)
    text = '[deals]\nfile = "crm.xlsx"\nsheet = "Deals"\n'
    assert sales.win_rate(load(settle(tmp_path, text)).deals) == 0.5


# ---------------------------------------------------------------- mistakes

MISTAKES = {
    "an empty list": ("[deals.columns]\nclosed_at = []", "[deals.columns] closed_at = [] is not text"),
    "a list of numbers": ("[deals.columns]\nclosed_at = [1]", 'several as ["this", "that"]: the first that is filled'),
    "a section as a heading": ("[deals.columns.closed_at]\na = 1", "[deals.columns] closed_at = {...} is not text"),
    "a heading of a list that is not there": ('[deals.columns]\nmanager = ["who", "whom"]', "'who'"),
    "a word that is no text": ("[deals.values.status]\nWon = 1", "[deals.values.status] Won = 1 is not text"),
    "a word of a heading that is no text": (
        "[deals.values.status.IsWon]\ntrue = 1",
        "[deals.values.status.IsWon] true = 1 is not text",
    ),
    "words and headings in one": (
        '[deals.values.status]\nWon = "won"\n[deals.values.status.IsWon]\ntrue = "won"',
        "[deals.values.status] IsWon = {...} is not text",
    ),
    "a sheet of a CSV file": ('sheet = "Deals"', "[deals] sheet = 'Deals' is for spreadsheet files"),
    "an order in words": ('ordered = "yes"', "[deals] ordered = 'yes' is neither true nor false: write ordered = true"),
    "a margin in percent": (
        "[company]\nmargin = 30",
        "[company] margin = 30 is not possible: give a fraction: 0.3",
    ),
    "a margin of nothing": ("[company]\nmargin = 0", "[company] margin = 0 is not possible"),
    "a margin below nothing": ("[company]\nmargin = -0.3", "[company] margin = -0.3 is not possible"),
    "a margin that is no number": ("[company]\nmargin = nan", "[company] margin = nan is not possible"),
    "a margin in words": ('[company]\nmargin = "30 %"', "[company] margin = '30 %' is not possible"),
    "a margin that is a truth": ("[company]\nmargin = true", "[company] margin = true is not possible"),
}


@pytest.mark.parametrize(("text", "says"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_file_key_value_and_remedy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CrmError) as caught:
        load(settle(tmp_path, f"{TOP}{text}\n"))
    assert str(caught.value).startswith("crm.toml, [") and says in str(caught.value)


def test_options_of_text_files_are_none_of_workbooks(tmp_path: Path) -> None:
    workbook(tmp_path / "crm.xlsx", Deals=ROWS)
    with pytest.raises(CrmError, match=r"\[deals\] encoding = 'cp1251' is for text files: remove the line"):
        load(settle(tmp_path, '[deals]\nfile = "crm.xlsx"\nencoding = "cp1251"\n'))


# ---------------------------------------------------------------- one time without a zone

ZONED = """id,created_at,status,closed_at
1,2026-07-01T01:00:00+05:00,won,2026-07-10T10:00:00+05:00
2,{odd},open,
3,2026-06-03T13:10:00+05:00,lost,2026-06-05T13:10:00+05:00
"""
ZONE = '[company]\ntimezone = "Asia/Yekaterinburg"\n'


@pytest.mark.parametrize("odd", ["14.06.2026 09:20", "abc"])
def test_one_bad_time_is_left_out_and_named_with_its_row_and_field(tmp_path: Path, odd: str) -> None:
    crm = load(settle(tmp_path, f'{ZONE}{TOP}on_error = "skip"\n', ZONED.format(odd=odd)))
    assert sales.deals_created(crm.deals, by=crm.key("month(created_at)")) == {"2026-06": 1, "2026-07": 1}
    assert crm.deals is not None and crm.deals.report is not None
    assert [(fault.row, fault.field, fault.value) for fault in crm.deals.report.faults] == [(3, "created_at", odd)]
    with pytest.raises(DataError, match=f"1 bad cell in deals.csv:\n  row 3, created_at: '{odd}'"):
        load(settle(tmp_path, f"{ZONE}{TOP}", ZONED.format(odd=odd)))


@pytest.mark.parametrize("how", ["raise", "skip"])
def test_a_column_without_zones_beside_one_with_them_is_told_with_file_row_and_field(tmp_path: Path, how: str) -> None:
    rows = ZONED.format(odd="2026-06-04T13:10:00+05:00").replace("-10T10:00:00+05:00", "-10 10:00:00")
    rows = rows.replace("-05T13:10:00+05:00", "-05 13:10:00")
    try:
        crm = load(settle(tmp_path, f'{ZONE}{TOP}on_error = "{how}"\n', rows))
        told = "\n".join(map(str, crm.deals.report.faults if crm.deals is not None and crm.deals.report else ()))
    except CrmError as error:
        told = str(error)
    assert "row 2, closed_at" in told
