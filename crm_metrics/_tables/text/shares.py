"""How people write probabilities, and whether a column of them is in percent."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np

from crm_metrics import cells as R
from crm_metrics._tables.text.numerals import number
from crm_metrics._tables.text.tidy import tidy
from crm_metrics._values.evidence import Shares
from crm_metrics.cells import Bad

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


def shares_in_percent(seen: Shares, heading: str) -> bool | None:
    """Whether the plain numbers of a column of shares are percentages, by what they show; None where nobody can know.

    They are where the heading has the sign, and where more of them are above 1 than between 0 and 1. Under a heading
    with the sign, numbers up to 1 of which some lie between 0 and 1 may be either. Cells that show the sign
    themselves, and what is no share in either way, take no part.

    >>> columns = ([0, 10, 100], "p"), ([0, 0.5, 1], "p"), ([0, 0.5], "p, %")
    >>> [shares_in_percent(shares_seen(cells), heading) for cells, heading in columns]
    [True, False, None]
    """
    if heads_percent(heading):
        return None if seen.between and not seen.above else True
    return seen.decided == "percentages"


def heads_percent(heading: str) -> bool:
    """Whether a heading has the sign."""
    return _PERCENT(heading) is not None


def shares_seen(cells: Iterable[Any], counts: Iterable[int] | None = None) -> Shares:
    """How many plain numbers are above 1, between 0 and 1, and 1; ``counts`` says how often each cell occurs.

    ``cells`` may be an array.
    """
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "iuf":
        hits = (cells > 1) & (cells <= 100), (cells > 0) & (cells < 1), cells == 1
        return Shares(*(int(np.count_nonzero(hit)) for hit in hits))
    found = [0, 0, 0]
    for cell, n in zip(cells, itertools.repeat(1) if counts is None else counts, strict=False):
        if isinstance(out := _plain(cell), Decimal) and 0 < out <= 100:
            found[0 if out > 1 else 1 if out < 1 else 2] += n
    return Shares(*found)


def _plain(cell: Any) -> Any:
    """The number of a cell that shows no sign."""
    if isinstance(cell, str):
        return None if "%" in cell else _unsigned(tidy(cell))
    return R.number(cell)


def _unsigned(plain: str) -> Decimal | Bad | None:
    """The number of a tidy cell, without the sign that may stand after it."""
    bare = plain.removesuffix("%").rstrip() if plain != "%" else plain
    return number(bare, decimal="," if "," in plain else ".")
