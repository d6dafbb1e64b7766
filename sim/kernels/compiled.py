"""Cities in compiled loops: a set of draws of one city at a time, from random numbers to hits, in cache.

Draws are innermost; what is written to memory is the sum over cities, and levels only where somebody
asks for them. The same steps serve noise that is made here and noise that scenarios share.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.axes import Floats, Ints
from sim.kernels.city_targets import RESULTS, TARGETS, own_variance, tally_city
from sim.kernels.elementary import exp
from sim.kernels.jit import inlined, kernel
from sim.kernels.narrow import fill_narrow
from sim.kernels.province import add_times
from sim.kernels.tails import scales_into
from sim.narrow import Narrow

STREAMS = (
    "Tuple((uint64[:, :, ::1], uint64[:, :, :, ::1], int64, float64[:, ::1], float64, float64[:, ::1],"
    "float64[::1]))"
)
"""Where noise comes from: keys of mixing ``[C, T, 4]`` and of terms ``[C, T + 1, F + K, 4]``, the first draw
of the block, table and cap of the mixing variable, loadings ``[K, F]`` and own shares ``[K]``."""

SPREAD = "Tuple((float64[:, ::1], float64[:, :, ::1], float64[:, :, ::1], float64[:, :, :, ::1], boolean))"
"""How far it moves: phi ``[K, S]``, sd and tau ``[C, K, S]``, weights ``[t, u, K, S]`` from
`reference.accumulation_weights`, and whether all tails are normal."""

CALM = "Tuple((int64[::1], float64[:, :, :, ::1], float64[:, :, :, :, ::1]))"
"""Levels without noise: by indicator the row in the last, or -1; those that are the same in all draws of a
set ``[K, C, T, S]``; those that are not ``[row, C, T, S, D]``."""


# Loops of few arrays are ones that the compiler can prove apart: it compares places of eight pairs at most.


@inlined
def unit_term(normals: Narrow, load: Floats, own_share: float, k: int, out: Floats) -> None:
    """Set *out* ``[draw]`` to the unit-variance term of indicator *k*; *normals* ``[F + K, draw]``."""
    factors = load.shape[1]
    own = normals[factors + k]
    done = min(factors, 3)
    if done == 3:
        a, b, c = load[k, 0], load[k, 1], load[k, 2]
        x, y, z = normals[0], normals[1], normals[2]
        for d in range(out.size):
            out[d] = ((own_share * own[d] + a * x[d]) + b * y[d]) + c * z[d]
    else:
        done = 0
        for d in range(out.size):
            out[d] = own_share * own[d]
    for f in range(done, factors):
        add_times(out, load[k, f], normals[f])


@inlined
def next_year(
    unit: Floats, scale: Floats, keep: float, add: float, drift: Floats, tau: float, yearly: Floats,
    total: Floats,
) -> None:  # fmt: skip
    """Move an AR(1) on by a year: ``yearly = keep yearly + add scale unit``; add the year to *total*."""
    for d in range(total.size):
        moved = keep * yearly[d] + add * (scale[d] * unit[d])
        yearly[d] = moved
        total[d] += tau * drift[d] + moved


@inlined
def factor_of_noise(total: Floats, variance: Floats, factor: Floats) -> None:
    """Set *factor* to ``exp`` of the accumulated noise less half its variance."""
    if variance.size == 1:
        half = 0.5 * variance[0]
        for d in range(factor.size):
            factor[d] = exp(total[d] - half)
    else:
        for d in range(factor.size):
            factor[d] = exp(total[d] - 0.5 * variance[d])


@inlined
def squares_of(scale: Floats, square: Floats) -> None:
    for t in range(scale.shape[0]):
        for d in range(scale.shape[1]):
            square[t, d] = scale[t, d] * scale[t, d]


@inlined
def noise_of_city(
    streams: Any, spread: Any, c: int, s: int, words: NDArray[np.int32], normals: Narrow, scale: Floats,
    square: Floats, room: Floats, factor: Floats,
) -> None:  # fmt: skip
    """Set *factor* ``[K, T, D]`` to ``exp`` of `reference.city_noise` of a city in a set of draws.

    Sets *scale* and its *square* ``[T, D]`` as well; *words* ``[D]``, *normals* ``[T + 1, F + K, D]`` and
    *room* ``[5, D]`` are room.
    """
    mixing_keys, term_keys, first, table, highest, load, own_share = streams
    phi, sd, tau, weights, is_normal = spread
    indicators, years, draws = factor.shape
    start = first + s * draws
    scales_into(mixing_keys[c], start, table, highest, scale)
    squares_of(scale, square)
    for t in range(years + 1):
        fill_narrow(term_keys[c, t], start, words, normals[t])
    unit, drift, yearly, total, variance = room[0], room[1], room[2], room[3], room[4]
    seen = 1 if is_normal else draws
    for k in range(indicators):
        noisy, lasting, stay = sd[c, k, s], tau[c, k, s], phi[k, s]
        unit_term(normals[years], load, own_share[k], k, drift)
        yearly[:] = 0.0
        total[:] = 0.0
        for t in range(years):
            unit_term(normals[t], load, own_share[k], k, unit)
            add = noisy if t == 0 else noisy * math.sqrt(1.0 - stay * stay)
            next_year(unit, scale[t], stay, add, drift, lasting, yearly, total)
            own_variance(square, weights, t, k, s, noisy, lasting, variance[:seen])
            factor_of_noise(total, variance[:seen], factor[k, t])


@inlined
def lifted(calm: Floats, lift: Floats, factor: Floats, total: Floats) -> None:
    """Turn *factor* into the level ``calm factor lift``; add it, not yet lifted, to *total*."""
    if calm.size == 1:
        bare = calm[0]
        for d in range(total.size):
            level = factor[d] * bare
            total[d] += level
            factor[d] = level * lift[d]
    else:
        for d in range(total.size):
            level = factor[d] * calm[d]
            total[d] += level
            factor[d] = level * lift[d]


@inlined
def calm_of(calm: Any, k: int, c: int, t: int, s: int) -> Floats:
    """Return the level without noise, ``[1 or D]``."""
    row, fixed, varying = calm
    level: Floats = fixed[k, c, t, s : s + 1] if row[k] < 0 else varying[row[k], c, t, s]
    return level


@inlined
def levels_of_city(calm: Any, c: int, s: int, lift: Floats, factor: Floats, total: Floats) -> None:
    """Turn *factor* ``[K, T, D]`` into levels of a city, and add them, not yet lifted, to *total*.

    *lift* and *total* ``[K, T, S, D]``.
    """
    for k in range(factor.shape[0]):
        for t in range(factor.shape[1]):
            lifted(calm_of(calm, k, c, t, s), lift[k, t, s], factor[k, t], total[k, t, s])


@inlined
def keep_levels(level: Floats, places: Ints, c: int, s: int, kept: Floats, levels: Floats) -> None:
    """Copy *level* ``[K, T, D]`` of indicators with a place to *kept*, and all, if asked, to *levels*."""
    for k in range(level.shape[0]):
        for t in range(level.shape[1]):
            if places[k] >= 0:
                kept[c, places[k], t, s] = level[k, t]
            if levels.shape[0] > 0:
                levels[k, t, s] = level[k, t]


LIFT = "float64[:, :, :, ::1]"
END = (
    "float64[:, :, :, ::1], float64[:, :, :, ::1], int64[::1], float64[:, :, :, :, ::1],"
    "float64[:, :, :, ::1], int64, int64"
)


@kernel(f"void({STREAMS}, {SPREAD}, {CALM}, {LIFT}, {TARGETS}, {RESULTS}, {END})")
def levels_into(
    streams: Any, spread: Any, calm: Any, lift: Floats, targets: Any, results: Any, mixing: Floats,
    total: Floats, places: Ints, kept: Floats, levels: Floats, begin: int, end: int,
) -> None:  # fmt: skip
    """Work cities *begin* to *end* from their random numbers to what their *targets* did, in *results*.

    *lift* ``[K, T, S, D]`` is what province-wide noise multiplies by. Adds their levels, in order and without
    it, to *total* ``[K, T, S, D]``; sets *mixing* ``[C, T, S, D]``, *kept* ``[C, place, T, S, D]`` to levels
    of indicators that have a place in it (*places* ``[K]``, else -1), and *levels* ``[K, T, S, D]``, where it
    is not empty, to all of the last city.
    """
    indicators, years, sets, draws = lift.shape
    words = np.empty(draws, dtype=np.int32)
    normals = np.empty((years + 1, streams[1].shape[2], draws), dtype=np.float32)
    scale, square, room = np.empty((years, draws)), np.empty((years, draws)), np.empty((6, draws))
    level = np.empty((indicators, years, draws))
    for s in range(sets):
        for c in range(begin, end):
            noise_of_city(streams, spread, c, s, words, normals, scale, square, room, level)
            for t in range(years):
                mixing[c, t, s] = scale[t]
            levels_of_city(calm, c, s, lift, level, total)
            keep_levels(level, places, c, s, kept, levels)
            tally_city(targets, results, spread, calm, c, s, square, level, room)
