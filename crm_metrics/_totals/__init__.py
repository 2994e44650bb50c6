"""Sums and counts by key, and what a metric is."""
