"""What one cell may hold: text, a number, money, a share, a time, a currency, yes or no.

A converter never raises: what it cannot read it hands on as a `Bad` cell, so that one error can name the field and
list every fault of the record (or of the whole load).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Never, TypeAlias, cast

from attrs import frozen

from crm_metrics.currencies import EXPONENTS, OLD
from crm_metrics.errors import Fault

Instant: TypeAlias = dt.datetime | dt.date
UTC = dt.UTC
SAFE = 2**53


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
    """An id or a label, without white space around it. 123, "123", " 123" and 123.0 are the same id."""
    if x is None:
        return None
    if isinstance(x, str):
        return str(x).strip() or None
    if missing(x):
        return None
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


def wall(x: Any) -> Any:
    """STANDIN."""
    if isinstance(x, dt.datetime) and not missing(x):
        return dt.datetime(x.year, x.month, x.day, x.hour, x.minute, x.second, x.microsecond, x.tzinfo, fold=x.fold)
    if isinstance(x, str) and len(x) > 10 and x[4] == "-" and x[10] in "T t":
        try:
            return dt.datetime.fromisoformat(x)
        except (ValueError, OverflowError):
            pass
    return instant(x)


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


YES = ("true", "yes", "1", "y", "on", "да", "истина")
NO = ("false", "no", "0", "n", "off", "нет", "ложь")


def flag(x: bool | int | str | None) -> bool | None:
    """Yes or no: True and False, 1 and 0, or the words of `YES` and `NO`."""
    if x is None or x is True or x is False:
        return x
    if missing(x):
        return None
    word = x.strip().lower() if isinstance(x, str) else None
    if word in YES or (word is None and _equals(x, 1)):
        return True
    if word in NO or (word is None and _equals(x, 0)):
        return False
    return _bad(x, "is neither yes nor no", "give True or False, or translate it with values=")


def _equals(x: Any, one: int) -> bool:
    return hasattr(x, "__float__") and bool(x == one)


def _a(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


# ---------------------------------------------------------------- minor units

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
