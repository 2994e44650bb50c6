"""Figures that a company kept on paper from before its CRM, where no deals of that time are left."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from attrs import frozen

from crm_metrics import records
from crm_metrics._totals.figures import possible, short, text_of
from crm_metrics._totals.totals import Totals
from crm_metrics.errors import UnknownName, WrongValue, did_you_mean, shown
from crm_metrics.records import Deal
from crm_metrics.records.schemas import Figure, Record

LONGEST = 600
FIGURES: Mapping[str, tuple[type[Record], Figure]] = {
    f.name: (r, f) for r in vars(records).values() if isinstance(r, type) and issubclass(r, Record) for f in r.paper
}
"""The figures that may be kept on paper, by name, each with the record that it is of."""


@frozen(eq=False)
class Paper:
    """Figures of so many months before go-live, each the total of all of them, or a list with one for each month.

    ``created``, ``closed`` and ``won`` are numbers of deals, ``won_amount`` the sum of what was won, ``gross_profit``
    what was left of it after the cost of what was sold, ``won_days`` how long all won deals took, added up;
    ``new_customers`` bought for the first time, for ``spend`` on winning them; ``addons`` are won deals that were
    upsells or cross-sells, and ``addon_amount`` their amounts. Any of them may be absent, and of lists ``months`` as
    well.

    >>> from crm_metrics import sales
    >>> sales.win_rate(Paper.of({"months": 12, "closed": 140, "won": 23}).totals)
    0.16428571428571428
    >>> quarter = Paper.of({"closed": [11, 9, 20], "won": [2, 1, 5]})
    >>> quarter.months, sales.win_rate(quarter.totals)
    (3, 0.2)
    """

    months: int
    figures: Mapping[str, Decimal]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Paper:
        """Figures as somebody wrote them down; what cannot be is refused."""
        for name in given:
            if name not in ("months", *FIGURES):
                raise UnknownName(f"before has no {name!r}: {did_you_mean(name, ('months', *FIGURES))}")
        figures = {name: _total(name, x) for name, x in given.items() if name != "months"}
        months = _months(given)
        if isinstance(months, bool) or not isinstance(months, int) or not 1 <= months <= LONGEST:
            given_as = "is not given" if months is None else f"= {shown(months)}"
            raise WrongValue(f"months {given_as}: say of how many months the figures are, a whole number")
        if not figures:
            raise WrongValue(f"there are no figures beside months: give any of {', '.join(FIGURES)}")
        _possible(figures)
        return cls(months, figures)

    @property
    def totals(self) -> Totals:
        """The figures of deals as totals that any metric may be asked of."""
        return self.totals_of(Deal)

    def totals_of(self, record: type[Record], part: Mapping[str, tuple[str, ...]] | None = None) -> Totals:
        """The figures of a record, or of a part of its rows; on paper every won deal has its amount and cost."""
        known = ((FIGURES[name], x) for name, x in self.figures.items())
        own = [(f, x) for (of, f), x in known if of is record and (part is None or f.part == part)]
        return Totals.of(record, **{name: x for f, x in own for name in (f.within if part else f.totals)})

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"months": self.months, **{name: float(x) for name, x in self.figures.items()}}


def paper_of(given: Any) -> Paper | None:
    """A `Paper` from what a company is given."""
    if given is None or isinstance(given, Paper):
        return given
    if not isinstance(given, Mapping):
        raise WrongValue(
            f'before={shown(given)}: give the figures by name, {{"months": 12, "created": 150, "won": 23}}'
        )
    return Paper.of(given)


def _months(given: Mapping[str, Any]) -> Any:
    """Of how many months the figures are: what is said, or the length of the lists, which agree."""
    lengths = {name: len(x) for name, x in given.items() if isinstance(x, (list, tuple))}
    if isinstance(said := given.get("months"), int):
        lengths = {"months": said, **lengths}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} = {n}" if name == "months" else f"{n} of {name}" for name, n in lengths.items())
        raise WrongValue(f"the months are not as many everywhere ({told}): give each list a figure for every month")
    return next(iter(lengths.values()), said)


def _total(name: str, x: Any) -> Decimal:
    """A figure; of a list of monthly ones, their sum."""
    if not isinstance(x, (list, tuple)):
        return _amount(name, x)
    return sum((_amount(name, part, f"{name}, month {k}") for k, part in enumerate(x, 1)), Decimal(0))


def _amount(name: str, x: Any, place: str = "") -> Decimal:
    place = place or name
    amount = _read(place, x)
    if FIGURES[name][1].counts and (amount < 0 or amount != amount.to_integral_value()):
        raise WrongValue(f"{place} = {shown(x)} is no number of deals: give a whole number, 0 or more")
    return amount


def _read(place: str, x: Any) -> Decimal:
    """A number that was written down."""
    with contextlib.suppress(InvalidOperation):
        if (amount := Decimal(text_of(x))).is_finite():
            return amount
    raise WrongValue(f"{place} = {short(x)} is not a number: write it like 1200000 or 1200000.50")


def _possible(figures: Mapping[str, Decimal]) -> None:
    """Refuse figures that no rows can give."""
    possible({name: Fraction(x) for name, x in figures.items()})
    for name, x in figures.items():
        f = FIGURES[name][1]
        if x < 0 and not f.loss:
            raise WrongValue(f"{name} = {x} is less than nothing: give {f.what}, only gross_profit may be a loss")
        if f.of in figures and x > figures[f.of]:
            raise WrongValue(f"{name} = {x} is more than {f.of} = {figures[f.of]}: it is a part of that, check them")
        if x and not f.counts and figures.get("won") == 0 and FIGURES[name][0] is Deal:
            raise WrongValue(f"{name} = {x} and won = 0: of no sales there is nothing, check them")
