"""A scenario on a baseline, compiled to the arrays that the engine runs."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from sim.axes import Axis, Floats, Ints
from sim.baseline.calibration import Calibration
from sim.baseline.plan import Baseline, Indicator
from sim.designs import Design
from sim.errors import BadInput, Mistake, Place
from sim.kernels.reference import logit
from sim.model.compile_drift import drift_of, shocks_of
from sim.model.compile_noise import noise_of
from sim.model.compile_observed import observed_of
from sim.model.compile_targets import derived_of, derived_used, targets_of
from sim.model.model import Model
from sim.model.parameters import TableBuilder
from sim.scenario.scenario import Scenario
from sim.streams import BLOCK

PERCENT = 100.0
"""Rates are written in percent; inside, they are shares."""


def calibration_of(baseline: Baseline) -> Calibration:
    """Return the plan's calibration; BadInput, naming the command that writes it, if there is none."""
    if baseline.calibration is None:
        place = Place(f"{baseline.folder}/calibration.yaml")
        raise BadInput([Mistake(place, "no-calibration")])
    return baseline.calibration


def compiled(scenario: Scenario, baseline: Baseline, also: Collection[str] = ()) -> Model:
    """Return the model of *scenario*; BadInput if the plan was not calibrated.

    *also*: derived quantities that are wanted though no target of the scenario needs them.
    """
    calibration = calibration_of(baseline)
    builder = TableBuilder()
    indicators = baseline.indicators
    with_cities = np.array([k for k, i in enumerate(indicators) if i.scope == "cities"], dtype=np.int64)
    alone = np.array([k for k, i in enumerate(indicators) if i.scope == "province"], dtype=np.int64)
    base, base_province, log_ratio, ratio_sd = bases(baseline, with_cities)
    noise = noise_of(scenario, baseline, calibration, builder, with_cities, base, base_province, ratio_sd)
    drift = drift_of(scenario, baseline, calibration, builder, with_cities, alone)
    used = derived_used(scenario, baseline, also)
    derived, pipelines = derived_of(scenario, baseline, calibration, builder, used)
    quantities = Axis("quantity", tuple(i.id for i in indicators) + tuple(d.id for d in used))
    targets, headline = targets_of(scenario, baseline, quantities, builder)
    design = design_of(scenario, baseline)
    return Model(
        scenario=scenario.id,
        seed=scenario.seed,
        blocks=scenario.draws // BLOCK,
        drawn=scenario.noise.parameters == "drawn",
        cities=baseline.city_axis(),
        indicators=baseline.indicator_axis(),
        years=Axis("year", tuple(str(year) for year in baseline.years)),
        quantities=quantities,
        with_cities=with_cities,
        alone=alone,
        is_count=np.array([i.kind == "count" for i in indicators]),
        is_rate=np.array([i.kind == "rate" for i in indicators]),
        base=base,
        base_province=base_province,
        log_ratio=log_ratio,
        drift=drift,
        shocks=shocks_of(scenario, baseline, with_cities, alone),
        noise=noise,
        parameters=builder.table(design),
        derived=derived,
        targets=targets,
        headline=headline,
        observed=observed_of(scenario, baseline),
        pipelines=pipelines,
        design=design,
    )


def design_of(scenario: Scenario, baseline: Baseline) -> Design:
    """Return how the scenario's points are spread; only Sobol points need the plan's dimensions."""
    if scenario.design != "sobol":
        return Design(scenario.design)
    return Design(scenario.design, tuple(sorted(baseline.dimensions.items())))


def bases(baseline: Baseline, with_cities: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Return base ``[C, Kc]``, base of the province ``[K]``, log ratio ``[Kc, T]`` and its sd ``[Kc]``.

    Section 1: an actual base of the province rescales every city that has no actual of its own by
    one ratio. Section 5: the ratio of province to cities is the printed one.
    """
    count, years = len(baseline.cities), len(baseline.years)
    base = np.empty((count, len(with_cities)))
    base_province = np.empty(len(baseline.indicators))
    log_ratio = np.empty((len(with_cities), years))
    ratio_sd = np.empty(len(with_cities))
    for k, indicator in enumerate(baseline.indicators):
        if indicator.scope == "province":
            base_province[k] = base_alone(baseline, indicator)
    for column, k in enumerate(with_cities):
        indicator = baseline.indicators[k]
        path = baseline.path[:, k, :]
        ratio = np.log(path[count] / path[:count].sum(axis=0))
        log_ratio[column] = ratio[1:]
        first = 1 if indicator.kind == "count" else 0
        changes = np.diff(ratio[first:])
        ratio_sd[column] = np.sqrt(np.mean(changes**2))
        base[:, column] = path[:count, first]
        base_province[k] = path[count, first]
        if indicator.base == "actual":
            base[:, column], base_province[k] = rescaled_base(baseline, indicator, base[:, column], ratio[0])
    return base, base_province, log_ratio, ratio_sd


def base_alone(baseline: Baseline, indicator: Indicator) -> float:
    """Return the base of an indicator that only the province has; rates as logits of a share."""
    if indicator.base_series is None:
        raise ValueError(f"indicator {indicator.id} has no base_series; loading should have refused it")
    value = baseline.history(indicator.base_series, baseline.province.id)[baseline.base_year].value
    return float(logit(np.float64(value / PERCENT))) if indicator.kind == "rate" else value


def rescaled_base(
    baseline: Baseline, indicator: Indicator, printed: Floats, log_ratio: float
) -> tuple[Floats, float]:
    """Return bases of cities and province from the province's actual (section 1)."""
    if indicator.base_series is None:
        raise ValueError(f"indicator {indicator.id} has no base_series; loading should have refused it")
    province = baseline.history(indicator.base_series, baseline.province.id)[baseline.base_year].value
    actual = np.full(len(printed), np.nan)
    for c, city in enumerate(baseline.cities):
        figure = baseline.history(indicator.base_series, city.id).get(baseline.base_year)
        if figure is not None:
            actual[c] = figure.value
    known = ~np.isnan(actual)
    rest = province / np.exp(log_ratio) - actual[known].sum()
    scaled = printed * rest / printed[~known].sum() if not known.all() else printed
    return np.where(known, actual, scaled), province
