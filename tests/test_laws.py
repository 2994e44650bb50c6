"""The seven laws, over every registered metric, every kind of input and every kind of key. Digits, not tolerances.

A new metric is covered by registering it, a new record by its name in `strategies.RECORDS`, a new kind of input by its
line in `inputs.KINDS`. Law 7, that nothing reads the clock, is in test_clocks.py.

What a metric does with totals is tried for every metric on tables; what a kind of input makes of cells, cell by cell
for every record. Where the two meet, one metric of each shape of what is asked (`laws.probes`) reads every kind, and
every other metric some.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import pickle
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import inputs
import numpy as np
import pytest
import strategies
from attrs import evolve
from compared import told
from hypothesis import given, strategies as st
from laws import (
    EVERY_ROW,
    FAMILIES,
    GROWS,
    METRICS,
    VARIANTS,
    Records,
    calls,
    digits,
    keys_of,
    label_of,
    name_of,
    number,
    outcome,
    pair_of,
    probes,
    roles,
    served,
    team,
    timed,
    times_of,
)
from strategies import (
    FAR,
    FEWER,
    INSTANTS,
    MIXED_WORLDS,
    MOMENTS,
    RECORDS,
    TIMES,
    WORLDS,
    Company,
    World,
    again,
    blank,
    companies,
    made,
    moment,
    nobody,
)

from crm_metrics import Breakdown, Deal, Period, columns, hour, merge, month, sales, summarize, table, weekday, where
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.where import column
from crm_metrics._totals.groups import is_timed
from crm_metrics._totals.metric import about, registered
from crm_metrics._totals.of_rows import WHOLE, Shared
from crm_metrics._values.currencies import exponent
from crm_metrics.records.schemas import Record, schema

SHUFFLES = st.builds(random.Random, strategies.SEEDS)
"""Random numbers from one that is drawn: drawing them one by one uses up what an example may draw, and it is wasted."""

by_records = pytest.mark.parametrize("records", FAMILIES, ids=lambda rs: "-".join(r.__name__ for r in rs))
by_record = pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.__name__)


def test_every_metric_is_here() -> None:
    assert len(METRICS) == len(registered()), "two metrics have one name"
    assert {name for name, m in METRICS.items() if about(m).keywords} == set(VARIANTS), "give each keyword in VARIANTS"


def test_every_record_of_a_metric_has_a_strategy() -> None:
    assert {r for m in METRICS.values() for r in about(m).records} <= set(RECORDS)


def one_or_some(data: st.DataObject, records: Records, keys: list[Any], n: int = 3) -> list[Any]:
    """A few of some keys; one where there are many metrics, whose every example is long as it is."""
    n = min(n if len([*calls(records)]) < 20 else 1, len(keys))
    return [keys[i] for i in sorted(data.draw(st.sets(st.integers(0, len(keys) - 1), min_size=n, max_size=n)))]


def some_keys(data: st.DataObject, records: Records) -> list[Any]:
    """A few of all keys, or none: an example need not try them all."""
    return one_or_some(data, records, [None, *keys_of(records)])


# ---------------------------------------------------------------- what the laws are tried on


@by_record
def test_every_field_varies_and_most_of_it_is_there(record: type[Record]) -> None:
    """A guard against a strategy that went dull: whatever a metric, a key or a condition reads has several values."""
    worlds = [World(times, currency) for times in TIMES for currency in (*strategies.CURRENCIES, "several")]
    found = [row for i, world in enumerate(worlds) for row in made(record, world, 14, i)]
    for name in schema(record):
        values = [getattr(row, name) for row in found]
        assert len({v for v in values if v is not None}) > 1 and None in values, name
        assert name == "currency" or sum(v is not None for v in values) >= 0.8 * len(values), name


def test_the_cases_that_break_things_are_drawn() -> None:
    worlds = [World(times, "KWD") for times in TIMES]
    deals = [d for i, world in enumerate(worlds) for d in made(Deal, world, 40, i)]
    amounts = {d.amount for d in deals if d.amount is not None}
    assert any(d.closed_at is not None and d.closed_at == d.created_at for d in deals), "closed at once"
    assert max(amounts) >= 10**12 and min(amounts) < 0 and 0 in amounts, "large, negative and no amounts"
    aware, naive = ([repr(moment(World(times, None), random.Random(i))) for i in range(2000)] for times in TIMES[1::-1])
    assert {repr(said) for said, _ in MOMENTS} <= {*aware} and {*map(repr, (*INSTANTS, *FAR))} <= {*naive}
    assert {exponent(d.currency) for d in made(Deal, World("dates", "several"), 20, 1)} == {0, 2, 3, 4}


@by_records
def test_both_parts_of_a_pair_of_keys_vary_and_meet(records: Records) -> None:
    """Records share labels, so that groups of both have rows on both sides."""
    rows = [open_rows(made(r, World("naive", None), 40, i), r) for i, r in enumerate(records)]
    first, second = pair_of(records)
    columns = [[t[part] if isinstance(part, str) else part(t) for t in rows] for part in (first, second)]
    for of_part in columns:
        shared = set.intersection(*({c.item(i) for i in range(len(c))} for c in of_part)) - {None}
        assert len(shared) > 1 or first == "currency", f"{records} share {shared}"


# ---------------------------------------------------------------- kinds of input

MADE = {"a_table", "pickled_table", "pickled_mapping", "renamed", "chosen", "generator"}  # not the user's own objects
PROBES = probes()
OF_PROBES = sorted({about(getattr(m, "func", m)).records for m in PROBES.values()}, key=str)


class Inputs:
    """The rows of a company as one kind of input, and the tables that say the same."""

    def __init__(self, company: Company, records: Records, kind: str) -> None:
        self.kind, self.records = inputs.KINDS[kind], records
        self.rows = [self.kind.sound(rows, r) for rows, r in zip(company.of(records), records, strict=True)]
        self.expected = [open_rows(self.kind.expected(rows, r), r) for rows, r in zip(self.rows, records, strict=True)]
        self.once = kind == "generator"
        self.made = self._make()
        self.before = None if kind in MADE else [inputs.frozen_copy(x) for x in self.made]

    def _make(self) -> list[Any]:
        return [self.kind.make(rows, r) for rows, r in zip(self.rows, self.records, strict=True)]

    def agree(self, name: str, m: Any, by: Any) -> None:
        """The metric has the same digits of both."""
        got = m(*(self._make() if self.once else self.made), by=by)
        assert digits(got) == digits(told(m(*self.expected, by=by))), f"{name} by {name_of(by)}"

    def are_unchanged(self) -> bool:
        before = self.before
        return before is None or all(inputs.unchanged(x, b) for x, b in zip(self.made, before, strict=True))


# ---------------------------------------------------------------- law 1: partitions do not matter


def pieces(tables: list[Any], randomness: random.Random, n: int = 3) -> list[list[Any]]:
    """The rows of each record, shuffled and cut in `n`, and one piece in which there is nothing."""
    cut: list[list[Any]] = [[] for _ in range(n + 1)]
    for t in tables:
        mixed = randomness.sample(range(len(t)), len(t))
        edges = sorted(randomness.randrange(len(t) + 1) for _ in range(n - 1))
        for part, a, b in zip(cut, [0, *edges, len(t)], [*edges, len(t), len(t)], strict=True):
            part.append(t.take(np.array(mixed[a:b], int)))
    return cut


def added(m: Any, parts: list[list[Any]], by: Any, randomness: random.Random) -> Any:
    """The metric of totals that were summarized apart, saved, and added in any order."""
    saved = [pickle.dumps(summarize(m, *part, by=by)) for part in parts]
    loaded = [pickle.loads(x) for x in randomness.sample(saved, len(saved))]
    each = [[x] for x in loaded] if not isinstance(loaded[0], tuple) else [list(x) for x in loaded]
    return m(*(sum(x) if randomness.random() < 0.5 else merge(x) for x in zip(*each, strict=True)))


@pytest.mark.law
@by_records
@given(data=st.data(), randomness=SHUFFLES)
def test_partitions_do_not_matter(records: Records, data: st.DataObject, randomness: random.Random) -> None:
    tables = data.draw(companies(records)).tables(records)
    parts = pieces(tables, randomness)
    for by in some_keys(data, records):
        for name, m in served(records, by):
            whole = told(m(*tables, by=by))
            assert digits(added(m, parts, by, randomness)) == digits(whole), f"{name} by {name_of(by)}"


@pytest.mark.law
@by_records
@given(data=st.data(), randomness=SHUFFLES)
def test_partitions_do_not_matter_where_currencies_meet(
    records: Records, data: st.DataObject, randomness: random.Random
) -> None:
    """Parts of one currency each are refused exactly where the whole is."""
    company = data.draw(companies(records, MIXED_WORLDS))
    tables = company.tables(records)
    parts = pieces(tables, randomness, 2)
    keys = [None, *(key for k in keys_of(records) if k == "currency" for key in (k, (label_of(records), k)))]
    for by in one_or_some(data, records, keys):
        for name, m in calls(records):
            whole = outcome(lambda m=m, by=by: told(m(*tables, by=by)))
            assert outcome(lambda m=m, by=by: added(m, parts, by, randomness)) == whole, f"{name} by {by}"


@pytest.mark.law
@by_records
@given(data=st.data())
def test_one_pass_serves_all_metrics_of_a_record(records: Records, data: st.DataObject) -> None:
    tables = data.draw(companies(records)).tables(records)
    for by in one_or_some(data, records, [None, label_of(records), team(records)]):
        for role in {roles(m, records) for _, m in calls(records)}:  # what one groups another looks up: not in one pass
            named = {name: m for name, m in calls(records) if roles(m, records) == role}
            _served_at_once(named, tables, by)


def _served_at_once(named: dict[str, Any], rows: list[Any], by: Any) -> None:
    kept = summarize(list(named.values()), *rows, by=by)
    kept = kept if isinstance(kept, tuple) else (kept,)
    for name, m in named.items():
        assert digits(m(*kept)) == digits(told(m(*rows, by=by))), name


# ---------------------------------------------------------------- law 2: order and repetition do not matter


@pytest.mark.law
@by_records
@given(data=st.data(), randomness=SHUFFLES)
def test_the_order_of_rows_does_not_matter(records: Records, data: st.DataObject, randomness: random.Random) -> None:
    company = data.draw(companies(records))
    rows = company.of(records)
    shuffled = [company.table(randomness.sample(x, len(x)), r) for x, r in zip(rows, records, strict=True)]
    tables = company.tables(records)
    for by in some_keys(data, records):
        for name, m in served(records, by):
            assert digits(m(*shuffled, by=by)) == digits(told(m(*tables, by=by))), f"{name} by {name_of(by)}"


def adds_up(result: Breakdown) -> bool:
    """Whether the numbers are totals, which an absent group does not change, or ratios and quantiles."""
    return result.on(("no such group",))["no such group"] == 0


@pytest.mark.law
@by_records
@given(data=st.data(), times=st.sampled_from([2, 3, 7]))
def test_repeated_rows_scale_totals_and_leave_ratios(records: Records, data: st.DataObject, times: int) -> None:
    company = data.draw(companies(records))
    repeated = [
        company.table([again(row, i) for i in range(times) for row in rows], r)
        for rows, r in zip(company.of(records), records, strict=True)
    ]
    tables = company.tables(records)
    for by in one_or_some(data, records, [label_of(records), *(month(t) for t in times_of(records))]):
        for name, m in calls(records):
            once, many = told(m(*tables, by=by)), m(*repeated, by=by)
            assert list(once) == list(many)
            if adds_up(once):
                for key, x in once.items():
                    assert Fraction(*many[key].as_integer_ratio()) == times * Fraction(*x.as_integer_ratio()), name
            elif name in GROWS:
                for key, x in once.items():
                    assert many[key] == pytest.approx(times * x, rel=1e-12, nan_ok=True), name
            else:
                assert digits(many) == digits(once), f"{name} by {name_of(by)}"
            unit = about(getattr(m, "func", m)).unit
            assert {"count": True, "share": False, "days": False}.get(unit, adds_up(once)) == adds_up(once), name


# ---------------------------------------------------------------- law 3: a group equals the filter


def picks(part: Any, label: Any) -> Callable[[Any], Any]:
    """The condition that a row is in the group of this label."""

    def holds(t: Any) -> Any:
        x = t[part] if isinstance(part, str) else part(t)
        if label is None:
            return x.missing
        if isinstance(label, bool):
            return x if label else ~x
        return x == label

    return holds


def few(numbers: Breakdown) -> list[tuple[Any, float]]:
    """Some groups of a breakdown: two that say something where there are such, and the last, that without a label."""
    groups = list(numbers.items())
    telling = [(key, x) for key, x in groups[:-1] if x and not math.isnan(x)]
    return [*(telling or groups[:-1])[:2], *groups[-1:]]


def placed(m: Any, records: Records) -> list[str | None]:
    """The time that a metric reads of each record for a bare time key; WHOLE where it only looks something up."""
    if not timed(m, records):
        return [None if grouped else WHOLE for grouped in roles(m, records)]
    shared = [Shared([], r, month) for r in records]
    m(*shared)
    return [next(iter(s.made)) for s in shared]


def part_of(t: Any, record: type[Record], at: str | None, parts: tuple[Any, ...], labels: tuple[Any, ...]) -> Any:
    """The rows of a group; all rows where a metric only looks something up."""
    if at == WHOLE:
        return t
    own = [p(at) if is_timed(p) else p for p in parts]
    return where(open_rows(t, record), *map(picks, own, labels))


def is_the_filter(name: str, m: Any, records: Records, rows: list[Any], by: Any) -> None:
    """Some groups of a metric are the metric of their rows."""
    at = placed(m, records)
    for key, x in few(told(m(*rows, by=by))):
        labels, parts = (key, by) if isinstance(by, tuple) else ((key,), (by,))
        some = [part_of(t, r, field, parts, labels) for t, r, field in zip(rows, records, at, strict=True)]
        assert number(m(*some)) == number(x), f"{name} of {name_of(by)} {key!r}"


@pytest.mark.law
@by_records
@given(data=st.data())
def test_a_group_equals_the_filter(records: Records, data: st.DataObject) -> None:
    tables = data.draw(companies(records)).tables(records)
    for by in one_or_some(data, records, keys_of(records)):
        for name, m in served(records, by):
            is_the_filter(name, m, records, tables, by)


@pytest.mark.law
@pytest.mark.parametrize("kind", ["records", "polars", "pandas_typed", "dicts"])
@given(data=st.data())
def test_a_group_of_records_and_frames_equals_the_filter(kind: str, data: st.DataObject) -> None:
    """Of a metric of each shape of what is asked."""
    records = data.draw(st.sampled_from(OF_PROBES))
    ours = Inputs(data.draw(companies(records)), records, kind)
    for by in one_or_some(data, records, keys_of(records), 2):
        for name, m in served(records, by):
            if name in PROBES:
                is_the_filter(name, m, records, ours.made, by)


@pytest.mark.law
@by_records
@given(data=st.data())
def test_a_filter_by_a_value_is_the_group_of_it(records: Records, data: st.DataObject) -> None:
    """The words of `where`: field=label, field=None, field=period, a list of labels, a lookup's label."""
    rows = data.draw(companies(records)).tables(records)
    ways = one_or_some(data, records, [by_label, by_lookup, *([by_period] if times_of(records) else [])])
    for name, m in calls(records):
        grouped = roles(m, records)

        def of(*conditions: Any, m: Any = m, grouped: tuple[bool, ...] = grouped, **fields: Any) -> str:
            picked = [where(t, *conditions, **fields) if g else t for t, g in zip(rows, grouped, strict=True)]
            return str(number(m(*picked)))

        for way in ways:
            way(name, m, records, rows, of)


def by_label(name: str, m: Any, records: Records, rows: list[Any], of: Callable[..., str]) -> None:
    first = label_of(records)
    for key, x in few(told(m(*rows, by=first))):
        assert of(**{first: key}) == number(x) == of(**{first: [key, "nobody"]}), name


def by_lookup(name: str, m: Any, records: Records, rows: list[Any], of: Callable[..., str]) -> None:
    group = team(records)
    for key, x in few(told(m(*rows, by=group))):
        if key is not None:
            assert of(group.isin(key)) == number(x), name


def by_period(name: str, m: Any, records: Records, rows: list[Any], of: Callable[..., str]) -> None:
    for field in times_of(records):
        for key, x in few(told(m(*rows, by=month(field)))):
            assert of(**{field: None if key is None else month(key)}) == number(x), f"{name} {field} {key}"


# ---------------------------------------------------------------- law 4: a column reads the same on one record


def record_of(function: column) -> type[Record]:
    """The record that a column function says it reads: ``def won(d: Table[Deal])``."""
    hints = get_type_hints(function.function)
    read = next(get_args(h)[0] for name, h in hints.items() if name != "return")
    return get_args(read)[0] if get_args(read) else read


COLUMNS = [c for c in vars(columns).values() if isinstance(c, column)]


def test_there_are_columns() -> None:
    assert len(COLUMNS) > 10


@pytest.mark.parametrize("function", COLUMNS, ids=repr)
@given(data=st.data())
def test_a_column_reads_the_same_on_a_record_and_on_a_table(function: column, data: st.DataObject) -> None:
    record = record_of(function)
    rows = data.draw(companies((record,), WORLDS | MIXED_WORLDS)).rows[record]
    read = function(table(rows, record))
    assert len(read) == len(rows)
    for i, row in enumerate(rows):
        one, many = function(row), read.item(i)
        assert type(one) is type(many) and one == many


# ---------------------------------------------------------------- law 5: the kind of input does not matter


@pytest.mark.law
@pytest.mark.parametrize("kind", inputs.KINDS)
@given(data=st.data())
def test_every_kind_of_input_gives_the_same_digits(kind: str, data: st.DataObject) -> None:
    """A metric of every shape of what is asked, on its own records."""
    records = data.draw(st.sampled_from(OF_PROBES))
    ours = Inputs(data.draw(companies(records)), records, kind)
    for by in some_keys(data, records):
        for name, m in served(records, by):
            if name in PROBES:
                ours.agree(name, m, by)
    assert ours.are_unchanged()


@pytest.mark.law
@by_records
@given(data=st.data())
def test_every_metric_has_the_same_digits_of_some_kinds(records: Records, data: st.DataObject) -> None:
    company = data.draw(companies(records))
    kinds = data.draw(st.lists(st.sampled_from(sorted(inputs.KINDS)), min_size=2, max_size=2, unique=True))
    keys = [None, *(data.draw(st.sampled_from(keys_of(records))) for _ in kinds[1:])]
    for ours, by in zip([Inputs(company, records, kind) for kind in kinds], keys, strict=True):
        for name, m in served(records, by):
            ours.agree(name, m, by)
        assert ours.are_unchanged()


@pytest.mark.law
@by_records
@given(data=st.data())
def test_every_kind_of_input_agrees_where_currencies_meet(records: Records, data: st.DataObject) -> None:
    company = data.draw(companies(records, MIXED_WORLDS))
    kind = data.draw(st.sampled_from(["texts", "numpy_arrays", "pandas_typed", "polars_categorical", "arrow"]))
    ours = Inputs(company, records, kind)
    for by in one_or_some(data, records, [label_of(records), *(key for key in keys_of(records) if key == "currency")]):
        for name, m in calls(records):
            wanted = outcome(lambda m=m, by=by: told(m(*ours.expected, by=by)))
            assert outcome(lambda m=m, by=by: m(*ours.made, by=by)) == wanted, f"{name} by {by}"


def items(x: Any) -> list[Any]:
    return [x.item(i) for i in range(len(x))]


def are_alike(read: Any, whole: Any) -> None:
    """Two tables hold the same cells and found the same faults; how cells read, and what was decided, is their own."""
    (one, faults), (other, wanted) = (
        (evolve(t.report, decided=(), faults=()), [(f.row, f.field, f.problem) for f in t.report.faults])
        for t in (read, whole)
    )
    assert one == other and faults == wanted and len(read) == len(whole)
    for name in schema(read.record):
        assert items(read[name]) == items(whole[name]), name


@pytest.mark.parametrize("kind", sorted(set(inputs.KINDS) - MADE))
@by_record
@given(data=st.data())
@FEWER
def test_a_table_can_be_made_of_every_kind_of_input(record: type[Record], kind: str, data: st.DataObject) -> None:
    """`table` reads and checks every cell, finds no fault in sound rows, and counts what is missing."""
    company = data.draw(companies((record,), WORLDS | MIXED_WORLDS))
    rows, zone, k = company.rows[record], company.world.tz, inputs.KINDS[kind]
    read = table(k.make(rows, record), record, on_error="skip", tz=zone)
    said = k.expected(rows, record, zone)
    are_alike(read, table(said, record, on_error="skip", tz=zone))
    if said is rows:  # a midnight, or a day, may come before what it did not when it was said otherwise
        assert read.report.kept == len(rows)


@pytest.mark.parametrize("kind", sorted(set(inputs.KINDS) - MADE))
@by_record
@pytest.mark.parametrize("rows", [nobody, blank], ids=["no rows", "rows with nothing in them"])
def test_a_table_can_be_made_of_nothing(rows: Any, record: type[Record], kind: str) -> None:
    k, found = inputs.KINDS[kind], rows((record,)).rows[record]
    read, whole = (table(x, record) for x in (k.make(found, record), k.expected(found, record)))
    assert len(read) == len(found)
    are_alike(read, whole)


# ---------------------------------------------------------------- an instant is the moment that was said


SAYS: dict[str, Callable[[list[Any]], Any]] = {
    "a list of datetimes": lambda said: said,
    "an array of objects": lambda said: np.array(said, object),
    "text": lambda said: [x.isoformat() for x in said],
    "a Series of objects": lambda said: pytest.importorskip("pandas").Series(said, dtype=object),
    "timestamps": lambda said: [pytest.importorskip("pandas").Timestamp(x) for x in said],
}


@pytest.mark.parametrize("how", SAYS)
@by_record
def test_what_is_said_on_any_clock_is_the_moment_that_it_is(record: type[Record], how: str) -> None:
    """Twice on a clock (fold), never on it, at the edge of a year; on records and in columns, whatever the table's
    own clock is."""
    times = strategies.kinds_of(record, "instant")
    said, wanted = zip(*MOMENTS, strict=True)
    for name in times:
        rows = dict.fromkeys((n for n, f in schema(record).items() if f.required), [None] * len(said))
        for zone in strategies.TABLE_ZONES:
            read = table({**rows, name: SAYS[how](list(said))}, record, tz=zone)
            assert items(read[name]) == list(wanted), name
        one = [record(**{**dict.fromkeys(rows), name: x}) for x in said]
        assert [getattr(row, name) for row in one] == list(wanted), name


@pytest.mark.parametrize(("said", "moment_"), MOMENTS, ids=lambda x: x.isoformat() + f" fold {x.fold}")
def test_a_moment_that_is_asked_for_is_the_one_that_is_said(said: dt.datetime, moment_: dt.datetime) -> None:
    """In a comparison, as `as_of` and as an end of a period: twice on a clock, never on it."""
    hour_, day = dt.timedelta(hours=1), dt.timedelta(days=1)
    came = [moment_ - hour_ / 2, moment_, moment_ + hour_ / 2]
    rows = table([Deal(id=i, created_at=x, status="open") for i, x in enumerate(came)], Deal)
    assert items(where(rows, lambda d: d.created_at >= said).id) == ["1", "2"]
    assert items(where(rows, lambda d: d.created_at == said).id) == ["1"]
    assert items(where(rows, created_at=Period(said, moment_ + day)).id) == ["1", "2"]
    assert items(where(rows, created_at=Period(moment_ - day, said)).id) == ["0"]
    assert sales.average_deal_age(rows, as_of=said) == 0.25 / 24


@pytest.mark.law
@pytest.mark.parametrize("record", [r for r in RECORDS if strategies.kinds_of(r, "instant")], ids=lambda r: r.__name__)
@given(data=st.data())
def test_days_are_those_of_the_clock_that_a_table_names(record: type[Record], data: st.DataObject) -> None:
    """By month, day of the week and hour of that clock, by Python's own conversion; bare dates are what they are."""
    zone = data.draw(st.sampled_from(strategies.TABLE_ZONES))
    world = World(data.draw(st.sampled_from(["aware", "aware and dates"])), None, zone)
    company = data.draw(companies((record,), st.just(world)))
    (t,) = company.tables((record,))
    clock = ZoneInfo(zone or "UTC")
    for name in strategies.kinds_of(record, "instant"):
        local = [x.astimezone(clock) if isinstance(x, dt.datetime) else x for x in items(t[name])]
        months = [x and f"{x.year:04}-{x.month:02}" for x in local]
        hours = [x.hour if isinstance(x, dt.datetime) else None for x in local]
        weekdays = [x and x.isoweekday() for x in local]
        assert items(month(name)(t)) == months and items(hour(name)(t)) == hours
        assert items(weekday(name)(t)) == weekdays
        for key in sorted({m for m in months if m}):
            assert len(where(t, **{name: month(key)})) == told(months.count(key))


# ---------------------------------------------------------------- law 6: undefined is NaN


def are_plain(m: Any, tables: list[Any], by: Any) -> None:
    """What is undefined is null as plain data, and everything else a number."""
    found = told(m(*tables, by=by))
    plain = found.to_dict()
    json.dumps([*plain.values()], allow_nan=False)
    assert all(x is None or type(x) in (int, float) for x in plain.values())
    for key, x in found.items():
        assert (plain[key] is None) == math.isnan(x)


@pytest.mark.law
@by_records
@given(data=st.data())
def test_undefined_is_nan_and_json_has_null(records: Records, data: st.DataObject) -> None:
    tables = data.draw(companies(records)).tables(records)
    keys = one_or_some(data, records, keys_of(records))
    for name, m in calls(records):
        alone = m(*tables)
        assert isinstance(alone, (int, float)) and not math.isinf(alone), name
        for by in keys:
            if not is_timed(by) or timed(m, records):
                are_plain(m, tables, by)


@by_records
@pytest.mark.parametrize("company", [nobody, blank], ids=["no rows", "rows with nothing in them"])
def test_of_nothing_a_metric_is_nothing(company: Callable[[Records], Company], records: Records) -> None:
    """No rows, or nothing in them: 0 or undefined, never an error; by every key, in one record as in all of them."""
    empty, full = company(records), {r: made(r, World("naive", None), 9, 1) for r in records}
    n = len(empty.rows[records[0]])
    for name, m in calls(records):
        alone = m(*empty.of(records))
        assert math.isnan(alone) or (alone > 0 if name in EVERY_ROW and n else alone == 0), name
        for by in (key for key in keys_of(records) if not is_timed(key) or timed(m, records)):
            are_plain(m, empty.of(records), by)
        for i in range(len(records)) if len(set(records)) > 1 else ():
            some = [empty.rows[r] if i == j else full[r] for j, r in enumerate(records)]
            assert not math.isinf(m(*some)), name
            are_plain(m, some, label_of(records))
