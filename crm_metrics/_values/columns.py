"""What a column holds: labels, times, quantities (money, days, numbers) and flags. Missing is a mask, not a value.

Arithmetic with missing is missing; a comparison with missing is unknown, and unknown counts neither as yes nor as no.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias

import numpy as np

from crm_metrics._values.exact import BIG, WIDE, Array, big, fraction, is_nan, is_number, mixed, times
from crm_metrics._values.spelling import spelled
from crm_metrics.errors import UnknownName, WrongCall, WrongValue, listed, shown

DAY = 86_400_000_000
EPOCH = dt.datetime(1970, 1, 1)
EPOCH_UTC = EPOCH.replace(tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
Mask: TypeAlias = Array | None
Compare: TypeAlias = Callable[[Any, Any], Any]


def either(a: Mask, b: Mask) -> Mask:
    """Where one or the other is."""
    return b if a is None else a if b is None else a | b


def zero(data: Array, mask: Array) -> None:
    """Set what is missing to 0, in place (ten times faster than assigning under a random mask)."""
    if data.dtype == object:
        data[mask] = 0
    else:
        np.multiply(data, ~mask, out=data)


class Column:
    """One value per row, with some of them missing."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # a comparison of columns is a column
    seen: Any = None  # what its cells showed of what it is, where that was decided: see `crm_metrics._values.evidence`

    def __bool__(self) -> NoReturn:
        msg = "a column has one answer per row: write & | ~ for and, or, not, and .isin(...) for in"
        raise WrongCall(msg)

    def __contains__(self, item: Any) -> NoReturn:
        raise WrongCall("a column has one answer per row: write .isin(...) for in")

    def __len__(self) -> int:
        raise NotImplementedError

    def take(self, rows: Array) -> Any:
        """The column of these rows."""
        raise NotImplementedError

    def cut(self, rows: slice) -> Any:
        """The column of a stretch of rows, without copying it."""
        raise NotImplementedError

    def item(self, i: int) -> Any:
        """The value of one row as a record would hold it."""
        raise NotImplementedError

    @property
    def missing(self) -> Flags:
        """Where there is nothing."""
        raise NotImplementedError

    def __repr__(self) -> str:
        few = ", ".join(str(self.item(i)) for i in range(min(len(self), 6)))
        return f"<{type(self).__name__} of {len(self)}: {few}{', ...' if len(self) > 6 else ''}>"


class Flags(Column):
    """Yes, no or unknown per row. Unknown counts as neither it nor its negation (Kleene's logic)."""

    __slots__ = ("true", "unknown")

    def __init__(self, true: Array, unknown: Mask = None) -> None:
        self.true, self.unknown = true, unknown

    def __len__(self) -> int:
        return len(self.true)

    def _false(self) -> Array:
        return ~self.true if self.unknown is None else ~(self.true | self.unknown)

    def __invert__(self) -> Flags:
        return Flags(self._false(), self.unknown)

    def __and__(self, other: Flags) -> Flags:
        other = _flags(other)
        unknown = either(self.unknown, other.unknown)
        true = self.true & other.true
        if unknown is not None:
            unknown = unknown & ~(self._false() | other._false())
        return Flags(true, unknown)

    def __or__(self, other: Flags) -> Flags:
        other = _flags(other)
        unknown = either(self.unknown, other.unknown)
        true = self.true | other.true
        return Flags(true, None if unknown is None else unknown & ~true)

    def cut(self, rows: slice) -> Flags:
        return Flags(self.true[rows], None if self.unknown is None else self.unknown[rows])

    def take(self, rows: Array) -> Flags:
        return Flags(self.true.take(rows), None if self.unknown is None else self.unknown.take(rows))

    def item(self, i: int) -> bool | None:
        return None if self.unknown is not None and self.unknown[i] else bool(self.true[i])

    @property
    def missing(self) -> Flags:
        return Flags(np.zeros(len(self), bool) if self.unknown is None else self.unknown)


def _flags(x: Any) -> Flags:
    if isinstance(x, Nothing):
        return x.flags()
    if not isinstance(x, Flags):
        raise WrongCall(f"& and | join conditions, not {type(x).__name__}: put each comparison in brackets")
    return x


class Labels(Column):
    """Text (or another label) per row, as codes into a sorted list of labels, None last where some are missing."""

    __slots__ = ("choices", "codes", "index", "labels", "name")

    def __init__(self, codes: Array, labels: Sequence[Any], choices: tuple[str, ...] = (), name: str = "") -> None:
        self.codes, self.labels, self.choices, self.name = codes, labels, choices, name
        self.index: dict[Any, int] | None = None

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def size(self) -> int:
        """How many cells a count by these labels has: at least one."""
        return max(1, len(self.labels))

    @property
    def known(self) -> int:
        """How many labels there are, without None."""
        return len(self.labels) - bool(len(self.labels) and self.labels[-1] is None)

    def _unknown(self) -> Mask:
        return self.codes == self.known if self.known < len(self.labels) else None

    def code(self, label: Any) -> int:
        """The code of a label, -1 where no row has it; a text in any spelling, as where it was read."""
        bare = spelled(label) if isinstance(label, str) else label
        if self.choices and label is not None and not (isinstance(bare, str) and bare in self.choices):
            raise UnknownName(f"{self.name} is never {shown(label)}: it is one of {', '.join(self.choices)}")
        if self.index is None:
            self.index = {k: i for i, k in enumerate(self.labels)}
        try:
            found = self.index.get(label)
        except Exception:  # a list, an array, what fails when it is compared
            raise WrongCall(f"{shown(label)} is not one label: give one, or several with .isin(...)") from None
        return self.index.get(bare, -1) if found is None else found

    def __eq__(self, other: object) -> Flags:  # type: ignore[override]  # one answer per row
        if isinstance(other, Labels):
            to = np.array([other.code(k) if k in (other.choices or (k,)) else -1 for k in self.labels], np.int64)
            return Flags(to[self.codes] == other.codes, either(self._unknown(), other._unknown()))
        return self.isin(other)

    def __ne__(self, other: object) -> Flags:  # type: ignore[override]  # one answer per row
        return ~(self == other)

    def _unordered(self, other: Any) -> NoReturn:
        name = self.name or "this column"
        hint = "compare with == or .isin(...), or read amounts and times first with table(rows, Deal)"
        raise WrongCall(f"{name} holds labels, which have no order: {hint}")

    __lt__ = __le__ = __gt__ = __ge__ = __sub__ = __add__ = __mul__ = _unordered

    def isin(self, *labels: Any) -> Flags:
        """Whether a row has one of these labels; unknown where it has none."""
        codes = [c for label in labels if label is not None and (c := self.code(label)) >= 0]
        unknown = self._unknown()
        if 0 < len(codes) <= 4:  # a few comparisons beat a table
            true = self.codes == codes[0]
            for code in codes[1:]:
                true |= self.codes == code
            return Flags(true, unknown)
        hit = np.zeros(self.size, bool)
        hit[codes] = True
        return Flags(hit[self.codes], unknown)

    @property
    def missing(self) -> Flags:
        unknown = self._unknown()
        return Flags(np.zeros(len(self), bool) if unknown is None else unknown)

    def take(self, rows: Array) -> Labels:
        return Labels(self.codes.take(rows), self.labels, self.choices, self.name)

    def cut(self, rows: slice) -> Labels:
        return Labels(self.codes[rows], self.labels, self.choices, self.name)

    def item(self, i: int) -> Any:
        return self.labels[self.codes[i]]


class Nothing(Labels):
    """A column with nothing in it, and of no known kind: to compare it is unknown, to compute with it gives nothing."""

    __slots__ = ()

    def __init__(self, n: int) -> None:
        super().__init__(np.zeros(n, np.uint8), [None])

    def take(self, rows: Array) -> Nothing:
        return Nothing(len(rows))

    def cut(self, rows: slice) -> Nothing:
        return Nothing(rows.stop - rows.start)

    def flags(self) -> Flags:
        """Unknown everywhere."""
        return Flags(np.zeros(len(self), bool), np.ones(len(self), bool))

    def quantity(self) -> Quantity:
        """Numbers that are all missing."""
        return Quantity(np.zeros(len(self), np.int64), np.ones(len(self), bool))

    def instants(self) -> Instants:
        """Times that are all missing."""
        return Instants(np.zeros(len(self), np.int64), np.ones(len(self), bool))

    def _compared(self, other: object) -> Flags:
        return self.flags()

    def _computed(self, other: object) -> Nothing:
        return self

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _compared  # type: ignore[assignment]  # all of them alike
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _computed  # type: ignore[assignment]  # all of them alike

    def __invert__(self) -> Flags:
        return self.flags()

    def __and__(self, other: Any) -> Flags:
        return Flags.__and__(self.flags(), other)

    def __or__(self, other: Any) -> Flags:
        return Flags.__or__(self.flags(), other)

    def __reduce__(self) -> tuple[Any, ...]:
        return Nothing, (len(self),)


class Quantity(Column):
    """Integers over a scale (kopecks over 100, microseconds over a day, counts over 1), or floats where scale is 0.

    ``kind`` says what they measure: "money", "days" or "" for plain numbers. ``currency`` of money is one code
    ("" is the nameless currency), or a column of codes where the table has several.
    """

    __slots__ = ("currency", "data", "kind", "mask", "scale", "seen", "top")

    def __init__(
        self, data: Array, mask: Mask = None, scale: int = 1, kind: str = "", currency: str | Labels = ""
    ) -> None:
        self.data, self.mask, self.scale, self.kind, self.currency = data, mask, scale, kind, currency
        self.top: int | None = None
        self.seen = None

    def __len__(self) -> int:
        return len(self.data)

    def like(self, data: Array, mask: Mask, scale: int | None = None) -> Quantity:
        """The same kind of quantity with other numbers; what is missing is held as 0."""
        if mask is not None:
            zero(data, mask)
        out = Quantity(data, mask, self.scale if scale is None else scale, self.kind, self.currency)
        out.seen = self.seen
        return out

    def magnitude(self) -> int:
        """A bound on the absolute integers, looked up once."""
        if self.top is None:
            self.top = big(self.data)
        return self.top

    @property
    def missing(self) -> Flags:
        return Flags(np.zeros(len(self), bool) if self.mask is None else self.mask)

    # ---- comparison
    def _compared(self, compare: Compare, other: Any) -> Flags:
        if isinstance(other, Nothing):
            return other.flags()
        if isinstance(other, Quantity):
            a, b = _common(self, other, "compare")
            out, mask = compare(a.data, b.data), either(self.mask, other.mask)
        else:
            out, mask = self._against(compare, _scalar(other, self.kind)), self.mask
        return Flags(out if mask is None else out & ~mask, mask)

    def _against(self, compare: Compare, other: Any) -> Array:
        if not self.scale:
            return np.asarray(compare(self.data, float(other)))
        x = other * self.scale
        low, high = math.floor(x), math.ceil(x)
        if low != high and compare in (operator.eq, operator.ne):
            return np.full(len(self), compare is operator.ne)
        bound = low if compare in (operator.gt, operator.le) else high
        if abs(bound) > BIG:
            return np.asarray(compare(self.data.astype(object), bound), bool)
        return np.asarray(compare(self.data, bound), bool)

    def __gt__(self, other: Any) -> Flags:
        return self._compared(operator.gt, other)

    def __ge__(self, other: Any) -> Flags:
        return self._compared(operator.ge, other)

    def __lt__(self, other: Any) -> Flags:
        return self._compared(operator.lt, other)

    def __le__(self, other: Any) -> Flags:
        return self._compared(operator.le, other)

    def __eq__(self, other: object) -> Flags:  # type: ignore[override]  # one answer per row
        return self._compared(operator.eq, other)

    def __ne__(self, other: object) -> Flags:  # type: ignore[override]  # one answer per row
        return self._compared(operator.ne, other)

    # ---- arithmetic
    def __add__(self, other: Quantity) -> Quantity:
        return _sum(self, other, 1)

    def __sub__(self, other: Quantity) -> Quantity:
        return _sum(self, other, -1)

    def __neg__(self) -> Quantity:
        return self.like(-self.data, self.mask)

    def __mul__(self, other: Any) -> Quantity:
        if isinstance(other, Nothing):
            other = other.quantity()
        if isinstance(other, Quantity):
            return _product(self, other)
        k = _scalar(other, "")
        if not self.scale:
            return self.like(self.data * float(k), self.mask)
        return self.like(times(self.data, k.numerator), self.mask, self.scale * k.denominator)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> NoReturn:
        raise WrongCall("columns do not divide: divide totals, ratio(t.sum(a), t.sum(b)), and the whole stays exact")

    __rtruediv__ = __truediv__

    def take(self, rows: Array) -> Quantity:
        mask = None if self.mask is None else self.mask.take(rows)
        unit = self.currency.take(rows) if isinstance(self.currency, Labels) else self.currency
        out = Quantity(self.data.take(rows), mask, self.scale, self.kind, unit)
        out.top, out.seen = self.top, self.seen  # a bound for some of the rows too
        return out

    def cut(self, rows: slice) -> Quantity:
        unit = self.currency.cut(rows) if isinstance(self.currency, Labels) else self.currency
        mask = None if self.mask is None else self.mask[rows]
        out = Quantity(self.data[rows], mask, self.scale, self.kind, unit)
        out.top, out.seen = self.magnitude() if self.scale else None, self.seen
        return out

    def only(self, where: Flags) -> Quantity:
        """The same numbers, missing where a condition does not hold."""
        if where.unknown is None and where.true.all():
            return self
        return self.like(self.data.copy(), either(self.mask, ~where.true))

    def item(self, i: int) -> Any:
        if self.mask is not None and self.mask[i]:
            return None
        if not self.scale:
            return float(self.data[i])
        x = int(self.data[i])
        if self.kind == "days":
            return dt.timedelta(microseconds=x * DAY // self.scale)
        return x if self.scale == 1 and self.kind != "money" else WIDE.divide(Decimal(x), self.scale)


def _scalar(x: Any, kind: str) -> Any:
    if isinstance(x, np.timedelta64):
        x = x.astype("m8[us]").item()
    if isinstance(x, dt.timedelta) and kind == "days":
        return fraction(x // MICROSECOND) / DAY
    if not is_number(x) or is_nan(x):
        what = {"money": "an amount such as 1000", "days": "a number of days"}.get(kind, "a number")
        raise WrongCall(f"cannot compute with {shown(x)}: give {what}, or .missing to ask what is missing")
    try:
        return fraction(x)
    except (ValueError, OverflowError):
        raise WrongCall(f"cannot compute with {shown(x)}: give a finite number") from None


def _common(a: Quantity, b: Quantity, doing: str) -> tuple[Quantity, Quantity]:
    """Two quantities on one scale."""
    if a.kind != b.kind:
        names = " and ".join(k or "plain numbers" for k in (a.kind, b.kind))
        raise WrongCall(f"{names} do not {doing}: bring both to one unit first")
    if isinstance(a.currency, str) and isinstance(b.currency, str) and a.currency != b.currency:
        raise mixed({a.currency, b.currency})
    if a.scale == b.scale:
        return a, b
    if not a.scale or not b.scale:
        return a.like(a.data / (a.scale or 1), None, 0), b.like(b.data / (b.scale or 1), None, 0)
    s = math.lcm(a.scale, b.scale)
    return a.like(times(a.data, s // a.scale), None, s), b.like(times(b.data, s // b.scale), None, s)


def _sum(a: Quantity, b: Any, sign: int) -> Quantity:
    if isinstance(b, Nothing):
        b = a.like(np.zeros_like(a.data), np.ones(len(a), bool))
    if not isinstance(b, Quantity):
        raise WrongCall(f"a column adds to a column, not to {shown(b)}")
    mask = either(a.mask, b.mask)
    a, b = _common(a, b, "add")
    x, y = a.data, b.data
    if a.scale and x.dtype != object and a.magnitude() + b.magnitude() > BIG:
        x = x.astype(object)
    return a.like(x + y if sign > 0 else x - y, mask)


def _product(a: Quantity, b: Quantity) -> Quantity:
    if a.kind and b.kind:
        raise WrongCall(f"{a.kind} times {b.kind} has no meaning: multiply by plain numbers or shares")
    if b.kind:
        a, b = b, a
    x, y = a.data, b.data
    if not (a.scale and b.scale):
        return a.like((x / (a.scale or 1)) * (y / (b.scale or 1)), either(a.mask, b.mask), 0)
    if x.dtype != object and a.magnitude() * b.magnitude() > BIG:
        x = x.astype(object)
    return a.like(x * y, either(a.mask, b.mask), a.scale * b.scale)


class Instants(Column):
    """Times as microseconds since 1970: local business time, or UTC where ``zone`` names the zone of its days.

    ``bare`` says which are bare dates, without a time of day: all, none, or a mask. ``seen`` is what they showed of
    what they are, see `crm_metrics._values.evidence`.
    """

    __slots__ = ("bare", "data", "mask", "seen", "zone")

    def __init__(
        self, data: Array, mask: Mask = None, bare: bool | Array = False, zone: str | None = None, seen: Any = None
    ) -> None:
        self.data, self.mask, self.bare, self.zone, self.seen = data, mask, bare, zone, seen

    def __len__(self) -> int:
        return len(self.data)

    @property
    def missing(self) -> Flags:
        return Flags(np.zeros(len(self), bool) if self.mask is None else self.mask)

    @property
    def timed(self) -> bool:
        """Whether any of them has a time of day."""
        return self.bare is not True and len(self) > 0 and (self.mask is None or not bool(self.mask.all()))

    def local(self) -> Array:
        """Microseconds of local time: what a calendar on the wall of the business shows.

        It begins with the year 1 and ends with 9999: a time that is beyond either end in its zone is at that end.
        """
        if self.zone is None or self.bare is True:
            return self.data
        shift = offsets(self.data, self.zone)
        return _on_the_calendar(self.data + (shift if self.bare is False else np.where(self.bare, 0, shift)))

    def in_zone(self, zone: str | None) -> Instants:
        """The same instants with the days of another zone."""
        if self.zone is None and self.timed:
            msg = f"these times have no zone, so they are local already: leave tz={zone!r} out"
            raise WrongValue(msg)
        if zone is not None:
            zoneinfo(zone)
        return Instants(self.data, self.mask, self.bare, zone, self.seen)

    def without(self, rows: Array) -> Instants:
        """The same times, missing in these rows too."""
        return Instants(self.data, either(self.mask, rows), self.bare, self.zone, self.seen)

    def _pair(self, other: Any) -> tuple[Array, Array, Mask]:
        if isinstance(other, Nothing):
            other = Instants(np.zeros_like(self.data), np.ones(len(self), bool), self.bare, self.zone)
        if not isinstance(other, Instants):
            other = one_instant(other, self.zone)
        _same_zone(self, other)
        a, b = self.data, other.data
        if self.bare is not False or other.bare is not False:
            by_day = np.logical_or(self.bare, other.bare)
            if not (self.bare is True and other.bare is True):
                a, b = (np.where(by_day, x.local() // DAY * DAY, x.data) for x in (self, other))
        return a, b, either(self.mask, other.mask)

    def _compared(self, compare: Compare, other: Any) -> Flags:
        a, b, mask = self._pair(other)
        out = compare(a, b)
        return Flags(out if mask is None else out & ~mask, mask)

    def __gt__(self, other: Any) -> Flags:
        return self._compared(operator.gt, other)

    def __ge__(self, other: Any) -> Flags:
        return self._compared(operator.ge, other)

    def __lt__(self, other: Any) -> Flags:
        return self._compared(operator.lt, other)

    def __le__(self, other: Any) -> Flags:
        return self._compared(operator.le, other)

    def __eq__(self, other: object) -> Flags:  # type: ignore[override]  # one answer per row
        return self._compared(operator.eq, other)

    def __ne__(self, other: object) -> Flags:  # type: ignore[override]  # one answer per row
        return self._compared(operator.ne, other)

    def __sub__(self, other: Any) -> Quantity:
        """Days from the other to this; whole days where either is a bare date."""
        a, b, mask = self._pair(other)
        out = a - b
        if mask is not None:
            zero(out, mask)
        return Quantity(out, mask, DAY, "days")

    def __rsub__(self, other: Any) -> Quantity:
        return one_instant(other, self.zone) - self

    def cut(self, rows: slice) -> Instants:
        mask = None if self.mask is None else self.mask[rows]
        bare = self.bare if isinstance(self.bare, bool) else self.bare[rows]
        return Instants(self.data[rows], mask, bare, self.zone, self.seen)

    def take(self, rows: Array) -> Instants:
        mask = None if self.mask is None else self.mask.take(rows)
        bare = self.bare if isinstance(self.bare, bool) else self.bare.take(rows)
        return Instants(self.data.take(rows), mask, bare, self.zone, self.seen)

    def item(self, i: int) -> Any:
        if self.mask is not None and self.mask[i]:
            return None
        bare = self.bare if isinstance(self.bare, bool) else self.bare[i]
        epoch = EPOCH if self.zone is None or bare else EPOCH_UTC
        try:
            t = epoch + dt.timedelta(microseconds=int(self.data[i]))
        except OverflowError:
            odd = np.datetime64(int(self.data[i]) // DAY, "D")
            raise WrongValue(f"row {i + 1} has a time of {odd}, which no calendar has: correct it") from None
        return t.date() if bare else t


def _same_zone(a: Instants, b: Instants) -> None:
    if len({x.zone is None for x in (a, b) if x.timed}) > 1:
        msg = "times with a zone and times without do not meet: give both a zone, or strip it from both"
        raise WrongValue(msg)


def microseconds(x: dt.date) -> int:
    """A date or datetime as microseconds since 1970, in its own zone's UTC or in local time."""
    if isinstance(x, dt.datetime):
        return (x - (EPOCH if x.tzinfo is None else EPOCH_UTC)) // MICROSECOND
    return (x.toordinal() - 719163) * DAY


def one_instant(x: Any, zone: str | None = None) -> Instants:
    """A date or datetime as a column of one row, to compare with."""
    if not isinstance(x, dt.date) or x != x:  # NaT of pandas says that it is a datetime
        raise WrongCall(f"cannot compare a time with {shown(x)}: give a date or a datetime")
    own = (zone or "UTC") if isinstance(x, dt.datetime) and x.tzinfo is not None else None
    return Instants(np.array([microseconds(x)], np.int64), None, not isinstance(x, dt.datetime), own)


# ---------------------------------------------------------------- zones


def offsets(data: Array, zone: str) -> Array:
    """Microseconds that local time in `zone` is ahead of UTC, per instant."""
    if zone == "UTC" or not len(data):
        return np.zeros(1, np.int64)
    low, high = int(data.min()), int(data.max())
    if (high - low) // STEP > len(data):  # a few times far apart: each is asked, not every clock change between them
        ahead = _ahead(zone)
        return np.array([ahead(us) for us in data.tolist()], np.int64)
    edges, shift = transitions(zone, low, high)
    return shift.take(np.searchsorted(edges, data, side="right"))


STEP = 10 * DAY  # shorter than any stay on a clock


def _ahead(zone: str) -> Callable[[int], int]:
    """How many microseconds the clock of a zone is ahead of UTC at an instant."""
    clock = zoneinfo(zone)

    def offset(us: int) -> int:
        us = min(max(us, _FIRST), _LAST)
        ahead = (EPOCH_UTC + dt.timedelta(microseconds=us)).astimezone(clock).utcoffset()
        return 0 if ahead is None else ahead // MICROSECOND

    return offset


def _on_the_calendar(local: Array) -> Array:
    first, last = FIRST_DAY * DAY, (LAST_DAY + 1) * DAY - 1
    if len(local) and not first <= int(local.min()) <= int(local.max()) <= last:
        return np.clip(local, first, last)
    return local


def transitions(zone: str, low: int, high: int) -> tuple[Array, Array]:
    """The instants at which the clock of a zone changes, and its offset before, between and after them."""
    offset = _ahead(zone)
    edges, shifts = [], [offset(low)]
    for start in range(low, high + 1, STEP):
        a, b = start, min(start + STEP, high + 1)
        while offset(b) != shifts[-1]:
            lo, hi = a, b
            while hi - lo > 1:  # the clock changes in (lo, hi]
                mid = (lo + hi) // 2
                lo, hi = (mid, hi) if offset(mid) == shifts[-1] else (lo, mid)
            edges.append(hi)
            shifts.append(offset(hi))
            a = hi
    return np.array(edges, np.int64), np.array(shifts, np.int64)


FIRST_DAY, LAST_DAY = (day.toordinal() - 719163 for day in (dt.date.min, dt.date.max))
"""The days since 1970 with which the calendar begins and ends."""

_FIRST = (dt.datetime(1, 1, 3) - EPOCH) // MICROSECOND
_LAST = (dt.datetime(9999, 12, 29) - EPOCH) // MICROSECOND


def zoneinfo(zone: str) -> dt.tzinfo:
    """The zone of a name."""
    import zoneinfo as z

    try:
        return z.ZoneInfo(zone if isinstance(zone, str) else "")  # what is no name is compared with those it knows
    except (z.ZoneInfoNotFoundError, ValueError, TypeError, IsADirectoryError):
        some = listed(["Europe/Moscow", "America/New_York", "UTC"])
        msg = f"there is no time zone {shown(zone)}: use a name such as {some} (on Windows: pip install tzdata)"
        raise WrongValue(msg) from None
