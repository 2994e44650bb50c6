"""A company from a folder: its files, and every mistake that a crm.toml can hold."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from crm_metrics import marketing, sales
from crm_metrics._company.folder import load
from crm_metrics.errors import CrmError, DataError

CSV = "no;came;state;left;who;sum\n1;05.01.2024;Won;01.02.2024;Анна;1 234,50\n2;06.01.2024;Lost;02.02.2024;Борис;\n"
DEALS = """
[deals]
file = "deals.csv"
[deals.columns]
id = "no"
created_at = "came"
status = "state"
closed_at = "left"
manager = "who"
amount = "sum"
[deals.values.status]
Won = "won"
Lost = "lost"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deals.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "teams.csv").write_text("name,who,team\nАнна,x,North\nБорис,y,South\n", encoding="utf-8")
    return settle(tmp_path, DEALS)


def settle(folder: Path, text: str) -> Path:
    (folder / "crm.toml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, text: str) -> str:
    """What a person is told about these settings."""
    with pytest.raises(CrmError) as caught:
        load(settle(folder, text))
    return "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


# ---------------------------------------------------------------- what it reads


def test_a_folder_is_a_company(folder: Path) -> None:
    crm = load(folder)
    assert sales.won_revenue(crm.deals) == 1234.5
    assert sales.win_rate(crm.deals, by="manager") == {"Анна": 1.0, "Борис": 0.0}
    assert load(folder / "crm.toml").last_day == dt.date(2024, 2, 2)


def test_all_settings_are_read(folder: Path) -> None:
    (folder / "spend.csv").write_text("at,amount\n2024-01-31,500\n", encoding="utf-8")
    text = """
        [company]
        name = "Ромашка"
        currency = "RUB"
        timezone = "Europe/Moscow"
        [crm]
        go_live = 2024-02-01
        ramp_weeks = 4
        as_of = "2024-03-31"
        [[crm.costs]]
        date = 2024-01-15
        amount = 1000
        name = "set-up"
        [[crm.costs]]
        date = "2024-02-29"
        amount = "50.5"
        every = "month"
        until = 2024-04-30
        [spend]
        file = "spend.csv"
        delimiter = ","
        """
    crm = load(settle(folder, text + DEALS))
    assert (crm.name, crm.currency, crm.ramp_weeks) == ("Ромашка", "RUB", 4)
    assert (crm.go_live, crm.last_day) == (dt.date(2024, 2, 1), dt.date(2024, 3, 31))
    assert crm.cost(before=dt.date(2024, 4, 1)) == 1101
    assert getattr(marketing.spend_total(crm.spend), "unit", None) == "RUB"


def test_figures_kept_on_paper_are_read(folder: Path) -> None:
    text = "[before]\nmonths = 12\ncreated = 150\nclosed = 140\nwon = 23\nwon_amount = 1_200_000.50\n"
    text += "gross_profit = '3e5'\n"
    before = load(settle(folder, text + DEALS)).before
    assert before is not None and before.months == 12
    assert {name: str(x) for name, x in before.figures.items()} == {
        "created": "150", "closed": "140", "won": "23", "won_amount": "1200000.5", "gross_profit": "3E+5"
    }  # fmt: skip
    assert sales.conversion_rate(before.totals) == 23 / 150 and sales.gross_margin(before.totals) < 0.26
    assert load(settle(folder, DEALS)).before is None


def test_costs_may_be_a_file(folder: Path) -> None:
    (folder / "costs.csv").write_text("day,amount,name\n2024-01-15,1000,a\n2024-02-15,50,b\n", encoding="utf-8")
    text = '[crm.costs]\nfile = "costs.csv"\n[crm.costs.columns]\nat = "day"\n'
    crm = load(settle(folder, text + DEALS))
    assert [(str(c.at), str(c.amount), c.name) for c in crm.costs] == [
        ("2024-01-15", "1000.00", "a"),
        ("2024-02-15", "50.00", "b"),
    ]


def test_a_lookup_has_its_own_names_for_columns(folder: Path) -> None:
    lookup = '[[lookups]]\nfile = "teams.csv"\non = "manager"\ncolumns = { manager = "name", nick = "who" }\n'
    crm = load(settle(folder, DEALS + lookup))
    assert sales.deals_won(crm.deals, by=crm.key("team")) == {"North": 1, "South": 0}
    assert sales.deals_won(crm.deals, by=crm.key("nick")) == {"x": 1, "y": 0}


def test_files_may_be_of_another_encoding_and_delimiter(folder: Path) -> None:
    (folder / "deals.csv").write_text(CSV.replace(";", "\t"), encoding="cp1251")
    crm = load(
        settle(folder, DEALS.replace("[deals.columns]", 'encoding = "cp1251"\ndelimiter = "tab"\n[deals.columns]'))
    )
    assert sales.won_revenue(crm.deals, by="manager") == {"Анна": 1234.5, "Борис": 0}


def test_settings_may_have_a_byte_order_mark(folder: Path) -> None:
    (folder / "crm.toml").write_text(DEALS, encoding="utf-8-sig")
    assert sales.deals_created(load(folder).deals) == 2


def test_bad_rows_may_be_skipped_and_are_counted(folder: Path) -> None:
    (folder / "deals.csv").write_text(CSV + "3;31.02.2024;Won;01.03.2024;Анна;1\n", encoding="utf-8")
    crm = load(
        settle(
            folder,
            '[company]\ncurrency = "RUB"\n' + DEALS.replace("[deals.columns]", 'on_error = "skip"\n[deals.columns]'),
        )
    )
    assert sales.deals_created(crm.deals) == 2
    assert crm.deals is not None and crm.deals.report is not None and len(crm.deals.report.faults) == 1
    assert getattr(sales.won_revenue(crm.deals), "unit", None) == "RUB"


def test_progress_goes_from_nothing_to_all_bytes_of_all_files(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    lookup = '[[lookups]]\nfile = "teams.csv"\non = "manager"\ncolumns = { manager = "name" }\n'
    load(settle(folder, DEALS + lookup), progress=lambda done, total: seen.append((done, total)))
    size = sum((folder / name).stat().st_size for name in ("deals.csv", "teams.csv"))
    assert {total for _, total in seen} == {size}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen) and seen[-1] == (size, size)


# ---------------------------------------------------------------- what it refuses

TOP = '[deals]\nfile = "deals.csv"\n'
MISTAKES = {
    "an unknown section": ('[deal]\nfile = "x"', "crm.toml, [deal] is not a setting: did you mean 'deals'?"),
    "an unknown key": ('[deals]\nfiel = "deals.csv"', "[deals] fiel is not a setting: did you mean 'file'?"),
    "a key of the company": ("[company]\ncurency = 1", "[company] curency is not a setting: did you mean 'currency'?"),
    "a key far from all": ("[crm]\nzzz = 1\n" + TOP, "use one of go_live, ramp_weeks, as_of, costs"),
    "no data": ('[company]\nname = "x"', "crm.toml names no data: add [deals]"),
    "no file": ("[deals]", '[deals] has no file: add a line such as file = "deals.csv"'),
    "a missing file": ('[deals]\nfile = "dael.csv"', "did you mean 'deals.csv'? It has deals.csv, teams.csv"),
    "a missing file far from all": ('[deals]\nfile = "z"', "it has deals.csv, teams.csv"),
    "a folder as a file": ('[deals]\nfile = "."', "file = '.' is a folder"),
    "a number as a file": ("[deals]\nfile = 5", "[deals] file = 5 is not text: write it in quotes"),
    "a truth as a file": ("[deals]\nfile = true", "[deals] file = true is not text"),
    "an empty file name": ('[deals]\nfile = ""', "[deals] file = '' is empty"),
    "a value as a section": ("deals = 5", "[deals] = 5 is not a section: head its lines with [deals]"),
    "a section as a list": ("[lookups]\nx = 1\n" + TOP, "[lookups] = {...} is not a list of sections"),
    "a date by points": ("[crm]\ngo_live = 01.04.2024\n" + TOP, "crm.toml, line 2 cannot be read"),
    "a date in words": (
        '[crm]\ngo_live = "1 April"\n' + TOP,
        "go_live = '1 April' is not a date: write it like 2024-04-01",
    ),
    "a number as a date": ("[crm]\ngo_live = 2024\n" + TOP, "[crm] go_live = 2024 is not a date"),
    "weeks in words": ('[crm]\nramp_weeks = "eight"\n' + TOP, "give a whole number from 0 to 520"),
    "a path with backslashes": ('[deals]\nfile = "C:\\data\\x.csv"', "write a path in 'single quotes'"),
    "an open quote": ('[deals]\nfile = "x', "cannot be read at its end"),
    "an unfinished section": ("[deals", "crm.toml cannot be read at its end"),
    "no currency": ('[company]\ncurrency = "dollars"\n' + TOP, "[company] currency = 'dollars' is not a currency"),
    "no time zone": ('[company]\ntimezone = "Moscow"\n' + TOP, "crm.toml, [company]: there is no time zone 'Moscow'"),
    "an unknown option": (TOP + 'decimal = ";"', "[deals] decimal = ';' is unknown: use one of ,, ."),
    "an unknown encoding": (TOP + 'encoding = "klingon"', "[deals]: encoding='klingon' is not known"),
    "a long delimiter": (TOP + 'delimiter = "::"', "[deals]: delimiter='::': use one character"),
    "a missing column": (TOP, 'In crm.toml: [deals.columns] id = "heading in the file"'),
    "a heading that is not there": (
        TOP + '[deals.columns]\nid = "Nr"',
        "columns= names 'Nr', but deals.csv has no, came",
    ),
    "a misspelt field": (
        TOP + '[deals.columns]\namonut = "sum"',
        "amonut is no field of a Deal: did you mean 'amount'?",
    ),
    "misspelt values": (TOP + "[deals.values.statsu]\nx = 'y'", "statsu is no field of a Deal: did you mean 'status'?"),
    "a column that is no text": (TOP + "[deals.columns]\nid = 5", "[deals.columns] id = 5 is not text"),
    "a cost without a date": ("[[crm.costs]]\namount = 5\n" + TOP, "[crm.costs] has no date"),
    "a cost that is no number": (
        '[[crm.costs]]\ndate = 2024-01-01\namount = "much"\n' + TOP,
        "[crm.costs] amount = 'much' is not a number",
    ),
    "the second of two costs": (
        "[[crm.costs]]\ndate = 2024-01-01\namount = 1\n[[crm.costs]]\ndate = 2024-01-01\namout = 5\n" + TOP,
        "[crm.costs, no. 2] amout is not a setting: did you mean 'amount'?",
    ),
    "a cost of every week": (
        '[[crm.costs]]\ndate = 2024-01-01\namount = 5\nevery = "week"\n' + TOP,
        "every = 'week' is unknown here: use one of month, year",
    ),
    "a figure that is none": (
        "[before]\nmonths = 12\ncreated = true\n" + TOP,
        "[before]: created = True is not a number",
    ),
    "figures of no time": ("[before]\nwon = 5\n" + TOP, "[before]: months is not given: say of how many months"),
    "more won than came in": (
        "[before]\nmonths = 12\nwon = 5\ncreated = 4\n" + TOP,
        "[before]: won = 5 is more than created = 4: check them",
    ),
    "a misspelt figure": (
        "[before]\nmonths = 12\nwon_amont = 4\n" + TOP,
        "[before] won_amont is not a setting: did you mean 'won_amount'?",
    ),
    "a lookup without a field": (
        DEALS + '[[lookups]]\nfile = "teams.csv"',
        '[lookups] has no on: add a line such as on = "manager"',
    ),
    "a lookup without the column": (
        DEALS + '[[lookups]]\nfile = "teams.csv"\non = "manager"',
        "teams.csv has no column 'manager'",
    ),
    "a lookup of no field": (
        DEALS + '[[lookups]]\nfile = "teams.csv"\non = "who2"\ncolumns = { who2 = "name" }',
        "on = 'who2' is no column of the deals: they have id, created_at",
    ),
    "a lookup by the wrong column": (
        DEALS + '[[lookups]]\nfile = "teams.csv"\non = "manager"\ncolumns = { manager = "team" }',
        "matches nothing: the deals have 'Анна', teams.csv has 'North'",
    ),
    "a lookup that hides a column": (
        DEALS + '[[lookups]]\nfile = "teams.csv"\non = "who"\ncolumns = { who = "name" }',
        "teams.csv has a column 'who' of its own",
    ),
}


@pytest.mark.parametrize(("text", "says"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_the_settings_is_named_with_its_remedy(folder: Path, text: str, says: str) -> None:
    told = refusal(folder, text)
    assert says in told and told.startswith(("crm.toml", "1 bad cell", "2 bad cells"))


def test_bad_cells_are_listed_and_words_to_translate_are_named_once(folder: Path) -> None:
    (folder / "deals.csv").write_text(CSV + "3;07.01.2024;Lost;;;\n4;x;Won;;;\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load(settle(folder, DEALS.partition("[deals.values")[0]))
    assert len(caught.value.faults) == 5
    assert caught.value.__notes__ == ['In crm.toml: [deals.values.status] "Won" = ..., "Lost" = ...']


def test_a_cell_that_may_be_read_in_two_ways_asks_for_a_setting(folder: Path) -> None:
    (folder / "deals.csv").write_text(CSV.replace("05.01", "05/01").replace("01.2024", "01/2024"), encoding="utf-8")
    told = refusal(folder, DEALS)
    assert "may be 2024-05-01 or 2024-01-05" in told and 'In crm.toml: [deals] dates = "..."' in told


def test_a_binary_file_is_refused(folder: Path) -> None:
    (folder / "deals.csv").write_bytes(b"PK\x03\x04 and more")
    assert "deals.csv is an Excel file" in refusal(folder, DEALS)


def test_settings_in_another_encoding_are_refused_with_the_line(folder: Path) -> None:
    (folder / "crm.toml").write_bytes('[company]\nname = "Ромашка"\n'.encode("cp1251"))
    with pytest.raises(CrmError, match="line 2 is not UTF-8: save the file as UTF-8"):
        load(folder)


def test_a_folder_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(CrmError, match="is not there: give the folder"):
        load(folder / "nowhere")
    with pytest.raises(CrmError, match="is a file, not a folder"):
        load(folder / "deals.csv")
    (folder / "crm.toml").unlink()
    with pytest.raises(CrmError, match=r"has no crm\.toml: python -m crm_metrics --init"):
        load(folder)


def test_a_file_that_cannot_be_opened_is_an_error_of_the_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kw: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("crm_metrics._company.named_files.read_csv", refuse)
    assert "[deals] file = 'deals.csv' cannot be read: Permission denied" in refusal(folder, DEALS)


def test_a_company_without_deals_has_no_lookups(folder: Path) -> None:
    (folder / "spend.csv").write_text("at,amount\n2024-01-31,500\n", encoding="utf-8")
    text = '[spend]\nfile = "spend.csv"\n[[lookups]]\nfile = "teams.csv"\non = "name"\n'
    assert "on = 'name' is no column of the deals: there are none" in refusal(folder, text)


# ---------------------------------------------------------------- cells as telephone systems and CRMs write them


def test_the_duration_of_a_call_may_be_written_as_a_clock_shows_it(folder: Path) -> None:
    rows = "2024-01-05 10:00,00:01:30\n2024-01-05 11:00,1:30\n2024-01-05 12:00,90\n2024-01-05 13:00,1:02:03\n"
    (folder / "calls.csv").write_text(f"started_at,duration\n{rows}", encoding="utf-8")
    calls = load(settle(folder, DEALS + '[calls]\nfile = "calls.csv"\n')).calls
    assert calls is not None
    assert [calls["duration"].item(i) for i in range(4)] == [90, 90, 90, 3723]
    (folder / "calls.csv").write_text("started_at,duration\n2024-01-05 10:00,1:75\n", encoding="utf-8")
    assert "row 2, duration: '1:75' is not a number" in refusal(folder, DEALS + '[calls]\nfile = "calls.csv"\n')


def test_a_word_for_no_date_is_named_with_its_remedy_in_the_settings(folder: Path) -> None:
    rows = "".join(f"{i};05.01.2024;Won;не закрыта;Анна;\n" for i in range(30))
    (folder / "deals.csv").write_text(f"no;came;state;left;who;sum\n{rows}", encoding="utf-8")
    told = refusal(folder, DEALS)
    assert told.count("не закрыта") == 2 and "(in 30 rows)" in told
    remedy = '[deals.values.closed_at] "не закрыта" = ""'
    assert f"In crm.toml: {remedy}, where that means nothing" in told
    open_ = DEALS.replace('Won = "won"', 'Won = "open"')
    deals = load(settle(folder, f'{open_}[deals.values.closed_at]\n"не закрыта" = ""\n')).deals
    assert deals is not None and deals["closed_at"].missing.true.all()
