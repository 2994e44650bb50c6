"""One row per customer: first and last deals, counts and exact sums."""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from attrs import field, frozen

from crm_metrics._tables.opening import held
from crm_metrics._tables.stacking import Made
from crm_metrics._tables.table import Part, Table
from crm_metrics._tables.where import column
from crm_metrics._totals.groups import Groups
from crm_metrics._values.columns import Column, Flags, Instants, Labels, Quantity, zero
from crm_metrics._values.exact import BIG, Array, big
from crm_metrics.cells import Instant, currency, instant, money, number, text
from crm_metrics.errors import WrongCall
from crm_metrics.journeys.firsts import Grid
from crm_metrics.journeys.folds import fold
from crm_metrics.journeys.keys import apart, of_ids, of_labels, of_times
from crm_metrics.records import Deal
from crm_metrics.records.schemas import Record


@frozen(kw_only=True)
class CustomerDeals(Record):
    """All deals of one customer; with a row for each currency, where they are in several.

    ``deals`` came in from ``first_at`` to ``last_at``; ``won`` of them were won, for ``amount`` in all, and ``lost``
    were lost. ``unpriced`` are won deals without an amount, which the sum leaves out. Only ``amount`` is of the
    currency of the row: the times are the customer's in each of its rows, the counts are in the first and 0 in others.
    """

    customer: str | None = field(converter=text)
    deals: Decimal | None = field(converter=number)
    won: Decimal | None = field(default=Decimal(0), converter=number)
    lost: Decimal | None = field(default=Decimal(0), converter=number)
    amount: Decimal | None = field(default=Decimal(0), converter=money)
    unpriced: Decimal | None = field(default=Decimal(0), converter=number)
    currency: str | None = field(default=None, converter=currency)
    first_at: Instant | None = field(default=None, converter=instant)
    last_at: Instant | None = field(default=None, converter=instant)
    first_won_at: Instant | None = field(default=None, converter=instant)
    last_won_at: Instant | None = field(default=None, converter=instant)
    first_lost_at: Instant | None = field(default=None, converter=instant)
    last_lost_at: Instant | None = field(default=None, converter=instant)


@fold(CustomerDeals, Deal)
def by_customer(deals: Part[Deal] | Part[CustomerDeals]) -> Made:
    """One `CustomerDeals` row per customer, sorted; of a customer with deals in several currencies, one for each.

    Wins and losses are dated by `closed_at`, the first and the last deal by `created_at`; a deal without the date
    counts and moves no date. A deal without a customer remains a row of its own, since nobody knows whose it is, so
    counts and sums add up to those of all deals.

    Times and counts are the customer's, over all currencies: each of its rows has the times, and the first by currency
    has the counts. So a deal that names no currency, as many lost ones do, is with the others of its customer; only an
    amount without a currency has a row of its own beside them.

    It takes such rows as well: ``by_customer(by_customer(a) + by_customer(b))`` is that of all deals.

    >>> from crm_metrics import Deal
    >>> refused = Deal(id=1, created_at="2024-01-01", status="lost", closed_at="2024-01-09", customer="Vega")
    >>> won = Deal(id=2, created_at="2024-06-01", status="won", closed_at="2024-06-20", customer="Vega", amount=900)
    >>> found = by_customer([refused, won])
    >>> found.lost.item(0), found.won.item(0), str(found.first_lost_at.item(0)), str(found.last_won_at.item(0))
    (1, 1, '2024-01-09', '2024-06-20')
    """
    t = held(deals)
    if t.record is Record:
        t = t.typed(CustomerDeals if "first_won_at" in t and "status" not in t else Deal)
    if not issubclass(t.record, (Deal, CustomerDeals)):
        raise WrongCall(f"expected Deal or CustomerDeals rows, got a table of {t.record.__name__}")
    made = _Customers(t)
    return Made(CustomerDeals, {name: functools.partial(made.column, name) for name in FIELDS}, len(made), t.how)


@column
def won_back(c: Table[CustomerDeals]) -> Flags:
    """Customers who refused once and bought later: their first loss came before their last win."""
    flags: Flags = c.first_lost_at < c.last_won_at
    return flags


# ---------------------------------------------------------------- what a deal adds to its customer


def _ones(t: Table[Any]) -> Quantity:
    return Quantity(np.ones(len(t), np.int64))


def _where(status: str, t: Table[Any]) -> Quantity:
    return Quantity((t.status == status).true.astype(np.int64))


def _amount(t: Table[Any]) -> Quantity:
    amount: Quantity = t.optional("amount").only(Flags((t.status == "won").true))
    return amount


def _unpriced(t: Table[Any]) -> Quantity:
    return Quantity(((t.status == "won").true & t.optional("amount").missing.true).astype(np.int64))


def _created(t: Table[Any]) -> Instants:
    times: Instants = t.optional("created_at")
    return times


def _closed(status: str, t: Table[Any]) -> Instants:
    times: Instants = t.optional("closed_at")
    return times.without(~(t.status == status).true)


Lift: TypeAlias = Callable[[Table[Any]], Any]
SUMS: dict[str, Lift] = {
    "deals": _ones,
    "won": functools.partial(_where, "won"),
    "lost": functools.partial(_where, "lost"),
    "amount": _amount,
    "unpriced": _unpriced,
}
FIRSTS: dict[str, Lift] = {
    "first_at": _created,
    "first_won_at": functools.partial(_closed, "won"),
    "first_lost_at": functools.partial(_closed, "lost"),
}
LASTS: dict[str, Lift] = {
    "last_at": _created,
    "last_won_at": functools.partial(_closed, "won"),
    "last_lost_at": functools.partial(_closed, "lost"),
}
FIELDS = ("customer", "currency", *SUMS, *FIRSTS, *LASTS)


class _Customers:
    """Deals (or customers' deals) put together: counts and times by customer, amounts by customer and currency."""

    def __init__(self, t: Table[Any]) -> None:
        self.t = t
        self.customer: Labels = t["customer"]
        self.currency: Labels = t.optional("currency")
        ids, money = apart(self.customer, of_ids(self.customer)), of_labels(self.currency)
        self.customers = Grid((ids,), len(t)).dense()
        self.who = self.customers.of(slice(None))
        self.cells = self.customers if money.size == 1 else Grid((ids, money), len(t)).dense()
        self.cell = self.who if money.size == 1 else self.cells.of(slice(None))
        example = np.full(self.cells.size, -1)
        example[self.cell] = np.arange(len(t))
        self.present = np.flatnonzero(example >= 0)
        self.example = example[self.present]
        self.owner = self.who[self.example]
        self.first = np.ones(len(self.owner), bool)
        self.first[1:] = self.owner[1:] != self.owner[:-1]
        self._without_idle()

    def _without_idle(self) -> None:
        """Leave out what has no currency and comes to nothing, where the customer has a row in a currency."""
        idle = self.currency.missing.true[self.example] & ~self.first
        if idle.any():
            kept = ~idle | (self._amount().data != 0)
            self.present, self.example = self.present[kept], self.example[kept]
            self.owner, self.first = self.owner[kept], self.first[kept]

    def __len__(self) -> int:
        return len(self.present)

    def column(self, name: str) -> Column:
        """One field of the customers."""
        if name in ("customer", "currency"):
            labels: Labels = (self.customer if name == "customer" else self.currency).take(self.example)
            return labels
        if name == "amount":
            return self._amount()
        return self._count(name) if name in SUMS else self._edge(name)

    def _of_rows(self, name: str) -> Any:
        lift = {**SUMS, **FIRSTS, **LASTS}[name]
        return self.t.optional(name) if issubclass(self.t.record, CustomerDeals) else lift(self.t)

    def _amount(self) -> Quantity:
        x: Quantity = self._of_rows("amount")
        unit = x.currency.take(self.example) if isinstance(x.currency, Labels) else x.currency
        total = _sums(x, self.cell, self.cells.size)[self.present]
        return Quantity(_narrow(total), None, x.scale, x.kind, unit)

    def _count(self, name: str) -> Quantity:
        """A count of the customer, in its first row; 0 in the others, so that the rows add up."""
        x: Quantity = self._of_rows(name)
        total = _sums(x, self.who, self.customers.size)[self.owner]
        return Quantity(_narrow(np.where(self.first, total, 0)), None, x.scale, x.kind, x.currency)

    def _edge(self, name: str) -> Instants:
        """The first or the last time of each customer; of a bare date and a time at one instant, the date."""
        x: Instants = self._of_rows(name)
        sign = 1 if name in FIRSTS else -1
        rows: Any = slice(None) if x.mask is None else np.flatnonzero(~x.mask)
        best = np.full(self.customers.size, BIG)
        if isinstance(x.bare, bool):
            np.minimum.at(best, self.who[rows], sign * x.data[rows])
            data = best[self.owner]
            mask = data == BIG
            data *= sign
            zero(data, mask)
            return Instants(data, mask if mask.any() else None, x.bare, x.zone, x.seen)
        time = 2 * sign * of_times(x).codes(rows) + ~x.bare[rows]
        np.minimum.at(best, self.who[rows], time)
        row = _row_of(self.who[rows], time, best, rows)[self.owner]
        out, mask = x.take(np.maximum(row, 0)), row < 0
        zero(out.data, mask)
        return Instants(out.data, mask if mask.any() else None, out.bare, x.zone, x.seen)


def _sums(x: Quantity, cell: Array, size: int) -> Array:
    return Groups(((cell, size),), len(cell)).sum(x.data, x.magnitude())


def _narrow(total: Array) -> Array:
    return total.astype(np.int64) if total.dtype == object and big(total) <= BIG else total


def _row_of(cell: Array, time: Array, best: Array, rows: Any) -> Array:
    """A row of each cell that has its best time; -1 where no row has a time."""
    out = np.full(len(best), -1)
    hit = np.flatnonzero(time == best.take(cell))
    out[cell.take(hit)] = hit if isinstance(rows, slice) else rows.take(hit)
    return out
