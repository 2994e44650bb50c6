"""Folds: rows made from those of other records, declared once, so that a company makes them itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from attrs import frozen

from crm_metrics._tables.table import Table
from crm_metrics.records.schemas import Record

Make = TypeVar("Make", bound=Callable[..., Any])


@frozen
class Fold:
    """How the rows of a record are made: by a function of those of the `sources`, and of keywords with defaults.

    ``of_all``: all rows are folded, whichever are asked for: a stay ends at the next change, whoever made it.
    """

    make: Callable[..., Table[Any]]
    sources: tuple[type[Record], ...]
    keywords: tuple[str, ...]
    of_all: bool

    def __call__(self, *rows: Any, known: Mapping[str, Any]) -> Table[Any]:
        """The rows that these make, with what is `known` of the company under the names of the keywords."""
        return self.make(*rows, **{name: known[name] for name in self.keywords if name in known})


FOLDS: dict[type[Record], Fold] = {}
"""Records whose rows are made from those of others."""


def fold(record: type[Record], *sources: type[Record], of_all: bool = False) -> Callable[[Make], Make]:
    """Declare a function that makes rows of a record, from rows of each source in order; it stays as it is."""

    def declared(make: Make) -> Make:
        keywords = tuple(inspect.signature(make).parameters)[len(sources) :]
        FOLDS[record] = Fold(make, sources, keywords, of_all)
        return make

    return declared


__all__ = ["FOLDS", "Fold", "fold"]
