"""Converting amounts at dated rates."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crm_metrics import Deal, Spend, duplicates, explain, sales, table, where
from crm_metrics._tables.convert import convert
from crm_metrics._values.currencies import exponent
from crm_metrics.errors import DataError, MixedCurrencies, UnknownName, WrongCall, WrongValue

RATES = {
    "currency": ["USD", "USD", "JPY"],
    "date": ["2024-01-01", "2024-02-01", "2024-01-01"],
    "rate": ["90", "92.505", "0.6"],
}


def deal(i: int, amount: Any, currency: str | None, day: str, **more: Any) -> Deal:
    return Deal(id=i, created_at=day, closed_at=day, status="won", amount=amount, currency=currency, **more)


DEALS = table(
    [
        deal(1, "100", "USD", "2024-01-31"),
        deal(2, "100", "USD", "2024-02-01"),
        deal(3, "1000", "JPY", "2024-03-01", cost="501"),
        deal(4, "50.55", "RUB", "2024-03-01"),
    ],
    Deal,
)


def amounts(t: Any) -> list[Any]:
    return [t.amount.item(i) for i in range(len(t))]


def test_a_rate_holds_from_its_day_until_the_next_one() -> None:
    roubles = convert(DEALS, RATES, to="RUB", at="closed_at")
    assert amounts(roubles) == [Decimal("9000"), Decimal("9250.5"), Decimal("600"), Decimal("50.55")]
    assert roubles.cost.item(2) == Decimal("300.6") and roubles.cost.item(0) is None
    assert set(roubles.currency.labels) == {"RUB"}
    assert sales.won_revenue(roubles) == 18901.05


def test_what_could_not_add_before_adds_after() -> None:
    with pytest.raises(MixedCurrencies, match="JPY and RUB and USD do not add"):
        sales.won_revenue(DEALS)
    yen = convert(DEALS, {"USD": 150, "RUB": "1.65"}, to="JPY")
    assert amounts(yen) == [15000, 15000, 1000, 83]
    assert float(sales.won_revenue(yen)) == 31083


def test_a_converted_table_can_be_filtered_grouped_and_converted_again() -> None:
    roubles = convert(DEALS, RATES, to="rub", at="closed_at")
    assert sales.deals_won(where(roubles, lambda d: d.amount > 1000)) == 2
    assert sales.won_revenue(roubles, by="currency") == {"RUB": 18901.05}
    assert float(sales.won_revenue(convert(roubles, {"RUB": "0.01"}, to="USD"))) == 189.01  # 90 + 92.50 + 6 + 0.51
    assert len(duplicates(roubles)) == 0


@given(
    st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=5),
    st.decimals("0.0001", 10**6, places=4),
    st.sampled_from(["JPY", "EUR", "KWD"]),
)
def test_each_amount_is_rounded_half_to_even_at_the_minor_unit(values: list[Decimal], rate: Decimal, to: str) -> None:
    t = table([deal(i, x, "USD", "2024-01-31") for i, x in enumerate(values)], Deal)
    unit = Decimal(1).scaleb(-exponent(to))
    want = [(x * rate).quantize(unit, ROUND_HALF_EVEN) for x in values]
    assert amounts(convert(t, {"USD": rate}, to=to)) == want


def test_amounts_beyond_int64_are_converted_exactly() -> None:
    t = table([deal(1, "90000000000000000.01", "USD", "2024-01-31")], Deal)
    assert convert(t, {"USD": "1000"}, to="KWD").amount.item(0) == Decimal("90000000000000000010")


def test_rows_without_a_rate_are_all_named() -> None:
    early = table(
        [deal(1, 5, "USD", "2023-12-31"), deal(2, 5, "EUR", "2024-01-31"), deal(3, 5, None, "2024-01-31")], Deal
    )
    with pytest.raises(DataError) as caught:
        convert(early, RATES, to="RUB", at="closed_at")
    assert [(f.row, f.value) for f in caught.value.faults] == [(1, "USD"), (2, "EUR"), (3, None)]
    assert "give a rate to RUB for its day" in str(caught.value)


def test_rows_without_a_rate_can_be_left_out_and_counted() -> None:
    rows = table([deal(1, 5, "EUR", "2024-01-31"), deal(2, 5, "RUB", "2024-01-31")], Deal)
    kept = convert(rows, {"USD": 90}, to="RUB", on_missing="skip")
    assert len(kept) == 1 and kept.report is not None and len(kept.report.faults) == 1


def test_a_row_without_any_amount_needs_no_rate_and_stays() -> None:
    lost = Deal(id=2, created_at="2024-01-01", status="lost", closed_at="2024-01-31")
    rows = table([deal(1, 100, "USD", "2024-01-31"), lost, deal(3, None, "EUR", "2024-01-31", cost=5)], Deal)
    with pytest.raises(DataError) as caught:
        convert(rows, {"USD": 2}, to="RUB")
    assert [f.row for f in caught.value.faults] == [3]  # it has a cost
    some = convert(rows, {"USD": 2}, to="RUB", on_missing="skip")
    assert sales.win_rate(some) == 0.5 and sales.won_revenue(some) == 200
    undated = convert(table([lost], Deal), RATES, to="RUB")
    assert len(undated) == 1 and undated.amount.item(0) is None


def test_the_report_of_the_load_is_kept_and_added_to() -> None:
    data = {
        "id": [1, 2, 3, 4],
        "created_at": ["2024-01-01", "garbage", "2024-01-01", "2024-01-01"],
        "status": ["won", "won", "lost", "won"],
        "closed_at": ["2024-01-31"] * 4,
        "amount": ["100", "200", None, "7"],
        "currency": ["USD", "USD", None, "JPY"],
    }
    loaded = table(data, Deal, on_error="skip")
    euros = convert(loaded, {"USD": 2}, to="EUR", on_missing="skip")
    report = euros.report
    assert report is not None and (report.rows, report.kept, report.refused, report.no_rate) == (4, 2, 1, 1)
    assert [(f.field, f.value) for f in report.faults] == [("created_at", "garbage"), ("currency", "JPY")]
    assert explain(sales.win_rate, euros).left_out == {"Deal": {"refused at load": 1, "no rate": 1}}
    assert str(report).startswith("2 of 4 rows kept\n1 without a rate\n")
    twice = convert(where(euros, status="won"), {}, to="USD", on_missing="skip").report
    assert twice is not None and (twice.rows, twice.kept, twice.refused, twice.no_rate) == (4, 1, 1, 2)


def test_a_row_without_its_time_has_no_dated_rate() -> None:
    rows = table([Deal(id=1, created_at=None, status="open", amount=5, currency="USD")], Deal)
    with pytest.raises(DataError, match="without a day, so without a rate"):
        convert(rows, RATES, to="RUB", at="created_at")


def test_what_lacks_its_time_is_told_from_what_lacks_a_rate() -> None:
    open_deal = Deal(id=9, created_at="2024-01-05", status="open", amount=5, currency="USD")
    rows = table([deal(1, 5, "USD", "2023-12-31"), open_deal], Deal)
    with pytest.raises(DataError) as caught:
        convert(rows, RATES, to="RUB", at="closed_at")
    early, undated = caught.value.faults
    assert (early.row, early.field, early.problem) == (1, "currency", "has no rate")
    assert (undated.row, undated.field, undated.value) == (2, "closed_at", None)
    assert (
        "closed_at: an empty cell leaves USD without a day, so without a rate; convert at a time that all rows have"
        in str(undated)
    )
    assert "at='created_at'" in undated.remedy and "on_missing='skip'" in undated.remedy
    assert len(convert(rows, RATES, to="RUB", at="closed_at", on_missing="skip")) == 0


@pytest.mark.parametrize("one", [1, "1", "1.00", Decimal(1)])
def test_a_rate_of_one_of_the_target_is_what_it_is_anyway(one: Any) -> None:
    assert amounts(convert(DEALS, {"USD": 90, "JPY": 1, "RUB": one}, to="RUB"))[3] == Decimal("50.55")
    dated = {
        name: [*cells, more] for (name, cells), more in zip(RATES.items(), ("rub", "2024-01-01", one), strict=True)
    }
    assert amounts(convert(DEALS, dated, to="RUB", at="closed_at"))[3] == Decimal("50.55")


@given(st.permutations(range(6)))
def test_the_order_of_the_rates_does_not_matter(order: list[int]) -> None:
    rates = {
        "currency": ["USD"] * 4 + ["JPY"] * 2,
        "date": ["2024-01-01", "2024-01-31", "2024-02-01", "2024-03-01", "2024-01-01", "2024-03-01"],
        "rate": [90, 91, 92, 93, "0.6", "0.7"],
    }
    mixed = {name: [cells[i] for i in order] for name, cells in rates.items()}
    assert amounts(convert(DEALS, mixed, to="RUB", at="closed_at")) == [9100, 9200, 700, Decimal("50.55")]


def test_amounts_without_a_currency_need_a_rate_of_their_own() -> None:
    spend = table([Spend(at=dt.date(2024, 1, 5), amount="12.50")], Spend)
    assert convert(spend, {"": 2}, to="EUR").amount.item(0) == 25
    with pytest.raises(DataError) as caught:
        convert(spend, {"USD": 2}, to="EUR")
    assert "if it is in EUR already, rates[''] = 1" in caught.value.faults[0].remedy


def test_rates_that_hold_always_are_not_said_to_lack_a_day() -> None:
    rows = table([deal(1, 5, "USD", "2023-12-31")], Deal)
    with pytest.raises(DataError) as always:
        convert(rows, {"JPY": 2}, to="RUB")
    assert always.value.faults[0].remedy == "give a rate to RUB, or on_missing='skip'"
    with pytest.raises(DataError, match="give a rate to RUB for its day"):
        convert(rows, RATES, to="RUB", at="closed_at")


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: convert([], RATES, to="RUB"), WrongCall, "convert takes a table"),  # type: ignore[arg-type]
        (lambda: convert(DEALS, RATES, to="roubles"), WrongValue, "to='roubles' is not a currency"),
        (lambda: convert(DEALS, RATES, to="RUB"), WrongCall, "say which time of the rows counts"),
        (lambda: convert(DEALS, RATES, to="RUB", at="manager"), WrongCall, "at='manager' holds no times"),
        (lambda: convert(DEALS, {"USD": 0}, to="RUB"), WrongValue, "the rate of USD is 0: give a positive"),
        (lambda: convert(DEALS, {"USD": "x"}, to="RUB"), WrongValue, "the rate of USD is 'x'"),
        (lambda: convert(DEALS, {"RUB": 2, "USD": 90}, to="RUB"), WrongValue, "of RUB to RUB is 2: one RUB is one RUB"),
        (lambda: convert(DEALS, {"USD": 90, "usd": 91}, to="RUB"), WrongValue, "two rates of 'usd': give one"),
        (
            lambda: convert(DEALS, {**RATES, "date": ["2024-01-01"] * 3}, to="RUB", at="closed_at"),
            WrongValue,
            "there are two rates of 'USD' on 2024-01-01: give one",
        ),
        (
            lambda: convert(DEALS, {**RATES, "currency": ["USD", "USD", "RUB"]}, to="RUB", at="closed_at"),
            WrongValue,
            "the rate of RUB to RUB is '0.6'",
        ),
        (lambda: convert(DEALS, {"dollar": 90}, to="RUB"), WrongValue, "'dollar' is not a currency"),
        (lambda: convert(DEALS, {**RATES, "date": [None] * 3}, to="RUB"), WrongValue, "has no date in row 1"),
        (lambda: convert(DEALS, {"currency": ["USD"], "rate": [1]}, to="RUB"), UnknownName, "no column 'date'"),
        (
            lambda: convert(DEALS, {**RATES, "date": ["01.01.2024"] * 3}, to="RUB", at="closed_at"),
            WrongValue,
            "the date '01.01.2024' of the rate in row 1 is not a time: write 2024-01-01",
        ),
        (
            lambda: convert(DEALS, {"cur": ["USD"], "rate": [90]}, to="RUB"),
            UnknownName,
            "no column 'currency'; they have cur, rate: rows of rates have the columns currency, rate and date",
        ),
        (lambda: convert(DEALS, {"USD": 1}, to="RUB", on_missing="drop"), WrongValue, "on_missing='drop'"),
    ],
)
def test_what_cannot_be_converted_is_refused_with_the_remedy(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()
