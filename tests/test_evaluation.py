"""Did it pay off: the numbers agree with each other, the planted truth lies within the limits, and limits are said."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from crm_metrics import change, evaluate, fair, sales, samples, where
from crm_metrics._company.costs import months_later
from crm_metrics._company.crm import CRM, Cost
from crm_metrics._company.windows import Windows
from crm_metrics._report.report import Report
from crm_metrics.errors import MixedCurrencies, WrongCall, WrongValue
from crm_metrics.roi.evaluation import Evaluation, chance

SEEDS = range(10)


@functools.cache
def company(seed: int = 7, scale: float = 1.0, *, effect: bool = True) -> tuple[CRM, float]:
    """A company whose truth is known."""
    s = samples.dealership(seed, scale, effect=effect)
    crm = CRM(deals=s.deals, costs=s.costs, go_live=s.go_live, ramp_weeks=s.ramp_weeks, as_of=s.as_of, currency="RUB")
    return crm, float(s.truth.monthly_gain)


@functools.cache
def evaluated(seed: int) -> Evaluation:
    return evaluate(company(seed)[0])


SMALL, _ = company(scale=0.1)
RAMP = 1 + 26 / 31  # eight weeks from 1 April, in months: to 27 May


def simple_gain(crm: CRM) -> float:
    """What a plain before and after says."""
    two = crm.windows()
    assert isinstance(two, Windows)
    before, after = (float(sales.gross_profit(where(crm.deals, closed_at=side))) for side in (two.before, two.after))
    return (after - before) / two.months


# ---------------------------------------------------------------- the truth


def test_the_planted_gain_lies_within_the_limits_of_nearly_all_companies() -> None:
    found = [(evaluated(seed).monthly_gain, company(seed)[1]) for seed in SEEDS]
    assert sum(gain.low < truth < gain.high for gain, truth in found) >= 8


def test_the_simple_count_is_further_off_than_the_fair_comparison() -> None:
    fair_off, simple_off, excluded = [], [], 0
    for seed in SEEDS:
        (crm, truth), found = company(seed), evaluated(seed).monthly_gain
        fair_off.append(found.value / truth - 1)
        simple_off.append(simple_gain(crm) / truth - 1)
        excluded += not found.low < simple_gain(crm) < found.high
    n = len(SEEDS)
    assert sum(simple_off) / n > 0.5, "a growing market is credited to the CRM"
    assert abs(sum(fair_off)) / n < 0.2 and sum(map(abs, fair_off)) < 0.4 * sum(map(abs, simple_off))
    assert excluded > n / 2


def test_a_crm_that_changes_nothing_seldom_pays_off() -> None:
    verdicts = [evaluate(company(seed, effect=False)[0]).paid_off for seed in range(4)]
    assert verdicts.count(True) == 0


def test_without_a_ramp_the_loss_of_learning_is_in_the_gain() -> None:
    gains = [
        (evaluate(crm, ramp=0).monthly_gain.value, evaluate(crm).monthly_gain.value)
        for crm, _ in map(company, (1, 3, 7))
    ]
    assert all(whole < live for whole, live in gains)


# ---------------------------------------------------------------- what it is made of


def test_the_gain_is_the_change_of_what_a_deal_brings_times_the_deals_that_came_in() -> None:
    crm, _ = company()
    found, parts = evaluate(crm), fair(crm)
    per_deal = change(sales.profit_per_created_deal, parts.before, parts.after, unit="customer")
    assert found.change == per_deal
    assert found.monthly_gain.value == per_deal.difference * len(parts.after) / 10
    assert (found.monthly_gain.low, found.monthly_gain.high) == (per_deal.low * 277.8, per_deal.high * 277.8)


def test_customers_are_independent_where_deals_name_them() -> None:
    crm, _ = company(scale=0.1)
    assert crm.unit == "customer" and evaluate(crm).change == evaluate(crm, unit="customer").change
    assert evaluate(crm, unit="id").change != evaluate(crm).change
    unnamed = without(crm, "customer")
    assert unnamed.unit == "id" and evaluate(unnamed).change == evaluate(crm, unit="id").change


# ---------------------------------------------------------------- costs


def test_costs_are_those_of_the_company_by_their_dates() -> None:
    crm, _ = company()
    assert evaluate(crm).cost == float(crm.cost(before=dt.date(2025, 4, 1))) == 3_218_000
    assert evaluate(crm, horizon=1, ramp=0).cost == float(crm.cost(before=dt.date(2024, 5, 1)))
    assert evaluate(crm, horizon=6).cost == float(crm.cost(before=dt.date(2024, 10, 1)))
    assert evaluate(crm).currency == "RUB"


def test_given_costs_are_all_paid_at_the_start() -> None:
    found = evaluate(SMALL, costs=1_000_000)
    assert found.cost == 1_000_000
    gain = found.monthly_gain.value
    assert found.roi.value == pytest.approx(((12 - RAMP) * gain - 1_000_000) / 1_000_000)
    monthly = 1.1 ** (1 / 12)
    later = sum(gain / monthly**t for t in range(3, 13)) + (2 - RAMP) * gain / monthly**2
    assert found.npv.value == pytest.approx(later - 1_000_000)
    assert found.payback.value == pytest.approx(RAMP + 1_000_000 / gain)


def test_given_costs_may_be_dated_as_those_of_a_company() -> None:
    for costs in ([("2024-03-01", 1000, "setup"), Cost(at="2024-04-30", amount=50, every="month")], ()):
        asked, told = evaluate(SMALL, costs=costs).to_dict(), evaluate(evolve(SMALL, costs=costs)).to_dict()
        assert asked == told and asked != evaluate(SMALL).to_dict()
    with pytest.raises(WrongCall, match="a cost is Cost"):
        evaluate(SMALL, costs=[5])


def test_without_costs_the_gain_is_known_and_no_return() -> None:
    for crm in (evolve(SMALL, costs=()), evolve(SMALL, costs=[("2030-01-01", 5)])):
        found = evaluate(crm)
        assert found.monthly_gain.value == evaluate(SMALL).monthly_gain.value
        assert all(math.isnan(x) for x in (found.roi.value, found.npv.value, found.payback.value, found.probability))
        assert found.paid_off is None and found.verdict.startswith("No ROI: what the CRM cost")
        assert found.to_dict()["cost"] is None


def test_licences_alone_are_paid_back_too() -> None:
    crm = evolve(SMALL, costs=[Cost(at="2024-04-30", amount=1000, every="month")])
    found = evaluate(crm)
    assert found.cost == 12_000 and found.payback.value > RAMP, (
        "nothing comes in during the ramp, and licences are owed"
    )
    assert evaluate(crm, ramp=0).payback.value <= 1


def paid(first: str, n: int, amount: int = 100_000, **more: Any) -> list[Cost]:
    """The same amount on this day of so many months."""
    start = dt.date.fromisoformat(first)
    return [Cost(at=months_later(start, k), amount=amount, **more) for k in range(n)]


def costing(*costs: Any, **more: Any) -> CRM:
    return evolve(SMALL, costs=[c for part in costs for c in (part if isinstance(part, list) else [part])], **more)


def about_costs(found: Evaluation) -> str:
    return " ".join(text for text in found.limits if text.startswith("Costs of the CRM"))


def test_a_list_of_payments_costs_what_the_same_payments_every_month_cost() -> None:
    listed, monthly = paid("2024-04-01", 15), Cost(at="2024-04-01", amount=100_000, every="month")
    for horizon in (12, 15, 36):
        by_list, by_rule = (evaluate(costing(costs), horizon=horizon) for costs in (listed, monthly))
        assert by_list.cost == by_rule.cost == horizon * 100_000
        assert by_list.roi == by_rule.roi and by_list.paid_off is by_rule.paid_off and about_costs(by_rule) == ""
    assert about_costs(evaluate(costing(listed), horizon=15)) == ""
    assert about_costs(evaluate(costing(listed), horizon=36)) == (
        "Costs of the CRM: none are given after 2025-06-01; what was paid more than once goes on, 100,000 RUB a month."
    )


def test_licences_of_the_sample_go_on_beyond_its_data() -> None:
    crm, _ = company()
    assert evaluate(crm, horizon=36).cost == float(crm.cost(before=dt.date(2027, 4, 1))) + 21 * 59_000
    assert "none are given after 2025-06-30" in about_costs(evaluate(crm, horizon=36))
    assert about_costs(evaluate(crm)) == ""


@given(st.integers(1, 15), st.integers(1, 40), st.integers(0, 11))
def test_what_is_paid_every_month_costs_the_same_however_it_is_written(n: int, horizon: int, ahead: int) -> None:
    """Known for n months, in a list that goes on for some months ahead: as long as the data or longer."""
    if horizon < 3:
        return
    crm = costing(paid("2024-04-15", 15 + ahead, n))
    assert evaluate(crm, horizon=horizon).cost == pytest.approx(horizon * n)


def test_a_year_that_is_not_over_is_not_free() -> None:
    found = evaluate(evolve(few(), costs=paid("2024-01-31", 3, 10)))
    assert found.cost == 120 and "10 a month" in about_costs(found)


def test_what_came_once_does_not_come_again() -> None:
    once = [Cost(at="2024-04-20", amount=700_000, name="training"), Cost(at="2024-03-01", amount=5, name="set-up")]
    found = evaluate(costing(once, paid("2024-04-01", 15, name="licences")), horizon=36)
    assert found.cost == 36 * 100_000 + 700_005
    before = evaluate(costing(paid("2024-01-01", 3), paid("2024-04-30", 15, 7)), horizon=36)
    assert before.cost == 300_000 + 36 * 7, "what was paid only before go-live is over"


def test_where_no_cost_is_given_for_later_months_there_is_no_good_verdict() -> None:
    crm, _ = company()
    once = evolve(crm, costs=[("2024-03-01", 1_000_000)])
    assert evaluate(once).paid_off is True, "the year is over, and nothing more was paid in it"
    assert about_costs(evaluate(once)) == "Costs of the CRM: none are given after 2024-03-01; they count as 0."
    found = evaluate(once, horizon=36)
    assert found.paid_off is None and found.cost == 1_000_000 and "they count as 0" in about_costs(found)
    assert found.verdict == (
        "Not known yet: the gain is above the costs that are given, but none are for 21 of the 36 months."
    )
    dear = evaluate(evolve(crm, costs=[("2024-03-01", 10**9)]), horizon=36)
    assert dear.paid_off is False, "more costs would not make it better"
    ended = evolve(crm, costs=[Cost(at="2024-04-30", amount=1000, every="month", until="2025-06-30")])
    assert evaluate(ended, horizon=36).paid_off is not True and evaluate(ended).paid_off is True


def test_costs_that_say_how_they_return_are_taken_at_their_word() -> None:
    monthly = Cost(at="2025-07-01", amount=50_000, every="month", name="licences, new price")
    found = evaluate(costing(paid("2024-04-01", 15, name="licences"), monthly), horizon=36)
    assert found.cost == 15 * 100_000 + 21 * 50_000
    assert about_costs(found).endswith("of those without every=, none are given after 2025-06-01; they count as 0.")
    assert about_costs(evaluate(costing(("2024-03-01", 9), monthly), horizon=36)) == ""


# ---------------------------------------------------------------- payback


def test_what_is_paid_on_the_day_of_go_live_is_owed_from_then_on() -> None:
    day, eve = (evaluate(costing((f"2024-{d}", 1_000_000)), ramp=0) for d in ("04-01", "03-31"))
    assert str(day) == str(eve).replace("2024-03-31", "2024-04-01") and day.payback.value == eve.payback.value > 0.5


def test_a_payback_is_for_good() -> None:
    crm = costing(("2024-03-01", 100_000), ("2025-01-15", 30_000_000))
    found = evaluate(crm)
    assert found.paid_off is False and math.isnan(found.payback.value), "back in month 3, and owed again in month 10"
    gain = found.monthly_gain.value
    again = evaluate(costing(("2024-03-01", 100_000), ("2025-01-15", round(8 * gain))), horizon=15)
    assert again.payback.value == pytest.approx(RAMP + 100_000 / gain + 8, abs=1e-4)


def test_two_currencies_are_refused() -> None:
    with pytest.raises(MixedCurrencies, match="RUB and USD"):
        evaluate(evolve(SMALL, costs=[Cost(at="2024-01-01", amount=5, currency="USD")]))


# ---------------------------------------------------------------- consistency


@given(st.integers(1, 10**8), st.integers(3, 48), st.sampled_from([0, 8, 16]), st.sampled_from([0.0, 0.1, 0.5]))
def test_return_present_value_and_payback_agree(costs: int, horizon: int, ramp: int, rate: float) -> None:
    if ramp == 16 and horizon < 5:
        return
    found = evaluate(SMALL, costs=costs, horizon=horizon, ramp=ramp, rate=rate)
    for part in ("value", "low", "high"):
        net, worth = getattr(found.roi, part), getattr(found.npv, part)
        back = getattr(found.payback, {"low": "high", "high": "low"}.get(part, part))
        assert (net >= 0) == (back == back), "back within the horizon just where the return is not negative"
        assert rate or worth == pytest.approx(net * costs, rel=1e-9, abs=1e-6)
        assert abs(worth + costs) <= abs(net + 1) * costs * (1 + 1e-9) + 1e-6, "what comes later counts less"
    assert found.roi.low < found.roi.value < found.roi.high and found.npv.low < found.npv.value < found.npv.high
    assert (found.probability > 0.5) == (found.roi.value > 0)
    assert found.paid_off is (True if found.roi.low > 0 else False if found.roi.high < 0 else None)
    assert (found.probability > 0.975) == (found.paid_off is True)


@given(st.lists(st.integers(1, 10**8), min_size=2, max_size=5, unique=True))
def test_the_dearer_the_crm_the_less_likely_it_pays(costs: list[int]) -> None:
    found = [evaluate(SMALL, costs=cost) for cost in sorted(costs)]
    for a, b in itertools.pairwise(found):
        assert a.probability >= b.probability and a.roi.value > b.roi.value and a.npv.value > b.npv.value
        assert not a.payback.value > b.payback.value


def test_a_longer_horizon_counts_more_months_and_a_longer_ramp_fewer() -> None:
    gain = evaluate(SMALL, costs=1).monthly_gain.value
    for horizon in (6, 12, 24):
        assert evaluate(SMALL, costs=1, horizon=horizon).roi.value == pytest.approx((horizon - RAMP) * gain - 1)
    found = evaluate(SMALL, costs=1, ramp=16)
    assert found.roi.value == pytest.approx((12 - 3 - 21 / 31) * found.monthly_gain.value - 1), "to 22 July"


@pytest.mark.parametrize("weeks", range(10))
def test_the_days_of_learning_are_counted(weeks: int) -> None:
    found = evaluate(SMALL, costs=1, ramp=weeks)
    end = dt.date(2024, 4, 1) + dt.timedelta(weeks=weeks)
    months = end.month - 4 + (end.day - 1) / {4: 30, 5: 31, 6: 30}[end.month]
    assert found.roi.value == pytest.approx((12 - months) * found.monthly_gain.value - 1)
    assert any(text.startswith("Learning") for text in found.limits) == (weeks > 0)


def test_a_higher_confidence_has_wider_limits_and_the_same_numbers() -> None:
    narrow, wide = (evaluate(SMALL, confidence=c) for c in (0.8, 0.99))
    assert narrow.monthly_gain.value == wide.monthly_gain.value
    assert wide.roi.low < narrow.roi.low < narrow.roi.high < wide.roi.high
    assert narrow.probability == pytest.approx(wide.probability, abs=0.03)  # errors are not quite normal


def test_the_same_question_has_the_same_answer() -> None:
    assert evaluate(SMALL).to_dict() == evaluate(SMALL).to_dict() != evaluate(SMALL, seed=1).to_dict()


# ---------------------------------------------------------------- what is said beside it


def test_limits_are_those_of_the_comparison_and_its_own() -> None:
    words = [text.partition(":")[0] for text in evaluate(company()[0]).limits]
    assert words == ["Control group", "Turn", "Trend", "Volume", "Recording", "Learning", "Cost"]
    words = [text.partition(":")[0] for text in evaluate(company()[0], ramp=0, horizon=24).limits]
    said = ["Control group", "Ramp", "Turn", "Trend", "Volume", "Recording", "Costs of the CRM", "Future", "Cost"]
    assert words == said
    future = next(t for t in evaluate(company()[0], horizon=24).limits if t.startswith("Future"))
    assert "9 of the 24 months" in future, "the data end with June 2025"
    one, four = (next(t for t in evaluate(SMALL, ramp=n).limits if t.startswith("Learning")) for n in (1, 4))
    assert "the first week counts" in one and "the first 4 weeks count" in four


def test_it_says_where_other_months_of_the_year_are_counted_than_were_compared() -> None:
    crm, _ = company()
    for options, other in (
        ({}, False),
        ({"ramp": 16}, False),
        ({"horizon": 24}, True),
        ({"horizon": 24, "ramp": 0}, False),
    ):
        found = evaluate(crm, **options)  # type: ignore[arg-type]  # of several kinds
        assert any(text.startswith("Months: ") for text in found.limits) == other, options
    assert "as the 10 months compared" in next(t for t in evaluate(crm, horizon=24).limits if t.startswith("Months"))


def test_the_shares_of_won_deals_with_a_cost_are_said_by_side() -> None:
    crm, _ = company()
    shares = []
    for rows in (fair(crm).before, fair(crm).after):
        wins = where(rows, status="won")
        shares.append(f"{100 * (1 - int(wins['cost'].missing.true.sum()) / len(wins)):.0f} %")
    text = (
        f"Cost: {shares[0]} of won deals before and {shares[1]} after state amount and cost; the rest counts no profit."
    )
    assert evaluate(crm).limits[-1] == text
    assert not evaluate(few()).limits[-1].startswith("Cost")
    assert evaluate(few(status=["lost"] * 4 + ["won"] * 4, cost=[60] * 8)).limits[-1].startswith("Future")


def test_ids_that_are_there_twice_are_among_the_limits_as_in_the_report() -> None:
    rows = SMALL.deals
    assert rows is not None and not any("twice" in text for text in evaluate(SMALL).limits)
    twice = evolve(SMALL, deals=rows.take(np.array([0, 1, *range(len(rows))])))
    text = "2 ids of deals occur twice or more: 2 rows more than deals. Each row counts."
    assert text in evaluate(twice).limits and text in Report.of(twice)["missing"].notes


def test_verdicts_are_told_apart() -> None:
    crm, _ = company()
    assert evaluate(crm, costs=10**6).verdict == "It paid off: over 12 months the gain is above the cost."
    assert evaluate(crm, costs=10**9).verdict == "It did not pay off: over 12 months the gain is below the cost."
    assert evaluate(crm, costs=15 * 10**6).verdict.startswith("Not known yet: over 12 months")


def few(**more: Any) -> CRM:
    """Two deals a month for two months on each side."""
    days = [f"{year}-{month:02}-{day:02}" for year in (2023, 2024) for month in (1, 2) for day in (3, 5)]
    rows: dict[str, list[Any]] = {
        "id": list(range(8)),
        "created_at": days,
        "closed_at": [f"{day[:8]}1{day[9]}" for day in days],
        "status": ["won", "lost"] * 4,
        "amount": [100] * 8,
        "cost": [60, None] * 4,
    }
    return CRM(deals=rows | more, go_live="2024-01-01", as_of="2024-03-31", costs=[("2023-12-01", 50)])


def without(crm: CRM, *names: str) -> CRM:
    """The company without some columns of its deals."""
    kept = [name for name in crm.deals.columns if name not in names]
    return evolve(crm, deals={name: [crm.deals[name].item(i) for i in range(len(crm.deals))] for name in kept})


def test_with_too_little_data_there_is_no_verdict() -> None:
    found = evaluate(few())
    assert found.verdict == "No verdict: too little data to say how sure the number is." and found.paid_off is None
    assert found.monthly_gain.value == 0 and math.isnan(found.monthly_gain.low) and math.isnan(found.probability)


# ---------------------------------------------------------------- what is refused

REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a horizon of nothing": (SMALL, {"horizon": 0}, "horizon=0: give a whole number, 1 to 1,200"),
    "a horizon in words": (SMALL, {"horizon": "12"}, "horizon='12'"),
    "a horizon within the ramp": (SMALL, {"horizon": 1}, "1 months are within the ramp of 8 weeks: give a longer"),
    "no cost": (SMALL, {"costs": 0}, "costs=0: give what the CRM costs over the horizon, a positive amount"),
    "a negative cost": (SMALL, {"costs": -5}, "costs=-5"),
    "an endless cost": (SMALL, {"costs": math.inf}, "costs is inf: give a finite number"),
    "a rate of loss": (SMALL, {"rate": -1}, "rate=-1: a rate is above -1"),
    "a rate in words": (SMALL, {"rate": "10 %"}, "rate is '10 %': give a finite number"),
    "a confidence of 95": (SMALL, {"confidence": 95}, "confidence=95: give a share"),
    "nothing to compare": (evolve(SMALL, go_live=None), {}, r"\(go_live\) is not given"),
    "no go-live in the data": (SMALL, {"go_live": dt.date(2022, 1, 1)}, "when the CRM was live already"),
    "no amounts": (without(few(), "amount", "cost"), {}, "the deals have no amount and no cost: without"),
    "few costs": (few(cost=[None] * 5 + [60] * 3), {}, "too few of the won deals state amount and cost, 0 % before"),
    "uneven costs": (
        few(cost=[60, None, None, None, 60, None, 60, None]),
        {},
        "too different shares of the won deals state amount and cost, 50 % before go-live and 100 % after it: add them",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("crm", "options", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_evaluated_is_refused_with_the_remedy(crm: CRM, options: dict[str, Any], says: str) -> None:
    with pytest.raises(WrongValue, match=says) as caught:
        evaluate(crm, **options)
    assert ":" in str(caught.value)


# ---------------------------------------------------------------- as data and text


def everything(found: Evaluation) -> list[Any]:
    """All the plain values of a result."""

    def walk(x: Any) -> list[Any]:
        inner = x.values() if isinstance(x, dict) else x if isinstance(x, list) else None
        return [x] if inner is None else [y for part in inner for y in walk(part)]

    return walk(found.to_dict())


@pytest.mark.parametrize("crm", [SMALL, evolve(SMALL, costs=()), few()])
def test_it_is_json_without_nan(crm: CRM) -> None:
    found = evaluate(crm)
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data == found.to_dict() and data["verdict"] == found.verdict
    assert all(x is None or isinstance(x, (str, int, float, bool)) for x in everything(found))
    assert set(data) >= {"paid_off", "monthly_gain", "roi", "probability", "payback", "npv", "cost", "parts", "limits"}


def test_it_is_text_and_html() -> None:
    found = evaluate(company()[0])
    text = str(found)
    assert text.startswith(found.verdict) and all(limit in text for limit in found.limits)
    for words in (
        "gain a month   1,43",
        "cost           3,218,000 RUB over 12 months",
        "above 0 with a probability of ",
    ):
        assert words in text
    assert "&" not in text and found._repr_html_() == f"<pre>{text}</pre>"
    assert "nan" not in str(evaluate(few())) and "nan" not in str(evaluate(evolve(SMALL, costs=())))
    odd = evolve(found, currency="<b>")
    assert "<b>" not in odd._repr_html_()


def test_a_chance_does_not_promise_too_much() -> None:
    assert [chance(p) for p in (1.0, 0.995, 0.99, 0.5, 0.01, 0.001)] == [
        "more than 99 %", "more than 99 %", "99 %", "50 %", "1 %", "less than 1 %"
    ]  # fmt: skip
    assert chance(math.nan) == "-"


def test_paid_off_is_decided_from_money() -> None:
    crm, _ = company()
    least = (12 - RAMP) * evaluate(crm).monthly_gain.low
    assert evaluate(crm, costs=least * 0.99).paid_off is True and evaluate(crm, costs=least * 1.01).paid_off is None
    most = (12 - RAMP) * evaluate(crm).monthly_gain.high
    assert evaluate(crm, costs=most * 1.01).paid_off is False


@pytest.mark.parametrize("given", [None, [], {"id": [1]}, "deals.csv", SMALL.deals])
def test_rows_are_no_company_and_the_remedy_is_named(given: Any) -> None:
    with pytest.raises(WrongCall, match=r"evaluate\(CRM\(deals=deals"):
        evaluate(given)
