"""How long ago a time of a row was: before a moment, in days."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from crm_metrics._tables.table import Table
from crm_metrics._values.columns import Flags, Quantity
from crm_metrics.cells import Instant
from crm_metrics.columns.parametric import Parametric, days_given, moment, times


@frozen
class DaysSince(Parametric):
    """Days from a time of a row to a moment; whole days where either is a bare date."""

    at: str
    as_of: Instant = field(converter=moment)

    @property
    def __name__(self) -> str:
        return f"days_since_{self.at}"

    def of(self, rows: Table[Any]) -> Quantity:
        return -(times(rows, self.at) - self.as_of)


@frozen
class LongAgo(Parametric):
    """Rows of which a time was so many days before a moment, or more; unknown where there is none."""

    at: str
    as_of: Instant = field(converter=moment)
    days: float = field(converter=days_given)

    @property
    def __name__(self) -> str:
        return f"{self.at}_{self.days}_days_ago"

    def of(self, rows: Table[Any]) -> Flags:
        return DaysSince(self.at, self.as_of).of(rows) >= self.days
