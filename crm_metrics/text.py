"""How people write money, shares, times and currencies in the cells of a file.

Each function reads one text cell and gives the clean value, None where nothing is there, or a
`crm_metrics.cells.Bad` cell that says why not. None of them guesses: "1,234" may be a thousand or a bit more
than one, and 04/05/2024 may be in April or in May. What the cell itself does not show is told by ``decimal=`` and
``dates=``, which `decimal_marks` and `date_orders` find in the other cells of a file.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from attrs import frozen

from crm_metrics import cells
from crm_metrics.cells import Bad, Instant
from crm_metrics.currencies import EXPONENTS, OLD

Mark: TypeAlias = Literal[",", "."]
Order: TypeAlias = Literal["dmy", "mdy"]

NOTHING = frozenset({"", "null", "none", "nan", "nat", "n/a", "na", "#n/a", "#н/д", "<na>", "-", "--", "—"})
"""How an empty cell of money, share, time or currency is written; in a cell of text each of these is a word."""

SIGNS = {
    "₽": "RUB", "р": "RUB", "руб": "RUB", "рубль": "RUB", "рубля": "RUB", "рублей": "RUB", "€": "EUR", "евро": "EUR",
    "£": "GBP", "us$": "USD", "a$": "AUD", "ca$": "CAD", "hk$": "HKD", "nz$": "NZD", "r$": "BRL", "₴": "UAH",
    "грн": "UAH", "₸": "KZT", "тг": "KZT", "тенге": "KZT", "₹": "INR", "₺": "TRY", "zł": "PLN", "kč": "CZK",
    "₪": "ILS", "s$": "SGD", "₩": "KRW", "₫": "VND", "฿": "THB", "сум": "UZS", "₼": "AZN", "₾": "GEL", "֏": "AMD",
}  # fmt: skip
"""What stands beside an amount, in lower case and without a dot, for a currency."""

SHARED_SIGNS = {
    "$": "USD AUD CAD NZD HKD SGD TWD MXN CLP COP ARS", "долл": "USD AUD CAD", "¥": "JPY CNY", "c$": "CAD NIO",
    "kr": "SEK NOK DKK ISK", "rs": "INR PKR LKR NPR MUR", "fr": "CHF XOF XAF",
}  # fmt: skip
"""Signs that several currencies have: fine beside an amount, not enough where a currency must be named."""

# Thin and unbreakable spaces, typographic minus and apostrophes, marks that nobody sees.
_SPACES = dict.fromkeys("\t\n\r\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f", " ")
_UNSEEN = dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")
_TIDY = str.maketrans({**_SPACES, **_UNSEEN, "\u2212": "-", "\u2013": "-", "\u2019": "'", "\u02bc": "'"})


def _tidy(cell: str) -> str:
    return (cell if cell.isascii() else cell.translate(_TIDY)).strip()


# ---------------------------------------------------------------- numbers

# What most programs and most Russian spreadsheets write, read at the speed of C.
_COMMON = re.compile(r"-?[0-9]+(?:\.[0-9]{1,2})?").fullmatch
_SPACED = re.compile(
    r"-?(?:[0-9]+|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+)(?:,[0-9]{1,2})?(?:[ \u00a0\u202f]?₽)?"
).fullmatch
_FLAT = str.maketrans({" ": "", "\u00a0": "", "\u202f": "", "₽": "", ",": "."})
_NO_WORDS = frozenset("0123456789.,'-+()% \u00a0\u202f")
_WORDS = str.maketrans(dict.fromkeys(_NO_WORDS, " "))
_NUMBER = re.compile(
    r"(?P<before>[^0-9]*?)(?P<digits>(?:(?<!\w)[.,])?[0-9](?:[0-9.,' ]*[0-9])?[.,]?)(?P<after>[^0-9]*)"
).fullmatch
_POWER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]{1,3}")
_ERROR = re.compile(r"#[#A-ZА-Я/0]*[!?]?")
_GROUPS = r"[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:'[0-9]{3})+|[0-9]*"
_WHOLE = {  # Indian lakhs and crores make groups of two
    ".": re.compile(rf"[0-9]{{1,3}}(?:,[0-9]{{2,3}})*,[0-9]{{3}}|{_GROUPS}"),
    ",": re.compile(rf"[0-9]{{1,3}}(?:\.[0-9]{{3}})+|{_GROUPS}"),
}
_EITHER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


def amount(cell: str, *, decimal: Mark | None = None) -> Decimal | Bad | None:
    """An amount of money, exactly as written, without its currency sign.

    ``decimal`` says which mark the file uses; without it a cell that may be read in two ways is bad.

    >>> amount("1 234,50 ₽"), amount("($1,234.50)"), amount("n/a")
    (Decimal('1234.50'), Decimal('-1234.50'), None)
    >>> print(amount("1,234").problem)
    may be 1234 or 1.234
    >>> amount("1,234", decimal=".")
    Decimal('1234')
    """
    if decimal != "," and _COMMON(cell):
        return Decimal(cell)
    if decimal != "." and _SPACED(cell):
        return Decimal(cell.translate(_FLAT))
    plain = _tidy(cell)
    if plain.endswith("%"):
        return Bad(cell, "is a share, not an amount", "give an amount of money, or choose another column")
    if _POWER.fullmatch(plain):
        return Bad(cell, "has lost its last digits", "show the column as plain numbers and save the file again")
    return _number(cell, plain, decimal, "an amount")


def number(cell: str, *, decimal: Mark | None = None) -> Decimal | Bad | None:
    """A plain number; a percentage is a fraction, a power of ten is allowed.

    >>> number("1 234,5"), number("60 %"), number("1.5E+03")
    (Decimal('1234.5'), Decimal('0.6'), Decimal('1.5E+3'))
    """
    plain = _tidy(cell)
    if _POWER.fullmatch(plain):
        return Decimal(plain.replace(",", "."))
    if not plain.endswith("%") or plain == "%":
        return _number(cell, plain, decimal, "a number")
    out = _number(cell, plain[:-1].rstrip(), decimal, "a number")
    return out if out is None or isinstance(out, Bad) else out / 100


def share(cell: str, *, percent: bool = False) -> Decimal | Bad | None:
    """A probability from 0 to 1. With ``percent`` a number without a sign is a percentage too.

    A share has no thousands, so its comma or point is always a decimal mark.

    >>> share("60 %"), share("0,6"), share("60", percent=True)
    (Decimal('0.600000'), Decimal('0.600000'), Decimal('0.600000'))
    """
    plain = _tidy(cell)
    signed = percent and plain.casefold() not in NOTHING and not plain.endswith("%")
    mark: Mark = "," if "," in plain else "."
    out = number(f"{plain}%" if signed else plain, decimal=mark)
    checked = cells.share(out) if isinstance(out, Decimal) else out
    return Bad(cell, checked.problem, checked.remedy) if isinstance(checked, Bad) else checked


def decimal_marks(cells: Iterable[str]) -> set[str]:
    """The decimal marks that these cells can only have: none, one, or both where people mixed them.

    >>> decimal_marks(["1,234", "12,5", "100"]), decimal_marks(["1,234"]), decimal_marks(["1,234,567"])
    ({','}, set(), {'.'})
    """
    return {mark for cell in cells if (mark := _mark_of_cell(cell))}


def two_ways(cells: Iterable[str]) -> bool:
    """Whether any of these cells may be a number in two ways, as "1,234" may."""
    return re.search(r"[0-9][.,][0-9]{3}(?![0-9])", "\n".join(cells)) is not None


def currency_signs(cells: Iterable[str]) -> set[str]:
    """The currencies that stand beside the amounts of these cells, a code or a sign each.

    >>> sorted(currency_signs(["5 руб.", "10 ₽", "$3", "7"]))
    ['$', 'RUB']
    """
    cells = list(cells)
    if set("".join(cells)) <= _NO_WORDS:
        return set()
    words = {tuple(cell.translate(_WORDS).split()) for cell in cells}
    found = {currency for word in set(itertools.chain(*words)) if (currency := _currency_of(word))}
    return {one for one in found if not any(code in SHARED_SIGNS.get(one, "") for code in found)}  # $ beside USD


def _number(cell: str, plain: str, decimal: Mark | None, noun: str) -> Decimal | Bad | None:
    m = _NUMBER(plain)
    side = _around(m) if m else None
    if m is None or side is None:
        return _no_number(cell, plain, noun)
    mark = _mark(m["digits"])
    if mark == "?" and decimal is None:
        return _two_numbers(cell, m["digits"])
    own = decimal or "." if mark == "?" or mark is None else mark
    out = _value(m["digits"], own)
    if out is None:
        return _no_number(cell, plain, noun)
    if decimal and own != decimal:
        problem = f"has the decimal mark {own!r} where {decimal!r} is expected"
        return Bad(cell, problem, f"correct it, or pass decimal={own!r}")
    return out.copy_negate() if side.negative and out else out


def _mark_of_cell(cell: str) -> Mark | None:
    """The decimal mark that a cell proves."""
    if _COMMON(cell) or _SPACED(cell):
        return "." if "." in cell else "," if "," in cell else None
    m = _NUMBER(_tidy(cell).rstrip("% "))
    mark = _mark(m["digits"]) if m and _around(m) else None
    if m is None or mark is None or mark == "?":
        return None
    return mark if _value(m["digits"], mark) is not None else None


def _mark(digits: str) -> Mark | Literal["?"] | None:
    """The decimal mark that a number shows: "," or ".", "?" where it may be either, None where it shows none."""
    if "," not in digits and "." not in digits:
        return None
    comma_last = digits.rfind(",") > digits.rfind(".")
    mark: Mark = "," if comma_last else "."
    if digits.count(mark) > 1:
        return "." if comma_last else ","
    return "?" if _EITHER.fullmatch(digits) else mark


def _value(digits: str, mark: Mark) -> Decimal | None:
    whole, _, fraction = digits.partition(mark)
    if not _WHOLE[mark].fullmatch(whole) or fraction and not fraction.isdigit():
        return None
    return Decimal(re.sub("[^0-9]", "", whole) + (fraction and f".{fraction}"))


@frozen
class _Side:
    """What stands around a number: a minus (or accounting brackets), a currency."""

    negative: bool
    currency: str | None


def _around(found: re.Match[str]) -> _Side | None:
    """None where something else stands there."""
    before, after = found["before"], found["after"]
    if not before and not after:
        return _Side(False, None)
    if after[:1] == "-" and found["digits"][-1] in ".,":
        return None  # "5,-" is five, "5-" is minus five
    brackets = (before.count("("), after.count(")"))
    signs = before.count("-") + before.count("+") + after.count("-")
    sides = [side for side in (before.strip(" -+("), after.strip(" -)")) if side]
    names = sorted({name for side in sides if (name := _currency_of(side))}, key=SHARED_SIGNS.__contains__)
    if brackets not in ((0, 0), (1, 1)) or signs + brackets[0] > 1 or not all(map(_currency_of, sides)):
        return None
    if len(names) == 2 and names[0] not in SHARED_SIGNS.get(names[1], ""):
        return None  # "$5 USD" names one currency twice, "$5 RUB" names two
    return _Side(bool(brackets[0]) or "-" in before + after, names[0] if names else None)


def _currency_of(sign: str) -> str | None:
    name = sign.casefold().rstrip(".")
    code = OLD.get(name.upper(), name.upper())
    return SIGNS.get(name) or (code if code in EXPONENTS else name if name in SHARED_SIGNS else None)


def _no_number(cell: str, plain: str, noun: str) -> Bad | None:
    bare = plain.casefold()
    if bare in NOTHING or _currency_of(bare.strip(" -")) and "-" in bare:  # "$ -": a spreadsheet's empty amount
        return None
    if _ERROR.fullmatch(plain):
        return Bad(cell, "is an error of the spreadsheet", "correct the formula or widen the column, and save again")
    return Bad(cell, f"is not {noun}", "write it like 1234.50 or 1 234,50")


def _two_numbers(cell: str, digits: str) -> Bad:
    grouped, split = re.sub("[.,]", "", digits), digits.replace(",", ".")
    other = "." if "," in digits else ","
    remedy = f"pass decimal={other!r} for the first or decimal={'.' if other == ',' else ','!r} for the second"
    return Bad(cell, f"may be {grouped} or {split}", remedy)


# ---------------------------------------------------------------- times

_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_CLOCK = re.compile(
    r"(?:T|,? +)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_WRITE = "write it like 2024-03-31 17:30 or 31.03.2024 17:30"


def currency_of(cell: str) -> str | None:
    """STANDIN."""
    m = _NUMBER(_tidy(cell))
    side = _around(m) if m else None
    return side.currency if side else None


def agrees(sign: str, code: str) -> bool:
    """STANDIN."""
    return sign == code or code in SHARED_SIGNS.get(sign, "").split()


def wall(cell: str, *, dates: Order | None = None) -> Any:
    """STANDIN."""
    plain = _tidy(cell)
    m = re.fullmatch(r"(.*?)(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)", plain) if ":" in plain else None
    out = time(cell, dates=dates)
    if m and isinstance(out, dt.datetime) and out.tzinfo is not None:
        return out.astimezone(_zone(m[2]))
    return out


def time(cell: str, *, dates: Order | None = None) -> Instant | Bad | None:
    """A date, or a date and time of day; an offset makes it aware.

    ISO and yyyy/mm/dd, and dd.mm.yyyy, read alone. dd/mm/yyyy and mm/dd/yyyy (with dashes too) take ``dates``
    where the cell itself does not tell them apart.

    >>> print(time("31.03.2024 17:30"), time("2024-03-31"), time("3/31/2024 5:30 PM"))
    2024-03-31 17:30:00 2024-03-31 2024-03-31 17:30:00
    >>> print(time("04/05/2024").problem)
    may be 2024-04-05 or 2024-05-04
    >>> print(time("04/05/2024", dates="dmy"))
    2024-05-04
    """
    plain = _tidy(cell)
    turned = f"{plain[6:10]}-{plain[3:5]}-{plain[:2]}{plain[10:]}" if plain[2:6:3] == ".." else plain
    if turned[4:5] == "-" and turned[10:11] in ("", "T", " "):  # the common shapes, at the speed of C
        iso = cells.instant(turned)
        if not isinstance(iso, Bad):
            return iso
    found = _YEAR_FIRST.match(plain) or _YEAR_LAST.match(plain)
    if not found:
        return _no_time(cell, plain)
    day = _day(cell, found, dates)
    rest = plain[found.end() :]
    return _at(cell, day, rest) if rest and isinstance(day, dt.date) else day


def date_orders(cells: Iterable[str]) -> set[str]:
    """The orders of day and month that these cells can only have: none, one, or both where people mixed them.

    >>> date_orders(["04/05/2024", "04/13/2024"]), date_orders(["31.12.2024"])
    ({'mdy'}, set())
    """
    cells = list(cells)
    if not re.search(r"[0-9]/[0-9]|(?<![0-9])[0-9]{1,2}-[0-9]{1,2}-", "\n".join(cells)):
        return set()
    found = (_YEAR_LAST.match(_tidy(cell)) for cell in cells)
    orders = (_order(int(m[1]), int(m[3])) for m in found if m and m[2] != ".")
    return {order for order in orders if order}


def _order(first: int, second: int) -> Order | None:
    if first > 12 >= second:
        return "dmy"
    return "mdy" if second > 12 >= first else None


def _day(cell: str, found: re.Match[str], dates: Order | None) -> dt.date | Bad | None:
    if not found[0].strip("0-/."):
        return None  # 0000-00-00, a database's way to write nothing
    first, second = int(found[1]), int(found[3])
    if found.re is _YEAR_FIRST:
        return _date(cell, first, second, int(found[4]))
    if len(found[4]) == 2:
        return Bad(cell, "has a year of two digits", "write the year in full")
    year, shown = int(found[4]), "dmy" if found[2] == "." else _order(first, second)
    if shown is None and dates is None and first != second and max(first, second) <= 12:
        problem = f"may be {year:04}-{first:02}-{second:02} or {year:04}-{second:02}-{first:02}"
        return Bad(cell, problem, 'pass dates="mdy" for the first or dates="dmy" for the second')
    if found[2] != "." and shown and dates and shown != dates:
        return Bad(cell, f"is no date in the order {dates}", f'correct it, or pass dates="{shown}"')
    month_first = (shown or dates) == "mdy"
    return _date(cell, year, *((first, second) if month_first else (second, first)))


def _date(cell: str, year: int, month: int, day: int) -> dt.date | Bad:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return Bad(cell, "is not in the calendar", "correct the date")


def _at(cell: str, day: dt.date, rest: str) -> Instant | Bad | None:
    clock = _CLOCK.fullmatch(rest)
    if not clock:
        return _no_time(cell, rest)
    hour, half = int(clock["hour"]), (clock["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        hour = 24
    elif half:
        hour = hour % 12 + (12 if half == "p" else 0)
    micro = int((clock["fraction"] or "0")[:6].ljust(6, "0"))
    try:
        naive = dt.datetime(day.year, day.month, day.day, hour, int(clock["minute"]), int(clock["second"] or 0), micro)
        out = cells.instant(naive.replace(tzinfo=_zone(clock["zone"])))
    except ValueError:
        return Bad(cell, "is not a time of day", "correct the time")
    return Bad(cell, out.problem, out.remedy) if isinstance(out, Bad) else out


def _zone(name: str | None) -> dt.timezone | None:
    if name is None or name[0] not in "+-":
        return dt.UTC if name else None
    ahead = dt.timedelta(hours=int(name[1:3]), minutes=int(name[3:].lstrip(":") or 0))
    return dt.timezone(-ahead if name[0] == "-" else ahead)


def _no_time(cell: str, plain: str) -> Instant | Bad | None:
    if plain.casefold() in NOTHING:
        return None
    if re.fullmatch("[0-9]{8}", plain) and not isinstance(iso := cells.instant(plain), Bad):
        return iso  # 20240331
    if re.fullmatch(r"[0-9]{5}(?:[.,][0-9]+)?", plain):
        return Bad(cell, "is a spreadsheet's day number", "show the column as dates and save the file again")
    if re.fullmatch(r"[0-9]{10}|[0-9]{13}", plain):
        return Bad(cell, "is a Unix time", _WRITE)
    return Bad(cell, "is not a time", _WRITE)


# ---------------------------------------------------------------- currencies


def currency(cell: str) -> str | Bad | None:
    """An ISO 4217 code, from a code, a sign or a word.

    >>> currency("rub"), currency("руб."), currency("€")
    ('RUB', 'RUB', 'EUR')
    """
    plain = _tidy(cell)
    if plain.casefold() in NOTHING:
        return None
    name = _currency_of(plain)
    if name in SHARED_SIGNS:
        return Bad(cell, "is a sign of several currencies", f'name one with values={{"currency": {{{plain!r}: ...}}}}')
    out = name or cells.currency(plain)
    return Bad(cell, out.problem, out.remedy) if isinstance(out, Bad) else out
