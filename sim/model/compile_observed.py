"""Actuals of a scenario by position, their errors on the scale on which the indicator moves (section 7)."""

from __future__ import annotations

import numpy as np

from sim.baseline.plan import Baseline
from sim.model.model import NONE
from sim.model.observed import ObservedModel
from sim.scenario.scenario import Actual, Scenario

PERCENT = 100.0


def observed_of(scenario: Scenario, baseline: Baseline) -> ObservedModel | None:
    """Return the actuals of *scenario* in canonical order; None if it has none."""
    if not scenario.observed:
        return None
    indicators, cities = baseline.indicator_axis(), baseline.city_axis()

    def positions(actual: Actual) -> tuple[int, int, int]:
        city = NONE if actual.area == baseline.province.id else cities.position(actual.area)
        return indicators.position(actual.indicator), baseline.years.index(actual.year), city

    ordered = sorted(scenario.observed, key=positions)
    rows = np.array([positions(actual) for actual in ordered], dtype=np.int64)
    rates = {i.id for i in baseline.indicators if i.kind == "rate"}
    return ObservedModel(
        city=rows[:, 2],
        indicator=rows[:, 0],
        year=rows[:, 1],
        value=np.array([actual.value for actual in ordered]),
        error=np.array([inner_error(actual, actual.indicator in rates) for actual in ordered]),
    )


def inner_error(actual: Actual, is_rate: bool) -> float:
    """Return the standard error in logs, of a rate in logit units (delta method)."""
    if is_rate:
        share = actual.value / PERCENT
        return actual.error / PERCENT / (share * (1.0 - share))
    return actual.error / actual.value if actual.value > 0.0 else actual.error
