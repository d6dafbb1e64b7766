"""Summaries of draws that carry whole weights, as actuals give them; they merge as exactly as the others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sim.accumulators import CHANCE_CELLS, ExactSum
from sim.axes import Floats, Ints


@dataclass(frozen=True, slots=True)
class Weights:
    """Whole weights of draws: their sum and the sum of their squares."""

    total: int
    squares: int

    @classmethod
    def of(cls, weights: Ints) -> Self:
        """Return the sums of *weights*, of any shape; Python's integers have no largest one."""
        values = weights.ravel().tolist()
        return cls(sum(values), sum(value * value for value in values))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.total + other.total, self.squares + other.squares)

    def effective(self) -> float:
        """Return the effective sample size ``(sum w)^2 / sum w^2`` (Kish 1965)."""
        return self.total**2 / self.squares if self.squares else 0.0


@dataclass(frozen=True, slots=True)
class WeightedChances:
    """`SetChances` of draws that carry whole weights: sets count by the weight of their valid draws.

    *weight*, *squares_of_weight*: sums of W and W^2 over sets; *total*, *squares*: of W c and W c^2;
    *linear*, *quadratic*: of W^2 c and W^2 c^2; *within*: of W times the sampling variance of c.
    """

    sets: int
    weight: ExactSum
    squares_of_weight: ExactSum
    total: ExactSum
    squares: ExactSum
    linear: ExactSum
    quadratic: ExactSum
    within: ExactSum
    grid: NDArray[np.int64]

    @classmethod
    def of(cls, chance: Floats, weights: Ints) -> Self:
        """Return the summary of *chance* ``[event, set, draw]``, not-a-number marking an invalid draw, with
        *weights* ``[set, draw]``.
        """
        valid = ~np.isnan(chance)
        each = np.where(valid, weights, 0)
        weight = each.sum(axis=-1)
        chance = np.where(valid, chance, 0.0)
        below = np.maximum(weight, 1).astype(np.float64)
        share = each / below[..., None]
        by_set = (each * chance).sum(axis=-1) / below  # exactly one where every draw hits
        within = (share**2 * (chance - by_set[..., None]) ** 2).sum(axis=-1)
        cells = np.rint(by_set * CHANCE_CELLS).astype(np.int64)
        grid = np.zeros((len(chance), CHANCE_CELLS + 1), dtype=np.int64)
        for event, row in enumerate(cells):
            np.add.at(grid[event], row, weight[event])
        w = weight.astype(np.float64)

        def total(part: Floats) -> ExactSum:
            return ExactSum.of(part.sum(axis=1))

        return cls(
            sets=chance.shape[1],
            weight=total(w),
            squares_of_weight=total(w**2),
            total=total(w * by_set),
            squares=total(w * by_set**2),
            linear=total(w**2 * by_set),
            quadratic=total((w * by_set) ** 2),
            within=total(w * within),
            grid=grid,
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.sets + other.sets,
            self.weight + other.weight,
            self.squares_of_weight + other.squares_of_weight,
            self.total + other.total,
            self.squares + other.squares,
            self.linear + other.linear,
            self.quadratic + other.quadratic,
            self.within + other.within,
            self.grid + other.grid,
        )

    def effective_sets(self) -> int:
        """Return the effective number of sets, two at the least."""
        squares = self.squares_of_weight.value()
        number = self.weight.value() ** 2 / np.where(squares > 0.0, squares, 1.0)
        return max(2, math.floor(float(number.min(initial=np.inf)))) if number.size else 2

    def mean(self) -> Floats:
        """Return the weighted mean chance, ``[event]``; not-a-number where no draw has weight."""
        return self._over(self.total, self.weight)

    def variance(self) -> Floats:
        """Return what divided by `effective_sets` is the variance of the mean (ratio of two set sums)."""
        mean, weight = self.mean(), self.weight.value()
        linear, quadratic = self.linear.value(), self.quadratic.value()
        spread = quadratic - 2.0 * mean * linear + mean**2 * self.squares_of_weight.value()
        error = np.maximum(spread, 0.0) / np.where(weight > 0.0, weight, 1.0) ** 2
        return np.asarray(error * self.effective_sets())

    def sampling_variance(self) -> Floats:
        """Return the mean variance that the draws within a set leave in its chance, ``[event]``."""
        return self._over(self.within, self.weight)

    def quantile(self, probability: float) -> Floats:
        """Return a weighted quantile over sets with the draws' own variance removed, ``[event]``."""
        mean = self.mean()
        spread = np.maximum(self._over(self.squares, self.weight) - mean**2, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = np.where(spread > 0.0, 1.0 - self.sampling_variance() / spread, 0.0)
        cells = np.array(
            [
                np.searchsorted(np.cumsum(row), max(1.0, math.ceil(probability * int(row.sum()))))
                for row in self.grid
            ]
        )
        shrunk = mean + np.sqrt(np.maximum(kept, 0.0)) * (cells / CHANCE_CELLS - mean)
        return np.clip(shrunk, 0.0, 1.0)

    def _over(self, part: ExactSum, whole: ExactSum) -> Floats:
        below = whole.value()
        return np.where(below > 0.0, part.value() / np.where(below > 0.0, below, 1.0), np.nan)
