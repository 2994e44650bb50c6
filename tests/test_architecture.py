"""The floors of the package: what may import what, what importing it costs, and what it offers."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import crm_metrics

PACKAGE = Path(__file__).resolve().parent.parent / "crm_metrics"

# What stands at the top of the package imports lower floors only. A new folder or file must be placed here.
FLOORS = (
    "errors",
    "_values",
    "cells",
    "records",
    "_tables",
    "_reading _totals periods",
    "columns",
    "journeys _uncertainty",
    "sales marketing _company",
    "roi",
    "_scorecards",
    "presets _report",
    "__main__",
)
SIDE = "samples"  # a seeded company: made of records alone, read by the command
MOST_FILES = 12  # in a private folder, and in each folder inside it

FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names.split()}
FLOOR[SIDE] = FLOOR["records"] + 1
FILES = {
    ".".join(["crm_metrics", *p.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__"): p
    for p in sorted(PACKAGE.rglob("*.py"))
}
MODULES = [m for m in FILES if m != "crm_metrics"]


def top(module: str) -> str:
    """The folder or file at the top of the package in which a module is."""
    return module.split(".")[1] if "." in module else ""


def imported(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports anywhere, in functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name in FILES)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            assert not node.level, f"{path.name}:{node.lineno}: write imports in full, from crm_metrics down"
            inside = [m for a in node.names if (m := f"{source}.{a.name}") in FILES]
            yield from inside or ([source] if source in FILES else [])


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    """To a lower floor, or to another file of the same folder."""
    own = top(module)
    assert own in FLOOR, f"place {own} in FLOORS: what does it stand on?"
    upwards = sorted({m for m in imported(FILES[module]) if top(m) != own and not FLOOR.get(top(m), 99) < FLOOR[own]})
    assert not upwards, f"{own} stands too low in FLOORS for {upwards}, or should not need them"


def test_the_page_for_contributors_has_the_same_floors() -> None:
    page = (PACKAGE.parent / "docs" / "contributing.md").read_text(encoding="utf-8")
    floor, told = 0, {}
    for number, names in re.findall(r"^\| (\d*) ?\| (`[^|]*) \|", page, re.MULTILINE):
        floor = int(number or floor)
        told.update({name.rstrip("/").removesuffix(".py"): floor for name in re.findall(r"`([^`]+)`", names)})
    there = {name: floor for floor, names in enumerate(FLOORS, 1) for name in names.split()}
    assert {name: told.get(name) for name in there} == there and SIDE in page


def test_no_imports_make_a_circle() -> None:
    """What a module imports is there before it, and so are the folders in which that stands."""
    waiting = {m: {x for x in imported(FILES[m]) if x != m} for m in MODULES}
    while ready := [m for m, needs in waiting.items() if not needs & waiting.keys()]:
        for m in ready:
            del waiting[m]
    assert not waiting, f"these import each other: {sorted(waiting)}"


def test_private_folders_are_small_enough_to_be_read_at_a_glance() -> None:
    files = Counter(m.rpartition(".")[0] for m in MODULES if top(m).startswith("_") and FILES[m].stem != "__init__")
    assert len(files) > 8 and not {folder: n for folder, n in files.items() if n > MOST_FILES}


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    code = "import crm_metrics.errors as e\nfrom crm_metrics import roi\ndef f():\n    from crm_metrics.sales import x"
    path.write_text(code + "\nimport numpy, crm_metricsque\nimport crm_metrics\n", encoding="utf-8")
    assert {*imported(path)} == {"crm_metrics.errors", "crm_metrics.roi", "crm_metrics.sales", "crm_metrics"}


# ---------------------------------------------------------------- what the package offers


def test_public_names_are_there_and_type_checkers_see_the_same() -> None:
    block = next(n for n in ast.parse(FILES["crm_metrics"].read_text(encoding="utf-8")).body if isinstance(n, ast.If))
    seen = [a.asname for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names]
    assert sorted(seen, key=str) == crm_metrics.__all__ and len(seen) == len(set(seen)) > 60
    for name in crm_metrics.__all__:
        assert getattr(crm_metrics, name) is not None
        assert name in dir(crm_metrics)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = crm_metrics.nothing


def test_no_function_hides_a_module() -> None:
    for module in MODULES:
        name = module.removeprefix("crm_metrics.")
        value = getattr(importlib.import_module("crm_metrics"), name, None)
        assert value is None or value is sys.modules[module], f"{module} is {value!r}"


def test_every_public_name_says_what_it_is() -> None:
    assert not [n for n in crm_metrics.__all__ if not getattr(crm_metrics, n).__doc__]


# ---------------------------------------------------------------- what importing it costs

OPTIONAL = ("pandas", "polars", "pyarrow", "scipy", "duckdb", "matplotlib", "hypothesis")
NEEDED = "attrs, numpy, numpy.typing, decimal, difflib, fractions, hashlib, heapq, html, zoneinfo"
ROWS = "from crm_metrics import Deal, table, totals, where, month, metric"


def loaded(code: str) -> set[str]:
    """The modules that are there after some code in a process of its own."""
    code = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_name_is_imported_when_it_is_asked_for() -> None:
    assert {m for m in loaded("import crm_metrics") if m.startswith("crm_metrics")} == {"crm_metrics"}


def test_rows_load_no_extra_and_nothing_that_is_built_on_them() -> None:
    found = loaded(ROWS)
    assert not {m.partition(".")[0] for m in found} & set(OPTIONAL)
    ours = {top(m) for m in found if m.startswith("crm_metrics.")}
    assert ours == {"errors", "_values", "cells", "records", "_tables", "_reading", "_totals", "periods"}
    assert not found & {"crm_metrics._reading.files", "crm_metrics._reading.headings", "crm_metrics._values.presented"}


def test_rows_load_no_module_of_pythons_own_that_is_not_needed() -> None:
    """What takes long to import (zipfile, xml, statistics, csv) is left to the functions that use it.

    The spelling of names needs `unicodedata`, which today's numpy imports and an older one does not.
    """
    found = loaded(ROWS) - loaded(f"import {NEEDED}, unicodedata")
    assert not {m for m in found if not m.startswith(("crm_metrics", "_"))}


# ---------------------------------------------------------------- what the tests need


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("*.py")), ids=lambda p: p.stem)
def test_tests_are_collected_without_extras(path: Path) -> None:
    """A test asks for an optional library (`pytest.importorskip`), so that it is skipped where that is not there."""
    tops = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Import)]
    named = {a.name.partition(".")[0] for node in tops for a in node.names}
    assert not named & ({*OPTIONAL, "openpyxl", "python_calamine"} - {"hypothesis"})
