"""One pipeline of a scenario by itself: its stocks and queues by month, and what flows between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sim.axes import Floats
from sim.baseline.plan import Baseline, PipelinePlan
from sim.engine.run import pipeline_of_block
from sim.model import compiled
from sim.pipelines import Trace
from sim.scenario.scenario import Scenario
from sim.streams import BLOCK

LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, slots=True)
class Watched:
    """*trace* has balances by month; *flows* mean and two quantiles ``[3, year]`` by (from, to)."""

    plan: PipelinePlan
    years: tuple[int, ...]
    draws: int
    trace: Trace
    flows: Mapping[tuple[str, str], Floats]
    coupling: float


def watched(scenario: Scenario, baseline: Baseline, pipe: str) -> Watched:
    """Return what the pipeline *pipe* does in the first block of *scenario*."""
    plan = baseline.pipelines[pipe]
    model = compiled(replace(scenario, targets=()), baseline, also=tuple(plan.outputs.values()))
    trace = Trace()
    world = pipeline_of_block(model, pipe, 0, trace)
    flows = {}
    for key, moved in world.flows.items():
        low, high = np.quantile(moved, [LOW, HIGH], axis=(1, 2))
        flows[key] = np.stack([moved.mean(axis=(1, 2)), low, high])
    coupling = scenario.assumptions.get(
        plan.numbers["coupling"], baseline.assumptions[plan.numbers["coupling"]]
    )
    return Watched(plan, baseline.years, BLOCK, trace, flows, coupling.central)
