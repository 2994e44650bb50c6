"""One number per group: a mapping that also computes as an array."""

from __future__ import annotations

import contextlib
import html
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from crm_metrics._values.exact import (
    BIG,
    Array,
    Exact,
    Unit,
    big,
    divide,
    integers,
    laid,
    multiplied,
    one_unit,
    over,
    plus,
    shared_unit,
    units_added,
)
from crm_metrics._values.keys import Keys, flags_apart, order, same_key, spelled_key
from crm_metrics.errors import MissingExtra, WrongCall, WrongValue, listed, shown

SHOWN = 40


class Breakdown(NDArrayOperatorsMixin, Mapping[Any, float]):
    """One number per group, sorted by group, the group without a label (None) last.

    It is a mapping from group to number and computes like an array: ``revenue - cost``, ``rate > 0.5``,
    ``np.log(x)``. Two breakdowns meet by their keys, not by position. A breakdown of totals is exact and a group
    that it lacks counts as 0; in any other an absent group is NaN. Equality compares groups and numbers, with NaN
    equal to NaN.

    >>> from crm_metrics import ratio
    >>> a, b = Breakdown.of({"Anna": 3, "Boris": 1}), Breakdown.of({"Anna": 4})
    >>> a - b
    Breakdown({'Anna': -1, 'Boris': 1})
    >>> ratio(a, b)
    Breakdown({'Anna': 0.75, 'Boris': nan})
    """

    __slots__ = ("_array", "_index", "_keys", "_num", "_parts", "_scale", "_unit", "_whole", "names")
    __hash__ = None  # type: ignore[assignment]  # compares by value, like a dict

    def __init__(
        self,
        keys: Keys,
        array: Array | None = None,
        *,
        num: Array | None = None,
        scale: int = 1,
        unit: Unit = None,
        whole: bool = False,
        names: tuple[str, ...] = (),
        parts: tuple[Breakdown, Breakdown] | None = None,
    ) -> None:
        self._keys, self._array, self._num, self._scale, self._unit = keys, array, num, scale, unit
        self.names, self._parts, self._whole = names, parts, whole
        self._index: dict[Any, int] | None = None

    @classmethod
    def of(cls, numbers: Mapping[Any, float], *, names: tuple[str, ...] = ()) -> Breakdown:
        """A breakdown from a mapping: of totals where every number is a whole one, else of plain floats."""
        keys, values = tuple(numbers), list(numbers.values())
        if all(isinstance(v, int) for v in values):
            small = all(abs(v) < 2**62 for v in values)
            return cls(keys, num=np.array(values, np.int64 if small else object), whole=True, names=names)
        return cls(keys, np.array([math.nan if v is None else v for v in values], float), names=names)

    # ---- as a mapping
    def __getitem__(self, key: Any) -> float:
        i = self._place(key)
        if self._num is None:
            return self.array[i].item()  # type: ignore[no-any-return]  # a float, or a bool of a comparison
        unit = self._unit[i] if isinstance(self._unit, np.ndarray) else self._unit
        return int(self._num[i]) if self._whole else Exact(int(self._num[i]), self._scale, unit)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def _place(self, key: Any) -> int:
        """Where a group is; a name in another spelling of the same letters is that name."""
        places = self._places()
        return places[key] if key in places else places[spelled_key(key)]

    def _places(self) -> dict[Any, int]:
        if self._index is None:
            self._index = {key: i for i, key in enumerate(self._keys)}
        return self._index

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return len(self) == len(other) and all(k in other and same_key(v, other[k]) for k, v in self.items())

    def __round__(self, digits: int = 0) -> Breakdown:
        return Breakdown(self._keys, self.array.round(digits), names=self.names)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __bool__(self) -> bool:
        return len(self) > 0

    # ---- as an array
    @property
    def array(self) -> Array:
        """The numbers alone, in the order of the keys."""
        if self._array is None:
            if self._num is None:
                raise WrongCall("a Breakdown needs an array or exact numbers")
            self._array = over(self._num, self._scale)
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.array, dtype=dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kw: Any) -> Any:
        if method != "__call__" or kw or ufunc.nout > 1:
            return NotImplemented
        keys = joint(*inputs)
        args = [x.on(keys) if isinstance(x, Breakdown) else x for x in inputs]
        names = next(x.names for x in args if isinstance(x, Breakdown))
        if ufunc in (np.add, np.subtract) and all(isinstance(x, Breakdown) and x._num is not None for x in args):
            return _added(args[0], args[1], 1 if ufunc is np.add else -1, keys, names)
        if ufunc in (np.add, np.subtract, np.greater, np.greater_equal, np.less, np.less_equal, np.divide):
            _met(args[0], args[1])
        return Breakdown(keys, _computed(ufunc, args, len(keys)), names=names)

    def on(self, keys: Keys) -> Breakdown:
        """The same numbers on other keys: an absent group is 0 in totals, NaN elsewhere."""
        if keys is self._keys or keys == self._keys:
            return self
        places = self._places()
        at = np.array([places.get(k, -1) for k in keys], np.intp)
        unit = self._unit
        if isinstance(unit, np.ndarray):
            unit = laid(unit, at, None)
        if self._num is not None:
            num = laid(self._num, at, 0)
            return Breakdown(keys, num=num, scale=self._scale, unit=unit, whole=self._whole, names=self.names)
        parts = None if self._parts is None else (self._parts[0].on(keys), self._parts[1].on(keys))
        return Breakdown(keys, laid(self.array, at, np.nan), names=self.names, parts=parts)

    # ---- adding up
    def total(self) -> float:
        """All groups together: of totals their exact sum, of flags how many hold."""
        return self.by_group(lambda key: None, ())[None] if len(self) else 0

    def by_group(self, group: Callable[[Any], Any], names: tuple[str, ...] = ()) -> Breakdown:
        """Totals (or flags, which are counted) added up to coarser groups, that of each key given by a function."""
        num, scale, whole = self._num, self._scale, self._whole
        if num is None:
            if self.array.dtype != bool:
                raise WrongCall("these numbers do not add up: the whole of a ratio is the ratio of the sums behind it")
            num, scale, whole = self.array.astype(np.int64), 1, True
        of = [group(key) for key in self._keys]
        keys = tuple(sorted(dict.fromkeys(of), key=order))
        place = {g: i for i, g in enumerate(keys)}
        at = np.array([place[g] for g in of], np.intp)
        out = np.zeros(len(keys), np.int64 if num.dtype != object and big(num) * len(num) <= BIG else object)
        np.add.at(out, at, num.astype(out.dtype, copy=False))
        if out.dtype == object and big(out) <= BIG:
            out = out.astype(np.int64)
        return Breakdown(
            keys, num=out, scale=scale, unit=units_added(self._unit, num, at, len(keys)), whole=whole, names=names
        )

    def of_groups(self, keys: Keys, group: Callable[[Any], Any]) -> Breakdown:
        """These numbers on finer keys: each key has that of its group."""
        x = self.on([group(key) for key in keys])
        return Breakdown(keys, x._array, num=x._num, scale=x._scale, unit=x._unit, whole=x._whole, names=self.names)

    def __abs__(self) -> Breakdown:
        if self._num is None:
            return Breakdown(self._keys, np.abs(self.array), names=self.names)
        return Breakdown(
            self._keys, num=abs(self._num), scale=self._scale, unit=self._unit, whole=self._whole, names=self.names
        )

    # ---- order
    def sort(self, *, ascending: bool = False) -> Breakdown:
        """By value, the largest first (or the smallest); groups without a number last."""
        a = self.array
        order = np.lexsort((np.arange(len(a)), a if ascending else -a, np.isnan(a)))
        return self.on(tuple(self._keys[i] for i in order))

    def top(self, n: int, *, other: Any = "other") -> Breakdown:
        """The `n` largest groups, and the rest in one group `other`, so that the whole stays whole.

        The rest of totals is their sum; the rest of a ratio is the ratio of the sums behind it. A quantile or a
        difference of rates has no rest: there `other=None` leaves it out.
        """
        if n < 0:
            raise WrongValue(f"top({n}): give a number of groups, 0 or more")
        keys = tuple(self.sort())
        first, rest = keys[:n], keys[n:]
        if other is None or not rest:
            return self.on(first)
        key = tuple([other] * len(rest[0])) if isinstance(rest[0], tuple) else other
        if key in first:
            raise WrongValue(f"there is a group {key!r} already: name the rest with other=...")
        return self._with_rest(first, rest, key)

    def _with_rest(self, first: tuple[Any, ...], rest: tuple[Any, ...], key: Any) -> Breakdown:
        if self._parts is not None:
            part, whole = (p._with_rest(first, rest, key) for p in self._parts)
            return ratios(part, whole).on((*first, key))
        if self._num is None:
            msg = "the rest of these numbers is not their sum: top(n, other=None) leaves it out"
            raise WrongCall(msg)
        head, tail = self.on(first), self.on(rest)
        unit = tail._unit
        if isinstance(unit, np.ndarray):
            for u in (unit := unit.tolist()):
                unit[0] = one_unit(unit[0], u)
            unit = unit[0]
        assert head._num is not None and tail._num is not None
        num = np.array([*head._num.tolist(), sum(tail._num.tolist())], object)
        units = np.array([*np.broadcast_to(np.asarray(head._unit, object), len(head)).tolist(), unit], object)
        return Breakdown((*first, key), num=num, scale=self._scale, unit=units, whole=self._whole, names=self.names)

    # ---- out
    def to_dict(self) -> dict[Any, float | None]:
        """Plain numbers by group, None where undefined."""
        return {k: None if math.isnan(v) else v if isinstance(v, int) else float(v) for k, v in self.items()}

    def to_columns(self, name: str = "value") -> dict[str, list[Any]]:
        """The groups as columns named after the fields they came from, and the numbers as column `name`."""
        width = len(self._keys[0]) if self._keys and isinstance(self._keys[0], tuple) else 1
        names = self.names if len(self.names) == width else [f"key_{i}" for i in range(width)] if width > 1 else ["key"]
        rows = self._keys if width > 1 else [(k,) for k in self._keys]
        numbers = self._num if self._whole and self._num is not None else self.array
        values = [None if math.isnan(v) else v for v in numbers.tolist()]
        *keys, name = _distinct([*names, name])
        return {**{n: [row[i] for row in rows] for i, n in enumerate(keys)}, name: values}

    def to_pandas(self, name: str = "value") -> Any:
        """A pandas DataFrame: one column per key, one for the numbers."""
        return _extra("pandas").DataFrame(self.to_columns(name))

    def to_polars(self, name: str = "value") -> Any:
        """A polars DataFrame: one column per key, one for the numbers."""
        return _extra("polars").DataFrame(self.to_columns(name), strict=False)

    def to_arrow(self, name: str = "value") -> Any:
        """An Arrow table: one column per key, one for the numbers."""
        return _extra("pyarrow").table(self.to_columns(name))

    def __repr__(self) -> str:
        shown = {k: self[k] for k in self._keys[:SHOWN]}
        more = f", ... and {len(self) - SHOWN} more groups" if len(self) > SHOWN else ""
        return f"Breakdown({str(shown)[:-1]}{more}}})"

    def _repr_html_(self) -> str:
        columns = self.to_columns()
        head = "".join(f"<th>{html.escape(str(n))}</th>" for n in columns)
        rows = list(zip(*columns.values(), strict=True))[:SHOWN]
        cells = ("".join(f"<td>{_cell(x)}</td>" for x in row) for row in rows)
        more = f"<caption>{len(self) - SHOWN} more groups</caption>" if len(self) > SHOWN else ""
        return f"<table>{more}<tr>{head}</tr>{''.join(f'<tr>{c}</tr>' for c in cells)}</table>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (
            type(self),
            tuple(self._keys),
            self.array,
            self._num,
            self._scale,
            self._unit,
            self._whole,
            self.names,
            self._parts,
        )


Number: TypeAlias = float | Breakdown


def _restored(
    cls: type[Breakdown],
    keys: Keys,
    array: Array,
    num: Array | None,
    scale: int,
    unit: Unit,
    whole: bool,
    names: tuple[str, ...],
    parts: Any,
) -> Breakdown:
    return cls(keys, array, num=num, scale=scale, unit=unit, whole=whole, names=names, parts=parts)


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, a second of one name as name.2."""
    return [f"{n}.{names[:i].count(n) + 1}" if n in names[:i] else n for i, n in enumerate(names)]


def _cell(x: Any) -> str:
    if isinstance(x, float):
        return f"{x:,.0f}" if abs(x) >= 10**5 else f"{x:g}"
    return "" if x is None else html.escape(str(x))


def _extra(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError:
        raise MissingExtra(f"this needs {name}: pip install {name}") from None


def _added(a: Breakdown, b: Breakdown, sign: int, keys: Keys, names: tuple[str, ...]) -> Breakdown:
    assert a._num is not None and b._num is not None
    scale = math.lcm(a._scale, b._scale)
    num = plus(multiplied(a._num, scale // a._scale), multiplied(b._num, sign * (scale // b._scale)))
    whole = a._whole and b._whole
    return Breakdown(keys, num=num, scale=scale, unit=_met(a, b), whole=whole, names=names)


def _met(a: Any, b: Any) -> Unit:
    """The currency in which two breakdowns (or one and a number) meet, group by group."""
    units = (getattr(x, "_unit", getattr(x, "unit", None)) for x in (a, b))
    numbers = (x if not isinstance(x, Breakdown) else x.array if x._num is None else x._num for x in (a, b))
    return shared_unit(*units, *numbers)


def joint(*xs: Any) -> Keys:
    """The keys of breakdowns that meet: all of them, sorted, each once."""
    named = {x.names for x in xs if isinstance(x, Breakdown) and x.names}
    if len(named) > 1:
        groups = " and ".join(", ".join(names) for names in sorted(named))
        raise WrongCall(f"groups by {groups} do not meet: give both sides the same by=")
    keyed = [x._keys for x in xs if isinstance(x, Breakdown)]
    if all(k is keyed[0] for k in keyed[1:]):
        return keyed[0]
    flags_apart(keyed)
    if all(k == keyed[0] for k in keyed[1:]):
        return keyed[0]
    widths = {len(k[0]) if isinstance(k[0], tuple) else 1 for k in keyed if len(k)}
    if len(widths) > 1:
        shown = " and ".join(listed([k[0]]) for k in keyed if len(k))
        raise WrongCall(f"groups of different kinds do not meet ({shown}): give both the same by=")
    union = {k for keys in keyed for k in keys}
    whole = next((keys for keys in keyed if len(keys) == len(union)), None)  # one that has all the others' too
    return tuple(sorted(union, key=order)) if whole is None else whole


def _computed(ufunc: Any, args: Sequence[Any], groups: int) -> Array:
    """What a function of arrays makes of breakdowns and others, one number per group."""
    with contextlib.suppress(TypeError, ValueError, ArithmeticError), np.errstate(all="ignore"):
        _ = [float(x) for x in args if type(x) is int]  # one beyond floats is no number here, whatever numpy does
        out = np.asarray(ufunc(*(x.array if isinstance(x, Breakdown) else x for x in args)))
        if out.shape == (groups,):
            return out
    others = "".join(f" and {shown(x)}" for x in args if not isinstance(x, Breakdown))
    msg = f"{ufunc.__name__} of a Breakdown of {groups} groups{others} gives no numbers"
    raise WrongCall(f"{msg}: give a number, one for each group, or another Breakdown")


def ratios(part: Any, whole: Any) -> Breakdown:
    """One breakdown over another, or over a number, group by group."""
    keys = joint(part, whole)
    a, b = (spread(x, keys) for x in (part, whole))
    names = a.names or b.names
    _met(a, b)
    if a._num is None or b._num is None:
        with np.errstate(all="ignore"):
            return Breakdown(keys, np.where(b.array == 0, np.nan, a.array / b.array), names=names)
    g = math.gcd(a._scale, b._scale)
    array = divide(multiplied(a._num, b._scale // g), multiplied(b._num, a._scale // g))
    return Breakdown(keys, array, names=names, parts=(a, b))


def spread(x: Any, keys: Keys) -> Breakdown:
    """A number as a breakdown in which each group has it; a breakdown on these keys."""
    if isinstance(x, Breakdown):
        return x.on(keys)
    if x != x:
        return Breakdown(keys, np.full(len(keys), np.nan))
    num, scale = integers(x)
    full = np.full(len(keys), num, np.int64 if abs(num) < 2**63 else object)
    return Breakdown(keys, num=full, scale=scale, unit=getattr(x, "unit", None))
