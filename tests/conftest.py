"""What all tests share: the budgets of the property tests, and where the project is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

collect_ignore = ["typing"]  # good and bad calls for mypy, never to be run

# One example may run every metric over every kind of input, so the number of examples is the budget, not the time.
# `pytest --hypothesis-profile=thorough` before a release; "ci" draws the same examples in every run.
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("ci", max_examples=25, derandomize=True, database=None, print_blob=True)
settings.register_profile("dev", max_examples=50)
settings.register_profile("thorough", max_examples=2000)
for name in ("ci", "dev", "thorough"):
    settings.register_profile(name, settings.get_profile(name), deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.load_profile("dev")


@pytest.fixture(scope="session", autouse=True)
def _children_run_this_package() -> Iterator[None]:
    """In child processes too the package is the one under test; they are not traced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("PYTHONIOENCODING", "utf-8")
        for name in [n for n in os.environ if n.startswith(("COV_", "COVERAGE_"))]:
            patch.delenv(name)
        yield
