"""The seven laws, over every registered metric, every kind of input and every kind of key. Digits, not tolerances.

A new metric is covered by registering it, a new record by its line in `strategies.RECORDS`, a new kind of input by its
line in `inputs.KINDS`.
"""

from __future__ import annotations

import ast
import datetime as dt
import importlib
import json
import math
import pickle
import pkgutil
import random
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, get_args, get_type_hints

import attrs
import inputs
import pytest
import strategies
from complete import REQUIRED, complete
from hypothesis import given
from hypothesis import strategies as st
from strategies import MIXED_WORLDS, RECORDS, Company, World, again, companies

import crm_metrics
from crm_metrics import Breakdown, columns, hour, merge, month, quarter, summarize, table, via, weekday, where
from crm_metrics.catalogue import reads
from crm_metrics.cells import text
from crm_metrics.conditions import column
from crm_metrics.errors import MixedCurrencies
from crm_metrics.groups import is_timed
from crm_metrics.kernel import WHOLE, Shared
from crm_metrics.records import Quota
from crm_metrics.registry import about, registered
from crm_metrics.schemas import Record, schema
from crm_metrics.tables import open_rows

Records: TypeAlias = tuple[type[Record], ...]

MODULES = [m.name for m in pkgutil.iter_modules(crm_metrics.__path__) if m.name != "__main__"]
for _name in MODULES:  # a metric is registered when its module is imported
    importlib.import_module(f"crm_metrics.{_name}")

METRICS = {about(m).name: m for m in registered()}
CYCLES: list[dict[str, Any]] = [{"start": "expected_close"}, {"end": "expected_close"}]
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "win_rate": [{"weight": "amount"}, {"overdue_at": dt.date(2018, 1, 1)}],
    "average_deal_size": [{"of": "open"}, {"of": "not_lost"}],
    "loss_rate": [{"basis": "created"}],
    "repeat_rate": [{"counting": "days"}],
    "average_sales_cycle": CYCLES,
    "median_sales_cycle": CYCLES,
    "sales_cycle_quantile": [{"q": 0}, {"q": 0.9}, *CYCLES],
    "cac": [{"basis": "paid"}],
    "win_rate_by": [{"min_age": 90}, {"tracked_from": dt.date(2017, 3, 1)}],
    "median_time_to_win": [{"within": 90}, {"tracked_from": dt.date(2017, 3, 1)}],
    "mean_days_open": [{"min_age": 90, "tracked_from": dt.date(2017, 3, 1)}],
    "lead_conversion_rate": [{"outcome": "won"}, {"with_junk": True}],
    "addon_deals": [{"kind": "upsell"}],
    "addon_revenue_share": [{"kind": "upsell"}],
    "addon_customer_share": [{"kind": "cross_sell"}],
    "addon_lines": [{"kind": "upsell"}],
    "addon_line_share": [{"kind": "cross_sell"}],
    "attach_rate": [{"product": "Anna"}, {"to": "Anna"}, {"product": "Anna", "to": "Boris"}],
    "deals_due_for_return": [{"months": (0, 3)}],
    "stalled_deals": [{"days": 0}],
    "quota_attainment": [{"period": REQUIRED["period"]}],
    "managers_at_quota": [{"period": REQUIRED["period"]}],
    "forecast_error": [{"weight": "amount"}, {"per": "channel"}],
    "forecast_bias": [{"weight": "amount"}],
    "calls_made": [{"counting": "answered"}, {"counting": "linked"}],
    "calls_per_sale": [{"counting": "answered"}],
    "wins_per_call": [{"counting": "linked"}],
    "activities": [{"kind": "email"}],
    "activities_per_sale": [{"kind": "email"}],
    "wins_per_activity": [{"kind": "quote"}],
    "activities_per_manager_month": [{"kind": "call"}],
    "average_document_time": [{"kind": "quote"}],
    "median_document_time": [{"kind": "email"}],
}
EVERY_ROW = {"deals_created", "calls_made", "activities", "manager_months"}
"""What counts every row, whatever is in it."""

GROWS = {"pipeline_velocity", "calls_per_hour"}
"""Rates of what there is: with every row twice they are twice as much."""
FAMILIES = sorted({about(m).records for m in METRICS.values()}, key=str)
SHUFFLES = st.builds(random.Random, st.integers(0, 2**32 - 1))
"""Random numbers from one that is drawn: drawing them one by one uses up what an example may draw, and it is wasted."""

by_records = pytest.mark.parametrize("records", FAMILIES, ids=lambda rs: "-".join(r.__name__ for r in rs))


def calls(records: Records) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every metric of these records, in every variant."""
    for name, m in METRICS.items():
        if about(m).records == records:
            yield name, complete(m)
            for options in VARIANTS.get(name, []):
                yield f"{name}{options}", partial(complete(m), **options)


def roles(m: Any, records: Records) -> tuple[bool, ...]:
    """Which of its records a metric groups; in the others it only looks something up."""
    shared = [Shared([], r, None) for r in records]
    m(*shared)
    return tuple(WHOLE not in s.made for s in shared)


def timed(m: Any, records: Records) -> bool:
    """Whether a metric names a time of each record that it groups; quotas are of spans, which have several."""
    if Quota in records:
        return False  # one that spans several months is refused by month: test_textbook.py has quotas cut by it
    return all(r.at for r, grouped in zip(reads(m), roles(m, records), strict=True) if grouped)


def served(records: Records, by: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The metrics that can be grouped by a key: a bare unit of time needs a time of the metric's own."""
    return (found for found in calls(records) if not is_timed(by) or timed(found[1], records))


def test_every_metric_is_here() -> None:
    assert len(METRICS) == len(registered()), "two metrics have one name"
    assert {name for name, m in METRICS.items() if about(m).keywords} == set(VARIANTS), "give each keyword in VARIANTS"


def test_every_record_of_a_metric_has_a_strategy() -> None:
    assert {r for m in METRICS.values() for r in about(m).records} <= set(RECORDS)


# ---------------------------------------------------------------- keys


def labels_of(records: Records) -> list[str]:
    """The labels that all of these records have, and that repeated rows keep."""
    each = [{n for n, f in schema(r).items() if f.kind is text and not f.choices} | {*r.also} for r in records]
    return sorted(set.intersection(*each) - {"id", "lead", "deal", "customer"}) or ["currency"]


def label_of(records: Records) -> str:
    """One of them."""
    return labels_of(records)[0]


def team(records: Records) -> via:
    """A lookup by that label."""
    names = {"name": ["Anna", "Boris", None, "0"], "team": ["large", "large", "none", "small"]}
    return via(names, "team", label_of(records))


@attrs.frozen
class Late:
    """Whether a label comes late in the alphabet; unknown where there is none."""

    field: str

    def __call__(self, rows: Any) -> Any:
        return rows[self.field].isin("None", "Ёж 🦔")


def times_of(records: Records) -> list[str]:
    """The times that all of these records have."""
    return sorted(set.intersection(*(set(strategies.kinds_of(r, "instant")) for r in records)))


def keys_of(records: Records) -> list[Any]:
    """Keys of every kind for these records."""
    first, last, group = label_of(records), labels_of(records)[-1], team(records)
    keys: list[Any] = [first, (first, last), group, Late(last), month, (group, weekday)]
    if all("currency" in schema(r) for r in records):
        keys.append("currency")
    if len(records) == 1:
        keys += [n for n, f in schema(records[0]).items() if f.choices][:1]
    for name in times_of(records):
        keys += [month(name), hour(name), weekday(name), (first, quarter(name))]
    return keys


def some_keys(data: st.DataObject, records: Records, n: int = 2) -> list[Any]:
    """No key, and a few: an example need not try them all."""
    keys = keys_of(records)
    return [None, *(keys[i] for i in data.draw(st.sets(st.integers(0, len(keys) - 1), min_size=n, max_size=n)))]


def name_of(by: Any) -> str:
    return "-".join(map(name_of, by)) if isinstance(by, tuple) else str(getattr(by, "__name__", by))


# ---------------------------------------------------------------- digits


def digits(x: Any) -> Any:
    """A result as text: every digit, whether it is a whole number or a float, the currency, the groups in order.

    A sum of nothing has no currency of its own.
    """
    if isinstance(x, Breakdown):
        return [(key, digits(v)) for key, v in x.items()]
    return f"{x!r} {getattr(x, 'unit', None) or ''}".rstrip() if x else repr(x)


def number(x: Any) -> Any:
    """The digits without the currency, which a sum and a median alone have and their groups share."""
    return [(key, repr(v)) for key, v in x.items()] if isinstance(x, Breakdown) else repr(float(x))


def outcome(call: Callable[[], Any]) -> Any:
    """The digits, or the refusal to add two currencies."""
    try:
        return digits(call())
    except MixedCurrencies:
        return "mixed currencies"


# ---------------------------------------------------------------- law 1: partitions do not matter


def pieces(company: Company, records: Records, randomness: random.Random, n: int = 3) -> list[list[Any]]:
    """The rows of each record, shuffled and cut in `n`, some of them empty."""
    cut: list[list[Any]] = [[] for _ in range(n)]
    for rows in company.of(records):
        mixed = randomness.sample(rows, len(rows))
        edges = sorted(randomness.randrange(len(rows) + 1) for _ in range(n - 1))
        for part, a, b in zip(cut, [0, *edges], [*edges, len(rows)], strict=True):
            part.append(mixed[a:b])
    return cut


def added(m: Any, parts: list[list[Any]], by: Any, randomness: random.Random) -> Any:
    """The metric of totals that were summarized apart, saved, and added in any order."""
    saved = [pickle.dumps(summarize(m, *part, by=by)) for part in parts]
    loaded = [pickle.loads(x) for x in randomness.sample(saved, len(saved))]
    each = [[x] for x in loaded] if not isinstance(loaded[0], tuple) else [list(x) for x in loaded]
    return m(*(sum(x) if randomness.random() < 0.5 else merge(x) for x in zip(*each, strict=True)))


@by_records
@given(data=st.data(), randomness=SHUFFLES)
def test_partitions_do_not_matter(records: Records, data: st.DataObject, randomness: random.Random) -> None:
    company = data.draw(companies(records))
    parts = pieces(company, records, randomness)
    for by in some_keys(data, records):
        for name, m in served(records, by):
            whole = m(*company.of(records), by=by)
            assert digits(added(m, parts, by, randomness)) == digits(whole), f"{name} by {name_of(by)}"


@by_records
@given(data=st.data(), randomness=SHUFFLES)
def test_partitions_do_not_matter_where_currencies_meet(
    records: Records, data: st.DataObject, randomness: random.Random
) -> None:
    """Parts of one currency each are refused exactly where the whole is."""
    company = data.draw(companies(records, MIXED_WORLDS))
    parts = pieces(company, records, randomness, 2)
    first = label_of(records)
    for by in (None, first, *((first, key) for key in keys_of(records) if key == "currency")):
        for name, m in calls(records):
            whole = outcome(lambda m=m, by=by: m(*company.of(records), by=by))
            assert outcome(lambda m=m, by=by: added(m, parts, by, randomness)) == whole, f"{name} by {by}"


@by_records
@given(data=st.data())
def test_one_pass_serves_all_metrics_of_a_record(records: Records, data: st.DataObject) -> None:
    company = data.draw(companies(records))
    for by in (None, label_of(records), team(records)):
        for role in {roles(m, records) for _, m in calls(records)}:  # what one groups another looks up: not in one pass
            named = {name: m for name, m in calls(records) if roles(m, records) == role}
            _served_at_once(named, company.of(records), by)


def _served_at_once(named: dict[str, Any], rows: list[Any], by: Any) -> None:
    kept = summarize(list(named.values()), *rows, by=by)
    kept = kept if isinstance(kept, tuple) else (kept,)
    for name, m in named.items():
        assert digits(m(*kept)) == digits(m(*rows, by=by)), name


# ---------------------------------------------------------------- law 2: order and repetition do not matter


@by_records
@given(data=st.data(), randomness=SHUFFLES)
def test_the_order_of_rows_does_not_matter(records: Records, data: st.DataObject, randomness: random.Random) -> None:
    company = data.draw(companies(records))
    shuffled = [randomness.sample(rows, len(rows)) for rows in company.of(records)]
    for by in some_keys(data, records):
        for name, m in served(records, by):
            assert digits(m(*shuffled, by=by)) == digits(m(*company.of(records), by=by)), f"{name} by {name_of(by)}"


def adds_up(result: Breakdown) -> bool:
    """Whether the numbers are totals, which an absent group does not change, or ratios and quantiles."""
    return result.on(("no such group",))["no such group"] == 0


@by_records
@given(data=st.data(), times=st.sampled_from([2, 3, 7]))
def test_repeated_rows_scale_totals_and_leave_ratios(records: Records, data: st.DataObject, times: int) -> None:
    company = data.draw(companies(records))
    repeated = [[again(row, i) for i in range(times) for row in rows] for rows in company.of(records)]
    for by in (label_of(records), *([month(t) for t in times_of(records)])):
        for name, m in calls(records):
            once, many = m(*company.of(records), by=by), m(*repeated, by=by)
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
    """Some groups of a breakdown, the group without a label (the last) among them."""
    groups = list(numbers.items())
    return groups[:2] + groups[2:][-1:]


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
    own = [p(at) if p in (month, weekday) else p for p in parts]
    return where(open_rows(t, record), *map(picks, own, labels))


@by_records
@pytest.mark.parametrize("kind", ["records", "a_table", "polars"])
@given(data=st.data())
def test_a_group_equals_the_filter(records: Records, kind: str, data: st.DataObject) -> None:
    company = data.draw(companies(records))
    rows = [inputs.KINDS[kind].make(company.rows[r], r) for r in records]
    for by in some_keys(data, records)[1:]:
        for name, m in served(records, by):
            at = placed(m, records)
            for key, x in few(m(*rows, by=by)):
                labels, parts = (key, by) if isinstance(by, tuple) else ((key,), (by,))
                some = [part_of(t, r, field, parts, labels) for t, r, field in zip(rows, records, at, strict=True)]
                assert number(m(*some)) == number(x), f"{name} of {name_of(by)} {key!r}"


@by_records
@given(data=st.data())
def test_a_filter_by_a_value_is_the_group_of_it(records: Records, data: st.DataObject) -> None:
    """The words of `where`: field=label, field=None, field=period, a list of labels, a lookup's label."""
    company = data.draw(companies(records))
    rows, first, group = company.of(records), label_of(records), team(records)
    for name, m in calls(records):
        grouped = roles(m, records)

        def of(*conditions: Any, m: Any = m, grouped: tuple[bool, ...] = grouped, **fields: Any) -> str:
            picked = [where(t, *conditions, **fields) if g else t for t, g in zip(rows, grouped, strict=True)]
            return str(number(m(*picked)))

        for key, x in few(m(*rows, by=first)):
            assert of(**{first: key}) == number(x) == of(**{first: [key, "nobody"]}), name
        for key, x in few(m(*rows, by=group)):
            if key is not None:
                assert of(group.isin(key)) == number(x), name
        for field in times_of(records):
            for unit in (month, quarter):
                for key, x in few(m(*rows, by=unit(field))):
                    assert of(**{field: None if key is None else unit(key)}) == number(x), f"{name} {field} {key}"


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
    rows = data.draw(companies((record,), strategies.WORLDS | MIXED_WORLDS)).rows[record]
    read = function(table(rows, record))
    assert len(read) == len(rows)
    for i, row in enumerate(rows):
        one, many = function(row), read.item(i)
        assert type(one) is type(many) and one == many


# ---------------------------------------------------------------- law 5: the kind of input does not matter

MADE = {"a_table", "pickled_table", "pickled_mapping", "renamed", "chosen", "generator"}  # not the user's own objects


FEW_KINDS = ("a_table", "texts", "generator", "pandas_typed", "polars_categorical", "arrow")
"""Where a metric reads several records: each of them is read in every kind by metrics of its own."""
EVERY_KIND = [(rs, kind) for rs in FAMILIES for kind in inputs.KINDS if len(rs) == 1 or kind in FEW_KINDS]


@pytest.mark.parametrize(
    ("records", "kind"), EVERY_KIND, ids=lambda x: x if isinstance(x, str) else "-".join(r.__name__ for r in x)
)
@given(data=st.data())
def test_every_kind_of_input_gives_the_same_digits(records: Records, kind: str, data: st.DataObject) -> None:
    company = data.draw(companies(records))
    k = inputs.KINDS[kind]
    expected = [k.expected(company.rows[r], r) for r in records]
    ours = [k.make(company.rows[r], r) for r in records]
    before = None if kind in MADE else [inputs.frozen_copy(x) for x in ours]
    for by in some_keys(data, records):
        for name, m in served(records, by):
            got = m(*([k.make(company.rows[r], r) for r in records] if kind == "generator" else ours), by=by)
            assert digits(got) == digits(m(*expected, by=by)), f"{name} by {name_of(by)}"
    assert before is None or all(inputs.unchanged(x, b) for x, b in zip(ours, before, strict=True))


@by_records
@pytest.mark.parametrize("kind", ["a_table", "texts", "numpy_arrays", "pandas_typed", "polars_categorical", "arrow"])
@given(data=st.data())
def test_every_kind_of_input_agrees_where_currencies_meet(records: Records, kind: str, data: st.DataObject) -> None:
    company = data.draw(companies(records, MIXED_WORLDS))
    k = inputs.KINDS[kind]
    expected = [k.expected(company.rows[r], r) for r in records]
    ours = [k.make(company.rows[r], r) for r in records]
    for by in (label_of(records), *(key for key in keys_of(records) if key == "currency")):
        for name, m in calls(records):
            wanted = outcome(lambda m=m, by=by: m(*expected, by=by))
            assert outcome(lambda m=m, by=by: m(*ours, by=by)) == wanted, f"{name} by {by}"


@pytest.mark.parametrize("kind", sorted(set(inputs.KINDS) - MADE))
@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.__name__)
@given(data=st.data())
def test_a_table_can_be_made_of_every_kind_of_input(record: type[Record], kind: str, data: st.DataObject) -> None:
    """`table` reads and checks every cell, finds no fault in sound rows, and counts what is missing."""
    rows = data.draw(companies((record,))).rows[record]
    k = inputs.KINDS[kind]
    expected = k.expected(rows, record)
    made = table(k.make(rows, record), record, on_error="skip")
    whole = table(expected, record, on_error="skip")  # midnights may come before what their dates did not
    assert made.report == whole.report and len(made) == len(whole)
    for name in schema(record):
        assert [made[name].item(i) for i in range(len(made))] == [whole[name].item(i) for i in range(len(whole))], name
    if not k.midnights:
        assert made.report.kept == len(rows)


# ---------------------------------------------------------------- law 6: undefined is NaN


@by_records
@pytest.mark.parametrize("blank", ["no rows", "rows with nothing in them", "any rows"])
@given(data=st.data())
def test_undefined_is_nan_and_json_has_null(records: Records, blank: str, data: st.DataObject) -> None:
    company = data.draw(companies(records))
    if blank != "any rows":
        n = 0 if blank == "no rows" else 2
        company = Company(company.world, {r: [strategies.nothing(r)] * n for r in records})
    keys = some_keys(data, records)[1:]
    for name, m in calls(records):
        alone = m(*company.of(records))
        assert isinstance(alone, (int, float)) and not math.isinf(alone), name
        if blank != "any rows":
            full = name in EVERY_ROW and n
            assert math.isnan(alone) or (alone > 0 if full else alone == 0), name
        for by in keys:
            if is_timed(by) and not timed(m, records):
                continue
            plain = m(*company.of(records), by=by).to_dict()
            json.dumps([*plain.values()], allow_nan=False)
            assert all(x is None or type(x) in (int, float) for x in plain.values())
            for key, x in m(*company.of(records), by=by).items():
                assert (plain[key] is None) == math.isnan(x)


# ---------------------------------------------------------------- law 7: nothing reads the clock

CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "perf_counter", "monotonic", "localtime", "gmtime"}
HOLDERS = {"dt", "datetime", "date", "time", "pd", "pandas", "Timestamp"}
SOURCES = sorted(p for p in Path(crm_metrics.__file__).parent.rglob("*.py") if p.stem != "__main__")


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_no_module_reads_the_clock(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            reads = node.func.attr in CLOCKS and called.partition(".")[0] in HOLDERS
            reads &= called not in ("dt.time", "datetime.time")
            assert not reads, f"{path.name}:{node.lineno} calls {called}: take as_of= instead"
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            names = {a.name for a in node.names}
            assert not names & CLOCKS, f"{path.name}:{node.lineno} imports {names}"


@by_records
@given(data=st.data())
def test_no_metric_depends_on_when_it_is_called(records: Records, data: st.DataObject) -> None:
    company = data.draw(companies(records))
    first = {name: digits(m(*company.of(records), by=label_of(records))) for name, m in calls(records)}
    with pytest.MonkeyPatch.context() as patch:
        for clock in ("time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"):
            patch.setattr(time, clock, _no_clock)
        second = {name: digits(m(*company.of(records), by=label_of(records))) for name, m in calls(records)}
    assert first == second


def _no_clock(*args: Any) -> Any:
    raise AssertionError("something read the clock")


def test_the_worlds_hold_what_they_say() -> None:
    """The strategies do draw what the laws are about (a guard against a strategy that went dull)."""
    from hypothesis import find

    deals = RECORDS[next(iter(RECORDS))](World("naive and dates", "KWD"))
    assert find(deals, lambda d: d.closed_at is not None and d.closed_at == d.created_at)
    assert find(deals, lambda d: d.amount is not None and abs(d.amount) >= 10**12)
    assert find(deals, lambda d: d.amount is not None and d.amount < 0)
