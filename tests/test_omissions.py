"""What the report leaves out it says: ids that are there twice, rows of unknown deals, pipelines, and what it read."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crm_metrics import Deal, table
from crm_metrics._company.crm import CRM
from crm_metrics._report import screen
from crm_metrics._report.report import Report
from crm_metrics.errors import UnknownName
from crm_metrics.journeys import Pipeline

DEALS: dict[str, list[Any]] = {
    "id": [1, 2, 3, 4],
    "created_at": ["2024-01-05", "2024-01-08", "2024-02-01", "2024-02-10"],
    "status": ["won", "lost", "won", "open"],
    "closed_at": ["2024-01-25", "2024-01-30", "2024-03-01", None],
    "manager": ["Anna", "Boris", "Anna", "Boris"],
}
MOVES: dict[str, list[Any]] = {
    "deal": [1, 1, 2, 3],
    "stage": ["new", "won", "new", "new"],
    "at": ["2024-01-05", "2024-01-25", "2024-01-08", "2024-02-01"],
}
TWO = {**MOVES, "pipeline": ["sales", "sales", "b2b", "sales"]}


def left_out(**known: Any) -> str:
    """The notes of the last section."""
    return "\n".join(Report.of(CRM(**{"deals": DEALS, **known}))["missing"].notes)


# ---------------------------------------------------------------- deals


@given(st.lists(st.integers(1, 5), min_size=1, max_size=20))
def test_ids_that_are_there_twice_are_counted_as_a_loop_does(numbers: list[int]) -> None:
    twice = {n for n in numbers if numbers.count(n) > 1}
    more = len(numbers) - len(set(numbers))
    rows = {"id": numbers, "created_at": ["2024-01-05"] * len(numbers), "status": ["open"] * len(numbers)}
    told = left_out(deals=rows)
    if not twice:
        assert "twice" not in told
        return
    head = "1 id of deals occurs" if len(twice) == 1 else f"{len(twice)} ids of deals occur"
    assert f"{head} twice or more: {more} row{'s' * (more != 1)} more than deals." in told


def test_deals_without_a_status_or_a_day_of_closing_are_counted() -> None:
    told = left_out(deals={**DEALS, "status": ["won", None, "won", "open"], "closed_at": ["2024-01-25", *[None] * 3]})
    assert "1 of 4 deals have no status: they are neither won nor lost nor open." in told
    assert "1 deal is won or lost and has no closed_at: no period counts it as won or lost." in told


def test_won_and_open_deals_without_an_amount_or_a_probability_are_counted() -> None:
    more = {"amount": [None, 5, 7, 8, None], "probability": [None, None, None, 0.5, 0.5]}
    cells = {"status": ["won", "lost", "won", "open", "open"], "created_at": ["2024-01-05"] * 5, "id": [*range(5)]}
    told = left_out(deals={**cells, **more})
    assert "1 of 2 won deals have no amount: no sum of money has them." in told
    assert "1 of 2 open deals have no amount: the open pipeline is without them." in told
    assert "probability" not in told, "what was closed needs none"
    without = left_out(deals={**cells, "amount": [5] * 5, "probability": [None] * 4 + [0.5]})
    assert "1 of 2 open deals have no probability: the weighted pipeline is without them." in without
    assert "no amount" not in without
    assert "of 2 won deals" not in left_out(deals=cells), "a column that is not there is said once, as a gap"
    assert "of 2 won deals" not in left_out(deals={**cells, **more, "amount": [None] * 5}), "so is an empty one"


def test_deals_that_closed_since_are_open_without_the_probability_they_have_lost() -> None:
    deals = {**DEALS, "amount": [1, 2, 3, 4], "probability": [None, None, None, 0.5]}
    assert "probability" not in left_out(deals=deals)
    told = left_out(deals=deals, as_of=dt.date(2024, 2, 20))
    assert "1 of 2 open deals have no probability: the weighted pipeline is without them." in told


@given(cells=st.lists(st.tuples(st.sampled_from(["won", "open"]), st.sampled_from([None, 3])), min_size=1, max_size=12))
def test_amounts_that_are_missing_are_counted_as_a_loop_does(cells: list[tuple[str, int | None]]) -> None:
    status, amounts = (list(x) for x in zip(*cells, strict=True))
    told = left_out(deals={"status": status, "amount": amounts, "created_at": ["2024-01-05"] * len(cells)})
    for which in ("won", "open"):
        n, rows = sum(c == (which, None) for c in cells), status.count(which)
        words = f"{n} of {rows} {which} deals have no amount: "
        assert (words in told) == (0 < n < rows)


def test_a_section_of_notes_alone_has_no_heads_of_columns() -> None:
    lines = {"deal": [1, 3], "kind": ["base", "cross_sell"], "price": [10, 20]}
    began = ["2023-12-05", *DEALS["created_at"][1:]], ["2023-12-25", *DEALS["closed_at"][1:]]
    deals = {**DEALS, "created_at": began[0], "closed_at": began[1]}
    report = Report.of(CRM(deals=deals, lines=lines, go_live="2024-02-01", as_of="2024-03-31"))
    assert not report["addons"].rows and report["addons"].notes
    shown = screen.text_of_report(report).splitlines()
    assert "Upsell and cross-sell" in shown
    assert any(line.startswith("Scorecard") and "before" in line for line in shown)


def test_a_company_without_deals_says_so() -> None:
    empty = {name: [] for name in DEALS}
    report = Report.of(CRM(deals=empty, go_live="2024-02-01"))
    assert report["verdict"].notes == ("No verdict: there are no deals.",)


def test_a_report_with_go_live_and_without_days_of_closing_says_what_is_missing() -> None:
    deals = {name: cells for name, cells in DEALS.items() if name != "closed_at"}
    report = Report.of(CRM(deals=deals, go_live="2024-02-01", as_of="2024-03-31"))
    assert any("the deals have no closed_at" in note for note in report["missing"].notes)
    assert "table(rows" not in screen.text_of_report(report)


def test_lines_of_an_id_that_is_two_deals_do_not_end_the_report() -> None:
    deals = {**DEALS, "id": [1, 1, 2, 3]}
    told = left_out(deals=deals, lines={"deal": [1, 2], "price": [10, 20]})
    assert "two values of status for '1'" in told and "what extras add to a deal" in told
    assert "1 id of deals occurs twice or more: 1 row more than deals." in told


def test_lines_without_a_kind_do_not_end_the_report() -> None:
    told = left_out(lines={"deal": [1, 2], "price": [10, 20]})
    assert "Not shown, because this DealLine table has no 'kind': what extras add to a deal." in told


# ---------------------------------------------------------------- known on a day


def test_as_of_in_the_settings_cuts_as_the_option_does() -> None:
    day = dt.date(2024, 1, 31)
    given_in_settings = Report.of(CRM(deals=DEALS, as_of=day))
    assert given_in_settings.to_json() == Report.of(CRM(deals=DEALS).known_on(day)).to_json()
    assert given_in_settings["scorecard"]["deals_created"].value == 2
    assert Report.of(CRM(deals=DEALS))["scorecard"]["deals_created"].value == 4


# ---------------------------------------------------------------- rows of unknown deals


def test_rows_of_deals_that_are_not_there_are_counted() -> None:
    calls = {"started_at": ["2024-01-05", "2024-01-06", "2024-01-07"], "deal": [1, 9, None]}
    told = left_out(changes={**MOVES, "deal": [1, 1, 7, 8]}, calls=calls)
    assert "2 of 4 rows of changes are of deals that [deals] does not have; the funnel counts them." in told
    assert "1 of 3 rows of calls are of deals that [deals] does not have." in told
    assert "does not have" not in left_out(changes=MOVES)


# ---------------------------------------------------------------- pipelines


def test_a_pipeline_that_no_change_names_has_no_funnel_of_zeros() -> None:
    report = Report.of(CRM(deals=DEALS, changes=TWO, pipelines=Pipeline(["new", "won"], name="Sales")))
    assert "funnel" not in {section.name for section in report.sections}
    said = "No funnel of the pipeline 'Sales': it occurs in no stage change; they name 'b2b', 'sales'."
    assert said in report["missing"].notes


def test_each_pipeline_has_a_funnel_and_the_first_keeps_its_name() -> None:
    both = [Pipeline(["new", "won"], name=name) for name in ("sales", "b2b")]
    report = Report.of(CRM(deals=DEALS, changes=TWO, pipelines=both))
    reached = [report[name]["reached"].value for name in ("funnel", "funnel b2b")]
    assert reached == [2, 1] and "Funnel of 'b2b'" in screen.text_of_report(report)
    (alone,) = (
        s for s in Report.of(CRM(deals=DEALS, changes=MOVES, pipelines=both[:0])).sections if s.name == "missing"
    )
    assert any("the order of the stages is not given" in note for note in alone.notes)


def test_changes_of_pipelines_that_nobody_described_are_named() -> None:
    assert "No funnel of 'b2b': [[pipelines]] does not describe them." in left_out(
        changes=TWO, pipelines=Pipeline(["new", "won"], name="sales")
    )
    mixed = left_out(changes=TWO, pipelines=Pipeline(["new", "won"]))
    assert "The funnel counts 2 pipelines as one: 'b2b', 'sales'. [[pipelines]] has no name." in mixed
    assert "pipelines" not in left_out(changes=MOVES, pipelines=Pipeline(["new", "won"]))


# ---------------------------------------------------------------- what was read besides


def test_tables_without_a_section_are_told_in_a_sentence() -> None:
    calls = {"started_at": ["2024-01-05", "2024-03-06", "2024-02-07"]}
    quotas = {"manager": ["Anna"], "start": ["2024-01-01"], "end": ["2024-04-01"], "amount": [100]}
    report = Report.of(CRM(deals=DEALS, calls=calls, quotas=quotas))
    said = "3 calls from 2024-01-05 to 2024-03-06, 1.50 a sale; 1 quota from 2024-01-01 to 2024-01-01."
    assert report["read"].notes == (said,)
    assert "read" not in {section.name for section in Report.of(CRM(deals=DEALS)).sections}


# ---------------------------------------------------------------- grouping by one's own heading


def test_a_heading_of_the_file_groups_as_the_field_it_holds() -> None:
    own = {("Кто" if name == "manager" else name): cells for name, cells in DEALS.items()}
    deals = table(own, Deal, columns={"manager": "Кто"})
    crm = CRM(deals=deals)
    one, two = (
        Report.of(crm, by=[name])[f"by {found}"] for name, found in (("Кто", "manager"), ("manager", "manager"))
    )
    assert one.to_dict() == two.to_dict() and one.by == ("manager",)
    assert Report.of(crm, by=["Кто, month"])["by manager, month"].by == ("manager", "month")
    with pytest.raises(UnknownName, match="nothing called 'Никто'"):
        Report.of(crm, by=["Никто"])
