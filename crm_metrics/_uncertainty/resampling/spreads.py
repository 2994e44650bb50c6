"""Totals of rows by group and bucket, in one pass.

Rows are hashed by their independent unit (the deal, the customer) into buckets. A bucket is a key like any other.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from crm_metrics._tables.opening import open_rows
from crm_metrics._totals.asks import Ask, Sums
from crm_metrics._totals.groups import By, Grouping, Groups, grouping
from crm_metrics._totals.of_rows import Shared
from crm_metrics._totals.source import Source
from crm_metrics._totals.tallies import Split, Tally, tally
from crm_metrics._totals.totals import Totals
from crm_metrics._uncertainty.resampling.asked import Asking, KnownUnits, Wanted
from crm_metrics._uncertainty.resampling.buckets import (
    BUCKETS,
    Unit,
    bucket,
    bucketed,
    by_place,
    named_bucket,
    one_row_each,
    unit_name,
)
from crm_metrics._uncertainty.resampling.ranks import Ranked
from crm_metrics._values.breakdown import Number
from crm_metrics._values.columns import Labels
from crm_metrics._values.exact import BIG, Array, Unit as Currency, big, one_unit, over
from crm_metrics._values.keys import order
from crm_metrics.errors import WrongCall
from crm_metrics.records.schemas import schema


class CellTotals:
    """Totals of one record by group and bucket, as arrays of (group, bucket). A fixed record has one bucket."""

    def __init__(
        self, base: Totals, keys: tuple[Any, ...] | None, buckets: int, names: tuple[str, ...], known: KnownUnits | None
    ) -> None:
        self.base, self.keys, self.buckets, self.names = base, keys, buckets, names
        self.known = known  # None where the record is fixed
        self.ranked: dict[tuple[Ask, float], Ranked] = {}  # quantiles that are taken of rows

    @property
    def groups(self) -> int:
        return 1 if self.keys is None else len(self.keys)

    def on(self, keys: tuple[Any, ...] | None) -> CellTotals:
        """The same totals on more groups; what is only looked up stays whole."""
        if keys is None or keys == self.keys or self.keys is None:
            return self
        place = {k: i for i, k in enumerate(keys)}
        at = np.array([place[k] for k in self.keys or ()], np.intp)
        cells = (at[:, None] * self.buckets + np.arange(self.buckets)).ravel()
        n = len(keys) * self.buckets
        entries = {ask: entry.lay(cells, n) for ask, entry in self.base.entries.items()}
        known = self.known and self.known.on(at, len(keys))
        out = CellTotals(Totals(self.base.record, range(n), entries), keys, self.buckets, self.names, known)
        out.ranked = {k: v.on(at, len(keys)) for k, v in self.ranked.items()}
        return out

    def whole(self) -> Whole:
        """Totals of the groups, all buckets together."""
        entries: dict[Any, Any] = {}
        for ask, e in self.base.entries.items():
            if not isinstance(e, Split):  # of which there are no replicates
                entries[ask] = self._rolled(e) if isinstance(e, Sums) else self._retallied(e)
        return Whole(self.base.record, self.keys, entries, self.names, self.ranked)

    def rank(self, ask: Ask, q: float) -> bool:
        """Take a quantile of the rows; not where numbers are too long for it, or where there are no rows."""
        source = self.base.source
        if source is None or self.buckets == 1:
            return False
        cell, value, x, unit = source._values(ask.column, ask.where)
        if isinstance(x, Labels):
            return False
        found = Ranked(cell, value, self.groups, x.scale, self._units(unit), Fraction(str(q)))
        if found.fits:
            self.ranked[ask, q] = found
            lacking = self.base._sums(Ask("missing", ask.column, ask.where)).num
            self.base.entries.setdefault(Ask("count", None, ask.where), Sums(found.count.ravel() + lacking))
        return found.fits

    def _units(self, unit: Currency) -> Currency:
        """The currency of each group; the buckets of one have the same."""
        if not isinstance(unit, np.ndarray):
            return unit
        out = np.full(self.groups, None, object)
        for column in unit.reshape(self.groups, self.buckets).T:
            out = one_unit(out, column)
        return out

    def _rolled(self, e: Sums) -> Sums:
        num = e.num if e.num.dtype == object or big(e.num) * self.buckets <= BIG else e.num.astype(object)
        return Sums(num.reshape(self.groups, self.buckets).sum(axis=1), e.scale, self._units(e.unit))

    def _retallied(self, e: Tally) -> Tally:
        out = tally(e.group // self.buckets, e.value, e.count)
        return Tally(out.group, out.value, out.count, e.scale, e.labels, self._units(e.unit))

    def array(self, ask: Ask) -> Array:
        """One kind of total as floats (group, bucket)."""
        e = self.base.entries[ask]
        assert isinstance(e, Sums)
        return over(e.num, e.scale).reshape(self.groups, self.buckets)


class Whole(Totals):
    """Totals of the groups, with the quantiles that were taken of rows."""

    def __init__(self, record: type, keys: Any, entries: Any, names: Any, ranked: dict[Any, Ranked]) -> None:
        super().__init__(record, keys, entries, names)
        self.ranked = ranked

    def quantile(self, column: Any, q: float, *, where: Any = None) -> Number:
        found = self.ranked.get((Ask("tally", column, where), float(q)))
        return super().quantile(column, q, where=where) if found is None else found.number(self.keys, self.names)


# ---------------------------------------------------------------- from rows, and from summarized totals


class Spread(Shared):
    """Rows of one record, spread over buckets; a metric called on it says what it needs."""

    def __init__(self, rows: Any, record: type, by: By) -> None:
        super().__init__(rows, record, None)
        if self.given is not None and by is not None:
            raise WrongCall("totals are grouped already: give by= where the rows are summarized")
        self.by = by
        self.wanted: dict[str | None, Wanted] = {}
        self.looked = False

    def totals(self, at: str | None) -> Totals:
        return Asking(self.record, self.wanted.setdefault(at, Wanted()))

    def whole(self) -> Totals:
        self.looked = True
        return Asking(self.record, Wanted())

    def looked_up(self) -> Totals | None:
        """The totals of all rows, in which something is looked up: they are as they are, in every resample."""
        return super().whole() if self.looked else None

    def is_free(self, unit: Unit | None) -> bool:
        """Whether the rows are units, or of units; rows that are not (spend) are held fixed."""
        if not self.wanted:
            return False
        if self.given is not None:
            return self._key() is not None
        if unit is None:
            return "id" in schema(self.record) or "id" in self.rows
        return not isinstance(unit, str) or unit in self.rows

    def _key(self) -> tuple[str, int, int] | None:
        assert self.given is not None
        return named_bucket(self.given.names[-1]) if self.given.keys is not None and self.given.names else None

    def each_alone(self, unit: Unit | None) -> bool:
        """Whether every row is a unit of its own, as far as the rows tell."""
        if self.given is not None:
            return False
        if unit is None and "id" not in self.rows:
            return True
        return one_row_each(open_rows(self.rows, self.record), unit or "id")

    def cells(self, at: str | None, unit: Unit | None, seed: int, *, spread: bool) -> CellTotals:
        """The totals that were asked for at one time, by group and bucket; without buckets where none are needed."""
        made = self._made(at, unit, seed, spread) if self.given is None else self._given(unit, seed)
        wanted = self.wanted[at]
        ranked = {ask for ask, q in wanted.quantiles if made.rank(ask, q)} - wanted.counted.keys()
        for ask in wanted.all():
            if ask not in ranked and (ask.kind != "missing" or self.given is None or ask in made.base.entries):
                made.base._entry(ask)
        return made

    def _made(self, at: str | None, unit: Unit | None, seed: int, spread: bool) -> CellTotals:
        t = open_rows(self.rows, self.record)
        g = grouping(t, self.by, at)
        keys = g.keys()
        groups = 1 if keys is None else len(keys)
        source = Source(t, _plain(g))
        if not self.is_free(unit):
            return CellTotals(Totals(self.record, range(groups), {}, source=source), keys, 1, g.names, None)
        known = KnownUnits(np.full(groups, self.each_alone(unit)), unit or "id", source)
        if not spread:
            return CellTotals(Totals(self.record, range(groups), {}, source=source), keys, 1, g.names, known)
        key = bucket(unit or "id", BUCKETS, seed)
        if unit is None and "id" not in t:
            codes = by_place(len(t), key)
        else:
            if ("buckets", key) not in t.memo:
                t.memo["buckets", key] = bucketed(t, key, by_place=True)
            codes = t.memo["buckets", key]
        size = groups * BUCKETS
        base = Totals(self.record, range(size), {}, source=Source(t, _by_bucket(g, codes)))
        return CellTotals(base, keys, BUCKETS, g.names, known)

    def _given(self, unit: Unit | None, seed: int) -> CellTotals:
        """Totals that were summarized by a bucket, the last of their keys."""
        given, key = self.given, self._key()
        assert given is not None
        if key is None or given.keys is None:
            if ("id" if unit is None else unit_name(unit)) not in schema(self.record):
                groups = 1 if given.keys is None else len(given.keys)
                fixed = Totals(self.record, range(groups), given.entries)
                return CellTotals(fixed, None if given.keys is None else tuple(given.keys), 1, given.names, None)
            raise WrongCall(
                f'for an interval of totals, summarize them with by=(..., bucket("{unit_name(unit or "id")}"))'
            )
        name, of, sown = key
        if unit is not None and unit_name(unit) != name:
            raise WrongCall(f"these totals are by bucket({name}), and unit={unit_name(unit)!r}: summarize them by that")
        if of != BUCKETS:
            raise WrongCall(f'these totals are in {of} buckets; intervals are made of {BUCKETS}: bucket("{name}")')
        if sown != seed:
            raise WrongCall(f"these totals were summarized with seed={sown}, and seed={seed} is asked: give the same")
        wide = len(given.names)
        labels: list[Any] = [None if wide == 1 else k[0] if wide == 2 else k[:-1] for k in given.keys]
        keys = tuple(sorted(set(labels), key=order)) if len(given.names) > 1 else None
        place = {k: i for i, k in enumerate(keys or (None,))}
        last = [k[-1] if isinstance(k, tuple) else k for k in given.keys]
        at = np.array([place[k] * BUCKETS + b for k, b in zip(labels, last, strict=True)], np.intp)
        n = len(place) * BUCKETS
        entries = {ask: entry.lay(at, n) for ask, entry in given.entries.items()}
        known = KnownUnits(None, name)
        return CellTotals(Totals(self.record, range(n), entries), keys, BUCKETS, given.names[:-1], known)


def _plain(g: Grouping) -> Grouping:
    return Grouping(g.groups, np.arange(1) if g.present is None else g.present, g.columns, g.names, g.single)


def _by_bucket(g: Grouping, codes: Array) -> Grouping:
    present = np.zeros(1, np.intp) if g.present is None else g.present
    cells = (present[:, None] * BUCKETS + np.arange(BUCKETS)).ravel()
    return _BucketKeys(g.groups.also((codes, BUCKETS)), cells, g.columns, g.names, g.single)


class _BucketKeys(Grouping):
    """Groups by bucket. Their keys are only read to say in which group two currencies met."""

    def keys(self) -> tuple[Any, ...] | None:
        assert self.present is not None
        groups = Grouping(Groups((), 0), self.present // BUCKETS, self.columns, self.names, self.single)
        return groups.keys() if self.columns else None
