"""pandas: filter first, group once, only the categories that occur, no sorting of groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from benchmarks.data import RECORDS
from benchmarks.engines import Engine, Spellings
from benchmarks.fields import MONEY, columns

DAY = 86_400_000_000


def _group(frame: Any, by: Any) -> Any:
    return frame.groupby(by, observed=True, sort=False)


def _month(times: Any) -> Any:
    return times.dt.year * 12 + times.dt.month


def _counted(data: Any) -> Any:
    counts = data[0]["status"].value_counts(sort=False)
    won, lost = counts.get("won", 0), counts.get("lost", 0)
    return won / (won + lost) if won + lost else None


def _compared(data: Any) -> Any:
    status = data[0]["status"]
    closed = (status != "open").sum()
    return (status == "won").sum() / closed if closed else None


def _by_manager(data: Any) -> Any:
    deals = data[0]
    closed = deals.loc[deals["status"] != "open", ["manager", "status"]]
    return _group(closed["status"] == "won", closed["manager"]).mean()


def _by_manager_counted(data: Any) -> Any:
    manager, status = data[0]["manager"], data[0]["status"]
    won, closed = (manager[rows].value_counts(sort=False) for rows in (status == "won", status != "open"))
    return won.reindex(closed.index, fill_value=0) / closed


def _by_manager_of_arrays(data: Any) -> Any:
    deals = data[0]
    closed = (deals["status"] != "open").to_numpy()
    won = (deals["status"] == "won").to_numpy()[closed]
    return _group(pd.Series(won), deals["manager"].array[closed]).mean()


def _by_manager_and_month(data: Any) -> Any:
    deals = data[0]
    closed = deals.loc[deals["status"] != "open", ["manager", "status", "closed_at"]]
    return _group(closed["status"] == "won", [closed["manager"], _month(closed["closed_at"])]).mean()


def _cycle(data: Any) -> Any:
    deals = data[0]
    won = deals.loc[deals["status"] == "won", ["manager", "created_at", "closed_at"]]
    groups = _group((won["closed_at"] - won["created_at"]).astype("int64"), won["manager"])
    return pd.DataFrame({"mean": groups.mean() / DAY, "median": groups.median() / DAY})


def _cycle_of_arrays(data: Any) -> Any:
    deals = data[0]
    won = (deals["status"] == "won").to_numpy()
    closed, created = (deals[name].to_numpy()[won].view("int64") for name in ("closed_at", "created_at"))
    groups = _group(pd.Series(closed - created), deals["manager"].array[won])
    return pd.DataFrame({"mean": groups.mean() / DAY, "median": groups.median() / DAY})


def _revenue_and_margin(data: Any) -> Any:
    deals = data[0]
    won = deals.loc[deals["status"] == "won", ["product", "amount", "cost"]]
    won["margin"] = won["amount"] - won["cost"]
    out = _group(won, "product")[["amount", "margin"]].sum()
    out["margin"] /= out["amount"]
    return out


def _revenue_and_margin_of_arrays(data: Any) -> Any:
    deals = data[0]
    won = ((deals["status"] == "won") & deals["amount"].notna()).to_numpy()
    sold = pd.DataFrame({name: deals[name].array[won] for name in ("product", "amount", "cost")}, copy=False)
    out = _group(sold, "product")[["amount", "cost"]].sum()
    out["cost"] = 1 - out["cost"] / out["amount"]
    return out


def _cac(data: Any) -> Any:
    won = _won_by_month(data[0])
    return _per_customer(_group(won, ["channel", "month"])["customer"].nunique(), data[1])


def _cac_in_two_steps(data: Any) -> Any:
    won = _won_by_month(data[0]).drop_duplicates()
    return _per_customer(_group(won, ["channel", "month"]).size(), data[1])


def _won_by_month(deals: Any) -> Any:
    won = deals.loc[deals["status"] == "won", ["channel", "closed_at", "customer"]]
    won["month"] = _month(won.pop("closed_at"))
    return won


def _per_customer(new: Any, spend: Any) -> Any:
    spent = _group(spend["amount"], [spend["channel"], _month(spend["at"]).rename("month")]).sum()
    return spent.reindex(new.index, fill_value=0) / new


def _from_records(deals: Any) -> Any:
    """Amounts become floats: a column of Decimal objects would only be put off."""
    data: dict[str, Any] = columns(deals)
    for name in MONEY:
        data[name] = [None if x is None else float(x) for x in data[name]]
    return pd.DataFrame(data)


SPELLINGS: Spellings = {
    "win rate": (_counted, _compared),
    "win rate by manager": (_by_manager, _by_manager_counted, _by_manager_of_arrays),
    "win rate by manager and month": (_by_manager_and_month,),
    "mean and median cycle by manager": (_cycle, _cycle_of_arrays),
    "revenue and margin by product": (_revenue_and_margin, _revenue_and_margin_of_arrays),
    "cac by channel and month": (_cac, _cac_in_two_steps),
    RECORDS: (_from_records,),
}


def rows(result: Any) -> Iterator[tuple[Any, ...]]:
    """A frame or series by rows, its index first; the frame of records, told by three numbers."""
    if not isinstance(result, (pd.DataFrame, pd.Series)):
        yield (result,)
        return
    frame = result.to_frame() if isinstance(result, pd.Series) else result
    if "created_at" in frame:
        yield len(frame), (frame["status"] == "won").sum(), frame["amount"].mean()
        return
    for key, *values in frame.itertuples():
        yield (*(key if isinstance(key, tuple) else (key,)), *values)


ENGINES = (Engine("pandas", "pandas", SPELLINGS, rows),)
