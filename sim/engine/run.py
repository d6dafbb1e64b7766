"""The only loop over draws: blocks, and within a block the scenarios that share its luck."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from sim.axes import Floats
from sim.designs import Design
from sim.engine.chances import outcome_of
from sim.engine.levels import BlockLevels, levels_of_block, quantities_of_block
from sim.engine.luck import Luck
from sim.engine.noise import BlockNoise, block_noise, set_parameters
from sim.engine.pilot import with_reference
from sim.engine.pipelines import world_of
from sim.engine.summary import Summary, summary_of
from sim.executors import Map, serial
from sim.model.model import NONE, Model
from sim.model.parameters import drawn_parameters
from sim.pipelines import Trace, World, pipeline
from sim.streams import SETS


def run(
    models: Sequence[Model], blocks: range, detailed: bool = True, map_blocks: Map = serial
) -> tuple[Summary, ...]:
    """Return one summary per model over *blocks*, run wherever *map_blocks* puts them.

    Summaries merge exactly, so one core, many cores and any order give the same bits.
    """
    ready = tuple(model if model.observed is None else with_reference(model) for model in models)
    done = map_blocks(partial(run_block, ready, detailed), blocks)
    totals = list(next(done))
    for block in done:
        parts = list(block)
        del block
        for position in range(len(totals)):  # each part is let go once it is added: grids are large
            totals[position] = totals[position] + parts[position]
            parts[position] = totals[position]
    return tuple(totals)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def run_block(
    models: tuple[Model, ...], detailed: bool, block: int, compiled: bool = True
) -> tuple[Summary, ...]:
    """Return the summary of one block for each model, from compiled kernels or (the oracle) plain NumPy.

    Models with equal noise share it; neighbours that differ only in what derived quantities are
    made of share their levels. Sizes without bound can take a level past all numbers: such draws
    are counted as invalid, so the processor's flags are not needed.
    """
    lucks: dict[tuple[int, Design], Luck] = {}
    noises: dict[tuple[object, ...], BlockNoise] = {}
    last_key: tuple[object, ...] | None = None
    levels: BlockLevels | None = None
    summaries = []
    for model in models:
        luck = lucks.setdefault((model.seed, model.design), Luck(model.seed, block, compiled, model.design))
        values = drawn_parameters(model.parameters, model.seed, model.drawn, block * SETS, SETS)
        parameters = set_parameters(model, values, block)
        noise_key = (model.noise.key, held_among(model, model.noise.rows()), tilt_of(model))
        if noise_key not in noises:
            noises[noise_key] = block_noise(model, parameters, luck)
        noise = noises[noise_key]
        cities = detailed or any(target.city != NONE for target in model.targets)
        held = held_among(model, level_rows(model))
        key = (noise_key, id(model.drift), id(model.shocks), held, cities, id(model.observed))
        if levels is None or key != last_key:
            levels, last_key = levels_of_block(model, values, parameters, noise, luck, cities), key
        summaries.append(summarised(model, block, values, noise, levels, luck, detailed))
    return tuple(summaries)


def tilt_of(model: Model) -> tuple[tuple[int, float, float], ...]:
    """Return the tails that actuals have tilted; none without actuals."""
    return () if model.observed is None else model.observed.tilt


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
    outcomes = tuple(outcome_of(model, t, values, noise, levels, quantities) for t in model.targets)
    return summary_of(model, block, levels, quantities, outcomes, detailed)


def pipeline_of_block(model: Model, pipe: str, block: int, trace: Trace | None = None) -> World:
    """Return the world of the pipeline *pipe* after its run in one block; *trace* notes its months."""
    luck = Luck(model.seed, block, design=model.design)
    values = drawn_parameters(model.parameters, model.seed, model.drawn, block * SETS, SETS)
    parameters = set_parameters(model, values, block)
    noise = block_noise(model, parameters, luck)
    levels = levels_of_block(model, values, parameters, noise, luck, False)
    quantities = quantities_of_block(model, values, levels, luck)
    chosen = next(each for each in model.pipelines if each.id == pipe)
    world = world_of(model, chosen, values, quantities, levels.shared, luck, trace)
    pipeline[chosen.kind]().run(world)
    return world
