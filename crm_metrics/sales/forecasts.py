"""How good the forecast was: what was expected, from a snapshot kept at the time, against what came."""

from __future__ import annotations

from crm_metrics._totals.groups import By, Key
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import amount, expected_amount, opened, won
from crm_metrics.columns.parametric import Within, one_of
from crm_metrics.periods import Period
from crm_metrics.records import Deal

EXPECTED = {"probability": expected_amount, "amount": amount}


@metric(Deal, Deal, unit="share", better="lower", question="By how much does the forecast miss?")
def forecast_error(
    snapshot: Rows[Deal],
    deals: Rows[Deal],
    *,
    period: Period,
    weight: str = "probability",
    per: Key = "manager",
    by: By = None,
) -> Number:
    r"""Weighted absolute percentage error (WAPE) of a forecast, manager by manager.

    $$ \text{WAPE} = \frac{\sum_m |F_m - A_m|}{\sum_m A_m} $$

    F is the forecast: over the deals that were open in the `snapshot`, the rows as they stood when it was made, and
    expected to close in the `period`, the sum of amount times probability (``weight="amount"``: of amounts). A is what
    was won in the period, of `deals` as they stand now. A `CRM` has only these, and is refused. Misses of two managers
    do not cancel out; ``per=`` names another field to compare by. 0 is a perfect forecast, and it may exceed 1; NaN
    where nothing was won. Forecasts of several periods are compared one by one.

    >>> from crm_metrics import month
    >>> march = {"status": ["open"] * 2, "expected_close": ["2024-03-20"] * 2, "probability": [0.5, 0.5]}
    >>> snapshot = {**march, "amount": [1000, 1000], "manager": ["Anna", "Boris"]}
    >>> came = {"status": ["won"] * 2, "closed_at": ["2024-03-25"] * 2}
    >>> came = {**came, "amount": [700, 300], "manager": ["Anna", "Boris"]}
    >>> forecast_error(snapshot, came, period=month("2024-03"))
    0.4
    """
    expected = EXPECTED[one_of(weight, EXPECTED, "weight")]
    s, d = totals(snapshot, Deal, by, at="expected_close"), totals(deals, Deal, by, at="closed_at")
    due, came = Within(period, "expected_close", opened), Within(period, "closed_at", won)
    missed = abs(s.sums(expected, per=per, where=due) - d.sums(amount, per=per, where=came))
    return ratio(d.over(missed, s), d.sum(amount, where=came))


@metric(Deal, Deal, unit="share", better=None, question="Do we expect too much or too little?")
def forecast_bias(
    snapshot: Rows[Deal], deals: Rows[Deal], *, period: Period, weight: str = "probability", by: By = None
) -> Number:
    r"""What a forecast was too high by, as a share of what came.

    $$ \text{bias} = \frac{\sum F - \sum A}{\sum A} $$

    F and A as in `forecast_error`. Above 0 the forecast was too high, below 0 too low. NaN where nothing was won.

    >>> from crm_metrics import month
    >>> snapshot = {"status": ["open"], "expected_close": ["2024-03-20"], "amount": [1000], "probability": [0.6]}
    >>> came = {"status": ["won"], "closed_at": ["2024-03-25"], "amount": [500]}
    >>> forecast_bias(snapshot, came, period=month("2024-03"))
    0.2
    """
    expected = EXPECTED[one_of(weight, EXPECTED, "weight")]
    s, d = totals(snapshot, Deal, by, at="expected_close"), totals(deals, Deal, by, at="closed_at")
    came = d.sum(amount, where=Within(period, "closed_at", won))
    return ratio(s.sum(expected, where=Within(period, "expected_close", opened)) - came, came)
