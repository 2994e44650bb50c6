"""The files that the sections of a crm.toml name, as tables; and errors that say how their remedy is written there."""

from __future__ import annotations

import contextlib
import difflib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from attrs import define

from crm_metrics import cells as R
from crm_metrics._company.crm import RECORDS, Lookup
from crm_metrics._company.paths import FILE, FOLDER, as_written, is_within, kind, tables_in
from crm_metrics._company.settings import Settings
from crm_metrics._reading.files import read_columns, read_csv, read_excel
from crm_metrics._reading.workbooks import is_workbook
from crm_metrics._tables.encoding.raws import How
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.table import Table
from crm_metrics.errors import CrmError, DataError, UnknownName, listed, shown
from crm_metrics.records.schemas import Record, schema

Progress: TypeAlias = Callable[[int, int], object]

OPTIONS: dict[str, tuple[str, ...]] = {
    "encoding": (),
    "delimiter": (),
    "sheet": (),
    "decimal": (",", "."),
    "dates": ("dmy", "mdy"),
    "rounding": tuple(R.ROUNDING),
    "on_error": ("raise", "skip"),
}
OF_TEXTS, OF_WORKBOOKS = ("encoding", "delimiter"), ("sheet",)
FILE_KEYS = ("file", *OPTIONS, "ordered", "columns", "values")
LOOKUP_KEYS = ("file", "on", "columns", *OF_TEXTS, *OF_WORKBOOKS)


@define
class NamedFiles:
    """The files of a folder, and how much of them is read; none from outside the folder where it is `confined`."""

    folder: Path
    zone: str | None
    currency: str | None
    progress: Progress | None
    sections: list[Settings]
    confined: bool = False
    done: int = 0

    def path(self, section: Settings) -> Path:
        """The file that a section names."""
        name = section.needed("file", '"deals.csv"')
        path = self.folder / name
        if (found := kind(path)) != FILE:
            raise section.wrong("file", *self._not_found(name, found))
        if self.confined and not is_within(path, self.folder):
            problem = f"lies outside {as_written(self.folder)}, and only files inside may be read"
            raise section.wrong("file", problem, "put the file into the folder")
        return path

    def _not_found(self, name: str, found: str) -> tuple[str, str]:
        """What is wrong with a name, and the names that there are."""
        there = tables_in(self.folder)
        near = difflib.get_close_matches(name, there, 1)
        has = listed(there) or "no table"
        hint = f"did you mean {near[0]!r}? It has {has}" if near else f"it has {has}"
        absent = found not in (FOLDER, "is not there")
        return found if absent or found == FOLDER else f"is not in {as_written(self.folder.resolve())}", hint

    def table(self, section: Settings, record: type[Record]) -> Table[Any]:
        """A section's file as a table."""
        section.only(*FILE_KEYS)
        path = self.path(section)
        options = {**self.options(section, path), **({"ordered": True} if section.truth("ordered") else {})}
        columns, inner = section.headings("columns"), section.section("values")
        _check_fields(section.section("columns"), record)
        _check_fields(inner, record)
        read: Any = read_excel if is_workbook(path) else read_csv
        with naming(section):
            table: Table[Any] = read(
                path,
                record,
                columns=columns,
                values={name: inner.words(name) for name in inner.values},
                tz=self.zone,
                currency=self.currency,
                progress=self.watch(path),
                **options,
            )
        return table

    def lookup(self, section: Settings) -> Lookup:
        """A lookup from its file."""
        section.only(*LOOKUP_KEYS)
        path, on, columns = self.path(section), section.needed("on", '"manager"'), section.headings("columns")
        with naming(section):
            data = read_columns(path, progress=self.watch(path), **self.options(section, path))
            return Lookup(open_rows(data, how=How(columns=columns, source=path.name)), on, path.name)

    def options(self, section: Settings, path: Path) -> dict[str, Any]:
        """How a section says its file is to be read."""
        odd, kinds = (OF_TEXTS, "text files") if is_workbook(path) else (OF_WORKBOOKS, "spreadsheet files")
        for key in odd:
            if key in section:
                raise section.wrong(key, f"is for {kinds}", f"remove the line: {path.name} is none")
        options = {key: section.text(key, choices) for key, choices in OPTIONS.items() if key in section}
        if options.get("delimiter") == "tab":
            options["delimiter"] = "\t"
        return options

    def watch(self, path: Path) -> Progress | None:
        """The progress of one file as part of that of all."""
        if self.progress is None:
            return None
        report, before, total = self.progress, self.done, self.total()
        self.done += path.stat().st_size
        return lambda done, _: report(before + done, total)

    def total(self) -> int:
        """The bytes of all files that will be read."""
        paths = [self.folder / str(section.values.get("file")) for section in self.sections]
        return sum(path.stat().st_size for path in paths if kind(path) == FILE)


def _check_fields(section: Settings, record: type[Record]) -> None:
    """A name that is nearly that of a field is a slip; another one is a column of the user's own."""
    fields = schema(record)
    for name in section.values:
        if name not in fields and (near := difflib.get_close_matches(name.casefold(), fields, 1, 0.75)):
            raise UnknownName(f"{section.at(name)} is no field of a {record.__name__}: did you mean {near[0]!r}?")


# ---------------------------------------------------------------- errors in the words of the settings


@contextlib.contextmanager
def naming(section: Settings) -> Iterator[None]:
    """Errors with the section they are about, and with how their remedy is written in it."""
    try:
        yield
    except DataError as error:
        _explain(error, section)
        raise
    except CrmError as error:
        told = type(error)(f"{section.at()}: {error}")
        _explain(told, section)
        raise told from None
    except OSError as error:
        raise section.wrong("file", "cannot be read", error.strerror or str(error)) from None


def _explain(error: CrmError, section: Settings) -> None:
    """Add how what the error asks for is written in the settings."""
    message, name = str(error), section.name
    labels: dict[str, dict[str, None]] = {}
    for fault in getattr(error, "faults", ()):
        if "values=" in fault.remedy:
            labels.setdefault(fault.field, {})[shown(fault.value).replace("'", '"')] = None
    lines = [f"[{name}.values.{field}] {listed(f'{x} = ...' for x in words)}" for field, words in labels.items()]
    lines += [f"[{name}.values.{field}] {listed(x)}, where that means nothing" for field, x in _words(error, name)]
    if wanted := re.search(r'columns=(?:\{"(\w+)")?', message):
        lines.append(f'[{name}.columns] {wanted[1] or "field"} = "heading in the file"')
    lines += [f'[{name}] {key} = "..."' for key in OPTIONS if f"{key}=" in message]
    for line in lines:
        error.add_note(f"In {section.file}: {line}")


def _words(error: CrmError, name: str) -> Iterator[tuple[str, list[str]]]:
    """Words where a time or number may be left out, as they are said to mean nothing: by field, if they are few."""
    fields = schema(RECORDS[name]) if name in RECORDS else {}
    found: dict[str, dict[str, None]] = {}
    for fault in getattr(error, "faults", ()):
        optional = fault.field in fields and not fields[fault.field].required
        if optional and fault.problem in _NO_VALUE and not re.search("[0-9]", str(fault.value)):
            found.setdefault(fault.field, {})[f'{json.dumps(str(fault.value), ensure_ascii=False)} = ""'] = None
    yield from ((field, list(words)) for field, words in found.items() if len(words) <= FEW_WORDS)


_NO_VALUE = ("is not a time", "is not a number", "is not an amount")
FEW_WORDS = 5
