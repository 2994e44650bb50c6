"""Figures on paper: every metric of counts and sums reads them, and what cannot be is refused."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from strategies import companies

from crm_metrics import CRM, Deal, Interaction, Lead, Spend, Totals, change, explain, interval, load, marketing, sales
from crm_metrics._company.paper import Paper
from crm_metrics.errors import UnknownName, WrongCall, WrongValue


def test_numbers_of_different_customers_may_be_kept_on_paper() -> None:
    paper = Totals.of(Deal, won_customer=20, won_customer_at_least_2=5, known_customer_amount=5000, won_new_customer=8)
    assert sales.repeat_rate(paper) == 0.25 and sales.revenue_per_customer(paper) == 250
    assert marketing.cac(Totals.of(Spend, winning_amount=1000), paper) == 125
    said = explain(sales.repeat_rate, Totals.of(Deal, won_customer_at_least_2=5, won_customer=20))
    assert said.totals["Deal"] == {"distinct won_customer_at_least_2": 5, "distinct won_customer": 20}
    with pytest.raises(UnknownName, match=r"figures are won, and won_customer_at_least_2 is needed: Totals.of"):
        sales.repeat_rate(Totals.of(Deal, won=5))
    with pytest.raises(UnknownName, match="won_customer is needed"):
        sales.addon_customer_share(Totals.of(Deal, won_upsell_or_cross_sell_customer=5))


@given(data=st.data())
def test_rows_and_what_explain_says_of_them_give_the_same_numbers(data: st.DataObject) -> None:
    deals = data.draw(companies((Deal,))).rows[Deal]
    for metric in (sales.win_rate, sales.deals_won, sales.repeat_rate, sales.addon_customer_share):
        said = explain(metric, deals).totals["Deal"]
        names = [name.removeprefix("distinct ") for name in said]
        often = Counter(d.customer for d in deals if d.status == "won" and d.customer)
        figures = {"won_customer_at_least_2": sum(n > 1 for n in often.values())}
        paper = Totals.of(Deal, **figures, **dict(zip(names, said.values(), strict=True)))
        assert repr(metric(paper)) == repr(metric(deals))


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"won": -1, "closed": 40}, "won=-1 is no count of rows: give a whole number, 0 or more"),
        ({"won": "2.5", "closed": 40}, "won=2.5 is no count of rows"),
        (
            {"won": 41, "closed": 40},
            "won = 41 is more than closed = 40: check them",
        ),
    ],
)
def test_a_figure_that_can_be_no_count_is_refused_by_the_metric_itself(figures: Any, says: str) -> None:
    with pytest.raises(WrongValue, match=says):
        sales.win_rate(Totals.of(Deal, **figures))


def test_a_negative_sum_on_paper_is_a_sum() -> None:
    assert sales.gross_profit(Totals.of(Deal, won_margin="-2.50")) == -2.5


def test_no_rows_on_paper_are_no_rows() -> None:
    paper, rows = Totals.of(Deal, won=0, closed=0), {"status": [], "id": []}
    assert math.isnan(sales.win_rate(paper))
    assert repr(interval(sales.win_rate, paper)) == repr(interval(sales.win_rate, rows))
    assert interval(sales.win_rate, paper).method == "too little data"
    some = Totals.of(Deal, won=50, closed=80)
    assert change(sales.win_rate, paper, some).verdict == change(sales.win_rate, rows, some).verdict


# ---------------------------------------------------------------- of so many months


@given(st.lists(st.tuples(st.integers(0, 99), st.decimals(-(10**6), 10**6, places=2)), min_size=1, max_size=24))
def test_monthly_figures_are_their_sum_over_as_many_months(months: list[tuple[int, Decimal]]) -> None:
    won, profit = [n for n, _ in months], [x for _, x in months]
    paper = CRM(before={"won": won, "gross_profit": profit, "closed": 5000}).before
    assert paper is not None
    whole = Paper.of({"months": len(months), "won": sum(won), "gross_profit": sum(profit), "closed": 5000})
    assert paper.to_dict() == whole.to_dict()
    assert sales.win_rate(paper.totals) == sum(won) / 5000


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"won": [1, 2], "closed": [3, 4, 5]}, "not as many everywhere .2 of won, 3 of closed.: give each list"),
        ({"months": 12, "won": [1, 2]}, "not as many everywhere .months = 12, 2 of won."),
        ({"won": [1, -2]}, "won, month 2 = -2 is no number of deals"),
        ({"won": [1, None]}, "won, month 2 = None is not a number"),
        ({"won": []}, "months = 0: say of how many months"),
        ({"won": [5, 5], "closed": [4, 5]}, "won = 10 is more than closed = 9"),
    ],
)
def test_monthly_figures_that_cannot_be_are_refused(given: Any, says: str) -> None:
    with pytest.raises(WrongValue, match=says):
        CRM(before=given)


def test_a_file_may_hold_monthly_figures(tmp_path: Path) -> None:
    (tmp_path / "crm.toml").write_text("[before]\nwon = [2, 3, 4]\nclosed = [10, 10, 10]\n[deals]\nfile = 'd.csv'\n")
    (tmp_path / "d.csv").write_text("id,created_at,status\n1,2024-05-01,open\n")
    paper = load(tmp_path).before
    assert paper is not None and paper.months == 3 and sales.win_rate(paper.totals) == 0.3


def test_more_who_bought_twice_than_who_bought_is_refused() -> None:
    with pytest.raises(WrongValue, match="won_customer_at_least_2 = 20 is more than won_customer = 10"):
        Totals.of(Deal, won_customer=10, won_customer_at_least_2=20)


def test_numbers_of_different_customers_do_not_add() -> None:
    month = Totals.of(Deal, won_customer=20, won_customer_at_least_2=5, won=30, closed=60)
    assert sales.win_rate(month + month) == 0.5
    with pytest.raises(WrongCall, match="won_customer_at_least_2 of 2 papers does not add"):
        sales.repeat_rate(month + month)


def test_a_share_of_customers_on_paper_has_wilsons_limits() -> None:
    found = interval(sales.repeat_rate, Totals.of(Deal, won_customer=20, won_customer_at_least_2=5))
    assert (found.value, found.n, found.method) == (0.25, 20, "Wilson")


def test_figures_on_paper_have_no_groups() -> None:
    with pytest.raises(WrongCall, match="figures on paper have no groups"):
        sales.win_rate(Totals.of(Deal, won=1, closed=2), by="manager")


def test_what_two_tables_have_in_common_may_be_kept_on_paper() -> None:
    leads, deals = Totals.of(Lead, genuine=100, genuine_id_among_created_lead=20), Totals.of(Deal)
    assert sales.lead_conversion_rate(leads, deals) == 0.2
    assert str(interval(sales.lead_conversion_rate, leads, deals)) == "20.0 % [13.3 %, 28.9 %] (n=100, Wilson)"
    with pytest.raises(
        UnknownName, match=r"genuine_id_among_won_lead is needed: Totals.of\(\.\.\., genuine_id_among_won"
    ):
        sales.lead_conversion_rate(leads, deals, outcome="won")
    quotes = Totals.of(Interaction, quote_deal_of_among_won_id=12, quote_deal_of_among_closed_id=30)
    assert sales.quote_acceptance_rate(quotes, deals) == 0.4
