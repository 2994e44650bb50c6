"""What a report leaves out or could not read, and what it has read without a section of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from crm_metrics import cells as R, sales
from crm_metrics._company.crm import CRM, RECORDS, first_and_last
from crm_metrics._company.known import undated
from crm_metrics._company.margins import stated
from crm_metrics._company.outlying import day_of, outlying
from crm_metrics._company.windows import Windows
from crm_metrics._scorecards.comparable import unstated
from crm_metrics._scorecards.measures import Asked
from crm_metrics._tables.encoding.ids import ids, places
from crm_metrics._tables.table import Table
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.columns import Labels
from crm_metrics._values.writing import number
from crm_metrics.columns import customer, lost, opened, won, won_new
from crm_metrics.errors import CrmError, listed
from crm_metrics.journeys import Pipeline
from crm_metrics.records import Deal
from crm_metrics.records.schemas import schema
from crm_metrics.roi.caveats import double_ids


def gaps_told(asked: Asked) -> Iterator[str]:
    """What the data do not hold, what that leaves unsaid, and what of the day that is shown nobody knows."""
    yield from dict.fromkeys((*_missing(asked), *asked.crm.unsure))


def _missing(asked: Asked) -> Iterator[str]:
    for gap, labels in asked.gaps.items():
        what = listed(dict.fromkeys(f"{label[:1].lower()}{label[1:]}".partition(",")[0] for label in labels))
        yield f"Not shown, because {gap}: {what}."
    crm = asked.crm
    if crm.before is not None and isinstance(crm.windows(), Windows):
        yield "The figures kept on paper are not used: there are deals from before go-live."
    for record in ("deals", "spend"):
        t = getattr(crm, record)
        if t is None or t.report is None:
            continue
        for n, why in ((t.report.refused, "for bad cells"), (t.report.no_rate, "for want of a rate")):
            if n:
                yield f"{n:,} of {t.report.rows:,} rows of {record} were left out {why}."
    yield from _deals(crm)
    yield from _lookups(crm)
    yield from _strangers(crm)
    yield from _pipelines(crm)


def as_read(crm: CRM) -> Iterator[str]:
    """How the files were read, and what in them can hardly be meant: days far outside all others."""
    tables = {name: t for name in RECORDS if (t := getattr(crm, name)) is not None}
    for name, t in tables.items():
        yield from _outlying(name, t)
        if t.report is not None:
            yield from (_sentence(f"{name}: {text}") for text in t.report.decided)
            yield from (f"{_rows(n, name)} stood around the others: {what}." for what, n in t.report.around.items())
    if any(map(_of_utc, tables.values())):
        yield UTC


UTC = (
    "Days are those of UTC: the times carry a zone, and none was set. [company] timezone in crm.toml, tz= in Python, "
    "says whose days are meant."
)
MOST = 5  # days that a sentence names


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}."


def _rows(n: int, name: str) -> str:
    return f"1 row of {name}" if n == 1 else f"{n:,} rows of {name}"


def _outlying(name: str, t: Table[Any]) -> Iterator[str]:
    """The days that are far outside all others, and whose they are."""
    for field, far in outlying(t).items():
        rows = np.flatnonzero(far).tolist()
        which = listed((f"{day_of(t[field], row)}{_whose(t, row)}" for row in rows), MOST)
        day = "a day" if len(rows) == 1 else "days"
        yield f"{_rows(len(rows), name)} had {day} of {field} far outside all others, taken for none: {which}."


def _whose(t: Table[Any], row: int) -> str:
    name = next((name for name in ("id", "deal") if name in t and t[name].item(row) is not None), None)
    return f" ({name} {t[name].item(row)})" if name else f" (row {row + t.how.first_row})"


def _of_utc(t: Table[Any]) -> bool:
    """Whether times carry a zone, and nobody said which days are meant."""
    names = [name for name, f in schema(t.record).items() if f.kind is R.instant and name in t]
    return t.how.tz is None and any(t[name].zone == "UTC" and t[name].timed for name in names)


# ---------------------------------------------------------------- deals


def _deals(crm: CRM) -> Iterator[str]:
    """Deals that lack what nearly every number needs, and ids that are there more than once."""
    deals = crm.deals
    if deals is None:
        return
    if "created_at" in deals and (n := int(deals["created_at"].missing.true.sum())):
        yield f"{n:,} of {len(deals):,} deals have no day on which they came in: they are in no period."
    if "status" in deals and (n := int(deals["status"].missing.true.sum())):
        yield f"{n:,} of {len(deals):,} deals have no status: they are neither won nor lost nor open."
    yield from undated("deals", deals, crm.as_of) if "closed_at" in deals else ()
    yield from _unpriced(deals)
    yield from _of_nothing(deals)
    yield from _none_lost(deals)
    yield from _not_new(deals) if crm.spend is not None else ()
    priced = crm.table(Deal)
    if priced is not None and (rests := stated(crm.margin, priced)):
        yield str(rests)
    yield from double_ids(deals)


def _unpriced(deals: Any) -> Iterator[str]:
    """Some deals without what sums add; where all of them lack it, no such sum is shown."""
    if "status" not in deals or "amount" not in deals:
        return
    for which, name, leaves in (
        (won, "amount", "no sum of money has them"),
        (opened, "amount", "the open pipeline is without them"),
        (opened, "probability", "the weighted pipeline is without them"),
    ):
        of: Any = which(deals)
        rows = int(np.count_nonzero(of.true))
        n = int(np.count_nonzero(of.true & deals[name].missing.true)) if name in deals else 0
        if 0 < n < rows:
            word = "open" if which is opened else "won"
            yield f"{n:,} of {rows:,} {word} deals have no {name}: {leaves}."


def _of_nothing(deals: Any) -> Iterator[str]:
    """Won and lost deals with an amount of 0, which count as deals of 0."""
    if "status" not in deals or "amount" not in deals:
        return
    for word, which, one, many in (
        ("won", won, "counts as a sale", "count as sales"),
        ("lost", lost, "counts as a loss", "count as losses"),
    ):
        rows = int(np.count_nonzero(which(deals).true))
        if n := int(np.count_nonzero((which(deals) & (deals["amount"] == 0)).true)):
            count = f"has an amount of 0 and {one}" if n == 1 else f"have an amount of 0 and {many}"
            yield f"{n:,} of {rows:,} {word} deals {count} of 0. {IS_NONE}"


IS_NONE = (
    "If nobody filled it in, say that it means nothing, as it is written: [deals.values.amount] "
    '"0" = "" or "0.00" = "" in crm.toml, values={"amount": {0: "", "0.00": ""}} in Python.'
)


def _none_lost(deals: Any) -> Iterator[str]:
    """A file of wins alone."""
    if "status" in deals and won(deals).true.any() and not lost(deals).true.any():
        yield "No deal is marked as lost: where lost deals are not noted, win rate and conversion say nothing."


def _not_new(deals: Any) -> Iterator[str]:
    """Customers who count as new in every period in which they buy."""
    if not unstated(deals):
        return
    t = totals(deals, Deal)
    n, of = (int(t.distinct(customer, where=won_new, at_least=k)) for k in (2, 1))  # type: ignore[arg-type]  # no by
    if n:
        yield (
            f"{n:,} of {of:,} customers bought more than once and their deals state no kind: in the cost of a new "
            "customer they count as new in each period in which they bought."
        )


def _lookups(crm: CRM) -> Iterator[str]:
    for lookup in crm.lookups:
        if crm.deals is not None and (unknown := lookup.unmatched(crm.deals)):
            names = listed((f"{k} ({n:,} deals)" for k, n in sorted(unknown.items(), key=lambda pair: -pair[1])), 5)
            yield f"{lookup.source} does not know every {lookup.on}: {names}."


# ---------------------------------------------------------------- rows of deals that are not there


def _strangers(crm: CRM) -> Iterator[str]:
    """Rows of other tables that name deals which the deals do not have."""
    if crm.deals is None or "id" not in crm.deals:
        return
    ours = ids(crm.deals["id"], "id")
    for name, rows in (("changes", crm.changes), ("lines", crm.lines), ("calls", crm.calls)):
        if rows is None or "deal" not in rows or not len(rows) or rows["deal"].missing.true.all():
            continue
        theirs = ids(rows["deal"], "deal")
        n = int(np.count_nonzero((places(theirs, ours) < 0) & ~theirs.missing.true))
        if n:
            yield f"{n:,} of {len(rows):,} rows of {name} are of deals that [deals] does not have{_still(name)}."


def _still(name: str) -> str:
    return "; the funnel counts them" if name == "changes" else ""


# ---------------------------------------------------------------- pipelines


def pipelines_named(crm: CRM) -> list[str]:
    """The pipelines that the stage changes name."""
    if crm.changes is None or "pipeline" not in crm.changes or not len(crm.changes):
        return []
    labels: Labels = crm.changes["pipeline"]
    seen = np.bincount(labels.codes, minlength=len(labels.labels))
    return sorted(k for k, n in zip(labels.labels, seen.tolist(), strict=False) if k is not None and n)


def absent(crm: CRM, pipeline: Pipeline) -> bool:
    """Whether no change names a pipeline that has a name."""
    return crm.changes is not None and pipeline.name is not None and pipeline.name not in pipelines_named(crm)


def _pipelines(crm: CRM) -> Iterator[str]:
    """Pipelines that no change names, and changes of pipelines that nobody described."""
    if crm.changes is None or not crm.pipelines:
        return
    there = pipelines_named(crm)
    has = f"they name {listed(map(repr, there))}" if there else "they name none"
    for pipeline in crm.pipelines:
        if absent(crm, pipeline):
            yield f"No funnel of the pipeline {pipeline.name!r}: it occurs in no stage change; {has}."
    if any(pipeline.name is None for pipeline in crm.pipelines):
        if len(there) > 1:
            names = listed(map(repr, there))
            yield f"The funnel counts {len(there)} pipelines as one: {names}. [[pipelines]] has no name."
        return
    if any(absent(crm, pipeline) for pipeline in crm.pipelines):
        return
    if other := [name for name in there if name not in {pipeline.name for pipeline in crm.pipelines}]:
        yield f"No funnel of {listed(map(repr, other))}: [[pipelines]] does not describe them."


# ---------------------------------------------------------------- what was read besides


def also_read(crm: CRM) -> Iterator[str]:
    """One sentence on the tables that have no section here: how many rows they have, and of when."""
    found = []
    for name, at in (("leads", "created_at"), ("calls", "started_at"), ("interactions", "at"), ("quotas", "start")):
        rows = getattr(crm, name)
        if rows is not None:
            span = first_and_last(rows[at]) if len(rows) else None
            when = f" from {span[0]} to {span[1]}" if span else ""
            found.append(f"{len(rows):,} {name if len(rows) != 1 else name[:-1]}{when}{_a_sale(crm, name)}")
    if found:
        yield f"{'; '.join(found)}."


def _a_sale(crm: CRM, name: str) -> str:
    """How many calls a sale takes: what calls say at once."""
    if name != "calls" or crm.calls is None or crm.deals is None:
        return ""
    try:
        found = float(sales.calls_per_sale(crm.calls, crm.deals))
    except CrmError:
        return ""
    return f", {number(found, 'number')} a sale" if found == found else ""
