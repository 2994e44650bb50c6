"""The fictitious company: the same for everybody, valid, like life, and with the effect that it says it has."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

import attrs
import dealerships
import pytest

from crm_metrics.errors import WrongValue
from crm_metrics.records import Deal
from crm_metrics.samples import SIDE_STAGES, STAGES, Sample, company as data, dealership, draws, save, walks
from crm_metrics.samples.days import days as days_of, expected_leads
from crm_metrics.samples.saving import RECORDS
from crm_metrics.samples.truth import expected_profit

RAMP_END = dt.date(2024, 5, 27)
SCALE = 2
MATURE = dt.date(2025, 3, 1)  # what came in before it has ended, but for the forgotten


@pytest.fixture(scope="module")
def company() -> Sample:
    return dealerships.dealership()


@pytest.fixture(scope="module")
def large() -> Sample:
    return dealerships.dealership(scale=SCALE)


@pytest.fixture(scope="module")
def twin() -> Sample:
    """The large company, had its CRM changed nothing."""
    return dealerships.dealership(scale=SCALE, effect=False)


def digest(sample: Sample, folder: Path, *names: str) -> str:
    """What the files of these names hold, else all of them."""
    save(sample, folder)
    files = sorted(f for f in folder.iterdir() if f.stem in (names or f.stem))
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:16]


def created(deals: Iterable[Deal], start: dt.date, end: dt.date) -> list[Deal]:
    return [d for d in deals if start <= day(d.created_at) < end]


def day(at: dt.date | None) -> dt.date:
    assert isinstance(at, dt.datetime)
    return at.date()


def days(deal: Deal) -> float:
    assert isinstance(deal.closed_at, dt.datetime) and isinstance(deal.created_at, dt.datetime)
    return (deal.closed_at - deal.created_at).total_seconds() / 86400


def won(deals: Iterable[Deal]) -> list[Deal]:
    return [d for d in deals if d.status == "won"]


def conversion(deals: list[Deal]) -> float:
    return len(won(deals)) / len(deals)


def profit(deals: Iterable[Deal]) -> float:
    """Gross profit of all won deals, those of unknown cost taken as the average of the others."""
    sold = won(deals)
    known = [float(d.amount - d.cost) for d in sold if d.amount is not None and d.cost is not None]
    return math.fsum(known) / len(known) * len(sold)


def profit_closed(deals: Iterable[Deal], start: dt.date, end: dt.date) -> float:
    """Gross profit a month of what was won in a period."""
    return profit(d for d in won(deals) if start <= day(d.closed_at) < end) / ((end - start).days / data.MONTH)


# ---------------------------------------------------------------- the same for everybody


def test_a_seed_gives_the_same_company_on_every_platform_and_version(tmp_path: Path) -> None:
    sample = dealership(scale=0.1)
    plain = attrs.evolve(sample, deals=[attrs.evolve(d, lead=None) for d in sample.deals])
    assert digest(plain, tmp_path, "costs", "deals", "spend") == "44fa187e3a063667", "as before there were leads"
    assert digest(sample, tmp_path) == "47653943901bbc88"


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    digests = {digest(dealership(seed, scale=0.1), tmp_path) for seed in (7, 7, 8, -7)}
    assert len(digests) == 3


def test_scale_is_the_size_of_the_company(company: Sample, large: Sample) -> None:
    assert len(large.deals) / len(company.deals) == pytest.approx(SCALE, rel=0.05)
    for a, b in ((company.spend, large.spend), (company.costs, large.costs)):
        assert [float(x.amount or 0) * SCALE for x in a] == pytest.approx([float(x.amount or 0) for x in b], abs=0.1)
    assert large.truth.monthly_gain == pytest.approx(SCALE * company.truth.monthly_gain, abs=Decimal("0.05"))


@pytest.mark.parametrize("scale", [0, -1, math.nan, math.inf])
def test_an_impossible_scale_is_refused(scale: float) -> None:
    with pytest.raises(WrongValue, match="scale is a positive number"):
        dealership(scale=scale)


def test_the_smallest_company_has_its_books_still() -> None:
    sample = dealership(scale=0.001)
    assert len(sample.deals) < 50 and len(sample.spend) == len(dealership(scale=0.01).spend)


# ---------------------------------------------------------------- valid


def test_the_size_is_as_said(company: Sample) -> None:
    assert 4000 <= len(company.deals) <= 8000
    assert (company.go_live, company.ramp_weeks, company.as_of) == (dt.date(2024, 4, 1), 8, dt.date(2025, 6, 30))
    assert min(day(d.created_at) for d in company.deals).year == 2023


def test_every_record_is_valid_and_unique(company: Sample) -> None:
    assert [attrs.evolve(d) for d in company.deals] == company.deals
    assert [attrs.evolve(s) for s in company.spend] == company.spend
    assert len({d.id for d in company.deals}) == len(company.deals)
    assert [d.created_at for d in company.deals] == sorted(d.created_at for d in company.deals if d.created_at)
    assert {d.currency for d in company.deals} == {s.currency for s in company.spend} == {"RUB"}


def test_stages_are_the_seven_and_three_beside_them(company: Sample) -> None:
    assert STAGES == (
        "new lead", "first contact", "test drive booked", "test drive", "offer and invoice", "success", "refusal",
    )  # fmt: skip
    assert SIDE_STAGES == ("lost contact", "not a real deal", "no contact")
    assert {d.stage for d in company.deals} == {*STAGES, *SIDE_STAGES}


def test_status_stage_and_times_agree(company: Sample) -> None:
    ends = {"won": {"success"}, "lost": {"refusal", *SIDE_STAGES}, "open": set(STAGES[:5])}
    for d in company.deals:
        assert d.status and d.stage in ends[d.status]
        assert (d.status == "open") == (d.closed_at is None) == (d.probability is not None)
        assert d.closed_at is None or day(d.closed_at) <= company.as_of


def test_money_is_known_as_far_as_the_deal_went(company: Sample) -> None:
    for d in company.deals:
        assert (d.product is None) == (d.amount is None) == (d.list_amount is None) == (d.expected_close is None)
        assert d.cost is None or d.status == "won"
        assert d.amount is None or d.list_amount is None or d.amount <= d.list_amount
    margins = [float((d.amount - d.cost) / d.amount) for d in company.deals if d.amount and d.cost]
    assert sum(margins) / len(margins) == pytest.approx(0.055, abs=0.005)
    assert min(margins) < 0 < max(margins) < 0.15


def test_nobody_comes_again_who_never_came(company: Sample) -> None:
    wins = sorted(won(company.deals), key=lambda d: day(d.closed_at), reverse=True)
    bought = {d.customer: day(d.closed_at) for d in wins}  # the first win of each
    bought |= {f"C{i:05}": dt.date.min for i in range(1, data.EARLIER + 1)}
    assert all(bought[d.customer] <= day(d.created_at) for d in company.deals if d.kind != "new")
    assert max(Counter(d.customer for d in company.deals).values()) >= 3


# ---------------------------------------------------------------- like life


def test_demand_has_its_season_and_its_growth(large: Sample) -> None:
    months = Counter((day(d.created_at).year, day(d.created_at).month) for d in large.deals)
    for (year, month), count in months.items():
        last = min(dt.date(year + month // 12, month % 12 + 1, 1), dt.date(2025, 7, 1)) - dt.timedelta(days=1)
        expected = SCALE * sum(expected_leads(x) for x in days_of(dt.date(year, month, 1), last))
        assert abs(count - expected) < 5 * math.sqrt(expected)
    for year in (2023, 2024):
        quiet, spring, summer, autumn = (months[year, m] for m in (1, 4, 7, 10))
        assert quiet < 0.8 * summer and summer < 0.85 * min(spring, autumn)
    assert 1.1 < months[2025, 4] / months[2024, 4] < 1.3


def test_leads_come_at_night_and_the_showroom_sells_by_day(company: Sample) -> None:
    hours = Counter(d.created_at.hour for d in company.deals if isinstance(d.created_at, dt.datetime))
    night = sum(hours[h] for h in range(7)) / len(company.deals)
    assert 0.01 < night < 0.08
    assert {day(d.created_at).weekday() for d in company.deals} == set(range(7))
    assert all(9 <= d.closed_at.hour <= 20 for d in company.deals if isinstance(d.closed_at, dt.datetime))


@pytest.mark.parametrize(
    ("name", "applies"),
    [
        ("channel", lambda d: True),
        ("manager", lambda d: True),
        ("reason", lambda d: d.stage in ("success", "refusal")),
        ("cost", lambda d: d.status == "won"),
    ],
)
def test_values_are_missing_at_the_stated_shares(large: Sample, name: str, applies: Callable[[Deal], bool]) -> None:
    share, cells = data.BLANK[name], [getattr(d, name) for d in large.deals if applies(d)]
    assert abs(cells.count(None) / len(cells) - share) < 4 * math.sqrt(share / len(cells))
    assert all(getattr(d, name) is None for d in large.deals if not applies(d))


def test_every_label_occurs(company: Sample) -> None:
    deals = company.deals
    assert {d.channel for d in deals} == {*data.CHANNELS, None}
    assert {d.campaign for d in deals} == {*data.CAMPAIGNS, None}
    assert {d.product for d in deals} == {*data.MODELS, None}
    assert {d.kind for d in deals} == {"new", "repeat", "upsell", "cross_sell"}
    assert {d.region for d in deals} == {"North", "Centre", "South"}
    assert {d.reason for d in deals} == {*data.REFUSALS, *data.SUCCESSES, None}
    assert (len(data.REFUSALS), len(data.SUCCESSES)) == (14, 5)


def test_managers_differ_come_and_go(large: Sample) -> None:
    rates = {m.name: conversion([d for d in large.deals if d.manager == m.name]) for m in data.MANAGERS}
    assert max(rates, key=lambda name: rates[name]) in ("Anna", "Daria")
    assert min(rates, key=lambda name: rates[name]) in ("Egor", "Grigory")
    for m in data.MANAGERS:
        taken = [day(d.created_at) for d in large.deals if d.manager == m.name]
        assert m.hired <= min(taken) and max(taken) <= m.left


def test_more_than_half_go_no_further_than_the_test_drive(large: Sample) -> None:
    chances = [data.CHANCE[stage] for stage in STAGES[1:6]]
    assert min(chances) == data.CHANCE["offer and invoice"] < 0.5
    assert conversion(created(large.deals, dt.date(2023, 1, 1), large.go_live)) == pytest.approx(0.15, abs=0.015)


def test_some_deals_are_open_at_the_end_and_a_few_for_ever(company: Sample) -> None:
    left = [day(d.created_at) for d in company.deals if d.status == "open"]
    assert 0.02 < len(left) / len(company.deals) < 0.06
    assert 0.01 < sum(x < MATURE for x in left) / len(company.deals) < 0.03


# ---------------------------------------------------------------- the planted effect


def test_the_factors_are_as_planted(company: Sample) -> None:
    truth = company.truth
    assert (truth.win_rate_factor, truth.cycle_factor, truth.ramp_factor) == (1.2705, 0.85, 0.837)
    assert (truth.demand_growth, truth.price_growth) == (0.20, 0.03)
    assert truth.monthly_gain == Decimal("1615055.90")
    assert (truth.answer_factor, truth.returns_factor, truth.document_factor, truth.attach_factor) == (
        0.51, 1.6, 0.5, 1.2,
    )  # fmt: skip


def test_no_chance_reaches_one_so_the_factors_multiply_exactly() -> None:
    at = [dt.datetime(2025, month, 1) for month in range(1, 13)]
    for x in itertools.product(at, data.CHANNELS, data.MANAGERS, data.KINDS):
        when, channel, manager, kind = x
        enquiry = walks.Enquiry(when, channel, manager, kind, "Orion City", 1)
        assert all(chance < 1 for _, chance in walks.chances(enquiry, data.LIVE))


def test_without_the_effect_the_same_people_come_in(large: Sample, twin: Sample) -> None:
    same = ("id", "created_at", "channel", "campaign", "manager", "region", "kind")
    assert [[getattr(d, n) for n in same] for d in large.deals] == [[getattr(d, n) for n in same] for d in twin.deals]
    assert (large.spend, large.costs) == (twin.spend, twin.costs)
    truth = twin.truth
    assert (truth.win_rate_factor, truth.cycle_factor, truth.ramp_factor) == (1, 1, 1)
    assert (truth.answer_factor, truth.returns_factor, truth.document_factor, truth.attach_factor) == (1, 1, 1, 1)
    assert not truth.monthly_gain and not truth.ramp_loss


def test_what_came_in_before_go_live_ends_in_the_old_way(large: Sample, twin: Sample) -> None:
    old = dt.date(2023, 1, 1), large.go_live
    assert [(d.status, d.closed_at) for d in created(large.deals, *old)] == [
        (d.status, d.closed_at) for d in created(twin.deals, *old)
    ]


def test_after_the_ramp_nobody_is_lost_through_the_crm(large: Sample, twin: Sample) -> None:
    pairs = zip(created(large.deals, RAMP_END, MATURE), created(twin.deals, RAMP_END, MATURE), strict=True)
    assert all(a.status == "won" for a, b in pairs if b.status == "won")


def test_the_crm_wins_more_and_sooner_by_the_stated_factors(large: Sample, twin: Sample) -> None:
    with_it, without = (created(s.deals, RAMP_END, MATURE) for s in (large, twin))
    assert conversion(with_it) / conversion(without) == pytest.approx(1.2705, rel=0.03)
    cycles = [sum(map(days, won(x))) / len(won(x)) for x in (with_it, without)]
    assert cycles[0] / cycles[1] == pytest.approx(0.85, rel=0.02)


def test_performance_dips_while_everybody_learns(large: Sample, twin: Sample) -> None:
    with_it, without = (created(s.deals, large.go_live, RAMP_END) for s in (large, twin))
    assert conversion(with_it) / conversion(without) == pytest.approx(0.837, rel=0.05)


def test_the_true_profit_is_what_many_deals_bring_on_average(large: Sample, twin: Sample) -> None:
    expected = SCALE * expected_profit(RAMP_END, MATURE - dt.timedelta(days=1))
    assert profit(created(twin.deals, RAMP_END, MATURE)) == pytest.approx(expected, rel=0.05)
    assert profit(created(large.deals, RAMP_END, MATURE)) == pytest.approx(expected * 1.2705, rel=0.05)
    lost = [profit(created(s.deals, large.go_live, RAMP_END)) for s in (twin, large)]
    assert lost[0] - lost[1] == pytest.approx(float(large.truth.ramp_loss), rel=0.3)


def test_a_plain_before_and_after_is_wrong_and_a_fair_one_close(large: Sample) -> None:
    truth, length = float(large.truth.monthly_gain), dt.date(2025, 7, 1) - RAMP_END
    after = profit_closed(large.deals, RAMP_END, dt.date(2025, 7, 1))
    naive = after - profit_closed(large.deals, large.go_live - length, large.go_live)
    assert naive > 1.5 * truth
    # Fair: the same months of two years, profit per lead, at the number of leads that the market sent anyway.
    before, later = (created(large.deals, dt.date(y, 6, 1), dt.date(y + 1, 3, 1)) for y in (2023, 2024))
    fair = (profit(later) / len(later) - profit(before) / len(before)) * len(later) / 9
    assert fair == pytest.approx(truth, rel=0.25)


# ---------------------------------------------------------------- money spent


def test_each_month_has_its_spend_by_channel(company: Sample) -> None:
    months = {s.at for s in company.spend}
    assert len(months) == 30 and max(s.at for s in company.spend if s.at) == company.as_of
    for month in months:
        rows = [s for s in company.spend if s.at == month]
        assert {s.channel for s in rows if s.kind == "acquisition"} == set(data.CHANNELS)
        assert {s.campaign for s in rows if s.channel == "ad click"} == set(data.CAMPAIGNS)
        assert {"payroll", "nurture", "software"} <= {s.kind for s in rows}


def test_payroll_follows_the_staff(company: Sample) -> None:
    pay = {s.at: float(s.amount or 0) for s in company.spend if s.kind == "payroll"}
    assert pay[dt.date(2024, 9, 30)] > 1.1 * pay[dt.date(2024, 8, 31)]
    assert pay[dt.date(2023, 12, 31)] < pay[dt.date(2023, 10, 31)]


def test_licences_are_the_same_in_the_books_and_in_the_costs(company: Sample) -> None:
    booked = [(s.at, s.amount) for s in company.spend if s.kind == "software" and s.amount == data.LICENCES]
    assert booked == [(at, amount) for at, amount, name in company.costs if name == "licences"]
    assert min(at for at, _ in booked if at) > company.go_live
    assert [c.at for c in company.costs] == sorted(c.at for c in company.costs)
    assert sum(c.amount for c in company.costs) == 3_395_000


# ---------------------------------------------------------------- files


def test_saved_files_hold_the_same_records(company: Sample, tmp_path: Path) -> None:
    folder = save(company, tmp_path / "a" / "b")
    rows = {path.name: list(csv.DictReader(path.read_text(encoding="utf-8").split("\n"))) for path in folder.iterdir()}
    assert set(rows) == {"costs.csv", *(f"{name}.csv" for name in RECORDS)}
    for name, record in RECORDS.items():
        assert [record(**row) for row in rows[f"{name}.csv"]] == getattr(company, name)
    assert [(r["at"], Decimal(r["amount"]), r["name"]) for r in rows["costs.csv"]] == [
        (str(at), amount, name) for at, amount, name in company.costs
    ]


def test_a_column_that_nobody_fills_is_not_written(company: Sample, tmp_path: Path) -> None:
    plain = attrs.evolve(company, deals=[attrs.evolve(d, lead=None) for d in company.deals])
    for sample, kept in ((company, True), (plain, False)):
        header = (save(sample, tmp_path) / "deals.csv").read_text(encoding="utf-8").partition("\n")[0]
        assert header.startswith("id,created_at,status,closed_at,") and header.endswith(",lead") == kept


# ---------------------------------------------------------------- draws


@pytest.mark.parametrize("count", range(1, 12))
def test_the_least_and_greatest_draw_give_the_first_and_last_option(count: int) -> None:
    weights, least, greatest = {i: 1 + i % 3 for i in range(count)}, 0.0, 1 - 2**-53
    assert (draws.pick(least, weights), draws.pick(greatest, weights)) == (0, count - 1)
    points = [0.0, *range(1, count + 1)]
    assert draws.quantile(least, points) == 0
    assert draws.quantile(greatest, points) == pytest.approx(count)


def test_options_are_drawn_by_their_weights_and_quantiles_keep_their_mean() -> None:
    grid = [(i + 0.5) / 1000 for i in range(1000)]
    drawn = Counter(draws.pick(u, {"a": 5, "b": 0, "c": 3, "d": 2}) for u in grid)
    assert drawn == {"a": 500, "c": 300, "d": 200}
    points = data.WAIT["success"]
    assert sum(draws.quantile(u, points) for u in grid) / 1000 == pytest.approx(draws.mean(points))
