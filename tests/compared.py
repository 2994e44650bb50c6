"""How much of what a law compares says something: results in which a number is neither undefined nor 0.

A law that compares NaN with NaN proves nothing. A test with the marker `law` passes what it compares through `told`,
and fails where less than half of it, over all examples, was informative; `conftest.py` asks at its end.
"""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import assume

from crm_metrics import Breakdown


def says_something(result: Any) -> bool:
    """Whether a number, or one of those of a breakdown, is neither undefined nor 0."""
    numbers = result.values() if isinstance(result, Breakdown) else [result]
    return any(x == x and x != 0 for x in numbers)


@attrs.define
class Compared:
    """How many results one law has compared so far, and how many of them say something."""

    results: int = 0
    informative: int = 0

    def clear(self) -> None:
        self.results = self.informative = 0

    def take(self, result: Any) -> None:
        self.results += 1
        self.informative += says_something(result)

    def check(self) -> None:
        """Fails a law that compared nothing, or mostly nothing."""
        assert self.results, "nothing was compared"
        few = f"of {self.results} results that were compared {self.informative} say more than NaN or 0"
        assert 2 * self.informative >= self.results, few


NOW = Compared()
"""Of the law that runs now: one process runs one law at a time."""


def wanted(result: Any) -> None:
    """After a comparison: draw on until so many say something as there are to be examples."""
    assume(says_something(result))
    NOW.take(result)


def told(result: Any) -> Any:
    """The result itself, which is counted: a number, or a breakdown."""
    NOW.take(result)
    return result
