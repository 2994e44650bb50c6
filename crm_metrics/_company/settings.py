"""A settings file written by people: each value is checked where it is read, and an error says file, key and remedy."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from crm_metrics.errors import UnknownName, WrongValue, did_you_mean, shown


@frozen
class Settings:
    """A table of a settings file: ``[deals.columns]``, and where it stands."""

    file: str
    name: str
    values: Mapping[str, Any]

    def __contains__(self, key: object) -> bool:
        return key in self.values

    def only(self, *known: str) -> Settings:
        """The section itself, where it has no other keys than these."""
        for key in self.values:
            if key not in known:
                raise UnknownName(f"{self.at(key)} is not a setting: {did_you_mean(key, known)}")
        return self

    def at(self, key: str = "") -> str:
        """The place of a key, as a message names it: ``crm.toml, [deals] file``."""
        place = f"[{self.name}] {key}" if self.name else f"[{key}]"
        return f"{self.file}, {place.strip()}"

    def wrong(self, key: str, problem: str, remedy: str) -> WrongValue:
        """The error about the value of a key."""
        return WrongValue(f"{self.at(key)} = {_as_written(self.values.get(key))} {problem}: {remedy}")

    # ---- values
    def text(self, key: str, choices: Iterable[str] = ()) -> str | None:
        """A text, one of `choices` where there are some; None where the key is not there."""
        x = self.values.get(key)
        if x is None:
            return None
        if not isinstance(x, str) or not x:
            raise self.wrong(key, "is empty" if x == "" else "is not text", 'write it in quotes, "like this"')
        known = list(choices)
        if known and x not in known:
            raise self.wrong(key, "is unknown", did_you_mean(x, known))
        return x

    def needed(self, key: str, example: str) -> str:
        """A text that must be there."""
        x = self.text(key)
        if x is None:
            raise WrongValue(f"{self.at()} has no {key}: add a line such as {key} = {example}")
        return x

    def date(self, key: str) -> dt.date | None:
        """A date: 2024-04-01, in quotes or not."""
        x = self.values.get(key)
        if isinstance(x, str):
            try:
                x = dt.date.fromisoformat(x.strip())
            except ValueError:
                raise self.wrong(key, "is not a date", "write it like 2024-04-01") from None
        if isinstance(x, dt.datetime):
            return x.date()
        if x is not None and not isinstance(x, dt.date):
            raise self.wrong(key, "is not a date", "write it like 2024-04-01")
        return x

    def count(self, key: str, most: int) -> int:
        """A whole number from 0 to `most`; 0 where the key is not there."""
        x = self.values.get(key, 0)
        if isinstance(x, bool) or not isinstance(x, int) or not 0 <= x <= most:
            raise self.wrong(key, "is not possible", f"give a whole number from 0 to {most}")
        return x

    def share(self, key: str) -> float | None:
        """A fraction above 0, 1 at the most; None where the key is not there."""
        x = self.values.get(key)
        if x is None:
            return None
        if isinstance(x, bool) or not isinstance(x, (int, float)) or not 0 < x <= 1:
            raise self.wrong(key, "is not possible", "give a fraction: 0.3 for 30 %")
        return x

    def truth(self, key: str) -> bool:
        """Yes or no; no where the key is not there."""
        x = self.values.get(key, False)
        if not isinstance(x, bool):
            raise self.wrong(key, "is neither true nor false", f"write {key} = true, without quotes")
        return x

    def headings(self, key: str) -> dict[str, str | list[str]]:
        """A section of headings, one for a name or a list of them: ``[deals.columns]``."""
        inner = self.section(key)
        return {name: inner._headings(name) for name in inner.values}

    def _headings(self, name: str) -> str | list[str]:
        x = self.values[name]
        if isinstance(x, str):
            return x
        if isinstance(x, list) and x and all(isinstance(one, str) for one in x):
            return x
        remedy = 'write it in quotes, "like this", or several as ["this", "that"]: the first that is filled counts'
        raise self.wrong(name, "is not text", remedy)

    def words(self, key: str) -> dict[str, Any]:
        """A section of texts, ``[deals.values.status]``; or of such sections, ``[deals.values.status.IsWon]``."""
        inner = self.section(key)
        if inner.values and all(isinstance(x, Mapping) for x in inner.values.values()):
            return {name: inner._texts(name) for name in inner.values}
        return self._texts(key)

    def _texts(self, key: str) -> dict[str, str]:
        inner = self.section(key)
        for name, x in inner.values.items():
            if not isinstance(x, str):
                raise inner.wrong(name, "is not text", 'write it in quotes, "like this"')
        return dict(inner.values)

    # ---- sections
    def section(self, key: str) -> Settings:
        """The section of a name, empty where it is not there."""
        x = self.values.get(key, {})
        if not isinstance(x, Mapping):
            raise self.wrong(key, "is not a section", f"head its lines with [{self._inner(key)}]")
        return Settings(self.file, self._inner(key), x)

    def sections(self, key: str) -> list[Settings]:
        """The sections of a name that may come several times: ``[[lookups]]``."""
        x = self.values.get(key, [])
        name = self._inner(key)
        if not isinstance(x, list) or not all(isinstance(one, Mapping) for one in x):
            raise self.wrong(key, "is not a list of sections", f"head each of them with [[{name}]], in two brackets")
        return [Settings(self.file, f"{name}, no. {i}" if len(x) > 1 else name, one) for i, one in enumerate(x, 1)]

    def _inner(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


def _as_written(x: Any) -> str:
    if isinstance(x, Mapping):
        return "{...}"
    return str(x).lower() if isinstance(x, bool) else str(x) if isinstance(x, dt.date) else shown(x)


def read_settings(path: Path) -> Settings:
    """The whole file as one section without a name."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise WrongValue(f"{path.name} cannot be read: {error.strerror or error}") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise WrongValue(f"{path.name}, line {line} is not UTF-8: save the file as UTF-8") from None
    return Settings(path.name, "", _parsed(path.name, text))


def _parsed(name: str, text: str) -> Mapping[str, Any]:
    deep = f"{name} has sections within sections or brackets within brackets beyond all use: write lists in one pair"
    if _DOTTED.search(text):
        raise WrongValue(deep)  # the parser would take memory by the square of the dots
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongValue(f"{name}{_syntax(text, str(error))}") from None
    except RecursionError:
        raise WrongValue(deep) from None
    except ValueError:  # a number of thousands of digits
        raise WrongValue(f"{name} holds a number that is too long to be one: put text in quotes") from None


_DOTTED = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){99}""")


def _syntax(text: str, error: str) -> str:
    """What is wrong with the writing, the line itself, and how it is written right."""
    problem, _, place = error.partition(" (at ")
    number = "".join(c for c in place.partition(",")[0] if c.isdigit())
    hint = "text goes in quotes, dates are written like 2024-04-01, numbers like 1234.50, sections like [deals]"
    if not number:
        return f" cannot be read at its end ({problem[:1].lower()}{problem[1:]}): {hint}"
    line = text.splitlines()[int(number) - 1 : int(number)]
    if "\\" in "".join(line):
        hint = "write a path in 'single quotes', or with / for \\"
    return (
        f", line {number} cannot be read ({problem[:1].lower()}{problem[1:]}): {shown(''.join(line).strip())}; {hint}"
    )
