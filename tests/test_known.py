"""A company as it was known on a day, and deals that had stalled by then."""

from __future__ import annotations

import datetime as dt
from datetime import date as D
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from crm_metrics import CRM, Deal, sales, table
from crm_metrics._report.report import Report
from crm_metrics.records import Call, Interaction, StageChange

DAY = D(2024, 3, 31)
AT = ["2024-03-31", "2024-04-01", None]


def ids(rows: Any) -> list[Any]:
    return [rows.id.item(i) for i in range(len(rows))]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("changes", {"deal": [1, 1, 2], "stage": ["offer"] * 3, "at": AT, "id": ["1", "2", "3"]}),
        ("calls", {"id": [1, 2, 3], "started_at": AT}),
        ("interactions", {"id": [1, 2, 3], "kind": ["visit"] * 3, "at": AT}),
        ("leads", {"id": [1, 2, 3], "created_at": AT, "status": ["new"] * 3}),
        ("spend", {"id": ["1", "2", "3"], "at": AT, "amount": [1, 2, 3]}),
        ("deals", {"id": [1, 2, 3], "created_at": AT, "status": ["open"] * 3}),
    ],
)
def test_what_came_later_is_not_there_and_what_has_no_time_stays(name: str, rows: Any) -> None:
    then = CRM(**{name: rows}).known_on(DAY)
    assert ids(getattr(then, name)) == ["1", "3"]
    assert ids(getattr(CRM(**{name: rows}).known_on(D(2024, 4, 1)), name)) == ["1", "2", "3"]


def test_lines_of_deals_that_came_later_are_not_there() -> None:
    deals = {"id": [1, 2, 3], "created_at": AT, "status": ["open"] * 3}
    lines = {"deal": [2, 1, 9, 2, None], "product": list("abcde"), "quantity": [1] * 5, "price": [1] * 5}
    then = CRM(deals=deals, lines=lines).known_on(DAY)
    assert [then.lines.product.item(i) for i in range(3)] == ["b", "c", "e"], "a deal that nobody knows may be older"
    assert len(CRM(deals=deals, lines=lines).known_on(D(2024, 4, 1)).lines) == 5


def test_leads_that_were_answered_or_converted_later_are_not_yet() -> None:
    leads = {
        "id": [1, 2, 3],
        "created_at": ["2024-03-01"] * 3,
        "status": ["converted", "converted", "junk"],
        "first_response_at": ["2024-03-02", "2024-04-02", "2024-04-02"],
        "converted_at": ["2024-03-31", "2024-04-05", None],
    }
    then = CRM(leads=leads).known_on(DAY).leads
    assert [then.status.item(i) for i in range(3)] == ["converted", None, "junk"]
    assert [str(then.converted_at.item(i)) for i in range(3)] == ["2024-03-31", "None", "None"]
    assert [str(then.first_response_at.item(i)) for i in range(3)] == ["2024-03-02", "None", "None"]


def test_a_closed_deal_that_is_open_again_keeps_its_other_fields() -> None:
    deals = {
        "id": [1, 2],
        "created_at": ["2024-01-01"] * 2,
        "status": ["lost", "won"],
        "closed_at": ["2024-05-01", "2024-02-01"],
        "reason": ["too dear", None],
        "amount": [300, 100],
    }
    then = CRM(deals=deals).known_on(DAY).deals
    assert [then.status.item(i) for i in range(2)] == ["open", "won"]
    assert then.reason.item(0) == "too dear" and sales.open_pipeline(then) == 300
    assert sales.deals_created(then, by="status") == {"open": 1, "won": 1}


def test_tables_without_their_time_stay_whole() -> None:
    then = CRM(leads={"id": [1], "status": ["new"]}, deals={"id": [1], "status": ["won"]}).known_on(DAY)
    assert len(then.leads) == len(then.deals) == 1 and then.calls is None


# ---------------------------------------------------------------- deals that have not moved


def stalled(at: Any, as_of: Any = DAY, **more: Any) -> Any:
    deals = [Deal(id=1, created_at="2023-01-01", status="open")]
    return sales.stalled_deals(deals, [StageChange(deal=1, stage="offer", at=at)], as_of=as_of, **more)


@pytest.mark.parametrize(
    ("at", "count"),
    [("2024-04-02", 1), ("2024-04-01", 1), ("2024-03-31", 0), ("2024-03-02", 0), ("2024-03-01", 1), (None, 1)],
)
def test_a_change_after_the_day_does_not_count(at: Any, count: int) -> None:
    assert stalled(at) == count


def test_a_time_of_the_day_itself_is_before_its_end() -> None:
    assert stalled(dt.datetime(2024, 3, 31, 23, 59)) == 0
    assert stalled(dt.datetime(2024, 3, 31, 23, 59), dt.datetime(2024, 3, 31, 12)) == 1


days = st.dates(D(2024, 1, 1), D(2024, 6, 30))


@given(
    created=st.lists(days, max_size=8),
    moves=st.lists(st.tuples(st.integers(0, 8), days | st.none()), max_size=20),
    day=days,
    least=st.integers(0, 60),
)
def test_stalled_deals_are_those_that_the_rows_of_that_day_show(
    created: list[D], moves: list[tuple[int, D | None]], day: D, least: int
) -> None:
    deals = table([Deal(id=i, created_at=c, status="open") for i, c in enumerate(created)], Deal)
    changes = table([StageChange(deal=i, stage=f"s{n}", at=at) for n, (i, at) in enumerate(moves)], StageChange)
    ours = sales.stalled_deals(deals, changes, as_of=day, days=least)
    old = day - dt.timedelta(days=least)
    moved = {i for i, at in moves if at is not None and old < at <= day}
    assert ours == sum(c <= old and i not in moved for i, c in enumerate(created))
    then = CRM(deals=deals, changes=changes).known_on(day)
    assert ours == sales.stalled_deals(then.deals, then.changes, as_of=day, days=least)


# ---------------------------------------------------------------- open deals that are overdue, by month


def test_overdue_deals_have_no_month_of_closing_but_one_of_creation() -> None:
    from crm_metrics import month

    deals = {
        "status": ["won", "open"],
        "created_at": ["2024-01-05", "2024-01-09"],
        "closed_at": ["2024-02-01", None],
        "expected_close": ["2024-02-01", "2024-02-20"],
    }
    overdue = {"overdue_at": DAY}
    assert sales.win_rate(deals, by=month, **overdue) == {"2024-02": 1.0, None: 0.0}
    assert sales.win_rate(deals, by=month("created_at"), **overdue) == {"2024-01": 0.5}
    assert sales.win_rate(deals, by=month("expected_close"), **overdue) == {"2024-02": 0.5}


def test_records_stay_what_they_are() -> None:
    crm = CRM(calls=[Call(id=1, started_at="2024-03-01")], interactions=[Interaction(at="2024-05-01", kind="email")])
    then = crm.known_on(DAY)
    assert then.calls.record is Call and then.interactions.record is Interaction and not len(then.interactions)


# ---------------------------------------------------------------- what the rows do not tell of a day

PIPEDRIVE = """Deal - ID,Value,Owner,Status,Deal created,Won time,Lost time
11,1000,Ann,Won,2024-01-05 09:00:00,2024-01-20 10:00:00,
12,500,Bob,Lost,2024-01-06 09:00:00,,2024-01-25 12:00:00
13,700,Ann,Lost,2024-01-10 09:00:00,,2024-02-05 12:00:00
14,300,Bob,Open,2024-02-01 09:00:00,,
15,900,Ann,Won,2024-01-15 09:00:00,2024-02-12 10:00:00,
"""


def pipedrive(closed: Any) -> Any:
    rows = [line.split(",") for line in PIPEDRIVE.splitlines()[1:]]
    names = ("id", "amount", "manager", "status", "created_at")
    columns = {name: [row[i].lower() if name == "status" else row[i] for row in rows] for i, name in enumerate(names)}
    return {**columns, "closed_at": [closed(row) or None for row in rows]}


def test_a_deal_that_was_lost_later_is_not_lost_yet() -> None:
    then = CRM(deals=pipedrive(lambda row: row[5] or row[6])).known_on(D(2024, 1, 31))
    found = (sales.deals_won(then.deals), sales.deals_lost(then.deals), sales.win_rate(then.deals))
    assert (found, sales.open_pipeline(then.deals), then.unsure) == ((1, 1, 0.5), 1600, ())


def test_a_deal_that_is_lost_and_does_not_say_when_counts_as_lost_and_is_told() -> None:  # an Odoo pull request
    crm = CRM(deals=pipedrive(lambda row: row[5]))
    then = crm.known_on(D(2024, 1, 31))
    assert (sales.deals_won(then.deals), sales.deals_lost(then.deals)) == (1, 2)
    said = (
        "2 deals are won or lost and have no closed_at: no period counts them as won or lost; "
        "they count as such on 2024-01-31, whenever it was."
    )
    assert then.unsure == (said,) == then.known_on(D(2024, 1, 31)).unsure
    for asked in (then, attrs.evolve(crm, as_of=D(2024, 1, 31))):
        notes = Report.of(asked)["missing"].notes
        assert [note for note in notes if "won or lost" in note] == [said]
    without = {name: column for name, column in pipedrive(lambda row: "").items() if name != "closed_at"}
    assert "4 deals are won or lost" in CRM(deals=without).known_on(D(2024, 1, 31)).unsure[0]


def test_a_lead_that_is_converted_and_does_not_say_when_is_told() -> None:
    leads = {"id": [1, 2], "created_at": ["2024-03-01"] * 2, "status": ["converted"] * 2}
    then = CRM(leads={**leads, "converted_at": ["2024-03-05", None]}).known_on(DAY)
    said = (
        "1 lead is converted and has no converted_at: no period counts it as converted; it counts as such on 2024-03-31"
    )
    assert then.unsure == (f"{said}, whenever it was.",)
    assert CRM(leads=leads).known_on(DAY).unsure[0].startswith("2 leads are converted and have no converted_at: no")


@pytest.mark.parametrize(
    ("name", "rows", "at"),
    [
        ("changes", {"deal": [1, 2], "stage": ["offer"] * 2}, "at"),
        ("calls", {"id": [1, 2]}, "started_at"),
        ("interactions", {"id": [1, 2], "kind": ["visit"] * 2}, "at"),
        ("spend", {"amount": [1, 2]}, "at"),
        ("leads", {"id": [1, 2]}, "created_at"),
    ],
)
def test_rows_without_a_time_stay_and_are_told(name: str, rows: Any, at: str) -> None:
    then = CRM(**{name: {**rows, at: ["2024-01-01", None]}}).known_on(DAY)
    assert len(getattr(then, name)) == 2
    assert then.unsure == (f"1 of 2 rows of {name} have no {at}: they are taken as known on 2024-03-31.",)


def test_quotas_are_plans_and_people_came_or_left_later() -> None:
    quotas = {"manager": ["Anna"] * 2, "start": ["2024-01-01", "2024-04-01"], "end": ["2024-04-01", "2024-07-01"]}
    managers = {
        "name": ["Anna", "Boris", "Vera", "Gleb"],
        "hired_at": ["2023-01-01", None, "2024-04-01", "2024-03-31"],
        "left_at": ["2024-05-01", "2024-03-31", None, None],
    }
    then = CRM(quotas={**quotas, "amount": [1, 2]}, managers=managers).known_on(DAY)
    assert len(then.quotas) == 2
    assert [then.managers.name.item(i) for i in range(3)] == ["Anna", "Boris", "Gleb"]
    assert [str(then.managers.left_at.item(i)) for i in range(3)] == ["None", "2024-03-31", "None"]
