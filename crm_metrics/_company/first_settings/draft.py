"""A first crm.toml for a folder of files, written from their headings and values. `write`.

It is a draft for its owner: each guess is said to be one, what cannot be guessed is marked FILL IN, and nothing is
ever written over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from crm_metrics import cells as R
from crm_metrics._company.crm import RECORDS
from crm_metrics._company.first_settings import stage_orders
from crm_metrics._company.first_settings.candidates import COSTS, Holding, holdings, why_not
from crm_metrics._company.first_settings.exports import Folder, read_folder
from crm_metrics._company.first_settings.joints import Joint, joint_of, lookup, respelt
from crm_metrics._company.first_settings.sections import Draft, columns, comment, file_of, noted, quoted, words_of
from crm_metrics._company.first_settings.unsettled import settled
from crm_metrics._company.first_settings.zones import below, offsets_carried
from crm_metrics._company.folder import SETTINGS
from crm_metrics._company.paper import FIGURES
from crm_metrics._company.paths import FILE, FOLDER, as_written, kind, path_of
from crm_metrics._tables import text
from crm_metrics._tables.signs import of_heading
from crm_metrics._values.currencies import EXPONENTS
from crm_metrics.errors import WrongValue, listed
from crm_metrics.records.schemas import schema


def write(folder: str | os.PathLike[str]) -> tuple[Path, Draft]:
    """Write the folder's crm.toml, and say what is left to fill in."""
    folder = path_of(folder)
    if (found := kind(folder)) != FOLDER:
        what = "is a file, not a folder" if found == FILE else found
        raise WrongValue(f"{as_written(folder)} {what}: give the folder that holds your files")
    path = folder / SETTINGS
    if os.path.lexists(path):
        raise _there(path)
    out = draft(folder)
    content = str(out).encode()
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise _there(path) from None
    return path, out


def _there(path: Path) -> WrongValue:
    return WrongValue(f"{path} is there already and is left as it is: move it away first")


def draft(folder: Path) -> Draft:
    """A first crm.toml, as lines; refused where there is nothing to write it of."""
    there = read_folder(folder, SETTINGS)
    found = holdings(there.files)
    if not there.files or there.hopes and not found:
        raise _nothing(folder, there)
    out, deals = Draft(list(_ABOUT)), found.get("deals")
    joints = _joints(there, found)
    used = {one.file.place for one in found.values()} | {one.file.place for one in joints}
    out.unused = there.unread | {f.place: why_not(f, found) for f in there.files if f.place not in used}
    out.add(*(f"# Not used: {line}" for line in out.not_used()))
    _company(folder, found, out)
    _crm(found, out)
    _deals(deals, joints, found, out) if deals else _no_deals(there, out)
    out.add(*(() if "spend" in found else _NO_SPEND))
    for section in RECORDS:
        if section in found and section != "deals":
            _section(section, found, out)
    if "changes" in found:
        _pipelines(found["changes"], out)
    out.add(*_BEFORE)
    out.add(*(line for one in joints if deals for line in lookup(one, deals)))
    return out


def _joints(there: Folder, found: dict[str, Holding]) -> list[Joint]:
    """The files that say more about the deals: lists of managers, and files that are nothing else."""
    if "deals" not in found:
        return []
    rows = {one.file.place for section, one in found.items() if section != "managers"}
    return [one for f in there.files if f.place not in rows and (one := joint_of(f, found["deals"]))]


def _nothing(folder: Path, there: Folder) -> WrongValue:
    """Why no settings are written: they would only stand in the way of the next ones."""
    why = listed((f"{name}: {why}" for name, why in (there.hopes or there.unread).items()), 5)
    what = "no table" if not there.files else "no table of deals or the like"
    return WrongValue(f"{as_written(folder)} holds {what}, so no {SETTINGS} is written ({why or 'it is empty'})")


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
    *(f"# {f'{f.name} = {f.example:_}':<28}# {f.what}" for _, f in FIGURES.values()),
)


# ---------------------------------------------------------------- the company


def _company(folder: Path, found: dict[str, Holding], out: Draft) -> None:
    out.add("", "[company]", f"name = {quoted(comment(folder.resolve().name) or 'My company')}")
    _currency([found[name] for name in ("deals", "spend") if name in found], out)
    _zone(found, out)
    deals = found.get("deals")
    if deals and not deals.headings("cost"):
        out.ask("[company] margin", _MARGIN, "margin = 0.3")


_MARGIN = "what the cost of the goods leaves of a price, where no column has the cost; else no profit and no ROI"


def _currency(tables: Iterable[Holding], out: Draft) -> None:
    signs = {sign for found in tables for sign in _signs(found)}
    if len(signs) == 1 and (code := next(iter(signs))) in EXPONENTS:
        out.add(f"currency = {quoted(code)}              # a guess: of all amounts that name none")
    elif len(signs) > 1:
        out.add(f'# currency = "USD"            # of amounts that name none; the files have {listed(sorted(signs))}')
    else:
        out.left.append("[company] currency")
        out.add('# currency = "USD"            # FILL IN: the currency of all amounts')


def _signs(found: Holding) -> set[str]:
    """The currencies that a column, the amounts or their headings name."""
    meant = found.guess.values.get("currency", {})
    codes = (text.currency(meant.get(cell, cell)) for cell in set(found.cells("currency")))
    if named := {str(code) for code in codes if code}:
        return named
    said = {code for heading in found.headings("amount") if (code := of_heading(heading))}
    return text.currency_signs([*said, *found.cells("amount")])


def _zone(found: dict[str, Holding], out: Draft) -> None:
    """Where the days begin: in the zone that shows all offsets of the deals, or of the other files."""
    carried = next((own for one in _deals_first(found) if (own := offsets_carried(_times(one))).at), None)
    if carried is None:
        out.add('# timezone = "Europe/Moscow"  # where your day begins, if times carry an offset (+03:00)')
        return
    names = "in UTC" if carried.utc else f"at {listed(carried.names)}"
    if zones := carried.zones():
        others = f"; {listed(zones[1:])} would fit too" if zones[1:] else ""
        out.add(noted(f"timezone = {quoted(zones[0])}", f"a guess: the times are {names}{others}"))
    else:
        asked = f"where your day begins: the times are {names}, and without it the days are those of UTC"
        out.ask("[company] timezone", asked, 'timezone = "Europe/Moscow"')


def _deals_first(found: dict[str, Holding]) -> list[Holding]:
    return sorted(found.values(), key=lambda one: one is not found.get("deals"))


def _times(found: Holding) -> set[str]:
    fields = [name for name, field in schema(found.record).items() if field.kind is R.instant]
    return {cell for name in fields for cell in below(found.headings(name), found.cells(name))}


# ---------------------------------------------------------------- the CRM and what it cost


def _crm(found: dict[str, Holding], out: Draft) -> None:
    out.left.append("[crm] go_live and ramp_weeks")
    out.add(*_LIVE)
    if costs := found.get(COSTS):
        out.add("", noted(f"[{COSTS}]", "a guess: is this what the CRM cost?"), *_file(COSTS, found, out))
        out.add(*columns(costs, COSTS))
    else:
        out.left.append("[[crm.costs]], what the CRM cost")
        out.add(*_COSTS)


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


# ---------------------------------------------------------------- rows


def _no_deals(there: Folder, out: Draft) -> None:
    out.left.append("[deals]: no file seems to hold them, with a day of creation and a status")
    out.add("", noted("# [deals]", "FILL IN: which file holds the deals, and in which columns"))
    out.add('# file = "deals.csv"', "# [deals.columns]")
    out.add(*(f'# {name} = "..."' for name in _OF_DEALS))
    out.add(*(f"# {comment(f.place)} has: {comment(listed(f.columns, 40))}" for f in there.files))


_OF_DEALS = ("id", "created_at", "status", "closed_at", "manager", "amount", "cost")


def _file(section: str, found: dict[str, Holding], out: Draft) -> Iterator[str]:
    """The file of a section, and how it is written where its cells do not show it."""
    yield from file_of(found[section].file)
    yield from settled(found[section], section, [*found.values()], out)


def _deals(deals: Holding, joints: Iterable[Joint], found: dict[str, Holding], out: Draft) -> None:
    out.add("", "[deals]", *_file("deals", found, out), *columns(deals, "deals"))
    for name in deals.guess.missing:
        out.ask(f"[deals.columns] {name}", _NEEDED[name], f'{name} = "..."')
    if not deals.headings("cost"):
        out.add(noted('# cost = "..."', "what the goods cost you; or state a margin above"))
    meant = words_of(deals, "deals", out)
    for one in joints:
        respelt(one, deals, meant)
    out.add(*meant)


_NEEDED = {
    "id": "the column with the number of the deal",
    "created_at": "the column with the day on which the deal came in",
    "status": "the column that says whether it is won, lost or open",
}


def _section(section: str, found: dict[str, Holding], out: Draft) -> None:
    """The section of any other record."""
    rows = found[section]
    out.add("", noted(f"[{section}]", f"a guess; a row is: {_what(rows)}"), *_file(section, found, out))
    out.add(*columns(rows, section), *words_of(rows, section, out))


def _what(found: Holding) -> str:
    """What a row is, in the words of the record."""
    said = re.split("[.:;]", found.record.__doc__ or found.record.__name__)[0]
    return " ".join(f"{said[:1].lower()}{said[1:]}".replace("``", "").split())


def _pipelines(changes: Holding, out: Draft) -> None:
    if lines := list(stage_orders.drafted(changes)):
        out.left.append(f"[[pipelines]], the order of the stages in {changes.file.place}")
        out.add(*lines)
