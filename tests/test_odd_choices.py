"""A choice that cannot be, of any kind (a list, a mapping, an array), is refused in words, for every keyword."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from crm_metrics import convert, marketing, month, sales, table
from crm_metrics._totals.metric import registered
from crm_metrics._uncertainty.survival import band
from crm_metrics.errors import CrmError, WrongCall, WrongValue
from crm_metrics.records import Deal

GIVEN: dict[str, Any] = {"period": month("2024-01"), "as_of": dt.date(2024, 2, 1), "days": 30, "q": 0.5}
ODD: list[Any] = [[], {}, {1}, np.array([1, 2]), np.array(5.0), b"x", -1, float("nan"), 5j, 10**400, object()]
OURS = [m for m in registered() if m.__module__.startswith("crm_metrics.")]
KEYWORDS = [(m, name) for m in OURS for name in (*m.about.keywords, *m.about.required)]


@pytest.mark.parametrize(("metric", "name"), KEYWORDS, ids=lambda x: getattr(x, "__name__", x))
def test_what_is_odd_is_taken_or_refused_in_words(metric: Any, name: str) -> None:
    others = {k: GIVEN[k] for k in metric.about.required if k in GIVEN and k != name}
    rows: list[Any] = [[] for _ in metric.about.records]
    refused = 0
    for x in ODD:
        try:
            metric(*rows, **others, **{name: x})
        except CrmError:
            refused += 1
    assert refused >= 5, "an odd choice is not a choice"


@pytest.mark.parametrize("x", [[], {}, {"paid"}, np.array(["paid", "blended"]), ["paid"], None, True], ids=repr)
def test_a_list_of_choices_is_no_choice(x: Any) -> None:
    with pytest.raises(WrongValue, match=r"basis=.*: use one of 'blended'"):
        marketing.cac([], [], basis=x)
    with pytest.raises(WrongValue, match=r"basis=.*: use one of"):
        sales.loss_rate([], basis=x)
    with pytest.raises(WrongValue, match=r"scale="):
        band([0.5], [0.1], 2, x)
    with pytest.raises(WrongValue, match=r"on_missing=.*: use 'raise' or 'skip'"):
        convert(table([], Deal), {}, to="RUB", on_missing=x)


@pytest.mark.parametrize("x", [[], ["created_at"], 5, np.array(["closed_at"])], ids=repr)
def test_a_time_is_named_by_text(x: Any) -> None:
    with pytest.raises(WrongValue, match="is not the name of a column"):
        sales.average_sales_cycle([], start=x)
    deals = table(
        {"id": [1], "created_at": ["2024-01-01"], "status": ["open"], "amount": [5], "currency": ["USD"]}, Deal
    )
    dated = [{"currency": "USD", "rate": 90, "date": "2023-01-01"}]
    with pytest.raises(WrongCall, match=r"at=.*: give the name of one time, at='closed_at'"):
        convert(deals, dated, to="RUB", at=x)


@pytest.mark.parametrize("x", ["1e999999999", "1e-99999999", "0", -1, float("inf"), None, {}], ids=repr)
def test_a_rate_that_nobody_quotes_is_refused_at_once(x: Any) -> None:
    with pytest.raises(WrongValue, match=r"the rate of USD is .*(: give a positive number|more than 50 digits)"):
        convert(table([], Deal), {"USD": x}, to="RUB")
