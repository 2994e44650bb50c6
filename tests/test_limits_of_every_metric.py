"""The limits of every metric and every change beside errors that are found another way, by taking rows out.

Groups of units are left out, or units drawn with replacement, by numbers of this file: nothing is hashed, nothing is
added from totals. So limits that are a tenth as wide, or ten times as wide, fail for each metric.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from complete import complete
from laws import METRICS, roles
from strategies import steadies

from crm_metrics import change, interval, table
from crm_metrics._totals.metric import about
from crm_metrics.errors import UnknownName, WrongCall
from crm_metrics.journeys import CustomerDeals, Stay
from crm_metrics.records import Call, Deal, DealLine, Interaction, Lead, Manager, Quota, Spend, StageChange

ROWS = 500
GROUPS = 40
DRAWS = 120
Z = 1.959964  # of 95 %
NEAR = 1.6
"""So far may two estimates of one error be apart: that of 40 groups is itself known to a ninth or so."""

UNIT = {DealLine: "deal", Stay: "deal", CustomerDeals: "customer", Manager: "name"}
"""What is independent, where it is not the row by its id."""
COUNTED = {
    **dict.fromkeys(("cac", "repeat_rate", "revenue_per_customer", "addon_customer_share"), "customer"),
    "quote_acceptance_rate": "deal",
}
"""Of metrics that count customers or deals, these."""
QUANTILES = {"median_deal_size", "median_sales_cycle", "sales_cycle_quantile", "median_time_in_stage",
             "median_document_time"}  # fmt: skip
HAVE_NONE = {
    **dict.fromkeys(("managers_at_quota", "forecast_error", "median_time_to_win"), "has no interval by resampling"),
    "spend_total": "no rows have the unit 'id'",
}
"""Sums by label and times read off a curve have no limits by resampling, and what was spent was spent."""
KEYWORDS: dict[str, dict[str, Any]] = {name: {"over": 1500} for name in METRICS if name.startswith("large_deal")}
"""With something on both sides of it here."""

each_metric = pytest.mark.parametrize("name", sorted(METRICS))


def unit_of(name: str) -> str:
    first = about(METRICS[name]).records[0]
    return COUNTED.get(name) or UNIT.get(first, "id")


@functools.cache
def tables(records: tuple[type, ...], seed: int) -> list[Any]:
    """A quiet company; a record that is read twice has other rows each time."""
    return [table(rows, r) for rows, r in zip(steadies(records, ROWS, seed), records, strict=True)]


def places(labels: list[Any], rng: np.random.Generator) -> dict[Any, int]:
    """A group for each unit, by chance, so that how many rows there are varies too."""
    units = sorted(set(labels))
    return dict(zip(units, rng.integers(0, GROUPS, len(units)), strict=True))


class Rows:
    """The rows of a metric: those that are units, with their labels, and those that are as they are."""

    def __init__(self, name: str, seed: int) -> None:
        self.metric = functools.partial(complete(METRICS[name]), **KEYWORDS.get(name, {}))
        self.records = about(METRICS[name]).records
        self.tables, unit = tables(self.records, seed), unit_of(name)
        grouped = roles(self.metric, self.records)
        self.labels = [
            [t[unit].item(i) for i in range(len(t))] if g and unit in t else None
            for t, g in zip(self.tables, grouped, strict=True)
        ]

    def of(self, rows: Callable[[list[Any]], Any]) -> float:
        """The metric of some of the rows of its units."""
        some = [t if x is None else t.take(rows(x)) for t, x in zip(self.tables, self.labels, strict=True)]
        return float(self.metric(*some))

    def error_without_groups(self, rng: np.random.Generator) -> float:
        """The standard error of the delete-a-group jackknife: Kott (2001), Journal of Official Statistics 17."""
        place = places([x for labels in self.labels if labels for x in labels], rng)
        groups = [np.array([place[x] for x in labels]) if labels else None for labels in self.labels]
        found = []
        for group in range(GROUPS):
            parts = zip(self.tables, groups, strict=True)
            some = [t if g is None else t.take(np.flatnonzero(g != group)) for t, g in parts]
            found.append(float(self.metric(*some)))
        return math.sqrt((GROUPS - 1) / GROUPS * sum((x - np.mean(found)) ** 2 for x in found))

    def error_of_draws(self, rng: np.random.Generator) -> float:
        """The standard error of the bootstrap, for quantiles; each row is a unit."""
        return float(np.std([self.of(lambda labels: rng.integers(0, len(labels), len(labels))) for _ in range(DRAWS)]))

    def error(self, name: str) -> float:
        rng = np.random.default_rng(5)
        return self.error_of_draws(rng) if name in QUANTILES else self.error_without_groups(rng)


@functools.cache
def error(name: str, seed: int) -> float:
    return Rows(name, seed).error(name)


def keywords(name: str) -> dict[str, Any]:
    """The unit, where it has to be said: what a metric counts is its unit, and so is an id."""
    first = about(METRICS[name]).records[0]
    return {"unit": UNIT[first]} if first in UNIT and name not in COUNTED else {}


def is_near(low: float, high: float, wanted: float) -> bool:
    return wanted / NEAR < (high - low) / 2 / Z < wanted * NEAR


@each_metric
def test_limits_are_as_wide_as_the_error_that_taking_rows_out_shows(name: str) -> None:
    rows = Rows(name, 0)
    if name in HAVE_NONE:
        with pytest.raises((WrongCall, UnknownName), match=HAVE_NONE[name]):
            interval(rows.metric, *rows.tables, **keywords(name))
        return
    found = interval(rows.metric, *rows.tables, **keywords(name))
    assert found.low < found.value < found.high and found.value == rows.metric(*rows.tables)
    assert is_near(found.low, found.high, error(name, 0)), f"{found}, and the error is {error(name, 0):g}"


@each_metric
def test_limits_of_a_change_are_those_of_both_sides_together(name: str) -> None:
    before, after = Rows(name, 0), Rows(name, 1)
    sides = [r.tables[0] if len(r.tables) == 1 else tuple(r.tables) for r in (before, after)]
    if name in HAVE_NONE:
        with pytest.raises((WrongCall, UnknownName), match=HAVE_NONE[name]):
            change(before.metric, *sides, **keywords(name))
        return
    found = change(before.metric, *sides, **keywords(name))
    assert found.low < found.difference < found.high
    wanted = math.hypot(error(name, 0), error(name, 1))
    assert is_near(found.low, found.high, wanted), f"{found}, and the error is {wanted:g}"


def test_every_record_is_among_them() -> None:
    read = {r for m in METRICS.values() for r in about(m).records}
    assert read <= {Call, CustomerDeals, Deal, DealLine, Interaction, Lead, Manager, Quota, Spend, StageChange, Stay}
