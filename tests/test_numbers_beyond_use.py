"""Numbers that no company has, where they are no cells: refused or carried, neither a hang nor a bare error."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crm_metrics import (
    CRM,
    Call,
    Deal,
    Period,
    Spend,
    Table,
    month,
    ratio,
    read_csv,
    read_excel,
    sales,
    scorecard,
    table,
    where,
)
from crm_metrics._reading.encodings import UnreadableFile
from crm_metrics.errors import CrmError, UnknownName, WrongCall, WrongValue

DEALS = {"id": [1, 2], "created_at": ["2024-01-01"] * 2, "status": ["open", "open"]}


@pytest.mark.parametrize(
    "margin", [Decimal("1e999999999"), Decimal("1e-9999999"), 10**400, 1e308, Decimal(1).next_plus()]
)
def test_a_margin_of_absurd_size_is_refused_at_once(margin: Any) -> None:
    with pytest.raises(WrongValue, match="give the share of the amount"):
        CRM(margin=margin)


@pytest.mark.parametrize(
    ("given", "read"),
    [(Decimal("1e999999999"), float("inf")), (Decimal("-1e999999999"), float("-inf")), (Decimal("1e-9999999"), 0.0)],
)
def test_an_extra_column_with_one_is_a_column_of_floats(given: Decimal, read: float) -> None:
    rows: Table[Deal] = table({**DEALS, "weight": [given, Decimal(2)]}, Deal)
    assert rows.to_columns()["weight"] == [read, 2.0]


def test_a_whole_number_beyond_floats_stands_beside_a_float() -> None:
    assert table({**DEALS, "weight": [10**400, 0.5]}, Deal).to_columns()["weight"] == [float("inf"), 0.5]


@pytest.mark.parametrize("won", [10**30, 1e22, Decimal("1e400")])
def test_large_figures_on_paper_are_figures(won: Any) -> None:
    before = CRM(before={"months": 12, "created": won, "closed": won, "won": won}).before
    assert before is not None and before.figures["won"] == won


@pytest.mark.parametrize("weeks", [521, 10**18, -1, True, 1.5])
def test_a_ramp_is_of_up_to_ten_years(weeks: Any) -> None:
    with pytest.raises(WrongValue, match="give a whole number of weeks from 0 to 520"):
        CRM(go_live="2024-01-05", ramp_weeks=weeks)


@pytest.mark.parametrize("unit", ["ns", "ps", "fs", "as"])
def test_times_finer_than_microseconds_are_times(unit: str) -> None:
    at = np.array([2**62, 2**61], f"M8[{unit}]")
    rows = table({**DEALS, "created_at": at}, Deal)
    first = Deal(id=1, created_at=at[0], status="open")  # type: ignore[arg-type]
    assert rows.created_at.item(0) == first.created_at == at[0].astype("M8[us]").item()
    assert len(table({"at": at, "amount": [1, 2]}, Spend)) == 2


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that opens and does not read")
@pytest.mark.parametrize("read", [read_csv, read_excel])
def test_a_file_that_opens_and_cannot_be_read_is_unreadable(read: Any) -> None:
    with pytest.raises(UnreadableFile, match=r"mem cannot be (opened|read) \(Input/output error\)"):
        read("/proc/self/mem", Deal)


def test_a_table_in_the_place_of_metrics_is_said() -> None:
    with pytest.raises(WrongCall, match="scorecard takes a list of metrics, of their names, or a preset, not <Table"):
        scorecard(table(DEALS, Deal))
    assert len(scorecard([sales.deals_created], deals=DEALS)) == 1


# ---------------------------------------------------------------- beside a column, or a breakdown

ODD: dict[str, Any] = {
    "endless": Decimal("1e999999999"),
    "tiny": Decimal("-1e-999999999"),
    "a NaN that signals": Decimal("sNaN"),
    "infinity": Decimal("-Infinity"),
    "a duration of numpy": np.timedelta64(5, "ns"),
    "True of numpy": np.True_,
    "a flag": True,
}
ONE: dict[str, Any] = {"id": [1], "created_at": ["2024-01-01"], "closed_at": ["2024-01-08"], "status": ["won"]}
USES: dict[str, Callable[[Table[Deal], Any], Any]] = {
    "compared": lambda t, x: t.amount > x,
    "equal": lambda t, x: t.amount == x,
    "times": lambda t, x: t.amount * x,
    "where": lambda t, x: where(t, lambda d: d.amount <= x),
    "large": lambda t, x: sales.large_deals(t, over=x),
}


def one_deal() -> Table[Deal]:
    return table({**ONE, "manager": ["Anna"], "amount": [5]}, Deal)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_number_is_refused_beside_a_column(use: str, odd: str) -> None:
    with pytest.raises((WrongCall, WrongValue), match=r"cannot compute with|is not an amount"):
        USES[use](one_deal(), ODD[odd])


@pytest.mark.parametrize("odd", ["endless", "tiny", "infinity", "a duration of numpy", "True of numpy"])
def test_nor_is_there_a_ratio_of_it(odd: str) -> None:
    by_manager = sales.won_revenue(one_deal(), by="manager")
    for part, whole in ((ODD[odd], 3), (3, ODD[odd]), (by_manager, ODD[odd]), (ODD[odd], by_manager)):
        with pytest.raises((WrongCall, WrongValue), match=r"expected a (finite )?number"):
            ratio(part, whole)


def test_a_ratio_over_a_nan_that_signals_is_nan() -> None:
    assert np.isnan(ratio(1, Decimal("sNaN")))  # type: ignore[call-overload]  # a Decimal
    assert np.isnan(ratio(sales.won_revenue(one_deal(), by="manager"), Decimal("sNaN")).array).all()


@pytest.mark.parametrize("x", ["5", [1, 2, 3], np.datetime64("NaT", "D"), Decimal("sNaN"), 10**5000, None], ids=type)
def test_a_breakdown_beside_what_is_no_number_says_so(x: Any) -> None:
    with pytest.raises(WrongCall, match=r"of a Breakdown of 1 groups and .* gives no numbers: give a number"):
        operator.gt(sales.won_revenue(one_deal(), by="manager"), x)


def test_a_duration_meets_days_and_no_other_number() -> None:
    deals = one_deal()
    cycle = deals.closed_at - deals.created_at
    for week in (dt.timedelta(days=7), np.timedelta64(7, "D"), np.timedelta64(168, "h")):
        assert (cycle >= week).item(0) and not (cycle > week).item(0)
    calls = table({"started_at": ["2024-01-01"], "duration": [60]}, Call)
    for given in (dt.timedelta(minutes=5), np.timedelta64(5, "m")):
        with pytest.raises(WrongCall, match=r"give a number, or .missing"):
            operator.gt(calls.duration, given)
        with pytest.raises(WrongCall, match="give an amount such as 1000"):
            operator.gt(deals.amount, given)


def test_a_label_that_is_none_is_told() -> None:
    deals = one_deal()
    assert len(where(deals, manager=np.array("Anna"))) == len(where(deals, amount=np.array(5))) == 1
    with pytest.raises(WrongCall, match=r"\[1\] is not one label: give one, or several with .isin"):
        operator.eq(deals.manager, [1])
    with pytest.raises(UnknownName, match="status is never int that cannot be shown"):
        operator.eq(deals.status, 10**5000)
    with pytest.raises(UnknownName, match="has no int that cannot be shown"):
        deals[10**5000]  # type: ignore[index]  # no text
    with pytest.raises(WrongValue, match="give a field name, or a month"):
        month(10**5000)
    with pytest.raises(WrongValue, match="won = a number of 16,610 bits is more than closed = 140"):
        CRM(before={"months": 12, "closed": 140, "won": "9" * 5000})


def test_what_pandas_has_for_nothing_is_no_operand() -> None:
    pd, deals = pytest.importorskip("pandas"), one_deal()
    for call in (
        lambda: deals.amount > pd.NA,
        lambda: deals.created_at > pd.NaT,
        lambda: deals.status == pd.NA,
        lambda: deals[pd.NA],
        lambda: Period(pd.NaT, pd.NaT),
    ):
        with pytest.raises(CrmError):
            call()
