"""Companies as the laws draw them: enough have what breaks things, odd moments, zones, currencies that differ."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import Phase, given, settings
from strategies import MIXED_WORLDS, MOMENTS, TABLE_ZONES, WORLDS, Company, Strategy, companies, kinds_of

from crm_metrics._values.currencies import exponent
from crm_metrics.records import Call, Deal, Quota


def drawn(records: tuple[type, ...], worlds: Strategy, n: int) -> list[Company]:
    """The same ones in every run, so that chance fails no run."""
    found: list[Company] = []

    @settings(max_examples=n, derandomize=True, database=None, phases=[Phase.generate])
    @given(companies(records, worlds))
    def take(company: Company) -> None:
        found.append(company)

    take()
    return found


def values(company: Company, record: type, names: list[str]) -> set[Any]:
    return {getattr(row, name) for row in company.rows[record] for name in names}


def test_moments_that_are_twice_never_or_at_an_edge_on_a_clock_meet_tables_of_every_zone() -> None:
    found = drawn((Deal, Call), WORLDS, 200)
    aware = [c for c in found if c.world.aware]
    assert 50 < len(aware) < 150 and {c.world.tz for c in aware} == {*TABLE_ZONES}
    times = {record: kinds_of(record, "instant") for record in (Deal, Call)}
    said = [(c.world.tz, values(c, Deal, times[Deal]) | values(c, Call, times[Call])) for c in aware]
    for moment in {m for _, m in MOMENTS}:
        assert sum(moment in there for _, there in said) >= 2, moment
    for zone in TABLE_ZONES[1:]:
        own = {m for at, m in MOMENTS if str(at.tzinfo) == zone or zone == "Asia/Kathmandu" and m.hour == 18}
        assert sum(tz == zone and bool(own & there) for tz, there in said) >= 2, f"none said on the clock of {zone}"
    assert sum(any(type(x) is dt.date for x in there) and any(isinstance(x, dt.datetime) for x in there)
               for _, there in said) >= 10, "bare dates beside instants"  # fmt: skip


def test_currencies_of_two_records_have_different_numbers_of_digits() -> None:
    found = drawn((Deal, Quota), MIXED_WORLDS, 50)
    digits = [[{exponent(x) for x in values(c, r, ["currency"]) if x} for r in (Deal, Quota)] for c in found]
    assert sum({0, 2, 3} <= deals and {0, 2, 3} <= quotas for deals, quotas in digits) > 25
    assert sum(None in values(c, Deal, ["currency"]) for c in found) > 25, "and none beside them"


def test_both_records_name_the_same_labels_often() -> None:
    found = drawn((Deal, Quota), WORLDS, 50)
    both = [values(c, Deal, ["manager"]) & values(c, Quota, ["manager"]) - {None} for c in found]
    assert sum(len(labels) > 1 for labels in both) > 45
