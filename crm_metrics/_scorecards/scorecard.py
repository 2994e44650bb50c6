"""`scorecard`: many metrics of a company in one table, each total made once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import Factory, frozen

from crm_metrics._company.crm import CRM, RECORDS
from crm_metrics._company.windows import AFTER, BEFORE, NoWindows
from crm_metrics._scorecards import catalogue
from crm_metrics._scorecards.answers import Answer, Answers, Group, groups_of, tables_of
from crm_metrics._scorecards.catalogue import asked_for, read_twice
from crm_metrics._scorecards.measures import Coming, Entry, OfCompany, Row, one_currency
from crm_metrics._scorecards.selection import Gap, Part, part_of
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.table import Table
from crm_metrics._totals.groups import Key
from crm_metrics._totals.metric import about
from crm_metrics._totals.totals import Totals
from crm_metrics._values.breakdown import Breakdown
from crm_metrics._values.keys import order
from crm_metrics._values.presented import Presented, Shown, group_name
from crm_metrics._values.writing import cut, number, printable
from crm_metrics.errors import CrmError, UnknownName, WrongCall, WrongValue, did_you_mean, in_words, listed, shown
from crm_metrics.periods import UNITS
from crm_metrics.records.schemas import Record, schema

Asking: TypeAlias = Entry | Coming | OfCompany
HEAD = 28


@frozen(eq=False, repr=False)
class Scorecard(Presented):
    """Numbers of many metrics, a row for each, or for each and every group. ``card["win_rate"]`` is a row.

    A number that cannot be said is NaN (null in data), and its row's ``note`` says why. ``by`` names what the groups
    are, ``where`` tells in words which rows count.
    """

    rows: tuple[Row, ...]
    by: tuple[str, ...] = ()
    where: str = ""

    def __getitem__(self, what: Any) -> Row:
        """The row of a metric; of a metric and a group, ``card["win_rate", "Anna"]``."""
        metric, *group = what if isinstance(what, tuple) else (what,)
        for row in self.rows:
            if row.metric == metric and (not group or row.group == tuple(group)):
                return row
        known = dict.fromkeys(row.metric for row in self.rows)
        if metric in known:
            raise UnknownName(f"{metric} has no group {shown(tuple(group))}")
        raise UnknownName(f"there is no {shown(metric)} on this scorecard: {did_you_mean(str(metric), known)}")

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def about(self) -> dict[str, Any]:
        """The names of the groups, and which rows count."""
        return {"by": list(self.by), "where": self.where or None}

    def to_columns(self) -> dict[str, list[Any]]:
        """Metric, label, unit, better and currency, the groups, value and note, as columns."""
        data = [row.to_dict() for row in self.rows]
        out = {name: [row[name] for row in data] for name in ("metric", "label", "unit", "better", "currency")}
        for i, name in enumerate(_free(self.by, {*out, "value", "note"})):
            out[name] = [row.group[i] if row.group else None for row in self.rows]
        return {**out, **{name: [row[name] for row in data] for name in ("value", "note")}}

    def shown(self) -> Shown:
        """A line for each metric; by group, a line for each group and a column for each metric."""
        return self._by_group() if self.by else self._by_metric()

    def _by_metric(self) -> Shown:
        rows = tuple((printable(row.label), number(row.value, row.unit, row.currency)) for row in self.rows)
        return Shown(self.where, ("", ""), rows, tuple(self._notes()))

    def _by_group(self) -> Shown:
        groups = list(dict.fromkeys(row.group for row in self.rows))
        columns = list(dict.fromkeys((row.metric, row.label) for row in self.rows if row.value == row.value))
        found = {(row.metric, row.label, row.group): row for row in self.rows}
        currencies = {row.currency for row in self.rows if row.unit == "money"} - {""}
        one = len(currencies) < 2
        title = ", ".join([*([self.where] if self.where else []), *(f"money in {c}" for c in currencies if one)])
        rows = []
        for group in groups:
            cells = [found[metric, label, group] for metric, label in columns]
            rows.append((group_name(group), *(number(r.value, r.unit, r.currency, code=not one) for r in cells)))
        heads = (_head(printable(label)) for _, label in columns)
        return Shown(title, (" / ".join(self.by), *heads), tuple(rows), tuple(self._notes()))

    def _notes(self) -> Iterator[str]:
        """What is missing, and where: each note once, with the metrics and groups that it is on."""
        every = len({row.group for row in self.rows})
        groups: dict[tuple[str, str], list[str]] = {}
        for row in self.rows:
            if row.note:
                groups.setdefault((row.note, row.label), []).append(group_name(row.group))
        found: dict[str, list[str]] = {}
        for (note, label), names in groups.items():
            some = f" ({listed(names, 4)})" if len(names) < every else ""
            found.setdefault(note, []).append(f"{label}{some}")
        return (f"{', '.join(labels)}: {note}" for note, labels in found.items())


def _head(label: str) -> str:
    """A label at the head of a column: what comes before its comma, where the whole is too long."""
    return label if len(label) <= HEAD else cut(label.partition(",")[0], HEAD)


def _free(names: Iterable[str], taken: set[str]) -> list[str]:
    """Names of columns, none of them twice."""
    out: list[str] = []
    for name in names:
        free = f"by_{name}" if name in taken else name
        out.append(free if free not in out else f"{free}_{out.count(free) + 1}")
    return out


# ---------------------------------------------------------------- making one


@in_words
def scorecard(metrics: Any, crm: Any = None, /, *, by: Any = None, where: Any = None, **tables: Any) -> Scorecard:
    """Many metrics of a company, as a table: all over, or by group.

    `metrics` are functions, ``functools.partial`` of them, names (``"win_rate"``), or a preset (`presets`). `crm` is a
    `CRM`, a mapping from records to rows, or left out where tables are given by name, ``deals=..., spend=...``; rows
    may be totals. `by` groups as in any metric, and as text: ``"month"``, or a column of a lookup of the company.

    `where` says which rows count: a period (``month("2024-03")``), which each metric reads at its own time, wins by
    their close and conversion by creation; a condition; values of fields, ``{"channel": "search"}``; or a list of
    these. A metric whose tables lack what `where` or `by` names is not shown for other rows instead: its row says so.

    Whatever a metric lacks (a table, a field, a time, one currency) is a note on its row. Wrong calls, unknown names
    and bad cells are raised.

    >>> deals = {"status": ["won", "lost", "won"], "manager": ["Anna", "Anna", "Boris"], "amount": [1500, 0, 900]}
    >>> scorecard(["win_rate", "won_revenue", "cac"], deals=deals)
    Win rate      66.7 %
    Won revenue    2,400
    CAC                -
      CAC: there are no rows of spend
    >>> scorecard(["win_rate", "won_revenue"], deals=deals, by="manager")
    manager   Win rate   Won revenue
    Anna        50.0 %         1,500
    Boris      100.0 %           900
    """
    entries = list(dict.fromkeys(_entry(m) for m in _several(metrics)))
    company = _tables(crm, tables)
    keys = _keys(by, crm, company, entries)
    asked = _Asked(crm if isinstance(crm, CRM) else None, company, keys, part_of(where))
    answers = [asked.answer(entry) for entry in entries]
    groups, names = _groups(answers, keys)
    rows = [row for entry, answer in zip(entries, answers, strict=True) for row in asked.rows(entry, answer, groups)]
    return Scorecard(tuple(rows), names, str(asked.part))


@frozen(eq=False)
class _Asked:
    """A company that is asked for the numbers of a scorecard."""

    crm: CRM | None
    tables: Mapping[type[Record], Any]
    keys: tuple[Key, ...]
    part: Part
    made: dict[Part, Answers] = Factory(dict)

    def answer(self, entry: Asking) -> Answer:
        """What there is to say of an entry."""
        if isinstance(entry, OfCompany):
            return self._of_company(entry)
        if isinstance(entry, Coming):
            return Answer(gap=Gap("metric", entry.gap))
        part = self.part & entry.where
        if part not in self.made:
            self.made[part] = Answers(self.tables, self.keys, part, known={} if self.crm is None else self.crm.known)
        metric, wanting = entry.metric, dict.fromkeys(asked_for(entry.metric) if entry.registered else ())
        if "as_of" in wanting and self.crm is not None and self.crm.last_day is not None:
            del wanting["as_of"]
            metric = functools.partial(metric, as_of=self.crm.last_day)
        if part.period is not None:
            wanting.pop("period", None)
        if wanting and not read_twice(metric):
            name = next(iter(wanting))
            return Answer(gap=Gap("keyword", f"it needs {name}=: functools.partial({about(metric).name}, {name}=...)"))
        return self.made[part].of(metric, entry.records)

    def _of_company(self, entry: OfCompany) -> Answer:
        if self.keys or not self.part.is_all:
            return Answer(gap=Gap("whole", "it is one number of the whole company"))
        if self.crm is None:
            return Answer(gap=Gap("company", "it is asked of a CRM(deals=..., go_live=..., costs=...)"))
        try:
            value, note = entry.compute(self.crm)
        except CrmError as error:
            return Answer(gap=Gap("company", str(error)))
        return Answer(value, note=note)

    def rows(self, entry: Asking, answer: Answer, groups: Sequence[Group]) -> Iterator[Row]:
        """The rows of an entry, one for each group."""
        about: dict[str, Any] = {"metric": entry.name, "label": entry.title, "unit": entry.unit}
        for group, (value, note) in zip(groups, answer.over(groups), strict=True):
            currency = self._currency(entry, value, group) if entry.unit == "money" else ""
            yield Row(**about, better=entry.better, currency=currency, group=group, value=value, note=note)

    def _currency(self, entry: Asking, value: float, group: Group) -> str:
        """The currency of a number: its own, that of its group, or the one of its rows."""
        if unit := getattr(value, "unit", None):
            return str(unit)
        rows = self.tables.get(entry.records[0]) if isinstance(entry, Entry) else None
        return "" if rows is None or isinstance(rows, Totals) else one_currency(rows, self.keys, group)


def _several(metrics: Any) -> list[Any]:
    if isinstance(metrics, str) or callable(metrics) or isinstance(metrics, (Entry, Coming, OfCompany)):
        return [metrics]
    if (
        not isinstance(metrics, Iterable)
        or isinstance(metrics, Table)
        or getattr(metrics, "ndim", 1) != 1
        or not (several := list(metrics))
    ):
        raise WrongCall(f"scorecard takes a list of metrics, of their names, or a preset, not {shown(metrics)}")
    return several


def _entry(metric: Any) -> Asking:
    if isinstance(metric, (Entry, OfCompany)):
        return metric
    if isinstance(metric, Coming):
        return metric.now() or metric
    entry = Entry(metric)
    _ = entry.unit  # what is no metric is refused here
    return entry


def _tables(crm: Any, named: Mapping[str, Any]) -> dict[type[Record], Any]:
    """The tables by record, opened."""
    if crm is not None and named:
        raise WrongCall("give a CRM or tables by name, not both: evolve(crm, deals=...)")
    if isinstance(crm, CRM):
        return tables_of(crm)
    given: Any = named if crm is None else crm
    if not isinstance(given, Mapping) or not given:
        raise WrongCall(f"expected a CRM or tables by record, scorecard(metrics, deals=rows), got {shown(crm)}")
    found = {_record(name): rows for name, rows in given.items() if rows is not None}
    return {record: t if isinstance(t, Totals) else open_rows(t, record) for record, t in found.items()}


def _record(name: Any) -> type[Record]:
    if isinstance(name, type) and issubclass(name, Record):
        return name
    if name not in RECORDS:
        raise UnknownName(f"there is no table {shown(name)}: {did_you_mean(str(name), RECORDS)}, or a record class")
    return RECORDS[name]


# ---------------------------------------------------------------- groups


def _keys(by: Any, crm: Any, tables: Mapping[type[Record], Any], entries: Sequence[Asking]) -> tuple[Key, ...]:
    """The keys of `by=`, text read as columns, columns of lookups and units of time."""
    if by is None:
        return ()
    if isinstance(by, NoWindows):
        raise WrongValue(f"there is no before and after: {by.reason}")
    records = {*tables, *(record for e in entries if isinstance(e, Entry) for record in e.records)}
    known = [*(t for t in tables.values() if not isinstance(t, Totals)), *map(schema, records)]
    out: list[Key] = []
    for part in by if isinstance(by, (list, tuple)) else (by,):
        found = _key(part, crm, known)
        out += found if isinstance(found, tuple) else [found]
    return tuple(out)


def _key(part: Any, crm: Any, known: Sequence[Any]) -> Any:
    if not isinstance(part, str) or any(part in names for names in known):
        return part
    if isinstance(crm, CRM):
        return crm.key(part)
    found = catalogue.key_of(part, known)
    if found == part:
        names = dict.fromkeys(name for one in known for name in (getattr(one, "columns", None) or one))
        raise UnknownName(f"there is nothing called {part!r} to group by: {did_you_mean(part, [*names, *UNITS])}")
    return found


def _groups(answers: Sequence[Answer], keys: tuple[Key, ...]) -> tuple[list[Group], tuple[str, ...]]:
    """All groups that any metric has, in order, and what they are groups of."""
    numbers = [a.number for a in answers if isinstance(a.number, Breakdown)]
    groups = {group for x in numbers for group in groups_of(x)}
    names = tuple(key if isinstance(key, str) else str(getattr(key, "__name__", "key")) for key in keys)
    if numbers and not keys:  # totals that were grouped when they were made
        names = next((x.names for x in numbers if x.names), ("group",))
    return sorted(groups, key=_place) or [()], names


def _place(group: Group) -> Any:
    """Groups in order, before ahead of after."""
    return tuple((0, (BEFORE, AFTER).index(part)) if part in (BEFORE, AFTER) else order(part) for part in group)
