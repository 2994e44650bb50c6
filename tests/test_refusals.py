"""Bad input: refused with a sentence that names the field, the value and the remedy, or given its known answer."""

from __future__ import annotations

import datetime as dt
import math
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crm_metrics import (
    Breakdown,
    Deal,
    Period,
    Spend,
    Totals,
    column,
    day,
    duplicates,
    marketing,
    merge,
    metric,
    month,
    quarter,
    read_csv,
    roi,
    sales,
    summarize,
    table,
    totals,
    via,
    where,
)
from crm_metrics.errors import CrmError, DataError, MixedCurrencies, UnknownName, WrongCall, WrongValue

UTC = dt.UTC
DAY = {"created_at": "2024-01-05", "closed_at": "2024-02-01"}
WON = {**DAY, "status": "won"}
DEALS = [
    Deal(id=1, manager="Anna", amount=100, **WON),
    Deal(id=2, manager="Boris", status="lost", **DAY),
    Deal(id=3, created_at="2024-01-05", status="open"),
]
T = table(DEALS, Deal)
COLUMNS = {"id": [1, 2], "created_at": ["2024-01-05"] * 2, "status": ["open"] * 2}


def deal(**fields: Any) -> Deal:
    return Deal(**{"id": 1, "created_at": "2024-01-05", "status": "open", **fields})


def loaded(**columns: Any) -> Any:
    return table({**COLUMNS, **columns}, Deal)


TWO_TEAMS = via({"manager": ["Anna", "Anna"], "team": ["N", "S"]}, "team")


@column
def large(d: Any) -> Any:
    return d.amount > 50


RECORDS = [
    (lambda: deal(amount="abc"), "amount: 'abc' is not a number; write it like 1234.50"),
    (lambda: deal(amount=math.inf), "amount: inf is not finite; leave the cell empty"),
    (lambda: deal(amount=[1]), "amount: .1. is a list, not a number; give a Decimal"),
    (lambda: deal(amount=True), "amount: True is a bool, not a number"),
    (lambda: deal(amount="1.005"), "amount: 1.005 is finer than the minor unit .0.01.; round it"),
    (lambda: deal(amount="1.5", currency="JPY"), "amount: 1.5 is finer than the minor unit .1."),
    (lambda: deal(amount="1.2345", currency="KWD"), "amount: 1.2345 is finer than the minor unit .0.001."),
    (lambda: deal(probability=60), "probability: 60 is outside 0 to 1; give a fraction: 0.6"),
    (lambda: deal(probability=-0.1), "probability: -0.1 is outside 0 to 1"),
    (lambda: deal(currency="roubles"), "currency: 'roubles' is not a currency; give an ISO 4217 code"),
    (lambda: deal(status="Won"), "status: 'Won' is unknown here; use one of open, won, lost"),
    (lambda: deal(kind="old"), "kind: 'old' is unknown here; use one of new, repeat"),
    (lambda: deal(created_at="2024-13-05"), "created_at: '2024-13-05' is not a time; write it like 2024-03-31"),
    (lambda: deal(created_at="05.01.2024"), "created_at: '05.01.2024' is not a time"),
    (lambda: deal(created_at=1704412800), "created_at: 1704412800 is an int, not a time; give a date"),
    (lambda: deal(id=1.5), "id: 1.5 is not a whole number; give ids and labels as text"),
    (lambda: deal(id=2.0**60), "id: .* is a float beyond 2.53, its last digits are lost"),
    (lambda: deal(manager=True), "manager: True is a bool, not an id or a label"),
    (lambda: deal(manager=["Anna"]), "manager: .'Anna'. is a list, not an id or a label"),
    (
        lambda: deal(closed_at="2024-01-04"),
        "closed_at: 2024-01-04 is before created_at; correct closed_at",
    ),
    (lambda: deal(status="won"), "closed_at: an empty cell .* status is won; give closed_at, or correct status"),
    (
        lambda: deal(created_at=dt.datetime(2024, 1, 5, 9), closed_at=dt.datetime(2024, 1, 6, tzinfo=UTC)),
        "created_at: 2024-01-05 09:00:00 has no time zone and closed_at has one; give both or neither",
    ),
    (lambda: Spend(at="soon", amount="a lot"), "2 bad cells in a Spend"),
]


@pytest.mark.parametrize(("call", "says"), RECORDS)
def test_a_record_names_the_field_the_value_and_the_remedy(call: Any, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        call()
    assert (
        isinstance(caught.value, ValueError) and pickle.loads(pickle.dumps(caught.value)).faults == caught.value.faults
    )
    assert all(f.to_dict()["remedy"] for f in caught.value.faults)


LOADS = [
    (lambda: loaded(amount=[1, "x"]), DataError, "row 2, amount: 'x' is not a number"),
    (lambda: loaded(amount=np.array([1.0, np.inf])), DataError, "row 2, amount: inf is not finite"),
    (lambda: loaded(amount=np.array([1.0, 0.125])), DataError, "row 2, amount: .*0.125.* finer than the minor unit"),
    (lambda: loaded(status=["open", "closed"]), DataError, "row 2, status: 'closed' is unknown here"),
    (lambda: loaded(status=[True, False]), DataError, "row 1, status: True is a bool"),
    (lambda: loaded(closed_at=["2024-01-01", None]), DataError, "row 1, closed_at: 2024-01-01 is before created_at"),
    (lambda: loaded(status=["open", "won"], closed_at=[None, None]), DataError, "row 2, closed_at: an empty cell"),
    (lambda: loaded(currency=["USD", "$"]), DataError, "row 2, currency: '\\$' is not a currency"),
    (lambda: loaded(probability=[0.5, 60]), DataError, "row 2, probability: 60 is outside 0 to 1"),
    (lambda: loaded(id=[1.0, 2.5]), DataError, "row 2, id: 2.5 is not a whole number"),
    (
        lambda: loaded(created_at=[dt.datetime(2024, 1, 5), dt.datetime(2024, 1, 5, tzinfo=UTC)]),
        DataError,
        "created_at: .* and other rows are otherwise; give all rows a zone or none",
    ),
    (
        lambda: loaded(
            created_at=[dt.datetime(2024, 1, 5, 9)] * 2, closed_at=[dt.datetime(2024, 1, 9, tzinfo=UTC)] * 2
        ),
        DataError,
        "created_at: 2024-01-05 09:00:00 has no time zone and closed_at has one",
    ),
    (lambda: table({"id": [1]}, Deal), UnknownName, "has no 'created_at'; it has id: .*status is needed too"),
    (lambda: table(COLUMNS, Deal, columns={"id": "No"}), UnknownName, "columns= names 'No', but the data has id"),
    (lambda: table(COLUMNS, Deal, columns={"status": "id"}), WrongValue, "has a column 'status' of its own"),
    (lambda: table(COLUMNS, Deal, values={"stage": {}}), UnknownName, "values= names 'stage'"),
    (lambda: table(COLUMNS, Deal, rounding="up"), WrongValue, "rounding='up': use one of half_even"),
    (lambda: table(COLUMNS, Deal, on_error="ignore"), WrongValue, "on_error='ignore': use 'raise' or 'skip'"),
    (lambda: table(COLUMNS, Deal, tz="Moscow"), WrongValue, "there is no time zone 'Moscow': use a name such as"),
    (lambda: table(COLUMNS, dict), WrongCall, "expected a record class such as Deal"),  # type: ignore[type-var]
    (lambda: table(T, Deal, rounding="down"), WrongCall, "these rows are a table already"),
    (lambda: table(DEALS, Deal, columns={"id": "no"}), WrongCall, "these rows are records already"),
    (lambda: loaded(amount=[1]), WrongCall, "the columns differ in length: .*amount has 1; give every column one"),
    (lambda: loaded(amount="12"), WrongCall, "column 'amount' is str, not a list or an array"),
    (lambda: loaded(amount=np.ones((2, 2))), WrongCall, "column 'amount' is ndarray, not a list"),
]


@pytest.mark.parametrize(("call", "error", "says"), LOADS)
def test_a_load_names_the_row_the_field_and_the_remedy(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        call()
    assert isinstance(caught.value, CrmError)


def lambdas() -> Totals:
    kept = totals(T, Deal)
    kept.count(lambda d: d.status == "won")
    return kept.kept()


CALLS = [
    (lambda: sales.win_rate("deals.csv"), WrongCall, "got 'deals.csv' .to read a file: read_csv"),
    (lambda: sales.win_rate(DEALS[0]), WrongCall, "one Deal is not rows: pass a list"),
    (lambda: sales.win_rate(7), WrongCall, "expected Deal records, a mapping of columns or a frame, got 7"),
    (lambda: sales.win_rate([1, 2]), WrongCall, "row 1 is 1"),
    (lambda: sales.win_rate([*DEALS, {"status": "won"}]), WrongCall, "row 4 is a dict and others are not"),
    (
        lambda: sales.win_rate([Spend(at="2024-01-05", amount=1)]),
        WrongCall,
        "expected Deal records, but row 1 is Sp",
    ),
    (lambda: sales.win_rate(table([], Spend)), WrongCall, "expected Deal rows, got a table of Spend"),
    (lambda: sales.win_rate({"id": [1]}), UnknownName, "has no 'status'; it has id"),
    (lambda: sales.win_rate(T, by="manger"), UnknownName, "has no 'manger'.*did you mean 'manager'"),
    (lambda: sales.win_rate(T, by="month"), UnknownName, "by=month, without quotes"),
    (lambda: sales.win_rate(T, by="closed_at"), WrongCall, r"is a time, not labels: group with month\('closed_at'\)"),
    (lambda: sales.win_rate(T, by="amount"), WrongCall, "by='amount' is a quantity, not labels"),
    (lambda: sales.win_rate(T, by=()), WrongCall, "names no key"),
    (lambda: sales.win_rate(T, by=3), WrongCall, "by=3: give a field name"),
    (lambda: sales.win_rate(T, by=month("manager")), WrongCall, "manager holds no times"),
    (lambda: sales.win_rate(T, by=month("closed_at", tz="Mars")), WrongValue, "there is no time zone 'Mars'"),
    (
        lambda: sales.win_rate([deal(created_at=dt.datetime(2024, 1, 5, 9))], by=month("created_at", tz="UTC")),
        WrongValue,
        "have no zone, so they are local already: leave tz='UTC' out",
    ),
    (lambda: month("2024-13"), WrongValue, "there is no month '2024-13'"),
    (lambda: quarter("2024Q5"), WrongValue, "give a field name, or a quarter such as '2024Q1'"),
    (lambda: Period(dt.date(2024, 2, 1), dt.date(2024, 1, 1)), WrongValue, "ends .2024-01-01. before it starts"),
    (lambda: sales.sales_cycle_quantile(T, q=1.5), WrongValue, "q=1.5 is not a share of the rows"),
    (lambda: where(T, lambda d: d.amount), WrongCall, "gives Quantity, not flags: compare"),
    (lambda: where(T, "won"), WrongCall, "expected a function of the table such as won"),
    (
        lambda: where(T, manager=via({"manager": ["Anna"], "team": ["x"]}, "team")),
        WrongCall,
        "is a function: give conditions before",
    ),
    (lambda: where(T, closed_at="2024-02"), WrongCall, "give a date, or a period such as month"),
    (lambda: where(T, amount="much"), WrongCall, "amount holds numbers, not 'much'"),
    (lambda: where(T, manager=month("2024-02")), WrongCall, "manager is not read as times here"),
    (lambda: where(T, status="Won"), UnknownName, "status is never 'Won': it is one of open, won, lost"),
    (lambda: where(T, lambda d: large(d) and large(d)), WrongCall, "write & . ~ for and, or, not"),
    (lambda: where(T, lambda d: d.manager in ["Anna"]), WrongCall, "isin"),
    (lambda: where(T, lambda d: d.amount > "50"), WrongCall, "cannot compute with '50': give an amount"),
    (lambda: where(T, lambda d: d.closed_at > 5), WrongCall, "cannot compare a time with 5: give a date"),
    (lambda: where(T, lambda d: d.manager > "A"), WrongCall, "manager holds labels, which have no order"),
    (lambda: where(T, lambda d: d.amount / d.cost > 1), WrongCall, "columns do not divide: divide totals"),
    (lambda: where(T, lambda d: d.amount + (d.closed_at - d.created_at) > 1), WrongCall, "do not add"),
    (lambda: where(T, lambda d: d.amount * d.cost > 1), WrongCall, "money times money has no meaning"),
    (lambda: totals(summarize(sales.win_rate, T), Deal, "manager"), WrongCall, "totals are grouped already"),
    (lambda: sales.win_rate(summarize(marketing.spend_total, [])), WrongCall, "expected totals of Deal"),
    (lambda: sales.won_revenue(summarize(sales.win_rate, T)), UnknownName, "hold won, closed, not won_amount"),
    (lambda: merge([]), WrongCall, "merge takes one or more totals"),
    (
        lambda: summarize(sales.win_rate, T) + summarize(sales.win_rate, T, by="manager"),
        WrongCall,
        "grouped differently: summarize every part with the same by=",
    ),
    (lambda: summarize(sales.win_rate, T) + summarize(sales.deals_won, T), UnknownName, "a part lacks closed"),
    (lambda: summarize([sales.win_rate, sales.conversion_rate], T, by=month), WrongCall, "at different times"),
    (lambda: summarize([], T), WrongCall, "summarize takes a metric or a list"),
    (lambda: summarize(sales.win_rate, T, T), WrongCall, "win_rate reads Deal: give rows of each, got 2"),
    (lambda: summarize(len, T), UnknownName, "is not a metric: register it"),
    (lambda: pickle.dumps(lambdas()), WrongCall, "made by a lambda or an inner function: define it in a module"),
    (lambda: metric(dict, unit="share"), WrongCall, "@metric takes the records it reads"),  # type: ignore[call-overload]
    (lambda: metric(Deal, unit="percent"), WrongCall, "unit='percent'"),
    (lambda: Totals.of(Deal, won="many"), WrongValue, "won='many' is not a number"),
    (
        lambda: sales.win_rate(T, by=via({"manager": ["Anna", "Anna"], "team": ["N", "S"]}, "team")),
        WrongValue,
        "keep one",
    ),
    (lambda: sales.win_rate(T, by="manager").top(-1), WrongValue, "give a number of groups"),
    (lambda: sales.median_deal_size(T, by="manager").top(1), WrongCall, "is not their sum"),
    (
        lambda: sales.win_rate(T, by="manager") - sales.win_rate(T, by="status"),
        WrongCall,
        "groups by manager and status",
    ),
    (lambda: marketing.cac([], T, basis="all"), WrongValue, "basis='all': use 'blended'"),
    (lambda: roi.roi(gain=1, cost=-1), WrongValue, "cost is -1.0: give it as a positive amount"),
    (lambda: roi.roi(gain=math.inf, cost=1), WrongValue, "gain is inf: give a finite number"),
    (lambda: roi.return_ratio(gain="75", cost=1), WrongValue, "gain is '75'"),  # type: ignore[call-overload]
    (lambda: read_csv("no such file.csv", Deal), FileNotFoundError, "no such file"),
]


@pytest.mark.parametrize(("call", "error", "says"), CALLS)
def test_a_wrong_call_says_what_was_expected_what_was_given_and_what_to_do(
    call: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        call()


def test_there_are_enough_of_them() -> None:
    assert len(RECORDS) + len(LOADS) + len(CALLS) >= 60


def test_two_currencies_never_add() -> None:
    rows = [deal(status="won", closed_at="2024-02-01", amount=5, currency=c) for c in ("USD", "EUR", None)]
    with pytest.raises(MixedCurrencies, match=r"EUR and USD and amounts without a currency do not add.*by='currency'"):
        sales.won_revenue(rows)
    assert sales.won_revenue(rows, by="currency") == {"EUR": 5, "USD": 5, None: 5}
    spend = [Spend(at="2024-01-05", amount=5, currency="EUR")]
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        sales.won_revenue(rows[:1]) - marketing.spend_total(spend)
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        roi.roi(gain=sales.won_revenue(rows[:1]), cost=marketing.spend_total(spend))


def test_what_is_missing_is_missing_however_it_is_written() -> None:
    data = {**COLUMNS, "id": range(5), "created_at": ["2024-01-05"] * 5, "status": ["open"] * 5}
    t = table(
        {**data, "amount": [None, math.nan, Decimal("NaN"), "", 7], "manager": [None, "", "None", "0", "A"]}, Deal
    )
    assert [t.amount.item(i) for i in range(5)] == [None, None, None, None, 7]
    assert sales.deals_created(t, by="manager") == {"0": 1, "A": 1, "None": 1, None: 2}


def test_noise_of_floats_is_rounded_and_large_amounts_are_kept() -> None:
    assert deal(amount=0.1 + 0.2).amount == Decimal("0.30")
    assert deal(amount="90000000000000000000.01").amount == Decimal("90000000000000000000.01")
    t = table([deal(amount="90000000000000000000.01")], Deal)
    assert t.amount.item(0) == Decimal("90000000000000000000.01")
    assert loaded(amount=[-5, "-0.01"]).amount.item(1) == Decimal("-0.01")


def test_an_id_may_occur_twice_and_is_reported() -> None:
    rows = [deal(id=1), deal(id="1"), deal(id=1.0), deal(id=2)]
    assert sales.deals_created(rows) == 4
    assert duplicates(rows) == {"1": 3}
    assert duplicates({"id": [1, "1", 1.0, 2]}) == {"1": 3}


def test_nothing_is_a_number_of_nothing_and_no_error() -> None:
    for rows in ([], {"status": [], "amount": []}, table([], Deal)):
        assert sales.deals_created(rows) == 0 and sales.won_revenue(rows) == 0
        assert math.isnan(sales.win_rate(rows)) and math.isnan(sales.average_deal_size(rows))
        assert sales.win_rate(rows, by=lambda d: d.status) == {}
    assert Breakdown.of({"a": math.nan}).to_dict() == {"a": None}


def test_rows_with_bad_cells_can_be_left_out_and_are_listed() -> None:
    data = {**COLUMNS, "id": [1, 2, 3], "created_at": ["2024-01-05", "soon", None], "status": ["open", "open", "lost"]}
    kept = table(data, Deal, on_error="skip")
    assert len(kept) == 2 and kept.report is not None
    assert (kept.report.rows, kept.report.kept, kept.report.missing) == (3, 2, {"created_at": 1})
    assert "row 2, created_at: 'soon' is not a time" in str(kept.report)


def test_many_bad_cells_are_one_error_that_shows_twenty_and_counts_all() -> None:
    data = {"id": range(50), "created_at": ["soon"] * 50, "status": ["open"] * 50}
    with pytest.raises(DataError, match="50 bad cells in the data") as caught:
        table(data, Deal)
    assert len(caught.value.faults) == 50 and str(caught.value).count("\n") == 21


def test_frames_that_are_no_rows_are_refused() -> None:
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    twice = pd.DataFrame([[1, 2]], columns=["id", "id"])
    with pytest.raises(WrongCall, match=r"two columns have the same name \(id\)"):
        sales.win_rate(twice)
    with pytest.raises(WrongCall, match="a LazyFrame has no rows yet"):
        sales.win_rate(pl.DataFrame(COLUMNS).lazy())
    with pytest.raises(WrongCall, match=r"Series is no table of rows|row 1 is 1"):
        sales.win_rate(pd.Series([1, 2]))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04binary", b"id,created_at\n1,\x00\x01"])
def test_files_that_are_no_text_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"deals\.csv"):
        read_csv(path, Deal)


def test_a_key_of_time_needs_to_know_which() -> None:
    @metric(Deal, unit="count")
    def nameless(deals: Any, *, by: Any = None) -> Any:
        """Number of deals at no time."""
        return totals(deals, Deal, by).count()

    with pytest.raises(WrongCall, match=r"this metric names no time, so say which: day\('created_at'\)"):
        nameless(T, by=day)
