"""How often does the scorecard call a row better or worse in companies in which nothing has changed?

    python -m benchmarks.verdicts [--runs 40] [--deals 80]

A company has the same number of deals a month, the same win rate, amounts and cycles before go-live as after it. Its
export begins and ends where that of the scenario does, by the day of creation or by that of closing. Each line is a
row of the scorecard: of so many companies the verdicts better and worse, and how many had no verdict at all.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Mapping

import numpy as np
from attrs import frozen

from crm_metrics._company.crm import CRM
from crm_metrics._report.certainty import Sure
from crm_metrics._report.report import Report

GO_LIVE = dt.date(2024, 4, 1)
DAYS = 1700  # of history, from three years and two months before go-live
MEAN_CYCLE = 40.0  # days, log-normal: nineteen in twenty sales take up to three months
LOST_CYCLE = 60.0  # and what is lost takes longer
WIN_RATE = 0.25


@frozen
class Export:
    """What of the company's deals is in the file: months before go-live, months after it, and by which day."""

    before: int
    after: int
    by: str = "created_at"


SCENARIOS: Mapping[str, Export] = {
    "three years before, a year after": Export(36, 13),
    "a year before, a year after": Export(12, 13),
    "a year before, by the day of closing": Export(12, 13, "closed_at"),
    "half a year before, four months after": Export(6, 4),
}


def company(seed: int, export: Export, deals_a_month: int) -> CRM:
    """A company in which nothing changes, as its export shows it."""
    rng = np.random.default_rng(seed)
    n = int(rng.poisson(deals_a_month * DAYS / 30.4))
    came = rng.integers(0, DAYS, n)
    won, amounts = rng.random(n) < WIN_RATE, rng.lognormal(8, 0.7, n).round(2)
    taken = (np.where(won, MEAN_CYCLE, LOST_CYCLE) * rng.lognormal(-0.245, 0.7, n)).astype(int)
    first, end = _from_go_live(-export.before), _from_go_live(export.after)
    day = came + _from_go_live(-36) - 60
    closed = day + taken
    known = (day < end) & ((day if export.by == "created_at" else closed) >= first)
    over = closed < end
    dates = np.array([GO_LIVE + dt.timedelta(days=i) for i in range(-1400, 2000)], object)
    rows = {
        "id": np.arange(n)[known],
        "created_at": dates[day[known] + 1400],
        "closed_at": np.where(over, dates[np.minimum(closed, 1900) + 1400], None)[known],
        "status": np.where(over, np.where(won, "won", "lost"), "open")[known],
        "amount": amounts[known],
        "cost": (amounts * rng.uniform(0.6, 0.8, n)).round(2)[known],
    }
    as_of = GO_LIVE + dt.timedelta(days=end - 1)
    return CRM(deals={name: list(cells) for name, cells in rows.items()}, go_live=GO_LIVE, ramp_weeks=4, as_of=as_of)


def _from_go_live(months: int) -> int:
    """Days from go-live to the first of a month so many months later."""
    n = GO_LIVE.year * 12 + GO_LIVE.month - 1 + months
    return (dt.date(n // 12, n % 12 + 1, 1) - GO_LIVE).days


def verdicts(crm: CRM) -> dict[str, str]:
    """The verdict of each row of the scorecard, "" where there is none."""
    rows = Report.of(crm)["scorecard"].rows
    return {row.label: getattr(row.found, "verdict", "") for row in rows if isinstance(row, Sure)}


def main() -> None:
    """Count the verdicts of all scenarios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--deals", type=int, default=200, help="a month")
    options = parser.parse_args()
    for name, export in SCENARIOS.items():
        found: dict[str, list[str]] = {}
        for seed in range(options.runs):
            for label, verdict in verdicts(company(seed, export, options.deals)).items():
                found.setdefault(label, []).append(verdict)
        print(f"\n{name:<45} better  worse  no verdict  of {options.runs}", flush=True)
        for label, said in found.items():
            print(f"  {label:<43} {said.count('better'):6} {said.count('worse'):6} {said.count(''):8}")


if __name__ == "__main__":
    main()
