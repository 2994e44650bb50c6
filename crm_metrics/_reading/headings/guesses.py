"""What headings and words seem to mean, as a value that a user reads and passes on. `guess`, `guessed`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from attrs import Factory, frozen

from crm_metrics import cells as R
from crm_metrics._reading.headings.columns import Found, guess_columns
from crm_metrics._reading.headings.systems import system
from crm_metrics._reading.headings.values import guess_flags, guess_not_closed, guess_values, labels
from crm_metrics._tables import text
from crm_metrics._tables.encoding.cells import whole
from crm_metrics._tables.encoding.frames import frame_columns
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.table import Table
from crm_metrics.errors import WrongCall, listed, shown
from crm_metrics.records.schemas import Field, Record, schema

Cells: TypeAlias = Callable[[str], Iterable[Any]]


@frozen
class Guess:
    """What a file seems to hold: pass ``columns`` and ``values`` to `table` or `read_csv`, once you have read them.

    ``unknown`` are words that nobody knows, by field, and ``missing`` the required fields that no heading seems to
    hold: both are yours to say. ``system`` is the CRM whose headings these seem to be.
    """

    columns: Found = Factory(dict)
    values: dict[str, dict[str, Any]] = Factory(dict)
    unknown: dict[str, list[str]] = Factory(dict)
    missing: list[str] = Factory(list)
    system: str | None = None

    def __str__(self) -> str:
        lines = [f"columns={self.columns!r},", f"values={self.values!r},"]
        lines += [f"# from {self.system}, as it seems"] if self.system else []
        lines += [f"# {field}: say what {listed(map(repr, words))} means" for field, words in self.unknown.items()]
        lines += [f"# {field}: say which column holds it" for field in self.missing]
        return "\n".join(lines)


def guess(rows: Any, record: type) -> Guess:
    """What the headings of rows seem to mean, and the words in them: an answer to read, correct and pass on.

    ``rows`` are what `table` takes, or headings alone, which tell nothing of words. Only names and words that are known
    are used; a heading that means two things is read as the system means it whose headings the others are.

    >>> from crm_metrics import Deal, table
    >>> data = {"Deal ID": [1, 2], "Created On": ["2024-01-05", "2024-01-06"], "Stage": ["Closed Won", "Pilot"]}
    >>> print(guess(data, Deal))
    columns={'id': 'Deal ID', 'created_at': 'Created On', 'status': 'Stage', 'stage': 'Stage'},
    values={'status': {'Closed Won': 'won'}},
    # status: say what 'Pilot' means
    """
    if not (isinstance(record, type) and issubclass(record, Record)):
        raise WrongCall(f"expected a record class such as Deal, got {shown(record)}")
    headings, cells = _columns(rows)
    columns = _told_apart(guess_columns(headings, record), record, cells)
    read = {field: _words(record, field, found, cells) for field, found in columns.items()}
    known = system(headings)
    return Guess(
        columns,
        {field: values for field, (values, _) in read.items() if values},
        {field: unknown for field, (_, unknown) in read.items() if unknown},
        [name for name, field in schema(record).items() if field.required and name not in columns],
        known.name if known else None,
    )


def guessed(rows: Any, record: type, values: Any) -> tuple[Any, Any, Any]:
    """The rows, ``columns=`` and ``values=`` of a load with ``columns="guess"``.

    What ``values`` says of a word goes before what is known of it.
    """
    rows = whole(rows)
    found = guess(rows, record)
    return rows, found.columns, _merged(found.values, values or {})


def _merged(known: Mapping[str, Any], said: Any) -> Any:
    if not isinstance(said, Mapping):
        return said
    both = {name: _merged(known[name], said[name]) for name in said if isinstance(known.get(name), Mapping)}
    return {**known, **said, **both}


def _columns(rows: Any) -> tuple[list[str], Cells]:
    """The headings of rows, and how to read the cells under one; nothing stands under headings alone."""
    if isinstance(rows, (str, bytes)):
        msg = f"{shown(rows)} is not rows: to guess about a file, guess(read_csv(path, Record), Deal)"
        raise WrongCall(msg)
    rows = whole(rows)
    rows = list(rows) if _in_turn(rows) else rows
    if isinstance(rows, list) and all(isinstance(name, str) for name in rows):
        return rows, lambda _: ()
    t = open_rows(rows)
    return list(t.columns), lambda heading: t.cells(heading).read().items()


def _told_apart(columns: Found, record: type, cells: Cells) -> Found:
    """The columns without times that are none: below Closed stands a day, or yes and no."""
    kinds = {name: field.kind for name, field in schema(record).items()}
    return {
        name: found for name, found in columns.items() if kinds[name] is not R.instant or not _is_flag(found, cells)
    }


def _is_flag(found: str | list[str], cells: Cells) -> bool:
    """Whether all that stands below a heading is yes and no."""
    if not isinstance(found, str):
        return False
    filled = (str(cell).strip().lower() for cell in cells(found) if not R.missing(cell))
    first = next(filled, "")
    return first in _YES_NO and all(word in _YES_NO for word in filled)


_YES_NO = {*R.YES, *R.NO}


def _in_turn(rows: Any) -> bool:
    """Whether rows are told one after another, and not in columns."""
    one_by_one = isinstance(rows, Iterable) and not isinstance(rows, (Table, Mapping)) and getattr(rows, "ndim", 1) == 1
    return one_by_one and frame_columns(rows) is None


def _words(record: type, field: str, found: str | list[str], cells: Cells) -> tuple[dict[str, Any], list[str]]:
    """``values=`` of a field, and its words that nobody knows; of each heading by itself where there are several."""
    if isinstance(found, str):
        return _under(record, field, found, cells)
    each = {heading: _under(record, field, heading, cells, of=found) for heading in found}
    values = {heading: known for heading, (known, _) in each.items()}
    return values if any(values.values()) else {}, [word for _, unknown in each.values() for word in unknown]


def _under(
    record: type, field: str, heading: str, cells: Cells, of: Iterable[str] = ()
) -> tuple[dict[str, str], list[str]]:
    """What the words under a heading mean, where they are not ours already, and those that nobody knows.

    Where the heading is one ``of`` several that make a field, yes and no may be words of it.
    """
    about = schema(record)[field]
    if about.kind is R.instant:
        return dict.fromkeys([] if about.required else guess_not_closed(cells(heading)), ""), []
    if not about.choices and about.kind not in (R.flag, R.currency):
        return {}, []
    here = labels(cells(heading))
    flags = guess_flags(heading, here) if of else None
    known = guess_values(field, here, record, heading) if flags is None else flags
    unknown = [word for word in here if word not in known and word != heading and not _ours(about, word)]
    return {word: meant for word, meant in known.items() if word != meant}, unknown


def _ours(about: Field, word: str) -> bool:
    """Whether a word is read without being translated."""
    if about.kind is R.currency:
        return not isinstance(text.currency(word), R.Bad)
    return word in about.choices or (about.kind is R.flag and word.lower() in (*R.YES, *R.NO))
