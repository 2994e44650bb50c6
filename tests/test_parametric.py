"""Columns with parameters say what they are called."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from attrs import frozen

from crm_metrics import explain, sales
from crm_metrics.columns.parametric import Parametric
from crm_metrics.errors import WrongCall


def descendants(cls: type) -> set[type]:
    return {below for child in cls.__subclasses__() for below in {child, *descendants(child)}}


def test_every_column_with_parameters_has_a_name() -> None:
    ours = {cls for cls in descendants(Parametric) if cls.__module__.startswith("crm_metrics.")}
    assert sales.due_for_return in ours
    assert all(any("__name__" in vars(base) for base in cls.__mro__) for cls in ours)
    assert sales.due_for_return("2024-09-30").__name__ == "due_for_return"


def test_one_without_a_name_is_refused_where_it_is_written() -> None:
    with pytest.raises(WrongCall, match="Nameless is a Parametric without a name: give it a property __name__"):

        @frozen
        class Nameless(Parametric):
            days: int


def test_one_that_inherits_its_name_is_not() -> None:
    @frozen
    class Sooner(sales.due_for_return):
        pass

    assert Sooner("2024-09-30").__name__ == "due_for_return"


def test_an_explanation_calls_the_condition_by_its_name() -> None:
    deals = {"status": ["lost"], "closed_at": ["2024-01-15"], "id": [1], "created_at": ["2024-01-01"]}
    found = explain(partial(sales.deals_due_for_return, as_of=dt.date(2024, 9, 30)), deals)
    assert "due_for_return" in str(found)
