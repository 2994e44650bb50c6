"""A company from a folder: its crm.toml, and the files that this names. `load`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crm_metrics import cells as R
from crm_metrics._company.costs import Cost
from crm_metrics._company.crm import CRM, RECORDS, Lookup
from crm_metrics._company.named_files import NamedFiles, Progress, naming
from crm_metrics._company.paper import FIGURES, Paper
from crm_metrics._company.paths import FILE, FOLDER, as_written, is_within, kind, path_of
from crm_metrics._company.settings import Settings, read_settings
from crm_metrics._company.windows import MOST_WEEKS
from crm_metrics._values.clocks import zoneinfo
from crm_metrics.errors import DataError, WrongValue, listed, shown
from crm_metrics.journeys import Pipeline
from crm_metrics.records.schemas import schema

SETTINGS = "crm.toml"
COST_KEYS = ("date", "amount", "name", "every", "until", "currency")


def load(folder: str | os.PathLike[str], *, progress: Progress | None = None, confined: bool = False) -> CRM:
    """A company from a folder: its crm.toml, and the files that this names.

    ``progress(done, total)`` is called now and then with bytes read of all files. A crm.toml may name files elsewhere,
    ``"../shared/teams.csv"``; with ``confined`` none outside the folder is read, wherever ``..``, links and absolute
    paths lead: for a program that loads folders of other people.

    Errors in crm.toml name file, key, value and remedy; bad cells come as one `DataError` for each file.
    """
    path = _settings_path(path_of(folder), confined)
    top = read_settings(path).only("company", "crm", "before", "lookups", "pipelines", *RECORDS)
    company = top.section("company").only("name", "currency", "timezone", "margin")
    about = top.section("crm").only("go_live", "ramp_weeks", "as_of", "costs")
    tables = {name: top.section(name) for name in RECORDS if name in top}
    if not tables:
        raise WrongValue(f'{path.name} names no data: add [deals] and, in the next line, file = "deals.csv"')
    lookups, zone, currency = top.sections("lookups"), _zone(company), _currency(company)
    sections = [*tables.values(), *_cost_file(about), *lookups]
    files = NamedFiles(path.parent, zone, currency, progress, sections, confined)
    known: dict[str, Any] = {
        "name": company.text("name"),
        "currency": currency,
        "margin": company.share("margin"),
        "go_live": about.date("go_live"),
        "ramp_weeks": about.count("ramp_weeks", MOST_WEEKS),
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


def _settings_path(given: Path, confined: bool) -> Path:
    found = kind(given)
    path = given if given.suffix == ".toml" and found == FILE else given / SETTINGS
    if found != FOLDER and path != given:
        what = "is a file, not a folder" if found == FILE else found
        raise WrongValue(f"{as_written(given)} {what}: give the folder that holds {SETTINGS} and its files")
    if (found := kind(path)) == "is not there":
        raise WrongValue(
            f"{as_written(given)} has no {SETTINGS}: python -m crm_metrics --init {given} writes a first one"
        )
    if found != FILE:
        raise WrongValue(f"{as_written(path)} {found}: put the settings themselves there")
    if confined and not is_within(path, path.parent):
        raise WrongValue(f"{as_written(path)} is a link to outside the folder: put the settings themselves there")
    return path


def _zone(company: Settings) -> str | None:
    name = company.text("timezone")
    with naming(company):
        return name if name is None or zoneinfo(name) else None


def _currency(company: Settings) -> str | None:
    code = R.currency(company.text("currency"))
    if isinstance(code, R.Bad):
        raise company.wrong("currency", code.problem, 'give an ISO 4217 code such as "USD"')
    return code


def _cost_file(about: Settings) -> list[Settings]:
    """``[crm.costs]`` where costs are in a file; ``[[crm.costs]]`` are the costs themselves."""
    return [about.section("costs")] if isinstance(about.values.get("costs"), Mapping) else []


def _costs(about: Settings, files: NamedFiles) -> list[Cost]:
    if not (file := _cost_file(about)):
        return [_cost(section) for section in about.sections("costs")]
    rows = files.table(file[0], Cost)
    if rows.report and rows.report.faults:  # on_error="skip": a cost that is left out would count as none
        raise DataError(rows.report.faults, rows.how.source)
    names = [name for name in schema(Cost) if name in rows]
    return [Cost(**{name: rows[name].item(i) for name in names}) for i in range(len(rows))]


def _cost(section: Settings) -> Cost:
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


def _before(top: Settings) -> Paper | None:
    """Figures kept on paper from before the CRM."""
    if "before" not in top:
        return None
    section = top.section("before").only("months", *FIGURES)
    with naming(section):
        return Paper.of(section.values)


def _pipeline(section: Settings) -> Pipeline:
    """The stages of a pipeline in their order."""
    section.only("name", "stages", "lost", "side")
    lists = {key: section.values.get(key, []) for key in ("stages", "lost", "side")}
    for key, x in lists.items():
        if not isinstance(x, list) or not all(isinstance(stage, str) for stage in x):
            raise section.wrong(key, "is no list of stages", f'write {key} = ["new", "offer", "won"]')
    with naming(section):
        return Pipeline(lists["stages"], lost=lists["lost"], side=lists["side"], name=section.text("name"))


def _check_lookup(crm: CRM, lookup: Lookup, section: Settings) -> None:
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
