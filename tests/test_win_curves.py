"""`win_curve` as a table, as a mapping of tables, and the numbers with limits that it gives."""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
import pickle
from typing import Any

import pytest
from cases import END, SIX, refused
from dealerships import dealership

from crm_metrics import Deal, explain, interval, summarize, table, where
from crm_metrics.errors import WrongCall, WrongValue
from crm_metrics.sales.curves import mean_days_open, median_time_to_win, win_rate_by
from crm_metrics.sales.win_curves import CurvePoint, WinCurves, win_curve


def test_a_curve_is_a_table() -> None:
    found = win_curve(SIX, as_of=END)
    columns = found.to_columns()
    assert columns["days"] == [2, 3, 4, 5] and columns["at_risk"] == [5, 4, 3, 2]
    assert (columns["won"], columns["lost"]) == ([0, 0, 1, 1], [1, 1, 0, 0])
    assert columns["win"] == [0, 0, 0.2, 0.4] and columns["low"][:2] == [None, None]
    assert columns["open_share"] == pytest.approx([0.8, 0.6, 0.4, 0.2])
    told = json.loads(found.to_json())
    assert told["as_of"] == "2024-03-31" and told["known_until"] == 6 and told["tracked_from"] is None
    assert [row["win"] for row in told["rows"]] == columns["win"]
    assert str(found).splitlines()[0] == "6 deals at 2024-03-31: 2 won, 2 lost, 2 open"
    last = "5 2 40.0 % 5.2 to 75.3 % 40.0 % 20.0 %"
    assert " ".join(str(found).splitlines()[-1].split()) == last
    assert found._repr_html_().startswith("<table><caption>6 deals")
    assert str(pickle.loads(pickle.dumps(found))) == str(found)


def test_curves_by_group_are_a_mapping_and_a_table() -> None:
    found = win_curve(SIX, as_of=END, by="manager")
    assert isinstance(found, WinCurves) and list(found) == ["Anna", "Boris", None] and len(found) == 3
    assert str(found["Boris"]) == str(
        win_curve(where(table(SIX | {"id": [*range(6)]}, Deal), manager="Boris"), as_of=END)
    )
    columns = found.to_columns()
    assert columns["manager"] == ["Anna", "Anna", "Boris", "Boris"] and columns["days"] == [2, 4, 3, 5]
    assert "(none)" in str(found) and len(json.loads(found.to_json())["groups"]) == 3
    two = win_curve(SIX, as_of=END, by=("manager", "status"))
    assert two.to_columns()["status"][:2] == ["lost", "won"] and "Anna / lost" in str(two)


def test_tables_go_out_as_frames() -> None:
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    found = win_curve(SIX, as_of=END, by="manager")
    assert isinstance(found.to_pandas(), pd.DataFrame) and isinstance(found.to_polars(), pl.DataFrame)
    assert found.to_pandas().shape == found.to_polars().shape == (4, 10)
    assert found["Anna"].to_pandas()["at_risk"].tolist() == [2, 1]


def test_numbers_of_a_curve_have_limits() -> None:
    found = win_curve(SIX, as_of=END)
    assert found.at(5) == CurvePoint(*(pytest.approx(x, abs=1e-8) for x in (0.4, 0.05197575, 0.75281579, 0.048**0.5)))
    assert str(found.at(5)) == "0.4 [0.05198, 0.7528]" and float(found.at(5)) == 0.4
    assert found.at(1).to_dict() == {"value": 0, "low": None, "high": None, "error": 0}
    half = found.quantile(0.2)
    assert (half.value, half.low) == (4, 4) and math.isnan(half.high) and math.isnan(half.error)
    assert math.isnan(found.quantile(0.5).value)
    mean = found.mean(5)
    assert mean.value == pytest.approx(3.8) and 0 < mean.low < mean.value < mean.high < 5 and mean.error > 0
    assert math.isnan(found.mean(7).value) and math.isnan(found.mean(1).low), "nobody leaves on the first day"
    wide, narrow = (win_curve(SIX, as_of=END, confidence=c).at(5) for c in (0.99, 0.5))
    assert wide.low < narrow.low < 0.4 < narrow.high < wide.high
    assert win_curve(SIX, as_of=END, scale="log").at(5).high == 1


def test_a_curve_is_made_of_totals_that_add() -> None:
    halves = [where(table(SIX | {"id": [*range(6)]}, Deal), manager=m) for m in ("Anna", ["Boris", None])]
    rate = functools.partial(win_rate_by, days=5, as_of=END)
    parts = [pickle.loads(pickle.dumps(summarize(rate, half))) for half in halves]
    assert win_curve(sum(parts), as_of=END).to_columns() == win_curve(SIX, as_of=END).to_columns()
    assert median_time_to_win(sum(parts), as_of=END, within=5) == median_time_to_win(SIX, as_of=END, within=5)


@pytest.mark.parametrize(
    ("options", "words"), [({"scale": "linear"}, "scale='linear': use"), ({"confidence": 95}, "confidence=95: give")]
)
def test_wrong_bands_are_refused(options: dict[str, Any], words: str) -> None:
    refused(lambda: win_curve(SIX, as_of=END, **options), WrongValue, words)


@pytest.mark.parametrize("q", [0, 1.5, True, "half", math.nan])
def test_a_quantile_is_a_share(q: Any) -> None:
    refused(lambda: win_curve(SIX, as_of=END).quantile(q), WrongValue, "is not a share of the deals: give")


# ---------------------------------------------------------------- intervals


def test_an_interval_of_the_rate_is_the_band_of_its_curve() -> None:
    company = dealership(scale=0.2)
    for by in (None, "manager"):
        curves = win_curve(company.deals, as_of=company.as_of, by=by)
        found = interval(functools.partial(win_rate_by, days=45, as_of=company.as_of), company.deals, by=by)
        for one, curve in [(found, curves)] if by is None else [(found[k], curves[k]) for k in curves]:
            limits = curve.at(45)
            assert (one.value, one.low, one.high) == (limits.value, limits.low, limits.high)
            assert one.n == curve.counts["deals"] and one.method == "Aalen-Johansen, log-log"


def test_an_interval_of_the_mean_is_that_of_its_curve() -> None:
    company = dealership(scale=0.2)
    limits = win_curve(company.deals, as_of=company.as_of).mean(45)
    found = interval(functools.partial(mean_days_open, days=45, as_of=company.as_of), company.deals)
    assert (found.value, found.low, found.high) == pytest.approx((limits.value, limits.low, limits.high), rel=1e-12)


def test_limits_of_few_deals_and_of_customers_are_refused() -> None:
    few = {"status": ["won", "lost"], "created_at": ["2024-01-01"] * 2, "closed_at": ["2024-01-05"] * 2}
    metric = functools.partial(win_rate_by, days=10, as_of=dt.date(2024, 3, 31))
    assert interval(metric, few).method == "too little data" and math.isnan(interval(metric, few).low)
    with pytest.raises(WrongCall, match="take each deal as independent: leave unit='customer' out"):
        interval(metric, few, unit="customer")


# ---------------------------------------------------------------- what is left out, and how it reads

UNDATED: dict[str, list[Any]] = {
    "status": ["won", "won", "lost", "won", "open", "lost"],
    "created_at": ["2024-03-01"] * 3 + [None, None, "2024-03-02"],
    "closed_at": ["2024-03-08", None, None, "2024-03-09", None, "2024-03-05"],
    "manager": ["Anna", "Anna", "Boris", "Boris", None, "Anna"],
}


def test_deals_without_the_times_of_a_curve_are_told_in_a_note_and_as_data() -> None:
    found = win_curve(UNDATED, as_of=END)
    assert found.left_out == {"won": 2, "lost": 1, "open": 1} == found.about()["left_out"]
    assert sum(found.left_out.values()) + found.counts["deals"] == len(UNDATED["status"])
    note = "Left out, since they do not say when they came in or closed: 2 won, 1 lost, 1 open."
    assert note in " ".join(str(found).split()) and note in found._repr_html_()
    assert "Left out" not in str(win_curve(SIX, as_of=END))


def test_groups_of_curves_leave_out_what_the_whole_does() -> None:
    whole, parts = win_curve(UNDATED, as_of=END), win_curve(UNDATED, as_of=END, by="manager")
    assert {name: c.left_out for name, c in parts.items()} == {
        "Anna": {"won": 1, "lost": 0, "open": 0},
        "Boris": {"won": 1, "lost": 1, "open": 0},
        None: {"won": 0, "lost": 0, "open": 1},
    }
    assert str(whole).splitlines()[-1] == str(parts).splitlines()[-1]


def test_curves_of_added_totals_leave_out_what_those_of_the_rows_do() -> None:
    asked = functools.partial(win_rate_by, days=30, as_of=END)
    half = [{k: v[i : i + 3] for k, v in UNDATED.items()} for i in (0, 3)]
    merged = sum(summarize(asked, rows) for rows in half)
    assert win_curve(merged, as_of=END).about() == win_curve(UNDATED, as_of=END).about()


def test_explain_counts_the_deals_that_lack_a_time() -> None:
    found = explain(functools.partial(win_rate_by, days=30, as_of=END), UNDATED)
    assert sum(found.left_out["Deal"].values()) == 4


def test_no_two_rows_of_a_curve_read_the_same_age() -> None:
    closed = ["2024-01-31T00:00", "2024-03-01T00:00:05", "2024-01-05T00:00"]
    rows = {"status": ["won", "won", "lost"], "created_at": ["2024-01-01T00:00"] * 3, "closed_at": closed}
    ages = [line.split()[0] for line in str(win_curve(rows, as_of=dt.date(2024, 6, 1))).splitlines()[2:]]
    assert ages == ["0", "1", "3", "7", "14", "30", "60"]


def test_one_deal_is_one_deal() -> None:
    assert str(win_curve({k: v[3:4] for k, v in SIX.items()}, as_of=END)).startswith("1 deal at 2024-03-31: 1 won")
