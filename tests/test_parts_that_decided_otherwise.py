"""What a column is, is decided from all of its cells: parts that decided otherwise than the whole would do not add."""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from cases import refused
from hypothesis import given, strategies as st

from crm_metrics import Deal, Table, merge, month, sales, summarize, table, totals
from crm_metrics._tables.stacking import stack
from crm_metrics._values.evidence import Clocks, Shares, together
from crm_metrics.errors import DataError, WrongValue

NAN = float("nan")


def likely(*shares: Any, heading: str = "probability") -> Table[Deal]:
    n = len(shares)
    rows = {"id": list(range(n)), "created_at": ["2024-01-05"] * n, "status": ["open"] * n, "amount": [100] * n}
    return table({**rows, heading: list(shares)}, Deal, columns={"probability": heading})


def closed(*pairs: tuple[str, str]) -> Table[Deal]:
    came, went = map(list, zip(*pairs, strict=True))
    rows = {"id": list(range(len(pairs))), "created_at": came, "closed_at": went, "status": ["won"] * len(pairs)}
    return table(rows, Deal)


def apart(metric: Any, *parts: Any, by: Any = None) -> Any:
    return metric(merge([summarize(metric, part, by=by) for part in parts]))


# ---------------------------------------------------------------- percent or fraction


@pytest.mark.parametrize(
    ("one", "other"), [([1], [50]), ([0.5], [50, 20]), ([1, 0], [0, 2]), (["1"], ["50"]), ([Decimal("0.2"), 1], [10])]
)
def test_fractions_of_one_part_do_not_add_to_percentages_of_another(one: list[Any], other: list[Any]) -> None:
    parts = likely(*one), likely(*other)
    for these in (parts, parts[::-1]):
        message = str(refused(lambda these=these: apart(sales.weighted_pipeline, *these), WrongValue, "probability"))
        assert "fractions in one part" in message or "fractions in another" in message
        assert "read all parts as one table, or write percentages with their sign, 50 %" in message
        with pytest.raises(WrongValue, match="probability holds"):
            sales.weighted_pipeline(stack(these))


@pytest.mark.parametrize(
    ("one", "other", "total"),
    [
        ([0], [50], 50), ([None, 0], [50], 50), (["1 %"], [50], 51), (["50 %"], [0.5, 1], 200), ([1], [0.5], 150),
        ([2], [50], 52), ([], [50], 50), ([NAN], [0.25], 25),
    ],
)  # fmt: skip
def test_parts_that_decide_alike_or_had_nothing_to_decide_add(one: Any, other: Any, total: Any) -> None:
    assert apart(sales.weighted_pipeline, likely(*one), likely(*other)) == total
    assert sales.weighted_pipeline(stack([likely(*one), likely(*other)])) == total


def test_a_heading_with_the_sign_decides_in_every_part() -> None:
    parts = likely(1, heading="Chance, %"), likely(50, heading="Chance, %")
    assert apart(sales.weighted_pipeline, *parts) == 51


def test_typed_records_say_themselves_what_they_are() -> None:
    sure = [Deal(id=1, created_at="2024-01-05", status="open", amount=100, probability=1)]
    assert apart(sales.weighted_pipeline, sure, likely(50)) == 150


def test_what_was_not_read_does_not_matter() -> None:
    assert apart(sales.deals_created, likely(1), likely(50)) == 2
    assert apart(sales.open_pipeline, likely(1), likely(50)) == 200


def test_totals_remember_what_was_decided_when_they_are_saved_and_added() -> None:
    first, second, last = (summarize(sales.weighted_pipeline, likely(*x)) for x in ([50], [20], [1]))
    both = pickle.loads(pickle.dumps(first + second))
    assert sales.weighted_pipeline(both) == 70
    refused(lambda: both + last, WrongValue, "percentages in one part and fractions in another")
    refused(lambda: sum([last, both]), WrongValue, "probability")


def test_parts_of_one_table_add_whatever_is_in_each() -> None:
    whole = likely(1, 50, 20)
    parts = [whole.take(np.array([i])) for i in range(3)]
    assert apart(sales.weighted_pipeline, *parts) == sales.weighted_pipeline(whole) == 71


@given(st.lists(st.sampled_from([0, 0.25, 0.5, 1, 2, 40, 100]), max_size=6), st.data())
def test_a_sum_of_parts_is_that_of_the_whole_or_refused(shares: list[Any], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(shares)))

    def total(make: Callable[[], Any]) -> Any:
        try:
            return make()
        except (DataError, WrongValue):
            return None

    whole = total(lambda: sales.weighted_pipeline(likely(*shares)))
    found = total(lambda: apart(sales.weighted_pipeline, likely(*shares[:cut]), likely(*shares[cut:])))
    assert found in (whole, None)


# ---------------------------------------------------------------- days or times

MIDNIGHT, NOON = ("2024-01-05 10:00", "2024-01-07 00:00"), ("2024-01-05 10:00", "2024-01-07 12:00")


def test_days_of_one_part_do_not_add_to_times_of_another() -> None:
    assert sales.average_sales_cycle(closed(MIDNIGHT, NOON)) == 44 / 24
    for parts in ([closed(MIDNIGHT), closed(NOON)], [closed(NOON), closed(MIDNIGHT)]):
        message = str(
            refused(lambda parts=parts: apart(sales.average_sales_cycle, *parts), WrongValue, "closed_at holds")
        )
        assert "write days without a time, 2024-01-31" in message
        refused(lambda parts=parts: apart(sales.deals_won, *parts, by=month), WrongValue, "closed_at holds")
        refused(lambda parts=parts: sales.average_sales_cycle(stack(parts)), WrongValue, "closed_at holds")
        assert apart(sales.deals_won, *parts) == 2


def test_days_that_are_written_as_days_add_to_times() -> None:
    day = ("2024-01-05 10:00", "2024-01-07")
    assert apart(sales.average_sales_cycle, closed(day), closed(NOON)) == 49 / 24
    assert sales.average_sales_cycle(closed(day, NOON)) == 49 / 24


def test_one_time_of_day_on_few_days_each_may_be_days_in_all_of_them_together() -> None:
    three = [(f"2024-01-0{i} 10:00", f"2024-01-0{i + 1} 15:00") for i in (1, 2, 3)]
    assert sales.average_sales_cycle(closed(*three)) == 1
    message = str(
        refused(lambda: apart(sales.average_sales_cycle, closed(*three[:2]), closed(three[2])), WrongValue, "")
    )
    assert "times in each part and days in all of them together" in message


def test_columns_that_are_no_field_decide_too() -> None:
    def plans(at: str) -> Any:
        return table({"id": [1], "created_at": ["2024-01-01"], "status": ["open"], "plan": [at]}, Deal)

    parts = [totals(plans(dt.datetime(2024, 1, 5, hour)), Deal) for hour in (0, 5)]
    assert [t.sum(days_to_plan) for t in parts] == [4, 4]  # from a day on
    refused(lambda: merge(parts), WrongValue, "plan holds days in one part and times in another")


def days_to_plan(d: Any) -> Any:
    return d.plan - d.created_at


# ---------------------------------------------------------------- evidence adds

CLOCKS = st.builds(
    Clocks,
    st.sampled_from([(), (("midnight", 0),), (("midnight", 5),), (("midnight", 5), ("midnight in UTC", 0))]),
    st.frozensets(st.integers(0, 9), max_size=3),
)
SHARES = st.builds(Shares, st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))


@given(st.lists(CLOCKS, min_size=3, max_size=3) | st.lists(SHARES, min_size=3, max_size=3))
def test_evidence_adds_in_any_order(parts: list[Any]) -> None:
    a, b, c = parts
    assert a + b + c == a + (b + c) == c + b + a
    assert a.decided == (a + a).decided


@given(st.lists(SHARES, max_size=4))
def test_parts_are_together_where_each_decides_as_all_do(parts: list[Shares]) -> None:
    whole = sum(parts, Shares())
    alike = {p.decided for p in parts} <= {"", whole.decided}
    try:
        found = together({"probability": part} for part in parts)
    except WrongValue:
        assert not alike
    else:
        assert alike and (not parts or found["probability"] == whole)
