"""A converter of cells never raises, whatever it gets: it gives a clean value, None, or a bad cell that holds it."""

from __future__ import annotations

import array
import contextlib
import datetime as dt
import enum
import re
import threading
import uuid
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from cases import deal

from crm_metrics import cells
from crm_metrics._tables import text
from crm_metrics.cells import Bad
from crm_metrics.errors import DataError, shown


class Hostile:
    """An object that fails whatever is asked of it."""

    def _fail(self, *_: Any) -> Any:
        raise RuntimeError("leave me alone")

    __eq__ = __ne__ = __lt__ = __bool__ = __float__ = __int__ = __index__ = __len__ = __hash__ = __repr__ = __str__ = (
        _fail
    )


class Nowhere(dt.tzinfo):
    """A time zone of somebody else's, with a mistake in it."""

    def utcoffset(self, _: Any) -> Any:
        raise ZeroDivisionError

    def dst(self, _: Any) -> Any:
        raise ZeroDivisionError

    def tzname(self, _: Any) -> Any:
        raise ZeroDivisionError


class Unsure(Nowhere):
    def utcoffset(self, _: Any) -> Any:
        return None


class Colour(str, enum.Enum):  # noqa: UP042  # not StrEnum: its str() is not its value
    RED = "red"


HUGE = 10**1_000_000
CYCLE: list[Any] = []
CYCLE.append(CYCLE)

# Never a number, never a time, never a label.
ALIEN: list[Any] = [
    object(), Hostile(), [], [1], (), (1,), {}, {"a": 1}, set(), {1}, range(3), b"12", bytearray(b"12"),
    memoryview(b"1"),
    1j, complex("nan"), Ellipsis, NotImplemented, int, len, lambda: 1, (x for x in "ab"), threading.Lock(),
    re.compile("a"),
    uuid.UUID(int=7), array.array("d", [1]), slice(1), Exception("no"), CYCLE, dt.timedelta(days=1),
    dt.time(12), dt.UTC,
    np.array(5), np.array(5.5), np.array("5"), np.array(True), np.array(None), np.array([5.0]), np.array([]),
    np.array([np.nan]), np.array(np.nan), np.ma.masked, np.timedelta64(5, "ns"), np.timedelta64(5, "D"),
    np.dtype("f8"),
    np.void(b"12"), np.array((1, 2), "i4,i4")[()], Colour,
]  # fmt: skip
ODD: list[Any] = [
    *ALIEN,
    None, True, False, np.True_, np.False_, "", " ", "\ud800", "\x00", "9" * 1_000_000, "1e999999999",
    "-1e-999999999",
    "1" + "0" * 5000, "=", '="', '=""', '="1', "%", "-", "(", ",", ".", "nan%", "1e", "e5", "--1", "²", "１２", "١٢",
    HUGE, -HUGE, 10**5000, Decimal("1e999999"), Decimal("-1e999999999"), Decimal("1e-999999999"), Decimal("NaN"),
    Decimal("sNaN"), Decimal("-Infinity"), Decimal("9" * 5000), float("nan"), float("-inf"), 1e308, 5e-324, -0.0,
    Fraction(1, 3), Fraction(HUGE, 3), Fraction(3, HUGE), np.float16(1.5), np.float32("inf"), np.float32("nan"),
    np.float32(0.1), np.longdouble("1e4000"), np.int8(-1), np.uint64(2**64 - 1), np.str_("a"), np.bytes_(b"a"),
    Colour.RED,
    dt.date.min, dt.date.max, dt.datetime.min, dt.datetime.max, dt.datetime.min.replace(tzinfo=dt.UTC),
    dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-23, minutes=-59))),
    dt.datetime(2024, 1, 5, tzinfo=Nowhere()), dt.datetime(2024, 1, 5, tzinfo=Unsure()),
    np.datetime64("NaT", "us"), np.datetime64("NaT", "D"), np.datetime64(2**62, "D"), np.datetime64(-(2**62), "Y"),
    np.datetime64(2**62, "M"), np.datetime64(2**63 - 1, "ns"), np.datetime64(-(2**63) + 1, "us"),
    np.datetime64(5, "as"),
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "10000-01-01", "0000-12-31",
    "2024-01-05T10:00:00+99:99",
]  # fmt: skip

CELLS: list[Callable[[Any], Any]] = [
    cells.text, cells.number, cells.money, cells.share, cells.instant, cells.wall, cells.currency, cells.flag,
    lambda x: cells.share(x, percent=True), lambda x: cells.share(x, percent=None),
]  # fmt: skip
TEXTS: list[Callable[[Any], Any]] = [
    text.amount, text.number, text.seconds, text.share, text.time, text.read_wall, text.currency,
    *(lambda x, mark=mark: text.amount(x, decimal=mark) for mark in (",", ".")),
    *(lambda x, mark=mark: text.number(x, decimal=mark) for mark in (",", ".")),
    *(lambda x, order=order: text.time(x, dates=order) for order in ("dmy", "mdy")),
    *(lambda x, percent=percent: text.share(x, percent=percent) for percent in (True, None)),
]  # fmt: skip
EVIDENCE: list[Callable[[Any], Any]] = [
    text.decimal_marks, text.two_ways, text.date_orders, text.currency_signs,
    *(lambda x, heading=heading: text.shares_in_percent(text.shares_seen(x), heading) for heading in ("p", "p, %")),
]  # fmt: skip


@pytest.mark.parametrize("read", [*CELLS, *TEXTS])
def test_no_converter_raises(read: Callable[[Any], Any]) -> None:
    for x in ODD:
        out = read(x)
        assert type(out) in (Bad, str, Decimal, bool, dt.date, dt.datetime, type(None)), (shown(x), out)
        assert type(out) is not Bad or out.value is x, shown(x)


@pytest.mark.parametrize("read", [*CELLS, *TEXTS])
def test_what_is_no_cell_at_all_is_a_bad_one(read: Callable[[Any], Any]) -> None:
    for x in ALIEN:
        assert type(read(x)) is Bad, shown(x)


@pytest.mark.parametrize("ask", EVIDENCE)
def test_what_the_cells_of_a_column_prove_is_found_among_odd_ones(ask: Callable[[Any], Any]) -> None:
    assert ask(ODD) in (set(), {"."}, False, True, None)
    assert all(text.currency_of(x) is None for x in ODD)


@pytest.mark.parametrize("field", ["id", "manager", "amount", "probability", "created_at", "currency", "status"])
def test_a_record_refuses_them_with_an_error_of_ours(field: str) -> None:
    for x in ODD:
        with contextlib.suppress(DataError):
            deal(**{field: x})


# ---------------------------------------------------------------- numbers too long to compute with

LONG = ["1e999999999", "1e-9999999", "-1E+400", "9" * 101, "1" * 60 + "." + "1" * 60, "0." + "0" * 200 + "1"]
LONG_OBJECTS = [Decimal("1e999999"), Decimal("1e-999999"), HUGE, -HUGE, 10**101, 1e200, 1e-200]


@pytest.mark.parametrize("x", [*LONG, *LONG_OBJECTS], ids=lambda x: shown(x)[:20])
def test_a_number_of_a_hundred_digits_is_the_longest(x: Any) -> None:
    for read in (cells.number, cells.money, cells.share, text.number):
        out: Any = read(x)
        assert type(out) is Bad and out.problem == "has more than 100 digits", read


@pytest.mark.parametrize("x", [Decimal("1e999999"), HUGE, 10**101], ids=lambda x: shown(x)[:20])
def test_an_id_too(x: Any) -> None:
    out: Any = cells.text(x)
    assert type(out) is Bad and out.problem == "has more than 100 digits"


def test_numbers_that_people_have_are_not_too_long() -> None:
    assert cells.number(10**99) == 10**99 and cells.number("1e-30") == Decimal("1e-30")
    assert cells.text(10**99) == "1" + "0" * 99 and cells.text("9" * 500) == "9" * 500
    assert text.number("1E+50") == 10**50 and text.amount("9" * 40) == Decimal("9" * 40)


def test_a_message_shows_whatever_it_refuses() -> None:
    assert shown(HUGE) == "int that cannot be shown" and shown(Hostile()) == "Hostile that cannot be shown"
    assert shown(np.array([[1, 2], [3, 4]])) == "array([[1, 2],        [3, 4]])"
    assert shown(np.float32(19.99)) == "19.99" and shown(None) == "None" and shown("x" * 99) == f"'{'x' * 56}..."


# ---------------------------------------------------------------- a time is never a number, True is never 1

TIMES = [np.datetime64("2024-01-05", unit) for unit in ("D", "s", "us", "ns")]
SPANS = [np.timedelta64(90, unit) for unit in ("D", "s", "us", "ns")] + [dt.timedelta(90)]


@pytest.mark.parametrize("x", [*TIMES, *SPANS, True, np.True_, np.False_], ids=repr)
def test_a_time_or_a_flag_is_no_number_and_no_label_whatever_its_unit(x: Any) -> None:
    for read in (cells.text, cells.number, cells.money, cells.share, text.amount, text.number, text.seconds):
        out: Any = read(x)
        assert type(out) is Bad and f"is a {type(x).__name__}" in out.problem, read


@pytest.mark.parametrize("x", [*SPANS, *TIMES], ids=repr)
def test_a_stretch_of_time_is_no_flag_and_no_instant(x: Any) -> None:
    assert type(cells.flag(x)) is Bad
    assert type(cells.instant(x)) is (Bad if x in SPANS else dt.date if x.dtype == "M8[D]" else dt.datetime)


@pytest.mark.parametrize(
    ("x", "flag"), [(np.True_, True), (np.False_, False), (1, True), (np.int8(0), False), (1.0, True)]
)
def test_flags_of_numpy_are_flags(x: Any, flag: bool) -> None:
    assert cells.flag(x) is flag


def test_a_label_of_an_enumeration_is_its_value() -> None:
    assert cells.text(Colour.RED) == "red" and type(cells.text(Colour.RED)) is str


# ---------------------------------------------------------------- floats of four bytes


@pytest.mark.parametrize("x", ["19.99", "0.1", "-1234.56", "131071.98", "16777216", "99999", "0.07"])
def test_an_amount_of_a_narrow_float_is_the_one_that_was_meant(x: str) -> None:
    assert cells.money(np.float32(x)) == Decimal(x) and cells.number(np.float32(x)) == Decimal(x)
    assert deal(amount=np.float32(x)).amount == Decimal(x)


@pytest.mark.parametrize("x", [np.float32("200000.37"), np.float32("16777218"), np.float16("16.5"), np.float16(4096)])
def test_an_amount_that_has_lost_its_last_digits_is_refused(x: Any) -> None:
    out: Any = cells.money(x)
    assert type(out) is Bad and (out.problem, out.remedy) == (
        f"is a {type(x).__name__}, which has lost its last digits", "read amounts as float64 or text",
    )  # fmt: skip


def test_a_probability_of_a_narrow_float_is_the_one_that_was_meant() -> None:
    assert cells.share(np.float32(0.6)) == Decimal("0.6") and cells.share(np.float16(0.5)) == Decimal("0.5")


def test_what_is_finer_than_a_kopeck_is_so_in_a_narrow_float_too() -> None:
    with pytest.raises(DataError, match=r"0\.005 is finer than the minor unit"):
        deal(amount=np.float32("0.005"))
