"""How a metric changed: a difference with its limits and a verdict, one or one for each group."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import fields, frozen

from crm_metrics._values.presented import Presented, Shown, beside, group_name, measured
from crm_metrics._values.writing import NOTHING

NO_BASE = "no percent of a base that is not positive"


UNBOUNDED = "relative change unbounded: the base may be next to nothing"


LOSS = "below 0 after: the change is more than -100 %"


PAPER = "figures on paper"


NO_EVIDENCE = "no evidence"


@frozen
class Change:
    """A metric before and after: the difference, the relative change, and a verdict in words.

    ``difference`` and ``relative`` come with their limits; ``p`` is the probability of a difference this large
    if nothing had changed, adjusted for the number of groups looked at. ``verdict`` is better, worse, higher, lower, no
    evidence, too little data, or (of a side whose rows are all alike) no spread in the data. ``unit`` is that of the
    metric. ``paired`` is how many units (values of the field ``paired_by``) are on both sides, over all groups, and so
    were taken for the same ones: two branches that both number their deals from 1 are not. None where totals do not
    tell.
    """

    before: float
    after: float
    difference: float
    low: float
    high: float
    relative: float
    relative_low: float
    relative_high: float
    p: float
    verdict: str
    n_before: int
    n_after: int
    method: str
    note: str = ""
    confidence: float = 0.95
    unit: str = "number"
    paired: int | None = 0
    paired_by: str = ""

    def __str__(self) -> str:
        before, after, difference, low, high, relative = _written(self)
        in_percent = f" ({relative})" if math.isfinite(self.relative) else ""
        limits = "" if math.isnan(self.low) else f" [{low}, {high}]"
        pairs = f"; {said}" if (said := _pairs(self)) else ""
        return f"{before} -> {after}: {difference}{in_percent}{limits}, {self.said}{pairs}"

    @property
    def said(self) -> str:
        """The verdict; where the limits are for one of many groups and do not decide, among how many it is one."""
        among = self.note.partition(f"{NO_EVIDENCE} among ")[2]
        return f"{NO_EVIDENCE} among {among.partition(',')[0]}" if among else self.verdict

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, null for what is undefined or unbounded."""
        out = {f.name: getattr(self, f.name) for f in fields(Change)}
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in out.items()}

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)


def _pairs(x: Change) -> str:
    """What is to be said where units of one name are on both sides."""
    if not x.paired:
        return ""
    what = f"1 {x.paired_by} is" if x.paired == 1 else f"{x.paired:,} {x.paired_by}s are"
    return f"{what} on both sides and taken for the same"


def _written(x: Change) -> tuple[str, ...]:
    """Before, after, the difference with its limits, and the relative change, as the unit is written."""
    points = "share points" if x.unit == "share" else x.unit
    difference, low, high = measured((x.difference, x.low, x.high), points, signed=True)
    width = x.high - x.low
    before, after = (measured((y, y, y + width), x.unit)[0] for y in (x.before, x.after))
    return (
        before,
        after,
        difference,
        low,
        high,
        f"{100 * x.relative:+z,.1f} %" if math.isfinite(x.relative) else NOTHING,
    )


class Changes(Presented, Mapping[Any, Change]):
    """A change for each group: a mapping and a table."""

    def __init__(self, changes: Mapping[Any, Change], names: tuple[str, ...], metric: str, unit: str) -> None:
        self._changes, self.names, self.metric, self.unit = dict(changes), names, metric, unit

    def __getitem__(self, key: Any) -> Change:
        found: Change = self._changes[key]
        return found

    def __iter__(self) -> Iterator[Any]:
        return iter(self._changes)

    def __len__(self) -> int:
        return len(self._changes)

    def about(self) -> dict[str, Any]:
        """The metric and its unit."""
        return {"metric": self.metric, "unit": self.unit}

    def to_columns(self) -> dict[str, list[Any]]:
        """Groups and all the parts of their changes as columns."""
        rows = [v.to_dict() for v in self.values()]
        parts = {f.name: [row[f.name] for row in rows] for f in fields(Change)}
        return beside(tuple(self._changes), self.names, parts)

    def shown(self) -> Shown:
        """A line for each group."""
        rows = []
        for key, one in self.items():
            before, after, difference, low, high, relative = _written(one)
            name = group_name(key if isinstance(key, tuple) else (key,))
            rows.append((name, before, after, difference, relative, low, high, one.said))
        sure = f"{100 * next(iter(self.values())).confidence:g} % sure" if self._changes else ""
        heads = (" / ".join(self.names), "before", "after", "change", "", sure, "", "")
        notes = tuple(filter(None, dict.fromkeys(map(_pairs, self.values()))))
        return Shown(self.metric.replace("_", " "), heads, tuple(rows), notes)
