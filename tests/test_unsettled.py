"""What the cells of a file leave open a first crm.toml asks for, or takes from the other files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, guess, marketing, read_csv, sales
from crm_metrics._company.first_settings import draft as starter
from crm_metrics._company.folder import load

DEALS = "Deal ID,Created,Status,Closed,Amount\n1,{},Won,{},{}\n2,03/04/2024,Open,,700\n"
SPEND = 'Date,Channel,Amount\n01/02/2024,fair,"1,200"\n01/03/2024,fair,"1,300"\n'


def put(folder: Path, deals: tuple[str, str, str], spend: str = SPEND) -> Path:
    (folder / "deals.csv").write_text(DEALS.format(*deals))
    (folder / "marketing spend.csv").write_text(spend)
    return folder


def drafted(folder: Path) -> dict[str, Any]:
    return tomllib.loads(str(starter.draft(folder)))


@pytest.mark.parametrize(
    ("deals", "dates", "decimal", "spent"),
    [
        (("13/01/2024", "28/02/2024", '"1,500.50"'), "dmy", ".", 2500.0),
        (("01/13/2024", "02/28/2024", '"1500,5"'), "mdy", ",", 2.5),
    ],
)
def test_the_way_in_which_the_other_files_are_written_is_a_guess_for_one_that_does_not_show_it(
    tmp_path: Path, deals: tuple[str, str, str], dates: str, decimal: str, spent: float
) -> None:
    _, draft = starter.write(put(tmp_path, deals))
    said = tomllib.loads(str(draft))
    assert (said["spend"]["dates"], said["spend"]["decimal"]) == (dates, decimal)
    assert "dates" not in said["deals"] and not any("dates" in line or "decimal" in line for line in draft.left)
    assert marketing.spend_total(load(tmp_path).spend) == spent


def test_what_no_file_shows_is_asked(tmp_path: Path) -> None:
    draft = starter.draft(put(tmp_path, ("02/01/2024", "03/02/2024", "500")))
    asked = [line for line in draft.left if "dates" in line or "decimal" in line]
    assert asked == [
        '[deals] dates, "dmy" if the day comes first, else "mdy"; 02/01/2024 may be either',
        '[spend] dates, "dmy" if the day comes first, else "mdy"; 01/02/2024 may be either',
        '[spend] decimal, "." or ",", the decimal mark; 1,200 may be either',
    ]
    lines = [line.removeprefix("# ") if "FILL IN" in line and "may be either" in line else line for line in draft.lines]
    (tmp_path / "crm.toml").write_text("\n".join(lines))
    assert marketing.spend_total(load(tmp_path).spend) == 2500.0


def test_files_that_are_written_in_two_ways_decide_nothing_for_a_third(tmp_path: Path) -> None:
    put(tmp_path, ("13/01/2024", "28/02/2024", "500"))
    (tmp_path / "calls.csv").write_text("Call ID,Date,Duration,Direction\n1,01/28/2024,60,in\n")
    draft = starter.draft(tmp_path)
    assert any(line.startswith("[spend] dates") for line in draft.left)


def test_a_file_that_shows_how_it_is_written_is_not_asked_about(tmp_path: Path) -> None:
    spend = 'Date,Channel,Amount\n2024-02-01,fair,"1,200.50"\n'
    said = drafted(put(tmp_path, ("13.01.2024", "28.02.2024", "500"), spend))
    assert not {"dates", "decimal"} & said["spend"].keys()


# ---------------------------------------------------------------- a heading that may be two things


@pytest.mark.parametrize(
    ("created", "closed"), [("Created", "Closed"), ("Opened", "Closed"), ("Создана", "Закрыта"), ("Открыта", "Закрыта")]
)
def test_a_deal_is_opened_and_closed_on_days_below_headings_of_one_word(
    tmp_path: Path, created: str, closed: str
) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(f"ID,{created},Status,{closed}\n1,2024-01-01,Won,2024-01-11\n2,2024-01-05,Open,\n")
    deals = read_csv(path, Deal, columns="guess")
    assert sales.average_sales_cycle(deals) == 10.0


@pytest.mark.parametrize("yes_no", [("true", "false"), ("1", "0"), ("Да", "Нет"), (True, False)])
def test_what_is_yes_and_no_is_no_day(yes_no: tuple[Any, Any]) -> None:
    yes, no = yes_no
    rows = {"id": [1, 2], "created": ["2024-01-01"] * 2, "status": ["lost", "open"], "Closed": [yes, no]}
    assert "closed_at" not in guess(rows, Deal).columns


def test_whether_it_is_closed_still_makes_a_status_beside_whether_it_is_won() -> None:
    rows = {"id": [1, 2], "created": ["2024-01-01"] * 2, "Won": [True, False], "Closed": [True, False]}
    assert guess(rows, Deal).columns["status"] == ["Won", "Closed"]
