"""One pass over the rows, and the metric on any weighted resample of them.

Rows are hashed by their independent unit (the deal, the customer) into buckets. A bucket is a key like any other, so
totals by group and bucket take one pass, and a resample is a weighted sum of bucket totals: any metric that is a
function of totals can be replicated, on summarized parts of the data too.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics.breakdown import Breakdown, Number, joint, order
from crm_metrics.errors import UnknownName, WrongCall, listed
from crm_metrics.exact import BIG, Array, Exact, big, divide, one_unit
from crm_metrics.groups import By, Grouping, Groups, grouping
from crm_metrics.kernel import WHOLE, Ask, Shared, Sums, Totals
from crm_metrics.quantiles import of_tally
from crm_metrics.registry import about
from crm_metrics.sources import Source
from crm_metrics.tables import Table, open_rows
from crm_metrics.tallies import Split, Tally, tally
from crm_metrics.values import Labels

BUCKETS = 200
NO_INTERVAL = "this number has no interval by resampling: give its parts, or its curve, one"
RESAMPLES = 400


# ---------------------------------------------------------------- buckets


@frozen
class bucket:  # noqa: N801  # a key, like month
    """A key: the independent unit of a row, hashed into one of `of` buckets.

    ``summarize(metric, rows, by=("manager", bucket("customer")))`` makes totals that add over chunks and still give
    intervals. A row without the unit is a unit of its own.
    """

    unit: str = "id"
    of: int = BUCKETS
    seed: int = 0

    @property
    def __name__(self) -> str:
        return f"bucket({self.unit})"

    def __call__(self, t: Table[Any]) -> Labels:
        if self not in t.memo:
            t.memo[self] = Labels(self._codes(t), range(self.of))
        made: Labels = t.memo[self]
        return made

    def _codes(self, t: Table[Any]) -> Array:
        column = t[self.unit]
        if not isinstance(column, Labels):
            raise WrongCall(f"unit={self.unit!r} holds no ids or labels: name the field that tells units apart")
        of_label = (_mixed(_hashes(t, self.unit, column), self.seed) % np.uint64(self.of)).astype(np.uint16)
        codes = of_label.take(column.codes)
        if column.known < len(column.labels):
            alone = np.flatnonzero(column.missing.true)
            codes[alone] = self._alone(t, alone)
        return np.asarray(codes)

    def _alone(self, t: Table[Any], rows: Array) -> Array:
        """Buckets of rows without the unit: by their own id where they have one, else by their place."""
        if self.unit != "id" and "id" in t:
            own = bucket("id", self.of, self.seed)(t).codes.take(rows)
        else:
            own = (_mixed(rows.astype(np.uint64), self.seed) % np.uint64(self.of)).astype(np.uint16)
        return np.asarray(own)


def _hashes(t: Table[Any], unit: str, column: Labels) -> Array:
    """A hash of each label, the same in every process; kept, since it costs more than all the rest."""
    key = ("crc32", unit)
    if key not in t.memo:
        raw = (zlib.crc32(str(k).encode()) for k in column.labels)
        t.memo[key] = np.fromiter(raw, np.uint64, len(column.labels))
    made: Array = t.memo[key]
    return made


def _mixed(h: Array, seed: int) -> Array:
    """Splitmix64: every bit of the hash and of the seed moves every bit of the result."""
    out: Array
    with np.errstate(over="ignore"):
        h = h + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & (2**64 - 1))
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        out = h ^ (h >> np.uint64(31))
    return out


# ---------------------------------------------------------------- totals by group and bucket


class Cells:
    """Totals of one record by group and bucket, as arrays of (group, bucket). A fixed record has one bucket."""

    def __init__(self, base: Totals, keys: tuple[Any, ...] | None, buckets: int, names: tuple[str, ...]) -> None:
        self.base, self.keys, self.buckets, self.names = base, keys, buckets, names
        self.has_quantile = False

    @property
    def groups(self) -> int:
        return 1 if self.keys is None else len(self.keys)

    def on(self, keys: tuple[Any, ...] | None) -> Cells:
        """The same totals on more groups; what is only looked up stays whole."""
        if keys is None or keys == self.keys or self.keys is None:
            return self
        place = {k: i for i, k in enumerate(keys)}
        at = np.array([place[k] for k in self.keys or ()], np.intp)
        cells = (at[:, None] * self.buckets + np.arange(self.buckets)).ravel()
        n = len(keys) * self.buckets
        entries = {ask: entry.lay(cells, n) for ask, entry in self.base.entries.items()}
        return Cells(Totals(self.base.record, range(n), entries), keys, self.buckets, self.names)

    def whole(self) -> Totals:
        """Totals of the groups, all buckets together."""
        entries: dict[Any, Any] = {}
        for ask, e in self.base.entries.items():
            if not isinstance(e, Split):  # of which there are no replicates
                entries[ask] = self._rolled(e) if isinstance(e, Sums) else self._retallied(e)
        return Totals(self.base.record, self.keys, entries, self.names)

    def _rolled(self, e: Sums) -> Sums:
        num = e.num if e.num.dtype == object or big(e.num) * self.buckets <= BIG else e.num.astype(object)
        unit = e.unit
        if isinstance(unit, np.ndarray):
            by_group = unit.reshape(self.groups, self.buckets)
            unit = np.full(self.groups, None, object)
            for column in by_group.T:
                unit = one_unit(unit, column)
        return Sums(num.reshape(self.groups, self.buckets).sum(axis=1), e.scale, unit)

    def _retallied(self, e: Tally) -> Tally:
        out = tally(e.group // self.buckets, e.value, e.count)
        return Tally(out.group, out.value, out.count, e.scale, e.labels, e.unit)

    def array(self, ask: Ask) -> Array:
        """One kind of total as floats (group, bucket)."""
        e = self.base.entries[ask]
        assert isinstance(e, Sums)
        return divide(e.num, np.full(len(e.num), e.scale, object if e.scale > BIG else np.int64)).reshape(
            self.groups, self.buckets
        )


class _Asking(Totals):
    """Totals of cells for a first run of the metric: what it asks is computed, what it is told is 1."""

    def __init__(self, cells: Cells) -> None:
        super().__init__(cells.base.record, None, {})
        self.cells = cells

    def _entry(self, ask: Ask) -> Any:
        base = self.cells.base
        base._entry(ask)
        if ask.kind in ("sum", "tally"):
            base._entry(Ask("count", None, ask.where))
        if ask.kind == "sum":
            base._entry(Ask("missing", ask.column, ask.where))
        if ask.kind == "tally":
            return Tally(np.zeros(1, np.intp), np.zeros(1, np.int64), np.ones(1, np.int64), labels=("",))
        if ask.kind == "split":
            raise WrongCall(NO_INTERVAL)
        return Sums(np.ones(1, np.int64))

    def tally(self, column: Any, *, where: Any = None) -> Tally:
        raise WrongCall(NO_INTERVAL)

    def quantile(self, column: Any, q: float, *, where: Any = None) -> Number:
        self.cells.has_quantile = True
        self._entry(Ask("tally", column, where))
        return 1.0


class _Spread(Shared):
    """Rows of one record, spread over buckets; a metric called on it asks what it needs."""

    def __init__(self, rows: Any, record: type, by: By, unit: str, seed: int) -> None:
        super().__init__(rows, record, None)
        self.by, self.unit, self.seed = by, unit, seed
        self.spread: dict[str | None, Cells] = {}

    def totals(self, at: str | None) -> Totals:
        if at not in self.spread:
            self.spread[at] = self._given() if self.given is not None else self._made(at)
        return _Asking(self.spread[at])

    def whole(self) -> Totals:
        """Rows in which something is looked up are held fixed."""
        if self.given is not None:
            return self.given
        if WHOLE not in self.spread:
            source = Source(self.rows, Grouping(Groups((), len(self.rows)), np.zeros(1, np.intp), (), (), True))
            self.spread[WHOLE] = Cells(Totals(self.record, range(1), {}, source=source), None, 1, ())
        return _Asking(self.spread[WHOLE])

    @property
    def is_free(self) -> bool:
        """Whether the rows have the unit; rows that lack it (spend) are held fixed."""
        return self.given is not None or self.unit in self.rows

    def _made(self, at: str | None) -> Cells:
        t = open_rows(self.rows, self.record)
        g = grouping(t, self.by, at)
        keys = g.keys()
        if not self.is_free:
            base = Totals(self.record, range(1 if keys is None else len(keys)), {}, source=Source(t, _plain(g)))
            return Cells(base, keys, 1, g.names)
        b = bucket(self.unit, BUCKETS, self.seed)(t)
        finer = _by_bucket(g, b)
        size = (1 if keys is None else len(keys)) * BUCKETS
        return Cells(Totals(self.record, range(size), {}, source=Source(t, finer)), keys, BUCKETS, g.names)

    def _given(self) -> Cells:
        """Totals that were summarized by a bucket, the last of their keys."""
        given = self.given
        assert given is not None
        if given.keys is None or not given.names or not given.names[-1].startswith("bucket("):
            raise WrongCall('for an interval of totals, summarize them with by=(..., bucket("id"))')
        several = len(given.names) > 1
        groups = [k[:-1] if len(given.names) > 2 else k[0] for k in given.keys] if several else [None] * len(given.keys)
        keys = tuple(sorted(set(groups), key=order)) if several else None
        place = {k: i for i, k in enumerate(keys or (None,))}
        last = [k[-1] if isinstance(k, tuple) else k for k in given.keys]
        at = np.array([place[k] * BUCKETS + b for k, b in zip(groups, last, strict=True)], np.intp)
        n = len(place) * BUCKETS
        entries = {ask: entry.lay(at, n) for ask, entry in given.entries.items()}
        return Cells(Totals(self.record, range(n), entries), keys, BUCKETS, given.names[:-1])


def _plain(g: Grouping) -> Grouping:
    return Grouping(g.groups, np.arange(1) if g.present is None else g.present, g.columns, g.names, g.single)


def _by_bucket(g: Grouping, b: Labels) -> Grouping:
    present = np.zeros(1, np.intp) if g.present is None else g.present
    cells = (present[:, None] * BUCKETS + np.arange(BUCKETS)).ravel()
    return _BucketKeys(g.groups.also((b.codes, BUCKETS)), cells, g.columns, g.names, g.single)


class _BucketKeys(Grouping):
    """Groups by bucket. Their keys are only read to say in which group two currencies met."""

    def keys(self) -> tuple[Any, ...] | None:
        assert self.present is not None
        groups = Grouping(Groups((), 0), self.present // BUCKETS, self.columns, self.names, self.single)
        return groups.keys() if self.columns else (None,) * len(self.present)


# ---------------------------------------------------------------- replicates


class _Resampled(Totals):
    """Weighted sums of bucket totals: one group for each (group, replicate)."""

    def __init__(self, cells: Cells, whole: Totals, weights: Array | None, replicates: int) -> None:
        super().__init__(cells.base.record, range(cells.groups * replicates), {})
        self.cells, self.whole, self.weights, self.replicates = cells, whole, weights, replicates

    def _weighted(self, x: Array) -> Array:
        """(group, bucket) -> (group, replicate); without weights, each replicate leaves one bucket out."""
        if self.cells.buckets == 1:
            return np.repeat(x, self.replicates, axis=1)
        if self.weights is None:
            return np.asarray((x.sum(axis=1, keepdims=True) - x) * (BUCKETS / (BUCKETS - 1)))
        return np.asarray(x @ self.weights.T)

    def _out_of(self, ask: Ask) -> Breakdown:
        return Breakdown(self.keys or (), self._weighted(self.cells.array(ask)).ravel())

    def count(self, where: Any = None) -> Number:
        return self._out_of(Ask("count", None, where))

    def sum(self, column: Any, *, where: Any = None) -> Number:
        return self._out_of(Ask("sum", column, where))

    def missing(self, column: Any, *, where: Any = None) -> Number:
        return self._out_of(Ask("missing", column, where))

    def counts(self, column: Any, *, where: Any = None) -> Breakdown:
        raise WrongCall("a metric whose groups come from the data's values has no interval: use by= for them")

    def tally(self, column: Any, *, where: Any = None) -> Tally:
        raise WrongCall(NO_INTERVAL)

    def sums(self, column: Any, *, per: Any, where: Any = None) -> Breakdown:
        raise WrongCall(NO_INTERVAL)

    def labels(self, column: Any, *, where: Any = None) -> frozenset[Any]:
        return self.whole.labels(column, where=where)

    def distinct(self, column: Any, *, where: Any = None, at_least: int = 1) -> Number:
        if at_least == 1:
            return self._different(Ask("tally", column, where), lambda tally: np.ones(len(tally.count), bool))
        return self._different(Ask("tally", column, where), lambda tally: tally.count >= at_least)

    def _different(self, ask: Ask, hit: Callable[[Tally], Array]) -> Number:
        """Values that a bucket alone holds count with its weight; those of several buckets count once."""
        t, whole = self.cells.base.entries[ask], self.whole.entries[ask]
        assert isinstance(t, Tally) and isinstance(whole, Tally)
        group, value = t.group // self.cells.buckets, t.value
        by = np.lexsort((value, group))
        g, v, cell = group[by], value[by], t.group[by]
        new = np.append(True, (g[1:] != g[:-1]) | (v[1:] != v[:-1])) if len(g) else np.empty(0, bool)
        alone = new & np.append(new[1:], True) if len(g) else new
        counts = hit(whole)[np.cumsum(new) - 1] if len(g) else new  # both are sorted by group and value
        own = np.bincount(cell[alone & counts], minlength=self.cells.groups * self.cells.buckets)
        shared = np.bincount(g[new & ~alone & counts], minlength=self.cells.groups)
        x = self._weighted(own.reshape(self.cells.groups, self.cells.buckets).astype(float)) + shared[:, None]
        return Breakdown(self.keys or (), x.ravel())

    def quantile(self, column: Any, q: float, *, where: Any = None) -> Number:
        """The sample's quantile at each replicate's shift of rank (Bahadur): nothing is sorted again."""
        ask, share = Ask("tally", column, where), Fraction(str(q))
        whole, cells = self.whole.entries[ask], self.cells.base.entries[ask]
        assert isinstance(whole, Tally) and isinstance(cells, Tally)
        size, buckets = self.cells.groups, self.cells.buckets
        at, n = of_tally(whole, size, share), whole.sizes(size)
        group = cells.group // buckets
        hit = cells.count * (2 * cells.value <= at[group])
        below = np.bincount(cells.group, hit, size * buckets).reshape(size, buckets)
        count = np.bincount(cells.group, cells.count, size * buckets).reshape(size, buckets)
        with np.errstate(all="ignore"):
            shift = self._weighted(below) / self._weighted(count) - (below.sum(1) / count.sum(1))[:, None]
        return Breakdown(self.keys or (), _at_rank(whole, n, float(q) - shift).ravel())


def _at_rank(whole: Tally, n: Array, p: Array) -> Array:
    """The value at rank `p` of each group, for many `p`."""
    if not len(whole.count):
        return np.full(p.shape, np.nan)
    reached = np.cumsum(whole.count)
    before = np.append(0, reached)[np.searchsorted(whole.group, np.arange(len(n)))][:, None]
    rank = np.ceil(np.nan_to_num(p) * n[:, None]).astype(np.int64)
    rank = np.clip(rank, 1, np.maximum(n, 1)[:, None]) + before
    value = whole.value[np.minimum(np.searchsorted(reached, rank), len(reached) - 1)]
    return np.where(np.isnan(p) | (n[:, None] == 0), np.nan, value.astype(float) / whole.scale)


class _Fixed(Shared):
    """Totals that were made already, by the time they were read at."""

    def __init__(self, record: type, made: dict[str | None, Totals]) -> None:
        self.record, self.by, self.given, self.made = record, None, None, made

    def totals(self, at: str | None) -> Totals:
        return self.made[at]

    def whole(self) -> Totals:
        return self.made[WHOLE]


@frozen(eq=False)
class Replicates:
    """A metric's number for each group, and its numbers on resamples of the independent units."""

    keys: tuple[Any, ...] | None
    names: tuple[str, ...]
    value: Array
    resampled: Array
    n: Array  # rows behind the number
    units: Array  # buckets that hold any of them: a floor for the number of independent units
    proportion: bool
    jackknife: bool
    unit: Any = None


class Sides:
    """The rows of a metric, asked what it needs; several of them (before and after) share their resamples."""

    def __init__(self, metric: Any, rows: Sequence[Any], by: By, unit: str, seed: int) -> None:
        self.metric, self.records = metric, about(metric).records
        if len(rows) != len(self.records):
            names = listed(r.__name__ for r in self.records)
            raise WrongCall(f"{about(metric).name} reads {names}: give rows of each, got {len(rows)}")
        self.sides = [_Spread(r, record, by, unit, seed) for r, record in zip(rows, self.records, strict=True)]
        if not any(side.is_free for side in self.sides):
            have = listed(n for side in self.sides for n in side.rows.columns)
            raise UnknownName(
                f"no rows have the unit {unit!r}; they have {have}: name the unit that is independent, unit="
            )
        metric(*self.sides)
        self.cells = [list(side.spread.items()) for side in self.sides]

    @property
    def all_cells(self) -> list[Cells]:
        return [cells for side in self.cells for _, cells in side]

    @property
    def asks(self) -> list[Ask]:
        return [ask for cells in self.all_cells for ask in cells.base.entries if isinstance(ask, Ask)]

    @property
    def keys(self) -> tuple[Any, ...] | None:
        """The groups of all records together."""
        grouped = [cells for side in self.cells for at, cells in side if at != WHOLE]
        if any(cells.keys is None for cells in grouped):
            return None
        return tuple(joint(*(Breakdown(cells.keys or (), num=np.zeros(cells.groups, int)) for cells in grouped)))

    def replicates(self, keys: tuple[Any, ...] | None, weights: Array | None) -> Replicates:
        """The metric on the whole and on resamples, for these groups."""
        laid = [[(at, cells.on(keys)) for at, cells in side] for side in self.cells]
        whole = [{at: cells.whole() for at, cells in side} for side in laid]
        groups = 1 if keys is None else len(keys)
        count = BUCKETS if weights is None else len(weights)
        resampled = [
            {at: _Resampled(cells, totals[at], weights, count) for at, cells in side}
            for side, totals in zip(laid, whole, strict=True)
        ]
        value = self.metric(*(_Fixed(r, dict(t)) for r, t in zip(self.records, whole, strict=True)))
        again = self.metric(*(_Fixed(r, dict(t)) for r, t in zip(self.records, resampled, strict=True)))
        n, units = self._sizes(laid, groups)
        names = next((cells.names for cells in self.all_cells if cells.names), ())
        return Replicates(
            keys,
            names,
            np.broadcast_to(np.asarray(value, float), groups),
            np.broadcast_to(np.asarray(again, float), groups * count).reshape(groups, count),
            n,
            units,
            self.is_proportion,
            weights is None,
        )

    @property
    def is_proportion(self) -> bool:
        """Whether the number is a share of rows: of counts alone, of one record."""
        return (
            about(self.metric).unit == "share" and len(self.records) == 1 and {a.kind for a in self.asks} == {"count"}
        )

    @property
    def has_quantile(self) -> bool:
        """Whether it needs ranks, which a delete-one jackknife does not serve."""
        return any(cells.has_quantile for cells in self.all_cells)

    def _sizes(self, laid: list[list[tuple[str | None, Cells]]], groups: int) -> tuple[Array, Array]:
        n, units = np.zeros(groups), np.zeros(groups, int)
        for cells in (cells for side in laid for _, cells in side if cells.buckets > 1):
            rows = np.zeros((groups, BUCKETS))
            for ask in cells.base.entries:
                if isinstance(ask, Ask) and ask.kind == "count":
                    rows = np.maximum(rows, cells.array(ask))
            n = np.maximum(n, rows.sum(axis=1))
            units = np.maximum(units, (rows > 0).sum(axis=1))
        return n, units


def weights(seed: int) -> Array:
    """How often each bucket is drawn, in each of many resamples."""
    return np.random.default_rng(seed).multinomial(BUCKETS, np.full(BUCKETS, 1 / BUCKETS), RESAMPLES).astype(float)


__all__ = ["BUCKETS", "Exact", "Replicates", "Sides", "bucket", "weights"]
