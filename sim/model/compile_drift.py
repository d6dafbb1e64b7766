"""Drift and shocks of a scenario as arrays (section 4)."""

from __future__ import annotations

import numpy as np

from sim.axes import Floats, Ints
from sim.baseline.calibration import BLEND_WEIGHT, Calibration
from sim.baseline.plan import Baseline
from sim.kernels.reference import logit
from sim.model.compile_noise import assumption_of
from sim.model.model import NONE, DriftModel, ShockModel
from sim.model.parameters import TableBuilder
from sim.scenario.scenario import Path, Scenario, Shock


def drift_of(
    scenario: Scenario,
    baseline: Baseline,
    calibration: Calibration,
    builder: TableBuilder,
    with_cities: Ints,
    alone: Ints,
) -> DriftModel:
    """Return the drift model of *scenario*, adding the blend's weight to *builder*."""
    indicators = baseline.indicators
    known = [calibration.indicators[i.id] for i in indicators]
    plan, plan_province = plan_growth(baseline, with_cities)
    forced = np.full((len(alone), len(baseline.years)), np.nan)
    for path in sorted(scenario.paths, key=lambda p: p.area != baseline.province.id):  # a city's own stands
        replace_path(path, baseline, with_cities, alone, plan, plan_province, forced)
    caps = np.full((len(indicators), max(len(k.series) for k in known)), np.inf)
    spans = np.ones_like(caps)
    for k, indicator in enumerate(known):
        for m, series in enumerate(indicator.series):
            caps[k, m] = calibration.series[series].cap.value
            first, last = calibration.series[series].window
            spans[k, m] = last - first
    weight_row, weight = NONE, {"plan": 1.0, "trend": 0.0, "blend": np.nan}[scenario.growth.source]
    if scenario.growth.source == "blend" and scenario.growth.weight is not None:
        weight = scenario.growth.weight
    elif scenario.growth.source == "blend":
        weight_row = builder.assumption(assumption_of(scenario, baseline, BLEND_WEIGHT))
    add, add_alone = adjustments_of(scenario, baseline, with_cities, alone)
    delay, delay_alone, meanwhile, meanwhile_alone = delays_of(scenario, baseline, with_cities, alone)
    return DriftModel(
        has_trend=np.array([k.has_trend for k in known]),
        trend_only=np.array([i.growth == "trend" for i in indicators]),
        plan=plan,
        plan_province=plan_province,
        cap=caps,
        known=spans,
        weight_row=weight_row,
        weight=weight,
        forced=forced,
        add=add,
        add_alone=add_alone,
        delay=delay,
        delay_alone=delay_alone,
        meanwhile=meanwhile,
        meanwhile_alone=meanwhile_alone,
    )


def plan_growth(baseline: Baseline, with_cities: Ints) -> tuple[Floats, Floats]:
    """Return the plan's growth ``[C, Kc, T]`` and that of the province ``[K, T]``.

    Counts start at their first printed rate, so they do not grow in the first year; rates move in
    logit units; where the plan prints no path, zero.
    """
    count = len(baseline.cities)
    path = baseline.path
    with np.errstate(invalid="ignore"):
        growth = path[:, :, 1:] / path[:, :, :-1] - 1.0
    for k, indicator in enumerate(baseline.indicators):
        if indicator.kind == "rate":
            growth[:, k] = np.diff(logit(path[:, k] / 100.0), axis=-1)
        if indicator.kind == "count":
            growth[:, k, 0] = 0.0
    growth = np.nan_to_num(growth, nan=0.0)
    return growth[:count][:, with_cities], growth[count]


def replace_path(
    path: Path,
    baseline: Baseline,
    with_cities: Ints,
    alone: Ints,
    plan: Floats,
    plan_province: Floats,
    forced: Floats,
) -> None:
    """Put the growth of *path* in place of the plan's, in the arrays given.

    A path of the province moves every city's plan growth by as much as the province's.
    """
    k = baseline.indicator_axis().position(path.indicator)
    is_city = path.area != baseline.province.id
    row = baseline.city_axis().position(path.area) if is_city else len(baseline.cities)
    is_rate = baseline.indicators[k].kind == "rate"
    column = list(with_cities).index(k) if k in with_cities else NONE
    old = plan[row, column] if is_city else plan_province[k]
    growth = old.copy()
    known = baseline.path[row, k].copy()
    if baseline.indicators[k].kind == "count":
        known[0] = known[1]  # counts start at their first printed rate
    for t, year in enumerate(baseline.years):
        if year not in path.levels:
            continue
        before = path.levels.get(year - 1, known[t])
        now = path.levels[year]
        growth[t] = now / before - 1.0
        if is_rate:
            growth[t] = float(logit(np.float64(now / 100)) - logit(np.float64(before / 100)))
    if column == NONE and baseline.indicators[k].growth == "trend":
        forced[list(alone).index(k)] = growth  # there is no plan to replace
    elif column == NONE:
        plan_province[k] = growth
    elif is_city:
        plan[row, column] = growth
    else:
        plan[:, column] += growth - old
        plan_province[k] = growth


def adjustments_of(
    scenario: Scenario, baseline: Baseline, with_cities: Ints, alone: Ints
) -> tuple[Floats, Floats]:
    """Return what the scenario adds to drift, ``[C, Kc, T]`` and ``[Ka, T]``."""
    years = list(baseline.years)
    add = np.zeros((len(baseline.cities), len(with_cities), len(years)))
    add_alone = np.zeros((len(alone), len(years)))
    for adjustment in scenario.drift:
        columns = [years.index(year) for year in adjustment.cells.years]
        for area, indicator in adjustment.cells.pairs:
            row, column = cell_of(baseline, with_cities, alone, area, indicator)
            target = add_alone[column] if row == NONE else add[row, column]
            target[columns] += adjustment.add
    return add, add_alone


def cell_of(baseline: Baseline, with_cities: Ints, alone: Ints, area: str, indicator: str) -> tuple[int, int]:
    """Return (city, column among indicators with cities) or (`NONE`, column among the lone ones)."""
    k = baseline.indicator_axis().position(indicator)
    if area == baseline.province.id:
        return NONE, list(alone).index(k)
    return baseline.city_axis().position(area), list(with_cities).index(k)


def delays_of(
    scenario: Scenario, baseline: Baseline, with_cities: Ints, alone: Ints
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the years of delay and the growth meanwhile, ``[C, Kc]`` and ``[Ka]`` each."""
    shape = (len(baseline.cities), len(with_cities))
    delay, meanwhile = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    delay_alone, meanwhile_alone = np.zeros(len(alone), dtype=np.int64), np.zeros(len(alone))
    for entry in scenario.delays:
        for area, indicator in entry.pairs:
            row, column = cell_of(baseline, with_cities, alone, area, indicator)
            if row == NONE:
                delay_alone[column], meanwhile_alone[column] = entry.by, entry.meanwhile
            else:
                delay[row, column], meanwhile[row, column] = entry.by, entry.meanwhile
    return delay, delay_alone, meanwhile, meanwhile_alone


def shocks_of(
    scenario: Scenario, baseline: Baseline, with_cities: Ints, alone: Ints
) -> tuple[ShockModel, ...]:
    """Return the scenario's shocks and events in order of name."""
    return tuple(
        shock_of(shock, baseline, with_cities, alone)
        for shock in sorted(scenario.shocks, key=lambda s: s.name)
    )


def shock_of(shock: Shock, baseline: Baseline, with_cities: Ints, alone: Ints) -> ShockModel:
    """Return one shock; an event with a yearly hazard may start in any plan year."""
    footprint = np.zeros((len(baseline.cities), len(with_cities)))
    footprint_alone = np.zeros(len(alone))
    for area, indicator, weight in shock.footprint:
        row, column = cell_of(baseline, with_cities, alone, area, indicator)
        if row == NONE:
            footprint_alone[column] += weight
        else:
            footprint[row, column] += weight
    years = baseline.year_axis().astype(np.float64)
    courses, chances = [shock.course], [1.0]
    if shock.chance is not None and shock.chance.probability is not None:
        chances = [shock.chance.probability]
    elif shock.chance is not None and shock.chance.hazard is not None:
        hazard = shock.chance.hazard
        courses = [shock.course.starting(year) for year in baseline.years]
        chances = [hazard * (1.0 - hazard) ** n for n in range(len(baseline.years))]
    return ShockModel(
        name=shock.name,
        footprint=footprint,
        footprint_alone=footprint_alone,
        size=shock.size,
        course=np.stack([course.shares(years) for course in courses]),
        chances=np.array(chances),
        is_level=shock.effect == "level",
    )
