"""One row per customer: first and last deals, counts and exact sums."""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from attrs import field, frozen

from crm_metrics.cells import Instant, currency, instant, money, number, text
from crm_metrics.conditions import column
from crm_metrics.errors import WrongCall
from crm_metrics.exact import BIG, Array, big
from crm_metrics.groups import Groups
from crm_metrics.journeys.firsts import Cells
from crm_metrics.journeys.keys import Key, no_id, of_ids, of_times
from crm_metrics.journeys.stays import by_place
from crm_metrics.records import Deal
from crm_metrics.schemas import Record
from crm_metrics.stacking import Made
from crm_metrics.tables import Part, Table, open_rows
from crm_metrics.values import Column, Flags, Instants, Labels, Quantity, zero


@frozen(kw_only=True)
class CustomerDeals(Record):
    """All deals of one customer in one currency.

    ``deals`` came in from ``first_at`` to ``last_at``; ``won`` of them were won, for ``amount`` in all, and ``lost``
    were lost. ``unpriced`` are won deals without an amount, which the sum leaves out.
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


def by_customer(deals: Part[Deal] | Part[CustomerDeals]) -> Made:
    """One `CustomerDeals` row per customer and currency, sorted by customer.

    Wins and losses are dated by `closed_at`, the first and the last deal by `created_at`; a deal without the date
    counts and moves no date. A deal without a customer remains a row of its own, since nobody knows whose it is, so
    counts and sums add up to those of all deals. A customer with deals in several currencies has a row for each.

    It takes such rows as well: ``by_customer(by_customer(a) + by_customer(b))`` is that of all deals.

    >>> from crm_metrics import Deal
    >>> refused = Deal(id=1, created_at="2024-01-01", status="lost", closed_at="2024-01-09", customer="Vega")
    >>> won = Deal(id=2, created_at="2024-06-01", status="won", closed_at="2024-06-20", customer="Vega", amount=900)
    >>> found = by_customer([refused, won])
    >>> found.lost.item(0), found.won.item(0), str(found.first_lost_at.item(0)), str(found.last_won_at.item(0))
    (1, 1, '2024-01-09', '2024-06-20')
    """
    t = open_rows(deals)
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
    mask = ~(t.status == status).true
    return Instants(times.data, mask if times.mask is None else mask | times.mask, times.bare, times.zone)


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
    """Deals (or customers' deals) put together by customer and currency."""

    def __init__(self, t: Table[Any]) -> None:
        self.t = t
        self.customer: Labels = t["customer"]
        self.currency: Labels = t.optional("currency")
        self.ids = of_ids(self.customer)
        if (none := no_id(self.customer, self.ids)) >= 0:
            self.ids = _apart(self.ids, none, len(t))
        self.cells = Cells((self.ids, by_place(self.currency)), len(t)).dense()
        self.cell = self.cells.of(slice(None))
        seen = np.zeros(self.cells.size, bool)
        seen[self.cell] = True
        self.present = np.flatnonzero(seen)
        self.example = np.zeros(self.cells.size, np.intp)
        self.example[self.cell] = np.arange(len(t))

    def __len__(self) -> int:
        return len(self.present)

    def column(self, name: str) -> Column:
        """One field of the customers."""
        if name in ("customer", "currency"):
            labels: Labels = (self.customer if name == "customer" else self.currency).take(self.example[self.present])
            return labels
        lift = {**SUMS, **FIRSTS, **LASTS}[name]
        x = self.t.optional(name) if issubclass(self.t.record, CustomerDeals) else lift(self.t)
        return self._sum(x) if name in SUMS else self._edge(x, np.minimum if name in FIRSTS else np.maximum)

    def _sum(self, x: Quantity) -> Quantity:
        total = Groups(((self.cell, self.cells.size),), len(self.t)).sum(x.data, x.magnitude())[self.present]
        if total.dtype == object and big(total) <= BIG:
            total = total.astype(np.int64)
        unit = x.currency.take(self.example[self.present]) if isinstance(x.currency, Labels) else x.currency
        return Quantity(total, None, x.scale, x.kind, unit)

    def _edge(self, x: Instants, extreme: Any) -> Instants:
        """The first or the last time of each customer; of a bare date and a time at one instant, the date."""
        sign = 1 if extreme is np.minimum else -1
        rows: Any = slice(None) if x.mask is None else np.flatnonzero(~x.mask)
        best = np.full(self.cells.size, BIG)
        if isinstance(x.bare, bool):
            np.minimum.at(best, self.cell[rows], sign * x.data[rows])
            data, mask = sign * best[self.present], best[self.present] == BIG
            zero(data, mask)
            return Instants(data, mask if mask.any() else None, x.bare, x.zone)
        time = 2 * sign * of_times(x).codes(rows) + ~x.bare[rows]
        np.minimum.at(best, self.cell[rows], time)
        row = _row_of(self.cell[rows], time, best, rows)[self.present]
        out, mask = x.take(np.maximum(row, 0)), row < 0
        zero(out.data, mask)
        return Instants(out.data, mask if mask.any() else None, out.bare, x.zone)


def _apart(ids: Key, none: int, n: int) -> Key:
    """The same ids, every row without one a customer of its own, last."""
    codes = ids.codes()
    rows = np.flatnonzero(codes == none)
    codes[rows] = none + np.arange(len(rows))
    return Key(codes, 0, 1, none + max(1, len(rows)))


def _row_of(cell: Array, time: Array, best: Array, rows: Any) -> Array:
    """A row of each cell that has its best time; -1 where no row has a time."""
    out = np.full(len(best), -1)
    hit = np.flatnonzero(time == best.take(cell))
    out[cell.take(hit)] = hit if isinstance(rows, slice) else rows.take(hit)
    return out
