"""What nobody sees of a web page is not read, and an encoding that it cannot be in is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import Deal, Spend, read_excel, sales


@pytest.mark.parametrize(
    "cell",
    [
        '<span style="display:none">000500</span>500',
        '<span STYLE="color:red; Display : None"><b>0</b>5</span>500',
        "<i hidden>7<br>7</i>500",
        "<script>document.write('<b>9</b>')</script>500",
        "500<style>td {}</style>",
        "<b>500</b><input hidden>",
        "500<span hidden>1",
    ],
)
def test_what_nobody_sees_of_a_cell_is_not_read(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "deals.xls"
    rows = "".join(f"<tr><td>{i}<td>won<td>{cell}<td>2024-01-01<td>2024-02-01" for i in (1, 2))
    heads = "".join(f"<th>{name}</th>" for name in ("id", "status", "amount", "created_at", "closed_at"))
    path.write_text(f"<table><tr>{heads}</tr>{rows}</table>", encoding="utf-8")
    assert sales.won_revenue(read_excel(path, Deal)) == 1000


@pytest.mark.parametrize("charset", ["utf-16", "us-ascii", "hex", "rot13", "bogus"])
def test_a_stated_encoding_that_the_page_cannot_be_in_is_passed_over(tmp_path: Path, charset: str) -> None:
    path = tmp_path / "spend.xls"
    rows = "<tr><td>2024-01-01<td>Окна<td>5"
    page = f"<meta charset={charset}><table><tr><th>at<th>campaign<th>amount{rows}</table>"
    path.write_text(page, encoding="utf-8")
    assert read_excel(path, Spend)["campaign"].item(0) == "Окна"
