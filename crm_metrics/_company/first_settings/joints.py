"""Files that say more about a field of the deals: lookups, and the words that they write otherwise."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator

from attrs import frozen

from crm_metrics._company.first_settings.candidates import Holding, is_sectionless
from crm_metrics._company.first_settings.exports import Export
from crm_metrics._company.first_settings.sections import Words, comment, file_of, noted, quoted, rows_in_words, toml_key
from crm_metrics.errors import listed

FIELDS = ("manager", "customer", "product", "region", "channel", "campaign", "pipeline", "stage")
KNOWN = 0.5
"""A file is a lookup of a field where it knows at least this share of the field's labels."""


@frozen
class Joint:
    """The field of the deals that a file says more about, and the heading of it there."""

    file: Export
    field: str
    heading: str


def joint_of(f: Export, deals: Holding) -> Joint | None:
    """Where a file says more about a field of the deals: it knows most labels of it, and has each once."""
    if is_sectionless(f):
        return None
    best, found = KNOWN, None
    for heading, cells in f.columns.items():
        labels = {cell for cell in cells if cell}
        if len(labels) < sum(map(bool, cells)):
            continue
        theirs = set(map(_bare, labels))
        for field in FIELDS:
            ours = {_bare(cell) for cell in deals.cells(field) if cell}
            known = len(ours & theirs) / len(ours) if ours else 0.0
            if known > best or known == best and found is None:
                best, found = known, Joint(f, field, heading)
    return found


def lookup(of: Joint, deals: Holding) -> Iterator[str]:
    """The section of a lookup; its headings that mean something else in the deals get another name."""
    f, on, key = of.file, of.field, of.heading
    taken = {*deals.guess.columns, *deals.file.columns, on}
    stem = re.sub(r"\W+", "_", f.sheet or f.name.rpartition(".")[0])
    names = {heading: f"{stem}_{heading}" if heading in taken else heading for heading in f.columns if heading != key}
    columns = ({on: key} if on != key else {}) | {name: heading for heading, name in names.items() if name != heading}
    yield from ("", noted("[[lookups]]", f"more about {on}; for --by: {listed(names.values())}"))
    yield from (*file_of(f), f"on = {quoted(on)}")
    if columns:
        pairs = ", ".join(f"{toml_key(ours)} = {quoted(theirs)}" for ours, theirs in columns.items())
        yield f"columns = {{ {pairs} }}"


def respelt(of: Joint, deals: Holding, words: Words) -> None:
    """Labels of the deals that a lookup writes otherwise."""
    theirs = {_bare(label): label for label in of.file.columns[of.heading] if label}
    known, headings = set(theirs.values()), deals.headings(of.field)
    for heading in headings:
        place = of.field if len(headings) == 1 else f"{of.field}.{toml_key(heading)}"
        counts = Counter(label for label in deals.file.columns[heading] if label and label not in known)
        for label, count in counts.most_common(20):
            if near := difflib.get_close_matches(_bare(label), theirs, 1, 0.8):
                sure = "" if near[0] == _bare(label) else "# "
                note = comment(f"{rows_in_words(count, '[deals')}; a guess, from {of.file.place}")
                words.put(place, label, f"{sure}{quoted(label)} = {quoted(theirs[near[0]])}  # {note}")


def _bare(label: str) -> str:
    return re.sub(r"[\W_]+", "", label).casefold()
