"""A grid of scenarios in chunks that are kept: what is known already is never computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from sim.baseline.plan import Baseline
from sim.cube import Cube
from sim.engine import Summary, run
from sim.errors import BadInput
from sim.executors import Crew, Failure
from sim.model.model import Model
from sim.scenario.scenario import Scenario
from sim.streams import BLOCK, SETS
from sim.studies.fingerprints import chunk_key, code_fingerprint, model_fingerprint
from sim.studies.learned import learned_model
from sim.studies.packing import BadPack, packed, unpacked
from sim.studies.results import cube_of
from sim.studies.sensitivity import Sensitivity

CHUNK = 5
"""Blocks of a chunk: chunks begin at multiples of it, so more draws keep those that are full."""

GROUP = 16
"""Scenarios that one piece of work takes at the most: they share their luck, so it is made once."""

NOT_MOVED = Sensitivity((), np.nan, np.nan)
"""A grid holds nothing at its low and high value: its scenarios are what is varied."""


class Store(Protocol):
    """Where packed summaries are kept by key."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, content: bytes) -> None: ...

    def noticed(self, key: str, why: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work: some scenarios' models over *count* blocks from *first*, and where each is kept.

    *code*: the fingerprint of the code that the keys name; none other may do the work.
    """

    models: tuple[Model, ...]
    keys: tuple[str, ...]
    first: int
    count: int
    code: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A scenario without a result, and why."""

    scenario: str
    why: str


@dataclass(slots=True)
class Grid:
    """A grid of scenarios, the chunks that it keeps, and what came of it so far.

    *told* is called with the chunks done and all that were missing. *failed*: scenario -> why.
    """

    scenarios: Sequence[Scenario]
    baselines: Mapping[str, Baseline]
    store: Store
    crew: Crew
    told: Callable[[int, int], None] = lambda done, missing: None
    failed: dict[str, str] = field(default_factory=dict)
    models: dict[str, Model] = field(init=False)
    prints: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.models = {s.id: learned_model(s, self.baselines[s.plan]) for s in self.scenarios}
        self.prints = {id: model_fingerprint(model) for id, model in self.models.items()}

    def keys(self, scenario: str, blocks: int) -> Iterator[tuple[str, int, int]]:
        """Yield (key, first block, blocks) of every chunk of a scenario."""
        for first in range(0, blocks, CHUNK):
            count = min(CHUNK, blocks - first)
            yield chunk_key(self.prints[scenario], code_fingerprint(), first, count), first, count

    def known(self, key: str, first: int, count: int, model: Model) -> Summary | None:
        """Return the summary of *model* kept under *key*; None where it is missing or cannot be believed."""
        content = self.store.get(key)
        if content is None:
            return None
        try:
            summary = unpacked(content)
        except BadPack:
            self.store.noticed(key, "changed")
            return None
        if not can_be_of(summary, model, first, count):
            self.store.noticed(key, "changed")
            return None
        return summary

    def missing(self, blocks: Mapping[str, int]) -> list[Work]:
        """Return the work that is left for *blocks* of each scenario, grouped by what luck it shares."""
        ranges: dict[tuple[int, int], dict[str, Model]] = {}
        for id, model in self.models.items():
            for key, first, count in self.keys(id, blocks[id]) if id not in self.failed else ():
                if self.known(key, first, count, model) is None:
                    ranges.setdefault((first, count), {}).setdefault(key, model)
        work = []
        for (first, count), found in sorted(ranges.items()):
            # Neighbours share noise where they can; sorting is stable, so the grid's order stays.
            pairs = sorted(found.items(), key=lambda pair: (pair[1].seed, repr(pair[1].noise.key)))
            for start in range(0, len(pairs), GROUP):
                keys, models = zip(*pairs[start : start + GROUP], strict=True)
                work.append(Work(models, keys, first, count, code_fingerprint()))
        return work

    def complete(self, blocks: Mapping[str, int], work: Callable[[Work], tuple[bytes, ...]]) -> None:
        """Do what is missing of *blocks* of each scenario; one that cannot be done goes to *failed*."""
        left = self.missing(blocks)
        done, total = 0, sum(len(piece.keys) for piece in left)
        self.told(0, total)
        while left:
            apart: list[Work] = []
            for position, result in self.crew(work, left):
                piece = left[position]
                if not isinstance(result, Failure):
                    for key, content in zip(piece.keys, result, strict=True):
                        self.store.put(key, content)
                elif len(piece.models) > 1:  # which of them it was shows when each is done by itself
                    apart += singles(piece)
                    continue
                else:
                    self._fail(piece.models[0], result.why)
                done += len(piece.keys)
                self.told(done, total)
            left = apart

    def _fail(self, model: Model, why: str) -> None:
        """Note that what *model* stands for has no result: every scenario of the same content."""
        print_ = model_fingerprint(model)
        for id, other in self.prints.items():
            if other == print_:
                self.failed.setdefault(id, why)

    def summary(self, scenario: str, blocks: int) -> Summary | None:
        """Return the merged summary of a scenario; None, and a failure, where a chunk is gone."""
        total: Summary | None = None
        for key, first, count in self.keys(scenario, blocks):
            part = self.known(key, first, count, self.models[scenario])
            if part is None:
                self.failed[scenario] = f"chunk {key[:12]} went while it was in use"
                return None
            total = part if total is None else total + part
        return total

    def cubes(self, blocks: Mapping[str, int]) -> Iterator[Cube]:
        """Yield the cube of every scenario that has one, in their order."""
        for scenario in self.scenarios:
            if scenario.id in self.failed:
                continue
            summary = self.summary(scenario.id, blocks[scenario.id])
            if summary is not None:
                model = self.models[scenario.id]
                try:
                    cube = cube_of(scenario, self.baselines[scenario.plan], model, summary, NOT_MOVED)
                except BadInput as bad:  # actuals that leave too few draws: of this scenario alone
                    self.failed[scenario.id] = str(bad)
                    continue
                yield cube

    def failures(self) -> tuple[Failed, ...]:
        """Return the scenarios without a result, in their order."""
        return tuple(Failed(s.id, self.failed[s.id]) for s in self.scenarios if s.id in self.failed)


def can_be_of(summary: Summary, model: Model, first: int, count: int) -> bool:
    """Return whether *summary* has the size of one of *model* over *count* blocks from *first*."""
    targets, events, sets = len(model.targets), len(model.headline) + 1, count * SETS
    return (
        summary.draws == count * BLOCK
        and summary.by_set.blocks == tuple(range(first, first + count))
        and {chance.shape for chance in summary.by_set.chances} == {(targets + events, SETS)}
        and summary.passages.shape == (targets, len(model.years.labels) + 1)
        and (len(summary.together.grid), summary.chances.sets, summary.together.sets) == (events, sets, sets)
    )


def singles(piece: Work) -> list[Work]:
    """Return *piece* as pieces of one scenario each."""
    pairs = zip(piece.models, piece.keys, strict=True)
    return [replace(piece, models=(model,), keys=(key,)) for model, key in pairs]


def done_work(piece: Work) -> tuple[bytes, ...]:
    """Return the packed summaries of a piece of work, a scenario each.

    RuntimeError where the code on disk is another than when the work was given out: an update in
    mid-run, or a worker that came to a cluster later.
    """
    if piece.code != code_fingerprint():
        raise RuntimeError("its worker runs another version of the program")
    blocks = range(piece.first, piece.first + piece.count)
    return tuple(map(packed, run(piece.models, blocks, detailed=False)))
