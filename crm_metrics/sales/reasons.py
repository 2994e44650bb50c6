"""Why deals are lost and won: how many, for how much, and what share of all, by reason."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._tables.table import Part, Table
from crm_metrics._tables.where import column
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import tabular
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Breakdown
from crm_metrics._values.columns import Quantity
from crm_metrics._values.presented import Presented, Shown, group_name
from crm_metrics._values.ratios import ratio
from crm_metrics._values.writing import number
from crm_metrics.columns import lost, won
from crm_metrics.columns.parametric import one_of
from crm_metrics.records import Deal


@column
def priced(d: Table[Deal]) -> Quantity:
    """The amount of a deal, missing where the data have none."""
    quantity: Quantity = d.optional("amount")
    return quantity


OUTCOMES = {"lost": lost, "won": won}


@frozen(eq=False, repr=False)
class Reasons(Presented):
    """Deals and amounts by reason; with ``by=``, by group and reason. Each number is a `Breakdown`.

    ``deals`` and ``amount`` are exact and add up to all deals of the outcome; the reason None is of those that state
    none. ``unpriced`` are deals without an amount, which the sums leave out.
    """

    outcome: str
    deals: Breakdown
    amount: Breakdown
    unpriced: int

    @property
    def share(self) -> Breakdown:
        """Of all deals of the group with this outcome, the share that gives the reason."""
        return _share(self.deals)

    @property
    def amount_share(self) -> Breakdown:
        """Of all amounts of the group with this outcome, the share of those that give the reason."""
        return _share(self.amount)

    def about(self) -> dict[str, Any]:
        """The outcome, and the deals that have no amount."""
        return {"outcome": self.outcome, "unpriced": self.unpriced}

    def to_columns(self) -> dict[str, list[Any]]:
        """Groups, reasons and all numbers, the most frequent reason of a group first."""
        keys = self._in_order()
        out = self.deals.on(keys).to_columns("deals")
        for name in ("share", "amount", "amount_share"):
            numbers: Breakdown = getattr(self, name)
            out[name] = list(numbers.on(keys).to_dict().values())
        return out

    def shown(self) -> Shown:
        """A line for each reason."""
        share, part = self.share, self.amount_share
        rows = tuple(
            (
                group_name(key if isinstance(key, tuple) else (key,)),
                number(self.deals[key], "count"),
                number(share[key], "share"),
                number(self.amount[key], "money"),
                number(part[key], "share"),
            )
            for key in self._in_order()
        )
        notes = (f"{self.unpriced:,} of these deals have no amount",) if self.unpriced else ()
        return Shown(f"Deals {self.outcome}, by reason", ("", "deals", "share", "amount", "share"), rows, notes)

    def _in_order(self) -> tuple[Any, ...]:
        """By group, and in it by number of deals; no reason last."""
        place = {key: i for i, key in enumerate(self.deals)}
        groups = {_group(key): i for i, key in reversed([*enumerate(self.deals)])}
        return tuple(
            sorted(self.deals, key=lambda k: (groups[_group(k)], _reason(k) is None, -self.deals[k], place[k]))
        )


def _group(key: Any) -> Any:
    return key[:-1] if isinstance(key, tuple) else ()


def _reason(key: Any) -> Any:
    return key[-1] if isinstance(key, tuple) else key


def _share(part: Breakdown) -> Breakdown:
    """Each number over the sum of its group."""
    keys = tuple(part)
    return ratio(part, part.by_group(_group).of_groups(keys, _group)).on(keys)


@tabular(Deal, question="Why do we lose deals, or win them?")
def reasons(deals: Part[Deal], *, outcome: str = "lost", by: By = None) -> Reasons:
    """Deals by the reason why they were lost (or won, ``outcome="won"``): number, amount, and shares of all.

    Deals that state no reason are the reason None, so that shares are of all lost deals and add up to 1. Where the data
    have no amounts the sums are 0, and a note says that. `by=` is any field or key; a bare time key reads `closed_at`.
    One reason over time is ``trend(sales.deals_lost, where(deals, reason="too dear"), by=month)``.

    >>> lost = {"status": ["lost"] * 4 + ["won"], "reason": ["too dear", "too dear", "no car", None, None]}
    >>> print(reasons({**lost, "amount": [300, 100, 200, None, 900]}))
    Deals lost, by reason
               deals    share   amount    share
    too dear       2   50.0 %      400   66.7 %
    no car         1   25.0 %      200   33.3 %
    (none)         1   25.0 %        0    0.0 %
      1 of these deals have no amount
    """
    which = OUTCOMES[one_of(outcome, OUTCOMES, "outcome")]
    parts = by if isinstance(by, (tuple, list)) else () if by is None else (by,)
    t = totals(deals, Deal, (*parts, "reason") if parts else "reason", at="closed_at")
    count, amounts, unpriced = t.count(which), t.sum(priced, where=which), t.missing(priced, where=which)
    assert isinstance(count, Breakdown) and isinstance(amounts, Breakdown)
    some = tuple(key for key, n in count.items() if n)
    return Reasons(outcome, count.on(some), amounts.on(some), int(np.sum(np.asarray(unpriced))))
