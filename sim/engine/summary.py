"""What is kept of a block, and of all of them: everything merges with ``+``, exactly."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from sim.accumulators import (
    NO_CELL,
    ChancesBySet,
    ExactSum,
    Grid,
    SetChances,
    level_indices,
    rate_indices,
)
from sim.axes import Bools, Floats, Ints
from sim.engine.cells import LARGEST, TIE, Trajectories, zeros_of_base
from sim.engine.chances import Outcome
from sim.engine.levels import BlockLevels, base_of
from sim.kernels.conditioning import log_mean, whole_weights
from sim.model.model import NONE, Model
from sim.model.parameters import drawn_parameters
from sim.streams import SETS
from sim.weights import WeightedChances, Weights

WEIGHT_UNIT = 2.0**20
"""The whole weight of a draw of mean weight: what weighs less than a millionth of it weighs nothing."""

MOST_WEIGHT = 2.0**44
"""No draw weighs more: sums of a block then stay exact in float64."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One scenario's draws so far. ``[target]`` but for *passages* ``[target, T + 1]``.

    *patterns* ``[2^headline]`` counts draws by which lead headline targets they hit (bit i: the
    i-th); *together* holds the chances of at least k of them, k = 0 .. all; *by_set* has the chances of
    the targets, then those of at least k, set by set. A draw whose value is no
    number, or past all numbers, is *invalid*: neither hit nor miss, and in no other count.

    With actuals draws have whole *weights*, and every count is a sum of weights.
    """

    draws: int
    hits: Ints
    ties: Ints
    invalid: Ints
    chances: SetChances | WeightedChances
    shortfall: ExactSum
    passages: Ints
    patterns: Ints
    together: SetChances | WeightedChances
    by_set: ChancesBySet
    floored: int
    trajectories: Trajectories | None
    weights: Weights | None = None

    def total(self) -> int:
        """Return what all draws count together: their number, or the sum of their weights."""
        return self.draws if self.weights is None else self.weights.total

    def effective(self) -> float:
        """Return the effective number of draws."""
        return float(self.draws) if self.weights is None else self.weights.effective()

    def __add__(self, other: Self) -> Self:
        here, there = self.trajectories, other.trajectories
        return type(self)(
            self.draws + other.draws,
            self.hits + other.hits,
            self.ties + other.ties,
            self.invalid + other.invalid,
            self.chances + other.chances,  # type: ignore[operator]
            self.shortfall + other.shortfall,
            self.passages + other.passages,
            self.patterns + other.patterns,
            self.together + other.together,  # type: ignore[operator]
            self.by_set + other.by_set,
            self.floored + other.floored,
            here + there if here is not None and there is not None else None,
            None if self.weights is None or other.weights is None else self.weights + other.weights,
        )


def summary_of(
    model: Model,
    block: int,
    levels: BlockLevels,
    quantities: Floats,
    outcomes: tuple[Outcome, ...],
    detailed: bool,
) -> Summary:
    """Return the summary of one block, from plain NumPy: the oracle of `sim.engine.tallied`."""
    shape = (len(outcomes), *levels.province.shape[2:])
    values, hits, chances = np.empty(shape), np.empty(shape, dtype=np.bool_), np.empty(shape)
    for row, (outcome, target) in enumerate(zip(outcomes, model.targets, strict=True)):
        values[row] = outcome.path[target.year]
        hits[row] = outcome.hit
        chances[row] = outcome.chance
    thresholds = np.array([t.threshold for t in model.targets])[:, None, None]
    invalid = ~is_valid(values) | np.isnan(chances)
    hits &= ~invalid
    chances[invalid] = np.nan
    missing = np.where(hits | invalid, 0.0, np.abs(thresholds - values))
    whole = ~invalid[model.headline].any(axis=0)
    together = hits[model.headline].sum(axis=0)
    at_least = (together >= np.arange(len(model.headline) + 1)[:, None, None]).astype(np.float64)
    at_least[:, ~whole] = np.nan
    weights = weights_of(model, levels)
    both = np.concatenate([chances, at_least])
    codes = np.tensordot(1 << np.arange(len(model.headline)), hits[model.headline], axes=1)
    return Summary(
        draws=levels.province[0, 0].size,
        hits=count_of(hits, weights),
        ties=count_of(np.abs(values - thresholds) <= TIE * np.abs(thresholds), weights),
        invalid=count_of(invalid, weights),
        chances=SetChances.of(chances) if weights is None else WeightedChances.of(chances, weights),
        shortfall=ExactSum.of((missing if weights is None else missing * weights).sum(axis=(1, 2))),
        passages=np.array(
            [passages_of(o, t.lower, t.upper, weights) for o, t in zip(outcomes, model.targets, strict=True)]
        ),
        patterns=patterns_of(codes[whole], None if weights is None else weights[whole], len(model.headline)),
        together=SetChances.of(at_least) if weights is None else WeightedChances.of(at_least, weights),
        by_set=ChancesBySet.of(block, both, weights),
        floored=int(levels.floored.sum()) * levels.province[0, 0].size // levels.floored.size,
        trajectories=trajectories_of(model, levels, quantities, weights) if detailed else None,
        weights=None if weights is None else Weights.of(weights),
    )


def weights_of(model: Model, levels: BlockLevels) -> Ints | None:
    """Return the whole weights of the draws ``[S, D]``; None where nothing was observed.

    A model whose unit of weights no pilot has set takes the mean of the block: good for a single one.
    """
    if levels.log_weight is None or model.observed is None:
        return None
    reference = model.observed.reference
    if not np.isfinite(reference):
        reference = log_mean(levels.log_weight)
    return whole_weights(levels.log_weight, reference, WEIGHT_UNIT, MOST_WEIGHT)


def patterns_of(codes: Ints, weights: Ints | None, count: int) -> Ints:
    """Return how often each pattern of *count* hits occurs."""
    if weights is None:
        return np.bincount(codes, minlength=1 << count)
    summed = np.bincount(codes, weights=weights.astype(np.float64), minlength=1 << count)
    return summed.astype(np.int64)


def is_valid(values: Floats) -> Bools:
    """Return which *values* are numbers that can be counted and summed."""
    return np.abs(values) <= LARGEST


def count_of(events: np.ndarray, weights: Ints | None) -> Ints:
    """Return how many draws of each row are true, or what they weigh."""
    if weights is not None:
        return np.asarray((events * weights).sum(axis=(1, 2)), dtype=np.int64)
    return np.asarray(events.sum(axis=(1, 2)), dtype=np.int64)


def passages_of(outcome: Outcome, lower: float, upper: float, weights: Ints | None) -> Ints:
    """Return in how many draws the target was first met in each year; the last: never."""
    waiting = is_valid(outcome.path).all(axis=0)
    passages = []
    for values in outcome.path:
        met = (values >= lower) & (values <= upper) & waiting
        passages.append(np.count_nonzero(met) if weights is None else weights[met].sum())
        waiting &= ~met
    return np.array([*passages, np.count_nonzero(waiting) if weights is None else weights[waiting].sum()])


def cells_of(model: Model) -> tuple[tuple[str, int, int], ...]:
    """Return (area, quantity, year) of every row of trajectories: cities, unallocated, province."""
    years = range(len(model.years))
    cities = [(c, int(k), t) for c in model.cities.labels for k in model.with_cities for t in years]
    unallocated = [("unallocated", int(k), t) for k in model.with_cities for t in years]
    province = [("province", q, t) for q in range(len(model.quantities)) for t in years]
    return (*cities, *unallocated, *province)


def shifts_of(model: Model) -> Floats:
    """Return the constant that is taken off before squares are summed, by row of `cells_of`.

    The base-year level: near the mean, so that the variance does not drown in rounding.
    """
    years = len(model.years)
    cities = np.repeat(model.base.ravel(), years)
    count = len(model.quantities) - len(model.indicators)
    base = np.where(model.is_rate, 50.0, model.base_province)
    return np.concatenate(
        [cities, np.zeros(len(model.with_cities) * years), np.repeat(base, years), np.zeros(count * years)]
    )


def zeros_of(model: Model) -> Floats:
    """Return where the grid of levels turns linear, by row of `cells_of`, as `zeros_of_base` says.

    What is unallocated lies around zero: a quarter of the province's base.
    """
    years, count = len(model.years), len(model.indicators)
    central = drawn_parameters(model.parameters, model.seed, False, 0, SETS)
    derived = [float(base_of(model, central, q)[0]) for q in range(count, len(model.quantities))]
    province = np.concatenate([np.where(model.is_rate, 50.0, model.base_province), derived])
    unallocated = 4.0 * model.base_province[model.with_cities]
    return zeros_of_base(np.repeat(np.concatenate([model.base.ravel(), unallocated, province]), years))


@functools.lru_cache(maxsize=64)
def laws_of_cells(model: Model) -> tuple[Floats, Floats, Bools]:
    """Return shifts, zeros and which are rates, by row of `cells_of`."""
    years = len(model.years)
    is_rate = np.zeros(len(cells_of(model)), dtype=np.bool_)
    quantities = len(is_rate) - len(model.quantities) * years
    rates = np.repeat(model.is_rate, years)
    is_rate[quantities : quantities + len(rates)] = rates
    return shifts_of(model), zeros_of(model), is_rate


def cells_in_parts(
    model: Model, levels: BlockLevels, quantities: Floats
) -> Iterator[tuple[Floats, Floats, Floats, Bools]]:
    """Yield values ``[cell, draw]``, shifts, zeros and which are rates, of each of three parts.

    The parts are cities, unallocated and all quantities.
    """
    if np.any(levels.places == NONE):
        raise ValueError("levels of cities were not kept")
    draws = levels.province[0, 0].size
    parts = [part.reshape(-1, draws) for part in (levels.city, levels.unallocated, quantities)]
    ends = np.cumsum([len(part) for part in parts])[:-1]
    about = (np.split(each, ends) for each in laws_of_cells(model))
    yield from zip(parts, *about, strict=True)


def trajectories_of(
    model: Model, levels: BlockLevels, quantities: Floats, weights: Ints | None
) -> Trajectories:
    """Return moments and grids of all cells of a block, whose levels of cities were kept."""
    counts, sums, indices = [], [], []
    for part, shift, zero, rates in cells_in_parts(model, levels, quantities):
        valid = is_valid(part)
        known = part if valid.all() else np.where(valid, part, shift[:, None])
        moved = known - shift[:, None]
        if weights is None:
            sums.append(np.stack([moved.sum(axis=1), np.einsum("ij,ij->i", moved, moved)]))
        else:
            each = moved * weights.ravel()
            sums.append(np.stack([each.sum(axis=1), np.einsum("ij,ij->i", each, moved)]))
        index = level_indices(known, zero[:, None])
        index[rates] = rate_indices(known[rates])
        if known is not part:
            index[~valid] = NO_CELL
        indices.append(index)
        counts.append(valid.sum(axis=1) if weights is None else (valid * weights.ravel()).sum(axis=1))
    cells = np.concatenate(indices)
    return Trajectories(
        np.concatenate(counts),
        ExactSum.of(np.concatenate(sums, axis=1)),
        Grid.of(cells, None if weights is None else weights.ravel()),
    )
