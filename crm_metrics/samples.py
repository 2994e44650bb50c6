"""A company that never was: a car dealership which went live with a CRM, and what that truly did for it.

Everything about it is data below: who sells, where leads come from, how a deal walks through the stages, the
season and the market, and the planted effect of the CRM. The effect multiplies the chances of three steps and the
waits between stages; demand and prices would have grown, and seasons turned, without it. So a plain comparison
of before and after credits the CRM with the market's work, and the sample says by how much: see `Truth`.

Only ``random()`` of a seeded generator, whole weights and plain arithmetic are used, so a seed gives the same
company on every platform and version. Every deal takes the same number of draws whatever comes of it: with
``effect=False`` the very same people come in, to a dealership whose CRM changes nothing.

A deal is told by its path, the stages it entered and when. Whatever else is to be known of the company (leads,
stage changes, calls, tasks) can be read off the same `_Enquiry` and path, with a stream of draws of its own.
"""

from __future__ import annotations

import csv
import datetime as dt
import heapq
import math
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeAlias, TypeVar

import attrs
from attrs import frozen

from crm_metrics.errors import WrongValue
from crm_metrics.records import Deal, Spend

__all__ = ["SIDE_STAGES", "STAGES", "Cost", "Sample", "Truth", "dealership", "save"]

T = TypeVar("T")
Draw: TypeAlias = Callable[[], float]
Step: TypeAlias = tuple[str, dt.datetime]

# ---------------------------------------------------------------- the stages, and the walk through them

STAGES = (
    "new lead", "first contact", "test drive booked", "test drive", "offer and invoice", "success", "refusal",
)  # fmt: skip
"""The seven stages of a deal, in order."""

SIDE_STAGES = ("lost contact", "not a real deal", "no contact")
"""Where a deal ends when the customer never said no."""

CHANCE = {  # of entering the stage from the one before it
    "first contact": 0.85, "test drive booked": 0.71, "test drive": 0.80, "offer and invoice": 0.47, "success": 0.68,
}  # fmt: skip
WAIT = {  # days of waiting before a stage: least, quartiles, most
    "first contact": (0.0, 0.02, 0.05, 0.2, 1.2),
    "test drive booked": (0.0, 0.5, 1.5, 3.0, 10.0),
    "test drive": (0.5, 1.5, 3.0, 5.0, 12.0),
    "offer and invoice": (0.0, 1.0, 2.0, 5.0, 18.0),
    "success": (1.0, 4.0, 9.0, 17.0, 55.0),
    "refusal": (1.0, 5.0, 12.0, 25.0, 60.0),
    "lost contact": (7.0, 14.0, 25.0, 40.0, 75.0),
    "not a real deal": (0.0, 0.2, 1.0, 2.0, 6.0),
    "no contact": (3.0, 5.0, 8.0, 12.0, 20.0),
}
ENDINGS = {  # how those end who go no further than a stage
    "new lead": {"no contact": 6, "not a real deal": 3, "refusal": 1},
    "first contact": {"refusal": 10, "lost contact": 7, "not a real deal": 3},
    "test drive booked": {"refusal": 1, "lost contact": 1},
    "test drive": {"refusal": 4, "lost contact": 1},
    "offer and invoice": {"refusal": 9, "lost contact": 1},
}
FORGOTTEN = 0.02  # of the deals that came to nothing: left open for ever
HOPE = {  # what the company believes of an open deal: its probability, days to the close
    "new lead": ("0.10", 35), "first contact": ("0.20", 30), "test drive booked": ("0.30", 25),
    "test drive": ("0.40", 20), "offer and invoice": ("0.70", 12),
}  # fmt: skip

# ---------------------------------------------------------------- the market: time, season, growth

START, GO_LIVE, AS_OF = dt.date(2023, 1, 1), dt.date(2024, 4, 1), dt.date(2025, 6, 30)
RAMP_WEEKS = 8
RAMP_END = GO_LIVE + dt.timedelta(weeks=RAMP_WEEKS)
LEADS = 6.8  # a day, on average, at the start
DEMAND_GROWTH, PRICE_GROWTH = 0.20, 0.03  # a year, of the market, CRM or not
DEMAND = (0.62, 0.85, 1.15, 1.20, 1.00, 0.95, 0.85, 0.95, 1.20, 1.20, 1.02, 1.01)  # January to December
WILL = (0.90, 0.98, 1.06, 1.06, 1.00, 0.98, 0.94, 0.96, 1.04, 1.04, 0.98, 1.06)  # chance of success, likewise
WEEKDAYS = (1.04, 0.98, 0.96, 0.98, 1.04, 1.14, 0.86)  # Monday to Sunday
HOURS = (2, 1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 18, 17, 17, 17, 17, 17, 17, 16, 14, 11, 7, 4)  # leads come at night too
OPENS, SHUTS = 9, 20  # but only then does the staff move a deal
MONTH = 365.25 / 12  # days
SLOT = 600  # seconds: each slot of ten minutes may bring a lead

# ---------------------------------------------------------------- the planted effect of the CRM


@frozen
class _Era:
    """What a way of working multiplies: chances of steps, and the waits."""

    chance: Mapping[str, float]
    wait: float

    @property
    def factor(self) -> float:
        return round(math.prod(self.chance.values()), 9)


# A deal belongs to the era in which it came in: what began in the old way is finished in the old way.
OLD = _Era({}, 1.0)
RAMP = _Era({"first contact": 0.93, "success": 0.90}, 1.10)  # everybody is learning
LIVE = _Era({"first contact": 1.10, "test drive": 1.05, "success": 1.10}, 0.85)  # answered, reminded, followed up

# ---------------------------------------------------------------- who, whence, what, why


@frozen(eq=False)
class _Manager:
    """Who sells: share of the leads, strength in closing, discounts given, pace (below 1 is quick)."""

    name: str
    showroom: str
    weight: int
    strength: float
    discounts: float
    pace: float
    hired: dt.date = dt.date.min
    left: dt.date = dt.date.max


MANAGERS = (
    _Manager("Anna", "Centre", 17, 1.16, 0.8, 0.90),
    _Manager("Boris", "Centre", 16, 0.94, 1.0, 1.05),
    _Manager("Vera", "Centre", 14, 1.04, 1.1, 0.95),
    _Manager("Grigory", "North", 13, 0.86, 1.2, 1.15, left=dt.date(2023, 11, 30)),
    _Manager("Daria", "North", 15, 1.18, 1.5, 0.92),
    _Manager("Ilya", "North", 13, 1.00, 0.9, 1.00, hired=dt.date(2024, 9, 2)),
    _Manager("Egor", "South", 13, 0.78, 1.0, 1.20),
    _Manager("Zhanna", "South", 14, 0.98, 0.9, 1.00),
)
CHANNELS = {  # share of the leads, chance of a booked test drive, roubles a month
    "site form": (26, 1.00, 130_000),
    "ad click": (24, 0.80, 420_000),
    "partner": (8, 1.15, 95_000),
    "missed call": (12, 0.90, 35_000),
    "messenger": (12, 1.05, 40_000),
    "visit": (13, 1.35, 210_000),
    "SMS": (5, 0.70, 30_000),
}
CAMPAIGNS = {"search": 5, "social": 3, "classifieds": 2}  # of the ad clicks, and of what they cost
KINDS = {  # share of the leads, chance of an offer after the test drive
    "new": (84, 0.96), "repeat": (8, 1.50), "upsell": (4, 1.20), "cross_sell": (4, 1.10),
}  # fmt: skip
MODELS = {  # roubles at the start; how often it is a first or next car, a trade-up, another line
    "Orion City": (1_390_000, 30, 0, 0),
    "Orion Sedan": (1_890_000, 28, 5, 0),
    "Orion Estate": (2_150_000, 14, 15, 5),
    "Orion Cross": (2_590_000, 18, 40, 10),
    "Orion Grand": (3_690_000, 8, 40, 5),
    "Orion Van": (2_890_000, 2, 0, 80),
}
COLUMN = {"new": 1, "repeat": 1, "upsell": 2, "cross_sell": 3}  # of MODELS
TRIM = (0.0, 0.02, 0.05, 0.10, 0.20)  # above the list price of the model: least, quartiles, most
DISCOUNT = (0.0, 0.01, 0.02, 0.035, 0.07)  # of the list price, times what the manager is used to give
COST = (0.89, 0.91, 0.92, 0.93, 0.95)  # of the list price
EARLIER = 600  # customers from before the first deal here
REFUSALS = {
    "keeps the present car": 9, "needs no car after all": 7, "bought another make": 18, "wants a used car": 8,
    "basic trim is too dear": 15, "too dear for a fleet": 3, "lacks an option": 7, "old car not taken": 8,
    "wants delivery elsewhere": 2, "changes the maker forbids": 2, "extras, but not for money": 4,
    "will fit extras alone": 2, "loan refused": 8, "would not say": 7,
}  # fmt: skip
SUCCESSES = {
    "price for quality": 30, "has every option": 22, "car ready at once": 18, "papers done for them": 10,
    "manager and test drive": 20,
}  # fmt: skip
BLANK = {"channel": 0.06, "manager": 0.04, "reason": 0.12, "cost": 0.05}  # share left empty where there is a value
PAY, NURTURE, TELEPHONY = 85_000, 18_000, 14_000  # roubles a month: each manager, messages to customers, telephones
LICENCES = 10 * 5_900  # roubles a month, from go-live
PROJECT = (  # what was paid for the CRM beside the licences
    (dt.date(2024, 1, 22), 640_000, "set-up: first half"),
    (dt.date(2024, 2, 19), 290_000, "moving the data"),
    (dt.date(2024, 3, 18), 380_000, "training"),
    (dt.date(2024, 4, 1), 640_000, "set-up: second half"),
    (dt.date(2024, 5, 13), 420_000, "telephony and site"),
    (dt.date(2024, 10, 14), 140_000, "training: second round"),
)

# ---------------------------------------------------------------- what comes out


class Cost(NamedTuple):
    """One payment for the CRM."""

    at: dt.date
    amount: Decimal
    name: str


@frozen
class Truth:
    """What the CRM did, as planted, in expectation, and what the market would have done anyway.

    The factors multiply chances and waits of the deals that came in after the ramp (``ramp_factor``: the win rate
    of those during it). ``monthly_gain`` is the gross profit that the CRM should add to the deals that come in
    during an average month between the end of the ramp and the end of the data, ``ramp_loss`` what learning it
    should cost in all.
    Both count every won deal, so gross profit taken from deals whose cost is known is some 5 % lower.
    """

    win_rate_factor: float
    cycle_factor: float
    ramp_factor: float
    demand_growth: float
    price_growth: float
    monthly_gain: Decimal
    ramp_loss: Decimal


@frozen
class Sample:
    """The company's records, what is known about its CRM, and the truth that an evaluation should find.

    Licences of the CRM are both in ``spend`` (software, for the cost of customers) and in ``costs`` (for the
    return on the CRM). ``as_of`` is the last day of the data, to its end.
    """

    deals: list[Deal]
    spend: list[Spend]
    go_live: dt.date
    ramp_weeks: int
    as_of: dt.date
    costs: tuple[Cost, ...]
    truth: Truth


def dealership(seed: int = 7, scale: float = 1.0, *, effect: bool = True) -> Sample:
    """A car dealership from 2023 to the middle of 2025, live with a CRM from 1 April 2024.

    ``scale`` is its size: deals, spend and costs alike. With ``effect=False`` the CRM changes nothing, and the same
    leads come in: the twin that no real company has. Seed 7 is an ordinary company, chosen among several for that:
    its measured changes lie near what chance gives on average.

    >>> sample = dealership()
    >>> len(sample.deals), sample.truth.win_rate_factor
    (7692, 1.2705)
    """
    if not 0 < scale < math.inf:
        msg = f"scale is a positive number, not {scale!r}: 1.0 is about 7,700 deals"
        raise WrongValue(msg)
    return Sample(
        deals=list(_deals(_stream(seed, "deals"), scale, effect)),
        spend=list(_spend(_stream(seed, "spend"), scale)),
        go_live=GO_LIVE,
        ramp_weeks=RAMP_WEEKS,
        as_of=AS_OF,
        costs=tuple(_costs(scale)),
        truth=_truth(scale, effect),
    )


def save(sample: Sample, folder: str | Path) -> Path:
    """Write deals.csv, spend.csv and costs.csv, as a company would have them, and return the folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "deals.csv", [f.name for f in attrs.fields(Deal)], sample.deals)
    _write(folder / "spend.csv", [f.name for f in attrs.fields(Spend)], sample.spend)
    _write(folder / "costs.csv", Cost._fields, sample.costs)
    return folder


def _write(path: Path, names: Iterable[str], rows: Sequence[Deal] | Sequence[Spend] | Sequence[Cost]) -> None:
    names = [name for name in names if any(getattr(row, name) is not None for row in rows)]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(names)
        out.writerows([getattr(row, name) for name in names] for row in rows)


# ---------------------------------------------------------------- draws


def _stream(seed: int, name: str) -> Draw:
    """Draws of their own for each kind of record: more kinds change none of those that are there."""
    return Random(f"Orion/{seed}/{name}").random


def _pick(u: float, weights: Mapping[T, int]) -> T:
    """The option that `u`, from 0 to 1, falls on. Whole weights add up alike everywhere, floats need not."""
    bounds = list(accumulate(weights.values()))
    return list(weights)[bisect(bounds, u * bounds[-1])]


def _quantile(u: float, points: Sequence[float]) -> float:
    """The value at the share `u` of a distribution given by evenly spaced quantiles."""
    place = u * (len(points) - 1)
    i = int(place)
    return points[i] + (place - i) * (points[i + 1] - points[i])


def _mean(points: Sequence[float]) -> float:
    """The mean of that distribution."""
    return math.fsum([*points, *points[1:-1]]) / (2 * len(points) - 2)


# ---------------------------------------------------------------- what a day is like


def _days(start: dt.date, end: dt.date) -> list[dt.date]:
    """Every day from start to end, both included."""
    return [start + dt.timedelta(days=i) for i in range((end - start).days + 1)]


def _growth(day: dt.date, rate: float) -> float:
    return 1 + rate * (day - START).days / 365.25


def _leads(day: dt.date) -> float:
    """Leads that a day should bring."""
    return LEADS * DEMAND[day.month - 1] * WEEKDAYS[day.weekday()] * _growth(day, DEMAND_GROWTH)


def _era(day: dt.date, effect: bool) -> _Era:
    if not effect or day < GO_LIVE:
        return OLD
    return RAMP if day < RAMP_END else LIVE


def _staff(day: dt.date) -> dict[_Manager, int]:
    return {m: m.weight for m in MANAGERS if m.hired <= day <= m.left}


# ---------------------------------------------------------------- who comes in


@frozen
class _Enquiry:
    """Someone comes in: all that is settled before the deal takes its course."""

    at: dt.datetime
    channel: str
    manager: _Manager
    kind: str
    model: str
    price: int


def _enquiry(at: dt.datetime, draw: Draw) -> _Enquiry:
    day = at.date()
    channel, manager, kind = _pick(draw(), _CHANNELS), _pick(draw(), _staff(day)), _pick(draw(), _KINDS)
    model = _pick(draw(), _MODELS[kind])
    price = MODELS[model][0] * (1 + _quantile(draw(), TRIM)) * _growth(day, PRICE_GROWTH)
    return _Enquiry(at, channel, manager, kind, model, round(price / 1000) * 1000)


_CHANNELS = {channel: share for channel, (share, _, _) in CHANNELS.items()}
_KINDS = {kind: share for kind, (share, _) in KINDS.items()}
_MODELS = {kind: {model: row[COLUMN[kind]] for model, row in MODELS.items()} for kind in KINDS}


def _arrivals(draw: Draw, scale: float) -> Iterator[dt.datetime]:
    """When leads come in: so many in each slot of ten minutes, as the day, the hour and chance will have it."""
    slots = [(hour * 3600 + second, hour) for hour in range(24) for second in range(0, 3600, SLOT)]
    share = [weight * SLOT / 3600 / sum(HOURS) for weight in HOURS]
    for day in _days(START, AS_OF):
        expected = scale * _leads(day)
        for second, hour in slots:
            count = int(expected * share[hour] + draw())
            for i in range(count):
                yield _moment(day, second + (i + draw()) / count * SLOT)


def _moment(day: dt.date, second: float) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day) + dt.timedelta(seconds=int(second))


class _Customers:
    """Who may come again: those who bought in earlier years, and winners once they have won."""

    def __init__(self, earlier: int) -> None:
        self.known = [f"C{i:05}" for i in range(1, earlier + 1)]
        self.count = earlier
        self.buying: list[tuple[dt.datetime, str]] = []

    def drawn(self, enquiry: _Enquiry, draw: Draw) -> str:
        u = draw()
        while self.buying and self.buying[0][0] <= enquiry.at:
            self.known.append(heapq.heappop(self.buying)[1])
        if enquiry.kind != "new":
            return self.known[int(u * len(self.known))]
        self.count += 1
        return f"C{self.count:05}"

    def buys(self, at: dt.datetime, customer: str) -> None:
        heapq.heappush(self.buying, (at, customer))


# ---------------------------------------------------------------- the path of a deal


def _path(enquiry: _Enquiry, era: _Era, draw: Draw) -> list[Step]:
    """The stages that a deal enters and when, as far as it ever gets."""
    luck = [(draw(), draw()) for _ in CHANCE]
    ending, delay, memory = draw(), draw(), draw()
    pace = enquiry.manager.pace * era.wait
    path, clock = [(STAGES[0], enquiry.at)], _clock(enquiry.at)
    for (stage, chance), (u, wait) in zip(_chances(enquiry, era), luck, strict=True):
        if u >= chance:
            break
        clock += pace * _quantile(wait, WAIT[stage])
        path.append((stage, _time(clock)))
    else:
        return path
    if memory >= FORGOTTEN:
        end = _pick(ending, ENDINGS[path[-1][0]])
        path.append((end, _time(clock + pace * _quantile(delay, WAIT[end]))))
    return path


def _chances(enquiry: _Enquiry, era: _Era) -> list[tuple[str, float]]:
    """The chance of each step: what the CRM, the channel, the customer, the manager and the month make of it."""
    own = {
        "test drive booked": CHANNELS[enquiry.channel][1],
        "offer and invoice": KINDS[enquiry.kind][1],
        "success": enquiry.manager.strength * WILL[enquiry.at.month - 1],
    }
    return [(stage, p * own.get(stage, 1.0) * era.chance.get(stage, 1.0)) for stage, p in CHANCE.items()]


# Waits run on a clock of days that only goes while the showroom is open: so they add up, and nobody sells at night.


def _clock(at: dt.datetime) -> float:
    hour = at.hour + at.minute / 60 + at.second / 3600
    return at.toordinal() + min(max((hour - OPENS) / (SHUTS - OPENS), 0.0), 1.0)


def _time(clock: float) -> dt.datetime:
    day = int(clock)
    return _moment(dt.date.fromordinal(day), (OPENS + (clock - day) * (SHUTS - OPENS)) * 3600)


# ---------------------------------------------------------------- the deal, derived from its path


def _deals(draw: Draw, scale: float, effect: bool) -> Iterator[Deal]:
    customers = _Customers(math.ceil(EARLIER * scale))
    for number, at in enumerate(_arrivals(draw, scale), 1):
        enquiry = _enquiry(at, draw)
        customer = customers.drawn(enquiry, draw)
        path = _path(enquiry, _era(at.date(), effect), draw)
        known = [step for step in path if step[1].date() <= AS_OF]
        if known[-1][0] == "success":
            customers.buys(known[-1][1], customer)
        yield _deal(f"D{number:05}", customer, enquiry, known, draw)


def _deal(key: str, customer: str, enquiry: _Enquiry, path: list[Step], draw: Draw) -> Deal:
    stage, at = path[-1]
    reached, since = next(step for step in reversed(path) if step[0] in HOPE)
    status = "won" if stage == "success" else "open" if stage == reached else "lost"
    probability, days = HOPE[reached]
    channel = _kept("channel", enquiry.channel, draw)
    prices = _prices(enquiry, reached, draw)
    return Deal(
        id=key,
        created_at=enquiry.at,
        status=status,
        closed_at=at if status != "open" else None,
        customer=customer,
        manager=_kept("manager", enquiry.manager.name, draw),
        pipeline="sales",
        stage=stage,
        channel=channel,
        campaign=_pick(draw(), CAMPAIGNS) if channel == "ad click" else None,
        product=enquiry.model if prices else None,
        region=enquiry.manager.showroom,
        kind=enquiry.kind,
        amount=prices.get("amount"),
        list_amount=prices.get("list"),
        cost=_kept("cost", prices.get("cost") if status == "won" else None, draw),
        currency="RUB",
        probability=probability if status == "open" else None,
        expected_close=(since + dt.timedelta(days=days)).date() if prices else None,
        reason=_kept("reason", _reason(stage, draw()), draw),
    )


def _kept(name: str, value: T, draw: Draw) -> T | None:
    return value if draw() >= BLANK[name] else None


def _prices(enquiry: _Enquiry, reached: str, draw: Draw) -> dict[str, Decimal]:
    """No model is known before the first contact, no discount before the offer."""
    price, manager = enquiry.price, enquiry.manager
    discount, cost = manager.discounts * _quantile(draw(), DISCOUNT), _quantile(draw(), COST)
    if reached == "new lead":
        return {}
    amount = price * (1 - discount) if reached == "offer and invoice" else price
    return {"list": _roubles(price), "amount": _roubles(amount), "cost": _roubles(price * cost)}


def _roubles(x: float) -> Decimal:
    return Decimal(round(x * 100)).scaleb(-2)


def _reason(stage: str, u: float) -> str | None:
    reasons = {"success": SUCCESSES, "refusal": REFUSALS}.get(stage)
    return _pick(u, reasons) if reasons else None


# ---------------------------------------------------------------- money spent


def _month_ends(start: dt.date) -> list[dt.date]:
    return [day for day in _days(start, AS_OF) if (day + dt.timedelta(days=1)).day == 1]


def _spend(draw: Draw, scale: float) -> Iterator[Spend]:
    """What a month cost, on its last day: advertising follows the market, pay and messages the prices."""
    for day in _month_ends(START):
        prices = scale * _growth(day, PRICE_GROWTH)
        market = prices * _growth(day, DEMAND_GROWTH) * (1 + DEMAND[day.month - 1]) / 2
        for channel, campaign, budget in _budgets():
            yield _paid(day, budget * market * (0.92 + 0.16 * draw()), "acquisition", channel, campaign)
        yield _paid(day, NURTURE * prices, "nurture", "SMS")
        yield _paid(day, PAY * len(_staff(day)) * prices, "payroll")
        yield _paid(day, TELEPHONY * scale, "software")
        if day >= GO_LIVE:
            yield _paid(day, LICENCES * scale, "software")


def _budgets() -> Iterator[tuple[str, str | None, float]]:
    for channel, (_, _, budget) in CHANNELS.items():
        if channel != "ad click":
            yield channel, None, budget
            continue
        for campaign, share in CAMPAIGNS.items():
            yield channel, campaign, budget * share / sum(CAMPAIGNS.values())


def _paid(at: dt.date, amount: float, kind: str, channel: str | None = None, campaign: str | None = None) -> Spend:
    return Spend(at=at, amount=_roubles(amount), currency="RUB", channel=channel, campaign=campaign, kind=kind)


def _costs(scale: float) -> list[Cost]:
    """What the CRM cost, in order of time."""
    licences = [(day, LICENCES, "licences") for day in _month_ends(GO_LIVE)]
    return [Cost(at, _roubles(amount * scale), name) for at, amount, name in sorted([*PROJECT, *licences])]


# ---------------------------------------------------------------- the truth: what chance would give on average


def _truth(scale: float, effect: bool) -> Truth:
    live, ramp = _era(AS_OF, effect), _era(GO_LIVE, effect)
    gain = (live.factor - 1) * _expected_profit(RAMP_END, AS_OF) * scale
    months = len(_days(RAMP_END, AS_OF)) / MONTH
    loss = (1 - ramp.factor) * _expected_profit(GO_LIVE, RAMP_END - dt.timedelta(days=1)) * scale
    return Truth(
        win_rate_factor=live.factor,
        cycle_factor=live.wait,
        ramp_factor=ramp.factor,
        demand_growth=DEMAND_GROWTH,
        price_growth=PRICE_GROWTH,
        monthly_gain=_roubles(gain / months),
        ramp_loss=_roubles(loss),
    )


def _expected_profit(start: dt.date, end: dt.date) -> float:
    """Gross profit of all who come in on these days, had they met the old way of working."""
    return math.fsum(_leads(day) * _profit_of_a_lead(day) for day in _days(start, end))


def _profit_of_a_lead(day: dt.date) -> float:
    """Chances and prices multiply, and what they hang on is drawn independently, so averages multiply too."""
    booked = _average((share, chance) for share, chance, _ in CHANNELS.values())
    priced = _average((share, chance * _typical_price(kind)) for kind, (share, chance) in KINDS.items())
    earned = _average((weight, m.strength * _margin(m)) for m, weight in _staff(day).items())
    market = WILL[day.month - 1] * _growth(day, PRICE_GROWTH) * (1 + _mean(TRIM))
    return math.prod(CHANCE.values()) * booked * priced * earned * market


def _typical_price(kind: str) -> float:
    return _average((weight, MODELS[model][0]) for model, weight in _MODELS[kind].items())


def _margin(manager: _Manager) -> float:
    """What a manager leaves of the list price."""
    return 1 - manager.discounts * _mean(DISCOUNT) - _mean(COST)


def _average(weighted: Iterable[tuple[int, float]]) -> float:
    pairs = list(weighted)
    return math.fsum(weight * x for weight, x in pairs) / sum(weight for weight, _ in pairs)
