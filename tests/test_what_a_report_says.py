"""What stands beside the numbers of a report, so that nobody has to guess: units, zeros, zones, what was decided."""

from __future__ import annotations

import io
from typing import Any

import pytest

from crm_metrics import CRM, Deal, evaluate, fair, marketing, month, ratio, read_csv, roi, sales, samples, table
from crm_metrics.__main__ import _Bar, main
from crm_metrics._company.crm import Cost
from crm_metrics._report import screen
from crm_metrics._report.report import Report
from crm_metrics._tables.table import LoadReport as Load
from crm_metrics.errors import CrmError, MixedCurrencies, WrongCall, WrongValue


def deals(n: int = 40, **columns: Any) -> dict[str, list[Any]]:
    days = [f"2024-0{1 + i % 5}-{1 + i % 20:02}" for i in range(n)]
    rows = {
        "id": list(range(n)), "created_at": days, "status": ["won", "lost"] * (n // 2), "closed_at": days,
        "amount": [100 + i for i in range(n)], "manager": ["Anna", "Boris"] * (n // 2),
    }  # fmt: skip
    return rows | columns


def missing(crm: CRM) -> str:
    return "\n".join(s for section in Report.of(crm).sections if section.name == "missing" for s in section.notes)


# ---------------------------------------------------------------- one number each, or why not


def compared(**more: Any) -> CRM:
    s = samples.dealership(scale=0.06)
    known: dict[str, Any] = {"deals": s.deals, "costs": s.costs, "currency": "RUB", "go_live": s.go_live}
    return CRM(**known | {"ramp_weeks": s.ramp_weeks, "as_of": s.as_of} | more)


def test_the_unit_of_limits_and_the_two_costs_are_said() -> None:
    crm = compared()
    report = Report.of(crm)
    text = " ".join(screen.text_of_report(report).split())
    assert "as far as chance alone goes. Unit: customers." in text
    assert "The limits take customers as independent of one another (in a notebook, unit='customer')." in text
    assert report.to_dict()["unit"] == "customer" and evaluate(crm).to_dict()["unit"] == "customer"
    assert evaluate(crm, unit="id").unit == "id"
    assert "The verdict has other numbers: only what a deal brings more, and what 12 months cost." in text


def test_without_customers_the_unit_is_the_deal() -> None:
    assert "The limits take deals as independent of one another" in " ".join(
        screen.text_of_report(Report.of(CRM(deals=deals()))).split()
    )


def test_a_company_that_notes_only_wins_has_managers_by_revenue_and_is_told() -> None:
    rows = deals(status=["won"] * 40)
    report = Report.of(CRM(deals=rows))
    assert report["managers"].title == "Managers, by revenue"
    assert [row.group[0] for row in report["managers"].rows if row.metric == "won_revenue"] == ["Boris", "Anna"]
    assert "win_rate" not in report["managers"]
    assert report["managers"].notes == ("No deal is marked as lost, so a win rate would say nothing.",)
    assert "No deal is marked as lost: where lost deals are not noted" in missing(CRM(deals=rows))
    bare = {name: cells for name, cells in rows.items() if name != "amount"}
    assert Report.of(CRM(deals=bare))["managers"].title == "Managers, by deals won"
    assert Report.of(CRM(deals=deals()))["managers"].title == "Managers, by win rate"
    assert "marked as lost" not in missing(CRM(deals=deals()))


def test_amounts_in_two_currencies_on_one_card_name_theirs() -> None:
    spend = {"at": ["2023-06-30", "2024-12-31"], "amount": [5, 6], "currency": ["USD"] * 2}
    text = screen.text_of_report(Report.of(compared(spend=spend)))
    assert "Revenue won, RUB" in text and "Spent on customers, USD" in text


# ---------------------------------------------------------------- zeros


def test_won_deals_of_0_are_counted_with_the_remedy(tmp_path: Any) -> None:
    rows = deals(amount=[0 if i in (0, 2, 3) else 100 for i in range(40)])
    said = missing(CRM(deals=rows))
    assert "2 of 20 won deals have an amount of 0 and count as sales of 0." in said and '"0" = ""' in said
    assert "1 of 20 won deals has" in missing(CRM(deals=deals(amount=[0, *[100] * 39])))
    assert "1 of 20 lost deals has an amount of 0 and counts as a loss of 0." in said
    assert "amount of 0" not in missing(CRM(deals=deals()))
    for cell in (0, 0.0, "0.00", 0.0 * -1):
        cells = {**rows, "amount": [cell if a == 0 else type(cell)(a) for a in rows["amount"]]}
        none = table(cells, Deal, values={"amount": {0: "", "0.00": ""}})
        assert sales.average_deal_size(none) == 100 > sales.average_deal_size(rows), cell
        assert "2 of 20 won deals have no amount" in missing(CRM(deals=none))
    path = tmp_path / "deals.csv"
    lines = [",".join(str(rows[n][i]) for n in rows) for i in range(40)]
    path.write_text("\n".join([",".join(rows), *lines]), encoding="utf-8")
    assert sales.average_deal_size(read_csv(path, Deal, values={"amount": {"0": ""}})) == 100


# ---------------------------------------------------------------- how it was read


def test_days_of_utc_are_said_to_be_where_no_zone_was_set() -> None:
    rows = deals(
        created_at=[f"{d}T01:0{i % 2}:00+05:00" for i, d in enumerate(deals()["created_at"])],
        closed_at=[None] * 40,
        status=["open"] * 40,
    )
    assert "Days are those of UTC: the times carry a zone, and none was set." in missing(CRM(deals=table(rows, Deal)))
    for tz in ("Asia/Yekaterinburg", "UTC"):
        assert "Days are those" not in missing(CRM(deals=table(rows, Deal, tz=tz)))
    assert "Days are those" not in missing(CRM(deals=deals()))


def test_what_was_decided_at_load_and_what_stood_around_the_rows_is_told() -> None:
    t = table(deals(), Deal)
    t.report = Load(
        rows=40,
        kept=40,
        missing={},
        decided=("closed_at holds days",),
        around={"a row of totals": 1, "a repeated heading": 2},
    )
    said = missing(CRM(deals=t))
    assert "deals: closed_at holds days." in said
    assert "1 row of deals stood around the others: a row of totals." in said
    assert "2 rows of deals stood around the others: a repeated heading." in said
    assert "1 around the rows: a row of totals" in str(t.report)


def test_closed_deals_without_a_day_are_told_on_any_day() -> None:
    rows = deals(closed_at=[None, *deals()["closed_at"][1:]])
    for day in (None, "2024-05-31"):
        assert "no closed_at" in missing(CRM(deals=rows, as_of=day))


# ---------------------------------------------------------------- costs that nobody knows


@pytest.mark.parametrize("unknown", [("2024-04-05", None), ("2024-04-05", float("nan")), (None, 7)])
def test_a_cost_that_is_not_known_is_refused_before_there_is_a_verdict(unknown: Any) -> None:
    with pytest.raises(CrmError):
        compared(costs=[("2024-04-01", 10), unknown])
    with pytest.raises(CrmError):
        evaluate(compared(), costs=[("2024-04-01", 10), unknown])


# ---------------------------------------------------------------- wrong calls


@pytest.mark.parametrize("ask", [evaluate, fair, Report.of])
@pytest.mark.parametrize("given", [None, {"id": [1]}, [1], 5, "deals", object(), table(deals(), Deal)])
def test_what_is_no_company_is_refused_with_what_to_write(ask: Any, given: Any) -> None:
    with pytest.raises(WrongCall, match=r"reads a company, not .*: .*\(CRM\(deals=deals"):
        ask(given)


@pytest.mark.parametrize(
    "options",
    [{"ramp": 10**9}, {"ramp": 521}, {"ramp": "3"}, {"horizon": 10**9}, {"horizon": None}, {"horizon": True},
     {"costs": {}}, {"costs": [1]}, {"go_live": 5}, {"go_live": "soon"}, {"rate": None}, {"unit": 5}],
)  # fmt: skip
def test_wrong_options_of_evaluate_are_refused_in_our_words(options: Any) -> None:
    with pytest.raises((WrongValue, WrongCall)):
        evaluate(CRM(deals=deals(), go_live="2024-03-01"), **options)


@pytest.mark.parametrize("options", [{"maturity": 10**9}, {"months": "3"}, {"maturity": -1}, {"ramp": 10**9}])
def test_wrong_options_of_fair_are_refused_in_our_words(options: Any) -> None:
    with pytest.raises(WrongValue):
        fair(CRM(deals=deals(), go_live="2024-03-01"), **options)


def test_one_name_to_group_by_is_a_name() -> None:
    crm = CRM(deals=deals())
    assert Report.of(crm, by="manager").to_dict() == Report.of(crm, by=["manager"]).to_dict()
    for by in (5, [5], [["manager"]]):
        with pytest.raises(WrongCall, match="a report is grouped by names"):
            Report.of(crm, by=by)  # type: ignore[arg-type]  # what is refused


# ---------------------------------------------------------------- currencies of two tables

MONEY = {"amount": [1000, 500], "status": ["won", "won"], "manager": ["Anna", "Anna"], "closed_at": ["2024-01-10"] * 2}
OPEN = {
    **MONEY,
    "status": ["open"] * 2,
    "closed_at": [None] * 2,
    "expected_close": ["2024-01-20"] * 2,
    "probability": [0.5] * 2,
}
QUOTA = {"manager": ["Anna"], "start": ["2024-01-01"], "end": ["2024-02-01"], "amount": [2000]}
SPEND = {"at": ["2024-01-05"], "amount": [100]}
TWO: dict[str, Any] = {
    "quota": (lambda a, b: sales.quota_attainment(a, b, period=month("2024-01")), MONEY, QUOTA),
    "managers at quota": (lambda a, b: sales.managers_at_quota(a, b, period=month("2024-01")), MONEY, QUOTA),
    "coverage": (lambda a, b: sales.pipeline_coverage(a, b, period=month("2024-01")), OPEN, QUOTA),
    "forecast": (lambda a, b: sales.forecast_error(a, b, period=month("2024-01")), OPEN, MONEY),
    "bias": (lambda a, b: sales.forecast_bias(a, b, period=month("2024-01")), OPEN, MONEY),
    "return": (lambda a, b: roi.roi(gain=sales.won_revenue(a), cost=marketing.spend_total(b)), MONEY, SPEND),
    "ratio": (lambda a, b: ratio(sales.won_revenue(a), marketing.spend_total(b)), MONEY, SPEND),
}


def in_currency(rows: dict[str, list[Any]], code: str | None) -> dict[str, list[Any]]:
    return rows if code is None else {**rows, "currency": [code] * len(rows["amount"])}


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize(("one", "other"), [("USD", None), (None, "RUB"), ("USD", "RUB")])
def test_money_of_two_tables_is_never_divided_across_currencies(name: str, one: str | None, other: str | None) -> None:
    ask, a, b = TWO[name]
    with pytest.raises(MixedCurrencies):
        ask(in_currency(a, one), in_currency(b, other))
    assert ask(in_currency(a, "USD"), in_currency(b, "USD")) == ask(a, b)


def test_costs_in_another_currency_than_the_deals_are_refused() -> None:
    with pytest.raises(MixedCurrencies):
        evaluate(compared(costs=[Cost(at="2024-04-01", amount=5, currency="USD")]))


# ---------------------------------------------------------------- what is being done


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_what_is_being_done_and_left_clean(monkeypatch: Any, capsys: Any) -> None:
    out = Terminal()
    monkeypatch.setattr("sys.stderr", out)
    monkeypatch.setattr(samples, "dealership", lambda: dealer)
    assert main([]) == 0
    said = out.getvalue()
    stages = ["making up a company ...", "comparing before and after ...", "resampling", "looking at the funnel"]
    assert [said.index(stage) for stage in stages] == sorted(said.index(stage) for stage in stages)
    assert said.endswith("\r") and not said.split("\r")[-2].strip(), "the last line is empty again"


dealer = samples.dealership(scale=0.03)


def test_pipes_are_told_nothing(monkeypatch: Any) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    with _Bar(out, "reading exports") as bar:
        bar(1, 2)
        bar.begin("comparing")
    assert not out.getvalue()
    with _Bar(None, "reading exports") as bar:
        bar(1, 2)


def test_reading_says_the_folder_at_once_and_then_how_much() -> None:
    out = Terminal()
    with _Bar(out, "reading exports") as bar:
        assert out.getvalue() == "\rreading exports ..."
        bar(1, 4)
        assert "reading exports, 25 %" in out.getvalue()


def test_a_stage_is_asked_for_by_a_hook_alone() -> None:
    said: list[str] = []
    Report.of(CRM(deals=deals()), by=["manager"], doing=said.append)
    assert said[0] == "comparing before and after" and said[-1] == "grouping by manager"
