"""Drift and spread of each series: estimates with standard errors, by a bootstrap over units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.axes import Floats, Ints
from sim.baseline.calibration import Estimate, SeriesCalibration
from sim.baseline.plan import Assumption, Baseline
from sim.errors import Found, Place
from sim.kernels.panel import PanelFit, fit_panel, mean_variance
from sim.kernels.reference import city_scale, logit
from sim.kernels.windows import Reversion, reversion_from_windows
from sim.streams import Source, uniforms
from sim.studies.reference_class import (
    LEAST_YEARS,
    WINDOW,
    EarlierWindows,
    Evidence,
    ReferencePanel,
    earlier_windows,
)

REPLICATIONS = 400
"""Bootstrap samples: standard errors to about 4 %."""

CAP_QUANTILE = 0.9
SHRINKAGE, DAMPING = "shrinkage", "damping"
"""Assumptions that stand in where no earlier windows exist."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedSeries:
    """A series' panel, its fit, the fits of all resamples, and what is written of them."""

    panel: ReferencePanel
    fit: PanelFit
    resampled: PanelFit
    calibration: SeriesCalibration


def resampled_units(series: str, units: int) -> Ints:
    """Return `REPLICATIONS` samples of unit positions, ``[replication, unit]``, keyed by the series' name."""
    uniform = uniforms(0, Source("calibrate:units", indicator=series), 0, REPLICATIONS * units)
    return np.floor(uniform * units).astype(np.int64).reshape(REPLICATIONS, units)


def assumed(assumptions: Mapping[str, Assumption], id: str) -> Estimate:
    """Return an assumption as an estimate; its standard error is that of a symmetric triangle."""
    assumption = assumptions[id]
    se = (assumption.high - assumption.low) / float(np.sqrt(24.0))
    return Estimate(assumption.central, se, "C", f"assumption:{id}")


def fitted_series(baseline: Evidence, panel: ReferencePanel) -> FittedSeries:
    """Return the calibration of a series that has a panel."""
    rows = resampled_units(panel.series, len(panel.units))
    fit = fit_panel(panel.growth, panel.log_size, panel.used, panel.spans)
    resampled = fit_panel(panel.growth[rows], panel.log_size[rows], panel.used[rows], panel.spans)
    lam, damp = _reversion(baseline, panel, fit, rows)
    years = int(panel.spans.sum())
    mean = panel.growth @ panel.spans / years
    window_mean = fit.year_sd * np.sqrt(mean_variance(fit.spread.phi, years))
    last_se = np.hypot(_spread_of(resampled.effects[:, -1]), float(window_mean))

    def estimate(value: Floats, resamples: Floats, method: str) -> Estimate:
        return Estimate(float(value), _spread_of(resamples), "B", f"{method}; bootstrap over units")

    calibration = SeriesCalibration(
        mu=estimate(fit.mu, resampled.mu, "mean over units, weighed by the size law"),
        own=Estimate(float(mean[panel.home]), 0.0, "A", "observed mean log growth of the province"),
        last_year_effect=Estimate(
            float(fit.effects[-1]),
            float(last_se),
            "B",
            "shared growth of the last year less the window's; units and the window's mean",
        ),
        lam=lam,
        damp=damp,
        phi=estimate(fit.spread.phi, resampled.spread.phi, "lag-1 moment within units, window bias removed"),
        sd=estimate(fit.spread.sd, resampled.spread.sd, "variance within units, at the province's size"),
        tau=estimate(
            fit.spread.tau,
            resampled.spread.tau,
            "variance of unit means less residuals, at the province's size",
        ),
        year_sd=_year_sd(fit, resampled, len(panel.spans)),
        slope=estimate(fit.slope, resampled.slope, "log squares on log size, smallest units left out"),
        cap=estimate(
            np.asarray(np.quantile(mean, CAP_QUANTILE)),
            np.quantile(mean[rows], CAP_QUANTILE, axis=-1),
            "90 % quantile of mean log growth over units",
        ),
        units=len(panel.units),
        window=panel.window,
    )
    return FittedSeries(panel, fit, resampled, calibration)


def _spread_of(resamples: Floats) -> float:
    return float(np.std(resamples, ddof=1))


def _year_sd(fit: PanelFit, resampled: PanelFit, count: int) -> Estimate:
    """Return the spread of year effects; few years are what makes it uncertain, not few units."""
    value = float(fit.year_sd)
    chi2 = value / np.sqrt(2.0 * (count - 1))
    se = float(np.hypot(chi2, _spread_of(resampled.year_sd)))
    method = f"variance of year effects less sampling; chi2 with {count - 1} degrees of freedom and bootstrap"
    return Estimate(value, se, "B", method)


def _reversion(
    baseline: Evidence, panel: ReferencePanel, fit: PanelFit, rows: Ints
) -> tuple[Estimate, Estimate]:
    """Return lambda and damp from earlier windows, or the assumptions where there are none."""
    windows = earlier_windows(baseline, panel)
    if windows is None:
        return assumed(baseline.assumptions, SHRINKAGE), assumed(baseline.assumptions, DAMPING)
    weight = panel.used / city_scale(np.exp(panel.log_size), fit.slope) ** 2
    value = _reversion_of(windows, weight, np.arange(len(panel.units)))
    resampled = _reversion_of(windows, weight, rows)
    method = "later on earlier growth of units, windows of five years; bootstrap over units"
    lam = Estimate(float(value.lam), _spread_of(resampled.lam), "B", method)
    if lam.value == 0.0:  # nothing is kept, so nothing tells how fast it fades
        return lam, assumed(baseline.assumptions, DAMPING)
    return lam, Estimate(float(value.damp), _spread_of(resampled.damp), "B", method)


def _reversion_of(windows: EarlierWindows, weight: Floats, rows: Ints) -> Reversion:
    """Return the reversion of the units in *rows*, ``[..., unit]``."""
    earlier, later = (np.moveaxis(part[:, rows], 0, -2) for part in (windows.earlier, windows.later))
    weights = np.moveaxis(windows.known[:, rows], 0, -2) * weight[rows][..., None, :]
    return reversion_from_windows(earlier, later, weights, windows.first, windows.last)


def rate_series(baseline: Baseline, series: str, place: Place, found: Found) -> SeriesCalibration | None:
    """Return the calibration of a percentage from its own few values, in logit units.

    None with a mistake where there are too few. There is no class: mu is the own mean, and the spread of
    five years' drift is the error of that mean.
    """
    start = baseline.base_year - WINDOW
    history = baseline.history(series, baseline.province.id)
    years = [year for year in sorted(history) if start <= year <= baseline.base_year]
    if len(years) < LEAST_YEARS:
        found.add(place, "calibration-few-years", series=series, years=len(years), least=LEAST_YEARS)
        return None
    level = logit(np.array([history[year].value for year in years]) / 100.0)
    spans = np.diff(years)
    change = np.diff(level) / spans
    mean, count = float((level[-1] - level[0]) / spans.sum()), len(change)
    sd = float(np.std(change, ddof=1))
    method = "own values, logit units"
    zero = Estimate(0.0, 0.0, "C", "no class, no model of it from so few values")
    one = Estimate(1.0, 0.0, "C", "own trend alone")
    return SeriesCalibration(
        mu=Estimate(mean, 0.0, "A", f"{method}; the error of the mean is tau"),
        own=Estimate(mean, 0.0, "A", f"{method}; the error of the mean is tau"),
        last_year_effect=zero,
        lam=one,
        damp=one,
        phi=zero,
        sd=Estimate(sd, sd / float(np.sqrt(2.0 * (count - 1))), "C", "spread of own changes; chi2"),
        tau=Estimate(
            sd / float(np.sqrt(count)),
            sd / float(np.sqrt(count) * np.sqrt(2.0 * (count - 1))),
            "C",
            "error of the own mean; chi2",
        ),
        year_sd=zero,
        slope=zero,
        cap=Estimate(float("inf"), 0.0, "C", "no class, so no bound"),
        units=1,
        window=(years[0], years[-1]),
    )
