"""Words that reports write around their rows: for totals, for counts and averages, and in the lines below."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

from crm_metrics import cells as R
from crm_metrics._tables import text

TOTALS, FOOTER, TITLE, AGAIN = "totals", "footer", "title", "headings again"
"""What a row around the others is, as `LoadReport.around` counts it."""

_WORDS = (
    r"(?:(?:grand|sub|overall|report|page|running)[ -]?)?totals?|sum|summary|results|"
    r"(?:(?:общий|общая|промежуточный|под)[ -]?)?(?:итоги?|итого|сумма)|всего|"
    r"(?:gesamt|zwischen)?summe|gesamt(?:ergebnis)?|total g[ée]n[ée]ral|totale|suma|razem|toplam|yhteens[äa]"
)
_MEASURES = (
    r"(?:(?:record|row|total)[ -]?)?count|average|avg\.?|mean|median|totals? (?:and|&) averages?|"
    r"(?:итоги?|итого|всего) и средн(?:ее|ие|яя)|"
    r"количество|кол-во|среднее(?: значение)?|медиана|anzahl|durchschnitt|moyenne|promedio|media"
)
_COUNT = r"(?:\s+[^\W\d_]+){0,2}\s*[:：(\[].*|[-–—,]?\s*[0-9][0-9 .,]*|\b(?:for|from|by|of|за|по|на|с|из)\s.*"
_UNDER = (
    r"confidential|copyright|©|\(c\)|all rights|(?:end|bottom) of (?:the )?(?:report|file|list|data)|page \d|"
    r"(?:(?:report|file|data|list)\s+)?(?:generated|exported|created|printed|prepared|downloaded|updated|run|taken|"
    r"filter(?:s|ed)?)\s*(?:by\b|on\b|at\b|in\b|from\b|for\b|with\b|using\b|:|\d)|powered by\b|"
    r"(?:for )?internal use|strictly confidential|private and confidential|(?:last (?:updated|refreshed)|as of)\b|"
    r"(?:sources?|notes?|(?:applied )?filters?|records?|rows|currency|time ?zone|date range|period)\s*:|"
    r"(?:showing|displaying|results?) \d|\d+ (?:results?|entries|items)\b|"
    r"\d+ (?:rows?|records?)\b|конфиденциальн|коммерческая тайна|авторские права|все права|"
    r"(?:отч[её]т|файл|данные|список|выгрузка)\s+(?:сформирован|создан|выгружен|за|от|на|из)|сформирован|выгружен|"
    r"распечатан|конец (?:отч|файл|спис)|страница \d|стр\. ?\d|"
    r"(?:источник|фильтры?|примечани[ея]|записей|строк|валюта|период|часовой пояс)\s*:|показано \d|"
    r"по состоянию на|дата (?:отч|выгр|форм|печати)"
)


@functools.cache
def _pattern(written: str) -> re.Pattern[str]:
    """A pattern, compiled when it is needed."""
    return re.compile(written, re.IGNORECASE | re.DOTALL)


def says_total(cell: Any) -> bool:
    """Whether a cell is a word for a total, perhaps with a count: "Grand Totals (4 records)", "Итого:".

    >>> says_total("Итого:"), says_total("Total: Account"), says_total("Total Oil"), says_total("Итого плюс")
    (True, True, False, False)
    """
    return isinstance(cell, str) and _pattern(rf"\s*(?:{_WORDS})\s*(?:{_COUNT})?\s*").fullmatch(cell) is not None


def says_total_of(cell: Any) -> bool:
    """Whether a cell names what it is the total of before it says so: "Anna Total", "Север итого"."""
    return isinstance(cell, str) and _pattern(r".+\s(?:totals?|итоги?|итого)\s*:?\s*").fullmatch(cell) is not None


def says_measure(cell: Any) -> bool:
    """Whether a cell is a word for what a report writes below its rows besides totals: "Count: 3", "Average"."""
    return isinstance(cell, str) and _pattern(rf"\s*(?:{_MEASURES})\s*(?:{_COUNT})?\s*").fullmatch(cell) is not None


def says_footer(cell: str) -> bool:
    """Whether a cell begins as the lines under a report do, "Confidential ...", "Отчёт ...", or is a line: "---"."""
    return _pattern(rf"\W*(?:{_UNDER})|\W{{3,}}$").match(cell) is not None


def filled(cells: Iterable[str]) -> list[str]:
    """The cells with anything in them."""
    return [bare for cell in cells if (bare := cell.strip())]


def shape(cell: str) -> str:
    """Whether a cell is a word or words, a number, or both: ids of one file are alike, a line of text is not."""
    letters, digits = re.search(r"[^\W\d_]", cell), re.search("[0-9]", cell)
    if letters and digits:
        return "a 0" if " " in cell.strip() else "a0"
    return "a" if letters else "0"


def is_prose(cell: str) -> bool:
    """Whether a cell is a sentence rather than a name."""
    return ":" in cell or len(cell.split()) > 3


def nothing(cell: Any) -> bool:
    """Whether a cell is empty, or a word for that."""
    return R.missing(cell) or (isinstance(cell, str) and cell.strip().casefold() in text.NOTHING)


def is_word(cell: Any, several: bool) -> bool:
    """Whether a cell says that its row is a total; with ``several`` names in a row, also an average or "Anna Total"."""
    return says_total(cell) or several and (says_total_of(cell) or says_measure(cell))
