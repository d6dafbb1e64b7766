"""What flows between the accounts of every pipeline of a scenario, year by year."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.baseline.plan import Baseline
from sim.beside import Ask, when_wanted
from sim.designs import Design
from sim.engine.inside import Flows, flows_inside, inside_of_block
from sim.engine.luck import Luck
from sim.model import Model
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
    scenarios: Sequence[Scenario], baselines: Mapping[str, Baseline], ask: Ask = when_wanted
) -> Iterator[PipelineFlows]:
    """Return the flows of each scenario in its first block, in order; they are *asked* for at once."""
    models = [learned_model(scenario, baselines[scenario.plan]) for scenario in scenarios]
    plans = [scenario.plan for scenario in scenarios]
    return _labelled([baselines[plan] for plan in plans], models, ask(flows_of_models, plans, models))


def _labelled(
    baselines: Sequence[Baseline], models: Sequence[Model], flows: Callable[[], Sequence[Mapping[str, Flows]]]
) -> Iterator[PipelineFlows]:
    for baseline, model, each in zip(baselines, models, flows(), strict=True):
        yield PipelineFlows(baseline, model.seed, BLOCK, each)


def flows_of_models(plans: Sequence[str], models: Sequence[Model]) -> list[Mapping[str, Flows]]:
    """Return the flows of each model in its first block; equal pipelines of a plan, with equal luck, are run
    once.
    """
    lucks: dict[tuple[int, Design], Luck] = {}
    known: dict[tuple[int, Design, str], dict[tuple[str, bytes], Flows]] = {}
    done: list[Mapping[str, Flows]] = []
    for plan, model in zip(plans, models, strict=True):
        flows: dict[str, Flows] = {}
        if model.pipelines:
            same = (model.seed, model.design)
            luck = lucks.setdefault(same, Luck(model.seed, 0, design=model.design))
            kept = known.setdefault((*same, plan), {})
            flows = dict(flows_inside(inside_of_block(model, luck), kept))
        done.append(flows)
    return done
