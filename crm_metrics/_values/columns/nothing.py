"""A column with nothing in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from crm_metrics._values.columns.column import Flags
from crm_metrics._values.columns.instants import Instants
from crm_metrics._values.columns.labels import Labels
from crm_metrics._values.columns.quantities import Quantity
from crm_metrics._values.exact import Array


class Nothing(Labels):
    """A column with nothing in it, and of no known kind: to compare it is unknown, to compute with it gives nothing."""

    __slots__ = ()
    kindless = True

    def __init__(self, n: int) -> None:
        super().__init__(np.zeros(n, np.uint8), [None])

    def take(self, rows: Array) -> Nothing:
        return Nothing(len(rows))

    def cut(self, rows: slice) -> Nothing:
        return Nothing(rows.stop - rows.start)

    def flags(self) -> Flags:
        """Unknown everywhere."""
        return Flags(np.zeros(len(self), bool), np.ones(len(self), bool))

    def quantity(self) -> Quantity:
        """Numbers that are all missing."""
        return Quantity(np.zeros(len(self), np.int64), np.ones(len(self), bool))

    def instants(self) -> Instants:
        """Times that are all missing."""
        return Instants(np.zeros(len(self), np.int64), np.ones(len(self), bool))

    def _compared(self, other: object) -> Flags:
        return self.flags()

    def _computed(self, other: object) -> Nothing:
        return self

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _compared  # type: ignore[assignment]  # all of them alike
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _computed  # type: ignore[assignment]  # all of them alike

    def __invert__(self) -> Flags:
        return self.flags()

    def __and__(self, other: Any) -> Flags:
        return Flags.__and__(self.flags(), other)

    def __or__(self, other: Any) -> Flags:
        return Flags.__or__(self.flags(), other)

    def __reduce__(self) -> tuple[Any, ...]:
        return Nothing, (len(self),)
