"""What the cells of a file leave open: the order of day and month, and the decimal mark. `settled`.

A load asks for it, so a first crm.toml does so at once. Where the other files of the folder show one way of writing, it
is a guess that they were all written in that way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

from crm_metrics import cells as R
from crm_metrics._company.first_settings.candidates import Holding
from crm_metrics._company.first_settings.sections import Draft, noted, quoted
from crm_metrics._reading.workbooks import is_workbook
from crm_metrics._tables import text
from crm_metrics.records.schemas import schema


@frozen
class Way:
    """A way of writing that a file has: the key that says it, the kinds of cells that show it, what is asked."""

    key: str
    kinds: tuple[object, ...]
    shown: Callable[[Iterable[str]], set[str]]
    is_open: Callable[[str], bool]
    asked: str
    example: str

    def cells(self, found: Holding) -> list[str]:
        """The cells of a file that show it, each once."""
        names = [name for name, field in schema(found.record).items() if field.kind in self.kinds]
        return list(dict.fromkeys(cell for name in names for cell in found.cells(name)))


def _either_order(cell: str) -> bool:
    """Whether a cell is another day when the month comes first."""
    return isinstance(text.read_wall(cell), R.Bad) and not isinstance(text.read_wall(cell, dates="dmy"), R.Bad)


def _either_mark(cell: str) -> bool:
    """Whether a cell is another number when its comma, or its point, is no decimal mark."""
    return isinstance(text.number(cell), R.Bad) and not isinstance(text.number(cell, decimal="."), R.Bad)


WAYS = (
    Way("dates", (R.instant,), text.date_orders, _either_order, '"dmy" if the day comes first, else "mdy"', "dmy"),
    Way("decimal", (R.money, R.number), text.decimal_marks, _either_mark, '"." or ",", the decimal mark', "."),
)


def settled(found: Holding, section: str, others: Sequence[Holding], draft: Draft) -> Iterator[str]:
    """The keys that a section needs for its file to be read, or the question of what they are."""
    for way in WAYS:
        if (cell := _open(way, found)) is None:
            continue
        known = {order for one in others for order in way.shown(way.cells(one))}
        if len(known) == 1:
            yield noted(
                f"{way.key} = {quoted(known.pop())}", f"a guess, as in the other files: of {cell} it is not clear"
            )
        else:
            what = f"{way.asked}; {cell} may be either"
            draft.left.append(f"[{section}] {way.key}, {what}")
            yield noted(f"# {way.key} = {quoted(way.example)}", f"FILL IN: {what}")


def _open(way: Way, found: Holding) -> str | None:
    """The first cell that may be read in two ways, where no other cell of the file says which."""
    if way.key == "decimal" and is_workbook(found.file.name):
        return None  # its numbers are numbers
    cells = way.cells(found)
    return None if way.shown(cells) else next((cell for cell in cells if way.is_open(cell)), None)
