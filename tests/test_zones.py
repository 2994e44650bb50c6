"""The zone of a first crm.toml: the days of a file whose times carry offsets are right by default."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from crm_metrics import sales
from crm_metrics._company.first_settings import draft as starter
from crm_metrics._company.first_settings.zones import ZONES, offsets_carried
from crm_metrics._company.folder import load
from crm_metrics._report.report import Report
from crm_metrics._report.screen import text_of_report

DEAL = "{i},{created},won,{closed},100\n"


def put(folder: Path, *times: tuple[str, str]) -> Path:
    rows = "".join(DEAL.format(i=i, created=created, closed=closed) for i, (created, closed) in enumerate(times))
    (folder / "deals.csv").write_text(f"id,created_at,status,closed_at,amount\n{rows}", encoding="utf-8")
    return folder


NIGHT = ("2026-07-01T01:00:00+05:00", "2026-07-10T10:00:00+05:00")


def test_a_night_belongs_to_the_day_that_the_file_says(tmp_path: Path) -> None:
    starter.write(put(tmp_path, NIGHT))
    crm = load(tmp_path)
    assert sales.deals_created(crm.deals, by=crm.key("month(created_at)")) == {"2026-07": 1}
    assert str(crm.first_day) == "2026-07-01"
    assert "those of UTC" not in text_of_report(Report.of(crm))


def test_the_draft_names_the_zone_as_a_guess_and_those_that_would_fit_too(tmp_path: Path) -> None:
    draft = starter.draft(put(tmp_path, NIGHT))
    line = next(line for line in draft.lines if line.startswith("timezone"))
    assert line.startswith('timezone = "Asia/Yekaterinburg" # a guess: the times are at +05:00; ')
    assert "Asia/Tashkent" in line and not any("timezone" in one for one in draft.left)


@pytest.mark.parametrize(
    ("times", "zone"),
    [
        (["2020-03-13T10:59:07+03:00", "2020-07-13T10:59:07+03:00"], "Europe/Moscow"),
        (["2024-01-13T10:00:00+01:00", "2024-07-13T10:00:00+02:00"], "Europe/Berlin"),
        (["2024-01-13T10:00:00+00:00", "2024-07-13T10:00:00+01:00"], "Europe/London"),
        (["2024-01-13T10:00:00-05:00", "2024-07-13T10:00:00-04:00"], "America/New_York"),
        (["2024-11-03T01:30:00-04:00", "2024-11-03T01:30:00-05:00"], "America/New_York"),
        (["2024-01-13T10:00:00-07:00", "2024-07-13T10:00:00-07:00"], "America/Phoenix"),
        (["2024-01-13 10:00:00+0530"], "Asia/Kolkata"),
        (["13.01.2024 10:00:00+05:45"], "Asia/Kathmandu"),
    ],
)
def test_a_zone_fits_if_its_clock_shows_every_offset_at_its_instant(times: list[str], zone: str) -> None:
    assert offsets_carried(times).zones()[0] == zone


def test_every_zone_is_known_and_named_once() -> None:
    from crm_metrics._values.clocks import zoneinfo

    assert len(set(ZONES)) == len(ZONES)
    assert all(zoneinfo(name) for name in ZONES)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("2026-07-02T01:00:00+03:00", "the times are at +03:00, +05:00"),
        ("2026-07-02T01:00:00Z", "the times are at +00:00, +05:00"),
    ],
)
def test_offsets_that_no_zone_has_are_asked_about(tmp_path: Path, other: str, said: str) -> None:
    draft = starter.draft(put(tmp_path, NIGHT, (other, "2026-07-10T10:00:00+05:00")))
    assert f"[company] timezone, where your day begins: {said}, and without it the days are those of UTC" in draft.left
    assert "timezone" not in tomllib.loads(str(draft))["company"]


def test_times_in_utc_ask_for_the_zone_and_the_report_says_that_its_days_are_those_of_utc(tmp_path: Path) -> None:
    _, draft = starter.write(put(tmp_path, ("2024-01-05T10:00:00Z", "2024-01-09T10:00:00Z")))
    assert any(one.startswith("[company] timezone, where your day begins: the times are in UTC") for one in draft.left)
    told = " ".join(text_of_report(Report.of(load(tmp_path))).split())
    assert "Days are those of UTC: the times carry a zone, and none was set." in told


@pytest.mark.parametrize("day", ["2024-01-05", "2024-01-05 10:00:00", "05.01.2024"])
def test_times_without_offsets_ask_for_nothing(tmp_path: Path, day: str) -> None:
    _, draft = starter.write(put(tmp_path, (day, day)))
    assert not any("timezone" in one for one in draft.left)
    assert "UTC" not in text_of_report(Report.of(load(tmp_path)))


def test_deals_tell_the_zone_before_other_files(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("started_at,duration\n2024-01-05T10:00:00Z,30\n", encoding="utf-8")
    draft = starter.draft(put(tmp_path, NIGHT))
    assert tomllib.loads(str(draft))["company"]["timezone"] == "Asia/Yekaterinburg"


def test_a_heading_that_says_utc_asks_where_days_begin(tmp_path: Path) -> None:
    rows = "1,2026-01-05 22:30:00,won,2026-02-01 10:00:00\n2,2026-01-06 10:00:00,lost,2026-02-02\n"
    for zone, said in (("UTC", None), ("GMT+5", "Asia/Yekaterinburg")):
        heads = f"id,Created Date ({zone}),status,Close Date ({zone})\n"
        (tmp_path / "deals.csv").write_text(heads + rows, encoding="utf-8")
        draft = starter.draft(tmp_path)
        assert any("[company] timezone" in line for line in draft.left) is (said is None)
        assert tomllib.loads("\n".join(draft.lines))["company"].get("timezone") == said
