"""Leads: those that deals came of, earlier touches of the same customers, and those that came to nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crm_metrics.records import Lead
from crm_metrics.samples.company import AS_OF, CAMPAIGNS, CHANNELS, START, WAIT, Seller
from crm_metrics.samples.days import clock_of, era_of, later, staff
from crm_metrics.samples.deals import Story, own_lead
from crm_metrics.samples.draws import Draw, kept, pick, quantile
from crm_metrics.samples.walks import arrivals

RETURNED = 0.55  # of missed calls, and of leads with whom no contact came about: called back or answered at all
ANSWER = (0.1, 0.3, 0.5, 0.8, 1.0)  # when the first answer is given, as part of the wait for the first contact
RIPENED = 0.15  # of the leads that are neither calls nor visits: so many were there before a deal was made of them
RIPENING = (2.0, 4.0, 7.0, 14.0, 40.0)  # days until then
TOUCHES = {0: 80, 1: 15, 2: 5}  # earlier leads of a new customer
APART = (1.0, 4.0, 10.0, 20.0, 45.0)  # days between touches
OTHERS = 0.35  # leads that never became a deal, for each that did
JUNK = 0.65  # of these: spam, duplicates, wrong numbers
_CHANNELS = {channel: share for channel, (share, _, _) in CHANNELS.items() if channel != "visit"}


class Luck(NamedTuple):
    """What chance has for one lead: how soon an answer comes, how soon a contact could, whether anybody answers."""

    share: float
    wait: float
    returned: float

    def answer(self, at: dt.datetime, seller: Seller, effect: bool, contact: float | None = None) -> dt.datetime | None:
        """When the lead is first answered: within the days until the contact, where there was one, or perhaps never."""
        era = era_of(at.date(), effect)
        if contact is None:
            if self.returned >= RETURNED * era.returns:
                return None
            contact = seller.pace * era.wait * quantile(self.wait, WAIT["first contact"])
        answer = later(at, contact * era.answer * quantile(self.share, ANSWER))
        return answer if answer.date() <= AS_OF else None


def leads_of(stories: Sequence[Story], draw: Draw, others: Draw, scale: float, effect: bool) -> list[Lead]:
    """All leads in order of time. Each deal takes the same number of draws, whatever the CRM does."""
    came = [lead for story in stories for lead in _of_deal(story, draw, effect)]
    came += _others(others, scale, effect)
    return sorted(came, key=lambda lead: (str(lead.created_at), lead.id))


def _of_deal(story: Story, draw: Draw, effect: bool) -> Iterator[Lead]:
    """The lead that a deal came of, if it is the first of it, and the customer's earlier touches."""
    deal, enquiry, seller = story.deal, story.enquiry, story.enquiry.manager
    ripe, days, luck = draw(), draw(), Luck(draw(), draw(), draw())
    channel, manager = kept("channel", enquiry.channel, draw), kept("manager", seller.name, draw)
    count, touches = pick(draw(), TOUCHES), [(draw(), draw(), Luck(draw(), draw(), draw())) for _ in range(2)]
    at = enquiry.at
    if ripe < RIPENED and enquiry.channel not in ("missed call", "visit"):
        at = _back(at, quantile(days, RIPENING), seller)
    if own_lead(deal):
        yield Lead(
            id=deal.lead,
            created_at=at,
            channel=channel,
            campaign=deal.campaign if channel == "ad click" else None,
            manager=manager,
            region=seller.showroom,
            status="converted",
            converted_at=enquiry.at,
            first_response_at=_answer(story, at, luck, effect),
            customer=story.customer,
        )
    for i, (gap, u, luck) in enumerate(touches[: count if enquiry.kind == "new" else 0], 1):
        at, after = _back(at, quantile(gap, APART), seller), at
        if at < after:
            answer = luck.answer(at, seller, effect)
            yield Lead(
                id=f"T{str(deal.id)[1:]}-{i}",
                created_at=at,
                channel=pick(u, _CHANNELS),
                manager=seller.name,
                region=seller.showroom,
                status="qualified" if answer else "new",
                first_response_at=answer,
                customer=story.customer,
            )


def _back(at: dt.datetime, days: float, seller: Seller) -> dt.datetime:
    """So many days before, if the seller was there already."""
    before = at - dt.timedelta(seconds=int(days * 86400))
    return before if before.date() >= max(START, seller.hired) else at


def _answer(story: Story, at: dt.datetime, luck: Luck, effect: bool) -> dt.datetime | None:
    """When a lead that became a deal was first answered: no later than the next thing that is known of it."""
    enquiry, path = story.enquiry, story.path
    reached = len(path) > 1 and path[1][0] == "first contact"
    if at < enquiry.at:  # a deal was made of it, so somebody answered
        return min(luck._replace(returned=0.0).answer(at, enquiry.manager, effect) or at, enquiry.at)
    contact = clock_of(path[1][1]) - clock_of(at) if reached else None
    answer = luck.answer(at, enquiry.manager, effect, contact)
    return min(answer, path[1][1]) if answer and len(path) > 1 else answer


# ---------------------------------------------------------------- leads without a deal


def _others(draw: Draw, scale: float, effect: bool) -> Iterator[Lead]:
    """Leads of people who never became a customer, and of nobody at all."""
    for number, at in enumerate(arrivals(draw, scale * OTHERS), 1):
        seller, junk = pick(draw(), staff(at.date())), draw() < JUNK
        channel, campaign = pick(draw(), _CHANNELS), pick(draw(), CAMPAIGNS)
        answer = Luck(draw(), draw(), draw()).answer(at, seller, effect)
        yield Lead(
            id=f"N{number:05}",
            created_at=at,
            channel=kept("channel", channel, draw),
            campaign=campaign if channel == "ad click" else None,
            manager=kept("manager", seller.name, draw),
            region=seller.showroom,
            status="junk" if junk else "qualified" if answer else "new",
            first_response_at=answer,
            customer=None if junk else f"P{number:05}",
        )
