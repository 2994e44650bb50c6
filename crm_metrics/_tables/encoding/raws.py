"""A column as it came, before anybody knows what it is, and the conventions by which it is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from attrs import Factory, frozen

from crm_metrics import cells as R
from crm_metrics._values.columns import Column, Mask
from crm_metrics._values.exact import WIDE, Array
from crm_metrics._values.spelling import spelled
from crm_metrics.cells import Bad
from crm_metrics.records.schemas import Field

Faults: TypeAlias = list[tuple[int, Bad]]
Words: TypeAlias = Mapping[Any, Any]
Headings: TypeAlias = "str | Sequence[str]"
WALLS: Mapping[Any, Callable[[Any], Any]] = {R.instant: R.wall}  # a column of times is decided from what was written


@frozen(eq=False)
class Raw:
    """A column as it came: a list of Python values, a numpy array with a mask, or codes into `labels`.

    Where the mask says missing, an array of times holds 0 and codes are any code there is.
    """

    values: Any
    mask: Mask = None
    labels: Sequence[Any] | None = None
    scale: int = 1  # integers are this many times the number they mean
    bare: bool = False  # times that are dates
    aware: bool = False  # times that are UTC
    wall: str | None = None  # the zone in whose times those in UTC were written
    stated: bool = False  # values of typed records say themselves what they are
    said: str = ""  # what was decided where it was put together

    def items(self) -> list[Any]:
        """Every row as a Python value."""
        values = _objects(self.values) if isinstance(self.values, np.ndarray) else list(self.values)
        if self.labels is not None:
            values = [self.labels[c] for c in values] if len(self.labels) else [None] * len(values)
        elif self.scale != 1:
            values = [WIDE.divide(Decimal(v), self.scale) for v in values]
        if self.mask is not None:
            values = [None if m else v for v, m in zip(values, self.mask.tolist(), strict=True)]
        return values

    @property
    def is_array(self) -> bool:
        """Whether it is an array of values, not a list or codes."""
        return self.labels is None and isinstance(self.values, np.ndarray)


def _objects(values: Array) -> list[Any]:
    """Values of an array as Python's own; times and durations never as the integers behind them.

    Narrow floats stay as they are: the amount that was meant by one, 19.99, is not that of the float of Python.
    """
    if is_narrow(values):
        return list(values)
    if values.dtype.kind not in "mM":
        return list(values.tolist())
    plain = values if values.dtype == "M8[D]" else values.astype(f"{values.dtype.kind}8[us]")
    cells = zip(plain.tolist(), _wrapped(values, plain), values, strict=True)
    return [str(raw) if far or isinstance(x, int) else x for x, far, raw in cells]


def _wrapped(values: Array, plain: Array) -> list[bool]:
    """Which times or durations are beyond what microseconds reach."""
    fine = np.datetime_data(values.dtype)[0] in R.FINER
    return [False] * len(values) if fine else (plain.astype(values.dtype) != values).tolist()


def is_narrow(values: Any) -> bool:
    """Whether it is an array of floats with fewer digits than those of Python."""
    return isinstance(values, np.ndarray) and values.dtype.kind == "f" and values.dtype.itemsize < 8


@frozen
class Read:
    """A column as it was read: its bad cells, and what was decided about it from all of its cells."""

    column: Column
    faults: Faults = Factory(list)
    said: str = ""


@frozen
class How:
    """The conventions of one load. ``currency`` is that of amounts which name none."""

    columns: Mapping[str, Headings] = Factory(dict)
    values: Mapping[str, Words] = Factory(dict)
    rounding: str | None = None
    tz: str | None = None
    currency: str | None = None
    parse: Mapping[Any, Callable[[Any], Any]] = Factory(dict)
    sign: Callable[[str, Any, Decimal, str | None], Bad | None] | None = None
    source: str = "the data"
    first_row: int = 1

    def cell(self, field: Field) -> Callable[[Any], Any]:
        """One cell of a field: translated, read, checked."""
        read, words = self.parse.get(field.kind, WALLS.get(field.kind, field.kind)), self.values.get(field.name)
        if words is None:
            return lambda x: field.check(read(x))
        return lambda x: field.check(read(translated(words, x)))

    def heading(self, name: str) -> str:
        """What heads the column of a field; that of the first, where several make it."""
        found = self.columns.get(name, name)
        return found if isinstance(found, str) else found[0]


def translated(words: Words, x: Any) -> Any:
    """A cell in our words."""
    try:
        return words[x] if x in words else words.get(_written(x, words), x)
    except (TypeError, ValueError):  # no key, or a number of 5,000 digits
        return x


def _written(x: Any, words: Words) -> str:
    """A cell as text; a flag, which is True here, true there and TRUE in Excel, as the words have it."""
    written = spelled(str(x))
    if isinstance(x, (bool, np.bool_)):
        return next((way for way in (written, written.lower(), written.upper()) if way in words), written)
    return written


def is_day(x: Any) -> bool:
    """Whether a value is a date without a time of day."""
    return isinstance(x, dt.date) and not isinstance(x, dt.datetime)


def by_value(raw: Raw) -> Raw:
    """The same column as codes into its distinct values."""
    if raw.labels is not None:
        return raw
    values = raw.items()
    try:
        labels = list(dict.fromkeys(values))
        if _BOOLS & set(map(type, values)) and len(set(map(type, values))) > 1:  # True is 1 to a dict
            raise TypeError
    except TypeError:
        return Raw(np.arange(len(values)), labels=values, stated=raw.stated)
    return Raw(coded(values, {v: i for i, v in enumerate(labels)}), labels=labels, stated=raw.stated)


_BOOLS = {bool, np.bool_}


def coded(values: Sequence[Any], index: Mapping[Any, int]) -> Array:
    """The code of each value."""
    if len(index) <= 256 and all(0 <= c < 256 for c in index.values()):
        return np.frombuffer(bytes(map(index.__getitem__, values)), np.uint8)
    codes = np.fromiter(map(index.__getitem__, values), np.int32, len(values))
    return narrow(codes, max(index.values(), default=0) + 1)


def narrow(codes: Array, size: int) -> Array:
    """Codes in the smallest type that holds them."""
    return codes.astype(np.uint8 if size <= 256 else np.uint16 if size <= 65536 else np.int32, copy=False)


def rows_of(codes: Array, bad: Mapping[int, Bad], mask: Mask) -> Faults:
    """The rows whose codes are of bad labels."""
    if not bad:
        return []
    hit = np.isin(codes, list(bad))
    if mask is not None:
        hit &= ~mask
    rows = np.flatnonzero(hit)
    return [(row, bad[code]) for row, code in zip(rows.tolist(), codes[rows].tolist(), strict=True)]
