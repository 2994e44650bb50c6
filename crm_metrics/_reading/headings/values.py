"""What the words of a column mean. `guess_values`, `guess_status`, `guess_not_closed`, `nobody`."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from crm_metrics._reading.headings.fields import OWN
from crm_metrics._reading.headings.keys import key, keys, word_key
from crm_metrics._reading.headings.words import CODES, CURRENCIES, NOT_CLOSED, WORDS, YES_NO
from crm_metrics._tables.arranging import NOBODY, is_ids
from crm_metrics.cells import NO, YES, missing
from crm_metrics.records import Deal


def guess_values(field: str, cells: Iterable[object], record: type = Deal, heading: str = "") -> dict[str, str]:
    """What the words of a field mean: ``values=`` of it. A word that is not known is left out.

    ``heading`` is that of the column, for what means one thing under it and another elsewhere: under CALL_TYPE 1 is
    outgoing, under DIRECTION it is incoming. "" is a word that says nothing.

    >>> guess_values("status", ["Успешно реализовано", "Closed Lost", "Новая", "Тест-драйв"])
    {'Успешно реализовано': 'won', 'Closed Lost': 'lost', 'Новая': 'open'}
    >>> from crm_metrics import Call
    >>> guess_values("direction", ["1", "2"], Call, "CALL_TYPE")
    {'1': 'out', '2': 'in'}
    """
    known = _currencies() if field == "currency" else _known(_base(record), field, key(heading))
    return {label: known[found] for label in labels(cells) if (found := word_key(label)) in known}


def guess_status(labels: Iterable[str | None]) -> dict[str, str]:
    """What the words of a status column mean: won, lost or open. A word that is not known is left out.

    >>> guess_status(["Сделка успешна", "Closed-Lost to Competition", "New"])
    {'Сделка успешна': 'won', 'Closed-Lost to Competition': 'lost', 'New': 'open'}
    """
    return guess_values("status", labels)


def guess_flags(heading: str, cells: Iterable[object]) -> dict[str, str] | None:
    """What yes and no mean under a heading that says a part of a deal's status; None for any other heading.

    >>> guess_flags("IsClosed", ["TRUE", "FALSE"])
    {'TRUE': 'lost', 'FALSE': 'open'}
    """
    meant = _flags().get(key(heading)) or _flags().get(key(heading, OWN[Deal]))
    if meant is None:
        return None
    said = dict.fromkeys(YES, meant[0]) | dict.fromkeys(NO, meant[1])
    bare = ((label, label.lower().removesuffix(".0")) for label in labels(cells))  # flags with gaps are floats
    return {label: said[word] for label, word in bare if word in said}


def guess_not_closed(cells: Iterable[str]) -> list[str]:
    """The words of a column of closing dates that say that there is none.

    >>> guess_not_closed(["25.04.2024", "не закрыта", "", "не закрыта"])
    ['не закрыта']
    """
    found = (cell for cell in labels(cell for cell in cells if isinstance(cell, str)) if not cell[0].isdigit())
    return [cell for cell in found if word_key(cell) in _not_closed()]


def nobody(heading: str) -> frozenset[str]:
    """The cells under a heading that are nobody's id: 0 and the like, where the heading says that ids stand under it.

    >>> "0" in nobody("COMPANY_ID"), "0" in nobody("contactId"), sorted(nobody("Компания"))
    (True, True, [])
    """
    return frozenset(NOBODY) if is_ids(heading) else frozenset()


def labels(cells: Iterable[object]) -> list[str]:
    """What stands in the cells, as text, each once."""
    cells = list(cells)
    try:
        once = list(dict.fromkeys(cells))
    except TypeError:  # lists and the like
        once = cells
    return [label for label in dict.fromkeys(str(cell).strip() for cell in once if not missing(cell)) if label]


def _base(record: type) -> type:
    return next((base for base in WORDS if issubclass(record, base)), record)


@functools.cache
def _known(base: type, field: str, heading: str) -> Mapping[str, str]:
    under = next((codes for name, codes in CODES.items() if key(name) == heading), {})
    choices = [WORDS.get(base, {}).get(field, {}), under.get(base, {}).get(field, {})]
    return {word_key(word): meant for known in choices for meant, said in known.items() for word in said.split(",")}


@functools.cache
def _currencies() -> Mapping[str, str]:
    return {word_key(word): code for code, said in CURRENCIES.items() for word in said.split(",")}


@functools.cache
def _flags() -> Mapping[str, tuple[str, str]]:
    return {name: meant for names, meant in YES_NO.items() for name in keys(names)}


@functools.cache
def _not_closed() -> frozenset[str]:
    return frozenset(map(word_key, NOT_CLOSED.split(",")))
