"""The bundled company, made once for all tests of a process that only read it: a second or four each."""

from __future__ import annotations

import functools

from crm_metrics import samples


@functools.lru_cache(6)
def _made(seed: int, scale: float, effect: bool) -> samples.Sample:
    return MAKE(seed, scale, effect=effect)


MAKE = samples.dealership


def dealership(seed: int = 7, scale: float = 1.0, *, effect: bool = True) -> samples.Sample:
    """What `samples.dealership` makes; the same object for the same arguments."""
    return _made(seed, scale, effect)
