"""Which heading holds which field of a record. `guess_columns`."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from crm_metrics._reading.headings.fields import FIELDS, OWN, TOGETHER
from crm_metrics._reading.headings.keys import key
from crm_metrics._reading.headings.systems import SYSTEMS, System, system
from crm_metrics.records.schemas import schema

Found: TypeAlias = dict[str, str | list[str]]
"""Fields, and the heading of each, or the headings that make it together."""

Name: TypeAlias = tuple[str, ...]
"""A heading as it is looked up; two where two columns make a field."""


def guess_columns(headings: Iterable[str], record: type) -> Found:
    """Which heading holds which field of a record: ``columns=`` for `table` and `read_csv`.

    Case, spaces, punctuation, currencies and the word "deal" do not matter. Two headings that make one field are a
    list: of each row the first that is filled. A heading is given to one field only, but for the stage of a deal,
    which may have to tell its status, and the closing date, which in some systems is the plan of an open deal.
    Required fields choose first, and a field that nothing fits is left out.

    >>> from crm_metrics import Deal
    >>> guess_columns(["ID", "Бюджет, руб.", "created_at", "Стадия", "Статус"], Deal)
    {'id': 'ID', 'created_at': 'created_at', 'status': 'Статус', 'stage': 'Стадия', 'amount': 'Бюджет, руб.'}
    >>> guess_columns(["Deal - ID", "Deal - Status", "Deal - Won time", "Deal - Lost time"], Deal)
    {'id': 'Deal - ID', 'status': 'Deal - Status', 'closed_at': ['Deal - Won time', 'Deal - Lost time']}
    """
    headings = list(headings)
    base = next((base for base in FIELDS if issubclass(record, base)), record)
    known = system(headings)
    there = _by_key(headings, _own(base, known))
    fields = schema(record)
    taken: dict[str, str] = {}
    out: Found = {}
    for field in sorted(fields, key=lambda field: not fields[field].required):
        if found := _choice(field, _names(base, field, known and known.name), there, taken):
            taken |= dict.fromkeys(found, field)
            out[field] = found if len(found) > 1 else found[0]
    return {field: out[field] for field in fields if field in out}


def _own(base: type, known: System | None) -> frozenset[str]:
    more = known.own.get(base, frozenset()) if known else frozenset()
    return OWN.get(base, frozenset()) | more


def _by_key(headings: list[str], own: frozenset[str]) -> dict[str, str]:
    """Headings by what they are looked up by; whole ones before those cut short, of equal ones the first."""
    short = {key(heading, own): heading for heading in reversed(headings)}
    full = {key(heading): heading for heading in reversed(headings)}
    return short | full | {f"={heading}": heading for heading in headings}


def _choice(field: str, names: list[Name], there: dict[str, str], taken: dict[str, str]) -> list[str] | None:
    """The headings of the first name that is there, and free."""
    for name in names:
        found = [there[part] for part in name if part in there]
        if len(found) == len(name) and all(_free(heading, field, taken) for heading in found):
            return found
    return None


def _free(heading: str, field: str, taken: dict[str, str]) -> bool:
    return heading not in taken or taken[heading] in TOGETHER.get(field, ())


@functools.cache
def _names(base: type, field: str, known: str | None) -> list[Name]:
    """What a field is called: just as here, which a table reads anyway; in the system of the file; anywhere."""
    common = FIELDS.get(base, {}).get(field, field)
    special = next((one.names.get(base, {}).get(field) for one in SYSTEMS if one.name == known), None)
    if special == "":
        return []  # there is no such thing there
    return [(f"={field}",), *_parsed(common if special is None else special.replace("...", common))]


def _parsed(names: str) -> Iterator[Name]:
    for name in names.split(","):
        yield tuple(key(part) for part in name.split("+"))
