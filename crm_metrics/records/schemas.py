"""What a record class declares: its fields, the values they may hold, and the rules between them.

A field's converter is its kind (text, an amount of money, a time ...), so a new record is a class and nothing else.
"""

from __future__ import annotations

import datetime as dt
import functools
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Literal, TypeAlias

import attrs
from attrs import frozen

from crm_metrics._values.currencies import exponent
from crm_metrics.cells import Bad, Instant, instant, money, to_minor
from crm_metrics.errors import DataError, Fault, WrongCall


@frozen
class Field:
    """A field of a record: its name, its kind (the converter), whether it must be there, what it may hold."""

    name: str
    kind: Callable[[Any], Any]
    required: bool
    choices: tuple[str, ...] = ()

    def check(self, x: Any) -> Any:
        """`x` itself, or a bad cell where it is none of the choices."""
        if not self.choices or x is None or x in self.choices or isinstance(x, Bad):
            return x
        return Bad(x, "is unknown here", f"use one of {', '.join(self.choices)}, or translate it with values=")


def schema(record: type) -> dict[str, Field]:
    """The fields of a record class by name. A ``Literal`` annotation lists the values a field may hold."""
    return _schema(record)


@functools.cache
def _schema(record: type) -> dict[str, Field]:
    if not attrs.has(record):
        return {}
    try:
        attrs.resolve_types(record, include_extras=True)
    except NameError as error:
        msg = f"an annotation of {record.__name__} cannot be read, {error}: import it outside TYPE_CHECKING"
        raise WrongCall(msg) from None
    out = {}
    for f in attrs.fields(record):
        kind = f.converter or _as_is
        out[f.name] = Field(f.name, kind, f.default is attrs.NOTHING, _choices(f.type))
    return out


def _as_is(x: Any) -> Any:
    return x


def _choices(annotation: Any) -> tuple[str, ...]:
    if typing.get_origin(annotation) is Literal:
        return typing.get_args(annotation)
    return tuple(c for part in typing.get_args(annotation) for c in _choices(part))


@frozen
class NotBefore:
    """A rule of a record: one time never comes before another (by day where either is a bare date).

    ``but`` is a field, and what it holds where the later time says nothing: that of an open deal is a plan.
    """

    later: str
    earlier: str
    but: tuple[str, str] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        return self.later, self.earlier

    @property
    def problem(self) -> str:
        return f"is before {self.earlier}"

    @property
    def remedy(self) -> str:
        return f"correct {self.later} or {self.earlier}, or leave the wrong one empty"

    def broken(self, rows: Any) -> Any:
        """On a table: the rows that break the rule."""
        early = getattr(rows, self.later) < getattr(rows, self.earlier)
        if self.but is None or not early.true.any() or (said := getattr(rows, self.but[0], None)) is None:
            return early
        return type(early)(early.true & ~(said == self.but[1]).true, early.unknown)

    def broken_by(self, record: Any) -> bool:
        """The same for one record."""
        a, b = getattr(record, self.later), getattr(record, self.earlier)
        if a is None or b is None or self.but and getattr(record, self.but[0]) == self.but[1]:
            return False
        if not (isinstance(a, dt.datetime) and isinstance(b, dt.datetime)):
            a, b = _day(a), _day(b)
        return bool(a < b)


@frozen
class Needs:
    """A rule of a record: a row with this value has that field."""

    name: str
    value: str
    needed: str

    @property
    def fields(self) -> tuple[str, ...]:
        return self.needed, self.name

    @property
    def problem(self) -> str:
        return f"is not enough where {self.name} is {self.value}"

    @property
    def remedy(self) -> str:
        return f"give {self.needed}, or correct {self.name}"

    def broken(self, rows: Any) -> Any:
        """On a table: the rows that break the rule."""
        return (getattr(rows, self.name) == self.value) & getattr(rows, self.needed).missing

    def broken_by(self, record: Any) -> bool:
        """The same for one record."""
        return getattr(record, self.name) == self.value and getattr(record, self.needed) is None


@frozen
class Has:
    """A rule of a record: every row has this field."""

    needed: str

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.needed,)

    @property
    def problem(self) -> str:
        return "is not enough here"

    @property
    def remedy(self) -> str:
        return f"give {self.needed}, or leave the row out: what is not known is not nothing"

    def broken(self, rows: Any) -> Any:
        """On a table: the rows that break the rule."""
        return getattr(rows, self.needed).missing

    def broken_by(self, record: Any) -> bool:
        """The same for one record."""
        return getattr(record, self.needed) is None


Rule: TypeAlias = NotBefore | Needs | Has


def _day(x: Instant) -> dt.date:
    return x.date() if isinstance(x, dt.datetime) else x


# ---------------------------------------------------------------- when it was known


@frozen
class Later:
    """A time that a row gets when something happens to it.

    ``makes`` are the statuses that it has from then on, ``until`` the one before (None: nobody knows which).
    """

    at: str
    makes: tuple[str, ...] = ()
    until: str | None = None


@frozen
class Known:
    """When a row of a record is known, so that nothing of after a day is seen.

    ``at`` is the time at which it came; rows without it were always there. ``later`` are the times of what happens to
    it afterwards, ``earlier`` those of what led to it. ``whose`` names the field and the record that it is a part of,
    with which it comes. ``lasts``: a row without `at` is as good as one with it, for it holds from then on (somebody
    who was there before lists were kept).
    """

    at: str = ""
    later: tuple[Later, ...] = ()
    earlier: tuple[str, ...] = ()
    whose: tuple[str, type[Record]] | None = None
    lasts: bool = False

    @property
    def happened(self) -> tuple[str, ...]:
        """The times of what has happened, none of which is a plan or long ago."""
        return () if self.lasts or not self.at else (self.at, *(x.at for x in self.later), *self.earlier)


# ---------------------------------------------------------------- what may be kept on paper


@frozen
class Figure:
    """A figure of many rows that somebody may have kept on paper: `what` it is, and an `example` of it.

    ``totals`` are what it is to metrics, by the names that `explain` shows; of the rows of a ``part`` alone it is
    ``within``. ``of`` is the figure that it is a part of, and never more than. ``counts``: it is a number of things.
    ``loss``: it may be less than nothing.
    """

    name: str
    what: str
    example: int
    totals: tuple[str, ...]
    of: str = ""
    counts: bool = True
    loss: bool = False
    part: Mapping[str, tuple[str, ...]] | None = None
    within: tuple[str, ...] = ()


class Record:
    """One thing that happened. Subclass it with attrs, one converter of `crm_metrics.cells` per field.

    ``rules`` are what two fields must have in common, ``also`` other names that a field is read by, ``known`` says when
    a row is known, ``paper`` which figures of many rows people keep on paper. A table of plain `Record` rows has no
    fields of its own: every column of the data is kept under its name, which is what a lookup needs.
    """

    __slots__ = ()
    rules: ClassVar[tuple[Rule, ...]] = ()
    also: ClassVar[Mapping[str, str]] = {}
    known: ClassVar[Known] = Known()
    paper: ClassVar[tuple[Figure, ...]] = ()

    @classmethod
    def cautions(cls, rows: Any) -> list[str]:
        """What is to be said of rows beside any number of them, in sentences."""
        return []

    def __attrs_post_init__(self) -> None:
        if faults := list(_faults(self)):
            raise DataError(faults, f"a {type(self).__name__}")


@functools.cache
def _plan(record: type) -> tuple[tuple[str, ...], tuple[Field, ...], tuple[str, ...], tuple[str, ...]]:
    fields = schema(record)
    return (
        tuple(fields),
        tuple(f for f in fields.values() if f.choices),
        tuple(f.name for f in fields.values() if f.kind is money),
        tuple(f.name for f in fields.values() if f.kind is instant),
    )


def _faults(record: Record) -> Iterator[Fault]:
    kind: type = type(record)
    names, chosen, amounts, times = _plan(kind)
    bad = [(name, x) for name in names if type(x := getattr(record, name)) is Bad]
    bad += [(f.name, x) for f in chosen if type(x := f.check(getattr(record, f.name))) is Bad]
    if bad:
        yield from (x.at(None, name) for name, x in dict(bad).items())
        return
    digits = exponent(getattr(record, "currency", None))
    for name in amounts:
        if (x := getattr(record, name)) is not None:
            fine = to_minor(x, digits)
            if isinstance(fine, Bad):
                yield fine.at(None, name)
            elif fine is not x:
                object.__setattr__(record, name, fine)
    zones = {x.tzinfo is None for name in times if isinstance(x := getattr(record, name), dt.datetime)}
    if len(zones) > 1:
        yield mixed_zones(None, record, times)
        return
    for rule in record.rules:
        if rule.broken_by(record):
            yield rule_fault(None, rule, getattr(record, rule.fields[0]))


def rule_fault(row: int | None, rule: Rule, value: Any) -> Fault:
    """The fault of a row that breaks a rule of its record; a day that programs write for none is said to be read so."""
    written = not isinstance(rule, NotBefore) and value not in (None, "")
    problem = f"is read as none, which {rule.problem}" if written else rule.problem
    return Fault(row=row, field=rule.fields[0], value=value, problem=problem, remedy=rule.remedy)


def mixed_zones(row: int | None, record: Any, times: tuple[str, ...]) -> Fault:
    """The fault of times with a zone beside times without one."""
    values = {n: x for n in times if isinstance(x := getattr(record, n), dt.datetime)}
    naive = next(n for n, x in values.items() if x.tzinfo is None)
    aware = next(n for n, x in values.items() if x.tzinfo is not None)
    return Fault(row, naive, values[naive], f"has no time zone and {aware} has one", "give both or neither a zone")
