"""From a column as it came (a list, an array, codes) to a column value, by the kind of its field.

What a column is, is decided from all of its cells: see `moments` for times and `amounts` for
numbers. Here are labels, flags, and columns that are no field.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from crm_metrics import cells as R
from crm_metrics._tables import text
from crm_metrics._tables.encoding import moments
from crm_metrics._tables.encoding.amounts import amounts, numbers, numbers_of_array, numbers_of_list, shares, where_none
from crm_metrics._tables.encoding.ids import Numbered
from crm_metrics._tables.encoding.raws import How, Raw, Read, Words, by_value, coded, narrow, rows_of
from crm_metrics._values.columns import Column, Flags, Labels, Mask, Nothing, zero
from crm_metrics._values.exact import BIG, Array
from crm_metrics._values.keys import order
from crm_metrics._values.spelling import spelled
from crm_metrics.cells import Bad
from crm_metrics.records.schemas import Field

FEW = 1000


def encode(raw: Raw, field: Field | None, how: How, currency: Labels | None) -> Read:
    """The column of a field, and its bad cells."""
    if field is None:
        return Read(as_it_looks(raw, how.tz))
    if isinstance(raw.values, list) and raw.labels is None and len(raw.values) > FEW and not any(raw.values):
        raw = Raw(np.zeros(len(raw.values), np.uint8), labels=[None]) if _all_none(raw.values) else raw
    if field.name in how.values or (field.kind in how.parse and not isinstance(raw.values, np.ndarray)):
        raw = by_value(raw)
    return _ENCODERS.get(field.kind, _texts)(raw, field, how, currency)


# ---------------------------------------------------------------- codes


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


# ---------------------------------------------------------------- text, choices, currencies


def _texts(raw: Raw, field: Field, how: How, currency: Labels | None) -> Read:
    read = _labels(raw, field, how)
    if raw.stated or field.kind is not R.text or field.choices:
        return read
    return _cleared(read, how.values.get(field.name, {}))


def _labels(raw: Raw, field: Field, how: How) -> Read:
    plain = not field.choices and field.kind is R.text and field.name not in how.values
    if plain:
        if raw.is_array and raw.values.dtype.kind in "iu":
            return Read(_of_integers(raw, field))
        if isinstance(raw.values, list) and set(map(type, raw.values)) <= {str, type(None)}:
            return Read(_of_strings(raw.values, field))
    raw = by_value(raw)
    assert raw.labels is not None
    if plain and set(map(type, raw.labels)) <= {str, type(None)}:
        return Read(Labels(*relabel(raw.values, list(map(R.text, raw.labels)), raw.mask), (), field.name))
    cells = list(map(how.cell(field), raw.labels))
    bad = {i: c for i, c in enumerate(cells) if isinstance(c, Bad)}
    faults = rows_of(raw.values, bad, raw.mask)
    codes, labels = relabel(raw.values, [None if i in bad else c for i, c in enumerate(cells)], raw.mask)
    return Read(Labels(codes, labels, field.choices, field.name), faults)


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
    bare = {k: word for k in known if (word := spelled(k)) != k}  # few: the rest are as they should be
    labels: list[Any] = sorted((known - bare.keys() | set(bare.values())) - {""})
    index: dict[Any, int] = {k: i for i, k in enumerate(labels)}
    if len(known) < len(distinct) or "" in bare.values():
        index[None] = index[""] = len(labels)
        labels.append(None)
    index |= {k: index[word] for k, word in bare.items()}
    return Labels(coded(values, index), labels, field.choices, field.name)


# ---------------------------------------------------------------- yes or no


def _yes_or_no(raw: Raw, field: Field, how: How, currency: Labels | None) -> Read:
    if raw.is_array and raw.values.dtype.kind == "b":
        return Read(_flags(raw))
    raw = by_value(raw)
    assert raw.labels is not None
    cells = list(map(how.cell(field), raw.labels))
    bad = {i: c for i, c in enumerate(cells) if isinstance(c, Bad)}
    true = np.array([c is True for c in cells] or [False], bool).take(raw.values)
    unknown = np.array([c is None or isinstance(c, Bad) for c in cells] or [True], bool).take(raw.values)
    if raw.mask is not None:
        true, unknown = true & ~raw.mask, unknown | raw.mask
    return Read(Flags(true, unknown if unknown.any() else None), rows_of(raw.values, bad, raw.mask))


def _flags(raw: Raw) -> Flags:
    return Flags(raw.values if raw.mask is None else raw.values & ~raw.mask, raw.mask)


# ---------------------------------------------------------------- columns that are no field


def as_it_looks(raw: Raw, tz: str | None = None) -> Column:
    """An extra column by what it holds: flags, numbers, times, or labels as they are."""
    values = raw.values
    if raw.is_array and values.dtype.kind in _ARRAYS:
        return _ARRAYS[values.dtype.kind](raw, tz)
    if raw.labels is not None:
        return Labels(*relabel(values, _apart(list(map(_label, raw.labels))), raw.mask))
    items = _apart(list(map(_label, raw.items())))
    kinds = set(map(type, items)) - {type(None)}
    if not kinds:
        return Nothing(len(items))
    if kinds <= {dt.datetime, dt.date}:
        times = moments.of_walls(items, tz, stated=raw.stated)
        if not times.faults:
            return times.column
    if kinds == {bool}:
        return Flags(np.array([v is True for v in items], bool), where_none(items))
    if kinds <= {int, float, Decimal}:
        return numbers_of_list(items, kinds)
    one = by_value(Raw(items))
    assert one.labels is not None
    return Labels(*relabel(one.values, one.labels))


def _label(x: Any) -> Any:
    """A value as a label: None where it is missing, or the error of a spreadsheet; text is stripped, a list is text."""
    if isinstance(x, str):
        word = spelled(x)
        return None if not word or _is_error(word) else word
    if R.missing(x):
        return None
    try:
        hash(x)
    except TypeError:
        return str(x)
    return x


def _moments(raw: Raw, tz: str | None) -> Column:
    """Times, or labels where one of them is in no calendar: no cell is lost."""
    times = moments.of_array(raw, tz)
    return as_it_looks(Raw(raw.items()), tz) if times.faults else times.column


def _apart(items: list[Any]) -> list[Any]:
    """Yes and no as words where numbers stand among them: to Python True is 1, and they would be one group."""
    kinds = set(map(type, items))
    if not kinds & {bool, np.bool_} or not kinds & {int, float, Decimal}:
        return items
    return [str(x) if isinstance(x, (bool, np.bool_)) else x for x in items]


def _is_error(word: str) -> bool:
    """Whether a word is what a spreadsheet shows in place of a value, or where a lookup found nothing."""
    return word[0] == "#" and (word in text.NOT_FOUND or text.is_error(word))


def _cleared(read: Read, known: Words) -> Read:
    """Labels without the errors of a spreadsheet: a lookup that found nothing is nobody, others are bad cells."""
    column = read.column
    if not isinstance(column, Labels) or isinstance(column, Numbered):
        return read
    likely = [i for i, x in enumerate(column.labels) if x is not None and x[:1] == "#"]
    wrong = {i for i in likely if _is_error(column.labels[i]) and column.labels[i] not in known}
    if not wrong:
        return read
    words = [None if i in wrong else x for i, x in enumerate(column.labels)]
    bad = {i: Bad(column.labels[i], *text.ERROR) for i in wrong if column.labels[i] not in text.NOT_FOUND}
    labels = Labels(*relabel(column.codes, words), column.choices, column.name)
    return Read(labels, [*read.faults, *rows_of(column.codes, bad, None)], read.said)


def _all_none(values: list[Any]) -> bool:
    return values.count(None) == len(values)


_ARRAYS: Mapping[str, Callable[[Raw, str | None], Column]] = {
    **dict.fromkeys("iuf", lambda raw, tz: numbers_of_array(raw)),
    "b": lambda raw, tz: _flags(raw),
    "M": lambda raw, tz: _moments(raw, tz),
}

_ENCODERS: Mapping[Any, Callable[[Raw, Field, How, Labels | None], Read]] = {
    R.money: amounts,
    R.share: shares,
    R.number: numbers,
    R.instant: lambda raw, field, how, currency: moments.instants(raw, field, how),
    R.flag: _yes_or_no,
}
