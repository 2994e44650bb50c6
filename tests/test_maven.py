"""A real export, read as a user would read it: every number is that of a database (reference.json, by DuckDB)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, StageChange, __main__ as command, attach, month, quarter, sales, table, totals, where
from crm_metrics._company.crm import CRM
from crm_metrics._company.folder import load
from crm_metrics._report.report import Report
from crm_metrics.columns import amount, closed, cycle, lost, opened, won

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "maven_crm"
FILES = ("sales_pipeline.csv", "sales_teams.csv", "products.csv", "accounts.csv")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the data are not here")

SETTINGS = """
[company]
name = "Maven computer hardware"
currency = "USD"

[deals]
file = "sales_pipeline.csv"

[deals.columns]
id = "opportunity_id"
created_at = "engage_date"
status = "deal_stage"
closed_at = "close_date"
customer = "account"
manager = "sales_agent"
amount = "close_value"

[deals.values.status]
Won = "won"
Lost = "lost"
Engaging = "open"
Prospecting = "open"

[deals.values.product]
GTXPro = "GTX Pro"

[[lookups]]
file = "sales_teams.csv"
on = "manager"
columns = { manager = "sales_agent", team_lead = "manager", office = "regional_office" }

[[lookups]]
file = "products.csv"
on = "product"

[[lookups]]
file = "accounts.csv"
on = "customer"
columns = { customer = "account", headquarters = "office_location" }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maven")
    for name in FILES:
        shutil.copy(DATA / name, folder)
    (folder / "crm.toml").write_text(SETTINGS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def crm(folder: Path) -> CRM:
    return load(folder)


@pytest.fixture(scope="module")
def reference() -> dict[str, list[dict[str, Any]]]:
    queries = json.loads((DATA / "reference.json").read_text(encoding="utf-8"))["queries"]
    return {name: query["rows"] for name, query in queries.items()}


def lost_deals(deals: Any, *, by: Any = None) -> Any:
    return totals(deals, Deal, by, at="closed_at").count(lost)


def open_deals(deals: Any, *, by: Any = None) -> Any:
    return totals(deals, Deal, by, at="created_at").count(opened)


def cycle_of_closed(deals: Any, *, by: Any = None) -> Any:
    return totals(deals, Deal, by, at="closed_at").mean(cycle, where=closed)


METRICS = {
    "lost": lost_deals,
    "open": open_deals,
    "still_open": open_deals,
    "avg_cycle_closed": cycle_of_closed,
    "deals": sales.deals_created,
    "won": sales.deals_won,
    "win_rate": sales.win_rate,
    "revenue": sales.won_revenue,
    "avg_deal": sales.average_deal_size,
    "avg_cycle_won": sales.average_sales_cycle,
    "median_cycle_won": sales.median_sales_cycle,
}


def check(crm: CRM, by: Any, key: str, rows: Iterable[dict[str, Any]], only: Iterable[str] = METRICS) -> int:
    """Compares all that a reference has with ours, group by group; how many numbers that were."""
    seen = 0
    ours = {name: METRICS[name](crm.deals, by=by) for name in only}
    for row in rows:
        group = row[key].replace("-Q", "Q") if key.endswith("quarter") else row[key]
        for name in set(ours) & set(row):
            if group in ours[name]:
                assert ours[name][group] == pytest.approx(row[name], rel=1e-12), (group, name)
            else:
                assert not row[name], f"{group} has {name} {row[name]}, and we have no such group"
            seen += 1
    return seen


def test_overall_numbers_are_those_of_the_database(crm: CRM, reference: dict[str, Any]) -> None:
    overall, deals = reference["overall"][0], crm.deals
    assert sales.deals_created(deals) == overall["deals"] == 8800
    assert sales.deals_won(deals) == overall["won"] == 4238
    assert sales.win_rate(deals) == overall["win_rate"] == 4238 / 6711
    assert sales.loss_rate(deals) == overall["lost"] / 6711
    assert sales.conversion_rate(deals) == overall["win_rate_of_all"]
    assert sales.won_revenue(deals) == overall["revenue"] == 10_005_534
    assert sales.average_deal_size(deals) == pytest.approx(overall["avg_deal_won"], rel=1e-15)
    assert sales.median_deal_size(deals) == overall["median_deal_won"]
    assert sales.average_sales_cycle(deals) == pytest.approx(overall["avg_cycle_won"], rel=1e-15)
    assert sales.median_sales_cycle(deals) == overall["median_cycle_won"] == 57
    t = totals(deals, Deal)
    for name, condition in (("lost", lost), ("closed", closed)):
        assert t.mean(cycle, where=condition) == pytest.approx(overall[f"avg_cycle_{name}"], rel=1e-15)
        assert t.quantile(cycle, 0.5, where=condition) == overall[f"median_cycle_{name}"]
    assert (t.quantile(cycle, 0.0), t.quantile(cycle, 1.0)) == (overall["min_cycle"], overall["max_cycle"])
    for q, name in ((0.0, "min"), (1.0, "max")):
        assert t.quantile(amount, q, where=won) == overall[f"{name}_deal_won"]
    assert (str(crm.first_day), str(crm.last_day)) == (overall["first_engage"], overall["last_close"])


def test_what_the_data_lack_is_known(crm: CRM, reference: dict[str, Any]) -> None:
    quality = reference["data_quality"][0]
    assert crm.deals is not None and crm.deals.report is not None
    assert crm.deals.report.missing == {"created_at": quality["no_engage_date"]} == {"created_at": 500}
    assert crm.deals.report.rows == crm.deals.report.kept == 8800
    assert int(crm.deals.customer.missing.true.sum()) == quality["no_account"]


def test_agents_are_those_of_the_database_and_none_without_deals_is_invented(
    crm: CRM, reference: dict[str, Any]
) -> None:
    assert check(crm, "manager", "sales_agent", reference["by_agent"]) == 35 * 10
    assert len(sales.win_rate(crm.deals, by="manager")) == 30


@pytest.mark.parametrize(
    ("name", "query", "key"),
    [
        ("team_lead", "by_manager", "manager"),
        ("office", "by_region", "regional_office"),
        ("product", "by_product", "product"),
        ("sector", "by_sector", "sector"),
    ],
)
def test_groups_of_fields_and_lookups_are_those_of_the_database(
    crm: CRM, reference: dict[str, Any], name: str, query: str, key: str
) -> None:
    rows = [row | {key: row[key].replace("technology", "technolgy")} for row in reference[query]]
    rows = [row for row in rows if row[key] != "(no account)"]
    assert check(crm, crm.key(name), key, rows) >= 3 * 4


def test_months_and_quarters_of_closing_are_those_of_the_database(crm: CRM, reference: dict[str, Any]) -> None:
    names = ("won", "lost", "win_rate", "revenue", "avg_deal", "avg_cycle_won")
    assert check(crm, month, "close_month", reference["by_close_month"], names) == 10 * 4
    assert check(crm, quarter, "close_quarter", reference["by_close_quarter"], names) == 4 * 6


def test_months_of_coming_in_are_those_of_the_database(crm: CRM, reference: dict[str, Any]) -> None:
    by = crm.key("month(created_at)")
    names = ("deals", "won", "lost", "still_open")
    found = {name: METRICS[name](crm.deals, by=by) for name in names}
    assert check(crm, by, "engage_month", reference["by_engage_month_cohort"], names) == 15 * 4
    assert {name: x[None] for name, x in found.items()} == {"deals": 500, "won": 0, "lost": 0, "still_open": 500}


def test_the_largest_customers_are_those_of_the_database(crm: CRM, reference: dict[str, Any]) -> None:
    rows = [row | {"customer": row["account"]} for row in reference["top10_accounts"]]
    assert check(crm, "customer", "customer", rows) == 10 * 2
    assert list(sales.won_revenue(crm.deals, by="customer").top(10, other=None)) == [row["customer"] for row in rows]


# ---------------------------------------------------------------- beside a database, asked here


@pytest.fixture(scope="module")
def ask() -> Any:
    """One row of numbers from the file itself."""
    duckdb = pytest.importorskip("duckdb")
    files = {name.partition(".")[0]: str(DATA / name) for name in FILES}

    def ask(query: str) -> list[tuple[Any, ...]]:
        for name, path in files.items():
            query = query.replace(f"<{name}>", f"read_csv('{path}', header = true, all_varchar = false)")
        return duckdb.connect().execute(query).fetchall()

    return ask


def single(rows: list[tuple[Any, ...]]) -> Any:
    [[number]] = rows
    return number


def test_lost_deals_are_counted_where_they_were_lost_and_are_worth_nothing_here(crm: CRM, ask: Any) -> None:
    found = ask("select sales_agent, count(*) from <sales_pipeline> where deal_stage = 'Lost' group by 1")
    ours = sales.deals_lost(crm.deals, by="manager")
    assert {name: n for name, n in ours.items() if n} == dict(found) and sum(ours.values()) == 2473
    assert sales.lost_amount(crm.deals) == 0, "the export writes 0 for every lost deal"


@pytest.mark.parametrize("over", [38, 1117, 5000, 30_287, 30_288])
def test_large_deals_are_those_of_the_database(crm: CRM, ask: Any, over: int) -> None:
    [(n, of, amount, whole)] = ask(
        f"""select count(*) filter (close_value > {over}), count(*),
        coalesce(sum(close_value) filter (close_value > {over}), 0), sum(close_value)
        from <sales_pipeline> where deal_stage = 'Won'"""
    )
    assert sales.large_deals(crm.deals, over=over) == n
    assert sales.large_deal_share(crm.deals, over=over) == n / of
    assert sales.large_deal_revenue_share(crm.deals, over=over) == int(amount) / int(whole)


def test_large_deals_of_groups_are_those_of_the_database(crm: CRM, ask: Any) -> None:
    found = ask("select sales_agent, count(*) from <sales_pipeline> where close_value > 5000 group by 1")
    ours = sales.large_deals(crm.deals, over=5000, by="manager")
    assert {name: n for name, n in ours.items() if n} == dict(found)
    assert sum(sales.large_deals(crm.deals, over=5000, by=quarter).values()) == sum(ours.values())


def test_open_deals_are_worth_their_list_price_where_it_is_looked_up(
    crm: CRM, ask: Any, reference: dict[str, Any]
) -> None:
    """The export has no amounts of open deals: those of products.csv, attached."""
    prices = [
        Deal(id=None, created_at=None, status=None, product=name, amount=price, currency="USD")
        for name, price in ask("select product, sales_price from <products>")
    ]
    assert sales.open_pipeline(crm.deals) == 0
    priced = attach(crm.deals, prices, on="product", amount="amount")
    wanted = {row["deal_stage"]: row["list_value"] for row in reference["open_pipeline"]}
    assert sales.open_pipeline(priced) == wanted[None] == 4_966_215
    opened_at = where(priced, lambda d: ~d.created_at.missing), where(priced, created_at=None)
    assert [sales.open_pipeline(x) for x in opened_at] == [wanted["Engaging"], wanted["Prospecting"]]
    rows = ask(
        """select sales_agent, sum(sales_price) from <sales_pipeline> d
        join <products> p on p.product = replace(d.product, 'GTXPro', 'GTX Pro')
        where deal_stage in ('Engaging', 'Prospecting') group by 1"""
    )
    assert {k: x for k, x in sales.open_pipeline(priced, by="manager").items() if x} == dict(rows)


@pytest.mark.parametrize("day", ["2017-12-31", "2017-06-30", "2016-12-31"])
def test_open_deals_are_as_old_as_in_the_database(crm: CRM, ask: Any, day: str) -> None:
    still_open = f"deal_stage in ('Engaging', 'Prospecting') and engage_date <= date '{day}'"
    age = f"avg(date_diff('day', engage_date, date '{day}'))"
    ours = sales.average_deal_age(crm.deals, as_of=day)
    found = single(ask(f"select {age} from <sales_pipeline> where {still_open}"))
    assert ours == pytest.approx(found, rel=1e-12)
    groups = dict(ask(f"select sales_agent, {age} from <sales_pipeline> where {still_open} group by 1"))
    by_manager = sales.average_deal_age(crm.deals, as_of=day, by="manager")
    assert {k: x for k, x in by_manager.items() if x == x} == pytest.approx(groups, rel=1e-12)


@pytest.mark.parametrize("days", [29, 42, 63])
def test_open_deals_that_never_moved_are_stalled_by_the_day_they_came_in(crm: CRM, ask: Any, days: int) -> None:
    """None of them came in so many days before the end of the year, so that "more than" and "at least" are one."""
    old = "select count(*) from <sales_pipeline> where deal_stage = 'Engaging' and engage_date"
    assert single(ask(f"{old} = date '2017-12-31' - {days}")) == 0
    ours = sales.stalled_deals(crm.deals, table([], StageChange), as_of="2017-12-31", days=days)
    assert ours == single(ask(f"{old} < date '2017-12-31' - {days}"))


def test_what_a_manager_wins_in_a_month_is_that_of_the_database(crm: CRM, ask: Any) -> None:
    """35 people in sales_teams.csv, 5 of them without a deal, all there all year."""
    team = {"name": [name for (name,) in ask("select sales_agent from <sales_teams>")]}
    assert len(team["name"]) == 35
    won = ask(
        """select sales_agent, count(*), sum(close_value) from <sales_pipeline>
        where deal_stage = 'Won' and close_date between date '2017-04-01' and date '2017-06-30' group by 1"""
    )
    spring = quarter.period("2017Q2")
    assert sales.manager_months(team, period=spring) == 35 * 3
    assert sales.wins_per_manager_month(crm.deals, team, period=spring) == 1254 / 105 == sum(n for _, n, _ in won) / 105
    assert sales.revenue_per_manager_month(crm.deals, team, period=spring) == 3_086_111 / 105
    each = sales.revenue_per_manager_month(crm.deals, team, period=spring, by="manager")
    amounts = {name: int(amount) for name, _, amount in won}
    assert each == {name: amounts.get(name, 0) / 3 for name in team["name"]}


def test_customers_who_come_back_are_those_of_the_database(crm: CRM, ask: Any, reference: dict[str, Any]) -> None:
    [repeat] = reference["account_repeat"]
    assert sales.repeat_rate(crm.deals) == repeat["repeat_customers"] / repeat["customers"] == 1
    assert sales.revenue_per_customer(crm.deals) == pytest.approx(repeat["avg_ltv"], rel=1e-12)
    found = ask(
        """with n as (
            select sales_agent, account, count(*) n from <sales_pipeline> where deal_stage = 'Won' group by 1, 2
        )
        select sales_agent, count(*) filter (n > 1) / count(*) from n group by 1"""
    )
    assert dict(sales.repeat_rate(crm.deals, by="manager")) == dict(found)


def test_the_win_rate_weighted_by_amount_is_1_where_lost_deals_are_written_as_0(crm: CRM) -> None:
    """Why the count is the default: this export would say that nothing was ever lost."""
    assert sales.win_rate(crm.deals, weight="amount") == 1 and sales.win_rate(crm.deals) == 4238 / 6711


# ---------------------------------------------------------------- as a user sees it


def test_the_screen_has_the_known_numbers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(folder), "--by", "manager", "--by", "office"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for words in (
        "Maven computer hardware Data from 2016-10-20 to the end of 2017-12-31",
        "Win rate, won of those that closed 63.2 % 62.0 to 64.3 %",
        "Revenue won 10,005,534 USD",
        "Average deal 2,361 USD 2,2",
        "Median sales cycle 57.0 d",
        "deals open 2,089",
        "Hayden Neloms 152 107 70.4 % 62.4 to 77.3 % 272,111",
        "Lajuana Vencill 231 127 55.0 % 47.1 to 62.6 % 194,632",
        "Darcel Schlecht 747 553 349 63.1 % 1,153,214",
        "West 2,997 2,249 1,438 63.9 % 3,568,647",
        "No verdict: the day the CRM went live (go_live) is not given.",
        "the deals have no cost: gross profit, gross margin",
        "the open deals have no amount: open pipeline",
        "500 of 8,800 deals have no day on which they came in",
    ):
        assert words in text
    assert "does not know" not in text


def test_with_a_go_live_quarters_are_compared_and_no_roi_is_invented(folder: Path) -> None:
    live = "\n[crm]\ngo_live = 2017-07-01\nramp_weeks = 0\n[[crm.costs]]\ndate = 2017-06-01\namount = 90000\n"
    other = folder.parent / "live"
    shutil.copytree(folder, other, dirs_exist_ok=True)
    (other / "crm.toml").write_text(SETTINGS + live, encoding="utf-8")
    report = Report.of(load(other))
    assert report.to_dict()["before"] == {"start": "2017-03-01", "end": "2017-07-01"}, "no deal closed before March"
    assert report.to_dict()["months"] == 4
    assert report["scorecard"]["deals_won"].before == 531 + 285 + 438 + 531
    assert report["scorecard"]["deals_won"].after == 308 + 446 + 503 + 279
    assert report["simple"].notes[0] == "No gross profit and no ROI: the deals have no cost."
    why, way_out = report["verdict"].notes
    assert why == "No verdict: the deals have no cost." and "margin = 0.3 in crm.toml" in way_out
    verdicts = {row["metric"]: row.get("verdict") for row in report["scorecard"].to_dict()["rows"]}
    assert verdicts.pop("conversion_rate") is None, "132 deals are young"
    assert verdicts["win_rate"] == "worse" and set(verdicts.values()) <= {"no evidence", "better", "worse"}


def test_without_the_product_names_mended_the_report_says_which_are_unknown(folder: Path) -> None:
    other = folder.parent / "unmended"
    shutil.copytree(folder, other, dirs_exist_ok=True)
    text = SETTINGS.replace('[deals.values.product]\nGTXPro = "GTX Pro"\n', "")
    (other / "crm.toml").write_text(text, encoding="utf-8")
    notes = Report.of(load(other))["missing"].notes
    assert "products.csv does not know every product: GTXPro (1,480 deals)." in notes


def test_init_finds_all_of_it_by_itself(folder: Path, reference: dict[str, Any]) -> None:
    other = folder.parent / "init"
    shutil.copytree(folder, other, dirs_exist_ok=True)
    (other / "crm.toml").unlink()
    assert command.main(["--init", str(other)]) == 0
    crm = load(other)
    assert sales.win_rate(crm.deals) == 4238 / 6711 and sales.won_revenue(crm.deals) == 10_005_534
    assert check(crm, crm.key("regional_office"), "regional_office", reference["by_region"]) >= 12
    assert check(crm, crm.key("sales_teams_manager"), "manager", reference["by_manager"]) >= 12
    assert check(crm, "product", "product", reference["by_product"]) >= 12
