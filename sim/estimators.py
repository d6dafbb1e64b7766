"""Intervals of probabilities: right at none and all, and honest when draws share parameters."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, ndtri, stdtrit

from sim.axes import Floats

CONFIDENCE = 0.95

MOST_DRAWS = 1e12
"""Effective draws past which an interval would be narrower than the rounding of what it is made of."""


def clopper_pearson(hits: Floats, draws: Floats, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the exact interval of a proportion from *hits* of *draws* (Clopper & Pearson 1934).

    Neither need be whole: with an effective number of draws this is the interval of Korn & Graubard
    (1998). At no hits the lower end is 0, at all hits the upper end is 1; the width is never zero.
    Past 1e9 draws the inverse of the incomplete beta function can be wrong by more than the width:
    an end that does not lie beyond the proportion is then Wilson's (1927).
    """
    hits, draws = np.broadcast_arrays(np.asarray(hits, dtype=np.float64), np.asarray(draws, dtype=np.float64))
    tail = 0.5 * (1.0 - confidence)
    misses = draws - hits
    share = hits / draws
    low = np.where(hits <= 0.0, 0.0, betaincinv(np.maximum(hits, 1e-300), misses + 1.0, tail))
    high = np.where(misses <= 0.0, 1.0, betaincinv(hits + 1.0, np.maximum(misses, 1e-300), 1.0 - tail))
    lower, upper = wilson(share, draws, ndtri(1.0 - tail))
    return np.where((low < share) | (hits <= 0.0), low, lower), np.where(
        (high > share) | (misses <= 0.0), high, upper
    )


def wilson(share: Floats, draws: Floats, z: float) -> tuple[Floats, Floats]:
    """Return the score interval of a proportion (Wilson 1927), *z* standard errors to either side."""
    centre = share + z**2 / (2.0 * draws)
    half = z * np.sqrt(share * (1.0 - share) / draws + (z / (2.0 * draws)) ** 2)
    shrink = 1.0 + z**2 / draws
    return (centre - half) / shrink, (centre + half) / shrink


def interval_of_sets(
    mean: Floats, variance: Floats, sets: int, draws: int, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Return the interval of a mean of set chances: draws of a set share their parameters.

    The effective number of draws is ``p (1 - p) / (variance / sets)``, shortened by the ratio of
    normal to Student quantiles because *variance* is estimated from *sets* sets (Korn & Graubard
    1998). Chances are smoother than hits, so it can pass *draws*, up to what float64 tells apart;
    where sets do not differ at all, *draws* stand.
    """
    if sets < 2:
        return clopper_pearson(mean * draws, np.asarray(float(draws)), confidence)
    tail = 0.5 * (1.0 - confidence)
    narrow = (stdtrit(draws - 1, tail) / stdtrit(sets - 1, tail)) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(variance > 0.0, mean * (1.0 - mean) * sets / variance * narrow, draws)
    effective = np.clip(effective, 1.0, MOST_DRAWS)
    return clopper_pearson(mean * effective, effective, confidence)
