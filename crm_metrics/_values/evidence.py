"""What the cells of a column show of what it is, and what is decided from that.

Evidence of parts adds up to that of the whole. So parts that were read one by one are put together only where each
decided what all of them together do: partitions do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from attrs import evolve, frozen

from crm_metrics.errors import WrongValue

SAME = 3  # so many days that share one time of day are not chance


@frozen
class Clocks:
    """The times of day that a column of times shows on some clocks, each where all its rows show it, and its days.

    ``days`` are no more than tell that there are enough of them.
    """

    remedy: ClassVar[str] = "write days without a time, 2024-01-31"
    shown: tuple[tuple[str, int], ...]
    days: frozenset[int] = frozenset()

    def __add__(self, other: Clocks) -> Clocks:
        both = tuple(one for one in self.shown if one in other.shown)
        return Clocks(both, frozenset(sorted(self.days | other.days)[:SAME]))

    @property
    def days_at(self) -> tuple[str, int] | None:
        """The clock and its one time of day that show that the times are days; None where they are none."""
        midnight = next((one for one in self.shown if not one[1]), None)
        return midnight or (self.shown[0] if self.shown and len(self.days) >= SAME else None)

    @property
    def decided(self) -> str:
        """What the column holds."""
        return "days" if self.days_at else "times"


@frozen
class Shares:
    """How many plain numbers of a column of shares are above 1 (up to 100), between 0 and 1, and 1."""

    remedy: ClassVar[str] = "write percentages with their sign, 50 %"
    above: int = 0
    between: int = 0
    ones: int = 0

    def __add__(self, other: Shares) -> Shares:
        above, between, ones = self.above + other.above, self.between + other.between, self.ones + other.ones
        return evolve(self, above=above, between=between, ones=ones)

    @property
    def decided(self) -> str:
        """What the numbers are; nothing where there is none but 0, which is the same in both."""
        if self.above > self.between:
            return "percentages"
        return "fractions" if self.above or self.between or self.ones else ""


def seen_in(table: Any, names: Iterable[str]) -> dict[str, Any]:
    """What these columns of a table showed, by name, where something was decided of them."""
    found = {name: table[name].seen for name in names}
    return {name: seen for name, seen in found.items() if seen is not None}


def together(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the columns of all parts show, by name; refused where a part was read otherwise than they decide."""
    parts, out = list(parts), dict[str, Any]()
    for part in parts:
        for name, seen in part.items():
            out[name] = out[name] + seen if name in out else seen
    for name, whole in out.items():
        decided = dict.fromkeys(part[name].decided for part in parts if name in part and part[name].decided)
        if decided and (several := [*decided]) != [whole.decided]:
            raise _apart(name, several, whole)
    return out


def _apart(name: str, several: list[str], whole: Any) -> WrongValue:
    found = " in one part and ".join(several[:2]) + " in another"
    if len(several) == 1:
        found = f"{several[0]} in each part and {whole.decided} in all of them together"
    return WrongValue(
        f"{name} holds {found}, as far as the cells of each show, so they do not add: "
        f"read all parts as one table, or {whole.remedy}"
    )
