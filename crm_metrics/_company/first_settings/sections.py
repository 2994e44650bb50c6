"""How a section of a first crm.toml is written: the columns of its file, and the words in them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from attrs import Factory, define

from crm_metrics import cells as R
from crm_metrics._company.first_settings.candidates import Holding
from crm_metrics._company.first_settings.exports import Export
from crm_metrics._reading.headings import nobody
from crm_metrics.errors import listed
from crm_metrics.records.schemas import Field, schema

WORDS = 100
"""So many words of a column are written out."""


@define
class Draft:
    """Lines of a crm.toml, what is left to fill in, and the files that are not used, each with the reason."""

    lines: list[str] = Factory(list)
    left: list[str] = Factory(list)
    unused: dict[str, str] = Factory(dict)

    def __str__(self) -> str:
        return "\n".join([*self.lines, ""])

    def add(self, *lines: str) -> None:
        """More lines."""
        self.lines += lines

    def ask(self, place: str, what: str, line: str) -> None:
        """What only the owner knows: a line that does nothing yet, and a sentence on the screen."""
        self.left.append(f"{place}, {what}")
        self.lines.append(noted(f"# {line}", f"FILL IN: {what}"))

    def not_used(self) -> list[str]:
        """The files that are not used by why they are not, a line for each reason."""
        reasons: dict[str, list[str]] = {}
        for name, why in sorted(self.unused.items()):
            reasons.setdefault(why, []).append(name)
        return [comment(f"{listed(names)}: {why}") for why, names in reasons.items()]


# ---------------------------------------------------------------- TOML


def quoted(x: str) -> str:
    """A text."""
    return json.dumps(x, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_key(x: str) -> str:
    """A name, in quotes where it needs them."""
    return x if re.fullmatch(r"[A-Za-z0-9_-]+", x) else quoted(x)


def comment(x: str) -> str:
    """A text that is safe in a comment."""
    return "".join(c if c.isprintable() else " " for c in x)


def one_or_list(words: list[str]) -> str:
    """One text, or a list of them."""
    return quoted(words[0]) if len(words) == 1 else f"[{', '.join(map(quoted, words))}]"


def noted(line: str, note: str) -> str:
    """A line with a comment."""
    return f"{line:<29} # {comment(note)}"


def file_of(f: Export) -> Iterator[str]:
    """The file of a section, and the sheet in it."""
    yield f"file = {quoted(f.name)}"
    if f.sheet is not None:
        yield f"sheet = {quoted(f.sheet)}"


# ---------------------------------------------------------------- columns


def columns(found: Holding, section: str) -> Iterator[str]:
    """Which column holds which field, and what else there is."""
    renamed = {field: found.headings(field) for field in found.guess.columns if found.headings(field) != [field]}
    if renamed:
        yield from ("", noted(f"[{section}.columns]", 'field = "heading in the file"'))
        yield from (f"{field} = {one_or_list(headings)}" for field, headings in renamed.items())
    if more := [heading for heading in found.file.columns if heading not in found.used]:
        yield f"# kept under their own headings: {comment(listed(more, 40))}"


# ---------------------------------------------------------------- words


@define
class Words:
    """What the words of the fields of a section mean: a section of its own for each field, and in it each word once."""

    section: str
    lines: dict[str, dict[str, str]] = Factory(dict)
    notes: dict[str, str] = Factory(dict)

    def put(self, field: str, word: str, line: str) -> None:
        """A word, unless it is there already."""
        self.lines.setdefault(field, {}).setdefault(word, line)

    def __iter__(self) -> Iterator[str]:
        for field, lines in self.lines.items():
            head = f"[{self.section}.values.{field}]"
            yield from ("", noted(head, self.notes[field]) if field in self.notes else head, *lines.values())


def words_of(found: Holding, section: str, draft: Draft) -> Words:
    """The words of all fields: what is guessed, what is not known, and ids that are nobody's."""
    out = Words(section)
    for field in schema(found.record).values():
        headings = found.headings(field.name)
        for heading in headings:
            place = field.name if len(headings) == 1 else f"{field.name}.{toml_key(heading)}"
            if field.choices:
                out.notes[place] = f"your word = {_either(map(quoted, field.choices))}; guessed"
            known = _known(found, field, heading)
            asked = set(found.guess.unknown.get(field.name, ())) - known.keys()
            counts = Counter(cell for cell in found.file.columns[heading] if cell in known or cell in asked)
            for word, n in counts.most_common(WORDS):
                out.put(place, word, _meaning(word, n, known, field, f"[{section}.values.{place}]", draft))
    return out


def _known(found: Holding, field: Field, heading: str) -> dict[str, str]:
    """What the words of a field mean under one of its headings."""
    meant = found.guess.values.get(field.name, {})
    own = dict(meant if len(found.headings(field.name)) == 1 else meant.get(heading, {}))
    names = field.kind is R.text and not field.choices and field.name != "id"
    return own | dict.fromkeys(nobody(heading) if names else (), "")


def _meaning(word: str, n: int, known: dict[str, str], field: Field, place: str, draft: Draft) -> str:
    """A word with what it means; what it may mean, where that is not known."""
    if word in known:
        return f"{quoted(word)} = {quoted(known[word])}"
    rows, what = rows_in_words(n, place), _choice(field)
    draft.left.append(f"{place} {quoted(word)} ({rows}): {what}")
    return f'# {quoted(word)} = ""  # FILL IN: {rows}, {what}'


def _choice(field: Field) -> str:
    none = "" if field.required else ' ("" for none of them)'
    return f"{_either(field.choices or ('yes', 'no'))}?{none}"


def _either(names: Iterable[str]) -> str:
    *some, last = names
    return f"{', '.join(some)} or {last}"


def rows_in_words(n: int, place: str) -> str:
    """So many rows, as the section calls them."""
    noun = "deal" if place.startswith("[deals") else "row"
    return f"{n:,} {noun}{'s' if n != 1 else ''}"
