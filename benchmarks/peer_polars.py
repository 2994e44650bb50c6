"""polars: filter first, group once; eager for small frames, the streaming engine for large ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import polars as pl

from benchmarks.data import RECORDS
from benchmarks.engines import Engine, Query, Spellings
from benchmarks.fields import INSTANTS, MONEY, TEXTS, columns

Plan: TypeAlias = Callable[[Any, Any], Any]

STATUS, AMOUNT, COST = pl.col("status"), pl.col("amount"), pl.col("cost")
WON, LOST = STATUS == "won", STATUS == "lost"
CYCLE = pl.col("closed_at").to_physical() - pl.col("created_at").to_physical()
DAY = 86_400_000_000


def _eager(plan: Plan) -> Query:
    return lambda data: plan(*data)


def _streaming(plan: Plan) -> Query:
    return lambda data: plan(*(frame.lazy() for frame in data)).collect(engine="streaming")


def _month(name: str) -> pl.Expr:
    return (pl.col(name).dt.year().cast(pl.Int32) * 12 + pl.col(name).dt.month()).alias("month")


def _counted(data: Any) -> Any:
    counts = dict(data[0]["status"].value_counts().iter_rows())
    won, lost = counts.get("won", 0), counts.get("lost", 0)
    return won / (won + lost) if won + lost else None


def _compared(data: Any) -> Any:
    status = data[0]["status"]
    closed = (status != "open").sum()
    return (status == "won").sum() / closed if closed else None


def _overall(deals: Any, spend: Any) -> Any:
    return deals.select(WON.sum() / (WON.sum() + LOST.sum()))


def _by_manager(deals: Any, spend: Any) -> Any:
    return deals.filter(STATUS != "open").select("manager", won=WON).group_by("manager").agg(pl.col("won").mean())


def _by_manager_sums(deals: Any, spend: Any) -> Any:
    return deals.group_by("manager").agg(WON.sum() / (WON.sum() + LOST.sum()))


def _by_manager_and_month(deals: Any, spend: Any) -> Any:
    closed = deals.filter(STATUS != "open").select("manager", _month("closed_at"), won=WON)
    return closed.group_by("manager", "month").agg(pl.col("won").mean())


def _by_manager_and_month_of_day(deals: Any, spend: Any) -> Any:
    day = pl.col("closed_at").dt.date()
    closed = deals.filter(STATUS != "open").select("manager", day, won=WON)
    return closed.with_columns(_month("closed_at")).group_by("manager", "month").agg(pl.col("won").mean())


def _cycle(deals: Any, spend: Any) -> Any:
    cycle = pl.col("cycle")
    won = deals.filter(WON).select("manager", cycle=CYCLE)
    return won.group_by("manager").agg(cycle.mean().alias("mean") / DAY, cycle.median().alias("median") / DAY)


def _revenue_and_margin(deals: Any, spend: Any) -> Any:
    sold = deals.filter(WON & AMOUNT.is_not_null()).group_by("product").agg(AMOUNT.sum(), COST.sum())
    return sold.select("product", "amount", margin=1 - COST / AMOUNT)


def _per_customer(wins: Any, spend: Any) -> Any:
    spent = spend.select("channel", _month("at"), "amount").group_by("channel", "month").agg(AMOUNT.sum())
    joined = wins.join(spent, on=["channel", "month"], how="left")
    return joined.select("channel", "month", AMOUNT.fill_null(0) / pl.col("new"))


def _cac(deals: Any, spend: Any) -> Any:
    won = deals.filter(WON).select("channel", _month("closed_at"), "customer")
    return _per_customer(won.group_by("channel", "month").agg(new=pl.col("customer").n_unique()), spend)


def _cac_in_two_steps(deals: Any, spend: Any) -> Any:
    won = deals.filter(WON).select("channel", _month("closed_at"), "customer").unique()
    return _per_customer(won.group_by("channel", "month").agg(new=pl.len()), spend)


def _plans(*plans: Plan) -> tuple[Query, ...]:
    return tuple(how(plan) for plan in plans for how in (_eager, _streaming))


_TYPES = {
    **dict.fromkeys(TEXTS, pl.String),
    **dict.fromkeys(INSTANTS, pl.Datetime("us")),
    **dict.fromkeys(MONEY, pl.Float64),
}


def _from_records(deals: Any) -> pl.DataFrame:
    """Amounts become floats: Decimal takes polars twice as long."""
    return pl.DataFrame(columns(deals), schema=_TYPES, strict=False)


SPELLINGS: Spellings = {
    "win rate": (_counted, _compared, *_plans(_overall)),
    "win rate by manager": _plans(_by_manager, _by_manager_sums),
    "win rate by manager and month": _plans(_by_manager_and_month, _by_manager_and_month_of_day),
    "mean and median cycle by manager": _plans(_cycle),
    "revenue and margin by product": _plans(_revenue_and_margin),
    "cac by channel and month": _plans(_cac, _cac_in_two_steps),
    RECORDS: (_from_records,),
}


def rows(result: Any) -> Iterator[tuple[Any, ...]]:
    """A frame by rows; the frame of records, told by three numbers."""
    if not isinstance(result, pl.DataFrame):
        yield (result,)
    elif "created_at" in result.columns:
        yield result.height, (result["status"] == "won").sum(), result["amount"].mean()
    else:
        yield from result.iter_rows()


ENGINES = (Engine("polars", "polars", SPELLINGS, rows),)
