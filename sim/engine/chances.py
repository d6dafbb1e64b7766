"""The chance of each target given all but one normal direction (section 8), else hits as counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from sim.axes import Floats
from sim.engine.covariance import covariance_of
from sim.engine.levels import BlockLevels, base_of, lagged
from sim.engine.noise import BlockNoise
from sim.kernels import conditional, reference
from sim.kernels.normal import normal_table
from sim.kernels.targets import NEWTON_STEPS, flow_chances_into
from sim.model.model import NONE, Model, OutputModel, RatioModel, StockModel, TargetModel


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one target did in a block: *path* of its value ``[T, S, D]``, hits and chance ``[S, D]``."""

    path: Floats
    hit: np.ndarray
    chance: Floats


def outcome_of(
    model: Model, target: TargetModel, values: Floats, noise: BlockNoise, levels: BlockLevels, q: Floats
) -> Outcome:
    """Return what *target* did; *q* are the province's quantities."""
    path, chance = path_and_chance(model, target, values, noise, levels, q)
    value = path[target.year]
    hit = (value >= target.lower) & (value <= target.upper)
    return Outcome(path, hit, hit.astype(np.float64) if chance is None else chance)


def path_and_chance(
    model: Model, target: TargetModel, values: Floats, noise: BlockNoise, levels: BlockLevels, q: Floats
) -> tuple[Floats, Floats | None]:
    """Return the path of what *target* asks for ``[T, S, D]`` and its conditional chance ``[S, D]``.

    None where hits must be counted: given actuals the noise has another law, which the weights know and
    the formulas of chances do not.
    """
    shift = execution_shift(model, target, values)
    path = executed(model, target, path_of(model, target, values, levels, q), shift)
    if model.observed is not None:
        return path, None
    return path, chance_of(model, target, values, noise, levels, q, shift)


def execution_shift(model: Model, target: TargetModel, values: Floats) -> Floats | None:
    """Return by how much the log outcome of *target* is counted higher, ``[T, S, 1]``; None: as it is.

    ``w e a[t]``: the plan's weight in the drift, the execution of earlier plans, the share accrued by year t.
    """
    if target.execution is None:
        return None
    d = model.drift
    weight = values[d.weight_row] if d.weight_row != NONE else d.weight
    shift: Floats = np.multiply.outer(target.execution.accrued, weight * values[target.execution.row])
    return shift[..., None]


def executed(model: Model, target: TargetModel, path: Floats, shift: Floats | None) -> Floats:
    """Return *path* as it counts: times ``exp(shift)``; of rates in logits, of mean growth a year's part."""
    if shift is None:
        return path
    if target.form.startswith("mean"):
        years = np.arange(1.0, len(path) + 1.0)[:, None, None]
        return (1.0 + path) * np.exp(shift / years) - 1.0
    if target.quantity < len(model.indicators) and model.is_rate[target.quantity]:
        return 100.0 * reference.share_of_logit(reference.logit(path / 100.0) + shift)
    return path * np.exp(shift)


def path_of(model: Model, target: TargetModel, values: Floats, levels: BlockLevels, q: Floats) -> Floats:
    """Return the value that *target* speaks of, year by year, ``[T, S, D]``."""
    if target.city == NONE:
        series: Floats = q[target.quantity]
    else:
        column = list(model.with_cities).index(target.quantity)
        series = levels.of_city(target.city, column)
    if target.form == "value":
        return series
    if target.form == "sum":
        return np.cumsum(series, axis=0)
    if target.city == NONE:
        base = base_of(model, values, target.quantity)[:, None]
    else:
        base = np.full((series.shape[1], 1), model.base[target.city, column])
    mean = reference.mean_growth if target.form == "mean_growth" else reference.mean_of_rates
    return mean(base, series)


def chance_of(
    model: Model,
    target: TargetModel,
    values: Floats,
    noise: BlockNoise,
    levels: BlockLevels,
    q: Floats,
    shift: Floats | None = None,
) -> Floats | None:
    """Return the conditional chance ``[S, D]``, or None where hits must be counted.

    *shift* ``[T, S, 1]``: what is added to the log of the outcome, as `execution_shift` says.
    """
    indicators = len(model.indicators)
    if target.form not in ("value", "mean_growth"):
        return None
    if target.quantity >= indicators:
        derived = model.derived[target.quantity - indicators]
        if target.form != "value":
            return None
        if isinstance(derived, OutputModel):
            return None
        if isinstance(derived, RatioModel):
            return chance_of_ratio(model, target, derived, values, noise, levels, q, shift)
        ends = shifted(np.array([target.lower, target.upper])[:, None, None], target, shift)
        return chance_of_stock(model, derived, target.year, ends, values, levels, noise, q)
    is_rate = bool(model.is_rate[target.quantity])  # its logit, not its growth, has a normal law
    if model.is_count[target.quantity] or (is_rate and target.form == "mean_growth"):
        return None
    lower, upper = log_bounds(model, target)
    location, variance = location_of(model, target.quantity, target.year, target.city, noise, levels)
    location = location if shift is None else location + shift[target.year]
    return hit_chance(location, variance, lower, upper, levels)


def shifted(ends: Floats, target: TargetModel, shift: Floats | None) -> Floats:
    """Return what a quantity must reach for its outcome, counted with *shift*, to reach *ends*."""
    return ends if shift is None else ends * np.exp(-shift[target.year])


def hit_chance(location: Floats, variance: Floats, lower: float, upper: float, levels: BlockLevels) -> Floats:
    """Return the chance that a normal of *location* and *variance* lies between the bounds."""
    if levels.compiled:
        return conditional.compiled_hit(location, variance, float(lower), float(upper))
    return conditional.normal_hit(location, np.sqrt(variance), lower, upper)


def log_bounds(model: Model, target: TargetModel) -> tuple[float, float]:
    """Return the bounds of a hit on the scale on which the quantity moves (log or logit)."""
    bounds = np.array([target.lower, target.upper])
    with np.errstate(divide="ignore", over="ignore"):
        if target.form == "mean_growth":
            if target.city == NONE:
                base = model.base_province[target.quantity]
            else:
                base = model.base[target.city, list(model.with_cities).index(target.quantity)]
            bounds = np.log(base) + (target.year + 1) * np.log1p(np.maximum(bounds, -1.0))
        elif model.is_rate[target.quantity]:
            bounds = reference.logit(np.clip(bounds / 100.0, 0.0, 1.0))
        else:
            bounds = np.log(np.maximum(bounds, 0.0))
    return float(bounds[0]), float(bounds[1])


def location_of(
    model: Model, k: int, year: int, city: int, noise: BlockNoise, levels: BlockLevels
) -> tuple[Floats, Floats]:
    """Return mean and variance of the log level (logit of rates) given all but its normal direction.

    A city: given mixing and shocks, its whole noise. The province: given the cities' own noise, its
    province-wide noise and the draw of the ratio.
    """
    variance = shared_covariance(model, (k, k), (year, year), noise, levels)
    if k in model.alone:
        return levels.calm_alone[list(model.alone).index(k)][year], variance
    column = list(model.with_cities).index(k)
    if city != NONE:
        own = noise.variance_of_city(city, column, year)
        return np.log(levels.calm[column][city, year]) - 0.5 * own, variance + own
    location = np.log(levels.province[k, year]) - levels.shared[k, year] - noise.ratio[column]
    return location, variance + model.noise.ratio_sd[column] ** 2


def shared_covariance(
    model: Model, pair: tuple[int, int], years: tuple[int, int], noise: BlockNoise, levels: BlockLevels
) -> Floats:
    """Return the covariance of the accumulated province-wide noise of two indicators, ``[S, D]``.

    Every city's target of one indicator and year asks for the same one, so it is kept.
    """
    key = ("covariance", pair, years)
    if key not in levels.kept:
        levels.kept[key] = covariance_of(model, pair, years, noise, levels.own_sd, levels.compiled)
    return levels.kept[key]


def chance_of_ratio(
    model: Model,
    target: TargetModel,
    ratio: RatioModel,
    values: Floats,
    noise: BlockNoise,
    levels: BlockLevels,
    q: Floats,
    shift: Floats | None,
) -> Floats | None:
    """Return the conditional chance of a ratio of two indicators, or of a stock to an indicator."""
    indicators = len(model.indicators)
    before = target.year - ratio.lag
    if ratio.denominator >= indicators:
        return None
    if ratio.numerator >= indicators:
        stock = model.derived[ratio.numerator - indicators]
        below = lagged(model, values, q, ratio.denominator, ratio.lag)[target.year]
        if not isinstance(stock, StockModel) or stock.inflow == ratio.denominator:
            return None
        ends = np.array([target.lower, target.upper])[:, None, None] / ratio.factor * below
        ends = shifted(ends, target, shift)
        return chance_of_stock(model, stock, target.year, ends, values, levels, noise, q)
    pair = (ratio.numerator, ratio.denominator)
    if any(model.is_count[k] or model.is_rate[k] for k in pair):
        return None
    above, variance = location_of(model, pair[0], target.year, NONE, noise, levels)
    if before >= 0:
        below, below_variance = location_of(model, pair[1], before, NONE, noise, levels)
        covariance = shared_covariance(model, pair, (target.year, before), noise, levels)
        if pair[0] == pair[1] and pair[0] in model.with_cities:  # the draw of the ratio cancels
            covariance = covariance + model.noise.ratio_sd[list(model.with_cities).index(pair[0])] ** 2
        variance = variance + below_variance - 2.0 * covariance
    else:
        below = np.log(base_of(model, values, pair[1]))[:, None]
    with np.errstate(divide="ignore"):
        lower, upper = np.log(np.maximum(np.array([target.lower, target.upper]) / ratio.factor, 0.0))
    above = above if shift is None else above + shift[target.year]
    return hit_chance(above - below, np.maximum(variance, 0.0), lower, upper, levels)


def chance_of_stock(
    model: Model,
    stock: StockModel,
    year: int,
    ends: Floats,
    values: Floats,
    levels: BlockLevels,
    noise: BlockNoise,
    q: Floats,
) -> Floats | None:
    """Return the chance that a stock lies between *ends* ``[2, S, D]`` given all but the inflow's own drift.

    The inflow of year t holds ``exp(t a z)`` with z the indicator's own standard normal in o and
    ``a`` its sd; the stock rises with z, so the chance is that of z above the root of
    ``log sum_t kept_t inflow_t exp(t a (x - z)) = log(end - kept base)``, found by Newton's rule.
    """
    k = stock.inflow
    if k >= len(model.indicators) or model.is_count[k] or model.is_rate[k]:
        return None
    own_share = np.sqrt(max(0.0, 1.0 - float(model.noise.load_province[k] @ model.noise.load_province[k])))
    direction = (levels.own_sd[k] * own_share)[:, None]
    stay = (1.0 - values[stock.exit_row])[:, None]
    kept = np.stack([stay ** (year - t) for t in range(year + 1)])
    inflow = kept * q[k][: year + 1]
    start = values[stock.base_row][:, None] * stay ** (year + 1)
    own = noise.own_direction[k]
    chance = compiled_chance_above if levels.compiled else chance_above
    above, beyond = (
        np.zeros_like(own) if np.all(end == np.inf) else chance(end - start, inflow, direction, own)
        for end in ends
    )
    return above - beyond


def compiled_chance_above(missing: Floats, inflow: Floats, direction: Floats, own: Floats) -> Floats:
    """Return what `chance_above` returns, from the compiled kernel."""
    made = np.empty_like(own)
    missing, direction = (np.array(np.broadcast_to(part, own.shape)) for part in (missing, direction))
    flow_chances_into(normal_table(), missing, inflow, direction, np.ascontiguousarray(own), made)
    return made


def chance_above(missing: Floats, inflow: Floats, direction: Floats, own: Floats) -> Floats:
    """Return the chance that flows ``inflow_t exp(t a (x - z))`` sum to at least what is *missing*.

    *inflow* ``[t, S, D]``; *direction* is a, *own* is z; where a is zero, whether they do.
    """
    reached = inflow.sum(axis=0)
    times = np.arange(1.0, len(inflow) + 1.0)[:, None, None]
    log_missing = np.log(np.maximum(missing, np.finfo(np.float64).tiny))
    shift = (log_missing - np.log(reached)) / times[-1]
    for _ in range(NEWTON_STEPS):
        terms = inflow * np.exp(times * shift)
        total = terms.sum(axis=0)
        slope = (times * terms).sum(axis=0) / total
        shift = shift - conditional.newton_step(np.log(total), slope, log_missing)
    root = own + shift / np.where(direction > 0.0, direction, 1.0)
    chance = np.where(direction > 0.0, ndtr(-root), reached >= missing)
    return np.where(missing <= 0.0, 1.0, chance)
