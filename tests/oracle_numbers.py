"""Random numbers, quantiles and courses in plain Python, for `tests/oracle.py`."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np

from sim.distributions import Distribution, Fixed, Normal, Triangular, Uniform
from sim.narrow import narrow_normals
from sim.shocks import Course, Decay, OneYear, Ramp, Rebound, SeveralYears
from sim.streams import Source, key_of

NORMAL = NormalDist()
WORD = 0xFFFFFFFF


@cache
def key_words(seed: int, source: Source) -> tuple[int, int, int, int]:
    key = key_of(seed, source)
    return key & WORD, key >> 32 & WORD, key >> 64 & WORD, key >> 96


def philox(seed: int, source: Source, counter: int) -> tuple[int, int, int, int]:
    """Return the four words of a counter: Philox-4x32-10 as Salmon et al. (2011) write it."""
    k0, k1, c, d = key_words(seed, source)
    a, b = counter & WORD, counter >> 32
    for _ in range(10):
        one, two = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = two >> 32 ^ b ^ k0, two & WORD, one >> 32 ^ d ^ k1, one & WORD
        k0, k1 = k0 + 0x9E3779B9 & WORD, k1 + 0xBB67AE85 & WORD
    return a, b, c, d


def uniform(seed: int, source: Source, draw: int) -> float:
    """Return the uniform of a draw: a counter serves two, and 52 bits of two words make one."""
    words = philox(seed, source, draw // 2)
    high, low = words[draw % 2 * 2 : draw % 2 * 2 + 2]
    return ((high << 20 | low >> 12) + 0.5) * 2.0**-52


@cache
def narrow_normal(seed: int, source: Source, draw: int) -> float:
    """Return the normal of 32 bits of a draw: a counter serves four, and a word makes one.

    The exact quantile of the middle of its cell, then that in single precision, which must be near.
    """
    word = philox(seed, source, draw // 4)[draw % 4]
    tail = word if word >> 31 == 0 else WORD - word
    exact = -NORMAL.inv_cdf((tail + 0.5) * 2.0**-32)
    exact = exact if word >> 31 == 0 else -exact
    single = float(narrow_normals(np.array([word], dtype=np.uint32).view(np.int32))[0])
    assert abs(single - exact) <= 5e-7 * abs(exact) + 1e-14
    return single


def chi2_above(x: float, dof: float) -> float:
    """Return ``P(chi2(dof) > x)`` for an even number of degrees of freedom."""
    term = total = 1.0
    for i in range(1, int(dof) // 2):
        term *= x / 2.0 / i
        total += term
    return math.exp(-x / 2.0) * total


@cache
def chi2_point(u: float, dof: float) -> float:
    """Return the x that ``chi2(dof)`` exceeds with probability u, by halving."""
    low, high = 0.0, 1.0
    while chi2_above(high, dof) > u:
        high *= 2.0
    while high - low > 1e-15 * high:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if chi2_above(middle, dof) > u else (low, middle)
    return 0.5 * (low + high)


def mixing(u: float, dof: float) -> float:
    if math.isinf(dof):
        return 1.0
    lowest = chi2_point(0.999, dof)
    kept = (chi2_above(lowest, dof - 2.0) if dof > 2 else 0.0) + (dof - 2.0) / lowest * 0.001
    return math.sqrt((dof - 2.0) / max(chi2_point(u, dof), lowest) / kept)


def triangular(low: float, mode: float, high: float, u: float) -> float:
    if low == high:
        return mode
    if u < (mode - low) / (high - low):
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - u) * (high - low) * (high - mode))


def size_at(size: Distribution, u: float) -> float:
    if isinstance(size, Fixed):
        return size.value
    if isinstance(size, Normal):
        return size.central + size.sd * NORMAL.inv_cdf(u)
    if isinstance(size, Uniform):
        return size.low + (size.high - size.low) * u
    assert isinstance(size, Triangular)
    return triangular(size.low, size.mode, size.high, u)


def share_of_course(course: Course, year: int) -> float:
    if isinstance(course, OneYear):
        return float(year == course.year)
    if isinstance(course, SeveralYears):
        return float(course.start <= year <= course.end)
    if isinstance(course, Ramp):
        return min(max((year - course.start + 1) / (course.full - course.start + 1), 0.0), 1.0)
    if isinstance(course, Decay):
        return 0.5 ** ((year - course.start) / course.half_life) if year >= course.start else 0.0
    assert isinstance(course, Rebound)
    if year == course.start:
        return 1.0
    return -1.0 / course.years if course.start < year <= course.start + course.years else 0.0


def poisson_point(rate: float, probability: float) -> int:
    """Return the least count whose distribution function reaches *probability*."""
    count, total = 0, math.exp(-rate)
    while total < probability:
        count += 1
        added = math.exp(count * math.log(rate) - rate - math.lgamma(count + 1))
        if added == 0.0 and count > rate:
            break
        total += added
    return count


def logit(share: float) -> float:
    return math.log(share / (1.0 - share))
