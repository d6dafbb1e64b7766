"""Importance sampling with a normal law of scores: its draws, its weights, its fit (section 7).

Scores ``[score, ...]`` are standard normal in a model's own law. Weights are those of a mixture of the
proposal with the own law (defensive, Hesterberg 1995, *Weighted average importance sampling and
defensive mixture distributions*), so that none exceeds one over the share of the own law.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from sim.axes import Bools, Floats
from sim.kernels.jit import kernel
from sim.kernels.moves import dot

OWN_EVERY = 16
"""Every so many draws one comes from the model's own law."""

PIECE = 1024
"""Draws whose scores are summed at a time, so that they stay in cache."""


class Proposed(NamedTuple):
    """*scores* ``[V, N]``, their *residual* ``[V, N]`` (standard normal in the proposal) and the log weight
    ``[N]``: own density over that of the mixture.
    """

    scores: Floats
    residual: Floats
    log_weight: Floats


def is_own(draws: int) -> Bools:
    """Return which of *draws* come from the own law: the last of every `OWN_EVERY`, a fixed share."""
    own: Bools = np.arange(draws) % OWN_EVERY == OWN_EVERY - 1
    return own


def proposed(plain: Floats, mean: Floats, factor: Floats, own: Bools) -> Proposed:
    """Return scores made of the standard normals *plain* ``[V, N]``: ``mean + factor plain``, or *plain*
    itself where *own* ``[N]``. *mean* ``[V, 1 or N]``, *factor* ``[V, V]`` lower triangular.
    """
    scores = np.where(own, plain, mean + factor @ plain)
    residual = np.asarray(solve_triangular(factor, scores - mean, lower=True), dtype=np.float64)
    own_density = -0.5 * np.sum(scores**2, axis=0)
    density = -0.5 * np.sum(residual**2, axis=0) - np.sum(np.log(np.diagonal(factor)))
    share = 1.0 / OWN_EVERY
    mixture = np.logaddexp(np.log(1.0 - share) + density, np.log(share) + own_density)
    return Proposed(scores, residual, own_density - mixture)


def log_density(scores: Floats, mean: Floats, factor: Floats) -> Floats:
    """Return the log density ``[N]`` of *scores* ``[V, N]``, but for the constant of all normal laws."""
    residual = solve_triangular(factor, scores - mean[:, None], lower=True)
    density: Floats = -0.5 * np.sum(residual**2, axis=0) - np.sum(np.log(np.diagonal(factor)))
    return density


def normalised(log_weight: Floats) -> Floats:
    """Return weights that sum to one; equal ones where none is finite."""
    finite = np.isfinite(log_weight)
    if not finite.any():
        return np.full(log_weight.shape, 1.0 / log_weight.size)
    weight = np.where(finite, np.exp(np.where(finite, log_weight, 0.0) - log_weight[finite].max()), 0.0)
    normal: Floats = weight / weight.sum()
    return normal


def effective(weight: Floats) -> float:
    """Return the effective number of draws of normalised *weight*."""
    return float(1.0 / np.sum(weight**2))


def tempered(log_likelihood: Floats, power: float) -> Floats:
    """Return the log of a *power* of the likelihood; what is impossible stays so."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(log_likelihood), power * log_likelihood, -np.inf)


def tempering_power(log_likelihood: Floats, log_other: Floats, least: float) -> float:
    """Return the largest power up to one of the likelihood that leaves *least* effective draws.

    By bisection; *log_other* is the rest of the log weight.
    """

    def enough(power: float) -> bool:
        return effective(normalised(tempered(log_likelihood, power) + log_other)) >= least

    if enough(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if enough(middle) else (low, middle)
    return low


BISECTIONS = 20
"""Halvings of the interval in which the power lies."""


@kernel("void(float64[:, ::1], float64[::1], float64[::1], float64[:, ::1])")
def moments_into(scores: Floats, weight: Floats, mean: Floats, covariance: Floats) -> None:
    """Set *mean* ``[V]`` and *covariance* ``[V, V]`` to those of *scores* ``[V, N]`` with *weight* ``[N]``.

    Sums over draws run in an order of their own: a library of linear algebra splits them by its threads.
    """
    size, draws = scores.shape
    centred, weighed = np.empty((size, PIECE)), np.empty((size, PIECE))
    for i in range(size):
        mean[i] = dot(scores[i], weight)
    covariance[:] = 0.0
    for start in range(0, draws, PIECE):
        width = min(PIECE, draws - start)
        for i in range(size):
            for d in range(width):
                centred[i, d] = scores[i, start + d] - mean[i]
                weighed[i, d] = centred[i, d] * weight[start + d]
        for i in range(size):
            for j in range(i + 1):
                covariance[i, j] += dot(weighed[i, :width], centred[j, :width])
    for i in range(size):
        for j in range(i):
            covariance[j, i] = covariance[i, j]


def fitted_normal(scores: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return mean ``[V]`` and lower factor ``[V, V]`` of the normal law nearest to weighted *scores*.

    Cross-entropy: the weighted moments (Rubinstein and Kroese 2004, *The Cross-Entropy Method*). What
    the sampling of as many effective draws explains is not believed: eigenvalues of the covariance within
    the edges ``(1 +- sqrt(V / n))^2`` (Marchenko and Pastur 1967) are those of the own law, one.
    """
    mean, covariance = np.empty(len(scores)), np.empty((len(scores), len(scores)))
    moments_into(np.ascontiguousarray(scores), np.ascontiguousarray(weight), mean, covariance)
    values, vectors = np.linalg.eigh(covariance)
    noise = float(np.sqrt(len(mean) / effective(weight)))
    low, high = max(0.0, 1.0 - noise) ** 2, (1.0 + noise) ** 2
    kept = np.where((values > low) & (values < high), 1.0, np.maximum(values, LEAST_VARIANCE))
    factor = np.asarray(np.linalg.cholesky((vectors * kept) @ vectors.T), dtype=np.float64)
    return mean, factor


LEAST_VARIANCE = 0.01
"""No direction of the proposal is narrower than this share of its own variance."""
