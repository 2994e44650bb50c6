"""What one cell may hold: text, a number, money, a share, a time, a currency, yes or no.

A converter never raises: what it cannot read it hands on as a `Bad` cell, so that one error can name the field and
list every fault of the record (or of the whole load).
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from numbers import Real
from typing import Any, Never, TypeAlias, cast

import numpy as np
from attrs import frozen

from crm_metrics._values.currencies import EXPONENTS, OLD
from crm_metrics._values.days import no_days, since_1970
from crm_metrics._values.exact import WIDE
from crm_metrics._values.spelling import spelled
from crm_metrics.errors import Fault

Instant: TypeAlias = dt.datetime | dt.date
UTC = dt.UTC
SAFE = 2**53
DIGITS = 100
"""How many digits a number may have, written out."""


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
    if x is None or isinstance(x, str):
        return not x
    if isinstance(x, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(x))
    if isinstance(x, Decimal):
        return x.is_nan()  # a signalling NaN does not compare
    if isinstance(x, Real):
        return bool(x != x)
    return type(x).__name__ in ("NaTType", "NAType")


def text(x: str | int | None) -> str | None:
    """An id or a label in the one spelling by which it is known. 123, "123", " 123" and 123.0 are the same id."""
    if isinstance(x, str):
        return spelled(x) or None
    if x is None or missing(x):
        return None
    if not _is_number(x):
        return _bad(x, f"is {_a(type(x).__name__)}, not an id or a label", "give text or a whole number")
    whole = x.__index__() if hasattr(x, "__index__") else x
    if is_long(whole):
        return _bad(x, *_LONG)
    return str(whole) if isinstance(whole, int) else _text_of_number(x)


def _text_of_number(x: Any) -> str:
    try:
        whole = int(x)
    except (TypeError, ValueError, OverflowError):
        return _bad(x, "is not an id or a label", "give text or a whole number")
    if whole != x:
        return _bad(x, "is not a whole number", "give ids and labels as text")
    safe = 2 ** (np.finfo(x.dtype).nmant + 1) if _is_narrow(x) else SAFE
    if abs(whole) > safe and not isinstance(x, Decimal):
        power = safe.bit_length() - 1
        return _bad(x, f"is a float beyond 2^{power}, its last digits are lost", "read ids as text or integers")
    return str(whole)


def number(x: Decimal | int | float | str | None) -> Decimal | None:
    """A plain number, exactly as it was written."""
    if x is None or missing(x):
        return None
    if not isinstance(x, str) and not _is_number(x):
        return _bad(x, f"is {_a(type(x).__name__)}, not a number", "give a Decimal, an int, a float or text")
    if is_long(x):
        return _bad(x, *_LONG)
    try:
        out = _decimal(x)
    except (InvalidOperation, ValueError, TypeError, OverflowError):
        return _bad(x, "is not a number", "write it like 1234.50")
    if not out.is_finite():
        return None if out.is_nan() else _bad(x, "is not finite", "leave the cell empty or give the number")
    return _bad(x, *_LONG) if is_long(out) else out


_LONG = f"has more than {DIGITS} digits", "correct it: nothing is counted or measured in such numbers"


def _is_number(x: Any) -> bool:
    """Whether it is one number: not a flag, not a stretch of time, not an array."""
    return isinstance(x, (Decimal, Real)) and not isinstance(x, (bool, np.timedelta64))


def is_long(x: Any) -> bool:
    """Whether a number has too many digits, found before anything is computed with it."""
    if isinstance(x, str):
        return len(x) > 10 * DIGITS
    if isinstance(x, int):
        return x.bit_length() > 3.33 * DIGITS
    if not isinstance(x, Decimal) or not x.is_finite():
        return False
    return max(x.adjusted() + 1, 1) + max(-int(x.as_tuple().exponent), 0) > DIGITS


def _decimal(x: Any) -> Decimal:
    if isinstance(x, (Decimal, int)):
        return Decimal(x)
    if isinstance(x, str):
        if "_" in x:
            raise ValueError(x)
        return Decimal(spelled(x))
    if hasattr(x, "__index__"):
        return Decimal(x.__index__())
    return Decimal(str(x) if _is_narrow(x) else repr(float(x)))  # 19.99 of a float32 too is 19.99


def _is_narrow(x: Any) -> bool:
    """Whether it is a float with fewer digits than those of Python."""
    return isinstance(x, np.floating) and x.dtype.itemsize < 8


def money(x: Decimal | int | float | str | None) -> Decimal | None:
    """An amount in major units, exact; its minor unit is checked against the currency of its record."""
    if _is_narrow(x) and _is_coarse(x):
        return _bad(x, f"is a {type(x).__name__}, which has lost its last digits", "read amounts as float64 or text")
    return number(x)


def _is_coarse(x: Any) -> bool:
    """Whether a narrow float of this size cannot tell all cents apart, or all whole numbers where it is one."""
    bits = np.finfo(x.dtype).nmant
    size = abs(float(x))
    return 2 ** (bits + 1) < size < math.inf or size >= 2 ** (bits - 6) and size % 1 > 0


def share(x: Decimal | int | float | str | None, *, percent: bool | None = False) -> Decimal | None:
    """A probability from 0 to 1, kept to a millionth. "60 %" is what it says; see `as_share` for ``percent``."""
    bare = spelled(x) if isinstance(x, str) else ""
    if not bare.endswith("%"):
        out = number(x)
        return out if out is None or isinstance(out, Bad) else as_share(x, out, percent=percent)
    out = number(bare[:-1] or bare)
    if out is None or isinstance(out, Bad):
        return _bad(x, "is not a share", "write it like 60 % or 0.6")
    return as_share(x, hundredth(out))


def as_share(x: Any, number: Decimal, *, percent: bool | None = False) -> Decimal:
    """The number of a cell as a share: a fraction, a percentage, or (``percent=None``) nobody knows which."""
    if percent is None and 0 < number <= 1:
        two = f"{number} % or {(number * 100).normalize():f} %"
        remedy = f"write the sign in the cell, {two}, or translate it with values=, or take the % out of the heading"
        return _bad(x, f"may be {two}", remedy)
    if not 0 <= number <= (1 if percent is False else 100):
        return _bad(x, *_OUTSIDE[percent is False])
    out = number if percent is False else hundredth(number)
    return out.quantize(Decimal("0.000001"), context=_CONTEXT)


def hundredth(percentage: Decimal) -> Decimal:
    """A percentage as a fraction."""
    return percentage.scaleb(-2, context=WIDE)


_OUTSIDE = {
    True: ("is outside 0 to 1", "give a fraction: 0.6 for 60 %"),
    False: ("is outside 0 to 100 %", "give a percentage: 60 for 60 %"),
}


def instant(x: Instant | str | None) -> Instant | None:
    """A date, or a date and time. Naive is local business time, aware is kept in UTC.

    A day that programs write for none (see `crm_metrics._values.days.NO_DAYS`) is none.
    """
    return in_utc(wall(x))


def wall(x: Instant | str | None) -> Instant | None:
    """The same as `instant`, with an aware time in the zone in which it was given."""
    if isinstance(x, str) and x.startswith("0000-00-00"):
        return None  # a database's way to write nothing
    out: Any = _time(x)
    far = isinstance(out, dt.date) and not 1970 < out.year < 2999
    return None if far and no_days(since_1970(out)) else out


def given(x: Instant | str | None) -> Instant | None:
    """A time that is an argument, not a cell: any day of the calendar is one, year 1 and 31 December 9999 too."""
    try:
        return in_utc(_time(x))
    except OverflowError:
        return _bad(x, *_FAR)


_FAR = "is outside the calendar", "give a time from year 1 to 9999"


def in_utc(x: Instant | None) -> Instant | None:
    """What `wall` gives, an aware time in UTC."""
    return x.astimezone(UTC) if isinstance(x, dt.datetime) and x.tzinfo is not None else x


def _time(x: Any) -> Instant | None:
    """A date or a datetime of Python itself."""
    if isinstance(x, str) and x:
        return _iso(x) or _iso(spelled(x)) or _bad(x, "is not a time", _AS_FILES if _ELSEWHERE(x) else _WRITE)
    if missing(x):
        return None
    if isinstance(x, dt.datetime):
        return _plain(x)
    if isinstance(x, dt.date):
        return x if type(x) is dt.date else dt.date(x.year, x.month, x.day)
    if isinstance(x, np.datetime64):
        return _of_datetime64(x)
    if isinstance(x, dt.time):
        return _bad(x, "is a time of day without its day", "give a datetime, made of both")
    return _bad(x, f"is {_a(type(x).__name__)}, not a time", "give a date, a datetime or ISO text")


_WRITE = "write it like 2024-03-31 or 2024-03-31T17:30:00+03:00"
_AS_FILES = f"{_WRITE}, or make times of the column, pandas.to_datetime(..., dayfirst=True); read_csv reads it as it is"
_ELSEWHERE = re.compile(r"\s*[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}\b").match


def _plain(x: dt.datetime) -> dt.datetime:
    try:
        zone = None if x.utcoffset() is None else x.tzinfo
    except Exception:  # whatever a zone of somebody else's raises
        return _bad(x, "has a time zone that gives no offset", "give it a zone of zoneinfo")
    if type(x) is dt.datetime and zone is x.tzinfo:
        return x
    return dt.datetime(x.year, x.month, x.day, x.hour, x.minute, x.second, x.microsecond, zone, fold=x.fold)


FINER = ("ns", "ps", "fs", "as")  # units of numpy finer than our own


def whole_microseconds(x: Any) -> Any:
    """Times of numpy in microseconds, where they are finer: picoseconds and less do not count in years."""
    return x.astype("M8[us]") if np.datetime_data(x.dtype)[0] in FINER else x


def _of_datetime64(x: np.datetime64) -> Instant | None:
    x = whole_microseconds(x)
    year = int(x.astype("M8[Y]").astype(np.int64)) + 1970
    if 1 <= year <= 9999:
        return cast("Instant", x.astype("M8[D]" if x.dtype == "M8[D]" else "M8[us]").item())
    near = 0 <= year <= 10_000  # further out, microseconds overflow
    return None if near and no_days(int(x.astype("M8[us]").astype(np.int64))) else _bad(x, *_FAR)


_HALF_A_CLOCK = re.compile(r".{11}[0-9]{2}(?::?[0-9]{2})?[.,]").match  # to Python 10.30 is 0.3 seconds past ten


def _iso(x: str) -> Instant | None:
    try:
        if len(x) <= 10 and (len(x) == 8 or not x.isdecimal()):  # Python reads Unix seconds as a date
            return dt.date.fromisoformat(x)
        if len(x) > 10 and x[4] == "-" and x[10] in "T t" and not _HALF_A_CLOCK(x):
            return dt.datetime.fromisoformat(x)
    except (ValueError, OverflowError):
        pass
    return None


def currency(x: str | None) -> str | None:
    """An ISO 4217 code in capitals; RUR is RUB."""
    if x is None or missing(x):
        return None
    code = spelled(x).upper() if isinstance(x, str) else ""
    code = OLD.get(code, code)
    if code in EXPONENTS:
        return code
    return _bad(x, "is not a currency", 'give an ISO 4217 code such as "USD", or translate it with values=')


YES = ("true", "yes", "1", "y", "on", "да", "истина")
NO = ("false", "no", "0", "n", "off", "нет", "ложь")


def flag(x: bool | int | str | None) -> bool | None:
    """Yes or no: True and False, 1 and 0, or the words of `YES` and `NO`."""
    if isinstance(x, (bool, np.bool_)):
        return bool(x)
    if x is None or missing(x):
        return None
    word = spelled(x).lower() if isinstance(x, str) else None
    if word in YES or _is_number(x) and x == 1:
        return True
    if word in NO or _is_number(x) and x == 0:
        return False
    return _bad(x, "is neither yes nor no", "give True or False, or translate it with values=")


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
    if rounding or fine == x or abs(float(_CONTEXT.subtract(fine, x))) <= noise(float(x)):
        return fine
    return _bad(x, f"is finer than the minor unit ({_UNITS[digits]})", 'round it, or pass rounding="half_even"')


ROUNDING = {"half_even": "ROUND_HALF_EVEN", "half_up": "ROUND_HALF_UP", "down": "ROUND_DOWN"}
