"""Why a test may be skipped: what it needs is really not here. Any other skip is a failure, by the hooks below.

So a machine with every library of the extra ``test`` and the public data beside the project skips nothing.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PLATFORM = {
    "names are text here",
    "names, links and pipes are others here",
    "needs a shell with head",
    "no file that opens and does not read",
}


def is_explained(why: str, *, platform: str = sys.platform, data: Path = DATA) -> bool:
    """Whether what a skip says to lack is not on this machine."""
    if why.endswith("not here"):
        return not data.is_dir()
    if module := re.search(r"could not import '(\w+)|^(\w+) is not installed|needs (\w+)$", why):
        return importlib.util.find_spec(next(filter(None, module.groups()))) is None
    return platform != "linux" and why in PLATFORM


def _explained(report: Any) -> Any:
    """A report as it is; a failure where it is of a skip that nothing on this machine explains."""
    why = report.longrepr[2].removeprefix("Skipped: ") if report.skipped and isinstance(report.longrepr, tuple) else ""
    if why and not is_explained(why):
        report.outcome, report.longrepr = "failed", f"skipped, and what it says to lack is here: {why}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Tests that skip themselves."""
    return _explained((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Files that skip themselves."""
    return _explained((yield))
