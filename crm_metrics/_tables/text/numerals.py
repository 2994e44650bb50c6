"""How people write numbers: grouped in one of many ways, with a comma or a point, a sign on either side."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from attrs import frozen

from crm_metrics import cells as R
from crm_metrics._tables.text.tidy import ERROR, is_nothing, tidy
from crm_metrics._values.currencies import SHARED_SIGNS, agrees, code_of_word
from crm_metrics.cells import Bad

Mark: TypeAlias = Literal[",", "."]

# What most programs and most Russian spreadsheets write, read at the speed of C.
COMMON = re.compile(r"-?[0-9]{1,99}(?:\.[0-9]{1,2})?").fullmatch
SPACED = re.compile(
    r"-?(?:[0-9]{1,99}|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,30})(?:,[0-9]{1,2})?(?:[ \u00a0\u202f]?₽)?"
).fullmatch
_NUMBER = re.compile(
    r"(?P<before>[^0-9]*?)(?P<digits>(?:(?<!\w)[.,])?[0-9](?:[0-9.,' ]*[0-9])?[.,]?)(?P<after>[^0-9]*)"
).fullmatch
POWER = re.compile(r"[+-]?[0-9]+(?:([.,])[0-9]*)?[eE][+-]?[0-9]+").fullmatch
_ERROR = re.compile(r"#[#A-ZА-Я/0]*[!?]?").fullmatch
_GROUPS = r"[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:'[0-9]{3})+|[0-9]*"
_WHOLE = {  # Indian lakhs and crores make groups of two
    ".": re.compile(rf"[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+|[1-9][0-9]?(?:,[0-9]{{2}})*,[0-9]{{3}}|{_GROUPS}").fullmatch,
    ",": re.compile(rf"[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+|{_GROUPS}").fullmatch,
}
_EITHER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}").fullmatch
_SLIP = re.compile(r"[0-9]+,(?:[0-9]{3})+|[0-9]{4,}\.[0-9]{3}|0[0-9]+[.,][0-9]{3}").fullmatch
_LENGTH = re.compile(r"(?:([0-9]{1,4}):([0-5]?[0-9])|([0-9]{1,3})):([0-5][0-9])(?:[.,]([0-9]{1,6}))?").fullmatch


def number(cell: Any, *, decimal: Mark | None = None) -> Decimal | Bad | None:
    """A plain number; a percentage is a fraction, a power of ten is allowed.

    >>> number("1 234,5"), number("60 %"), number("1.5E+03")
    (Decimal('1234.5'), Decimal('0.60'), Decimal('1.5E+3'))
    """
    if not isinstance(cell, str):
        return R.number(cell)
    plain = tidy(cell)
    if power := POWER(plain):
        return _other_mark(cell, power[1], decimal) or _of_power(cell, plain)
    if not plain.endswith("%") or plain == "%":
        return written(cell, plain, decimal, money=False)
    out = written(cell, plain[:-1].rstrip(), decimal, money=False)
    return R.hundredth(out) if isinstance(out, Decimal) else out


def seconds(cell: Any, *, decimal: Mark | None = None) -> Decimal | Bad | None:
    """A length of time in seconds: a number of them, or h:mm:ss or mm:ss, as telephone systems write it.

    >>> seconds("90"), seconds("00:01:30"), seconds("1:30")
    (Decimal('90'), Decimal('90'), Decimal('90'))
    """
    plain = tidy(cell) if isinstance(cell, str) else ""
    if ":" not in plain:
        return number(cell, decimal=decimal)
    if not (found := _LENGTH(plain)):
        remedy = "write them, or mm:ss, or h:mm:ss with minutes and seconds below 60"
        return Bad(cell, "is not a number of seconds", remedy)
    hours, minutes, alone, rest, fraction = found.groups()
    whole = 3600 * int(hours or 0) + 60 * int(minutes or alone) + int(rest)
    return Decimal(f"{whole}.{fraction}" if fraction else whole)


def decimal_marks(cells: Iterable[Any]) -> set[str]:
    """The decimal marks that these cells can only have: none, one, or both where people mixed them.

    >>> decimal_marks(["1,234", "12,5", "100"]), decimal_marks(["1,234"]), decimal_marks(["1,234,567"])
    ({','}, set(), {'.'})
    """
    return {mark for cell in cells if isinstance(cell, str) and (mark := _proven(cell))}


def two_ways(cells: Iterable[Any]) -> bool:
    """Whether any of these cells may be a number in two ways, as "1,234" may."""
    joined = "\n".join(cell for cell in cells if isinstance(cell, str))
    return re.search(r"[0-9][.,][0-9]{3}(?![0-9]{1,2}(?![0-9]))", joined) is not None


# ---------------------------------------------------------------- what is written


@frozen
class Side:
    """What stands around a number: a minus (or accounting brackets), a currency."""

    negative: bool
    currency: str | None


def found_in(plain: str) -> tuple[str, Side] | None:
    """The digits of a tidy cell and what stands around them; None where it is no number."""
    m = _NUMBER(plain) if len(plain) <= 10 * R.DIGITS else None
    side = _around(m) if m else None
    return (m["digits"], side) if m and side else None


def written(cell: str, plain: str, decimal: Mark | None, *, money: bool) -> Decimal | Bad | None:
    """The number of a tidy cell, exactly as written; a currency stands beside money only."""
    found, noun = found_in(plain), "an amount" if money else "a number"
    if found is None:
        return _no_number(cell, plain, noun)
    digits, side = found
    if side.currency and not money:
        return Bad(cell, "is an amount, not a plain number", "take the currency out, or choose another column")
    mark = _mark(digits)
    if decimal is None and (mark == "?" or mark == "," and _is_slip(digits)):
        return _two_numbers(cell, digits)
    own = decimal or "." if mark == "?" or mark is None else mark
    out = _value(digits, own)
    if out is None:
        return _no_number(cell, plain, noun)
    if isinstance(out, Bad):
        return Bad(cell, out.problem, out.remedy)
    return _other_mark(cell, own, decimal) or (out.copy_negate() if side.negative and out else out)


def _of_power(cell: str, plain: str) -> Decimal | Bad | None:
    out = R.number(plain.replace(",", "."))
    return Bad(cell, out.problem, out.remedy) if isinstance(out, Bad) else out


def _other_mark(cell: str, mark: str | None, decimal: Mark | None) -> Bad | None:
    if not decimal or not mark or mark == decimal:
        return None
    problem = f"has the decimal mark {mark!r} where {decimal!r} is expected"
    return Bad(cell, problem, f"correct it, or pass decimal={mark!r}")


def _proven(cell: str) -> Mark | None:
    """The decimal mark that a cell proves, if it is a number and can be read in no other way."""
    if COMMON(cell) or SPACED(cell):
        return "." if "." in cell else "," if "," in cell else None
    found = found_in(tidy(cell).rstrip("% "))
    mark = _mark(found[0]) if found else None
    if found is None or mark is None or mark == "?" or _is_slip(found[0]) or found[0][-1] in ",.":
        return None
    return mark if isinstance(_value(found[0], mark), Decimal) else None


def _mark(digits: str) -> Mark | Literal["?"] | None:
    """The decimal mark that a number shows: "," or ".", "?" where it may be either, None where it shows none."""
    if "," not in digits and "." not in digits:
        return None
    comma_last = digits.rfind(",") > digits.rfind(".")
    mark: Mark = "," if comma_last else "."
    if digits.count(mark) > 1:
        return "." if comma_last else ","
    return "?" if _EITHER(digits) else mark


def _is_slip(digits: str) -> bool:
    """Whether a number may be a grouped one of which a mark was lost: 1000,000 for 1,000,000.

    Such a number teaches nothing about others, and with a comma it is not read without them: programs write 1234.567.
    """
    return _SLIP(digits) is not None and not digits.startswith(("0,", "0."))


def _value(digits: str, mark: Mark) -> Decimal | Bad | None:
    whole, _, fraction = digits.partition(mark)
    if not _WHOLE[mark](whole) or fraction and not fraction.isdigit():
        return None
    out: Decimal | Bad | None = R.number(re.sub("[^0-9]", "", whole) + (fraction and f".{fraction}"))
    return out


def _around(found: re.Match[str]) -> Side | None:
    """None where something else stands there."""
    before, after = found["before"], found["after"]
    if not before and not after:
        return Side(False, None)
    if after[:1] == "-" and found["digits"][-1] in ".,":
        return None  # "5,-" is five, "5-" is minus five
    brackets = (before.count("("), after.count(")"))
    signs = before.count("-") + before.count("+") + after.count("-")
    sides = [side for side in (before.strip(" -+("), after.strip(" -)")) if side]
    names = sorted({name for side in sides if (name := code_of_word(side))}, key=SHARED_SIGNS.__contains__)
    if brackets not in ((0, 0), (1, 1)) or signs + brackets[0] > 1 or not all(map(code_of_word, sides)):
        return None
    if len(names) == 2 and not agrees(*names):
        return None  # "$5 USD" names one currency twice, "$5 RUB" names two
    return Side(bool(brackets[0]) or "-" in before + after, names[0] if names else None)


def _no_number(cell: str, plain: str, noun: str) -> Bad | None:
    if is_nothing(plain) or "-" in plain and code_of_word(plain.strip(" -")):  # "$ -": a spreadsheet's empty amount
        return None
    if _ERROR(plain):
        return Bad(cell, *ERROR)
    return Bad(cell, f"is not {noun}", "write it like 1234.50 or 1 234,50")


def _two_numbers(cell: str, digits: str) -> Bad:
    grouped, split = re.sub("[.,]", "", digits), digits.replace(",", ".")
    if not _EITHER(digits):
        remedy = 'correct it, or pass decimal="," where it is right'
        return Bad(cell, f"may be {split}, or {grouped} with a mark lost", remedy)
    first, second = (".", ",") if "," in digits else (",", ".")
    remedy = f"pass decimal={first!r} for the first or decimal={second!r} for the second"
    return Bad(cell, f"may be {grouped} or {split}", remedy)
