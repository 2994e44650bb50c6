"""Two parts that may be compared: equal, of one season, without the ramp, ripe; and every sentence on them is true."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from typing import Any

import pytest
from dealerships import dealership
from hypothesis import given, strategies as st

from crm_metrics import Deal, fair, table
from crm_metrics._company.crm import CRM
from crm_metrics.errors import CrmError, UnknownName, WrongValue
from crm_metrics.records.schemas import Record
from crm_metrics.roi.fairness import Fair, first_whole, spanned
from crm_metrics.sales import conversion_rate

D = dt.date
DAY = dt.timedelta(days=1)


def deals(first: D, last: D, *, cycle: int = 10, every: int = 3, open_last: int = 0) -> dict[str, list[Any]]:
    """A deal every few days, won after `cycle` days, lost every other time."""
    days = [first + dt.timedelta(days=n) for n in range(0, (last - first).days + 1, every)]
    closing = [day + dt.timedelta(days=cycle) for day in days]
    is_open = [close > last or i >= len(days) - open_last for i, close in enumerate(closing)]
    return {
        "id": list(range(len(days))),
        "created_at": days,
        "closed_at": [None if o else c for o, c in zip(is_open, closing, strict=True)],
        "status": ["open" if o else ("won", "lost")[i % 2] for i, o in enumerate(is_open)],
        "amount": [100] * len(days),
        "cost": [60] * len(days),
    }


def company(first: D, go_live: D, last: D, *, ramp: int = 0, **more: Any) -> CRM:
    return CRM(deals=deals(first, last, **more), go_live=go_live, ramp_weeks=ramp, as_of=last)


def _day(x: Any) -> D:
    return x.date() if isinstance(x, dt.datetime) else x


def tried(crm: CRM, **options: Any) -> Fair | None:
    with contextlib.suppress(WrongValue):
        return fair(crm, **options)
    return None


def says(parts: Fair, word: str) -> bool:
    """Whether it says that something was done; it says of everything either that it was or that it was not."""
    done = any(text.startswith(f"{word}: ") for text in parts.done)
    assert done != any(text.startswith(f"{word}: ") for text in parts.not_done)
    return done


def check(crm: CRM, parts: Fair, go_live: D, weeks: int, last: D) -> None:
    """All that is promised of two parts."""
    one, two = parts.periods
    months = [(p.end.year - p.start.year) * 12 + p.end.month - p.start.month for p in parts.periods]
    assert (
        months == [parts.months] * 2
        and parts.months >= 1
        and {p.day for q in parts.periods for p in (q.start, q.end)} == {1}
    )
    assert crm.deals is not None and one.start >= first_whole(crm.deals, crm.whole_from).replace(day=1)
    assert one.end <= go_live and one.end <= two.start, "no overlap, and nothing after go-live is before it"
    assert two.start >= go_live + dt.timedelta(weeks=weeks), "the ramp is left out"
    assert two.end <= last + DAY - dt.timedelta(days=parts.maturity), "every deal has had its time"
    for rows, period in zip((parts.before, parts.after), parts.periods, strict=True):
        created = [_day(rows["created_at"].item(i)) for i in range(len(rows))]
        assert created and all(period.start <= day < period.end for day in created)
    assert says(parts, "season") == ([p.month for p in (one.start, one.end)] == [p.month for p in (two.start, two.end)])
    assert says(parts, "ramp") == (weeks > 0)
    assert any(f"{parts.months} whole month" in text for text in parts.done)
    assert [text for text in parts.not_done if text.startswith("control group")]
    apart = (two.start.year - one.start.year) * 12 + two.start.month - one.start.month
    assert [text for text in parts.not_done if text.startswith("trend") and f"{apart} months apart" in text]


def ripe(crm: CRM, days: int) -> float:
    rows = crm.deals
    assert rows is not None
    taken = [
        (rows["closed_at"].item(i) - rows["created_at"].item(i)).days
        for i in range(len(rows))
        if rows["status"].item(i) == "won"
    ]
    return sum(t <= days for t in taken) / len(taken)


# ---------------------------------------------------------------- what is promised


@given(
    st.dates(D(2021, 1, 1), D(2023, 6, 30)),
    st.dates(D(2022, 6, 1), D(2024, 1, 1)),
    st.integers(0, 30),
    st.dates(D(2023, 1, 1), D(2025, 12, 31)),
    st.integers(0, 90),
    st.one_of(st.none(), st.integers(1, 24)),
    st.one_of(st.none(), st.integers(0, 120)),
)
def test_all_that_is_promised_holds_or_there_is_a_reason(
    first: D, go_live: D, ramp: int, last: D, cycle: int, months: int | None, maturity: int | None
) -> None:
    if last <= first:
        return
    crm = company(first, go_live, last, cycle=cycle, ramp=ramp)
    parts = tried(crm, months=months, maturity=maturity)
    if parts is None:
        return
    check(crm, parts, go_live, ramp, last)
    assert parts.months <= (months or 1000)
    if maturity is not None:
        assert parts.maturity == maturity
    if says(parts, "maturity"):
        text = next(text for text in parts.done if text.startswith("maturity"))
        assert f"{parts.maturity} days or more" in text and f"{100 * ripe(crm, parts.maturity):.0f} %" in text


def test_the_sample_is_compared_by_the_same_ten_months() -> None:
    s = dealership(scale=0.2)
    crm = CRM(deals=s.deals, go_live=s.go_live, ramp_weeks=s.ramp_weeks, as_of=s.as_of)
    parts = fair(crm)
    check(crm, parts, s.go_live, 8, s.as_of)
    assert [spanned(p) for p in parts.periods] == ["2023-06-01 to 2024-03-31", "2024-06-01 to 2025-03-31"]
    assert [fair(crm, ramp=weeks).months for weeks in (0, 8, 16)] == [12, 10, 8]
    assert fair(crm, ramp=0).not_done[1].startswith("ramp: none is left out")


def test_data_of_less_than_a_year_before_compare_the_nearest_months_and_say_so() -> None:
    parts = fair(company(D(2023, 9, 1), D(2024, 1, 1), D(2024, 8, 31)))
    assert [spanned(p) for p in parts.periods] == ["2023-09-01 to 2023-12-31", "2024-01-01 to 2024-04-30"]
    assert not says(parts, "season")


def test_few_same_months_give_way_to_more_of_different_ones() -> None:
    parts = fair(company(D(2023, 2, 1), D(2024, 1, 1), D(2024, 12, 31)))
    assert says(parts, "season") and parts.months == 10
    parts = fair(company(D(2023, 9, 1), D(2024, 1, 1), D(2025, 1, 31)))
    assert says(parts, "season") and parts.months == 4
    parts = fair(company(D(2023, 4, 1), D(2024, 1, 1), D(2024, 6, 30)))
    assert not says(parts, "season") and parts.months == 5, "of the same months there are but April and May"


def test_several_years_are_compared_with_several() -> None:
    parts = fair(company(D(2020, 1, 1), D(2022, 1, 1), D(2024, 6, 30)))
    assert parts.months == 24 and says(parts, "season")
    assert [spanned(p) for p in parts.periods] == ["2020-01-01 to 2021-12-31", "2022-01-01 to 2023-12-31"]
    assert fair(company(D(2020, 1, 1), D(2022, 1, 1), D(2024, 6, 30)), months=6).months == 6


def test_a_ramp_ends_with_the_month_in_which_it_ends() -> None:
    parts = fair(company(D(2022, 1, 1), D(2024, 1, 10), D(2025, 1, 31)), ramp=8)
    assert parts.periods[1].start == D(2024, 4, 1), "eight weeks from 10 January end on 6 March"
    assert parts.periods[0].end <= D(2024, 1, 1)


def test_deals_that_came_in_too_late_to_close_are_left_out() -> None:
    crm = company(D(2023, 1, 1), D(2024, 1, 1), D(2024, 12, 31), cycle=80)
    parts = fair(crm)
    assert parts.maturity == 80 and parts.periods[1].end == D(2024, 10, 1)
    assert fair(crm, maturity=0).periods[1].end == D(2025, 1, 1) and not says(fair(crm, maturity=0), "maturity")
    text = next(text for text in fair(crm, maturity=60).done if text.startswith("maturity"))
    assert "60 days or more" in text and "in which 0 % of won deals close" in text


@given(st.integers(0, 400), st.integers(0, 90), st.booleans())
def test_both_sides_are_seen_equally_long_after_they_end(slow: int, maturity: int, dated: bool) -> None:
    """Of deals that all take equally long, the same are closed on both sides, however long the data before go on."""
    rows = deals(D(2022, 1, 1), D(2024, 12, 31), cycle=slow, every=1)
    if not dated:
        rows["closed_at"] = [c and dt.datetime(c.year, c.month, c.day, 15) for c in rows["closed_at"]]
    crm = CRM(deals=rows, go_live="2023-07-01", as_of="2024-12-31")
    parts = fair(crm, maturity=maturity, months=12)
    follow_up = (D(2025, 1, 1) - parts.periods[1].end).days
    assert follow_up >= maturity and any(f"seen for {follow_up} days after its end" in text for text in parts.done)
    for side, period in zip((parts.before, parts.after), parts.periods, strict=True):
        for i in range(len(side)):
            came = _day(side["created_at"].item(i))
            closes = came + dt.timedelta(days=slow)
            seen = closes < period.end + dt.timedelta(days=follow_up)
            assert (side["status"].item(i) != "open") == seen == (side["closed_at"].item(i) is not None)
    shares = [conversion_rate(side) for side in (parts.before, parts.after)]
    assert shares[0] == pytest.approx(shares[1], abs=0.01)


def test_what_closed_later_is_open_on_both_sides_and_the_rows_are_not_changed() -> None:
    rows = deals(D(2022, 1, 1), D(2024, 12, 31))
    rows["closed_at"][1] = D(2024, 6, 1)  # lost after two years and a half
    crm = CRM(deals=rows, go_live="2023-01-01", as_of="2024-12-31")
    parts = fair(crm, maturity=10)
    assert parts.before["status"].item(1) == "open" and parts.before["closed_at"].item(1) is None
    assert crm.deals is not None and crm.deals["status"].item(1) == "lost"


def test_deals_at_the_turn_are_counted_where_they_came_in_and_that_is_said() -> None:
    year, longer = (company(D(2023, 1, 1), D(2024, 1, 1), last, cycle=10) for last in (D(2024, 12, 31), D(2025, 1, 31)))
    assert not [text for text in fair(year).not_done if text.startswith("turn")], "January to November are compared"
    text = next(text for text in fair(longer).not_done if text.startswith("turn"))
    came = [day for day in deals(D(2023, 1, 1), D(2023, 12, 31))["created_at"] if day + 10 * DAY >= D(2024, 1, 1)]
    assert f"{len(came)} deals that came in before go-live and closed with the CRM" in text


def test_one_deal_at_the_turn_is_one() -> None:
    parts = fair(company(D(2023, 1, 1), D(2024, 1, 1), D(2025, 1, 31), cycle=2))
    assert "turn: one deal that came in before go-live and closed with the CRM counts as before" in parts.not_done


def test_deals_without_a_day_are_on_neither_side_and_counted() -> None:
    rows = deals(D(2022, 1, 1), D(2024, 12, 31))
    rows["created_at"][5] = rows["created_at"][800 // 3] = None
    parts = fair(CRM(deals=rows, go_live="2023-01-01", as_of="2024-12-31"), maturity=10)
    assert f"dates: 2 of {len(rows['id'])} deals do not say when they came in and are on neither side" in parts.not_done
    assert not [text for text in fair(YEARS).not_done if text.startswith(("dates", "zone"))]


def test_days_begin_in_the_zone_of_the_deals_and_where_they_name_none_that_is_said() -> None:
    rows = deals(D(2022, 1, 1), D(2024, 12, 31), every=1)
    for name in ("created_at", "closed_at"):
        rows[name] = [d and dt.datetime(d.year, d.month, d.day, 22, d.day, tzinfo=dt.UTC) for d in rows[name]]
    sides = {}
    for zone in (None, "Europe/Moscow"):
        crm = CRM(deals=table(rows, Deal, tz=zone), go_live="2023-01-01", as_of="2024-12-31")
        parts = fair(crm, maturity=10)
        sides[zone] = parts.after["created_at"].item(0)
        assert bool([text for text in parts.not_done if text.startswith("zone: days begin at midnight UTC")]) == (
            not zone
        )
    assert sides[None].day == 1 and sides["Europe/Moscow"].day == 31, "22 o'clock in London is the next day in Moscow"


def test_where_nothing_was_won_nobody_knows_how_long_a_deal_takes() -> None:
    rows = deals(D(2023, 1, 1), D(2024, 12, 31)) | {"status": ["lost"] * 244}
    parts = fair(CRM(deals=rows, go_live="2024-01-01", as_of="2024-12-31"))
    assert parts.maturity == 0 and not says(parts, "maturity")
    bare = {"created_at": rows["created_at"], "status": ["open"] * 244}
    assert fair(CRM(deals=bare, go_live="2024-01-01", as_of="2024-12-31")).maturity == 0


def test_an_export_of_what_closed_is_whole_from_its_first_day_on() -> None:
    rows = deals(D(2022, 1, 1), D(2024, 12, 31))
    rows["closed_at"] = [
        day and min(day + dt.timedelta(days=50 * (i % 6 == 0)), D(2024, 12, 31))
        for i, day in enumerate(rows["closed_at"])
    ]
    kept = [i for i, day in enumerate(rows["closed_at"]) if day is None or day >= D(2023, 3, 1)]
    export = {name: [cells[i] for i in kept] for name, cells in rows.items()}
    crm = CRM(deals=export, go_live="2024-01-01", as_of="2024-12-31")
    parts = fair(crm, maturity=0)
    assert crm.first_day is not None and crm.first_day < D(2023, 1, 31)
    assert parts.periods[0].start == D(2023, 3, 1), "what came in before is there only where it took long"


def test_another_go_live_may_be_tried() -> None:
    crm = company(D(2022, 1, 1), D(2024, 1, 1), D(2024, 12, 31))
    other = fair(crm, go_live=D(2023, 6, 1))
    assert other.periods[0].end <= D(2023, 6, 1) <= other.periods[1].start
    assert crm.go_live == D(2024, 1, 1)


# ---------------------------------------------------------------- what is refused

YEARS = company(D(2022, 1, 1), D(2023, 1, 1), D(2023, 12, 31))
CRMS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no deals": (CRM(), {}, "there are no deals to compare: CRM"),
    "none at all": (CRM(deals={"id": [], "created_at": [], "status": []}), {}, "there are no deals to compare"),
    "no days": (CRM(deals={"status": ["open"]}, go_live="2024-01-01"), {}, "no deal says when it came in"),
    "empty days": (CRM(deals={"status": ["open"], "created_at": [None]}), {}, "no deal says when it came in"),
    "no go-live": (CRM(deals=deals(D(2023, 1, 1), D(2023, 6, 30))), {}, r"\(go_live\) is not given"),
    "a late go-live": (company(D(2023, 1, 1), D(2025, 1, 1), D(2024, 1, 1)), {}, "after the last day of the data"),
    "an early one": (company(D(2023, 1, 1), D(2022, 1, 1), D(2024, 1, 1)), {}, "when the CRM was live already"),
    "no month before": (company(D(2023, 1, 15), D(2023, 2, 10), D(2024, 1, 1)), {}, "no whole month before go-live"),
    "a long ramp": (YEARS, {"ramp": 60}, "no whole month after go-live"),
    "slow deals": (
        company(D(2022, 1, 1), D(2023, 1, 1), D(2023, 2, 28), cycle=50),
        {},
        "has had 50 days for its deals to close: give a smaller maturity= or ramp=",
    ),
    "a gap": (
        CRM(deals=Deal(id=1, created_at="2023-01-05", status="open") and [
            Deal(id=1, created_at="2023-01-05", status="lost", closed_at="2023-01-06"),
            Deal(id=2, created_at="2024-12-20", status="open"),
        ], go_live="2023-06-01", as_of="2024-12-31"),
        {"months": 2},
        "no deal came in from 202",
    ),
    "no months": (YEARS, {"months": 0}, "months=0: give a whole number, 1"),
    "half a month": (YEARS, {"months": 1.5}, "months=1.5"),
    "a truth": (YEARS, {"ramp": True}, "ramp=True: give a whole number"),
    "before time": (YEARS, {"maturity": -1}, "maturity=-1"),
}  # fmt: skip


@pytest.mark.parametrize(("crm", "options", "says"), CRMS.values(), ids=CRMS.keys())
def test_where_nothing_can_be_compared_it_says_why_and_what_to_do(crm: Any, options: Any, says: str) -> None:
    with pytest.raises((WrongValue, UnknownName), match=says) as caught:
        fair(crm, **options)
    assert isinstance(caught.value, CrmError) and ":" in str(caught.value)


# ---------------------------------------------------------------- how it looks


def test_it_is_text_html_and_data() -> None:
    parts = fair(company(D(2023, 1, 1), D(2024, 1, 1), D(2024, 12, 31)))
    text = str(parts)
    assert text.startswith("before: 2023-01-01 to 2023-11-30, 112 deals\nafter:  2024-01-01 to 2024-11-30, 112 deals\n")
    assert all(f"  done: {t}" in text for t in parts.done) and all(f"  not done: {t}" in text for t in parts.not_done)
    assert parts._repr_html_() == f"<pre>{text}</pre>"
    data = json.loads(json.dumps(parts.to_dict(), allow_nan=False))
    assert data["before"] == {"start": "2023-01-01", "end": "2023-12-01", "deals": 112} and data["months"] == 11


def test_parts_are_tables_that_every_metric_takes() -> None:
    from crm_metrics import change, sales

    parts = fair(company(D(2023, 1, 1), D(2024, 1, 1), D(2024, 12, 31)))
    assert issubclass(parts.before.record, Record)
    assert change(sales.conversion_rate, parts.before, parts.after).verdict == "no evidence"
