"""What is asked of a metric and cannot be: refused in our words, whatever it is and whichever metric it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crm_metrics import call, catalog, change, interval, sales
from crm_metrics._totals.metric import about, registered, tables
from crm_metrics.errors import CrmError, UnknownName, WrongCall, WrongValue
from crm_metrics.journeys import Pipeline
from crm_metrics.marketing import cac
from tests.complete import REQUIRED

HISTORY = {"deal": [1, 1], "stage": ["A", "B"], "at": ["2024-01-01", "2024-01-05"]}
DEALS = {"status": ["won", "lost"], "reason": ["price", "price"]}
GIVEN = {**REQUIRED, "pipeline": Pipeline(["A", "B"]), "at": "2024-01-31", "start": "2024-01-01", "end": "2024-01-31"}
CHOICES = [
    (m, name)
    for m in (*registered(), *tables())
    for name, default in about(m, table=True).keywords.items()
    if isinstance(default, str)
]


class Odd:
    """Whatever is asked of it fails."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


UNHASHABLE: list[Any] = [[], {}, set(), [[1]], np.array([1, 2]), np.array(3), bytearray(b"x"), Odd()]


@pytest.mark.parametrize(("metric", "name"), CHOICES, ids=[f"{m.__name__}-{name}" for m, name in CHOICES])
@pytest.mark.parametrize("value", UNHASHABLE, ids=[type(x).__name__ for x in UNHASHABLE])
def test_a_choice_that_is_no_word_is_refused(metric: Any, name: str, value: Any) -> None:
    known = about(metric, table=True)
    given = {word: GIVEN[word] for word in known.required}
    rows = [HISTORY if "changes" in str(known.question) else DEALS for _ in known.records]
    with pytest.raises(CrmError):
        metric(*rows, **{**given, name: value})


def test_a_choice_says_what_there_is_to_choose() -> None:
    with pytest.raises(WrongValue, match=r"basis=\[\]: use one of 'blended', 'paid'"):
        cac({}, {}, basis=[])  # type: ignore[call-overload]
    metric = next(m for m in registered() if "of" in about(m).keywords)
    with pytest.raises(WrongValue, match=r"of=\{\}: use one of"):
        metric(DEALS, of={})


@pytest.mark.parametrize("one", catalog(), ids=lambda one: str(one["call"]))
def test_name_is_a_keyword_that_no_metric_has(one: dict[str, Any]) -> None:
    with pytest.raises(WrongCall, match="has no keyword 'name'"):
        call(one["call"], DEALS, name="x")


def test_what_is_not_grouped_says_so() -> None:
    with pytest.raises(WrongCall, match="snapshot has no keyword 'by': it takes pipeline, at"):
        call("snapshot", HISTORY, pipeline=GIVEN["pipeline"], at="2024-01-31", by="stage")


@pytest.mark.parametrize("asked", [sales.funnel, sales.snapshot, sales.entered, sales.active, sales.transition_matrix])
def test_a_pipeline_that_is_not_given_is_asked_for(asked: Any) -> None:
    with pytest.raises(WrongCall, match=r"nothing is no pipeline: give Pipeline\("):
        asked(HISTORY)
    assert "pipeline" in about(asked, table=True).required


def test_a_moment_or_a_period_that_is_not_given_is_asked_for() -> None:
    with pytest.raises(WrongValue, match="nothing is not a time: give a date"):
        sales.snapshot(HISTORY, GIVEN["pipeline"])
    with pytest.raises(WrongCall, match="nothing is no period: give month"):
        sales.entered(HISTORY, GIVEN["pipeline"])


def test_reasons_do_without_amounts_and_say_so() -> None:
    found = sales.reasons(DEALS)
    assert (found.deals["price"], found.amount["price"], found.unpriced) == (1, 0.0, 1)
    assert "1 of these deals have no amount" in str(found)
    with pytest.raises(UnknownName, match="has no 'reason'"):
        sales.reasons({"status": ["lost"]})


def test_a_cycle_from_what_is_no_column_is_refused() -> None:
    with pytest.raises(WrongValue, match=r"\[1\] is not the name of a column: give one such as 'created_at'"):
        sales.average_sales_cycle(DEALS, start=[1])


@pytest.mark.parametrize("unit", [True, 5, int, [1], {"a": 1}, np.zeros((2, 2))])
def test_a_unit_that_is_no_field_is_refused(unit: Any) -> None:
    for ask in (
        lambda: interval(sales.win_rate, DEALS, unit=unit),
        lambda: change(sales.win_rate, DEALS, DEALS, unit=unit),
    ):
        with pytest.raises(WrongCall, match="give the field that tells apart what is independent"):
            ask()
