"""Quantiles and tail areas of the normal and Student's t, and intervals with a closed form."""

from __future__ import annotations

import functools
import math
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np

from crm_metrics._values.exact import Array, is_number
from crm_metrics.errors import WrongValue, shown

_NORMAL = NormalDist()
CLOSE = 1e-6  # to 0 or 1, beyond which floats tell no tails apart
Limits: TypeAlias = tuple[Any, Any, Any]


def tail(confidence: float) -> float:
    """The share of a distribution below the upper limit of a two-sided interval."""
    if is_number(confidence) and not isinstance(confidence, (int, float)):
        kind = type(confidence).__name__
        raise WrongValue(
            f"confidence={shown(confidence)} is a {kind}: give a share between 0 and 1 as a float, 0.95 for 95 %"
        )
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float)) or not 0 < confidence < 1:
        raise WrongValue(f"confidence={shown(confidence)}: give a share between 0 and 1, 0.95 for 95 %")
    if not CLOSE <= confidence <= 1 - CLOSE:
        raise WrongValue(f"confidence={confidence!r} is too close to {round(confidence)} for limits: 0.95 is 95 %")
    return 0.5 + confidence / 2


def normal_quantile(p: float) -> float:
    """The value below which a share `p` of the standard normal distribution lies."""
    return _NORMAL.inv_cdf(p)


def normal_p(z: Array) -> Array:
    """Two-sided tail area of the standard normal distribution."""
    return np.array([math.erfc(abs(x) / math.sqrt(2)) if x == x else math.nan for x in np.ravel(z).tolist()])


def t_p(t: Array, df: float) -> Array:
    """Two-sided tail area of Student's t."""
    areas = [_beta_share(df / 2, 0.5, df / (df + x * x)) if x == x else math.nan for x in np.ravel(t).tolist()]
    return np.array(areas)


@functools.lru_cache(4096)
def t_quantile(p: float, df: float) -> float:
    """The value below which a share `p` > 0.5 of Student's t lies.

    >>> round(t_quantile(0.975, 10), 4)
    2.2281
    """
    low, high = 0.0, 1.0
    while _beta_share(df / 2, 0.5, df / (df + high * high)) > 2 * (1 - p):
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        if _beta_share(df / 2, 0.5, df / (df + middle * middle)) > 2 * (1 - p):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_share(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by Lentz's continued fraction."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_share(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    out = d
    for m in range(1, 300):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            out *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * out


def wilson(p: Any, n: Any, z: Any) -> tuple[Array, Array]:
    """Wilson's score interval of a share `p` of `n`; NaN where n is 0.

    >>> low, high = wilson(4 / 20, 20, 1.959964)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0807, 0.416)
    """
    p, n = np.asarray(p, float), np.asarray(n, float)
    with np.errstate(all="ignore"):
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return np.minimum(np.maximum(middle - half, 0), p), np.maximum(np.minimum(middle + half, 1), p)


def newcombe(before: Limits, after: Limits, correlation: Any = 0.0) -> tuple[Array, Array]:
    """Newcombe's interval of a difference, from (number, low, high) of each side.

    His method 10 for shares of independent rows, and his method for paired ones where the sides are correlated. Zou and
    Donner use the same for any numbers whose limits are known.
    """
    (p, p_low, p_high), (q, q_low, q_high) = before, after
    with np.errstate(all="ignore"):
        d = q - p
        return d - _joined(q - q_low, p_high - p, correlation), d + _joined(q_high - q, p - p_low, correlation)


def _joined(e: Any, f: Any, correlation: Any) -> Any:
    return np.sqrt(np.maximum(e * e + f * f - 2 * correlation * e * f, 0))


def newcombe_ratio(before: Limits, after: Limits, correlation: Any = 0.0) -> tuple[Array, Array]:
    """The interval of after / before that goes with Newcombe's of the difference: one holds 1 where the other holds 0.

    Its limits are the ratios R at which Newcombe's interval of ``after - R * before`` touches 0 (Donner and Zou, 2012).
    It is for a positive `before`; infinite where that may be 0.
    """
    (a, a_low, a_high), (b, b_low, b_high) = ([np.asarray(x, float) for x in side] for side in (before, after))
    low = _touching(a, b, np.where(b_low >= 0, a_high - a, a - a_low), b - b_low, correlation, -1, b_low >= 0)
    high = _touching(a, b, np.where(b_high > 0, a - a_low, a_high - a), b_high - b, correlation, 1, b_high <= 0)
    return low, high


def _touching(a: Array, b: Array, f: Array, e: Array, correlation: Any, side: int, inner: Array) -> Array:
    """A root of (b - R a)^2 = e^2 + R^2 f^2 - 2 r R e f; the one towards 0 exists whatever the base."""
    with np.errstate(all="ignore"):
        aa, bb, cc = a * a - f * f, a * b - correlation * e * f, b * b - e * e
        root = np.sqrt(np.maximum(bb * bb - aa * cc, 0))
        towards = bb - side * root
        towards = np.where(towards == 0, 0.0, cc / towards)
        return np.where(
            np.isnan(e + f), np.nan, np.where(inner, towards, np.where(aa > 0, (bb + side * root) / aa, side * np.inf))
        )


AROUND = np.linspace(-np.pi, np.pi, 721)


def log_difference(before: Array, after: Array, se: tuple[Array, Array], correlation: Any) -> tuple[Array, Array]:
    """The least and the largest difference of two positive numbers within `se` of each one's logarithm.

    They are the ends of ``after - before`` over the ellipse of the pairs of logarithms that are as likely, so that they
    hold 0 where the interval of the log ratio does.
    """
    x, y = (np.asarray(s, float)[:, None] for s in se)
    r = np.broadcast_to(correlation, before.shape)[:, None]

    def apart(angle: Array) -> Array:
        other = r * np.cos(angle) + np.sqrt(1 - r * r) * np.sin(angle)
        out: Array = after[:, None] * np.exp(y * other) - before[:, None] * np.exp(x * np.cos(angle))
        return out

    found = []
    for sign in (1, -1):
        best = AROUND[np.argmin(sign * apart(np.broadcast_to(AROUND, (len(before), len(AROUND)))), axis=1)]
        closer = best[:, None] + AROUND[::8] / 360  # between the neighbours of the best angle
        found.append(sign * (sign * apart(closer)).min(axis=1))
    return found[0], found[1]


EXACT_COUNT = 50


def poisson(count: Any, z: Any) -> tuple[Array, Array]:
    """The exact (Garwood's) interval of a Poisson count; above 50 Byar's.

    At 95 % that differs by less than a ten-thousandth.

    >>> [round(float(x), 2) for x in poisson(3, 1.959964)]
    [0.62, 8.77]
    """
    x, z = np.broadcast_arrays(np.asarray(count, float), np.asarray(z, float))
    with np.errstate(all="ignore"):
        root, root_high = 1 - 1 / (9 * x) - z / (3 * np.sqrt(x)), 1 - 1 / (9 * (x + 1)) + z / (3 * np.sqrt(x + 1))
        # No ** 3: numpy has other last digits for the powers of one number than for those of many, on some processors.
        low, high = x * (root * root * root), (x + 1) * (root_high * root_high * root_high)
    few = np.flatnonzero(x.ravel() <= EXACT_COUNT)
    low, high = np.array(low, float), np.array(high, float)
    if len(few):
        n, area = x.ravel()[few], normal_p(z.ravel()[few]) / 2
        low.ravel()[few] = _gamma_quantile(n, area, low.ravel()[few])
        high.ravel()[few] = _gamma_quantile(n + 1, 1 - area, high.ravel()[few])
    return low, high


def _gamma_quantile(shape: Array, p: Array, near: Array) -> Array:
    """The value below which a share `p` of a gamma distribution of whole `shape` lies (0 for shape 0).

    Newton's steps from a value near it; halving where a step would lead out of what holds it.
    """
    low, high = np.zeros(len(shape)), shape + 12 * np.sqrt(shape + 1) + 60
    x, done = np.where((near > 0) & (near < high), near, high / 2), shape == 0
    for _ in range(60):
        above, density = _fewer(shape, x)
        below = above > 1 - p
        low, high = np.where(below, x, low), np.where(below, high, x)
        with np.errstate(all="ignore"):
            step = x + (above - (1 - p)) / density
        step = np.where((low < step) & (step < high), step, (low + high) / 2)
        x, done = np.where(done, x, step), done | (np.abs(step - x) <= CONVERGED * x)
        if done.all():
            break
    return np.where(shape > 0, x, 0.0)


CONVERGED = 2.0**-50  # of a value: Newton's next step is smaller than floats tell


def _fewer(shape: Array, x: Array) -> tuple[Array, Array]:
    """The chance that fewer than `shape` events happen where `x` are expected, and that of one fewer exactly."""
    terms = np.exp(EVENTS * np.log(x)[:, None] - x[:, None] - LOG_FACTORIALS)
    last = np.maximum(shape, 1).astype(int) - 1
    return np.where(shape[:, None] > EVENTS, terms, 0).sum(axis=1), terms[np.arange(len(x)), last]


EVENTS = np.arange(EXACT_COUNT + 1)  # all of them, whatever the shapes are: the same digits alone and among others
LOG_FACTORIALS = np.append(0.0, np.cumsum(np.log(EVENTS[1:])))


def fieller(a: Any, va: Any, b: Any, vb: Any, q: Any, cov: Any = 0.0) -> tuple[Array, Array]:
    """Fieller's interval of a / b, from variances and covariance; (-inf, inf) where it is unbounded."""
    a, va, b, vb, cov = (np.asarray(x, float) for x in (a, va, b, vb, cov))
    with np.errstate(all="ignore"):
        aa, bb, cc = b * b - q * q * vb, a * b - q * q * cov, a * a - q * q * va
        root = np.sqrt(bb * bb - aa * cc)
        bounded = (aa > 0) & (bb * bb >= aa * cc)
        return np.where(bounded, (bb - root) / aa, -np.inf), np.where(bounded, (bb + root) / aa, np.inf)


def adjusted_p(p: Array) -> Array:
    """Benjamini and Hochberg's adjusted p-values: at most this share of the findings up to it are false.

    >>> adjusted_p(np.array([0.01, 0.04, 0.03, 0.5])).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(-p[known], kind="stable")]
    m = len(order)
    scaled = p[order] * m / np.arange(m, 0, -1)
    out = np.full(len(p), np.nan)
    out[order] = np.minimum(np.minimum.accumulate(scaled), 1)
    return out
