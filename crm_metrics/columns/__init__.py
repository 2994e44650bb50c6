"""What a row says: the conditions and amounts that several metrics share. Each takes a table, or one record."""

from __future__ import annotations

import numpy as np

from crm_metrics._tables.table import Table
from crm_metrics._tables.where import column
from crm_metrics._values.columns import Flags, Labels, Quantity
from crm_metrics.columns.parametric import Between
from crm_metrics.records import Call, Deal, DealLine, Interaction, Lead, Spend, StageChange

NOT_NEW = ("repeat", "upsell", "cross_sell", "renewal")


# ---------------------------------------------------------------- deals


@column
def created(d: Table[Deal]) -> Flags:
    """Every deal, whatever became of it."""
    return Flags(np.ones(len(d), bool))


@column
def won(d: Table[Deal]) -> Flags:
    """Deals that were won."""
    flags: Flags = d.status == "won"
    return flags


@column
def lost(d: Table[Deal]) -> Flags:
    """Deals that were lost."""
    flags: Flags = d.status == "lost"
    return flags


@column
def opened(d: Table[Deal]) -> Flags:
    """Deals that are still open."""
    flags: Flags = d.status == "open"
    return flags


@column
def closed(d: Table[Deal]) -> Flags:
    """Deals that were won or lost."""
    flags: Flags = d.status.isin("won", "lost")
    return flags


@column
def won_new(d: Table[Deal]) -> Flags:
    """Won deals that may have brought a new customer: of kind new, or of no stated kind."""
    kind: Labels = d.optional("kind")
    return won(d) & ~Flags(kind.isin(*NOT_NEW).true)  # type: ignore[no-any-return]  # `won` is typed for records too


@column
def amount(d: Table[Deal]) -> Quantity:
    """What the customer pays (or what was spent)."""
    quantity: Quantity = d.amount
    return quantity


@column
def margin(d: Table[Deal]) -> Quantity:
    """Amount less cost; missing where either is."""
    quantity: Quantity = d.amount - d.cost
    return quantity


@column
def costed_amount(d: Table[Deal]) -> Quantity:
    """The amount, where the cost is known too."""
    quantity: Quantity = d.amount.only(~d.cost.missing)
    return quantity


@column
def costed(d: Table[Deal]) -> Flags:
    """Won deals whose amount and cost are both known."""
    return won(d) & ~d.amount.missing & ~d.cost.missing  # type: ignore[no-any-return]  # as above


cycle = Between("created_at", "closed_at")
"""Days from creation to close."""


@column
def expected_amount(d: Table[Deal]) -> Quantity:
    """Amount times probability; missing where either is."""
    quantity: Quantity = d.amount * d.probability
    return quantity


@column
def customer(d: Table[Deal]) -> Labels:
    """Whose deal it is."""
    labels: Labels = d.customer
    return labels


@column
def known_customer(d: Table[Deal]) -> Flags:
    """Won deals whose customer is known."""
    return won(d) & ~d.customer.missing  # type: ignore[no-any-return]  # as above


@column
def won_repeat(d: Table[Deal]) -> Flags:
    """Won deals with a customer that one had before, of any stated kind but new; a column `kind` has to be there."""
    kind: Labels = d.kind
    return won(d) & Flags(kind.isin(*NOT_NEW).true)  # type: ignore[no-any-return]  # as above


# ---------------------------------------------------------------- leads and lines


@column
def genuine(x: Table[Lead]) -> Flags:
    """Leads that are not junk."""
    status: Labels = x.optional("status")
    return Flags(~(status == "junk").true)


@column
def base_line(x: Table[DealLine]) -> Flags:
    """What the customer came for: no upsell and no cross-sell, stated or not; a column `kind` has to be there."""
    kind: Labels = x.kind
    return Flags(~kind.isin("upsell", "cross_sell").true)


def pieces(x: Table[DealLine]) -> Quantity:
    """How many of the product; one where the line does not say."""
    said: Quantity = x.optional("quantity")
    return said if said.mask is None else said.like(np.where(said.mask, said.scale, said.data), None)


@column
def line_amount(x: Table[DealLine]) -> Quantity:
    """Quantity times price, missing where the price is. A line without a quantity is of one piece."""
    price: Quantity = x.price
    return price * pieces(x)


@column
def deal_of(x: Table[DealLine | Interaction | Call | StageChange]) -> Labels:
    """The deal that a row belongs to."""
    labels: Labels = x.deal
    return labels


# ---------------------------------------------------------------- spend


@column
def acquisition(s: Table[Spend]) -> Flags:
    """Money spent directly on winning new customers."""
    flags: Flags = s.kind == "acquisition"
    return flags


@column
def nurture(s: Table[Spend]) -> Flags:
    """Money spent on customers that are won already."""
    kind: Labels = s.optional("kind")
    return Flags((kind == "nurture").true)


@column
def winning(s: Table[Spend]) -> Flags:
    """Money spent on winning customers, directly or not: all but nurture."""
    return ~nurture(s)  # type: ignore[no-any-return]  # as above
