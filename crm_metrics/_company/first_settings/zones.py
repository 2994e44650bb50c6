"""In which zone a company's days begin, as far as the offsets of its times tell: ``+05:00`` the whole year round."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from attrs import frozen

from crm_metrics._tables import text
from crm_metrics._values.clocks import zoneinfo
from crm_metrics.errors import WrongValue

_NAMES = """
Europe/Moscow Europe/London Europe/Berlin America/New_York America/Chicago America/Los_Angeles America/Denver
Asia/Yekaterinburg Asia/Kolkata Europe/Kyiv Europe/Samara Asia/Novosibirsk Asia/Almaty America/Sao_Paulo
Europe/Paris Europe/Madrid Europe/Warsaw Europe/Athens Europe/Helsinki Europe/Lisbon Europe/Kaliningrad
Asia/Omsk Asia/Krasnoyarsk Asia/Irkutsk Asia/Yakutsk Asia/Vladivostok Asia/Magadan Asia/Kamchatka
Europe/Istanbul Europe/Minsk Asia/Dubai Asia/Tbilisi Asia/Tashkent Asia/Bishkek Asia/Karachi Asia/Shanghai
Asia/Singapore Asia/Tokyo Asia/Seoul Asia/Bangkok Asia/Jakarta Asia/Manila Asia/Dhaka Asia/Kathmandu
Asia/Colombo Asia/Tehran Asia/Kabul Asia/Yangon Asia/Jerusalem Asia/Riyadh Africa/Cairo Africa/Johannesburg
Africa/Lagos Africa/Nairobi Africa/Casablanca Australia/Sydney Australia/Brisbane Australia/Adelaide
Australia/Darwin Australia/Perth Pacific/Auckland America/Phoenix America/Bogota America/Lima
America/Mexico_City America/Toronto America/Halifax America/St_Johns America/Argentina/Buenos_Aires
America/Santiago America/Caracas America/Anchorage Pacific/Honolulu Atlantic/Azores
"""
ZONES = tuple(_NAMES.split())
"""Zones with a large city each, the likelier of equal ones first."""

_OFFSET = re.compile(r"[0-9]:[0-9.,:]*[0-9] ?(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)$").search
_DAY = 10  # as many characters as a day has


@frozen
class Offsets:
    """The offsets that times carry, each with an instant of every day on which it occurs."""

    at: frozenset[tuple[str, dt.datetime]]

    @property
    def names(self) -> list[str]:
        """The offsets themselves: +03:00."""
        return sorted({offset for offset, _ in self.at})

    @property
    def utc(self) -> bool:
        """Whether all are those of UTC, in which programs write times wherever they are used."""
        return self.names == ["+00:00"]

    def zones(self) -> list[str]:
        """The zones whose clocks show all of these offsets at these instants."""
        return [] if self.utc else [name for name in ZONES if self._fit(name)]

    def _fit(self, name: str) -> bool:
        try:
            clock = zoneinfo(name)
        except WrongValue:  # no zones are installed here
            return False
        return all(_written(at.astimezone(clock).utcoffset()) == offset for offset, at in self.at)


def offsets_carried(cells: Iterable[str]) -> Offsets:
    """The offsets of the cells that carry one; a cell that is no time is passed over.

    >>> found = offsets_carried(["2026-07-01T01:00:00+05:00", "2026-01-15 10:00:00+0500", "2026-01-15", "soon"])
    >>> found.names, found.zones()[:2]
    (['+05:00'], ['Asia/Yekaterinburg', 'Asia/Almaty'])
    >>> offsets_carried(["2026-07-01T01:00:00+02:00", "2026-01-15T10:00:00+01:00"]).zones()[:1]
    ['Europe/Berlin']
    """
    first: dict[tuple[str, str], str] = {}
    for cell in cells:
        if found := _OFFSET(cell):
            first.setdefault((cell[:_DAY], found[1]), cell)
    known = ((offset, text.time(cell, dates="dmy")) for (_, offset), cell in first.items())
    return Offsets(frozenset((_named(offset), at) for offset, at in known if isinstance(at, dt.datetime)))


def below(headings: Iterable[str], cells: Iterable[str]) -> set[str]:
    """Times with the offset that their headings state, where they carry none of their own.

    >>> below(["Created (UTC)"], ["2026-07-01 01:00"]), below(["Created"], ["2026-07-01 01:00"])
    ({'2026-07-01 01:00+00:00'}, {'2026-07-01 01:00'})
    """
    stated = {text.zone_of(heading) for heading in headings}
    zone = stated.pop() if len(stated) == 1 else None
    if zone is None:
        return set(cells)
    offset = dt.datetime(2000, 1, 1, tzinfo=zone).isoformat()[19:]
    return {cell if _OFFSET(cell) else f"{cell}{offset}" for cell in cells}


def _named(offset: str) -> str:
    if offset[0] not in "+-":
        return "+00:00"
    return f"{offset[:3]}:{offset[3:].lstrip(':') or '00'}".replace("-00:00", "+00:00")


def _written(ahead: dt.timedelta | None) -> str:
    minutes = int((ahead or dt.timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
