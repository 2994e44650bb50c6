"""The engines of the benchmark: what each starts from, and its spellings of every workload.

A peer may have several spellings, because one is best for a thousand rows and another for ten million: a short race
before the measurement picks the fastest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from benchmarks.data import RECORDS, Inputs, Style

Query: TypeAlias = Callable[[Any], Any]
Rows: TypeAlias = Iterable[tuple[Any, ...]]
Spellings: TypeAlias = Mapping[str, tuple[Query, ...]]


@frozen
class Engine:
    """One column of the result."""

    name: str
    start: str  # the attribute of Inputs that it reads
    spellings: Spellings
    rows: Callable[[Any], Rows]  # a result as rows of keys and numbers, outside the measured time
    styles: tuple[Style, ...] = ("codes", "text")

    def source(self, workload: str, inputs: Inputs) -> Any:
        """What the queries of a workload are given."""
        return inputs.records if workload == RECORDS else getattr(inputs, self.start)


def engines() -> tuple[Engine, ...]:
    """All of them: ours on a table and on raw frames, then the peers."""
    from benchmarks import ours, peer_duckdb, peer_pandas, peer_polars

    return (*ours.ENGINES, *peer_polars.ENGINES, *peer_pandas.ENGINES, *peer_duckdb.ENGINES)
