"""duckdb: on tables of its own (labels as ENUM or VARCHAR, whichever is faster) and on the raw frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.engines import Engine, Query, Spellings

WON = """(select channel, customer, year(closed_at) * 12 + month(closed_at) as month
          from deals_{kind} where status = 'won')"""
CAC = """
    select channel, month, coalesce(amount, 0) / new
    from (select channel, month, {new} as new from {won} group by all)
    left join (select channel, year("at") * 12 + month("at") as month, sum(amount) as amount
               from spend_{kind} group by all)
    using (channel, month)
"""
SQL: dict[str, tuple[str, ...]] = {
    "win rate": (
        "select countif(status = 'won') / nullif(countif(status <> 'open'), 0) from deals_{kind}",
        "select avg((status = 'won')::int) from deals_{kind} where status <> 'open'",
    ),
    "win rate by manager": (
        "select manager, avg((status = 'won')::int) from deals_{kind} where status <> 'open' group by all",
        """
        select manager, coalesce(sum(n) filter (status = 'won'), 0) / sum(n)
        from (select manager, status, count(*) as n from deals_{kind} group by all)
        where status <> 'open' group by all
        """,
    ),
    "win rate by manager and month": (
        """
        select manager, year(closed_at) * 12 + month(closed_at) as month, avg((status = 'won')::int)
        from deals_{kind} where status <> 'open' group by all
        """,
    ),
    "mean and median cycle by manager": (
        """
        select manager, avg(cycle) / 86400e6, median(cycle) / 86400e6
        from (select manager, epoch_us(closed_at) - epoch_us(created_at) as cycle
              from deals_{kind} where status = 'won')
        group by all
        """,
    ),
    "revenue and margin by product": (
        """
        select product, sum(amount), sum(amount - cost) / sum(amount)
        from deals_{kind} where status = 'won' group by all
        """,
        """
        select product, sum(amount), 1 - sum(cost) / sum(amount)
        from deals_{kind} where status = 'won' and amount is not null group by all
        """,
    ),
    "cac by channel and month": (
        CAC.replace("{new}", "count(distinct customer)").replace("{won}", WON),
        CAC.replace("{new}", "count(*)").replace("{won}", f"(select distinct channel, customer, month from {WON})"),
    ),
}


def _query(sql: str) -> Query:
    return lambda connection: connection.execute(sql).fetchnumpy()


def _spellings(*kinds: str) -> Spellings:
    return {
        name: tuple(_query(sql.format(kind=kind)) for sql in texts for kind in kinds) for name, texts in SQL.items()
    }


def rows(result: Any) -> Iterator[tuple[Any, ...]]:
    """Columns of the answer by rows; masked is missing."""
    return zip(*(column.tolist() for column in result.values()), strict=True)


ENGINES = (
    Engine("duckdb", "duckdb", _spellings("enum", "text"), rows, ("codes",)),
    Engine("duckdb<frame", "duckdb_frames", _spellings("polars", "pandas"), rows),
)
