"""Periods that end where the data end."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_metrics import Period, month, quarter, week, year
from crm_metrics.calendars import before, fiscal_year, last_days, months_445, previous, this, today, yesterday
from crm_metrics.errors import WrongCall, WrongValue

days = st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31))
ONE = dt.timedelta(days=1)


@given(days)
def test_today_is_one_day_and_yesterday_the_one_before(day: dt.date) -> None:
    assert today(day) == Period(day, day + ONE)
    assert yesterday(day) == Period(day - ONE, day)
    assert today(dt.datetime(day.year, day.month, day.day, 15)) == today(day)


@given(days, st.integers(1, 400))
def test_the_last_days_end_with_today_and_the_ones_before_are_as_many(day: dt.date, n: int) -> None:
    found = last_days(n, day)
    assert found.end == day + ONE and found.days == n
    assert before(found).end == found.start and before(found).days == n


@given(days, st.sampled_from([week, month, quarter, year]))
def test_this_unit_holds_the_day_and_the_previous_one_ends_where_it_starts(day: dt.date, unit: Any) -> None:
    found = this(unit, day)
    assert found.start <= day < found.end
    assert previous(unit, day).end == found.start


@given(days, st.integers(1, 12))
def test_a_fiscal_year_begins_with_its_month_and_is_a_year_long(day: dt.date, start: int) -> None:
    found = fiscal_year(start, day)
    assert found.start <= day < found.end
    assert found.start.month == found.end.month == start and found.days in (365, 366)


@pytest.mark.parametrize("weeks", [(4, 4, 5), (4, 5, 4), (5, 4, 4)])
def test_retail_months_follow_each_other_for_52_weeks(weeks: tuple[int, ...]) -> None:
    found = months_445(dt.date(2024, 1, 29), weeks)
    assert len(found) == 12 and sum(p.days for p in found) == 52 * 7
    assert all(a.end == b.start for a, b in itertools.pairwise(found))
    assert [p.days / 7 for p in found[:3]] == list(weeks)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: last_days(0, dt.date(2024, 1, 1)), WrongValue, r"last_days\(0\): give a number of days"),
        (lambda: last_days(True, dt.date(2024, 1, 1)), WrongValue, "last_days"),
        (lambda: today("2024-01-01"), WrongCall, "as_of is '2024-01-01': give a date"),  # type: ignore[arg-type]
        (lambda: this("month", dt.date(2024, 1, 1)), WrongCall, "a unit of time such as month"),  # type: ignore[arg-type]
        (lambda: fiscal_year(13, dt.date(2024, 1, 1)), WrongValue, "start_month=13"),
        (lambda: months_445(dt.date(2024, 1, 1), (4, 4, 4)), WrongValue, "give 4, 4 and 5"),
    ],
)
def test_what_is_no_period_is_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()
