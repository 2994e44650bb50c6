"""Wrong calls are told in our words: what was given, what is nearest, and what the function takes."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import crm_metrics
from crm_metrics import (
    Deal,
    change,
    evaluate,
    explain,
    fair,
    interval,
    marketing,
    roi,
    sales,
    scorecard,
    summarize,
    table,
)
from crm_metrics._totals.metric import registered, tables, tabular
from crm_metrics.errors import CrmError, WrongCall

DEALS = {"status": ["won", "lost"], "created_at": ["2024-01-01"] * 2}
ALL = [*registered(), *tables()]
each = pytest.mark.parametrize("function", ALL, ids=lambda m: m.about.name)


def said(call: Any) -> str:
    with pytest.raises(WrongCall) as caught:
        call()
    assert type(caught.value) is WrongCall and caught.value.__context__ is None
    return str(caught.value)


@each
def test_every_metric_names_itself_and_what_it_takes(function: Any) -> None:
    name = function.about.name
    own = [*inspect.signature(function).parameters]
    for message in (said(function), said(lambda: function(*[DEALS] * (len(own) + 1)))):
        assert message.startswith(f"{name} ") and all(k in message for k in own)
    last = own[-1]
    near = said(lambda: function(**{f"{last}e": 1}))
    assert near.startswith(f"{name} has no keyword '{last}e': did you mean '{last}'? It is {name}({own[0]}")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sales.win_rate(DEALS, bye="manager"), "win_rate has no keyword 'bye': did you mean 'by'? It is "),
        (lambda: sales.win_rate(rows=DEALS), "win_rate has no keyword 'rows': it is win_rate(deals, "),
        (lambda: sales.win_rate(DEALS, "manager"), "win_rate takes deals and names for all else, and got 2 without"),
        (lambda: sales.win_rate(DEALS, deals=DEALS), "win_rate is given deals twice, by its place and by its name"),
        (lambda: marketing.cac(DEALS), "cac needs deals: it is cac(spend, deals, basis=, by=)"),
        (lambda: sales.win_rate_by(DEALS), "win_rate_by needs days= and as_of=: it is win_rate_by(deals, days=, as_"),
        (lambda: interval(sales.win_rate, DEALS, bye="manager"), "interval has no keyword 'bye': did you mean 'by'?"),
        (lambda: interval(sales.win_rate, deals=DEALS), "interval has no keyword 'deals': it is interval(metric, *row"),
        (lambda: change(sales.win_rate, DEALS), "change needs after: it is change(metric, before, after, by=, unit="),
        (lambda: explain(sales.win_rate, DEALS, bye=1), "explain has no keyword 'bye': did you mean 'by'?"),
        (lambda: summarize(sales.win_rate, DEALS, bye=1), "summarize has no keyword 'bye': did you mean 'by'?"),
        (lambda: crm_metrics.trend(sales.win_rate, DEALS, begin=1), "trend has no keyword 'begin': "),
        (lambda: evaluate(), "evaluate needs crm: it is evaluate(crm, go_live="),
        (lambda: fair(), "fair needs crm: it is fair(crm, "),
        (lambda: table(DEALS, Deal, valuez={}), "table has no keyword 'valuez': did you mean 'values'?"),
        (lambda: table(DEALS), "table needs record: it is table(rows, record, "),
        (lambda: roi.npv([-100, 110]), "npv needs rate=: it is npv(flows, rate=)"),
        (lambda: roi.xirr([-100, 110]), "xirr needs dates: it is xirr(flows, dates, day_count=)"),
        (lambda: roi.irr([-100, 110], guess=0.1), "irr has no keyword 'guess': it is irr(flows)"),
    ],
)
def test_the_nearest_is_named_and_what_lacks(call: Any, message: str) -> None:
    assert said(call).startswith(message)


def test_a_company_is_not_rows() -> None:
    company = crm_metrics.CRM(deals=DEALS)
    for call in (lambda: sales.win_rate(company), lambda: interval(sales.win_rate, company)):
        assert "a company is not rows: give its tables, such as crm.deals" in said(call)


def test_a_fault_inside_a_metric_is_not_taken_for_a_wrong_call() -> None:
    @crm_metrics.metric(Deal, unit="count")
    def faulty(deals: Any, *, by: Any = None) -> Any:
        return len(by)

    with pytest.raises(TypeError, match="has no len") as caught:
        faulty(DEALS)
    assert not isinstance(caught.value, CrmError)


def test_the_name_of_a_metric_is_no_keyword_of_call() -> None:
    @crm_metrics.metric(Deal, unit="count")
    def named_so(deals: Any, *, name: str = "", by: Any = None) -> Any:
        return {"a": 1}[name]

    assert crm_metrics.call("test_wrong_calls.named_so", DEALS, name="a") == 1


def test_a_table_under_the_name_of_a_coming_metric_is_told() -> None:
    row = scorecard(crm_metrics.presets.amo_six["churn"], deals=DEALS)["churn_rate"]
    assert row.note == "not yet here, it needs customers with the days they came and went"

    @tabular(Deal)
    def churn_rate(deals: Any) -> Any:
        return deals

    row = scorecard(crm_metrics.presets.amo_six["churn"], deals=DEALS)["churn_rate"]
    assert row.note == "it is a table, not one number: call test_wrong_calls.churn_rate"
