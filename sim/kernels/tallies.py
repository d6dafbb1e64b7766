"""What is kept of every cell and target, gathered in one pass over the draws of a block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.axes import Bools, Floats, Ints
from sim.kernels.elementary import log_positive
from sim.kernels.jit import inlined, kernel

LANES = 8
"""Sums run in eight lanes that are added at the end: an order of its own, the same on every processor."""

_NO_CELL = np.int32(-2147483648)  # the least there is, as the accumulators have it

Indices = NDArray[np.int32]


@inlined
def lane_sums(x: Floats) -> tuple[float, float]:
    """Return the sum of *x* (a multiple of eight long) and of its square."""
    total, square = np.zeros(LANES), np.zeros(LANES)
    for i in range(0, x.size, LANES):
        for lane in range(LANES):
            value = x[i + lane]
            total[lane] += value
            square[lane] += value * value
    whole, whole_square = 0.0, 0.0
    for lane in range(LANES):
        whole += total[lane]
        whole_square += square[lane]
    return whole, whole_square


@inlined
def level_cells(x: Floats, zero: float, step: float, size: Floats, index: Indices) -> None:
    """Set *index* to the cells of levels *x* on the signed logarithmic grid; *size* is room."""
    log_zero = log_positive(zero)
    for i in range(x.size):
        size[i] = (log_positive(max(abs(x[i]), zero)) - log_zero) / step
    for i in range(x.size):
        below = np.int32(size[i])
        cell = below + np.int32(size[i] > below)
        index[i] = -cell if x[i] < 0.0 else cell


@kernel(
    "void(float64[:, ::1], float64[::1], boolean[::1], float64[::1], int64[::1], float64[:, ::1],"
    "int32[:, ::1], int64[:, ::1])"
)
def cells_into(
    values: Floats,
    shifts: Floats,
    is_rate: Bools,
    grid: Floats,
    draws: Ints,
    sums: Floats,
    index: Indices,
    span: Ints,
) -> None:
    """Work through rows *values* ``[row, draw]``.

    *grid* holds the largest valid size, the level that counts as zero, the step of a logarithm of
    levels and the step of rates.

    Sets *draws* ``[row]`` to the number of valid draws, *sums* ``[2, row]`` to the sums of value less
    shift and of its square, *index* ``[row, draw]`` to grid cells, *span* ``[row, 2]`` to the lowest and
    the highest of them (the first above the second where no draw is valid).
    """
    count = values.shape[1]
    largest, zero, step, rate_step = grid[0], grid[1], grid[2], grid[3]
    known, moved, size = np.empty(count), np.empty(count), np.empty(count)
    for row in range(values.shape[0]):
        valid = 0
        for i in range(count):
            good = abs(values[row, i]) <= largest
            valid += 1 if good else 0
            known[i] = values[row, i] if good else shifts[row]
        for i in range(count):
            moved[i] = known[i] - shifts[row]
        draws[row] = valid
        sums[0, row], sums[1, row] = lane_sums(moved)
        cells = index[row]
        if is_rate[row]:
            for i in range(count):
                cells[i] = np.int32(np.rint(known[i] / rate_step))
        else:
            level_cells(known, zero, step, size, cells)
        low, high = np.int32(2147483647), np.int32(-2147483647)
        if valid == count:
            for i in range(count):
                low, high = min(low, cells[i]), max(high, cells[i])
        else:
            for i in range(count):
                if abs(values[row, i]) <= largest:
                    low, high = min(low, cells[i]), max(high, cells[i])
                else:
                    cells[i] = _NO_CELL
        span[row, 0], span[row, 1] = low, high


@kernel("void(int32[:, ::1], int64[:, ::1], int64[::1], uint16[::1], int64[::1])")
def counts_into(index: Indices, span: Ints, begin: Ints, counts: NDArray[np.uint16], most: Ints) -> None:
    """Add the cells *index* ``[row, draw]`` to *counts*, in which a row begins at *begin* ``[row]``.

    Sets *most* ``[row]`` to the largest count of each row.
    """
    for row in range(index.shape[0]):
        offset = begin[row] - span[row, 0]
        for i in range(index.shape[1]):
            cell = index[row, i]
            if cell != _NO_CELL:
                counts[offset + cell] += np.uint16(1)
        largest = np.uint16(0)
        for i in range(begin[row], begin[row] + max(span[row, 1] - span[row, 0] + 1, 0)):
            largest = max(largest, counts[i])
        most[row] = largest


@kernel("void(float64[:, :, ::1], int64[:, ::1], float64[:, ::1], float64[:, ::1])")
def by_set_into(chance: Floats, draws: Ints, mean: Floats, within: Floats) -> None:
    """Set *draws*, *mean* and the variance *within* of its mean, ``[event, set]``, from *chance*.

    *chance* ``[event, set, draw]``, not-a-number where a draw is invalid.
    """
    events, sets, count = chance.shape
    known = np.empty(count)
    for event in range(events):
        for s in range(sets):
            row = chance[event, s]
            valid = 0
            for i in range(count):
                good = row[i] == row[i]
                valid += 1 if good else 0
                known[i] = row[i] if good else 0.0
            total, _ = lane_sums(known)
            average = total / max(valid, 1)
            for i in range(count):
                known[i] = row[i] - average if row[i] == row[i] else 0.0
            _, square = lane_sums(known)
            draws[event, s] = valid
            mean[event, s] = average
            within[event, s] = square / (max(valid - 1, 1) * max(valid, 1))


@kernel(
    "float64(float64[:, ::1], int64, float64, float64, float64, float64, float64, boolean, float64[::1],"
    "boolean[::1], int64[::1])"
)
def target_into(
    path: Floats,
    year: int,
    lower: float,
    upper: float,
    threshold: float,
    near: float,
    largest: float,
    counted: bool,
    chance: Floats,
    hit: Bools,
    counts: Ints,
) -> float:
    """Tally one target from the *path* of its value ``[T, draw]``; return its summed shortfall.

    Sets *hit* ``[draw]``; sets *chance* to it where hits are *counted*; marks invalid draws in *chance*
    by not-a-number. *counts*: hits, near ties, invalid draws, then draws by the year of first passage
    (the last: never).
    """
    years, draws = path.shape
    counts[:] = 0
    value = path[year]
    missing, waiting = np.empty(draws), np.ones(draws, dtype=np.bool_)
    hits = ties = invalid = 0
    for i in range(draws):
        valid = (abs(value[i]) <= largest) & (counted | (chance[i] == chance[i]))
        met = (value[i] >= lower) & (value[i] <= upper) & valid
        hit[i] = met
        hits += 1 if met else 0
        invalid += 0 if valid else 1
        chance[i] = (np.float64(met) if counted else chance[i]) if valid else np.nan
        missing[i] = 0.0 if met or not valid else abs(threshold - value[i])
    for i in range(draws):
        ties += 1 if abs(value[i] - threshold) <= near * abs(threshold) else 0
    counts[0], counts[1], counts[2] = hits, ties, invalid
    for t in range(years):
        row = path[t]
        for i in range(draws):
            waiting[i] &= abs(row[i]) <= largest
    for t in range(years):
        row = path[t]
        first = 0
        for i in range(draws):
            met = (row[i] >= lower) & (row[i] <= upper) & waiting[i]
            first += 1 if met else 0
            waiting[i] ^= met
        counts[3 + t] = first
    never = 0
    for i in range(draws):
        never += 1 if waiting[i] else 0
    counts[3 + years] = never
    total, _ = lane_sums(missing)
    return total
