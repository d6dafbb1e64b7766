"""From a plan's figures to its calibration: every term of the noise, with errors (section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from sim.baseline.breaks import comparable
from sim.baseline.calibration import (
    Calibration,
    Estimate,
    IndicatorCalibration,
    Loadings,
    PredictiveCheck,
    SeriesCalibration,
)
from sim.baseline.plan import Baseline, Derived, Indicator
from sim.errors import Found, Place
from sim.kernels.panel import dof_from_kurtosis, mean_variance, residual_kurtosis
from sim.studies.city_calibration import city_factors
from sim.studies.dependence_calibration import (
    calibrated_loadings,
    common_drift,
    joint_record,
    shared_parts,
)
from sim.studies.predictive_check import common_ratio_check, loaded_correlation, ratio_check, series_check
from sim.studies.reference_class import WINDOW, panel_of, smallest_units
from sim.studies.series_calibration import FittedSeries, fitted_series, rate_series, resampled_units

ESTIMATOR = "moments of a short panel, bias-corrected; bootstrap over units (sim/kernels/panel.py), version 1"

SOURCES = (
    "areas.csv",
    "assumptions.yaml",
    "breaks.csv",
    "derived.yaml",
    "history.csv",
    "indicators.csv",
    "panel.csv",
    "plan.yaml",
    "printed.csv",
)

MONEY = "元"
"""Units of money end with it (亿元); all others count things."""


def calibrate(baseline: Baseline) -> Calibration:
    """Return the calibration of *baseline*; BadInput where its figures cannot give one.

    Only figures up to the base year are used, and none from before a declared break. A predictive check
    that fails is a mistake too.
    """
    figures = comparable(baseline.figures, baseline.breaks, baseline.base_year)
    baseline = replace(baseline, figures=figures)
    found = Found()
    fitted = fitted_by_series(baseline, found)
    rates = rates_by_series(baseline, found)
    exits = exits_of(baseline, found)
    found.raise_if_any()  # before a search for stand-ins: that it finds none is no mistake of its own
    chosen = {i.id: series_of_indicator(i, baseline, fitted, found) for i in baseline.indicators}
    found.raise_if_any()
    series = {name: f.calibration for name, f in fitted.items()} | rates
    kin = {i.id: kin_of(i, baseline, fitted) for i in baseline.indicators if not _has_panel(i, fitted)}
    loadings = calibrated_loadings(baseline, fitted, kin)
    drift = common_drift(baseline, fitted)
    record = joint_record(baseline, fitted)
    near = shared_parts(record).province
    names = record.series
    nearness = {(a, b): float(near[x, y]) for x, a in enumerate(names) for y, b in enumerate(names)}
    factors = city_factors(baseline, series, chosen, nearness)
    checks = predictive_checks(baseline, fitted, loadings, drift)
    check_mistakes(checks, _file_place(baseline, "panel.csv"), found)
    found.raise_if_any()
    return Calibration(
        estimator=ESTIMATOR,
        window=(baseline.base_year - WINDOW, baseline.base_year),
        hashes={name: baseline.hashes[name] for name in SOURCES if name in baseline.hashes},
        series=dict(sorted(series.items())),
        indicators={
            i.id: indicator_calibration(i, chosen[i.id], factors[i.id], series) for i in baseline.indicators
        },
        common_drift=drift,
        dof=tails(fitted),
        loadings=loadings,
        exits=exits,
        checks=checks,
    )


def check_mistakes(checks: Iterable[PredictiveCheck], place: Place, found: Found) -> None:
    """Add a mistake for every predictive check that fails."""
    for check in checks:
        if not check.passed:
            found.add(
                place,
                "calibration-check-failed",
                quantity=check.quantity,
                ratio=f"{check.ratio:.2f}",
                low=check.low,
                high=check.high,
            )


def _file_place(baseline: Baseline, name: str) -> Place:
    return Place(f"{baseline.folder}/{name}")


def _has_panel(indicator: Indicator, fitted: Mapping[str, FittedSeries]) -> bool:
    return bool(indicator.series) and set(indicator.series) <= set(fitted)


def fitted_by_series(baseline: Baseline, found: Found) -> dict[str, FittedSeries]:
    """Return the fits of all series that inform a quantity or a count."""
    smallest = smallest_units(baseline)
    places = {s: i.place for i in baseline.indicators if i.kind != "rate" for s in i.series}
    fitted = {}
    for name, place in sorted(places.items()):
        panel = panel_of(baseline, name, smallest, place, found)
        if panel is not None:
            fitted[name] = fitted_series(baseline, panel)
    return fitted


def rates_by_series(baseline: Baseline, found: Found) -> dict[str, SeriesCalibration]:
    """Return the calibration of percentages, from the province's own values."""
    result = {}
    for indicator in baseline.indicators:
        for name in indicator.series if indicator.kind == "rate" else ():
            known = rate_series(baseline, name, indicator.place, found)
            if known is not None:
                result[name] = known
    return result


# --- indicators without a panel ------------------------------------------------------------------


def kin_of(indicator: Indicator, baseline: Baseline, fitted: Mapping[str, FittedSeries]) -> tuple[str, ...]:
    """Return the indicators with a panel that are of *indicator*'s kind: amounts of money or things.

    GDP and what shares no drift stay out; where the kind has none, or for rates, all count.
    """
    others = [i for i in baseline.indicators if _has_panel(i, fitted) and i.group not in ("gdp", "none")]
    same = [i.id for i in others if i.unit.endswith(MONEY) == indicator.unit.endswith(MONEY)]
    kin = same if same and indicator.kind != "rate" else [i.id for i in others]
    return tuple(sorted(kin or [i.id for i in baseline.indicators if _has_panel(i, fitted)]))


def five_year_sd(known: SeriesCalibration) -> float:
    """Return the spread of a unit's own log growth over a window, at the province's size."""
    yearly = known.sd.value**2 * float(mean_variance(np.asarray(known.phi.value), WINDOW))
    return float(WINDOW * np.sqrt(known.tau.value**2 + yearly))


def series_of_indicator(
    indicator: Indicator, baseline: Baseline, fitted: Mapping[str, FittedSeries], found: Found
) -> tuple[str, ...]:
    """Return the indicator's own series or proxies, else the one with the median spread of its kind.

    Of an even number the upper median; never the largest of three or more.
    """
    if indicator.evidence != "none" and indicator.series:
        return indicator.series
    kin = kin_of(indicator, baseline, fitted)
    names = sorted({s for i in baseline.indicators if i.id in kin for s in i.series})
    if not names:
        found.add(indicator.place, "calibration-no-series", indicator=indicator.id)
        return ()
    ordered = sorted(names, key=lambda name: (five_year_sd(fitted[name].calibration), name))
    return (ordered[len(ordered) // 2],)


def indicator_calibration(
    indicator: Indicator,
    chosen: tuple[str, ...],
    factor: Estimate,
    series: Mapping[str, SeriesCalibration],
) -> IndicatorCalibration:
    """Return which series stand for *indicator*, its grades, and why."""
    if indicator.kind == "rate":
        why = "few own values: trend known, spread assumed"
        return IndicatorCalibration(chosen, True, "A", "C", factor, why)
    spreads = ", ".join(f"{name} {five_year_sd(series[name]):.2f}" for name in chosen)
    if indicator.evidence == "none":
        why = f"no series of its own: the median five-year sd of its kind ({spreads}); no trend"
        return IndicatorCalibration(chosen, False, "C", "C", factor, why)
    grade = "A" if indicator.evidence == "own" else "B"
    words = "its own series" if indicator.evidence == "own" else "a proxy"
    return IndicatorCalibration(chosen, True, grade, grade, factor, f"{words}; five-year sd {spreads}")


# --- tails, exits, checks ------------------------------------------------------------------------


def tails(fitted: Mapping[str, FittedSeries]) -> Estimate:
    """Return the degrees of freedom of the mixing variables, from the kurtosis of residuals.

    Series are averaged; the excess is shrunk towards the Gaussian by its own error.
    """
    excess, resampled = [], []
    for name, f in sorted(fitted.items()):
        excess.append(residual_kurtosis(f.fit.residual, f.panel.used))
        rows = resampled_units(name, len(f.panel.units))
        resampled.append(residual_kurtosis(f.fit.residual[rows], f.panel.used[rows]))
    mean = float(np.mean(excess))
    error = float(np.std(np.mean(resampled, axis=0), ddof=1))
    kept = max(mean, 0.0) * mean**2 / (mean**2 + error**2)
    dof = float(dof_from_kurtosis(np.asarray(kept)))
    high, low = (float(dof_from_kurtosis(np.asarray(kept + step))) for step in (-error, error))
    se = min(high - low, dof) / 2.0 if np.isfinite(dof) else 0.0
    method = f"excess kurtosis within units {mean:.2f} with error {error:.2f}, shrunk to {kept:.2f}"
    return Estimate(dof, se, "B", method)


def exits_of(baseline: Baseline, found: Found) -> dict[str, Estimate]:
    """Return the yearly exit of stocks whose own history and inflow are both known."""
    result = {}
    for item in baseline.derived:
        if item.kind == "stock" and item.exit is not None and item.exit[0] == "calibration":
            rates = exit_rates(baseline, item)
            if len(rates) < 3:
                found.add(item.place, "calibration-few-years", series=item.id, years=len(rates), least=3)
                continue
            se = float(np.std(rates, ddof=1) / np.sqrt(len(rates)))
            method = f"1 - (stock - inflow) / stock of the year before, mean of {len(rates)} years"
            result[item.exit[1]] = Estimate(float(np.mean(rates)), se, "A", method)
    return result


def exit_rates(baseline: Baseline, item: Derived) -> list[float]:
    """Return the exits that stock and inflow imply, by year of the window."""
    province = baseline.province.id
    stock = baseline.history(item.stock_series or "", province)
    inflow = baseline.history(item.inflow_series or "", province)
    years = range(baseline.base_year - WINDOW + 1, baseline.base_year + 1)
    return [
        1.0 - (stock[year].value - inflow[year].value) / stock[year - 1].value
        for year in years
        if year in stock and year - 1 in stock and year in inflow
    ]


def predictive_checks(
    baseline: Baseline,
    fitted: Mapping[str, FittedSeries],
    loadings: Mapping[str, Loadings],
    drift: Mapping[str, Estimate],
) -> tuple[PredictiveCheck, ...]:
    """Return the checks of every series and of every ratio of two indicators of their own series."""
    checks = [series_check(name, f) for name, f in sorted(fitted.items())]
    own = {i.id: i for i in baseline.indicators if len(i.series) == 1 and _has_panel(i, fitted)}
    for item in baseline.derived:
        top, bottom = own.get(item.numerator or ""), own.get(item.denominator or "")
        if item.kind != "ratio" or top is None or bottom is None:
            continue
        both = fitted[top.series[0]], fitted[bottom.series[0]]
        correlation = {level: loaded_correlation(of, top.id, bottom.id) for level, of in loadings.items()}
        checks.append(ratio_check(item.id, *both, correlation["province"], correlation["city"]))
        zero = Estimate(0.0, 0.0, "C", "")
        spreads = drift.get(top.group, zero).value, drift.get(bottom.group, zero).value
        common = common_ratio_check(baseline, item.id, both, spreads, correlation)
        checks.extend([common] if common is not None else [])
    return tuple(checks)
