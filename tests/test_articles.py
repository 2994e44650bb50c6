"""The numbers of the four articles that this project grew from, and one word that means four numbers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from crm_metrics import Deal, Totals, attach, ratio, roi, sales, where


def rows(status: str, n: int = 1, **more: Any) -> list[Deal]:
    """So many deals of a kind, created in January and closed, if at all, in February of 2024."""
    closed = {"closed_at": "2024-02-10"} if status != "open" else {}
    return [Deal(**{"id": None, "created_at": "2024-01-10", "status": status, **closed, **more}) for _ in range(n)]


# ---------------------------------------------------------------- one word, four numbers

UNQUALIFIED = ("no budget", "not a real deal")


def january() -> list[Deal]:
    """100 deals: 3 won, 7 lost of which 4 were never qualified, 90 open of which 40 should have closed by now."""
    lost = (
        rows("lost", 3, reason="chose another")
        + rows("lost", 2, reason=UNQUALIFIED[0])
        + rows("lost", 2, reason=UNQUALIFIED[1])
    )
    late = rows("open", 40, expected_close="2024-02-15")
    return [*rows("won", 3), *lost, *late, *rows("open", 40, expected_close="2024-06-01"), *rows("open", 10)]


def qualified(deals: Any) -> Any:
    return ~deals.reason.isin(*UNQUALIFIED) | deals.reason.missing


def test_of_100_deals_3_won_and_7_lost_the_win_rate_is_3_or_30_or_50_or_6_percent() -> None:
    deals = january()
    assert sales.conversion_rate(deals) == 0.03, "of all that came in"
    assert sales.win_rate(deals) == 0.30, "of those that closed"
    assert sales.win_rate(where(deals, qualified)) == 0.50, "of those that closed and were real"
    assert sales.win_rate(deals, overdue_at=dt.date(2024, 3, 31)) == 0.06, "of those that closed or should have"
    assert sales.overdue_deals(deals, as_of=dt.date(2024, 3, 31)) == 40


# ---------------------------------------------------------------- the numbers of the articles


def test_23_of_150_leads_is_15_percent_and_5_of_100_is_5() -> None:
    assert round(sales.conversion_rate(rows("won", 23) + rows("lost", 40) + rows("open", 87)), 3) == 0.153
    assert sales.conversion_rate(Totals.of(Deal, won=23, created=150)) == 23 / 150
    assert sales.conversion_rate(rows("won", 5) + rows("lost", 95)) == 0.05


def test_a_thousand_that_became_fifteen_hundred_is_a_lift_of_a_half() -> None:
    """A hat for 1,000 and sunglasses for 500 beside it; one deal of two had any."""
    hat = {
        "deal": [1, 1],
        "product": ["hat", "sunglasses"],
        "kind": ["base", "cross_sell"],
        "price": [1000, 500],
        "quantity": [1, 1],
    }
    assert sales.addon_lift(hat) == 0.5
    assert sales.addon_line_share(hat) == 1 / 3, "of the 1,500, which is another number"
    assert (sales.addon_lines(hat), sales.addon_lines(hat, kind="upsell")) == (1, 0)
    two = {name: [*cells, cell] for (name, cells), cell in zip(hat.items(), [2, "hat", "base", 1000, 1], strict=True)}
    assert sales.attach_rate(two, product="sunglasses", to="hat") == sales.attach_rate(two) == 0.5
    assert sales.addon_lift(two) == 0.25


def test_a_rise_of_75_000_for_12_000_is_525_percent_and_breaks_even_at_0() -> None:
    assert roi.roi(gain=75_000 - 0, cost=12_000) == 5.25 and roi.roi(gain=12_000, cost=12_000) == 0


def test_a_deal_is_as_long_as_from_the_first_visit_to_the_payment() -> None:
    deals = {"id": [1], "lead": [7], "status": ["won"], "created_at": ["2024-01-10"], "closed_at": ["2024-02-10"]}
    visits, payments = {"lead": [7], "at": [dt.date(2024, 1, 1)]}, {"id": [1], "at": [dt.date(2024, 2, 20)]}
    found = attach(attach(deals, visits, on="lead", visit="at"), payments, on="id", paid="at")
    assert sales.average_sales_cycle(found, start="visit", end="paid") == 50
    assert sales.average_sales_cycle(found) == 31


REFUSALS = (
    "uses another CRM", "needs no CRM", "chose another", "wants a free one", "too dear", "too dear for all",
    "lacks a function", "lacks an integration", "own servers", "customisation not allowed", "customisation not paid",
    "own programmers", "closing down", "won't say",
)  # fmt: skip
PURCHASES = ("price for quality", "every function", "easy start", "nothing to install", "presentation")


def test_fourteen_reasons_of_refusal_and_five_of_purchase_are_counted_apart() -> None:
    deals = [d for i, r in enumerate(REFUSALS) for d in rows("lost", i + 1, reason=r, amount=10)]
    deals += [d for r in PURCHASES for d in rows("won", 2, reason=r, amount=100)]
    lost, won = sales.deals_lost(deals, by="reason"), sales.deals_won(deals, by="reason")
    assert {r: n for r, n in lost.items() if n} == {r: i + 1 for i, r in enumerate(REFUSALS)}
    assert {r: n for r, n in won.items() if n} == dict.fromkeys(PURCHASES, 2)
    assert sum(lost.values()) == 105 and sum(sales.lost_amount(deals, by="reason").values()) == 1050
    assert ratio(lost, sales.deals_lost(deals))["won't say"] == 14 / 105


def test_a_refusal_of_six_to_twelve_months_ago_is_worth_another_try() -> None:
    days = {
        "too early": "2024-04-01",
        "six months": "2024-03-30",
        "in between": "2023-12-01",
        "twelve": "2023-09-30",
        "less": "2023-10-01",
    }
    lost = [d for name, at in days.items() for d in rows("lost", created_at="2023-01-01", closed_at=at, reason=name)]
    today = dt.date(2024, 9, 30)
    found = sales.deals_due_for_return(lost, as_of=today, by="reason")
    assert {r for r, n in found.items() if n} == {"six months", "in between", "less"}
    assert len(where(lost, sales.due_for_return(today))) == sales.deals_due_for_return(lost, as_of=today) == 3


def test_documents_made_six_times_faster_take_a_sixth_of_the_time() -> None:
    def made(hours: int) -> dict[str, Any]:
        asked = dt.datetime(2024, 3, 1, 4)
        return {"kind": ["document"], "requested_at": [asked], "at": [asked + dt.timedelta(hours=hours)]}

    assert ratio(sales.average_document_time(made(18)), sales.average_document_time(made(3))) == 6
