"""What an offer was made of: the car, dearer versions of it, and what was sold beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from crm_metrics.records import DealLine
from crm_metrics.samples.company import EXTRAS
from crm_metrics.samples.days import roubles
from crm_metrics.samples.deals import Story
from crm_metrics.samples.draws import Draw


class Extra(NamedTuple):
    """Something sold with a car: price and cost are of one piece."""

    product: str
    kind: str
    pieces: int
    price: Decimal
    cost: Decimal


def lines_of(stories: Sequence[Story], draw: Draw) -> list[DealLine]:
    """The lines of all deals that came to an offer. They split the amounts of the deal, and change none of them."""
    return [line for story in stories for line in _of_deal(story, [(draw(), draw()) for _ in EXTRAS])]


def _of_deal(story: Story, draws: Sequence[tuple[float, float]]) -> Iterator[DealLine]:
    """The car is what is left of price, discount and cost when the extras are taken out."""
    deal = story.deal
    if (
        deal.amount is None
        or deal.list_amount is None
        or not any(step == "offer and invoice" for step, _ in story.path)
    ):
        return
    extras = list(_extras(story.era.attach, float(deal.list_amount), draws))
    paid = sum((x.pieces * x.price for x in extras), Decimal(0))
    spent = sum((x.pieces * x.cost for x in extras), Decimal(0))
    yield DealLine(
        deal=deal.id,
        product=deal.product,
        price=deal.amount - paid,
        list_price=deal.list_amount - paid,
        cost=deal.cost - spent if deal.cost is not None else None,
        kind="base",
        currency="RUB",
    )
    for x in extras:
        yield DealLine(
            deal=deal.id,
            product=x.product,
            quantity=x.pieces,
            price=x.price,
            list_price=x.price,
            cost=x.cost if deal.cost is not None else None,
            kind=x.kind,
            currency="RUB",
        )


def _extras(attach: float, listed: float, draws: Sequence[tuple[float, float]]) -> Iterator[Extra]:
    for (product, (kind, chance, part, cost, pieces)), (u, size) in zip(EXTRAS.items(), draws, strict=True):
        if u < chance * attach:
            price = round(listed * part * (0.8 + 0.4 * size) / 100) * 100
            yield Extra(product, kind, pieces, roubles(price), roubles(price * cost))
