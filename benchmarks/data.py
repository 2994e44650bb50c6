"""A seeded company: deals and spending as numpy columns, and the same columns in the form each library likes best.

Labels are text behind codes, times are naive at microseconds, amounts are floats at whole cents, as data usually comes.
3 of 10 deals are won, 4 lost, 3 open; 1 amount in 50 is missing; an open deal has no closed_at;
a customer has three deals on average.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from attrs import define, frozen

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from duckdb import DuckDBPyConnection

    from crm_metrics import Deal

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Style: TypeAlias = Literal["codes", "text"]  # how a frame holds its labels
RECORDS = "records to table"  # the one workload that starts from records

START = np.datetime64("2015-01-01T00:00:00", "us")
MONTHS = 36
DAY = 86_400_000_000
STATUSES = ("open", "won", "lost")
MANAGERS = tuple(f"Manager {i:03}" for i in range(200))
PRODUCTS = tuple(f"Product {i:02}" for i in range(50))
CHANNELS = tuple(f"Channel {i:02}" for i in range(12))


@frozen
class Labels:
    """A column of text: a code for each row, and what the codes mean."""

    codes: Array
    names: tuple[str, ...]


Columns: TypeAlias = Mapping[str, "Array | Labels"]


# ---------------------------------------------------------------- the numbers


@frozen
class Company:
    """The two tables that every engine is given."""

    deals: Columns
    spend: Columns


def company(n: int, seed: int = 7) -> Company:
    """`n` deals closed within three years, and one row of spending for a hundred of them."""
    rng = np.random.default_rng(seed)
    return Company(_deals(n, rng), _spend(max(MONTHS * len(CHANNELS), n // 100), rng))


def _deals(n: int, rng: np.random.Generator) -> Columns:
    status = Labels(np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 2], np.uint8)[rng.integers(0, 10, n)], STATUSES)
    created = START + rng.integers(0, 900 * DAY, n)
    closed = created + np.minimum(rng.gamma(2.0, 25 * DAY, n), 190.0 * DAY).astype(np.int64)
    closed[status.codes == 0] = np.datetime64("NaT", "us")
    cents = np.rint(rng.lognormal(11.0, 1.0, n))
    amount = cents / 100
    amount[rng.random(n) < 0.02] = np.nan
    return {
        "id": np.arange(1, n + 1),
        "created_at": created,
        "status": status,
        "closed_at": closed,
        "customer": rng.integers(1, n // 3 + 2, n),
        "manager": _labels(rng, n, MANAGERS),
        "channel": _labels(rng, n, CHANNELS),
        "product": _labels(rng, n, PRODUCTS),
        "amount": amount,
        "cost": np.rint(cents * rng.uniform(0.4, 0.9, n)) / 100,
    }


def _spend(n: int, rng: np.random.Generator) -> Columns:
    at = START + rng.integers(0, 1095 * DAY, n)
    return {"at": at, "channel": _labels(rng, n, CHANNELS), "amount": rng.integers(1_000, 900_000, n) / 100}


def _labels(rng: np.random.Generator, n: int, names: tuple[str, ...]) -> Labels:
    return Labels(rng.integers(0, len(names), n, dtype=np.uint8), names)


# ---------------------------------------------------------------- the same for each library


@define(slots=False)
class Inputs:
    """The company in the form each engine starts from, made when first asked for: always (deals, spend)."""

    company: Company
    style: Style

    @cached_property
    def table(self) -> tuple[Any, Any]:
        """Prepared tables of this library."""
        from crm_metrics import Deal, Spend, table

        frames = (to_polars(columns, "codes") for columns in (self.company.deals, self.company.spend))
        tables = [table(frame, record) for frame, record in zip(frames, (Deal, Spend), strict=True)]
        for t in tables:
            for name in t.columns:
                t[name if name != "id" else "status"]  # columns are read when asked for, and nobody asks for ids
        return tables[0], tables[1]

    @cached_property
    def polars(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Frames of polars."""
        return to_polars(self.company.deals, self.style), to_polars(self.company.spend, self.style)

    @cached_property
    def pandas(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Frames of pandas."""
        return to_pandas(self.company.deals, self.style), to_pandas(self.company.spend, self.style)

    @cached_property
    def duckdb(self) -> DuckDBPyConnection:
        """duckdb with tables of its own, labels as ENUM (deals_enum) and as VARCHAR (deals_text)."""
        import duckdb

        connection = duckdb.connect()
        for name, columns in (("deals", self.company.deals), ("spend", self.company.spend)):
            connection.register("frame", to_pandas(columns, "codes"))
            texts = ", ".join(f"{k}::varchar as {k}" for k, x in columns.items() if isinstance(x, Labels))
            connection.execute(f"create table {name}_enum as from frame")
            connection.execute(f"create table {name}_text as select * replace ({texts}) from frame")
            connection.unregister("frame")
        return connection

    @cached_property
    def duckdb_frames(self) -> DuckDBPyConnection:
        """duckdb looking at the frames of polars (deals_polars) and of pandas (deals_pandas)."""
        import duckdb

        connection = duckdb.connect()
        for library, frames in (("polars", self.polars), ("pandas", self.pandas)):
            for name, frame in zip(("deals", "spend"), frames, strict=True):
                connection.register(f"{name}_{library}", frame)
        return connection

    @cached_property
    def records(self) -> list[Deal]:
        """The deals as records, with exact amounts."""
        from crm_metrics import Deal

        columns = {name: _plain(x) for name, x in self.company.deals.items()}
        rows = zip(*columns.values(), strict=True)
        return [Deal(**dict(zip(columns, row, strict=True))) for row in rows]


def to_polars(columns: Columns, style: Style) -> pl.DataFrame:
    """A polars frame: labels as Enum or as String, missing as null."""
    import polars as pl

    def column(name: str, x: Array | Labels) -> pl.Series:
        if isinstance(x, Labels):
            coded = pl.Series(name, x.codes).cat.to(pl.Enum(list(x.names)))
            return coded if style == "codes" else coded.cast(pl.String)
        return pl.Series(name, x, nan_to_null=True)

    return pl.DataFrame([column(name, x) for name, x in columns.items()])


def to_pandas(columns: Columns, style: Style) -> pd.DataFrame:
    """A pandas frame: labels as Categorical or as str."""
    import pandas as pd

    def column(x: Array | Labels) -> Any:
        if isinstance(x, Labels):
            coded = pd.Series(pd.Categorical.from_codes(x.codes.astype(np.int16), list(x.names)))
            return coded if style == "codes" else coded.astype("str")
        return x

    return pd.DataFrame({name: column(x) for name, x in columns.items()}, copy=False)


def _plain(x: Array | Labels) -> list[Any]:
    if isinstance(x, Labels):
        return [x.names[code] for code in x.codes.tolist()]
    if x.dtype.kind == "f":
        return [None if v != v else Decimal(f"{v:.2f}") for v in x.tolist()]
    return [v if isinstance(v, (int, dt.datetime)) else None for v in x.tolist()]
