"""One pipeline of a scenario by itself: its stocks and queues by month, and what flows between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.baseline.plan import Baseline, PipelinePlan
from sim.engine.inside import Flows, flows_of, inside_of_block, run_inside
from sim.engine.luck import Luck
from sim.model import compiled
from sim.pipelines import Trace
from sim.scenario.scenario import Scenario
from sim.streams import BLOCK
from sim.studies.learned import learned


@dataclass(frozen=True, slots=True)
class Watched:
    """*trace* has balances by month; *flows* are those of the years, over *draws* draws.

    *coupling* is low, central and high of how much of the province-wide noise comes in.
    """

    plan: PipelinePlan
    years: tuple[int, ...]
    seed: int
    draws: int
    trace: Trace
    flows: Flows
    coupling: tuple[float, float, float]


def watched(scenario: Scenario, baseline: Baseline, pipe: str) -> Watched:
    """Return what the pipeline *pipe* does in the first block of *scenario*."""
    plan = baseline.pipelines[pipe]
    model = learned(compiled(replace(scenario, targets=()), baseline, also=tuple(plan.outputs.values())))
    inside = inside_of_block(model, Luck(model.seed, 0, design=model.design))
    world = run_inside(inside, next(each for each in model.pipelines if each.id == pipe), with_trace=True)
    if world.trace is None:
        raise ValueError("a world that is watched has a trace")
    flows = flows_of(world, inside.weights)
    coupling = scenario.assumptions.get(
        plan.numbers["coupling"], baseline.assumptions[plan.numbers["coupling"]]
    )
    ends = (coupling.low, coupling.central, coupling.high)
    return Watched(plan, baseline.years, model.seed, BLOCK, world.trace, flows, ends)
