"""One name in one spelling: what looks the same on a screen is one label, in whatever bytes it came."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pytest
from cases import deal
from hypothesis import given, strategies as st

from crm_metrics import Deal, Manager, Quota, Spend, cells, marketing, sales, table, via, where
from crm_metrics._tables import text
from crm_metrics._values.spelling import spelled

NAME = "Андрей Ёжиков"
SPELLINGS = {
    "decomposed, as macOS writes names of files": unicodedata.normalize("NFD", NAME),
    "a no-break space": "Андрей\u00a0Ёжиков",
    "a narrow no-break space": "Андрей\u202fЁжиков",
    "an ideographic space": "Андрей\u3000Ёжиков",
    "a zero-width space before it": "\u200bАндрей Ёжиков",
    "a zero-width space within": "Анд\u200bрей Ёжиков",
    "a zero-width joiner within": "Анд\u200dрей Ёжиков",
    "a zero-width non-joiner at its end": "Андрей Ёжиков\u200c",
    "a byte-order mark": "\ufeffАндрей Ёжиков",
    "a soft hyphen": "Андрей Ёжи\u00adков",
    "a word joiner": "Андрей\u2060 Ёжиков",
    "marks of direction": "\u200eАндрей Ёжиков\u200f",
    "isolated": "\u2068Андрей Ёжиков\u2069",
    "a mark between a letter and its breve": "Андреи\u200b\u0306 Ёжиков",
    "spaces around": "\u00a0 Андрей Ёжиков\u2003\n",
    "proof against a spreadsheet": '="Андрей Ёжиков"',
}


@pytest.mark.parametrize("x", SPELLINGS.values(), ids=SPELLINGS)
def test_what_looks_the_same_is_one_label(x: str) -> None:
    assert x != NAME and spelled(x) == NAME == cells.text(x) == cells.text(np.str_(x))


@pytest.mark.parametrize("x", SPELLINGS.values(), ids=SPELLINGS)
def test_its_rows_are_one_group_and_are_found_by_any_spelling(x: str) -> None:
    rows = [deal(manager=x), deal(manager=NAME), deal(manager="Вера")]
    by = sales.deals_created(rows, by="manager")
    assert dict(by) == {NAME: 2, "Вера": 1} and by[x] == by[NAME] == 2 and x in by and "Анна" not in by
    assert sales.deals_created(rows, by=("manager", "status"))[x, "open"] == 2
    assert len(where(rows, manager=x)) == len(where(rows, manager=[x, "nobody"])) == 2
    team = via([Manager(name=x, team="Север")], "team", on="manager")
    assert dict(sales.deals_created(rows, by=team)) == {"Север": 2, None: 1}


def test_a_quota_meets_the_deals_of_its_manager() -> None:
    won: Any = {"status": "won", "closed_at": "2024-02-01", "created_at": "2024-01-05", "amount": 50}
    quota = Quota(manager=SPELLINGS["a no-break space"], start="2024-01-01", end="2024-04-01", amount=100)
    assert dict(sales.quota_attainment([deal(manager=NAME, **won)], [quota], by="manager")) == {NAME: 0.5}


def test_labels_of_every_kind_of_field_and_record_are_spelled() -> None:
    decomposed = unicodedata.normalize("NFD", "Müller")
    spend = [Spend(at="2024-01-01", amount=1, channel=x) for x in (decomposed, "Müller", "Mül\u00adler")]
    assert dict(marketing.spend_total(spend, by="channel")) == {"Müller": 3.0}
    assert Deal(id=f" {decomposed}", created_at=None, status="wo\u200bn", closed_at="2024-01-01").status == "won"
    assert cells.currency("US\u200bD") == "USD" and cells.flag("\u200bда") is True
    assert deal(id="А\u201112").id == deal(id="А\u201012").id == "А-12"  # hyphens of typography


def test_a_word_is_translated_in_any_spelling_and_a_table_groups_as_records_do() -> None:
    words = {"status": {"Проигранный": "lost"}}
    rows = {"id": [1, 2], "created_at": ["2024-01-05"] * 2, "manager": [SPELLINGS["a soft hyphen"], NAME]}
    state = unicodedata.normalize("NFD", "Проигранный")
    t = table({**rows, "status": [state, f"\u200b{state}"], "team": [state, "Проигранный"]}, Deal, values=words)
    assert dict(sales.deals_created(t, by=("manager", "status", "team"))) == {(NAME, "lost", "Проигранный"): 2}
    assert len(where(t, team=state, manager=SPELLINGS["isolated"])) == 2


@pytest.mark.parametrize("x", ["Anna K.", "Ёж 🦔", "O’Brien", "Анна–Вера", "  ", "a  b", "ﬁ", "½", "Ⅳ", "café"])
def test_what_looks_different_stays_as_it_is(x: str) -> None:
    assert spelled(x) == unicodedata.normalize("NFC", x).strip()


@pytest.mark.parametrize("x", ["می\u200cخواهم", "👩\u200d💻", "🏳\ufe0f\u200d🌈", "ക്\u200d"])
def test_joiners_stay_where_they_shape_what_is_seen(x: str) -> None:
    assert spelled(x) == (x if not x.endswith("\u200d") else x[:-1])


def test_a_label_of_nothing_that_is_seen_is_missing() -> None:
    assert [deal(manager=x).manager for x in ("\u200b", "\u00a0\u200b ", "\ufeff", '=""', "\u00ad")] == [None] * 5


@given(st.text() | st.text("aй\u0306\u0308 \u00a0\u200b\u200d\u00ad\u2011e\u0301=\"'👩", max_size=12))
def test_a_spelling_is_its_own(x: str) -> None:
    assert spelled(spelled(x)) == spelled(x) or '="' in x  # what is proofed twice is unwrapped twice
    assert unicodedata.is_normalized("NFC", spelled(x))


@given(st.text("abc XYZ019_.,-", max_size=8))
def test_plain_text_is_only_stripped(x: str) -> None:
    assert spelled(x) == x.strip() and spelled(x + "й") == (x + "й").strip()


# ---------------------------------------------------------------- cells that a spreadsheet must not turn into numbers


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('="00123"', "00123"), (' ="00123" ', "00123"), ('=" 7 "', "7"), ('="1E5"', "1E5"), ('="a ""b"" c"', 'a "b" c'),
        ('="a"&"b"', '="a"&"b"'), ("=1+1", "=1+1"), ('="', '="'), ('"00123"', '"00123"'), ('="a', '="a'),
    ],
)  # fmt: skip
def test_an_id_is_what_the_spreadsheet_shows(cell: str, shown: str) -> None:
    assert cells.text(cell) == shown


def test_numbers_times_and_the_rest_may_be_proofed_too() -> None:
    assert text.amount('="1234.50"') == cells.money('="1234.50"') and str(text.amount('="1234.50"')) == "1234.50"
    assert text.amount('="1 234,50 ₽"') == text.amount("1234.50") and text.amount('=""') is None
    assert text.number('="60 %"') == text.share('="60 %"') == cells.share('="60 %"')
    assert str(text.time('="31.03.2024 17:30"')) == "2024-03-31 17:30:00" and text.time('=""') is None
    assert str(cells.instant('="2024-03-31"')) == "2024-03-31" and text.seconds('="1:30"') == 90
    assert text.currency('="USD"') == "USD" == text.currency_of('="5 USD"') and cells.flag('="yes"') is True
    assert text.decimal_marks(['="12,5"']) == {","} and text.date_orders(['="04/13/2024"']) == {"mdy"}
    assert text.currency_signs(['="$5"']) == {"$"}


def test_a_bad_cell_is_shown_as_it_stands_in_the_file() -> None:
    out = text.amount('="1,234"')
    assert isinstance(out, cells.Bad) and out.value == '="1,234"' and out.problem == "may be 1234 or 1.234"
