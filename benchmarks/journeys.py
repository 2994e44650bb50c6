"""Folds over stage changes, and the repeat rate, against polars, duckdb and pandas: ``python -m benchmarks.journeys``.

Unsorted changes (``--rows 3e6``) of a tenth as many deals in seven stages: integer ids, labels as codes, times in whole
seconds. Deals (``--deals 2e7``) of a quarter as many customers with integer ids. Ours and polars start from one polars
frame, duckdb from a table and pandas from a frame of their own; pandas takes part where its copies fit into memory. A
ratio is the peer's number over ours: above 1 we are faster, or need less memory beyond the data. The answers are
compared before anything is timed.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import numpy as np

from benchmarks.measure import _timed, extra_memory, paused
from benchmarks.repeats import REPEATS, START_OF_DEALS, deals
from crm_metrics.journeys import Pipeline, first_entries, stays
from crm_metrics.sales.funnels import funnel
from crm_metrics.sales.stages import median_time_in_stage

STAGES = ("new lead", "first contact", "test drive booked", "test drive", "offer and invoice", "success", "refusal")
PIPELINE = Pipeline(STAGES[:-1], lost=STAGES[-1])
STEPS = len(PIPELINE.stages)
SECOND = 1_000_000
Answer = dict[str, Any]


def changes(n: int) -> dict[str, Any]:
    """So many changes as arrays: deals, codes of stages, microseconds."""
    rng = np.random.default_rng(7)
    deal = rng.integers(1_000_000, 1_000_000 + max(1, n // 10), n)
    seconds = rng.integers(0, 3 * 365 * 86_400, n)
    return {"deal": deal, "stage": rng.integers(0, len(STAGES), n).astype(np.uint8), "at": seconds * SECOND}


# ---------------------------------------------------------------- ours


def ours_first(frame: Any) -> Answer:
    """First entry of each deal into each stage."""
    found = first_entries(frame)
    return {"rows": len(found), "sum": int((found.at.data // SECOND).sum()), "deals": int(found.deal.data.sum())}


def ours_stays(frame: Any) -> Answer:
    """Median of all finished stays by stage."""
    found = median_time_in_stage(stays(frame), by="stage")
    return {stage: found[stage] for stage in STAGES}


def ours_funnel(frame: Any) -> Answer:
    """Deals that reached each stage, and the median time of a deal there (and where deals were lost and are now)."""
    found = funnel(frame, PIPELINE)
    return {**{f"reached {s}": found.reached[s] for s in found.reached}, **dict(found.median_days)}


# ---------------------------------------------------------------- polars


def polars_start(data: Mapping[str, Any]) -> Any:
    """A polars frame with an Enum."""
    import polars as pl

    stage = pl.Series(STAGES, dtype=pl.Enum(STAGES)).gather(data["stage"])
    return pl.DataFrame({"deal": data["deal"], "stage": stage, "at": pl.Series(data["at"]).cast(pl.Datetime("us"))})


def polars_first(df: Any) -> Answer:
    """First entries."""
    import polars as pl

    found = df.group_by("deal", "stage").agg(pl.col("at").min())
    return {
        "rows": len(found),
        "sum": int((found["at"].to_physical() // SECOND).sum()),
        "deals": int(found["deal"].sum()),
    }


def _polars_spent(df: Any) -> Any:
    import polars as pl

    place = pl.col("stage").to_physical()
    same = pl.col("deal") == pl.col("deal").shift(-1)
    spent = pl.when(same).then(pl.col("at").shift(-1) - pl.col("at"))
    return df.lazy().select("deal", place.alias("place"), "at").sort("deal", "at", "place").with_columns(spent=spent)


def _polars_medians(spent: Any) -> dict[int, float]:
    import polars as pl

    found = spent.group_by("place").agg(pl.col("spent").median()).collect()
    return {p: s.total_seconds() / 86_400 for p, s in found.iter_rows()}


def polars_stays(df: Any) -> Answer:
    """Medians of stays."""
    import polars as pl

    found = _polars_medians(_polars_spent(df).filter(pl.col("spent").is_not_null()))
    return {stage: found[i] for i, stage in enumerate(STAGES)}


def polars_funnel(df: Any) -> Answer:
    """Reached, and medians of a deal's time."""
    import polars as pl

    place = pl.col("stage").to_physical().cast(pl.Int16)
    reached = pl.when(place < STEPS).then(place).otherwise(-1).max().alias("furthest")
    furthest = dict(df.lazy().group_by("deal").agg(reached).group_by("furthest").len().collect().iter_rows())
    spent = _polars_spent(df).filter(pl.col("spent").is_not_null() & (pl.col("place") < STEPS))
    medians = _polars_medians(spent.group_by("deal", "place").agg(pl.col("spent").sum()))
    return _funnel(furthest, medians)


def _funnel(furthest: Mapping[int, int], medians: Mapping[int, float]) -> Answer:
    reached = {f"reached {s}": sum(n for k, n in furthest.items() if k >= i) for i, s in enumerate(STAGES[:STEPS])}
    return {**reached, **{s: medians[i] for i, s in enumerate(STAGES[:STEPS])}}


# ---------------------------------------------------------------- duckdb


def duckdb_start(data: Mapping[str, Any]) -> Any:
    """A table in a database in memory."""
    import duckdb
    import pandas

    con = duckdb.connect()
    frame = pandas.DataFrame({"deal": data["deal"], "place": data["stage"], "t": data["at"]})
    con.register("frame", frame)
    con.execute("CREATE TABLE moves AS SELECT * FROM frame")
    con.unregister("frame")
    return con


def duckdb_first(con: Any) -> Answer:
    """First entries."""
    first = "SELECT deal, place, min(t) AS t FROM moves GROUP BY deal, place"
    con.execute(f"CREATE OR REPLACE TEMP TABLE first AS {first}")
    rows, total, deals = con.execute("SELECT count(*), sum(t), sum(deal) FROM first").fetchone()
    return {"rows": rows, "sum": int(total) // SECOND, "deals": int(deals)}


SPENT = "SELECT deal, place, lead(t) OVER (PARTITION BY deal ORDER BY t, place) - t AS spent FROM moves"


def duckdb_stays(con: Any) -> Answer:
    """Medians of stays."""
    query = f"SELECT place, median(spent) / 86400e6 FROM ({SPENT}) WHERE spent IS NOT NULL GROUP BY place"
    found = dict(con.execute(query).fetchall())
    return {stage: found[i] for i, stage in enumerate(STAGES)}


def duckdb_funnel(con: Any) -> Answer:
    """Reached, and medians of a deal's time."""
    inner = f"SELECT max(CASE WHEN place < {STEPS} THEN place ELSE -1 END) AS furthest FROM moves GROUP BY deal"
    furthest = dict(con.execute(f"SELECT furthest, count(*) FROM ({inner}) GROUP BY furthest").fetchall())
    total = f"SELECT deal, place, sum(spent) AS s FROM ({SPENT}) WHERE spent IS NOT NULL GROUP BY deal, place"
    medians = con.execute(f"SELECT place, median(s) / 86400e6 FROM ({total}) WHERE place < {STEPS} GROUP BY place")
    return _funnel(furthest, dict(medians.fetchall()))


# ---------------------------------------------------------------- pandas


def pandas_start(data: Mapping[str, Any]) -> Any:
    """A pandas frame with the place of each stage."""
    import pandas

    return pandas.DataFrame({"deal": data["deal"], "place": data["stage"], "at": data["at"].astype("M8[us]")})


def pandas_first(df: Any) -> Answer:
    """First entries."""
    found = df.groupby(["deal", "place"])["at"].min().reset_index()
    seconds = found["at"].to_numpy().astype(np.int64) // SECOND
    return {"rows": len(found), "sum": int(seconds.sum()), "deals": int(found["deal"].sum())}


def _pandas_spent(df: Any) -> Any:
    moves = df.sort_values(["deal", "at", "place"])
    spent = (moves["at"].shift(-1) - moves["at"]).where(moves["deal"] == moves["deal"].shift(-1))
    return moves.assign(days=spent.dt.total_seconds() / 86_400).dropna(subset="days")


def pandas_stays(df: Any) -> Answer:
    """Medians of stays."""
    found = _pandas_spent(df).groupby("place")["days"].median()
    return {stage: found[i] for i, stage in enumerate(STAGES)}


def pandas_funnel(df: Any) -> Answer:
    """Reached, and medians of a deal's time."""
    place = df["place"].astype(np.int8)
    furthest = place.where(place < STEPS, -1).groupby(df["deal"]).max().value_counts()
    spent = _pandas_spent(df)
    total = spent[spent["place"] < STEPS].groupby(["deal", "place"])["days"].sum()
    return _funnel(furthest.to_dict(), total.groupby("place").median().to_dict())


# ---------------------------------------------------------------- measuring

ENGINES = ("ours", "polars", "duckdb", "pandas")
Calls = tuple[Callable[[Any], Answer], ...]
OF_CHANGES: dict[str, Calls] = {
    "first entries": (ours_first, polars_first, duckdb_first, pandas_first),
    "stays": (ours_stays, polars_stays, duckdb_stays, pandas_stays),
    "funnel": (ours_funnel, polars_funnel, duckdb_funnel, pandas_funnel),
}
OF_DEALS: dict[str, Calls] = {"repeat rate": REPEATS}
START_OF_CHANGES = (polars_start, polars_start, duckdb_start, pandas_start)
FITS = {"changes": 30_000_000, "deals": 20_000_000}
"""Up to how many rows pandas takes part."""


def same(a: Answer, b: Answer) -> bool:
    """Whether two answers agree."""
    return a.keys() == b.keys() and all(math.isclose(a[k], b[k], rel_tol=1e-9, abs_tol=1e-9) for k in a)


def main(arguments: list[str] | None = None) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser("benchmarks.journeys", description=__doc__)
    parser.add_argument("--rows", type=float, default=3e6, help="stage changes, as 3e7; 0 for none")
    parser.add_argument("--deals", type=float, default=2e7, help="deals of the repeat rate; 0 for none")
    parser.add_argument("--turns", type=int, default=3, help="how often each engine is timed")
    parser.add_argument("--only", default="", help="only this workload")
    parser.add_argument("--no-memory", action="store_true", help="leave the measurement of memory out")
    parser.add_argument("--peak", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.peak:
        engine, workload, n = options.peak
        print(_peak(engine, workload, int(n)))
        return
    for n, workloads in ((int(options.rows), OF_CHANGES), (int(options.deals), OF_DEALS)):
        some = {name: calls for name, calls in workloads.items() if options.only in name}
        if n and some:
            _compare(n, some, options)


def _of(workload: str) -> tuple[Callable[[int], dict[str, Any]], tuple[Callable[[Any], Any], ...], str]:
    return (changes, START_OF_CHANGES, "changes") if workload in OF_CHANGES else (deals, START_OF_DEALS, "deals")


def _compare(n: int, workloads: dict[str, Calls], options: argparse.Namespace) -> None:
    make, start, rows = _of(next(iter(workloads)))
    data = make(n)
    engines = [name for name in ENGINES if name != "pandas" or n <= FITS[rows]]
    starts = {name: begin(data) for name, begin in zip(engines, start, strict=False)}
    own = sum(x.nbytes for x in data.values()) / 1e6
    print(f"{n:,} {rows}, {own:,.0f} MB")
    peers = "".join(f"{name + '/ours':>14}" for name in ENGINES[1:])
    print(f"{'':16}{'':8}" + "".join(f"{name:>12}" for name in ENGINES) + peers)
    for workload, functions in workloads.items():
        calls = dict(zip(engines, functions, strict=False))
        answers = {name: call(starts[name]) for name, call in calls.items()}
        for name, answer in answers.items():
            if not same(answers["ours"], answer):
                raise SystemExit(f"{workload}: {name} says {answer}, ours {answers['ours']}")
        with paused():
            times: dict[str, list[float]] = {name: [] for name in calls}
            for _ in range(options.turns):
                for name, call in calls.items():
                    times[name].append(_timed(lambda call=call, name=name: call(starts[name])))  # type: ignore[misc]
        _line(workload, "s", {name: median(t) for name, t in times.items()})
        if not options.no_memory:
            _line("", "MB", {name: _in_subprocess(name, workload, n) / 1e6 for name in calls})


def _line(workload: str, unit: str, numbers: dict[str, float]) -> None:
    form = ",.2f" if unit == "s" else ",.0f"
    cells = "".join(f"{format(numbers[name], form) if name in numbers else '-':>12}" for name in ENGINES)
    ratios = {name: format(x / max(numbers["ours"], 1e-9), ".2f") for name, x in numbers.items()}
    print(f"{workload:16}{unit:8}{cells}" + "".join(f"{ratios.get(name, '-'):>14}" for name in ENGINES[1:]), flush=True)


def _in_subprocess(engine: str, workload: str, n: int) -> int:
    command = [sys.executable, "-m", "benchmarks.journeys", "--peak", engine, workload, str(n)]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _peak(engine: str, workload: str, n: int) -> int:
    make, start, _ = _of(workload)
    at = ENGINES.index(engine)
    call = {**OF_CHANGES, **OF_DEALS}[workload][at]
    call(start[at](make(1000)))
    rows = start[at](make(n))
    return extra_memory(lambda: call(rows))


if __name__ == "__main__":
    main()
