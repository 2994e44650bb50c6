"""Who comes in and when, and the stages that the deal then walks through."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TypeAlias

from attrs import frozen

from crm_metrics.samples.company import (
    AS_OF,
    CHANCE,
    CHANNELS,
    COLUMN,
    ENDINGS,
    FORGOTTEN,
    HOURS,
    KINDS,
    MODELS,
    PRICE_GROWTH,
    SLOT,
    STAGES,
    START,
    TRIM,
    WAIT,
    WILL,
    Era,
    Seller,
)
from crm_metrics.samples.days import clock_of, days, expected_leads, growth, moment_of, staff, time_of
from crm_metrics.samples.draws import Draw, pick, quantile

Step: TypeAlias = tuple[str, dt.datetime]


@frozen
class Enquiry:
    """Someone comes in: all that is settled before the deal takes its course."""

    at: dt.datetime
    channel: str
    manager: Seller
    kind: str
    model: str
    price: int


def enquiry_at(at: dt.datetime, draw: Draw) -> Enquiry:
    """Who comes in at a moment, by whom, for what, and who takes it."""
    day = at.date()
    channel, manager, kind = pick(draw(), _CHANNELS), pick(draw(), staff(day)), pick(draw(), _KINDS)
    model = pick(draw(), KIND_MODELS[kind])
    price = MODELS[model][0] * (1 + quantile(draw(), TRIM)) * growth(day, PRICE_GROWTH)
    return Enquiry(at, channel, manager, kind, model, round(price / 1000) * 1000)


_CHANNELS = {channel: share for channel, (share, _, _) in CHANNELS.items()}
_KINDS = {kind: share for kind, (share, _) in KINDS.items()}
KIND_MODELS = {kind: {model: row[COLUMN[kind]] for model, row in MODELS.items()} for kind in KINDS}


def arrivals(draw: Draw, scale: float) -> Iterator[dt.datetime]:
    """When leads come in: so many in each slot of ten minutes, as the day, the hour and chance will have it."""
    slots = [(hour * 3600 + second, hour) for hour in range(24) for second in range(0, 3600, SLOT)]
    share = [weight * SLOT / 3600 / sum(HOURS) for weight in HOURS]
    for day in days(START, AS_OF):
        expected = scale * expected_leads(day)
        for second, hour in slots:
            count = int(expected * share[hour] + draw())
            for i in range(count):
                yield moment_of(day, second + (i + draw()) / count * SLOT)


# ---------------------------------------------------------------- the path of a deal


def walk_of(enquiry: Enquiry, era: Era, draw: Draw) -> list[Step]:
    """The stages that a deal enters and when, as far as it ever gets."""
    luck = [(draw(), draw()) for _ in CHANCE]
    ending, delay, memory = draw(), draw(), draw()
    pace = enquiry.manager.pace * era.wait
    path, clock = [(STAGES[0], enquiry.at)], clock_of(enquiry.at)
    for (stage, chance), (u, wait) in zip(chances(enquiry, era), luck, strict=True):
        if u >= chance:
            break
        clock += pace * quantile(wait, WAIT[stage])
        path.append((stage, time_of(clock)))
    else:
        return path
    if memory >= FORGOTTEN:
        end = pick(ending, ENDINGS[path[-1][0]])
        path.append((end, time_of(clock + pace * quantile(delay, WAIT[end]))))
    return path


def chances(enquiry: Enquiry, era: Era) -> list[tuple[str, float]]:
    """The chance of each step: what the CRM, the channel, the customer, the manager and the month make of it."""
    own = {
        "test drive booked": CHANNELS[enquiry.channel][1],
        "offer and invoice": KINDS[enquiry.kind][1],
        "success": enquiry.manager.strength * WILL[enquiry.at.month - 1],
    }
    return [(stage, p * own.get(stage, 1.0) * era.chance.get(stage, 1.0)) for stage, p in CHANCE.items()]
