"""What is no file that can be read, and which encoding a file is in: a clear error, never a hang and never mojibake."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from crm_metrics import Deal, Spend, read_csv, read_excel
from crm_metrics._reading.encodings import RUSSIAN, russian
from crm_metrics._reading.files import read_columns
from crm_metrics._reading.sheets import UnreadableFile
from crm_metrics.errors import CrmError, WrongCall, WrongValue

SPEND = "at,amount\n2024-01-05,5\n"


# ---------------------------------------------------------------- paths


@pytest.mark.parametrize("read", [read_csv, read_excel])
@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("de\0als.csv", r"cannot be opened \(embedded null byte\); check its path"),
        ("d" * 5000, r"cannot be opened \(File name too long\); check its path"),
        ("loop.csv", r"cannot be opened \(Too many levels of symbolic links\); check its path"),
        (".", r"is a folder; give the path of a"),
        ("pipe.csv", r"pipe.csv is a pipe or a device, which can be read only once; save it as a file first"),
        ("/dev/null", r"null is a pipe or a device"),
    ],
)
def test_what_is_no_file_is_said(tmp_path: Path, read: Callable[..., object], path: str, problem: str) -> None:
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(UnreadableFile, match=problem):
        read(tmp_path / path, Deal)


@pytest.mark.parametrize("path", [None, 5, b"deals.csv", ["deals.csv"]])
def test_what_is_no_path_is_refused(path: object) -> None:
    with pytest.raises(WrongCall, match="expected the path of a CSV file"):
        read_csv(path, Deal)  # type: ignore[arg-type]


def test_a_file_that_is_not_there_is_a_file_not_found(tmp_path: Path) -> None:
    for read in (read_csv, read_excel):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none.csv", Deal)


# ---------------------------------------------------------------- files that change


@pytest.mark.parametrize("change", ["longer", "shorter", "other", "gone"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "spend.csv"
    path.write_text("at,amount\n" + "2024-01-05,5\n" * 40_000, encoding="utf-8")

    def interfere(done: int, total: int) -> None:
        if change == "longer":
            with path.open("a") as file:
                file.write("2024-01-06,6\n")
        elif change == "gone":
            path.unlink(missing_ok=True)
        elif change == "shorter":
            os.truncate(path, 1000)
        else:
            path.write_bytes(b"\xff" * path.stat().st_size)

    with pytest.raises(UnreadableFile, match=r"spend.csv changed while it was read; read it again when nothing writes"):
        read_csv(path, Spend, progress=interfere)


def test_a_file_that_stays_as_it_is_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "spend.csv"
    path.write_text(SPEND, encoding="utf-8")
    assert len(read_csv(path, Spend)) == len(read_csv(path, Spend)) == 1


# ---------------------------------------------------------------- encodings

TEXT = "Ответственный менеджер;Дата создания\nАнна Петрова;1\nООО Ромашка, Юрий;2\n"
NAMES = (
    "Анна Борис Виктор Галина Дмитрий Елена Жанна Зоя Иван Ксения Леонид Мария Николай Ольга Пётр Роман Светлана Тимур "
    "Ульяна Фёдор Харитон Цветаева Чернов Шишкин Щербаков Эдуард Юлия Яна успешно отказ новая закрыта договор сумма "
    "бюджет менеджер отдел север юг дата создания этап продукт Москва Казань Пермь звонок встреча реклама сайт"
)


@pytest.mark.parametrize("encoding", ["koi8-r", "cp866", "mac-cyrillic"])
def test_russian_in_another_encoding_is_named_and_not_read_as_cp1251(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(TEXT.encode(encoding))
    with pytest.raises(
        UnreadableFile, match=rf'pass its encoding=, which seems to be "{encoding}", or save it as UTF-8'
    ):
        read_columns(path)
    assert read_columns(path, encoding=encoding)["Ответственный менеджер"][0] == "Анна Петрова"


@pytest.mark.parametrize("case", [str, str.upper, str.lower, str.capitalize])
@pytest.mark.parametrize("encoding", RUSSIAN[:3])
def test_words_of_a_table_tell_their_encoding(case: Callable[[str], str], encoding: str) -> None:
    draw = random.Random(f"{case.__name__} {encoding}")
    found = [russian(" ".join(map(case, draw.sample(NAMES.split(), 8))).encode(encoding)) for _ in range(50)]
    assert set(found) <= {encoding, None} and found.count(encoding) > 40


def test_text_that_is_not_russian_is_in_none_of_its_encodings(tmp_path: Path) -> None:
    for text in ("Société Générale; Müller & Söhne à la carte", "Zürich; Öl; Straße; café", "à é", "Ωμέγα και Άλφα"):
        for encoding in ("cp1252", "cp1253", "latin-1"):
            assert russian(text.encode(encoding, "ignore")) is None


@pytest.mark.parametrize("encoding", ["no-such", "base64", "", 5, "utf\0-8"])
def test_an_encoding_that_is_none_is_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "spend.csv"
    path.write_text(SPEND, encoding="utf-8")
    with pytest.raises(WrongValue, match="is not known: use"):
        read_columns(path, encoding=encoding)


def test_nothing_but_our_errors_comes_of_bytes_of_any_kind(tmp_path: Path) -> None:
    draw = random.Random(5)
    for _ in range(300):
        path = tmp_path / "any.csv"
        start = draw.choice([b"", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"sep=;\n", SPEND.encode()])
        path.write_bytes(start + bytes(draw.choices(range(1, 256), k=draw.randrange(60))))
        for record in (Deal, Spend):
            with contextlib.suppress(CrmError):
                assert read_csv(path, record, on_error="skip").report is not None


class Incomparable:
    """An object that fails when it is compared."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __hash__ = None  # type: ignore[assignment]


def test_a_zone_that_is_no_name_is_refused_whatever_zones_are_in_use(tmp_path: Path) -> None:
    path = tmp_path / "spend.csv"
    path.write_text(SPEND, encoding="utf-8")
    read_csv(path, Spend, tz="Europe/Moscow")
    for zone in (Incomparable(), 5, b"UTC", ["UTC"]):
        with pytest.raises(WrongValue, match="there is no time zone"):
            read_csv(path, Spend, tz=zone)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("decimal", [","], 'use "," or "."'),
        ("dates", {}, 'use "dmy"'),
        ("ordered", "yes", "use True or False"),
        ("progress", "bar", "give a function of the bytes done and all bytes"),
        ("columns", {"at": 5}, "give fields and where they are"),
        ("columns", {"at": []}, "give fields and where they are"),
        ("columns", ["at"], "give fields and where they are"),
        ("values", ["at"], "give fields and words"),
        ("delimiter", 5, "use one character"),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused(tmp_path: Path, option: str, value: object, said: str) -> None:
    path = tmp_path / "spend.csv"
    path.write_text(SPEND, encoding="utf-8")
    with pytest.raises((WrongCall, WrongValue), match=said):
        read_csv(path, Spend, **{option: value})  # type: ignore[arg-type]
