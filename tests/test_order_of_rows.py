"""``ordered=True``: the rows of a file are numbered in the order of events, and what is left to a rule is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, StageChange, Table, read_csv, read_excel
from crm_metrics.errors import DataError, WrongCall, WrongValue
from crm_metrics.journeys import stays

Write = Callable[[str], Path]

HEAD = "deal,stage,at\n"
UP = "1,new,2024-01-05 10:00\n1,call,2024-01-05 10:00\n1,ask,2024-01-05 10:00\n2,new,2024-01-06\n1,won,2024-01-09\n"
OLDEST, NEWEST = (
    f"rows are numbered into seq from the {x} first" for x in ("first to the last, oldest", "last to the first, newest")
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(rows: str) -> Path:
        path = tmp_path / "changes.csv"
        path.write_text(HEAD + rows, encoding="utf-8")
        return path

    return written


def seq(t: Table[Any]) -> list[int]:
    return [int(t.seq.item(i)) for i in range(len(t))]


def down(rows: str) -> str:
    return "".join(reversed(rows.splitlines(keepends=True)))


def stages_of(t: Table[Any], deal: str) -> list[str]:
    s = stays(t)
    return [s.stage.item(i) for i in range(len(s)) if s.deal.item(i) == deal]


def test_rows_are_numbered_in_the_order_of_the_file(write: Write) -> None:
    changes = read_csv(write(UP), StageChange, ordered=True)
    assert seq(changes) == [1, 2, 3, 4, 5]
    assert changes.report.decided == (OLDEST,)
    assert stages_of(changes, "1") == ["new", "call", "ask", "won"]
    assert stages_of(read_csv(write(UP), StageChange), "1") == ["ask", "call", "new", "won"]  # by name


def test_a_file_that_has_the_newest_first_is_numbered_the_other_way_round(write: Write) -> None:
    changes = read_csv(write(down(UP)), StageChange, ordered=True)
    assert seq(changes) == [5, 4, 3, 2, 1]
    assert changes.report.decided == (NEWEST,)
    assert stages_of(changes, "1") == ["new", "call", "ask", "won"]


def test_deals_may_stand_one_after_another_in_any_order(write: Write) -> None:
    changes = read_csv(
        write("2,a,2024-03-01\n2,b,2024-03-02\n1,a,2024-01-01\n1,b,2024-01-01\n"), StageChange, ordered=True
    )
    assert (seq(changes), changes.report.decided) == ([1, 2, 3, 4], (OLDEST,))


def test_an_order_that_contradicts_the_times_is_refused_with_the_deal(write: Write) -> None:
    message = (
        "changes.csv is in no order of time: deal '1' goes from 2024-01-09 to 2024-01-08, most others the other way; "
        "sort the file by time, or leave ordered= out"
    )
    with pytest.raises(WrongValue) as caught:
        read_csv(write(UP + "1,lost,2024-01-08\n"), StageChange, ordered=True)
    assert str(caught.value) == message


def test_a_bare_date_is_compared_by_day(write: Write) -> None:
    changes = read_csv(write("1,a,2024-01-05 10:00\n1,b,2024-01-05\n1,c,2024-01-06\n"), StageChange, ordered=True)
    assert (seq(changes), changes.report.decided[-1]) == ([1, 2, 3], OLDEST)


def test_rows_that_are_left_out_leave_the_order_as_it_is(write: Write) -> None:
    text = "Total,,\n" + UP.replace("1,call,2024-01-05 10:00", "1,call,soon") + "\n3,,\n"
    changes = read_csv(write(text), StageChange, ordered=True, on_error="skip")
    assert (seq(changes), changes.report.rows, changes.report.kept) == ([1, 2, 3, 4, 5], 6, 5)
    assert [fault.row for fault in changes.report.faults] == [4]
    assert len(read_csv(write(""), StageChange, ordered=True)) == 0


def test_ordered_is_for_records_with_a_number_that_the_file_does_not_give(write: Write, tmp_path: Path) -> None:
    with pytest.raises(
        WrongCall, match=r"ordered=True is for records that have seq, such as StageChange; Deal has none"
    ):
        read_csv(write(UP), Deal, ordered=True)
    path = tmp_path / "numbered.csv"
    path.write_text("deal,stage,at,seq,No\n1,a,2024-01-05,1,1\n", encoding="utf-8")
    with pytest.raises(WrongValue, match=r"numbered.csv has a column for seq \('seq'\), which numbers its rows: leave"):
        read_csv(path, StageChange, ordered=True)
    with pytest.raises(WrongValue, match=r"has a column for seq \('No'\)"):
        read_csv(path, StageChange, ordered=True, columns={"seq": "No"})


def test_a_plain_load_tells_how_much_is_left_to_a_rule(write: Write) -> None:
    told = "2 rows are at one instant with another of the deal: ordered=True would put them in the order of the file"
    assert read_csv(write(UP), StageChange).report.decided[-1] == told
    assert not any("instant" in said for said in read_csv(write(UP[UP.index("2,new") :]), StageChange).report.decided)


def test_workbooks_are_ordered_too(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("python_calamine")
    made = openpyxl.Workbook()
    for row in (HEAD + down(UP)).splitlines():
        made.active.append(row.split(","))
    made.save(tmp_path / "changes.xlsx")
    changes = read_excel(tmp_path / "changes.xlsx", StageChange, ordered=True)
    assert (seq(changes), stages_of(changes, "1")) == ([5, 4, 3, 2, 1], ["new", "call", "ask", "won"])


def test_bad_cells_are_told_before_the_order_is_looked_at(write: Write) -> None:
    with pytest.raises(DataError, match="row 2, at: 'soon'"):
        read_csv(write("1,a,soon\n" + UP), StageChange, ordered=True)
