"""The doors: rows, CSV files and workbooks, read whole and checked."""
