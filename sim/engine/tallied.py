"""The summary of a block from compiled kernels: what `sim.engine.summary` returns, in fewer passes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.accumulators import ChancesBySet, ExactSum, SetChances
from sim.axes import Floats, Ints
from sim.engine.cells import LARGEST, TIE, Trajectories, joined_cells, tallied_cells
from sim.engine.chances import path_and_chance
from sim.engine.cities import CityResults, city_targets
from sim.engine.levels import BlockLevels
from sim.engine.noise import BlockNoise
from sim.engine.summary import Summary, laws_of_cells
from sim.kernels.city_targets import counted_into
from sim.kernels.tallies import by_set_into
from sim.kernels.targets import target_into, together_into
from sim.model.model import NONE, Model


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
    """Return what `trajectories_of` returns; cities, but for counts, were tallied with their levels."""
    columns, years, draws = len(model.with_cities), len(model.years), levels.province[0, 0].size
    laws = laws_of_cells(model)
    start = len(model.cities) * columns * years
    counts = np.flatnonzero(model.is_count[model.with_cities])
    rows = np.arange(start).reshape(len(model.cities), columns, years)[:, counts].ravel()
    values = np.ascontiguousarray(levels.city[:, levels.places[counts]]).reshape(-1, draws)
    others = [part.reshape(-1, draws) for part in (levels.unallocated, quantities)]
    ends = np.cumsum([start, *(len(part) for part in others)])
    places = [rows, *(np.arange(*pair) for pair in pairwise(ends))]
    pieces = zip(places, [values, *others], strict=True)
    tallied = [tallied_cells(at, part, *(law[at] for law in laws)) for at, part in pieces]
    return joined_cells([*levels.cells, *tallied], draws)


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
        path, chance = path_and_chance(model, t, values, noise, levels, quantities)
        if chance is not None:
            chances[at] = chance.reshape(-1)
        by_draw = np.ascontiguousarray(path).reshape(-1, draws)
        missing[at] = target_into(
            by_draw, t.year, t.lower, t.upper, t.threshold, TIE, LARGEST, chance is None,
            chances[at], hits[at], counts[at],
        )  # fmt: skip
    patterns = np.zeros(1 << leads, dtype=np.int64)
    lead = np.searchsorted(others, model.headline)
    together_into(chances, hits, lead, chances[len(others) :], patterns)
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
        patterns=patterns,
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
