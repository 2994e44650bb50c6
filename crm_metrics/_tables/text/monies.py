"""How people write amounts of money, and the currency beside them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from crm_metrics import cells as R
from crm_metrics._tables.text.numerals import COMMON, POWER, SPACED, Mark, found_in, written
from crm_metrics._tables.text.tidy import is_nothing, tidy
from crm_metrics._values.currencies import SHARED_SIGNS, code_of_word, may_be
from crm_metrics.cells import Bad

_FLAT = str.maketrans({" ": "", "\u00a0": "", "\u202f": "", "₽": "", ",": "."})
_NO_WORDS = frozenset("0123456789.,'-+()% \u00a0\u202f")
_WORDS = str.maketrans(dict.fromkeys(_NO_WORDS, " "))


def amount(cell: Any, *, decimal: Mark | None = None) -> Decimal | Bad | None:
    """An amount of money, exactly as written, without its currency sign.

    ``decimal`` says which mark the file uses; without it a cell that may be read in two ways is bad.

    >>> amount("1 234,50 ₽"), amount("($1,234.50)"), amount("n/a")
    (Decimal('1234.50'), Decimal('-1234.50'), None)
    >>> print(amount("1,234").problem)
    may be 1234 or 1.234
    >>> amount("1,234", decimal=".")
    Decimal('1234')
    """
    if not isinstance(cell, str):
        return R.money(cell)
    if decimal != "," and COMMON(cell):
        return Decimal(cell)
    if decimal != "." and SPACED(cell):
        return Decimal(cell.translate(_FLAT))
    plain = tidy(cell)
    if plain.endswith("%"):
        return Bad(cell, "is a share, not an amount", "give an amount of money, or choose another column")
    if POWER(plain):
        return Bad(cell, "has lost its last digits", "show the column as plain numbers and save the file again")
    return written(cell, plain, decimal, money=True)


def currency_of(cell: Any) -> str | None:
    """The currency that stands beside the number of a cell: a code, or a sign that several currencies have.

    >>> currency_of("5 руб."), currency_of("$3"), currency_of("$3 USD"), currency_of("7")
    ('RUB', '$', 'USD', None)
    """
    if not isinstance(cell, str) or COMMON(cell):
        return None
    found = found_in(tidy(cell))
    return found[1].currency if found else None


def currency_signs(cells: Iterable[Any]) -> set[str]:
    """The currencies that stand beside the amounts of these cells, a code or a sign each.

    >>> sorted(currency_signs(["5 руб.", "10 ₽", "$3", "7"]))
    ['$', 'RUB']
    """
    texts = [cell for cell in cells if isinstance(cell, str)]
    if set("".join(texts)) <= _NO_WORDS:
        return set()
    found: set[str] = set()
    known: set[tuple[str, ...]] = set()  # of thousands of amounts in roubles one is looked at
    for cell in texts:
        words = tuple(cell.translate(_WORDS).split())
        if words and words not in known and (signs := _signs(cell)):
            known.add(words)
            found |= signs
    return {one for one in found if not any(may_be(other) < may_be(one) for other in found)}  # $ beside USD


def _signs(cell: str) -> set[str]:
    """The currency of an amount, or those that a text without one, such as a heading, names."""
    if any(c.isdigit() for c in cell):
        return {name} if (name := currency_of(cell)) else set()
    return {name for word in cell.translate(_WORDS).split() if (name := code_of_word(word))}


def currency(cell: Any) -> str | Bad | None:
    """An ISO 4217 code, from a code, a sign or a word.

    >>> currency("rub"), currency("руб."), currency("€")
    ('RUB', 'RUB', 'EUR')
    """
    if not isinstance(cell, str):
        return R.currency(cell)
    plain = tidy(cell)
    if is_nothing(plain):
        return None
    name = code_of_word(plain)
    if name in SHARED_SIGNS:
        return Bad(cell, "is a sign of several currencies", f'name one with values={{"currency": {{{plain!r}: ...}}}}')
    out = name or R.currency(plain)
    return Bad(cell, out.problem, out.remedy) if isinstance(out, Bad) else out
