"""The first touch of each deal or customer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import Deal, attach, sales, table
from crm_metrics.errors import UnknownName, WrongCall
from crm_metrics.journeys import first_touches
from crm_metrics.records import Call, Interaction, StageChange
from tests.inputs import KINDS
from tests.paths import label, rows_of, same_rows, stage_changes

TIMES = st.sampled_from([dt.date(2024, 1, day) for day in (1, 2, 3)]) | st.sampled_from(
    [dt.datetime(2024, 1, day, hour) for day in (1, 2) for hour in (0, 9)]
)
OWN = {
    "deal": st.sampled_from(["1", "2", "10", None]),
    "customer": st.sampled_from(["a", "b", None]),
    "manager": st.sampled_from([None, "Anna", "Boris"]),
    "id": st.sampled_from([None, "1", "2"]),
}
INTERACTIONS = st.lists(
    st.builds(Interaction, at=TIMES | st.none(), kind=st.sampled_from(["email", "visit"]), **OWN), max_size=12
)
SECONDS = st.sampled_from([None, 5, 60])
CALLS = st.lists(st.builds(Call, started_at=TIMES | st.none(), duration=SECONDS, **OWN), max_size=12)
TOUCHES = INTERACTIONS | CALLS | stage_changes()


@given(rows=TOUCHES, cut=st.integers(0, 12), on=st.sampled_from(["deal", "manager"]))
def test_first_touches_are_their_own_merge(rows: list[Any], cut: int, on: str) -> None:
    if not rows:
        return
    record = type(rows[0])
    parts = [first_touches(table(part, record), on) for part in (rows[:cut], rows[cut:])]
    found = first_touches(rows, on)
    assert same_rows(first_touches(parts[0] + parts[1], on), found)
    assert rows_of(first_touches(found, on)) == rows_of(found)


@given(rows=TOUCHES, data=st.data())
def test_the_order_of_rows_does_not_matter(rows: list[Any], data: Any) -> None:
    assert rows_of(first_touches(data.draw(st.permutations(rows)))) == rows_of(first_touches(rows))


@given(rows=INTERACTIONS, on=st.sampled_from(["deal", "customer"]))
def test_first_touches_are_those_of_a_plain_loop(rows: list[Interaction], on: str) -> None:
    def key(x: Interaction) -> Any:
        at = x.at if isinstance(x.at, dt.datetime) or x.at is None else dt.datetime(x.at.year, x.at.month, x.at.day)
        more = [label(getattr(x, n)) for n in sorted({"deal", "customer", "kind", "manager"} - {on})]
        return at is None, at or dt.datetime.min, isinstance(x.at, dt.datetime), more

    first: dict[Any, Interaction] = {}
    loose = [row for row in rows if getattr(row, on) is None]
    for row in sorted((row for row in rows if getattr(row, on) is not None), key=key):
        first.setdefault(getattr(row, on), row)
    names = [on, "at", "kind", "manager"]
    found = first_touches(rows, on)
    got = [tuple(found[n].item(i) for n in names) for i in range(len(found))]
    assert sorted(map(str, got)) == sorted(str(tuple(getattr(r, n) for n in names)) for r in [*first.values(), *loose])


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_input_kind_gives_the_same_touches(kind: Any) -> None:
    rows = [Interaction(id=i, deal=i % 3, kind="visit", at=dt.datetime(2024, 1, 9 - i, 9, i)) for i in range(7)]
    ours, plain = first_touches(kind.make(rows, Interaction)), first_touches(rows)
    for name in ("deal", "at", "kind"):
        assert [ours[name].item(i) for i in range(len(ours))] == [plain[name].item(i) for i in range(len(plain))]


def test_the_cycle_from_the_first_touch() -> None:
    deals = [
        Deal(id=1, created_at="2024-01-10", status="won", closed_at="2024-01-31"),
        Deal(id=2, created_at="2024-01-10", status="won", closed_at="2024-01-20"),
    ]
    done = [
        Interaction(id=2, deal=1, kind="visit", at="2024-01-01"),
        Interaction(id=1, deal=1, kind="email", at="2024-01-08"),
        Interaction(id=3, deal=3, kind="email", at="2024-01-08"),
    ]
    touched = attach(deals, first_touches(done), on="id", touched_at="at")
    assert sales.average_sales_cycle(touched, start="touched_at") == 30, "a deal that nobody touched is not in it"
    calls = first_touches([Call(id=9, deal=2, started_at="2024-01-15"), Call(id=2, deal=2, started_at="2024-01-16")])
    rung = attach(deals, calls, on="id", touched_at="started_at")
    assert sales.average_sales_cycle(rung, start="touched_at") == 5
    by_name = first_touches({"customer": ["a", "a"], "at": ["2024-01-02", "2024-01-01"]}, "customer")
    assert str(by_name.at.item(0)) == "2024-01-01" and by_name.columns[0] == "customer"


def test_changes_of_one_instant_are_in_order_of_seq() -> None:
    rows = [
        StageChange(deal=1, stage="offer", at="2024-01-01", seq=2, manager="Anna"),
        StageChange(deal=1, stage="success", at="2024-01-01", seq=1, manager="Boris"),
    ]
    assert first_touches(rows).stage.item(0) == "success"


def test_ids_that_came_as_numbers_match_deals_of_text() -> None:
    found = first_touches({"deal": np.array([10, 9, 10]), "at": ["2024-01-03", "2024-01-02", "2024-01-01"]})
    deals = [Deal(id="10", created_at="2024-01-01", status="won", closed_at="2024-01-31")]
    assert sales.average_sales_cycle(attach(deals, found, on="id", seen="at"), start="seen") == 30


def test_nothing_gives_nothing_and_other_rows_are_refused() -> None:
    assert len(first_touches([])) == 0
    assert len(first_touches(table([], Interaction))) == 0
    with pytest.raises(UnknownName, match="on='phone'"):
        first_touches([Interaction(at="2024-01-01", kind="email")], "phone")
    with pytest.raises(WrongCall, match="at holds no ids"):
        first_touches([Interaction(at="2024-01-01", kind="email")], "at")
    with pytest.raises(WrongCall):
        first_touches([Deal(id=1, created_at="2024-01-01", status="open")])
