"""What was sold over a quota is no share of it: it may be above 1, and its limits know no such end."""

from __future__ import annotations

import math
from typing import Any

import pytest

from crm_metrics import change, interval, sales, table
from crm_metrics.records import Deal, Quota

SOLD = [100 + 7 * (i * i % 61) for i in range(200)]


def sold(factor: float, first: int = 0) -> Any:
    rows = [
        Deal(id=first + i, created_at="2024-01-05", status="won", closed_at="2024-02-01", manager="Anna", amount=x)
        for i, x in enumerate(round(factor * x) for x in SOLD)
    ]
    return table(rows, Deal)


def quotas(amount: int) -> Any:
    return table([Quota(manager="Anna", start="2024-01-01", end="2024-04-01", amount=amount)], Quota)


@pytest.mark.parametrize("reached", [0.4, 0.8, 1, 1.3, 2.5])
def test_attainment_is_as_sure_as_the_revenue_however_much_of_the_quota_it_is(reached: float) -> None:
    deals = sold(1)
    revenue = interval(sales.won_revenue, deals)
    quota = round(revenue.value / reached)
    found = interval(sales.quota_attainment, deals, quotas(quota))
    assert found.method == revenue.method == "jackknife, log scale"
    assert (found.low, found.high) == pytest.approx((revenue.low / quota, revenue.high / quota))
    by_manager = interval(sales.quota_attainment, deals, quotas(quota), by="manager")["Anna"]
    assert (by_manager.low, by_manager.high) == pytest.approx((found.low, found.high))


def test_a_change_of_attainment_has_the_limits_of_that_of_the_revenue() -> None:
    before, after, quota = sold(1), sold(1.1, 1000), quotas(20_000)
    found = change(sales.quota_attainment, (before, quota), (after, quota))
    revenue = change(sales.won_revenue, before, after)
    assert found.before > 1 and found.verdict == revenue.verdict
    limits = [(x.low, x.high, x.relative_low, x.relative_high, x.p) for x in (found, revenue)]
    assert limits[0][2:] == pytest.approx(limits[1][2:])
    assert limits[0][:2] == pytest.approx([x / 20_000 for x in limits[1][:2]])


def test_a_share_of_leads_whose_deals_are_looked_up_stays_one() -> None:
    leads = {"id": list(range(60)), "status": ["new"] * 60}
    found = interval(sales.lead_conversion_rate, leads, {"lead": list(range(59)), "status": ["won"] * 59})
    assert found.method == "jackknife, Wilson" and found.high < 1 and not math.isnan(found.low)
