"""Columns as they came, in any kind of frame or list, as columns of typed values."""
