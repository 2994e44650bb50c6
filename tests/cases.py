"""What several tests share: small rows of deals, and the check of a refusal's message."""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from crm_metrics import Breakdown, Deal, Table, table
from crm_metrics.errors import CrmError, DataError, MissingExtra, MixedCurrencies, UnknownName, WrongCall, WrongValue

Call: TypeAlias = Callable[[], Any]
Case: TypeAlias = tuple[str, Call, type[Exception], str]

BUILTIN: dict[type[Exception], type[Exception]] = {
    WrongCall: TypeError,
    WrongValue: ValueError,
    UnknownName: LookupError,
    DataError: ValueError,
    MixedCurrencies: ValueError,
    MissingExtra: ImportError,
}
JAN, FEB = dt.date(2024, 1, 5), dt.date(2024, 2, 1)
NAIVE = dt.datetime(2024, 2, 1, 12)
AWARE = NAIVE.replace(tzinfo=dt.UTC)


def deal(**more: Any) -> Deal:
    return Deal(**{"id": 1, "created_at": JAN, "status": "open", **more})


def sale(**more: Any) -> Deal:
    return deal(**{"status": "won", "closed_at": FEB, **more})


def columns(**more: Any) -> dict[str, Any]:
    """Two rows of columns, some of them replaced."""
    return {"id": [1, 2], "created_at": ["2024-01-05"] * 2, "status": ["open", "open"], **more}


def load(**more: Any) -> Table[Deal]:
    return table(columns(**more), Deal)


OURS = [sale(id=1, manager="Anna", amount=100), deal(id=2, manager="Boris", amount=50, probability=0.5)]
DOLLARS = [sale(id=1, manager="Anna", amount=100, currency="USD")]
EUROS = [sale(id=2, manager="Boris", amount=200, currency="EUR")]
BREAK = Breakdown.of({"Anna": 3, "Boris": 1})

END = dt.date(2024, 3, 31)
SIX: dict[str, list[Any]] = {
    "status": ["open", "lost", "lost", "won", "won", "open"],
    "created_at": ["2024-03-30", *["2024-03-25"] * 5],
    "closed_at": [None, "2024-03-27", "2024-03-28", "2024-03-29", "2024-03-30", None],
    "manager": ["Anna", "Anna", "Boris", "Anna", "Boris", None],
}
"""At `END`: of six deals two are won, two lost, and two open, one of these only for a day."""


def refused(call: Call, error: type[Exception], words: str) -> Exception:
    """The error, which is of ours and of Python's kind, survives pickling, and has all the words in its message."""
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert isinstance(caught.value, CrmError) and isinstance(caught.value, BUILTIN[error])
    message = str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == message
    unsaid = [word for word in words.replace(";", " ").split() if word.strip(":") not in message]
    assert not unsaid, f"{unsaid} not said in: {message}"
    return caught.value
