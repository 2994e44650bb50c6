"""Deals by stage at an instant and in a period, moves between two instants, and the time in a stage."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from statistics import mean, median
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from crm_metrics import CRM, Period, month, scorecard, summarize
from crm_metrics._scorecards.catalogue import call
from crm_metrics.errors import WrongCall, WrongValue
from crm_metrics.journeys import Pipeline, Stay, cumulative, latest, stays
from crm_metrics.records import StageChange
from crm_metrics.sales.funnels import funnel
from crm_metrics.sales.stages import (
    MOVED,
    NOT_YET,
    active,
    average_time_in_stage,
    entered,
    median_time_in_stage,
    snapshot,
    transition_matrix,
)
from tests.paths import PLACES, SALES, STAGES, START, by_deal, instant, stage_changes, usable

DAYS = st.integers(0, 6)
SIMPLE = Pipeline(["A", "B", "C"], lost="X")


def day(n: int) -> dt.date:
    return (START + dt.timedelta(days=n)).date()


def period(a: int, b: int) -> Period:
    return Period(day(min(a, b)), day(max(a, b)))


def moves(*paths: str) -> list[StageChange]:
    """Deals numbered from 1, each with its stages in order, a day apart."""
    return [
        StageChange(deal=deal, stage=stage, at=day(i))
        for deal, path in enumerate(paths, 1)
        for i, stage in enumerate(path.split())
        if stage != "-"
    ]


def state(path: list[StageChange], at: dt.date) -> Any:
    """Where a deal of the pipeline stood at the end of a day; None before it came in."""
    until = [c for c in path if instant(c.at).date() <= at]
    own = [c.stage for c in until if c.pipeline == "sales"]
    if not own:
        return None
    ended = own[-1] in (SALES.success, *SALES.lost)
    return own[-1] if ended or until[-1].pipeline == "sales" else MOVED


# ---------------------------------------------------------------- populations


@given(rows=stage_changes(), n=DAYS)
def test_a_snapshot_is_that_of_a_plain_loop(rows: list[StageChange], n: int) -> None:
    told = Counter(state(path, day(n)) for path in by_deal(usable(rows, SALES), SALES).values())
    found = snapshot(rows, SALES, day(n))
    assert found == {s: told[s] for s in (*PLACES, *([MOVED] if told[MOVED] else []))}
    assert sum(found.values()) == sum(told.values()) - told[None]


@given(rows=stage_changes(), a=DAYS, b=DAYS)
def test_those_who_entered_and_those_who_were_there_are_those_of_a_plain_loop(
    rows: list[StageChange], a: int, b: int
) -> None:
    span, came, there = period(a, b), Counter[Any](), Counter[Any]()
    start, end = instant(span.start), instant(span.end)
    for path in by_deal(usable(rows, SALES), SALES).values():
        came_here, was_here = set(), set()
        for change, after in zip(path, [*path[1:], None], strict=True):
            if change.pipeline == "sales":
                at = instant(change.at)
                if start <= at < end:
                    came_here.add(change.stage)
                if at < end and (start <= at or after is None or instant(after.at) > start):
                    was_here.add(change.stage)
        came.update(came_here)
        there.update(was_here)
    assert entered(rows, SALES, span) == {s: came[s] for s in PLACES}
    assert active(rows, SALES, span) == {s: there[s] for s in PLACES}


@given(rows=stage_changes(), a=DAYS, b=DAYS)
def test_the_three_populations_contain_one_another(rows: list[StageChange], a: int, b: int) -> None:
    span = period(a, b + 7 if a == b else b)
    came, there = entered(rows, SALES, span), active(rows, SALES, span)
    at_end = snapshot(rows, SALES, span.end - dt.timedelta(days=1))
    for stage in STAGES[:-1]:  # a won deal stays won when it moves on
        assert came[stage] <= there[stage]
        assert at_end[stage] <= there[stage]


def test_months_are_of_their_full_length_and_meet_without_a_gap() -> None:  # another tool's month before is a day short
    at = [
        dt.datetime(2024, 5, 31, 23, 59),
        dt.datetime(2024, 6, 1),
        dt.datetime(2024, 6, 30, 23),
        dt.datetime(2024, 7, 1),
    ]
    rows = [StageChange(deal=i, stage="A", at=t) for i, t in enumerate(at)]
    months = [month.period(m) for m in ("2024-05", "2024-06", "2024-07")]
    assert [entered(rows, SIMPLE, m)["A"] for m in months] == [1, 2, 1]
    assert [m.days for m in months] == [31, 30, 31]


def test_days_of_a_period_are_those_of_its_zone() -> None:
    rows = [StageChange(deal=1, stage="A", at=dt.datetime(2024, 6, 1, 2, tzinfo=dt.UTC))]
    assert entered(rows, SIMPLE, month.period("2024-06"))["A"] == 1
    assert entered(rows, SIMPLE, month.period("2024-05", tz="America/New_York"))["A"] == 1
    naive = Period(dt.datetime(2024, 6, 1), dt.datetime(2024, 7, 1))
    with pytest.raises(WrongValue, match="give both a zone or none"):
        entered(rows, SIMPLE, naive)
    aware = Period(dt.datetime(2024, 6, 1, tzinfo=dt.UTC), dt.datetime(2024, 7, 1, tzinfo=dt.UTC))
    assert active(rows, SIMPLE, aware)["A"] == 1


def test_what_is_no_time_or_period_is_refused() -> None:
    with pytest.raises(WrongCall, match="is no period"):
        entered([], SIMPLE, "2024-06")  # type: ignore[arg-type]
    for time in ("soon", None, 5):
        with pytest.raises(WrongValue, match="is not a time: give a date or a datetime"):
            snapshot([], SIMPLE, time)  # type: ignore[arg-type]
        with pytest.raises(WrongValue, match="is not a time"):
            transition_matrix([], SIMPLE, "2024-06-01", time)  # type: ignore[arg-type]


def test_times_may_be_text() -> None:
    rows = moves("A B", "A A X")
    assert snapshot(rows, SIMPLE, "2024-01-02") == snapshot(rows, SIMPLE, dt.date(2024, 1, 2))
    assert snapshot(rows, SIMPLE, "2024-01-02T00:00") == snapshot(rows, SIMPLE, dt.datetime(2024, 1, 2))
    assert call("snapshot", rows, pipeline=SIMPLE, at="2024-01-01") == {"A": 2, "B": 0, "C": 0, "X": 0}
    found = transition_matrix(rows, SIMPLE, "2024-01-01", "2024-01-03")
    assert found.to_dict() == transition_matrix(rows, SIMPLE, day(0), day(2)).to_dict()
    with pytest.raises(WrongValue, match="end=2024-01-01 comes before start=2024-01-02"):
        transition_matrix(rows, SIMPLE, "2024-01-02", "2024-01-01")


def test_nobody_is_anywhere_without_changes() -> None:
    assert sum(snapshot([], SIMPLE, day(0)).values()) == 0
    assert sum(active([], SIMPLE, period(0, 9)).values()) == 0
    assert sum(transition_matrix([], SIMPLE, day(0), day(9)).counts.values()) == 0


# ---------------------------------------------------------------- between two instants


@given(rows=stage_changes(), a=DAYS, b=DAYS)
def test_the_matrix_is_that_of_a_plain_loop(rows: list[StageChange], a: int, b: int) -> None:
    start, end = day(min(a, b)), day(max(a, b))
    told = Counter[Any]()
    for path in by_deal(usable(rows, SALES), SALES).values():
        was, now = state(path, start), state(path, end)
        if now is not None:
            told[was or NOT_YET, now] += 1
    found = transition_matrix(rows, SALES, start, end)
    assert {pair: n for pair, n in found.counts.items() if n} == dict(told)


@given(rows=stage_changes(), a=DAYS, b=DAYS)
def test_rows_and_columns_of_the_matrix_add_up_to_the_snapshots(rows: list[StageChange], a: int, b: int) -> None:
    start, end = day(min(a, b)), day(max(a, b))
    found = transition_matrix(rows, SALES, start, end)
    before, after = snapshot(rows, SALES, start), snapshot(rows, SALES, end)
    for stage in PLACES:
        assert sum(n for (was, _), n in found.counts.items() if was == stage) == before[stage]
        assert sum(n for (_, now), n in found.counts.items() if now == stage) == after[stage]


def test_deals_move_forward_back_or_not_at_all() -> None:
    rows = moves("A A B", "B B A", "A A A", "A A X", "- - A", "B X A")
    found = transition_matrix(rows, SIMPLE, day(0), day(2))
    assert (found.forward, found.back, found.unchanged) == (1, 2, 1)
    assert (found["A", "X"], found[NOT_YET, "A"]) == (1, 1)
    assert found.to_dict()["forward"] == 1
    assert "1 forward, 2 back, 1 unchanged" in str(found)
    assert "<td>(not yet)</td>" in found._repr_html_()
    with pytest.raises(WrongValue, match="swap them"):
        transition_matrix(rows, SIMPLE, day(2), day(0))


# ---------------------------------------------------------------- time in stage


@given(rows=stage_changes(lacking=False))
def test_mean_and_median_are_those_of_a_plain_loop(rows: list[StageChange]) -> None:
    found = stays(rows)
    days = found.left_at - found.entered_at
    spent: dict[Any, list[float]] = {}
    for i in range(len(found)):
        own = spent.setdefault(found.stage.item(i), [])
        if (x := days.item(i)) is not None:
            own.append(x / dt.timedelta(days=1))
    for metric, pick in ((average_time_in_stage, mean), (median_time_in_stage, median)):
        got = metric(found, by="stage")
        assert dict(got) == pytest.approx({s: pick(d) if d else math.nan for s, d in spent.items()}, nan_ok=True)


@given(rows=stage_changes(lacking=False), cut=st.integers(0, 14))
def test_time_in_stage_adds_over_parts_of_whole_stays(rows: list[StageChange], cut: int) -> None:
    found = stays(rows)
    parts = [found.take(range(len(found))[part]) for part in (slice(0, cut), slice(cut, None))]
    metrics = [average_time_in_stage, median_time_in_stage]
    merged = sum(summarize(metrics, part, by="stage") for part in parts)
    for metric in metrics:
        assert metric(merged) == metric(found, by="stage")


def test_a_company_takes_stays_in_the_order_of_its_pipelines() -> None:
    at = "2024-01-01 10:00"
    rows = [StageChange(deal=1, stage=s, at=at, pipeline="a") for s in ("new", "contact")]
    rows += [StageChange(deal=2, stage=s, at=at, pipeline="b") for s in ("new", "contact")]
    rows += [StageChange(deal=i, stage="won", at="2024-01-05 10:00", pipeline=p) for i, p in ((1, "a"), (2, "b"))]
    pipelines = [Pipeline(["new", "contact", "won"], name="a"), Pipeline(["contact", "new", "won"], name="b")]
    crm = CRM(changes=rows, pipelines=pipelines)
    by = ("pipeline", "stage")
    want = {("a", "new"): 0, ("a", "contact"): 4, ("a", "won"): math.nan}
    want |= {("b", "contact"): 0, ("b", "new"): 4, ("b", "won"): math.nan}
    assert median_time_in_stage(stays(rows, pipelines), by=by) == want
    assert call("median_time_in_stage", crm, by=by) == want
    card = scorecard([median_time_in_stage], crm, by=by, where={"pipeline": ("a", "b")})
    assert {row.group: row.value for row in card} == pytest.approx(want, nan_ok=True)
    for pipeline in pipelines:
        found = funnel(rows, pipeline).median_days
        assert {key: x for key, x in want.items() if key[0] == pipeline.name} == pytest.approx(
            {(pipeline.name, stage): x for stage, x in found.items()}, nan_ok=True
        )
    with pytest.raises(WrongCall, match=r"'a' is no pipeline"):
        stays(rows, ["a"])  # type: ignore[list-item]


def test_each_stay_all_together_or_the_latest() -> None:
    at = ["2024-01-01", "2024-01-03", "2024-01-04", "2024-01-10"]
    rows = [StageChange(deal=1, stage=s, at=t) for s, t in zip("ABAB", at, strict=True)]
    assert average_time_in_stage(stays(rows), by="stage") == {"A": 4.0, "B": 1.0}
    assert median_time_in_stage(cumulative(rows), by="stage") == {"A": 8.0, "B": 1.0}
    assert median_time_in_stage(latest(rows), by="stage") == {"A": 6.0, "B": 1.0}


def test_stays_that_go_on_are_no_time_yet() -> None:
    going_on = [Stay(deal=1, stage="A", entered_at="2024-01-01")]
    assert math.isnan(average_time_in_stage(going_on))
    assert average_time_in_stage(going_on, by=month) == {None: math.nan}
    ended = attrs.evolve(going_on[0], left_at="2024-02-01T00:00")
    assert median_time_in_stage([ended], by=month) == {"2024-02": 31.0}


@pytest.mark.parametrize("given", [["A", "B"], "A", None])
def test_a_list_of_stages_is_no_pipeline_and_the_remedy_is_named(given: Any) -> None:
    whole = period(0, 3)
    for ask in (
        lambda: snapshot(moves("A B"), given, day(1)),
        lambda: entered(moves("A B"), given, whole),
        lambda: active(moves("A B"), given, whole),
        lambda: transition_matrix(moves("A B"), given, day(0), day(1)),
    ):
        with pytest.raises(WrongCall, match=r"is no pipeline: give Pipeline\(\["):
            ask()
