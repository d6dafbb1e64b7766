"""Observed cells of a block's levels get their very values; the unallocated takes what that changes."""

from __future__ import annotations

import numpy as np

from sim.axes import Floats
from sim.engine.conditioning import Conditioned
from sim.model.model import NONE


def pin_cities(known: Conditioned, k: int, level: Floats) -> None:
    """Give the exact cells of *level* ``[C, T, S, D]`` of indicator *k* their values."""
    observed = known.observed
    for row in np.flatnonzero((observed.indicator == k) & (observed.city != NONE) & (observed.error == 0.0)):
        level[observed.city[row], observed.year[row]] = known.values[row]


def pin_province(known: Conditioned, k: int, province: Floats, unallocated: Floats | None) -> None:
    """Give the exact years of *province* ``[T, S, D]`` of indicator *k* their values.

    What that changes (the rounding of a quantity; the luck of counts that the cities still have) goes
    to the *unallocated*, so that the sum holds.
    """
    observed = known.observed
    for row in np.flatnonzero((observed.indicator == k) & (observed.city == NONE) & (observed.error == 0.0)):
        year = observed.year[row]
        if unallocated is not None:
            unallocated[year] += known.values[row] - province[year]
        province[year] = known.values[row]
