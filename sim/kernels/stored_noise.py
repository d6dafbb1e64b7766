"""Noise of cities that scenarios share or actuals move: made and stored, then worked to levels and hits.

A module of its own, since a lone scenario needs neither kernel and reading them back takes a while.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.axes import Floats, Ints
from sim.kernels.city_targets import RESULTS, TARGETS, tally_city
from sim.kernels.compiled import (
    CALM,
    END,
    LIFT,
    SPREAD,
    STREAMS,
    keep_levels,
    levels_of_city,
    noise_of_city,
)
from sim.kernels.jit import kernel


@kernel(f"void({STREAMS}, {SPREAD}, float64[:, :, :, :, ::1], float64[:, :, :, ::1])")
def noise_into(streams: Any, spread: Any, city: Floats, mixing: Floats) -> None:
    """Set *city* ``[C, K, T, S, D]`` to ``exp`` of `reference.city_noise`, and *mixing* ``[C, T, S, D]``."""
    cities, indicators, years, sets, draws = city.shape
    words = np.empty(draws, dtype=np.int32)
    normals = np.empty((years + 1, streams[1].shape[2], draws), dtype=np.float32)
    scale, square, room = np.empty((years, draws)), np.empty((years, draws)), np.empty((5, draws))
    factor = np.empty((indicators, years, draws))
    for s in range(sets):
        for c in range(cities):
            noise_of_city(streams, spread, c, s, words, normals, scale, square, room, factor)
            for t in range(years):
                mixing[c, t, s] = scale[t]
                for k in range(indicators):
                    city[c, k, t, s] = factor[k, t]


@kernel(
    f"void(float64[:, :, :, :, ::1], {SPREAD}, {CALM}, {LIFT}, {TARGETS}, {RESULTS}, {END})"
)
def levels_of_noise_into(
    noise: Floats, spread: Any, calm: Any, lift: Floats, targets: Any, results: Any, mixing: Floats,
    total: Floats, places: Ints, kept: Floats, levels: Floats, begin: int, end: int,
) -> None:  # fmt: skip
    """Work what `levels_into` does from *noise* ``[C, K, T, S, D]`` and *mixing* as of `noise_into`."""
    indicators, years, sets, draws = lift.shape
    square, room = np.empty((years, draws)), np.empty((6, draws))
    level = np.empty((indicators, years, draws))
    for s in range(sets):
        for c in range(begin, end):
            for t in range(years):
                for d in range(draws):
                    square[t, d] = mixing[c, t, s, d] * mixing[c, t, s, d]
                for k in range(indicators):
                    level[k, t] = noise[c, k, t, s]
            levels_of_city(calm, c, s, lift, level, total)
            keep_levels(level, places, c, s, kept, levels)
            tally_city(targets, results, spread, calm, c, s, square, level, room)
