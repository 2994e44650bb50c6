"""A first crm.toml for a folder of CSV files, written from their headings and values. `write`.

It is a draft for its owner: each guess is said to be one, what cannot be guessed is marked FILL IN, and nothing is
ever written over.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from attrs import Factory, frozen

from crm_metrics import text
from crm_metrics.costs import Cost
from crm_metrics.currencies import EXPONENTS
from crm_metrics.errors import CrmError, WrongValue, listed
from crm_metrics.files import read_columns
from crm_metrics.folder import SETTINGS
from crm_metrics.headings import guess_columns, guess_not_closed, guess_status
from crm_metrics.records import Deal, Spend
from crm_metrics.schemas import schema

Columns: TypeAlias = Mapping[str, list[str]]

SUFFIXES = (".csv", ".tsv", ".txt")
JOINED = ("manager", "customer", "product", "region", "channel", "campaign", "pipeline", "stage")
KNOWN = 0.5
"""A file is a lookup of a field where it knows at least this share of the field's labels."""


@frozen
class Guess:
    """What a file seems to be: its columns, and which of them hold which fields."""

    name: str
    columns: Columns
    fields: dict[str, str] = Factory(dict)

    def cells(self, field: str) -> list[str]:
        """The cells of a field."""
        return self.columns[self.fields[field]] if field in self.fields else []


def write(folder: str | Path) -> tuple[Path, list[str]]:
    """Write the folder's crm.toml, and say what is left to fill in."""
    folder = Path(folder)
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "is not there"
        raise WrongValue(f"{folder} {what}: give the folder that holds your CSV files")
    path = folder / SETTINGS
    written, left = draft(folder)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(written)
    except FileExistsError:
        raise WrongValue(f"{path} is there already and is left as it is: move it away first") from None
    return path, left


def draft(folder: Path) -> tuple[str, list[str]]:
    """The text of a first crm.toml, and what is left to fill in."""
    files, unread = _read(folder)
    left: list[str] = []
    deals = _best(files, Deal, ("created_at", "status")) or _best(filter(_like_deals, files), Deal, ())
    rest = [f for f in files if deals is None or f.name != deals.name]
    spend = _best([f for f in rest if not _is_costs(f) and not _like_deals(f)], Spend, ("at", "amount"))
    costs = next((f for f in map(_as_costs, rest) if f and (spend is None or f.name != spend.name)), None)
    rest = [f for f in rest if f.name not in {g.name for g in (spend, costs) if g}]
    lines = [
        *_ABOUT,
        *(f"# {name} could not be read: {why}" for name, why in unread.items()),
        *_company(folder, [g for g in (deals, spend) if g], left),
        *_crm(costs, left),
        *(_deals(deals, rest, left) if deals else _no_deals(files, left)),
        *(_spend(spend) if spend else _NO_SPEND),
        *_BEFORE,
        *(line for f in rest if deals for line in _lookup(f, deals)),
    ]
    if more := [f.name for f in files if f"file = {_text(f.name)}" not in lines and (deals or spend or costs)]:
        lines[len(_ABOUT) : len(_ABOUT)] = [f"# Not used here: {_line(listed(more, 40))}.", f"# {OTHERS}"]
    return "\n".join([*lines, ""]), left


def unused(path: Path) -> list[str]:
    """The files beside a crm.toml that no section of it names."""
    written = path.read_text(encoding="utf-8").splitlines()
    there = sorted(p.name for p in path.parent.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
    return [name for name in there if f"file = {_text(name)}" not in written]


OTHERS = "There are sections for [leads], [lines], [changes], [calls], [interactions], [quotas], [managers]."
"""Where files go that a draft does not use."""

_ABOUT = (
    "# What the files of this folder hold, for: python -m crm_metrics FOLDER",
    "# A first draft: correct what is guessed wrong; FILL IN marks what only you know.",
    "# A line that begins with # does nothing.",
)
_NO_SPEND = (
    "",
    "# [spend]                     # money spent on winning customers, for their cost (CAC)",
    '# file = "spend.csv"          # at (day) and amount; channel, campaign, kind where known',
)
_BEFORE = (
    "",
    "# [before]                    # figures kept on paper, if no deals from before the CRM are here:",
    "# months = 12                 # totals of so many months; leave out what you do not know",
    "# created = 150               # deals that came in",
    "# closed = 140                # won or lost",
    "# won = 23",
    "# won_amount = 1_200_000",
    "# gross_profit = 300_000      # what was left after the cost of what was sold",
)


# ---------------------------------------------------------------- what the files are


def _read(folder: Path) -> tuple[list[Guess], dict[str, str]]:
    """The files of a folder as columns, and why some could not be read."""
    files, unread = [], {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        try:
            files.append(Guess(path.name, read_columns(path)))
        except (CrmError, OSError) as error:
            unread[path.name] = str(error).partition("\n")[0]
    return files, unread


def _best(files: Iterable[Guess], record: type, needed: Iterable[str]) -> Guess | None:
    """The file with most fields of a record, of those that have what it needs."""
    guesses = [Guess(f.name, f.columns, _fields(f, record)) for f in files]
    fit = [g for g in guesses if all(name in g.fields for name in needed)]
    return max(fit, key=lambda g: len(g.fields), default=None)


def _fields(f: Guess, record: type) -> dict[str, str]:
    """The heading of each field, the first where two make it."""
    found = guess_columns(f.columns, record)
    return {field: heading if isinstance(heading, str) else heading[0] for field, heading in found.items()}


def _like_deals(f: Guess) -> bool:
    """What comes in on a day and closes, or has a price, and belongs to somebody: no spending has that."""
    fields = set(_fields(f, Deal))
    came, ended = fields & {"created_at", "status"}, fields & {"closed_at", "amount"}
    return bool(came and ended) and len(fields & _OF_DEALS) >= 2


_OF_DEALS = {"id", "closed_at", "customer", "manager", "stage", "reason", "probability", "expected_close"}


def _is_costs(f: Guess) -> bool:
    """Dated amounts with a name, and nothing that only spending has."""
    fields = _fields(f, Spend)
    return {"at", "amount"} <= set(fields) and not {"channel", "campaign", "kind"} & set(fields) and "name" in f.columns


def _as_costs(f: Guess) -> Guess | None:
    if not _is_costs(f):
        return None
    fields = {k: v for k, v in _fields(f, Spend).items() if k in schema(Cost)}
    return Guess(f.name, f.columns, fields | {"name": "name"})


# ---------------------------------------------------------------- sections


def _company(folder: Path, tables: Iterable[Guess], left: list[str]) -> Iterator[str]:
    yield from ("", "[company]", f"name = {_text(folder.resolve().name or 'My company')}")
    signs = {sign for g in tables for sign in _currencies(g)}
    if len(signs) == 1 and (code := signs.pop()) in EXPONENTS:
        yield f"currency = {_text(code)}              # a guess: of all amounts that name none"
    elif len(signs) > 1:
        yield f'# currency = "USD"            # of amounts that name none; the files have {listed(sorted(signs))}'
    else:
        yield '# currency = "USD"            # FILL IN: the currency of all amounts'
        left.append("[company] currency")
    yield '# timezone = "Europe/Moscow"  # where your day begins, if times carry an offset (+03:00)'


def _currencies(g: Guess) -> set[str]:
    """The currencies that a column, the amounts or their heading name."""
    if named := {str(text.currency(cell)) for cell in set(g.cells("currency")) if text.currency(cell)}:
        return named
    heading = g.fields.get("amount", "")
    words = [w for w in re.findall(r"\w+|\W", heading) if not w.isalpha() or w.isupper() or w.casefold() in text.SIGNS]
    return text.currency_signs(["".join(words)]) | text.currency_signs(g.cells("amount"))


def _crm(costs: Guess | None, left: list[str]) -> Iterator[str]:
    left.append("[crm] go_live and ramp_weeks")
    yield from _LIVE
    if costs:
        yield from ("", "[crm.costs]                   # a guess: is this what the CRM cost?")
        yield f"file = {_text(costs.name)}"
        yield from _columns(costs, "crm.costs")
    else:
        left.append("[[crm.costs]], what the CRM cost")
        yield from _COSTS


_LIVE = (
    "",
    "[crm]",
    "# go_live = 2024-04-01        # FILL IN: the day on which the CRM went live",
    "# ramp_weeks = 8              # FILL IN: weeks of getting used to it, left out of the comparison",
    "# as_of = 2025-06-30          # the last day that the data cover, where it is not that of the last deal",
)
_COSTS = (
    "",
    "# FILL IN: what the CRM cost, a block for each payment; some return every month or year.",
    "# [[crm.costs]]",
    "# date = 2024-01-22",
    "# amount = 6400",
    '# name = "set-up"',
    "#",
    "# [[crm.costs]]",
    "# date = 2024-04-30",
    "# amount = 590",
    '# name = "licences"',
    '# every = "month"             # or "year"; until = 2025-12-31 where it ended',
)


def _no_deals(files: Iterable[Guess], left: list[str]) -> Iterator[str]:
    left.append("[deals]: no file seems to hold them, with a day of creation and a status")
    yield from ("", "# [deals]                     # FILL IN: which file holds the deals, and in which columns")
    yield from ('# file = "deals.csv"', "# [deals.columns]")
    yield from (
        f'# {name} = "..."' for name in ("id", "created_at", "status", "closed_at", "manager", "amount", "cost")
    )
    yield from (f"# {f.name} has: {_line(listed(f.columns, 40))}" for f in files)


def _deals(deals: Guess, others: Iterable[Guess], left: list[str]) -> Iterator[str]:
    yield from ("", "[deals]", f"file = {_text(deals.name)}")
    yield from _columns(deals, "deals")
    for name, what in _NEEDED.items():
        if name not in deals.fields:
            left.append(f"[deals.columns] {name}, {what}" if name != "id" else "[deals.columns] id")
            yield f'# {name} = "..."'.ljust(30) + f"# FILL IN: {what}"
    if "cost" not in deals.fields:
        left.append("[deals.columns] cost, what the goods cost you; without it there is no gross profit and no ROI")
        yield '# cost = "..."                # FILL IN: what the goods cost you; without it no gross profit and no ROI'
    yield from _status(deals, left)
    if words := guess_not_closed(deals.cells("closed_at")):
        yield from ("", "[deals.values.closed_at]      # these words mean that there is no date")
        yield from (f'{_text(word)} = ""' for word in words)
    for f in others:
        yield from _misspelt(f, deals)


_NEEDED = {
    "id": "the column with the number of the deal",
    "created_at": "the column with the day on which the deal came in",
    "status": "the column that says whether it is won, lost or open",
}


def _spend(spend: Guess) -> Iterator[str]:
    yield from ("", "[spend]                       # a guess: is this what you spent on winning customers?")
    yield f"file = {_text(spend.name)}"
    yield from _columns(spend, "spend")


def _columns(g: Guess, name: str) -> Iterator[str]:
    """Which column holds which field, and what else there is."""
    renamed = {field: heading for field, heading in g.fields.items() if field != heading}
    if renamed:
        yield from ("", f"[{name}.columns]".ljust(30) + '# field = "heading in the file"')
        yield from (f"{field} = {_text(heading)}" for field, heading in renamed.items())
    if more := [heading for heading in g.columns if heading not in g.fields.values()]:
        yield f"# kept under their own headings: {_line(listed(more, 40))}"


def _status(deals: Guess, left: list[str]) -> Iterator[str]:
    counts = Counter(label for label in deals.cells("status") if label)
    known = guess_status(counts)
    ours = ("open", "won", "lost")
    if all(label in ours for label in counts):
        return
    yield from ("", '[deals.values.status]         # your word = "won", "lost" or "open"; guessed')
    for label, count in counts.most_common(100):
        if label in ours:
            continue
        if label in known:
            yield f"{_text(label)} = {_text(known[label])}"
        else:
            left.append(f"[deals.values.status] {_text(label)} ({_deals_of(count)}): won, lost or open?")
            yield f'# {_text(label)} = ""  # FILL IN: {_deals_of(count)}, won, lost or open?'


# ---------------------------------------------------------------- lookups


def _joint(f: Guess, deals: Guess) -> tuple[str, str] | None:
    """The field of the deals that a file says more about, and the heading of it there."""
    best, found = KNOWN, None
    for heading, cells in f.columns.items():
        labels = {cell for cell in cells if cell}
        if len(labels) < sum(map(bool, cells)) or len(f.columns) < 2:
            continue  # a lookup has a label once
        bare = set(map(_bare, labels))
        for field in JOINED:
            ours = {_bare(cell) for cell in deals.cells(field) if cell}
            known = len(ours & bare) / len(ours) if ours else 0.0
            if known > best or known == best and found is None:
                best, found = known, (field, heading)
    return found


def _lookup(f: Guess, deals: Guess) -> Iterator[str]:
    """A file that says more about a field; its headings that mean something else in the deals get another name."""
    joint = _joint(f, deals)
    if joint is None:
        return
    on, key = joint
    taken = {*deals.fields, *deals.columns, on}
    stem = re.sub(r"\W+", "_", f.name.rpartition(".")[0])
    names = {heading: f"{stem}_{heading}" if heading in taken else heading for heading in f.columns if heading != key}
    columns = ({on: key} if on != key else {}) | {name: heading for heading, name in names.items() if name != heading}
    yield from ("", f"[[lookups]]                   # more about {on}; for --by: {_line(listed(names.values()))}")
    yield from (f"file = {_text(f.name)}", f"on = {_text(on)}")
    if columns:
        yield f"columns = {{ {', '.join(f'{_name(ours)} = {_text(theirs)}' for ours, theirs in columns.items())} }}"


def _misspelt(f: Guess, deals: Guess) -> Iterator[str]:
    """Labels of the deals that a lookup writes otherwise."""
    joint = _joint(f, deals)
    if joint is None:
        return
    field, heading = joint
    theirs = {_bare(label): label for label in f.columns[heading] if label}
    counts = Counter(label for label in deals.cells(field) if label and label not in theirs.values())
    lines = []
    for label, count in counts.most_common(20):
        near = difflib.get_close_matches(_bare(label), theirs, 1, 0.8)
        if near:
            sure = "" if near[0] == _bare(label) else "# "
            lines.append(
                f"{sure}{_text(label)} = {_text(theirs[near[0]])}  # {_deals_of(count)}; a guess, from {f.name}"
            )
    if lines:
        yield from ("", f"[deals.values.{field}]", *lines)


def _bare(label: str) -> str:
    return re.sub(r"[\W_]+", "", label).casefold()


def _deals_of(count: int) -> str:
    return "1 deal" if count == 1 else f"{count:,} deals"


# ---------------------------------------------------------------- TOML


def _text(x: str) -> str:
    return json.dumps(x, ensure_ascii=False).replace("\x7f", "\\u007f")


def _name(x: str) -> str:
    return x if re.fullmatch(r"[A-Za-z0-9_-]+", x) else _text(x)


def _line(x: str) -> str:
    """A text that is safe in a comment."""
    return "".join(c if c.isprintable() else " " for c in x)
