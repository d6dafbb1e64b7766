"""What the targets of one city did in a set of draws, while its levels are in cache."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.axes import Bools, Floats, Ints
from sim.kernels.elementary import log
from sim.kernels.jit import inlined, kernel
from sim.kernels.normal import hits_of_normal
from sim.kernels.tallies import chance_of_set
from sim.kernels.targets import tally

TARGETS = (
    "Tuple((int64[::1], int64[:, ::1], float64[:, ::1], float64[:, :, ::1], float64[:, ::1], float64[::1]))"
)
"""Targets in the order of cities: where those of a city begin ``[C + 1]``; column, year and row of the
covariance ``[target, 3]``; lower, upper, threshold and the logs of the first two ``[target, 5]``; variance of
the province-wide noise ``[row, S, D]``; `normal.normal_table`; what counts as a tie, and the largest size."""

RESULTS = "Tuple((int64[:, ::1], float64[::1], int64[:, ::1], float64[:, ::1], float64[:, ::1]))"
"""What they did: counts as of `targets.target_into` ``[target, 3 + T + 1]``, shortfalls ``[target]``, and by
set the valid draws, mean chance and variance of that mean ``[target, S]``."""


@inlined
def own_variance(
    square: Floats, weights: Floats, t: int, k: int, s: int, sd: float, tau: float, out: Floats
) -> None:
    """Set *out* to `reference.accumulated_variance` of a city in year *t*.

    *square* ``[T, draw]`` of the mixing variable, *weights* ``[t, u, K, S]``.
    """
    lasting, odd = (t + 1.0) * (t + 1.0) * (tau * tau), (t + 1) % 2
    if odd:
        weight, row = weights[t, 0, k, s] * sd, square[0]
        for d in range(out.size):
            out[d] = lasting + weight * weight * row[d]
    else:
        out[:] = lasting
    for u in range(odd, t + 1, 2):
        first, second = weights[t, u, k, s] * sd, weights[t, u + 1, k, s] * sd
        x, y = square[u], square[u + 1]
        for d in range(out.size):
            out[d] = (out[d] + first * first * x[d]) + second * second * y[d]


@inlined
def location_and_sd(calm: Floats, shared: Floats, variance: Floats, location: Floats, sd: Floats) -> None:
    """Set *location* to the mean log level of a city and *sd* to its sd, all its noise being random.

    *variance* is that of its own noise, *shared* that of the province-wide noise; *calm* is its level
    without noise, one for all draws or one for each.
    """
    if calm.size == 1:
        fixed = log(calm[0])
        for d in range(sd.size):
            location[d] = fixed - 0.5 * variance[d]
    else:
        for d in range(sd.size):
            location[d] = log(calm[d]) - 0.5 * variance[d]
    for d in range(sd.size):
        sd[d] = math.sqrt(shared[d] + variance[d])


@inlined
def chances_of_city(
    table: Floats, bounds: Floats, calm: Floats, shared: Floats, variance: Floats, room: Floats,
    chance: Floats,
) -> None:  # fmt: skip
    """Set *chance* to that of a level between *bounds* of its log, given the mixing; *room* ``[3, draw]``."""
    seen = chance.size
    location, sd = room[0, :seen], room[1, :seen]
    location_and_sd(calm, shared, variance, location, sd)
    hits_of_normal(table, location, sd, bounds[0], bounds[1], room[2, :seen], chance)


@inlined
def tally_city(
    targets: Any, results: Any, spread: Any, calm: Any, c: int, s: int, square: Floats, level: Floats,
    room: Floats,
) -> None:  # fmt: skip
    """Add what the targets of city *c* did in set *s* to *results*.

    *level* ``[K, T, D]``; *square* ``[T, D]`` of its mixing variable; *room* ``[5, D]``; the rest as in
    `kernels.compiled`.
    """
    begin, cells, bounds, covariance, table, limits = targets
    counts, missing, known, mean, within = results
    _, sd, tau, weights, is_normal = spread
    row, fixed, varying = calm
    draws = level.shape[2]
    hit, waiting = np.empty(draws, dtype=np.bool_), np.empty(draws, dtype=np.bool_)
    chance, variance = room[0], room[1]
    for i in range(begin[c], begin[c + 1]):
        k, t, shared = cells[i, 0], cells[i, 1], covariance[cells[i, 2], s]
        bare = fixed[k, c, t, s : s + 1] if row[k] < 0 else varying[row[k], c, t, s]
        seen = 1 if is_normal and row[k] < 0 else draws  # nothing differs between draws: one stands for all
        own_variance(square, weights, t, k, s, sd[c, k, s], tau[c, k, s], variance[:seen])
        chances_of_city(table, bounds[i, 3:], bare, shared[:seen], variance[:seen], room[2:], chance[:seen])
        for d in range(seen, draws):
            chance[d] = chance[0]
        missing[i] += tally(
            level[k], t, bounds[i, 0], bounds[i, 1], bounds[i, 2], limits[0], limits[1], False, chance, hit,
            waiting, room[2], counts[i],
        )  # fmt: skip
        known[i, s], mean[i, s], within[i, s] = chance_of_set(chance, room[2])


@kernel(
    "void(float64[:, :, :, ::1], int64[::1], int64[:, ::1], float64[:, ::1], float64, float64,"
    "float64[:, ::1], boolean[:, ::1], int64[:, ::1], float64[::1])"
)
def counted_into(
    level: Floats, rows: Ints, cells: Ints, bounds: Floats, near: float, largest: float, chance: Floats,
    hit: Bools, counts: Ints, missing: Floats,
) -> None:  # fmt: skip
    """Tally targets of cities whose hits are counted, as `targets.target_into` does each, in their *rows*.

    *level* ``[C, place, T, draw]``; *cells* ``[target, 3]``: city, place and year; *bounds*
    ``[target, 3]``: lower, upper, threshold.
    """
    draws = level.shape[3]
    room, waiting = np.empty(draws), np.empty(draws, dtype=np.bool_)
    for i in range(rows.size):
        row = rows[i]
        counts[row, :] = 0
        missing[row] = tally(
            level[cells[i, 0], cells[i, 1]], cells[i, 2], bounds[i, 0], bounds[i, 1], bounds[i, 2], near,
            largest, True, chance[row], hit[row], waiting, room, counts[row],
        )  # fmt: skip
