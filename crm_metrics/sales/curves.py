"""How many deals are won in how many days, with those still open: what closed deals alone tell wrongly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Closed, Rows, closed_form, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._uncertainty.curves import by_group, curves, ticks
from crm_metrics._uncertainty.survival import Curve, band, ended_error, restricted_mean
from crm_metrics._values.breakdown import Number
from crm_metrics._values.clocks import DAY
from crm_metrics._values.exact import Array
from crm_metrics.cells import Instant
from crm_metrics.columns.states import View
from crm_metrics.records import Deal


@metric(
    Deal, unit="share", better="higher", question="Of the deals that come in, how many do we win within so many days?"
)
def win_rate_by(
    deals: Rows[Deal],
    *,
    days: float,
    as_of: Instant,
    min_age: float = 0,
    tracked_from: Instant | None = None,
    by: By = None,
) -> Number:
    r"""Share of all deals that are won within so many days of creation, with what the open ones tell so far.

    $$ \text{win rate by } t = \sum_{t_i \le t} S(t_i-) \frac{\text{won}_i}{n_i}, \qquad
       S(t) = \prod_{t_i \le t} \Big(1 - \frac{\text{won}_i + \text{lost}_i}{n_i}\Big) $$

    Of the n deals that were seen open for so long, some are won at the age t and some lost: the cumulative incidence
    of winning (Aalen and Johansen). A deal open at `as_of` counts up to its age then, a lost one is no longer
    won. With no deal open it is the share won within `days` exactly. A fraction from 0 to 1; NaN where no deal was
    seen for so many days.

    ``as_of``: a date means its end; deals created later are not there, deals closed later are open. ``min_age``: only
    deals created at least so many days before, so that each could have been won within them. ``tracked_from``: when
    the CRM began to track (a date means its start); older deals count from their age then, and those closed before are
    not seen. Deals without the times that they need are left out (`explain` counts them). A bare time key reads
    `created_at`.

    >>> import datetime as dt
    >>> deals = {"status": ["open", "lost", "lost", "won", "won", "open"]}
    >>> deals["created_at"] = ["2024-03-30"] + ["2024-03-25"] * 5
    >>> deals["closed_at"] = [None, "2024-03-27", "2024-03-28", "2024-03-29", "2024-03-30", None]
    >>> win_rate_by(deals, days=5, as_of=dt.date(2024, 3, 31))
    0.4
    """
    t, view = totals(deals, Deal, by, at="created_at"), View(as_of, min_age, tracked_from)
    until = ticks(days)
    return by_group(t, view, lambda c: c.share(0, until))


@metric(Deal, unit="days", better="lower", question="In how many days is half of what comes in won?")
def median_time_to_win(
    deals: Rows[Deal],
    *,
    as_of: Instant,
    within: float | None = None,
    min_age: float = 0,
    tracked_from: Instant | None = None,
    by: By = None,
) -> Number:
    r"""Days by which half of all deals are won; with `within`, half of those that are won within so many days.

    $$ \min \{ t : F(t) \ge \tfrac12 \}, \qquad \min \{ t : F(t) \ge \tfrac12 F(\text{within}) \} $$

    F is `win_rate_by`. Few companies ever win half of their deals, so the first is often NaN, which means not reached.
    The second is the median sales cycle without the bias to quick deals that closed deals have; NaN where no deal was
    seen for so many days, or none is won. Days of 24 hours; whole days where dates are bare. The other keywords are
    those of `win_rate_by`.

    >>> import datetime as dt
    >>> deals = {"status": ["won", "won", "won", "open"], "created_at": ["2024-03-01"] * 3 + ["2024-03-31"]}
    >>> deals["closed_at"] = ["2024-03-05", "2024-03-11", "2024-03-29", None]
    >>> median_time_to_win(deals, as_of=dt.date(2024, 3, 31)), median_time_to_win(deals, as_of="2024-03-31", within=10)
    (10.0, 4.0)
    """
    t, view = totals(deals, Deal, by, at="created_at"), View(as_of, min_age, tracked_from)
    until = None if within is None else ticks(within)
    return by_group(t, view, lambda c: _half(c, until))


def _half(c: Curve, until: int | None) -> float:
    of = 1.0 if until is None else c.share(0, until)
    return c.first(c.ended[0], of / 2) / DAY if of > 0 else math.nan


@metric(Deal, unit="days", better="lower", question="How long does a deal stay on our hands?")
def mean_days_open(
    deals: Rows[Deal],
    *,
    days: float,
    as_of: Instant,
    min_age: float = 0,
    tracked_from: Instant | None = None,
    by: By = None,
) -> Number:
    r"""Mean days that a deal stays open, won or lost in the end, within its first so many days.

    $$ \int_0^{\text{days}} S(t)\,dt, \qquad S(t) = \text{share of deals still open at the age } t $$

    A deal that is open longer counts `days`: without such a limit one forgotten deal would rule the mean. Compare
    with the same `days` only. NaN where no deal was seen for so long. The other keywords are those of `win_rate_by`.

    >>> import datetime as dt
    >>> deals = {"status": ["won", "lost", "open"], "created_at": ["2024-01-01"] * 3}
    >>> deals["closed_at"] = ["2024-01-05", "2024-01-09", None]
    >>> mean_days_open(deals, days=30, as_of=dt.date(2024, 3, 31))
    14.0
    """
    t, view = totals(deals, Deal, by, at="created_at"), View(as_of, min_age, tracked_from)
    until = ticks(days)
    return by_group(t, view, lambda c: restricted_mean(c, until)[0] / DAY)


# ---------------------------------------------------------------- their limits


@closed_form(win_rate_by)
def _limits_of_rate(deals: Any, *, days: float, by: By = None, **view: Any) -> Closed:
    """Limits on the scale of log(-log), from Marubini and Valsecchi's error."""
    t, until = totals(deals, Deal, by, at="created_at"), ticks(days)
    found = [*curves(t, View(**view))]
    value = np.array([c.share(0, until) for c in found], float)
    error = np.array([c.step(ended_error(c, 0), 0.0, until) for c in found], float)
    n = np.array([c.watched.total for c in found], np.int64)
    return Closed(t.keys, t.names, value, n, lambda m: band(value, error, m), "Aalen-Johansen, log-log")


@closed_form(mean_days_open)
def _limits_of_mean(deals: Any, *, days: float, by: By = None, **view: Any) -> Closed:
    """Limits from the error of the area under the curve."""
    t, until = totals(deals, Deal, by, at="created_at"), ticks(days)
    found = [*curves(t, View(**view))]
    value, error = (np.array([restricted_mean(c, until)[i] / DAY for c in found], float) for i in (0, 1))
    n = np.array([c.watched.total for c in found], np.int64)

    def at(m: Array) -> tuple[Array, Array]:
        half = np.where(error > 0, m * error, np.nan)
        return np.maximum(value - half, 0.0), np.minimum(value + half, days)

    return Closed(t.keys, t.names, value, n, at, "restricted mean, Greenwood")


__all__ = ["mean_days_open", "median_time_to_win", "win_rate_by"]
