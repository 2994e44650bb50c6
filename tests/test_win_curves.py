"""`win_curve` as a table, as a mapping of tables, and the numbers with limits that it gives."""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
import pickle
from typing import Any

import pytest
from cases import refused

from crm_metrics import Deal, interval, samples, summarize, table, where
from crm_metrics.errors import WrongCall, WrongValue
from crm_metrics.sales.curves import mean_days_open, median_time_to_win, win_rate_by
from crm_metrics.sales.win_curves import Estimate, WinCurves, win_curve

END = dt.date(2024, 3, 31)
SIX: dict[str, list[Any]] = {
    "status": ["open", "lost", "lost", "won", "won", "open"],
    "created_at": ["2024-03-30", *["2024-03-25"] * 5],
    "closed_at": [None, "2024-03-27", "2024-03-28", "2024-03-29", "2024-03-30", None],
    "manager": ["Anna", "Anna", "Boris", "Anna", "Boris", None],
}


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
    assert found.at(5) == Estimate(*(pytest.approx(x, abs=1e-8) for x in (0.4, 0.05197575, 0.75281579, 0.048**0.5)))
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
    company = samples.dealership(scale=0.2)
    for by in (None, "manager"):
        curves = win_curve(company.deals, as_of=company.as_of, by=by)
        found = interval(functools.partial(win_rate_by, days=45, as_of=company.as_of), company.deals, by=by)
        for one, curve in [(found, curves)] if by is None else [(found[k], curves[k]) for k in curves]:
            limits = curve.at(45)
            assert (one.value, one.low, one.high) == (limits.value, limits.low, limits.high)
            assert one.n == curve.counts["deals"] and one.method == "Aalen-Johansen, log-log"


def test_an_interval_of_the_mean_is_that_of_its_curve() -> None:
    company = samples.dealership(scale=0.2)
    limits = win_curve(company.deals, as_of=company.as_of).mean(45)
    found = interval(functools.partial(mean_days_open, days=45, as_of=company.as_of), company.deals)
    assert (found.value, found.low, found.high) == pytest.approx((limits.value, limits.low, limits.high), rel=1e-12)


def test_limits_of_few_deals_and_of_customers_are_refused() -> None:
    few = {"status": ["won", "lost"], "created_at": ["2024-01-01"] * 2, "closed_at": ["2024-01-05"] * 2}
    metric = functools.partial(win_rate_by, days=10, as_of=dt.date(2024, 3, 31))
    assert interval(metric, few).method == "too little data" and math.isnan(interval(metric, few).low)
    with pytest.raises(WrongCall, match="take each deal as independent: leave unit='customer' out"):
        interval(metric, few, unit="customer")
