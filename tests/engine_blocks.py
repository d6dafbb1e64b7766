"""One block of a scenario with everything in it, for tests that look at single draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.axes import Floats
from sim.baseline.plan import Baseline
from sim.engine.chances import Outcome, outcome_of
from sim.engine.cities import city_targets
from sim.engine.levels import BlockLevels, levels_of_block, quantities_of_block
from sim.engine.luck import Luck
from sim.engine.noise import BlockNoise, SetParameters, block_noise, set_parameters
from sim.engine.tilting import start_of_block
from sim.model import Model, compiled
from sim.scenario.scenario import Scenario


@dataclass(frozen=True)
class Block:
    model: Model
    values: Floats
    parameters: SetParameters
    noise: BlockNoise
    levels: BlockLevels
    quantities: Floats
    outcomes: tuple[Outcome, ...]

    def city(self) -> Floats:
        """Return the levels of cities ``[C, Kc, T, S, D]``."""
        return self.levels.city


def worked(scenario: Scenario, baseline: Baseline, block: int = 0) -> Block:
    """Return a block of *scenario* as the engine works it out."""
    return worked_model(compiled(scenario, baseline), block)


def worked_model(model: Model, block: int = 0, compiled: bool = True) -> Block:
    """Return a block of *model* as the engine works it out."""
    values, luck = start_of_block(model, Luck(model.seed, block, compiled, model.design))
    parameters = set_parameters(model, values, block)
    noise = block_noise(model, parameters, luck)
    chosen = city_targets(model) if compiled else None
    levels = levels_of_block(model, values, parameters, noise, luck, True, chosen)
    quantities = quantities_of_block(model, values, levels, luck)
    with np.errstate(all="ignore"):
        outcomes = tuple(outcome_of(model, t, values, noise, levels, quantities) for t in model.targets)
    return Block(model, values, parameters, noise, levels, quantities, outcomes)
