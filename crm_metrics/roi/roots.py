"""The positive roots of a polynomial, each once and none missed: isolated in integers, by Descartes' rule of signs.

An interval is halved until the rule says that it holds no root or one (Vincent, Collins and Akritas). That ends, for
roots that are several in one are made one before.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

Polynomial: TypeAlias = list[int]  # the constant first
PRIMES = (2**61 - 1, 2**89 - 1)
STEPS = 1200


def positive_roots(p: Polynomial) -> list[tuple[Fraction, Fraction]]:
    """Intervals, in order, within which lies one positive root each of a `simple` polynomial, or which are the root.

    >>> [(str(a), str(b)) for a, b in positive_roots([6, -5, 1])]
    [('2', '2'), ('2', '4')]
    """
    if not changes(p):
        return []
    top = _bound(p)
    return sorted((a * 2**top, b * 2**top) for a, b in _within([c << (top * k) for k, c in enumerate(p)]))


def whole_polynomial(coefficients: Sequence[Fraction]) -> Polynomial:
    """The same polynomial in integers without a common factor, and without roots at 0."""
    low = next((k for k, c in enumerate(coefficients) if c), len(coefficients))
    high = max((k for k, c in enumerate(coefficients) if c), default=-1) + 1
    scale = math.lcm(*(c.denominator for c in coefficients))
    return _primitive([int(c * scale) for c in coefficients[low:high]])


def changes(p: Sequence[int]) -> int:
    """How often the sign changes along the coefficients: no less than there are positive roots, and as even or odd."""
    signs = [c > 0 for c in p if c]
    return sum(a != b for a, b in itertools.pairwise(signs))


def sign_at(p: Polynomial, x: Fraction) -> int:
    """The sign of a polynomial at a number, exactly."""
    out, power = 0, 1
    for c in reversed(p):
        out = out * x.numerator + c * power
        power *= x.denominator
    return (out > 0) - (out < 0)


def derivative(p: Polynomial) -> Polynomial:
    """The slope of a polynomial."""
    return [k * c for k, c in enumerate(p)][1:]


def rate_between(p: Polynomial, a: Fraction, b: Fraction) -> float:
    """The root between two numbers, less 1, as the nearest float (or one beside it)."""
    up = sign_at(p, b) or -sign_at(derivative(p), b)
    for _ in range(STEPS):
        if a == b or nearest_float(a - 1) == nearest_float(b - 1):
            break
        middle = (a + b) / 2
        side = sign_at(p, middle)
        a, b = (middle, middle) if not side else (a, middle) if side == up else (middle, b)
    return nearest_float((a + b) / 2 - 1)


def nearest_float(x: Fraction) -> float:
    """The float nearest to a number, infinite where it is beyond them all, as sums are."""
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


# ---------------------------------------------------------------- isolation


def _bound(p: Polynomial) -> int:
    """A power of two above all positive roots (Cauchy: 1 + max |c| / |last|)."""
    return max(1, max(map(abs, p[:-1])).bit_length() - abs(p[-1]).bit_length() + 2)


def _within(p: Polynomial) -> list[tuple[Fraction, Fraction]]:
    """The roots between 0 and 1, the ends left out."""
    found: list[tuple[Fraction, Fraction]] = []
    waiting = [(p, 0, 0)]  # of the interval (place, place + 1) / 2**depth, moved to (0, 1)
    while waiting:
        p, place, depth = waiting.pop()
        n = changes(_shifted(p[::-1]))
        if n == 1:
            found.append((Fraction(place, 1 << depth), Fraction(place + 1, 1 << depth)))
        if n < 2:
            continue
        left = [c << (len(p) - 1 - k) for k, c in enumerate(p)]
        right = _shifted(left)
        if not right[0]:
            middle = Fraction(2 * place + 1, 2 << depth)
            found.append((middle, middle))
            right = right[1:]
        waiting += [(left, 2 * place, depth + 1), (right, 2 * place + 1, depth + 1)]
    return found


def _shifted(p: Polynomial) -> Polynomial:
    """The coefficients of p(x + 1)."""
    out: Polynomial = []
    rest = p[::-1]
    while rest:
        rest = list(itertools.accumulate(rest))
        out.append(rest.pop())
    return out


# ---------------------------------------------------------------- roots that are several in one


def without_repeats(p: Polynomial) -> Polynomial:
    """The polynomial with the same roots, each once."""
    if len(p) < 3 or any(_coprime(p, derivative(p), prime) for prime in PRIMES):
        return p
    common = _common(p, _primitive(derivative(p)))
    return p if len(common) == 1 else _primitive(_divided(p, common))


def _coprime(a: Polynomial, b: Polynomial, prime: int) -> bool:
    """Whether two polynomials surely have nothing in common: they have not, as remainders of a prime."""
    if not (a[-1] % prime and b[-1] % prime):
        return False
    a, b = [c % prime for c in a], [c % prime for c in b]
    while b:
        inverse = pow(b[-1], -1, prime)
        while len(a) >= len(b):
            if factor := a[-1] * inverse % prime:
                start = len(a) - len(b)
                a[start:] = [(x - factor * y) % prime for x, y in zip(a[start:], b, strict=True)]
            a.pop()
        while a and not a[-1]:
            a.pop()
        a, b = b, a
    return len(a) == 1


def _common(a: Polynomial, b: Polynomial) -> Polynomial:
    """The greatest common divisor."""
    while b:
        while len(a) >= len(b):
            high, low = b[-1], a[-1]
            start = len(a) - len(b)
            a = [c * high for c in a]
            a[start:] = [x - low * y for x, y in zip(a[start:], b, strict=True)]
            while a and not a[-1]:
                a.pop()
            a = _primitive(a)
        a, b = b, a
    return a


def _divided(p: Polynomial, by: Polynomial) -> Polynomial:
    """The quotient of a division without remainder."""
    rest, out = [Fraction(c) for c in p], []
    while len(rest) >= len(by):
        factor = rest[-1] / by[-1]
        out.append(factor)
        start = len(rest) - len(by)
        rest[start:] = [x - factor * y for x, y in zip(rest[start:], by, strict=True)]
        rest.pop()
    scale = math.lcm(*(c.denominator for c in out))
    return [int(c * scale) for c in reversed(out)]


def _primitive(p: Polynomial) -> Polynomial:
    common = math.gcd(*p)
    return [c // common for c in p] if common > 1 else p
