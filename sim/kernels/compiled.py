"""The noise of a block in compiled loops: draws innermost, one set of one city in cache at a time."""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Floats
from sim.kernels.elementary import exp
from sim.kernels.jit import inlined, kernel
from sim.kernels.philox import Words, normals_into
from sim.kernels.tails import normals_to_scales


@kernel("void(uint64[:, ::1], int64, float64[:, ::1], float64, float64[:, ::1])")
def scales_into(keys: Words, first: int, table: Floats, highest: float, out: Floats) -> None:
    """Set *out* ``[stream, draw]`` to mixing variables of streams *keys* ``[stream, 4]``."""
    if table.shape[0] > 0:
        normals_into(keys, first, out)
    for row in range(out.shape[0]):
        normals_to_scales(table, highest, out[row])


@inlined
def add_times(out: Floats, factor: float, x: Floats) -> None:
    """Add *factor* times *x* to *out*. Loops of few arrays are ones that the compiler can prove apart."""
    for d in range(out.size):
        out[d] += factor * x[d]


@inlined
def add_two(out: Floats, a: float, x: Floats, b: float, y: Floats) -> None:
    """Add *a* times *x*, then *b* times *y*, to *out* in one pass."""
    for d in range(out.size):
        out[d] = (out[d] + a * x[d]) + b * y[d]


@inlined
def unit_term(normals: Floats, load: Floats, own_share: float, k: int, out: Floats) -> None:
    """Set *out* ``[draw]`` to the unit-variance term of indicator *k*; *normals* ``[F + K, draw]``."""
    factors = load.shape[1]
    own = normals[factors + k]
    odd = factors % 2
    if odd:
        first, x = load[k, 0], normals[0]
        for d in range(out.size):
            out[d] = own_share * own[d] + first * x[d]
    else:
        for d in range(out.size):
            out[d] = own_share * own[d]
    for f in range(odd, factors, 2):
        add_two(out, load[k, f], normals[f], load[k, f + 1], normals[f + 1])


@inlined
def next_year(unit: Floats, scale: Floats, keep: float, add: float, yearly: Floats) -> None:
    """Move an AR(1) on by a year: ``yearly = keep yearly + add scale unit``."""
    for d in range(yearly.size):
        yearly[d] = keep * yearly[d] + add * (scale[d] * unit[d])


@inlined
def accumulate(total: Floats, drift: Floats, tau: float, yearly: Floats) -> None:
    """Add a year's noise, constant part and yearly part, to what has accumulated."""
    for d in range(total.size):
        total[d] += tau * drift[d] + yearly[d]


@inlined
def factor_of_noise(total: Floats, variance: Floats, city: Floats) -> None:
    """Set *city* to ``exp`` of the accumulated noise less half its variance."""
    for d in range(city.size):
        city[d] = exp(total[d] - 0.5 * variance[d])


@inlined
def factor_of_calm_noise(total: Floats, variance: float, city: Floats) -> None:
    """Set *city* to ``exp`` of the accumulated noise less half its *variance*, the same in every draw."""
    for d in range(city.size):
        city[d] = exp(total[d] - 0.5 * variance)


@kernel(
    "void(uint64[:, :, ::1], uint64[:, :, :, ::1], int64, float64[:, ::1], float64, float64[:, ::1],"
    "float64[::1], float64[:, ::1], float64[:, :, ::1], float64[:, :, ::1], float64[:, :, :, ::1],"
    "float64[:, :, :, :, ::1], float64[:, :, :, ::1])"
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
    mixing: Floats,
) -> None:
    """Set *city* ``[C, K, T, S, D]`` to ``exp`` of `reference.city_noise`, and *mixing* ``[C, T, S, D]``.

    *mixing_keys* ``[C, T, 4]``, *term_keys* ``[C, T + 1, F + K, 4]``; *first* is the block's first draw;
    *load* ``[K, F]``, *own_share* ``[K]``, *phi* ``[K, S]``, *sd* and *tau* ``[C, K, S]``,
    *weights* ``[t, u, K, S]`` from `reference.accumulation_weights`.
    """
    cities, indicators, years, sets, draws = city.shape
    normals = np.empty((years + 1, term_keys.shape[2], draws))
    scale, square = np.empty((years, draws)), np.empty((years, draws))
    unit, drift, yearly, total = np.empty(draws), np.empty(draws), np.empty(draws), np.empty(draws)
    variance = np.empty(draws)
    normal_tails = table.shape[0] == 0
    for s in range(sets):
        start = first + s * draws
        for c in range(cities):
            scales_into(mixing_keys[c], start, table, highest, scale)
            for t in range(years):
                square[t] = scale[t] * scale[t]
                mixing[c, t, s] = scale[t]
            for t in range(years + 1):
                normals_into(term_keys[c, t], start, normals[t])
            for k in range(indicators):
                spread, lasting, stay = sd[c, k, s], tau[c, k, s], phi[k, s]
                unit_term(normals[years], load, own_share[k], k, drift)
                yearly[:] = 0.0
                total[:] = 0.0
                for t in range(years):
                    unit_term(normals[t], load, own_share[k], k, unit)
                    add = spread if t == 0 else spread * math.sqrt(1.0 - stay * stay)
                    next_year(unit, scale[t], stay, add, yearly)
                    accumulate(total, drift, lasting, yearly)
                    constant = (t + 1.0) * (t + 1.0) * (lasting * lasting)
                    if normal_tails:
                        for v in range(t + 1):
                            weight = weights[t, v, k, s] * spread
                            constant += weight * weight
                        factor_of_calm_noise(total, constant, city[c, k, t, s])
                        continue
                    variance[:] = constant
                    for v in range(t + 1):
                        weight = weights[t, v, k, s] * spread
                        add_times(variance, weight * weight, square[v])
                    factor_of_noise(total, variance, city[c, k, t, s])


@kernel(
    "void(float64[:, :, ::1], float64[:, ::1], float64[::1], float64[:, ::1], float64[:, ::1],"
    "float64[:, :, ::1])"
)
def terms_into(
    normals: Floats, load: Floats, own_share: Floats, sd: Floats, mixing: Floats, out: Floats
) -> None:
    """Set *out* ``[K, S, D]`` to ``sd mixing`` times the unit terms of *normals* ``[F + K, S, D]``.

    *load* ``[K, F]``, *own_share* ``[K]``, *sd* ``[K, S]``, *mixing* ``[S, D]``: `reference.unit_term`.
    """
    indicators, sets, draws = out.shape
    factors = load.shape[1]
    for k in range(indicators):
        for s in range(sets):
            term, own = out[k, s], normals[factors + k, s]
            for d in range(draws):
                term[d] = own_share[k] * own[d]
            for f in range(factors):
                add_times(term, load[k, f], normals[f, s])
            for d in range(draws):
                term[d] = sd[k, s] * mixing[s, d] * term[d]


@kernel("void(float64[:, ::1], float64[:, :, :, ::1])")
def autoregression_into(phi: Floats, yearly: Floats) -> None:
    """Turn innovations *yearly* ``[K, T, S, D]`` into `reference.autoregression`, in place; *phi* ``[K, S]``.

    The first year's draw is that of the stationary law already.
    """
    indicators, years, sets, draws = yearly.shape
    for k in range(indicators):
        for s in range(sets):
            keep = phi[k, s]
            shock = math.sqrt(1.0 - keep * keep)
            for t in range(1, years):
                for d in range(draws):
                    yearly[k, t, s, d] = keep * yearly[k, t - 1, s, d] + shock * yearly[k, t, s, d]
