"""The order of stages, the outcomes, and the stages beside the order."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen

from crm_metrics import cells as R
from crm_metrics._values.columns import Labels
from crm_metrics._values.exact import Array
from crm_metrics.errors import UnknownName, WrongCall, WrongValue, each, listed, shown
from crm_metrics.journeys.keys import counted, found_by

OUTSIDE = -1
"""The place of a change that belongs to no stage of the pipeline."""


def _names(x: Any) -> tuple[str, ...]:
    given = (x,) if isinstance(x, (str, int)) else each(x, "stages in order")
    out = tuple(R.text(name) for name in given)
    for name, was in zip(out, given, strict=True):
        if not isinstance(name, str):
            raise WrongValue(f"{shown(was)} is no name of a stage: give text, or the number of the stage")
    return out  # type: ignore[return-value]  # those that are no text were refused


@frozen
class Pipeline:
    """The stages that a deal goes through, in order; the last of them is success.

    ``lost`` are outcomes without success. ``side`` are stages that have no place in the order (on hold, not a real
    deal). ``name`` is the value of ``pipeline`` that the stage changes of this pipeline have; without it every change
    belongs to it. Where a CRM has several pipelines, describe each.

    Raises `WrongValue` where a stage is named twice or none is given.

    >>> Pipeline(["new lead", "offer", "success"], lost="refusal", name="sales")
    Pipeline(stages=('new lead', 'offer', 'success'), lost=('refusal',), side=(), name='sales')
    """

    stages: tuple[str, ...] = field(converter=_names)
    lost: tuple[str, ...] = field(default=(), converter=_names, kw_only=True)
    side: tuple[str, ...] = field(default=(), converter=_names, kw_only=True)
    name: str | None = field(default=None, converter=R.text, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.stages:
            raise WrongValue("a pipeline has one stage at the least: give them in order, success last")
        twice = sorted({name for name in self.places if self.places.count(name) > 1})
        if twice:
            raise WrongValue(f"{listed(map(repr, twice))} stands twice among stages, lost and side: name each once")

    @property
    def places(self) -> tuple[str, ...]:
        """All stages that belong to it: those in order, the lost ones, those beside."""
        return self.stages + self.lost + self.side

    @property
    def success(self) -> str:
        """The last stage."""
        return self.stages[-1]

    def within(self, pipeline: Labels) -> Array | None:
        """Which changes belong to it; None where all do."""
        return None if self.name is None else (pipeline == self.name).true

    def placed(self, stage: Labels, within: Array | None = None) -> Array:
        """The place of each change among `places`, `OUTSIDE` where it is of another pipeline or has no stage.

        Raises `UnknownName` where a change of this pipeline has a stage that the pipeline does not know.
        """
        index = {name: i for i, name in enumerate(self.places)}
        place = np.array([index.get(name, OUTSIDE) for name in stage.labels] or [OUTSIDE], np.int16)
        seen = counted(stage.codes, len(place), within)
        unknown = np.flatnonzero((place == OUTSIDE) & (seen > 0)).tolist()
        if names := [stage.labels[i] for i in unknown if stage.labels[i] is not None]:
            raise UnknownName(self._unknown(names, int(seen[unknown[0]])))
        out = found_by(place, stage.codes)
        return out if within is None else np.where(within, out, np.int16(OUTSIDE))

    def _unknown(self, names: list[str], rows: int) -> str:
        which = "" if self.name is None else f" {self.name!r}"
        several = "s" if rows != 1 else ""
        other = "" if self.name is not None else ", or say which pipeline is meant, Pipeline(..., name=...)"
        return (
            f"the pipeline{which} does not know the stage {names[0]!r} ({rows:,} change{several}"
            f"{f'; nor {listed(map(repr, names[1:]))}' if names[1:] else ''}): add it to the stages in its place, "
            f"to lost= or to side={other}"
        )


def several(x: Any) -> tuple[Pipeline, ...]:
    """One pipeline, several, or none."""
    given = () if x is None else (x,) if isinstance(x, Pipeline) else each(x, "pipelines")
    for pipeline in given:
        one(pipeline)
    return given


def one(x: Any) -> Pipeline:
    """A pipeline that somebody gave."""
    if not isinstance(x, Pipeline):
        raise WrongCall(f'{shown(x)} is no pipeline: give Pipeline(["new", "offer", "won"], lost="lost")')
    return x
