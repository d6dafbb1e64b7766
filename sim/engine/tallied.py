"""The summary of a block from compiled kernels: what `sim.engine.summary` returns, in fewer passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.accumulators import RATE_STEP, ChancesBySet, ExactSum, Grid, SetChances
from sim.axes import Bools, Floats, Ints
from sim.engine.chances import outcome_of
from sim.engine.cities import LARGEST, TIE, CityResults, city_targets
from sim.engine.levels import BlockLevels
from sim.engine.noise import BlockNoise
from sim.engine.summary import Summary, Trajectories, cells_in_parts
from sim.kernels.city_targets import counted_into
from sim.kernels.tallies import by_set_into, counts_into, moments_into
from sim.kernels.targets import target_into
from sim.model.model import NONE, Model

LIMITS = np.array([LARGEST, RATE_STEP])
"""The largest valid size and the step of rates, as the kernels want them."""


def counted_targets(model: Model, places: Ints) -> tuple[Ints, Ints, Floats]:
    """Return the targets of *model* that are counts of cities: rows, cells ``[target, 3]`` (city, place,
    year) and bounds ``[target, 3]`` (lower, upper, threshold).
    """
    place = {int(k): int(places[i]) for i, k in enumerate(model.with_cities)}
    chosen = [
        (row, t)
        for row, t in enumerate(model.targets)
        if t.city != NONE and t.form == "value" and t.execution is None and model.is_count[t.quantity]
    ]
    return (
        np.array([row for row, _ in chosen], dtype=np.int64),
        np.array([(t.city, place[t.quantity], t.year) for _, t in chosen], dtype=np.int64).reshape(-1, 3),
        np.array([(t.lower, t.upper, t.threshold) for _, t in chosen]).reshape(-1, 3),
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
    if levels.results is None:
        raise ValueError("targets of cities were not worked with their levels")
    count, years, sets = len(model.targets), len(model.years), levels.province.shape[2]
    draws, leads = levels.province[0, 0].size, len(model.headline)
    worked = city_targets(model).rows
    others = np.setdiff1d(np.arange(count), worked)
    chances = np.empty((len(others) + leads + 1, draws))
    hits = np.empty((len(others), draws), dtype=np.bool_)
    counts, missing = np.empty((len(others), 3 + years + 1), dtype=np.int64), np.empty(len(others))
    rows, cells, bounds = counted_targets(model, levels.places)
    kept = levels.city.reshape(*levels.city.shape[:3], draws)
    counted_into(
        kept, np.searchsorted(others, rows), cells, bounds, TIE, LARGEST, chances, hits, counts, missing
    )
    for at, row in enumerate(others):
        if row in rows:
            continue
        t = model.targets[row]
        outcome = outcome_of(model, t, values, noise, levels, quantities)
        path = np.ascontiguousarray(outcome.path).reshape(-1, draws)
        chances[at] = outcome.chance.reshape(-1)
        missing[at] = target_into(
            path, t.year, t.lower, t.upper, t.threshold, TIE, LARGEST, outcome.counted,
            chances[at], hits[at], counts[at],
        )  # fmt: skip
    lead = np.searchsorted(others, model.headline)
    whole = ~np.isnan(chances[lead]).any(axis=0)
    at_least = hits[lead].sum(axis=0) >= np.arange(leads + 1)[:, None]
    chances[len(others) :] = np.where(whole, at_least, np.nan)
    codes = np.tensordot(1 << np.arange(leads), hits[lead], axes=1)
    by_set = chances.reshape(-1, sets, draws // sets)
    results = joined(levels.results, worked, others, (counts, missing), by_set)
    known, mean, within = results.known, results.mean, results.within
    return Summary(
        draws=draws,
        hits=results.counts[:, 0].copy(),
        ties=results.counts[:, 1].copy(),
        invalid=results.counts[:, 2].copy(),
        chances=SetChances.of_sets(known[:count], mean[:count], within[:count]),
        shortfall=ExactSum.of(results.missing),
        passages=results.counts[:, 3:].copy(),
        patterns=np.bincount(codes[whole], minlength=1 << leads),
        together=SetChances.of_sets(known[count:], mean[count:], within[count:]),
        by_set=ChancesBySet.of_sets(block, known, mean),
        floored=int(levels.floored.sum()) * draws // levels.floored.size,
        trajectories=None,
    )


def joined(
    cities: CityResults, worked: Ints, others: Ints, own: tuple[Ints, Floats], chances: Floats
) -> CityResults:
    """Return the results of all targets, then by set of numbers of headline targets together.

    Those in rows *worked* are those of *cities*; counts and shortfalls of *others* are their *own*, and
    *chances* ``[event, set, draw]`` are those of them and of the numbers together.
    """
    count, events = len(worked) + len(others), len(chances)
    sets = chances.shape[1]
    known = np.empty((events, sets), dtype=np.int64)
    mean, within = np.empty((2, events, sets))
    by_set_into(chances, known, mean, within)
    places = np.concatenate([others, np.arange(count, events + len(worked))])

    def whole(mine: NDArray[Any], theirs: NDArray[Any], at: Ints) -> NDArray[Any]:
        both: NDArray[Any] = np.empty((len(mine) + len(worked), *mine.shape[1:]), dtype=mine.dtype)
        both[at], both[worked] = mine, theirs
        return both

    return CityResults(
        whole(own[0], cities.counts, others),
        whole(own[1], cities.missing, others),
        whole(known, cities.known, places),
        whole(mean, cities.mean, places),
        whole(within, cities.within, places),
    )
