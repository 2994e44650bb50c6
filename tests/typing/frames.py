"""Frames are rows too: mypy --strict finds nothing wrong here."""

from __future__ import annotations

from typing import assert_type

import polars as pl

from crm_metrics import Breakdown, Deal, Table, sales, table

frame = pl.DataFrame({"status": ["won"]})
assert_type(sales.win_rate(frame), float)
assert_type(sales.win_rate(frame, by="manager"), Breakdown)
assert_type(table(frame, Deal), Table[Deal])
