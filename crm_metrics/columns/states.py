"""How deals stood at a moment: won, lost or open by then, how old, and since when they were tracked."""

from __future__ import annotations

import datetime as dt

import numpy as np
from attrs import field, frozen

from crm_metrics._tables.table import Table
from crm_metrics._values.clocks import DAY, microseconds, offsets
from crm_metrics._values.columns import Flags, Instants, Labels, Quantity, one_instant
from crm_metrics._values.exact import Array
from crm_metrics.cells import Instant
from crm_metrics.columns.parametric import Parametric, days_given, moment, times
from crm_metrics.errors import WrongValue
from crm_metrics.records import Deal

WON, LOST, OPEN = "won", "lost", "open"


def _moment_if_any(x: Instant | None) -> Instant | None:
    return None if x is None else moment(x)


@frozen
class View:
    """What is looked at: deals as they stood at `as_of` (a date means its end), created `min_age` days before or more.

    ``tracked_from`` is when tracking began (a date means its start): deals that closed before are not seen.
    """

    as_of: Instant = field(converter=moment)
    min_age: float = field(default=0, converter=days_given)
    tracked_from: Instant | None = field(default=None, converter=_moment_if_any)

    def __attrs_post_init__(self) -> None:
        start = self.tracked_from
        if start is not None and bool((one_instant(start) > one_instant(self.as_of)).true[0]):
            raise WrongValue(f"tracked_from={start} comes after as_of={self.as_of}: nothing was tracked by then")

    def age(self, created: Instants) -> Quantity:
        """Days from creation to `as_of`; by day where created is a bare date."""
        return _edge(self.as_of, created, last=True) - created

    def held(self, rows: Table[Deal]) -> Array:
        """The deals that are looked at: all but those known to be created after `as_of` or too short before it."""
        created = times(rows, "created_at")
        held = ~(created > self.as_of).true
        return held & ~(self.age(created) < self.min_age).true if self.min_age else held


def _edge(x: Instant, beside: Instants, *, last: bool) -> Instants:
    """The last microsecond of a date, or its first; a datetime as it is. In the zone of the times that it meets."""
    if isinstance(x, dt.datetime):
        return one_instant(x, beside.zone)
    local = np.array([microseconds(x) + (DAY - 1 if last else 0)], np.int64)
    if beside.zone is None:
        return Instants(local)
    guess = local - offsets(local, beside.zone)
    return Instants(local - offsets(guess, beside.zone), zone=beside.zone)


@frozen
class In(Parametric):
    """Deals in a state (won, lost, open) at the time of a view; deals that lack a time are in it too."""

    state: str
    view: View

    @property
    def __name__(self) -> str:
        return self.state

    def of(self, rows: Table[Deal]) -> Flags:
        status: Labels = rows.status
        after = (times(rows, "closed_at") > self.view.as_of).true
        if self.state == OPEN:
            return Flags(((status == OPEN).true | status.isin(WON, LOST).true & after) & self.view.held(rows))
        there = (status == self.state).true & ~after & self.view.held(rows)
        start = self.view.tracked_from
        return Flags(there if start is None else there & ~(times(rows, "closed_at") < start).true)


@frozen
class Age(Parametric):
    """Days from creation to the close of a deal in that state, or to the time of the view for an open one."""

    state: str
    view: View

    @property
    def __name__(self) -> str:
        return f"age_when_{self.state}"

    def of(self, rows: Table[Deal]) -> Quantity:
        created = times(rows, "created_at")
        if self.state == OPEN:
            return self.view.age(created)
        return times(rows, "closed_at") - created


@frozen
class Late(Parametric):
    """Deals that were created before tracking began, and are seen."""

    view: View

    @property
    def __name__(self) -> str:
        return "tracked_late"

    def of(self, rows: Table[Deal]) -> Flags:
        assert self.view.tracked_from is not None
        earlier = (times(rows, "created_at") < self.view.tracked_from).true
        closed = ~times(rows, "closed_at").missing.true
        seen = (In(WON, self.view).of(rows).true | In(LOST, self.view).of(rows).true) & closed
        return Flags(earlier & (seen | In(OPEN, self.view).of(rows).true))


@frozen
class AgeWhenTracked(Parametric):
    """Days from creation to the last moment at which a deal was not tracked yet: of bare dates, the day before.

    So a deal that closes as tracking begins is at risk then, and always for a moment at least.
    """

    view: View

    @property
    def __name__(self) -> str:
        return "age_when_tracked"

    def of(self, rows: Table[Deal]) -> Quantity:
        assert self.view.tracked_from is not None
        created = times(rows, "created_at")
        age = _edge(self.view.tracked_from, created, last=False) - created
        still = In(OPEN, self.view).of(rows).true
        exit_age = np.where(still, self.view.age(created).data, Age(WON, self.view).of(rows).data)
        entry = age.data - np.where(created.bare, DAY, 1)
        return age.like(np.minimum(entry, exit_age - 1), created.mask)


__all__ = ["LOST", "OPEN", "WON", "Age", "AgeWhenTracked", "In", "Late", "View"]
