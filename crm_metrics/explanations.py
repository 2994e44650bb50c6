"""`explain`: what a metric read, what it left out and why, and how it is defined."""

from __future__ import annotations

import functools
import html
import inspect
import math
import re
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics.breakdown import Breakdown, Number
from crm_metrics.groups import By
from crm_metrics.kernel import Ask, Shared, Totals
from crm_metrics.registry import About, about
from crm_metrics.sources import Source


@frozen(eq=False)
class Explanation:
    """The totals behind a number, the rows it left out, and its definition.

    ``totals`` and ``left_out`` are by record; ``undefined`` says why there is no number, where there is none.
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
        }

    def __str__(self) -> str:
        lines = [f"{self.metric}: {self.value}", f"  {self.definition}"]
        if self.undefined:
            lines.append(f"  undefined: {self.undefined}")
        for record, totals in self.totals.items():
            lines.append(f"  {record}: " + ", ".join(f"{name} {x}" for name, x in totals.items()))
            if left := self.left_out.get(record):
                lines.append("  left out: " + ", ".join(f"{why} {n}" for why, n in left.items()))
        if self.keywords:
            lines.append("  with " + ", ".join(f"{k}={v!r}" for k, v in self.keywords.items()))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def plain(x: Any) -> Any:
    """A result as JSON holds it: null for what is undefined or not finite, groups as [key, number] pairs."""
    if isinstance(x, Breakdown):
        return [[list(k) if isinstance(k, tuple) else k, v] for k, v in x.to_dict().items()]
    if isinstance(x, (bool, str, int)) or x is None:
        return x
    if isinstance(x, float):
        return float(x) if math.isfinite(x) else None
    if hasattr(x, "to_dict"):
        return x.to_dict()
    return str(x)


def explain(metric: Any, *rows: Any, by: By = None) -> Explanation:
    """The totals that a metric read, by name; the rows left out, and why; its definition and keywords.

    >>> from crm_metrics import Deal, sales
    >>> closed = dict(created_at="2024-01-05", closed_at="2024-02-01")
    >>> deals = [Deal(id=1, status="won", **closed), Deal(id=2, status="open", created_at="2024-01-09")]
    >>> print(explain(sales.win_rate, deals))
    win_rate: 1.0
      Share of closed deals that were won.
      Deal: won 1, closed 1
      left out: not closed 1
    """
    known = about(metric)
    shared = [Shared(r, record, by) for r, record in zip(rows, known.records, strict=True)]
    value = metric(*shared)
    made = [t for s in shared for t in ([s.given] if s.given else s.made.values())]
    totals: dict[str, dict[str, Any]] = {}
    left: dict[str, dict[str, int]] = {}
    for t in made:
        name = t.record.__name__
        totals.setdefault(name, {}).update({str(ask): _total(t, ask) for ask in t.asked if ask.kind != "missing"})
        left.setdefault(name, {}).update(_left_out(t))
    return Explanation(
        metric=known.name,
        value=value,
        totals=totals,
        left_out={name: why for name, why in left.items() if why},
        keywords={**known.keywords, **_chosen(metric)},
        definition=known.summary,
        formula=formula(metric),
        unit=known.unit,
        undefined=_why_undefined(value, totals),
    )


def _chosen(metric: Any) -> dict[str, Any]:
    """The keywords that a ``functools.partial`` of the metric sets."""
    out: dict[str, Any] = {}
    while isinstance(metric, functools.partial):
        out = {**metric.keywords, **out}
        metric = metric.func
    return out


def formula(metric: Any) -> str:
    """The formula of a metric in LaTeX, from its docstring."""
    while isinstance(metric, functools.partial):
        metric = metric.func
    found = re.search(r"\$\$(.+?)\$\$", inspect.getdoc(metric) or "", re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def _total(t: Totals, ask: Ask) -> Number:
    if ask.kind == "tally":
        return _rows_of_tally(t, ask)
    return t._out(t._sums(ask), whole=ask.kind != "sum")


def _rows_of_tally(t: Totals, ask: Ask) -> Number:
    """Of a distribution, how many rows are in it."""
    sizes = t._tally(ask).sizes(t.size)
    return int(sizes[0]) if t.keys is None else Breakdown(t.keys, num=sizes, whole=True, names=t.names)


def _left_out(t: Totals) -> dict[str, int]:
    out: dict[str, int] = {}
    source, asked = t.source, list(t.asked)
    if source is not None:
        out.update(_not_met(source, asked))
        report = source.t.report
        if report is not None and report.faults:
            out["refused at load"] = report.rows - report.kept
    for ask in asked:
        if (
            ask.column is not None
            and ask.kind != "missing"
            and (source is not None or Ask("missing", ask.column, ask.where) in t.entries)
        ):
            n = int(np.sum(np.asarray(t.missing(ask.column, where=ask.where))))
            if n:
                out[f"{getattr(ask.column, '__name__', 'column')} missing"] = n
    return out


def _not_met(source: Source, asked: list[Ask]) -> dict[str, int]:
    """Rows for which no condition holds, named after the widest condition."""
    wheres = list(dict.fromkeys(ask.where for ask in asked))
    if not wheres or None in wheres:
        return {}
    flags = {w: source.flags(w).true for w in wheres}
    met = np.logical_or.reduce(list(flags.values()))
    n = len(met) - int(np.count_nonzero(met))
    whole = [w for w, f in flags.items() if np.count_nonzero(f) == len(met) - n]
    name = " or ".join(getattr(w, "__name__", "condition") for w in (whole[-1:] or wheres))
    return {f"not {name}": n} if n else {}


def _why_undefined(value: Any, totals: dict[str, dict[str, Any]]) -> str:
    nothing = [
        f"{name} is 0" for t in totals.values() for name, x in t.items() if not isinstance(x, Breakdown) and not x
    ]
    if isinstance(value, Breakdown):
        groups = [str(k) for k, v in value.items() if v != v]
        return f"no data in {', '.join(groups[:10])}" if groups else ""
    if value == value:
        return ""
    return ", ".join(nothing) or "a part of it is undefined"


__all__ = ["About", "Explanation", "explain", "formula", "plain"]
