"""Metrics with the keywords that they cannot do without, for tests that call every metric there is."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from crm_metrics import Period
from crm_metrics._totals.metric import about

REQUIRED: dict[str, Any] = {
    "as_of": dt.date(2018, 6, 30),
    "days": 90,
    "over": 5,
    "period": Period(dt.date(2016, 7, 15), dt.date(2018, 3, 10)),
}
"""What the strategies draw has something on both sides of each."""


def complete(m: Any) -> Any:
    """The metric, ready to be called on rows alone."""
    given = {name: REQUIRED[name] for name in about(m).required}
    return partial(m, **given) if given else m
