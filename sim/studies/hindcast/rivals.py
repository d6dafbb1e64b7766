"""Naive forecasts that the model must beat: each a normal law of log growth, by closed form.

Every rival gets the spread that its own errors had before the origin, pooled over the units of the
panel: with five years of one unit a spread of its own would be a straw man.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.axes import Floats
from sim.studies.reference_class import ReferencePanel

RIVALS = ("random_walk", "last_growth", "panel_mean")


class Rival(NamedTuple):
    """Mean and standard deviation of log growth since the origin, ``[unit, horizon]``."""

    mean: Floats
    sd: Floats


def rivals_of(panel: ReferencePanel, horizons: int) -> dict[str, Rival]:
    """Return the rivals' forecasts for the units of *panel*, in its order.

    ``random_walk``: with the unit's own drift g; the drift's error makes the variance of h years
    ``s^2 (h + h^2 / n)``, s the yearly spread within units, n the years known.
    ``last_growth``: the last year goes on; ``h d``, d the spread of changes from year to year.
    ``panel_mean``: the mean of all units; ``h w^2 + h^2 b^2``, w within and b between units.
    """
    growth, spans = panel.growth, panel.spans
    years = float(spans.sum())
    h = np.arange(1, horizons + 1, dtype=float)
    own = growth @ spans / years
    units, count = growth.shape
    within = np.sqrt(np.sum((growth - own[:, None]) ** 2) / (units * (count - 1)))
    change = np.sqrt(np.mean(np.diff(growth, axis=1) ** 2))
    mean = float(own.mean())
    pooled = np.sqrt(np.mean((growth - mean) ** 2))
    between = np.sqrt(max(float(np.var(own, ddof=1)) - within**2 / count, 0.0))
    inside = np.sqrt(max(pooled**2 - between**2, 0.0))
    ones = np.ones((units, 1))
    return {
        "random_walk": Rival(own[:, None] * h, ones * within * np.sqrt(h + h**2 / years)),
        "last_growth": Rival(growth[:, -1:] * h, ones * change * h),
        "panel_mean": Rival(ones * mean * h, ones * np.sqrt(h * inside**2 + h**2 * between**2)),
    }
