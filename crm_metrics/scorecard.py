"""Many metrics of a company at once, as rows of data: whole, before and after go-live, or by group.

A row knows its metric, unit, value or before and after; how it looks is the work of `crm_metrics.screen`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from attrs import Factory, frozen

from crm_metrics import marketing, sales
from crm_metrics.breakdown import Breakdown, Number, order
from crm_metrics.columns import closed, opened, won
from crm_metrics.conditions import where
from crm_metrics.crm import CRM
from crm_metrics.errors import MixedCurrencies, UnknownName
from crm_metrics.groups import By, Key
from crm_metrics.kernel import totals
from crm_metrics.periods import TimeKey
from crm_metrics.records import Deal, Record
from crm_metrics.registry import about
from crm_metrics.tables import Table
from crm_metrics.windows import AFTER, BEFORE, Windows

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
        numbers = {name: _plain(getattr(self, name)) for name in NUMBERS if getattr(self, name) is not None}
        texts = {name: getattr(self, name) for name in ("metric", "label", "unit", "better", "currency")}
        return {**texts, **({"group": list(self.group)} if self.group else {}), **numbers, "note": self.note}


NUMBERS = ("value", "before", "after", "difference", "change")


def _plain(x: float) -> float | None:
    return None if math.isnan(x) else x if type(x) is int else float(x)


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
    """A metric on a scorecard: what it is called there, and the fields of deals without which it says nothing.

    ``among`` are the deals whose fields must not all be empty; ``at`` is the time that places it.
    """

    metric: Any
    label: str
    needs: tuple[str, ...] = ()
    at: str = "closed_at"
    among: Callable[[Any], Any] | None = None

    @property
    def name(self) -> str:
        """The name of the metric."""
        return str(self.metric.__name__)

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
        return hasattr(self.metric, "about")


def deals_closed(deals: Any, *, by: By = None) -> Any:
    """Number of deals won or lost: how many a win rate stands on."""
    return totals(deals, Deal, by, at="closed_at").count(closed)


def deals_open(deals: Any, *, by: By = None) -> Any:
    """Number of deals still open."""
    return totals(deals, Deal, by, at="expected_close").count(opened)


CAME = "created_at"
CREATED = Entry(sales.deals_created, "Deals that came in", at=CAME)
CONVERSION = Entry(sales.conversion_rate, "Conversion, won of those that came in", at=CAME)
CLOSED = Entry(deals_closed, "Deals closed")
WON = Entry(sales.deals_won, "Deals won")
WIN_RATE = Entry(sales.win_rate, "Win rate, won of those that closed")
REVENUE = Entry(sales.won_revenue, "Revenue won", ("amount",), among=won)
AVERAGE_DEAL = Entry(sales.average_deal_size, "Average deal", ("amount",), among=won)
MEDIAN_DEAL = Entry(sales.median_deal_size, "Median deal", ("amount",), among=won)
PROFIT = Entry(sales.gross_profit, "Gross profit", ("amount", "cost"), among=won)
MARGIN = Entry(sales.gross_margin, "Gross margin", ("amount", "cost"), among=won)
AVERAGE_CYCLE = Entry(sales.average_sales_cycle, "Average sales cycle", ("created_at", "closed_at"), among=won)
MEDIAN_CYCLE = Entry(sales.median_sales_cycle, "Median sales cycle", ("created_at", "closed_at"), among=won)
SPEND = Entry(marketing.spend_total, "Spent on customers", at="at")
CAC = Entry(marketing.cac, "Cost of a new customer (CAC)", ("customer",), among=won)
OPEN = Entry(deals_open, "Deals open")
PIPELINE = Entry(sales.open_pipeline, "Open pipeline", ("amount",), among=opened)
WEIGHTED = Entry(sales.weighted_pipeline, "Weighted by probability", ("amount", "probability"), among=opened)

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
        found = [(entry, x) for entry in entries if (x := self._numbers(entry, keys, windows)) is not None]
        groups = sorted({group for _, x in found for group in _groups(x, windows)}, key=order) if keys else [()]
        return tuple(self._row(entry, x, keys, group, windows) for entry, x in found for group in groups)

    def _numbers(self, entry: Entry, keys: tuple[Key, ...], windows: Windows | None) -> Number | None:
        """What a metric says; None where it can say nothing."""
        timed = windows is not None or any(_reads_time(k) for k in keys)
        gap = self._gap(entry, (entry.at,) if timed else (), windows)
        if gap is None:
            tables = [self.crm.table(record) for record in entry.records]
            if not all(_has(t, key) for t in tables for key in keys):
                return None  # spending has no manager: no CAC of one, and nothing to say about it
            by: Any = (windows, *keys) if windows else keys or None
            try:
                return entry.metric(*tables, by=by)  # type: ignore[no-any-return]
            except MixedCurrencies as error:
                gap = str(error).partition(":")[0].partition(" (")[0] + ", except by currency"
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
            currency=_currency(self.crm.table(entry.records[0]), keys, group) if entry.unit == "money" else "",
            group=group,
            **dict(zip(sides, found, strict=True)),
        )

    def _gap(self, entry: Entry, times: Sequence[str], windows: Windows | None) -> str | None:
        """What the data lack for a metric, in words."""
        for record in entry.records:
            if self.crm.table(record) is None:
                return f"there are no {'deals' if record is Deal else f'rows of {record.__name__.lower()}'}"
        deals: Any = self.crm.table(Deal)
        for name in dict.fromkeys([*times, *entry.needs]) if Deal in entry.records else ():
            if name not in deals:
                return f"the deals have no {name}"
            for when, some in self._parts(deals, entry, windows if name in entry.needs else None):
                if not filled(some, name, entry.among):
                    return f"the {_AMONG.get(entry.among, '')}deals{when} have no {name}"
        return None

    def _parts(self, deals: Any, entry: Entry, windows: Windows | None) -> Iterator[tuple[str, Any]]:
        """All deals, or those before and those after."""
        if windows is None:
            yield "", deals
        else:
            for when, period in ((" before go-live", windows.before), (" after it", windows.after)):
                yield when, where(deals, **{entry.at: period})


_AMONG: dict[Any, str] = {won: "won ", opened: "open "}


def filled(deals: Any, name: str, among: Callable[[Any], Any] | None = None) -> bool:
    """Whether a field is there, and has something in it among some of the deals (if there are any of these)."""
    if name not in deals:
        return False
    rows = where(deals, among) if among else deals
    return not len(rows) or not rows[name].missing.true.all()


def _reads_time(key: Key) -> bool:
    return isinstance(key, TimeKey) and key.field is None


def _has(t: Table[Any] | None, key: Key) -> bool:
    if t is None or _reads_time(key):
        return t is not None
    if isinstance(key, TimeKey):
        return key.field in t
    return (key if isinstance(key, str) else getattr(key, "on", None)) in t


def _groups(x: Number, windows: Windows | None) -> Iterator[tuple[Any, ...]]:
    """The groups of a metric, without the window that they fall into."""
    assert isinstance(x, Breakdown)
    for key in x:
        if not windows:
            yield key
        elif key[0] is not None:
            yield key[1:]


def _currency(t: Any, keys: Sequence[Key], group: tuple[Any, ...]) -> str:
    """The one currency of a number, if it has a name."""
    if "currency" in keys:
        return group[keys.index("currency")] or ""
    labels: Sequence[str | None] = t["currency"].labels if "currency" in t else ()
    return labels[0] or "" if len(labels) == 1 else ""
