"""Do 95 % intervals hold the truth for every kind of number: durations, customers, quotas, calls, lines, curves?

    python -m benchmarks.kinds [--runs 4000] [--only quota]

Beside `benchmarks.truth`, which is about shares and amounts of deals: every run is a company drawn anew, and one group
of a single ``interval(metric, *rows, by="run")``. Each kind says how its rows are drawn and what is true of them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
from collections.abc import Callable, Mapping
from functools import partial
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
from attrs import frozen

from benchmarks.truth import MEAN_AMOUNT, MEAN_LOG, PER_CUSTOMER, SIGMA, P, batches, head, line
from crm_metrics import Call, Deal, DealLine, Interaction, Lead, Manager, Period, Quota, Spend, marketing, sales, table
from crm_metrics._uncertainty.interval import interval

SIZES = (50, 200, 1000)
START = np.datetime64("2024-01-01", "us")
DAY = 86_400_000_000
PERIOD = Period(dt.date(2024, 1, 1), dt.date(2026, 1, 1))  # all that is drawn lies in it

Array: TypeAlias = Any
Rng: TypeAlias = np.random.Generator
Tables: TypeAlias = tuple[Any, ...]


@frozen
class Kind:
    """A metric, how the rows of so many companies of size n are drawn, what is true, and what is independent."""

    metric: Any
    rows: Callable[[Rng, int, int], Tables]
    truth: Callable[[int], float]
    unit: str | None = None


# ---------------------------------------------------------------- what rows are made of


def companies(rng: Rng, runs: int, n: float) -> Array:
    """The run of each row: n of each on average, by chance."""
    return np.repeat(np.arange(runs), rng.poisson(n, runs))


CYCLE_LOG, CYCLE_SIGMA = 3.0, 0.8  # days
MEAN_CYCLE = math.exp(CYCLE_LOG + CYCLE_SIGMA**2 / 2)


def days(rng: Rng, rows: int) -> Array:
    """How long something took."""
    return np.exp(rng.normal(CYCLE_LOG, CYCLE_SIGMA, rows))


def after(start: Array, days: Array) -> Array:
    """The times so many days later."""
    return start + (days * DAY).astype("m8[us]")


def amounts(rng: Rng, rows: int) -> Array:
    """Log-normal, in kopecks."""
    return np.round(np.exp(rng.normal(MEAN_LOG, SIGMA, rows)), 2)


def ended_deals(rng: Rng, runs: int, n: float) -> dict[str, Any]:
    """Deals that were won or lost."""
    return _ended(rng, companies(rng, runs, n))


def _ended(rng: Rng, run: Array) -> dict[str, Any]:
    created = after(np.full(len(run), START), rng.uniform(0, 30, len(run)))
    return {
        "id": np.arange(len(run)),
        "status": np.where(rng.random(len(run)) < P, "won", "lost"),
        "created_at": created,
        "closed_at": after(created, days(rng, len(run))),
        "amount": amounts(rng, len(run)),
        "run": run,
    }


def deals(rng: Rng, runs: int, n: int) -> Tables:
    """The same as a table."""
    return (table(ended_deals(rng, runs, n), Deal),)


def of_customers(rng: Rng, runs: int, n: int) -> Tables:
    """Deals of customers who bring `PER_CUSTOMER` each; how many customers there are is chance."""
    run = companies(rng, runs, n / PER_CUSTOMER)
    rows = _ended(rng, np.repeat(run, PER_CUSTOMER))
    return (table(rows | {"customer": np.repeat(np.arange(len(run)), PER_CUSTOMER)}, Deal),)


OPEN = 0.5


def half_open(rng: Rng, runs: int, n: int) -> Tables:
    """Deals of which half are open, to be closed in the period, with a chance of one in two on average."""
    rows = ended_deals(rng, runs, n)
    opened = rng.random(len(rows["id"])) < OPEN
    rows["status"] = np.where(opened, "open", rows["status"])
    rows["closed_at"] = np.where(opened, np.datetime64("NaT"), rows["closed_at"])
    rows["expected_close"] = np.full(len(opened), np.datetime64("2024-12-01", "us"))
    rows["probability"] = np.round(rng.random(len(opened)), 2)
    return (table(rows, Deal),)


def with_one(record: type[Any], fields: Callable[[int], Mapping[str, Any]], make: Any = deals) -> Any:
    """Such deals, and one row of another record for each company, known exactly."""

    def rows(rng: Rng, runs: int, n: int) -> Tables:
        columns = {name: [x] * runs for name, x in fields(n).items()}
        return (*make(rng, runs, n), table({**columns, "run": np.arange(runs)}, record))

    return rows


# ---------------------------------------------------------------- other records


def spend_and_deals(rng: Rng, runs: int, n: int) -> Tables:
    """100 spent for each deal."""
    made, spent = with_one(
        Spend, lambda n: {"at": PERIOD.start, "amount": 100 * n, "kind": "acquisition"}, of_customers
    )(rng, runs, n)
    return spent, made


CALLS = 3


def calls_and_deals(rng: Rng, runs: int, n: int) -> Tables:
    """`CALLS` calls for each deal, whatever comes of them."""
    run = companies(rng, runs, CALLS * n)
    at = after(np.full(len(run), START), rng.uniform(0, 30, len(run)))
    return table({"id": np.arange(len(run)), "started_at": at, "run": run}, Call), *deals(rng, runs, n)


def calls(rng: Rng, runs: int, n: int) -> Tables:
    """Calls in any of n / 2 hours."""
    run = companies(rng, runs, n)
    at = START + (rng.integers(0, n // 2, len(run)) * 3600).astype("m8[s]").astype("m8[us]")
    return (table({"id": np.arange(len(run)), "started_at": at, "manager": ["Anna"] * len(run), "run": run}, Call),)


def quotes_and_deals(rng: Rng, runs: int, n: int) -> Tables:
    """Up to two quotes for each deal."""
    rows = ended_deals(rng, runs, n)
    of = np.repeat(rows["id"], rng.integers(0, 3, len(rows["id"])))
    quotes = {
        "id": np.arange(len(of)),
        "deal": of,
        "at": np.full(len(of), START),
        "kind": ["quote"] * len(of),
        "run": rows["run"][of],
    }
    return table(quotes, Interaction), table(rows, Deal)


def documents(rng: Rng, runs: int, n: int) -> Tables:
    """Quotes with the time of the request."""
    run = companies(rng, runs, n)
    asked = after(np.full(len(run), START), rng.uniform(0, 30, len(run)))
    rows: dict[str, Any] = {
        "kind": ["quote"] * len(run),
        "requested_at": asked,
        "at": after(asked, days(rng, len(run))),
    }
    return (table({"id": np.arange(len(run)), **rows, "run": run}, Interaction),)


CONVERTED = 0.3


def leads_and_deals(rng: Rng, runs: int, n: int) -> Tables:
    """Leads, some of them with a deal or two."""
    run = companies(rng, runs, n)
    ids = np.arange(len(run))
    of = np.repeat(ids, (rng.random(len(run)) < CONVERTED) * rng.integers(1, 3, len(run)))
    made = {
        "id": np.arange(len(of)),
        "lead": of,
        "created_at": np.full(len(of), START),
        "status": ["open"] * len(of),
        "run": run[of],
    }
    return table(
        {"id": ids, "created_at": np.full(len(ids), START), "status": ["new"] * len(ids), "run": run}, Lead
    ), table(made, Deal)


ATTACHED = 0.3


def lines(rng: Rng, runs: int, n: int) -> Tables:
    """A base line for each deal, beside some of them one that adds as much on average."""
    run = companies(rng, runs, n)
    ids = np.arange(len(run))
    extra = ids[rng.random(len(run)) < ATTACHED]
    kinds = ["base"] * len(ids) + ["cross_sell"] * len(extra)
    of = np.concatenate([ids, extra])
    return (table({"deal": of, "kind": kinds, "price": amounts(rng, len(of)), "run": run[of]}, DealLine),)


SEEN = 120


def seen_in_part(rng: Rng, runs: int, n: int) -> Tables:
    """Deals that came in over `SEEN` days up to the end of the data; those that last beyond it are open."""
    run = companies(rng, runs, n)
    came = after(np.full(len(run), START), rng.uniform(0, SEEN, len(run)))
    closed = after(came, days(rng, len(run)))
    over = closed <= START + np.timedelta64(SEEN, "D")
    status = np.where(over, np.where(rng.random(len(run)) < P, "won", "lost"), "open")
    ends = np.where(over, closed, np.datetime64("NaT"))
    return (
        table({"id": np.arange(len(run)), "created_at": came, "closed_at": ends, "status": status, "run": run}, Deal),
    )


# ---------------------------------------------------------------- each kind, and its truth

NORMAL = NormalDist()
BUY = 1 - (1 - P) ** PER_CUSTOMER
"""Of customers, those who buy."""
ONCE = PER_CUSTOMER * P * (1 - P) ** (PER_CUSTOMER - 1)
QUOTA_OF = 0.8
WITHIN = 60
LATER = (math.log(WITHIN) - CYCLE_LOG) / CYCLE_SIGMA
MEAN_WITHIN = MEAN_CYCLE * NORMAL.cdf(LATER - CYCLE_SIGMA) + WITHIN * (1 - NORMAL.cdf(LATER))
SEEN_UNTIL = {"days": WITHIN, "as_of": dt.datetime(2024, 1, 1) + dt.timedelta(days=SEEN)}


def _quota(n: int) -> dict[str, Any]:
    return {
        "manager": "Anna",
        "amount": round(n * P * MEAN_AMOUNT / QUOTA_OF, 2),
        "start": PERIOD.start,
        "end": PERIOD.end,
    }


KINDS: Mapping[str, Kind] = {
    "count (deals won)": Kind(sales.deals_won, deals, lambda n: n * P),
    "count that the customers make": Kind(sales.deals_won, of_customers, lambda n: n * P, "customer"),
    "mean days (sales cycle)": Kind(sales.average_sales_cycle, deals, lambda n: MEAN_CYCLE),
    "median days": Kind(sales.median_sales_cycle, deals, lambda n: math.exp(CYCLE_LOG)),
    "days of nine in ten (a quantile)": Kind(
        partial(sales.sales_cycle_quantile, q=0.9), deals,
        lambda n: math.exp(CYCLE_LOG + CYCLE_SIGMA * NORMAL.inv_cdf(0.9)),
    ),
    "customers who buy again": Kind(sales.repeat_rate, of_customers, lambda n: 1 - ONCE / BUY),
    "revenue per customer": Kind(
        sales.revenue_per_customer, of_customers, lambda n: PER_CUSTOMER * P * MEAN_AMOUNT / BUY
    ),
    "cost of a customer (cac)": Kind(marketing.cac, spend_and_deals, lambda n: 100 * PER_CUSTOMER / BUY),
    "two records (calls per sale)": Kind(sales.calls_per_sale, calls_and_deals, lambda n: CALLS / P),
    "calls per hour": Kind(sales.calls_per_hour, calls, lambda n: n / (n // 2) / (1 - math.exp(-n / (n // 2)))),
    "wins per manager-month": Kind(
        partial(sales.wins_per_manager_month, period=PERIOD),
        with_one(Manager, lambda n: {"name": "Anna"}), lambda n: n * P / 24,
    ),
    "quota attainment": Kind(sales.quota_attainment, with_one(Quota, _quota), lambda n: QUOTA_OF),
    "pipeline coverage": Kind(
        partial(sales.pipeline_coverage, period=PERIOD), with_one(Quota, _quota, half_open),
        lambda n: OPEN / (P / QUOTA_OF - P * (1 - OPEN)),
    ),
    "deals with a quote, won": Kind(sales.quote_acceptance_rate, quotes_and_deals, lambda n: P),
    "days until a document": Kind(sales.average_document_time, documents, lambda n: MEAN_CYCLE),
    "leads that become deals": Kind(sales.lead_conversion_rate, leads_and_deals, lambda n: CONVERTED),
    "deals with an add-on (lines)": Kind(sales.attach_rate, lines, lambda n: ATTACHED, "deal"),
    "lift of add-ons (lines)": Kind(sales.addon_lift, lines, lambda n: ATTACHED, "deal"),
    "weighted pipeline": Kind(sales.weighted_pipeline, half_open, lambda n: n * OPEN * 0.5 * MEAN_AMOUNT),
    "velocity (four numbers in one)": Kind(
        sales.pipeline_velocity, half_open, lambda n: n * OPEN * P * MEAN_AMOUNT / MEAN_CYCLE
    ),
    "won within 60 days (a curve)": Kind(
        partial(sales.win_rate_by, **SEEN_UNTIL), seen_in_part, lambda n: P * NORMAL.cdf(LATER)
    ),
    "mean days open within 60 (a curve)": Kind(
        partial(sales.mean_days_open, **SEEN_UNTIL), seen_in_part, lambda n: MEAN_WITHIN
    ),
}  # fmt: skip


def held(kind: Kind, n: int, runs: int, seed: int) -> tuple[float, float]:
    """The share of intervals that hold the truth, and of companies with too little data for any."""
    truth, hits, found = kind.truth(n), 0, 0
    for batch, size in batches(runs, n):
        rows = kind.rows(np.random.default_rng([seed, batch]), size, n)
        limits = interval(kind.metric, *rows, by="run", unit=kind.unit)
        hits += int(((limits.low <= truth) & (truth <= limits.high)).sum())
        found += int((~np.isnan(limits.low)).sum())
    return hits / found if found else math.nan, 1 - found / runs


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000, help="companies drawn for each cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    args = parser.parse_args()
    print(f"Coverage of 95 % intervals, {args.runs} runs a cell; * misses by more than three Monte Carlo errors\n")
    print(f"{'each kind of number':36}" + head(SIZES))
    for name, kind in KINDS.items():
        if args.only in name:
            line(name, [held(kind, n, args.runs, args.seed)[0] for n in SIZES], args.runs)


if __name__ == "__main__":
    main()
