"""Customers who come back, and those who may."""

from __future__ import annotations

from collections import Counter

import numpy as np
from attrs import field, frozen

from crm_metrics._tables.table import Table
from crm_metrics._tables.where import column
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._totals.totals import Totals
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics._values.clocks import DAY
from crm_metrics._values.columns import Flags, Labels
from crm_metrics._values.ratios import ratio
from crm_metrics.cells import Instant
from crm_metrics.columns import amount, customer, known_customer, lost, won, won_repeat
from crm_metrics.columns.parametric import OfKind, Parametric, moment, one_of, times
from crm_metrics.errors import WrongCall, WrongValue, shown
from crm_metrics.records import Deal

NEEDS_DAYS = (
    "repeat_rate(counting='days') needs the deals themselves: figures on paper have no days of closing, and this share "
    "has no interval and no change; use counting='deals'"
)


@metric(Deal, unit="share", better="higher", question="What share of our customers buys again?")
def repeat_rate(deals: Rows[Deal], *, counting: str = "deals", by: By = None) -> Number:
    r"""Share of customers with two won deals or more.

    $$ \text{repeat rate} = \frac{\text{customers with} \ge 2 \text{ won deals}}{\text{customers with a won deal}} $$

    Over all the rows given, whatever time is between the two; with a time key, within each period. A second purchase
    within so many days of the first is not offered. It falls while many new customers come. A deal without a customer
    is left out. A fraction; NaN without customers.

    Rows are counted, so two deals won on one day are two purchases. Others take them for one: ``counting="days"`` is
    the share of customers with won deals closed on two days or more, and a deal without `closed_at` is on none. That
    share has no `interval` and no `change`, and needs rows.

    >>> deals = {"status": ["won", "won", "won", "lost"], "customer": ["a", "a", "b", "b"]}
    >>> repeat_rate(deals)
    0.5
    >>> repeat_rate({**deals, "closed_at": ["2024-01-31"] * 4}, counting="days")
    0.0
    """
    t = totals(deals, Deal, by, at="closed_at")
    one_of(counting, ("deals", "days"), "counting")
    again = t.distinct(customer, where=won, at_least=2) if counting == "deals" else _on_two_days(t)
    return ratio(again, t.distinct(customer, where=won))


@column
def customer_day(d: Table[Deal]) -> Labels:
    """Whose deal it is, and the day on which it closed."""
    who, at = customer(d), times(d, "closed_at")
    missing = who.missing.true | at.missing.true
    rows = np.flatnonzero(~missing)
    day = at.local() // DAY
    first = int(day[rows].min(initial=0))
    span = int(day[rows].max(initial=0)) - first + 1
    whose_day = who.codes[rows].astype(np.int64) * span + day[rows] - first  # codes may be of one byte
    cells, codes = np.unique(whose_day, return_inverse=True)
    out = np.full(len(missing), len(cells), np.int64)
    out[rows] = codes
    whose, days = np.divmod(cells, span)
    pairs = [(who.labels[code], n + first) for code, n in zip(whose.tolist(), days.tolist(), strict=True)]
    return Labels(out, [*pairs, None])


def _on_two_days(t: Totals) -> Number:
    """How many customers of each group have won deals on two days or more."""
    if t.source is None and (t.on_paper or not t.entries):  # figures, or the first run of an interval
        raise WrongCall(NEEDS_DAYS)
    tally = t.tally(customer_day, where=won)
    days = Counter((group, who) for group, (who, _) in zip(tally.group.tolist(), tally.values(), strict=True))
    groups = np.array([group for (group, _), n in days.items() if n > 1], np.intp)
    again = np.bincount(groups, minlength=t.size).astype(np.int64)
    return int(again[0]) if t.keys is None else Breakdown(t.keys, num=again, whole=True, names=t.names)


@metric(Deal, unit="money", better="higher", question="How much does a customer bring us?")
def revenue_per_customer(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Won revenue per customer.

    $$ \text{revenue per customer} = \frac{\sum_{\text{won}} \text{amount}}{\text{customers with a won deal}} $$

    Deals without a customer are in neither. In major units; NaN without customers. A bare time key reads `closed_at`.

    >>> revenue_per_customer({"status": ["won"] * 3, "customer": ["a", "a", "b"], "amount": [100, 200, 300]})
    300.0
    """
    t = totals(deals, Deal, by, at="closed_at")
    return ratio(t.sum(amount, where=known_customer), t.distinct(customer, where=won))


@metric(Deal, unit="share", better="higher", question="What share of our sales comes from customers we had already?")
def repeat_revenue_share(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Share of won revenue from deals of kind repeat, upsell, cross-sell or renewal.

    $$ \text{repeat share} = \frac{\sum_{\text{won, not new}} \text{amount}}{\sum_{\text{won}} \text{amount}} $$

    The rest is new: of kind new or of no stated kind, so it is 0 where no row states one. Where the CRM states no kind,
    `with_kinds` reads it off the order of each customer's purchases: data without a column `kind` are refused. NaN
    where nothing was won. A bare time key reads `closed_at`.

    >>> repeat_revenue_share({"status": ["won"] * 2, "kind": ["new", "repeat"], "amount": [300, 100]})
    0.25
    """
    t = totals(deals, Deal, by, at="closed_at")
    return ratio(t.sum(amount, where=won_repeat), t.sum(amount, where=won))


@metric(Deal, unit="share", better="higher", question="Of the contracts due for renewal, how many were renewed?")
def renewal_rate(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Share of closed renewal deals that were won.

    $$ \text{renewal rate} = \frac{\text{renewals won}}{\text{renewals won or lost}} $$

    Deals of kind renewal alone: one of no stated kind is none, and data without a column `kind` are refused. NaN where
    none has closed. A bare time key reads `closed_at`.

    >>> renewal_rate({"status": ["won", "lost", "won"], "kind": ["renewal", "renewal", "new"]})
    0.5
    """
    t = totals(deals, Deal, by, at="closed_at")
    renewed = t.count(OfKind("renewal", won))
    return ratio(renewed, renewed + t.count(OfKind("renewal", lost)))


# ---------------------------------------------------------------- those who said no, and may come back


def months_before(day: Instant, months: int) -> Instant:
    """The same day so many months earlier; the last of the month where there is none.

    >>> import datetime as dt
    >>> months_before(dt.date(2024, 8, 31), 6)
    datetime.date(2024, 2, 29)
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return day.replace(year=year, month=month + 1, day=min(day.day, last))
        except (ValueError, OverflowError):
            continue
    raise WrongValue(f"{months} months before {day} is outside the calendar: give fewer months")


def _months(x: object) -> tuple[int, int]:
    if (
        not isinstance(x, tuple)
        or len(x) != 2
        or not all(isinstance(n, int) and not isinstance(n, bool) for n in x)
        or not 0 <= x[0] < x[1]
    ):
        raise WrongValue(f"months={shown(x)}: give the least and the most months since the refusal, (6, 12)")
    return x[0], x[1]


@frozen
class due_for_return(Parametric):  # noqa: N801  # reads as a condition: where(deals, due_for_return(as_of))
    """A condition: deals lost six to twelve months ago, worth another try.

    >>> import datetime as dt
    >>> deals = {"status": ["lost", "lost"], "closed_at": ["2024-01-15", "2024-08-01"]}
    >>> deals_due_for_return(deals, as_of=dt.date(2024, 9, 30))
    1
    """

    as_of: Instant = field(converter=moment)
    months: tuple[int, int] = field(default=(6, 12), converter=_months)

    @property
    def __name__(self) -> str:
        return "due_for_return"

    def of(self, rows: Table[Deal]) -> Flags:
        least, most = self.months
        closed = times(rows, "closed_at")
        old = (closed <= months_before(self.as_of, least)) & (closed > months_before(self.as_of, most))
        flags: Flags = lost(rows) & old
        return flags


@metric(Deal, unit="count", better=None, question="Which of those who said no are worth another try?")
def deals_due_for_return(
    deals: Rows[Deal], *, as_of: Instant, months: tuple[int, int] = (6, 12), by: By = None
) -> Number:
    r"""Number of deals that were lost six to twelve months before `as_of`: long enough ago to ask again.

    $$ \text{due for return} = \left|\{ \text{lost} : \text{as of} - 12\,\text{months} < \text{closed at}
       \le \text{as of} - 6\,\text{months} \}\right| $$

    ``where(deals, due_for_return(as_of))`` lists them. From `months[0]` months to the day, up to `months[1]`, that day
    not included. A bare time key reads `closed_at`.

    >>> import datetime as dt
    >>> lost = {"status": ["lost"] * 3, "closed_at": ["2023-01-15", "2024-01-15", "2024-08-01"]}
    >>> deals_due_for_return(lost, as_of=dt.date(2024, 9, 30))
    1
    """
    return totals(deals, Deal, by, at="closed_at").count(due_for_return(as_of, months))
