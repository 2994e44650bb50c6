"""What a customer's deals say together: which purchase came first, and who was won back."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from crm_metrics._tables.encoding.ids import ids, places, repeats
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.stacking import joined
from crm_metrics._tables.table import Part, Table
from crm_metrics._tables.where import column
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.columns import Flags, Instants, Labels, Nothing, Quantity
from crm_metrics._values.exact import Array
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import customer, pieces, won
from crm_metrics.columns.parametric import times
from crm_metrics.errors import WrongValue, shown
from crm_metrics.journeys import CustomerDeals, won_back
from crm_metrics.journeys.firsts import Grid, dates_first, earliest, ranks_of
from crm_metrics.journeys.keys import of_ids, of_times
from crm_metrics.records import Deal, DealLine
from crm_metrics.sales.addons import ADDONS


@column
def refused(c: Table[CustomerDeals]) -> Flags:
    """Customers with a lost deal."""
    return ~c.first_lost_at.missing  # type: ignore[no-any-return]  # flags


@metric(CustomerDeals, unit="share", better="higher", question="Of the customers who refused, how many do we win back?")
def won_back_rate(customers: Rows[CustomerDeals], *, by: By = None) -> Number:
    r"""Share of the customers with a lost deal who bought later.

    $$ \text{won back} = \frac{\text{customers whose first loss came before their last win}}
       {\text{customers with a lost deal}} $$

    Of rows that ``journeys.by_customer(deals)`` makes. Losses and wins are dated by `closed_at`, whatever their
    currencies; a customer who is not named cannot come back and is left out. A fraction; NaN where nobody refused. A
    bare time key reads `first_lost_at`, and the rate of recent refusals rises as they come back.

    >>> from crm_metrics.journeys import by_customer
    >>> deals = {
    ...     "customer": ["a", "a", "b"],
    ...     "status": ["lost", "won", "lost"],
    ...     "closed_at": ["2024-01-31", "2024-09-30", "2024-03-31"],
    ... }
    >>> won_back_rate(by_customer(deals))
    0.5
    """
    t = totals(customers, CustomerDeals, by, at="first_lost_at")
    return ratio(t.distinct("customer", where=won_back), t.distinct("customer", where=refused))


def with_kinds(deals: Part[Deal], lines: Part[DealLine] | None = None) -> Table[Any]:
    """The same deals, with the kind of won ones where none is stated: new for a customer's first, repeat for the rest.

    The first is the one that was closed first, in the order of `by_customer`: a bare date is the beginning of its day.
    Of several closed at one instant it is the one with the first id (a number by its size, text by its letters, no id
    last), and where that does not tell them apart their other fields do, so that the order of rows does not matter. A
    stated kind stays, and a deal that is not won, or has no customer or no time of closing, gets none. It needs all
    deals of a customer: do it before the rows are cut in parts.

    Given the lines of deals, each line is a row of its own beside what its deal says: an upsell or a cross-sell of that
    kind, any other line of the kind of its deal. Amount, list amount and cost are those of the line, its quantity times
    the price of a piece. Where a line states no currency or product, it has that of its deal. A deal without lines
    stays as it is; a line of none of these deals is left out, and an id of lines that several deals have is refused.
    So the metrics of add-ons, of revenue and of customers read lines, and whatever counts deals counts lines: by
    `addon_deals` a deal with two add-on lines is two, and `deals_won` counts each of its lines.

    >>> from crm_metrics import sales
    >>> deals = {
    ...     "id": [1, 2],
    ...     "status": ["won", "won"],
    ...     "closed_at": ["2024-02-01", "2024-01-01"],
    ...     "customer": ["a", "a"],
    ...     "amount": [100, 300],
    ... }
    >>> sales.repeat_revenue_share(with_kinds(deals))
    0.25
    >>> lines = {"deal": [1, 1, 2], "kind": ["base", "upsell", "base"], "price": [80, 20, 300]}
    >>> sales.addon_revenue_share(with_kinds(deals, lines))
    0.05
    >>> both = {"deal": [1, 1, 1], "kind": ["base", "upsell", "cross_sell"], "price": [70, 20, 10]}
    >>> sales.addon_deals(with_kinds(deals, both))  # lines, of one deal
    2
    >>> two = {**deals, "customer": ["a", "b"]}
    >>> sales.addon_customer_share(with_kinds(two, lines))
    0.5
    """
    t = _by_order(open_rows(deals, Deal))
    return t if lines is None else _in_lines(t, open_rows(lines, DealLine))


def _by_order(t: Table[Any]) -> Table[Any]:
    """Deals with the kind that the order of each customer's purchases tells."""
    kind: Labels = t.optional("kind")
    who, at, flags = customer(t), times(t, "closed_at"), won(t)
    rows = np.flatnonzero(flags.true & ~who.missing.true & ~at.missing.true)
    first = earliest(Grid((of_ids(who),), len(t)), of_times(at), functools.partial(_ties, t, at), rows)
    found = [*kind.labels] if None in kind.labels else [*kind.labels, None]
    labels = sorted({*found, "new", "repeat"} - {None})
    place = np.array([labels.index(k) if k is not None else len(labels) for k in kind.labels] or [0], np.intp)
    out = place[kind.codes] if len(kind.labels) else np.zeros(len(t), np.intp)
    blank = rows[out[rows] == len(labels)]
    new = np.zeros(len(t), bool)
    new[first] = True
    out[blank] = np.where(new[blank], labels.index("new"), labels.index("repeat"))
    return t.replaced({"kind": Labels(out.astype(np.int32), [*labels, None], kind.choices, "kind")})


MONEY = {"amount": "price", "list_amount": "list_price", "cost": "cost"}


def _in_lines(t: Table[Any], lines: Table[Any]) -> Table[Any]:
    """Deals cut in their lines; those without any are rows after them."""
    names = ids(t.id, "id")
    found = places(ids(lines.deal, "deal"), names)
    _refuse_twice(names, found)
    own = lines.take(np.flatnonzero(found >= 0))
    rest = np.setdiff1d(np.arange(len(t)), found)
    whole, rows = t.take(rest), np.concatenate([found[found >= 0], rest])
    made: dict[str, Any] = {
        name: joined([own[price] * pieces(own) if price in own else own.optional(price), whole.optional(name)])
        for name, price in MONEY.items()
        if price in own or name in whole
    }
    for name in ("currency", "product"):
        if name in own or name in t:
            stated: Any = joined([own.optional(name), Nothing(len(whole))])
            made[name] = _first_said(stated, t.optional(name).take(rows))
    if "currency" in made:
        made |= {name: _in_currency(made[name], made["currency"]) for name in MONEY if name in made}
    kind: Labels = t.kind.take(rows)
    added: Any = joined([own.optional("kind"), Nothing(len(whole))])
    said = np.flatnonzero(Flags(added.isin(*ADDONS).true).true)
    labels = sorted({*kind.labels, *ADDONS} - {None})
    place = {k: i for i, k in enumerate([*labels, None])}
    codes = np.array([place[k] for k in kind.labels] or [0], np.int32)[kind.codes]
    codes[said] = np.array([place.get(k, 0) for k in added.labels], np.int32)[added.codes[said]]
    return t.take(rows).replaced({**made, "kind": Labels(codes, [*labels, None], kind.choices, "kind")})


def _refuse_twice(names: Labels, found: Array) -> None:
    """An id that two deals have does not say whose its lines are."""
    again, first = repeats(names)
    if len(twice := again[np.isin(first, found)]):
        raise WrongValue(
            f"the id {shown(names.item(int(twice[0])))} is of several deals, so its lines are of none of them: "
            "duplicates(deals) lists such ids, keep one deal of each"
        )


def _first_said(a: Labels, b: Labels) -> Labels:
    """The labels of `a`, and where it says nothing those of `b`."""
    both: Any = joined([a, b])
    rows = np.arange(len(a))
    used, codes = np.unique(both.codes.take(np.where(a.missing.true, rows + len(a), rows)), return_inverse=True)
    return Labels(codes.astype(np.int32), [both.labels[k] for k in used.tolist()], both.choices, both.name)


def _in_currency(x: Any, currency: Labels) -> Any:
    """The same amounts, each in the currency of its row."""
    if not isinstance(x, Quantity):
        return x
    unit = (currency.labels[0] or "") if len(currency.labels) == 1 else currency
    return Quantity(x.data, x.mask, x.scale, x.kind, unit)


def _ties(t: Table[Any], at: Instants, rows: Array) -> list[Array]:
    """What puts deals of one instant in order; their other fields only where ids do not."""
    few = t.take(rows)
    ids, distinct = _by_id(few.optional("id"))
    others = [] if distinct else ranks_of(few, few.columns)
    return [dates_first(at, rows), ids, *others]


def _by_id(ids: Labels) -> tuple[Array, bool]:
    """A key of ids, the same however they came (numbers by size, then text, None last), and whether all differ."""
    codes, place = np.unique(ids.codes, return_inverse=True)
    read = [_read(ids.labels[code]) for code in codes.tolist()]
    rank = np.empty(len(codes), np.intp)
    rank[sorted(range(len(codes)), key=read.__getitem__)] = np.arange(len(codes))
    return rank.take(place), len(codes) == len(ids)


def _read(label: str | None) -> tuple[int, int, str]:
    if label is None:
        return 2, 0, ""
    number = label.isascii() and label.isdigit() and len(label) < 20
    return (0, int(label), label) if number else (1, 0, label)
