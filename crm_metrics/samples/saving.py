"""The sample as files, as a company would have them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs

from crm_metrics.records import Call, Deal, DealLine, Interaction, Lead, Manager, Quota, Spend, StageChange
from crm_metrics.samples.money import CostRow
from crm_metrics.samples.sample import Sample

RECORDS: dict[str, type] = {
    "deals": Deal,
    "spend": Spend,
    "leads": Lead,
    "lines": DealLine,
    "changes": StageChange,
    "calls": Call,
    "interactions": Interaction,
    "quotas": Quota,
    "managers": Manager,
}


def save(sample: Sample, folder: str | Path) -> Path:
    """Write a CSV file of each kind of record, deals.csv and so on, and return the folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, record in RECORDS.items():
        _write(folder / f"{name}.csv", [f.name for f in attrs.fields(record)], getattr(sample, name))
    _write(folder / "costs.csv", CostRow._fields, sample.costs)
    return folder


def _write(path: Path, names: Iterable[str], rows: Sequence[Any]) -> None:
    """A column that nobody fills is left out."""
    names = [name for name in names if any(getattr(row, name) is not None for row in rows)]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(names)
        out.writerows([getattr(row, name) for name in names] for row in rows)
