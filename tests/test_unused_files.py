"""`--init` names every file that it does not use, and why; without a table it writes nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from crm_metrics.__main__ import main

DEALS = "id,created_at,status,amount,closed_at\n1,2024-01-01,won,5,2024-01-02\n"


def put(folder: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def said(folder: Path, capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert main(["--init", str(folder)]) == code
    out, err = capsys.readouterr()
    return err if code else out


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x_csv", b"PK\x03\x04 and more", "x.csv: is an Excel file"),
        ("x_csv", b"", "x.csv: is empty"),
        ("x_csv", "a,b\n1,2\n", "x.csv: no section fits its columns (a, b)"),
        ("x_txt", "a note\nof two lines\n", "x.txt: no table, for it has one column"),
        ("x_pdf", b"%PDF", "x.pdf: no file of a table (.csv, .tsv, .txt, .xlsx)"),
        (
            "payments_csv",
            "Name,Day,Sum\nAnn,2024-01-05,5\n",
            "payments.csv: seems to hold payments, and there is no section",
        ),
        ("lines_csv", "Product,Quantity\nTyre,5\n", "lines.csv: may be [lines], but no heading is known as its deal"),
        ("deals2_csv", DEALS, "deals2.csv: seems to be [deals], as deals.csv is: put the rows of both into one file"),
    ],
)
def test_a_file_that_is_not_used_is_named_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | bytes, why: str
) -> None:
    out = said(put(tmp_path, deals_csv=DEALS, **{name: content}), capsys)
    assert f"\nNot used:\n  - {why}" in out
    assert f"# Not used: {why}" in (tmp_path / "crm.toml").read_text(encoding="utf-8")


def test_a_workbook_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "\nNot used:\n  - old.xlsx: " in said(put(tmp_path, deals_csv=DEALS, old_xlsx=b"PK\x03\x04 no"), capsys)


def test_a_folder_within_is_named_and_hidden_files_are_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / ".hidden").write_text("x", encoding="utf-8")
    out = said(put(tmp_path, deals_csv=DEALS), capsys)
    assert "  - old: a folder, and only the files of this one are read\n" in out and "hidden" not in out


def test_files_of_one_reason_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(put(tmp_path, deals_csv=DEALS, a_png="x", b_png="x", c_pdf="x"), capsys)
    assert "\n  - a.png, b.png, c.pdf: no file of a table" in out


def test_nothing_is_said_where_every_file_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Not used" not in said(put(tmp_path, deals_csv=DEALS), capsys)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"deals_xlsx": b"PK\x03\x04 no workbook"}, "holds no table, so no crm.toml is written (deals.xlsx: "),
        ({"readme_md": b"x"}, "holds no table, so no crm.toml is written (readme.md: no file of a table"),
        ({"notes_txt": b"one column\nonly\n"}, "holds no table, so no crm.toml is written (notes.txt: no table"),
        ({}, "holds no table, so no crm.toml is written (it is empty)"),
        (
            {"other_csv": b"a,b\n1,2\n", "deals_xlsx": b"PK\x03\x04"},
            "holds no table of deals or the like, so no crm.toml",
        ),
    ],
)
def test_without_a_table_nothing_is_written_that_blocks_the_next_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, bytes], why: str
) -> None:
    err = said(put(tmp_path, **files), capsys, 2)
    assert why in err and err.count("\n") == 1
    assert not (tmp_path / "crm.toml").exists()


def test_settings_that_are_there_are_left_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, deals_csv=DEALS, crm_toml="mine")
    assert "is there already and is left as it is: move it away first" in said(tmp_path, capsys, 2)
    assert (tmp_path / "crm.toml").read_text(encoding="utf-8") == "mine"


def test_a_malformed_row_does_not_hide_what_a_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(put(tmp_path, deals_csv=f"{DEALS}2,2024-01-01,won\n3,2024-01-01,won,5,2024-01-02\n"), capsys)
    assert "Not used" not in out and 'file = "deals.csv"' in (tmp_path / "crm.toml").read_text(encoding="utf-8")
    assert main([str(tmp_path)]) == 1 and "row 3, the whole row" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="names are text here")
def test_a_name_that_is_no_text_is_named_as_well_as_can_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / os.fsdecode(b"\xff.csv")).write_text(DEALS, encoding="utf-8")
    out = said(put(tmp_path, deals_csv=DEALS), capsys)
    assert "Not used:" in out and "a name that is no text: give it another one" in out
    assert main([str(tmp_path)]) == 0
