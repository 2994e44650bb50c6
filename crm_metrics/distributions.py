"""Quantiles and tail areas of the normal and Student's t, and intervals with a closed form."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from crm_metrics.errors import WrongValue, shown
from crm_metrics.exact import Array

_NORMAL = NormalDist()


def tail(confidence: float) -> float:
    """The share of a distribution below the upper limit of a two-sided interval."""
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float)) or not 0 < confidence < 1:
        raise WrongValue(f"confidence={shown(confidence)}: give a share between 0 and 1, 0.95 for 95 %")
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


def wilson(p: Any, n: Any, z: float) -> tuple[Array, Array]:
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


def newcombe(before: tuple[Array, Array, Array], after: tuple[Array, Array, Array]) -> tuple[Array, Array]:
    """Newcombe's interval (his method 10) of a difference of shares, from (share, low, high) of each."""
    (p, p_low, p_high), (q, q_low, q_high) = before, after
    with np.errstate(all="ignore"):
        d = q - p
        return d - np.hypot(q - q_low, p_high - p), d + np.hypot(q_high - q, p - p_low)


def poisson(count: Any, z: float) -> tuple[Array, Array]:
    """Byar's approximation of the exact interval of a Poisson count.

    >>> [round(float(x), 1) for x in poisson(23, 1.959964)]
    [14.6, 34.5]
    """
    x = np.asarray(count, float)
    with np.errstate(all="ignore"):
        low = x * (1 - 1 / (9 * x) - z / (3 * np.sqrt(x))) ** 3
        high = (x + 1) * (1 - 1 / (9 * (x + 1)) + z / (3 * np.sqrt(x + 1))) ** 3
    return np.where(x > 0, low, 0.0), high


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
