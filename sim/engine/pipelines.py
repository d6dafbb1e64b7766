"""Pipelines of a block: their numbers by set, their feeds, and the noise that moves them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from sim.axes import Floats
from sim.model.model import NONE, Model, OutputModel, PipelineModel
from sim.pipelines import Calendar, Trace, World, pipeline
from sim.streams import Source

STRONGEST_PUSH = 1e6
"""Noise without bound would make rates that no Poisson count has."""


Outputs = Mapping[str, Floats]


class NormalLuck(Protocol):
    """Whatever gives standard normals ``[set, draw]`` by source, and keeps what was made of them."""

    def normal(self, source: Source) -> Floats: ...

    def once(self, key: tuple[object, ...], make: Callable[[], Outputs]) -> Outputs: ...


def pipeline_outputs(
    model: Model,
    pipe: PipelineModel,
    values: Floats,
    quantities: Floats,
    shared: Floats,
    luck: NormalLuck,
    trace: Trace | None = None,
) -> Mapping[str, Floats]:
    """Return every output of *pipe*, ``[T, S, D]``; of equal worlds it is run once while the block lasts."""
    world = world_of(model, pipe, values, quantities, shared, luck, trace)
    if trace is not None:
        return pipeline[pipe.kind]().run(world)
    key = ("pipeline", pipe.id, fingerprint(pipe, world))
    return luck.once(key, lambda: pipeline[pipe.kind]().run(world))


def fingerprint(pipe: PipelineModel, world: World) -> bytes:
    """Return a hash of all that decides what *world* becomes, but for the luck, which is the block's."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((pipe.kind, pipe.dates, world.calendar.years, world.shape)).encode("utf-8"))
    arrays = {**world.numbers, **{"feed:" + role: feed for role, feed in world.feeds.items()}}
    for name, array in sorted((arrays | {"push": world.push}).items()):
        digest.update(repr((name, array.shape)).encode("utf-8"))
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()


def world_of(
    model: Model,
    pipe: PipelineModel,
    values: Floats,
    quantities: Floats,
    shared: Floats,
    luck: NormalLuck,
    trace: Trace | None = None,
) -> World:
    """Return the world of *pipe*: *quantities* ``[Q, T, S, D]`` as far as they are known.

    *shared* is the accumulated province-wide noise ``[K, T, S, D]``; where it is empty nothing moves.
    """

    def normal(name: str, stamp: str) -> Floats:
        return luck.normal(Source("pipeline:" + name, indicator=pipe.id, year=stamp))

    numbers = {field: values[row][:, None] for field, row in pipe.rows.items()}
    push: Floats = np.ones(quantities.shape[1:])
    if pipe.coupled_to != NONE and shared.size:
        push = np.minimum(np.exp(numbers["coupling"] * shared[pipe.coupled_to]), STRONGEST_PUSH)
    return World(
        calendar=Calendar(tuple(int(year) for year in model.years.labels)),
        luck=normal,
        numbers=numbers,
        feeds={role: quantities[position] for role, position in pipe.feeds.items()},
        push=push,
        dates=pipe.dates,
        shape=(quantities.shape[2], quantities.shape[3]),
        trace=trace,
    )


def base_of_output(model: Model, values: Floats, output: OutputModel) -> Floats:
    """Return the base-year value of an output by set: what its pipeline starts with."""
    pipe = model.pipelines[output.pipeline]
    field = pipeline[pipe.kind].starts.get(output.output)
    return values[pipe.rows[field]] if field is not None else np.zeros(values.shape[1])
