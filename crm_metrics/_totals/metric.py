"""`@metric`: which functions are metrics, of which records, in which unit."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar, overload

from attrs import evolve, frozen

from crm_metrics._tables.table import Part, RecordT
from crm_metrics._totals.groups import By, Key
from crm_metrics._totals.of_rows import Shared, totals
from crm_metrics._totals.totals import Totals
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics._values.exact import Array
from crm_metrics.errors import UnknownName, WrongCall, in_words, listed, shown
from crm_metrics.records.schemas import Record

A = TypeVar("A", contravariant=True)
B = TypeVar("B", contravariant=True)
C = TypeVar("C", contravariant=True)
F = TypeVar("F", bound=Callable[..., Any])
Group: TypeAlias = Key | tuple[Key, ...]
Rows: TypeAlias = "Part[RecordT] | Totals"


class Metric(Protocol[A]):
    """A metric of one record: a number from rows, a Breakdown with `by=`."""

    @property
    def __name__(self) -> str:
        """Its name."""

    @overload
    def __call__(self, rows: Totals, /, **options: Any) -> Any: ...
    @overload
    def __call__(self, rows: Part[A], /, *, by: Group, **options: Any) -> Breakdown: ...
    @overload
    def __call__(self, rows: Part[A], /, *, by: None = None, **options: Any) -> float: ...


class Metric2(Protocol[A, B]):
    """A metric of two records."""

    @property
    def __name__(self) -> str:
        """Its name."""

    @overload
    def __call__(self, a: Totals, b: Totals, /, **options: Any) -> Any: ...
    @overload
    def __call__(self, a: Part[A], b: Part[B], /, *, by: Group, **options: Any) -> Breakdown: ...
    @overload
    def __call__(self, a: Part[A], b: Part[B], /, *, by: None = None, **options: Any) -> float: ...


class Metric3(Protocol[A, B, C]):
    """A metric of three records."""

    @property
    def __name__(self) -> str:
        """Its name."""

    @overload
    def __call__(self, a: Totals, b: Totals, c: Totals, /, **options: Any) -> Any: ...
    @overload
    def __call__(self, a: Part[A], b: Part[B], c: Part[C], /, *, by: Group, **options: Any) -> Breakdown: ...
    @overload
    def __call__(self, a: Part[A], b: Part[B], c: Part[C], /, *, by: None = None, **options: Any) -> float: ...


@frozen
class About:
    """What the registry knows of a metric, as data."""

    name: str
    family: str
    records: tuple[type[Record], ...]
    unit: str
    better: str | None
    question: str
    summary: str
    keywords: Mapping[str, Any]
    required: tuple[str, ...] = ()
    most: float | None = None


class _Needed:
    def __repr__(self) -> str:
        return "nothing"


NEEDED: Any = _Needed()
"""The default of an argument that has to be given: what is called without it says so in its own words."""

TABLE = "table"
_METRICS: dict[str, Any] = {}
_TABLES: dict[str, Any] = {}
UNITS = ("share", "count", "money", "days", "hours", "points", "times", "number")


@overload
def metric(
    a: type[A], /, *, unit: str, better: str | None = None, question: str = "", most: float | None = None
) -> Callable[[Callable[..., Number]], Metric[A]]: ...
@overload
def metric(
    a: type[A], b: type[B], /, *, unit: str, better: str | None = None, question: str = "", most: float | None = None
) -> Callable[[Callable[..., Number]], Metric2[A, B]]: ...
@overload
def metric(
    a: type[A],
    b: type[B],
    c: type[C],
    /,
    *,
    unit: str,
    better: str | None = None,
    question: str = "",
    most: float | None = None,
) -> Callable[[Callable[..., Number]], Metric3[A, B, C]]: ...
def metric(*records: Any, unit: str, better: str | None = None, question: str = "", most: float | None = None) -> Any:
    """Register a function as a metric of these records, and give it back: a wrong call of it is told in our words.

    ``unit`` is one of share, count, money, days, hours, points, times, number; ``better`` is "higher", "lower" or
    None where neither is; ``question`` is what a manager asks. ``most`` is the most that the number may be, where
    data have nothing out of the way (no cost below 0): limits of it stay below that. A metric of the same name in the
    same module takes the place of the one before.
    """
    if not records or not all(isinstance(r, type) and issubclass(r, Record) for r in records):
        raise WrongCall("@metric takes the records it reads: @metric(Deal, unit='share')")
    if unit not in UNITS or better not in (None, "higher", "lower"):
        raise WrongCall(f"unit={unit!r}, better={better!r}: use one of {listed(UNITS)}; higher, lower or None")

    def keep(function: Any) -> Any:
        out = in_words(function)
        out.about = evolve(_about(function, records, unit, better, question), most=most)
        _METRICS[f"{module_of(function)}.{function.__qualname__}"] = out
        return out

    return keep


def tabular(*records: Any, question: str = "") -> Callable[[F], F]:
    """Register a function whose result is a table rather than one number: a funnel, a curve, a list of reasons."""

    def keep(function: F) -> F:
        out = in_words(function)
        out.about = _about(function, records, TABLE, None, question)  # type: ignore[attr-defined]  # as of a metric
        _TABLES[f"{module_of(function)}.{function.__qualname__}"] = out
        return out

    return keep


def _about(function: Any, records: tuple[Any, ...], unit: str, better: str | None, question: str) -> About:
    parameters = [*inspect.signature(function).parameters.values()][len(records) :]
    given = [p for p in parameters if p.name != "by" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    keywords = {p.name: p.default for p in given if p.default not in (p.empty, NEEDED)}
    required = tuple(p.name for p in given if p.default in (p.empty, NEEDED))
    summary = (inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " ")
    module = module_of(function)
    package, _, rest = module.partition(".")
    family = rest.partition(".")[0] if package == __name__.partition(".")[0] else module.rpartition(".")[2]
    return About(function.__name__, family, records, unit, better, question, summary, keywords, required)


def module_of(function: Any) -> str:
    """The module of a function; that of a program where it was made from text and has none."""
    return function.__module__ or "__main__"


def registered() -> tuple[Any, ...]:
    """Every registered metric."""
    return tuple(_METRICS.values())


def tables() -> tuple[Any, ...]:
    """Every registered function that gives a table."""
    return tuple(_TABLES.values())


def unwrapped(metric: Any) -> tuple[Any, dict[str, Any]]:
    """A metric without the keywords that a ``functools.partial`` of it sets, and these."""
    keywords: dict[str, Any] = {}
    while isinstance(metric, functools.partial):
        keywords = {**metric.keywords, **keywords}
        metric = metric.func
    return metric, keywords


@frozen(eq=False)
class Closed:
    """Numbers by group that have limits of their own: ``at(m)`` gives those `m` standard errors away."""

    keys: Any
    names: tuple[str, ...]
    value: Array
    n: Array
    at: Callable[[Array], tuple[Array, Array]]
    method: str


def closed_form(metric: Any) -> Callable[[Callable[..., Closed]], Callable[..., Closed]]:
    """Give a metric limits of its own: the function takes what the metric takes, and gives `Closed`."""

    def keep(function: Callable[..., Closed]) -> Callable[..., Closed]:
        metric.closed = function
        return function

    return keep


def about(function: Any, *, table: bool = False) -> About:
    """What is known of a metric; of a ``functools.partial`` of one as well. With `table`, of what gives a table too."""
    function, _ = unwrapped(function)
    if isinstance(function, str):
        names = (f"{m.about.family}.{m.about.name}" for m in (*registered(), *tables()))
        known = next(
            (name for name in names if function in (name, name.rpartition(".")[2])), "for example sales.win_rate"
        )
        raise UnknownName(f"{shown(function)} is a name: give the metric itself, {known}")
    found = getattr(function, "about", None)
    if not isinstance(found, About):
        raise UnknownName(f"{shown(function)} is not a metric: register it with @metric(Deal, unit=...)")
    if found.unit == TABLE and not table:
        raise WrongCall(f"{found.name} gives a table, not one number: call it by itself")
    return found


def ready(metric: Any, given: Iterable[str] = (), *, call: bool = False) -> None:
    """Refuse a metric that still needs keywords, and say which; `given` are those that it is called with.

    With `call`, of what gives a table too, as `crm_metrics._scorecards.catalogue.call` takes keywords.

    >>> from crm_metrics import sales
    >>> ready(functools.partial(sales.win_rate_by, days=30))
    Traceback (most recent call last):
      ...
    crm_metrics.errors.WrongCall: win_rate_by needs as_of=: functools.partial(win_rate_by, as_of=...)
    """
    known, (_, kept) = about(metric, table=call), unwrapped(metric)
    lacks = [f"{k}=" for k in known.required if k not in kept and k not in {*given}]
    if lacks:
        values = ", ".join(f"{k}..." for k in lacks)
        remedy = f"call(..., {values})" if call else f"functools.partial({known.name}, {values})"
        raise WrongCall(f"{known.name} needs {' and '.join(lacks)}: {remedy}")


@overload
def summarize(metrics: Any, rows: Any, /, *, by: By = None) -> Totals: ...
@overload
def summarize(metrics: Any, a: Any, b: Any, /, *more: Any, by: By = None) -> tuple[Totals, ...]: ...
@in_words
def summarize(metrics: Any, *rows: Any, by: By = None) -> Any:
    """The totals that one or several metrics need, without the rows: small values that add.

    One metric record gives `Totals`, two give a tuple of them. Summarize every chunk, file or partition with the same
    metrics and `by=`, add the results, and call the metrics on the sum.

    >>> from crm_metrics import Deal, sales
    >>> january = [Deal(id=1, created_at="2024-01-05", status="won", closed_at="2024-01-20")]
    >>> february = [Deal(id=2, created_at="2024-02-05", status="lost", closed_at="2024-02-06")]
    >>> parts = [summarize(sales.win_rate, rows) for rows in (january, february)]
    >>> sales.win_rate(sum(parts))
    0.5
    """
    several = list(metrics) if isinstance(metrics, (Sequence, set, frozenset)) else [metrics]
    if not several:
        raise WrongCall("summarize takes a metric or a list of metrics")
    records = {about(m).records for m in several}
    if len(records) > 1:
        names = listed(f"{about(m).name} of {listed(r.__name__ for r in about(m).records)}" for m in several)
        raise WrongCall(f"these metrics read different records ({names}): summarize them one by one")
    wanted = records.pop()
    if len(rows) != len(wanted):
        names = listed(r.__name__ for r in wanted)
        raise WrongCall(f"{about(several[0]).name} reads {names}: give rows of each, got {len(rows)}")
    for m in several:
        ready(m)
    shared = [Shared(r, record, by) for r, record in zip(rows, wanted, strict=True)]
    for m in several:
        m(*shared)
    parts = tuple(s.kept() for s in shared)
    return parts[0] if len(parts) == 1 else parts


__all__ = [
    "NEEDED",
    "About",
    "Metric",
    "Metric2",
    "Metric3",
    "Rows",
    "about",
    "metric",
    "module_of",
    "ready",
    "registered",
    "summarize",
    "tables",
    "tabular",
    "totals",
]
