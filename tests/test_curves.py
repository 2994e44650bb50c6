"""The curves of open deals: worked examples, an oracle in plain Python, what is left out, and the table."""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
import pytest
import strategies
from cases import END, SIX, refused
from hypothesis import find, given, strategies as st
from strategies import companies

from crm_metrics import Breakdown, Deal, explain, month, sales, table
from crm_metrics._uncertainty.survival import curve_of_rows
from crm_metrics.columns.states import Age, In, View
from crm_metrics.errors import WrongValue
from crm_metrics.sales.curves import mean_days_open, median_time_to_win, win_rate_by
from crm_metrics.sales.win_curves import WinCurve, win_curve


def deals(*rows: tuple[str, str, str | None]) -> dict[str, list[Any]]:
    """Deals of a status, created and closed then."""
    status, created, closed = (list(x) for x in zip(*rows, strict=True)) if rows else ([], [], [])
    return {"status": status, "created_at": created, "closed_at": closed}


# ---------------------------------------------------------------- what closed deals tell wrongly


def test_lost_deals_compete_and_are_not_merely_unseen() -> None:
    """Six deals (SAS, by way of lifelines): 2 of 5 are won, and no statistics of the lost as unseen find that."""
    assert win_rate_by(SIX, days=5, as_of=END) == 0.4
    as_unseen = curve_of_rows([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 0])
    assert as_unseen.share(0, 5) == pytest.approx(2 / 3)
    assert sales.win_rate(SIX) == 0.5 and sales.conversion_rate(SIX) == 1 / 3


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=1, max_size=40), st.integers(0, 9))
def test_the_lost_as_unseen_never_understate(rows: list[tuple[int, int]], until: int) -> None:
    time, cause = [t for t, _ in rows], [k for _, k in rows]
    ours = curve_of_rows(time, cause, causes=2).share(0, until)
    theirs = curve_of_rows(time, [k == 1 for k in cause]).share(0, until)
    assert ours <= theirs + 1e-12 or math.isnan(theirs)


def test_a_growing_company_looks_quicker_than_it_is_by_closed_deals() -> None:
    """Every deal is won after 10 or after 90 days, in equal parts; there are more deals every month."""
    rows = []
    for i in range(12):
        start = dt.date(2023, 4, 1) + dt.timedelta(days=30 * i)
        for gap in (10, 90):
            end = start + dt.timedelta(days=gap)
            seen = end <= END
            rows += [("won" if seen else "open", str(start), str(end) if seen else None)] * 2**i
    found = deals(*rows)
    assert sales.average_sales_cycle(found) < 27, "the slow half of the young deals is still open"
    assert win_rate_by(found, days=10, as_of=END) == pytest.approx(0.5)
    assert mean_days_open(found, days=90, as_of=END) == pytest.approx(50)


# ---------------------------------------------------------------- the definition, deal by deal

MICROSECOND = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)


def bare(x: dt.date) -> bool:
    return not isinstance(x, dt.datetime)


def as_day(x: dt.date) -> dt.date:
    return x.date() if isinstance(x, dt.datetime) else x


def between(a: dt.date, b: dt.date) -> int:
    """Microseconds from one time to another, by day where either is a bare date."""
    if bare(a) or bare(b):
        a, b = as_day(a), as_day(b)
    return (b - a) // MICROSECOND


def watched(d: Deal, as_of: dt.date, min_age: float, start: dt.date | None) -> tuple[int, int, str] | None:
    """When a deal enters, when it leaves, and how; None where it is not seen or lacks a time."""
    if d.created_at is None or d.status is None or between(as_of, d.created_at) > 0:
        return None
    zone = getattr(d.created_at, "tzinfo", None)
    last = dt.datetime.combine(as_of + DAY, dt.time(), zone) - MICROSECOND
    age = between(d.created_at, last)
    if age < Fraction(str(min_age)) * (DAY // MICROSECOND):
        return None
    state, leaves = str(d.status), age
    if d.status != "open":
        if d.closed_at is None or (start and between(start, d.closed_at) < 0):
            return None
        later = between(as_of, d.closed_at) > 0
        state, leaves = ("open", age) if later else (state, between(d.created_at, d.closed_at))
    enters = -1
    if start is not None and between(start, d.created_at) < 0:
        first = dt.datetime.combine(start, dt.time(), zone)
        enters = between(d.created_at, first) - (DAY // MICROSECOND if bare(d.created_at) else 1)
    return min(enters, leaves - 1), leaves, state


def oracle(rows: list[Deal], days: float, **view: Any) -> Fraction | None:
    """The share won within so many days, or None, by the definition in fractions."""
    seen = [w for d in rows if (w := watched(d, **view)) is not None]
    until, reach = int(days * (DAY // MICROSECOND)), -1
    for _ in seen:
        reach = max([reach, *(b for a, b, _ in seen if a <= reach)])
    share, still = Fraction(0), Fraction(1)
    for t in sorted({b for _, b, state in seen if state != "open" and b <= min(until, reach)}):
        n = sum(a < t <= b for a, b, _ in seen)
        won, lost = (sum(b == t and state == s for _, b, state in seen) for s in ("won", "lost"))
        share, still = share + still * Fraction(won, n), still * (1 - Fraction(won + lost, n))
    watches = any(a < 0 for a, _, _ in seen)
    return share if watches and (until <= reach or still == 0) else None


AS_OFS = [dt.date(2017, 6, 30), dt.date(2017, 11, 5), dt.date(2018, 12, 31), dt.date(2015, 1, 1)]


@given(
    companies((Deal,)),
    st.sampled_from(AS_OFS),
    st.sampled_from([0, 1, 90.5]),
    st.sampled_from([None, dt.date(2014, 1, 1), dt.date(2016, 2, 29), dt.date(2017, 3, 12)]),
    st.sampled_from([0, 0.5, 1, 89, 400]),
)
def test_the_rate_is_its_definition(
    company: Any, as_of: dt.date, min_age: float, start: dt.date | None, days: float
) -> None:
    start = None if start and start > as_of else start
    rows = company.rows[Deal]
    ours = win_rate_by(rows, days=days, as_of=as_of, min_age=min_age, tracked_from=start)
    expected = oracle(rows, days, as_of=as_of, min_age=min_age, start=start)
    assert ours == pytest.approx(math.nan if expected is None else float(expected), abs=1e-12, nan_ok=True)


@given(companies((Deal,)), st.sampled_from([0, 1, 30, 90]))
def test_of_mature_deals_it_is_the_share_won_in_time_exactly(company: Any, days: float) -> None:
    """The D-day close rate: among deals created at least D days ago, won within D days over created."""
    as_of = dt.date(2018, 6, 30)
    rows = company.rows[Deal]
    seen = [w for d in rows if (w := watched(d, as_of, days, None)) is not None]
    ticks = days * (DAY // MICROSECOND)
    in_time = sum(state == "won" and leaves <= ticks for _, leaves, state in seen)
    ours = win_rate_by(rows, days=days, as_of=as_of, min_age=days)
    assert repr(ours) == repr(in_time / len(seen) if seen else math.nan)


@given(companies((Deal,)), st.sampled_from([0, 30, 90]))
def test_a_curve_has_the_digits_of_the_metrics(company: Any, days: float) -> None:
    rows, as_of = company.rows[Deal], dt.date(2017, 11, 5)
    for by in ("channel", ("channel", "campaign"), month("created_at")):
        found = win_curve(rows, as_of=as_of, by=by)
        rates = win_rate_by(rows, days=days, as_of=as_of, by=by)
        assert {k: repr(c.at(days).value) for k, c in found.items()} == {k: repr(x) for k, x in rates.items()}
        means = mean_days_open(rows, days=days, as_of=as_of, by=by)
        assert {k: repr(c.mean(days).value) for k, c in found.items()} == {k: repr(x) for k, x in means.items()}
        medians = median_time_to_win(rows, as_of=as_of, by=by)
        assert {k: repr(c.quantile(0.5).value) for k, c in found.items()} == {k: repr(x) for k, x in medians.items()}


# ---------------------------------------------------------------- as_of


def test_a_date_means_its_end() -> None:
    late = deals(("won", "2024-03-01T09:00", "2024-03-31T23:59:59"), ("open", "2024-03-31T23:00", None))
    found = win_curve(late, as_of=END)
    assert found.counts == {"deals": 2, "won": 1, "lost": 0, "open": 1}
    assert win_curve(late, as_of=dt.date(2024, 3, 30)).counts == {"deals": 1, "won": 0, "lost": 0, "open": 1}
    noon = dt.datetime(2024, 3, 31, 12)
    assert win_curve(late, as_of=noon).counts == {"deals": 1, "won": 0, "lost": 0, "open": 1}
    assert win_curve(late, as_of=noon).known_until == 30 + 3 / 24


def test_what_came_later_is_not_known() -> None:
    rows = deals(
        ("won", "2024-03-01", "2024-03-05"),
        ("won", "2024-03-01", "2024-04-10"),  # closed later: still open
        ("open", "2024-04-01", None),  # created later: not there
        ("open", "2024-03-01", "2024-03-02"),  # the status says open, whatever the date
    )
    found = win_curve(rows, as_of=END)
    assert found.counts == {"deals": 3, "won": 1, "lost": 0, "open": 2}
    assert found.at(30).value == 1 / 3 and math.isnan(found.at(31).value)
    assert found.known_until == 30, "bare dates count by day"


@pytest.mark.parametrize("as_of", [END, "2024-03-31", np.datetime64("2024-03-31"), dt.datetime(2024, 3, 31, 23)])
def test_a_moment_may_be_given_in_any_form(as_of: Any) -> None:
    assert win_rate_by(SIX, days=5, as_of=as_of) == 0.4


def test_days_are_those_of_the_zone_of_the_table() -> None:
    rows = {"status": ["open"], "created_at": ["2024-03-31T03:00Z"], "closed_at": [None], "id": [1]}
    new_york = table(rows, Deal, tz="America/New_York")
    assert win_curve(new_york, as_of=dt.date(2024, 3, 30)).counts["deals"] == 1, "it is still the 30th there"
    found = win_curve(new_york, as_of=dt.date(2024, 3, 30)).known_until
    assert found == pytest.approx(1 / 24, abs=1e-9), "an hour is left of that day"
    assert win_curve(table(rows, Deal), as_of=dt.date(2024, 3, 30)).counts["deals"] == 0


# ---------------------------------------------------------------- what is left out


def test_deals_without_their_times_are_left_out_and_counted() -> None:
    rows: dict[str, list[Any]] = {
        "status": ["won", "won", "lost", "open", None],
        "created_at": ["2024-03-01", None, "2024-03-01", None, "2024-03-01"],
        "closed_at": ["2024-03-05", "2024-03-06", None, None, "2024-03-09"],
    }
    assert win_rate_by(rows, days=10, as_of=END) == 1
    told = explain(functools.partial(win_rate_by, days=10, as_of=END), rows).left_out["Deal"]
    assert told == {
        "not won or lost or open": 1,
        "age_when_won missing": 1,
        "age_when_lost missing": 1,
        "age_when_open missing": 1,
    }


def test_only_mature_deals_where_that_is_asked_for() -> None:
    rows = deals(("won", "2024-03-30", "2024-03-31"), ("open", "2024-03-02", None), ("open", "2024-03-01", None))
    assert [win_curve(rows, as_of=END, min_age=n).counts["deals"] for n in (0, 1, 2, 29, 30, 31)] == [3, 3, 2, 2, 1, 0]


# ---------------------------------------------------------------- tracked since


def test_a_deal_from_before_the_crm_counts_from_its_age_at_the_import() -> None:
    rows = deals(
        ("won", "2024-01-01", "2024-03-10"),  # came at the age of 59, won at 69
        ("lost", "2024-01-01", "2024-02-20"),  # closed before anything was tracked
        ("won", "2024-03-01", "2024-03-06"),  # seen from its creation
        ("open", "2024-03-01", None),
        ("open", "2024-01-01", None),
    )
    found = win_curve(rows, as_of=END, tracked_from="2024-03-01")
    assert found.counts == {"deals": 4, "won": 2, "lost": 0, "open": 2}
    assert found.to_columns()["at_risk"] == [2] and found.known_until == 30
    assert found.at(5).value == 0.5, "of two deals that were seen so young, not of four"
    assert win_rate_by(rows, days=5, as_of=END) == 0.2, "and without it the old deals hide that they had no chance"


@pytest.mark.parametrize(
    ("created", "closed"),
    [
        ("2024-02-27", "2024-03-01"),
        ("2024-02-27T10:00", "2024-03-01T00:00"),
        ("2024-02-27T23:00", "2024-03-01"),
        ("2024-02-27", "2024-03-01T08:00"),
    ],
)
def test_a_deal_that_closes_as_tracking_begins_is_seen(created: str, closed: str) -> None:
    rows = deals(("won", created, closed), ("open", "2024-03-01", None))
    found = win_curve(rows, as_of=END, tracked_from="2024-03-01")
    assert found.counts["won"] == 1 and found.curve.at_risk.tolist() == [2]
    assert win_curve(rows, as_of=END, tracked_from="2024-03-02").counts["won"] == 0


def test_a_deal_is_at_risk_from_the_very_age_at_which_it_is_first_seen() -> None:
    rows = deals(
        ("open", "2024-02-20T10:00", None),  # 9 days and 14 hours old as tracking begins
        ("won", "2024-03-01T09:00", "2024-03-10T23:00"),  # so old when it is won
    )
    assert win_curve(rows, as_of=END, tracked_from="2024-03-01").curve.at_risk.tolist() == [2]


def test_nothing_is_known_of_the_first_days_where_all_deals_are_older() -> None:
    rows = deals(("won", "2024-01-01", "2024-03-10"), ("open", "2024-01-01", None))
    assert math.isnan(win_rate_by(rows, days=1, as_of=END, tracked_from="2024-03-01"))


# ---------------------------------------------------------------- medians and means


def test_the_median_of_all_and_of_those_won_in_time() -> None:
    rows = deals(
        *[("won", "2024-03-01", f"2024-03-{day:02}") for day in (3, 5, 8, 11)], ("lost", "2024-03-01", "2024-03-02")
    )
    assert median_time_to_win(rows, as_of=END) == 7
    assert median_time_to_win(rows, as_of=END, within=10) == 4
    assert median_time_to_win(rows, as_of=END, within=1000) == 4, "nothing is open, so nothing is unknown"
    assert math.isnan(median_time_to_win(SIX, as_of=END)), "not reached"
    assert math.isnan(median_time_to_win(SIX, as_of=END, within=3)), "none was won in time"
    assert math.isnan(median_time_to_win(SIX, as_of=END, within=7)), "none was seen so long"


def test_days_may_be_parts_of_a_day() -> None:
    rows = deals(("won", "2024-03-01T09:00", "2024-03-01T21:00"), ("open", "2024-03-01T09:00", None))
    assert win_rate_by(rows, days=0.49, as_of=END) == 0 and win_rate_by(rows, days=0.5, as_of=END) == 0.5
    assert median_time_to_win(rows, as_of=END) == 0.5
    assert mean_days_open(rows, days=1, as_of=END) == 0.75


# ---------------------------------------------------------------- nothing, and one


def test_no_deals_are_no_curve_and_no_error() -> None:
    for rows in ([], deals(), {name: [None, None] for name in SIX}):
        found = win_curve(rows, as_of=END)
        assert isinstance(found, WinCurve) and found.counts["deals"] == 0 and math.isnan(found.at(0).value)
        assert found.to_columns()["win"] == [] and str(found).startswith("0 deals at 2024-03-31")
    nobody = win_curve([], as_of=END, by="manager")
    assert not nobody and nobody.to_columns()["win"] == [] and "manager" in str(nobody)
    assert win_rate_by([], days=3, as_of=END, by="manager") == Breakdown.of({})


def test_one_deal_is_a_curve() -> None:
    found = win_curve([Deal(id=1, status="won", created_at="2024-03-01", closed_at="2024-03-08")], as_of=END)
    assert found.at(6).value == 0 and found.at(7).value == 1 and math.isnan(found.at(7).low)
    assert json.loads(found.to_json())["known_until"] is None


def test_a_state_reads_a_single_deal_too() -> None:
    view = View(END)
    deal = Deal(id=1, status="won", created_at="2024-03-01", closed_at="2024-04-08")
    assert In("open", view)(deal) and not In("won", view)(deal)
    assert Age("open", view)(deal) == dt.timedelta(days=30)
    assert In("won", view)(attrs.evolve(deal, closed_at="2024-03-31"))


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"days": -1}, "-1 is not a number of days: give"),
        ({"days": "90"}, "'90' is not a number of days: give"),
        ({"days": math.nan}, "nan is not a number of days: give"),
        ({"as_of": "soon"}, "'soon' is not a time: give a date"),
        ({"as_of": None}, "is not a time: give a date"),
        ({"min_age": True}, "True is not a number of days: give"),
        ({"tracked_from": dt.date(2024, 4, 1)}, "tracked_from=2024-04-01 comes after as_of=2024-03-31"),
        ({"as_of": dt.datetime(2024, 3, 31, tzinfo=dt.UTC)}, "times with a zone and times without do not meet"),
    ],
)
def test_wrong_calls_are_refused(options: dict[str, Any], words: str) -> None:
    rows = [Deal(id=1, status="open", created_at="2024-03-01T10:00")]
    refused(lambda: win_rate_by(rows, **{"days": 5, "as_of": END} | options), WrongValue, words)


def test_strategies_have_late_and_missing_deals() -> None:
    """A guard: the examples of the definition do hold deals that came late."""
    start = dt.date(2016, 2, 29)
    worlds = companies((Deal,), st.just(strategies.World("naive", None)))
    found = find(worlds, lambda c: any((w := watched(d, AS_OFS[2], 0, start)) and w[0] >= 0 for d in c.rows[Deal]))
    assert found
