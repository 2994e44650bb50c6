"""`interval`: a metric's number with its confidence interval."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, overload

import numpy as np
from attrs import frozen

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Group, about, ready
from crm_metrics._totals.totals import Totals
from crm_metrics._uncertainty.distributions import tail
from crm_metrics._uncertainty.estimates import (
    ENOUGH,
    NO_SPREAD,
    TOO_FEW,
    Estimates,
    estimates,
    multiplier,
    of_closed_form,
    of_figures,
    on_paper,
)
from crm_metrics._uncertainty.resampling.buckets import unit_given
from crm_metrics._uncertainty.resampling.replicates import Sides
from crm_metrics._values.breakdown import Breakdown
from crm_metrics._values.exact import Array
from crm_metrics._values.plain import null
from crm_metrics._values.presented import Presented, Shown, beside, group_name, measured
from crm_metrics.errors import in_words


@frozen
class Interval:
    """A number with the limits between which the truth lies with the stated confidence.

    ``n`` is the number of rows behind it, ``method`` how the limits were found, ``unit`` that of the metric. Limits are
    NaN where there is too little data to say, never a zero width.
    """

    value: float
    low: float
    high: float
    n: int
    method: str
    confidence: float = 0.95
    unit: str = "number"

    def __contains__(self, x: float) -> bool:
        return self.low <= x <= self.high

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        value, low, high = measured((self.value, self.low, self.high), self.unit)
        limits = "" if math.isnan(self.low) else f" [{low}, {high}]"
        return f"{value}{limits} (n={self.n:,}, {self.method})"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, null for what is undefined."""
        numbers = {k: null(getattr(self, k)) for k in ("value", "low", "high")}
        return {**numbers, "n": self.n, "method": self.method, "confidence": self.confidence, "unit": self.unit}

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)


class Intervals(Presented, Mapping[Any, Interval]):
    """An interval for each group: a mapping, a table, and arrays ``value``, ``low``, ``high``, ``n``."""

    def __init__(
        self, keys: tuple[Any, ...], names: tuple[str, ...], limits: Limits, confidence: float, metric: str, unit: str
    ) -> None:
        self._keys, self.names, self.confidence, self._limits = keys, names, confidence, limits
        self.metric, self.unit = metric, unit
        self._place = {k: i for i, k in enumerate(keys)}
        self.value, self.low, self.high, self.n = limits.value, limits.low, limits.high, limits.n

    def __getitem__(self, key: Any) -> Interval:
        return self._limits.one(self._place[key], self.confidence, self.unit)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def breakdown(self, part: str = "value") -> Breakdown:
        """One of value, low, high, n by group, to compute with."""
        return Breakdown(self._keys, np.asarray(getattr(self, part), float), names=self.names)

    def about(self) -> dict[str, Any]:
        """The metric, its unit, and the confidence."""
        return {"metric": self.metric, "unit": self.unit, "confidence": self.confidence}

    def to_columns(self) -> dict[str, list[Any]]:
        """Groups, numbers, limits, rows and methods as columns."""
        out: dict[str, list[Any]] = {}
        for part in ("value", "low", "high"):
            out[part] = [null(x) for x in getattr(self, part).tolist()]
        out |= {"n": [int(x) for x in self.n.tolist()], "method": list(self._limits.method)}
        return beside(self._keys, self.names, out)

    def shown(self) -> Shown:
        """A line for each group."""
        rows = []
        for key, one in self.items():
            cells = measured((one.value, one.low, one.high), self.unit)
            rows.append((group_name(key if isinstance(key, tuple) else (key,)), *cells, f"{one.n:,}", one.method))
        sure = f"{100 * self.confidence:g} % sure"
        heads = (" / ".join(self.names), self.metric.replace("_", " "), sure, "", "n", "method")
        return Shown("", heads, tuple(rows))


@frozen(eq=False)
class Limits:
    """Numbers, limits, rows and methods of several groups, as arrays."""

    value: Array
    low: Array
    high: Array
    n: Array
    method: tuple[str, ...]

    def one(self, i: int, confidence: float, unit: str = "number") -> Interval:
        value, low, high = (float(x[i]) for x in (self.value, self.low, self.high))
        return Interval(value, low, high, int(self.n[i]), self.method[i], confidence, unit)


@overload
def interval(
    metric: Any, *rows: Totals, by: None = None, unit: Any = None, confidence: float = 0.95, seed: int = 0
) -> Any: ...
@overload
def interval(
    metric: Any, *rows: Any, by: Group, unit: Any = None, confidence: float = 0.95, seed: int = 0
) -> Intervals: ...
@overload
def interval(
    metric: Any, *rows: Any, by: None = None, unit: Any = None, confidence: float = 0.95, seed: int = 0
) -> Interval: ...
@in_words
def interval(metric: Any, *rows: Any, by: By = None, unit: Any = None, confidence: float = 0.95, seed: int = 0) -> Any:
    r"""A metric's number with its confidence interval; with `by=`, one for each group.

    Rows are independent by `unit`: the customers of a metric that counts different customers, else rows with an id of
    their own; ``unit="customer"`` where several deals of one customer rise and fall together. A row without the unit is
    a unit of its own, known by its id, or by its place where it has none. Records without that field (spend) are taken
    as known. Shares of rows have Wilson's interval, with the effective number of rows where they are clustered, counts
    of independent rows Poisson's; other numbers the jackknife over hashed buckets of units, on the log scale
    where they are positive; medians and quantiles the bootstrap. The result names its method. With the same `seed` it
    is the same on every machine.

    Totals summarized with ``by=(..., bucket(unit))`` have the same interval as their rows. Figures kept on paper
    (`Totals.of`) have one for counts and shares. Raises `UnknownName` where no rows have the unit.

    >>> from crm_metrics import Deal, Totals, sales
    >>> print(interval(sales.conversion_rate, Totals.of(Deal, won=23, created=150)))
    15.3 % [10.4 %, 22.0 %] (n=150, Wilson)
    """
    ready(metric)
    q, unit = tail(confidence), unit_given(unit)
    if any(on_paper(r) for r in rows):
        found = of_figures(metric, rows, by)
    elif closed := of_closed_form(metric, [rows], by, unit):
        [found] = closed
    else:
        sides = Sides(metric, rows, by, unit, seed)
        spread = not sides.is_closed
        found = estimates(sides.replicates(sides.keys(spread=spread), spread=spread), q)
    limits, known = limits_of(found, q), about(metric)
    if found.keys is None:
        return limits.one(0, confidence, known.unit)
    return Intervals(found.keys, found.names, limits, confidence, known.name, known.unit)


def limits_of(found: Estimates, q: float) -> Limits:
    """The limits of each group."""
    low, high = found.limits(multiplier(q, found.df))
    return Limits(found.value, low, high, found.n, found.method)


__all__ = ["ENOUGH", "NO_SPREAD", "TOO_FEW", "Interval", "Intervals", "interval"]
