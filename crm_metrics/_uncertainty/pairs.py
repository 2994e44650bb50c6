"""Two numbers compared: the limits of their difference and of their ratio, and how sure it is that they differ."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._uncertainty.distributions import log_difference, newcombe, newcombe_ratio, normal_p, t_p
from crm_metrics._uncertainty.estimates import MOST_DF, Estimates, multiplier
from crm_metrics._uncertainty.resampling.buckets import BUCKETS
from crm_metrics._values.exact import Array

CHANCE = 3.5  # standard errors within which a correlation of resamples is chance, where nobody knows of shared units
FARTHEST = 40.0


def correlation(a: Estimates, b: Estimates, shared: float | None) -> Array:
    """How much the sides rise and fall together over the resamples that they share.

    It is at the most the share of units that are on both sides, for the rest of it is chance; where nobody knows of
    shared units it counts only where chance seldom makes it.
    """
    if shared == 0 or a.resampled is None or b.resampled is None:
        return np.zeros(len(a.value))
    with np.errstate(all="ignore"):
        logs = np.isfinite(a.log + b.log)[:, None] if a.log is not None and b.log is not None else False
        pair = [np.where(logs, np.log(side), side) for side in (a.resampled, b.resampled)]
        x, y = (each - each.mean(axis=1, keepdims=True) for each in pair)
        found = np.nan_to_num((x * y).sum(axis=1) / np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1)))
    if shared is None:
        return np.where(np.abs(found) > CHANCE / math.sqrt(BUCKETS), np.clip(found, -1, 1), 0.0)
    return np.asarray(np.clip(found, -min(shared, 1.0), min(shared, 1.0)))


@frozen(eq=False, slots=False)
class Pair:
    """Two sides, and whatever is asked of both at a multiple `m` of their errors."""

    a: Estimates
    b: Estimates
    correlation: Any

    def limits(self, m: Array, *, ratio: bool = False) -> tuple[Array, Array]:
        """Limits of the difference, or of the ratio."""
        a, b = ((side.value, *side.limits(m)) for side in (self.a, self.b))
        low, high = (newcombe_ratio if ratio else newcombe)(a, b, self.correlation)
        rows = np.flatnonzero(self.on_log)
        if len(rows):
            low[rows], high[rows] = (self._log_ratio if ratio else self._log_difference)(rows, m[rows])
        return low, high

    @functools.cached_property
    def on_log(self) -> Array:
        """Whether both sides are on the log scale, where they are compared as well."""
        if self.a.log is None or self.b.log is None:
            return np.zeros(len(self.a.value), bool)
        return np.asarray(np.isfinite(self.a.log + self.b.log) & self.a.known & self.b.known)

    def _logs(self, rows: Array) -> tuple[Array, Array, Array]:
        """The standard errors of both logarithms, and of their difference."""
        assert self.a.log is not None and self.b.log is not None
        x, y = self.a.log[rows], self.b.log[rows]
        together = 2 * np.broadcast_to(self.correlation, self.a.value.shape)[rows] * x * y
        return x, y, np.sqrt(np.maximum(x * x + y * y - together, 0))

    def _log_ratio(self, rows: Array, m: Array) -> tuple[Array, Array]:
        ratio, far = self.b.value[rows] / self.a.value[rows], np.exp(m * self._logs(rows)[2])
        return ratio / far, ratio * far

    def _log_difference(self, rows: Array, m: Array) -> tuple[Array, Array]:
        x, y, _ = self._logs(rows)
        correlation = np.broadcast_to(self.correlation, self.a.value.shape)[rows]
        return log_difference(self.a.value[rows], self.b.value[rows], (m * x, m * y), correlation)

    def df(self, q: float) -> Array:
        """Welch's degrees of freedom, from the width of each side's limits; of pairs, those of the fewer ones."""
        df: list[Array] = []
        variance: list[Array] = []
        for side in (self.a, self.b):
            low, high = side.limits(multiplier(q, side.df))
            df.append(side.df)
            variance.append((high - low) ** 2)
        with np.errstate(all="ignore"):
            shares = sum(np.where(np.isinf(n), 0, v * v / n) for v, n in zip(variance, df, strict=True))
            out = (variance[0] + variance[1]) ** 2 / shares
        apart = np.where(shares > 0, out, np.where(np.isnan(variance[0] + variance[1]), 1.0, np.inf))
        pairs = np.clip(np.minimum(self.a.units, self.b.units) - 1, 1, MOST_DF)
        return np.where(self.correlation == 0, apart, np.minimum(np.minimum(*df), pairs))

    def touching(self) -> Array:
        """The multiple at which the interval of the difference touches 0."""
        up = self.b.value > self.a.value
        low, high = np.zeros(len(up)), np.full(len(up), FARTHEST)
        for _ in range(48):
            middle = (low + high) / 2
            a, b = ((side.value, *side.limits(middle)) for side in (self.a, self.b))
            ends = newcombe(a, b, self.correlation)
            clear = np.where(up, ends[0] > 0, ends[1] < 0)
            low, high = np.where(clear, middle, low), np.where(clear, high, middle)
        rows = np.flatnonzero(self.on_log)
        if len(rows):
            with np.errstate(all="ignore"):
                low[rows] = np.abs(np.log(self.b.value[rows] / self.a.value[rows])) / self._logs(rows)[2]
        return low


def tail_area(m: Array, df: Array) -> Array:
    """Two-sided tail areas, each with its own degrees of freedom."""
    return np.array(
        [
            float(t_p(np.array([x]), n)[0] if n < np.inf else normal_p(np.array([x]))[0])
            for x, n in zip(m.tolist(), df.tolist(), strict=True)
        ]
    )
