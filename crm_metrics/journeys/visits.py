"""The rows that journeys are made of: stays, what folds keep of them, and both read as entries into stages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from crm_metrics._tables.opening import held
from crm_metrics._tables.stacking import all_rows
from crm_metrics._tables.table import Table
from crm_metrics._values.columns import Instants, Labels
from crm_metrics.cells import Instant, flag, instant, number, text
from crm_metrics.errors import WrongCall
from crm_metrics.records import StageChange
from crm_metrics.records.schemas import NotBefore, Record


@frozen(kw_only=True)
class Stay(Record):
    """A deal in a stage, from one change to the next.

    ``left_at`` is missing while the deal is still there; ``next_stage`` and ``next_pipeline`` are where it went. A
    change of pipeline ends the stay in the old one. ``tied`` are stays that began at one instant with others of the
    deal, so that nobody knows which came first: their order, and with it their length, is by a rule.
    """

    rules = (NotBefore("left_at", "entered_at"),)

    deal: str | None = field(converter=text)
    stage: str | None = field(converter=text)
    entered_at: Instant | None = field(converter=instant)
    left_at: Instant | None = field(default=None, converter=instant)
    pipeline: str | None = field(default=None, converter=text)
    next_stage: str | None = field(default=None, converter=text)
    next_pipeline: str | None = field(default=None, converter=text)
    seq: Decimal | None = field(default=None, converter=number)
    manager: str | None = field(default=None, converter=text)
    tied: bool | None = field(default=None, converter=flag)

    @classmethod
    def cautions(cls, rows: Any) -> list[str]:
        if not (n := int(np.count_nonzero(rows.optional("tied").true))):
            return []
        began = "stays began" if n != 1 else "stay began"
        return [f"{n:,} of {len(rows):,} {began} at one instant with others: their order is a rule's, give seq"]


@frozen(kw_only=True)
class TimeInStage(Stay):
    """All stays of a deal in a stage together: ``seconds`` in the finished ones, missing where none is finished.

    ``entered_at`` is the first entry and ``left_at`` the last exit; ``entries`` counts the stays, finished or not;
    ``tied`` are those of which one is.
    """

    lacks: ClassVar[str] = "hold the stays of a deal in a stage put together"

    seconds: Decimal | None = field(default=None, converter=number)
    entries: Decimal | None = field(default=Decimal(1), converter=number)


@frozen(kw_only=True)
class LatestStay(Stay):
    """The latest finished stay of a deal in a stage; its other stays there are in no row."""

    lacks: ClassVar[str] = "hold the latest stay of a deal in each stage alone"


@frozen(kw_only=True)
class FirstEntry(StageChange):
    """A change that was picked because it came first; later changes of the deal are in no row."""

    lacks: ClassVar[str] = "hold first entries alone"


@frozen(eq=False)
class Entries:
    """Stage changes or stays, read as entries into stages."""

    table: Table[Any]

    @classmethod
    def of(cls, rows: Any, also: type[Record] | None = None) -> Entries:
        """Entries from rows of any kind: stays where they have `entered_at`, else stage changes.

        Rows of folds that keep a part of the changes are refused, but for those of the record `also`.
        """
        t = opened_changes(rows)
        if t.record is Record:
            t = t.typed(StageChange)
        if not issubclass(t.record, (StageChange, Stay)):
            raise WrongCall(f"expected StageChange or Stay rows, got a table of {t.record.__name__}")
        return cls(all_rows(whole_history(t, also)))

    @property
    def at_name(self) -> str:
        """The field that says when."""
        return "entered_at" if issubclass(self.table.record, Stay) else "at"

    @property
    def at(self) -> Instants:
        """When."""
        times: Instants = self.table[self.at_name]
        return times

    @property
    def deal(self) -> Labels:
        """Which deal."""
        labels: Labels = self.table.deal
        return labels

    @property
    def stage(self) -> Labels:
        """Into which stage."""
        labels: Labels = self.table.stage
        return labels

    def optional(self, name: str) -> Any:
        """The labels of a column that the rows may lack."""
        if name in self.table:
            return self.table[name]
        return Labels(np.broadcast_to(np.uint8(0), len(self)), [None], name=name)

    def __len__(self) -> int:
        return len(self.table)


def opened_changes(rows: Any) -> Table[Any]:
    """Rows of any kind; columns without a record are stays, or times in stages, where they look like these."""
    t = held(rows)
    if t.record is not Record or "entered_at" not in t or "at" in t:
        return t
    return t.typed(TimeInStage if "seconds" in t and "entries" in t else Stay)


def whole_history(t: Table[Any], also: type[Record] | None = None) -> Table[Any]:
    """The same rows, refused where they have lost changes; those of the record `also` may have."""
    lacks = getattr(t.record, "lacks", "")
    if lacks and not (also is not None and issubclass(t.record, also)):
        raise WrongCall(
            f"expected all changes or stays, and these {t.record.__name__} rows {lacks}: give the changes themselves, "
            "or stays(changes)"
        )
    return t
