"""Pipelines of a block: their numbers by set, their feeds, and the noise that moves them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """What a block holds around its pipelines.

    *values* ``[parameter, set]``; *quantities* ``[Q, T, S, D]`` as far as they are known; *shared*, the
    accumulated province-wide noise ``[K, T, S, D]``: where it is empty nothing moves.
    """

    model: Model
    values: Floats
    quantities: Floats
    shared: Floats
    luck: NormalLuck


def pipeline_outputs(around: Around, pipe: PipelineModel) -> Outputs:
    """Return every output of *pipe*, ``[T, S, D]``; of equal worlds it is run once while the block lasts."""
    world = world_of(around, pipe)
    key = ("pipeline", pipe.id, fingerprint(pipe, world))
    return around.luck.once(key, lambda: pipeline[pipe.kind]().run(world))


def fingerprint(pipe: PipelineModel, world: World) -> bytes:
    """Return a hash of all that decides what *world* becomes, but for the luck, which is the block's."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((pipe.kind, pipe.dates, world.calendar.years, world.shape)).encode("utf-8"))
    arrays = {**world.numbers, **{"feed:" + role: feed for role, feed in world.feeds.items()}}
    for name, array in sorted((arrays | {"push": world.push}).items()):
        digest.update(repr((name, array.shape)).encode("utf-8"))
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()


def world_of(around: Around, pipe: PipelineModel, trace: Trace | None = None) -> World:
    """Return the world of *pipe* before its first day; *trace* will note its months."""
    lasting: dict[str, Floats] = {}

    def normal(name: str, stamp: str) -> Floats:
        source = Source("pipeline:" + name, indicator=pipe.id, year=stamp)
        if stamp:
            return around.luck.normal(source)
        if name not in lasting:  # luck of no date is asked for on every date
            lasting[name] = around.luck.normal(source)
        return lasting[name]

    years, quantities = around.model.years.labels, around.quantities
    numbers = {field: around.values[row][:, None] for field, row in pipe.rows.items()}
    push: Floats = np.ones(quantities.shape[1:])
    if pipe.coupled_to != NONE and around.shared.size:
        push = np.minimum(np.exp(numbers["coupling"] * around.shared[pipe.coupled_to]), STRONGEST_PUSH)
        push = of_next_draw(push) if pipe.apart else push
    return World(
        calendar=Calendar(tuple(int(year) for year in years)),
        luck=normal,
        numbers=numbers,
        feeds={role: feed_of(around, pipe, role, numbers["coupling"]) for role in pipe.feeds},
        push=push,
        dates=pipe.dates,
        shape=(quantities.shape[2], quantities.shape[3]),
        trace=trace,
    )


def feed_of(around: Around, pipe: PipelineModel, role: str, coupling: Floats) -> Floats:
    """Return a feed ``[T, S, D]``; an inflow keeps as much province-wide noise as the *coupling* lets in.

    A series has all the noise of its indicator already, so the rest is taken out; with a coupling of 1, or
    where nothing is coupled, nothing is, to the last bit.
    """
    position = pipe.feeds[role]
    feed: Floats = around.quantities[position]
    if role not in pipeline[pipe.kind].inflows:
        return feed
    is_noisy = position < len(around.model.indicators) and around.shared.size
    if pipe.coupled_to != NONE and is_noisy and np.any(coupling != 1.0):
        feed = feed * np.minimum(np.exp((coupling - 1.0) * around.shared[position]), STRONGEST_PUSH)
    return of_next_draw(feed) if pipe.apart else feed


def of_next_draw(amount: Floats) -> Floats:
    """Return *amount* ``[T, S, D]`` with each draw's taken from the next draw of its set: the same law."""
    return np.roll(amount, 1, axis=-1)


def base_of_output(model: Model, values: Floats, output: OutputModel) -> Floats:
    """Return the base-year value of an output by set: what its pipeline starts with."""
    pipe = model.pipelines[output.pipeline]
    field = pipeline[pipe.kind].starts.get(output.output)
    return values[pipe.rows[field]] if field is not None else np.zeros(values.shape[1])
