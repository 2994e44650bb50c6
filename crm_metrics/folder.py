"""A company from a folder: its crm.toml, and the CSV files that this names. `load`."""

from __future__ import annotations

import contextlib
import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from attrs import define

from crm_metrics import cells as R
from crm_metrics.costs import Cost
from crm_metrics.crm import CRM, RECORDS, Lookup
from crm_metrics.encode import How
from crm_metrics.errors import CrmError, DataError, UnknownName, WrongValue, listed, shown
from crm_metrics.files import read_columns, read_csv
from crm_metrics.journeys import Pipeline
from crm_metrics.paper import COUNTS, SUMS, Paper
from crm_metrics.schemas import Record, schema
from crm_metrics.settings import Section, read_settings
from crm_metrics.tables import Table, open_rows
from crm_metrics.values import zoneinfo

Progress: TypeAlias = Callable[[int, int], object]

SETTINGS = "crm.toml"

OPTIONS: dict[str, tuple[str, ...]] = {
    "encoding": (),
    "delimiter": (),
    "decimal": (",", "."),
    "dates": ("dmy", "mdy"),
    "rounding": tuple(R.ROUNDING),
    "on_error": ("raise", "skip"),
}
FILE_KEYS = ("file", *OPTIONS, "columns", "values")
COST_KEYS = ("date", "amount", "name", "every", "until", "currency")


def load(folder: str | Path, *, progress: Progress | None = None) -> CRM:
    """A company from a folder: its crm.toml, and the CSV files that this names.

    ``progress(done, total)`` is called now and then with bytes read of all files.

    Errors in crm.toml name file, key, value and remedy; bad cells come as one `DataError` for each file.
    """
    path = _settings_path(folder)
    top = read_settings(path).only("company", "crm", "before", "lookups", "pipelines", *RECORDS)
    company = top.section("company").only("name", "currency", "timezone")
    about = top.section("crm").only("go_live", "ramp_weeks", "as_of", "costs")
    tables = {name: top.section(name) for name in RECORDS if name in top}
    if not tables:
        raise WrongValue(f'{path.name} names no data: add [deals] and, in the next line, file = "deals.csv"')
    lookups = top.sections("lookups")
    files = _Files(path.parent, _zone(company), progress, [*tables.values(), *_cost_file(about), *lookups])
    known: dict[str, Any] = {
        "name": company.text("name"),
        "currency": _currency(company),
        "go_live": about.date("go_live"),
        "ramp_weeks": about.count("ramp_weeks", 520),
        "as_of": about.date("as_of"),
        "costs": _costs(about, files),
        "before": _before(top),
        "pipelines": [_pipeline(section) for section in top.sections("pipelines")],
    }
    rows: dict[str, Any] = {name: files.table(section, RECORDS[name]) for name, section in tables.items()}
    crm = CRM(**known, **rows, lookups=tuple(files.lookup(section) for section in lookups))
    for lookup, section in zip(crm.lookups, lookups, strict=True):
        _check_lookup(crm, lookup, section)
    return crm


def _settings_path(folder: str | Path) -> Path:
    path = Path(folder)
    if path.suffix == ".toml" and path.is_file():
        return path
    if not path.is_dir():
        what = "is a file, not a folder" if path.exists() else "is not there"
        raise WrongValue(f"{path} {what}: give the folder that holds {SETTINGS} and the CSV files")
    if not (path / SETTINGS).is_file():
        raise WrongValue(f"{path} has no {SETTINGS}: python -m crm_metrics --init {path} writes a first one")
    return path / SETTINGS


def _zone(company: Section) -> str | None:
    name = company.text("timezone")
    with _named(company):
        return name if name is None or zoneinfo(name) else None


def _currency(company: Section) -> str | None:
    code = R.currency(company.text("currency"))
    if isinstance(code, R.Bad):
        raise company.wrong("currency", code.problem, 'give an ISO 4217 code such as "USD"')
    return code


@contextlib.contextmanager
def _named(section: Section) -> Iterator[None]:
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


def _explain(error: CrmError, section: Section) -> None:
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


@define
class _Files:
    """The CSV files of a folder, and how much of them is read."""

    folder: Path
    zone: str | None
    progress: Progress | None
    sections: list[Section]
    done: int = 0

    def path(self, section: Section) -> Path:
        """The file that a section names."""
        name = section.needed("file", '"deals.csv"')
        path = self.folder / name
        if not path.is_file():
            there = sorted(p.name for p in self.folder.glob("*.[cCtT][sSxX][vVtT]"))
            near = difflib.get_close_matches(name, there, 1)
            hint = (
                f"did you mean {near[0]!r}? It has {listed(there)}" if near else f"it has {listed(there) or 'no CSV'}"
            )
            what = "is a folder" if path.is_dir() else f"is not in {self.folder.resolve()}"
            raise section.wrong("file", what, hint)
        return path

    def table(self, section: Section, record: type[Record]) -> Table[Any]:
        """A section's file as a table."""
        section.only(*FILE_KEYS)
        path, options = self.path(section), self.options(section)
        columns = section.words("columns")
        _check_fields(section.section("columns"), record)
        _check_fields(section.section("values"), record)
        values = {name: section.section("values").words(name) for name in section.section("values").values}
        with _named(section):
            return read_csv(
                path, record, columns=columns, values=values, tz=self.zone, progress=self.watch(path), **options
            )

    def lookup(self, section: Section) -> Lookup:
        """A lookup from its file."""
        section.only("file", "on", "columns", "encoding", "delimiter")
        path, options, on = self.path(section), self.options(section), section.needed("on", '"manager"')
        with _named(section):
            data = read_columns(path, progress=self.watch(path), **options)
            return Lookup(open_rows(data, how=How(columns=section.words("columns"), source=path.name)), on, path.name)

    def options(self, section: Section) -> dict[str, Any]:
        """How a section says its file is to be read."""
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
        return sum(path.stat().st_size for path in paths if path.is_file())


def _check_fields(section: Section, record: type[Record]) -> None:
    """A name that is nearly that of a field is a slip; another one is a column of the user's own."""
    fields = schema(record)
    for name in section.values:
        if name not in fields and (near := difflib.get_close_matches(name.casefold(), fields, 1, 0.75)):
            raise UnknownName(f"{section.at(name)} is no field of a {record.__name__}: did you mean {near[0]!r}?")


def _cost_file(about: Section) -> list[Section]:
    """``[crm.costs]`` where costs are in a file; ``[[crm.costs]]`` are the costs themselves."""
    return [about.section("costs")] if isinstance(about.values.get("costs"), Mapping) else []


def _costs(about: Section, files: _Files) -> list[Cost]:
    if not (file := _cost_file(about)):
        return [_cost(section) for section in about.sections("costs")]
    rows = files.table(file[0], Cost)
    if rows.report and rows.report.faults:  # on_error="skip": a cost that is left out would count as none
        raise DataError(rows.report.faults, rows.how.source)
    names = [name for name in schema(Cost) if name in rows]
    return [Cost(**{name: rows[name].item(i) for name in names}) for i in range(len(rows))]


def _cost(section: Section) -> Cost:
    section.only(*COST_KEYS)
    for key in ("date", "amount"):
        if key not in section:
            raise WrongValue(f"{section.at()} has no {key}: a cost is a date, an amount and perhaps a name")
    values = {key: x for key, x in section.values.items() if key not in ("date", "until")}
    try:
        return Cost(at=section.date("date"), until=section.date("until"), **values)
    except DataError as error:
        fault = error.faults[0]
        key = "date" if fault.field == "at" else fault.field
        raise section.wrong(key, fault.problem, fault.remedy.partition(", or translate")[0]) from None


def _before(top: Section) -> Paper | None:
    """Figures kept on paper from before the CRM."""
    if "before" not in top:
        return None
    section = top.section("before").only("months", *COUNTS, *SUMS)
    with _named(section):
        return Paper.of(section.values)


def _pipeline(section: Section) -> Pipeline:
    """The stages of a pipeline in their order."""
    section.only("name", "stages", "lost", "side")
    lists = {key: section.values.get(key, []) for key in ("stages", "lost", "side")}
    for key, x in lists.items():
        if not isinstance(x, list) or not all(isinstance(stage, str) for stage in x):
            raise section.wrong(key, "is no list of stages", f'write {key} = ["new", "offer", "won"]')
    with _named(section):
        return Pipeline(lists["stages"], lost=lists["lost"], side=lists["side"], name=section.text("name"))


def _check_lookup(crm: CRM, lookup: Lookup, section: Section) -> None:
    """A lookup that knows none of the deals' labels is matched by the wrong column."""
    if crm.deals is None or lookup.on not in crm.deals:
        has = "there are none" if crm.deals is None else f"they have {listed(crm.deals.columns, 24)}"
        raise section.wrong("on", "is no column of the deals", has)
    lost = lookup.unmatched(crm.deals)
    labels = crm.deals[lookup.on].known
    if labels and len(lost) == labels:
        ours, theirs = next(iter(lost)), [lookup.rows[lookup.on].item(i) for i in range(len(lookup.rows))][:1]
        remedy = f'say which heading of {lookup.source} holds it, columns = {{ {lookup.on} = "..." }}'
        problem = f"matches nothing: the deals have {shown(ours)}, {lookup.source} has {listed(map(shown, theirs))}"
        raise section.wrong("on", problem, remedy)
