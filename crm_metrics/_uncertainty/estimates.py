"""Numbers whose limits can be asked for at any multiple of their error: what intervals show and changes compare.

A method is chosen by what the number is: a share of rows has Wilson's limits, a count Poisson's, a quantile those of
its bootstrap, and they lie between the least and the greatest of its values. Any other number has those of the
jackknife, on the scale that suits it: a share, which no single bucket takes out of 0 to 1, Wilson's; an amount that no
bucket takes below 0, the logarithm's; profit, that may be a loss, the plain one, up to the most that is declared.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from attrs import evolve, frozen

from crm_metrics._totals.asks import Ask, Sums
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Closed, about, unwrapped
from crm_metrics._totals.totals import Totals
from crm_metrics._uncertainty.distributions import normal_quantile, poisson, t_quantile, wilson
from crm_metrics._uncertainty.resampling.buckets import BUCKETS
from crm_metrics._uncertainty.resampling.replicates import Replicates
from crm_metrics._values.breakdown import Breakdown, joint
from crm_metrics._values.exact import Array, Unit as Currency
from crm_metrics.errors import WrongCall, WrongValue, listed

ENOUGH = 10  # independent units, for a number that has no closed form and for every verdict
EVEN = 3.1  # so many standard errors may a variance be above that of independent rows: 1 in 1,000
WILD = 1.0  # a standard error of the logarithm beyond which the log scale says nothing
NOISE = 1e-9
MOST_DF = BUCKETS - 1
TOO_FEW = "too little data"
NO_SPREAD = "no spread in the data"
At: TypeAlias = Callable[[Array], tuple[Array, Array]]


@frozen(eq=False)
class Estimates:
    """Numbers by group, with the limits ``at(m)`` that lie `m` standard errors from them."""

    keys: tuple[Any, ...] | None
    names: tuple[str, ...]
    value: Array
    at: At
    df: Array  # of Student's t that the multiplier is of; infinite where it is the normal's
    n: Array
    units: Array
    known: Array  # whether limits are known
    method: tuple[str, ...]
    resampled: Array | None = None
    log: Array | None = None  # standard errors of the logarithms, NaN where the limits are not on the log scale
    currency: Currency = None

    def limits(self, m: Array) -> tuple[Array, Array]:
        """The limits, NaN where they are not known."""
        low, high = self.at(m)
        return np.where(self.known, low, np.nan), np.where(self.known, high, np.nan)

    def per(self, months: float) -> Estimates:
        """The same numbers divided by so many months."""
        if months == 1:
            return self

        def at(m: Array) -> tuple[Array, Array]:
            low, high = self.at(m)
            return low / months, high / months

        return evolve(self, value=self.value / months, at=at)


def of_closed_form(metric: Any, sides: Sequence[Sequence[Any]], by: By, unit: Any) -> list[Estimates] | None:
    """The numbers of a metric that has limits of its own, on the groups of all sides; None of any other metric."""
    function, keywords = unwrapped(metric)
    limits = getattr(function, "closed", None)
    if limits is None:
        return None
    if unit not in (None, "id"):
        raise WrongCall(f"the limits of {about(metric).name} take each deal as independent: leave unit={unit!r} out")
    found: list[Closed] = [limits(*rows, by=by, **keywords) for rows in sides]
    if by is None:
        return [_closed(c, None) for c in found]
    keys = tuple(joint(*(Breakdown(c.keys, num=c.n) for c in found)))
    return [_closed(c, keys) for c in found]


def _closed(c: Closed, keys: tuple[Any, ...] | None) -> Estimates:
    """The numbers of a closed form on these groups; a group that it lacks is unknown."""
    place = {k: i for i, k in enumerate(c.keys or ())}
    at = np.array([place.get(k, -1) for k in keys], np.intp) if keys is not None else np.zeros(1, np.intp)

    def laid(x: Array) -> Array:
        return np.where(at >= 0, x[at], np.nan) if len(x) else np.full(len(at), np.nan)

    def limits(m: Array) -> tuple[Array, Array]:
        own = np.full(len(c.n), np.nan)
        own[at[at >= 0]] = m[at >= 0]
        low, high = c.at(own)
        return laid(low), laid(high)

    n = np.nan_to_num(laid(c.n.astype(float)))
    known = n >= ENOUGH
    method = tuple(c.method if some else TOO_FEW for some in known.tolist())
    return Estimates(keys, c.names, laid(c.value), limits, np.full(len(n), np.inf), n, n.astype(int), known, method)


def multiplier(q: float, df: Array) -> Array:
    """Student's t for each number's degrees of freedom, the normal quantile where they are infinite."""
    return np.array(
        [normal_quantile(q) if np.isinf(n) else t_quantile(q, max(1.0, float(int(n)))) for n in df.tolist()]
    )


def spread_of(x: Array) -> Array:
    """The standard error of a number from its delete-one-bucket replicates, per group."""
    with np.errstate(all="ignore"):
        squares: Array = ((x - x.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        return np.sqrt((BUCKETS - 1) / BUCKETS * squares)


def estimates(r: Replicates, q: float) -> Estimates:
    """Numbers with the limits that suit them."""
    return {"share": _shares, "count": _counts, "quantile": _quantiles, "number": _numbers}[r.kind](r, q)


def _made(r: Replicates, at: At, df: Array, known: Array, method: Sequence[str]) -> Estimates:
    size, more = r.size, {"currency": r.currency}
    return Estimates(r.keys, r.names, r.value, at, df, size.rows, size.units, known, tuple(method), r.resampled, **more)


# ---------------------------------------------------------------- shares and counts of rows


def _shares(r: Replicates, q: float) -> Estimates:
    alone, n = r.size.alone, r.size.rows
    if r.resampled is not None:
        with np.errstate(all="ignore"):
            one = r.value * (1 - r.value)
            worth = one / spread_of(r.resampled) ** 2  # rows that would have the same error if they were independent
        alone = alone & _even(r, n / worth)
        worth = np.where((one > 0) & np.isfinite(worth), np.minimum(worth, n), r.size.units)
        n = np.where(alone, n, worth)
    df = np.where(alone, np.inf, np.clip(r.size.varying - 1, 1, MOST_DF))
    known = np.where(alone, n > 0, r.size.units >= ENOUGH)
    method = [TOO_FEW if not k else "Wilson" if a else "Wilson, clustered" for k, a in zip(known, alone, strict=True)]
    return _made(r, lambda m: wilson(r.value, n, m), df, known, method)


def _counts(r: Replicates, q: float) -> Estimates:
    alone, other = r.size.alone, None
    if r.resampled is not None:
        with np.errstate(all="ignore"):
            alone = alone & _even(r, spread_of(r.resampled) ** 2 / r.value)
        other = _numbers(r, q)

    def at(m: Array) -> tuple[Array, Array]:
        low, high = poisson(np.where(alone, r.value, np.nan), m)
        if other is None:
            return low, high
        rest = other.at(m)
        return np.where(alone, low, rest[0]), np.where(alone, high, rest[1])

    if other is None:
        return _made(r, at, np.full(len(r.value), np.inf), np.ones(len(r.value), bool), ["Poisson"] * len(r.value))
    method = ["Poisson" if a else m for a, m in zip(alone, other.method, strict=True)]
    return _made(r, at, np.where(alone, np.inf, other.df), alone | other.known, method)


def _even(r: Replicates, effect: Array) -> Array:
    """Whether rows vary as independent ones do, or so little more that chance may have done it.

    What totals by bucket do not tell is tested: the variance over that of independent rows is, with as many degrees of
    freedom as buckets vary, below the limit in 999 of 1,000 cases where rows are independent.
    """
    if not r.presumed:
        return np.ones(len(effect), bool)
    df = np.maximum(np.minimum(r.size.varying, BUCKETS) - 1, 1)
    return np.asarray(~(effect > 1 + EVEN * np.sqrt(2 / df)))


# ---------------------------------------------------------------- other numbers


def _numbers(r: Replicates, q: float) -> Estimates:
    x, nature = _resampled(r), r.nature
    se = spread_of(x)
    share = np.zeros(len(se), bool) if nature is None else nature.share
    positive = (r.value > 0) & ~share & (True if nature is None else nature.positive)
    with np.errstate(all="ignore"):
        log = np.where((x > 0).all(axis=1), spread_of(np.log(np.where(x > 0, x, 1))), np.inf)
        worth = r.value * (1 - r.value) / se**2  # rows that would have the same error if they were independent
    on_log, wild = positive & (log <= WILD), positive & (log > WILD)
    agreed = share & np.isin(r.value, (0, 1)) & (nature is not None and nature.counted)
    worth = np.where(agreed, r.size.units, worth)
    df = np.clip(r.size.varying - 1, 1, MOST_DF)

    def at(m: Array) -> tuple[Array, Array]:
        with np.errstate(all="ignore"):
            far = np.exp(np.where(on_log, m * log, 0))
            sides = zip(wilson(r.value, worth, m), (r.value / far, r.value * far), (-m * se, m * se), strict=True)
            low, high = (np.where(share, s, np.where(on_log, on, r.value + step)) for s, on, step in sides)
        return low, high if nature is None else np.minimum(high, np.maximum(nature.most, r.value))

    flat = ~(se > NOISE * np.abs(r.value)) & ~agreed
    names = [JACKKNIFE[bool(s), bool(on)] for s, on in zip(share, on_log, strict=True)]
    known, method = _known(r, flat, names, wild)
    return evolve(_made(r, at, df, known, method), log=np.where(on_log, log, np.nan))


JACKKNIFE = {
    (False, False): "jackknife",
    (False, True): "jackknife, log scale",
    (True, False): "jackknife, Wilson",
}


def _quantiles(r: Replicates, q: float) -> Estimates:
    x, z = _resampled(r), normal_quantile(q)
    some = np.flatnonzero(~np.isnan(x).all(axis=1))
    low, high = np.full(len(r.value), np.nan), np.full(len(r.value), np.nan)
    if len(some):
        take = np.nanquantile if np.isnan(x[some]).any() else np.quantile  # the first is slow
        low[some], high[some] = take(x[some], [1 - q, q], axis=1)
    assert r.halves is not None
    tied = (low >= r.value) | (high <= r.value)  # limits that meet the number are a fact of ties
    df = np.clip(r.size.varying - 1, 1, MOST_DF)
    t = multiplier(q, df)
    down = np.fmax((r.value - low) / z, (r.value - r.halves.min(axis=1)) / t)  # at least half a step, as it is asked
    up = np.fmax((high - r.value) / z, (r.halves.max(axis=1) - r.value) / t)

    least, most = _range(r)

    def at(m: Array) -> tuple[Array, Array]:
        return np.maximum(r.value - down * m, least), np.minimum(r.value + up * m, most)

    names = ["bootstrap, ties" if t else "bootstrap" for t in tied]
    flat = ~(down + up > NOISE * np.abs(r.value))
    return _made(r, at, df, *_known(r, flat, names))


def _range(r: Replicates) -> tuple[Array, Array]:
    """The least and the most that a quantile may be, by the least and the greatest of the values it is of.

    A number made of it that goes beyond them somewhere has no such range.
    """
    far = np.full(len(r.value), np.inf)
    if r.ends is None:
        return -far, far
    least, most = r.ends.min(axis=1), r.ends.max(axis=1)
    x = np.column_stack([r.value, _resampled(r)])
    beyond = ((x < least[:, None]) | (x > most[:, None])).any(axis=1)
    return np.where(beyond, -far, least), np.where(beyond, far, most)


def _resampled(r: Replicates) -> Array:
    assert r.resampled is not None
    return r.resampled


def _known(r: Replicates, flat: Array, names: Sequence[str], wild: Any = False) -> tuple[Array, list[str]]:
    """Where limits are known, and the method or why they are not."""
    few = (r.size.units < ENOUGH) | np.isnan(r.value) | wild
    method = [TOO_FEW if a else NO_SPREAD if b else m for a, b, m in zip(few, flat, names, strict=True)]
    return ~(few | flat), method


# ---------------------------------------------------------------- figures on paper


def on_paper(rows: Any) -> bool:
    """Whether totals are figures that somebody kept."""
    return isinstance(rows, Totals) and rows.source is None and any(isinstance(k, str) for k in rows.entries)


def of_figures(metric: Any, rows: Sequence[Any], by: By) -> Estimates:
    """A share or a count kept on paper, with the limits of its closed form."""
    if by is not None:
        raise WrongCall("figures on paper have no groups: leave by= out")
    fresh = [copy.copy(r) if isinstance(r, Totals) else r for r in rows]
    for t in fresh:
        if isinstance(t, Totals):
            t.asked, t.entries = {}, dict(t.entries)
    value = float(metric(*fresh))
    asked = [t for t in fresh if isinstance(t, Totals) and t.asked]
    asks: list[Ask] = [ask for t in asked for ask in t.asked]
    if not {ask.kind for ask in asks} <= {"count", "distinct"} or len(asked) > 1 or len(asks) < len(fresh):
        raise WrongCall(
            f"{about(metric).name} needs how amounts spread, which sums on paper do not tell: "
            "give the rows, or a metric of counts and shares"
        )
    counts = [float(np.asarray(asked[0]._out(asked[0]._sums(ask)))) for ask in asks]
    if len(counts) == 1:
        return _count_of(metric, asked[0], asks[0], value, counts[0])
    n, given = max(counts), listed(f"{ask}={count:g}" for ask, count in zip(asks, counts, strict=True))
    if about(metric).unit != "share" or (n and not 0 <= value <= 1):
        raise WrongValue(f"{about(metric).name} of {given} is no share of rows: check them, or give the rows")
    found = _figure(value, lambda m: wilson(value, n, m), n, n, "Wilson")
    return found if n else evolve(found, known=np.zeros(1, bool), method=(TOO_FEW,))


def _count_of(metric: Any, figures: Totals, ask: Ask, value: float, count: float) -> Estimates:
    """The limits of a count, as the metric sees them."""

    def told(x: float) -> float:
        return float(metric(Totals(figures.record, None, {ask: Sums(np.array([round(x * 2**40)], object), 2**40)})))

    def at(m: Array) -> tuple[Array, Array]:
        low, high = (np.array([told(float(x)) for x in side.ravel()]) for side in poisson(count, m))
        return np.minimum(low, high), np.maximum(low, high)

    return _figure(value, at, count, count, "Poisson")


def _figure(value: float, at: At, n: float, units: float, method: str) -> Estimates:
    one = np.array([value])
    return Estimates(
        None, (), one, at, np.array([np.inf]), np.array([n]), np.array([units]), np.ones(1, bool), (method,)
    )


__all__ = [
    "ENOUGH",
    "NO_SPREAD",
    "TOO_FEW",
    "Estimates",
    "estimates",
    "multiplier",
    "of_figures",
    "on_paper",
]
