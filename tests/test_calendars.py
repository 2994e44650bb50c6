"""Periods that end where the data end."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given, strategies as st

import crm_metrics
from crm_metrics import (
    Period,
    fiscal_year,
    last_days,
    month,
    months_445,
    previous,
    quarter,
    sales,
    scorecard,
    this,
    today,
    week,
    where,
    year,
    yesterday,
)
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
    assert previous(found).end == found.start and previous(found).days == n


@given(days, st.sampled_from([week, month, quarter, year]))
def test_this_unit_holds_the_day_and_the_previous_one_ends_where_it_starts(day: dt.date, unit: Any) -> None:
    found = this(unit, day)
    assert found.start <= day < found.end
    assert previous(unit, day).end == found.start
    assert previous(unit, as_of=day) == this(unit, found.start - ONE)


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


def test_a_long_retail_year_has_a_week_more_in_its_last_month() -> None:
    short, long = (months_445(dt.date(2023, 1, 30), year_weeks=n) for n in (52, 53))
    assert short[:-1] == long[:-1] and long[-1].start == short[-1].start
    assert long[-1].end == dt.date(2024, 2, 5) == short[-1].end + 7 * ONE
    assert sum(p.days for p in long) == 53 * 7


DEALS = {
    "created_at": ["2024-01-10", "2024-02-28", "2024-03-01", "2024-03-31"],
    "closed_at": ["2024-02-29", "2024-03-25", "2024-03-31", None],
    "status": ["won", "won", "lost", "open"],
    "amount": [100, 200, 0, 0],
}
AS_OF = dt.date(2024, 3, 31)
FIRST = dt.date(1, 1, 1)


@pytest.mark.parametrize(
    ("period", "revenue", "created"),
    [
        (today(AS_OF), 0, 1), (last_days(7, AS_OF), 200, 1), (this(month, AS_OF), 200, 2),
        (this(quarter, AS_OF), 300, 4), (previous(month, AS_OF), 100, 1), (previous(last_days(7, AS_OF)), 0, 0),
        (fiscal_year(2, AS_OF), 300, 3), (months_445(dt.date(2024, 1, 29))[1], 100, 2),
    ],
)  # fmt: skip
def test_where_and_scorecard_take_them(period: Period, revenue: float, created: int) -> None:
    deals = crm_metrics.table({"id": [1, 2, 3, 4], **DEALS}, crm_metrics.Deal)
    assert sales.won_revenue(where(deals, closed_at=period)) == revenue
    assert sales.deals_created(where(deals, created_at=period)) == created
    card = scorecard(["won_revenue", "deals_created"], deals=deals, where=period)
    assert [row.value for row in card] == [revenue, created]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: last_days(0, dt.date(2024, 1, 1)), WrongValue, r"last_days\(0\): give a number of days"),
        (lambda: last_days(True, dt.date(2024, 1, 1)), WrongValue, "last_days"),
        (lambda: today("2024-01-01"), WrongCall, "as_of is '2024-01-01': give a date"),  # type: ignore[arg-type]
        (lambda: this("month", dt.date(2024, 1, 1)), WrongCall, "a unit of time such as month"),  # type: ignore[arg-type]
        (lambda: previous(month), WrongCall, "say before which day, as_of="),
        (lambda: previous(today(AS_OF), AS_OF), WrongCall, "takes no as_of"),
        (lambda: previous(Period(FIRST, dt.date(1, 2, 1))), WrongValue, "nothing before year 1"),
        (lambda: previous(Period(FIRST, dt.date(1, 1, 9))), WrongValue, "nothing before year 1"),
        (lambda: previous(month, dt.date(1, 1, 5)), WrongValue, "nothing before year 1"),
        (lambda: yesterday(FIRST), WrongValue, "nothing before year 1"),
        (lambda: months_445(AS_OF, year_weeks=54), WrongValue, "year_weeks=54: a retail year has 52 weeks"),
        (lambda: fiscal_year(13, dt.date(2024, 1, 1)), WrongValue, "start_month=13"),
        (lambda: months_445(dt.date(2024, 1, 1), (4, 4, 4)), WrongValue, "give 4, 4 and 5"),
    ],
)
def test_what_is_no_period_is_refused(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


@given(days, st.sampled_from([month, quarter, year]), st.integers(1, 12))
def test_the_period_before_a_whole_calendar_period_is_the_whole_one_before(day: dt.date, unit: Any, start: int) -> None:
    assert previous(this(unit, day)) == previous(unit, day)
    fiscal = fiscal_year(start, day)
    assert previous(fiscal) == fiscal_year(start, fiscal.start - ONE)
    at = dt.datetime.combine
    timed = Period(at(fiscal.start, dt.time()), at(fiscal.end, dt.time()))
    assert previous(timed).start == at(previous(fiscal).start, dt.time())


def test_so_many_days_stay_so_many_days_also_where_they_are_a_month() -> None:
    june = last_days(30, dt.date(2024, 6, 30))
    assert june == month("2024-06") and previous(june).days == 30 and previous(previous(june)).days == 30
    assert previous(month("2024-06")).days == 31
    noon = Period(dt.datetime(2024, 6, 1, 12), dt.datetime(2024, 7, 1, 12))
    assert previous(noon).start == dt.datetime(2024, 5, 2, 12)


@given(st.integers(0, 104 * 7 - 1), st.permutations([4, 4, 5]), st.sampled_from([52, 53]))
def test_a_day_finds_its_retail_month_and_the_one_before_of_its_own_length(
    n: int, weeks: list[int], first_year: int
) -> None:
    first = dt.date(2023, 1, 30)
    second = first + dt.timedelta(weeks=first_year)
    months = months_445(first, weeks, year_weeks=first_year) + months_445(second, weeks)
    day = first + n * ONE
    place = next(i for i, p in enumerate(months) if p.start <= day < p.end)
    assert this(months, day) == months[place]
    if place:
        assert previous(months, day) == months[place - 1]
    else:
        with pytest.raises(WrongValue, match="2023-01-29 is in none of these 24 periods, 2023-01-30 to"):
            previous(months, day)


@pytest.mark.parametrize("unit", [crm_metrics.hour, crm_metrics.weekday])
def test_hours_and_weekdays_are_no_periods(unit: Any) -> None:
    for call in (this, previous):
        with pytest.raises(WrongCall, match=f"{unit.unit}s are keys, not periods: use day"):
            call(unit, dt.date(2024, 3, 31))
    if unit is crm_metrics.hour:
        with pytest.raises(WrongCall, match="a day has no hour"):
            unit.label(dt.date(2024, 3, 31))
