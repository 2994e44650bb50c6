"""The sample: the company's records, and how it is made."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from functools import cached_property

from attrs import field, frozen

from crm_metrics.errors import WrongValue
from crm_metrics.records import Call, Deal, DealLine, Interaction, Lead, Manager, Quota, Spend, StageChange
from crm_metrics.samples.calls import calls_of
from crm_metrics.samples.company import AS_OF, GO_LIVE, RAMP_WEEKS
from crm_metrics.samples.deals import Story, stories
from crm_metrics.samples.draws import Draw, stream
from crm_metrics.samples.histories import changes_of
from crm_metrics.samples.interactions import interactions_of
from crm_metrics.samples.leads import leads_of
from crm_metrics.samples.lines import lines_of
from crm_metrics.samples.money import CostRow, costs, spend
from crm_metrics.samples.people import managers_of, quotas_of
from crm_metrics.samples.truth import Truth, truth_of


@frozen
class Origin:
    """What the records that are made only when asked for are made from."""

    seed: int
    scale: float
    effect: bool
    stories: Sequence[Story]

    def draws(self, name: str) -> Draw:
        return stream(self.seed, name)


def _count(rows: Sequence[object]) -> str:
    return f"[{len(rows)} rows]"


@frozen(slots=False)
class Sample:
    """The company's records, what is known about its CRM, and the truth that an evaluation should find.

    Licences of the CRM are both in ``spend`` (software, for the cost of customers) and in ``costs`` (for the
    return on the CRM). ``as_of`` is the last day of the data, to its end. Leads, lines and what else there is beside
    deals and money are made when they are first asked for, always of the whole company.
    """

    deals: list[Deal] = field(repr=_count)
    spend: list[Spend] = field(repr=_count)
    go_live: dt.date
    ramp_weeks: int
    as_of: dt.date
    costs: tuple[CostRow, ...]
    truth: Truth
    _origin: Origin = field(repr=False, eq=False)

    @cached_property
    def leads(self) -> list[Lead]:
        """What deals came of, earlier touches of the same customers, and what never became a deal."""
        of = self._origin
        return leads_of(of.stories, of.draws("leads"), of.draws("other leads"), of.scale, of.effect)

    @cached_property
    def lines(self) -> list[DealLine]:
        """What each deal that came to an offer was made of: the amounts of its lines are those of the deal."""
        return lines_of(self._origin.stories, self._origin.draws("lines"))

    @cached_property
    def changes(self) -> list[StageChange]:
        """The stages that deals entered: of the pipeline "sales", then of "delivery" when they are won."""
        return changes_of(self._origin.stories, self._origin.draws("changes"))

    @cached_property
    def calls(self) -> list[Call]:
        """Telephone calls, of deals and of strangers."""
        of = self._origin
        return calls_of(of.stories, self.leads, of.draws("calls"), of.scale, of.effect)

    @cached_property
    def interactions(self) -> list[Interaction]:
        """Messages, visits, quotes and documents. Telephone calls are in ``calls`` alone."""
        of = self._origin
        return interactions_of(of.stories, self.leads, of.draws("interactions"), of.scale, of.effect)

    @cached_property
    def quotas(self) -> list[Quota]:
        """What each manager was to sell, month by month."""
        return list(quotas_of(self._origin.draws("quotas"), self._origin.scale))

    @cached_property
    def managers(self) -> list[Manager]:
        """Who sells or sold, with showroom and pay."""
        return managers_of(self._origin.scale)


def dealership(seed: int = 7, scale: float = 1.0, *, effect: bool = True) -> Sample:
    """A car dealership from 2023 to the middle of 2025, live with a CRM from 1 April 2024.

    ``scale`` is its size: all records alike but for who sells. With ``effect=False`` the CRM changes nothing, and the
    same leads come in: the twin that no real company has. Seed 7 is an ordinary company, chosen among several for
    that: its measured changes lie near what chance gives on average.

    >>> sample = dealership()
    >>> len(sample.deals), sample.truth.win_rate_factor
    (7692, 1.2705)
    >>> [len(x) for x in (sample.leads, sample.lines, sample.changes, sample.calls, sample.interactions)]
    [11669, 4994, 36914, 21902, 30260]
    """
    if not 0 < scale < math.inf:
        msg = f"scale is a positive number, not {scale!r}: 1.0 is about 7,700 deals"
        raise WrongValue(msg)
    told = list(stories(stream(seed, "deals"), stream(seed, "links"), scale, effect))
    return Sample(
        deals=[story.deal for story in told],
        spend=list(spend(stream(seed, "spend"), scale)),
        go_live=GO_LIVE,
        ramp_weeks=RAMP_WEEKS,
        as_of=AS_OF,
        costs=tuple(costs(scale)),
        truth=truth_of(scale, effect),
        origin=Origin(seed, scale, effect, told),
    )
