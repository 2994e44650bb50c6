"""Headings and words without what does not matter: case, spaces, punctuation, currencies."""

from __future__ import annotations

import re
from collections.abc import Collection

from crm_metrics._tables.text import SIGNS
from crm_metrics._values.currencies import EXPONENTS, OLD

_MONEY = frozenset([*EXPONENTS, *OLD, *filter(str.isalpha, SIGNS)])  # codes are capitals, so that Top is a word

_ZONE = re.compile(r"(?<![^\W_])(?:UTC|GMT)(?: ?[+-] ?[0-9]{1,2}(?::?[0-9]{2})?)?(?![^\W_])", re.IGNORECASE)


def words(heading: str) -> list[str]:
    """The words of a heading, also of CloseDate and CLOSE_DATE."""
    parted = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", " ", heading.replace("ё", "е").replace("Ё", "Е"))
    return re.findall(r"[^\W_]+|№", parted)


def key(heading: str, without: Collection[str] = ()) -> str:
    """A heading as it is looked up: without currencies and zones, and without the words that say whose heading it is.

    >>> key("Close Date"), key("CLOSEDATE"), key("Бюджет, руб."), key("Deal - Deal created", {"deal"})
    ('closedate', 'closedate', 'бюджет', 'created')
    """
    kept = words(_ZONE.sub(" ", heading)) or words(heading)
    kept = [word for word in kept if word not in _MONEY] or kept
    kept = [word for word in kept if word.casefold() not in without] or kept
    return "".join(kept).casefold()


def keys(names: str) -> list[str]:
    """Names with commas between them, as they are looked up."""
    return [key(name) for name in names.split(",")]


def word_key(label: str) -> str:
    """A label as it is looked up, without the pipeline that some systems put around it; 142.0 is 142.

    >>> word_key("C1:WON"), word_key("Closed Won (Sales Pipeline)"), word_key("Счёт на предоплату")
    ('won', 'closedwon', 'счетнапредоплату')
    """
    return "".join(words(_AROUND.sub("", label.strip()))).casefold()


_AROUND = re.compile(r"^C\d+:|\(.*\)$|(?<=\d)\.0+$")
