"""Who sells, and what they are to sell each month."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

from crm_metrics.records import Manager, Quota
from crm_metrics.samples.company import AS_OF, MANAGERS, PAY, PRICE_GROWTH, START
from crm_metrics.samples.days import days, expected_leads, growth, month_ends, roubles, staff
from crm_metrics.samples.draws import Draw
from crm_metrics.samples.truth import expected_revenue

STRETCH = 1.05  # what is asked for, as part of what an average manager should bring in the old way


def managers_of(scale: float) -> list[Manager]:
    """All who ever sold here, and from which day on they do not. Their cost is that of the last month."""
    cost = roubles(PAY * scale * growth(AS_OF, PRICE_GROWTH))
    return [
        Manager(
            name=m.name,
            team=m.showroom,
            hired_at=m.hired,
            left_at=m.left + dt.timedelta(days=1) if m.left < AS_OF else None,
            monthly_cost=cost,
            currency="RUB",
        )
        for m in MANAGERS
    ]


def quotas_of(draw: Draw, scale: float) -> Iterator[Quota]:
    """What each manager was to sell in a month, or in the part of it that they were there."""
    start = START
    for last in month_ends(START):
        month = days(start, last)
        worth = {day: expected_leads(day) * expected_revenue(day) / sum(staff(day).values()) for day in month}
        for m in MANAGERS:
            there = [day for day in worth if m.hired <= day <= m.left]
            ambition = STRETCH * (0.95 + 0.1 * draw())
            if there:
                plan = math.fsum(m.weight * worth[day] for day in there)
                yield Quota(
                    manager=m.name,
                    start=there[0],
                    end=there[-1] + dt.timedelta(days=1),
                    amount=round(plan * scale * ambition / 1000) * 1000,
                    currency="RUB",
                )
        start = last + dt.timedelta(days=1)
