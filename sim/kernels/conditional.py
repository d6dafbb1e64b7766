"""What stays random once everything but one normal direction is given (section 8).

The accumulated province-wide noise is one factor of every level, so the chance of a hit given the
rest is a normal distribution function: smooth, with a small part of the variance of counting.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from sim.axes import Floats
from sim.kernels.normal import hits_into, normal_table


def shared_covariance(
    common_mixing: Floats, common: Floats, own: Floats, mixing: Floats, yearly: Floats, spans: float
) -> Floats:
    """Return the covariance of two accumulated province-wide noises given the mixing, ``[S, D]``.

    Of ``n`` and ``o``, which do not change, *common* and *own* ``[S]``, *spans* times; of ``p`` that of each
    year's innovation, *yearly* ``[u, S]``, whose scale both share. *common_mixing* ``[S, D]``, *mixing*
    ``[u, S, D]``.
    """
    persistent = common[:, None] * common_mixing**2 + own[:, None]
    covariance: Floats = spans * persistent + np.sum(yearly[..., None] * mixing**2, axis=0)
    return covariance


def normal_hit(location: Floats, sd: Floats, lower: float, upper: float) -> Floats:
    """Return the chance that a normal of mean *location* lies in [*lower*, *upper*]; a step where sd is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        above = np.where(sd > 0.0, ndtr((location - lower) / sd), (location >= lower).astype(float))
        beyond = np.where(sd > 0.0, ndtr((location - upper) / sd), (location > upper).astype(float))
    chance: Floats = np.clip(above - beyond, 0.0, 1.0)
    return chance


def newton_step(value: Floats, slope: Floats, wanted: Floats) -> Floats:
    """Return the step of Newton's rule, to be taken off, for *value* to meet *wanted*."""
    return (value - wanted) / slope


def compiled_hit(location: Floats, variance: Floats, lower: float, upper: float) -> Floats:
    """Return what `normal_hit` returns for a *variance*, ``[set, draw]``, from the compiled kernel."""
    location, variance = np.broadcast_arrays(location, variance)
    chance = np.empty(location.shape)
    means, spreads = (np.ascontiguousarray(part).ravel() for part in (location, variance))
    hits_into(normal_table(), means, spreads, lower, upper, chance.reshape(-1))
    return chance
