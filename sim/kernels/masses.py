"""Probabilities of single counts, to the last digits, after Loader (2000), *Fast and accurate computation of
binomial probabilities*: the error of Stirling's formula and the deviance, whose terms do not cancel.
"""

from __future__ import annotations

import math

from sim.kernels.jit import inlined

_TWO_PI = 6.283185307179586
_SMALL = 16
_ERRORS = (
    0.0, 0.0810614667953272582196702, 0.0413406959554092940938221, 0.0276779256849983391487892,
    0.0207906721037650931115102, 0.0166446911898211921631948, 0.0138761288230707479987064,
    0.0118967099458917700950557, 0.0104112652619720964960353, 0.0092554621827127329177286,
    0.0083305634333631154200711, 0.0075736754879518407949719, 0.0069428401072095298632270,
    0.0064089941880042070684396, 0.0059513701127588475357000, 0.0055547335519628013710387,
)  # fmt: skip
"""log(n!) less Stirling's formula, for small n; zero at none, where it is not asked for."""


@inlined
def stirling_error(n: float) -> float:
    """Return ``log(n!) - log(sqrt(2 pi n) (n / e)^n)`` of a whole *n* > 0."""
    if n < _SMALL:
        return _ERRORS[int(n)]
    square = n * n
    rest = 1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square
    return (1.0 / 12.0 - (1.0 / 360.0 - rest / square) / square) / n


@inlined
def deviance(count: float, mean: float) -> float:
    """Return ``count log(count / mean) + mean - count`` of two positive numbers."""
    apart = count - mean
    if abs(apart) >= 0.1 * (count + mean):
        return count * math.log(count / mean) - apart
    v = apart / (count + mean)
    total, term, odd = apart * v, 2.0 * count * v, 1.0
    while True:
        term *= v * v
        odd += 2.0
        more = total + term / odd
        if more == total:
            return total
        total = more


@inlined
def binomial_mass(count: float, trials: float, chance: float) -> float:
    """Return the probability of exactly *count* successes, 0 <= count <= trials, 0 < chance < 1."""
    if count == 0.0:
        return math.exp(trials * math.log1p(-chance))
    if count == trials:
        return math.exp(trials * math.log(chance))
    other = trials - count
    log = stirling_error(trials) - stirling_error(count) - stirling_error(other)
    log -= deviance(count, trials * chance) + deviance(other, trials * (1.0 - chance))
    return math.exp(log) * math.sqrt(trials / (_TWO_PI * count * other))


@inlined
def poisson_mass(count: float, rate: float) -> float:
    """Return the probability of exactly *count* at a mean of *rate* > 0."""
    if count == 0.0:
        return math.exp(-rate)
    return math.exp(-stirling_error(count) - deviance(count, rate)) / math.sqrt(_TWO_PI * count)
