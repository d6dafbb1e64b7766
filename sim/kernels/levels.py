"""Levels of cities and their sum, and counts at their rates, in compiled loops."""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Bools, Floats
from sim.kernels.elementary import exp
from sim.kernels.jit import inlined, kernel

EXACT_BELOW = 16.0
"""Rates under which the expansion of `kernels.poisson` is not trusted at all."""


@inlined
def product_into(calm: Floats, noise: Floats, out: Floats) -> None:
    """Set *out* to *calm* times *noise*, where one calm level may stand for all draws."""
    if calm.size == 1:
        level = calm[0]
        for d in range(out.size):
            out[d] = level * noise[d]
    else:
        for d in range(out.size):
            out[d] = calm[d] * noise[d]


@inlined
def add_into(x: Floats, total: Floats) -> None:
    for d in range(total.size):
        total[d] += x[d]


@inlined
def add_product_into(calm: Floats, noise: Floats, total: Floats) -> None:
    """Add to *total* what `product_into` sets."""
    if calm.size == 1:
        level = calm[0]
        for d in range(total.size):
            total[d] += level * noise[d]
    else:
        for d in range(total.size):
            total[d] += calm[d] * noise[d]


@inlined
def scale_into(factor: Floats, out: Floats) -> None:
    for d in range(out.size):
        out[d] *= factor[d]


@inlined
def exp_of(x: Floats, out: Floats) -> None:
    for d in range(out.size):
        out[d] = exp(x[d])


@kernel(
    "void(float64[:, :, :, ::1], float64[:, :, :, :, ::1], int64, float64[:, :, ::1], float64[:, :, ::1],"
    "float64[:, :, :, :, ::1])"
)
def levels_into(calm: Floats, noise: Floats, column: int, shared: Floats, total: Floats, out: Floats) -> None:
    """Set *column* of *out* ``[C, Kc, T, S, D]`` to levels of cities, *total* ``[T, S, D]`` to their sum.

    *calm* ``[C, T, S, 1 or D]``, *noise* ``[C, Kc, T, S, D]`` of which *column* is taken, *shared* is the
    accumulated province-wide noise ``[T, S, D]``. Cities are added in order, and lifted as a sum.
    """
    cities, _, years, sets, draws = out.shape
    lift = np.empty(draws)
    for t in range(years):
        for s in range(sets):
            exp_of(shared[t, s], lift)
            row = total[t, s]
            row[:] = 0.0
            for c in range(cities):
                level = out[c, column, t, s]
                product_into(calm[c, t, s], noise[c, column, t, s], level)
                add_into(level, row)
                scale_into(lift, level)
            scale_into(lift, row)


@kernel(
    "void(float64[:, :, :, ::1], float64[:, :, :, :, ::1], int64, float64[:, :, ::1], float64[:, :, ::1])"
)
def sums_into(calm: Floats, noise: Floats, column: int, shared: Floats, total: Floats) -> None:
    """Set *total* as `levels_into` does, where nobody asks for the levels of cities."""
    cities, years, sets, draws = noise.shape[0], noise.shape[2], noise.shape[3], noise.shape[4]
    lift = np.empty(draws)
    for t in range(years):
        for s in range(sets):
            row = total[t, s]
            row[:] = 0.0
            for c in range(cities):
                add_product_into(calm[c, t, s], noise[c, column, t, s], row)
            exp_of(shared[t, s], lift)
            scale_into(lift, row)


@kernel("void(float64[:, :, ::1], float64[::1], float64[:, ::1], float64[:, :, ::1], float64[:, :, ::1])")
def province_into(
    total: Floats, log_ratio: Floats, ratio: Floats, province: Floats, unallocated: Floats
) -> None:
    """Set *province* and *unallocated* ``[T, S, D]`` from the cities' *total* (section 5).

    The log ratio of province to cities is *log_ratio* ``[T]`` plus the draw *ratio* ``[S, D]``.
    """
    years, sets, draws = total.shape
    for t in range(years):
        for s in range(sets):
            for d in range(draws):
                whole = total[t, s, d]
                level = exp(log_ratio[t] + ratio[s, d]) * whole
                province[t, s, d] = level
                unallocated[t, s, d] = level - whole


@kernel(
    "void(float64[:, :, ::1], float64[:, :, ::1], float64[:, :, :, ::1], float64[:, ::1],"
    "float64[:, :, :, ::1])"
)
def shared_into(common: Floats, own: Floats, yearly: Floats, own_sd: Floats, out: Floats) -> None:
    """Set *out* ``[K, T, S, D]`` to `reference.province_noise` of *common* and *own_sd* times *own*.

    *common*, *own* ``[K, S, D]``; *yearly* ``[K, T, S, D]``; *own_sd* ``[K, S]``.
    """
    indicators, years, sets, draws = out.shape
    constant = np.empty(draws)
    for k in range(indicators):
        for s in range(sets):
            for d in range(draws):
                constant[d] = common[k, s, d] + own_sd[k, s] * own[k, s, d]
            for d in range(draws):
                out[k, 0, s, d] = constant[d] + yearly[k, 0, s, d]
            for t in range(1, years):
                for d in range(draws):
                    out[k, t, s, d] = out[k, t - 1, s, d] + (constant[d] + yearly[k, t, s, d])


@kernel("int64(float64[::1], float64[::1], float64[::1], boolean[::1])")
def expansion_into(rate: Floats, normal: Floats, count: Floats, unsure: Bools) -> int:
    """Set *count* to Poisson quantiles as `poisson.poisson_quantile` expands them.

    Marks those that the expansion does not settle as *unsure*; returns how many they are.
    """
    for i in range(rate.size):
        low = rate[i] < EXACT_BELOW
        r = EXACT_BELOW if low else rate[i]
        z = normal[i]
        root, square = math.sqrt(r), z * z
        value = r + root * z + (1.0 / 3.0 + square / 6.0)
        value -= z * (1.0 + 0.5 * square) / (36.0 * root)
        value += (-8.0 / 405.0 + square * (7.0 / 810.0 + square / 270.0)) / r
        bound = (0.01 + 0.02 * square * square) / (r * root) * (1.0 + abs(z)) + 1e-6
        value = rate[i] + math.sqrt(rate[i]) * z if low else value
        whole = np.floor(value)
        count[i] = 0.0 if whole < 0.0 else whole
        unsure[i] = abs(value - np.rint(value)) < bound or low or value < 1.0
    found = 0
    for i in range(rate.size):
        found += 1 if unsure[i] else 0
    return found
