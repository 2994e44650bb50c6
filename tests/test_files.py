"""CSV files: what is found out about them, what is refused, and that what was written is read back."""

from __future__ import annotations

import csv
import datetime as dt
import gc
import io
import pickle
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen
from hypothesis import example, given, strategies as st

from crm_metrics import Deal, Record, Spend, records, sales
from crm_metrics._reading.files import read_columns, read_csv
from crm_metrics._reading.sheets import UnreadableFile, read_sheet
from crm_metrics._tables.table import LoadReport, Table
from crm_metrics.errors import DataError, MixedCurrencies, UnknownName, WrongCall, WrongValue

Write = Callable[..., Path]
DEAL = "id,created_at,status,closed_at,amount\n"
SHEET = {"№": ["1", "2"], "Имя": ["Анна", "Борис, ООО"], "Сумма": ["1,5", "3"]}
MAVEN = Path(__file__).resolve().parents[2] / "shared" / "data" / "maven_crm"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str | bytes, encoding: str = "utf-8", name: str = "deals.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return written


def as_csv(columns: dict[str, list[str]], **options: Any) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, **options)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()


def amounts(path: Path, **options: Any) -> list[Any]:
    table = read_csv(path, Spend, **options)
    return [table.amount.item(i) for i in range(len(table))]


def report(table: Table[Any]) -> LoadReport:
    assert table.report is not None
    return table.report


def spend(*cells: str, delimiter: str = ";") -> str:
    return as_csv({"at": ["2024-01-05"] * len(cells), "amount": list(cells)}, delimiter=delimiter)


def days(*cells: str) -> str:
    return as_csv({"at": list(cells), "amount": ["1"] * len(cells)}, delimiter=";")


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_encoding_and_the_delimiter_are_found_out(write: Write, encoding: str, delimiter: str, end: str) -> None:
    assert read_columns(write(as_csv(SHEET, delimiter=delimiter, lineterminator=end), encoding)) == SHEET


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-8-sig"])
def test_a_byte_order_mark_never_sticks_to_the_first_heading(write: Write, encoding: str) -> None:
    for quoting in (csv.QUOTE_ALL, csv.QUOTE_MINIMAL):
        path = write(as_csv(SHEET, quoting=quoting), "utf-8-sig")
        assert next(iter(read_columns(path, encoding=encoding))) == "№"
    assert next(iter(read_columns(write("\ufeff\ufeffid;a\n1;2\n")))) == "id"


@pytest.mark.parametrize("encoding", ["cp1251", "cp1252", "koi8-r", "utf-16-le", "utf-16-be", "cp866", "latin-1"])
def test_a_stated_encoding_is_used(write: Write, encoding: str) -> None:
    sheet = {"id": ["1"], "name": ["Société" if encoding in ("cp1252", "latin-1") else "Ёлки"]}
    assert read_columns(write(as_csv(sheet), encoding), encoding=encoding) == sheet


RUSSIAN = "Ответственный менеджер;Дата создания\nАнна Петрова;1\nООО Ромашка, Юрий;2\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id;name\n1;Société Générale\n2;Müller & Söhne à la carte\n", "cp1252"),
        ("id;name\n1;à é\n", "latin-1"),
        ("id;name\n1;“quoted” – text\n", "cp1252"),
    ],
)
def test_other_encodings_are_not_taken_for_russian(write: Write, text: str, encoding: str) -> None:
    with pytest.raises(
        UnreadableFile, match=r'deals.csv is not utf-8 in line \d .*; pass its encoding=, such as "cp1251"'
    ):
        read_columns(write(text, encoding))
    assert read_columns(write(text, encoding), encoding=encoding)


def test_damaged_utf_8_is_not_taken_for_russian(write: Write) -> None:
    good = RUSSIAN.encode() * 50
    with pytest.raises(UnreadableFile, match=r"is not utf-8 in line 151 "):
        read_columns(write(good + "Ан".encode()[:-1]))
    with pytest.raises(UnreadableFile, match=r"is not utf-8 in line 1 "):
        read_columns(write(good[:20] + b"\xff" + good[20:]))


def test_a_stated_encoding_that_does_not_fit_is_refused(write: Write) -> None:
    with pytest.raises(UnreadableFile, match="is not utf-8 in line 1"):
        read_columns(write(RUSSIAN, "cp1251"), encoding="utf-8")
    with pytest.raises(UnreadableFile, match="is not ascii in line 1"):
        read_columns(write(RUSSIAN), encoding="ascii")
    with pytest.raises(UnreadableFile, match="is not utf-16"):
        read_columns(write(b"\xff\xfea\0\n\0x"))


@pytest.mark.parametrize("encoding", ["no-such", "base64"])
def test_an_unknown_encoding_is_refused(write: Write, encoding: str) -> None:
    with pytest.raises(WrongValue, match='is not known: use "utf-8", "cp1251"'):
        read_columns(write("a\n"), encoding=encoding)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"PK\x03\x04\x14\0\x06\0", "is an Excel file or another archive; save it as CSV, or unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is an Excel file; save it as CSV"),
        (b"%PDF-1.7", "is a PDF; export the table as CSV"),
        (b"\x1f\x8b\x08\0", "is packed with gzip; unpack it"),
        (b"PAR1\x15\0", "is a Parquet file; read it with polars or pandas and pass the frame to table"),
        (b"\xef\xbb\xbf\r\n<html><table>", "is a web page or XML; read its table with read_excel, or save it as CSV"),
        (b'{"deals": []}', "is JSON; read it with json"),
        (b'[{"id": 1}]', "is JSON; read it with json"),
        (b"id,amount\n1,\0\0\n", "is binary; save it as CSV"),
        ("id;имя\n".encode("utf-16-le"), 'is binary; save it as CSV, or pass encoding="utf-16-le" if it is UTF-16'),
        ("id;имя\n".encode("utf-16-be"), 'is binary; save it as CSV, or pass encoding="utf-16-be" if it is UTF-16'),
        (b"", "is empty; a CSV file has a row of headings"),
        (b"\xef\xbb\xbf", "is empty; a CSV file has a row of headings"),
        (b"\n \n\n", "is empty; a CSV file has a row of headings"),
    ],
)
def test_what_is_no_table_of_text_says_what_it_is(write: Write, start: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_csv(write(start, name="report.csv"), Deal)
    assert str(caught.value).startswith("report.csv ")
    assert message in str(caught.value)
    assert len(caught.value.faults) == 1


# ---------------------------------------------------------------- delimiters, quotes, line ends


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("id;Сумма, руб.;Дата\n1;2,5;3\n", ["id", "Сумма, руб.", "Дата"]),
        ("Сумма, руб.;Дата, время;Имя, фамилия\n1,5;2;3\n", ["Сумма, руб.", "Дата, время", "Имя, фамилия"]),
        ('"Сумма, руб.";"Дата, время"\n1;2\n', ["Сумма, руб.", "Дата, время"]),
        ('"a;b","c;d"\n1,2\n', ["a;b", "c;d"]),
        ('id,"two\nlines"\n1,2\n', ["id", "two\nlines"]),
        ("id\tname, full\n1\tA\n", ["id", "name, full"]),
        ("sep=;\nid;a,b,c\n1;2\n", ["id", "a,b,c"]),
        ("SEP=\t\r\nid\ta;b;c\r\n1\t2\r\n", ["id", "a;b;c"]),
        ("id\n1\n2\n", ["id"]),
        ('id,note\n1,"5"" pipe, blue"\n', ["id", "note"]),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_headings_and_rows_alike(
    write: Write, text: str, headings: list[str]
) -> None:
    assert list(read_columns(write(text))) == headings


def test_a_stated_delimiter_is_used(write: Write) -> None:
    assert read_columns(write("a|b,c\n1|2,3\n"), delimiter="|") == {"a": ["1"], "b,c": ["2,3"]}
    assert read_columns(write("sep=;\na;b\n1;2\n"), delimiter=";") == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize("delimiter", ["", ";;", 1, '"', "\n"])
def test_a_delimiter_is_one_character(write: Write, delimiter: Any) -> None:
    with pytest.raises(WrongValue, match='use one character such as ";"'):
        read_columns(write("a\n"), delimiter=delimiter)


def test_quoted_line_breaks_and_quotes_belong_to_the_cell(write: Write) -> None:
    path = write('id,note\r\n1,"first\r\nsecond"\r\n2,"say ""yes"""\r\n')
    assert read_columns(path) == {"id": ["1", "2"], "note": ["first\r\nsecond", 'say "yes"']}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('id,note\n1,a\n2,"b\n3,c\n', "ends inside a quoted cell that begins in row 3; close the quote"),
        ('id,note\n1,"ООО "Ромашка""\n', "has text after a closing quote in row 2; close the quote, or double a quote"),
        ('id,"note\n1,a\n', "ends inside a quoted cell that begins in row 1; close the quote"),
        (
            'id,note\n1,a\n\n2,"' + "x" * 140_000 + "\n",
            "cannot be read in row 4 (field larger than field limit (131072)); close the quote",
        ),
    ],
)
def test_a_quote_that_does_not_close_is_named_with_its_row(write: Write, text: str, message: str) -> None:
    with pytest.raises(UnreadableFile, match=r"^deals.csv ") as caught:
        read_csv(write(text), Deal, on_error="skip")
    assert message in str(caught.value)


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff") | st.sampled_from(',;\t"\n')
)
CELLS = TEXTS.map(str.strip)


@given(st.data())
def test_any_text_that_csv_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.from_regex("[a-zа-я]{2,6}", fullmatch=True), min_size=1, max_size=4, unique=True))
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)).filter(any), max_size=5))
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    path = tmp_path_factory.getbasetemp() / "any.csv"
    delimiter, encoding = (
        data.draw(st.sampled_from([",", ";", "\t"])),
        data.draw(st.sampled_from(["utf-8-sig", "utf-16"])),
    )
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    path.write_bytes(as_csv(columns, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).encode(encoding))
    assert read_columns(path, delimiter=delimiter) == columns


# ---------------------------------------------------------------- headings and rows


def test_a_file_with_headings_only_is_an_empty_table(write: Write) -> None:
    assert len(read_csv(write(DEAL), Deal)) == 0
    assert len(read_csv(write(DEAL.rstrip()), Deal)) == 0


def test_a_repeated_heading_is_numbered(write: Write) -> None:
    text = "Variant,id,Variant,Variant,Variant.2,\n1,2,3,4,5,6\n"
    assert list(read_columns(write(text))) == ["Variant", "id", "Variant.3", "Variant.4", "Variant.2", "column 6"]
    text = "column 2,,a\n1,2,3\n"
    assert list(read_columns(write(text))) == ["column 2", "column 2.2", "a"]


def test_a_repeated_heading_that_a_field_reads_is_refused_unless_the_columns_are_equal(write: Write) -> None:
    head = "at,amount,amount\n"
    assert amounts(write(head + "2024-01-05,5,5\n")) == [Decimal(5)]
    with pytest.raises(
        DataError, match="row 1, amount: 'amount' heads two columns that differ; rename one in the file"
    ):
        read_csv(write(head + "2024-01-05,5,6\n"), Spend)
    assert amounts(write("at,Сумма,x,x\n2024-01-05,5,6,7\n"), columns={"amount": "Сумма"}) == [Decimal(5)]


def test_a_column_with_no_heading_is_kept_if_it_holds_anything(write: Write) -> None:
    assert read_columns(write("id;;a;\n1;;2;\n3;;4;\n")) == {"id": ["1", "3"], "a": ["2", "4"]}
    assert read_columns(write(",id\n0,7\n")) == {"column 1": ["0"], "id": ["7"]}


def test_delimiters_at_the_end_of_rows_add_nothing(write: Write) -> None:
    assert read_columns(write("id,a\n1,2,,\n3,4\n5,6, \n")) == {"id": ["1", "3", "5"], "a": ["2", "4", "6"]}


def test_empty_rows_are_passed_over_and_rows_still_have_their_numbers(write: Write) -> None:
    path = write("\n;;\nat;amount\n2024-01-01;1\n\n ; \n2024-01-02;2\n2024-01-03;x\n;\n2024-01-04;y\n\n\n")
    with pytest.raises(DataError) as caught:
        read_csv(path, Spend)
    assert [(f.row, f.value) for f in caught.value.faults] == [(8, "x"), (10, "y")]
    assert report(read_csv(path, Spend, on_error="skip")).rows == 4


def test_a_row_of_another_width_is_a_fault_among_the_others(write: Write) -> None:
    path = write(DEAL + "1,2024-01-05,open,,5\n2,2024-01-05,open\n3,2024-01-05,open,,1,234\n4,x,open,,y\n")
    with pytest.raises(DataError) as caught:
        read_csv(path, Deal)
    five, quote = "where the headings have 5", "or put a cell that holds"
    assert str(caught.value).splitlines() == [
        "4 bad cells in deals.csv:",
        f"  row 3, the whole row: '2,2024-01-05,open' has 3 cells {five}; complete it, {quote} a line break in quotes",
        f"  row 4, the whole row: '3,2024-01-05,open,,1,234' has 6 cells {five}; put a cell that holds ',' in quotes",
        "  row 5, created_at: 'x' is not a time; write it like 2024-03-31 17:30 or 31.03.2024 17:30",
        "  row 5, amount: 'y' is not an amount; write it like 1234.50 or 1 234,50",
    ]
    table = read_csv(path, Deal, on_error="skip")
    assert (len(table), report(table).rows, report(table).kept) == (1, 4, 1)
    assert report(table).faults == caught.value.faults
    with pytest.raises(DataError, match="1 bad cell in"):
        read_columns(write("a,b\n1\n"))
    with pytest.raises(DataError, match="1 bad cell in"):
        read_csv(write("at,amount\n2024-01-05\n"), Spend)


def test_a_title_that_cannot_be_told_from_headings_is_noticed(write: Write) -> None:
    text = "\nОтчёт;и;за;год\n\nid;Создана;Сумма\n1;2024-01-05;5\n2;2024-01-06;6\n"
    message = (
        r"has no row as wide as its headings, which row 2 should be; delete what stands above the headings, or pass"
    )
    with pytest.raises(UnreadableFile, match=message):
        read_csv(write(text), Deal, on_error="skip")


def test_an_unreadable_file_survives_pickling(write: Write) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_columns(write(b"PAR1"))
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.faults) == (UnreadableFile, str(caught.value), caught.value.faults)
    assert isinstance(again, DataError)


def test_rows_are_numbered_across_quoted_line_breaks_as_a_spreadsheet_does(write: Write) -> None:
    path = write('id,note,created_at,status\n1,"a\nb\nc",2024-01-05,open\n2,,oops,open\n')
    with pytest.raises(DataError, match=r"row 3, created_at: 'oops'"):
        read_csv(path, Deal)


def test_the_rows_after_a_first_line_that_states_the_delimiter_are_numbered_without_it(write: Write) -> None:
    with pytest.raises(DataError, match="row 2, amount: 'x'"):
        read_csv(write("sep=;\nat;amount\n2024-01-05;x\n"), Spend)


def test_cells_and_headings_are_stripped(write: Write) -> None:
    path = write(" at ; amount\u00a0;channel\n 2024-01-05 ; 5 ;  \u00a0Сайт \n")
    table = read_csv(path, Spend)
    assert table.channel.item(0) == "Сайт"
    assert table.amount.item(0) == Decimal(5)


def test_a_column_that_no_heading_has_is_named(write: Write) -> None:
    with pytest.raises(UnknownName, match=r"deals.csv: this Deal table has no 'created_at'; it has id, when"):
        read_csv(write("id,when,status\n1,2024-01-05,open\n"), Deal)
    with pytest.raises(UnknownName, match=r"columns= names 'When', but deals.csv has id, when"):
        read_csv(write("id,when\n"), Deal, columns={"created_at": "When"})


# ---------------------------------------------------------------- conventions of a file


@pytest.mark.parametrize(
    ("cells", "options", "values"),
    [
        (["1 234,50 ₽", "1 000 ₽", ""], {}, ["1234.50", "1000", None]),
        (["1,234", "12,5"], {}, ["1.234", "12.5"]),
        (["1,234", "1,234.50"], {}, ["1234", "1234.50"]),
        (["1.234", "1.234.567"], {}, ["1234", "1234567"]),
        (["1,234", "$7.00"], {"currency": "USD"}, ["1234", "7.00"]),
        (["1,234"], {"decimal": "."}, ["1234"]),
        (["1.234"], {"decimal": ","}, ["1234"]),
        (["n/a", "None", "-", "(5)"], {}, [None, None, None, "-5"]),
    ],
)
def test_cells_with_one_reading_decide_for_the_others(write: Write, cells: Any, options: Any, values: Any) -> None:
    expected = [None if value is None else Decimal(value) for value in values]
    assert amounts(write(spend(*cells)), rounding="half_even", **options) == [
        None if value is None else round(value, 2) for value in expected
    ]


@pytest.mark.parametrize("cells", [["1,234"], ["1.234", "500"], ["1,234", "12.5", "12,5"]])
def test_where_no_cell_decides_or_they_disagree_the_mark_must_be_stated(write: Write, cells: list[str]) -> None:
    with pytest.raises(
        DataError, match=r"1 bad cell in deals.csv:\n  row 2, amount: '1.234' may be 1234 or 1.234; pass d"
    ):
        read_csv(write(spend(*cells)), Spend, rounding="half_even")


def test_the_mark_of_shares_decides_where_amounts_do_not(write: Write) -> None:
    text = 'id,created_at,status,amount,probability\n1,2024-01-05,open,"1,234",0.6\n'
    assert read_csv(write(text), Deal).amount.item(0) == 1234


def test_amounts_go_before_shares_where_their_marks_differ(write: Write) -> None:
    text = "id;created_at;status;amount;probability\n1;2024-01-05;open;1.234;0.6\n2;2024-01-05;open;1,5;1\n"
    table = read_csv(write(text), Deal)
    assert [table.amount.item(i) for i in range(2)] == [Decimal(1234), Decimal("1.5")]


def test_a_heading_with_a_percent_sign_makes_its_numbers_percentages(write: Write) -> None:
    text = "id,created_at,status,{}\n1,2024-01-05,open,60\n2,2024-01-05,open,1\n"
    columns = {"probability": "Probability (%)"}
    table = read_csv(write(text.format("Probability (%)")), Deal, columns=columns)
    assert [table.probability.item(i) for i in range(2)] == [Decimal("0.6"), Decimal("0.01")]
    bare = read_csv(write(text.format("probability")), Deal)  # 60 is no fraction, so it is a percentage too
    assert [bare.probability.item(i) for i in range(2)] == [Decimal("0.6"), Decimal("0.01")]


@pytest.mark.parametrize(
    ("cells", "options", "first"),
    [
        (["04/05/2024", "13/05/2024"], {}, dt.date(2024, 5, 4)),
        (["04/05/2024", "05/13/2024"], {}, dt.date(2024, 4, 5)),
        (["04/05/2024"], {"dates": "dmy"}, dt.date(2024, 5, 4)),
        (["04/05/2024"], {"dates": "mdy"}, dt.date(2024, 4, 5)),
        (["04.05.2024", "05/13/2024"], {}, dt.date(2024, 5, 4)),
    ],
)
def test_dates_with_one_reading_decide_for_the_others(write: Write, cells: Any, options: Any, first: dt.date) -> None:
    assert read_csv(write(days(*cells)), Spend, **options).at.item(0) == first


@pytest.mark.parametrize("cells", [["04/05/2024", "05/05/2024"], ["04/05/2024", "13/05/2024", "05/13/2024"]])
def test_where_no_date_decides_or_they_disagree_the_order_must_be_stated(write: Write, cells: list[str]) -> None:
    with pytest.raises(DataError, match=r'1 bad cell .*\n.*2024-04-05 or 2024-05-04; pass dates="mdy" for the first'):
        read_csv(write(days(*cells)), Spend)


def test_a_date_that_breaks_a_stated_order_is_bad(write: Write) -> None:
    with pytest.raises(
        DataError, match=r"row 3, at: '13/05/2024' is no date in the order mdy; correct it, or pass dates="
    ):
        read_csv(write(days("04/05/2024", "13/05/2024")), Spend, dates="mdy")


def test_words_for_nothing_are_words_where_text_is_due(write: Write) -> None:
    text = "id,created_at,status,manager,amount,currency\n-,n/a,open,None,null,NaN\n2,2024-01-05,open,,5,RUB\n"
    table = read_csv(write(text), Deal)
    assert [table.manager.item(i) for i in range(2)] == ["None", None]
    assert table.id.item(0) == "-"
    assert table.created_at.item(0) is None and table.amount.item(0) is None and table.currency.item(0) is None


@pytest.mark.parametrize(("cells", "signs"), [(["5 ₽", "$5"], r"\$, RUB"), (["5 EUR", "€5", "5 USD"], "EUR, USD")])
def test_amounts_in_two_currencies_are_refused(write: Write, cells: list[str], signs: str) -> None:
    with pytest.raises(
        MixedCurrencies, match=f"deals.csv has amounts in {signs}: give the currency a column of its own"
    ):
        read_csv(write(spend(*cells)), Spend)


def test_a_column_of_currencies_lets_amounts_have_several(write: Write) -> None:
    table = read_csv(write("at,amount,currency\n2024-01-05,5 ₽,руб.\n2024-01-05,$5,US$\n"), Spend)
    assert [table.currency.item(i) for i in range(2)] == ["RUB", "USD"]


def test_values_translate_cells_before_they_are_read(write: Write) -> None:
    path = write(spend("free", "1,234", "7.5"))
    assert amounts(path, values={"amount": {"free": "0"}}, rounding="half_even") == [0, 1234, Decimal("7.5")]


@frozen(kw_only=True)
class Visit(Record):
    """A record of our own, with a kind that no record of the library has."""

    page: str | None = field(converter=records.text)
    score: Decimal | None = field(default=None, converter=records.number)


def test_a_record_of_ones_own_is_read_too(write: Write) -> None:
    table = read_csv(write("page;score;extra\nhome;1,5;x\nabout;;y\n"), Visit)
    assert table.extra.item(1) == "y"
    assert table.score.item(0) == Decimal("1.5")
    assert table.score.item(1) is None


def test_a_table_of_plain_records_keeps_every_column_as_text(write: Write) -> None:
    table = read_csv(write("manager,team,since\nAnna,North,2024\n"), Record)
    assert table.columns == ("manager", "team", "since")
    assert table.since.item(0) == "2024"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decimal": "comma"}, """decimal='comma': use "," or ".\""""),
        ({"dates": "ymd"}, 'dates=\'ymd\': use "dmy" for 31/12/2024 or "mdy" for 12/31/2024'),
        ({"on_error": "ignore"}, "on_error='ignore': use 'raise' or 'skip'"),
        ({"rounding": "up"}, "rounding='up': use one of"),
    ],
)
def test_a_wrong_option_is_refused_with_the_right_ones(write: Write, options: Any, message: str) -> None:
    with pytest.raises(WrongValue) as caught:
        read_csv(write(DEAL), Deal, **options)
    assert message in str(caught.value)


def test_what_is_no_path_or_no_record_is_refused(write: Write) -> None:
    with pytest.raises(WrongCall, match="expected the path of a CSV file, got"):
        read_csv(io.StringIO("id"), Deal)  # type: ignore[arg-type]
    with pytest.raises(WrongCall, match="expected a record class such as Deal, got 'Deal'"):
        read_csv(write(DEAL), "Deal")  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        read_csv("no such file.csv", Deal)


# ---------------------------------------------------------------- progress, size, the real thing


@pytest.mark.parametrize("collecting", [True, False])
def test_progress_is_told_in_bytes_and_ends_at_the_end(write: Write, collecting: bool) -> None:
    path = write("a,b\n" + "1,x\n" * 40_000)
    told: list[tuple[int, int]] = []
    (gc.enable if collecting else gc.disable)()
    try:
        sheet = read_sheet(path, progress=lambda done, total: told.append((done, total)))
        assert gc.isenabled() is collecting
    finally:
        gc.enable()
    assert len(sheet.columns["a"]) == 40_000
    assert told == sorted(told) and len(told) > 2
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


def test_faults_far_into_a_file_have_their_rows(write: Write) -> None:
    rows = [f"2024-01-05,{i}" for i in range(40_000)]
    rows[20_000], rows[30_000], rows[39_999] = "", "2024-01-05,1,2", "2024-01-05,bad"
    table = read_csv(write("at,amount\n" + "\n".join(rows)), Spend, on_error="skip")
    assert [f.row for f in report(table).faults] == [30_002, 40_001]
    assert (report(table).rows, report(table).kept) == (39_999, 39_997)


@given(st.lists(st.tuples(st.integers(0, 10**12), st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1)))))
@example([(5, dt.datetime(2024, 1, 5)), (6, dt.datetime(2024, 1, 6))])
@example([(5, dt.datetime(2024, 1, 5)), (6, dt.datetime(2024, 1, 6, 9))])
def test_a_russian_export_reads_back_exactly(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    columns = {
        "Дата": [f"{at:%d.%m.%Y %H:%M:%S}" for _, at in rows],
        "Сумма, руб.": [
            f"{Decimal(kopecks) / 100:,.2f}".replace(",", "\u00a0").replace(".", ",") for kopecks, _ in rows
        ],
    }
    path = tmp_path_factory.getbasetemp() / "russian.csv"
    path.write_text(as_csv(columns, delimiter=";"), encoding="cp1251", newline="")
    table = read_csv(path, Spend, columns={"at": "Дата", "amount": "Сумма, руб."})
    assert [table.amount.item(i) for i in range(len(rows))] == [Decimal(kopecks) / 100 for kopecks, _ in rows]
    times = [at.replace(microsecond=0) for _, at in rows]
    days = all(at.time() == dt.time() for at in times)  # a column of midnights holds days
    assert [table.at.item(i) for i in range(len(rows))] == ([at.date() for at in times] if days else times)


@pytest.mark.skipif(not MAVEN.exists(), reason="the public data set is not here")
def test_a_real_pipeline_gives_its_published_figures() -> None:
    deals = read_csv(
        MAVEN / "sales_pipeline.csv",
        Deal,
        columns={
            "id": "opportunity_id",
            "created_at": "engage_date",
            "closed_at": "close_date",
            "status": "deal_stage",
            "manager": "sales_agent",
            "amount": "close_value",
        },
        values={"status": {"Won": "won", "Lost": "lost", "Engaging": "open", "Prospecting": "open"}},
    )
    assert (len(deals), report(deals).missing) == (8800, {"created_at": 500})
    assert round(sales.win_rate(deals), 4) == 0.6315
    assert sales.won_revenue(deals) == 10_005_534
    assert sales.median_sales_cycle(deals) == 57
    assert len(read_csv(MAVEN / "sales_teams.csv", Record)) == 35
