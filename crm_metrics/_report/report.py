"""The report of a company as data: did its CRM pay off, what changed and how sure that is, who sells, what is missing.

Nothing is invented: what cannot be said is said to be missing, and why. How it looks is the work of
`crm_metrics._report.screen`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from attrs import evolve, frozen

from crm_metrics._company.crm import CRM
from crm_metrics._company.paper import Paper
from crm_metrics._company.windows import AFTER, NoWindows, Windows
from crm_metrics._report.certainty import LIMITS, against_paper, compared, judged, with_changes, with_intervals
from crm_metrics._report.omissions import also_read, as_read, gaps_told
from crm_metrics._report.payoff import unadjusted, verdict
from crm_metrics._report.selling import FEW, NEW, addons, funnels, lost_why, managers, soon
from crm_metrics._scorecards.measures import (
    ADDON_REVENUE,
    ADDONS_WON,
    CLOSED,
    GROUPED,
    NUMBERS,
    REVENUE,
    SCORECARD,
    STILL_OPEN,
    Asked,
    Row,
    Section,
    has_any,
)
from crm_metrics._tables.arranging import headings
from crm_metrics._totals.groups import By
from crm_metrics._totals.of_rows import totals
from crm_metrics._values.keys import order
from crm_metrics._values.presented import csv_of
from crm_metrics._values.ratios import ratio
from crm_metrics.columns import created, opened
from crm_metrics.errors import WrongCall, WrongValue, listed, shown
from crm_metrics.periods import Period, TimeKey
from crm_metrics.records import ADDONS, Deal
from crm_metrics.roi.fairness import company

PLACED = "Conversion is of deals that came in during these months, all else of those that closed in them."
SPREAD = "Where no limits stand beside a sum from paper, nobody can tell: a sum does not say how its parts spread."


Doing: TypeAlias = Callable[[str], object]


def silent(what: str) -> None:
    """Nobody is told what is being done."""


SECTIONS: tuple[Callable[[Asked, Windows | None], Iterable[Section]], ...] = (
    funnels,
    lost_why,
    addons,
    soon,
    managers,
)
"""What families have to say, each in its turn, where the rows for it are there."""


@frozen
class Report:
    """What the main job says about a company, as data; ``unit`` is what its limits take as independent."""

    company: str | None
    first_day: dt.date | None
    as_of: dt.date | None
    go_live: dt.date | None
    ramp_weeks: int
    windows: Windows | NoWindows
    paper: Paper | None
    sections: tuple[Section, ...]
    unit: str = "id"

    @classmethod
    def of(cls, crm: CRM, *, by: str | Iterable[str] = (), doing: Doing = silent) -> Report:
        """The report of a company; `by` names fields, lookup columns or units of time to group by as well.

        A field may be named by its heading in the file. With ``as_of`` the company is shown as it was known that day.
        `doing` is called with what is being done, in a few words, whenever that is something else.

        >>> deals = {"status": ["won", "lost"], "created_at": ["2024-01-01"] * 2, "closed_at": ["2024-01-31"] * 2}
        >>> report = Report.of(CRM(deals=deals))
        >>> report["scorecard"]["win_rate"].value
        0.5
        >>> report["verdict"].notes
        ('No verdict: the day the CRM went live (go_live) is not given.',)
        """
        given, names = company("Report.of", crm), _names(by)
        crm = given.plausible()
        crm = crm if crm.as_of is None else crm.known_on(crm.as_of)
        doing("comparing before and after")
        windows, paper = compared(crm)
        if isinstance(windows, NoWindows) and crm.deals is not None and not len(crm.deals):
            windows = NoWindows("there are no deals")
        asked, two = Asked(crm), windows if isinstance(windows, Windows) else None
        rows = None if paper else two
        first = verdict(crm, windows, paper)
        doing("resampling, to say how sure each number is")
        sections = [
            first,
            *([unadjusted(asked, two, paper, beside=first.main)] if two else []),
            _against_paper(asked, two, paper) if two and paper else _scorecard(asked, two),
            Section("open", f"Open at the end of {crm.last_day}", asked.rows(STILL_OPEN) if crm.last_day else ()),
        ]
        doing("looking at the funnel, reasons and managers")
        sections += [section for made in SECTIONS for section in made(asked, rows)]
        for name in names:
            doing(f"grouping by {name}")
            sections.append(_grouped(asked, _ours(crm, name), rows))
        sections += [
            Section("read", "Also read; its metrics are for a notebook", notes=tuple(also_read(crm))),
            Section("missing", "What is missing or left out", notes=(*gaps_told(asked), *as_read(given))),
        ]
        kept = [s for s in sections if s.rows or s.notes]
        about = (crm.name, crm.first_day, crm.last_day, crm.go_live, crm.ramp_weeks)
        return cls(*about, windows, paper, tuple(kept), crm.unit)

    def __getitem__(self, name: str) -> Section:
        """The section of a name."""
        for section in self.sections:
            if section.name == name:
                return section
        raise WrongValue(f"there is no section {name!r}: use one of {listed(s.name for s in self.sections)}")

    def with_section(self, section: Section, *, after: str) -> Report:
        """The same report with one more section."""
        place = self.sections.index(self[after]) + 1
        return evolve(self, sections=(*self.sections[:place], section, *self.sections[place:]))

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, null where a number is undefined."""
        two = self.windows if isinstance(self.windows, Windows) else None
        return {
            "company": self.company,
            "first_day": _iso(self.first_day),
            "as_of": _iso(self.as_of),
            "go_live": _iso(self.go_live),
            "ramp_weeks": self.ramp_weeks,
            "before": _span(two.before) if two and not self.paper else None,
            "after": two and _span(two.after),
            "months": two and two.months,
            "paper": self.paper and self.paper.to_dict(),
            "unit": self.unit,
            "no_comparison": self.windows.reason if isinstance(self.windows, NoWindows) else None,
            "sections": [section.to_dict() for section in self.sections],
        }

    def to_json(self, *, ascii_only: bool = False) -> str:
        """The report as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=ascii_only, indent=2, allow_nan=False, default=str)

    def to_csv(self, *, guarded: bool = False) -> str:
        """The rows of all sections as CSV: a value, or a before and an after, with limits; empty where undefined.

        `guarded` keeps a spreadsheet from running labels that begin with ``= + - @``.
        """
        names = ("section", "by", "group", "metric", "label", "unit", "currency", *NUMBERS, *LIMITS, "note")
        rows = [[cells.get(name) for name in names] for cells in self._cells()]
        return csv_of([names, *rows], guarded=guarded)

    def _cells(self) -> Iterator[dict[str, Any]]:
        for section in self.sections:
            for row in section.rows:
                group = ", ".join("" if k is None else str(k) for k in row.group)
                yield {**row.to_dict(), "section": section.name, "by": ", ".join(section.by), "group": group}


def _names(by: Any) -> tuple[str, ...]:
    """The names to group by; one is a name by itself."""
    names = () if by is None else (by,) if isinstance(by, str) else tuple(by) if isinstance(by, Iterable) else (by,)
    if wrong := [name for name in names if not isinstance(name, str)]:
        raise WrongCall(f"by={shown(wrong[0])}: a report is grouped by names, by=['manager', 'month']")
    return names


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _span(period: Period) -> dict[str, str]:
    """A period as data: up to, not including, its end."""
    return {"start": period.start.isoformat(), "end": period.end.isoformat()}


# ---------------------------------------------------------------- the scorecard


def _scorecard(asked: Asked, windows: Windows | None) -> Section:
    rows = asked.rows(SCORECARD, windows=windows)
    if windows is None:
        found = with_intervals(asked.crm, SCORECARD, rows)
        return Section("scorecard", "Scorecard", found, notes=tuple(judged(asked.crm, found)))
    found = with_changes(asked.crm, SCORECARD, rows, windows)
    notes = (PLACED, *judged(asked.crm, found), *_immature(asked.crm, windows)) if rows else ()
    return Section("scorecard", "Scorecard", found, notes=notes)


def _against_paper(asked: Asked, after: Windows, paper: Paper) -> Section:
    """Figures kept on paper and the months after go-live, as far as they can be compared."""
    addons = [e for e in (ADDONS_WON, ADDON_REVENUE) if paper.totals_of(Deal, ADDONS).entries]
    rows = against_paper(asked, [*SCORECARD, *addons], paper, after)
    said = f"Before are figures kept on paper, of {paper.months} months; totals are those of an average month."
    unsure = [SPREAD] if any(row.found is None and not row.note for row in rows) else []
    notes = (said, *unsure, PLACED, *judged(asked.crm, rows), *_immature(asked.crm, after))
    return Section("scorecard", "Scorecard", rows, notes=notes)


def _immature(crm: CRM, windows: Windows | None) -> Iterator[str]:
    """Deals that came in late in the window have not had their time."""
    if windows is None or crm.deals is None or not has_any(crm.deals, "created_at"):
        return
    t = totals(crm.deals, Deal, windows, at="created_at")
    share = ratio(t.count(opened), t.count(created)).on((AFTER,))[AFTER]  # type: ignore[union-attr]  # by windows
    if share > 0.01:
        part = f"{100 * share:.0f} %"
        yield f"Of the deals that came in after go-live {part} are still open: that conversion will yet rise."


# ---------------------------------------------------------------- other groups


def _grouped(asked: Asked, name: str, windows: Windows | None) -> Section:
    """Metrics by what the user asked for: before and after, or over the whole time where the groups are times."""
    by = asked.crm.key(name)
    keys = by if isinstance(by, tuple) else (by,)
    timed = any(isinstance(key, TimeKey) for key in keys)
    rows = asked.rows(GROUPED, by=by, windows=None if timed else windows)
    names = tuple(key if isinstance(key, str) else str(getattr(key, "__name__", "")) for key in keys)
    closings = {row.group: _fewest(row) for row in rows if row.metric == CLOSED.name}
    empty = {row.group for row in rows if None in row.group} - {row.group for row in rows if _says(row)}
    noted = [evolve(row, note=_few(row, closings)) for row in rows if row.group not in empty]
    return Section(f"by {name}", f"By {', '.join(names)}", tuple(_in_order(noted, by, timed)), names)


def _ours(crm: CRM, name: str) -> str:
    """What a heading of the files is called here; another name as it is."""
    tables = [] if crm.deals is None else [crm.deals, *(lookup.rows for lookup in crm.lookups)]
    pairs = (
        (t, ours, theirs) for t in reversed(tables) for ours, own in t.how.columns.items() for theirs in headings(own)
    )
    fields = {theirs: ours for t, ours, theirs in pairs if theirs not in t}
    return fields.get(name) or ",".join(fields.get(part.strip(), part) for part in name.split(","))


def _says(row: Row) -> bool:
    """Whether a row has a number other than nothing."""
    return any(x and x == x for x in (row.value, row.before, row.after))


def _fewest(row: Row) -> float:
    return min(x for x in (row.value, row.before, row.after) if x is not None)


def _few(row: Row, closings: dict[tuple[Any, ...], float]) -> str:
    return NEW if 0 < closings.get(row.group, 0) < FEW and row.group[0] is not None else ""


def _in_order(rows: list[Row], by: By, timed: bool) -> list[Row]:
    """Times in their order; other groups by revenue, the largest first, or by deals where there is none."""
    if timed:
        return sorted(rows, key=lambda row: order(row.group))
    first = next((m for m in (REVENUE.name, "deals_created") if any(row.metric == m for row in rows)), "")
    size = {row.group: row.value if row.after is None else row.after for row in rows if row.metric == first}
    return sorted(rows, key=lambda row: (row.group[0] is None, -(size.get(row.group) or 0), order(row.group)))
