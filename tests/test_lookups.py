"""`attach`: one more column of each row, looked up in other rows; which rows meet, and what is found there."""

from __future__ import annotations

import datetime as dt
import math
import pickle
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from cases import Case, refused
from hypothesis import given, strategies as st
from strategies import IDS, LABELS

from crm_metrics import Call, Deal, Lead, Record, attach, month, sales, summarize, table, totals, via, where
from crm_metrics.errors import MixedCurrencies, UnknownName, WrongCall, WrongValue

DEALS = {
    "id": [1, 2, 3, 4],
    "lead": [10, 11, 99, None],
    "status": ["won", "won", "won", "won"],
    "created_at": ["2024-01-20"] * 4,
    "closed_at": ["2024-01-31"] * 4,
}
LEADS = [
    Lead(id=10, created_at="2024-01-01", channel="search", status="converted"),
    Lead(id=11, created_at="2024-01-11", channel=None, status="converted"),
    Lead(id=12, created_at="2023-01-01", channel="fair", status="junk"),
]


def column(rows: Any, name: str) -> list[Any]:
    return [rows[name].item(i) for i in range(len(rows))]


def attached(rows: Any, lookup: Any, field: str, on: str = "id") -> list[Any]:
    return column(attach(rows, lookup, on=on, new=field), "new")


# ---------------------------------------------------------------- which rows meet


def test_a_row_gets_what_the_row_of_its_key_says_and_nothing_where_there_is_none() -> None:
    found = attach(DEALS, LEADS, on="lead", lead_at="created_at", came_from="channel")
    assert column(found, "lead_at") == [dt.date(2024, 1, 1), dt.date(2024, 1, 11), None, None]
    assert column(found, "came_from") == ["search", None, None, None]
    assert len(found) == 4 and found.columns == (*DEALS, "lead_at", "came_from")


def test_rows_and_lookup_stay_as_they_were() -> None:
    rows, lookup = table(DEALS, Deal), table(LEADS, Lead)
    before = repr(rows), repr(lookup), column(rows, "lead")
    attach(rows, lookup, on="lead", lead_at="created_at", status="status")
    assert (repr(rows), repr(lookup), column(rows, "lead")) == before
    assert column(rows, "status") == ["won"] * 4


def test_a_lookup_with_a_column_of_the_same_name_is_matched_by_it_and_not_by_its_first() -> None:
    teams = {"team": ["North", "South"], "manager": ["Anna", "Boris"]}
    assert attached({"manager": ["Boris", "Anna"]}, teams, "team", on="manager") == ["South", "North"]


@pytest.mark.parametrize("ours", [["1", "2", "7"], [1, 2, 7], [1.0, 2.0, 7.0], ["1", 2, 7.0]], ids=str)
@pytest.mark.parametrize("theirs", [["1", "2"], [1, 2], [1.0, 2.0], ["1", 2.0]], ids=str)
def test_one_two_and_seven_are_the_same_keys_as_text_integers_and_floats(ours: list[Any], theirs: list[Any]) -> None:
    assert attached({"id": ours}, {"id": theirs, "x": ["a", "b"]}, "x") == ["a", "b", None]


def test_a_key_with_leading_zeros_is_another_key() -> None:
    assert attached({"id": ["01", "1", "1 "]}, {"id": [1], "x": ["a"]}, "x") == [None, "a", "a"]


def test_a_row_without_a_key_meets_nothing_even_where_the_lookup_has_rows_without_one() -> None:
    assert attached({"id": [None, "", float("nan"), 1]}, {"id": [None, 1], "x": ["a", "b"]}, "x") == [
        None,
        None,
        None,
        "b",
    ]
    differing = {"id": [None, None], "x": ["a", "b"]}
    assert attached({"id": [None, 1]}, differing, "x") == [None, None], "they are of no key, so they do not differ"


def test_rows_of_one_key_that_agree_are_one() -> None:
    assert attached(DEALS, [*LEADS, *LEADS], "created_at", on="lead")[:2] == [dt.date(2024, 1, 1), dt.date(2024, 1, 11)]
    assert attached({"id": [1]}, {"id": [1, 1.0, "1"], "x": [None, None, None], "y": [1, 1, 1]}, "y") == [1]


@given(data=st.data())
def test_any_keys_meet_as_in_a_dictionary(data: st.DataObject) -> None:
    ours = data.draw(st.lists(st.sampled_from([*IDS, *LABELS]), max_size=12))
    theirs = data.draw(st.lists(st.sampled_from([*IDS, *LABELS]), max_size=12, unique_by=key))
    found = {key(k): i for i, k in enumerate(theirs) if key(k) is not None}
    rows = [Deal(id=k, created_at=None, status=None) for k in ours]
    lookup = [Lead(id=k, created_at=None, manager=str(i)) for i, k in enumerate(theirs)]
    wanted = [None if key(k) not in found else str(found[key(k)]) for k in ours]
    assert attached(table(rows, Deal), table(lookup, Lead), "manager") == wanted


def key(x: Any) -> str | None:
    """An id as text, in words of this test."""
    return None if x in (None, "") else x if isinstance(x, str) else str(int(x))


# ---------------------------------------------------------------- empty


def test_nothing_to_look_up_and_nothing_to_look_it_up_in_are_no_rows() -> None:
    for lookup in (table([], Lead), {"id": [], "created_at": []}):
        assert attached(DEALS, lookup, "created_at", on="lead") == [None] * 4
    for rows in ([], table([], Deal), {name: [] for name in DEALS}):
        assert attached(rows, LEADS, "created_at", on="lead") == []
    assert attached({**DEALS, "lead": [None] * 4}, LEADS, "created_at", on="lead") == [None] * 4


def test_no_time_found_is_no_cycle_and_no_error() -> None:
    cycle = partial(sales.average_sales_cycle, start="lead_at")
    for lookup in (table([], Lead), [Lead(id=10, created_at=None)], [Lead(id="other", created_at="2024-01-01")]):
        assert math.isnan(cycle(attach(DEALS, lookup, on="lead", lead_at="created_at")))
    assert math.isnan(cycle(attach([], LEADS, on="lead", lead_at="created_at")))


def test_no_leads_at_all_are_no_error_either() -> None:
    cycle = partial(sales.average_sales_cycle, start="lead_at")
    assert math.isnan(cycle(attach(DEALS, {"id": [10], "created_at": [None]}, on="lead", lead_at="created_at")))
    assert math.isnan(cycle(attach(DEALS, [], on="lead", lead_at="created_at")))
    assert column(attach(DEALS, [], on="lead", lead_at="created_at", channel="channel"), "channel") == [None] * 4
    found = attach(DEALS, [], on="lead", came_from="channel")
    assert sales.deals_won(found, by="came_from") == {None: 4}


def test_a_new_column_may_have_any_name() -> None:
    found = attach(DEALS, LEADS, on="lead", rows="channel", lookup="status")
    assert column(found, "rows")[0] == "search" and column(found, "lookup")[0] == "converted"


def test_an_attached_column_is_called_by_its_new_name() -> None:
    found = attach(DEALS, LEADS, on="lead", state="status", came_from="channel")
    refused(lambda: found.state == "new lead", UnknownName, "state is never 'new lead': converted")
    refused(lambda: found.came_from > "a", WrongCall, "came_from holds labels, which have no order")
    assert len(where(found, state="converted")) == 2


# ---------------------------------------------------------------- kinds of columns


def call(i: int, **more: Any) -> Call:
    return Call(id=i, started_at=None, **more)


def test_times_stay_times_with_and_without_a_time_of_day_and_with_a_zone() -> None:
    noon = dt.datetime(2024, 1, 1, 12)
    assert attached(
        {"id": [2, 1, 3]}, [Lead(id=1, created_at=noon), Lead(id=2, created_at=noon.date())], "created_at"
    ) == [
        noon.date(),
        noon,
        None,
    ]
    aware = noon.replace(tzinfo=dt.timezone(dt.timedelta(hours=3)))
    [found] = attached({"id": [1]}, [Lead(id=1, created_at=aware)], "created_at")
    assert found == aware and found.tzinfo is dt.UTC


def test_amounts_stay_exact_and_keep_their_currency() -> None:
    old = [
        Deal(id=i, created_at=None, status="open", amount=a, currency=c)
        for i, a, c in [(1, "0.10", "USD"), (2, "0.20", "USD"), (3, 300, "JPY")]
    ]
    dollars = attach({"id": [1, 2, 2, 7]}, old[:2], on="id", was="amount")
    assert column(dollars, "was") == [Decimal("0.10"), Decimal("0.20"), Decimal("0.20"), None]
    assert totals(dollars, Deal).sum("was") == 0.5 and totals(dollars, Deal).missing("was") == 1
    both = attach({"id": [1, 3]}, old, on="id", was="amount", currency="currency")
    with pytest.raises(MixedCurrencies, match="JPY and USD"):
        totals(both, Deal).sum("was")
    assert totals(both, Deal, "currency").sum("was") == {"JPY": 300, "USD": 0.1}


def test_flags_numbers_and_labels_stay_what_they_are() -> None:
    calls = [call(1, answered=True, duration="1.5"), call(2, answered=False, duration=2), call(3)]
    rows = {"id": [3, 2, 1, 9]}
    assert attached(rows, calls, "answered") == [None, False, True, None]
    assert attached(rows, calls, "duration") == [None, 2, Decimal("1.5"), None]
    assert attached(rows, {"id": [1, 2], "x": [0.25, float("nan")]}, "x") == [None, None, 0.25, None]
    found = attach(rows, calls, on="id", spoke="answered")
    assert len(where(found, lambda t: t.spoke)) == len(where(found, lambda t: ~t.spoke)) == 1


def test_an_attached_label_is_a_key_of_any_metric_as_via_is() -> None:
    found = sales.deals_won(attach(DEALS, LEADS, on="lead", came_from="channel"), by="came_from")
    assert found == {"search": 1, None: 3} == sales.deals_won(DEALS, by=via(LEADS, "channel", on="lead"))


def test_an_attached_time_is_a_key_and_a_period_of_it_a_condition() -> None:
    found = attach(DEALS, table(LEADS, Lead), on="lead", lead_at="created_at")
    assert sales.deals_won(found, by=month("lead_at")) == {"2024-01": 2, None: 2}
    assert len(where(found, lead_at=month("2024-01"))) == 2


# ---------------------------------------------------------------- from lead to close


def test_a_cycle_from_the_lead_begins_when_the_lead_came_in() -> None:
    """30 and 20 days; the deals without a lead that we know are left out."""
    found = attach(DEALS, LEADS, on="lead", lead_at="created_at")
    assert sales.average_sales_cycle(found) == 11
    assert sales.average_sales_cycle(found, start="lead_at") == 25
    assert sales.median_sales_cycle(found, start="lead_at") == 25
    assert sales.sales_cycle_quantile(found, q=1, start="lead_at") == 30
    assert sales.average_sales_cycle(found, start="lead_at", end="created_at") == 14
    assert sales.average_sales_cycle(found, start="lead_at", by="id") == {
        "1": 30,
        "2": 20,
        "3": math.nan,
        "4": math.nan,
    }


def test_a_cycle_to_the_payment_ends_with_the_payment() -> None:
    payments = [Lead(id=i, created_at=d) for i, d in [(1, "2024-02-10"), (2, "2024-02-20")]]
    found = attach(DEALS, payments, on="id", paid_at="created_at")
    assert sales.average_sales_cycle(found, end="paid_at") == 26


def test_attached_rows_are_cut_added_up_saved_and_attached_to_again() -> None:
    rows = table(DEALS, Deal)
    found = attach(attach(rows, LEADS, on="lead", lead_at="created_at"), LEADS, on="lead", channel="channel")
    cycle = partial(sales.average_sales_cycle, start="lead_at")
    parts = [summarize(cycle, where(found, id=[i])) for i in ("1", "2", "3", "4")]
    assert cycle(sum(parts)) == cycle(found) == cycle(pickle.loads(pickle.dumps(found))) == 25
    assert cycle(where(found, channel="search")) == 30


# ---------------------------------------------------------------- refused

TWO = [*LEADS, Lead(id="10", created_at="2022-12-31")]
BARE = [*LEADS, Lead(id="10", created_at=None)]
TIMED = {**DEALS, "closed_at": ["2024-01-31 10:00"] * 4}
ZONED = [Lead(id=10, created_at="2024-01-01T10:00:00Z")]

CASES: list[Case] = [
    ("rows of one key that differ", lambda: attach(DEALS, TWO, on="lead", x="created_at"), WrongValue,
     "two values of created_at for '10', 2024-01-01 and 2022-12-31: keep one"),
    ("rows of one key of which one says nothing", lambda: attach(DEALS, BARE, on="lead", x="created_at"), WrongValue,
     "two values of created_at for '10', 2024-01-01 and an empty cell: keep one"),
    ("no columns", lambda: attach(DEALS, LEADS, on="lead"), WrongCall,
     'names no columns: lead_at="created_at" takes created_at of the lookup as lead_at'),
    ("a key that the rows lack", lambda: attach(DEALS, LEADS, on="led", x="created_at"), UnknownName,
     "no 'led'; it has id, lead did you mean"),
    ("a field that the lookup lacks", lambda: attach(DEALS, LEADS, on="lead", x="chanel"), UnknownName,
     "no 'chanel'; it has id did you mean"),
    ("a lookup without columns", lambda: attach(DEALS, {}, on="lead", x="y"), WrongCall, "a lookup without columns"),
    ("a lookup that is none", lambda: attach(DEALS, 5, on="lead", x="y"), WrongCall,
     "a mapping of columns or a frame, got 5"),
    ("to match by amounts", lambda: attach([Deal(id=1, created_at=None, status="open", amount=5)], LEADS,
     on="amount", x="created_at"), WrongCall, "amount holds no ids or labels to match by"),
    ("to match by fractions", lambda: attach({"id": [1.5, 2.0]}, LEADS, on="id", x="created_at"), WrongCall,
     "id holds no ids or labels to match by"),
    ("a cycle from a text", lambda: sales.average_sales_cycle(attach(DEALS, {"id": [10], "at": ["2024-01-01"]},
     on="lead", lead_at="at"), start="lead_at"), WrongCall, "lead_at holds no times"),
    ("a cycle between zones", lambda: sales.average_sales_cycle(attach(TIMED, ZONED, on="lead", lead_at="created_at"),
     start="lead_at"), WrongValue, "times with a zone and times without do not meet: give both a zone, or strip it"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "words"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_cannot_be_attached_is_refused_with_what_was_given_and_the_remedy(
    call: Any, error: type[Exception], words: str
) -> None:
    refused(call, error, words)


def test_lookups_of_the_same_rows_are_one_key_in_every_process() -> None:
    rows = {"manager": ["Anna", "Boris"], "team": ["North", "South"]}
    one, same, other = via(rows, "team"), via(dict(rows), "team"), via({**rows, "team": ["North", "West"]}, "team")
    assert one == same and hash(one) == hash(same) and one != other and one != via(rows, "team", "manager")
    deals = {"status": ["won"] * 3, "amount": [1, 2, 3], "manager": ["Anna", "Boris", "Anna"]}
    asked = totals(deals, Deal)
    asked.sums("amount", per=one)
    kept = pickle.loads(pickle.dumps(asked.kept()))
    assert (kept + kept).sums("amount", per=same) == {"North": 8, "South": 4}


def test_a_lookup_without_the_column_is_matched_by_its_id_wherever_that_stands() -> None:
    deals = {"manager": ["Anna", "Boris"], "id": [1, 2], "channel": ["site", "ads"]}
    assert totals({"deal": [2, 2, 1]}, Record, via(deals, "channel", "deal")).count() == {"ads": 2, "site": 1}
    assert attach({"deal": [2]}, deals, on="deal", came_from="channel").came_from.item(0) == "ads"
