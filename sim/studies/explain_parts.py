"""What the growth and the noise of an indicator are made of, number by number, with places.

Central values are those of the model's parameter rows, so that they are the engine's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sim.axes import Floats
from sim.baseline.calibration import ASSUMED, Calibration, Estimate
from sim.baseline.plan import Baseline, Derived, Indicator
from sim.engine.levels import BlockLevels, quantities_of_block
from sim.errors import Place
from sim.model import Model, compiled, drawn_parameters
from sim.model.compile import calibration_of
from sim.model.compile_noise import assumption_of
from sim.model.model import SERIES_FIELDS, OutputModel, StockModel
from sim.model.parameters import Parameter
from sim.scenario.scenario import Rounds, Scenario
from sim.streams import SETS, Source
from sim.studies.explain import PlaceOf, calm_levels

LEVELS = ("common", "province", "year", "city")
"""Levels of the noise that have loadings of their own: n, o, p and the terms of cities."""

SCENARIO_FIELD = "noise"


OF_PIPELINE = "pipeline."
"""Before the name of a number of a pipeline, which a series may have by the same name."""


@dataclass(frozen=True, slots=True)
class Part:
    """One number: drawn with standard error *se*, or between *low* and *high* if it is an assumption."""

    name: str
    value: float
    se: float
    low: float
    high: float
    grade: str
    source: str
    place: Place


@dataclass(frozen=True, slots=True)
class PrintedYear:
    """What the plan prints of one year; growth is a fraction, None where none is printed."""

    year: int
    level: float
    growth: float | None
    place: Place


@dataclass(frozen=True, slots=True)
class Loading:
    """How much of one level of the noise moves with a factor, for one indicator."""

    level: str
    factor: str
    value: float
    place: Place


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a shock lies: its weights in the cell (several where the province has cities) and its
    share by year, ``[start, year]``, a row for each year in which it may start.
    """

    shock: str
    weights: tuple[float, ...]
    shares: Floats


@dataclass(frozen=True, slots=True)
class Parts:
    """All numbers behind one indicator in one area; *series* by the name of the series."""

    years: tuple[int, ...]
    printed: tuple[PrintedYear, ...]
    series: Mapping[str, tuple[Part, ...]]
    tails: Part
    loadings: tuple[Loading, ...]
    reaches: tuple[Reach, ...]
    is_count: bool


@dataclass(frozen=True, slots=True)
class DerivedParts:
    """A derived quantity: its formula, the numbers in it, and its values without luck, ``[year]``.

    *rounds*: the dates of the pipeline that gives it, where it has any.
    """

    derived: Derived
    years: tuple[int, ...]
    numbers: tuple[Part, ...]
    values: Floats
    rounds: Rounds | None = None


def parts_of(
    scenario: Scenario, baseline: Baseline, area: str, indicator: Indicator, place_of: PlaceOf
) -> Parts:
    """Return the numbers behind *indicator* in *area*; *place_of* finds keys of calibration.yaml."""
    calibration = calibration_of(baseline)
    model = compiled(scenario, baseline)
    k = model.indicators.position(indicator.id)
    series = {
        name: tuple(_series_parts(name, m, k, model, scenario, baseline, calibration, place_of))
        for m, name in enumerate(calibration.indicators[indicator.id].series)
    }
    return Parts(
        years=baseline.years,
        printed=tuple(_printed(baseline, area, indicator)),
        series=series,
        tails=_tails(scenario, calibration.dof, model.noise.dof, place_of),
        loadings=tuple(_loadings(model, calibration, indicator, place_of)),
        reaches=tuple(_reaches(model, baseline, area, indicator)),
        is_count=indicator.kind == "count",
    )


def _printed(baseline: Baseline, area: str, indicator: Indicator) -> Iterator[PrintedYear]:
    for year in baseline.years:
        cell = baseline.printed.cells.get((area, indicator.id, year))
        if cell is not None:
            growth = None if cell.growth is None else float(cell.growth.value)
            yield PrintedYear(year, float(cell.level.value), growth, cell.place)


def _series_parts(
    series: str,
    proxy: int,
    indicator: int,
    model: Model,
    scenario: Scenario,
    baseline: Baseline,
    calibration: Calibration,
    place_of: PlaceOf,
) -> Iterator[Part]:
    for position, name in enumerate(SERIES_FIELDS):
        estimate: Estimate = getattr(calibration.series[series], name)
        parameter = model.parameters.rows[model.noise.series_rows[indicator, proxy, position]]
        if estimate.method.startswith(ASSUMED):
            yield _assumed(name, parameter, scenario, baseline, estimate.method.removeprefix(ASSUMED))
        else:
            yield _estimated(name, parameter, estimate, place_of("series", series, name))


def _estimated(name: str, parameter: Parameter, estimate: Estimate, place: Place) -> Part:
    low, high = np.nan, np.nan
    return Part(name, parameter.value, parameter.se, low, high, estimate.grade, estimate.method, place)


def _assumed(name: str, parameter: Parameter, scenario: Scenario, baseline: Baseline, ident: str) -> Part:
    """Return a number that an assumption gives: the scenario's own, or the plan's."""
    assumption = assumption_of(scenario, baseline, ident)
    return Part(
        name,
        parameter.value,
        0.0,
        assumption.low,
        assumption.high,
        assumption.grade,
        ASSUMED + ident,
        assumption.place,
    )


def _tails(scenario: Scenario, estimate: Estimate, dof: float, place_of: PlaceOf) -> Part:
    own = scenario.noise.dof is not None
    place = scenario.noise.place if own else place_of("dof")
    method = SCENARIO_FIELD if own else estimate.method
    return Part("dof", dof, 0.0 if own else estimate.se, np.nan, np.nan, estimate.grade, method, place)


def _loadings(
    model: Model, calibration: Calibration, indicator: Indicator, place_of: PlaceOf
) -> Iterator[Loading]:
    k = model.indicators.position(indicator.id)
    for level in LEVELS if indicator.scope == "cities" else LEVELS[:3]:
        loads: Floats = getattr(model.noise, f"load_{level}")
        for j, factor in enumerate(model.noise.factors):
            if indicator.id in calibration.loadings[level].load.get(factor, {}):
                place = place_of("loadings", level, "load", factor, indicator.id)
                yield Loading(level, factor, float(loads[k, j]), place)


def _reaches(model: Model, baseline: Baseline, area: str, indicator: Indicator) -> Iterator[Reach]:
    k = model.indicators.position(indicator.id)
    for shock in model.shocks:
        if indicator.scope == "province":
            weights = shock.footprint_alone[[list(model.alone).index(k)]]
        else:
            weights = shock.footprint[:, list(model.with_cities).index(k)]
            if area != baseline.province.id:
                weights = weights[[model.cities.position(area)]]
        if np.any(weights):
            yield Reach(shock.name, tuple(sorted({float(w) for w in weights})), shock.course)


def derived_parts(
    scenario: Scenario, baseline: Baseline, derived: Derived, place_of: PlaceOf
) -> DerivedParts:
    """Return formula and numbers of a derived quantity, and its values without luck."""
    model = compiled(scenario, baseline, also=(derived.id,))
    values = drawn_parameters(model.parameters, model.seed, False, 0, SETS)
    position = list(model.quantities.labels).index(derived.id)
    compiled_derived = model.derived[position - len(model.indicators)]
    numbers: tuple[Part, ...] = ()
    rounds = None
    if isinstance(compiled_derived, StockModel):
        rows = (compiled_derived.base_row, compiled_derived.exit_row)
        numbers = tuple(
            _origin(name, model.parameters.rows[row], origin, derived, scenario, baseline, place_of)
            for name, row, origin in zip(("base", "exit"), rows, (derived.base, derived.exit), strict=True)
        )
    elif isinstance(compiled_derived, OutputModel):
        pipe = model.pipelines[compiled_derived.pipeline]
        plan = baseline.pipelines[derived.pipeline]
        numbers = tuple(
            _assumed(OF_PIPELINE + field, model.parameters.rows[row], scenario, baseline, plan.numbers[field])
            for field, row in pipe.rows.items()
        )
        own = Rounds(plan.dates, plan.dates_place) if plan.dates else None
        rounds = scenario.rounds.get(plan.id, own)
    quantities = quantities_of_block(model, values, _calm_block(scenario, baseline), NoLuck())
    return DerivedParts(derived, baseline.years, numbers, quantities[position, :, 0, 0], rounds)


class NoLuck:
    """The luck of a block of one draw in which everything falls on its median."""

    def normal(self, source: Source) -> Floats:
        return np.zeros((SETS, 1))

    def once(self, key: tuple[object, ...], make: Callable[[], Mapping[str, Floats]]) -> Mapping[str, Floats]:
        return make()


def _origin(
    name: str,
    parameter: Parameter,
    origin: tuple[str, str] | None,
    derived: Derived,
    scenario: Scenario,
    baseline: Baseline,
    place_of: PlaceOf,
) -> Part:
    """Return a base or an exit with where its number comes from."""
    kind, ident = origin or ("value", "0")
    if kind == "assumption":
        return _assumed(name, parameter, scenario, baseline, ident)
    if kind == "calibration":
        estimate = calibration_of(baseline).exits[ident]
        return _estimated(name, parameter, estimate, place_of("exits", ident))
    if kind == "history":
        figure = baseline.history(ident, baseline.province.id)[baseline.base_year]
        grade, source, place = derived.grade_base, figure.source, figure.place
    else:
        grade, source, place = derived.grade_definition, "derived.yaml", derived.place
    return Part(name, parameter.value, 0.0, np.nan, np.nan, grade, source, place)


def _calm_block(scenario: Scenario, baseline: Baseline) -> BlockLevels:
    """Return a block of one draw without luck in which only the province is filled."""
    levels = np.stack(
        [calm_levels(scenario, baseline, baseline.province.id, i)[1:] for i in baseline.indicators]
    )
    province = np.broadcast_to(levels[:, :, None, None], (*levels.shape, SETS, 1))
    empty = np.empty(0)
    return BlockLevels(
        empty, np.empty(0, dtype=np.int64), (), empty, province, (), empty, empty, np.empty(0, dtype=np.bool_)
    )
