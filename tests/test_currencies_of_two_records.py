"""Money of two records meets in one currency only; where one of them has none, the error says where to name it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import CRM, Cost, Deal, Spend, change, evaluate, load, month, read_csv, roi, sales, table
from crm_metrics._report.report import Report
from crm_metrics._scorecards.catalogue import call, catalog
from crm_metrics.errors import MixedCurrencies

# ---------------------------------------------------------------- metrics that read money of two records

TWO = {m["call"]: m for m in catalog() if sum("currency" in (*r["needs"], *r["uses"]) for r in m["records"]) > 1}
"""Whatever reads a currency on both sides: found by what it asks of the rows."""

DAYS = {"created_at": "2024-01-10", "expected_close": "2024-02-20"}
ROWS: dict[str, dict[str, list[Any]]] = {
    "Deal": {
        "id": [1, 2],
        **{name: [day] * 2 for name, day in DAYS.items()},
        "status": ["won", "open"],
        "closed_at": ["2024-02-10", None],
        "amount": [100, 50],
        "probability": [None, 0.5],
        "manager": ["Anna"] * 2,
    },
    "Quota": {"manager": ["Anna"], "start": ["2024-02-01"], "end": ["2024-02-29"], "amount": [200]},
}


def sides(m: Any, *codes: str | None) -> list[dict[str, list[Any]]]:
    """The rows of both records, each in a currency; those without one have no such column."""
    out = []
    for record, code in zip((r["record"] for r in m["records"]), codes, strict=True):
        rows = ROWS[record]
        out.append(rows if code is None else {**rows, "currency": [code] * len(rows["amount"])})
    return out


def test_what_reads_money_of_two_records_is_found() -> None:
    assert {"sales.quota_attainment", "sales.pipeline_coverage", "sales.forecast_error"} <= TWO.keys()


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("codes", [("USD", "RUB"), ("USD", None), (None, "USD")])
@pytest.mark.parametrize("by", [None, "manager"])
def test_two_currencies_of_two_records_do_not_meet(name: str, codes: tuple[Any, ...], by: str | None) -> None:
    m = TWO[name]
    keywords = {k: month("2024-02") for k in m["required"]}
    for same in (("USD", "USD"), (None, None)):
        assert repr(call(name, *sides(m, *same), by=by, **keywords))
    with pytest.raises(MixedCurrencies, match="do not add"):
        call(name, *sides(m, *codes), by=by, **keywords)


# ---------------------------------------------------------------- gain and cost


def money(code: str | None) -> Any:
    """Revenue and spending as sums that know their currency."""
    return sales.won_revenue(table({**ROWS["Deal"], **({"currency": [code] * 2} if code else {})}, Deal))


@pytest.mark.parametrize("codes", [("USD", "RUB"), ("USD", None), (None, "USD")])
@pytest.mark.parametrize("ask", [roi.roi, roi.return_ratio])
def test_a_gain_and_a_cost_of_two_currencies_are_refused(ask: Any, codes: tuple[Any, ...]) -> None:
    gain, cost = map(money, codes)
    assert ask(gain=gain, cost=gain) in (0, 1)
    with pytest.raises(MixedCurrencies):
        ask(gain=gain, cost=cost)
    with pytest.raises(MixedCurrencies):
        roi.payback([-cost, gain])


# ---------------------------------------------------------------- the deals and the costs of the CRM

HEADS = {"plain": ("amount", ""), "sign": ("amount", "$"), "heading": ("Бюджет, руб.", "")}


def written(path: Path, kind: str) -> Path:
    """Two years of deals, their amounts in no currency, with a sign, or under a heading that names one."""
    heading, sign = HEADS[kind]
    days = [dt.date(2023, 1, 3) + dt.timedelta(days=3 * i) for i in range(230)]
    rows = [
        f"{i},{day},{'won' if i % 3 else 'lost'},{day + dt.timedelta(days=5)},{sign}{1000 + i % 7},{sign}500"
        for i, day in enumerate(days)
    ]
    path.write_text("\n".join([f'id,created_at,status,closed_at,"{heading}",cost', *rows]), encoding="utf-8")
    return path


def deals(path: Path, kind: str, **more: Any) -> Any:
    return read_csv(written(path / "deals.csv", kind), Deal, columns={"amount": HEADS[kind][0]}, **more)


def paid(**more: Any) -> list[Cost]:
    return [Cost(at="2024-01-01", amount=1000, **more)]


LIVE = {"go_live": "2024-01-01"}
CODES = {"plain": "USD", "sign": "USD", "heading": "RUB"}


@pytest.mark.parametrize("kind", ["sign", "heading"])
def test_costs_without_a_currency_beside_deals_that_have_one_say_what_to_write(tmp_path: Path, kind: str) -> None:
    code = CODES[kind]
    remedy = f"currency='{code}' in table, read_csv, read_excel, CRM or Cost, or .company. currency in crm.toml"
    with pytest.raises(MixedCurrencies, match=f"amounts without a currency do not add .the gross profit.*{remedy}"):
        evaluate(CRM(deals=deals(tmp_path, kind), costs=paid(), **LIVE))


@pytest.mark.parametrize("kind", HEADS)
def test_each_place_where_a_currency_can_be_named_makes_one_of_deals_and_costs(tmp_path: Path, kind: str) -> None:
    code = CODES[kind]
    own = deals(tmp_path, kind, currency=code)
    made = [
        CRM(deals=deals(tmp_path, kind), costs=paid(), currency=code, **LIVE),
        CRM(deals=deals(tmp_path, kind), costs=paid(currency=code), currency=code, **LIVE),
        CRM(deals=own, costs=paid(currency=code), **LIVE),
        CRM(deals=own, costs=paid(), currency=code, **LIVE),
    ]
    found = [evaluate(crm) for crm in made]
    assert {x.currency for x in found} == {code}
    assert len({(x.roi.value, x.cost) for x in found}) == 1
    assert evaluate(CRM(deals=own, **LIVE), costs=1000).currency == code
    assert evaluate(CRM(deals=own, **LIVE), costs=paid(currency=code)).currency == code


@pytest.mark.parametrize("kind", HEADS)
def test_the_currency_of_the_company_in_crm_toml_is_that_of_deals_and_costs(tmp_path: Path, kind: str) -> None:
    written(tmp_path / "deals.csv", kind)
    lines = ["[company]", f'currency = "{CODES[kind]}"', "[crm]", "go_live = 2024-01-01", "[[crm.costs]]"]
    lines += ["date = 2024-01-01", "amount = 1000", "[deals]", 'file = "deals.csv"', "[deals.columns]"]
    (tmp_path / "crm.toml").write_text("\n".join([*lines, f'amount = "{HEADS[kind][0]}"']), encoding="utf-8")
    assert evaluate(load(tmp_path)).currency == CODES[kind]


def test_a_sign_is_that_currency_of_the_company_which_it_may_mean_and_no_other(tmp_path: Path) -> None:
    for code in ("USD", "CAD", "AUD"):
        crm = CRM(deals=deals(tmp_path, "sign"), currency=code)
        assert crm.deals is not None
        assert crm.deals["amount"].currency == code
        assert sales.won_revenue(crm.deals) == sales.won_revenue(deals(tmp_path, "sign"))
    other = CRM(deals=deals(tmp_path, "sign"), currency="RUB", costs=paid(), **LIVE)
    with pytest.raises(MixedCurrencies, match=r"\$ and RUB do not add .*: group with"):
        evaluate(other)


def test_yen_of_a_sign_have_no_hundredths_in_a_company_of_yen(tmp_path: Path) -> None:
    path = tmp_path / "spend.csv"
    path.write_text("at,amount\n2024-01-05,¥1000\n", encoding="utf-8")
    named = CRM(spend=read_csv(path, Spend), currency="JPY").spend
    assert named is not None
    assert (named["amount"].item(0), named["amount"].currency) == (1000, "JPY")


def test_two_currencies_that_are_named_are_to_be_converted() -> None:
    with pytest.raises(MixedCurrencies, match="RUB and USD do not add: group with by='currency', keep one"):
        money("USD") + money("RUB")


def test_the_report_says_where_to_name_the_currency_that_lacks(tmp_path: Path) -> None:
    """As long as the company has none; two that are named it cannot help."""
    without = str(Report.of(CRM(deals=deals(tmp_path, "heading"), costs=paid(), **LIVE)))
    said = 'If all amounts are in RUB, say so: [company] currency = "RUB" in crm.toml, CRM(currency="RUB").'
    assert without.count(said) == 2, "beside the verdict and the simple count"
    two = str(Report.of(CRM(deals=deals(tmp_path, "heading"), costs=paid(currency="USD"), **LIVE)))
    assert "RUB and USD do not add" in two and "[company] currency" not in two
    other = str(Report.of(CRM(deals=deals(tmp_path, "heading"), costs=paid(), currency="USD", **LIVE)))
    assert "No verdict: RUB and USD do not add" in other and "[company] currency" not in other


# ---------------------------------------------------------------- before and after


@pytest.mark.parametrize("codes", [("USD", "RUB"), ("USD", None), (None, "USD")])
def test_two_parts_of_two_currencies_are_not_compared_and_it_is_said_what_to_write(codes: tuple[Any, ...]) -> None:
    remedy = (
        "convert them to one currency first"
        if all(codes)
        else "name the currency of those that have none, currency='USD'"
    )
    with pytest.raises(MixedCurrencies, match=f"won_revenue is in .* before and in .* after: {remedy}"):
        change(sales.won_revenue, *(won_deals(40, code) for code in codes))
    same = change(sales.won_revenue, won_deals(40, "USD"), won_deals(40, "USD"))
    assert same.difference == 0


def won_deals(n: int, code: str | None) -> Any:
    data = {
        "id": [*range(n)],
        "created_at": ["2024-01-10"] * n,
        "status": ["won"] * n,
        "closed_at": ["2024-02-01"] * n,
        "amount": [100] * n,
    }
    return table({**data, **({"currency": [code] * n} if code else {})}, Deal)


@pytest.mark.parametrize("codes", [("RUB", "USD"), ("RUB", None), (None, "USD")])
def test_profit_above_that_on_paper_and_costs_in_another_currency_have_no_roi(codes: tuple[Any, ...]) -> None:
    """Figures on paper are in the currency of the deals; they do not take it away."""

    def simple(deals: str | None, cost: str | None) -> Any:
        rows = {**after_go_live(), **({"currency": [deals] * 100} if deals else {})}
        before = {"months": 12, "created": 150, "closed": 140, "won": 60, "won_amount": 60000, "gross_profit": 30000}
        crm = CRM(deals=rows, costs=paid(currency=cost), before=before, as_of="2024-10-31", **LIVE)
        return Report.of(crm)["simple"]

    found = simple(*codes)
    assert [row.metric for row in found.rows] == ["gross_profit_a_month"]
    assert any(note.startswith("No ROI: the costs of the CRM are in another currency") for note in found.notes)
    for code in ("RUB", None):
        whole = {row.metric: row.value for row in simple(code, code).rows}
        assert (whole["gain"], whole["cost"], whole["roi"]) == (25000, 1000, 24)


def after_go_live() -> dict[str, list[Any]]:
    """Ten months of deals that were won, ten in each, 500 left of each of them: 50,000, after 25,000 on paper."""
    won = [dt.date(2024, month, day) for month in range(1, 11) for day in range(11, 21)]
    came = [day - dt.timedelta(days=5) for day in won]
    costs = {"amount": [1000] * 100, "cost": [500] * 100}
    return {"id": [*range(100)], "created_at": came, "status": ["won"] * 100, "closed_at": won, **costs}


# ---------------------------------------------------------------- deals and their lines, and several costs


@pytest.mark.parametrize("codes", [("RUB", "USD"), (None, "USD"), ("RUB", None), ("RUB", "RUB"), (None, None)])
@pytest.mark.parametrize("ask", [sales.won_revenue, sales.addon_revenue_share])
def test_lines_are_in_the_currency_that_they_name_else_in_that_of_their_deal(ask: Any, codes: tuple[Any, ...]) -> None:
    deal, line = ({"currency": [code] * 2} if code else {} for code in codes)
    sold = {**ROWS["Deal"], "status": ["won", "won"], "closed_at": ["2024-02-10"] * 2, "customer": ["a", "b"], **deal}
    rows = sales.with_kinds(sold, {"deal": [1, 1], "kind": ["base", "upsell"], "price": [80, 20], **line})
    if codes[1] in (None, codes[0]):
        assert ask(rows) == (150 if ask is sales.won_revenue else 20 / 150)
        return
    with pytest.raises(MixedCurrencies, match="do not add"):
        ask(rows)


@pytest.mark.parametrize("other", ["RUB", None])
def test_costs_of_two_currencies_are_no_cost_of_the_crm(tmp_path: Path, other: str | None) -> None:
    crm = CRM(
        deals=deals(tmp_path, "plain", currency="USD"), costs=[*paid(currency="USD"), *paid(currency=other)], **LIVE
    )
    remedy = "convert them" if other else "name the currency of those that have none, currency='USD'"
    with pytest.raises(MixedCurrencies, match=remedy):
        evaluate(crm)
    assert any(note.startswith("No verdict: ") for note in Report.of(crm)["verdict"].notes)
    if other is None:
        assert evaluate(CRM(deals=crm.deals, costs=crm.costs, currency="USD", **LIVE)).cost == 2000
