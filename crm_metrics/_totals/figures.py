"""Figures that somebody kept on paper: read as they are written, and refused where no rows can give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from crm_metrics.errors import WrongValue, shown

DIGITS = 3  # of an exponent: what has more is no figure, and takes for ever to write out
MOST_BITS = 4000  # of a whole number that Python writes out
OF_ROWS = ("created", "closed", "won", "lost", "opened")
WHOLES = (
    (("won", "lost"), "closed"),
    (("won",), "created"),  # more may have closed than came in: older ones
    (("won", "lost", "opened"), "rows"),
    (("closed", "opened"), "rows"),
    (("created",), "rows"),
)
"""Numbers of rows that are parts of the last one, no two of them of the same row."""


def figure(name: str, x: Any) -> Fraction:
    """A figure as somebody wrote it: a number, or text."""
    try:
        return Fraction(text_of(x))
    except (ValueError, ZeroDivisionError):
        raise WrongValue(f"{name}={short(x)} is not a number: give an int, a Decimal or text") from None


def text_of(x: Any) -> str:
    """What was given, as it is written; nothing where it is no number that anybody writes."""
    try:
        text = str(x)
    except ValueError:  # a whole number of thousands of digits
        return ""
    exponent = text.lower().partition("e")[2].strip("+- ")
    return "" if isinstance(x, bool) or len(exponent) > DIGITS else text


def short(x: Any) -> str:
    """What was given, for a message."""
    return f"a number of {x.bit_length():,} bits" if isinstance(x, int) and x.bit_length() > MOST_BITS else shown(x)


def possible(figures: Mapping[str, Fraction]) -> None:
    """Refuse figures that cannot be of the same rows."""
    for parts, whole in [*WHOLES, *_within(figures)]:
        given = [name for name in parts if name in figures]
        if whole in figures and given and sum(figures[name] for name in given) > figures[whole]:
            told = f"{_sum(given, figures)} is more than {_named(whole, figures)}"
            raise WrongValue(f"{told}: check them, the first is a part of the second")
    if {"won", "lost", "closed"} <= figures.keys() and figures["won"] + figures["lost"] != figures["closed"]:
        both = _sum(["won", "lost"], figures)
        raise WrongValue(f"{both} is not {_named('closed', figures)}: what has closed was won or lost, check them")
    for none in OF_ROWS:
        if figures.get(none) == 0 and (more := [n for n, x in figures.items() if n.startswith(f"{none}_") and x]):
            raise WrongValue(f"{_named(more[0], figures)} and {none} = 0: of no rows there is nothing, check them")


def _within(figures: Mapping[str, Fraction]) -> Iterator[tuple[tuple[str, ...], str]]:
    """How many different values there are, and how many of them occur so often or in another table."""
    for name in figures:
        if "_at_least_" in name:
            yield (name,), name.partition("_at_least_")[0]
        elif "_among_" in name or name.endswith("_customer"):
            yield from (((name,), rows) for rows in figures if name.startswith(f"{rows}_"))


def _sum(names: list[str], figures: Mapping[str, Fraction]) -> str:
    return f"{' + '.join(names)} = {_written(sum((figures[name] for name in names), Fraction(0)))}"


def _named(name: str, figures: Mapping[str, Fraction]) -> str:
    return f"{name} = {_written(figures[name])}"


def _written(x: Fraction) -> str:
    return short(x.numerator) if x.denominator == 1 else f"{Decimal(x.numerator) / Decimal(x.denominator):f}"
