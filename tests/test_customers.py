"""Customers with deals in several currencies or in none, and which of their purchases came first."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from decimal import Decimal
from functools import partial
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import Deal, DealLine, change, interval, sales, summarize, table
from crm_metrics._totals.totals import Totals
from crm_metrics.errors import MixedCurrencies, WrongCall, WrongValue
from crm_metrics.journeys import CustomerDeals, by_customer
from tests.inputs import KINDS
from tests.paths import rows_of, same_rows

DAYS = [dt.date(2024, 1, day) for day in (1, 2, 3)]
TIMES = [dt.datetime(2024, 1, day, hour) for day in (1, 2) for hour in (0, 9)]
COUNTS = ("deals", "won", "lost", "unpriced")
EDGES = ("first_at", "last_at", "first_won_at", "last_won_at", "first_lost_at", "last_lost_at")


@st.composite
def deals_of_customers(draw: Any, at: Any = None, ids: Any = None) -> list[Deal]:
    """Deals of few customers on few days in few currencies; many lost ones name none."""
    when = st.sampled_from(at or [*DAYS, *TIMES])
    own = st.builds(
        lambda status, closed, **more: Deal(closed_at=closed_of(status, closed), status=status, **more),
        st.sampled_from(["won", "won", "lost", "open"]),
        when if at else when | st.none(),
        id=st.sampled_from(ids or [1, 2, 9, 10, "x", None]),
        created_at=st.just(dt.date(2023, 12, 1)) | st.none(),
        customer=st.sampled_from(["a", "b", "c", None]),
        currency=st.sampled_from([None, None, "EUR", "USD", "CHF"]),
        amount=st.sampled_from([None, None, 0, 5, "7.50", -5]),
        manager=st.sampled_from([None, "Anna"]),
    )
    return draw(st.lists(own, max_size=10))


def closed_of(status: str, at: Any) -> Any:
    """When a deal closed: an open one has not, and a won one must have."""
    return None if status == "open" else at or (DAYS[0] if status == "won" else None)


def edge(times: Any, pick: Any) -> Any:
    """The first or the last of dates and times, of one instant the date."""
    known = [t for t in times if t is not None]
    start = lambda t: t if isinstance(t, dt.datetime) else dt.datetime(t.year, t.month, t.day)  # noqa: E731
    dates_first = sorted(known, key=lambda t: isinstance(t, dt.datetime))
    return pick(dates_first, key=start) if known else None


# ---------------------------------------------------------------- currencies


@pytest.mark.parametrize("lost", [{}, {"currency": "USD", "amount": 900}, {"currency": "USD"}, {"currency": "CHF"}])
@pytest.mark.parametrize("won", [{"currency": "EUR", "amount": 700}, {"amount": 5}, {}])
def test_a_customer_is_won_back_whatever_the_currencies_of_the_deals(lost: Any, won: Any) -> None:
    rows = [
        Deal(id=1, created_at="2024-01-01", status="lost", closed_at="2024-01-31", customer="a", **lost),
        Deal(id=2, created_at="2024-01-01", status="won", closed_at="2024-09-30", customer="a", **won),
        Deal(id=3, created_at="2024-01-01", status="lost", closed_at="2024-03-31", customer="b"),
    ]
    found = by_customer(rows)
    assert sales.won_back_rate(found) == 0.5
    assert sum(found.deals.item(i) for i in range(len(found))) == 3


def test_a_deal_without_a_currency_is_with_the_others_of_its_customer() -> None:
    rows = [
        Deal(id=1, created_at="2024-01-01", status="lost", closed_at="2024-01-31", customer="a"),
        Deal(
            id=2, created_at="2024-01-01", status="won", closed_at="2024-09-30", customer="a", currency="EUR", amount=7
        ),
    ]
    found = by_customer(rows)
    assert len(found) == 1 and found.currency.item(0) == "EUR" and float(found.amount.item(0)) == 7
    assert (found.deals.item(0), found.won.item(0), found.lost.item(0)) == (2, 1, 1)


def test_an_amount_without_a_currency_has_a_row_beside_those_in_one() -> None:
    base = {"created_at": "2024-01-01", "status": "won", "closed_at": "2024-02-01", "customer": "a"}
    found = by_customer([Deal(id=1, currency="EUR", amount=7, **base), Deal(id=2, amount=5, **base)])
    assert [(found.currency.item(i), float(found.amount.item(i))) for i in range(len(found))] == [("EUR", 7), (None, 5)]
    assert [found.won.item(i) for i in range(len(found))] == [2, 0], "the counts are in the first row"
    assert str(found.first_won_at.item(1)) == "2024-02-01", "the times are in each"


@given(rows=deals_of_customers(), cut=st.integers(0, 10), data=st.data())
def test_customers_of_several_currencies_are_their_own_merge(rows: list[Deal], cut: int, data: Any) -> None:
    found = by_customer(rows)
    assert same_rows(by_customer(by_customer(rows[:cut]) + by_customer(rows[cut:])), found)
    assert rows_of(by_customer(found)) == rows_of(found)
    assert same_rows(by_customer(data.draw(st.permutations(rows))), found)


@given(rows=deals_of_customers())
def test_the_rows_of_all_customers_add_up_and_those_of_one_have_its_times(rows: list[Deal]) -> None:
    found = by_customer(rows)
    n = len(found)
    totals = [sum(int(found[name].item(i)) for i in range(n)) for name in COUNTS]
    won = [d for d in rows if d.status == "won"]
    want = [len(rows), len(won), sum(d.status == "lost" for d in rows), sum(d.amount is None for d in won)]
    assert totals == want
    for code in (None, "EUR", "USD", "CHF"):
        own = sum(Decimal(str(float(found.amount.item(i)))) for i in range(n) if found.currency.item(i) == code)
        assert own == sum((d.amount for d in won if d.currency == code and d.amount is not None), Decimal(0))
    groups = defaultdict(list)
    for d in rows:
        groups[d.customer].append(d)
    for i in range(n):
        if found.customer.item(i) is not None:
            assert [found[name].item(i) for name in EDGES] == times_of(groups[found.customer.item(i)])


def times_of(own: list[Deal]) -> list[Any]:
    of = {status: [d.closed_at for d in own if d.status == status] for status in ("won", "lost")}
    times = [[d.created_at for d in own], of["won"], of["lost"]]
    dated_last = lambda xs, key: max(sorted(xs, key=lambda t: isinstance(t, dt.datetime)), key=key)  # noqa: E731
    return [edge(t, pick) for t in times for pick in (min, dated_last)]


@given(rows=deals_of_customers())
def test_the_rate_of_those_won_back_is_that_of_a_plain_loop(rows: list[Deal]) -> None:
    refused, back = set(), set()
    for customer in {d.customer for d in rows} - {None}:
        _, _, _, last_won, first_lost, _ = times_of([d for d in rows if d.customer == customer])
        if first_lost is None:
            continue
        refused.add(customer)
        if last_won is not None:
            both = isinstance(last_won, dt.datetime) and isinstance(first_lost, dt.datetime)
            a, b = (t if both else dt.date(t.year, t.month, t.day) for t in (first_lost, last_won))
            back |= {customer} if a < b else set()
    rate = sales.won_back_rate(by_customer(rows))
    assert rate == len(back) / len(refused) if refused else math.isnan(rate)


def test_rows_of_customers_that_were_made_by_hand_fold_too() -> None:
    again = by_customer([CustomerDeals(customer="a", deals=2, won=1, amount=5), CustomerDeals(customer="a", deals=3)])
    assert len(again) == 1 and again.deals.item(0) == 5


# ---------------------------------------------------------------- which purchase came first


def kinds(rows: Any) -> list[Any]:
    found = sales.with_kinds(rows)
    return [found.kind.item(i) for i in range(len(found))]


@given(rows=deals_of_customers())
def test_the_first_purchase_is_the_one_that_by_customer_dates(rows: list[Deal]) -> None:
    found, folded = sales.with_kinds(rows), by_customer(rows)
    first = {folded.customer.item(i): folded.first_won_at.item(i) for i in range(len(folded))}
    new = {found.customer.item(i): found.closed_at.item(i) for i in range(len(found)) if found.kind.item(i) == "new"}
    assert new == {c: at for c, at in first.items() if c is not None and at is not None}
    assert sum(kind == "new" for kind in kinds(rows)) == len(new)


@given(rows=deals_of_customers(), data=st.data())
def test_the_order_of_rows_does_not_matter_to_kinds(rows: list[Deal], data: Any) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert same_rows(sales.with_kinds(shuffled), sales.with_kinds(rows))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(rows=deals_of_customers(at=TIMES, ids=[1, 2, 9, 10]))
def test_every_input_kind_has_the_same_first_purchases(kind: Any, rows: list[Deal]) -> None:
    rows = [d for d in rows if d.customer and d.closed_at and d.status == "won" and d.created_at]
    rows = [
        *{(d.id, d.closed_at): d for d in rows}.values()
    ]  # what is alike in both, the columns of a kind put in order
    assert kinds(kind.make(rows, Deal)) == kinds(rows)


def test_a_bare_date_is_the_beginning_of_its_day_in_its_zone() -> None:
    berlin = {"id": [1, 2], "created_at": ["2024-01-01"] * 2, "status": ["won"] * 2, "customer": ["a"] * 2}
    night = dt.datetime(2024, 1, 1, 23, 30, tzinfo=dt.UTC)  # half past midnight of the 2nd in Berlin
    rows = table({**berlin, "closed_at": [night, dt.date(2024, 1, 2)]}, Deal, tz="Europe/Berlin")
    assert kinds(rows) == ["repeat", "new"]
    assert str(by_customer(rows).first_won_at.item(0)) == "2024-01-02"


def test_ids_of_one_instant_are_in_order_of_numbers_and_rows_without_ids_come_last() -> None:
    base = {"status": ["won"] * 2, "customer": ["a"] * 2, "closed_at": ["2024-01-01"] * 2}
    assert kinds({**base, "id": np.array([10, 9])}) == kinds({**base, "id": ["10", "9"]}) == ["repeat", "new"]
    assert kinds({**base, "id": ["x", "9"]}) == kinds({**base, "id": [None, "x"]}) == ["repeat", "new"]
    assert kinds({**base, "amount": [7, 5]}) == ["repeat", "new"], "other fields tell them apart"


def test_a_time_of_the_day_of_a_date_comes_after_it() -> None:
    base = {"id": [1, 2], "status": ["won"] * 2, "customer": ["a"] * 2}
    assert kinds({**base, "closed_at": [dt.datetime(2024, 1, 1, 9), dt.date(2024, 1, 1)]}) == ["repeat", "new"]


# ---------------------------------------------------------------- what the lines of deals say


LINES = st.lists(
    st.builds(
        DealLine,
        deal=st.sampled_from([1, 2, 9, 77, None]),
        kind=st.sampled_from([None, "base", "upsell", "cross_sell"]),
        price=st.sampled_from([None, 0, 5, "7.50"]),
        quantity=st.sampled_from([None, 1, 2]),
    ),
    max_size=8,
)
ADDED = ("upsell", "cross_sell")


def deals_for_lines(rows: list[Deal]) -> list[Deal]:
    """Deals with ids of their own, all amounts without a currency."""
    return [attrs.evolve(d, id=i, currency=None) for i, d in enumerate(rows)]


@given(rows=deals_of_customers().map(deals_for_lines), lines=LINES, kind=st.sampled_from([None, *ADDED]))
def test_the_metrics_of_add_ons_read_the_lines_of_deals(rows: list[Deal], lines: list[DealLine], kind: Any) -> None:
    found, wanted = sales.with_kinds(rows, lines), (kind,) if kind else ADDED
    sold = {d.id: d for d in rows if d.status == "won"}
    own = [(sold[x.deal], x) for x in lines if x.deal in sold]
    added = [(d, x) for d, x in own if x.kind in wanted]
    lone = [d for d in sold.values() if d.id not in {x.deal for x in lines}]
    worth = lambda pairs: sum(float(x.price or 0) * float(x.quantity or 1) for _, x in pairs)  # noqa: E731
    whole = worth(own) + sum(float(d.amount or 0) for d in lone)
    assert sales.addon_deals(found, kind=kind) == len(added)
    assert sales.won_revenue(found) == whole
    share = sales.addon_revenue_share(found, kind=kind)
    assert share == pytest.approx(worth(added) / whole) if whole else math.isnan(share)
    buyers, more = {d.customer for d in sold.values()} - {None}, {d.customer for d, _ in added} - {None}
    part = sales.addon_customer_share(found, kind=kind)
    assert part == len(more) / len(buyers) if buyers else math.isnan(part)
    assert sales.deals_won(found) == len(own) + len(lone)


def test_a_line_that_is_no_add_on_is_of_the_kind_of_its_deal() -> None:
    base = {"created_at": "2024-01-01", "status": "won", "customer": "a"}
    rows = [Deal(id=i, closed_at=f"2024-02-0{i}", amount=9, **base) for i in (1, 2, 3)]
    lines = [
        DealLine(deal=2, kind="base", price=1),
        DealLine(deal=2, kind="upsell", price=2),
        DealLine(deal=9, price=4),
    ]
    found = sales.with_kinds(rows, lines)
    assert [(found.id.item(i), found.kind.item(i), found.amount.item(i)) for i in range(len(found))] == [
        ("2", "repeat", 1),
        ("2", "upsell", 2),
        ("1", "new", 9),
        ("3", "repeat", 9),
    ]
    assert same_rows(sales.with_kinds(rows, []), sales.with_kinds(rows))
    assert len(sales.with_kinds([], lines)) == 0


def test_amounts_of_lines_are_in_their_own_currencies() -> None:
    base = {"created_at": "2024-01-01", "status": "won", "closed_at": "2024-02-01"}
    rows = [Deal(id=1, amount=9, currency="EUR", **base), Deal(id=2, amount=8, currency="EUR", **base)]
    found = sales.with_kinds(rows, [DealLine(deal=1, price="1.234", quantity=2, currency="KWD")])
    assert sales.won_revenue(found, by="currency") == {"EUR": 8.0, "KWD": 2.468}


def test_a_line_that_states_no_currency_or_product_has_that_of_its_deal() -> None:
    base = {"created_at": "2024-01-01", "status": "won", "closed_at": "2024-02-01"}
    rows = [
        Deal(id=1, amount=9, currency="USD", product="car", **base),
        Deal(id=2, amount=8, currency="EUR", product="van", **base),
        Deal(id=3, amount=5, currency="USD", **base),
    ]
    bare = {"deal": [1, 1, 2], "kind": ["base", "upsell", "base"], "price": [80, 20, 7]}
    found = sales.with_kinds(rows, bare)
    assert sales.won_revenue(found, by="currency") == {"EUR": 7.0, "USD": 105.0}
    assert sales.deals_won(found, by="product") == {"car": 2, "van": 1, None: 1}
    some = {**bare, "currency": [None, "EUR", None], "product": [None, "mats", None]}
    found = sales.with_kinds(rows, some)
    assert sales.won_revenue(found, by="currency") == {"EUR": 27.0, "USD": 85.0}
    assert sales.deals_won(found, by="product") == {"car": 1, "mats": 1, "van": 1, None: 1}
    one = sales.with_kinds([rows[0], rows[2]], bare)
    assert sales.won_revenue(one) == 105.0
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        sales.won_revenue(found)


@pytest.mark.parametrize("kind", [int, str])
def test_lines_of_an_id_that_two_deals_have_are_refused(kind: type) -> None:
    deals = {"id": [*map(kind, (1, 1, 2))], "status": ["won"] * 3, "closed_at": ["2024-01-01"] * 3}
    deals |= {"amount": [100, 200, 300], "customer": ["a", "b", "c"]}
    with pytest.raises(WrongValue, match=r"the id '1' is of several deals.*duplicates\(deals\)"):
        sales.with_kinds(deals, {"deal": [1, 1], "kind": ["base", "upsell"], "price": [80, 20]})
    found = sales.with_kinds(deals, {"deal": [2], "kind": ["base"], "price": [7]})
    assert sales.won_revenue(found) == 307


# ---------------------------------------------------------------- who buys again


def test_days_of_purchases_need_rows_and_have_no_interval() -> None:
    days = partial(sales.repeat_rate, counting="days")
    rows = {"status": ["won", "won"], "customer": ["a", "a"], "closed_at": ["2024-01-01", "2024-02-02"]}
    for call in (
        lambda: days(Totals.of(Deal, won=3, created=9)),
        lambda: interval(days, rows),
        lambda: change(days, rows, rows),
    ):
        with pytest.raises(WrongCall, match="use counting='deals'"):
            call()
    assert days(summarize(days, rows)) == days(rows) == 1


@given(rows=deals_of_customers())
def test_deals_of_one_day_are_one_purchase_where_days_are_counted(rows: list[Deal]) -> None:
    sold = [d for d in rows if d.status == "won" and d.customer]
    days = defaultdict(set)
    for d in sold:
        assert d.closed_at is not None
        days[d.customer].add(dt.date(d.closed_at.year, d.closed_at.month, d.closed_at.day))
    rate = sales.repeat_rate(rows, counting="days")
    assert rate == sum(len(x) > 1 for x in days.values()) / len(days) if days else math.isnan(rate)
    groups = sales.repeat_rate(rows, counting="days", by="manager")
    for name, part in groups.items():
        alone = sales.repeat_rate([d for d in rows if d.manager == name], counting="days")
        assert part == alone or (math.isnan(part) and math.isnan(alone))
    cut = [summarize(partial(sales.repeat_rate, counting="days"), rows[i::2]) for i in range(2)]
    added = sales.repeat_rate(sum(cut), counting="days")
    assert added == rate or math.isnan(rate)
