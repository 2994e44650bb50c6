"""What a funnel says, and how it looks."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from crm_metrics._values.breakdown import Breakdown
from crm_metrics._values.exact import Array, divide
from crm_metrics._values.presented import Presented, Shown, group_name
from crm_metrics._values.writing import number
from crm_metrics.journeys import Pipeline


@frozen(eq=False, repr=False)
class Funnel(Presented):
    """What became of the deals of a pipeline, stage by stage; with ``by=``, by group and stage.

    Each number is a `Breakdown` with the stages as its keys: ``funnel.reached["offer"]``, with groups
    ``funnel.reached["Anna", "offer"]``.

    ``reached``: deals that came to the stage, as ``counting`` counts them. ``drop_off``: those of them that did not
    reach the next one and are gone: lost now, or moved to another pipeline; deals that are still open or on a side
    stage are no drop-off. ``lost_here``: deals lost now whose last open stage it was. ``still_here``: deals in it now
    (at the last stage: those that were won). ``median_days``: days that a deal spent there, all its finished stays
    together.

    ``deals`` are all deals of the pipeline. Those in neither ``lost_here`` nor ``still_here`` are counted apart: lost
    from no stage of the order (``lost_from_nowhere``), on a side stage now (``aside``), in another pipeline now
    (``moved``). ``ties`` are deals with changes of one instant whose order the data do not say. ``elsewhere`` are the
    changes of other pipelines, ``left_out`` changes that lack a deal, stage or time. Rows that lead where the deal is
    already are no entries: ``again`` are those that repeat a change of the same instant (in stays they are gone),
    ``repeated`` those of a later one, as a history has for a change of an amount.
    """

    pipeline: Pipeline
    counting: str
    names: tuple[str, ...]
    reached: Breakdown
    drop_off: Breakdown
    lost_here: Breakdown
    still_here: Breakdown
    median_days: Breakdown
    deals: Any
    lost_from_nowhere: Any
    aside: Any
    moved: Any
    ties: Any
    elsewhere: int
    again: int
    repeated: int
    left_out: dict[str, int]

    @property
    def step_conversion(self) -> Breakdown:
        """Deals that reached a stage, as a share of those that reached the one before; NaN at the first.

        Deals that are still open at the stage before make it look low: see `still_here`.
        """
        reached = self._grid(self.reached)
        before = np.hstack([np.zeros((len(reached), 1), reached.dtype), reached[:, :-1]])
        return self._shares(before)

    @property
    def overall_conversion(self) -> Breakdown:
        """Deals that reached a stage, as a share of those that reached the first one."""
        reached = self._grid(self.reached)
        return self._shares(np.repeat(reached[:, :1], reached.shape[1], axis=1))

    @property
    def leak(self) -> str | None:
        """The stage with the largest share of drop-off, the first of several; with groups, over all of them.

        It is the share among what is decided: ``drop_off`` here, over that and those that reached the next stage. None
        where no deal dropped off.
        """
        dropped, reached = (self._grid(x).sum(axis=0) for x in (self.drop_off, self.reached))
        share = divide(dropped[:-1], dropped[:-1] + reached[1:])
        return self.pipeline.stages[int(np.nanargmax(share))] if dropped[:-1].any() else None

    def _grid(self, numbers: Breakdown) -> Array:
        return numbers.array.astype(np.int64).reshape(-1, len(self.pipeline.stages))

    def _shares(self, whole: Array) -> Breakdown:
        part = self._grid(self.reached).ravel()
        return Breakdown(tuple(self.reached), divide(part, whole.ravel()), names=self.reached.names)

    # ---- as a table
    def about(self) -> dict[str, Any]:
        """The pipeline, the counting, the deals counted apart, and the changes that were left out."""
        apart = ("deals", "lost_from_nowhere", "aside", "moved", "ties")
        sums = {name: sum(x.values()) if isinstance(x := getattr(self, name), Breakdown) else x for name in apart}
        known = {"pipeline": self.pipeline.name, "counting": self.counting}
        rows = {name: getattr(self, name) for name in ("elsewhere", "again", "repeated")}
        return {**known, **sums, **rows, "left_out": dict(self.left_out)}

    def to_columns(self) -> dict[str, list[Any]]:
        """Groups, stages and all numbers, None where undefined."""
        out = self.reached.to_columns("reached")
        for name in COLUMNS[1:]:
            out[name] = list(getattr(self, name).to_dict().values())
        return out

    def shown(self) -> Shown:
        """A line for each stage."""
        rows = []
        columns = [(getattr(self, name), UNITS[name]) for name in COLUMNS]
        for key in self.reached:
            name = group_name(key if isinstance(key, tuple) else (key,))
            rows.append((name, *(number(x[key], unit) for x, unit in columns)))
        title = f"Funnel{'' if self.pipeline.name is None else f' of {self.pipeline.name}'}, {COUNTING[self.counting]}"
        return Shown(title, (" / ".join(self.reached.names), *HEADS), tuple(rows), tuple(self._notes()))

    def _notes(self) -> list[str]:
        about = self.about()
        out = []
        if self.elsewhere and not about["deals"]:
            out.append(f"all {self.elsewhere:,} changes are of other pipelines than {self.pipeline.name!r}")
        if n := about["lost_from_nowhere"]:
            out.append(f"{n:,} {_deals(n)} lost from no stage of the order")
        if n := about["aside"]:
            out.append(f"{n:,} {_deals(n)} on a side stage now")
        if n := about["moved"]:
            out.append(f"{n:,} {_deals(n)} now in another pipeline, neither won nor lost in this one")
        return [*out, *self.cautions()]

    def cautions(self) -> list[str]:
        """What a rule decided, and which rows count for nothing."""
        out = []
        if n := self.about()["ties"]:
            out.append(f"{n:,} {_deals(n)} with changes of one instant, put in order of the stages")
        if n := self.again:
            out.append(f"{n:,} change{'s that are' if n != 1 else ' that is'} there again, counted once")
        if n := self.repeated:
            out.append(f"{n:,} change{'s' if n != 1 else ''} to the stage that the deal was in already, no entries")
        out += [f"{n:,} change{'s' if n != 1 else ''} without a {what} left out" for what, n in self.left_out.items()]
        return out


COUNTING = {
    "linear": "a deal has passed all stages before its furthest",
    "strict": "stages entered one after the other",
    "any": "deals that entered the stage",
    "transitions": "entries, those of deals that came back too",
}
UNITS = {
    "reached": "count", "step_conversion": "share", "overall_conversion": "share", "drop_off": "count",
    "lost_here": "count", "still_here": "count", "median_days": "days",
}  # fmt: skip
COLUMNS = tuple(UNITS)
HEADS = ("reached", "of previous", "of first", "drop-off", "lost here", "still here", "median")


def _deals(n: int) -> str:
    return "deal" if n == 1 else "deals"
