"""The catalogue: every metric as data, called by its name, and true to what the metric does."""

from __future__ import annotations

import ast
import functools
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import strategies
from complete import REQUIRED, complete
from conftest import ROOT
from hypothesis import given, strategies as st
from test_laws import label_of

import crm_metrics
from crm_metrics import (
    CRM,
    DataError,
    Deal,
    Spend,
    Totals,
    catalog,
    explain,
    interval,
    marketing,
    metric,
    month,
    ratio,
    sales,
    samples,
    summarize,
    table,
    totals,
)
from crm_metrics._company.crm import RECORDS
from crm_metrics._scorecards.catalogue import call, formula, key_of, label_of as words_of, metric_named, reads
from crm_metrics._totals.metric import about, ready, registered, tables as tabular_functions
from crm_metrics._values.plain import plain
from crm_metrics.columns import won
from crm_metrics.errors import UnknownName, WrongCall, WrongValue
from crm_metrics.journeys import Pipeline
from crm_metrics.records.schemas import schema

OURS = [m for m in registered() if m.__module__.startswith("crm_metrics.")]
each = pytest.mark.parametrize("m", OURS, ids=lambda m: m.__name__)
DEALS = {"status": ["won", "lost", "open"], "manager": ["Anna", "Anna", "Boris"], "customer": ["a", "b", "c"]}
SPEND = {"amount": [500, 250], "kind": ["acquisition", "payroll"]}


def entry(name: str) -> dict[str, Any]:
    return next(m for m in catalog() if m["name"] == name and m["family"] in ("sales", "marketing"))


# ---------------------------------------------------------------- metrics as data


def test_the_catalogue_is_plain_data_of_every_metric() -> None:
    found = catalog()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert [m["name"] for m in found if m["unit"] != "table"] == [about(m).name for m in registered()]
    names = {"name", "family", "call", "question", "summary", "formula", "unit", "better", "records"}
    names |= {"required", "keywords"}
    assert all(m.keys() == names for m in found)


def test_a_metric_is_described_by_what_its_docstring_says() -> None:
    found = entry("win_rate")
    assert found["call"] == "sales.win_rate" and found["unit"] == "share" and found["better"] == "higher"
    assert found["question"] == "Of the deals that ended, how many did we win?"
    assert found["summary"] == "Share of closed deals that were won."
    assert found["formula"] == r"\text{win rate} = \frac{\text{won}}{\text{won} + \text{lost}}"
    assert entry("sales_cycle_quantile")["keywords"] == {"q": 0.5, "start": "created_at", "end": "closed_at"}


def test_fields_that_are_needed_are_told_from_those_that_are_used_where_they_are_there() -> None:
    spend, deals = entry("cac")["records"]
    assert spend == {
        "record": "Spend",
        "table": "spend",
        "at": ["at"],
        "needs": ["amount"],
        "uses": ["currency", "kind"],
    }
    assert deals["needs"] == ["customer", "status"] and deals["uses"] == ["kind"] and deals["at"] == ["closed_at"]
    paid = reads(functools.partial(marketing.cac, basis="paid"))
    assert paid[0].needs == ("amount", "kind"), "the keywords that are set are those that are read"


@each
def test_a_metric_runs_on_the_fields_that_it_needs_and_on_no_fewer(m: Any) -> None:
    for left_out in [None, *{(r.record, name) for r in reads(m) for name in r.needs}]:
        rows = []
        for r in reads(m):
            assert set(r.needs) | set(r.uses) <= set(schema(r.record)), (
                "a registered metric reads fields of its records"
            )
            names = [name for name in (*r.needs, "id") if (r.record, name) != left_out and name in schema(r.record)]
            rows.append(table_of(r.record, names))
        if left_out is None:
            assert isinstance(complete(m)(*rows), (int, float))
        else:
            with pytest.raises(UnknownName, match=left_out[1]):
                complete(m)(*rows)


CELLS = {"money": 5, "number": 1, "share": 0.5, "instant": "2024-01-05", "flag": True, "currency": None}


def table_of(record: type, names: list[str]) -> dict[str, list[Any]]:
    """One row, with a cell of each kind."""
    fields = [schema(record)[name] for name in names]
    return {f.name: [CELLS.get(f.kind.__name__, "won" if "won" in f.choices else [*f.choices, "x"][0])] for f in fields}


@each
@given(data=st.data())
def test_the_times_of_the_catalogue_are_those_that_a_bare_key_reads(m: Any, data: st.DataObject) -> None:
    company = data.draw(strategies.companies(about(m).records))
    rows, whole, found = company.of(about(m).records), complete(m), reads(m)
    assert all(len(r.at) <= 1 for r in found)
    if len(rows) == 1 and found[0].at:
        assert whole(*rows, by=month) == whole(*rows, by=month(found[0].at[0]))
    if not any(r.at for r in found):
        with pytest.raises(WrongCall, match="this metric names no time, so say which"):
            whole(*rows, by=month)


def test_a_metric_that_stops_at_a_zero_is_read_to_its_end() -> None:
    @metric(Deal, unit="money")
    def discount(deals: Any, *, by: Any = None) -> Any:
        """What was given away."""
        t = totals(deals, Deal, by)
        if not t.count(won):
            return 0.0
        return ratio(t.sum("list_amount", where=won) - t.sum("amount", where=won), t.count(won))

    assert reads(discount)[0].needs == ("amount", "list_amount", "status") and reads(discount)[0].at == ()
    assert reads(discount)[0].uses == ("currency",)


def test_a_metric_that_cannot_run_on_nothing_is_known_as_far_as_it_went() -> None:
    @metric(Deal, unit="number")
    def odd(deals: Any, *, by: Any = None) -> Any:
        """A metric with a fault in it."""
        totals(deals, Deal, by).counts("region")
        raise ZeroDivisionError

    assert reads(odd)[0].needs == ("region",)
    assert next(m for m in catalog() if m["name"] == "odd")["records"][0]["needs"] == ["region"]


def test_columns_that_are_no_field_of_the_record_are_named_too() -> None:
    @metric(Deal, unit="number")
    def of_weight(deals: Any, *, by: Any = None) -> Any:
        """Kilograms by kind of good."""
        t = totals(deals, Deal, by)
        groups = t.counts("good")
        return t.distinct("weight") + len(groups) + t.quantile("amount", 0.5)

    assert reads(of_weight)[0].needs == ("amount", "good", "weight")


# ---------------------------------------------------------------- calls by name


@each
def test_a_call_by_name_gives_the_digits_of_the_metric(m: Any) -> None:
    known = about(m)
    rows = [table_of(r, list(schema(r))) for r in known.records]
    given = {name: REQUIRED[name] for name in known.required}
    by = label_of(known.records)
    for name in (known.name, f"{known.family}.{known.name}", f"{m.__module__}.{m.__qualname__}"):
        assert plain(call(name, *rows, **given)) == plain(m(*rows, **given))
        assert plain(call(name, *rows, by=by, **given)) == plain(m(*rows, by=by, **given))


def test_groups_may_be_named_in_text() -> None:
    deals = DEALS | {"created_at": ["2024-01-05", "2024-02-05", "2024-02-06"]}
    by_month = call("deals_created", deals, by="month")
    assert by_month == sales.deals_created(deals, by=month) and list(by_month) == ["2024-01", "2024-02"]
    assert call("deals_won", deals, by="month(created_at)") == sales.deals_won(deals, by=month("created_at"))
    assert list(call("deals_won", deals, by=["manager", "year(created_at)"])) == [("Anna", "2024"), ("Boris", "2024")]
    assert list(call("deals_won", deals | {"month": ["a", "b", "b"]}, by="month")) == ["a", "b"], "a column comes first"
    assert key_of(month, [deals]) is month and key_of("nothing", [deals]) == "nothing"
    with pytest.raises(UnknownName, match="this Deal table has no 'nothing'"):
        call("deals_won", deals, by="nothing")


def test_a_company_stands_for_its_tables() -> None:
    crm = CRM(deals=DEALS, spend=SPEND)
    assert call("cac", crm) == call("cac", SPEND, DEALS) == 750
    with pytest.raises(UnknownName, match="cac reads Spend, Deal, and the company has no rows of Spend"):
        call("cac", CRM(deals=DEALS))


def test_a_record_that_is_read_twice_is_not_one_table_of_a_company() -> None:
    twice = {about(m).name: m for m in OURS if len({*about(m).records}) < len(about(m).records)}
    assert {*twice} == {"forecast_bias", "forecast_error"}
    crm = CRM(deals=DEALS)
    for name, m in twice.items():
        remedy = re.escape(f"a company has one table of them: call {name}(snapshot, deals, period=...)")
        for refused in (lambda name=name: call(name, crm), lambda m=m: explain(functools.partial(m, period=1), crm)):
            with pytest.raises(WrongCall, match=f"{name} reads Deal twice, and {remedy}"):
                refused()
    rows = table_of(Deal, list(schema(Deal)))
    assert plain(call("forecast_bias", rows, rows, period=month("2024-03"))) is None


def test_totals_are_taken_as_in_any_metric() -> None:
    assert call("win_rate", Totals.of(Deal, won=23, closed=40)) == 0.575
    assert call("win_rate", summarize(sales.win_rate, DEALS, by="manager"))["Anna"] == 0.5


def test_keywords_are_those_of_the_catalogue() -> None:
    assert call("cac", SPEND, DEALS, basis="paid") == 500
    with pytest.raises(WrongCall, match="cac has no keyword 'base', 'q': it takes by and basis"):
        call("cac", SPEND, DEALS, base="paid", q=1)
    with pytest.raises(WrongCall, match="deals_won has no keyword 'q': it takes by alone"):
        call("deals_won", DEALS, q=1)


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("win_rat", UnknownName, "there is no metric 'win_rat': did you mean 'win_rate'?"),
        ("marketing.win_rate", UnknownName, "there is no metric"),
        (sales.win_rate, WrongCall, 'expected the name of a metric such as "sales.win_rate", got <function'),
    ],
)
def test_a_name_that_is_not_known_is_refused_with_the_nearest(name: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=re.escape(says)):
        call(name, DEALS)


def test_rows_are_given_for_each_record_in_order() -> None:
    with pytest.raises(WrongCall, match="cac reads Spend, Deal: give rows of each, in this order, got 1"):
        call("cac", DEALS)


def test_what_is_undefined_is_null_in_json() -> None:
    assert json.dumps(plain(call("win_rate", []))) == "null"
    assert json.dumps(plain(call("win_rate", DEALS, by="manager"))) == '[["Anna", 0.5], ["Boris", null]]'


def test_faults_are_data() -> None:
    with pytest.raises(DataError) as caught:
        call("won_revenue", {"status": ["won", "won"], "amount": ["5", "five"]})
    fault = caught.value.faults[0].to_dict()
    assert json.loads(json.dumps(fault)) == fault
    assert (fault["row"], fault["field"], fault["value"]) == (2, "amount", "'five'") and fault["remedy"]


# ---------------------------------------------------------------- names


def test_a_metric_that_is_registered_again_takes_the_place_of_the_old_one() -> None:
    """A cell of a notebook that is run twice leaves one metric: the last."""
    code = "@metric(Deal, unit='number')\ndef again_and_again(deals, *, by=None):\n    '''{0}.'''\n    return {0}\n"
    space = {"metric": metric, "Deal": Deal, "__name__": "__main__"}
    for n in (1, 2):
        exec(code.format(n), space)
        assert call("again_and_again", []) == n and call("__main__.again_and_again", []) == n
    assert [m["summary"] for m in catalog() if m["name"] == "again_and_again"] == ["2."]


def test_a_name_of_two_families_is_said_with_its_family() -> None:
    space: dict[str, Any] = {"metric": metric, "Deal": Deal, "__name__": "mine.support"}
    exec("@metric(Deal, unit='number')\ndef twice_named(deals, *, by=None):\n    return 1\n", space)
    space["__name__"] = "mine.parts"
    exec("@metric(Deal, unit='number')\ndef twice_named(deals, *, by=None):\n    return 2\n", space)
    space["__name__"] = "theirs.parts"
    exec("@metric(Deal, unit='number')\ndef twice_named(deals, *, by=None):\n    return 3\n", space)
    assert call("support.twice_named", []) == 1
    with pytest.raises(WrongValue, match=r"is the name of 3 metrics: say support\.twice_named, mine\.parts"):
        metric_named("twice_named")
    with pytest.raises(WrongValue, match=r"say mine\.parts\.twice_named, theirs\.parts\.twice_named"):
        metric_named("parts.twice_named")
    ways = [m["call"] for m in catalog() if m["name"] == "twice_named"]
    assert [call(way, []) for way in ways] == [1, 2, 3], "the catalogue says how each is called"


@given(st.sampled_from(range(len(OURS))))
def test_the_catalogue_tells_how_to_call_each(i: int) -> None:
    assert metric_named(catalog()[i]["call"]) is registered()[i]


def test_a_metric_has_a_label_in_words() -> None:
    assert words_of(sales.win_rate) == "Win rate" and words_of(marketing.cac) == "CAC"
    nine = functools.partial(functools.partial(sales.sales_cycle_quantile, q=0.5), q=0.9)
    assert words_of(nine) == "Sales cycle quantile, q=0.9", "the outer keyword wins, as in a call"


# ---------------------------------------------------------------- safe to wrap


def test_eight_threads_on_one_lazy_table_get_the_same_digits() -> None:
    n = 400
    months = [f"2024-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(n)]
    raw = {
        "id": list(range(n)),
        "status": [("won", "lost", "open")[i % 3] for i in range(n)],
        "created_at": ["2023-12-01"] * n,
        "closed_at": [None if i % 3 == 2 else day for i, day in enumerate(months)],
        "amount": [f"{i % 977}.{i % 100:02}" for i in range(n)],
        "cost": [i % 91 for i in range(n)],
        "manager": [f"m{i % 7}" for i in range(n)],
        "customer": [i % 501 for i in range(n)],
        "kind": [("new", "repeat", "upsell", "renewal", None)[i % 5] for i in range(n)],
        "probability": [0.25] * n,
        "expected_close": months,
    }
    of_deals = [complete(m) for m in OURS if about(m).records == (Deal,)]

    def digits(deals: Any) -> list[str]:
        return [str(plain(m(deals, by=by))) for m in of_deals for by in (None, ("manager", month))]

    alone = digits(table(raw, Deal))
    for _ in range(2):
        lazy, start = crm_metrics.where(raw), Barrier(8)

        def together(_: int, lazy: Any = lazy, start: Barrier = start) -> list[str]:
            start.wait()
            return digits(lazy)

        with ThreadPoolExecutor(8) as pool:
            assert all(found == alone for found in pool.map(together, range(8)))


SOURCES = sorted(p for p in Path(crm_metrics.__file__).parent.rglob("*.py") if p.stem != "__main__")


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_nothing_is_printed(path: Path) -> None:
    """A program that wraps the library has its output to itself."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            writes = called == "print" or re.match(r"(sys\.)?(__)?(stdout|stderr)", called)
            assert not writes, f"{path.name}:{node.lineno} calls {called}"


# ---------------------------------------------------------------- the page of metrics


def rows_of_the_page() -> dict[str, list[str]]:
    """The rows of the table in docs/metrics.md, by metric."""
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[`(\w+)`\]\[crm_metrics\.(\w+)\.(\w+)\] \| (.+) \|$", page, re.MULTILINE)
    assert all(name == again for name, _, again, _ in rows)
    return {f"{family}.{name}": rest.split(" | ") for name, family, _, rest in rows}


@each
def test_every_metric_has_its_row_in_the_docs(m: Any) -> None:
    known, rows = about(m), rows_of_the_page()
    name = f"{known.family}.{known.name}"
    assert name in rows, f"docs/metrics.md has no row for {name}"
    question, unit, times = rows[name]
    assert (question, unit) == (known.question, known.unit)
    assert re.findall(r"`(\w+)`", times) == [at for r in reads(m) for at in r.at]


def test_the_docs_have_no_row_of_a_metric_that_is_gone() -> None:
    assert rows_of_the_page().keys() == {f"{about(m).family}.{about(m).name}" for m in OURS}


def test_what_gives_a_table_has_its_row_in_the_docs() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[`(\w+)`\]\(sales\.md#[\w-]+\) \| (.+?) \| .+ \|$", page, re.MULTILINE))
    assert rows == {about(t, table=True).name: about(t, table=True).question for t in tabular_functions()}


@each
def test_every_metric_of_sales_has_its_formula(m: Any) -> None:
    if about(m).family == "sales" and about(m).name != "median_time_in_stage":  # the middle of its average's times
        assert formula(m), f"{about(m).name} has no $$ formula $$ in its docstring"


def test_records_of_the_catalogue_are_tables_of_a_company() -> None:
    tables = {r["table"] for m in catalog() for r in m["records"] if r["record"] in ("Deal", "Spend")}
    assert tables <= set(RECORDS) and RECORDS["spend"] is Spend


# ---------------------------------------------------------------- what gives a table


def test_what_gives_a_table_is_in_the_catalogue_and_is_called_by_name() -> None:
    found = {m["name"]: m for m in catalog() if m["unit"] == "table"}
    names = {"funnel", "reasons", "win_curve", "snapshot", "entered", "active", "transition_matrix"}
    assert {*found} == names == {about(t, table=True).name for t in tabular_functions()}
    assert found["funnel"]["required"] == ["pipeline"] and found["win_curve"]["required"] == ["as_of"]
    assert found["funnel"]["records"] == [
        {"record": "StageChange", "table": "changes", "at": [], "needs": [], "uses": []}
    ]
    company = samples.dealership(scale=0.1)
    order = Pipeline(samples.STAGES[:-1], lost=(samples.STAGES[-1], *samples.SIDE_STAGES), name="sales")
    crm = CRM(deals=company.deals, changes=company.changes, pipelines=order, as_of=company.as_of)
    assert call("sales.funnel", crm).to_dict() == sales.funnel(company.changes, order).to_dict()
    assert call("win_curve", crm).to_json() == sales.win_curve(company.deals, as_of=company.as_of).to_json()
    by_month = call("reasons", crm, by="month").to_columns()
    assert by_month == sales.reasons(company.deals, by=month).to_columns()


def test_a_table_is_no_number() -> None:
    for verb in (interval, explain, summarize):
        with pytest.raises(WrongCall, match="funnel gives a table, not one number: call it by itself"):
            verb(sales.funnel, {"deal": [1]})


# ---------------------------------------------------------------- what a metric still needs

NEEDS = r"win_rate_by needs days= and as_of=: functools\.partial\(win_rate_by, days=\.\.\., as_of=\.\.\.\)"


@pytest.mark.parametrize("ask", [summarize, crm_metrics.trend, interval])
def test_a_metric_without_its_keywords_is_refused_with_the_call_that_has_them(ask: Any) -> None:
    with pytest.raises(WrongCall, match=NEEDS):
        ask(sales.win_rate_by, DEALS)
    with pytest.raises(WrongCall, match=r"win_rate_by needs as_of=: functools\.partial\(win_rate_by, as_of=\.\.\.\)"):
        ask(functools.partial(sales.win_rate_by, days=30), DEALS)


def test_a_call_without_its_keywords_is_refused_with_the_ones_to_give() -> None:
    with pytest.raises(
        WrongCall, match=r"win_rate_by needs days= and as_of=: call\(\.\.\., days=\.\.\., as_of=\.\.\.\)"
    ):
        call("sales.win_rate_by", DEALS)
    with pytest.raises(WrongCall, match=r"win_rate_by needs days=: call\(\.\.\., days=\.\.\.\)"):
        call("sales.win_rate_by", CRM(deals={**DEALS, "created_at": ["2024-01-05"] * 3}))
    with pytest.raises(WrongCall, match=r"funnel needs pipeline=: call"):
        call("funnel", {"deal": [1], "stage": ["new"], "at": ["2024-01-05"]})


@each
def test_what_has_its_keywords_is_ready(m: Any) -> None:
    ready(complete(m))
    ready(m, about(m).required)


def test_a_name_is_told_from_a_metric() -> None:
    for name in ("win_rate", "sales.win_rate"):
        with pytest.raises(UnknownName, match=rf"'{name}' is a name: give the metric itself, sales\.win_rate$"):
            about(name)
    with pytest.raises(UnknownName, match=r"'x' is a name: give the metric itself, for example sales\.win_rate"):
        summarize("x", DEALS)


def test_a_metric_made_from_text_is_one_of_the_program() -> None:
    space: dict[str, Any] = {"metric": metric, "Deal": Deal, "sales": sales}
    text = (
        "@metric(Deal, unit='share')\ndef made_of_text(deals, *, by=None, **more): return sales.win_rate(deals, by=by)"
    )
    exec(text, space)
    made = space["made_of_text"]
    assert made.__module__ is None and metric_named("__main__.made_of_text") is made
    assert about(made).required == () and call("made_of_text", DEALS) == 0.5


def test_call_is_public_as_the_catalogue_is() -> None:
    assert crm_metrics.call is call
