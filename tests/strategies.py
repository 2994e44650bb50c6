"""Hypothesis strategies: rows of every record, full of what metrics read, with the cases that break things.

Hypothesis draws a `World` (what all rows of an example have in common), how many rows there are, and one seed; random
numbers from that seed fill each field by its kind. So a row costs microseconds, the simplest example is as full as any
other, and a failing one shrinks to fewer rows at once. A new record or field needs nothing here.

Emptiness is not drawn but tried for itself: `nobody` and `blank` are companies without rows, and with nothing in them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from random import Random
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import attrs
from hypothesis import settings, strategies as st

from crm_metrics import cells as R, table
from crm_metrics._company import crm
from crm_metrics._values.currencies import exponent
from crm_metrics.journeys import CustomerDeals
from crm_metrics.journeys.folds import FOLDS
from crm_metrics.records.schemas import Field, Needs, NotBefore, Record, schema

Rows: TypeAlias = list[Any]
Strategy: TypeAlias = st.SearchStrategy[Any]
Values: TypeAlias = dict[str, Any]

RECORDS: tuple[type[Record], ...] = (*crm.RECORDS.values(), *FOLDS)

MISSING = 1 / 10  # so many cells are empty
LABELS = ("Anna", "Boris", "Ёж 🦔", "", None, "None", "0")
IDS = (0, 1, "1", 1.0, "0007", 2**53 + 1, "a/б", None)
NAMED = {"id": IDS, "deal": IDS, "lead": IDS}
"""What a text field holds, where it is no label: ids that one record has and another names."""
NUMBERS = (0, 1, 2, 12, -1, Decimal("0.5"), 30, Decimal("120.5"), 10**6)
STATES = {"won": 5, "lost": 3, "open": 3}
CURRENCIES = (None, "RUB", "JPY", "KWD")
SEVERAL = (None, "USD", "JPY", "KWD", "CLF")  # of 2, 0, 3 and 4 digits

FEWER = settings(max_examples=max(2, settings().max_examples // 3))
"""For a law whose every example is long: a third of the budget."""

# ---------------------------------------------------------------- times

NEW_YORK, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
KATHMANDU = dt.timezone(dt.timedelta(hours=5, minutes=45))
CLOCKS: tuple[dt.tzinfo, ...] = (dt.UTC, NEW_YORK, LORD_HOWE, KATHMANDU)
TABLE_ZONES = (None, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
FIRST, LAST = dt.datetime(2016, 1, 1), dt.datetime(2018, 12, 31)
INSTANTS = (
    dt.datetime(2017, 3, 12, 2, 30),  # never on the clocks of New York
    dt.datetime(2017, 3, 12, 7, 0),  # in UTC: the moment they change
    dt.datetime(2017, 11, 5, 1, 30),  # twice on the clocks of New York
    dt.datetime(2017, 11, 5, 6, 0),
    dt.datetime(2016, 12, 31, 23, 59, 59, 999999),
    dt.datetime(2017, 1, 1),  # in the last ISO week of 2016
    dt.datetime(2016, 2, 29, 12),
)
FAR = (dt.datetime(1969, 7, 20, 20, 17, 40, 1), dt.datetime(2099, 12, 31, 23, 30))


def utc(day: int, month: int, hour: int, minute: int) -> dt.datetime:
    return dt.datetime(2017, month, day, hour, minute, tzinfo=dt.UTC)


MOMENTS: tuple[tuple[dt.datetime, dt.datetime], ...] = (
    (dt.datetime(2017, 11, 5, 1, 30, tzinfo=NEW_YORK), utc(5, 11, 5, 30)),
    (dt.datetime(2017, 11, 5, 1, 30, tzinfo=NEW_YORK, fold=1), utc(5, 11, 6, 30)),
    (dt.datetime(2017, 3, 12, 2, 30, tzinfo=NEW_YORK), utc(12, 3, 7, 30)),
    (dt.datetime(2017, 3, 12, 2, 30, tzinfo=NEW_YORK, fold=1), utc(12, 3, 6, 30)),
    (dt.datetime(2017, 3, 12, 3, 0, tzinfo=NEW_YORK), utc(12, 3, 7, 0)),
    (dt.datetime(2017, 4, 2, 1, 45, tzinfo=LORD_HOWE), utc(1, 4, 14, 45)),
    (dt.datetime(2017, 4, 2, 1, 45, tzinfo=LORD_HOWE, fold=1), utc(1, 4, 15, 15)),
    (dt.datetime(2017, 1, 1, tzinfo=KATHMANDU), dt.datetime(2016, 12, 31, 18, 15, tzinfo=dt.UTC)),
    (dt.datetime(2016, 2, 29, 12, tzinfo=dt.UTC), dt.datetime(2016, 2, 29, 12, tzinfo=dt.UTC)),
)
"""What is said on a clock, and the moment that it is: twice on it (fold), never on it, on the edge of a year.

By hand, after the tz database's rules for these zones and PEP 495, section "Conversion from Naive to Aware".
"""
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
    of different numbers of digits, with rows of no currency among them. ``zone``: the clock by which tables of it have
    their days; naive times and dates have none.
    """

    times: str
    currency: str | None
    zone: str | None = None

    @property
    def aware(self) -> bool:
        return self.times.startswith("aware")

    @property
    def tz(self) -> str | None:
        return self.zone if self.aware else None


TIMES = ("naive", "aware", "dates", "naive and dates", "aware and dates")


def _worlds(currencies: Strategy) -> Strategy:
    zones = st.sampled_from(TABLE_ZONES)
    return st.builds(World, times=st.sampled_from(TIMES), currency=currencies, zone=zones)


WORLDS = _worlds(st.sampled_from(CURRENCIES))
MIXED_WORLDS = _worlds(st.just("several"))

# ---------------------------------------------------------------- one cell


def moment(world: World, random: Random) -> dt.date:
    """A time, as somebody says it: within three years or, rarely, far off; often where clocks and calendars are odd."""
    if world.times == "dates" or "dates" in world.times and random.random() < 0.5:
        return _wall(random).date()
    if not world.aware:
        return _wall(random)
    if random.random() < 0.5:
        return random.choice(MOMENTS)[0]
    return _wall(random).replace(tzinfo=random.choice(CLOCKS), fold=random.randrange(2))


def _wall(random: Random) -> dt.datetime:
    """A time on some clock."""
    which = random.random()
    if which < 0.004:
        return random.choice(FAR)
    if which < 0.5:
        return random.choice(INSTANTS)
    return FIRST + random.random() * (LAST - FIRST)


def instants(world: World) -> Strategy:
    """Times of a world."""
    return st.integers(0, 2**32 - 1).map(lambda seed: moment(world, Random(seed)))


def amount(currency: str | None, random: Random) -> Any:
    """Mostly an amount of any size; else none, the smallest, a very large one, a negative one, text, float noise."""
    digits = exponent(currency)
    unit = Decimal(1).scaleb(-digits)
    if random.random() < 0.75:
        return int(10 ** random.uniform(0, 11)) * unit * random.choice((1, 1, 1, 1, 1, 1, 1, -1))
    noise = [0.1 + 0.2] if digits else []
    return random.choice([0, -5, unit, 10**12, 10**12 + unit, "7", 250.0, *noise])


def _share(random: Random) -> Any:
    return random.choice([0, 1, 0.6, 0.1, "0.333333", Decimal(random.randrange(10**6)) / 10**6])


@attrs.frozen
class Words:
    """What the rows of one company share: a few times, labels and ids.

    So there are ties, what one record names another has, and a group of one label or month has several rows of each.
    """

    world: World
    seed: int
    times: list[Any]

    @classmethod
    def of(cls, world: World, seed: int) -> Words:
        return cls(world, seed, [moment(world, Random(f"{seed} time {i}")) for i in range(FEW)])

    def texts(self, field: Field) -> list[Any]:
        """What a field of text holds here: any of its choices, or a few labels or ids, the same for every record."""
        words = [x for x in NAMED.get(field.name, LABELS) if x not in (None, "")]
        return list(field.choices) or Random(self.seed).sample(words, FEW)


FEW = 4


def cell(field: Field, currency: str | None, words: Words, random: Random) -> Any:
    """A value of a field, by its kind and name."""
    if field.kind is R.currency:
        return currency
    if random.random() < MISSING:
        return random.choice((None, "")) if field.kind is R.text else None
    if field.kind is R.text:
        return _text(field, words, random)
    return _OF_KIND[field.kind](currency, words, random)


def _text(field: Field, words: Words, random: Random) -> Any:
    """A label, an id or a choice; of choices the first, which is the ordinary one, oftener, and of deals won ones."""
    texts = words.texts(field)
    ordinary = [len(texts) / 2, *[1.0] * (len(texts) - 1)] if field.choices else [1.0] * len(texts)
    states = [STATES[x] for x in texts] if STATES.keys() == {*texts} else ordinary
    return random.choices(texts, states)[0]


_OF_KIND: Mapping[Any, Callable[[str | None, Words, Random], Any]] = {
    R.money: lambda currency, _, random: amount(currency, random),
    R.share: lambda _, __, random: _share(random),
    R.number: lambda _, __, random: random.choice(NUMBERS),
    R.flag: lambda _, __, random: random.random() < 0.5,
    R.instant: lambda _, words, random: random.choice(words.times),
}

# ---------------------------------------------------------------- one row


def said(record: type[Record], words: Words, random: Random) -> Values:
    """The fields of a row that keeps the rules of its record, as somebody says them."""
    world = words.world
    currency = random.choice(SEVERAL) if world.currency == "several" else world.currency
    row = {name: cell(field, currency, words, random) for name, field in schema(record).items()}
    for rule in record.rules:
        if isinstance(rule, Needs):
            _need(rule, row)
        else:
            _order(rule, row, world, random)
    return row


def _need(rule: Needs, row: Values) -> None:
    if row[rule.name] == rule.value and row[rule.needed] is None:
        row[rule.name] = None


def _order(rule: NotBefore, row: Values, world: World, random: Random) -> None:
    """A time that would come first, and some others, come at once or a little later instead."""
    a, b = row[rule.earlier], row[rule.later]
    if a is not None and b is not None and (random.random() < 0.2 or not _in_order(a, b, world)):
        row[rule.later] = _on(a, dt.UTC) + random.choice(GAPS)


def _in_order(a: dt.date, b: dt.date, world: World) -> bool:
    """Whether one time does not come after another: by day where either is a bare date, on every clock that is read."""
    if isinstance(a, dt.datetime) and isinstance(b, dt.datetime):
        return _on(a, dt.UTC) <= _on(b, dt.UTC)
    clocks = (dt.UTC, ZoneInfo(world.tz or "UTC"))
    return all(_day(_on(a, clock)) <= _day(_on(b, clock)) for clock in clocks)


def _on(x: dt.date, clock: dt.tzinfo) -> dt.date:
    return x.astimezone(clock) if isinstance(x, dt.datetime) and x.tzinfo else x


def _day(x: dt.date) -> dt.date:
    return x.date() if isinstance(x, dt.datetime) else x


def nothing(record: type[Record]) -> Any:
    """A row in which everything is missing."""
    return record(**{name: None for name, field in schema(record).items() if field.required})


# ---------------------------------------------------------------- rows


def made(record: type[Record], world: World, n: int, seed: int) -> Rows:
    """So many rows from a seed; fewer of them are the first of more."""
    words = Words.of(world, seed)
    found = [record(**said(record, words, Random(f"{seed} {record.__name__} {i}"))) for i in range(n)]
    return [no_total(row, i, found) for i, row in enumerate(found)]


def no_total(row: Any, i: int, rows: Rows) -> Any:
    """The row; without amounts where it would read like the totals below a table: nothing but the sum of others."""
    fields = schema(type(row)).values()
    if any(getattr(row, f.name) is not None for f in fields if f.required and f.kind is not R.money):
        return row
    names = [f.name for f in fields if f.kind is R.money and _is_sum(f.name, i, rows)]
    return attrs.evolve(row, **dict.fromkeys(names)) if names else row


def _is_sum(name: str, i: int, rows: Rows) -> bool:
    values = [getattr(row, name) or 0 for row in rows]
    return values[i] in (sum(values[:i]), sum(values) - values[i])


LEAST, MOST = 16, 40
SEEDS = st.integers(0, 2**32 - 1)


def rows(record: type[Record], world: World, least: int = LEAST, most: int = MOST) -> Strategy:
    """Rows of a record, most of their cells filled."""
    return st.builds(lambda n, seed: made(record, world, n, seed), st.integers(least, most), SEEDS)


@attrs.frozen
class Company:
    """The rows of one example, by record; `earlier` are others of the same records.

    Shown are how many there are: ``made(record, world, n, seed)`` gives the rows.
    """

    world: World
    rows: dict[type[Record], Rows] = attrs.field(repr=lambda rows: str({r.__name__: len(x) for r, x in rows.items()}))
    earlier: dict[type[Record], Rows] = attrs.field(factory=dict, repr=False)
    seed: int = 0

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What Hypothesis shows of an example that fails."""
        printer.text(repr(self))

    def of(self, records: tuple[type[Record], ...]) -> list[Rows]:
        """The rows that a metric of these records reads; one that reads a record twice has other rows each time."""
        last = {r: i for i, r in enumerate(records)}
        return [self.rows[r] if last[r] == i else self.earlier[r] for i, r in enumerate(records)]

    def tables(self, records: tuple[type[Record], ...]) -> list[Any]:
        """The same as tables, with days by the clock of this world."""
        return [self.table(rows, r) for rows, r in zip(self.of(records), records, strict=True)]

    def table(self, rows: Any, record: type[Record]) -> Any:
        return table(rows, record, tz=self.world.tz)


@st.composite
def companies(draw: Any, records: tuple[type[Record], ...], worlds: Strategy = WORLDS) -> Company:
    """Rows of some records in one world."""
    world, seed, kinds = draw(worlds), draw(SEEDS), list(dict.fromkeys(records))
    sizes = [draw(st.integers(LEAST, MOST)) for _ in kinds]
    found = {r: made(r, world, n, seed) for r, n in zip(kinds, sizes, strict=True)}
    return Company(world, found, {r: made(r, world, LEAST, seed + 1) for r in kinds if records.count(r) > 1}, seed)


def nobody(records: tuple[type[Record], ...]) -> Company:
    """A company of which there are no rows yet."""
    none: dict[type[Record], Rows] = {r: [] for r in records}
    return Company(World("naive", None), none, none)


def blank(records: tuple[type[Record], ...]) -> Company:
    """A company of rows with nothing in them."""
    rows = {r: [nothing(r)] * 2 for r in records}
    return Company(World("naive", None), rows, rows)


def again(row: Any, i: int) -> Any:
    """The same row of another deal of another customer."""
    fresh = {n: f"{x} #{i}" for n in ("id", "customer", "lead", "deal") if (x := getattr(row, n, None)) is not None}
    return attrs.evolve(row, **fresh)


def kinds_of(record: type[Record], kind: Any) -> list[str]:
    """The fields of one kind: money, instant, text, number, flag, share or currency."""
    return [f.name for f in schema(record).values() if f.kind is getattr(R, kind)]


# ---------------------------------------------------------------- a large and quiet company


def steady(record: type[Record], n: int, seed: int = 0) -> Rows:
    """Many ordinary rows: nothing missing, an id each, two deals a customer, amounts about 1,000, over three years."""
    return [_steady(record, i, n, seed, Random(f"{seed} {record.__name__} {i}")) for i in range(n)]


def _steady(record: type[Record], i: int, n: int, seed: int, random: Random) -> Any:
    own = f"{seed}-{i}"
    other = f"{seed}-{random.randrange(n)}"
    ids = {"id": own, "name": own, "deal": other, "lead": other, "customer": f"{seed}-{random.randrange(n // 2)}"}
    if record is CustomerDeals:
        ids["customer"] = own
    ordinary: Mapping[Any, Callable[[], Any]] = {
        R.money: lambda: round(Decimal(random.lognormvariate(7, 0.7)), 2),
        R.share: lambda: round(random.random(), 3),
        R.number: lambda: random.randrange(1, 6),
        R.flag: lambda: random.random() < 0.7,
        R.instant: lambda: FIRST + random.random() * (LAST - FIRST),
        R.currency: lambda: None,
        R.text: lambda: random.choice(("Anna", "Boris", "0", "None")),
    }
    row = {
        f.name: ids.get(f.name) or (_choice(f.choices, random) if f.choices else ordinary[f.kind]())
        for f in schema(record).values()
    }
    for rule in record.rules:
        if isinstance(rule, NotBefore) and row[rule.earlier] > row[rule.later]:
            row[rule.earlier], row[rule.later] = row[rule.later], row[rule.earlier]
    return record(**row)


def _choice(choices: tuple[str, ...], random: Random) -> str:
    """Any of them; of deals two in three are won."""
    return random.choice((*choices, *["won"] * 3) if "won" in choices else choices)


def steadies(records: tuple[type[Record], ...], n: int, seed: int = 0) -> list[Rows]:
    """Such rows of each record of a metric; of one that is read twice, other rows each time."""
    return [steady(r, n, seed + 10 * records[:i].count(r)) for i, r in enumerate(records)]
