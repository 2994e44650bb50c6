"""A cost that is not known is not none: without a day or an amount it is refused, whichever way it comes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from crm_metrics import CRM, Cost, evaluate, load, table
from crm_metrics.errors import CrmError, DataError, WrongValue

NOTHING = [None, "", float("nan"), np.nan]
NO_AMOUNT = [*NOTHING, Decimal("NaN")]
NO_DAY = [*NOTHING[:2], float("nan"), np.datetime64("NaT", "D")]
KNOWN = ("2024-01-15", 1000)
often = pytest.mark.parametrize("every", [None, "month", "year"])


@often
@pytest.mark.parametrize("amount", NO_AMOUNT, ids=repr)
def test_a_cost_without_an_amount_is_refused(amount: Any, every: Any) -> None:
    with pytest.raises(DataError, match=r"amount: .* is not enough here; give amount, or leave the row out"):
        Cost(at="2024-01-01", amount=amount, every=every)


@often
@pytest.mark.parametrize("day", NO_DAY, ids=repr)
def test_a_cost_without_a_day_is_refused(day: Any, every: Any) -> None:
    with pytest.raises(DataError, match="at: an empty cell is not enough here; give at, or leave the row out"):
        Cost(at=day, amount=10, every=every)


def test_an_amount_of_nothing_is_known() -> None:
    assert CRM(costs=[KNOWN, ("2024-02-01", 0)]).cost(before=dt.date(2025, 1, 1)) == 1000


@pytest.mark.parametrize("row", [(None, 10), ("2024-01-01", None), ("2024-01-01", float("nan"), "licences")], ids=repr)
def test_a_company_takes_no_unknown_cost_beside_a_known_one(row: Any) -> None:
    with pytest.raises(DataError, match="is not enough here"):
        CRM(costs=[KNOWN, row])
    with pytest.raises(DataError, match="is not enough here"):
        attrs.evolve(CRM(costs=[KNOWN]), costs=[KNOWN, row])


def test_nor_does_an_evaluation() -> None:
    deals = {"id": [1], "created_at": ["2024-01-05"], "status": ["open"], "amount": [1], "cost": [1]}
    with pytest.raises(DataError, match="is not enough here"):
        evaluate(CRM(deals=deals, go_live="2024-02-01"), costs=[KNOWN, ("2024-01-01", None)])
    with pytest.raises(WrongValue, match="costs is nan"):
        evaluate(CRM(deals=whole(), go_live="2024-07-01"), costs=float("nan"))


def whole() -> dict[str, Any]:
    """Deals of a year, one won a month with its profit known."""
    days = [dt.date(2024, m, 5) for m in range(1, 13)]
    rows = {"id": list(range(12)), "created_at": days, "closed_at": days, "status": ["won"] * 12}
    return {**rows, "amount": [10] * 12, "cost": [5] * 12}


@pytest.mark.parametrize("kind", ["mapping", "pandas", "polars", "arrow"])
def test_a_table_of_costs_names_the_row(kind: str) -> None:
    rows: Any = {"at": ["2024-01-01", None, "2024-03-01"], "amount": [1.5, 2.5, None]}
    if kind == "pandas":
        rows = pytest.importorskip("pandas").DataFrame(rows)
    elif kind == "polars":
        rows = pytest.importorskip("polars").DataFrame(rows)
    elif kind == "arrow":
        rows = pytest.importorskip("pyarrow").table(rows)
    with pytest.raises(DataError) as refused:
        table(rows, Cost)
    assert [(f.row, f.field) for f in refused.value.faults] == [(2, "at"), (3, "amount")]


# ---------------------------------------------------------------- in a folder

TOP = '[crm]\ngo_live = 2024-02-01\n[deals]\nfile = "deals.csv"\n'
GOOD = "[[crm.costs]]\ndate = 2024-01-01\namount = 5\n"


def folder(path: Path, settings: str, costs: str = "") -> CRM:
    """A company of one deal, with these settings of its costs."""
    (path / "deals.csv").write_text("id,created_at,status\n1,2024-05-01,open\n", encoding="utf-8")
    (path / "costs.csv").write_text(costs, encoding="utf-8")
    (path / "crm.toml").write_text(TOP + settings, encoding="utf-8")
    return load(path)


@pytest.mark.parametrize("every", ["", 'every = "month"\n'])
@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("date = 2024-01-01\n", "has no amount"),
        ("amount = 5\n", "has no date"),
        ("date = 2024-01-01\namount = nan\n", "amount = nan is not enough here: give amount"),
        ('date = 2024-01-01\namount = ""\n', "amount = '' is not enough here: give amount"),
        ("date = 2024-01-01\namount = inf\n", "amount = inf"),
        ('date = ""\namount = 5\n', "date = '' is not a date"),
    ],
)
def test_settings_with_an_unknown_cost_are_refused(tmp_path: Path, block: str, every: str, says: str) -> None:
    with pytest.raises(CrmError) as refused:
        folder(tmp_path, f"{GOOD}[[crm.costs]]\n{block}{every}")
    assert "[crm.costs, no. 2]" in str(refused.value) and says in str(refused.value)


@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_a_file_of_costs_that_lacks_one_is_refused_also_where_bad_rows_are_skipped(
    tmp_path: Path, on_error: str
) -> None:
    settings = f'[crm.costs]\nfile = "costs.csv"\non_error = "{on_error}"\n'
    with pytest.raises(DataError, match=r"costs\.csv:\n *row 3, amount: '' is not enough here"):
        folder(tmp_path, settings, "at,amount\n2024-01-01,5\n2024-02-01,\n")
    assert len(folder(tmp_path, settings, "at,amount\n2024-01-01,5\n").costs) == 1
