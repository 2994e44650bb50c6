"""Law 7: nothing reads the clock, nor the zone of the machine. Whatever depends on "now" takes `as_of`.

Told by the sources, under whatever names they import, and by running every metric with each clock taken away.
"""

from __future__ import annotations

import ast
import datetime as dt
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compared import told
from hypothesis import given, strategies as st
from laws import FAMILIES, Records, calls, digits, label_of
from strategies import FEWER, companies

import crm_metrics
from crm_metrics import sales, table, where
from crm_metrics.errors import CrmError
from crm_metrics.records import Deal

PACKAGE = Path(crm_metrics.__file__).parent
SOURCES = sorted(p for p in PACKAGE.rglob("*.py") if p.stem != "__main__")  # a command may say how long it took

# ---------------------------------------------------------------- told by the sources

CLOCKS = {
    "now", "utcnow", "today", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time",
    "thread_time", "localtime", "gmtime", "ctime", "asctime", "mktime", "strftime", "fromtimestamp", "tzset", "tzname",
    "getmtime", "st_mtime", "st_ctime", "uuid1", "clock_gettime",
}  # fmt: skip
"""Names that tell the time in Python, NumPy, pandas and files, or turn it into that of the machine's zone."""

NOWS = {"now", "today"}
"""Words that NumPy and pandas read as the time."""


def clocks_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where code reads a clock: by an attribute of any object, by a name that is imported, by a word, by no zone."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Import):
            yield from ((line, f"imports {a.name}") for a in node.names if a.name.partition(".")[0] == "time")
        elif isinstance(node, ast.ImportFrom):
            names = {a.name for a in node.names} & CLOCKS
            if node.module == "time" or names and not (node.module or "").startswith("crm_metrics"):
                yield line, f"imports {', '.join(a.name for a in node.names)} from {node.module}"
        elif isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            yield line, f"reads {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "astimezone":
            if not node.args and not node.keywords:
                yield line, "reads the zone of the machine: astimezone() of none"
        elif isinstance(node, ast.Call):
            words = [a.value for a in ast.walk(node) if isinstance(a, ast.Constant) and a.value in NOWS]
            if words and "datetime64" in ast.unparse(node.func):
                yield line, f"reads {ast.unparse(node)}"
        elif isinstance(node, ast.Constant) and node.value == "TZ":
            yield line, "reads TZ"


KNOWN = {("paths.py", "paths.now"), ("funnels.py", "paths.now"), ("stages.py", "paths.now"), ("paths.py", "self.now"),
         ("scorecard.py", "metric.now"), ("presets.py", "e.now")}  # fmt: skip
"""Our own methods of that name: where a deal stands after its last change, a metric that is there by now."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_no_module_reads_the_clock(path: Path) -> None:
    found = [
        f"{path.name}:{line} {what}: take as_of= instead"
        for line, what in clocks_in(ast.parse(path.read_text(encoding="utf-8")))
        if (path.name, what.removeprefix("reads ")) not in KNOWN
    ]
    assert not found


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import datetime as D\nx = D.now()",
        "import datetime\nx = datetime.date.today()",
        "import datetime as dt\nx = dt.datetime.fromtimestamp(0)",
        "x = t.astimezone()",
        "import time as clock",
        "from time import strftime",
        "from time import time as seconds",
        "import numpy as np\nx = np.datetime64('now')",
        "from numpy import datetime64 as D64\nx = np.datetime64('today', 'D')",
        "x = pd.Timestamp.now()",
        "import os\nx = os.environ['TZ']",
        "x = path.stat().st_mtime",
    ],
)
def test_clocks_are_found_under_any_name(code: str) -> None:
    assert [*clocks_in(ast.parse(code))]


# ---------------------------------------------------------------- with the clocks taken away


class Clockless:
    """While it lasts, whoever asks what time it is fails: Python's clocks by any name, and NumPy's."""

    def __enter__(self) -> None:
        self.real, self.profile = np.datetime64, sys.getprofile()
        np.datetime64 = _no_datetime64(self.real)  # type: ignore[misc]  # for a while
        sys.setprofile(_no_clock)

    def __exit__(self, *error: Any) -> None:
        sys.setprofile(self.profile)
        np.datetime64 = self.real  # type: ignore[misc]


def _no_clock(frame: Any, event: str, function: Any) -> None:
    if event != "c_call" or getattr(function, "__name__", "") not in CLOCKS | {"time"}:
        return
    owner = getattr(function, "__self__", None)
    is_clock = getattr(owner, "__name__", "") == "time" or isinstance(owner, type) and issubclass(owner, dt.date)
    if is_clock and not frame.f_globals.get("__name__", "").startswith("hypothesis."):  # which times its collections
        raise AssertionError(f"something read the clock: {function!r}")


def _no_datetime64(real: Any) -> Any:
    class Datetime64(type):
        def __call__(cls, *args: Any) -> Any:
            assert not (args and args[0] in NOWS), "something read NumPy's clock"
            return real(*args)

        def __instancecheck__(cls, x: Any) -> bool:
            return isinstance(x, real)

    return Datetime64("datetime64", (), {"__doc__": real.__doc__})


READERS: dict[str, Callable[[], Any]] = {
    "time.time": time.time,
    "time.strftime": lambda: time.strftime("%Y"),
    "datetime.now": dt.datetime.now,
    "date.today": dt.date.today,
    "NumPy": lambda: np.datetime64("now"),
    "a condition": lambda: where([Deal(id=1, created_at="2024-01-05", status="open")], _is_past),
}


def _is_past(deals: Any) -> Any:
    return deals.created_at < np.datetime64("now").item()


@pytest.mark.parametrize("name", READERS)
def test_whoever_reads_a_clock_is_caught(name: str) -> None:
    with Clockless(), pytest.raises(AssertionError, match="clock"):
        READERS[name]()


@pytest.mark.law
@pytest.mark.parametrize("records", FAMILIES, ids=lambda rs: "-".join(r.__name__ for r in rs))
@given(data=st.data())
@FEWER
def test_no_metric_depends_on_when_and_where_it_is_called(records: Records, data: st.DataObject) -> None:
    company = data.draw(companies(records))
    rows, by = company.of(records), label_of(records)
    first = {name: digits(told(m(*rows, by=by))) for name, m in calls(records)}
    with Clockless():
        second = {name: digits(m(*rows, by=by)) for name, m in calls(records)}
    with _elsewhere():
        third = {name: digits(m(*company.tables(records), by=by)) for name, m in calls(records)}
    assert first == second
    assert third == {name: digits(m(*company.tables(records), by=by)) for name, m in calls(records)}


class _elsewhere:  # noqa: N801  # reads as a place
    """The machine stands on the other side of the world."""

    def __enter__(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setenv("TZ", "Pacific/Kiritimati")
        if hasattr(time, "tzset"):
            time.tzset()

    def __exit__(self, *error: Any) -> None:
        self.patch.undo()
        if hasattr(time, "tzset"):
            time.tzset()


# ---------------------------------------------------------------- words that NumPy reads as the time


@pytest.mark.parametrize("word", sorted(NOWS))
@pytest.mark.parametrize("make", [list, np.array, lambda x: np.array(x, object)], ids=["list", "array", "objects"])
def test_a_cell_that_says_now_is_no_time(word: str, make: Callable[[list[str]], Any]) -> None:
    rows = {"id": [1, 2], "created_at": make(["2024-01-05", word]), "status": ["open"] * 2}
    with pytest.raises(CrmError, match=f"'{word}' is "):
        table(rows, Deal)
    with pytest.raises(CrmError, match=f"'{word}' is "):
        sales.average_deal_age(rows, as_of=dt.date(2024, 2, 1))
