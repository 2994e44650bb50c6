"""A deal that was won, opened again and lost closed when it was lost: of two times that of its status counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm_metrics import Deal, month, read_csv, sales, table

COLUMNS = {"closed_at": ["Won time", "Lost time"]}
DATA = {
    "id": ["1", "2", "3", "4", "5"],
    "created_at": ["2024-01-01"] * 5,
    "status": ["lost", "Won", "won", "lost", "open"],
    "Won time": ["2024-02-01", "2024-02-02", "2024-04-03", "2024-02-04", ""],
    "Lost time": ["2024-03-01", "2024-03-02", "", "", ""],
}
CLOSED = ["2024-03-01", "2024-02-02", "2024-04-03", "2024-02-04", "None"]


def as_kind(kind: str) -> Any:
    """The rows as this kind of input."""
    if kind == "dicts":
        return [dict(zip(DATA, row, strict=True)) for row in zip(*DATA.values(), strict=True)]
    if kind == "mapping":
        return DATA
    module = pytest.importorskip(kind)
    return (module.table if kind == "pyarrow" else module.DataFrame)(DATA)


def closings(deals: Any) -> list[str]:
    return [str(deals["closed_at"].item(i))[:10] for i in range(len(deals))]


@pytest.mark.parametrize("order", [["Won time", "Lost time"], ["Lost time", "Won time"]])
@pytest.mark.parametrize("kind", ["mapping", "dicts", "pandas", "polars", "pyarrow"])
def test_of_two_times_that_of_the_status_is_the_closing(kind: str, order: list[str]) -> None:
    found = table(as_kind(kind), Deal, columns={"closed_at": order}, values={"status": {"Won": "won"}})
    assert closings(found) == CLOSED
    assert found.report is not None
    told = f"closed_at is the one of the status, else the first of {', '.join(order)}, of which 2 rows have several"
    assert told in found.report.decided


def test_words_of_the_status_are_translated_first(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    rows = [*DATA]
    cells = [*zip(*DATA.values(), strict=True)]
    lines = [",".join({"lost": "Нет", "won": "Да", "Won": "Да"}.get(x, x) for x in row) for row in cells]
    path.write_text("\n".join([",".join(rows), *lines]), encoding="utf-8")
    words = {"status": {"Нет": "lost", "Да": "won"}}
    assert closings(read_csv(path, Deal, columns=COLUMNS, values=words)) == CLOSED
    nested = {"status": {"status": {"Нет": "lost", "Да": "won"}}}
    assert closings(read_csv(path, Deal, columns={**COLUMNS, "status": ["status"]}, values=nested)) == CLOSED


def test_a_lost_deal_counts_in_the_month_in_which_it_was_lost() -> None:
    found = table(DATA, Deal, columns=COLUMNS, values={"status": {"Won": "won"}})
    assert sales.deals_lost(found, by=month("closed_at")) == {"2024-02": 1, "2024-03": 1, "2024-04": 0, None: 0}


def test_headings_that_name_no_outcome_are_taken_in_their_order_and_it_is_told() -> None:
    data = {**DATA, "Closed": DATA["Won time"], "Due": DATA["Lost time"]}
    found = table(data, Deal, columns={"closed_at": ["Closed", "Due"]}, values={"status": {"Won": "won"}})
    assert closings(found) == ["2024-02-01", "2024-02-02", "2024-04-03", "2024-02-04", "None"]
    assert found.report is not None
    assert any("is the first of Closed, Due, of which 2 rows have several" in said for said in found.report.decided)


@pytest.mark.parametrize(
    "heads",
    [
        ("won_at", "lost_at"),
        ("closedWonDate", "closedLostDate"),
        ("DateWon", "DateLost"),
        ("Closed Won Date", "Closed Lost Date"),
        ("Дата выигрыша", "Дата проигрыша"),
        ("Дата успеха", "Дата отказа"),
        ("Дата успешного закрытия", "Дата неуспешного закрытия"),
    ],
)
def test_headings_name_an_outcome_in_any_spelling(heads: tuple[str, str]) -> None:
    data = {name: cells for name, cells in DATA.items() if "time" not in name}
    data |= dict(zip(heads, (DATA["Won time"], DATA["Lost time"]), strict=True))
    for order in (heads, heads[::-1]):
        found = table(data, Deal, columns={"closed_at": [*order]}, values={"status": {"Won": "won"}})
        assert closings(found) == CLOSED


def test_a_deal_that_was_opened_again_is_open_whatever_times_it_has() -> None:
    data = {**DATA, "status": ["open", "won", "won", "lost", "open"]}
    found = table(data, Deal, columns=COLUMNS)
    assert sales.deals_lost(found) == 1 and sales.deals_won(found) == 2
    assert sales.win_rate(found) == 2 / 3


def test_the_status_of_booleans_and_of_a_guess_decides_too() -> None:
    won, lost = (["true" if x.lower() == word else "false" for x in DATA["status"]] for word in ("won", "lost"))
    data = {**{n: x for n, x in DATA.items() if n != "status"}, "IsWon": won, "IsLost": lost}
    words = {"IsWon": {"true": "won", "false": ""}, "IsLost": {"true": "lost", "false": "open"}}
    columns = {**COLUMNS, "status": ["IsWon", "IsLost"]}
    assert closings(table(data, Deal, columns=columns, values={"status": words})) == CLOSED
    stages = {**DATA, "status": ["Closed Lost", "Closed Won", "Closed Won", "Closed Lost", "Open"]}
    assert closings(table(stages, Deal, columns="guess")) == CLOSED
