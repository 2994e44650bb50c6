"""What the amounts of a table say of their currency: a sign or a code beside a number, or in the heading above it.

What is said is never dropped. It agrees with the currency that the row names, or the cell is bad.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from crm_metrics import cells as R
from crm_metrics._tables import text
from crm_metrics._tables.encoding.raws import How
from crm_metrics._values.currencies import EXPONENTS, SIGNS, code_of_word, may_be
from crm_metrics.cells import Bad
from crm_metrics.errors import MixedCurrencies, WrongValue, listed
from crm_metrics.records.schemas import Record, schema

_BESIDE = re.compile(r"[(\[,]\s*([^\W\d_]{1,5}\$?|[^\W\d_]{0,3}[^\w\s()\[\],]{1,2})\.?\s*[)\]]?\s*$").search
_WORDS = re.compile(r"[^\W\d_]{0,3}[$\u20a0-\u20cf£¥]|[^\W\d_]+").findall
_ENGLISH = frozenset({"all", "top", "try"})  # codes of currencies that are words of headings too
_RUSSIAN = frozenset(word for word in SIGNS if word.isalpha() and not word.isascii() and len(word) > 2)


def of_heading(heading: str) -> str | None:
    """The currency that a heading names: Amount (USD), Бюджет, руб., Revenue €, amount_usd.

    >>> of_heading("Amount spent (USD)"), of_heading("Бюджет, руб."), of_heading("Cost (€)"), of_heading("price_eur")
    ('USD', 'RUB', 'EUR', 'EUR')
    >>> of_heading("Amount"), of_heading("Price, new"), of_heading("Amount (all)")
    (None, None, None)
    """
    if (found := _BESIDE(heading)) and found[1] not in _ENGLISH and (code := text.currency_of(f"1 {found[1]}")):
        return code
    said = {code for word in _said(heading) if (code := code_of_word(word))}
    return said.pop() if len(said) == 1 else None


def _said(heading: str) -> Iterator[str]:
    """The words of a heading that are a currency in any place: signs, roubles, codes in capitals among other words."""
    words = _WORDS(heading)
    shouted = heading.isupper()
    for word in words:
        if not word.isalpha() or word.casefold() in _RUSSIAN or (word.isupper() and not shouted and _is_code(word)):
            yield word
    if words and ("_" in heading or shouted) and _is_code(words[-1]):  # amount_usd, AMOUNT USD
        yield words[-1]


def _is_code(word: str) -> bool:
    return word.upper() in EXPONENTS and word.casefold() not in _ENGLISH


def of_headings(how: How, record: type[Record]) -> set[str]:
    """The currencies that the headings of amounts name."""
    return {code for name in money_fields(record) for code in above(how, name)}


def above(how: How, name: str) -> set[str]:
    """The currencies that the headings of a field name, of which it may have several."""
    theirs = how.columns.get(name, ())
    found = map(of_heading, (theirs,) if isinstance(theirs, str) else theirs)
    return {code for code in found if code is not None}


def money_fields(record: type[Record]) -> list[str]:
    """The fields of a record that hold amounts."""
    return [name for name, field in schema(record).items() if field.kind is R.money]


def one_sign(source: str, names: Iterable[str], given: str | None) -> str | None:
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
