"""What the company spent: each month on winning customers, and on the CRM."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from crm_metrics.records import Spend
from crm_metrics.samples.company import (
    CAMPAIGNS,
    CHANNELS,
    DEMAND,
    DEMAND_GROWTH,
    GO_LIVE,
    LICENCES,
    NURTURE,
    PAY,
    PRICE_GROWTH,
    PROJECT,
    START,
    TELEPHONY,
)
from crm_metrics.samples.days import growth, month_ends, roubles, staff
from crm_metrics.samples.draws import Draw


class CostRow(NamedTuple):
    """One payment for the CRM."""

    at: dt.date
    amount: Decimal
    name: str


def spend(draw: Draw, scale: float) -> Iterator[Spend]:
    """What a month cost, on its last day: advertising follows the market, pay and messages the prices."""
    for day in month_ends(START):
        prices = scale * growth(day, PRICE_GROWTH)
        market = prices * growth(day, DEMAND_GROWTH) * (1 + DEMAND[day.month - 1]) / 2
        for channel, campaign, budget in _budgets():
            yield _paid(day, budget * market * (0.92 + 0.16 * draw()), "acquisition", channel, campaign)
        yield _paid(day, NURTURE * prices, "nurture", "SMS")
        yield _paid(day, PAY * len(staff(day)) * prices, "payroll")
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
    return Spend(at=at, amount=roubles(amount), currency="RUB", channel=channel, campaign=campaign, kind=kind)


def costs(scale: float) -> list[CostRow]:
    """What the CRM cost, in order of time."""
    licences = [(day, LICENCES, "licences") for day in month_ends(GO_LIVE)]
    return [CostRow(at, roubles(amount * scale), name) for at, amount, name in sorted([*PROJECT, *licences])]
