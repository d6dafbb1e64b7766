"""Levels of a block: cities, unallocated, province and derived quantities (sections 4 to 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sim.axes import Floats, Ints
from sim.engine.case import case_of
from sim.engine.cells import Cells
from sim.engine.cities import Cities, CityResults, CityTargets, columns_kept, no_targets, worked_cities
from sim.engine.conditioning import Conditioned, conditioned
from sim.engine.drift import drift_of_sets, shocked_factors
from sim.engine.luck import Luck
from sim.engine.noise import BlockNoise, SetParameters
from sim.engine.pinning import pin_cities, pin_province
from sim.engine.pipelines import Around, NormalLuck, base_of_output, pipeline_outputs
from sim.kernels import reference as kernel
from sim.kernels.poisson import compiled_quantile, poisson_quantile
from sim.kernels.province import province_into, shared_into
from sim.model.model import NONE, Model, OutputModel, StockModel
from sim.streams import SETS, Source

PERCENT = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class BlockLevels:
    """Levels of a block in the units of the plan.

    *city* ``[C, place, T, S, D]`` of the indicators that have a place (*places* ``[Kc]``, else -1); *calm*
    are the levels of cities without any noise, ``[C, T, S, 1 or D]`` by indicator with cities; *unallocated*
    ``[Kc, T, S, D]``; *province* ``[K, T, S, D]``; *calm_alone* ``[T, S, 1 or D]`` by lone indicator,
    on the scale on which it moves (log or logit); *shared* is the accumulated province-wide noise
    ``[K, T, S, D]``; *own_sd* the sd of its persistent own part ``[K, S]``; *floored* says which
    draws needed the floor of growth; *log_weight* ``[S, D]`` is the log density of the actuals, if any.
    *compiled*: what follows is worked by compiled kernels, which know no weights; *results* are
    those of the targets of cities that were worked with the levels, *cells* moments and grids of them; *kept*
    is what targets share, by name.
    """

    city: Floats
    places: Ints
    calm: tuple[Floats, ...]
    unallocated: Floats
    province: Floats
    calm_alone: tuple[Floats, ...]
    shared: Floats
    own_sd: Floats
    floored: np.ndarray
    log_weight: Floats | None = None
    compiled: bool = False
    results: CityResults | None = None
    cells: tuple[Cells, ...] = ()
    kept: dict[tuple[object, ...], Floats] = field(default_factory=dict)

    def of_city(self, city: int, column: int) -> Floats:
        """Return the levels of a city's indicator ``[T, S, D]``."""
        if self.places[column] == NONE:
            raise ValueError("levels of this indicator's cities were not kept")
        levels: Floats = self.city[city, self.places[column]]
        return levels


def levels_of_block(
    model: Model, values: Floats, parameters: SetParameters, noise: BlockNoise, luck: Luck, cities: bool,
    chosen: CityTargets | None = None, detailed: bool = False,
) -> BlockLevels:  # fmt: skip
    """Return the levels of a block; *values* ``[parameter, set]``. Levels of all cities are kept if *cities*.

    Targets of cities that are *chosen* are worked on the way, and moments and grids of cities if *detailed*:
    they are part of what is returned.
    """
    bare = bare_levels(model, values, parameters, noise, luck)
    known = None
    if model.observed is not None:
        calm = bare.calm, bare.calm_alone
        known = conditioned(case_of(model, model.observed, bare.own_sd, noise, bare.shared, calm, luck))
    shared = bare.shared if known is None else known.shared
    ratio = noise.ratio if known is None else known.ratio
    places = columns_kept(model, cities or known is not None or not luck.compiled, chosen)
    worked = cities_of_block(model, noise, luck, bare, known, places, chosen, detailed)
    province, unallocated = np.empty_like(shared), np.empty_like(worked.total)
    for column, k in enumerate(model.with_cities):
        parts = province[k], unallocated[column]
        if model.is_count[k]:
            level = counted_cities(model, int(k), worked.kept[:, places[column]], luck, known)
            log_ratio = model.log_ratio[column][:, None, None] + ratio[column]
            parts[0][:], parts[1][:] = kernel.counts_of_province(np.add.reduce(level, axis=0), log_ratio)
        elif luck.compiled and known is None:
            log_ratio = model.log_ratio[column]
            province_into(worked.total[column], log_ratio, np.ascontiguousarray(ratio[column]), *parts)
        else:
            log_ratio = model.log_ratio[column][:, None, None] + ratio[column]
            parts[0][:], parts[1][:] = kernel.province_from_cities(worked.total[column], log_ratio)
        if known is not None:
            pin_province(known, int(k), *parts)
            if not model.is_count[k]:
                pin_cities(known, int(k), worked.kept[:, places[column]])
    for position, k in enumerate(model.alone):
        province[k] = level_alone(model, int(k), bare.calm_alone[position], shared[k])
        if known is not None:
            pin_province(known, int(k), province[k], None)
    weight = None if known is None else known.log_weight
    if weight is not None and luck.log_weight is not None:
        weight = weight + luck.log_weight
    return BlockLevels(
        city=worked.kept,
        places=places,
        calm=bare.calm,
        unallocated=unallocated,
        province=province,
        calm_alone=bare.calm_alone,
        shared=shared,
        own_sd=bare.own_sd,
        floored=bare.floored,
        log_weight=weight,
        compiled=luck.compiled and known is None,
        results=worked.results,
        cells=worked.cells,
        kept={("covariance", (k, k), (t, t)): made for (k, t), made in worked.variance.items()},
    )


def cities_of_block(
    model: Model, noise: BlockNoise, luck: Luck, bare: BareLevels, known: Conditioned | None, places: Ints,
    chosen: CityTargets | None, detailed: bool,
) -> Cities:  # fmt: skip
    """Return the cities of a block before counts are taken, given what is *known* of them, if anything."""
    shared = bare.shared if known is None else known.shared
    noise = noise if known is None else replace(noise, city=known.city)
    if luck.compiled:
        asked = no_targets(model) if chosen is None or known is not None else chosen
        return worked_cities(model, noise, luck, bare.calm, shared, bare.own_sd, places, asked, detailed)
    total, kept = np.empty((len(model.with_cities), *shared.shape[1:])), np.empty_like(noise.city)
    for column, k in enumerate(model.with_cities):
        lift, level = np.exp(shared[k]), bare.calm[column] * noise.city[:, column]
        total[column] = np.add.reduce(level, axis=0) * lift
        kept[:, column] = level * lift
    return Cities(total, kept)


def counted_cities(model: Model, k: int, level: Floats, luck: Luck, known: Conditioned | None) -> Floats:
    """Turn the rates *level* ``[C, T, S, D]`` of indicator *k* into counts, in place; return them."""
    quantile = compiled_quantile if luck.compiled else poisson_quantile
    level[:] = quantile(level, count_normals(model, k, luck))
    if known is not None:
        pin_cities(known, k, level)
    return level


@dataclass(frozen=True, slots=True, eq=False)
class BareLevels:
    """What is known before noise and levels meet; the fields are those of `BlockLevels`."""

    calm: tuple[Floats, ...]
    calm_alone: tuple[Floats, ...]
    shared: Floats
    own_sd: Floats
    floored: np.ndarray


def bare_levels(
    model: Model, values: Floats, parameters: SetParameters, noise: BlockNoise, luck: Luck
) -> BareLevels:
    """Return levels without noise and the accumulated province-wide noise of a block."""
    city, alone, gap_variance = drift_of_sets(model, values, parameters)
    factors, lone_factors, floored = shocked_factors(model, city, alone, luck)
    own_sd = np.sqrt(parameters.own_sd**2 + gap_variance)
    pairs = zip(model.base.T, factors, strict=True)
    lone = zip(model.alone, lone_factors, strict=True)
    return BareLevels(
        calm=tuple(kernel.levels_from_growth(base, factor) for base, factor in pairs),
        calm_alone=tuple(scale_alone(model, int(k), factor) for k, factor in lone),
        shared=shared_noise(noise, own_sd, luck.compiled),
        own_sd=own_sd,
        floored=floored,
    )


def shared_noise(noise: BlockNoise, own_sd: Floats, compiled: bool) -> Floats:
    """Return the accumulated province-wide noise ``[K, T, S, D]``; *own_sd* ``[K, S]`` is that of o."""
    if not compiled:
        return kernel.province_noise(noise.common, own_sd[..., None] * noise.own_unit, noise.yearly)
    shared = np.empty_like(noise.yearly)
    shared_into(noise.common, noise.own_unit, noise.yearly, own_sd, shared)
    return shared


def scale_alone(model: Model, k: int, factor: Floats) -> Floats:
    """Return the calm log level (logit of a rate) of an indicator without cities."""
    if model.is_rate[k]:
        logit: Floats = model.base_province[k] + np.cumsum(factor, axis=0)
        return logit
    return np.log(kernel.levels_from_growth(model.base_province[k], factor))


def level_alone(model: Model, k: int, calm: Floats, shared: Floats) -> Floats:
    """Return the level of an indicator without cities."""
    if model.is_rate[k]:
        return PERCENT * kernel.share_of_logit(calm + shared)
    return np.exp(calm + shared)


def count_normals(model: Model, k: int, luck: Luck) -> Floats:
    """Return the normals at which counts of indicator *k* are taken, ``[C, T, S, D]``."""
    name = model.indicators.labels[k]
    cities, years = model.cities.labels, model.years.labels
    sources = [Source("count", city, name, year) for city in cities for year in years]
    return luck.normals(sources).reshape(len(cities), len(years), *luck.shape)


def quantities_of_block(
    model: Model, values: Floats, levels: BlockLevels, luck: NormalLuck, detailed: bool = True
) -> Floats:
    """Return all quantities of the province, indicators then derived, ``[Q, T, S, D]``.

    Unless *detailed*, what comes from a pipeline that no target needs is not worked out and is NaN.
    """
    count = len(model.indicators)
    quantities = np.empty((len(model.quantities), *levels.province.shape[1:]))
    quantities[:count] = levels.province
    wanted = frozenset(range(len(model.pipelines))) if detailed else model.pipelines_needed()
    around = Around(model, values, quantities, levels.shared, luck)
    run: dict[int, Mapping[str, Floats]] = {}
    for position, derived in enumerate(model.derived, start=count):
        if isinstance(derived, OutputModel):
            if derived.pipeline not in wanted:
                quantities[position] = np.nan
                continue
            if derived.pipeline not in run:
                run[derived.pipeline] = pipeline_outputs(around, model.pipelines[derived.pipeline])
            quantities[position] = run[derived.pipeline][derived.output]
        elif isinstance(derived, StockModel):
            base, exit_rate = values[derived.base_row], values[derived.exit_row]
            quantities[position] = kernel.stock_from_flow(
                base[:, None], exit_rate[:, None], quantities[derived.inflow]
            )
        else:
            below = lagged(model, values, quantities, derived.denominator, derived.lag)
            quantities[position] = kernel.ratio(quantities[derived.numerator], below, derived.factor)
    return quantities


def base_of(model: Model, values: Floats, quantity: int) -> Floats:
    """Return the base-year value of a quantity by set, ``[set]``."""
    count = len(model.indicators)
    if quantity < count:
        base = model.base_province[quantity]
        if model.is_rate[quantity]:
            base = PERCENT * kernel.share_of_logit(base)
        return np.full(SETS, base)
    derived = model.derived[quantity - count]
    if isinstance(derived, OutputModel):
        return base_of_output(model, values, derived)
    if isinstance(derived, StockModel):
        stock: Floats = values[derived.base_row]
        return stock
    below = base_of(model, values, derived.denominator)
    return kernel.ratio(base_of(model, values, derived.numerator), below, derived.factor)


def lagged(model: Model, values: Floats, quantities: Floats, quantity: int, lag: int) -> Floats:
    """Return *quantity* of *lag* years before; before the plan it stands at its base."""
    if lag == 0:
        same: Floats = quantities[quantity]
        return same
    shifted: Floats = np.empty_like(quantities[quantity])
    shifted[:lag] = base_of(model, values, quantity)[:, None]
    shifted[lag:] = quantities[quantity][:-lag]
    return shifted
