"""Prints the floors of pyproject.toml as pip constraints: `python oldest.py test` for the runtime and an extra."""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = [project["optional-dependencies"][name] for name in sys.argv[1:]]
for requirement in sum(extras, project["dependencies"]):
    match = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?>=([\w.]+)(?:,.*)?", requirement)
    if match is None:
        sys.exit(f"{requirement}: every direct dependency has a floor, written name>=version")
    print(f"{match[1]}=={match[2]}")
