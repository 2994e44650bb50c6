"""A first crm.toml: it says what it guessed, works at once where it can, and replaces nothing."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest
from dealerships import dealership
from hypothesis import given, strategies as st

from crm_metrics import sales, samples
from crm_metrics._company.crm import RECORDS
from crm_metrics._company.first_settings import draft as starter
from crm_metrics._company.folder import load
from crm_metrics.errors import DataError, WrongValue

RUSSIAN = """ID;Название;Бюджет, руб.;Этап сделки;Ответственный;Дата создания;Дата закрытия
1;Первая;"1 234,50";Успешно реализовано;Анна;05.01.2024 10:00;01.02.2024 11:00
2;Вторая;;Закрыто и не реализовано;Борис;06.01.2024 10:00;02.02.2024 11:00
3;Третья;12 000;Тест-драйв;Анна;07.01.2024 10:00;
4;Третья;12 000;Тест-драйв;Анна;07.01.2024 10:00;
"""


def put(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def drafted(folder: Path) -> str:
    return str(starter.draft(folder))


def test_the_bundled_company_needs_only_its_go_live(tmp_path: Path) -> None:
    samples.save(dealership(scale=0.1), tmp_path)
    path, draft = starter.write(tmp_path)
    assert path == tmp_path / "crm.toml" and not draft.unused
    assert draft.left == ["[crm] go_live and ramp_weeks", "[[pipelines]], the order of the stages in changes.csv"]
    crm = load(tmp_path)
    assert all(getattr(crm, name) is not None for name in RECORDS)
    assert crm.currency == "RUB" and len(crm.costs) == 21 and crm.spend is not None
    assert crm.name == tmp_path.name


def test_figures_on_paper_are_mentioned_and_work_when_the_marks_are_removed(tmp_path: Path) -> None:
    samples.save(dealership(scale=0.1), tmp_path)
    text = drafted(tmp_path)
    assert "\n# [before] " in text and load(starter.write(tmp_path)[0]).before is None
    head, _, tail = text.partition("# [before]")
    block = ("[before]" + tail).replace("\n# ", "\n")
    (tmp_path / "crm.toml").write_text(head + block, encoding="utf-8")
    before = load(tmp_path).before
    assert before is not None and (before.months, len(before.figures)) == (12, 10)


def test_russian_headings_and_statuses_are_known(tmp_path: Path) -> None:
    (tmp_path / "сделки.csv").write_text(RUSSIAN, encoding="cp1251")
    path, draft = starter.write(tmp_path)
    text = path.read_text(encoding="utf-8")
    for line in (
        'file = "сделки.csv"',
        'currency = "RUB"',
        'created_at = "Дата создания"',
        'manager = "Ответственный"',
        'amount = "Бюджет, руб."',
        '"Успешно реализовано" = "won"',
        '"Закрыто и не реализовано" = "lost"',
        '# "Тест-драйв" = ""  # FILL IN: 2 deals, open, won or lost?',
        "# kept under their own headings: Название",
    ):
        assert line in text
    assert '[deals.values.status] "Тест-драйв" (2 deals): open, won or lost?' in draft.left
    with pytest.raises(DataError, match="'Тест-драйв' is unknown here"):
        load(tmp_path)
    path.write_text(text.replace('# "Тест-драйв" = ""', '"Тест-драйв" = "open"'), encoding="utf-8")
    assert sales.won_revenue(load(tmp_path).deals, by="manager") == {"Анна": 1234.5, "Борис": 0}


def test_an_existing_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "crm.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(WrongValue, match="is there already and is left as it is"):
        starter.write(tmp_path)
    assert (tmp_path / "crm.toml").read_text(encoding="utf-8") == "mine"


def test_a_folder_is_needed(tmp_path: Path) -> None:
    with pytest.raises(WrongValue, match="is not there: give the folder that holds your files"):
        starter.write(tmp_path / "nowhere")
    with pytest.raises(WrongValue, match="is a file, not a folder"):
        starter.write(put(tmp_path, a="x\n") / "a.csv")


def test_without_deals_the_file_says_what_to_look_for(tmp_path: Path) -> None:
    draft = starter.draft(put(tmp_path, notes="a,b\n1,2\n"))
    text, left = str(draft), draft.left
    assert "# [deals]" in text and "# notes.csv has: a, b" in text
    assert any(one.startswith("[deals]: no file seems to hold them") for one in left)
    assert set(tomllib.loads(text)) == {"company", "crm"}


DEALS = "id,created_at,status,closed_at,manager,product,amount\n" + "".join(
    f"{i},2024-01-05,won,2024-02-01,{m},{p},5\n"
    for i, (m, p) in enumerate([("Anna", "GTXPro"), ("Boris", "Mini"), ("Anna", "Grand Maxy")])
)
TEAMS = "who,manager,team\nAnna,Zoe,North\nBoris,Zoe,South\nCid,Zed,South\n"
PRODUCTS = "product,series\nGTX Pro,G\nMini,M\nGrand Maxi,M\n"


def test_a_file_that_says_more_about_a_field_is_a_lookup(tmp_path: Path) -> None:
    folder = put(tmp_path, deals=DEALS, teams=TEAMS, products=PRODUCTS.replace("Grand Maxi", "Grand Maxy"))
    text = drafted(folder)
    assert 'columns = { manager = "who", teams_manager = "manager" }' in text
    assert "# more about manager; for --by: teams_manager, team" in text
    starter.write(folder)
    crm = load(folder)
    assert sales.deals_won(crm.deals, by=crm.key("team")) == {"North": 2, "South": 1}
    assert sales.deals_won(crm.deals, by=crm.key("teams_manager")) == {"Zoe": 3}
    assert sales.deals_won(crm.deals, by=crm.key("series")) == {"G": 1, "M": 2}, "GTXPro is GTX Pro"


def test_a_label_that_a_lookup_writes_otherwise_is_translated_if_only_spaces_differ(tmp_path: Path) -> None:
    text = drafted(
        put(tmp_path, deals=DEALS.replace("Mini", "mini") + "9,2024-01-05,open,,Anna,Mini,1\n", products=PRODUCTS)
    )
    assert '"GTXPro" = "GTX Pro"  # 1 deal; a guess, from products.csv' in text
    assert '# "Grand Maxy" = "Grand Maxi"  # 1 deal; a guess' in text
    assert "[deals.values.status]" not in text, "won and open are our own words"


def test_a_file_with_a_label_twice_or_one_column_is_no_lookup(tmp_path: Path) -> None:
    text = drafted(put(tmp_path, deals=DEALS, teams=TEAMS + "Anna,Zoe,East\n", names="manager\nAnna\nBoris\n"))
    assert "[[lookups]]" not in text


def test_spending_is_told_from_costs(tmp_path: Path) -> None:
    spend, costs = "date,cost,source\n2024-01-31,5,web\n", "at,amount,name\n2024-01-31,5,set-up\n"
    settings = tomllib.loads(drafted(put(tmp_path, deals=DEALS, spend=spend, costs=costs)))
    assert settings["spend"] == {"file": "spend.csv", "columns": {"at": "date", "amount": "cost", "channel": "source"}}
    assert settings["crm"] == {"costs": {"file": "costs.csv"}}


@pytest.mark.parametrize(
    ("heading", "cells", "line"),
    [
        ("amount", ["$5", "$6"], "# FILL IN: the currency of all amounts"),
        ("Amount, EUR", ["5", "6"], 'currency = "EUR"'),
        ("amount", ["5 €", "6 €"], 'currency = "EUR"'),
        ("amount", ["5 €", "6 руб"], "the files have EUR, RUB"),
        ("All amount", ["5", "6"], "# FILL IN: the currency of all amounts"),
    ],
)
def test_the_currency_is_guessed_only_where_it_is_named(
    tmp_path: Path, heading: str, cells: list[str], line: str
) -> None:
    rows = "".join(f"{i};2024-01-05;open;{cell}\n" for i, cell in enumerate(cells))
    assert line in drafted(put(tmp_path, deals=f'id;created;status;"{heading}"\n{rows}'))


def test_a_currency_column_of_two_currencies_names_both(tmp_path: Path) -> None:
    text = drafted(
        put(tmp_path, deals="id,created,status,amount,currency\n1,2024-01-05,open,5,USD\n2,2024-01-05,open,5,EUR\n")
    )
    assert '# currency = "USD"            # of amounts that name none; the files have EUR, USD' in text


def test_deals_without_an_id_ask_for_one(tmp_path: Path) -> None:
    draft = starter.draft(put(tmp_path, deals="created,status\n2024-01-05,open\n"))
    assert "[deals.columns] id, the column with the number of the deal" in draft.left and '# id = "..."' in str(draft)


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=5), st.text(min_size=1))
def test_any_words_make_a_file_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], heading: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    with (folder / "deals.csv").open("w", encoding="utf-8", errors="replace", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "created_at", "status", "manager", heading.replace("\x00", "x")])
        out.writerows(
            [i, "2024-01-05", w.replace("\x00", "x"), w.replace("\x00", "x"), "z"] for i, w in enumerate(words)
        )
    text = drafted(folder)
    assert set(tomllib.loads(text)) >= {"company", "deals"}


# ---------------------------------------------------------------- drafts that users stumbled over


def test_a_file_of_deals_whose_status_nobody_knows_is_no_spending(tmp_path: Path) -> None:
    put(tmp_path, deals="id,created_at,foo,closed_at,amount,manager\n1,2024-01-05,A1,2024-01-25,706,A\n")
    draft = starter.draft(tmp_path)
    text, left = str(draft), draft.left
    assert "\n[spend]" not in text and '[deals]\nfile = "deals.csv"' in text
    assert '# status = "..."' in text and any(one.startswith("[deals.columns] status") for one in left)
    told = '# status = "..."              # FILL IN: the column that says whether it is won, lost or open'
    assert told in text.splitlines()


def test_spending_with_a_manager_is_still_spending(tmp_path: Path) -> None:
    put(tmp_path, spend="date,amount,channel,manager\n2024-01-05,706,ads,A\n")
    assert "[spend]                       # a guess; a row is: money spent on winning" in drafted(tmp_path)


def test_the_words_of_bitrix_for_won_and_lost_are_known(tmp_path: Path) -> None:
    rows = "1;05.01.2024;Сделка успешна;\n2;06.01.2024;Сделка провалена;\n3;06.01.2024;Монтаж;\n"
    put(tmp_path, deals=f"ID;Дата создания;Стадия сделки;Сумма\n{rows}")
    text = drafted(tmp_path)
    assert '"Сделка успешна" = "won"' in text and '"Сделка провалена" = "lost"' in text
    assert '# "Монтаж" = ""  # FILL IN: 1 deal, open, won or lost?' in text


def test_a_word_in_the_column_of_closing_dates_is_drafted_as_nothing(tmp_path: Path) -> None:
    rows = "1,05.01.2024,Успешно реализовано,08.01.2024\n2,06.01.2024,Переговоры,не закрыта\n"
    put(tmp_path, deals=f"ID,Дата создания,Этап сделки,Дата закрытия\n{rows}")
    crm = load(starter.write(tmp_path)[0])
    assert crm.deals is not None and crm.deals["closed_at"].missing.true.tolist() == [False, True]
