"""The currency that stands beside an amount is a statement: it is read, and it agrees with another or it does not."""

from __future__ import annotations

import pytest

from crm_metrics._tables import text
from crm_metrics._values.currencies import EXPONENTS, SHARED_SIGNS, SIGNS, agrees, code_of_word, exponent, may_be


@pytest.mark.parametrize(
    ("cell", "currency"),
    [
        ("100 €", "EUR"), ("€100", "EUR"), ("-€100.50", "EUR"), ("(€100)", "EUR"), ("100 ₽", "RUB"),
        ("100 руб.", "RUB"),
        ("1 234,50 ₽", "RUB"), ("р.100", "RUB"), ("RUR 5", "RUB"), ("5 rub", "RUB"), ("USD 10,000.00", "USD"),
        ("JPY 10,000", "JPY"), ("$5", "$"), ("5 $", "$"), ("US$5", "USD"), ("A$5", "AUD"), ("$5 USD", "USD"),
        ("¥5", "¥"),
        ("5 kr", "kr"), ("kr. 5", "kr"), ("R$ 1.234,56", "BRL"), ("12 345,67 zł", "PLN"), ("CHF 1'000", "CHF"),
        ("₱5", "PHP"), ("NT$5", "TWD"), ("5\u00a0€", "EUR"), ('="5 €"', "EUR"), ("5\u200b€", "EUR"),
        ("100", None), ("1 234,50", None), ("", None), ("n/a", None), ("$ -", None), ("5 foo", None), ("$5 RUB", None),
        ("60 %", None), ("€", None), (5, None), (None, None),
    ],
)  # fmt: skip
def test_the_currency_beside_a_number_is_found(cell: object, currency: str | None) -> None:
    assert text.currency_of(cell) == currency


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("$", "USD", True), ("$", "CAD", True), ("$", "RUB", False), ("$", "EUR", False), ("$", "$", True),
        ("EUR", "EUR", True),
        ("EUR", "USD", False), ("¥", "JPY", True), ("¥", "CNY", True), ("¥", "USD", False), ("kr", "SEK", True),
        ("kr", "$", False),
        ("c$", "$", True), ("долл", "$", True), ("fr", "CHF", True),
    ],
)  # fmt: skip
def test_two_names_agree_where_they_may_be_one_currency(one: str, other: str, agree: bool) -> None:
    assert agrees(one, other) is agrees(other, one) is text.agrees(one, other) is agree


def test_a_sign_has_the_digits_that_one_of_its_currencies_has() -> None:
    assert [exponent(x) for x in ("$", "¥", "kr", "fr", "rs", "元", "долл", "c$")] == [2] * 8
    assert [exponent(x) for x in ("USD", "JPY", "KWD", "CLF", None, "")] == [2, 0, 3, 4, 2, 2]
    for sign in SHARED_SIGNS:
        assert code_of_word(sign) == sign and len(may_be(sign)) > 1 and may_be(sign) <= EXPONENTS.keys()
    assert set(SIGNS.values()) <= EXPONENTS.keys() and not SIGNS.keys() & SHARED_SIGNS.keys()


@pytest.mark.parametrize(
    ("cells", "signs"),
    [
        (["$5", "5 A$"], {"AUD"}), (["$5", "5 €"], {"$", "EUR"}), (["A$5", "US$5"], {"AUD", "USD"}),
        (["$5", "5 долл."], {"долл"}),
        (["USD 10,000.00", "JPY 10,000"], {"USD", "JPY"}), (["5 руб. 50 коп."], set()), (["10 € за 5 ₽"], set()),
        (["1 234,50 ₽", "5 руб.", "7"], {"RUB"}), (["(USD)"], {"USD"}), (["5 $ USD"], set()), (["5", None, 7], set()),
    ],
)  # fmt: skip
def test_bad_cells_name_no_currency_of_a_column(cells: list[str], signs: set[str]) -> None:
    assert text.currency_signs(cells) == signs
