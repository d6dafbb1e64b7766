"""Sections 4 to 6 of the model page in plain NumPy, line by line: the oracle of every faster form.

Symbols are those of ``docs/model.md``, whose last section lists these functions. Axes stand in the
order ``[area, indicator, year, draw]``; an axis may be absent. ``draw`` may be two axes, ``[set, draw
in set]``, so that a parameter that is constant within a set broadcasts. Growth and noise are fractions
and logs per year.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, chdtri

from sim.axes import Bools, Floats

FLOOR = 0.01
"""Least growth factor of a year (section 4)."""

MIXING_CAP = 0.999
"""The quantile at which the mixing variable of a year is capped (section 4)."""

MOST_CITY_SCALE = 2.0
"""A city's sd is at most this many times the province's own (section 4)."""


# --- section 4, drift -------------------------------------------------------------------------


def expected_growth(
    mu: Floats, own: Floats, lam: Floats, damp: Floats, phi: Floats, last: Floats, horizon: Floats
) -> Floats:
    """Return ``g[h] = mu + damp^h lam (own - mu) + phi^h last``, log growth *horizon* years ahead."""
    growth: Floats = mu + damp**horizon * lam * (own - mu) + phi**horizon * last
    return growth


def variance_of_mean(phi: Floats, years: Floats) -> Floats:
    """Return the variance of the mean of *years* values of a unit-variance AR(1).

    ``(n + 2 sum_h (n - h) phi^h) / n^2``, whose sum is ``phi (n (1 - phi) - 1 + phi^n) / (1 - phi)^2``.
    """
    lagged = phi * (years * (1.0 - phi) - 1.0 + phi**years) / (1.0 - phi) ** 2
    variance: Floats = (years + 2.0 * lagged) / years**2
    return variance


def unexplained_share(
    lam: Floats, damp: Floats, phi: Floats, sd: Floats, tau: Floats, known: Floats, years: int
) -> Floats:
    """Return the share of ``tau^2`` that is left once trend has used the own growth of *known* years.

    Regression: ``k = lam mean_h damp^h`` of the own growth's deviation, whose variance over units is
    ``tau^2 + sd^2 v`` (v of the mean of an AR(1)), carries over, so ``tau^2 - k^2 (tau^2 + sd^2 v)`` is left
    of what units differ by; not below zero. Whoever adds all of tau to a trend spreads units twice.
    """
    horizon = np.arange(1.0, years + 1.0).reshape(-1, *(1,) * np.ndim(damp))
    k = lam * np.mean(np.asarray(damp)[None] ** horizon, axis=0)
    of_own = tau**2 + sd**2 * variance_of_mean(phi, known)
    square = np.maximum(tau**2, np.finfo(np.float64).tiny)
    share: Floats = np.clip(1.0 - k**2 * of_own / square, 0.0, 1.0)
    return share


def city_trend(plan_city: Floats, plan_province: Floats, trend_province: Floats) -> Floats:
    """Return the trend of cities: the plan's differences between cities around the province's trend."""
    return plan_city + (trend_province - plan_province)


def capped_growth(growth: Floats, cap: Floats, year_axis: int) -> Floats:
    """Return *growth* (fractions) lowered evenly so that its mean log growth does not pass *cap*."""
    log_growth = np.log(np.maximum(1.0 + growth, FLOOR))
    excess = np.maximum(log_growth.mean(axis=year_axis, keepdims=True) - cap, 0.0)
    value: Floats = np.exp(log_growth - excess) - 1.0
    return value


def blended(weight: Floats, plan: Floats, trend: Floats) -> Floats:
    """Return ``w plan + (1 - w) trend``."""
    return weight * plan + (1.0 - weight) * trend


def blend_variance(weight: Floats, gap: Floats) -> Floats:
    """Return ``w (1 - w) gap^2``: that plan and trend disagree is uncertainty of the drift."""
    return weight * (1.0 - weight) * gap**2


def growth_of_rate_points(points: Floats, share: Floats) -> Floats:
    """Return the logit units that *points* (a change of the share) are worth where the share is *share*."""
    return points / (share * (1.0 - share))


def logit(share: Floats | np.float64) -> Floats:
    """Return the logit of a share in (0, 1)."""
    return np.log(share) - np.log1p(-share)


def share_of_logit(value: Floats) -> Floats:
    """Return the share in (0, 1) whose logit is *value*."""
    return 1.0 / (1.0 + np.exp(-value))


# --- section 4, shocks ------------------------------------------------------------------------


def level_shock_growth(drift: Floats, loss: Floats) -> Floats:
    """Return the growth ``(1 + drift)(1 - x) - 1 - drift`` of a level shock of *-loss*."""
    return (1.0 + drift) * (1.0 - loss) - 1.0 - drift


def growth_factor(drift: Floats, shock: Floats) -> tuple[Floats, Bools]:
    """Return ``1 + drift + shock``, floored, and where the floor was needed."""
    factor = 1.0 + drift + shock
    return np.maximum(factor, FLOOR), factor < FLOOR


# --- section 4, noise -------------------------------------------------------------------------


def mixing(uniform: Floats, dof: float) -> Floats:
    """Return ``s``: ``s^2 = (dof - 2) / chi2(dof)``, capped at its 99.9 % quantile, unit variance again.

    Large *uniform* means large ``s``. With ``X ~ chi2(dof)`` the mean of ``1 / X`` over ``X > x``
    is ``P(chi2(dof - 2) > x) / (dof - 2)``, which gives the variance left under the cap.
    """
    if not dof > 2.0:
        raise ValueError(f"tails of {dof:g} degrees of freedom have no variance; more than 2 are needed")
    if np.isinf(dof):
        return np.ones_like(uniform)
    return mixing_of_chi2(np.asarray(chdtri(dof, uniform)), dof)


def mixing_of_chi2(chi2: Floats, dof: float) -> Floats:
    """Return ``s`` where the chi-square variable of *dof* degrees of freedom is *chi2*."""
    lowest = chdtri(dof, MIXING_CAP)  # the chi2 that only a share 1 - MIXING_CAP falls below
    kept = chdtrc(dof - 2.0, lowest) + (dof - 2.0) / lowest * (1.0 - MIXING_CAP)
    square = (dof - 2.0) / np.maximum(chi2, lowest)
    scale: Floats = np.sqrt(square / kept)
    return scale


def unit_term(load: Floats, factors: Floats, own: Floats) -> Floats:
    """Return ``sum_j load[k, j] f_j + sqrt(1 - sum_j load[k, j]^2) u_k``, of unit variance.

    *load* ``[indicator, factor]``; *factors* ``[..., factor, draw]``; *own* ``[..., indicator, draw]``,
    where ``draw`` is the two axes of sets and draws.
    """
    own_share = np.sqrt(np.maximum(1.0 - np.sum(load**2, axis=1), 0.0))
    common = np.einsum("kj,...jsd->...ksd", load, factors)
    term: Floats = common + own_share[:, None, None] * own
    return term


def autoregression(phi: Floats, sd: Floats, scale: Floats, unit: Floats) -> Floats:
    """Return ``p[t] = phi p[t-1] + sd sqrt(1 - phi^2) s[t] e[t]``, begun from its stationary law.

    *unit* ``[..., year, set, draw]``; *scale* likewise or broadcastable; *phi*, *sd* without year.
    """
    steps: Floats = np.empty(np.broadcast_shapes(scale.shape, unit.shape))
    steps[..., 0, :, :] = sd * scale[..., 0, :, :] * unit[..., 0, :, :]
    for t in range(1, steps.shape[-3]):
        shock = sd * np.sqrt(1.0 - phi**2) * scale[..., t, :, :] * unit[..., t, :, :]
        steps[..., t, :, :] = phi * steps[..., t - 1, :, :] + shock
    return steps


def accumulation_weights(phi: Floats, years: int) -> Floats:
    """Return how much the innovation of year u adds to the sum of an AR(1) up to year t.

    ``[t, u, ...]``: ``(1 + phi + ... + phi^(t-u))``, times ``sqrt(1 - phi^2)`` but for the first
    year, whose draw is stationary; zero for u after t.
    """
    weights = np.zeros((years, years, *np.shape(phi)))
    for u in range(years):
        step = np.ones_like(phi) if u == 0 else np.sqrt(1.0 - phi**2)
        total = np.zeros_like(phi)
        for t in range(u, years):
            total = total + step
            weights[t, u] = total
            step = step * phi
    return weights


def accumulated_variance(tau: Floats, sd: Floats, weights: Floats, scale: Floats) -> Floats:
    """Return the variance of ``sum (b + q)`` up to each year, given parameters and *scale*.

    *weights* ``[t, u, ..., set, 1]`` from `accumulation_weights`; *scale* ``[..., year, set, draw]``.
    The result is ``[..., year, set, draw]``.
    """
    years = weights.shape[0]
    squares = np.moveaxis(scale, -3, 0) ** 2
    rows = []
    for t in range(years):
        persistent = (t + 1.0) ** 2 * tau**2
        yearly = sum(weights[t, u] ** 2 * squares[u] for u in range(t + 1))
        rows.append(persistent + sd**2 * yearly)
    return np.stack(np.broadcast_arrays(*rows), axis=-3)


def city_noise(persistent: Floats, yearly: Floats, variance: Floats) -> Floats:
    """Return the accumulated ``sum C = sum (b + q - m)``; *m* adds up to half the *variance*.

    *persistent* is b ``[..., set, draw]``, *yearly* is q ``[..., year, set, draw]``; half the
    accumulated variance off makes ``exp`` of the result have mean one in every year.
    """
    return np.cumsum(persistent[..., None, :, :] + yearly, axis=-3) - 0.5 * variance


def province_noise(common: Floats, own: Floats, yearly: Floats) -> Floats:
    """Return the accumulated ``sum P = sum (n + o + p)``, ``[..., year, set, draw]``."""
    return np.cumsum((common + own)[..., None, :, :] + yearly, axis=-3)


def city_scale(relative_size: Floats, slope: Floats) -> Floats:
    """Return ``min(2, relative_size^-slope)``: how much larger a city's sd is than the province's."""
    return np.minimum(MOST_CITY_SCALE, relative_size**-slope)


def province_and_city_sd(total: Floats, shares: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """Return the province-wide and the cities' part of the province's own sd *total*, ``s(S)``.

    With ``s(c) = scale[c] * total`` and city *shares* w that sum to one:
    ``P^2 = (s(S)^2 - sum w^2 s(c)^2) / (1 - sum w^2)``, not below zero, and the city part is
    ``sqrt(max(0, s(c)^2 - P^2))``. One city that is all of the province cannot be told from it: then
    all is province-wide, the limit of the formula. *total* ``[...]``; *shares*, *scale* ``[city, ...]``.
    """
    own = (scale * total) ** 2
    rest = 1.0 - np.sum(shares**2, axis=0)
    alone = rest <= len(shares) * np.finfo(np.float64).eps
    common = np.maximum(total**2 - np.sum(shares**2 * own, axis=0), 0.0) / np.where(alone, 1.0, rest)
    common = np.where(alone, total**2, common)
    return np.sqrt(common), np.sqrt(np.maximum(own - common, 0.0))


# --- section 4, levels; section 5, the province -----------------------------------------------


def levels_from_growth(base: Floats, factor: Floats) -> Floats:
    """Return levels compounded year by year from *base* ``[...]``; *factor* ``[..., year, set, draw]``."""
    return np.asarray(base)[..., None, None, None] * np.cumprod(factor, axis=-3)


def province_from_cities(city_sum: Floats, log_ratio: Floats) -> tuple[Floats, Floats]:
    """Return ``province = (1 + u) sum`` and ``unallocated = province - sum``."""
    province = np.exp(log_ratio) * city_sum
    return province, province - city_sum


def counts_of_province(city_sum: Floats, log_ratio: Floats) -> tuple[Floats, Floats]:
    """Return province and unallocated of counts: the unallocated is ``round(u * sum)``."""
    unallocated = np.rint(np.expm1(log_ratio) * city_sum)
    return city_sum + unallocated, unallocated


# --- section 6, derived indicators ------------------------------------------------------------


def ratio(numerator: Floats, denominator: Floats, factor: float) -> Floats:
    """Return ``factor * numerator / denominator``."""
    return factor * numerator / denominator


def stock_from_flow(base: Floats, exit_rate: Floats, inflow: Floats) -> Floats:
    """Return ``stock[t] = stock[t-1] * (1 - exit) + inflow[t]``; *inflow* ``[year, set, draw]``."""
    stock = np.empty_like(inflow)
    level = base
    for t in range(inflow.shape[0]):
        level = level * (1.0 - exit_rate) + inflow[t]
        stock[t] = level
    return stock


def mean_growth(base: Floats, levels: Floats) -> Floats:
    """Return the compound growth a year (CAGR) up to each year; *levels* ``[year, set, draw]``."""
    years = np.arange(1.0, len(levels) + 1.0)[:, None, None]
    growth: Floats = (levels / base) ** (1.0 / years) - 1.0
    return growth


def mean_of_rates(base: Floats, levels: Floats) -> Floats:
    """Return the mean of the yearly growth rates up to each year; *levels* ``[year, set, draw]``."""
    before = np.concatenate([np.broadcast_to(base, levels.shape[1:])[None], levels[:-1]])
    years = np.arange(1.0, len(levels) + 1.0)[:, None, None]
    mean: Floats = np.cumsum(levels / before - 1.0, axis=0) / years
    return mean
