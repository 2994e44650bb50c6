"""Days by which programs write that there is none are none: in text, in objects, in arrays."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from cases import deal
from hypothesis import given, strategies as st
from strategies import MOMENTS

from crm_metrics import Manager, cells, roi, sales
from crm_metrics._tables import text
from crm_metrics._values.days import DAY, NO_DAYS, YEARS, no_days, odd, outside, since_1970
from crm_metrics.cells import Bad

WRITTEN = """
0000-00-00|0000-00-00 00:00:00|00.00.0000|00.00.0000 0:00:00|00/00/0000|0000-12-31T21:29:43Z|-0001-11-30 00:00:00
30.11.-0001|01.01.0001 0:00:00|01.01.0001|0001-01-01|0001-01-01T00:00:00|0001-01-01T00:00:00Z|0001-01-01T00:00:00+03:00
0001-01-01 00:00:00.0000000 +00:00|1/1/0001 12:00:00 AM|1601-01-01T00:00:00Z|1753-01-01|01/01/1753|1000-01-01 00:00:00
1899-12-30|1899-12-30 00:00:00|30.12.1899 0:00:00|12/30/1899 12:00:00 AM|1899-12-31|1900-01-00|00.01.1900|1/0/1900
0/1/1900|1/0/1900 12:00 AM|1900-01-01|01.01.1900 0:00:00|1899-12-29T21:29:43Z|1904-01-01|1970-01-01|1970-01-01T00:00:00Z
1970-01-01 00:00:00 UTC|01.01.1970 03:00:00|1970-01-01T03:00:00+03:00|12/31/1969|1969-12-31 19:00:00|Dec 31, 1969
Thu, 01 Jan 1970 00:00:00 GMT|1 января 1970 г.|2999-12-31|31.12.2999|9999-12-31|9999-12-31T23:59:59Z|31.12.9999 23:59:59
9999-12-31T23:59:59.9999999Z|9999-12-31 23:59:59-11:00|31-Dec-9999
"""
SOME = """
0001-02-01|0024-01-05|1899-12-20|1900-02-01|1905-01-01|1969-12-30|1970-01-02|1970-01-01 00:28:24|1970-01-01T00:00:01Z
1970-01-20 17:26:52|1999-12-31|2000-01-01|2204-02-25|2999-12-01|9998-01-01
"""


def listed(words: str) -> list[str]:
    return words.strip().replace("\n", "|").split("|")


@pytest.mark.parametrize("cell", listed(WRITTEN))
def test_what_programs_write_for_no_day_is_none(cell: str) -> None:
    assert text.time(cell) is None and text.read_wall(cell) is None


@pytest.mark.parametrize("cell", listed(SOME))
def test_other_days_are_days_however_odd(cell: str) -> None:
    assert isinstance(text.time(cell), dt.date)


@pytest.mark.parametrize("day", NO_DAYS)
def test_objects_and_arrays_of_such_a_day_mean_none_too(day: str) -> None:
    date = dt.date.fromisoformat(day)
    midnight = dt.datetime.combine(date, dt.time())
    zone = dt.timezone(dt.timedelta(hours=3))
    for x in (day, date, midnight, midnight.replace(tzinfo=dt.UTC), midnight.replace(tzinfo=zone), np.datetime64(day)):
        assert cells.instant(x) is None and cells.wall(x) is None
    for unit in ("D", "s", "us"):
        array = np.array([day, "2024-03-31", day], f"M8[{unit}]").astype("M8[us]").view(np.int64)
        assert no_days(array).tolist() == [True, False, True]


@pytest.mark.parametrize("hours", [-12, -5, 0, 3, 5.75, 14])
def test_the_start_of_unix_time_is_none_on_any_clock(hours: float) -> None:
    there = dt.timezone(dt.timedelta(hours=hours))
    start = dt.datetime(1970, 1, 1, tzinfo=dt.UTC).astimezone(there)
    for x in (start, start.replace(tzinfo=None), start.isoformat(), start.replace(tzinfo=None).isoformat(sep=" ")):
        assert cells.instant(x) is None
    assert cells.instant(dt.datetime(1970, 1, 1, 0, 0, 1)) is not None  # seconds that were read as nanoseconds: told


@given(st.datetimes() | st.dates())
def test_a_cell_an_object_and_an_array_agree_on_every_day(x: dt.date) -> None:
    us = since_1970(x)
    assert (cells.instant(x) is None) == no_days(us) == bool(no_days(np.array([us]))[0])
    assert (text.time(x.isoformat()) is None) == no_days(us)
    assert not outside(us) and cells.instant(x) in (None, x)


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_and_on_every_instant_with_an_offset(naive: dt.datetime, minutes: int) -> None:
    aware = naive.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    us = since_1970(aware)
    assert (cells.instant(aware) is None) == bool(no_days(np.array([us, 10**15]))[0])
    assert cells.instant(aware) in (None, aware) and cells.wall(aware.isoformat()) in (None, aware)


def test_a_moment_twice_on_a_clock_or_never_has_its_own_microseconds() -> None:
    assert [since_1970(said) for said, _ in MOMENTS] == [since_1970(moment) for _, moment in MOMENTS]


def test_of_no_times_none_are_none() -> None:
    assert no_days(np.zeros(0, np.int64)).tolist() == [] == outside(np.zeros(0, np.int64)).tolist()
    assert no_days(np.full(3, 17 * 10**14)).tolist() == [False] * 3


# ---------------------------------------------------------------- what no calendar holds, and what is worth telling


def array(*days: str) -> Any:
    return np.array(days, "M8[D]").astype(np.int64) * DAY


def test_years_that_no_calendar_has_are_outside() -> None:
    days = array("-184555-01-01", "-0001-06-01", "0000-06-01", "0001-01-05", "9999-12-01", "10000-02-01", "20000-01-01")
    assert outside(days).tolist() == [True, True, True, False, False, True, True]
    assert not outside(array("0000-12-31", "0001-01-01", "9999-12-31", "10000-01-01")).any()  # mean none
    for day in ("0000-06-01", "10000-02-01", "20000-01-01", "-184555-01-01"):
        out: Any = cells.instant(np.datetime64(day))
        assert type(out) is Bad and (out.problem, out.remedy) == (
            "is outside the calendar", "give a time from year 1 to 9999",
        )  # fmt: skip


def test_times_of_no_business_are_odd() -> None:
    days = array(
        "0024-01-05", "1899-06-01", "1900-06-01", "1970-01-20", "1970-02-01", "2024-01-05", "2199-12-31", "2204-02-25"
    )
    assert odd(days).tolist() == [True, True, False, True, False, False, False, True]
    assert (YEARS[0], YEARS[-1]) == (1900, 2199)


# ---------------------------------------------------------------- what follows for a record


def test_a_deal_with_such_a_day_has_none() -> None:
    assert deal(created_at="0001-01-01T00:00:00Z").created_at is None
    assert deal(created_at=dt.datetime(1, 1, 1), closed_at=dt.date(1899, 12, 30), status="lost").closed_at is None
    open_deal = deal(
        created_at="2024-01-05", closed_at="0001-01-01", status="open"
    )  # 1C: not closed, not "before it came"
    assert open_deal.closed_at is None
    assert Manager(name="Anna", hired_at="2020-01-01", left_at="9999-12-31").left_at is None


def test_no_cycle_of_centuries() -> None:
    won: Any = {"status": "won", "closed_at": "2024-01-05"}
    rows = [deal(created_at=x, **won) for x in ("0001-01-01", "1899-12-30", "1970-01-01", "2024-01-01")]
    assert sales.average_sales_cycle(rows) == 4.0


def test_an_argument_may_be_any_day_of_the_calendar() -> None:
    assert (
        cells.given("9999-12-31") == cells.given(dt.date.max) == dt.date.max and cells.given(dt.date.min) == dt.date.min
    )
    assert roi.xirr([-100, 110], ["1970-01-01", "1971-01-01"]) == pytest.approx(0.1)
    assert roi.xirr([-100, 110], np.array(["1970-01-01", "1971-01-01"], "M8[D]")) == pytest.approx(0.1)
    assert sales.overdue_deals([deal(expected_close="2024-01-05")], as_of=dt.date.max) == 1
    out: Any = cells.given(dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=3))))
    assert type(out) is Bad and out.problem == "is outside the calendar"
