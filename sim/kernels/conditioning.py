"""Gaussian draws given linear observations: Matheron's rule and the density of what was observed.

A *row* is one linear function of groups of standard normals that are independent of one another;
within a group the normals of two rows have a correlation. The simulated value of every row is given,
so no normal is drawn here. Axes: ``[group, row, draw]``, an axis may be absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammainccinv, gammaln, polygamma

from sim.axes import Bools, Floats, Ints

LOG_ROOT_TAU = 0.5 * float(np.log(2.0 * np.pi))

JITTER = 1e-13
"""Added to unit variances: rows that repeat each other stay invertible."""

LEAST_COUNT = 0.5
"""What stands for no case at all where a logarithm is taken; the Poisson chance itself stays exact."""


def row_covariance(coefficients: Sequence[Floats], correlations: Sequence[Floats], error: Floats) -> Floats:
    """Return the covariance of rows ``[draw, row, row]``, given all that is not Gaussian.

    ``cov[i, j] = sum_g a[g, i] a[g, j] R[g, i, j]`` over *coefficients* ``[row, draw]`` and
    *correlations* ``[row, row]`` of each group, plus the variance ``error[i]^2`` of a measurement
    ``[row]``, independent of everything.
    """
    total = np.zeros((coefficients[0].shape[1], len(error), len(error)))
    for coefficient, correlation in zip(coefficients, correlations, strict=True):
        members = np.flatnonzero(coefficient.any(axis=1))
        part = coefficient[members].T
        total[:, members[:, None], members] += (
            part[:, :, None] * part[:, None, :] * correlation[members[:, None], members]
        )
    rows = np.arange(len(error))
    total[:, rows, rows] += error**2
    return total


class Solution(NamedTuple):
    """What rows say of a draw: *alpha* ``[row, draw]`` for `corrected_normals`, the *innovation* of each
    row given those before it, in its own sd, and the log of that sd, ``[draw, row]``.
    """

    alpha: Floats
    innovation: Floats
    log_sd: Floats


def solved(covariance: Floats, missing: Floats) -> Solution:
    """Return what is *missing* ``[row, draw]`` (observed less simulated) in terms of *covariance*.

    ``alpha = covariance^-1 missing``, by Matheron's rule: ``x + cov(x, rows) alpha`` is a draw of x given
    the rows, for any x that is jointly normal with them. Nothing missing, nothing corrected. Rows are
    brought to unit variance first, so that a row that hardly moves does no harm.
    """
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    scale: Floats = np.sqrt(np.where(variance > 0.0, variance, 1.0))
    unit = covariance / (scale[:, :, None] * scale[:, None, :])
    rows = np.arange(len(missing))
    unit[:, rows, rows] = 1.0 + JITTER
    factor = np.linalg.cholesky(unit)
    innovation = np.asarray(np.linalg.solve(factor, (missing.T / scale)[..., None]), dtype=np.float64)
    back = np.linalg.solve(np.swapaxes(factor, -1, -2), innovation)
    alpha = np.asarray(back[..., 0] / scale, dtype=np.float64)
    log_sd: Floats = np.log(np.diagonal(factor, axis1=-2, axis2=-1)) + np.log(scale)
    return Solution(alpha.T, innovation[..., 0], log_sd)


def log_density(solution: Solution, counted: Bools) -> Floats:
    """Return the log density of the *counted* rows, each given all rows before it, ``[draw]``.

    ``sum -(v^2 + log 2 pi) / 2 - log sd`` over innovations v: the chain rule of a normal law. *missing*
    of the solution must be observed less expected.
    """
    terms = -0.5 * solution.innovation**2 - solution.log_sd - LOG_ROOT_TAU
    density: Floats = np.sum(np.where(counted, terms, 0.0), axis=-1)
    return density


def corrected_normals(coefficient: Floats, correlation: Floats, alpha: Floats) -> Floats:
    """Return what Matheron's rule adds to the standard normals of one group, ``[member, draw]``.

    *correlation* ``[member, row]``; *coefficient* and *alpha* ``[row, draw]``.
    """
    change: Floats = correlation @ (coefficient * alpha)
    return change


def count_error(count: Floats) -> Floats:
    """Return the sd of the log of a Poisson *count* around its log rate: ``1 / sqrt(count)``."""
    error: Floats = 1.0 / np.sqrt(np.maximum(count, LEAST_COUNT))
    return error


def poisson_log_ratio(count: Floats, log_rate: Floats, error: Floats) -> Floats:
    """Return the log of the Poisson chance of *count* over the normal density that stood in for it.

    The stand-in says: the log of the count is the log rate plus a normal error of sd *error*.
    """
    distance = (np.log(np.maximum(count, LEAST_COUNT)) - log_rate) / error
    surrogate = -0.5 * distance**2 - np.log(error) - LOG_ROOT_TAU
    chance: Floats = count * log_rate - np.exp(log_rate) - gammaln(count + 1.0)
    return chance - surrogate


def effective_draws(total: float, squares: float) -> float:
    """Return the effective sample size of weights: ``(sum w)^2 / sum w^2`` (Kish 1965)."""
    return total * total / squares if squares > 0.0 else 0.0


def log_mean(log_weight: Floats) -> float:
    """Return the log of the mean of ``exp(log_weight)``; minus infinity where all are."""
    highest = float(log_weight.max())
    if not np.isfinite(highest):
        return -np.inf
    return highest + float(np.log(np.mean(np.exp(log_weight - highest))))


def whole_weights(log_weight: Floats, reference: float, unit: float, most: float) -> Ints:
    """Return ``round(unit exp(log_weight - reference))``, at most *most*: weights that add exactly."""
    if not np.isfinite(reference):
        return np.zeros(log_weight.shape, dtype=np.int64)
    scaled = np.minimum(np.log(unit) + log_weight - reference, np.log(most))
    weights: Ints = np.rint(np.exp(scaled)).astype(np.int64)
    return weights


def tilted_precision(uniform: Floats, shape: float, rate: float) -> Floats:
    """Return gamma variables of *shape* and *rate*; large *uniform* means a small one, so large tails."""
    precision: Floats = gammainccinv(shape, uniform) / rate
    return precision


def tilt_log_weight(precision: Floats, dof: float, shape: float, rate: float) -> Floats:
    """Return the log of the density chi2(*dof*) over that of the gamma law which *precision* came from."""
    wanted = 0.5 * dof
    level = wanted * np.log(0.5) - gammaln(wanted) - shape * np.log(rate) + gammaln(shape)
    weight: Floats = level + (wanted - shape) * np.log(precision) - (0.5 - rate) * precision
    return weight


def fitted_gamma(values: Floats, weights: Floats, widening: float) -> tuple[float, float]:
    """Return shape and rate of the gamma law nearest to weighted *values* (maximum likelihood).

    Minka (2002), one step of Newton's rule from his start. *widening* multiplies the variance of the law.
    """
    mean = float(np.average(values, weights=weights))
    gap = max(float(np.log(mean) - np.average(np.log(values), weights=weights)), 1e-6)
    shape = (3.0 - gap + np.sqrt((gap - 3.0) ** 2 + 24.0 * gap)) / (12.0 * gap)
    step = (np.log(shape) - float(digamma(shape)) - gap) / (1.0 / shape - float(polygamma(1, shape)))
    shape = max(shape - step, 1e-3) / widening
    return float(shape), float(shape / mean)


def tempered(log_weight: Floats, least: float) -> tuple[Floats, float]:
    """Return weights ``exp(power * log_weight)`` and the largest power up to one that leaves at least
    *least* effective draws.
    """
    finite = np.isfinite(log_weight)
    if not finite.any():
        return np.ones(log_weight.shape), 0.0
    lifted = np.where(finite, log_weight - log_weight[finite].max(), -np.inf)
    low, high = 0.0, 1.0
    for _ in range(TEMPERING_STEPS):
        weights = np.where(finite, np.exp(high * np.where(finite, lifted, 0.0)), 0.0)
        if effective_draws(float(weights.sum()), float((weights**2).sum())) >= least and high == 1.0:
            return weights, 1.0
        middle = 0.5 * (low + high)
        weights = np.where(finite, np.exp(middle * np.where(finite, lifted, 0.0)), 0.0)
        if effective_draws(float(weights.sum()), float((weights**2).sum())) >= least:
            low = middle
        else:
            high = middle
    weights = np.where(finite, np.exp(low * np.where(finite, lifted, 0.0)), 0.0)
    return weights, low


TEMPERING_STEPS = 20
"""Halvings of the interval in which the power lies."""
