"""What stands around the rows: titles, headings again, totals and footers are left out and counted; rows never are."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Call, Deal, DealLine, Manager, Quota, Record, Spend, StageChange, Table, marketing, sales, table
from crm_metrics._company.costs import Cost
from crm_metrics._reading.files import read_columns, read_csv
from crm_metrics._reading.report_words import says_footer, says_total
from crm_metrics._reading.surroundings import headings_at
from crm_metrics.errors import DataError

Write = Callable[[str], Path]

DEALS = "id,created_at,status,closed_at,customer,product,amount\n"
ROWS = "1,2024-01-05,won,2024-02-01,Total Oil,Итого плюс,100\n2,2024-01-06,lost,2024-02-01,Acme,plan,50\n"
SALESFORCE = """\
"Opportunity ID","Opportunity Name","Stage","Amount Currency","Amount","Close Date","Created Date","Opportunity Owner"
"006B11","Oak","Closed Won","EUR","12000.00","3/18/2024","2/14/2024","Ira"
"006B12","Elm","Closed Lost","EUR","3000.00","3/1/2024","2/4/2024","Ira"
"006B13","Fir","Prospecting","EUR","7000.00","12/31/2024","3/2/2024","Lev"

"Grand Totals (3 records)","","","EUR","22000.00","","",""

"Confidential Information - Do Not Distribute"
"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."
"""
OF_SALESFORCE: dict[str, Any] = {
    "columns": {
        "id": "Opportunity ID",
        "created_at": "Created Date",
        "status": "Stage",
        "closed_at": "Close Date",
        "amount": "Amount",
        "currency": "Amount Currency",
        "manager": "Opportunity Owner",
    },
    "values": {"status": {"Closed Won": "won", "Closed Lost": "lost", "Prospecting": "open"}},
}
ADS = "Day,Campaign,Cost\n{top}2024-01-01,a,45.00\n2024-01-02,b,82.00\n2024-01-04,a,39.00\n{end}"
OF_ADS: dict[str, Any] = {"columns": {"at": "Day", "campaign": "Campaign", "amount": "Cost"}}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "report.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return written


def around(t: Table[Any]) -> dict[str, int]:
    assert t.report is not None
    return dict(t.report.around)


def refused(path: Path, record: type) -> list[int | None]:
    with pytest.raises(DataError) as caught:
        read_csv(path, record)
    return [fault.row for fault in caught.value.faults]


# ---------------------------------------------------------------- reports of real programs


def test_a_salesforce_report_is_read_without_its_totals_and_footer(write: Write) -> None:
    deals = read_csv(write(SALESFORCE), Deal, **OF_SALESFORCE)
    assert around(deals) == {"totals": 1, "footer": 2}
    assert (len(deals), deals.report.rows, sales.won_revenue(deals), sales.win_rate(deals)) == (3, 3, 12000, 0.5)
    assert sales.average_sales_cycle(deals) == 33
    assert "2 around the rows: footer" in str(deals.report)
    assert read_columns(write(SALESFORCE))["Opportunity Name"] == ["Oak", "Elm", "Fir"]


def test_faults_name_rows_as_a_spreadsheet_shows_them(write: Write) -> None:
    text = f"A report\n\n{DEALS}{ROWS}Subtotal,,,,,,150\n3,soon,open,,,,5\n\nPage 1 of 2\n{DEALS}4,later,open,,,,5\n"
    assert refused(write(text), Deal) == [7, 11]
    skipped = read_csv(write(text), Deal, on_error="skip")
    assert (len(skipped), skipped.report.rows, skipped.report.refused) == (2, 4, 2)
    assert around(skipped) == {"title": 1, "totals": 1, "headings again": 1, "footer": 1}


@pytest.mark.parametrize(
    ("top", "end"),
    [
        (",,166.00\n", ""),
        ("", ",,166.00\n"),
        ("", "Total,,166.00\n"),
        ("", "Total: Account,,166.00\n"),
        ("", "Total: Account,,166.00\nTotal: Campaigns,--,166.00\n"),
        ("--,,166.00\n", ""),
        ("", "Итого,,166.00\n"),
        ("Totals,,166.00\n", "\nReport generated on 5 January\n"),
    ],
)
def test_the_total_of_an_advertising_export_is_no_spending(write: Write, top: str, end: str) -> None:
    spend = read_csv(write(ADS.format(top=top, end=end)), Spend, **OF_ADS)
    assert marketing.spend_total(spend) == 166
    assert around(spend)["totals"] == top.count("166") + end.count("166")
    assert spend.report.rows == 3 and spend.report.missing == {}


def test_a_row_of_spending_without_a_day_is_left_out_and_counted(write: Write) -> None:
    spend = read_csv(write(ADS.format(top="", end=",brand,7.00\n,,8.00\n")), Spend, **OF_ADS)
    assert marketing.spend_total(spend) == 166
    assert around(spend) == {"without at": 2}


def test_where_most_rows_lack_their_day_they_stay_and_are_counted(write: Write) -> None:
    spend = read_csv(write("at,amount\n2024-01-01,5\n,6\n,7\n,8\n"), Spend)
    assert (around(spend), spend.report.missing, len(spend)) == ({}, {"at": 3}, 4)


def test_a_row_with_neither_a_day_nor_an_amount_stays_and_is_counted(write: Write) -> None:
    spend = read_csv(write("at,amount,channel\n2024-01-01,5,a\n,,b\n"), Spend)
    assert (around(spend), spend.report.missing) == ({}, {"at": 1, "amount": 1})


def test_a_payment_for_the_crm_is_never_left_out_for_want_of_its_day(write: Write) -> None:
    assert refused(write("at,amount,name\n2024-01-01,5,a\n2024-01-02,6,b\n,7,c\n"), Cost) == [4]
    assert around(read_csv(write("at,amount,name\n2024-01-01,5,a\n2024-01-02,6,b\nTotal,11,\n"), Cost)) == {"totals": 1}


METADATA = (
    "Report Title\nDate/Time Generated,4/12/17 11:13 AM\nAccount ID,4444\nAdvertiser,Equals:AZ\n\nReport Fields\n"
)
PERFORMANCE = '"CAMPAIGN_PERFORMANCE_REPORT (May 1, 2013-May 10, 2013)",,,,,,\n'


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("Deals of May\n" + DEALS + ROWS, {"title": 1}),
        ("Deals of May\n\n\n" + DEALS + ROWS, {"title": 1}),
        ("Deals of May,,,,,,\n" + DEALS + ROWS, {"title": 1}),
        ("\ufeffDeals of May\n" + DEALS + ROWS, {"title": 1}),
        ("sep=,\nDeals of May\n" + DEALS + ROWS, {"title": 1}),
        (METADATA + DEALS + ROWS, {"title": 5}),
        (PERFORMANCE + DEALS + ROWS + "Total, --, --,--,,,150\n", {"title": 1, "totals": 1}),
        (",,Deal,,Customer,,\n" + DEALS + ROWS, {"title": 1}),
        ('"Сделки, месяц за месяцем"\nМай;июнь\n\n' + (DEALS + ROWS).replace(",", ";"), {"title": 2}),
        ("January 1, 2024, to, January 31, 2024, all, deals\n" + DEALS + ROWS, {"title": 1}),
        ("a;b\n1;2\n" + DEALS + ROWS, {"title": 2}),
        ("C,SETP,WORLD\n" + DEALS + ROWS + "C,END OF REPORT,523\n", {"title": 1, "footer": 1}),
        (DEALS + ROWS[: ROWS.index("2,")] + DEALS + ROWS[ROWS.index("2,") :], {"headings again": 1}),
        (DEALS + ROWS[: ROWS.index("2,")] + "\ufeff" + DEALS + ROWS[ROWS.index("2,") :], {"headings again": 1}),
        (DEALS + ROWS + DEALS, {"headings again": 1}),
        (DEALS + ROWS + "\n\n", {}),
        (DEALS + ROWS + "\nВсего сделок,2\nСредний чек,75\n", {"footer": 2}),
        (DEALS + ROWS + "Note: amounts are without tax\n", {"footer": 1}),
        (DEALS + ROWS + "2 rows returned\n", {"footer": 1}),
        (DEALS + ROWS + ",,,,,,\nA word of the manager,,,,,,\n", {"footer": 1}),
        (DEALS + ROWS + "Total: 2 deals,,,,,,\nConfidential,,,,,,\n", {"footer": 1, "totals": 1}),
    ],
)
def test_titles_headings_again_and_footers_are_left_out(write: Write, text: str, counted: dict[str, int]) -> None:
    deals = read_csv(write(text), Deal)
    assert [deals.id.item(i) for i in range(len(deals))] == ["1", "2"]
    assert deals.report.rows == 2
    assert around(deals) == counted


def test_a_report_without_rows_is_an_empty_table(write: Write) -> None:
    deals = read_csv(write(DEALS + '"Grand Totals (0 records)"\n\n"Confidential Information"\n'), Deal)
    assert (len(deals), around(deals)) == (0, {"totals": 1, "footer": 1})


# ---------------------------------------------------------------- words for totals

SAID = [
    "Grand Totals (2 records)", "Grand Total", "Total", "TOTALS", "Totals:", "Subtotal", "Sub-total", "Sum", "Итого",
    "Subtotal for May", "итого:", "Итого за май", "Итого по отделу", "Всего", "Всего: 2", "Всего сделок: 2",
    "Общий итог", "Итого (2)", "Total 2", "Total (2)", "Gesamtsumme", "Total général",
]  # fmt: skip


@pytest.mark.parametrize("word", SAID)
def test_a_row_that_says_it_is_a_total_and_has_nothing_else_that_is_needed_is_one(write: Write, word: str) -> None:
    assert says_total(word)
    assert around(read_csv(write(DEALS + ROWS + f'"{word}",,,,,,150\n'), Deal)) == {"totals": 1}
    assert around(read_csv(write(DEALS + ROWS + f',,,,"{word}",,150\n'), Deal)) == {"totals": 1}
    assert around(read_csv(write(DEALS + f'"{word}",--,-,,,,150\n' + ROWS), Deal)) == {"totals": 1}


@pytest.mark.parametrize(
    "word", ["Total Oil", "Итого плюс", "Totaler", "Суммарный", "Всеволод", "Sumatra", "5", "", None, 7]
)
def test_a_name_that_only_begins_like_a_total_is_none(word: Any) -> None:
    assert not says_total(word)


@pytest.mark.parametrize(
    "word", ["Filter oil", "Printed shirts", "Фильтр масляный", "Отчёт об оценке", "Report-5", "Anna"]
)
def test_a_name_that_only_begins_like_a_footer_is_none(word: str) -> None:
    assert not says_footer(word)


@pytest.mark.parametrize(
    "row",
    [
        "3,2024-01-07,open,,Total,Итого,5\n",
        "3,,open,,Total,Итого,5\n",
        "3,2024-01-07,,,Total,Total,5\n",
        "3,,,,Total,Total,5\n",
        "3,,,,,,\n",
        "Total,2024-01-07,open,,,,5\n",
        "Total,,open,,,,5\n",
        "Total Oil,,,,,,5\n",
    ],
)
def test_a_real_deal_is_never_taken_for_a_total(write: Write, row: str) -> None:
    deals = read_csv(write(DEALS + ROWS + row), Deal)
    assert (len(deals), around(deals)) == (3, {})
    assert deals.report.missing == {
        name: 1 for name, cell in zip(("created_at", "status"), row.split(",")[1:3], strict=True) if not cell
    }


OTHERS = [
    (
        Quota,
        "manager,start,end,amount\nA,2024-01-01,2024-02-01,5\nA Total,,,5\nB,2024-01-01,2024-02-01,6\n,,,11\n",
        2,
        2,
    ),
    (Manager, "name,team,monthly_cost\nAnna,x,5\nBoris,,6\nИтого,,11\n", 2, 1),
    (Manager, "name,team,monthly_cost\nAnna,x,5\nBoris,,6\n,,11\n", 2, 1),
    (DealLine, "deal,product,price,quantity\n1,Итого плюс,5,1\n1,Total,6,1\nИтого,,11,2\n", 2, 1),
    (DealLine, "deal,product,price,quantity\n1,Итого плюс,5,1\n1,Total,6,1\n,,11,2\n", 2, 1),
    (Call, "started_at,manager,duration\n2024-01-05 10:00,A,60\n2024-01-05 11:00,B,60\nTotal,,120\n", 2, 1),
    (Call, "started_at,manager,duration\n2024-01-05 10:00,A,60\n2024-01-05 11:00,B,60\n,,0:02:00\n", 2, 1),
    (StageChange, "deal,stage,at,calls\n1,A,2024-01-05,3\n1,B,2024-01-06,4\nTotal,,,7\n", 2, 1),
    (StageChange, "deal,stage,at,calls\n1,A,2024-01-05,3\nИтог,,,7\n2,B,2024-01-06,4\n", 2, 1),
]


@pytest.mark.parametrize(("record", "text", "rows", "left"), OTHERS)
def test_every_record_is_read_without_its_totals(write: Write, record: type, text: str, rows: int, left: int) -> None:
    read = read_csv(write(text), record)
    assert (len(read), sum(around(read).values()), read.report.rows) == (rows, left, rows)
    as_columns = {name: cells for name, *cells in zip(*csv.reader(io.StringIO(text)), strict=True)}
    as_dicts = list(csv.DictReader(io.StringIO(text)))
    for frame in (as_columns, as_dicts) if ":" not in text else ():
        assert (len(table(frame, record)), sum(around(table(frame, record)).values())) == (rows, left)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (DEALS + "1,2024-01-05,won\n" + ROWS, [2]),
        (DEALS + ROWS + "3,2024-01-05,op\n", [4]),
        (DEALS + ROWS + "3\n", [4]),
        (DEALS + ROWS + "\n3,2024-01-05,op\n", [5]),
        (DEALS + "Anna,2024-01-05\n" + ROWS + "Total,,,,,,150\n", [2]),
        (DEALS + ROWS + "4,2024-01-05,open,,,,1,5\n", [4]),
        (DEALS + "Confidential report\n" + ROWS, [2]),
    ],
)
def test_a_malformed_row_is_a_fault(write: Write, text: str, rows: list[int]) -> None:
    assert refused(write(text), Deal) == rows


def test_the_last_of_a_list_of_people_is_no_footer(write: Write) -> None:
    people = "name,team,monthly_cost\nAnna,x,5\n\nBoris Petrov,,\n"
    assert len(read_csv(write(people), Manager)) == 2
    assert refused(write(people.replace(",,", "")), Manager) == [4]
    assert read_columns(write("product,category,vendor\nOil,x,y\nFilter,,\n"))["product"] == ["Oil", "Filter"]


def test_a_lookup_is_read_without_its_total(write: Write) -> None:
    assert read_columns(write("manager,team,seats\nAnna,North,2\nBoris,South,3\nИтого,,5\n"))["manager"] == [
        "Anna",
        "Boris",
    ]
    assert around(read_csv(write("manager,team\nAnna,North\nTotal,\n"), Record)) == {"totals": 1}


# ---------------------------------------------------------------- frames


def dicts(end: dict[str, Any]) -> dict[str, list[Any]]:
    rows = [
        {"id": "1", "created_at": "2024-01-14", "status": "won", "closed_at": "2024-02-01", "amount": 15000},
        {"id": "2", "created_at": "2024-01-04", "status": "lost", "closed_at": "2024-02-01", "amount": 2500},
        {"id": None, "created_at": None, "status": None, "closed_at": None, "amount": None, **end},
    ]
    return {name: [row[name] for row in rows] for name in rows[0]}


def kinds(columns: dict[str, list[Any]]) -> list[Any]:
    pd, pl, pa = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [columns, rows, pd.DataFrame(columns), pl.DataFrame(columns), pa.table(columns)]


@pytest.mark.parametrize(
    "end",
    [
        {"id": "Grand Totals (2 records)", "amount": 17500},
        {"id": "Итого", "amount": 17500},
        {"id": "Итого", "amount": 1},
        {"id": "Total:"},
        {"amount": 17500},
    ],
)
def test_totals_are_no_deals_in_whatever_they_come(end: dict[str, Any]) -> None:
    for rows in kinds(dicts(end)):
        deals = table(rows, Deal)
        assert (sales.deals_created(deals), sales.conversion_rate(deals), sales.won_revenue(deals)) == (2, 0.5, 15000)
        assert (around(deals), deals.report.rows, deals.report.missing) == ({"totals": 1}, 2, {})


@pytest.mark.parametrize(
    ("end", "missing"),
    [
        ({"id": "3", "amount": 17500}, {"created_at": 1, "status": 1}),
        ({"id": "Total Oil", "amount": 17500}, {"created_at": 1, "status": 1}),
        ({"id": "Total", "status": "open", "amount": 17400}, {"created_at": 1}),
        ({"amount": 17400}, {"id": 1, "created_at": 1, "status": 1}),
        ({}, {"id": 1, "created_at": 1, "status": 1}),
    ],
)
def test_rows_of_a_frame_that_are_not_surely_totals_stay(end: dict[str, Any], missing: dict[str, int]) -> None:
    for rows in kinds(dicts(end)):
        deals = table(rows, Deal)
        assert (len(deals), around(deals), deals.report.missing) == (3, {}, missing)


def test_the_day_of_a_total_is_no_bad_cell_of_a_frame() -> None:
    rows = {"at": ["2024-01-01", "2024-01-02", "Total: Account", "x"], "amount": [5, 6, 11, 1]}
    with pytest.raises(DataError, match="1 bad cell") as caught:
        table(rows, Spend)
    assert caught.value.faults[0].row == 4
    spend = table({name: cells[:3] for name, cells in rows.items()}, Spend)
    assert (marketing.spend_total(spend), around(spend)) == (11, {"totals": 1})


def test_records_are_what_they_say_they_are() -> None:
    days: list[Any] = ["2024-01-01", "2024-01-02", None]
    typed = table([Spend(at=day, amount=amount) for day, amount in zip(days, (5, 6, 11), strict=True)], Spend)
    assert (len(typed), around(typed)) == (3, {})
    again = table(typed, Spend)
    assert (len(again), marketing.spend_total(again)) == (3, 22)


def test_two_rows_that_are_equal_are_no_total_of_each_other() -> None:
    spend = table({"at": ["2024-01-01", None], "amount": [5, 5]}, Spend)
    assert (len(spend), around(spend)) == (2, {})


# ---------------------------------------------------------------- headings


@pytest.mark.parametrize(
    ("rows", "at"),
    [
        ([["id", "amount"], ["1", "5"]], 0),
        ([["name", "team"], ["Anna", "North", "Moscow", "x"]], 0),
        ([["name", "team"], ["Anna", "North", "Moscow", "x"], ["Boris", "South", "Perm", "y"]], 0),
        ([["id"], ["1", "2"], ["3", "4"]], 0),
        ([["id"], ["Anna", "Anna"], ["3", "4"]], 0),
        ([["title"], ["name", "day"], ["Anna", "2024-01-05"]], 1),
        ([["title"], [], ["name", "team"], ["Anna", "North"]], 2),
        ([["title"], ["name", "team"], ["Anna", "North"]], 0),
        ([[""], ["", ""]], 0),
        ([], 0),
    ],
)
def test_headings_are_the_first_row_unless_a_title_is_sure(rows: list[list[str]], at: int) -> None:
    assert headings_at(rows) == at
