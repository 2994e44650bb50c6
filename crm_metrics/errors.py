"""What the library says when it refuses: wrong calls, and faults in the data.

Every message tells what was expected, what was given, and what to do about it.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from numbers import Real
from typing import Any, TypeAlias, TypeVar

from attrs import asdict, frozen

F = TypeVar("F", bound=Callable[..., Any])
SHOWN = 20
ALSO = 5


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
    """Amounts of two currencies were asked to add.

    ``currency`` is one that all of them may be in, where nothing lacks but its name.
    """

    currency: str | None = None


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

    ``faults`` holds every one of them; the message says a remedy once for all cells of a field that need it, with the
    first rows and values, and holds no more than twenty remedies.
    """

    def __init__(self, faults: Iterable[Fault], source: str = "the data") -> None:
        self.faults = tuple(faults)
        self.source = source
        count = len(self.faults)
        groups = _alike(self.faults)
        lines = [line for group in groups[:SHOWN] for line in _told(group)]
        if rest := sum(n for group in groups[SHOWN:] for _, n in group):
            lines.append(f"  ... and {rest:,} more")
        head = f"{count} bad cell{'s' if count != 1 else ''} in {source}"
        super().__init__("\n".join([f"{head}:", *lines]))

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data, with its source and all its faults."""
        return {**super().to_dict(), "source": self.source, "faults": [fault.to_dict() for fault in self.faults]}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.faults, self.source)


Alike: TypeAlias = list[tuple[Fault, int]]
"""The first fault of each value, and how many cells hold it."""


def _alike(faults: Iterable[Fault]) -> list[Alike]:
    """Faults of one field and one remedy together, in the order of their first ones."""
    found: dict[tuple[str, str], dict[tuple[str, str], tuple[Fault, int]]] = {}
    for fault in faults:
        values = found.setdefault((fault.field, fault.remedy), {})
        key = (shown_cell(fault.value), fault.problem)
        first, n = values.get(key, (fault, 0))
        values[key] = first, n + 1
    return [list(values.values()) for values in found.values()]


def _told(group: Alike) -> Iterator[str]:
    """The first fault in full, and in a second line what else has its remedy."""
    (first, n), *others = group
    yield f"  {first}{_in_rows(n)}"
    if others:
        more = len(others) - ALSO
        names = [_also(fault, n, first.problem) for fault, n in others[:ALSO]]
        rest = [f"{more:,} more{_in_rows(sum(n for _, n in others[ALSO:]), more)}"] if more > 0 else []
        yield f"    also {', '.join([*names, *rest])}"


def _also(fault: Fault, n: int, said: str) -> str:
    """A fault without what was said already."""
    place = f"row {fault.row}: " if fault.row is not None else ""
    problem = f" {fault.problem}" if fault.problem != said else ""
    return f"{place}{shown_cell(fault.value)}{problem}{_in_rows(n)}"


def _in_rows(n: int, values: int = 1) -> str:
    return f" (in {n:,} rows)" if n > values else ""


def each(x: Any, what: str) -> tuple[Any, ...]:
    """The items of a list that somebody gave; what is none is refused, and so is a text."""
    try:
        if not isinstance(x, (str, bytes)):
            return tuple(x)
    except TypeError:
        pass
    raise WrongCall(f"{shown(x)} is no list of {what}: give them in a list")


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


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The remedy for a name that is not known."""
    names = [str(k) for k in known]
    near, use = nearest(name, names), f"use one of {listed(names, 24)}"
    return f"did you mean {near!r}? Else {use}" if near else use


def nearest(name: str, known: Iterable[str]) -> str:
    """The name that is most like another, whatever its case; "" where none is."""
    folded = {k.casefold(): k for k in known}
    return next((folded[k] for k in difflib.get_close_matches(name.casefold(), folded, 1)), "")


def listed(names: Iterable[Any], most: int = 12) -> str:
    """Names in one line, cut where there are many."""
    all_names = [str(name) for name in names]
    more = f" and {len(all_names) - most} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more


# ---------------------------------------------------------------- wrong calls


def in_words(function: F) -> F:
    """The same function; where it is called with what it does not take, a `WrongCall` says what it takes."""

    @functools.wraps(function)
    def called(*places: Any, **keywords: Any) -> Any:
        try:
            return function(*places, **keywords)
        except TypeError as error:
            wrong = "" if isinstance(error, CrmError) else _wrong(function, len(places), keywords)
            if not wrong:
                raise
        raise WrongCall(wrong)

    return called  # type: ignore[return-value]  # it takes and gives the same


def _wrong(function: Callable[..., Any], given: int, keywords: Iterable[str]) -> str:
    """What is wrong with a call: a name that is not known, or what is not given; "" where it may be called so."""
    name, parameters = function.__name__, inspect.signature(function).parameters.values()
    places = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    named = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    rows = [f"*{p.name}" for p in parameters if p.kind is p.VAR_POSITIONAL]
    takes = f"{name}({', '.join([*places, *rows, *(f'{k}=' for k in named)])})"
    unknown = [k for k in keywords if k not in (*places, *named)]
    if unknown and not any(p.kind is p.VAR_KEYWORD for p in parameters):
        near = nearest(unknown[0], [*places, *named])
        return f"{name} has no keyword {unknown[0]!r}: {f'did you mean {near!r}? It' if near else 'it'} is {takes}"
    if given > len(places) and not rows:
        return f"{name} takes {listed(places)} and names for all else, and got {given} without a name: it is {takes}"
    if twice := [k for k in places[:given] if k in keywords]:
        return f"{name} is given {twice[0]} twice, by its place and by its name: give it once"
    needed = [p.name for p in parameters if p.default is p.empty and p.name in (*places, *named)]
    lacks = [k if k in places else f"{k}=" for k in needed if k not in (*places[:given], *keywords)]
    return f"{name} needs {' and '.join(lacks)}: it is {takes}" if lacks else ""
