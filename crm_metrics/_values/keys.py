"""The keys of groups: their order, and which of them are one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from crm_metrics._values.spelling import spelled
from crm_metrics.errors import WrongValue

Keys: TypeAlias = Sequence[Any]


def spelled_key(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(spelled_key, key))
    return spelled(key) if isinstance(key, str) else key


def same_key(a: Any, b: Any) -> bool:
    return bool(a == b or (a != a and b != b) or (b is None and a != a))


def order(key: Any) -> Any:
    """A sort key for labels of any kinds: numbers, then text, None last, tuples part by part."""
    if isinstance(key, tuple):
        return tuple(order(k) for k in key)
    if key is None:
        return (2, 0)
    return (0, key) if isinstance(key, (int, float)) else (1, str(key))


def one_kind(keys: Keys) -> None:
    """Refuse groups that are one name as a number and as text."""
    written: dict[Any, Any] = {}
    for key in keys:
        for at, part in enumerate(key if isinstance(key, tuple) else (key,)):
            if part is not None and written.setdefault((at, str(part)), part) != part:
                raise WrongValue(
                    f"the group {part} is text in one part and a number in another: read its column as one of them in "
                    "every part"
                )


def flags_apart(parts: Iterable[Keys]) -> None:
    """Refuse groups that are a flag in one part and a number in another: to Python True is 1, and they would be one."""
    flags: dict[Any, bool] = {}
    for keys in parts:
        for key in keys:
            for at, part in enumerate(key if isinstance(key, tuple) else (key,)):
                flag = isinstance(part, bool)
                if flags.setdefault((at, part), flag) is not flag:
                    raise WrongValue(
                        f"the group {part} is a flag on one side and a number on the other, {bool(part)} and "
                        f"{int(part)}: read its column as one of them everywhere"
                    )
