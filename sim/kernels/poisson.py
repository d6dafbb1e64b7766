"""Exact Poisson quantiles of a standard normal, fast and monotone in the rate.

The expansion is the normal asymptotic of Giles (2016), *Algorithm 955: approximation of the
inverse Poisson cumulative distribution function*, ACM TOMS 42(1); where it does not settle the
integer, the exact distribution function does.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, pdtr

from sim.axes import Floats
from sim.kernels.levels import expansion_into

_EXACT_BELOW = 16.0
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
    low = rate < _EXACT_BELOW
    value, bound = _expansion(np.where(low, _EXACT_BELOW, rate), normal)
    # Far below its range the expansion is off by any number of counts, each a step of the exact search.
    value = np.where(low, rate + np.sqrt(rate) * normal, value)
    count = np.maximum(np.floor(value), 0.0)
    unsure = (np.abs(value - np.rint(value)) < bound) | low | (value < 1.0)
    if np.any(unsure):
        count[unsure] = exact_counts(rate[unsure], normal[unsure], count[unsure])
    return count


def compiled_quantile(rate: Floats, normal: Floats) -> Floats:
    """Return what `poisson_quantile` returns, expanded by the compiled kernel; shapes must be equal."""
    flat, at = np.ascontiguousarray(rate).ravel(), np.ascontiguousarray(normal).ravel()
    count, unsure = np.empty_like(flat), np.empty(flat.shape, dtype=np.bool_)
    if expansion_into(flat, at, count, unsure):
        count[unsure] = exact_counts(flat[unsure], at[unsure], count[unsure])
    return count.reshape(rate.shape)
