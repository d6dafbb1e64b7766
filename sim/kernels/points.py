"""Chances at points: one draw of everything that is not integrated, whose parameters are its own.

``N`` points, ``C`` cities, ``Kc`` indicators with cities, ``T`` years. `sim.engine.points` says what is
asked of them.
"""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Bools, Floats, Ints
from sim.kernels.elementary import exp, log
from sim.kernels.jit import inlined, kernel
from sim.kernels.normal import chance_below
from sim.kernels.philox import Words, normals_into
from sim.kernels.reference import FLOOR
from sim.kernels.tails import gamma_tails

BATCH = 64
"""Points that are worked together, so that their normals stay in cache; even, as counters are."""

STEEP = 1.0
"""Quadrature over the gamma law serves where its log spreads less than this part of the noise."""


@inlined
def add_level(
    noise: Floats,
    scale: Floats,
    sd: Floats,
    tau: Floats,
    weights: Floats,
    t: int,
    width: int,
    calm: Floats,
    total: Floats,
    part: Floats,
) -> None:
    """Add to *total* the level of a city in year *t*; *noise* ``[T + 1, point]``, the constant term last.

    *part* ``[2, point]``, where it is not empty, becomes the accumulated noise and its variance.
    """
    lasting = noise.shape[0] - 1
    span = t + 1.0
    for d in range(width):
        moved = span * tau[d] * noise[lasting, d]
        variance = span * span * tau[d] * tau[d]
        for u in range(t + 1):
            step = weights[u, d] * sd[d] * scale[u, d]
            moved += step * noise[u, d]
            variance += step * step
        total[d] += calm[d] * exp(moved - 0.5 * variance)
        if part.shape[0] > 0:
            part[0, d] = moved
            part[1, d] = variance


@inlined
def blend_into(
    plan: Floats, apart: Floats, cap: Floats, weight: Floats, has_trend: bool, out: Floats
) -> None:
    """Set *out* ``[T, N]`` to plan and capped trend of one city and indicator, blended."""
    years = plan.size
    for d in range(out.shape[1]):
        if not has_trend:
            for t in range(years):
                out[t, d] = plan[t]
            continue
        product = 1.0
        for t in range(years):
            product *= max(1.0 + (plan[t] + apart[t, d]), FLOOR)
        over = log(product) / years - cap[d]
        lower = exp(-over) if over > 0.0 else 1.0
        for t in range(years):
            trend = max(1.0 + (plan[t] + apart[t, d]), FLOOR) * lower - 1.0
            out[t, d] = weight[d] * plan[t] + (1.0 - weight[d]) * trend


@inlined
def within_bounds(table: Floats, location: float, spread: float, bounds: Floats) -> float:
    """Return the chance that a normal lies between *bounds*; a step where it does not spread."""
    if location != location or spread != spread:
        return np.nan
    if spread <= 0.0:
        return 1.0 if bounds[0] <= location <= bounds[1] else 0.0
    above = 1.0 if bounds[0] == -np.inf else chance_below(table, (location - bounds[0]) / spread)
    beyond = 0.0 if bounds[1] == np.inf else chance_below(table, (location - bounds[1]) / spread)
    return min(max(above - beyond, 0.0), 1.0)


@kernel(
    "void(float64[:, :, ::1], uint64[:, :, :, ::1], int64, float64[:, ::1],"
    "float64[::1], float64[:, :, ::1], float64[:, :, ::1], float64[:, :, :, ::1],"
    "float64[:, :, :, ::1], boolean[:, ::1], int64[:, ::1], float64[:, :, ::1], float64[:, :, ::1],"
    "float64[:, :, ::1])"
)
def city_totals_into(
    mixing: Floats,
    term_keys: Words,
    first: int,
    load: Floats,
    own_share: Floats,
    sd: Floats,
    tau: Floats,
    weights: Floats,
    calm: Floats,
    needed: Bools,
    slots: Ints,
    total: Floats,
    squares: Floats,
    parts: Floats,
) -> None:
    """Set *total* ``[Kc, T, N]`` to sums of city levels without the province-wide noise where *needed*
    ``[Kc, T]``, and *squares* ``[C, T, N]`` to s^2 of cities, whose s is *mixing*.

    Where *slots* ``[Kc, T]`` is not negative, rows 2 c and 2 c + 1 of *parts* ``[slot, 2 C, N]`` become a
    city's accumulated noise and its variance. *sd* and *tau* ``[C, Kc, N]``, *weights*
    ``[t, u, Kc, N]``, *calm* ``[C, Kc, T, N]``.
    """
    cities, indicators, years, points = calm.shape
    factors = load.shape[1]
    normals = np.empty((years + 1, term_keys.shape[2], BATCH))
    scale, noise = np.empty((years, BATCH)), np.empty((years + 1, BATCH))
    total[:] = 0.0
    for start in range(0, points, BATCH):
        width = min(BATCH, points - start)
        for c in range(cities):
            for t in range(years):
                for d in range(width):
                    scale[t, d] = mixing[c, t, start + d]
                    squares[c, t, start + d] = scale[t, d] * scale[t, d]
            for t in range(years + 1):
                normals_into(term_keys[c, t], first + start, normals[t])
            for k in range(indicators):
                for t in range(years + 1):
                    for d in range(width):
                        noise[t, d] = own_share[k] * normals[t, factors + k, d]
                    for f in range(factors):
                        for d in range(width):
                            noise[t, d] += load[k, f] * normals[t, f, d]
                for t in range(years):
                    if needed[k, t]:
                        slot = slots[k, t]
                        part = parts[slot, 2 * c : 2 * c + 2, start:] if slot >= 0 else parts[0, :0, start:]
                        add_level(
                            noise, scale, sd[c, k, start:], tau[c, k, start:], weights[t, :, k, start:],
                            t, width, calm[c, k, t, start:], total[k, t, start:], part,
                        )  # fmt: skip


@kernel(
    "void(float64[:, ::1], int64[:, ::1], float64[:, ::1], float64[:, :, ::1], float64[:, :, ::1],"
    "float64[:, :, ::1], float64[:, :, ::1], float64[:, :, :, ::1], float64[:, :, :, ::1],"
    "float64[:, :, ::1], float64[:, ::1], float64[:, ::1])"
)
def city_chances_into(
    table: Floats,
    cells: Ints,
    bounds: Floats,
    nodes: Floats,
    squares: Floats,
    sd: Floats,
    tau: Floats,
    weights: Floats,
    calm: Floats,
    shared: Floats,
    fallback: Floats,
    out: Floats,
) -> None:
    """Set *out* ``[row, N]`` to chances of targets of cities, given parameters and mixing alone.

    *cells* ``[row, 4]``: city, indicator (of Kc), year, 1 of counts; *bounds* ``[row, 2]`` of log levels;
    *nodes* ``[row, 2, node]``: of a count, log values of the gamma law whose exceedance by the rate is the
    count's, and their weights; *shared* ``[Kc, T, N]`` variance of the province-wide noise; *fallback*
    ``[row, N]`` normals for counts whose noise is too small for the nodes.
    """
    for row in range(out.shape[0]):
        c, k, t = cells[row, 0], cells[row, 1], cells[row, 2]
        span = t + 1.0
        for d in range(out.shape[1]):
            own = 0.0
            for u in range(t + 1):
                own += weights[t, u, k, d] * weights[t, u, k, d] * squares[c, u, d]
            own = span * span * tau[c, k, d] * tau[c, k, d] + own * sd[c, k, d] * sd[c, k, d]
            location = log(calm[c, k, t, d]) - 0.5 * own
            spread = math.sqrt(own + shared[k, t, d])
            if cells[row, 3] == 0:
                out[row, d] = within_bounds(table, location, spread, bounds[row])
                continue
            log_spread = nodes[row, 0, 0]
            if log_spread < STEEP * spread:
                chance = 0.0
                for n in range(1, nodes.shape[2]):
                    chance += nodes[row, 1, n] * chance_below(table, (location - nodes[row, 0, n]) / spread)
            else:
                rate = exp(location + spread * fallback[row, d])
                chance = gamma_tails(nodes[row, 1, 0], rate)[0]
            out[row, d] = min(max(chance, 0.0), 1.0)


@kernel(
    "void(float64[:, :, ::1], float64[:, :, ::1], float64[:, ::1], float64[::1], boolean[::1], int64[:, ::1],"
    "float64[:, ::1], float64[:, :, ::1], float64[:, :, :, ::1])"
)
def city_growth_into(
    plan: Floats,
    apart: Floats,
    cap: Floats,
    weight: Floats,
    has_trend: Bools,
    delay: Ints,
    meanwhile: Floats,
    add: Floats,
    out: Floats,
) -> None:
    """Set *out* ``[C, Kc, T, N]`` to the drift of cities: `drift.city_drift` at points.

    *plan* ``[C, Kc, T]``; *apart* ``[Kc, T, N]``: trend less plan of the province; *cap* ``[Kc, N]``.
    """
    cities, indicators, years, points = out.shape
    drift = np.empty((years, points))
    for c in range(cities):
        for k in range(indicators):
            blend_into(plan[c, k], apart[k], cap[k], weight, has_trend[k], drift)
            for t in range(years):
                source = t - delay[c, k]
                for d in range(points):
                    growth = drift[source, d] if source >= 0 else meanwhile[c, k]
                    out[c, k, t, d] = growth + add[c, k, t]


@kernel("void(float64[:, ::1], float64[:, :, :, ::1])")
def levels_in_place(base: Floats, growth: Floats) -> None:
    """Turn *growth* ``[C, Kc, T, N]`` into levels from *base* ``[C, Kc]``, each year's factor floored."""
    cities, indicators, years, points = growth.shape
    for c in range(cities):
        for k in range(indicators):
            for t in range(years):
                for d in range(points):
                    before = base[c, k] if t == 0 else growth[c, k, t - 1, d]
                    growth[c, k, t, d] = before * max(1.0 + growth[c, k, t, d], FLOOR)
