"""What is sold beside the main thing: upsell (a dearer one) and cross-sell (another one), from deals or their lines."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from crm_metrics._tables.table import Table
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.columns import Flags, Labels
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import amount, base_line, customer, deal_of, line_amount, won
from crm_metrics.columns.parametric import OfKind, Parametric, label_given, one_of
from crm_metrics.records import Deal, DealLine

ADDONS = ("upsell", "cross_sell")


def _kinds(kind: str | None) -> tuple[str, ...]:
    return ADDONS if kind is None else (one_of(kind, ADDONS, "kind"),)


# ---------------------------------------------------------------- from the kind of the deal


@metric(Deal, unit="count", better="higher", question="How often do we sell something more?")
def addon_deals(deals: Rows[Deal], *, kind: str | None = None, by: By = None) -> Number:
    r"""Number of won deals of kind upsell or cross-sell; ``kind="upsell"`` counts one of the two.

    $$ \text{add-on deals} = \left|\{ \text{won, of kind upsell or cross-sell} \}\right| $$

    A deal of no stated kind is none; data without a column `kind` are refused. A bare time key reads `closed_at`.

    >>> addon_deals({"status": ["won"] * 3, "kind": ["new", "upsell", "cross_sell"]})
    2
    """
    return totals(deals, Deal, by, at="closed_at").count(OfKind(_kinds(kind), won))


@metric(Deal, unit="share", better="higher", question="What share of our sales are upsells and cross-sells?")
def addon_revenue_share(deals: Rows[Deal], *, kind: str | None = None, by: By = None) -> Number:
    r"""Share of won revenue that comes from deals of kind upsell or cross-sell.

    $$ \text{add-on share} = \frac{\sum_{\text{won add-ons}} \text{amount}}{\sum_{\text{won}} \text{amount}} $$

    ``kind="upsell"`` is of one of the two. A deal of no stated kind is no add-on; data without a column `kind` are
    refused. NaN where nothing was won. A bare time key reads `closed_at`.

    >>> addon_revenue_share({"status": ["won"] * 2, "kind": ["new", "upsell"], "amount": [3000, 1000]})
    0.25
    """
    t = totals(deals, Deal, by, at="closed_at")
    return ratio(t.sum(amount, where=OfKind(_kinds(kind), won)), t.sum(amount, where=won))


@metric(Deal, unit="share", better="higher", question="What share of our customers buys something more?")
def addon_customer_share(deals: Rows[Deal], *, kind: str | None = None, by: By = None) -> Number:
    r"""Share of the customers with a won deal who have a won upsell or cross-sell.

    $$ \text{add-on customers} = \frac{\text{customers with a won add-on}}{\text{customers with a won deal}} $$

    A deal without a customer is left out, and one of no stated kind is no add-on; data without a column `kind` are
    refused. Where lines state what was added and deals do not, `with_kinds` gives deals in lines to read. NaN without
    customers. A bare time key reads `closed_at`.

    >>> rows = {"status": ["won"] * 3, "kind": ["new", "new", "upsell"], "customer": ["a", "b", "a"]}
    >>> addon_customer_share(rows)
    0.5
    """
    t = totals(deals, Deal, by, at="closed_at")
    return ratio(t.distinct(customer, where=OfKind(_kinds(kind), won)), t.distinct(customer, where=won))


# ---------------------------------------------------------------- from the lines of deals


@metric(DealLine, unit="count", better="higher", question="How many things do we sell beside the main one?")
def addon_lines(lines: Rows[DealLine], *, kind: str | None = None, by: By = None) -> Number:
    r"""Number of lines of kind upsell or cross-sell; ``kind="upsell"`` counts one of the two.

    $$ \text{add-on lines} = \left|\{ \text{lines of kind upsell or cross-sell} \}\right| $$

    A line of no stated kind is a base line; lines without a column `kind` are refused. Give the lines of won deals:
    ``where(lines, via(deals, "status", "deal").isin("won"))``. They have no time of their own: group them by
    ``via(deals, ...)``.

    >>> addon_lines({"deal": [1, 1, 2], "kind": ["base", "cross_sell", "base"]})
    1
    """
    return totals(lines, DealLine, by).count(OfKind(_kinds(kind)))


@metric(DealLine, unit="share", better="higher", question="What share of the sum of our deals is sold on top?")
def addon_line_share(lines: Rows[DealLine], *, kind: str | None = None, by: By = None) -> Number:
    r"""Share of the sum of lines that comes from lines of kind upsell or cross-sell.

    $$ \text{add-on share} = \frac{\sum_{\text{add-on lines}} \text{quantity} \times \text{price}}
       {\sum \text{quantity} \times \text{price}} $$

    A line without a quantity is of one piece, and one without a price is left out. A line of no stated kind is a base
    line; lines without a column `kind` are refused. NaN where the sum is 0.

    >>> addon_line_share({"deal": [1, 1], "kind": ["base", "cross_sell"], "price": [1000, 500], "quantity": [1, 1]})
    0.3333333333333333
    """
    t = totals(lines, DealLine, by)
    return ratio(t.sum(line_amount, where=OfKind(_kinds(kind))), t.sum(line_amount))


@metric(DealLine, unit="share", better="higher", question="By how much do add-ons raise what a deal is worth?")
def addon_lift(lines: Rows[DealLine], *, by: By = None) -> Number:
    r"""What all lines are worth over what the base lines are worth, less 1.

    $$ \text{lift} = \frac{\sum_{\text{all lines}} \text{quantity} \times \text{price}}
       {\sum_{\text{base lines}} \text{quantity} \times \text{price}} - 1 $$

    A planned 1,000 that became 1,500 is 0.5. What adds 1/3 of the sum (`addon_line_share`) is a lift of 1/2.

    An upsell is a line of what it adds: where a dearer version of 1,500 was sold instead of one of 1,000, write a base
    line of 1,000 and an upsell of 500. The whole 1,500 as an upsell says nothing of the plan: alone its deal has no
    lift (NaN), and among others it is all gain, as it is all add-on in `addon_line_share`.

    A line without a quantity is of one piece, and one without a price is left out. A line of no stated kind is a base
    line; lines without a column `kind` are refused. NaN without base lines.

    >>> addon_lift({"deal": [1, 1], "kind": ["base", "cross_sell"], "price": [1000, 500], "quantity": [1, 1]})
    0.5
    >>> addon_lift({"deal": [1, 1], "kind": ["base", "upsell"], "price": [1000, 500]})
    0.5
    >>> addon_lift({"deal": [1, 2], "kind": ["base", "upsell"], "price": [1000, 1500]})
    1.5
    """
    t = totals(lines, DealLine, by)
    base = t.sum(line_amount, where=base_line)
    return ratio(t.sum(line_amount) - base, base)


@frozen
class Of(Parametric):
    """Lines of a product, or of the base lines or add-ons where no product is named."""

    product: str | None = None
    kinds: tuple[str, ...] = field(default=())

    @property
    def __name__(self) -> str:
        return self.product or "_or_".join(self.kinds) or "base"

    def of(self, rows: Table[Any]) -> Flags:
        if self.product is not None:
            product: Labels = rows.product
            return Flags((product == self.product).true)
        flags: Flags = OfKind(self.kinds)(rows) if self.kinds else base_line(rows)
        return flags


@metric(DealLine, unit="share", better="higher", question="Of the deals with the main thing, how many have the extra?")
def attach_rate(lines: Rows[DealLine], *, product: str | None = None, to: str | None = None, by: By = None) -> Number:
    r"""Share of the deals with the main product that have the extra one too.

    $$ \text{attach rate} = \frac{\text{deals with both}}{\text{deals with the main product}} $$

    ``product="insurance", to="car"`` names them; without `product` any add-on counts, without `to` any base line. A
    deal with several counts once; one in another group does not meet itself there. NaN where no deal has the main
    product. A line of no stated kind is a base line; lines without a column `kind` are refused unless both are named.

    >>> attach_rate({"deal": [1, 1, 2], "product": ["car", "insurance", "car"]}, product="insurance", to="car")
    0.5
    """
    t = totals(lines, DealLine, by)
    named, base = label_given(product, "product"), label_given(to, "to")
    extra, main = Of(named, () if named else ADDONS), Of(base)
    either = t.distinct(deal_of, where=extra | main)
    mains = t.distinct(deal_of, where=main)
    both = t.distinct(deal_of, where=extra) + mains - either
    return ratio(both, mains)
