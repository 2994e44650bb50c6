"""`win_curve`: the shares of deals that are won, lost and still open by their age, with a band."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, tabular
from crm_metrics._totals.of_rows import totals
from crm_metrics._uncertainty.curves import curves, ticks, without_times
from crm_metrics._uncertainty.distributions import normal_quantile, tail
from crm_metrics._uncertainty.survival import SCALES, Curve, band, ended_error, restricted_mean
from crm_metrics._values.clocks import DAY
from crm_metrics._values.exact import Array
from crm_metrics._values.plain import null
from crm_metrics._values.presented import Presented, Shown, beside, group_name
from crm_metrics._values.writing import NOTHING, number
from crm_metrics.cells import Instant
from crm_metrics.columns.parametric import one_of
from crm_metrics.columns.states import LOST, OPEN, WON, View
from crm_metrics.errors import WrongValue, shown
from crm_metrics.records import Deal

READABLE = (0, 1, 3, 7, 14, 30, 60, 90, 120, 180, 270, 365, 545, 730, 1095, 1460, 1825, 2555, 3650)
COLUMNS = ("days", "at_risk", "won", "lost", "win", "low", "high", "lost_share", "open_share")
FEW = (7, 30, 90, 180)


@frozen
class CurvePoint:
    """A number of a curve with its limits, and its standard error where it has one; NaN for what is not known."""

    value: float
    low: float
    high: float
    error: float = math.nan

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"

    def to_dict(self) -> dict[str, float | None]:
        """The same as plain data, null for what is not known."""
        return {name: null(getattr(self, name)) for name in ("value", "low", "high", "error")}


@frozen(eq=False, repr=False)
class WinCurve(Presented):
    """What becomes of deals by their age: the share won with its band, the shares lost and still open.

    A row for each age at which a deal was won or lost. The three shares of a row add up to 1. ``left_out`` counts deals
    that lack the times for it, by state: all without `created_at`, closed ones without `closed_at`.
    """

    curve: Curve
    view: View
    confidence: float
    scale: str
    win: Array
    low: Array
    high: Array
    error: Array
    left_out: dict[str, int]

    @classmethod
    def of(cls, curve: Curve, view: View, confidence: float, scale: str, left_out: dict[str, int]) -> WinCurve:
        """The curve with its band, and how many deals of each state lack a time and are not in it."""
        error = ended_error(curve, 0)
        low, high = band(curve.ended[0], error, normal_quantile(tail(confidence)), scale)
        return cls(curve, view, confidence, scale, curve.ended[0], low, high, error, left_out)

    # ---- asking
    @property
    def days(self) -> Array:
        """The ages at which deals were won or lost."""
        return self.curve.time / DAY

    @property
    def known_until(self) -> float:
        """The age up to which anything is known: the greatest seen. Infinite where no deal is open any more."""
        return self.curve.reach / DAY

    def at(self, days: float) -> CurvePoint:
        """The share won within so many days: `win_rate_by`, with its limits. NaN where no deal was seen so long."""
        t = ticks(days)
        steps = ((self.win, 0.0), (self.low, math.nan), (self.high, math.nan), (self.error, 0.0))
        return CurvePoint(*(self.curve.step(values, start, t) for values, start in steps))

    def quantile(self, q: float) -> CurvePoint:
        """The days by which a share `q` of all deals is won, and where the band reaches it; NaN where not reached."""
        if isinstance(q, bool) or not isinstance(q, (int, float)) or not 0 < q <= 1:
            raise WrongValue(f"q={shown(q)} is not a share of the deals: give a number above 0, up to 1")
        return CurvePoint(*(self.curve.first(values, q) / DAY for values in (self.win, self.high, self.low)))

    def mean(self, days: float) -> CurvePoint:
        """Mean days that a deal stays open within its first so many: `mean_days_open`, with its standard error."""
        value, error = (x / DAY for x in restricted_mean(self.curve, ticks(days)))
        if not error > 0:
            return CurvePoint(value, math.nan, math.nan, error)
        half = normal_quantile(tail(self.confidence)) * error
        return CurvePoint(value, max(value - half, 0.0), min(value + half, days), error)

    @property
    def counts(self) -> dict[str, int]:
        """How many deals there are, how many of them were won and lost, and how many are open."""
        won, lost, still = self.curve.counts
        return {"deals": won + lost + still, "won": won, "lost": lost, "open": still}

    # ---- as a table
    def about(self) -> dict[str, Any]:
        """How the curve was taken, and of how many deals."""
        known = self.known_until
        return {
            "as_of": str(self.view.as_of),
            "min_age": self.view.min_age,
            "tracked_from": None if self.view.tracked_from is None else str(self.view.tracked_from),
            "confidence": self.confidence,
            "scale": self.scale,
            **self.counts,
            "known_until": known if math.isfinite(known) else None,
            "left_out": dict(self.left_out),
        }

    def to_columns(self) -> dict[str, list[Any]]:
        """Days, deals at risk then, won and lost then, and the shares by then."""
        c = self.curve
        arrays = (self.days, c.at_risk, *c.events, self.win, self.low, self.high, c.ended[1], c.open)
        return {name: [null(x) for x in values.tolist()] for name, values in zip(COLUMNS, arrays, strict=True)}

    def shown(self) -> Shown:
        """The shares at some ages that people speak of, and at the last."""
        heads = ("days", "at risk", "won", f"{100 * self.confidence:g} % limits", "lost", "open")
        rows = tuple(self._row(t) for t in self._ages())
        n = self.counts
        deals = "1 deal" if n["deals"] == 1 else f"{n['deals']:,} deals"
        title = f"{deals} at {self.view.as_of}: {n['won']:,} won, {n['lost']:,} lost, {n['open']:,} open"
        return Shown(title, heads, rows, tuple(_without_times(self.left_out)))

    def _ages(self) -> list[int]:
        """Readable ages while somebody is watched, and the last at which anything happened; each reads otherwise."""
        if not len(self.curve.time):
            return []
        last = int(self.curve.time[-1])
        return [*(d * DAY for d in READABLE if d * DAY < last and _days(d * DAY) != _days(last)), last]

    def _row(self, t: int) -> tuple[str, ...]:
        c, found = self.curve, self.at(t / DAY)
        shares = [found.value, c.share(1, t), c.step(c.open, 1.0, t)]
        won, lost, still = (number(x, "share") for x in shares)
        limits = NOTHING if math.isnan(found.low) else f"{100 * found.low:.1f} to {100 * found.high:.1f} %"
        at_risk = int(c.watched.at(np.array([t]))[0])
        return _days(t), f"{at_risk:,}", won, limits, lost, still


def _days(t: int) -> str:
    """An age as people read it."""
    return f"{t / DAY:,.4g}"


def _without_times(left_out: Mapping[str, int]) -> Iterator[str]:
    if some := [f"{n:,} {state}" for state, n in left_out.items() if n]:
        yield f"Left out, since they do not say when they came in or closed: {', '.join(some)}."


@frozen(eq=False, repr=False)
class WinCurves(Presented, Mapping[Any, WinCurve]):
    """A curve for each group: a mapping, and all of them below each other as one table."""

    found: Mapping[Any, WinCurve]
    names: tuple[str, ...]

    def __getitem__(self, key: Any) -> WinCurve:
        return self.found[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def about(self) -> dict[str, Any]:
        """The names of the keys, and what is true of the curve of each group."""
        return {"by": list(self.names), "groups": [{"key": k, **c.about()} for k, c in self.items()]}

    def to_columns(self) -> dict[str, list[Any]]:
        """The rows of every curve, with the keys of its group before them."""
        tables = {k: c.to_columns() for k, c in self.items()}
        keys = [k for k, t in tables.items() for _ in t["days"]]
        return beside(keys, self.names, {name: [x for t in tables.values() for x in t[name]] for name in COLUMNS})

    def shown(self) -> Shown:
        """A line for each group: its deals, and the share won by some ages."""
        reach = max((c.known_until for c in self.values()), default=0.0)
        ages = [d for d in FEW if d <= reach] or [FEW[0]]
        rows = tuple((_name(k), *_line(c, ages)) for k, c in self.items())
        heads = (" / ".join(self.names), "deals", "won", "lost", "open", *(f"by {d} days" for d in ages))
        lost = {state: sum(c.left_out[state] for c in self.values()) for state in (WON, LOST, OPEN)}
        return Shown("Share won", heads, rows, tuple(_without_times(lost)))


def _name(key: Any) -> str:
    return group_name(key if isinstance(key, tuple) else (key,))


def _line(c: WinCurve, ages: Sequence[int]) -> tuple[str, ...]:
    counts = tuple(f"{n:,}" for n in c.counts.values())
    return (*counts, *(number(c.at(d).value, "share") for d in ages))


@tabular(Deal, question="How many deals are won by which age?")
def win_curve(
    deals: Rows[Deal],
    *,
    as_of: Instant,
    min_age: float = 0,
    tracked_from: Instant | None = None,
    confidence: float = 0.95,
    scale: str = "log-log",
    by: By = None,
) -> Any:
    r"""The shares of deals that are won, lost and still open by their age: a `WinCurve`, with `by=` a mapping of them.

    $$ F_\text{won}(t) + F_\text{lost}(t) + S(t) = 1 $$

    The share won is `win_rate_by` at every age, with limits from Marubini and Valsecchi's variance on the scale of
    log(-log), or of log (``scale="log"``). The band holds point by point, not for the curve as a whole. The other
    keywords are those of `win_rate_by`. Deals that lack a time it needs are left out, and a note says how many.

    >>> import datetime as dt
    >>> deals = {"status": ["won", "lost", "won", "open"], "created_at": ["2024-03-01"] * 4}
    >>> deals["closed_at"] = ["2024-03-05", "2024-03-08", "2024-03-15", None]
    >>> found = win_curve(deals, as_of=dt.date(2024, 3, 31))
    >>> found
    4 deals at 2024-03-31: 2 won, 1 lost, 1 open
    days   at risk      won     95 % limits     lost      open
    0            4    0.0 %               -    0.0 %   100.0 %
    1            4    0.0 %               -    0.0 %   100.0 %
    3            4    0.0 %               -    0.0 %   100.0 %
    7            3   25.0 %   0.9 to 66.5 %   25.0 %    50.0 %
    14           2   50.0 %   5.8 to 84.5 %   25.0 %    25.0 %
    >>> print(found.at(10), found.quantile(0.5).value)
    0.25 [0.008948, 0.6653] 14.0
    """
    view = View(as_of, min_age, tracked_from)
    tail(confidence)
    one_of(scale, SCALES, "scale")
    t = totals(deals, Deal, by, at="created_at")
    lost = without_times(t, view)
    found = [WinCurve.of(c, view, confidence, scale, n) for c, n in zip(curves(t, view), lost, strict=True)]
    return found[0] if t.keys is None else WinCurves(dict(zip(t.keys, found, strict=True)), t.names)


__all__ = ["CurvePoint", "WinCurve", "WinCurves", "win_curve"]
