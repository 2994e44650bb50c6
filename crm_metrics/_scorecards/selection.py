"""Which rows of a company count, and what they lack, in words."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from crm_metrics._company.crm import RECORDS
from crm_metrics._company.windows import Windows
from crm_metrics._tables.table import Table
from crm_metrics._tables.where import Predicate, where
from crm_metrics.errors import UnknownName, WrongCall, WrongValue, shown
from crm_metrics.periods import Period, TimeKey
from crm_metrics.records.schemas import Record

# ---------------------------------------------------------------- which rows


@frozen
class Part:
    """Which rows count: a period at each metric's own time, conditions, and values of fields."""

    period: Period | None = None
    conditions: tuple[Predicate, ...] = ()
    equals: tuple[tuple[str, Any], ...] = ()

    def __and__(self, other: Part) -> Part:
        if self.period and other.period:
            raise WrongValue("where= has two periods: give one, or fields by name, {'closed_at': period}")
        return Part(self.period or other.period, self.conditions + other.conditions, self.equals + other.equals)

    def __str__(self) -> str:
        words = [_span(self.period)] if self.period else []
        words += [
            str(getattr(f, "__name__", "a condition")).replace("<lambda>", "a condition") for f in self.conditions
        ]
        return ", ".join([*words, *(f"{name} {_words(value)}" for name, value in self.equals)])

    @property
    def is_all(self) -> bool:
        """Whether no row is left out."""
        return not (self.period or self.conditions or self.equals)

    def rows(self, t: Table[Any], rows: str) -> Table[Any]:
        """The rows of a table for which conditions and values hold; the period is for each metric's own time."""
        for name, value in self.equals:
            if name not in t or (value is not None and len(t) and t[name].missing.true.all()):
                raise Lacks("field", f"the {rows} have no {name}")
        try:
            return where(t, *self.conditions, **dict(self.equals))
        except UnknownName as error:
            raise Lacks("field", first_words(error)) from error


def part_of(what: Any) -> Part:
    """From a period, a condition, a mapping of field values, or a list of these; None is all rows."""
    if what is None or isinstance(what, Part):
        return what or Part()
    if isinstance(what, Period):
        return Part(what)
    if isinstance(what, Mapping):
        return Part(
            equals=tuple((str(k), tuple(v) if isinstance(v, (list, set, frozenset)) else v) for k, v in what.items())
        )
    if isinstance(what, (list, tuple)):
        if any(isinstance(one, (list, tuple)) for one in what):
            raise WrongCall(f"where={shown(what)}: a list holds periods, conditions and mappings, no other lists")
        return functools.reduce(Part.__and__, map(part_of, what), Part())
    if callable(what) and not isinstance(what, (TimeKey, Windows)):
        return Part(conditions=(what,))
    msg = f'where={shown(what)}: give a period such as month("2024-03"), a condition, {{field: value}}, or a list'
    raise WrongCall(msg)


def _span(period: Period) -> str:
    if isinstance(period.start, dt.datetime):
        return f"from {period.start} until {period.end}"
    last = period.end - dt.timedelta(days=1)
    return f"{period.start}" if last == period.start else f"{period.start} to {last}"


def _words(value: Any) -> str:
    if isinstance(value, Period):
        return _span(value)
    return " or ".join(map(str, value)) if isinstance(value, tuple) else "none" if value is None else str(value)


# ---------------------------------------------------------------- what is missing


@frozen
class Gap:
    """Why there is no number: the kind of thing that is missing (table, key, field, time, currency), in words.

    ``first`` names only the first of several fields, so that what lacks the same is told together.
    """

    what: str
    why: str
    first: str = ""


class Lacks(UnknownName):
    """The rows lack something that a metric needs."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(why)
        self.gap = Gap(what, why)


# ---------------------------------------------------------------- words


def noun(record: type[Record]) -> str:
    """What the rows of a record are called: deals; rows of spend."""
    name = next((name for name, kind in RECORDS.items() if kind is record), record.__name__)
    return name if name.endswith("s") else f"rows of {name}"


def first_words(error: Exception) -> str:
    """What an error says before its remedy."""
    return str(error).partition(":")[0].partition(";")[0]
