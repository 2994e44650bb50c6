"""Typed records: one thing that happened, validated and converted at the door."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

from attrs import field, frozen

from crm_metrics.cells import Instant, currency, flag, instant, money, number, share, text
from crm_metrics.records.schemas import Figure, Known, Later, Needs, NotBefore, Record

ADDONS = {"kind": ("upsell", "cross_sell")}
"""Deals that sell more to somebody who buys already."""


@frozen(kw_only=True)
class Lead(Record):
    """Somebody who may become a customer: any touch that a deal may come of.

    ``first_response_at`` is when somebody first answered, ``converted_at`` when a deal was made of it. Junk is spam,
    duplicates and what was never a lead.
    """

    rules = (NotBefore("converted_at", "created_at"), NotBefore("first_response_at", "created_at"))
    known = Known("created_at", later=(Later("first_response_at"), Later("converted_at", makes=("converted",))))

    id: str | None = field(converter=text)
    created_at: Instant | None = field(converter=instant)
    channel: str | None = field(default=None, converter=text)
    campaign: str | None = field(default=None, converter=text)
    manager: str | None = field(default=None, converter=text)
    region: str | None = field(default=None, converter=text)
    status: Literal["new", "qualified", "converted", "junk"] | None = field(default=None, converter=text)
    converted_at: Instant | None = field(default=None, converter=instant)
    first_response_at: Instant | None = field(default=None, converter=instant)
    customer: str | None = field(default=None, converter=text)


@frozen(kw_only=True)
class Deal(Record):
    """A sale in the making, won or lost.

    ``created_at`` is when the deal (in many CRMs: the lead) came in, ``closed_at`` when it was won or lost,
    ``expected_close`` when it is hoped for. Money is in major units of ``currency``: ``amount`` is what the
    customer pays, ``list_amount`` the price before discount, ``cost`` the cost of what was sold.
    ``probability`` is a fraction. ``reason`` is why it was won or lost; ``lead`` is the id of its lead.
    """

    rules = (NotBefore("closed_at", "created_at", but=("status", "open")), Needs("status", "won", "closed_at"))
    known = Known("created_at", later=(Later("closed_at", makes=("won", "lost"), until="open"),))
    paper = (
        Figure("created", "deals that came in", 150, ("created",)),
        Figure("closed", "won or lost", 140, ("closed",)),
        Figure("won", "deals won", 23, ("won",), of="closed"),
        Figure("won_amount", "what was sold", 1_200_000, ("won_amount", "won_costed_amount"), counts=False),
        Figure("gross_profit", "what was left after the cost of what was sold", 300_000, ("won_margin",),
               of="won_amount", counts=False, loss=True),
        Figure("won_days", "days from coming in to being won, of all of them together", 920, ("won_cycle",),
               counts=False),
        Figure("new_customers", "customers who bought for the first time", 20, ("won_new_customer",), of="won"),
        Figure("addons", "deals won that were upsells or cross-sells", 3, ("won_upsell_or_cross_sell",), of="won",
               part=ADDONS, within=("won",)),
        Figure("addon_amount", "what was sold so", 90_000, ("won_upsell_or_cross_sell_amount",), of="won_amount",
               counts=False, part=ADDONS, within=("won_amount",)),
    )  # fmt: skip

    id: str | None = field(converter=text)
    created_at: Instant | None = field(converter=instant)
    status: Literal["open", "won", "lost"] | None = field(converter=text)
    closed_at: Instant | None = field(default=None, converter=instant)
    customer: str | None = field(default=None, converter=text)
    manager: str | None = field(default=None, converter=text)
    pipeline: str | None = field(default=None, converter=text)
    stage: str | None = field(default=None, converter=text)
    channel: str | None = field(default=None, converter=text)
    campaign: str | None = field(default=None, converter=text)
    product: str | None = field(default=None, converter=text)
    region: str | None = field(default=None, converter=text)
    kind: Literal["new", "repeat", "upsell", "cross_sell", "renewal"] | None = field(default=None, converter=text)
    amount: Decimal | None = field(default=None, converter=money)
    list_amount: Decimal | None = field(default=None, converter=money)
    cost: Decimal | None = field(default=None, converter=money)
    currency: str | None = field(default=None, converter=currency)
    probability: Decimal | None = field(default=None, converter=share)
    expected_close: Instant | None = field(default=None, converter=instant)
    reason: str | None = field(default=None, converter=text)
    lead: str | None = field(default=None, converter=text)


@frozen(kw_only=True)
class Spend(Record):
    """Money spent on winning and keeping customers: advertising, salaries, software."""

    known = Known("at")
    paper = (Figure("spend", "money spent on winning customers", 400_000, ("amount", "winning_amount"), counts=False),)

    at: Instant | None = field(converter=instant)
    amount: Decimal | None = field(converter=money)
    currency: str | None = field(default=None, converter=currency)
    channel: str | None = field(default=None, converter=text)
    campaign: str | None = field(default=None, converter=text)
    kind: Literal["acquisition", "nurture", "payroll", "software", "other"] | None = field(default=None, converter=text)


# ---------------------------------------------------------------- what deals are made of


@frozen(kw_only=True)
class DealLine(Record):
    """One position of a deal: so many of a product.

    ``price``, ``list_price`` and ``cost`` are of one piece, in major units of ``currency``; a line without a
    ``quantity`` is of one. ``kind`` tells what the customer came for (base) from what a dearer version of it adds
    (upsell) and what was sold beside it (cross_sell).
    """

    known = Known(whose=("deal", Deal))

    deal: str | None = field(converter=text)
    product: str | None = field(default=None, converter=text)
    quantity: Decimal | None = field(default=Decimal(1), converter=number)
    price: Decimal | None = field(default=None, converter=money)
    list_price: Decimal | None = field(default=None, converter=money)
    cost: Decimal | None = field(default=None, converter=money)
    kind: Literal["base", "upsell", "cross_sell"] | None = field(default=None, converter=text)
    currency: str | None = field(default=None, converter=currency)


@frozen(kw_only=True)
class StageChange(Record):
    """A deal enters a stage of a pipeline. ``seq`` puts changes of one instant in order, where the CRM numbers them."""

    known = Known("at")

    deal: str | None = field(converter=text)
    stage: str | None = field(converter=text)
    at: Instant | None = field(converter=instant)
    pipeline: str | None = field(default=None, converter=text)
    seq: Decimal | None = field(default=None, converter=number)
    manager: str | None = field(default=None, converter=text)


# ---------------------------------------------------------------- what people did


@frozen(kw_only=True)
class Call(Record):
    """A telephone call. ``duration`` is in seconds of talk, ``answered`` whether somebody spoke."""

    known = Known("started_at")

    id: str | None = field(default=None, converter=text)
    started_at: Instant | None = field(converter=instant)
    manager: str | None = field(default=None, converter=text)
    phone: str | None = field(default=None, converter=text)
    duration: Decimal | None = field(default=None, converter=number)
    direction: Literal["in", "out"] | None = field(default=None, converter=text)
    answered: bool | None = field(default=None, converter=flag)
    deal: str | None = field(default=None, converter=text)
    customer: str | None = field(default=None, converter=text)


@frozen(kw_only=True)
class Interaction(Record):
    """Something that a manager did with a customer, at ``at``; ``requested_at`` is when the customer asked for it."""

    rules = (NotBefore("at", "requested_at"),)
    known = Known("at", earlier=("requested_at",))

    id: str | None = field(default=None, converter=text)
    at: Instant | None = field(converter=instant)
    kind: (
        Literal[
            "call", "proposal", "presentation", "email", "sms", "social", "messenger", "meeting", "visit", "quote",
            "document",
        ]
        | None
    ) = field(converter=text)  # fmt: skip
    manager: str | None = field(default=None, converter=text)
    requested_at: Instant | None = field(default=None, converter=instant)
    customer: str | None = field(default=None, converter=text)
    deal: str | None = field(default=None, converter=text)


# ---------------------------------------------------------------- who sells, and what is expected of them


@frozen(kw_only=True)
class Quota(Record):
    """What a manager is to sell from ``start`` to ``end``, the end itself not included."""

    rules = (NotBefore("end", "start"),)

    manager: str | None = field(converter=text)
    start: Instant | None = field(converter=instant)
    end: Instant | None = field(converter=instant)
    amount: Decimal | None = field(converter=money)
    currency: str | None = field(default=None, converter=currency)


@frozen(kw_only=True)
class Manager(Record):
    """Somebody who sells or serves, until the day ``left_at``. The ``name`` is read as manager too."""

    rules = (NotBefore("left_at", "hired_at"),)
    known = Known("hired_at", later=(Later("left_at"),), lasts=True)
    also: ClassVar = {"manager": "name"}

    name: str | None = field(converter=text)
    team: str | None = field(default=None, converter=text)
    hired_at: Instant | None = field(default=None, converter=instant)
    left_at: Instant | None = field(default=None, converter=instant)
    monthly_cost: Decimal | None = field(default=None, converter=money)
    currency: str | None = field(default=None, converter=currency)
