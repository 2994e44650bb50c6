"""Keywords of the sales metrics that mean nothing: refused with the value that was given and the remedy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest
from cases import Call, Case, refused

from crm_metrics import Totals, attach, month, sales, scorecard, summarize, table, totals, where
from crm_metrics.errors import DataError, UnknownName, WrongCall, WrongValue
from crm_metrics.records import Deal, Interaction, Lead, StageChange

NAN = float("nan")
TODAY, MARCH = dt.date(2024, 3, 31), month.period("2024-03")
DEALS = {
    "id": [1, 2, 3],
    "status": ["won", "open", "lost"],
    "amount": [2000, 500, 7],
    "created_at": ["2024-01-01"] * 3,
    "closed_at": ["2024-03-05", None, "2024-01-15"],
    "expected_close": [None, "2024-03-20", None],
    "probability": [None, 0.5, None],
    "customer": ["a", "b", None],
    "manager": ["Anna", "Boris", None],
    "kind": ["new", "upsell", None],
    "lead": [1, None, 2],
}
LEADS = {"id": [1, 2], "created_at": ["2023-12-01"] * 2, "status": ["converted", "junk"]}
LINES = {
    "deal": [1, 1],
    "product": ["car", "insurance"],
    "kind": ["base", "cross_sell"],
    "price": [9, 1],
    "quantity": [1, 1],
}
CHANGES = {"deal": [2], "stage": ["offer"], "at": ["2024-02-01"]}
CALLS = {"started_at": ["2024-03-01 10:00"], "manager": ["Anna"], "deal": [1], "answered": [True]}
DONE = {"kind": ["quote"], "at": ["2024-03-04"], "requested_at": ["2024-03-01"], "manager": ["Anna"], "deal": [1]}
QUOTAS = {"manager": ["Anna"], "start": ["2024-03-01"], "end": ["2024-04-01"], "amount": [1000]}
TEAM = {"name": ["Anna"], "hired_at": ["2020-01-01"]}

# ---------------------------------------------------------------- words of a list

ALL_CALLS = "'all', 'answered', 'linked'"
EXPECTED = "'probability', 'amount'"
WORDS: list[tuple[str, str, Callable[..., Any], str]] = [
    ("win_rate", "weight", lambda x: sales.win_rate(DEALS, weight=x), "'count', 'amount'"),
    ("average_deal_size", "of", lambda x: sales.average_deal_size(DEALS, of=x), "'won', 'open', 'not_lost'"),
    ("loss_rate", "basis", lambda x: sales.loss_rate(DEALS, basis=x), "'closed', 'created'"),
    ("repeat_rate", "counting", lambda x: sales.repeat_rate(DEALS, counting=x), "'deals', 'days'"),
    ("forecast_error", "weight", lambda x: sales.forecast_error(DEALS, DEALS, period=MARCH, weight=x), EXPECTED),
    ("forecast_bias", "weight", lambda x: sales.forecast_bias(DEALS, DEALS, period=MARCH, weight=x), EXPECTED),
    ("lead_conversion_rate", "outcome", lambda x: sales.lead_conversion_rate(LEADS, DEALS, outcome=x), "'deal', 'won'"),
    ("calls_made", "counting", lambda x: sales.calls_made(CALLS, counting=x), ALL_CALLS),
    ("calls_per_sale", "counting", lambda x: sales.calls_per_sale(CALLS, DEALS, counting=x), ALL_CALLS),
    ("wins_per_call", "counting", lambda x: sales.wins_per_call(CALLS, DEALS, counting=x), ALL_CALLS),
]
KINDS: list[tuple[str, Callable[..., Any], str]] = [
    ("addon_deals", lambda x: sales.addon_deals(DEALS, kind=x), "'upsell', 'cross_sell'"),
    ("addon_revenue_share", lambda x: sales.addon_revenue_share(DEALS, kind=x), "'upsell', 'cross_sell'"),
    ("addon_customer_share", lambda x: sales.addon_customer_share(DEALS, kind=x), "'upsell', 'cross_sell'"),
    ("addon_lines", lambda x: sales.addon_lines(LINES, kind=x), "'upsell', 'cross_sell'"),
    ("addon_line_share", lambda x: sales.addon_line_share(LINES, kind=x), "'upsell', 'cross_sell'"),
    ("activities", lambda x: sales.activities(DONE, kind=x), "'call', 'proposal', 'email', 'quote', 'document'"),
    ("activities_per_sale", lambda x: sales.activities_per_sale(DONE, DEALS, kind=x), "'meeting', 'visit'"),
    ("wins_per_activity", lambda x: sales.wins_per_activity(DONE, DEALS, kind=x), "'meeting', 'visit'"),
    ("average_document_time", lambda x: sales.average_document_time(DONE, kind=x), "'quote', 'document'"),
    ("median_document_time", lambda x: sales.median_document_time(DONE, kind=x), "'quote', 'document'"),
    ("activities_per_manager_month",
     lambda x: sales.activities_per_manager_month(DONE, TEAM, period=MARCH, kind=x), "'quote', 'document'"),
]  # fmt: skip


@pytest.mark.parametrize("given", ["x", "", "Amount", 5, NAN, ["count"], True], ids=repr)
@pytest.mark.parametrize(("name", "keyword", "call", "choices"), WORDS, ids=[f"{n}-{k}" for n, k, *_ in WORDS])
def test_a_word_that_is_none_of_the_choices_is_refused_with_them(
    name: str, keyword: str, call: Callable[..., Any], choices: str, given: Any
) -> None:
    said = f"{keyword}={given!r}:" if given == given and given != "" else f"{keyword}="
    refused(lambda: call(given), WrongValue, f"{said} use one of {choices}")


@pytest.mark.parametrize("given", ["upsel", "", 5, NAN, ("upsell", "cross_sell"), False], ids=repr)
@pytest.mark.parametrize(("name", "call", "choices"), KINDS, ids=[k[0] for k in KINDS])
def test_a_kind_that_nothing_is_of_is_refused_with_those_there_are(
    name: str, call: Callable[..., Any], choices: str, given: Any
) -> None:
    refused(lambda: call(given), WrongValue, f"kind= use one of {choices}")
    assert call(None) is not None, "None is all kinds"


@pytest.mark.parametrize("given", [None, "", NAN], ids=repr)
def test_an_empty_word_is_refused_too(given: Any) -> None:
    for _, keyword, call, choices in WORDS:
        refused(lambda call=call: call(given), WrongValue, f"{keyword}= use one of {choices}")


# ---------------------------------------------------------------- days, months, times, amounts

AS_OF: list[tuple[str, Callable[..., Any]]] = [
    ("average_deal_age", lambda x: sales.average_deal_age(DEALS, as_of=x)),
    ("overdue_deals", lambda x: sales.overdue_deals(DEALS, as_of=x)),
    ("stalled_deals", lambda x: sales.stalled_deals(DEALS, CHANGES, as_of=x)),
    ("deals_due_for_return", lambda x: sales.deals_due_for_return(DEALS, as_of=x)),
    ("due_for_return", lambda x: where(DEALS, sales.due_for_return(x))),
    ("win_rate", lambda x: sales.win_rate(DEALS, overdue_at="soon" if x is None else x)),
]


@pytest.mark.parametrize(
    "given", ["soon", "31.03.2024", None, 5, 1.5, NAN, dt.time(12), TODAY - dt.date(2024, 1, 1)], ids=repr
)
@pytest.mark.parametrize(("name", "call"), AS_OF, ids=[n for n, _ in AS_OF])
def test_a_day_that_is_no_day_is_refused_with_an_example(name: str, call: Callable[..., Any], given: Any) -> None:
    refused(
        lambda: call(given), WrongValue, "is not a time: give a date or a datetime, such as datetime.date(2024, 3, 31)"
    )


def test_times_that_are_text_say_which_rows_to_read_first() -> None:
    bare = {"status": ["lost"], "closed_at": ["2024-01-15"]}
    remedy = "not times: read the rows that it comes from first, as in table(rows, Deal)"
    refused(lambda: where(bare, sales.due_for_return(TODAY)), WrongCall, f"closed_at holds labels, {remedy}")
    leads = {"id": ["1", "2"], "created_at": ["2023-12-01"] * 2}
    dated = attach(table(DEALS, Deal), leads, on="lead", lead_at="created_at")
    refused(lambda: sales.average_sales_cycle(dated, start="lead_at"), WrongCall, f"lead_at holds labels, {remedy}")
    assert len(where(table({**bare, "id": [1], "created_at": [None]}, Deal), sales.due_for_return("2024-09-30"))) == 1
    dated = attach(table(DEALS, Deal), table(leads, Lead), on="lead", lead_at="created_at")
    assert sales.average_sales_cycle(dated, start="lead_at") == 95.0


@pytest.mark.parametrize("name", ["average_deal_age", "overdue_deals", "stalled_deals", "deals_due_for_return"])
def test_a_time_with_a_zone_does_not_meet_times_without_one(name: str) -> None:
    at = dt.datetime(2024, 1, 1, 12)
    local = [
        Deal(id=i, created_at=at, closed_at=at, expected_close=at, status=s) for i, s in enumerate(["open", "lost"])
    ]
    rows = [local, [StageChange(deal=1, stage="x", at=at)]][: 1 + (name == "stalled_deals")]
    metric, as_of = getattr(sales, name), dt.datetime(2024, 8, 1, tzinfo=dt.UTC)
    refused(
        lambda: metric(*rows, as_of=as_of),
        WrongValue,
        "times with a zone and times without do not meet: give both a zone",
    )
    assert metric(*rows, as_of=as_of.replace(tzinfo=None)) >= 0


@pytest.mark.parametrize("given", [-1, -0.5, "30", None, True, NAN, float("inf"), 10**7, dt.timedelta(30)], ids=repr)
def test_days_are_a_number_that_is_not_negative(given: Any) -> None:
    refused(lambda: sales.stalled_deals(DEALS, CHANGES, as_of=TODAY, days=given), WrongValue,
            "is not a number of days: give one from 0 to 999,999")  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [(12, 6), (6, 6), (-1, 3), [6, 12], 6, (6,), (6, 12, 18), (6.0, 12), ("6", "12"), (True, 2), (NAN, 6), None],
    ids=repr,
)
def test_months_are_the_least_and_the_most(given: Any) -> None:
    for call in (
        lambda: sales.deals_due_for_return(DEALS, as_of=TODAY, months=given),
        lambda: sales.due_for_return(TODAY, given),
    ):
        refused(call, WrongValue, "months= give the least and the most months since the refusal, (6, 12)")


NO_AMOUNTS = ["x", "1000", "", None, True, NAN, Decimal("NaN"), Decimal("sNaN"), float("inf"), -float("inf")]
NO_AMOUNTS += [Decimal("Infinity"), [1000], (1000,), dt.timedelta(1), 5j]


@pytest.mark.parametrize("given", NO_AMOUNTS, ids=repr)
@pytest.mark.parametrize("name", ["large_deals", "large_deal_share", "large_deal_revenue_share"])
def test_over_is_an_amount(name: str, given: Any) -> None:
    refused(lambda: getattr(sales, name)(DEALS, over=given), WrongValue,
            "over= is not an amount: give one such as 100_000, in major units")  # fmt: skip


@pytest.mark.parametrize(
    "given", [6, 6.0, Decimal(6), Fraction(6), np.int64(6), np.float64(6), np.float32(6)], ids=repr
)
def test_an_amount_is_any_finite_number(given: Any) -> None:
    assert sales.large_deals(DEALS, over=given) == 1 and sales.large_deals(DEALS, over=given - given) == 1
    assert repr(summarize(partial(sales.large_deals, over=given), DEALS)) == "<Totals of Deal: won_over_6>"


def test_a_limit_is_the_number_that_was_written() -> None:
    row = {"status": ["won"], "amount": ["0.10"]}
    assert [sales.large_deals(row, over=x) for x in (0.1, Decimal("0.1"), Fraction(1, 10), Fraction(1, 11))] == [
        0,
        0,
        0,
        1,
    ]
    assert sales.large_deals(DEALS, over=Fraction(1, 3)) == sales.large_deals(DEALS, over=Decimal("1999.999")) == 1


def test_two_limits_have_two_names() -> None:
    limits = (1_234_567, 1_234_568, Fraction(1, 3), Fraction(1, 4), -5, 10**20, Decimal("0.000001"))
    names = ["1234567", "1234568", "1/3", "0.25", "-5", "1" + "0" * 20, "0.000001"]
    made = [summarize(partial(sales.large_deals, over=x), DEALS) for x in limits]
    assert [repr(t) for t in made] == [f"<Totals of Deal: won_over_{name}>" for name in names]


@pytest.mark.parametrize(
    "call",
    [
        lambda: sales.large_deals(DEALS),
        lambda: sales.average_deal_age(DEALS),
        lambda: sales.stalled_deals(DEALS, CHANGES),
        lambda: sales.pipeline_coverage(DEALS, QUOTAS),
        lambda: sales.forecast_error(DEALS, DEALS),
        lambda: sales.manager_months(TEAM),
    ],
    ids=["over", "as_of", "as_of of two", "period", "period of two", "period alone"],
)
def test_what_has_no_default_must_be_given(call: Call) -> None:
    with pytest.raises(TypeError, match=r"needs (over|as_of|period)=: it is \w+\("):
        call()


# ---------------------------------------------------------------- periods

PERIODS: list[tuple[str, Callable[..., Any]]] = [
    ("quota_attainment", lambda x: sales.quota_attainment(DEALS, QUOTAS, period=x)),
    ("managers_at_quota", lambda x: sales.managers_at_quota(DEALS, QUOTAS, period=x)),
    ("pipeline_coverage", lambda x: sales.pipeline_coverage(DEALS, QUOTAS, period=x)),
]
NEEDED: list[tuple[str, Callable[..., Any]]] = [
    ("forecast_error", lambda x: sales.forecast_error(DEALS, DEALS, period=x)),
    ("forecast_bias", lambda x: sales.forecast_bias(DEALS, DEALS, period=x)),
    ("manager_months", lambda x: sales.manager_months(TEAM, period=x)),
    ("wins_per_manager_month", lambda x: sales.wins_per_manager_month(DEALS, TEAM, period=x)),
    ("revenue_per_manager_month", lambda x: sales.revenue_per_manager_month(DEALS, TEAM, period=x)),
    ("activities_per_manager_month", lambda x: sales.activities_per_manager_month(DONE, TEAM, period=x)),
]
NO_PERIODS = ["2024-03", 5, TODAY, month, month("closed_at"), (dt.date(2024, 3, 1), TODAY)]


@pytest.mark.parametrize("given", NO_PERIODS, ids=repr)
@pytest.mark.parametrize(("name", "call"), PERIODS + NEEDED, ids=[n for n, _ in PERIODS + NEEDED])
def test_a_period_that_is_none_is_refused_with_an_example(name: str, call: Callable[..., Any], given: Any) -> None:
    refused(lambda: call(given), WrongCall, "period= give a period such as month('2024-03')")


@pytest.mark.parametrize(("name", "call"), PERIODS[2:] + NEEDED, ids=[n for n, _ in PERIODS[2:] + NEEDED])
def test_no_period_is_refused_where_one_is_needed(name: str, call: Callable[..., Any]) -> None:
    refused(lambda: call(None), WrongCall, "period= give a period such as month('2024-03')")


@pytest.mark.parametrize("end", [dt.datetime(2024, 2, 6), dt.datetime(2024, 2, 6, 0, 0, 1)], ids=str)
def test_a_period_that_begins_at_noon_is_refused_where_whole_days_count(end: dt.datetime) -> None:
    half = type(MARCH)(dt.datetime(2024, 2, 5, 12), end)
    for metric in (sales.quota_attainment, sales.managers_at_quota, sales.pipeline_coverage):
        refused(lambda metric=metric: metric(DEALS, QUOTAS, period=half), WrongValue, "12:00 only whole days dates")
    refused(lambda: sales.manager_months(TEAM, period=half), WrongValue, "12:00 only whole days dates")


# ---------------------------------------------------------------- one by one


CASES: list[Case] = [
    ("months before the calendar", lambda: sales.deals_due_for_return(DEALS, as_of=TODAY, months=(6, 99_999)),
     WrongValue, "99999 months before 2024-03-31 is outside the calendar: give fewer months"),
    ("more months than any calendar has", lambda: sales.deals_due_for_return(DEALS, as_of=TODAY, months=(6, 10**20)),
     WrongValue, "100000000000000000000 months before 2024-03-31 is outside the calendar: give fewer months"),
    ("part of a day of managers",
     lambda: sales.manager_months(TEAM, period=type(MARCH)(dt.datetime(2024, 3, 1, 12), dt.datetime(2024, 4, 1))),
     WrongValue, "the period begins or ends at 2024-03-01 12:00:00: only whole days are counted here, give dates"),
    ("a forecast per what deals lack", lambda: sales.forecast_error(DEALS, DEALS, period=MARCH, per="team"),
     UnknownName, "no 'team'; it has manager"),
    ("a forecast per amount", lambda: sales.forecast_error(DEALS, DEALS, period=MARCH, per="amount"), WrongCall,
     "amount is quantity, not labels: sum per manager, per product"),
    ("a forecast per a number", lambda: sales.forecast_error(DEALS, DEALS, period=MARCH, per=5), WrongCall,
     "per=5: give one field name such as 'manager', or a column function"),
    ("a forecast per a list of fields", lambda: sales.forecast_error(DEALS, DEALS, period=MARCH, per=["manager"]),
     WrongCall, "per=['manager']: give one field name such as 'manager', or a column function"),
    ("a forecast per a month of no time", lambda: sales.forecast_error(DEALS, DEALS, period=MARCH, per=month),
     WrongCall, "say which time: month('created_at')"),
    ("a cycle from what is no time", lambda: sales.average_sales_cycle(DEALS, start="amount"), WrongCall,
     "amount holds no times"),
    ("a cycle from what is not there", lambda: sales.median_sales_cycle(DEALS, start="paid_at"), UnknownName,
     'no \'paid_at\'; add it, columns={"paid_at":'),
    ("overdue without what is expected", lambda: sales.win_rate({"status": ["open"]}, overdue_at=TODAY),
     UnknownName, "no 'expected_close'; it has status: add it"),
    ("answered calls that nobody notes", lambda: sales.calls_made({"started_at": [TODAY]}, counting="answered"),
     UnknownName, "no 'answered'; it has started_at: add it"),
    ("a product that lines lack", lambda: sales.attach_rate({"deal": [1]}, product="car"), UnknownName,
     "no 'product'; it has deal: add it"),
    ("leads by the month of their deals", lambda: sales.lead_conversion_rate(LEADS, DEALS, by="closed_at"), UnknownName,
     "no 'closed_at'"),
    ("a list of products", lambda: sales.attach_rate(LINES, product=["car"]), WrongValue,
     "product=['car'] is not a label: give one text such as product='car'"),
    ("a list to attach to", lambda: sales.attach_rate(LINES, to=["car"]), WrongValue,
     "to=['car'] is not a label: give one text such as to='car'"),
    ("a product without a name", lambda: sales.attach_rate(LINES, product=""), WrongValue, "product='' is not a label"),
    ("a product that is no number", lambda: sales.attach_rate(LINES, product=NAN), WrongValue, "product=nan"),
    ("half a product", lambda: sales.attach_rate(LINES, product=0.5), WrongValue, "product=0.5 is not a label"),
    ("yes and no in words", lambda: sales.lead_conversion_rate(LEADS, DEALS, with_junk="no"), WrongValue,
     "with_junk='no': give True or False"),
    ("yes and no in numbers", lambda: sales.lead_conversion_rate(LEADS, DEALS, with_junk=0), WrongValue,
     "with_junk=0: give True or False"),
    ("a kind where no row has kinds", lambda: sales.activities({"at": [TODAY]}, kind="email"), UnknownName,
     "no 'kind'; it has at: add it"),
    ("coverage by month", lambda: sales.pipeline_coverage(DEALS, QUOTAS, period=MARCH, by=month), WrongCall,
     "by=month: this metric names no time, so say which"),
    ("manager-months by month", lambda: sales.manager_months(TEAM, period=MARCH, by=month), WrongCall,
     "by=month: this metric names no time"),
    ("deals where leads are wanted", lambda: sales.lead_conversion_rate(table(DEALS, Deal), DEALS), WrongCall,
     "expected Lead rows, got a table of Deal"),
    ("activities where calls are wanted", lambda: sales.calls_made([Interaction(at=None, kind="call")]), WrongCall,
     "expected Call records, but row 1"),
    ("grouped totals to look something up in",
     lambda: sales.lead_conversion_rate(LEADS, totals(DEALS, Deal, "manager")), WrongCall,
     "totals of Deal are only looked up here: summarize them without by="),
    ("a quota of figures", lambda: sales.managers_at_quota(Totals.of(Deal, won_amount=5), QUOTAS), UnknownName,
     "these figures are won_amount: need rows"),
    ("parts without the same keyword",
     lambda: sales.large_deals(summarize(partial(sales.large_deals, over=5), DEALS), over=6), UnknownName,
     "these totals hold won_over_5, not won_over_6: name the metric"),
    ("a lead that ends before it begins", lambda: [Lead(id=1, created_at="2024-03-01", converted_at="2024-02-01")],
     DataError, "converted_at is before created_at: correct"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "words"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_a_sales_metric_cannot_do_is_refused_with_what_was_given_and_the_remedy(
    call: Call, error: type[Exception], words: str
) -> None:
    refused(call, error, words)


# ---------------------------------------------------------------- taken as it is meant


def test_a_product_that_is_a_number_is_its_text() -> None:
    """As in every label: 5 is "5"."""
    lines = {**LINES, "product": ["car", 5]}
    for five in (5, "5", 5.0, Decimal(5), np.int64(5)):
        assert sales.attach_rate(lines, product=five, to="car") == 1
        assert sales.attach_rate(lines, product="car", to=five) == 1


def test_numpys_yes_and_no_are_yes_and_no() -> None:
    for yes in (True, np.True_):
        assert sales.lead_conversion_rate(LEADS, DEALS, with_junk=yes) == 1


# ---------------------------------------------------------------- what is not there


def test_data_that_do_not_say_the_kind_are_not_data_of_no_add_ons() -> None:
    deals = {"status": ["won"], "amount": [5], "customer": ["a"]}
    lines = {"deal": [1], "price": [5], "quantity": [1], "product": ["car"]}
    for metric in (sales.addon_deals, sales.addon_revenue_share, sales.addon_customer_share):
        refused(lambda metric=metric: metric(deals), UnknownName, "no 'kind'; it has status")
    for metric in (sales.repeat_revenue_share, sales.renewal_rate):
        refused(lambda metric=metric: metric(deals), UnknownName, "no 'kind'; it has status")
    for metric in (sales.addon_lines, sales.addon_line_share, sales.addon_lift, sales.attach_rate):
        refused(lambda metric=metric: metric(lines), UnknownName, "no 'kind'; it has deal")
    assert sales.attach_rate(lines, product="box", to="car") == 0, "where both are named no kind is asked for"
    note = scorecard(sales.addon_deals, deals=deals)["addon_deals"].note
    assert "no 'kind'" in note or "no kind" in note
