"""`convert`: the amounts of a table in one currency, at dated rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from attrs import evolve

from crm_metrics import cells as R
from crm_metrics._tables.opening import open_rows
from crm_metrics._tables.table import LoadReport, Table
from crm_metrics._values.clocks import DAY
from crm_metrics._values.columns import Instants, Labels, Quantity, one_instant
from crm_metrics._values.currencies import exponent
from crm_metrics._values.exact import BIG, Array
from crm_metrics.errors import DataError, Fault, UnknownName, WrongCall, WrongValue, in_words, listed, shown
from crm_metrics.records.schemas import schema

Dated = dict[str, list[tuple[int, Fraction]]]
ALWAYS = -BIG
DIGITS = 50  # before or after the point of a rate: one that has more is no rate, and takes for ever to write out


@in_words
def convert(rows: Table[Any], rates: Any, *, to: str, at: str | None = None, on_missing: str = "raise") -> Table[Any]:
    """The same rows with every amount in the currency `to`, rounded half to even at its minor unit.

    `rates` says how much of `to` one unit of a currency is: a mapping ``{"USD": "92.50"}``, or rows with columns
    ``currency``, ``rate`` and ``date``. A dated rate holds from its day until the next one, by the time `at` of each
    row. Rows without a rate are refused; ``on_missing="skip"`` leaves them out and adds them to ``.report``. Rows
    without any amount need no rate and stay. Amounts without a currency need a rate for ``""``.

    >>> from crm_metrics import Deal, sales, table
    >>> day = dict(created_at="2024-01-05", closed_at="2024-02-01", status="won")
    >>> deals = [Deal(id=1, amount=100, currency="USD", **day), Deal(id=2, amount=5000, currency="RUB", **day)]
    >>> roubles = convert(table(deals, Deal), {"USD": "92.505"}, to="RUB")
    >>> sales.won_revenue(roubles)
    14250.5
    """
    if not isinstance(rows, Table):
        raise WrongCall("convert takes a table: convert(table(rows, Deal), rates, to='RUB')")
    code = R.currency(to)
    if not isinstance(code, str):
        raise WrongValue(f"to={to!r} is not a currency: give an ISO 4217 code such as 'USD'")
    if not isinstance(on_missing, str) or on_missing not in ("raise", "skip"):
        raise WrongValue(f"on_missing={on_missing!r}: use 'raise' or 'skip'")
    names = [n for n, f in schema(rows.record).items() if f.kind is R.money and n in rows]
    currency = rows.optional("currency")
    priced = np.zeros(len(rows), bool)
    for name in names:
        priced |= ~rows[name].missing.true
    dated = _dated(rates, code)
    numbers, without, undated = _rates_of_rows(rows, dated, currency, at, priced)
    daily = any(start != ALWAYS for steps in dated.values() for start, _ in steps)
    faults = [_fault(rows, row, currency, code, at if row in undated else None, daily) for row in without]
    if faults and on_missing == "raise":
        raise DataError(faults, rows.how.source)
    converted = {name: _converted(rows[name], numbers, code) for name in names}
    alone = Labels(np.zeros(len(rows), np.uint8), [code], name="currency")
    out = rows.replaced({**converted, "currency": alone})
    if not without:
        return out
    kept = out.take(np.setdiff1d(np.arange(len(rows)), without))
    seen = rows.report or LoadReport(len(rows), len(rows), {})
    n = len(without)
    kept.report = evolve(seen, kept=seen.kept - n, faults=(*seen.faults, *faults), no_rate=seen.no_rate + n)
    return kept


def _dated(rates: Any, to: str) -> Dated:
    """Rates by currency, each from the instant it holds."""
    out: dict[str, dict[int, Fraction]] = {to: {ALWAYS: Fraction(1)}}
    if isinstance(rates, Mapping) and not any(map(_is_list, rates.values())):
        for name, rate in rates.items():
            _put(out, name, ALWAYS, rate, to)
        return {name: [*dated.items()] for name, dated in out.items()}
    t = open_rows(rates)
    if lost := [n for n in ("currency", "rate", "date") if n not in t]:
        needs = "rows of rates have the columns currency, rate and date"
        raise UnknownName(f"the rates have no column {lost[0]!r}; they have {listed(t.columns)}: {needs}")
    for i in range(len(t)):
        name, given = t["currency"].item(i), t["date"].item(i)
        when = R.given(given)
        if when is None:
            raise WrongValue(f"the rate of {name} has no date in row {i + 1}: give the day from which it holds")
        if not isinstance(when, dt.date):
            raise WrongValue(f"the date {shown(given)} of the rate in row {i + 1} is not a time: write 2024-01-01")
        _put(out, name, int(one_instant(when).data[0]), t["rate"].item(i), to)
    return {name: sorted(dated.items()) for name, dated in out.items()}


def _is_list(x: Any) -> bool:
    return hasattr(x, "__len__") and not isinstance(x, (str, bytes, Mapping))


def _put(out: dict[str, dict[int, Fraction]], name: Any, start: int, rate: Any, to: str) -> None:
    """One more rate; one of the target is 1, and a currency has one rate at a time."""
    code, number = _code(name), _rate(name, rate)
    if code == to:
        if number != 1:
            raise WrongValue(f"the rate of {to} to {to} is {shown(rate)}: one {to} is one {to}, leave it out")
        return
    if start in out.setdefault(code, {}):
        day = "" if start == ALWAYS else f" on {dt.date.fromordinal(start // DAY + 719163)}"
        raise WrongValue(f"there are two rates of {shown(name)}{day}: give one")
    out[code][start] = number


def _code(name: Any) -> str:
    code = "" if name == "" else R.currency(name)
    if not isinstance(code, str):
        raise WrongValue(f"{shown(name)} is not a currency: give ISO 4217 codes in the rates")
    return code


def _rate(name: Any, rate: Any) -> Fraction:
    number = R.number(rate)
    if number is None or isinstance(number, R.Bad) or number <= 0:
        raise WrongValue(f"the rate of {name} is {shown(rate)}: give a positive number")
    if abs(number.adjusted()) > DIGITS:
        raise WrongValue(f"the rate of {name} is {shown(rate)}, with more than {DIGITS} digits: correct it")
    return Fraction(number)


def _rates_of_rows(
    rows: Table[Any], dated: Dated, currency: Labels, at: str | None, priced: Array
) -> tuple[list[tuple[Array, Fraction]], list[int], set[int]]:
    """The priced rows of each rate, those that have none, and those of them that lack the time it goes by."""
    found: list[tuple[Array, Fraction]] = []
    without: list[int] = []
    undated: set[int] = set()
    for code, name in enumerate(currency.labels):
        mine = np.flatnonzero(priced & (currency.codes == code))
        steps = dated.get(name or "", [])
        if not steps:
            without += mine.tolist()
        elif steps[0][0] == ALWAYS:
            found.append((mine, steps[0][1]))
        elif len(mine):
            when = _when(rows, at, mine)
            place = np.searchsorted(np.array([start for start, _ in steps]), when, side="right")
            without += mine[(place == 0) | (when == -BIG)].tolist()
            undated.update(mine[when == -BIG].tolist())
            found += [(mine[place == k + 1], rate) for k, (_, rate) in enumerate(steps)]
    return found, sorted(without), undated


def _when(rows: Table[Any], at: str | None, mine: Array) -> Array:
    if at is None:
        raise WrongCall("these rates are dated: say which time of the rows counts, at='closed_at'")
    if not isinstance(at, str):
        raise WrongCall(f"at={shown(at)}: give the name of one time, at='closed_at'")
    times = rows[at]
    if not isinstance(times, Instants):
        raise WrongCall(f"at={at!r} holds no times")
    local = times.local()
    return np.asarray((local if times.mask is None else np.where(times.mask, -BIG, local)).take(mine))


def _converted(x: Quantity, numbers: list[tuple[Array, Fraction]], to: str) -> Quantity:
    scale = 10 ** exponent(to)
    data = np.zeros(len(x), object)
    for mine, rate in numbers:
        factor = rate * scale / x.scale
        data[mine] = _half_even(x.data.take(mine).astype(object) * factor.numerator, factor.denominator)
    if not len(data) or max(abs(int(data.max())), abs(int(data.min()))) <= BIG:
        data = data.astype(np.int64)
    return Quantity(data, x.mask, scale, "money", to)


def _half_even(num: Array, den: int) -> Array:
    """num / den to the nearest integer, a half to the even one."""
    low, rest = num // den, num % den
    up = (2 * rest > den) | ((2 * rest == den) & (low % 2 == 1))
    return np.asarray(low + up.astype(object))


def _fault(rows: Table[Any], row: int, currency: Labels, to: str, undated_at: str | None, daily: bool) -> Fault:
    value, place = currency.item(row), row + rows.how.first_row
    if undated_at is not None:
        remedy = "convert at a time that all rows have, such as at='created_at', or on_missing='skip'"
        return Fault(place, undated_at, None, f"leaves {value} without a day, so without a rate", remedy)
    remedy = f"give a rate to {to}{' for its day' if daily else ''}, or on_missing='skip'"
    if not value:
        remedy = f"if it is in {to} already, rates[''] = 1, else name its currency, or on_missing='skip'"
    return Fault(place, "currency", value, "has no rate", remedy)
