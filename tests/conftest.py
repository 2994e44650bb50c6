"""What all tests share: the budgets of the property tests, and where the project is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from crm_metrics import registry

ROOT = Path(__file__).resolve().parent.parent

collect_ignore = ["typing"]  # good and bad calls for mypy, never to be run

# The budgets of the property tests: examples per law. One example may run every metric, so the number is the budget and
# no clock is. "ci" and "oldest" draw the same examples in every run and do not look for the smallest failing one, which
# takes minutes a law: run the law here, with "dev", for that. "thorough" takes hours; run it before a release.
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
COMMON = settings(settings.get_profile("default"), deadline=None, suppress_health_check=SLOW_IS_FINE)
REPEATABLE = settings(COMMON, derandomize=True, database=None, print_blob=True, phases=[Phase.explicit, Phase.generate])
settings.register_profile("oldest", REPEATABLE, max_examples=3)
settings.register_profile("ci", REPEATABLE, max_examples=5)
settings.register_profile("dev", COMMON, max_examples=10)
settings.register_profile("thorough", COMMON, max_examples=2000)
settings.load_profile("dev")


def pytest_report_header() -> str:
    """Says the budget of this run."""
    return f"property tests: {settings().max_examples} examples per law"


@pytest.fixture(scope="session", autouse=True)
def _children_run_this_package() -> Iterator[None]:
    """In child processes too the package is the one under test; they are not traced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("PYTHONIOENCODING", "utf-8")
        for name in [n for n in os.environ if n.startswith(("COV_", "COVERAGE_"))]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _metrics_of_a_test_end_with_it() -> Iterator[None]:
    """What a test (or a page of the docs) registers is forgotten; families that it was the first to import stay."""
    metrics = registry._METRICS
    before = dict(metrics)
    yield
    for name in metrics.keys() - before.keys():
        if not name.startswith("crm_metrics."):
            del metrics[name]
    metrics.update(before)  # and what took the place of another gives it back
