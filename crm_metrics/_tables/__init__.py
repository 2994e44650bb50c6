"""Rows of any kind as a lazy, typed table."""
