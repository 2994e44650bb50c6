"""What explain says of a number."""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from complete import complete
from laws import digits, label_of
from strategies import steadies

from crm_metrics import (
    CRM,
    Deal,
    Spend,
    Totals,
    column,
    explain,
    marketing,
    metric,
    month,
    ratio,
    sales,
    summarize,
    table,
    totals,
    where,
)
from crm_metrics._scorecards.catalogue import metric_named
from crm_metrics._totals.metric import about, registered
from crm_metrics._values.plain import plain
from crm_metrics.columns import closed, won
from crm_metrics.errors import UnknownName, WrongCall

DAY = {"created_at": "2024-01-05", "closed_at": "2024-02-01"}
DEALS = [
    Deal(id=1, status="won", amount=100, cost=60, customer="a", manager="Anna", **DAY),
    Deal(id=2, status="won", manager="Anna", **DAY),
    Deal(id=3, status="lost", manager="Boris", **DAY),
    Deal(id=4, status="open", created_at="2024-01-05", manager="Boris", amount=50, probability=0.5),
]
SPEND = [Spend(at="2024-01-31", amount=500, kind="acquisition")]
NAN = math.nan
OURS = [m for m in registered() if m.__module__.startswith("crm_metrics")]


@pytest.mark.parametrize("m", OURS, ids=lambda m: m.__name__)
@pytest.mark.parametrize("some", [True, False], ids=["rows", "no rows"])
def test_every_metric_explains_itself_as_text_data_and_html(m: Any, some: bool) -> None:
    records = about(m).records
    rows = steadies(records, 60) if some else [[] for _ in records]
    whole = complete(m)
    found = explain(whole, *rows)
    assert found.value == whole(*rows) or found.value != found.value
    assert not some or found.value == found.value, "of rows that say something there is a number to explain"
    assert found.totals and found.definition == about(m).summary
    assert not some or any(x for t in found.totals.values() for x in t.values()), "and totals that it is made of"
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["metric"] == m.__name__ and data["unit"] == about(m).unit
    assert m.__name__ in str(found) and "<pre>" in found._repr_html_() and "tally" not in str(found)
    assert bool(found.undefined) == (found.value != found.value)
    by = label_of(records)
    grouped = explain(whole, *rows, by=by)
    assert digits(grouped.value) == digits(whole(*rows, by=by))
    assert json.dumps(grouped.to_dict(), allow_nan=False)


@pytest.mark.parametrize("m", OURS, ids=lambda m: m.__name__)
def test_why_there_is_no_number_is_told_of_every_metric(m: Any) -> None:
    found = explain(complete(m), *([] for _ in about(m).records))
    assert found.undefined != "a part of it is undefined"


def test_the_totals_and_what_was_left_out_have_names() -> None:
    found = explain(sales.average_deal_size, DEALS)
    assert found.totals == {"Deal": {"won_amount": 100.0, "won": 2}}
    assert found.left_out == {"Deal": {"not won": 2, "amount missing": 1}}
    assert explain(sales.win_rate, DEALS).left_out == {"Deal": {"not closed": 1}}
    assert explain(sales.conversion_rate, DEALS).left_out == {}


def test_rows_of_which_a_condition_is_not_known_are_told_apart() -> None:
    rows = {
        "status": ["won", None, "lost", "open", None],
        "amount": [5, 6, 7, None, None],
        "manager": ["A", *[None] * 4],
    }
    assert explain(sales.win_rate, rows).left_out == {"Deal": {"not closed": 1, "status missing": 2}}
    assert explain(sales.won_revenue, rows).left_out == {"Deal": {"not won": 2, "status missing": 2}}
    assert explain(sales.win_rate, where(rows, manager=None)).left_out == {
        "Deal": {"not closed": 1, "status missing": 2}
    }
    either = {**rows, "kind": [None, "new", "new", "new", "new"]}
    assert explain(sales.addon_customer_share, {**either, "customer": ["x"] * 5}).left_out == {
        "Deal": {"not won": 2, "kind missing": 1, "status missing": 2}
    }


def test_rows_refused_at_load_are_counted() -> None:
    data = {"id": [1, 2], "created_at": ["2024-01-05", "soon"], "status": ["open", "open"]}
    deals = table(data, Deal, on_error="skip")
    assert explain(sales.deals_created, deals).left_out == {"Deal": {"refused at load": 1}}


def test_totals_without_rows_tell_totals_and_missing_counts_only() -> None:
    parts = pickle.loads(pickle.dumps(summarize(sales.average_deal_size, DEALS)))
    found = explain(sales.average_deal_size, parts)
    assert found.totals == {"Deal": {"won_amount": 100.0, "won": 2}}
    assert found.left_out == {"Deal": {"amount missing": 1}}
    on_paper = explain(sales.win_rate, Totals.of(Deal, won=23, closed=40))
    assert on_paper.value == 0.575 and on_paper.totals == {"Deal": {"won": 23, "closed": 40}}


def test_why_a_number_is_undefined_is_said() -> None:
    assert explain(sales.win_rate, []).undefined == "closed is 0"
    assert explain(sales.average_deal_size, []).undefined == "won is 0"
    bare = [d for d in DEALS if d.amount is None]
    assert explain(sales.average_deal_size, bare).undefined == "amount is missing in all 1 won"
    assert explain(sales.average_deal_size, summarize(sales.average_deal_size, bare)).undefined == (
        "amount is missing in all 1 won"
    )
    assert explain(sales.median_deal_size, bare).undefined == "there are no rows with won_amount"
    assert explain(sales.win_rate, Totals.of(Deal, won=0, closed=0)).undefined == "closed is 0"
    assert explain(marketing.cac, SPEND, []).undefined == "there are no distinct won_new_customer"
    assert explain(sales.win_rate, DEALS).undefined == ""
    assert explain(metric(Deal, unit="share")(_of_two_shares), []).undefined == "won is 0, closed is 0"
    grouped = explain(sales.median_deal_size, DEALS, by="manager")
    assert grouped.undefined == "no data in Boris"


def _of_two_shares(deals: Any, *, by: Any = None) -> Any:
    """Undefined until there are both: closed deals, and won ones."""
    t = totals(deals, Deal, by)
    return ratio(t.count(won), t.count(closed)) / max(1, t.count()) + ratio(t.count(), t.count(won))


def test_distributions_have_names_that_people_read() -> None:
    assert explain(sales.median_deal_size, DEALS).totals == {"Deal": {"rows with won_amount": 1}}
    assert explain(marketing.cac, SPEND, DEALS).totals["Deal"] == {"distinct won_new_customer": 1}
    twice = [*DEALS, Deal(id=5, status="won", customer="a", **DAY), Deal(id=6, status="won", customer="b", **DAY)]
    assert explain(marketing.cac, SPEND, twice).totals["Deal"] == {"distinct won_new_customer": 2}
    grouped = explain(sales.median_deal_size, DEALS, by="manager").totals["Deal"]["rows with won_amount"]
    assert grouped == {"Anna": 1, "Boris": 0}


def test_sums_by_label_are_added_up() -> None:
    @metric(Deal, unit="money")
    def largest_manager(deals: Any, *, by: Any = None) -> Any:
        """What the best manager sold."""
        t = totals(deals, Deal, by)
        return max([0.0, *t.sums("amount", per="manager", where=won).values()])

    assert explain(largest_manager, DEALS).totals == {"Deal": {"won_amount_per_manager": 100.0}}


def test_a_metric_may_be_named_and_a_company_stand_for_its_rows() -> None:
    crm = CRM(deals=DEALS, spend=SPEND)
    for name, rows in (("cac", [SPEND, DEALS]), ("sales.win_rate", [DEALS])):
        assert explain(name, crm).to_dict() == explain(metric_named(name), *rows).to_dict()
    assert explain("win_rate", crm, by="month").value == {"2024-02": 2 / 3, None: NAN}
    assert explain("win_rate", DEALS, by=["manager", "month(created_at)"]).value == sales.win_rate(
        DEALS, by=("manager", month("created_at"))
    )


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: explain(marketing.cac, DEALS),
            WrongCall,
            "cac reads Spend, Deal: give rows of each, in this order",
        ),
        (lambda: explain(sales.win_rate), WrongCall, "win_rate reads Deal: give rows of each, in this order, got 0"),
        (lambda: explain(marketing.cac, CRM(deals=DEALS)), UnknownName, "the company has no rows of Spend"),
        (lambda: explain("win_rat", DEALS), UnknownName, "there is no metric 'win_rat'"),
        (lambda: explain(len, DEALS), UnknownName, "is not a metric"),
    ],
)
def test_what_cannot_be_explained_is_refused_with_the_remedy(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (np.int64(3), 3), (np.float64(0.5), 0.5), (np.float64("nan"), None), (np.bool_(True), True), (True, True),
        (Decimal("2.50"), 2.5), (Decimal("nan"), None), (Fraction(1, 4), 0.25), (float("inf"), None), (None, None),
        ((1, np.int8(2)), [1, 2]), ({"a": np.float32(0.5)}, {"a": 0.5}), (np.array([1, 2]), [1, 2]),
        (dt.date(2024, 1, 5), "2024-01-05"), ("3", "3"),
    ],
)  # fmt: skip
def test_numbers_stay_numbers(x: Any, expected: Any) -> None:
    found = plain(x)
    assert found == expected and type(found) is type(expected)
    assert json.loads(json.dumps(found, allow_nan=False)) == expected


def test_the_keywords_in_force_are_given() -> None:
    found = explain(functools.partial(sales.sales_cycle_quantile, q=0.9), DEALS)
    assert found.keywords["q"] == 0.9 and "q=0.9" in str(found) and "None" not in str(found)
    assert explain(marketing.cac, SPEND, DEALS).keywords == {"basis": "blended"}


def test_a_metric_of_ones_own_explains_itself_too() -> None:
    @column
    def large(d: Any) -> Any:
        return d.amount > 60

    @metric(Deal, unit="share")
    def large_share(deals: Any, *, by: Any = None) -> Any:
        """Share of deals that are large."""
        t = totals(deals, Deal, by)
        return ratio(t.count(large), t.count())

    found = explain(large_share, DEALS)
    assert found.totals == {"Deal": {"large": 1, "rows": 4}} and found.value == 0.25
    assert found.definition == "Share of deals that are large." and found.formula == ""


def test_rows_of_no_stated_kind_are_told() -> None:
    """They count as no add-on and as a base line, and the explanation says how many they are."""
    rows = {
        "status": ["won", "won", "open"],
        "customer": ["a", "b", "c"],
        "amount": [1, 2, 3],
        "kind": [None, "upsell", None],
    }
    for name in ("addon_deals", "addon_revenue_share", "addon_customer_share", "repeat_revenue_share"):
        assert explain(name, rows).left_out["Deal"]["kind missing"] == 1, name
    lines = {"deal": [1, 1], "price": [2, 1], "kind": [None, "upsell"], "product": ["car", "mats"]}
    for name in ("addon_lines", "addon_line_share", "addon_lift", "attach_rate"):
        assert explain(name, lines).left_out["DealLine"]["kind missing"] == 1, name
    assert "kind missing" not in str(explain(functools.partial(sales.attach_rate, product="mats", to="car"), lines))
