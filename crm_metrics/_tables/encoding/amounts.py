"""Columns of numbers: amounts in the minor unit of their currency, probabilities in millionths, plain numbers.

Arrays go in bulk; what bulk arithmetic cannot settle (a bad cell, an amount near the limits of floats) goes through the
record's own converter, so a table and a record always agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
from attrs import evolve

from crm_metrics import cells as R
from crm_metrics._tables import text
from crm_metrics._tables.encoding.raws import Faults, How, Raw, Read, Words, by_value, is_narrow, rows_of, translated
from crm_metrics._values.columns import Labels, Mask, Quantity, zero
from crm_metrics._values.currencies import exponent
from crm_metrics._values.evidence import Shares
from crm_metrics._values.exact import BIG, WIDE, Array, big
from crm_metrics.cells import Bad, is_long
from crm_metrics.records.schemas import Field

PPM = 10**6
BLOCK = 1 << 15
SURE = 2.0**50  # beyond this an amount times its scale may have lost digits as a float

_NUMBERS = {float, int, Decimal, type(None)}


def _floats(raw: Raw, *, few: bool = False) -> Array | None:
    """The column as floats, NaN where missing, if it holds numbers; with ``few``, infinite where a few cells do not."""
    values: Any = raw.values
    if raw.labels is not None:
        return None
    if isinstance(values, list):
        if not set(map(type, values)) <= _NUMBERS and (not few or (values := _with_few_others(values)) is None):
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


def _with_few_others(values: list[Any]) -> list[Any] | None:
    """A list of numbers, infinity in place of what is none; None where that is most of them."""
    numbers = [v if type(v) in _NUMBERS else math.inf for v in values]
    return numbers if 2 * sum(v is math.inf for v in numbers) < len(values) else None


def amounts(raw: Raw, field: Field, how: How, currency: Labels | None) -> Read:
    """Amounts of money, each in the minor unit of its own currency; a sign beside one names that currency too."""
    names = [] if currency is None else currency.labels
    digits = [exponent(name) for name in names] or [exponent(None)]
    scale = 10 ** max(digits)
    unit: Any = names[0] or "" if len(names) == 1 else currency if names else ""
    own = None
    if currency is not None and len(set(digits)) > 1:
        own = np.array([10**d for d in digits])[currency.codes]

    def scalar(x: Any, row: int) -> Any:
        out, code = read(x), 0 if len(digits) == 1 or currency is None else currency.codes[row]
        if not isinstance(out, Decimal):
            return out
        bad = None if how.sign is None else how.sign(field.name, x, out, names[code] if names else None)
        return bad or R.to_minor(out, digits[code], how.rounding)

    read = how.cell(field)
    if raw.labels is not None and len(digits) == 1:
        data, mask, faults = _by_label(raw, scale, scalar)
    else:
        data, mask, faults = _fixed(raw, scale, own, scalar)
    return Read(Quantity(data, mask, scale, "money", unit), faults)


def shares(raw: Raw, field: Field, how: How, currency: Labels | None) -> Read:
    """Probabilities; plain numbers are percentages where their heading or most of their sizes say so."""
    x = _floats(raw)
    seen = Shares() if raw.stated else _seen(raw, x, how.values.get(field.name, {}))
    headed = not raw.stated and text.heads_percent(how.heading(field.name))
    percent = False if raw.stated else text.shares_in_percent(seen, how.heading(field.name))
    said = "is in percent" if percent else ""
    converter: Any = how.parse.get(R.share, R.share)
    read = evolve(how, parse={R.share: partial(converter, percent=percent)}).cell(field)
    if percent and not headed and seen.between:
        read = partial(_whole_percentage, read)
    if x is None:
        data, mask, faults = _by_label(by_value(raw), PPM, lambda x, row: read(x))
    else:
        x = x if percent is False else np.where((x > 0) & (x <= 1), -1.0, x / 100)  # those are read one by one
        data, mask, faults = _fixed(raw, PPM, None, lambda x, row: read(x), slack=0.4999, high=1.0, x=x)
    out = Quantity(data, mask, PPM)
    out.seen = seen if seen.decided and not headed else None
    return Read(out, faults, said)


def _seen(raw: Raw, x: Array | None, words: Words) -> Shares:
    """What the plain numbers of a column of shares show."""
    if x is not None:
        return text.shares_seen(x if raw.mask is None else x[~raw.mask])
    few = by_value(raw)
    codes = few.values if few.mask is None else few.values[~few.mask]
    counts = np.bincount(codes, minlength=len(few.labels or ())).tolist()
    return text.shares_seen((translated(words, one) for one in few.labels or ()), counts)


def _whole_percentage(read: Callable[[Any], Any], x: Any) -> Any:
    """A cell among percentages: one that may be a fraction instead is bad, unless it has the sign."""
    out = read(x)
    if not isinstance(out, Decimal) or not 0 < out < R.hundredth(Decimal(1)) or (isinstance(x, str) and "%" in x):
        return out
    less, more = (f"{WIDE.multiply(out, times).normalize():f} %" for times in (100, 10_000))
    return Bad(x, f"may be {less} or {more}, and most others are above 1", f"write the sign in the cell, {less}")


def _fixed(
    raw: Raw,
    scale: int,
    own: Array | None,
    scalar: Callable[[Any, int], Any],
    *,
    slack: float | None = None,
    high: float | None = None,
    x: Array | None = None,
) -> tuple[Array, Mask, Faults]:
    """Numbers as integers over `scale`; rows that floats cannot settle go through `scalar` one by one.

    Floats settle a row that is within `slack` of a whole one (else within the noise of float arithmetic), and from 0
    to `high` where that is given. ``x`` are the floats, where they are not those of the cells.
    """
    x = _floats(raw, few=True) if x is None else x
    if x is not None and high is None and is_narrow(raw.values):
        x = _meant(x, raw.values, scale if own is None else own)
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
        data = _finer(data, scale // own)
    mask = none if none is not None and none.any() else None
    if mask is not None:
        zero(data, mask)
    rows = np.concatenate(odd_rows) if odd_rows else np.empty(0, np.intp)
    if not len(rows):
        return data, mask, []
    items = raw.items()
    return _patched(data, mask, scale, scalar, ((row, items[row]) for row in rows.tolist()))


def _finer(data: Array, k: Array) -> Array:
    """Integers times as many, row by row, never wrapping."""
    return data * k if big(data) * big(k) <= BIG else data.astype(object) * k


def _meant(x: Array, narrow: Array, minor: Any) -> Array | None:
    """The amounts that were written as these narrow floats; None where some of them have lost digits."""
    bits = np.finfo(narrow.dtype).nmant
    size = np.abs(x)
    if ((size >= 2 ** (bits - 6)) & (x != np.rint(x)) | (size > 2 ** (bits + 1))).any():
        return None
    near = np.rint(x * minor) / minor
    return np.where(near.astype(narrow.dtype) == narrow, near, x)


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
    return data, mask, rows_of(raw.values, dict(faults), raw.mask)


def numbers(raw: Raw, field: Field, how: How, currency: Labels | None) -> Read:
    """Plain numbers, exact: over as many decimal places as the column has."""
    if raw.is_array and raw.values.dtype.kind in "iu":
        return Read(numbers_of_array(raw))
    raw = by_value(raw)
    assert raw.labels is not None
    cells = list(map(how.cell(field), raw.labels))
    bad = {i: c for i, c in enumerate(cells) if isinstance(c, Bad)}
    few = numbers_of_list([None if i in bad else c for i, c in enumerate(cells)] or [None], {Decimal})
    out = few.take(raw.values)
    if raw.mask is not None:
        out = out.like(out.data, raw.mask if out.mask is None else out.mask | raw.mask)
    return Read(out, rows_of(raw.values, bad, raw.mask))


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


# ---------------------------------------------------------------- plain numbers


def numbers_of_array(raw: Raw) -> Quantity:
    """An array of plain numbers."""
    values, mask = raw.values, raw.mask
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


def numbers_of_list(items: list[Any], kinds: set[type]) -> Quantity:
    """Plain numbers of a list."""
    mask = where_none(items)
    if float in kinds or any(isinstance(v, Decimal) and (not v.is_finite() or is_long(v)) for v in items):
        return Quantity(np.array([0.0 if v is None else _nearest(v) for v in items], float), mask, 0)
    places = max((-int(v.as_tuple().exponent) for v in items if isinstance(v, Decimal)), default=0)
    scale = 10 ** max(places, 0)
    whole = [0 if v is None else v * scale if isinstance(v, int) else int(WIDE.multiply(v, scale)) for v in items]
    return Quantity(np.array(whole, object if any(abs(v) > BIG for v in whole) else np.int64), mask, scale)


def _nearest(x: Any) -> float:
    """The nearest float, which is infinite for a whole number beyond them all."""
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


def where_none(items: list[Any]) -> Mask:
    """Which items are None."""
    mask = np.fromiter((v is None for v in items), bool, len(items))
    return mask if mask.any() else None
