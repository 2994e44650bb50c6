"""The command: on the sample, on a folder, into pipes and narrow screens, and with all that a person may get wrong."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dealerships
import pytest

from crm_metrics import __main__ as command

DEALS = """id,created_at,status,closed_at,manager,amount,cost
1,2024-01-05,won,2024-02-01,Анна,100,60
2,2024-01-06,lost,2024-02-02,张伟,,
3,2024-02-07,won,2024-04-20,Анна,300.50,60
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deals.csv").write_text(DEALS, encoding="utf-8")
    (tmp_path / "crm.toml").write_text('[company]\nname = "Ромашка"\n[deals]\nfile = "deals.csv"\n', encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def _one_sample_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.samples, "dealership", dealerships.dealership)


def run(*args: str | Path) -> int:
    return command.main([str(a) for a in args])


def shell(*args: str | Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    names = {**os.environ, **env}
    names.pop("PYTHONUTF8", None)
    return subprocess.run([sys.executable, "-m", "crm_metrics", *map(str, args)], env=names, capture_output=True)


# ---------------------------------------------------------------- the sample


def test_without_arguments_it_reports_on_the_sample_and_its_truth(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    out = capsys.readouterr().out
    text = " ".join(out.split())
    assert "Did the CRM pay off? It paid off: over 12 months the gain is above the cost." in text
    assert (
        "credits the CRM with 1.43 million RUB more gross profit a month; it cost 3.22 million RUB in 12 months" in text
    )
    assert "- Control group: there is none" in text and "- Learning: the first 8 weeks count as no gain" in text
    assert "What the CRM truly added 1,615,056 RUB" in text and "What the simple count says 2,413,746 RUB +49 %" in text
    assert "What the fair comparison says 1,433,192 RUB -11 %; its limits hold the truth" in text
    assert "demand by 20.0 % and prices by 3.0 % a year" in text
    assert "28,964,958 RUB more in 12 months, 3,336,000 RUB spent, a simple ROI of 768.3 %" in text
    assert "Win rate 16.1 % 20.4 % +4.4 pts +2.4 to +6.3 pts better" in text
    order = [
        "Did the CRM pay off?",
        "The truth",
        "The simple count",
        "Scorecard",
        "Open at",
        "Funnel",
        "Why deals are lost",
        "Upsell and cross-sell",
        "Deals won within",
        "Managers",
        "Anna",
        "Egor",
    ]
    assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)
    assert len(out.splitlines()) <= 128 and max(map(len, out.splitlines())) <= 100


def test_the_truth_of_the_sample_is_data_too() -> None:
    done = shell("--format", "json")
    assert done.returncode == 0 and not done.stderr
    data = json.loads(done.stdout)
    truth = next(section for section in data["sections"] if section["name"] == "truth")
    rows = {row["metric"]: row for row in truth["rows"]}
    true = rows["true_monthly_gain"]["value"]
    assert rows["simple_monthly_gain"]["value"] > 1.2 * true > 0
    assert rows["fair_monthly_gain"]["low"] < true < rows["fair_monthly_gain"]["high"]
    assert [section["name"] for section in data["sections"]][:4] == ["verdict", "truth", "simple", "scorecard"]
    found = data["sections"][0]["evaluations"]
    assert [one["parts"]["ramp_weeks"] for one in found] == [0, 8, 16] and found[1]["paid_off"] is True


def test_as_of_a_day_before_go_live_there_is_no_comparison_and_no_truth(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--as-of", "2024-02-29") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "to the end of 2024-02-29" in text and "after the last day of the data, 2024-02-29" in text
    assert "The truth" not in text


# ---------------------------------------------------------------- a folder


def test_a_folder_is_reported_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--by", "manager", "--by", "month") == 0
    out, err = capsys.readouterr()
    assert out.startswith("Ромашка\nData from 2024-01-05 to the end of 2024-04-20\n") and not err
    assert "By manager" in out and "2024-03" not in out and "2024-04" in out


def test_as_of_takes_back_what_happened_later(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--as-of", "2024-03-31", "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    card = {row["metric"]: row.get("value") for row in data["sections"][1]["rows"]}
    assert data["as_of"] == "2024-03-31" and card["deals_won"] == 1 and card["deals_created"] == 3


def test_csv_is_one_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--format", "csv") == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("section,by,group,metric,label,unit,currency,value,before,after")
    assert any(row.startswith("scorecard,,,won_revenue,Revenue won,money,,400.5") for row in rows)
    assert ",low,high,relative_low,relative_high,p,verdict,method,note" in head


def test_init_writes_settings_that_then_work(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "crm.toml").unlink()
    assert run("--init", folder) == 0
    out = capsys.readouterr().out
    assert (
        f"Wrote {folder / 'crm.toml'}" in out
        and "  - [crm] go_live" in out
        and f"python -m crm_metrics {folder}" in out
    )
    assert run(folder) == 0
    assert run("--init", folder) == 2
    assert "is left as it is" in capsys.readouterr().err


def test_init_without_a_folder_is_for_this_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "crm.toml").unlink()
    monkeypatch.chdir(folder)
    assert run("--init") == 0 and (folder / "crm.toml").is_file()


# ---------------------------------------------------------------- what goes wrong


def test_bad_cells_are_listed_with_exit_code_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "deals.csv").write_text(DEALS.replace("lost", "Lost").replace("300.50", "much"), encoding="utf-8")
    assert run(folder) == 1
    out, err = capsys.readouterr()
    assert not out and err.startswith("crm_metrics: 2 bad cells in deals.csv:\n  row 3, status: 'Lost' is unknown here")
    assert "row 4, amount: 'much' is not an amount" in err and 'In crm.toml: [deals.values.status] "Lost" = ...' in err


def test_settings_commands_and_names_that_are_wrong_have_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder / "nowhere") == 2 and "is not there" in capsys.readouterr().err
    assert run(folder, "--by", "mangaer") == 2 and "did you mean 'manager'?" in capsys.readouterr().err
    assert run(folder, "--by", "closed_at") == 2 and "month('closed_at')" in capsys.readouterr().err
    (folder / "crm.toml").write_text("[deal]", encoding="utf-8")
    assert run(folder) == 2 and "did you mean 'deals'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--as-of", "31.12.2024"], "'31.12.2024' is not a date: write it like 2024-12-31"),
        (["--format", "xml"], "invalid choice: 'xml'"),
        (["a", "b"], "unrecognized arguments: b"),
    ],
)
def test_a_wrong_command_says_so(args: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(*args)
    assert stopped.value.code == 2 and says in capsys.readouterr().err


def test_help_says_what_the_exit_codes_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run("--help")
    out = capsys.readouterr().out
    assert stopped.value.code == 0 and "exit codes:" in out and "--init exports" in out


def test_a_folder_that_cannot_be_written_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def refuse(folder: object) -> None:
        raise PermissionError(13, "Permission denied", "crm.toml")

    monkeypatch.setattr(command.starter, "write", refuse)
    assert run("--init", folder) == 2 and "crm_metrics: crm.toml: Permission denied" in capsys.readouterr().err


def test_an_interruption_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command.samples, "dealership", interrupt)
    assert run() == 130 and capsys.readouterr() == ("", "")


# ---------------------------------------------------------------- screens and pipes


@pytest.mark.parametrize("encoding", ["ascii", "cp1251", "latin-1", "utf-8", "utf-16"])
@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_a_narrow_screen_is_no_error(folder: Path, encoding: str, form: str, monkeypatch: Any, capsys: Any) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding))
    assert run(folder, "--by", "manager", "--format", form) == 0 and not capsys.readouterr().err
    text = raw.getvalue().decode(encoding)
    escaped = "\\u0410\\u043d\\u043d\\u0430"
    assert (escaped if encoding in ("ascii", "latin-1") or (form, encoding) == ("json", "cp1251") else "Анна") in text
    if form == "json":
        assert json.loads(text)["company"] == "Ромашка"


@pytest.mark.parametrize("env", [{"LC_ALL": "C", "LANG": "C"}, {"PYTHONIOENCODING": "cp1251"}], ids=["plain", "cp1251"])
def test_a_narrow_shell_is_no_error(folder: Path, env: dict[str, str]) -> None:
    done = shell(folder, "--by", "manager", **env)
    assert done.returncode == 0 and not done.stderr and done.stdout


def test_messages_too_fit_a_narrow_screen(folder: Path) -> None:
    done = shell(folder, "--by", "менеджер", PYTHONIOENCODING="ascii")
    assert done.returncode == 2 and b"Traceback" not in done.stderr and b"nothing called" in done.stderr


class Broken(io.StringIO):
    """A pipe whose reader went away, or a disk that is full."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def flush(self) -> None:
        raise self.error


def test_a_reader_who_has_seen_enough_is_no_error(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(BrokenPipeError(32, "Broken pipe")))
    assert run(folder) == 0 and not capsys.readouterr().err
    monkeypatch.setattr(sys, "stdout", None)
    assert run(folder) == 0


def test_what_a_screen_cannot_show_is_written_as_its_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for form in ("text", "json"):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
        assert run(folder, "--format", form) == 0 and b"\\u0420\\u043e" in raw.getvalue()


def test_a_full_disk_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(OSError(28, "No space left on device")))
    assert run(folder) == 2
    assert "cannot write the report: No space left on device" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="needs a shell with head")
def test_head_ends_it_without_a_word(folder: Path) -> None:
    line = f'"{sys.executable}" -m crm_metrics "{folder}" --by id | head -1'
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True)
    assert done.returncode == 0 and not done.stderr and done.stdout.count(b"\n") == 1


def test_without_a_place_for_errors_nothing_is_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert run(folder / "nowhere") == 2 and not capsys.readouterr().out


# ---------------------------------------------------------------- progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_and_wiped_away() -> None:
    out = Terminal()
    with command._Bar(out, "reading") as bar:
        bar(50, 100)
        bar.next = 0.0
        bar(100, 100)
    wiped = [" " * 13, ""]
    assert out.getvalue().split("\r")[1:] == ["reading ...", "reading, 50 %", "checking ... ", wiped[0][:12], ""]


def test_a_file_shows_no_progress() -> None:
    out = io.StringIO()
    for to in (out, None):
        with command._Bar(to, "reading") as bar:
            bar(50, 100)
    assert not out.getvalue()


# ---------------------------------------------------------------- what users stumbled over


def test_init_names_the_files_that_it_does_not_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deals.csv").write_text(DEALS, encoding="utf-8")
    (tmp_path / "звонки.csv").write_text("started_at,duration\n2024-01-05 10:00,00:01:30\n", encoding="utf-8")
    (tmp_path / "оплаты.csv").write_text("Клиент,Дата,Сумма\nАнна,2024-01-05,100\n", encoding="utf-8")
    assert run(tmp_path, "--init") == 0
    assert "\nNot used:\n  - оплаты.csv: seems to hold payments, and there is no section" in capsys.readouterr().out


def test_by_takes_a_heading_of_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "deals.csv").write_text(DEALS.replace("manager", "Ответственный"), encoding="utf-8")
    with (folder / "crm.toml").open("a", encoding="utf-8") as file:
        file.write('[deals.columns]\nmanager = "Ответственный"\n')
    assert run(folder, "--by", "Ответственный", "--format", "json") == 0
    by = json.loads(capsys.readouterr().out)["sections"]
    assert {row["group"][0] for s in by if s["name"] == "by manager" for row in s["rows"]} == {"Анна", "张伟"}


def test_as_of_in_the_settings_and_as_an_option_give_one_report(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "--as-of", "2024-02-29", "--format", "json") == 0
    option = capsys.readouterr().out
    with (folder / "crm.toml").open("a", encoding="utf-8") as file:
        file.write("[crm]\nas_of = 2024-02-29\n")
    assert run(folder, "--format", "json") == 0
    assert capsys.readouterr().out == option and '"as_of": "2024-02-29"' in option
