"""Which file of a folder holds which record, told by headings, by the names of files, and by whether ids repeat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve, frozen

from crm_metrics import cells as R
from crm_metrics._company.costs import Cost
from crm_metrics._company.crm import RECORDS
from crm_metrics._company.first_settings.exports import Export
from crm_metrics._reading.headings import Guess, guess, guess_columns
from crm_metrics._reading.headings.keys import words
from crm_metrics.errors import listed
from crm_metrics.records import Spend
from crm_metrics.records.schemas import Record, schema

COSTS = "crm.costs"
SECTIONS: Mapping[str, type[Record]] = {**RECORDS, COSTS: Cost}
"""The sections of a crm.toml that name a file, and the record of each."""


@frozen
class Holding:
    """A file as rows of a record: which of its columns hold which fields, and what the words in them mean."""

    file: Export
    record: type[Record]
    guess: Guess

    def headings(self, field: str) -> list[str]:
        """The headings of a field: none, one or several."""
        found = self.guess.columns.get(field, [])
        return [found] if isinstance(found, str) else list(found)

    def cells(self, field: str) -> list[str]:
        """The cells of a field, under all of its headings."""
        return [cell for heading in self.headings(field) for cell in self.file.columns[heading]]

    @property
    def used(self) -> set[str]:
        """The headings that hold a field."""
        return {heading for field in self.guess.columns for heading in self.headings(field)}


# ---------------------------------------------------------------- what it is

CALLED: Mapping[str, str] = {
    "deals": "deal opportunit pipeline sale сделк продаж",
    "spend": "spend marketing advert ads расход реклам затрат",
    "leads": "lead лид обращен заявк",
    "lines": "line item позици состав",
    "changes": "change histor stage transition истори этап стади",
    "calls": "call звон",
    "interactions": "interaction activit engagement активност действи дела",
    "quotas": "quota target план",
    "managers": "manager staff employee team user agent rep менеджер сотрудник продавц команд",
    COSTS: "cost",
    "payments": "payment receipt оплат платеж платёж",
    "invoices": "invoice счет счёт",
    "subscriptions": "subscription подписк",
    "cases": "case ticket тикет инцидент",
    "responses": "survey nps опрос анкет",
    "tasks": "task todo задач",
}
"""How the names of files begin that hold these, in English and in Russian; for some of them there is no section."""

WHO = frozenset({"id", "name", "customer", "manager", "region", "currency", "deal", "lead"})
"""Fields that say whose a row is, and nothing of what it is."""
OWN = ("id", "name")
"""Fields that a file has once, where its rows are what they name."""
WHOSE = ("customer", "deal", "lead")
"""What names somebody or something in particular: a record without such a field has no such rows."""
TOLD_BY_NAME, MONEY, ABSENT, REPEATED = 3, 2, -2, -5
MANY = 3
"""So many required fields say what a row is."""


def holdings(files: Iterable[Export]) -> dict[str, Holding]:
    """The sections whose rows the files hold: a file is of one section, and a section has one file."""
    rivals = sorted((one for f in files for one in _fitting(f)), key=lambda one: -one[0])
    best: dict[str, int] = {}
    out: dict[str, Holding] = {}
    for points, section, found in rivals:
        place = found.file.place
        enough = points >= max(1, best.setdefault(place, points) - 1)  # what it is not by far would be wrong
        if enough and section not in out and all(place != other.file.place for other in out.values()):
            out[section] = found
    return out


def why_not(f: Export, taken: Mapping[str, Holding]) -> str:
    """Why no section uses a file."""
    fitting = sorted(_fitting(f), key=lambda one: -one[0])
    if fitting and (section := fitting[0][1]) in taken:
        other = taken[section].file.place
        return f"seems to be [{section}], as {other} is: put the rows of both into one file, or choose"
    if lacks := _lacks(f):
        return lacks
    if is_sectionless(f):
        return "seems to hold payments, and there is no section for them"
    return f"no section fits its columns ({listed(f.columns, 8)})"


def _fitting(f: Export) -> list[tuple[int, str, Holding]]:
    """The sections that a file may be, and how much speaks for each."""
    fit = ((section, found) for section in SECTIONS if (found := _fit(f, section)))
    return [(_points(section, found), section, found) for section, found in fit]


def _points(section: str, found: Holding) -> int:
    columns, fields, said = found.guess.columns, schema(found.record), _said(found.file)
    points = len(columns) + ABSENT * len(found.guess.missing)
    points += MONEY if any(fields[name].kind is R.money for name in columns) else 0
    points += TOLD_BY_NAME if section in said else -TOLD_BY_NAME if said else 0
    return points + (REPEATED if any(_repeats(found.cells(name)) for name in OWN) else 0)


def _repeats(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return len(set(filled)) < 0.9 * len(filled)


def _said(f: Export) -> list[str]:
    """What a file or sheet is called after: sections, or what has none yet."""
    said = [word.casefold() for word in words(f.sheet or f.name.rpartition(".")[0])]
    starts = {section: tuple(CALLED.get(section, section).split()) for section in {**CALLED, **SECTIONS}}
    return [section for section, start in starts.items() if any(word.startswith(start) for word in said)]


# ---------------------------------------------------------------- whether it can be that


def as_rows(f: Export, record: type[Record]) -> Holding:
    """A file read as rows of a record."""
    if record is not Cost:
        return _readable(Holding(f, record, guess(f.columns, record)))
    found = guess_columns(f.columns, Spend)  # a payment of one's own, with a name
    columns = {field: heading for field, heading in found.items() if field in schema(Cost)}
    return Holding(f, Cost, Guess(columns | ({"name": "name"} if "name" in f.columns else {})))


def _readable(found: Holding) -> Holding:
    """The same without fields that may be left out, of whose words most are not known."""
    fields, columns = schema(found.record), found.guess.columns
    odd = {name for name in found.guess.unknown if not fields[name].required and not _known(found, name)}
    odd -= {name for name in odd if name in found.headings(name)}  # its own name: it is read anyway
    kept = {name: heading for name, heading in columns.items() if name not in odd}
    return evolve(found, guess=evolve(found.guess, columns=kept))


def _fit(f: Export, section: str) -> Holding | None:
    """The file as rows of a section, where it can be that."""
    found = as_rows(f, SECTIONS[section])
    if section == COSTS:
        return found if _is_costs(found) else None
    if found.guess.missing:
        return found if section == "deals" and _like_deals(found) else None
    return found if _may_be(found) and _tells(found, section) else None


def _is_costs(found: Holding) -> bool:
    """Dated amounts with a name, and nothing that only spending or a sale has."""
    other = guess_columns(found.file.columns, Spend).keys() & {"channel", "campaign", "kind"}
    return {"at", "amount", "name"} <= found.guess.columns.keys() and not other and not _names_somebody(found.file)


def _like_deals(found: Holding) -> bool:
    """What comes in on a day and closes, or has a price, and belongs to somebody: no spending has that."""
    fields = found.guess.columns.keys()
    came, ended = fields & {"created_at", "status"}, fields & {"closed_at", "amount"}
    return len(came) == 2 or bool(came and ended) and len(fields & _OF_DEALS) >= 2


_OF_DEALS = {"id", "closed_at", "customer", "manager", "stage", "reason", "probability", "expected_close"}


def _may_be(found: Holding) -> bool:
    """Whether neither the name of the file nor whom it names speaks against it."""
    said = set(_said(found.file))
    whose = {*WHOSE, "id"} & found.guess.columns.keys()
    return (not said or bool(said & SECTIONS.keys())) and (bool(whose) or not _names_somebody(found.file))


def _names_somebody(f: Export) -> bool:
    """Whether a file names customers, deals or leads, in the eyes of any record that has such a field."""
    return any(guess_columns(f.columns, record).keys() & set(WHOSE) for record in RECORDS.values())


def is_sectionless(f: Export) -> bool:
    """Whether a file holds dated amounts of customers, or is called after something that no section is for."""
    said = set(_said(f))
    paid = {"at", "amount"} <= guess_columns(f.columns, Spend).keys() and _names_somebody(f)
    return paid or bool(said) and not said & SECTIONS.keys()


def _tells(found: Holding, section: str) -> bool:
    """Whether what is there says enough: the name of the file, many fields, known words, or one field that tells."""
    fields, columns = schema(found.record), found.guess.columns
    required = [name for name in fields if fields[name].required]
    if section in _said(found.file) or len(required) >= MANY:
        return True
    if chosen := [name for name in required if fields[name].choices]:
        return all(_known(found, name) for name in chosen)
    return any(name not in required for name in columns.keys() - WHO)


def _known(found: Holding, field: str) -> bool:
    """Whether half of the filled cells hold words that are known."""
    unknown = set(found.guess.unknown.get(field, ()))
    filled = [cell for cell in found.cells(field) if cell]
    return 2 * sum(cell in unknown for cell in filled) <= len(filled)


def _lacks(f: Export) -> str | None:
    """What a file is called after, and what it lacks for that."""
    for section in _said(f):
        if section not in SECTIONS:
            return f"seems to hold {section}, and there is no section for them"
        if missing := as_rows(f, SECTIONS[section]).guess.missing:
            return f"may be [{section}], but no heading is known as its {listed(missing)}"
    return None
