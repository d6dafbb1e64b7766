"""Chances of a normal in an interval, from a table of Taylor polynomials of its distribution function."""

from __future__ import annotations

import functools
import math

import numpy as np

from sim.axes import Floats
from sim.kernels.elementary import exp
from sim.kernels.jit import inlined, kernel

PER_UNIT = 8
"""Pieces of the table in a unit of the normal."""

REACH = 8.5
"""Beyond it the chance is 0 or 1 within 1e-17."""

DEGREE = 10
_PIECES = int(2 * REACH * PER_UNIT) + 1
_HALF_LOG_2_PI = 0.9189385332046727
_ENOUGH = 1e-17


@inlined
def normal_tail(x: float) -> float:
    """Return the chance of a standard normal above *x* >= 0: its series, far out Laplace's fraction."""
    density = exp(-0.5 * x * x - _HALF_LOG_2_PI)
    if x < 2.0:
        term = total = x
        n = 1.0
        while abs(term) > _ENOUGH * abs(total):
            n += 2.0
            term *= x * x / n
            total += term
        return 0.5 - density * total
    fraction = 0.0
    for n in range(200, 0, -1):
        fraction = n / (x + fraction)
    return density / (x + fraction)


@kernel("void(float64[:, ::1])")
def table_into(out: Floats) -> None:
    """Set *out* ``[piece, power]`` to the Taylor polynomials around the middle of each piece.

    The derivatives of the density are it times Hermite polynomials, ``He[n+1] = x He[n] - n He[n-1]``.
    """
    for piece in range(out.shape[0]):
        x = piece / PER_UNIT - REACH
        tail = normal_tail(abs(x))
        out[piece, 0] = tail if x < 0.0 else 1.0 - tail
        density = exp(-0.5 * x * x - _HALF_LOG_2_PI)
        before, hermite, factorial = 0.0, 1.0, 1.0
        for n in range(1, out.shape[1]):
            factorial *= n
            sign = 1.0 if n % 2 == 1 else -1.0
            out[piece, n] = sign * density * hermite / factorial
            before, hermite = hermite, x * hermite - (n - 1) * before


@functools.cache
def normal_table() -> Floats:
    """Return the table of the normal distribution function, ``[piece, power]``."""
    table = np.empty((_PIECES, DEGREE + 1))
    table_into(table)
    return table


@inlined
def chance_below(table: Floats, x: float) -> float:
    """Return the normal distribution function at *x* from its *table*; no number where x is none."""
    bounded = min(max(x, -REACH), REACH)
    place = (bounded + REACH) * PER_UNIT
    piece = int(place + 0.5)
    step = (place - piece) / PER_UNIT
    total = table[piece, DEGREE]
    for power in range(DEGREE - 1, -1, -1):
        total = total * step + table[piece, power]
    return total if x == x else x


@kernel("void(float64[:, ::1], float64[::1], float64[::1], float64, float64, float64[::1])")
def hits_into(
    table: Floats, location: Floats, variance: Floats, lower: float, upper: float, out: Floats
) -> None:
    """Set *out* to the chance that a normal of mean *location* lies in [*lower*, *upper*].

    A step where there is no variance; no number where a location or variance is none.
    """
    for i in range(out.size):
        sd = math.sqrt(variance[i])
        if sd != sd or location[i] != location[i]:
            out[i] = np.nan
            continue
        if sd > 0.0:
            above = 1.0 if lower == -np.inf else chance_below(table, (location[i] - lower) / sd)
            beyond = 0.0 if upper == np.inf else chance_below(table, (location[i] - upper) / sd)
        else:
            above = 1.0 if location[i] >= lower else 0.0
            beyond = 1.0 if location[i] > upper else 0.0
        out[i] = min(max(above - beyond, 0.0), 1.0)
