"""Whether a column of probabilities is in percent: all its cells tell, and its heading; a cell with a sign is clear."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from cases import deal, refused
from hypothesis import given, strategies as st

from crm_metrics import cells
from crm_metrics._tables import text
from crm_metrics.cells import Bad
from crm_metrics.errors import DataError

NAN = float("nan")


def in_percent(column: Any, heading: str) -> bool | None:
    """What the cells of a column and its heading say."""
    return text.shares_in_percent(text.shares_seen(column), heading)


@pytest.mark.parametrize(
    ("column", "percent"),
    [
        ([0, 10, 25, 50, 75, 100], True), ([0, 10, 100], True), ([2], True), ([0, 1, 1.5], True),
        ([100, None, NAN], True),
        ([0, 1], False), ([0, 0.1, 1], False), ([], False), ([None, NAN], False), ([0.6], False), ([0.5, 60], False),
        ([10, 250], True), ([10, -5], True), ([10, True], True), ([250, -5], False),
        ([0, 250], False),  # bad either way
    ],
)  # fmt: skip
def test_numbers_above_one_with_none_between_nothing_and_one_are_percentages(column: list[Any], percent: bool) -> None:
    assert in_percent(column, "probability") is percent
    written = ["" if x is None else str(x) for x in column if x is not True]
    assert in_percent(written, "Deal - Probability") is percent
    assert in_percent([x.replace(".", ",") for x in written], "p") is percent
    assert in_percent(map(Decimal, [x for x in written if x]), "p") is percent
    numbers = np.array([NAN if x is None else x for x in column], float)
    assert in_percent(numbers, "p") is percent
    assert in_percent(np.array(column, object), "p") is percent


@pytest.mark.parametrize(
    ("column", "percent"),
    [([0, 10, 100], True), ([0, 1, 1], True), ([0.5, 40], True), ([], True), ([0], True), ([0, 0.6], None),
     ([0.6, 1], None)],
)  # fmt: skip
@pytest.mark.parametrize(
    "heading", ["Probability (%)", "p, %", "%", "win_pct", "Вероятность, процентов", "Chance in percent"]
)
def test_a_heading_with_the_sign_says_so_unless_fractions_stand_under_it(
    column: Any, percent: Any, heading: str
) -> None:
    assert in_percent(column, heading) is percent
    assert in_percent(np.array(column, float), heading) is percent
    assert in_percent(list(map(str, column)), heading) is percent


def test_cells_with_a_sign_and_words_take_no_part() -> None:
    assert in_percent(["0", "1", "60 %", "5%"], "p") is False
    assert in_percent(["0.5 %", "40", "high", "n/a", ""], "p") is True
    assert in_percent(["0.5 %", "1"], "p, %") is True
    assert in_percent(["0.5", "60 %"], "p") is False
    assert in_percent([b"40", [40], np.array(40), np.timedelta64(40, "D"), "40 $"], "p") is False


@pytest.mark.parametrize(
    "x", ["60", 60, 60.0, Decimal(60), np.int64(60), np.float32(60), "60 %", "60%", "60,0 %", "60.0"]
)
def test_a_percentage_is_a_fraction_whatever_it_came_as(x: Any) -> None:
    assert text.share(x, percent=True) == Decimal("0.6")
    if not isinstance(x, str) or "," not in x:
        assert cells.share(x, percent=True) == Decimal("0.6")


@pytest.mark.parametrize("percent", [True, False, None])
@pytest.mark.parametrize(
    ("x", "share"), [("60 %", "0.6"), ("0.6 %", "0.006"), ("100%", "1"), ("0 %", "0"), ('="5 %"', "0.05")]
)
def test_a_cell_with_the_sign_is_what_it_says_whatever_the_column_is(x: str, share: str, percent: Any) -> None:
    assert text.share(x, percent=percent) == cells.share(x, percent=percent) == Decimal(share)
    assert deal(probability=x).probability == Decimal(share)


@pytest.mark.parametrize("x", ["0.6", 0.6, Decimal("0.6"), "0,6"])
def test_a_fraction_under_a_heading_with_the_sign_may_be_two_and_is_refused(x: Any) -> None:
    out: Any = text.share(x, percent=None)
    assert type(out) is Bad and (out.value, out.problem) == (x, "may be 0.6 % or 60 %")
    assert (
        out.remedy
        == "write the sign in the cell, 0.6 % or 60 %, or translate it with values=, or take the % out of the heading"
    )
    one: Any = text.share(1, percent=None)
    assert one.problem == "may be 1 % or 100 %" and text.share("0", percent=None) == 0 == text.share(0, percent=None)


@pytest.mark.parametrize("x", [-10, 150, "150", "-0.1", 1e9])
def test_what_is_no_percentage_is_refused_as_one(x: Any) -> None:
    for read in (text.share, cells.share):
        assert read(x, percent=True) == Bad(x, "is outside 0 to 100 %", "give a percentage: 60 for 60 %")
        assert read(x) == Bad(x, "is outside 0 to 1", "give a fraction: 0.6 for 60 %")


@pytest.mark.parametrize("x", ["101 %", "-1 %", "150%"])
def test_what_is_no_share_is_refused_with_its_sign_too(x: str) -> None:
    for percent in (True, False, None):
        assert text.share(x, percent=percent) == Bad(x, "is outside 0 to 1", "give a fraction: 0.6 for 60 %")


def test_a_record_says_what_it_takes() -> None:
    refused(lambda: deal(probability=60), DataError, "probability: 60 is outside 0 to 1; give a fraction: 0.6 for 60 %")
    refused(lambda: deal(probability="x %"), DataError, "probability: 'x %' is not a share; write it like 60 % or 0.6")


@given(st.lists(st.integers(0, 100)), st.lists(st.decimals(0, 1, places=3)))
def test_a_column_in_one_unit_is_never_read_in_the_other(whole: list[int], fractions: list[Decimal]) -> None:
    percent = in_percent(whole, "p")
    assert percent is any(x > 1 for x in whole)  # a column of 0 and 1 alone is of fractions, as documented
    assert in_percent(fractions, "p") is False
    many, few = sum(x > 1 for x in whole), sum(x not in (0, 1) for x in fractions)
    assert in_percent([*whole, *fractions], "p") is (many > few)


def test_a_share_is_exact_whatever_decimal_context_a_program_sets() -> None:
    import decimal

    with decimal.localcontext() as context:
        context.prec = 3
        assert text.share("12.3456 %") == cells.share("12.3456 %") == Decimal("0.123456")
        assert text.share("12.3456", percent=True) == Decimal("0.123456") and text.number("12.3456 %") == Decimal(
            "0.123456"
        )
