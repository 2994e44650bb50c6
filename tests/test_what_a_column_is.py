"""What a column is, is decided from all of its cells before any cell is judged: its zone, days, percent, currency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from makers import arrow, dicts, pandas, polars

from crm_metrics import (
    Call,
    Deal,
    Interaction,
    Lead,
    Quota,
    Spend,
    StageChange,
    day,
    month,
    ratio,
    read_csv,
    sales,
    table,
    totals,
)
from crm_metrics.errors import DataError, MixedCurrencies, UnknownName, WrongCall, WrongValue

Make: TypeAlias = Callable[[dict[str, list[Any]]], Any]


def tuples(columns: dict[str, list[Any]]) -> tuple[dict[str, Any], ...]:
    return tuple(dicts(columns))


KINDS: dict[str, Make] = {make.__name__: make for make in (dict, dicts, tuples, pandas, polars, arrow)}
of_every_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


def items(column: Any) -> list[Any]:
    return [column.item(i) for i in range(len(column))]


# ---------------------------------------------------------------- zoned or not

EARLY, PLAIN, LATE = "2026-07-01T01:00:00+05:00", "2026-06-14 09:20", "2026-06-03T13:10:00+05:00"
URALS = "Asia/Yekaterinburg"


def opened(*times: Any) -> dict[str, list[Any]]:
    return {"id": list(range(len(times))), "created_at": list(times), "status": ["open"] * len(times)}


@of_every_kind
@pytest.mark.parametrize("times", [(EARLY, PLAIN, LATE), (PLAIN, EARLY, LATE), (EARLY, LATE, PLAIN)])
def test_one_time_without_a_zone_moves_no_other(make: Make, times: tuple[str, ...]) -> None:
    deals = table(make(opened(*times)), Deal, tz=URALS, on_error="skip")
    assert sales.deals_created(deals, by=day) == {"2026-06-03": 1, "2026-07-01": 1}
    assert sales.deals_created(deals, by=month) == {"2026-06": 1, "2026-07": 1}
    assert [(f.row, f.value) for f in deals.report.faults] == [(times.index(PLAIN) + 1, PLAIN)]


def test_a_zone_outweighs_none_where_there_are_as_many() -> None:
    deals = table(opened(PLAIN, EARLY), Deal, tz=URALS, on_error="skip")
    assert sales.deals_created(deals, by=day) == {"2026-07-01": 1}


def test_one_time_with_a_zone_among_many_without_is_the_bad_one() -> None:
    times = [dt.datetime(2026, 6, 1, 9), dt.datetime(2026, 6, 2, 9, tzinfo=dt.UTC), dt.datetime(2026, 6, 3, 10)]
    deals = table(opened(*times), Deal, on_error="skip")
    assert sales.deals_created(deals, by=day) == {"2026-06-01": 1, "2026-06-03": 1}


def test_the_rows_count_and_not_the_different_cells() -> None:
    deals = table(opened(PLAIN, PLAIN, PLAIN, EARLY, LATE), Deal, on_error="skip")
    assert sales.deals_created(deals, by=day) == {"2026-06-14": 3}


def test_records_that_do_not_agree_are_told_alike() -> None:
    rows = [Deal(id=i, created_at=t, status="open") for i, t in enumerate((EARLY, PLAIN, LATE))]
    deals = table(rows, Deal, tz=URALS, on_error="skip")
    assert sales.deals_created(deals, by=day) == {"2026-06-03": 1, "2026-07-01": 1}


def test_a_bad_cell_makes_no_false_fault_in_another_column() -> None:
    rows = {**opened(EARLY, PLAIN, LATE), "closed_at": ["2026-07-03T01:00:00+05:00"] * 3, "status": ["won"] * 3}
    with pytest.raises(DataError) as caught:
        table(rows, Deal)
    assert [(f.row, f.field) for f in caught.value.faults] == [(2, "created_at")]
    assert len(table(rows, Deal, on_error="skip")) == 2


@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_two_columns_that_do_not_agree_are_refused_as_a_whole_with_the_cell_as_it_stands(on_error: str) -> None:
    rows = {**opened(EARLY, LATE), "closed_at": ["2026-07-03 01:30", "2026-07-04 02:00"], "status": ["won"] * 2}
    with pytest.raises(DataError, match="row 1, closed_at: '2026-07-03 01:30' has no time zone, like the rest"):
        table(rows, Deal, on_error=on_error)


def test_a_zone_that_has_nothing_to_turn_is_told() -> None:
    deals = table(opened("2026-06-14 09:20", "2026-06-14 10:00"), Deal, tz=URALS)
    assert "tz='Asia/Yekaterinburg' has nothing to turn" in " ".join(deals.report.decided)


# ---------------------------------------------------------------- days or instants

CAME = [f"2020-03-{at}+03:00" for at in ("13T10:59:07", "10T12:00:00", "11T12:00:00", "16T12:00:00")]
ENDED = [f"2020-03-{day}T03:00:00+03:00" for day in (13, 20, 15, 16)]
SERVER = {"id": [1, 2, 3, 4], "created_at": CAME, "closed_at": ENDED, "status": ["lost", "won", "lost", "open"]}


@of_every_kind
def test_a_day_kept_in_a_field_of_times_is_a_day(make: Make) -> None:
    deals = table(make(SERVER), Deal)
    assert (len(deals), sales.win_rate(deals), sales.average_sales_cycle(deals)) == (4, 1 / 3, 10)
    assert deals.report.decided == ("closed_at holds days: each of its times is midnight in UTC",)
    assert items(deals.closed_at)[0] == dt.date(2020, 3, 13)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_day_kept_in_a_column_of_datetimes_is_a_day(library: str) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({k: pd.to_datetime(v) if k.endswith("at") else v for k, v in SERVER.items()})
    deals = table(frame if library == "pandas" else pytest.importorskip("polars").from_pandas(frame), Deal)
    assert (sales.win_rate(deals), sales.average_sales_cycle(deals)) == (1 / 3, 10)


@pytest.mark.parametrize(
    ("came", "ended", "days"),
    [
        ("2024-01-05T09:30:00Z", "2024-01-05T00:00:00Z", 0),
        ("2024-01-05T09:30:00", "2024-01-05T00:00:00", 0),
        ("2024-01-05T09:30:00+02:00", "2024-01-09T00:00:00+02:00", 4),
        ("2024-01-05T09:30:00-05:00", "2024-01-09T19:00:00-05:00", 5),  # midnight in UTC
        (dt.datetime(2024, 1, 5, 9, 30), dt.datetime(2024, 1, 5), 0),
        ("2024-01-05T09:30:00", dt.date(2024, 1, 6), 1),
    ],
)
def test_midnight_in_every_row_is_a_day_whoever_wrote_it(came: Any, ended: Any, days: int) -> None:
    rows = {"id": [1], "created_at": [came], "closed_at": [ended], "status": ["won"]}
    assert sales.average_sales_cycle(table(rows, Deal)) == days
    assert sales.average_sales_cycle(rows) == days  # without a table between


def test_midnight_of_the_company_written_in_utc_is_its_day() -> None:
    rows = {"id": [1], "created_at": ["2024-01-05T09:30:00Z"], "closed_at": ["2024-01-08T21:00:00Z"], "status": ["won"]}
    deals = table(rows, Deal, tz="Europe/Moscow")
    assert items(deals.closed_at) == [dt.date(2024, 1, 9)] and sales.average_sales_cycle(deals) == 4


def test_a_server_that_changes_its_clock_writes_days_too() -> None:
    rows = {"id": [1, 2], "created_at": ["2024-01-05T09:30:00+01:00"] * 2, "status": ["won"] * 2}
    ended = ["2024-03-09T01:00:00+01:00", "2024-09-09T02:00:00+02:00"]
    assert items(table({**rows, "closed_at": ended}, Deal).closed_at) == [dt.date(2024, 3, 9), dt.date(2024, 9, 9)]


def test_one_time_of_day_on_three_days_is_a_day_and_on_two_is_not() -> None:
    at = [f"2024-03-0{i} 18:00" for i in (1, 4, 5)]
    assert items(table(opened(*at), Deal).created_at) == [dt.date(2024, 3, i) for i in (1, 4, 5)]
    assert items(table(opened(*at[:2]), Deal).created_at)[0] == dt.datetime(2024, 3, 1, 18)
    assert items(table(opened(*at, "2024-03-06 18:01"), Deal).created_at)[0] == dt.datetime(2024, 3, 1, 18)


def test_a_time_that_cannot_be_read_takes_no_part() -> None:
    rows = {**SERVER, "closed_at": [*ENDED[:3], "soon"]}
    deals = table(rows, Deal, on_error="skip")
    assert len(deals) == 3 and sales.average_sales_cycle(deals) == 10


def test_records_say_themselves_what_their_times_are() -> None:
    won = Deal(id=1, status="won", created_at=dt.datetime(2024, 1, 5, 12), closed_at=dt.datetime(2024, 1, 7))
    assert sales.average_sales_cycle([won]) == sales.average_sales_cycle(table([won], Deal)) == 1.5


def test_what_an_open_deal_says_of_its_close_is_a_plan() -> None:
    early = {"created_at": "2024-03-16T12:00", "closed_at": "2024-03-15T10:00"}
    assert sales.deals_created([Deal(id=1, status="open", **early)]) == 1
    assert len(table({"id": [1], "status": ["open"], **{k: [v] for k, v in early.items()}}, Deal)) == 1
    for status in ("lost", None):
        with pytest.raises(DataError, match=r"closed_at: .* is before created_at"):
            table({"id": [1], "status": [status], **{k: [v] for k, v in early.items()}}, Deal)


@pytest.mark.parametrize(
    ("record", "data", "field"),
    [
        (Lead, {"id": [1], "created_at": ["2024-01-05 10:00"], "converted_at": ["2024-01-05 00:00"]}, "converted_at"),
        (Interaction, {"requested_at": ["2024-01-05 10:00"], "at": ["2024-01-05 00:00"], "kind": ["quote"]}, "at"),
        (Quota, {"manager": ["A"], "start": ["2024-01-01 00:00"], "end": ["2024-02-01 00:00"], "amount": [1]}, "end"),
        (StageChange, {"deal": [1], "stage": ["a"], "at": ["2024-01-05T03:00:00+03:00"]}, "at"),
        (Spend, {"at": ["2024-01-05T00:00:00Z"], "amount": [5]}, "at"),
        (Call, {"started_at": ["2024-01-05 00:00:00"]}, "started_at"),
    ],
)
def test_days_are_days_in_every_record(record: type, data: dict[str, Any], field: str) -> None:
    assert type(table(data, record)[field].item(0)) is dt.date


# ---------------------------------------------------------------- percent or fraction


def weighted(*shares: Any, heading: str = "probability") -> float:
    n = len(shares)
    rows = {**opened(*["2024-01-05"] * n), "amount": [1000] * n, heading: list(shares)}
    return sales.weighted_pipeline(table(rows, Deal, columns={"probability": heading}))


@pytest.mark.parametrize(
    ("shares", "total"),
    [
        ((0, 10, 100), 1100),
        ((0.0, 10.0, 100.0), 1100),
        (("0", "10", "100"), 1100),
        ((Decimal(10), None, 40), 500),
        ((0, 1, 1), 2000),
        ((0.5, 0.25, 1), 1750),
        ((12.5, 50.0), 625),
    ],
)
def test_probabilities_of_which_some_are_above_one_are_percentages(shares: tuple[Any, ...], total: float) -> None:
    assert weighted(*shares) == total


def test_a_heading_in_percent_counts_and_a_fraction_below_it_is_not_guessed_at() -> None:
    assert weighted(0, 1, 1, heading="P, %") == 20
    assert weighted(0.5, 40, heading="P, %") == 405
    with pytest.raises(DataError, match=r"row 1, probability: 0.6 may be 0.6 % or 60"):
        weighted(0.6, 1, heading="P, %")


@pytest.mark.parametrize("shares", [(0.5, 60), (0.5, -0.1), (1, 101), ("0.5", "60")])
def test_a_number_that_is_neither_is_a_bad_cell(shares: tuple[Any, ...]) -> None:
    with pytest.raises(DataError, match="row 2, probability"):
        weighted(*shares)


def test_percentages_of_a_file(write: Callable[[str], Path]) -> None:
    text = 'id,created_at,status,amount,p\n1,2024-01-05,open,1000,"12,5"\n'
    text += "2,2024-01-05,open,1000,50\n3,2024-01-05,open,1000,40 %\n"
    deals = read_csv(write(text), Deal, columns={"probability": "p"})
    assert sales.weighted_pipeline(deals) == 1025 and deals.report.decided == ("probability is in percent",)


# ---------------------------------------------------------------- a sign is a statement


def priced(*amounts: str, heading: str = "amount", currency: tuple[str, ...] = ()) -> str:
    head = f'id,created_at,status,closed_at,"{heading}"' + (",currency" if currency else "")
    more = [f",{code}" for code in currency] or [""] * len(amounts)
    rows = (f'{i},2024-01-05,won,2024-01-06,"{x}"{c}' for i, (x, c) in enumerate(zip(amounts, more, strict=True)))
    return "\n".join([head, *rows, ""])


DOLLARS = {"columns": {"amount": "Amount (USD)"}}


@pytest.mark.parametrize(
    ("text", "options", "revenue", "unit"),
    [
        (priced("100 €", "50 €", "0"), {}, 150, "EUR"),
        (priced("100 $", "50 $"), {}, 150, "$"),
        (priced("100 $", "50"), {"currency": "USD"}, 150, "USD"),
        (priced("100 $", "50", currency=("USD", "USD")), {}, 150, "USD"),
        (priced("100", "50", currency=("RUB", "")), {"currency": "RUB"}, 150, "RUB"),
        (priced("100", "50", heading="Amount (USD)"), DOLLARS, 150, "USD"),
        (priced("$100", "$50", heading="Amount (USD)"), DOLLARS, 150, "USD"),
        (priced("100", heading="Бюджет, руб."), {"columns": {"amount": "Бюджет, руб."}}, 100, "RUB"),
    ],
)
def test_the_currency_that_cells_or_headings_name_is_that_of_the_table(
    write: Callable[[str], Path], text: str, options: Any, revenue: float, unit: str
) -> None:
    found = sales.won_revenue(read_csv(write(text), Deal, **options))
    assert (found, found.unit) == (revenue, unit)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "options", "error", "words"),
    [
        (priced("100 €", currency=("RUB",)), {}, DataError, "row 2, amount: '100 €' is in EUR, and .* RUB"),
        (priced("100 $", currency=("",)), {}, DataError, r"'100 \$' is in \$, and .* not named"),
        (priced("100 $", "50"), {}, DataError, r"row 3, amount: '50' names no currency and others name \$"),
        (priced("100 $"), {"currency": "RUB"}, DataError, r"'100 \$' is in \$, and .* RUB"),
        (priced("100 $", "50 €"), {}, MixedCurrencies, r"\$, EUR"),
        (priced("100 €", heading="Amount (USD)"), DOLLARS, MixedCurrencies, "EUR, USD"),
        (
            priced("1", heading="Amount (USD)"),
            {"columns": {"amount": "Amount (USD)"}, "currency": "RUB"},
            WrongValue,
            "USD",
        ),
        (priced("1"), {"currency": "roubles"}, WrongValue, "currency='roubles': give an ISO 4217 code"),
    ],
)
def test_a_sign_that_does_not_agree_is_refused(
    write: Callable[[str], Path], text: str, options: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        read_csv(write(text), Deal, **options)


def test_a_heading_and_a_currency_of_the_row_that_do_not_agree_are_told() -> None:
    rows = {**opened("2024-01-05", "2024-01-05"), "Amount (USD)": [5, 6], "currency": ["USD", "EUR"]}
    with pytest.raises(DataError, match=r"row 2, amount: 6 stands below 'Amount \(USD\)', and its row is in EUR"):
        table(rows, Deal, columns={"amount": "Amount (USD)"})


def test_dollars_and_roubles_are_not_divided_and_neither_is_what_names_none(write: Callable[[str], Path]) -> None:
    deals = table({**SERVER, "customer": [1, 2, 3, 4], "amount": [5] * 4}, Deal, currency="USD")
    for options in ({"currency": "RUB"}, {}):
        spend = table({"at": ["2020-03-01"], "amount": [100]}, Spend, **options)  # type: ignore[arg-type]
        with pytest.raises(MixedCurrencies):
            ratio(totals(deals, Deal).sum("amount"), totals(spend, Spend).sum("amount"))


def test_records_name_their_currency_themselves() -> None:
    with pytest.raises(WrongCall, match="currency= are for frames"):
        table([Deal(id=1, created_at="2024-01-05", status="open")], Deal, currency="USD")


# ---------------------------------------------------------------- several columns for one field

TWO_ENDS = {
    "id": [11, 12, 13, 14],
    "created_at": ["2024-01-05"] * 4,
    "status": ["won", "lost", "lost", "open"],
    "won": ["2024-01-20", "", None, ""],
    "lost": [None, "2024-01-25", "2024-02-05", None],
}


@of_every_kind
def test_a_field_is_the_first_of_its_columns_that_is_filled(make: Make) -> None:
    deals = table(make(TWO_ENDS), Deal, columns={"closed_at": ["won", "lost"]})
    assert sales.win_rate(deals, by=month) == {
        "2024-01": 0.5,
        "2024-02": 0,
        None: pytest.approx(float("nan"), nan_ok=True),
    }


def test_a_dash_in_a_file_is_not_filled(write: Callable[[str], Path]) -> None:
    path = write("id,created_at,status,w,l\n1,2024-01-05,won,-,20.01.2024\n2,2024-01-05,won,21.01.2024,22.01.2024\n")
    deals = read_csv(path, Deal, columns={"closed_at": ["w", "l"]})
    assert items(deals.closed_at) == [dt.date(2024, 1, 20), dt.date(2024, 1, 21)]


@pytest.mark.parametrize(("yes", "no"), [(True, False), ("True", "False"), ("1", "0"), (1, 0), ("Да", "Нет")])
def test_two_booleans_make_a_status(yes: Any, no: Any) -> None:
    rows = {
        "id": [1, 2, 3],
        "created_at": ["2024-01-05"] * 3,
        "closed_at": ["2024-02-05", None, "2024-02-06"],
        "is_won": [yes, no, no],
        "is_closed": [yes, no, yes],
    }
    words = {"is_won": {yes: "won", no: ""}, "is_closed": {yes: "lost", no: "open"}}
    deals = table(rows, Deal, columns={"status": ["is_won", "is_closed"]}, values={"status": words})
    assert items(deals.status) == ["won", "open", "lost"]


def test_a_column_of_several_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownName, match="columns= names 'gone'"):
        table(TWO_ENDS, Deal, columns={"closed_at": ["won", "gone"]})
    with pytest.raises(UnknownName, match="values= has words of 'gone', but kind is read from is"):
        table({**TWO_ENDS, "is": [1] * 4}, Deal, columns={"kind": ["is"]}, values={"kind": {"gone": {"a": "won"}}})
    with pytest.raises(WrongCall, match="columns="):
        table(TWO_ENDS, Deal, columns={"closed_at": [["won"], "lost"]})  # type: ignore[dict-item]
    with pytest.raises(WrongCall, match="columns="):
        table(TWO_ENDS, Deal, columns={"closed_at": []})


def test_one_column_may_make_two_fields() -> None:
    rows = {"id": [1], "created_at": ["2024-01-05"], "step": ["won"], "closed_at": ["2024-01-06"]}
    deals = table(rows, Deal, columns={"status": "step", "stage": "step"})
    assert items(deals.status) == items(deals.stage) == ["won"]


# ---------------------------------------------------------------- nobody


def bought(*customers: Any) -> dict[str, list[Any]]:
    n = len(customers)
    return {
        **opened(*["2024-01-05"] * n),
        "status": ["won"] * n,
        "closed_at": ["2024-01-06"] * n,
        "COMPANY_ID": list(customers),
    }


@pytest.mark.parametrize("ids", [("0", "0", "55"), (0, 0, 55), (np.array([0, 0, 55]))])
def test_the_id_0_below_a_heading_of_ids_is_nobody(ids: Any) -> None:
    rows = {**bought(*ids), "COMPANY_ID": ids}
    deals = table(rows, Deal, columns={"customer": "COMPANY_ID"})
    assert sales.repeat_rate(deals) == 0 and items(deals.customer) == [None, None, "55"]


def test_a_0_that_the_user_knows_or_that_no_heading_calls_an_id_stays() -> None:
    kept = table(bought("0", "0"), Deal, columns={"customer": "COMPANY_ID"}, values={"customer": {"0": "0"}})
    assert items(kept.customer) == ["0", "0"]
    rows = {name if name != "COMPANY_ID" else "customer": x for name, x in bought("0", "0").items()}
    assert items(table(rows, Deal).customer) == ["0", "0"]


# ---------------------------------------------------------------- times are no numbers, True is not 1, years


@pytest.mark.parametrize("kind", ["M8[ns]", "M8[us]", "M8[s]", "M8[D]", "m8[ns]", "m8[us]", "m8[s]"])
@pytest.mark.parametrize("field", ["amount", "probability", "id", "manager"])
def test_a_time_is_no_number_and_no_label_whatever_its_unit(kind: str, field: str) -> None:
    odd = (
        np.array([19700 * 86400, 19800 * 86400], "m8[s]").astype(kind)
        if kind[0] == "m"
        else np.array(["2024-01-01"] * 2, kind)
    )
    for values in (odd, pytest.importorskip("pandas").Series(odd)):
        with pytest.raises(DataError, match=f"row 1, {field}"):
            table({**opened("2024-01-05", "2024-01-05"), field: values}, Deal)


@pytest.mark.parametrize("values", [[1, True], [0, False], [1.0, True], [1, np.True_]])
@pytest.mark.parametrize("field", ["amount", "manager", "probability", "id"])
def test_true_is_not_1_where_an_equal_number_stands_beside_it(values: list[Any], field: str) -> None:
    with pytest.raises(DataError, match=f"row 2, {field}"):
        table({**opened("2024-01-05", "2024-01-05"), field: values}, Deal)


@pytest.mark.parametrize("kind", ["M8[s]", "M8[D]", "M8[Y]"])
def test_years_that_no_calendar_has_are_bad_cells(kind: str) -> None:
    for odd in ("-184555-01-01", "10001-06-01", "-001-06-30"):
        with pytest.raises(DataError, match=r"row 2, created_at: .* is in no calendar"):
            table({**opened(1, 2), "created_at": np.array(["2024-01-01", odd], kind)}, Deal)


def test_amounts_beside_a_finer_currency_never_wrap() -> None:
    rows = {
        **opened("2024-01-05", "2024-01-05", "2024-01-05"),
        "amount": [9e14, 1.0, 8e14],
        "currency": ["JPY", "CLF", "JPY"],
    }
    assert sales.open_pipeline(table(rows, Deal), by="currency") == {"CLF": 1, "JPY": 1.7e15}


# ---------------------------------------------------------------- what is read is ours


@pytest.mark.parametrize("library", ["", "numpy", "pandas"])
def test_a_table_stays_what_it_is_when_its_rows_change(library: str) -> None:
    rows: dict[str, Any] = {
        **opened("2024-01-05", "2024-02-05"),
        "amount": [1.0, 2.0],
        "manager": ["A", "B"],
        "n": [1, 2],
    }
    if library == "numpy":
        rows = {k: np.array(v, "M8[us]" if k == "created_at" else None) for k, v in rows.items()}
    frame = pytest.importorskip("pandas").DataFrame(rows) if library == "pandas" else rows
    deals = table(frame, Deal)
    for name, other in (("amount", 9), ("manager", "Z"), ("n", 7), ("id", 99)):
        if library == "pandas":
            frame.loc[:, name] = other
        else:
            frame[name][0] = other
    assert sales.open_pipeline(deals, by="manager") == {"A": 1, "B": 2}
    assert items(deals.id) == ["0", "1"] and items(deals.n) == [1, 2]
    records = [Deal(id=1, created_at="2024-01-05", status="open", manager="A")]
    kept = table(records, Deal)
    records[0] = Deal(id=2, created_at="2024-01-05", status="open", manager="Z")
    assert items(kept.manager) == ["A"]


def test_other_libraries_can_look_at_a_table() -> None:
    deals = table(opened("2024-01-05"), Deal)
    assert not hasattr(deals, "shape") and hasattr(deals, "created_at")
    with pytest.raises(UnknownName, match="has no 'amounts'"):
        _ = deals.amounts


def test_rows_of_which_some_are_dicts_are_told_which() -> None:
    rows: Any = [{"id": 1, "created_at": "2024-01-05", "status": "open"}, Deal(id=1, created_at=None, status=None)]
    with pytest.raises(WrongCall, match="row 1 is a dict and row 2"):
        table(rows, Deal)
    assert len(table((row for row in rows[:1]), Deal)) == 1


def test_a_table_goes_back_to_columns() -> None:
    deals = table({**opened("2024-01-05", None), "amount": [1, None], "extra": ["x", "y"]}, Deal)
    assert deals.to_columns() == {
        "id": ["0", "1"],
        "created_at": [dt.date(2024, 1, 5), None],
        "status": ["open", "open"],
        "amount": [Decimal(1), None],
        "extra": ["x", "y"],
    }
    with pytest.raises(UnknownName, match=r"has no 'head'.*to_columns\(\)"):
        deals.head()


def test_years_that_no_business_has_are_told() -> None:
    deals = table(opened("1850-01-05", "2024-01-05", "2204-02-25", "1970-01-02"), Deal)
    assert deals.report.decided == ("created_at has 3 times before 1900, after 2199 or in January 1970: look at them",)


def test_a_heading_is_found_in_either_spelling_of_unicode() -> None:
    composed, parted = "Создан\u0439", "Создан\u0438\u0306"
    rows = {"id": [1], parted: ["2024-01-05"], "status": ["open"]}
    assert items(table(rows, Deal, columns={"created_at": composed}).created_at) == [dt.date(2024, 1, 5)]
