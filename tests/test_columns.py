"""Columns compute and compare row by row, as plain Python does; what is unknown on either side is unknown."""

from __future__ import annotations

import datetime as dt
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
import pytest
from cases import load, sale
from hypothesis import given, strategies as st

from crm_metrics import Deal, Record, Table, table, totals, where
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.where import column
from crm_metrics.cells import money
from crm_metrics.columns import won


def items(column_: Any) -> list[Any]:
    return [column_.item(i) for i in range(len(column_))]


# ---------------------------------------------------------------- three-valued logic


@attrs.frozen(kw_only=True)
class Switch(Record):
    """Two flags of one row, each yes, no or unknown."""

    a: Decimal | None = attrs.field(default=None, converter=money)
    b: Decimal | None = attrs.field(default=None, converter=money)


THREE = (True, False, None)


def kleene_and(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True


def kleene_or(a: bool | None, b: bool | None) -> bool | None:
    return True if a is True or b is True else None if a is None or b is None else False


def kleene_not(a: bool | None) -> bool | None:
    return None if a is None else not a


@column
def first(s: Any) -> Any:
    return s.a > 0


@column
def second(s: Any) -> Any:
    return s.b > 0


@column
def nothing_much(s: Any) -> Any:
    return ~(first(s) & second(s)) | ~first(s)


@pytest.mark.parametrize("a", THREE)
@pytest.mark.parametrize("b", THREE)
def test_flags_follow_kleene(a: bool | None, b: bool | None) -> None:
    """On a table and, by the same functions, on one record."""
    one = Switch(a=None if a is None else int(a), b=None if b is None else int(b))
    t = table([one], Switch)
    assert (first(t) & second(t)).item(0) is (first & second)(one) is kleene_and(a, b)
    assert (first(t) | second(t)).item(0) is (first | second)(one) is kleene_or(a, b)
    assert (~first(t)).item(0) is (~first)(one) is kleene_not(a)
    wanted = kleene_or(kleene_not(kleene_and(a, b)), kleene_not(a))
    assert nothing_much(t).item(0) is nothing_much(one) is wanted
    assert len(where(t, first & second)) == (kleene_and(a, b) is True)
    assert len(where(t, ~(first & second))) == (kleene_and(a, b) is False)


def test_unknown_counts_neither_as_yes_nor_as_no() -> None:
    rows = [Switch(a=x) for x in (1, 1, 0, None)]
    t = totals(rows, Switch)
    assert (t.count(first), t.count(~first), t.count()) == (2, 1, 4)
    assert t.missing(first) == 1
    assert t.sum(first) == 2


# ---------------------------------------------------------------- fields of a deal


def sold(**more: Any) -> Table[Deal]:
    """A deal that was won and one that is open."""
    return load(status=["won", "open"], closed_at=["2024-02-01", None], **more)


@column
def big(d: Any) -> Any:
    """Whether the amount is over five."""
    return d.amount > 5


def test_conditions_join() -> None:
    t = sold(amount=[5, 6])
    joined = (big, ~big, won & big, won | big, ~(won | big), (won & ~big) | big)
    assert [len(where(t, condition)) for condition in joined] == [1, 1, 0, 2, 0, 2]
    assert (won & ~big).__name__ == "won_and_not_big" and repr(big) == "big"
    assert (won & ~big)(sale(amount=5)) is True
    assert pickle.loads(pickle.dumps(won)) is won and totals(t, Deal).count(won & ~big) == 1


def test_labels_compare_with_labels_row_by_row() -> None:
    t = sold(manager=["Anna", "Boris"], customer=["Anna", "Vera"])
    assert items(t.manager == t.customer) == [True, False] and items(t.manager != t.customer) == [False, True]
    assert items(t.status == t.manager) == [False, False]
    assert items(sold(manager=["Anna", None]).manager == "Anna") == [True, None]
    assert items(sold(manager=list("ab")).manager.isin(*"abcdefgh")) == [True, True]


def test_amounts_compute_in_major_units() -> None:
    t = sold(amount=[100, None], cost=["60.50", 1], probability=[0.5, 1])
    assert items(t.amount - t.cost) == [Decimal("39.50"), None] and items(t.amount + t.cost)[0] == Decimal("160.50")
    assert items(t.amount * 2) == items(2 * t.amount) == [200, None] and items(-t.amount) == [-100, None]
    assert items(t.amount * t.probability) == [50, None] and items(t.probability * t.amount) == [50, None]
    assert items(t.amount * 0.1) == [10, None] and items(t.amount > t.cost) == [True, None]
    assert items((t.closed_at - t.created_at) * 2) == [dt.timedelta(54), None]
    assert items((t.closed_at - t.created_at) > dt.timedelta(26, 86399)) == [True, None]
    assert items(t.closed_at - dt.date(2024, 1, 31)) == [dt.timedelta(1), None]
    assert items(dt.date(2024, 2, 2) - t.closed_at) == [dt.timedelta(1), None]
    extra = sold(a=[0.5, 1.5], b=[1, None], c=[Decimal("0.25"), 2])
    assert items(extra.a + extra.a) == [1.0, 3.0] and items(extra.a * 2) == [1.0, 3.0]
    assert items(extra.a * extra.b) == [0.5, None] and items(extra.a > extra.b) == [False, None]
    assert items(extra.b + extra.c) == [Decimal("1.25"), None] and items(extra.a > 1) == [False, True]


def test_large_amounts_compute_without_wrapping() -> None:
    t = sold(amount=[9 * 10**16, 9 * 10**16], cost=[-(9 * 10**16), 1])
    assert items(t.amount - t.cost) == [18 * 10**16, 9 * 10**16 - 1]
    assert items(t.amount * 100) == [9 * 10**18] * 2 and items(t.amount > 10**30) == [False, False]
    assert items(sold(amount=[10**20, 5]).amount > 10**19) == [True, False]


# ---------------------------------------------------------------- any numbers

LIMITS = (Decimal(0), Decimal("0.01"), Decimal("-0.005"), 1, -1, 0.1, 10**20, -(10**20), Fraction(1, 3))


@given(
    amount_=st.none() | st.decimals(-100, 100, places=2) | st.sampled_from([Decimal("0.10"), Decimal(10**17)]),
    limit=st.sampled_from(LIMITS) | st.decimals(-100, 100, places=3),
)
def test_an_amount_compares_as_the_number_it_is(amount_: Decimal | None, limit: Any) -> None:
    t = table([sale(amount=amount_)], Deal)
    exactly = Fraction(str(limit)) if isinstance(limit, float) else Fraction(limit)
    x = None if amount_ is None else Fraction(amount_)
    for ours, wanted in (
        (t.amount > limit, x is not None and x > exactly),
        (t.amount >= limit, x is not None and x >= exactly),
        (t.amount < limit, x is not None and x < exactly),
        (t.amount <= limit, x is not None and x <= exactly),
        (t.amount == limit, x is not None and x == exactly),
        (t.amount != limit, x is not None and x != exactly),
    ):
        assert ours.item(0) is (None if x is None else wanted)


plain = st.none() | st.integers(-(10**19), 10**19) | st.decimals(-1000, 1000, places=3)


@given(rows=st.lists(st.tuples(plain, plain), min_size=1, max_size=8), k=st.sampled_from([0, -3, Decimal("0.25")]))
def test_columns_compute_as_their_rows_do(rows: list[tuple[Any, Any]], k: Any) -> None:
    """Plain numbers of any size and any decimals; what is missing on either side is missing in the result."""
    t = where({"x": [x for x, _ in rows], "y": [y for _, y in rows]})
    for ours, wanted in (
        (t.x + t.y, lambda x, y: x + y),
        (t.x - t.y, lambda x, y: x - y),
        (t.x * t.y, lambda x, y: x * y),
        (t.x > t.y, lambda x, y: x > y),
        (t.x == t.y, lambda x, y: x == y),
    ):
        for i, (x, y) in enumerate(rows):
            assert read(ours.item(i)) == (None if None in (x, y) else wanted(Fraction(x), Fraction(y)))
    scaled = t.x * k
    assert [read(scaled.item(i)) for i in range(len(rows))] == [
        None if x is None else Fraction(x) * Fraction(k) for x, _ in rows
    ]


def read(x: Any) -> Any:
    return x if x is None or isinstance(x, bool) else Fraction(x)


def test_white_space_around_a_label_is_no_part_of_it_wherever_it_is_compared() -> None:
    rows = open_rows({"manager": ["Anna", " Anna", "Boris"], "status": ["won", "won ", "open"]}, Deal)
    for found in (rows.manager == " Anna ", rows.manager.isin(" Anna "), rows.status == " won"):
        assert found.true.tolist() == [True, True, False]
    assert len(where(rows, manager=" Anna ")) == 2
