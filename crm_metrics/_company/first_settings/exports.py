"""The files of a folder as columns of text, and why the others are no tables. `read_folder`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from attrs import Factory, frozen

from crm_metrics._company.paths import FOLDER, kind, tables_in
from crm_metrics._reading.files import read_columns
from crm_metrics._reading.sheets import UnreadableFile, read_sheet
from crm_metrics._reading.workbooks import is_workbook, sheet_names
from crm_metrics.errors import CrmError

Columns: TypeAlias = Mapping[str, Sequence[str]]


@frozen
class Export:
    """A file of a folder, or a sheet of a workbook that has several, as columns of text."""

    name: str
    columns: Columns
    sheet: str | None = None

    @property
    def place(self) -> str:
        """The file, and the sheet in it."""
        return _place(self.name, self.sheet)


def _place(name: str, sheet: str | None) -> str:
    return name if sheet is None else f"{name}, sheet {sheet}"


@frozen
class Folder:
    """What a folder holds: its tables, and why each other file is none."""

    files: list[Export] = Factory(list)
    unread: dict[str, str] = Factory(dict)

    @property
    def hopes(self) -> dict[str, str]:
        """The files that are tables to their owner, and cannot be read; a text may be notes."""
        none = (NO_TABLE, NO_COLUMNS, SUBFOLDER)
        return {name: why for name, why in self.unread.items() if why not in none and not name.endswith(".txt")}


NO_TABLE = "no file of a table (.csv, .tsv, .txt, .xlsx)"
NO_NAME = "a name that is no text: give it another one"
NO_COLUMNS = "no table, for it has one column"
SUBFOLDER = "a folder, and only the files of this one are read"


def read_folder(folder: Path, but: str) -> Folder:
    """The tables of a folder, and why its other files, `but` one, are none."""
    out, tables = Folder(), tables_in(folder)
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")) or path.name == but:
            continue
        if not _is_text(path.name):
            out.unread[path.name] = NO_NAME
            continue
        if path.name not in tables:
            out.unread[path.name] = SUBFOLDER if kind(path) == FOLDER else NO_TABLE
            continue
        try:
            sheets = _sheets(path)
        except (CrmError, OSError) as error:
            out.unread[path.name] = _why(path, error)
            continue
        for sheet in sheets:
            _read(path, sheet, out)
    return out


def _is_text(name: str) -> bool:
    """Whether a name can be written in a file; on some systems a name may be any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read(path: Path, sheet: str | None, out: Folder) -> None:
    place = _place(path.name, sheet)
    try:
        columns = _columns(path, sheet)
    except (CrmError, OSError) as error:
        out.unread[place] = _why(path, error)
        return
    if len(columns) > 1:
        out.files.append(Export(path.name, columns, sheet))
    else:
        out.unread[place] = NO_COLUMNS


def _why(path: Path, error: Exception) -> str:
    return str(error).partition("\n")[0].removeprefix(f"{path.name} ")


def _sheets(path: Path) -> list[str] | list[None]:
    """The sheets of a workbook that has several; a file that is one table has no name for it."""
    names = sheet_names(path) if is_workbook(path) else []
    return names if len(names) > 1 else [None]


def _columns(path: Path, sheet: str | None) -> Columns:
    """The columns of a file; a row that is malformed is told when the file is loaded."""
    try:
        return read_columns(path, sheet=sheet)
    except UnreadableFile:
        raise
    except CrmError:
        if is_workbook(path):
            raise
        return read_sheet(path).columns
