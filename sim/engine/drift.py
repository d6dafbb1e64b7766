"""Growth factors of a block: drift of each set, shocks of each draw (section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from sim.axes import Floats
from sim.distributions import Fixed
from sim.engine.noise import SetParameters
from sim.kernels import reference as kernel
from sim.model.model import NONE, Model, ShockModel
from sim.streams import Source

LARGEST = np.finfo(np.float64).max
"""No size is larger: what it does to a level is counted as invalid there, and nowhere else."""


class UniformLuck(Protocol):
    """Whatever gives uniforms ``[set, draw]`` by source."""

    def uniform(self, source: Source) -> Floats: ...


def drift_of_sets(model: Model, values: Floats, p: SetParameters) -> tuple[Floats, Floats, Floats]:
    """Return drift of cities ``[C, Kc, T, set]``, of lone indicators ``[Ka, T, set]``, and the
    variance ``[K, set]`` that the gap between plan and trend adds to the province's own drift.
    """
    weight, plan, trend = trend_of_sets(model, values, p)
    city = city_drift(model, p, weight, plan, trend)
    return city, *lone_drift(model, weight, plan, trend)


def trend_of_sets(model: Model, values: Floats, p: SetParameters) -> tuple[Floats, Floats, Floats]:
    """Return the plan's weight ``[set]``, the growth of the province's plan and its trend ``[K, T, set]``."""
    d, years = model.drift, len(model.years)
    horizon = np.arange(1.0, years + 1.0)[:, None]
    weight = values[d.weight_row] if d.weight_row != NONE else np.full(values.shape[1], d.weight)
    mu, own, lam, damp, phi, last = (x[:, None, :] for x in (p.mu, p.own, p.lam, p.damp, p.phi, p.last))
    log_trend = kernel.expected_growth(mu, own, lam, damp, phi, last, horizon)
    trend = np.where(model.is_rate[:, None, None], log_trend, np.expm1(log_trend))
    plan = np.broadcast_to(d.plan_province[:, :, None], trend.shape)
    trend = np.where(d.has_trend[:, None, None], trend, plan)
    trend[model.is_count, 0] = plan[model.is_count, 0]  # their base is the first year already
    return weight, plan, trend


def city_drift(model: Model, p: SetParameters, weight: Floats, plan: Floats, trend: Floats) -> Floats:
    """Return the drift of cities ``[C, Kc, T, set]``."""
    d, cities = model.drift, model.with_cities
    cap = np.take_along_axis(d.cap, p.proxy, axis=1)[cities][:, None, :]
    city_trend = kernel.city_trend(d.plan[..., None], plan[cities], trend[cities])
    city_trend = kernel.capped_growth(city_trend, cap, year_axis=-2)
    has_trend = d.has_trend[cities][:, None, None]
    city_trend = np.where(has_trend, city_trend, d.plan[..., None])
    city = kernel.blended(weight, d.plan[..., None], city_trend)
    return delayed(city, d.delay, d.meanwhile) + d.add[..., None]


def lone_drift(model: Model, weight: Floats, plan: Floats, trend: Floats) -> tuple[Floats, Floats]:
    """Return the drift of lone indicators ``[Ka, T, set]`` and what the gap between plan and trend adds to
    the variance of the province's own drift ``[K, set]``.
    """
    d = model.drift
    alone_weight = np.where(d.trend_only[model.alone][:, None, None], 0.0, weight)
    alone = kernel.blended(alone_weight, plan[model.alone], trend[model.alone])
    forced = d.forced[..., None]
    alone = np.where(np.isnan(forced), alone, forced)
    is_rate = model.is_rate[:, None, None]
    gap = mean_log(plan, is_rate) - mean_log(trend, is_rate)
    variance = np.where(d.trend_only[:, None], 0.0, kernel.blend_variance(weight, gap))
    share = rate_share(model)[model.alone]
    of_rates = model.is_rate[model.alone]
    points = kernel.growth_of_rate_points(d.add_alone, share)
    add_alone = np.where(of_rates[:, None], points, d.add_alone)
    points = kernel.growth_of_rate_points(d.meanwhile_alone * share[:, 0], share[:, 0])
    meanwhile_alone = np.where(of_rates, points, d.meanwhile_alone)
    alone = delayed(alone, d.delay_alone, meanwhile_alone) + add_alone[..., None]
    return alone, variance


def mean_log(growth: Floats, is_rate: np.ndarray) -> Floats:
    """Return the mean over years of log growth (of growth itself for rates), ``[K, set]``."""
    with np.errstate(invalid="ignore"):
        logs = np.where(is_rate, growth, np.log1p(np.where(is_rate, 0.0, growth)))
    return np.asarray(logs.mean(axis=1))


def rate_share(model: Model) -> Floats:
    """Return the base-year share of rates, a half elsewhere, ``[K, 1]``."""
    return np.where(
        model.is_rate, kernel.share_of_logit(np.where(model.is_rate, model.base_province, 0.0)), 0.5
    )[:, None]


def delayed(growth: Floats, delay: np.ndarray, meanwhile: Floats) -> Floats:
    """Return *growth* ``[..., T, set]`` shifted by *delay* years, *meanwhile* before that."""
    years = growth.shape[-2]
    source = np.arange(years) - delay[..., None]
    taken = np.take_along_axis(growth, np.maximum(source, 0)[..., None], axis=-2)
    return np.where((source < 0)[..., None], meanwhile[..., None, None], taken)


def amount_of_shock(shock: ShockModel, luck: UniformLuck) -> Floats:
    """Return size times course, ``[T, set, draw]``; one draw stands for all where nothing is random."""
    name = "shock:" + shock.name
    if shock.is_certain and isinstance(shock.size, Fixed):
        return np.asarray(shock.course[0][:, None, None] * shock.size.value)
    size = shock.size.quantile(luck.uniform(Source(name)))
    size = np.clip(size, -LARGEST, LARGEST)  # infinity times a share of nothing would be no number
    if shock.is_certain:
        return np.asarray(shock.course[0][:, None, None] * size)
    start = np.searchsorted(
        np.cumsum(shock.chances), luck.uniform(Source("event:" + shock.name)), side="right"
    )
    course = np.concatenate([shock.course, np.zeros((1, shock.course.shape[1]))])
    return np.moveaxis(course[start], -1, 0) * size


def shocked_factors(
    model: Model, city: Floats, alone: Floats, luck: UniformLuck
) -> tuple[list[Floats], list[Floats], np.ndarray]:
    """Return growth factors by indicator: ``[C, T, set, draw]`` each of those with cities, and
    ``[T, set, draw]`` each of the lone ones, where rates keep drift plus shock in logit units.

    ``draw`` has length one where nothing random touches the indicator. The last array says which
    draws needed the floor, ``[set, draw]``.
    """
    amounts = [amount_of_shock(shock, luck) for shock in model.shocks]
    floored = np.zeros((city.shape[-1], 1), dtype=np.bool_)
    factors, lone_factors = [], []
    for column in range(city.shape[1]):
        drift = city[:, column, :, :, None]
        footprints = [shock.footprint[:, column, None, None, None] for shock in model.shocks]
        factor, low = kernel.growth_factor(drift, shock_growth(model, drift, footprints, amounts))
        factors.append(factor)
        floored = floored | low.any(axis=(0, 1))
    share = rate_share(model)[model.alone]
    for position, k in enumerate(model.alone):
        drift = alone[position, :, :, None]
        footprints = [shock.footprint_alone[position] for shock in model.shocks]
        if model.is_rate[k]:
            points = shock_growth(model, drift, footprints, amounts, float(share[position, 0]))
            lone_factors.append(drift + kernel.growth_of_rate_points(points, share[position]))
            continue
        growth = shock_growth(model, drift, footprints, amounts)
        factor, low = kernel.growth_factor(drift, growth)
        lone_factors.append(factor)
        floored = floored | low.any(axis=0)
    return factors, lone_factors, floored


def shock_growth(
    model: Model,
    drift: Floats,
    footprints: Sequence[Floats],
    amounts: Sequence[Floats],
    share: float | None = None,
) -> Floats:
    """Return the growth that all shocks add to *drift* where their footprint lies.

    Of a rate that stands at *share* in the base year the result is in points, of which a level
    shock takes its part of the share.
    """
    total = np.zeros_like(drift)
    for shock, footprint, amount in zip(model.shocks, footprints, amounts, strict=True):
        if not np.any(footprint):
            continue
        size = footprint * amount
        if shock.is_level:
            size = kernel.level_shock_growth(drift, -size) if share is None else size * share
        total = total + size
    return total
