"""Flags have the words that are told for them as text, a heading may say what is not, and gaps need no unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crm_metrics import Deal, sales, table

DAYS = ["2024-01-01", "2024-01-02"]
WON = {"id": ["1", "2"], "created_at": DAYS, "closed_at": ["2024-02-01"] * 2}


@pytest.mark.parametrize("flag", [True, np.True_])
@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
@pytest.mark.parametrize("nested", [True, False])
def test_words_for_flags_of_text_are_those_of_flags_too(flag: Any, word: str, nested: bool) -> None:
    words: Any = {"IsWon": {word: "won"}} if nested else {word: "won"}
    heads: Any = ["IsWon"] if nested else "IsWon"
    deals = table({**WON, "IsWon": [flag, flag]}, Deal, columns={"status": heads}, values={"status": words})
    assert sales.deals_won(deals) == 2


def test_a_time_of_what_is_not_won_is_none_of_a_won_deal() -> None:
    columns = {"id": ["1"], "status": ["won"], "created_at": ["2024-01-01"], "Not won at": ["2024-03-01"]}
    heads = {"closed_at": ["Lost at", "Won at", "Not won at"]}
    deals = table({**columns, "Won at": ["2024-02-01"], "Lost at": ["2024-02-09"]}, Deal, columns=heads)
    assert str(deals["closed_at"].item(0)) == "2024-02-01"


def test_an_array_of_nothing_but_gaps_in_no_unit_has_no_times() -> None:
    open_deals = {"id": ["1", "2"], "status": ["open"] * 2, "created_at": DAYS}
    deals = table({**open_deals, "closed_at": np.array([np.datetime64("NaT")] * 2)}, Deal)
    assert [deals["closed_at"].item(i) for i in range(2)] == [None, None]
