"""What all tests share: the budgets and the draws of the property tests, the cores, and where the project is."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import compared
import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import engine
from hypothesis.internal.detection import is_hypothesis_test
from skips import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401 - hooks of this suite

from crm_metrics._totals import metric as registry
from crm_metrics.journeys.folds import FOLDS

ROOT = Path(__file__).resolve().parent.parent

collect_ignore = ["typing"]  # good and bad calls for mypy, never to be run

# ---------------------------------------------------------------- budgets

# Examples per law. One example may run every metric, so the number is the budget and no clock is. "ci" and "oldest" do
# not look for the smallest failing example: run the law here, with "dev", for that. "thorough" takes hours; run it
# before a release.
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
FINDS = [Phase.explicit, Phase.reuse, Phase.generate]
COMMON = settings(settings.get_profile("default"), deadline=None, suppress_health_check=SLOW_IS_FINE, print_blob=True)
REPEATABLE = settings(COMMON, database=None, phases=[Phase.explicit, Phase.generate])
settings.register_profile("oldest", REPEATABLE, max_examples=3)
settings.register_profile("ci", REPEATABLE, max_examples=10)
settings.register_profile("dev", COMMON, max_examples=10, phases=[*FINDS, Phase.shrink])
settings.register_profile("thorough", COMMON, max_examples=2000, phases=[*FINDS, Phase.shrink])
settings.load_profile("dev")
OF_THE_SOURCES = {"ci", "oldest"}
"""Profiles that draw what the sources say, the others what chance says."""

engine.MAX_SHRINKING_SECONDS = 20  # and not five minutes: rows come from one seed, there is little to make smaller

# ---------------------------------------------------------------- draws


def seed_of_the_sources() -> int:
    """A number that stands in the repository, moves on with every change of it, and is the same on every machine."""
    digest = hashlib.sha256()
    for path in sorted(p for folder in ("crm_metrics", "tests") for p in (ROOT / folder).rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return int.from_bytes(digest.digest()[:6])


@pytest.hookimpl(trylast=True)  # after Hypothesis has read its options
def pytest_configure(config: pytest.Config) -> None:
    """The seed of this run: the one that is asked for, that of the sources, or any. Workers have that of their host."""
    asked = config.getoption("--hypothesis-seed", None)
    if asked is not None:
        config.option.draws = asked
    elif not hasattr(config.option, "draws"):
        by_sources = config.getoption("--hypothesis-profile", None) in OF_THE_SOURCES
        config.option.draws = seed_of_the_sources() if by_sources else random.SystemRandom().randrange(10**12)


def pytest_report_header(config: pytest.Config) -> str:
    """Says the budget of this run, and how it is repeated."""
    return f"property tests: {settings().max_examples} examples per law; the same again: {_again(config)}"


def _again(config: pytest.Config) -> str:
    profile = config.getoption("--hypothesis-profile", None)
    return f"{f'--hypothesis-profile={profile} ' if profile else ''}--hypothesis-seed={config.option.draws}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Each test, and each case of it, has draws of its own from the seed of the run, whichever process it runs in."""
    function = getattr(item, "function", None)
    if function is not None and is_hypothesis_test(function):
        hypothesis.seed(f"{item.config.option.draws} {item.nodeid}")(function)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says once more, below the failures, how they are repeated."""
    if terminalreporter.stats.get("failed"):
        terminalreporter.write_line(f"the same draws again: {_again(config)}")


@pytest.fixture(autouse=True)
def _what_a_law_compares_says_something(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("law") is None:
        yield
        return
    compared.begin()
    yield
    compared.end(request.node.originalname)


# ---------------------------------------------------------------- cores


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads its options
def pytest_cmdline_main(config: pytest.Config) -> None:
    """The whole suite runs on all cores, up to four, where pytest-xdist is there; a part of it, or `-n 0`, on one.

    pytest-cov must know before: with ``--cov`` say ``-n auto`` yourself.
    """
    option = config.option
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and "PYTEST_XDIST_WORKER" not in os.environ
    alone = option.collectonly or option.usepdb or bool(getattr(option, "cov_source", None))
    if whole and getattr(option, "numprocesses", 0) is None and not alone:
        option.numprocesses, option.maxprocesses = "auto", option.maxprocesses or 4
        option.dist = "worksteal" if option.dist == "no" else option.dist


# ---------------------------------------------------------------- the package


@pytest.fixture(scope="session", autouse=True)
def _children_run_this_package() -> Iterator[None]:
    """In child processes too the package is the one under test; they are not traced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("PYTHONIOENCODING", "utf-8")
        for name in [n for n in os.environ if n.startswith(("COV_", "COVERAGE_"))]:
            patch.delenv(name)
        yield


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes the text of a CSV file."""

    def written(text: str) -> Path:
        path = tmp_path / "deals.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture(autouse=True)
def _metrics_of_a_test_end_with_it() -> Iterator[None]:
    """What a test (or a page of the docs) registers is forgotten; families that it was the first to import stay."""
    before = [(names, dict(names)) for names in (registry._METRICS, registry._TABLES, FOLDS)]
    yield
    for names, there in before:
        for name in names.keys() - there.keys():
            if not (name if isinstance(name, str) else name.__module__).startswith("crm_metrics."):
                del names[name]
        names.update(there)  # and what took the place of another gives it back
