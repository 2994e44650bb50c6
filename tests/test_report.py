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

import numpy as np
import pytest
from attrs import evolve
from dealerships import dealership
from hypothesis import given, strategies as st

from crm_metrics import Deal, convert, sales, samples, table, where
from crm_metrics._company.crm import CRM, Cost, Lookup
from crm_metrics._company.windows import NoWindows, Windows
from crm_metrics._report import screen
from crm_metrics._report.certainty import LIMITS, Sure
from crm_metrics._report.payoff import Verdict
from crm_metrics._report.report import Report
from crm_metrics._report.sentences import answer_told
from crm_metrics._scorecards.measures import Row, Section
from crm_metrics._uncertainty.change import change
from crm_metrics._uncertainty.differences import Change
from crm_metrics._uncertainty.distributions import newcombe, normal_quantile, wilson
from crm_metrics._values import writing as layout
from crm_metrics.errors import UnknownName, WrongValue
from crm_metrics.roi.evaluation import evaluate

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
    return screen.text_of_report(report).splitlines()


def said(report: Report) -> str:
    """The text with its line breaks undone."""
    return " ".join(screen.text_of_report(report).split())


# ---------------------------------------------------------------- did it pay off?


def test_simple_roi_is_monthly_gain_times_months_against_cost() -> None:
    report = Report.of(CRM(deals=company(), currency="EUR", costs=COSTS, **LIVE))
    simple = report["simple"]
    monthly = simple["gross_profit_a_month"]
    assert report.to_dict()["before"] == {"start": "2023-07-01", "end": "2024-01-01"}
    assert report.to_dict()["after"] == {"start": "2024-02-01", "end": "2024-08-01"} and report.to_dict()["months"] == 6
    assert (monthly.before, monthly.after, monthly.difference, monthly.change) == (80, 160, 80, 1.0)
    assert simple["gain"].value == 480
    assert simple["cost"].value == 370, "set-up and seven licences, the last paid on the last day of the window"
    assert simple["roi"].value == pytest.approx((480 - 370) / 370)
    assert simple["payback"].value == pytest.approx(370 / 80)
    text = said(report)
    assert "Gross profit a month went from 80 EUR to 160 EUR (+100 %)" in text
    assert "480 EUR more in 6 months, 370 EUR spent, a simple ROI of 29.7 %, paid back after 4.6 months" in text
    assert "The simple count, unadjusted" in text and "seasons may differ" in text


def test_a_loss_is_said_to_be_one() -> None:
    rows = company()
    rows["amount"] = [60 if c >= "2024" and a else a for c, a in zip(rows["closed_at"], rows["amount"], strict=True)]
    report = Report.of(CRM(deals=rows, costs=[("2023-12-01", 300)], **LIVE))
    assert report["simple"]["roi"].value == pytest.approx((-480 - 300) / 300)
    assert math.isnan(report["simple"]["payback"].value or 0.0)
    assert "That is 480 less in 6 months, 300 spent, a simple ROI of -260.0 %." in said(report)


def test_costs_after_the_windows_do_not_count() -> None:
    report = Report.of(CRM(deals=company(), costs=[("2024-08-01", 999)], **LIVE))
    assert report["simple"]["cost"].value == 0 and math.isnan(report["simple"]["roi"].value or 0.0)
    assert "An ROI cannot be said: the CRM cost nothing" in said(report)


@pytest.mark.parametrize(
    ("crm", "says", "rows"),
    [
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
            "too few of the won deals state amount and cost, 25 % before and 100 % after",
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
    assert "roi" not in report["simple"] and {row.metric for row in report["simple"].rows} == rows
    assert says in said(report)


@pytest.mark.parametrize(
    ("crm", "says"),
    [
        (CRM(deals=company()), "No verdict: the day the CRM went live (go_live) is not given."),
        (CRM(deals=company(), go_live="2030-01-01"), "goes live on 2030-01-01, after the last day of the data"),
        (CRM(deals=company(), go_live="2022-01-01"), "when the CRM was live already (2022-01-01)."),
        (CRM(), "No verdict: no deal has a date."),
    ],
)
def test_where_nothing_can_be_compared_the_reason_is_said_once(crm: CRM, says: str) -> None:
    report = Report.of(crm)
    assert says in said(report) and "simple" not in [section.name for section in report.sections]
    assert not report["verdict"].rows and said(report).count("No verdict") == 1


def test_gross_profit_of_some_deals_says_of_how_many() -> None:
    costs = [None if c == "2023-11-11" else 60 for c in company()["closed_at"]]
    report = Report.of(CRM(deals=company(cost=costs), costs=COSTS, **LIVE))
    assert "counts the won deals that state amount and cost: 92 % before and 100 % after" in said(report)


def test_whole_years_have_every_season() -> None:
    rows = company()
    older = {
        n: [*rows[n], *([f"{x[:3]}{int(x[3]) - 2}{x[4:]}" for x in rows[n]] if "_at" in n else rows[n])] for n in rows
    }
    report = Report.of(CRM(deals=older, go_live="2023-01-01", costs=COSTS, as_of="2024-07-31"))
    assert report.to_dict()["months"] == 12 and "seasons may differ" not in said(report)


# ---------------------------------------------------------------- the verdict


def sample(scale: float = 0.2, **more: Any) -> CRM:
    """The bundled company, which has a ramp of eight weeks and costs."""
    s = dealership(scale=scale)
    known: dict[str, Any] = {"deals": s.deals, "costs": s.costs, "currency": "RUB", "go_live": s.go_live}
    return CRM(**known | {"ramp_weeks": s.ramp_weeks, "as_of": s.as_of, "spend": s.spend} | more)


def test_the_verdict_is_that_of_evaluate_for_no_the_given_and_twice_the_ramp() -> None:
    crm = sample()
    report = Report.of(crm)
    verdict = report["verdict"]
    assert isinstance(verdict, Verdict) and report.sections[0] is verdict
    for weeks, found in zip((0, 8, 16), verdict.evaluations, strict=True):
        want = evaluate(crm, ramp=weeks)
        assert found.to_dict() == want.to_dict()
        rows = {row.metric: row for row in verdict.rows if row.group == (weeks,)}
        assert rows["roi"].value == want.roi.value and rows["roi"].to_dict()["low"] == want.roi.low
        assert rows["probability"].value == want.probability
    assert verdict.main is verdict.evaluations[1]
    text = said(report)
    assert verdict.main.verdict in text and "no weeks; 12 months 8 weeks; 10 months 16 weeks; 8 months" in text
    assert text.index(verdict.main.verdict) < text.index("The simple count, unadjusted") < text.index("Scorecard")


def test_the_hard_limits_stand_beside_the_headline() -> None:
    text = said(Report.of(sample()))
    for word in ("Control group: there is none", "Trend:", "Volume:", "Recording:", "Learning:", "Cost: 9"):
        assert f"- {word}" in text
    assert "as far as chance alone goes" in text and "each had" in text and "the same calendar months" in text


def test_without_a_ramp_there_is_one_evaluation() -> None:
    report = Report.of(sample(ramp_weeks=0))
    assert [row.group for row in report["verdict"].rows if row.metric == "roi"] == [(0,)]
    assert "Ramp: none is left out" in said(report)


def test_a_ramp_that_leaves_nothing_is_said_to() -> None:
    verdict = Report.of(sample(ramp_weeks=30))["verdict"]
    assert isinstance(verdict, Verdict) and [e.parts.ramp_weeks for e in verdict.evaluations] == [0, 30]
    assert verdict.notes[0].startswith("With 60 weeks left out: ")


def test_another_verdict_with_another_ramp_is_said() -> None:
    def evaluation(weeks: int, paid_off: bool | None) -> Any:
        found = evaluate(sample(), ramp=weeks)
        return evolve(found, paid_off=paid_off)

    main, other = evaluation(8, True), evaluation(0, None)
    text = " ".join(" ".join(answer_told(Verdict("verdict", "T", evaluations=(other, main), main=main))).split())
    assert "But with no weeks left out it is not known yet." in text
    assert "But" not in " ".join(answer_told(Verdict("verdict", "T", evaluations=(main,), main=main)))


def test_without_a_cost_of_the_crm_the_gain_is_told_and_no_roi() -> None:
    report = Report.of(sample(costs=()))
    text = said(report)
    assert "No ROI: what the CRM cost in these months is not given. A fair comparison credits the CRM with" in text
    assert "Gain a month" in text and "ROI of 12 months" not in text and "costs=" not in text
    rows = {row.metric: row for row in report["verdict"].rows}
    assert math.isnan(rows["roi"].value or 0.0) and (rows["monthly_gain"].value or 0) > 0


@pytest.mark.parametrize("factor", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("horizon_scale", [1, 10**-6])
def test_the_verdict_is_narrow_whatever_the_amounts(factor: int, horizon_scale: float) -> None:
    rows = company()
    rows["amount"] = [a * factor for a in rows["amount"]]
    costs = [("2023-12-01", round(300 * factor * horizon_scale, 2) or 1)]
    text = screen.text_of_report(Report.of(CRM(deals=rows, currency="RUB", costs=costs, **LIVE)))
    assert max(map(layout.width, text.splitlines())) <= layout.WIDTH and "nan" not in text
    assert ("In brackets: limits" in text) is not ("Their limits are too long to be shown here" in text)


def test_limits_that_are_too_long_to_stand_beside_the_verdict_stand_below_it() -> None:
    crm = CRM(deals=company(), currency="RUB", costs=[("2023-12-01", "0.5")], **LIVE)
    found = evaluate(crm).roi
    lines = screen.text_of_report(Report.of(crm)).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  ROI of 12 months, %"))
    assert "(" not in lines[at] and f"{100 * found.value:,.0f}" in lines[at]
    assert f"({100 * found.low:,.0f} to {100 * found.high:,.0f})" in lines[at + 1]
    assert any(line.startswith("  In brackets: limits for the truth") for line in lines)


# ---------------------------------------------------------------- the scorecard


def test_every_row_has_the_change_that_change_gives_and_a_verdict_for_the_number_of_rows() -> None:
    crm = sample()
    two = crm.windows()
    assert isinstance(two, Windows)
    rows = {row.metric: row for row in Report.of(crm)["scorecard"].rows}
    for metric, at in ((sales.deals_created, "created_at"), (sales.average_deal_size, "closed_at")):
        sides = [where(crm.deals, **{at: side}) for side in (two.before, two.after)]
        row, want = rows[metric.__name__], change(metric, *sides, unit="customer")
        assert isinstance(row, Sure) and isinstance(row.found, Change)
        assert (row.before, row.after, row.found.low, row.found.high) == (want.before, want.after, want.low, want.high)
        assert row.found.p >= want.p
    found = [row.found for row in rows.values() if isinstance(row, Sure) and isinstance(row.found, Change)]
    assert len(found) == 11 and all((f.verdict == "no evidence") == (f.p > 0.05) for f in found)
    assert rows["spend_total"].found is None, "what was spent is known"  # type: ignore[attr-defined]
    data = rows["win_rate"].to_dict()
    assert set(LIMITS) <= set(data) and data["low"] < data["difference"] < data["high"]


def test_nothing_changed_is_called_better_or_worse_in_few_of_many_companies() -> None:
    found = []
    for seed in range(8):
        s = samples.dealership(seed=seed, scale=0.1, effect=False)
        crm = CRM(deals=s.deals, go_live=s.go_live, ramp_weeks=s.ramp_weeks, as_of=s.as_of, currency="RUB")
        rows = Report.of(crm)["scorecard"].to_dict()["rows"]
        found += [
            row.get("verdict") for row in rows if row["metric"] in ("conversion_rate", "win_rate", "gross_margin")
        ]
    assert found.count("no evidence") >= 15 and found.count("better") + found.count("worse") <= 1


def test_one_period_has_intervals_of_what_is_uncertain() -> None:
    report = Report.of(CRM(deals=sample().deals, currency="RUB"))
    rows = {row["metric"]: row for row in report["scorecard"].to_dict()["rows"]}
    assert rows["win_rate"]["low"] < rows["win_rate"]["value"] < rows["win_rate"]["high"]
    assert "low" not in rows["won_revenue"], "the revenue of the time is a fact"
    assert "95 % sure" in screen.text_of_report(report)


def test_limits_that_meet_are_not_shown() -> None:
    row = Report.of(CRM(deals=company(), **LIVE))["scorecard"]["average_deal_size"].to_dict()
    assert row["difference"] == 0 and row["low"] is None and row["verdict"] == "no evidence"


def test_win_rates_of_managers_have_limits() -> None:
    report = Report.of(sample())
    row = next(row for row in report["managers"].to_dict()["rows"] if row["metric"] == "win_rate")
    assert row["low"] < row["value"] < row["high"] and "Wilson" in row["method"]
    assert "win rate        95 % sure" in screen.text_of_report(report)


def test_deals_without_ids_have_numbers_and_no_limits() -> None:
    report = Report.of(CRM(deals=without("id", "customer"), costs=COSTS, **LIVE))
    assert report["verdict"].notes[0].startswith("No verdict: no rows have the unit 'id'")
    assert report["scorecard"]["win_rate"].after == 0.8 and "95 % sure" not in screen.text_of_report(report)
    assert "95 % sure" not in screen.text_of_report(Report.of(CRM(deals=without("id", "customer"))))


def test_large_amounts_are_shown_in_thousands_or_more() -> None:
    rows = company()
    rows["amount"] = [a * 10**9 for a in rows["amount"]]
    text = screen.text_of_report(Report.of(CRM(deals=rows, currency="RUB", **LIVE)))
    assert "Scorecard (money in trillion RUB)" in text
    assert max(map(layout.width, text.splitlines())) <= layout.WIDTH


# ---------------------------------------------------------------- figures kept on paper

PAPER = {"months": 12, "created": 36, "closed": 36, "won": 24, "won_amount": 2400, "gross_profit": 960}


def since(**more: Any) -> CRM:
    """The company without its deals from before go-live."""
    rows = company()
    keep = [i for i, c in enumerate(rows["created_at"]) if c >= "2024"]
    deals = {name: [cells[i] for i in keep] for name, cells in rows.items()}
    return CRM(**{"deals": deals, "currency": "EUR", "before": PAPER, "costs": COSTS, **LIVE} | more)


def test_figures_on_paper_stand_in_for_the_deals_of_before() -> None:
    report = Report.of(since())
    card = report["scorecard"]
    assert (card["deals_created_a_month"].before, card["deals_created_a_month"].after) == (3, 5)
    assert (card["win_rate"].before, card["win_rate"].after) == (24 / 36, 0.8)
    assert (card["won_revenue_a_month"].before, card["gross_profit_a_month"].after) == (200, 160)
    assert card["gross_margin"].before == 0.4 and card["average_deal_size"].before == 100
    assert report.to_dict()["before"] is None and report.to_dict()["paper"]["won"] == 24
    text = said(report)
    assert "No verdict: of the time before go-live there are only figures on paper" in text
    assert "Before are figures kept on paper, of 12 months; totals are those of an average month." in text
    assert "After, without the ramp: 2024-02-01 to 2024-07-31 (6 months)." in text
    assert "the figures kept on paper do not tell it: median deal" in text


def test_each_measure_of_the_article_has_a_before_from_paper_alone() -> None:
    kinds = ["new", "upsell", "new", "cross_sell", "new"] * 6
    deals = {
        "id": range(30),
        "customer": range(30),
        "created_at": ["2024-02-01"] * 30,
        "closed_at": ["2024-02-21"] * 30,
        "status": ["won"] * 30,
        "amount": [100] * 30,
        "kind": kinds,
    }
    spend = {"at": ["2024-03-01"], "amount": [3600], "kind": ["acquisition"]}
    paper = {**PAPER, "won_days": 720, "new_customers": 20, "spend": 4800, "addons": 3, "addon_amount": 300}
    card = Report.of(since(deals=deals, spend=spend, before=paper))["scorecard"]
    sides = {row.metric: (row.before, row.after) for row in card.rows}
    assert sides["average_sales_cycle"] == (30, 20) and sides["cac"] == (240, 200)
    assert sides["spend_total_a_month"] == (400, 600)
    addons = "(kind upsell or cross_sell)"
    assert sides[f"deals_won{addons}_a_month"] == (0.25, 2) and sides[f"won_revenue{addons}_a_month"] == (25, 200)
    found = {row["metric"]: row for row in card.to_dict()["rows"]}
    assert found[f"deals_won{addons}_a_month"]["note"].startswith("cut off: the data begin with the deals that came in")
    assert "low" not in found["cac"] and "low" not in found["average_sales_cycle"]
    parts = CRM(before=paper).before
    assert (
        parts is not None and sales.addon_deals(parts.totals) == 3 and sales.addon_revenue_share(parts.totals) == 1 / 8
    )


def test_shares_and_counts_on_paper_have_limits_and_sums_have_none() -> None:
    card = Report.of(since())["scorecard"].to_dict()["rows"]
    rows = {row["metric"]: row for row in card}
    n, m = 24 / 36, 24 / 30
    one, two = (wilson(x, n, normal_quantile(0.975)) for x, n in ((n, 36), (m, 30)))
    low, high = newcombe((np.asarray(n), *one), (np.asarray(m), *two))
    assert rows["win_rate"]["low"] == pytest.approx(float(low)) and rows["win_rate"]["high"] == pytest.approx(
        float(high)
    )
    assert rows["win_rate"]["verdict"] == "no evidence"
    count = rows["deals_won_a_month"]
    assert count["low"] < 2 < count["high"] and count["relative_low"] < 1 < count["relative_high"]
    assert "low" not in rows["won_revenue_a_month"] and "low" not in rows["gross_margin"]
    assert "a sum does not say how its parts spread" in said(Report.of(since()))


def test_figures_on_paper_of_nothing_are_undefined_and_not_an_error() -> None:
    rows = {
        row.metric: row for row in Report.of(since(before={"months": 12, "created": 0, "won": 0}))["scorecard"].rows
    }
    row = rows["conversion_rate"]
    assert math.isnan(row.before or 0.0) and row.found.verdict == "too little data"


def test_without_deals_after_the_ramp_paper_is_compared_with_nothing() -> None:
    report = Report.of(since(ramp_weeks=60))
    assert report.paper is None and isinstance(report.windows, NoWindows)


def test_the_simple_count_reads_gross_profit_from_paper() -> None:
    simple = Report.of(since())["simple"]
    assert simple["gross_profit_a_month"].before == 80 and simple["gain"].value == 480
    assert simple["roi"].value == pytest.approx((480 - 370) / 370)
    without = {k: v for k, v in PAPER.items() if k != "gross_profit"}
    text = said(Report.of(since(before=without)))
    assert "Revenue won a month went from 200 EUR to 400 EUR" in text
    assert "No gross profit and no ROI: the figures kept on paper have no gross_profit." in text
    bare = Report.of(since(before={"months": 12, "created": 36}))["simple"]
    assert not bare.rows and "Revenue is shown" not in bare.notes[0]


def test_deals_from_before_go_live_are_better_than_paper() -> None:
    report = Report.of(CRM(deals=company(), before=PAPER, **LIVE))
    assert report.paper is None and report["scorecard"]["deals_created"].before == 18
    assert "The figures kept on paper are not used: there are deals from before go-live." in said(report)


@given(st.integers(1, 400), st.integers(0, 400), st.integers(1, 36))
def test_the_limits_of_a_paper_count_hold_the_change_and_agree_with_the_verdict(
    created: int, won: int, months: int
) -> None:
    paper = {"months": months, "created": created, "won": min(won, created)}
    for row in Report.of(since(before=paper))["scorecard"].to_dict()["rows"]:
        if row.get("low") is not None:
            assert row["low"] <= row["difference"] <= row["high"]
            sure = row["low"] > 0 or row["high"] < 0
            assert row["verdict"] in ("better", "worse", "no evidence", "too little data")
            assert sure or row["verdict"] in ("no evidence", "too little data")


# ---------------------------------------------------------------- what the scorecard compares


def test_the_scorecard_has_before_and_after_at_each_metrics_own_time() -> None:
    spend = {"at": ["2023-12-31", "2024-03-31"], "amount": [120, 480]}
    report = Report.of(CRM(deals=company(), spend=spend, **LIVE))
    card = report["scorecard"]
    assert (card["deals_created"].before, card["deals_created"].after) == (18, 30)
    assert (card["deals_won"].before, card["deals_won"].after) == (12, 24)
    assert card["win_rate"].difference == pytest.approx(4 / 5 - 2 / 3)
    assert (card["won_revenue"].before, card["won_revenue"].after) == (1200, 2400)
    assert (card["cac"].before, card["cac"].after) == (10, 20)
    assert "Conversion is of deals that came in during these months" in said(report)
    row = next(line for line in lines(report) if "Win rate" in line)
    assert row.split()[2:8] == ["66.7", "%", "80.0", "%", "+13.3", "pts"] and row.endswith("no evidence")


def test_without_go_live_there_is_one_column() -> None:
    report = Report.of(CRM(deals=company()))
    assert isinstance(report.windows, NoWindows)
    assert report["scorecard"]["win_rate"].value == 52 / 71 and report["scorecard"]["win_rate"].before is None
    assert "before" not in said(report).partition("What is missing")[0]


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


@pytest.mark.parametrize("bad", [0, 1])
def test_rows_without_a_rate_are_not_called_bad_cells(bad: int) -> None:
    rows = company()
    rows["currency"] = ["USD", *["EUR"] * (len(rows["id"]) - 1)]
    rows["created_at"] = [*rows["created_at"][:-1], "31.31.2023"] if bad else rows["created_at"]
    deals = convert(table(rows, Deal, on_error="skip"), {"EUR": 1}, to="EUR", on_missing="skip")
    text = said(Report.of(CRM(deals=deals)))
    assert f"1 of {len(rows['id'])} rows of deals were left out for want of a rate." in text
    assert (f"1 of {len(rows['id'])} rows of deals were left out for bad cells." in text) == bool(bad)
    assert ("bad cells" in text) == bool(bad)


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
    assert "No data with a date" in screen.text_of_report(report)
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
    text = screen.text_of_report(Report.of(CRM(deals=rows)))
    shown = [line.split()[0] for line in text.splitlines() if line.startswith("  m")]
    assert shown == ["m00", "m01", "m02", "m09", "m10", "m11"] and "... 6 more between them" in text
    assert len(Report.of(CRM(deals=rows))["managers"].rows) == 12 * 4, "the data have all of them"


def test_groups_have_before_and_after_the_largest_first() -> None:
    report = Report.of(CRM(deals=company(), **LIVE), by=["manager"])
    rates = {row.group: (row.before, row.after) for row in report["by manager"].rows if row.metric == "win_rate"}
    assert rates == {("Boris",): (0.5, 2 / 3), ("Anna",): (1.0, 1.0)}
    assert "before   after" in screen.text_of_report(report).partition("By manager")[2]


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
    assert "  Anna / won" in screen.text_of_report(report)


def test_rates_of_few_deals_carry_a_mark() -> None:
    report = Report.of(CRM(deals=many_managers({"Anna": (3, 1), "Boris": (30, 3)})), by=["manager"])
    assert "  Anna *" in screen.text_of_report(report) and "Boris *" not in screen.text_of_report(report)
    assert "* fewer than 10 closed deals" in screen.text_of_report(report)


def test_very_many_groups_are_cut_on_the_screen_only() -> None:
    report = Report.of(CRM(deals=company()), by=["customer"])
    assert "... and 31 more groups" in screen.text_of_report(report)
    assert len({row.group for row in report["by customer"].rows}) == 71


def test_cost_of_a_customer_is_told_by_what_spending_has_too() -> None:
    spend = {"at": ["2023-12-31"] * 2, "amount": [100, 300], "channel": ["web", "ads"]}
    crm = CRM(deals=company(channel=["web", "ads", None][0:2] * 35 + ["web"]), spend=spend)
    report = Report.of(crm, by=["channel", "manager", "month(closed_at)"])
    assert "cac" not in report["by month(closed_at)"]
    assert "cac" in report["by channel"] and "cac" not in report["by manager"]


def test_a_section_or_metric_that_is_not_there_is_an_error() -> None:
    report = Report.of(CRM(deals=company()))
    with pytest.raises(WrongValue, match="there is no section 'roi': use one of verdict, scorecard"):
        report["roi"]
    with pytest.raises(UnknownName, match="verdict has no 'cac'"):
        report["verdict"]["cac"]


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
    report = Report.of(CRM(deals=company())).with_section(Section("x", "X"), after="verdict")
    assert [s.name for s in report.sections][:3] == ["verdict", "x", "scorecard"]


def test_change_is_relative_to_what_was_positive() -> None:
    row = Row(metric="m", label="M", unit="money", before=0.0, after=5.0)
    assert row.difference == 5 and math.isnan(row.change or 0.0) and screen.changed(row) == "-"
    assert Row(metric="m", label="M", unit="money", value=1.0).change is None
    assert screen.changed(Row(metric="m", label="M", unit="points", before=10.0, after=22.0)) == "+12.0 points"


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
    assert layout.number(x, unit, currency) == looks


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
    text = screen.text_of_report(Report.of(CRM(deals=rows, currency="RUB"), by=["manager", "manager,region"]))
    assert all(layout.width(line) <= layout.WIDTH for line in text.splitlines())
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in text.replace("\n", ""))
    table = text.partition("By manager ")[2].partition("\n\n")[0].splitlines()
    assert len({layout.width(line) for line in table if line.endswith("d")}) == 1


def test_wide_letters_take_two_columns() -> None:
    assert layout.width("张伟") == 4 and layout.width("e\u0301") == 1
    assert layout.cut("张伟张伟", 7) == "张伟..." and layout.cut("short", 7) == "short"
    assert layout.printable("a\r\nb\u202ec") == "a  bc"


def test_dates_and_ramp_are_on_the_screen() -> None:
    text = screen.text_of_report(Report.of(CRM(deals=company(), **LIVE, name="Romashka\nLtd")))
    assert text.startswith(
        "Romashka Ltd\nData from 2023-01-01 to the end of 2024-07-31; the CRM went live on 2024-01-01\n"
    )
    assert "Before: 2023-07-01 to 2023-12-31. After, without the ramp: 2024-02-01 to 2024-07-31 (6 months)." in text


def test_a_day_is_enough_as_of() -> None:
    crm = CRM(deals=company(), **{**LIVE, "as_of": None}).known_on(dt.date(2024, 3, 31))
    assert Report.of(crm).to_dict()["months"] == 2
