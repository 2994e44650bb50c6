"""Stage changes: the path of each deal as the CRM logged it, with its detours, and the delivery of what was sold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from crm_metrics.records import StageChange
from crm_metrics.samples.company import AS_OF, DELIVERY, WAIT
from crm_metrics.samples.days import between, later, who
from crm_metrics.samples.deals import Story
from crm_metrics.samples.draws import Draw, kept, quantile
from crm_metrics.samples.walks import Step

BACK, REOPENED, SKIPPED = 0.05, 0.03, 0.04  # of the deals that can: one step back and on again, lost and not, over one
MIDWAY = 0.3  # of the visits: the deal begins with the contact, since the customer stands there


def changes_of(stories: Sequence[Story], draw: Draw) -> list[StageChange]:
    """The log of the CRM in order of time. ``seq`` numbers the changes of a deal."""
    rows = [change for story in stories for change in _of_deal(story, draw)]
    return sorted(rows, key=lambda change: (str(change.at), change.deal, change.seq))


def _of_deal(story: Story, draw: Draw) -> Iterator[StageChange]:
    steps = [("sales", *step) for step in _walk(story, draw)]
    if steps[-1][1] == "success":
        steps += [("delivery", *step) for step in _delivery(steps[-1][2], draw)]
    for seq, (pipeline, stage, at) in enumerate(steps, 1):
        yield StageChange(
            deal=story.deal.id,
            pipeline=pipeline,
            stage=stage,
            at=at,
            seq=seq,
            manager=kept("manager", who(story.enquiry.manager, at.date()).name, draw),
        )


def _walk(story: Story, draw: Draw) -> list[Step]:
    """The path as it was logged: its last step is always that of the deal."""
    path, u, place, early, late = list(story.path), draw(), draw(), draw(), draw()
    if story.enquiry.channel == "visit" and len(path) > 1 and path[1][0] == "first contact" and u < MIDWAY:
        return [("first contact", path[0][1]), *path[2:]]
    if len(path) < 3 or u >= BACK + REOPENED + SKIPPED:
        return path
    i = 1 + int(place * (len(path) - 2))  # a step that is neither the first nor the last
    if u >= BACK + REOPENED:
        return path[:i] + path[i + 1 :]
    (stage, at), (_, until) = path[i], path[i + 1]
    aside = path[i - 1][0] if u < BACK else "refusal"
    detour = [(aside, between(at, until, 0.1 + 0.4 * early)), (stage, between(at, until, 0.5 + 0.4 * late))]
    return path[: i + 1] + detour + path[i + 1 :]


def _delivery(at: dt.datetime, draw: Draw) -> Iterator[Step]:
    """What follows a sale, as far as it is known: the CRM moves the deal on in the same second."""
    yield DELIVERY[0], at
    for stage in DELIVERY[1:]:
        at = later(at, quantile(draw(), WAIT[stage]))
        if at.date() > AS_OF:
            return
        yield stage, at
