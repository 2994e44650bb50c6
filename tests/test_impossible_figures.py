"""Figures on paper that no deals can give are refused, wherever they are written down."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crm_metrics import CRM, Deal, Lead, Totals, explain, load, sales
from crm_metrics.errors import WrongValue

IMPOSSIBLE = [
    ({"won": 3, "lost": 3, "closed": 4}, "won + lost = 6 is more than closed = 4"),
    ({"won": 3, "lost": 1, "closed": 5}, "won + lost = 4 is not closed = 5: what has closed was won or lost"),
    ({"won": 5, "closed": 4}, "won = 5 is more than closed = 4: check them, the first is a part of the second"),
    ({"lost": 5, "closed": 4}, "lost = 5 is more than closed = 4"),
    ({"won": 5, "created": 4}, "won = 5 is more than created = 4"),
    ({"won": 0, "won_amount": 100}, "won_amount = 100 and won = 0: of no rows there is nothing"),
    ({"won": 0, "won_amount": "-0.5"}, r"won_amount = -0\.5 and won = 0"),
]


@pytest.mark.parametrize(("figures", "says"), IMPOSSIBLE, ids=lambda x: str(x)[:40])
def test_totals_of_figures_that_cannot_be_are_refused(figures: dict[str, Any], says: str) -> None:
    for kind in (lambda x: x, str, Decimal):
        with pytest.raises(WrongValue, match=says.replace("+", r"\+")):
            Totals.of(Deal, **{name: kind(x) for name, x in figures.items()})


OF_PAPER = [
    *((f, says) for f, says in IMPOSSIBLE if not {"lost", "opened"} & f.keys() and f.get("won_amount") != "-0.5"),
    ({"won": 3, "won_amount": -100}, "won_amount = -100 is less than nothing: give what was sold"),
    ({"won": 0, "gross_profit": 5}, "gross_profit = 5 and won = 0: of no sales there is nothing"),
    ({"won_amount": 100, "gross_profit": 150}, "gross_profit = 150 is more than won_amount = 100"),
    ({"won": 3, "addons": 4}, "addons = 4 is more than won = 3: it is a part of that"),
    ({"won": 3, "new_customers": 4}, "new_customers = 4 is more than won = 3"),
    ({"won_amount": 100, "addon_amount": 150}, "addon_amount = 150 is more than won_amount = 100"),
    ({"won": 0, "won_days": 5}, "won_days = 5 and won = 0: of no"),
    ({"won_days": -5}, "won_days = -5 is less than nothing"),
    ({"spend": -5}, "spend = -5 is less than nothing: give money spent on winning customers"),
]


@pytest.mark.parametrize(("figures", "says"), OF_PAPER, ids=lambda x: str(x)[:40])
def test_a_company_refuses_them_too(figures: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(WrongValue, match=says):
        CRM(before={"months": 12, **figures})
    with pytest.raises(WrongValue, match=says):
        CRM(before={name: [x, 0] for name, x in figures.items()})
    lines = "".join(f"{name} = {x}\n" for name, x in figures.items())
    (tmp_path / "crm.toml").write_text(f"[before]\nmonths = 12\n{lines}[deals]\nfile = 'd.csv'\n")
    (tmp_path / "d.csv").write_text("id,created_at,status\n1,2024-05-01,open\n")
    with pytest.raises(WrongValue, match=rf"\[before\]: {says}"):
        load(tmp_path)


def test_the_customers_of_deals_are_no_more_than_the_deals() -> None:
    with pytest.raises(WrongValue, match="won_customer = 9 is more than won = 5"):
        Totals.of(Deal, won_customer=9, won=5)
    with pytest.raises(WrongValue, match="won_customer_at_least_2 = 9 is more than won_customer = 5"):
        Totals.of(Deal, won_customer=5, won_customer_at_least_2=9)
    with pytest.raises(WrongValue, match="genuine_id_among_created_lead = 9 is more than genuine = 5"):
        Totals.of(Lead, genuine=5, genuine_id_among_created_lead=9)
    assert Totals.of(Deal, won=5, won_amount=900, won_customer=5)


def test_what_may_be_is_taken() -> None:
    assert sales.win_rate(Totals.of(Deal, won=3, lost=1, closed=4, created=9, opened=5)) == 0.75
    assert sales.won_revenue(Totals.of(Deal, won=0, won_amount=0)) == 0
    assert sales.won_revenue(Totals.of(Deal, won=2, won_amount="-5.50")) == -5.5, "two credit notes"
    loss = CRM(before={"months": 12, "won": 3, "won_amount": 100, "gross_profit": -50}).before
    assert loss is not None and sales.gross_profit(loss.totals) == -50


def test_no_time_on_paper_is_less_than_nothing() -> None:
    names = dict.fromkeys(["closed", "won"], 4)
    asked = next(name for name in explain(sales.average_sales_cycle, CLOSED).totals["Deal"] if "cycle" in name)
    with pytest.raises(WrongValue, match=f"{asked}=-3: no time is less than nothing"):
        sales.average_sales_cycle(Totals.of(Deal, **names, **{asked: -3, f"missing_{asked}": 0}))
    assert sales.average_sales_cycle(Totals.of(Deal, **names, **{asked: 12, f"missing_{asked}": 0})) == 3


CLOSED = [Deal(id=1, created_at="2024-01-05", closed_at="2024-01-08", status="won")]


@given(st.lists(st.sampled_from(["won", "lost", "open", None]), max_size=8))
def test_the_figures_of_any_deals_are_possible(states: list[str | None]) -> None:
    rows = [Deal(id=i, created_at="2024-01-05", closed_at="2024-01-08", status=s) for i, s in enumerate(states)]
    count = {"created": len(rows), "rows": len(rows), **{s: states.count(s) for s in ("won", "lost")}}
    figures = Totals.of(Deal, **count, closed=count["won"] + count["lost"], opened=states.count("open"))
    for metric in (sales.win_rate, sales.conversion_rate, sales.deals_won, sales.deals_created):
        assert repr(metric(figures)) == repr(metric(rows))


@pytest.mark.parametrize(
    "x",
    [
        "1e999999999",
        "-1E-9999999",
        "1e1000",
        Decimal("1e999999999"),
        Decimal("1e-99999999"),
        10**5000,
        True,
        None,
        "",
        "1e",
    ],
    ids=lambda x: repr(x)[:20] if not isinstance(x, int) or x < 9 else "5,000 digits",
)
def test_a_figure_that_nobody_writes_is_refused_at_once(x: Any) -> None:
    for call in (lambda: Totals.of(Deal, won=x), lambda: CRM(before={"months": 12, "won_amount": x})):
        with pytest.raises(WrongValue, match="is not a number"):
            call()
