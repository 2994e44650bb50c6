"""A family is added in few places: a record, its line in `CRM`, a folder of metrics, a section in the report's list.

A toy family is put into a copy of the package, and everything else finds it: the catalogue, `call`, a scorecard, trend,
crm.toml, `--init`, `known_on`, figures on paper, the report, and the laws.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

RECORD = '''

@frozen(kw_only=True)
class Visit(Record):
    """Somebody comes into a shop, and may leave again."""

    known = Known("came_at", later=(Later("left_at"),))
    paper = (Figure("visits", "people who came", 900, ("visits",)),)

    came_at: Instant | None = field(converter=instant)
    left_at: Instant | None = field(default=None, converter=instant)
    shop: str | None = field(default=None, converter=text)
    spent: Decimal | None = field(default=None, converter=money)
    currency: str | None = field(default=None, converter=currency)
    id: str | None = field(default=None, converter=text)
'''
LINE = '    visits: Table[Visit] | None = field(default=None, converter=_rows, metadata={"record": Visit})\n'
FAMILY = '''"""Shops: who comes in, and what they spend."""

from __future__ import annotations

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.breakdown import Number
from crm_metrics.records import Visit


@metric(Visit, unit="count", better="higher", question="How many people come in?")
def visits_made(visits: Rows[Visit], *, by: By = None) -> Number:
    """Number of visits whose time is known."""
    t = totals(visits, Visit, by, at="came_at")
    return t.count() - t.missing("came_at")


@metric(Visit, unit="money", better="higher", question="How much does a visitor spend?")
def average_spent(visits: Rows[Visit], *, by: By = None) -> Number:
    """Mean of what was spent in a visit."""
    return totals(visits, Visit, by, at="came_at").mean("spent")
'''
SECTION = '''

def shops(asked: Asked, windows: Windows | None) -> Iterator[Section]:
    """What shops have to say, where there are visits."""
    from crm_metrics.shops import average_spent, visits_made

    if rows := asked.rows([Entry(visits_made, "Visits"), Entry(average_spent, "A visitor spends")], windows=windows):
        yield Section("shops", "Shops", rows)


SECTIONS = (*SECTIONS, shops)
'''
USE = """
import datetime as dt, sys
from pathlib import Path
from crm_metrics import CRM, call, catalog, load, scorecard, trend
from crm_metrics.__main__ import main
from crm_metrics._report.report import Report
from crm_metrics.records import Visit

folder = Path(sys.argv[1])
known = {m["name"]: m for m in catalog()}
assert known["average_spent"]["call"] == "shops.average_spent", known["average_spent"]
assert known["visits_made"]["records"] == [
    {"record": "Visit", "table": "visits", "at": ["came_at"], "needs": ["came_at"], "uses": []}
], known["visits_made"]["records"]

rows = "".join(f"{i},2024-{1 + i % 6:02}-1{i % 7} 10:00,{'North' if i % 3 else 'South'},{10 * i}\\n" for i in range(30))
(folder / "visits.csv").write_text("ID,Came at,Shop,Spent\\n" + rows, encoding="utf-8")
assert main(["--init", str(folder)]) == 0
settings = (folder / "crm.toml").read_text(encoding="utf-8")
assert "[visits]" in settings and "# visits = 900" in settings, settings
crm = load(folder)
assert len(crm.visits) == 30 and crm.table(Visit) is crm.visits
assert (crm.first_day, crm.last_day) == (dt.date(2024, 1, 10), dt.date(2024, 6, 15)), (crm.first_day, crm.last_day)
assert call("shops.average_spent", crm) == 145.0
assert call("visits_made", crm, by="shop") == {"North": 20, "South": 10}
assert [row.value for row in scorecard(["visits_made", "average_spent"], crm)] == [30, 145.0]
assert sum(trend(known and "shops.visits_made", crm).numbers.values()) == 30
assert len(crm.known_on(dt.date(2024, 3, 31)).visits) < 30
assert CRM(before={"months": 12, "visits": 900}).before.figures["visits"] == 900
report = Report.of(crm)
assert report["shops"]["average_spent"].value == 145.0
assert main([str(folder)]) == 0
"""


def edited(path: Path, mark: str, text: str) -> None:
    """Put a text before a mark; at the end of the file where the mark is "" ."""
    old = path.read_text(encoding="utf-8")
    place = old.index(mark) if mark else len(old)
    path.write_text(old[:place] + text + old[place:], encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    for name in ("crm_metrics", "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "data", "systems"))
    shutil.copy(ROOT / "pyproject.toml", root)
    package = root / "crm_metrics"
    edited(package / "records" / "__init__.py", "", RECORD)
    edited(package / "_company" / "crm.py", "    pipelines: tuple[Pipeline, ...] = field(", LINE)
    crm = (package / "_company" / "crm.py").read_text(encoding="utf-8")
    (package / "_company" / "crm.py").write_text(crm.replace("Spend, StageChange\n", "Spend, StageChange, Visit\n", 1))
    (package / "shops").mkdir()
    (package / "shops" / "__init__.py").write_text(FAMILY, encoding="utf-8")
    edited(package / "_report" / "report.py", "\n\n@frozen\nclass Report", SECTION)
    report = (package / "_report" / "report.py").read_text(encoding="utf-8")
    (package / "_report" / "report.py").write_text(report.replace("    Asked,\n", "    Asked,\n    Entry,\n", 1))
    return root


def run(copy: Path, *command: str) -> str:
    env = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=env, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_everything_finds_a_new_family(copy: Path, tmp_path: Path) -> None:
    out = run(copy, "-c", USE, str(tmp_path))
    assert "Shops" in out and "A visitor spends" in out and "145" in out


def test_the_laws_hold_for_a_new_family(copy: Path) -> None:
    out = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", "tests/test_laws.py", "-k", "Visit")
    assert " passed" in out and "failed" not in out and "test_partitions" not in out
