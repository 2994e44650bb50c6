"""The floors of the package: what may import what, what importing it costs, and what it offers."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import crm_metrics

PACKAGE = Path(__file__).resolve().parent.parent / "crm_metrics"

# A module imports lower floors and what is written before it on its own floor. A new module must be placed here.
FLOORS = (
    "errors spelling figures currencies exact days breakdown",
    (
        "evidence cells text schemas records values numbered report_words surroundings total_rows raws amounts "
        "moments encode frames arranging tables stacking headings signs loading conditions lookups rates "
        "encodings pages sheets webpages workbooks ordering conventions files paths settings costs layout presenting"
    ),
    "groups tallies quantiles sources kernel registry plain paper",
    "periods parametric columns journeys calendars windows distributions survival",
    "sales marketing",
    (
        "flows roots terms cashflows roi "
        "buckets ranks asking spreads resamples replicates estimates intervals pairs changes"
    ),
    (
        "zones outlying margins known crm named_files fairness limits evaluation folder exports candidates drafts "
        "joints stage_orders unsettled starter catalogue explanations parts answers entries comparable sure "
        "omissions selling payoff report cards trends wholes presets wording screen"
    ),
    "__main__",
)
FAMILIES = set(FLOORS[4].split())  # metric families never import each other
SIDE = {"samples"}  # a seeded company: read from the higher floors only
SIDE_READS = 1  # the highest floor that they read themselves

FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names.split()}
MODULES = sorted(p.relative_to(PACKAGE).with_suffix("").as_posix() for p in PACKAGE.rglob("*.py"))
PLACED = [m for m in MODULES if m != "__init__"]


def imported(path: Path, package: str = "crm_metrics") -> set[str]:
    """The modules of the package that a file imports anywhere, in functions too; the package itself is ""."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            assert not node.level, f"{path.name}:{node.lineno}: write imports in full, from {package} down"
            names |= {f"{source}.{a.name}" for a in node.names} if source == package else {source}
    inside = {n.removeprefix(package).lstrip(".") for n in names if n == package or n.startswith(f"{package}.")}
    return {n.partition(".")[0] for n in inside}


def allowed(module: str) -> set[str]:
    """What a module may import."""
    if module in SIDE:
        return {m for m, floor in FLOOR.items() if floor <= SIDE_READS} | SIDE
    floor = FLOOR.get(module, 0)
    below = {m for m, f in FLOOR.items() if f < floor}
    names = FLOORS[floor].split()
    before = set(names[: names.index(module)]) if module in names and module not in FAMILIES else set()
    return below | before | (SIDE if floor > SIDE_READS + 1 else set()) | {module}


@pytest.mark.parametrize("module", PLACED)
def test_every_module_has_a_floor(module: str) -> None:
    placed = module.partition("/")[0] in FLOOR.keys() | SIDE
    assert placed, f"place {module} in FLOORS: what does it stand on?"


@pytest.mark.parametrize("module", PLACED)
def test_imports_go_down(module: str) -> None:
    may = allowed(module.partition("/")[0])
    upwards = sorted(imported(PACKAGE / f"{module}.py") - may)
    assert not upwards, f"{module} stands too low in FLOORS for {upwards}, or should not need them"


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    code = (
        "import crm_metrics.tables as t\nfrom crm_metrics import roi\ndef f():\n    from crm_metrics.sales import x\n"
    )
    path = tmp_path / "x.py"
    path.write_text(code + "import numpy, crm_metricsque\nimport crm_metrics\n", encoding="utf-8")
    assert imported(path) == {"tables", "roi", "sales", ""}


# ---------------------------------------------------------------- what the package offers


def test_public_names_are_there_and_each_once() -> None:  # ruff keeps them sorted
    assert len(crm_metrics.__all__) == len(set(crm_metrics.__all__))
    for name in crm_metrics.__all__:
        assert getattr(crm_metrics, name) is not None
        assert name in dir(crm_metrics)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = crm_metrics.nothing


def test_no_function_hides_a_module() -> None:
    for module in PLACED:
        value = getattr(importlib.import_module("crm_metrics"), module, None)
        assert value is None or value is sys.modules[f"crm_metrics.{module}"], f"crm_metrics.{module} is {value!r}"


def test_every_public_name_says_what_it_is() -> None:
    bare = [n for n in crm_metrics.__all__ if not n.startswith("_") and not getattr(crm_metrics, n).__doc__]
    assert not bare


# ---------------------------------------------------------------- what importing it costs

OPTIONAL = ("pandas", "polars", "pyarrow", "scipy", "duckdb", "matplotlib", "hypothesis")
FILES = {"rates", "sheets", "files", "settings", "costs", "layout", "presenting"}
LATER = {
    *FILES,
    *(name for names in FLOORS[3:] for name in names.split() if name != "periods"),
    *SIDE,
}
"""What is imported when it is asked for: readers of files, families, and all that is built on them."""
NEEDED = "attrs, numpy, numpy.typing, decimal, difflib, fractions, hashlib, heapq, html, zoneinfo"


def loaded(code: str) -> set[str]:
    """The modules that are there after some code in a process of its own."""
    code = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_loads_no_extra() -> None:
    assert not {m.partition(".")[0] for m in loaded("import crm_metrics")} & set(OPTIONAL)


def test_importing_loads_what_opens_rows_and_no_more() -> None:
    ours = {m.split(".")[1] for m in loaded("import crm_metrics") if m.startswith("crm_metrics.")}
    assert not ours & LATER, "import it where it is used, or name it in _LATER of crm_metrics/__init__.py"
    assert {"kernel", "tables", "registry"} <= ours


def test_importing_loads_no_module_of_pythons_own_that_is_not_needed() -> None:
    """What takes long to import (zipfile, xml, statistics, csv) is left to the functions that use it.

    The spelling of names needs `unicodedata`, which today's numpy imports and an older one does not.
    """
    found = loaded("import crm_metrics") - loaded(f"import {NEEDED}, unicodedata")
    assert not {m for m in found if not m.startswith(("crm_metrics", "_"))}


# ---------------------------------------------------------------- what the tests need


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("*.py")), ids=lambda p: p.stem)
def test_tests_are_collected_without_extras(path: Path) -> None:
    """A test asks for an optional library (`pytest.importorskip`), so that it is skipped where that is not there."""
    tops = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Import)]
    named = {a.name.partition(".")[0] for node in tops for a in node.names}
    assert not named & ({*OPTIONAL, "openpyxl", "python_calamine"} - {"hypothesis"})
