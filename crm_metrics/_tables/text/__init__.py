"""How people write money, shares, times and currencies in the cells of a file.

Each function reads one cell and gives the clean value, None where nothing is there, or a
`crm_metrics.cells.Bad` cell that says why not; a cell that is no text goes to the converter of records. None of them
guesses: "1,234" may be a thousand or a bit more than one, and 04/05/2024 may be in April or in May. What the cell
itself does not show is told by ``decimal=``, ``dates=`` and ``percent=``, which `decimal_marks`, `date_orders` and
`shares_in_percent` find in the other cells of a file.
"""

from crm_metrics._tables.text.monies import amount, currency, currency_of, currency_signs
from crm_metrics._tables.text.numerals import Mark, decimal_marks, number, seconds, two_ways
from crm_metrics._tables.text.shares import heads_percent, share, shares_in_percent, shares_seen
from crm_metrics._tables.text.tidy import ERROR, ERRORS, NOT_FOUND, NOTHING, is_error
from crm_metrics._tables.text.times import Order, date_orders, read_wall, time, zone_of
from crm_metrics._values.currencies import SHARED_SIGNS, SIGNS, agrees

__all__ = [
    "ERROR",
    "ERRORS",
    "NOTHING",
    "NOT_FOUND",
    "SHARED_SIGNS",
    "SIGNS",
    "Mark",
    "Order",
    "agrees",
    "amount",
    "currency",
    "currency_of",
    "currency_signs",
    "date_orders",
    "decimal_marks",
    "heads_percent",
    "is_error",
    "number",
    "read_wall",
    "seconds",
    "share",
    "shares_in_percent",
    "shares_seen",
    "time",
    "two_ways",
    "zone_of",
]  # fmt: skip
