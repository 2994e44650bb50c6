"""The cells of a column, read when somebody asks: those of a list, of a field of records, of an array."""

from __future__ import annotations

import functools
import importlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from attrs import frozen

from crm_metrics._tables.encoding.raws import Raw
from crm_metrics._tables.text import ERRORS
from crm_metrics._values.columns import Mask
from crm_metrics._values.exact import Array
from crm_metrics.errors import MissingExtra, WrongCall, listed


class Cells(Protocol):
    """A column where it is: not read yet."""

    def read(self) -> Raw:
        """The column as lists, arrays or codes."""

    def textual(self) -> bool:
        """Whether every cell is text, a whole number or empty: an id or a label without fault, not worth reading."""

    def empty(self) -> int:
        """How many cells of a textual column are empty."""

    def owned(self) -> Cells:
        """The same column, which stays as it is whatever happens to what it was made from."""


@frozen(eq=False)
class ListCells:
    """A column that is a list."""

    values: Sequence[Any]

    def read(self) -> Raw:
        return Raw(self.values if isinstance(self.values, list) else list(self.values))

    def textual(self) -> bool:
        return set(map(type, self.values)) <= {str, int, type(None)} and ERRORS.isdisjoint(self.values)

    def empty(self) -> int:
        values = self.read().values
        return int(values.count(None) + values.count(""))

    def owned(self) -> ListCells:
        return ListCells(list(self.values))


@frozen(eq=False)
class FieldCells:
    """A field of a list of records, gathered when it is read."""

    rows: list[Any]
    name: str

    def read(self) -> Raw:
        return Raw(_reader(self.name)(self.rows), stated=True)

    def textual(self) -> bool:
        return True  # the records were checked when they were made

    def empty(self) -> int:
        return int(self.read().values.count(None))

    def owned(self) -> FieldCells:
        return self  # `table` has a list of its own


@functools.cache
def _reader(name: str) -> Callable[[list[Any]], list[Any]]:
    """A comprehension over one field, which is twice as fast as `attrgetter`."""
    assert name.isidentifier()
    reader: Callable[[list[Any]], list[Any]] = eval(f"lambda rows: [row.{name} for row in rows]")
    return reader


@frozen(eq=False)
class ArrayCells:
    """A column that is a numpy array of numbers, flags or times."""

    values: Array

    def read(self) -> Raw:
        if isinstance(self.values, np.ma.MaskedArray):
            return array_raw(self.values.data, np.ma.getmaskarray(self.values))
        return array_raw(self.values, None)

    def textual(self) -> bool:
        return self.values.dtype.kind in "iu"

    def empty(self) -> int:
        return int(np.ma.getmaskarray(self.values).sum())

    def owned(self) -> ArrayCells:
        return ArrayCells(self.values.copy())


def array_raw(values: Array, mask: Mask) -> Raw:
    """An array whose times are 0 where they are missing."""
    if values.dtype.kind not in "mM":
        return Raw(values, mask)
    if values.dtype == np.dtype("M8"):
        values = values.astype("M8[us]")  # in no unit there are only gaps
    nat = np.isnat(values)
    mask = nat if mask is None else mask | nat
    if not mask.any():
        return Raw(values)
    return Raw(np.where(mask, np.zeros(1, values.dtype), values), mask)


DAY_MS = 24 * 60 * 60 * 1000


Raws: TypeAlias = Mapping[str, Cells]


def whole(rows: Any) -> Any:
    """The rows, as something that can be read more than once where they are a stream or come one after another."""
    if hasattr(rows, "__arrow_c_stream__"):
        return rows if hasattr(rows, "columns") else from_stream(rows)
    return list(rows) if isinstance(rows, Iterator) else rows


def from_stream(rows: Any) -> Any:
    """A frame of pyarrow, else of polars, from anything that speaks the protocol."""
    name = type(rows).__name__
    for library, frame in (("pyarrow", "table"), ("polars", "DataFrame")):
        try:
            module = importlib.import_module(library)
        except ImportError:
            continue
        try:
            return getattr(module, frame)(rows)
        except (TypeError, ValueError) as error:
            raise WrongCall(f"{name} is no table of rows ({error}): give a frame with named columns") from None
    raise MissingExtra(f"reading {name} by the Arrow protocol needs pyarrow or polars: pip install pyarrow")


def named_once(names: Iterable[Any]) -> None:
    """Names are text here: 1 and "1" are one."""
    counts = Counter(map(str, names))
    if twice := [name for name, n in counts.items() if n > 1]:
        raise WrongCall(f"two columns have the same name ({listed(twice)}): rename or drop one")


def codes_raw(codes: Array, labels: Sequence[Any]) -> Raw:
    """Codes with -1 for missing."""
    none = codes < 0
    if not none.any():
        return Raw(codes, None, labels)
    return Raw(np.where(none, 0, codes), none, labels or [None])
