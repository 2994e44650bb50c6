"""The truth: what the CRM did as planted, and what chance would give on average."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from decimal import Decimal

from attrs import frozen

from crm_metrics.samples.company import (
    AS_OF,
    CHANCE,
    CHANNELS,
    COST,
    DEMAND_GROWTH,
    DISCOUNT,
    GO_LIVE,
    KINDS,
    MODELS,
    MONTH,
    PRICE_GROWTH,
    RAMP_END,
    TRIM,
    WILL,
    Seller,
)
from crm_metrics.samples.days import days, era_of, expected_leads, growth, roubles, staff
from crm_metrics.samples.draws import mean
from crm_metrics.samples.walks import KIND_MODELS


@frozen
class Truth:
    """What the CRM did, as planted, in expectation, and what the market would have done anyway.

    The factors multiply chances and waits of the deals that came in after the ramp (``ramp_factor``: the win rate
    of those during it). ``monthly_gain`` is the gross profit that the CRM should add to the deals that come in
    during an average month between the end of the ramp and the end of the data, ``ramp_loss`` what learning it
    should cost in all.
    Both count every won deal, so gross profit taken from deals whose cost is known is some 5 % lower.

    Beside the deals, from the end of the ramp on: ``answer_factor`` multiplies the time until a lead is first
    answered and ``document_factor`` that from a quote or document asked for to its being ready, in hours that the
    showroom is open (9 to 20, every day); ``returns_factor`` the share of missed calls that are called back;
    ``attach_factor`` the number of things sold beside a car or above its basic version.
    """

    win_rate_factor: float
    cycle_factor: float
    ramp_factor: float
    demand_growth: float
    price_growth: float
    monthly_gain: Decimal
    ramp_loss: Decimal
    answer_factor: float
    returns_factor: float
    document_factor: float
    attach_factor: float


def truth_of(scale: float, effect: bool) -> Truth:
    """The truth of a company of this size."""
    live, ramp = era_of(AS_OF, effect), era_of(GO_LIVE, effect)
    gain = (live.factor - 1) * expected_profit(RAMP_END, AS_OF) * scale
    months = len(days(RAMP_END, AS_OF)) / MONTH
    loss = (1 - ramp.factor) * expected_profit(GO_LIVE, RAMP_END - dt.timedelta(days=1)) * scale
    return Truth(
        win_rate_factor=live.factor,
        cycle_factor=live.wait,
        ramp_factor=ramp.factor,
        demand_growth=DEMAND_GROWTH,
        price_growth=PRICE_GROWTH,
        monthly_gain=roubles(gain / months),
        ramp_loss=roubles(loss),
        answer_factor=round(live.wait * live.answer, 9),
        returns_factor=live.returns,
        document_factor=live.document,
        attach_factor=live.attach,
    )


def expected_profit(start: dt.date, end: dt.date) -> float:
    """Gross profit of all who come in on these days, had they met the old way of working."""
    return math.fsum(expected_leads(day) * _profit_of_a_lead(day) for day in days(start, end))


def expected_revenue(day: dt.date) -> float:
    """What a lead of that day should bring, met by an average seller in the old way."""
    market = WILL[day.month - 1] * growth(day, PRICE_GROWTH) * (1 + mean(TRIM)) * (1 - mean(DISCOUNT))
    return math.prod(CHANCE.values()) * _booked() * _priced() * market


def _profit_of_a_lead(day: dt.date) -> float:
    """Chances and prices multiply, and what they hang on is drawn independently, so averages multiply too."""
    earned = _average((weight, m.strength * _margin(m)) for m, weight in staff(day).items())
    market = WILL[day.month - 1] * growth(day, PRICE_GROWTH) * (1 + mean(TRIM))
    return math.prod(CHANCE.values()) * _booked() * _priced() * earned * market


def _booked() -> float:
    return _average((share, chance) for share, chance, _ in CHANNELS.values())


def _priced() -> float:
    return _average((share, chance * _typical_price(kind)) for kind, (share, chance) in KINDS.items())


def _typical_price(kind: str) -> float:
    return _average((weight, MODELS[model][0]) for model, weight in KIND_MODELS[kind].items())


def _margin(manager: Seller) -> float:
    """What a manager leaves of the list price."""
    return 1 - manager.discounts * mean(DISCOUNT) - mean(COST)


def _average(weighted: Iterable[tuple[int, float]]) -> float:
    pairs = list(weighted)
    return math.fsum(weight * x for weight, x in pairs) / sum(weight for weight, _ in pairs)
