"""The inside of pipelines: their accounts and flows in one block, which no summary keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sim.axes import Floats, Ints
from sim.engine.levels import levels_of_block, quantities_of_block
from sim.engine.luck import Luck
from sim.engine.noise import block_noise, set_parameters
from sim.engine.pipelines import Around, fingerprint, world_of
from sim.engine.summary import weights_of
from sim.engine.tilting import start_of_block
from sim.model.model import Model, PipelineModel
from sim.pipelines import Trace, World, pipeline, spread_of

Flows = dict[tuple[str, str], Floats]
"""What moves between two accounts a year: mean, 10 % and 90 % quantile ``[3, T]`` by (from, to)."""


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """What is around the pipelines of a block, with the *weights* ``[S, D]`` that actuals give its draws."""

    around: Around
    weights: Ints | None


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def inside_of_block(model: Model, luck: Luck) -> Inside:
    """Return what is around the pipelines of *model* in the block of *luck*.

    Pipelines themselves are not run unless one of them feeds another.
    """
    values, luck = start_of_block(model, luck)
    parameters = set_parameters(model, values, luck.block)
    noise = block_noise(model, parameters, luck)
    levels = levels_of_block(model, values, parameters, noise, luck, False)
    bare = replace(model, targets=(), headline=np.empty(0, dtype=np.int64))
    quantities = quantities_of_block(bare, values, levels, luck, detailed=is_chained(model))
    return Inside(Around(model, values, quantities, levels.shared, luck), weights_of(model, levels))


def is_chained(model: Model) -> bool:
    """Return whether a pipeline is fed with what another one gives, perhaps through a ratio or a stock."""
    fed = {part for pipe in model.pipelines for feed in pipe.feeds.values() for part in model.parts_of(feed)}
    return any(part >= len(model.indicators) for part in fed)


def run_inside(inside: Inside, pipe: PipelineModel, with_trace: bool = False) -> World:
    """Return the world of *pipe* after its last day."""
    world = world_of(inside.around, pipe, Trace(inside.weights) if with_trace else None)
    pipeline[pipe.kind]().run(world)
    return world


def pipeline_of_block(model: Model, pipe: str, block: int) -> World:
    """Return the world of the pipeline *pipe* after its run in one block."""
    chosen = next(each for each in model.pipelines if each.id == pipe)
    return run_inside(inside_of_block(model, Luck(model.seed, block, design=model.design)), chosen)


def flows_inside(inside: Inside, known: dict[tuple[str, bytes], Flows]) -> Iterator[tuple[str, Flows]]:
    """Yield each pipeline's id with its flows.

    *known* keeps what was worked out for scenarios with the same luck: equal worlds are run once.
    """
    weights = b"" if inside.weights is None else inside.weights.tobytes()
    for pipe in inside.around.model.pipelines:
        key = (pipe.id, fingerprint(pipe, world_of(inside.around, pipe)) + weights)
        if key not in known:
            known[key] = flows_of(run_inside(inside, pipe), inside.weights)
        yield pipe.id, known[key]


def flows_of(world: World, weights: Ints | None) -> Flows:
    return {pair: spread_of(moved, weights) for pair, moved in world.flows.items()}
