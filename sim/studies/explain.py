"""Where every effective number of one area and indicator comes from: growth, shocks, noise, with places.

All is worked out at central parameters and without luck, every shock at its mean times its chance.
What an entry of the scenario adds is told on top of the entries before it, so that the rows add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from sim.axes import Floats
from sim.baseline.calibration import BLEND_WEIGHT
from sim.baseline.plan import Baseline, Indicator
from sim.distributions import Fixed
from sim.engine.drift import drift_of_sets, shocked_factors
from sim.engine.luck import Luck
from sim.engine.noise import SetParameters, set_parameters
from sim.errors import Place
from sim.kernels import reference as kernel
from sim.model import compiled
from sim.model.compile_noise import assumption_of
from sim.model.model import Model, ShockModel
from sim.model.parameters import drawn_parameters
from sim.scenario.scenario import Adjustment, Delay, Growth, Path, Scenario, Shock
from sim.streams import SETS
from sim.studies.dependence_calibration import FLOOR

PERCENT = 100.0

Entry = Adjustment | Delay | Path | Shock

PlaceOf = Callable[..., Place]
"""Where a value of calibration.yaml stands, by its path of keys."""


@dataclass(frozen=True, slots=True)
class Source:
    """Growth by year, ``[year]``, that one source leads to, and where it stands."""

    name: str  # plan, trend, drift (as the scenario mixes them), growth (with all entries)
    growth: Floats
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one entry of the scenario adds to growth, ``[year]``; *shock* if it is a shock or event."""

    field: str
    name: str
    change: Floats
    place: Place
    shock: Shock | None


@dataclass(frozen=True, slots=True)
class Spread:
    """One term of the noise: its sd, in log growth a year (logit units for rates)."""

    name: str
    sd: float
    places: tuple[Place, ...]
    at_floor: bool = False  # the data show less than the calibration can tell from nothing


@dataclass(frozen=True, slots=True)
class Explanation:
    """Growth is a fraction a year, of rates in points; levels in the indicator's unit, base year first."""

    scenario: Scenario
    area: str
    indicator: Indicator
    years: tuple[int, ...]
    base_place: Place
    levels: Floats
    weight: float | None
    weight_place: Place | None
    sources: tuple[Source, ...]
    effects: tuple[Effect, ...]
    spreads: tuple[Spread, ...]
    spread_of_level: Floats  # sd of the log level (logit), [year]


def explanation_of(
    scenario: Scenario, baseline: Baseline, area: str, indicator: str, place_of: PlaceOf
) -> Explanation:
    """Return where the growth and spread of *indicator* in *area* (ids) come from.

    ValueError if the indicator is not simulated there. *place_of* finds keys of calibration.yaml.
    """
    chosen = next(i for i in baseline.indicators if i.id == indicator)
    if chosen.scope == "province" and area != baseline.province.id:
        raise ValueError(f"{indicator} is simulated for the province alone")
    bare = replace(scenario, drift=(), delays=(), paths=(), shocks=())
    levels = calm_levels(scenario, baseline, area, chosen)
    weight, weight_place = _weight(scenario, baseline, chosen)
    spreads, spread_of_level = _spreads(scenario, baseline, area, chosen, place_of)
    return Explanation(
        scenario=scenario,
        area=area,
        indicator=chosen,
        years=baseline.years,
        base_place=_base_place(baseline, area, chosen),
        levels=levels,
        weight=weight,
        weight_place=weight_place,
        sources=tuple(_sources(bare, baseline, area, chosen, place_of, growth_of(levels, chosen))),
        effects=tuple(_effects(scenario, baseline, area, chosen, levels)),
        spreads=spreads,
        spread_of_level=spread_of_level,
    )


def calm_levels(scenario: Scenario, baseline: Baseline, area: str, indicator: Indicator) -> Floats:
    """Return base and levels without luck at central parameters, every shock at its mean, ``[1 + year]``."""
    model = compiled(scenario, baseline)
    model = replace(model, shocks=tuple(expected_shock(shock) for shock in model.shocks))
    values, parameters = _central(model)
    city, alone, _ = drift_of_sets(model, values, parameters)
    factors, lone_factors, _ = shocked_factors(model, city, alone, Luck(model.seed, 0, design=model.design))
    k = model.indicators.position(indicator.id)
    if indicator.scope == "province":
        factor = lone_factors[list(model.alone).index(k)].mean(axis=(1, 2))
        if indicator.kind == "rate":
            logits = model.base_province[k] + np.concatenate([[0.0], np.cumsum(factor)])
            return np.asarray(PERCENT * kernel.share_of_logit(logits))
        return np.asarray(model.base_province[k] * np.concatenate([[1.0], np.cumprod(factor)]))
    column = list(model.with_cities).index(k)
    levels = kernel.levels_from_growth(model.base[:, column], factors[column]).mean(axis=(2, 3))
    if area == baseline.province.id:
        province = np.exp(model.log_ratio[column]) * levels.sum(axis=0)
        return np.concatenate([[model.base_province[k]], province])
    c = model.cities.position(area)
    return np.concatenate([[model.base[c, column]], levels[c]])


def expected_shock(shock: ShockModel) -> ShockModel:
    """Return the shock that always happens with its mean size and its mean course."""
    course = shock.chances @ shock.course
    return replace(shock, size=Fixed(shock.size.mean()), course=course[None], chances=np.ones(1))


def growth_of(levels: Floats, indicator: Indicator) -> Floats:
    """Return growth a year of *levels* with their base; of rates the change in points."""
    if indicator.kind == "rate":
        return np.diff(levels)
    return np.asarray(levels[1:] / levels[:-1] - 1.0)


def _central(model: Model) -> tuple[Floats, SetParameters]:
    values = drawn_parameters(model.parameters, model.seed, False, 0, SETS)
    return values, set_parameters(model, values, 0)


def _weight(
    scenario: Scenario, baseline: Baseline, indicator: Indicator
) -> tuple[float | None, Place | None]:
    """Return the plan's weight in a blend and where it stands; None where nothing is blended."""
    assert baseline.calibration is not None  # without one nothing was compiled
    has_trend = baseline.calibration.indicators[indicator.id].has_trend
    if scenario.growth.source != "blend" or indicator.growth == "trend" or not has_trend:
        return None, None
    if scenario.growth.weight is not None:
        return scenario.growth.weight, scenario.growth.place
    assumption = assumption_of(scenario, baseline, BLEND_WEIGHT)
    return assumption.central, assumption.place


def _sources(
    bare: Scenario,
    baseline: Baseline,
    area: str,
    indicator: Indicator,
    place_of: PlaceOf,
    growth: Floats,
) -> Iterator[Source]:
    assert baseline.calibration is not None  # without one nothing was compiled
    known = baseline.calibration.indicators[indicator.id]
    place = bare.growth.place

    def alone(source: Growth) -> Floats:
        return growth_of(calm_levels(replace(bare, growth=source), baseline, area, indicator), indicator)

    if indicator.growth != "trend":
        yield Source("plan", alone(Growth("plan", None, place)), (_plan_place(baseline, area, indicator),))
    if known.has_trend:
        series = tuple(place_of("series", name) for name in known.series)
        yield Source("trend", alone(Growth("trend", None, place)), series)
    yield Source("drift", alone(bare.growth), (place,))
    yield Source("growth", growth, ())


def _effects(
    scenario: Scenario, baseline: Baseline, area: str, indicator: Indicator, levels: Floats
) -> Iterator[Effect]:
    """Yield what each entry adds to the growth of the indicator there, in the order of the engine.

    Each is told on top of those before it, from the bare drift on, so that all of them together lead
    from the drift to the growth with all entries: a level shock takes its part of a growth that the
    adjustments have moved already.
    """
    entries: tuple[Entry, ...] = (*scenario.paths, *scenario.delays, *scenario.drift, *scenario.shocks)
    before = growth_of(calm_levels(_with_first(scenario, entries, 0), baseline, area, indicator), indicator)
    for number, entry in enumerate(entries, start=1):
        if number == len(entries):
            after = growth_of(levels, indicator)
        else:
            so_far = _with_first(scenario, entries, number)
            after = growth_of(calm_levels(so_far, baseline, area, indicator), indicator)
        change, before = after - before, after
        if np.any(change):
            shock = entry if isinstance(entry, Shock) else None
            yield Effect(_field(entry), entry.name, change, entry.place, shock)


def _field(entry: Entry) -> str:
    """Return the field of the scenario file in which *entry* stands."""
    if isinstance(entry, Shock):
        if entry.chance is not None:
            return "events"
        return "level_shocks" if entry.effect == "level" else "shocks"
    return {Adjustment: "drift", Delay: "delays", Path: "paths"}[type(entry)]


def _with_first(scenario: Scenario, entries: tuple[Entry, ...], count: int) -> Scenario:
    """Return the scenario with the first *count* of its *entries* alone."""
    kept = entries[:count]
    return replace(
        scenario,
        paths=tuple(entry for entry in kept if isinstance(entry, Path)),
        delays=tuple(entry for entry in kept if isinstance(entry, Delay)),
        drift=tuple(entry for entry in kept if isinstance(entry, Adjustment)),
        shocks=tuple(entry for entry in kept if isinstance(entry, Shock)),
    )


def _base_place(baseline: Baseline, area: str, indicator: Indicator) -> Place:
    """Return where the level stands that the base is taken or rescaled from."""
    if indicator.base == "actual" or indicator.scope == "province":
        for region in (area, baseline.province.id):
            figure = baseline.history(indicator.base_series or "", region).get(baseline.base_year)
            if figure is not None:
                return figure.place
    return _plan_place(baseline, area, indicator)


def _plan_place(baseline: Baseline, area: str, indicator: Indicator) -> Place:
    cell = baseline.printed.cells.get((area, indicator.id, baseline.years[0]))
    return indicator.place if cell is None else cell.place


def _spreads(
    scenario: Scenario, baseline: Baseline, area: str, indicator: Indicator, place_of: PlaceOf
) -> tuple[tuple[Spread, ...], Floats]:
    """Return the terms of the noise and the sd of the log level by year; proxies count equally."""
    assert baseline.calibration is not None  # without one nothing was compiled
    model = compiled(scenario, baseline)
    values, p = _central(model)
    _, _, gap_variance = drift_of_sets(model, values, p)
    k = model.indicators.position(indicator.id)
    series = baseline.calibration.indicators[indicator.id].series
    factor = place_of("indicators", indicator.id, "city_factor")

    def places(*fields: str) -> tuple[Place, ...]:
        return tuple(place_of("series", name, field) for name in series for field in fields)

    drift = baseline.calibration.common_drift.get(indicator.group)
    at_floor = drift is not None and 0.0 < drift.value <= FLOOR
    common = (place_of("common_drift", indicator.group),) if p.common_sd[k].any() else ()
    weights = kernel.accumulation_weights(p.phi[k], len(model.years))
    squares = np.sum(weights**2, axis=1)  # [year, set]
    horizon = np.arange(1.0, len(model.years) + 1.0)[:, None]
    persistent = p.common_sd[k] ** 2 + p.own_sd[k] ** 2 + gap_variance[k]
    variance = horizon**2 * persistent + p.year_sd[k] ** 2 * squares
    spreads = [
        Spread("common", _mean_sd(p.common_sd[k]), common, at_floor),
        Spread("own", _mean_sd(p.own_sd[k]), places("tau")),
        Spread("blend", float(np.sqrt(gap_variance[k].mean())), (scenario.growth.place,)),
        Spread("year", _mean_sd(p.year_sd[k]), places("sd", "year_sd")),
    ]
    if area != baseline.province.id:
        c, column = model.cities.position(area), list(model.with_cities).index(k)
        tau, sd = p.city_tau[c, column], p.city_sd[c, column]
        variance = variance + horizon**2 * tau**2 + sd**2 * squares
        spreads += [
            Spread("city", _mean_sd(tau), (*places("tau", "slope"), factor)),
            Spread("city-year", _mean_sd(sd), (*places("sd", "slope"), factor)),
        ]
    return tuple(spreads), np.sqrt(variance.mean(axis=1))


def _mean_sd(sd: Floats) -> float:
    return float(np.sqrt(np.mean(sd**2)))
