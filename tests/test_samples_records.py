"""What else is known of the fictitious company: it agrees with the deals, with itself, and with the planted truth."""

from __future__ import annotations

import datetime as dt
import itertools
import pickle
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeAlias

import attrs
import dealerships
import pytest
from hypothesis import given, strategies as st

from crm_metrics.records import Call, Deal, DealLine, StageChange
from crm_metrics.samples import DELIVERY, SIDE_STAGES, STAGES, Sample, company, dealership
from crm_metrics.samples.days import clock_of
from crm_metrics.samples.leads import RETURNED
from crm_metrics.samples.saving import RECORDS

NEW = ("leads", "lines", "changes", "calls", "interactions", "quotas", "managers")
GO_LIVE, RAMP_END = dt.datetime(2024, 4, 1), dt.datetime(2024, 5, 27)
OPEN = STAGES[:5]
LOST = {"refusal", *SIDE_STAGES}

Recipe: TypeAlias = tuple[int, float, bool]
recipes = st.tuples(st.integers(), st.floats(0.001, 0.03), st.booleans())


def made(recipe: Recipe) -> Sample:
    seed, scale, effect = recipe
    return dealership(seed, scale, effect=effect)


@pytest.fixture(scope="module")
def plain() -> Sample:
    return dealerships.dealership()


@pytest.fixture(scope="module")
def large() -> Sample:
    return dealerships.dealership(scale=2)


@pytest.fixture(scope="module")
def twin() -> Sample:
    """The large company, had its CRM changed nothing."""
    return dealerships.dealership(scale=2, effect=False)


def ids(rows: Iterable[Any]) -> dict[str, Any]:
    return {row.id: row for row in rows}


def grouped(rows: Iterable[Any], name: str) -> dict[str, list[Any]]:
    out = defaultdict(list)
    for row in rows:
        out[getattr(row, name)].append(row)
    return out


def times(row: Any) -> Iterator[dt.datetime]:
    return (x for f in attrs.fields(type(row)) if isinstance(x := getattr(row, f.name), dt.datetime))


def waits(pairs: Iterable[tuple[dt.datetime, dt.datetime]]) -> list[float]:
    """How long it took, in days of the showroom's clock."""
    return [clock_of(b) - clock_of(a) for a, b in pairs]


def before_and_after(rows: Iterable[Any], at: Callable[[Any], Any]) -> tuple[list[Any], list[Any]]:
    """Rows from before go-live, and from after the ramp."""
    rows = list(rows)
    return [r for r in rows if at(r) < GO_LIVE], [r for r in rows if at(r) >= RAMP_END]


# ---------------------------------------------------------------- records


def test_there_are_so_many_of_each_kind(plain: Sample) -> None:
    assert {name: len(getattr(plain, name)) for name in NEW} == {
        "leads": 11669, "lines": 4994, "changes": 36914, "calls": 21902, "interactions": 30260, "quotas": 201,
        "managers": 8,
    }  # fmt: skip


@given(recipes)
def test_every_record_is_valid_and_of_its_kind(recipe: Recipe) -> None:
    sample = made(recipe)
    for name, record in RECORDS.items():
        rows = getattr(sample, name)
        assert all(type(row) is record for row in rows)
        assert [attrs.evolve(row) for row in rows] == rows
    for name in ("leads", "calls", "interactions"):
        assert len(ids(getattr(sample, name))) == len(getattr(sample, name))


@given(st.integers(), st.permutations(NEW), st.booleans())
def test_a_record_is_the_same_whenever_it_is_asked_for(seed: int, order: list[str], effect: bool) -> None:
    a, b = (dealership(seed, 0.01, effect=effect) for _ in range(2))
    made = {name: getattr(a, name) for name in order}
    assert all(made[name] == getattr(b, name) for name in NEW)
    assert all(getattr(a, name) is made[name] for name in NEW)


def test_scale_is_the_size_of_all_that_is_not_staff(plain: Sample, large: Sample) -> None:
    for name in ("leads", "lines", "changes", "calls", "interactions"):
        assert len(getattr(large, name)) / len(getattr(plain, name)) == pytest.approx(2, rel=0.05)
    assert len(large.managers) == len(plain.managers) and len(large.quotas) == len(plain.quotas)
    assert sum(q.amount or 0 for q in large.quotas) / sum(q.amount or 0 for q in plain.quotas) == pytest.approx(
        Decimal(2), rel=Decimal("0.001")
    )


def test_a_sample_goes_into_a_file_and_may_be_changed() -> None:
    sample = dealership(scale=0.01)
    again = pickle.loads(pickle.dumps(sample))
    assert again == sample and again.calls == sample.calls
    assert attrs.evolve(sample, deals=[]).leads == sample.leads, "what is made later is of the whole company"
    assert repr(sample).startswith("Sample(deals=[66 rows], spend=[") and "origin" not in repr(sample)


# ---------------------------------------------------------------- who and when


@given(recipes)
def test_keys_lead_to_their_records(recipe: Recipe) -> None:
    sample = made(recipe)
    deals, leads, names = ids(sample.deals), ids(sample.leads), {m.name for m in sample.managers}
    assert {d.lead for d in sample.deals} - {None} == {x.id for x in sample.leads if x.status == "converted"}
    assert all(d.manager in {*names, None} for d in sample.deals)
    for name in ("leads", "changes", "calls", "interactions"):
        assert {row.manager for row in getattr(sample, name)} <= {*names, None}
    for name in ("lines", "changes"):
        assert {row.deal for row in getattr(sample, name)} <= set(deals)
    for row in itertools.chain(sample.calls, sample.interactions):
        assert row.deal is None or row.customer in (deals[row.deal].customer, None)
    for d in sample.deals:
        if d.lead:
            lead = leads[d.lead]
            assert (lead.customer, lead.region) == (d.customer, d.region) or lead.id[1:] != str(d.id)[1:]
            assert lead.created_at <= lead.converted_at <= d.created_at


@given(recipes)
def test_nothing_is_later_than_the_data_or_earlier_than_its_deal(recipe: Recipe) -> None:
    sample = made(recipe)
    deals, end = ids(sample.deals), dt.datetime.combine(sample.as_of, dt.time.max)
    for name in ("leads", "changes", "calls", "interactions"):
        for row in getattr(sample, name):
            assert all(at <= end for at in times(row))
            key = getattr(row, "deal", None)
            assert key is None or min(times(row)) >= deals[key].created_at
    assert max(q.end for q in sample.quotas) == sample.as_of + dt.timedelta(days=1)


@given(recipes)
def test_rows_are_in_order_of_time(recipe: Recipe) -> None:
    sample = made(recipe)
    for name, at in {"leads": "created_at", "changes": "at", "calls": "started_at", "interactions": "at"}.items():
        moments = [getattr(row, at) for row in getattr(sample, name)]
        assert moments == sorted(moments)


@given(recipes)
def test_only_those_who_are_there_do_anything(recipe: Recipe) -> None:
    sample = made(recipe)
    staff = {m.name: m for m in sample.managers}
    deals = ids(sample.deals)
    for name in ("leads", "changes", "calls", "interactions"):
        for row in getattr(sample, name):
            if row.manager is None:
                continue
            m, day = staff[row.manager], min(times(row)).date() if name == "leads" else max(times(row)).date()
            assert m.hired_at <= day < (m.left_at or dt.date.max)
            owner = staff.get(deals[row.deal].manager or "") if getattr(row, "deal", None) else None
            assert owner is None or m is owner or (owner.left_at and owner.left_at <= day and m.team == owner.team)


def test_the_managers_are_the_staff_that_the_books_pay(plain: Sample) -> None:
    assert [(m.name, m.team) for m in plain.managers] == [(m.name, m.showroom) for m in company.MANAGERS]
    assert {m.team for m in plain.managers} == {d.region for d in plain.deals}
    last = max(s.at for s in plain.spend if s.at)
    paid = next(s.amount for s in plain.spend if s.at == last and s.kind == "payroll")
    assert sum(m.monthly_cost or 0 for m in plain.managers if m.left_at is None) == pytest.approx(paid, abs=Decimal(1))


def test_quotas_cover_each_month_of_each_manager_once(plain: Sample) -> None:
    hired = {m.name: (m.hired_at, m.left_at) for m in plain.managers}
    for name, quotas in grouped(plain.quotas, "manager").items():
        start, end = hired[name]
        assert all(a.end == b.start for a, b in itertools.pairwise(quotas)), "ends are exclusive"
        assert quotas[0].start == max(start, dt.date(2023, 1, 1))
        assert quotas[-1].end == (end or plain.as_of + dt.timedelta(days=1))
        assert all(q.amount > 0 and q.end <= q.start + dt.timedelta(days=31) for q in quotas)
    wins = sum(d.amount or 0 for d in plain.deals if d.status == "won")
    assert 0.9 < wins / sum(q.amount or 0 for q in plain.quotas) < 1.1


# ---------------------------------------------------------------- leads


def test_leads_are_converted_or_never_were_deals(plain: Sample) -> None:
    for lead in plain.leads:
        assert (lead.status == "converted") == (lead.converted_at is not None)
        assert (lead.status == "junk") == (lead.customer is None)
        assert lead.status != "qualified" or lead.first_response_at is not None
        assert lead.status != "new" or lead.first_response_at is None
    counts = Counter(lead.status for lead in plain.leads)
    assert counts["converted"] < len(plain.deals) and min(counts[x] for x in ("junk", "qualified", "new")) > 500
    cells = [[lead.channel, lead.manager] for lead in plain.leads]
    assert all(0.02 < [row[i] for row in cells].count(None) / len(cells) < 0.08 for i in (0, 1))


def test_a_few_leads_became_two_deals_and_a_few_deals_had_none(plain: Sample) -> None:
    deals = grouped(plain.deals, "lead")
    assert 0.01 < sum(d.lead is None for d in plain.deals) / len(plain.deals) < 0.03
    several = [rows for key, rows in deals.items() if key and len(rows) > 1]
    assert 50 < len(several) < 150
    assert all(len({d.customer for d in rows}) == 1 for rows in several)


def test_some_customers_came_by_several_touches(plain: Sample) -> None:
    touches = Counter(lead.customer for lead in plain.leads if lead.customer)
    assert 0.1 < sum(n > 1 for n in touches.values()) / len(touches) < 0.25 and max(touches.values()) >= 3
    earlier = [x for x in plain.leads if x.status == "converted" and x.created_at < x.converted_at]
    assert 0.08 < len(earlier) / len(plain.deals) < 0.16


def test_leads_are_answered_sooner_by_the_stated_factor(large: Sample, twin: Sample) -> None:
    for sample in (large, twin):
        parts = before_and_after((x for x in sample.leads if x.first_response_at), lambda x: x.created_at)
        old, new = (statistics.fmean(waits((x.created_at, x.first_response_at) for x in part)) for part in parts)
        assert new / old == pytest.approx(sample.truth.answer_factor, rel=0.06)


def test_without_the_effect_the_same_leads_come_in(large: Sample, twin: Sample) -> None:
    same = ("id", "created_at", "channel", "campaign", "manager", "region", "customer", "converted_at")
    a, b = ([[getattr(x, n) for n in same] for x in s.leads if x.id[0] != "L"] for s in (large, twin))
    assert a == b
    old = [[x for x in s.leads if x.created_at < GO_LIVE and x.id[0] == "N"] for s in (large, twin)]
    assert old[0] == old[1]


# ---------------------------------------------------------------- lines


@given(recipes)
def test_lines_add_up_to_their_deal(recipe: Recipe) -> None:
    sample = made(recipe)
    lines, offered = grouped(sample.lines, "deal"), {c.deal for c in sample.changes if c.stage == "offer and invoice"}
    for d in sample.deals:
        of = lines.get(str(d.id), [])
        assert of or not (d.status == "won" or d.id in offered)
        if of:
            assert [x.kind for x in of].count("base") == 1 and of[0].product == d.product
            assert sum(x.price * x.quantity for x in of) == d.amount
            assert sum(x.list_price * x.quantity for x in of) == d.list_amount
            assert {x.cost is None for x in of} == {d.cost is None}
            assert d.cost is None or sum(x.cost * x.quantity for x in of) == d.cost


def test_lines_are_like_life(plain: Sample) -> None:
    assert {(x.product, x.kind) for x in plain.lines if x.kind != "base"} == {
        (product, kind) for product, (kind, *_) in company.EXTRAS.items()
    }
    for x in plain.lines:
        assert x.price and x.list_price and x.quantity and 0 < x.price <= x.list_price
        assert x.cost is None or 0 < x.cost < Decimal("1.1") * x.price
    assert {x.quantity for x in plain.lines} == {1, 4}


def extras(sample: Sample) -> float:
    deals, count = ids(sample.deals), Counter(x.deal for x in sample.lines)
    old, new = before_and_after(count.items(), lambda x: deals[x[0]].created_at)
    return statistics.fmean(n - 1 for _, n in new) / statistics.fmean(n - 1 for _, n in old)


def test_more_is_sold_beside_a_car_by_the_stated_factor(large: Sample, twin: Sample) -> None:
    for sample in (large, twin):
        assert extras(sample) == pytest.approx(sample.truth.attach_factor, rel=0.08)


# ---------------------------------------------------------------- stage changes


@given(recipes)
def test_the_last_change_is_how_the_deal_stands(recipe: Recipe) -> None:
    sample = made(recipe)
    changes = grouped(sample.changes, "deal")
    for d in sample.deals:
        log = sorted(changes[str(d.id)], key=lambda c: c.seq)
        assert [c.seq for c in log] == list(range(1, len(log) + 1))
        assert [c.at for c in log] == sorted(c.at for c in log)
        sold = [c for c in log if c.pipeline == "sales"]
        assert log[: len(sold)] == sold, "delivery comes after the sale"
        assert sold[0].at >= d.created_at and sold[-1].stage == d.stage
        assert d.status == "open" or sold[-1].at == d.closed_at
        assert (d.status == "won") == bool(log[len(sold) :])
        assert [c.stage for c in log[len(sold) :]] == list(DELIVERY[: len(log) - len(sold)])


def detour(log: list[StageChange]) -> str:
    """What is odd about the sales of a deal, if anything."""
    stages = [str(c.stage) for c in log if c.pipeline == "sales"]
    steps = [(OPEN.index(a), OPEN.index(b)) for a, b in itertools.pairwise(stages) if {a, b} <= set(OPEN)]
    if any(stage in LOST for stage in stages[:-1]):
        return "reopened"
    if stages[0] != "new lead":
        return "begun midway"
    if any(b < a for a, b in steps):
        return "back"
    return "skipped" if any(b > a + 1 for a, b in steps) else ""


def test_a_few_deals_go_back_skip_are_reopened_or_begin_midway(plain: Sample) -> None:
    logs = grouped(plain.changes, "deal").values()
    share = Counter(detour(log) for log in logs)
    assert all(0.005 < share[x] / len(logs) < 0.06 for x in ("reopened", "begun midway", "back", "skipped"))
    assert share[""] / len(logs) > 0.85
    assert 0.02 < [c.manager for c in plain.changes].count(None) / len(plain.changes) < 0.06


def test_a_sold_car_enters_delivery_in_the_same_second(plain: Sample) -> None:
    starts = {c.deal: c.at for c in plain.changes if c.stage == DELIVERY[0]}
    assert starts == {d.id: d.closed_at for d in plain.deals if d.status == "won"}
    stages = Counter(c.stage for c in plain.changes)
    assert stages[DELIVERY[0]] > stages[DELIVERY[1]] >= stages[DELIVERY[2]] > 0.95 * stages[DELIVERY[0]]


# ---------------------------------------------------------------- calls


def test_calls_are_like_life(plain: Sample) -> None:
    for call in plain.calls:
        assert call.duration is None or (call.duration > 0) == call.answered
        assert call.answered or call.direction == "out" or call.manager is None, "nobody in particular misses a call"
    by = Counter((c.direction, c.answered) for c in plain.calls)
    assert set(by) == {(d, a) for d in ("in", "out") for a in (True, False)} and min(by.values()) > 1000
    customers = grouped((c for c in plain.calls if c.customer), "customer")
    assert all(len({c.phone for c in calls}) == 1 for calls in customers.values())
    assert len({c.phone for c in plain.calls if c.customer}) == len(customers), "a telephone of one's own"
    assert 0.02 < sum(c.deal is None for c in plain.calls) / len(plain.calls) < 0.15


def called_back(sample: Sample) -> tuple[float, float]:
    """Share of the missed calls that were enquiries whose next call was ours."""
    deals: dict[str, Deal] = ids(sample.deals)
    first: list[tuple[Call, Call | None]] = []
    for key, calls in grouped((c for c in sample.calls if c.deal), "deal").items():
        if calls[0].started_at == deals[key].created_at and calls[0].direction == "in" and not calls[0].answered:
            first.append((calls[0], calls[1] if len(calls) > 1 else None))
    old, new = before_and_after(first, lambda x: x[0].started_at)
    a, b = (statistics.fmean(n is not None and n.direction == "out" for _, n in x) for x in (old, new))
    return a, b


def test_missed_calls_are_called_back_more_often_by_the_stated_factor(large: Sample, twin: Sample) -> None:
    for sample in (large, twin):
        old, new = called_back(sample)
        assert old == pytest.approx(RETURNED, abs=0.05)
        assert new / old == pytest.approx(sample.truth.returns_factor, rel=0.06)


# ---------------------------------------------------------------- interactions


def test_every_kind_occurs_but_calls_which_have_a_record_of_their_own(plain: Sample) -> None:
    kinds = Counter(x.kind for x in plain.interactions)
    assert set(kinds) == {
        "proposal", "presentation", "email", "sms", "social", "messenger", "meeting", "visit", "quote", "document",
    }  # fmt: skip
    assert {x.kind for x in plain.interactions if x.requested_at} == {"quote", "document"}
    for name in ("customer", "manager"):
        cells = [getattr(x, name) for x in plain.interactions]
        assert cells.count(None) / len(cells) == pytest.approx(company.BLANK[name], abs=0.01)
    assert any(x.deal is None for x in plain.interactions)


def test_what_is_done_agrees_with_the_stage(plain: Sample) -> None:
    deals, kinds = ids(plain.deals), grouped(plain.interactions, "deal")
    for key, d in deals.items():
        done = {x.kind for x in kinds.get(key, [])}
        assert "document" not in done or d.status == "won"
        assert not done & {"quote", "meeting", "proposal"} or d.amount is not None
    lines: dict[str, list[DealLine]] = grouped(plain.lines, "deal")
    quotes = {x.deal for x in plain.interactions if x.kind == "quote"}
    assert quotes <= set(lines) and len(quotes) > 0.98 * len(lines), "but for those not ready yet"


def test_papers_are_ready_sooner_by_the_stated_factor(large: Sample, twin: Sample) -> None:
    for sample in (large, twin):
        asked = [x for x in sample.interactions if x.requested_at]
        parts = before_and_after(asked, lambda x: x.requested_at)
        old, new = (statistics.fmean(waits((x.requested_at, x.at) for x in part)) for part in parts)
        assert new / old == pytest.approx(sample.truth.document_factor, rel=0.06)
