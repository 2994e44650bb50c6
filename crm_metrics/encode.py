"""From a column as it came (a list, an array, codes) to a column value, by the kind of its field.

Arrays go in bulk; what bulk arithmetic cannot settle (a bad cell, an amount near the limits of floats) goes
through the record's own converter, so a table and a record always agree.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from attrs import Factory, frozen

from crm_metrics import cells as R
from crm_metrics.breakdown import order
from crm_metrics.cells import Bad
from crm_metrics.currencies import exponent
from crm_metrics.exact import BIG, WIDE, Array
from crm_metrics.numbered import Numbered
from crm_metrics.schemas import Field
from crm_metrics.values import (
    DAY,
    EPOCH,
    EPOCH_UTC,
    MICROSECOND,
    Column,
    Flags,
    Instants,
    Labels,
    Mask,
    Nothing,
    Quantity,
    microseconds,
    zero,
)

PPM = 10**6
BLOCK = 1 << 15
FEW = 1000
SURE = 2.0**50  # beyond this an amount times its scale may have lost digits as a float
Faults: TypeAlias = list[tuple[int, Bad]]


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

    def items(self) -> list[Any]:
        """Every row as a Python value."""
        values = self.values.tolist() if isinstance(self.values, np.ndarray) else list(self.values)
        if self.labels is not None:
            values = [self.labels[c] for c in values]
        elif self.scale != 1:
            values = [WIDE.divide(Decimal(v), self.scale) for v in values]
        if self.mask is not None:
            values = [None if m else v for v, m in zip(values, self.mask.tolist(), strict=True)]
        return values


@frozen
class How:
    """The conventions of one load."""

    columns: Mapping[str, str] = Factory(dict)
    values: Mapping[str, Mapping[Any, Any]] = Factory(dict)
    rounding: str | None = None
    tz: str | None = None
    parse: Mapping[Any, Callable[[Any], Any]] = Factory(dict)
    source: str = "the data"
    first_row: int = 1

    def cell(self, field: Field) -> Callable[[Any], Any]:
        """One cell of a field: translated, read, checked."""
        read, words = self.parse.get(field.kind, field.kind), self.values.get(field.name)
        if words is None:
            return lambda x: field.check(read(x))
        return lambda x: field.check(read(_translated(words, x)))


def _translated(words: Mapping[Any, Any], x: Any) -> Any:
    try:
        return words[x] if x in words else words.get(str(x).strip(), x)
    except TypeError:
        return x


def encode(raw: Raw, field: Field | None, how: How, currency: Labels | None) -> tuple[Column, Faults]:
    """The column of a field, and its bad cells."""
    if field is None:
        return guessed(raw, how.tz), []
    if isinstance(raw.values, list) and raw.labels is None and len(raw.values) > FEW and not any(raw.values):
        raw = Raw(np.zeros(len(raw.values), np.uint8), labels=[None]) if _all_none(raw.values) else raw
    if field.name in how.values or (field.kind in how.parse and not isinstance(raw.values, np.ndarray)):
        return _ENCODERS.get(field.kind, _texts)(_distinct(raw), field, how, currency)
    return _ENCODERS.get(field.kind, _texts)(raw, field, how, currency)


# ---------------------------------------------------------------- codes


def narrow(codes: Array, size: int) -> Array:
    """Codes in the smallest type that holds them."""
    return codes.astype(np.uint8 if size <= 256 else np.uint16 if size <= 65536 else np.int32, copy=False)


def coded(values: Sequence[Any], index: Mapping[Any, int]) -> Array:
    """The code of each value."""
    if len(index) <= 256 and all(0 <= c < 256 for c in index.values()):
        return np.frombuffer(bytes(map(index.__getitem__, values)), np.uint8)
    return narrow(
        np.fromiter(map(index.__getitem__, values), np.int32, len(values)), max(index.values(), default=0) + 1
    )


def _distinct(raw: Raw) -> Raw:
    """The same column as codes into its distinct values."""
    if raw.labels is not None:
        return raw
    values = raw.items()
    try:
        distinct = list(dict.fromkeys(values))
        if bool in set(map(type, distinct)):  # True is 1 to a dict
            raise TypeError
    except TypeError:
        return Raw(np.arange(len(values)), labels=values)
    return Raw(coded(values, {v: i for i, v in enumerate(distinct)}), labels=distinct)


def relabel(codes: Array, labels: Sequence[Any], mask: Mask = None) -> tuple[Array, list[Any]]:
    """Codes into sorted labels, each once, None last where there is a mask or a label None."""
    ordered = sorted_labels({*labels, None} if mask is not None else set(labels))
    index = {k: i for i, k in enumerate(ordered)}
    to = np.array([index[k] for k in labels] or [0], np.int64)
    out = (
        narrow(codes, len(ordered)) if np.array_equal(to, np.arange(len(to))) else narrow(to, len(ordered)).take(codes)
    )
    if mask is not None:
        out = np.where(mask, out.dtype.type(len(ordered) - 1), out)
    return out, ordered


def sorted_labels(labels: set[Any]) -> list[Any]:
    """Labels in order, None last."""
    known = list(labels - {None})
    try:
        known.sort()
    except TypeError:
        known.sort(key=order)
    return [*known, None] if None in labels else known


def _rows_of(codes: Array, bad: Mapping[int, Bad], mask: Mask) -> Faults:
    out: Faults = []
    for code, cell in bad.items():
        hit = codes == code
        if mask is not None:
            hit &= ~mask
        out += [(row, cell) for row in np.flatnonzero(hit).tolist()]
    return out


# ---------------------------------------------------------------- text, choices, currencies


def _texts(raw: Raw, field: Field, how: How, currency: Labels | None) -> tuple[Labels, Faults]:
    plain = not field.choices and field.kind is R.text and field.name not in how.values
    if plain:
        if isinstance(raw.values, np.ndarray) and raw.labels is None and raw.values.dtype.kind in "iu":
            return _of_integers(raw, field), []
        if isinstance(raw.values, list) and set(map(type, raw.values)) <= {str, type(None)}:
            return _of_strings(raw.values, field), []
    raw = _distinct(raw)
    assert raw.labels is not None
    if plain and set(map(type, raw.labels)) <= {str, type(None)}:
        return Labels(*relabel(raw.values, list(map(R.text, raw.labels)), raw.mask), field.choices, field.name), []
    cells = list(map(how.cell(field), raw.labels))
    bad = {i: c for i, c in enumerate(cells) if isinstance(c, Bad)}
    faults = _rows_of(raw.values, bad, raw.mask)
    codes, labels = relabel(raw.values, [None if i in bad else c for i, c in enumerate(cells)], raw.mask)
    return Labels(codes, labels, field.choices, field.name), faults


def _of_integers(raw: Raw, field: Field) -> Labels:
    """Ids of an array of whole numbers."""
    if raw.values.dtype == np.uint64 and len(raw.values) and int(raw.values.max()) > BIG:
        return _of_strings([None if x is None else str(x) for x in raw.items()], field)
    data = raw.values.astype(np.int64)
    if raw.mask is not None:
        zero(data, raw.mask)
    return Numbered(data, raw.mask, field.name)


def _of_strings(values: list[Any], field: Field) -> Labels:
    distinct = set(values)
    known = distinct - {None, ""}
    bare = {k: k.strip() for k in known if k != k.strip()}  # few: the rest are as they should be
    labels: list[Any] = sorted((known - bare.keys() | set(bare.values())) - {""})
    index: dict[Any, int] = {k: i for i, k in enumerate(labels)}
    if len(known) < len(distinct) or "" in bare.values():
        index[None] = index[""] = len(labels)
        labels.append(None)
    index |= {k: index[word] for k, word in bare.items()}
    return Labels(coded(values, index), labels, field.choices, field.name)


# ---------------------------------------------------------------- amounts and shares

_NUMBERS = {float, int, Decimal, type(None)}


def _floats(raw: Raw) -> Array | None:
    """The column as floats, NaN where missing, if it holds numbers."""
    values = raw.values
    if raw.labels is not None:
        return None
    if isinstance(values, list):
        if not set(map(type, values)) <= _NUMBERS:
            return None
        try:
            return np.array(values, float)
        except (OverflowError, ValueError):
            return None
    if values.dtype.kind not in "iuf":
        return None
    x: Array = values.astype(float)
    if raw.scale != 1:
        x /= raw.scale
    return x


def _amounts(raw: Raw, field: Field, how: How, currency: Labels | None) -> tuple[Quantity, Faults]:
    names = [] if currency is None else currency.labels
    digits = [exponent(name) for name in names] or [exponent(None)]
    scale = 10 ** max(digits)
    unit: Any = names[0] or "" if len(names) == 1 else currency if names else ""
    own = None
    if currency is not None and len(set(digits)) > 1:
        own = np.array([10**d for d in digits])[currency.codes]

    def scalar(x: Any, row: int) -> Any:
        out = read(x)
        places = digits[0] if own is None or currency is None else digits[currency.codes[row]]
        return R.to_minor(out, places, how.rounding) if isinstance(out, Decimal) else out

    read = how.cell(field)
    if raw.labels is not None and own is None:
        data, mask, faults = _by_label(raw, scale, scalar)
    else:
        data, mask, faults = _fixed(raw, scale, own, scalar)
    return Quantity(data, mask, scale, "money", unit), faults


def _shares(raw: Raw, field: Field, how: How, currency: Labels | None) -> tuple[Quantity, Faults]:
    read = how.cell(field)
    data, mask, faults = _fixed(raw, PPM, None, lambda x, row: read(x), slack=0.4999, high=1.0)
    return Quantity(data, mask, PPM), faults


def _fixed(
    raw: Raw,
    scale: int,
    own: Array | None,
    scalar: Callable[[Any, int], Any],
    *,
    slack: float | None = None,
    high: float | None = None,
) -> tuple[Array, Mask, Faults]:
    """Numbers as integers over `scale`; rows that floats cannot settle go through `scalar` one by one.

    Floats settle a row that is within `slack` of a whole one (else within the noise of float arithmetic), and from 0
    to `high` where that is given.
    """
    x = _floats(raw)
    if x is None:
        return _one_by_one(raw, scale, scalar)
    data = np.empty(len(x), np.int64)
    none = None if raw.mask is None else raw.mask.copy()
    odd_rows = []
    for i in range(0, len(x), BLOCK):  # blocks stay in the cache
        at = slice(i, i + BLOCK)
        if own is None and high is None and _settled(x[at], scale, data[at]):
            continue
        minor = scale if own is None else own[at]
        data[at], nan, odd = _rounded(x[at], minor, slack, high)
        if none is None and nan.any():
            none = np.zeros(len(x), bool)
        if none is not None:
            none[at] |= nan
            odd &= ~none[at]
        odd_rows.append(np.flatnonzero(odd) + i)
    if own is not None:
        data *= scale // own
    mask = none if none is not None and none.any() else None
    if mask is not None:
        zero(data, mask)
    rows = np.concatenate(odd_rows) if odd_rows else np.empty(0, np.intp)
    if not len(rows):
        return data, mask, []
    items = raw.items()
    return _patched(data, mask, scale, scalar, ((row, items[row]) for row in rows.tolist()))


def _settled(x: Array, minor: int, out: Array) -> bool:
    """Whether all of a block are whole minor units but for the noise of floats; then they are in `out`."""
    with np.errstate(over="ignore", invalid="ignore"):
        fine = x * minor
        m = np.rint(fine)
        fine -= m
    low, high = float(m.min()), float(m.max())  # NaN where there is any
    noise = max(-float(fine.min()), float(fine.max()))
    if not (low > -SURE and high < SURE and noise <= 1e-9 * minor):
        return False
    out[:] = m
    return True


def _rounded(x: Array, minor: Any, slack: float | None, high: float | None) -> tuple[Array, Array, Array]:
    """Whole minor units, where there is no number, and where rounding may not say what was meant."""
    nan = np.isnan(x)
    with np.errstate(over="ignore", invalid="ignore"):
        fine = x * minor
        m = np.rint(fine)
        size = np.abs(fine)
        odd = np.abs(m - fine) > (1e-9 * minor + 1.5e-14 * size if slack is None else slack)
        odd |= ~(size < SURE)
        if high is not None:
            odd |= (x < 0) | (x > high)
        m *= ~(odd | nan)
    return np.nan_to_num(m, copy=False).astype(np.int64), nan, odd


def _by_label(raw: Raw, scale: int, scalar: Callable[[Any, int], Any]) -> tuple[Array, Mask, Faults]:
    """Each distinct cell read once."""
    assert raw.labels is not None
    few, none, faults = _patched(np.zeros(len(raw.labels), np.int64), None, scale, scalar, enumerate(raw.labels))
    mask = None if none is None else none.take(raw.values)
    if raw.mask is not None:
        mask = raw.mask if mask is None else mask | raw.mask
    data = few.take(raw.values) if len(few) else np.zeros(len(raw.values), np.int64)
    if mask is not None:
        zero(data, mask)
    return data, mask, _rows_of(raw.values, dict(faults), raw.mask)


def _numbers(raw: Raw, field: Field, how: How, currency: Labels | None) -> tuple[Column, Faults]:
    """Plain numbers, exact: over as many decimal places as the column has."""
    if raw.labels is None and isinstance(raw.values, np.ndarray) and raw.values.dtype.kind in "iu":
        return _of_array(raw), []
    raw = _distinct(raw)
    assert raw.labels is not None
    cells = list(map(how.cell(field), raw.labels))
    bad = {i: c for i, c in enumerate(cells) if isinstance(c, Bad)}
    few = _of_numbers([None if i in bad else c for i, c in enumerate(cells)] or [None], {Decimal})
    out = few.take(raw.values)
    if raw.mask is not None:
        out = out.like(out.data, raw.mask if out.mask is None else out.mask | raw.mask)
    return out, _rows_of(raw.values, bad, raw.mask)


def _one_by_one(raw: Raw, scale: int, scalar: Callable[[Any, int], Any]) -> tuple[Array, Mask, Faults]:
    data = np.zeros(len(raw.values), np.int64)
    return _patched(data, None, scale, scalar, enumerate(raw.items()))


def _patched(
    data: Array, mask: Mask, scale: int, scalar: Callable[[Any, int], Any], cells: Iterable[tuple[int, Any]]
) -> tuple[Array, Mask, Faults]:
    """`data` with these cells read one by one."""
    faults: Faults = []
    none: list[int] = []
    rows, out = [], []
    for row, x in cells:
        value = scalar(x, row)
        if isinstance(value, Bad):
            faults.append((row, value))
        if isinstance(value, Decimal):
            rows.append(row)
            out.append(int(WIDE.multiply(value, scale)))
        else:
            none.append(row)
    if any(abs(v) > BIG for v in out):
        data = data.astype(object)
    data[rows] = out
    if none:
        mask = np.zeros(len(data), bool) if mask is None else mask
        mask[none] = True
    return data, mask, faults


# ---------------------------------------------------------------- times

_TIMES = {dt.datetime, dt.date, type(None)}


def _instants(raw: Raw, field: Field, how: How, currency: Labels | None) -> tuple[Instants, Faults]:
    values = raw.values
    if raw.labels is None and isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return _of_datetime64(raw, how.tz), []
    if raw.labels is None and isinstance(values, list) and set(map(type, values)) <= _TIMES:
        return _of_times(values, how.tz)
    raw = _distinct(raw)
    assert raw.labels is not None
    cells = list(map(how.cell(field), raw.labels))
    bad = {i: c for i, c in enumerate(cells) if isinstance(c, Bad)}
    few, faults = _of_times([None if i in bad else c for i, c in enumerate(cells)], how.tz)
    faults = _rows_of(raw.values, {**bad, **{i: attrs_value(cell, raw.labels[i]) for i, cell in faults}}, raw.mask)
    out = few.take(raw.values)
    if raw.mask is not None:
        out.mask = raw.mask if out.mask is None else out.mask | raw.mask
    return out, faults


def _yes_or_no(raw: Raw, field: Field, how: How, currency: Labels | None) -> tuple[Flags, Faults]:
    if raw.labels is None and isinstance(raw.values, np.ndarray) and raw.values.dtype.kind == "b":
        return Flags(raw.values if raw.mask is None else raw.values & ~raw.mask, raw.mask), []
    raw = _distinct(raw)
    assert raw.labels is not None
    cells = list(map(how.cell(field), raw.labels))
    bad = {i: c for i, c in enumerate(cells) if isinstance(c, Bad)}
    true = np.array([c is True for c in cells] or [False], bool).take(raw.values)
    unknown = np.array([c is None or isinstance(c, Bad) for c in cells] or [True], bool).take(raw.values)
    if raw.mask is not None:
        true, unknown = true & ~raw.mask, unknown | raw.mask
    return Flags(true, unknown if unknown.any() else None), _rows_of(raw.values, bad, raw.mask)


def attrs_value(cell: Bad, value: Any) -> Bad:
    """The same fault with the value as it stood in the data."""
    return Bad(value, cell.problem, cell.remedy)


def _of_datetime64(raw: Raw, tz: str | None) -> Instants:
    bare = raw.bare or raw.values.dtype == np.dtype("M8[D]")
    data = raw.values.astype("M8[us]", copy=False).view(np.int64)
    return Instants(data, raw.mask, bare, (tz or "UTC") if raw.aware else None)


def _of_times(values: list[Any], tz: str | None) -> tuple[Instants, Faults]:
    n = len(values)
    mask = np.fromiter((v is None for v in values), bool, n)
    kinds = set(map(type, values)) - {type(None)}
    bare: bool | Array = kinds == {dt.date}
    if len(kinds) == 2:
        bare = np.fromiter((type(v) is dt.date for v in values), bool, n)
    aware = {v.tzinfo is not None for v in values if type(v) is dt.datetime} if dt.datetime in kinds else set()
    data = np.fromiter(_ticks(values, kinds, aware), np.int64, n)
    zone = (tz or "UTC") if aware == {True} else None
    return Instants(data, mask if mask.any() else None, bare, zone), _mixed_zones(values) if len(aware) == 2 else []


def _ticks(values: list[Any], kinds: set[type], aware: set[bool]) -> Iterable[int]:
    if kinds == {dt.date}:
        return (0 if v is None else (v.toordinal() - 719163) * DAY for v in values)
    if kinds == {dt.datetime} and len(aware) == 1:
        epoch = EPOCH_UTC if True in aware else EPOCH
        return (0 if v is None else (v - epoch) // MICROSECOND for v in values)
    return (0 if v is None else microseconds(v) for v in values)


def _mixed_zones(values: list[Any]) -> Faults:
    timed = [(i, v) for i, v in enumerate(values) if type(v) is dt.datetime]
    naive = [(i, v) for i, v in timed if v.tzinfo is None]
    aware = [(i, v) for i, v in timed if v.tzinfo is not None]
    few, has = (naive, "no time zone") if len(naive) <= len(aware) else (aware, "a time zone")
    return [(i, Bad(v, f"has {has} and other rows are otherwise", "give all rows a zone or none")) for i, v in few]


# ---------------------------------------------------------------- columns that are no field


def guessed(raw: Raw, tz: str | None = None) -> Column:
    """An extra column by what it holds: flags, numbers, times, or labels as they are."""
    values = raw.values
    if raw.labels is None and isinstance(values, np.ndarray) and values.dtype.kind in "iufbM":
        return _of_array(raw, tz)
    if raw.labels is not None:
        return Labels(*relabel(values, list(map(_label, raw.labels)), raw.mask))
    items = list(map(_label, raw.items()))
    kinds = set(map(type, items)) - {type(None)}
    if not kinds:
        return Nothing(len(items))
    if kinds <= {dt.datetime, dt.date}:
        times, mixed = _of_times(items, tz)
        if not mixed:
            return times
    if kinds == {bool}:
        return Flags(np.array([v is True for v in items], bool), _where_none(items))
    if kinds <= {int, float, Decimal}:
        return _of_numbers(items, kinds)
    one = _distinct(Raw(items))
    assert one.labels is not None
    return Labels(*relabel(one.values, one.labels))


def _label(x: Any) -> Any:
    """A value as a label: None where it is missing, text stripped, text where it cannot be one (a list of tags)."""
    if isinstance(x, str):
        return x.strip() or None
    if R.missing(x):
        return None
    try:
        hash(x)
    except TypeError:
        return str(x)
    return x


def _where_none(items: list[Any]) -> Mask:
    mask = np.fromiter((v is None for v in items), bool, len(items))
    return mask if mask.any() else None


def _of_array(raw: Raw, tz: str | None = None) -> Column:
    values, mask = raw.values, raw.mask
    if values.dtype.kind == "M":
        return _of_datetime64(raw, tz)
    if values.dtype.kind == "b":
        return Flags(values if mask is None else values & ~mask, mask)
    if values.dtype.kind == "f":
        none = np.isnan(values) if mask is None else np.isnan(values) | mask
        some = bool(none.any())
        return Quantity(np.where(none, 0.0, values).astype(float), none if some else None, 0)
    if values.dtype == np.uint64 and len(values) and int(values.max()) > BIG:
        return Quantity(values.astype(object), mask, raw.scale)
    data = values.astype(np.int64)
    if mask is not None:
        data[mask] = 0
    return Quantity(data, mask, raw.scale)


def _of_numbers(items: list[Any], kinds: set[type]) -> Quantity:
    mask = _where_none(items)
    if float in kinds or any(isinstance(v, Decimal) and not v.is_finite() for v in items):
        return Quantity(np.array([0.0 if v is None else float(v) for v in items], float), mask, 0)
    places = max((-int(v.as_tuple().exponent) for v in items if isinstance(v, Decimal)), default=0)
    scale = 10 ** max(places, 0)
    whole = [0 if v is None else v * scale if isinstance(v, int) else int(WIDE.multiply(v, scale)) for v in items]
    return Quantity(np.array(whole, object if any(abs(v) > BIG for v in whole) else np.int64), mask, scale)


def _all_none(values: list[Any]) -> bool:
    return values.count(None) == len(values)


_ENCODERS: dict[Any, Callable[[Raw, Field, How, Labels | None], tuple[Column, Faults]]] = {
    R.money: _amounts,
    R.share: _shares,
    R.number: _numbers,
    R.instant: _instants,
    R.flag: _yes_or_no,
}
