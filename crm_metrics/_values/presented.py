"""Results that are tables: as data, text, HTML, CSV and frames."""

from __future__ import annotations

import csv
import html
import importlib
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from crm_metrics._values.writing import LABEL, NOTHING, aligned, blocks, cut, paragraph, printable, width
from crm_metrics.errors import MissingExtra

MOST = 40
"""Rows that text and HTML show; data, CSV and frames have all of them."""

NONE = "(none)"
FIRST = 60
"""Columns of text that the first column takes at the most."""


@frozen
class Shown:
    """A table as people see it: a title, heads, rows of text of which the first column is to the left, and notes."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """Lines of at most 100 columns; columns that do not fit follow below."""
        heads = [self.heads] if any(self.heads) else []
        first, *others = zip(*heads, *self._few(), strict=True)
        names = [cut(name, FIRST) for name in first]
        lines = [self.title] if self.title else []
        for block in blocks([list(column) for column in others], max(map(width, names))):
            lines += aligned(list(zip(names, *block, strict=True)), indent=0)
        return "\n".join([*lines, *self._more(), *(line for note in self.notes for line in paragraph(note))])

    def html(self) -> str:
        """An HTML table; whatever comes from the data is escaped."""
        caption = f"<caption>{html.escape(self.title)}</caption>" if self.title else ""
        rows = "".join(f"<tr>{_cells('td', row)}</tr>" for row in self._few())
        below = "".join(f"<p>{html.escape(text)}</p>" for text in (*self._more(), *self.notes))
        heads = f"<tr>{_cells('th', self.heads)}</tr>" if any(self.heads) else ""
        return f"<table>{caption}{heads}{rows}</table>{below}"

    def _few(self) -> tuple[tuple[str, ...], ...]:
        return self.rows[:MOST]

    def _more(self) -> list[str]:
        return [f"... and {len(self.rows) - MOST:,} more rows"] if len(self.rows) > MOST else []


def _cells(tag: str, row: Iterable[str]) -> str:
    return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)


def group_name(group: Sequence[Any]) -> str:
    """A group as people see it; a label that reads like no label is in quotation marks."""
    return " / ".join(_label(part) for part in group)


def _label(part: Any) -> str:
    text = "" if part is None else cut(printable(str(part)), LABEL)
    return NONE if part is None else f'"{text}"' if text.strip('"') == NONE else text


def measured(numbers: Sequence[float], unit: str, *, signed: bool = False) -> list[str]:
    """A number and its limits as its unit is written, with as many decimals as the limits give sense to.

    >>> measured((0.18113, 0.17251, 0.19012), "share"), measured((876_100_433.0, 8.5e8, 9.1e8), "money")
    (['18.11 %', '17.25 %', '19.01 %'], ['876,100,433', '850,000,000', '910,000,000'])
    >>> measured((0.00123, 0.0009, 0.0016), "share"), measured((2.5, math.nan, math.nan), "days")
    (['0.123 %', '0.090 %', '0.160 %'], ['2.5 d', '-', '-'])
    """
    factor, sign, least, word = _WRITTEN.get(unit, (1, False, 0, ""))
    whole = all(x == round(x) for x in numbers if math.isfinite(x))
    gap = factor * abs(numbers[-1] - numbers[-2])
    fine = 1 - math.floor(math.log10(gap / 2)) if 0 < gap < math.inf else 0 if whole or least else 2
    digits = min(max(fine, least), 6)
    plus = "+" if signed or sign else ""
    return [f"{factor * x:{plus}z,.{digits}f}{word}" if math.isfinite(x) else _ENDLESS.get(x, NOTHING) for x in numbers]


_WRITTEN: Mapping[str, tuple[int, bool, int, str]] = {
    "share": (100, False, 1, " %"),
    "share points": (100, True, 1, " pts"),
    "days": (1, False, 1, " d"),
    "hours": (1, False, 1, " h"),
    "points": (1, True, 1, ""),
    "times": (1, False, 2, " x"),
}
_ENDLESS = {math.inf: "unbounded", -math.inf: "unbounded"}


def beside(keys: Sequence[Any], names: Sequence[str], columns: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Columns of groups beside columns of numbers; one of numbers that has the name of a group is called name.2."""
    wide = max((len(key) if isinstance(key, tuple) else 1 for key in keys), default=len(names) or 1)
    given = list(names) if len(names) == wide else [f"key_{i}" for i in range(wide)] if wide > 1 else ["key"]
    heads = [f"{name}.{given[:i].count(name) + 1}" if name in given[:i] else name for i, name in enumerate(given)]
    rows = [key if isinstance(key, tuple) else (key,) for key in keys]
    groups = {head: [row[i] for row in rows] for i, head in enumerate(heads)}
    return {**groups, **{f"{name}.2" if name in groups else name: column for name, column in columns.items()}}


RUN = ("=", "+", "-", "@", "\t", "\r")
"""With what a text begins that spreadsheets run as a formula."""


def csv_of(rows: Iterable[Iterable[Any]], *, guarded: bool = False) -> str:
    """Rows as CSV, None as an empty cell.

    A program reads labels as they are. A spreadsheet runs one that begins with ``= + - @`` as a formula, whoever wrote
    it into the CRM: `guarded` puts an apostrophe before such text. Numbers stay numbers.

    >>> csv_of([["manager", "won"], ["=1+1", -2]], guarded=True).splitlines()
    ['manager,won', "'=1+1,-2"]
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_cell(x, guarded) for x in row] for row in rows)
    return out.getvalue()


def _cell(x: Any, guarded: bool) -> Any:
    if isinstance(x, str):
        return f"'{x}" if guarded and x.startswith(RUN) else x
    return "" if x is None else x


class Presented:
    """What a result that is a table can do. Its class gives the columns, and the table as people see it."""

    __slots__ = ()

    def to_columns(self) -> dict[str, list[Any]]:
        """Columns of plain values, None where undefined."""
        raise NotImplementedError

    def shown(self) -> Shown:
        """The table as people see it."""
        raise NotImplementedError

    def about(self) -> dict[str, Any]:
        """What is true of the whole table, as plain data."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what is true of the whole, and the rows."""
        columns = self.to_columns()
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return {**self.about(), "rows": rows}

    def to_json(self) -> str:
        """The same as JSON, null where undefined."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, default=str)

    def to_csv(self, *, guarded: bool = False) -> str:
        """The rows as CSV, empty where undefined; `guarded` for a spreadsheet, as `csv_of` says."""
        columns = self.to_columns()
        return csv_of([list(columns), *zip(*columns.values(), strict=True)], guarded=guarded)

    def to_pandas(self) -> Any:
        """The rows as a pandas DataFrame."""
        return _extra("pandas").DataFrame(self.to_columns())

    def to_polars(self) -> Any:
        """The rows as a polars DataFrame."""
        return _extra("polars").DataFrame(self.to_columns(), strict=False)

    def to_arrow(self) -> Any:
        """The rows as an Arrow table; a column of labels of several kinds is text."""
        arrow = _extra("pyarrow")
        return arrow.table({name: _arrow(arrow, column) for name, column in self.to_columns().items()})

    def to_html(self) -> str:
        """The table as HTML; whatever comes from the data is escaped."""
        return self.shown().html()

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        return self.shown().text()

    def __repr__(self) -> str:
        return str(self)


def _arrow(arrow: Any, column: list[Any]) -> Any:
    try:
        return arrow.array(column)
    except (arrow.ArrowInvalid, arrow.ArrowTypeError):
        return arrow.array([None if x is None else str(x) for x in column])


def _extra(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtra(f"this needs {name}: pip install {name}") from None
