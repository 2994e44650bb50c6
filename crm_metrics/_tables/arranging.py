"""Which columns of the data make which fields: renamed, several for one field, and the currency that none names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, frozen

from crm_metrics import cells as R
from crm_metrics._tables import text
from crm_metrics._tables.encoding.cells import Cells, Raws
from crm_metrics._tables.encoding.raws import WALLS, Headings, How, Raw, Words, by_value, translated
from crm_metrics._values.spelling import spelled
from crm_metrics.errors import UnknownName, WrongValue, listed, shown
from crm_metrics.records.schemas import Field, Record, schema

NOBODY: Words = {"0": None, "0.0": None, "00000000-0000-0000-0000-000000000000": None}
"""How programs write that there is none, where an id of something else stands: what is numbered from 1 has no 0, which
is 0.0 in a column that was made of floats for its gaps, and 1C and Dynamics write an id of zeros.
"""

REFERENCES = ("customer", "manager", "deal", "lead")


def arranged(raws: Raws, n: int, record: type[Record], how: How) -> tuple[Raws, How]:
    """The columns under the names of fields, and the conventions that are left to read them by."""
    how = _spelled(raws, how)
    _check(raws, how)
    fields, how = schema(record), _with_nobody(how, record)
    several = {name for name, theirs in how.columns.items() if len(headings(theirs)) > 1 or _is_nested(how, name)}
    made: dict[str, Cells] = {}
    for name, theirs in how.columns.items():
        heads = headings(theirs)
        made[name] = _first_of(raws, heads, name, fields.get(name), how) if name in several else raws[heads[0]]
    status = made.get("status", raws.get("status"))
    for name, cells in made.items():
        if isinstance(cells, FirstOf) and status is not None and cells.names:
            words = {} if "status" in several else how.values.get("status", {})
            made[name] = evolve(cells, status=(status, words))
    taken = {heading for theirs in how.columns.values() for heading in _own(theirs, fields)}
    found = {**made, **{name: raw for name, raw in raws.items() if name not in taken and name not in made}}
    if how.currency is not None and "currency" in fields:
        found["currency"] = Filled(found["currency"], how.currency) if "currency" in found else Same(how.currency, n)
    return found, evolve(how, values={name: words for name, words in how.values.items() if name not in several})


def headings(theirs: Headings) -> Sequence[str]:
    """The headings of a field, one or several."""
    return (theirs,) if isinstance(theirs, str) else theirs


def _own(theirs: Headings, fields: Mapping[str, Field]) -> Sequence[str]:
    """The headings that are only this field's: what stands in for it where it is empty stays a field of its own."""
    first, *others = headings(theirs)
    return [first, *(heading for heading in others if heading not in fields)]


def _spelled(raws: Raws, how: How) -> How:
    """The headings of ``columns=`` as the data spell them, where Unicode has two spellings."""
    if all(heading in raws for theirs in how.columns.values() for heading in headings(theirs)):
        return how
    known = {spelled(name): name for name in raws}
    found = {name: [known.get(spelled(h), h) for h in headings(theirs)] for name, theirs in how.columns.items()}
    return evolve(how, columns={name: heads[0] if len(heads) == 1 else heads for name, heads in found.items()})


def _check(raws: Raws, how: How) -> None:
    """Columns that are not there, and columns that would be hidden."""
    named = [heading for theirs in how.columns.values() for heading in headings(theirs)]
    if lost := [heading for heading in named if heading not in raws]:
        raise UnknownName(f"columns= names {listed(map(repr, lost))}, but {how.source} has {listed(raws, 24)}")
    if hidden := [ours for ours in how.columns if ours in raws and ours not in named]:
        raise WrongValue(
            f"{how.source} has a column {hidden[0]!r} of its own, which columns= would hide: "
            f'keep it under another name, columns={{"other_{hidden[0]}": {hidden[0]!r}, ...}}'
        )


def _is_nested(how: How, name: str) -> bool:
    """Whether the words of a field are told for each of its columns."""
    words = how.values.get(name, {})
    return bool(words) and all(isinstance(inner, Mapping) for inner in words.values())


# ---------------------------------------------------------------- several columns for one field


@frozen(eq=False)
class FirstOf:
    """A column made of several, each with its words: row by row the first of them that says something.

    Of times under "Won time" and "Lost time" it is, where there are both, that of the row's status.
    """

    parts: tuple[tuple[Cells, Words], ...]
    says: Callable[[Any], bool]
    names: Sequence[str] = ()  # of the parts, where it is told how many rows have two of them
    status: tuple[Cells, Words] | None = None  # of the rows, where parts are times of one

    def read(self) -> Raw:
        parts = [_items(*part) for part in self.parts]
        own = self._of_status(parts)
        out, *others = [own, *parts] if own else parts
        for items in others:
            out = [x if self.says(x) else y for x, y in zip(out, items, strict=True)]
        which = "the one of the status, else the first" if any(map(self.says, own)) else "the first"
        two = self._several(parts) if self.names else 0
        return Raw(out, said=f"is {which} of {listed(self.names)}, of which {_rows(two)} several" if two else "")

    def _of_status(self, parts: list[list[Any]]) -> list[Any]:
        """The times whose heading says the status that the row has, row by row; none where no heading does."""
        if self.status is None:
            return []
        of = {status: items for name, items in zip(self.names, parts, strict=True) for status in _statuses(name)}
        if len(of) < 2:
            return []
        nothing = [""] * len(parts[0])
        words = (x.strip().casefold() if isinstance(x, str) else "" for x in _items(*self.status))
        return [of.get(word, nothing)[row] for row, word in enumerate(words)]

    def _several(self, parts: list[list[Any]]) -> int:
        """In how many rows two of the parts say different things."""
        filled = ([x for x in row if self.says(x)] for row in zip(*parts, strict=True))
        return sum(any(x != row[0] for x in row[1:]) for row in filled)

    def textual(self) -> bool:
        return False

    def empty(self) -> int:
        return sum(not self.says(x) for x in self.read().values)

    def owned(self) -> FirstOf:
        status = self.status and (self.status[0].owned(), self.status[1])
        return evolve(self, parts=tuple((cells.owned(), words) for cells, words in self.parts), status=status)


def _items(cells: Cells, words: Words) -> list[Any]:
    items = cells.read().items()
    return [translated(words, x) for x in items] if words else list(items)


def _statuses(heading: str) -> set[str]:
    """The outcomes that a heading of a time names: Won time, lost_at, Дата проигрыша."""
    found = list(map(str.casefold, _words(heading)))
    if not _NOT.isdisjoint(found):
        return set()
    return {status for status, stems in OUTCOMES.items() if any(word.startswith(stems) for word in found)}


_NOT = frozenset({"not", "non", "не"})
OUTCOMES = {"won": ("won", "выигр", "успе"), "lost": ("lost", "проигр", "провал", "потер", "отказ", "неуспе")}


def _words(heading: str) -> list[str]:
    """The words of a heading, however they are joined: lost_at, LostTime, closedLostDate."""
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", " ", heading))


def _first_of(raws: Raws, heads: Sequence[str], name: str, field: Field | None, how: How) -> FirstOf:
    words, nested = how.values.get(name, {}), _is_nested(how, name)
    if nested and (other := [heading for heading in words if heading not in heads]):
        raise UnknownName(f"values= has words of {shown(other[0])}, but {name} is read from {listed(heads)}")
    parts = tuple((raws[h], words.get(h, {}) if nested else words) for h in heads)
    kind = None if field is None else field.kind
    if kind in _STATED and len(set(map(_STATED[kind], heads))) > 1:
        msg = f"{name} is read from {listed(heads)}, whose headings differ in the zone or the percent that they state"
        raise WrongValue(f"{msg}: make the columns alike, or name one of them")
    read = how.parse.get(kind, WALLS.get(kind, kind or _itself))
    return FirstOf(parts, lambda x: x != "" and read(x) is not None, heads if kind is R.instant else ())


_STATED: Mapping[Any, Callable[[str], Any]] = {R.instant: text.zone_of, R.share: text.heads_percent}
"""What a heading states of the cells below it, by their kind; a column made of several has one statement."""


def _rows(n: int) -> str:
    return "1 row has" if n == 1 else f"{n} rows have"


def _itself(x: Any) -> Any:
    return x


# ---------------------------------------------------------------- nobody


def _with_nobody(how: How, record: type[Record]) -> How:
    """The id 0 of a customer, in a column of ids, is no customer; unless the user says what it is."""
    more = {}
    for name in REFERENCES:
        heads = headings(how.columns.get(name, ()))
        if name in schema(record) and any(map(is_ids, heads)) and not _is_nested(how, name):
            said = how.values.get(name, {})
            more[name] = {**NOBODY, "0.0": said.get("0"), **said}
    return evolve(how, values={**how.values, **more}) if more else how


def is_ids(heading: str) -> bool:
    """Whether a heading says that ids stand below it: COMPANY_ID, companyId, Contact ID, ID компании."""
    return any(word.casefold() in ("id", "ид") for word in _words(heading))


# ---------------------------------------------------------------- the currency of amounts that name none


@frozen(eq=False)
class Same:
    """A column that says the same in every row."""

    value: Any
    n: int

    def read(self) -> Raw:
        return Raw(np.zeros(self.n, np.uint8), labels=[self.value], stated=True)

    def textual(self) -> bool:
        return True

    def empty(self) -> int:
        return 0

    def owned(self) -> Same:
        return self


@frozen(eq=False)
class Filled:
    """A column with a value where it has none of its own."""

    cells: Cells
    value: Any

    def read(self) -> Raw:
        own = by_value(self.cells.read())
        assert own.labels is not None
        labels = [*own.labels, self.value]
        labels = [self.value if x is None or isinstance(x, str) and not x.strip() or x != x else x for x in labels]
        codes = np.asarray(own.values, np.int64)
        return Raw(codes if own.mask is None else np.where(own.mask, len(labels) - 1, codes), labels=labels)

    def textual(self) -> bool:
        return False

    def empty(self) -> int:
        return 0

    def owned(self) -> Filled:
        return evolve(self, cells=self.cells.owned())
