"""How people write probabilities, and whether a column of them is in percent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np

from crm_metrics import cells as R
from crm_metrics.cells import Bad
from crm_metrics.text.numerals import number
from crm_metrics.text.tidy import tidy

_PERCENT = re.compile(r"%|\bpct\b|_pct\b|percent(?!ile)|процент", re.IGNORECASE).search


def share(cell: Any, *, percent: bool | None = False) -> Decimal | Bad | None:
    """A probability from 0 to 1. With ``percent`` a number without a sign is a percentage too.

    ``percent=None`` says that nobody knows, see `shares_in_percent`. A share has no thousands, so its comma or point
    is always a decimal mark.

    >>> share("60 %"), share("0,6"), share("60", percent=True)
    (Decimal('0.600000'), Decimal('0.600000'), Decimal('0.600000'))
    """
    if not isinstance(cell, str):
        return R.share(cell, percent=percent)
    plain = tidy(cell)
    out = _unsigned(plain)
    if not isinstance(out, Decimal):
        return Bad(cell, out.problem, out.remedy) if isinstance(out, Bad) else None
    if plain.endswith("%"):
        return R.as_share(cell, R.hundredth(out))
    return R.as_share(cell, out, percent=percent)


def shares_in_percent(cells: Iterable[Any], heading: str) -> bool | None:
    """Whether the plain numbers of a column of shares are percentages; None where nobody can know.

    They are where the heading has the sign, and where some are above 1 and none lies between 0 and 1. Under a
    heading with the sign, numbers up to 1 of which some lie between 0 and 1 may be either. Cells that show the sign
    themselves, and what is no share in either way, take no part. ``cells`` may be an array.

    >>> shares_in_percent([0, 10, 100], "p"), shares_in_percent([0, 0.5, 1], "p"), shares_in_percent([0, 0.5], "p, %")
    (True, False, None)
    """
    above, between = _seen(cells) if isinstance(cells, np.ndarray) and cells.dtype.kind in "iuf" else _found(cells)
    if _PERCENT(heading):
        return None if between and not above else True
    return above and not between


def _seen(x: Any) -> tuple[bool, bool]:
    """Whether some numbers of an array are above 1 (up to 100), and whether some are between 0 and 1."""
    return bool(((x > 1) & (x <= 100)).any()), bool(((x > 0) & (x < 1)).any())


def _found(cells: Iterable[Any]) -> tuple[bool, bool]:
    """The same of cells of any kind."""
    above = between = False
    for cell in cells:
        out = _unsigned(tidy(cell)) if isinstance(cell, str) and "%" not in cell else None
        out = R.number(cell) if not isinstance(cell, str) else out
        if isinstance(out, Decimal):
            above, between = above or 1 < out <= 100, between or 0 < out < 1
    return above, between


def _unsigned(plain: str) -> Decimal | Bad | None:
    """The number of a tidy cell, without the sign that may stand after it."""
    bare = plain.removesuffix("%").rstrip() if plain != "%" else plain
    return number(bare, decimal="," if "," in plain else ".")
