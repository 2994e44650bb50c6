"""Telephone calls: missed and called back, dialled in vain, and those that moved a deal on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from crm_metrics.records import Call, Lead
from crm_metrics.samples.company import AS_OF
from crm_metrics.samples.days import between, era_of, later, staff, who
from crm_metrics.samples.deals import Story
from crm_metrics.samples.draws import Draw, kept, pick, quantile
from crm_metrics.samples.leads import RETURNED
from crm_metrics.samples.walks import arrivals

PHONED = {"first contact": 0.7, "test drive booked": 0.6, "offer and invoice": 0.3, "refusal": 0.3}  # moved by a call
TRIES = {0: 10, 1: 4, 2: 1}  # calls while a deal waits for its next stage
INCOMING, MISSED, REACHED = 0.35, 0.22, 0.65  # share of these that come in, of them missed; of those dialled, answered
TALK = (10, 45, 90, 180, 900)  # seconds
BACK = (0.005, 0.02, 0.05, 0.15, 0.5)  # days on the clock until a missed call is called back
STRANGERS = 0.15  # calls that belong to no deal, for each that does


class Ring(NamedTuple):
    """A call before it is written down."""

    at: dt.datetime
    direction: str
    answered: bool
    manager: str | None
    customer: str | None
    deal: str | None
    phone: str


def calls_of(stories: Sequence[Story], leads: Sequence[Lead], draw: Draw, scale: float, effect: bool) -> list[Call]:
    """All calls in order of time."""
    first = {lead.id: lead for lead in leads if lead.status == "converted"}
    rings = [ring for story in stories for ring in _of_deal(story, first, draw, effect)]
    rings += _strangers(draw, scale, effect)
    rings.sort(key=lambda ring: (ring.at, ring.phone, ring.direction))
    return [_call(f"T{number:06}", ring, draw) for number, ring in enumerate(rings, 1)]


def _call(key: str, ring: Ring, draw: Draw) -> Call:
    seconds = int(quantile(draw(), TALK)) if ring.answered else 0
    return Call(
        id=key,
        started_at=ring.at,
        manager=ring.manager,
        phone=ring.phone,
        duration=kept("duration", seconds, draw),
        direction=ring.direction,
        answered=ring.answered,
        deal=ring.deal,
        customer=ring.customer,
    )


def _of_deal(story: Story, leads: Mapping[str | None, Lead], draw: Draw, effect: bool) -> Iterator[Ring]:
    """The calls of a deal, in whatever order, none before it came in."""
    steps = list(zip(story.path, story.path[1:], strict=False))
    if story.enquiry.channel == "missed call":
        yield from _enquiry(story, leads.get(story.deal.lead), draw, effect)
        steps = steps[1:]
    for (_, start), (stage, end) in steps:
        for _ in range(pick(draw(), TRIES)):
            at = between(start, end, draw())
            if draw() < INCOMING:
                yield from _incoming(story, at, draw, effect)
            else:
                yield _ring(story, at, "out", draw() < REACHED)
        if draw() < PHONED.get(stage, 0.0):
            yield _ring(story, end, "out", True)


def _enquiry(story: Story, lead: Lead | None, draw: Draw, effect: bool) -> Iterator[Ring]:
    """The missed call that a deal began with: called back when the lead is answered, or the customer rings again."""
    (_, at), *rest = story.path
    yield _ring(story, at, "in", False)
    reached = bool(rest) and rest[0][0] == "first contact"
    back = draw() < RETURNED * era_of(at.date(), effect).returns
    answer = lead.first_response_at if lead and lead.created_at == at else None
    if isinstance(answer, dt.datetime) and (back or not reached):
        yield _ring(story, answer, "out", reached)
    elif reached:
        yield _ring(story, rest[0][1], "in", True)


def _ring(story: Story, at: dt.datetime, direction: str, answered: bool) -> Ring:
    """A call of a deal; nobody in particular misses one."""
    by = who(story.enquiry.manager, at.date()).name if answered or direction == "out" else None
    return Ring(at, direction, answered, by, story.customer, story.deal.id, f"+7000{int(story.customer[1:]):07}")


def _incoming(story: Story, at: dt.datetime, draw: Draw, effect: bool) -> Iterator[Ring]:
    missed, back, wait, reached = draw() < MISSED, draw(), quantile(draw(), BACK), draw() < REACHED
    yield _ring(story, at, "in", not missed)
    after = later(at, wait)
    if missed and back < RETURNED * era_of(at.date(), effect).returns and after.date() <= AS_OF:
        yield _ring(story, after, "out", reached)


def _strangers(draw: Draw, scale: float, effect: bool) -> Iterator[Ring]:
    """Calls of people who are in no deal: questions, wrong numbers, sellers of something."""
    for number, at in enumerate(arrivals(draw, scale * STRANGERS), 1):
        seller, missed, phone = pick(draw(), staff(at.date())).name, draw() < MISSED, f"+7001{number:07}"
        back, wait, reached = draw(), quantile(draw(), BACK), draw() < REACHED
        yield Ring(at, "in", not missed, None if missed else seller, None, None, phone)
        after = later(at, wait)
        if missed and back < RETURNED * era_of(at.date(), effect).returns and after.date() <= AS_OF:
            yield Ring(after, "out", reached, seller, None, None, phone)
