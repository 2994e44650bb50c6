"""Scorecards: the digits of each metric, one pass, and a reason on each row that has no number."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
import json
import math
import sys
from html.parser import HTMLParser
from typing import Any, TypeAlias

import attrs
import pytest
import strategies
from complete import complete
from hypothesis import given, strategies as st

from crm_metrics import (
    CRM,
    DataError,
    Deal,
    Lookup,
    Period,
    Record,
    Spend,
    Table,
    Totals,
    cells as R,
    column,
    day,
    hour,
    marketing,
    metric,
    month,
    presets,
    quarter,
    ratio,
    sales,
    scorecard,
    summarize,
    table,
    totals,
    via,
    weekday,
    where,
)
from crm_metrics._company.windows import NoWindows
from crm_metrics._scorecards.measures import Asked, Entry, OfCompany
from crm_metrics._scorecards.scorecard import Scorecard
from crm_metrics._totals.metric import about, registered
from crm_metrics._values.plain import plain
from crm_metrics._values.presented import Presented
from crm_metrics.columns import opened, won
from crm_metrics.errors import MissingExtra, UnknownName, WrongCall, WrongValue
from crm_metrics.periods.calendars import last_days, previous
from crm_metrics.records.schemas import schema

OURS = [complete(m) for m in registered() if m.__module__.startswith("crm_metrics.")]
Columns: TypeAlias = dict[str, list[Any]]

DEALS: Columns = {
    "id": [1, 2, 3, 4, 5],
    "status": ["won", "lost", "won", "open", "won"],
    "created_at": ["2024-01-05", "2024-01-20", "2024-02-03", "2024-02-20", "2024-02-25"],
    "closed_at": ["2024-02-01", "2024-02-10", "2024-03-01", None, "2024-03-31"],
    "manager": ["Anna", "Anna", "Boris", "Boris", "Boris"],
    "customer": ["a", "b", "c", "d", "e"],
    "amount": [1500, 400, 900, 700, None],
    "cost": [900, None, None, None, None],
    "channel": ["ad", "ad", "web", "web", None],
}
TWO = ["EUR", "EUR", "USD", "EUR", "EUR"]
SPENDING: Columns = {"at": ["2024-01-31", "2024-02-15"], "amount": [600, 300], "channel": ["ad", "web"]}


def without(*names: str, of: Columns = DEALS) -> Columns:
    return {name: cells for name, cells in of.items() if name not in names}


def numbers(card: Scorecard) -> dict[Any, float | None]:
    return {(row.metric, *row.group) if row.group else row.metric: plain(row.value) for row in card}


def why(metrics: Any, *args: Any, **kw: Any) -> str:
    """The note of the one row that has no number."""
    (row,) = scorecard(metrics, *args, **kw)
    assert row.value is not None and math.isnan(row.value)
    return row.note


# ---------------------------------------------------------------- the digits of the metrics


@given(data=st.data())
def test_a_scorecard_has_the_digits_of_each_metric(data: st.DataObject) -> None:
    company = data.draw(strategies.companies((Deal, Spend)))
    by = data.draw(st.sampled_from([None, "channel", ("channel", "campaign"), month, via(LOOKUP, "team")]))
    card = scorecard(OURS, company.rows, by=by)
    for m in (m for m in OURS if about(m).records in ((Deal,), (Spend,), (Spend, Deal))):
        known = m(*company.of(about(m).records), by=by)
        rows = [row for row in card if row.metric == Entry(m).name and (row.group or not by)]
        for row in rows:
            key = row.group if isinstance(by, tuple) else row.group[0] if by else None
            value = known.on((key,))[key] if by else known
            if row.note.startswith("the "):
                assert math.isnan(row.value or 0.0)
            else:
                assert repr(row.value) == repr(value) or (row.value != row.value and value != value), row
        assert not by or {row.group for row in rows} >= {k if isinstance(k, tuple) else (k,) for k in known}


LOOKUP = {"channel": ["Anna", "Boris", "0"], "team": ["North", "South", "South"]}


@given(data=st.data())
def test_a_period_is_read_at_the_time_of_each_metric(data: st.DataObject) -> None:
    """The same as a filter of the rows of each metric by its own field."""
    deals = data.draw(strategies.companies((Deal,))).rows[Deal]
    period = quarter(data.draw(st.sampled_from(["2016Q4", "2017Q1", "2017Q4"])))
    card = scorecard(["deals_created", "deals_won", "won_revenue", "win_rate"], deals=deals, where=period)
    came, closed = (where(deals, **{name: period}) if deals else [] for name in ("created_at", "closed_at"))
    wanted = (sales.deals_created(came), sales.deals_won(closed), sales.won_revenue(closed), sales.win_rate(closed))
    for row, value in zip(card, wanted, strict=True):
        assert row.note.startswith("the ") or plain(row.value) == plain(value)


def test_metrics_are_functions_partials_names_or_entries() -> None:
    nine = functools.partial(sales.sales_cycle_quantile, q=0.9)
    card = scorecard(["win_rate", "sales.deals_won", sales.deals_created, nine, Entry("cac", "Per head")], deals=DEALS)
    assert [row.metric for row in card] == [
        "win_rate",
        "deals_won",
        "deals_created",
        "sales_cycle_quantile(q=0.9)",
        "cac",
    ]
    assert [row.label for row in card][-2:] == ["Sales cycle quantile, q=0.9", "Per head"]
    assert [(row.unit, row.better) for row in card][:2] == [("share", "higher"), ("count", "higher")]
    assert len(scorecard("win_rate", deals=DEALS)) == len(scorecard(sales.win_rate, deals=DEALS)) == 1
    assert len(scorecard(["win_rate", sales.win_rate], deals=DEALS)) == 1, "a metric named twice is one row"


def test_an_entry_may_narrow_the_rows_it_is_about() -> None:
    kinds = DEALS | {"kind": ["new", "new", "upsell", "new", "cross_sell"]}
    more = Entry(sales.deals_won, where={"kind": ["upsell", "cross_sell"]})
    card = scorecard([more, sales.deals_won], deals=kinds, where={"manager": "Boris"})
    assert numbers(card) == {"deals_won(kind upsell or cross_sell)": 2, "deals_won": 2}
    assert card.rows[0].label == "Deals won, kind upsell or cross_sell"
    assert why([more], deals=DEALS) == "the deals have no kind"


def test_a_report_reads_narrowed_entries_as_a_scorecard_does() -> None:
    kinds = DEALS | {"kind": ["new", "new", "upsell", "new", "cross_sell"]}
    more = Entry(sales.deals_won, "More", {"kind": "upsell"})
    rows = Asked(CRM(deals=kinds)).rows([more, Entry(sales.deals_won, "All")])
    assert [(row.label, row.value) for row in rows] == [("More", 1), ("All", 3)]


# ---------------------------------------------------------------- the tables


def test_tables_come_by_name_by_record_or_as_a_company() -> None:
    crm = CRM(deals=DEALS, spend=SPENDING)
    wanted = numbers(scorecard(["cac", "win_rate"], crm))
    assert wanted == {"cac": 300.0, "win_rate": 0.75}
    assert numbers(scorecard(["cac", "win_rate"], deals=DEALS, spend=SPENDING)) == wanted
    assert numbers(scorecard(["cac", "win_rate"], {Deal: table(DEALS, Deal), "spend": SPENDING})) == wanted
    assert numbers(scorecard(["win_rate"], {Deal: DEALS, Spend: None})) == {"win_rate": 0.75}


def test_rows_of_any_record_can_be_given() -> None:
    @attrs.frozen(kw_only=True)
    class Survey(Record):
        score: Any = attrs.field(converter=R.number)
        manager: str | None = attrs.field(default=None, converter=R.text)

    @metric(Survey, unit="points", better="higher")
    def score(rows: Any, *, by: Any = None) -> Any:
        """Mean score."""
        return totals(rows, Survey, by).mean("score")

    card = scorecard(
        [score, "win_rate"], {Survey: {"score": [9, 4], "manager": ["Anna", "Boris"]}, Deal: DEALS}, by="manager"
    )
    assert numbers(card) == {
        ("score", "Anna"): 9,
        ("score", "Boris"): 4,
        ("win_rate", "Anna"): 0.5,
        ("win_rate", "Boris"): 1,
    }
    assert why([score], deals=DEALS) == "there are no rows of Survey"


def test_a_subclass_of_a_record_serves_its_metrics() -> None:
    @attrs.frozen(kw_only=True)
    class Sale(Deal):
        colour: str | None = attrs.field(default=None, converter=R.text)

    rows = [Sale(id=1, created_at="2024-01-05", status="won", closed_at="2024-02-01", colour="red")]
    assert numbers(scorecard(["deals_won"], {Sale: rows}, by="colour")) == {("deals_won", "red"): 1}


def test_totals_take_the_place_of_rows() -> None:
    paper = Totals.of(Deal, won=23, created=150)
    card = scorecard(["conversion_rate", "win_rate"], deals=paper)
    assert card["conversion_rate"].value == 23 / 150
    assert card["win_rate"].note == "these figures are won, created, and closed is needed"
    kept = summarize([sales.win_rate, sales.won_revenue], DEALS, by="manager")
    card = scorecard(["win_rate", "won_revenue", "spend_total"], {Deal: kept, Spend: SPENDING})
    assert card.by == ("manager",) and card["win_rate", "Anna"].value == 0.5
    assert card["won_revenue", "Boris"].note == "1 of 2 won deals have no amount"
    assert card["spend_total", "Anna"].note == "it is not in groups"
    both = summarize([sales.win_rate], DEALS, by=("manager", "channel"))
    assert scorecard(["win_rate"], deals=both)["win_rate", "Boris", "web"].value == 1
    assert why(["win_rate"], deals=kept, where={"manager": "Anna"}) == "totals have no rows left to pick from"
    with pytest.raises(WrongCall, match="totals are grouped already"):
        scorecard(["win_rate"], deals=kept, by="manager")


def test_totals_that_were_given_are_left_as_they_were() -> None:
    t = totals(DEALS, Deal)
    sales.win_rate(t)
    before = dict(t.asked)
    scorecard(["won_revenue"], deals=t)
    assert t.asked == before


class Counted(Table[Any]):
    """A table that counts how often rows are picked from it."""

    picked = 0

    def take(self, rows: Any) -> Any:
        Counted.picked += 1
        return super().take(rows)


def test_what_several_metrics_need_is_made_once() -> None:
    made = table(DEALS, Deal)

    def picked(metrics: list[str]) -> int:
        deals = Counted(Deal, made._raws, len(made))
        Counted.picked = 0
        scorecard(metrics, deals=deals)
        return Counted.picked

    alone = picked(["average_deal_size"])
    assert alone > 0
    assert picked(["average_deal_size", "won_revenue", "median_deal_size", "deals_won"]) == alone


# ---------------------------------------------------------------- which rows


def test_periods_conditions_and_values_pick_rows() -> None:
    both = ["deals_created", "deals_won"]
    assert numbers(scorecard(both, deals=DEALS, where=month("2024-03"))) == {"deals_created": 0, "deals_won": 2}
    assert numbers(scorecard(both, deals=DEALS, where={"manager": "Boris"})) == {"deals_created": 3, "deals_won": 2}
    assert numbers(scorecard(both, deals=DEALS, where=won)) == {"deals_created": 3, "deals_won": 3}
    parts = [month("2024-02"), {"manager": ["Anna", "Vera"]}, lambda d: d.amount > 1000]
    card = scorecard(both, deals=DEALS, where=parts)
    assert numbers(card) == {"deals_created": 0, "deals_won": 1}
    assert card.where == "2024-02-01 to 2024-02-29, a condition, manager Anna or Vera"
    named = scorecard(both, deals=DEALS, where={"created_at": month("2024-01"), "channel": "ad"})
    assert (
        numbers(named) == {"deals_created": 2, "deals_won": 1} and "created_at 2024-01-01 to 2024-01-31" in named.where
    )
    assert scorecard(both, deals=DEALS, where={"channel": None}).where == "channel none"
    assert scorecard(both, deals=DEALS, where=opened & ~won).where == "_and_".join(["opened", "not_won"])


def test_periods_from_as_of_are_half_open() -> None:
    day = dt.date(2024, 3, 31)
    card = scorecard(["deals_won"], deals=DEALS, where=last_days(30, day))
    assert card["deals_won"].value == 1 and card.where == "2024-03-02 to 2024-03-31"
    assert scorecard(["deals_won"], deals=DEALS, where=previous(month, day))["deals_won"].value == 1
    assert scorecard(["deals_won"], deals=DEALS, where=last_days(1, day)).where == "2024-03-31"
    hours = Period(dt.datetime(2024, 3, 1), dt.datetime(2024, 3, 1, 12))
    assert (
        scorecard(["deals_won"], deals=DEALS, where=hours).where == "from 2024-03-01 00:00:00 until 2024-03-01 12:00:00"
    )


def test_a_metric_whose_rows_cannot_be_picked_is_not_shown_for_all_of_them() -> None:
    card = scorecard(["spend_total", "cac", "deals_won"], deals=DEALS, spend=SPENDING, where={"manager": "Anna"})
    assert numbers(card) == {"spend_total": None, "cac": None, "deals_won": 1}
    assert card["cac"].note == card["spend_total"].note == "the rows of spend have no manager"
    card = scorecard(["spend_total", "deals_won"], deals=DEALS, spend=SPENDING, where=won)
    assert card["spend_total"].note == "this Spend table has no 'status'" and card["deals_won"].value == 3
    empty = DEALS | {"manager": [None] * 5}
    assert why(["deals_won"], deals=empty, where={"manager": "Anna"}) == "the deals have no manager"
    assert scorecard(["deals_won"], deals=empty, where={"manager": None})["deals_won"].value == 3


@pytest.mark.parametrize("what", [month, 5, "won", [month("2024-01"), 5]])
def test_what_picks_no_rows_is_refused(what: Any) -> None:
    with pytest.raises(WrongCall, match=r"where=.*: give a period such as month\(\"2024-03\"\), a condition"):
        scorecard(["win_rate"], deals=DEALS, where=what)


def test_two_periods_are_refused() -> None:
    with pytest.raises(WrongValue, match="where= has two periods"):
        scorecard(["win_rate"], deals=DEALS, where=[month("2024-01"), month("2024-02")])


# ---------------------------------------------------------------- by group


def test_every_metric_has_every_group() -> None:
    card = scorecard(["deals_won", "spend_total", "win_rate"], deals=DEALS, spend=SPENDING, by="channel")
    assert list(numbers(card).items()) == [
        (("deals_won", "ad"), 1),
        (("deals_won", "web"), 1),
        (("deals_won", None), 1),
        (("spend_total", "ad"), 600),
        (("spend_total", "web"), 300),
        (("spend_total", None), 0),
        (("win_rate", "ad"), 0.5),
        (("win_rate", "web"), 1),
        (("win_rate", None), 1),
    ]


def test_a_key_that_one_table_lacks_is_a_note_on_its_rows() -> None:
    card = scorecard(["deals_won", "cac"], deals=DEALS, spend=SPENDING, by="manager")
    assert card["deals_won", "Boris"].value == 2
    assert [row.note for row in card if row.metric == "cac"] == ["the rows of spend have no manager"] * 2
    assert why(["win_rate"], spend=SPENDING, by="manager") == "there are no deals", "manager is a field of deals"
    assert why(["win_rate"], deals=without("manager"), by="manager") == "the deals have no manager"
    by_team = scorecard(["deals_won", "spend_total"], deals=DEALS, spend=SPENDING, by=via(TEAMS, "team", "manager"))
    assert by_team["spend_total", "North"].note == "this Spend table has no 'manager'"


TEAMS = {"manager": ["Anna", "Boris"], "team": ["North", "South"]}


def test_keys_may_be_text_and_columns_of_the_lookups_of_a_company() -> None:
    crm = CRM(deals=DEALS, lookups=[Lookup(TEAMS, "manager")])
    assert numbers(scorecard(["deals_won"], crm, by="team")) == {("deals_won", "North"): 1, ("deals_won", "South"): 2}
    assert ("deals_won", "North", "2024-02") in numbers(scorecard(["deals_won"], crm, by="team, month"))
    card = scorecard(["deals_won"], deals=DEALS, by=["manager", "month(created_at)"])
    assert card.by == ("manager", "month") and card["deals_won", "Anna", "2024-01"].value == 1
    assert scorecard(["deals_won"], deals=DEALS, by="month")["deals_won", "2024-03"].value == 2
    for company, extra in ((crm, {}), (None, {"deals": DEALS})):
        with pytest.raises(UnknownName, match="there is nothing called 'manger' to group by: did you mean 'manager'"):
            scorecard(["deals_won"], company, by="manger", **extra)


def test_before_and_after_stand_in_this_order() -> None:
    rows: Columns = {"created_at": [f"2023-{m:02}-01" for m in range(1, 13)], "status": ["open"] * 12}
    windows = CRM(deals=rows, go_live="2023-07-01", as_of="2023-12-31").windows()
    card = scorecard(["deals_created"], deals=rows, by=windows)
    assert numbers(card) == {("deals_created", "before"): 6, ("deals_created", "after"): 6}
    assert [row.group for row in card] == [("before",), ("after",)] and card.by == ("window",)
    with pytest.raises(WrongValue, match="there is no before and after: no deal has a date"):
        scorecard(["deals_created"], deals=rows, by=NoWindows("no deal has a date"))


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize(
    ("name", "deals", "note"),
    [
        ("win_rate", None, "there are no deals"),
        ("spend_total", DEALS, "there are no rows of spend"),
        ("won_revenue", without("amount"), "the deals have no amount"),
        ("gross_profit", without("amount", "cost"), "the deals have no amount and no cost"),
        ("won_revenue", DEALS | {"amount": [None] * 5}, "the won deals have no amount"),
        ("won_revenue", DEALS | {"amount": [None, 5, None, 5, None]}, "the won deals have no amount"),
        ("gross_profit", DEALS | {"cost": [None] * 5}, "the won deals have no cost"),
        ("average_sales_cycle", DEALS | {"created_at": [None] * 5}, "the won deals have no created_at"),
        ("open_pipeline", DEALS | {"amount": [5, 5, 5, None, 5]}, "the open deals have no amount"),
        ("won_revenue", DEALS | {"currency": TWO}, "EUR and USD do not add, except by currency"),
    ],
)  # fmt: skip
def test_what_a_metric_lacks_is_said_and_nothing_is_invented(name: str, deals: Any, note: str) -> None:
    assert why([name], {Deal: deals, Spend: SPENDING if deals is None else None}) == note
    card = scorecard([name, "deals_created"], {Deal: deals, Spend: SPENDING if deals is None else None})
    assert numbers(card) == {name: None, "deals_created": None if deals is None else 5}


def test_rows_that_a_sum_left_out_are_counted_on_its_row() -> None:
    card = scorecard(["won_revenue", "gross_profit", "win_rate", "median_deal_size"], deals=DEALS)
    assert card["won_revenue"].value == 2400 and card["won_revenue"].note == "1 of 3 won deals have no amount"
    assert card["gross_profit"].value == 600
    assert card["gross_profit"].note == "2 of 3 won deals have no amount or cost"
    assert card["win_rate"].note == "" and card["median_deal_size"].note == card["won_revenue"].note
    by_manager = scorecard(["won_revenue", "gross_profit"], deals=DEALS, by="manager")
    assert by_manager["won_revenue", "Anna"].note == "" and by_manager["gross_profit", "Anna"].value == 600
    assert by_manager["won_revenue", "Boris"].note == "1 of 2 won deals have no amount"
    assert by_manager["gross_profit", "Boris"].note == "the won deals have no cost"
    assert plain(by_manager["gross_profit", "Boris"].value) is None, "not 0: what they cost is not known"


def test_sums_of_nothing_are_zero_and_ratios_of_nothing_undefined_without_a_note() -> None:
    card = scorecard(["won_revenue", "deals_won", "win_rate"], deals={name: [] for name in DEALS})
    assert numbers(card) == {"won_revenue": 0, "deals_won": 0, "win_rate": None}
    assert [row.note for row in card] == ["", "", ""]


def test_a_period_needs_the_time_that_a_metric_names() -> None:
    asked = ["deals_won", "deals_created"]
    card = scorecard(asked, deals=without("created_at"), where=month("2024-03"))
    assert card["deals_won"].value == 2 and card["deals_created"].note == "the deals have no created_at"
    undated = DEALS | {"closed_at": [None, "2024-02-10", "2024-03-01", None, None], "status": [*DEALS["status"]]}
    card = scorecard(asked, deals=undated, where=month("2024-03"))
    assert card["deals_won"].value == 1 and card["deals_won"].note == "2 of 3 won deals have no closed_at"
    none = DEALS | {"closed_at": [None] * 5}
    assert why(["deals_won"], deals=none, where=month("2024-03")) == "the won deals have no closed_at"
    assert scorecard(["deals_won"], deals=none, by=month).rows[0].note == "the won deals have no closed_at"
    assert scorecard(["deals_won"], deals=undated, by=month)["deals_won", None].value == 2


def test_a_metric_that_names_no_time_has_no_periods() -> None:
    @metric(Deal, unit="share")
    def large(deals: Any, *, by: Any = None) -> Any:
        """Share of large deals."""
        t = totals(deals, Deal, by)
        return ratio(t.count(_large), t.count())

    assert scorecard([large], deals=DEALS)["large"].value == 0.2
    for kw in ({"where": month("2024-03")}, {"by": month}):
        assert why([large], deals=DEALS, **kw) == "it names no time, so it has no periods"


@column
def _large(d: Any) -> Any:
    return d.amount > 1000


@pytest.mark.parametrize("forecast", [sales.forecast_bias, sales.forecast_error])
def test_a_forecast_is_not_judged_by_the_deals_that_it_is_compared_with(forecast: Any) -> None:
    """A company has one table of deals: what was won has no expectation any more, and a miss of 95 % came out."""
    open_then = DEALS | {"expected_close": ["2024-03-10"] * 5, "probability": [0.5] * 5}
    march = functools.partial(forecast, period=month("2024-03"))
    call = f"{forecast.__name__}(snapshot, deals, period=...)"
    says = f"it reads Deal twice, and a company has one table of them: call {call}"
    assert why([forecast], CRM(deals=open_then)) == says, "with a period it would read no more"
    assert why([march], CRM(deals=open_then)) == why([march], deals=open_then) == says
    assert why([march], deals=totals(open_then, Deal)) == says
    kept = summarize(march, open_then, open_then, by="manager")
    assert march(*kept) == march(open_then, open_then, by="manager"), "rows that are given twice are two"


@pytest.mark.parametrize(
    ("by", "unit", "cut"),
    [
        (month, "month", month),
        ("month", "month", month),
        (("manager", quarter), "quarter", quarter),
        (weekday, "weekday", day),
        (hour, "hour", None),
    ],
)
def test_quotas_of_several_months_are_no_number_of_one(by: Any, unit: str, cut: Any) -> None:
    plan = {"manager": ["Anna"], "start": ["2024-01-01"], "end": ["2024-08-01"], "amount": [900]}
    deals = DEALS | {"amount": [1500, 400, 900, 700, 100]}
    asked = ["quota_attainment", "managers_at_quota", "deals_won"]
    card = scorecard(asked, deals=deals, quotas=plan, by=by)
    notes = {row.metric: row.note for row in card}
    assert notes["quota_attainment"] == notes["managers_at_quota"] and not notes["deals_won"]
    assert notes["quota_attainment"].startswith(f"1 quota reaches over several {unit}s")
    if cut is not None:
        assert f", give prorated(quotas, {cut.unit}), " in notes["quota_attainment"]
        card = scorecard(asked, deals=deals, quotas=sales.prorated(plan, cut), by=by)
        assert not any(row.note for row in card) and any(row.value for row in card if row.metric == "quota_attainment")


def test_a_condition_of_ones_own_is_named_or_called_chosen() -> None:
    def amounts(where: Any) -> Any:
        @metric(Deal, unit="money")
        def some(deals: Any, *, by: Any = None) -> Any:
            """A sum."""
            return totals(deals, Deal, by).sum("amount", where=where)

        return some

    rows = {"amount": [None, 5], "status": ["lost", "won"], "manager": ["Anna", "Boris"]}
    assert why([amounts(lambda d: d.status == "lost")], deals=rows) == "the chosen deals have no amount"
    assert scorecard([amounts(None)], deals=rows).rows[0].note == "1 of 2 deals have no amount"


@given(data=st.data())
def test_no_metric_of_many_is_an_exception(data: st.DataObject) -> None:
    """Whatever tables and columns there are: a number, or no number and why."""
    company = data.draw(strategies.companies((Deal, Spend), strategies.WORLDS | strategies.MIXED_WORLDS))
    tables: dict[type[Record], Columns] = {}
    for record, rows in company.rows.items():
        names = data.draw(st.sets(st.sampled_from(sorted(schema(record))))) | {"currency", "id"} & {*schema(record)}
        tables[record] = {name: [getattr(row, name) for row in rows] for name in sorted(names)}
    by = data.draw(
        st.sampled_from([None, "channel", "manager", "month", ("kind", month), "currency", via(LOOKUP, "team")])
    )
    part = data.draw(
        st.sampled_from([None, quarter("2017Q1"), won, {"channel": "Anna"}, [{"kind": None}, month("2017-11")]])
    )
    card = scorecard([*OURS, *presets.amo_six], tables, by=by, where=part)
    json.loads(card.to_json())
    assert str(card) and card._repr_html_() and card.to_csv()
    for row in card:
        assert row.value is not None and not math.isinf(row.value)
        assert row.value == row.value or row.note or row.unit != "count", "a count is a number, or there is a reason"


def test_bad_cells_and_wrong_keywords_are_raised() -> None:
    with pytest.raises(DataError, match="1 bad cell in"):
        scorecard(["win_rate", "won_revenue"], deals=DEALS | {"amount": ["1", "2", "x", "4", "5"]})
    with pytest.raises(WrongValue, match="basis='all'"):
        scorecard([functools.partial(marketing.cac, basis="all")], deals=DEALS, spend=SPENDING)
    with pytest.raises(WrongCall, match="by='amount' is a quantity"):
        scorecard(["win_rate"], deals=DEALS, by="amount")


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: scorecard(["win_rat"], deals=DEALS), UnknownName, "did you mean 'win_rate'"),
        (lambda: scorecard([len], deals=DEALS), UnknownName, "is not a metric: register it"),
        (lambda: scorecard([], deals=DEALS), WrongCall, "scorecard takes a list of metrics"),
        (lambda: scorecard(5, deals=DEALS), WrongCall, "a list of metrics, of their names, or a preset"),
        (lambda: scorecard(["win_rate"]), WrongCall, "expected a CRM or tables by record"),
        (lambda: scorecard(["win_rate"], table(DEALS, Deal)), WrongCall, r"deals=rows\), got <Table"),
        (lambda: scorecard(["win_rate"], {}), WrongCall, "expected a CRM or tables by record"),
        (lambda: scorecard(["win_rate"], DEALS), UnknownName, "there is no table 'id'"),
        (lambda: scorecard(["win_rate"], deal=DEALS), UnknownName, "there is no table 'deal': did you mean 'deals'"),
        (lambda: scorecard(["win_rate"], CRM(deals=DEALS), spend=SPENDING), WrongCall, "not both"),
        (lambda: scorecard(["win_rate"], deals=DEALS)["win_rat"], UnknownName, "did you mean 'win_rate'"),
        (lambda: scorecard(["win_rate"], deals=DEALS)["win_rate", "Anna"], UnknownName, "win_rate has no group"),
    ],
)  # fmt: skip
def test_wrong_calls_are_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


# ---------------------------------------------------------------- numbers of the company


def test_a_number_of_the_company_has_no_groups_and_no_parts() -> None:
    size = OfCompany("size", "Size", "count", lambda crm: (len(crm.deals), "of all deals"))
    crm = CRM(deals=DEALS)
    row = scorecard([size], crm).rows[0]
    assert (row.value, row.note, row.metric, row.label) == (5, "of all deals", "size", "Size")
    assert why([size], deals=DEALS).startswith("it is asked of a CRM(")
    assert why([size], crm, where=won) == "it is one number of the whole company"
    card = scorecard([size, "deals_won"], crm, by="manager")
    assert card["size", "Anna"].note == "it is one number of the whole company" and card["deals_won", "Anna"].value == 1

    def refuse(crm: CRM) -> tuple[float, str]:
        raise WrongValue("nothing to compare: give go_live=")

    assert why([OfCompany("x", "X", "share", refuse)], crm) == "nothing to compare: give go_live="


# ---------------------------------------------------------------- as data


CARD = ["win_rate", "won_revenue", "average_deal_size", "cac"]


def test_a_scorecard_is_plain_data_with_null_where_undefined() -> None:
    data = json.loads(scorecard(CARD, CRM(deals=DEALS, currency="EUR"), by="manager").to_json())
    assert data["by"] == ["manager"] and data["where"] is None
    assert data["rows"][0] == {
        "metric": "win_rate",
        "label": "Win rate",
        "unit": "share",
        "better": "higher",
        "currency": "",
        "manager": "Anna",
        "value": 0.5,
        "note": "",
    }
    assert {row["metric"]: row["value"] for row in data["rows"]}["cac"] is None
    assert {row["currency"] for row in data["rows"] if row["metric"] in ("won_revenue", "average_deal_size")} == {"EUR"}
    assert json.loads(scorecard(CARD, deals=DEALS, where=won).to_json())["where"] == "won"


def test_csv_has_a_line_for_each_number_and_nothing_where_undefined() -> None:
    text = scorecard(["win_rate", "cac"], deals=DEALS, by="manager").to_csv()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["metric"], row["manager"], row["value"]) for row in rows] == [
        ("win_rate", "Anna", "0.5"),
        ("win_rate", "Boris", "1.0"),
        ("cac", "Anna", ""),
        ("cac", "Boris", ""),
    ]
    assert rows[2]["note"] == "there are no rows of spend"


@given(data=st.data())
def test_csv_and_json_hold_every_digit(data: st.DataObject) -> None:
    company = data.draw(strategies.companies((Deal, Spend)))
    card = scorecard(OURS, company.rows, by=("channel", "campaign"))
    columns = card.to_columns()
    assert json.loads(card.to_json())["rows"] == [
        dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
    ]
    found = [float(row["value"]) if row["value"] else None for row in csv.DictReader(io.StringIO(card.to_csv()))]
    assert found == columns["value"] == [plain(row.value) for row in card]


def test_columns_keep_their_names_where_keys_have_the_same() -> None:
    money = DEALS | {"currency": ["EUR", "EUR", "USD", "USD", "EUR"], "note": list("abcde")}
    card = scorecard(["won_revenue"], deals=money, by=["currency", "note", "month(created_at)", "month(closed_at)"])
    assert list(card.to_columns())[4:] == ["currency", "by_currency", "by_note", "month", "month_2", "value", "note"]
    by_currency = scorecard(["won_revenue", "average_deal_size"], deals=money, by="currency")
    assert [row.currency for row in by_currency] == ["EUR", "USD"] * 2 and by_currency[
        "won_revenue", "USD"
    ].value == 900


def test_frames_have_the_columns() -> None:
    card = scorecard(CARD, deals=DEALS, by="manager")
    pandas = pytest.importorskip("pandas")
    frame = card.to_pandas()
    assert list(frame.columns) == list(card.to_columns()) and frame["value"].isna().sum() == 2
    assert isinstance(frame, pandas.DataFrame) and frame["value"].dtype == float
    polars = pytest.importorskip("polars")
    assert card.to_polars()["value"].null_count() == 2 and isinstance(card.to_polars(), polars.DataFrame)


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_a_frame_library_that_is_not_installed_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=f"this needs {name}: pip install {name}"):
        getattr(scorecard(CARD, deals=DEALS), f"to_{name}")()


# ---------------------------------------------------------------- as people see it


def test_numbers_are_written_by_their_unit() -> None:
    text = str(scorecard([*CARD, "average_sales_cycle"], CRM(deals=DEALS, currency="EUR")))
    assert text.splitlines() == [
        "Win rate                 75.0 %",
        "Won revenue           2,400 EUR",
        "Average deal size     1,200 EUR",
        "CAC                           -",
        "Average sales cycle      29.7 d",
        "  Won revenue, Average deal size: 1 of 3 won deals have no amount",
        "  CAC: there are no rows of spend",
    ]
    assert repr(scorecard(CARD, deals=DEALS)) == str(scorecard(CARD, deals=DEALS))


def test_groups_are_lines_and_a_metric_without_any_number_is_a_note_alone() -> None:
    card = scorecard([*CARD, "gross_profit"], CRM(deals=DEALS, currency="EUR"), by="manager", where=won)
    assert str(card).splitlines() == [
        "won, money in EUR",
        "manager   Win rate   Won revenue   Average deal size   Gross profit",
        "Anna       100.0 %         1,500               1,500            600",
        "Boris      100.0 %           900                 900              -",
        "  Won revenue (Boris), Average deal size (Boris): 1 of 2 won deals have no amount",
        "  CAC: there are no rows of spend",
        "  Gross profit (Boris): the won deals have no cost",
    ]
    assert str(scorecard(["cac"], deals=DEALS, by="manager")) == "  CAC: there are no rows of spend"


def test_several_currencies_are_each_written() -> None:
    money = DEALS | {"currency": ["EUR", "EUR", "USD", "USD", "EUR"]}
    text = str(scorecard(["won_revenue", "win_rate"], deals=money, by="currency"))
    assert "1,500 EUR" in text and "900 USD" in text and "money in" not in text


def test_wide_scorecards_go_on_below_and_long_ones_say_how_much_is_left() -> None:
    many: Columns = {
        "id": list(range(60)),
        "status": ["won"] * 60,
        "manager": [f"manager number {i:02}" for i in range(60)],
    }
    text = str(scorecard([m for m in OURS if about(m).records == (Deal,)], deals=DEALS, by="manager"))
    assert max(map(len, text.splitlines())) <= 100 and text.count("Anna") > 1
    long = scorecard(["win_rate"], deals=many, by="manager")
    assert "... and 20 more rows" in str(long) and "manager number 40" not in str(long)
    assert "... and 20 more rows" in long._repr_html_() and len(long.to_columns()["value"]) == 60
    assert "Sales cycle" in str(
        scorecard([Entry("average_sales_cycle", "Sales cycle, from the day a deal came in")], deals=DEALS, by="manager")
    )


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert not attrs
        self.seen.append(tag)


def test_html_escapes_what_comes_from_the_data() -> None:
    evil = "<script>alert('&')</script>"
    deals = DEALS | {"manager": [evil] * 5, "<b>": list("abcde")}
    card = scorecard(
        [Entry("win_rate", "<i>Win</i>"), "cac"], deals=deals, by=["manager", "<b>"], where={"manager": evil}
    )
    page = card._repr_html_()
    assert "&lt;script&gt;" in page and "&lt;i&gt;" in page and "&lt;b&gt;" in page
    tags = Tags()
    tags.feed(page)
    assert set(tags.seen) == {"table", "caption", "tr", "th", "td", "p"}
    plain_tags = Tags()
    plain_tags.feed(scorecard(["win_rate"], deals=DEALS)._repr_html_())
    assert plain_tags.seen == ["table", "tr", "td", "td"]


def test_a_table_of_ones_own_says_its_columns_and_how_it_looks() -> None:
    bare = Presented()
    assert bare.about() == {}
    for call in (bare.to_dict, bare.to_json, bare.to_csv, bare._repr_html_, bare.__str__):
        with pytest.raises(NotImplementedError):
            call()


def test_labels_of_the_data_cannot_break_the_lines() -> None:
    text = str(
        scorecard(
            ["deals_won"],
            deals=DEALS | {"manager": ["A\nB\u202e", "A\nB\u202e", "C" * 90, "C" * 90, "C" * 90]},
            by="manager",
        )
    )
    assert len(text.splitlines()) == 3 and "\u202e" not in text and "C" * 31 not in text


def test_a_label_that_reads_like_no_label_is_told_from_it() -> None:
    deals = {"status": ["won", "lost", "won"], "manager": ["(none)", None, '"(none)"']}
    card = scorecard("win_rate", deals=deals, by="manager")
    lines = [line.split()[0] for line in str(card).splitlines()[1:]]
    assert sorted(lines) == ['""(none)""', '"(none)"', "(none)"] and str(card).splitlines()[-1].startswith("(none)")


def test_a_table_of_results_goes_to_arrow_and_to_html() -> None:
    deals = {"status": ["won", "lost", "won"], "manager": ["<b>", None, "Boris"], "amount": [5, 0, 7]}
    card = scorecard(["win_rate", "won_revenue"], deals=deals, by="manager")
    assert card.to_arrow().to_pydict() == card.to_columns()
    assert card.to_html() == card._repr_html_() and "&lt;b&gt;" in card.to_html()
    flags = scorecard("win_rate", deals=deals, by=lambda d: d.manager.missing)
    assert flags.to_arrow().num_rows == len(flags)


def test_labels_of_several_kinds_are_text_in_arrow() -> None:
    class Mixed(Presented):
        def to_columns(self) -> dict[str, list[Any]]:
            return {"label": [1, "a", None], "value": [1, 0.5, None]}

    assert Mixed().to_arrow().to_pydict() == {"label": ["1", "a", None], "value": [1.0, 0.5, None]}
