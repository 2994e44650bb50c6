"""What type checkers make of the library: good calls pass mypy --strict with their types, bad calls do not."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "typing"
STRICT = ["--strict", "--config-file=", "--follow-imports=silent", "--no-error-summary", "--no-color-output"]

pytestmark = pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")


def errors() -> dict[str, dict[int, str]]:
    """What mypy says, by file and line; one run for all files, with a user's settings and not with ours."""
    files = sorted(p for p in FOLDER.glob("*.py") if p.stem != "frames" or importlib.util.find_spec("polars"))
    env = os.environ | {"MYPYPATH": str(ROOT)}
    command = [sys.executable, "-m", "mypy", *STRICT, *map(str, files)]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found: dict[str, dict[int, str]] = {path.name: {} for path in files}
    for line in done.stdout.splitlines():
        if match := re.fullmatch(r"(.+?):(\d+): error: (.*)", line):
            found[Path(match[1]).name][int(match[2])] = match[3]
    return found


def test_good_calls_pass_and_bad_calls_do_not() -> None:
    """In one test, so that mypy runs once, on however many cores the tests run."""
    found = errors()
    bad = found.pop("bad.py")
    assert "good.py" in found and not any(found.values()), found
    lines = (FOLDER / "bad.py").read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith("# E")}
    assert len(marked) > 20
    accepted = {n: lines[n - 1] for n in marked - bad.keys()}
    assert not accepted, "mypy accepts these"
    assert bad.keys() <= marked
