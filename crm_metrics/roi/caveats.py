"""What an evaluation cannot show, in sentences that stand beside its numbers."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

from crm_metrics._company.costs import Outlays, months_later
from crm_metrics._company.crm import CRM
from crm_metrics._tables.where import duplicates
from crm_metrics.roi.fairness import Fair


def seen(crm: CRM, horizon: int) -> int:
    """The months of the horizon that are over."""
    assert crm.go_live is not None and crm.last_day is not None
    return sum(months_later(crm.go_live, n) <= crm.last_day + dt.timedelta(days=1) for n in range(1, horizon + 1))


def of_comparison(crm: CRM, parts: Fair, horizon: int) -> list[str]:
    """What the comparison leaves out, or puts in that is not of the CRM."""
    assert crm.go_live is not None
    limits = [text[:1].upper() + text[1:] + "." for text in parts.not_done]
    limits.append("Volume: only what a deal brings is compared; that more (or fewer) came in is not credited.")
    compared = parts.periods[1]
    first, end = crm.go_live + dt.timedelta(weeks=parts.ramp_weeks), months_later(crm.go_live, horizon)
    if _months(first, end) - _months(compared.start, compared.end):
        n = f"the {parts.months} months" if parts.months > 1 else "the month"
        limits.append(f"Months: a month is taken to bring as many deals as {n} compared; other months may not.")
    limits.append("Recording: if deals are noted now that went unnoticed before, each of them looks poorer.")
    if weeks := parts.ramp_weeks:
        while_learning = f"first {weeks} weeks count" if weeks > 1 else "first week counts"
        limits.append(f"Learning: the {while_learning} as no gain; sales lost while learning are not counted.")
    return [*limits, *double_ids(crm.deals)]


def double_ids(deals: Any) -> Iterator[str]:
    """That ids of deals are there more than once, in a sentence."""
    if deals is None or "id" not in deals or not (twice := duplicates(deals)):
        return
    rows = sum(twice.values()) - len(twice)
    times = "1 id of deals occurs" if len(twice) == 1 else f"{len(twice):,} ids of deals occur"
    yield f"{times} twice or more: {rows:,} row{'s' * (rows != 1)} more than deals. Each row counts."


def _months(first: dt.date, end: dt.date) -> set[int]:
    """The months of the year that begin on the first day or later, and before the end."""
    start = first.year * 12 + first.month - 1 + (first.day > 1)
    return {n % 12 for n in range(start, end.year * 12 + end.month - 1 + (end.day > 1))}


def of_costs(paid: Outlays, currency: str) -> list[str]:
    """What is said of costs after the last one that is given."""
    if paid.ended >= paid.horizon:
        return []
    after = f"none are given after {paid.last}"
    if paid.monthly and paid.known < paid.horizon:
        goes_on = f"{short_number(paid.monthly)} {currency}".rstrip()
        return [f"Costs of the CRM: {after}; what was paid more than once goes on, {goes_on} a month."]
    if paid.endless:
        return [f"Costs of the CRM: of those without every=, {after}; they count as 0."] if paid.returning else []
    return [f"Costs of the CRM: {after}; they count as 0."]


def of_future(crm: CRM, horizon: int) -> list[str]:
    """That a part of the horizon is still to come."""
    left = horizon - seen(crm, horizon)
    return [f"Future: {left} of the {horizon} months are not over; the gain is taken to go on."] if left else []


def short_number(x: float) -> str:
    """A number in few characters."""
    return "-" if math.isnan(x) else f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.3g}"
