"""The main job: did the CRM pay off? ``python -m crm_metrics --help``."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import errno
import math
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from attrs import evolve

from crm_metrics import samples
from crm_metrics._company.crm import CRM, RECORDS
from crm_metrics._company.first_settings import draft as starter
from crm_metrics._company.folder import SETTINGS, load
from crm_metrics._report import screen
from crm_metrics._report.certainty import sure
from crm_metrics._report.payoff import Verdict
from crm_metrics._report.report import Report
from crm_metrics._scorecards.measures import Row, Section
from crm_metrics._values.writing import WIDTH, cut, number, percent, printable, width
from crm_metrics.errors import CrmError, DataError, MixedCurrencies
from crm_metrics.journeys import Pipeline
from crm_metrics.roi.evaluation import Evaluation

ABOUT = """\
Did the CRM pay off, by how much, and how sure is that? A verdict, a scorecard before and after it went live, best
and worst managers.

Without a FOLDER it runs on a bundled sample. A FOLDER holds your CSV files and a crm.toml that describes them;
--init writes a first crm.toml from what it finds there.
"""
EXAMPLES = """\
examples:
  python -m crm_metrics                          the bundled sample
  python -m crm_metrics --init exports           write exports/crm.toml, to be completed by you
  python -m crm_metrics exports --by manager     and all managers
  python -m crm_metrics exports --format json    for other programs

exit codes:
  0  done
  1  the data cannot be read as crm.toml describes them (all bad cells are listed)
  2  the command, crm.toml or a file name is wrong
"""


def main(argv: Sequence[str] | None = None) -> int:
    """The command; gives its exit code."""
    options = _parser().parse_args(argv)
    try:
        if options.init:
            return _init(options.folder or ".")
        report = _sample(options) if options.folder is None else _own(options)
        return _write(_formatted(report, options.format))
    except CrmError as error:
        _say("\n".join([f"crm_metrics: {error}", *getattr(error, "__notes__", ())]))
        return 1 if isinstance(error, (DataError, MixedCurrencies)) else 2
    except OSError as error:
        _say(f"crm_metrics: {error.filename or 'a file'}: {error.strerror or error}")
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m crm_metrics", description=ABOUT, epilog=EXAMPLES, formatter_class=plain)
    add = parser.add_argument
    add("folder", nargs="?", metavar="FOLDER", help=f"a folder with {SETTINGS} and CSV files")
    add("--init", action="store_true", help=f"write a first {SETTINGS} for the folder; never replaces one")
    add("--by", action="append", default=[], metavar="FIELD", help=_BY)
    add("--as-of", type=_date, metavar="DATE", help="the last day of the data, 2024-12-31 (else that of the last deal)")
    add("--format", choices=FORMATS, default="text", help="text for people, json or csv with all numbers for programs")
    return parser


_BY = (
    "group by a field, a column of your files or lookups, or a unit of time: month, quarter, month(created_at); "
    "several with commas: region,month; may be given more than once"
)
FORMATS = ("text", "json", "csv")


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date: write it like 2024-12-31") from None


# ---------------------------------------------------------------- what it does


def _own(options: argparse.Namespace) -> Report:
    """The report of the user's own files."""
    with _Bar(sys.stderr, f"reading {options.folder}") as bar:
        return _report(load(options.folder, progress=bar), options, bar)


def _sample(options: argparse.Namespace) -> Report:
    """The report of the bundled sample, and the truth that no real company knows."""
    with _Bar(sys.stderr, "making up a company") as bar:
        sample = samples.dealership()
        report = _report(_company(sample), options, bar)
    verdict = report["verdict"]
    if not isinstance(verdict, Verdict) or verdict.main is None:
        return report
    return report.with_section(_truth(report, verdict.main, sample.truth), after="verdict")


def _company(sample: samples.Sample) -> CRM:
    """The bundled company."""
    return CRM(
        **{name: getattr(sample, name) for name in RECORDS},
        pipelines=(
            Pipeline(samples.STAGES[:-1], lost=(samples.STAGES[-1], *samples.SIDE_STAGES), name="sales"),
            Pipeline(samples.DELIVERY, name="delivery"),
        ),
        costs=sample.costs,
        currency="RUB",
        name="The bundled sample: a car dealership that went live with a CRM",
        go_live=sample.go_live,
        ramp_weeks=sample.ramp_weeks,
        as_of=sample.as_of,
    )


def _report(crm: CRM, options: argparse.Namespace, bar: _Bar) -> Report:
    crm = evolve(crm, as_of=options.as_of) if options.as_of else crm
    return Report.of(crm, by=options.by, doing=bar.begin)


def _truth(report: Report, fair: Evaluation, truth: samples.Truth) -> Section:
    """What the CRM was made to bring, beside what the fair comparison and the simple count say it brought."""
    gain, found = float(truth.monthly_gain), fair.monthly_gain
    simple = report["simple"]["gross_profit_a_month"].difference or math.nan
    money = Row(metric="", label="", unit="money", better="higher", currency=fair.currency)
    holds = "hold" if found.low <= gain <= found.high else "miss"
    off, note = percent(simple / gain - 1), f"{percent(found.value / gain - 1)}; its limits {holds} the truth"
    rows = (
        evolve(money, metric="true_monthly_gain", label="What the CRM truly added", value=gain),
        sure(
            money,
            found,
            metric="fair_monthly_gain",
            label="What the fair comparison says",
            value=found.value,
            note=note,
        ),
        evolve(money, metric="simple_monthly_gain", label="What the simple count says", value=simple, note=off),
    )
    market = " and ".join(
        f"{what} by {number(rate, 'share')}"
        for what, rate in (("demand", truth.demand_growth), ("prices", truth.price_growth))
    )
    why = f"The simple count credits the CRM with a market that grew anyway, {market} a year."
    title = "The truth, known since this company is made up"
    return Section("truth", title, rows, notes=(f"Gross profit a month. {why}",))


def _init(folder: str) -> int:
    """Writes a first crm.toml and says what to do next."""
    path, draft = starter.write(folder)
    lines = [f"Wrote {path}. Read it, correct it, and fill in what is marked FILL IN:"]
    lines += [f"  - {one}" for one in draft.left]
    if unused := draft.not_used():
        lines += ["Not used:", *(f"  - {one}" for one in unused)]
    return _write("\n".join([*lines, f"Then: python -m crm_metrics {folder}", ""]))


def _formatted(report: Report, form: str) -> str:
    if form == "json":
        text = report.to_json()
        return (text if _fits(text) else report.to_json(ascii_only=True)) + "\n"
    return report.to_csv() if form == "csv" else screen.text_of_report(report)


# ---------------------------------------------------------------- screens, pipes and narrow encodings


def _fits(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeError:
        return False
    return True


def _write(text: str) -> int:
    """Writes to stdout; a reader who has seen enough (head) is no error."""
    out: Any = sys.stdout
    if out is None:  # closed by the shell
        return 0
    if not _fits(text) and hasattr(out, "reconfigure"):
        out.reconfigure(errors="backslashreplace")
    try:
        out.write(text)
        out.flush()
    except OSError as error:
        _abandon(out)
        if error.errno in (errno.EPIPE, errno.EINVAL):
            return 0
        _say(f"crm_metrics: cannot write the report: {error.strerror}")
        return 2
    return 0


def _abandon(out: Any) -> None:
    """What is still in the buffer must not be written when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(text, file=sys.stderr)


class _Bar:
    """What is being done, on a terminal: the stage of work, and of reading how much of it is done."""

    def __init__(self, out: TextIO | None, doing: str) -> None:
        self.out = out if out is not None and out.isatty() else None
        self.next, self.shown = 0.0, 0
        self.begin(doing)

    def begin(self, doing: str) -> None:
        """Another stage of work."""
        self.doing = doing
        self._show(f"{doing} ...")

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self.out is None or now < self.next:
            return
        self._show(f"{self.doing}, {100 * done / total:.0f} %" if done < total else "checking ...")
        self.next = now + 0.1

    def _show(self, what: str) -> None:
        if self.out is not None:
            line = cut(printable(what), WIDTH - 1)
            with contextlib.suppress(OSError, ValueError):  # a terminal that is gone, or has no such letters
                self.out.write(f"\r{line}{' ' * (self.shown - width(line))}")
                self.out.flush()
            self.shown = width(line)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error: object) -> None:
        """The line is empty again."""
        if self.shown:
            self._show("")
            self._show("")


if __name__ == "__main__":
    sys.exit(main())
