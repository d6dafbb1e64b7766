"""Summaries that merge: ``of`` values, ``+``, value. Any split and order of blocks gives the same bits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sim.axes import Floats, Ints

_SHIFT = 1100
"""Every finite float64 is a whole multiple of 2**-1074, so this fixed point holds all of them exactly."""

_MANTISSA = 53

LEVEL_ZERO = 2.0**-20
"""Where the grid of levels turns linear, unless a row has a zero of its own: a millionth."""

PER_OCTAVE = 1024
"""Cells of the grid of levels from one power of two to the next: each is 0.05 to 0.1 % wide.

The number of a cell is read off the leading bits of a level, without a logarithm.
"""

_CELL_BITS = 52 - PER_OCTAVE.bit_length() + 1
"""Bits of a mantissa within one cell."""

RATE_STEP = 0.001
"""Width of a grid cell of rates, in percentage points: linear."""

CHANCE_CELLS = 1000
"""Cells of the grid of chances between 0 and 1."""

NO_CELL = int(np.iinfo(np.int32).min)
"""The index of what has no cell: a value that is no finite number."""

_HIGHEST = int(np.iinfo(np.int32).max)


def exact(value: float) -> int:
    """Return *value* as a whole number of 2**-`_SHIFT`."""
    numerator, denominator = value.as_integer_ratio()
    return (numerator << _SHIFT) // denominator  # a power of two, so nothing is lost


def rounded(number: int) -> float:
    """Return the fixed-point *number* as the nearest float64."""
    return number / (1 << _SHIFT)


@dataclass(frozen=True, slots=True)
class ExactSum:
    """Sums of float64 values without rounding: whole numbers of a fixed unit."""

    shape: tuple[int, ...]
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, values: Floats) -> Self:
        """Return the sums that *values* are; not-a-number and infinities are a ValueError."""
        if not np.all(np.isfinite(values)):
            raise ValueError("only finite values can be summed exactly")
        mantissa, exponent = np.frexp(values.ravel())
        whole = (mantissa * 2.0**_MANTISSA).astype(np.int64).tolist()
        shifts = (exponent.astype(np.int64) + (_SHIFT - _MANTISSA)).tolist()
        numbers = (w << s if s >= 0 else w >> -s for w, s in zip(whole, shifts, strict=True))
        return cls(values.shape, tuple(numbers))  # below 2^-1047 only zeros are shifted out

    def __add__(self, other: Self) -> Self:
        pairs = zip(self.numbers, other.numbers, strict=True)
        return type(self)(self.shape, tuple(a + b for a, b in pairs))

    def value(self) -> Floats:
        return np.array([rounded(n) for n in self.numbers]).reshape(self.shape)


def type_for(total: int) -> type[np.integer]:
    """Return the type for counts that sum to *total* in a row: two bytes do for most runs."""
    return np.uint16 if total < 2**16 else np.uint32 if total < 2**32 else np.int64


@dataclass(frozen=True, slots=True)
class Grid:
    """Counts of values on a fixed grid, one row per cell of results; rows keep only what they need.

    *first* ``[row]``: the grid index of a row's first count; *ends* ``[row]``: where its counts end in
    *counts*, in which they follow one another; *total*: what no row's sum exceeds.
    """

    first: Ints
    ends: Ints
    counts: NDArray[np.integer]
    total: int

    @classmethod
    def of(cls, indices: NDArray[np.int32], weights: Ints | None = None) -> Self:
        """Return the counts of grid *indices* ``[row, draw]``, each row without its draws of `NO_CELL`.

        With whole *weights* ``[draw]`` their sums; float64 adds them exactly up to 2^53.
        """
        first, counts = [], []
        for row in indices:
            some = row != NO_CELL
            if weights is not None:
                some &= weights > 0
            known, weight = row[some], None if weights is None else weights[some].astype(np.float64)
            low = int(known.min(initial=_HIGHEST))
            first.append(low)
            counts.append(np.bincount(known - low, weights=weight).astype(np.int64))
        total = indices.shape[1] if weights is None else int(weights.sum())
        whole = np.concatenate(counts) if counts else np.zeros(0, dtype=np.int64)
        ends = np.cumsum([len(part) for part in counts], dtype=np.int64)
        return cls(np.array(first, dtype=np.int64), ends, whole.astype(type_for(total)), total)

    @property
    def begins(self) -> Ints:
        """Where the counts of each row begin, ``[row]``."""
        return np.concatenate([[0], self.ends[:-1]]).astype(np.int64) if len(self.ends) else self.ends

    def rows(self) -> tuple[NDArray[np.integer], ...]:
        """Return the counts row by row."""
        pairs = zip(self.begins.tolist(), self.ends.tolist(), strict=True)
        return tuple(self.counts[begin:end] for begin, end in pairs)

    def __add__(self, other: Self) -> Self:
        total, first = self.total + other.total, np.minimum(self.first, other.first)
        beyond = [grid.first + (grid.ends - grid.begins) for grid in (self, other)]
        widths = np.maximum(np.maximum(*(np.where(b == _HIGHEST, first, b) for b in beyond)) - first, 0)
        ends = np.cumsum(widths)
        counts = np.zeros(int(ends[-1]) if len(ends) else 0, dtype=type_for(total))
        for grid in (self, other):
            to = ends - widths + np.where(grid.first == _HIGHEST, 0, grid.first - first)
            cuts = zip(grid.begins.tolist(), grid.ends.tolist(), to.tolist(), strict=True)
            for begin, end, start in cuts:  # row by row, so that narrower counts are widened a row at a time
                counts[start : start + end - begin] += grid.counts[begin:end]
        return type(self)(first, ends, counts, total)

    def index_at(self, probability: float) -> Ints:
        """Return the least grid index up to which a share *probability* of the values lies, ``[row]``.

        A row without any value has `NO_CELL`.
        """
        found = np.full(len(self.first), NO_CELL, dtype=np.int64)
        for row, (low, counts) in enumerate(zip(self.first.tolist(), self.rows(), strict=True)):
            if not len(counts):
                continue
            cumulative = np.cumsum(counts, dtype=np.int64)
            wanted = max(1, math.ceil(probability * int(cumulative[-1])))
            found[row] = low + int(np.searchsorted(cumulative, wanted))
        return found


def level_indices(values: Floats, zero: Floats | float = LEVEL_ZERO) -> NDArray[np.int32]:
    """Return indices on the signed grid of levels, linear up to *zero* (powers of two), then by octaves.

    A cell beyond *zero* includes its larger end.
    """
    size = np.abs(values)
    zero = np.broadcast_to(zero, values.shape)
    beyond = np.maximum(size, zero).view(np.int64) - np.ascontiguousarray(zero).view(np.int64)
    outer = PER_OCTAVE + ((beyond + (1 << _CELL_BITS) - 1) >> _CELL_BITS)
    inner = np.rint(np.minimum(size, zero) * (PER_OCTAVE / zero)).astype(np.int64)
    indices = np.where(size > zero, outer, inner).astype(np.int32)
    return np.where(values < 0.0, -indices, indices)


def level_of_index(index: Ints, zero: Floats | float = LEVEL_ZERO) -> Floats:
    """Return the middle of the cell *index* of the signed grid of levels."""
    zero = np.ascontiguousarray(np.broadcast_to(zero, np.shape(index)), dtype=np.float64)
    size = np.abs(index)
    last = np.maximum(size - PER_OCTAVE, 1).astype(np.int64)
    low, high = (((n << _CELL_BITS) + zero.view(np.int64)).view(np.float64) for n in (last - 1, last))
    middle = np.where(size > PER_OCTAVE, 0.5 * (low + high), size * (zero / PER_OCTAVE))
    return np.sign(index) * middle


def rate_indices(values: Floats) -> NDArray[np.int32]:
    """Return indices on the linear grid of rates."""
    return np.rint(values / RATE_STEP).astype(np.int32)


def rate_of_index(index: Ints) -> Floats:
    """Return the value of cell *index* of the linear grid of rates."""
    return index.astype(np.float64) * RATE_STEP


@dataclass(frozen=True, slots=True)
class SetChances:
    """Chances of events by set of draws: their sums, squares, sampling variance and distribution.

    ``[event]`` each; *grid* ``[event, CHANCE_CELLS + 1]`` counts sets by their chance. *counted* are
    the sets that hold a valid draw of the event; the others say nothing of it.
    """

    sets: int
    counted: Ints
    total: ExactSum
    squares: ExactSum
    within: ExactSum
    grid: NDArray[np.int32]

    @classmethod
    def of(cls, chance: Floats) -> Self:
        """Return the summary of *chance* ``[event, set, draw]``; not-a-number marks an invalid draw."""
        valid = ~np.isnan(chance)
        draws = valid.sum(axis=-1)
        chance = np.where(valid, chance, 0.0)
        by_set = chance.sum(axis=-1) / np.maximum(draws, 1)
        apart = np.where(valid, chance - by_set[..., None], 0.0)
        within = (apart**2).sum(axis=-1) / (np.maximum(draws - 1, 1) * np.maximum(draws, 1))
        return cls.of_sets(draws, by_set, within)

    @classmethod
    def of_sets(cls, draws: Ints, by_set: Floats, within: Floats) -> Self:
        """Return the summary of sets with so many valid *draws*, their chances and sampling variances.

        ``[event, set]`` each; a set without a valid draw has zeros.
        """
        some = draws > 0
        cells = np.rint(by_set * CHANCE_CELLS).astype(np.int64)
        grid = np.zeros((len(draws), CHANCE_CELLS + 1), dtype=np.int32)
        np.add.at(grid, (np.nonzero(some)[0], cells[some]), 1)
        return cls(
            draws.shape[1],
            some.sum(axis=1),
            ExactSum.of(by_set.sum(axis=1)),
            ExactSum.of((by_set**2).sum(axis=1)),
            ExactSum.of(within.sum(axis=1)),
            grid,
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.sets + other.sets,
            self.counted + other.counted,
            self.total + other.total,
            self.squares + other.squares,
            self.within + other.within,
            self.grid + other.grid,
        )

    def mean(self) -> Floats:
        """Return the mean chance over sets, ``[event]``; not-a-number where no draw is valid."""
        return self._per_set(self.total)

    def variance(self) -> Floats:
        """Return the variance of the chance over sets, ``[event]``."""
        spread = self._per_set(self.squares) - self.mean() ** 2
        return np.maximum(spread, 0.0) * self.counted / np.maximum(self.counted - 1, 1)

    def sampling_variance(self) -> Floats:
        """Return the mean variance that the draws within a set leave in its chance, ``[event]``."""
        return self._per_set(self.within)

    def _per_set(self, total: ExactSum) -> Floats:
        return np.where(self.counted > 0, total.value() / np.maximum(self.counted, 1), np.nan)

    def quantile(self, probability: float) -> Floats:
        """Return a quantile over sets with the draws' own variance removed, ``[event]``.

        Chances are drawn towards their mean by the share of their variance that is not sampling.
        """
        mean, variance = self.mean(), self.variance()
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = np.where(variance > 0.0, 1.0 - self.sampling_variance() / variance, 0.0)
        wanted = np.maximum(1.0, np.ceil(probability * self.counted))
        cells = np.array(
            [np.searchsorted(np.cumsum(row), want) for row, want in zip(self.grid, wanted, strict=True)]
        )
        shrunk = mean + np.sqrt(np.maximum(kept, 0.0)) * (cells / CHANCE_CELLS - mean)
        return np.clip(shrunk, 0.0, 1.0)


GATHERED = 256
"""So many arrays of single blocks are put into one: small ones that live long leave holes in memory."""


def gathered(arrays: tuple[Floats, ...]) -> tuple[Floats, ...]:
    """Return equal *arrays*, those that lie by themselves moved into one if they are many."""
    loose = [array for array in arrays if array.base is None]
    if len(loose) < GATHERED:
        return arrays
    together = iter(np.stack(loose))
    return tuple(next(together) if array.base is None else array for array in arrays)


@dataclass(frozen=True, slots=True)
class ChancesBySet:
    """Chances of events set by set, so that scenarios that share their luck can be compared in pairs.

    *chances*: by block, ``[event, set]`` each; not-a-number where no draw of the set is valid.
    *weights*: the whole weight of each set, by block likewise; none where draws have no weights.
    """

    blocks: tuple[int, ...]
    chances: tuple[Floats, ...]
    weights: tuple[Floats, ...] = ()

    @classmethod
    def of(cls, block: int, chance: Floats, weights: Ints | None = None) -> Self:
        """Return the mean of *chance* ``[event, set, draw]`` in each set; not-a-number is no draw."""
        valid = ~np.isnan(chance)
        if weights is not None:
            each = np.where(valid, weights, 0)
            weight = each.sum(axis=-1).astype(np.float64)
            share = (each * np.where(valid, chance, 0.0)).sum(axis=-1) / np.maximum(weight, 1.0)
            return cls((block,), (share,), (weight,))
        draws = valid.sum(axis=-1)
        total = np.where(valid, chance, 0.0).sum(axis=-1)
        return cls.of_sets(block, draws, total / np.maximum(draws, 1))

    @classmethod
    def of_sets(cls, block: int, draws: Ints, by_set: Floats) -> Self:
        """Return the chances *by_set* ``[event, set]`` of a block whose sets have so many valid *draws*."""
        return cls((block,), (np.where(draws > 0, by_set, np.nan),))

    def __add__(self, other: Self) -> Self:
        blocks = (*self.blocks, *other.blocks)
        order = sorted(range(len(blocks)), key=lambda i: blocks[i])
        chances = (*self.chances, *other.chances)
        weights = (*self.weights, *other.weights)
        return type(self)(
            tuple(blocks[i] for i in order),
            gathered(tuple(chances[i] for i in order)),
            gathered(tuple(weights[i] for i in order)) if weights else (),
        )

    def value(self) -> Floats:
        """Return the chances ``[event, set]`` in the order of sets.

        Of weighted sets ``p + (c - p) W / mean(W)``: their plain mean is the weighted mean p, and their
        variance over sets that of p (linearised ratio), so pairs can be compared as ever.
        """
        chances = np.concatenate(self.chances, axis=1)
        if not self.weights:
            return chances
        weights = np.concatenate(self.weights, axis=1)
        total = np.maximum(weights.sum(axis=1, keepdims=True), 1.0)
        mean = (weights * chances).sum(axis=1, keepdims=True) / total
        return np.asarray(mean + (chances - mean) * weights * weights.shape[1] / total)
