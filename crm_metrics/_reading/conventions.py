"""What the cells of a file tell about each other: its decimal mark, its order of day and month, its currency."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from crm_metrics import cells as R
from crm_metrics._reading.pages import Sheet
from crm_metrics._tables import text
from crm_metrics._tables.encoding.raws import Headings, How
from crm_metrics._tables.signs import Signs, above, of_headings, one_sign
from crm_metrics.records import Call
from crm_metrics.records.schemas import schema


class _Memo(dict[str, Any]):
    """A cell function that reads each distinct cell once."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        self.read = read

    def __missing__(self, cell: str) -> Any:
        out = self[cell] = self.read(cell)
        return out


def conventions(
    sheet: Sheet,
    record: type,
    found: Mapping[str, list[str]],
    values: Mapping[str, Mapping[Any, Any]],
    decimal: str | None,
    dates: str | None,
) -> dict[Any, Callable[[Any], Any]]:
    """How to read the cells of each kind of field."""
    cells: dict[Any, dict[str, None]] = {}  # in the order of the file
    for name, column in found.items():
        said = dict.fromkeys(column)
        for word in values.get(name, ()):
            said.pop(word, None)
        cells.setdefault(schema(record)[name].kind, {}).update(said)
    numbers = [*cells.get(R.money, ()), *cells.get(R.number, ())]
    if sheet.numbers:
        numbers = [cell for cell in numbers if cell not in sheet.numbers]
    mark = decimal or _mark(sheet, numbers, [*cells.get(R.share, ())])
    order: Any = dates or _order(sheet, [*cells.get(R.instant, ())])
    number = text.seconds if issubclass(record, Call) else text.number
    return {
        R.money: _Memo(partial(_in_words, text.amount, mark, sheet.numbers)).__getitem__,
        R.number: _Memo(partial(_in_words, number, mark, sheet.numbers)).__getitem__,
        R.share: text.share,
        R.instant: partial(text.read_wall, dates=order),
        R.currency: text.currency,
    }


def _in_words(read: Callable[..., Any], mark: str | None, numbers: set[str], cell: str) -> Any:
    """A number as it is written in words with this decimal mark; cells that are numbers already have a point."""
    return read(cell, decimal="." if cell in numbers else mark)


def _mark(sheet: Sheet, numbers: list[str], shares: list[str]) -> str | None:
    """The decimal mark of a file, where its cells show it, and it matters or is no point."""
    if not text.two_ways(numbers) and "," not in "".join(numbers):
        return None
    mark, cell = _agreed(text.decimal_marks, numbers, shares)
    if mark is not None:
        sheet.decided.append(f"the decimal mark is a {'comma' if mark == ',' else 'point'}: {cell}")
    return mark


def _order(sheet: Sheet, times: list[str]) -> str | None:
    """The order of day and month of a file, where its cells show it."""
    order, cell = _agreed(text.date_orders, times)
    if order is not None:
        sheet.decided.append(f"dates are {'day' if order == 'dmy' else 'month'} first: {cell}")
    return order


def _agreed(evidence: Callable[[Iterable[str]], set[str]], *groups: list[str]) -> tuple[str | None, str]:
    """What the first group of cells with any evidence agrees on, and the first cell that shows it."""
    cells, shown = next(((cells, shown) for cells in groups if (shown := evidence(cells))), ([], set[str]()))
    if len(shown) != 1:
        return None, ""
    return next(iter(shown)), next(cell for cell in cells if evidence((cell,)))


def currency_said(
    source: str, record: type, columns: Mapping[str, Headings], found: Mapping[str, list[str]], given: str | None
) -> dict[str, Any]:
    """The currency of a file whose cells name it, and what sets signs against it."""
    amounts = {name: column for name, column in found.items() if schema(record)[name].kind is R.money}
    signs = text.currency_signs(set(itertools.chain(*amounts.values())))
    if "currency" in found or not signs:
        return {"currency": given, "sign": Signs(frozenset()) if signs else None}
    how = How(columns=columns)
    code = given or one_sign(source, signs | of_headings(how, record), None)
    unsaid = {} if given else {name: column for name, column in amounts.items() if not above(how, name)}
    return {"currency": code, "sign": Signs.of(unsaid)}
