"""Every registered metric, in every variant, with keys of every kind: what the laws run over, and its digits."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import attrs
import strategies
from complete import REQUIRED, complete

import crm_metrics
from crm_metrics import Breakdown, hour, month, quarter, via, weekday
from crm_metrics._scorecards.catalogue import reads
from crm_metrics._tables.table import Table
from crm_metrics._totals.asks import Ask
from crm_metrics._totals.groups import is_timed
from crm_metrics._totals.metric import about, registered
from crm_metrics._totals.of_rows import WHOLE, Shared
from crm_metrics._values.columns import Labels, Quantity
from crm_metrics.cells import text
from crm_metrics.errors import MixedCurrencies
from crm_metrics.records import Quota
from crm_metrics.records.schemas import Record, schema

Records: TypeAlias = tuple[type[Record], ...]

for _module in [m for m in pkgutil.iter_modules(crm_metrics.__path__) if m.name != "__main__"]:
    importlib.import_module(f"crm_metrics.{_module.name}")  # a metric is registered when its module is imported

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


# ---------------------------------------------------------------- shapes

Shape: TypeAlias = "frozenset[tuple[str, ...]]"


def shape(m: Any, tables: list[Any]) -> Shape:
    """What a metric asks for: which kinds of totals, of which kinds of column, grouped or looked up."""
    shared = [Shared(t, t.record, None) for t in tables]
    m(*shared)
    return frozenset(
        ("looked up" if at == WHOLE else "", *kinds_of(ask, s.rows))
        for s in shared
        for at, made in s.made.items()
        for ask in made.asked
    )


def kinds_of(ask: Ask, t: Table[Any]) -> tuple[str, ...]:
    """The kind of a total, of its column and of its finer key, and whether it is of some rows only."""
    columns = [f(t) if callable(f) else "" for f in (ask.column, ask.per)]
    return ask.kind, *map(_kind, columns), "where" if ask.where is not None else ""


def _kind(column: Any) -> str:
    if isinstance(column, Quantity):
        return column.kind
    return "label" if isinstance(column, Labels) else type(column).__name__


def probes(seed: int = 0) -> dict[str, Callable[..., Any]]:
    """As few metrics as ask, together, for every kind of total that any metric asks for."""
    world = strategies.World("naive", "RUB")
    shapes: dict[str, Shape] = {}
    known: dict[str, Callable[..., Any]] = {}
    for records in FAMILIES:
        rows = {r: strategies.made(r, world, 20, seed) for r in records}
        tables = strategies.Company(world, rows, rows).tables(records)
        for name, m in calls(records):
            shapes[name], known[name] = shape(m, tables), m
    found: dict[str, Callable[..., Any]] = {}
    lacking = frozenset().union(*shapes.values())
    while lacking:
        name = max(shapes, key=lambda n: len(shapes[n] & lacking))
        found[name] = known[name]
        lacking -= shapes[name]
    return found


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


def pair_of(records: Records) -> tuple[Any, Any]:
    """Two keys that differ: two labels, or a label and its team where the records share one only."""
    first, *others = labels_of(records)
    return first, others[-1] if others else team(records)


def keys_of(records: Records) -> list[Any]:
    """Keys of every kind for these records."""
    first, last, group = label_of(records), labels_of(records)[-1], team(records)
    keys: list[Any] = [first, pair_of(records), group, Late(last), month, (group, weekday)]
    if all("currency" in schema(r) for r in records):
        keys.append("currency")
    if len(records) == 1:
        keys += [n for n, f in schema(records[0]).items() if f.choices][:1]
    for name in times_of(records):
        keys += [month(name), hour(name), weekday(name), (first, quarter(name))]
    return keys


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
