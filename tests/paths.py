"""Stage changes for the tests: a strategy, and what became of a deal told by plain loops."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from crm_metrics.journeys import Pipeline
from crm_metrics.records import StageChange

STAGES = ("new lead", "contact", "offer", "success")
SALES = Pipeline(STAGES, lost=("refusal", "spam"), side="on hold", name="sales")
AFTER = ("keys", "insurance")
PLACES = (*STAGES, "refusal", "spam", "on hold")
START = dt.datetime(2024, 1, 1)


@st.composite
def stage_changes(draw: Any, most: int = 14, lacking: bool = True, ids: Any = None) -> list[StageChange]:
    """Changes of a few deals in two pipelines within a few days, many at one instant, some lacking this or that."""
    none = [None] if lacking else []
    kind = draw(st.sampled_from(["dates", "times", "both"]))
    day = st.integers(0, 5).map(lambda n: (START + dt.timedelta(days=n)).date())
    time = st.integers(0, 5 * 24).map(lambda n: START + dt.timedelta(hours=n))
    at = {"dates": day, "times": time, "both": day | time}[kind]
    at = at | st.none() if lacking else at
    own = st.tuples(st.just("sales"), st.sampled_from([*PLACES, *none]))
    other = st.tuples(st.sampled_from(["after", *none]), st.sampled_from([*AFTER, *none]))
    change = st.builds(
        lambda deal, where, at, seq, manager: StageChange(
            deal=deal, pipeline=where[0], stage=where[1], at=at, seq=seq, manager=manager
        ),
        st.sampled_from(ids or ["1", "2", "10", *none]),
        st.one_of(own, own, other),
        at,
        st.sampled_from([None, None, 1, 2, "2.5"]),
        st.sampled_from([None, "Anna", "Boris"]),
    )
    return draw(st.lists(change, max_size=most))


def instant(x: Any) -> dt.datetime:
    """A bare date is the beginning of its day."""
    return x if isinstance(x, dt.datetime) else dt.datetime(x.year, x.month, x.day)


def label(x: Any) -> tuple[bool, Any]:
    """Labels in order, None last."""
    return x is None, x or ""


def key(change: Any, pipeline: Pipeline | None = None) -> tuple[Any, ...]:
    """What puts changes in order."""
    own = pipeline is not None and pipeline.name is not None and change.pipeline == pipeline.name
    places = () if pipeline is None else pipeline.places
    place = places.index(change.stage) if change.stage in places else len(places)
    when = (change.at is None, instant(change.at) if change.at else START)
    seq = (change.seq is None, change.seq or 0)
    bare = isinstance(change.at, dt.datetime)
    return (when, seq, not own, label(change.pipeline), place, label(change.stage), label(change.manager), bare)


def by_deal(rows: list[StageChange], pipeline: Pipeline | None = None) -> dict[Any, list[StageChange]]:
    """The entries of each deal in order; of one instant first those in the pipeline that it was in."""
    out = defaultdict(list)
    for change in sorted(rows, key=lambda change: key(change, pipeline)):
        out[change.deal].append(change)
    return {deal: path if deal is None else moves(_staying(_once(path))) for deal, path in out.items()}


def _once(path: list[StageChange]) -> list[StageChange]:
    """Without changes that are there again; without a time or a stage nobody knows whether they are."""
    found: dict[Any, StageChange] = {}
    for i, c in enumerate(path):
        found.setdefault((instant(c.at), c.seq, c.pipeline, c.stage) if c.at and c.stage else i, c)
    return list(found.values())


def _staying(path: list[StageChange]) -> list[StageChange]:
    """Of changes of one instant and number, those in the pipeline of the change before come first."""
    out: list[StageChange] = []
    for _, group in itertools.groupby(path, lambda c: (c.at and instant(c.at), c.seq)):
        own = [out[-1].pipeline] if out else []
        out += sorted(group, key=lambda c: c.pipeline not in own)
    return out


def moves(path: list[StageChange]) -> list[StageChange]:
    """Without what leads where the deal is already; without a time or a stage nobody knows whether it does."""

    def repeats(c: StageChange, before: StageChange) -> bool:
        return c.at is not None and c.stage is not None and (c.pipeline, c.stage) == (before.pipeline, before.stage)

    return path[:1] + [c for before, c in itertools.pairwise(path) if not repeats(c, before)]


def usable(rows: list[StageChange], pipeline: Pipeline) -> list[StageChange]:
    """The changes that lack nothing that a funnel needs."""
    return [c for c in rows if c.deal is not None and c.stage is not None and c.at is not None]


def rows_of(table: Any) -> list[tuple[Any, ...]]:
    """A table row by row."""
    columns = [table[name] for name in sorted(table.columns)]
    return [tuple(plain(column.item(i)) for column in columns) for i in range(len(table))]


def plain(x: Any) -> Any:
    """A cell, whole numbers as such however they are held."""
    return Fraction(x) if isinstance(x, (int, Decimal)) else x


def same_rows(a: Any, b: Any) -> bool:
    """Whether two tables have the same rows, in whatever order."""
    return sorted(map(str, rows_of(a))) == sorted(map(str, rows_of(b)))
