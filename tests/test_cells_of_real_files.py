"""Amounts, dates and first lines as programs and people really write them, read through a file."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from crm_metrics import Spend, marketing, read_csv
from crm_metrics.errors import DataError

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "spend.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return written


def column(name: str, cells: list[str]) -> str:
    out = io.StringIO(newline="")
    rows = [(cell, "1") if name == "at" else ("2024-01-05", cell) for cell in cells]
    csv.writer(out).writerows([("at", "amount"), *rows])
    return out.getvalue()


@pytest.mark.parametrize(
    ("cells", "total"),
    [
        (["2,13"], "2.13"),
        (["731,08", "12,00"], "743.08"),
        (["3,25", "6,25"], "9.5"),
        (["1.700,50"], "1700.50"),
        (["20.000", "1.700,50"], "21700.50"),
        (["₹2,00,000.00", "₹11,34,567.50"], "1334567.5"),
        (["2'345.50", "1’234.50"], "3580"),
        (["R$ 2.345,67"], "2345.67"),
        (["12 345,67 zł"], "12345.67"),
        (["(2,345.50)", "−600", "600-"], "-3545.5"),
        (["CHF 2'000.00"], "2000"),
    ],
)
def test_amounts_are_read_as_they_are_written(write: Write, cells: list[str], total: str) -> None:
    assert marketing.spend_total(read_csv(write(column("amount", cells)), Spend)) == float(Decimal(total))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["3,200"], "may be 3200 or 3.2"),
        (["20.000"], "may be 20000 or 20"),
        (["45k"], "is not an amount"),
        (["1,2 млн"], "is not an amount"),
        (["2E+05"], "has lost its last digits"),
        (["54900.6867"], "is finer than the minor unit"),
        (["1,234.50", "1.234,50", "1.234"], "may be 1234 or 1.234"),
    ],
)
def test_amounts_that_cannot_be_known_are_bad_cells(write: Write, cells: list[str], said: str) -> None:
    with pytest.raises(DataError, match=r"1 bad cell") as caught:
        read_csv(write(column("amount", cells)), Spend)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["27.09.2025"], dt.date(2025, 9, 27)),
        (["09/29/2026"], dt.date(2026, 9, 29)),
        (["16/10/2017  10:55:00 PM"], dt.datetime(2017, 10, 16, 22, 55)),
        (["3/4/2025, 10:22 AM", "3/14/2025, 10:22 AM"], dt.datetime(2025, 3, 4, 10, 22)),
        (["2021-10-22T21:03:23.000+0000"], dt.datetime(2021, 10, 22, 21, 3, 23, tzinfo=dt.UTC)),
        (["2023-02-23 08:27:53 UTC"], dt.datetime(2023, 2, 23, 8, 27, 53, tzinfo=dt.UTC)),
        (["2024/03/06"], dt.date(2024, 3, 6)),
        (["05-Mar-2026"], dt.date(2026, 3, 5)),
        (["06/05/2024", "14/05/2024"], dt.date(2024, 5, 6)),
    ],
)
def test_times_are_read_as_they_are_written(write: Write, cells: list[str], first: dt.date) -> None:
    assert read_csv(write(column("at", cells)), Spend).at.item(0) == first


@pytest.mark.parametrize(
    "cell", ["03-05-2026", "4/5/2024", "05-01-25", "45366", "1709251200", "2024-02-30", "31/02/2024"]
)
def test_times_that_cannot_be_known_are_bad_cells(write: Write, cell: str) -> None:
    with pytest.raises(DataError, match="1 bad cell"):
        read_csv(write(column("at", [cell])), Spend)


def test_a_bad_date_decides_nothing_for_the_others(write: Write) -> None:
    with pytest.raises(DataError, match="2 bad cells") as caught:
        read_csv(write(column("at", ["31/02/2024", "04/05/2024"])), Spend)
    assert "may be 2024-04-05 or 2024-05-04" in str(caught.value)


@pytest.mark.parametrize(
    ("amounts", "days", "decided"),
    [
        (["1,5"], ["05.01.2024"], ("the decimal mark is a comma: 1,5",)),
        (["1,234", "1,234.50"], ["2024-01-05"] * 2, ("the decimal mark is a point: 1,234.50",)),
        (["1.50"], ["2024-01-05"], ()),
        (["5", "6"], ["04/05/2024", "13/05/2024"], ("dates are day first: 13/05/2024",)),
        (["5", "6"], ["04/05/2024", "05/13/2024"], ("dates are month first: 05/13/2024",)),
        (["5", "6"], ["04.05.2024", "13.05.2024"], ()),
    ],
)
def test_the_report_says_what_was_decided(write: Write, amounts: list[str], days: list[str], decided: object) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("at", "amount"), *zip(days, amounts, strict=True)])
    report = read_csv(write(out.getvalue()), Spend).report
    assert report is not None and report.decided == decided


@pytest.mark.parametrize(
    "text",
    ["sep=;\nat;amount\n2024-01-05;5\n", "\ufeff\ufeffat,amount\n2024-01-05,5\n", "\n\nat,amount\n2024-01-05,5\n",
     "\ufeffsep=;\r\n\r\nat;amount\r\n2024-01-05;5", 'at,amount\n"2024-01-05","5"'],
)  # fmt: skip
def test_first_lines_that_are_no_rows_are_passed_over(write: Write, text: str) -> None:
    assert marketing.spend_total(read_csv(write(text), Spend)) == 5
