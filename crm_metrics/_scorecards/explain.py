"""`explain`: what a metric read, what it left out and why, and how it is defined."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._scorecards.catalogue import formula, key_of, keywords_of, metric_of, rows_for
from crm_metrics._tables.table import Table
from crm_metrics._totals.asks import Ask, Sums
from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import About, about, ready
from crm_metrics._totals.of_rows import Shared
from crm_metrics._totals.source import Source
from crm_metrics._totals.tallies import Split, Tally
from crm_metrics._totals.totals import Entry, Totals
from crm_metrics._totals.watched import read_by
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics._values.columns import Labels
from crm_metrics._values.plain import plain
from crm_metrics.errors import in_words


@frozen(eq=False)
class Explanation:
    """The totals behind a number, the rows it left out, and its definition.

    ``totals`` and ``left_out`` are by record; ``undefined`` says why there is no number, where there is none. ``notes``
    are sentences about the rows: what in them a rule decided, since the data do not say.
    """

    metric: str
    value: Any
    totals: dict[str, dict[str, Any]]
    left_out: dict[str, dict[str, int]]
    keywords: dict[str, Any]
    definition: str
    formula: str
    unit: str
    undefined: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, null for what is undefined."""
        return {
            "metric": self.metric,
            "value": plain(self.value),
            "unit": self.unit,
            "totals": {r: {name: plain(x) for name, x in t.items()} for r, t in self.totals.items()},
            "left_out": self.left_out,
            "keywords": {k: plain(v) for k, v in self.keywords.items()},
            "definition": self.definition,
            "formula": self.formula,
            "undefined": self.undefined or None,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        lines = [f"{self.metric}: {self.value}", f"  {self.definition}"]
        if self.undefined:
            lines.append(f"  undefined: {self.undefined}")
        for record, totals in self.totals.items():
            lines.append(f"  {record}: " + ", ".join(f"{name} {x}" for name, x in totals.items()))
            if left := self.left_out.get(record):
                lines.append("  left out: " + ", ".join(f"{why} {n}" for why, n in left.items()))
        if chosen := {k: v for k, v in self.keywords.items() if v is not None}:
            lines.append("  with " + ", ".join(f"{k}={v!r}" for k, v in chosen.items()))
        lines += [f"  {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


@in_words
def explain(metric: Any, *rows: Any, by: By = None) -> Explanation:
    """The totals that a metric read, by name; the rows left out, and why; its definition and keywords.

    The metric may be given by its name, its rows as a `CRM` that has them, and ``by`` as text such as ``"month"``, as
    in `crm_metrics._scorecards.catalogue.call`.

    >>> from crm_metrics import Deal, sales
    >>> closed = dict(created_at="2024-01-05", closed_at="2024-02-01")
    >>> deals = [Deal(id=1, status="won", **closed), Deal(id=2, status="open", created_at="2024-01-09")]
    >>> print(explain(sales.win_rate, deals))
    win_rate: 1.0
      Share of closed deals that were won.
      Deal: won 1, closed 1
      left out: not closed 1
      with weight='count'
    """
    metric = metric_of(metric)
    ready(metric)
    known, tables = about(metric), rows_for(metric, rows)
    by = key_of(by, tables)
    shared = [Shared(r, record, by) for r, record in zip(tables, known.records, strict=True)]
    value = metric(*shared)
    made = [t for s in shared for t in ([s.given] if s.given else s.made.values())]
    totals: dict[str, dict[str, Any]] = {}
    left: dict[str, dict[str, int]] = {}
    for t in made:
        name = t.record.__name__
        totals.setdefault(name, {}).update({_name(t, ask): _total(t, ask) for ask in t.asked if ask.kind != "missing"})
        totals[name].update(t.met)
        left.setdefault(name, {}).update(_left_out(t))
    return Explanation(
        metric=known.name,
        value=value,
        totals=totals,
        left_out={name: why for name, why in left.items() if why},
        keywords={**known.keywords, **keywords_of(metric)},
        definition=known.summary,
        formula=formula(metric),
        unit=known.unit,
        undefined=_why_undefined(metric, value, shared),
        notes=tuple(dict.fromkeys(note for t in tables if isinstance(t, Table) for note in _cautions(t))),
    )


def _cautions(rows: Table[Any]) -> list[str]:
    """What rows of this record say beside any number of them."""
    record: type[Any] = rows.record
    found: list[str] = record.cautions(rows)
    return found


def _name(t: Totals, ask: Ask) -> str:
    """What a total is called: the rows of a distribution, and of labels how many different ones there are."""
    if ask.kind == "distinct":
        return f"distinct {ask}"
    if ask.kind != "tally":
        return str(ask)
    what = str(ask).removeprefix("tally_")
    return f"distinct {what}" if t._tally(ask).labels is not None else f"rows with {what}"


def _total(t: Totals, ask: Ask) -> Number:
    if ask.kind == "split":
        assert ask.column is not None and ask.per is not None
        return t.over(t.sums(ask.column, per=ask.per, where=ask.where))
    if ask.kind != "tally":
        return t._out(t._sums(ask), whole=ask.kind != "sum")
    tally = t._tally(ask)
    sizes = tally.sizes(t.size) if tally.labels is None else np.bincount(tally.group, minlength=t.size)
    return int(sizes[0]) if t.keys is None else Breakdown(t.keys, num=sizes, whole=True, names=t.names)


def _left_out(t: Totals) -> dict[str, int]:
    out: dict[str, int] = {}
    source, asked = t.source, list(t.asked)
    if source is not None:
        out |= _not_met(source, list(dict.fromkeys(ask.where for ask in asked)))
        report = source.t.report
        if report is not None and report.refused:
            out["refused at load"] = report.refused
        if report is not None and report.no_rate:
            out["no rate"] = report.no_rate
    columns: dict[Any, list[Any]] = {}
    for ask in asked:
        if ask.column is not None and ask.kind != "missing":
            columns.setdefault(ask.column, []).append(ask.where)
    for column, wheres in columns.items():
        if n := _lacking(t, column, wheres):
            out[f"{getattr(column, '__name__', 'column')} missing"] = n
    return out


def _lacking(t: Totals, column: Any, wheres: list[Any]) -> int:
    """How many of the rows that a column was asked of lack it; of totals without rows, at least so many."""
    known = [where for where in wheres if t.source is not None or Ask("missing", column, where) in t.entries]
    if t.source is None or len(known) == 1:
        return max((int(np.sum(np.asarray(t.missing(column, where=where)))) for where in known), default=0)
    none = t.source.column(column).missing.true
    asked = [t.source.flags(where).true for where in known if where is not None]
    return int(np.count_nonzero(none if None in known else none & np.logical_or.reduce(asked)))


def _not_met(source: Source, wheres: list[Any]) -> dict[str, int]:
    """Rows for which no condition holds, named after the widest one, and rows without a label that conditions read.

    A deal of no status is neither closed nor not; one of no stated kind is neither an upsell nor anything else.
    """
    names = sorted({name for where in wheres if where is not None for name in read_by(source.t, where) or ()})
    masks = {name: c.missing.true for name in names if isinstance(c := source.t[name], Labels)}
    unstated = np.logical_or.reduce([np.zeros(len(source.t), bool), *masks.values()])
    out: dict[str, int] = {}
    asked = np.ones(len(source.t), bool)
    if wheres and None not in wheres:
        flags = {where: source.flags(where) for where in wheres}
        met = np.logical_or.reduce([f.true for f in flags.values()])
        widest = [where for where, f in flags.items() if np.count_nonzero(f.true) == np.count_nonzero(met)]
        name = " or ".join(getattr(where, "__name__", "condition") for where in (widest[-1:] or wheres))
        asked = met | np.logical_or.reduce([f.missing.true for f in flags.values()])
        out[f"not {name}"] = int(np.count_nonzero(~asked))
        out[f"{name} unknown"] = int(np.count_nonzero(asked & ~met & ~unstated))
    out |= {f"{name} missing": int(np.count_nonzero(mask & asked)) for name, mask in masks.items()}
    return {why: n for why, n in out.items() if n}


# ---------------------------------------------------------------- why there is no number


def _why_undefined(metric: Any, value: Any, shared: Sequence[Shared]) -> str:
    if isinstance(value, Breakdown):
        groups = [str(k) for k, v in value.items() if v != v]
        return f"no data in {', '.join(groups[:10])}" if groups else ""
    if value == value:
        return ""
    reasons: list[_Reason] = []
    with contextlib.suppress(Exception):  # a metric that does not run on totals alone is not asked what if
        reasons = _reasons(metric, [s.kept() for s in shared])
    return ", ".join(dict.fromkeys(r.text for r in reasons)) or "a part of it is undefined"


@frozen(eq=False)
class _Reason:
    """A total that may be why, and what it would be if it were not."""

    place: int
    ask: Ask | str
    otherwise: Entry
    text: str


def _reasons(metric: Any, parts: Sequence[Totals]) -> list[_Reason]:
    """The totals without which there would be a number: each alone, or else the fewest together."""
    found = [r for place, t in enumerate(parts) for r in _suspects(place, t)]
    if alone := [r for r in found if _defined(metric, parts, [r])]:
        return alone
    for r in list(found):
        if _defined(metric, parts, rest := [x for x in found if x is not r]):
            found = rest
    return found if _defined(metric, parts, found) else []


def _suspects(place: int, t: Totals) -> Iterator[_Reason]:
    """Totals of nothing, and columns that all rows lack."""
    for ask, entry in t.entries.items():
        if isinstance(entry, Sums) and getattr(ask, "kind", "figure") != "missing":  # a figure on paper has a name only
            if not entry.num[0]:
                yield _Reason(place, ask, Sums(np.ones(1, np.int64), entry.scale, entry.unit), f"{ask} is 0")
        elif isinstance(entry, Sums):
            count = t.entries.get(Ask("count", None, ask.where))
            if isinstance(count, Sums) and entry.num[0] == count.num[0] != 0:
                rows = getattr(ask.where, "__name__", "") or "rows"
                column = getattr(ask.column, "__name__", "column")
                text = f"{column} is missing in all {int(count.num[0])} {rows}"
                yield _Reason(place, ask, Sums(np.zeros(1, np.int64)), text)
        elif isinstance(entry, (Tally, Split)) and not len(entry.group):
            yield _Reason(place, ask, _of_one(entry), f"there are no {_name(t, ask)}")


def _of_one(entry: Tally | Split) -> Entry:
    """A distribution, or sums by label, with one value."""
    one, none = np.ones(1, np.int64), np.zeros(1, np.int64)
    if isinstance(entry, Split):
        return Split(np.zeros(1, np.intp), none, one, entry.scale, [""], entry.unit)
    labels = None if entry.labels is None else [""]
    return Tally(np.zeros(1, np.intp), none, one, entry.scale, labels, entry.unit)


def _defined(metric: Any, parts: Sequence[Totals], otherwise: Sequence[_Reason]) -> bool:
    """Whether there would be a number if these totals were others."""
    changed = [dict(t.entries) for t in parts]
    for r in otherwise:
        changed[r.place][r.ask] = r.otherwise
    value = metric(*(Totals(t.record, None, e) for t, e in zip(parts, changed, strict=True)))
    return bool(value == value)


__all__ = ["About", "Explanation", "explain", "formula", "plain"]
