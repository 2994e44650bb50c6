"""Many metrics of the same rows, each total made once: what each says, or why it says nothing."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from attrs import evolve, frozen

from crm_metrics._company.crm import CRM, RECORDS
from crm_metrics._scorecards.catalogue import fields_read, read_twice, reads
from crm_metrics._scorecards.selection import Gap, Lacks, Part, first_words, noun
from crm_metrics._tables.table import Table
from crm_metrics._tables.where import where
from crm_metrics._totals.asks import Ask
from crm_metrics._totals.groups import Key, is_timed
from crm_metrics._totals.metric import about, unwrapped
from crm_metrics._totals.of_rows import WHOLE, Shared, totals
from crm_metrics._totals.totals import Totals
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics.errors import MixedCurrencies, UnknownName
from crm_metrics.journeys.folds import FOLDS
from crm_metrics.periods import Period
from crm_metrics.records.schemas import Record

Group: TypeAlias = tuple[Any, ...]

# ---------------------------------------------------------------- what is said


@frozen(eq=False)
class Absent:
    """Rows that a total left out because a field is missing there, of all for which its condition holds, by group."""

    subject: str
    missing: Number
    rows: Number
    fields: Mapping[str, Number]

    def whole(self, picked: Callable[[Group], bool] = lambda group: True) -> str:
        """That all of these rows lack a field, in some of the groups together: which; "" where some have it."""
        return self._lost_in(lambda x: _sum(x, picked))[1]

    def note(self, group: Group) -> tuple[str, str]:
        """Of a group, the field that all these rows lack, and how many of them lack one."""
        some, whole = self._lost_in(lambda x: _at(x, group))
        return (f"the {self.subject} have no {whole}" if whole else ""), some

    def _lost_in(self, count: Callable[[Number], int]) -> tuple[str, str]:
        lost, rows = count(self.missing), count(self.rows)
        if not lost:
            return "", ""
        found = {name: n for name, x in self.fields.items() if (n := count(x))}
        if lost < rows:
            return f"{lost:,} of {rows:,} {self.subject} have no {' or '.join(found)}", ""
        return "", " or ".join([name for name, n in found.items() if n == rows] or found)


def _sum(x: Number, picked: Callable[[Group], bool]) -> int:
    if not isinstance(x, Breakdown):
        return int(x)
    return sum(int(n) for group, n in zip(groups_of(x), x.values(), strict=True) if picked(group))


def _at(x: Number, group: Group) -> int:
    return int(x.get(_key(x, group), 0)) if isinstance(x, Breakdown) else int(x)


def _key(x: Breakdown, group: Group) -> Any:
    """The key of a group: totals that were grouped elsewhere, by one key, have it bare."""
    return group if not len(x) or isinstance(next(iter(x)), tuple) else group[0]


def groups_of(x: Breakdown) -> Iterator[Group]:
    """The groups of a number as tuples."""
    return (key if isinstance(key, tuple) else (key,) for key in x)


@frozen(eq=False)
class Answer:
    """What a metric says: a number by group, or the gap for which it says nothing."""

    number: Number | None = None
    gap: Gap | None = None
    absent: tuple[Absent, ...] = ()
    note: str = ""

    def over(self, groups: Sequence[Group]) -> list[tuple[float, str]]:
        """The number of each group and a note on it. It is undefined where all rows lack a field that is summed."""
        x = self.number
        if self.gap is not None or x is None:
            return [(math.nan, self.gap.why if self.gap else "")] * len(groups)
        if not isinstance(x, Breakdown):
            return [self._noted(group, math.nan if group else x) for group in groups]
        numbers = x.on(tuple(_key(x, group) for group in groups))
        return [self._noted(group, number) for group, number in zip(groups, numbers.values(), strict=True)]

    def _noted(self, group: Group, number: float) -> tuple[float, str]:
        if group and not isinstance(self.number, Breakdown):
            return number, "it is not in groups"
        notes = [absent.note(group) for absent in self.absent]
        if whole := next((whole for whole, _ in notes if whole), ""):
            return math.nan, whole
        return number, "; ".join(dict.fromkeys(filter(None, [self.note, *(some for _, some in notes)])))


# ---------------------------------------------------------------- asking


class Answers:
    """The tables of a company, asked for many metrics by the same groups, of the same part of the rows.

    `known` is what folds may ask of the company.
    """

    def __init__(
        self,
        tables: Mapping[type[Record], Any],
        by: tuple[Key, ...] = (),
        part: Part | None = None,
        *,
        known: Mapping[str, Any],
    ) -> None:
        self.tables, self.by, self.part, self.known = tables, by, part or Part(), known
        self._opened: dict[type[Record], _Rows] = {}

    def of(self, metric: Any, records: tuple[type[Record], ...] = ()) -> Answer:
        """What a metric says. What it lacks is told, not raised; a wrong call and bad cells are raised."""
        wanted = records or about(metric).records
        if len({*wanted}) < len(wanted):
            return Answer(gap=Gap("table", f"it {read_twice(metric)}"))
        if self.part.period is not None and "period" in _free(metric):  # it knows best which rows a period has
            alone = Answers(self.tables, self.by, evolve(self.part, period=None), known=self.known)
            return alone.of(functools.partial(metric, period=self.part.period), wanted)
        try:
            rows = [self._rows(record) for record in wanted]
            for r in rows:
                r.forget()
            number = metric(*rows)
            absent = tuple(a for r in rows for a in r.absent())
        except Lacks as lack:
            return Answer(gap=lack.gap)
        except MixedCurrencies as error:
            return Answer(gap=Gap("currency", f"{first_words(error).partition(' (')[0]}, except by currency"))
        except UnknownName as error:
            return Answer(gap=self._lost(metric, wanted, error))
        return Answer(number, absent=absent)

    def _rows(self, record: type[Record]) -> _Rows:
        if record not in self._opened:
            self._opened[record] = _Rows(self._picked(record), record, self.by, self.part.period)
        return self._opened[record]

    def _picked(self, record: type[Record]) -> Any:
        """The rows of a record that count; folded from those of others where there are none of its own."""
        t = next((t for kind, t in self.tables.items() if issubclass(kind, record) and t is not None), None)
        if t is None and record in FOLDS:
            return self._folded(record)
        if t is None:
            raise Lacks("table", f"there are no {noun(record)}")
        if not isinstance(t, Totals):
            return self.part.rows(t, noun(record))
        if self.part.is_all:
            return Totals(t.record, t.keys, t.entries, t.names, t.source)  # what is asked here is not theirs to keep
        raise Lacks("rows", "totals have no rows left to pick from")

    def _folded(self, record: type[Record]) -> Any:
        """Rows made from those of others: of those that count, or of all, and those that count of them."""
        fold = FOLDS[record]
        if not fold.of_all:
            return fold(*map(self._picked, fold.sources), known=self.known)
        whole = Answers(self.tables, known=self.known)
        return self.part.rows(fold(*map(whole._picked, fold.sources), known=self.known), noun(record))

    def _lost(self, metric: Any, records: tuple[type[Record], ...], error: UnknownName) -> Gap:
        """The fields that a metric needs and the rows lack; else what the error says."""
        for r in reads(metric, records):
            t = self._opened[r.record].rows if r.record in self._opened else None
            if isinstance(t, Table) and (lost := [name for name in r.needs if name not in t]):
                have_no = f"the {noun(r.record)} have no"
                return Gap("field", f"{have_no} {' and no '.join(lost)}", f"{have_no} {lost[0]}")
        return Gap("field", first_words(error))


def _free(metric: Any) -> set[str]:
    """The keywords of a metric that are still to be given, or have a default."""
    function, given = unwrapped(metric)
    known = getattr(function, "about", None)
    return set() if known is None else {*known.required, *known.keywords} - {*given}


class _Rows(Shared):
    """Rows of one record for many metrics; a period picks them at the time that each metric names."""

    def __init__(self, rows: Any, record: type[Record], by: tuple[Key, ...], period: Period | None) -> None:
        super().__init__(rows, record, by or None)
        self.keys, self.period = by, period
        self._whole: Totals | None = None

    def totals(self, at: str | None) -> Totals:
        if self.given is not None:
            return self.given
        if not self._timed:
            at = None
        elif at is None:
            raise Lacks("time", "it names no time, so it has no periods")
        elif at not in self.rows:
            raise Lacks("field", f"the {noun(self.record)} have no {at}")
        if at not in self.made:
            rows = where(self.rows, **{at: self.period}) if self.period and at else self.rows
            self.made[at] = self._grouped(rows, at)
        return self.made[at]

    def _grouped(self, rows: Any, at: str | None) -> Totals:
        for part in self.keys:
            if isinstance(part, str) and part not in self.rows:
                raise Lacks("key", f"the {noun(self.record)} have no {part}")
        try:
            return totals(rows, self.record, self.by, at=at)
        except UnknownName as error:
            raise Lacks("key", first_words(error)) from error

    @property
    def _timed(self) -> bool:
        return self.period is not None or is_timed(self.by)

    # ---- what the last metric asked
    def _all(self) -> dict[str | None, Totals]:
        return self.made if self.given is None else {None: self.given}

    def forget(self) -> None:
        """The totals stay; that they were asked for is forgotten."""
        for t in self._all().values():
            t.asked.clear()

    def absent(self) -> Iterator[Absent]:
        """The rows that the last metric's totals left out for a missing field."""
        for at, t in self._all().items():
            asked = [ask for ask in t.asked if ask.kind != "missing"]
            if at not in (None, WHOLE):
                yield from self._undated(at, dict.fromkeys(ask.where for ask in asked))
            for ask in asked:
                if ask.column is not None and (t.source or Ask("missing", ask.column, ask.where) in t.entries):
                    yield from self._lacking(t, ask)

    def _lacking(self, t: Totals, ask: Ask) -> Iterator[Absent]:
        assert ask.column is not None
        lost = t.missing(ask.column, where=ask.where)
        if not np.any(np.asarray(lost)):
            return
        fields = fields_read(ask.column, self.record) if t.source else ()
        found = {name: t.missing(name, where=ask.where) for name in fields}
        names = found or {str(getattr(ask.column, "__name__", "value")): lost}
        yield Absent(_subject(self.record, ask.where), lost, t.count(ask.where), names)

    def _undated(self, at: str, conditions: Iterable[Any]) -> Iterator[Absent]:
        """Rows that would count and have no date; only that all of them lack it where dates are groups."""
        if not self.rows[at].missing.true.any():
            return
        self._whole = self._whole or totals(self.rows, self.record)
        for condition in conditions:
            lost, rows = self._whole.missing(at, where=condition), self._whole.count(condition)
            if lost and (self.period or lost == rows):
                yield Absent(_subject(self.record, condition), lost, rows, {at: lost})


def tables_of(crm: CRM) -> dict[type[Record], Any]:
    """The tables of a company by record."""
    return {record: t for record in RECORDS.values() if (t := crm.table(record)) is not None}


# ---------------------------------------------------------------- words

_ADJECTIVES = {"opened": "open", "created": "", "": ""}


def _subject(record: type[Record], condition: Any) -> str:
    name = str(getattr(condition, "__name__", ""))
    adjective = "chosen" if "<" in name else _ADJECTIVES.get(name, name.replace("_", " "))
    return f"{adjective} {noun(record)}".strip()


__all__ = ["Absent", "Answer", "Answers", "Group", "groups_of", "tables_of"]
