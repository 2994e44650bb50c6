"""What the amounts of a table say of their currency: a sign or a code beside a number, or in the heading above it.

What is said is never dropped. It agrees with the currency that the row names, or the cell is bad.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from crm_metrics import cells as R
from crm_metrics._tables import text
from crm_metrics._tables.encoding.raws import How
from crm_metrics._values.currencies import may_be
from crm_metrics.cells import Bad
from crm_metrics.errors import MixedCurrencies, WrongValue, listed
from crm_metrics.records.schemas import Record, schema

_IN_HEADING = re.compile(r"[(\[,]\s*([^\W\d_]{1,5}\$?|[^\W\d_]{0,3}[^\w\s]{1,2})\.?\s*[)\]]?\s*$").search


def of_heading(heading: str) -> str | None:
    """The currency that a heading names: Amount (USD), Бюджет, руб.

    >>> of_heading("Amount spent (USD)"), of_heading("Бюджет, руб."), of_heading("Amount"), of_heading("Price, new")
    ('USD', 'RUB', None, None)
    """
    found = _IN_HEADING(heading)
    return text.currency_of(f"1 {found[1]}") if found else None


def of_headings(how: How, record: type[Record]) -> set[str]:
    """The currencies that the headings of amounts name."""
    headings = (how.heading(name) for name in money_fields(record) if name in how.columns)
    return {name for heading in headings if (name := of_heading(heading))}


def money_fields(record: type[Record]) -> list[str]:
    """The fields of a record that hold amounts."""
    return [name for name, field in schema(record).items() if field.kind is R.money]


def one_of(source: str, names: Iterable[str], given: str | None) -> str | None:
    """The one currency that is named; none where nothing is."""
    several = set(names)
    names = sorted(x for x in several if not any(may_be(y) < may_be(x) for y in several))  # $ beside USD is USD
    if given is not None and (other := [name for name in names if not text.agrees(name, given)]):
        raise WrongValue(f"{source} has amounts in {other[0]}, and currency={given!r} is said: correct one of them")
    if len(names) > 1:
        msg = f"{source} has amounts in {listed(names)}: give the currency a column of its own, or a file to each"
        raise MixedCurrencies(msg)
    return given or next(iter(names), None)


@frozen
class Signs:
    """Sets what stands beside an amount against the currency of its row.

    In `partly` are fields of which some amounts name a currency and others none: what these are in, nobody said.
    """

    partly: frozenset[str]

    @classmethod
    def of(cls, cells: Mapping[str, Iterable[str]]) -> Signs:
        """The signs of some columns of amounts that have no other currency than these."""
        return cls(frozenset(name for name, column in cells.items() if len(set(map(_sign, set(column) - {""}))) > 1))

    def __call__(self, name: str, cell: Any, amount: Decimal, code: str | None) -> Bad | None:
        """The bad cell of an amount that says otherwise than its row."""
        sign = _sign(cell) if isinstance(cell, str) else None
        if sign is None:
            if name not in self.partly or not amount:
                return None
            return Bad(cell, f"names no currency and others name {code}", "name it, or pass currency= for such cells")
        if code is not None and text.agrees(sign, code):
            return None
        problem = f"is in {sign}, and the currency of its row is {code or 'not named'}"
        return Bad(cell, problem, "correct the amount or the currency")


@functools.lru_cache(maxsize=1 << 16)
def _sign(cell: str) -> str | None:
    return text.currency_of(cell)
