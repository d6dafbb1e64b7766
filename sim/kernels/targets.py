"""What targets did in a block: hits, chances, first passages, and of cities' targets all at once."""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Bools, Floats, Ints
from sim.kernels.elementary import exp, log, log_positive
from sim.kernels.jit import inlined, kernel
from sim.kernels.normal import chances_below, hits_of_normal
from sim.kernels.tallies import lane_sums

NEWTON_STEPS = 12
"""Enough for the convex, increasing equation of a stock from any start within the noise."""

_SETTLED = 1e-9  # the error left is its square
_TINY = 2.2250738585072014e-308
_HUGE = 1.7976931348623157e308


@kernel(
    "float64(float64[:, ::1], int64, float64, float64, float64, float64, float64, boolean, float64[::1],"
    "boolean[::1], int64[::1])"
)
def target_into(
    path: Floats,
    year: int,
    lower: float,
    upper: float,
    threshold: float,
    near: float,
    largest: float,
    counted: bool,
    chance: Floats,
    hit: Bools,
    counts: Ints,
) -> float:
    """Tally one target from the *path* of its value ``[T, draw]``; return its summed shortfall.

    Sets *hit* ``[draw]``; sets *chance* to it where hits are *counted*; marks invalid draws in *chance*
    by not-a-number. *counts*: hits, near ties, invalid draws, then draws by the year of first passage
    (the last: never).
    """
    years, draws = path.shape
    counts[:] = 0
    value = path[year]
    missing, waiting = np.empty(draws), np.ones(draws, dtype=np.bool_)
    hits = ties = invalid = 0
    for i in range(draws):
        valid = (abs(value[i]) <= largest) & (counted | (chance[i] == chance[i]))
        met = (value[i] >= lower) & (value[i] <= upper) & valid
        hit[i] = met
        hits += 1 if met else 0
        invalid += 0 if valid else 1
        chance[i] = (np.float64(met) if counted else chance[i]) if valid else np.nan
        missing[i] = 0.0 if met or not valid else abs(threshold - value[i])
    for i in range(draws):
        ties += 1 if abs(value[i] - threshold) <= near * abs(threshold) else 0
    counts[0], counts[1], counts[2] = hits, ties, invalid
    for t in range(years):
        row = path[t]
        for i in range(draws):
            waiting[i] &= abs(row[i]) <= largest
    for t in range(years):
        row = path[t]
        first = 0
        for i in range(draws):
            met = (row[i] >= lower) & (row[i] <= upper) & waiting[i]
            first += 1 if met else 0
            waiting[i] ^= met
        counts[3 + t] = first
    never = 0
    for i in range(draws):
        never += 1 if waiting[i] else 0
    counts[3 + years] = never
    total, _ = lane_sums(missing)
    return total


@inlined
def own_variance(mixing: Floats, weights: Floats, sd: float, tau: float, out: Floats) -> None:
    """Set *out* ``[draw]`` to the variance of a city's own accumulated noise up to a year.

    `reference.accumulated_variance`: *mixing* ``[year, draw]`` and *weights* ``[year]`` up to that year.
    """
    years = weights.size
    out[:] = 0.0
    for u in range(years):
        weight, scale = weights[u] * weights[u], mixing[u]
        for d in range(out.size):
            out[d] += weight * (scale[d] * scale[d])
    persistent, yearly = np.float64(years) * years * (tau * tau), sd * sd
    for d in range(out.size):
        out[d] = persistent + yearly * out[d]


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


@kernel(
    "void(float64[:, ::1], float64[:, :, :, ::1], float64[:, :, :, ::1], float64[:, ::1], float64[:, ::1],"
    "float64[:, ::1], float64[:, ::1], int64[::1], int64[::1], float64[:, ::1], float64[:, ::1])"
)
def city_chances_into(
    table: Floats,
    calm: Floats,
    mixing: Floats,
    weights: Floats,
    sd: Floats,
    tau: Floats,
    shared: Floats,
    rows: Ints,
    cities: Ints,
    bounds: Floats,
    chance: Floats,
) -> None:
    """Set *rows* of *chance* ``[row, draw]`` to chances of targets of one indicator and year, given mixing.

    *table* of `normal.normal_table`; *calm* ``[C, T, S, 1 or D]``; *mixing* ``[C, T, S, D]``; *weights*
    ``[u, S]`` of `reference.accumulation_weights` up to the targets' year; *sd*, *tau* ``[C, S]``;
    *shared* ``[S, D]``; *rows*, *cities* ``[target]``; *bounds* ``[target, 2]`` of the log level.
    """
    years, sets = weights.shape
    draws = shared.shape[1]
    variance, location = np.empty(draws), np.empty(draws)
    spread, room = np.empty(draws), np.empty(draws)
    for i in range(rows.size):
        c = cities[i]
        for s in range(sets):
            own_variance(mixing[c, :, s], weights[:, s].copy(), sd[c, s], tau[c, s], variance)
            location_and_sd(calm[c, years - 1, s], shared[s], variance, location, spread)
            out = chance[rows[i], s * draws : (s + 1) * draws]
            hits_of_normal(table, location, spread, bounds[i, 0], bounds[i, 1], room, out)


@inlined
def exp_of(x: Floats, out: Floats) -> None:
    for d in range(out.size):
        out[d] = exp(x[d])


@inlined
def add_flow(flow: Floats, growth: Floats, times: float, power: Floats, total: Floats, slope: Floats) -> None:
    """Add a year's *flow*, grown by *growth* once more than the year before, to *total* and its slope."""
    for d in range(total.size):
        power[d] *= growth[d]
        term = flow[d] * power[d]
        total[d] += term
        slope[d] += times * term


@inlined
def newton_step(inflow: Floats, shift: Floats, log_missing: Floats, room: Floats) -> float:
    """Move *shift* ``[draw]`` towards ``sum_t inflow_t exp(t shift) = missing``; return the largest step.

    Newton's rule on logarithms, where the equation is convex and increasing; *room* ``[4, draw]``.
    """
    growth, power, total, slope = room[0], room[1], room[2], room[3]
    exp_of(shift, growth)
    power[:] = 1.0
    total[:] = 0.0
    slope[:] = 0.0
    for t in range(inflow.shape[0]):
        add_flow(inflow[t], growth, t + 1.0, power, total, slope)
    for d in range(shift.size):
        power[d] = log_positive(min(max(total[d], _TINY), _HUGE)) - log_missing[d]
    largest = 0.0
    for d in range(shift.size):
        step = power[d] * (total[d] / slope[d])
        shift[d] -= step
        largest = max(largest, abs(step))
    return largest


@kernel(
    "void(float64[:, ::1], float64[:, ::1], float64[:, :, ::1], float64[:, ::1], float64[:, ::1],"
    "float64[:, ::1])"
)
def flow_chances_into(
    table: Floats, missing: Floats, inflow: Floats, direction: Floats, own: Floats, chance: Floats
) -> None:
    """Set *chance* ``[S, D]`` to that of flows ``inflow_t exp(t a (x - z))`` to sum to what is *missing*.

    *inflow* ``[t, S, D]``; *direction* ``[S, D]`` is a, *own* is z; where a is zero, whether they do.
    """
    years, sets, draws = inflow.shape
    flow = np.empty((years, draws))
    reached, shift, wanted = np.empty(draws), np.empty(draws), np.empty(draws)
    room = np.empty((4, draws))
    for s in range(sets):
        flow[:] = inflow[:, s]
        reached[:] = 0.0
        for t in range(years):
            for d in range(draws):
                reached[d] += flow[t, d]
        for d in range(draws):
            wanted[d] = log_positive(min(max(missing[s, d], _TINY), _HUGE))
            shift[d] = (wanted[d] - log_positive(min(max(reached[d], _TINY), _HUGE))) / years
        for _ in range(NEWTON_STEPS):
            if newton_step(flow, shift, wanted, room) < _SETTLED:
                break
        for d in range(draws):
            shift[d] = -(own[s, d] + shift[d] / direction[s, d])
        chances_below(table, shift, chance[s])
        for d in range(draws):
            if direction[s, d] <= 0.0:
                chance[s, d] = 1.0 if reached[d] >= missing[s, d] else 0.0
            if not 0.0 < reached[d] < np.inf:
                chance[s, d] = np.nan
            if missing[s, d] <= 0.0:
                chance[s, d] = 1.0


@kernel(
    "void(float64[:, :, :, ::1], int64[::1], int64[:, ::1], float64[:, ::1], float64, float64, boolean[::1],"
    "float64[:, ::1], boolean[:, ::1], int64[:, ::1], float64[::1])"
)
def city_targets_into(
    level: Floats,
    rows: Ints,
    cells: Ints,
    bounds: Floats,
    near: float,
    largest: float,
    counted: Bools,
    chance: Floats,
    hit: Bools,
    counts: Ints,
    missing: Floats,
) -> None:
    """Tally the targets that a level of a city must meet, as `target_into` does each, in their *rows*.

    *level* ``[C, Kc, T, draw]``; *cells* ``[target, 3]``: city, column and year; *bounds*
    ``[target, 3]``: lower, upper, threshold; *counted* ``[target]``.
    """
    for i in range(rows.size):
        row = rows[i]
        missing[row] = target_into(
            level[cells[i, 0], cells[i, 1]],
            cells[i, 2],
            bounds[i, 0],
            bounds[i, 1],
            bounds[i, 2],
            near,
            largest,
            counted[i],
            chance[row],
            hit[row],
            counts[row],
        )
