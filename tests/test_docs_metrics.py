"""The pages of metrics say what the registry says, and every public name of a family is on one of them."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import ROOT

from crm_metrics import catalog
from crm_metrics._scorecards.catalogue import FAMILIES

PAGES = sorted((ROOT / "docs").rglob("*.md"))
ROW = re.compile(r"^\| \[`(?P<name>\w+)`\]\[crm_metrics\.(?P<call>[\w.]+)\] \| (?P<cells>.+) \|$", re.MULTILINE)
RENDERED = re.compile(r"^::: (?P<path>crm_metrics[\w.]*)\n(?P<options>(?:    .*\n)*)", re.MULTILINE)
MEMBERS = re.compile(r"^      members: \[([^\]]*)\]", re.MULTILINE)

BY_NAME = {family.__name__.rpartition(".")[2]: family for family in FAMILIES}
OURS = [m for m in [m for m in catalog() if m["unit"] != "table"] if m["call"].partition(".")[0] in BY_NAME]
each = pytest.mark.parametrize("m", OURS, ids=lambda m: m["call"])


def rows() -> list[tuple[str, str, list[str]]]:
    """The rows of the tables in docs/metrics.md: name, where it leads, and the other cells."""
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    return [(row["name"], row["call"], row["cells"].split(" | ")) for row in ROW.finditer(page)]


def blocks(page: Path) -> list[tuple[str, list[str]]]:
    """What a page shows the docstrings of: modules or objects, and the members that are named."""
    found = RENDERED.finditer(page.read_text(encoding="utf-8") + "\n")
    return [(b["path"], [n for x in MEMBERS.findall(b["options"]) for n in re.findall(r"\w+", x)]) for b in found]


def resolved(path: str) -> Any:
    """The module or the object of a dotted path."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)


def public(family: ModuleType) -> list[str]:
    """The names that a family offers; without a list of them, its metrics."""
    metrics = [m["name"] for m in OURS if BY_NAME[m["family"]] is family]
    return list(getattr(family, "__all__", metrics))


def shown() -> Counter[int]:
    """How often the pages show the docstring of each object, by its id."""
    out: Counter[int] = Counter()
    for path, members in (block for page in PAGES for block in blocks(page)):
        found = resolved(path)
        if isinstance(found, ModuleType):
            names = members or (public(found) if found in FAMILIES else [])
            out.update(id(getattr(found, name)) for name in names)
        else:
            out[id(found)] += 1
    return out


@each
def test_every_metric_has_one_row_that_says_what_the_registry_says(m: dict[str, Any]) -> None:
    found = [(name, cells) for name, call, cells in rows() if call == m["call"]]
    assert len(found) == 1, f"docs/metrics.md has {len(found)} rows of {m['call']}"
    name, (question, unit, times) = found[0]
    assert (name, question, unit) == (m["name"], m["question"], m["unit"])
    assert re.findall(r"`(\w+)`", times) == [at for r in m["records"] for at in r["at"]]
    assert re.findall(r"`(\w+)=`", times) == m["required"]
    assert ("nothing" in times) == (not any(r["at"] for r in m["records"]))


def test_there_is_no_row_of_a_metric_that_is_gone() -> None:
    assert sorted(call for _, call, _ in rows()) == sorted(m["call"] for m in OURS)


@each
def test_every_metric_is_public_in_its_family(m: dict[str, Any]) -> None:
    assert m["name"] in public(BY_NAME[m["family"]])


@pytest.mark.parametrize("family", FAMILIES, ids=BY_NAME)
def test_every_public_name_of_a_family_is_on_one_page_with_its_docstring(family: ModuleType) -> None:
    count = shown()
    pages = {name: count[id(getattr(family, name))] for name in public(family)}
    assert {name: n for name, n in pages.items() if n != 1} == {}


def test_the_page_of_sales_names_nothing_that_the_family_does_not_offer() -> None:
    named = {name for _, members in blocks(ROOT / "docs" / "sales.md") for name in members}
    assert named - {*public(BY_NAME["sales"])} == set()
