"""What every column is: one value per row, some of them missing. Flags are yes, no or unknown."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

import numpy as np

from crm_metrics._values.exact import Array
from crm_metrics.errors import WrongCall

Mask: TypeAlias = Array | None
Compare: TypeAlias = Callable[[Any, Any], Any]


def either(a: Mask, b: Mask) -> Mask:
    """Where one or the other is."""
    return b if a is None else a if b is None else a | b


def zero(data: Array, mask: Array) -> None:
    """Set what is missing to 0, in place (ten times faster than assigning under a random mask)."""
    if data.dtype == object:
        data[mask] = 0
    else:
        np.multiply(data, ~mask, out=data)


class Column:
    """One value per row, with some of them missing."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # a comparison of columns is a column
    kindless = False  # whether nobody knows what it would hold, since there is nothing in it
    seen: Any = None  # what its cells showed of what it is, where that was decided: see `crm_metrics._values.evidence`

    def __bool__(self) -> NoReturn:
        msg = "a column has one answer per row: write & | ~ for and, or, not, and .isin(...) for in"
        raise WrongCall(msg)

    def __contains__(self, item: Any) -> NoReturn:
        raise WrongCall("a column has one answer per row: write .isin(...) for in")

    def __len__(self) -> int:
        raise NotImplementedError

    def take(self, rows: Array) -> Any:
        """The column of these rows."""
        raise NotImplementedError

    def cut(self, rows: slice) -> Any:
        """The column of a stretch of rows, without copying it."""
        raise NotImplementedError

    def item(self, i: int) -> Any:
        """The value of one row as a record would hold it."""
        raise NotImplementedError

    @property
    def missing(self) -> Flags:
        """Where there is nothing."""
        raise NotImplementedError

    def flags(self) -> Any:
        """The same as conditions: itself, if it is of a known kind."""
        return self

    def quantity(self) -> Any:
        """The same as numbers: itself, if it is of a known kind."""
        return self

    def instants(self) -> Any:
        """The same as times: itself, if it is of a known kind."""
        return self

    def __repr__(self) -> str:
        few = ", ".join(str(self.item(i)) for i in range(min(len(self), 6)))
        return f"<{type(self).__name__} of {len(self)}: {few}{', ...' if len(self) > 6 else ''}>"


class Flags(Column):
    """Yes, no or unknown per row. Unknown counts as neither it nor its negation (Kleene's logic)."""

    __slots__ = ("true", "unknown")

    def __init__(self, true: Array, unknown: Mask = None) -> None:
        self.true, self.unknown = true, unknown

    def __len__(self) -> int:
        return len(self.true)

    def _false(self) -> Array:
        return ~self.true if self.unknown is None else ~(self.true | self.unknown)

    def __invert__(self) -> Flags:
        return Flags(self._false(), self.unknown)

    def __and__(self, other: Flags) -> Flags:
        other = _flags(other)
        unknown = either(self.unknown, other.unknown)
        true = self.true & other.true
        if unknown is not None:
            unknown = unknown & ~(self._false() | other._false())
        return Flags(true, unknown)

    def __or__(self, other: Flags) -> Flags:
        other = _flags(other)
        unknown = either(self.unknown, other.unknown)
        true = self.true | other.true
        return Flags(true, None if unknown is None else unknown & ~true)

    def cut(self, rows: slice) -> Flags:
        return Flags(self.true[rows], None if self.unknown is None else self.unknown[rows])

    def take(self, rows: Array) -> Flags:
        return Flags(self.true.take(rows), None if self.unknown is None else self.unknown.take(rows))

    def item(self, i: int) -> bool | None:
        return None if self.unknown is not None and self.unknown[i] else bool(self.true[i])

    @property
    def missing(self) -> Flags:
        return Flags(np.zeros(len(self), bool) if self.unknown is None else self.unknown)


def _flags(x: Any) -> Flags:
    out = x.flags() if isinstance(x, Column) else x
    if not isinstance(out, Flags):
        raise WrongCall(f"& and | join conditions, not {type(x).__name__}: put each comparison in brackets")
    return out


class Sortable(Column):
    """A column whose values have an order: each comparison has one answer per row."""

    __slots__ = ()

    def _compared(self, compare: Compare, other: Any) -> Flags:
        raise NotImplementedError

    def __gt__(self, other: Any) -> Flags:
        return self._compared(operator.gt, other)

    def __ge__(self, other: Any) -> Flags:
        return self._compared(operator.ge, other)

    def __lt__(self, other: Any) -> Flags:
        return self._compared(operator.lt, other)

    def __le__(self, other: Any) -> Flags:
        return self._compared(operator.le, other)

    def __eq__(self, other: object) -> Flags:  # type: ignore[override]  # one answer per row
        return self._compared(operator.eq, other)

    def __ne__(self, other: object) -> Flags:  # type: ignore[override]  # one answer per row
        return self._compared(operator.ne, other)
