"""The only loop over draws: blocks, and within a block the scenarios that share its luck."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from sim.axes import Floats
from sim.designs import Design
from sim.engine.chances import outcome_of
from sim.engine.levels import BlockLevels, levels_of_block, quantities_of_block
from sim.engine.luck import Luck
from sim.engine.noise import BlockNoise, block_noise, set_parameters
from sim.engine.pilot import with_reference
from sim.engine.summary import Summary, summary_of
from sim.engine.tallied import compiled_summary
from sim.engine.tilting import start_of_block
from sim.executors import Map, serial
from sim.model.model import NONE, Model


def run(
    models: Sequence[Model], blocks: range, detailed: bool = True, map_blocks: Map = serial
) -> tuple[Summary, ...]:
    """Return one summary per model over *blocks*, run wherever *map_blocks* puts them.

    Summaries merge exactly, so one core, many cores and any order give the same bits.
    """
    ready = tuple(model if model.observed is None else with_reference(model) for model in models)
    done = map_blocks(partial(run_block, ready, detailed), blocks)
    totals = list(next(done))
    for parts in done:
        # One part at a time where they are yielded: grids are large, and the totals hold them all.
        for position, part in enumerate(parts):
            totals[position] = totals[position] + part
    return tuple(totals)


def run_block(
    models: tuple[Model, ...], detailed: bool, block: int, compiled: bool = True
) -> Iterator[Summary]:
    """Yield the summary of one block for each model, from compiled kernels or (the oracle) plain NumPy.

    Models with equal noise share it; neighbours that differ only in what derived quantities are
    made of share their levels. Sizes without bound can take a level past all numbers: such draws
    are counted as invalid, so the processor's flags are not needed.
    """
    lucks: dict[tuple[int, Design], Luck] = {}
    noises: dict[tuple[object, ...], BlockNoise] = {}
    last_key: tuple[object, ...] | None = None
    levels: BlockLevels | None = None
    for model in models:
        key_of_luck = (model.seed, model.design)
        if key_of_luck not in lucks:
            lucks[key_of_luck] = Luck(model.seed, block, compiled, model.design)
        luck = lucks[key_of_luck]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            values, luck = start_of_block(model, luck)
            parameters = set_parameters(model, values, block)
            noise_key = (model.noise.key, held_among(model, model.noise.rows()), proposal_of(model))
            if noise_key not in noises:
                noises[noise_key] = block_noise(model, parameters, luck)
            noise = noises[noise_key]
            cities = detailed or any(target.city != NONE for target in model.targets)
            held = held_among(model, level_rows(model))
            key = (noise_key, id(model.drift), id(model.shocks), held, cities, id(model.observed))
            if levels is None or key != last_key:
                levels = None  # what the last model needed is let go before the next takes its room
                levels, last_key = levels_of_block(model, values, parameters, noise, luck, cities), key
            summary = summarised(model, block, values, noise, levels, luck, detailed)
        yield summary


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
