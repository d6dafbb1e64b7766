"""What a short panel says of drift and spread: moment estimators as array functions (section 10).

The panel is ``x[i, t] = mu + a[i] + y[t] + r[i, t]``: log growth of unit i in year t, with unit
trends ``a ~ (0, tau(size)^2)``, effects y that all units share, and AR(1) residuals r of
stationary spread ``s(size)``. Both spreads follow one size law, ``size**-slope``. Growth stands
as ``[..., unit, observation]``; leading axes are replications (bootstrap, recovery tests). An
observation is the mean yearly growth over *spans* years, so that a missing year costs no more
than its own detail.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.axes import Bools, Floats, Ints
from sim.kernels.reference import city_scale

PHI_LIMIT = 0.9
"""Beyond it five growth rates cannot tell persistence from a unit's own trend."""

_PHI_GRID = np.linspace(-PHI_LIMIT, PHI_LIMIT, 721)
_ROUNDS = 4  # size law and weights settle within three


class Spread(NamedTuple):
    """Spread of unit trends, stationary spread and persistence of residuals."""

    tau: Floats
    sd: Floats
    phi: Floats


class PanelFit(NamedTuple):
    """All estimates of one panel; *residual* is centred and standardised to log size zero."""

    mu: Floats
    effects: Floats  # [..., observation], mean zero
    year_sd: Floats
    slope: Floats
    spread: Spread
    residual: Floats  # [..., unit, observation]
    weight: Floats  # [..., unit], sums to one


def averaging_matrix(spans: Ints) -> Floats:
    """Return ``[observation, year]``: each observation is the mean over its own years."""
    matrix = np.zeros((len(spans), int(np.sum(spans))))
    start = 0
    for row, span in enumerate(spans):
        matrix[row, start : start + span] = 1.0 / span
        start += span
    return matrix


def autocorrelation(phi: Floats, years: int) -> Floats:
    """Return the correlation matrix of an AR(1), ``[..., year, year]``."""
    lag = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    matrix: Floats = np.asarray(phi, dtype=float)[..., None, None] ** lag
    return matrix


def mean_variance(phi: Floats, years: int) -> Floats:
    """Return the variance of the mean of *years* values of a unit-variance AR(1)."""
    variance: Floats = autocorrelation(phi, years).mean(axis=(-2, -1))
    return variance


def change_variance(phi: Floats, years: int) -> Floats:
    """Return the variance of the change of a unit AR(1)'s mean from *years* years to the next."""
    sign = np.repeat([-1.0, 1.0], years) / years
    variance: Floats = np.einsum("t,...tu,u->...", sign, autocorrelation(phi, 2 * years), sign)
    return variance


class _Shares(NamedTuple):
    within: Floats
    lagged: Floats
    mean: Floats


def _moment_shares(phi: Floats, spans: Ints) -> _Shares:
    """Return the expected moments of `_moments` for residuals of unit stationary variance."""
    matrix = averaging_matrix(spans)
    covariance = matrix @ autocorrelation(phi, matrix.shape[1]) @ matrix.T
    count = len(spans)
    centre = np.eye(count) - 1.0 / count
    centred = centre @ covariance @ centre
    weight = spans / np.sum(spans)
    return _Shares(
        np.trace(centred, axis1=-2, axis2=-1) / (count - 1),
        np.trace(centred, offset=1, axis1=-2, axis2=-1) / (count - 1),
        np.einsum("t,...tu,u->...", weight, covariance, weight),
    )


def _moments(residual: Floats, used: Bools, spans: Ints) -> _Shares:
    """Return variance within units, lag-1 covariance within, variance of unit means.

    The shared effects took one unit's worth of freedom, hence units - 1.
    """
    count = residual.shape[-1]
    freedom = np.maximum(used.sum(axis=-1) - 1, 1)
    deviation = residual - residual.mean(axis=-1, keepdims=True)
    mean = np.einsum("...t,t->...", residual, spans / np.sum(spans))
    kept = used.astype(float)
    within = np.sum(kept * np.sum(deviation**2, axis=-1), axis=-1) / (count - 1)
    lagged = np.sum(kept * np.sum(deviation[..., 1:] * deviation[..., :-1], axis=-1), axis=-1) / (count - 1)
    return _Shares(within / freedom, lagged / freedom, np.sum(kept * mean**2, axis=-1) / freedom)


def spread_from_moments(within: Floats, lagged: Floats, mean: Floats, spans: Ints) -> Spread:
    """Return tau, sd and phi whose expected moments are those given.

    Demeaning over a short window biases the lag-1 correlation; the expectation has the same bias,
    so matching removes it. Where residuals alone explain more than the spread of unit means, tau
    is zero and phi comes from the ratio of the two variances: the variance of growth over the
    whole window is matched in every case.
    """
    shares = _moment_shares(_PHI_GRID, spans)
    phi = np.interp(lagged / within, shares.lagged / shares.within, _PHI_GRID)
    tau2 = mean - within * np.interp(phi, _PHI_GRID, shares.mean / shares.within)
    alone = np.interp(mean / within, shares.mean / shares.within, _PHI_GRID)
    phi = np.where(tau2 < 0.0, alone, phi)
    sd = np.sqrt(within / np.interp(phi, _PHI_GRID, shares.within))
    return Spread(np.sqrt(np.maximum(tau2, 0.0)), sd, phi)


def _log_spread(deviation: Floats, used: Bools, spans: Ints) -> Floats:
    """Return the log of each unit's squares, half from yearly deviations and half from its mean.

    Each half is divided by its average over the *used* units. Yearly deviations alone, of which
    there are more, would give a law that the growth over the whole window does not follow, and
    that growth is what is claimed.
    """
    kept = used.astype(float)
    mean = np.einsum("...t,t->...", deviation, spans / np.sum(spans))
    total = np.zeros(mean.shape)
    for square in (np.var(deviation, axis=-1), mean**2):
        average = np.sum(kept * square, axis=-1, keepdims=True) / kept.sum(axis=-1, keepdims=True)
        total = total + square / np.maximum(average, np.finfo(float).tiny)
    log_spread: Floats = np.log(np.maximum(total, np.finfo(float).tiny))
    return log_spread


def size_slope(log_variance: Floats, log_size: Floats, used: Bools) -> Floats:
    """Return the slope of ``s(size) ~ size**-slope``, not below zero, by least squares on logs.

    Logs, because one wild unit must not make the law.
    """
    kept = used.astype(float)
    total = kept.sum(axis=-1, keepdims=True)
    x = log_size - np.sum(kept * log_size, axis=-1, keepdims=True) / total
    covariance = np.sum(kept * x * log_variance, axis=-1)
    variance = np.sum(kept * x**2, axis=-1)
    slope: Floats = np.maximum(-0.5 * covariance / np.maximum(variance, np.finfo(float).tiny), 0.0)
    return slope


def year_spread(effects: Floats, sampling: Floats, phi: Floats, spans: Ints) -> Floats:
    """Return the spread of shared year effects: their variance less the *sampling* part."""
    within = _moment_shares(phi, spans).within
    observed = np.sum(effects**2, axis=-1) / (effects.shape[-1] - 1)
    spread: Floats = np.sqrt(np.maximum(observed - sampling * within, 0.0) / within)
    return spread


def fit_panel(growth: Floats, log_size: Floats, used: Bools, spans: Ints) -> PanelFit:
    """Return the estimates of a panel at log size zero (the province's own size).

    *growth* ``[..., unit, observation]``, *log_size* ``[..., unit]``; *used* ``[..., unit]`` says
    which units fit the size law and the spreads. Means weigh units by the size law, so that the
    smallest do not rule them.
    """
    slope = np.zeros(growth.shape[:-2])
    for _ in range(_ROUNDS):
        weight = used / city_scale(np.exp(log_size), slope[..., None]) ** 2
        weight = weight / weight.sum(axis=-1, keepdims=True)
        centre = np.einsum("...i,...it->...t", weight, growth)
        deviation = growth - centre[..., None, :]
        slope = size_slope(_log_spread(deviation, used, spans), log_size, used)
    scale = city_scale(np.exp(log_size), slope[..., None])
    residual = deviation / scale[..., None]
    spread = spread_from_moments(*_moments(residual, used, spans), spans)
    mu = np.einsum("...t,t->...", centre, spans / np.sum(spans))
    effects = centre - mu[..., None]
    sampling = spread.sd**2 * np.sum((weight * scale) ** 2, axis=-1)
    year_sd = year_spread(effects - effects.mean(axis=-1, keepdims=True), sampling, spread.phi, spans)
    return PanelFit(mu, effects, year_sd, slope, spread, residual, weight)


def residual_kurtosis(residual: Floats, used: Bools) -> Floats:
    """Return the excess kurtosis of yearly residuals from that of residuals within units.

    A residual less its unit's mean is a sum of several, whose excess is smaller by
    ``sum c^4 / (sum c^2)^2`` of its weights c; that is put back.
    """
    count = residual.shape[-1]
    within = residual - residual.mean(axis=-1, keepdims=True)
    kept = used[..., None].astype(float)
    total = np.maximum(kept.sum(axis=(-2, -1)) * count, 1.0)
    second = np.sum(kept * within**2, axis=(-2, -1)) / total
    fourth = np.sum(kept * within**4, axis=(-2, -1)) / total
    weights = np.eye(count)[0] - 1.0 / count
    diluted = np.sum(weights**4) / np.sum(weights**2) ** 2
    excess: Floats = (fourth / second**2 - 3.0) / diluted
    return excess


def dof_from_kurtosis(excess: Floats) -> Floats:
    """Return the degrees of freedom of the Student t whose excess kurtosis is *excess*: above four."""
    with np.errstate(divide="ignore"):
        dof: Floats = np.where(excess > 0.0, 4.0 + 6.0 / np.maximum(excess, 0.0), np.inf)
    return dof
