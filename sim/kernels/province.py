"""The noise of the province, and its levels from the sum over cities, in compiled loops."""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Floats
from sim.kernels.elementary import exp
from sim.kernels.jit import inlined, kernel
from sim.narrow import Narrow


@inlined
def add_times(out: Floats, factor: float, x: Floats | Narrow) -> None:
    """Add *factor* times *x* to *out*. Loops of few arrays are ones that the compiler can prove apart."""
    for d in range(out.size):
        out[d] += factor * x[d]


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


@kernel(
    "void(float64[:, ::1], float64[::1], float64[::1], float64[:, :, ::1], float64[:, ::1], float64,"
    "float64[:, ::1])"
)
def covariance_into(
    common_mixing: Floats, common: Floats, own: Floats, mixing: Floats, yearly: Floats, spans: float,
    out: Floats,
) -> None:  # fmt: skip
    """Set *out* ``[S, D]`` to the covariance of two accumulated province-wide noises, given the mixing.

    ``spans (common m^2 + own) + sum_u yearly[u] s[u]^2``, with *common* and *own* ``[S]``, *yearly*
    ``[u, S]``, *common_mixing* ``m [S, D]`` and *mixing* ``s [u, S, D]``: `kernels.conditional`.
    """
    sets, draws = out.shape
    for s in range(sets):
        row, scale = out[s], common_mixing[s]
        for d in range(draws):
            row[d] = spans * (common[s] * (scale[d] * scale[d]) + own[s])
        for u in range(yearly.shape[0]):
            weight, scale = yearly[u, s], mixing[u, s]
            for d in range(draws):
                row[d] += weight * (scale[d] * scale[d])
