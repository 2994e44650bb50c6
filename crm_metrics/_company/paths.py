"""Paths that people give: what stands there, whether it lies in a folder, and which files of a folder are tables."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from crm_metrics._reading.workbooks import ENDINGS
from crm_metrics.errors import WrongCall, shown

TEXTS = (".csv", ".tsv", ".txt")

FILE, FOLDER = "is a file", "is a folder"


def path_of(x: Any) -> Path:
    """A path from what a caller gave."""
    if not isinstance(x, (str, os.PathLike)) or isinstance(os.fspath(x), bytes):
        raise WrongCall(f"expected the path of a folder, got {shown(x)}")
    return Path(x)


def kind(path: Path) -> str:
    r"""What stands at a path: `FILE`, `FOLDER`, or in words why there is neither.

    >>> kind(Path("nowhere")), kind(Path("deals.csv\0"))
    ('is not there', 'holds a character that no name has')
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "is a link to nothing" if path.is_symlink() else "is not there"
    except OSError as error:  # too long a name, links in a loop, a folder that is closed
        return f"cannot be reached ({error.strerror or error})"
    except ValueError:
        return "holds a character that no name has"
    if stat.S_ISDIR(mode):
        return FOLDER
    return FILE if stat.S_ISREG(mode) else "is no ordinary file"


def is_within(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder, wherever ``..`` and links lead."""
    return path.resolve().is_relative_to(folder.resolve())


def tables_in(folder: Path) -> list[str]:
    """The names of the files of a folder that may be tables."""
    known = {*TEXTS, *ENDINGS}
    names = (path.name for path in folder.iterdir() if path.suffix.casefold() in known and kind(path) == FILE)
    return sorted(name for name in names if not name.startswith((".", "~$")))


def as_written(path: Path, most: int = 120) -> str:
    """A path as a message names it."""
    text = str(path).replace("\0", "\\0")
    return text if len(text) <= most else f"{text[: most - 3]}..."
