"""Wrong calls: one line each of what somebody may get wrong with rows, groups and conditions, and words of the refusal.

Every refusal is an error of our own and of Python's kind, and names what was given and what to do. Bad cells are in
test_bad_cells.py, sums that cannot be in test_refusals_of_sums.py, bad files and folders beside the good ones.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import AWARE, BREAK, FEB, JAN, NAIVE, OURS, Call, Case, columns, deal, load, refused, sale

from crm_metrics import (
    Breakdown,
    Deal,
    Period,
    Spend,
    day,
    duplicates,
    hour,
    month,
    quarter,
    sales,
    summarize,
    table,
    totals,
    via,
    week,
    weekday,
    where,
)
from crm_metrics._tables.where import column
from crm_metrics.columns import amount, won
from crm_metrics.errors import MissingExtra, UnknownName, WrongCall, WrongValue

# ---------------------------------------------------------------- rows

ROWS: list[Case] = [
    ("a path", lambda: sales.win_rate("deals.csv"), WrongCall,
     "expected Deal records, a mapping or a frame, got 'deals.csv' read_csv"),
    ("bytes", lambda: sales.win_rate(b"id"), WrongCall,
     "expected Deal records, a mapping of columns or a frame, got b'id'"),
    ("a number", lambda: sales.win_rate(5), WrongCall, "expected Deal records, a mapping of columns or a frame, got 5"),
    ("nothing", lambda: sales.win_rate(None), WrongCall,
     "expected Deal records, a mapping of columns or a frame, got None"),
    ("one record", lambda: sales.win_rate(deal()), WrongCall, "one Deal is not rows: pass a list, [deal]"),
    ("a list of numbers", lambda: sales.win_rate([1, 2]), WrongCall, "expected Deal records, but row 1 is 1"),
    ("records and dicts", lambda: sales.win_rate([deal(), {"status": "won"}]), WrongCall,
     "row 2 is a dict and others are not: give all rows"),
    ("rows of another record", lambda: sales.win_rate([Spend(at=JAN, amount=1)]), WrongCall,
     "expected Deal records, but row 1 is Spend"),
    ("a table of another record", lambda: sales.win_rate(table([], Spend)), WrongCall,
     "expected Deal rows, got a table of Spend"),
    ("two records in one list", lambda: where([deal(), Spend(at=JAN, amount=1)]), WrongCall,
     "expected records, but row 2 is Spend"),
    ("no record class", lambda: table([], "Deal"), WrongCall, "expected a record class such as Deal, got 'Deal'"),
    ("a class that is no record", lambda: table([], dict), WrongCall,
     "expected a record class such as Deal, got <class 'dict'>"),
    ("a column that is text", lambda: load(status="open"), WrongCall,
     "column 'status' is str, not a list or an array: give one value per row"),
    ("a column that is a number", lambda: load(status=1), WrongCall,
     "column 'status' is int, not a list: give one value per row"),
    ("a column that is a mapping", lambda: load(status={0: "won"}), WrongCall,
     "column 'status' is dict: give one value per row"),
    ("a column that is a generator", lambda: load(status=iter("ab")), WrongCall,
     "column 'status' is iterator, not a list: give one value per row"),
    ("an array in two dimensions", lambda: load(status=np.ones((2, 2))), WrongCall,
     "column 'status' is ndarray: give one value per row"),
    ("an array without dimensions", lambda: load(status=np.array(1)), WrongCall,
     "column 'status' is ndarray: give one value per row"),
    ("columns of different lengths", lambda: load(manager=["Anna"]), WrongCall,
     "the columns differ in length: id has 2, manager has 1; give every"),
    ("two columns of one name", lambda: sales.win_rate({1: ["won"], "1": ["lost"]}), WrongCall,
     "two columns have the same name (1): rename or drop one"),
    ("a required column is not there", lambda: table({"id": [1], "status": ["won"]}, Deal), UnknownName,
     "no 'created_at'; it has id, status: columns="),
    ("nothing is there", lambda: table({}, Deal), UnknownName,
     "no 'id'; it has no columns: columns= (created_at, status is needed too)"),
    ("a column with a slip in it", lambda: table({"id": [1], "creatd_at": [JAN], "status": ["won"]}, Deal), UnknownName,
     "no 'created_at'; did you mean 'creatd_at'?"),
    ("a metric without its column", lambda: sales.won_revenue({"status": ["won"]}), UnknownName,
     "this Deal table has no 'amount'; it has status: columns="),
    ("columns= of what is not there", lambda: table(columns(), Deal, columns={"id": "No"}), UnknownName,
     "columns= names 'No', but the data has id, created_at"),
    ("columns= over a column", lambda: table(columns(x=[1, 2]), Deal, columns={"id": "x"}), WrongValue,
     "has a column 'id' of its own columns= keep it other_id"),
    ("columns= that is text", lambda: table(columns(), Deal, columns="id"), WrongCall,
     "columns='id': give fields and where they are"),
    ("values= that is text", lambda: table(columns(), Deal, values={"status": "won"}), WrongCall,
     "values={'status': 'won'}: give fields and words"),
    ("values= of what is not there", lambda: table(columns(), Deal, values={"kind": {}}), UnknownName,
     "values= names 'kind': no 'kind' it has id"),
    ("columns= for records", lambda: table([deal()], Deal, columns={"id": "no"}), WrongCall,
     "columns= and values= are for frames: these rows are records already"),
    ("columns= for a table", lambda: table(load(), Deal, columns={"id": "id"}), WrongCall,
     "these rows are a table already: give columns= where it is made"),
    ("a rounding nobody knows", lambda: table(columns(), Deal, rounding="up"), WrongValue,
     "rounding='up': half_even, half_up, down"),
    ("on_error= nobody knows", lambda: table(columns(), Deal, on_error="ignore"), WrongValue,
     "on_error='ignore': use 'raise' or 'skip'"),
    ("a zone nobody knows", lambda: table(columns(), Deal, tz="Mars/Base"), WrongValue,
     "no time zone 'Mars/Base': use a name such as Europe/Moscow"),
    ("a zone that is a folder", lambda: table(columns(), Deal, tz="Europe"), WrongValue,
     "no time zone 'Europe': use a name such as Europe/Moscow"),
    ("a table read row by row", lambda: list(load()), WrongCall,
     "a table is read by columns: deals.amount; keep the list of records"),
    ("a lookup without columns", lambda: sales.win_rate(OURS, by=via({}, "team")), WrongCall, "lookup without columns"),
    ("a lookup without the field", lambda: sales.win_rate(OURS, by=via({"manager": ["Anna"]}, "team")), UnknownName,
     "no 'team'; it has manager"),
    ("a lookup by what rows lack",
     lambda: sales.win_rate(OURS, by=via({"agent": ["Anna"], "team": ["A"]}, "team")), UnknownName,
     "no 'agent'; it has id columns= name the column of these rows via(lookup, 'team', ...)"),
    ("a lookup with two answers",
     lambda: sales.win_rate(OURS, by=via({"manager": ["Anna", "Anna"], "team": ["A", "B"]}, "team")), WrongValue,
     "two values of team for 'Anna', 'A' and 'B': keep one"),
    ("a lookup by amounts", lambda: sales.win_rate(OURS, by=via({"amount": [100], "size": ["L"]}, "size")), WrongCall,
     "amount holds no ids or labels to match by"),
    ("a lookup called on a list", lambda: via({"manager": ["Anna"], "team": ["A"]}, "team")(OURS), WrongCall,
     "via(field= reads a record or a table, not ["),
    ("a column called on a list", lambda: won(OURS), WrongCall, "won reads a record or a table, not ["),
    ("duplicates of amounts", lambda: duplicates(OURS, "amount"), WrongCall, "amount holds no ids or labels"),
]  # fmt: skip

# ---------------------------------------------------------------- by= and where


@column
def short(d: Any) -> Any:
    return d.manager.take(np.array([0]))


@column
def short_flags(d: Any) -> Any:
    return won(d).take(np.array([0]))


GROUPS: list[Case] = [
    ("by= with a slip in it", lambda: sales.win_rate(OURS, by="manger"), UnknownName,
     "no 'manger'; did you mean 'manager'?"),
    ("by= a unit of time in quotes", lambda: sales.win_rate(OURS, by="month"), UnknownName,
     "no 'month' by=month, without quotes"),
    ("by= nothing", lambda: sales.win_rate(OURS, by=()), WrongCall,
     "by=() names no key: give a field, month('closed_at')"),
    ("by= a number", lambda: sales.win_rate(OURS, by=5), WrongCall,
     "by=5: give a field name, month('closed_at'), a column function"),
    ("by= a field of the class", lambda: sales.win_rate(OURS, by=Deal.manager), WrongCall,
     "by=<member 'manager': give a field name"),
    ("by= an amount", lambda: sales.win_rate(OURS, by="amount"), WrongCall,
     "by='amount' is a quantity, not labels: group with a function"),
    ("by= a time", lambda: sales.win_rate(OURS, by="closed_at"), WrongCall,
     "by='closed_at' is a time, not labels: group with month('closed_at')"),
    ("by= a function that gives a list", lambda: sales.win_rate(OURS, by=lambda d: ["a", "b"]), WrongCall,
     "by='<lambda>' is list, not labels"),
    ("by= a function that gives an array", lambda: sales.win_rate(OURS, by=lambda d: np.ones(2)), WrongCall,
     "by='<lambda>' is ndarray, not labels"),
    ("by= a function that gives too few", lambda: sales.win_rate(OURS, by=short), WrongCall,
     "by='short' gives 1 labels for 2 rows: give one per row"),
    ("by= with totals", lambda: sales.win_rate(summarize(sales.win_rate, OURS), by="manager"), WrongCall,
     "totals are grouped already: give by= where the rows"),
    ("a month of labels", lambda: sales.win_rate(OURS, by=month("manager")), WrongCall,
     "month('manager'): manager holds no times"),
    ("a month of what is not there", lambda: sales.win_rate(OURS, by=month("closd_at")), UnknownName,
     "no 'closd_at' did you mean 'closed_at'?"),
    ("a bare month where none is named", lambda: totals(OURS, Deal, by=month), WrongCall,
     "this metric names no time, so say which: month('created_at')"),
    ("a bare month as a column", lambda: month(table(OURS, Deal)), WrongCall, "say which time: month('created_at')"),
    ("a month that is not there", lambda: month("2024-13"), WrongValue,
     "there is no month '2024-13': give one such as '2024-03'"),
    ("a week that is not there", lambda: week("2023-W53"), WrongValue,
     "there is no week '2023-W53': give one such as '2024-W13'"),
    ("a day that is not there", lambda: day("2023-02-29"), WrongValue,
     "there is no day '2023-02-29': give one such as '2024-03-31'"),
    ("a quarter in words", lambda: quarter("2 of 2024"), WrongValue,
     "quarter('2 of 2024'): give a field name, or a quarter such as '2024Q1'"),
    ("a month that is a number", lambda: month(202403), WrongValue,
     "month(202403): give a field name, or a month such as '2024-03'"),
    ("a period of weekdays", lambda: weekday("1"), WrongValue,
     "weekday('1'): give a field name (weekdays are keys, not periods)"),
    ("a period of hours", lambda: hour("12:00"), WrongValue,
     "hour('12:00'): give a field name (hours are keys, not periods)"),
    ("a zone for local times",
     lambda: sales.win_rate([sale(closed_at=NAIVE)], by=month("closed_at", tz="Europe/Moscow")), WrongValue,
     "local already: leave tz='Europe/Moscow' out"),
    ("a zone with a slip in it", lambda: sales.win_rate(OURS, by=month("closed_at", tz="Europe/Moskow")), WrongValue,
     "no time zone 'Europe/Moskow': Europe/Moscow"),
    ("a period in no zone there is", lambda: month("2024-03", tz="Mars"), WrongValue,
     "no time zone 'Mars': use a name such as Europe/Moscow"),
    ("a period of words", lambda: Period("2024-01-01", "2024-02-01"), WrongCall,
     "a time with '2024-01-01': give a date or a datetime"),
    ("a period backwards", lambda: Period(FEB, JAN), WrongValue,
     "ends (2024-01-05) before it starts (2024-02-01): swap them"),
    ("a period of a date and a time", lambda: Period(JAN, NAIVE), WrongValue,
     "two dates, or two datetimes: give both in one form"),
    ("a period half in a zone", lambda: Period(NAIVE, AWARE), WrongValue,
     "both with a zone or without: give both in one form"),
    ("to fill weekdays", lambda: weekday.fill(Breakdown.of({1: 2})), WrongCall,
     "weekday has no empty periods to fill: use day, week, month"),
    ("to fill months that are not there",
     lambda: month.fill(Breakdown.of({("a", "b"): 1}, names=("x", "y"))), WrongCall, "no month among their keys"),
    ("to fill months of names", lambda: month.fill(Breakdown.of({"Anna": 1})), WrongCall,
     "these groups are not by month, but by 'Anna'"),
    ("where with a slip in it", lambda: where(OURS, manger="Anna"), UnknownName,
     "no 'manger'; did you mean 'manager'?"),
    ("where with an unknown status", lambda: where(OURS, status="Won"), UnknownName,
     "status is never 'Won': it is one of open, won, lost"),
    ("where with a word", lambda: where(OURS, "won"), WrongCall,
     "expected a function of the table such as won, got 'won'"),
    ("where with a mapping", lambda: where(OURS, {"manager": "Anna"}), WrongCall,
     "expected a function of the table such as won, got {'manager'"),
    ("where with a function for a value", lambda: where(OURS, manager=won), WrongCall,
     "manager=won is a function: give conditions before the fields"),
    ("where with a lookup for a value",
     lambda: where(OURS, manager=via({"manager": ["Anna"], "team": ["A"]}, "team")), WrongCall,
     "is a function: give conditions before the fields"),
    ("where with a unit of time for a value", lambda: where(OURS, closed_at=month), WrongCall,
     "is a unit of time and no period; beginning with its year, as in month(\"2024-03\")"),
    ("where with a month written the other way", lambda: where(OURS, closed_at=month("May 2024")), WrongCall,
     "'May 2024' is a unit of time and no period; beginning with its year, as in month(\"2024-03\")"),
    ("where with a mapping for a value", lambda: where(OURS, manager={"a": 1}), WrongCall,
     "manager={'a': 1} is not a label: give text"),
    ("where with half a label", lambda: where(OURS, manager=1.5), WrongCall, "manager=1.5 is not a label: give text"),
    ("where with an amount in words", lambda: where(OURS, amount="100"), WrongCall,
     "amount holds numbers, not '100': give a number"),
    ("where with a date in words", lambda: where(OURS, closed_at="2024-02-01"), WrongCall,
     "closed_at holds times, not '2024-02-01': give a date month("),
    ("where with a number for a time", lambda: where(OURS, closed_at=2024), WrongCall,
     "cannot compare a time with 2024: give a date or a datetime"),
    ("where with a month of names", lambda: where(OURS, manager=month("2024-03")), WrongCall,
     "manager is not read as times here: table(rows, Deal)"),
    ("where that gives no flags", lambda: where(OURS, amount), WrongCall,
     "amount gives Quantity, not flags: compare d.amount > 1000"),
    ("where that gives an array", lambda: where(OURS, lambda d: np.ones(2, bool)), WrongCall,
     "<lambda> gives ndarray, not flags: compare"),
    ("where that gives too few", lambda: where(OURS, short_flags), WrongCall,
     "short_flags gives 1 flags for 2 rows: give one per row"),
    ("where with a zone for none", lambda: where([sale(closed_at=NAIVE)], lambda d: d.closed_at > AWARE), WrongValue,
     "zone and times without do not meet: give both a zone"),
]  # fmt: skip

# ---------------------------------------------------------------- columns that a condition writes


def of(write: Callable[[Any], Any]) -> Call:
    """A condition, written on two deals."""
    return lambda: where(OURS, write)


WRITTEN: list[Case] = [
    ("and", of(lambda d: won(d) and d.amount > 5), WrongCall, "one answer per row: write & | ~ for and, or, not"),
    ("or", of(lambda d: won(d) or d.amount > 5), WrongCall, "one answer per row: write & | ~ for and, or, not"),
    ("not", of(lambda d: not won(d)), WrongCall, "one answer per row: write & | ~ for and, or, not"),
    ("if", of(lambda d: won(d) if d.amount > 5 else d.amount), WrongCall, "one answer per row: write & | ~"),
    ("in", of(lambda d: "Anna" in d.manager), WrongCall, "one answer per row: write .isin(...) for in"),
    ("in a list", of(lambda d: d.manager in ["Anna"]), WrongCall, "one answer per row: write .isin(...) for in"),
    ("a chain of comparisons", of(lambda d: 0 < d.amount < 5), WrongCall, "one answer per row: write & | ~"),
    ("brackets left out", of(lambda d: won(d) & d.amount), WrongCall,
     "& and | join conditions, not Quantity: put each comparison in brackets"),
    ("an amount and words", of(lambda d: d.amount > "100"), WrongCall,
     "cannot compute with '100': give an amount such as 1000"),
    ("an amount and nothing", of(lambda d: d.amount == None), WrongCall,  # noqa: E711
     "cannot compute with None: .missing to ask what is missing"),
    ("an amount and NaN", of(lambda d: d.amount > float("nan")), WrongCall, "cannot compute with nan: .missing to ask"),
    ("an amount and infinity", of(lambda d: d.amount > float("inf")), WrongCall,
     "cannot compute with inf: give a finite number"),
    ("an amount and a duration", of(lambda d: d.amount > d.closed_at - d.created_at), WrongCall,
     "money and days do not compare: one unit first"),
    ("an amount plus a number", of(lambda d: d.amount + 5 > 0), WrongCall, "a column adds to a column, not to 5"),
    ("an amount through an amount", of(lambda d: d.amount / d.cost > 1), WrongCall,
     "columns do not divide: divide totals, ratio(t.sum(a), t.sum(b))"),
    ("money times money", of(lambda d: d.amount * d.amount > 0), WrongCall,
     "money times money has no meaning: multiply by plain numbers"),
    ("money plus a share", of(lambda d: d.amount + d.probability > 0), WrongCall,
     "money and plain numbers do not add: one unit first"),
    ("a time and words", of(lambda d: d.closed_at > "2024"), WrongCall,
     "cannot compare a time with '2024': give a date or a datetime"),
    ("labels in order", of(lambda d: d.manager > "A"), WrongCall,
     "manager holds labels, which have no order: == or .isin"),
    ("an unknown status", of(lambda d: d.status == "Won"), UnknownName,
     "status is never 'Won': it is one of open, won, lost"),
    ("a field that is not there", of(lambda d: d.amuont > 5), UnknownName, "no 'amuont' did you mean 'amount'?"),
]  # fmt: skip

CASES = [*ROWS, *GROUPS, *WRITTEN]


@pytest.mark.parametrize(("call", "error", "words"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_wrong_call_is_refused_with_what_was_given_and_the_remedy(
    call: Call, error: type[Exception], words: str
) -> None:
    refused(call, error, words)


# ---------------------------------------------------------------- frames


def test_a_lazy_frame_is_asked_to_be_collected() -> None:
    pl = pytest.importorskip("polars")
    with pytest.raises(WrongCall, match=r"a LazyFrame has no rows yet: pass frame.collect\(\)"):
        sales.win_rate(pl.LazyFrame({"status": ["won"]}))


def test_two_columns_of_one_name_are_refused() -> None:
    pd, pa = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    with pytest.raises(WrongCall, match=r"two columns have the same name \(status\): rename or drop one"):
        sales.win_rate(pd.DataFrame([["won", "lost"]], columns=["status", "status"]))
    with pytest.raises(WrongCall, match=r"two columns have the same name \(status\): rename or drop one"):
        sales.win_rate(pa.Table.from_arrays([pa.array(["won"])] * 2, ["status", "status"]))


def test_one_column_of_a_frame_is_no_rows() -> None:
    pd = pytest.importorskip("pandas")
    with pytest.raises(WrongCall, match=r"Series is no table of rows|row 1 is 1"):  # newer pandas, and older
        sales.win_rate(pd.Series([1, 2]))


def test_a_frame_within_a_mapping_is_no_column() -> None:
    pd = pytest.importorskip("pandas")
    with pytest.raises(WrongCall, match="column 'status' is DataFrame, not a list or an array of values: give one"):
        sales.win_rate({"status": pd.DataFrame({"status": ["won"]})})


def test_a_stream_that_nothing_can_read_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    class Rows:
        def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
            raise AssertionError

    for package in ("pyarrow", "polars"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match="reading Rows by the Arrow protocol needs pyarrow or polars: pip install"):
        sales.win_rate(Rows())


@pytest.mark.parametrize("package", ["pandas", "polars", "pyarrow"])
def test_an_absent_package_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    method = {"pandas": BREAK.to_pandas, "polars": BREAK.to_polars, "pyarrow": BREAK.to_arrow}[package]
    with pytest.raises(MissingExtra, match=f"needs {package}: pip install {package}"):
        method()
