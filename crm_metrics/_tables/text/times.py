"""How people write dates and times: in figures, with the name of the month, with a clock and an offset after it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from crm_metrics import cells as R
from crm_metrics._tables.text.tidy import ERROR, is_error, is_nothing, tidy
from crm_metrics.cells import Bad, Instant

Order: TypeAlias = Literal["dmy", "mdy"]

_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_MONTH = r"(?P<month>[^\W\d_]{3,9})\.?"
_NTH = r"(?:st|nd|rd|th)?"
_NAMED = [
    re.compile(rf"(?:(?P<weekday>[^\W\d_]{{2,11}})[.,]* +)?{pattern}(?![0-9])")
    for pattern in (
        rf"(?P<day>[0-9]{{1,2}}){_NTH}(?: of)?[-/., ]{{0,2}}{_MONTH}[-/., ]{{0,2}}(?P<year>[0-9]{{4}}|[0-9]{{2}})",
        rf"{_MONTH}[-/., ]{{0,2}}(?P<day>[0-9]{{1,2}}){_NTH}[-/., ]{{1,2}}(?P<year>[0-9]{{4}})",
        rf"(?P<year>[0-9]{{4}})[-/., ]{{0,2}}{_MONTH}[-/., ]{{0,2}}(?P<day>[0-9]{{1,2}})",
    )
]
_CLOCK = re.compile(
    r"(?:T|,? +(?:(?:at|в) +)?)(?P<hour>[0-9]{1,2})(?P<mark>[:.])(?P<minute>[0-9]{2})"
    r"(?:(?P=mark)(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?: ?(?P<zone>Z|(?:UTC|GMT)(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)?|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_IN_HEADING = re.compile(
    r"(?<![^\W_])(?:UTC|GMT)(?: ?[+-] ?[0-9]{1,2}(?::?[0-9]{2})?)?(?![^\W_])|(?<=_)(?:utc|gmt)$|(?<=[a-z])Utc$"
)
_DOTTED = re.compile(r",? +[0-9]{1,2}\.[0-9]{2}(?:\.[0-9]{2})?(?=[ ]|$)")  # 31.03.2024 17.30
_OF_YEAR = re.compile(r"^ ?г(?:\.|ода)?(?=,| |$)", re.IGNORECASE)  # 31.03.2024 г.
_WRITE = "write it like 2024-03-31 17:30 or 31.03.2024 17:30"
_PHP = re.compile(r"-0001-11-30|30\.11\.-0001|11/30/-0001")  # what PHP makes of 0000-00-00

_MONTHS = (
    "jan january янв январь января", "feb february фев февр февраль февраля", "mar march мар март марта",
    "apr april апр апрель апреля", "may май мая", "jun june июн июнь июня", "jul july июл июль июля",
    "aug august авг август августа", "sep sept september сен сент сентябрь сентября",
    "oct october окт октябрь октября", "nov november ноя нояб ноябрь ноября", "dec december дек декабрь декабря",
)  # fmt: skip
_WEEKDAYS = (
    "mon monday пн понедельник", "tue tues tuesday вт вторник", "wed wednesday ср среда",
    "thu thur thurs thursday чт четверг", "fri friday пт пятница", "sat saturday сб суббота",
    "sun sunday вс воскресенье",
)  # fmt: skip
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
"""Names of months, in English and Russian, in full and as they are shortened."""
WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAYS, 1) for name in names.split()}


def time(cell: Any, *, dates: Order | None = None) -> Instant | Bad | None:
    """A date, or a date and time of day; an offset makes it aware, in UTC.

    ISO and yyyy/mm/dd, dd.mm.yyyy, and dates with the name of the month (English, Russian) read alone. dd/mm/yyyy and
    mm/dd/yyyy (with dashes too) take ``dates`` where the cell itself does not tell them apart. A clock may be written
    with points, 17.30. A day that programs write for none, see `crm_metrics._values.days.NO_DAYS`, is none.

    >>> print(time("31.03.2024 17:30"), time("5-Mar-2024"), time("3/31/2024 5:30 PM"))
    2024-03-31 17:30:00 2024-03-05 2024-03-31 17:30:00
    >>> print(time("04/05/2024").problem)
    may be 2024-04-05 or 2024-05-04
    >>> print(time("04/05/2024", dates="dmy"))
    2024-05-04
    """
    out: Any = read_wall(cell, dates=dates)
    return R.in_utc(out)


def read_wall(cell: Any, *, dates: Order | None = None) -> Instant | Bad | None:
    """The same as `time`, an aware one in the offset as it was written.

    >>> print(read_wall("2024-03-31T01:00+05:00"), time("2024-03-31T01:00+05:00"))
    2024-03-31 01:00:00+05:00 2024-03-30 20:00:00+00:00
    """
    if not isinstance(cell, str):
        return R.wall(cell)
    plain = tidy(cell)
    turned = f"{plain[6:10]}-{plain[3:5]}-{plain[:2]}{plain[10:]}" if plain[2:6:3] == ".." else plain
    if turned[4:5] == "-" and turned[10:11] in ("", "T", " "):  # the common shapes, at the speed of C
        iso = R.wall(turned)
        if not isinstance(iso, Bad):
            return iso
    if found := _YEAR_FIRST.match(plain) or _YEAR_LAST.match(plain):
        day = _day(cell, found, dates)
    elif found := next((m for one in _NAMED if (m := one.match(plain)) and _has_month(m)), None):
        day = _day_of_names(cell, found)
    else:
        return _no_time(cell, plain)
    return _at(cell, day, plain[found.end() :]) if isinstance(day, dt.date) else day


def zone_of(heading: str) -> dt.timezone | None:
    """The offset from Greenwich that a heading states for the times below it.

    >>> zone_of("Created (UTC)"), zone_of("created_at_utc"), zone_of("Created (GMT+3)"), zone_of("Created")
    (datetime.timezone.utc, datetime.timezone.utc, datetime.timezone(datetime.timedelta(seconds=10800)), None)
    """
    found = _IN_HEADING.search(heading)
    try:
        return _zone(found[0].replace(" ", "").upper().lstrip("_")) if found else None
    except ValueError:  # 99 hours
        return None


def date_orders(cells: Iterable[Any]) -> set[str]:
    """The orders of day and month that these cells can only have: none, one, or both where people mixed them.

    >>> date_orders(["04/05/2024", "04/13/2024"]), date_orders(["31.12.2024"])
    ({'mdy'}, set())
    """
    texts = [cell for cell in cells if isinstance(cell, str)]
    if not re.search(r"[0-9]/[0-9]|(?<![0-9])[0-9]{1,2}-[0-9]{1,2}-", "\n".join(texts)):
        return set()
    shown = [(_shown(tidy(cell)), cell) for cell in texts]
    return {o for o in ("dmy", "mdy") if any(one == o and not isinstance(read_wall(cell), Bad) for one, cell in shown)}


def _shown(plain: str) -> Order | None:
    """The order of day and month that a date shows, right or not."""
    m = _YEAR_LAST.match(plain)
    return _order(int(m[1]), int(m[3])) if m and m[2] != "." else None


def _order(first: int, second: int) -> Order | None:
    if first > 12 >= second:
        return "dmy"
    return "mdy" if second > 12 >= first else None


# ---------------------------------------------------------------- days


def _day(cell: str, found: re.Match[str], dates: Order | None) -> dt.date | Bad | None:
    """The day of a date in figures."""
    if not found[0].strip("0-/."):
        return None  # 0000-00-00, a database's way to write nothing
    first, second = int(found[1]), int(found[3])
    if found.re is _YEAR_FIRST:
        return _date(cell, first, second, int(found[4]))
    if len(found[4]) == 2:
        return _short(cell)
    year, shown = int(found[4]), "dmy" if found[2] == "." else _order(first, second)
    if shown is None and dates is None and first != second and {first, second} <= set(range(1, 13)):
        problem = f"may be {year:04}-{first:02}-{second:02} or {year:04}-{second:02}-{first:02}"
        return Bad(cell, problem, 'pass dates="mdy" for the first or dates="dmy" for the second')
    if found[2] != "." and shown and dates and shown != dates:
        return Bad(cell, f"is no date in the order {dates}", f'correct it, or pass dates="{shown}"')
    month_first = (shown or dates) == "mdy"
    return _date(cell, year, *((first, second) if month_first else (second, first)))


def _has_month(found: re.Match[str]) -> bool:
    weekday = found["weekday"]
    return found["month"].casefold() in MONTHS and (weekday is None or weekday.casefold() in WEEKDAYS)


def _day_of_names(cell: str, found: re.Match[str]) -> dt.date | Bad | None:
    """The day of a date with the name of its month, and of its weekday where that stands before it."""
    if len(found["year"]) == 2:
        return _short(cell)
    day = _date(cell, int(found["year"]), MONTHS[found["month"].casefold()], int(found["day"]))
    weekday = found["weekday"]
    if weekday and isinstance(day, dt.date) and day.isoweekday() != WEEKDAYS[weekday.casefold()]:
        return Bad(cell, f"is {day}, another day of the week", "correct the date or the day of the week")
    return day


def _short(cell: str) -> Bad:
    return Bad(cell, "has a year of two digits", "write the year in full")


def _date(cell: str, year: int, month: int, day: int) -> dt.date | Bad | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        if (year, month, day) in ((0, 12, 31), (1900, 1, 0), (1900, 0, 1)):
            return None  # the first day of year 1 in the west; day 0 of Excel
        return Bad(cell, "is not in the calendar", "correct the date")


# ---------------------------------------------------------------- times of day


def _at(cell: str, day: dt.date, rest: str) -> Instant | Bad | None:
    """The time of day that stands after a date."""
    rest = _OF_YEAR.sub("", rest)
    if not rest:
        return _unless_none(cell, day)
    if dotted := _DOTTED.match(rest):
        rest = dotted[0].replace(".", ":") + rest[dotted.end() :]
    clock = _CLOCK.fullmatch(rest)
    if not clock:
        return Bad(cell, "is not a time", _WRITE)
    hour, half = int(clock["hour"]), (clock["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        hour = 24
    elif half:
        hour = hour % 12 + (12 if half == "p" else 0)
    micro = int((clock["fraction"] or "0")[:6].ljust(6, "0"))
    try:
        naive = dt.datetime(day.year, day.month, day.day, hour, int(clock["minute"]), int(clock["second"] or 0), micro)
        return _unless_none(cell, naive.replace(tzinfo=_zone(clock["zone"])))
    except ValueError:
        return Bad(cell, "is not a time of day", "correct the time")


def _unless_none(cell: str, x: Instant) -> Instant | Bad | None:
    out: Instant | Bad | None = R.wall(x)
    return Bad(cell, out.problem, out.remedy) if isinstance(out, Bad) else out


def _zone(name: str | None) -> dt.timezone | None:
    if name is None:
        return None
    sign, figures = name.lstrip("UTCGMZ")[:1], name.lstrip("UTCGMZ+-").replace(":", "")
    hours, minutes = (figures, "0") if len(figures) <= 2 else (figures[:-2], figures[-2:])
    ahead = dt.timedelta(hours=int(hours or 0), minutes=int(minutes))
    return dt.timezone(-ahead if sign == "-" else ahead) if ahead else dt.UTC


def _no_time(cell: str, plain: str) -> Instant | Bad | None:
    if is_nothing(plain) or _PHP.match(plain):
        return None
    if re.fullmatch("[0-9]{8}", plain) and not isinstance(iso := R.wall(plain), Bad):
        return iso  # 20240331
    if re.fullmatch(r"[0-9]{5}(?:[.,][0-9]+)?", plain):
        return Bad(cell, "is a spreadsheet's day number", "show the column as dates and save the file again")
    if re.fullmatch(r"[0-9]{10}|[0-9]{13}", plain):
        return Bad(cell, "is a Unix time", _WRITE)
    return Bad(cell, *ERROR) if is_error(plain) else Bad(cell, "is not a time", _WRITE)
