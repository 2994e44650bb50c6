"""What a column holds: labels, times, quantities (money, days, numbers) and flags. Missing is a mask, not a value.

Arithmetic with missing is missing; a comparison with missing is unknown, and unknown counts neither as yes nor as no.
"""

from crm_metrics._values.columns.column import Column, Flags, Mask, either, zero
from crm_metrics._values.columns.instants import Instants, one_instant
from crm_metrics._values.columns.labels import Labels
from crm_metrics._values.columns.nothing import Nothing
from crm_metrics._values.columns.quantities import Quantity

__all__ = ["Column", "Flags", "Instants", "Labels", "Mask", "Nothing", "Quantity", "either", "one_instant", "zero"]
