"""The only loop over draws: blocks, and within a block the scenarios that share its luck."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from sim.accumulators import ChancesBySet
from sim.axes import Floats
from sim.designs import Design
from sim.engine.chances import outcome_of
from sim.engine.cities import city_targets
from sim.engine.levels import BlockLevels, levels_of_block, quantities_of_block
from sim.engine.luck import Luck
from sim.engine.memory import settle_memory
from sim.engine.noise import BlockNoise, SetParameters, block_noise, set_parameters
from sim.engine.pilot import with_reference
from sim.engine.summary import Summary, summary_of
from sim.engine.tallied import compiled_summary
from sim.engine.tilting import start_of_block
from sim.executors import Map, serial
from sim.model.model import NONE, Model

KEPT_KEYS = 512
"""Models whose keys are kept from one block to the next."""


def run(
    models: Sequence[Model],
    blocks: range,
    detailed: bool = True,
    map_blocks: Map = serial,
    by_set: int | None = None,
) -> tuple[Summary, ...]:
    """Return one summary per model over *blocks*, run wherever *map_blocks* puts them.

    Summaries merge exactly, so one core, many cores and any order give the same bits. *by_set*: of how many
    blocks, the first, chances by set are kept, which grow with draws; None: of all.
    """
    ready = tuple(model if model.observed is None else with_reference(model) for model in models)
    done = map_blocks(partial(run_block, ready, detailed), blocks)
    totals = list(next(done))
    for parts in done:
        absorb(totals, parts if by_set is None else without_sets(parts, blocks.start + by_set))
    return tuple(totals)


def without_sets(parts: Iterable[Summary], first: int) -> Iterator[Summary]:
    """Yield *parts*, those of block *first* and later without their chances by set."""
    for part in parts:
        is_kept = part.by_set.blocks[0] < first
        yield part if is_kept else replace(part, by_set=ChancesBySet((), ()))


def absorb(totals: list[Summary], parts: Iterable[Summary]) -> None:
    """Add *parts* to *totals*, one at a time, where they are yielded: grids are large."""
    for position, part in enumerate(parts):
        totals[position] = totals[position] + part


def run_block(
    models: tuple[Model, ...], detailed: bool, block: int, compiled: bool = True
) -> Iterator[Summary]:
    """Yield the summary of one block for each model, from compiled kernels or (the oracle) plain NumPy.

    Models with equal noise share it; neighbours that differ only in what derived quantities are
    made of share their levels. Either is let go once no later model needs it. Sizes without bound can
    take a level past all numbers: such draws are counted as invalid, so the processor's flags are not needed.
    """
    settle_memory()
    lucks: dict[tuple[int, Design], Luck] = {}
    noises: dict[tuple[object, ...], BlockNoise] = {}
    levels: BlockLevels | None = None
    noise_keys = [noise_key(model) for model in models]
    level_keys = [level_key(model, detailed) for model in models]
    for position, model in enumerate(models):
        key_of_luck, key = (model.seed, model.design), noise_keys[position]
        if key_of_luck not in lucks:
            lucks[key_of_luck] = Luck(model.seed, block, compiled, model.design)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            values, luck = start_of_block(model, lucks[key_of_luck])
            parameters = set_parameters(model, values, block)
            later = list(zip(noise_keys, level_keys, strict=True))[position + 1 :]
            is_last = all(noise != key for noise, _ in later)
            if key not in noises:  # what nobody else will ask for is made with the levels, in cache
                again = any(noise == key and level != level_keys[position] for noise, level in later)
                cities = again or model.observed is not None
                noises[key] = block_noise(model, parameters, luck, cities=cities)
            if levels is None:
                levels = levels_asked(model, values, parameters, noises[key], luck, detailed)
            if is_last:  # levels are all that is made of it
                noises[key] = without_cities(noises[key])
            summary = summarised(model, block, values, noises[key], levels, luck, detailed)
        if level_keys[position] != next(iter(level_keys[position + 1 :]), None):
            levels = None
        if is_last:
            del noises[key]
        yield summary


def levels_asked(
    model: Model, values: Floats, parameters: SetParameters, noise: BlockNoise, luck: Luck, detailed: bool
) -> BlockLevels:
    """Return the levels of a block with what is tallied while they are made, or, for what plain NumPy makes
    of them, with all levels of cities.
    """
    if not luck.compiled or model.observed is not None:
        return levels_of_block(model, values, parameters, noise, luck, True)
    chosen = city_targets(model)
    return levels_of_block(model, values, parameters, noise, luck, False, chosen, detailed)


def without_cities(noise: BlockNoise) -> BlockNoise:
    """Return *noise* without the factor of cities, the largest array of a block."""
    return replace(noise, city=np.empty((0, *noise.city.shape[1:])))


@functools.lru_cache(maxsize=KEPT_KEYS)
def noise_key(model: Model) -> tuple[object, ...]:
    """Return what decides the noise of a block, but for its luck."""
    return model.noise.key, held_among(model, model.noise.rows()), proposal_of(model)


@functools.lru_cache(maxsize=KEPT_KEYS)
def level_key(model: Model, detailed: bool) -> tuple[object, ...]:
    """Return what decides the levels of a block and what targets of cities make of them, but for its luck."""
    held, leads = held_among(model, level_rows(model)), set(model.headline.tolist())
    asked = tuple((n, t, n in leads) for n, t in enumerate(model.targets) if t.city != NONE)
    parts = (id(model.drift), id(model.shocks), held, detailed, asked, id(model.observed))
    return (*noise_key(model), *parts)


def proposal_of(model: Model) -> tuple[object, ...]:
    """Return what names the law that actuals have the model draw from, held parameters given; () for its
    own.
    """
    if model.observed is None or model.observed.proposal is None:
        return ()
    law = model.observed.proposal
    return id(law), held_among(model, frozenset(law.rows))


def level_rows(model: Model) -> frozenset[int]:
    """Return the parameter rows that levels depend on; an assumption may serve a stock as well."""
    series = frozenset(int(row) for row in model.noise.series_rows.ravel())
    return model.noise.rows() | series | {model.drift.weight_row}


def held_among(model: Model, rows: frozenset[int]) -> tuple[tuple[int, float], ...]:
    """Return the parameters among *rows* that the model holds at a value."""
    return tuple((row, value) for row, value in model.parameters.held if row in rows)


def summarised(
    model: Model,
    block: int,
    values: Floats,
    noise: BlockNoise,
    levels: BlockLevels,
    luck: Luck,
    detailed: bool,
) -> Summary:
    """Return the summary of a block whose levels are known."""
    quantities = quantities_of_block(model, values, levels, luck, detailed)
    if levels.compiled:
        return compiled_summary(model, block, values, noise, levels, quantities, detailed)
    outcomes = tuple(outcome_of(model, t, values, noise, levels, quantities) for t in model.targets)
    return summary_of(model, block, levels, quantities, outcomes, detailed)
