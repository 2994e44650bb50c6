"""How people write cells: every convention reads back exactly, and what may be read in two ways is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crm_metrics._tables import text
from crm_metrics.cells import Bad

NBSP, NARROW = "\u00a0", "\u202f"
READERS: list[Callable[[str], Any]] = [text.amount, text.number, text.share, text.time, text.currency]

# ---------------------------------------------------------------- strategies: a value and how it is written

GROUPS = {",": [" ", NBSP, NARROW, ".", "'", "’", ""], ".": [" ", NBSP, ",", "'", "’", ""]}
SIGNED = ["-{}", "\u2212{}", "\u2013{}", "({})", "{}-", "- {}"]
CURRENCIES = [
    "{}",
    "{} ₽",
    "{}₽",
    "${}",
    "$ {}",
    "{} руб.",
    "р.{}",
    "USD {}",
    "{} usd",
    "€{}",
    f"{{}}{NBSP}€",
    "{} RUR",
]


@st.composite
def amounts(draw: st.DrawFn) -> tuple[Decimal, str, Any]:
    """An amount, its text in some convention, and the decimal mark of the convention."""
    places = draw(st.integers(0, 4))
    value = Decimal(draw(st.integers(0, 10**15))).scaleb(-places)
    mark = draw(st.sampled_from([",", "."]))
    whole, _, fraction = f"{value:,.{places}f}".partition(".")
    cell = whole.replace(",", draw(st.sampled_from(GROUPS[mark]))) + (mark + fraction if fraction else "")
    if value and draw(st.booleans()):
        cell, value = draw(st.sampled_from(SIGNED)).format(cell), -value
    return value, draw(st.sampled_from(CURRENCIES)).format(cell), mark


CLOCKS = {"": "day", " %H:%M": "minute", "T%H:%M": "minute", " %H:%M:%S": "second", "T%H:%M:%S.%f": "micro"}
CLOCKS |= {" %I:%M %p": "minute", ", %I:%M:%S %p": "second"}
DAYS = {"%Y-%m-%d": None, "%Y/%m/%d": None, "%d.%m.%Y": None, "%d/%m/%Y": "dmy", "%m/%d/%Y": "mdy", "%d-%m-%Y": "dmy"}


@st.composite
def times(draw: st.DrawFn) -> tuple[dt.date, str, Any]:
    """A time, its text in some convention, and the order of day and month in it."""
    day, order = draw(st.sampled_from(list(DAYS.items())))
    clock, precision = draw(st.sampled_from(list(CLOCKS.items())))
    value = draw(st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 30)))
    cell = value.strftime(day + clock)
    value = value if precision == "micro" else value.replace(microsecond=0)
    value = value if precision in ("micro", "second") else value.replace(second=0)
    return (value.date() if precision == "day" else value), cell, order


# ---------------------------------------------------------------- amounts


@given(amounts())
def test_an_amount_in_any_convention_reads_back_exactly(case: tuple[Decimal, str, Any]) -> None:
    value, cell, mark = case
    out = text.amount(cell, decimal=mark)
    assert isinstance(out, Decimal)
    assert out.as_tuple() == value.as_tuple()


@given(amounts())
def test_without_a_stated_mark_an_amount_is_right_or_refused(case: tuple[Decimal, str, Any]) -> None:
    value, cell, _ = case
    out = text.amount(cell)
    assert out == value or (isinstance(out, Bad) and out.problem.startswith("may be"))


@given(st.lists(amounts()))
def test_cells_of_one_convention_prove_no_other(cases: list[tuple[Decimal, str, Any]]) -> None:
    for mark in (",", "."):
        assert text.decimal_marks(cell for _, cell, own in cases if own == mark) <= {mark}


@given(amounts())
def test_what_is_read_without_a_stated_mark_is_read_the_same_with_the_mark_it_proves(case: Any) -> None:
    _, cell, _ = case
    for mark in text.decimal_marks([cell]):
        assert text.amount(cell, decimal=mark) == text.amount(cell)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1 234,50 ₽", "1234.50"),
        ("1,234.50", "1234.50"),
        ("$1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("(120.00)", "-120.00"),
        ("($1,234.50)", "-1234.50"),
        ("-5", "-5"),
        ("\u22125", "-5"),
        ("-$5.10", "-5.10"),
        ("$-5.10", "-5.10"),
        ("120.00-", "-120.00"),
        ("+5", "5"),
        (f"1{NBSP}234{NARROW}567,8", "1234567.8"),
        ("1'234.50", "1234.50"),
        ("12’345,6", "12345.6"),
        ("12,34,567.50", "1234567.50"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1234.567", "1234.567"),
        ("0,125", "0.125"),
        (".5", "0.5"),
        ("5.", "5"),
        ("5,", "5"),
        ("US$ 5", "5"),
        ("$5 USD", "5"),
        ("\ufeff5\u200b", "5"),
        (" 5 ", "5"),
        ("-0,00", "0.00"),
        ("(0.00)", "0.00"),
        ("9" * 40 + ".01", "9" * 40 + ".01"),
        (f"({'9' * 40}.01)", f"-{'9' * 40}.01"),
    ],
)
def test_amounts_as_people_write_them(cell: str, value: str) -> None:
    assert text.amount(cell) == Decimal(value)
    assert str(text.amount(cell)) == value.replace("-0.00", "0.00") or cell == "-0,00"


@pytest.mark.parametrize(
    "cell", ["", " ", NBSP, "null", "NULL", "None", "NaN", "n/a", "N/A", "-", "—", "–", "#Н/Д", "NaT"]
)
@pytest.mark.parametrize("read", READERS)
def test_the_ways_to_write_nothing(read: Any, cell: str) -> None:
    assert read(cell) is None


@pytest.mark.parametrize("cell", ["$ -", "- ₽", "$-", f"-{NBSP}₽", "- руб."])
def test_the_dash_of_accounting_is_nothing_with_its_currency_too(cell: str) -> None:
    assert text.amount(cell) is None


@pytest.mark.parametrize("cell", ["0000-00-00", "0000-00-00 00:00:00", "00.00.0000"])
def test_a_date_of_zeros_is_nothing(cell: str) -> None:
    assert text.time(cell) is None


@pytest.mark.parametrize(
    ("cell", "problem", "remedy"),
    [
        ("1,234", "may be 1234 or 1.234", "pass decimal='.' for the first or decimal=',' for the second"),
        ("-1.234 ₽", "may be 1234 or 1.234", "pass decimal=',' for the first or decimal='.' for the second"),
        ("60 %", "is a share, not an amount", "choose another column"),
        ("1,5E+06", "has lost its last digits", "show the column as plain numbers"),
        ("1e16", "has lost its last digits", "show the column as plain numbers"),
        ("#REF!", "is an error of the spreadsheet", "correct the formula or widen the column"),
        ("#ДЕЛ/0!", "is an error of the spreadsheet", "correct the formula or widen the column"),
        ("########", "is an error of the spreadsheet", "correct the formula or widen the column"),
    ],
)
def test_a_cell_that_is_no_amount_says_why(cell: str, problem: str, remedy: str) -> None:
    out = text.amount(cell)
    assert isinstance(out, Bad)
    assert (out.value, out.problem) == (cell, problem)
    assert remedy in out.remedy


NO_AMOUNTS = """abc|12 34|1 234 56|1,2.3|1.2,3,4|1,23,4|5,-|1.234,-|(-5)|(5|5)|--5|-5-|10-20|5 руб. 50 коп.|5 foo|$5 RUB
|€5 ₽|inf|1_000|１２|٣|1/2|№5|5 тыс|- foo|05.03.2024"""


@pytest.mark.parametrize("cell", NO_AMOUNTS.replace("\n", "").split("|"))
def test_what_is_no_amount_is_not_read_as_one(cell: str) -> None:
    assert text.amount(cell) == Bad(cell, "is not an amount", "write it like 1234.50 or 1 234,50")


@pytest.mark.parametrize(
    ("cell", "mark", "value"),
    [
        ("1,234", ".", "1234"),
        ("1,234", ",", "1.234"),
        ("1.234", ",", "1234"),
        ("$1,234", ".", "1234"),
        ("-1 ", ",", "-1"),
    ],
)
def test_a_stated_mark_decides_what_may_be_two_numbers(cell: str, mark: Any, value: str) -> None:
    assert text.amount(cell, decimal=mark) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "mark"), [("1,234.50", ","), ("1.234,50", "."), ("12.5", ","), ("12,5", "."), ("5.", ",")]
)
def test_a_stated_mark_refuses_another_one(cell: str, mark: Any) -> None:
    out = text.amount(cell, decimal=mark)
    other = "." if mark == "," else ","
    assert isinstance(out, Bad)
    assert out.problem == f"has the decimal mark {other!r} where {mark!r} is expected"
    assert out.remedy == f"correct it, or pass decimal={other!r}"


@pytest.mark.parametrize(
    ("cells", "marks"),
    [
        ([], ""),
        (["100", "1 000", "abc", "", "n/a", "1,2.3"], ""),
        (["1,234", "1.234"], ""),
        (["12,5"], ","),
        (["1.234.567"], ","),
        (["1,234,567"], "."),
        (["0.125"], "."),
        (["60,5 %"], ","),
        (["12.5", "12,5"], ",."),
    ],
)
def test_only_cells_with_one_reading_prove_a_mark(cells: list[str], marks: str) -> None:
    assert text.decimal_marks(cells) == set(marks)


@pytest.mark.parametrize(("cells", "two"), [(["1,234"], True), (["5", "$1.234 "], True), (["1,23", "1234", ""], False)])
def test_cells_with_two_readings_are_noticed(cells: list[str], two: bool) -> None:
    assert text.two_ways(cells) is two


@given(amounts())
def test_an_amount_with_two_readings_is_always_noticed(case: tuple[Decimal, str, Any]) -> None:
    out = text.amount(case[1])
    assert not isinstance(out, Bad) or text.two_ways([case[1]])


@pytest.mark.parametrize(
    ("cells", "signs"),
    [
        (["5", "1 234,50", "-", ""], set()),
        (["5 ₽", "5 руб.", "RUB 5", "5 RUR"], {"RUB"}),
        (["$5", "5 USD"], {"USD"}),
        (["$5", "¥5"], {"$", "¥"}),
        (["$5", "5 ₽"], {"$", "RUB"}),
        (["5 foo", "n/a"], set()),
    ],
)
def test_the_currencies_beside_amounts_are_seen(cells: list[str], signs: set[str]) -> None:
    assert text.currency_signs(cells) == signs


# ---------------------------------------------------------------- shares and numbers


@given(st.integers(0, 10**6), st.sampled_from([",", "."]), st.sampled_from(["{}", "{}%", "{} %", f"{{}}{NBSP}%"]))
def test_a_share_reads_back_exactly(millionths: int, mark: str, pattern: str) -> None:
    share = Decimal(millionths) / 10**6
    written = share * 100 if "%" in pattern else share
    assert text.share(pattern.format(f"{written:f}".replace(".", mark))) == share


@pytest.mark.parametrize(
    ("cell", "value"), [("60", "0.6"), ("60 %", "0.6"), ("0,5", "0.005"), ("1", "0.01"), ("100", "1")]
)
def test_a_percentage_may_be_without_a_sign_where_the_heading_has_it(cell: str, value: str) -> None:
    assert text.share(cell, percent=True) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "problem", "remedy"),
    [
        ("60", "is outside 0 to 1", "give a fraction: 0.6 for 60 %"),
        ("150 %", "is outside 0 to 1", "give a fraction: 0.6 for 60 %"),
        ("-1 %", "is outside 0 to 1", "give a fraction: 0.6 for 60 %"),
        ("high", "is not a number", "write it like 1234.50 or 1 234,50"),
        ("%", "is not a number", "write it like 1234.50 or 1 234,50"),
    ],
)
def test_a_cell_that_is_no_share_says_why(cell: str, problem: str, remedy: str) -> None:
    assert text.share(cell) == Bad(cell, problem, remedy)


@pytest.mark.parametrize(
    ("cell", "value"), [("1 234,5", "1234.5"), ("60 %", "0.6"), ("1,5E-03", "0.0015"), ("-7", "-7")]
)
def test_numbers_as_people_write_them(cell: str, value: str) -> None:
    assert text.number(cell) == Decimal(value)


def test_a_number_may_be_two_numbers_as_an_amount_may() -> None:
    out = text.number("1,234 %")
    assert isinstance(out, Bad) and out.problem == "may be 1234 or 1.234"
    assert text.number("1,234 %", decimal=",") == Decimal("0.01234")


# ---------------------------------------------------------------- times


@given(times())
def test_a_time_in_any_convention_reads_back_exactly(case: tuple[dt.date, str, Any]) -> None:
    value, cell, order = case
    out = text.time(cell, dates=order)
    assert (type(out), out) == (type(value), value)


@given(times())
def test_without_a_stated_order_a_time_is_right_or_refused(case: tuple[dt.date, str, Any]) -> None:
    value, cell, order = case
    out = text.time(cell)
    assert out == value or (order and isinstance(out, Bad) and out.problem.startswith("may be"))


@given(st.lists(times()))
def test_dates_of_one_order_prove_no_other(cases: list[tuple[dt.date, str, Any]]) -> None:
    for order in ("dmy", "mdy"):
        assert text.date_orders(cell for _, cell, own in cases if own == order) <= {order}


@given(st.datetimes(dt.datetime(1000, 1, 3), dt.datetime(9999, 12, 29)), st.integers(-14 * 60, 14 * 60))
def test_an_offset_makes_the_same_instant_in_utc(naive: dt.datetime, minutes: int) -> None:
    aware = naive.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    colon = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    for offset in (colon, colon.replace(":", ""), f" {colon}"):
        for cell in (f"{naive.isoformat()}{offset}", f"{naive:%d.%m.%Y %H:%M:%S.%f}{offset}"):
            out = text.time(cell)
            assert isinstance(out, dt.datetime) and out == aware and out.tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2024-03-31", "2024-03-31"),
        ("2024-3-1", "2024-03-01"),
        ("20240331", "2024-03-31"),
        ("2024/03/31", "2024-03-31"),
        ("31.03.2024", "2024-03-31"),
        ("1.3.2024 9:05", "2024-03-01 09:05:00"),
        ("31-03-2024", "2024-03-31"),
        ("13/01/2024", "2024-01-13"),
        ("01/13/2024", "2024-01-13"),
        ("05/05/2024", "2024-05-05"),
        ("3/15/2024, 4:30 PM", "2024-03-15 16:30:00"),
        ("12/13/2024 12:00 a.m.", "2024-12-13 00:00:00"),
        ("12/13/2024 12:01 pm", "2024-12-13 12:01:00"),
        ("2012/10/09 14:50:17.000", "2012-10-09 14:50:17"),
        ("2024-03-31 17:30:05.1234567", "2024-03-31 17:30:05.123456"),
        ("31.03.2024 17:30:59,5", "2024-03-31 17:30:59.500000"),
        ("2024-03-31T17:30Z", "2024-03-31 17:30:00+00:00"),
        ("2024-03-31 17:30:00 UTC", "2024-03-31 17:30:00+00:00"),
        ("2024-03-31 17:30:00 +03", "2024-03-31 14:30:00+00:00"),
        ("2020-10-22T21:03:23.000+0000", "2020-10-22 21:03:23+00:00"),
        (f"31.03.2024{NBSP}17:30", "2024-03-31 17:30:00"),
    ],
)
def test_times_as_people_write_them(cell: str, value: str) -> None:
    assert str(text.time(cell)) == value


@pytest.mark.parametrize(
    ("cell", "problem", "remedy"),
    [
        (
            "04/05/2024",
            "may be 2024-04-05 or 2024-05-04",
            'pass dates="mdy" for the first or dates="dmy" for the second',
        ),
        ("4-5-2024 10:00", "may be 2024-04-05 or 2024-05-04", 'pass dates="mdy"'),
        ("31.12.24", "has a year of two digits", "write the year in full"),
        ("1/2/24 10:00", "has a year of two digits", "write the year in full"),
        ("31.02.2024", "is not in the calendar", "correct the date"),
        ("2024-02-30", "is not in the calendar", "correct the date"),
        ("03.31.2024", "is not in the calendar", "correct the date"),
        ("31/32/2024", "is not in the calendar", "correct the date"),
        ("2024-01-01 25:00", "is not a time of day", "correct the time"),
        ("01.01.2024 10:60", "is not a time of day", "correct the time"),
        ("01.01.2024 13:00 PM", "is not a time of day", "correct the time"),
        ("01.01.2024 10:00+99:00", "is not a time of day", "correct the time"),
        ("45382", "is a spreadsheet's day number", "show the column as dates"),
        ("45382,73", "is a spreadsheet's day number", "show the column as dates"),
        ("1712010201", "is a Unix time", "write it like 2024-03-31 17:30"),
        ("1712010201234", "is a Unix time", "write it like 2024-03-31 17:30"),
        ("yesterday", "is not a time", "write it like 2024-03-31 17:30 or 31.03.2024 17:30"),
        ("2024", "is not a time", "write it like 2024-03-31 17:30 or 31.03.2024 17:30"),
        ("01.01.2024 at noon", "is not a time", "write it like 2024-03-31 17:30 or 31.03.2024 17:30"),
        ("99999999", "is not a time", "write it like 2024-03-31 17:30 or 31.03.2024 17:30"),
    ],
)
def test_a_cell_that_is_no_time_says_why(cell: str, problem: str, remedy: str) -> None:
    out = text.time(cell)
    assert isinstance(out, Bad)
    assert (out.value, out.problem) == (cell, problem)
    assert remedy in out.remedy


def test_a_stated_order_decides_and_refuses_the_other() -> None:
    assert text.time("04/05/2024", dates="dmy") == dt.date(2024, 5, 4)
    assert text.time("04/05/2024", dates="mdy") == dt.date(2024, 4, 5)
    assert text.time("31.12.2024", dates="mdy") == dt.date(2024, 12, 31)
    assert text.time("13/01/2024", dates="mdy") == Bad(
        "13/01/2024", "is no date in the order mdy", 'correct it, or pass dates="dmy"'
    )


@pytest.mark.parametrize(
    ("cells", "orders"),
    [
        ([], set()),
        (["04/05/2024", "05/05/2024", "31.12.2024", "2024-12-31", "2024/12/31", "31/32/2024"], set()),
        (["04/05/2024", "13/05/2024 10:00"], {"dmy"}),
        (["04-05-2024", "05-13-2024"], {"mdy"}),
        (["13/01/2024", "01/13/2024"], {"dmy", "mdy"}),
    ],
)
def test_only_dates_with_one_reading_prove_an_order(cells: list[str], orders: set[str]) -> None:
    assert text.date_orders(cells) == orders


# ---------------------------------------------------------------- currencies, and all readers


@pytest.mark.parametrize(
    ("cell", "code"),
    [("RUB", "RUB"), ("rub", "RUB"), ("RUR", "RUB"), ("₽", "RUB"), ("руб.", "RUB"), ("€", "EUR"), ("US$", "USD")],
)
def test_a_currency_is_a_code_a_sign_or_a_word(cell: str, code: str) -> None:
    assert text.currency(cell) == code


def test_a_sign_that_several_currencies_have_names_none() -> None:
    assert text.currency("$") == Bad(
        "$", "is a sign of several currencies", "name one with values={\"currency\": {'$': ...}}"
    )
    assert text.currency("roubles") == Bad(
        "roubles", "is not a currency", 'give an ISO 4217 code such as "USD", or translate it with values='
    )


@given(st.text() | st.text("0123456789.,-−()$₽ %/:TZеER#", max_size=16))
def test_no_cell_raises_and_a_bad_one_keeps_its_text(cell: str) -> None:
    for read in READERS:
        out = read(cell)
        assert out is None or isinstance(out, (Decimal, dt.date, str)) or (isinstance(out, Bad) and out.value == cell)
