"""The prior predictive check: does the calibrated model give the panel's own spread (section 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri, ndtri

from sim.axes import Floats
from sim.baseline.calibration import Loadings, PredictiveCheck, SeriesCalibration
from sim.baseline.plan import Baseline
from sim.kernels.reference import autoregression, city_scale
from sim.kernels.windows import window_changes
from sim.streams import Source, uniforms
from sim.studies.dependence_calibration import SLACK, national_changes
from sim.studies.reference_class import WINDOW, ReferencePanel
from sim.studies.series_calibration import FittedSeries

LOW, HIGH = 0.8, 1.25
"""Bounds of simulated over observed spread (section 10)."""

TAIL = 0.1
"""On either side of the interval that a spread seen in few changes allows."""

PANELS = 1000
"""Simulated panels; the spread is then known to better than 1 %."""


class _Side(NamedTuple):
    """One series of a check with the sign that it takes in it."""

    panel: ReferencePanel
    known: SeriesCalibration
    sign: float


def series_check(name: str, fitted: FittedSeries) -> PredictiveCheck:
    """Return the check of one series: the units at their own sizes, without what all share."""
    side = _Side(fitted.panel, fitted.calibration, 1.0)
    growth = fitted.panel.log_level[:, -1] - fitted.panel.log_level[:, 0]
    simulated = _simulated_spread(name, (side,), list(fitted.panel.units), fitted.panel.window, 0.0, 0.0)
    return _check(f"{name} {_years(fitted.panel.window)}", simulated, float(np.std(growth, ddof=1)))


def ratio_check(
    name: str, top: FittedSeries, bottom: FittedSeries, province: float, within: float
) -> PredictiveCheck:
    """Return the check of the log ratio of two series that correlate as the loadings say."""
    units = [unit for unit in top.panel.units if unit in bottom.panel.units]
    years = [year for year in top.panel.years.tolist() if year in bottom.panel.years.tolist()]
    window = years[0], years[-1]
    growth = np.zeros(len(units))
    for fitted, sign in ((top, 1.0), (bottom, -1.0)):
        rows = [fitted.panel.units.index(unit) for unit in units]
        first, last = (fitted.panel.years.tolist().index(year) for year in window)
        growth += sign * (fitted.panel.log_level[rows, last] - fitted.panel.log_level[rows, first])
    sides = (_Side(top.panel, top.calibration, 1.0), _Side(bottom.panel, bottom.calibration, -1.0))
    simulated = _simulated_spread(name, sides, units, window, province, within)
    return _check(f"log {name} {_years(window)}", simulated, float(np.std(growth, ddof=1)))


def _years(window: tuple[int, int]) -> str:
    return f"{window[0]}-{window[1]}"


def _check(
    quantity: str, simulated: float, observed: float, low: float = LOW, high: float = HIGH
) -> PredictiveCheck:
    ratio = simulated / observed
    return PredictiveCheck(quantity, simulated, observed, ratio, low, high, low <= ratio <= high)


def _normals(name: str, part: str, shape: tuple[int, ...]) -> Floats:
    count = int(np.prod(shape))
    normals: Floats = ndtri(uniforms(0, Source("calibrate:check", part, name), 0, count)).reshape(shape)
    return normals


def _simulated_spread(
    name: str,
    sides: tuple[_Side, ...],
    units: list[str],
    window: tuple[int, int],
    province: float,
    within: float,
) -> float:
    """Return the root mean square over simulated panels of the spread between units.

    *province* and *within* correlate the two sides' trends and residuals. Tails are left out: they
    change no spread.
    """
    years = window[1] - window[0]
    total = np.zeros((len(units), PANELS))
    first_trend = first_steps = np.zeros(0)
    for position, side in enumerate(sides):
        trend = _normals(name, f"trend {position}", (len(units), 1, PANELS))
        steps = _normals(name, f"steps {position}", (len(units), years, 1, PANELS))
        if position:
            trend = province * first_trend + np.sqrt(1.0 - province**2) * trend
            steps = within * first_steps + np.sqrt(1.0 - within**2) * steps
        first_trend, first_steps = trend, steps
        rows = [side.panel.units.index(unit) for unit in units]
        size = np.exp(side.panel.log_size[rows])[:, None, None]
        scale = city_scale(size, np.asarray(side.known.slope.value))
        residual = autoregression(
            np.asarray(side.known.phi.value), scale * side.known.sd.value, np.ones_like(steps), steps
        )
        growth = years * scale * side.known.tau.value * trend + residual.sum(axis=1)
        total += side.sign * growth[:, 0, :]
    return float(np.sqrt(np.mean(np.var(total, axis=0, ddof=1))))


def common_ratio_check(
    baseline: Baseline,
    name: str,
    fitted: tuple[FittedSeries, FittedSeries],
    drift: tuple[float, float],
    correlation: Mapping[str, float],
) -> PredictiveCheck | None:
    """Return the check of what the country shares of a log ratio, against its changes between windows.

    *drift*: spread of the common drift of either side; *correlation* by level of loadings. The
    shared part of p is p less what units have of their own. A spread seen in two or three changes is
    itself uncertain, so the bounds are where the true one lies with 80 % by chi2.
    """
    parts = [national_changes(baseline, f.panel.series) for f in fitted]
    if parts[0] is None or parts[1] is None:
        return None
    top, bottom = parts[0][0], parts[1][0]
    years, in_top, in_bottom = np.intersect1d(top.years, bottom.years, return_indices=True)
    changes = window_changes(years, top.log_level[in_top] - bottom.log_level[in_bottom], WINDOW, SLACK)
    if not changes:
        return None
    observed = float(np.sqrt(np.mean(np.square(list(changes.values())))))
    simulated = _common_change([f.calibration for f in fitted], drift, correlation)
    number = (len(changes) + WINDOW - 1) / WINDOW
    low, high = (round(float(np.sqrt(number / chdtri(number, t))), 2) for t in (TAIL, 1.0 - TAIL))
    return _check(f"common part of log {name}", simulated, observed, low, high)


def _common_change(
    known: list[SeriesCalibration], drift: tuple[float, float], correlation: Mapping[str, float]
) -> float:
    """Return the spread of the change of the shared log ratio's mean growth between two windows."""
    year, sd = (np.array([getattr(k, field).value for k in known]) for field in ("year_sd", "sd"))
    phi = np.array([k.phi.value for k in known])
    whole = np.sqrt(year**2 + sd**2)
    shared = correlation["year"] * whole.prod() - correlation["city"] * sd.prod()
    covariance = np.array([[year[0] ** 2, shared], [shared, year[1] ** 2]])
    sign = np.repeat([-1.0, 1.0], WINDOW) / WINDOW
    lag = np.subtract.outer(np.arange(2 * WINDOW), np.arange(2 * WINDOW))
    total = drift[0] ** 2 + drift[1] ** 2 - 2.0 * correlation["common"] * drift[0] * drift[1]
    for a, side_a in enumerate((1.0, -1.0)):
        for b, side_b in enumerate((1.0, -1.0)):
            start = np.sqrt((1.0 - phi[a] ** 2) * (1.0 - phi[b] ** 2)) / (1.0 - phi[a] * phi[b])
            decay = np.where(lag >= 0, phi[a] ** np.abs(lag), phi[b] ** np.abs(lag))
            total += side_a * side_b * covariance[a, b] * start * float(sign @ decay @ sign)
    return float(np.sqrt(max(total, 0.0)))


def loaded_correlation(loadings: Loadings, one: str, other: str) -> float:
    """Return the correlation of two indicators that the loadings of a level give."""
    return float(sum(row[one].value * row[other].value for row in loadings.load.values()))
