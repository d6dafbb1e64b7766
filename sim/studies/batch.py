"""Many scenarios at once: random numbers are made once per block and shared by all that run together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sim.baseline.plan import Baseline
from sim.beside import Ask, when_wanted
from sim.cube import Cube
from sim.designs import PLAIN
from sim.engine import Summary, run
from sim.executors import Map, serial
from sim.model import Model
from sim.scenario.scenario import Scenario
from sim.studies.learned import learned_model
from sim.studies.results import cube_of
from sim.studies.sensitivity import BLOCKS, sensitivity_of

MOST_TOGETHER = 16
"""So many scenarios share the luck of a block at most, so that memory does not grow with scenarios.

To make the luck of a block anew costs a hundredth of running sixteen of them.
"""


def without_execution(model: Model, map_blocks: Map) -> Summary | None:
    """Return what the draws of *model* come to without its execution prior; None where it has none."""
    if all(target.execution is None for target in model.targets):
        return None
    targets = tuple(replace(target, execution=None) for target in model.targets)
    [summary] = run([replace(model, targets=targets)], range(model.blocks), False, map_blocks)
    return summary


def run_batch(
    scenarios: Sequence[Scenario],
    baselines: Mapping[str, Baseline],
    map_blocks: Map = serial,
    ask: Ask = when_wanted,
    paired: bool = True,
) -> Iterator[Cube]:
    """Yield the cube of each scenario, in the order given.

    Scenarios with equal numbers of draws run together; no result depends on which others run. What moves
    them is *asked* for before they run. Unless *paired*, cubes lack what pairs of them are compared by, which
    grows with draws.
    """
    models = {s.id: learned_model(s, baselines[s.plan]) for s in scenarios}
    cubes: dict[str, Cube] = {}
    for together in groups_of(scenarios):
        chosen = [models[s.id] for s in together]
        moves = ask(sensitivity_of, chosen)
        # Of a plain run nothing else asks for single sets; other designs judge their error by them.
        kept = BLOCKS if not paired and all(model.design == PLAIN for model in chosen) else None
        summaries = run(chosen, range(chosen[0].blocks), map_blocks=map_blocks, by_set=kept)
        for scenario, model, summary, move in zip(together, chosen, summaries, moves(), strict=True):
            bare = without_execution(model, map_blocks)
            plan = baselines[scenario.plan]
            cubes[scenario.id] = cube_of(scenario, plan, model, summary, move, bare, paired)
    for scenario in scenarios:
        yield cubes[scenario.id]


def groups_of(scenarios: Sequence[Scenario]) -> Iterator[Sequence[Scenario]]:
    """Yield scenarios with equal draws in groups of at most `MOST_TOGETHER`, neighbours together."""
    for draws in sorted({s.draws for s in scenarios}):
        equal = [s for s in scenarios if s.draws == draws]
        yield from (equal[i : i + MOST_TOGETHER] for i in range(0, len(equal), MOST_TOGETHER))
