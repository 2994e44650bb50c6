"""ISO 4217: which currencies there are, the signs they have, and how many digits their minor unit has."""

from __future__ import annotations

_TWO = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK
HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER
ZAR ZMW ZWG ZWL
"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"

EXPONENTS: dict[str, int] = {
    code: digits for digits, codes in ((2, _TWO), (0, _NONE), (3, _THREE), (4, _FOUR)) for code in codes.split()
}
"""Digits after the decimal point, by currency code."""

OLD = {"RUR": "RUB"}
"""Codes that exports still carry, and what they are now."""

SIGNS = {
    "₽": "RUB", "р": "RUB", "руб": "RUB", "рубль": "RUB", "рубля": "RUB", "рублей": "RUB", "€": "EUR", "евро": "EUR",
    "£": "GBP", "us$": "USD", "a$": "AUD", "au$": "AUD", "ca$": "CAD", "hk$": "HKD", "nz$": "NZD", "r$": "BRL",
    "mx$": "MXN", "nt$": "TWD", "₴": "UAH", "грн": "UAH", "₸": "KZT", "тг": "KZT", "тенге": "KZT", "₹": "INR",
    "₺": "TRY", "zł": "PLN", "kč": "CZK", "₪": "ILS", "s$": "SGD", "₩": "KRW", "₫": "VND", "฿": "THB", "сум": "UZS",
    "₼": "AZN", "₾": "GEL", "֏": "AMD", "₱": "PHP", "₦": "NGN", "₡": "CRC", "₵": "GHS", "₲": "PYG", "₭": "LAK",
    "₮": "MNT", "rmb": "CNY",
}  # fmt: skip
"""What stands beside an amount, in lower case and without a dot, for a currency."""

SHARED_SIGNS = {
    "$": "USD AUD CAD NZD HKD SGD TWD MXN CLP COP ARS", "долл": "USD AUD CAD", "¥": "JPY CNY", "c$": "CAD NIO",
    "元": "CNY TWD HKD", "kr": "SEK NOK DKK ISK", "rs": "INR PKR LKR NPR MUR", "fr": "CHF XOF XAF",
}  # fmt: skip
"""Signs that several currencies have: fine beside an amount, not enough where a currency must be named."""

NAMELESS = 2
"""Digits of an amount whose currency nobody named."""


def code_of_word(word: str) -> str | None:
    """The currency that a code, a sign or a word means; a sign that several have is itself.

    >>> code_of_word("руб."), code_of_word("usd"), code_of_word("$"), code_of_word("pieces")
    ('RUB', 'USD', '$', None)
    """
    name = word.casefold().rstrip(".")
    code = OLD.get(name.upper(), name.upper())
    return SIGNS.get(name) or (code if code in EXPONENTS else name if name in SHARED_SIGNS else None)


def may_be(name: str) -> frozenset[str]:
    """The currencies that a code or a shared sign may mean."""
    return frozenset(SHARED_SIGNS.get(name, name).split())


def agrees(sign: str, code: str) -> bool:
    """Whether two names, a code or a shared sign each, may mean one currency.

    >>> agrees("$", "CAD"), agrees("$", "RUB"), agrees("EUR", "EUR")
    (True, False, True)
    """
    return not may_be(sign).isdisjoint(may_be(code))


def exponent(currency: str | None) -> int:
    """Digits after the decimal point: 2 for USD, 0 for JPY, 3 for KWD, 2 where no currency is named.

    Of a sign that several currencies have it is the most that one of them has: 2 for "$", and for "¥" too.
    """
    return _DIGITS[currency] if currency else NAMELESS


_DIGITS = EXPONENTS | {sign: max(EXPONENTS[code] for code in may_be(sign)) for sign in SHARED_SIGNS}
