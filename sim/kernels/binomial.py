"""Exact binomial quantiles of a standard normal, fast, monotone in the number of trials.

The guess is the Cornish-Fisher expansion with cumulants of a lattice (Abramowitz and Stegun 26.2.49 and
Sheppard's correction); wherever the guess does not settle the integer, the exact distribution function
does. Exact quantiles rise by 0 or 1 when one trial is added, and laws of pipelines stand on that.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, ndtr

from sim.axes import Floats

_EXACT_BELOW = 16.0
"""Variances under which the expansion is not trusted at all."""


def _expansion(mean: Floats, variance: Floats, chance: Floats, normal: Floats) -> tuple[Floats, Floats]:
    """Return the expansion of the continuous quantile and a bound on its error."""
    root, square = np.sqrt(variance), normal**2
    skew, spread = 1.0 - 2.0 * chance, chance * (1.0 - chance)
    third = (
        (1.0 - 6.0 * spread) * normal * (square - 3.0) / 24.0
        - skew**2 * normal * (2.0 * square - 5.0) / 36.0
        - normal / 24.0
    )
    value = mean + root * normal + 0.5 + skew * (square - 1.0) / 6.0 + third / root
    bound = (0.02 + 0.02 * square**2) / variance + 1e-9 * mean + 1e-7
    return value, bound


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


def _summed(trials: Floats, chance: Floats, normal: Floats) -> Floats:
    """Return the quantile by summing probabilities from none upwards: few steps where variance is small.

    Above one half failures are counted instead, from the other end of the same uniform.
    """
    mirrored = chance > 0.5
    rare = np.where(mirrored, 1.0 - chance, chance)
    wanted = ndtr(np.where(mirrored, -normal, normal))
    odds = rare / (1.0 - rare)
    single = np.exp(trials * np.log1p(-rare))
    below, count = single.copy(), np.zeros_like(wanted)
    step = 0.0
    while np.any(short := (below < wanted) & (count < trials)):
        single = single * (np.maximum(trials - step, 0.0) / (step + 1.0) * odds)
        step += 1.0
        if not np.any(single[short] > 0.0):  # what is left of the tail is less than rounding
            break
        count += short
        below = below + single
    quantile: Floats = np.where(mirrored, trials - count, count)
    return quantile


def binomial_quantile(trials: Floats, chance: Floats, normal: Floats) -> Floats:
    """Return the quantile at ``Phi(normal)`` of successes in whole *trials* >= 0 with *chance* in [0, 1]."""
    trials, chance, normal = np.broadcast_arrays(trials, chance, normal)
    mean = trials * chance
    variance = mean * (1.0 - chance)
    low = variance < _EXACT_BELOW
    value, bound = _expansion(mean, np.maximum(variance, _EXACT_BELOW), chance, normal)
    count = np.clip(np.floor(value), 0.0, trials)
    unsure = (np.abs(value - np.rint(value)) < bound) & ~low
    if np.any(low):
        count[low] = _summed(trials[low], chance[low], normal[low])
    if np.any(unsure):
        count[unsure] = _exact(trials[unsure], chance[unsure], ndtr(normal[unsure]), count[unsure])
    return count


def small_poisson_quantile(rate: Floats, normal: Floats) -> Floats:
    """Return the Poisson quantile at ``Phi(normal)`` by summing probabilities: quick for small rates."""
    rate, normal = np.broadcast_arrays(rate, normal)
    wanted = ndtr(normal)
    single = np.exp(-rate)
    below, count = single.copy(), np.zeros_like(wanted)
    step = 0.0
    while np.any(short := below < wanted):
        step += 1.0
        single = single * rate / step
        if not np.any(single[short] > 0.0):
            break
        count += short
        below = below + single
    quantile: Floats = count
    return quantile
