"""How numbers and tables are written: by unit, aligned, at most 100 columns wide."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from crm_metrics._values.currencies import exponent

WIDTH = 100
LABEL = 30
NOTHING = "-"


# ---------------------------------------------------------------- numbers


def number(x: float | None, unit: str, currency: str = "", *, code: bool = True) -> str:
    """A number as its unit is written; a dash where it is undefined. Money carries its currency's code.

    >>> number(0.63151, "share"), number(10005534.0, "money", "USD"), number(57.0, "days"), number(math.nan, "share")
    ('63.2 %', '10,005,534 USD', '57.0 d', '-')
    >>> number(12.5, "money", "USD"), number(1.27, "times"), number(1.38, "months")
    ('12.50 USD', '1.27 x', '1.4 months')
    """
    if x is None or math.isnan(x):
        return NOTHING
    if unit == "money":
        digits = 0 if abs(x) >= 1000 or x == round(x) else min(2, exponent(currency or None))
        return f"{x:z,.{digits}f} {currency if code else ''}".rstrip()
    write = _UNITS.get(unit, "{:z,.2f}")
    return write.format(x * 100 if unit == "share" else x)


_UNITS = {
    "share": "{:z,.1f} %",
    "count": "{:z,.0f}",
    "days": "{:z,.1f} d",
    "hours": "{:z,.1f} h",
    "months": "{:z,.1f} months",
    "points": "{:+.1f}",
    "times": "{:z,.2f} x",
}


def percent(x: float) -> str:
    """A change in percent, with a decimal where it is small.

    >>> percent(0.593), percent(-0.0425), percent(math.nan)
    ('+59 %', '-4.2 %', '-')
    """
    return NOTHING if math.isnan(x) else f"{_signed(100 * x)} %"


def points(x: float) -> str:
    """A change of a share in points."""
    return NOTHING if math.isnan(x) else f"{x * 100:+z.1f} pts"


def span(low: float, high: float, unit: str, write: str = "{:+z.1f}") -> str:
    """Limits with their unit; nothing where they are not known.

    >>> span(0.0451, 0.2, "%"), span(-0.01, math.inf, "%"), span(math.nan, 1.0, "%")
    ('+4.5 to +20 %', 'unbounded', '')
    """
    if math.isnan(low) or math.isnan(high):
        return ""
    if math.isinf(low) or math.isinf(high):
        return "unbounded"
    one, two = (_signed(100 * x) if unit == "%" else write.format(100 * x) for x in (low, high))
    return f"{one} to {two} {unit}"


def _signed(x: float) -> str:
    return f"{x:+z,.0f}" if abs(x) >= 9.95 else f"{x:+z.1f}"


def rounded(x: float) -> str:
    """A number to three digits that mean something.

    >>> rounded(1.43317), rounded(-12_345.0), rounded(0.0)
    ('1.43', '-12,345', '0.00')
    """
    if math.isnan(x):
        return NOTHING
    digits = 2 - math.floor(math.log10(abs(x))) if x else 2
    return f"{x:z,.{min(max(digits, 0), 2)}f}"


def scale(amounts: Iterable[float]) -> tuple[float, str]:
    """What to divide amounts by so that they are short, and its name.

    >>> scale([1_433_171.0, 622_887.0])
    (1000000.0, 'million')
    """
    largest = max((abs(x) for x in amounts if math.isfinite(x)), default=0.0)
    for size, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e4, "thousand")):
        if largest >= size:
            return (1e3 if name == "thousand" else size), name
    return 1.0, ""


# ---------------------------------------------------------------- text


def printable(text: str) -> str:
    """A label of the data without line breaks, control characters and marks that turn the line around."""
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return "".join(c for c in kept if unicodedata.category(c) not in ("Cf", "Cs", "Co"))


def width(text: str) -> int:
    """How many columns a text takes: wide letters take two, combining marks none."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


def cut(text: str, most: int = LABEL) -> str:
    """A text of at most so many columns."""
    if width(text) <= most:
        return text
    while width(text) > most - 3:
        text = text[:-1]
    return f"{text.rstrip()}..."


def aligned(rows: Sequence[Sequence[str]], indent: int = 2, gap: int = 3) -> list[str]:
    """Rows as lines: the first column to the left, the others to the right."""
    sizes = [max(map(width, column)) for column in zip(*rows, strict=True)]
    out = []
    for row in rows:
        pads = [" " * (size - width(cell)) for size, cell in zip(sizes, row, strict=True)]
        cells = [row[0] + pads[0], *(pad + cell for pad, cell in zip(pads[1:], row[1:], strict=True))]
        out.append((" " * indent + (" " * gap).join(cells)).rstrip())
    return out


def paragraph(text: str, indent: int = 2) -> list[str]:
    """A sentence in lines; a word that is longer than a line is cut, and a percent sign stays with its number."""
    lines: list[str] = []
    room = 0
    words = (word.replace("\0", " ") for word in printable(text).replace(" %", "\0%").split())
    for word in (cut(word, WIDTH - indent) for word in words):
        if width(word) + 1 > room:
            lines.append(" " * indent + word)
            room = WIDTH - indent - width(word)
        else:
            lines[-1] += f" {word}"
            room -= width(word) + 1
    return lines


# ---------------------------------------------------------------- columns


def blocks(columns: Sequence[list[str]], label: int) -> Iterator[list[list[str]]]:
    """As many columns at a time as the width holds."""
    block: list[list[str]] = []
    room = WIDTH - label - 2
    for column in columns:
        size = max(map(width, column)) + 3
        if block and size > room:
            yield block
            block, room = [], WIDTH - label - 2
        block.append(column)
        room -= size
    if block:
        yield block
