"""What flows between the accounts of every pipeline of a scenario, year by year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.baseline.plan import Baseline
from sim.designs import Design
from sim.engine.inside import Flows, flows_inside, inside_of_block
from sim.engine.luck import Luck
from sim.scenario.scenario import Scenario
from sim.streams import BLOCK
from sim.studies.learned import learned_model


@dataclass(frozen=True, slots=True)
class PipelineFlows:
    """Flows of a scenario's pipelines by id, over *draws* draws; none where its targets need none."""

    baseline: Baseline
    seed: int
    draws: int
    flows: Mapping[str, Flows]


def flows_of_scenarios(
    scenarios: Sequence[Scenario], baselines: Mapping[str, Baseline]
) -> Iterator[PipelineFlows]:
    """Yield the flows of each scenario in its first block; equal pipelines with equal luck are run once."""
    lucks: dict[tuple[int, Design], Luck] = {}
    known: dict[tuple[int, Design, str], dict[tuple[str, bytes], Flows]] = {}
    for scenario in scenarios:
        baseline = baselines[scenario.plan]
        model = learned_model(scenario, baseline)
        flows: dict[str, Flows] = {}
        if model.pipelines:
            same = (model.seed, model.design)
            luck = lucks.setdefault(same, Luck(model.seed, 0, design=model.design))
            kept = known.setdefault((*same, scenario.plan), {})
            flows = dict(flows_inside(inside_of_block(model, luck), kept))
        yield PipelineFlows(baseline, model.seed, BLOCK, flows)
