"""Junk of every kind in every argument of everything public: an answer or an error of ours, and soon.

A function is called with small valid rows and one argument that is junk. What it may give is an answer (NaN, a table,
an empty one) or a `CrmError`; a bare TypeError tells its caller nothing.
"""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import signal
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

import crm_metrics
from crm_metrics import (
    CRM,
    Breakdown,
    Cost,
    Deal,
    Pipeline,
    Quota,
    Spend,
    StageChange,
    journeys,
    marketing,
    month,
    roi,
    sales,
    table,
)
from crm_metrics.errors import CrmError
from crm_metrics.records import Call, DealLine, Interaction, Lead, Manager

LONG = 20  # seconds of work in which every call has ended, however busy the machine is
DAY = dt.date(2024, 3, 31)


class Odd:
    """An object that knows nothing and fails at everything."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __hash__ = None  # type: ignore[assignment]


def _circle() -> list[Any]:
    out: list[Any] = []
    out.append(out)
    return out


JUNK: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "numpy's True": lambda: np.True_,
    "an empty text": lambda: "",
    "a word": lambda: "no such thing",
    "a text with NUL": lambda: "a\0b",
    "an absurd number": lambda: "1e999999999",
    "bytes": lambda: b"x",
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("-inf"),
    "a huge integer": lambda: 10**400,
    "a complex number": lambda: 1j,
    "a Decimal that signals": lambda: Decimal("sNaN"),
    "no list": lambda: [],
    "lists in a list": lambda: [[1], [2]],
    "a list of itself": _circle,
    "a set": lambda: {1, "a"},
    "no dict": lambda: {},
    "a dict of nothing known": lambda: {"x": [1, None], "y": ["a", object()]},
    "an array of no dimension": lambda: np.array(5),
    "an array of two dimensions": lambda: np.zeros((2, 2)),
    "no time": lambda: np.datetime64("NaT"),
    "a type": lambda: int,
    "an object": object,
    "an odd object": Odd,
    "a generator": lambda: (i for i in range(3)),
    "a function": lambda: lambda *a, **k: None,
    "records of another kind": lambda: [Lead(id=1, created_at="2024-01-01"), Call(started_at=None)],
    "a breakdown": lambda: Breakdown({"a": 1.0}),
}

ROWS: dict[str, Any] = {
    "deals": [
        Deal(id=i, created_at=f"2024-01-{i:02}", status=s, closed_at=None if s == "open" else f"2024-02-{i:02}",
             manager="Anna", customer=i % 3, amount=100 * i, cost=50 * i, probability="0.5", product="a",
             reason="price", expected_close=f"2024-02-{i:02}", kind="new", lead=i, stage="a", channel="site")
        for i, s in enumerate(["won", "lost", "open", "won", "won"], 1)
    ],
    "spend": [Spend(at="2024-01-05", amount=100, channel="site", kind="acquisition")],
    "leads": [Lead(id=1, created_at="2024-01-01", status="converted", converted_at="2024-01-02")],
    "lines": [DealLine(deal=1, product=p, price=10, kind=kind) for p, kind in (("a", "base"), ("b", "upsell"))],
    "changes": [StageChange(deal=1, stage="a", at="2024-01-01"), StageChange(deal=1, stage="b", at="2024-01-09")],
    "calls": [Call(id=1, started_at="2024-01-01T10:00", manager="Anna", duration=60, deal=1, answered=True)],
    "interactions": [Interaction(at="2024-01-01", kind="quote", manager="Anna", deal=1, requested_at="2024-01-01")],
    "quotas": [Quota(manager="Anna", start="2024-01-01", end="2024-02-01", amount=100)],
    "managers": [Manager(name="Anna", hired_at="2023-01-01")],
}  # fmt: skip
PIPELINE = Pipeline(["a", "b"], name=None)
VALID: dict[str, Any] = {
    **ROWS,
    "stays": journeys.stays(ROWS["changes"]),
    "entries": ROWS["changes"],
    "customers": journeys.by_customer(ROWS["deals"]),
    "snapshot": ROWS["deals"],
    "rows": ROWS["deals"],
    "parts": [ROWS["deals"]],
    "before": ROWS["deals"][:2],
    "after": ROWS["deals"][2:],
    "record": Deal,
    "metric": sales.win_rate,
    "metrics": ["win_rate", "won_revenue"],
    "crm": CRM(deals=ROWS["deals"], go_live="2024-02-01", costs=[Cost(at="2024-01-01", amount=5)]),
    "lookup": ROWS["managers"],
    "on": "manager",
    "field": "manager",
    "what": "created_at",
    "name": "win_rate",
    "pipeline": PIPELINE,
    "period": month("2024-01"),
    "as_of": DAY,
    "at": "created_at",
    "start": dt.date(2024, 1, 1),
    "end": DAY,
    "rates": {"USD": 90},
    "to": "RUB",
    "flows": [-100, 60, 60],
    "dates": ["2024-01-01", "2024-06-01", "2025-01-01"],
    "rate": 0.1,
    "finance_rate": 0.1,
    "reinvest_rate": 0.1,
    "gain": 5,
    "cost": 3,
    "over": 100,
    "n": 3,
    "unit": month,
    "first": dt.date(2024, 1, 1),
    "function": lambda d: d.amount,
    "of": "id",
    "whole": 2,
    "part": 1,
    "columns": {"team": "team"},
}
WAYS: dict[str, Callable[[type, dict[str, Any]], Any]] = {
    "a record": lambda record, row: record(**row),
    "a table": lambda record, row: table({name: [x] for name, x in row.items()}, record),
    "rows": lambda record, row: table([row, dict.fromkeys(row)], record),
}
DONE_ELSEWHERE = {"load", "read_csv", "read_excel"}  # files: test_files, test_folder
RESULTS = {
    "Table",
    "Totals",
    "Breakdown",
    "LoadReport",
    "Change",
    "Changes",
    "Interval",
    "Intervals",
}  # not made by users


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Everything that a user calls: functions, metrics, and the classes of what is given."""
    seen: set[int] = set()
    for module in (crm_metrics, sales, marketing, roi, journeys):
        names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
        for name in names:
            f = getattr(module, name)
            ours = getattr(f, "__module__", "").startswith("crm_metrics") and callable(f)
            error = isinstance(f, type) and issubclass(f, BaseException)
            if not ours or error or id(f) in seen or name in DONE_ELSEWHERE | RESULTS or _is_result(f):
                continue
            seen.add(id(f))
            yield f"{module.__name__.removeprefix('crm_metrics').lstrip('.') or 'crm_metrics'}.{name}", f


def _is_result(f: Any) -> bool:
    """Result classes are made by functions; records, settings and keys by users."""
    given = (crm_metrics.records.schemas.Record, CRM, Pipeline, crm_metrics.Period) if isinstance(f, type) else ()
    return isinstance(f, type) and not issubclass(f, given)


FUNCTIONS = dict(public())


def arguments(f: Callable[..., Any]) -> tuple[list[inspect.Parameter], dict[str, Any]]:
    """The parameters of a function, and a value for each that must be given."""
    parameters = list(inspect.signature(f).parameters.values())
    needed = {p.name: VALID.get(p.name) for p in parameters if p.default is p.empty or p.name in ROWS}
    return parameters, needed


def call(f: Callable[..., Any], parameters: list[inspect.Parameter], values: dict[str, Any]) -> Any:
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for p in parameters:
        if p.name not in values:
            continue
        if p.kind is p.VAR_KEYWORD:
            named["junk"] = values[p.name]
        elif p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL):
            positional.append(values[p.name])
        else:
            named[p.name] = values[p.name]
    return f(*positional, **named)


class TooLongError(BaseException):
    """A call that did not end."""


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TooLongError


@pytest.fixture
def soon() -> Iterator[None]:
    """A call that does not end is stopped, where the system can."""
    if not hasattr(signal, "SIGPROF"):
        yield
        return
    before = signal.signal(signal.SIGPROF, _too_long)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


def outcome(do: Callable[[], Any]) -> str:
    """What a call came to, if that is neither an answer nor an error of ours."""
    if hasattr(signal, "SIGPROF"):
        signal.setitimer(signal.ITIMER_PROF, LONG)
    try:
        do()
    except CrmError as error:
        return "" if str(error).strip() else "an error that says nothing"
    except TooLongError:
        return f"has not ended after {LONG} seconds"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:100]}"
    return ""


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_junk_in_any_argument_is_an_answer_or_an_error_of_ours(name: str, tmp_path: Path) -> None:
    f = FUNCTIONS[name]
    parameters, needed = arguments(f)
    wrong = []
    for p in parameters:
        for what, make in JUNK.items():
            do = functools.partial(call, f, parameters, {**needed, p.name: make()})
            if said := outcome(do):
                wrong.append(f"{name}({p.name}={what}): {said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("record", [Deal, Spend, Lead, DealLine, StageChange, Call, Interaction, Quota, Manager])
def test_junk_in_any_cell_is_a_value_or_an_error_of_ours(record: type) -> None:
    """In columns as in records, and the column reads what the record reads."""
    wrong = []
    fields = [a.name for a in record.__attrs_attrs__]  # type: ignore[attr-defined]
    blank = dict.fromkeys(fields)
    for name in fields:
        for what, make in JUNK.items():
            for way, do in WAYS.items():
                if said := outcome(functools.partial(do, record, {**blank, name: make()})):
                    wrong.append(f"{record.__name__}.{name} = {what} in {way}: {said}")
    assert not wrong, "\n".join(wrong)


MANY = 60_000
DAYS = [dt.date(1900, 1, 1) + dt.timedelta(days=k % 40_000) for k in range(MANY)]
LENGTHY: dict[str, Callable[[list[Any]], Any]] = {
    "npv": lambda x: roi.npv(x, rate=0.1),
    "xnpv": lambda x: roi.xnpv(x, DAYS, rate=0.1),
    "irr": roi.irr,
    "xirr": lambda x: roi.xirr(x, DAYS),
    "mirr": lambda x: roi.mirr(x, finance_rate=0.1, reinvest_rate=0.1),
    "payback": roi.payback,
    "payback at a rate": lambda x: roi.payback(x, rate=0.1),
}


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("name", LENGTHY)
def test_many_flows_end_soon(name: str) -> None:
    flows = [-1000, *[Decimal("0.001")] * (MANY - 1)]
    assert not outcome(lambda: LENGTHY[name](flows))


def test_everything_public_is_tried() -> None:
    assert len(FUNCTIONS) > 130 and {"crm_metrics.interval", "sales.win_rate", "roi.npv", "crm_metrics.CRM"} <= set(
        FUNCTIONS
    )
