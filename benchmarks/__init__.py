"""Ours against pandas, polars and duckdb, on one seeded company: ``python -m benchmarks``."""
