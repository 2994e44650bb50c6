"""Ids that came as integers: they become text when somebody asks for the text, and count distinct without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from crm_metrics._values.columns import Flags, Labels, Mask, Quantity
from crm_metrics._values.exact import EXACT, Array
from crm_metrics.cells import text as as_text
from crm_metrics.errors import WrongCall

DENSE = 4  # a table over the span of the ids may be this many times their number


class Numbered(Labels):
    """Labels behind which are whole numbers; sorted text and codes are made at the first need of them."""

    __slots__ = ("_made", "data", "mask")

    def __init__(self, data: Array, mask: Mask, name: str) -> None:
        self.data, self.mask, self.name, self.choices, self.index = data, mask, name, (), None
        self._made: tuple[Array, Sequence[Any]] | None = None

    def __len__(self) -> int:
        return len(self.data)

    def _text(self) -> tuple[Array, Sequence[Any]]:
        if self._made is None:
            distinct, codes = _ranked(self.data)
            words = list(map(str, distinct.tolist()))
            order = sorted(range(len(words)), key=words.__getitem__)
            rank = np.empty(len(order), np.int32)
            rank[order] = np.arange(len(order))
            labels: list[Any] = [words[i] for i in order]
            codes = rank.take(codes) if len(rank) else codes
            if self.mask is not None:
                codes, labels = np.where(self.mask, np.int32(len(labels)), codes), [*labels, None]
            self._made = codes, labels
        return self._made

    @property
    def codes(self) -> Array:  # type: ignore[override]  # a slot of the base, made late here
        return self._text()[0]

    @property
    def labels(self) -> Sequence[Any]:  # type: ignore[override]  # as above
        return self._text()[1]

    @property
    def missing(self) -> Flags:
        return Flags(np.zeros(len(self), bool) if self.mask is None else self.mask)

    def take(self, rows: Array) -> Labels:
        if self._made is not None:
            return Labels(self.codes.take(rows), self.labels, name=self.name)
        return Numbered(self.data.take(rows), None if self.mask is None else self.mask.take(rows), self.name)

    def cut(self, rows: slice) -> Labels:
        if self._made is not None:
            return Labels(self.codes[rows], self.labels, name=self.name)
        return Numbered(self.data[rows], None if self.mask is None else self.mask[rows], self.name)

    def __reduce__(self) -> tuple[Any, ...]:
        return Numbered, (self.data, self.mask, self.name)


def ids(column: Any, name: str) -> Labels:
    """A column as ids: labels as they are, whole numbers of rows that do not say what they are as ids too."""
    if isinstance(column, Labels):
        plain = isinstance(column, Numbered) or all(type(k) is str or k is None for k in column.labels)
        return column if plain else _as_texts(column)
    if isinstance(column, Quantity) and column.kind != "money":
        data = column.data
        if not column.scale and (np.abs(data) < EXACT).all() and (data == np.rint(data)).all():
            return Numbered(data.astype(np.int64), column.mask, name)
        if column.scale == 1 and data.dtype != object:
            return Numbered(data, column.mask, name)
    raise WrongCall(f"{name} holds no ids or labels to match by")


def _as_texts(column: Labels) -> Labels:
    """Labels of several kinds as text: 1 and "1" are one id."""
    words = [as_text(k) for k in column.labels]
    labels: list[Any] = sorted({k for k in words if k is not None})
    place = {k: i for i, k in enumerate([*labels, None])}
    return Labels(np.array([place[k] for k in words], np.intp).take(column.codes), [*labels, None], (), column.name)


def places(ours: Labels, theirs: Labels) -> Array:
    """For each of our ids the first row in which they have it; -1 where they have it nowhere, or there is no id."""
    if isinstance(ours, Numbered) and isinstance(theirs, Numbered):
        return _unless(_numbered_places(ours.data, theirs), ours.mask)
    codes, first = np.unique(theirs.codes, return_index=True)
    rows = {as_text(theirs.labels[c]): row for c, row in zip(codes.tolist(), first.tolist(), strict=True)}
    rows.pop(None, None)
    found = np.array([rows.get(as_text(k), -1) for k in ours.labels] or [-1], np.intp)
    return found.take(ours.codes)


def repeats(keys: Labels) -> tuple[Array, Array]:
    """The rows whose id a row before them has, and the first such row of each."""
    first = places(keys, keys)
    again = np.flatnonzero((first >= 0) & (first != np.arange(len(first))))
    return again, first.take(again)


def _numbered_places(data: Array, theirs: Numbered) -> Array:
    known = theirs.data if theirs.mask is None else theirs.data[~theirs.mask]
    row = np.arange(len(theirs.data)) if theirs.mask is None else np.flatnonzero(~theirs.mask)
    if not len(known) or not len(data):
        return np.full(len(data), -1, np.intp)
    low, high = int(known.min()), int(known.max())
    if high - low < DENSE * (len(known) + len(data)) + 1000:
        table = np.full(high - low + 1, -1, np.intp)
        table[known[::-1] - low] = row[::-1]  # the first of several stands last
        inside = (data >= low) & (data <= high)
        return np.where(inside, table.take(np.where(inside, data - low, 0)), -1)
    sorted_ids, first = np.unique(known, return_index=True)
    at = np.minimum(np.searchsorted(sorted_ids, data), len(sorted_ids) - 1)
    return np.where(sorted_ids[at] == data, row[first[at]], -1)


def _unless(rows: Array, mask: Mask) -> Array:
    return rows if mask is None else np.where(mask, -1, rows)


def _ranked(data: Array) -> tuple[Array, Array]:
    """The distinct numbers in order, and the place of each row's among them."""
    if not len(data):
        return data, np.zeros(0, np.int32)
    low, high = int(data.min()), int(data.max())
    if high - low >= DENSE * len(data) + 1000:
        return np.unique(data, return_inverse=True)
    seen = np.zeros(high - low + 1, bool)
    seen[data - low] = True
    distinct = np.flatnonzero(seen)
    place = np.empty(len(seen), np.int32)
    place[distinct] = np.arange(len(distinct), dtype=np.int32)
    return distinct + low, place.take(data - low)
