"""What a user may write: mypy --strict finds nothing wrong here, and knows every result by its type."""

from __future__ import annotations

import datetime as dt
import functools
from decimal import Decimal
from typing import Any, assert_type

from crm_metrics import (
    Breakdown,
    Call,
    Change,
    Changes,
    Deal,
    Interval,
    Intervals,
    Spend,
    Table,
    Totals,
    change,
    interval,
    marketing,
    metric,
    month,
    quarter,
    ratio,
    roi,
    sales,
    summarize,
    table,
    totals,
    via,
    where,
)
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows
from crm_metrics._values.breakdown import Number

# Records take what their converters take: text, numbers, dates.
deals = [
    Deal(id=1, created_at="2017-01-05", status="won", closed_at=dt.date(2017, 2, 1), amount="3"),
    Deal(id="2", created_at=dt.datetime(2017, 1, 6, 12), status="open", amount=3.5, probability=Decimal("0.5")),
]
spend = [Spend(at="2017-01-01", amount=1000, channel="search")]
assert_type(deals[0].amount, Decimal | None)

# One function: a float over all rows, a Breakdown by a key.
assert_type(sales.win_rate(deals), float)
assert_type(sales.win_rate(deals, by="manager"), Breakdown)
assert_type(sales.win_rate(deals, by=month("closed_at")), Breakdown)
assert_type(sales.win_rate(deals, by=month), Breakdown)
assert_type(sales.win_rate(deals, by=("manager", month("closed_at"))), Breakdown)
assert_type(sales.sales_cycle_quantile(deals, q=0.9), float)
assert_type(sales.sales_cycle_quantile(deals, q=0.9, by="manager"), Breakdown)
assert_type(marketing.cac(spend, deals), float)
assert_type(marketing.cac(spend, deals, by="channel"), Breakdown)
assert_type(marketing.spend_total(spend, by=month), Breakdown)
assert_type(roi.roi(gain=75_000, cost=12_000), float)

# Any rows: a tuple, a generator, a mapping of columns, a table, a part of a table.
assert_type(sales.win_rate(tuple(deals)), float)
assert_type(sales.win_rate(deal for deal in deals), float)
assert_type(sales.win_rate({"status": ["won"], "id": [1]}), float)
assert_type(table(deals, Deal), Table[Deal])
assert_type(sales.win_rate(table(deals, Deal)), float)
assert_type(sales.win_rate(where(table(deals, Deal), manager="Anna", closed_at=quarter("2017Q2"))), float)
assert_type(sales.win_rate(table({"id": [1]}, Deal, columns={"id": "No"}), by="manager"), Breakdown)
teams = table({"manager": ["Anna"], "team": ["North"]}, Deal)
assert_type(sales.win_rate(deals, by=via(teams, "team", on="manager")), Breakdown)


# A breakdown is a mapping, and computes.
by_manager = sales.win_rate(deals, by="manager")
assert_type(by_manager["Anna"], float)
above: Breakdown = by_manager - sales.win_rate(deals)
assert_type(by_manager.to_dict(), dict[Any, float | None])
names = [str(name) for name, rate in by_manager.items() if rate > 0.5]


# A subclass of a record is a record.
class CarDeal(Deal):
    """A deal of a dealership."""


cars = [CarDeal(id=1, created_at="2017-01-05", status="open")]
assert_type(sales.win_rate(cars), float)
assert_type(sales.win_rate(table(cars, CarDeal), by="manager"), Breakdown)


# A metric of one's own has the same types.
def large(d: Table[Deal]) -> Any:
    """Deals above a thousand."""
    return d.amount > 1000


@metric(Deal, unit="share", better="higher")
def share_of_large(deals: Rows[Deal], *, least: int = 0, by: By = None) -> Number:
    """Share of deals that are large."""
    t = totals(deals, Deal, by)
    return ratio(t.count(large), t.count())


# Limits and changes are one, or one for each group.
assert_type(interval(sales.win_rate, deals), Interval)
assert_type(interval(sales.win_rate, deals, by="manager"), Intervals)
assert_type(interval(marketing.cac, spend, deals, by=("channel", month), confidence=0.9).names, tuple[str, ...])
assert_type(change(sales.win_rate, deals, deals), Change)
assert_type(change(marketing.cac, (spend, deals), (spend, deals), by="channel"), Changes)
assert_type(change(sales.win_rate, deals, deals).low, float)
assert_type(summarize(sales.win_rate, deals), Totals)
assert_type(summarize([marketing.cac], spend, deals, by="channel"), tuple[Totals, ...])

assert_type(share_of_large(deals), float)
assert_type(share_of_large(deals, by="manager", least=1), Breakdown)


@metric(Deal, Spend, Call, unit="number")
def of_three(deals: Rows[Deal], spend: Rows[Spend], calls: Rows[Call], *, by: By = None) -> Number:
    """A metric of three records has these types too."""
    return ratio(totals(deals, Deal, by).count() + totals(spend, Spend, by).count(), totals(calls, Call, by).count())


assert_type(of_three(deals, spend, {"id": [1]}), float)
assert_type(of_three(deals, spend, [], by="channel"), Breakdown)
p90 = functools.partial(sales.sales_cycle_quantile, q=0.9)
