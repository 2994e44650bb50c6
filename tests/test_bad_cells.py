"""Bad cells: all are found at once, and each is named by its row, its field, its value and the remedy."""

from __future__ import annotations

import datetime as dt
import pickle

import numpy as np
import pytest
from cases import AWARE, JAN, NAIVE, Call, columns, deal, load, refused, sale

from crm_metrics import Deal, sales, table
from crm_metrics.errors import DataError, Fault

CELLS: list[tuple[str, Call, str]] = [
    ("a list for an id", lambda: deal(id=[1]), "id: [1] is a list, not an id or a label; give text"),
    ("a flag for an id", lambda: deal(id=True), "id: True is a bool; give text or a whole number"),
    ("bytes for a label", lambda: deal(manager=b"x"), "manager: b'x' is a bytes, not an id or a label"),
    ("half an id", lambda: deal(id=1.5), "id: 1.5 is not a whole number; give ids and labels as text"),
    ("a float id that lost digits", lambda: deal(id=1e17), "id: 1e+17 beyond 2^53; read ids as text"),
    ("a float id in an array", lambda: load(id=np.array([1, 2e17])), "row 2, id: 2e+17 beyond 2^53; as text"),
    ("an infinite id", lambda: deal(id=float("inf")), "id: inf is not an id or a label; give text"),
    ("a status nobody knows", lambda: deal(status="Won"), "status: 'Won' unknown; open, won, lost values="),
    ("a status of numbers", lambda: load(status=[1, 2]), "row 1, status: 1 unknown; open, won, lost values="),
    ("flags for statuses", lambda: load(status=[True, False]), "row 1, status: True is a bool; give"),
    ("a kind nobody knows", lambda: deal(kind="old"), "kind: 'old' unknown; new, repeat, upsell values="),
    ("an amount in words", lambda: deal(amount="ten"), "amount: 'ten' is not a number; write it like 1234.50"),
    ("a list for an amount", lambda: deal(amount=[1]), "amount: [1] is a list, not a number; give"),
    ("an amount of spaces", lambda: deal(amount="  "), "amount: '  ' is not a number; write it like"),
    ("an amount with underscores", lambda: deal(amount="1_000"), "amount: '1_000' is not a number; like"),
    ("an infinite amount", lambda: deal(amount=float("inf")), "amount: inf is not finite; leave the cell empty"),
    ("an infinite amount in an array", lambda: load(amount=np.array([1, np.inf])), "row 2, amount: inf finite"),
    ("an amount of 40 digits", lambda: deal(amount="1" * 40 + ".00"), "amount: 111 is too large; 28 digits"),
    ("a flag for an amount", lambda: deal(amount=True), "amount: True is a bool, not a number; give"),
    ("flags for amounts", lambda: load(amount=np.array([True, False])), "row 1, amount: True is a bool"),
    ("a date for an amount", lambda: deal(amount=JAN), "amount: 2024-01-05 is a date, not a number; give"),
    ("a complex amount", lambda: deal(amount=1j), "amount: 1j is a complex, not a number; give"),
    ("half a kopeck", lambda: deal(amount="0.005"), "amount: 0.005 finer (0.01); round it rounding="),
    ("half a kopeck in an array", lambda: load(amount=np.array([1.005, 2])), "row 1, amount: 1.005 finer rounding="),
    ("a cent of a yen", lambda: deal(amount="1.5", currency="JPY"), "amount: 1.5 finer than the minor unit (1); round"),
    ("a tenth of a fils", lambda: load(amount=["1.0001", 2], currency=["KWD"] * 2), "row 1, amount: 1.0001 (0.001)"),
    ("a currency nobody has", lambda: deal(currency="ABC"), "currency: 'ABC' is not a currency; ISO 4217 USD values="),
    ("a currency sign", lambda: load(currency=["$", "USD"]), "row 1, currency: '$' is not a currency; ISO 4217"),
    ("a number for a currency", lambda: deal(currency=643), "currency: 643 is not a currency; ISO 4217"),
    ("a negative probability", lambda: deal(probability=-0.1), "probability: -0.1 outside 0 to 1; 0.6 for 60 %"),
    ("a probability in percent", lambda: deal(probability=60), "probability: 60 outside 0 to 1; 0.6 for 60 %"),
    ("percents in an array", lambda: load(probability=np.array([0.5, 60.0])), "row 2, probability: 60.0 outside 0.6"),
    ("an impossible date", lambda: deal(created_at="2024-02-30"), "created_at: '2024-02-30' is not a time; write it"),
    ("a date with dots", lambda: load(created_at=["05.01.2024"] * 2),
     "row 1, created_at: '05.01.2024' not a time 2024-03-31"),
    ("Unix seconds", lambda: deal(created_at=1704412800), "created_at: 1704412800 is an int, not a time; give a date"),
    ("Unix seconds in an array", lambda: load(created_at=np.array([1704412800] * 2)),
     "row 1, created_at: 1704412800 int"),
    ("Unix seconds as text", lambda: deal(created_at="1704412800"), "created_at: '1704412800' is not a time; write it"),
    ("a time of day alone", lambda: deal(created_at=dt.time(12)), "created_at: time(12, 0) is a time; give a date"),
    ("a time out of the calendar", lambda: deal(created_at=np.datetime64("20000-01-01")), "created_at: year 1 to 9999"),
    ("won and never closed", lambda: deal(status="won"),
     "closed_at: an empty cell where status is won; give closed_at"),
    ("won and never closed, in columns", lambda: load(status=["won", "open"], closed_at=[None] * 2),
     "row 1, closed_at: give"),
    ("closed before it came", lambda: sale(created_at="2024-03-01"),
     "closed_at: 2024-02-01 before created_at; correct"),
    ("closed before it came, in columns", lambda: load(status=["lost"] * 2, closed_at=["2024-02-01", "2023-12-31"]),
     "row 2, closed_at: '2023-12-31'"),
    ("zones beside none in a record", lambda: sale(created_at=NAIVE, closed_at=AWARE),
     "created_at: no time zone closed_at has; give both"),
    ("zones beside none in a column", lambda: load(created_at=[NAIVE, AWARE]),
     "created_at: no time zone most others; give it"),
    ("zones beside none in two columns", lambda: load(created_at=[NAIVE] * 2, closed_at=[AWARE] * 2),
     "row 1, created_at: no time zone closed_at"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "words"), [c[1:] for c in CELLS], ids=[c[0] for c in CELLS])
def test_a_bad_cell_is_refused_with_its_value_and_the_remedy(call: Call, words: str) -> None:
    error = refused(call, DataError, words)
    assert isinstance(error, DataError) and error.faults
    assert all(fault.to_dict()["remedy"] for fault in error.faults)
    assert pickle.loads(pickle.dumps(error)).faults == error.faults


@pytest.mark.parametrize("kind", ["Float32", "Float64", "Int8"])
def test_a_fault_in_a_frame_names_its_row(kind: str) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(columns(probability=pd.array([1, 120], kind)))
    with pytest.raises(DataError, match=r"1 bad cell in the data:\n  row 2, probability: 120(.0)? is outside 0 to 1"):
        table(frame, Deal)


# ---------------------------------------------------------------- all faults at once


def test_all_bad_cells_are_in_one_error() -> None:
    with pytest.raises(DataError) as caught:
        load(id=[1.5, 2], status=["won", "Won"], amount=["ten", float("inf")], closed_at=["2024-13-01", None])
    faults = [(f.row, f.field) for f in caught.value.faults]
    assert sorted(faults) == [(1, "amount"), (1, "closed_at"), (1, "id"), (2, "amount"), (2, "status")]
    assert [row for row, _ in faults] == [1, 1, 1, 2, 2]
    assert str(caught.value).startswith("5 bad cells in the data:\n  row 1, ")
    assert caught.value.faults[0].to_dict()["value"] == "1.5"


def test_the_first_values_of_one_remedy_are_shown_and_the_rest_are_counted() -> None:
    with pytest.raises(DataError, match="50 bad cells in the data") as caught:
        table({"id": range(50), "created_at": [f"never {i}" for i in range(50)], "status": ["open"] * 50}, Deal)
    assert len(caught.value.faults) == 50
    _, first, others = str(caught.value).splitlines()
    assert first.startswith("  row 1, created_at: 'never 0' is not a time; ")
    assert others.startswith("    also row 2: 'never 1', row 3: ") and others.endswith("row 6: 'never 5', 44 more")


def test_no_more_than_twenty_remedies_are_shown() -> None:
    error = DataError([Fault(i, "amount", i, "is odd", f"give {i}") for i in range(50)])
    assert len(str(error).splitlines()) == 22
    assert str(error).splitlines()[-1] == "  ... and 30 more"


def test_cells_that_hold_the_same_are_said_once_with_the_first_row_and_their_number() -> None:
    words = ["never", "soon", "never", *["never"] * 30, "2024-01-05"]
    with pytest.raises(DataError, match="33 bad cells in the data") as caught:
        table({"id": range(34), "created_at": words, "status": ["open"] * 34}, Deal)
    remedy = "is not a time; write it like 2024-03-31 or 2024-03-31T17:30:00+03:00"
    first, second = str(caught.value).splitlines()[1:]
    assert first == f"  row 1, created_at: 'never' {remedy} (in 32 rows)"
    assert second == "    also row 2: 'soon'"
    assert [fault.row for fault in caught.value.faults] == [*range(1, 34)]


def test_a_remedy_that_several_problems_share_is_said_once_and_each_problem_is_named() -> None:
    slashes = [f"0{month}/0{day}/2024" for month in range(1, 6) for day in range(6, 10)]
    faults = [Fault(i, "at", x, f"may be {x[-4:]}-{x[:2]}", 'pass dates="mdy"') for i, x in enumerate(slashes)]
    head, first, others = str(DataError(faults, "spend.csv")).splitlines()
    assert head == "20 bad cells in spend.csv:" and str(DataError(faults)).count("dates=") == 1
    assert first == "  row 0, at: '01/06/2024' may be 2024-01; pass dates=\"mdy\""
    assert "row 4: '02/06/2024' may be 2024-02, row 5: '02/07/2024' may be 2024-02, 14 more" in others


def test_fields_keep_lines_of_their_own_and_many_rows_of_the_rest_are_counted() -> None:
    words = ["a", "b", "c", "d", "e", "f", "g", "g", "h"]
    faults = [Fault(i, name, x, "is no word", "mend it") for name in ("kind", "status") for i, x in enumerate(words)]
    lines = str(DataError(faults)).splitlines()
    assert [line.partition(":")[0] for line in lines[1::2]] == ["  row 0, kind", "  row 0, status"]
    assert lines[2].endswith("row 5: 'f', 2 more (in 3 rows)")


def test_a_record_lists_all_its_faults() -> None:
    with pytest.raises(DataError, match="3 bad cells in a Deal") as caught:
        deal(id=1.5, amount="ten", probability=60)
    assert [f.field for f in caught.value.faults] == ["id", "amount", "probability"]


def test_a_lazy_metric_refuses_the_bad_cells_that_it_reads_and_no_others() -> None:
    rows = columns(amount=["ten", "20"], status=["open", "won"])
    assert sales.win_rate(rows) == 1.0
    with pytest.raises(DataError, match="row 1, amount: 'ten' is not a number"):
        sales.won_revenue(rows)


def test_skipped_rows_are_counted_and_listed() -> None:
    rows = columns(amount=["ten", "20"], status=["open", "won"], closed_at=[None, "2024-02-01"], manager=[None, "Anna"])
    t = table(rows, Deal, on_error="skip")
    assert t.report is not None
    assert (len(t), t.report.rows, t.report.kept, t.report.missing) == (1, 2, 1, {})
    assert [(f.row, f.field) for f in t.report.faults] == [(1, "amount")]
    shown = ["1 of 2 rows kept", "row 1, amount: 'ten' is not a number; write it like 1234.50"]
    assert str(t.report).splitlines() == shown
    assert sales.won_revenue(t) == 20.0 and sales.won_revenue(t, by="manager") == {"Anna": 20.0}
