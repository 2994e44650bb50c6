"""The repeat rate against polars, duckdb and pandas: deals of a quarter as many customers, with integer ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from crm_metrics.sales import repeat_rate

Answer = dict[str, Any]
STATUSES = ("lost", "open", "won")


def deals(n: int) -> dict[str, Any]:
    """So many deals as arrays: customers, codes of statuses."""
    rng = np.random.default_rng(8)
    customer = rng.integers(1_000_000, 1_000_000 + max(1, n // 4), n)
    return {"customer": customer, "status": rng.integers(0, len(STATUSES), n).astype(np.uint8)}


def ours_repeat(frame: Any) -> Answer:
    """Share of customers with two won deals or more."""
    return {"rate": repeat_rate(frame)}


def polars_deals(data: Mapping[str, Any]) -> Any:
    """A polars frame with an Enum."""
    import polars as pl

    status = pl.Series(STATUSES, dtype=pl.Enum(STATUSES)).gather(data["status"])
    return pl.DataFrame({"customer": data["customer"], "status": status})


def polars_repeat(df: Any) -> Answer:
    """Customers by their number of won deals."""
    import polars as pl

    counts = df.lazy().filter(pl.col("status") == "won").group_by("customer").len()
    return {"rate": counts.select((pl.col("len") >= 2).mean()).collect().item()}


def duckdb_deals(data: Mapping[str, Any]) -> Any:
    """A table in a database in memory."""
    import duckdb
    import pandas

    con = duckdb.connect()
    con.register("frame", pandas.DataFrame(dict(data)))
    con.execute("CREATE TABLE deals AS SELECT * FROM frame")
    con.unregister("frame")
    return con


def duckdb_repeat(con: Any) -> Answer:
    """Customers by their number of won deals."""
    counts = "SELECT count(*) AS n FROM deals WHERE status = 2 GROUP BY customer"
    return {"rate": con.execute(f"SELECT avg(CASE WHEN n >= 2 THEN 1.0 ELSE 0.0 END) FROM ({counts})").fetchone()[0]}


def pandas_deals(data: Mapping[str, Any]) -> Any:
    """A pandas frame with a categorical."""
    import pandas

    status = pandas.Categorical.from_codes(data["status"], STATUSES)
    return pandas.DataFrame({"customer": data["customer"], "status": status})


def pandas_repeat(df: Any) -> Answer:
    """Customers by their number of won deals."""
    counts = df.loc[df["status"] == "won"].groupby("customer").size()
    return {"rate": float((counts >= 2).mean())}


REPEATS = (ours_repeat, polars_repeat, duckdb_repeat, pandas_repeat)
START_OF_DEALS = (polars_deals, polars_deals, duckdb_deals, pandas_deals)
