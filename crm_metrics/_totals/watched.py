"""Which columns a column function reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from crm_metrics._tables.table import Table
from crm_metrics._totals.stretches import callable_column
from crm_metrics.errors import CrmError


def read_by(t: Table[Any], function: Any) -> set[str] | None:
    """The columns of a table that a condition or a column function reads; None of one that fails without rows."""
    watched = _Watched(t)
    try:
        callable_column(function)(watched)
    except CrmError:
        raise
    except Exception:  # somebody's own function: where it fails with rows as well, that is told there
        return None
    return watched.seen


class _Watched(Table[Any]):
    """A table of no rows that remembers which columns were read."""

    def __init__(self, t: Table[Any]) -> None:
        super().__init__(t.record, {name: t.cells(name) for name in t.columns}, 0, t.how)
        self.whole, self.seen = t, set[str]()

    def __getitem__(self, name: str) -> Any:
        self.seen.add(name)
        return self.whole[name].take(np.empty(0, np.intp))
