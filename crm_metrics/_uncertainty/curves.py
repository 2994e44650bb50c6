"""The curves of the groups of totals: of what is won, lost and still open, by its age."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from crm_metrics._totals.tallies import Tally
from crm_metrics._totals.totals import Totals
from crm_metrics._uncertainty.survival import NONE, Counted, Curve, curve
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics._values.clocks import DAY
from crm_metrics._values.exact import fraction
from crm_metrics.columns.parametric import days_given
from crm_metrics.columns.states import LOST, OPEN, WON, Age, AgeWhenTracked, In, Late, View


def ticks(days: float) -> int:
    """A number of days that somebody gave, in microseconds."""
    return int(fraction(days_given(days)) * DAY)


def by_group(t: Totals, view: View, read: Callable[[Curve], float]) -> Number:
    """A number of the curve of each group."""
    numbers = [read(c) for c in curves(t, view)]
    return numbers[0] if t.keys is None else Breakdown(t.keys, np.array(numbers, float), names=t.names)


def curves(t: Totals, view: View) -> Iterator[Curve]:
    """The curve of each group, with the causes won and lost, at ages in microseconds."""
    won, lost, still = (_cut(t.tally(Age(s, view), where=In(s, view)), t.size) for s in (WON, LOST, OPEN))
    late = [NONE] * t.size
    if view.tracked_from is not None:
        late = _cut(t.tally(AgeWhenTracked(view), where=Late(view)), t.size)
    return (curve([w, x], s, e) for w, x, s, e in zip(won, lost, still, late, strict=True))


def without_times(t: Totals, view: View) -> list[dict[str, int]]:
    """How many deals of each group and state lack the times that a curve needs."""
    found = {s: t.missing(Age(s, view), where=In(s, view)) for s in (WON, LOST, OPEN)}
    counts = {s: np.atleast_1d(np.asarray(x)).tolist() for s, x in found.items()}
    return [{s: int(n[i]) for s, n in counts.items()} for i in range(t.size)]


def _cut(tally: Tally, size: int) -> list[Counted]:
    """Ages and counts of each group."""
    edges = np.searchsorted(tally.group, np.arange(size + 1)).tolist()
    return [(tally.value[a:b], tally.count[a:b]) for a, b in itertools.pairwise(edges)]
