"""Curves of what is still going on: risk sets, Kaplan-Meier, Aalen-Johansen with its bands, quantiles, restricted mean.

Somebody is watched from an entry to an exit. The exit is an event of one of several causes (won, lost), or the end of
watching (censored). At equal times events come before censorings, and who enters at t is at risk after t only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from attrs import frozen

from crm_metrics._values.exact import Array
from crm_metrics.errors import WrongValue, shown

Counted: TypeAlias = tuple[Array, Array]  # times in rising order, and how often each occurs
NONE: Counted = (np.empty(0, np.int64), np.empty(0, np.int64))
SCALES = ("log-log", "log")
NOISE = 1e-12  # a share reaches a level where it lacks no more than floats lose on the way


# ---------------------------------------------------------------- who is watched


@frozen(eq=False)
class Watched:
    """How many are watched at any time: of all, those gone before it and those not yet there are not."""

    exits: Counted
    entries: Counted

    @property
    def total(self) -> int:
        """How many there are in all."""
        return int(self.exits[1].sum())

    def at(self, times: Array) -> Array:
        """How many are at risk at these times: entry < t <= exit."""
        return _from(self.exits, times, "left") - _from(self.entries, times, "left")

    def until(self) -> float:
        """The time up to which somebody was watched without a gap; -inf where nobody was from the start."""
        times, (entered, came) = self.exits[0], self.entries
        if self.total == int(came[entered >= 0].sum()):
            return -math.inf
        if not len(came):
            return times[-1].item()  # type: ignore[no-any-return]  # an int or a float
        after = _from(self.exits, times, "right") - _from(self.entries, times, "right")
        return times[np.argmin(after > 0)].item()  # type: ignore[no-any-return]  # there is nobody after the last exit


def _from(counted: Counted, times: Array, side: Any) -> Array:
    """How many occur at these times or later ("left"), or later ("right")."""
    left = np.append(np.cumsum(counted[1][::-1])[::-1], 0)
    return np.asarray(left[np.searchsorted(counted[0], times, side)])


def _after(first: Any, x: Array) -> Array:
    """An array after a first value (a third of what np.append takes for short ones)."""
    out = np.empty(len(x) + 1, x.dtype)
    out[0], out[1:] = first, x
    return out


def counted_together(parts: Sequence[Counted]) -> tuple[Array, Array]:
    """The distinct times of several counts, and how often each occurs in each of them (a row each)."""
    times = np.concatenate([t for t, _ in parts])
    order = np.argsort(times, kind="stable")  # which merges what is sorted already
    times = times[order]
    new = _after(True, times[1:] != times[:-1])[: len(times)]
    out = np.zeros((len(parts), int(new.sum())), np.int64)
    row = np.repeat(np.arange(len(parts)), [len(t) for t, _ in parts])
    out[row[order], np.cumsum(new) - 1] = np.concatenate([n for _, n in parts])[order]
    return times[new], out


# ---------------------------------------------------------------- the curve


@frozen(eq=False)
class Curve:
    """Shares at the times of events: still going on (`open`), just before (`before`), ended by each cause (`ended`).

    ``counts`` are all events by cause and the censored; ``reach`` is the time up to which the curve is known: infinite
    once everything that was watched had ended at some time. The share that goes on is 0 then, and whoever comes later
    can change no share.
    """

    watched: Watched
    counts: tuple[int, ...]
    time: Array
    at_risk: Array
    events: tuple[Array, ...]
    open: Array
    before: Array
    ended: tuple[Array, ...]
    reach: float

    def step(self, values: Array, start: float, t: float) -> float:
        """The value of a step function at a time; NaN beyond what is known."""
        if not t <= self.reach:
            return math.nan
        i = int(np.searchsorted(self.time, t, "right"))
        return float(values[i - 1]) if i else start

    def share(self, cause: int, t: float) -> float:
        """The share that ended by a cause up to a time (Aalen-Johansen's cumulative incidence)."""
        return self.step(self.ended[cause], 0.0, t)

    def first(self, values: Array, level: float) -> float:
        """The first time at which rising values reach a level; NaN where they do not."""
        hit = values >= level * (1 - NOISE)
        return float(self.time[int(np.argmax(hit))]) if hit.any() else math.nan


def curve(causes: Sequence[Counted], censored: Counted = NONE, entries: Counted = NONE) -> Curve:
    r"""The curve of events by cause, of the censored, and of those who came late (their entries).

    $$ S(t) = \prod_{t_i \le t} \Big(1 - \frac{d_i}{n_i}\Big), \qquad
       F_k(t) = \sum_{t_i \le t} S(t_i-) \frac{d_{ki}}{n_i} $$

    Where nobody is censored or comes late between two events, the factors n - d and n cancel, and the shares are
    quotients of whole numbers: without any censoring exactly the shares of those that ended so. With one cause S is
    Kaplan and Meier's. Beyond a gap in which nobody was watched nothing is known, and the curve ends; where S has come
    to 0 it stays there, with a gap or without one.
    """
    times, counts = counted_together([*causes, censored])
    gone = counts.sum(axis=0)
    watched = Watched((times, gone), entries)
    until = watched.until()
    at = np.flatnonzero(counts[:-1].any(axis=0) & (times <= until))
    time, events = times[at], counts[:-1, at]
    d = events.sum(axis=0)
    n = watched.total - (gone.cumsum() - gone)[at]
    if len(entries[0]):
        n -= _from(entries, time, "left")
    shares = _shares(n, d, events)
    over = bool((n == d).any())  # then nothing is left to go on, whoever comes later
    sizes = tuple(counts.sum(axis=1).tolist())
    return Curve(watched, sizes, time, n, tuple(events), *shares, math.inf if over else until)


def _shares(n: Array, d: Array, events: Array) -> tuple[Array, Array, tuple[Array, ...]]:
    """The shares that go on after each event and just before, and those that ended by each cause."""
    first = _after(True, n[1:] != n[:-1] - d[:-1])[: len(n)]  # somebody else came or went: a new run begins
    start = np.flatnonzero(first)
    run = first.cumsum() - 1
    end = np.append(start[1:], len(n))[: len(start)] - 1
    at_start = _after(1.0, ((n[end] - d[end]) / n[start]).cumprod())
    factor, size = at_start[run], n[start][run]
    ended = []
    for k in events:
        total = _after(0, k.cumsum())
        part = (total[1:] - total[start][run]) / size
        whole = _after(0.0, (at_start[:-1] * part[end]).cumsum())
        ended.append(whole[run] + factor * part)
    return factor * ((n - d) / size), factor * (n / size), tuple(ended)


def curve_of_rows(time: Any, cause: Any, entry: Any = None, *, causes: int = 1) -> Curve:
    """The curve of single rows: when each left, by which cause (from 1; 0 is censored), and when it came, if late.

    >>> curve_of_rows([1, 2, 3, 4, 5, 6], [0, 1, 1, 2, 2, 0], causes=2).ended[1].tolist()
    [0.0, 0.0, 0.2, 0.4]
    """
    t, k = np.asarray(time), np.asarray(cause)
    late: Counted = NONE
    if entry is not None:
        came = np.asarray(entry)
        if (came >= t).any():
            i = int(np.argmax(came >= t))
            raise WrongValue(f"row {i + 1} comes at {came[i]} and leaves at {t[i]}: entries come before exits")
        late = np.unique(came[came > 0], return_counts=True)
    found = [np.unique(t[k == i], return_counts=True) for i in range(causes + 1)]
    return curve(found[1:], found[0], late)


# ---------------------------------------------------------------- how sure


def open_error(c: Curve) -> Array:
    r"""Greenwood's standard error of the share that goes on.

    $$ \operatorname{Var} S(t) = S(t)^2 \sum_{t_i \le t} \frac{d_i}{n_i (n_i - d_i)} $$
    """
    return np.asarray(c.open * np.sqrt(np.cumsum(_greenwood(c))))


def _greenwood(c: Curve) -> Array:
    """The terms of Greenwood's sum; 0 where nobody is left, since nothing comes after."""
    n, d = c.at_risk.astype(float), np.sum(c.events, axis=0, dtype=float)
    return np.asarray(np.divide(d, n * (n - d), out=np.zeros(len(n)), where=n > d))


def ended_error(c: Curve, cause: int) -> Array:
    r"""Marubini and Valsecchi's standard error of the share that ended by a cause (as SAS computes it).

    $$ \operatorname{Var} F(t) = \sum_{t_i \le t} \Big[ (F - F_i)^2 \frac{d_i}{n_i (n_i - d_i)}
       + S_{i-}^2 \frac{(n_i - d_{ki}) d_{ki}}{n_i^3} - 2 (F - F_i) S_{i-} \frac{d_{ki}}{n_i^2} \Big] $$
    """
    f, n, k = c.ended[cause], c.at_risk.astype(float), c.events[cause]
    u = f - (f[-1] if len(f) else 0.0)  # differences of shares are small where Greenwood's terms are large
    g, own, cross = _greenwood(c), c.before**2 * (n - k) * k / n**3, c.before * k / n**2
    sums = [np.cumsum(x) for x in (g, g * u, g * u * u, own, cross, cross * u)]
    variance = u * (u * sums[0] - 2 * sums[1]) + sums[2] + sums[3] - 2 * (u * sums[4] - sums[5])
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))  # of nothing but the noise of floats


def band(share: Any, error: Any, z: Any, scale: str = "log-log") -> tuple[Array, Array]:
    r"""Limits of a share: on the scale of log(-log), or of log (R's default), which is clipped at 1.

    $$ F^{\exp(\mp z \, se / (F \ln F))}, \qquad F \exp(\pm z \, se / F) $$

    NaN where the share is 0 or 1, or its error 0: that is too little data to say.
    """
    if not isinstance(scale, str) or scale not in SCALES:
        raise WrongValue(f'scale={shown(scale)}: use "log-log" or "log"')
    f, se = np.asarray(share, float), np.asarray(error, float)
    known = (f > 0) & (f < 1) & (se > 0)
    f, se = np.where(known, f, 0.5), np.where(known, se, 0.0)
    with np.errstate(over="ignore", under="ignore"):  # limits of 0 and 1
        if scale == "log":
            low, high = f * np.exp(-z * se / f), np.minimum(f * np.exp(z * se / f), 1.0)
        else:
            width = np.exp(-z * se / (f * np.log(f)))
            low, high = f**width, f ** (1 / width)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def restricted_mean(c: Curve, until: float) -> tuple[float, float]:
    r"""Mean time that it goes on within the first `until`, and its standard error: the area under S.

    $$ \int_0^\tau S(t)\,dt, \qquad
       \operatorname{Var} = \sum_{t_i \le \tau} \Big(\int_{t_i}^\tau S\Big)^2 \frac{d_i}{n_i (n_i - d_i)} $$

    NaN where the curve is not known so long. Compare two curves over the same `until`.

    >>> restricted_mean(curve_of_rows([1, 2, 3, 4, 10], [1, 1, 1, 1, 1]), 4.1)[0]
    2.82
    """
    if not until <= c.reach:
        return math.nan, math.nan
    m = int(np.searchsorted(c.time, until, "right"))
    edges = np.concatenate([[0], np.maximum(c.time[:m], 0), [until]]).astype(float)
    areas = np.append(1.0, c.open[:m]) * np.diff(edges)
    after = np.cumsum(areas[:0:-1])[::-1]  # from each event on
    return float(areas.sum()), math.sqrt(float((after**2 * _greenwood(c)[:m]).sum()))


__all__ = [
    "Counted",
    "Curve",
    "Watched",
    "band",
    "counted_together",
    "curve",
    "curve_of_rows",
    "ended_error",
    "open_error",
    "restricted_mean",
]
