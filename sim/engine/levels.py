"""Levels of a block: cities, unallocated, province and derived quantities (sections 4 to 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.axes import Axis, Floats
from sim.engine.drift import drift_of_sets, shocked_factors
from sim.engine.luck import Luck
from sim.engine.noise import BlockNoise, SetParameters
from sim.kernels import reference as kernel
from sim.kernels.poisson import poisson_quantile
from sim.model.model import Model, StockModel
from sim.streams import SETS, Source

PERCENT = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class BlockLevels:
    """Levels of a block in the units of the plan.

    *city* ``[C, Kc, T, S, D]`` with *log_city* its log before counting; *calm* ``[C, Kc, T, S, 1 or D]``
    is the log level without any noise; *unallocated* ``[Kc, T, S, D]``; *province* ``[K, T, S, D]``
    and *calm_alone* ``[Ka, T, S, 1 or D]`` (logits for rates); *shared* is the accumulated
    province-wide noise ``[K, T, S, D]``; *own_sd* the sd of its persistent own part ``[K, S]``;
    *floored* says which draws needed the floor of growth.
    """

    city: Floats
    log_city: Floats
    calm: Floats
    unallocated: Floats
    province: Floats
    calm_alone: Floats
    shared: Floats
    own_sd: Floats
    floored: np.ndarray


def levels_of_block(
    model: Model, values: Floats, parameters: SetParameters, noise: BlockNoise, luck: Luck
) -> BlockLevels:
    """Return the levels of a block; *values* ``[parameter, set]``."""
    city, alone, gap_variance = drift_of_sets(model, values, parameters)
    factor, alone_factor, floored = shocked_factors(model, city, alone, luck)
    own_sd = np.sqrt(parameters.own_sd**2 + gap_variance)
    shared = kernel.province_noise(noise.common, own_sd[..., None] * noise.own_unit, noise.yearly)
    calm = np.log(kernel.levels_from_growth(model.base, factor))
    calm_alone, alone_level = levels_alone(model, alone_factor, shared[model.alone])
    cities = model.with_cities
    log_city = calm + noise.city + shared[cities]
    level = np.exp(log_city)
    is_count = model.is_count[cities]
    if is_count.any():
        level[:, is_count] = counts_of(model, level[:, is_count], luck)
    city_sum = np.add.reduce(level, axis=0)
    log_ratio = model.log_ratio[..., None, None] + noise.ratio[:, None]
    total, unallocated = kernel.province_from_cities(city_sum, log_ratio)
    if is_count.any():
        total[is_count], unallocated[is_count] = kernel.counts_of_province(
            city_sum[is_count], log_ratio[is_count]
        )
    province = np.empty_like(shared)
    province[cities] = total
    province[model.alone] = alone_level
    return BlockLevels(level, log_city, calm, unallocated, province, calm_alone, shared, own_sd, floored)


def levels_alone(model: Model, factor: Floats, shared: Floats) -> tuple[Floats, Floats]:
    """Return calm log levels (logits) and levels of indicators that only the province has."""
    is_rate = model.is_rate[model.alone]
    base = model.base_province[model.alone]
    calm = np.empty_like(factor)
    level = np.empty_like(shared)
    for a, rate in enumerate(is_rate):
        if rate:
            calm[a] = base[a] + np.cumsum(factor[a], axis=0)
            level[a] = PERCENT * kernel.share_of_logit(calm[a] + shared[a])
        else:
            calm[a] = np.log(kernel.levels_from_growth(base[a : a + 1], factor[a : a + 1])[0])
            level[a] = np.exp(calm[a] + shared[a])
    return calm, level


def counts_of(model: Model, rate: Floats, luck: Luck) -> Floats:
    """Return Poisson counts at the latent *rate* ``[C, counts, T, S, D]``."""
    names = [model.indicators.labels[k] for k in model.with_cities if model.is_count[k]]
    normal = np.stack(
        [
            np.stack(
                [np.stack([luck.normal(Source("count", c, k, y)) for y in model.years.labels]) for k in names]
            )
            for c in model.cities.labels
        ]
    )
    return poisson_quantile(rate, normal)


def quantities_of_block(model: Model, values: Floats, levels: BlockLevels) -> Floats:
    """Return all quantities of the province, indicators then derived, ``[Q, T, S, D]``."""
    count = len(model.indicators)
    quantities = np.empty((len(model.quantities), *levels.province.shape[1:]))
    quantities[:count] = levels.province
    for position, derived in enumerate(model.derived, start=count):
        if isinstance(derived, StockModel):
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
    if isinstance(derived, StockModel):
        return values[derived.base_row]
    below = base_of(model, values, derived.denominator)
    return kernel.ratio(base_of(model, values, derived.numerator), below, derived.factor)


def lagged(model: Model, values: Floats, quantities: Floats, quantity: int, lag: int) -> Floats:
    """Return *quantity* of *lag* years before; before the plan it stands at its base."""
    if lag == 0:
        return quantities[quantity]
    shifted = np.empty_like(quantities[quantity])
    shifted[:lag] = base_of(model, values, quantity)[:, None]
    shifted[lag:] = quantities[quantity][:-lag]
    return shifted


def area_axis(model: Model) -> Axis:
    """Return the areas of results: cities, unallocated, province."""
    return Axis("area", (*model.cities.labels, "unallocated", "province"))
