"""Ours against pandas, polars and duckdb: ``python -m benchmarks --rows 1e3,1e5,1e6,1e7``.

Every answer is checked against plain numpy before anything is timed. A ratio is a peer's time over ours: above 1 we are
faster. "/ table" compares with ours on a prepared table, "/ frame" with ours on the same raw frame, converted anew.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from statistics import median

from attrs import asdict, frozen

from benchmarks.data import RECORDS, Inputs, Style, company
from benchmarks.engines import Engine, engines
from benchmarks.measure import extra_memory, fastest, in_subprocess, interleaved
from benchmarks.workloads import WORKLOADS, Workload, answer, check

MOST_RECORDS = 1_000_000
SECONDS = 3.0
SAME_FRAME = {"polars": "ours<polars", "pandas": "ours<pandas", "duckdb<frame": "ours<polars"}


@frozen
class Result:
    """One cell: the time of an engine, which of its spellings that was, and the memory it took."""

    rows: int
    style: Style
    workload: str
    engine: str
    seconds: float  # the median
    best: float
    spelling: int
    bytes: int | None


def main(arguments: list[str] | None = None) -> None:
    """Run what the command line asks for."""
    options = _options(arguments)
    if options.peak:
        print(_peak(*options.peak))
        return
    results = []
    for n in options.rows:
        for style in options.labels:
            part = list(_measured(n, style, options))
            results += part
            if not options.json:
                _show(n, style, part)
    if options.json:
        json.dump([asdict(r) for r in results], sys.stdout, indent=1)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=_sizes, default=_sizes("1e3,1e5,1e6,1e7"), help="sizes, as 1e3,1e6")
    parser.add_argument("--only", default="", help="workloads whose name contains one of these words, as cycle,cac")
    parser.add_argument("--engines", default="", help="only these engines, as ours,polars")
    parser.add_argument("--labels", type=_listed, default=["codes", "text"], help="how raw frames hold labels")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="measuring time per workload")
    parser.add_argument("--no-memory", action="store_true", help="leave the measurement of memory out")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument("--peak", nargs=5, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _listed(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def _sizes(text: str) -> list[int]:
    return [int(float(part)) for part in _listed(text)]


# ---------------------------------------------------------------- measuring


def _measured(n: int, style: Style, options: argparse.Namespace) -> Iterator[Result]:
    inputs = Inputs(company(n), style)
    words, names = _listed(options.only), _listed(options.engines)
    for workload in WORKLOADS.values():
        if words and not any(word in workload.name for word in words):
            continue
        if workload.name == RECORDS and (n > MOST_RECORDS or style == "text"):
            continue
        taking = [e for e in engines() if workload.name in e.spellings and style in e.styles]
        yield from _one(workload, [e for e in taking if not names or e.name in names], inputs, n, options)


def _one(
    workload: Workload, taking: list[Engine], inputs: Inputs, n: int, options: argparse.Namespace
) -> Iterator[Result]:
    want = workload.truth(inputs.company)
    chosen: dict[str, int] = {}
    calls = {}
    for engine in taking:
        source = engine.source(workload.name, inputs)
        spellings = [partial(query, source) for query in engine.spellings[workload.name]]
        for spelled in spellings:
            check(workload, engine.name, answer(workload, engine.rows(spelled())), want)
        chosen[engine.name] = fastest(spellings)
        calls[engine.name] = spellings[chosen[engine.name]]
    for name, times in interleaved(calls, options.seconds).items():
        arguments = (name, workload.name, str(n), inputs.style, str(chosen[name]))
        peak = None if options.no_memory or n < 100_000 else in_subprocess(*arguments)
        yield Result(n, inputs.style, workload.name, name, median(times), min(times), chosen[name], peak)


def _peak(name: str, workload: str, n: str, style: Style, spelling: str) -> int:
    engine = next(e for e in engines() if e.name == name)
    query = engine.spellings[workload][int(spelling)]
    query(engine.source(workload, Inputs(company(1000), style)))
    inputs = Inputs(company(int(n)), style)
    source = engine.source(workload, inputs)
    inputs.company = company(0)
    return extra_memory(partial(query, source))


# ---------------------------------------------------------------- showing


def _show(n: int, style: Style, results: Iterable[Result]) -> None:
    cells: dict[str, dict[str, Result]] = {}
    for r in results:
        cells.setdefault(r.workload, {})[r.engine] = r
    if not cells:
        return
    names = [e.name for e in engines() if any(e.name in row for row in cells.values())]
    print(f"\n{n:,} deals, labels as {style}")
    print(f"{'':32}{'':8}" + "".join(f"{name:>14}" for name in names))
    for workload, row in cells.items():
        for i, (what, texts) in enumerate(_lines(row)):
            line = "".join(f"{texts.get(name, ''):>14}" for name in names)
            print(f"{workload if i == 0 else '':32} {what:7}{line}")
    sys.stdout.flush()


def _lines(row: dict[str, Result]) -> Iterator[tuple[str, dict[str, str]]]:
    yield "ms", {name: f"{r.seconds * 1e3:.3f}" for name, r in row.items()}
    if "ours" in row:
        peers = {name: r for name, r in row.items() if not name.startswith("ours")}
        yield "/ table", {name: _ratio(r, row["ours"]) for name, r in peers.items()}
    same = {name: ours for name, ours in SAME_FRAME.items() if name in row and ours in row}
    if same:
        yield "/ frame", {name: _ratio(row[name], row[ours]) for name, ours in same.items()}
    if any(r.bytes is not None for r in row.values()):
        yield "MB", {name: f"{r.bytes / 1e6:.1f}" for name, r in row.items() if r.bytes is not None}


def _ratio(peer: Result, ours: Result) -> str:
    return f"{peer.seconds / ours.seconds:.2f}"


if __name__ == "__main__":
    main()
