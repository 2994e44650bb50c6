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
    return d.status == "won"


@column
def lost(d: Table[Deal]) -> Flags:
    """Deals that were lost."""
    return d.status == "lost"


@column
def opened(d: Table[Deal]) -> Flags:
    """Deals that are still open."""
    return d.status == "open"


@column
def closed(d: Table[Deal]) -> Flags:
    """Deals that were won or lost."""
    return d.status.isin("won", "lost")


@column
def won_new(d: Table[Deal]) -> Flags:
    """Won deals that may have brought a new customer: of kind new, or of no stated kind."""
    kind: Labels = d.optional("kind")
    return won(d) & ~Flags(kind.isin(*NOT_NEW).true)


@column
def amount(d: Table[Deal]) -> Quantity:
    """What the customer pays (or what was spent)."""
    return d.amount


@column
def margin(d: Table[Deal]) -> Quantity:
    """Amount less cost; missing where either is."""
    return d.amount - d.cost


@column
def costed_amount(d: Table[Deal]) -> Quantity:
    """The amount, where the cost is known too."""
    return d.amount.only(~d.cost.missing)


@column
def costed(d: Table[Deal]) -> Flags:
    """Won deals whose amount and cost are both known."""
    return won(d) & ~d.amount.missing & ~d.cost.missing


cycle = Between("created_at", "closed_at")
"""Days from creation to close."""


@column
def expected_amount(d: Table[Deal]) -> Quantity:
    """Amount times probability; missing where either is."""
    return d.amount * d.probability


@column
def customer(d: Table[Deal]) -> Labels:
    """Whose deal it is."""
    return d.customer


@column
def known_customer(d: Table[Deal]) -> Flags:
    """Won deals whose customer is known."""
    return won(d) & ~d.customer.missing


@column
def won_repeat(d: Table[Deal]) -> Flags:
    """Won deals with a customer that one had before, of any stated kind but new; a column `kind` has to be there."""
    kind: Labels = d.kind
    return won(d) & Flags(kind.isin(*NOT_NEW).true)


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
    return x.deal


# ---------------------------------------------------------------- spend


@column
def acquisition(s: Table[Spend]) -> Flags:
    """Money spent directly on winning new customers."""
    return s.kind == "acquisition"


@column
def nurture(s: Table[Spend]) -> Flags:
    """Money spent on customers that are won already."""
    kind: Labels = s.optional("kind")
    return Flags((kind == "nurture").true)


@column
def winning(s: Table[Spend]) -> Flags:
    """Money spent on winning customers, directly or not: all but nurture."""
    return ~nurture(s)
