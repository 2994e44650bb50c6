"""Small files in the form of public exports, each with the numbers that a person gets by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, Lead, Spend, day, marketing, month, read_csv, sales
from crm_metrics._company.first_settings import draft as starter
from crm_metrics._company.folder import load
from crm_metrics.errors import DataError

PIPEDRIVE = """\
Deal - ID,Deal - Value,Deal - Currency of value,Deal - Owner,Deal - Status,Deal - Deal created,Deal - Won time,\
Deal - Lost time
11,1000,EUR,Ann,Won,2024-01-05 09:00:00,2024-01-20 10:00:00,
12,500,EUR,Bob,Lost,2024-01-06 09:00:00,,2024-01-25 12:00:00
13,700,EUR,Ann,Lost,2024-01-10 09:00:00,,2024-02-05 12:00:00
14,300,EUR,Bob,Open,2024-02-01 09:00:00,,
15,900,EUR,Ann,Won,2024-01-15 09:00:00,2024-02-12 10:00:00,
"""
BITRIX = """\
ID,STAGE_SEMANTIC_ID,OPPORTUNITY,CURRENCY_ID,DATE_CREATE,CLOSEDATE
1,F,0.00,RUB,2020-03-13T10:59:07+03:00,2020-03-13T03:00:00+03:00
2,S,500.00,RUB,2020-03-10T12:00:00+03:00,2020-03-20T03:00:00+03:00
3,F,0.00,RUB,2020-03-11T12:00:00+03:00,2020-03-15T03:00:00+03:00
4,P,100.00,RUB,2020-03-16T12:00:00+03:00,2020-03-16T03:00:00+03:00
"""
STAGES = """\
deal_id,deal_value,stage,probability,created_date,close_date
D1,11457.72,Closed Lost,0,2023-03-19,2023-04-24
D2,7974.70,Prospecting,10,2023-11-06,
D3,47554.40,Closed Won,100,2023-05-04,2023-08-30
"""
BOOLEANS = """\
deal_id,is_closed,is_closed_won,amount,close_date,create_date
1,True,True,12000,2025-09-29 01:47:03,2025-08-25 01:47:03
2,False,False,8000,,2025-10-22 20:02:47
3,True,False,10000,2026-02-04 00:00:00,2025-05-29 19:17:59
"""
HALF_ZONED = """\
id,created_at,status
1,2026-07-01T01:00:00+05:00,open
2,14.06.2026 09:20,open
3,2026-06-03T13:10:00+05:00,open
"""


def put(folder: Path, text: str) -> Path:
    path = folder / "deals.csv"
    path.write_text(text, encoding="utf-8")
    return path


def drafted(folder: Path, text: str) -> Any:
    starter.write(put(folder, text).parent)
    return load(folder)


def test_deals_with_a_won_and_a_lost_time_close_at_either(tmp_path: Path) -> None:
    deals = drafted(tmp_path, PIPEDRIVE).deals
    rates = sales.win_rate(deals, by=month("closed_at"))
    assert (rates["2024-01"], rates["2024-02"]) == (0.5, 0.5)


def test_a_column_of_closing_days_is_one_of_days_in_the_folder_too(tmp_path: Path) -> None:
    for deals in (read_csv(put(tmp_path, BITRIX), Deal, columns="guess"), drafted(tmp_path, BITRIX).deals):
        found = len(deals), sales.win_rate(deals), sales.average_sales_cycle(deals), sales.open_pipeline(deals)
        assert found == (4, 1 / 3, 10, 100)


@pytest.mark.parametrize("came", ["05.01.2024 09:30:00", "2024-01-05T09:30:00Z", "5 Jan 2024 9:30 AM"])
@pytest.mark.parametrize("closed", ["05.01.2024 0:00:00", "2024-01-05", "5 Jan 2024", "5 Jan 2024 12:00 AM"])
def test_what_came_and_closed_on_one_day_took_none(tmp_path: Path, came: str, closed: str) -> None:
    path = put(tmp_path, f"id,created_at,status,closed_at,converted_at\n1,{came},won,{closed},{closed}\n")
    assert sales.average_sales_cycle(read_csv(path, Deal)) == 0
    assert len(read_csv(path, Lead, values={"status": {"won": "converted"}})) == 1


def test_a_probability_to_100_is_one_of_percent_in_the_folder_too(tmp_path: Path) -> None:
    for deals in (read_csv(put(tmp_path, STAGES), Deal, columns="guess"), drafted(tmp_path, STAGES).deals):
        assert sales.weighted_pipeline(deals) == 797.47
        assert deals.report.decided == ("probability is in percent",)


def test_words_for_a_probability_are_refused_and_translated(tmp_path: Path) -> None:
    path = put(tmp_path, "id,created_at,status,amount,probability\n1,2024-01-05,open,1000,High\n")
    with pytest.raises(DataError, match="row 2, probability: 'High' is not a number"):
        read_csv(path, Deal)
    deals = read_csv(path, Deal, values={"probability": {"High": "0.8"}})
    assert sales.weighted_pipeline(deals) == 800


def test_two_booleans_are_a_status_in_the_folder_too(tmp_path: Path) -> None:
    for deals in (read_csv(put(tmp_path, BOOLEANS), Deal, columns="guess"), drafted(tmp_path, BOOLEANS).deals):
        assert [deals.status.item(i) for i in range(3)] == ["won", "open", "lost"]


def test_one_time_without_a_zone_moves_no_other_in_the_folder_too(tmp_path: Path) -> None:
    settings = '[deals]\nfile = "deals.csv"\non_error = "skip"\n[company]\ntimezone = "Asia/Yekaterinburg"\n'
    (tmp_path / "crm.toml").write_text(settings, encoding="utf-8")
    deals = read_csv(put(tmp_path, HALF_ZONED), Deal, tz="Asia/Yekaterinburg", on_error="skip")
    for read in (deals, load(tmp_path).deals):
        assert sales.deals_created(read, by=day) == {"2026-06-03": 1, "2026-07-01": 1}
        assert [fault.row for fault in read.report.faults] == [3]
        assert read.report.decided == ("created_at has times with a zone",)


@pytest.mark.parametrize(
    "total", [",,16600.00\n", "--,,16600.00\n", "Total: Account,,16600.00\n", "Итого,-,16600.00\n"]
)
@pytest.mark.parametrize("first", [True, False])
def test_the_total_of_advertising_is_spent_once(tmp_path: Path, total: str, first: bool) -> None:
    rows = "2024-01-01,a,4500.00\n2024-01-02,b,8200.00\n2024-01-04,a,3900.00\n"
    path = put(tmp_path, "Day,Campaign name,Amount spent (USD)\n" + (total + rows if first else rows + total))
    spend = read_csv(path, Spend, columns="guess")
    assert marketing.spend_total(spend, by=month) == {"2024-01": 16600}
    assert marketing.spend_total(spend, by="currency") == {"USD": 16600}
    assert spend.report is not None and spend.report.around == {"totals": 1}
