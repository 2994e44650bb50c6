"""Totals: sums and counts of columns by key. They add, and every metric is a function of them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from attrs import evolve

from crm_metrics._totals.asks import Ask, ColumnFunction, Sums, as_sums, never_negative, share_given
from crm_metrics._totals.figures import figure, possible
from crm_metrics._totals.quantiles import of_tally
from crm_metrics._totals.source import Source
from crm_metrics._totals.tallies import Split, Tally
from crm_metrics._values.breakdown import Breakdown, Number, joint
from crm_metrics._values.evidence import together
from crm_metrics._values.exact import Array, Exact, Unit, over, unit_where
from crm_metrics._values.keys import Keys, flags_apart, one_kind, order
from crm_metrics._values.ratios import ratio
from crm_metrics.errors import UnknownName, WrongCall, WrongValue, each, listed, shown
from crm_metrics.records.schemas import Record

Entry: TypeAlias = Sums | Tally | Split


class Totals:
    """Sums and counts of one record's columns, by key. Small, picklable, and they add with `+`.

    A metric asks: ``t.count(won)``, ``t.sum(amount, where=won)``. What was asked is kept, so totals that were
    summarized for some metrics serve those metrics again, after any number of additions.
    """

    def __init__(
        self,
        record: type[Record],
        keys: Keys | None,
        entries: Mapping[Any, Entry],
        names: tuple[str, ...] = (),
        source: Source | None = None,
        zones: frozenset[str] = frozenset(),
        seen: Mapping[str, Any] | None = None,
    ) -> None:
        self.record, self.keys, self.names, self.source, self.zones = record, keys, names, source, zones
        self.seen = {} if seen is None else seen  # what was decided of columns, by the evidence for it
        self.entries: dict[Any, Entry] = dict(entries)
        self.asked: dict[Ask, None] = {}
        self.papers = 1  # figures on paper that were added
        self.met: dict[str, Number] = {}  # what was found in other totals, for `explain`

    @property
    def size(self) -> int:
        """How many groups there are; one where nothing was grouped."""
        return 1 if self.keys is None else len(self.keys)

    @property
    def on_paper(self) -> bool:
        """Whether these are figures that somebody kept."""
        return self.source is None and any(isinstance(name, str) for name in self.entries)

    # ---- asking
    def count(self, where: ColumnFunction | None = None) -> Number:
        """How many rows, or for how many the condition holds."""
        return self._out(self._sums(Ask("count", None, where)), whole=True)

    def sum(self, column: ColumnFunction, *, where: ColumnFunction | None = None) -> Number:
        """The sum of a column over the rows for which `where` holds; what is missing is left out."""
        return self._out(self._sums(Ask("sum", column, where)))

    def missing(self, column: ColumnFunction, *, where: ColumnFunction | None = None) -> Number:
        """How many rows a sum of the column left out because it is missing there."""
        return self._out(self._sums(Ask("missing", column, where)), whole=True)

    def mean(self, column: ColumnFunction, *, where: ColumnFunction | None = None) -> Number:
        """The sum over the number of rows that have the column."""
        return ratio(self.sum(column, where=where), self.count(where) - self.missing(column, where=where))

    def tally(self, column: ColumnFunction, *, where: ColumnFunction | None = None) -> Tally:
        """How often each value occurs in each group, as arrays: what a curve is made of."""
        return self._tally(Ask("tally", column, where))

    def counts(self, column: ColumnFunction, *, where: ColumnFunction | None = None) -> Breakdown:
        """How often each value occurs: a count by a finer key, the value last."""
        tally = self._tally(Ask("tally", column, where))
        return self._finer(column, tally.group, tally.values(), num=tally.count, whole=True)

    def sums(self, column: ColumnFunction, *, per: ColumnFunction, where: ColumnFunction | None = None) -> Breakdown:
        """The sum of a column for each label of `per`: a sum by a finer key, the label last. `over` adds them up."""
        if not isinstance(per, str) and (isinstance(per, type) or not callable(per)):
            raise WrongCall(f"per={shown(per)}: give one field name such as 'manager', or a column function")
        ask = Ask("split", column, where, per)
        split = self._entry(ask)
        if not isinstance(split, Split):
            raise UnknownName(f"{ask} is a figure here: sums by label need rows")
        unit = split.unit[split.group] if isinstance(split.unit, np.ndarray) else split.unit
        labels = [split.labels[c] for c in split.code.tolist()]
        return self._finer(per, split.group, labels, num=split.num, scale=split.scale, unit=unit)

    def _finer(self, column: ColumnFunction, group: Array, labels: list[Any], **numbers: Any) -> Breakdown:
        """Numbers by the groups and a finer key."""
        names = (*self.names, column if isinstance(column, str) else getattr(column, "__name__", "value"))
        if self.keys is None:
            return Breakdown(tuple(labels), names=names, **numbers)
        groups = [key if isinstance(key, tuple) else (key,) for key in self.keys]
        keys = tuple((*groups[g], v) for g, v in zip(group.tolist(), labels, strict=True))
        return Breakdown(keys, names=names, **numbers)

    def over(self, numbers: Breakdown, *others: Totals) -> Number:
        """Totals by a finer key, such as `sums` gives, added up to the groups; flags are counted.

        A group of which there are no numbers is 0: of these totals, and of the others that the numbers came from.
        """
        if self.keys is None:
            return numbers.total()
        groups = [Breakdown(t.keys or (), names=t.names) for t in (self, *others)]
        wrapped = any(isinstance(key, tuple) for key in joint(*groups)) or len(self.names) > 1
        found = numbers.by_group(lambda key: key[:-1] if wrapped else key[0], self.names)
        return found.on(joint(found, *groups))

    def distinct(self, column: ColumnFunction, *, where: ColumnFunction | None = None, at_least: int = 1) -> Number:
        """How many different values there are, or occur at least so often; missing is none."""
        if self.on_paper:
            ask = Ask("distinct", column, where, at_least=at_least)
            if self.papers > 1:
                raise WrongCall(f"{ask} of {self.papers} papers does not add, who is in both is one: give that of all")
            return self._out(self._sums(ask), whole=True)
        ask = Ask("tally", column, where)
        if ask not in self.entries and self.source is not None:
            self.asked[ask] = None
            return self._out(Sums(self.source.distinct(ask.column, where, at_least)), whole=True)
        return self._different(ask, lambda tally: tally.count >= at_least)

    def among(
        self,
        column: ColumnFunction,
        others: Totals,
        theirs: ColumnFunction,
        *,
        where: ColumnFunction | None = None,
        their: ColumnFunction | None = None,
    ) -> Number:
        """How many different values of a column occur in a column of other totals too, in any of their groups.

        ``where`` says which rows count here, ``their`` which rows there.
        """
        return self._among(Ask("tally", column, where), others, Ask("tally", theirs, their), rows=False)

    def rows_among(
        self,
        column: ColumnFunction,
        others: Totals,
        theirs: ColumnFunction,
        *,
        where: ColumnFunction | None = None,
        their: ColumnFunction | None = None,
    ) -> Number:
        """How many rows have a value that occurs in a column of other totals: as `among`, but each row counts."""
        return self._among(Ask("tally", column, where), others, Ask("tally", theirs, their), rows=True)

    def _among(self, ask: Ask, others: Totals, theirs: Ask, *, rows: bool) -> Number:
        mine, of = (str(x).removeprefix("tally_") for x in (ask, theirs))
        if self.on_paper:
            return self._out(self._sums(Ask("distinct", f"{mine}_among_{of}")), whole=True)
        found = self.met[f"{mine} found among {of}"] = self._found(ask, others, theirs, rows=rows)
        return found

    def _found(self, ask: Ask, others: Totals, theirs: Ask, *, rows: bool) -> Number:
        made = ask in self.entries or theirs in others.entries
        if self.source is not None and others.source is not None and not made and not hasattr(theirs.column, "meaning"):
            self.asked[ask] = others.asked[theirs] = None
            found = self.source.among(ask.column, ask.where, others.source, theirs.column, theirs.where, rows)
            return self._out(Sums(found), whole=True)
        assert theirs.column is not None
        known, tally = others.labels(theirs.column, where=theirs.where), self._tally(ask)
        hit = np.array([v in known for v in tally.values()], bool)
        count = np.zeros(self.size, np.int64)
        np.add.at(count, tally.group[hit], tally.count[hit] if rows else 1)
        return self._out(Sums(count), whole=True)

    def labels(self, column: ColumnFunction, *, where: ColumnFunction | None = None) -> frozenset[Any]:
        """The different values of a column; of one that says what many rows mean together, what they mean."""
        values = self._tally(Ask("tally", column, where)).values()
        return frozenset(getattr(column, "meaning", frozenset)(values))

    def _different(self, ask: Ask, hit: Callable[[Tally], Array]) -> Number:
        """How many values of each group are among those that count."""
        tally = self._tally(ask)
        return self._out(Sums(np.bincount(tally.group[hit(tally)], minlength=self.size).astype(np.int64)), whole=True)

    def quantile(self, column: ColumnFunction, q: float, *, where: ColumnFunction | None = None) -> Number:
        """The value below which a share `q` of the rows lies; the middle of two where the rank falls between them."""
        share = share_given(q)
        ask = Ask("tally", column, where)
        if ask in self.entries or self.source is None:
            tally = self._tally(ask)
            num, n, scale, unit = of_tally(tally, self.size, share), tally.sizes(self.size), tally.scale, tally.unit
        else:
            self.asked[ask] = None
            num, n, scale, unit = self.source.quantiles(ask.column, where, share)
        if self.keys is None:
            return Exact(int(num[0]), 2 * scale, _first(unit)) if n[0] else math.nan
        array = np.where(n > 0, over(num, 2 * scale), np.nan)
        return Breakdown(self.keys, array, names=self.names)

    def _out(self, sums: Sums, *, whole: bool = False) -> Number:
        """Numbers as metrics see them: counts are ints, sums floats that remember their integers."""
        whole = whole and sums.scale == 1
        if self.keys is not None:
            return Breakdown(self.keys, num=sums.num, scale=sums.scale, unit=sums.unit, whole=whole, names=self.names)
        num = int(sums.num[0])
        return num if whole else Exact(num, sums.scale, _first(sums.unit))

    def _sums(self, ask: Ask) -> Sums:
        entry = self._entry(ask)
        assert isinstance(entry, Sums)
        return entry

    def _tally(self, ask: Ask) -> Tally:
        entry = self._entry(ask)
        if not isinstance(entry, Tally):
            raise UnknownName(f"{ask} is a figure here: a median, a curve and sums by label need rows")
        return entry

    def _entry(self, ask: Ask) -> Entry:
        self.asked[ask] = None
        found = self.entries.get(ask)
        if found is None:
            found = self._written(ask)
        if found is None:
            found = self.entries[ask] = self._computed(ask)
        return found

    def _written(self, ask: Ask) -> Entry | None:
        """The figure on paper that is this total; one that is a count is a whole number."""
        found = self.entries.get(str(ask))
        if isinstance(found, Sums) and ask.kind in ("count", "missing", "distinct"):
            x = Fraction(int(found.num[0]), found.scale)
            if x < 0 or x.denominator != 1:
                number = f"{float(x):g}"
                raise WrongValue(f"{ask}={number} is no count of rows: give a whole number, 0 or more")
        if isinstance(found, Sums) and found.num[0] < 0 and never_negative(self.record, ask.column):
            raise WrongValue(f"{ask}={float(Fraction(int(found.num[0]), found.scale)):g}: no time is less than nothing")
        return found

    def _computed(self, ask: Ask) -> Entry:
        if self.source is None:
            return self._absent(ask)
        if ask.kind == "count":
            return Sums(self.source.count(ask.where))
        if ask.kind == "tally":
            return self.source.tally(ask.column, ask.where)
        if ask.kind == "split":
            return self.source.sums(ask.column, ask.per, ask.where)
        if ask.kind == "missing":
            return Sums(self.source.missing(ask.column, ask.where))
        return Sums(*self.source.sum(ask.column, ask.where))

    def _absent(self, ask: Ask) -> Entry:
        """What totals without rows say of a total that they lack."""
        have = listed(map(str, self.entries)) or "nothing"
        if self.on_paper:
            if ask.kind == "missing":
                return Sums(np.zeros(1, np.int64))
            if ask.kind in ("tally", "split"):
                raise UnknownName(f"these figures are {have}: a median, a curve and sums by label need rows")
            raise UnknownName(f"these figures are {have}, and {ask} is needed: Totals.of(..., {ask}=...)")
        hint = "name the metric when you summarize the rows"
        if "<lambda>" in str(ask):
            hint = "a lambda is a new condition each time it is written: define it once, as a function"
        raise UnknownName(f"these totals hold {have}, not {ask}: {hint}")

    # ---- adding
    def kept(self) -> Totals:
        """The totals asked for so far, without their rows: small, and ready to be saved and added.

        Beside each sum and distribution they hold the rows it is of and the rows that lack the column, which
        `explain` and `interval` read.
        """
        for ask in list(self.asked):
            if ask.column is not None and self.source is not None:
                lacking = self._sums(Ask("missing", ask.column, ask.where)).num
                some = self._sums(Ask("count", None, ask.where)).num > lacking
                entry = self._entry(ask)
                self.entries[ask] = evolve(entry, unit=unit_where(some, entry.unit))
            self._entry(ask)
        return Totals(self.record, self.keys, self.entries, self.names, zones=self.zones, seen=self._seen())

    def _seen(self) -> Mapping[str, Any]:
        """What the columns that were read showed of what they are."""
        read = {f for ask in self.asked for f in (ask.column, ask.where, ask.per) if f is not None}
        return self.seen if self.source is None else {**self.seen, **self.source.seen(read)}

    def __add__(self, other: Any) -> Totals:
        if not isinstance(other, Totals):
            return NotImplemented
        return merge([self, other])

    def __radd__(self, other: Any) -> Totals:
        return self if other == 0 else NotImplemented

    def __reduce__(self) -> tuple[Any, ...]:
        for ask in self.entries:
            for f in (getattr(ask, "column", None), getattr(ask, "where", None)):
                if "<" in getattr(f, "__qualname__", ""):
                    raise WrongCall(f"{ask} is made by a lambda or an inner function: define it in a module to save it")
        return Totals, (self.record, self.keys, self.entries, self.names, None, self.zones, self.seen)

    def __repr__(self) -> str:
        groups = "" if self.keys is None else f" in {self.size} group{'s' if self.size != 1 else ''}"
        return f"<Totals of {self.record.__name__}: {listed(map(str, self.entries)) or 'nothing asked yet'}{groups}>"

    @classmethod
    def of(cls, record: type[Record], /, **figures: Any) -> Totals:
        """Totals from figures that somebody kept on paper, by the names of the totals a metric asks for.

        They are the names that `explain` shows, and a refusal says which are needed: ``won`` is a count, ``won_amount``
        a sum, ``won_customer`` how many different customers there are, ``won_customer_at_least_2`` how many of them
        occur so often, ``genuine_id_among_created_lead`` how many leads the deals name. What is asked for as a count is
        a whole number, and figures that no rows can give are refused: won deals are no more than closed ones.

        >>> from crm_metrics import Deal, sales
        >>> sales.win_rate(Totals.of(Deal, won=23, closed=40))
        0.575
        >>> sales.repeat_rate(Totals.of(Deal, won_customer=20, won_customer_at_least_2=5))
        0.25
        """
        if not (isinstance(record, type) and issubclass(record, Record)):
            raise WrongCall(f"expected a record class such as Deal, got {shown(record)}")
        read = {name: figure(name, x) for name, x in figures.items()}
        possible(read)
        return cls(record, None, {name: as_sums(x) for name, x in read.items()})


def _first(unit: Unit) -> Unit:
    return unit[0] if isinstance(unit, np.ndarray) else unit


def merge(parts: Iterable[Totals]) -> Totals:
    """Totals of all parts together. Every part must have been summarized for the same metrics and keys.

    Raises `WrongCall` where there is nothing to merge or the parts are grouped differently, `UnknownName` where a part
    lacks a total, `WrongValue` where days of two zones would meet, or a number and a text of one name, or where a
    column was decided to be one thing in one part and another in the next: percentages and fractions, days and times.
    """
    parts = [parts] if isinstance(parts, Totals) else list(each(parts, "totals"))
    if not parts or not all(isinstance(p, Totals) for p in parts):
        raise WrongCall("merge takes one or more totals: summarize(metric, rows) makes them")
    first = parts[0]
    if any(p.record is not first.record for p in parts):
        raise WrongCall(f"totals of {listed(sorted({p.record.__name__ for p in parts}))} do not add")
    if len({p.keys is None for p in parts}) > 1 or len({p.names for p in parts}) > 1:
        raise WrongCall("these totals are grouped differently: summarize every part with the same by=")
    _one_clock(parts)
    parts = [p.kept() if p.source is not None else p for p in parts]
    asks = dict.fromkeys(ask for p in parts for ask in p.entries)
    for ask in asks:
        if any(ask not in p.entries for p in parts):
            raise UnknownName(f"a part lacks {ask}: summarize every part with the same metrics")
    return _merged(parts, list(asks))


def _one_clock(parts: Sequence[Totals]) -> None:
    """Refuse groups by days of two zones, or of one and of none."""
    clocks = frozenset[str]().union(*(p.zones for p in parts))
    if len(clocks) > 1:
        names = " and ".join(sorted(zone or "no zone" for zone in clocks))
        raise WrongValue(f"totals by times of {names} do not add: load every part with the same tz=")


def _merged(parts: Sequence[Totals], asks: Sequence[Any]) -> Totals:
    first = parts[0]
    if first.keys is None:
        keys, at = None, [np.zeros(1, np.intp)] * len(parts)
    else:
        keys = tuple(sorted({k for p in parts for k in p.keys or ()}, key=order))
        one_kind(keys)
        flags_apart(p.keys or () for p in parts)
        index = {k: i for i, k in enumerate(keys)}
        at = [np.array([index[k] for k in p.keys or ()], np.intp) for p in parts]
    n = 1 if keys is None else len(keys)
    entries: dict[Any, Entry] = {}
    for ask in asks:
        laid: list[Any] = [p.entries[ask].lay(places, n) for p, places in zip(parts, at, strict=True)]
        entries[ask] = functools.reduce(lambda a, b: a.add(b), laid)
    clocks = frozenset[str]().union(*(p.zones for p in parts))
    out = Totals(first.record, keys, entries, first.names, zones=clocks, seen=together(p.seen for p in parts))
    out.papers = sum(p.papers for p in parts)
    return out
