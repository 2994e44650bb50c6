"""Text, or another label, per row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from crm_metrics._values.columns.column import Column, Flags, Mask, either
from crm_metrics._values.exact import Array
from crm_metrics._values.spelling import spelled
from crm_metrics.errors import UnknownName, WrongCall, shown


class Labels(Column):
    """Text (or another label) per row, as codes into a sorted list of labels, None last where some are missing."""

    __slots__ = ("choices", "codes", "index", "labels", "name")

    def __init__(self, codes: Array, labels: Sequence[Any], choices: tuple[str, ...] = (), name: str = "") -> None:
        self.codes, self.labels, self.choices, self.name = codes, labels, choices, name
        self.index: dict[Any, int] | None = None

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def size(self) -> int:
        """How many cells a count by these labels has: at least one."""
        return max(1, len(self.labels))

    @property
    def known(self) -> int:
        """How many labels there are, without None."""
        return len(self.labels) - bool(len(self.labels) and self.labels[-1] is None)

    def _unknown(self) -> Mask:
        return self.codes == self.known if self.known < len(self.labels) else None

    def code(self, label: Any) -> int:
        """The code of a label, -1 where no row has it; a text in any spelling, as where it was read."""
        bare = spelled(label) if isinstance(label, str) else label
        if self.choices and label is not None and not (isinstance(bare, str) and bare in self.choices):
            raise UnknownName(f"{self.name} is never {shown(label)}: it is one of {', '.join(self.choices)}")
        if self.index is None:
            self.index = {k: i for i, k in enumerate(self.labels)}
        try:
            found = self.index.get(label)
        except Exception:  # a list, an array, what fails when it is compared
            raise WrongCall(f"{shown(label)} is not one label: give one, or several with .isin(...)") from None
        return self.index.get(bare, -1) if found is None else found

    def __eq__(self, other: object) -> Flags:  # type: ignore[override]  # one answer per row
        if isinstance(other, Labels):
            to = np.array([other.code(k) if k in (other.choices or (k,)) else -1 for k in self.labels], np.int64)
            return Flags(to[self.codes] == other.codes, either(self._unknown(), other._unknown()))
        return self.isin(other)

    def __ne__(self, other: object) -> Flags:  # type: ignore[override]  # one answer per row
        return ~(self == other)

    def _unordered(self, other: Any) -> NoReturn:
        name = self.name or "this column"
        hint = "compare with == or .isin(...), or read amounts and times first with table(rows, Deal)"
        raise WrongCall(f"{name} holds labels, which have no order: {hint}")

    __lt__ = __le__ = __gt__ = __ge__ = __sub__ = __add__ = __mul__ = _unordered

    def isin(self, *labels: Any) -> Flags:
        """Whether a row has one of these labels; unknown where it has none."""
        codes = [c for label in labels if label is not None and (c := self.code(label)) >= 0]
        unknown = self._unknown()
        if 0 < len(codes) <= 4:  # a few comparisons beat a table
            true = self.codes == codes[0]
            for code in codes[1:]:
                true |= self.codes == code
            return Flags(true, unknown)
        hit = np.zeros(self.size, bool)
        hit[codes] = True
        return Flags(hit[self.codes], unknown)

    @property
    def missing(self) -> Flags:
        unknown = self._unknown()
        return Flags(np.zeros(len(self), bool) if unknown is None else unknown)

    def take(self, rows: Array) -> Labels:
        return Labels(self.codes.take(rows), self.labels, self.choices, self.name)

    def cut(self, rows: slice) -> Labels:
        return Labels(self.codes[rows], self.labels, self.choices, self.name)

    def item(self, i: int) -> Any:
        return self.labels[self.codes[i]]
