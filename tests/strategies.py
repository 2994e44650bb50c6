"""Hypothesis strategies: rows of every record, with the cases that break things.

A new record needs one line in `RECORDS`: from a `World` (what all rows of one example have in common) to a strategy of
one record. Fields that only label a row come from `labels_of`: only what a record's own rules concern is written here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import attrs
from hypothesis import strategies as st

from crm_metrics import cells as R
from crm_metrics.currencies import exponent
from crm_metrics.journeys import CustomerDeals, Stay
from crm_metrics.records import Call, Deal, DealLine, Interaction, Lead, Manager, Quota, Spend, StageChange
from crm_metrics.schemas import Record, schema

Rows: TypeAlias = list[Any]
Strategy: TypeAlias = st.SearchStrategy[Any]

NEW_YORK = ZoneInfo("America/New_York")
LABELS = ("Anna", "Boris", "Ёж 🦔", "", None, "None", "0")
IDS = (0, 1, "1", 1.0, "0007", 2**53 + 1, "a/б", None)
INSTANTS = (
    dt.datetime(2017, 3, 12, 2, 30),  # never on the clocks of New York
    dt.datetime(2017, 3, 12, 7, 0),  # in UTC: the moment they change
    dt.datetime(2017, 11, 5, 1, 30),  # twice on the clocks of New York
    dt.datetime(2017, 11, 5, 6, 0),
    dt.datetime(2016, 12, 31, 23, 59, 59, 999999),
    dt.datetime(2017, 1, 1),  # in the last ISO week of 2016
    dt.datetime(2016, 2, 29, 12),
)
GAPS = (
    dt.timedelta(0),
    dt.timedelta(microseconds=1),
    dt.timedelta(hours=23, minutes=59),
    dt.timedelta(days=1),
    dt.timedelta(days=90),
)


@attrs.frozen
class World:
    """What all rows of one example share.

    ``times``: naive or aware datetimes, bare dates, or dates beside either. ``currency``: of all amounts; "several" is
    dollars, yen and dinars, with rows of no currency among them.
    """

    times: str
    currency: str | None

    @property
    def aware(self) -> bool:
        return self.times.startswith("aware")


TIMES = ("naive", "aware", "dates", "naive and dates", "aware and dates")
WORLDS = st.builds(World, times=st.sampled_from(TIMES), currency=st.sampled_from([None, "RUB", "JPY", "KWD"]))
MIXED_WORLDS = st.builds(World, times=st.sampled_from(TIMES), currency=st.just("several"))


# ---------------------------------------------------------------- fields


def instants(world: World) -> Strategy:
    """Times within three years, some of them where clocks and calendars are odd; some equal."""
    naive = st.sampled_from(INSTANTS) | st.datetimes(dt.datetime(2016, 1, 1), dt.datetime(2018, 12, 31))
    dates = st.dates(dt.date(2016, 1, 1), dt.date(2018, 12, 31)) | st.just(dt.date(2017, 11, 5))
    if world.times == "dates":
        return dates
    timed = naive.map(_in_a_zone) if world.aware else naive
    return timed | dates if "dates" in world.times else timed


def _in_a_zone(t: dt.datetime) -> dt.datetime:
    return t.replace(tzinfo=(dt.UTC, NEW_YORK, dt.timezone(dt.timedelta(hours=5, minutes=45)))[t.microsecond % 3])


def amounts(currency: str | None) -> Strategy:
    """Nothing, the smallest amount, a very large one, negative ones, float noise, and any."""
    digits = exponent(currency)
    unit = Decimal(1).scaleb(-digits)
    some: list[Any] = [None, 0, -5, unit, Decimal(10**12), 10**12 + unit, "7", 250.0]
    if digits:
        some.append(0.1 + 0.2)
    return st.sampled_from(some) | st.integers(-(10**11), 10**11).map(lambda n: n * unit)


def shares() -> Strategy:
    return st.sampled_from([None, 0, 1, 0.6, 0.1, "0.333333"]) | st.integers(0, 10**6).map(lambda n: Decimal(n) / 10**6)


def labels_of(record: type, *names: str) -> dict[str, Strategy]:
    """Strategies for the fields that only label a row."""
    fields = schema(record)
    return {n: st.sampled_from([None, *fields[n].choices] if fields[n].choices else LABELS) for n in names}


def currencies(world: World) -> Strategy:
    several = world.currency == "several"
    return st.sampled_from([None, "USD", "JPY", "KWD"]) if several else st.just(world.currency)


# ---------------------------------------------------------------- records


@st.composite
def deal(draw: Any, world: World) -> Deal:
    """A deal: closed at the same instant, later or never, and won only if closed."""
    money = draw(currencies(world))
    created = draw(st.none() | instants(world))
    closed = _after(created, draw(st.sampled_from(GAPS)), draw(st.none() | instants(world)))
    state = draw(st.sampled_from(["won", "won", "lost", "open", None] if closed else ["open", "lost", None]))
    rest = draw(
        st.fixed_dictionaries(
            {
                "id": st.sampled_from(IDS),
                "amount": amounts(money),
                "cost": amounts(money),
                "probability": shares(),
                "expected_close": st.none() | instants(world),
                "lead": st.sampled_from(IDS),
                **labels_of(Deal, "customer", "manager", "channel", "campaign", "kind"),
            }
        )
    )
    return Deal(created_at=created, closed_at=closed, status=state, currency=money, **rest)


def _after(start: dt.date | None, gap: dt.timedelta, other: dt.date | None) -> dt.date | None:
    """A time that does not come before `start`: itself plus a gap, or any other that is later."""
    if start is None or other is None:
        return other
    a, b = (x.astimezone(dt.UTC) if isinstance(x, dt.datetime) and x.tzinfo else x for x in (start, other))
    if not (isinstance(a, dt.datetime) and isinstance(b, dt.datetime)):
        a, b = (x.date() if isinstance(x, dt.datetime) else x for x in (a, b))
    return other if a < b else start + gap


@st.composite
def spend(draw: Any, world: World) -> Spend:
    """Money spent: refunds (negative amounts) too."""
    money = draw(currencies(world))
    at = draw(st.none() | instants(world))
    rest = draw(st.fixed_dictionaries({"amount": amounts(money), **labels_of(Spend, "channel", "campaign", "kind")}))
    return Spend(at=at, currency=money, **rest)


@st.composite
def lead(draw: Any, world: World) -> Lead:
    """A lead: converted at once, later or never."""
    created = draw(st.none() | instants(world))
    later = [_after(created, draw(st.sampled_from(GAPS)), draw(st.none() | instants(world))) for _ in range(2)]
    names = ("channel", "campaign", "manager", "region", "status", "customer")
    rest = draw(st.fixed_dictionaries({"id": st.sampled_from(IDS), **labels_of(Lead, *names)}))
    return Lead(created_at=created, converted_at=later[0], first_response_at=later[1], **rest)


@st.composite
def line(draw: Any, world: World) -> DealLine:
    """A line of a deal: fractions of a piece, none, returned ones."""
    money = draw(currencies(world))
    quantity = st.sampled_from([None, 0, 1, 2, -1, Decimal("0.5"), 12])
    amount = amounts(money)
    rest = draw(
        st.fixed_dictionaries(
            {
                "deal": st.sampled_from(IDS),
                "quantity": quantity,
                "price": amount,
                "list_price": amount,
                "cost": amount,
                **labels_of(DealLine, "product", "kind"),
            }
        )
    )
    return DealLine(currency=money, **rest)


@st.composite
def stage_change(draw: Any, world: World) -> StageChange:
    """A change of stage, several of them at one instant."""
    rest = draw(st.fixed_dictionaries({"deal": st.sampled_from(IDS), **labels_of(StageChange, "pipeline", "manager")}))
    stage, seq = draw(st.sampled_from(["new", "offer", "won", None])), draw(st.sampled_from([None, 1, 2, 10]))
    return StageChange(at=draw(st.none() | instants(world)), stage=stage, seq=seq, **rest)


@st.composite
def call(draw: Any, world: World) -> Call:
    """A telephone call."""
    fields = {
        "id": st.sampled_from(IDS),
        "deal": st.sampled_from(IDS),
        "duration": st.sampled_from([None, 0, 30, 120, Decimal("120.5"), 10**6]),
        "answered": st.none() | st.booleans(),
        **labels_of(Call, "manager", "phone", "direction", "customer"),
    }
    return Call(started_at=draw(st.none() | instants(world)), **draw(st.fixed_dictionaries(fields)))


@st.composite
def interaction(draw: Any, world: World) -> Interaction:
    """Something done with a customer, at once, later than asked for, or without being asked."""
    asked = draw(st.none() | instants(world))
    at = _after(asked, draw(st.sampled_from(GAPS)), draw(st.none() | instants(world)))
    fields = {
        "id": st.sampled_from(IDS),
        "deal": st.sampled_from(IDS),
        **labels_of(Interaction, "manager", "kind", "customer"),
    }
    return Interaction(requested_at=asked, at=at, **draw(st.fixed_dictionaries(fields)))


@st.composite
def quota(draw: Any, world: World) -> Quota:
    """A quota of a month, of a day, of no length."""
    money = draw(currencies(world))
    start = draw(st.none() | instants(world))
    end = _after(start, draw(st.sampled_from(GAPS)), draw(st.none() | instants(world)))
    rest = draw(st.fixed_dictionaries({"amount": amounts(money), **labels_of(Quota, "manager")}))
    return Quota(start=start, end=end, currency=money, **rest)


@st.composite
def manager(draw: Any, world: World) -> Manager:
    """Somebody who sells: hired and gone on one day, later, never."""
    money = draw(currencies(world))
    hired = draw(st.none() | instants(world))
    left = _after(hired, draw(st.sampled_from(GAPS)), draw(st.none() | instants(world)))
    rest = draw(st.fixed_dictionaries({"monthly_cost": amounts(money), **labels_of(Manager, "name", "team")}))
    return Manager(hired_at=hired, left_at=left, currency=money, **rest)


@st.composite
def stay(draw: Any, world: World) -> Stay:
    """A stay in a stage: of no length, long, or not over."""
    entered = draw(st.none() | instants(world))
    left = _after(entered, draw(st.sampled_from(GAPS)), draw(st.none() | instants(world)))
    names = ("pipeline", "stage", "next_stage", "manager")
    rest = draw(st.fixed_dictionaries({"deal": st.sampled_from(IDS), **labels_of(Stay, *names)}))
    return Stay(entered_at=entered, left_at=left, **rest)


@st.composite
def customer_deals(draw: Any, world: World) -> CustomerDeals:
    """What the deals of a customer add up to."""
    money = draw(currencies(world))
    times = [draw(st.none() | instants(world)) for _ in range(2)]
    count = st.sampled_from([None, 0, 1, 2, 10])
    fields = {"deals": count, "won": count, "lost": count, "amount": amounts(money)}
    rest = draw(st.fixed_dictionaries({**fields, **labels_of(CustomerDeals, "customer")}))
    return CustomerDeals(first_lost_at=times[0], last_won_at=times[1], currency=money, **rest)


RECORDS: Mapping[type[Record], Callable[[World], Strategy]] = {
    Deal: deal,
    Spend: spend,
    Lead: lead,
    DealLine: line,
    StageChange: stage_change,
    Call: call,
    Interaction: interaction,
    Quota: quota,
    Manager: manager,
    Stay: stay,
    CustomerDeals: customer_deals,
}


# ---------------------------------------------------------------- rows


@attrs.frozen
class Company:
    """The rows of one example, by record."""

    world: World
    rows: dict[type[Record], Rows]

    def of(self, records: tuple[type[Record], ...]) -> list[Rows]:
        """The rows that a metric of these records reads."""
        return [self.rows[r] for r in records]


def rows(record: type[Record], world: World, most: int = 12) -> Strategy:
    """No row, one, several, or rows with nothing in them."""
    one = RECORDS[record](world)
    few, blank = st.lists(one, max_size=2), st.lists(st.just(nothing(record)), max_size=3)
    return few | st.lists(one, min_size=4, max_size=most) | blank


def nothing(record: type[Record]) -> Any:
    """A row in which everything is missing."""
    return record(**{name: None for name, field in schema(record).items() if field.required})


@st.composite
def companies(draw: Any, records: tuple[type[Record], ...], worlds: Strategy = WORLDS) -> Company:
    """Rows of some records in one world."""
    world = draw(worlds)
    return Company(world, {r: draw(rows(r, world)) for r in records})


def again(row: Any, i: int) -> Any:
    """The same row of another deal of another customer."""
    fresh = {n: f"{x} #{i}" for n in ("id", "customer", "lead", "deal") if (x := getattr(row, n, None)) is not None}
    return attrs.evolve(row, **fresh)


def kinds_of(record: type[Record], kind: Any) -> list[str]:
    """The fields of one kind: money, instant, text, number, flag, share or currency."""
    return [f.name for f in schema(record).values() if f.kind is getattr(R, kind)]
