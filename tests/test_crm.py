"""A company: its tables, its costs and lookups, its two windows, and how it is read from a folder."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crm_metrics import Deal, Spend, marketing, month, sales, table
from crm_metrics._company.crm import CRM, RECORDS, Cost, Lookup
from crm_metrics._company.windows import NoWindows, Windows, windows
from crm_metrics.errors import DataError, MixedCurrencies, UnknownName, WrongCall, WrongValue

D = dt.date

DEALS = {
    "id": [1, 2, 3, 4],
    "created_at": ["2024-01-05", "2024-01-20", "2024-02-10", None],
    "status": ["won", "lost", "won", "open"],
    "closed_at": ["2024-02-01", "2024-02-02", "2024-03-15", None],
    "manager": ["Anna", "Boris", "Anna", None],
    "amount": ["1000", None, "500.50", "70"],
}


# ---------------------------------------------------------------- the company


def test_rows_of_any_kind_become_tables() -> None:
    records = [Deal(id=1, created_at="2024-01-05", status="open")]
    for rows in (records, table(records, Deal), {"id": [1], "created_at": ["2024-01-05"], "status": ["open"]}):
        crm = CRM(deals=rows)
        assert crm.deals is not None and sales.deals_created(crm.deals) == 1
        assert crm.table(Deal) is crm.deals and crm.table(Spend) is None


def test_every_table_of_a_company_is_a_field_with_its_record() -> None:
    assert RECORDS["deals"] is Deal and RECORDS["spend"] is Spend
    assert CRM().table(Cost) is None


def test_rows_that_name_no_currency_are_in_that_of_the_company() -> None:
    crm = CRM(deals=DEALS, spend={"at": ["2024-01-01"], "amount": [100]}, costs=[("2024-01-01", 7)], currency="RUR")
    assert getattr(sales.won_revenue(crm.deals), "unit", None) == "RUB"
    assert crm.deals.currency.item(1) == "RUB"
    assert getattr(marketing.spend_total(crm.spend), "unit", None) == "RUB"
    assert [c.currency for c in crm.costs] == ["RUB"]


def test_rows_that_name_their_currency_keep_it() -> None:
    named = DEALS | {"currency": ["USD", None, "EUR", None]}
    crm = CRM(deals=named, currency="EUR")
    assert [crm.deals.currency.item(i) for i in range(4)] == ["USD", "EUR", "EUR", "EUR"]
    assert sales.won_revenue(crm.deals, by="currency") == {"EUR": 500.5, "USD": 1000}
    with pytest.raises(MixedCurrencies):
        sales.won_revenue(crm.deals)
    full = DEALS | {"currency": ["USD"] * 4}
    assert CRM(deals=full, currency="EUR").deals.currency.labels == ["USD"]


def test_amounts_take_the_minor_unit_of_the_company() -> None:
    whole = DEALS | {"amount": [1000, None, 500, 70]}
    assert sales.won_revenue(CRM(deals=whole, currency="JPY").deals) == 1500
    assert sales.won_revenue(CRM(deals=whole, currency="KWD").deals) == 1500
    with pytest.raises(WrongValue, match=r"amount 500\.5 is finer than the minor unit of JPY"):
        CRM(deals=DEALS, currency="JPY")
    with pytest.raises(WrongValue, match="some rows name USD and some no currency"):
        CRM(deals=DEALS | {"currency": ["USD", None, None, None]}, currency="JPY")


@given(
    st.lists(st.one_of(st.none(), st.integers(-(10**15), 10**15)), max_size=20), st.sampled_from(["EUR", "KWD", "CLF"])
)
def test_a_currency_changes_no_amount(cents: list[int | None], code: str) -> None:
    amounts = [None if c is None else Decimal(c) / 100 for c in cents]
    n = len(amounts)
    rows = {"id": range(n), "created_at": ["2024-01-01"] * n, "status": ["open"] * n, "amount": amounts}
    crm = CRM(deals={k: list(v) for k, v in rows.items()}, currency=code)
    assert [crm.deals.amount.item(i) for i in range(n)] == amounts


def test_days_are_the_first_and_last_on_which_a_deal_came_in_or_closed() -> None:
    crm = CRM(deals=DEALS)
    assert (crm.first_day, crm.last_day) == (D(2024, 1, 5), D(2024, 3, 15))
    assert CRM(deals=DEALS, as_of="2024-03-31").last_day == D(2024, 3, 31)
    assert CRM().first_day is None and CRM().last_day is None
    assert CRM(go_live=dt.datetime(2024, 4, 1, 9)).go_live == D(2024, 4, 1)
    assert CRM(spend={"at": ["2024-01-01"], "amount": [1]}).last_day == D(2024, 1, 1)


def test_a_hoped_for_close_of_an_open_deal_is_no_day_of_the_data() -> None:
    rows = {
        "created_at": ["2024-01-05", "2024-01-06"],
        "status": ["won", "open"],
        "closed_at": ["2024-01-09", "2031-01-01"],
    }
    assert CRM(deals=rows).last_day == D(2024, 1, 9)


def test_days_of_aware_times_are_those_of_the_zone() -> None:
    rows = {"id": [1], "created_at": ["2024-01-31T22:30:00+00:00"], "status": ["open"]}
    assert CRM(deals=table(rows, Deal, tz="Europe/Moscow")).last_day == D(2024, 2, 1)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"currency": "dollars"}, "currency: 'dollars' is not a currency"),
        ({"go_live": "soon"}, "^go_live: 'soon' is not a time"),
        ({"as_of": 5}, "as_of: 5 is an int, not a time"),
        ({"ramp_weeks": -1}, "ramp_weeks=-1: give a whole number of weeks"),
        ({"ramp_weeks": 1.5}, "ramp_weeks=1.5"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(WrongValue, match=says):
        CRM(deals=DEALS, **settings)


# ---------------------------------------------------------------- as it was known on a day


def test_on_an_earlier_day_later_deals_are_not_there_and_later_closings_not_made() -> None:
    crm = CRM(deals=DEALS, spend={"at": ["2024-01-31", "2024-03-31", None], "amount": [1, 2, 4]})
    then = crm.known_on(D(2024, 2, 1))
    assert then.last_day == D(2024, 2, 1)
    assert [then.deals.id.item(i) for i in range(len(then.deals))] == ["1", "2", "4"]
    assert sales.deals_won(then.deals) == 1 and sales.win_rate(then.deals) == 1.0
    assert sales.conversion_rate(then.deals) == 1 / 3
    assert then.deals.closed_at.item(1) is None and then.deals.status.item(1) == "open"
    assert marketing.spend_total(then.spend) == 5
    assert sales.deals_won(crm.deals) == 2, "the company itself is as it was"


def test_on_the_last_day_all_is_known() -> None:
    crm = CRM(deals=DEALS)
    then = crm.known_on(D(2024, 3, 15))
    assert sales.win_rate(then.deals) == sales.win_rate(crm.deals)
    bare = CRM(deals={"status": ["won", "open"]}).known_on(D(2024, 1, 1))
    assert sales.deals_won(bare.deals) == 1 and bare.spend is None


days = st.dates(D(2024, 1, 1), D(2024, 3, 1))


@given(st.lists(st.tuples(days, st.integers(0, 40), st.sampled_from(["won", "lost", "open"])), max_size=30), days)
def test_what_is_known_on_a_day_is_what_a_diary_of_that_day_says(deals: list[tuple[D, int, str]], day: D) -> None:
    rows = {
        "created_at": [c for c, _, _ in deals],
        "closed_at": [None if s == "open" else c + dt.timedelta(days=n) for c, n, s in deals],
        "status": [s for _, _, s in deals],
    }
    then = CRM(deals=rows).known_on(day).deals
    wins = sum(s == "won" and c + dt.timedelta(days=n) <= day for c, n, s in deals)
    assert sales.deals_created(then) == sum(c <= day for c, _, _ in deals)
    assert sales.deals_won(then) == wins


# ---------------------------------------------------------------- costs


def test_costs_are_pairs_named_tuples_or_records() -> None:
    crm = CRM(costs=[("2024-01-15", 1000), (D(2024, 2, 1), "250.50", "training"), Cost(at="2024-03-01", amount=7)])
    assert [str(c.amount) for c in crm.costs] == ["1000.00", "250.50", "7.00"]
    assert crm.costs[1].name == "training"
    assert crm.cost(before=D(2024, 2, 1)) == 1000 and crm.cost(before=D(2024, 4, 1)) == 1257.5
    assert CRM().cost(before=D(2024, 4, 1)) == 0


@pytest.mark.parametrize("row", [5, ("2024-01-01",), ("2024-01-01", 1, "a", "b"), {"at": "2024-01-01", "amount": 1}])
def test_other_costs_are_refused(row: Any) -> None:
    with pytest.raises(WrongCall, match="a cost is Cost"):
        CRM(costs=[row])


def test_a_cost_of_every_month_is_paid_until_its_end() -> None:
    licence = Cost(at="2024-01-31", amount=10, every="month", until="2024-03-31")
    assert [p.at for p in licence.payments(D(2030, 1, 1))] == [D(2024, 1, 31), D(2024, 2, 29), D(2024, 3, 31)]
    assert [p.at for p in licence.payments(D(2024, 2, 29))] == [D(2024, 1, 31)]
    yearly = Cost(at="2024-02-29", amount=10, every="year")
    assert [p.at for p in yearly.payments(D(2026, 3, 1))] == [D(2024, 2, 29), D(2025, 2, 28), D(2026, 2, 28)]
    assert CRM(costs=[licence, yearly]).cost(before=D(2025, 1, 1)) == 40


def test_no_cost_ends_before_it_begins() -> None:
    with pytest.raises(DataError, match=r"until: .* is before at"):
        Cost(at="2024-02-01", amount=1, until="2024-01-01")


# ---------------------------------------------------------------- figures kept on paper


def test_figures_on_paper_are_totals_that_metrics_read() -> None:
    crm = CRM(
        before={"months": 6, "created": 100, "closed": 80, "won": 20, "won_amount": "1000.50", "gross_profit": -50}
    )
    assert crm.before is not None and crm.before.months == 6
    t = crm.before.totals
    assert (sales.conversion_rate(t), sales.win_rate(t), sales.deals_won(t)) == (0.2, 0.25, 20)
    assert (sales.won_revenue(t), sales.gross_profit(t), sales.average_deal_size(t)) == (1000.5, -50, 50.025)
    assert CRM(before=crm.before).before is crm.before
    assert crm.before.to_dict()["won_amount"] == 1000.5


@pytest.mark.parametrize(
    ("before", "says"),
    [
        (5, "before=5: give the figures by name"),
        ({"won": 5}, "months is not given: say of how many months"),
        ({"months": 0, "won": 5}, "months = 0: say"),
        ({"months": 12}, "there are no figures beside months"),
        ({"months": 12, "won": -1}, "won = -1 is no number of deals"),
        ({"months": 12, "won": 1.5}, "won = 1.5 is no number of deals"),
        ({"months": 12, "won_amount": "much"}, "won_amount = 'much' is not a number"),
        ({"months": 12, "won_amount": math.nan}, "won_amount = nan is not a number"),
        ({"months": 12, "won": 5, "closed": 4}, "won = 5 is more than closed = 4"),
    ],
)
def test_figures_that_cannot_be_are_refused(before: Any, says: str) -> None:
    with pytest.raises(WrongValue, match=says):
        CRM(before=before)
    with pytest.raises(UnknownName, match="before has no 'wno': did you mean 'won'"):
        CRM(before={"months": 12, "wno": 5})


# ---------------------------------------------------------------- what is independent, and from when data are whole


def test_customers_are_independent_where_deals_name_them() -> None:
    assert CRM(deals=DEALS).unit == "id" and CRM().unit == "id"
    assert CRM(deals=DEALS | {"customer": [None, None, "a", None]}).unit == "customer"
    assert CRM(deals=DEALS | {"customer": [None] * 4}).unit == "id"


def test_data_are_whole_from_the_later_of_the_first_comings_and_closings() -> None:
    assert CRM(deals=DEALS).whole_from == D(2024, 2, 1) and CRM(deals=DEALS).first_day == D(2024, 1, 5)
    assert CRM().whole_from is None


# ---------------------------------------------------------------- lookups and groups

TEAMS = {"manager": ["Anna", "Cid"], "team": ["North", "South"], "no": ["1", "2"]}


def test_a_column_of_a_lookup_is_a_key() -> None:
    crm = CRM(deals=DEALS, lookups=[Lookup(TEAMS, "manager")])
    assert sales.deals_created(crm.deals, by=crm.key("team")) == {"North": 2, None: 2}
    assert sales.deals_created(crm.deals, by=crm.key("team, status"))["North", "won"] == 2
    assert crm.key("manager") == "manager", "a field of the deals comes first"


def test_a_lookup_says_what_it_does_not_know() -> None:
    crm = CRM(deals=DEALS)
    assert Lookup(TEAMS, "manager").unmatched(crm.deals) == {"Boris": 1}
    with pytest.raises(UnknownName, match="has no column 'product'; it has manager, team, no"):
        Lookup(TEAMS, "product")
    with pytest.raises(WrongCall, match="amount holds no labels"):
        Lookup({"amount": [1]}, "amount").unmatched(crm.deals)


def test_units_of_time_are_keys() -> None:
    crm = CRM(deals=DEALS)
    assert sales.deals_won(crm.deals, by=crm.key("month")) == {"2024-02": 1, "2024-03": 1, None: 0}
    for name in ("month(created_at)", "month('created_at')"):
        assert sales.deals_won(crm.deals, by=crm.key(name))["2024-01"] == 1


def test_a_heading_with_a_comma_is_one_key() -> None:
    rows = DEALS | {"area, sales": list("abab")}
    assert CRM(deals=rows).key("area, sales") == "area, sales"


def test_an_unknown_key_is_refused_with_the_likely_one() -> None:
    crm = CRM(deals=DEALS, lookups=[Lookup(TEAMS, "manager")])
    with pytest.raises(UnknownName, match=r"nothing called 'Mangaer' .* did you mean 'manager'\? .* team, no, day"):
        crm.key("Mangaer")
    with pytest.raises(UnknownName, match=r"nothing called 'closed' .* did you mean 'closed_at'"):
        crm.key("month(closed)")
    with pytest.raises(UnknownName, match="use one of day, week"):
        CRM().key("zzz")


# ---------------------------------------------------------------- windows


def test_windows_are_whole_months_next_to_go_live_without_the_ramp() -> None:
    found = windows(D(2023, 1, 1), D(2024, 4, 1), 8, D(2024, 11, 20))
    assert isinstance(found, Windows) and found.months == 5
    assert (found.before.start, found.before.end) == (D(2023, 11, 1), D(2024, 4, 1))
    assert (found.after.start, found.after.end) == (D(2024, 6, 1), D(2024, 11, 1))


def test_the_month_of_go_live_is_in_neither_window() -> None:
    found = windows(D(2023, 1, 1), D(2024, 4, 15), 0, D(2024, 8, 31))
    assert isinstance(found, Windows)
    assert (found.before.end, found.after.start) == (D(2024, 4, 1), D(2024, 5, 1))


def test_from_a_year_up_windows_are_whole_years() -> None:
    found = windows(D(2021, 1, 1), D(2023, 1, 1), 0, D(2025, 12, 31))
    assert isinstance(found, Windows) and found.months == 24
    found = windows(D(2021, 9, 1), D(2023, 1, 1), 0, D(2025, 12, 31))
    assert isinstance(found, Windows) and found.months == 12


@pytest.mark.parametrize(
    ("first", "go_live", "last", "why"),
    [
        (D(2023, 1, 1), None, D(2024, 1, 1), "go_live"),
        (D(2023, 1, 1), D(2025, 1, 1), D(2024, 1, 1), "after the last day of the data, 2024-01-01"),
        (D(2023, 1, 1), D(2022, 1, 1), D(2024, 1, 1), "the data begin on 2023-01-01, when the CRM was live"),
        (D(2023, 1, 20), D(2023, 2, 10), D(2024, 1, 1), "no whole month before go-live"),
        (D(2022, 1, 1), D(2023, 12, 1), D(2024, 1, 15), "no whole month after go-live and its ramp"),
        (D(2023, 11, 20), D(2023, 12, 1), D(2023, 12, 15), "before go-live and none after go-live"),
    ],
)
def test_without_two_windows_the_reason_is_said(first: D, go_live: D | None, last: D, why: str) -> None:
    found = windows(first, go_live, 4, last)
    assert isinstance(found, NoWindows) and why in found.reason


@given(days, st.dates(D(2024, 1, 1), D(2026, 1, 1)), st.integers(0, 30), st.dates(D(2024, 1, 1), D(2027, 1, 1)))
def test_windows_are_equal_disjoint_covered_and_without_the_ramp(first: D, go_live: D, ramp: int, last: D) -> None:
    found = windows(first, go_live, ramp, last)
    if isinstance(found, NoWindows):
        return
    before, after = found.before, found.after
    months = [(p.end.year - p.start.year) * 12 + p.end.month - p.start.month for p in (before, after)]
    assert months == [found.months] * 2 and found.months > 0
    assert first <= before.start + dt.timedelta(days=6) and before.end <= go_live
    assert go_live + dt.timedelta(weeks=ramp) <= after.start and after.end <= last + dt.timedelta(days=1)
    assert found.months < 12 or found.months % 12 == 0


def test_windows_begin_where_both_comings_and_closings_are_in_the_data() -> None:
    rows = {
        "created_at": ["2023-01-01", "2023-01-01", "2023-07-20"],
        "status": ["won"] * 3,
        "closed_at": ["2023-04-01", "2023-05-01", "2023-08-31"],
    }
    found = CRM(deals=rows, go_live="2023-06-01").windows()
    assert isinstance(found, Windows) and found.before.start == D(2023, 4, 1)
    assert CRM(deals=rows | {"created_at": [None] * 3, "closed_at": [None] * 3}, go_live="2023-06-01").windows() == (
        NoWindows("no deal has a date")
    )


def test_windows_are_a_key_of_every_metric() -> None:
    two = Windows(month("2024-01"), month("2024-02"), 1)
    assert sales.deals_created(CRM(deals=DEALS).deals, by=two) == {"before": 2, "after": 1, None: 1}
    assert sales.win_rate(CRM(deals=DEALS).deals, by=(two, "manager"))["after", "Anna"] == 1.0
    assert math.isnan(sales.win_rate(CRM(deals=DEALS).deals, by=two).on(("before",))["before"])
    with pytest.raises(WrongCall, match="names no time"):
        two.on(None)
    with pytest.raises(WrongCall, match="manager holds no times"):
        two.on("manager")(CRM(deals=DEALS).deals)
