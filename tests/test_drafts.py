"""A first crm.toml drafts every record that it recognises, and what it drafts can be loaded."""

from __future__ import annotations

import datetime as dt
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import sales
from crm_metrics._company.crm import RECORDS
from crm_metrics._company.first_settings import draft as starter
from crm_metrics._company.folder import load
from crm_metrics.errors import DataError, WrongValue

DEALS = """ID;Бюджет, руб.;Этап сделки;Ответственный;Дата создания;Дата закрытия;Компания
1;100;Успешно реализовано;Анна;05.02.2024 10:00:00;05.03.2024 10:00:00;Ромашка
2;200;Закрыто и не реализовано;Борис;06.02.2024 10:00:00;06.03.2024 10:00:00;Лютик
3;300;Переговоры;Анна;07.02.2024 10:00:00;не закрыта;Ромашка
"""
RUSSIAN = {
    "сделки.csv": DEALS,
    "лиды.csv": "ID;Дата создания;Источник;Ответственный;Статус\n7;01.01.2024;Сайт;Анна;Новый\n"
    "8;02.01.2024;Сайт;Анна;Некачественный лид\n",
    "позиции.csv": "ID сделки;Товар;Количество;Цена\n1;Шина;4;25\n2;Диск;1;200\n",
    "история.csv": "Сделка;Этап;Дата\n1;Новая;01.02.2024\n1;Переговоры;02.02.2024\n1;Успешно реализовано;05.03.2024\n"
    "2;Новая;02.02.2024\n2;Закрыто и не реализовано;06.03.2024\n",
    "звонки.csv": "Дата;Менеджер;Длительность;Тип\n01.02.2024 10:00;Анна;0:30;Входящий\n"
    "01.02.2024 11:00;Анна;1:30;Исходящий\n",
    "действия.csv": "Дата;Тип;Менеджер\n01.02.2024;Звонок;Анна\n02.02.2024;Встреча;Борис\n",
    "реклама.csv": "Дата;Канал;Расход\n01.02.2024;Сайт;5000\n",
    "план.csv": "Менеджер;Начало;Конец;План\nАнна;01.01.2024;01.04.2024;100000\n",
    "отделы.csv": "Менеджер;Отдел\nАнна;Север\nБорис;Юг\n",
}
ENGLISH = {
    "opportunities.csv": "Opportunity ID,Created Date,Stage,Close Date,Owner,Amount\n"
    "1,2024-02-05,Closed Won,2024-03-05,Ann,100\n2,2024-02-06,Closed Lost,2024-03-06,Bob,200\n",
    "leads.csv": "Lead ID,Created,Lead Source,Status\n7,2024-01-01,Web,New\n8,2024-01-02,Web,Junk\n",
    "line items.csv": "Deal ID,Product,Quantity,Unit price\n1,Tyre,4,25\n2,Rim,1,200\n",
    "stage history.csv": "Deal ID,Stage,Date\n1,New,2024-02-05\n1,Offer,2024-02-09\n1,Closed Won,2024-03-05\n",
    "calls.csv": "Start time,Agent,Duration,Direction\n2024-02-01 10:00,Ann,0:30,Inbound\n",
    "activities.csv": "Date,Type,Owner\n2024-02-01,Call,Ann\n2024-02-02,Meeting,Bob\n",
    "ads.csv": "Date,Channel,Amount spent\n2024-02-01,Web,5000\n",
    "quotas.csv": "Manager,Start,End,Quota\nAnn,2024-01-01,2024-04-01,100000\n",
    "team.csv": "Name,Team,Hire date\nAnn,North,2020-01-01\nBob,South,2021-01-01\n",
}


def put(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def settings(folder: Path, **files: str) -> dict[str, Any]:
    """The draft for these files, read back."""
    return tomllib.loads(str(starter.draft(put(folder, {f"{name}.csv": text for name, text in files.items()}))))


# ---------------------------------------------------------------- every record


@pytest.mark.parametrize("files", [RUSSIAN, ENGLISH], ids=["Russian", "English"])
def test_every_record_is_drafted_and_loads_as_it_is_drafted(tmp_path: Path, files: dict[str, str]) -> None:
    path, draft = starter.write(put(tmp_path, files))
    crm = load(tmp_path)
    assert not draft.unused
    assert {name: len(getattr(crm, name)) for name in RECORDS} == {
        name: files[held[name]["file"]].count("\n") - 1
        for held in [tomllib.loads(path.read_text("utf-8"))]
        for name in RECORDS
    }
    assert sales.won_revenue(crm.deals) == 100 and sales.win_rate(crm.deals) == 0.5


def test_the_words_of_a_draft_are_read_as_they_are_guessed(tmp_path: Path) -> None:
    starter.write(put(tmp_path, RUSSIAN))
    crm = load(tmp_path)
    assert crm.calls is not None and crm.interactions is not None and crm.leads is not None
    assert [crm.calls["direction"].item(i) for i in range(2)] == ["in", "out"]
    assert [crm.interactions["kind"].item(i) for i in range(2)] == ["call", "meeting"]
    assert [crm.leads["status"].item(i) for i in range(2)] == ["new", "junk"]


def test_a_section_says_what_its_rows_are(tmp_path: Path) -> None:
    text = str(starter.draft(put(tmp_path, ENGLISH)))
    assert "[calls]                       # a guess; a row is: a telephone call" in text
    assert "[lines]                       # a guess; a row is: one position of a deal" in text


# ---------------------------------------------------------------- which file is which

PAID = "customer_id,date,amount\n1,2024-01-05,100\n1,2024-02-05,100\n"
SOLD = "id,created_at,status,amount,closed_at,customer\n1,2024-01-01,won,5,2024-01-02,1\n"


@pytest.mark.parametrize("name", ["payments", "оплаты", "data", "spend"])
def test_payments_of_customers_are_no_spending(tmp_path: Path, name: str) -> None:
    found = settings(tmp_path, deals=SOLD, **{name: PAID})
    assert "spend" not in found and "lookups" not in found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tickets", "id,created_at,status,channel\n1,2024-01-01,open,web\n"),
        ("customers", "id,created_at,name,region\n71,2024-01-01,Ann,North\n"),
        ("tasks", "id,date,type\n1,2024-01-01,Call\n"),
        ("prices", "sku,price\na,5\nb,6\n"),
    ],
)
def test_files_of_other_things_are_no_section(tmp_path: Path, name: str, text: str) -> None:
    assert settings(tmp_path, deals=SOLD, **{name: text}).keys() == {"company", "crm", "deals"}


def test_a_history_is_no_deals_though_all_that_deals_need_is_there(tmp_path: Path) -> None:
    history = "".join(
        f"{deal},2024-01-0{day},{stage}\n" for deal in range(5) for day, stage in ((1, "New"), (2, "Won"))
    )
    found = settings(tmp_path, export=f"deal,date,stage\n{history}", other=SOLD)
    assert found["changes"]["file"] == "export.csv" and found["deals"]["file"] == "other.csv"


def test_leads_are_told_from_deals(tmp_path: Path) -> None:
    leads = "id,created_at,status,channel,manager\n1,2024-01-01,new,web,Ann\n"
    found = settings(tmp_path, leads=leads, export=SOLD)
    assert found["leads"]["file"] == "leads.csv" and found["deals"]["file"] == "export.csv"


def test_lines_with_ids_of_deals_need_no_telling_name(tmp_path: Path) -> None:
    found = settings(tmp_path, a=SOLD, b="deal_id,product,quantity,price\n1,Tyre,4,25\n1,Rim,1,5\n")
    assert found["lines"]["file"] == "b.csv"


def test_a_list_of_managers_is_a_record_and_a_lookup(tmp_path: Path) -> None:
    deals = "id,created_at,status,manager\n1,2024-01-01,open,Ann\n2,2024-01-01,open,Bob\n"
    starter.write(put(tmp_path, {"deals.csv": deals, "staff.csv": "manager,team\nAnn,North\nBob,South\n"}))
    crm = load(tmp_path)
    assert crm.managers is not None and len(crm.managers) == 2
    assert sales.deals_created(crm.deals, by=crm.key("team")) == {"North": 1, "South": 1}


def test_a_second_file_of_deals_is_not_made_something_else(tmp_path: Path) -> None:
    draft = starter.draft(put(tmp_path, {"deals2023.csv": SOLD, "deals2024.csv": SOLD}))
    assert set(tomllib.loads(str(draft))) == {"company", "crm", "deals"}
    assert draft.unused == {
        "deals2024.csv": "seems to be [deals], as deals2023.csv is: put the rows of both into one file, or choose"
    }


# ---------------------------------------------------------------- columns


def test_one_column_of_stages_makes_both_status_and_stage(tmp_path: Path) -> None:
    starter.write(put(tmp_path, {"deals.csv": DEALS}))
    deals = load(tmp_path).deals
    assert sales.deals_created(deals, by="stage") == {
        "Закрыто и не реализовано": 1, "Переговоры": 1, "Успешно реализовано": 1
    }  # fmt: skip
    assert sales.deals_created(deals, by="status") == {"lost": 1, "open": 1, "won": 1}


PIPEDRIVE = (
    "Deal - ID,Deal - Value,Deal - Currency of value,Deal - Owner,Deal - Status,Deal - Deal created,"
    "Deal - Won time,Deal - Lost time\n"
    "11,1000,EUR,Ann,Won,2024-01-05 09:00:00,2024-01-20 10:00:00,\n"
    "12,500,EUR,Bob,Lost,2024-01-06 09:00:00,,2024-01-25 12:00:00\n"
    "13,700,EUR,Ann,Lost,2024-01-10 09:00:00,,2024-02-05 12:00:00\n"
    "14,300,EUR,Bob,Open,2024-02-01 09:00:00,,\n"
    "15,900,EUR,Ann,Won,2024-01-15 09:00:00,2024-02-12 10:00:00,\n"
)


def test_the_time_of_winning_and_that_of_losing_are_both_the_time_of_closing(tmp_path: Path) -> None:
    starter.write(put(tmp_path, {"deals.csv": PIPEDRIVE}))
    crm = load(tmp_path)
    rates = sales.win_rate(crm.deals, by=crm.key("month"))
    assert (rates["2024-01"], rates["2024-02"]) == (0.5, 0.5)
    january = crm.known_on(dt.date(2024, 1, 31)).deals
    assert sales.win_rate(january) == 0.5
    assert sales.open_pipeline(january) == 1600, "of those won or lost in February"


BOOLEANS = """deal_id,{closed},{won},amount,close_date,create_date
1,{yes},{yes},12000,2025-09-29 01:47:03,2025-08-25 01:47:03
2,{no},{no},8000,,2025-10-22 20:02:47
3,{yes},{no},10000,2026-02-04 00:00:00,2025-05-29 19:17:59
"""


@pytest.mark.parametrize(("closed", "won"), [("is_closed", "is_closed_won"), ("IsClosed", "IsWon")])
@pytest.mark.parametrize(
    ("yes", "no"), [("True", "False"), ("true", "false"), ("1", "0"), ("Y", "N"), ("TRUE", "FALSE")]
)
def test_two_booleans_make_a_status(tmp_path: Path, closed: str, won: str, yes: str, no: str) -> None:
    rows = BOOLEANS.format(closed=closed, won=won, yes=yes, no=no)
    _, draft = starter.write(put(tmp_path, {"deals.csv": rows}))
    assert not any("status" in one for one in draft.left)
    deals = load(tmp_path).deals
    assert deals is not None and [deals["status"].item(i) for i in range(3)] == ["won", "open", "lost"]


# ---------------------------------------------------------------- words


def test_the_id_0_is_nobody(tmp_path: Path) -> None:
    deals = "ID,STAGE_SEMANTIC_ID,OPPORTUNITY,CURRENCY_ID,DATE_CREATE,CLOSEDATE,COMPANY_ID\n" + "".join(
        f"{i},S,500.00,RUB,2020-03-10T12:00:00+03:00,2020-03-20T03:00:00+03:00,{who}\n"
        for i, who in enumerate([0, 0, 55])
    )
    found = settings(tmp_path, deals=deals)
    assert found["deals"]["values"]["customer"] == {"0": ""}
    starter.write(tmp_path)
    assert sales.repeat_rate(load(tmp_path).deals) == 0


def test_words_that_are_not_known_are_asked_of_every_record(tmp_path: Path) -> None:
    calls = "started_at,duration,direction\n2024-01-05 10:00,30,in\n2024-01-05 11:00,30,sideways\n"
    draft = starter.draft(put(tmp_path, {"deals.csv": SOLD, "calls.csv": calls}))
    assert '# "sideways" = ""  # FILL IN: 1 row, in or out? ("" for none of them)' in str(draft)
    assert '[calls.values.direction] "sideways" (1 row): in or out? ("" for none of them)' in draft.left
    (tmp_path / "crm.toml").write_text(str(draft), encoding="utf-8")
    with pytest.raises(DataError, match="row 3, direction: 'sideways' is unknown here"):
        load(tmp_path)
    (tmp_path / "crm.toml").write_text(str(draft).replace('# "sideways"', '"sideways"'), encoding="utf-8")
    assert load(tmp_path).calls is not None


def test_a_column_of_which_no_word_is_known_is_kept_under_its_heading(tmp_path: Path) -> None:
    found = settings(tmp_path, deals=SOLD, calls="Started at,Duration,Direction\n2024-01-05 10:00,30,A\n")
    assert "direction" not in found["calls"]["columns"] and "values" not in found["calls"]
    starter.write(tmp_path)
    assert load(tmp_path).calls is not None


# ---------------------------------------------------------------- pipelines


def test_the_stages_are_drafted_in_the_order_in_which_they_first_appear(tmp_path: Path) -> None:
    rows = [
        ("2", "Offer", "2024-01-09"), ("2", "Closed Lost", "2024-01-10"), ("1", "Closed Won", "2024-01-20"),
        ("1", "Offer", "2024-01-08"), ("1", "New", "2024-01-05"), ("2", "New", "2024-01-06"),
    ]  # fmt: skip
    changes = "deal,stage,at\n" + "".join(f"{','.join(row)}\n" for row in rows)
    draft = starter.draft(put(tmp_path, {"deals.csv": SOLD, "changes.csv": changes}))
    assert '# stages = ["New", "Offer", "Closed Won"]\n# lost = ["Closed Lost"]' in str(draft)
    assert "[[pipelines]], the order of the stages in changes.csv" in draft.left
    block = str(draft).partition("# [[pipelines]]")[2].partition("\n\n")[0]
    filled = str(draft).replace(f"# [[pipelines]]{block}", f"[[pipelines]]{block}".replace("\n# ", "\n"))
    (tmp_path / "crm.toml").write_text(filled, encoding="utf-8")
    crm = load(tmp_path)
    assert dict(sales.funnel(crm.changes, crm.pipelines[0]).reached) == {"New": 2, "Offer": 2, "Closed Won": 1}


def test_each_pipeline_that_the_changes_name_has_its_own_stages(tmp_path: Path) -> None:
    changes = (
        "deal,stage,at,pipeline\n1,New,2024-01-05,a\n1,Won,2024-01-06,a\n1,Packed,2024-01-07,b\n1,Sent,2024-01-08,b\n"
    )
    text = str(starter.draft(put(tmp_path, {"deals.csv": SOLD, "changes.csv": changes})))
    assert text.count("# [[pipelines]]") == 2
    assert '# stages = ["Packed", "Sent"]' in text and '# name = "b"' in text


# ---------------------------------------------------------------- the margin


def test_a_margin_is_asked_for_where_no_column_has_the_cost(tmp_path: Path) -> None:
    draft = starter.draft(put(tmp_path, {"deals.csv": SOLD}))
    assert any(one.startswith("[company] margin, what the cost of the goods leaves") for one in draft.left)
    active = str(draft).replace("# margin = 0.3", "margin = 0.3")
    (tmp_path / "crm.toml").write_text(active, encoding="utf-8")
    assert load(tmp_path).margin == 0.3
    with_cost = SOLD.replace("customer\n", "cost\n")
    assert not any("margin" in one for one in starter.draft(put(tmp_path, {"deals.csv": with_cost})).left)


# ---------------------------------------------------------------- workbooks


def workbook(path: Path, sheets: dict[str, str]) -> None:
    """Texts as the sheets of a workbook."""
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("python_calamine")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in sheets.items():
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            sheet.append(line.split(","))
    book.save(path)


def test_a_workbook_of_one_sheet_is_a_file(tmp_path: Path) -> None:
    workbook(tmp_path / "deals.xlsx", {"Sheet1": SOLD})
    assert tomllib.loads(str(starter.draft(tmp_path)))["deals"] == {"file": "deals.xlsx"}
    starter.write(tmp_path)
    assert sales.won_revenue(load(tmp_path).deals) == 5


def test_each_sheet_of_a_workbook_is_a_file_of_its_own(tmp_path: Path) -> None:
    calls = "started_at,duration\n2024-01-05 10:00,30\n"
    workbook(tmp_path / "crm.xlsx", {"Deals": SOLD, "Calls": calls, "Notes": "a,b\nx,y\n"})
    path, draft = starter.write(tmp_path)
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    assert found["deals"] == {"file": "crm.xlsx", "sheet": "Deals"}
    assert found["calls"] == {"file": "crm.xlsx", "sheet": "Calls"}
    assert draft.unused == {"crm.xlsx, sheet Notes": "no section fits its columns (a, b)"}
    crm = load(tmp_path)
    assert sales.won_revenue(crm.deals) == 5 and crm.calls is not None


def test_without_the_extra_a_workbook_is_named_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbook(tmp_path / "deals.xlsx", {"Sheet1": SOLD})
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(
        WrongValue, match=r"so no crm\.toml is written \(deals\.xlsx: .*pip install 'crm-metrics\[excel\]'"
    ):
        starter.write(tmp_path)
    assert not (tmp_path / "crm.toml").exists()
    put(tmp_path, {"deals.csv": SOLD})
    assert "pip install 'crm-metrics[excel]'" in starter.draft(tmp_path).unused["deals.xlsx"]
