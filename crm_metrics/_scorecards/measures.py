"""Many metrics of a company at once, as rows of data: whole, before and after go-live, or by group.

A row knows its metric, unit, value or before and after; how it looks is the work of `crm_metrics._report.screen`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from attrs import Factory, field, frozen

from crm_metrics import marketing, sales
from crm_metrics._company.crm import CRM
from crm_metrics._company.windows import AFTER, BEFORE, Windows
from crm_metrics._scorecards.answers import Answer, Answers, tables_of
from crm_metrics._scorecards.catalogue import keywords_of, label_of, metric_of
from crm_metrics._scorecards.selection import Part, part_of
from crm_metrics._totals.groups import By, Key
from crm_metrics._totals.metric import TABLE, about
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Breakdown, Number
from crm_metrics._values.keys import order
from crm_metrics._values.plain import plain
from crm_metrics.columns import closed, opened
from crm_metrics.errors import CrmError, UnknownName
from crm_metrics.records import ADDONS, Deal
from crm_metrics.records.schemas import Record

# ---------------------------------------------------------------- rows and sections


@frozen(kw_only=True)
class Row:
    """One number: its `value`, or the one `before` go-live and the one `after`. NaN is undefined, None not asked."""

    metric: str
    label: str
    unit: str
    better: str | None = None
    currency: str = ""
    group: tuple[Any, ...] = ()
    value: float | None = None
    before: float | None = None
    after: float | None = None
    note: str = ""

    @property
    def difference(self) -> float | None:
        """After less before."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def change(self) -> float | None:
        """The difference as a share of what was before; NaN unless that was positive."""
        if self.before is None or self.difference is None:
            return None
        return self.difference / self.before if self.before > 0 else math.nan

    def to_dict(self) -> dict[str, Any]:
        """The row as plain data, null where undefined."""
        numbers = {name: plain(getattr(self, name)) for name in NUMBERS if getattr(self, name) is not None}
        texts = {name: getattr(self, name) for name in ("metric", "label", "unit", "better", "currency")}
        return {**texts, **({"group": list(self.group)} if self.group else {}), **numbers, "note": self.note}


NUMBERS = ("value", "before", "after", "difference", "change")


@frozen
class Section:
    """Rows that belong together. ``by`` names what they are grouped by; ``notes`` are sentences about them."""

    name: str
    title: str
    rows: tuple[Row, ...] = ()
    by: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __getitem__(self, metric: str) -> Row:
        """The first row of a metric."""
        for row in self.rows:
            if row.metric == metric:
                return row
        raise UnknownName(f"{self.name} has no {metric!r}")

    def __contains__(self, metric: object) -> bool:
        return any(row.metric == metric for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The section as plain data."""
        rows = [row.to_dict() for row in self.rows]
        return {"name": self.name, "title": self.title, "by": list(self.by), "rows": rows, "notes": list(self.notes)}


# ---------------------------------------------------------------- what is asked


@frozen
class Entry:
    """A metric on a scorecard, and what it is called there.

    The metric is a function, a ``functools.partial`` of one, or a name. ``where`` narrows the rows it is about, by
    fields: ``{"kind": ("upsell", "cross_sell")}``.
    """

    metric: Any = field(converter=metric_of)
    label: str = ""
    where: Part = field(default=None, converter=part_of)

    @property
    def name(self) -> str:
        """The name of the metric, with the keywords and the fields that narrow it."""
        known = about(self.metric).name if self.registered else str(self.metric.__name__)
        narrow = [f"{k}={v}" for k, v in keywords_of(self.metric).items()]
        narrow += [str(self.where)] if not self.where.is_all else []
        return f"{known}({', '.join(narrow)})" if narrow else known

    @property
    def title(self) -> str:
        """The label; without one, the name as words."""
        return self.label or ", ".join([label_of(self.metric), *([] if self.where.is_all else [str(self.where)])])

    @property
    def unit(self) -> str:
        """The unit of the metric; a count where it is none."""
        return about(self.metric).unit if self.registered else "count"

    @property
    def better(self) -> str | None:
        """Which is better, higher or lower."""
        return about(self.metric).better if self.registered else None

    @property
    def records(self) -> tuple[type[Record], ...]:
        """The records it reads."""
        return about(self.metric).records if self.registered else (Deal,)

    @property
    def registered(self) -> bool:
        """Whether it is a metric, and not a count of this module."""
        return self.metric not in (deals_closed, deals_open)


@frozen
class Coming:
    """A measure whose metric is not in the library yet, and what it needs; once it is registered, it is shown."""

    name: str
    label: str
    needs: str
    unit: str = "number"
    better: str | None = None

    @property
    def title(self) -> str:
        """The label."""
        return self.label

    def now(self) -> Entry | None:
        """The entry of its metric, if there is one by now; what gives a table is none."""
        try:
            entry = Entry(self.name, self.label)
        except CrmError:
            return None
        return None if about(entry.metric, table=True).unit == TABLE else entry

    @property
    def gap(self) -> str:
        """Why there is no number."""
        try:
            known = about(metric_of(self.name), table=True)
        except CrmError:
            return f"not yet here, it needs {self.needs}"
        return f"it is a table, not one number: call {known.family}.{known.name}"


@frozen
class OfCompany:
    """A number of the company as a whole, which is more than a metric of its rows: a function of a `CRM`.

    ``compute`` gives the number and a note on it, or raises what it lacks.
    """

    name: str
    title: str
    unit: str
    compute: Callable[[CRM], tuple[float, str]]
    better: str | None = None


def deals_closed(deals: Any, *, by: By = None) -> Any:
    """Number of deals won or lost: how many a win rate stands on."""
    return totals(deals, Deal, by, at="closed_at").count(closed)


def deals_open(deals: Any, *, by: By = None) -> Any:
    """Number of deals still open."""
    return totals(deals, Deal, by, at="expected_close").count(opened)


CREATED = Entry(sales.deals_created, "Deals that came in")
CONVERSION = Entry(sales.conversion_rate, "Conversion, won of those that came in")
CLOSED = Entry(deals_closed, "Deals closed")
WON = Entry(sales.deals_won, "Deals won")
WIN_RATE = Entry(sales.win_rate, "Win rate, won of those that closed")
REVENUE = Entry(sales.won_revenue, "Revenue won")
AVERAGE_DEAL = Entry(sales.average_deal_size, "Average deal")
MEDIAN_DEAL = Entry(sales.median_deal_size, "Median deal")
PROFIT = Entry(sales.gross_profit, "Gross profit")
MARGIN = Entry(sales.gross_margin, "Gross margin")
AVERAGE_CYCLE = Entry(sales.average_sales_cycle, "Average sales cycle")
MEDIAN_CYCLE = Entry(sales.median_sales_cycle, "Median sales cycle")
SPEND = Entry(marketing.spend_total, "Spent on customers")
CAC = Entry(marketing.cac, "Cost of a new customer (CAC)")
ADDONS_WON = Entry(sales.deals_won, "Additional sales won", ADDONS)
ADDON_REVENUE = Entry(sales.won_revenue, "Revenue of additional sales", ADDONS)
OPEN = Entry(deals_open, "Deals open")
PIPELINE = Entry(sales.open_pipeline, "Open pipeline")
WEIGHTED = Entry(sales.weighted_pipeline, "Weighted by probability")

SCORECARD = (
    *(CREATED, CONVERSION, WON, WIN_RATE, REVENUE, AVERAGE_DEAL, MEDIAN_DEAL, PROFIT, MARGIN),
    *(AVERAGE_CYCLE, MEDIAN_CYCLE, SPEND, CAC),
)
STILL_OPEN = (OPEN, PIPELINE, WEIGHTED)
GROUPED = (CREATED, CLOSED, WON, WIN_RATE, REVENUE, AVERAGE_DEAL, MEDIAN_CYCLE, MARGIN, CAC)


# ---------------------------------------------------------------- how it is answered


@frozen
class Asked:
    """A company that is asked for many numbers, and what it lacked: why, and which numbers were not said for it."""

    crm: CRM
    gaps: dict[str, list[str]] = Factory(dict)

    def rows(self, entries: Iterable[Entry], *, by: By = None, windows: Windows | None = None) -> tuple[Row, ...]:
        """The rows of these metrics that the data can answer; every metric has every group."""
        keys = () if by is None else by if isinstance(by, tuple) else (by,)
        tables, by = tables_of(self.crm), (windows, *keys) if windows else keys
        asked = tuple(entries)
        answers = {entry.where: Answers(tables, by, entry.where, known=self.crm.known) for entry in asked}
        found = [(e, x) for e in asked if (x := self._numbers(e, answers[e.where], windows)) is not None]
        groups = sorted({group for _, x in found for group in _groups(x, windows)}, key=order) if keys else [()]
        return tuple(self._row(entry, x, keys, group, windows) for entry, x in found for group in groups)

    def _numbers(self, entry: Entry, answers: Answers, windows: Windows | None) -> Number | None:
        """What a metric says; None where it can say nothing."""
        answer = answers.of(entry.metric, entry.records)
        gap = (answer.gap.first or answer.gap.why) if answer.gap else _side_without(answer, windows)
        if not gap:
            return answer.number
        if not (answer.gap and answer.gap.what == "key"):  # spending has no manager: no CAC of one, and nothing to say
            self.lacks(gap, entry.label)
        return None

    def lacks(self, gap: str, label: str) -> None:
        """Note what is not said, once, and why."""
        if not any(label in labels for labels in self.gaps.values()):
            self.gaps.setdefault(gap, []).append(label)

    def _row(
        self, entry: Entry, x: Number, keys: Sequence[Key], group: tuple[Any, ...], windows: Windows | None
    ) -> Row:
        sides = (BEFORE, AFTER) if windows else ("value",)
        found: list[Any] = [x]
        if isinstance(x, Breakdown):
            found = list(x.on(tuple((side, *group) if windows else group for side in sides)).values())
        return Row(
            metric=entry.name,
            label=entry.label,
            unit=entry.unit,
            better=entry.better,
            currency=one_currency(self.crm.table(entry.records[0]), keys, group) if entry.unit == "money" else "",
            group=group,
            **dict(zip(sides, found, strict=True)),
        )


def _is_of(side: str, group: tuple[Any, ...]) -> bool:
    return not group or group[0] == side


def _side_without(answer: Answer, windows: Windows | None) -> str:
    """The field that all rows before go-live lack, or all after it, or all rows; "" where there is none."""
    if windows is None:
        return next((f"the {a.subject} have no {names}" for a in answer.absent if (names := a.whole())), "")
    for side, when in ((BEFORE, " before go-live"), (AFTER, " after it")):
        for absent in answer.absent:
            if names := absent.whole(partial(_is_of, side)):
                return f"the {absent.subject}{when if isinstance(absent.missing, Breakdown) else ''} have no {names}"
    return ""


def has_any(deals: Any, name: str) -> bool:
    """Whether a field is there, and has something in it (if there are any deals)."""
    return name in deals and (not len(deals) or not deals[name].missing.true.all())


def _groups(x: Number, windows: Windows | None) -> Iterator[tuple[Any, ...]]:
    """The groups of a metric, without the window that they fall into."""
    assert isinstance(x, Breakdown)
    for key in x:
        if not windows:
            yield key
        elif key[0] is not None:
            yield key[1:]


def one_currency(t: Any, keys: Sequence[Key], group: tuple[Any, ...]) -> str:
    """The one currency of a number, if it has a name."""
    if group and "currency" in keys:
        return group[keys.index("currency")] or ""
    labels: Sequence[str | None] = t["currency"].labels if "currency" in t else ()
    return labels[0] or "" if len(labels) == 1 else ""
