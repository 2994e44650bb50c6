"""A web page as a workbook of its tables: what many programs give as an .xls file is one, Bitrix24's export too."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from attrs import define

from crm_metrics._reading.encodings import decoded, unreadable

PAGE = b"<"
"""How a web page begins, and XML too."""

WIDEST, DEEPEST = 1000, 65534  # what HTML allows a cell to span
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{2,40})""", re.IGNORECASE).search


@define
class Page:
    """The tables of a web page, as sheets."""

    tables: dict[str, list[list[str]]]

    @property
    def sheet_names(self) -> list[str]:
        """The tables in their order."""
        return list(self.tables)


def is_page(head: bytes) -> bool:
    """Whether a file begins as a web page does, after its mark."""
    return head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").startswith(PAGE)


def page_of(path: Path, data: bytes) -> Page:
    """The tables of a page that have rows; those of a spreadsheet in XML are not read."""
    parser = _Tables()
    parser.feed(decoded(path, data, _charset(data), PAGE))
    parser.close()
    found = [table.rows for table in parser.found if any(map(any, table.rows))]
    if not found:
        raise unreadable(path.name, "is a web page or XML without a table", "open it in Excel and save it as .xlsx")
    return Page({f"table {i}": _wide(rows) for i, rows in enumerate(found, 1)})


def _charset(data: bytes) -> str | None:
    """The encoding that a page states, if it is one; none where the file would look otherwise, or says more."""
    if found := _CHARSET(data[:4096]):
        with contextlib.suppress(LookupError):
            "".encode(said := found[1].decode())  # codecs of anything but text are no encodings
            name = codecs.lookup(said).name
            return None if name == "ascii" or name.startswith(("utf-16", "utf-32")) else name
    return None


def _wide(rows: list[list[str]]) -> list[list[str]]:
    """The rows as wide as the widest, as a sheet has them."""
    width = max(map(len, rows))
    return [row + [""] * (width - len(row)) for row in rows]


class _Table:
    """A table that is being read; of cells that are merged the first has the value."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.cell: list[str] | None = None
        self.span = 1
        self.taken: dict[int, int] = {}  # columns that a cell above spans, and for how many more rows

    def row(self) -> None:
        self.end()
        self.taken = {at: n - 1 for at, n in self.taken.items() if n > 1} if self.rows else {}
        self.rows.append([])

    def start(self, wide: int, deep: int) -> None:
        self.end()
        if not self.rows:
            self.row()
        row = self.rows[-1]
        while len(row) in self.taken:
            row.append("")
        self.cell, self.span = [], wide
        if deep > 1:
            self.taken |= dict.fromkeys(range(len(row), len(row) + wide), deep)

    def end(self) -> None:
        if self.cell is not None:
            self.rows[-1] += [" ".join("".join(self.cell).split()), *[""] * (self.span - 1)]
            self.cell = None


CELLS = ("table", "tr", "td", "th")
VOID = ("br", "col", "hr", "img", "input", "link", "meta", "wbr")
_HIDES = re.compile(r"display\s*:\s*none", re.IGNORECASE).search


def _is_hidden(tag: str, said: Mapping[str, str | None]) -> bool:
    """Whether nobody sees what an element within a cell holds, such as a number by which a page sorts."""
    return tag in ("script", "style", "template") or "hidden" in said or _HIDES(said.get("style") or "") is not None


class _Tables(HTMLParser):
    """The tables of a page, as they are seen; one within a cell of another is a table of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Table] = []
        self.open: list[_Table] = []
        self.hidden: list[str] = []  # the tags that are open since one that hides them

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in CELLS:
            self.hidden = []
        elif tag not in VOID and (self.hidden or _is_hidden(tag, said)):
            self.hidden.append(tag)
        if tag == "table":
            self.open.append(_Table())
            self.found.append(self.open[-1])
        elif self.open and tag == "tr":
            self.open[-1].row()
        elif self.open and tag in CELLS:
            self.open[-1].start(_span(said.get("colspan"), WIDEST), _span(said.get("rowspan"), DEEPEST))
        else:
            self.handle_data(" " if tag in ("br", "p", "div", "li") else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in CELLS:
            self.hidden = []
            if self.open:
                self.open[-1].end()
            if self.open and tag == "table":
                self.open.pop()
        elif tag in self.hidden:
            del self.hidden[len(self.hidden) - 1 - self.hidden[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1].cell is not None and not self.hidden:
            self.open[-1].cell.append(data)

    def close(self) -> Any:
        super().close()
        for table in self.open:
            table.end()


def _span(said: str | None, most: int) -> int:
    return min(most, int(said)) if said and re.fullmatch("[1-9][0-9]{0,4}", said.strip()) else 1
