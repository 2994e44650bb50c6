"""What a file is before it is a table: whether it can be opened, whether it is text, and in which encoding."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from math import log
from pathlib import Path
from typing import Any, BinaryIO, cast

from attrs import frozen

from crm_metrics.errors import DataError, Fault, WrongCall, WrongValue, shown

BLOCK = 1 << 20  # bytes looked at in one go
FIRST_BYTES = 4096  # that say what a file is; what a server writes may begin with many empty lines


class UnreadableFile(DataError):
    """A file that is no table: one fault, about the file."""

    def __init__(self, faults: Iterable[Fault], source: str) -> None:
        super().__init__(faults, source)
        self.args = (f"{source} {self.faults[0].problem}; {self.faults[0].remedy}",)


class MissingFile(UnreadableFile, FileNotFoundError):
    """A file that is not there."""


def unreadable(source: str, problem: str, remedy: str) -> UnreadableFile:
    """The error for a file that is no table."""
    return UnreadableFile([Fault(None, "the file", source, problem, remedy)], source)


# ---------------------------------------------------------------- the file itself


def file_at(path: str | os.PathLike[str], kind: str) -> Path:
    """The path of a file that can be read more than once: no folder, no pipe, no device."""
    if not isinstance(path, (str, os.PathLike)) or isinstance(os.fspath(path), bytes):
        raise WrongCall(f"expected the path of {kind}, got {shown(path)}")
    path = Path(path)
    mode = _asked(path, path.stat).st_mode
    if stat.S_ISDIR(mode):
        raise unreadable(path.name or str(path), "is a folder", f"give the path of {kind} in it")
    if not stat.S_ISREG(mode):
        raise unreadable(path.name, "is a pipe or a device, which can be read only once", "save it as a file first")
    return path


def opened_file(path: Path) -> BinaryIO:
    """A file open for reading."""
    return cast(BinaryIO, _asked(path, lambda: path.open("rb")))


def _asked(path: Path, ask: Callable[[], Any]) -> Any:
    """What the system answers; its errors are about the file."""
    try:
        return ask()
    except FileNotFoundError:
        name = str(path)
        raise MissingFile([Fault(None, "the file", name, "is not there", "check its path")], name) from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero in it
        why = getattr(error, "strerror", None) or str(error)
        raise unreadable(shown(path.name).strip("'"), f"cannot be opened ({why})", "check its path") from None


@contextlib.contextmanager
def unchanged(path: Path) -> Iterator[Callable[[], None]]:
    """A file that is the same while it is read; what is given checks it now."""
    before = _state(path)

    def check() -> None:
        if _state(path) != before:
            raise unreadable(path.name, "changed while it was read", "read it again when nothing writes to it")

    try:
        yield check
    except (UnicodeDecodeError, DataError, FileNotFoundError):
        check()
        raise
    except OSError as error:  # a disk that fails, a share that went away
        raise unreadable(path.name, f"cannot be read ({error.strerror or error})", "check its disk or share") from None
    check()


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


# ---------------------------------------------------------------- what is no text

ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
FOREIGN = (
    (ZIP, "is an Excel file or another archive", "save it as CSV, or unpack it, or read it with read_excel"),
    (OLD_EXCEL, "is an Excel file", "save it as CSV, or read it with read_excel"),
    (b"%PDF", "is a PDF", "export the table as CSV"),
    (b"\x1f\x8b", "is packed with gzip", "unpack it"),
    (b"PAR1", "is a Parquet file", "read it with polars or pandas and pass the frame to table()"),
    (b"<", "is a web page or XML", "read its table with read_excel, or save it as CSV, or name it .xls"),
    (b"MIME-Version:", "is a web archive", "open it in a spreadsheet and save it as .xlsx or CSV"),
    (b'{"', "is JSON", "read it with json and pass its columns to table()"),
    (b"[{", "is JSON", "read it with json and pass its columns to table()"),
)


def check_head(path: Path, *allowed: bytes) -> bytes:
    """The first bytes of a file, where they are not those of another kind of file."""
    with opened_file(path) as file:
        head: bytes = _asked(path, lambda: file.read(FIRST_BYTES))
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    for sign, problem, remedy in FOREIGN:
        if start.startswith(sign) and sign not in allowed:
            raise unreadable(path.name, problem, remedy)
    return head


# ---------------------------------------------------------------- encodings

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-16", "utf-32", "utf_16", "utf_32")


def encoding_of(path: Path, stated: str | None, *allowed: bytes) -> str:
    """The encoding that reads the whole file, or an error that says why none does."""
    head = check_head(path, *allowed)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    encoding = marked or "utf-8-sig" if stated is None else _stated(stated)
    bad = _undecoded(path, encoding)
    if bad is None:
        return encoding
    likely = russian(bad.sample) if stated is None and marked is None else None
    if likely == "cp1251" and _undecoded(path, likely) is None:
        return likely
    problem = f"is not {encoding.removesuffix('-sig')} in line {bad.line} ({bad.text!r})"
    if likely not in (None, "cp1251"):
        raise unreadable(path.name, problem, f'pass its encoding=, which seems to be "{likely}", or save it as UTF-8')
    some = '"cp1251", "iso8859-5" or "cp1252"'
    raise unreadable(path.name, problem, f"pass its encoding=, such as {some}, or save it as UTF-8")


def decoded(path: Path, data: bytes, stated: str | None, *allowed: bytes) -> str:
    """All bytes of a file as text; what marks their encoding at the head is right, whatever is stated."""
    marked = any(data.startswith(mark) for mark, _ in _MARKS)
    return data.decode(encoding_of(path, None if marked else stated, *allowed))


def _stated(encoding: str) -> str:
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except (LookupError, TypeError, ValueError):
        raise WrongValue(
            f'encoding={shown(encoding)} is not known: use "utf-8", "cp1251", "utf-16" or the like'
        ) from None
    return "utf-8-sig" if name == "utf-8" else name


@frozen
class _Undecoded:
    """Where a file does not decode."""

    line: int
    text: bytes
    sample: bytes


def _in_pairs(block: bytes) -> str:
    """Which UTF-16 it may be: the byte of most letters that is zero is the first one of a pair, or the second."""
    return "utf-16-be" if block[::2].count(0) > block[1::2].count(0) else "utf-16-le"


def _undecoded(path: Path, encoding: str) -> _Undecoded | None:
    """The first bytes that do not decode. Zero bytes are an error: no text in these encodings has them."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with opened_file(path) as file:
        while True:
            block = file.read(BLOCK)
            if b"\0" in block and not encoding.startswith(_WIDE):
                remedy = f'save it as CSV, or pass encoding="{_in_pairs(block)}" if it is UTF-16'
                raise unreadable(path.name, "is binary", remedy)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                data = error.object
                near = data[max(0, error.start - 8) : error.end + 8]
                return _Undecoded(line + data.count(b"\n", 0, error.start), near, block)
            if not block:
                return None
            line += block.count(b"\n")


# ---------------------------------------------------------------- Russian

RUSSIAN = ("cp1251", "koi8-r", "cp866", "mac-cyrillic")
_BY_SHARE = {110: "о", 85: "е", 80: "а", 74: "и", 67: "н", 63: "т", 55: "с", 47: "р", 45: "вл", 35: "км", 29: "дпу"}
_BY_SHARE |= {18: "яыьгз", 15: "бч", 10: "йхж", 7: "шю", 4: "цщэ", 2: "фъё"}
_SHARES = {letter: share for share, letters in _BY_SHARE.items() for letter in letters}  # in a thousand
_WORD = re.compile(r"(?:[^\W\d_]|[^\x00-\x7f\s№«»“”„‘’–—…\xa0₽])+")  # signs that stand in no text belong to words
_PLAIN = 0.9  # of the words are all Russian letters, and written as words are: аб, Аб, АБ


def russian(sample: bytes) -> str | None:
    """The encoding in which bytes are Russian words, if they are in any.

    In another one the common letters are rare, or capitals stand within words.

    >>> russian("Ответственный".encode("cp1251")), russian("Ответственный".encode("koi8-r"))
    ('cp1251', 'koi8-r')
    """
    found = {encoding: _likeness(sample.decode(encoding, "replace")) for encoding in RUSSIAN}
    found["mac-cyrillic"] -= 2 * _CLOSE  # whose small letters are those of cp1251, and which is rare
    best = max(found, key=lambda encoding: found[encoding])
    doubtful = best == "cp1251" and found["koi8-r"] > found["cp1251"] - _CLOSE
    return best if found[best] > _LEAST and not doubtful else None


_CLOSE = 0.15  # to take one for the other costs a name its letters
_LEAST = log(25)  # the mean share of a letter in Russian, by logarithms, is about 45 in a thousand; by chance 15
_ODD = 0.1  # in a thousand, for a letter of a word that is none


def _likeness(decoded: str) -> float:
    """How common its letters are in Russian, on the average of logarithms."""
    words = [word for word in _WORD.findall(decoded) if not word.isascii()]
    plain = [word for word in words if re.fullmatch("[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+", word)]
    if len(plain) < _PLAIN * len(words) or not any(len(word) > 2 for word in plain):
        return -10.0
    letters = "".join(plain).lower()
    odd = len("".join(words)) - len(letters)
    return (sum(log(_SHARES[letter]) for letter in letters) + odd * log(_ODD)) / (len(letters) + odd)
