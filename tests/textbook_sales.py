"""The metrics of sales as one line each: records in, an exact fraction out, None where undefined."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from textbook import (
    Answer,
    amounts,
    closed,
    day_of,
    days,
    each_day,
    earlier,
    gap,
    inside,
    known,
    labels,
    mean,
    middle,
    months_back,
    of_kind,
    often,
    older,
    products,
    profits,
    share,
    sums_by,
    the,
    total,
)

HALF = Fraction(1, 2)
ADDONS = ("upsell", "cross_sell")
NOT_NEW = ("repeat", *ADDONS, "renewal")
STATES = {"won": ("won",), "open": ("open",), "not_lost": ("won", "open")}
PAPERS = ("proposal", "quote", "document")
MINOR = {None: 100, "RUB": 100, "JPY": 1, "KWD": 1000}


def won_in(period: Any, deals: Iterable[Any]) -> list[Any]:
    return [d for d in the("won", deals) if inside(d.closed_at, period)]


def due_in(period: Any, deals: Iterable[Any]) -> list[Any]:
    return [d for d in the("open", deals) if inside(d.expected_close, period)]


# ---------------------------------------------------------------- won, lost, for how much, how fast


def win_rate(ds: Any, weight: str = "count", overdue_at: Any = None) -> Answer:
    late = [d for d in the("open", ds) if overdue_at is not None and earlier(d.expected_close, overdue_at)]
    measure: Callable[[Any], Any] = len if weight == "count" else amounts
    return share(measure(the("won", ds)), measure(closed(ds) + late))


WINNING: dict[str, Callable[..., Answer]] = {
    "conversion_rate": lambda ds: share(len(the("won", ds)), len(ds)),
    "win_rate": win_rate,
    "loss_rate": lambda ds, basis="closed": share(len(the("lost", ds)), len(closed(ds) if basis == "closed" else ds)),
    "deals_created": len,
    "deals_won": lambda ds: len(the("won", ds)),
    "deals_lost": lambda ds: len(the("lost", ds)),
    "won_revenue": lambda ds: amounts(the("won", ds)),
    "lost_amount": lambda ds: amounts(the("lost", ds)),
    "average_deal_size": lambda ds, of="won": mean(known(d.amount for s in STATES[of] for d in the(s, ds))),
    "median_deal_size": lambda ds: middle(known(d.amount for d in the("won", ds)), HALF),
    "gross_profit": lambda ds: Fraction(sum(profits(ds))),
    "profit_per_created_deal": lambda ds: share(sum(profits(ds)), len(ds)),
    "gross_margin": lambda ds: share(sum(profits(ds)), amounts(d for d in the("won", ds) if d.cost is not None)),
    "average_sales_cycle": lambda ds, **ends: mean(known(days(d, **ends) for d in the("won", ds))),
    "median_sales_cycle": lambda ds, **ends: middle(known(days(d, **ends) for d in the("won", ds)), HALF),
    "sales_cycle_quantile": lambda ds, q=0.5, **ends: middle(
        known(days(d, **ends) for d in the("won", ds)), Fraction(str(q))
    ),
}


def over(limit: Any, deals: Iterable[Any]) -> list[Any]:
    return [d for d in the("won", deals) if d.amount is not None and Fraction(d.amount) > Fraction(str(limit))]


LARGE: dict[str, Callable[..., Answer]] = {
    "large_deals": lambda ds, **o: len(over(o["over"], ds)),
    "large_deal_share": lambda ds, **o: share(len(over(o["over"], ds)), len(known(d.amount for d in the("won", ds)))),
    "large_deal_revenue_share": lambda ds, **o: share(amounts(over(o["over"], ds)), amounts(the("won", ds))),
}

# ---------------------------------------------------------------- leads, add-ons, customers who come back


def lead_conversion_rate(ls: Any, ds: Any, outcome: str = "deal", with_junk: bool = False) -> Answer:
    counted = [x for x in ls if with_junk or x.status != "junk"]
    if outcome == "status":
        return share(sum(x.status == "converted" for x in ls), len(counted))
    led = labels(d.lead for d in ds if outcome == "deal" or d.status == "won")
    return share(sum(x.id in led for x in counted), len(counted))


def attach_rate(xs: Any, product: str | None = None, to: str | None = None) -> Answer:
    main = labels(x.deal for x in xs if (x.product == to if to else x.kind not in ADDONS))
    extra = labels(x.deal for x in xs if (x.product == product if product else x.kind in ADDONS))
    return share(len(main & extra), len(main))


def kinds(kind: str | None) -> tuple[str, ...]:
    return (kind,) if kind else ADDONS


def worth(xs: Any) -> Fraction:
    """Pieces times price; a line that does not say how many is one piece."""
    return Fraction(sum(Fraction(1 if x.quantity is None else x.quantity) * Fraction(x.price or 0) for x in xs))


def added(xs: Any, kind: str | None = None) -> Fraction:
    return worth(of_kind(xs, *kinds(kind)))


def repeat_rate(ds: Any, counting: str = "deals") -> Answer:
    sold = [d for d in the("won", ds) if d.customer is not None]
    buys = {(d.customer, day_of(d.closed_at) if counting == "days" else i) for i, d in enumerate(sold)}
    return share(often((c for c, _ in buys), 2), often((d.customer for d in sold), 1))


def due_for_return(ds: Any, as_of: Any, months: tuple[int, int] = (6, 12)) -> int:
    latest, too_early = (months_back(as_of, n) for n in months)
    return sum(not earlier(latest, d.closed_at) and earlier(too_early, d.closed_at) for d in the("lost", ds))


CUSTOMERS: dict[str, Callable[..., Answer]] = {
    "lead_conversion_rate": lead_conversion_rate,
    "addon_deals": lambda ds, kind=None: len(of_kind(the("won", ds), *kinds(kind))),
    "addon_revenue_share": lambda ds, kind=None: share(
        amounts(of_kind(the("won", ds), *kinds(kind))), amounts(the("won", ds))
    ),
    "addon_customer_share": lambda ds, kind=None: share(
        len(labels(d.customer for d in of_kind(the("won", ds), *kinds(kind)))),
        len(labels(d.customer for d in the("won", ds))),
    ),
    "addon_lines": lambda xs, kind=None: len(of_kind(xs, *kinds(kind))),
    "addon_line_share": lambda xs, kind=None: share(added(xs, kind), worth(xs)),
    "addon_lift": lambda xs: share(added(xs), worth(of_kind(xs, "base", None))),
    "attach_rate": attach_rate,
    "repeat_rate": repeat_rate,
    "revenue_per_customer": lambda ds: share(
        amounts(d for d in the("won", ds) if d.customer is not None), len(labels(d.customer for d in the("won", ds)))
    ),
    "repeat_revenue_share": lambda ds: share(amounts(of_kind(the("won", ds), *NOT_NEW)), amounts(the("won", ds))),
    "renewal_rate": lambda ds: share(len(of_kind(the("won", ds), "renewal")), len(of_kind(closed(ds), "renewal"))),
    "deals_due_for_return": due_for_return,
    "won_back_rate": lambda cs: share(
        len(labels(c.customer for c in cs if c.last_won_at is not None and earlier(c.first_lost_at, c.last_won_at))),
        len(labels(c.customer for c in cs if c.first_lost_at is not None)),
    ),
}

# ---------------------------------------------------------------- effort


def calls(cs: Any, counting: str = "all") -> int:
    return sum({"all": True, "answered": c.answered is True, "linked": c.deal is not None}[counting] for c in cs)


def timed(cs: Any) -> list[Any]:
    return [c for c in cs if isinstance(c.started_at, dt.datetime)]


def hours(cs: Any) -> set[Any]:
    return {(c.manager, str(c.started_at)[:13]) for c in timed(cs)}


def done(xs: Any, kind: str | None = None) -> int:
    return sum(kind in (None, x.kind) for x in xs)


def quoted(xs: Any, deals: Any) -> int:
    return len(labels(x.deal for x in of_kind(xs, "quote")) & {d.id for d in deals})


def waits(xs: Any, kind: str | None = None) -> list[Fraction]:
    return known(gap(x.requested_at, x.at) for x in of_kind(xs, *((kind,) if kind else PAPERS)))


EFFORT: dict[str, Callable[..., Answer]] = {
    "calls_made": calls,
    "calls_per_sale": lambda cs, ds, **o: share(calls(cs, **o), len(the("won", ds))),
    "wins_per_call": lambda cs, ds, **o: share(len(the("won", ds)), calls(cs, **o)),
    "calls_per_hour": lambda cs: share(len(timed(cs)), len(hours(cs))),
    "activities": done,
    "activities_per_sale": lambda xs, ds, kind=None: share(done(xs, kind), len(the("won", ds))),
    "wins_per_activity": lambda xs, ds, kind=None: share(len(the("won", ds)), done(xs, kind)),
    "quote_acceptance_rate": lambda xs, ds: share(quoted(xs, the("won", ds)), quoted(xs, closed(ds))),
    "average_document_time": lambda xs, kind=None: mean(waits(xs, kind)),
    "median_document_time": lambda xs, kind=None: middle(waits(xs, kind), HALF),
}

# ---------------------------------------------------------------- what is open


def velocity(ds: Any) -> Answer:
    size, cycle = WINNING["average_deal_size"](ds), WINNING["average_sales_cycle"](ds)
    rate = win_rate(ds)
    return share(len(the("open", ds)) * rate * size, cycle) if None not in (size, cycle, rate) else None


def stalled(ds: Any, changes: Any, as_of: Any, days: int = 30) -> int:
    known = [c for c in changes if c.deal is not None and c.at is not None and older(c.at, as_of, 0)]
    moved = {c.deal for c in known} - {deal for deal in {c.deal for c in known} if stayed(known, deal, as_of, days)}
    return sum(older(d.created_at, as_of, days) and (d.id is None or d.id not in moved) for d in the("open", ds))


def stayed(known: Any, deal: Any, as_of: Any, days: int) -> bool:
    """Whether all late rows of a deal may lead to one place, where it was last."""
    own = [c for c in known if c.deal == deal]
    old = [c for c in own if older(c.at, as_of, days)]
    went = {(c.pipeline, c.stage) for c in own if not older(c.at, as_of, days)}
    last = max(map(moment_of, old), default=None)
    was = {(c.pipeline, c.stage) for c in old if moment_of(c) == last}
    return not went or (len(went) == 1 and went <= was and all(stage is not None for _, stage in went))


def moment_of(c: Any) -> Any:
    """When a change was, and its number."""
    at = c.at if isinstance(c.at, dt.datetime) else dt.datetime.combine(c.at, dt.time())
    at = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at
    return at, c.seq is None, c.seq or 0


OPEN: dict[str, Callable[..., Answer]] = {
    "open_pipeline": lambda ds: amounts(the("open", ds)),
    "weighted_pipeline": lambda ds: products(the("open", ds), "amount", "probability"),
    "pipeline_velocity": velocity,
    "average_deal_age": lambda ds, as_of: mean(
        [x for x in known(gap(d.created_at, as_of) for d in the("open", ds)) if x >= 0]
    ),
    "overdue_deals": lambda ds, as_of: sum(earlier(d.expected_close, as_of) for d in the("open", ds)),
    "stalled_deals": stalled,
    "average_time_in_stage": lambda xs: mean(known(gap(x.entered_at, x.left_at) for x in xs)),
    "median_time_in_stage": lambda xs: middle(known(gap(x.entered_at, x.left_at) for x in xs), HALF),
}

# ---------------------------------------------------------------- what was expected of us


def part(quota: Any, period: Any) -> Fraction | None:
    """What a period has of a quota, by its days, to the kopeck: what it comes to by its end, less by its start."""
    if period is None or quota.amount is None:
        return quota.amount
    if quota.start is None or quota.end is None:
        return None
    start, end, unit = day_of(quota.start), day_of(quota.end), MINOR[quota.currency]
    days = (end - start).days

    def until(day: dt.date) -> int:
        return round(Fraction(quota.amount) * unit * min(max((day - start).days, 0), days) / max(days, 1))

    return Fraction(until(day_of(period.end)) - until(day_of(period.start)), unit)


def quota(qs: Any, period: Any) -> Fraction:
    return total(part(q, period) for q in qs)


def managers_at_quota(ds: Any, qs: Any, period: Any = None) -> Answer:
    sold = sums_by(won_in(period, ds), lambda d: d.manager, lambda d: d.amount)
    wanted = sums_by(qs, lambda q: q.manager, lambda q: part(q, period))
    have = [m for m, x in wanted.items() if m is not None and x > 0]
    return share(sum(sold[m] >= wanted[m] for m in have), len(have))


def coverage(ds: Any, qs: Any, period: Any) -> Answer:
    left = quota(qs, period) - amounts(won_in(period, ds))
    return share(amounts(due_in(period, ds)), left) if left > 0 else None


def forecast(weight: str, rows: Any) -> Fraction:
    return products(rows, "amount") if weight == "amount" else products(rows, "amount", "probability")


def forecast_error(old: Any, ds: Any, period: Any, weight: str = "probability", per: str = "manager") -> Answer:
    due, came = due_in(period, old), won_in(period, ds)
    misses = [
        forecast(weight, [d for d in due if getattr(d, per) == m]) - amounts(d for d in came if getattr(d, per) == m)
        for m in {getattr(d, per) for d in due + came}
    ]
    return share(sum(map(abs, misses)), amounts(came))


def months(ms: Any, period: Any) -> Fraction:
    """Day by day, each of them a part of its month."""
    there = [(m.hired_at and day_of(m.hired_at), m.left_at and day_of(m.left_at)) for m in ms]
    return Fraction(
        sum(
            Fraction(sum((not a or a <= day) and (not b or day < b) for a, b in there), month_length(day))
            for day in each_day(period)
        )
    )


def month_length(day: Any) -> int:
    return calendar.monthrange(day.year, day.month)[1]


EXPECTED: dict[str, Callable[..., Answer]] = {
    "quota_attainment": lambda ds, qs, period=None: share(amounts(won_in(period, ds)), quota(qs, period)),
    "managers_at_quota": managers_at_quota,
    "pipeline_coverage": coverage,
    "forecast_error": forecast_error,
    "forecast_bias": lambda old, ds, period, weight="probability": share(
        forecast(weight, due_in(period, old)) - amounts(won_in(period, ds)), amounts(won_in(period, ds))
    ),
    "manager_months": months,
    "wins_per_manager_month": lambda ds, ms, period: share(len(won_in(period, ds)), months(ms, period)),
    "revenue_per_manager_month": lambda ds, ms, period: share(amounts(won_in(period, ds)), months(ms, period)),
    "activities_per_manager_month": lambda xs, ms, period, kind=None: share(
        done([x for x in xs if inside(x.at, period)], kind), months(ms, period)
    ),
}

SALES: dict[str, Callable[..., Answer]] = {**WINNING, **LARGE, **CUSTOMERS, **EFFORT, **OPEN, **EXPECTED}
