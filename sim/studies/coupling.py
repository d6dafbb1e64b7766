"""What the coupling of a pipeline does to joint probabilities.

Its targets alone and together with each headline target, once as it is, and once *apart*: as much moved,
but by noise that nothing else shares. So what changes is the coupling and not the spread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.axes import Floats
from sim.baseline.plan import Baseline, PipelinePlan, Target
from sim.engine import Summary, run
from sim.model import compiled
from sim.model.model import Model, TargetModel
from sim.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Coupled:
    """Probabilities of the *own* targets of a pipeline, as it is and apart.

    *alone* ``[2, own]``; *both* ``[2, own, headline]``: of an own target and a lead headline target;
    *all* ``[2, own]``: of an own target and every lead headline target.
    """

    own: tuple[Target, ...]
    headline: tuple[Target, ...]
    draws: int
    alone: Floats
    both: Floats
    all: Floats


def coupling_of(scenario: Scenario, baseline: Baseline, plan: PipelinePlan) -> Coupled | None:
    """Return what the coupling of *plan* does to its targets; None where no target needs it.

    With actuals draws have weights of their own, and none can lend another its noise: None.
    """
    if scenario.observed:
        return None
    everything = tuple(dict.fromkeys(target.id for target in baseline.targets))
    whole = compiled(replace(scenario, targets=everything), baseline)
    own = [target for target in whole.targets if plan.id in pipelines_of(whole, target)]
    if not own:
        return None
    # A headline target that the pipeline itself answers stands among its own, and only there.
    leads = [whole.targets[i] for i in whole.headline if whole.targets[i] not in own]
    model = replace(whole, targets=(*own, *leads), headline=np.arange(len(own) + len(leads)))
    summaries = run([model, set_apart(model, plan.id)], range(model.blocks), detailed=False)
    alone, both, every = (
        np.stack(parts) for parts in zip(*(chances_of(s, len(own)) for s in summaries), strict=True)
    )
    return Coupled(
        own=tuple(baseline.targets[target.row] for target in own),
        headline=tuple(baseline.targets[target.row] for target in leads),
        draws=summaries[0].draws,
        alone=alone,
        both=both,
        all=every,
    )


def pipelines_of(model: Model, target: TargetModel) -> set[str]:
    """Return the ids of the pipelines that *target* needs."""
    needed = replace(model, targets=(target,), headline=np.empty(0, dtype=np.int64)).pipelines_needed()
    return {model.pipelines[position].id for position in needed}


def set_apart(model: Model, pipe: str) -> Model:
    """Return *model* with the pipeline *pipe* as much moved as before, but by nobody else's noise."""
    pipelines = tuple(replace(each, apart=True) if each.id == pipe else each for each in model.pipelines)
    return replace(model, pipelines=pipelines)


def chances_of(summary: Summary, own: int) -> tuple[Floats, Floats, Floats]:
    """Return the share of draws that hit each *own* target, it and each other one, it and all others.

    A pattern is a number whose bits say which targets are hit, the own ones first.
    """
    codes = np.flatnonzero(summary.patterns)
    share = summary.patterns[codes] / summary.patterns.sum()
    hits = (codes[:, None] >> np.arange(int(np.log2(len(summary.patterns))))) & 1
    together = (hits * share[:, None]).T @ hits
    others = hits[:, own:].all(axis=1)
    return np.diagonal(together)[:own].copy(), together[:own, own:], share[others] @ hits[others, :own]
