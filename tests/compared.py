"""How much of what a law compares says something: results in which a number is neither undefined nor 0.

A law that compares NaN with NaN proves nothing. A test with the marker `law` passes what it compares through `told`,
and fails where less than half of it, over all examples, was informative; `conftest.py` asks at its end.
"""

from __future__ import annotations

from typing import Any

import attrs

from crm_metrics import Breakdown


@attrs.define
class Compared:
    """How many results one law has compared so far, and how many of them say something."""

    results: int = 0
    informative: int = 0

    def clear(self) -> None:
        self.results = self.informative = 0

    def take(self, result: Any) -> None:
        numbers = result.values() if isinstance(result, Breakdown) else [result]
        self.results += 1
        self.informative += any(x == x and x != 0 for x in numbers)

    def check(self) -> None:
        """Fails a law that compared nothing, or mostly nothing."""
        assert self.results, "nothing was compared"
        few = f"of {self.results} results that were compared {self.informative} say more than NaN or 0"
        assert 2 * self.informative >= self.results, few


NOW = Compared()
"""Of the law that runs now: one process runs one law at a time."""


def told(result: Any) -> Any:
    """The result itself, which is counted: a number, or a breakdown."""
    NOW.take(result)
    return result
