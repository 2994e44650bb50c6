"""Folds over stage changes and deals: each is its own merge, and order of rows does not matter."""

from __future__ import annotations

import datetime as dt
import pickle
from collections import defaultdict
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import Deal, where
from crm_metrics._tables.encoding.ids import Numbered
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.stacking import stack
from crm_metrics.errors import UnknownName, WrongCall, WrongValue
from crm_metrics.journeys import (
    CustomerDeals,
    Pipeline,
    Stay,
    by_customer,
    cumulative,
    first_entries,
    furthest,
    latest,
    order as in_order,
    stays,
    time_in_stage,
    won_back,
)
from crm_metrics.records import StageChange
from tests.inputs import KINDS
from tests.paths import SALES, START, by_deal, instant, key, plain, rows_of, same_rows, stage_changes
from tests.strategies import WORLDS, companies

CUT = st.integers(0, 14)
FOLDS = {
    "first entries": first_entries,
    "stays": stays,
    "stays in a pipeline": lambda rows: stays(rows, SALES),
    "furthest": lambda rows: furthest(rows, SALES),
}


def changes(*moves: tuple[Any, str, str], **more: Any) -> list[StageChange]:
    return [StageChange(deal=deal, stage=stage, at=at, **more) for deal, stage, at in moves]


# ---------------------------------------------------------------- the laws


@pytest.mark.parametrize("fold", FOLDS.values(), ids=FOLDS)
@given(rows=stage_changes(), cut=CUT)
def test_a_fold_is_its_own_merge(fold: Any, rows: list[StageChange], cut: int) -> None:
    assert same_rows(fold(fold(rows[:cut]) + fold(rows[cut:])), fold(rows))


@pytest.mark.parametrize("fold", FOLDS.values(), ids=FOLDS)
@given(rows=stage_changes(), data=st.data())
def test_the_order_of_rows_does_not_matter(fold: Any, rows: list[StageChange], data: Any) -> None:
    assert rows_of(fold(data.draw(st.permutations(rows)))) == rows_of(fold(rows))


@pytest.mark.parametrize("fold", FOLDS.values(), ids=FOLDS)
@given(rows=stage_changes())
def test_a_fold_of_a_fold_changes_nothing(fold: Any, rows: list[StageChange]) -> None:
    once = fold(rows)
    assert rows_of(fold(once)) == rows_of(once)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(rows=stage_changes(lacking=False))
def test_every_input_kind_folds_to_the_same_rows(kind: Any, rows: list[StageChange]) -> None:
    rows = [attrs.evolve(c, at=instant(c.at), seq=None) for c in rows]
    rows.append(StageChange(deal="far", stage="lead", at=START + dt.timedelta(minutes=817)))  # or all may be days
    assert same_rows(stays(kind.make(rows, StageChange)), stays(rows))


@given(rows=stage_changes(lacking=False, ids=[3, 20, 100]), cut=CUT)
def test_ids_that_came_as_numbers_stay_numbers(rows: list[StageChange], cut: int) -> None:
    def columns(part: list[StageChange]) -> dict[str, Any]:
        at = np.array([instant(c.at) for c in part], "M8[us]")
        more = {n: [getattr(c, n) for c in part] for n in ("stage", "pipeline", "seq", "manager")}
        return {"deal": np.array([int(str(c.deal)) for c in part], np.int64), "at": at, **more}

    rows = [attrs.evolve(c, at=instant(c.at) + dt.timedelta(minutes=817 + i % 2)) for i, c in enumerate(rows)]
    merged = stays(stays(columns(rows[:cut])) + stays(columns(rows[cut:])))
    assert isinstance(merged.deal, Numbered) or not rows
    assert same_rows(merged, stays(rows))


def test_a_saved_fold_still_adds() -> None:
    rows = changes((1, "a", "2024-01-01"), (1, "b", "2024-01-05"))
    parts = [pickle.loads(pickle.dumps(stays([row]))) for row in rows]
    assert rows_of(stays(parts[0] + parts[1])) == rows_of(stays(rows))
    assert rows_of(sum(parts)) == rows_of(stack(parts))


@pytest.mark.parametrize("fold", [*FOLDS.values(), cumulative, latest, by_customer])
def test_nothing_folds_to_nothing(fold: Any) -> None:
    assert len(fold([])) == 0
    assert len(fold(fold([]) + fold([]))) == 0


@pytest.mark.parametrize("fold", [*FOLDS.values(), cumulative, latest])
def test_other_rows_are_refused(fold: Any) -> None:
    with pytest.raises(WrongCall, match="StageChange"):
        fold([Deal(id=1, created_at="2024-01-01", status="open")])


# ---------------------------------------------------------------- first entries and the furthest stage


@given(rows=stage_changes())
def test_first_entries_are_those_of_a_plain_loop(rows: list[StageChange]) -> None:
    first: dict[Any, StageChange] = {}
    loose = [change for change in rows if change.deal is None]
    for change in sorted((c for c in rows if c.deal is not None), key=key):
        first.setdefault((change.deal, change.pipeline, change.stage), change)
    assert same_rows(first_entries(rows), table_of([*first.values(), *loose]))


def table_of(rows: list[StageChange]) -> Any:
    return open_rows(rows, StageChange)


@given(rows=stage_changes())
def test_the_furthest_stage_is_that_of_a_plain_loop(rows: list[StageChange]) -> None:
    want = [c for c in rows if c.deal is None and c.pipeline == "sales" and c.stage is not None]
    for deal, moves in by_deal(rows, SALES).items():
        own = [c for c in moves if c.pipeline == "sales" and c.stage is not None]
        if deal is None or not own:
            continue
        best = max(SALES.stages.index(c.stage) if c.stage in SALES.stages else -1 for c in own)
        want.append(next(c for c in own if (SALES.stages.index(c.stage) if c.stage in SALES.stages else -1) == best))
    assert same_rows(furthest(rows, SALES), table_of(want))


def test_two_stages_of_one_name_in_two_pipelines_stay_two() -> None:  # another tool gave both the first one's label
    rows = [*changes((1, "new", "2024-01-01"), pipeline="a"), *changes((1, "new", "2024-01-02"), pipeline="b")]
    assert len(first_entries(rows)) == 2


def test_many_stages_of_many_deals_take_no_more_than_those_that_occur() -> None:
    n = 3000
    rows = {
        "deal": list(range(n)) * 2,
        "stage": [f"s{i}" for i in range(n)] * 2,
        "at": ["2024-01-02"] * n + ["2024-01-01"] * n,
    }
    found = first_entries(rows)
    assert len(found) == n
    assert {found.at.item(i).day for i in range(n)} == {1}
    assert len(by_customer({"customer": [f"c{i}" for i in range(n)], "status": ["won"] * n})) == n


def test_other_columns_of_every_kind_tell_equal_changes_apart() -> None:
    base = {"deal": [1, 1], "stage": ["a", "a"], "at": ["2024-01-01"] * 2}
    whens = [dt.datetime(2024, 1, 2, 3), dt.datetime(2024, 1, 2, 4)]
    for values in ([True, False], [1.5, 0.5], [2, 1], whens[::-1], ["b", "a"]):
        found = first_entries({**base, "more": values})
        assert found.more.item(0) == values[1] or found.more.item(0) is values[1]


def test_first_entries_keep_other_columns_and_do_not_depend_on_their_order() -> None:
    rows = {"deal": [1, 1], "stage": ["a", "a"], "at": ["2024-01-01"] * 2, "channel": ["web", "fair"], "n": [2, 1]}
    back = {name: column[::-1] for name, column in rows.items()}
    assert first_entries(rows).channel.item(0) == first_entries(back).channel.item(0) == "fair"


# ---------------------------------------------------------------- stays


@given(rows=stage_changes())
def test_stays_are_those_of_a_plain_loop(rows: list[StageChange]) -> None:
    want = []
    for deal, moves in by_deal(rows, SALES).items():
        for change, after in zip(moves, [*moves[1:], None], strict=True):
            ended = deal is not None and change.at is not None and after is not None and after.at is not None
            stay = {"left_at": after.at, "next_stage": after.stage, "next_pipeline": after.pipeline} if ended else {}
            same = {n: getattr(change, n) for n in ("deal", "pipeline", "stage", "seq", "manager")}
            want.append(Stay(entered_at=change.at, **same, **stay))
    found = stays(rows, SALES)
    names = sorted(set(found.columns) - {"tied"})
    columns = [[plain(found[name].item(i)) for i in range(len(found))] for name in names]
    assert sorted(map(str, zip(*columns, strict=True))) == sorted(
        str(tuple(plain(getattr(s, n)) for n in names)) for s in want
    )


def test_a_change_of_pipeline_ends_the_stay() -> None:
    rows = [
        *changes((1, "success", "2024-01-01"), pipeline="sales"),
        *changes((1, "keys", "2024-01-04"), pipeline="after"),
    ]
    found = stays(rows)
    assert found.next_pipeline.item(0) == "after"
    assert time_in_stage(found).item(0) == dt.timedelta(days=3)


def test_changes_of_one_instant_are_in_order_of_seq_then_of_the_pipeline_then_of_the_label() -> None:
    at = "2024-01-01"
    rows = changes((1, "new lead", at), (1, "contact", at), (1, "offer", at))
    assert [stays(rows).stage.item(i) for i in range(3)] == ["contact", "new lead", "offer"]
    assert [stays(rows, SALES).stage.item(i) for i in range(3)] == ["new lead", "contact", "offer"]
    numbered = [attrs.evolve(row, seq=3 - i) for i, row in enumerate(rows)]
    assert [stays(numbered, SALES).stage.item(i) for i in range(3)] == ["offer", "contact", "new lead"]


@given(rows=stage_changes())
def test_keys_that_do_not_fit_into_an_integer_give_the_same_order(rows: list[StageChange]) -> None:
    want = rows_of(stays(rows, SALES))
    bits = in_order.BITS
    try:
        for in_order.BITS in (0, 3, 8):
            assert rows_of(stays(rows, SALES)) == want
    finally:
        in_order.BITS = bits


def test_times_in_microseconds_over_a_century_and_large_ids_keep_their_order() -> None:
    rng = np.random.default_rng(4)
    deal = rng.choice(rng.integers(0, 2**62, 50), 400)
    at = rng.integers(-(2**52), 2**52, 400)
    found = stays(
        {
            "deal": deal,
            "stage": [str(i) for i in range(400)],
            "at": at.astype("M8[us]"),
            "seq": rng.integers(0, 2**40, 400),
        }
    )
    order = np.lexsort((at, deal))
    assert np.array_equal(found.deal.data, deal[order])
    assert np.array_equal(found.entered_at.data, at[order])


def test_bare_dates_come_before_times_of_their_day_where_times_have_a_zone() -> None:
    aware = dt.datetime(2024, 1, 2, 3, tzinfo=dt.UTC)
    found = stays([StageChange(deal=1, stage="a", at=aware), StageChange(deal=1, stage="b", at=dt.date(2024, 1, 2))])
    assert [found.stage.item(i) for i in (0, 1)] == ["b", "a"]
    assert [found.entered_at.item(i) for i in (0, 1)] == [dt.date(2024, 1, 2), aware]


# ---------------------------------------------------------------- all stays of a deal in a stage


@given(rows=stage_changes())
def test_cumulative_time_is_the_sum_and_latest_the_last_finished_stay(rows: list[StageChange]) -> None:
    every: dict[Any, list[Any]] = defaultdict(list)
    found = stays(rows)
    days = found.left_at - found.entered_at
    for i in range(len(found)):
        if found.deal.item(i) is not None:
            cell = tuple(found[name].item(i) for name in ("deal", "pipeline", "stage"))
            every[cell].append((found.left_at.item(i), days.item(i)))
    for fold, pick in ((cumulative, _total), (latest, _last)):
        got = where(fold(rows), lambda t: ~t.deal.missing)
        spent = time_in_stage(got)
        cells = [tuple(got[name].item(i) for name in ("deal", "pipeline", "stage")) for i in range(len(got))]
        assert len(cells) == len(set(cells))
        assert {c: spent.item(i) for i, c in enumerate(cells)} == {c: pick(v) for c, v in every.items()}


def _total(visits: list[Any]) -> Any:
    spent = [days for _, days in visits if days is not None]
    return sum(spent, dt.timedelta()) if spent else None


def _last(visits: list[Any]) -> Any:
    return next((days for _, days in reversed(visits) if days is not None), None)


def test_while_a_deal_is_back_in_a_stage_the_latest_stay_is_the_one_before() -> None:  # as HubSpot shows it
    rows = changes((1, "offer", "2024-01-01"), (1, "talks", "2024-01-04"), (1, "offer", "2024-01-09"))
    found = latest(rows)
    assert [(found.stage.item(i), str(found.left_at.item(i))) for i in (0, 1)] == [
        ("offer", "2024-01-04"),
        ("talks", "2024-01-09"),
    ]
    assert cumulative(rows).entries.item(0) == 2


# ---------------------------------------------------------------- pipelines


def test_a_pipeline_names_each_stage_once() -> None:
    with pytest.raises(WrongValue, match="'offer' stands twice"):
        Pipeline(["offer", "success"], lost="offer")
    with pytest.raises(WrongValue, match="one stage at the least"):
        Pipeline([])
    with pytest.raises(WrongValue, match="no name of a stage"):
        Pipeline(["a", None])  # type: ignore[list-item]
    with pytest.raises(WrongCall, match="no list of stages"):
        Pipeline(3.5)
    assert Pipeline([142, 143]).stages == ("142", "143")


def test_an_unknown_stage_is_named_with_what_to_do() -> None:
    rows = changes((1, "new lead", "2024-01-01"), (1, "test drive", "2024-01-02"), pipeline="sales")
    with pytest.raises(UnknownName, match=r"'sales' does not know the stage 'test drive' \(1 change\): add it to the"):
        furthest(rows, SALES)
    with pytest.raises(UnknownName, match="say which pipeline is meant"):
        furthest(rows, Pipeline(["new lead", "success"]))


# ---------------------------------------------------------------- customers


@given(company=companies((Deal,), WORLDS), cut=CUT)
def test_customers_are_their_own_merge_and_add_up(company: Any, cut: int) -> None:
    deals = company.rows[Deal]
    found = by_customer(deals)
    assert same_rows(by_customer(by_customer(deals[:cut]) + by_customer(deals[cut:])), found)
    assert rows_of(by_customer(deals[::-1])) == rows_of(found) or any(d.customer is None for d in deals)
    assert same_rows(by_customer(deals[::-1]), found)
    assert int(found.deals.data.sum()) == len(deals)


@given(company=companies((Deal,), WORLDS))
def test_customers_are_those_of_a_plain_loop(company: Any) -> None:
    deals = company.rows[Deal]
    groups = defaultdict(list)
    for i, d in enumerate(deals):
        groups[d.customer if d.customer is not None else i].append(d)
    want = sorted(_told(own) for own in groups.values())
    found = by_customer(deals)
    names = ("customer", "deals", "won", "lost", "amount", "unpriced")
    assert sorted(tuple(str(found[n].item(i) or 0) for n in names) for i in range(len(found))) == want


def _told(own: list[Deal]) -> tuple[str, ...]:
    won = [d for d in own if d.status == "won"]
    amount = sum((d.amount for d in won if d.amount is not None), Decimal(0))
    counts = (len(own), len(won), sum(d.status == "lost" for d in own))
    unpriced = sum(d.amount is None for d in won)
    return tuple(str(_plain(x) or 0) for x in (own[0].customer, *counts, amount, unpriced))


def _plain(x: Any) -> Any:
    return x if not isinstance(x, Decimal) else Decimal(int(x * 1000)) / 1000 if x else 0


def test_the_first_and_the_last_of_each_kind() -> None:
    def deal(i: int, status: str, day: int, **more: Any) -> Deal:
        at = dt.date(2024, 1, day)
        return Deal(id=i, customer="Vega", status=status, created_at=dt.date(2023, 12, day), closed_at=at, **more)

    found = by_customer([deal(1, "won", 9, amount=5), deal(2, "lost", 3), deal(3, "won", 20), deal(4, "lost", 30)])
    days = {n: found[n].item(0).day for n in found.columns if n.endswith("_at")}
    assert days == {
        "first_at": 3, "last_at": 30, "first_won_at": 9, "last_won_at": 20, "first_lost_at": 3, "last_lost_at": 30
    }  # fmt: skip
    assert (found.won.item(0), found.unpriced.item(0), float(found.amount.item(0))) == (2, 1, 5.0)


@pytest.mark.parametrize(("lost", "won", "back"), [(1, 5, True), (5, 1, False), (5, 5, False), (None, 5, None)])
def test_a_customer_is_won_back_who_refused_first_and_bought_later(lost: Any, won: int, back: Any) -> None:
    day = lambda n: START.date() + dt.timedelta(days=n)  # noqa: E731
    rows = [Deal(id=1, created_at=day(0), customer="Vega", status="won", closed_at=day(won))]
    if lost is not None:
        rows.append(Deal(id=2, created_at=day(0), customer="Vega", status="lost", closed_at=day(lost)))
    assert won_back(by_customer(rows)).item(0) is back


def test_deals_without_a_customer_remain_and_currencies_stay_apart() -> None:
    base = {"created_at": "2024-01-01", "status": "won", "closed_at": "2024-02-01", "amount": 10}
    rows = [Deal(id=i, **base) for i in (1, 2)]
    rows += [Deal(id=3, customer="Vega", currency="USD", **base), Deal(id=4, customer="Vega", currency="EUR", **base)]
    found = by_customer(rows)
    assert [found.customer.item(i) for i in range(4)] == ["Vega", "Vega", None, None]
    assert {found.currency.item(i) for i in (0, 1)} == {"USD", "EUR"}
    again = by_customer([CustomerDeals(customer="Vega", deals=2, won=1, amount=5)])
    assert again.deals.item(0) == 2
