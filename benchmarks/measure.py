"""How time and memory are measured.

Time: the engines of one workload take turns in one process (A B C D, A B C D, ...) with the garbage collector paused,
after a warm-up; short calls are repeated within a turn. The number is the median over the turns, so that a ratio
compares calls made side by side on the same machine at the same moment.

Memory: a subprocess of its own for each engine and workload loads the data, makes one call on a thousand rows so that
imports and thread pools are there, returns free memory to the system, resets the peak (Linux: /proc/self/clear_refs)
and makes the call once. The number is the peak resident size (VmHWM; elsewhere ru_maxrss) after the call, less the one
before it: what the call needs beyond the data. It shows too little where the peak cannot be reset, and where an
allocator of the engine's own still holds memory freed while loading.
"""

from __future__ import annotations

import ctypes
import gc
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

TURN = 2e-3  # a turn of one engine lasts at least this long
TURNS = (3, 41)
LONG = 0.1  # a call that takes this long needs no second look
Call = Callable[[], Any]


@contextmanager
def paused() -> Iterator[None]:
    """No garbage collection in here."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _timed(call: Call, repeats: int = 1) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def fastest(calls: Sequence[Call]) -> int:
    """Which of some spellings is the fastest, by the best of a few calls."""
    if len(calls) == 1:
        return 0
    with paused():
        first = [min(_timed(call), _timed(call)) for call in calls]
        tries = max(2, min(20, math.ceil(0.05 / min(first))))
        best = [min(_timed(call) for _ in range(tries)) for call in calls]
    return best.index(min(best))


def interleaved(calls: Mapping[str, Call], seconds: float) -> dict[str, list[float]]:
    """The times of each call, the calls taking turns for about so many seconds."""
    with paused():
        once = {name: _timed(call, 1) for name, call in calls.items()}
        once = {name: t if t > LONG else _timed(calls[name], 3) for name, t in once.items()}
        repeats = {name: max(1, math.ceil(TURN / t)) for name, t in once.items()}
        turn = sum(once[name] * repeats[name] for name in calls)
        turns = min(max(TURNS[0], round(seconds / turn)), TURNS[1])
        times: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(turns):
            for name, call in calls.items():
                times[name].append(_timed(call, repeats[name]))
    return times


# ---------------------------------------------------------------- memory


def _highest() -> int:
    """The peak of the resident size: ru_maxrss, but on Linux without what the parent held when it started us."""
    with suppress(OSError):
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return int(status["VmHWM"].split()[0]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _baseline() -> int:
    """The resident size now, with the recorded peak brought down to it."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _highest()


def extra_memory(call: Call) -> int:
    """The bytes one call needs beyond what is there before it."""
    before = _baseline()
    with paused():
        call()
    return max(0, _highest() - before)


def in_subprocess(*arguments: str) -> int:
    """What ``python -m benchmarks --peak ...`` prints, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks", "--peak", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return int(done.stdout)
