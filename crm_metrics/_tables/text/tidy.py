"""What all readers of cells have in common: how an empty cell is written, and one way to write spaces and signs."""

from __future__ import annotations

import re

from crm_metrics._values.spelling import spelled

NOTHING = frozenset({"", "null", "none", "nan", "nat", "n/a", "na", "#n/a", "#н/д", "<na>", "-", "--", "—"})
"""How an empty cell of money, share, time or currency is written; in a cell of text each of these is a word."""

NOT_FOUND = frozenset({"#N/A", "#Н/Д", "#NV"})
"""What a spreadsheet shows where a lookup found nothing, in English, Russian and German."""

ERROR = "is an error of the spreadsheet", "correct the formula or widen the column, and save again"
"""What is wrong with a cell that is one, and the remedy."""

# Breaks, and typographic minus and apostrophes; spaces are plain already.
_TIDY = str.maketrans({**dict.fromkeys("\t\n\r", " "), "\u2212": "-", "\u2013": "-", "\u2019": "'", "\u02bc": "'"})


def tidy(cell: str) -> str:
    """The cell with plain spaces and signs, and without what nobody sees."""
    plain = spelled(cell)
    return plain if plain.isascii() else plain.translate(_TIDY)


def is_nothing(plain: str) -> bool:
    """Whether a tidy cell is one of the ways to write nothing."""
    return plain.casefold() in NOTHING


ERRORS = frozenset({"#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#ССЫЛКА!", "#ЗНАЧ!", *NOT_FOUND})
"""The commonest of these, and of cells where a lookup found nothing, which a column is searched for."""

_ERROR = re.compile(r"#(?:[A-ZÀ-ÝА-ЯЁ_]+/?[A-ZА-Я]*|(?:DIV|ДЕЛ)/0)[!?]|#{3,}").fullmatch


def is_error(plain: str) -> bool:
    """Whether a tidy cell is what a spreadsheet shows in place of a value: #REF!, or ##### in a narrow column."""
    return _ERROR(plain) is not None
