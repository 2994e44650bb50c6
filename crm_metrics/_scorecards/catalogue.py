"""`catalog`: every metric as data, and `call`: a metric by its name. For programs that wrap the library unread."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics import cells as R
from crm_metrics._company.crm import CRM, RECORDS
from crm_metrics._tables.encoding.cells import ListCells
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.table import Table
from crm_metrics._totals.asks import Ask, Sums
from crm_metrics._totals.metric import TABLE, About, about, module_of, ready, registered, tables, unwrapped
from crm_metrics._totals.of_rows import Shared
from crm_metrics._totals.tallies import Split, Tally
from crm_metrics._totals.totals import Entry, Totals
from crm_metrics._values.columns import Labels
from crm_metrics._values.plain import plain
from crm_metrics.errors import UnknownName, WrongCall, WrongValue, did_you_mean, listed, shown
from crm_metrics.periods import Period, time_key
from crm_metrics.records.schemas import Record, schema


def _all() -> tuple[Any, ...]:
    """Metrics, and what gives tables."""
    return (*registered(), *tables())


def _families() -> Iterator[Any]:
    """The public folders that hold metrics; importing one registers them."""
    package = __name__.partition(".")[0]
    for folder in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if folder.ispkg and not folder.name.startswith("_") and folder.name != "samples":
            family = importlib.import_module(f"{package}.{folder.name}")
            if any(m.about.family == folder.name for m in _all()):
                yield family


FAMILIES = tuple(_families())


def catalog() -> list[dict[str, Any]]:
    """Every registered metric as plain data, ready for ``json.dumps``.

    Each has its ``name`` and ``family``, the name to ``call`` it by, the ``question`` that it answers, a ``summary``,
    its ``formula`` in LaTeX, ``unit``, which is ``better``, the keywords that are ``required``, the other ``keywords``
    with their defaults, and its ``records``: of each the fields that it ``needs``, those that it ``uses`` where they
    are there, and the times (``at``) that place a row for a bare time key. The table of a record in `CRM` and crm.toml
    has the name ``table``. Functions that give a table rather than one number (a funnel, a curve) have the unit
    "table".

    >>> one = next(m for m in catalog() if m["name"] == "cac")
    >>> one["call"], one["unit"], one["better"], one["keywords"]
    ('marketing.cac', 'money', 'lower', {'basis': 'blended'})
    >>> one["records"][1]
    {'record': 'Deal', 'table': 'deals', 'at': ['closed_at'], 'needs': ['customer', 'status'], 'uses': ['kind']}
    """
    return [_described(metric) for metric in _all()]


def call(name: str, /, *rows: Any, by: Any = None, **keywords: Any) -> Any:
    """A metric (or a function that gives a table) by its name, on rows of each record that it reads, or on a `CRM`.

    ``by`` may be text: a column, or a unit of time, ``"month"`` or ``"month(created_at)"``; several as a list. What
    is undefined is NaN; `crm_metrics._values.plain.plain` makes it null for JSON.

    >>> deals = {"status": ["won", "lost", "open"], "manager": ["Anna", "Anna", "Boris"]}
    >>> call("sales.win_rate", deals, by="manager")
    Breakdown({'Anna': 0.5, 'Boris': nan})
    >>> plain(call("sales.win_rate", deals, by="manager"))
    [['Anna', 0.5], ['Boris', None]]
    """
    metric = metric_named(name)
    known = about(metric, table=True)
    names, groups = [*known.required, *known.keywords], takes_by(metric)
    given = {*keywords, *([] if by is None or groups else ["by"])}
    if unknown := given - {*names}:
        takes = [*(["by"] if groups else []), *([listed(names)] if names else [])]
        has = f"it takes {' and '.join(takes)}{'' if names else ' alone'}"
        raise WrongCall(f"{known.name} has no keyword {listed(map(repr, sorted(unknown)))}: {has}")
    found = rows_for(metric, rows)
    if by is not None:
        keywords["by"] = key_of(by, found)
    if isinstance(rows[0], CRM):
        keywords = {**_known(rows[0], known.required), **keywords}
    ready(metric, keywords, call=True)
    return metric(*found, **keywords)


def takes_by(metric: Any) -> bool:
    """Whether a metric groups its rows."""
    return "by" in inspect.signature(unwrapped(metric)[0]).parameters


def _known(crm: CRM, names: Iterable[str]) -> dict[str, Any]:
    """What a company knows of the keywords that a metric needs: its last day, its first pipeline."""
    values = {"as_of": crm.last_day, "pipeline": next(iter(crm.pipelines), None)}
    return {name: values[name] for name in names if values.get(name) is not None}


def rows_for(metric: Any, rows: tuple[Any, ...]) -> list[Any]:
    """The rows of each record that a metric reads, opened; from a company where that is what was given."""
    known = about(metric, table=True)
    names = listed(r.__name__ for r in known.records)
    if len(rows) == 1 and isinstance(rows[0], CRM):
        if twice := read_twice(metric):
            raise WrongCall(f"{known.name} {twice}")
        found = [rows[0].table(record) for record in known.records]
        if lacks := [r.__name__ for r, t in zip(known.records, found, strict=True) if t is None]:
            raise UnknownName(f"{known.name} reads {names}, and the company has no rows of {listed(lacks)}")
        return found
    if len(rows) != len(known.records):
        raise WrongCall(f"{known.name} reads {names}: give rows of each, in this order, got {len(rows)}")
    return [r if isinstance(r, Totals) else open_rows(r, record) for r, record in zip(rows, known.records, strict=True)]


def read_twice(metric: Any) -> str:
    """Why a company cannot answer a metric that compares rows of one record with others of them; "" of any other."""
    known = about(metric, table=True)
    twice = [r.__name__ for r in known.records if known.records.count(r) > 1]
    if not twice:
        return ""
    both = [*inspect.signature(unwrapped(metric)[0]).parameters][: len(known.records)]
    both += [f"{name}=..." for name in known.required]
    return f"reads {twice[0]} twice, and a company has one table of them: call {known.name}({', '.join(both)})"


def key_of(by: Any, tables: Iterable[Any]) -> Any:
    """What text means in ``by=``: a column of the rows if there is one, else a unit of time; else it stays text.

    >>> key_of(["manager", "month(created_at)"], [{"manager"}])
    ('manager', TimeKey(unit='month', field='created_at', tz=None))
    """
    if isinstance(by, (list, tuple)):
        return tuple(part if isinstance(part, (list, tuple)) else key_of(part, tables) for part in by)
    if not isinstance(by, str) or any(by in t for t in tables if not isinstance(t, Totals)):
        return by
    return time_key(by) or by


# ---------------------------------------------------------------- names


def metric_named(name: str) -> Any:
    """The registered metric of a name: ``win_rate``, ``sales.win_rate``, or with its whole module.

    Raises `UnknownName` where there is none, `WrongValue` where there are several.
    """
    if not isinstance(name, str):
        raise WrongCall(f'expected the name of a metric such as "sales.win_rate", got {shown(name)}')
    found = [m for m in _all() if name in _names(m)]
    if len(found) == 1:
        return found[0]
    if found:
        raise WrongValue(f"{name!r} is the name of {len(found)} metrics: say {listed(map(_shortest, found))}")
    raise UnknownName(f"there is no metric {name!r}: {did_you_mean(name, [about(m, table=True).name for m in _all()])}")


def metric_of(metric: Any) -> Any:
    """A metric from its name, or as it is."""
    return metric_named(metric) if isinstance(metric, str) else metric


def _names(metric: Any) -> tuple[str, str, str]:
    known = about(metric, table=True)
    return known.name, f"{known.family}.{known.name}", f"{module_of(metric)}.{metric.__qualname__}"


def _shortest(metric: Any) -> str:
    """The name with its family, or with its whole module where another family has the same name."""
    _, short, whole = _names(metric)
    return whole if sum(short in _names(m) for m in _all()) > 1 else short


def label_of(metric: Any) -> str:
    """What a metric is called at the head of a row: its name as words, and the keywords that were set.

    >>> from functools import partial
    >>> from crm_metrics import sales
    >>> label_of(partial(sales.sales_cycle_quantile, q=0.9))
    'Sales cycle quantile, q=0.9'
    """
    known = str(about(metric).name)
    words = [word.upper() if word in _LETTERS else word for word in known.split("_")]
    name = " ".join(words) + _PER.get(known, "")
    return ", ".join([name[:1].upper() + name[1:], *(f"{k}={v}" for k, v in keywords_of(metric).items())])


_PER = {"pipeline_velocity": ", a day"}
"""Of what time a number is that its unit, money, does not tell."""
_LETTERS = {"arpu", "arr", "cac", "clv", "crm", "csat", "ltv", "mrr", "nps", "nrr", "roi", "roas"}


def keywords_of(metric: Any) -> dict[str, Any]:
    """The keywords that a ``functools.partial`` of a metric sets."""
    return unwrapped(metric)[1]


def formula(metric: Any) -> str:
    """The formula of a metric in LaTeX, from its docstring."""
    metric, _ = unwrapped(metric)
    found = re.search(r"\$\$(.+?)\$\$", inspect.getdoc(metric) or "", re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def _described(metric: Any) -> dict[str, Any]:
    known: About = about(metric, table=True)
    tables = {record: name for name, record in RECORDS.items()}
    return {
        "name": known.name,
        "family": known.family,
        "call": _shortest(metric),
        "question": known.question,
        "summary": known.summary,
        "formula": formula(metric),
        "unit": known.unit,
        "better": known.better,
        "records": [{"record": r.record.__name__, "table": tables.get(r.record), **r.fields()} for r in reads(metric)],
        "required": list(known.required),
        "keywords": {name: plain(default) for name, default in known.keywords.items()},
    }


# ---------------------------------------------------------------- what a metric reads


@frozen
class Reads:
    """What a metric reads of a record: the fields that it needs and those that it can do without, and its times."""

    record: type[Record]
    at: tuple[str, ...]
    needs: tuple[str, ...]
    uses: tuple[str, ...]

    def fields(self) -> dict[str, list[str]]:
        """Times and fields as plain data."""
        return {"at": list(self.at), "needs": list(self.needs), "uses": list(self.uses)}


def reads(metric: Any, records: tuple[type[Record], ...] = ()) -> tuple[Reads, ...]:
    """What a metric reads of each of its records, found by a run on watched tables of no rows."""
    known = about(metric, table=True)
    if known.unit == TABLE:
        return tuple(Reads(record, (), (), ()) for record in known.records)
    probes = [_Probe(record) for record in records or known.records]
    given = {name: _EXAMPLES[kind] for name, kind in asked_for(metric).items() if kind in _EXAMPLES}
    with contextlib.suppress(Exception):  # one that cannot run on nothing is known as far as it went
        metric(*probes, **given)
    return tuple(p.found() for p in probes)


_EXAMPLES: dict[str, Any] = {
    "Instant": dt.date(2024, 1, 1),
    "Period": Period(dt.date(2024, 1, 1), dt.date(2024, 2, 1)),
    "float": 1,
    "str": "a",
}
"""Values of required keywords, by the type that they are annotated with, for a run that only looks what is read."""


def asked_for(metric: Any) -> dict[str, str]:
    """The required keywords that a metric, or a ``functools.partial`` of it, still lacks, and their types."""
    known, (function, given) = about(metric), unwrapped(metric)
    parameters = inspect.signature(function).parameters
    return {name: str(parameters[name].annotation) for name in known.required if name not in given}


def fields_read(function: Any, record: type) -> tuple[str, ...]:
    """The fields of a record that a column function needs."""
    watched = _Watched(record)
    with contextlib.suppress(Exception):
        function(watched)
    return tuple(watched._needs)


class _Watched(Table[Any]):
    """A table of no rows that has every column, and remembers which were read."""

    def __init__(self, record: type) -> None:
        super().__init__(record, dict.fromkeys(schema(record), ListCells(())), 0)
        self._columns: Table[Any] = Table(record, {}, 0)
        self._needs: dict[str, None] = {}
        self._uses: dict[str, None] = {}

    def __getitem__(self, name: str) -> Any:
        self._needs[name] = None
        return self._columns.optional(name)

    def optional(self, name: str) -> Any:
        self._uses[name] = None
        return self._columns.optional(name)


class _Probe(Shared):
    """No rows of a record; a metric called on it says what it reads."""

    def __init__(self, record: type) -> None:
        self.record, self.by, self.given, self.made = record, None, None, {}
        self.watched = _Watched(record)
        self.at: dict[str, None] = {}

    def totals(self, at: str | None) -> Totals:
        if at is not None:
            self.at[at] = None
        return _Asked(self.record, self.watched)

    def whole(self) -> Totals:
        return self.totals(None)

    def found(self) -> Reads:
        """What was read so far."""
        fields, needs = schema(self.record), self.watched._needs
        money = any(name in fields and fields[name].kind is R.money for name in needs)
        uses = [*self.watched._uses, *(["currency"] if money and "currency" in fields else [])]
        return Reads(self.record, tuple(self.at), tuple(sorted(needs)), tuple(sorted({*uses} - needs.keys())))


class _Asked(Totals):
    """Totals that are all 1, so that a metric does not stop at a zero before it has asked for everything."""

    def __init__(self, record: type, watched: _Watched) -> None:
        super().__init__(record, None, {})
        self.watched = watched

    def _entry(self, ask: Ask) -> Entry:
        functions: tuple[Any, ...] = (ask.column, ask.where, ask.per)
        column, _, _ = (f and f(self.watched) for f in functions)
        if ask.kind == "split":
            return Split(np.zeros(1, np.intp), np.zeros(1, np.int64), np.ones(1, np.int64), 1, ("",))
        if ask.kind != "tally":
            return Sums(np.ones(1, np.int64))
        labels = ("",) if isinstance(column, Labels) else None
        return Tally(np.zeros(1, np.intp), np.zeros(1, np.int64), np.ones(1, np.int64), labels=labels)


__all__ = [
    "Reads",
    "asked_for",
    "call",
    "catalog",
    "formula",
    "key_of",
    "keywords_of",
    "label_of",
    "metric_named",
    "metric_of",
    "reads",
    "rows_for",
]
