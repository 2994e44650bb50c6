"""What explain says of a number."""

from __future__ import annotations

import functools
import json
import pickle
from typing import Any

import pytest

from crm_metrics import Deal, Spend, Totals, column, marketing, metric, ratio, sales, summarize, table, totals
from crm_metrics.explanations import explain
from crm_metrics.registry import about, registered

DAY = {"created_at": "2024-01-05", "closed_at": "2024-02-01"}
DEALS = [
    Deal(id=1, status="won", amount=100, cost=60, customer="a", manager="Anna", **DAY),
    Deal(id=2, status="won", manager="Anna", **DAY),
    Deal(id=3, status="lost", manager="Boris", **DAY),
    Deal(id=4, status="open", created_at="2024-01-05", manager="Boris", amount=50, probability=0.5),
]
SPEND = [Spend(at="2024-01-31", amount=500, kind="acquisition")]
ROWS: dict[type, Any] = {Deal: DEALS, Spend: SPEND}
OURS = [m for m in registered() if m.__module__.startswith("crm_metrics")]


@pytest.mark.parametrize("m", OURS, ids=lambda m: m.__name__)
def test_every_metric_explains_itself_as_text_data_and_html(m: Any) -> None:
    rows = [ROWS[r] for r in about(m).records]
    found = explain(m, *rows)
    assert found.value == m(*rows) or found.value != found.value
    assert found.totals and found.definition == about(m).summary
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["metric"] == m.__name__ and data["unit"] == about(m).unit
    assert m.__name__ in str(found) and "<pre>" in found._repr_html_()
    by_group = explain(m, *rows, by="channel")
    assert json.dumps(by_group.to_dict(), allow_nan=False)


def test_the_totals_and_what_was_left_out_have_names() -> None:
    found = explain(sales.average_deal_size, DEALS)
    assert found.totals == {"Deal": {"won_amount": 100.0, "won": 2}}
    assert found.left_out == {"Deal": {"not won": 2, "amount missing": 1}}
    assert explain(sales.win_rate, DEALS).left_out == {"Deal": {"not closed": 1}}
    assert explain(sales.conversion_rate, DEALS).left_out == {}


def test_rows_refused_at_load_are_counted() -> None:
    data = {"id": [1, 2], "created_at": ["2024-01-05", "soon"], "status": ["open", "open"]}
    deals = table(data, Deal, on_error="skip")
    assert explain(sales.deals_created, deals).left_out == {"Deal": {"refused at load": 1}}


def test_totals_without_rows_tell_totals_and_missing_counts_only() -> None:
    parts = pickle.loads(pickle.dumps(summarize(sales.average_deal_size, DEALS)))
    found = explain(sales.average_deal_size, parts)
    assert found.totals == {"Deal": {"won_amount": 100.0, "won": 2}}
    assert found.left_out == {"Deal": {"amount missing": 1}}
    on_paper = explain(sales.win_rate, Totals.of(Deal, won=23, closed=40))
    assert on_paper.value == 0.575 and on_paper.totals == {"Deal": {"won": 23, "closed": 40}}


def test_why_a_number_is_undefined_is_said() -> None:
    assert explain(sales.win_rate, []).undefined == "won is 0, closed is 0"
    assert explain(sales.win_rate, DEALS).undefined == ""
    grouped = explain(sales.median_deal_size, DEALS, by="manager")
    assert grouped.undefined == "no data in Boris"


def test_the_keywords_in_force_are_given() -> None:
    found = explain(functools.partial(sales.sales_cycle_quantile, q=0.9), DEALS)
    assert found.keywords == {"q": 0.9} and "q=0.9" in str(found)
    assert explain(marketing.cac, SPEND, DEALS).keywords == {"basis": "blended"}


def test_a_metric_of_ones_own_explains_itself_too() -> None:
    @column
    def large(d: Any) -> Any:
        return d.amount > 60

    @metric(Deal, unit="share")
    def large_share(deals: Any, *, by: Any = None) -> Any:
        """Share of deals that are large."""
        t = totals(deals, Deal, by)
        return ratio(t.count(large), t.count())

    found = explain(large_share, DEALS)
    assert found.totals == {"Deal": {"large": 1, "rows": 4}} and found.value == 0.25
    assert found.definition == "Share of deals that are large." and found.formula == ""
