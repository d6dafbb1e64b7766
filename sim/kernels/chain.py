"""Chances of the province's targets at points, one by one and all together.

Given parameters, mixing, the cities' own noise and the uniforms of counts, the accumulated province-wide
noise of the *pairs* (indicator, year) that targets speak of is one Gaussian vector. Coordinates are its
pairs but that each target has one of its own (its *slot*): the combination of pairs that decides it,
or moves it most. The chance of one target is that of its own coordinate given what is left of the others.
The chance of all is a product: each target's given the coordinates before it, drawn from where those
targets are hit (Genz 1992, *Numerical computation of multivariate normal probabilities*); where a target
is no half-space its threshold is solved for.
"""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Floats, Ints
from sim.kernels.elementary import exp, log, normal_quantile
from sim.kernels.jit import inlined, kernel
from sim.kernels.normal import chance_below
from sim.kernels.points import within_bounds
from sim.kernels.thresholds import control_of_stock, density, stock_ends


@inlined
def covariance_into(
    pairs: Ints, common: float, sds: Floats, corr: Floats, ratio: Floats, yearly: Floats, out: Floats
) -> None:
    """Set *out* ``[M, M]`` to the covariance of the accumulated province-wide noise of *pairs* ``[M, 2]``.

    *common*: s^2 of n; *sds* ``[2, K]`` of n and o; *corr* ``[3, K, K]`` of n, o and p; *ratio* ``[K]``
    variance of the draw of the ratio of province to cities; *yearly* ``[M, T]``: what each year's
    innovation of p adds to a pair.
    """
    for i in range(pairs.shape[0]):
        k, span = pairs[i, 0], pairs[i, 1] + 1.0
        for j in range(i + 1):
            m, other = pairs[j, 0], pairs[j, 1] + 1.0
            value = common * sds[0, k] * sds[0, m] * corr[0, k, m] + sds[1, k] * sds[1, m] * corr[1, k, m]
            shared = 0.0
            for u in range(yearly.shape[1]):
                shared += yearly[i, u] * yearly[j, u]
            value = span * other * value + corr[2, k, m] * shared
            out[i, j] = value + (ratio[k] if k == m else 0.0)
            out[j, i] = out[i, j]


@inlined
def into_slots(mix: Floats, rows: Ints, covariance: Floats, room: Floats) -> None:
    """Turn the *covariance* of pairs into that of coordinates: only *rows* of *mix* are no pairs."""
    size = covariance.shape[0]
    for r in rows:
        for j in range(size):
            room[j] = 0.0
            for i in range(size):
                room[j] += mix[r, i] * covariance[i, j]
        own = 0.0
        for i in range(size):
            own += mix[r, i] * room[i]
        for j in range(size):
            covariance[r, j] = room[j]
            covariance[j, r] = room[j]
        covariance[r, r] = own


@inlined
def factor_in_place(matrix: Floats) -> None:
    """Turn a covariance into its lower Cholesky factor; a coordinate without variance of its own has none."""
    size = matrix.shape[0]
    for j in range(size):
        pivot = matrix[j, j]
        least = 1e-14 * abs(pivot)
        for p in range(j):
            pivot -= matrix[j, p] * matrix[j, p]
        root = math.sqrt(pivot) if pivot > least else 0.0
        for i in range(j + 1, size):
            value = matrix[i, j]
            for p in range(j):
                value -= matrix[i, p] * matrix[j, p]
            matrix[i, j] = value / root if root > 0.0 else 0.0
        matrix[j, j] = root
        for i in range(j):
            matrix[i, j] = 0.0


@inlined
def pair_slopes(back: Floats, lower: Floats, pair: int, column: int) -> float:
    """Return how the noise of *pair* moves with the normal of coordinate *column*."""
    slope = 0.0
    for i in range(column, lower.shape[0]):
        if back[pair, i] != 0.0:
            slope += back[pair, i] * lower[i, column]
    return slope


@inlined
def pair_noise(back: Floats, lower: Floats, z: Floats, pair: int, without: int) -> float:
    """Return the noise of *pair* at the normals *z*, that of coordinate *without* left out."""
    noise = 0.0
    for i in range(lower.shape[0]):
        if back[pair, i] != 0.0:
            for j in range(i + 1):
                if j != without:
                    noise += back[pair, i] * lower[i, j] * z[j]
    return noise


@inlined
def drawn_below(table: Floats, a: float, b: float, z: float) -> tuple[float, float]:
    low = 0.0 if a == -np.inf else chance_below(table, a)
    high = 1.0 if b == np.inf else chance_below(table, b)
    chance = max(high - low, 0.0)
    if chance <= 0.0:
        return 0.0, min(max(z, a), b)
    u = low + chance * chance_below(table, z)
    return chance, normal_quantile(min(max(u, 1e-16), 1.0 - 1.2e-16))


@inlined
def linear_ends(lower: Floats, z: Floats, slot: int, level: float, bounds: Floats) -> tuple[float, float]:
    """Return between which normals of its own coordinate a half-space is hit, given those before it."""
    location = level
    for i in range(slot):
        location += lower[slot, i] * z[i]
    spread = lower[slot, slot]
    if spread <= 0.0:
        hit = bounds[0] <= location <= bounds[1]
        return (-np.inf, np.inf) if hit else (np.inf, np.inf)
    return (bounds[0] - location) / spread, (bounds[1] - location) / spread


@inlined
def along_target(
    back: Floats, lower: Floats, whole: Floats, z: Floats, target: Ints, flow: Ints, kept: Floats,
    noise: Floats, slopes: Floats,
) -> None:  # fmt: skip
    """Set what `stock_ends` needs for the direction in which the target's coordinate varies most.

    *whole* is the covariance of coordinates; what is left of each pair does not depend on the coordinate.
    """
    slot = target[0]
    spread = math.sqrt(max(whole[slot, slot], 0.0))
    here = 0.0
    for i in range(slot + 1):
        here += lower[slot, i] * z[i]
    here = here / spread if spread > 0.0 else 0.0
    for t in range(flow.size + 1):
        pair = flow[t] if t < flow.size else target[3]
        noise[t], slopes[t] = 0.0, 0.0
        if pair >= 0 and (t == flow.size or kept[t] != 0.0):
            for i in range(whole.shape[0]):
                if back[pair, i] != 0.0 and spread > 0.0:
                    slopes[t] += back[pair, i] * whole[i, slot] / spread
            noise[t] = pair_noise(back, lower, z, pair, -1) - slopes[t] * here


@inlined
def along_coordinate(
    back: Floats, lower: Floats, z: Floats, target: Ints, flow: Ints, kept: Floats, noise: Floats,
    slopes: Floats,
) -> None:  # fmt: skip
    """Set what `stock_ends` needs for the target's own coordinate, given those before and after it."""
    slot = target[0]
    for t in range(flow.size + 1):
        pair = flow[t] if t < flow.size else target[3]
        noise[t], slopes[t] = 0.0, 0.0
        if pair >= 0 and (t == flow.size or kept[t] != 0.0):
            noise[t] = pair_noise(back, lower, z, pair, slot)
            slopes[t] = pair_slopes(back, lower, pair, slot)


@inlined
def drawn_between(table: Floats, a: float, b: float, z: float) -> tuple[float, float]:
    """Return the chance of a normal between *a* and *b*, and the normal there that stands where *z* stood."""
    if a > 0.0:
        chance, other = drawn_below(table, -b, -a, -z)
        return chance, -other
    return drawn_below(table, a, b, z)


@inlined
def level_threshold(levels: Floats, slopes: Floats, slope: float, rest: float, bound: float) -> float:
    """Return the z at which ``log sum levels_c e^(slopes_c z) + slope z + rest`` reaches *bound*.

    Convex and rising in z, so Newton's rule gets there from anywhere.
    """
    if bound == -np.inf or bound == np.inf:
        return bound
    z = 0.0
    for _ in range(30):
        total, rise = 0.0, 0.0
        for c in range(levels.size):
            each = levels[c] * exp(slopes[c] * z)
            total += each
            rise += slopes[c] * each
        step = (log(total) + slope * z + rest - bound) / (rise / total + slope)
        z -= step
        if abs(step) < 1e-10 or abs(z) > 40.0:
            break
    return z


@inlined
def level_chance(
    table: Floats, calm: Floats, part: Floats, d: int, level: float, noise: float, variance: float,
    bounds: Floats, levels: Floats, slopes: Floats,
) -> float:  # fmt: skip
    """Return the chance of a level of the province along the direction in which it varies most.

    That is its province-wide *noise*, of *variance*, and the cities' own noise together, each city by its
    share of the *calm* levels ``[C, N]``; *part* ``[2 C, N]`` as in `city_totals_into`. *level*: log level
    without province-wide noise. What is left of either is of second order.
    """
    cities, sum_calm, total = calm.shape[0], 0.0, 0.0
    for c in range(cities):
        sum_calm += calm[c, d]
        levels[c] = calm[c, d] * exp(part[2 * c, d] - 0.5 * part[2 * c + 1, d])
        total += levels[c]
    along, square = noise, variance
    for c in range(cities):
        share = calm[c, d] / sum_calm
        along += share * part[2 * c, d]
        square += share * share * part[2 * c + 1, d]
    if not (square > 0.0 and total > 0.0):
        return within_bounds(table, level + noise, 0.0, bounds)
    spread = math.sqrt(square)
    here = along / spread
    slope, control, excess, drift = variance / spread, 0.0, 0.0, 0.0
    rest = level - log(total)
    for c in range(cities):
        share = calm[c, d] / sum_calm
        slopes[c] = share * part[2 * c + 1, d] / spread
        levels[c] *= exp(-slopes[c] * here)
        # What is left of a city is log-normal with a known mean: a control variate of the level.
        left = part[2 * c, d] - slopes[c] * here
        control += 0.5 * share * (left * left - part[2 * c + 1, d] + slopes[c] * slopes[c])
        excess += share * left
        drift += share * slopes[c]
    a = level_threshold(levels, slopes, slope, rest + noise - slope * here, bounds[0])
    b = level_threshold(levels, slopes, slope, rest + noise - slope * here, bounds[1])
    chance = drawn_between(table, a, b, 0.0)[0]
    control -= 0.5 * (excess * excess - (square - variance - drift * drift))
    for c in range(cities):
        levels[c] = calm[c, d] * exp(-0.5 * slopes[c] * slopes[c])
    a = level_threshold(levels, slopes, slope, rest, bounds[0])
    b = level_threshold(levels, slopes, slope, rest, bounds[1])
    return chance - control * (density(a) - density(b)) / spread


@kernel(
    "void(float64[:, ::1], int64[:, ::1], float64[:, ::1], float64[:, ::1], int64[::1], float64[:, :, ::1],"
    "float64[::1], float64[::1], float64[:, :, ::1], float64[:, :, ::1], float64[:, ::1],"
    "int64[:, ::1], int64[:, ::1], float64[:, ::1], float64[:, ::1], float64[:, :, ::1], float64[:, ::1],"
    "float64[:, :, ::1], float64[:, :, ::1], float64[:, :, ::1], float64[:, :, ::1], float64[:, :, ::1],"
    "float64[:, :, ::1], float64[:, ::1], float64[::1])"
)
def chain_into(
    table: Floats,
    pairs: Ints,
    mix: Floats,
    back: Floats,
    mixed: Ints,
    corr: Floats,
    ratio_variance: Floats,
    common: Floats,
    sds: Floats,
    yearly: Floats,
    z: Floats,
    targets: Ints,
    flows: Ints,
    bounds: Floats,
    level: Floats,
    kept: Floats,
    start: Floats,
    rates: Floats,
    unmoved: Floats,
    ratio: Floats,
    normals: Floats,
    calm: Floats,
    parts: Floats,
    chance: Floats,
    joint: Floats,
) -> None:
    """Set *chance* ``[J, N]`` of the targets one by one, and *joint* ``[N]`` (or empty) of all of them.

    *pairs* ``[M, 2]``; *mix* ``[M, M]`` coordinates from pairs, of which rows *mixed* are not the pairs
    themselves, *back* its inverse. By point: *common* ``[N]``, *sds* ``[N, 2, K]``, *yearly*
    ``[N, M, T]`` as in `covariance_into`, normals *z* ``[N, M]``. *targets* ``[J, 4]``: slot, 1 of a
    stock, 1 of a stock of counts (of a level: its place in *calm* and *parts*, or -1), the pair below a
    stock or -1; *flows* ``[J, T]`` a stock's pairs; *bounds*
    ``[J, 2]`` of logs. *level* ``[N, J]``: log level without province-wide noise (of a stock: of what
    is below it); *kept* ``[N, J, T]``, *start* ``[N, J]``, *rates* ``[N, J, T]`` and
    *unmoved*, what they are without the noise of cities, *ratio* ``[N, J, T]``
    log ratio of counts, *normals* ``[N, J, T]`` of counts.
    *calm* ``[place, C, N]`` levels of cities, *parts* ``[place, 2 C, N]`` their noise as in
    `city_totals_into`.
    """
    size = pairs.shape[0]
    with_joint = joint.size > 0
    levels, rises = np.empty(calm.shape[1]), np.empty(calm.shape[1])
    lower, whole = np.empty((size, size)), np.empty((size, size))
    room = np.empty(max(size, flows.shape[1]))  # a stock of the first years has fewer pairs than years
    drawn, scaled, slopes = np.empty(size), np.empty(flows.shape[1] + 1), np.empty(flows.shape[1] + 1)
    for d in range(z.shape[0]):
        covariance_into(pairs, common[d], sds[d], corr, ratio_variance, yearly[d], lower)
        into_slots(mix, mixed, lower, room)
        whole[:] = lower
        factor_in_place(lower)
        drawn[:] = z[d]
        product = 1.0
        for j in range(targets.shape[0]):
            slot = targets[j, 0]
            if targets[j, 1] == 0:
                if targets[j, 2] >= 0:
                    noise = 0.0
                    for i in range(slot + 1):
                        noise += lower[slot, i] * z[d, i]
                    cell = targets[j, 2]
                    chance[j, d] = level_chance(
                        table, calm[cell], parts[cell], d, level[d, j], noise, max(whole[slot, slot], 0.0),
                        bounds[j], levels, rises,
                    )  # fmt: skip
                else:
                    spread = math.sqrt(max(whole[slot, slot], 0.0))
                    chance[j, d] = within_bounds(table, level[d, j], spread, bounds[j])
                a, b = linear_ends(lower, drawn, slot, level[d, j], bounds[j])
            else:
                along_target(back, lower, whole, z[d], targets[j], flows[j], kept[d, j], scaled, slopes)
                moved = control_of_stock(
                    targets[j], bounds[j], level[d, j], kept[d, j], start[d, j], rates[d, j],
                    unmoved[d, j], ratio[d, j], normals[d, j], scaled, slopes, room,
                )  # fmt: skip
                a, b = stock_ends(
                    table, targets[j], bounds[j], level[d, j], kept[d, j], start[d, j], rates[d, j],
                    ratio[d, j], normals[d, j], scaled, slopes,
                )  # fmt: skip
                chance[j, d] = drawn_between(table, a, b, 0.0)[0] - moved
                if not with_joint:
                    continue
                along_coordinate(back, lower, drawn, targets[j], flows[j], kept[d, j], scaled, slopes)
                a, b = stock_ends(
                    table, targets[j], bounds[j], level[d, j], kept[d, j], start[d, j], rates[d, j],
                    ratio[d, j], normals[d, j], scaled, slopes,
                )  # fmt: skip
            each, moved = drawn_between(table, a, b, z[d, slot])
            product *= each
            drawn[slot] = moved
        if with_joint:
            joint[d] = product
