"""Moments and grids of rows of values, gathered piece by piece while the values are in cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sim.accumulators import LEVEL_ZERO, RATE_STEP, ExactSum, Grid
from sim.axes import Bools, Floats, Ints
from sim.kernels.tallies import counts_into, moments_into

TIE = 1e-12
"""Values this near to a target (relative) are counted as near ties."""

LARGEST = 1e140
"""A value beyond this, or none at all, is invalid: the sum of its squares would be no number."""

LIMITS = np.array([LARGEST, RATE_STEP])
"""The largest valid size and the step of rates, as the kernels want them."""


@dataclass(frozen=True, slots=True)
class Trajectories:
    """Moments and grids of every cell of `engine.summary.cells_of`, over its valid draws."""

    draws: Ints  # [cell]
    moments: ExactSum  # [2, cell]: sums of x - shift and of its square
    grid: Grid

    def __add__(self, other: Self) -> Self:
        return type(self)(self.draws + other.draws, self.moments + other.moments, self.grid + other.grid)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """What `Trajectories` keep of the cells at positions *rows* ``[row]``, of one block.

    *draws* are valid; *sums* ``[2, row]`` of value less shift and of its square; *first* and *widths* of a
    row's part of the grid, in which *counts* follow one another.
    """

    rows: Ints
    draws: Ints
    sums: Floats
    first: Ints
    widths: Ints
    counts: NDArray[np.uint16]


def tallied_cells(rows: Ints, values: Floats, shifts: Floats, zeros: Floats, is_rate: Bools) -> Cells:
    """Return what is kept of *values* ``[row, draw]``.

    *shifts* ``[row]`` are taken off before squares are summed; at *zeros* the grid of levels turns linear.
    """
    count = len(values)
    draws, sums, span = np.empty(count, dtype=np.int64), np.empty((2, count)), np.empty((count, 2), np.int64)
    moments_into(values, shifts, zeros, is_rate, LIMITS, draws, sums, span)
    widths = np.maximum(span[:, 1] - span[:, 0] + 1, 0)
    ends = np.cumsum(widths)
    counts = np.zeros(int(ends[-1]) if count else 0, dtype=np.uint16)
    counts_into(values, zeros, is_rate, LIMITS, span, ends - widths, counts)
    return Cells(rows, draws, sums, span[:, 0].copy(), widths, counts)


def joined_cells(parts: Sequence[Cells], draws: int) -> Trajectories:
    """Return the trajectories of a block of so many *draws*, whose cells are those of all *parts*."""
    runs = sorted((run for part in parts for run in runs_of(part)), key=lambda run: int(run.rows[0]))
    names = ("draws", "first", "widths", "counts")
    valid, first, widths, counts = (np.concatenate([getattr(run, name) for run in runs]) for name in names)
    sums = np.concatenate([run.sums for run in runs], axis=1)
    return Trajectories(valid, ExactSum.of(sums), Grid(first, np.cumsum(widths), counts, draws))


def runs_of(cells: Cells) -> Iterator[Cells]:
    """Yield the runs of *cells* whose rows follow one another."""
    breaks = np.flatnonzero(np.diff(cells.rows) != 1) + 1
    ends = np.concatenate([[0], np.cumsum(cells.widths)])
    for start, stop in pairwise([0, *breaks.tolist(), len(cells.rows)]):
        if start < stop:
            at = slice(start, stop)
            yield Cells(
                cells.rows[at], cells.draws[at], cells.sums[:, at], cells.first[at], cells.widths[at],
                cells.counts[ends[start] : ends[stop]],
            )  # fmt: skip


def zeros_of_base(base: Floats) -> Floats:
    """Return where the grid of levels turns linear, a power of two, from base-year values.

    A sixteenth of the base-year value, at most: nobody asks what part of a thousandth is left of a level
    that has all but gone.
    """
    part = base / 16.0
    known = np.isfinite(part) & (np.abs(part) > LEVEL_ZERO)
    return np.exp2(np.floor(np.log2(np.where(known, np.abs(part), LEVEL_ZERO))))
