"""Odd input that is not refused, and what it means."""

from __future__ import annotations

import decimal
import json
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from cases import AWARE, NAIVE, OURS, Call, columns, deal, load, sale

from crm_metrics import Deal, DealLine, Record, month, sales, table, totals, where
from crm_metrics.errors import CrmError, DataError

ODD: list[tuple[str, Call, Any]] = [
    ("NaN is missing", lambda: sales.average_deal_size([sale(amount=float("nan")), sale(amount=5)]), 5.0),
    ("the word nan is a missing amount", lambda: deal(amount="nan").amount, None),
    ("a signalling NaN is missing", lambda: deal(amount=Decimal("sNaN")).amount, None),
    ("an empty amount is missing", lambda: deal(amount="").amount, None),
    ("an empty label is missing", lambda: sales.deals_created(columns(manager=["", "Anna"]), by="manager").to_dict(),
     {"Anna": 1, None: 1}),
    ("white space is an empty label",
     lambda: sales.deals_created(columns(manager=[" ", "Anna "]), by="manager").to_dict(),
     {"Anna": 1, None: 1}),
    ("white space is an empty label of a record too",
     lambda: (deal(manager=" \n").manager, deal(manager=" A\t").manager),
     (None, "A")),
    ("where a label has white space around it", lambda: len(where(columns(manager=["Anna", " "]), manager=" Anna ")),
     1),
    ("a line without a quantity is one piece", lambda: list(map(sales.addon_lift, lines_of_one_piece(None, 1))),
     [0.5] * 4),
    ("and so is one of two", lambda: list(map(sales.addon_lift, lines_of_one_piece(1, None))), [0.5] * 4),
    ("a line of no pieces is worth nothing", lambda: list(map(sales.addon_lift, lines_of_one_piece(1, 0))), [0.0] * 4),
    ("the label None is a label", lambda: sales.deals_created(columns(manager=["None", None]), by="manager").to_dict(),
     {"None": 1, None: 1}),
    ("a time that is not a time is missing",
     lambda: sales.deals_created({"created_at": np.array(["NaT"], "M8[s]")}, by=month).to_dict(), {None: 1}),
    ("where NaN is where nothing is", lambda: len(where(OURS, channel=float("nan"))), 2),
    ("where an empty text is where nothing is", lambda: len(where(OURS, channel="")), 2),
    ("where an array is any of its labels", lambda: len(where(OURS, manager=np.array(["Anna", "Vera"]))), 1),
    ("where no label is no row", lambda: len(where(OURS, manager=[])), 0),
    ("where of no rows is no rows", lambda: len(where([], manager="Anna")), 0),
    ("where with no condition is all rows", lambda: len(where(OURS)), 2),
    ("an id is text", lambda: [deal(id=x).id for x in (7, "7", 7.0, np.int64(7), Decimal(7))], ["7"] * 5),
    ("an id counts as often as it stands there", lambda: sales.deals_created([deal(id=1), deal(id=1)]), 2),
    ("a large integer id keeps its digits", lambda: load(id=np.array([2**60 + 1, 2])).id.item(0), str(2**60 + 1)),
    ("float noise is a kopeck", lambda: deal(amount=0.1 + 0.2).amount, Decimal("0.30")),
    ("RUR is RUB", lambda: deal(currency="rur ").currency, "RUB"),
    ("a fraction is a number", lambda: deal(amount=Fraction(1, 4)).amount, Decimal("0.25")),
    ("a list of dicts is rows", lambda: sales.win_rate([{"status": "won"}, {"status": "lost", "x": 1}]), 0.5),
    ("by= takes a list for a tuple", lambda: sales.deals_won(OURS, by=["manager"]).to_dict(),
     {("Anna",): 1, ("Boris",): 0}),
    ("a list of tags is kept as text", lambda: sales.deals_created(load(tags=[["a"], ["a"]]), by="tags").to_dict(),
     {"['a']": 2}),
    ("times beside times in zones are labels in an extra column", lambda: type(load(seen=[NAIVE, AWARE]).seen).__name__,
     "Labels"),
    ("an extra column may be infinite until it is added",
     lambda: len(where(columns(x=[1.0, float("inf")]), lambda d: d.x > 5)), 1),
    ("an infinite Decimal too", lambda: len(where(columns(x=[Decimal("inf"), 1]), lambda d: d.x > 5)), 1),
    ("a zone is ignored by dates", lambda: sales.deals_won(OURS, by=month("closed_at", tz="Asia/Tokyo")).to_dict(),
     {"2024-02": 1, None: 0}),
    ("and so is a sum", lambda: float(totals({"x": [-1e308] * 2}, Record).sum("x")), float("-inf")),
]  # fmt: skip


def lines_of_one_piece(*quantity: int | None) -> list[Any]:
    """A base line and what was sold beside it, as records, as a mapping, as a table and as a frame."""
    rows = [DealLine(deal=1, price=1000, kind="base", quantity=quantity[0])]
    rows += [DealLine(deal=1, price=500, kind="cross_sell", quantity=quantity[1])]
    told = {name: [getattr(row, name) for row in rows] for name in ("deal", "price", "kind")}
    given = {**told, "quantity": list(quantity)}
    text = {**told, "quantity": ["" if q is None else str(q) for q in quantity]}
    return [rows, given, table(text, DealLine), pytest.importorskip("pandas").DataFrame(given)]


@pytest.mark.parametrize(("call", "answer"), [c[1:] for c in ODD], ids=[c[0] for c in ODD])
def test_odd_input_means(call: Call, answer: Any) -> None:
    assert call() == answer


def test_no_condition_is_asked_of_no_rows() -> None:
    assert math.isnan(sales.win_rate(where([], lambda d: d.amount > 5)))


def test_the_users_own_decimal_context_changes_nothing() -> None:
    with decimal.localcontext() as context:
        context.prec = 3
        rows = [sale(amount=Decimal("1234567.89"), probability="0.123456"), sale(amount="0.11")]
        assert sales.won_revenue(rows).as_integer_ratio() == (123456800, 100)
        assert table(rows, Deal).amount.item(0) == Decimal("1234567.89")
        assert sales.won_revenue(columns(status=["won"] * 2, amount=["1234567.89", "0.11"])) == 1234568.0


@pytest.mark.parametrize("kind", [CrmError, *CrmError.__subclasses__()])
def test_every_error_is_plain_data(kind: type[CrmError]) -> None:
    if kind is not DataError:
        assert kind("say so").to_dict() == {"error": kind.__name__, "message": "say so"}
        return
    with pytest.raises(DataError) as caught:
        load(amount=np.array([1.005, 2]), created_at=["soon", "2024-01-05"])
    told = json.loads(json.dumps(caught.value.to_dict()))
    assert (told["error"], told["source"], told["message"]) == ("DataError", "the data", str(caught.value))
    assert [(f["row"], f["field"], f["value"]) for f in told["faults"]] == [
        (1, "created_at", "'soon'"),
        (1, "amount", "1.005"),
    ]
