"""`trend`: a metric by period, the empty periods too."""

from __future__ import annotations

import math
from typing import Any

from attrs import frozen

from crm_metrics._scorecards.catalogue import key_of, label_of, metric_of, rows_for
from crm_metrics._totals.metric import about, ready
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics._values.presented import Presented, Shown, group_name
from crm_metrics._values.ratios import ratio
from crm_metrics._values.writing import number
from crm_metrics.errors import MixedCurrencies, WrongCall, in_words, shown
from crm_metrics.periods import TimeKey, month


@frozen(eq=False, repr=False)
class Trend(Presented):
    """A metric by period: ``numbers`` by period, and for totals ``shares`` of the whole; None where there are none."""

    metric: str
    label: str
    unit: str
    better: str | None
    numbers: Breakdown
    shares: Breakdown | None

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, period: Any) -> float:
        return self.numbers[period]

    def about(self) -> dict[str, Any]:
        """What the metric is called, its unit, and which is better."""
        return {"metric": self.metric, "label": self.label, "unit": self.unit, "better": self.better}

    def to_columns(self) -> dict[str, list[Any]]:
        """Periods (and other groups), numbers, and shares where there are any."""
        out = self.numbers.to_columns()
        out["value"] = list(self.numbers.to_dict().values())
        return out if self.shares is None else {**out, "share": list(self.shares.to_dict().values())}

    def shown(self) -> Shown:
        """A line for each period."""
        rows = []
        for group, value in self.numbers.items():
            cells = [number(value, self.unit, getattr(value, "unit", None) or "")]
            cells += [] if self.shares is None else [number(self.shares[group], "share")]
            rows.append((group_name(group if isinstance(group, tuple) else (group,)), *cells))
        heads = (" / ".join(self.numbers.names), "", *([] if self.shares is None else ["of all"]))
        return Shown(self.label, heads, tuple(rows))


@in_words
def trend(metric: Any, *rows: Any, by: Any = month, start: str | None = None, end: str | None = None) -> Trend:
    """A metric by period, with the periods in which nothing happened; for totals the share of the whole as well.

    `by` is a unit of time, bare (``month``: at the time that the metric names) or of a field
    (``month("closed_at")``), or a tuple of keys with one such unit; it may as well stand last among the rows. The
    periods go from the first to the last that occur, or from `start` to `end`. Rows without a date are the period
    None, where they count. A `CRM` stands for its tables.

    >>> from crm_metrics import sales
    >>> days = ["2024-01-10", "2024-01-20", "2024-03-05"]
    >>> trend(sales.deals_created, {"created_at": days})
    Deals created
    month               of all
    2024-01   2         66.7 %
    2024-02   0          0.0 %
    2024-03   1         33.3 %
    """
    metric = metric_of(metric)
    if rows and _is_key(rows[-1]):
        if by is not month:
            raise WrongCall(f"{shown(rows[-1])} and by={shown(by)}: give the unit of time once")
        rows, by = rows[:-1], rows[-1]
    tables = rows_for(metric, rows)
    ready(metric)
    keys = key_of(by, tables)
    unit = _unit(keys)
    numbers = unit.fill(metric(*tables, by=keys), start, end)
    numbers = numbers.on(tuple(k for k in numbers if _says(k, numbers[k], unit, numbers.names)))
    known = about(metric)
    shares = _shares(numbers, metric, tables) if numbers._num is not None else None
    return Trend(known.name, label_of(metric), known.unit, known.better, numbers, shares)


def _is_key(x: Any) -> bool:
    """Whether this is a key rather than rows: a unit of time, or a tuple with one."""
    return isinstance(x, TimeKey) or (isinstance(x, tuple) and any(isinstance(part, TimeKey) for part in x))


def _unit(by: Any) -> TimeKey:
    """The one unit of time among the keys."""
    units = [part for part in (by if isinstance(by, tuple) else (by,)) if isinstance(part, TimeKey)]
    if len(units) != 1:
        raise WrongCall(f'by={shown(by)}: a trend has one unit of time, month or month("closed_at")')
    return units[0]


def _says(group: Any, x: float, unit: TimeKey, names: tuple[str, ...]) -> bool:
    """Whether a period is one, or rows without a date count for something."""
    period = group[names.index(unit.unit)] if isinstance(group, tuple) else group
    return period is not None or not (math.isnan(x) or x == 0)


def _shares(numbers: Breakdown, metric: Any, tables: list[Any]) -> Breakdown | None:
    """The share of each number in that of all rows; none where these are in several currencies."""
    try:
        whole: Number = metric(*tables)
        return ratio(numbers, whole)
    except MixedCurrencies:
        return None
