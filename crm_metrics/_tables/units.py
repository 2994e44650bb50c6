"""The unit that a heading states: of amounts in thousands, of lengths of time in minutes. It is never dropped.

Amounts are in units of their currency and the duration of a call in seconds; a heading that says otherwise is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from crm_metrics import cells as R
from crm_metrics.errors import Fault
from crm_metrics.records import Call
from crm_metrics.records.schemas import schema

_MANY = """
thousand thousands thsd million millions mln mio billion billions bln тыс тысяч тысяча тысячи тысячах млн миллион
миллиона миллионов миллионах млрд миллиард миллиарда миллиардов миллиардах
"""
_LONG = """
min mins minute minutes hh hour hours hr hrs h ms msec millisecond milliseconds мин минута минуты минут минутах чч ч час
часа часы часов часах мс миллисекунда миллисекунды миллисекунд миллисекундах
"""
_SECONDS = "s ss sec secs second seconds сс сек секунда секунды секунд секундах"
_SHORT = re.compile(
    r"[$€£₽] ?[km]\b|\b[km] ?[$€£₽]|\bk(?:usd|eur|gbp|rub)\b|[(\[,]\s*(?:k|000s?)\s*[)\]]?\s*$|['’]000s?\b",
    re.IGNORECASE,
).search


def other_units(t: Any) -> Iterator[Fault]:
    """The headings of a table that say that the numbers below them are in another unit than their field."""
    for name, field in schema(t.record).items():
        theirs = t.how.columns.get(name, ())
        for heading in (theirs,) if isinstance(theirs, str) else theirs:
            if field.kind is R.money and is_scaled(heading):
                problem, unit = "says that its amounts are in thousands or more", "in full"
            elif name == "duration" and issubclass(t.record, Call) and is_lengthy(heading) and not _is_clock(t, name):
                problem, unit = "says that its times are not in seconds", "in seconds"
            else:
                continue
            yield Fault(t.how.first_row - 1 or None, name, heading, problem, f"write them {unit}, and head them so")


def is_scaled(heading: str) -> bool:
    """Whether a heading says that the amounts below it are in thousands, millions or billions.

    >>> is_scaled("Бюджет, тыс. руб."), is_scaled("Revenue ($k)"), is_scaled("Cost per thousand"), is_scaled("Amount")
    (True, True, False, False)
    """
    words, many = _words(heading), _MANY.split()
    said = (
        word in many and before not in ("per", "за", "на") for before, word in zip(["", *words], words, strict=False)
    )
    return any(said) or _SHORT(heading) is not None


def is_lengthy(heading: str) -> bool:
    """Whether a heading says that the times below it are in minutes, hours or milliseconds.

    >>> is_lengthy("Duration (min)"), is_lengthy("duration_ms"), is_lengthy("Talk, h:mm:ss"), is_lengthy("Duration")
    (True, True, False, False)
    """
    words = set(_words(heading))
    return not words.isdisjoint(_LONG.split()) and words.isdisjoint(_SECONDS.split())


def _words(heading: str) -> list[str]:
    parted = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", " ", heading)
    return [word.casefold() for word in re.findall(r"[^\W\d_]+", parted)]


def _is_clock(t: Any, name: str) -> bool:
    """Whether all cells of a column are written as h:mm:ss."""
    return all(":" in str(cell) for cell in t.written(name) if not R.missing(cell))
