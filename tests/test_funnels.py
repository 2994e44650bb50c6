"""The funnel against plain loops, its laws, the cases that other systems get wrong, and real data."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import math
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from crm_metrics import month, via
from crm_metrics._report.selling import _leak
from crm_metrics.errors import UnknownName, WrongValue
from crm_metrics.journeys import Pipeline, stays
from crm_metrics.records import StageChange
from crm_metrics.sales.funnel_table import Funnel
from crm_metrics.sales.funnels import funnel
from tests.paths import SALES, STAGES, by_deal, instant, stage_changes, usable

COUNTINGS = ("linear", "strict", "any", "transitions")
SIMPLE = Pipeline(["A", "B", "C"], lost="X", side="hold")
COLUMNS = ("reached", "drop_off", "lost_here", "still_here")


def moves(*paths: str, pipeline: str | None = None) -> list[StageChange]:
    """Deals numbered from 1, each with its stages in order, a day apart."""
    return [
        StageChange(deal=deal, stage=stage, at=dt.date(2024, 1, 1) + dt.timedelta(days=i), pipeline=pipeline)
        for deal, path in enumerate(paths, 1)
        for i, stage in enumerate(path.split())
    ]


def counts(found: Funnel, name: str) -> list[int]:
    return list(getattr(found, name).values())


# ---------------------------------------------------------------- a plain loop


class Told:
    """What a loop over the changes of each deal says."""

    def __init__(self, rows: list[StageChange], pipeline: Pipeline, counting: str) -> None:
        self.reached, self.lost, self.here = Counter[str](), Counter[str](), Counter[str]()
        self.dropped = Counter[str]()
        self.apart, self.days = Counter[str](), {stage: [] for stage in pipeline.stages}
        for path in by_deal(usable(rows, pipeline), pipeline).values():
            own = [c.stage for c in path if c.pipeline == pipeline.name]
            if own:
                self.apart["deals"] += 1
                gone = self._ended(own, path, pipeline)
                reached = self._reached(own, pipeline, counting)
                pairs = itertools.pairwise(pipeline.stages)
                self.dropped.update(a for a, b in pairs if gone and a in reached and b not in reached)
                self._stayed(path, pipeline)

    def _ended(self, own: list[Any], path: list[StageChange], pipeline: Pipeline) -> bool:
        """Count how a deal stands; whether it is lost or went to another pipeline."""
        last, order = own[-1], pipeline.stages
        if last in pipeline.lost:
            before = [s for s in own if s in order[:-1]] or [s for s in own if s == order[-1]]
            if before:
                self.lost[before[-1]] += 1
            else:
                self.apart["lost_from_nowhere"] += 1
            return True
        if path[-1].pipeline != pipeline.name and last != order[-1]:
            self.apart["moved"] += 1
            return True
        if last in order:
            self.here[last] += 1
        else:
            self.apart["aside"] += 1
        return False

    def _reached(self, own: list[Any], pipeline: Pipeline, counting: str) -> set[str]:
        """Count the stages that a deal reached, and say which."""
        order = [s for s in own if s in pipeline.stages]
        if counting == "linear":
            furthest = max((pipeline.stages.index(s) for s in order), default=-1)
            found = list(pipeline.stages[: furthest + 1])
        elif counting == "strict":
            found = []
            for stage in order:
                if len(found) < len(pipeline.stages) and stage == pipeline.stages[len(found)]:
                    found.append(stage)
        else:
            found = list(set(order)) if counting == "any" else order
        self.reached.update(found)
        return set(found)

    def _stayed(self, path: list[StageChange], pipeline: Pipeline) -> None:
        spent: dict[str, dt.timedelta] = {}
        for a, b in itertools.pairwise(path):
            if a.pipeline == pipeline.name and a.stage in self.days:
                days = instant(b.at) - instant(a.at)
                if not (isinstance(a.at, dt.datetime) and isinstance(b.at, dt.datetime)):
                    days = dt.timedelta(days=(instant(b.at).date() - instant(a.at).date()).days)
                spent[a.stage] = spent.get(a.stage, dt.timedelta()) + days
        for stage, days in spent.items():
            self.days[stage].append(days / dt.timedelta(days=1))


@pytest.mark.parametrize("counting", COUNTINGS)
@given(rows=stage_changes())
def test_the_funnel_is_that_of_a_plain_loop(counting: str, rows: list[StageChange]) -> None:
    found, told = funnel(rows, SALES, counting=counting), Told(rows, SALES, counting)
    assert found.reached == {s: told.reached[s] for s in STAGES}
    assert found.drop_off == {s: told.dropped[s] for s in STAGES}
    assert found.lost_here == {s: told.lost[s] for s in STAGES}
    assert found.still_here == {s: told.here[s] for s in STAGES}
    apart = {name: getattr(found, name) for name in ("deals", "lost_from_nowhere", "moved", "aside")}
    assert apart == {name: told.apart[name] for name in apart}
    assert found.median_days == pytest.approx(
        {s: median(d) if d else math.nan for s, d in told.days.items()}, nan_ok=True
    )


# ---------------------------------------------------------------- laws


@pytest.mark.parametrize("counting", ["linear", "strict"])
@given(rows=stage_changes())
def test_linear_and_strict_never_widen(counting: str, rows: list[StageChange]) -> None:
    found = funnel(rows, SALES, counting=counting)
    reached = counts(found, "reached")
    assert reached == sorted(reached, reverse=True)
    assert all(0 <= x <= 1 for x in found.overall_conversion.values() if not math.isnan(x))
    assert all(a - b >= n for (a, b), n in zip(itertools.pairwise(reached), counts(found, "drop_off"), strict=False))


@pytest.mark.parametrize("counting", COUNTINGS)
@given(rows=stage_changes(), data=st.data())
def test_neither_the_order_of_rows_nor_what_was_cut_matters(counting: str, rows: list[StageChange], data: Any) -> None:
    want = funnel(rows, SALES, counting=counting, by="manager").to_dict()
    assert funnel(data.draw(st.permutations(rows)), SALES, counting=counting, by="manager").to_dict() == want
    cut = data.draw(st.integers(0, len(rows)))
    merged = stays(stays(rows[:cut], SALES) + stays(rows[cut:], SALES), SALES)
    found = funnel(merged, SALES, counting=counting, by="manager").to_dict()
    assert found.pop("again") == 0 <= want.pop("again"), "what was there again is gone from stays"
    assert found == want


@pytest.mark.parametrize("by", ["manager", month, ("manager", month("at")), "seq"])
@given(rows=stage_changes(), counting=st.sampled_from(COUNTINGS))
def test_groups_add_up_to_the_whole(by: Any, rows: list[StageChange], counting: str) -> None:
    rows = [c if by != "seq" or c.seq is None else attrs.evolve(c, seq=int(c.seq)) for c in rows]
    whole, parts = funnel(rows, SALES, counting=counting), funnel(rows, SALES, counting=counting, by=by)
    for name in COLUMNS:
        sums = Counter[str]()
        for key, n in getattr(parts, name).items():
            sums[key[-1]] += n
        assert {s: sums[s] for s in STAGES} == getattr(whole, name)
    assert parts.about() == whole.about()


@given(rows=stage_changes())
def test_a_group_is_the_funnel_of_its_deals(rows: list[StageChange]) -> None:
    first = {}
    for deal, path in by_deal(usable(rows, SALES), SALES).items():
        own = [c for c in path if c.pipeline == "sales"]
        first[deal] = own[0].manager if own else None
    found = funnel(rows, SALES, by="manager")
    for name in {key[0] for key in found.reached}:
        alone = funnel([c for c in rows if c.deal in first and first[c.deal] == name], SALES)
        for column in (*COLUMNS, "median_days"):
            part = {key[-1]: x for key, x in getattr(found, column).items() if key[0] == name}
            assert getattr(alone, column) == part


@given(rows=stage_changes())
def test_every_deal_is_somewhere(rows: list[StageChange]) -> None:
    found = funnel(rows, SALES)
    placed = sum(counts(found, "lost_here")) + sum(counts(found, "still_here"))
    assert placed + found.lost_from_nowhere + found.aside + found.moved == found.deals


# ---------------------------------------------------------------- cases


def test_a_deal_that_skipped_or_came_in_the_middle_has_passed_all_before() -> None:
    rows = moves("A C", "B", "C")
    assert counts(funnel(rows, SIMPLE), "reached") == [3, 3, 2]
    assert counts(funnel(rows, SIMPLE, counting="strict"), "reached") == [1, 0, 0]
    assert counts(funnel(rows, SIMPLE, counting="any"), "reached") == [1, 1, 2]


def test_a_deal_that_moved_back_keeps_what_it_reached_and_stands_where_it_is() -> None:
    found = funnel(moves("A B A"), SIMPLE)
    assert counts(found, "reached") == [1, 1, 0]
    assert counts(found, "still_here") == [1, 0, 0]


def test_transitions_count_repeats_and_any_may_widen() -> None:
    assert counts(funnel(moves("A B A"), SIMPLE, counting="transitions"), "reached") == [2, 1, 0]
    found = funnel(moves("A B", "B", "B"), SIMPLE, counting="any")
    assert found.step_conversion["B"] == 3.0
    assert counts(found, "drop_off") == [0, 0, 0], "all of them are still there"
    found = funnel(moves("A B X", "B X", "B"), SIMPLE, counting="any")
    assert counts(found, "drop_off") == [0, 2, 0]


def test_a_deal_lost_now_counts_in_the_stages_it_reached() -> None:  # another tool leaves lost deals out of its funnel
    found = funnel(moves("A B X", "A C", "A B A B X"), SIMPLE)
    assert counts(found, "reached") == [3, 3, 1]
    assert counts(found, "lost_here") == [0, 2, 0]
    assert found.step_conversion["C"] == pytest.approx(1 / 3)


def test_a_reopened_deal_is_lost_where_it_was_lost_last() -> None:
    found = funnel(moves("A X B X", "A B X A", "A X C"), SIMPLE)
    assert counts(found, "lost_here") == [0, 1, 0]
    assert counts(found, "still_here") == [1, 0, 1]


def test_a_deal_lost_after_it_was_won_is_lost_from_its_last_open_stage() -> None:
    assert counts(funnel(moves("A B C X"), SIMPLE), "lost_here") == [0, 1, 0]
    assert counts(funnel(moves("C X"), SIMPLE), "lost_here") == [0, 0, 1]


def test_a_deal_lost_from_nowhere_and_one_on_hold_are_told_apart() -> None:
    found = funnel(moves("X", "hold X", "A hold", "A"), SIMPLE)
    assert (found.deals, found.lost_from_nowhere, found.aside) == (4, 2, 1)
    assert counts(found, "reached") == [2, 0, 0]
    assert "2 deals lost from no stage of the order" in str(found)
    assert "1 deal on a side stage now" in str(found)


def test_a_won_deal_that_goes_on_in_another_pipeline_is_neither_lost_nor_a_skip() -> None:
    rows = moves("A B C", pipeline="sales")
    at = dt.date(2024, 1, 9)
    rows += [StageChange(deal=1, stage=s, at=at, pipeline="after", seq=i) for i, s in enumerate(["keys", "insurance"])]
    found = funnel(rows, attrs.evolve(SIMPLE, name="sales"))
    assert counts(found, "reached") == [1, 1, 1]
    assert counts(found, "still_here") == [0, 0, 1]
    assert found.moved == 0
    assert found.median_days["C"] == 6.0  # the stay in the old pipeline ends there
    after = funnel(rows, Pipeline(["keys", "insurance"], name="after"))
    assert (after.deals, counts(after, "reached")) == (1, [1, 1])


def test_an_open_deal_that_moved_to_another_pipeline_is_told_apart() -> None:
    rows = [*moves("A", pipeline="sales"), StageChange(deal=1, stage="keys", at="2024-02-01", pipeline="after")]
    found = funnel(rows, attrs.evolve(SIMPLE, name="sales"))
    assert (found.moved, sum(counts(found, "still_here"))) == (1, 0)


def test_two_pipelines_at_once_are_refused() -> None:
    rows = [*moves("A", pipeline="one"), *moves("keys", pipeline="two")]
    with pytest.raises(UnknownName, match=r"'keys'.*say which pipeline is meant"):
        funnel(rows, SIMPLE)


def test_time_in_a_stage_is_that_of_all_finished_stays_together() -> None:
    at = ["2024-01-01", "2024-01-03", "2024-01-04", "2024-01-08", "2024-01-01"]
    rows = {"deal": [1, 1, 1, 1, 2], "stage": ["A", "B", "A", "B", "A"], "at": at}
    assert funnel(rows, SIMPLE).median_days == {"A": 6.0, "B": 1.0, "C": math.nan}


def test_what_is_missing_is_left_out_and_told() -> None:
    rows = {
        "deal": [1, None, 1, 1],
        "stage": ["A", "A", None, "B"],
        "at": ["2024-01-01", "2024-01-01", "2024-01-02", None],
    }
    found = funnel(rows, SIMPLE)
    assert found.left_out == {"deal": 1, "stage": 1, "time": 1}
    assert counts(found, "reached") == [1, 0, 0]
    assert "1 change without a time left out" in str(found)


def test_no_changes_give_zeros_and_no_rates() -> None:
    for rows in ([], moves("A", pipeline="other")):
        found = funnel(rows, attrs.evolve(SIMPLE, name="mine"))
        assert counts(found, "reached") == [0, 0, 0]
        assert all(math.isnan(x) for x in found.overall_conversion.values())
        assert found.leak is None
        assert found.to_dict()["rows"][0]["step_conversion"] is None
    assert "all 1 changes are of other pipelines than 'mine'" in str(found)
    assert len(funnel([], SIMPLE, by="manager").reached) == 0


def test_a_wrong_counting_is_refused() -> None:
    with pytest.raises(WrongValue, match="counting='loose': use one of 'linear', 'strict', 'any', 'transitions'"):
        funnel([], SIMPLE, counting="loose")


def test_groups_come_from_fields_months_and_lookups() -> None:
    rows = moves("A B", "A")
    deals = {"id": [1, 2], "channel": ["web", None]}
    found = funnel(rows, SIMPLE, by=via({"deal": deals["id"], "channel": deals["channel"]}, "channel", "deal"))
    assert found.reached["web", "B"] == 1
    assert found.reached[None, "A"] == 1
    assert funnel(rows, SIMPLE, by=month).reached["2024-01", "A"] == 2
    assert funnel(stays(rows), SIMPLE, by=month).reached["2024-01", "A"] == 2


# ---------------------------------------------------------------- as a table


def test_it_shows_itself_as_a_table_and_escapes_what_comes_from_the_data() -> None:
    odd = Pipeline(["<b>A</b>", "B"], lost="X")
    found = funnel(moves("<b>A</b> B", "<b>A</b> X"), odd)
    html = found._repr_html_()
    assert "&lt;b&gt;A&lt;/b&gt;" in html
    assert "<b>" not in html
    assert "50.0 %" in str(found)
    numbers = "reached step_conversion overall_conversion drop_off lost_here still_here median_days"
    assert list(found.to_columns()) == ["stage", *numbers.split()]
    assert found.to_dict()["deals"] == 2
    by = funnel(moves("A B", "A"), SIMPLE, by="manager").to_columns()
    assert by["manager"] == [None, None, None]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_it_goes_to_frames(library: str) -> None:
    pytest.importorskip(library)
    frame = getattr(funnel(moves("A B", "A"), SIMPLE), f"to_{library}")()
    assert list(frame["reached"]) == [2, 1, 0]


# ---------------------------------------------------------------- real data

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "helpdesk_italian" / "helpdesk.csv"


@pytest.fixture(scope="module")
def log() -> dict[str, list[Any]]:
    """A log of a help desk: cases and what was done to them, several things in one second."""
    if not DATA.is_file():
        pytest.skip("the data are not here")
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    at = [row[3].replace("/", "-").replace(" ", "T") for row in rows]
    return {
        "deal": [row[0] for row in rows],
        "stage": [row[1] for row in rows],
        "at": at,
        "seq": list(range(len(rows))),
        "product": [row[9] for row in rows],
    }


HELP = ("Assign seriousness", "Take in charge ticket", "Resolve ticket", "Closed")


def help_desk(log: dict[str, list[Any]]) -> Pipeline:
    return Pipeline(HELP, side=sorted(set(log["stage"]) - set(HELP)))


def test_a_help_desk_is_counted_as_a_database_counts_it(log: dict[str, list[Any]]) -> None:
    duckdb, pandas = pytest.importorskip("duckdb"), pytest.importorskip("pandas")
    con = duckdb.connect()
    con.register("log", pandas.DataFrame(log))
    place = "CASE stage " + " ".join(f"WHEN '{s}' THEN {i}" for i, s in enumerate(HELP)) + " ELSE -1 END"
    con.execute(f'CREATE TABLE rows AS SELECT deal, stage, "at"::TIMESTAMP AS t, seq, {place} AS place FROM log')
    before = "lag(stage) OVER (PARTITION BY deal ORDER BY t, seq)"
    con.execute(f"CREATE TABLE moves AS SELECT * FROM rows QUALIFY stage IS DISTINCT FROM {before}")
    pipeline = help_desk(log)
    furthest = con.execute("SELECT max(place) FROM moves GROUP BY deal").fetchall()
    linear = [sum(p[0] >= i for p in furthest) for i in range(len(HELP))]
    assert counts(funnel(log, pipeline), "reached") == linear
    for counting, what in (("any", "count(DISTINCT deal)"), ("transitions", "count(*)")):
        told = dict(con.execute(f"SELECT place, {what} FROM moves GROUP BY place").fetchall())
        assert counts(funnel(log, pipeline, counting=counting), "reached") == [told[i] for i in range(len(HELP))]
    medians = con.execute(
        "WITH stay AS (SELECT deal, place, lead(t) OVER (PARTITION BY deal ORDER BY t, seq) - t AS spent FROM moves), "
        "total AS (SELECT deal, place, sum(epoch(spent)) AS s FROM stay WHERE spent IS NOT NULL GROUP BY deal, place) "
        "SELECT place, median(s) / 86400 FROM total WHERE place >= 0 GROUP BY place ORDER BY place"
    ).fetchall()
    found = funnel(log, pipeline).median_days
    assert [found[HELP[i]] for i, _ in medians] == pytest.approx([x for _, x in medians])


def test_a_help_desk_strictly_is_that_of_a_loop(log: dict[str, list[Any]]) -> None:
    steps: dict[str, int] = {}
    for _, deal, stage in sorted(zip(log["at"], log["deal"], log["stage"], strict=True), key=lambda row: row[0]):
        steps[deal] = steps.get(deal, 0) + (stage == HELP[min(steps.get(deal, 0), 3)] and steps.get(deal, 0) < 4)
    want = [sum(n > i for n in steps.values()) for i in range(len(HELP))]
    assert counts(funnel(log, help_desk(log), counting="strict"), "reached") == want


def test_products_of_a_help_desk_add_up(log: dict[str, list[Any]]) -> None:
    parts = funnel(log, help_desk(log), by="product")
    whole = funnel(log, help_desk(log))
    assert whole.deals == 4580
    for stage in HELP:
        assert sum(n for key, n in parts.reached.items() if key[-1] == stage) == whole.reached[stage]


def test_the_leak_is_the_first_stage_with_the_largest_share_of_drop_off() -> None:
    assert funnel(moves("A X", "A"), SIMPLE).leak == "A"
    assert funnel(moves("A B X", "A B", "A X", "A B C", "A B C"), SIMPLE).leak == "B", "1 of 3, not 1 of 5"
    assert funnel(moves("A B X", "A X", "A B C"), SIMPLE).leak == "B"
    assert funnel(moves("A X", "A B X", "A B C", "B"), SIMPLE).leak == "B"
    assert funnel(moves("A X", "A B X", "A B C", "A B"), Pipeline(["A", "B"], lost="X", side="C")).leak == "A"


def test_there_is_no_leak_where_nobody_is_gone() -> None:
    assert funnel(moves("A", "A B", "A B C", "A hold"), SIMPLE).leak is None
    assert funnel([], SIMPLE).leak is None
    assert funnel(moves("A X"), Pipeline(["A"], lost="X")).leak is None, "one stage, from which nothing leads on"
    assert funnel(moves("A B C X"), SIMPLE).leak is None, "lost after it was won"


def test_who_reached_a_stage_went_on_dropped_off_or_is_on_the_way() -> None:
    found = funnel(moves("A B", "A B A", "A hold", "A B X", "A X", "A B C"), SIMPLE)
    assert counts(found, "reached") == [6, 4, 1]
    assert counts(found, "drop_off") == [1, 1, 0]
    assert (counts(found, "still_here"), found.aside) == ([1, 1, 1], 1)


def test_a_report_names_the_leak_with_its_share_and_nothing_where_hardly_anybody_is_lost() -> None:
    def said(*paths: str, by: Any = None) -> list[str]:
        return list(_leak(funnel(moves(*paths), SIMPLE, by=by)))

    lost = "The largest drop-off is at 'A': 50.0 % of the deals that went on from there or dropped off."
    assert said("A X", "A B", "A") == said("A X", "A B", "A", by="deal") == [lost]
    assert said("A", "A B", "A B C") == []
    assert said("A X", *["A B"] * 20) == [], "20 of 21 went on"
