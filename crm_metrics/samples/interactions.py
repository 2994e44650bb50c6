"""What managers did with customers beside the telephone: messages, visits, quotes, documents, mailings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from crm_metrics.records import Interaction, Lead
from crm_metrics.samples.company import AS_OF, EARLIER, START
from crm_metrics.samples.days import between, days, era_of, later, moment_of, staff, who
from crm_metrics.samples.deals import Story
from crm_metrics.samples.draws import Draw, kept, pick, quantile

ANSWERS = {  # how a lead of a channel is first answered
    "site form": "email", "ad click": "email", "partner": "email", "messenger": "messenger", "SMS": "sms",
}  # fmt: skip
DONE = {  # what is done when a deal enters a stage, and how often
    "test drive booked": (("sms", 0.5),),
    "test drive": (("visit", 1.0), ("presentation", 0.7)),
    "success": (("visit", 0.8),),
}
FOLLOWED = {"email": 3, "messenger": 4, "sms": 2, "social": 1}  # messages while a deal waits for its next stage
MESSAGES = {0: 12, 1: 5, 2: 1}
MEETING, PROPOSAL = 0.3, 0.25  # of the offers: talked over, made again in another way
PREPARED = (0.02, 0.08, 0.15, 0.3, 0.6)  # days on the clock until a quote or a contract is ready
MAILED = 25  # messages a month to customers of earlier years


class Deed(NamedTuple):
    """An interaction before it is written down."""

    at: dt.datetime
    kind: str
    manager: str
    customer: str
    deal: str | None
    requested_at: dt.datetime | None


def interactions_of(
    stories: Sequence[Story], leads: Sequence[Lead], draw: Draw, scale: float, effect: bool
) -> list[Interaction]:
    """All interactions in order of time."""
    first = {lead.id: lead for lead in leads if lead.status == "converted"}
    deeds = [deed for story in stories for deed in _of_deal(story, first, draw, effect)]
    deeds += _mailings(draw, scale)
    deeds.sort(key=lambda deed: (deed.at, deed.customer, deed.kind))
    return [_interaction(f"I{number:06}", deed, draw) for number, deed in enumerate(deeds, 1)]


def _interaction(key: str, deed: Deed, draw: Draw) -> Interaction:
    return Interaction(
        id=key,
        at=deed.at,
        kind=deed.kind,
        manager=kept("manager", deed.manager, draw),
        requested_at=kept("requested_at", deed.requested_at, draw),
        customer=kept("customer", deed.customer, draw),
        deal=deed.deal,
    )


def _deed(story: Story, at: dt.datetime, kind: str, requested_at: dt.datetime | None = None) -> Deed:
    by = who(story.enquiry.manager, at.date()).name
    return Deed(at, kind, by, story.customer, story.deal.id, requested_at)


def _of_deal(story: Story, leads: Mapping[str | None, Lead], draw: Draw, effect: bool) -> Iterator[Deed]:
    lead, enquiry = leads.get(story.deal.lead), story.enquiry
    answer = lead.first_response_at if lead and lead.converted_at == enquiry.at else None
    if isinstance(answer, dt.datetime) and enquiry.channel in ANSWERS:
        deed = _deed(story, answer, ANSWERS[enquiry.channel])
        yield deed if answer >= enquiry.at else deed._replace(deal=None)  # there was no deal yet
    for (_, start), (stage, end) in zip(story.path, story.path[1:], strict=False):
        for _ in range(pick(draw(), MESSAGES)):
            yield _deed(story, between(start, end, draw()), pick(draw(), FOLLOWED))
        for kind, share in DONE.get(stage, ()):
            if draw() < share:
                yield _deed(story, end, kind)
        if stage == "offer and invoice":
            yield from _offer(story, end, draw, effect)
        if stage == "success":
            yield from _prepared(story, end, "document", draw, effect)


def _offer(story: Story, at: dt.datetime, draw: Draw, effect: bool) -> Iterator[Deed]:
    """The quote, asked for when the stage begins, and what may follow it."""
    quotes = list(_prepared(story, at, "quote", draw, effect))
    yield from quotes
    met, again, when, then = draw() < MEETING, draw() < PROPOSAL, draw(), draw()
    end = story.path[-1][1]
    if quotes and end > quotes[0].at:
        if met:
            yield _deed(story, between(quotes[0].at, end, when), "meeting")
        if again:
            yield _deed(story, between(quotes[0].at, end, then), "proposal")


def _prepared(story: Story, at: dt.datetime, kind: str, draw: Draw, effect: bool) -> Iterator[Deed]:
    """A paper that takes time to be made, if it is ready by the last day."""
    pace, era = story.enquiry.manager.pace, era_of(at.date(), effect)
    ready = later(at, pace * era.document * quantile(draw(), PREPARED))
    if ready.date() <= AS_OF:
        yield _deed(story, ready, kind, at)


def _mailings(draw: Draw, scale: float) -> Iterator[Deed]:
    """Messages to customers of earlier years, deal or no deal."""
    for day in days(START, AS_OF):
        for _ in range(int(MAILED * scale / 30 + draw())):
            customer, by = f"C{1 + int(draw() * EARLIER * scale):05}", pick(draw(), staff(day)).name
            yield Deed(moment_of(day, 36000 + int(draw() * 28800)), "sms", by, customer, None, None)
