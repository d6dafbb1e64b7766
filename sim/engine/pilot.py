"""What a conditioned model learns from its first block before it runs: tails and the unit of weights.

Both are functions of the model alone, so chunks, workers and machines cannot matter.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.axes import Floats
from sim.engine.levels import levels_of_block
from sim.engine.luck import Luck
from sim.engine.noise import block_noise, set_parameters
from sim.kernels import conditioning as kernel
from sim.model.model import Model
from sim.model.parameters import drawn_parameters
from sim.streams import SETS, Source

ROUNDS = 6
"""Rounds of adaptation at the most; each halves what the actuals and the tails do not agree on."""

LEAST = 200.0
"""Effective draws of the pilot's block that a round's fit rests on."""

WIDENING = 1.25
"""How much wider the tails are drawn than fitted, so that no draw weighs too much."""


def with_tilt(model: Model) -> Model:
    """Return *model* with the tails of its observed years fitted to the actuals (cross-entropy method)."""
    if model.observed is None or np.isinf(model.noise.dof) or model.observed.tilt:
        return model
    years = range(int(model.observed.year.max()) + 1)
    luck = Luck(model.seed, 0, design=model.design)
    law = dict.fromkeys(years, (0.5 * model.noise.dof, 0.5))
    for _ in range(ROUNDS):
        weights, power = kernel.tempered(log_weight_of(model, luck), LEAST)
        for year, (shape, rate) in law.items():
            uniform = luck.uniform(Source("mixing:year", year=model.years.labels[year]))
            law[year] = kernel.fitted_gamma(kernel.tilted_precision(uniform, shape, rate), weights, WIDENING)
        tilt = tuple((year, *law[year]) for year in years)
        model = replace(model, observed=replace(model.observed, tilt=tilt))
        if power == 1.0:
            break
    return model


def with_reference(model: Model) -> Model:
    """Return *model* with the mean weight of its first block as the weight that counts as one."""
    if model.observed is None or np.isfinite(model.observed.reference):
        return model
    reference = kernel.log_mean(log_weight_of(model, Luck(model.seed, 0, design=model.design)))
    return replace(model, observed=replace(model.observed, reference=reference))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def log_weight_of(model: Model, luck: Luck) -> Floats:
    """Return the log weights of the first block, ``[S, D]``."""
    values = drawn_parameters(model.parameters, model.seed, model.drawn, 0, SETS)
    parameters = set_parameters(model, values, 0)
    noise = block_noise(model, parameters, luck)
    levels = levels_of_block(model, values, parameters, noise, luck, False)
    if levels.log_weight is None:
        raise ValueError("a pilot needs actuals")
    return levels.log_weight
