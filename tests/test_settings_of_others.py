"""A crm.toml that somebody else wrote: it reads nothing outside its folder if told so, and no error is Python's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm_metrics._company.first_settings import draft as starter
from crm_metrics._company.folder import load
from crm_metrics.errors import CrmError, WrongCall

pytestmark = pytest.mark.skipif(os.name != "posix", reason="names, links and pipes are others here")

DEALS = "id,created_at,status\n1,2024-01-05,open\n"


def company(folder: Path, file: str = "deals.csv", more: str = "") -> Path:
    """A folder whose crm.toml names this file for its deals."""
    folder.mkdir(exist_ok=True)
    (folder / "deals.csv").write_text(DEALS, encoding="utf-8")
    (folder / "crm.toml").write_text(f"[deals]\nfile = '{file}'\n{more}", encoding="utf-8")
    return folder


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(CrmError) as caught:
        call()
    return str(caught.value)


# ---------------------------------------------------------------- confined


def outside(tmp_path: Path) -> dict[str, str]:
    """Names that lead from tmp_path/mine to a file outside of it."""
    secret = tmp_path / "secret.csv"
    secret.write_text(DEALS, encoding="utf-8")
    mine = company(tmp_path / "mine")
    (mine / "linked.csv").symlink_to(secret)
    (mine / "up").symlink_to(tmp_path)
    return {
        "dots": "../secret.csv",
        "absolute": str(secret),
        "a link": "linked.csv",
        "a linked folder": "up/secret.csv",
    }


@pytest.mark.parametrize("way", ["dots", "absolute", "a link", "a linked folder"])
def test_a_confined_folder_reads_nothing_outside(tmp_path: Path, way: str) -> None:
    mine = company(tmp_path / "mine", outside(tmp_path)[way])
    assert load(mine).deals is not None, "where nobody asks for it, files may be anywhere"
    told = refusal(lambda: load(mine, confined=True))
    assert told.startswith("crm.toml, [deals] file = ") and "lies outside" in told and "put the file into" in told


@pytest.mark.parametrize(
    "section", ['[crm.costs]\nfile = "../secret.csv"', '[[lookups]]\nfile = "../secret.csv"\non = "id"']
)
def test_every_section_is_confined(tmp_path: Path, section: str) -> None:
    outside(tmp_path)
    assert "lies outside" in refusal(lambda: load(company(tmp_path / "mine", more=section), confined=True))


@pytest.mark.parametrize("name", ["deals.csv", "./deals.csv", "sub/../deals.csv"])
def test_a_confined_folder_reads_its_own_files(tmp_path: Path, name: str) -> None:
    mine = company(tmp_path / "mine", name)
    (mine / "sub").mkdir()
    assert load(mine, confined=True).deals is not None
    (tmp_path / "alias").symlink_to(mine)
    assert load(tmp_path / "alias", confined=True).deals is not None
    assert load(mine / "crm.toml", confined=True).deals is not None


def test_the_settings_themselves_are_confined(tmp_path: Path) -> None:
    mine = company(tmp_path / "mine")
    (mine / "crm.toml").rename(tmp_path / "elsewhere.toml")
    (mine / "crm.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert load(mine).deals is not None
    assert "is a link to outside the folder" in refusal(lambda: load(mine, confined=True))


# ---------------------------------------------------------------- names and paths

NAMES = {
    "a name of 5,000 letters": ("x" * 5000, "cannot be reached (File name too long)"),
    "a path of 5,000 folders": ("x/" * 5000, "cannot be reached (File name too long)"),
    "a file as a folder": ("deals.csv/x", "cannot be reached (Not a directory)"),
    "a folder": (".", "is a folder"),
}


@pytest.mark.parametrize(("name", "says"), NAMES.values(), ids=NAMES.keys())
def test_a_name_that_no_file_has_is_refused(tmp_path: Path, name: str, says: str) -> None:
    told = refusal(lambda: load(company(tmp_path / "mine", name)))
    assert told.startswith("crm.toml, [deals] file = ") and says in told and len(told) < 300


def test_a_name_with_a_zero_in_it_is_refused(tmp_path: Path) -> None:
    mine = company(tmp_path / "mine")
    (mine / "crm.toml").write_text('[deals]\nfile = "a\\u0000b.csv"\n', encoding="utf-8")
    assert "holds a character that no name has" in refusal(lambda: load(mine))


def test_links_in_a_loop_and_links_to_nothing_are_refused(tmp_path: Path) -> None:
    mine = company(tmp_path / "mine", "loop.csv")
    (mine / "loop.csv").symlink_to(mine / "loop.csv")
    assert "cannot be reached (Too many levels of symbolic links)" in refusal(lambda: load(mine))
    (mine / "loop.csv").unlink()
    (mine / "loop.csv").symlink_to(mine / "gone.csv")
    assert "is a link to nothing" in refusal(lambda: load(mine))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    mine = company(tmp_path / "mine", "pipe.csv")
    os.mkfifo(mine / "pipe.csv")
    assert "is no ordinary file" in refusal(lambda: load(mine))
    (mine / "crm.toml").unlink()
    os.mkfifo(mine / "crm.toml")
    assert "crm.toml is no ordinary file" in refusal(lambda: load(mine))


@pytest.mark.parametrize("call", [load, starter.write])
@pytest.mark.parametrize("folder", [None, 5, b"exports", ["exports"]])
def test_what_is_no_path_is_a_wrong_call(call: Callable[[Any], Any], folder: Any) -> None:
    with pytest.raises(WrongCall, match="expected the path of a folder, got"):
        call(folder)


@pytest.mark.parametrize("call", [load, starter.write])
@pytest.mark.parametrize("folder", ["x" * 5000, "a\0b", "nowhere"])
def test_a_folder_that_cannot_be_is_refused(call: Callable[[Any], Any], folder: str) -> None:
    told = refusal(lambda: call(folder))
    assert "give the folder" in told and len(told) < 300


def test_links_in_a_loop_are_no_folder_and_no_settings(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for call in (load, starter.write):
        assert "Too many levels of symbolic links" in refusal(lambda call=call: call(tmp_path / "loop"))  # type: ignore[misc]
    mine = company(tmp_path / "mine")
    (mine / "crm.toml").unlink()
    (mine / "crm.toml").symlink_to(mine / "crm.toml")
    assert "Too many levels of symbolic links" in refusal(lambda: load(mine))
    assert "is there already" in refusal(lambda: starter.write(mine))


# ---------------------------------------------------------------- what is written in it

WRITTEN = {
    "100,000 brackets": f"x = {'[' * 100_000}",
    "100,000 braces": f"x = {'{a=' * 100_000}",
    "100,000 dots": f"{'a.' * 100_000}b = 1",
    "sections 100,000 deep": f"[{'a.' * 100_000}b]",
    "a number of 5,000 digits": f"x = {'1' * 5000}",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_settings_beyond_all_use_are_refused_at_once(tmp_path: Path, text: str) -> None:
    mine = company(tmp_path / "mine")
    (mine / "crm.toml").write_text(text, encoding="utf-8")
    told = refusal(lambda: load(mine))
    assert told.startswith("crm.toml") and len(told) < 300


def test_settings_that_cannot_be_opened_are_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    mine = company(tmp_path / "mine")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert refusal(lambda: load(mine)) == "crm.toml cannot be read: Permission denied"
