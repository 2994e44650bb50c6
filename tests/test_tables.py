"""Tables: what each kind of column becomes, what is read and when, renaming and translating, parts of a table."""

from __future__ import annotations

import datetime as dt
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, strategies as st
from inputs import KINDS

from crm_metrics import Deal, Record, Spend, StageChange, Table, duplicates, sales, table, totals, where
from crm_metrics._tables.opening import open_rows
from crm_metrics._values.columns import Flags, Instants, Labels, Quantity
from crm_metrics.cells import instant, money, number, text
from crm_metrics.columns import won
from crm_metrics.errors import DataError, UnknownName, WrongCall
from crm_metrics.records.schemas import Needs, NotBefore, schema

TWO = {"id": [1, 2], "created_at": ["2024-01-05"] * 2, "status": ["won", "open"], "closed_at": ["2024-02-01", None]}
NAIVE = dt.datetime(2024, 1, 5, 12, 30)
DAYS = [dt.date(2024, 1, 5), dt.date(2024, 1, 6)]
NAMES = ("deal", "stage", "at")


def load(**more: Any) -> Table[Deal]:
    return table({**TWO, **more}, Deal)


def items(column_: Any) -> list[Any]:
    return [column_.item(i) for i in range(len(column_))]


# ---------------------------------------------------------------- what is read, and when


class Unread(Sequence[Any]):
    """A column that must not be read."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, i: Any) -> Any:
        raise AssertionError("this column was read")

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("this column was read")


@pytest.mark.parametrize(
    ("metric", "reads"),
    [
        (sales.deals_created, ()),
        (sales.win_rate, ("status",)),
        (sales.won_revenue, ("status", "amount", "currency")),
        (sales.average_sales_cycle, ("status", "created_at", "closed_at")),
    ],
)
def test_a_metric_reads_only_the_columns_it_needs(metric: Any, reads: tuple[str, ...]) -> None:
    whole = {**TWO, "amount": [5, 6], "currency": ["USD"] * 2, "manager": ["Anna", None]}
    rows = {name: values if name in reads else Unread() for name, values in whole.items()}
    assert repr(metric(rows)) == repr(metric(whole))
    assert repr(metric({**rows, "manager": whole["manager"]}, by="manager")) == repr(metric(whole, by="manager"))
    assert repr(metric(where({**rows, "manager": whole["manager"]}, manager="Anna"))) != ""


def test_a_table_reads_every_column_once_and_a_metric_reads_it_no_more() -> None:
    t = load(amount=[5, 6])
    assert t.amount is t.amount and t["amount"] is t.amount
    assert t.columns == ("id", "created_at", "status", "closed_at", "amount") and "amount" in t and "cost" not in t
    assert repr(t) == "<Table of 2 Deal rows: id, created_at, status, closed_at, amount>"
    with pytest.raises(DataError):
        load(cost=["ten", 5])


def test_private_names_are_no_columns() -> None:
    t = load()
    assert not hasattr(t, "_nothing") and t["status"] is t.status
    assert load(take=["x", "y"]).take is not None and items(load(take=["x", "y"])["take"]) == ["x", "y"]


# ---------------------------------------------------------------- columns that are no field


def test_extra_columns_are_what_they_hold() -> None:
    t = load(
        flag=[True, None],
        size=[1, None],
        ratio=[0.5, float("nan")],
        price=[Decimal("1.50"), 2],
        seen=[NAIVE, dt.date(2024, 1, 5)],
        note=["x", ""],
        mixed=["x", 1],
        empty=[None, float("nan")],
    )
    assert (items(t.flag), type(t.flag)) == ([True, None], Flags)
    assert (items(t.size), type(t.size)) == ([1, None], Quantity)
    assert (items(t.ratio), type(t.ratio)) == ([0.5, None], Quantity)
    assert (items(t.price), type(t.price)) == ([Decimal("1.50"), 2], Quantity)
    assert (items(t.seen), type(t.seen)) == ([NAIVE, dt.date(2024, 1, 5)], Instants)
    assert (items(t.note), type(t.note)) == (["x", None], Labels)
    assert items(t.mixed) == ["x", 1] and items(t.empty) == [None, None]
    assert len(where(t, flag=True)) == len(where(t, flag=None)) == len(where(t, size=1)) == len(where(t, mixed=1)) == 1
    assert len(where(t, flag=False)) == 0 == len(where(t, lambda d: d.ratio > 0.5))
    assert totals(t, Deal).sum("price").as_integer_ratio() == (350, 100)


def test_a_column_with_nothing_in_it_may_be_anything() -> None:
    t = load(x=[None, None])
    for condition in (
        lambda d: d.x > 5, lambda d: ~(d.x > 5), lambda d: d.x == "a", lambda d: d.x != "a", lambda d: d.x - d.x < 0,
        lambda d: d.x * 2 <= 1, lambda d: d.x >= NAIVE, lambda d: d.x, lambda d: ~d.x, lambda d: d.x & d.x,
        lambda d: won(d) & d.x, lambda d: d.x.isin("a"), lambda d: -1 + d.x == 0,
    ):  # fmt: skip
        assert len(where(t, condition)) == 0
    assert len(where(t, lambda d: d.x | won(d))) == 1 and len(where(t, x=None)) == 2
    assert totals(t, Deal).sum("x") == 0.0 and totals(t, Deal).count(lambda d: d.x) == 0
    again = pickle.loads(pickle.dumps(t))
    assert items(again.x) == [None, None] and len(where(again.take(np.array([0])), lambda d: d.x > 5)) == 0


def test_arrays_of_every_width_are_numbers() -> None:
    for kind in ("i1", "u1", "i8", "u8", "f4", "f8"):
        t = load(size=np.array([1, 2], kind))
        assert items(t.size) == [1, 2] and totals(t, Deal).sum("size") == 3
    assert items(load(size=np.array([2**64 - 1, 0], "u8")).size) == [2**64 - 1, 0]
    masked = np.ma.MaskedArray([1, 99], [False, True])
    assert items(load(size=masked).size) == [1, None] and items(load(flag=masked.astype(bool)).flag) == [True, None]
    assert items(load(seen=np.array(["2024-01-05", "NaT"], "M8[ns]")).seen) == [dt.date(2024, 1, 5), None]
    assert items(load(word=np.array(["x", "y"])).word) == ["x", "y"]


# ---------------------------------------------------------------- fields


def test_ids_that_came_as_numbers_are_text_when_asked_for() -> None:
    ids = np.array([10, 9, 10, 2**40, -3])
    rows = {"id": ids, "created_at": ["2024-01-05"] * 5, "status": ["open"] * 5}
    t, plain = table(rows, Deal), table({**rows, "id": [str(i) for i in ids]}, Deal)
    assert items(t.id) == items(plain.id) == ["10", "9", "10", str(2**40), "-3"]
    assert sales.deals_created(t, by="id") == sales.deals_created(plain, by="id")
    assert list(sales.deals_created(table(rows, Deal), by="id")) == sorted(set(items(plain.id)))
    assert len(where(table(rows, Deal), id=10)) == len(where(table(rows, Deal), id="10")) == 2
    assert duplicates(rows) == duplicates(plain) == {"10": 2}
    assert totals(table(rows, Deal), Deal).distinct("id") == 4
    assert dict(totals(table(rows, Deal), Deal).counts("id")) == {"-3": 1, "10": 2, "9": 1, str(2**40): 1}
    assert items(where(table(rows, Deal), lambda d: d.id.isin("9", 10)).id) == ["9"]
    assert items(pickle.loads(pickle.dumps(table(rows, Deal))).id) == items(plain.id)
    assert table(rows, Deal).report == plain.report


def test_ids_that_came_as_numbers_may_be_missing() -> None:
    ids = np.ma.MaskedArray([7, 0, 5], [False, True, False])
    rows = {"id": ids, "created_at": ["2024-01-05"] * 3, "status": ["open"] * 3}
    t = table(rows, Deal)
    assert t.report.missing == {"id": 1} and items(t.id) == ["7", None, "5"]
    assert dict(sales.deals_created(table(rows, Deal), by="id")) == {"5": 1, "7": 1, None: 1}
    assert totals(table(rows, Deal), Deal).distinct("id") == 2 and len(where(table(rows, Deal), id=None)) == 1
    assert items(table(rows, Deal).take(np.array([1, 2])).id) == [None, "5"]
    assert items(table({"id": np.array([], "i8"), "created_at": [], "status": []}, Deal).id) == []
    assert items(load(id=np.array([2**64 - 1, 1], "u8")).id) == [str(2**64 - 1), "1"]


def test_values_translate_labels_whatever_their_type() -> None:
    words = {"status": {142: "won", "143": "lost", None: "open", True: "open"}}
    t = table({**TWO, "status": [142, 143], "closed_at": ["2024-02-01"] * 2}, Deal, values=words)
    assert items(t.status) == ["won", "lost"]
    t = table({**TWO, "status": ["142", None]}, Deal, values={"status": {"142": "won", None: "open"}})
    assert items(t.status) == ["won", "open"]
    t = table({**TWO, "kind": [["x"], "y"]}, Deal, values={"kind": {"y": "new"}}, on_error="skip")
    assert items(t.kind) == ["new"]


def test_values_translate_currencies_and_times() -> None:
    t = table(
        {**TWO, "currency": ["руб.", "$"], "created_at": ["yesterday", "2024-01-05"]},
        Deal,
        values={"currency": {"руб.": "RUB", "$": "USD"}, "created_at": {"yesterday": "2024-01-04"}},
    )
    assert items(t.currency) == ["RUB", "USD"] and items(t.created_at)[0] == dt.date(2024, 1, 4)


@pytest.mark.parametrize(
    ("how", "given", "kept"),
    [
        ("half_even", "0.125", "0.12"),
        ("half_up", "0.125", "0.13"),
        ("down", "-0.129", "-0.12"),
        ("half_even", 0.375, "0.38"),
    ],
)
def test_rounding_is_as_it_was_asked_for(how: str, given: Any, kept: str) -> None:
    assert table({**TWO, "amount": [given, None]}, Deal, rounding=how).amount.item(0) == Decimal(kept)
    assert table({**TWO, "amount": np.array([float(given), 1.0])}, Deal, rounding=how).amount.item(0) == Decimal(kept)


def test_amounts_have_the_digits_of_their_currency() -> None:
    rows = {**TWO, "amount": ["5", "1.234"], "currency": ["JPY", "KWD"]}
    assert items(table(rows, Deal).amount) == [Decimal(5), Decimal("1.234")]
    assert items(load(amount=np.array([5.0, 1.234]), currency=["JPY", "KWD"]).amount) == [Decimal(5), Decimal("1.234")]
    assert items(load(amount=["5", ""], currency=[None, "KWD"]).amount) == [Decimal(5), None]
    assert sales.won_revenue(rows, by="currency")["JPY"].unit == "JPY"


def test_times_of_every_kind_are_times() -> None:
    aware = dt.datetime(2024, 1, 5, 12, 30, tzinfo=dt.timezone(dt.timedelta(hours=3)))
    assert items(load(created_at=[aware, "2024-01-05T09:30Z"]).created_at) == [aware, aware]
    assert items(load(created_at=[np.datetime64("2024-01-05T12:30"), NAIVE]).created_at) == [NAIVE, NAIVE]
    assert items(load(created_at=["2024-01-05", np.datetime64("2024-01-05")]).created_at) == [NAIVE.date()] * 2
    assert items(load(created_at=["2024-01-05 12:30", "20240105"]).created_at) == [NAIVE, NAIVE.date()]


# ---------------------------------------------------------------- dataframes


def test_pandas_columns_of_every_type() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(TWO).assign(
        id=pd.array([2**60 + 1, None], "Int64"),
        created_at=pd.to_datetime(["2024-01-05", None]),
        flag=pd.array([True, None], "boolean"),
        size=pd.array([1, None], "Int8"),
        ratio=pd.array([0.5, None], "Float32"),
        level=pd.Categorical([3, None], categories=[3, 1]),
        span=pd.to_timedelta([1, None], "D"),
        when=pd.to_datetime(["2024-01-05T12:00Z", None]).tz_convert("Asia/Tokyo"),
    )
    frame[("a", 1)] = ["x", pd.NA]
    t = table(frame, Deal)
    assert items(t.id) == [str(2**60 + 1), None] and items(t.created_at) == [dt.date(2024, 1, 5), None]
    assert items(t.flag) == [True, None] and items(t["size"]) == [1, None] and items(t.ratio) == [0.5, None]
    assert items(t.level) == [3, None] and items(t.when) == [dt.datetime(2024, 1, 5, 12, tzinfo=dt.UTC), None]
    assert items(t["('a', 1)"]) == ["x", None] and t.report.missing == {"id": 1, "created_at": 1}
    assert sales.deals_created(frame, by="level") == {3: 1, None: 1}
    assert [str(x) for x in items(t.span)] == ["1 days 00:00:00", "None"]


def test_pandas_text_of_every_type() -> None:
    pd = pytest.importorskip("pandas")
    for kind in ("object", "string", "category", "str"):
        frame = pd.DataFrame({"status": pd.Series(["won", None, "lost"], dtype=kind if kind != "str" else None)})
        assert sales.win_rate(frame) == 0.5
        assert sales.deals_created(frame.iloc[:0], by="status") == {}
        assert sales.win_rate({"status": frame["status"]}) == 0.5


def test_polars_columns_of_every_type() -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(TWO).with_columns(
        id=pl.Series([2**62 + 1, None], dtype=pl.Int128) if hasattr(pl, "Int128") else pl.Series([2**62 + 1, None]),
        created_at=pl.Series([dt.date(2024, 1, 5), None]),
        flag=pl.Series([True, None]),
        size=pl.Series([1, None], dtype=pl.UInt8),
        amount=pl.Series([Decimal("1.50"), None], dtype=pl.Decimal(38, 2)),
        cost=pl.Series([Decimal("1.50"), None], dtype=pl.Decimal(38, 8)),
        nothing=pl.Series([None, None], dtype=pl.Null),
        tags=pl.Series([["a"], None]),
        when=pl.Series([NAIVE, None], dtype=pl.Datetime("ns", "Asia/Tokyo")),
        span=pl.Series([dt.timedelta(1), None]),
    )
    t = table(frame, Deal)
    assert items(t.id) == [str(2**62 + 1), None] and items(t.created_at) == [dt.date(2024, 1, 5), None]
    assert items(t.flag) == [True, None] and items(t["size"]) == [1, None] and items(t.nothing) == [None, None]
    assert items(t.amount) == items(t.cost) == [Decimal("1.5"), None] and items(t.tags) == ["['a']", None]
    assert items(t.when) == [NAIVE.replace(tzinfo=dt.UTC), None] and items(t.span) == [dt.timedelta(1), None]
    large = pl.DataFrame({**TWO, "amount": pl.Series([Decimal(10**25), None], dtype=pl.Decimal(38, 2))})
    assert items(table(large, Deal).amount) == [Decimal(10**25), None]
    assert items(table(frame.head(0), Deal).amount) == []


def test_arrow_columns_of_every_type() -> None:
    pa = pytest.importorskip("pyarrow")
    base = pa.table({k: pa.array(v) for k, v in TWO.items()})
    more = {
        "flag": pa.array([True, None]), "size": pa.array([1, None], pa.uint16()), "none": pa.nulls(2),
        "large": pa.array(["x", None], pa.large_string()), "code": pa.array([3, None]).dictionary_encode(),
        "when": pa.array([NAIVE, None], pa.timestamp("ns", "Asia/Tokyo")),
        "day": pa.array([dt.date(2024, 1, 5), None], pa.date64()),
        "span": pa.array([dt.timedelta(1), None]), "view": pa.array(["x", None], pa.string_view()),
        "half": pa.array(np.array([0.5, 1.5], "f2")),
    }  # fmt: skip
    t = table(pa.table({**dict(zip(base.column_names, base.columns, strict=True)), **more}), Deal)
    assert items(t.flag) == [True, None] and items(t["size"]) == [1, None] and items(t.none) == [None, None]
    assert items(t.large) == items(t.view) == ["x", None] and items(t.code) == [3, None] and items(t.half) == [0.5, 1.5]
    assert items(t.when)[0].tzinfo is dt.UTC and items(t.day) == [dt.date(2024, 1, 5), None]
    assert items(t.span) == [dt.timedelta(1), None]
    assert sales.win_rate({"status": base.column("status")}) == 1.0
    assert sales.win_rate({"status": pa.array(["won", "lost"])}) == 0.5
    assert len(table(base.slice(0, 0), Deal)) == 0
    empty = pa.table({n: pa.chunked_array([], base.schema.field(n).type) for n in base.column_names})
    assert len(table(empty, Deal)) == 0 and sales.deals_created(empty, by="status") == {}


WITHOUT_PYARROW = """
import sys
sys.modules["pyarrow"] = None
import polars
from crm_metrics import sales

class Rows:
    def __arrow_c_stream__(self, requested_schema=None):
        return polars.DataFrame({"status": ["won", "lost", "won"]}).__arrow_c_stream__(requested_schema)

print(sales.win_rate(Rows()))
"""


def test_a_stream_is_read_by_polars_where_there_is_no_pyarrow() -> None:
    pytest.importorskip("polars")
    done = subprocess.run([sys.executable, "-c", WITHOUT_PYARROW], capture_output=True, text=True, check=True)
    assert done.stdout == f"{2 / 3}\n"


# ---------------------------------------------------------------- records of one's own


@attrs.frozen(kw_only=True)
class Visit(Record):
    """A visit to a showroom, with a number of people."""

    rules = (NotBefore("left", "came"), Needs("outcome", "sold", "paid"))

    id: str | None = attrs.field(converter=text)
    came: dt.date | None = attrs.field(converter=instant)
    left: dt.date | None = attrs.field(default=None, converter=instant)
    people: Decimal | None = attrs.field(default=None, converter=number)
    paid: Decimal | None = attrs.field(default=None, converter=money)
    outcome: str | None = attrs.field(default=None, converter=text)
    note: Any = None


def test_a_record_of_ones_own_takes_a_class_and_nothing_else() -> None:
    rows = [
        Visit(id=1, came="2024-01-05", people="2"),
        Visit(id=2, came="2024-01-06", people=3, outcome="sold", paid=5),
    ]
    t = table(rows, Visit)
    assert totals(t, Visit).sum("people") == 5 and totals(t, Visit).sum("paid") == 5.0
    assert items(t.people) == [2, 3] and schema(Visit)["people"].kind is number
    columns = {"id": [1, 2], "came": ["2024-01-05"] * 2, "people": [1.5, None], "note": ["x", None]}
    read = table(columns, Visit)
    assert items(read.people) == [Decimal("1.5"), None] and items(read.note) == ["x", None]
    assert items(table({**columns, "people": np.array([1, 2])}, Visit).people) == [1, 2]
    with pytest.raises(DataError, match="row 2, people: 'many' is not a number"):
        table({**columns, "people": [1, "many"]}, Visit)


def test_rules_of_a_record_are_faults_like_any() -> None:
    with pytest.raises(DataError, match="left: 2024-01-04 is before came; correct left or came"):
        Visit(id=1, came="2024-01-05", left="2024-01-04")
    with pytest.raises(DataError, match="row 1, paid: an empty cell is not enough where outcome is sold; give paid"):
        table({"id": [1], "came": ["2024-01-05"], "outcome": ["sold"], "paid": [None]}, Visit)
    t = table({"id": [1, 2], "came": ["2024-01-05"] * 2, "left": ["2024-01-04", "2024-01-05"]}, Visit, on_error="skip")
    assert items(t.id) == ["2"] and t.report.kept == 1


def test_a_table_without_a_closing_time_is_not_asked_for_one() -> None:
    """A rule of two columns of which one is not there cannot be broken."""
    assert len(table({k: v for k, v in TWO.items() if k != "closed_at"}, Deal)) == 2


@attrs.frozen(kw_only=True)
class CarDeal(Deal):
    """A deal with a colour."""

    colour: str | None = attrs.field(default=None, converter=text)


@attrs.frozen(kw_only=True)
class VanDeal(Deal):
    """A deal with a load."""

    load: str | None = attrs.field(default=None, converter=text)


def test_a_subclass_works_everywhere_with_its_own_fields() -> None:
    rows = [CarDeal(id=i, created_at="2024-01-05", status="open", colour=c) for i, c in enumerate(["red", None, "red"])]
    assert sales.deals_created(rows, by="colour") == {"red": 2, None: 1}
    assert sales.deals_created(table(rows, CarDeal), by="colour") == {"red": 2, None: 1}
    assert len(where(rows, colour="red")) == 2
    mixed: list[Deal] = [VanDeal(id=9, created_at="2024-01-05", status="open"), *rows]
    assert sales.deals_created(mixed) == sales.deals_created(where(mixed)) == sales.deals_created(mixed[::-1]) == 4
    with pytest.raises(UnknownName, match="no 'colour'"):
        sales.deals_created(mixed, by="colour")


# ---------------------------------------------------------------- parts of a table


def test_rows_without_a_record_are_read_as_one_when_a_metric_asks() -> None:
    some = where({**TWO, "manager": ["Anna", "Boris"]}, manager="Anna")
    assert some.record is Record and sales.win_rate(some) == 1.0
    assert len(table(some, Deal)) == 1 and table(some, Deal).report.rows == 1
    again = pickle.loads(pickle.dumps(some))
    assert sales.win_rate(again) == 1.0 and len(table(again, Deal)) == 1


def test_a_part_of_a_part_is_a_part() -> None:
    t = load(amount=[5, 6], manager=["Anna", "Boris"])
    part = where(where(t, lambda d: d.amount > 1), manager="Boris")
    assert items(part.id) == ["2"] and items(part.amount) == [6] and part.report == t.report
    assert len(where(t, won, manager="Boris")) == 0 and where(t) is t
    assert items(t.take(np.array([1, 1])).id) == ["2", "2"]


def test_a_table_of_a_table_is_the_table() -> None:
    t = load()
    assert table(t, Deal) is t and open_rows(t) is t and open_rows(t, Record) is t


def test_replaced_columns_stand_beside_the_others() -> None:
    t = load(amount=[5, 6])
    new = t.replaced(
        {"amount": Quantity(np.array([100, 200]), None, 100, "money"), "level": Labels(np.array([0, 0]), ["x"])}
    )
    assert items(new.amount) == [1, 2] and items(new.id) == ["1", "2"] and new.columns[-1] == "level"
    assert sales.won_revenue(new, by="level") == {"x": 1.0} and items(t.amount) == [5, 6]
    untyped = where(TWO).replaced({"level": Labels(np.array([0, 0]), ["x"])})
    assert sales.deals_won(untyped, by="level") == {"x": 1}


def test_the_optional_column_of_a_table_may_be_absent() -> None:
    t = load()
    assert items(t.optional("kind")) == [None, None] and t.optional("status") is t.status
    assert items(t.optional("amount")) == [None, None] and items(t.take(np.array([0])).optional("kind")) == [None]


# ---------------------------------------------------------------- the report


def test_the_report_counts_what_is_missing_in_required_columns() -> None:
    t = table({**TWO, "id": [None, ""], "status": ["open", None]}, Deal)
    assert t.report.missing == {"id": 2, "status": 1} and t.report.rows == t.report.kept == 2
    assert str(t.report).splitlines() == ["2 of 2 rows kept", "2 without id", "1 without status"]
    assert table([], Spend).report.rows == 0


def test_duplicates_are_reported() -> None:
    assert duplicates({"id": [1, "1", 2, None, None]}) == {"1": 2}
    assert duplicates({"customer": ["a", "a", "b"]}, "customer") == {"a": 2}
    assert duplicates([]) == {} and type(duplicates({"id": [1, 1]})["1"]) is int


@given(rows=st.lists(st.tuples(*[st.sampled_from([None, "1", " 1", "2"])] * 2, st.sampled_from([None, *DAYS]))))
def test_rows_without_an_id_are_told_apart_by_several_fields(rows: list[Any]) -> None:
    changes = [StageChange(deal=deal, stage=stage, at=at) for deal, stage, at in rows]
    counts = Counter((c.deal, c.stage, c.at) for c in changes if None not in (c.deal, c.stage, c.at))
    twice = {key: n for key, n in counts.items() if n > 1}
    for given_ in (changes, table(changes, StageChange), {n: [getattr(c, n) for c in changes] for n in NAMES}):
        assert duplicates(given_, NAMES).to_dict() == twice
    by_deal = Counter(c.deal for c in changes if c.deal)
    assert duplicates(changes, ("deal",)).to_dict() == {(k,): n for k, n in by_deal.items() if n > 1}
    assert duplicates(changes, "deal").to_dict() == {k: n for k, n in by_deal.items() if n > 1}


def test_duplicates_of_no_field_are_refused() -> None:
    with pytest.raises(WrongCall, match="names no field: give one such as"):
        duplicates({"id": [1]}, ())


# ---------------------------------------------------------------- white space around labels

WORDS = st.sampled_from([None, "", "  ", "x", " x", "x\n", "\u00a0y", "y", "1", " 1"])
RECORDS_ALREADY = {"records", "generator", "subclass", "some_of_a_subclass", "a_table", "pickled_table"}


@pytest.mark.parametrize("name", sorted(KINDS.keys() - RECORDS_ALREADY))
@given(cells=st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=8))
def test_white_space_around_labels_and_ids_is_none_of_them(name: str, cells: list[Any]) -> None:
    """In every kind of input a label reads as in a record and in a file: stripped, and missing where it is empty."""
    blank = dict.fromkeys(schema(StageChange))
    raw = [SimpleNamespace(**{**blank, "deal": a, "stage": b, "manager": c}) for a, b, c in cells]
    t = open_rows(KINDS[name].make(raw, StageChange), StageChange)  # type: ignore[arg-type]  # cells as they stand
    want = [[x.strip() or None if x else None for x in row] for row in cells]
    assert [list(row) for row in zip(items(t.deal), items(t.stage), items(t.manager), strict=True)] == want
    assert [
        [c.deal, c.stage, c.manager] for c in (StageChange(deal=a, stage=b, at=None, manager=c) for a, b, c in cells)
    ] == want
    assert len(set(t.stage.labels)) == len(t.stage.labels) and "" not in t.stage.labels, "each label once"


@given(cells=st.lists(WORDS, min_size=1))
def test_labels_of_extra_columns_are_stripped_too_as_in_a_file(cells: list[Any]) -> None:
    want = [x.strip() or None if x else None for x in cells]
    assert items(open_rows({"more": cells}).more) == items(open_rows({"more": np.array(cells, object)}).more) == want
    for label in {"x", None} & set(want):
        assert len(where({"more": cells}, more=label and f" {label} ")) == want.count(label)


def test_words_are_translated_without_white_space_around_them() -> None:
    for words in ({"WON ": "won", "Open": "open"}, {"WON": "won", "Open": "open"}):
        t = table({**TWO, "status": ["WON ", "Open"]}, Deal, values={"status": words})
        assert items(t.status) == ["won", "open"]


def test_a_mapping_key_that_some_dicts_lack_is_missing_there() -> None:
    rows = [{"status": "won", "closed_at": "2024-02-01"}, {"status": "open", "manager": "Anna"}]
    assert sales.deals_created(rows, by="manager") == {"Anna": 1, None: 1}
    with pytest.raises(WrongCall, match="row 2 is a dict and others are not"):
        sales.win_rate([Deal(id=1, created_at=None, status="open"), rows[0]])
