"""A row of a history that leads where the deal is already is no entry, in every fold and number over changes."""

from __future__ import annotations

import datetime as dt
import pickle
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import CRM, Period, call, explain, interval, merge, month, sales, summarize, where
from crm_metrics._tables.stacking import stack
from crm_metrics.journeys import Pipeline, cumulative, first_entries, furthest, latest, stays, time_in_stage
from crm_metrics.records import Deal, StageChange
from tests.inputs import KINDS
from tests.paths import SALES, rows_of, stage_changes

# Salesforce writes a row of OpportunityHistory for a change of stage, amount, probability or close date
HISTORY = {
    "deal": [1, 1, 1, 1],
    "stage": ["A", "A", "A", "B"],
    "at": ["2024-01-01", "2024-01-05", "2024-01-08", "2024-01-11"],
}
AB = Pipeline(["A", "B"])


def history(path: str, **more: Any) -> dict[str, Any]:
    """A deal that is in these stages, a row a day."""
    at = [f"2024-01-{day:02}" for day in range(1, len(path) + 1)]
    return {"deal": [1] * len(path), "stage": list(path), "at": at, **more}


def items(column: Any) -> list[Any]:
    return [column.item(i) for i in range(len(column))]


def test_a_history_with_a_row_for_each_change_of_a_field_has_one_stay_for_each_entry() -> None:
    found = stays(HISTORY)
    assert (items(found.stage), items(found.next_stage)) == (["A", "B"], ["B", None])
    assert sales.average_time_in_stage(found, by="stage")["A"] == 10
    assert sales.median_time_in_stage(found, by="stage")["A"] == 10
    assert sales.median_time_in_stage(latest(HISTORY), by="stage")["A"] == 10
    assert sales.median_time_in_stage(cumulative(HISTORY), by="stage")["A"] == 10
    assert items(cumulative(HISTORY).entries) == [1, 1]
    assert len(first_entries(HISTORY)) == 2 and len(furthest(HISTORY, AB)) == 1


@pytest.mark.parametrize("counting", ["linear", "strict", "any", "transitions"])
def test_a_funnel_counts_entries_and_tells_what_was_none(counting: str) -> None:
    found = sales.funnel(HISTORY, AB, counting=counting)
    assert found.reached == {"A": 1, "B": 1}
    assert found.median_days["A"] == 10
    assert (found.repeated, found.again, found.ties) == (2, 0, 0)
    assert found.to_dict()["repeated"] == 2
    assert "2 changes to the stage that the deal was in already, no entries" in str(found)


def test_a_deal_that_is_still_there_has_not_left_by_a_change_of_its_amount() -> None:
    found = sales.funnel(history("AAA"), AB)
    assert np.isnan(found.median_days["A"]) and found.still_here["A"] == 1
    assert items(stays(history("AAA")).left_at) == [None]


@pytest.mark.parametrize(
    ("path", "entered"), [("AABA", "ABA"), ("ABBCCCCD", "ABCD"), ("AAAA", "A"), ("ABAB", "ABAB"), ("ABBA", "ABA")]
)
def test_a_true_return_is_an_entry(path: str, entered: str) -> None:
    assert "".join(items(stays(history(path)).stage)) == entered
    found = sales.funnel(history(path), Pipeline(list("ABCD")), counting="transitions")
    assert {k: n for k, n in found.reached.items() if n} == {k: entered.count(k) for k in entered}


def test_the_same_stage_of_another_pipeline_is_a_move() -> None:
    rows = history("AAAA", pipeline=["new", "new", "old", "old"])
    assert items(stays(rows).pipeline) == ["new", "old"]
    found = sales.funnel(rows, Pipeline(["A", "B"], name="new"), counting="transitions")
    assert (found.reached["A"], found.repeated, found.elsewhere) == (1, 1, 1)
    rows = history("AAAA", pipeline=["new", None, None, "new"])
    assert items(stays(rows).pipeline) == ["new", None, "new"], "no pipeline is none of those that are named"


def test_rows_that_do_not_say_where_or_when_stay_since_nobody_knows() -> None:
    assert len(stays(history("AAA", stage=["A", None, "A"]))) == 3
    assert len(stays(history("AA", stage=[None, None]))) == 2
    assert len(stays(history("AA", at=["2024-01-01", None]))) == 2
    assert len(stays(history("AA", at=[None, None]))) == 2
    assert len(stays(history("AA", deal=[None, None]))) == 2
    assert len(stays(history("AA", deal=[1, 2]))) == 2


def test_the_first_row_of_a_run_says_who_moved_the_deal_and_under_which_number() -> None:
    found = stays(history("AAB", manager=["Anna", "Boris", "Vera"], seq=[3, 5, 9]))
    assert (items(found.manager), items(found.seq)) == (["Anna", "Vera"], [3, 9])


def test_numbered_rows_of_one_instant_that_lead_to_one_stage_are_one_entry() -> None:
    rows = history("AAB", at=["2024-01-01"] * 3, seq=[1, 2, 3])
    assert items(stays(rows).stage) == ["A", "B"]
    assert sales.funnel(rows, AB).repeated == 1


def test_populations_of_a_period_do_not_count_rows_of_other_fields() -> None:
    rows = history("AAAB")
    later = month.period("2024-01")
    assert sales.entered(rows, AB, later) == {"A": 1, "B": 1}
    third = Period(dt.date(2024, 1, 3), dt.date(2024, 1, 4))
    assert sales.entered(rows, AB, third) == {"A": 0, "B": 0}
    assert sales.active(rows, AB, third) == {"A": 1, "B": 0}
    assert sales.snapshot(rows, AB, "2024-01-03") == {"A": 1, "B": 0}


def test_a_company_reads_its_times_in_stage_from_entries() -> None:
    crm = CRM(changes=HISTORY, pipelines=[AB])
    assert call("sales.average_time_in_stage", crm, by="stage")["A"] == 10


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_of_input_tells_the_same(kind: Any) -> None:
    moves = enumerate(zip("11211", "AAAAB", strict=True))
    rows = [StageChange(deal=d, stage=s, at=f"2024-01-{i + 1:02} 10:00") for i, (d, s) in moves]
    found = stays(kind.make(rows, StageChange))
    assert list(zip(items(found.deal), items(found.stage), strict=True)) == [("1", "A"), ("1", "B"), ("2", "A")]


# ---------------------------------------------------------------- parts


@given(rows=stage_changes(), cuts=st.lists(st.integers(0, 2), min_size=14, max_size=14))
def test_parts_merge_wherever_a_run_of_one_stage_is_cut(rows: list[StageChange], cuts: list[int]) -> None:
    parts = [stays([c for c, of in zip(rows, cuts, strict=False) if of == i], SALES) for i in range(3)]
    whole = stays(rows, SALES)
    assert rows_of(stays(parts[0] + parts[1] + parts[2], SALES)) == rows_of(whole)
    assert rows_of(stays(parts[0] + stays(parts[1] + parts[2], SALES), SALES)) == rows_of(whole)
    assert rows_of(stays(stack(pickle.loads(pickle.dumps(parts))), SALES)) == rows_of(whole)
    told = sales.funnel(stack(parts), SALES).to_dict(), sales.funnel(rows, SALES).to_dict()
    for one in told:
        one.pop("again"), one.pop("elsewhere")  # rows that are there again are gone in stays
    assert told[0] == told[1]


def test_a_row_that_is_no_entry_in_its_part_may_be_one_in_the_whole() -> None:
    one, other = history("A-A").copy(), {"deal": [1], "stage": ["B"], "at": ["2024-01-02"]}
    one = {name: [column[0], column[2]] for name, column in one.items()}
    part = stays(one)
    assert len(part) == 1 and items(stays(part + stays(other)).stage) == ["A", "B", "A"]
    saved = pickle.loads(pickle.dumps(part + stays(other)))
    assert items(stays(saved).stage) == ["A", "B", "A"]
    assert items(stays(sum([stays(other), part])).stage) == ["A", "B", "A"]
    assert rows_of(first_entries(part + stays(other))) == rows_of(first_entries(part + stays(other)))


def test_a_fold_of_stays_is_not_changed_by_what_goes_along_unseen() -> None:
    once = stays(history("AAABBA"))
    assert rows_of(stays(once)) == rows_of(once) and len(once) == 3
    assert [str(x) for x in items(time_in_stage(once))][:2] == ["3 days, 0:00:00", "2 days, 0:00:00"]


# ---------------------------------------------------------------- deals that have not moved

OPEN = [Deal(id=1, created_at="2023-12-01", status="open")]
AS_OF = dt.date(2024, 2, 28)


def stalled(*moves: tuple[Any, ...], days: float = 30, **more: Any) -> Any:
    rows = [StageChange(deal=1, **dict(zip(("stage", "at", "pipeline", "seq"), move, strict=False))) for move in moves]
    return sales.stalled_deals(OPEN, rows, as_of=AS_OF, days=days, **more)


def test_a_deal_whose_amount_was_changed_is_stalled_all_the_same() -> None:
    assert stalled(("A", "2024-01-01"), ("A", "2024-01-20"), ("A", "2024-02-20")) == 1
    assert stalled(("A", "2024-01-01"), ("A", "2024-02-20"), ("A", "2024-02-25"), days=58) == 1
    assert stalled(("A", "2024-01-01"), ("A", "2024-02-20"), days=59) == 0, "58 days in A"


def test_a_deal_that_came_to_a_stage_lately_is_not_stalled() -> None:
    assert stalled(("A", "2024-01-01"), ("B", "2024-02-20")) == 0
    assert stalled(("A", "2024-01-01"), ("B", "2024-02-20"), ("A", "2024-02-21")) == 0, "it came back"
    assert stalled(("A", "2024-01-01", "one"), ("A", "2024-02-20", "two")) == 0, "the stage of another pipeline"
    assert stalled(("A", "2024-02-20"), ("A", "2024-02-21")) == 0, "it was nowhere before"
    assert stalled(("A", "2024-01-01"), (None, "2024-02-20")) == 0, "nobody knows where it went"
    assert stalled((None, "2024-01-01"), (None, "2024-02-20")) == 0
    assert stalled(("A", "2024-01-01"), ("B", "2024-01-02"), ("A", "2024-02-20")) == 0


def test_what_came_later_or_has_no_time_does_not_move_a_deal() -> None:
    assert stalled(("A", "2024-01-01"), ("B", "2024-03-01")) == 1
    assert stalled(("A", "2024-01-01"), ("B", None)) == 1


def test_of_rows_of_one_instant_the_last_by_number_says_where_the_deal_was() -> None:
    assert stalled(("A", "2024-01-01", None, 2), ("B", "2024-01-01", None, 1), ("A", "2024-02-20")) == 1
    assert stalled(("A", "2024-01-01", None, 1), ("B", "2024-01-01", None, 2), ("A", "2024-02-20")) == 0
    assert stalled(("A", "2024-01-01"), ("B", "2024-01-01"), ("A", "2024-02-20")) == 1, "it may have been in A"
    assert stalled(("A", "2024-01-01"), ("B", "2024-01-01"), ("A", "2024-02-20"), ("B", "2024-02-21")) == 0


@given(
    moves=st.lists(st.tuples(st.integers(0, 2), st.sampled_from("AAB"), st.integers(0, 1)), min_size=4, max_size=14),
    least=st.integers(0, 20),
)
def test_stalled_deals_are_those_of_a_plain_loop_in_any_parts(moves: Any, least: int) -> None:
    deals = [Deal(id=i, created_at="2024-01-01", status="open") for i in range(3)]
    days = [AS_OF - dt.timedelta(days=2 * i) for i in range(len(moves))]
    rows = [StageChange(deal=d, stage=s, at=at) for (d, s, _), at in zip(moves, days, strict=True)]
    found = stays(rows)
    entered = zip(items(found.deal), items(found.entered_at), strict=True)
    moved = {deal for deal, at in entered if at > AS_OF - dt.timedelta(days=least)}
    want = sum(d.id not in moved for d in deals)
    ask = partial(sales.stalled_deals, as_of=AS_OF, days=least)
    assert ask(deals, rows) == want
    parts = [[c for c, (*_, of) in zip(rows, moves, strict=True) if of == i] for i in (0, 1)]
    summaries = [summarize(ask, deals if not i else [], part) for i, part in enumerate(parts)]
    assert ask(*(merge(totals) for totals in zip(*summaries, strict=True))) == want


def test_intervals_and_explanations_of_stalled_deals_go_on() -> None:
    deals = [Deal(id=i, created_at="2023-12-01", status="open") for i in range(40)]
    rows = [StageChange(deal=i, stage="A", at=at) for i in range(20) for at in ("2024-01-01", "2024-02-20")]
    ask = partial(sales.stalled_deals, as_of=AS_OF)
    assert explain(ask, deals, rows).value == 40 == interval(ask, deals, rows).value
    assert not explain(ask, deals, rows).left_out.get("StageChange")


def test_rows_picked_out_of_stays_are_the_stays_that_they_were() -> None:
    found = where(stays(history("AABB")), stage="A")
    assert len(found) == len(stays(found)) == 1
