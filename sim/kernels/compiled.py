"""The noise of a block in compiled loops: draws innermost, one set of one city in cache at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.axes import Floats
from sim.kernels.elementary import exp
from sim.kernels.jit import inlined, kernel
from sim.kernels.philox import Words, fill_uniforms, uniforms_to_normals
from sim.kernels.tails import normals_to_scales


@kernel("void(uint64[:, ::1], int64, float64[:, ::1], float64, float64[:, ::1])")
def scales_into(keys: Words, first: int, table: Floats, highest: float, out: Floats) -> None:
    """Set *out* ``[stream, draw]`` to mixing variables of streams *keys* ``[stream, 4]``."""
    count = out.shape[1]
    u, tails, where = np.empty(count), np.empty(count), np.empty(count + 1, dtype=np.int64)
    for row in range(out.shape[0]):
        if table.shape[0] > 0:
            fill_uniforms(keys[row], first, u)
            uniforms_to_normals(u, out[row], where, tails)
        normals_to_scales(table, highest, out[row])


@inlined
def unit_terms(normals: Floats, load: Floats, own_share: float, k: int, out: Floats) -> None:
    """Set *out* ``[draw]`` to the unit-variance term of indicator *k*; *normals* ``[F + K, draw]``."""
    factors = load.shape[1]
    for d in range(out.size):
        total = own_share * normals[factors + k, d]
        for f in range(factors):
            total += load[k, f] * normals[f, d]
        out[d] = total


@inlined
def one_city(
    normals: Floats, scale: Floats, load: Floats, spread: Any, weights: Floats, k: int, room: Floats,
    city: Floats, variance: Floats,
) -> None:  # fmt: skip
    """Set *city* and *variance* ``[T, draw]``: the factor of one city's noise, the variance of its log.

    *normals* ``[T + 1, F + K, draw]``, the last year for what is constant; *scale* is s ``[T, draw]``;
    *spread* is (share of the own term, phi, sd, tau); *weights* ``[t, u]``; *room* ``[4, draw]``.
    """
    own_share, phi, sd, tau = spread
    years, draws = city.shape
    unit, drift, yearly, total = room[0], room[1], room[2], room[3]
    unit_terms(normals[years], load, own_share, k, drift)
    innovation = sd * math.sqrt(1.0 - phi * phi)
    for t in range(years):
        unit_terms(normals[t], load, own_share, k, unit)
        fixed = (t + 1.0) * (t + 1.0) * tau * tau
        for d in range(draws):
            shock = scale[t, d] * unit[d]
            if t == 0:
                yearly[d] = sd * shock
                total[d] = tau * drift[d] + yearly[d]
            else:
                yearly[d] = phi * yearly[d] + innovation * shock
                total[d] = total[d] + (tau * drift[d] + yearly[d])
        for d in range(draws):
            spread_of_years = 0.0
            for u in range(t + 1):
                spread_of_years += weights[t, u] * weights[t, u] * (scale[u, d] * scale[u, d])
            variance[t, d] = fixed + sd * sd * spread_of_years
        for d in range(draws):
            city[t, d] = exp(total[d] - 0.5 * variance[t, d])


@kernel(
    "void(uint64[:, :, ::1], uint64[:, :, :, ::1], int64, float64[:, ::1], float64, float64[:, ::1],"
    "float64[::1], float64[:, ::1], float64[:, :, ::1], float64[:, :, ::1], float64[:, :, :, ::1],"
    "float64[:, :, :, :, ::1], float64[:, :, :, :, ::1])"
)
def cities_into(
    mixing_keys: Words,
    term_keys: Words,
    first: int,
    table: Floats,
    highest: float,
    load: Floats,
    own_share: Floats,
    phi: Floats,
    sd: Floats,
    tau: Floats,
    weights: Floats,
    city: Floats,
    variance: Floats,
) -> None:
    """Set *city* and *variance* ``[C, K, T, S, D]`` as `reference.city_noise` has them.

    *mixing_keys* ``[C, T, 4]``, *term_keys* ``[C, T + 1, F + K, 4]``; *first* is the block's first draw;
    *load* ``[K, F]``, *own_share* ``[K]``, *phi* ``[K, S]``, *sd* and *tau* ``[C, K, S]``,
    *weights* ``[t, u, K, S]`` from `reference.accumulation_weights`.
    """
    cities, indicators, years, sets, draws = city.shape
    u, tails, where = np.empty(draws), np.empty(draws), np.empty(draws + 1, dtype=np.int64)
    normals = np.empty((years + 1, term_keys.shape[2], draws))
    scale, room = np.ones((years, draws)), np.empty((4, draws))
    for s in range(sets):
        start = first + s * draws
        for c in range(cities):
            for t in range(years):
                if table.shape[0] > 0:
                    fill_uniforms(mixing_keys[c, t], start, u)
                    uniforms_to_normals(u, scale[t], where, tails)
                    normals_to_scales(table, highest, scale[t])
            for t in range(years + 1):
                for row in range(term_keys.shape[2]):
                    fill_uniforms(term_keys[c, t, row], start, u)
                    uniforms_to_normals(u, normals[t, row], where, tails)
            for k in range(indicators):
                spread = (own_share[k], phi[k, s], sd[c, k, s], tau[c, k, s])
                one_city(
                    normals, scale, load, spread, weights[:, :, k, s], k, room, city[c, k, :, s],
                    variance[c, k, :, s],
                )  # fmt: skip
