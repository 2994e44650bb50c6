"""A stated margin stands in for costs that are not given, exactly, and is said to be stated."""

from __future__ import annotations

import datetime as dt
import math
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from crm_metrics import CRM, Deal, evaluate, fair, sales, scorecard, table
from crm_metrics._company.margins import ASSUMED
from crm_metrics._report import screen
from crm_metrics._report.report import Report
from crm_metrics._scorecards.catalogue import call
from crm_metrics._values.currencies import exponent
from crm_metrics.errors import WrongValue

pd, pl, pa = (pytest.importorskip("pandas"), pytest.importorskip("polars"), pytest.importorskip("pyarrow"))


def company(n: int = 540, **columns: Any) -> dict[str, list[Any]]:
    """A deal a day from June 2023 on, every other one won after five days; after March 2024 for half as much again."""
    came = [dt.date(2023, 6, 1) + dt.timedelta(days=i) for i in range(n)]
    dear = [1.5 if day >= dt.date(2024, 3, 1) else 1.0 for day in came]
    rows = {
        "id": list(range(n)),
        "created_at": came,
        "closed_at": [day + dt.timedelta(days=5) for day in came],
        "status": ["won" if i % 2 else "lost" for i in range(n)],
        "amount": [round((100 + i % 9) * x, 2) for i, x in enumerate(dear)],
    }
    return rows | columns


KNOWN: dict[str, Any] = {"go_live": "2024-03-01", "as_of": "2024-11-21", "costs": [("2024-03-01", 500)]}


def costs(crm: CRM) -> list[Any]:
    rows: Any = crm.table(Deal)
    return [rows["cost"].item(i) for i in range(len(rows))]


# ---------------------------------------------------------------- exact


@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.sampled_from([None, 0, 4, 5])), min_size=1, max_size=8),
    st.sampled_from([0.3, 1, 0.125, Decimal("0.333"), Fraction(1, 3), 0.07, 1e-9]),
    st.sampled_from(["USD", "JPY", "KWD", None]),
)
def test_the_cost_is_the_amount_less_the_margin_in_whole_minor_units(
    cells: list[tuple[int, int | None]], margin: Any, currency: str | None
) -> None:
    digits = exponent(currency)
    amounts = [Decimal(n).scaleb(-digits) for n, _ in cells]
    rows = {
        "amount": amounts,
        "cost": [c for _, c in cells],
        "currency": [currency] * len(cells),
        "status": ["won"] * len(cells),
    }
    share = Fraction(str(margin)) if not isinstance(margin, Fraction) else margin
    for found, amount, (n, stated) in zip(costs(CRM(deals=rows, margin=margin)), amounts, cells, strict=True):
        left = round(n * share)  # half to even
        assert found == (Decimal(n - left).scaleb(-digits) if stated is None else stated), amount


def test_each_row_is_rounded_in_its_own_currency() -> None:
    rows = {"amount": [101, "1.005", "99.99"], "currency": ["JPY", "KWD", "USD"], "status": ["won"] * 3}
    assert costs(CRM(deals=rows, margin=0.3)) == [71, Decimal("0.703"), Decimal("69.99")]


def test_amounts_beyond_64_bits_stay_exact() -> None:
    rows = {"amount": [10**17, Decimal("90071992547409.93")], "status": ["won"] * 2}
    assert costs(CRM(deals=rows, margin=0.123456789)) == [
        (Decimal(x) - (Decimal(x) * Decimal("0.123456789")).quantize(Decimal("0.01"), ROUND_HALF_EVEN))
        for x in ("100000000000000000", "90071992547409.93")
    ]


def test_a_cost_that_is_stated_is_used_and_so_is_no_margin_without_an_amount() -> None:
    rows = {"status": ["won"] * 3, "amount": [100, 100, None], "cost": [90, None, None]}
    crm = CRM(deals=rows, margin=0.3)
    assert costs(crm) == [90, 70, None]
    assert call("gross_profit", crm) == 40 and call("gross_margin", crm) == 0.2
    assert scorecard(["gross_profit"], crm)["gross_profit"].value == 40
    assert sales.gross_profit(rows) == 10, "rows by themselves have what they state"
    assert crm.deals is not None and ASSUMED not in crm.deals and crm.deals["cost"].item(1) is None


@pytest.mark.parametrize("made", [pd.DataFrame, pl.DataFrame, pa.table, lambda rows: table(rows, Deal)])
def test_every_kind_of_input_has_the_same_costs(made: Any) -> None:
    day = {name: ["2024-01-05"] * 3 for name in ("created_at", "closed_at")}
    rows = {"id": [1, 2, 3], "status": ["won"] * 3, "amount": [100.01, 33.33, 0.05], **day}
    assert costs(CRM(deals=made(rows), margin=0.35)) == costs(CRM(deals=rows, margin=0.35))


@pytest.mark.parametrize("margin", [0, -0.1, 1.01, 30, True, "0.3", math.nan, math.inf, [0.3]])
def test_a_margin_that_is_none_is_refused(margin: Any) -> None:
    with pytest.raises(WrongValue, match=r"margin=.*above 0 and at most 1: 0.3 for 30 %"):
        CRM(margin=margin)


# ---------------------------------------------------------------- the verdict


def test_evaluate_takes_it_and_says_for_how_many_won_deals() -> None:
    found = evaluate(CRM(deals=company(), margin=0.4, **KNOWN))
    costed = company()
    costed["cost"] = [a - round(0.4 * a, 2) for a in costed["amount"]]
    want = evaluate(CRM(deals=costed, **KNOWN))
    assert found.monthly_gain == want.monthly_gain and found.verdict == want.verdict and want.margin is None
    won = sum(int((rows["status"] == "won").true.sum()) for rows in (found.parts.before, found.parts.after))
    assert found.margin is not None and (found.margin.deals, found.margin.won) == (won, won)
    said = f"A margin of 40 % is stated, not measured: it gives the cost of {won} of {won} won deals."
    assert said in str(found)
    assert found.to_dict()["margin"] == {"margin": 0.4, "deals": won, "won": won}
    text = " ".join(screen.text_of_report(Report.of(CRM(deals=company(), margin=0.4, **KNOWN))).split())
    assert f"above 0 with a probability of more than 99 %. {said}" in text


def test_deals_that_state_their_cost_are_not_counted_as_resting_on_it() -> None:
    rows = company(cost=[60 if i % 4 == 1 else None for i in range(540)])
    found = evaluate(CRM(deals=rows, margin=0.4, **KNOWN))
    assert found.margin is not None and 0.4 < found.margin.deals / found.margin.won < 0.6
    assert evaluate(CRM(deals=company(cost=[60] * 540), margin=0.4, **KNOWN)).margin is None


def test_what_is_evolved_or_known_on_a_day_keeps_the_margin() -> None:
    crm = CRM(deals=company(), margin=0.4, **KNOWN)
    assert evolve(crm, go_live="2024-03-02").margin == 0.4
    day = dt.date(2024, 11, 1)
    assert evaluate(crm.known_on(day)).margin is not None
    assert "cost" in fair(crm).before


def test_without_a_cost_there_is_no_verdict_and_the_way_out_is_named() -> None:
    crm = CRM(deals=company(), **KNOWN)
    with pytest.raises(WrongValue, match=r"the deals have no cost.*CRM\(margin=0.3\)"):
        evaluate(crm)
    notes = Report.of(crm)["verdict"].notes
    assert notes[0] == "No verdict: the deals have no cost." and "[company] margin = 0.3 in crm.toml" in notes[-1]
    few = CRM(deals=company(cost=[60, *[None] * 539]), **KNOWN)
    assert "margin = 0.3" in Report.of(few)["verdict"].notes[-1]


def test_a_margin_is_no_way_out_where_something_else_lacks() -> None:
    rows = company()
    without = {name: cells for name, cells in rows.items() if name != "amount"}
    for crm in (CRM(deals=without, **KNOWN), CRM(deals=rows), CRM(deals=rows, margin=0.4)):
        assert not any("margin = 0.3" in note for note in Report.of(crm)["verdict"].notes)


def test_the_report_says_it_where_there_is_no_verdict_too() -> None:
    report = Report.of(CRM(deals=company(), margin=0.4))
    assert report["scorecard"]["gross_margin"].value == pytest.approx(0.4, abs=1e-3)
    said = "A margin of 40 % is stated, not measured: it gives the cost of 270 of 270 won deals."
    assert said in report["missing"].notes
