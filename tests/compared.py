"""How much of what a law compares says something: numbers that are neither undefined nor 0.

A law that compares NaN with NaN proves nothing. A test with the marker `law` passes what it compares through `told`,
and fails where less than half of it, over all examples, was informative; `conftest.py` asks at its end.
"""

from __future__ import annotations

from typing import Any

import attrs

from crm_metrics import Breakdown


@attrs.define
class Compared:
    """The numbers that one law has compared so far, and those of them that say something."""

    numbers: int = 0
    informative: int = 0

    def clear(self) -> None:
        self.numbers = self.informative = 0

    def take(self, numbers: list[Any]) -> None:
        self.numbers += len(numbers)
        self.informative += sum(x == x and x != 0 for x in numbers)

    def check(self) -> None:
        """Fails a law that compared nothing, or mostly nothing."""
        assert self.numbers, "nothing was compared"
        few = f"of {self.numbers} numbers that were compared {self.informative} are neither NaN nor 0"
        assert 2 * self.informative >= self.numbers, few


NOW = Compared()
"""Of the law that runs now: one process runs one law at a time."""


def told(result: Any) -> Any:
    """The result itself, which is counted: a number, or each of those of a breakdown."""
    NOW.take(list(result.values()) if isinstance(result, Breakdown) else [result])
    return result
