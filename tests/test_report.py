"""The report as data, and how it looks: it says what the data say, and what they do not."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import unicodedata
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_metrics import Deal, screen, table
from crm_metrics.crm import CRM, Cost, Lookup
from crm_metrics.errors import UnknownName, WrongValue
from crm_metrics.report import Report
from crm_metrics.scorecard import Row, Section
from crm_metrics.windows import NoWindows

MONTHS = [f"2023-{m:02}" for m in range(1, 13)] + [f"2024-{m:02}" for m in range(1, 8)]


def company(**columns: Any) -> dict[str, list[Any]]:
    """Two wins of 100 and a loss in every month of 2023, four wins and a loss from 2024 on; goods cost 60 a deal."""
    rows: dict[str, list[Any]] = {
        n: [] for n in ("id", "created_at", "status", "closed_at", "manager", "customer", "amount", "cost")
    }
    for month in MONTHS:
        wins = 2 if month < "2024" else 4
        for i in range(wins + 1):
            won = i < wins
            values = (
                len(rows["id"]),
                f"{month}-01",
                "won" if won else "lost",
                f"{month}-{11 + i}",
                "Anna" if i % 2 else "Boris",
            )
            for name, value in zip(
                rows, (*values, f"c{len(rows['id'])}", 100 if won else 0, 60 if won else None), strict=True
            ):
                rows[name].append(value)
    return rows | columns


KNOWN = ("2023-07-11", "2023-08-11", "2023-09-11")
LIVE: Mapping[str, Any] = {"go_live": "2024-01-01", "ramp_weeks": 4, "as_of": "2024-07-31"}
COSTS = [("2023-12-01", 300), Cost(at="2024-01-31", amount=10, every="month")]


def without(*names: str) -> dict[str, list[Any]]:
    return {name: cells for name, cells in company().items() if name not in names}


def lines(report: Report) -> list[str]:
    return screen.text(report).splitlines()


def said(report: Report) -> str:
    """The text with its line breaks undone."""
    return " ".join(screen.text(report).split())


# ---------------------------------------------------------------- did it pay off?


def test_simple_roi_is_monthly_gain_times_months_against_cost() -> None:
    report = Report.of(CRM(deals=company(), currency="EUR", costs=COSTS, **LIVE))
    payoff = report["payoff"]
    monthly = payoff["gross_profit_a_month"]
    assert report.to_dict()["before"] == {"start": "2023-07-01", "end": "2024-01-01"}
    assert report.to_dict()["after"] == {"start": "2024-02-01", "end": "2024-08-01"} and report.to_dict()["months"] == 6
    assert (monthly.before, monthly.after, monthly.difference, monthly.change) == (80, 160, 80, 1.0)
    assert payoff["gain"].value == 480
    assert payoff["cost"].value == 370, "set-up and seven licences, the last paid on the last day of the window"
    assert payoff["roi"].value == pytest.approx((480 - 370) / 370)
    assert payoff["payback"].value == pytest.approx(370 / 80)
    assert "On a simple count, yes: 480 EUR more gross profit, 370 EUR spent, an ROI of 29.7 %." in said(report)
    assert "Simple and unadjusted" in said(report) and "seasons may differ" in said(report)


def test_a_loss_is_said_to_be_one() -> None:
    rows = company()
    rows["amount"] = [60 if c >= "2024" and a else a for c, a in zip(rows["closed_at"], rows["amount"], strict=True)]
    report = Report.of(CRM(deals=rows, costs=[("2023-12-01", 300)], **LIVE))
    assert report["payoff"]["roi"].value == pytest.approx((-480 - 300) / 300)
    assert math.isnan(report["payoff"]["payback"].value or 0.0)
    assert "no, or not yet: 480 less gross profit, 300 spent, an ROI of -260.0 %" in said(report)


def test_costs_after_the_windows_do_not_count() -> None:
    report = Report.of(CRM(deals=company(), costs=[("2024-08-01", 999)], **LIVE))
    assert report["payoff"]["cost"].value == 0 and math.isnan(report["payoff"]["roi"].value or 0.0)
    assert "cannot be said: the CRM cost nothing" in said(report)


@pytest.mark.parametrize(
    ("crm", "says", "rows"),
    [
        (CRM(deals=company()), "No comparison and no ROI: the day the CRM went live (go_live) is not given.", set()),
        (CRM(deals=company(), go_live="2030-01-01"), "goes live on 2030-01-01, after the last day of the data", set()),
        (CRM(deals=company(), **LIVE), "No ROI: what the CRM itself cost is not given.", {"gross_profit_a_month"}),
        (
            CRM(deals=without("cost"), costs=COSTS, **LIVE),
            "No gross profit and no ROI: the deals have no cost. Revenue is shown instead",
            {"won_revenue_a_month"},
        ),
        (CRM(deals=without("cost", "amount"), costs=COSTS, **LIVE), "no ROI: the deals have no amount.", set()),
        (
            CRM(deals=company(cost=[60 if c >= "2024" else None for c in company()["closed_at"]]), costs=COSTS, **LIVE),
            "no ROI: the won deals before go-live have no cost.",
            {"won_revenue_a_month"},
        ),
        (
            CRM(deals=company(cost=[60 if c > "2024" or c in KNOWN else None for c in company()["closed_at"]]), **LIVE),
            "too few of the won deals state their cost, 25 % before and 100 % after",
            {"won_revenue_a_month"},
        ),
        (
            CRM(deals=company(), currency="EUR", costs=[Cost(at="2024-01-01", amount=1, currency="USD")], **LIVE),
            "No ROI: the costs of the CRM are in another currency than the deals, or in none (EUR and USD do not add).",
            {"gross_profit_a_month"},
        ),
    ],
)  # fmt: skip
def test_what_the_roi_lacks_is_said_and_nothing_is_invented(crm: CRM, says: str, rows: set[str]) -> None:
    report = Report.of(crm)
    assert "roi" not in report["payoff"] and {row.metric for row in report["payoff"].rows} == rows
    assert says in said(report)


def test_gross_profit_of_some_deals_says_of_how_many() -> None:
    costs = [None if c == "2023-11-11" else 60 for c in company()["closed_at"]]
    report = Report.of(CRM(deals=company(cost=costs), costs=COSTS, **LIVE))
    assert "counts the won deals that state their cost: 92 % before and 100 % after" in said(report)


def test_whole_years_have_every_season() -> None:
    rows = company()
    older = {
        n: [*rows[n], *([f"{x[:3]}{int(x[3]) - 2}{x[4:]}" for x in rows[n]] if "_at" in n else rows[n])] for n in rows
    }
    report = Report.of(CRM(deals=older, go_live="2023-01-01", costs=COSTS, as_of="2024-07-31"))
    assert report.to_dict()["months"] == 12 and "seasons may differ" not in said(report)


# ---------------------------------------------------------------- the scorecard


def test_the_scorecard_has_before_and_after_at_each_metrics_own_time() -> None:
    spend = {"at": ["2023-12-31", "2024-03-31"], "amount": [120, 480]}
    report = Report.of(CRM(deals=company(), spend=spend, **LIVE))
    card = report["scorecard"]
    assert (card["deals_created"].before, card["deals_created"].after) == (18, 30)
    assert (card["deals_won"].before, card["deals_won"].after) == (12, 24)
    assert card["win_rate"].difference == pytest.approx(4 / 5 - 2 / 3)
    assert (card["won_revenue"].before, card["won_revenue"].after) == (1200, 2400)
    assert (card["cac"].before, card["cac"].after) == (10, 20)
    assert "counted on the day they came in" in said(report)
    row = next(line for line in lines(report) if "Win rate" in line)
    assert row.split()[-6:] == ["66.7", "%", "80.0", "%", "+13.3", "points"]


def test_without_go_live_there_is_one_column() -> None:
    report = Report.of(CRM(deals=company()))
    assert isinstance(report.windows, NoWindows)
    assert report["scorecard"]["win_rate"].value == 52 / 71 and report["scorecard"]["win_rate"].before is None
    assert "before" not in said(report).partition("What is missing")[0].replace("No comparison", "")


def test_open_deals_after_go_live_warn_of_a_conversion_that_will_rise() -> None:
    rows = company()
    rows["status"] = ["open" if c >= "2024-06" else s for c, s in zip(rows["closed_at"], rows["status"], strict=True)]
    report = Report.of(CRM(deals=rows, **LIVE))
    assert "33 % are still open: that conversion will yet rise" in said(report)
    assert report["open"]["deals_open"].value == 10 and report["open"]["open_pipeline"].value == 800


def test_what_is_missing_is_listed_with_what_it_leaves_unsaid() -> None:
    text = said(
        Report.of(CRM(deals=without("cost", "customer", "manager"), spend={"at": ["2023-12-31"], "amount": [1]}))
    )
    assert "because the deals have no cost: gross profit, gross margin." in text
    assert "because the deals have no customer: cost of a new customer (CAC)." in text
    assert "because the deals have no manager: best and worst managers." in text


def test_an_empty_column_is_no_column() -> None:
    report = Report.of(CRM(deals=company(cost=[None] * len(company()["id"]))))
    assert "gross_profit" not in report["scorecard"]
    assert "because the won deals have no cost: gross profit" in said(report)


def test_two_currencies_do_not_add_but_can_be_told_apart() -> None:
    codes = ["EUR" if i % 2 else "USD" for i in company()["id"]]
    report = Report.of(CRM(deals=company(currency=codes), costs=COSTS, **LIVE), by=["currency"])
    assert "won_revenue" not in report["scorecard"] and "EUR and USD do not add, except by currency" in said(report)
    by = {row.group: row for row in report["by currency"].rows if row.metric == "won_revenue"}
    assert {row.currency for row in by.values()} == {"EUR", "USD"}
    assert sum(float(row.after or 0) for row in by.values()) == 2400
    assert "EUR" in next(line for line in lines(report) if line.startswith("  EUR"))


def test_rows_that_a_load_left_out_and_deals_without_a_day_are_counted() -> None:
    rows = company(created_at=[None, "31.31.2023", *company()["created_at"][2:]])
    crm = CRM(deals=table(rows, Deal, on_error="skip"), currency="EUR")
    assert "1 of 71 rows of deals were left out for bad cells." in said(Report.of(crm))
    assert "1 of 70 deals have no day on which they came in" in said(Report.of(crm))


def test_a_lookup_that_lacks_labels_is_named() -> None:
    lookup = Lookup({"manager": ["Anna"], "team": ["North"]}, "manager", "teams.csv")
    report = Report.of(CRM(deals=company(), lookups=[lookup]), by=["team"])
    assert "teams.csv does not know every manager: Boris (45 deals)." in said(report)
    assert [row.group for row in report["by team"].rows if row.metric == "deals_won"] == [("North",), (None,)]


@pytest.mark.parametrize(
    "crm", [CRM(), CRM(deals={"id": [], "created_at": [], "status": []}), CRM(spend={"at": [], "amount": []})]
)
def test_a_company_with_nothing_has_a_report(crm: CRM) -> None:
    report = Report.of(crm)
    assert "No data with a date" in screen.text(report)
    json.loads(report.to_json())


# ---------------------------------------------------------------- managers and groups


def many_managers(sizes: Mapping[str | None, tuple[int, int]]) -> dict[str, list[Any]]:
    """Deals of managers who closed and won so many."""
    each = [(m, "won" if i < won else "lost") for m, (closed, won) in sizes.items() for i in range(closed)]
    n = len(each)
    return {
        "id": list(range(n)), "created_at": ["2024-01-01"] * n, "closed_at": ["2024-01-31"] * n,
        "manager": [m for m, _ in each], "status": [s for _, s in each], "amount": [100] * n,
    }  # fmt: skip


def test_managers_are_ranked_by_win_rate_and_those_with_few_deals_are_not() -> None:
    rows = many_managers({"Anna": (10, 5), "Boris": (20, 15), "Cid": (9, 9), None: (12, 12)})
    report = Report.of(CRM(deals=rows))
    notes = {row.group[0]: row.note for row in report["managers"].rows}
    assert notes == {"Boris": "rank 1", "Anna": "rank 2", "Cid": "fewer than 10 closed deals", None: "no manager named"}
    assert "Not ranked, with fewer than 10 closed deals: Cid (9)." in said(report)
    table = [line.split()[0] for line in lines(report) if line.endswith((" 500", " 1,500", " 1,200"))]
    assert table == ["Boris", "Anna", "(none)"]


def test_of_many_managers_the_best_and_the_worst_are_shown() -> None:
    rows = many_managers({f"m{i:02}": (20, 20 - i) for i in range(12)})
    text = screen.text(Report.of(CRM(deals=rows)))
    shown = [line.split()[0] for line in text.splitlines() if line.startswith("  m")]
    assert shown == ["m00", "m01", "m02", "m09", "m10", "m11"] and "... 6 more between them" in text
    assert len(Report.of(CRM(deals=rows))["managers"].rows) == 12 * 4, "the data have all of them"


def test_groups_have_before_and_after_the_largest_first() -> None:
    report = Report.of(CRM(deals=company(), **LIVE), by=["manager"])
    rates = {row.group: (row.before, row.after) for row in report["by manager"].rows if row.metric == "win_rate"}
    assert rates == {("Boris",): (0.5, 2 / 3), ("Anna",): (1.0, 1.0)}
    assert "before   after" in screen.text(report).partition("By manager")[2]


def test_times_are_in_order_over_the_whole_data_and_have_no_gaps_of_metrics() -> None:
    rows = company()
    rows["created_at"] = ["2022-12-31", *rows["created_at"][1:]]
    report = Report.of(CRM(deals=rows, **LIVE), by=["month"])
    section = report["by month"]
    won = {row.group[0]: row.value for row in section.rows if row.metric == "deals_won"}
    assert list(won) == ["2022-12", *MONTHS] and won["2022-12"] == 0 and sum(won.values()) == 52
    assert all(row.before is None for row in section.rows)


def test_several_keys_make_several_tables_or_one_of_both() -> None:
    report = Report.of(CRM(deals=company()), by=["manager", "manager, status"])
    assert report["by manager"].by == ("manager",)
    assert ("Anna", "won") in {row.group for row in report["by manager, status"].rows}
    assert "  Anna / won" in screen.text(report)


def test_rates_of_few_deals_carry_a_mark() -> None:
    report = Report.of(CRM(deals=many_managers({"Anna": (3, 1), "Boris": (30, 3)})), by=["manager"])
    assert "  Anna *" in screen.text(report) and "Boris *" not in screen.text(report)
    assert "* fewer than 10 closed deals" in screen.text(report)


def test_very_many_groups_are_cut_on_the_screen_only() -> None:
    report = Report.of(CRM(deals=company()), by=["customer"])
    assert "... and 31 more groups" in screen.text(report)
    assert len({row.group for row in report["by customer"].rows}) == 71


def test_cost_of_a_customer_is_told_by_what_spending_has_too() -> None:
    spend = {"at": ["2023-12-31"] * 2, "amount": [100, 300], "channel": ["web", "ads"]}
    crm = CRM(deals=company(channel=["web", "ads", None][0:2] * 35 + ["web"]), spend=spend)
    report = Report.of(crm, by=["channel", "manager", "month(closed_at)"])
    assert "cac" not in report["by month(closed_at)"]
    assert "cac" in report["by channel"] and "cac" not in report["by manager"]


def test_a_section_or_metric_that_is_not_there_is_an_error() -> None:
    report = Report.of(CRM(deals=company()))
    with pytest.raises(WrongValue, match="there is no section 'roi': use one of payoff, scorecard"):
        report["roi"]
    with pytest.raises(UnknownName, match="payoff has no 'roi'"):
        report["payoff"]["roi"]


# ---------------------------------------------------------------- as data


def test_json_has_null_where_undefined_and_every_number() -> None:
    data = json.loads(Report.of(CRM(deals=without("amount"), name="Ромашка", **LIVE), by=["month"]).to_json())
    assert (data["company"], data["go_live"], data["as_of"], data["no_comparison"]) == (
        "Ромашка",
        "2024-01-01",
        "2024-07-31",
        None,
    )
    card = {
        row["metric"]: row for section in data["sections"] if section["name"] == "scorecard" for row in section["rows"]
    }
    assert card["win_rate"]["unit"] == "share" and card["win_rate"]["better"] == "higher"
    assert set(card["deals_won"]) >= {"before", "after", "difference", "change"} and "value" not in card["deals_won"]
    empty = json.loads(Report.of(CRM(deals={"status": ["open"], "created_at": ["2024-01-01"]})).to_json())
    rate = next(row for row in empty["sections"][1]["rows"] if row["metric"] == "win_rate")
    assert rate["value"] is None
    assert Report.of(CRM(name="Ж")).to_json(ascii_only=True).isascii()


def test_csv_has_one_line_per_number() -> None:
    report = Report.of(CRM(deals=company(), currency="EUR", costs=COSTS, **LIVE), by=["manager, status"])
    rows = list(csv.DictReader(io.StringIO(report.to_csv())))
    assert len(rows) == sum(len(section.rows) for section in report.sections)
    found = next(r for r in rows if r["metric"] == "won_revenue" and r["section"] == "scorecard")
    assert (float(found["before"]), float(found["after"]), found["currency"], found["value"]) == (1200, 2400, "EUR", "")
    assert {r["group"] for r in rows if r["section"] == "by manager, status"} >= {"Anna, won"}


def test_a_section_can_be_put_after_another() -> None:
    report = Report.of(CRM(deals=company())).with_section(Section("x", "X"), after="payoff")
    assert [s.name for s in report.sections][:3] == ["payoff", "x", "scorecard"]


def test_change_is_relative_to_what_was_positive() -> None:
    row = Row(metric="m", label="M", unit="money", before=0.0, after=5.0)
    assert row.difference == 5 and math.isnan(row.change or 0.0) and screen.change(row) == "-"
    assert Row(metric="m", label="M", unit="money", value=1.0).change is None
    assert screen.change(Row(metric="m", label="M", unit="points", before=10.0, after=22.0)) == "+12.0 points"


# ---------------------------------------------------------------- how it looks


@pytest.mark.parametrize(
    ("x", "unit", "currency", "looks"),
    [
        (0.63151, "share", "", "63.2 %"),
        (10_005_534.0, "money", "USD", "10,005,534 USD"),
        (999.5, "money", "USD", "999.50 USD"),
        (120.5, "money", "JPY", "120 JPY"),
        (0.0, "money", "", "0"),
        (-0.0001, "share", "", "0.0 %"),
        (57.0, "days", "", "57.0 d"),
        (4238, "count", "", "4,238"),
        (3.25, "hours", "", "3.2 h"),
        (12.0, "points", "", "+12.0"),
        (1.5, "number", "", "1.50"),
        (None, "count", "", "-"),
        (math.nan, "money", "USD", "-"),
    ],
)
def test_numbers_look_like_their_unit(x: float | None, unit: str, currency: str, looks: str) -> None:
    assert screen.number(x, unit, currency) == looks


names = st.one_of(
    st.none(), st.text(max_size=60), st.sampled_from(["张伟" * 20, "a\nb", "\x1b[31mred", "e\u0301" * 50, "\u202egnp"])
)


@given(st.lists(names, min_size=1, max_size=12))
def test_any_label_keeps_the_screen_narrow_aligned_and_free_of_control_characters(labels: list[str | None]) -> None:
    n = len(labels)
    rows = {
        "id": list(range(n)), "created_at": ["2024-01-01"] * n, "closed_at": ["2024-01-31"] * n,
        "status": ["won"] * n, "amount": [10**9] * n, "manager": labels, "region": labels[::-1],
    }  # fmt: skip
    text = screen.text(Report.of(CRM(deals=rows, currency="RUB"), by=["manager", "manager,region"]))
    assert all(screen.width(line) <= screen.WIDTH for line in text.splitlines())
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in text.replace("\n", ""))
    table = text.partition("By manager ")[2].partition("\n\n")[0].splitlines()
    assert len({screen.width(line) for line in table if line.endswith("d")}) == 1


def test_wide_letters_take_two_columns() -> None:
    assert screen.width("张伟") == 4 and screen.width("e\u0301") == 1
    assert screen.cut("张伟张伟", 7) == "张伟..." and screen.cut("short", 7) == "short"
    assert screen.plain("a\r\nb\u202ec") == "a  bc"


def test_dates_and_ramp_are_on_the_screen() -> None:
    text = screen.text(Report.of(CRM(deals=company(), **LIVE, name="Romashka\nLtd")))
    assert text.startswith(
        "Romashka Ltd\nData from 2023-01-01 to the end of 2024-07-31; the CRM went live on 2024-01-01\n"
    )
    assert "After   6 months, 2024-02-01 to 2024-07-31; the 4 weeks of getting used to it are left out" in text


def test_a_day_is_enough_as_of() -> None:
    crm = CRM(deals=company(), **{**LIVE, "as_of": None}).known_on(dt.date(2024, 3, 31))
    assert Report.of(crm).to_dict()["months"] == 2
