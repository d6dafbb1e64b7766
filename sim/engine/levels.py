"""Levels of a block: cities, unallocated, province and derived quantities (sections 4 to 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.axes import Floats
from sim.engine.conditioning import conditioned, pin_cities, pin_province
from sim.engine.drift import drift_of_sets, shocked_factors
from sim.engine.luck import Luck
from sim.engine.noise import BlockNoise, SetParameters
from sim.engine.pipelines import Around, NormalLuck, base_of_output, pipeline_outputs
from sim.kernels import reference as kernel
from sim.kernels.levels import levels_into, province_into, shared_into, sums_into
from sim.kernels.poisson import compiled_quantile, poisson_quantile
from sim.model.model import Model, OutputModel, StockModel
from sim.streams import SETS, Source

PERCENT = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class BlockLevels:
    """Levels of a block in the units of the plan.

    *city* ``[C, Kc, T, S, D]``, None where only the province is asked for; *calm* are the levels of
    cities without any noise, ``[C, T, S, 1 or D]`` by indicator with cities; *unallocated*
    ``[Kc, T, S, D]``; *province* ``[K, T, S, D]``; *calm_alone* ``[T, S, 1 or D]`` by lone indicator,
    on the scale on which it moves (log or logit); *shared* is the accumulated province-wide noise
    ``[K, T, S, D]``; *own_sd* the sd of its persistent own part ``[K, S]``; *floored* says which
    draws needed the floor of growth; *log_weight* ``[S, D]`` is the log density of the actuals, if any.
    *compiled*: what follows is worked by compiled kernels, which know no weights; *kept* is what targets
    share, by name.
    """

    city: Floats | None
    calm: tuple[Floats, ...]
    unallocated: Floats
    province: Floats
    calm_alone: tuple[Floats, ...]
    shared: Floats
    own_sd: Floats
    floored: np.ndarray
    log_weight: Floats | None = None
    compiled: bool = False
    kept: dict[tuple[object, ...], Floats] = field(default_factory=dict)


def levels_of_block(
    model: Model, values: Floats, parameters: SetParameters, noise: BlockNoise, luck: Luck, cities: bool
) -> BlockLevels:
    """Return the levels of a block; *values* ``[parameter, set]``. Levels of cities are kept if *cities*."""
    city, alone, gap_variance = drift_of_sets(model, values, parameters)
    factors, lone_factors, floored = shocked_factors(model, city, alone, luck)
    own_sd = np.sqrt(parameters.own_sd**2 + gap_variance)
    shared = shared_noise(noise, own_sd, luck.compiled)
    province = np.empty_like(shared)
    unallocated = np.empty((len(model.with_cities), *shared.shape[1:]))
    asked = cities or model.observed is not None or not luck.compiled
    kept = np.empty_like(noise.city) if asked or model.is_count.any() else None
    calm = [
        kernel.levels_from_growth(base, factor) for base, factor in zip(model.base.T, factors, strict=True)
    ]
    scales = [scale_alone(model, int(k), factor) for k, factor in zip(model.alone, lone_factors, strict=True)]
    city_noise, ratio, known = noise.city, noise.ratio, None
    if model.observed is not None:
        known = conditioned(model, model.observed, own_sd, noise, shared, (tuple(calm), tuple(scales)), luck)
        shared, city_noise, ratio = known.shared, known.city, known.ratio
    for column, k in enumerate(model.with_cities):
        level = kept if asked or model.is_count[k] else None
        total = lifted_cities(calm[column], city_noise, column, shared[k], level, luck.compiled)
        if kept is not None and model.is_count[k]:
            quantile = compiled_quantile if luck.compiled else poisson_quantile
            level = quantile(kept[:, column], count_normals(model, int(k), luck))
            if known is not None:
                pin_cities(model, known, int(k), level)
            total = np.add.reduce(level, axis=0)
            kept[:, column] = level
            log_ratio = model.log_ratio[column][:, None, None] + ratio[column]
            province[k], unallocated[column] = kernel.counts_of_province(total, log_ratio)
        elif luck.compiled and known is None:
            parts = (province[k], unallocated[column])
            province_into(total, model.log_ratio[column], np.ascontiguousarray(ratio[column]), *parts)
        else:
            log_ratio = model.log_ratio[column][:, None, None] + ratio[column]
            province[k], unallocated[column] = kernel.province_from_cities(total, log_ratio)
        if known is not None:
            pin_province(model, known, int(k), province[k], unallocated[column])
            if kept is not None and not model.is_count[k]:
                pin_cities(model, known, int(k), kept[:, column])
    for position, k in enumerate(model.alone):
        province[k] = level_alone(model, int(k), scales[position], shared[k])
        if known is not None:
            pin_province(model, known, int(k), province[k], None)
    weight = None if known is None else known.log_weight
    if weight is not None and noise.log_weight is not None:
        weight = weight + noise.log_weight
    return BlockLevels(
        city=kept if cities else None,
        calm=tuple(calm),
        unallocated=unallocated,
        province=province,
        calm_alone=tuple(scales),
        shared=shared,
        own_sd=own_sd,
        floored=floored,
        log_weight=weight,
        compiled=luck.compiled and known is None,
    )


def shared_noise(noise: BlockNoise, own_sd: Floats, compiled: bool) -> Floats:
    """Return the accumulated province-wide noise ``[K, T, S, D]``; *own_sd* ``[K, S]`` is that of o."""
    if not compiled:
        return kernel.province_noise(noise.common, own_sd[..., None] * noise.own_unit, noise.yearly)
    shared = np.empty_like(noise.yearly)
    shared_into(noise.common, noise.own_unit, noise.yearly, own_sd, shared)
    return shared


def lifted_cities(
    calm: Floats, noise: Floats, column: int, shared: Floats, level: Floats | None, compiled: bool
) -> Floats:
    """Set *column* of *level* ``[C, Kc, T, S, D]``, if asked for; return the sum over cities.

    *shared* ``[T, S, D]`` is the noise that they have in common.
    """
    if compiled:
        total = np.empty(shared.shape)
        if level is None:
            sums_into(calm, noise, column, np.ascontiguousarray(shared), total)
        else:
            levels_into(calm, noise, column, np.ascontiguousarray(shared), total, level)
        return total
    lift = np.exp(shared)
    bare = calm * noise[:, column]
    if level is not None:
        level[:, column] = bare * lift
    summed: Floats = np.add.reduce(bare, axis=0) * lift
    return summed


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
    return luck.normals(sources).reshape(len(cities), len(years), SETS, -1)


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
