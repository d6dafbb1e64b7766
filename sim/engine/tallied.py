"""The summary of a block from compiled kernels: what `sim.engine.summary` returns, in fewer passes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.accumulators import RATE_STEP, ChancesBySet, ExactSum, Grid, SetChances
from sim.axes import Bools, Floats, Ints
from sim.engine.chances import outcome_of, shared_covariance
from sim.engine.levels import BlockLevels
from sim.engine.noise import BlockNoise
from sim.engine.summary import LARGEST, TIE, Summary, Trajectories, cells_in_parts
from sim.kernels.normal import normal_table
from sim.kernels.tallies import by_set_into, counts_into, moments_into
from sim.kernels.targets import city_chances_into, city_targets_into, target_into
from sim.model.model import NONE, Model

LIMITS = np.array([LARGEST, RATE_STEP])
"""The largest valid size and the step of rates, as the kernels want them."""


@dataclass(frozen=True, slots=True, eq=False)
class CityTargets:
    """The targets that one level of one city must meet: positions in the model's targets, and arrays.

    *cells* ``[target, 3]``: city, column, year; *bounds* ``[target, 3]``: lower, upper, threshold;
    *counted* ``[target]``: counts have no conditional chance.
    """

    rows: Ints
    cells: Ints
    bounds: Floats
    counted: Bools


def city_targets(model: Model) -> CityTargets:
    """Return the targets of *model* that are levels of cities, by indicator and year.

    Those whose outcome counts otherwise (an execution prior) go the way of all others.
    """
    column = {int(k): i for i, k in enumerate(model.with_cities)}
    levels = [(i, t) for i, t in enumerate(model.targets) if t.city != NONE and t.form == "value"]
    chosen = [(i, t) for i, t in levels if t.execution is None]
    chosen.sort(key=lambda item: (item[1].quantity, item[1].year))
    return CityTargets(
        np.array([i for i, _ in chosen], dtype=np.int64),
        np.array([(t.city, column[t.quantity], t.year) for _, t in chosen], dtype=np.int64).reshape(-1, 3),
        np.array([(t.lower, t.upper, t.threshold) for _, t in chosen]).reshape(-1, 3),
        np.array([model.is_count[t.quantity] for _, t in chosen], dtype=np.bool_),
    )


def city_chances(
    model: Model, chosen: CityTargets, noise: BlockNoise, levels: BlockLevels, chances: Floats
) -> None:
    """Set the rows of *chances* ``[target, draw]`` that are those of levels of cities, given mixing."""
    p = noise.parameters
    with np.errstate(divide="ignore"):
        bounds = np.log(np.maximum(chosen.bounds[:, :2], 0.0))
    for column, year in sorted({(int(c), int(t)) for _, c, t in chosen.cells}):
        k = int(model.with_cities[column])
        if model.is_count[k]:
            continue
        here = (chosen.cells[:, 1] == column) & (chosen.cells[:, 2] == year)
        city_chances_into(
            normal_table(),
            levels.calm[column],
            noise.city_mixing,
            np.ascontiguousarray(noise.weights[year, : year + 1, k, :, 0]),
            np.ascontiguousarray(p.city_sd[:, column]),
            np.ascontiguousarray(p.city_tau[:, column]),
            shared_covariance(model, (k, k), (year, year), noise, levels),
            chosen.rows[here],
            chosen.cells[here, 0].copy(),
            bounds[here],
            chances,
        )


def compiled_trajectories(model: Model, levels: BlockLevels, quantities: Floats) -> Trajectories:
    """Return what `trajectories_of` returns, from the compiled kernels."""
    parts = [tallied_cells(*part) for part in cells_in_parts(model, levels, quantities)]
    draws, sums, first, widths, counts = (list(each) for each in zip(*parts, strict=True))
    grid = Grid(
        np.concatenate(first),
        np.cumsum(np.concatenate(widths)),
        np.concatenate(counts),
        quantities[0, 0].size,
    )
    return Trajectories(np.concatenate(draws), ExactSum.of(np.concatenate(sums, axis=1)), grid)


def tallied_cells(
    values: Floats, shifts: Floats, zeros: Floats, is_rate: Bools
) -> tuple[Ints, Floats, Ints, Ints, NDArray[np.uint16]]:
    """Return valid draws, sums, and the grid's first cells, widths and counts of *values* ``[row, draw]``."""
    rows = len(values)
    draws, sums, span = np.empty(rows, dtype=np.int64), np.empty((2, rows)), np.empty((rows, 2), np.int64)
    moments_into(values, shifts, zeros, is_rate, LIMITS, draws, sums, span)
    widths = np.maximum(span[:, 1] - span[:, 0] + 1, 0)
    ends = np.cumsum(widths)
    counts = np.zeros(int(ends[-1]) if rows else 0, dtype=np.uint16)
    counts_into(values, zeros, is_rate, LIMITS, span, ends - widths, counts)
    return draws, sums, span[:, 0].copy(), widths, counts


def compiled_summary(
    model: Model,
    block: int,
    values: Floats,
    noise: BlockNoise,
    levels: BlockLevels,
    quantities: Floats,
    detailed: bool,
) -> Summary:
    """Return what `summary_of` returns for the outcomes of all targets, from the compiled kernels."""
    summary = compiled_targets(model, block, values, noise, levels, quantities)
    if not detailed:
        return summary
    return replace(summary, trajectories=compiled_trajectories(model, levels, quantities))


def compiled_targets(
    model: Model, block: int, values: Floats, noise: BlockNoise, levels: BlockLevels, quantities: Floats
) -> Summary:
    """Return the summary without trajectories; its arrays by draw are let go before those are made."""
    count, years, sets = len(model.targets), len(model.years), levels.province.shape[2]
    draws = levels.province[0, 0].size
    leads = len(model.headline)
    chances = np.empty((count + leads + 1, draws))
    hits, counts = np.empty((count, draws), dtype=np.bool_), np.empty((count, 3 + years + 1), dtype=np.int64)
    missing = np.empty(count)
    chosen = city_targets(model)
    if levels.city is not None:
        city_chances(model, chosen, noise, levels, chances)
        city_targets_into(
            levels.city.reshape(*levels.city.shape[:3], draws), chosen.rows, chosen.cells, chosen.bounds,
            TIE, LARGEST, chosen.counted, chances, hits, counts, missing,
        )  # fmt: skip
    for row in sorted(set(range(count)) - set(chosen.rows.tolist())):
        t = model.targets[row]
        outcome = outcome_of(model, t, values, noise, levels, quantities)
        path = np.ascontiguousarray(outcome.path).reshape(-1, draws)
        chances[row] = outcome.chance.reshape(-1)
        missing[row] = target_into(
            path, t.year, t.lower, t.upper, t.threshold, TIE, LARGEST, outcome.counted,
            chances[row], hits[row], counts[row],
        )  # fmt: skip
    lead = hits[model.headline]
    whole = ~np.isnan(chances[model.headline]).any(axis=0)
    at_least = lead.sum(axis=0) >= np.arange(leads + 1)[:, None]
    chances[count:] = np.where(whole, at_least, np.nan)
    codes = np.tensordot(1 << np.arange(leads), lead, axes=1)
    by_set = np.empty((2, len(chances), sets))
    known = np.empty(by_set.shape[1:], dtype=np.int64)
    by_set_into(chances.reshape(len(chances), sets, -1), known, by_set[0], by_set[1])
    return Summary(
        draws=draws,
        hits=counts[:, 0].copy(),
        ties=counts[:, 1].copy(),
        invalid=counts[:, 2].copy(),
        chances=SetChances.of_sets(known[:count], by_set[0, :count], by_set[1, :count]),
        shortfall=ExactSum.of(missing),
        passages=counts[:, 3:].copy(),
        patterns=np.bincount(codes[whole], minlength=1 << leads),
        together=SetChances.of_sets(known[count:], by_set[0, count:], by_set[1, count:]),
        by_set=ChancesBySet.of_sets(block, known, by_set[0]),
        floored=int(levels.floored.sum()) * draws // levels.floored.size,
        trajectories=None,
    )
