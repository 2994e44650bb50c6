"""Typed records: one thing that happened, validated and converted at the door.

A field's converter is its kind (text, an amount of money, a time ...), so a new record is a class and nothing
else. A converter never raises: what it cannot read it hands on as a `Bad` cell, so that one error can name
the field and list every fault of the record (or of the whole load).
"""

from __future__ import annotations

import datetime as dt
import functools
import typing
from collections.abc import Callable, Iterator
from decimal import Context, Decimal, InvalidOperation
from typing import Any, ClassVar, Literal, Never, TypeAlias, cast

import attrs
from attrs import field, frozen

from crm_metrics.currencies import EXPONENTS, OLD, exponent
from crm_metrics.errors import DataError, Fault, WrongCall

Instant: TypeAlias = dt.datetime | dt.date
UTC = dt.UTC
SAFE = 2**53


# ---------------------------------------------------------------- converters: what a cell may hold


@frozen
class Bad:
    """A cell that could not be read, on its way to the error that lists it."""

    value: Any
    problem: str
    remedy: str

    def at(self, row: int | None, name: str) -> Fault:
        return Fault(row=row, field=name, value=self.value, problem=self.problem, remedy=self.remedy)


# Typed as what no caller ever sees: records and tables turn bad cells into errors.
_bad = cast("Callable[[Any, str, str], Never]", Bad)


def missing(x: Any) -> bool:
    """None, an empty text, NaN, NaT and pandas' NA: a cell with nothing in it."""
    if x is None or (isinstance(x, str) and not x):
        return True
    try:
        return bool(x != x)
    except (TypeError, ValueError):  # pandas' NA compares to NA, whose truth is an error
        return type(x).__name__ == "NAType"
    except InvalidOperation:  # a signalling NaN
        return True


def text(x: str | int | None) -> str | None:
    """An id or a label. 123, "123" and 123.0 are the same id."""
    if x is None or type(x) is str:
        return x or None
    if missing(x):
        return None
    if isinstance(x, str):
        return str(x)
    if isinstance(x, bool) or not hasattr(x, "__index__"):
        return _text_of_number(x)
    return str(x.__index__())


def _text_of_number(x: Any) -> str:
    if isinstance(x, bool) or not (isinstance(x, (float, Decimal)) or type(x).__module__ == "numpy"):
        return _bad(x, f"is {_a(type(x).__name__)}, not an id or a label", "give text or a whole number")
    try:
        whole = int(x)
    except (TypeError, ValueError, OverflowError):
        return _bad(x, "is not an id or a label", "give text or a whole number")
    if whole != x:
        return _bad(x, "is not a whole number", "give ids and labels as text")
    if abs(whole) > SAFE and not isinstance(x, Decimal):
        return _bad(x, "is a float beyond 2^53, its last digits are lost", "read ids as text or integers")
    return str(whole)


def number(x: Decimal | int | float | str | None) -> Decimal | None:
    """A plain number, exactly as it was written."""
    if x is None or missing(x):
        return None
    if isinstance(x, bool) or not isinstance(x, (Decimal, int, float, str)) and not hasattr(x, "__float__"):
        return _bad(x, f"is {_a(type(x).__name__)}, not a number", "give a Decimal, an int, a float or text")
    try:
        out = _decimal(x)
    except (InvalidOperation, ValueError):
        return _bad(x, "is not a number", "write it like 1234.50")
    if not out.is_finite():
        return None if out.is_nan() else _bad(x, "is not finite", "leave the cell empty or give the number")
    return out


def _decimal(x: Any) -> Decimal:
    if isinstance(x, (Decimal, int)):
        return Decimal(x)
    if isinstance(x, str):
        if "_" in x:
            raise ValueError(x)
        return Decimal(x.strip())
    if hasattr(x, "__index__"):
        return Decimal(x.__index__())
    return Decimal(repr(float(x)))


def money(x: Decimal | int | float | str | None) -> Decimal | None:
    """An amount in major units, exact; its minor unit is checked against the currency of its record."""
    return number(x)


def share(x: Decimal | int | float | str | None) -> Decimal | None:
    """A probability from 0 to 1, kept to a millionth."""
    out = number(x)
    if out is None or isinstance(out, Bad):
        return out
    if not 0 <= out <= 1:
        return _bad(x, "is outside 0 to 1", "give a fraction: 0.6 for 60 %")
    return out.quantize(Decimal("0.000001"), context=_CONTEXT)


def instant(x: Instant | str | None) -> Instant | None:
    """A date, or a date and time. Naive is local business time, aware is kept in UTC."""
    if x is None:
        return None
    if isinstance(x, str) and x:
        return _instant_of_text(x)
    if missing(x):
        return None
    if isinstance(x, dt.datetime):
        return _utc(x)
    if isinstance(x, dt.date):
        return x
    if type(x).__module__ == "numpy" and type(x).__name__ == "datetime64":
        return instant(_of_datetime64(x))
    return _bad(x, f"is {_a(type(x).__name__)}, not a time", "give a date, a datetime or ISO text")


def _of_datetime64(x: Any) -> Any:
    out = x.astype("M8[us]").item() if x.dtype != "M8[D]" else x.item()
    return out if isinstance(out, dt.date) else repr(x)


def _instant_of_text(x: str) -> Instant:
    try:
        if len(x) <= 10 and (len(x) == 8 or not x.isdecimal()):  # Python reads Unix seconds as a date
            return dt.date.fromisoformat(x)
        if len(x) > 10 and x[4] == "-" and x[10] in "T t":
            return _utc(dt.datetime.fromisoformat(x))
    except (ValueError, OverflowError):
        pass
    return _bad(x, "is not a time", "write it like 2024-03-31 or 2024-03-31T17:30:00+03:00")


def _utc(x: dt.datetime) -> dt.datetime:
    if x.tzinfo is not None:
        try:
            x = x.astimezone(UTC)
        except (OverflowError, ValueError):
            return _bad(x, "is outside the calendar in UTC", "give a time from year 1 to 9999")
    if type(x) is not dt.datetime:  # pandas.Timestamp
        x = dt.datetime(x.year, x.month, x.day, x.hour, x.minute, x.second, x.microsecond, x.tzinfo, fold=x.fold)
    return x


def currency(x: str | None) -> str | None:
    """An ISO 4217 code in capitals; RUR is RUB."""
    if x is None or missing(x):
        return None
    code = x.strip().upper() if isinstance(x, str) else ""
    code = OLD.get(code, code)
    if code in EXPONENTS:
        return code
    return _bad(x, "is not a currency", 'give an ISO 4217 code such as "USD", or translate it with values=')


def _a(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


# ---------------------------------------------------------------- what a record declares


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
    """A rule of a record: one time never comes before another (by day where either is a bare date)."""

    later: str
    earlier: str

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
        return getattr(rows, self.later) < getattr(rows, self.earlier)

    def broken_by(self, record: Any) -> bool:
        """The same for one record."""
        a, b = getattr(record, self.later), getattr(record, self.earlier)
        if a is None or b is None:
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


Rule: TypeAlias = NotBefore | Needs


def _day(x: Instant) -> dt.date:
    return x.date() if isinstance(x, dt.datetime) else x


class Record:
    """One thing that happened. Subclass it with attrs, one converter of this module per field.

    ``rules`` are what two fields must have in common. A table of plain `Record` rows has no fields of its own:
    every column of the data is kept under its name, which is what a lookup needs.
    """

    __slots__ = ()
    rules: ClassVar[tuple[Rule, ...]] = ()

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
    """The fault of a row that breaks a rule of its record."""
    return Fault(row=row, field=rule.fields[0], value=value, problem=rule.problem, remedy=rule.remedy)


def mixed_zones(row: int | None, record: Any, times: tuple[str, ...]) -> Fault:
    """The fault of times with a zone beside times without one."""
    values = {n: x for n in times if isinstance(x := getattr(record, n), dt.datetime)}
    naive = next(n for n, x in values.items() if x.tzinfo is None)
    aware = next(n for n, x in values.items() if x.tzinfo is not None)
    return Fault(row, naive, values[naive], f"has no time zone and {aware} has one", "give both or neither a zone")


_CONTEXT = Context(prec=28)  # not the caller's, which may be any
_UNITS = {digits: Decimal(1).scaleb(-digits) for digits in range(7)}


def noise(x: float) -> float:
    """How far from a whole minor unit an amount may be through float arithmetic alone (0.1 + 0.2)."""
    return 1e-9 + 1.5e-14 * abs(x)


def to_minor(x: Decimal, digits: int, rounding: str | None = None) -> Decimal:
    """`x` at the minor unit of its currency; a bad cell where it is finer and no rounding is given."""
    parts = x.as_tuple()
    if parts.exponent == -digits and len(parts.digits) <= _CONTEXT.prec:
        return x
    try:
        fine = x.quantize(_UNITS[digits], rounding=rounding and ROUNDING[rounding], context=_CONTEXT)
    except InvalidOperation:
        return _bad(x, "is too large for an amount", "amounts go to 28 digits")
    if rounding or fine == x or abs(float(fine - x)) <= noise(float(x)):
        return fine
    return _bad(x, f"is finer than the minor unit ({_UNITS[digits]})", 'round it, or pass rounding="half_even"')


ROUNDING = {"half_even": "ROUND_HALF_EVEN", "half_up": "ROUND_HALF_UP", "down": "ROUND_DOWN"}


# ---------------------------------------------------------------- the records


@frozen(kw_only=True)
class Deal(Record):
    """A sale in the making, won or lost.

    ``created_at`` is when the deal (in many CRMs: the lead) came in, ``closed_at`` when it was won or lost,
    ``expected_close`` when it is hoped for. Money is in major units of ``currency``: ``amount`` is what the
    customer pays, ``list_amount`` the price before discount, ``cost`` the cost of what was sold.
    ``probability`` is a fraction. ``reason`` is why it was won or lost; ``lead`` is the id of its lead.
    """

    rules = (NotBefore("closed_at", "created_at"), Needs("status", "won", "closed_at"))

    id: str | None = field(converter=text)
    created_at: Instant | None = field(converter=instant)
    status: Literal["open", "won", "lost"] | None = field(converter=text)
    closed_at: Instant | None = field(default=None, converter=instant)
    customer: str | None = field(default=None, converter=text)
    manager: str | None = field(default=None, converter=text)
    pipeline: str | None = field(default=None, converter=text)
    stage: str | None = field(default=None, converter=text)
    channel: str | None = field(default=None, converter=text)
    campaign: str | None = field(default=None, converter=text)
    product: str | None = field(default=None, converter=text)
    region: str | None = field(default=None, converter=text)
    kind: Literal["new", "repeat", "upsell", "cross_sell", "renewal"] | None = field(default=None, converter=text)
    amount: Decimal | None = field(default=None, converter=money)
    list_amount: Decimal | None = field(default=None, converter=money)
    cost: Decimal | None = field(default=None, converter=money)
    currency: str | None = field(default=None, converter=currency)
    probability: Decimal | None = field(default=None, converter=share)
    expected_close: Instant | None = field(default=None, converter=instant)
    reason: str | None = field(default=None, converter=text)
    lead: str | None = field(default=None, converter=text)


@frozen(kw_only=True)
class Spend(Record):
    """Money spent on winning and keeping customers: advertising, salaries, software."""

    at: Instant | None = field(converter=instant)
    amount: Decimal | None = field(converter=money)
    currency: str | None = field(default=None, converter=currency)
    channel: str | None = field(default=None, converter=text)
    campaign: str | None = field(default=None, converter=text)
    kind: Literal["acquisition", "nurture", "payroll", "software", "other"] | None = field(default=None, converter=text)
