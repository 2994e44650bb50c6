"""What the company is, as data: its stages, its market, what the CRM did to it, who sells what, and why people buy."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

from attrs import frozen

# ---------------------------------------------------------------- the stages, and the walk through them

STAGES = (
    "new lead", "first contact", "test drive booked", "test drive", "offer and invoice", "success", "refusal",
)  # fmt: skip
"""The seven stages of a deal, in order."""

SIDE_STAGES = ("lost contact", "not a real deal", "no contact")
"""Where a deal ends when the customer never said no."""

DELIVERY = ("preparing the car", "handing over keys", "insurance")
"""The stages of the second pipeline, which a deal enters when it is won."""

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
    "handing over keys": (1.0, 2.0, 4.0, 7.0, 20.0),
    "insurance": (0.0, 0.1, 0.3, 1.0, 5.0),
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
class Era:
    """What a way of working multiplies.

    ``chance`` of steps and the ``wait`` between stages; beside the path of a deal: the wait for a first ``answer``
    (within that for the first contact), the share of missed calls and cold leads that somebody ``returns`` to, the
    time that a ``document`` takes, and how often something is sold beside the car, ``attach``.
    """

    chance: Mapping[str, float]
    wait: float
    answer: float = 1.0
    returns: float = 1.0
    document: float = 1.0
    attach: float = 1.0

    @property
    def factor(self) -> float:
        return round(math.prod(self.chance.values()), 9)


# A deal belongs to the era in which it came in: what began in the old way is finished in the old way.
OLD = Era({}, 1.0)
RAMP = Era({"first contact": 0.93, "success": 0.90}, 1.10)  # everybody is learning
LIVE = Era(  # answered, reminded, followed up
    {"first contact": 1.10, "test drive": 1.05, "success": 1.10},
    0.85,
    answer=0.6,
    returns=1.6,
    document=0.5,
    attach=1.2,
)

# ---------------------------------------------------------------- who, whence, what, why


@frozen(eq=False)
class Seller:
    """Who sells: share of the leads, strength in closing, discounts given, pace (below 1 is quick)."""

    name: str
    showroom: str
    weight: int
    strength: float
    discounts: float
    pace: float
    hired: dt.date
    left: dt.date = dt.date.max


MANAGERS = (
    Seller("Anna", "Centre", 17, 1.16, 0.8, 0.90, dt.date(2016, 3, 1)),
    Seller("Boris", "Centre", 16, 0.94, 1.0, 1.05, dt.date(2018, 9, 3)),
    Seller("Vera", "Centre", 14, 1.04, 1.1, 0.95, dt.date(2021, 2, 15)),
    Seller("Grigory", "North", 13, 0.86, 1.2, 1.15, dt.date(2020, 1, 13), dt.date(2023, 11, 30)),
    Seller("Daria", "North", 15, 1.18, 1.5, 0.92, dt.date(2017, 6, 1)),
    Seller("Ilya", "North", 13, 1.00, 0.9, 1.00, dt.date(2024, 9, 2)),
    Seller("Egor", "South", 13, 0.78, 1.0, 1.20, dt.date(2022, 10, 10)),
    Seller("Zhanna", "South", 14, 0.98, 0.9, 1.00, dt.date(2019, 4, 1)),
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
EXTRAS = {  # sold with a car: kind, how often, part of the list price of all, its cost as part of its price, pieces
    "higher trim": ("upsell", 0.22, 0.045, 0.86, 1),
    "option pack": ("upsell", 0.30, 0.018, 0.82, 1),
    "metallic paint": ("upsell", 0.26, 0.010, 0.70, 1),
    "insurance": ("cross_sell", 0.34, 0.032, 0.85, 1),
    "winter tyre": ("cross_sell", 0.24, 0.004, 0.75, 4),
    "dash camera": ("cross_sell", 0.16, 0.006, 0.65, 1),
}
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
BLANK = {  # share left empty where there is a value
    "channel": 0.06, "manager": 0.04, "reason": 0.12, "cost": 0.05, "customer": 0.03, "requested_at": 0.05,
    "duration": 0.02,
}  # fmt: skip
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
