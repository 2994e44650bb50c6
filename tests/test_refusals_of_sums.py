"""Sums that cannot be: totals that do not add, metrics that are none, groups that do not meet, money in words."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from cases import BREAK, DOLLARS, EUROS, OURS, Call, Case, refused, sale

from crm_metrics import (
    Breakdown,
    Deal,
    Record,
    Totals,
    marketing,
    merge,
    metric,
    month,
    ratio,
    roi,
    sales,
    summarize,
    totals,
)
from crm_metrics._totals.metric import about
from crm_metrics.columns import amount, won
from crm_metrics.errors import MixedCurrencies, UnknownName, WrongCall, WrongValue


def added(a: Any, b: Any) -> Totals:
    return merge([a, b])


def by_manager(rows: Any) -> Any:
    return summarize(sales.win_rate, rows, by="manager")


def kept_lambda() -> Totals:
    t = totals(OURS, Deal)
    t.count(lambda d: d.amount > 5)
    return t.kept()


def asks_nothing(deals: Any, *, by: Any = None) -> float:
    return 0.0


def counts_rows(deals: Any, *, by: Any = None) -> float:
    return len(deals)


for _f in (asks_nothing, counts_rows):
    _f.about = about(sales.win_rate)  # type: ignore[attr-defined]  # as if it were registered

LOCAL = Totals.of(Deal, won=1)

# ---------------------------------------------------------------- totals, metrics, breakdowns

NUMBERS: list[Case] = [
    ("two currencies", lambda: sales.won_revenue(DOLLARS + EUROS), MixedCurrencies,
     "EUR and USD do not add (amount): by='currency' where(rows, currency=...) convert"),
    ("two currencies in a group", lambda: sales.won_revenue(DOLLARS + EUROS, by="status"), MixedCurrencies,
     "EUR and USD (amount of 'won'): by='currency'"),
    ("a currency and none", lambda: sales.won_revenue([*DOLLARS, sale(id=3, amount=1)]), MixedCurrencies,
     "USD and amounts without a currency do not add"),
    ("currencies of two breakdowns",
     lambda: sales.won_revenue(DOLLARS, by="status") - sales.won_revenue(EUROS, by="status"), MixedCurrencies,
     "EUR and USD"),
    ("currencies of two sums", lambda: sales.won_revenue(DOLLARS) + sales.won_revenue(EUROS), MixedCurrencies,
     "EUR and USD do not add"),
    ("a ratio of two currencies",
     lambda: ratio(sales.won_revenue(DOLLARS), sales.won_revenue(EUROS)), MixedCurrencies, "EUR and USD"),
    ("parts in two currencies",
     lambda: added(summarize(sales.won_revenue, DOLLARS), summarize(sales.won_revenue, EUROS)), MixedCurrencies,
     "EUR and USD"),
    ("parts of different keys", lambda: added(by_manager(OURS), summarize(sales.win_rate, OURS)), WrongCall,
     "grouped differently: the same by="),
    ("parts by different keys",
     lambda: added(by_manager(OURS), summarize(sales.win_rate, OURS, by="channel")), WrongCall,
     "grouped differently: the same by="),
    ("parts of different metrics",
     lambda: added(summarize(sales.win_rate, OURS), summarize(sales.won_revenue, OURS)), UnknownName,
     "a part lacks: the same metrics"),
    ("parts of different records",
     lambda: added(summarize(sales.win_rate, OURS), summarize(marketing.spend_total, [])), WrongCall,
     "totals of Deal, Spend do not add"),
    ("parts that are rows", lambda: merge([OURS]), WrongCall,
     "merge takes one or more totals: summarize(metric, rows) makes them"),
    ("no parts", lambda: merge([]), WrongCall, "merge takes one or more totals: summarize(metric, rows) makes them"),
    ("a metric that totals lack", lambda: sales.won_revenue(summarize(sales.win_rate, OURS)), UnknownName,
     "these totals hold won, closed, not won_amount: name the metric"),
    ("totals of another record", lambda: sales.win_rate(summarize(marketing.spend_total, [])), WrongCall,
     "expected totals of Deal, got totals of Spend"),
    ("figures that are not enough", lambda: sales.win_rate(LOCAL), UnknownName,
     "these figures are won, and closed is needed: Totals.of(..., closed=...)"),
    ("a median of figures", lambda: sales.median_deal_size(LOCAL), UnknownName,
     "these figures are won: a median need rows"),
    ("a figure for a distribution", lambda: sales.median_deal_size(Totals.of(Deal, tally_won_amount=3)), UnknownName,
     "tally_won_amount is a figure: need rows"),
    ("a figure in words", lambda: Totals.of(Deal, won="many"), WrongValue,
     "won='many' is not a number: give an int, a Decimal or text"),
    ("a figure that is NaN", lambda: Totals.of(Deal, won=float("nan")), WrongValue,
     "won=nan is not a number: give an int"),
    ("figures of no record", lambda: Totals.of("Deal", won=1), WrongCall,
     "expected a record class such as Deal, got 'Deal'"),
    ("a lambda that is saved", lambda: pickle.dumps(kept_lambda()), WrongCall,
     "<lambda> is made by a lambda or an inner function: define it in a module"),
    ("to count a word", lambda: totals(OURS, Deal).count("won"), WrongCall,
     "expected a column function such as amount, got 'won'"),
    ("to count an amount", lambda: totals(OURS, Deal).count(amount), WrongCall,
     "amount gives quantity, not flags: compare it with a value"),
    ("to sum where a word", lambda: totals(OURS, Deal).sum("amount", where="won"), WrongCall,
     "expected a column function such as amount, got 'won'"),
    ("to sum a number", lambda: totals(OURS, Deal).sum(5), WrongCall,
     "expected a column function such as amount, got 5"),
    ("to sum labels", lambda: totals(OURS, Deal).sum("manager"), WrongCall,
     "manager is labels, not numbers: count it, or count its values"),
    ("to sum times", lambda: totals(OURS, Deal).sum("closed_at"), WrongCall,
     "closed_at is instants, not numbers: count it"),
    ("to sum too few", lambda: totals(OURS, Deal).sum(lambda d: d.amount.take(np.array([0]))), WrongCall,
     "<lambda> gives 1 values for 2 rows: give one per row"),
    ("to sum an infinite number", lambda: totals({"x": [1.0, float("inf")]}, Record).sum("x"), WrongValue,
     "x holds an infinite number: correct it, or leave its row out"),
    ("the median of labels", lambda: totals(OURS, Deal).quantile("manager", 0.5), WrongCall,
     "manager holds labels: a quantile needs numbers"),
    ("the median of floats", lambda: totals({"x": [1.5, 2.5]}, Record).quantile("x", 0.5), WrongCall,
     "x holds floats: round it to whole numbers"),
    ("the median of flags", lambda: totals(OURS, Deal).quantile(won, 0.5), WrongCall,
     "won is flags: tally labels, numbers or durations"),
    ("a quantile of 150 %", lambda: sales.sales_cycle_quantile(OURS, q=1.5), WrongValue,
     "q=1.5 is not a share: give a number from 0 to 1"),
    ("a quantile in percent", lambda: sales.sales_cycle_quantile(OURS, q=90), WrongValue,
     "q=90 is not a share: 0.9 for nine in ten"),
    ("a quantile in words", lambda: sales.sales_cycle_quantile(OURS, q="0.9"), WrongValue,
     "q='0.9' is not a share: give a number from 0 to 1"),
    ("a quantile of NaN", lambda: sales.sales_cycle_quantile(OURS, q=float("nan")), WrongValue,
     "q=nan is not a share: give a number from 0 to 1"),
    ("a basis nobody knows", lambda: marketing.cac([], [], basis="full"), WrongValue,
     "basis='full': use one of 'blended', 'paid'"),
    ("one of two rows", lambda: summarize(marketing.cac, []), WrongCall,
     "cac reads Spend, Deal: give rows of each, got 1"),
    ("metrics of two records in one pass", lambda: summarize([sales.win_rate, marketing.cac], []), WrongCall,
     "different records: summarize them one by one"),
    ("no metric in one pass", lambda: summarize([], OURS), WrongCall, "summarize takes a metric or a list of metrics"),
    ("a function that is no metric", lambda: summarize(len, OURS), UnknownName,
     "is not a metric: register it with @metric(Deal, unit=...)"),
    ("two times in one pass", lambda: summarize([sales.win_rate, sales.deals_created], OURS, by=month), WrongCall,
     "different times name one, by=month('closed_at')"),
    ("a metric that asks nothing", lambda: summarize(asks_nothing, OURS), WrongCall,
     "asked for no totals: its body starts with totals(rows, Record, by)"),
    ("a metric that counts rows itself", lambda: summarize(counts_rows, OURS), WrongCall,
     "through totals(rows, Record, by): t.count() is how many"),
    ("a metric of nothing", lambda: metric(unit="count"), WrongCall,
     "@metric takes the records it reads: @metric(Deal, unit='share')"),
    ("a metric of no record", lambda: metric(dict, unit="count"), WrongCall,
     "@metric takes the records it reads: @metric(Deal, unit='share')"),
    ("a unit nobody knows", lambda: metric(Deal, unit="%"), WrongCall, "unit='%': share, count, money"),
    ("a direction nobody knows", lambda: metric(Deal, unit="count", better="up"), WrongCall,
     "better='up': higher, lower or None"),
    ("top of less than none", lambda: BREAK.top(-1), WrongValue, "top(-1): give a number of groups, 0 or more"),
    ("the rest under a name there is", lambda: BREAK.top(1, other="Anna"), WrongValue,
     "there is a group 'Anna' already: name the rest with other="),
    ("groups that do not meet", lambda: Breakdown.of({("a", "b"): 1}) + BREAK, WrongCall,
     "groups of different kinds do not meet ('a', 'b') Anna: the same by="),
    ("groups by two fields",
     lambda: sales.deals_won(OURS, by="manager") + sales.deals_won(OURS, by="channel"), WrongCall,
     "groups by channel and manager do not meet"),
    ("a ratio of words", lambda: ratio("1", 2), WrongCall,
     "expected a number or a Breakdown, got str: pass what t.sum() and t.count() give"),
]  # fmt: skip

# ---------------------------------------------------------------- return on investment

MONEY: list[Case] = [
    ("a negative cost", lambda: roi.roi(gain=5, cost=-1), WrongValue, "cost is -1.0: give it as a positive amount"),
    ("a negative cost of a group", lambda: roi.roi(gain=5, cost=Breakdown.of({"a": 1, "b": -2})), WrongValue,
     "cost is -2.0: positive"),
    ("an infinite gain", lambda: roi.roi(gain=float("inf"), cost=1), WrongValue, "gain is inf: give a finite number"),
    ("an infinite cost of groups", lambda: roi.roi(gain=BREAK, cost=float("inf")), WrongValue,
     "cost is inf: give a finite number"),
    ("a gain in words", lambda: roi.roi(gain="75000", cost=1), WrongValue, "gain is '75000': give a finite number"),
    ("a gain in words for groups", lambda: roi.return_ratio(gain="5", cost=BREAK), WrongValue,
     "gain is '5': give a finite number"),
    ("a cost in words for groups", lambda: roi.return_ratio(gain=BREAK, cost="5"), WrongValue,
     "cost is '5': give a finite number"),
    ("no cost", lambda: roi.roi(gain=1, cost=None), WrongValue, "cost is None: give a finite number"),
    ("a flag for a gain", lambda: roi.roi(gain=True, cost=1), WrongValue, "gain is True: give a finite number"),
    ("gain and cost in two currencies",
     lambda: roi.roi(gain=sales.won_revenue(DOLLARS), cost=sales.won_revenue(EUROS)), MixedCurrencies,
     "EUR and USD"),
    ("flows that are a number", lambda: roi.payback(5), WrongCall,
     "flows takes a list of amounts, the first one now, got 5"),
    ("flows by month", lambda: roi.payback(BREAK), WrongCall,
     "flows takes a list of amounts, got Breakdown: pass its .values()"),
    ("flows in two currencies",
     lambda: roi.payback([-sales.won_revenue(DOLLARS), sales.won_revenue(EUROS)]), MixedCurrencies,
     "EUR and USD"),
    ("a rate in words", lambda: roi.payback([-1, 2], rate="10 %"), WrongValue, "rate is '10 %': give a finite number"),
]  # fmt: skip

CASES = [*NUMBERS, *MONEY]


@pytest.mark.parametrize(("call", "error", "words"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_sum_that_cannot_be_is_refused_with_what_was_given_and_the_remedy(
    call: Call, error: type[Exception], words: str
) -> None:
    refused(call, error, words)
