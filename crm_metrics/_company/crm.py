"""A company: its tables, and what is known about its CRM.

A new record is one more line of `CRM`; its section of crm.toml, and its part of a report, follow from that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np
from attrs import evolve, field, frozen

from crm_metrics import cells as R
from crm_metrics._company.costs import Cost, costs_of
from crm_metrics._company.known import known_on
from crm_metrics._company.margins import margin_of, with_margin
from crm_metrics._company.outlying import within
from crm_metrics._company.paper import Paper, paper_of
from crm_metrics._company.windows import MOST_WEEKS, NoWindows, Windows, windows
from crm_metrics._tables.encoding.column import relabel
from crm_metrics._tables.lookups import via
from crm_metrics._tables.opening import held
from crm_metrics._tables.table import Table
from crm_metrics._tables.where import where
from crm_metrics._totals.groups import By, Key
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.clocks import DAY
from crm_metrics._values.columns import Instants, Labels, Quantity
from crm_metrics._values.currencies import SHARED_SIGNS, agrees, exponent
from crm_metrics._values.exact import multiplied
from crm_metrics.columns import amount
from crm_metrics.errors import UnknownName, WrongCall, WrongValue, did_you_mean, each, listed, shown
from crm_metrics.journeys import Pipeline, several
from crm_metrics.journeys.folds import FOLDS
from crm_metrics.periods import UNITS, time_key
from crm_metrics.records import Call, Deal, DealLine, Interaction, Lead, Manager, Quota, Spend, StageChange
from crm_metrics.records.schemas import Record, schema

__all__ = ["CRM", "RECORDS", "Cost", "Lookup", "Paper"]


# ---------------------------------------------------------------- lookups


@frozen(eq=False)
class Lookup:
    """A table that says more about a field of the deals: a manager's team and office, a product's series.

    ``on`` is the field, and a column of the lookup too; its other columns can be grouped by.
    """

    rows: Any = field(converter=held)
    on: str = field()
    source: str = "the lookup"

    @on.validator
    def _has_on(self, attribute: Any, on: str) -> None:
        if on not in self.rows:
            raise UnknownName(
                f"{self.source} has no column {on!r}; it has {listed(self.rows.columns, 24)}: say which of them holds "
                f'what the deals have as {on}, columns = {{ {on} = "..." }}'
            )

    def key(self, name: str) -> via:
        """A column of the lookup as a key of the deals."""
        return via(self.rows, name, self.on)

    def unmatched(self, deals: Table[Deal]) -> dict[str, int]:
        """What the deals have in the field and the lookup lacks, and in how many deals."""
        ours = deals[self.on]
        if not isinstance(ours, Labels):
            raise WrongCall(f"{self.on} holds no labels to look up")
        theirs = self.rows[self.on]
        known = {R.text(theirs.item(i)) for i in range(len(theirs))}
        count = np.bincount(ours.codes, minlength=ours.size).tolist()
        found = zip(ours.labels, count, strict=False)
        return {label: n for label, n in found if n and label is not None and R.text(label) not in known}


# ---------------------------------------------------------------- the company


def _rows(rows: Any) -> Any:
    """Rows of any kind; `CRM` opens them as tables of their record."""
    return rows


def _pipelines(pipelines: Pipeline | Iterable[Pipeline]) -> tuple[Pipeline, ...]:
    return several(pipelines)


def _lookups(rows: Iterable[Lookup]) -> tuple[Lookup, ...]:
    found = each(rows, "lookups")
    for row in found:
        if not isinstance(row, Lookup):
            raise WrongCall(f"{shown(row)} is no lookup: give Lookup(rows, on='manager')")
    return found


@frozen(kw_only=True, eq=False)
class CRM:
    """The tables that a company has, and what is known about its CRM.

    Rows are of any kind (records, a frame, a mapping of columns, a table). Rows without a currency are in `currency`,
    and so are those that have only a sign ($) which may mean it.
    `margin` is a stated gross margin, 0.3 for 30 %: where deals name no cost, `table` gives them the amount less it.
    `pipelines` say in which order the stages of `changes` come, the most important one first. The CRM went live on
    `go_live`; its first `ramp_weeks` are for learning it. `costs` are what it cost: dated amounts, ``(date, amount)``,
    or `Cost` for what is paid every month. `as_of` is the last day of the data, to its end; without it the day of the
    last deal. `before` are figures kept on paper from before the CRM, totals over so many months:
    ``{"months": 12, "created": 150, "closed": 140, "won": 23}`` (`Paper`).

    >>> crm = CRM(
    ...     deals=[Deal(id=1, created_at="2024-01-10", status="won", closed_at="2024-02-01", amount=1500)],
    ...     currency="EUR",
    ...     go_live="2024-02-01",
    ...     costs=[("2024-01-15", 12_000)],
    ... )
    >>> crm.last_day, crm.cost(before=dt.date(2024, 3, 1))
    (datetime.date(2024, 2, 1), 12000.0)
    """

    deals: Table[Deal] | None = field(default=None, converter=_rows, metadata={"record": Deal})
    spend: Table[Spend] | None = field(default=None, converter=_rows, metadata={"record": Spend})
    leads: Table[Lead] | None = field(default=None, converter=_rows, metadata={"record": Lead})
    lines: Table[DealLine] | None = field(default=None, converter=_rows, metadata={"record": DealLine})
    changes: Table[StageChange] | None = field(default=None, converter=_rows, metadata={"record": StageChange})
    calls: Table[Call] | None = field(default=None, converter=_rows, metadata={"record": Call})
    interactions: Table[Interaction] | None = field(default=None, converter=_rows, metadata={"record": Interaction})
    quotas: Table[Quota] | None = field(default=None, converter=_rows, metadata={"record": Quota})
    managers: Table[Manager] | None = field(default=None, converter=_rows, metadata={"record": Manager})
    pipelines: tuple[Pipeline, ...] = field(default=(), converter=_pipelines)
    costs: tuple[Cost, ...] = field(default=(), converter=costs_of)
    lookups: tuple[Lookup, ...] = field(default=(), converter=_lookups)
    name: str | None = field(default=None, converter=R.text)
    currency: str | None = field(default=None, converter=R.currency)
    margin: float | None = field(default=None, converter=margin_of)
    go_live: dt.date | None = field(default=None, converter=R.instant)
    ramp_weeks: int = 0
    as_of: dt.date | None = field(default=None, converter=R.instant)
    before: Paper | None = field(default=None, converter=paper_of)
    unsure: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        for name, record in RECORDS.items():
            if (rows := getattr(self, name)) is not None:
                object.__setattr__(self, name, held(rows, record))
        for name in ("currency", "go_live", "as_of"):
            value = getattr(self, name)
            if isinstance(value, R.Bad):
                raise WrongValue(str(value.at(None, name)))
            if isinstance(value, dt.datetime):
                object.__setattr__(self, name, value.date())
        weeks = self.ramp_weeks
        if isinstance(weeks, bool) or not isinstance(weeks, int) or not 0 <= weeks <= MOST_WEEKS:
            raise WrongValue(f"ramp_weeks={shown(weeks)}: give a whole number of weeks from 0 to {MOST_WEEKS}")
        if self.currency:
            for name in RECORDS:
                if (rows := getattr(self, name)) is not None:
                    object.__setattr__(self, name, _in_currency(rows, self.currency))
            named = [c if c.currency else evolve(c, currency=self.currency) for c in self.costs]
            object.__setattr__(self, "costs", tuple(named))

    @property
    def known(self) -> dict[str, Any]:
        """What folds may ask of the company, under the names of their keywords."""
        return {"pipeline": self.pipelines}

    def table(self, record: type[Record]) -> Table[Any] | None:
        """The rows of a record, if the company has any; deals without a cost have that of a stated margin."""
        if record in FOLDS:
            theirs = [self.table(source) for source in FOLDS[record].sources]
            return None if any(t is None for t in theirs) else FOLDS[record](*theirs, known=self.known)
        name = next((name for name, kind in RECORDS.items() if kind is record), None)
        rows = getattr(self, name) if name else None
        return with_margin(rows, self.margin) if name == "deals" and rows is not None else rows

    # ---- time
    @property
    def first_day(self) -> dt.date | None:
        """The first day on which a deal came in or closed; days far outside all others do not count.

        Where there are no deals, that of the first other rows that have times.
        """
        return min((first for first, _ in self._spans()), default=None)

    @property
    def last_day(self) -> dt.date | None:
        """``as_of``, or the last day on which a deal came in or closed; days far outside all others do not count."""
        return self.as_of or max((last for _, last in self._spans()), default=None)

    @property
    def main(self) -> Table[Any] | None:
        """The rows that tell from when to when the data are: the deals, else the first table whose rows have times."""
        own = (rows for name in RECORDS if (rows := getattr(self, name)) is not None)
        return next((t for t in own if t.record is Deal or (t.record.known.happened and t.record.known.at in t)), None)

    def _spans(self) -> list[tuple[dt.date, dt.date]]:
        """The days on which the main rows came in, and on which they became what they are."""
        if self.main is None:
            return []
        t, known = within(self.main), self.main.record.known
        times = [t[known.at]] if known.at in t else []
        for later in known.later:
            if later.makes and later.at in t:
                times.append((where(t, status=later.makes) if "status" in t else t)[later.at])
        return [span for x in times if (span := first_and_last(x))]

    @property
    def whole_from(self) -> dt.date | None:
        """The day from which the data are whole.

        An export may begin with the deals that came in on some day, or with those that closed: it is the later of the
        two days.
        """
        return max((first for first, _ in self._spans()), default=None)

    def windows(self) -> Windows | NoWindows:
        """Before and after go-live, or why there is no such comparison."""
        if self.whole_from is None or self.last_day is None:
            return NoWindows(
                "no deal has a date" if self.main is None or self.deals is not None else "no row has a date"
            )
        return windows(self.whole_from, self.go_live, self.ramp_weeks, self.last_day)

    def plausible(self) -> CRM:
        """The company without days far outside all others: 2204 typed for 2024, the 1899 or 1970 of an empty cell.

        They lie further beyond all others of their table than the whole span of these, and by more than a year. They
        are taken for missing; the rows stay.
        """
        own = {name: rows for name in RECORDS if (rows := getattr(self, name)) is not None}
        better: dict[str, Any] = {name: t for name, rows in own.items() if (t := within(rows)) is not rows}
        return evolve(self, **better) if better else self

    def known_on(self, day: dt.date) -> CRM:
        """The company as it was known at the end of a day: what came later is not there, later closings not yet made.

        Deals and their lines, leads, changes of stage, calls, activities and spending of later days are left out, and
        who was hired later; those without a time stay. Quotas stay: they are plans. A deal that was closed later is
        open, a lead that was answered or converted later is not yet (it has no status, for what it had then is not in
        the rows), and who left later is still there. ``unsure`` says what the rows do not tell: a deal that is won or
        lost and does not say when is closed on any day.

        It is not a kept snapshot: closed deals, those open again among them, keep their other final fields (amount,
        stage, probability, reason, manager).
        """
        tables, unsure = known_on({name: rows for name in RECORDS if (rows := getattr(self, name)) is not None}, day)
        changed: dict[str, Any] = {**tables, "as_of": day, "unsure": unsure}
        return evolve(self, **changed)

    @property
    def unit(self) -> str:
        """What is independent: customers where the deals name them (their deals rise and fall together), else deals."""
        t = self.main
        return "customer" if t is not None and "customer" in t and not t["customer"].missing.true.all() else "id"

    # ---- money
    def cost(self, *, before: dt.date) -> Number:
        """What the CRM cost before a day."""
        return totals([p for c in self.costs for p in c.payments(before)], Cost).sum(amount)

    # ---- groups
    def key(self, name: str) -> By:
        """What a name means in ``by=``: a field, a column of the file, of a lookup, or a unit of time.

        ``"office, month"`` is both, ``"month(created_at)"`` a unit of a time that is named.
        """
        if self.main is not None and name in self.main:
            return name
        parts = tuple(self._key(part.strip()) for part in name.split(","))
        return parts[0] if len(parts) == 1 else parts

    def _key(self, name: str) -> Key:
        fields = [] if self.main is None else list(self.main.columns)
        for lookup in self.lookups:
            if name in lookup.rows and name not in fields:
                return lookup.key(name)
        if name in fields:
            return name
        if (time := time_key(name)) is not None:
            if time.field is None or time.field in fields:
                return time
            name = time.field
        more = [column for lookup in self.lookups for column in lookup.rows.columns]
        known = dict.fromkeys([*fields, *more, *UNITS])
        raise UnknownName(f"there is nothing called {name!r} to group by: {did_you_mean(name, known)}")


RECORDS: dict[str, type[Record]] = {f.name: f.metadata["record"] for f in attrs.fields(CRM) if "record" in f.metadata}
"""The tables that a company may have, by name; each is a section of crm.toml."""


def _in_currency(t: Table[Any], code: str) -> Table[Any]:
    """The same rows, in this currency where they name none, or a sign ($) that may mean it; others as they are."""
    if "currency" not in schema(t.record):
        return t
    own = t["currency"] if "currency" in t else Labels(np.zeros(len(t), np.uint8), [None])
    labels = [code if label is None or _may_mean(label, code) else label for label in own.labels]
    if labels == own.labels:
        return t
    named = [label for label in own.labels if label is not None]
    if set(labels) != {code} and {exponent(label) for label in [*named, code]} != {2}:
        raise WrongValue(f"some rows name {listed(named)} and some no currency: name one in each of them")
    filled = Labels(*relabel(own.codes, labels), (), "currency")
    unit: Any = code if set(labels) == {code} else filled
    amounts = [name for name, f in schema(t.record).items() if f.kind is R.money and name in t]
    money = {name: _money(name, t[name], unit, exponent(code)) for name in amounts}
    return t.replaced({"currency": filled, **money})


def _may_mean(label: str, code: str) -> bool:
    return label in SHARED_SIGNS and agrees(label, code)


def _money(name: str, amounts: Quantity, unit: Any, digits: int) -> Quantity:
    """The same amounts in a currency; one that has no hundredths is counted in whole units."""
    scale = 10**digits
    coarser = max(1, amounts.scale // scale)  # both are powers of ten
    rest = amounts.data % coarser
    if rest.any():
        odd = amounts.item(int(np.flatnonzero(rest)[0]))
        raise WrongValue(f"{name} {odd} is finer than the minor unit of {unit}: round it, or correct the currency")
    data = multiplied(amounts.data // coarser, max(1, scale // amounts.scale))
    return Quantity(data, amounts.mask, scale, "money", unit)


def first_and_last(times: Instants) -> tuple[dt.date, dt.date] | None:
    """The first and the last day of some times."""
    known = times.local()[~times.missing.true]
    if not len(known):
        return None
    first, last = (dt.date.fromordinal(int(us) // DAY + 719163) for us in (known.min(), known.max()))
    return first, last
