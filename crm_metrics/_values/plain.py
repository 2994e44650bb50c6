"""`plain`: a result as JSON holds it."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from crm_metrics._values.breakdown import Breakdown


def null(x: float) -> float | None:
    """A number as JSON holds it: null for what is undefined or not finite."""
    return float(x) if math.isfinite(x) else None


def plain(x: Any) -> Any:
    """A result as JSON holds it: null for what is undefined or not finite, groups as [key, number] pairs.

    Numbers of any kind stay numbers, lists and mappings of them lists and mappings; what is none of these is text.

    >>> from crm_metrics._values.ratios import ratio
    >>> plain([1, ratio(1, 0), Decimal("2.50")])
    [1, None, 2.5]
    """
    if isinstance(x, Breakdown):
        return [[list(k) if isinstance(k, tuple) else k, v] for k, v in x.to_dict().items()]
    if isinstance(x, np.generic):
        x = x.item()
    if isinstance(x, (bool, str)) or x is None:
        return x
    if isinstance(x, numbers.Integral):
        return int(x)
    if isinstance(x, (numbers.Real, Decimal)):
        return null(float(x))
    if hasattr(x, "to_dict"):
        return x.to_dict()
    if isinstance(x, Mapping):
        return {str(k): plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple, np.ndarray)):
        return [plain(v) for v in x]
    return str(x)
