"""The mixing variable of fat tails as a table of polynomials: cheap to read, the same bits everywhere.

``s = sqrt((dof - 2) / chi2(dof))``, capped and rescaled as in `reference.mixing`, is a smooth function
of the normal quantile z of its uniform. It is solved at the Chebyshev nodes of equal pieces of z by
Newton's rule on the incomplete gamma function (series and continued fraction: Abramowitz and
Stegun 1964, 6.5.29 and 6.5.31) and interpolated between them.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from sim.axes import Floats
from sim.kernels.elementary import exp, log, normal_quantile
from sim.kernels.jit import inlined, kernel
from sim.kernels.normal import normal_tail
from sim.kernels.philox import Words, normals_into
from sim.kernels.reference import MIXING_CAP

PIECES = 32
DEGREE = 11
LOWEST = -8.25
"""No uniform of 52 bits has a lower normal quantile."""

MOST_DOF = 1e6
"""Beyond it the sums take too many terms, and the tails are all but normal."""

_HALF_LOG_2_PI = 0.9189385332046727
_ENOUGH = 1e-17


@inlined
def log_gamma(a: float) -> float:
    """Return ln Gamma(a) for a > 0: Stirling's series after the recurrence up to 20."""
    product, x = 0.0, a
    while x < 20.0:
        product += log(x)
        x += 1.0
    z = 1.0 / (x * x)
    series = 1.0 / 12.0 - z * (1.0 / 360.0 - z * (1.0 / 1260.0 - z * (1.0 / 1680.0 - z / 1188.0)))
    return (x - 0.5) * log(x) - x + _HALF_LOG_2_PI + series / x - product


@inlined
def gamma_tails(a: float, x: float) -> tuple[float, float, float]:
    """Return P(a, x), Q(a, x) and their slope in ln x."""
    density = exp(a * log(x) - x - log_gamma(a))
    if x < a + 1.0:
        term = total = 1.0 / a
        n = a
        while term > total * _ENOUGH:
            n += 1.0
            term *= x / n
            total += term
        lower = density * total
        return lower, 1.0 - lower, density
    tiny = 1e-300
    b = x + 1.0 - a
    c, d = 1.0 / tiny, 1.0 / b
    fraction = d
    i, change = 0.0, 0.0
    while abs(change - 1.0) > 1e-16 and i < 1e7:
        i += 1.0
        numerator = -i * (i - a)
        b += 2.0
        d = numerator * d + b
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = b + numerator / c
        c = c if abs(c) > tiny else tiny
        change = d * c
        fraction *= change
    upper = density * fraction
    return 1.0 - upper, upper, density


@inlined
def chi2_above(dof: float, z: float) -> float:
    """Return the value that a chi2 passes with the chance Phi(z), by Newton's rule on logarithms."""
    upper = z < 0.0
    wanted = log(normal_tail(abs(z)))
    guess = 1.0 - 2.0 / (9.0 * dof) - z * math.sqrt(2.0 / (9.0 * dof))
    a = 0.5 * dof
    y = log(a * guess * guess * guess) if guess > 0.2 else (wanted + log_gamma(a + 1.0)) / a
    for _ in range(60):
        lower_tail, upper_tail, density = gamma_tails(a, exp(y))
        tail = upper_tail if upper else lower_tail
        slope = density / tail
        step = (log(tail) - wanted) / (-slope if upper else slope)
        step = min(max(step, -1.0), 1.0)
        y -= step
        if abs(step) < 1e-15 * max(1.0, abs(y)):
            break
    return 2.0 * exp(y)


@inlined
def cap_and_rest(dof: float) -> tuple[float, float, float]:
    """Return the z of the cap, the chi2 there, and the variance left under it."""
    highest = normal_quantile(MIXING_CAP)
    lowest = chi2_above(dof, highest)
    _, upper, _ = gamma_tails(0.5 * (dof - 2.0), 0.5 * lowest)
    return highest, lowest, upper + (dof - 2.0) / lowest * (1.0 - MIXING_CAP)


@kernel("float64(float64, float64[::1], float64[:, ::1])")
def table_into(dof: float, nodes: Floats, out: Floats) -> float:
    """Set *out* ``[piece, power]`` to the polynomials through the *nodes* of each piece; return the cap's z.

    Divided differences, then products out: in plain loops, so that no library chooses an order.
    """
    highest, _, kept = cap_and_rest(dof)
    width = (highest - LOWEST) / out.shape[0]
    count = nodes.size
    for piece in range(out.shape[0]):
        value = np.empty(count)
        for i in range(count):
            z = LOWEST + width * (piece + 0.5 + 0.5 * nodes[i])
            value[i] = math.sqrt((dof - 2.0) / chi2_above(dof, z) / kept)
        for level in range(1, count):
            for i in range(count - 1, level - 1, -1):
                value[i] = (value[i] - value[i - 1]) / (nodes[i] - nodes[i - level])
        power = np.zeros(count)
        power[0] = value[count - 1]
        for i in range(count - 2, -1, -1):
            for j in range(count - 1, 0, -1):
                power[j] = power[j - 1] - nodes[i] * power[j]
            power[0] = value[i] - nodes[i] * power[0]
        out[piece, :] = power
    return highest


@inlined
def normals_to_scales(table: Floats, highest: float, z: Floats) -> None:
    """Turn normals *z* into mixing variables, in place; an empty *table* is that of normal tails."""
    pieces = table.shape[0]
    if pieces == 0:
        z[:] = 1.0
        return
    per_width = pieces / (highest - LOWEST)
    for i in range(z.size):
        place = (min(max(z[i], LOWEST), highest) - LOWEST) * per_width
        piece = min(int(place), pieces - 1)
        t = 2.0 * (place - piece) - 1.0
        total = table[piece, DEGREE]
        for power in range(DEGREE - 1, -1, -1):
            total = total * t + table[piece, power]
        z[i] = total


# Whole 4096ths near the Chebyshev nodes, so that no cosine of a library enters.
_NODES = tuple(round(4096 * math.cos(math.pi * (i + 0.5) / (DEGREE + 1))) / 4096.0 for i in range(DEGREE + 1))


@functools.lru_cache(maxsize=64)
def scale_table(dof: float) -> tuple[Floats, float]:
    """Return the table of the mixing variable for *dof* ``[piece, power]`` and the z of its cap.

    Normal tails have an empty table.
    """
    if math.isinf(dof):
        return np.empty((0, DEGREE + 1)), 0.0
    table = np.empty((PIECES, DEGREE + 1))
    highest = table_into(dof, np.array(_NODES), table)
    return table, highest


@kernel("void(uint64[:, ::1], int64, float64[:, ::1], float64, float64[:, ::1])")
def scales_into(keys: Words, first: int, table: Floats, highest: float, out: Floats) -> None:
    """Set *out* ``[stream, draw]`` to mixing variables of streams *keys* ``[stream, 4]``."""
    if table.shape[0] > 0:
        normals_into(keys, first, out)
    for row in range(out.shape[0]):
        normals_to_scales(table, highest, out[row])
