"""Windows are no longer than the deals reach back; a list that begins later than they is said to be cut off."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from crm_metrics import CRM, Pipeline, StageChange, evaluate
from crm_metrics._company.crm import RECORDS
from crm_metrics._company.windows import Windows
from crm_metrics._report.report import Report
from crm_metrics._scorecards.catalogue import reads
from crm_metrics._scorecards.comparable import Windowed
from crm_metrics._totals.metric import registered

LIVE, LAST = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
LISTS = {
    "leads": ("sales.leads_received", "created_at", "the list of leads"),
    "calls": ("sales.calls_made", "started_at", "the list of calls"),
    "interactions": ("sales.activities", "at", "the list of activities"),
    "spend": ("marketing.spend_total", "at", "the spending"),
}


def days(first: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=i) for i in range((LAST - first).days + 1)]


def company(first: dt.date, **lists: dt.date) -> CRM:
    """A deal a day, closed in the week after it came in, and what else came every day from another day on."""
    came = [day for day in days(first) if day <= LAST - dt.timedelta(days=5)]
    deals: dict[str, list[Any]] = {
        "id": [*range(len(came))],
        "created_at": came,
        "status": ["won" if i % 3 else "lost" for i in range(len(came))],
        "closed_at": [day + dt.timedelta(days=5) for day in came],
        "amount": [1000 + i % 7 for i in range(len(came))],
        "cost": [500] * len(came),
    }
    more: dict[str, Any] = {}
    for name, day in lists.items():
        more[name] = {LISTS[name][1]: days(day)}
        more[name] |= {"amount": [10] * len(days(day))} if name == "spend" else {"id": [*range(len(days(day)))]}
    return CRM(deals=deals, go_live=LIVE, as_of=LAST, **more)


def test_windows_are_no_longer_than_the_data_reach_back() -> None:
    crm = company(dt.date(2023, 7, 1))
    found = crm.windows()
    assert isinstance(found, Windows) and found.months == 6
    parts = evaluate(crm).parts
    assert parts.months == 5 and {(p.end - p.start).days for p in parts.periods} == {153}
    rows = {row.metric: row for row in Report.of(crm)["scorecard"].rows}
    counted = [row for row in rows.values() if row.unit == "count" and row.before]
    assert counted
    for row in counted:
        assert row.after == pytest.approx(row.before, rel=0.1), row.metric


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_begins_later_than_the_deals_is_not_compared(name: str) -> None:
    late, early = (company(dt.date(2023, 1, 1), **{name: day}) for day in (dt.date(2023, 7, 1), dt.date(2023, 1, 1)))
    record = RECORDS[name]
    asked = [m for m in registered() if any(r.record is record for r in reads(m))]
    assert asked
    for metric in asked:
        late_is, early_is = (Windowed(crm, _windows(crm)).unequal(reads(metric)) for crm in (late, early))
        assert late_is.startswith(f"cut off: {LISTS[name][2]} begins on 2023-07-01."), metric
        assert not early_is.startswith("cut off: the list"), metric


@pytest.mark.parametrize("first", [dt.date(2023, 1, 1), dt.date(2023, 7, 1)])
def test_a_funnel_of_changes_that_begin_later_than_the_deals_says_so(first: dt.date) -> None:
    deals: Any = company(dt.date(2023, 1, 1)).deals
    came = [deals["created_at"].item(i) for i in range(len(deals))]
    moves = [(i, stage, day + dt.timedelta(days=n)) for i, day in enumerate(came) for n, stage in enumerate(STAGES)]
    changes = [StageChange(deal=deal, stage=stage, at=at) for deal, stage, at in moves if at >= first]
    crm = CRM(deals=deals, changes=changes, pipelines=Pipeline(STAGES), go_live=LIVE, as_of=LAST)
    cut = [note for note in Report.of(crm)["funnel"].notes if note.startswith("Cut off")]
    assert cut == (["Cut off: the list of changes of stage begins on 2023-07-01."] if first.month > 1 else [])


STAGES = ["new", "won"]


def _windows(crm: CRM) -> Windows:
    found = crm.windows()
    assert isinstance(found, Windows)
    return found
