"""Where a stock at a point, or one flow of a sum, reaches what its target asks: thresholds of one normal.

Flow t of ``T`` years is ``rate_t e^(slope_t z)``, or a count of that rate at a normal of its own; ``kept_t``
of it is left in the target's year.
"""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Floats, Ints
from sim.kernels.elementary import exp, log
from sim.kernels.jit import inlined
from sim.kernels.normal import chance_below
from sim.kernels.poisson import EXACT_BELOW
from sim.kernels.tails import gamma_tails

FARTHEST = 8.25
"""No normal of 52 bits lies further out."""

CLOSE = 1e-6
"""How near in normal units the threshold of a count is found: a chance is off by less, to either side."""

NARROW = 1e-3
"""Where it is looked for first, to either side of where it would be if counts were no whole numbers."""

FINE = 2e-3
"""In normal units: where rounding moves a threshold by less, counts need not be rounded."""

LEAST = 1e-300


@inlined
def chance_of_count(count: float, rate: float) -> float:
    """Return the chance that a Poisson count of *rate* is at most *count*."""
    chance: float = gamma_tails(count + 1.0, rate)[1] if count >= 0.0 else 0.0
    return chance


@inlined
def count_expansion(rate: float, z: float) -> tuple[float, float]:
    """Return what `kernels.poisson` rounds down to a quantile of *rate* > 0, and its error's bound."""
    root, square = math.sqrt(rate), z * z
    value = rate + root * z
    if rate < EXACT_BELOW:
        return value, np.inf
    value += 1.0 / 3.0 + square / 6.0 - z * (1.0 + 0.5 * square) / (36.0 * root)
    value += (-8.0 / 405.0 + square * (7.0 / 810.0 + square / 270.0)) / rate
    return value, (0.01 + 0.02 * square * square) / (rate * root) * (1.0 + abs(z)) + 1e-6


@inlined
def poisson_count(table: Floats, rate: float, z: float) -> float:
    """Return the Poisson quantile of *rate* > 0 at the normal *z*: `poisson.poisson_quantile` of one."""
    value, bound = count_expansion(rate, z)
    count: float = max(np.floor(value), 0.0)
    if value < 1.0 or abs(value - np.rint(value)) < bound:
        wanted = chance_below(table, z)
        while chance_of_count(count, rate) < wanted:
            count += 1.0
        while count > 0.0 and chance_of_count(count - 1.0, rate) >= wanted:
            count -= 1.0
    return count


@inlined
def stock_at(
    table: Floats, z: float, rates: Floats, slopes: Floats, kept: Floats, ratio: Floats, normals: Floats,
    is_count: bool, start: float,
) -> float:  # fmt: skip
    """Return ``start + sum kept_t flow_t``; flow t is the rate, or the count, at ``rate_t e^(slope_t z)``."""
    total = start
    for t in range(rates.size):
        if kept[t] == 0.0:
            continue
        rate = rates[t] * exp(slopes[t] * z)
        if is_count:
            count = poisson_count(table, rate, normals[t]) if rate > 0.0 else 0.0
            total += kept[t] * (count + np.rint((exp(ratio[t]) - 1.0) * count))
        else:
            total += kept[t] * rate
    return total


@inlined
def count_threshold(
    table: Floats, guess: float, bound: float, below: float, below_slope: float, rates: Floats,
    slopes: Floats, kept: Floats, ratio: Floats, normals: Floats, start: float,
) -> float:  # fmt: skip
    """Return `threshold` of a stock of counts from a *guess*: a bracket that widens, then halving."""
    width, low, high = NARROW, -FARTHEST, FARTHEST
    a, b = guess, guess
    while a > -FARTHEST:
        a = max(a - width, -FARTHEST)
        stock = stock_at(table, a, rates, slopes, kept, ratio, normals, True, start)
        if stock < exp(bound + below + below_slope * a):
            low = a
            break
        b = a
        width *= 4.0
    if a <= -FARTHEST and low == -FARTHEST:
        stock = stock_at(table, a, rates, slopes, kept, ratio, normals, True, start)
        if stock >= exp(bound + below + below_slope * a):
            return -np.inf
    width = NARROW
    while b < FARTHEST:
        stock = stock_at(table, b, rates, slopes, kept, ratio, normals, True, start)
        if stock >= exp(bound + below + below_slope * b):
            high = b
            break
        low = max(low, b)
        b = min(b + width, FARTHEST)
        width *= 4.0
    if b >= FARTHEST:
        return np.inf
    while high - low > CLOSE:
        middle = 0.5 * (low + high)
        stock = stock_at(table, middle, rates, slopes, kept, ratio, normals, True, start)
        if stock >= exp(bound + below + below_slope * middle):
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


@inlined
def density(z: float) -> float:
    """Return the density of a standard normal."""
    return 0.3989422804014327 * exp(-0.5 * z * z) if abs(z) < 38.0 else 0.0


@inlined
def smooth_flow(rate: float, normal: float, ratio: float, is_count: bool) -> float:
    """Return the flow at *rate*; of counts, what it would be if they were no whole numbers."""
    if not is_count:
        return rate
    return max(count_expansion(rate, normal)[0] - 0.5, 0.5 * rate) * exp(ratio) if rate > 0.0 else 0.0


@inlined
def smooth_threshold(
    bound: float, below: float, below_slope: float, rates: Floats, slopes: Floats, kept: Floats,
    ratio: Floats, normals: Floats, is_count: bool, start: float,
) -> tuple[float, float]:  # fmt: skip
    """Return the z at which ``log stock - below - below_slope z`` reaches *bound* by Newton's rule, and its
    slope there; counts are not rounded. The slope is not above zero where it does not rise with z.
    """
    z, rise = 0.0, 0.0
    for _ in range(30):
        total, slope = start, 0.0
        for t in range(rates.size):
            if kept[t] != 0.0:
                flow = kept[t] * smooth_flow(rates[t] * exp(slopes[t] * z), normals[t], ratio[t], is_count)
                total += flow
                slope += slopes[t] * flow
        rise = slope / max(total, LEAST) - below_slope
        if not rise > 0.0:
            break
        step = (log(max(total, LEAST)) - below - below_slope * z - bound) / rise
        z = min(max(z - step, -FARTHEST), FARTHEST)
        if abs(step) < 1e-10 or abs(z) == FARTHEST:
            break
    return z, rise


@inlined
def is_whole(start: float, kept: Floats) -> bool:
    """Return whether a stock of counts is a whole number itself: nothing of it leaves."""
    whole = start == np.rint(start)
    for t in range(kept.size):
        whole = whole and (kept[t] == 0.0 or kept[t] == 1.0)
    return bool(whole)


@inlined
def is_fine(z: float, rise: float, log_stock: float, rates: Floats, slopes: Floats, kept: Floats) -> bool:
    """Return whether rounding all counts moves a threshold by less than `FINE`.

    Where counts are large their fractions are spread evenly, so what rounding moves is zero in the mean over
    their uniforms, to second order.
    """
    square, least = 0.0, np.inf
    for t in range(rates.size):
        if kept[t] != 0.0:
            square += kept[t] * kept[t]
            least = min(least, rates[t] * exp(slopes[t] * z))
    return least >= EXACT_BELOW and math.sqrt(square) < FINE * rise * exp(log_stock)


@inlined
def threshold(
    table: Floats, bound: float, below: float, below_slope: float, rates: Floats, slopes: Floats,
    kept: Floats, ratio: Floats, normals: Floats, is_count: bool, start: float,
) -> float:  # fmt: skip
    """Return the least z at which ``log stock - below - below_slope z`` reaches *bound*, which rises with z.

    Where z moves nothing it is a step; no number where more z means less stock.
    """
    if bound == -np.inf or bound == np.inf:
        return bound
    near = bound
    if is_count and below == 0.0 and below_slope == 0.0 and is_whole(start, kept):
        near = log(max(np.ceil(exp(bound)) - 0.5, LEAST))  # a whole number is rounded up at a half
    z, rise = smooth_threshold(near, below, below_slope, rates, slopes, kept, ratio, normals, is_count, start)
    if rise == 0.0:
        stock = stock_at(table, z, rates, slopes, kept, ratio, normals, is_count, start)
        return -np.inf if stock >= exp(bound + below) else np.inf
    if not rise > 0.0:
        return np.nan
    if not is_count:
        return z if abs(z) < FARTHEST else (np.inf if z > 0.0 else -np.inf)
    if abs(z) < FARTHEST and is_fine(z, rise, near + below + below_slope * z, rates, slopes, kept):
        return z
    return count_threshold(table, z, bound, below, below_slope, rates, slopes, kept, ratio, normals, start)


@inlined
def control_of_stock(
    target: Ints, bounds: Floats, below: float, kept: Floats, start: float, rates: Floats, calm: Floats,
    ratio: Floats, normals: Floats, noise: Floats, slopes: Floats, room: Floats,
) -> float:  # fmt: skip
    """Return what the cities' own noise moves the chance of a stock by, to first order: its mean is zero.

    *rates* over *calm* are their sums with and without it, and the noise has mean one. *noise* is what
    `along_target` left.
    """
    years, is_count, moved = kept.size, target[2] == 1, 0.0
    for t in range(years):
        room[t] = calm[t] * exp(noise[t])
    for end in range(2):
        if abs(bounds[end]) == np.inf:
            continue
        z, rise = smooth_threshold(
            bounds[end], below + noise[years], slopes[years], room[:years], slopes[:years], kept, ratio,
            normals, is_count, start,
        )  # fmt: skip
        if not rise > 0.0:
            continue
        total, more = start, 0.0
        for t in range(years):
            if kept[t] != 0.0:
                rate = room[t] * exp(slopes[t] * z)
                flow = kept[t] * smooth_flow(rate, normals[t], ratio[t], is_count)
                total += flow
                more += flow * (rates[t] / calm[t] - 1.0)
        part = density(z) * more / (max(total, LEAST) * rise)
        moved += part if end == 0 else -part
    return moved


@inlined
def stock_ends(
    table: Floats, target: Ints, bounds: Floats, below: float, kept: Floats, start: float, rates: Floats,
    ratio: Floats, normals: Floats, noise: Floats, slopes: Floats,
) -> tuple[float, float]:  # fmt: skip
    """Return between which normals a stock is hit whose pairs have *noise* and *slopes* ``[T + 1]``.

    The last of them is what is below the stock. *noise* becomes the rates.
    """
    years = kept.size
    below += noise[years]
    for t in range(years):
        noise[t] = rates[t] * exp(noise[t])
    is_count = target[2] == 1
    a = threshold(
        table, bounds[0], below, slopes[years], noise[:years], slopes[:years], kept, ratio, normals,
        is_count, start,
    )  # fmt: skip
    b = threshold(
        table, bounds[1], below, slopes[years], noise[:years], slopes[:years], kept, ratio, normals,
        is_count, start,
    )  # fmt: skip
    return a, b
