"""How much of what a law compares says something: results in which a number is neither undefined nor 0.

A law that compares NaN with NaN proves nothing. A test with the marker `law` passes what it compares through `told`.
`conftest.py` asks at the end of each case: less than half over all cases of the law so far, or less than a quarter of
this case (one record, one kind), is a failure. A dozen results say nothing about either: chance may have drawn them.
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


ENOUGH = 30
"""Results of which a share can be asked."""


@attrs.define
class Compared:
    """How many results were compared so far, and how many of them say something."""

    results: int = 0
    informative: int = 0

    def take(self, result: Any) -> None:
        self.results += 1
        self.informative += says_something(result)

    def add(self, other: Compared) -> None:
        self.results += other.results
        self.informative += other.informative

    def check(self, share: float) -> None:
        """Fails where enough was compared, and less than the share of it says something."""
        few = f"of {self.results} results that were compared {self.informative} say more than NaN or 0"
        assert self.results < ENOUGH or self.informative >= share * self.results, few


NOW = Compared()
"""Of the case that runs now: one process runs one at a time."""

LAWS: dict[str, Compared] = {}
"""Of every law, over the cases that this process ran."""


def begin() -> None:
    """Before a case of a law."""
    NOW.results = NOW.informative = 0


def end(law: str) -> None:
    """After a case of it."""
    assert NOW.results, "nothing was compared"
    so_far = LAWS.setdefault(law, Compared())
    so_far.add(NOW)
    NOW.check(1 / 4)
    so_far.check(1 / 2)


def wanted(result: Any) -> None:
    """After a comparison: draw on until so many say something as there are to be examples."""
    assume(says_something(result))
    NOW.take(result)


def told(result: Any) -> Any:
    """The result itself, which is counted: a number, or a breakdown."""
    NOW.take(result)
    return result
