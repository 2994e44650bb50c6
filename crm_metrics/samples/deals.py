"""Deals, each derived from the path that it took, and the lead that each came of."""

from __future__ import annotations

import datetime as dt
import heapq
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from crm_metrics.records import Deal
from crm_metrics.samples.company import AS_OF, CAMPAIGNS, COST, DISCOUNT, EARLIER, HOPE, REFUSALS, SUCCESSES, Era
from crm_metrics.samples.days import era_of, roubles
from crm_metrics.samples.draws import Draw, kept, pick, quantile
from crm_metrics.samples.walks import Enquiry, Step, arrivals, enquiry_at, walk_of

BY_HAND = 0.15  # of the visits: entered as deals at once, so they have no lead
AGAIN = dt.timedelta(days=45)  # who has bought and asks again so soon is still the same lead


class Story(NamedTuple):
    """A deal and how it came about: what every other record is read off."""

    deal: Deal
    customer: str
    enquiry: Enquiry
    era: Era
    path: list[Step]  # as far as it is known by the last day


def stories(draw: Draw, links: Draw, scale: float, effect: bool) -> Iterator[Story]:
    """All deals in the order in which they came in."""
    customers, leads = Customers(math.ceil(EARLIER * scale)), Leads()
    for number, at in enumerate(arrivals(draw, scale), 1):
        enquiry = enquiry_at(at, draw)
        customer = customers.drawn(enquiry, draw)
        era = era_of(at.date(), effect)
        known = [step for step in walk_of(enquiry, era, draw) if step[1].date() <= AS_OF]
        if known[-1][0] == "success":
            customers.buys(known[-1][1], customer)
        lead = leads.drawn(number, customer, enquiry, links)
        deal = _deal(f"D{number:05}", customer, enquiry, known, lead, draw)
        yield Story(deal, customer, enquiry, era, known)


class Customers:
    """Who may come again: those who bought in earlier years, and winners once they have won."""

    def __init__(self, earlier: int) -> None:
        self.known = [f"C{i:05}" for i in range(1, earlier + 1)]
        self.count = earlier
        self.buying: list[tuple[dt.datetime, str]] = []

    def drawn(self, enquiry: Enquiry, draw: Draw) -> str:
        u = draw()
        while self.buying and self.buying[0][0] <= enquiry.at:
            self.known.append(heapq.heappop(self.buying)[1])
        if enquiry.kind != "new":
            return self.known[int(u * len(self.known))]
        self.count += 1
        return f"C{self.count:05}"

    def buys(self, at: dt.datetime, customer: str) -> None:
        heapq.heappush(self.buying, (at, customer))


class Leads:
    """Which lead a deal came of: its own, the last one of a customer who is soon back, or none."""

    def __init__(self) -> None:
        self.latest: dict[str, tuple[str, dt.datetime]] = {}

    def drawn(self, number: int, customer: str, enquiry: Enquiry, draw: Draw) -> str | None:
        by_hand = draw() < BY_HAND and enquiry.channel == "visit"
        if customer in self.latest and enquiry.at - self.latest[customer][1] < AGAIN:
            return self.latest[customer][0]
        if by_hand:
            return None
        lead = f"L{number:05}"
        self.latest[customer] = lead, enquiry.at
        return lead


def own_lead(deal: Deal) -> bool:
    """Whether the deal is the first of its lead: both have one number."""
    return deal.lead is not None and deal.lead[1:] == str(deal.id)[1:]


def _deal(key: str, customer: str, enquiry: Enquiry, path: list[Step], lead: str | None, draw: Draw) -> Deal:
    stage, at = path[-1]
    reached, since = next(step for step in reversed(path) if step[0] in HOPE)
    status = "won" if stage == "success" else "open" if stage == reached else "lost"
    probability, days = HOPE[reached]
    channel = kept("channel", enquiry.channel, draw)
    prices = _prices(enquiry, reached, draw)
    return Deal(
        id=key,
        created_at=enquiry.at,
        status=status,
        closed_at=at if status != "open" else None,
        customer=customer,
        manager=kept("manager", enquiry.manager.name, draw),
        pipeline="sales",
        stage=stage,
        channel=channel,
        campaign=pick(draw(), CAMPAIGNS) if channel == "ad click" else None,
        product=enquiry.model if prices else None,
        region=enquiry.manager.showroom,
        kind=enquiry.kind,
        amount=prices.get("amount"),
        list_amount=prices.get("list"),
        cost=kept("cost", prices.get("cost") if status == "won" else None, draw),
        currency="RUB",
        probability=probability if status == "open" else None,
        expected_close=(since + dt.timedelta(days=days)).date() if prices else None,
        reason=kept("reason", _reason(stage, draw()), draw),
        lead=lead,
    )


def _prices(enquiry: Enquiry, reached: str, draw: Draw) -> dict[str, Decimal]:
    """No model is known before the first contact, no discount before the offer."""
    price, manager = enquiry.price, enquiry.manager
    discount, cost = manager.discounts * quantile(draw(), DISCOUNT), quantile(draw(), COST)
    if reached == "new lead":
        return {}
    amount = price * (1 - discount) if reached == "offer and invoice" else price
    return {"list": roubles(price), "amount": roubles(amount), "cost": roubles(price * cost)}


def _reason(stage: str, u: float) -> str | None:
    reasons = {"success": SUCCESSES, "refusal": REFUSALS}.get(stage)
    return pick(u, reasons) if reasons else None
