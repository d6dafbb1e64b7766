"""Draw until every answer of a grid is as precise as asked: looks at growing numbers of blocks.

How many more blocks are needed is foretold from the variance seen, so looks are few. An interval of
fixed width that is looked at several times keeps its coverage (Chow and Robbins 1965), so precision
uses the ordinary 95 % interval. A decision looks for the first time that a level lies outside, which
repeated looks would fake: look j therefore spends ``alpha / (j (j + 1))`` of its error, which sums to
alpha over any number of looks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from sim.axes import Bools, Floats
from sim.baseline.plan import Baseline
from sim.designs import PLAIN, Design, by_group, next_net
from sim.engine import Summary
from sim.estimators import CONFIDENCE
from sim.executors import Crew
from sim.scenario.measures import MAX_DRAWS
from sim.scenario.scenario import Scenario
from sim.streams import BLOCK
from sim.studies.compare import paired_difference
from sim.studies.grid import CHUNK, Grid, Work, done_work
from sim.studies.intervals import summary_interval

RESERVE = 1.1
"""More than the foretold number of blocks, since the variance is estimated too."""

FURTHEST = 8
"""Times as many blocks as before at the most: a foretelling from few sets is not trusted further."""


class Aim(NamedTuple):
    """What is asked of every probability: a half-width, a side of a level, or both (fractions)."""

    precision: float | None
    decide: float | None


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: blocks per scenario so far, the *widest* half-width, probabilities still open."""

    blocks: int
    widest: float
    open: int


def error_of_look(look: int, alpha: float = 1.0 - CONFIDENCE) -> float:
    """Return the error that the decision of *look* (from 1) may make."""
    return alpha / (look * (look + 1))


def settled(low: Floats, high: Floats, aim: Aim, sides: tuple[Floats, Floats]) -> Bools:
    """Return which answers meet *aim*: 95 % intervals *low* to *high*, and *sides* of the look."""
    is_settled = np.ones(low.shape, dtype=np.bool_)
    if aim.precision is not None:
        is_settled &= 0.5 * (high - low) <= aim.precision
    if aim.decide is not None:
        is_settled &= (sides[0] > aim.decide) | (sides[1] < aim.decide)
    return is_settled


def next_blocks(blocks: int, widest: float, aim: Aim, most: int, nets: bool = False) -> int:
    """Return at how many blocks to look next: whole chunks, more than *blocks*, no more than *most*.

    *nets*: a power of two instead, at the next look twice as many at the least.
    """
    wanted = 2.0 * blocks
    if aim.decide is None and aim.precision is not None:
        wanted = min(FURTHEST * blocks, RESERVE * blocks * (widest / aim.precision) ** 2)
    if nets:
        return min(next_net(max(math.ceil(wanted), blocks + 1)), most)
    chunks = max(math.ceil(wanted / CHUNK), blocks // CHUNK + 1)
    return min(chunks * CHUNK, most)


def open_answers(
    summary: Summary, first: Summary | None, aim: Aim, look: int, design: Design = PLAIN
) -> tuple[float, int]:
    """Return the widest half-width of a scenario's answers and how many do not meet *aim*.

    With *first* it is the differences to it, on common luck, that are to have the precision. What has
    no valid draw can never be settled and is no answer.
    """
    if first is not None:
        ends = np.array(list(_differences(summary, first, design)))
        low, high = ends[:, 0], ends[:, 1]
    else:
        low, high = _ends(summary, design, CONFIDENCE)
    sides = _ends(summary, design, 1.0 - error_of_look(look))
    known = ~np.isnan(low)
    is_open = ~settled(low, high, aim, sides) & known
    return float(np.max(0.5 * (high - low)[known], initial=0.0)), int(is_open.sum())


def _ends(summary: Summary, design: Design, confidence: float) -> tuple[Floats, Floats]:
    parts = [summary_interval(summary, design, together, confidence) for together in (False, True)]
    return np.concatenate([low for low, _ in parts]), np.concatenate([high for _, high in parts])


def _differences(now: Summary, was: Summary, design: Design) -> Iterator[tuple[float, float]]:
    means = [np.concatenate([s.chances.mean(), s.together.mean()]) for s in (was, now)]
    rows = zip(*means, *(by_group(design, s.by_set.value()) for s in (was, now)), strict=True)
    for old, new, before, after in rows:
        interval = paired_difference(old, new, before, after, now.draws)
        yield interval.low, interval.high


def as_precise_as_asked(
    grid: Grid,
    aims: Mapping[str, Aim],
    reference: str | None,
    most: int,
    work: Callable[[Work], tuple[bytes, ...]],
    told: Callable[[Look], None],
) -> dict[str, int]:
    """Draw until every scenario of *aims* meets its own; return the blocks of each scenario.

    The whole grid has one number of blocks, so that its scenarios share all their luck. It begins at
    the largest number that any of them asks for. *reference*: the scenario whose differences count.
    """
    blocks = max(scenario.draws // BLOCK for scenario in grid.scenarios)
    if nets := any(scenario.design == "sobol" for scenario in grid.scenarios):
        blocks = next_net(blocks)
    look = 1
    while True:
        counts = dict.fromkeys((scenario.id for scenario in grid.scenarios), blocks)
        grid.complete(counts, work)
        found = list(_looked(grid, aims, reference, blocks, look))
        widest = max((each for each, _, _ in found), default=0.0)
        left = sum(count for _, count, _ in found)
        told(Look(blocks, widest, left))
        if not left or blocks >= most:
            return counts
        blocks = max(next_blocks(blocks, each, aim, most, nets) for each, count, aim in found if count)
        look += 1


def _looked(
    grid: Grid, aims: Mapping[str, Aim], reference: str | None, blocks: int, look: int
) -> Iterator[tuple[float, int, Aim]]:
    first = None if reference is None else grid.summary(reference, blocks)
    for id, aim in aims.items():
        summary = grid.summary(id, blocks) if id != reference and id not in grid.failed else None
        if summary is not None and (reference is None or first is not None):
            yield *open_answers(summary, first, aim, look, grid.models[id].design), aim


@dataclass(frozen=True, slots=True)
class Memory:
    """Chunks that are kept as long as this process looks at them."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def put(self, key: str, content: bytes) -> None:
        self.kept[key] = content

    def noticed(self, key: str, why: str) -> None:
        raise ValueError(f"chunk {key} is {why}")


def with_enough_draws(
    scenarios: Sequence[Scenario], baselines: Mapping[str, Baseline], crew: Crew, told: Callable[[Look], None]
) -> tuple[Scenario, ...]:
    """Return *scenarios* with as many draws as their precision and decisions ask for."""
    aims = aims_of(scenarios)
    asking = tuple(scenario for scenario in scenarios if scenario.id in aims)
    if not asking:
        return tuple(scenarios)
    grid = Grid(asking, baselines, Memory(), crew)
    blocks = as_precise_as_asked(grid, aims, None, MAX_DRAWS // BLOCK, done_work, told)
    draws = {id: count * BLOCK for id, count in blocks.items()}
    return tuple(replace(s, draws=draws.get(s.id, s.draws)) for s in scenarios)


def aims_of(scenarios: Sequence[Scenario]) -> dict[str, Aim]:
    """Return what each scenario asks of its probabilities; those that ask nothing are left out."""
    aims = {scenario.id: Aim(scenario.precision, scenario.decide) for scenario in scenarios}
    return {id: aim for id, aim in aims.items() if aim != Aim(None, None)}
