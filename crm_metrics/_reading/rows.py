"""`table`: rows of any kind read whole and checked, so that every bad cell of a load is in one error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from attrs import evolve

from crm_metrics import cells as R
from crm_metrics._reading.report_words import TOTALS
from crm_metrics._reading.surroundings import beside_rows
from crm_metrics._reading.total_rows import totals_of
from crm_metrics._tables import signs, text
from crm_metrics._tables.encoding.cells import FieldCells, ListCells, whole
from crm_metrics._tables.encoding.raws import Headings, How
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.table import LoadReport, Part, RecordT, Table
from crm_metrics._tables.units import other_units
from crm_metrics._values.clocks import zoneinfo
from crm_metrics._values.columns import Instants
from crm_metrics._values.days import YEARS, odd
from crm_metrics._values.exact import Array
from crm_metrics.errors import DataError, Fault, UnknownName, WrongCall, WrongValue, in_words, listed, shown
from crm_metrics.records.schemas import Record, schema


@in_words
def table(
    rows: Part[RecordT],
    record: type[RecordT],
    *,
    columns: Mapping[str, Headings] | Literal["guess"] | None = None,
    values: Mapping[str, Mapping[Any, Any]] | None = None,
    rounding: str | None = None,
    tz: str | None = None,
    currency: str | None = None,
    on_error: str = "raise",
) -> Table[RecordT]:
    """The rows as a table of `record`, every cell read and checked.

    Rows are an iterable of records, a list of dicts, a mapping of columns, or a pandas, polars or Arrow frame (or
    anything that speaks the Arrow stream protocol). Every required column must be there; an empty cell in one is kept
    as missing and counted in ``.report``. Columns that are no field are kept, for `by=` and `where`.

    ``columns`` says where a field is found; of several columns, ``{"closed_at": ["won_at", "lost_at"]}``, each row has
    the first that says something. ``values`` translates labels, for each of several columns by its name:
    ``{"status": {"is_won": {True: "won", False: None}, "is_closed": {True: "lost", False: "open"}}}``.
    ``columns="guess"`` goes by what CRMs call things, headings and words, as `guess` answers it.
    ``rounding="half_even"`` lets amounts finer than the minor unit in, ``tz`` names the zone in which aware times have
    their days, ``currency`` that of amounts which name none. ``on_error="skip"`` leaves rows with bad cells out and
    lists them in ``.report``.

    What a column is, is decided from all of its cells, and said in ``.report.decided``: times that are all midnight (in
    UTC, or where they were written) are days, probabilities of which some are above 1 are percentages. The table is
    apart from the rows that it was made of: they may change, and it does not. Totals among the rows, headings
    again and a footer are left out, and counted in ``.report.around``.

    Raises `DataError` with every bad cell; `UnknownName` where a required column is not there.

    >>> from crm_metrics import Deal
    >>> data = {"no": [1, 2], "came": ["2024-01-05", None], "state": ["LOST", "new"]}
    >>> names = {"id": "no", "created_at": "came", "status": "state"}
    >>> words = {"status": {"LOST": "lost", "new": "open"}}
    >>> deals = table(data, Deal, columns=names, values=words)
    >>> deals
    <Table of 2 Deal rows: id, created_at, status>
    >>> deals.report.missing
    {'created_at': 1}
    """
    rows, names, words = told_columns(rows, record, columns, values)
    how = How(columns=names or {}, values=words or {}, rounding=rounding, tz=tz, currency=code_of(currency))
    rows = rows.copy() if isinstance(rows, list) else rows
    return loaded(rows, record, how, on_error, own=True)


def loaded(rows: Any, record: type, how: How, on_error: str = "raise", *, own: bool = False) -> Table[Any]:
    """`table` with the conventions in one value; files read through it too. ``own``: what is read must be copied."""
    if not (isinstance(record, type) and issubclass(record, Record)):
        raise WrongCall(f"expected a record class such as Deal, got {shown(record)}")
    if not isinstance(on_error, str) or on_error not in ("raise", "skip"):
        raise WrongValue(f"on_error={shown(on_error)}: use 'raise' or 'skip'")
    if how.rounding is not None and not (isinstance(how.rounding, str) and how.rounding in R.ROUNDING):
        raise WrongValue(f"rounding={shown(how.rounding)}: use one of {listed(R.ROUNDING)}")
    if how.tz is not None:
        zoneinfo(how.tz)
    rows = whole(rows)
    if isinstance(rows, Table) and how != How():
        raise WrongCall("these rows are a table already: give columns=, values= and the rest where it is made")
    t = open_rows(rows, record, _with_heading(how, rows, record))
    if own and t is not rows:
        t.own()
    _known_fields(t, how)
    if other := list(other_units(t)):
        raise DataError(other, how.source)
    faults = _checked(t)
    faults |= {(row, fault.field): fault for row, fault in _below_headings(t)}
    around = _around(t, rows, faults)
    faults = {at: fault for at, fault in faults.items() if at[0] not in around}
    zones = {(row, fault.field): fault for row, fault in _zone_faults(t)}
    if zones or faults and on_error == "raise":  # a whole column is not left out
        raise DataError({**zones, **faults}.values(), how.source)
    bad = np.array(sorted({*around, *(row for row, _ in faults)}), np.intp)
    kept = t.take(np.setdiff1d(np.arange(len(t)), bad)) if len(bad) else t
    gaps = {f.name: _gaps(t, f.name, bad) for f in schema(record).values() if f.required}
    missing = {name: n for name, n in gaps.items() if n}
    rows_seen, left, decided = len(t) - len(around), dict(Counter(around.values())), tuple(_decided(t))
    kept.report = LoadReport(rows_seen, len(kept), missing, tuple(faults.values()), decided=decided, around=left)
    return kept


def _around(t: Table[Any], rows: Any, faults: Mapping[tuple[int, str], Fault]) -> dict[int, str]:
    """The rows that are none, but totals of the others, headings or a footer; records are what they say they are."""
    if isinstance(rows, Table) or any(isinstance(t.cells(name), FieldCells) for name in t.columns):
        return {}
    totals = totals_of(t, faults)
    return beside_rows(t, faults, totals) | dict.fromkeys(totals, TOTALS)


def _with_heading(how: How, rows: Any, record: type) -> How:
    """In the currency that the headings of amounts name, where the rows name none of their own."""
    named = signs.of_headings(how, record)
    if not named or isinstance(rows, Table):
        return how
    if "currency" in how.columns or "currency" in open_rows(rows):
        code = how.currency or (next(iter(named)) if len(named) == 1 else None)
        return how if code in text.SHARED_SIGNS else evolve(how, currency=code)
    return how if how.sign is not None else evolve(how, currency=signs.one_sign(how.source, named, how.currency))


def _below_headings(t: Table[Any]) -> Iterator[tuple[int, Fault]]:
    """Amounts whose heading names another currency than their row."""
    for name in signs.money_fields(t.record):
        if not (codes := signs.above(t.how, name)) or name not in t or "currency" not in t:
            continue
        currency = t["currency"]
        other = [i for i, x in enumerate(currency.labels) if not x or not any(text.agrees(code, x) for code in codes)]
        for row in np.flatnonzero(np.isin(currency.codes, other) & ~t[name].missing.true).tolist():
            said = f"is in {code}" if (code := currency.item(row)) else "names no currency"
            problem = f"stands below {t.how.heading(name)!r}, and its row {said}"
            remedy = "correct the heading or the row" if code else "name it there, or pass currency="
            yield row, Fault(row + t.how.first_row, name, t.written(name)[row], problem, remedy)


def code_of(currency: Any) -> str | None:
    """The code of a currency that a caller names."""
    code = R.currency(currency)
    if isinstance(code, R.Bad):
        raise WrongValue(f"currency={shown(currency)}: {code.remedy.partition(',')[0]}")
    return code


def told_columns(rows: Any, record: Any, columns: Any, values: Any) -> tuple[Any, Any, Any]:
    """The rows, ``columns=`` and ``values=`` of a load; what CRMs call things is imported where it is asked for."""
    guess = isinstance(columns, str) and columns == "guess"
    check_mappings(None if guess else columns, values)
    if not guess:
        return rows, columns, values
    from crm_metrics._reading.headings import guessed

    return guessed(rows, record, values)


def check_mappings(columns: Any, values: Any) -> None:
    """Refuse what says nothing about headings and words."""
    columns, values = ({} if given is None else given for given in (columns, values))
    if not isinstance(columns, Mapping) or not all(map(_is_heading, columns.values())):
        msg = f'columns={shown(columns)}: give fields and where they are, columns={{"id": "Deal No"}}, or "guess"'
        raise WrongCall(msg)
    if not isinstance(values, Mapping) or not all(isinstance(w, Mapping) for w in values.values()):
        raise WrongCall(f'values={shown(values)}: give fields and words, values={{"status": {{"WON": "won"}}}}')


def _is_heading(theirs: Any) -> bool:
    several = isinstance(theirs, (list, tuple)) and theirs
    return isinstance(theirs, str) or bool(several) and all(isinstance(one, str) for one in theirs)


def _decided(t: Table[Any]) -> Iterator[str]:
    """What was decided about columns, in sentences."""
    yield from (f"{name} {said}" for name, said in t.said.items())
    times = {name: t[name] for name, field in schema(t.record).items() if field.kind is R.instant and name in t}
    for name, column in times.items():
        if n := int(np.count_nonzero(odd(column.data) & ~column.missing.true)):
            many = f"{n:,} times" if n > 1 else "a time"
            yield f"{name} has {many} before {YEARS[0]}, after {YEARS[-1]} or in January 1970: look at them"
    timed = [column for column in times.values() if column.timed]
    if t.how.tz is not None and timed and all(column.zone is None for column in timed):
        yield f"times have no zone and are local: tz={t.how.tz!r} has nothing to turn"


def _known_fields(t: Table[Any], how: How) -> None:
    fields = schema(t.record)
    if lost := [f.name for f in fields.values() if f.required and f.name not in t]:
        more = f" ({listed(lost[1:])} is needed too)" if lost[1:] else ""
        raise UnknownName(f"{how.source}: {t._lacks(lost[0])}{more}")
    for name in how.values:
        if name not in t:
            raise UnknownName(f"values= names {name!r}: {t._lacks(name)}")


def _checked(t: Table[Any]) -> dict[tuple[int, str], Fault]:
    """Every bad cell, by row and field, in the order of rows."""
    found: dict[tuple[int, str], Fault] = {}
    for name in sorted(t.columns, key=lambda name: name != "currency"):  # which amounts are read in
        if _is_sound(t, name):
            continue
        column, faults = t._read(name)
        t.hold(name, column)
        for (row, _), fault in zip(faults, t.numbered(name, faults), strict=True):
            found.setdefault((row, name), fault)
    for row, fault in _rule_faults(t, {row for row, _ in found}):
        found.setdefault((row, fault.field), fault)
    return dict(sorted(found.items(), key=lambda pair: pair[0][0]))


def _is_sound(t: Table[Any], name: str) -> bool:
    """Whether a column of ids or labels has no fault to find: it is read when something asks for it."""
    field, how = schema(t.record).get(name), t.how
    if t.has_read(name) or type(t) is not Table:
        return t.has_read(name)
    plain = field is None or (field.kind is R.text and not field.choices and name not in how.values)
    return plain and t.cells(name).textual()


def _gaps(t: Table[Any], name: str, left_out: Array) -> int:
    """How many rows lack a value, of those that are kept."""
    if type(t) is Table and not t.has_read(name):
        cells = t.written(name) if len(left_out) else []
        return t.cells(name).empty() - ListCells([cells[row] for row in left_out.tolist()]).empty()
    missing = t[name].missing.true
    return int(np.count_nonzero(missing) - np.count_nonzero(missing[left_out]))


def _zone_faults(t: Table[Any]) -> Iterator[tuple[int, Fault]]:
    """The first row of each time column that has a zone where another has none."""
    times: dict[str, Instants] = {n: t[n] for n, f in schema(t.record).items() if f.kind is R.instant and n in t}
    timed = {n: c for n, c in times.items() if c.timed}
    aware = [n for n, c in timed.items() if c.zone is not None]
    naive = [n for n, c in timed.items() if c.zone is None]
    if aware and naive:
        for name in naive:
            row = int(np.flatnonzero(~timed[name].missing.true)[0])
            problem = f"has no time zone, like the rest of its column, and {aware[0]} has one"
            remedy = "give both columns a zone, or strip it from both"
            yield row, Fault(row + t.how.first_row, name, t.written(name)[row], problem, remedy)


def _rule_faults(t: Table[Any], bad: set[int]) -> Iterator[tuple[int, Fault]]:
    for rule in getattr(t.record, "rules", ()):
        if all(name in t for name in rule.fields):
            yield from ((row, fault) for row, fault in t._broken(rule, t) if row not in bad)
