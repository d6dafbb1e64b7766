"""Models with what they learn before they run, worked out once for all studies of a scenario."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.baseline.plan import Baseline
from sim.engine.pilot import with_proposal
from sim.model import Model, compiled
from sim.model.observed import ObservedModel
from sim.scenario.scenario import Scenario
from sim.studies.fingerprints import model_fingerprint

_LEARNED: dict[str, ObservedModel] = {}
"""By the fingerprint of the model: a pilot takes seconds, and each study of a scenario asks for it."""


def learned_model(scenario: Scenario, baseline: Baseline) -> Model:
    """Return the model of *scenario* with the law fitted to its actuals, if it has any."""
    return learned(compiled(scenario, baseline))


def learned(model: Model) -> Model:
    """Return *model* with the law fitted to its actuals, if it has any. Targets say nothing of them."""
    if model.observed is None:
        return model
    key = model_fingerprint(replace(model, targets=(), headline=np.empty(0, dtype=np.int64)))
    if key not in _LEARNED:
        observed = with_proposal(model).observed
        assert observed is not None
        _LEARNED[key] = observed
    return replace(model, observed=_LEARNED[key])
