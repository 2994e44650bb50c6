"""In which order changes of one instant are, what is there again, and what cannot be put in order."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import math
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import CRM, explain, sales, where
from crm_metrics._report.report import Report
from crm_metrics.journeys import Pipeline, cumulative, latest, stays
from crm_metrics.records import StageChange
from crm_metrics.sales.funnels import funnel
from tests.paths import AFTER as KEYS, SALES, by_deal, instant, rows_of, stage_changes
from tests.test_funnels import SIMPLE, counts


@given(rows=stage_changes(ids=["1"]))
def test_stays_of_several_pipelines_are_in_the_order_of_each(rows: list[StageChange]) -> None:
    other = Pipeline(KEYS[::-1], name="after")
    moved = [attrs.evolve(c, pipeline="x" if c.pipeline == "after" else c.pipeline) for c in rows]
    assert rows_of(stays(rows, [SALES])) == rows_of(stays(rows, SALES))
    for part in (rows, moved):
        found = stays(part, [SALES, other])
        alone = [stays([c for c in part if c.pipeline == p.name], p) for p in (SALES, other)]
        for p, own in zip((SALES, other), alone, strict=True):
            stage = [s for s, line in zip(items(found.stage), items(found.pipeline), strict=True) if line == p.name]
            assert runs(stage) == runs(items(own.stage)), "a deal that was in the other pipeline meanwhile comes back"


def runs(stages: list[Any]) -> list[Any]:
    return [stage for stage, _ in itertools.groupby(stages)]


def items(column: Any) -> list[Any]:
    return [column.item(i) for i in range(len(column))]


@given(rows=stage_changes(), repeats=st.lists(st.integers(0, 13)))
def test_a_change_that_is_there_again_is_one_stay(rows: list[StageChange], repeats: list[int]) -> None:
    again = [rows[i] for i in repeats if i < len(rows) and None not in (rows[i].deal, rows[i].stage, rows[i].at)]
    assert rows_of(stays(rows + again, SALES)) == rows_of(stays(rows, SALES))
    assert rows_of(stays(stays(rows) + stays(again), SALES)) == rows_of(stays(rows, SALES))


def test_a_chain_of_days_on_which_a_deal_changes_the_pipeline_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(5)
    for _ in range(300):
        n = int(rng.integers(2, 24))
        rows = [
            StageChange(deal=int(d), pipeline="abc"[p], stage="s", at=dt.date(2024, 1, int(t)))
            for d, p, t in zip(rng.integers(0, 2, n), rng.integers(0, 3, n), rng.integers(1, 7, n), strict=True)
        ]
        found = stays(rows)
        want = [(c.deal, c.pipeline, c.at) for _, path in sorted(by_deal(rows).items()) for c in path]
        assert [*zip(*(items(found[name]) for name in ("deal", "pipeline", "entered_at")), strict=True)] == want


# ---------------------------------------------------------------- changes of one instant

SOLD = {
    "deal": [1, 1, 1, 1],
    "stage": ["A", "C", "keys", "insurance"],
    "pipeline": ["sales", "sales", "after", "after"],
    "at": ["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-09"],
}
AFTER = Pipeline(["keys", "insurance"], name="after")


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_a_deal_that_is_won_and_goes_on_within_an_instant_leaves_the_pipeline_that_it_was_in(order: Any) -> None:
    rows = {name: [column[i] for i in order] for name, column in SOLD.items()}
    for times in (rows, {**rows, "at": [f"{day} 10:00" for day in rows["at"]]}):
        found = funnel(times, AFTER)
        assert (counts(found, "still_here"), found.moved, found.median_days["keys"]) == ([0, 1], 0, 7.0)
        found = funnel(times, attrs.evolve(SIMPLE, name="sales"))
        assert (counts(found, "still_here"), found.moved) == ([0, 0, 1], 0)
        assert found.median_days == {"A": 1.0, "B": math.nan, "C": 0.0}
    number = funnel({**rows, "seq": [9 - i for i in order]}, AFTER)  # what is numbered is in that order
    assert number.ties == 0 and number.median_days["keys"] == 0.0


def test_how_many_deals_the_data_do_not_put_in_order_is_told() -> None:
    found = funnel(SOLD, AFTER, by="deal")
    assert found.ties == {"1": 1}
    assert "1 deal with changes of one instant, put in order of the stages" in str(found)
    rows = {"deal": [1, 1, 2, 2, 3], "stage": list("ABABA"), "at": ["2024-01-01"] * 3 + ["2024-01-02"] * 2}
    assert funnel(rows, SIMPLE).to_dict()["ties"] == 1
    assert funnel({**rows, "seq": [1, 2, 1, 2, 1]}, SIMPLE).ties == 0
    elsewhere = funnel({**rows, "pipeline": ["after", "after", "sales", "sales", "sales"]}, SIMPLE_SALES)
    assert elsewhere.ties == 0, "the order of changes of other pipelines decides nothing here"


SIMPLE_SALES = attrs.evolve(SIMPLE, name="sales")


def test_a_change_that_is_there_again_counts_once_and_is_told() -> None:
    rows = {"deal": [1, 1, 1], "stage": ["A", "A", "B"], "at": ["2024-01-01", "2024-01-01", "2024-01-05"]}
    found = funnel(rows, SIMPLE, counting="transitions")
    assert (counts(found, "reached"), found.again, found.ties) == ([1, 1, 0], 1, 0)
    assert found.median_days["A"] == 4.0
    assert "1 change that is there again, counted once" in str(found)
    both = {**rows, "pipeline": ["after", "after", "sales"]}
    assert funnel(both, SIMPLE_SALES).again == 0, "it is of another pipeline"


# ---------------------------------------------------------------- times in stage that are by a rule


def test_stays_mark_what_only_a_rule_puts_in_order() -> None:
    rows = {
        "deal": [1, 1, 1, 2, 2],
        "stage": ["A", "B", "C", "A", "B"],
        "at": ["2024-01-01", "2024-01-05", "2024-01-05", "2024-01-01", "2024-01-02"],
    }
    found = stays(rows)
    assert items(found.tied) == [False, True, True, False, False]
    assert items(stays({**rows, "seq": [1, 2, 3, 4, 5]}).tied) == [False] * 5
    assert items(stays(found).tied) == items(found.tied)
    assert items(stays(stays({k: v[1::2] for k, v in rows.items()}) + stays({k: v[::2] for k, v in rows.items()})).tied)
    assert items(stays(rows).tied) == items(latest(rows).tied) == items(cumulative(rows).tied)


def test_a_change_that_is_there_again_is_no_tie_and_one_that_may_be_a_repeat_is() -> None:
    again = {"deal": [1, 1, 1], "stage": ["A", "A", "B"], "at": ["2024-01-01", "2024-01-01", "2024-01-05"]}
    assert items(stays(again).tied) == [False, False]
    back = {"deal": [1, 1, 1], "stage": ["A", "A", "B"], "at": ["2024-01-01", "2024-01-05", "2024-01-05"]}
    assert items(stays(back).tied) == [True, True], "B, A would be a return"
    assert funnel(back, SIMPLE).ties == 1


def test_rows_that_nobody_can_place_at_all_are_no_ties() -> None:
    for lacking in ({"deal": [None, None]}, {"at": [None, None]}):
        rows = {"deal": [1, 1], "stage": ["A", "B"], "at": ["2024-01-01"] * 2, **lacking}
        assert items(stays(rows).tied) == [False, False]


@given(rows=stage_changes())
def test_ties_are_those_of_a_plain_count(rows: list[StageChange]) -> None:
    places: dict[Any, set[Any]] = {}
    for c in rows:
        if c.deal and c.at and c.stage and c.pipeline:
            places.setdefault((c.deal, instant(c.at), c.seq), set()).add((c.pipeline, c.stage))
    full = [c for c in rows if c.deal and c.at and c.stage and c.pipeline]
    found = stays(full)
    tied = {found.deal.item(i) for i in range(len(found)) if found.tied.item(i)}
    assert tied == {deal for (deal, *_), some in places.items() if len(some) > 1}


def test_explanations_of_times_in_stage_say_how_many_a_rule_decided() -> None:
    rows = {"deal": [1, 1, 1], "stage": ["A", "B", "C"], "at": ["2024-01-01", "2024-01-05", "2024-01-05"]}
    said = "2 of 3 stays began at one instant with others: their order is a rule's, give seq"
    for asked in (stays(rows), CRM(changes=rows)):
        found = explain(sales.median_time_in_stage, asked, by="stage")
        assert found.notes == (said,) == tuple(found.to_dict()["notes"]) and said in str(found)
    assert explain(sales.median_time_in_stage, stays({**rows, "seq": [1, 2, 3]})).notes == ()
    assert sales.median_time_in_stage(where(stays(rows), tied=False), by="stage") == {"A": 4.0}


def test_a_report_says_how_many_deals_of_its_funnel_a_rule_put_in_order() -> None:
    rows = {"deal": [1, 1, 1], "stage": ["A", "B", "B"], "at": ["2024-01-01", "2024-01-01", "2024-01-09"]}
    deals = {"id": [1], "status": ["open"], "created_at": ["2024-01-01"]}
    notes = Report.of(CRM(deals=deals, changes=rows, pipelines=[SIMPLE]))["funnel"].notes
    assert "1 deal with changes of one instant, put in order of the stages" in notes
    assert "1 change to the stage that the deal was in already, no entries" in notes


LOG = Path(__file__).resolve().parents[2] / "shared" / "data" / "helpdesk_italian" / "helpdesk.csv"


@pytest.mark.skipif(not LOG.exists(), reason="the data are not here")
def test_of_a_real_log_with_stamps_of_a_minute_the_ties_are_told() -> None:
    with LOG.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    log = {
        "deal": [r[0] for r in rows],
        "stage": [r[1] for r in rows],
        "at": [r[3][:16].replace("/", "-") for r in rows],
    }
    by_rule, numbered = stays(log), stays({**log, "seq": list(range(len(rows)))})
    assert (
        explain(sales.median_time_in_stage, by_rule).notes and not explain(sales.median_time_in_stage, numbered).notes
    )
    assert int(by_rule.tied.true.sum()) > 2000
