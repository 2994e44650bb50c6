"""What importing the package takes beside attrs and numpy: ``python -m benchmarks.importing --runs 20``.

Each run is a process of its own; modules are compiled in the first, which does not count. The time is that of one
thread, and the least counts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile

TIMES = """
from time import thread_time as now  # of this thread alone: a busy machine does not count
start = now()
import attrs, numpy
theirs = now()
import crm_metrics
print(theirs - start, now() - theirs)
"""


def main(arguments: list[str] | None = None) -> None:
    """Print the milliseconds of both."""
    parser = argparse.ArgumentParser("benchmarks.importing", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="processes, of which the quickest counts")
    n = parser.parse_args(arguments).runs
    with tempfile.TemporaryDirectory() as compiled:
        runs = [_once(compiled) for _ in range(n + 1)][1:]
    theirs, ours = (1000 * min(times) for times in zip(*runs, strict=True))
    print(f"attrs and numpy {theirs:.0f} ms, crm_metrics after them {ours:.0f} ms")


def _once(compiled: str) -> tuple[float, float]:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPYCACHEPREFIX": compiled}
    done = subprocess.run([sys.executable, "-c", TIMES], stdout=subprocess.PIPE, text=True, check=True, env=env)
    theirs, ours = map(float, done.stdout.split())
    return theirs, ours


if __name__ == "__main__":
    main()
