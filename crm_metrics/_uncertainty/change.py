"""`change`: how a metric differs between two sets of rows, how sure that is, and what it means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
from attrs import frozen

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Group, about, ready
from crm_metrics._totals.totals import Totals
from crm_metrics._uncertainty.differences import LOSS, NO_BASE, NO_EVIDENCE, PAPER, UNBOUNDED, Change, Changes
from crm_metrics._uncertainty.distributions import adjusted_p, tail
from crm_metrics._uncertainty.estimates import (
    ENOUGH,
    NO_SPREAD,
    NOISE,
    TOO_FEW,
    Estimates,
    estimates,
    multiplier,
    of_closed_form,
    of_figures,
    on_paper,
)
from crm_metrics._uncertainty.pairs import Pair, correlation, tail_area
from crm_metrics._uncertainty.resampling.buckets import unit_given, unit_name
from crm_metrics._uncertainty.resampling.replicates import Sides
from crm_metrics._values.breakdown import Breakdown, joint
from crm_metrics._values.exact import Array, refusal
from crm_metrics.errors import WrongCall, in_words


@overload
def change(
    metric: Any,
    before: Totals,
    after: Totals,
    *,
    by: None = None,
    unit: Any = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Any: ...
@overload
def change(
    metric: Any,
    before: Any,
    after: Any,
    *,
    by: Group,
    unit: Any = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Changes: ...
@overload
def change(
    metric: Any,
    before: Any,
    after: Any,
    *,
    by: None = None,
    unit: Any = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Change: ...
@in_words
def change(
    metric: Any,
    before: Any,
    after: Any,
    *,
    by: By = None,
    unit: Any = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Any:
    r"""How a metric changed between two sets of rows, with intervals and a verdict.

    A metric of two records takes a tuple on each side: ``change(cac, (spend, deals), (spend, deals))``. Figures kept on
    paper (`Totals.of`) stand for a side where the metric is a share or a count. `unit` is what is independent, as in
    `interval`. A unit that is on both sides is taken for the same one, and its rows for pairs: ``paired`` says how many
    there are. Where they are not the same (two branches that both number their deals from 1) give ids of their own.

    The limits of each side are joined by Newcombe's way: to a difference $d$ with limits

    $$ d - \sqrt{(q - q_l)^2 + (p_u - p)^2 - 2 r (q - q_l)(p_u - p)} $$

    and so above, $r$ being the correlation of the sides where the same customers are in both. The relative change has
    the limits at which the interval of ``after - R * before`` touches 0, and p is the level at which that of the
    difference does, so that limits, percent and verdict agree. Where the base may be next to nothing the relative
    change is unbounded, and of a base that is not positive there is no percent. Over many groups the p-values, and with
    them the verdicts, are adjusted so that at most the stated share of the findings is false; the limits are those of
    each group alone, and a note says where that makes a difference. Amounts in two currencies are refused.

    >>> from crm_metrics import Deal, sales
    >>> def deals(won, lost, start):
    ...     closed = dict(created_at="2024-01-05", closed_at="2024-02-01")
    ...     rows = [Deal(id=start + i, status="won", **closed) for i in range(won)]
    ...     return rows + [Deal(id=start + won + i, status="lost", **closed) for i in range(lost)]
    >>> found = change(sales.win_rate, deals(56, 14, 0), deals(48, 32, 1000))
    >>> print(found)
    80.0 % -> 60.0 %: -20.0 pts (-25.0 %) [-33.4 pts, -5.2 pts], worse
    """
    return change_per(metric, before, after, by=by, unit=unit, confidence=confidence, seed=seed)


def change_per(
    metric: Any,
    before: Any,
    after: Any,
    *,
    months: tuple[float, float] = (1, 1),
    by: By = None,
    unit: Any = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Any:
    """`change` of totals of so many months before and after: what they are in a month."""
    q, known, unit = tail(confidence), about(metric), unit_given(unit)
    ready(metric)
    given = [_rows(metric, rows) for rows in (before, after)]
    paper = any(on_paper(r) for rows in given for r in rows)
    closed = None if paper else of_closed_form(metric, given, by, unit)
    if closed:
        a, b, shared = closed[0], closed[1], InBoth(0.0)
    else:
        a, b, shared = (_alone if paper else _together)(metric, given, by, unit, seed, q)
    sides = [side for side, rows in zip(("before", "after"), given, strict=True) if any(map(on_paper, rows))]
    note = f"{' and '.join(sides)}: {PAPER}" if sides else ""
    compared = Compared.of(a.per(months[0]), b.per(months[1]), shared.correlation, q, confidence)
    found = [
        Change(
            **compared.one(i),
            verdict=compared.verdict(i, known.better),
            note="; ".join(filter(None, (note, *compared.notes(i)))),
            unit=known.unit,
            paired=shared.units,
            paired_by=shared.by,
        )
        for i in range(len(compared.p))
    ]
    if a.keys is None:
        return found[0]
    return Changes(dict(zip(a.keys, found, strict=True)), a.names or b.names, known.name, known.unit)


def _rows(metric: Any, rows: Any) -> Sequence[Any]:
    if len(about(metric).records) == 1:
        return (rows,)
    if not isinstance(rows, tuple):
        names = ", ".join(r.__name__.lower() for r in about(metric).records)
        raise WrongCall(f"{about(metric).name} reads several records: give each side as a tuple ({names})")
    return rows


# ---------------------------------------------------------------- the two sides


@frozen
class InBoth:
    """What the sides have in common: their correlation, how many units are on both, and what a unit is."""

    correlation: Any
    units: int | None = 0
    by: str = ""


def _alone(
    metric: Any, given: list[Any], by: By, unit: Any, seed: int, q: float
) -> tuple[Estimates, Estimates, InBoth]:
    """Sides of which one or both are figures on paper: nothing is known to be in both."""
    made = []
    for rows in given:
        if any(map(on_paper, rows)):
            made.append(of_figures(metric, rows, by))
        else:
            sides = Sides(metric, rows, None, unit, seed)
            spread = not sides.is_closed
            made.append(estimates(sides.replicates(sides.keys(spread=spread), spread=spread), q))
    return made[0], made[1], InBoth(0.0)


def _together(metric: Any, given: list[Any], by: By, unit: Any, seed: int, q: float) -> Any:
    """Sides of rows, on the same groups, and their correlation where units may be in both."""
    sides = [Sides(metric, rows, by, unit, seed) for rows in given]
    sides = (
        [Sides(metric, rows, by, s.unit, seed) for rows, s in zip(given, reversed(sides), strict=True)]
        if (sides[0].unit is not sides[1].unit and None in (sides[0].unit, sides[1].unit))
        else sides
    )
    both, shared = sides[0].in_both(sides[1]), sides[0].overlap(sides[1])
    spread = shared != 0 or not all(side.is_closed for side in sides)
    keys = _joint([side.keys(spread=spread) for side in sides])
    a, b = (estimates(side.replicates(keys, spread=spread), q) for side in sides)
    _same_currency(a, b, about(metric).name)
    paired = None if both is None else max((common for common, *_ in both), default=0)
    name = "id" if sides[0].unit is None else unit_name(sides[0].unit)
    return a, b, InBoth(correlation(a, b, shared), paired, name if paired else "")


def _same_currency(a: Estimates, b: Estimates, name: str) -> None:
    """Refuse to compare amounts in two currencies; a 0 has any."""
    if a.currency is None or b.currency is None:
        return
    for one, other, x, y in zip(a.currency, b.currency, a.value.tolist(), b.value.tolist(), strict=True):
        if None not in (one, other) and one != other and x and y:
            before, after = (unit or "no currency" for unit in (one, other))
            problem = f"{name} is in {before} before and in {after} after"
            raise refusal({one, other}, problem, "convert them to one currency first, convert(table, rates, to=...)")


def _joint(keys: list[tuple[Any, ...] | None]) -> tuple[Any, ...] | None:
    if any(k is None for k in keys):
        return None
    return tuple(joint(*(Breakdown(k, num=np.zeros(len(k), np.int64)) for k in keys if k is not None)))


# ---------------------------------------------------------------- before and after


@frozen(eq=False)
class Compared:
    """The sides, their differences and ratios with limits, and what is known of each group, as arrays."""

    a: Estimates
    b: Estimates
    difference: Array
    limits: tuple[Array, Array]
    ratio: Array
    ratio_limits: tuple[Array, Array]
    p: Array
    few: Array
    flat: Array
    confidence: float

    @classmethod
    def of(cls, a: Estimates, b: Estimates, correlation: Any, q: float, confidence: float) -> Compared:
        """Two sides on the same groups, joined by Newcombe's way."""
        pair, d = Pair(a, b, correlation), b.value - a.value
        df = pair.df(q)
        m = multiplier(q, df)
        low, high = pair.limits(m)
        with np.errstate(all="ignore"):
            flat = ~(high - low > NOISE * np.maximum(np.abs(a.value), np.abs(b.value))) & a.known & b.known
            ratio = np.where(a.value > 0, b.value / a.value, np.nan)
            least, most = (np.where(np.isnan(ratio) | flat, np.nan, end) for end in pair.limits(m, ratio=True))
        low, high = np.where(flat, np.nan, low), np.where(flat, np.nan, high)
        still = np.array([NO_SPREAD in methods for methods in zip(a.method, b.method, strict=True)], bool)
        few = _few(a, b) | np.isnan(d) | (np.isnan(low) & ~still & ~flat)
        unknown = few | ((still | flat) & (d != 0))
        p = adjusted_p(np.where(unknown, np.nan, tail_area(np.where(d == 0, 0.0, pair.touching()), df)))
        least = np.where(_never_negative(b), np.maximum(least, 0), least)
        return cls(a, b, d, (low, high), ratio, (least, most), p, few, flat | still, confidence)

    @property
    def among(self) -> Array:
        """Where the limits of a group leave 0 out and its p-value, adjusted for all groups, does not."""
        (low, high), decided = self.limits, ~np.isnan(self.p)
        return decided & ((low > 0) | (high < 0)) & (self.p > 1 - self.confidence)

    def one(self, i: int) -> dict[str, Any]:
        """The numbers of a group."""
        (low, high), (least, most) = ([float(x[i]) for x in ends] for ends in (self.limits, self.ratio_limits))
        return {
            "before": float(self.a.value[i]),
            "after": float(self.b.value[i]),
            "difference": float(self.difference[i]),
            "low": low,
            "high": high,
            "relative": float(self.ratio[i]) - 1,
            "relative_low": least - 1,
            "relative_high": most - 1,
            "p": float(self.p[i]),
            "n_before": int(self.a.n[i]),
            "n_after": int(self.b.n[i]),
            "method": _method(self.a.method[i], self.b.method[i]),
            "confidence": self.confidence,
        }

    def verdict(self, i: int, better: str | None) -> str:
        """Whether a group is better or worse, or why nobody can tell."""
        (low, high), p, up = self.limits, float(self.p[i]), self.difference[i] > 0
        if math.isnan(p):
            return TOO_FEW if self.few[i] else NO_SPREAD
        if p > 1 - self.confidence or low[i] <= 0 <= high[i]:
            return NO_EVIDENCE
        if better is None:
            return "higher" if up else "lower"
        return "better" if up == (better == "higher") else "worse"

    def notes(self, i: int) -> Iterator[str]:
        """What is to be said of a relative change, and of limits that are not there or do not decide."""
        if self.among[i]:
            yield f"no evidence among {len(self.p)} groups, of which some move by chance: the limits are for one"
        if self.flat[i]:
            yield NO_SPREAD
        elif self.a.value[i] <= 0:
            yield NO_BASE
        elif self.b.value[i] < 0:
            yield LOSS
        elif math.isinf(self.ratio_limits[1][i]) and not self.few[i]:
            yield UNBOUNDED


def _few(a: Estimates, b: Estimates) -> Array:
    """Whether a side has too few units for a verdict; of counts, both together."""
    if all(set(side.method) == {"Poisson"} for side in (a, b)):
        return np.asarray(a.units + b.units < ENOUGH)
    return np.asarray(np.minimum(a.units, b.units) < ENOUGH)


def _never_negative(b: Estimates) -> Array:
    """Whether a number and all its resamples are 0 or more."""
    return (b.value >= 0) & (True if b.resampled is None else np.nan_to_num(b.resampled).min(axis=1) >= 0)


def _method(one: str, two: str) -> str:
    unknown = next((why for why in (TOO_FEW, NO_SPREAD) if why in (one, two)), None)
    return unknown or (one if one == two else f"{one} and {two}")


__all__ = ["change", "change_per"]
