"""Mistakes seen in other systems, as tests that we pass.

Where they were seen: the code and the issues of dbt packages for Salesforce, Frappe CRM, ERPNext, Odoo and others.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from cases import refused

from crm_metrics import (
    CRM,
    Deal,
    Period,
    change,
    convert,
    day,
    hour,
    marketing,
    month,
    quarter,
    ratio,
    sales,
    table,
    via,
    where,
    year,
)
from crm_metrics._values.exact import Exact
from crm_metrics.errors import DataError, MixedCurrencies, WrongCall
from crm_metrics.journeys import Pipeline

TEAMS = {"name": ["Anna", "Boris", "Vera"], "team": ["North", "North", "South"]}
NAN = math.nan


def rows(status: str, n: int = 1, **more: Any) -> list[Deal]:
    """So many deals of a kind, created in January and closed, if at all, in February of 2024."""
    closed = {"closed_at": "2024-02-10"} if status != "open" else {}
    return [Deal(**{"id": None, "created_at": "2024-01-10", "status": status, **closed, **more}) for _ in range(n)]


# ---------------------------------------------------------------- who won, and of what


def test_a_manager_who_only_wins_has_a_rate_of_1_and_not_of_0() -> None:
    deals = rows("won", 3, manager="Anna") + rows("lost", 2, manager="Boris") + rows("open", manager="Vera")
    assert sales.win_rate(deals, by="manager") == {"Anna": 1.0, "Boris": 0.0, "Vera": NAN}
    assert sales.win_rate([*rows("won", amount=100)], weight="amount") == 1.0


def test_a_team_counts_all_that_its_managers_closed_so_that_its_rate_does_not_pass_1() -> None:
    deals = rows("won", 3, manager="Anna") + rows("lost", 1, manager="Boris") + rows("won", 1, manager=None)
    assert sales.win_rate(deals, by=via(TEAMS, "team", "manager")) == {"North": 0.75, None: 1.0}
    assert sales.win_rate(deals) == 0.8


def test_nothing_over_nothing_is_undefined_in_the_whole_in_a_group_and_weighted() -> None:
    opened = rows("open", 2, manager="Anna", amount=10)
    for metric in (sales.win_rate, sales.loss_rate, sales.average_deal_size, sales.average_sales_cycle):
        assert math.isnan(metric(opened)) and sales.win_rate(opened, by="manager") == {"Anna": NAN}
    assert math.isnan(sales.win_rate(opened, weight="amount"))
    assert math.isnan(sales.conversion_rate([])) and math.isnan(sales.repeat_rate(opened))


def test_days_to_close_and_days_of_age_have_the_right_sign() -> None:
    deals = rows("won", created_at="2024-01-01", closed_at="2024-01-31") + rows("open", created_at="2024-03-01")
    assert sales.average_sales_cycle(deals) == sales.median_sales_cycle(deals) == 30
    assert sales.average_deal_age(deals, as_of=dt.date(2024, 3, 31)) == 30
    assert sales.average_document_time({"kind": ["quote"], "requested_at": ["2024-03-01"], "at": ["2024-03-03"]}) == 2


def test_a_deal_that_closed_before_it_came_in_is_refused_with_its_row() -> None:
    refused(lambda: rows("won", created_at="2024-03-01"), DataError, "closed_at is before created_at: correct")


def test_an_open_deal_that_kept_the_day_of_an_earlier_close_is_open() -> None:
    """Reopened: the day of the first close was not cleared."""
    reopened = rows("open", closed_at="2024-02-10", amount=100, expected_close="2024-02-20")
    assert sales.deals_won(reopened) == sales.won_revenue(reopened) == 0 and math.isnan(sales.win_rate(reopened))
    assert math.isnan(sales.average_sales_cycle(reopened)) and sales.open_pipeline(reopened) == 100
    team = {"name": ["Anna"]}
    assert sales.wins_per_manager_month(reopened, team, period=month("2024-02")) == 0


def test_deals_come_in_by_their_creation_and_are_won_by_their_close_in_card_and_chart_alike() -> None:
    deals = rows("won", 2) + rows("open")
    assert sales.deals_created(deals, by=month) == {"2024-01": 3}
    assert sales.deals_won(deals, by=month) == {"2024-02": 2, None: 0}
    assert sales.deals_won(where(deals, closed_at=month("2024-02"))) == 2


# ---------------------------------------------------------------- the pipeline


def test_no_open_deal_is_outside_the_pipeline_whatever_its_stage_is_called() -> None:
    deals = [
        d
        for stage in ("Commit", "MostLikely", "Other", None)
        for d in rows("open", stage=stage, amount=100, probability=0.5)
    ]
    assert sales.open_pipeline(deals) == 400 == sum(sales.open_pipeline(deals, by="stage").values())
    assert sales.weighted_pipeline(deals, by="stage") == {"Commit": 50, "MostLikely": 50, "Other": 50, None: 50}


def test_a_probability_in_percent_is_refused_and_not_multiplied() -> None:
    refused(lambda: rows("open", amount=100, probability=60), DataError, "60 is outside 0 to 1: 0.6 for 60 %")
    assert sales.weighted_pipeline(rows("open", amount=100, probability=0.6)) == 60


def test_lost_deals_add_nothing_to_a_forecast() -> None:
    some = {"amount": 1000, "expected_close": "2024-03-20"}
    snapshot = (
        rows("lost", probability=1, **some) + rows("won", probability=1, **some) + rows("open", probability=0.5, **some)
    )
    came = rows("won", closed_at="2024-03-21", amount=400) + rows("lost", closed_at="2024-03-22", amount=5000)
    march = month("2024-03")
    assert sales.weighted_pipeline(snapshot) == 500 and sales.open_pipeline(snapshot) == 1000
    assert (
        sales.forecast_bias(snapshot, came, period=march) == sales.forecast_error(snapshot, came, period=march) == 0.25
    )


def test_misses_of_two_managers_do_not_cancel_out_in_the_error_and_do_in_the_bias() -> None:
    deal = {"expected_close": "2024-03-20", "probability": 1}
    snapshot = rows("open", manager="Anna", amount=150, **deal) + rows("open", manager="Boris", amount=50, **deal)
    came = [d for name in ("Anna", "Boris") for d in rows("won", manager=name, closed_at="2024-03-31", amount=100)]
    assert sales.forecast_error(snapshot, came, period=month("2024-03")) == 0.5
    assert sales.forecast_bias(snapshot, came, period=month("2024-03")) == 0


def test_deals_without_an_amount_are_in_neither_part_of_an_average() -> None:
    """An average that counts what it could not add is too small."""
    deals = (
        rows("won", amount=300)
        + rows("won", amount=100)
        + rows("won")
        + rows("open", amount=9)
        + rows("lost", amount=7)
    )
    assert sales.average_deal_size(deals) == 200
    assert sales.large_deal_share(deals, over=200) == 0.5
    assert sales.average_deal_size(rows("won", amount=300) + rows("won", amount=0)) == 150, "none is not nothing"


# ---------------------------------------------------------------- money


def test_a_missing_exchange_rate_is_refused_and_is_not_1() -> None:
    deals = rows("won", amount=100, currency="USD") + rows("won", amount=100, currency="JPY")
    refused(lambda: convert(table(deals, Deal), {"USD": "90"}, to="RUB"), DataError, "JPY")
    left = convert(table(deals, Deal), {"USD": "90"}, to="RUB", on_missing="skip")
    assert sales.average_deal_size(left) == 9000, "what has no rate is in neither the sum nor the count"
    assert len(left) == 1 and left.report is not None and left.report.rows == 2


def test_a_rate_is_that_of_the_day_of_the_deal_and_not_the_first_one_seen() -> None:
    rates = {"currency": ["USD", "USD"], "date": ["2024-01-01", "2024-02-01"], "rate": [90, 100]}
    deals = rows("won", amount=1, currency="USD", closed_at="2024-01-31") + rows("won", amount=1, currency="USD")
    converted = convert(table(deals, Deal), rates, to="RUB", at="closed_at")
    assert sales.won_revenue(converted, by=month) == {"2024-01": 90, "2024-02": 100}


@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_two_currencies_on_two_sides_of_a_ratio_are_refused(currency: str) -> None:
    euros = {"manager": ["Anna"], "start": ["2024-02-01"], "end": ["2024-03-01"], "amount": [100], "currency": ["EUR"]}
    deals = rows("won", amount=100, currency=currency, manager="Anna")
    for metric in (sales.quota_attainment, sales.managers_at_quota):
        with pytest.raises(MixedCurrencies, match=f"EUR and {currency}"):
            metric(deals, euros)
    spend = {"at": ["2024-01-01"], "amount": [5], "currency": ["EUR"]}
    with pytest.raises(MixedCurrencies):
        ratio(sales.won_revenue(deals), marketing.spend_total(spend))


def test_a_deal_in_the_name_of_nobody_or_of_one_manager_counts_its_amount_once() -> None:
    deals = rows("won", amount=100, manager="Anna") + rows("won", amount=50, manager=None)
    by_manager = sales.won_revenue(deals, by="manager")
    assert by_manager == {"Anna": 100, None: 50} and sum(by_manager.values()) == sales.won_revenue(deals) == 150


def test_a_change_says_its_difference_and_its_ratio_apart() -> None:
    """A difference of 50 roubles is not 50 %."""
    found = change(sales.average_deal_size, rows("won", 40, amount=100), rows("won", 40, amount=150))
    assert (found.before, found.after, found.difference) == (100, 150, 50)
    assert found.relative == pytest.approx(0.5)


def test_profit_of_products_without_a_name_is_in_the_whole_and_no_sales_have_no_margin() -> None:
    deals = rows("won", amount=100, cost=60, product="car") + rows("won", amount=100, cost=90, product=None)
    assert sales.gross_profit(deals, by="product") == {"car": 40, None: 10}
    assert sum(sales.gross_profit(deals, by="product").values()) == sales.gross_profit(deals) == 50
    assert sales.gross_margin(deals) == 0.25, "the ratio of the sums, not the mean of 40 and 10 %"
    assert math.isnan(sales.gross_margin(rows("lost", amount=100, cost=60)))


# ---------------------------------------------------------------- periods


@pytest.mark.parametrize(("a", "b"), [("2024-05", "2024-06"), ("2024-02", "2024-03"), ("2023-12", "2024-01")])
def test_two_periods_in_a_row_share_no_day_and_lose_none(a: str, b: str) -> None:
    first, second = month(a), month(b)
    assert first.end == second.start
    days = [first.start + dt.timedelta(n) for n in range(int(first.days + second.days))]
    deals = [d for at in days for d in rows("won", created_at="2023-01-01", closed_at=at)]
    assert sales.deals_won(where(deals, closed_at=first)) == first.days
    assert sales.deals_won(where(deals, closed_at=second)) == second.days
    assert sales.deals_won(deals, by=month) == {a: first.days, b: second.days}


def test_the_last_day_of_a_period_is_whole() -> None:
    late = rows("won", closed_at=dt.datetime(2024, 6, 30, 23, 59, 59)) + rows("won", closed_at=dt.datetime(2024, 7, 1))
    assert sales.deals_won(where(late, closed_at=month("2024-06"))) == 1
    assert sales.deals_won(where(late, closed_at=day("2024-06-30"))) == 1, (
        "a period of one day needs no rule of its own"
    )
    assert (day("2024-06-30").days, month("2024-06").days, quarter("2024Q2").days, year("2024").days) == (
        1,
        30,
        91,
        366,
    )


def test_january_of_one_year_is_not_january_of_another() -> None:
    deals = rows("won", closed_at="2023-01-31", created_at="2023-01-01") + rows("won", closed_at="2024-01-31")
    assert sales.deals_won(deals, by=month) == {"2023-01": 1, "2024-01": 1}
    assert sales.deals_won(deals, by=quarter) == {"2023Q1": 1, "2024Q1": 1}


def test_a_manager_or_month_without_sales_has_missed_the_quota_and_not_met_it() -> None:
    quotas = {
        "manager": ["Anna", "Boris"],
        "start": ["2024-02-01"] * 2,
        "end": ["2024-03-01"] * 2,
        "amount": [100, 100],
    }
    deals = rows("won", amount=100, manager="Anna")
    assert sales.quota_attainment(deals, quotas, by="manager") == {"Anna": 1, "Boris": 0}
    assert sales.quota_attainment(deals, quotas) == sales.managers_at_quota(deals, quotas) == 0.5
    march = {**quotas, "start": ["2024-03-01"] * 2, "end": ["2024-04-01"] * 2}
    assert sales.quota_attainment(deals, march, period=month("2024-03")) == 0
    assert sales.managers_at_quota([], quotas) == 0


def test_the_attainment_of_a_team_is_of_its_sums_and_not_the_mean_of_its_managers() -> None:
    quotas = {"manager": ["Anna", "Boris"], "amount": [1000, 100], "start": [None] * 2, "end": [None] * 2}
    deals = rows("won", amount=500, manager="Anna") + rows("won", amount=200, manager="Boris")
    assert sales.quota_attainment(deals, quotas, by="manager") == {"Anna": 0.5, "Boris": 2}
    assert sales.quota_attainment(deals, quotas) == 700 / 1100


# ---------------------------------------------------------------- customers, leads, reasons


def test_customers_are_counted_and_not_their_invoices() -> None:
    deals = rows("won", 3, customer="a", amount=100) + rows("won", customer="b", amount=100) + rows("won", 2, amount=50)
    assert sales.repeat_rate(deals) == 0.5
    assert sales.revenue_per_customer(deals) == 200
    assert marketing.cac({"at": ["2024-01-01"], "amount": [100]}, deals) == 50


def test_several_deals_or_quotes_of_one_lead_do_not_lift_its_rate_above_1() -> None:
    leads = {"id": [1, 2], "created_at": ["2024-01-01"] * 2}
    deals = {"id": [1, 2, 3], "lead": [1, 1, 1], "status": ["won", "lost", "open"]}
    assert sales.lead_conversion_rate(leads, deals) == sales.lead_conversion_rate(leads, deals, outcome="won") == 0.5
    quotes = {"kind": ["quote"] * 4, "deal": [1, 1, 1, 2]}
    assert sales.quote_acceptance_rate(quotes, deals) == 0.5


def test_without_leads_or_quotes_there_is_no_rate_and_nothing_is_divided_by_1_instead() -> None:
    deals = {"id": [1], "lead": [1], "status": ["won"]}
    assert math.isnan(sales.lead_conversion_rate([], deals)) and math.isnan(sales.quote_acceptance_rate([], deals))
    assert math.isnan(sales.calls_per_sale({"manager": ["Anna"]}, [])) and math.isnan(sales.wins_per_call([], deals))


def test_losses_without_a_reason_are_a_reason_too_so_that_the_shares_add_up() -> None:
    deals = rows("lost", 2, reason="too dear", amount=10) + rows("lost", reason="", amount=5) + rows("lost", amount=1)
    by_reason = sales.deals_lost(deals, by="reason")
    assert by_reason == {"too dear": 2, None: 2} and sum(ratio(by_reason, sales.deals_lost(deals)).values()) == 1
    assert sales.lost_amount(deals, by="reason") == {"too dear": 20, None: 6}


# ---------------------------------------------------------------- at the edges


def test_no_group_is_lost_from_a_forecast_or_from_the_managers_at_quota() -> None:
    due = rows("open", amount=100, probability=1, expected_close="2024-02-20", manager="Anna", region="N")
    snapshot = due + rows("open", manager="Boris", region="S")
    came = rows("won", amount=100, manager="Anna", region="N") + rows("lost", region="W")
    found = sales.forecast_error(snapshot, came, period=month("2024-02"), by="region")
    assert found == {"N": 0, "S": NAN, "W": NAN}
    two = sales.forecast_error(snapshot, came, period=month("2024-02"), by=("region", "status"))
    assert two == {("N", "open"): NAN, ("N", "won"): 1, ("S", "open"): NAN, ("W", "lost"): NAN}
    quotas = {"manager": ["Anna"], "region": ["N"], "amount": [100], "start": [None], "end": [None]}
    assert sales.managers_at_quota(came, quotas, by="region") == {"N": 1, "W": NAN}
    assert sales.managers_at_quota(came, quotas, by=("region",)) == {("N",): 1, ("W",): NAN}
    assert sales.managers_at_quota([], quotas, by="region") == {"N": 0}
    nothing = {name: [] for name in quotas}
    assert sales.managers_at_quota(came, nothing, by="region") == {"N": NAN, "W": NAN}
    assert sales.forecast_error([], came, period=month("2024-02"), by="region") == {"N": 1, "W": NAN}


def test_the_coverage_of_a_period_counts_what_was_won_in_it_and_takes_no_other_time() -> None:
    quota = {"manager": ["Anna"], "start": ["2024-02-01"], "end": ["2024-03-01"], "amount": [1000]}
    deals = rows("won", amount=500, manager="Anna")
    deals += rows("open", amount=1000, expected_close="2024-02-20", manager="Anna")
    february = month("2024-02")
    assert sales.pipeline_coverage(deals, quota, period=february) == 2
    assert sales.pipeline_coverage(deals, quota, period=february, by="manager") == {"Anna": 2}
    refused(
        lambda: sales.pipeline_coverage(deals, quota, period=february, by=month), WrongCall, "names no time, say which"
    )


def test_a_deal_of_30_days_is_as_old_by_its_creation_as_by_its_last_change() -> None:
    march, none = dt.date(2024, 3, 31), {"deal": [9], "at": ["2024-03-01"]}
    created = rows("open", id=1, created_at="2024-03-01")
    moved = rows("open", id=9, created_at="2024-01-01")
    assert sales.stalled_deals(created, none, as_of=march) == sales.stalled_deals(moved, none, as_of=march) == 1
    assert sales.stalled_deals(created + moved, none, as_of=march, days=31) == 0
    assert sales.stalled_deals(created + moved, none, as_of=march, days=29.5) == 2, "half a day is a day among dates"
    assert sales.stalled_deals(created + moved, none, as_of=march, days=30.5) == 0
    assert sales.stalled_deals(created + moved, none, as_of=march, days=999_999) == 0, "before the calendar began"


def test_calls_of_which_only_the_day_is_known_are_not_all_made_in_one_hour() -> None:
    dates = {"started_at": ["2024-03-01"] * 50, "manager": ["Anna"] * 50}
    assert math.isnan(sales.calls_per_hour(dates))
    timed = [dt.datetime(2024, 3, 1, 0, 10), dt.datetime(2024, 3, 1, 0, 20)]
    both = {"started_at": [*timed, *[dt.date(2024, 3, 1)] * 50], "manager": ["Anna"] * 52}
    assert sales.calls_per_hour(both) == 2 == sales.calls_per_hour(both, by=hour)[0]


def test_an_amount_is_large_in_its_own_currency() -> None:
    """Over 1,000 is over 1,000 yen and over 1,000 dollars: a limit in one currency needs one currency."""
    yen, dollars = rows("won", amount=2000, currency="JPY"), rows("won", amount=2000, currency="USD")
    assert sales.large_deals(yen + dollars, over=1000) == 2
    assert sales.large_deals(yen + dollars, over=1000, by="currency") == {"JPY": 1, "USD": 1}
    converted = convert(table(yen + dollars, Deal), {"JPY": "0.01"}, to="USD")
    assert sales.large_deals(converted, over=1000) == 1
    with pytest.raises(MixedCurrencies):
        sales.large_deal_revenue_share(yen + dollars, over=1000)


def test_midnights_are_whole_days() -> None:
    february = Period(dt.datetime(2024, 2, 1), dt.datetime(2024, 3, 1))
    quota = {"manager": ["Anna"], "start": ["2024-01-01"], "end": ["2024-03-01"], "amount": [60]}
    assert sales.quota_attainment(rows("won", amount=29), quota, period=february) == 1
    assert sales.manager_months({"name": ["Anna"]}, period=february) == 1


def test_rows_are_counted_as_they_are_given() -> None:
    """Two deals of one day are two purchases, one manager listed twice is two."""
    assert sales.repeat_rate(rows("won", 2, customer="a")) == 1
    assert sales.manager_months({"name": ["Anna", "Anna"]}, period=month("2024-02")) == 2


def test_a_quota_without_days_is_of_no_period_and_parts_are_rounded_one_by_one() -> None:
    quota = {"manager": ["Anna"], "start": ["2024-02-05"], "end": ["2024-02-05"], "amount": [100]}
    assert math.isnan(sales.quota_attainment(rows("won", amount=1), quota, period=month("2024-02")))
    assert sales.quota_attainment(rows("won", amount=1), quota) == 0.01
    cent = {"manager": ["Anna"], "start": ["2024-01-01"], "end": ["2024-01-03"], "amount": ["0.01"]}
    one = rows("won", closed_at="2024-01-01", created_at="2024-01-01", amount="0.01")
    assert math.isnan(sales.quota_attainment(one, cent, period=day("2024-01-01"))), "half a kopeck is none"
    assert sales.quota_attainment(one, cent, period=month("2024-01")) == 1


def test_where_only_won_deals_have_amounts_a_rate_by_amount_is_1() -> None:
    deals = rows("won", amount=100) + rows("lost", 3)
    assert (sales.win_rate(deals, weight="amount"), sales.win_rate(deals)) == (1, 0.25)


def test_a_lead_that_was_noted_after_its_deal_had_closed_makes_the_cycle_shorter() -> None:
    deals = {"status": ["won"] * 2, "closed_at": ["2024-02-10"] * 2, "lead_at": [dt.date(2024, 2, d) for d in (1, 20)]}
    assert sales.average_sales_cycle(deals, start="lead_at") == -0.5


def test_a_day_in_the_past_asks_of_the_deals_that_are_open_now() -> None:
    deals = table(rows("won") + rows("open", expected_close="2024-01-20"), Deal)
    past = dt.date(2024, 1, 31)
    assert sales.overdue_deals(deals, as_of=past) == 1 and sales.average_deal_age(deals, as_of=past) == 21
    known = CRM(deals=deals).known_on(past).deals
    assert len(where(known, status="open")) == 2, "the deal that was won in February was open then"
    assert sales.average_deal_age(known, as_of=past) == 21


# ---------------------------------------------------------------- what is not there


def test_a_row_that_does_not_say_its_kind_is_of_no_kind() -> None:
    deals = {"status": ["won"] * 2, "kind": ["upsell", None], "amount": [10, 30]}
    assert sales.addon_deals(deals) == 1 and sales.addon_revenue_share(deals) == 0.25
    blank = {**deals, "kind": [None, None]}
    assert sales.addon_deals(blank) == sales.repeat_revenue_share(blank) == 0
    assert sales.addon_deals([]) == 0 and math.isnan(sales.repeat_revenue_share([]))


def test_a_group_of_which_nothing_is_known_has_no_currency_to_quarrel_about() -> None:
    """Anna sold nothing; that Boris sells yen is not her concern, whole or in parts."""
    quotas = {"manager": ["Anna"], "start": [None], "end": [None], "amount": [100], "currency": ["EUR"]}
    yen = rows("won", amount=100, currency="JPY", manager="Boris") + rows("open", currency="JPY", manager="Anna")
    assert sales.quota_attainment(yen, quotas, by="manager") == {"Anna": 0, "Boris": NAN}
    assert sales.managers_at_quota(yen, quotas) == 0
    with pytest.raises(MixedCurrencies, match="EUR and JPY"):
        sales.quota_attainment(yen, quotas)
    nothing, euros = Exact(0, 100, "JPY"), Exact(500, 100, "EUR")
    assert ratio(nothing, euros) == 0 and (nothing + euros).unit == (euros - nothing).unit == "EUR"


def test_deals_still_in_progress_are_no_drop_off() -> None:
    path = {i: ["lead", "lost"] if i < 40 else ["lead", "offer"] for i in range(100)}
    path |= {i: ["lead", "offer", "test", "won"] for i in range(40, 50)}
    rows = [
        {"deal": i, "stage": stage, "at": f"2024-01-0{day}"} for i, p in path.items() for day, stage in enumerate(p, 1)
    ]
    found = sales.funnel(rows, Pipeline(["lead", "offer", "test", "won"], lost="lost"))
    assert found.drop_off == {"lead": 40, "offer": 0, "test": 0, "won": 0}
    assert found.still_here == {"lead": 0, "offer": 50, "test": 0, "won": 10}
    assert found.leak == "lead"
