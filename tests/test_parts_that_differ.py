"""Parts that say the same in different ways: brought together or refused, never added in silence."""

from __future__ import annotations

import pickle
import unicodedata
from typing import Any

import pytest

from crm_metrics import Breakdown, merge, month, sales, summarize, table, via, where
from crm_metrics._tables.stacking import stack
from crm_metrics._values.ratios import ratio
from crm_metrics.errors import WrongValue
from crm_metrics.records import Deal

COMPOSED = "Андрей Müller"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
SPELLINGS = [DECOMPOSED, f" {COMPOSED} ", "Андрей\u00a0Müller", "\u200bАндрей Müller"]


def deals(at: Any = "2024-01-31", **more: Any) -> dict[str, Any]:
    return {"id": [1], "status": ["won"], "created_at": [at], "amount": [100], **more}


# ---------------------------------------------------------------- zones

ZONED, NAIVE, BARE = "2024-01-31T22:00:00Z", "2024-01-31 22:00:00", "2024-01-31"


@pytest.mark.parametrize("by", [month, month("created_at"), ("status", month("created_at"))])
def test_days_of_a_zone_and_days_of_none_do_not_add(by: Any) -> None:
    parts = [summarize(sales.deals_created, deals(at), by=by) for at in (ZONED, NAIVE)]
    with pytest.raises(WrongValue, match="totals by times of UTC and no zone do not add: load every part"):
        merge(parts)
    with pytest.raises(WrongValue, match="do not add"):
        sum(parts)


def test_days_of_two_zones_do_not_add() -> None:
    two = [table(deals(ZONED), Deal, tz=zone) for zone in ("Europe/Moscow", "UTC")]
    parts = [summarize(sales.deals_created, rows, by=month) for rows in two]
    with pytest.raises(WrongValue, match="totals by times of Europe/Moscow and UTC do not add"):
        merge(parts)
    in_one = [summarize(sales.deals_created, rows, by=month("created_at", tz="Asia/Tokyo")) for rows in two]
    assert sales.deals_created(merge(in_one)) == {"2024-02": 2}, "the key names the zone"


def test_bare_dates_and_empty_parts_meet_any_zone() -> None:
    for at in (ZONED, NAIVE):
        parts = [summarize(sales.deals_created, deals(x), by=month) for x in (at, BARE, None)]
        assert sales.deals_created(merge(parts)).total() == 3


def test_numbers_that_no_day_groups_add_whatever_the_zone() -> None:
    parts = [summarize(sales.deals_created, deals(at)) for at in (ZONED, NAIVE)]
    assert sales.deals_created(merge(parts)) == 2


def test_sums_and_saved_totals_remember_their_zone() -> None:
    one = pickle.loads(pickle.dumps(summarize(sales.deals_created, deals(ZONED), by=month)))
    with pytest.raises(WrongValue, match="do not add"):
        merge([merge([one, one]), summarize(sales.deals_created, deals(NAIVE), by=month)])


# ---------------------------------------------------------------- numbers and text


def test_a_number_and_a_text_of_one_name_do_not_add() -> None:
    parts = [summarize(sales.deals_created, deals(branch=[x]), by="branch") for x in (1, "1")]
    with pytest.raises(WrongValue, match="the group 1 is text in one part and a number in another"):
        merge(parts)
    pairs = [summarize(sales.deals_created, deals(branch=[x]), by=("status", "branch")) for x in (1, "1")]
    with pytest.raises(WrongValue, match="the group 1 is text"):
        merge(pairs)
    other = [summarize(sales.deals_created, deals(branch=[x]), by="branch") for x in (1, "2a")]
    assert sales.deals_created(merge(other)) == {1: 1, "2a": 1}


@pytest.mark.parametrize("by", ["branch", ("status", "branch")])
def test_a_flag_and_a_number_do_not_add_though_true_is_1_to_python(by: Any) -> None:
    two = {name: x * 2 for name, x in deals().items()}
    flags, numbers = ({**two, "branch": x} for x in ([True, False], [1, 0]))
    with pytest.raises(WrongValue, match=r"the group .* is a flag on one side and a number on the other, False and 0"):
        merge([summarize(sales.deals_created, rows, by=by) for rows in (flags, numbers)])
    one, other = (sales.deals_created(rows, by=by) for rows in (flags, numbers))
    for call in (lambda: one + other, lambda: one / other, lambda: ratio(one, other)):
        with pytest.raises(WrongValue, match="a flag on one side and a number on the other"):
            call()
    assert ratio(one, one).array.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("a", "b", "groups"),
    [
        ([1], ["1"], {"1": 2}),
        ([1, 2], ["1", "x"], {"1": 2, "2": 1, "x": 1}),
        ([1, None], ["1", "2"], {"1": 2, "2": 1, None: 1}),
        ([1.5], ["1.5"], {"1.5": 2}),
        ([1, "a"], ["1", "a"], {"1": 2, "a": 2}),
        ([1, "a"], [1, 2], {"1": 2, "2": 1, "a": 1}),
    ],
)
def test_tables_of_numbers_and_of_text_stack_as_text(a: list[Any], b: list[Any], groups: dict[Any, int]) -> None:
    def of(branch: list[Any]) -> Any:
        n = len(branch)
        rows = {"id": list(range(n)), "status": ["won"] * n, "created_at": ["2024-01-31"] * n, "branch": branch}
        return table(rows, Deal)

    assert sales.deals_created(stack([of(a), of(b)]), by="branch") == groups
    assert sales.deals_created(stack([of(b), of(a)]), by="branch") == groups


# ---------------------------------------------------------------- one name in several spellings


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_name_is_found_in_any_spelling(spelling: str) -> None:
    rows = {
        "id": [1, 2],
        "status": ["won"] * 2,
        "created_at": ["2024-01-31"] * 2,
        "manager": [COMPOSED, spelling],
    }
    found = sales.deals_created(table(rows, Deal), by="manager")
    assert found == {COMPOSED: 2} and found[spelling] == 2 and spelling in found and found.get(spelling) == 2
    assert len(where(table(rows, Deal), manager=spelling)) == 2 == len(where(rows, manager=[spelling]))
    both = sales.deals_created(table(rows, Deal), by=("status", "manager"))
    assert both["won", spelling] == 2
    teams = {"manager": [spelling], "team": ["North"]}
    assert sales.deals_created(table(rows, Deal), by=via(teams, "team")) == {"North": 2}
    assert sales.deals_created(rows, by="manager") == {COMPOSED: 2}


def test_a_name_that_is_not_there_is_not_found() -> None:
    found = Breakdown.of({COMPOSED: 1, None: 2, 3: 4})
    assert "Anna" not in found and found.get("Anna") is None and found[None] == 2 and found[3] == 4
    with pytest.raises(KeyError):
        found["Anna"]
    assert ratio(found, found)[DECOMPOSED] == 1


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_quota_and_the_deals_of_one_name_meet(spelling: str) -> None:
    rows = {**deals(manager=[COMPOSED]), "closed_at": ["2024-01-31"]}
    quota = {"manager": [spelling], "start": ["2024-01-01"], "end": ["2024-02-01"], "amount": [200]}
    assert sales.quota_attainment(rows, quota, by="manager") == {COMPOSED: 0.5}
