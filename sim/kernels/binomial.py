"""Exact binomial quantiles of a standard normal, fast, monotone in the number of trials.

The guess is the Cornish-Fisher expansion with cumulants of a lattice (Abramowitz and Stegun 26.2.49 and
Sheppard's correction); wherever the guess does not settle the integer, the exact distribution function
does. Exact quantiles rise by 0 or 1 when one trial is added, and laws of pipelines stand on that.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import betainc, ndtr

from sim.axes import Bools, Floats
from sim.kernels.jit import inlined, kernel

_EXACT_BELOW = 16.0
"""Variances under which the expansion is not trusted at all."""


@inlined
def _expansion(mean: float, variance: float, chance: float, normal: float) -> tuple[float, float]:
    """Return the expansion of the continuous quantile and a bound on its error."""
    root, square = math.sqrt(variance), normal * normal
    skew, spread = 1.0 - 2.0 * chance, chance * (1.0 - chance)
    third = (
        (1.0 - 6.0 * spread) * normal * (square - 3.0) / 24.0
        - skew * skew * normal * (2.0 * square - 5.0) / 36.0
        - normal / 24.0
    )
    value = mean + root * normal + 0.5 + skew * (square - 1.0) / 6.0 + third / root
    bound = (0.02 + 0.02 * square * square) / variance + 1e-9 * mean + 1e-7
    return value, bound


@inlined
def _below(normal: float) -> float:
    """Return the probability of a standard normal below *normal*."""
    return 0.5 * math.erfc(-normal * math.sqrt(0.5))


@inlined
def _summed(trials: float, chance: float, normal: float) -> float:
    """Return the quantile by summing probabilities from none upwards: few steps where variance is small.

    Where successes are likelier than failures these are counted instead, from the other end of the
    same uniform.
    """
    mirrored = chance > 0.5
    rare = 1.0 - chance if mirrored else chance
    wanted = _below(-normal if mirrored else normal)
    odds = rare / (1.0 - rare)
    single = math.exp(trials * math.log1p(-rare))
    total, count = single, 0.0
    while total < wanted and count < trials and single > 0.0:
        single *= (trials - count) / (count + 1.0) * odds
        total += single
        count += 1.0
    return trials - count if mirrored else count


_ROW = "float64[::1]"


@kernel(f"boolean({', '.join([_ROW] * 4)}, boolean[::1])")
def _counts_into(trials: Floats, chance: Floats, normal: Floats, count: Floats, unsure: Bools) -> bool:
    """Fill *count*; mark in *unsure* what the expansion does not settle, and say whether anything is."""
    some = False
    for i in range(trials.size):
        mean = trials[i] * chance[i]
        variance = mean * (1.0 - chance[i])
        unsure[i] = False
        if not variance >= _EXACT_BELOW:
            count[i] = _summed(trials[i], chance[i], normal[i])
            continue
        value, bound = _expansion(mean, variance, chance[i], normal[i])
        count[i] = min(max(math.floor(value), 0.0), trials[i])
        if abs(value - np.rint(value)) < bound:
            unsure[i] = some = True
    return some


@kernel("void(float64[::1], float64[::1], float64[::1])")
def _poisson_into(rate: Floats, normal: Floats, count: Floats) -> None:
    """Fill *count* by summing probabilities from none upwards."""
    for i in range(rate.size):
        wanted, single = _below(normal[i]), math.exp(-rate[i])
        total, n = single, 0.0
        while total < wanted and single > 0.0:
            n += 1.0
            single *= rate[i] / n
            total += single
        count[i] = n


def binomial_below(count: Floats, trials: Floats, chance: Floats) -> Floats:
    """Return the probability of at most *count* successes; one where *count* reaches *trials*."""
    whole = count >= trials
    inside = np.clip(count, 0.0, np.maximum(trials - 1.0, 0.0))
    below = betainc(np.maximum(trials - inside, 0.5), inside + 1.0, 1.0 - chance)
    return np.where(whole, 1.0, np.where(count < 0.0, 0.0, below))


def _exact(trials: Floats, chance: Floats, probability: Floats, guess: Floats) -> Floats:
    """Return the least count whose distribution function reaches *probability*, from a *guess*."""
    count = np.clip(guess, 0.0, trials)
    while np.any(low := binomial_below(count, trials, chance) < probability):
        count = count + low
    while np.any(high := (count > 0) & (binomial_below(count - 1.0, trials, chance) >= probability)):
        count = count - high
    return count


def binomial_quantile(trials: Floats, chance: Floats, normal: Floats) -> Floats:
    """Return the quantile at ``Phi(normal)`` of successes in whole *trials* >= 0 with *chance* in [0, 1]."""
    trials, chance, normal = np.broadcast_arrays(trials, chance, normal)
    n, p, z = (np.array(part, dtype=np.float64).ravel() for part in (trials, chance, normal))
    count, unsure = np.empty_like(n), np.empty(n.shape, dtype=np.bool_)
    if _counts_into(n, p, z, count, unsure):
        count[unsure] = _exact(n[unsure], p[unsure], ndtr(z[unsure]), count[unsure])
    return count.reshape(trials.shape)


def small_poisson_quantile(rate: Floats, normal: Floats) -> Floats:
    """Return the Poisson quantile at ``Phi(normal)`` by summing probabilities: quick for small rates."""
    rate, normal = np.broadcast_arrays(rate, normal)
    mean, z = (np.array(part, dtype=np.float64).ravel() for part in (rate, normal))
    count = np.empty_like(mean)
    _poisson_into(mean, z, count)
    return count.reshape(rate.shape)
