"""What a heading states of the numbers and times below it is never dropped: it is read, or the load stops."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crm_metrics import Call, Deal, DealLine, Lead, Manager, Spend, month, read_csv, table, where
from crm_metrics._tables.units import is_lengthy, is_scaled
from crm_metrics.errors import DataError, WrongValue


def kinds(tmp_path: Path, cells: dict[str, list[str]], record: type, **how: Any) -> list[Any]:
    pd, pl = (pytest.importorskip(name) for name in ("pandas", "polars"))
    path = tmp_path / "rows.csv"
    lines = [";".join(row) for row in (cells, *zip(*cells.values(), strict=True))]
    path.write_text("\n".join(lines), encoding="utf-8")
    dicts = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    frames = cells, dicts, pd.DataFrame(cells), pl.DataFrame(cells)
    return [*(lambda rows=rows: table(rows, record, **how) for rows in frames), lambda: read_csv(path, record, **how)]


# ---------------------------------------------------------------- units


@pytest.mark.parametrize(
    ("record", "field", "others"),
    [
        (Deal, "amount", {"id": ["1"], "created_at": ["2024-01-05"], "status": ["open"]}),
        (Deal, "cost", {"id": ["1"], "created_at": ["2024-01-05"], "status": ["open"]}),
        (DealLine, "price", {"deal": ["1"]}),
        (Manager, "monthly_cost", {"name": ["Anna"]}),
        (Spend, "amount", {"at": ["2024-01-05"]}),
    ],
)
@pytest.mark.parametrize("heading", ["Бюджет, тыс. руб.", "Amount ($k)", "amount_thousands", "Sum, млн"])
def test_amounts_in_thousands_are_not_taken_for_amounts(
    tmp_path: Path, record: type, field: str, others: dict[str, list[str]], heading: str
) -> None:
    for load in kinds(tmp_path, {**others, heading: ["5"]}, record, columns={field: heading}, on_error="skip"):
        with pytest.raises(DataError, match="says that its amounts are in thousands or more; write them in full"):
            load()


@pytest.mark.parametrize(
    ("heading", "scaled"),
    [
        ("Amount (thousands)", True), ("Revenue, mln", True), ("Amount (k€)", True), ("Budget (K)", True),
        ("kEUR", True),
        ("Amount ('000)", True), ("Cost £'000", True), ("Sales (000s)", True),
        ("В тысячах рублей", True), ("AmountThousands", True), ("Amount", False),
        ("Cost per thousand impressions", False), ("Цена за тысячу", False), ("Cost ($)", False), ("Market $", False),
        ("Kosten", False), ("Amount (1000)", False), ("Millionaire", False), ("Сумма, ₽", False),
    ],
)  # fmt: skip
def test_headings_that_say_thousands(heading: str, scaled: bool) -> None:
    assert is_scaled(heading) is scaled


@pytest.mark.parametrize(
    "heading",
    ["Duration (min)", "Длительность, мин", "duration_ms", "CallDurationMinutes", "hh:mm"],
)
def test_minutes_are_not_taken_for_seconds(tmp_path: Path, heading: str) -> None:
    assert is_lengthy(heading)
    columns = {"started_at": ["2024-01-05", "2024-01-06"], heading: ["5", "7"]}
    for load in kinds(tmp_path, columns, Call, columns={"duration": heading}):
        with pytest.raises(DataError, match="says that its times are not in seconds; write them in seconds"):
            load()


def test_seconds_and_clocks_are_read_below_any_heading(tmp_path: Path) -> None:
    for heading in ("Duration (s)", "Talk time, h:mm:ss", "Длительность (чч:мм:сс)", "duration_seconds", "Duration"):
        assert not is_lengthy(heading)
    path = tmp_path / "calls.csv"
    path.write_text("started_at,Duration (min)\n2024-01-05,0:05:00\n2024-01-06,\n2024-01-07,7:30\n")
    assert read_csv(path, Call, columns={"duration": "Duration (min)"}).duration.item(2) == 450


# ---------------------------------------------------------------- zones


@pytest.mark.parametrize("heading", ["Created (UTC)", "created_utc", "createdAtUtc", "Created GMT", "Made (GMT+0)"])
def test_times_below_utc_are_those_of_utc(tmp_path: Path, heading: str) -> None:
    columns = {"id": ["1", "2"], heading: ["2024-01-31 22:00:00", "2024-01-31 12:30:00"]}
    for load in kinds(tmp_path, columns, Lead, columns={"created_at": heading}, tz="Europe/Moscow"):
        leads = load()
        assert [leads.created_at.item(i).isoformat()[10:] for i in (0, 1)] == ["T22:00:00+00:00", "T12:30:00+00:00"]
        assert [len(where(leads, created_at=month(one))) for one in ("2024-01", "2024-02")] == [1, 1]
        assert leads.report.decided == ("created_at is in UTC, as its heading says",)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_arrays_below_an_offset_are_turned(unit: str) -> None:
    times = np.array(["2024-02-01T01:00:00", "NaT", "2024-02-01T04:00:01"], f"M8[{unit}]")
    leads = table({"id": [1, 2, 3], "made (GMT+3)": times}, Lead, columns={"created_at": "made (GMT+3)"})
    assert leads.created_at.item(0) == dt.datetime(2024, 1, 31, 22, tzinfo=dt.UTC)
    assert leads.created_at.item(1) is None
    days = table({"id": [1], "made (GMT+3)": times[:1].astype("M8[D]")}, Lead, columns={"created_at": "made (GMT+3)"})
    assert days.created_at.item(0) == dt.date(2024, 2, 1)
    midnights = np.array(["2024-02-01", "2024-02-02"], f"M8[{unit}]")
    whole = table({"id": [1, 2], "made (GMT+3)": midnights}, Lead, columns={"created_at": "made (GMT+3)"})
    assert [whole.created_at.item(i) for i in (0, 1)] == [dt.date(2024, 2, 1), dt.date(2024, 2, 2)]


def test_a_heading_says_nothing_of_times_that_have_a_zone_and_of_days() -> None:
    cells = ["2024-01-31T22:00:00+05:00", "2024-01-31 22:00", "2024-02-03"]
    leads = table({"id": [1, 2, 3], "made (UTC)": cells}, Lead, columns={"created_at": "made (UTC)"})
    assert leads.created_at.item(0) == dt.datetime(2024, 1, 31, 17, tzinfo=dt.UTC)
    assert leads.created_at.item(1) == dt.datetime(2024, 1, 31, 22, tzinfo=dt.UTC)
    assert leads.created_at.item(2) == dt.date(2024, 2, 3)


def test_a_column_of_utc_beside_one_without_a_zone_is_refused() -> None:
    columns = {"id": [1], "Created (UTC)": ["2024-01-31 22:00"], "converted_at": ["2024-02-01 10:00"]}
    with pytest.raises(DataError, match=r"converted_at: .* has no time zone, like the rest of its column"):
        table(columns, Lead, columns={"created_at": "Created (UTC)"})


@pytest.mark.parametrize("heading", ["Created", "Segment", "Outcome", "gmt_create", "Created (UTC+99)", "Создано"])
def test_other_headings_state_no_zone(heading: str) -> None:
    leads = table({"id": [1], heading: ["2024-01-31 22:00"]}, Lead, columns={"created_at": heading})
    assert leads.created_at.zone is None


# ---------------------------------------------------------------- several columns


@pytest.mark.parametrize(
    ("field", "heads"),
    [
        ("closed_at", ["Won (UTC)", "Lost"]),
        ("closed_at", ["Lost", "Won (UTC)"]),
        ("closed_at", ["Won (UTC)", "Lost (GMT+3)"]),
        ("probability", ["p", "P, %"]),
        ("probability", ["P, %", "p"]),
    ],
)
def test_columns_that_make_one_field_state_the_same(field: str, heads: list[str]) -> None:
    deals = {"id": [1], "created_at": ["2024-01-05"], "status": ["open"], heads[0]: [None], heads[1]: [None]}
    with pytest.raises(WrongValue, match="whose headings differ in the zone or the percent that they state"):
        table(deals, Deal, columns={field: heads})


def test_two_columns_in_utc_are_one_in_utc() -> None:
    deals: dict[str, list[Any]] = {"id": [1], "created_at": ["2024-01-05"], "status": ["won"]}
    deals |= {"Won (UTC)": [None], "Lost UTC": ["2024-01-31 22:00"]}
    closed = table(deals, Deal, columns={"closed_at": ["Won (UTC)", "Lost UTC"]}).closed_at
    assert closed.item(0) == dt.datetime(2024, 1, 31, 22, tzinfo=dt.UTC)


@pytest.mark.parametrize("heads", [("Created At (UTC)", "Close Date (UTC)"), ("created_at_utc", "closed_at_utc")])
def test_headings_in_utc_are_known_by_name(heads: tuple[str, str]) -> None:
    deals = {"id": [1], heads[0]: ["2024-01-05 22:00"], "status": ["won"], heads[1]: ["2024-01-31 22:00"]}
    closed = table(deals, Deal, columns="guess", tz="Europe/Moscow").closed_at
    assert closed.item(0) == dt.datetime(2024, 1, 31, 22, tzinfo=dt.UTC)
