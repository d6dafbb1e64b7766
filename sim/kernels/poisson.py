"""Exact Poisson quantiles of a standard normal, fast and monotone in the rate.

The expansion is the normal asymptotic of Giles (2016), *Algorithm 955: approximation of the
inverse Poisson cumulative distribution function*, ACM TOMS 42(1); where it does not settle the
integer, the exact distribution function does.
"""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Bools, Floats
from sim.kernels.binomial import EXPANDED_FROM, FEW, NEGLIGIBLE, SUMMED_UP_TO, as_grid, below, inverses
from sim.kernels.elementary import exp
from sim.kernels.jit import inlined, kernel
from sim.kernels.masses import poisson_mass

EXACT_BELOW = 16.0
"""Rates under which the expansion is not trusted at all."""


def _expansion(rate: Floats, normal: Floats) -> tuple[Floats, Floats]:
    """Return the expansion of the continuous quantile and a bound on its error."""
    root = np.sqrt(rate)
    square = normal**2
    value = (
        rate
        + root * normal
        + (1.0 / 3.0 + square / 6.0)
        - normal * (1.0 + 0.5 * square) / (36.0 * root)
        + (-8.0 / 405.0 + square * (7.0 / 810.0 + square / 270.0)) / rate
    )
    bound = (0.01 + 0.02 * square**2) / (rate * root) * (1.0 + np.abs(normal)) + 1e-6
    return value, bound


def exact_counts(rate: Floats, normal: Floats, guess: Floats) -> Floats:
    """Return the least count whose distribution function reaches ``Phi(normal)``, from a *guess*."""
    from scipy.special import ndtr, pdtr

    probability = ndtr(normal)
    count = np.maximum(guess, 0.0)
    while np.any(low := pdtr(count, rate) < probability):
        count = count + low
    while np.any(high := (count > 0) & (pdtr(np.maximum(count - 1.0, 0.0), rate) >= probability)):
        count = count - high
    return count


def poisson_quantile(rate: Floats, normal: Floats) -> Floats:
    """Return the Poisson quantile at ``Phi(normal)``, a whole number, for each *rate* >= 0."""
    rate, normal = np.broadcast_arrays(rate, normal)
    low = rate < EXACT_BELOW
    value, bound = _expansion(np.where(low, EXACT_BELOW, rate), normal)
    # Far below its range the expansion is off by any number of counts, each a step of the exact search.
    value = np.where(low, rate + np.sqrt(rate) * normal, value)
    count = np.maximum(np.floor(value), 0.0)
    unsure = (np.abs(value - np.rint(value)) < bound) | low | (value < 1.0)
    if np.any(unsure):
        count[unsure] = exact_counts(rate[unsure], normal[unsure], count[unsure])
    return count


@inlined
def _settled(rate: float, normal: float, guess: float) -> float:
    """Return the quantile near a *guess*: the tail on the side of *normal* is summed to its last digits."""
    wanted = below(-abs(normal))
    count, single = guess, poisson_mass(guess, rate)
    if normal <= 0.0:
        at, term, tail = count, single, single
        while at > 0.0 and term > NEGLIGIBLE * tail:
            term *= at / rate
            tail += term
            at -= 1.0
        while count > 0.0 and tail - single >= wanted:
            tail -= single
            single *= count / rate
            count -= 1.0
        while tail < wanted and single > 0.0:
            count += 1.0
            single *= rate / count
            tail += single
        return count
    at, term, tail = count, single, 0.0
    while term > NEGLIGIBLE * tail:
        at += 1.0
        term *= rate / at
        tail += term
    while count > 0.0 and single > 0.0 and tail + single <= wanted:
        tail += single
        single *= count / rate
        count -= 1.0
    while tail > wanted and single > 0.0:
        count += 1.0
        single *= rate / count
        tail -= single
    return count


@inlined
def _summed(rate: float, normal: float, inverse: Floats) -> float:
    """Return the quantile by summing probabilities from none upwards; *inverse* ``[n]`` is ``1 / n``."""
    wanted, single = below(normal), exp(-rate)
    total, count = single, 0
    while total < wanted and single > 0.0:
        count += 1
        single *= rate * inverse[count] if count < inverse.size else rate / count
        total += single
    return float(count)


@inlined
def _compiled_expansion(rate: float, normal: float) -> tuple[float, float]:
    """Return what `_expansion` returns of one rate, and by how much it is in doubt (below 0: not)."""
    r = max(rate, EXPANDED_FROM)
    root, square = math.sqrt(r), normal * normal
    inverse = 1.0 / root
    value = r + root * normal + (1.0 / 3.0 + square / 6.0)
    value -= normal * (1.0 + 0.5 * square) * (inverse / 36.0)
    value += (-8.0 / 405.0 + square * (7.0 / 810.0 + square / 270.0)) * (inverse * inverse)
    bound = (0.01 + 0.02 * square * square) * (inverse * inverse * inverse) * (1.0 + abs(normal)) + 1e-6
    doubt = max(bound - abs(value - np.rint(value)), 1.0 - value)
    return value, max(doubt, EXPANDED_FROM - rate)


_GRID = "float64[:, ::1]"


@kernel(f"boolean({', '.join([_GRID] * 3)}, boolean[:, ::1])")
def _counts_into(rate: Floats, normal: Floats, count: Floats, unsure: Bools) -> bool:
    """Fill *count* ``[row, draw]``; *rate* ``[row, 1 or draw]``. Marks in *unsure* what is too large to be
    settled here, and says whether anything is.
    """
    rows, draws = count.shape
    doubt, inverse, some = np.empty(draws), inverses(64), False
    single = rate.shape[1] == 1
    for r in range(rows):
        z, out = normal[r], count[r]
        for d in range(draws):
            mean = rate[r, 0] if single else rate[r, d]
            value, doubt[d] = _compiled_expansion(mean, z[d])
            whole = np.floor(value)
            out[d] = 0.0 if whole < 0.0 else whole
        for d in range(draws):
            unsure[r, d] = False
            if doubt[d] <= 0.0 or doubt[d] != doubt[d]:
                continue
            mean = rate[r, 0] if single else rate[r, d]
            if mean < FEW:
                out[d] = _summed(mean, z[d], inverse)
            elif mean <= SUMMED_UP_TO:
                out[d] = _settled(mean, z[d], out[d])
            else:
                unsure[r, d] = some = True
    return some


def compiled_quantile(rate: Floats, normal: Floats) -> Floats:
    """Return what `poisson_quantile` returns, from a compiled kernel."""
    shape = np.broadcast_shapes(rate.shape, normal.shape)
    mean, z = as_grid(rate, shape, narrow=True), as_grid(normal, shape)
    count, unsure = np.empty(z.shape), np.empty(z.shape, dtype=np.bool_)
    if _counts_into(mean, z, count, unsure):
        mean = np.broadcast_to(mean, z.shape)
        count[unsure] = exact_counts(mean[unsure], z[unsure], count[unsure])
    return count.reshape(shape)
