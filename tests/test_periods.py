"""Time as a key and as a period: calendars, clock changes, empty periods."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import Breakdown, Deal, Period, day, hour, month, quarter, sales, table, week, weekday, where, year
from crm_metrics._values.days import no_days, since_1970
from crm_metrics.errors import WrongValue
from crm_metrics.periods import TimeKey, time_key

UNITS = {"day": day, "week": week, "month": month, "quarter": quarter, "year": year, "weekday": weekday, "hour": hour}
UTC, NEW_YORK = dt.UTC, "America/New_York"
ZONES = ("UTC", NEW_YORK, "Europe/Moscow", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca")


def deals(*times: Any) -> list[Deal]:
    return [Deal(id=i, created_at=t, status="open") for i, t in enumerate(times)]


def counts(*times: Any, by: Any) -> dict[Any, float]:
    return dict(sales.deals_created(deals(*times), by=by))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


# ---------------------------------------------------------------- labels


def test_labels_are_what_a_person_writes() -> None:
    moment = dt.datetime(2017, 3, 5, 14, 30)
    labels = {name: next(iter(counts(moment, by=unit("created_at")))) for name, unit in UNITS.items()}
    assert labels == {
        "day": "2017-03-05", "week": "2017-W09", "month": "2017-03", "quarter": "2017Q1", "year": "2017",
        "weekday": 7, "hour": 14,
    }  # fmt: skip


def some_time(x: dt.date) -> bool:
    return not no_days(since_1970(x))


def oracle(unit: str, t: dt.date) -> Any:
    """What the calendar of Python says."""
    iso = t.isocalendar()
    return {
        "day": f"{t:%Y-%m-%d}" if t.year >= 1000 else t.isoformat()[:10],
        "week": f"{iso.year:04}-W{iso.week:02}",
        "month": f"{t.year:04}-{t.month:02}",
        "quarter": f"{t.year:04}Q{(t.month + 2) // 3}",
        "year": f"{t.year:04}",
        "weekday": t.isoweekday(),
        "hour": t.hour if isinstance(t, dt.datetime) else None,
    }[unit]


@pytest.mark.parametrize("unit", UNITS)
@given(times=st.lists((st.datetimes() | st.dates()).filter(some_time), min_size=1, max_size=4))
def test_every_unit_agrees_with_the_calendar_from_year_1_to_9999(unit: str, times: list[dt.date]) -> None:
    if unit == "day":  # a label for every day between: fewer centuries will do
        times = [t.replace(year=1990 + t.year % 40, day=min(t.day, 28)) for t in times]
    key = UNITS[unit]("created_at")
    t = table(deals(*times), Deal)
    assert [key(t).item(i) for i in range(len(t))] == [oracle(unit, x) for x in times]
    assert [key(d) for d in deals(*times)] == [oracle(unit, x) for x in times]
    if unit != "hour":
        assert UNITS[unit].label(times[0]) == oracle(unit, times[0])


@pytest.mark.parametrize(
    ("date", "label"),
    [
        ("2016-01-03", "2015-W53"), ("2016-01-04", "2016-W01"), ("2016-12-31", "2016-W52"), ("2017-01-01", "2016-W52"),
        ("2018-12-31", "2019-W01"), ("2020-12-31", "2020-W53"), ("2021-01-03", "2020-W53"), ("2021-01-04", "2021-W01"),
        ("0001-01-08", "0001-W02"), ("9999-12-26", "9999-W51"),
    ],
)  # fmt: skip
def test_weeks_are_those_of_iso(date: str, label: str) -> None:
    assert counts(date, by=week) == {label: 1}


def test_a_time_without_an_hour_has_none() -> None:
    moments = (dt.date(2017, 3, 5), dt.datetime(2017, 3, 5), None)
    assert counts(*moments, by=hour) == {0: 1, None: 2}
    assert counts(dt.date(2017, 3, 5), by=hour) == {None: 1}
    assert counts(*moments, by=day) == {"2017-03-05": 2, None: 1}
    assert counts(None, None, by=month) == {None: 2} and counts(by=month) == {}


@pytest.mark.parametrize("days", [254, 255, 256, 65_535, 65_536])
def test_as_many_labels_as_a_code_can_hold(days: int) -> None:
    """Codes are bytes up to 256 labels, the one for missing among them."""
    starts = np.array(["1850-01-01", "NaT", "1850-01-01"], "M8[D]") + np.array([0, 0, days - 1])
    by = sales.deals_created({"created_at": starts}, by=day)
    assert dict(by) == {"1850-01-01": 1, str(starts[2]): 1, None: 1}


def test_a_key_of_a_column_with_an_odd_name() -> None:
    rows = {"Closed at": [dt.date(2017, 3, 5)], "закрыта": [dt.date(2017, 4, 5)]}
    assert dict(sales.deals_created(rows, by=month("Closed at"))) == {"2017-03": 1}
    assert dict(sales.deals_created(rows, by=month("закрыта"))) == {"2017-04": 1}


def test_a_column_with_nothing_in_it_may_be_of_times() -> None:
    rows = {"status": ["won", "lost"], "seen": [None, None]}
    assert dict(sales.deals_won(rows, by=month("seen"))) == {None: 1}
    assert len(where(rows, seen=month("2017-03"))) == 0 and len(where(rows, seen=None)) == 2


# ---------------------------------------------------------------- clocks


def test_days_begin_at_midnight_of_the_wall_clock_around_both_changes() -> None:
    """New York: 5 hours behind UTC, 4 from 12 March to 5 November 2017."""
    edges = {
        "2017-03-12T04:59:59.999999Z": "2017-03-11", "2017-03-12T05:00Z": "2017-03-12",
        "2017-03-13T03:59:59.999999Z": "2017-03-12", "2017-03-13T04:00Z": "2017-03-13",  # a day of 23 hours
        "2017-11-05T03:59:59.999999Z": "2017-11-04", "2017-11-05T04:00Z": "2017-11-05",
        "2017-11-06T04:59:59.999999Z": "2017-11-05", "2017-11-06T05:00Z": "2017-11-06",  # a day of 25
    }  # fmt: skip
    for moment, label in edges.items():
        assert counts(at(moment), by=day("created_at", tz=NEW_YORK)) == {label: 1}
    all_of_them = counts(*map(at, edges), by=day("created_at", tz=NEW_YORK))
    assert all_of_them == {label: list(edges.values()).count(label) for label in edges.values()}
    assert counts(*map(at, edges), by=hour("created_at", tz=NEW_YORK)) == {0: 4, 23: 4}


@given(
    times=st.lists(st.datetimes(dt.datetime(1950, 1, 2), dt.datetime(2037, 12, 30)), min_size=1, max_size=8),
    zone=st.sampled_from(ZONES),
)
def test_local_time_is_what_zoneinfo_says(times: list[dt.datetime], zone: str) -> None:
    moments = [t.replace(tzinfo=UTC) for t in times]
    local = [t.astimezone(ZoneInfo(zone)) for t in moments]
    t = table(deals(*moments), Deal, tz=zone)
    for unit in ("day", "hour", "weekday"):
        assert [UNITS[unit]("created_at")(t).item(i) for i in range(len(t))] == [oracle(unit, x) for x in local]
        again = UNITS[unit]("created_at", tz=zone)(table(deals(*moments), Deal))
        assert [again.item(i) for i in range(len(t))] == [oracle(unit, x) for x in local]


@given(days=st.lists(st.integers(0, 200_000), min_size=1, max_size=4), zone=st.sampled_from(ZONES[1:]))
def test_every_change_of_a_clock_is_found(days: list[int], zone: str) -> None:
    """Around the very moments at which zones change: on the hour, on the half, a whole day."""
    start = dt.datetime(2009, 1, 1, tzinfo=UTC)
    moments = [start + dt.timedelta(minutes=30 * d, microseconds=s) for d in days for s in (-1, 0, 1)]
    t = table(deals(*moments), Deal, tz=zone)
    wanted = [oracle("hour", x.astimezone(ZoneInfo(zone))) for x in moments]
    assert [hour("created_at")(t).item(i) for i in range(len(t))] == wanted


def test_the_zone_of_the_table_is_the_zone_of_its_days() -> None:
    moment = at("2017-03-01T02:00+00:00")
    assert counts(moment, by=month) == {"2017-03": 1}
    t = table(deals(moment), Deal, tz=NEW_YORK)
    assert dict(sales.deals_created(t, by=month)) == {"2017-02": 1}
    assert dict(sales.deals_created(t, by=month("created_at", tz="Europe/Moscow"))) == {"2017-03": 1}
    assert len(where(t, created_at=month("2017-02"))) == 1
    assert len(where(t, created_at=month("2017-03", tz="UTC"))) == 1


def test_an_extra_column_has_its_days_in_the_same_zone() -> None:
    rows = {"id": [1], "created_at": [at("2017-03-01T02:00Z")], "status": ["open"], "seen": [at("2017-03-01T02:00Z")]}
    t = table(rows, Deal, tz=NEW_YORK)
    assert dict(sales.deals_created(t, by=month("seen"))) == {"2017-02": 1}


def test_a_bare_date_is_a_day_of_the_business_in_any_zone() -> None:
    rows = deals(dt.date(2017, 3, 1), at("2017-03-01T02:00Z"))
    t = table(rows, Deal, tz=NEW_YORK)
    assert dict(sales.deals_created(t, by=day)) == {"2017-02-28": 1, "2017-03-01": 1}


def test_times_of_either_kind_compare_by_day_with_a_bare_date() -> None:
    rows = deals(dt.datetime(2017, 3, 1, 23), dt.date(2017, 3, 1), dt.date(2017, 3, 2))
    assert len(where(rows, lambda d: d.created_at <= dt.date(2017, 3, 1))) == 2
    assert len(where(rows, created_at=dt.date(2017, 3, 1))) == 2
    assert (
        len(where(rows, lambda d: d.created_at > dt.datetime(2017, 3, 1, 12))) == 2
    )  # 1 March at 23:00, and all of the 2nd
    assert len(where(rows, lambda d: d.created_at != dt.date(2017, 3, 1))) == 1


def test_a_zone_that_nobody_needs_is_not_asked_for() -> None:
    assert counts(None, by=month("created_at", tz=NEW_YORK)) == {None: 1}
    assert counts(by=month("created_at", tz=NEW_YORK)) == {}
    mixed = [Deal(id=1, created_at=None, status="won", closed_at=at("2017-03-01T02:00Z"))]
    assert np.isnan(sales.average_sales_cycle(mixed))


# ---------------------------------------------------------------- periods


def test_a_period_is_half_open() -> None:
    first, last = dt.datetime(2017, 3, 1), dt.datetime(2017, 3, 31, 23, 59, 59, 999999)
    rows = deals(first, last, dt.datetime(2017, 4, 1), dt.datetime(2017, 2, 28, 23, 59, 59, 999999), None)
    assert len(where(rows, created_at=month("2017-03"))) == 2
    assert len(where(rows, created_at=Period(dt.date(2017, 3, 1), dt.date(2017, 4, 1)))) == 2
    assert len(where(rows, created_at=Period(first, last))) == 1
    assert len(where(rows, created_at=Period(first, first))) == 0
    assert len(where(rows, created_at=[month("2017-02"), month("2017-04"), None])) == 3


def test_a_period_of_datetimes_is_in_their_zone() -> None:
    rows = deals(at("2017-03-01T02:00Z"))
    assert len(where(rows, created_at=Period(at("2017-02-28T21:00-05:00"), at("2017-03-01T00:00-05:00")))) == 1
    assert len(where(rows, created_at=Period(at("2017-02-28T21:00:00.1-05:00"), at("2017-03-02T00:00Z")))) == 0
    with pytest.raises(WrongValue, match="do not meet"):
        where(rows, created_at=Period(dt.datetime(2017, 1, 1), dt.datetime(2018, 1, 1)))


@pytest.mark.parametrize(
    ("made", "start", "end"),
    [
        (day("2016-02-29"), "2016-02-29", "2016-03-01"),
        (week("2020-W53"), "2020-12-28", "2021-01-04"),
        (month("2016-12"), "2016-12-01", "2017-01-01"),
        (quarter("2017Q4"), "2017-10-01", "2018-01-01"),
        (year("2016"), "2016-01-01", "2017-01-01"),
        (year(2016), "2016-01-01", "2017-01-01"),
        (month.period("2016-12"), "2016-12-01", "2017-01-01"),
    ],
)
def test_a_label_is_a_period(made: Period, start: str, end: str) -> None:
    assert made == Period(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    assert made.days == (made.end - made.start).days


@given(st.dates(dt.date(2, 1, 1), dt.date(9998, 12, 31)))
def test_a_period_covers_the_days_that_have_its_label(date: dt.date) -> None:
    for unit in (day, week, month, quarter, year):
        period = unit(unit.label(date))
        assert period.start <= date < period.end
        assert unit.label(period.end) != unit.label(date) == unit.label(period.start)


# ---------------------------------------------------------------- empty periods


def test_empty_periods_are_put_in_on_request() -> None:
    totals = Breakdown.of({"2016-11": 3, "2017-02": 1, None: 5})
    assert month.fill(totals) == {"2016-11": 3, "2016-12": 0, "2017-01": 0, "2017-02": 1, None: 5}
    assert list(month.fill(totals)) == ["2016-11", "2016-12", "2017-01", "2017-02", None]
    rates = Breakdown.of({"2017-02": 0.5})
    assert month.fill(rates, start="2017-01", end="2017-03") == {"2017-01": None, "2017-02": 0.5, "2017-03": None}
    assert quarter.fill(Breakdown.of({"2016Q4": 1, "2017Q2": 1})) == {"2016Q4": 1, "2017Q1": 0, "2017Q2": 1}
    assert list(week.fill(Breakdown.of({"2015-W52": 1, "2016-W01": 1}))) == ["2015-W52", "2015-W53", "2016-W01"]
    assert list(day.fill(Breakdown.of({"2016-02-28": 1, "2016-03-01": 1})))[1] == "2016-02-29"
    assert year.fill(Breakdown.of({"2015": 1, "2017": 2})) == {"2015": 1, "2016": 0, "2017": 2}


def test_other_keys_are_crossed_with_every_period() -> None:
    rows = [
        Deal(id=i, created_at=t, status="open", manager=m)
        for i, (m, t) in enumerate([("Anna", "2017-01-05"), (None, "2017-03-05"), ("Anna", None)])
    ]
    full = month.fill(sales.deals_created(rows, by=("manager", month)))
    assert list(full.items()) == [
        (("Anna", "2017-01"), 1), (("Anna", "2017-02"), 0), (("Anna", "2017-03"), 0), (("Anna", None), 1),
        ((None, "2017-01"), 0), ((None, "2017-02"), 0), ((None, "2017-03"), 1), ((None, None), 0),
    ]  # fmt: skip
    alone = month.fill(sales.deals_created(rows, by=(month,)))
    assert list(alone) == [("2017-01",), ("2017-02",), ("2017-03",), (None,)]


def test_nothing_is_filled_where_nothing_is_known() -> None:
    assert month.fill(Breakdown.of({})) == {}
    assert month.fill(Breakdown.of({None: 5})) == {None: 5}
    assert month.fill(Breakdown.of({}), start="2017-01", end="2017-02") == {"2017-01": 0, "2017-02": 0}
    assert month.fill(Breakdown.of({("Anna", None): 1}, names=("manager", "month"))) == {("Anna", None): 1}


# ---------------------------------------------------------------- keys


def test_keys_are_values() -> None:
    assert month("closed_at") == month("closed_at") != month("created_at")
    assert month.on("closed_at") == month("closed_at") == TimeKey("month", "closed_at")
    assert len({month, month(), month("closed_at", tz="UTC"), month("closed_at")}) == 3
    assert month(tz=NEW_YORK)("closed_at") == month("closed_at", tz=NEW_YORK)


def test_a_bare_key_reads_the_time_that_the_metric_names() -> None:
    rows = [Deal(id=1, created_at="2017-01-05", status="won", closed_at="2017-02-01", expected_close="2017-03-01")]
    assert sales.deals_created(rows, by=month) == {"2017-01": 1}
    assert sales.deals_won(rows, by=month) == {"2017-02": 1}
    expected = {"status": ["open"], "amount": [5], "expected_close": ["2017-03-01"]}
    assert sales.open_pipeline(expected, by=month) == {"2017-03": 5.0}


@pytest.mark.parametrize(
    "text", ["month(a)(b)", "month('x)", 'month("x)', "month(x')", "month()", "month('')", "mont(x)"]
)
def test_text_with_odd_brackets_or_quotes_is_no_key(text: str) -> None:
    assert time_key(text) is None


@pytest.mark.parametrize("text", ["month(closed at)", "month('closed at')", 'month("closed at")'])
def test_quotes_around_a_field_come_in_pairs(text: str) -> None:
    assert time_key(text) == month("closed at")
    assert time_key("month('made (UTC)')") == month("made (UTC)") and time_key("month") == month
