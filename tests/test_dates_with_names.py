"""Dates with the name of their month, and the other ways in which people write a time that can mean one only."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from crm_metrics import cells
from crm_metrics._tables import text
from crm_metrics._tables.text.times import MONTHS, WEEKDAYS
from crm_metrics.cells import Bad

DAY = "2024-03-05"
DAYS = """
05-Mar-2024|5-Mar-2024|05/Mar/2024|05.Mar.2024|05 Mar 2024|5 mar 2024|05-MAR-2024|05MAR2024|5 March 2024
5 March, 2024
5th March 2024|5th of March 2024|Mar 5, 2024|Mar 5 2024|Mar. 5, 2024|March 5, 2024|March 5 2024|March 5th, 2024
MARCH 05, 2024|Mar-05-2024|2024-Mar-05|2024 Mar 5|2024 March 5|Tue, 05 Mar 2024|Tuesday, March 5, 2024
Tue Mar 05 2024|tue 5 mar 2024
5 марта 2024|05 марта 2024|5 марта 2024 г.|5 марта 2024г.|5 марта 2024 года|5 мар. 2024 г.|5 мар 2024|05-мар-2024
5 Март 2024|05.мар.2024|вт, 5 марта 2024 г.|вторник, 5 марта 2024|5\u00a0марта\u00a02024\u00a0г.|05.03.2024 г.
5.3.2024г.
"""
TIMES = {
    "2024-03-05 17:30:00": """
05-Mar-2024 17:30|05-Mar-2024 5:30 PM|05-Mar-2024, 17:30:00|Mar 5, 2024 5:30 PM|Mar 5, 2024, 5:30:00 PM
March 5, 2024 at 5:30 PM|Mar 5, 2024, 5:30\u202fPM|5 марта 2024 г. 17:30|5 марта 2024 г., 17:30
5 марта 2024, 17:30|5 марта 2024 г. в 17:30
5 мар. 2024 17:30:00|вт, 5 мар. 2024 г., 17:30|05.03.2024 г. 17:30|5 March 2024T17:30""",
    "2024-03-05 17:30:00+00:00": """
Tue, 05 Mar 2024 17:30:00 GMT|Tue, 5 Mar 2024 20:30:00 +0300|Tue Mar 05 2024 20:30:00 GMT+0300
05-Mar-2024 17:30:00 UTC
2024-03-05 20:30 UTC+3|2024-03-05 23:00 UTC+5:30|05.03.2024 12:30 GMT-05:00|2024-03-05T17:30:00Z""",
}  # fmt: skip


def listed(words: str) -> list[str]:
    return words.strip().replace("\n", "|").split("|")


@pytest.mark.parametrize("cell", listed(DAYS))
def test_a_day_with_a_named_month_is_read(cell: str) -> None:
    out = text.time(cell)
    assert type(out) is dt.date and str(out) == DAY


@pytest.mark.parametrize(("value", "cell"), [(value, cell) for value, cells in TIMES.items() for cell in listed(cells)])
def test_a_time_after_it_too(value: str, cell: str) -> None:
    assert str(text.time(cell)) == value


ENGLISH = calendar.month_name[1:]
RUSSIAN = ["января", "февраля", "марта", "апреля", "мая", "июня", "июля"]
RUSSIAN += ["августа", "сентября", "октября", "ноября", "декабря"]
SHORT = ["янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"]


@given(st.dates(dt.date(1971, 1, 1), dt.date(2199, 12, 31)), st.booleans())
def test_every_day_reads_back_in_both_languages(day: dt.date, upper: bool) -> None:
    english, russian, short = (names[day.month - 1] for names in (ENGLISH, RUSSIAN, SHORT))
    cells = [
        f"{day.day} {english} {day.year}",
        f"{english[:3]} {day.day}, {day.year}",
        f"{day.day:02}-{english[:3]}-{day.year}",
    ]
    cells += [
        f"{day.day} {russian} {day.year} г.",
        f"{day.day:02}.{short}.{day.year}",
        f"{day:%a, %d %b %Y}",
        f"{day:%A, %B %d, %Y}",
    ]
    for cell in cells:
        assert text.time(cell.upper() if upper else cell) == day


@given(st.text("0123456789 -./,:МмaартаMarchПвтт", max_size=20))
def test_what_is_read_is_a_time_or_refused(cell: str) -> None:
    assert isinstance(text.time(cell), (dt.date, Bad, type(None)))


def test_names_of_months_are_of_one_month_each() -> None:
    assert sorted(set(MONTHS.values())) == list(range(1, 13)) and sorted(set(WEEKDAYS.values())) == list(range(1, 8))
    assert not set(MONTHS) & set(WEEKDAYS)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("05-Mar-26", "has a year of two digits"), ("5 марта 24", "has a year of two digits"),
        ("5 мар 24 г.", "has a year of two digits"), ("05-MAR-26 10:30", "has a year of two digits"),
        ("30 февраля 2024", "is not in the calendar"), ("31-Apr-2024", "is not in the calendar"),
        ("0 Mar 2024", "is not in the calendar"), ("Feb 29, 2023", "is not in the calendar"),
        ("Mon, 05 Mar 2024", "is 2024-03-05, another day of the week"),
        ("пн, 5 марта 2024", "is 2024-03-05, another day of the week"),
        ("March 2024", "is not a time"), ("5 March", "is not a time"), ("Mar 5", "is not a time"),
        ("5 Marz 2024", "is not a time"), ("5 foo 2024", "is not a time"), ("foo, 5 Mar 2024", "is not a time"),
        ("5 Mar 20245", "is not a time"), ("5 Mar 2024 noon", "is not a time"), ("5 Mar 2024 -", "is not a time"),
        ("5 Mar 2024 25:00", "is not a time of day"), ("5 Mar 2024 13:00 PM", "is not a time of day"),
        ("31.03.202420240331", "is not a time"), ("2024-01-05-", "is not a time"), ("2024-01-05 n/a", "is not a time"),
        ("2024-03-05 17:30 MSK", "is not a time"), ("2024-03-05 17:30 UTC+99", "is not a time of day"),
        ("0/5/2024", "is not in the calendar"), ("2024-00-10", "is not in the calendar"),
    ],
)  # fmt: skip
def test_what_is_no_day_or_may_be_two_is_refused(cell: str, problem: str) -> None:
    out: Any = text.time(cell)
    assert type(out) is Bad and (out.value, out.problem) == (cell, problem)


# ---------------------------------------------------------------- as it was written


@pytest.mark.parametrize(
    ("cell", "wall", "time"),
    [
        ("2024-07-01T01:00:00+05:00", "2024-07-01 01:00:00+05:00", "2024-06-30 20:00:00+00:00"),
        ("01.07.2024 01:00 +05:00", "2024-07-01 01:00:00+05:00", "2024-06-30 20:00:00+00:00"),
        ("1 июля 2024, 01:00 +0500", "2024-07-01 01:00:00+05:00", "2024-06-30 20:00:00+00:00"),
        ("2024-07-01T01:00:00Z", "2024-07-01 01:00:00+00:00", "2024-07-01 01:00:00+00:00"),
        ("2024-07-01 01:00", "2024-07-01 01:00:00", "2024-07-01 01:00:00"),
        ("2024-07-01", "2024-07-01", "2024-07-01"),
    ],
)
def test_a_wall_is_the_time_as_it_was_written(cell: str, wall: str, time: str) -> None:
    assert (str(text.read_wall(cell)), str(text.time(cell))) == (wall, time)


def test_a_wall_keeps_its_zone_and_which_of_two_equal_clocks_it_is() -> None:
    zone = ZoneInfo("America/New_York")
    first, second = (dt.datetime(2024, 11, 3, 1, 30, tzinfo=zone, fold=fold) for fold in (0, 1))
    assert [cells.wall(x).fold for x in (first, second)] == [0, 1] and cells.wall(first).tzinfo is zone
    assert [str(cells.instant(x)) for x in (first, second)] == [
        "2024-11-03 05:30:00+00:00",
        "2024-11-03 06:30:00+00:00",
    ]
    assert cells.instant(second.replace(tzinfo=None)).fold == 1


def test_a_timestamp_of_pandas_is_a_plain_datetime() -> None:
    pd = pytest.importorskip("pandas")
    for stamp in (pd.Timestamp("2024-03-05 17:30"), pd.Timestamp("2024-03-05 17:30", tz="Europe/Moscow")):
        assert type(cells.wall(stamp)) is type(cells.instant(stamp)) is dt.datetime
        assert str(cells.wall(stamp)) == str(stamp) and cells.instant(stamp) == stamp
    assert cells.instant(pd.NaT) is cells.instant(pd.Timestamp("0001-01-01")) is None


# ---------------------------------------------------------------- the order of day and month


@pytest.mark.parametrize(
    "cell", ["45/05/2024", "13/00/2024", "31/04/2024", "13/05/2024 25:00", "13/05/2024 foo", "30/02/2024"]
)
def test_a_date_that_cannot_be_proves_no_order(cell: str) -> None:
    assert isinstance(text.time(cell), Bad)
    assert text.date_orders([cell]) == set() and text.date_orders([cell, "04/13/2024"]) == {"mdy"}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("28.09.2025", "2025-09-28"), ("09/30/2026", "2026-09-30"), ("15/10/2017  10:55:00 PM", "2017-10-15 22:55:00"),
        ("2020-10-22T21:03:23.000+0000", "2020-10-22 21:03:23+00:00"), ("2024/03/05", "2024-03-05"),
        ("2023-02-22 08:27:53 UTC", "2023-02-22 08:27:53+00:00"),
    ],
)  # fmt: skip
def test_dates_of_exports_are_read(cell: str, value: str) -> None:
    assert str(text.time(cell)) == value


def test_a_date_of_two_readings_takes_the_order_of_its_file() -> None:
    assert str(text.time("3/4/2025, 10:22 AM", dates="mdy")) == "2025-03-04 10:22:00"
    for cell in ("03-05-2026", "4/5/2024", "05-01-25", "45366", "1704412800", "1704412800000", "2024-02-30"):
        assert isinstance(text.time(cell), Bad), cell


# ---------------------------------------------------------------- lengths of time


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("90", "90"), ("1:30", "90"), ("00:01:30", "90"), ("1:05:30", "3930"), ("75:30", "4530"), ("120:00", "7200"),
        ("0:5:30", "330"), ("25:00:00", "90000"), ("00:00:30.5", "30.5"), ("1:30,25", "90.25"), ("90,5", "90.5"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_in_seconds(cell: str, seconds: str) -> None:
    assert str(text.seconds(cell)) == seconds


@pytest.mark.parametrize(
    "cell", ["1:75:30", "1:60:00", "0:99:00", "1:30:75", "1:75", "-1:30", "1:2", "1:30:", "12:00 PM", "1:2:3:4"]
)
def test_a_length_of_time_that_no_clock_shows_is_refused(cell: str) -> None:
    remedy = "write them, or mm:ss, or h:mm:ss with minutes and seconds below 60"
    assert text.seconds(cell) == Bad(cell, "is not a number of seconds", remedy)
