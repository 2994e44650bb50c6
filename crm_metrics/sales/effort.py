"""What it takes to make a sale: calls, e-mails, meetings, quotes, documents."""

from __future__ import annotations

from crm_metrics._totals.groups import By
from crm_metrics._totals.metric import Rows, metric
from crm_metrics._totals.of_rows import looked_up, totals
from crm_metrics._values.breakdown import Number
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import closed, deal_of, won
from crm_metrics.columns.calls import COUNTING, hour_of_work
from crm_metrics.columns.parametric import Between, OfKind, one_of
from crm_metrics.records import Call, Deal, Interaction
from crm_metrics.records.schemas import schema

KINDS = schema(Interaction)["kind"].choices
PAPERS = ("proposal", "quote", "document")


# ---------------------------------------------------------------- calls


@metric(Call, unit="count", better="higher", question="How many calls do we make?")
def calls_made(calls: Rows[Call], *, counting: str = "all", by: By = None) -> Number:
    r"""Number of calls, in and out, answered or not.

    $$ \text{calls made} = \#\,\text{calls} $$

    ``counting="answered"`` counts those in which somebody spoke, ``counting="linked"`` those that belong to a deal. A
    bare time key reads `started_at`.

    >>> calls_made({"started_at": ["2024-03-01", "2024-03-01"], "answered": [True, False]}, counting="answered")
    1
    """
    return totals(calls, Call, by, at="started_at").count(COUNTING[one_of(counting, COUNTING, "counting")])


@metric(Call, Deal, unit="number", better="lower", question="How many calls does a sale take?")
def calls_per_sale(calls: Rows[Call], deals: Rows[Deal], *, counting: str = "all", by: By = None) -> Number:
    r"""Calls per won deal.

    $$ \text{calls per sale} = \frac{\text{calls}}{\text{won deals}} $$

    All calls, whatever came of them; ``counting="answered"`` or ``"linked"`` as in `calls_made`. NaN where nothing was
    won. A bare time key reads `started_at` of calls and `closed_at` of deals.

    >>> calls = {"manager": ["Anna", "Anna", "Boris"]}
    >>> calls_per_sale(calls, {"status": ["won", "won", "lost"]})
    1.5
    """
    c, d = totals(calls, Call, by, at="started_at"), totals(deals, Deal, by, at="closed_at")
    return ratio(c.count(COUNTING[one_of(counting, COUNTING, "counting")]), d.count(won))


@metric(Call, Deal, unit="number", better="higher", question="How many sales come of a call?")
def wins_per_call(calls: Rows[Call], deals: Rows[Deal], *, counting: str = "all", by: By = None) -> Number:
    r"""Won deals per call, the inverse of `calls_per_sale`. NaN without calls.

    $$ \text{wins per call} = \frac{\text{won deals}}{\text{calls}} $$

    >>> wins_per_call({"manager": ["Anna", "Anna"]}, {"status": ["won", "lost"]})
    0.5
    """
    c, d = totals(calls, Call, by, at="started_at"), totals(deals, Deal, by, at="closed_at")
    return ratio(d.count(won), c.count(COUNTING[one_of(counting, COUNTING, "counting")]))


@metric(Call, unit="number", better="higher", question="How many calls does a manager make in an hour of calling?")
def calls_per_hour(calls: Rows[Call], *, by: By = None) -> Number:
    r"""Calls per hour in which a manager made any.

    $$ \text{calls per hour} = \frac{\text{calls with a time of day}}{\text{hours of a manager with a call}} $$

    Hours of the clock, counted once for each manager; hours without a call are no hours of calling. Calls without a
    time of day, bare dates too, are left out. NaN without calls. A bare time key reads `started_at`.

    >>> calls_per_hour({"started_at": ["2024-03-01 10:05", "2024-03-01 10:45", "2024-03-01 12:10"]})
    1.5
    """
    t = totals(calls, Call, by, at="started_at")
    return ratio(t.count() - t.missing(hour_of_work), t.distinct(hour_of_work))


# ---------------------------------------------------------------- all that is done with a customer


def _of(kind: str | None) -> OfKind | None:
    return None if kind is None else OfKind(one_of(kind, KINDS, "kind"))


@metric(Interaction, unit="count", better="higher", question="How much do we do?")
def activities(interactions: Rows[Interaction], *, kind: str | None = None, by: By = None) -> Number:
    r"""Number of calls, e-mails, meetings, quotes and the rest; ``kind="email"`` counts one kind, ``by="kind"`` each.

    $$ \text{activities} = \#\,\text{activities (of the kind)} $$

    A bare time key reads `at`.

    >>> activities({"kind": ["email", "meeting", "email"]}, by="kind")
    Breakdown({'email': 2, 'meeting': 1})
    """
    return totals(interactions, Interaction, by, at="at").count(_of(kind))


@metric(Interaction, Deal, unit="number", better="lower", question="How much do we do for a sale?")
def activities_per_sale(
    interactions: Rows[Interaction], deals: Rows[Deal], *, kind: str | None = None, by: By = None
) -> Number:
    r"""Activities per won deal; ``kind="email"`` of one kind.

    $$ \text{activities per sale} = \frac{\text{activities}}{\text{won deals}} $$

    Those of lost deals count too: they are part of what a sale takes. NaN where nothing was won. A bare time key reads
    `at` of activities and `closed_at` of deals.

    >>> activities_per_sale({"kind": ["email", "email", "quote"]}, {"status": ["won", "lost"]}, kind="email")
    2.0
    """
    t, d = totals(interactions, Interaction, by, at="at"), totals(deals, Deal, by, at="closed_at")
    return ratio(t.count(_of(kind)), d.count(won))


@metric(Interaction, Deal, unit="number", better="higher", question="How many sales come of what we do?")
def wins_per_activity(
    interactions: Rows[Interaction], deals: Rows[Deal], *, kind: str | None = None, by: By = None
) -> Number:
    r"""Won deals per activity, the inverse of `activities_per_sale`. NaN without activities.

    $$ \text{wins per activity} = \frac{\text{won deals}}{\text{activities}} $$

    >>> wins_per_activity({"kind": ["quote", "quote"]}, {"status": ["won"]}, kind="quote")
    0.5
    """
    t, d = totals(interactions, Interaction, by, at="at"), totals(deals, Deal, by, at="closed_at")
    return ratio(d.count(won), t.count(_of(kind)))


quotes = OfKind("quote")


@metric(Interaction, Deal, unit="share", better="higher", question="Of the deals that got a quote, how many were won?")
def quote_acceptance_rate(interactions: Rows[Interaction], deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Share of closed deals with a quote that were won.

    $$ \text{quote acceptance} = \frac{\text{deals with a quote, won}}{\text{deals with a quote, won or lost}} $$

    A deal with several quotes counts once; deals still open are undecided and count nowhere. `by=` groups the
    quotes, and a bare time key reads their `at`. A fraction; NaN where no quoted deal has closed.

    >>> interactions = {"kind": ["quote", "quote", "quote", "email"], "deal": [1, 1, 2, 3]}
    >>> quote_acceptance_rate(interactions, {"id": [1, 2, 3], "status": ["won", "lost", "won"]})
    0.5
    """
    t, d = totals(interactions, Interaction, by, at="at"), looked_up(deals, Deal)
    accepted = t.among(deal_of, d, "id", where=quotes, their=won)
    return ratio(accepted, t.among(deal_of, d, "id", where=quotes, their=closed))


@metric(Interaction, unit="days", better="lower", question="How long do customers wait for a document?")
def average_document_time(interactions: Rows[Interaction], *, kind: str | None = None, by: By = None) -> Number:
    r"""Mean days from the request for a proposal, quote or document to its being ready.

    $$ \text{document time} = \operatorname{mean} (\text{at} - \text{requested at}) $$

    ``kind="quote"`` is of one kind. Those without the time of the request are left out. Days of 24 hours, whole days
    where either is a bare date; NaN where there are none. A bare time key reads `at`.

    >>> rows = {"kind": ["quote"], "requested_at": ["2024-03-01 09:00"], "at": ["2024-03-01 15:00"]}
    >>> average_document_time(rows)
    0.25
    """
    papers = OfKind(PAPERS) if kind is None else _of(kind)
    return totals(interactions, Interaction, by, at="at").mean(Between("requested_at", "at"), where=papers)


@metric(Interaction, unit="days", better="lower", question="How long does a customer typically wait for a document?")
def median_document_time(interactions: Rows[Interaction], *, kind: str | None = None, by: By = None) -> Number:
    r"""Median days from the request for a proposal, quote or document to its being ready: as `average_document_time`.

    $$ \text{median document time} = \operatorname{median} (\text{at} - \text{requested at}) $$

    >>> rows = {"kind": ["quote"] * 3, "requested_at": ["2024-03-01"] * 3}
    >>> median_document_time({**rows, "at": ["2024-03-02", "2024-03-03", "2024-03-31"]})
    2.0
    """
    papers = OfKind(PAPERS) if kind is None else _of(kind)
    return totals(interactions, Interaction, by, at="at").quantile(Between("requested_at", "at"), 0.5, where=papers)
