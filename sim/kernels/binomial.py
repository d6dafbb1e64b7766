"""Exact binomial quantiles of a standard normal, fast, monotone in the number of trials.

The guess is the Cornish-Fisher expansion with cumulants of a lattice (Abramowitz and Stegun 26.2.49 and
Sheppard's correction); wherever the guess does not settle the integer, the exact distribution function
does. Exact quantiles rise by 0 or 1 when one trial is added, and laws of pipelines stand on that.
"""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Bools, Floats
from sim.kernels.jit import inlined, kernel
from sim.kernels.masses import binomial_mass

EXPANDED_FROM = 2.0
"""Variances from which the expansion is within its bound, for any chance (tests/units/test_pipelines.py)."""

FEW = 16.0
"""Variances under which doubtful counts are summed from none upwards, else from a guess."""

SUMMED_UP_TO = 1e6
"""Variances up to which a doubtful count is settled by summing probabilities."""

NEGLIGIBLE = 1e-18
"""A probability that no longer counts beside a sum."""


@inlined
def _expansion(trials: float, chance: float, normal: float) -> tuple[float, float]:
    """Return the expansion of the continuous quantile, and by how much it is in doubt (below 0: not)."""
    spread, skew, square = chance * (1.0 - chance), 1.0 - 2.0 * chance, normal * normal
    mean, variance = trials * chance, trials * spread
    root = math.sqrt(max(variance, EXPANDED_FROM))
    inverse = 1.0 / root
    third = normal * (
        (1.0 - 6.0 * spread) / 24.0 * (square - 3.0) - skew * skew / 36.0 * (2.0 * square - 5.0) - 1.0 / 24.0
    )
    value = mean + root * normal + 0.5 + skew / 6.0 * (square - 1.0) + third * inverse
    bound = (0.025 + 0.02 * square * square) * (inverse * inverse) + 1e-9 * mean + 1e-7
    doubt = bound - abs(value - np.rint(value))
    return value, max(doubt, EXPANDED_FROM - variance)


@inlined
def below(normal: float) -> float:
    """Return the probability of a standard normal below *normal*."""
    return 0.5 * math.erfc(-normal * math.sqrt(0.5))


@inlined
def _summed(trials: float, chance: float, normal: float, inverse: Floats) -> float:
    """Return the quantile by summing probabilities from none upwards: few steps where variance is small.

    Where successes are likelier than failures these are counted instead, from the other end of the
    same uniform. *inverse* ``[n]`` is ``1 / n``.
    """
    mirrored = chance > 0.5
    rare = 1.0 - chance if mirrored else chance
    wanted = below(-normal if mirrored else normal)
    odds = rare / (1.0 - rare)
    single = math.exp(trials * math.log1p(-rare))
    total, count, left, n = single, 0.0, trials, 0
    while total < wanted and left > 0.0 and single > 0.0:
        n += 1
        single *= left * (odds * inverse[n] if n < inverse.size else odds / n)
        total += single
        left -= 1.0
        count += 1.0
    return trials - count if mirrored else count


@inlined
def _settled(trials: float, chance: float, normal: float, guess: float) -> float:
    """Return the quantile near a *guess*: the tail on the side of *normal* is summed to its last digits."""
    wanted = below(-abs(normal))
    odds = chance / (1.0 - chance)
    count, single = guess, binomial_mass(guess, trials, chance)
    if normal <= 0.0:
        at, term, tail = count, single, single
        while at > 0.0 and term > NEGLIGIBLE * tail:
            term *= at / ((trials - at + 1.0) * odds)
            tail += term
            at -= 1.0
        while count > 0.0 and tail - single >= wanted:
            tail -= single
            single *= count / ((trials - count + 1.0) * odds)
            count -= 1.0
        while tail < wanted and count < trials and single > 0.0:
            single *= (trials - count) / (count + 1.0) * odds
            tail += single
            count += 1.0
        return count
    at, term, tail = count, single, 0.0
    while at < trials and term > NEGLIGIBLE * tail:
        term *= (trials - at) / (at + 1.0) * odds
        tail += term
        at += 1.0
    while count > 0.0 and single > 0.0 and tail + single <= wanted:
        tail += single
        single *= count / ((trials - count + 1.0) * odds)
        count -= 1.0
    while tail > wanted and count < trials:
        single *= (trials - count) / (count + 1.0) * odds
        tail -= single
        count += 1.0
    return count


@inlined
def inverses(count: int) -> Floats:
    """Return ``1 / n`` for n below *count*; nothing at 0."""
    made = np.zeros(count)
    for n in range(1, count):
        made[n] = 1.0 / n
    return made


_GRID = "float64[:, ::1]"


@kernel(f"boolean({', '.join([_GRID] * 4)}, boolean[:, ::1])")
def _counts_into(trials: Floats, chance: Floats, normal: Floats, count: Floats, unsure: Bools) -> bool:
    """Fill *count* ``[row, draw]``; *chance* ``[row, 1 or draw]``. Marks in *unsure* what is too large to be
    settled here, and says whether anything is.
    """
    rows, draws = count.shape
    doubt, inverse, some = np.empty(draws), inverses(64), False
    for r in range(rows):
        n, z, out = trials[r], normal[r], count[r]
        single = chance.shape[1] == 1
        if single:
            p = chance[r, 0]
            for d in range(draws):
                value, doubt[d] = _expansion(n[d], p, z[d])
                out[d] = min(max(np.floor(value), 0.0), n[d])
        else:
            for d in range(draws):
                value, doubt[d] = _expansion(n[d], chance[r, d], z[d])
                out[d] = min(max(np.floor(value), 0.0), n[d])
        for d in range(draws):
            unsure[r, d] = False
            if doubt[d] <= 0.0:
                continue
            p = chance[r, 0] if single else chance[r, d]
            variance = n[d] * p * (1.0 - p)
            if variance < FEW:
                out[d] = _summed(n[d], p, z[d], inverse)
            elif variance <= SUMMED_UP_TO:
                out[d] = _settled(n[d], p, z[d], out[d])
            else:
                unsure[r, d] = some = True
    return some


def binomial_below(count: Floats, trials: Floats, chance: Floats) -> Floats:
    """Return the probability of at most *count* successes; one where *count* reaches *trials*."""
    from scipy.special import betainc

    whole = count >= trials
    inside = np.clip(count, 0.0, np.maximum(trials - 1.0, 0.0))
    below = betainc(np.maximum(trials - inside, 0.5), inside + 1.0, 1.0 - chance)
    return np.where(whole, 1.0, np.where(count < 0.0, 0.0, below))


def _exact(trials: Floats, chance: Floats, normal: Floats, guess: Floats) -> Floats:
    """Return the least count whose distribution function reaches that of *normal*, from a *guess*."""
    from scipy.special import ndtr

    probability = ndtr(normal)
    count = np.clip(guess, 0.0, trials)
    while np.any(low := binomial_below(count, trials, chance) < probability):
        count = count + low
    while np.any(high := (count > 0) & (binomial_below(count - 1.0, trials, chance) >= probability)):
        count = count - high
    return count


def as_grid(part: Floats, shape: tuple[int, ...], narrow: bool = False) -> Floats:
    """Return *part* of an array of *shape* as ``[row, column]``; *narrow*: one column may stand for all."""
    if narrow and part.ndim and part.shape[-1] == 1:
        shape = (*shape[:-1], 1)
    if part.shape != shape:
        part = np.broadcast_to(part, shape)
    elif part.dtype == np.float64 and part.flags.carray:
        return part.reshape(-1, shape[-1] if shape else 1)
    return np.require(part, np.float64, ("C", "W")).reshape(-1, shape[-1] if shape else 1)


def binomial_quantile(trials: Floats, chance: Floats, normal: Floats) -> Floats:
    """Return the quantile at ``Phi(normal)`` of successes in whole *trials* >= 0 with *chance* in [0, 1]."""
    shape = np.broadcast_shapes(trials.shape, chance.shape, normal.shape)
    n, z, p = as_grid(trials, shape), as_grid(normal, shape), as_grid(chance, shape, narrow=True)
    count, unsure = np.empty(n.shape), np.empty(n.shape, dtype=np.bool_)
    if _counts_into(n, p, z, count, unsure):
        p = np.broadcast_to(p, n.shape)
        count[unsure] = _exact(n[unsure], p[unsure], z[unsure], count[unsure])
    return count.reshape(shape)
