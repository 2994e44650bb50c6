"""Seeded draws, and what is made of one: an option by its weight, a value by its quantile."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import TypeAlias, TypeVar

from crm_metrics.samples.company import BLANK

T = TypeVar("T")
Draw: TypeAlias = Callable[[], float]


def stream(seed: int, name: str) -> Draw:
    """Draws of their own for each kind of record: more kinds change none of those that are there."""
    return Random(f"Orion/{seed}/{name}").random


def pick(u: float, weights: Mapping[T, int]) -> T:
    """The option that `u`, from 0 to 1, falls on. Whole weights add up alike everywhere, floats need not."""
    bounds = list(accumulate(weights.values()))
    return list(weights)[bisect(bounds, u * bounds[-1])]


def quantile(u: float, points: Sequence[float]) -> float:
    """The value at the share `u` of a distribution given by evenly spaced quantiles."""
    place = u * (len(points) - 1)
    i = int(place)
    return points[i] + (place - i) * (points[i + 1] - points[i])


def mean(points: Sequence[float]) -> float:
    """The mean of that distribution."""
    return math.fsum([*points, *points[1:-1]]) / (2 * len(points) - 2)


def kept(name: str, value: T, draw: Draw) -> T | None:
    """The value of a field, or nothing where it was left empty."""
    return value if draw() >= BLANK[name] else None
