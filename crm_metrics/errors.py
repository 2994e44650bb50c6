"""What the library says when it refuses: wrong calls, and faults in the data.

Every message tells what was expected, what was given, and what to do about it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from numbers import Real
from typing import Any

from attrs import asdict, frozen

SHOWN = 20


class CrmError(Exception):
    """The base of every error that this library raises on purpose."""

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data: the name of its class, and what it says.

        >>> WrongValue("rate is nan: give a finite number").to_dict()
        {'error': 'WrongValue', 'message': 'rate is nan: give a finite number'}
        """
        return {"error": type(self).__name__, "message": str(self)}


class WrongCall(CrmError, TypeError):
    """A call that cannot mean anything: a wrong kind of argument."""


class WrongValue(CrmError, ValueError):
    """A call of the right shape with a value that is not possible."""


class UnknownName(CrmError, LookupError, AttributeError):
    """A field, column, total or metric that is not there; as an attribute it is not there either (`hasattr`)."""


class MixedCurrencies(CrmError, ValueError):
    """Amounts of two currencies were asked to add."""


class MissingExtra(CrmError, ImportError):
    """A package that this one call needs is not installed."""


@frozen
class Fault:
    """One bad cell: where it is, what it holds, what is wrong and what would be right."""

    row: int | None
    field: str
    value: Any
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = f"row {self.row}, {self.field}" if self.row is not None else self.field
        return f"{place}: {shown_cell(self.value)} {self.problem}; {self.remedy}"

    def to_dict(self) -> dict[str, Any]:
        """The fault as plain data, with the value as text."""
        return {**asdict(self), "value": shown_cell(self.value)}


class DataError(CrmError, ValueError):
    """All the bad cells of one load, at once.

    ``faults`` holds every one of them; the message shows cells that hold the same once, with the first row and how many
    there are, and no more than twenty lines.
    """

    def __init__(self, faults: Iterable[Fault], source: str = "the data") -> None:
        self.faults = tuple(faults)
        self.source = source
        count = len(self.faults)
        alike = _alike(self.faults)
        lines = [f"  {first}{f' (in {n:,} rows)' if n > 1 else ''}" for first, n in alike[:SHOWN]]
        if rest := sum(n for _, n in alike[SHOWN:]):
            lines.append(f"  ... and {rest:,} more")
        head = f"{count} bad cell{'s' if count != 1 else ''} in {source}"
        super().__init__("\n".join([f"{head}:", *lines]))

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data, with its source and all its faults."""
        return {**super().to_dict(), "source": self.source, "faults": [fault.to_dict() for fault in self.faults]}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.faults, self.source)


def _alike(faults: Iterable[Fault]) -> list[tuple[Fault, int]]:
    """The first of the faults that say the same of the same value, and how many of them there are."""
    found: dict[tuple[str, ...], tuple[Fault, int]] = {}
    for fault in faults:
        key = (fault.field, shown_cell(fault.value), fault.problem, fault.remedy)
        first, n = found.get(key, (fault, 0))
        found[key] = first, n + 1
    return list(found.values())


def shown(value: Any) -> str:
    """A value as a message shows it: as a person writes it, cut where it is long."""
    try:
        text = str(value) if isinstance(value, (dt.date, Real, Decimal)) else repr(value)
    except Exception:  # whatever it is, it is being refused: a whole number of 5,000 digits, an object that fails
        text = f"{type(value).__name__} that cannot be shown"
    text = " ".join(text.split("\n"))
    return text if len(text) <= 60 else text[:57] + "..."


def shown_cell(value: Any) -> str:
    """The value of a cell as a message shows it: None is an empty one."""
    return "an empty cell" if value is None else shown(value)


def listed(names: Iterable[Any], most: int = 12) -> str:
    """Names in one line, cut where there are many."""
    all_names = [str(name) for name in names]
    more = f" and {len(all_names) - most} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more
