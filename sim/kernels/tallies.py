"""What is kept of every cell and target, gathered in one pass over the draws of a block."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.axes import Bools, Floats, Ints
from sim.kernels.jit import inlined, kernel

LANES = 8
"""Sums run in eight lanes that are added at the end: an order of its own, the same on every processor."""

_HIGHEST = 2147483647
_TURN = 0x7FFFFFFFFFFFFFFF  # all bits but the sign
_PER_OCTAVE = 1024
_CELL_BITS = 42  # bits of a mantissa within a cell: the 52 of all less those of 1,024 cells an octave
_LAST_OF_CELL = (1 << 42) - 1


@inlined
def lane_sum(x: Floats) -> float:
    """Return the sum of *x*, a multiple of `LANES` long. (Unsigned places need no test for negative ones.)"""
    a = b = c = d = e = f = g = h = 0.0
    count, i = np.uint64(x.size), np.uint64(0)
    while i < count:
        a += x[i]
        b += x[i + np.uint64(1)]
        c += x[i + np.uint64(2)]
        d += x[i + np.uint64(3)]
        e += x[i + np.uint64(4)]
        f += x[i + np.uint64(5)]
        g += x[i + np.uint64(6)]
        h += x[i + np.uint64(7)]
        i += np.uint64(LANES)
    return ((((((a + b) + c) + d) + e) + f) + g) + h


@inlined
def lane_sum_of_squares(x: Floats) -> float:
    """Return the sum of the squares of *x* in the same order; *x* holds them afterwards."""
    for i in range(x.size):
        x[i] = x[i] * x[i]
    return lane_sum(x)


@inlined
def cell_of_level(x: float, zero: float) -> Any:
    """Return the cell of level *x* on the signed grid: linear up to *zero*, then by its leading bits.

    *zero* is a power of two; a cell beyond it includes its larger end.
    """
    size = abs(x)
    beyond = np.float64(max(size, zero)).view(np.int64) - np.float64(zero).view(np.int64)
    inner = np.int64(np.rint(min(size, zero) * (_PER_OCTAVE / zero)))
    cell = _PER_OCTAVE + ((beyond + _LAST_OF_CELL) >> _CELL_BITS) if size > zero else inner
    return -cell if x < 0.0 else cell


@inlined
def cell_of_rate(x: float, step: float) -> Any:
    """Return the cell of rate *x* on the linear grid."""
    return np.int64(np.rint(x / step))


@inlined
def span_of(x: Floats, most: float) -> tuple[float, float]:
    """Return the least and the largest of *x* that are valid; no number where none is.

    Floats stand in the order of their bits read as integers once those of negative ones are turned.
    """
    low, high = np.int64(_TURN), np.int64(-_TURN)
    for i in range(x.size):
        bits = np.float64(x[i]).view(np.int64)
        key = bits ^ ((bits >> 63) & _TURN)
        good = abs(x[i]) <= most
        low = min(low, key if good else np.int64(_TURN))
        high = max(high, key if good else np.int64(-_TURN))
    if low > high:
        return np.nan, np.nan
    first, last = np.int64(low ^ ((low >> 63) & _TURN)), np.int64(high ^ ((high >> 63) & _TURN))
    return first.view(np.float64), last.view(np.float64)


@kernel(
    "void(float64[:, ::1], float64[::1], float64[::1], boolean[::1], float64[::1], int64[::1],"
    "float64[:, ::1], int64[:, ::1])"
)
def moments_into(
    values: Floats,
    shifts: Floats,
    zeros: Floats,
    is_rate: Bools,
    limits: Floats,
    draws: Ints,
    sums: Floats,
    span: Ints,
) -> None:
    """Work through rows *values* ``[row, draw]``.

    *zeros* ``[row]`` is where the grid of levels turns linear; *limits* holds the largest valid size and
    the step of rates.

    Sets *draws* ``[row]`` to the number of valid draws, *sums* ``[2, row]`` to the sums of value less
    shift and of its square, *span* ``[row, 2]`` to the lowest and the highest cell of the grid (the first
    above the second where no draw is valid).
    """
    count = values.shape[1]
    largest, step = limits[0], limits[1]
    moved = np.empty(count)
    for row in range(values.shape[0]):
        value, shift, zero = values[row], shifts[row], zeros[row]
        valid = 0
        for i in range(count):
            good = abs(value[i]) <= largest
            valid += 1 if good else 0
            moved[i] = (value[i] if good else shift) - shift
        draws[row] = valid
        sums[0, row] = lane_sum(moved)
        sums[1, row] = lane_sum_of_squares(moved)
        low, high = span_of(value, largest)
        if valid == 0:
            span[row, 0], span[row, 1] = _HIGHEST, -_HIGHEST
        elif is_rate[row]:
            span[row, 0], span[row, 1] = cell_of_rate(low, step), cell_of_rate(high, step)
        else:
            span[row, 0], span[row, 1] = cell_of_level(low, zero), cell_of_level(high, zero)


@kernel(
    "void(float64[:, ::1], float64[::1], boolean[::1], float64[::1], int64[:, ::1], int64[::1],"
    "uint16[::1])"
)
def counts_into(
    values: Floats,
    zeros: Floats,
    is_rate: Bools,
    limits: Floats,
    span: Ints,
    begin: Ints,
    counts: NDArray[np.uint16],
) -> None:
    """Count valid *values* ``[row, draw]`` by cell in *counts*, in which a row begins at *begin* ``[row]``.

    *zeros*, *limits* and *span* are those of `moments_into`.
    """
    draws = values.shape[1]
    cells = np.empty(draws, dtype=np.int64)
    for row in range(values.shape[0]):
        value, offset = values[row], begin[row] - span[row, 0]
        if is_rate[row]:
            for i in range(draws):
                cells[i] = cell_of_rate(value[i], limits[1])
        elif span[row, 0] > _PER_OCTAVE:  # all lie above zero, as levels do
            start = np.float64(zeros[row]).view(np.int64) - _LAST_OF_CELL
            for i in range(draws):
                cells[i] = _PER_OCTAVE + ((np.float64(value[i]).view(np.int64) - start) >> _CELL_BITS)
        else:
            for i in range(draws):
                cells[i] = cell_of_level(value[i], zeros[row])
        for i in range(draws):
            if abs(value[i]) <= limits[0]:
                counts[offset + cells[i]] += np.uint16(1)


@inlined
def chance_of_set(chance: Floats, room: Floats) -> tuple[int, float, float]:
    """Return how many draws are valid, the mean of their *chance*, and the variance of that mean within the
    set; an invalid draw is not-a-number.
    """
    valid = 0
    for i in range(chance.size):
        good = chance[i] == chance[i]
        valid += 1 if good else 0
        room[i] = chance[i] if good else 0.0
    mean = lane_sum(room) / max(valid, 1)
    for i in range(chance.size):
        room[i] = chance[i] - mean if chance[i] == chance[i] else 0.0
    return valid, mean, lane_sum_of_squares(room) / (max(valid - 1, 1) * max(valid, 1))


@kernel("void(float64[:, :, ::1], int64[:, ::1], float64[:, ::1], float64[:, ::1])")
def by_set_into(chance: Floats, draws: Ints, mean: Floats, within: Floats) -> None:
    """Set *draws*, *mean* and *within* ``[event, set]`` to `chance_of_set` of *chance*
    ``[event, set, draw]``.
    """
    events, sets, count = chance.shape
    room = np.empty(count)
    for event in range(events):
        for s in range(sets):
            draws[event, s], mean[event, s], within[event, s] = chance_of_set(chance[event, s], room)
