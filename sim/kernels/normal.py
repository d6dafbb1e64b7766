"""Chances of a normal in an interval, from a table of Taylor polynomials of its distribution function."""

from __future__ import annotations

import functools
import math

import numpy as np

from sim.axes import Floats
from sim.kernels.elementary import exp
from sim.kernels.jit import inlined, kernel

PER_UNIT = 64
"""Pieces of the table in a unit of the normal."""

REACH = 8.5
"""Beyond it the chance is 0 or 1 within 1e-17."""

DEGREE = 6
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
def chances_below(table: Floats, x: Floats, out: Floats) -> None:
    """Set *out* to the normal distribution function at *x* from its *table*; no number where x is none."""
    for i in range(out.size):
        known = x[i] if x[i] == x[i] else 0.0
        place = (min(max(known, -REACH), REACH) + REACH) * PER_UNIT
        piece = int(place + 0.5)
        step = (place - piece) / PER_UNIT
        total = table[piece, DEGREE]
        for power in range(DEGREE - 1, -1, -1):
            total = total * step + table[piece, power]
        out[i] = total
    for i in range(out.size):  # steps are whole
        out[i] = out[i] if abs(x[i]) < np.inf else (0.0 if x[i] < 0.0 else (1.0 if x[i] > 0.0 else x[i]))


@inlined
def chance_below(table: Floats, x: float) -> float:
    """Return the normal distribution function at *x* from its *table*: `chances_below` of one."""
    known = x if x == x else 0.0  # no number has no place in the table
    place = (min(max(known, -REACH), REACH) + REACH) * PER_UNIT
    piece = int(place + 0.5)
    step = (place - piece) / PER_UNIT
    total: float = table[piece, DEGREE]
    for power in range(DEGREE - 1, -1, -1):
        total = total * step + table[piece, power]
    return total if x == x else x


@inlined
def distances_into(location: Floats, sd: Floats, bound: float, out: Floats) -> None:
    """Set *out* to how many *sd* the *location* lies above *bound*: a step where there is no sd."""
    for i in range(out.size):
        out[i] = (location[i] - bound) / sd[i]
    for i in range(out.size):
        if sd[i] == 0.0 and location[i] == bound:  # on the bound itself: it counts as above
            out[i] = np.inf


@inlined
def hits_of_normal(
    table: Floats, location: Floats, sd: Floats, lower: float, upper: float, room: Floats, out: Floats
) -> None:
    """Set *out* to the chance that a normal lies in [*lower*, *upper*]; *room* is for as many.

    A step where there is no *sd*; no number where a location or sd is none.
    """
    if lower == -np.inf:
        for i in range(out.size):
            out[i] = 1.0 if location[i] == location[i] and sd[i] == sd[i] else np.nan
    else:
        distances_into(location, sd, lower, room)
        chances_below(table, room, out)
    if upper < np.inf:
        beyond = np.empty(out.size)
        for i in range(out.size):
            room[i] = (location[i] - upper) / sd[i]
            if sd[i] == 0.0 and location[i] == upper:
                room[i] = -np.inf
        chances_below(table, room, beyond)
        for i in range(out.size):
            out[i] = min(max(out[i] - beyond[i], 0.0), 1.0)


@kernel("void(float64[:, ::1], float64[::1], float64[::1], float64, float64, float64[::1])")
def hits_into(
    table: Floats, location: Floats, variance: Floats, lower: float, upper: float, out: Floats
) -> None:
    """Set *out* to the chance that a normal of mean *location* lies in [*lower*, *upper*].

    A step where there is no variance; no number where a location or variance is none.
    """
    sd, room = np.empty(out.size), np.empty(out.size)
    for i in range(out.size):
        sd[i] = math.sqrt(variance[i])
    hits_of_normal(table, location, sd, lower, upper, room, out)
