"""Gaussian draws given linear observations: Matheron's rule and the density of what was observed.

A *row* is one linear function of groups of standard normals that are independent of one another;
within a group the normals of two rows have a correlation. The simulated value of every row is given,
so no normal is drawn here. Axes: ``[row, group, draw]``, an axis may be absent.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from sim.axes import Floats, Ints

LOG_ROOT_TAU = 0.5 * float(np.log(2.0 * np.pi))

JITTER = 1e-13
"""Added to unit variances: rows that repeat each other stay invertible."""

LEAST_COUNT = 0.5
"""What stands for no case at all where a logarithm is taken; the Poisson chance itself stays exact."""


def cross_covariance(left: Floats, right: Floats, correlation: Floats) -> Floats:
    """Return ``sum_g left[i, g] right[j, g] R[i, j]``, ``[draw, i, j]``.

    *left* and *right* ``[row, group, draw]`` are coefficients of normals, R their *correlation*.
    """
    product = np.matmul(np.moveaxis(left, -1, 0), np.moveaxis(right, -1, 0).swapaxes(1, 2))
    covariance: Floats = product * correlation
    return covariance


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


def log_density(solution: Solution) -> Floats:
    """Return the log density of the rows, ``[draw]``: ``sum -(v^2 + log 2 pi) / 2 - log sd`` over innovations
    v, the chain rule of a normal law. What was *missing* must be observed less expected.
    """
    density: Floats = np.sum(-0.5 * solution.innovation**2 - solution.log_sd - LOG_ROOT_TAU, axis=-1)
    return density


def scaled(jacobian: Floats) -> tuple[Floats, Floats]:
    """Return *jacobian* ``[draw, row, row]`` with a diagonal of one, and its scale ``[draw, row]``.

    Draws that are past all numbers get the unit matrix and not-a-number as scale.
    """
    sound = np.asarray(np.isfinite(jacobian).all(axis=(1, 2)))
    matrix = np.where(sound[:, None, None], jacobian, np.eye(jacobian.shape[1]))
    diagonal = np.abs(np.diagonal(matrix, axis1=-2, axis2=-1))
    scale: Floats = np.sqrt(np.maximum(diagonal, np.finfo(np.float64).tiny))
    matrix = matrix / (scale[:, :, None] * scale[:, None, :])
    rows = np.arange(matrix.shape[1])
    matrix[:, rows, rows] += JITTER
    return matrix, np.where(sound[:, None], scale, np.nan)


def newton_step(jacobian: Floats, missing: Floats) -> Floats:
    """Return ``jacobian^-1 missing``, ``[row, draw]``; *jacobian* ``[draw, row, row]``."""
    matrix, scale = scaled(jacobian)
    step = np.linalg.solve(matrix, (missing.T / scale)[..., None])[..., 0] / scale
    return np.asarray(step.T, dtype=np.float64)


def log_determinant(jacobian: Floats) -> Floats:
    """Return ``log abs det`` of *jacobian* ``[draw, row, row]``."""
    matrix, scale = scaled(jacobian)
    logs: Floats = np.linalg.slogdet(matrix).logabsdet + 2.0 * np.sum(np.log(scale), axis=1)
    return logs


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
