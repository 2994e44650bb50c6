"""Where the calendar begins and ends: no key names a month that is none, no zone fails, messages say what is so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import day, hour, month, quarter, sales, table, week, weekday, year
from crm_metrics._values.clocks import offsets, zoneinfo
from crm_metrics._values.columns import Instants
from crm_metrics.errors import DataError, WrongValue
from crm_metrics.records import Deal
from crm_metrics.records.schemas import Record

UNITS = (day, week, month, quarter, year)
ENDS = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]


@pytest.mark.parametrize(
    ("unit", "last", "before"),
    [
        (month, "9999-12", "9999-11"),
        (day, "9999-12-31", "9999-12-30"),
        (week, "9999-W52", "9999-W51"),
        (quarter, "9999Q4", "9999Q3"),
        (year, "9999", "9998"),
    ],
)
def test_the_last_period_is_there_and_has_no_day_after_it(unit: Any, last: str, before: str) -> None:
    with pytest.raises(WrongValue, match=f"the {unit.unit} '{last}' ends with the calendar.* up to '{before}'"):
        unit(last)
    assert unit(before).end <= dt.date.max
    assert unit.between(before, last) == [before, last], "as labels both are fine"


@pytest.mark.parametrize("text", ["2024-13", "0000-12", "2024-00"])
def test_what_is_no_month_is_none(text: str) -> None:
    with pytest.raises(WrongValue, match="there is no month"):
        month(text)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Yekaterinburg", "Pacific/Kiritimati", "UTC"])
def test_times_at_both_ends_are_in_a_month_of_the_calendar_in_every_zone(zone: str) -> None:
    times = Instants(_micros(), None, False, zone)
    for unit in UNITS:
        labels = unit._coded(times)
        for label in (labels.item(0), labels.item(1)):
            assert unit._start(label) is not None
    assert month._coded(times).item(0) == "0001-01" and month._coded(times).item(1) == "9999-12"
    assert {hour._coded(times).item(0), weekday._coded(times).item(1)} <= set(range(24))


def _micros() -> Any:
    return np.array([x.removesuffix("Z") for x in ENDS], "M8[us]").astype(np.int64)


@given(
    data=st.lists(st.datetimes(dt.datetime(1800, 1, 1), dt.datetime(2400, 1, 1)), min_size=1, max_size=5),
    zone=st.sampled_from(["Europe/Moscow", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]),
)
def test_offsets_of_a_few_times_far_apart_are_those_of_each(data: list[dt.datetime], zone: str) -> None:
    times = np.array(data, "M8[us]").astype(np.int64)
    clock = zoneinfo(zone)
    want = [x.replace(tzinfo=dt.UTC).astimezone(clock).utcoffset() for x in data]
    assert offsets(times, zone).tolist() == [x // dt.timedelta(microseconds=1) for x in want if x is not None]


@pytest.mark.parametrize("us", [-62135596800000001, 253402300800000000, 569 * 10**15, 2**63 - 1, -(2**63) + 1])
def test_a_time_that_no_calendar_has_is_told_by_whoever_shows_it(us: int) -> None:
    times = Instants(np.array([us]))
    for unit in UNITS:
        with pytest.raises(WrongValue, match="which no calendar has"):
            unit._coded(times)
    with pytest.raises(WrongValue, match="which no calendar has"):
        times.item(0)
    with pytest.raises(WrongValue, match="which no calendar has"):
        repr(times)


def test_groups_by_time_of_deals_at_both_ends() -> None:
    deals = {"id": [1, 2], "status": ["won"] * 2, "created_at": [dt.date.min + dt.timedelta(days=400), dt.date.max]}
    for unit in UNITS:
        found = sales.deals_created(table(deals, Deal), by=unit("created_at"))
        assert found.total() == 2


@pytest.mark.parametrize("zone", ["Nowhere/At_All", "", 5, [1], np.zeros((2, 2)), b"UTC"])
def test_a_zone_that_is_none_is_refused_where_it_is_named(zone: Any) -> None:
    with pytest.raises(WrongValue, match="there is no time zone"):
        month("created_at", tz=zone)


# ---------------------------------------------------------------- what microseconds do not reach

FAR = [2**62, 2**62 + 5, 10**18, -(10**15)]


def _of_library(kind: str, counts: list[int | None], unit: str) -> Any:
    """Times of a library, by the integers behind them."""
    if kind == "numpy":
        return np.array(["NaT" if x is None else x for x in counts], f"M8[{unit}]")
    if kind == "arrow":
        pa = pytest.importorskip("pyarrow")
        return pa.array(counts, pa.timestamp(unit))
    pl = pytest.importorskip("polars")
    return pl.Series(counts, dtype=pl.Int64).cast(pl.Datetime(unit))


UNITS_OF = [(k, u) for k in ("numpy", "arrow", "polars") for u in ("s", "ms") if (k, u) != ("polars", "s")]


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize(("kind", "unit"), UNITS_OF)
def test_a_time_that_microseconds_do_not_reach_is_refused_in_every_library(kind: str, unit: str, far: int) -> None:
    rows = {"id": [1, 2], "status": ["open"] * 2, "created_at": _of_library(kind, [far, None], unit)}
    with pytest.raises(DataError, match=r"row 1, created_at: .* is in no calendar"):
        table(rows, Deal)
    seen = table({"seen": rows["created_at"]}, Record).seen
    assert seen.item(0).startswith(str(np.datetime64(far, unit))[:9]) and seen.item(1) is None


@pytest.mark.parametrize("unit", ["D", "s", "ms"])
def test_a_duration_that_microseconds_do_not_reach_is_the_label_it_is(unit: str) -> None:
    taken = table({"taken": np.array([2**62, 5], f"m8[{unit}]")}, Record).taken
    assert taken.item(0) == str(np.timedelta64(2**62, unit)) and taken.item(1) == np.timedelta64(5, unit).item()
    days = table({"seen": np.array([2**62, 5], "M8[D]")}, Record).seen
    assert days.item(0) == str(np.datetime64(2**62, "D"))


def test_days_of_arrow_that_are_told_with_a_part_of_a_day_are_days() -> None:
    pa = pytest.importorskip("pyarrow")
    rows = {"id": [1, 2, 3], "status": ["open"] * 3}
    days = table({**rows, "created_at": pa.array([1704067200001, 1704067199999, None], pa.date64())}, Deal).created_at
    assert [days.item(i) for i in range(3)] == [dt.date(2024, 1, 1), dt.date(2023, 12, 31), None]
    with pytest.raises(DataError, match=r"row 2, created_at: .* is in no calendar"):
        table({**rows, "created_at": pa.array([0, 10**18, None], pa.date64())}, Deal)


def test_a_time_of_day_without_its_day_is_told() -> None:
    with pytest.raises(DataError, match="is a time of day without its day; give a datetime, made of both"):
        Deal(id=1, created_at=dt.time(10, 30), status="open")
