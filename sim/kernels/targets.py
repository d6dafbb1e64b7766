"""What targets did in a block: hits, chances of stocks, shortfalls and first passages."""

from __future__ import annotations

import numpy as np

from sim.axes import Bools, Floats, Ints
from sim.kernels.elementary import exp, log_positive
from sim.kernels.jit import inlined, kernel
from sim.kernels.normal import chances_below
from sim.kernels.tallies import lane_sum

NEWTON_STEPS = 12
"""Enough for the convex, increasing equation of a stock from any start within the noise."""

_SETTLED = 1e-9  # the error left is its square
_TINY = 2.2250738585072014e-308
_HUGE = 1.7976931348623157e308


@inlined
def tally(
    path: Floats, year: int, lower: float, upper: float, threshold: float, near: float, largest: float,
    counted: bool, chance: Floats, hit: Bools, waiting: Bools, missing: Floats, counts: Ints,
) -> float:  # fmt: skip
    """Add to *counts* what one target did, whose value takes the *path* ``[T, draw]``; return its shortfall.

    As `target_into`; *waiting* and *missing* ``[draw]`` are room.
    """
    years, draws = path.shape
    value = path[year]
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
    counts[0] += hits
    counts[1] += ties
    counts[2] += invalid
    waiting[:] = True
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
        counts[3 + t] += first
    never = 0
    for i in range(draws):
        never += 1 if waiting[i] else 0
    counts[3 + years] += never
    return lane_sum(missing)


@kernel(
    "float64(float64[:, ::1], int64, float64, float64, float64, float64, float64, boolean, float64[::1],"
    "boolean[::1], int64[::1])"
)
def target_into(
    path: Floats, year: int, lower: float, upper: float, threshold: float, near: float, largest: float,
    counted: bool, chance: Floats, hit: Bools, counts: Ints,
) -> float:  # fmt: skip
    """Tally one target from the *path* of its value ``[T, draw]``; return its summed shortfall.

    Sets *hit* ``[draw]``; sets *chance* to it where hits are *counted*; marks invalid draws in *chance*
    by not-a-number. Sets *counts*: hits, near ties, invalid draws, then draws by the year of first passage
    (the last: never).
    """
    counts[:] = 0
    missing, waiting = np.empty(chance.size), np.empty(chance.size, dtype=np.bool_)
    return tally(
        path, year, lower, upper, threshold, near, largest, counted, chance, hit, waiting, missing, counts
    )


@kernel("void(float64[:, ::1], boolean[:, ::1], int64[::1], float64[:, ::1], int64[::1])")
def together_into(chance: Floats, hit: Bools, leads: Ints, out: Floats, patterns: Ints) -> None:
    """Set *out* ``[n + 1, draw]`` to whether at least so many of the targets in rows *leads* hit together.

    A draw in which one of them is invalid (not-a-number in *chance*) has none. *patterns* ``[2^n]`` counts
    the others by which of them hit, the first as the lowest bit.
    """
    draws = chance.shape[1]
    code, many, good = np.zeros(draws, np.int64), np.zeros(draws, np.int64), np.ones(draws, np.bool_)
    for n in range(leads.size):
        row, met = chance[leads[n]], hit[leads[n]]
        for i in range(draws):
            code[i] += np.int64(met[i]) << n
            many[i] += np.int64(met[i])
            good[i] &= row[i] == row[i]
    for n in range(leads.size + 1):
        for i in range(draws):
            out[n, i] = (1.0 if many[i] >= n else 0.0) if good[i] else np.nan
    for i in range(draws):
        if good[i]:
            patterns[code[i]] += 1


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
