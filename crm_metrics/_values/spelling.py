"""One name in one spelling: labels that look the same are the same."""

from __future__ import annotations

import re
import unicodedata

# Spaces, line breaks and hyphens of typography, and marks that nobody sees: soft hyphens, zero widths, directions.
_SPACES = "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_HYPHENS = "\u2010\u2011"
_UNSEEN = "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_JOINERS = "\u200c\u200d"
_SHAPED = "\u0600-\u109f\u1780-\u18af\ufb50-\ufdff\ufe0f\ufe70-\ufefc\u2600-\u27bf\U0001f000-\U0001faff"  # by joiners
_ODD = re.compile(f"[{_SPACES}{_HYPHENS}{_UNSEEN}{_JOINERS}]").search
_DROPPED = re.compile(f"[{_UNSEEN}]|(?<![{_SHAPED}])[{_JOINERS}]|[{_JOINERS}](?![{_SHAPED}])")
_PROOFED = re.compile(r'="((?:[^"]|"")*)"', re.DOTALL).fullmatch


def spelled(x: str) -> str:
    r"""A text in the spelling by which it is known: without white space around it, composed, with plain spaces.

    What nobody sees is left out, and so are the signs that keep a spreadsheet from reading a text as a number.

    >>> spelled(" Анна\u00a0К. ") == spelled("Анна К.") == "Анна К."
    True
    >>> spelled('="00123"')
    '00123'
    """
    bare = x.strip()
    if bare[:2] == '="':
        bare = unproofed(bare)
    return bare if bare.isascii() else _composed(bare)


def unproofed(x: str) -> str:
    """What a cell such as ="00123" shows in a spreadsheet."""
    found = _PROOFED(x)
    return found[1].replace('""', '"').strip() if found else x


def _composed(x: str) -> str:
    if _ODD(x):
        x = re.sub(f"[{_HYPHENS}]", "-", re.sub(f"[{_SPACES}]", " ", _DROPPED.sub("", x))).strip()
    return x if unicodedata.is_normalized("NFC", x) else unicodedata.normalize("NFC", x)
