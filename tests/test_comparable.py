"""A row of the scorecard is called better or worse only where both of its sides had the same time, and are whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from attrs import evolve

from benchmarks.verdicts import SCENARIOS, company, verdicts
from crm_metrics import sales
from crm_metrics._company.crm import CRM
from crm_metrics._company.windows import Windows
from crm_metrics._report import screen
from crm_metrics._report.certainty import Sure
from crm_metrics._report.report import Report
from crm_metrics._scorecards.comparable import Windowed
from crm_metrics._scorecards.measures import SCORECARD
from crm_metrics._uncertainty.differences import Change

CLOSINGS = ("deals_won", "win_rate", "won_revenue", "average_deal_size", "gross_profit", "average_sales_cycle")


def card(crm: CRM) -> dict[str, Any]:
    return {row.metric: row for row in Report.of(crm)["scorecard"].rows}


def steady(
    first: str, last: str, *, days: int = 20, lost: int = 20, go_live: str = "2024-07-01", **more: Any
) -> dict[str, Any]:
    """Two deals a day, won or lost after so many days, open at the end of the data."""
    begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    rows: dict[str, list[Any]] = {n: [] for n in ("id", "created_at", "status", "closed_at", "amount", "cost")}
    for i in range(2 * ((end - begin).days + 1)):
        came = begin + dt.timedelta(days=i // 2)
        closed = came + dt.timedelta(days=(days if i % 2 else lost) + i % 7)
        is_open = closed > end
        status = "open" if is_open else "won" if i % 2 else "lost"
        for name, x in zip(rows, (i, came, status, None if is_open else closed, 100 + i % 9, 60), strict=True):
            rows[name].append(x)
    return {"deals": rows, "go_live": go_live, "as_of": last} | more


# ---------------------------------------------------------------- young deals


@pytest.mark.parametrize(
    ("name", "seed"), [("half a year before, four months after", 0), ("a year before, a year after", 1)]
)
def test_nothing_that_has_not_changed_is_called_worse_because_its_deals_are_young(name: str, seed: int) -> None:
    found = verdicts(company(seed, SCENARIOS[name], 60))
    assert "worse" not in found.values() and "better" not in found.values()
    assert not found["Conversion, won of those that came in"]


YOUNG = ("2023-06-01", "2025-03-31")  # nine months after go-live are compared, up to the end of the data


def test_young_deals_leave_the_numbers_and_take_limits_and_verdict_with_the_reason() -> None:
    report = Report.of(CRM(**steady(*YOUNG)))
    row = report["scorecard"]["conversion_rate"]
    assert row.before == 0.5 > row.after > 0.4 and row.found is None
    assert "low" not in row.to_dict() and "verdict" not in row.to_dict()
    assert row.note.startswith("too young: ") and "less than the 26 days in which 95 % of sales are made" in row.note
    text = screen.text_of_report(report)
    assert next(line for line in text.splitlines() if line.startswith("  Conversion")).endswith("too young")
    assert "still open and had less than the 26 days" in " ".join(text.split())


def test_deals_that_all_had_their_time_have_a_verdict() -> None:
    found = card(CRM(**steady("2023-10-01", "2025-03-31")))
    assert isinstance(found["conversion_rate"].found, Change), "as few months after as before, so they ended long ago"


def test_what_is_still_open_can_only_raise_a_share_so_that_better_is_said_even_so() -> None:
    known = steady(*YOUNG)
    rows = known["deals"]
    more = [i for i, (s, c) in enumerate(zip(rows["status"], rows["created_at"], strict=True))
            if s == "lost" and c >= dt.date(2024, 7, 1) and i % 3]  # fmt: skip
    for i in more:
        rows["status"][i] = "won"
    crm = CRM(**known)
    two = crm.windows()
    assert isinstance(two, Windows) and Windowed(crm, two).young.startswith("too young")
    found = card(crm)["conversion_rate"].found
    assert isinstance(found, Change) and found.verdict == "better"


def test_an_export_of_closed_deals_alone_lacks_the_last_that_came_in() -> None:
    known = steady(*YOUNG)
    rows = known["deals"]
    closed = [i for i, status in enumerate(rows["status"]) if status != "open"]
    found = card(CRM(**known | {"deals": {name: [cells[i] for i in closed] for name, cells in rows.items()}}))
    for metric in ("deals_created", "conversion_rate"):
        assert found[metric].found is None and "no deal is open" in found[metric].note
    assert isinstance(found["win_rate"].found, Change)


# ---------------------------------------------------------------- customers who are not new


def bought(*, again: int, **more: Any) -> dict[str, Any]:
    """Two deals a day, each of a customer of its own; so many of the later ones are of customers who bought before."""
    known = steady("2023-06-01", "2025-03-31")
    rows = known["deals"]
    late = [i for i, (s, c) in enumerate(zip(rows["status"], rows["created_at"], strict=True))
            if s == "won" and c >= dt.date(2024, 8, 1)]  # fmt: skip
    known_before = [i for i in rows["id"] if rows["status"][i] == "won"][: again or None]
    who = dict(zip(late, known_before, strict=False)) if again else {}
    days = [dt.date(year, month, 15) for year in (2023, 2024, 2025) for month in range(1, 13)]
    spend = {"at": days, "amount": [100 + month % 5 for month, _ in enumerate(days)]}
    deals = rows | {"customer": [f"c{who.get(i, i)}" for i in rows["id"]]} | more
    return {**known, "deals": deals, "spend": spend}


def test_customers_who_come_back_make_no_new_one_cheaper() -> None:
    report = Report.of(CRM(**bought(again=40)))
    row = report["scorecard"]["cac"]
    assert row.before and row.after and row.found is None and row.note.startswith("not new: 40 of ")
    text = " ".join(screen.text_of_report(report).split())
    assert "Not new: 40 of" in text and "customers who count as new after go-live had bought earlier" in text
    assert "40 of" in text and "customers bought more than once and their deals state no kind: in the cost" in text


@pytest.mark.parametrize("again", [0, 5])
def test_a_few_who_come_back_leave_the_verdict_on_their_cost(again: int) -> None:
    report = Report.of(CRM(**bought(again=again)))
    assert isinstance(report["scorecard"]["cac"].found, Change)
    assert ("bought more than once" in " ".join(screen.text_of_report(report).split())) is (again > 0)


def test_where_kinds_are_stated_nobody_counts_as_new_twice() -> None:
    crm = CRM(**bought(again=40))
    assert crm.deals is not None
    report = Report.of(evolve(crm, deals=sales.with_kinds(crm.deals)))
    assert isinstance(report["scorecard"]["cac"].found, Change)
    assert "bought more than once" not in " ".join(screen.text_of_report(report).split())


# ---------------------------------------------------------------- what is cut off


def test_closings_of_an_export_that_begins_with_the_deals_of_a_day_are_cut_off_at_first() -> None:
    crm = CRM(**steady("2024-01-01", "2025-03-31", days=60, lost=60))
    found = card(crm)
    assert crm.windows().before.start < dt.date(2024, 3, 7)  # type: ignore[union-attr]  # there are windows
    for metric in CLOSINGS:
        assert found[metric].found is None and found[metric].note.startswith("cut off: "), metric
        assert "the deals that came in on 2024-01-01" in found[metric].note
    assert isinstance(found["deals_created"].found, Change), "all that came in are there"


def test_nothing_is_cut_off_where_the_data_begin_a_sale_before_the_months_compared() -> None:
    found = card(CRM(**steady("2023-10-01", "2025-03-31")))
    assert all(isinstance(found[metric].found, Change) for metric in CLOSINGS)


def test_lost_deals_that_take_longer_leave_the_win_rate_alone_without_a_verdict() -> None:
    crm = CRM(**steady("2024-01-15", "2025-03-31", days=5, lost=90, go_live="2024-08-01"))
    found = card(crm)
    assert found["win_rate"].found is None and found["win_rate"].note.startswith("cut off")
    assert isinstance(found["deals_won"].found, Change)


def test_an_export_of_what_closed_since_a_day_is_whole_from_it_on() -> None:
    known = steady("2023-06-01", "2025-03-31", days=60, lost=60)
    rows = known["deals"]
    since = [i for i, day in enumerate(rows["closed_at"]) if day is None or day >= dt.date(2024, 1, 1)]
    found = card(CRM(**known | {"deals": {name: [cells[i] for i in since] for name, cells in rows.items()}}))
    assert all(isinstance(found[metric].found, Change) for metric in CLOSINGS)


@pytest.mark.parametrize(
    ("days", "says"),
    [(("2024-04-30", "2025-03-31"), "begins on 2024-04-30"), (("2023-10-31", "2024-11-30"), "ends on")],
)
def test_spending_of_a_part_of_the_months_has_no_cost_of_a_customer_to_compare(
    days: tuple[str, str], says: str
) -> None:
    known = steady("2023-10-01", "2025-03-31")
    known["deals"]["customer"] = [f"c{i}" for i in known["deals"]["id"]]
    months = [f"{y}-{m:02}-28" for y in (2023, 2024, 2025) for m in range(1, 13)]
    inside = [day for day in months if days[0] <= day <= days[1]]
    at = [days[0], *inside, days[1]]
    row = card(CRM(**known, spend={"at": at, "amount": [100] * len(at)}))["cac"]
    assert row.found is None and says in row.note
    whole = CRM(**known, spend={"at": months, "amount": [100] * len(months)})
    assert isinstance(card(whole)["cac"].found, Change)


def test_a_side_that_noted_no_lost_deal_has_no_win_rate_to_compare() -> None:
    known = steady("2023-10-01", "2025-03-31")
    rows = known["deals"]
    kept = [
        i for i, (s, c) in enumerate(zip(rows["status"], rows["closed_at"], strict=True))
        if s != "lost" or c >= dt.date(2024, 7, 1)
    ]  # fmt: skip
    found = card(CRM(**known | {"deals": {name: [cells[i] for i in kept] for name, cells in rows.items()}}))
    assert found["win_rate"].found is None
    assert found["win_rate"].note == "no lost deals: before go-live none was noted as lost."
    assert isinstance(found["average_deal_size"].found, Change)


def test_figures_on_paper_are_compared_with_what_had_its_time() -> None:
    paper = {"months": 12, "created": 732, "closed": 720, "won": 360}
    known = steady("2024-07-01", "2025-03-31", before=paper)
    rows = {row.metric: row for row in Report.of(CRM(**known))["scorecard"].rows}
    assert rows["conversion_rate"].note.startswith("too young") and rows["deals_won_a_month"].note.startswith("cut off")


# ---------------------------------------------------------------- limits and verdicts agree


def test_a_row_whose_limits_exclude_0_without_evidence_is_marked_everywhere() -> None:
    marked = 0
    for seed in (3, 4, 12):
        report = Report.of(company(seed, SCENARIOS["three years before, a year after"], 40))
        for row in report["scorecard"].rows:
            if not isinstance(row, Sure) or not isinstance(row.found, Change):
                continue
            clear = row.found.low > 0 or row.found.high < 0
            assert (clear and row.found.verdict == "no evidence") == row.note.startswith("no evidence among ")
        rows = [row for row in report["scorecard"].rows if row.note.startswith("no evidence among")]
        text = screen.text_of_report(report)
        assert text.count("no evidence *") == len(rows) and ("* No evidence among" in text) == bool(rows)
        marked += len(rows)
    assert marked, "there is such a row among these"


def test_every_metric_of_the_card_is_asked_whether_its_sides_compare() -> None:
    assert {entry.name for entry in SCORECARD} >= {*CLOSINGS, "conversion_rate", "cac"}
