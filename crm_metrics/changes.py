"""`change`: how a metric differs between two sets of rows, how sure that is, and what it means."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import fields, frozen

from crm_metrics.breakdown import Breakdown, joint
from crm_metrics.distributions import adjusted_p, fieller, newcombe, normal_p, normal_quantile, t_p, tail
from crm_metrics.errors import WrongCall
from crm_metrics.exact import Array
from crm_metrics.groups import By
from crm_metrics.intervals import ENOUGH, TOO_FEW, deviation, effective_rows, limits_of, multiplier, spread
from crm_metrics.registry import about
from crm_metrics.replicates import BUCKETS, Replicates, Sides, weights

NO_BASE = "no percent of a base that is not positive"
UNBOUNDED = "relative change unbounded: the base is too uncertain"


@frozen
class Change:
    """A metric before and after: the difference, the relative change, and a verdict in words.

    ``difference`` and ``relative`` come with their limits; ``p`` is the probability of a difference this large
    if nothing had changed, adjusted for the number of groups looked at. ``verdict`` is better, worse, higher, lower, no
    evidence, or too little data.
    """

    before: float
    after: float
    difference: float
    low: float
    high: float
    relative: float
    relative_low: float
    relative_high: float
    p: float
    verdict: str
    n_before: int
    n_after: int
    method: str
    note: str = ""
    confidence: float = 0.95

    def __str__(self) -> str:
        change = "" if math.isnan(self.relative) else f" ({self.relative:+.1%})"
        return (
            f"{self.before:.4g} -> {self.after:.4g}: {self.difference:+.4g}{change} "
            f"[{self.low:+.4g}, {self.high:+.4g}], {self.verdict}"
        )

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, null for what is undefined or unbounded."""
        out = {f.name: getattr(self, f.name) for f in fields(Change)}
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in out.items()}


class Changes(Mapping[Any, Change]):
    """A change for each group."""

    def __init__(self, changes: Mapping[Any, Change], names: tuple[str, ...]) -> None:
        self._changes, self.names = dict(changes), names

    def __getitem__(self, key: Any) -> Change:
        found: Change = self._changes[key]
        return found

    def __iter__(self) -> Iterator[Any]:
        return iter(self._changes)

    def __len__(self) -> int:
        return len(self._changes)

    def to_dict(self) -> dict[Any, dict[str, Any]]:
        """Each group's change as plain data."""
        return {k: v.to_dict() for k, v in self.items()}

    def to_columns(self) -> dict[str, list[Any]]:
        """Groups and all the parts of their changes as columns."""
        keys = Breakdown(tuple(self._changes), np.zeros(len(self)), names=self.names).to_columns()
        del keys["value"]
        rows = [v.to_dict() for v in self.values()]
        return {**keys, **{f.name: [row[f.name] for row in rows] for f in fields(Change)}}

    def to_pandas(self) -> Any:
        """A pandas DataFrame."""
        import pandas

        return pandas.DataFrame(self.to_columns())

    def to_polars(self) -> Any:
        """A polars DataFrame."""
        import polars

        return polars.DataFrame(self.to_columns(), strict=False)

    def __repr__(self) -> str:
        rows = [f"{k!r}: {v}" for k, v in list(self.items())[:20]]
        more = [f"... and {len(self) - 20} more groups"] if len(self) > 20 else []
        return "Changes({" + ", ".join(rows + more) + "})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(str(k))}</td><td>{html.escape(str(v))}</td></tr>" for k, v in self.items()
        )
        return f"<table>{rows}</table>"


def change(
    metric: Any,
    before: Any,
    after: Any,
    *,
    by: By = None,
    unit: str = "id",
    confidence: float = 0.95,
    seed: int = 0,
) -> Any:
    r"""How a metric changed between two sets of rows, with intervals and a verdict.

    A metric of two records takes a tuple on each side: ``change(cac, (spend, deals), (spend, deals))``. Shares of rows
    are compared by Newcombe's interval, other numbers by the jackknife of the difference, quantiles by the
    bootstrap. Both sides share their resamples, so customers who are in both count as the same customers. The
    relative change is on the log scale where both sides are positive; where the base is too uncertain it is
    unbounded, and of a base that is not positive there is no percent. Over many groups the p-values are adjusted so
    that at most the stated share of the findings is false.

    >>> from crm_metrics import Deal, sales
    >>> def deals(won, lost, start):
    ...     closed = dict(created_at="2024-01-05", closed_at="2024-02-01")
    ...     rows = [Deal(id=start + i, status="won", **closed) for i in range(won)]
    ...     return rows + [Deal(id=start + won + i, status="lost", **closed) for i in range(lost)]
    >>> found = change(sales.win_rate, deals(56, 14, 0), deals(48, 32, 1000))
    >>> print(found)
    0.8 -> 0.6: -0.2 (-25.0%) [-0.3339, -0.05243], worse
    """
    q = tail(confidence)
    sides = [Sides(metric, _rows(metric, rows), by, unit, seed) for rows in (before, after)]
    keys = _joint([side.keys for side in sides])
    draws = weights(seed) if any(side.has_quantile for side in sides) else None
    a, b = (side.replicates(keys, draws) for side in sides)
    found = _compared(a, b, q, about(metric).better, confidence)
    if keys is None:
        return found[0]
    return Changes(dict(zip(keys, found, strict=True)), a.names or b.names)


def _rows(metric: Any, rows: Any) -> Sequence[Any]:
    if len(about(metric).records) == 1:
        return (rows,)
    if not isinstance(rows, tuple):
        names = ", ".join(r.__name__.lower() for r in about(metric).records)
        raise WrongCall(f"{about(metric).name} reads several records: give each side as a tuple ({names})")
    return rows


def _joint(keys: list[tuple[Any, ...] | None]) -> tuple[Any, ...] | None:
    if any(k is None for k in keys):
        return None
    return tuple(joint(*(Breakdown(k, num=np.zeros(len(k), np.int64)) for k in keys if k is not None)))


def _compared(a: Replicates, b: Replicates, q: float, better: str | None, confidence: float) -> list[Change]:
    difference = b.value - a.value
    low, high, p, method = _shares(a, b, q) if a.proportion else _numbers(a, b, q)
    relative, relative_low, relative_high, notes = _relative(a, b, q)
    few = (np.minimum(a.units, b.units) < ENOUGH) & ~np.array([a.proportion] * len(p))
    few |= np.isnan(difference) | (np.minimum(a.n, b.n) == 0)
    p = adjusted_p(np.where(few, np.nan, p))
    verdicts = [_verdict(d, x, f, better, confidence) for d, x, f in zip(difference, p, few, strict=True)]
    for limit in (low, high, relative_low, relative_high):
        limit[few] = np.nan
    return [
        Change(
            before=float(a.value[i]),
            after=float(b.value[i]),
            difference=float(difference[i]),
            low=float(low[i]),
            high=float(high[i]),
            relative=float(relative[i]),
            relative_low=float(relative_low[i]),
            relative_high=float(relative_high[i]),
            p=float(p[i]),
            verdict=verdicts[i],
            n_before=int(a.n[i]),
            n_after=int(b.n[i]),
            method=method,
            note=notes[i],
            confidence=confidence,
        )
        for i in range(len(p))
    ]


def _verdict(difference: float, p: float, few: bool, better: str | None, confidence: float) -> str:
    if few or math.isnan(p):
        return TOO_FEW
    if p > 1 - confidence:
        return "no evidence"
    up = difference > 0
    if better is None:
        return "higher" if up else "lower"
    return "better" if up == (better == "higher") else "worse"


def _shares(a: Replicates, b: Replicates, q: float) -> tuple[Array, Array, Array, str]:
    one, two = limits_of(a, q), limits_of(b, q)
    low, high = newcombe((one.value, one.low, one.high), (two.value, two.low, two.high))
    n, m = effective_rows(a), effective_rows(b)
    with np.errstate(all="ignore"):
        pooled = (a.value * n + b.value * m) / (n + m)
        se = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        z = np.where(se > 0, (b.value - a.value) / se, 0.0)
    return low, high, normal_p(z), "Newcombe"


def _numbers(a: Replicates, b: Replicates, q: float) -> tuple[Array, Array, Array, str]:
    d = b.value - a.value
    if not a.jackknife:
        return _bootstrap(a, b, q)
    se = spread(b.resampled - a.resampled)
    t = multiplier(q, _freedom(a, b))
    log = _log_ratio(a, b)
    with np.errstate(all="ignore"):
        plain = np.where(se > 0, d / se, np.where(d == 0, 0.0, np.nan))
        ratio = np.where(log[1] > 0, log[0] / log[1], plain)
    return d - t * se, d + t * se, _p(np.where(np.isnan(log[0]), plain, ratio), _freedom(a, b)), "jackknife"


def _freedom(a: Replicates, b: Replicates) -> Array:
    """Degrees of freedom of a difference: the units of both sides, at the most one fewer than buckets."""
    out: Array = np.clip(a.units + b.units - 2, 1, BUCKETS - 1)
    return out


def _p(t: Array, df: Array) -> Array:
    """Two-sided tail areas, each with its own degrees of freedom."""
    out = np.empty(len(t))
    for n in set(df.tolist()):
        same = df == n
        out[same] = t_p(t[same], n)
    return out


def _bootstrap(a: Replicates, b: Replicates, q: float) -> tuple[Array, Array, Array, str]:
    d = b.resampled - a.resampled
    with np.errstate(all="ignore"):
        se = deviation(d)
        z = np.where(se > 0, (b.value - a.value) / se, np.where(b.value == a.value, 0.0, np.nan))
    t = normal_quantile(q)
    return b.value - a.value - t * se, b.value - a.value + t * se, normal_p(z), "bootstrap"


def _log_ratio(a: Replicates, b: Replicates) -> tuple[Array, Array]:
    """The logarithm of after / before and its standard error; NaN where a side is not positive."""
    positive = (a.value > 0) & (b.value > 0) & (a.resampled > 0).all(axis=1) & (b.resampled > 0).all(axis=1)
    with np.errstate(all="ignore"):
        logs = np.log(b.resampled) - np.log(a.resampled)
        se = spread(logs) if a.jackknife else deviation(logs)
        value = np.log(b.value / a.value)
    return np.where(positive, value, np.nan), np.where(positive, se, np.nan)


def _relative(a: Replicates, b: Replicates, q: float) -> tuple[Array, Array, Array, list[str]]:
    with np.errstate(all="ignore"):
        relative = np.where(a.value > 0, b.value / a.value - 1, np.nan)
    t = multiplier(q, _freedom(a, b))
    value, se = _log_ratio(a, b)
    low, high = np.exp(value - t * se) - 1, np.exp(value + t * se) - 1
    rest = np.isnan(value) & (a.value > 0)
    if rest.any():
        first, second = (spread(x.resampled) if x.jackknife else deviation(x.resampled) for x in (a, b))
        f_low, f_high = fieller(b.value, second**2, a.value, first**2, t)
        low, high = np.where(rest, f_low - 1, low), np.where(rest, f_high - 1, high)
    wild = np.isinf(high) & (a.value > 0)
    notes = [NO_BASE if base <= 0 else UNBOUNDED if w else "" for base, w in zip(a.value, wild, strict=True)]
    return relative, low, high, notes
