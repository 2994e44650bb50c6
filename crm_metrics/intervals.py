"""`interval`: a metric's number with its confidence interval."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics.breakdown import Breakdown
from crm_metrics.distributions import normal_quantile, poisson, t_quantile, tail, wilson
from crm_metrics.errors import WrongCall, WrongValue, listed
from crm_metrics.exact import Array
from crm_metrics.groups import By
from crm_metrics.kernel import Ask, Totals
from crm_metrics.registry import about
from crm_metrics.replicates import BUCKETS, Replicates, Sides, weights

ENOUGH = 10
NOTED = 0.75  # below this share of the rows, clustering is named in the method
TOO_FEW = "too little data"
NO_SPREAD = "no spread in the data"


@frozen
class Interval:
    """A number with the limits between which the truth lies with the stated confidence.

    ``n`` is the number of rows behind it, ``method`` how the limits were found. Limits are NaN where there is too
    little data to say, never a zero width.
    """

    value: float
    low: float
    high: float
    n: int
    method: str
    confidence: float = 0.95

    def __contains__(self, x: float) -> bool:
        return self.low <= x <= self.high

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}] (n={self.n}, {self.method})"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, null for what is undefined."""
        numbers = {k: _null(getattr(self, k)) for k in ("value", "low", "high")}
        return {**numbers, "n": self.n, "method": self.method, "confidence": self.confidence}


class Intervals(Mapping[Any, Interval]):
    """An interval for each group: a mapping, and arrays ``value``, ``low``, ``high``, ``n``."""

    def __init__(self, keys: tuple[Any, ...], names: tuple[str, ...], limits: Limits, confidence: float) -> None:
        self._keys, self.names, self.confidence, self._limits = keys, names, confidence, limits
        self._place = {k: i for i, k in enumerate(keys)}
        self.value, self.low, self.high, self.n = limits.value, limits.low, limits.high, limits.n

    def __getitem__(self, key: Any) -> Interval:
        return self._limits.one(self._place[key], self.confidence)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def breakdown(self, part: str = "value") -> Breakdown:
        """One of value, low, high, n by group, to compute with."""
        return Breakdown(self._keys, np.asarray(getattr(self, part), float), names=self.names)

    def to_columns(self) -> dict[str, list[Any]]:
        """Groups, numbers, limits, rows and methods as columns."""
        out = self.breakdown().to_columns()
        for part in ("low", "high"):
            out[part] = [_null(x) for x in getattr(self, part).tolist()]
        return {**out, "n": [int(x) for x in self.n.tolist()], "method": list(self._limits.method)}

    def to_dict(self) -> dict[Any, dict[str, Any]]:
        """Each group's interval as plain data."""
        return {k: v.to_dict() for k, v in self.items()}

    def to_pandas(self) -> Any:
        """A pandas DataFrame."""
        import pandas

        return pandas.DataFrame(self.to_columns())

    def to_polars(self) -> Any:
        """A polars DataFrame."""
        import polars

        return polars.DataFrame(self.to_columns(), strict=False)

    def __repr__(self) -> str:
        rows = [f"{k!r}: {self[k]}" for k in self._keys[:20]]
        more = [f"... and {len(self) - 20} more groups"] if len(self) > 20 else []
        return "Intervals({" + ", ".join(rows + more) + "})"

    def _repr_html_(self) -> str:
        columns = self.to_columns()
        head = "".join(f"<th>{html.escape(str(n))}</th>" for n in columns)
        rows = list(zip(*columns.values(), strict=True))[:40]
        cells = ("".join(f"<td>{_cell(x)}</td>" for x in row) for row in rows)
        return f"<table><tr>{head}</tr>{''.join(f'<tr>{c}</tr>' for c in cells)}</table>"


@frozen(eq=False)
class Limits:
    """Numbers, limits, rows and methods of several groups, as arrays."""

    value: Array
    low: Array
    high: Array
    n: Array
    method: tuple[str, ...]

    def one(self, i: int, confidence: float) -> Interval:
        value, low, high = (float(x[i]) for x in (self.value, self.low, self.high))
        return Interval(value, low, high, int(self.n[i]), self.method[i], confidence)


def _null(x: float) -> float | None:
    return None if math.isnan(x) else float(x)


def _cell(x: Any) -> str:
    return "" if x is None else f"{x:g}" if isinstance(x, float) else html.escape(str(x))


def interval(metric: Any, *rows: Any, by: By = None, unit: str = "id", confidence: float = 0.95, seed: int = 0) -> Any:
    r"""A metric's number with its confidence interval; with `by=`, one for each group.

    Rows are independent by `unit`: deals by default, ``unit="customer"`` where several deals of one customer rise and
    fall together. Records without that field (spend) are taken as known. Shares of rows have Wilson's interval,
    with the effective number of rows where they are clustered; other numbers the jackknife over hashed
    buckets of units, on the log scale where they are positive; medians and quantiles the bootstrap. The result names
    its method. With the same `seed` it is the same on every machine.

    Totals summarized with ``by=(..., bucket(unit))`` have the same interval as their rows. Figures kept on paper
    (`Totals.of`) have one for counts and shares.

    >>> from crm_metrics import Deal, Totals, sales
    >>> print(interval(sales.conversion_rate, Totals.of(Deal, won=23, created=150)))
    0.1533 [0.1044, 0.2196] (n=150, Wilson)
    """
    q = tail(confidence)
    if any(_on_paper(r) for r in rows):
        return _of_figures(metric, rows, by, q, confidence)
    sides = Sides(metric, rows, by, unit, seed)
    found = sides.replicates(sides.keys, weights(seed) if sides.has_quantile else None)
    limits = limits_of(found, q)
    return limits.one(0, confidence) if found.keys is None else Intervals(found.keys, found.names, limits, confidence)


def limits_of(r: Replicates, q: float) -> Limits:
    """The limits of each group, by the method that suits the number."""
    if r.proportion:
        return _shares(r, normal_quantile(q))
    low, high, on_log = _bootstrap(r, q) if not r.jackknife else _jackknife(r, q)
    few, flat = r.units < ENOUGH, ~(high - low > 1e-9 * np.abs(r.value))  # all but the noise of floats
    method = [("jackknife" if r.jackknife else "bootstrap") + (", log scale" if log else "") for log in on_log]
    method = [TOO_FEW if a else NO_SPREAD if b else m for a, b, m in zip(few, flat, method, strict=True)]
    unknown = few | flat
    return Limits(r.value, np.where(unknown, np.nan, low), np.where(unknown, np.nan, high), r.n, tuple(method))


def spread(x: Array) -> Array:
    """The standard error of a number from its delete-one-bucket replicates, per group."""
    with np.errstate(all="ignore"):
        squares: Array = ((x - x.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        return np.sqrt((BUCKETS - 1) / BUCKETS * squares)


def multiplier(q: float, df: Array) -> Array:
    """Student's t for as many degrees of freedom as there are units that vary, at the most one fewer than buckets."""
    by_df = {n: t_quantile(q, min(max(n, 1), BUCKETS - 1)) for n in set(df.tolist())}
    return np.array([by_df[n] for n in df.tolist()])


def deviation(x: Array) -> Array:
    """The standard error of a number from its bootstrap resamples, per group."""
    known = ~np.isnan(x)
    n = known.sum(axis=1)
    with np.errstate(all="ignore"):
        filled = np.where(known, x, 0.0)
        squares = np.where(known, (x - (filled.sum(axis=1) / n)[:, None]) ** 2, 0.0)
        out: Array = np.sqrt(squares.sum(axis=1) / n)
    return out


def effective_rows(r: Replicates) -> Array:
    """Rows that would give a share its standard error if they were independent; never more than there are."""
    se = spread(r.resampled)
    with np.errstate(all="ignore"):
        n = r.value * (1 - r.value) / se**2
    return np.where((se > 0) & (n < r.n), n, r.n)


def _shares(r: Replicates, z: float) -> Limits:
    n = effective_rows(r)
    low, high = wilson(r.value, n, z)
    method = [
        "Wilson" if few >= NOTED * all_rows else "Wilson, clustered" for few, all_rows in zip(n, r.n, strict=True)
    ]
    return Limits(
        r.value, low, high, r.n, tuple(TOO_FEW if not rows else m for m, rows in zip(method, r.n, strict=True))
    )


def _jackknife(r: Replicates, q: float) -> tuple[Array, Array, Array]:
    t = multiplier(q, r.units - 1)
    on_log = (r.value > 0) & (r.resampled > 0).all(axis=1)
    with np.errstate(all="ignore"):
        plain, log = spread(r.resampled), spread(np.log(np.where(on_log[:, None], r.resampled, 1)))
        low = np.where(on_log, r.value * np.exp(-t * log), r.value - t * plain)
        high = np.where(on_log, r.value * np.exp(t * log), r.value + t * plain)
    return low, high, on_log


def _bootstrap(r: Replicates, q: float) -> tuple[Array, Array, Array]:
    known = np.flatnonzero(~np.isnan(r.resampled).all(axis=1))
    low, high = np.full(len(r.value), np.nan), np.full(len(r.value), np.nan)
    if len(known):
        low[known], high[known] = np.nanquantile(r.resampled[known], [1 - q, q], axis=1)
    return low, high, np.zeros(len(r.value), bool)


# ---------------------------------------------------------------- figures on paper


def _on_paper(rows: Any) -> bool:
    return isinstance(rows, Totals) and rows.source is None and any(isinstance(k, str) for k in rows.entries)


def _of_figures(metric: Any, rows: tuple[Any, ...], by: By, q: float, confidence: float) -> Interval:
    if by is not None:
        raise WrongCall("figures on paper have no groups: leave by= out")
    fresh = [Totals(r.record, r.keys, r.entries, r.names) if isinstance(r, Totals) else r for r in rows]
    value = float(metric(*fresh))
    asks: list[Ask] = [ask for t in fresh if isinstance(t, Totals) for ask in t.asked]
    if {ask.kind for ask in asks} != {"count"} or len(fresh) > 1:
        raise WrongCall(
            f"{about(metric).name} needs how amounts spread, which sums on paper do not tell: "
            "give the rows, or a metric of counts and shares"
        )
    z = normal_quantile(q)
    counts = [float(np.asarray(fresh[0].count(ask.where))) for ask in asks]
    if len(counts) == 1:
        low, high = (float(x) for x in poisson(counts[0], z))
        return Interval(value, low, high, int(counts[0]), "Poisson", confidence)
    n = max(counts)
    if about(metric).unit != "share" or min(counts) > n or not n:
        raise WrongValue(f"{about(metric).name} of {listed(map(str, asks))} is no share of rows: give the rows")
    low, high = (float(x) for x in wilson(value, n, z))
    return Interval(value, low, high, int(n), "Wilson", confidence)
