"""What moves together, level by level, and how the drift that all share changes (section 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.axes import Bools, Floats, Ints
from sim.baseline.calibration import Estimate, Loadings
from sim.kernels.dependence import Correlations, correlations, loadings_through_marker, shrunk
from sim.kernels.panel import change_variance
from sim.kernels.windows import common_drift_from_changes, shrunk_spread, window_changes
from sim.studies.reference_class import WINDOW, Evidence, NationalSeries, Scale, national_series
from sim.studies.series_calibration import FittedSeries, resampled_units

FACTORS = ("economy", "science", "research")
"""Economy is what moves GDP; the others are what the remaining indicators share beyond it."""

MOST = 0.9
"""Largest share of an indicator's variance that factors may carry: its own part never vanishes."""

FLOOR = 0.01
"""Least spread of the common drift's change, a year (section 10)."""

RECENT = 2 * WINDOW
"""Years before the origin in which two windows may meet: three windows of history, two of them new."""

SLACK = 1  # years by which a window may be longer or shorter where a year is missing


@dataclass(frozen=True, slots=True, eq=False)
class JointRecord:
    """What several series show side by side, ``[series, ...]``, series in canonical order.

    *residual* ``[series, unit, year]`` within units, *mean* ``[series, unit]``, *effect*
    ``[series, year]``, *change* ``[series, year between two windows]``; each with what is known.
    """

    series: tuple[str, ...]
    residual: Floats
    residual_known: Bools
    mean: Floats
    mean_known: Bools
    effect: Floats
    effect_known: Bools
    change: Floats
    change_known: Bools


class Shared(NamedTuple):
    """Shrunk correlations between series, by level; *city* is that within units."""

    common: Floats
    province: Floats
    year_effect: Floats
    city: Floats
    effects: float  # year effects that a pair of series shares, on average


def national_changes(
    baseline: Evidence, series: str, scale: Scale = "log"
) -> tuple[NationalSeries, dict[int, float]] | None:
    """Return the first national series that spans two windows, with its changes between windows."""
    for national in national_series(baseline, series, scale):
        changes = window_changes(national.years, national.log_level, WINDOW, SLACK)
        if changes:
            return national, changes
    return None


def joint_record(baseline: Evidence, fitted: Mapping[str, FittedSeries]) -> JointRecord:
    """Return the series' residuals, unit means, year effects and national changes on common axes."""
    names = tuple(sorted(fitted))
    units = sorted({unit for f in fitted.values() for unit in f.panel.units})
    years = range(baseline.base_year - WINDOW + 1, baseline.base_year + 1)
    residual = np.full((len(names), len(units), len(years)), np.nan)
    mean = np.full((len(names), len(units)), np.nan)
    effect = np.full((len(names), len(years)), np.nan)
    changes = [national_changes(baseline, name, fitted[name].panel.scale) for name in names]
    middles = sorted({year for found in changes if found is not None for year in found[1]})
    change = np.full((len(names), len(middles)), np.nan)
    for k, name in enumerate(names):
        panel, fit = fitted[name].panel, fitted[name].fit
        rows = np.array([units.index(unit) for unit in panel.units])[panel.used]
        single = panel.spans == 1  # the mean of two years is no year
        columns = panel.years[1:][single] - years[0]
        within = fit.residual - fit.residual.mean(axis=-1, keepdims=True)
        residual[k, rows[:, None], columns] = within[panel.used][:, single]
        mean[k, rows] = (fit.residual @ panel.spans / panel.spans.sum())[panel.used]
        effect[k, columns] = fit.effects[single]
        found = changes[k]
        for year, value in found[1].items() if found is not None else ():
            change[k, middles.index(year)] = value
    parts = [(np.nan_to_num(part), ~np.isnan(part)) for part in (residual, mean, effect, change)]
    return JointRecord(names, *(array for pair in parts for array in pair))


def shared_parts(record: JointRecord, rows: Ints | None = None) -> Shared:
    """Return the shrunk correlations; *rows* ``[..., unit]`` resamples the units."""
    position = 0 if rows is None else rows.ndim - 1
    chosen = np.arange(record.mean.shape[1]) if rows is None else rows
    residual, mean = (np.moveaxis(part[:, chosen], 0, position) for part in (record.residual, record.mean))
    residual_known, mean_known = (
        np.moveaxis(part[:, chosen], 0, position) for part in (record.residual_known, record.mean_known)
    )
    flat = (*residual.shape[:-2], -1)
    city = shrunk(correlations(residual.reshape(flat), residual_known.reshape(flat), centre=True))
    province = shrunk(correlations(mean, mean_known, centre=True))
    effects = correlations(record.effect, record.effect_known, centre=True)
    changes = correlations(record.change, record.change_known, centre=False)
    pooled = _pooled(changes, effects)
    size = len(record.series)
    pairs = effects.number[~np.eye(size, dtype=bool)]
    number = max(float(pairs.mean()), 1.0) if len(pairs) else 1.0
    return Shared(shrunk(pooled), province, shrunk(effects), city, number)


def _pooled(changes: Correlations, effects: Correlations) -> Correlations:
    """Return correlations of the shared drift: of overlapping changes by their independent number,
    and of year effects, because the changes alone are too few."""
    independent = np.where(changes.number > 0, (changes.number + WINDOW - 1) / WINDOW, 0.0)
    number = independent + effects.number
    total = np.maximum(number, 1.0)
    value = (independent * changes.value + effects.number * effects.value) / total
    return Correlations(np.where(np.eye(len(value), dtype=bool), 1.0, value), number)


def yearly_correlation(shared: Shared, year_sd: Floats, sd: Floats) -> Floats:
    """Return the correlation of p, whose covariance is that of year effects plus that within units."""
    covariance = shared.year_effect * np.outer(year_sd, year_sd) + shared.city * np.outer(sd, sd)
    scale = np.sqrt(year_sd**2 + sd**2)
    correlation: Floats = covariance / np.outer(scale, scale)
    return correlation


def calibrated_loadings(
    baseline: Evidence, fitted: Mapping[str, FittedSeries], kin: Mapping[str, tuple[str, ...]]
) -> dict[str, Loadings]:
    """Return loadings by level; *kin* are the indicators with a panel whose median others take."""
    record = joint_record(baseline, fitted)
    owners = sorted(i.id for i in baseline.indicators if i.series and set(i.series) <= set(fitted))
    series_of = {i.id: i.series for i in baseline.indicators}
    mixing = np.array([[(s in series_of[o]) / len(series_of[o]) for s in record.series] for o in owners])
    marker = next(
        (owners.index(i.id) for i in baseline.indicators if i.group == "gdp" and i.id in owners), None
    )
    shared = shared_parts(record)
    rows = resampled_units("", record.mean.shape[1])
    again = shared_parts(record, rows)
    year_sd = np.array([fitted[name].calibration.year_sd.value for name in record.series])
    sd = np.array([fitted[name].calibration.sd.value for name in record.series])
    levels: dict[str, Loadings] = {}
    for level, value, resampled, method in (
        ("common", shared.common, None, "year effects and changes between national windows"),
        ("province", shared.province, again.province, "unit means; bootstrap over units"),
        ("year", yearly_correlation(shared, year_sd, sd), None, "year effects and residuals within units"),
        ("city", shared.city, again.city, "residuals within units; bootstrap over units"),
    ):
        load = _loadings_of(value, mixing, marker)
        if resampled is None:  # few years, not few units, make these uncertain
            se = (1.0 - load**2) / np.sqrt(shared.effects)
        else:
            se = np.std(_loadings_of(resampled, mixing, marker), axis=0, ddof=1)
        if marker is not None:
            se[:, marker] = 0.0
        levels[level] = _written(load, se, owners, kin, "shrunk correlations of " + method)
    return levels


def _loadings_of(correlation: Floats, mixing: Floats, marker: int | None) -> Floats:
    """Return loadings ``[..., factor, indicator]`` from correlations between series.

    Proxies of one indicator are averaged: each stands for it in its share of the draws.
    """
    own = np.eye(len(mixing), dtype=bool)
    between = np.where(own, 1.0, mixing @ correlation @ mixing.T)
    return loadings_through_marker(between, marker, len(FACTORS), MOST)


def _written(
    load: Floats, se: Floats, owners: list[str], kin: Mapping[str, tuple[str, ...]], method: str
) -> Loadings:
    """Return loadings of all indicators: own ones, and for the others the median of their *kin*."""
    result: dict[str, dict[str, Estimate]] = {}
    for j, factor in enumerate(FACTORS):
        row = {o: _loading(float(load[j, k]), float(se[j, k]), method) for k, o in enumerate(owners)}
        for id, others in kin.items():
            value = float(np.median([row[o].value for o in others])) if others else 0.0
            error = float(np.max([row[o].se for o in others])) if others else 0.0
            names = ", ".join(others) if others else "nothing"
            row[id] = Estimate(value, error, "C", f"median of {names}")
        result[factor] = dict(sorted(row.items()))
    return Loadings(result)


def _loading(value: float, se: float, method: str) -> Estimate:
    """Return a loading; those of the marker are given, so they have no error."""
    if se == 0.0:
        return Estimate(value, 0.0, "C", f"by construction: {FACTORS[0]} is what moves it")
    return Estimate(value, se, "B", method)


def common_drift(baseline: Evidence, fitted: Mapping[str, FittedSeries]) -> dict[str, Estimate]:
    """Return the spread of the change of the drift that all share, by group of indicators.

    All groups are estimated over the years that the shortest-lived of them covers: the ratio of two
    groups is known for these alone, and a change that only one group's record holds would pull it
    apart. Nor do years between windows count that lie more than `RECENT` before the origin: another regime.
    """
    groups = sorted({i.group for i in baseline.indicators if i.group != "none"})
    evidence = {group: _changes_of_group(baseline, group, fitted) for group in groups}
    starts = [min(min(c) for c, _, _ in found) for found in evidence.values() if found]
    start = max([*starts, baseline.base_year - RECENT])
    result = {"none": Estimate(0.0, 0.0, "C", "indicators of this group share no drift")}
    for group, found in evidence.items():
        rows = [
            (float(np.mean(np.square(kept))), variance, weight * (len(kept) + WINDOW - 1) / WINDOW)
            for changes, variance, weight in found
            if (kept := [value for year, value in changes.items() if year >= start])
        ]
        if not rows:
            result[group] = Estimate(FLOOR, FLOOR, "C", "no national series spans two windows: the floor")
            continue
        mean_square, implied, effective = np.array(rows).T
        known, se = common_drift_from_changes(mean_square, implied, effective, FLOOR)
        spread = shrunk_spread(known, se, FLOOR)
        method = (
            f"changes between five-year windows of {len(rows)} national series, middle years from {start}, "
            f"less what year effects imply; likelihood, floor 0.01; error {se:.3f}, at most the value"
        )
        method += f"; {known:.3f} shrunk by its error" if spread < known else ""
        # A wider error would make most draws vanish and a few absurd; what windows show in all is
        # already there, in the year effects.
        result[group] = Estimate(spread, min(se, spread), "B", method)
    return result


def _changes_of_group(
    baseline: Evidence, group: str, fitted: Mapping[str, FittedSeries]
) -> list[tuple[dict[int, float], float, float]]:
    """Return (changes, variance that year effects imply, weight) by series of the group.

    The proxies of one indicator share the weight of one.
    """
    weights: dict[str, float] = {}
    for indicator in baseline.indicators:
        if indicator.group == group and indicator.evidence != "none":
            for name in indicator.series:
                weights[name] = max(weights.get(name, 0.0), 1.0 / len(indicator.series))
    result = []
    for name in sorted(set(weights) & set(fitted)):
        found = national_changes(baseline, name, fitted[name].panel.scale)
        if found is not None:
            known = fitted[name].calibration
            implied = known.year_sd.value**2 * float(change_variance(np.asarray(known.phi.value), WINDOW))
            result.append((found[1], implied, weights[name]))
    return result
